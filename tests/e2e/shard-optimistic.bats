#!/usr/bin/env bats
# shard-optimistic.bats - tables of two sources merged into one, each with a structure of its own: shard-mode optimistic.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016 # variables of the helpers

setup_file() {
	load lib
	start_servers s1=mariadb s2=mariadb down=mariadb
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	load shard
	load shards
	e2e_setup
	db=o$BATS_TEST_NUMBER
}

teardown() {
	shard_teardown
}

down_is() {
	[ "$(sql down "SELECT * FROM $db.t ORDER BY 1" | tr '\t\n' ' ;')" = "$1" ] || fail "$(sql down "SELECT * FROM $db.t ORDER BY 1")"
}

# tbl00 and tbl01 are tables of the first source, tbl02 is one of the second.
@test "the table of DM's manual: Level comes, Name goes, and rows of all shards flow all the time" {
	shards optimistic 'ID INT PRIMARY KEY, Name VARCHAR(20)'
	sql s1 "RENAME TABLE $db.t1 TO $db.tbl00, $db.t2 TO $db.tbl01"
	sql s2 "RENAME TABLE $db.t1 TO $db.tbl02; DROP TABLE $db.t2"
	for n in s1 s2; do
		read -r log pos _ < <(sql $n 'SHOW MASTER STATUS')
		sed -i "s/{source-id: $n, meta: {[^}]*}/{source-id: $n, meta: {binlog-name: $log, binlog-pos: $pos}/" t.yaml
	done
	sql s1 "INSERT INTO $db.tbl00 VALUES (1, 'Sarah'), (5, 'Sophia'); INSERT INTO $db.tbl01 VALUES (12, 'Paul'), (16, 'Jessica'), (19, 'Shaun')"
	sql s2 "INSERT INTO $db.tbl02 VALUES (23, 'Bob'), (24, 'Ben')"
	start s1
	start s2
	settle s1 s2
	sql s1 "ALTER TABLE $db.tbl00 ADD COLUMN Level INT; UPDATE $db.tbl00 SET Level = 9 WHERE ID = 1"
	sql s2 "INSERT INTO $db.tbl02 (ID, Name) VALUES (27, 'Tony')"
	settle s1 s2
	down_is '1 Sarah 9;5 Sophia NULL;12 Paul NULL;16 Jessica NULL;19 Shaun NULL;23 Bob NULL;24 Ben NULL;27 Tony NULL;'
	sql s1 "ALTER TABLE $db.tbl01 ADD COLUMN Level INT; ALTER TABLE $db.tbl01 DROP COLUMN Name;
		INSERT INTO $db.tbl01 (ID, Level) VALUES (15, 7); UPDATE $db.tbl00 SET Level = 5 WHERE ID = 5"
	settle s1
	down_is '1 Sarah 9;5 Sophia 5;12 Paul NULL;15 NULL 7;16 Jessica NULL;19 Shaun NULL;23 Bob NULL;24 Ben NULL;27 Tony NULL;'
	sql s2 "ALTER TABLE $db.tbl02 ADD COLUMN Level INT"
	settle s2
	sql s1 "ALTER TABLE $db.tbl00 DROP COLUMN Name"
	settle s1
	has_column Name
	sql s2 "ALTER TABLE $db.tbl02 DROP COLUMN Name"
	settle s2
	down_is '1 9;5 5;12 NULL;15 7;16 NULL;19 NULL;23 NULL;24 NULL;27 NULL;'
	stop s1
	stop s2
}

@test "what would lose values waits until all have done it: a new name, another type; kill -9 in between" {
	shards optimistic 'id INT PRIMARY KEY, a INT, v VARCHAR(20)'
	for n in s1 s2; do
		sql $n "INSERT INTO $db.t1 VALUES (${n#s}1, 1, 'x'); INSERT INTO $db.t2 VALUES (${n#s}2, 2, 'y')"
		start $n
	done
	settle s1 s2
	sql s1 "ALTER TABLE $db.t1 CHANGE a b INT; INSERT INTO $db.t1 VALUES (13, 3, 'z'); UPDATE $db.t1 SET b = 11 WHERE id = 11;
		ALTER TABLE $db.t1 ADD n INT; INSERT INTO $db.t1 VALUES (14, 4, 'z', 4)"
	settle s1
	has_column a
	[ "$(sql down "SELECT COUNT(*) FROM $db.t")" -eq 4 ]
	grep -q "table '$db.t1' waits for other shards" s1.sync.err
	kill_all s1
	sql s1 "ALTER TABLE $db.t2 RENAME COLUMN a TO b; INSERT INTO $db.t2 VALUES (15, 5, 'z')"
	sql s2 "ALTER TABLE $db.t1 CHANGE a b INT; INSERT INTO $db.t1 VALUES (23, 3, 'z')"
	settle s2
	kill_all s2
	start s1
	start s2
	settle s1 s2
	has_column a
	sql s2 "ALTER TABLE $db.t2 CHANGE a b INT; INSERT INTO $db.t2 VALUES (24, 4, 'z')"
	wait_until 20 'has_column b && ! has_column a'
	wait_until 20 '[ "$(sql down "SELECT COUNT(*) FROM $db.t")" -eq 9 ]'
	for n in s1.t2 s2.t1 s2.t2; do sql ${n%.*} "ALTER TABLE $db.${n#*.} ADD n INT"; done
	settle s1 s2
	assert_all_merged
	for n in s1.t1 s1.t2 s2.t1 s2.t2; do sql ${n%.*} "ALTER TABLE $db.${n#*.} MODIFY b VARCHAR(9); UPDATE $db.${n#*.} SET b = CONCAT(b, 'b')"; done
	wait_until 20 '[ "$(sql down "SELECT COUNT(*) FROM $db.t WHERE b LIKE '"'%b'"'")" -eq 9 ]'
	settle s1 s2
	assert_all_merged
	stop s1
	stop s2
	[ "$(sql down "SELECT COUNT(*) FROM m_$db.t_shard_ddl WHERE data LIKE '%verdict%' OR owner <> ''")" -eq 0 ]
}

@test "two defaults: the second shard stops before anything is changed, both are named, and the rest flows" {
	shards optimistic 'id INT PRIMARY KEY'
	for n in s1 s2; do
		sql $n "INSERT INTO $db.t1 VALUES (${n#s}1); INSERT INTO $db.t2 VALUES (${n#s}2)"
		start $n
	done
	settle s1 s2
	sql s1 "ALTER TABLE $db.t2 ADD Age INT DEFAULT 0"
	settle s1
	sql s2 "ALTER TABLE $db.t1 ADD Age INT DEFAULT -1; INSERT INTO $db.t1 VALUES (23, 3); INSERT INTO $db.t2 VALUES (24)"
	settle s2
	wait_until 5 'grep -q "is in conflict" s2.sync.err'
	grep -qF "column 'Age' is \`Age\` int NULL DEFAULT -1 in s2-\`$db\`.\`t1\`, and downstream its rows have got the column as \`Age\` int NULL DEFAULT 0" s2.sync.err
	down_is '11 0;12 0;21 0;22 0;24 0;'
	sql s1 "ALTER TABLE $db.t1 ADD Age INT DEFAULT 0"
	kill_all s2
	start s2
	settle s1 s2
	down_is '11 0;12 0;21 0;22 0;24 0;'
	wait_until 5 '[ "$(jq -c "[(.fields.blockingDDLs | length), .fields.blockDDLOwner]" s2.json)" = "[1,\"s2-\`$db\`.\`t1\`\"]" ]'
	jq -r .fields.conflictMsg s2.json | grep -qF 'int NULL DEFAULT -1'
	dm-meta lock list -c t.yaml >locks
	[ "$(jq -c '.[0] | [.ID, .mode, .synced, .unsynced]' locks)" = "[\"t-\`$db\`.\`t\`\",\"optimistic\",[\"s1-\`$db\`.\`t1\`\",\"s1-\`$db\`.\`t2\`\"],[\"s2-\`$db\`.\`t1\`\",\"s2-\`$db\`.\`t2\`\"]]" ] ||
		fail "$(cat locks)"
	run_tool dm-meta lock unlock "t-\`$db\`.\`t\`" -c t.yaml </dev/null
	assert_status 64
	run_tool dm-meta lock unlock "t-\`$db\`.\`t\`" -c t.yaml -s s2 --database "$db" --table t2 --action skip </dev/null
	assert_status 69
	dm-meta lock unlock "t-\`$db\`.\`t\`" -c t.yaml -s s2 --database "$db" --table t1 --action skip
	wait_until 10 '[ "$(sql down "SELECT Age FROM $db.t WHERE id = 23")" = 3 ]'
	sql s2 "ALTER TABLE $db.t2 ADD Age INT DEFAULT 0; ALTER TABLE $db.t1 ADD b INT; INSERT INTO $db.t1 VALUES (25, 1, 2)"
	settle s2
	[ "$(sql down "SELECT b FROM $db.t WHERE id = 25")" = 2 ]
	sql s2 "ALTER TABLE $db.t2 ADD now DATETIME DEFAULT NOW(); INSERT INTO $db.t2 (id) VALUES (26)"
	wait_until 10 '[ "$(sql down "SELECT COUNT(*) FROM m_$db.t_shard_ddl WHERE data LIKE '"'%conflict%'"'")" = 1 ]'
	dm-meta lock unlock "t-\`$db\`.\`t\`" -c t.yaml -s s2 --database "$db" --table t2 --action exec
	wait_until 10 'has_column now && [ "$(sql down "SELECT COUNT(*) FROM $db.t WHERE id = 26")" = 1 ]'
	wait_until 5 '[ "$(jq -c "[.fields.blockingDDLs, .fields.blockDDLOwner]" s2.json)" = "[[],\"\"]" ]'
	stop s1
	stop s2
}

@test "a column that others still have cannot come back; strict mode waits for nobody" {
	shards optimistic 'id INT PRIMARY KEY, b INT' 'strict-optimistic-shard-mode: true'
	for n in s1 s2; do sql $n "INSERT INTO $db.t1 VALUES (${n#s}1, 1); INSERT INTO $db.t2 VALUES (${n#s}2, 2)"; done
	start s2
	start s1
	settle s1 s2
	sql s1 "ALTER TABLE $db.t1 DROP b; ALTER TABLE $db.t1 ADD b INT"
	wait "${pipeline[s1]}" || true
	grep -qF "error 36062" s1.sync.err
	grep -qF "because schema conflict detected: add column b that wasn't fully dropped in downstream" s1.sync.err
	sql s2 "ALTER TABLE $db.t1 CHANGE b c INT"
	wait "${pipeline[s2]}" || true
	grep -qF "it waits until all shards have done it" s2.sync.err
	has_column b
	unset 'pipeline[s1]' 'pipeline[s2]'
}

@test "shards of different structures, tables that are made and dropped while running" {
	shards optimistic 'id INT PRIMARY KEY, v VARCHAR(20)'
	for n in s1 s2; do
		sql $n "INSERT INTO $db.t1 VALUES (${n#s}1, 'a'); INSERT INTO $db.t2 VALUES (${n#s}2, 'b')"
		start $n
	done
	settle s1 s2
	sql s1 "ALTER TABLE $db.t1 ADD n INT NOT NULL, MODIFY v VARCHAR(30), ADD KEY k (v); INSERT INTO $db.t1 VALUES (13, REPEAT('l', 30), 3)"
	sql s2 "INSERT INTO $db.t2 VALUES (23, 'c'); CREATE TABLE $db.t3 (id INT PRIMARY KEY, v VARCHAR(10), more INT DEFAULT 5);
		INSERT INTO $db.t3 VALUES (31, 'new', 1), (32, 'new', 2); CREATE TABLE $db.t4 LIKE $db.t3"
	settle s1 s2
	[ "$(sql down "SELECT n FROM $db.t WHERE id IN (11, 21, 13) ORDER BY id" | paste -sd,)" = 0,3,0 ]
	[ "$(sql down "SELECT SUM(more) FROM $db.t WHERE id IN (31, 32)")" -eq 3 ]
	sql s2 "DROP TABLE $db.t4; ALTER TABLE $db.t1 ADD more INT DEFAULT 5; ALTER TABLE $db.t2 ADD more INT DEFAULT 5"
	for n in s2.t1 s2.t2 s2.t3 s1.t2; do sql ${n%.*} "ALTER TABLE $db.${n#*.} ADD n INT NOT NULL, MODIFY v VARCHAR(30), ADD KEY k (v)"; done
	for n in s1.t1 s1.t2; do sql ${n%.*} "ALTER TABLE $db.${n#*.} ADD more INT DEFAULT 5"; done
	settle s1 s2
	assert_all_merged
	[ -n "$(sql down "SHOW INDEX FROM $db.t WHERE Key_name = 'k'")" ]
	[ "$(sql down "SELECT COLUMN_DEFAULT FROM information_schema.columns WHERE table_schema = '$db' AND column_name = 'n'")" = NULL ]
	stop s1
	stop s2
}

@test "what the downstream refuses can be left out, and then is for all that waited for it" {
	prepare false
	sed -i 's/^shard-mode:.*/shard-mode: optimistic/' t.yaml
	dm operate-source create s1.yaml s2.yaml >/dev/null
	dm start-task t.yaml >/dev/null
	settle s1 s2
	sql down "INSERT INTO $db.t VALUES (999, 'no number')"
	for n in s1 s2; do sql $n "INSERT INTO $db.t1 VALUES (${n#s}1, '1'); INSERT INTO $db.t2 VALUES (${n#s}2, '2')"; done
	settle s1 s2
	for n in s1.t1 s1.t2 s2.t1 s2.t2; do
		sql ${n%.*} "ALTER TABLE $db.${n#*.} MODIFY v INT; INSERT INTO $db.${n#*.} VALUES (${n//[!0-9]/}3, 3)"
	done
	wait_until 10 'dm query-status t | grep -q "\"ErrCode\": 36510"'
	[ "$(count)" -eq 5 ]
	dm query-status t | grep -q '"blockDDLOwner"'
	failed=$(sql down "SELECT owner FROM m_$db.t_shard_ddl WHERE id = '' AND target_table = 't'")
	dm binlog skip -s "$failed" t | jq -e .result
	wait_until 15 '[ "$(count)" = 9 ]'
	sql s2 "ALTER TABLE $db.t2 ADD n INT; INSERT INTO $db.t2 VALUES (24, 4, 4)"
	wait_until 10 'has_column n && [ "$(count)" = 10 ]'
	dm stop-task t >/dev/null
}

@test "whole data of shards of different structures, then changes: tables that have been silent count as well" {
	shards optimistic 'a INT PRIMARY KEY, b INT, c INT'
	sed -i 's/task-mode: .*/task-mode: all/; s/, meta: {[^}]*}//' t.yaml
	sql s1 "ALTER TABLE $db.t1 DROP b, DROP c; ALTER TABLE $db.t2 DROP c; INSERT INTO $db.t1 VALUES (1); INSERT INTO $db.t2 VALUES (2, 2)"
	sql s2 "ALTER TABLE $db.t1 DROP b; INSERT INTO $db.t1 VALUES (3, 3); INSERT INTO $db.t2 VALUES (4, 4, 4)"
	run_load t s1
	run_load t s2
	start s1
	start s2
	settle s1 s2
	down_is '1 NULL NULL;2 2 NULL;3 NULL 3;4 4 4;'
	sql s2 "ALTER TABLE $db.t2 DROP b"
	settle s2
	has_column b
	sql s1 "ALTER TABLE $db.t2 DROP b; ALTER TABLE $db.t1 ADD c INT; ALTER TABLE $db.t2 ADD c INT; INSERT INTO $db.t1 VALUES (5, 5)"
	settle s1 s2
	no_column b
	assert_all_merged
	stop s1
	stop s2
}

@test "a column that is spelled anew downstream keeps its comment and its collation" {
	shards optimistic "id INT PRIMARY KEY, v VARCHAR(20) COLLATE utf8mb4_bin NOT NULL DEFAULT 'x' COMMENT 'one', n INT COMMENT 'it''s \\\\ two'"
	for n in s1 s2; do
		sql $n "INSERT INTO $db.t1 (id, n) VALUES (${n#s}1, 1); INSERT INTO $db.t2 (id, n) VALUES (${n#s}2, 1)"
		start $n
	done
	settle s1 s2
	sql s2 "ALTER TABLE $db.t1 MODIFY v VARCHAR(20) COLLATE utf8mb4_bin NULL DEFAULT 'x' COMMENT 'one'"
	settle s2
	# the join of these and of what the others have is spelled as no shard has said it
	sql s1 "ALTER TABLE $db.t1 MODIFY v VARCHAR(40) COLLATE utf8mb4_bin NOT NULL DEFAULT 'x', MODIFY n BIGINT NOT NULL;
		INSERT INTO $db.t1 (id, v, n) VALUES (13, REPEAT('y', 40), 9000000000)"
	settle s1
	grep -q "becomes what all its shards need: .*MODIFY COLUMN .v. varchar(40).* NULL DEFAULT" s1.sync.err
	grep -q "becomes what all its shards need: .*MODIFY COLUMN .n. bigint.* NULL COMMENT" s1.sync.err
	run sql down "SELECT column_name, column_type, is_nullable, collation_name, column_comment FROM information_schema.columns
		WHERE table_schema = '$db' AND table_name = 't' AND column_name <> 'id' ORDER BY 1"
	[ "$output" = "$(printf '%s\t%s\t%s\t%s\t%s\n' n 'bigint(20)' YES NULL "it's \\\\ two" v 'varchar(40)' YES utf8mb4_bin one)" ] || fail "$output"
	stop s1
	stop s2
}

@test "a task starts from a place behind which all shards change: those that are silent at first have their columns still" {
	shards optimistic 'id INT PRIMARY KEY, c INT, v VARCHAR(20)'
	sql down "INSERT INTO $db.t VALUES (11, 1, 'a'), (12, 2, 'b'), (21, 3, 'c'), (22, 4, 'd')"
	for n in s1 s2; do
		sql $n "SET sql_log_bin = 0; INSERT INTO $db.t1 VALUES (${n#s}1, $((${n#s} * 2 - 1)), '$(echo _ac | cut -c$((${n#s} + 1)))');
			INSERT INTO $db.t2 VALUES (${n#s}2, $((${n#s} * 2)), '$(echo _bd | cut -c$((${n#s} + 1)))')"
	done
	for n in s1 s2; do sql $n "SET GLOBAL binlog_row_metadata = FULL"; done
	sql s1 "ALTER TABLE $db.t1 DROP c; INSERT INTO $db.t1 VALUES (13, 'e'); INSERT INTO $db.t2 VALUES (14, 5, 'f'); ALTER TABLE $db.t2 ADD x INT;
		CREATE TABLE $db.t3 (id INT PRIMARY KEY, v VARCHAR(20), x INT)"
	sql s2 "ALTER TABLE $db.t1 DROP c, ADD y INT; ALTER TABLE $db.t2 ADD x INT, DROP c"
	start s2
	settle s2
	start s1
	settle s1
	# those of s2 waited for s1 to tell its tables
	wait_until 30 'has_column x && has_column y && [ "$(count)" = 6 ]'
	has_column c
	down_is '11 1 a NULL NULL;12 2 b NULL NULL;13 NULL e NULL NULL;14 5 f NULL NULL;21 3 c NULL NULL;22 4 d NULL NULL;'
	sql s1 "ALTER TABLE $db.t2 DROP c"
	wait_until 30 '! has_column c'
	stop s1
	stop s2
	for n in s1 s2; do sql $n "SET GLOBAL binlog_row_metadata = DEFAULT"; done
}
