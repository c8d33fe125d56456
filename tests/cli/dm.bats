#!/usr/bin/env bats
# The driver: its commands, and how it starts, watches and stops its processes.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # conditions of wait_until are evaluated there; each test is a process

setup() {
	load dm
	dm_setup
}

teardown() {
	dm_teardown
}

@test "dm: help, version and mistakes of usage" {
	run_tool dm --help
	assert_status 0
	assert_out "usage: dm COMMAND"
	run_tool dm --version
	assert_status 0
	assert_out "dm (dm-tools) "
	for words in "" nonsense "start-task" "query-status a b" "pause-task" "--nonsense" "pause-task -s" "stop-task t --until caught-up" \
		"operate-source" "operate-source create" "run t.yaml --until soon" \
		"binlog" "binlog skip" "binlog replace t" "binlog leap t" "handle-error t" "pause-task t -b x:4" "binlog-schema list t a b" \
		"binlog-schema update -s one t a b" "binlog-schema list -s one t a" "operate-schema get -s one t" "pause-task t --from-source"; do
		# shellcheck disable=SC2086 # a list of words
		run_tool dm $words
		assert_status 64
		assert_err "; try 'dm "
	done
}

@test "dm: each command has its help, with its own options only" {
	run_tool dm --list-commands
	assert_status 0
	cut -f2 out | cut -d' ' -f1 | sort -u | grep . >commands
	[ "$(wc -l <commands)" -ge 25 ]
	while read -r command; do
		run_tool dm "$command" --help </dev/null
		assert_status 0
		assert_no_err
		[[ ${lines[0]} == "usage: dm $command"* ]] || fail "$command --help: ${lines[0]}"
		cp out help
		run_tool dm help "$command" </dev/null
		assert_status 0
		cmp out help || fail "help $command"
		grep -oE '^  (-[a-z], |    )--[a-z-]+' help | sed 's/.*--/--/' | sort >shown
		dm --list-commands | awk -F '\t' -v name="$command" '$1 == "option" && ($2 == name || $2 == "") { print $4 }' | sort >listed
		cmp shown listed || fail "options of $command"
		run_tool dm "$command" --no-such-option </dev/null
		assert_status 64
		assert_err "; try 'dm $command --help'"
	done <commands
	run_tool dm nonsense --help </dev/null
	assert_status 64
}

@test "dm: an option stands where it likes, with its value behind it or joined to it" {
	dm start-task t.yaml
	for words in "-s two query-status t" "query-status -s two t" "query-status t -stwo" "query-status t --source=two"; do
		# shellcheck disable=SC2086 # a list of words
		[ "$(dm $words | jq -r '.sources[].sourceStatus.source')" = two ] || fail "$words"
	done
	run_tool dm query-status t --more=yes
	assert_status 64
}

@test "dm: what is not there yet is refused with a status of its own" {
	run_tool dm validation start t
	assert_status 78
	[ "$(jq .result out)" = false ]
}

@test "dm: sources are kept for their owner only, once, and forgotten" {
	printf 'source-id: a/b c\n' >s.yaml
	run_tool dm operate-source create s.yaml
	assert_status 0
	[ "$(stat -c %a home/sources/*)" = 600 ]
	run_tool dm operate-source show
	[ "$(jq -r '.sources[].source' out)" = "a/b c" ]
	run_tool dm operate-source create s.yaml
	assert_status 78
	run_tool dm operate-source stop "a/b c"
	assert_status 0
	run_tool dm operate-source stop s.yaml
	assert_status 78
}

@test "dm: a source that a task uses is not forgotten" {
	printf 'source-id: one\n' >s.yaml
	dm operate-source create s.yaml
	dm start-task t.yaml
	run_tool dm operate-source stop one
	assert_status 69
	dm stop-task t
	dm operate-source stop one
}

@test "dm: a task loads, then syncs, and shows both" {
	echo load >home/next-one
	run_tool dm start-task t.yaml
	assert_status 0
	assert_err "nothing was checked"
	wait_until 5 '[ -e "$task/one/dump.json" ]'
	dm query-status t >status
	[ "$(jq -r '.sources[0].subTaskStatus[0] | .stage, .unit, .dump.totalTables' status | tr '\n' ' ')" = "Running Load 3 " ]
	: >home/dumped
	wait_until 5 '[ "$(cat "$task/one/stage")" = "Running Sync" ] && [ -s "$task/one/sync.json" ] && [ -s "$task/one/relay.json" ]'
	dm query-status t >status
	[ "$(jq -c '.sources[0].subTaskStatus[0].sync' status)" = '{"totalRows":"12","binlogType":"remote","blockingDDLs":["a \"fields\":{x}}"]}' ]
	[ "$(jq '.sources[0].sourceStatus.relayStatus' status)" = null ]
	[ "$(dm query-status | jq -c '.tasks[0]')" = '{"taskName":"t","taskStatus":"Running","sources":["one","two"]}' ]
}

@test "dm: pause drains and leaves nothing running; resume goes on" {
	dm start-task t.yaml
	run_tool dm resume-task t
	assert_status 69
	dm pause-task t
	[ "$(stage one)$(stage two)" = PausedPaused ]
	[ -z "$(left)" ] || fail "left: $(left)"
	[ "$(dm query-status | jq -r '.tasks[0].taskStatus')" = Paused ]
	run_tool dm start-task t.yaml
	assert_status 69
	dm resume-task t
	[ "$(stage one)$(stage two)" = RunningRunning ]
	dm stop-task t
	[ -z "$(left)" ] || fail "left: $(left)"
	[ "$(dm query-status | jq -c '.tasks')" = '[]' ]
	grep -q 'dm: stopped' "$task/one/log"
}

@test "dm: commands act for one source where it is named" {
	dm start-task t.yaml
	dm pause-task t -s two
	[ "$(stage one)$(stage two)" = RunningPaused ]
	run_tool dm run t.yaml -s three
	assert_status 78
}

@test "dm: a second start of a running task is refused, in the foreground too" {
	dm start-task t.yaml
	run_tool dm start-task t.yaml
	assert_status 69
	run_tool dm run t
	assert_status 75
}

@test "dm: a failed check starts nothing" {
	echo 78 >home/check-status
	run_tool dm start-task t.yaml
	assert_status 78
	[ "$(jq .result out)" = false ]
	[ -z "$(left)" ]
	[ "$(dm query-status | jq -c .tasks)" = '[]' ]
}

@test "dm: a failure pauses the source and is shown with its code" {
	echo 65 >home/relay-fails
	dm start-task t.yaml
	wait_until 5 '[ "$(stage one)" = Paused ] || [ "$(stage two)" = Paused ]'
	dm query-status t >status
	[ "$(jq -c '[.sources[].subTaskStatus[0].result | select(.) | .errors[0]]' status)" = '[{"ErrCode":30999,"ErrClass":"relay-unit","ErrScope":"upstream","ErrLevel":"high","Message":"dm-relay: it is \"broken\" \\ here","RawCause":"","Workaround":"mend it"}]' ]
	[[ $(dm query-status | jq -r '.tasks[0].taskStatus') == Error* ]]
	dm resume-task t -s one || dm resume-task t -s two
	wait_until 5 '[ "$(stage one)$(stage two)" = RunningRunning ]'
}

@test "dm: a passing failure is tried again" {
	echo 75 >home/relay-fails
	run_tool dm run t.yaml --until caught-up
	assert_status 0
	assert_err "trying again in 1 s"
	[ "$(stage one)$(stage two)" = FinishedFinished ]
}

@test "dm: resume does not wait for the end of a pause between two tries" {
	export DM_BACKOFF_MIN=300
	echo 75 >home/relay-fails
	dm start-task t.yaml -s one
	wait_until 5 'grep -q "trying again in 300 s" "$task/one/log"'
	[ "$(stage one)" = Paused ]
	dm resume-task t -s one
	wait_until 5 '[ "$(stage one)" = Running ]'
}

@test "dm: a task that waits to try again can be stopped" {
	export DM_BACKOFF_MIN=300
	echo 75 >home/relay-fails
	dm start-task t.yaml -s one
	wait_until 5 'grep -q "trying again in 300 s" "$task/one/log"'
	dm stop-task t
	[ -z "$(left)" ] || fail "left: $(left)"
}

@test "dm: run ends with the worst status of its sources" {
	echo 69 >home/relay-fails
	run_tool dm run t.yaml --until caught-up
	assert_status 69
	assert_err ": dm-relay: error 30999"
}

@test "dm: run in full mode ends when all is loaded" {
	sed -i 's/mode: all/mode: full/' t.yaml
	echo load >home/next-one
	: >home/dumped
	run_tool dm run t.yaml
	assert_status 0
	assert_err "one: dm: loading"
	assert_err "dm: loaded"
	[ "$(stage one)$(stage two)" = FinishedFinished ]
}

@test "dm: run passes SIGTERM on and ends well" {
	dm run t.yaml >out 2>err &
	runner=$!
	wait_until 5 '[ -s "$task/one/sync.json" ] && [ -s "$task/two/sync.json" ]'
	kill -TERM $runner
	wait $runner
	[ "$(stage one)$(stage two)" = PausedPaused ]
	[ -z "$(left)" ] || fail "left: $(left)"
}

@test "dm: odd names are folders and come back as they were" {
	sed -i 's|^name: .*|name: a/../b "c" ö|' t.yaml
	dm start-task t.yaml
	[ "$(dm query-status | jq -r '.tasks[0].taskName')" = 'a/../b "c" ö' ]
	dm query-status 'a/../b "c" ö' | jq -e .result
	dm stop-task 'a/../b "c" ö'
}

@test "dm: --remove-meta forgets the checkpoints before it starts" {
	dm start-task t.yaml --remove-meta
	[ -e home/dropped ]
}

@test "dm: a task that is not there is an error" {
	for command in query-status pause-task resume-task stop-task run; do
		run_tool dm $command nothing
		assert_status 78
		assert_out "task nothing is not there"
	done
}
