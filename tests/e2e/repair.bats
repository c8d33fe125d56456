#!/usr/bin/env bats
# What an operator does about statements that the downstream refuses: skip, replace, inject, revert, on real servers. Upstream one is
# MySQL, read by places, upstream two MySQL, read by GTIDs; downstream is MariaDB, which does not know the collation
# utf8mb4_0900_ai_ci.
# shellcheck disable=SC2016,SC2119,SC2120 # conditions of wait_until are evaluated there

setup_file() {
	load lib
	start_servers one=mysql two=mysql down=mariadb
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	s=t_$BATS_TEST_NUMBER
	export DM_BACKOFF_MAX=2 DM_DRAIN_MAX=20
	source_file one one
	source_file two two 'enable-gtid: true'
	dm operate-source create one.yaml two.yaml >/dev/null
	sql one "CREATE DATABASE $s CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
	sql down "CREATE DATABASE $s CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
}

teardown() {
	[ -n "${s:-}" ] || return 0
	dm query-status "$s" | grep -E 'stage|Message' || :	# shown where the test failed
	dm stop-task "$s" >/dev/null 2>&1 || :
}

# single [SOURCE]: a task of one source, from where its log ends now.
single() {
	sql down "CREATE DATABASE IF NOT EXISTS m_$s"
	task_file "$s" <<-END
		task-mode: incremental
		meta-schema: m_$s
		$(target down)
		mysql-instances:
		- {source-id: ${1:-one}, block-allow-list: mine, meta: {$(place_of "${1:-one}")}}
		block-allow-list:
		  mine: {do-dbs: ["$s"]}
	END
}

place_of() {
	sql "$1" "SHOW BINARY LOG STATUS" | awk '{ printf "binlog-name: %s, binlog-pos: %s", $1, $2 }'
}

# Where the next statement of a server starts: behind its GTID event.
last_statement() {
	local file

	file=$(sql "$1" "SHOW BINARY LOG STATUS" | cut -f1)
	sql "$1" "SHOW BINLOG EVENTS IN '$file'" | awk -F'\t' '$3 == "Query" && $6 !~ /^BEGIN|COMMIT/ { at = $1 ":" $2 } END { print at }'
}

stage() {
	dm query-status "$s" | jq -r ".sources[] | select(.sourceStatus.source == \"$1\").subTaskStatus[0] | .stage + \" \" + .unit"
}

message() {
	dm query-status "$s" | jq -r ".sources[] | select(.sourceStatus.source == \"${1:-one}\").subTaskStatus[0].result.errors[]?.Message"
}

wait_error() {
	wait_until 60 '[ "$(stage '"${1:-one}"')" = "Paused Sync" ]'
}

down_has() {
	wait_until 60 '[ "$(sql down "'"$1"'" | tr "\t\n" " ;")" = "'"$2"'" ]' ||
		fail "$1: $(sql down "$1" | tr '\t\n' ' ;'), wanted $2"
}

operations() {
	dm binlog list "$s" | jq -r '.sources[0].msg'
}

# The two tables are alike, but for what the test says.
begin() {
	sql one "CREATE TABLE $s.tb11 (c1 INT NOT NULL PRIMARY KEY, c2 DECIMAL(11,3))"
	sql down "CREATE TABLE $s.tb11 (c1 INT NOT NULL PRIMARY KEY, c2 DECIMAL(11,3))"
	single
	dm start-task "$s.yaml" >/dev/null
	sql one "INSERT INTO $s.tb11 VALUES (1, 1.5)"
	down_has "SELECT * FROM $s.tb11" '1 1.500;'
}

@test "a statement that the downstream refuses is skipped, and the task goes on (the manual's example)" {
	begin
	sql one "ALTER TABLE $s.tb11 CHANGE c2 c2 DECIMAL(10,3), COLLATE utf8mb4_0900_ai_ci; INSERT INTO $s.tb11 VALUES (2, 2.5)"
	wait_error
	[[ "$(message)" == *"startLocation: [position: ("*"origin SQL: [ALTER TABLE"*"utf8mb4_0900_ai_ci"* ]]
	run_tool dm handle-error "$s" skip
	assert_status 0
	jq -e '.result and .sources[0].result and .sources[0].source == "one"' out
	down_has "SELECT * FROM $s.tb11" '1 1.500;2 2.500;'
	[ "$(stage one)" = "Running Sync" ]
	[ "$(sql down "SELECT column_type FROM information_schema.columns WHERE table_schema = '$s' AND column_name = 'c2'")" = 'decimal(11,3)' ]
	[ "$(operations)" = '[]' ]
	# The rows went by the name of the upstream's column, which skipping has not hidden.
	run_tool dm handle-error "$s" skip
	assert_status 69
	assert_out "source one has no error"
}

@test "a statement that the downstream refuses is replaced by two (the manual's example)" {
	begin
	sql one "ALTER TABLE $s.tb11 ADD COLUMN new_col VARCHAR(20) COLLATE utf8mb4_0900_ai_ci UNIQUE; INSERT INTO $s.tb11 VALUES (2, 2.5, 'x')"
	wait_error
	run_tool dm binlog replace "$s" "ALTER TABLE \`$s\`.\`tb11\` ADD COLUMN \`new_col\` VARCHAR(20);ALTER TABLE \`$s\`.\`tb11\` ADD UNIQUE(\`new_col\`);"
	assert_status 0
	down_has "SELECT * FROM $s.tb11" '1 1.500 NULL;2 2.500 x;'
	[ "$(sql down "SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = '$s' AND index_name = 'new_col' AND non_unique = 0")" = 1 ]
	[ "$(operations)" = '[]' ]
	dm pause-task "$s" >/dev/null
	dm resume-task "$s" >/dev/null
	sql one "INSERT INTO $s.tb11 VALUES (3, 3.5, 'y')"
	down_has "SELECT c1 FROM $s.tb11" '1;2;3;'
}

@test "of four shards on two servers, each statement is replaced at its own source (the manual's example)" {
	local up i

	for up in one two; do
		sql $up "CREATE DATABASE IF NOT EXISTS ${s}_$up CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
			CREATE TABLE ${s}_$up.shard_1 (id INT PRIMARY KEY); CREATE TABLE ${s}_$up.shard_2 (id INT PRIMARY KEY)"
	done
	sql down "CREATE TABLE $s.tb (id INT PRIMARY KEY)"
	task_file "$s" <<-END
		task-mode: incremental
		meta-schema: m_$s
		$(target down)
		mysql-instances:
		- {source-id: one, route-rules: [merge], block-allow-list: mine, meta: {$(place_of one)}}
		- {source-id: two, route-rules: [merge], block-allow-list: mine, meta: {$(place_of two)}}
		routes:
		  merge: {schema-pattern: "${s}_*", table-pattern: "shard_*", target-schema: "$s", target-table: tb}
		block-allow-list:
		  mine: {do-dbs: ["${s}_*"]}
	END
	dm start-task "$s.yaml" >/dev/null
	i=0
	for up in one two; do
		for n in 1 2; do
			i=$((i + 1))
			sql $up "ALTER TABLE ${s}_$up.shard_$n ADD COLUMN new_col VARCHAR(20) COLLATE utf8mb4_0900_ai_ci;
				INSERT INTO ${s}_$up.shard_$n VALUES ($i, 'v$i')"
		done
	done
	for n in 1 2; do
		for up in one two; do
			wait_error $up
			[[ "$(message $up)" == *"${s}_$up.shard_$n"* ]]
			dm handle-error "$s" -s $up replace "ALTER TABLE ${s}_$up.shard_$n ADD COLUMN new_col VARCHAR(20)" >/dev/null
			wait_until 60 "[ \"\$(sql down 'SELECT COUNT(*) FROM $s.tb')\" -ge $((n * 2 - 1 + $([ $up = two ] && echo 1 || echo 0))) ]"
		done
	done
	down_has "SELECT * FROM $s.tb" '1 v1;2 v2;3 v3;4 v4;'
	for up in one two; do sql $up "DROP DATABASE ${s}_$up"; done
}

@test "of four shards on two servers, all statements are skipped, twice without naming a source (the manual's example)" {
	local up n

	for up in one two; do
		sql $up "CREATE DATABASE IF NOT EXISTS ${s}_$up CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
			CREATE TABLE ${s}_$up.shard_1 (id INT PRIMARY KEY, v TEXT); CREATE TABLE ${s}_$up.shard_2 (id INT PRIMARY KEY, v TEXT)"
	done
	sql down "CREATE TABLE $s.tb (id INT PRIMARY KEY, v TEXT)"
	task_file "$s" <<-END
		task-mode: incremental
		meta-schema: m_$s
		$(target down)
		mysql-instances:
		- {source-id: one, route-rules: [merge], block-allow-list: mine, meta: {$(place_of one)}}
		- {source-id: two, route-rules: [merge], block-allow-list: mine, meta: {$(place_of two)}}
		routes:
		  merge: {schema-pattern: "${s}_*", table-pattern: "shard_*", target-schema: "$s", target-table: tb}
		block-allow-list:
		  mine: {do-dbs: ["${s}_*"]}
	END
	dm start-task "$s.yaml" >/dev/null
	for up in one two; do
		for n in 1 2; do
			sql $up "ALTER TABLE ${s}_$up.shard_$n COLLATE utf8mb4_0900_ai_ci"
		done
	done
	sql one "INSERT INTO ${s}_one.shard_1 VALUES (1, 'a')"
	sql two "INSERT INTO ${s}_two.shard_2 VALUES (2, 'b')"
	for n in 1 2; do
		wait_until 60 "[[ \"\$(message one)\" == *shard_$n* ]] && [[ \"\$(message two)\" == *shard_$n* ]]"
		run_tool dm handle-error "$s" skip
		assert_status 0
		jq -e '[.sources[].result] == [true, true]' out
	done
	down_has "SELECT * FROM $s.tb" '1 a;2 b;'
	for up in one two; do sql $up "DROP DATABASE ${s}_$up"; done
}

@test "an operation for a statement to come waits for it, is listed, and can be taken back" {
	begin
	sql one "FLUSH BINARY LOGS"
	dm pause-task "$s" >/dev/null
	sql one "ALTER TABLE $s.tb11 ADD COLUMN extra INT"
	at=$(last_statement one)
	# By the form that DM's relay log has; a task that was paused by hand stays so.
	run_tool dm binlog skip "$s" -b "${at/.0/|000001.0}"
	assert_status 0
	[ "$(stage one)" = "Paused Sync" ]
	[ "$(operations | jq -c '.[0] | [.op, .task]')" = "[1,\"$s\"]" ]
	dm binlog revert "$s" -b "${at/.0/|000001.0}" >/dev/null
	run_tool dm binlog revert "$s" -b "$at"
	assert_status 69
	assert_out "operator not exist"
	[ "$(operations)" = '[]' ]
	run_tool dm binlog skip "$s" -b nonsense
	assert_status 69
	assert_out "invalid --binlog-pos"
	run_tool dm binlog replace "$s" -b "$at" "ALTER TABLE tb11 ADD x INT"
	assert_status 69
	assert_out "does not say in which schema"
	run_tool dm binlog replace "$s" -b "$at" "INSERT INTO $s.tb11 VALUES (9, 9)"
	assert_status 69
	assert_out "no DDL statement is understood"
	dm binlog inject "$s" -b "$at" "CREATE TABLE $s.first (a INT); ALTER TABLE $s.first ADD b INT" >/dev/null
	dm resume-task "$s" >/dev/null
	sql one "INSERT INTO $s.tb11 VALUES (2, 2.5, 7)"
	down_has "SELECT * FROM $s.tb11" '1 1.500 NULL;2 2.500 7;'
	down_has "SELECT column_name FROM information_schema.columns WHERE table_schema = '$s' AND table_name = 'first' ORDER BY 1" 'a;b;'
}

@test "rows cannot be skipped: that is said, and nothing of them is lost" {
	begin
	sql down "DROP TABLE $s.tb11"
	sql one "INSERT INTO $s.tb11 VALUES (2, 2.5)"
	wait_error
	run_tool dm binlog skip "$s"
	assert_status 69
	assert_out "only support to handle ddl error currently"
	at=$(sql down "SELECT CONCAT(binlog_name, ':', binlog_pos) FROM m_$s.${s}_syncer_checkpoint WHERE is_global")
	run_tool dm binlog skip "$s" -b "$at"
	assert_status 0
	wait_until 60 '[[ "$(message)" == *"no statement starts there"* ]]'
	run_tool dm binlog revert "$s" -b "$at"
	assert_status 0
	wait_until 60 '[[ "$(message)" == *"does not exist"* ]]'
	sql down "CREATE TABLE $s.tb11 (c1 INT NOT NULL PRIMARY KEY, c2 DECIMAL(11,3))"
	dm resume-task "$s" >/dev/null
	down_has "SELECT * FROM $s.tb11" '2 2.500;'
}

# alter_later: a statement with a row behind it, while the task is paused; sets at to where it starts.
alter_later() {
	dm pause-task "$s" >/dev/null
	sql one "ALTER TABLE $s.tb11 ADD COLUMN n INT; INSERT INTO $s.tb11 VALUES (2, 2.5, 7)"
	at=$(place_of one | awk -F'[:,] *' '{ print $2 }')
	at=$at:$(sql one "SHOW BINLOG EVENTS IN '$at'" | awk -F'\t' -v s="$s." '$6 ~ s && $6 ~ /ADD COLUMN n/ { print $2 }')
	sql down "CREATE TABLE $s.other (a INT)"
}

# The first of three statements has run; what it did is undone, so that it would be seen to run again.
assert_not_again() {
	wait_until 60 '[[ "$(message)" == *"'"'n'"'"* ]]'
	[ "$(sql down "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = '$s' AND column_name = 'n'")" = 0 ]
	sql down "ALTER TABLE $s.tb11 ADD n INT"
	dm resume-task "$s" >/dev/null
	down_has "SELECT c1, n, z FROM $s.tb11" '1 NULL 3;2 7 3;'
	[ "$(operations)" = '[]' ]
}

@test "of statements in the place of one, those that had run when another failed are not run again" {
	begin
	alter_later
	sql down "DROP TABLE $s.other"
	dm binlog replace "$s" -b "$at" "ALTER TABLE $s.tb11 ADD COLUMN n INT; ALTER TABLE $s.other ADD y INT; ALTER TABLE $s.tb11 ADD COLUMN z INT DEFAULT 3" >/dev/null
	dm resume-task "$s" >/dev/null
	wait_error
	[[ "$(message)" == *"other"* ]]
	[ "$(sql down "SELECT value FROM m_$s.${s}_state WHERE state_key = 'handle-error'" | jq -c '.[0].done')" = 1 ]
	sql down "ALTER TABLE $s.tb11 DROP n; CREATE TABLE $s.other (a INT)"
	run_tool dm binlog revert "$s"
	assert_status 69
	assert_out "1 of the 3 statements"
	dm resume-task "$s" >/dev/null
	assert_not_again
}

@test "of statements in the place of one, none is run twice where dm-sync is killed between them" {
	begin
	alter_later
	mkfifo hold
	sql down <hold 3>&- &
	holder=$!
	exec 6>hold
	echo "LOCK TABLES $s.other READ;" >&6
	dm binlog replace "$s" -b "$at" "ALTER TABLE $s.tb11 ADD COLUMN n INT; ALTER TABLE $s.other ADD y INT; ALTER TABLE $s.tb11 ADD COLUMN z INT DEFAULT 3" >/dev/null
	dm resume-task "$s" >/dev/null
	wait_until 60 '[ -n "$(sql down "SELECT id FROM information_schema.processlist WHERE state LIKE '"'Waiting for table metadata lock'"'")" ]'
	kill -KILL "$(cut -d" " -f1 "$DM_HOME/tasks/$s/one"/run-*/dm-sync.pid)"
	sql down "ALTER TABLE $s.tb11 DROP n"
	exec 6>&-
	wait $holder
	assert_not_again
	[ "$(sql down "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = '$s' AND column_name = 'y'")" = 1 ]
}
