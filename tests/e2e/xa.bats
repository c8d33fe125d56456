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

teardown() {
	local mode

	[ -z "${pipeline-}" ] || kill -KILL -- "-$pipeline" 2>/dev/null || :
	for mode in ${modes_back-}; do
		sql my_up "SET GLOBAL gtid_mode = $mode"
	done
}

# prepare UP ENABLE-GTID: none: the server writes none. The same tables at both ends, and a task that starts here.
prepare() {
	up=$1 down=down db=x$BATS_TEST_NUMBER
	[ -e "$(socket "$up")" ] || skip "there is no MySQL"
	for server in "$up" "$down"; do
		sql "$server" "CREATE DATABASE $db CHARACTER SET utf8mb4;
			CREATE TABLE $db.keyed (id INT PRIMARY KEY, v VARCHAR(500)); CREATE TABLE $db.keyless (x INT, y INT)"
	done
	read -r log pos _ < <(sql "$up" 'SHOW MASTER STATUS' 2>/dev/null || sql "$up" 'SHOW BINARY LOG STATUS')
	gtid=$(sql "$up" 'SELECT @@gtid_binlog_pos' 2>/dev/null || sql "$up" 'SELECT @@gtid_executed')
	[ "$2" != none ] || gtid=
	source_file "$up" s "enable-gtid: ${2/none/false}"
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

# catch_up [OPTION ...]: $relay names a relay log to go through, where it is set.
catch_up() {
	if [ -n "${relay-}" ]; then
		dm-relay --pull --relay-dir "$relay" --until caught-up -S s.yaml -s s </dev/null
		set -- --relay-dir "$relay" "$@"
	fi
	run_sync t s --until caught-up "$@"
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
	[ -z "${restarts-}" ] || restart_server "$up"
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

@test "AT-11: XA transactions from MariaDB by GTID, over a restart of the server" {
	prepare up true
	restarts=1 from_run_to_run
}

@test "AT-11: XA transactions from MySQL by place, over a restart of the server" {
	prepare my_up false
	restarts=1 from_run_to_run
}

@test "AT-11: XA transactions from MySQL by GTID, compressed, from run to run" {
	prepare my_up true
	sql my_up "SET GLOBAL binlog_transaction_compression = 1"
	from_run_to_run
	sql my_up "SET GLOBAL binlog_transaction_compression = 0"
}

@test "XA transactions from MySQL without GTIDs, from run to run" {
	local mode

	[ -e "$(socket my_up)" ] || skip "there is no MySQL"
	modes_back='OFF_PERMISSIVE ON_PERMISSIVE ON'
	for mode in ON_PERMISSIVE OFF_PERMISSIVE OFF; do
		sql my_up "SET GLOBAL gtid_mode = $mode"
	done
	prepare my_up none
	from_run_to_run
	[ -z "$(document | tail -n 1 | jq -r '.gtid // ""')" ]
}

# A restart reads rows from before an ALTER whose structure a run before has seen behind it.
alter_behind_undecided() {
	xa one "INSERT INTO $db.keyed VALUES (10, 'xa')"
	sql "$up" "INSERT INTO $db.keyless VALUES (1, 1), (1, 1); INSERT INTO $db.keyed VALUES (1, 'a')"
	catch_up
	sql "$up" "INSERT INTO $db.keyless VALUES (1, 2);
		ALTER TABLE $db.keyless ADD COLUMN z VARCHAR(10) FIRST; INSERT INTO $db.keyless VALUES ('a', 2, 2), ('a', 2, 2);
		CREATE TABLE $db.gone (x INT); INSERT INTO $db.gone VALUES (1)"
	catch_up
	sql "$up" "INSERT INTO $db.keyless VALUES ('b', 3, 3); ALTER TABLE $db.keyless DROP COLUMN x; INSERT INTO $db.keyless VALUES ('b', 3); DROP TABLE $db.gone"
	catch_up
	decide one ROLLBACK
	sql "$up" "INSERT INTO $db.keyless VALUES ('c', 4)"
	catch_up
	assert_same
	[ "$(states)" -eq 0 ]
	! document | grep -q '"table":"gone"'
	sql "$up" "INSERT INTO $db.keyless VALUES ('d', 5)"
	catch_up
	assert_same
}

@test "structures belong to the place where a restart reads from, while an XA transaction is undecided: by place" {
	prepare up false
	sql up "SET GLOBAL binlog_row_metadata = NO_LOG"
	alter_behind_undecided
}

@test "structures belong to the place where a restart reads from, while an XA transaction is undecided: by GTID" {
	prepare my_up true
	sql my_up "SET GLOBAL binlog_row_metadata = MINIMAL"
	alter_behind_undecided
}

@test "XA transactions through a relay log, by GTID and by place" {
	prepare up true
	relay=$PWD/one from_run_to_run
	sql up "DROP DATABASE $db"
	sql down "DROP DATABASE $db; DROP DATABASE m_$db"
	prepare my_up false
	relay=$PWD/two from_run_to_run
}

# The pipeline in a process group of its own.
start_pipeline() {
	setsid bash -c 'c="-c t.yaml -s s -S s.yaml"
		dm-meta checkpoint get $c 2>>meta.err | dm-relay $c 2>>relay.err | dm-filter $c 2>>filter.err | dm-route $c 2>>route.err |
			dm-sync $c 2>>sync.err' pipeline 3>&- &
	pipeline=$!
}

# kill_in_pipeline TOOL: kills it, and waits until all others have ended, too.
kill_in_pipeline() {
	pkill -KILL -g "$pipeline" -x "$1"
	wait "$pipeline" || true
}

# Decided while the pipeline runs, and while it does not.
kill_and_decide() {
	local n tool

	sql "$up" "CREATE TABLE $db.mark (n INT)"
	for n in 1 2 3 4 5 6; do
		start_pipeline
		xa "$n" "INSERT INTO $db.keyless VALUES ($n, 0), ($n, 0); INSERT INTO $db.keyed VALUES ($n, 'xa')"
		sql "$up" "INSERT INTO $db.mark VALUES ($n), ($n)"
		wait_until 30 '[ "$(sql down "SELECT COUNT(*) FROM $db.mark" 2>/dev/null)" = $((n * 2)) ]'
		[ $((n % 3)) -ne 0 ] || decide $((n - 1)) COMMIT
		tool=$((n % 2))
		kill_in_pipeline "$([ $tool -eq 0 ] && echo dm-sync || echo dm-relay)"
		[ $((n % 3)) -ne 1 ] || decide "$n" COMMIT
	done
	catch_up
	assert_same
	decide 6 ROLLBACK
	decide 3 COMMIT
	catch_up
	assert_same
	[ "$(sql down "SELECT COUNT(*) FROM $db.keyless")" -eq 10 ]
}

@test "dm-relay and dm-sync killed while XA transactions are undecided: every row once, by place" {
	prepare up false
	kill_and_decide
}

@test "dm-relay and dm-sync killed while XA transactions are undecided: every row once, by GTID" {
	prepare my_up true
	kill_and_decide
}

@test "an upstream that restarts while an XA transaction is undecided: the pipeline goes on, and has its rows" {
	prepare up true
	start_pipeline
	xa one "INSERT INTO $db.keyless VALUES (1, 1)"
	sql up "INSERT INTO $db.keyless VALUES (2, 2)"
	wait_until 30 '[ "$(sql down "SELECT COUNT(*) FROM $db.keyless")" = 1 ]'
	restart_server up
	decide one COMMIT
	wait_until 30 '[ "$(sql down "SELECT COUNT(*) FROM $db.keyless")" = 2 ]'
	grep -q 'trying again in' relay.err
	kill -TERM -- "-$pipeline"
	wait "$pipeline" || true
	assert_same
}

@test "an XA transaction that is large waits in a file, which leaves nothing behind" {
	prepare up false
	mkdir tmp
	xa small "INSERT INTO $db.keyless VALUES (1, 1)"
	TMPDIR=/nonexistent catch_up
	xa large "INSERT INTO $db.keyed SELECT seq, REPEAT(CHAR(65 + seq % 26), 450) FROM $db.seq_1_to_5000; UPDATE $db.keyed SET v = CONCAT(v, id) WHERE id > 4000"
	run_tool dm-relay -S s.yaml -s s --until caught-up --start "$log:$pos" </dev/null
	assert_status 0
	TMPDIR=/nonexistent run_tool dm-relay -S s.yaml -s s --until caught-up --start "$log:$pos" </dev/null
	assert_status 74
	assert_err "cannot make a file to hold an XA transaction in '/nonexistent'"
	TMPDIR=$PWD/tmp catch_up
	assert_same
	decide large COMMIT
	decide small COMMIT
	TMPDIR=$PWD/tmp catch_up
	assert_same
	[ "$(sql down "SELECT COUNT(*) FROM $db.keyed")" -eq 5000 ]
	[ -z "$(ls -A tmp)" ]
}

@test "an XA COMMIT behind a start that lies behind its XA PREPARE is an error, an XA ROLLBACK is not" {
	prepare up false
	xa one "INSERT INTO $db.keyed VALUES (1, 'a')"
	xa two "INSERT INTO $db.keyed VALUES (2, 'a')"
	read -r log pos _ < <(sql up 'SHOW MASTER STATUS')
	decide two ROLLBACK
	run_tool dm-relay -S s.yaml -s s --until caught-up --start "$log:$pos" </dev/null
	assert_status 0
	decide one COMMIT
	run_tool dm-relay -S s.yaml -s s --until caught-up --start "$log:$pos" </dev/null
	assert_status 65
	assert_error 30530
	assert_err "$log:"
	assert_err "XA transaction X'$(printf %s "$db-one" | od -An -v -tx1 | tr -d ' \n')',X'62',5 is committed here"
}

@test "a dump does not start while XA transactions are prepared, since their rows would be lost" {
	prepare up false
	sed -i 's/task-mode: incremental/task-mode: all/' t.yaml
	xa one "INSERT INTO $db.keyed VALUES (1, 'a')"
	run_tool dm-dump -c t.yaml -s s -S s.yaml </dev/null
	assert_status 75
	assert_error 34530
	assert_err "X'$(printf %s "$db-one" | od -An -v -tx1 | tr -d ' \n')',X'62',5"
	sed -i 's/task-mode: all/task-mode: full/' t.yaml
	run_tool dm-dump -c t.yaml -s s -S s.yaml </dev/null
	assert_status 0
	assert_err "warning: "
	decide one COMMIT
	sed -i 's/task-mode: full/task-mode: all/' t.yaml
	run_tool dm-dump -c t.yaml -s s -S s.yaml </dev/null
	assert_status 0
}

@test "a checkpoint that is moved while XA transactions are undecided forgets them, and is safe as far as all was applied" {
	prepare up true
	sql up "INSERT INTO $db.keyed VALUES (1, 'a')"
	xa one "INSERT INTO $db.keyed VALUES (10, 'xa')"
	sql up "INSERT INTO $db.keyed VALUES (2, 'b')"
	catch_up
	applied=$(dm-meta checkpoint show -c t.yaml -s s -S s.yaml | awk '$1 == "applied" { print $2 }')
	# with the command
	dm-meta checkpoint set "$log:$pos" -c t.yaml -s s -S s.yaml
	[ "$(states)" -eq 0 ]
	[ "$(document | tail -n 1 | jq -r .pos_end)" = "$applied" ]
	catch_up
	assert_same
	[ "$(states)" -eq 2 ]
	# by hand, in the table
	sql down "UPDATE m_$db.t_syncer_checkpoint SET binlog_name = '$log', binlog_pos = $pos WHERE is_global"
	[ "$(document | tail -n 1 | jq -r .pos_end)" = "$applied" ]
	decide one COMMIT
	catch_up
	assert_same
	[ "$(states)" -eq 0 ]
}
