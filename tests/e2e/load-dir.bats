#!/usr/bin/env bats
# dm-load from directories: those of dm-dump and of the real mydumper, SQL and CSV, packed or not; damaged ones, strange ones, and
# loads that are killed.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034 # variables of the helpers, and for them; back quotes in SQL

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

# at NAME: the options that name a server.
at() {
	echo "-h 127.0.0.1 -P $(port "$1") -u root"
}

# dump_dir SCHEMA [OPTION ...]: into the directory of that name
dump_dir() {
	# shellcheck disable=SC2046 # words
	dm-dump $(at up) -B "$1" -o "$1" -q "${@:2}"
}

# load_dir SCHEMA [OPTION ...]: the schema's name is also the task's
load_dir() {
	# shellcheck disable=SC2046 # words
	run_tool dm-load $(at down) --task "$1" -s up -d "$1" "${@:2}" </dev/null
}

# forget SCHEMA: as if it had never been loaded
forget() {
	sql down "DROP DATABASE IF EXISTS \`$1\`; DROP TABLE IF EXISTS dm_meta.$1_loader_checkpoint, dm_meta.$1_state,
		dm_meta.$1_lease, dm_meta.$1_syncer_checkpoint, dm_meta.$1_syncer_applied"
}

assert_same_schema() {
	local table

	for table in $(sql up "SELECT table_name FROM information_schema.tables WHERE table_schema = '$1' AND table_type = 'BASE TABLE'"); do
		assert_same_table up down "$1.$table"
	done
}

# every_type SCHEMA: a table of many types, with what is hard in each; one without a key.
every_type() {
	sql up <<-END
		CREATE DATABASE $1; USE $1;
		CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY, a VARCHAR(200) CHARACTER SET latin1, u TEXT CHARACTER SET utf8mb4,
			c CHAR(20) CHARACTER SET ucs2, b BLOB, vb VARBINARY(40), j JSON, f FLOAT, d DOUBLE, n DECIMAL(30,10), bt BIT(9),
			e ENUM('x','','3','y'), e0 ENUM('p','q'), s SET('a','b','c'), ts TIMESTAMP(6) NULL, dt DATETIME(3), da DATE, ti TIME(2),
			y YEAR, g GEOMETRY, i INT DEFAULT 5, gen INT AS (i + 1) STORED) DEFAULT CHARSET=utf8mb4;
		CREATE TABLE like_numbers (id INT PRIMARY KEY, b7 BIT(7), b16 BIT(16), s SET('', 'x', '0', '2'));
		INSERT INTO like_numbers VALUES (1, 0x33, 0x3132, 0), (2, 0x2d, 0x2e35, '0'), (3, 0, 3, '2'), (4, NULL, NULL, 'x,0'), (5, 3, 0x3065, NULL);
		SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO';
		INSERT INTO t (id, a, u, c, b, vb, j, f, d, n, bt, e, e0, s, ts, dt, da, ti, y, g) VALUES
			(0, 'äö\'"\\\\\n\t\r\Z', 'é𝄞\\\\N\'\'', 'żółw', x'00ff275c0a0d1a0922', x'5c4e', '{"a":"é\\\\n\\\\"","n":1.50}', 0.1, 1e300,
			 -12345678901234567890.0123456789, b'100000001', '3', 0, 'a,c', '2020-03-29 01:30:00.123456',
			 '0000-00-00 00:00:00', '2024-02-30', '-838:59:59.99', 0, ST_GeomFromText('POINT(1 2)')),
			(18446744073709551615, '', '', '', '', '', '[]', -0.0, 5e-324, 0, 0, '', 'q', '', '1970-01-01 00:00:01',
			 '9999-12-31 23:59:59.999', '0000-00-00', '00:00:00', 1901, NULL),
			(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
			(3, '\\\\N', 'NULL', 'a,b;c', 'a\nb', "\n", '"a\\\\tb"', 3.4e38, -1.5, 1, 511, 'x', 'p', 'b', NULL, NULL, NULL, NULL, 2155, NULL);
		CREATE TABLE k (a INT, b TEXT);
		INSERT INTO k SELECT seq % 7, CONCAT('row ', seq % 7) FROM seq_1_to_3000;
		CREATE TABLE empty (id INT PRIMARY KEY);
	END
}

@test "directories of both formats, packed or not, load row for row" {
	local form

	every_type forms
	for form in "--filetype sql" "--filetype csv" "--filetype csv --compress gzip" "--filetype sql --compress zstd -r 500 --complete-insert" \
		"--filetype sql --escape-backslash=false"; do
		forget forms
		rm -rf forms
		# shellcheck disable=SC2086 # words
		dump_dir forms $form
		load_dir forms -t 3
		assert_status 0
		assert_same_schema forms
	done
}

@test "a server without LOCAL INFILE gets the same rows as statements" {
	every_type plain
	dump_dir plain
	sql down 'SET GLOBAL local_infile = 0'
	load_dir plain
	sql down 'SET GLOBAL local_infile = 1'
	assert_status 0
	assert_same_schema plain
}

# load_into_my SCHEMA: of the directory of that name, into the MySQL, anew
load_into_my() {
	sql my "DROP DATABASE IF EXISTS $1; DROP DATABASE IF EXISTS dm_meta"
	# shellcheck disable=SC2046 # words
	run_tool dm-load $(at my) --task "$1" -s up -d "$1" </dev/null
	assert_status 0
}

@test "MySQL as downstream: both formats, with LOCAL INFILE and without" {
	local form infile table

	[ ! -e "$BATS_FILE_TMPDIR/no-mysql" ] || skip "$(cat "$BATS_FILE_TMPDIR/no-mysql")"
	every_type into_my
	# It writes documents in its own way (below), and its times have no fraction at their edge.
	sql up "ALTER TABLE into_my.t DROP COLUMN j; UPDATE into_my.t SET ti = '-838:59:59' WHERE id = 0"
	for infile in 1 0; do
		form="--filetype csv --compress gzip"
		[ "$infile" = 1 ] || form="--filetype sql --compress zstd"
		rm -rf into_my
		# shellcheck disable=SC2086 # words
		dump_dir into_my $form
		sql my "SET GLOBAL local_infile = $infile"
		load_into_my into_my
		for table in t k like_numbers; do
			assert_same_table up my into_my.$table
		done
	done
	# What MySQL has itself goes there and back.
	sql my "CREATE DATABASE docs; CREATE TABLE docs.d (id INT PRIMARY KEY, j JSON); INSERT INTO docs.d VALUES (1, '{\"a\": [1, 2.50, \"é\\\\n\"]}'), (2, NULL), (3, '\"1\"')"
	sql my 'CREATE TABLE docs.kept SELECT * FROM docs.d'
	for form in sql csv; do
		rm -rf docs
		# shellcheck disable=SC2046 # words
		dm-dump $(at my) -B docs -T docs.d -o docs -q --filetype "$form"
		sql my 'DROP TABLE docs.d; DROP DATABASE dm_meta'
		# shellcheck disable=SC2046 # words
		run_tool dm-load $(at my) --task docs -s my -d docs </dev/null
		assert_status 0
		[ "$(sql my 'SELECT COUNT(*) FROM docs.d a JOIN docs.kept b ON a.id = b.id AND a.j <=> b.j')" = 3 ]
	done
}

# In the order of the table's name.
keys_of() {
	sql "$1" "SELECT table_name, index_name, seq_in_index, column_name, non_unique, sub_part, index_type FROM information_schema.statistics
		WHERE table_schema = '$2' ORDER BY 1, 2, 3"
}

checksums() {
	sql "$1" "CHECKSUM TABLE owed.p, owed.auto, owed.parent, owed.child"
}

@test "keys of big tables are made behind the rows, as they are upstream, whenever the load is killed" {
	local pid how table

	# Files of 16 MiB or more; keys of every kind.
	sql up <<-'END'
		CREATE DATABASE owed; USE owed;
		CREATE TABLE p (id INT PRIMARY KEY AUTO_INCREMENT, a INT NOT NULL, u INT, v VARCHAR(20), t TEXT, pad TEXT, KEY a (a), UNIQUE u (u),
			KEY v (v(5), a DESC), FULLTEXT f (t), KEY `k, (``` (a, u) COMMENT 'a, KEY (b)') AUTO_INCREMENT=100000;
		INSERT INTO p SELECT seq, seq % 100, seq, CONCAT('v', seq), 'some words', REPEAT('x', 9000) FROM seq_1_to_1900;
		CREATE TABLE auto (a INT, id INT AUTO_INCREMENT, b INT, pad TEXT, PRIMARY KEY (a), KEY id (id), KEY b (b));
		INSERT INTO auto SELECT seq, seq, seq % 7, REPEAT('x', 9000) FROM seq_1_to_1900;
		CREATE TABLE parent (id INT PRIMARY KEY, a INT, KEY a (a)); INSERT INTO parent SELECT seq, seq FROM seq_1_to_50;
		CREATE TABLE child (id INT PRIMARY KEY, a INT, b INT, pad TEXT, KEY a (a), KEY b (b), FOREIGN KEY (a) REFERENCES parent (a));
		INSERT INTO child SELECT seq, seq % 50 + 1, seq % 7, REPEAT('x', 9000) FROM seq_1_to_1900;
	END
	dump_dir owed
	for how in rows keys; do
		forget owed
		# shellcheck disable=SC2046 # words
		dm-load $(at down) --task owed -s up -d owed -t 2 3>&- 2>err &
		pid=$!
		if [ "$how" = rows ]; then
			wait_until 20 '[ "$(sql down "SELECT COUNT(*) FROM dm_meta.owed_loader_checkpoint WHERE filename LIKE '"'owed.%'"'" 2>/dev/null || echo 0)" -ge 2 ]'
		else
			# Whoever reads a table stops what changes its keys.
			wait_until 20 '[ "$(sql down "SELECT COUNT(*) FROM owed.auto" 2>/dev/null || echo 0)" -ge 1 ]'
			mkfifo gate
			sql down <gate 3>&- &
			exec 8>gate
			echo 'BEGIN; SELECT 1 FROM owed.auto LIMIT 1;' >&8
			wait_until 40 '[ "$(sql down "SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = '"'owed' AND table_name = 'p' AND index_name = 'v'"'")" -ge 1 ]'
		fi
		kill -9 $pid
		wait $pid 2>/dev/null || true
		[ "$how" = rows ] || exec 8>&-
		[ -n "$(sql down "SELECT * FROM dm_meta.owed_state WHERE state_key LIKE 'keys %'")" ]
		# Somebody else has made one of them.
		[ "$how" = rows ] || sql down 'CREATE INDEX IF NOT EXISTS a ON owed.p (a)'
		load_dir owed
		assert_status 0
		keys_of up owed >want
		keys_of down owed | diff want -
		[ "$(checksums up)" = "$(checksums down)" ]
		[ -z "$(sql down "SELECT * FROM dm_meta.owed_state WHERE state_key LIKE 'keys %'")" ]
		[ "$how" = keys ] || for table in p auto parent child; do
			[ "$(sql up "SHOW CREATE TABLE owed.$table")" = "$(sql down "SHOW CREATE TABLE owed.$table")" ] || fail "$table: $(sql down "SHOW CREATE TABLE owed.$table")"
		done
	done
}

@test "keys of big tables in a stream are made behind the rows, too, also when the load was killed" {
	sql up "ANALYZE TABLE owed.p, owed.auto, owed.child" >/dev/null
	for how in killed whole; do
		forget owed
		mkfifo stream.$how
		# shellcheck disable=SC2046 # words
		dm-dump $(at up) -s up -B owed -q >stream.$how 3>&- 2>dump.err &
		# shellcheck disable=SC2046 # words
		dm-load $(at down) --task owed -s up -t 2 <stream.$how 3>&- 2>err &
		pid=$!
		if [ $how = killed ]; then
			wait_until 20 '[ "$(sql down "SELECT COUNT(*) FROM dm_meta.owed_loader_checkpoint WHERE filename LIKE '"'owed.%'"'" 2>/dev/null || echo 0)" -ge 2 ]'
			kill -9 $pid
		fi
		wait $pid || [ $how = killed ] || fail "$(cat err)"
		[ $how = whole ] || [ -n "$(sql down "SELECT * FROM dm_meta.owed_state WHERE state_key LIKE 'keys %'")" ] || fail "nothing is owed"
		# shellcheck disable=SC2046 # words
		[ $how = whole ] || dm-dump $(at up) -s up -B owed -q | dm-load $(at down) --task owed -s up -t 2 -q
		keys_of up owed >want
		keys_of down owed | diff want -
		[ "$(checksums up)" = "$(checksums down)" ]
		[ -z "$(sql down "SELECT * FROM dm_meta.owed_state WHERE state_key LIKE 'keys %'")" ]
	done
}

@test "dumps of the real mydumper load, whole and in pieces, packed too" {
	local how

	every_type my
	sql up "ALTER TABLE my.t DROP COLUMN f"	# of a float it writes six digits
	for how in "" "-c -s 2000 -G -E -R" "-r 500 --complete-insert" "-N -e -F 1"; do
		forget my
		rm -rf my
		# shellcheck disable=SC2086 # words
		mydumper -u root -S "$(socket up)" -B my -o my $how
		load_dir my
		assert_status 0
		assert_same_schema my
	done
}

@test "views come last, in the order of what they read; foreign keys do not mind theirs" {
	sql up <<-'END'
		CREATE DATABASE vw; USE vw;
		CREATE TABLE z_parent (id INT PRIMARY KEY);
		CREATE TABLE a_child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES z_parent (id) ON DELETE CASCADE);
		INSERT INTO z_parent VALUES (1); INSERT INTO a_child VALUES (5, 1);
		CREATE VIEW z AS SELECT * FROM a_child;
		CREATE VIEW a AS SELECT * FROM z;
	END
	dump_dir vw --no-views=false
	load_dir vw
	assert_status 0
	[ "$(sql down 'SELECT * FROM vw.a')" = "$(printf '5\t1')" ]
}

@test "S9: nothing of a dump runs with rights that nobody gave: definers are dropped, triggers are made when asked, and after the rows" {
	sql up <<-'END'
		CREATE DATABASE s9; USE s9;
		CREATE TABLE t (id INT PRIMARY KEY, n INT);
		INSERT INTO t VALUES (1, 1);
		CREATE DEFINER=`nobody`@`nowhere` TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.n = 100;
		CREATE DEFINER=`nobody`@`nowhere` VIEW v AS SELECT n FROM t;
	END
	dump_dir s9 --no-views=false --triggers
	load_dir s9
	assert_status 0
	assert_err 'triggers, routines and events of the dump are not made'
	[ "$(sql down "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = 's9'")" -eq 0 ]
	[ "$(sql down "SELECT definer FROM information_schema.views WHERE table_schema = 's9'")" = "root@127.0.0.1" ] ||
		[ "$(sql down "SELECT definer FROM information_schema.views WHERE table_schema = 's9'")" = "root@localhost" ]
	forget s9
	load_dir s9 --triggers --definer "some one@%"
	assert_status 0
	[ "$(sql down 'SELECT n FROM s9.t')" = 1 ]
	[ "$(sql down "SELECT definer FROM information_schema.triggers WHERE trigger_schema = 's9'")" = "some one@%" ]
}

@test "S7: names with every character go there and back, and no file leaves the directory" {
	sql up <<-'END'
		SET NAMES utf8mb4;
		CREATE DATABASE `s7./..`; USE `s7./..`;
		CREATE TABLE `../../etc/x` (`a``b` INT PRIMARY KEY, `"'\ ;--` TEXT);
		CREATE TABLE `a/b.c-schema` (id INT); CREATE TABLE `x
		\! touch owned` (id INT); CREATE TABLE `żółw*` (id INT);
		INSERT INTO `../../etc/x` VALUES (1, 'one'); INSERT INTO `a/b.c-schema` VALUES (2);
		INSERT INTO `x
		\! touch owned` VALUES (3); INSERT INTO `żółw*` VALUES (4);
		CREATE TABLE t (id INT); CREATE TABLE T (id INT); INSERT INTO t VALUES (5); INSERT INTO T VALUES (6);
		CREATE TABLE `ŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁW` (id INT); INSERT INTO `ŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁW` VALUES (7);
	END
	# shellcheck disable=SC2046 # words
	dm-dump $(at up) -B 's7./..' -o s7 -q
	[ "$(find . -newer s7/metadata -not -path './s7*' | wc -l)" -le 1 ]
	# shellcheck disable=SC2046 # words
	run_tool dm-load $(at down) --task s7 -s up -d s7 </dev/null
	assert_status 0
	[ ! -e owned ]
	[ "$(sql down 'SELECT `"'\''\ ;--` FROM `s7./..`.`../../etc/x`')" = one ]
	[ "$(sql down 'SELECT SUM(table_rows) FROM information_schema.tables WHERE table_schema = "s7./.."')" -ge 1 ]
	[ "$(sql down 'SELECT id FROM `s7./..`.`żółw*`')" = 4 ]
	[ "$(sql down 'SELECT CONCAT(a.id, b.id, c.id) FROM `s7./..`.t a, `s7./..`.T b, `s7./..`.`ŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁWŻÓŁW` c')" = 567 ]
}

@test "AT-38: a truncated, flipped, missing or doubled file is found before success is told" {
	local end file fault

	every_type at38
	for end in sql csv csv.gz sql.zst; do
		rm -rf at38 kept
		dump_dir at38 --filetype "${end%.*}" --compress "$(case $end in *.gz) echo gzip ;; *.zst) echo zstd ;; *) echo no-compression ;; esac)"
		mv at38 kept
		file=at38/at38.k.000000000.$end
		for fault in truncated flipped missing doubled unfinished shortened forgotten headless twice; do
			forget at38
			rm -rf at38
			cp -a kept at38
			case $fault in
			truncated) truncate -s -5 "$file" ;;
			flipped) printf '\x55' | dd of="$file" bs=1 seek=$(($(stat -c %s "$file") / 2)) conv=notrunc status=none; run ! cmp -s "$file" "kept/${file#*/}" ;;
			missing) rm "$file" ;;
			doubled) cp "$file" "at38/at38.k.000000009.$end" ;;
			forgotten) rm "$file" && sed -i '/"file":"at38.k.0/d' at38/dm-dump.ndjson ;;
			headless) sed -i 1d at38/dm-dump.ndjson ;;
			twice) cat kept/dm-dump.ndjson >>at38/dm-dump.ndjson ;;
			unfinished) sed -i '$d' at38/dm-dump.ndjson ;;
			shortened) sed -i 's/\("file":"at38.k.0*[.a-z]*".*"rows":\)3000/\12999/' at38/dm-dump.ndjson ;;
			esac
			load_dir at38
			assert_status 65
			grep -qE 'error 3455[12] ' err || fail "$end, $fault: was not found as such"
		done
	done
}

@test "AT-38: of packed files too, and of a mydumper's that is cut inside a statement or did not finish" {
	every_type cut
	dump_dir cut --compress gzip
	truncate -s -9 cut/cut.k.000000000.sql.gz
	load_dir cut
	assert_status 65
	assert_error 34551
	forget cut
	rm -rf cut
	mydumper -u root -S "$(socket up)" -B cut -T k -o cut
	cp -a cut whole
	truncate -s -20 cut/cut.k.sql
	load_dir cut
	assert_status 65
	assert_error 34551
	forget cut
	rm -rf cut
	mv whole cut
	sed -i '/^Finished/d' cut/metadata
	load_dir cut
	assert_status 65
	assert_error 34552
}

# begun TASK: how many chunks its load has begun.
begun() {
	sql down "SELECT COUNT(*) FROM dm_meta.${1}_loader_checkpoint WHERE filename <> ''" 2>/dev/null || echo 0
}

# crash_load HOW KILLS: one load, from a directory or a stream, killed so often at random moments; tables with and without keys.
crash_load() {
	local db=at39_$1 kills=$2 n=0 rc pid tables="a b u e" scale table from target few=5

	[ "$1" = stream ] || few=2
	scale=$((kills * 2000))	# as many rows as kills want
	sql up <<-END
		CREATE DATABASE $db; USE $db;
		CREATE TABLE a (id INT PRIMARY KEY, k INT, c CHAR(120), KEY (k));
		CREATE TABLE b (k INT, c CHAR(120));
		CREATE TABLE u (k INT, c VARCHAR(300), UNIQUE (k));
		CREATE TABLE e (k INT, KEY (k));
		INSERT INTO a SELECT seq, seq * 7919 % 1000003, REPEAT('x', 100) FROM seq_1_to_$((scale * 6));
		INSERT INTO b SELECT seq % 50, REPEAT('y', 100) FROM seq_1_to_$((scale * 6));
		INSERT INTO u SELECT IF(seq % 3, seq, NULL), REPEAT('z', 100) FROM seq_1_to_$((scale * 3));
		INSERT INTO e SELECT 1 FROM seq_1_to_1000;
		ANALYZE TABLE a;
	END
	if [ "$1" = directory ]; then
		dump_dir "$db" -r 20000
		from="-d $db"
	else
		# shellcheck disable=SC2046 # words
		dm-dump $(at up) -B "$db" -q -r 2000 -s up >"$db.ndjson"
		from=
	fi
	while [ "$n" -lt "$kills" ]; do
		if [ "$1" = stream ]; then exec 7<"$db.ndjson"; else exec 7</dev/null; fi
		# shellcheck disable=SC2046,SC2086 # words
		dm-load $(at down) --task "$db" -s up $from -t $((1 + n % 4)) <&7 3>&- 2>err &
		pid=$!
		exec 7<&-
		# When it has begun a few chunks more, or none yet, and a moment later: however fast this machine is, it is killed before its end.
		target=$(($(begun "$db") + RANDOM % few))
		while kill -0 $pid 2>/dev/null && [ "$(begun "$db")" -lt $target ]; do :; done
		timeout "0.0$((RANDOM % 5 + 1))" tail --pid=$pid -f /dev/null || true
		kill -9 $pid 2>/dev/null || true
		rc=0
		wait $pid 2>/dev/null || rc=$?
		[ "$rc" -eq 137 ] || break
		n=$((n + 1))
		[ "$1$n" != directory3 ] || { mv "$db" moved && ln -s moved "$db"; }	# the path may be a link: what is in it may not
	done
	echo "$1: $n kills, at the last $(begun "$db") chunks were begun"
	[ "$rc" -eq 0 ] || [ "$rc" -eq 137 ] || fail "status $rc"
	if [ "$1" = stream ]; then exec 7<"$db.ndjson"; else exec 7</dev/null; fi
	# shellcheck disable=SC2046,SC2086 # words
	run_tool dm-load $(at down) --task "$db" -s up $from <&7
	exec 7<&-
	# The last of them may have been done before it was killed.
	[ "$status" -eq 0 ] || assert_error 24505
	[ "$n" -ge 2 ]
	for table in $tables; do
		[ "$(sql up "SELECT COUNT(*) FROM $db.$table; CHECKSUM TABLE $db.$table")" = "$(sql down "SELECT COUNT(*) FROM $db.$table; CHECKSUM TABLE $db.$table")" ] ||
			fail "$table differs after $n kills"
	done
}

# LOAD_KILLS=50 for longer.
@test "AT-39: a load of a directory is killed again and again, moved, with other threads: no row is lost or doubled" {
	crash_load directory "${LOAD_KILLS:-6}"
}

@test "AT-39: a load of a stream is killed again and again: no row is lost or doubled" {
	crash_load stream "${LOAD_KILLS:-4}"
}

@test "a directory that was changed while its load was not finished is refused" {
	every_type other
	dump_dir other
	sql down 'CREATE DATABASE other; CREATE TABLE other.t (id INT PRIMARY KEY)'	# stops the load
	load_dir other
	assert_status 69
	rm -rf other
	sql up 'UPDATE other.k SET b = CONCAT(b, a)'
	dump_dir other
	sed -i "s/\"pos\":\"[^\"]*\"/\"pos\":\"$(sql down "SELECT JSON_VALUE(table_info, '\$.now') FROM dm_meta.other_loader_checkpoint WHERE filename = '' AND cp_table = ''")\"/" other/dm-dump.ndjson
	load_dir other
	assert_status 69
	assert_error 34553
}

@test "S8: what is no plain file of this table is refused: links, pipes, rows of another table" {
	local fault

	mkdir s8
	for fault in link pipe table; do
		rm -f s8/*
		echo 'CREATE DATABASE `s8`;' >s8/s8-schema-create.sql
		echo 'CREATE TABLE `t` (id INT);' >s8/s8.t-schema.sql
		case $fault in
		link) echo 'INSERT INTO t VALUES (1);' >x.sql; ln -s ../x.sql s8/s8.t.sql ;;
		pipe) mkfifo s8/s8.t.sql ;;
		table) echo 'INSERT INTO `mysql`.`user` VALUES (1);' >s8/s8.t.sql ;;
		esac
		load_dir s8
		assert_status 65
		grep -qE 'error 3455[45] ' err || fail "$fault was taken"
	done
	# What the list says is believed no more.
	echo 'INSERT INTO `t` VALUES (1);' >s8.t.sql
	rm s8/s8.t.sql
	{
		echo '{"type":"dump","version":1,"consistent":true,"sql_mode":"","format":"sql"}'
		for fault in s8-schema-create.sql:schema s8.t-schema.sql:table ../s8.t.sql:data; do
			printf '{"type":"file","file":"%s","kind":"%s","schema":"s8","table":"t","rows":1,"bytes":%s,"xxh64":"%s"}\n' "${fault%:*}" "${fault#*:}" \
				"$(stat -c %s "s8/${fault%:*}")" "$(xxhsum -H1 "s8/${fault%:*}" | cut -d ' ' -f 1)"
		done
		echo '{"type":"end","files":3,"rows":1}'
	} >s8/dm-dump.ndjson
	load_dir s8
	assert_status 65
	assert_error 32530
}

@test "S3: names and values with quotes and backslashes, whatever the servers' sql_mode: by statements and by LOAD DATA" {
	local mode infile how db=$'s3\'\\"x' rows

	rows="SELECT id, HEX(\`c'\\\"d\`), HEX(u), HEX(b) FROM \`$db\`.\`it's \\ \"x\"\` ORDER BY 1"
	sql up <<-'END'
		CREATE DATABASE `s3'\"x`; USE `s3'\"x`;
		CREATE TABLE `it's \ "x"` (id INT PRIMARY KEY, `c'\"d` VARCHAR(50) CHARACTER SET gbk, u VARCHAR(50) CHARACTER SET utf8mb4, b VARBINARY(50));
		INSERT INTO `it's \ "x"` VALUES (1, _gbk x'BF5C', '\\', x'BF27'), (2, _gbk x'BF5CBF5C27', '\' OR 1=1; -- ', x'BF5C27'), (3, '"\'\\', '\\\'', "\\'");
	END
	for mode in ANSI_QUOTES,NO_BACKSLASH_ESCAPES: :1 ANSI_QUOTES,NO_BACKSLASH_ESCAPES:1; do
		infile=${mode##*:}
		sql up "SET GLOBAL sql_mode = '${mode%:*}'"
		sql down "SET GLOBAL sql_mode = '${mode%:*}', local_infile = ${infile:-0}"
		rm -rf s3 s3.ndjson
		# shellcheck disable=SC2046 # words
		dm-dump $(at up) -B "$db" -o s3 -q -s up
		# shellcheck disable=SC2046 # words
		dm-dump $(at up) -B "$db" -q -s up >s3.ndjson
		for how in directory stream; do
			[ "$mode $how" != ':1 stream' ] || continue
			sql down "DROP DATABASE IF EXISTS \`$db\`"
			forget s3
			if [ "$how" = stream ]; then
				# shellcheck disable=SC2046 # words
				run_tool dm-load $(at down) --task s3 -s up <s3.ndjson
			else
				load_dir s3
			fi
			assert_status 0
			[ "$(sql down "$rows")" = "$(sql up "$rows")" ] || fail "$mode $how"
		done
	done
	sql up "SET GLOBAL sql_mode = DEFAULT"
	sql down "SET GLOBAL sql_mode = DEFAULT, local_infile = 1"
}

@test "AT-36, AT-39: what a dump left that failed or was killed is refused, before anything is made of it" {
	local pid

	sql up "CREATE DATABASE half; CREATE TABLE half.a (id INT PRIMARY KEY); CREATE TABLE half.b (id INT PRIMARY KEY); INSERT INTO half.a VALUES (2); INSERT INTO half.b VALUES (1)"
	mkfifo gate
	sql up <gate 3>&- &
	exec 8>gate
	echo "SELECT GET_LOCK('half', 0);" >&8
	wait_until 10 '[ "$(sql up "SELECT IS_USED_LOCK('"'half'"') IS NOT NULL")" = 1 ]'
	# shellcheck disable=SC2046 # words
	dm-dump $(at up) -B half -o half -q -t 1 --where "id = 1 OR GET_LOCK('half', 60) = 1" 2>dump.err 3>&- 8>&- &
	pid=$!
	wait_until 20 '[ "$(sql up "SELECT COUNT(*) FROM information_schema.processlist WHERE state = '"'User lock'"'")" -ge 1 ]'
	load_dir half	# while it is still written
	assert_status 65
	assert_error 34552
	sql up 'TRUNCATE TABLE half.b'
	exec 8>&-
	status=0
	wait $pid || status=$?
	[ "$status" -eq 75 ] || fail "status $status: $(cat dump.err)"
	load_dir half
	assert_status 65
	assert_error 34552
	[ -z "$(sql down "SHOW DATABASES LIKE 'half'")" ]
}

@test "AT-34: a directory that was dumped during transfers is loaded with their sum, and the changes follow from its place" {
	local writer table

	sql up "CREATE DATABASE at34; USE at34; CREATE TABLE a (id INT PRIMARY KEY, v BIGINT, pad CHAR(200)); CREATE TABLE b LIKE a; CREATE TABLE log (n INT);
		INSERT INTO a SELECT seq, 100, 'x' FROM seq_1_to_3000; INSERT INTO b SELECT * FROM a; ANALYZE TABLE a, b" >/dev/null
	(while [ ! -e stop ]; do
		echo "BEGIN; SET @n = FLOOR(RAND() * 100); SET @i = 1 + FLOOR(RAND() * 3000); SET @j = 1 + FLOOR(RAND() * 3000);
			UPDATE at34.a SET v = v - @n WHERE id = @i; UPDATE at34.b SET v = v + @n WHERE id = @j; INSERT INTO at34.log VALUES (@n); COMMIT;"
	done | sql up) 3>&- &
	writer=$!
	wait_until 10 '[ "$(sql up "SELECT COUNT(*) FROM at34.log")" -gt 10 ]'
	source_file up up
	task_file at34 <<-END
		task-mode: all
		$(target down)
		mysql-instances: [{source-id: up, block-allow-list: l}]
		block-allow-list: {l: {do-dbs: [at34]}}
	END
	dm-dump -c at34.yaml -s up -S up.yaml -q -t 4 --rows 500 -o at34
	run_tool dm-load -c at34.yaml -s up -S up.yaml -t 4 -d at34 </dev/null
	assert_status 0
	[ "$(sql down "SELECT SUM(v) FROM (SELECT v FROM at34.a UNION ALL SELECT v FROM at34.b) x")" = 600000 ]
	touch stop
	wait $writer
	run_sync at34 up --until caught-up
	assert_same_schema at34
}

@test "S2: the sandbox mark of mariadb-dump is no statement, and S1: commands of a client are not run" {
	mkdir s2
	sql up 'CREATE DATABASE s2; CREATE TABLE s2.t (id INT PRIMARY KEY, a TEXT); INSERT INTO s2.t VALUES (1, "a"), (2, NULL)'
	mariadb-dump -u root --socket="$(socket up)" s2 t --no-data >s2/s2.t-schema.sql
	mariadb-dump -u root --socket="$(socket up)" s2 t --no-create-info --skip-triggers >s2/s2.t.sql
	sed -i '1s/.*/\/*M!999999\\- enable the sandbox mode *\/ /' s2/s2.t.sql
	sed -i '1s/.*/\/*!999999\\- enable the sandbox mode *\/ /' s2/s2.t-schema.sql
	load_dir s2
	assert_status 0
	assert_same_table up down s2.t
	forget s2
	printf '\\! touch owned\nINSERT INTO `t` VALUES (3);\n' >s2/s2.t.sql
	load_dir s2
	assert_status 65
	assert_error 34555
	[ ! -e owned ]
}

@test "S4: what a value says of files is a value" {
	sql up "CREATE DATABASE s4; CREATE TABLE s4.t (id INT PRIMARY KEY, a TEXT); INSERT INTO s4.t VALUES (1, \"', LOAD_FILE('/etc/passwd'))\"), (2, '/etc/passwd')"
	dump_dir s4
	load_dir s4
	assert_status 0
	assert_same_table up down s4.t
	echo "INSERT INTO \`t\` VALUES (3, LOAD_FILE('/etc/passwd'));" >>s4/s4.t.000000000.sql
	forget s4
	rm s4/dm-dump.ndjson
	load_dir s4
	assert_status 65
	assert_error 34550
}

@test "files are named by patterns, and CSV is read as the options say" {
	sql down 'CREATE DATABASE pat; CREATE TABLE pat.t (id INT PRIMARY KEY, a VARCHAR(20), b VARBINARY(9) NULL)'
	mkdir pat
	printf "1|+|'a''|+|b'|+|x|+|\n2|+|NULL|+|\\N|+|\n" >pat/pat-t-1.txt
	mkdir -p pat/in/there
	printf "3|+|'ü'|+|NULL|+|\n" | gzip >pat/in/there/pat-t-2.txt.gz
	echo 'INSERT INTO t VALUES (9);' >pat/in/pat.t.1.sql	# no pattern wants it
	ln -s ../../etc pat/link
	echo nothing >pat/readme
	load_dir pat --file-pattern '^(?:[^/]*/)*(\w+)-(\w+)-\d+\.txt(\.gz)?$' --csv-separator '|+|' --csv-delimiter "'" --csv-null-value NULL \
		--csv-line-terminator '|+|\n' --no-header --no-backslash-escapes
	assert_status 0
	assert_err '3 files are no part of a dump'
	[ "$(sql down 'SELECT id, a, HEX(b) FROM pat.t ORDER BY id')" = "$(printf "1\ta'|+|b\t78\n2\tNULL\t5C4E\n3\tü\tNULL")" ]
}

@test "block-allow list, routes and, where asked, event filters hold for a directory" {
	sql up <<-'END'
		CREATE DATABASE rl; USE rl;
		CREATE TABLE t1 (id INT PRIMARY KEY); CREATE TABLE t2 (id INT PRIMARY KEY); CREATE TABLE log (id INT); CREATE TABLE no (id INT);
		INSERT INTO t1 VALUES (1); INSERT INTO t2 VALUES (2); INSERT INTO log VALUES (3); INSERT INTO no VALUES (4);
	END
	dump_dir rl
	task_file rl <<-END
		task-mode: full
		$(target down)
		block-allow-list: {b: {ignore-tables: [{db-name: rl, tbl-name: no}]}}
		routes: {r: {schema-pattern: rl, table-pattern: "t*", target-schema: merged, target-table: t}}
		filters: {f: {schema-pattern: rl, table-pattern: log, events: [insert], action: Ignore}}
		mysql-instances: [{source-id: up, block-allow-list: b, route-rules: [r], filter-rules: [f]}]
	END
	run_tool dm-load -c rl.yaml -s up -d rl </dev/null
	assert_status 0
	[ "$(sql down 'SELECT id FROM merged.t ORDER BY id' | paste -sd,)" = 1,2 ]
	[ "$(sql down "SELECT table_name FROM information_schema.tables WHERE table_schema = 'rl'")" = log ]
	forget rl
	sql down 'DROP DATABASE merged'
	run_tool dm-load -c rl.yaml -s up -d rl --filter-full </dev/null
	assert_status 0
	[ "$(sql down 'SELECT COUNT(*) FROM merged.t')" = 2 ]
	[ "$(sql down 'SELECT COUNT(*) FROM rl.log')" = 0 ]
	# The same by a stream.
	source_file up up
	for full in '' --filter-full; do
		forget rl
		sql down 'DROP DATABASE merged'
		# shellcheck disable=SC2086 # a word or none
		dm-dump -q -c rl.yaml -s up -S up.yaml -B rl | dm-filter -c rl.yaml -s up -S up.yaml $full | dm-route -c rl.yaml -s up -S up.yaml | dm-load -q -c rl.yaml -s up -S up.yaml
		statuses="${PIPESTATUS[*]}"
		assert_pipeline
		[ "$(sql down 'SELECT COUNT(*) FROM merged.t')" = 2 ]
		[ "$(sql down 'SELECT COUNT(*) FROM rl.log')" = "$([ "$full" ] && echo 0 || echo 1)" ]
	done
}

@test "rows that are there are replaced, kept, or an error" {
	sql up 'CREATE DATABASE dup; CREATE TABLE dup.t (id INT PRIMARY KEY, a INT); INSERT INTO dup.t VALUES (1, 1), (2, 2)'
	dump_dir dup
	for how in replace=1 ignore=9 error=9; do
		forget dup
		sql down 'CREATE DATABASE dup; CREATE TABLE dup.t (id INT PRIMARY KEY, a INT); INSERT INTO dup.t VALUES (1, 9)'
		load_dir dup --on-duplicate "${how%=*}"
		if [ "${how%=*}" = error ]; then assert_status 69; else assert_status 0; fi
		[ "$(sql down 'SELECT a FROM dup.t WHERE id = 1')" = "${how#*=}" ]
	done
	[ "$(sql down 'SELECT COUNT(*) FROM dup.t')" = 1 ]
}

@test "a row that no packet can hold is named, with the setting" {
	sql up 'SET GLOBAL max_allowed_packet = 64 << 20'
	sql up 'CREATE DATABASE big; CREATE TABLE big.t (id INT PRIMARY KEY, a LONGTEXT); INSERT INTO big.t VALUES (1, "a"), (2, REPEAT("x", 5 << 20))'
	dump_dir big
	sql down 'SET GLOBAL max_allowed_packet = 2 << 20'
	load_dir big
	sql down 'SET GLOBAL max_allowed_packet = 64 << 20'
	assert_status 69
	assert_error 34503
	assert_err 'row 2 takes'
	assert_err 'max_allowed_packet'
	load_dir big
	assert_status 0
	assert_same_table up down big.t
}

@test "a value that the downstream would change is an error by LOAD DATA too" {
	sql up 'CREATE DATABASE chg; CREATE TABLE chg.t (id INT, a VARCHAR(20)); INSERT INTO chg.t VALUES (1, "short"), (300, "too long a text")'
	dump_dir chg
	for column in 'id INT, a VARCHAR(8)' 'id TINYINT UNSIGNED, a TEXT' 'id INT, a TEXT CHARACTER SET ascii CHECK (id < 200)'; do
		forget chg
		sql down "CREATE DATABASE chg; CREATE TABLE chg.t ($column)"
		load_dir chg
		[ "$status" -ne 0 ] || fail "$column took it"
		[ "$(sql down 'SELECT COUNT(*) FROM chg.t')" = 0 ]
	done
}

@test "the status file has the numbers that query-status shows" {
	every_type st
	dump_dir st
	load_dir st --status-file st.json
	assert_status 0
	jq -e '.stage == "Finished" and .fields.progress == "100.00 %" and .fields.totalTables == "4" and .fields.completedTables == "4" and
		(.fields.finishedBytes | tonumber) > 1000 and .fields.finishedBytes == .fields.totalBytes and
		.fields.estimateTotalRows == "3009" and .fields.finishedRows == "3009" and (.fields.bps | tonumber) > 0' st.json || { cat st.json; false; }
}
