#!/usr/bin/env bats
# The driver with real tools and servers: a task's life, and what it is after any of its processes was killed.
# Upstream one is MariaDB, upstream two MySQL, by GTID; downstream MariaDB.
# shellcheck disable=SC2016 # conditions of wait_until are evaluated there

setup_file() {
	load lib
	start_servers one=mariadb two=mysql down=mariadb
}

teardown_file() {
	load lib
	stop_servers
}

# Each test has a schema of its own, t_NUMBER, with tables on both upstreams that are merged downstream.
setup() {
	load lib
	e2e_setup
	s=t_$BATS_TEST_NUMBER
	export DM_DRAIN_MAX=20 DM_BACKOFF_MAX=2
	source_file one one
	source_file two two 'enable-gtid: true'
	write_task all
	local up
	for up in one two; do
		sql $up "CREATE DATABASE $s CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
			CREATE TABLE $s.part_$up (id INT PRIMARY KEY, v MEDIUMTEXT, n BIGINT NOT NULL DEFAULT 0); CREATE TABLE $s.own_$up (a INT, b TEXT)"
	done
	sql one "INSERT INTO $s.part_one SELECT seq * 2, CONCAT('row ', seq), seq FROM mysql.seq_1_to_20000"
	sql two "SET cte_max_recursion_depth = 20001; INSERT INTO $s.part_two
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i * 2 + 1, CONCAT('row ', i), i FROM n"
	dm operate-source create one.yaml two.yaml >/dev/null
}

teardown() {
	[ -n "${s:-}" ] || return 0
	touch quiet open
	dm query-status "$s" | grep -E 'stage|Message' || :	# shown where the test failed
	dm stop-task "$s" >/dev/null 2>&1 || :
	local server
	for server in one two down; do
		sql $server 'DO 0' 2>/dev/null || restart_server $server
	done
}

write_task() {
	task_file "$s" <<-END
		task-mode: $1
		$(target down)
		mysql-instances:
		- {source-id: one, route-rules: [merge], block-allow-list: mine}
		- {source-id: two, route-rules: [merge], block-allow-list: mine}
		routes:
		  merge: {schema-pattern: "$s", table-pattern: "part_*", target-schema: "$s", target-table: whole}
		block-allow-list:
		  mine: {do-dbs: ["$s"]}
	END
}

# dmq COMMAND ...: the driver, without its answer.
dmq() {
	dm "$@" >/dev/null
}

# stage SOURCE: "Running Sync"
stage() {
	dm query-status "$s" | jq -r ".sources[] | select(.sourceStatus.source == \"$1\").subTaskStatus[0] | .stage + \" \" + .unit"
}

wait_sync() {
	wait_until 60 '[ "$(stage one)" = "Running Sync" ] && [ "$(stage two)" = "Running Sync" ]'
}

# Changes on both servers until the file quiet is there; keys of one are even, of the other odd.
keep_changing() {
	local up odd=0

	changers=()

	for up in one two; do
		(
			n=0
			while [ ! -e quiet ]; do
				n=$((n + 1))
				echo "BEGIN; UPDATE $s.part_$up SET n = n + 1, v = CONCAT('changed ', $n) WHERE id BETWEEN $((n * 7)) AND $((n * 7 + 60));
					INSERT INTO $s.part_$up VALUES ($((100000 + n * 2 + odd)), 'new', $n), ($((200000 + n * 2 + odd)), 'ö', $n);
					DELETE FROM $s.part_$up WHERE id = $((20000 + n)); COMMIT;"
				sleep 0.02
			done | sql $up
		) 3>&- &
		changers+=($!)
		odd=1
	done
}

changes_end() {
	: >quiet
	wait "${changers[@]}"	# not for all: the harness has a process of its own here
}

assert_equal() {
	assert_merged down "$s.whole" one "$s.part_one" two "$s.part_two"
	assert_same_table one down "$s.own_one"
	assert_same_table two down "$s.own_two"
}

# member SOURCE NAME: the pid of a process of the pipeline.
member() {
	cut -d' ' -f1 "$DM_HOME/tasks/$s/$1"/run-*/"$2.pid" 2>/dev/null
}

# kill_member SOURCE NAME: false when it is not there.
kill_member() {
	local pid

	pid=$(member "$1" "$2") && kill -KILL "$pid" 2>/dev/null
}

# metric SOURCE TOOL NAME [LABELS]: its value; LABELS: a pattern for those behind task and source.
metric() {
	sed -n "s/^$3{task=\"$s\",source_id=\"$1\"${4:-}} //p" "$DM_METRICS_DIR/dm@$s@$1@$2.prom"
}

# Each tool of each source has written its numbers, and what the folder holds can be scraped in one go.
assert_metrics() {
	local up tool began file

	# Also while nothing comes.
	for up in one two; do
		for tool in relay sync; do
			began=$(metric $up $tool dm_worker_update_time ',.*')
			wait_until 20 '[ "$(metric '$up' '$tool' dm_worker_update_time ",.*")" -gt '"$began"' ]'
		done
		[ "$(metric $up relay dm_relay_transactions_total)" -ge 2 ]
		wait_until 20 '[ "$(metric '$up' sync dm_syncer_synced)" = 1 ]'
		[ "$(metric $up dump dm_worker_task_state ',.*')/$(metric $up load dm_worker_task_state ',.*')" = 5/5 ]
		[ "$(metric $up relay dm_worker_task_state ',.*')/$(metric $up sync dm_worker_task_state ',.*')" = 2/2 ]
		[ "$(metric $up dump dumpling_dump_finished_rows)/$(metric $up load dm_loader_finished_rows)" = 20000/20000 ]
		[ "$(metric $up load dm_loader_progress)/$(metric $up load dm_loader_table_count)" = 1/2 ]
		[ "$(metric $up sync dm_syncer_finished_transaction_total ',.*')" -ge 2 ]
		[ "$(metric $up sync dm_syncer_finished_jobs_total ',.*')" -ge 2 ]
		[ "$(metric $up sync dm_syncer_txn_duration_time_count ',.*')" -ge 1 ]
		[ "$(metric $up sync dm_syncer_queue_size ',.*')" -eq 0 ]
		[ "$(metric $up sync dm_syncer_binlog_pos ',.*node="master"')" = "$(metric $up sync dm_syncer_binlog_pos ',.*node="syncer"')" ]
		[ "$(metric $up relay dm_relay_binlog_file ',.*node="relay"')" -ge 1 ]
	done
	# But for the disk of a relay log, which there is none of, each name has a value.
	sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$DM_METRICS_DIR"/*.prom | sort -u >named
	sed -n 's/^\([a-z_]*\){.*/\1/p' "$DM_METRICS_DIR"/*.prom | sed -E 's/_lag_(bucket|sum|count)$/_lag/; s/_time_(bucket|sum|count)$/_time/' | sort -u >valued
	[ "$(comm -23 named valued)" = dm_relay_space ] || fail "without a value: $(comm -23 named valued)"
	[ -z "$(cat "$DM_METRICS_DIR"/*.prom | grep -v '^#' | sed 's/ [^ ]*$//' | sort | uniq -d)" ] || fail "a series is in two files"
	[ -n "${DM_PROMTOOL:-$(type -P promtool)}" ] || return 0
	for file in "$DM_METRICS_DIR"/*.prom; do
		status=0
		"${DM_PROMTOOL:-promtool}" check metrics <"$file" >complaints 2>&1 || status=$?
		[ "$status" -eq 3 ] || fail "$file: $(cat complaints)"	# it can be read; DM's names are not as a linter wants them
	done
}

@test "start, pause, resume, stop: whole data first, then changes" {
	export DM_METRICS_DIR=$PWD/metrics
	mkdir metrics
	dmq start-task "$s.yaml"
	wait_sync
	wait_until 20 '[ "$(sql down "SELECT COUNT(*) FROM $s.whole")" -eq 40000 ]'
	sql one "UPDATE $s.part_one SET v = 'one' WHERE id = 2; INSERT INTO $s.own_one VALUES (1, 'x'), (1, 'x'), (NULL, NULL)"
	sql two "UPDATE $s.part_two SET v = 'two' WHERE id = 3; ALTER TABLE $s.own_two ADD COLUMN c INT; INSERT INTO $s.own_two VALUES (1, 'x', 5)"
	wait_until 20 '[ "$(sql down "SELECT COUNT(*) FROM $s.whole WHERE v IN (\"one\", \"two\")")" -eq 2 ]'
	wait_until 20 '[ "$(dm query-status "$s" | jq -c "[.sources[].subTaskStatus[0].sync.synced]")" = "[true,true]" ]'
	assert_equal
	assert_metrics

	dmq pause-task "$s"
	[ "$(stage one)/$(stage two)" = "Paused Sync/Paused Sync" ]
	sql one "DELETE FROM $s.part_one WHERE id = 4"
	sql two "DELETE FROM $s.part_two WHERE id = 5"
	sleep 1
	[ "$(sql down "SELECT COUNT(*) FROM $s.whole")" -eq 40000 ]
	dmq resume-task "$s"
	wait_until 20 '[ "$(sql down "SELECT COUNT(*) FROM $s.whole")" -eq 39998 ]'
	dmq stop-task "$s"
	assert_equal
	[ "$(dm query-status | jq -c .tasks)" = '[]' ]
	[ -z "$(ls metrics)" ]
	unset DM_METRICS_DIR

	# The checkpoint is downstream: a new start goes on where the old one ended.
	sql one "DELETE FROM $s.part_one WHERE id = 6"
	dm run "$s.yaml" --until caught-up
	assert_equal
}

@test "a full task ends by itself, and an incremental one goes on at its place" {
	write_task full
	dm run "$s.yaml"
	assert_equal
	[ "$(stage one)/$(stage two)" = "Finished Load/Finished Load" ]
	sql one "DELETE FROM $s.part_one WHERE id < 10; INSERT INTO $s.own_one VALUES (1, 'x')"
	sql two "DELETE FROM $s.part_two WHERE id < 20; INSERT INTO $s.own_two VALUES (2, 'y')"
	write_task incremental
	dm run "$s.yaml" --until caught-up
	[ "$(stage one)/$(stage two)" = "Finished Sync/Finished Sync" ]
	assert_equal
}

@test "run ends at a place of one source" {
	dm run "$s.yaml" --until caught-up
	sql one "UPDATE $s.part_one SET v = 'before' WHERE id = 10"
	local place
	place=$(sql one 'SHOW MASTER STATUS' | cut -f 1,2 --output-delimiter=:)
	sql one "UPDATE $s.part_one SET v = 'behind' WHERE id = 12"
	dm run "$s.yaml" -s one --until "$place"
	[ "$(sql down "SELECT GROUP_CONCAT(v) FROM $s.whole WHERE id IN (10, 12)")" = "before,row 6" ]
	dm run "$s" -s one --until caught-up
	[ "$(sql down "SELECT v FROM $s.whole WHERE id = 12")" = behind ]
	run_tool dm run "$s" --until "$place"
	assert_status 64
}

@test "every process may be killed during sync" {
	dmq start-task "$s.yaml"
	wait_sync
	keep_changing
	for victim in dm-sync dm-relay dm-route dm-filter dm-online-ddl; do
		for up in one two; do
			wait_until 20 "kill_member $up $victim"
		done
		wait_sync
	done
	changes_end
	dmq pause-task "$s"
	dm run "$s" --until caught-up
	assert_equal
}

# Holds the target table, so that a load waits in its midst, until the file open is there.
hold_target() {
	rm -f open
	sql down "CREATE DATABASE IF NOT EXISTS $s CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
		CREATE TABLE $s.whole (id INT PRIMARY KEY, v MEDIUMTEXT, n BIGINT NOT NULL DEFAULT 0)"
	{
		echo "LOCK TABLES $s.whole WRITE;"
		while [ ! -e open ]; do
			sleep 0.1
		done
	} 3>&- | sql down 3>&- &
	holder=$!
	wait_until 10 '[ -n "$(sql down "SHOW OPEN TABLES FROM $s WHERE In_use > 0")" ]'
}

@test "every process may be killed during load" {
	local victim
	# Enough to fill all pipes, and what dm-load holds in its queues.
	sql one "SET sql_log_bin = 0; ALTER TABLE $s.part_one MODIFY v MEDIUMTEXT;
		INSERT INTO $s.part_one SELECT id + 1000000, REPEAT('wide ', 600000), n FROM $s.part_one ORDER BY id LIMIT 30"
	for victim in dm-load dm-dump dm-filter dm-route; do
		hold_target
		dmq start-task "$s.yaml" --remove-meta
		wait_until 20 "kill_member one $victim"
		: >open
		wait "$holder"
		sql one "UPDATE $s.part_one SET v = '$victim', n = n + 1 WHERE id < 100"
		sql two "DELETE FROM $s.part_two ORDER BY id LIMIT 10"
		wait_sync
		dmq stop-task "$s"
		dm run "$s.yaml" --until caught-up
		grep -q "$victim ended by signal 9" "$DM_HOME/tasks/$s/one/log"
		assert_equal
		sql down "DROP DATABASE $s"
	done
}

@test "all processes may be killed at once; run goes on" {
	dmq start-task "$s.yaml"
	keep_changing
	local round
	for round in 1 2 3; do
		sleep "0.$((round * 3))"
		pgrep -f "$BATS_TEST_TMPDIR/home" | xargs -r kill -KILL || :
		dmq resume-task "$s"
	done
	wait_sync
	pgrep -f "$BATS_TEST_TMPDIR/home" | xargs -r kill -KILL || :
	changes_end
	dm run "$s" --until caught-up
	assert_equal
}

@test "the downstream server may be killed" {
	dmq start-task "$s.yaml"
	wait_sync
	keep_changing
	sleep 0.5
	kill_server down
	sleep 3
	restart_server down
	wait_sync
	changes_end
	dmq pause-task "$s"
	dm run "$s" --until caught-up
	assert_equal
}

@test "an upstream server may be killed" {
	dmq start-task "$s.yaml"
	wait_sync
	sql one "UPDATE $s.part_one SET v = 'before' WHERE id = 2"
	kill_server one
	restart_server one
	sql one "UPDATE $s.part_one SET v = 'after' WHERE id = 4"
	wait_until 40 '[ "$(sql down "SELECT COUNT(*) FROM $s.whole WHERE v IN (\"before\", \"after\")")" -eq 2 ]'
	dmq pause-task "$s"
	dm run "$s" --until caught-up
	assert_equal
}

@test "a failure that a person must mend pauses the task, and says what it is; so with a log in JSON" {
	export DM_LOG_FORMAT=json
	dmq start-task "$s.yaml"
	wait_sync
	wait_until 20 '[ "$(sql down "SELECT COUNT(*) FROM $s.whole")" -eq 40000 ]'
	sql down "DELETE FROM $s.whole WHERE id = 2"
	sql one "UPDATE $s.part_one SET v = 'x' WHERE id = 2"
	wait_until 20 '[ "$(stage one)" = "Paused Sync" ]'
	dm query-status "$s" >status
	jq -e '.sources[0].subTaskStatus[0].result.errors[0] | .ErrCode > 0 and (.Message | startswith("dm-sync: "))' status
	# Each line is an object that tells whose it is; the error in it is what query-status shows.
	jq -s --arg task "$s" 'all(.[]; .task == $task and .source == "one" and has("place") and has("level")) and length > 5' \
		"$DM_HOME/tasks/$s/one/log" | grep -qx true || fail "$(cat "$DM_HOME/tasks/$s/one/log")"
	jq -s --slurpfile status status '[.[] | select(.level == "error" and .tool == "dm-sync")][-1] | . as $said |
		$status[0].sources[0].subTaskStatus[0].result.errors[0] | .ErrCode == $said.code and .ErrScope == $said.scope and
		.Message == "dm-sync: " + $said.message and .Workaround == $said.workaround and ($said.place | test("^mysql-bin"))' \
		"$DM_HOME/tasks/$s/one/log" | grep -qx true || fail "$(cat status "$DM_HOME/tasks/$s/one/log")"
	[[ $(dm query-status | jq -r '.tasks[0].taskStatus') == Error* ]]
	sql down "INSERT INTO $s.whole (id, v, n) VALUES (2, 'row 1', 1)"
	dmq resume-task "$s" -s one
	wait_until 20 '[ "$(sql down "SELECT v FROM $s.whole WHERE id = 2")" = x ]'
}
