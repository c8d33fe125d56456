#!/usr/bin/env bats
# The driver: how it finds again and ends what is left when any of its processes was killed.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # conditions of wait_until are evaluated there; each test is a process

setup() {
	load dm
	dm_setup
}

teardown() {
	dm_teardown
}

@test "dm: when run is killed, its pipelines drain" {
	dm run t.yaml >out 2>err &
	runner=$!
	wait_until 5 '[ -s "$task/one/sync.json" ] && [ -s "$task/two/sync.json" ]'
	kill -KILL $runner
	wait_until 10 '[ "$(stage one)$(stage two)" = PausedPaused ]'
	[ -z "$(left)" ] || fail "left: $(left)"
}

@test "dm: every member may be killed; the pipeline starts again" {
	for victim in dm-relay dm-online-ddl dm-filter dm-route dm-sync; do
		dm start-task t.yaml -s one
		# All start at once: the status file of one says nothing of the others.
		wait_until 5 '[ -s "$task/one/sync.json" ] && [ -n "$(member one $victim 2>/dev/null)" ]'
		before=$(member one dm-sync)
		kill -KILL "$(member one $victim)"
		wait_until 10 'now=$(member one dm-sync 2>/dev/null) && [ -n "$now" ] && [ "$now" != "$before" ]'
		grep -q "$victim ended by signal 9" "$task/one/log"
		dm stop-task t
		rm -rf "$task"
	done
}

@test "dm: after the supervisor was killed, resume ends what it left and goes on" {
	dm start-task t.yaml -s one
	wait_until 5 '[ -s "$task/one/sync.json" ]'
	before=$(member one dm-sync)
	kill -KILL "$(cut -d' ' -f1 "$task/one/pid")"
	wait_until 5 '[ "$(stage one)" = Paused ]'
	dm query-status t | grep -q 'the processes of this source are gone'
	dm resume-task t -s one
	wait_until 10 'now=$(member one dm-sync 2>/dev/null) && [ -n "$now" ] && [ "$now" != "$before" ]'
	! ps -o stat= -p "$before" | grep -qv Z || fail "the old dm-sync is still there"
}

@test "dm: after all processes were killed, resume goes on" {
	dm start-task t.yaml
	wait_until 5 '[ -s "$task/one/sync.json" ] && [ -s "$task/two/sync.json" ]'
	left | xargs kill -KILL
	wait_until 5 '[ "$(stage one)$(stage two)" = PausedPaused ]'
	dm resume-task t
	wait_until 5 '[ "$(stage one)$(stage two)" = RunningRunning ]'
}

@test "dm: a number that went to another process is not ours" {
	dm start-task t.yaml -s one
	dm pause-task t
	sleep 100 &
	other=$!
	boot=$(cat /proc/sys/kernel/random/boot_id)
	echo "$other 1 $boot" >"$task/one/pid"
	mkdir "$task/one/run-1.1"
	echo "$other 1 $boot" >"$task/one/run-1.1/dm-relay.pid"
	echo "$other $(awk '{ print $22 }' /proc/$other/stat) another-boot" >"$task/one/run-1.1/dm-sync.pid"
	dm resume-task t -s one
	dm pause-task t
	kill -0 $other
	kill $other
}

@test "dm: a member that does not drain is killed" {
	: >home/sync-hangs
	dm start-task t.yaml -s one
	wait_until 5 '[ -s "$task/one/sync.json" ]'
	DM_DRAIN_MAX=1 dm pause-task t
	[ -z "$(left)" ] || fail "left: $(left)"
	[ "$(stage one)" = Paused ]
}
