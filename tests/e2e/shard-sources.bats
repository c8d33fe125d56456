#!/usr/bin/env bats
# shard-sources.bats - a merged task as its operator lives with it: sources that pause, stop, come, go and move to another server.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016 # variables of the helpers, and conditions that they evaluate

load shard
load shards

setup_file() {
	load lib
	start_servers s1=mariadb s2=mysql down=mariadb
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	export DM_BACKOFF_MAX=1
	db=u$BATS_TEST_NUMBER
}

teardown() {
	shard_teardown
}

# begin MODE COLUMNS: both sources of the task at work under the driver.
begin() {
	shards "$1" "$2" "${3:-}"
	dm operate-source create s1.yaml s2.yaml >/dev/null
	dm start-task t.yaml >/dev/null
	settle s1 s2
}

locks() {
	dm show-ddl-locks t | jq -c "$1"
}

no_locks() {
	[ "$(locks .msg)" = '"no DDL lock exists"' ]
}

# stage SOURCE: "Running"
stage() {
	dm query-status t | jq -r ".sources[] | select(.sourceStatus.source == \"$1\").subTaskStatus[0].stage"
}

# alter STATEMENT-END SOURCE.TABLE ...: on each of these.
alter() {
	local n

	for n in "${@:2}"; do
		sql "${n%%.*}" "ALTER TABLE $db.${n#*.} $1"
	done
}

# The task file without a source.
without() {
	sed "/source-id: $1/d" t.yaml
}

loaded_first() {
	sed -i 's/^task-mode: .*/task-mode: all/; s/, meta: {[^}]*}//' t.yaml
}

@test "a source that leaves its groups while its rows wait has them when it is back" {
	begin pessimistic 'id INT PRIMARY KEY, v VARCHAR(20)'
	sql s1 "INSERT INTO $db.t1 VALUES (1, 'a'); ALTER TABLE $db.t1 ADD n INT; INSERT INTO $db.t1 VALUES (2, 'b', 2)"
	sql s2 "INSERT INTO $db.t1 VALUES (201, 'a')"
	settle s1 s2
	dm stop-task -s s1 t >/dev/null
	dm-meta lock leave -c t.yaml -s s1
	sql s2 "ALTER TABLE $db.t1 ADD n INT; ALTER TABLE $db.t2 ADD n INT; INSERT INTO $db.t2 VALUES (302, 'b', 3)"
	wait_until 30 'has_column n && [ "$(count)" = 3 ]'
	sql s1 "INSERT INTO $db.t1 VALUES (3, 'b', 2); ALTER TABLE $db.t2 ADD n INT; INSERT INTO $db.t2 VALUES (102, 'c', 3)"
	dm start-task -s s1 t.yaml >/dev/null
	wait_until 30 '[ "$(count)" = 6 ]'
	settle s1 s2
	assert_all_merged
	dm stop-task t >/dev/null
}

# MODE: one source is paused; what it misses comes when it is resumed, and the others have waited for it only where they must.
paused() {
	begin "$1" 'id INT PRIMARY KEY, a INT, v VARCHAR(20)'
	sql s1 "INSERT INTO $db.t1 VALUES (1, 1, 'a'); INSERT INTO $db.t2 VALUES (101, 1, 'a')"
	sql s2 "INSERT INTO $db.t1 VALUES (201, 1, 'a'); INSERT INTO $db.t2 VALUES (301, 1, 'a')"
	settle s1 s2
	dm pause-task -s s2 t >/dev/null
	[ "$(stage s1)/$(stage s2)" = Running/Paused ]
	alter "CHANGE a b BIGINT" s1.t1 s1.t2 s2.t1
	sql s1 "INSERT INTO $db.t1 VALUES (2, 2, 'b'); UPDATE $db.t2 SET b = 7"
	sql s2 "INSERT INTO $db.t1 VALUES (202, 2, 'b'); INSERT INTO $db.t2 VALUES (302, 2, 'b')"
	settle s1
	has_column a
	[ "$(count)" -eq 4 ]
	[ "$(stage s1)" = Running ]
	dm resume-task -s s2 t >/dev/null
	settle s2
	has_column a
	alter "CHANGE a b BIGINT" s2.t2
	wait_until 30 'has_column b && [ "$(count)" = 7 ]'
	settle s1 s2
	assert_all_merged
	no_locks
	dm stop-task t >/dev/null
}

@test "a source is paused while others wait for it, and resumed: pessimistic" {
	paused pessimistic
}

@test "a source is paused while others wait for it, and resumed: optimistic" {
	paused optimistic
}

# MODE: the task gets a second source, with its rows, while a table of the first waits.
added() {
	shards "$1" 'id INT PRIMARY KEY, a INT'
	loaded_first
	sql s1 "INSERT INTO $db.t1 VALUES (1, 1); INSERT INTO $db.t2 VALUES (101, 1)"
	sql s2 "INSERT INTO $db.t1 VALUES (201, 1); INSERT INTO $db.t2 VALUES (301, 1)"
	dm operate-source create s1.yaml s2.yaml >/dev/null
	cp t.yaml both.yaml
	without s2 >one.yaml
	dm start-task one.yaml >/dev/null
	settle s1
	alter "CHANGE a b BIGINT" s1.t1
	sql s1 "INSERT INTO $db.t1 VALUES (2, 2)"
	settle s1
	dm start-task -s s2 both.yaml >/dev/null
	settle s1 s2
	[ "$(count)" -eq 4 ]
	alter "CHANGE a b BIGINT" s1.t2
	sql s1 "INSERT INTO $db.t2 VALUES (102, 2)"
	settle s1
	has_column a	# the new tables count
	alter "CHANGE a b BIGINT" s2.t1 s2.t2
	sql s2 "INSERT INTO $db.t2 VALUES (302, 2)"
	wait_until 30 'has_column b && [ "$(count)" = 7 ]'
	settle s1 s2
	assert_all_merged
	no_locks
	dm stop-task t >/dev/null
}

@test "a source is added to a task that runs, while a table waits: pessimistic" {
	added pessimistic
}

@test "a source is added to a task that runs, while a table waits: optimistic" {
	added optimistic
}

# DM lets the tables of a stopped source leave the lock, so that the others drop what its rows still have. Here they are waited for, and
# lose nothing; whoever wants them to leave says so.
@test "STOP_TASK_FOR_A_SOURCE: its tables are waited for until it is back, or until an operator lets them leave" {
	begin optimistic 'id INT PRIMARY KEY, b INT'
	for n in s1 s2; do sql $n "INSERT INTO $db.t1 VALUES (${n#s}1, 1); INSERT INTO $db.t2 VALUES (${n#s}2, 2)"; done
	settle s1 s2
	dm stop-task -s s2 t >/dev/null
	[ "$(dm query-status t | jq -c '[.sources[].sourceStatus.source]')" = '["s1"]' ]
	alter "DROP b" s1.t1 s1.t2
	sql s1 "INSERT INTO $db.t1 VALUES (13); INSERT INTO $db.t2 VALUES (14)"
	sql s2 "INSERT INTO $db.t1 VALUES (23, 3)"
	settle s1
	has_column b
	[ "$(count 'WHERE b IS NOT NULL')" -ge 2 ]
	dm start-task -s s2 t.yaml >/dev/null
	settle s2
	[ "$(count 'WHERE id = 23 AND b = 3')" -eq 1 ]
	alter "DROP b" s2.t1 s2.t2
	sql s2 "INSERT INTO $db.t2 VALUES (24)"
	wait_until 30 'no_column b && [ "$(count)" = 8 ]'
	assert_all_merged
	# the same with leaving
	alter "ADD c INT" s1.t1 s1.t2 s2.t1 s2.t2
	sql s2 "UPDATE $db.t1 SET c = 5"
	settle s1 s2
	dm stop-task -s s2 t >/dev/null
	dm-meta lock leave -c t.yaml -s s2
	alter "DROP c" s1.t1 s1.t2
	settle s1
	wait_until 30 'no_column c'
	no_locks
	sql s2 "INSERT INTO $db.t1 VALUES (25, 7)"
	dm start-task -s s2 t.yaml >/dev/null
	settle s2
	grep -q "was away while others dropped column 'c' of '$db.t'" "$DM_HOME/tasks/t/s2/log"
	[ "$(count 'WHERE id = 25 AND c = 7')" -eq 1 ]
	alter "DROP c" s2.t1 s2.t2
	wait_until 30 'no_column c'
	settle s1 s2
	assert_all_merged
	dm stop-task t >/dev/null
}
