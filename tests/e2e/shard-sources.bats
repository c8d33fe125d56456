#!/usr/bin/env bats
# shard-sources.bats - a merged task as its operator lives with it: sources that pause, stop, come, go and move to another server.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016 # variables of the helpers, and conditions that they evaluate

load shard
load shards

setup_file() {
	load lib
	start_servers s1=mariadb s2=mysql s2b=mysql down=mariadb
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

locks() {
	dm show-ddl-locks t | jq -c "$1"
}

# stage SOURCE: "Running"
stage() {
	subtask "$1" .stage
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
	# Its load is held up, and it counts from before that.
	lock_table
	dm start-task -s s2 both.yaml >/dev/null
	wait_until 30 'dm query-status t | jq -e ".sources[1].subTaskStatus[0].unit == \"Load\""'
	alter "CHANGE a b BIGINT" s1.t2
	sql s1 "INSERT INTO $db.t2 VALUES (102, 2)"
	sql s1 "INSERT INTO $db.beside_s1 (v) VALUES (-1)"
	wait_until 30 '[ "$(sql down "SELECT COUNT(*) FROM $db.beside_s1 WHERE v = -1")" = 1 ]'
	free_table
	wait_until 30 '[ "$(count)" = 4 ]'
	settle s1
	has_column a
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

# Two schemas on each source, of which the second is left out for a while. DM meets 1054 when it is back, until a column that the others
# have dropped is added by hand; here the target gets it back by itself.
@test "UpdateBARule, UPDATE_BA_ROUTE: schemas that the task's rules want no more leave their groups, and come back" {
	begin optimistic 'id INT PRIMARY KEY, b INT'
	for n in s1 s2; do
		sql $n "INSERT INTO $db.t1 VALUES (${n#s}1, 1); INSERT INTO $db.t2 VALUES (${n#s}2, 2); CREATE DATABASE ${db}_more; CREATE TABLE ${db}_more.t3 LIKE $db.t1;
			INSERT INTO ${db}_more.t3 VALUES (${n#s}3, 3)"
	done
	settle s1 s2
	dm stop-task t >/dev/null
	sed -i "s/do-dbs: .*/do-dbs: [\"$db\", \"${db}_more\"]}}/; s/schema-pattern: \"$db\"/schema-pattern: \"$db*\"/" t.yaml
	cp t.yaml wide.yaml
	dm start-task t.yaml >/dev/null
	for n in s1 s2; do sql $n "INSERT INTO ${db}_more.t3 VALUES (${n#s}4, 4)"; done
	settle s1 s2	# the structure is learnt with the first row, before it changes
	# they wait, in one schema, and in the other
	sql s1 "ALTER TABLE ${db}_more.t3 CHANGE b c INT"
	alter "DROP b" s1.t1 s2.t1
	settle s1 s2
	wait_until 30 '[ "$(count)" = 6 ]'
	has_column b
	no_column c
	[ "$(locks '.locks | length')" -eq 1 ]
	dm stop-task t >/dev/null
	# UpdateBARule: the schema is no longer wanted. UPDATE_BA_ROUTE: it has no route, either.
	sed -i "s/do-dbs: .*/do-dbs: [\"$db\"]}}/; s/schema-pattern: \"$db\*\"/schema-pattern: \"$db\"/" t.yaml
	dm start-task t.yaml >/dev/null
	alter "DROP b" s1.t2 s2.t2
	wait_until 30 'no_column b'
	sql s1 "INSERT INTO $db.t1 VALUES (15); INSERT INTO ${db}_more.t3 VALUES (16, 6)"
	settle s1 s2
	no_locks
	[ "$(count)" -eq 7 ]
	dm stop-task t >/dev/null
	cp wide.yaml t.yaml
	dm start-task t.yaml >/dev/null
	sql s1 "INSERT INTO ${db}_more.t3 VALUES (17, 7)"
	sql s2 "INSERT INTO ${db}_more.t3 VALUES (27, 7)"
	settle s1 s2
	wait_until 30 '[ "$(count)" = 9 ]'
	[ "$(sql down "SELECT c FROM $db.t WHERE id = 17")/$(sql down "SELECT b FROM $db.t WHERE id = 27")" = 7/7 ]
	for n in s1 s2; do sql $n "ALTER TABLE ${db}_more.t3 ADD e INT; UPDATE ${db}_more.t3 SET e = id WHERE id % 10 = 7"; done
	alter "ADD e INT" s1.t1 s1.t2 s2.t1 s2.t2
	settle s1 s2
	wait_until 30 '[ "$(count "WHERE e = id")" = 2 ]'
	dm stop-task t >/dev/null
}

# Four structures, (a), (a, b), (a, c) and (a, b, c), and a target that has all.
different() {
	shards optimistic 'a INT PRIMARY KEY, b INT, c INT'
	alter "DROP b, DROP c" s1.t1
	alter "DROP c" s1.t2
	alter "DROP b" s2.t1
	sql s1 "INSERT INTO $db.t1 VALUES (1); INSERT INTO $db.t2 VALUES (2, 2)"
	sql s2 "INSERT INTO $db.t1 VALUES (3, 3); INSERT INTO $db.t2 VALUES (4, 4, 4)"
	dm operate-source create s1.yaml s2.yaml >/dev/null
}

# round N: four rows with what each of them has to begin with.
round() {
	sql s1 "INSERT INTO $db.t1 (a) VALUES ($1 * 10 + 1); INSERT INTO $db.t2 (a, b) VALUES ($1 * 10 + 2, $1)"
	sql s2 "INSERT INTO $db.t1 (a, c) VALUES ($1 * 10 + 3, $1); INSERT INTO $db.t2 (a, b, c) VALUES ($1 * 10 + 4, $1, $1)"
}

# Kills after each step where a test says what.
# shellcheck disable=SC2317 # a test puts its own in its place
after_step() {
	:
}

equalise() {
	alter "ADD b INT" s1.t1 s2.t1
	after_step
	round 2
	alter "ADD c INT" s1.t1 s1.t2
	after_step
	round 3
	alter "DROP b" s2.t1 s1.t2
	after_step
	sql s1 "INSERT INTO $db.t1 VALUES (41, 4, 4); INSERT INTO $db.t2 VALUES (42, 4)"
	sql s2 "INSERT INTO $db.t1 VALUES (43, 4); INSERT INTO $db.t2 VALUES (44, 4, 4)"
	alter "DROP b" s2.t2 s1.t1
	after_step
	for n in s1 s2; do sql $n "INSERT INTO $db.t1 VALUES (5${n#s}, 5); INSERT INTO $db.t2 VALUES (6${n#s}, 5)"; done
	wait_until 60 '[ "$(count)" = 24 ] && no_column b'
	settle s1 s2
	assert_all_merged
	no_locks
}

# kill_one SOURCE NAME: a process of its pipeline; NAME supervisor: what runs that.
kill_one() {
	local file pid

	for file in "$DM_HOME/tasks/t/$1"/run-*/"$2.pid" "$DM_HOME/tasks/t/$1/${2/supervisor/pid}"; do
		[ -s "$file" ] || continue
		read -r pid _ <"$file"
		kill -KILL "$pid" 2>/dev/null || :
	done
}

kill_something() {
	local n=s$((RANDOM % 2 + 1)) what

	for what in dm-sync dm-relay supervisor; do
		[ $((RANDOM % 2)) -eq 0 ] || kill_one $n $what
	done
	# What has lost its supervisor is resumed, as after a crash of the machine; the other one runs.
	dm resume-task t >/dev/null || :
}

@test "DIFFERENT_SCHEMA_FULL, RESTART_TASK_MASTER_WORKER: four shards of four structures, loaded, then made alike, with kills after each step" {
	RANDOM=${SEED:=$RANDOM}
	echo "SEED=$SEED"
	different
	loaded_first
	dm start-task t.yaml >/dev/null
	settle s1 s2
	[ "$(count)" -eq 4 ]
	after_step() {
		kill_something
	}
	round 1
	after_step
	equalise
	dm stop-task t >/dev/null
}

# DM knows no structure at a place that it starts from, takes the target's, and fails by the number of columns until an operator sets
# each. Here it is told, too, where neither the log nor the upstream has what was, and set in the same way.
@test "DIFFERENT_SCHEMA_INCREMENTAL: four structures from a place, with what was known before thrown away" {
	different
	loaded_first
	dm start-task t.yaml >/dev/null
	settle s1 s2
	mkdir kept
	dm pause-task t >/dev/null
	for n in s1.t1 s1.t2 s2.t1 s2.t2; do dm binlog-schema list -s "${n%.*}" t "$db" "${n#*.}" | jq -r ".sources[0].msg" >"kept/$n"; done
	dm stop-task t >/dev/null
	sed -i 's/^task-mode: .*/task-mode: incremental/' t.yaml
	for n in s1 s2; do
		read -r log pos _ < <(sql $n 'SHOW BINARY LOG STATUS' 2>/dev/null || sql $n 'SHOW MASTER STATUS')
		sed -i "s/{source-id: $n, /{source-id: $n, meta: {binlog-name: $log, binlog-pos: $pos}, /" t.yaml
	done
	round 1
	after_step() {
		[ ! -e started ] || return 0
		: >started
		dm start-task --remove-meta t.yaml >/dev/null
		wait_until 30 '[ "$(stage s1)/$(stage s2)" = Paused/Paused ]'
		for n in s1.t1 s1.t2 s2.t1 s2.t2; do
			dm binlog-schema update -s "${n%.*}" t "$db" "${n#*.}" "kept/$n" >/dev/null
		done
		dm resume-task t >/dev/null
	}
	equalise
	dm stop-task t >/dev/null
}

@test "CREATE_DROP_TABLE: shards are made and dropped in the midst of it, the last with fewer columns" {
	begin optimistic 'a INT PRIMARY KEY, b INT, c INT'
	for n in s1 s2; do sql $n "INSERT INTO $db.t1 VALUES (${n#s}1, 1, 1); INSERT INTO $db.t2 VALUES (${n#s}2, 1, 1)"; done
	alter "DROP b" s1.t1 s2.t1
	sql s1 "CREATE TABLE $db.t3 (a INT PRIMARY KEY, c INT); INSERT INTO $db.t3 VALUES (13, 1)"
	sql s2 "CREATE TABLE $db.t3 (a INT PRIMARY KEY); INSERT INTO $db.t3 VALUES (23)"
	settle s1 s2
	has_column b
	# of the last two that have the column, one is dropped, and one altered
	sql s1 "DROP TABLE $db.t2"
	settle s1
	alter "DROP b" s2.t2
	wait_until 30 'no_column b'
	sql s1 "CREATE TABLE $db.t4 (a INT PRIMARY KEY, c INT); INSERT INTO $db.t4 VALUES (14, 1), (15, 2)"
	alter "ADD c INT" s2.t3
	sql s2 "UPDATE $db.t3 SET c = 4; INSERT INTO $db.t1 VALUES (26, 6)"
	sql s1 "CREATE TABLE $db.t5 (a INT PRIMARY KEY, c INT, d INT); INSERT INTO $db.t5 VALUES (16, 1, 9); DROP TABLE $db.t5"
	settle s1 s2
	wait_until 30 '[ "$(count)" = 10 ]'
	[ "$(count 'WHERE d = 9')" -eq 1 ]
	dm stop-task t >/dev/null
	[ "$(dm-meta lock list -c t.yaml)" = '[]' ]
}

# s2b follows s2 from here on.
replicate() {
	sql s2b "STOP REPLICA; RESET REPLICA ALL; CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = $(port s2), SOURCE_USER = 'root',
		SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1; START REPLICA"
}

# It has all that s2 has, and takes over.
promote() {
	local all

	all=$(sql s2 'SELECT @@gtid_executed' | tr -d '\\n')
	[ "$(sql s2b "SELECT WAIT_FOR_EXECUTED_GTID_SET('$all', 30)")" = 0 ]
	sql s2b "STOP REPLICA"
}

# From now on the changes of the second source are those of s2b.
assert_moved() {
	assert_merged down "$db.t" s1 "$db.t1" s1 "$db.t2" s2b "$db.t1" s2b "$db.t2"
}

# MODE: the server of a source is taken away while its tables wait, and its replica takes over.
switched() {
	prepare true
	sed -i "s/^shard-mode:.*/shard-mode: $1/" t.yaml
	sql s2b "CREATE DATABASE own_$db; CREATE TABLE own_$db.t (a INT)"	# transactions that s2 has not
	replicate
	dm operate-source create s1.yaml s2.yaml >/dev/null
	dm start-task t.yaml >/dev/null
	settle s1 s2
	for n in s1 s2; do sql $n "INSERT INTO $db.t1 VALUES (${n#s}1, 'a'); INSERT INTO $db.t2 VALUES (${n#s}2, 'a')"; done
	alter "CHANGE v w VARCHAR(30)" s2.t1
	sql s2 "INSERT INTO $db.t1 VALUES (23, 'b'); INSERT INTO $db.t2 VALUES (24, 'b')"
	settle s1 s2
	[ "$(count)" -eq 5 ]
	alter "ADD n INT" s2.t1
	sql s2 "INSERT INTO $db.t1 VALUES (25, 'c', 5)"
	promote
}

# What comes after it, of the new server.
go_on_there() {
	alter "CHANGE v w VARCHAR(30)" s2b.t2 s1.t1
	sql s2b "INSERT INTO $db.t1 VALUES (26, 'd', 6); INSERT INTO $db.t2 VALUES (27, 'd'); UPDATE $db.t1 SET w = 'u' WHERE id = 23"
	alter "CHANGE v w VARCHAR(30)" s1.t2
	wait_until 30 'has_column w'
	alter "ADD n INT" s2b.t2 s1.t1 s1.t2
	wait_until 30 'has_column n && [ "$(count)" = 9 ]'
	sql s2b "UPDATE $db.t2 SET n = 7"
	wait_until 30 '[ "$(count "WHERE n = 7")" = 3 ]'
	settle s1
	assert_moved
	no_locks
	dm stop-task t >/dev/null
}

@test "a source whose tables wait is switched to another server by its address, as DM's manual says: stop, forget, create, start" {
	switched pessimistic
	dm stop-task t >/dev/null
	dm operate-source stop s2 >/dev/null
	sed -i "s/port: $(port s2),/port: $(port s2b),/" s2.yaml
	dm operate-source create s2.yaml >/dev/null
	dm start-task t.yaml >/dev/null
	go_on_there
}

@test "a source whose tables wait is switched behind its address, as DM's manual says: pause, resume" {
	switched optimistic
	dm pause-task t >/dev/null
	sed -i "s/port: $(port s2),/port: $(port s2b),/" "$DM_HOME/sources/s2.yaml"	# what a virtual address does
	dm resume-task t >/dev/null
	go_on_there
}

# Optimistic, by GTID. SOURCE TABLE CHANGE: as gh-ost does it, and as pt-online-schema-change.
by_ghost() {
	sql "$1" "USE $db; CREATE TABLE _$2_ghc (id BIGINT AUTO_INCREMENT PRIMARY KEY, value VARCHAR(99)); CREATE TABLE _$2_gho LIKE $2; ALTER TABLE _$2_gho $3;
		INSERT INTO _$2_gho SELECT *${4:-} FROM $2; INSERT INTO _$2_ghc (value) VALUES ('copied'); RENAME TABLE $2 TO _$2_del, _$2_gho TO $2; DROP TABLE _$2_del, _$2_ghc"
}

by_toolkit() {
	sql "$1" "USE $db; CREATE TABLE _$2_new LIKE $2; ALTER TABLE _$2_new $3; INSERT IGNORE INTO _$2_new SELECT *${4:-} FROM $2;
		RENAME TABLE $2 TO _$2_old, _$2_new TO $2; DROP TABLE _$2_old"
}

@test "optimistic by GTID, with online schema changes: folded first, then joined, over a kill in the midst of one" {
	prepare true
	sed -i 's/^shard-mode:.*/shard-mode: optimistic/' t.yaml
	dm operate-source create s1.yaml s2.yaml >/dev/null
	dm start-task t.yaml >/dev/null
	settle s1 s2
	for n in s1 s2; do sql $n "INSERT INTO $db.t1 VALUES (${n#s}1, 'a'); INSERT INTO $db.t2 VALUES (${n#s}2, 'a')"; done
	# a column comes by each tool, and is there for all at once
	by_ghost s1 t1 "ADD n INT" ', 4'
	sql s1 "INSERT INTO $db.t1 VALUES (13, 'b', 3)"
	settle s1 s2
	[ "$(sql down "SELECT n FROM $db.t WHERE id = 13")" = 3 ]
	by_toolkit s1 t2 "ADD n INT" ', NULL'
	by_toolkit s2 t1 "ADD n INT" ', NULL'
	# what waits for all, done by each in its way; one dies while its shadow table is copied
	by_ghost s1 t1 "CHANGE v w VARCHAR(20)"
	by_toolkit s1 t2 "CHANGE v w VARCHAR(20)"
	sql s1 "INSERT INTO $db.t1 VALUES (14, 'c', 4)"
	settle s1
	has_column v
	sql s2 "USE $db; CREATE TABLE _t1_gho LIKE t1; ALTER TABLE _t1_gho CHANGE v w VARCHAR(20)"
	settle s2
	kill_one s2 dm-online-ddl
	sql s2 "USE $db; INSERT INTO _t1_gho SELECT * FROM t1; RENAME TABLE t1 TO _t1_del, _t1_gho TO t1; DROP TABLE _t1_del; INSERT INTO t1 VALUES (24, 'c', 4)"
	settle s2
	has_column v
	by_toolkit s2 t2 "ADD n INT, CHANGE v w VARCHAR(20)" ', NULL'
	wait_until 30 'has_column w && [ "$(count)" = 7 ]'
	# n of the rows that were copied with 4 is upstream's only: the tools' copies are not replicated, as with DM
	sql s1 "UPDATE $db.t1 SET n = 9 WHERE id = 11"
	settle s1 s2
	assert_all_merged
	no_locks
	[ "$(sql down "SHOW TABLES FROM $db" | sort | paste -sd' ')" = 'beside_s1 beside_s2 t' ]
	dm stop-task t >/dev/null
}

# The members of an object, without their values.
keys_of() {
	jq -rc 'keys_unsorted | join(" ")'
}

# What the chapters on query-status and on shard DDL locks show, key by key, and what the two unlocking commands do.
@test "the operator's view of a lock, key by key as in DM's manual: pessimistic" {
	local id="t-\`$db\`.\`t\`" ddl="USE \`$db\`; ALTER TABLE \`$db\`.\`t\` ADD c2 INT;" status

	begin pessimistic 'c1 INT PRIMARY KEY'
	dm show-ddl-locks >none
	[ "$(keys_of <none)" = 'result msg locks' ]
	alter "ADD c2 INT" s1.t1
	sql s1 "INSERT INTO $db.t1 VALUES (1, 2)"
	settle s1
	wait_until 30 '[ "$(dm query-status -s s1 t | jq ".sources[0].subTaskStatus[0].sync.unresolvedGroups | length")" = 1 ]'
	status=$(dm query-status -s s1 t | jq '.sources[0].subTaskStatus[0]')
	[ "$(keys_of <<<"$status")" = 'name stage unit result unresolvedDDLLockID sync validation' ]
	for key in masterBinlog masterBinlogGtid syncerBinlog syncerBinlogGtid blockingDDLs unresolvedGroups synced totalRows totalRps recentRps; do
		jq -e ".sync | has(\"$key\")" <<<"$status" >/dev/null || fail "no $key in $status"
	done
	# not all tables of this source have brought it: nothing is blocked yet
	[ "$(jq -c .sync.blockingDDLs <<<"$status")" = '[]' ]
	[ "$(jq '.sync.unresolvedGroups[0]' <<<"$status" | keys_of)" = 'target DDLs firstPos firstLocation synced unsynced' ]
	[ "$(jq -c '.sync.unresolvedGroups[0] | [.target, .DDLs[], .synced, .unsynced]' <<<"$status")" = "[\"\`$db\`.\`t\`\",\"$ddl\",[\"\`$db\`.\`t1\`\"],[\"\`$db\`.\`t2\`\"]]" ]
	[[ $(jq -r '.sync.unresolvedGroups[0].firstPos' <<<"$status") =~ ^\(mysql-bin.000001,\ [0-9]+\)$ ]]
	alter "ADD c2 INT" s1.t2
	settle s1
	wait_until 30 '[ "$(dm query-status -s s1 t | jq -c ".sources[0].subTaskStatus[0].sync.unresolvedGroups[0].unsynced")" = "[]" ]'
	status=$(dm query-status -s s1 t | jq '.sources[0].subTaskStatus[0]')
	[ "$(jq -r .unresolvedDDLLockID <<<"$status")" = "$id" ]
	[ "$(jq -c .sync.blockingDDLs <<<"$status")" = "[\"$ddl\"]" ]
	[ "$(dm show-ddl-locks t | jq '.locks[0]' | keys_of)" = 'ID task mode owner DDLs synced unsynced' ]
	[ "$(dm show-ddl-locks t | jq -c '.locks[0] | map(.)')" = "[\"$id\",\"t\",\"pessimistic\",\"s1\",[\"$ddl\"],[\"s1\"],[\"s2\"]]" ]
	# one task, or all; of one source, or of several; by file
	[ "$(dm show-ddl-locks | jq '.locks | length')/$(dm show-ddl-locks t.yaml | jq '.locks | length')" = 1/1 ]
	[ "$(dm show-ddl-locks -s s1 t | jq '.locks | length')/$(dm show-ddl-locks --source=s2 t | jq '.locks | length')" = 1/1 ]
	[ "$(dm show-ddl-locks -s nobody t | jq -c .locks)" = '[]' ]
	# by a source that has not brought it; by the one that has; and the answer's keys
	run ! dm unlock-ddl-lock --owner s2 "$id"
	assert_contains "$output" 'error 38022'
	dm unlock-ddl-lock --owner s1 "$id" >answer
	[ "$(jq -c '[.result, .msg]' answer)" = '[true,""]' ]
	has_column c2
	wait_until 30 '[ "$(count "WHERE c2 = 2")" = 1 ]'
	no_locks
	run ! dm unlock-ddl-lock "$id"
	assert_contains "$output" 'error 38019'
	wait_until 30 '[ "$(dm query-status -s s1 t | jq -c ".sources[0].subTaskStatus[0] | [.unresolvedDDLLockID, .sync.blockingDDLs, .sync.unresolvedGroups]")" = "[\"\",[],[]]" ]'
	alter "ADD c2 INT" s2.t1 s2.t2
	sql s2 "INSERT INTO $db.t1 VALUES (201, 2)"
	settle s2
	[ "$(count 'WHERE c1 = 201')" -eq 1 ]
	assert_all_merged
	dm stop-task t >/dev/null
}

@test "the operator's view of a conflict, and shard-ddl-lock unlock --action skip and exec: rows go on, each as was said" {
	local id="t-\`$db\`.\`t\`" status

	begin optimistic 'id INT PRIMARY KEY, v VARCHAR(20)'
	for n in s1 s2; do sql $n "INSERT INTO $db.t1 VALUES (${n#s}1, 'a'); INSERT INTO $db.t2 VALUES (${n#s}2, 'b')"; done
	sql s2 "INSERT INTO $db.t1 VALUES (29, 'still')"
	alter "ADD a INT DEFAULT 0" s1.t1 s1.t2
	settle s1 s2
	alter "ADD a INT DEFAULT -1" s2.t1
	sql s2 "INSERT INTO $db.t1 VALUES (23, 'c', 3); UPDATE $db.t1 SET v = 'x' WHERE id = 21; INSERT INTO $db.t2 VALUES (24, 'd')"
	settle s2
	wait_until 30 '[ "$(dm query-status -s s2 t | jq -r ".sources[0].subTaskStatus[0].sync.blockDDLOwner")" = "s2-\`$db\`.\`t1\`" ]'
	status=$(dm query-status -s s2 t | jq '.sources[0].subTaskStatus[0]')
	[ "$(jq -r .stage <<<"$status")/$(jq -r .unresolvedDDLLockID <<<"$status")" = "Running/$id" ]
	[ "$(jq -c .sync.blockingDDLs <<<"$status")" = "[\"USE \`$db\`; ALTER TABLE \`$db\`.\`t\` ADD a INT DEFAULT -1;\"]" ]
	jq -r .sync.conflictMsg <<<"$status" | grep -qF 'DEFAULT -1'
	[ "$(dm show-ddl-locks -s s2 t | jq -c '.locks[0] | [.ID, .mode, .unsynced]')" = "[\"$id\",\"optimistic\",[\"s2-\`$db\`.\`t1\`\",\"s2-\`$db\`.\`t2\`\"]]" ]
	[ "$(count 'WHERE id = 23')/$(count "WHERE id = 24")" = 0/1 ]
	# what does not name one table's statement, and how
	run ! dm shard-ddl-lock unlock "$id"
	run ! dm shard-ddl-lock unlock "$id" -s s2 -d "$db" -t t1
	run ! dm shard-ddl-lock unlock "$id" -s s2 -d "$db" -t t1 --action drop
	run ! dm shard-ddl-lock unlock "$id" -s s2 -d "$db" -t t2 --action skip
	assert_contains "$output" 'error 36643'
	dm shard-ddl-lock unlock "$id" -s s2 -d "$db" -t t1 --action skip | jq -e .result
	wait_until 30 '[ "$(count "WHERE id = 23 AND a = 3")" = 1 ]'
	# an UPDATE brings its whole row; one that was there before keeps what the target had filled in, which is the operator's to mend
	[ "$(count "WHERE id = 21 AND v = 'x' AND a = -1")/$(count 'WHERE id = 29 AND a = 0')" = 1/1 ]
	[ "$(sql down "SELECT COLUMN_DEFAULT FROM information_schema.columns WHERE table_schema = '$db' AND table_name = 't' AND column_name = 'a'")" = 0 ]
	sql s2 "UPDATE $db.t1 SET a = -2 WHERE id = 29"
	alter "ADD a INT DEFAULT 0" s2.t2
	settle s2
	assert_all_merged
	# exec: the target becomes what the statement says, and for each of the others it is no news
	alter "ADD made DATETIME DEFAULT CURRENT_TIMESTAMP" s2.t2
	sql s2 "INSERT INTO $db.t2 (id, made) VALUES (25, '2001-01-01 01:01:01')"
	wait_until 30 '[ "$(dm query-status -s s2 t | jq -r ".sources[0].subTaskStatus[0].sync.blockDDLOwner")" = "s2-\`$db\`.\`t2\`" ]'
	no_column made
	dm shard-ddl-lock unlock "$id" -s s2 -d "$db" -t t2 --action exec | jq -e .result
	wait_until 30 'has_column made && [ "$(count "WHERE id = 25 AND made = '"'2001-01-01 01:01:01'"'")" = 1 ]'
	for n in s1.t1 s1.t2 s2.t1; do
		alter "ADD made DATETIME DEFAULT CURRENT_TIMESTAMP" $n
		sql "${n%.*}" "UPDATE $db.${n#*.} SET made = '2002-02-02'"
		wait_until 30 '[ "$(dm query-status -s '"${n%.*}"' t | jq -r ".sources[0].subTaskStatus[0].sync.blockDDLOwner")" = "'"${n%.*}-\\\`$db\\\`.\\\`${n#*.}\\\`"'" ]'
		dm shard-ddl-lock unlock "$id" -s "${n%.*}" -d "$db" -t "${n#*.}" --action skip | jq -e .result
	done
	sql s2 "UPDATE $db.t2 SET made = '2003-03-03'"
	settle s1 s2
	wait_until 30 '[ "$(count "WHERE made > '"'2003-03-04'"' OR made IS NULL")" = 0 ]'
	assert_all_merged
	no_locks
	dm stop-task t >/dev/null
}

# The other half, the first collision outside of safe mode, is in sync-acceptance.bats.
@test "AT-24: in safe mode, rows of shards whose keys collide are told apart by their columns, or the task is refused" {
	shards pessimistic 'id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20)' 'syncers: {global: {safe-mode: true}}'
	sed -i 's/block-allow-list: a,/block-allow-list: a, syncer-config-name: global,/' t.yaml
	for n in s1 s2; do sql $n "INSERT INTO $db.t1 (v) VALUES ('$n-1'), ('$n-2'); INSERT INTO $db.t2 (v) VALUES ('$n-3'), ('$n-4')"; done
	dm operate-source create s1.yaml s2.yaml >/dev/null
	run ! dm start-task t.yaml
	assert_contains "$output" "has the key 'id' that its server numbers" "in safe mode the row of one takes the place of the other's without a word"
	[ "$(count)" -eq 0 ]
	sql down "ALTER TABLE $db.t ADD shard VARCHAR(20), ADD origin VARCHAR(20), DROP PRIMARY KEY, ADD PRIMARY KEY (id, shard, origin)"
	sed -i 's/target-table: "t"}}/target-table: "t", extract-table: {table-regexp: "(.*)", target-column: shard}, extract-source: {source-regexp: "(.*)", target-column: origin}}}/' t.yaml
	dm start-task t.yaml >/dev/null
	settle s1 s2
	for n in s1 s2; do sql $n "UPDATE $db.t1 SET v = CONCAT(v, 'u') WHERE id = 1; DELETE FROM $db.t2 WHERE id = 2; UPDATE $db.t2 SET id = 7 WHERE id = 1"; done
	settle s1 s2
	assert_tagged() {
		[ "$(sql down "SELECT origin, shard, id, v FROM $db.t" | sort)" = "$(for n in s1 s2; do for t in t1 t2; do
			sql $n "SELECT '$n', '$t', id, v FROM $db.$t"; done; done | sort)" ] || fail "$(sql down "SELECT * FROM $db.t")"
	}
	assert_tagged
	# all of it once more, as safe mode is there for: each row takes its own place
	dm stop-task t >/dev/null
	dm start-task --remove-meta t.yaml >/dev/null
	settle s1 s2
	assert_tagged
	dm stop-task t >/dev/null
}
