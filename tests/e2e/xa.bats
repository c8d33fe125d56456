#!/usr/bin/env bats
# xa.bats - XA transactions: their rows arrive when they are committed, and once, whatever happens in between.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016 # variables of the helpers

setup_file() {
	load lib
	start_servers up=mariadb down=mariadb
	start_servers my_up=mysql || rm -f "$BATS_FILE_TMPDIR/missing"
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	RANDOM=${SEED:=$RANDOM}
	echo "SEED=$SEED"
}

# prepare UP ENABLE-GTID: the same tables at both ends, and a task that starts here.
prepare() {
	up=$1 down=down db=x$BATS_TEST_NUMBER
	[ -e "$(socket "$up")" ] || skip "there is no MySQL"
	for server in "$up" "$down"; do
		sql "$server" "CREATE DATABASE $db CHARACTER SET utf8mb4;
			CREATE TABLE $db.keyed (id INT PRIMARY KEY, v VARCHAR(500)); CREATE TABLE $db.keyless (x INT, y INT)"
	done
	read -r log pos _ < <(sql "$up" 'SHOW MASTER STATUS' 2>/dev/null || sql "$up" 'SHOW BINARY LOG STATUS')
	gtid=$(sql "$up" 'SELECT @@gtid_binlog_pos' 2>/dev/null || sql "$up" 'SELECT @@gtid_executed')
	source_file "$up" s "enable-gtid: $2"
	task_file t <<-END
		task-mode: incremental
		meta-schema: m_$db
		$(target "$down")
		mysql-instances: [{source-id: s, meta: {binlog-name: $log, binlog-pos: $pos, binlog-gtid: "$gtid"}, block-allow-list: x}]
		block-allow-list: {x: {do-dbs: ["$db"]}}
	END
}

# xa NAME STATEMENT ...: prepares; the session goes away, the transaction stays.
xa() {
	sql "$up" "XA START '$db-$1', 'b', 5; $2; XA END '$db-$1', 'b', 5; XA PREPARE '$db-$1', 'b', 5"
}

decide() {
	sql "$up" "XA $2 '$db-$1', 'b', 5"
}

catch_up() {
	run_sync t s --until caught-up "$@" || { tail -n 3 dm-*.err; tail -n 20 errs; return 1; }
}

assert_same() {
	local name

	for name in $(sql "$up" "SELECT table_name FROM information_schema.tables WHERE table_schema = '$db'"); do
		assert_same_table "$up" "$down" "$db.$name"
	done
}

document() {
	dm-meta checkpoint get -c t.yaml -s s -S s.yaml
}

# How many state lines there are that belong to undecided ones.
states() {
	sql "$down" "SELECT COUNT(*) FROM m_$db.t_state WHERE (stage = 'dm-sync' AND state_key = 'applied') OR
		(stage = 'dm-relay' AND state_key = 'xa')"
}

# One run after the other: each starts from the checkpoint of the one before.
from_run_to_run() {
	local place applied

	# prepared, with other transactions and a DDL around it
	sql "$up" "INSERT INTO $db.keyed VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO $db.keyless VALUES (1, 1), (1, 1)"
	xa one "INSERT INTO $db.keyed VALUES (10, 'xa'); UPDATE $db.keyed SET v = 'xa' WHERE id = 2; INSERT INTO $db.keyless VALUES (2, 2), (2, 2)"
	sql "$up" "CREATE TABLE $db.other (id INT PRIMARY KEY); INSERT INTO $db.other VALUES (1); INSERT INTO $db.keyless VALUES (3, 3), (3, 3)"
	catch_up
	assert_same
	[ "$(states)" -eq 2 ]
	place=$(document | tail -n 1 | jq -r .pos)
	applied=$(dm-meta checkpoint show -c t.yaml -s s -S s.yaml | awk '$1 == "applied" { print $2 }')
	[ "${place##*:}" -lt "${applied##*:}" ]

	# nothing new: the place it reads from, and how far it is, stay
	catch_up
	assert_same
	[ "$(document | tail -n 1 | jq -r .pos)" = "$place" ]

	# a second one; what lies behind the first one was applied, and is not again
	sql "$up" "UPDATE $db.keyed SET v = CONCAT(v, v) WHERE id = 3; INSERT INTO $db.keyless VALUES (3, 4)"
	xa two "DELETE FROM $db.keyed WHERE id = 1"
	sql "$up" "INSERT INTO $db.keyless VALUES (4, 4)"
	catch_up
	assert_same
	[ "$(document | tail -n 1 | jq -r .pos)" = "$place" ]

	# the newer one goes first, and its name is used again
	decide two ROLLBACK
	xa two "INSERT INTO $db.keyless VALUES (5, 5)"
	sql "$up" "FLUSH BINARY LOGS; ALTER TABLE $db.other ADD COLUMN v INT; INSERT INTO $db.other VALUES (2, 2)"
	restart_server "$up"
	catch_up
	assert_same
	decide one COMMIT
	sql "$up" "XA START '$db-3'; INSERT INTO $db.keyless VALUES (6, 6); XA END '$db-3'; XA COMMIT '$db-3' ONE PHASE"
	catch_up
	assert_same
	[ "$(sql "$down" "SELECT COUNT(*) FROM $db.keyed WHERE v = 'xa'")" -eq 2 ]
	[ "$(document | tail -n 1 | jq -r .pos)" != "$place" ]

	# between two runs
	decide two COMMIT
	xa four "INSERT INTO $db.keyless VALUES (7, 7)"
	decide four COMMIT
	xa five "INSERT INTO $db.keyless VALUES (8, 8)"
	decide five ROLLBACK
	catch_up
	assert_same
	[ "$(states)" -eq 0 ]
}

@test "AT-11: XA transactions from MariaDB by place, from run to run" {
	prepare up false
	from_run_to_run
}

@test "AT-11: XA transactions from MariaDB by GTID, from run to run" {
	prepare up true
	from_run_to_run
}

@test "AT-11: XA transactions from MySQL by place, from run to run" {
	prepare my_up false
	from_run_to_run
}

@test "AT-11: XA transactions from MySQL by GTID, from run to run" {
	prepare my_up true
	from_run_to_run
}
