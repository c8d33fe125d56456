#!/usr/bin/env bats
# dm-dump into a directory, from a real server: read back by the mariadb client and by myloader; damage, names, interruptions.
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

# dump FROM SCHEMA [OPTION ...]: into the folder dump.
dump() {
	dm-dump -h 127.0.0.1 -P "$(port "$1")" -u root -B "$2" -o dump "${@:3}"
}

# unpacked FILE
unpacked() {
	case $1 in
	*.gz) gzip -dc "$1" ;;
	*.zst) zstd -qdc "$1" ;;
	*) cat "$1" ;;
	esac
}

# files KIND: of the list of dump, in its order.
files() {
	jq -r --arg kind "$1" 'select(.type == "file" and .kind == $kind) | .file' dump/dm-dump.ndjson
}

# load_by_client TO SCHEMA [STATEMENT]: kind by kind, as dm-dump(1) says.
load_by_client() {
	local kind file

	for kind in schema sequence table data view triggers post; do
		for file in $(files "$kind"); do
			unpacked "dump/$file"
		done >sql
		# shellcheck disable=SC2046 # none, or one word
		mariadb --no-defaults --binary-mode -u root --socket="$(socket "$1")" ${3:+--init-command="$3"} $([ "$kind" = schema ] || echo "$2") <sql || fail "$kind"
	done
}

# As the servers' own tool sees it, structures too.
assert_same_schema() {
	local name

	for name in "$1" "$2"; do
		mariadb-dump --no-defaults -u root --socket="$(socket "$name")" --skip-comments --skip-extended-insert --hex-blob \
			--order-by-primary "$3" >"schema.$name" || return
	done
	cmp "schema.$1" "schema.$2" || { diff "schema.$1" "schema.$2" | cut -c1-200 | head; return 1; }
}

# Values with edges; what differs between servers is left out.
edges() {
	cat <<-END
		CREATE DATABASE $1 CHARACTER SET latin1; USE $1;
		SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone = '+00:00';
		CREATE TABLE numbers (id INT PRIMARY KEY, n INT NOT NULL AUTO_INCREMENT UNIQUE, i BIGINT UNSIGNED, z INT(10) UNSIGNED ZEROFILL, y YEAR, bi BIT(9), f FLOAT, d DOUBLE,
			e DECIMAL(65,30), g INT AS (id + 1) VIRTUAL, h INT AS (id + 2) STORED);
		INSERT INTO numbers (id, i, z, y, bi, f, d, e) VALUES (0, 18446744073709551615, 7, 0, 257, 3.4028234e38, 1.7976931348623157e308, -0.000000000000000000000000000001),
			(1, 0, 0, 2155, 0, 0.1, -0.1e0, 99999999999999999999999999999999999.999999999999999999999999999999), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
		CREATE TABLE texts (id INT PRIMARY KEY, t TEXT CHARACTER SET utf8mb4, l VARCHAR(50) CHARACTER SET latin1, g VARCHAR(50) CHARACTER SET gbk, u TEXT CHARACTER SET ucs2,
			s VARCHAR(20) CHARACTER SET sjis, b VARBINARY(300), lb LONGBLOB);
		INSERT INTO texts VALUES (1, 'tab	newline
			quote '' " backslash \\\\ nul \\0 z \\Z cr \\r comma , semicolon ;\\n', 'café €', '中文', 'ü☃', 'カタカナ', 0x00ff275c0a22, REPEAT(0xff, 70000)),
			(2, '', '', '', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (4, '\\\\N', '\\\\N', 'NULL', '"', ',', '\\\\N', 'x'),
			(5, '/*!50000 ; */ -- x', '#', '\\'\\'', '\\n', '"";"', 'a,b', '(),(');
		CREATE TABLE times (id INT PRIMARY KEY, d DATE, t TIME(6), dt DATETIME(3), ts TIMESTAMP(6) NULL);
		INSERT INTO times VALUES (1, '0000-00-00', '-838:59:59', '0000-00-00', 0), (2, '9999-12-31', '838:59:59', '9999-12-31 23:59:59.999', '2038-01-19 03:14:07.999999'),
			(3, NULL, NULL, NULL, NULL), (4, '2024-02-30', '1:2:3.5', '2024-00-01', '2024-03-31 01:30:00');
		CREATE TABLE labels (id INT PRIMARY KEY, e ENUM('a', 'b''c', 'é'), s SET('p', 'q', 'r s'), p POINT);
		INSERT INTO labels VALUES (1, 'a', 'p,q', ST_GeomFromText('POINT(1.5 -2)')), (2, 'é', '', NULL), (3, NULL, NULL, NULL);
		CREATE TABLE keyless (a INT, b TEXT); INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (NULL, NULL);
		CREATE TABLE nothing (id INT PRIMARY KEY);
		CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES numbers (id)); INSERT INTO child VALUES (1, 1);
	END
}

@test "every type with its edges, as SQL, plain and compressed, through the mariadb client" {
	local how

	edges shop | sql up
	for how in no-compression gzip zstd; do
		dump up shop -q --compress "$how" --overwrite
		sql down "DROP DATABASE IF EXISTS shop"
		load_by_client down shop "SET GLOBAL sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,ANSI_QUOTES'"
		assert_same_schema up down shop
	done
	# Without backslashes, and with columns named.
	dump up shop -q --escape-backslash=false --complete-insert --overwrite
	sql down "DROP DATABASE shop"
	load_by_client down shop
	assert_same_schema up down shop
	[ "$(find dump -type f ! -perm 600)" = '' ]
}

@test "MySQL: every type with its edges, and the client of MariaDB loads it there again" {
	[ ! -e "$BATS_FILE_TMPDIR/no-mysql" ] || skip "$(cat "$BATS_FILE_TMPDIR/no-mysql")"
	edges shop | sql my
	sql my "CREATE TABLE shop.doc (id INT PRIMARY KEY, j JSON); INSERT INTO shop.doc VALUES (1, '{\"a\": [1, 2.50, \"é\\\\n\"]}'), (2, NULL); CREATE DATABASE kept; CREATE TABLE kept.doc SELECT * FROM shop.doc"
	dump my shop -q
	sql my "DROP DATABASE shop"
	load_by_client my shop
	[ "$(sql my "SELECT a.j = b.j FROM shop.doc a JOIN kept.doc b USING (id) ORDER BY a.id" | tr '\n' ' ')" = '1 NULL ' ]
	edges again | sql up
	assert_same_table up my again.numbers shop.numbers
	assert_same_table up my again.texts shop.texts
	assert_same_table up my again.times shop.times
}

@test "myloader loads it, whole, cut and packed" {
	local how

	edges shop2 | sql up
	sql up "CREATE VIEW shop2.z_view AS SELECT id FROM shop2.numbers; CREATE VIEW shop2.a_view AS SELECT * FROM shop2.z_view"
	for how in "" "--compress gzip --complete-insert" "--rows 2 --statement-size 100" "--filesize 1KiB --escape-backslash=false" "--compress zstd"; do
		sql down 'DROP DATABASE IF EXISTS shop2'
		# shellcheck disable=SC2086 # words
		dump up shop2 -q -W=false --overwrite $how
		case $how in *zstd*) unzstd -q --rm dump/*.zst ;; esac	# it cannot unpack them itself
		myloader -u root -S "$(socket down)" -d dump -t 2 >myloader.out 2>&1 || { cat myloader.out; false; }
		run ! grep -i -q error myloader.out
		assert_same_schema up down shop2
		[ "$(sql down "SELECT COUNT(*) FROM shop2.a_view")" -eq 3 ]
	done
}

@test "CSV, in each of its forms, is read back as it was" {
	local options

	sql up "CREATE DATABASE forms CHARACTER SET utf8mb4; USE forms; CREATE TABLE t (id INT PRIMARY KEY, a TEXT, b VARCHAR(20), n DOUBLE, x VARBINARY(20));
		INSERT INTO t VALUES (1, 'a,\"b\"\\\\c\\nd\\r|;', 'plain', 0.5, 0x00ff0a22), (2, NULL, '', NULL, NULL), (3, '\\\\N', 'NULL', 1e300, '');
		CREATE TABLE forms.tab (id INT PRIMARY KEY, a TEXT); INSERT INTO forms.tab VALUES (1, 'a b'), (2, NULL), (3, '')"
	dump up forms -q --filetype csv -T forms.t
	[ "$(head -n 1 dump/forms.t.000000000.csv)" = $'"id","a","b","n","x"\r' ]
	sql down "CREATE DATABASE forms CHARACTER SET utf8mb4"
	mariadb --no-defaults -u root --socket="$(socket down)" forms <dump/forms.t-schema.sql
	mariadb --no-defaults --local-infile=1 -u root --socket="$(socket down)" forms -e "LOAD DATA LOCAL INFILE 'dump/forms.t.000000000.csv' INTO TABLE t CHARACTER SET binary
		FIELDS TERMINATED BY ',' ENCLOSED BY '\"' ESCAPED BY '\\\\' LINES TERMINATED BY '\\r\\n' IGNORE 1 LINES"
	assert_same_table up down forms.t
	dump up forms -q --filetype csv -T forms.tab --no-header --csv-separator '\t' --csv-delimiter '' --csv-null-value NUL --csv-line-terminator ';\n' --overwrite
	[ "$(cat dump/forms.tab.000000000.csv)" = "$(printf '1\ta b;\n2\tNUL;\n3\t;\n')" ]
	[ "$(jq -c 'select(.type == "dump") | .csv' dump/dm-dump.ndjson)" = '{"separator":"\t","delimiter":"","null":"NUL","terminator":";\n","header":false,"backslash":true}' ]
	dump up forms -q --filetype csv -T forms.t --escape-backslash=false --csv-null-value '' --overwrite
	grep -qF '"a,""b""\c' dump/forms.t.000000000.csv
	# What cannot be read back is not written.
	run_tool dump up forms -q --filetype csv -T forms.t --escape-backslash=false --csv-delimiter '' --overwrite </dev/null
	assert_status 65
	assert_error 32533
	[ "$(grep -c '"end"' dump/dm-dump.ndjson)" -eq 0 ]
}

@test "AT-35: chunks cover each table, whatever its key: every row is in just one" {
	local table

	sql up "CREATE DATABASE cover; USE cover; SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
		CREATE TABLE si (id BIGINT PRIMARY KEY, v INT); INSERT INTO si VALUES (-9223372036854775808, 1), (9223372036854775807, 2), (0, 3);
		INSERT INTO si SELECT CAST(seq AS SIGNED) * 7 - 20000, seq FROM seq_1_to_5000 WHERE seq * 7 <> 20000;
		CREATE TABLE un (id BIGINT UNSIGNED PRIMARY KEY, v INT); INSERT INTO un VALUES (0, 1), (18446744073709551615, 2);
		INSERT INTO un SELECT 9223372036854775000 + seq, seq FROM seq_1_to_5000;
		CREATE TABLE gaps (id INT PRIMARY KEY, v INT); INSERT INTO gaps SELECT seq, 1 FROM seq_1_to_2000; INSERT INTO gaps SELECT 2000000000 + seq, 1 FROM seq_1_to_2000;
		CREATE TABLE lumps (a TINYINT, b VARCHAR(20), c INT, PRIMARY KEY (a, b, c)); INSERT INTO lumps SELECT seq % 3, MD5(seq % 500), seq FROM seq_1_to_4000;
		CREATE TABLE ci (a VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, b INT, PRIMARY KEY (a, b));
		INSERT INTO ci SELECT ELT(1 + seq % 8, 'a', 'A', 'á', 'ß', 'ss', 'é ', '', 'Ω'), seq FROM seq_1_to_4000;
		CREATE TABLE l1 (a CHAR(30) CHARACTER SET latin1 PRIMARY KEY); INSERT INTO l1 SELECT CONCAT('é''\\\\', seq) FROM seq_1_to_4000;
		CREATE TABLE bin (a VARBINARY(16) PRIMARY KEY); INSERT INTO bin SELECT UNHEX(MD5(seq)) FROM seq_1_to_4000; INSERT INTO bin VALUES ('');
		CREATE TABLE de (a DECIMAL(30,10) PRIMARY KEY); INSERT INTO de SELECT seq / 7 - 300 FROM seq_1_to_4000;
		CREATE TABLE da (a DATETIME(3), b DATE NOT NULL, PRIMARY KEY (a)); INSERT INTO da SELECT '2020-01-01' + INTERVAL seq * 1500000 MICROSECOND, '2020-01-01' FROM seq_1_to_4000;
		CREATE TABLE uq (a INT NULL, b DATE NOT NULL, c INT NOT NULL, UNIQUE (a), UNIQUE (b, c)); INSERT INTO uq SELECT NULL, '2020-01-01' + INTERVAL seq % 40 DAY, seq FROM seq_1_to_4000;
		CREATE TABLE en (e ENUM('b', 'a'), n INT, PRIMARY KEY (e, n)); INSERT INTO en SELECT 1 + seq % 2, seq FROM seq_1_to_4000;
		CREATE TABLE keyless (a INT); INSERT INTO keyless SELECT seq % 10 FROM seq_1_to_4000;
		ANALYZE TABLE si, un, gaps, lumps, ci, l1, bin, de, da, uq, en, keyless" >/dev/null
	dump up cover -q -t 3 --rows 300
	for table in si un gaps lumps ci l1 bin de da uq en keyless; do
		[ "$(jq -s --arg t "$table" 'map(select(.kind == "data" and .table == $t) | .rows) | add' dump/dm-dump.ndjson)" -eq \
			"$(sql up "SELECT COUNT(*) FROM cover.$table")" ] || fail "$table: rows"
	done
	for table in si un gaps lumps ci l1 bin de da uq; do
		# Balanced: none has more than a few times its share.
		jq -s -e --arg t "$table" 'map(select(.kind == "data" and .table == $t) | .rows) | length >= 8 and max <= 1500' dump/dm-dump.ndjson >/dev/null ||
			fail "$table: $(jq -s -c --arg t "$table" 'map(select(.kind == "data" and .table == $t) | .rows)' dump/dm-dump.ndjson)"
	done
	[ "$(find dump -name 'cover.en.*' -o -name 'cover.keyless.*' | grep -c 00)" -eq 2 ]
	load_by_client down cover
	assert_same_schema up down cover
}

# wait_for_dump FROM: its rows wait for the lock that gate holds.
wait_for_dump() {
	wait_until 20 "[ \"\$(sql $1 \"SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User lock'\")\" -ge 1 ]"
}

# open_gate FROM: from now on rows for which GET_LOCK is asked wait, until close_gate.
open_gate() {
	mkfifo gate
	sql "$1" <gate 3>&- &
	gate=$!
	exec 8>gate
	echo "SELECT GET_LOCK('gate', 0);" >&8
	wait_until 10 "[ \"\$(sql $1 \"SELECT IS_USED_LOCK('gate') IS NOT NULL\")\" = 1 ]"
}

close_gate() {
	exec 8>&-
	wait "$gate"
	rm gate
}

@test "AT-36: a table that is altered, truncated or dropped while it is dumped fails the dump, and leaves no end" {
	local statement

	sql up "CREATE DATABASE busy; CREATE TABLE busy.a (id INT PRIMARY KEY, v INT); INSERT INTO busy.a VALUES (1, 1)"
	for statement in 'TRUNCATE TABLE busy.z' 'ALTER TABLE busy.z DROP COLUMN v' 'DROP TABLE busy.z' 'ALTER TABLE busy.z CHANGE v w INT'; do
		sql up "DROP TABLE IF EXISTS busy.z; CREATE TABLE busy.z (id INT PRIMARY KEY, v INT); INSERT INTO busy.z VALUES (1, 1)"
		open_gate up
		dump up busy -t 1 --where "GET_LOCK('gate', 60) = 1" 2>err 3>&- 8>&- &
		wait_for_dump up
		sql up "$statement"
		close_gate
		status=0
		wait $! || status=$?
		[ "$status" -eq 75 ] || fail "$statement: status $status"
		assert_error 32501
		[ ! -e dump/metadata ] || fail "$statement: there is metadata"
		[ "$(grep -c '"end"' dump/dm-dump.ndjson)" -eq 0 ]
	done
}

@test "AT-37: the lock is not waited for for ever, and how long it was held is told" {
	local sleeper

	sql up "CREATE DATABASE held; CREATE TABLE held.t (id INT PRIMARY KEY, v INT) ENGINE=MyISAM; CREATE TABLE held.i (id INT PRIMARY KEY, v INT)"
	sql up "INSERT INTO held.t SELECT 1, SLEEP(4)" 3>&- 8>&- &
	sleeper=$!
	wait_until 10 '[ "$(sql up "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE \"%SLEEP(4)%\" AND info NOT LIKE \"%processlist%\"")" -ge 1 ]'
	run_tool dump up held --lock-wait 1 --consistency flush </dev/null
	assert_status 75
	assert_error 32004
	wait "$sleeper"
	dump up held --consistency flush 2>err
	grep -q 'the global read lock was held for [0-9]* ms' err
}

@test "AT-39: dm-dump is killed, and its next run begins anew in the same directory" {
	sql up "CREATE DATABASE killed; USE killed; CREATE TABLE killed.a (id INT PRIMARY KEY, v INT); INSERT INTO killed.a SELECT seq, seq FROM seq_1_to_5000; CREATE TABLE killed.b LIKE killed.a; INSERT INTO killed.b VALUES (1, 1); ANALYZE TABLE killed.a" >/dev/null
	for _ in 1 2 3; do
		open_gate up
		dm-dump -h 127.0.0.1 -P "$(port up)" -u root -q -B killed -o dump -t 1 --rows 500 --where "id < 3000 OR GET_LOCK('gate', 60) = 1" 3>&- 8>&- &
		wait_for_dump up
		kill -9 $!
		wait $! 2>/dev/null || true
		close_gate
		[ "$(find dump -name 'killed.a.*' | wc -l)" -gt 2 ]
		[ ! -e dump/metadata ]
	done
	dump up killed -q
	load_by_client down killed
	assert_same_schema up down killed
	# A finished one is kept, unless somebody says otherwise; a stranger's file always.
	run_tool dump up killed -q </dev/null
	assert_status 78
	assert_error 32531
	echo mine >dump/notes
	run_tool dump up killed -q --overwrite </dev/null
	assert_status 78
	[ "$(cat dump/notes)" = mine ]
}

@test "AT-41: what is written spells the collation of each schema, table and column" {
	local from

	for from in up $([ -e "$BATS_FILE_TMPDIR/no-mysql" ] || echo my); do
		sql "$from" "CREATE DATABASE spell CHARACTER SET latin1; USE spell; CREATE TABLE t (id INT PRIMARY KEY, a CHAR(5), b CHAR(5) CHARACTER SET utf8mb4,
			c CHAR(5) CHARACTER SET greek COLLATE greek_bin, d CHAR(5) CHARACTER SET koi8r DEFAULT 'x') CHARACTER SET latin1"
		rm -rf dump
		dump "$from" spell -q
		grep -q 'CHARACTER SET latin1 COLLATE latin1_swedish_ci' dump/spell-schema-create.sql
		grep -q 'CHARSET=latin1 COLLATE=latin1_swedish_ci' dump/spell.t-schema.sql
		grep -q '`b` char(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_' dump/spell.t-schema.sql
		grep -q '`c` char(5) CHARACTER SET greek COLLATE greek_bin' dump/spell.t-schema.sql
		grep -q '`d` char(5) CHARACTER SET koi8r COLLATE koi8r_general_ci DEFAULT' dump/spell.t-schema.sql
	done
}

@test "AT-34: every dump of transfers between tables has the same sum, and stands at its place" {
	local writer how

	sql up "CREATE DATABASE bank2; USE bank2; CREATE TABLE a (id INT PRIMARY KEY, v BIGINT, pad CHAR(200)); CREATE TABLE b LIKE a;
		INSERT INTO a SELECT seq, 100, 'x' FROM seq_1_to_5000; INSERT INTO b SELECT * FROM a; ANALYZE TABLE a, b" >/dev/null
	(while [ ! -e stop ]; do
		echo "BEGIN; SET @n = FLOOR(RAND() * 100); SET @i = 1 + FLOOR(RAND() * 5000); SET @j = 1 + FLOOR(RAND() * 5000);
			UPDATE bank2.a SET v = v - @n WHERE id = @i; UPDATE bank2.b SET v = v + @n WHERE id = @j; COMMIT;"
	done | sql up) 3>&- 8>&- &
	writer=$!
	for how in flush lock auto; do
		dump up bank2 -q -t 4 --rows 500 --consistency "$how" --overwrite
		sql down "DROP DATABASE IF EXISTS bank2"
		load_by_client down bank2
		[ "$(sql down "SELECT SUM(v) FROM (SELECT v FROM bank2.a UNION ALL SELECT v FROM bank2.b) x")" = 1000000 ] || fail "$how"
		cp dump/metadata "metadata.$how"
	done
	touch stop
	wait $writer
	# From the place of the last one on, the changes bring the copy to what is there now.
	source_file up source-bank
	task_file bank <<-END
		task-mode: incremental
		$(target down)
		mysql-instances: [{source-id: source-bank, block-allow-list: l, meta: {binlog-name: $(sed -n 's/^	Log: //p' metadata.auto), binlog-pos: $(sed -n 's/^	Pos: //p' metadata.auto)}}]
		block-allow-list: {l: {do-dbs: [bank2]}}
	END
	run_sync bank source-bank --until caught-up
	assert_same_schema up down bank2
}

@test "S1, S3, S7: names that break out of comments, quotes and folders do not" {
	local db=$'a/../b.c`"\'\\' table=$'../../etc/x\n; DROP TABLE t; -- */ \\! id' column=$'c\n-- */ \'"\\`'
	local q_db="\`${db//\`/\`\`}\`" q_column="\`${column//\`/\`\`}\`"

	sql up "CREATE DATABASE $q_db; USE $q_db; CREATE TABLE \`$table\` (id INT PRIMARY KEY, $q_column INT DEFAULT 5); INSERT INTO \`$table\` VALUES (1, 2);
		CREATE TABLE \`t-schema\` (id INT PRIMARY KEY); CREATE TABLE \`T-SCHEMA-view\` (id INT PRIMARY KEY); INSERT INTO \`t-schema\` VALUES (3)"
	dm-dump -q -h 127.0.0.1 -P "$(port up)" -u root -B "$db" -o folder/dump
	[ "$(find . -type f | grep -v '^./folder/dump/')" = '' ]
	[ "$(find folder -mindepth 2 -type d)" = '' ]
	run ! grep -q '^-- [^*]\|^#\|/\*[^!]' folder/dump/*.sql
	mv folder/dump dump
	jq -e -s 'map(select(.table == "t-schema" and .kind == "data" and .rows == 1 and (.file | endswith(".t%2Dschema.000000000.sql")))) | length == 1' dump/dm-dump.ndjson >/dev/null
	jq -e -s --arg t "$table" 'map(select(.table == $t and .kind == "data" and .rows == 1)) | length == 1' dump/dm-dump.ndjson >/dev/null
	sql down "CREATE DATABASE plain"
	cat dump/*-schema.sql dump/*.000000000.sql | mariadb --no-defaults -u root --socket="$(socket down)" plain
	[ "$(sql down "SELECT table_name FROM information_schema.tables WHERE table_schema = 'plain' ORDER BY 1" | wc -l)" -eq 3 ]
	[ "$(sql down "SELECT $q_column FROM plain.\`$table\`")" = 2 ]
	# A name that no file can have is an error that tells it, and a template is the way out for the data.
	sql up "CREATE DATABASE long_names; CREATE TABLE long_names.\`$(printf '/%.0s' {1..45})\` (id INT PRIMARY KEY)"
	rm -rf dump
	dump up long_names -q
	[ "$(find dump -name '*%2F-schema.sql' | wc -l)" -eq 1 ]
	sql up "CREATE DATABASE \`$(printf '/%.0s' {1..40})\`; CREATE TABLE \`$(printf '/%.0s' {1..40})\`.\`$(printf ':%.0s' {1..48})\` (id INT PRIMARY KEY)"
	run_tool dm-dump -q -h 127.0.0.1 -P "$(port up)" -u root -B "$(printf '/%.0s' {1..40})" -o dump --overwrite </dev/null
	assert_status 78
	assert_error 32532
}

@test "S9: definers are kept, dropped or replaced; views, triggers, routines and events are made again" {
	sql up "CREATE DATABASE prog; USE prog; CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20)); CREATE VIEW z AS SELECT id FROM t; CREATE VIEW a AS SELECT id FROM z; INSERT INTO t VALUES (1, 'x')"
	sql up <<-'END'
		USE prog;
		DELIMITER //
		CREATE TRIGGER one BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.v = CONCAT(NEW.v, ';'); SET @a = 1; END//
		CREATE TRIGGER two BEFORE INSERT ON t FOR EACH ROW SET NEW.v = CONCAT(NEW.v, '!')//
		CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END//
		CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 7//
		CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SET @a = 2//
	END
	dump up prog -q
	[ "$(find dump -name '*view*' -o -name '*trigger*' -o -name '*post*')" = '' ]	# as Dumpling: only when asked
	dump up prog -q -W=false --triggers --routines --events --definer drop --overwrite
	run ! grep -rq DEFINER= dump
	[ "$(files view | tr '\n' ' ')" = 'prog.z-schema-view.sql prog.a-schema-view.sql ' ]
	dump up prog -q --no-views=false --triggers --routines --events --definer 'o'\''wner@10.%' --overwrite
	[ "$(grep -rho "DEFINER=[^ ]*" dump | sort -u)" = "DEFINER=\`o'wner\`@\`10.%\`" ]
	dump up prog -q -W=false --triggers --routines --events --overwrite
	load_by_client down prog
	sql down "INSERT INTO prog.t VALUES (2, 'y')"
	[ "$(sql down "SELECT v FROM prog.t ORDER BY id" | tr '\n' ' ')" = 'x y;! ' ]
	[ "$(sql down "SELECT prog.f(), (SELECT COUNT(*) FROM prog.a), (SELECT COUNT(*) FROM information_schema.events WHERE event_schema = 'prog')")" = "$(printf '7\t2\t1')" ]
	sql down "CALL prog.p()" >/dev/null
	[ "$(sql down "SELECT DISTINCT definer FROM information_schema.triggers WHERE trigger_schema = 'prog'")" = root@localhost ]
}

@test "AT-38: the list says rows, bytes and checksum of each file as it was written" {
	local file rows bytes sum

	command -v xxhsum >/dev/null || skip 'no xxhsum'
	sql up "CREATE DATABASE summed; USE summed; CREATE TABLE summed.t (id INT PRIMARY KEY, v INT); INSERT INTO summed.t SELECT seq, seq FROM seq_1_to_5000; ANALYZE TABLE summed.t" >/dev/null
	dump up summed -q --rows 1000 --compress zstd
	while read -r file rows bytes sum; do
		[ "$(unpacked "dump/$file" | wc -c)" -eq "$bytes" ] || fail "$file: bytes"
		[ "$(unpacked "dump/$file" | xxhsum -H1 | cut -d' ' -f1)" = "$sum" ] || fail "$file: sum"
		[ "$rows" -eq 0 ] || [ "$(unpacked "dump/$file" | grep -c '^(')" -eq "$rows" ] || fail "$file: rows"
	done < <(jq -r 'select(.type == "file") | "\(.file) \(.rows // 0) \(.bytes) \(.xxh64)"' dump/dm-dump.ndjson)
	[ "$(jq -r 'select(.type == "end") | .rows' dump/dm-dump.ndjson)" -eq 5000 ]
	[ "$(jq -r 'select(.type == "end") | .files' dump/dm-dump.ndjson)" -eq "$(find dump -type f ! -name dm-dump.ndjson | wc -l)" ]
}

@test "files are cut by size and statements by theirs; names follow a template" {
	sql up "CREATE DATABASE sized; USE sized; CREATE TABLE sized.t (id INT PRIMARY KEY, v CHAR(100)); INSERT INTO sized.t SELECT seq, REPEAT('x', 100) FROM seq_1_to_5000"
	dump up sized -q --filesize 100KiB --statement-size 10000
	[ "$(find dump -name 'sized.t.0*.sql' | wc -l)" -ge 5 ]
	[ -e dump/sized.t.0000000000000.sql ]
	[ -e dump/sized.t.0000000000004.sql ]
	[ "$(find dump -name 'sized.t.0*' -size +125k)" = '' ]
	[ "$(grep -c '^INSERT' dump/sized.t.0000000000000.sql)" -ge 8 ]
	dump up sized -q --output-filename-template '{{fn .Table}}-of-{{.DB}}-{{.Index}}' --no-schemas --overwrite
	[ "$(find dump -type f | sort | tr '\n' ' ')" = 'dump/dm-dump.ndjson dump/metadata dump/t-of-sized-000000000.sql ' ]
	run_tool dump up sized -q --output-filename-template 'same' --filesize 100KiB --overwrite </dev/null
	assert_status 78
	assert_error 32532
	dump up sized -q --no-data --overwrite
	[ "$(files data)" = '' ]
	[ "$(files table)" = sized.t-schema.sql ]
}

@test "what is dumped: filters, lists, and extra-args of a task, which the command line overrides" {
	sql up "CREATE DATABASE pick_a; CREATE DATABASE pick_b; CREATE TABLE pick_a.t1 (id INT PRIMARY KEY); CREATE TABLE pick_a.t2 (id INT PRIMARY KEY); CREATE TABLE pick_b.\`T.1\` (id INT PRIMARY KEY); INSERT INTO pick_a.t1 VALUES (1), (2)"
	in_dump() { jq -r 'select(.kind == "table") | "\(.schema).\(.table)"' dump/dm-dump.ndjson | tr '\n' ' '; }
	pick() { dm-dump -q -h 127.0.0.1 -P "$(port up)" -u root -o dump --overwrite "$@"; }
	pick -f 'pick_*.*' -f '!pick_a.t[13]'
	[ "$(in_dump)" = 'pick_a.t2 pick_b.T.1 ' ]
	pick -f '/^PICK_/.t?' --filter '!pick_a.T2'
	[ "$(in_dump)" = 'pick_a.t1 ' ]
	pick -f '`pick_b`."T.1"' --case-sensitive
	[ "$(in_dump)" = 'pick_b.T.1 ' ]
	pick -T 'pick_a.t1,pick_b.T.1'
	[ "$(in_dump)" = 'pick_a.t1 pick_b.T.1 ' ]
	source_file up source-pick
	task_file pick <<-END
		task-mode: full
		$(target down)
		mysql-instances: [{source-id: source-pick, block-allow-list: l, mydumper-config-name: m}]
		block-allow-list: {l: {do-dbs: [pick_b]}}
		mydumpers: {m: {threads: 2, chunk-filesize: 64, extra-args: "-T pick_a.t1 --where 'id = 2' --consistency none -s 5000"}}
	END
	pick -f 'pick_a.t[1,2],"pick_b"."T.1",!/^pick_a{1,2}$/.t2'
	[ "$(in_dump)" = 'pick_a.t1 pick_b.T.1 ' ]
	pick -B pick_a,pick_b -T '"pick_a.t2"'
	[ "$(in_dump)" = 'pick_a.t2 ' ]
	for bad in '-B pick_a,pick_c=20070' '-B mysql=20070' '-T pick_a.t1,pick_a.t3=20071' '-B pick_b -T pick_a.t1=20071'; do
		# shellcheck disable=SC2086 # words
		run_tool pick ${bad%=*} </dev/null
		assert_status 69
		assert_error "${bad#*=}"
	done
	dm-dump -q -c pick.yaml -s source-pick -S source-pick.yaml -o dump --overwrite
	[ "$(in_dump)" = 'pick_a.t1 ' ]
	grep -q '^(2)' dump/pick_a.t1.*.sql
	run ! grep -q '^(1)' dump/pick_a.t1.*.sql
	grep -q 'AFTER CONNECTION POOL ESTABLISHED' dump/metadata
}

@test "what a task's mydumpers say is done, and options of Dumpling have their effect" {
	sql up "CREATE DATABASE how; USE how; CREATE TABLE how.t (id INT PRIMARY KEY, k INT NOT NULL, v CHAR(100), UNIQUE (k)); INSERT INTO how.t SELECT seq, 5000 - seq, REPEAT('x', 100) FROM seq_1_to_4000;
		CREATE TABLE how.u (k INT NOT NULL, UNIQUE (k)); INSERT INTO how.u VALUES (2), (3), (1); CREATE TABLE how.m (id INT PRIMARY KEY, k INT) ENGINE=MyISAM; INSERT INTO how.m VALUES (2, 0), (1, NULL), (3, 1);
		CREATE TABLE how.e (e ENUM('a', 'b'), k INT NOT NULL, PRIMARY KEY (e, k), UNIQUE (k)); INSERT INTO how.e SELECT seq % 2 + 1, seq FROM seq_1_to_4000;
		ANALYZE TABLE how.t, how.u, how.e" >/dev/null
	source_file up source-how
	task_file how <<-END
		task-mode: full
		$(target down)
		mysql-instances: [{source-id: source-how, block-allow-list: l, mydumper-config-name: m}]
		block-allow-list: {l: {do-dbs: [how]}}
		mydumpers: {m: {threads: 2, rows: 1000, chunk-filesize: 50k, statement-size: 20000, where: 'NOT k <=> 0'}}
	END
	dm-dump -q -c how.yaml -s source-how -S source-how.yaml -o dump --params 'net_read_timeout=77,group_concat_max_len=4321' --where 'id < 3000 AND @@net_read_timeout = 77 AND @@group_concat_max_len = 4321' -f how.t
	[ "$(jq -s 'map(select(.kind == "data") | .rows) | add' dump/dm-dump.ndjson)" -eq 2999 ]
	[ "$(jq -s 'map(select(.kind == "data")) | length' dump/dm-dump.ndjson)" -ge 6 ]
	[ "$(find dump -name 'how.t.0*' -size +64k)" = '' ]
	[ "$(grep -c '^INSERT' dump/how.t.0000000000000.sql)" -ge 2 ]
	run ! grep -q 'INSERT INTO `t` (' dump/how.t.0000000000000.sql
	dm-dump -q -c how.yaml -s source-how -S source-how.yaml -o dump --overwrite --complete-insert
	grep -qxF 'INSERT INTO `t` (`id`,`k`,`v`) VALUES' dump/how.t.0000000000000.sql
	[ "$(jq -s 'map(select(.kind == "data" and (.table == "u" or .table == "m")) | .rows) | add' dump/dm-dump.ndjson)" -eq 5 ]
	# Rows stand in the order of the primary key, unless somebody wants none; those of other keys when it is asked for.
	order() {
		sql up "SET GLOBAL general_log_file = '$PWD/log.$1', log_output = 'FILE', general_log = 1"
		dm-dump -q -h 127.0.0.1 -P "$(port up)" -u root -o dump --overwrite -B how --rows 1000 "${@:2}"
		sql up "SET GLOBAL general_log = 0"
		grep -o 'FROM `how`\.`[tume]`.*ORDER BY.*' "log.$1" | sed 's/^FROM `how`\.`\([tume]\)`.*ORDER BY/\1/' | sort -u | tr '\n' ' '
	}
	[ "$(order a)" = 't `id` ' ]
	[ "$(order b --order-by-primary-key=false)" = '' ]
	[ "$(order c --order-by-primary-key)" = 'e `e`, `k` m `id` t `id` u `k` ' ]
	# A key of beginnings puts nothing in order: to sort long values may be more than a server has memory for.
	sql up "CREATE TABLE how.b (j LONGTEXT, k INT, PRIMARY KEY (j(3))); INSERT INTO how.b VALUES ('abc', 1), ('abd', 2)"
	order d >/dev/null
	grep -q 'FROM `how`\.`b`' log.d
	run ! grep -q 'FROM `how`\.`b`.*ORDER BY' log.d
	sql up "DROP TABLE how.b"
	# A condition that not all tables can answer is told as that.
	run_tool dm-dump -q -h 127.0.0.1 -P "$(port up)" -u root -o dump --overwrite -B how --where 'id > 1' </dev/null
	assert_status 69
	assert_err 'the condition of --where for `how`.`e`'
	# It may ask other tables, also while the one that is dumped is locked.
	dm-dump -q -h 127.0.0.1 -P "$(port up)" -u root -o dump --overwrite -T how.m --consistency lock --where 'id IN (SELECT k FROM how.u WHERE k < 3)'
	[ "$(jq -s 'map(select(.kind == "data") | .rows) | add' dump/dm-dump.ndjson)" -eq 2 ]
	# And none of it needs a directory.
	dm-dump -q -h 127.0.0.1 -P "$(port up)" -u root -B how -d >stream
	[ "$(jq -r 'select(.key != "size").type' stream | sort | uniq -c | tr -s ' ' | tr '\n' ',')" = ' 5 ddl, 1 end, 1 snapshot, 3 state, 1 stream, 4 table,' ]
}

@test "metadata is Dumpling's text" {
	sql up "CREATE DATABASE meta; CREATE TABLE meta.t (id INT PRIMARY KEY)"
	dump up meta -q
	sed 's/[0-9][0-9]*/N/g' dump/metadata >got
	printf '%s\n' 'Started dump at: N-N-N N:N:N' 'SHOW MASTER STATUS:' '	Log: mysql-bin.N' '	Pos: N' '	GTID:N-N-N' '' \
		'Finished dump at: N-N-N N:N:N' | diff got -
}
