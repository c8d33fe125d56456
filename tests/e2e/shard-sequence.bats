#!/usr/bin/env bats
# shard-sequence.bats - DM's tests of merged tables by the names of their folders: sharding, sharding2, sequence_sharding*.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016,SC2034 # variables of the helpers, and conditions that they evaluate

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
	db=q$BATS_TEST_NUMBER session="SET SESSION sql_mode = ''; "
}

teardown() {
	shard_teardown
}

code() {
	subtask "$1" '.result.errors[0].ErrCode'
}

# The one that lives now, or the next.
kill_sync() {
	wait_until 30 'kill -KILL "$(cut -d" " -f1 "$DM_HOME"/tasks/t/'"$1"'/run-*/dm-sync.pid)" 2>/dev/null'
}

@test "sharding: sql modes that differ, a generated column and its key, zero dates, and what is never done to the target" {
	shards pessimistic 'id INT PRIMARY KEY, v VARCHAR(20)'
	sed -i "s/^task-mode: .*/task-mode: all/; s/, meta: {[^}]*}//; s/do-dbs: .*/do-dbs: [\"~^$db\"]}}/; s/schema-pattern: \"$db\"/schema-pattern: \"$db*\"/" t.yaml
	for n in s1 s2; do sql $n "INSERT INTO $db.t1 VALUES (${n#s}1, 'a'); INSERT INTO $db.t2 VALUES (${n#s}2, 'b')"; done
	dm operate-source create s1.yaml s2.yaml >/dev/null
	dm start-task t.yaml >/dev/null
	settle s1 s2
	# one source's dm-sync dies again and again, the other one works all the time
	for change in "ADD c INT DEFAULT 3" "ADD g VARCHAR(40) AS (CONCAT(v, '-', id)) STORED" "ADD UNIQUE u (g)" "ADD KEY k (v, c)" \
		"ADD d DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00'"; do
		alter "$change" s1.t1 s1.t2 s2.t1
		case $change in *KEY*|*UNIQUE*) ;; *) kill_sync s1 ;; esac
		[ "$(subtask s2 .stage)" = Running ]
		alter "$change" s2.t2
		sql s1 "UPDATE $db.t1 SET v = CONCAT(v, 'x')"
		sql s2 "UPDATE $db.t2 SET v = CONCAT(v, 'y')"
	done
	wait_until 60 'has_column d'
	settle s1 s2
	wait_until 30 '[ "$(count "WHERE g = CONCAT(v, '"'-'"', id)")" = 4 ]'
	assert_all_merged
	# a schema that comes joins with its table
	sql s2 "SET SESSION sql_mode = ''; CREATE DATABASE ${db}_more; CREATE TABLE ${db}_more.t3 LIKE $db.t1; INSERT INTO ${db}_more.t3 (id, v) VALUES (23, 'c')"
	settle s2
	alter "ADD e INT" s1.t1 s1.t2 s2.t1 s2.t2
	settle s1 s2
	no_column e
	sql s2 "SET SESSION sql_mode = ''; ALTER TABLE ${db}_more.t3 ADD e INT"
	wait_until 30 'has_column e'
	# rows of what is dropped stay
	sql s2 "DROP DATABASE ${db}_more; TRUNCATE $db.t2"
	sql s1 "DROP TABLE $db.t2; CREATE TABLE $db.t2 LIKE $db.t1; INSERT INTO $db.t2 (id, v) VALUES (19, 'z')"
	settle s1 s2
	wait_until 30 '[ "$(count)" = 6 ]'
	# two statements in one source, of which each says that it is the first
	alter "ADD f INT" s1.t1
	alter "ADD h INT" s1.t2
	wait_until 30 '[ "$(code s1)" = 36008 ]'
	dm resume-task -s s1 t >/dev/null
	wait_until 30 '[ "$(grep -c "error 36008" "$DM_HOME/tasks/t/s1/log")" -eq 2 ] && [ "$(subtask s1 .stage)" = Paused ]'
	[ "$(subtask s2 .stage)" = Running ]
	dm stop-task t >/dev/null
	run dm stop-task t
	[ "$status" -ne 0 ]
	[ "$(jq -r .msg <<<"$output")" = "task t is not there; see 'dm query-status'" ]
}

# DM kills between the statement and the flush of its checkpoint, where its own lock may need unlocking by hand; here it never does. The
# rest of that test is the relay log's, see relay-dir.bats.
@test "sharding2: the pipelines die just when the statement has run, of the one that ran it and of the other" {
	local n

	begin pessimistic 'id INT PRIMARY KEY, v VARCHAR(20)'
	for i in 1 2; do
		for n in s1 s2; do sql $n "INSERT INTO $db.t1 VALUES (${n#s}$i, 'a'$(seq -s '' 2 $i | sed 's/./, 0/g'))"; done
		alter "ADD c$i INT DEFAULT 0" s1.t1 s1.t2 s2.t1
		settle s1 s2
		lock_table
		alter "ADD c$i INT DEFAULT 0" s2.t2
		wait_until 30 '[ "$(altering)" = 1 ]'
		[ $((i % 2)) -eq 0 ] || kill_sync s1
		kill_sync s2
		free_table
		sql s2 "UPDATE $db.t2 SET v = 'b'"
		wait_until 60 "has_column c$i"
		settle s1 s2
		no_locks
	done
	wait_until 30 '[ "$(count)" = 4 ]'
	assert_all_merged
	dm stop-task t >/dev/null
}

# SOURCE: columns and keys, in one order, with rows between.
sequence_of() {
	local t i

	for t in t1 t2; do
		for i in 1 2 3 4 5; do
			echo "ALTER TABLE $db.$t ADD c$i INT; INSERT INTO $db.$t (id, c$i) VALUES (${1#s}${t#t}$i, $i);"
			echo "ALTER TABLE $db.$t ADD KEY k$i (c$i); UPDATE $db.$t SET c$i = c$i + 1;"
		done
	done | sql "$1"
}

@test "sequence_sharding: many statements wait on each shard; one that differs ends the source, whatever is tried" {
	begin pessimistic 'id INT PRIMARY KEY, v VARCHAR(20)'
	sequence_of s1
	settle s1
	[ "$(count)" -eq 0 ]
	sequence_of s2
	wait_until 60 '[ -n "$(sql down "SHOW INDEX FROM $db.t WHERE Key_name = '"'k5'"'")" ]'
	settle s1 s2
	wait_until 30 '[ "$(count "WHERE c5 = 6")" = 4 ]'
	assert_all_merged
	no_locks
	for n in s1 s2; do
		sql $n "ALTER TABLE $db.t1 ADD d INT; ALTER TABLE $db.t1 ADD e INT; ALTER TABLE $db.t2 ADD d INT; ALTER TABLE $db.t2 ADD f INT"
	done
	wait_until 30 '[ "$(code s1)/$(code s2)" = 36008/36008 ] || [ "$(code s1)/$(code s2)" = 36008/38016 ] || [ "$(code s1)/$(code s2)" = 38016/36008 ]'
	[ "$(subtask s1 .stage)/$(subtask s2 .stage)" = Paused/Paused ]
	grep -c 'trying again' "$DM_HOME"/tasks/t/s?/log | grep -qv ':0$' && fail "what cannot mend itself was tried again"
	dm stop-task t >/dev/null
	echo 'ignore-checking-items: ["all"]' >>t.yaml
	dm start-task t.yaml >/dev/null
	wait_until 30 '[ "$(subtask s1 .stage)/$(subtask s2 .stage)" = Paused/Paused ]'
	[[ $(code s1)/$(code s2) =~ ^(36008|38016)/(36008|38016)$ ]]
	has_column d
	no_column e
	dm stop-task t >/dev/null
}

# DM's unlock works after stop-task, since its master has the lock; here it is in the downstream, and the task file says where.
@test "sequence_sharding_removemeta: a lock is pending, the target is dropped, and the task starts from nothing" {
	local id="t-\`$db\`.\`t\`"

	shards pessimistic 'id INT PRIMARY KEY, v VARCHAR(20)'
	sed -i 's/^task-mode: .*/task-mode: all/; s/, meta: {[^}]*}//' t.yaml
	for n in s1 s2; do sql $n "INSERT INTO $db.t1 VALUES (${n#s}1, 'a'); INSERT INTO $db.t2 VALUES (${n#s}2, 'b')"; done
	export DM_METRICS_DIR=$PWD/metrics
	mkdir metrics
	dm operate-source create s1.yaml s2.yaml >/dev/null
	dm start-task t.yaml >/dev/null
	settle s1 s2
	alter "ADD c INT" s1.t1 s1.t2
	sql s1 "INSERT INTO $db.t1 VALUES (15, 'c', 1)"
	settle s1
	[ "$(dm show-ddl-locks t | jq -r '.locks[].ID')" = "$id" ]
	wait_until 30 'grep -qxF "dm_syncer_shard_lock_resolving{task=\"t\",source_id=\"s1\"} 1" metrics/dm@t@s1@sync.prom'
	dm stop-task t >/dev/null
	[ "$(dm-meta lock list -c t.yaml | jq -r '.[].ID')" = "$id" ]
	dm-meta lock unlock -c t.yaml --force-remove "$id"
	[ "$(dm-meta lock list -c t.yaml)" = '[]' ]
	alter "ADD c INT" s2.t1 s2.t2	# loaded, so it is no news
	sql down "DROP TABLE $db.t"
	dm start-task --remove-meta t.yaml >/dev/null
	wait_until 30 'has_column c && [ "$(count)" = 5 ]'
	settle s1 s2
	no_locks
	wait_until 30 'grep -qxF "dm_syncer_shard_lock_resolving{task=\"t\",source_id=\"s1\"} 0" metrics/dm@t@s1@sync.prom'
	alter "ADD e INT" s1.t1 s1.t2 s2.t1 s2.t2
	sql s2 "INSERT INTO $db.t2 VALUES (25, 'c', 1, 2)"
	wait_until 30 'has_column e && [ "$(count)" = 6 ]'
	settle s1 s2
	assert_all_merged
	dm stop-task t >/dev/null
}

@test "sequence_sharding_optimistic: sequences of their own, structures shown and set, a source that dies at each" {
	begin optimistic 'id INT PRIMARY KEY, c VARCHAR(20)'
	run dm binlog-schema list -s nobody t "$db" t1
	[ "$status" -ne 0 ]
	run dm binlog-schema list -s s1 t "$db" t1
	[ "$status" -ne 0 ]
	[ "$(jq -r '.sources[0].msg' <<<"$output")" = 'current stage is Running but not paused, invalid' ]
	for n in s1 s2; do sql $n "INSERT INTO $db.t1 VALUES (${n#s}1, 'a'); INSERT INTO $db.t2 VALUES (${n#s}2, 'b'); ALTER DATABASE $db COLLATE utf8mb4_bin"; done
	alter "ADD d INT, ADD KEY kd (d)" s1.t1
	kill_sync s1
	alter "ADD e INT" s1.t1
	settle s1
	dm pause-task -s s1 t >/dev/null
	[[ $(dm binlog-schema list -s s1 t "$db" t1 | jq -r '.sources[0].msg') == 'CREATE TABLE `t1`'*'`d` int'*'`e` int'*'KEY `kd` (`d`)'* ]]
	echo 'INVALID;' >invalid.sql
	run dm binlog-schema update -s s1 t "$db" t1 invalid.sql
	[ "$status" -ne 0 ]
	[[ $(dm binlog-schema list -s s1 t "$db" t1 | jq -r '.sources[0].msg') == *'`e` int'* ]]
	dm binlog-schema delete -s s1 t "$db" t1 | jq -e .result
	dm binlog-schema update -s s1 --from-source t "$db" t1 | jq -e .result
	dm resume-task -s s1 t >/dev/null
	alter "ADD e INT, ADD KEY ke (e)" s2.t2
	sql s2 "CREATE TABLE $db.t3 (id INT PRIMARY KEY, c VARCHAR(20), e INT, d INT); INSERT INTO $db.t3 VALUES (23, 'c', 4, 5)"
	kill_sync s2
	alter "ADD d INT" s1.t2 s2.t1 s2.t2
	alter "ADD e INT" s2.t1 s1.t2
	sql s1 "INSERT INTO $db.t1 VALUES (15, 'x', 1, 2); INSERT INTO $db.t2 VALUES (16, 'x', 1, 2)"
	sql s2 "INSERT INTO $db.t1 VALUES (25, 'x', 1, 2); INSERT INTO $db.t2 VALUES (26, 'x', 1, 2)"
	settle s1 s2
	wait_until 30 '[ "$(count)" = 9 ]'
	assert_all_merged
	alter "DROP KEY kd" s1.t1
	alter "DROP KEY ke" s2.t2
	settle s1 s2
	no_locks
	dm stop-task t >/dev/null
}
