#!/usr/bin/env bats
# Row images that are not whole, through the whole pipeline: MINIMAL and NOBLOB sessions, partial updates of JSON.
# shellcheck disable=SC2154,SC2034 # variables of the helpers

setup_file() {
	load lib
	start_servers maria=mariadb my=mysql down-maria=mariadb down-my=mysql
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

# replicate UP DOWN: what UP did since its task was made; the first time makes the task, at UP's place now.
replicate() {
	local task=${db}_$1_$2

	[ -e "$task.yaml" ] || {
		source_file "$1" "$1"
		task_file "$task" <<-END
			task-mode: all
			$(target "$2")
			block-allow-list: {own: {do-dbs: ["$db"]}}
			mysql-instances: [{source-id: $1, block-allow-list: own}]
		END
		run_load "$task" "$1"
	}
	run_sync "$task" "$1" --until caught-up
}

# Every pair of servers that a test has to do with; $pairs is set by it.
each_pair() {
	local pair

	for pair in $pairs; do
		"$1" "${pair%:*}" "${pair#*:}" || { echo "with $pair"; return 1; }
	done
}

clean() {
	local name

	for name in maria my down-maria down-my; do
		sql "$name" "DROP DATABASE IF EXISTS $db"
	done
}

make_images() {
	sql "$1" "CREATE DATABASE $db CHARACTER SET utf8mb4; USE $db;
		CREATE TABLE keyed (id INT PRIMARY KEY, a INT, b VARCHAR(20) NOT NULL DEFAULT 'none', c TEXT, d BLOB, n INT DEFAULT 5,
			t TIMESTAMP NULL DEFAULT NULL, g INT AS (a + 1) STORED, v INT AS (a + 2) VIRTUAL,
			auto_t DATETIME(3) DEFAULT '2020-01-01' ON UPDATE CURRENT_TIMESTAMP(3));
		CREATE TABLE by_unique (u VARCHAR(10) NOT NULL UNIQUE, a INT, c TEXT);
		CREATE TABLE two_keys (id INT PRIMARY KEY, u INT UNIQUE, a INT, e DECIMAL(8,2) NOT NULL DEFAULT 0);
		CREATE TABLE keyless (a INT, b VARCHAR(10), c TEXT, n INT DEFAULT 7);
		INSERT INTO keyed (id, a, b, c, d) VALUES (1, 1, 'one', 'text', 'blob'), (2, NULL, 'two', NULL, NULL), (3, 3, 'x', '', '');
		INSERT INTO by_unique VALUES ('k1', 1, 'one'), ('k2', 2, 'two');
		INSERT INTO two_keys VALUES (1, 10, 1, 1), (2, NULL, 2, 2);
		INSERT INTO keyless VALUES (1, 'a', 'x', 1), (1, 'a', 'x', 1), (2, NULL, NULL, NULL), (1, 'A', 'x', 1)"
}

change_images() {
	sql "$1" "USE $db;
		SET SESSION binlog_row_image = MINIMAL;
		UPDATE keyed SET a = 10 WHERE id = 1;
		UPDATE keyed SET a = NULL, c = 'long text' WHERE id IN (1, 3);
		INSERT INTO keyed (id) VALUES (4); INSERT INTO keyed (id, c) VALUES (5, 'c'), (6, NULL);
		UPDATE keyed SET id = 40, b = '' WHERE id = 4;
		INSERT INTO keyed (id, a) VALUES (5, 1) ON DUPLICATE KEY UPDATE a = 55, d = 'dup';
		SET SESSION binlog_row_image = FULL;
		UPDATE keyed SET b = 'full' WHERE id = 2;
		SET SESSION binlog_row_image = NOBLOB;
		UPDATE keyed SET n = 9, t = '2021-02-03 04:05:06' WHERE id = 2; UPDATE keyed SET d = 'new' WHERE id = 2;
		INSERT INTO keyed (id, a) VALUES (7, 7); UPDATE by_unique SET a = 9 WHERE u = 'k1'; DELETE FROM keyed WHERE id = 6;
		SET SESSION binlog_row_image = MINIMAL;
		UPDATE by_unique SET u = 'k3' WHERE u = 'k2'; UPDATE by_unique SET c = NULL WHERE u = 'k3'; DELETE FROM by_unique WHERE u = 'k1';
		UPDATE two_keys SET u = 11 WHERE id = 1; UPDATE two_keys SET id = 3 WHERE id = 2; INSERT INTO two_keys (id, u) VALUES (4, 40);
		BEGIN; UPDATE keyed SET a = a + 1; UPDATE keyed SET auto_t = auto_t, a = 77 WHERE id = 1; DELETE FROM keyed WHERE id = 3; COMMIT;
		UPDATE keyless SET n = 2 WHERE b = 'A' COLLATE utf8mb4_bin; DELETE FROM keyless WHERE b = 'a' COLLATE utf8mb4_bin LIMIT 1;
		INSERT INTO keyless (b) VALUES ('def'); INSERT INTO keyless VALUES (); UPDATE keyless SET c = 'set' WHERE a = 2;
		SET SESSION binlog_row_image = NOBLOB; UPDATE keyless SET a = 3 WHERE a = 2; DELETE FROM keyless WHERE b = 'def'"
}

# log_of UP: its log from $start on holds what the test is about.
log_of() {
	dm-relay -u root --socket "$(socket "$1")" --start "$start" --until caught-up 2>/dev/null
}

head_of() {
	sql "$1" "SHOW $([ "$1" = my ] && echo 'BINARY LOG' || echo MASTER) STATUS" |
		awk '{ print $1 ":" $2 }'
}

check_images() {
	clean
	make_images "$1"
	replicate "$1" "$2"
	start=$(head_of "$1")
	change_images "$1"
	[ "$(log_of "$1" | grep -cE '"(cols|before|after)":\[')" -ge 20 ]
	replicate "$1" "$2"
	for table in keyed by_unique two_keys keyless; do
		assert_same_table "$1" "$2" "$db.$table"
	done
	rm -f ./*.yaml
}

@test "AT-12: MINIMAL and NOBLOB among FULL change the columns that changed, and no others" {
	pairs="maria:down-maria maria:down-my my:down-maria my:down-my"
	each_pair check_images
}

make_json() {
	sql "$1" "CREATE DATABASE $db CHARACTER SET utf8mb4; USE $db;
		CREATE TABLE keyed (id INT PRIMARY KEY, j JSON, x INT, k JSON);
		CREATE TABLE keyless (a INT, j JSON);
		INSERT INTO keyed VALUES (1, '{\"a\": 1, \"b\": [1, 2, 3], \"k \\\\\\\\ q\": {\"é\": \"x\"}, \"pad\": \"$(printf %0200d 0)\"}', 1,
			'[1, [2, \"$(printf %0100d 0)\"], {\"z\": null}]'), (2, NULL, 2, '[]');
		INSERT INTO keyless VALUES (1, '{\"a\": [1], \"pad\": \"$(printf %0100d 0)\"}')"
}

# Both with the documents before the change in the log and without them.
change_json() {
	for image in FULL MINIMAL NOBLOB; do
		sql "$1" "USE $db; SET SESSION binlog_row_image = $image, binlog_row_value_options = PARTIAL_JSON;
			UPDATE keyed SET j = JSON_SET(j, '\$.a', 2.5, '\$.new', JSON_OBJECT('q', CAST('1.0' AS JSON))) WHERE id = 1;
			UPDATE keyed SET j = JSON_REPLACE(j, '\$.b[1]', TRUE, '\$.\"k \\\\\\\\\\\\\\\\ q\".é', 'it''s \"q\"'), x = x + 1;
			UPDATE keyed SET k = JSON_SET(k, '\$[9]', 'end', '\$[1][0]', NULL, '\$[1][7]', JSON_ARRAY()) WHERE id = 1;
			UPDATE keyed SET j = JSON_REMOVE(j, '\$.new', '\$.b[0]'), k = JSON_REMOVE(k, '\$[0]') WHERE id = 1;
			UPDATE keyed SET j = JSON_SET(j, '\$.b[0]', '$image'), id = 3 WHERE id = 1; UPDATE keyed SET id = 1 WHERE id = 3;
			UPDATE keyed SET j = JSON_SET(JSON_REMOVE(j, '\$.a'), '\$.a', 1), x = NULL WHERE id = 1; UPDATE keyed SET x = 5;
			UPDATE keyed SET j = JSON_SET(k, '\$[0]', 1) WHERE id = 2; UPDATE keyed SET j = NULL WHERE id = 2;
			UPDATE keyed SET j = JSON_SET(j, '\$.b', JSON_ARRAY(1, 2, 3)), k = JSON_ARRAY(1, JSON_ARRAY(2, REPEAT('0', 100))) WHERE id = 1;
			UPDATE keyless SET j = JSON_SET(j, '\$.a[0]', '$image', '\$.a[1]', 1)"
	done
}

# Documents are compared as MySQL reads them: the order of keys is each server's own.
assert_same_json() {
	local table

	for table in keyed keyless; do
		rows "$1" "$db.$table" >want
		rows "$2" "$db.$table" >got
		[ "$2" = down-my ] || {
			sql down-my "DROP DATABASE IF EXISTS ${db}_cmp; CREATE DATABASE ${db}_cmp"
			sql "$1" "SHOW CREATE TABLE $db.$table" | cut -f2- | sed 's/\\n/ /g' >create
			sql down-my "USE ${db}_cmp; $(cat create)"
			mariadb-dump --no-defaults -uroot --socket="$(socket "$2")" --default-character-set=utf8mb4 --no-create-info --compact \
				"$db" "$table" | sql_in down-my "${db}_cmp"
			rows down-my "${db}_cmp.$table" >got
		}
		diff want got || return 1
	done
}

sql_in() {
	mariadb --no-defaults --default-character-set=utf8mb4 -N -B -uroot --socket="$(socket "$1")" "$2"
}

check_json() {
	clean
	make_json "$1"
	replicate "$1" "$2"
	start=$(head_of "$1")
	change_json "$1"
	[ "$(log_of "$1" | grep -c '"json_diff":\[{')" -ge 15 ]
	replicate "$1" "$2"
	assert_same_json "$1" "$2"
	rm -f ./*.yaml
}

@test "AT-13: partial updates of JSON are applied to the documents downstream" {
	pairs="my:down-my my:down-maria"
	each_pair check_json
}

# A kept log of a server that is not here: FULL_NODUP, and rows without the columns that are generated.
@test "MariaDB 11.8's images are applied" {
	sql down-maria "CREATE DATABASE IF NOT EXISTS bf_t CHARACTER SET utf8mb4"
	dm-relay "$DM_ROOT/tests/data/binlogs/mariadb-11.8.9/mysql-bin.000013" | awk '/"sv"/ { exit } { print }' >lines
	[ "$(grep -c '"table":"gc".*"before":\[0,1,4,5\]' lines)" -eq 1 ]
	[ "$(grep -c '"table":"im".*"after":\[1\]' lines)" -eq 1 ]
	echo '{"type":"end","reason":"complete"}' >>lines
	run_tool dm-sync -u root --socket "$(socket down-maria)" --task "$db" -s s <lines
	assert_status 0
	[ "$(rows down-maria bf_t.im id,a,b,c | tr '\t\n' ' ;')" = "1 10 z new;3 3 NULL NULL;" ]
	[ "$(sql down-maria "SELECT COUNT(*) FROM bf_t.gc")" = 0 ]
}
