#!/usr/bin/env bats
# The driver's commands beside the life of a task, on real servers: relay logs, start at a time, hosts and their leases, what
# query-status shows of each unit. Upstream one is MySQL, read by places, upstream two MySQL, read by GTIDs; downstream is MariaDB.
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
	local up
	for up in one two; do
		sql $up "CREATE DATABASE $s CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; CREATE TABLE $s.$up (id INT PRIMARY KEY, v VARCHAR(20))"
	done
	write_task all
}

teardown() {
	[ -n "${s:-}" ] || return 0
	local home
	for home in "$DM_HOME" "$BATS_TEST_TMPDIR/elsewhere"; do
		[ -d "$home/tasks" ] || continue
		DM_HOME=$home dm query-status "$s" | grep -E 'stage|Message' || :	# shown where the test failed
		DM_HOME=$home dm stop-relay -s one -s two >/dev/null 2>&1 || :
		DM_HOME=$home dm stop-task "$s" >/dev/null 2>&1 || :
	done
}

# write_task MODE [LINE ...]: of both sources; lines come behind those of source one.
write_task() {
	task_file "$s" <<-END
		task-mode: $1
		$(target down)
		mysql-instances:
		- {source-id: one, block-allow-list: mine}
		- {source-id: two, block-allow-list: mine}
		block-allow-list:
		  mine: {do-dbs: ["$s"]}
		${2:-}
	END
}

dmq() {
	dm "$@" >/dev/null
}

# stage SOURCE: "Running Sync"
stage() {
	dm query-status "$s" | jq -r ".sources[] | select(.sourceStatus.source == \"$1\").subTaskStatus[0] | .stage + \" \" + .unit"
}

# relay SOURCE FILTER: what jq finds in the status of its relay log.
relay() {
	dm query-status "$s" | jq -r ".sources[] | select(.sourceStatus.source == \"$1\").sourceStatus.relayStatus | $2"
}

sync_of() {
	dm query-status "$s" | jq -r ".sources[] | select(.sourceStatus.source == \"$1\").subTaskStatus[0].sync | $2"
}

wait_sync() {
	wait_until 60 '[ "$(stage one)" = "Running Sync" ] && [ "$(stage two)" = "Running Sync" ]'
}

assert_equal() {
	assert_same_table one down "$s.one"
	assert_same_table two down "$s.two"
}

# down_count TABLE N: waits until it has so many rows.
down_count() {
	wait_until 60 '[ "$(sql down "SELECT COUNT(*) FROM $s.'"$1"'" 2>/dev/null)" = '"$2"' ]'
}

task_status() {
	dm query-status | jq -r ".tasks[] | select(.taskName == \"$s\").taskStatus"
}

@test "a relay log is kept, read, paused and stopped, and the task goes on with every change" {
	sql one "INSERT INTO $s.one VALUES (1, 'whole')"
	dmq start-task "$s.yaml"
	wait_sync
	wait_until 30 '[ "$(relay one .)/$(sync_of one .binlogType)" = null/remote ]'
	run_tool dm start-relay -s one -s two
	assert_status 0
	[ "$(jq -c '[.sources[] | .source, .result]' out)" = '["one",true,"two",true]' ]
	wait_until 60 '[ "$(relay one .stage)/$(relay two .stage)" = Running/Running ]'
	wait_until 60 '[ "$(sync_of one .binlogType)/$(sync_of two .binlogType)" = local/local ]'
	sql one "INSERT INTO $s.one VALUES (2, 'by relay'); FLUSH BINARY LOGS; INSERT INTO $s.one VALUES (3, 'by relay')"
	sql two "INSERT INTO $s.two VALUES (2, 'by relay'); FLUSH BINARY LOGS; INSERT INTO $s.two VALUES (3, 'by relay')"
	down_count one 3
	down_count two 2
	wait_until 60 '[ "$(sync_of one .synced)/$(sync_of two .synced)" = true/true ]'
	wait_until 60 '[ "$(relay one .relayCatchUpMaster)" = true ] && [ "$(relay one .masterBinlog)" = "$(relay one .relayBinlog)" ]'
	[ "$(relay two .masterBinlogGtid)" = "$(sql two 'SELECT @@global.gtid_executed')" ]
	run_tool dm start-relay -s one
	assert_status 69

	# While it is paused, what it has is read; the task says why nothing more comes.
	dmq pause-relay -s one
	[ "$(relay one .stage)" = Paused ]
	[[ "$(task_status)" == "Error - Relay status is Paused."* ]]
	sql one "INSERT INTO $s.one VALUES (4, 'later')"
	dmq resume-relay -s one
	down_count one 4
	[ "$(task_status)" = Running ]
	run_tool dm resume-relay -s one
	assert_status 69

	# A relay log that was killed is told, and goes on.
	kill -KILL "$(cut -d' ' -f1 "$DM_HOME/relays/two/pid")"
	wait_until 30 '[[ "$(task_status)" == "Error - Relay status is Error."* ]]'
	dmq resume-relay -s two
	sql two "INSERT INTO $s.two VALUES (4, 'later')"
	down_count two 3

	run_tool dm operate-source stop one
	assert_status 69
	run_tool dm operate-source update one.yaml
	assert_status 69
	dmq stop-relay -s one -s two
	[ "$(relay one .)" = null ]
	sql one "UPDATE $s.one SET v = 'from the source' WHERE id = 1"
	sql two "UPDATE $s.two SET v = 'from the source' WHERE id = 2"
	wait_until 60 '[ "$(sql down "SELECT (SELECT COUNT(*) FROM $s.one WHERE v LIKE \"from%\") + (SELECT COUNT(*) FROM $s.two WHERE v LIKE \"from%\")")" = 2 ]'
	wait_sync
	wait_until 30 '[ "$(sync_of one .binlogType)/$(sync_of two .binlogType)" = remote/remote ]'
	assert_equal
	run_tool dm stop-relay -s one
	assert_status 69
}

# The logs of the relay log of source one.
kept_logs() {
	find "$DM_HOME/relays/one/relay-dir" -name 'mysql-bin.*' -printf '%f\n' | sort
}

@test "a new relay log starts with what a paused task needs, and nothing is purged that one needs" {
	# As DM has it in the source file.
	dmq operate-source stop two
	source_file two two 'enable-gtid: true' 'enable-relay: true'
	dmq operate-source create two.yaml
	wait_until 60 '[ "$(dm query-status -s two | jq -r ".sources[0].sourceStatus.relayStatus.stage")" = Running ]'
	dmq stop-relay -s two

	dmq start-task "$s.yaml" -s one
	wait_until 60 '[ "$(stage one)" = "Running Sync" ]'
	sql one "INSERT INTO $s.one VALUES (0, 'first')"
	down_count one 1
	dmq pause-task "$s"
	local last
	sql one "INSERT INTO $s.one VALUES (1, 'a'); FLUSH BINARY LOGS; INSERT INTO $s.one VALUES (2, 'b'); FLUSH BINARY LOGS; INSERT INTO $s.one VALUES (3, 'c')"
	last=$(sql one 'SHOW BINARY LOG STATUS' | cut -f1)

	dmq start-relay -s one
	wait_until 60 '[ -s "$DM_HOME/relays/one/relay.json" ] && kept_logs | grep -qxF "'"$last"'"'
	[ "$(kept_logs | wc -l)" -ge 3 ]
	run_tool dm purge-relay -s one
	assert_status 64
	run_tool dm purge-relay -s one -f "$last"
	assert_status 0
	jq -r '.sources[0].msg' out | grep -qF "a checkpoint needs them, task '$s'" || fail "no word of the checkpoint"
	[ "$(kept_logs | wc -l)" -ge 3 ]

	dmq resume-task "$s" -s one
	down_count one 4
	wait_until 60 '[ "$(sync_of one .binlogType)/$(sync_of one .synced)" = local/true ]'
	grep -q 'syncing from the relay log' "$DM_HOME/tasks/$s/one/log"
	! grep -q 'reading from the source' "$DM_HOME/tasks/$s/one/log"
	dmq pause-task "$s"
	dmq purge-relay -s one -f "$last"
	[ "$(kept_logs)" = "$last" ]
	run_tool dm purge-relay -s one -f mysql-bin.999999
	assert_status 69

	# A place that the relay log no longer has is read from the source.
	dm-meta checkpoint set "${last%.*}.000001:4" -c "$s.yaml" -s one
	sql one "INSERT INTO $s.one VALUES (4, 'd')"
	dmq resume-task "$s" -s one
	down_count one 5
	grep -q 'reading from the source' "$DM_HOME/tasks/$s/one/log"
	assert_same_table one down "$s.one"
}
