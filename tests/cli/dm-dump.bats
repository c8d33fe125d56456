#!/usr/bin/env bats
# dm-dump without a server: usage and configuration. With servers: tests/e2e/dump-load.bats.
# shellcheck disable=SC2154 # variables of the helpers

setup() {
	load lib
	cli_setup
	nowhere=(-h 127.0.0.1 -P 1 -u root)	# nobody listens there
}

@test "dm-dump: no server is named" {
	run_tool dm-dump </dev/null
	[ "$status" -eq 64 ] || [ "$status" -eq 78 ]
	assert_no_out
}

@test "dm-dump: what --consistency knows" {
	run_tool dm-dump "${nowhere[@]}" --consistency often </dev/null
	assert_status 64
	assert_err 'auto, flush and none'
}

@test "dm-dump: a consistency that is not there yet is refused, not ignored" {
	for how in lock snapshot; do
		run_tool dm-dump "${nowhere[@]}" --consistency "$how" </dev/null
		[ "$status" -ne 0 ] || fail "$how"
		assert_err 'not supported yet'
	done
}

@test "dm-dump: numbers have ranges" {
	for bad in '--threads 0' '--threads 257' '--rows 0' '--lock-wait 0' '--lock-time x'; do
		# shellcheck disable=SC2086 # two words
		run_tool dm-dump "${nowhere[@]}" $bad </dev/null
		assert_status 64 || fail "$bad"
	done
}

@test "dm-dump: a server that is not there is tried again by whoever runs us" {
	run_tool dm-dump "${nowhere[@]}" --status-file status.json </dev/null
	assert_status 75
	assert_error 10502
	assert_no_out
	[ "$(jq -r .unit,.stage status.json | tr '\n' ' ')" = 'Dump Paused ' ]
}

@test "dm-dump: a source that the task does not have" {
	cat >task.yaml <<-'END'
		name: t
		task-mode: full
		target-database: {host: "127.0.0.1", port: 4000, user: "root", password: ""}
		mysql-instances: [{source-id: "one"}]
	END
	run_tool dm-dump -c task.yaml -s two </dev/null
	[ "$status" -ne 0 ]
	assert_err two
	assert_no_out
}
