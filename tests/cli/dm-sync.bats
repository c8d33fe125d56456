#!/usr/bin/env bats
# dm-sync without any server: its options, and what it says when there is none.
# shellcheck disable=SC2154 # variables of the helpers

setup() {
	load lib
	cli_setup
}

# A task for a server that is not there.
task() {
	cat >task.yaml <<-END
		name: "t"
		task-mode: "incremental"
		target-database: {host: "127.0.0.1", port: 1, user: "root", password: "Geheim12"}
		mysql-instances:
		- {source-id: "s", meta: {binlog-name: "x.000001", binlog-pos: 4}$1}
		$2
	END
}

@test "a task must be named" {
	run_tool dm-sync -h 127.0.0.1 -P 1 </dev/null
	assert_status 64
	assert_err --task
}

@test "--on-missing is error, warn or upsert" {
	run_tool dm-sync --task t -h 127.0.0.1 -P 1 --on-missing sometimes </dev/null
	assert_status 64
	assert_err sometimes
}

@test "--batch is a number from 1 on" {
	for bad in 0 -1 many 1000001; do
		run_tool dm-sync --task t --batch "$bad" </dev/null
		assert_status 64
	done
}

@test "it takes no operands" {
	run_tool dm-sync --task t stream.ndjson </dev/null
	assert_status 64
	assert_err stream.ndjson
}

@test "a server that is not there is status 75, with its address, without the password" {
	task
	run_tool dm-sync -c task.yaml -s s </dev/null
	assert_status 75
	assert_error 10002
	assert_err 127.0.0.1:1
	! grep -q Geheim err || fail "the password is in the message"
}

@test "a server that is not there is told in the status file too" {
	task
	run_tool dm-sync -c task.yaml -s s --status-file status.json </dev/null
	assert_status 75
	[ "$(jq -r '.unit, .stage, .result.errors[0].ErrCode, .result.errors[0].ErrScope' status.json | paste -sd' ')" = \
		'Sync Paused 10002 downstream' ] || fail "$(cat status.json)"
}

@test "a source that the task does not have is told before anything else" {
	task
	run_tool dm-sync -c task.yaml -s other </dev/null
	[ "$status" -eq 78 ] || [ "$status" -eq 64 ] || fail "status $status"
	assert_err other
}

@test "a syncer section with a key that is not known is refused with its line" {
	task ', syncer-config-name: "f"' 'syncers: {f: {batch: 10, bach: 10}}'
	run_tool dm-sync -c task.yaml -s s </dev/null
	assert_status 78
	assert_err bach
	assert_err task.yaml:
}

@test "a password file that is not there is told with its name" {
	run_tool dm-sync --task t -h 127.0.0.1 -P 1 --password-file no-such-file </dev/null
	[ "$status" -ne 0 ]
	assert_err no-such-file
}
