#!/usr/bin/env bats
# What only MariaDB's log has: REPLACE under images that are not full, sequences, system-versioned tables.
# shellcheck disable=SC2154,SC2034 # variables of the helpers

setup_file() {
	load lib
	start_servers up=mariadb my=mysql down=mariadb
	sql up "SET GLOBAL log_bin_trust_function_creators = 1"
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	db=t$BATS_TEST_NUMBER
}

# make_task UP DOWN: and loads what is there.
make_task() {
	source_file "$1" "$1"
	task_file "$db" <<-END
		task-mode: all
		$(target "$2")
		block-allow-list: {own: {do-dbs: ["$db"]}}
		mysql-instances: [{source-id: $1, block-allow-list: own}]
	END
	run_load "$db" "$1"
}

head_of() {
	sql "$1" "SHOW $([ "$1" = my ] && echo 'BINARY LOG' || echo MASTER) STATUS" | awk '{ print $1 ":" $2 }'
}

# The update lines of UP since $start.
updates_of() {
	dm-relay -u root --socket "$(socket "$1")" --start "$start" --until caught-up 2>relay.err | grep '"type":"update"'
}

# --- REPLACE ---

make_replace() {
	sql "$1" "CREATE DATABASE $db CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; USE $db;
		CREATE TABLE a (id INT PRIMARY KEY, n INT DEFAULT 5, c VARCHAR(9) DEFAULT 'none', t TEXT);
		CREATE TABLE b (id INT PRIMARY KEY, n INT DEFAULT 5, c VARCHAR(9) DEFAULT 'none');
		INSERT INTO a VALUES (1, 1, 'one', 'x'), (2, 2, 'two', 'y'), (3, 3, 'three', 'z'); INSERT INTO b SELECT id, n, c FROM a"
}

# Each statement in a session of its own, and what must be said of the rows that it changes in place: sure or unsure.
@test "an update that may be a REPLACE is told from one that is none" {
	make_replace up
	sql up <<-END
		USE $db;
		DELIMITER //
		CREATE VIEW v AS SELECT id AS i, n AS m FROM a//
		CREATE PROCEDURE replaces(i INT) REPLACE INTO a (id) VALUES (i)//
		CREATE PROCEDURE updates(i INT) UPDATE a SET n = n + i WHERE id = i//
		CREATE FUNCTION f(i INT) RETURNS INT BEGIN REPLACE INTO b (id) VALUES (i); RETURN i; END//
		CREATE TABLE fires (id INT PRIMARY KEY, b INT)//
		INSERT INTO fires VALUES (1, 1), (2, 2)//
		CREATE TRIGGER fire AFTER UPDATE ON fires FOR EACH ROW REPLACE INTO b (id) VALUES (NEW.id)//
	END
	cat >cases <<-'END'
		unsure|REPLACE INTO a (id) VALUES (1)
		unsure|REPLACE INTO a (id, n) VALUES (2, 22)
		unsure|/* c */ REPLACE a SET id = 3, n = 9
		unsure|/*!100000 REPLACE */ INTO a (id, n) SELECT 1, 77
		unsure|REPLACE INTO v (i) VALUES (3)
		unsure|CALL replaces(2)
		unsure|PREPARE s FROM 'REPLACE INTO a (id, n) VALUES (?, 12)'; SET @i = 2; EXECUTE s USING @i
		unsure|EXECUTE IMMEDIATE 'REPLACE INTO a (id, n) VALUES (3, 13)'
		unsure|LOAD DATA LOCAL INFILE 'rows' REPLACE INTO TABLE a (id, n)
		unsure|DO f(1)
		unsure|UPDATE b SET n = 90; UPDATE fires SET b = b + 1 WHERE id = 1
		unsure|UPDATE fires SET b = (SELECT f(2) + b) WHERE id = 9 OR f(2) = 3
		unsure|SET STATEMENT max_statement_time = 10 FOR REPLACE INTO a (id, n) VALUES (1, 41)
		unsure|SET binlog_annotate_row_events = 0; UPDATE a SET n = 100
		unsure|UPDATE v SET m = m + 1 WHERE i = 1
		sure|UPDATE a SET n = n + 1 WHERE id = 1
		sure|/* c */ update low_priority ignore `a` set t = 'REPLACE INTO a'
		sure|INSERT INTO a (id) VALUES (3) ON DUPLICATE KEY UPDATE n = n + 1
		sure|INSERT IGNORE a SET id = 3 ON DUPLICATE KEY UPDATE n = n + 2
		sure|CALL updates(2)
		sure|PREPARE s FROM 'UPDATE a SET n = ? WHERE id = 1'; SET @i = 8; EXECUTE s USING @i
		sure|UPDATE a JOIN b USING (id) SET a.n = a.n + 3, b.n = b.n + 4
		sure|UPDATE a AS x, b AS y SET x.n = x.n + 3, y.n = y.n + 4 WHERE x.id = y.id
		sure|SET STATEMENT max_statement_time = 10 FOR UPDATE a SET n = 42 WHERE id = 1
		sure|BEGIN; UPDATE a SET n = 51; INSERT INTO b (id) VALUES (1) ON DUPLICATE KEY UPDATE n = 52; COMMIT
	END
	printf '1\t55\n' >rows
	while IFS='|' read -r want statement; do
		start=$(head_of up)
		mariadb --no-defaults --local-infile=1 -uroot --socket="$(socket up)" "$db" -e "SET binlog_row_image = MINIMAL; $statement" >client.out
		updates_of up | grep '"after":' >lines || { echo "nothing logged for: $statement"; return 1; }
		doubts=$(grep -c '"doubt":' lines || true)
		if [ "$want" = sure ]; then ((doubts == 0)); else ((doubts > 0)); fi ||
			{ echo "$want was wanted for: $statement"; cat lines; return 1; }
	done <cases
}

@test "a REPLACE in place under MINIMAL or NOBLOB stops dm-sync, and does not where its table is left out" {
	for image in MINIMAL NOBLOB; do
		sql down "DROP DATABASE IF EXISTS $db; DROP DATABASE IF EXISTS dm_meta"
		sql up "DROP DATABASE IF EXISTS $db"
		make_replace up
		make_task up down
		sql up "USE $db; SET binlog_row_image = $image; UPDATE a SET n = 7, t = 'new' WHERE id = 2; REPLACE INTO a (id, n) VALUES (1, 8)"
		run run_sync "$db" up --until caught-up
		[ "$status" -ne 0 ]
		grep -q "error 36540 (sync-unit, upstream, high): row of '$db.a' at mysql-bin\..*: it is of a statement that is a REPLACE" dm-sync.err
		[ "$(sql down "SELECT n, t FROM $db.a WHERE id = 2")" = "7	new" ]
		sed -i "s/do-dbs: .*\]}}/do-dbs: [\"$db\"], ignore-tables: [{db-name: \"$db\", tbl-name: a}]}}/" "$db.yaml"
		sql up "USE $db; SET binlog_row_image = $image; UPDATE b SET n = 70 WHERE id = 2"
		run_sync "$db" up --until caught-up
		assert_same_table up down "$db.b"
	done
}

# MySQL logs every column after a REPLACE: there is nothing to doubt.
@test "MySQL's REPLACE is applied under MINIMAL and NOBLOB" {
	make_replace my
	make_task my down
	start=$(head_of my)
	sql my "USE $db; SET binlog_row_image = MINIMAL; REPLACE INTO a (id) VALUES (1); REPLACE INTO b (id, n) VALUES (1, 6);
		SET binlog_row_image = NOBLOB; REPLACE INTO a (id, c) VALUES (2, 'x')"
	[ "$(updates_of my | grep -c '"before":\[')" -ge 3 ]
	run_sync "$db" my --until caught-up
	assert_same_table my down "$db.a"
	assert_same_table my down "$db.b"
}

# --- system-versioned tables ---

make_versioned() {
	sql up "CREATE DATABASE $db CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; USE $db;
		CREATE TABLE hidden (id INT PRIMARY KEY, a INT, c VARCHAR(9) UNIQUE) WITH SYSTEM VERSIONING;
		CREATE TABLE shown (id INT PRIMARY KEY, a INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START,
			e TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING;
		CREATE TABLE keyless (a INT, b INT WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING;
		CREATE TABLE ages (id INT, s DATE, e DATE, a INT, PERIOD FOR p (s, e));
		INSERT INTO hidden (id, a, c) VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three'); INSERT INTO shown (id, a) VALUES (1, 1), (2, 2);
		UPDATE hidden SET a = 10 WHERE id = 1; DELETE FROM hidden WHERE id = 3;
		INSERT INTO keyless VALUES (1, 1), (1, 1), (2, 2); INSERT INTO ages VALUES (1, '2000-01-01', '2020-01-01', 1)"
}

# change_versioned IMAGE
change_versioned() {
	sql up "USE $db; SET binlog_row_image = $1; SET system_versioning_alter_history = KEEP;
		UPDATE hidden SET a = a + 1; DELETE FROM hidden WHERE id = 2; INSERT INTO hidden (id, a, c) VALUES (2, 22, 'two');
		REPLACE INTO hidden (id, a, c) VALUES (2, 23, 'two'), (4, 4, 'four'); INSERT INTO hidden (id, a, c) VALUES (4, 0, 'x') ON DUPLICATE KEY UPDATE a = 44;
		DELETE FROM hidden WHERE id = 5; UPDATE hidden SET id = 5 WHERE id = 4; UPDATE hidden SET c = 'same' WHERE id = 5; UPDATE hidden SET c = 'same' WHERE id = 5;
		BEGIN; INSERT INTO hidden (id, a, c) VALUES (6, 6, 'six'); UPDATE hidden SET a = 66 WHERE id = 6; DELETE FROM hidden WHERE id = 6; COMMIT;
		SET timestamp = 1700000000; BEGIN; REPLACE INTO hidden (id, a, c) VALUES (7, 7, 'seven'); UPDATE hidden SET a = 77 WHERE id = 7;
		INSERT INTO hidden (id, a, c) VALUES (8, 8, 'eight'); DELETE FROM hidden WHERE id = 8; COMMIT; SET timestamp = DEFAULT;
		UPDATE shown SET a = a + 1; DELETE FROM shown WHERE id = 2; REPLACE INTO shown (id, a) VALUES (3, 3);
		UPDATE keyless SET b = b + 1; UPDATE keyless SET a = 3 WHERE a = 1 LIMIT 1; DELETE FROM keyless WHERE a = 1;
		UPDATE ages FOR PORTION OF p FROM '2005-01-01' TO '2006-01-01' SET a = 2;
		DELETE FROM ages FOR PORTION OF p FROM '2010-01-01' TO '2011-01-01';
		SET system_versioning_insert_history = 1;
		INSERT INTO keyless (a, b, row_start, row_end) VALUES (9, 9, '2001-01-01', '2002-01-01');
		DELETE HISTORY FROM hidden;
		ALTER TABLE hidden ADD n_$1 INT DEFAULT 3 AFTER id; INSERT INTO hidden (id, a, c) VALUES (9, 9, 'nine'); DELETE FROM hidden WHERE id = 9"
}


@test "what is in a system-versioned table goes on, whatever its history" {
	make_versioned
	make_task up down
	grep -q "warning: .$db.\..hidden. is system-versioned" dm-dump.err
	for image in FULL MINIMAL NOBLOB; do
		change_versioned "$image"
		run_sync "$db" up --until caught-up
		[ "$(grep -c "warning: table '$db.hidden' is system-versioned" dm-relay.err)" = 1 ]
		for table in hidden keyless ages; do
			assert_same_table up down "$db.$table"
		done
		[ "$(rows up "$db.shown" "id, a")" = "$(rows down "$db.shown" "id, a")" ]
	done
	[ "$(sql down "SELECT COUNT(*) FROM $db.hidden FOR SYSTEM_TIME ALL")" -gt "$(sql down "SELECT COUNT(*) FROM $db.hidden")" ]
}

@test "a table that becomes versioned, and stops, is followed" {
	make_versioned
	make_task up down
	sql up "USE $db; SET system_versioning_alter_history = KEEP;
		ALTER TABLE hidden DROP SYSTEM VERSIONING; DELETE FROM hidden WHERE id = 1; INSERT INTO hidden (id, a, c) VALUES (3, 3, 'three');
		ALTER TABLE hidden ADD SYSTEM VERSIONING; UPDATE hidden SET a = 5; DELETE FROM hidden WHERE id = 3;
		CREATE TABLE again LIKE hidden; INSERT INTO again VALUES (1, 1, 'x'); UPDATE again SET a = 2;
		CREATE TABLE filled (a INT) WITH SYSTEM VERSIONING SELECT id AS a FROM hidden; DELETE FROM filled; INSERT INTO filled VALUES (1);
		CREATE TABLE parts (a INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION p0 HISTORY, PARTITION pn CURRENT);
		INSERT INTO parts VALUES (1), (2); DELETE FROM parts WHERE a = 1; RENAME TABLE parts TO pieces; UPDATE pieces SET a = 3;
		CREATE TABLE gone (a INT) WITH SYSTEM VERSIONING; INSERT INTO gone VALUES (1); DROP TABLE gone"
	run_sync "$db" up --until caught-up
	for table in hidden again filled pieces; do
		assert_same_table up down "$db.$table"
	done
	[ "$(sql down "SHOW CREATE TABLE $db.hidden" | grep -c 'WITH SYSTEM VERSIONING')" = 1 ]
	[ "$(sql down "SHOW TABLES FROM $db LIKE 'gone'")" = "" ]
}

# The log alone, without its server: the statements in it say what is versioned.
@test "rows that were are told from rows that are in a log file" {
	start=$(head_of up)
	make_versioned
	sql up "USE $db; UPDATE hidden SET a = 100 WHERE id = 1; FLUSH LOGS"
	dm-relay "$BATS_FILE_TMPDIR/up/data/${start%%:*}" >lines 2>err
	grep "\"schema\":\"$db\",\"table\":\"hidden\"" lines | grep -E '"type":"(insert|update|delete)"' | sed 's/.*"rows":/"rows":/' >got
	diff - got <<-'END'
		"rows":[[1,1,"one"],[2,2,"two"],[3,3,"three"]]}
		"rows":[[[1,1,"one"],[1,10,"one"]]]}
		"rows":[[3,3,"three"]]}
		"rows":[[[1,10,"one"],[1,100,"one"]]]}
	END
	grep -q '"table":"hidden","charset":"utf8mb4","row_end":"","columns"' lines
	grep -q '"table":"shown","charset":"utf8mb4","row_end":"e","columns"' lines
}

@test "a downstream that has no system versioning keeps what is there in a plain table" {
	make_versioned
	sql up "DROP TABLE $db.shown; DROP TABLE $db.ages"
	source_file up up
	task_file "$db" <<-END
		task-mode: all
		$(target my)
		block-allow-list: {own: {do-dbs: ["$db"]}}
		mysql-instances: [{source-id: up, block-allow-list: own}]
	END
	run run_load "$db" up
	[ "$status" -ne 0 ]
	grep -q "error 34540 (load-unit, downstream, high): '$db.hidden' is a system-versioned table" dm-load.err
	sql my "CREATE DATABASE IF NOT EXISTS $db CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; USE $db;
		CREATE TABLE hidden (id INT PRIMARY KEY, a INT, c VARCHAR(9) UNIQUE); CREATE TABLE keyless (a INT, b INT)"
	run_load "$db" up
	sql up "USE $db; UPDATE hidden SET a = a + 1; DELETE FROM hidden WHERE id = 2; DELETE FROM keyless WHERE a = 2"
	run_sync "$db" up --until caught-up
	assert_same_table up my "$db.hidden"
	assert_same_table up my "$db.keyless"
	sql up "CREATE TABLE $db.more (a INT) WITH SYSTEM VERSIONING"
	run run_sync "$db" up --until caught-up
	[ "$status" -ne 0 ]
	grep -q "error 36541 (sync-unit, downstream, high): startLocation: .*statement at .* is about a system-versioned table" dm-sync.err
}

# --- sequences ---

# The state of each of the database's sequences, and what its statement says.
sequences() {
	local name

	for name in $(sql "$1" "SELECT table_name FROM information_schema.tables WHERE table_schema = '$db' AND table_type = 'SEQUENCE' ORDER BY 1"); do
		sql "$1" "SELECT '$name', s.* FROM $db.$name s"
	done
}

@test "sequences are dumped, and followed" {
	sql up "CREATE DATABASE $db CHARACTER SET utf8mb4; USE $db; CREATE SEQUENCE z_plain; DO NEXTVAL(z_plain), NEXTVAL(z_plain);
		CREATE SEQUENCE odd START -7 INCREMENT -3 MINVALUE -1000 MAXVALUE 50 CACHE 5 CYCLE; DO NEXTVAL(odd), SETVAL(odd, -100);
		CREATE TABLE counted (id BIGINT PRIMARY KEY DEFAULT NEXTVAL(z_plain), a INT); INSERT INTO counted (a) VALUES (1), (2)"
	make_task up down
	assert_same_table up down "$db.counted"
	sequences up >want
	sequences down | diff want -
	[ "$(wc -l <want)" = 2 ]
	sql up "USE $db; INSERT INTO counted (a) VALUES (3); DO SETVAL(z_plain, 5000); INSERT INTO counted (a) VALUES (4);
		ALTER SEQUENCE odd RESTART -20 INCREMENT -4; CREATE SEQUENCE fresh START 10 NOCACHE; SELECT NEXTVAL(fresh); SELECT NEXTVAL(fresh);
		CREATE OR REPLACE SEQUENCE fresh START 30; SELECT NEXTVAL(fresh); RENAME TABLE fresh TO other; SELECT NEXTVAL(other);
		CREATE SEQUENCE gone; DO NEXTVAL(gone); DROP SEQUENCE gone; INSERT INTO odd VALUES (-33, -1000, 50, -7, -4, 5, 1, 2);
		SET binlog_row_image = MINIMAL; INSERT INTO counted (a) VALUES (5);
		BEGIN; INSERT INTO counted (a) SELECT seq FROM seq_1_to_1500; ROLLBACK; INSERT INTO counted (a) VALUES (6)" >sql.out
	run_sync "$db" up --until caught-up
	assert_same_table up down "$db.counted"
	sequences up >want
	sequences down | diff want -
	[ "$(wc -l <want)" = 3 ]
	[ "$(sql down "SELECT NEXTVAL($db.z_plain)")" -gt "$(sql down "SELECT MAX(id) FROM $db.counted")" ]
}

@test "a sequence's statements can be left out, and a downstream that has none says so" {
	sql up "CREATE DATABASE $db CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; CREATE TABLE $db.a (id INT PRIMARY KEY)"
	make_task up my
	sql up "USE $db; INSERT INTO a VALUES (1); CREATE SEQUENCE s; DO NEXTVAL(s); INSERT INTO a VALUES (2)"
	run run_sync "$db" up --until caught-up
	[ "$status" -ne 0 ]
	grep -q "error 36541 (sync-unit, downstream, high): startLocation: .*statement at .* is about a sequence" dm-sync.err
	sed -i "s/do-dbs: .*\]}}/do-dbs: [\"$db\"], ignore-tables: [{db-name: \"$db\", tbl-name: s}]}}/" "$db.yaml"
	run_sync "$db" up --until caught-up
	assert_same_table up my "$db.a"
	sql up "CREATE SEQUENCE $db.more"
	sed -i 's/^mysql-instances: .*/filters: {no-new: {schema-pattern: "*", table-pattern: "*", events: ["create table"], action: Ignore}}\nmysql-instances: [{source-id: up, block-allow-list: own, filter-rules: [no-new]}]/' "$db.yaml"
	run_sync "$db" up --until caught-up
	sql my "DROP DATABASE $db"
	sed -i '/^filters/d; s/, filter-rules: .no-new.//; s/, ignore-tables: .*\]}}/}}/' "$db.yaml"
	sed -i "s/^name: .*/name: \"${db}_again\"/" "$db.yaml"
	run run_load "$db" up
	[ "$status" -ne 0 ]
	grep -q "error 34540 (load-unit, downstream, high): '$db.more' is a sequence" dm-load.err
}
