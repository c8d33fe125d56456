#!/usr/bin/env bats
# shard-pessimistic.bats - tables of two sources merged into one, whose structure changes: shard-mode pessimistic.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016 # variables of the helpers

load shard

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
	db=p$BATS_TEST_NUMBER
}

teardown() {
	shard_teardown
}

@test "a column is added on four shards, with changes on all in between: once, when the last one has it" {
	prepare false
	sql s1 "INSERT INTO $db.t1 VALUES (1, 'a'); INSERT INTO $db.t2 VALUES (101, 'a')"
	sql s2 "INSERT INTO $db.t1 VALUES (201, 'a'); INSERT INTO $db.t2 VALUES (301, 'a')"
	start s1
	start s2
	settle s1 s2
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN n INT DEFAULT 7; INSERT INTO $db.t1 VALUES (2, 'b', 2); INSERT INTO $db.t2 VALUES (102, 'b')"
	settle s1
	[ "$(count 'WHERE id = 2')" -eq 0 ]
	[ "$(count 'WHERE id = 102')" -eq 1 ]
	sql s2 "INSERT INTO $db.t1 VALUES (202, 'b'); alter table $db.t2  add \`n\` int default 7"
	sql s2 "UPDATE $db.t2 SET n = 8, v = 'u' WHERE id = 301"
	settle s2
	no_column n
	sql s1 "UPDATE $db.t1 SET v = 'x' WHERE id < 3; DELETE FROM $db.t1 WHERE id = 1"
	sql s1 "ALTER TABLE $db.t2 ADD COLUMN n INT DEFAULT 7; INSERT INTO $db.t2 VALUES (103, 'c', 3)"
	settle s1 s2
	no_column n
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN n INT DEFAULT 7; INSERT INTO $db.t1 VALUES (203, 'c', 3)"
	wait_until 10 'has_column n'
	settle s1 s2
	wait_until 10 '[ "$(count)" = 8 ]'
	assert_all_merged
	stop s1
	stop s2
}

# More than one statement of a table waits, with rows between them; then the others bring them, in the same order.
queue() {
	prepare "$1"
	sql s1 "INSERT INTO $db.t1 VALUES (1, 'a'); INSERT INTO $db.t2 VALUES (101, 'a')"
	sql s2 "INSERT INTO $db.t1 VALUES (201, 'a'); INSERT INTO $db.t2 VALUES (301, 'a')"
	start s1
	start s2
	settle s1 s2
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN n INT; INSERT INTO $db.t1 VALUES (2, 'b', 2);
		ALTER TABLE $db.t1 ADD COLUMN m INT AFTER v; INSERT INTO $db.t1 VALUES (3, 'c', 3, 3); UPDATE $db.t1 SET m = 4 WHERE id = 2;
		ALTER TABLE $db.t1 DROP COLUMN v; INSERT INTO $db.t1 VALUES (4, 4, 4); DELETE FROM $db.t1 WHERE id = 1"
	sql s1 "INSERT INTO $db.t2 VALUES (102, 'b')"
	settle s1
	[ "$(count)" -eq 5 ]
	[ "$(count 'WHERE id < 100')" -eq 1 ]
	kill_all s1
	sql s1 "ALTER TABLE $db.t2 ADD COLUMN n INT; INSERT INTO $db.t2 VALUES (103, 'c', 3)"
	start s1
	sql s2 "INSERT INTO $db.t1 VALUES (202, 'b'); ALTER TABLE $db.t1 ADD COLUMN n INT; INSERT INTO $db.t1 VALUES (203, 'b', 3)"
	settle s1 s2
	[ "$(count 'WHERE id > 100')" -eq 5 ]
	stop s2
	start s2
	sql s2 "ALTER TABLE $db.t2 ADD COLUMN n INT; INSERT INTO $db.t2 VALUES (302, 'b', 3)"
	wait_until 10 'has_column n'
	settle s1 s2
	no_column m
	wait_until 10 '[ "$(count "WHERE id = 2")" = 1 ]'
	wait_until 10 '[ "$(count "WHERE id > 200")" = 5 ]'
	[ "$(count 'WHERE id = 3')" -eq 0 ]
	kill_all s1
	kill_all s2
	sql s2 "ALTER TABLE $db.t2 ADD COLUMN m INT AFTER v; INSERT INTO $db.t2 VALUES (303, 'b', 3, 3); ALTER TABLE $db.t2 DROP COLUMN v"
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN m INT AFTER v; INSERT INTO $db.t1 VALUES (204, 'b', 3, 3)"
	sql s1 "ALTER TABLE $db.t2 ADD COLUMN m INT AFTER v; ALTER TABLE $db.t2 DROP COLUMN v; INSERT INTO $db.t2 VALUES (104, 1, 1)"
	start s2
	start s1
	wait_until 10 'has_column m'
	settle s1 s2
	has_column v
	sql s2 "ALTER TABLE $db.t1 DROP COLUMN v; INSERT INTO $db.t1 VALUES (205, 1, 1)"
	wait_until 10 'no_column v'
	settle s1 s2
	wait_until 10 '[ "$(count)" = 15 ]'
	assert_all_merged
	[ "$(sql down "SELECT COUNT(*) FROM m_$db.t_state WHERE stage = 'dm-sync'")" -eq 0 ]
	stop s1
	stop s2
}

@test "several statements of a shard wait, over kills and restarts, by GTID" {
	queue true
}

@test "another statement, and another order, stop the source that brings it, and name both" {
	prepare false
	start s1
	start s2
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN a INT"
	settle s1
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN b INT"
	wait "${pipeline[s2]}" || true
	assert_contains "$(cat s2.sync.err)" 'error 38016' "table '$db.t1' of source 's2'" "add b int" "table '$db.t1' of source 's1'" "add a int"
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN b INT; INSERT INTO $db.t1 VALUES (1, 'a', 1, 1); ALTER TABLE $db.t2 ADD COLUMN b INT"
	wait "${pipeline[s1]}" || true
	assert_contains "$(cat s1.sync.err)" 'error 36008' "table '$db.t2' of source 's1'" "add b int" "table '$db.t1' of source 's1'" "add a int"
	no_column a
	unset 'pipeline[s1]' 'pipeline[s2]'
}

@test "what is never done to a merged table, and shards that come, go and change their names" {
	prepare false
	sql s1 "INSERT INTO $db.t1 VALUES (1, 'a'); INSERT INTO $db.t2 VALUES (101, 'a')"
	start s1
	start s2
	settle s1 s2
	sql s1 "TRUNCATE TABLE $db.t1; DROP TABLE $db.t1; CREATE TABLE $db.t3 LIKE $db.t2; INSERT INTO $db.t3 VALUES (301, 'a'); ALTER DATABASE $db COLLATE utf8mb4_bin"
	sql s2 "RENAME TABLE $db.t2 TO $db.t4; INSERT INTO $db.t4 VALUES (401, 'a')"
	settle s1 s2
	[ "$(count)" -eq 4 ]
	grep -c 'is not run downstream' s1.sync.err | grep -qx 3
	sql s1 "ALTER TABLE $db.t2 ADD COLUMN n INT; INSERT INTO $db.t2 VALUES (102, 'b', 1)"
	sql s2 "ALTER TABLE $db.t4 ADD COLUMN n INT; ALTER TABLE $db.t1 ADD COLUMN n INT; INSERT INTO $db.t4 VALUES (402, 'b', 1)"
	settle s1 s2
	no_column n
	sql s1 "ALTER TABLE $db.t3 ADD COLUMN n INT; INSERT INTO $db.t3 VALUES (302, 'b', 1)"
	wait_until 10 'has_column n'
	settle s1 s2
	wait_until 10 '[ "$(count)" = 7 ]'
	# while another waits
	sql s1 "ALTER TABLE $db.t3 ADD COLUMN m INT; CREATE TABLE $db.t5 LIKE $db.t2"
	wait "${pipeline[s1]}" || true
	assert_contains "$(cat s1.sync.err)" 'error 36005' "'$db.t3' waits"
	sql s2 "ALTER TABLE $db.t4 ADD COLUMN m INT; DROP TABLE $db.t1"
	wait "${pipeline[s2]}" || true
	assert_contains "$(cat s2.sync.err)" 'error 36006' "'$db.t4' waits"
	unset 'pipeline[s1]' 'pipeline[s2]'
}

@test "an owner that has died is followed by another source, whatever it had done" {
	prepare false
	start s1
	start s2
	settle s1 s2
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN n INT; ALTER TABLE $db.t2 ADD COLUMN n INT; INSERT INTO $db.t2 VALUES (101, 'a', 1)"
	settle s1
	# the ALTER of the owner hangs, and goes on although the owner is taken for dead
	lock_table
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN n INT; ALTER TABLE $db.t2 ADD COLUMN n INT; INSERT INTO $db.t2 VALUES (301, 'a', 1)"
	wait_until 10 '[ "$(altering)" = 1 ]'
	[ "$(sql down "SELECT owner FROM m_$db.t_shard_ddl WHERE target_table = 't' AND id = ''")" = s2 ]
	pkill -STOP -g "${pipeline[s2]}" -x dm-sync
	sql down "DELETE FROM m_$db.t_lease WHERE id = 's2'"
	wait_until 10 'grep -q "still at work downstream" s1.sync.err'
	free_table
	wait_until 10 '[ "$(altering)" = 0 ]'
	[ "$(count)" -eq 0 ]
	kill_all s2
	wait_until 10 '[ "$(count)" = 1 ]'
	grep -q 'had run before the last run ended: it is not run again' s1.sync.err
	start s2
	settle s1 s2
	wait_until 10 '[ "$(count)" = 2 ]'
	assert_all_merged
	stop s1
	stop s2
}

@test "online schema changes of shards are folded first, then coordinated" {
	prepare false
	start s1
	start s2
	sql s1 "INSERT INTO $db.t1 VALUES (1, 'a'); INSERT INTO $db.t2 VALUES (101, 'a')"
	settle s1 s2
	for n in s1 s2; do
		for t in t1 t2; do
			no_column n
			sql $n "CREATE TABLE $db._${t}_gho LIKE $db.$t; ALTER TABLE $db._${t}_gho ADD COLUMN n INT DEFAULT 3;
				INSERT INTO $db._${t}_gho (id, v) SELECT id, v FROM $db.$t; RENAME TABLE $db.$t TO $db._${t}_del, $db._${t}_gho TO $db.$t;
				DROP TABLE $db._${t}_del; INSERT INTO $db.$t VALUES (${n#s}${t#t}00, 'b', 1)"
			settle $n
		done
	done
	wait_until 10 'has_column n'
	wait_until 10 '[ "$(count)" = 6 ]'
	assert_all_merged
	stop s1
	stop s2
}

locks() {
	dm show-ddl-locks "$@" | jq -c "${query:-.}"
}

@test "the manual's first scenario: a source is taken away while others wait for it" {
	local id="t-\`$db\`.\`t\`"
	# shellcheck disable=SC2034 # the conditions read it
	local resolving='dm_syncer_shard_lock_resolving{task="t",source_id="s1"}'

	prepare false
	export DM_METRICS_DIR=$PWD/metrics
	mkdir metrics
	dm operate-source create s1.yaml s2.yaml >/dev/null
	dm start-task t.yaml >/dev/null
	settle s1 s2
	wait_until 10 'grep -qxF "$resolving 0" metrics/dm@t@s1@sync.prom'
	[ "$(locks)" = '{"result":true,"msg":"no DDL lock exists","locks":[]}' ]
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN c2 INT; INSERT INTO $db.t1 VALUES (1, 'a', 2); ALTER TABLE $db.t2 ADD COLUMN c2 INT"
	settle s1
	[ "$(query='.locks' locks t)" = '[{"ID":"'"$id"'","task":"t","mode":"pessimistic","owner":"s1","DDLs":["USE `'"$db"'`; ALTER TABLE `'"$db"'`.`t` ADD COLUMN c2 INT;"],"synced":["s1"],"unsynced":["s2"]}]' ]
	[ "$(query='.locks | length' locks -s s2)" -eq 1 ]
	wait_until 10 '[ "$(dm query-status t | jq -r ".sources[0].subTaskStatus[0].unresolvedDDLLockID")" = "$id" ]'
	wait_until 10 'grep -qxF "$resolving 1" metrics/dm@t@s1@sync.prom'
	dm query-status t | jq -e '.sources[0].subTaskStatus[0].sync | .blockingDDLs == ["USE `'"$db"'`; ALTER TABLE `'"$db"'`.`t` ADD COLUMN c2 INT;"] and .synced == false and
		(.unresolvedGroups[0] | .target == "`'"$db"'`.`t`" and .synced == ["`'"$db"'`.`t1`", "`'"$db"'`.`t2`"] and .unsynced == [])'
	run ! dm unlock-ddl-lock "x-\`$db\`.\`t\`"
	run ! dm unlock-ddl-lock "t-\`$db\`.\`u\`"
	assert_contains "$output" 'error 38019'
	run ! dm unlock-ddl-lock --owner s2 "$id"
	assert_contains "$output" 'error 38022'
	dm pause-task -s s2 t >/dev/null
	dm unlock-ddl-lock "$id" | jq -e .result
	[ "$(query=.msg locks)" = '"no DDL lock exists"' ]
	has_column c2
	wait_until 10 '[ "$(count)" = 1 ]'
	settle s1
	wait_until 10 'dm query-status t | jq -e ".sources[0].subTaskStatus[0] | .stage == \"Running\" and .unresolvedDDLLockID == \"\" and .sync.blockingDDLs == []"'
	wait_until 10 'grep -qxF "$resolving 0" metrics/dm@t@s1@sync.prom'
	# what was unlocked is no news of the one that comes late
	dm resume-task -s s2 t >/dev/null
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN c2 INT; INSERT INTO $db.t1 VALUES (201, 'a', 2)"
	wait_until 10 '[ "$(count)" = 2 ]'
	# without it, the others do not wait any more
	dm stop-task t >/dev/null
	sed -i '/source-id: s2/d' t.yaml
	dm start-task t.yaml >/dev/null
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN c3 INT; INSERT INTO $db.t1 VALUES (2, 'a', 2, 3); ALTER TABLE $db.t2 ADD COLUMN c3 INT"
	wait_until 10 '[ "$(count)" = 3 ]'
	[ "$(query=.msg locks t.yaml)" = '"no DDL lock exists"' ]
	dm stop-task t >/dev/null
}

@test "the manual's second scenario: a source that dies when the owner has run the statement needs no unlocking" {
	prepare false
	sed -i 's/^task-mode: .*/task-mode: all/; s/meta: {[^}]*}, //' t.yaml
	sql s1 "INSERT INTO $db.t1 VALUES (10, 'loaded')"
	sql s2 "INSERT INTO $db.t2 VALUES (310, 'loaded')"
	dm operate-source create s1.yaml s2.yaml >/dev/null
	dm start-task t.yaml >/dev/null
	settle s1 s2
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN c2 INT; ALTER TABLE $db.t2 ADD COLUMN c2 INT; INSERT INTO $db.t2 VALUES (301, 'a', 2)"
	settle s2
	dm pause-task -s s2 t >/dev/null
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN c2 INT; ALTER TABLE $db.t2 ADD COLUMN c2 INT; INSERT INTO $db.t2 VALUES (101, 'a', 2)"
	wait_until 10 '[ "$(count)" = 3 ]'
	has_column c2
	[ "$(query=.msg locks)" = '"no DDL lock exists"' ]
	dm resume-task -s s2 t >/dev/null
	wait_until 10 '[ "$(count)" = 4 ]'
	[ "$(query=.msg locks)" = '"no DDL lock exists"' ]
	# nobody runs it while the owner is away: the lock can be removed all the same
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN c3 INT; INSERT INTO $db.t1 VALUES (201, 'a', 2, 3)"
	settle s2
	dm pause-task -s s2 t >/dev/null
	run ! dm unlock-ddl-lock "t-\`$db\`.\`t\`"
	assert_contains "$output" 'error 38024'
	sql down "ALTER TABLE $db.t ADD COLUMN c3 INT"
	dm shard-ddl-lock unlock --force-remove "t-\`$db\`.\`t\`" | jq -e .result
	[ "$(query=.msg locks)" = '"no DDL lock exists"' ]
	dm resume-task -s s2 t >/dev/null
	wait_until 10 '[ "$(count)" = 5 ]'
	dm stop-task t >/dev/null
}

@test "what the downstream refuses can be left out, or another statement be put in its place" {
	prepare false
	dm operate-source create s1.yaml s2.yaml >/dev/null
	dm start-task t.yaml >/dev/null
	settle s1 s2
	sql down "INSERT INTO $db.t VALUES (999, 'no number')"
	sql s1 "ALTER TABLE $db.t1 MODIFY v INT; INSERT INTO $db.t1 VALUES (1, 1); ALTER TABLE $db.t2 MODIFY v INT"
	settle s1
	sql s2 "ALTER TABLE $db.t1 MODIFY v INT; INSERT INTO $db.t1 VALUES (201, 1); ALTER TABLE $db.t2 MODIFY v INT; INSERT INTO $db.t2 VALUES (301, 1)"
	wait_until 10 'dm query-status t | grep -q "\"ErrCode\": 36510"'
	[ "$(count)" -eq 1 ]
	# it is its owner's to try again; others wait
	dm resume-task -s s2 t | jq -e .result
	wait_until 10 '[ "$(grep -c "error 36510" "$DM_HOME"/tasks/t/s2/log)" -eq 2 ]'
	wait_until 10 'dm query-status t | grep -q "\"ErrCode\": 36510"'
	settle s1
	[ "$(count)" -eq 1 ]
	dm binlog skip -s s2 t | jq -e .result
	wait_until 15 '[ "$(count)" = 4 ]'
	settle s1 s2
	[ "$(query=.msg locks)" = '"no DDL lock exists"' ]
	# the next one
	sql s2 "ALTER TABLE $db.t1 MODIFY v INT UNSIGNED; INSERT INTO $db.t1 VALUES (202, 1); ALTER TABLE $db.t2 MODIFY v INT UNSIGNED"
	settle s2
	sql s1 "ALTER TABLE $db.t2 MODIFY v INT UNSIGNED; INSERT INTO $db.t2 VALUES (101, 2); ALTER TABLE $db.t1 MODIFY v INT UNSIGNED; INSERT INTO $db.t1 VALUES (2, 2)"
	wait_until 10 'dm query-status t | grep -q "\"ErrCode\": 36510"'
	[ "$(count)" -eq 4 ]
	dm binlog replace -s s1 t "ALTER TABLE $db.t1 MODIFY v VARCHAR(44)" | jq -e .result
	wait_until 15 '[ "$(count)" = 7 ]'
	[ "$(sql down "SELECT column_type FROM information_schema.columns WHERE table_schema = '$db' AND table_name = 't' AND column_name = 'v'")" = 'varchar(44)' ]
	[ "$(query=.msg locks)" = '"no DDL lock exists"' ]
	dm stop-task t >/dev/null
}

@test "AT-27: a shard that brings another statement is unblocked by replace, or by skip and unlock, and goes on where it was" {
	local id="t-\`$db\`.\`t\`"

	prepare false
	dm operate-source create s1.yaml s2.yaml >/dev/null
	dm start-task t.yaml >/dev/null
	settle s1 s2
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN a INT DEFAULT 0; INSERT INTO $db.t1 VALUES (1, 'a', 1); ALTER TABLE $db.t2 ADD COLUMN a INT DEFAULT 0"
	settle s1
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN a INT DEFAULT -1; INSERT INTO $db.t1 VALUES (201, 'a', 1)"
	wait_until 10 'dm query-status t | grep -q "\"ErrCode\": 38016"'
	[ "$(query='.locks[0] | [.owner, .synced[], .unsynced[]]' locks)" = '["s1","s1","s2"]' ]
	dm binlog replace -s s2 t "ALTER TABLE $db.t1 ADD COLUMN a INT DEFAULT 0" | jq -e .result
	sql s2 "INSERT INTO $db.t2 VALUES (301, 'a'); ALTER TABLE $db.t2 ADD a INT DEFAULT 0"
	wait_until 10 '[ "$(count)" = 3 ]'
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN b INT DEFAULT 0; INSERT INTO $db.t1 VALUES (2, 'a', 1, 1); ALTER TABLE $db.t2 ADD COLUMN b INT DEFAULT 0"
	settle s1
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN b INT DEFAULT -1; INSERT INTO $db.t1 VALUES (202, 'a', 1, 1)"
	wait_until 10 'dm query-status t | grep -q "\"ErrCode\": 38016"'
	dm unlock-ddl-lock "$id" | jq -e .result
	dm binlog skip -s s2 t | jq -e .result
	wait_until 10 '[ "$(count)" = 5 ]'
	# the next statement of all: the one that was left out is nobody's concern any more
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN c INT; ALTER TABLE $db.t2 ADD COLUMN c INT"
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN c INT; INSERT INTO $db.t1 VALUES (203, 'a', 1, 1, 1); ALTER TABLE $db.t2 ADD COLUMN c INT; INSERT INTO $db.t2 (id, c) VALUES (302, 2)"
	wait_until 10 '[ "$(count)" = 7 ]'
	[ "$(query=.msg locks)" = '"no DDL lock exists"' ]
	dm stop-task t >/dev/null
}

@test "without its shard-mode a task does not run over tables that wait; what waits goes to --spool-dir" {
	prepare false
	start s1
	settle s1
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN n LONGTEXT; INSERT INTO $db.t1 VALUES (1, 'a', 'short')"
	settle s1
	stop s1
	sed -i /shard-mode/d t.yaml
	start s1
	wait "${pipeline[s1]}" || true
	assert_contains "$(cat s1.sync.err)" 'error 36611' "'$db.t1' wait for other shards of '$db.t'"
	echo "shard-mode: pessimistic" >>t.yaml
	sql s1 "INSERT INTO $db.t1 VALUES (2, 'a', REPEAT('x', 100000)), (3, 'a', 'short')"
	start s1 --spool-dir /nonexistent
	wait "${pipeline[s1]}" || true
	assert_contains "$(cat s1.sync.err)" "cannot make a file to hold the rows of a table that waits for other shards in '/nonexistent'"
	mkdir spool
	start s1 --spool-dir "$PWD/spool"
	settle s1
	grep -q "$PWD/spool/dm-tools.* (deleted)" <(ls -l "/proc/$(pgrep -g "${pipeline[s1]}" -x dm-sync)/fd")
	stop s1
	unset 'pipeline[s1]'
}

@test "a table that the task's rules want no more is not waited for" {
	prepare false
	start s1
	start s2
	settle s1 s2
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN n INT; INSERT INTO $db.t1 VALUES (1, 'a', 1); ALTER TABLE $db.t2 ADD COLUMN n INT"
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN n INT; INSERT INTO $db.t1 VALUES (201, 'a', 1)"
	settle s1 s2
	no_column n
	stop s1
	stop s2
	sed -i "s/do-dbs: .*/do-dbs: [\"$db\"], ignore-tables: [{db-name: \"$db\", tbl-name: t2}]}}/" t.yaml
	start s1
	start s2
	wait_until 10 '[ "$(count)" = 2 ]'
	stop s1
	stop s2
}

@test "an XA transaction that is undecided when a shard begins to wait, and decided while it does" {
	prepare true
	start s1
	start s2
	settle s1 s2
	for n in s1 s2; do
		sql $n "XA START '$db'; INSERT INTO $db.t1 VALUES (${n#s}5, 'xa'); INSERT INTO $db.beside_$n VALUES (500, 0); XA END '$db'; XA PREPARE '$db'"
		sql $n "ALTER TABLE $db.t2 ADD COLUMN n INT; INSERT INTO $db.t2 VALUES (${n#s}6, 'a', 1)"
	done
	settle s1 s2
	kill_all s1
	sql s1 "XA COMMIT '$db'"
	start s1
	settle s1
	kill_all s1
	kill_all s2
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN n INT; UPDATE $db.t1 SET n = 7"
	start s1
	start s2
	sql s2 "XA ROLLBACK '$db'; INSERT INTO $db.t1 VALUES (27, 'b'); ALTER TABLE $db.t1 ADD COLUMN n INT"
	wait_until 10 '[ "$(count)" = 4 ]'
	settle s1 s2
	wait_until 10 '[ "$(count "WHERE n = 7")" = 1 ]'
	assert_all_merged
	stop s1
	stop s2
	[ "$(sql down "SELECT COUNT(*) FROM m_$db.t_state WHERE stage = 'dm-sync' OR state_key = 'xa'")" -eq 0 ]
}

@test "a task starts from a place behind which all shards change: those that are silent at first are waited for" {
	prepare false
	for n in s1 s2; do
		sql $n "SET GLOBAL binlog_row_metadata = FULL"
		sql $n "ALTER TABLE $db.t1 ADD COLUMN a INT DEFAULT 5; INSERT INTO $db.t1 (id, v) VALUES (${n#s}1, 'x');
			INSERT INTO $db.t2 (id, v) VALUES (${n#s}2, 'y'); ALTER TABLE $db.t2 ADD COLUMN a INT DEFAULT 5; UPDATE $db.t2 SET a = 6"
	done
	start s2
	settle s2
	start s1
	wait_until 30 '[ "$(count)" -eq 4 ]'
	wait_until 30 '[ "$(sql down "SELECT COUNT(*) FROM m_$db.t_shard_ddl WHERE data LIKE '"'%held%'"' OR owner <> '"''"'")" -eq 0 ]'
	settle s1 s2
	assert_all_merged
	stop s1
	stop s2
	for n in s1 s2; do sql $n "SET GLOBAL binlog_row_metadata = DEFAULT"; done
}

# The place that a restart reads from lies before tables that are gone by now: they are told once more, and nobody may wait for them.
@test "tables that were dropped or renamed while another group waits are not waited for after a restart" {
	prepare false
	for n in s1 s2; do sql $n "CREATE TABLE $db.w1 (id INT PRIMARY KEY); CREATE TABLE $db.w2 LIKE $db.w1"; done
	sql down "CREATE TABLE $db.w LIKE $db.t; ALTER TABLE $db.w DROP v"
	sed -i "s/route-rules: \[r\]/route-rules: [r, w]/; s/^routes: {/routes: {w: {schema-pattern: \"$db\", table-pattern: \"w*\", target-schema: \"$db\", target-table: \"w\"}, /" t.yaml
	for n in s1 s2; do
		read -r log pos _ < <(sql $n 'SHOW MASTER STATUS' 2>/dev/null || sql $n 'SHOW BINARY LOG STATUS')
		sed -i "s/{source-id: $n, meta: {[^}]*}/{source-id: $n, meta: {binlog-name: $log, binlog-pos: $pos}/" t.yaml
	done
	start s1
	start s2
	settle s1 s2
	sql s1 "ALTER TABLE $db.w1 ADD n INT; INSERT INTO $db.w1 VALUES (1, 1)"
	sql s1 "INSERT INTO $db.t1 VALUES (1, 'a'); INSERT INTO $db.t2 VALUES (101, 'a'); RENAME TABLE $db.t1 TO $db.t3; DROP TABLE $db.t2"
	settle s1 s2
	kill_all s1
	start s1
	settle s1
	sql s1 "ALTER TABLE $db.t3 ADD n INT; INSERT INTO $db.t3 VALUES (2, 'b', 2)"
	sql s2 "ALTER TABLE $db.t1 ADD n INT; ALTER TABLE $db.t2 ADD n INT; INSERT INTO $db.t2 VALUES (301, 'b', 2)"
	wait_until 30 'has_column n'
	wait_until 30 '[ "$(count)" = 4 ]'
	[ "$(sql down "SELECT COUNT(*) FROM $db.w")" -eq 0 ]
	stop s1
	stop s2
}
