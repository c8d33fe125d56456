#!/usr/bin/env bats
# dm-dump and dm-load between real servers: every type with its edges, strange names, faults on either side, restarts.
# shellcheck disable=SC2154,SC2016,SC2034 # variables of the helpers, and for them; back quotes in SQL

setup_file() {
	load lib
	start_servers up=mariadb down=mariadb
	[ -e "$BATS_FILE_TMPDIR/missing" ] || start_server my mysql || true
	[ ! -e "$BATS_FILE_TMPDIR/missing" ] || mv "$BATS_FILE_TMPDIR/missing" "$BATS_FILE_TMPDIR/no-mysql"
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
}

need_mysql() {
	[ ! -e "$BATS_FILE_TMPDIR/no-mysql" ] || skip "$(cat "$BATS_FILE_TMPDIR/no-mysql")"
}

# at NAME: the options that name a server.
at() {
	echo "-h 127.0.0.1 -P $(port "$1") -u root"
}

# dump FROM SCHEMA [OPTION ...]
dump() {
	# shellcheck disable=SC2046 # words
	dm-dump $(at "$1") -B "$2" "${@:3}"
}

# load_into TO TASK [OPTION ...]
load_into() {
	# shellcheck disable=SC2046 # words
	dm-load $(at "$1") --task "$2" "${@:3}"
}

# child NAME PID: the tool that a background job of ours runs.
child() {
	pgrep -P "$2" -x "$1" || echo "$2"
}

# copy FROM TO SCHEMA [OPTION of dm-load ...]: the schema's name is also the task's.
copy() {
	dump "$1" "$3" 2>dm-dump.err | load_into "$2" "$3" "${@:4}" 2>dm-load.err
	statuses="${PIPESTATUS[*]}"
	assert_pipeline
}

assert_same_schema() {
	local table

	for table in $(sql "$1" "SELECT table_name FROM information_schema.tables WHERE table_schema = '$3' AND table_type = 'BASE TABLE'"); do
		assert_same_table "$1" "$2" "$3.$table"
	done
}

# Types that both servers have.
common_types() {
	cat <<-END
		CREATE DATABASE $1 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
		USE $1;
		SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';
		CREATE TABLE integers (id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT, t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, m MEDIUMINT,
			i INT, iz INT(10) UNSIGNED ZEROFILL, b BIGINT, bu BIGINT UNSIGNED, y YEAR, bo BOOL);
		INSERT INTO integers VALUES (0, -128, 0, -32768, -8388608, -2147483648, 7, -9223372036854775808, 0, 0, 0),
			(1, 127, 255, 32767, 8388607, 2147483647, 4294967295, 9223372036854775807, 18446744073709551615, 2155, 1),
			(18446744073709551615, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (5, 0, 0, 0, 0, 0, 0, 0, 0, 1901, 0);
		CREATE TABLE bits (id INT PRIMARY KEY, a BIT, b BIT(7), c BIT(64));
		INSERT INTO bits VALUES (1, b'1', b'1010101', 0xFFFFFFFFFFFFFFFF), (2, 0, 0, 0), (3, NULL, NULL, NULL), (4, 1, 64, 1 << 63);
		CREATE TABLE numbers (id INT PRIMARY KEY, f FLOAT, d DOUBLE, e DECIMAL(65,30), g DECIMAL(10,0), h DECIMAL(5,5));
		INSERT INTO numbers VALUES (1, 3.4028234e38, 1.7976931348623157e308, 99999999999999999999999999999999999.999999999999999999999999999999, -9999999999, 0.99999),
			(2, 1.17549435e-38, 2.2250738585072014e-308, -0.000000000000000000000000000001, 0, -0.00001), (3, 0.1, 0.1, 0.1, 1, 0.1),
			(4, 16777216, 9007199254740993, 1, 1, 0), (5, NULL, NULL, NULL, NULL, NULL), (6, -1.5e-10, 1e22, 0, 0, 0), (7, 1e10, 123456789012345680, 0, 0, 0);
		CREATE TABLE texts (id INT PRIMARY KEY, c CHAR(20), v VARCHAR(200), t TEXT, lt LONGTEXT, l VARCHAR(50) CHARACTER SET latin1,
			g VARCHAR(50) CHARACTER SET gbk, k VARCHAR(50) CHARACTER SET koi8r, s VARCHAR(50) CHARACTER SET sjis, u TEXT CHARACTER SET ucs2);
		INSERT INTO texts VALUES (1, 'a', 'tab	newline
			quote '' " backslash \\\\ nul \\0 z \\Z percent % \\_', 'é☃😀', REPEAT('x', 100000), 'café €', '中文', 'Привет', 'カタカナ', 'ü☃'),
			(2, '', '', '', '', '', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
			(4, ' a', ' trailing  ', '{"json":"\\\\u0000"}', '\\r\\n', '\\'', '\\\\', '"', '表', ' ');
		CREATE TABLE bytes (id INT PRIMARY KEY, b BINARY(5), v VARBINARY(300), l LONGBLOB);
		INSERT INTO bytes VALUES (1, 'ab', 0x00, 0x00ff275c0a), (2, 0x6100000000, '', ''), (3, NULL, NULL, NULL), (4, '', REPEAT(0xff, 300), REPEAT(0x80, 70000));
		CREATE TABLE times (id INT PRIMARY KEY, d DATE, t TIME, t3 TIME(3), t6 TIME(6), dt DATETIME, dt6 DATETIME(6), ts TIMESTAMP NULL, ts6 TIMESTAMP(6) NULL);
		SET time_zone = '+00:00';
		INSERT INTO times VALUES (1, '0000-00-00', '-838:59:59', '-00:00:00.001', '838:59:59.000000', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 0, 0),
			(2, '9999-12-31', '00:00:00', '12:00:00.5', '-00:00:00.000001', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999999', '1970-01-01 00:00:01', '2038-01-19 03:14:07.999999'),
			(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (4, '2024-02-30', '1:2:3', '1:2:3', '1:2:3', '2024-00-01', '1000-01-01', '2024-03-31 01:30:00', '2024-10-27 01:30:00.5');
		CREATE TABLE labels (id INT PRIMARY KEY, e ENUM('a', 'b''c', '', 'é', '1', '0'), f ENUM('x', 'y') NOT NULL, s SET('p', 'q', 'r s'));
		INSERT INTO labels VALUES (1, 'a', 'x', 'p,q'), (2, 'b''c', 'y', ''), (3, '', 'x', 'r s'), (4, 'é', 'y', NULL), (5, NULL, 'x', 'p,q,r s'), (6, '1', 'x', 'p'), (7, '0', 'x', 'p');
		SET sql_mode = '';
		INSERT IGNORE INTO labels VALUES (8, 'none of these', 'nor these', '');
		SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';
		CREATE TABLE shapes (id INT PRIMARY KEY, g GEOMETRY, p POINT);
		INSERT INTO shapes VALUES (1, ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 0))'), ST_GeomFromText('POINT(1.5 -2)')), (2, NULL, NULL);
		CREATE TABLE computed (id INT PRIMARY KEY, a INT, v INT AS (a + 1) VIRTUAL, s VARCHAR(20) AS (CONCAT('s', a)) STORED, z INT);
		INSERT INTO computed (id, a, z) VALUES (1, 5, 6), (2, NULL, NULL);
		CREATE TABLE keyless (a INT, b TEXT);
		INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (NULL, NULL), (2, 'y');
		CREATE TABLE nothing (a INT PRIMARY KEY);
		CREATE TABLE parent (id INT PRIMARY KEY);
		CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id));
		INSERT INTO parent VALUES (1);
		INSERT INTO child VALUES (1, 1), (2, NULL);
		CREATE TABLE documents (id INT PRIMARY KEY, j JSON);
		INSERT INTO documents VALUES (1, '{"a": [1, 2.5, "é☃😀\\\\n", null, true]}'), (2, '[]'), (3, '"text"'), (4, NULL), (5, '{"": {}}');
		CREATE VIEW seen AS SELECT 1;
	END
}

# Error values of enums look like '' when they are read.
enum_numbers() {
	sql "$1" "SELECT id, e + 0, f + 0 FROM $2.labels ORDER BY id"
}

@test "MariaDB to MariaDB: every type, its edges" {
	common_types types1 | sql up
	sql up "CREATE TABLE types1.own (id INT PRIMARY KEY, u UUID, i INET6, x JSON); INSERT INTO types1.own VALUES (1, UUID(), '::1', '{}'), (2, NULL, NULL, NULL)"
	copy up down types1
	assert_same_schema up down types1
	diff <(enum_numbers up types1) <(enum_numbers down types1)
	[ "$(sql down "SELECT COUNT(*) FROM types1.keyless")" = 4 ]
	[ "$(sql down "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'types1' AND table_name = 'nothing'")" = 1 ]
	for table in integers numbers texts bytes times labels shapes bits computed; do
		[ "$(sql up "CHECKSUM TABLE types1.$table")" = "$(sql down "CHECKSUM TABLE types1.$table")" ] || fail "$table"
	done
}

@test "MySQL to MariaDB and back: every type, its edges" {
	need_mysql
	common_types types2 | sql my
	copy my down types2
	assert_same_schema my down types2
	common_types types3 | sql up
	copy up my types3
	assert_same_schema up my types3
	diff <(enum_numbers up types3) <(enum_numbers my types3)
}

@test "MySQL to MySQL: values that only it has" {
	need_mysql
	sql my "CREATE DATABASE types4; CREATE DATABASE meta4; USE types4;
		CREATE TABLE j (id INT PRIMARY KEY, j JSON); INSERT INTO j VALUES (1, JSON_OBJECT('a', 1.5, 'b', 18446744073709551615)), (2, 'null');
		CREATE TABLE p (id INT PRIMARY KEY, g GEOMETRY SRID 4326); INSERT INTO p VALUES (1, ST_GeomFromText('POINT(10 20)', 4326))"
	dump my types4 2>dm-dump.err >types4.ndjson
	sql my "RENAME TABLE types4.j TO meta4.j, types4.p TO meta4.p"
	load_into my types4 <types4.ndjson
	[ "$(sql my "SELECT * FROM types4.j ORDER BY id")" = "$(sql my "SELECT * FROM meta4.j ORDER BY id")" ]
	[ "$(sql my "SELECT id, HEX(g) FROM types4.p")" = "$(sql my "SELECT id, HEX(g) FROM meta4.p")" ]
}

# collations NAME SCHEMA: of the schema, its tables and their columns
collations() {
	sql "$1" "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = '$2'
		UNION ALL SELECT table_collation FROM information_schema.tables WHERE table_schema = '$2'
		UNION ALL SELECT CONCAT(column_name, ' ', collation_name) FROM information_schema.columns WHERE table_schema = '$2' AND collation_name IS NOT NULL" |
		sed 's/utf8mb3_/utf8_/' | sort
}

@test "AT-41: what the upstream's character sets mean by default is spelled: rows and keys stay what they are, from a stream and from a directory" {
	local how

	need_mysql
	start_server old mysql-5.6 || { [ ! -e "$BATS_FILE_TMPDIR/missing" ] || { mv "$BATS_FILE_TMPDIR/missing" no-old; skip "$(cat no-old)"; }; false; }
	sql old "CREATE DATABASE at41 CHARACTER SET utf8mb4; USE at41; CREATE TABLE t (c VARCHAR(10) CHARACTER SET utf8mb4 NOT NULL, u CHAR(5) CHARACTER SET utf8, PRIMARY KEY (c))
		CHARACTER SET gbk COLLATE gbk_bin; INSERT INTO t VALUES ('', 'a'), ('\0', 'b'), ('n', 'c'); CREATE TABLE d (a TEXT)"
	for how in stream directory; do
		sql my 'DROP DATABASE IF EXISTS at41; DROP DATABASE IF EXISTS dm_meta'
		if [ "$how" = stream ]; then
			copy old my at41
		else
			dump old at41 -q -o at41
			load_into my at41 -s "127.0.0.1:$(port old)" -d at41 2>err </dev/null
		fi
		[ "$(collations old at41)" = "$(collations my at41)" ] || fail "$how: $(collations my at41)"
		assert_same_table old my at41.t
	done
	stop_server old
}

@test "text that is nothing in its own character set travels as bytes, and arrives" {
	sql up "CREATE DATABASE broken; CREATE TABLE broken.t (id INT PRIMARY KEY, g VARCHAR(20) CHARACTER SET greek); INSERT INTO broken.t VALUES (1, 0x61ae62), (2, 'αβγ')"
	run_tool dump up broken </dev/null
	assert_status 0
	assert_out '[1,{"base64":"Ya5i"}],[2,"αβγ"]'
	load_into down broken <out
	[ "$(sql down "SELECT HEX(g) FROM broken.t ORDER BY id")" = "$(sql up "SELECT HEX(g) FROM broken.t ORDER BY id")" ]
	[ "$(sql down "SELECT HEX(g) FROM broken.t WHERE id = 1")" = 61AE62 ]
}

@test "strange names: quotes, dots, spaces, newlines, snowmen, keywords" {
	local schema table n=0

	for schema in 'a.b' 'back`quote' "it's" 'snow☃man' 'select' 'x-y'; do
		n=$((n + 1))
		sql up "CREATE DATABASE \`${schema//\`/\`\`}\` CHARACTER SET utf8mb4"
		for table in 'c.d' 'back`tick' "qu'ote\"s" $'new\nline' 'snow☃man' 'order' '..' '%' 'a b'; do
			sql up "CREATE TABLE \`${schema//\`/\`\`}\`.\`${table//\`/\`\`}\` (\`${table//\`/\`\`}\` INT PRIMARY KEY, \`na\`\`me\` TEXT)"
			sql up "INSERT INTO \`${schema//\`/\`\`}\`.\`${table//\`/\`\`}\` VALUES ($n, 'v')"
		done
	done
	# shellcheck disable=SC2046 # words
	dm-dump $(at up) -B 'a.b' -B 'back`quote' -B "it's" -B 'snow☃man' -B select -B x-y 2>dm-dump.err |
		load_into down "strange \`name' of a task" 2>dm-load.err
	statuses="${PIPESTATUS[*]}"
	assert_pipeline
	sql up "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema IN ('a.b', 'back\`quote', 'it''s', 'snow☃man', 'select', 'x-y') ORDER BY 1, 2" >want
	sql down "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema IN ('a.b', 'back\`quote', 'it''s', 'snow☃man', 'select', 'x-y') ORDER BY 1, 2" >got
	[ "$(wc -l <want)" -ge 54 ]
	diff want got
	[ "$(sql down "SELECT \`na\`\`me\` FROM \`back\`\`quote\`.\`new
line\`")" = v ]
}

@test "AT-35: chunks: every row once, whatever the key" {
	sql up "CREATE DATABASE chunks; USE chunks; SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
		CREATE TABLE si (id BIGINT PRIMARY KEY, v INT); INSERT INTO si VALUES (-9223372036854775808, 1), (9223372036854775807, 2), (0, 3);
		INSERT INTO si SELECT CAST(seq AS SIGNED) * 7 - 20000, seq FROM seq_1_to_5000 WHERE seq * 7 <> 20000;
		CREATE TABLE un (id BIGINT UNSIGNED PRIMARY KEY, v INT); INSERT INTO un VALUES (0, 1), (18446744073709551615, 2);
		INSERT INTO un SELECT 9223372036854775000 + seq, seq FROM seq_1_to_5000;
		CREATE TABLE gaps (id INT PRIMARY KEY, v INT); INSERT INTO gaps SELECT seq, 1 FROM seq_1_to_1000; INSERT INTO gaps SELECT 2000000000 + seq, 1 FROM seq_1_to_1000;
		CREATE TABLE two (a TINYINT UNSIGNED, b INT, PRIMARY KEY (a, b)); INSERT INTO two SELECT seq % 256, seq FROM seq_1_to_3000;
		CREATE TABLE uniq (a INT NOT NULL, b INT NULL, v INT, UNIQUE (b), UNIQUE (a)); INSERT INTO uniq SELECT seq, NULL, seq FROM seq_1_to_3000;
		CREATE TABLE textual (a VARCHAR(20) PRIMARY KEY); INSERT INTO textual SELECT seq FROM seq_1_to_3000;
		CREATE TABLE keyless (a INT); INSERT INTO keyless SELECT seq % 10 FROM seq_1_to_3000;
		CREATE TABLE one (id INT PRIMARY KEY); INSERT INTO one VALUES (5);
		ANALYZE TABLE si, un, gaps, two, uniq, textual, keyless, one" >/dev/null
	dump up chunks --rows 100 -t 3 >stream.ndjson
	[ "$(jq -r 'select(.type == "chunk") | .id' stream.ndjson | sort | uniq -d)" = '' ]
	[ "$(jq -c 'select(.type == "chunk" and .table == "gaps")' stream.ndjson | wc -l)" -gt 5 ]
	[ "$(jq -c 'select(.type == "chunk" and .table == "keyless")' stream.ndjson | wc -l)" -eq 1 ]
	# A chunk's rows stand between its line and its end.
	jq -e -n 'reduce inputs as $l (null; if $l.type == "chunk" then (if . then error("nested") else $l.table end)
		elif $l.type == "chunk_end" then null elif $l.type == "insert" and $l.table != . then error("stray") else . end) == null' stream.ndjson
	load_into down chunks -t 5 <stream.ndjson
	assert_same_schema up down chunks
	dump up chunks --where 'a = 3' -q >stream.ndjson || true
}

@test "--where dumps a part, and its chunks are not those of the whole" {
	sql up "CREATE DATABASE part; USE part; CREATE TABLE part.t (id INT PRIMARY KEY); INSERT INTO part.t SELECT seq FROM seq_1_to_100"
	dump up part --where 'id <= 10 OR id = 50' >stream.ndjson
	[ "$(jq -c 'select(.type == "insert") | .rows[][0]' stream.ndjson | wc -l)" -eq 11 ]
	load_into down part <stream.ndjson
	[ "$(sql down "SELECT COUNT(*) FROM part.t")" = 11 ]
	[ "$(dump up part -q | jq -r 'select(.type == "chunk") | .id')" != "$(jq -r 'select(.type == "chunk") | .id' stream.ndjson)" ]
}

@test "only what the block-allow list wants is dumped" {
	sql up "CREATE DATABASE want_a; CREATE DATABASE want_b; CREATE DATABASE want_c; CREATE TABLE want_a.t (id INT); CREATE TABLE want_a.log (id INT); CREATE TABLE want_b.t (id INT)"
	source_file up one
	task_file want <<-END
		task-mode: full
		$(target down)
		mysql-instances: [{source-id: one, block-allow-list: l}]
		block-allow-list: {l: {do-tables: [{db-name: "want_*", tbl-name: "t"}], ignore-dbs: ["want_b"]}}
	END
	dm-dump -c want.yaml -s one -S one.yaml >stream.ndjson
	[ "$(jq -r 'select(.type == "table") | .schema + "." + .table' stream.ndjson)" = want_a.t ]
	[ "$(jq -r 'select(.type == "ddl" and .kind == "create database") | .schema' stream.ndjson | grep want)" = "$(printf 'want_a\nwant_c')" ]
	[ "$(jq -r 'select(.type == "stream") | .source' stream.ndjson)" = one ]
}

@test "tables without snapshots are dumped under the lock" {
	sql up "CREATE DATABASE old; CREATE TABLE old.i (id INT PRIMARY KEY) ENGINE=InnoDB; CREATE TABLE old.m (id INT PRIMARY KEY) ENGINE=MyISAM; INSERT INTO old.i VALUES (1); INSERT INTO old.m VALUES (1)"
	dump up old -t 1 >stream.ndjson
	[ "$(jq -r 'select(.type == "chunk") | .table' stream.ndjson | tr '\n' ' ')" = 'm i ' ]
	run_tool dump up old --consistency none </dev/null
	assert_status 69
	assert_error 32503
	assert_err '`old`.`m`'
}

@test "AT-36: a table that is truncated, altered or dropped while it is dumped fails the dump" {
	local statement

	sql up "CREATE DATABASE busy; USE busy; CREATE TABLE busy.a (id INT PRIMARY KEY, pad CHAR(250)); INSERT INTO busy.a SELECT seq, 'x' FROM seq_1_to_100000"
	for statement in 'TRUNCATE TABLE busy.z' 'ALTER TABLE busy.z DROP COLUMN v' 'DROP TABLE busy.z' 'ALTER TABLE busy.z CHANGE v w INT'; do
		sql up "DROP TABLE IF EXISTS busy.z; CREATE TABLE busy.z (id INT PRIMARY KEY, v INT); INSERT INTO busy.z VALUES (1, 1)"
		mkfifo fifo
		dump up busy -t 1 >fifo 2>err &
		exec 7<fifo
		head -c 100000 <&7 >/dev/null
		sql up "$statement"
		cat <&7 >rest
		exec 7<&-
		rm fifo
		status=0
		wait $! || status=$?
		[ "$status" -eq 75 ] || fail "$statement: status $status"
		assert_error 32501
		! grep -q '"type":"end"' rest || fail "$statement: the stream has an end"
	done
}

@test "dm-dump: SIGTERM sends an end, and the loader does not take that for a success" {
	sql up "CREATE DATABASE long1; USE long1; CREATE TABLE long1.t (id INT PRIMARY KEY, pad CHAR(250)); INSERT INTO long1.t SELECT seq, REPEAT('x', 250) FROM seq_1_to_100000; ANALYZE TABLE long1.t" >/dev/null
	mkfifo fifo
	dump up long1 >fifo 2>err &
	pid=$!
	exec 7<fifo
	head -n 6 <&7 >/dev/null
	kill -TERM "$(child dm-dump $pid)"
	cat <&7 >rest
	exec 7<&-
	status=0
	wait $pid || status=$?
	assert_status 0
	[ "$(tail -n 1 rest)" = '{"type":"end","reason":"signal"}' ]
	dump up long1 -q | sed '$s/complete/signal/' >stream.ndjson
	run_tool load_into down long1 <stream.ndjson
	assert_status 75
	assert_error 34507
}

@test "a wrong password is an error of its end" {
	for end in up down; do
		sql $end "CREATE USER IF NOT EXISTS u@'127.0.0.1' IDENTIFIED BY 'right'; CREATE USER IF NOT EXISTS u@localhost IDENTIFIED BY 'right'"
	done
	echo wrong >password
	chmod 600 password
	run_tool dm-dump -h 127.0.0.1 -P "$(port up)" -u u --password-file password </dev/null
	assert_status 69
	assert_error 10501
	run ! grep -q wrong err
	dump up types1 -q >stream.ndjson || true
	run_tool dm-load -h 127.0.0.1 -P "$(port down)" -u u --password-file password --task password <stream.ndjson
	assert_status 69
	assert_error 10001
}

# A task of its own over the table x.t (id INT PRIMARY KEY, v VARCHAR(20)) with 3 rows, as stream.ndjson.
small_dump() {
	sql up "CREATE DATABASE $1; CREATE TABLE $1.t (id INT PRIMARY KEY, v VARCHAR(20)); INSERT INTO $1.t VALUES (1, 'one'), (2, 'two'), (3, 'three')"
	dump up "$1" -q >stream.ndjson
}

@test "a missing column is told with its name before any row of any table is loaded" {
	sql up "CREATE DATABASE cols; CREATE TABLE cols.a (id INT PRIMARY KEY); INSERT INTO cols.a VALUES (1);
		CREATE TABLE cols.b (id INT PRIMARY KEY, gone INT, there INT, \`so
gone\` INT)"
	sql down "CREATE DATABASE cols; CREATE TABLE cols.b (id INT PRIMARY KEY, there INT)"
	dump up cols -q >stream.ndjson
	run_tool load_into down cols <stream.ndjson
	assert_status 69
	assert_error 34501
	assert_err '`cols`.`b` has no column `gone`, `so?gone`'
	[ "$(sql down "SELECT COUNT(*) FROM cols.a")" = 0 ]
	sql down "ALTER TABLE cols.b ADD gone INT, ADD extra INT NOT NULL, ADD \`so
gone\` INT"
	run_tool load_into down cols <stream.ndjson
	assert_status 0
	[ "$(sql down "SELECT COUNT(*) FROM cols.a")" = 1 ]
}

@test "a table that is there keeps its structure; columns of its own get their defaults" {
	small_dump extra
	sql down "CREATE DATABASE extra; CREATE TABLE extra.t (own INT DEFAULT 7, v TEXT, id BIGINT PRIMARY KEY, must INT NOT NULL)"
	run_tool load_into down extra <stream.ndjson
	assert_status 0
	[ "$(sql down "SELECT own, v, id, must FROM extra.t ORDER BY id" | tr '\t\n' ' ,')" = '7 one 1 0,7 two 2 0,7 three 3 0,' ]
}

@test "a value that the downstream would change is an error, and nothing of its chunk is kept" {
	local column

	small_dump narrow
	sql down "CREATE DATABASE narrow"
	for column in 'v VARCHAR(4)' 'v VARCHAR(20) CHARACTER SET ascii, CHECK (v <> "two")' 'v INT' 'v DATE' "v ENUM('one', 'two')" 'v VARCHAR(20) NOT NULL, UNIQUE (w), w INT AS (1)'; do
		sql down "DROP TABLE IF EXISTS narrow.t; CREATE TABLE narrow.t (id INT PRIMARY KEY, $column)"
		sql down "DROP DATABASE IF EXISTS dm_meta"
		run_tool load_into down narrow --on-duplicate error <stream.ndjson
		[ "$status" -eq 65 ] || [ "$status" -eq 69 ] || fail "$column: status $status"
		assert_err '`narrow`.`t`'
		[ "$(sql down "SELECT COUNT(*) FROM narrow.t")" = 0 ] || fail "$column: rows are there"
	done
}

@test "the upstream's sql_mode is followed, but for what would change values" {
	sql up "CREATE DATABASE modes; CREATE TABLE modes.t (id INT PRIMARY KEY, v VARCHAR(20)); INSERT INTO modes.t VALUES (0, ''), (1, 'a\\\\b'), (2, 'it''s')"
	sql up "SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,EMPTY_STRING_IS_NULL,PIPES_AS_CONCAT,STRICT_ALL_TABLES'"
	dump up modes -q >stream.ndjson
	sql up "SET GLOBAL sql_mode = DEFAULT"
	load_into down modes <stream.ndjson
	[ "$(sql down "SELECT id, HEX(v) FROM modes.t ORDER BY id" | tr '\t\n' ' ,')" = '0 ,1 615C62,2 69742773,' ]
}

@test "rows that are there: replace, error, ignore" {
	small_dump there
	sql down "CREATE DATABASE there; CREATE TABLE there.t (id INT PRIMARY KEY, v VARCHAR(20))"
	for how in replace error ignore; do
		sql down "DROP DATABASE IF EXISTS dm_meta; TRUNCATE there.t; INSERT INTO there.t VALUES (2, 'old')"
		run_tool load_into down there --on-duplicate $how <stream.ndjson
		echo "$how $status $(sql down "SELECT GROUP_CONCAT(v ORDER BY id) FROM there.t")"
	done >got
	printf '%s\n' 'replace 0 one,two,three' 'error 69 old' 'ignore 0 one,old,three' >want
	diff want got
}

@test "a row that does not fit a packet is told with its number and the setting" {
	sql up "CREATE DATABASE packet; CREATE TABLE packet.t (id INT PRIMARY KEY, v LONGTEXT); INSERT INTO packet.t VALUES (1, 'x'), (2, REPEAT('y', 1200000)), (3, 'z')"
	dump up packet -q >stream.ndjson
	sql down "SET GLOBAL max_allowed_packet = 1048576"
	run_tool load_into down packet <stream.ndjson
	sql down "SET GLOBAL max_allowed_packet = DEFAULT"
	assert_status 69
	assert_error 34503
	assert_err 'row 2'
	assert_err max_allowed_packet
	run_tool load_into down packet <stream.ndjson
	assert_status 0
	assert_same_table up down packet.t
}

@test "a stream that is cut anywhere is status 75 or 65, never a success, and can be loaded to its end afterwards" {
	local size n

	sql up "CREATE DATABASE cut; USE cut; CREATE TABLE cut.k (id INT PRIMARY KEY, v INT); INSERT INTO cut.k SELECT seq, seq FROM seq_1_to_2000; CREATE TABLE cut.n (v INT); INSERT INTO cut.n SELECT seq % 7 FROM seq_1_to_500; ANALYZE TABLE cut.k" >/dev/null
	dump up cut -q --rows 100 >stream.ndjson
	size=$(wc -c <stream.ndjson)
	for n in 1 1000 $((size / 3)) $((size / 2)) $((size - 3000)) $((size - 1)) $((size - 50)); do
		run_tool load_into down cut < <(head -c "$n" stream.ndjson)
		[ "$status" -eq 75 ] || [ "$status" -eq 65 ] || fail "cut at $n: status $status"
	done
	run_tool load_into down cut < <(grep -v '"type":"end"' stream.ndjson)
	assert_status 75
	assert_err "without an 'end'"
	run_tool load_into down cut <stream.ndjson
	assert_status 0
	assert_same_schema up down cut
}

@test "AT-38: rows that are missing inside a stream, and chunks that come twice or not at all, are found" {
	local fault

	sql up "CREATE DATABASE holes; USE holes; CREATE TABLE holes.n (v INT, t TEXT); INSERT INTO holes.n SELECT seq % 7, REPEAT('x', 10000) FROM seq_1_to_500;
		CREATE TABLE holes.k (id INT PRIMARY KEY); INSERT INTO holes.k SELECT seq FROM seq_1_to_500; ANALYZE TABLE holes.k" >/dev/null
	dump up holes -q --rows 100 >stream.ndjson
	[ "$(grep -c '"insert","schema":"holes","table":"n"' stream.ndjson)" -ge 4 ]
	for fault in line row doubled chunk; do
		case $fault in
		line) awk '/"insert","schema":"holes","table":"n"/ && ++n == 3 { next } { print }' stream.ndjson ;;
		row) sed '/"insert","schema":"holes","table":"k"/s/\[[0-9]*\],//' stream.ndjson ;;
		doubled) awk '{ print } /"type":"chunk","schema":"holes","table":"n"/ { on = 1 } on { text = text $0 "\n" } on && /"chunk_end"/ { printf "%s", text; on = 0 }' stream.ndjson ;;
		chunk) awk '/"type":"chunk","schema":"holes","table":"k"/ && ++n == 2 { off = 1 } !off { print } off && /"chunk_end"/ { off = 0 }' stream.ndjson ;;
		esac >stream
		run ! cmp -s stream stream.ndjson
		sql down "DROP DATABASE IF EXISTS holes; DROP TABLE IF EXISTS dm_meta.holes_loader_checkpoint"
		run_tool load_into down holes <stream
		case $fault in
		line | row) assert_status 65; assert_error 34551 ;;
		chunk) assert_status 65; assert_error 34552 ;;
		doubled) assert_status 65; assert_error 34551 ;;
		esac
	done
}

loaded_chunks() {
	sql down "SELECT COUNT(*) FROM dm_meta.$1_loader_checkpoint WHERE filename <> ''" 2>/dev/null || echo 0
}

@test "kill -9 of the loader, again and again, with the same stream: no row is lost or doubled, without keys too" {
	local round pid

	sql up "CREATE DATABASE crash; USE crash;
		CREATE TABLE k (id INT PRIMARY KEY, v CHAR(100)); INSERT INTO k SELECT seq, MD5(seq) FROM seq_1_to_40000;
		CREATE TABLE n1 (v INT, w CHAR(100)); INSERT INTO n1 SELECT seq % 10, 'x' FROM seq_1_to_20000;
		CREATE TABLE n2 (v INT); INSERT INTO n2 SELECT 1 FROM seq_1_to_3000; CREATE TABLE n3 LIKE n2; INSERT INTO n3 SELECT * FROM n2; ANALYZE TABLE k" >/dev/null
	sql down "CREATE DATABASE crash; CREATE TABLE crash.k (v CHAR(100), id INT)"	# no key here
	dump up crash -q --rows 500 >stream.ndjson
	for round in 1 2 3 4 5 6 7; do
		awk '{ print; fflush() } NR % 5 == 0 { system("sleep 0.02") }' stream.ndjson | load_into down crash -t 4 2>err &
		pid=$!
		wait_until 60 "[ \"\$(loaded_chunks crash)\" -ge $((round * 9)) ]"
		kill -9 "$(child dm-load $pid)"
		wait $pid 2>/dev/null || true
	done
	[ "$(loaded_chunks crash)" -lt "$(grep -c '"type":"chunk"' stream.ndjson)" ]
	run_tool load_into down crash -t 4 <stream.ndjson
	assert_status 0
	assert_same_schema up down crash
}

@test "a table without a key here, cut into other chunks there, is refused" {
	sql up "CREATE DATABASE recut; USE recut; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_2000; ANALYZE TABLE t" >/dev/null
	sql down "CREATE DATABASE recut; CREATE TABLE recut.t (id INT)"
	dump up recut -q -t 1 --rows 500 >stream.ndjson
	dump up recut -q -t 1 --rows 300 >stream2.ndjson
	status=0
	{
		sed '/recut.t:[0-9a-f]*[*]2"/,$d' stream.ndjson
		wait_until 10 '[ "$(sql down "SELECT COUNT(*) FROM recut.t")" -gt 0 ]' >&2
	} | load_into down recut || status=$?
	[ "$status" -eq 75 ]
	run_tool load_into down recut <stream2.ndjson
	assert_status 69
	assert_error 34509
	run_tool load_into down recut <stream.ndjson
	assert_status 0
	assert_same_schema up down recut
}

@test "a load that was killed goes on with a new dump of another place: keyed tables come out equal" {
	sql up "CREATE DATABASE again; USE again; CREATE TABLE again.t (id INT PRIMARY KEY, v INT); INSERT INTO again.t SELECT seq, 1 FROM seq_1_to_5000; ANALYZE TABLE again.t" >/dev/null
	dump up again -q --rows 500 >stream.ndjson
	run_tool load_into down again < <(head -n 15 stream.ndjson)
	assert_status 75
	sql up "UPDATE again.t SET v = 2 WHERE id % 3 = 0; INSERT INTO again.t VALUES (6000, 3)"
	dump up again -q --rows 700 >stream2.ndjson
	run_tool load_into down again <stream2.ndjson
	assert_status 0
	assert_same_schema up down again
}

@test "a table without a key that has rows of another place is refused, with the way out" {
	sql up "CREATE DATABASE twice; CREATE TABLE twice.a (v INT); INSERT INTO twice.a VALUES (1), (2); CREATE TABLE twice.b (v INT); INSERT INTO twice.b VALUES (3)"
	dump up twice -q -t 1 >stream.ndjson
	run_tool load_into down twice < <(sed '/"id":"twice.b"/,$d' stream.ndjson)
	assert_status 75
	[ "$(sql down "SELECT COUNT(*) FROM twice.a")" = 2 ]
	sql up "INSERT INTO twice.a VALUES (9)"
	dump up twice -q >stream2.ndjson
	run_tool load_into down twice <stream2.ndjson
	assert_status 69
	assert_error 34509
	assert_err '`twice`.`a`'
	[ "$(sql down "SELECT COUNT(*) FROM twice.a")" = 2 ]
	run_tool load_into down twice <stream.ndjson
	[ "$(sql down "SELECT COUNT(*) FROM twice.a")" = 2 ]
}

@test "what was loaded to the end is not loaded again" {
	small_dump done1
	run_tool load_into down done1 <stream.ndjson
	assert_status 0
	sql down "UPDATE done1.t SET v = 'changed'"
	run_tool load_into down done1 <stream.ndjson
	assert_status 69
	assert_error 24505
	[ "$(sql down "SELECT COUNT(*) FROM done1.t WHERE v = 'changed'")" = 3 ]
}

@test "two loaders of one task and source: the second refuses" {
	small_dump lease1
	mkfifo fifo
	load_into down lease1 <fifo 2>first.err &
	exec 7>fifo
	head -n 4 stream.ndjson >&7
	wait_until 10 '[ "$(sql down "SELECT COUNT(*) FROM dm_meta.lease1_lease" 2>/dev/null)" = 1 ]'
	run_tool load_into down lease1 <stream.ndjson
	[ "$status" -ne 0 ]
	tail -n +5 stream.ndjson >&7
	exec 7>&-
	wait $!
	assert_same_table up down lease1.t
}

@test "dm-load: SIGTERM keeps what is whole, and is status 0" {
	sql up "CREATE DATABASE term; USE term; CREATE TABLE term.t (id INT PRIMARY KEY, v CHAR(100)); INSERT INTO term.t SELECT seq, MD5(seq) FROM seq_1_to_20000; ANALYZE TABLE term.t" >/dev/null
	dump up term -q --rows 1000 >stream.ndjson
	mkfifo fifo
	load_into down term --status-file status.json <fifo 2>err &
	pid=$!
	exec 7>fifo
	head -n 20 stream.ndjson >&7
	wait_until 20 '[ "$(sql down "SELECT COUNT(*) FROM term.t" 2>/dev/null || echo 0)" -gt 0 ]'
	kill -TERM "$(child dm-load $pid)"
	status=0
	wait $pid || status=$?
	exec 7>&-
	assert_status 0
	[ "$(jq -r .stage status.json)" = Stopped ]
	run_tool load_into down term <stream.ndjson
	assert_status 0
	assert_same_schema up down term
}

@test "status files have DM's names" {
	sql up "CREATE DATABASE stat; CREATE TABLE stat.t (id INT PRIMARY KEY); INSERT INTO stat.t VALUES (1), (2)"
	dump up stat --status-file dump.json 2>err | load_into down stat --status-file load.json 2>err2
	[ "$(jq -c '[.unit, .stage, .fields.totalTables, .fields.completedTables, .fields.finishedRows, .fields.progress]' dump.json)" = '["Dump","Finished","1",1,2,"100.00 %"]' ]
	[ "$(jq -c '[.unit, .stage, .fields.totalTables, .fields.completedTables, .fields.finishedRows, .fields.progress]' load.json)" = '["Load","Finished","1","1","2","100.00 %"]' ]
	jq -e '.fields | (.bps | tonumber) >= 0 and (.estimateTotalRows | type) == "number" and .finishedBytes > 0' dump.json
	jq -e '.fields | (.bps | tonumber) >= 0 and (.totalBytes | tonumber) > 0 and .finishedBytes == .totalBytes' load.json
	dump up stat --status-file dump.json -d 2>err >stream	# no rows are asked for: all tables are done
	[ "$(jq -c '[.fields.totalTables, .fields.completedTables, .fields.progress]' dump.json)" = '["1",1,"100.00 %"]' ]
	[[ "$(jq -r .fields.metaBinlog load.json)" =~ ^\(mysql-bin\.[0-9]+,\ [0-9]+\)$ ]]
}

# on_terminal COMMAND: what it writes to a terminal that is its standard error, into the file screen
on_terminal() {
	script -q -f -e -c "stty cols 200; $1" screen </dev/null >screen.out
}

@test "how far it is stands in one line on a terminal, and nowhere else" {
	local line=$'\r\x1b''\[K[012] of 2 tables, [1-9][0-9]* rows, [0-9.]+ MB, [0-9.]+ MB/s, [0-9]+ %, [0-9]+s left'

	sql up "CREATE DATABASE screen; USE screen; CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT PRIMARY KEY); INSERT INTO a SELECT seq FROM seq_1_to_150; ANALYZE TABLE a" >/dev/null
	slow="dm-dump $(at up) -B screen -t 1 --rows 15 --where 'SLEEP(0.005) = 0'"
	on_terminal "$slow >stream"
	grep -qaE "$line" screen || fail "$(cat -v screen)"
	[ "$(wc -l <screen)" -le 6 ]	# script's own, and notices
	on_terminal "$slow -q -o dump"
	run ! grep -qaE "$line" screen
	sh -c "$slow" 2>err >/dev/null
	run ! grep -qaE $'\x1b|\r|left' err
	# The loader has a part of it, until it says so.
	mkfifo pipe
	end=$(grep -n chunk_end stream | sed -n '3s/:.*//p')
	(head -n "$end" stream; wait_until 20 "grep -qaE \"\$line\" screen" >&2; tail -n +$((end + 1)) stream) >pipe 3>&- &
	on_terminal "dm-load $(at down) --task screen <pipe"
	wait $!
	grep -qa 'loaded 150 rows' screen
	load_into down screen2 <stream 2>err
	run ! grep -qaE $'\x1b|\r|left' err
}

@test "the server dies in the middle of a load, and of a dump: try again, and all is there" {
	local pid

	sql up "CREATE DATABASE dies; USE dies; CREATE TABLE t (id INT PRIMARY KEY, v CHAR(100)); INSERT INTO t SELECT seq, MD5(seq) FROM seq_1_to_40000; CREATE TABLE n (v INT); INSERT INTO n SELECT seq % 3 FROM seq_1_to_1000; ANALYZE TABLE t" >/dev/null
	dump up dies -q --rows 500 >stream.ndjson
	awk '{ print; fflush() } NR % 5 == 0 { system("sleep 0.02") }' stream.ndjson | load_into down dies 2>err &
	pid=$!
	wait_until 60 '[ "$(loaded_chunks dies)" -ge 20 ]'
	kill_server down
	status=0
	wait $pid || status=$?
	assert_status 75
	restart_server down
	mkfifo fifo
	dump up dies --rows 500 >fifo 2>err &
	pid=$!
	exec 7<fifo
	head -c 100000 <&7 >/dev/null
	kill_server up
	cat <&7 >rest
	exec 7<&-
	status=0
	wait $pid || status=$?
	assert_status 75
	run ! grep -q '"type":"end"' rest
	restart_server up
	run_tool load_into down dies <stream.ndjson
	assert_status 0
	assert_err 'had been loaded before'
	assert_same_schema up down dies
}

@test "--consistency none: two places bound what was read, and the resume document says so" {
	local pid

	sql up "CREATE DATABASE window; CREATE TABLE window.t (id INT PRIMARY KEY); INSERT INTO window.t VALUES (1)"
	dump up window --consistency none -s one >stream.ndjson 2>err
	[ "$(jq -c 'select(.type == "snapshot") | [.consistent, .pos == .pos_end]' stream.ndjson)" = '[false,true]' ]
	run ! grep -q lock err
	load_into down window <stream.ndjson
	# shellcheck disable=SC2046 # words
	dm-meta checkpoint get $(at down) --task window -s one >resume
	[ "$(tail -n 1 resume | jq -c '[.type, .consistent, .pos == .pos_end]')" = '["snapshot",false,true]' ]
	[ "$(tail -n 1 resume | jq -r .pos)" = "$(jq -r 'select(.type == "snapshot") | .pos' stream.ndjson)" ]
}

@test "AT-06: a dump says whose places it has, so that changes do not start at another server, nor does a second dump take the first one's place" {
	local form from other identity

	source_file down other
	for from in up $([ -e "$BATS_FILE_TMPDIR/no-mysql" ] || echo my); do
		sql "$from" "DROP DATABASE IF EXISTS own; CREATE DATABASE own CHARACTER SET latin1; CREATE TABLE own.t (id INT PRIMARY KEY, v INT); INSERT INTO own.t VALUES (1, 1)"
		source_file "$from" "own-$from"
		sed "s/^source-id.*/source-id: own-$from/" other.yaml >moved.yaml
		identity=$(sql "$from" "SELECT $([ "$from" = up ] && echo "CONCAT('server_id ', @@server_id)" || echo "CONCAT('server_uuid ', @@server_uuid)")")
		for form in stream directory; do
			sql down "DROP DATABASE IF EXISTS own; DROP DATABASE IF EXISTS m_own"
			into=(dm-load -q -u root --socket "$(socket down)" --task own --meta-schema m_own -s "own-$from")
			# What an unfinished load has begun with, another server does not go on with.
			sql down "CREATE DATABASE own; CREATE TABLE own.t (id INT PRIMARY KEY)"
			if [ "$form" = stream ]; then
				dm-dump -q -S "own-$from.yaml" -s "own-$from" -B own >stream.ndjson
				run_tool "${into[@]}" <stream.ndjson
			else
				rm -rf dump
				dm-dump -q -S "own-$from.yaml" -s "own-$from" -B own -o dump
				run_tool "${into[@]}" -d dump </dev/null
			fi
			assert_status 69
			sql down "ALTER TABLE own.t ADD v INT"
			dm-dump -q -S moved.yaml -s "own-$from" -B own >moved.ndjson
			run_tool "${into[@]}" <moved.ndjson
			assert_status 69
			assert_error 36590
			sql down "DROP TABLE own.t"
			if [ "$form" = stream ]; then "${into[@]}" <stream.ndjson; else "${into[@]}" -d dump; fi
			sql "$from" "REPLACE INTO own.t VALUES (2, ${#form})"
			dm-meta checkpoint get -u root --socket "$(socket down)" --task own --meta-schema m_own -S "own-$from.yaml" -s "own-$from" >document
			[ "$(jq -r 'select(.type == "state" and .key == "server") | .value' document)" = "$identity" ]
			run_tool dm-relay -S moved.yaml -s "own-$from" --until caught-up <document
			assert_status 69
			assert_error 32512
			run_tool dm-relay -S "own-$from.yaml" -s "own-$from" --until caught-up <document
			assert_status 0
			assert_out "2,${#form}]"
		done
	done
}

@test "an empty dump is a finished load" {
	sql up "CREATE DATABASE nothing1"
	copy up down nothing1
	[ "$(sql down "SHOW DATABASES LIKE 'nothing1'")" = nothing1 ]
}

@test "shards merge: two sources, one target, at the same time" {
	local n pids=()

	sql up "CREATE DATABASE shard_1; USE shard_1; CREATE DATABASE shard_2; CREATE TABLE shard_1.t (id INT PRIMARY KEY, v INT); CREATE TABLE shard_2.t LIKE shard_1.t;
		INSERT INTO shard_1.t SELECT seq * 2, 1 FROM seq_1_to_3000; INSERT INTO shard_2.t SELECT seq * 2 + 1, 2 FROM seq_1_to_3000"
	for n in 1 2; do
		dump up shard_$n -q -s source-$n 2>dump$n.err | dm-route --route "shard_$n.t=merged.t" --route "shard_$n=merged" 2>route$n.err |
			load_into down merge -s "source-$n" 2>load$n.err &
		pids[n]=$!
	done
	wait "${pids[@]}"
	[ "$(sql down "SELECT COUNT(*), SUM(v) FROM merged.t")" = "$(printf '6000\t9000')" ] || { cat ./*.err; false; }
}

@test "loaders that lock each other out try again" {
	local n pids=()

	sql up "CREATE DATABASE knot_1; CREATE DATABASE knot_2; USE knot_1; CREATE TABLE t (id INT PRIMARY KEY, u CHAR(32) NOT NULL, UNIQUE (u));
		INSERT INTO t SELECT seq * 2, MD5(seq * 2) FROM seq_1_to_15000; CREATE TABLE knot_2.t LIKE t; INSERT INTO knot_2.t SELECT id + 1, MD5(id + 1) FROM t;
		ANALYZE TABLE knot_1.t, knot_2.t" >/dev/null
	for round in 1 2; do	# the second one replaces what is there, which locks more
		for n in 1 2; do
			dump up knot_$n -q -s source-$n --rows 200 2>dump$n.err | dm-route -q --route "knot_$n.t=knot.t" --route "knot_$n=knot" 2>route$n.err |
				load_into down knot$round -s source-$n -t 6 2>load$n.err || touch failed &
			pids[n]=$!
		done
		wait "${pids[@]}"
	done
	[ ! -e failed ] || { cat ./*.err; false; }
	[ "$(sql down "SELECT COUNT(*), COUNT(DISTINCT u) FROM knot.t")" = "$(printf '30000\t30000')" ]
}
