#!/usr/bin/env bats
# What there is beside rows: names, sets and collations of each table, keys, views, triggers, whoever defined them, and servers that
# fold the case of names. By a stream and by a directory, from and to MariaDB and MySQL.
# shellcheck disable=SC2154,SC2016 # variables of the helpers; back quotes in SQL

setup_file() {
	load lib
	start_server folds mariadb --lower-case-table-names=1 &
	folding=$!
	start_servers up=mariadb down=mariadb my=mysql || [ -e "$BATS_FILE_TMPDIR/missing" ]
	wait $folding
	rm -f "$BATS_FILE_TMPDIR/missing"	# tests of MySQL skip
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
}

# pairs FUNCTION TO-MYSQL FROM-MYSQL: by MariaDB alone in both forms; where there is a MySQL, in the given form to it and from it.
pairs() {
	"$1" up down stream
	"$1" up down directory
	[ -e "$(socket my)" ] || return 0
	"$1" up my "$2"
	"$1" my down "$3"
}

# drop NAME SCHEMA ...
drop() {
	local schema

	for schema in "${@:2}" dm_meta; do
		sql "$1" "DROP DATABASE IF EXISTS \`${schema//\`/\`\`}\`"
	done
}

# copy FROM TO FORM SCHEMA [OPTION of dm-load ...]; dump_options for dm-dump -o. What dm-load said is in err.
copy() {
	rm -rf dump
	if [ "$3" = stream ]; then
		dm-dump -q -h 127.0.0.1 -P "$(port "$1")" -u root -B "$4" >stream
		run_tool dm-load -h 127.0.0.1 -P "$(port "$2")" -u root --task objects "${@:5}" <stream
	else
		# shellcheck disable=SC2086 # words
		dm-dump -q -h 127.0.0.1 -P "$(port "$1")" -u root -B "$4" -o dump $dump_options
		run_tool dm-load -h 127.0.0.1 -P "$(port "$2")" -u root --task objects -s x -d dump "${@:5}" </dev/null
	fi
}

# text WORD: as SQL has it.
text() {
	local t=${1//\\/\\\\}

	echo "'${t//\'/\'\'}'"
}

# described NAME SCHEMA: each table and column with its set and collation, each key, as the server describes them.
described() {
	local s

	s=$(text "$2")

	sql "$1" "SELECT 'schema', default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name = $s;
		SELECT table_name, table_collation, engine, table_comment FROM information_schema.tables WHERE table_schema = $s AND table_type = 'BASE TABLE' ORDER BY 1;
		SELECT table_name, column_name, character_set_name, collation_name, is_nullable, extra, column_comment FROM information_schema.columns WHERE table_schema = $s AND table_name NOT LIKE 'v_%' ORDER BY table_name, ordinal_position;
		SELECT table_name, index_name, non_unique, seq_in_index, column_name, sub_part FROM information_schema.statistics WHERE table_schema = $s ORDER BY 1, 2, 4;
		SELECT constraint_name, table_name, referenced_table_name, update_rule, delete_rule FROM information_schema.referential_constraints WHERE constraint_schema = $s ORDER BY 1, 2" |
		sed -e 's/	current_timestamp()//I' -e 's/	DEFAULT_GENERATED//' -e 's/NO ACTION/RESTRICT/g'
}

names_arrive() {
	local schema=$'a/b.c`d\'e"f\\g%h\ti\n☃ ж..' make='' all=''
	local table name schema_q="\`${schema//\`/\`\`}\`"

	for table in 'sl/ash' '../up' 'd.o.t' '..' 'back`tick' "single'" 'double"' 'back\slash' $'new\nline' $'ta\tb' 'per%cent' 'star*' 'q?' '中文' 'order' '-- x' '/* x */' ' lead' '%2F' 't-schema' 'a:b|c<d>' '$v#@!'; do
		table="\`${table//\`/\`\`}\`" name=$schema_q.$table
		make+="CREATE TABLE $name ($table INT PRIMARY KEY, v VARCHAR(20) COMMENT 'a ☃ '' \\\\') COMMENT 'b ☃ \\n; --'; INSERT INTO $name VALUES (1, '😀'); "
		all+="${all:+ UNION ALL }SELECT v FROM $name WHERE $table = 1"
	done
	drop "$2" "$schema"
	sql "$1" "DROP DATABASE IF EXISTS $schema_q; CREATE DATABASE $schema_q CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; $make"
	copy "$1" "$2" "$3" "$schema"
	assert_status 0
	described "$2" "$schema" >"described.$2"
	described "$1" "$schema" | diff - "described.$2"
	[ "$(grep -c '[ab] ☃ ' "described.$2")" -eq 44 ]	# servers have no emoji there, nor in names
	[ "$(sql "$2" "$all" | sort | uniq -c | tr -d ' ')" = 22😀 ]
}

@test "S7: names, comments and values with every character" {
	pairs names_arrive stream directory
}

sets_arrive() {
	drop "$2" sets
	sql "$1" "DROP DATABASE IF EXISTS sets; CREATE DATABASE sets CHARACTER SET greek COLLATE greek_bin; USE sets; SET sql_mode = 'ALLOW_INVALID_DATES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES';
		CREATE TABLE a_l1 (id INT PRIMARY KEY, a VARCHAR(20), b VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, c TEXT CHARACTER SET ucs2, e ENUM('é', '\\\\') CHARACTER SET latin1 DEFAULT '\\\\') CHARACTER SET latin1 COLLATE latin1_german1_ci;
		CREATE TABLE b_own (id INT PRIMARY KEY, a VARCHAR(20), zero DATE NOT NULL DEFAULT '0000-00-00', odd DATETIME NOT NULL DEFAULT '2024-02-31 00:00:00', both_ VARCHAR(60) AS (a || '-' || a) STORED);
		CREATE TABLE c_mb (id INT PRIMARY KEY, a VARCHAR(20), KEY (a(3))) CHARACTER SET utf8mb4 COLLATE utf8mb4_spanish_ci;
		INSERT INTO a_l1 (id, a, b, c) VALUES (1, 'é', '😀', '☃'); INSERT INTO b_own (id, a) VALUES (1, 'αβγ'); INSERT INTO c_mb VALUES (1, 'ñ')"
	copy "$1" "$2" "$3" sets
	assert_status 0
	diff <(described "$1" sets) <(described "$2" sets)
	for table in a_l1 b_own c_mb; do
		assert_same_table "$1" "$2" "sets.$table"
	done
	sql "$2" "SET sql_mode = 'ALLOW_INVALID_DATES'; INSERT INTO sets.b_own (id, a) VALUES (2, 'x')"
	[ "$(sql "$2" "SELECT zero, odd, both_ FROM sets.b_own WHERE id = 2")" = "$(printf '0000-00-00\t2024-02-31 00:00:00\tx-x')" ]
}

@test "AT-41: each table keeps its set, collation and defaults, whatever the mode they were made in" {
	pairs sets_arrive directory stream
}

# Cycles of foreign keys, children before their parents; triggers and views of an upstream that has both.
keys_arrive() {
	drop "$2" fk
	sql "$1" "DROP DATABASE IF EXISTS fk; CREATE DATABASE fk CHARACTER SET latin1; USE fk;
		CREATE TABLE z_parent (id INT PRIMARY KEY, best INT);
		CREATE TABLE a_child (id INT PRIMARY KEY, p INT, boss INT, CONSTRAINT to_parent FOREIGN KEY (p) REFERENCES z_parent (id) ON DELETE CASCADE ON UPDATE SET NULL, CONSTRAINT to_boss FOREIGN KEY (boss) REFERENCES a_child (id));
		INSERT INTO z_parent VALUES (1, NULL), (2, NULL); INSERT INTO a_child VALUES (1, 2, NULL), (2, 1, 1), (3, 2, 2); UPDATE a_child SET boss = 3 WHERE id = 1; UPDATE z_parent SET best = 3;
		ALTER TABLE z_parent ADD CONSTRAINT to_best FOREIGN KEY (best) REFERENCES a_child (id);
		CREATE TABLE log (n INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(20));
		CREATE TRIGGER on_child AFTER INSERT ON a_child FOR EACH ROW INSERT INTO log (what) VALUES ('trigger');
		CREATE VIEW v_a AS SELECT id FROM a_child; CREATE VIEW v_0 AS SELECT * FROM v_a"
	copy "$1" "$2" "$3" fk
	assert_status 0
	diff <(described "$1" fk) <(described "$2" fk)
	for table in z_parent a_child log; do
		assert_same_table "$1" "$2" "fk.$table" 2>&1
	done
	# They hold.
	run ! sql "$2" "INSERT INTO fk.a_child VALUES (9, 77, NULL)"
	[ "$(sql "$2" "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = 'fk'")" -eq 0 ]
	[ "$(sql "$2" "SELECT COUNT(*) FROM information_schema.views WHERE table_schema = 'fk'")" -eq 0 ]
}

@test "foreign keys in cycles and triggers do not break a load, and what was not asked for is not made" {
	pairs keys_arrive stream directory
}

programs_arrive() {
	local who

	drop "$2" prog
	sql "$1" "DROP DATABASE IF EXISTS prog; CREATE DATABASE prog CHARACTER SET latin1; USE prog; CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(60)); CREATE TABLE log (n INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(60)); INSERT INTO t VALUES (1, 'x')"
	sql "$1" <<-'END'
		USE prog;
		SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES';
		DELIMITER //
		CREATE DEFINER="o'wner"@"10.%" TRIGGER "odd ""one" BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW."v" = NEW.v || '\;''DEFINER=' || 'é'; INSERT INTO log (v) VALUES ('a;b'); END//
		CREATE TRIGGER two AFTER UPDATE ON t FOR EACH ROW INSERT INTO log (v) VALUES (NEW.v)//
		CREATE DEFINER="o'wner"@"10.%" SQL SECURITY INVOKER VIEW "m ""mid" AS SELECT id, v || '\;' AS "DEFINER=x" FROM t//
		CREATE VIEW z_last AS SELECT * FROM "m ""mid"//
		CREATE VIEW a_top AS SELECT * FROM "z_last" WHERE id > 0 WITH CHECK OPTION//
	END
	sql "$2" "CREATE USER IF NOT EXISTS 'new one'@localhost; GRANT ALL ON prog.* TO 'new one'@localhost"
	for who in drop keep 'new one@localhost'; do
		drop "$2" prog
		dump_options='--no-views=false --triggers' copy "$1" "$2" directory prog --triggers --definer "$who"
		assert_status 0
		case $who in
		drop) want=root@%,root@localhost,root@127.0.0.1 ;;
		keep) want="o'wner@10.%" ;;
		*) want=$who ;;
		esac
		for got in "$(sql "$2" "SELECT definer FROM information_schema.triggers WHERE trigger_schema = 'prog' AND trigger_name = 'odd \"one'")" \
			"$(sql "$2" "SELECT definer FROM information_schema.views WHERE table_schema = 'prog' AND table_name = 'm \"mid'")"; do
			[[ ",$want," == *",$got,"* ]] || fail "$who: $got"
		done
		sql "$2" "SELECT security_type, is_updatable, check_option, table_name FROM information_schema.views WHERE table_schema = 'prog' ORDER BY table_name" >got
		sql "$1" "SELECT security_type, is_updatable, check_option, table_name FROM information_schema.views WHERE table_schema = 'prog' ORDER BY table_name" | diff - got
		sql "$2" "SELECT trigger_name, sql_mode, event_manipulation, action_timing FROM information_schema.triggers WHERE trigger_schema = 'prog' ORDER BY 1" >got
		grep -q 'ANSI_QUOTES.*NO_BACKSLASH_ESCAPES' got
		[ "$(wc -l <got)" -eq 2 ]
	done
	# As they did upstream: the account of the first trigger is there now.
	sql "$2" "INSERT INTO prog.t VALUES (2, 'y'); UPDATE prog.t SET v = 'w' WHERE id = 1"
	[ "$(sql "$2" "SELECT v FROM prog.t WHERE id = 2; SELECT v FROM prog.log ORDER BY n; SELECT id FROM prog.a_top" | tr '\n' ' ')" = "y\\\\;'DEFINER=é a;b w 1 2 " ]
}

@test "S9: views and triggers are made again as they were, in any mode, for whom it was asked" {
	programs_arrive up down
	[ ! -e "$(socket my)" ] || { programs_arrive up my; programs_arrive my down; }
}

@test "AT-43: into a server that folds the case of names, and out of it; what would become one table is refused" {
	local form

	for form in stream directory; do
		sql up "DROP DATABASE IF EXISTS Mixed; CREATE DATABASE Mixed; CREATE TABLE Mixed.MyTable (Id INT PRIMARY KEY, V INT); INSERT INTO Mixed.MyTable VALUES (1, 2); CREATE TABLE Mixed.k (a INT); INSERT INTO Mixed.k VALUES (1), (1)"
		drop folds mixed
		copy up folds "$form" Mixed
		assert_status 0
		[ "$(sql folds 'SELECT * FROM mixed.mytable')" = "$(printf '1\t2')" ]
		[ "$(sql folds 'SELECT COUNT(*) FROM mixed.k')" = 2 ]
		drop down mixed
		copy folds down "$form" mixed
		assert_status 0
		[ "$(sql down 'SELECT * FROM mixed.mytable')" = "$(printf '1\t2')" ]
		sql up "CREATE TABLE Mixed.mytable (Id INT PRIMARY KEY, V INT); INSERT INTO Mixed.mytable VALUES (1, 3), (2, 4)"
		drop folds mixed
		copy up folds "$form" Mixed
		assert_status 69
		assert_error 36591
		[ "$(sql folds 'SELECT COUNT(*) FROM mixed.mytable' 2>/dev/null || echo 0)" = 0 ]
	done
}
