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
