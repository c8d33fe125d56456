#!/usr/bin/env bats
# The driver: sources and files that are kept, relay logs, what is tried again, what is shown of many tasks; with tools that only pretend.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # conditions of wait_until are evaluated there; each test is a process

setup() {
	load dm
	dm_setup
}

teardown() {
	dm stop-relay -s one >/dev/null 2>&1 || :
	dm_teardown
}

# source_with LINE ...: source one is kept, with these lines in its file.
source_with() {
	printf '%s\n' 'source-id: one' "$@" >s.yaml
	dm operate-source create s.yaml >/dev/null
}

# fails STATUS [MESSAGE]: the next dm-relay ends so.
fails() {
	[ $# -eq 1 ] || printf 'dm-relay: error %s\n' "$2" >home/relay-says
	echo "$1" >home/relay-fails
}

log_has() {
	wait_until 20 'grep -qF "'"$1"'" "$task/one/log"'
}

@test "dm: of sources that are created together none is kept where one cannot be" {
	printf 'source-id: one\n' >one.yaml
	printf 'source-id: two\n' >two.yaml
	dm operate-source create two.yaml >/dev/null
	run_tool dm operate-source create one.yaml two.yaml
	assert_status 78
	[ "$(dm operate-source show | jq -r '.sources[].source')" = two ]
	run_tool dm operate-source create one.yaml one.yaml
	assert_status 78
	run_tool dm operate-source --print-sample-config
	cp out sample.yaml
	"$DM_BIN/dm-check" --list -S sample.yaml | grep -qx 'source mysql-01'
}

@test "dm: a source file is taken anew where nobody works with the old one" {
	source_with
	printf 'source-id: one\nrelay-dir: /elsewhere\n' >s.yaml
	dm start-task t.yaml -s one >/dev/null
	run_tool dm operate-source update s.yaml
	assert_status 69
	assert_out "task t uses source one"
	dm pause-task t >/dev/null
	dm operate-source update s.yaml >/dev/null
	grep -q elsewhere home/sources/one.yaml
	run_tool dm operate-source update t.yaml
	[ "$status" -ne 0 ]
}

@test "dm: files are shown without their passwords, and can be used again" {
	printf 'source-id: one\nfrom: {host: "a", password: "geheim"}	# geheim\n' >s.yaml
	dm operate-source create s.yaml >/dev/null
	printf 'name: t\ntask-mode: all\ntarget-database: {password: geheim}\nmysql-instances:\n- source-id: one\n' >t.yaml
	dm start-task t.yaml >/dev/null
	for words in "config source one" "get-config source s.yaml" "config task t" "get-config task t.yaml"; do
		# shellcheck disable=SC2086 # a list of words
		run_tool dm $words
		assert_status 0
		! grep -q geheim out || fail "$words shows the password"
		jq -r .cfg out >shown.yaml
		grep -qF "password: '******'" shown.yaml
	done
	[ "$(jq -r .cfg out)" = "$(printf "name: t\ntask-mode: all\ntarget-database:\n  password: '******'\nmysql-instances:\n  - source-id: one")" ]
	run_tool dm config task t --path kept.yaml
	assert_status 0
	"$DM_BIN/dm-secret" hide t.yaml | cmp - kept.yaml
	run_tool dm get-config source one --file kept.yaml
	grep -q 'source-id: one' kept.yaml
	for words in "config source two" "config task u" "config worker a" "get-config master a"; do
		# shellcheck disable=SC2086 # a list of words
		run_tool dm $words
		assert_status 78
		[ "$(jq .result out)" = false ]
	done
	run_tool dm config nonsense x
	assert_status 64
}

@test "dm: sources and tasks are exported, for their owner only, and imported where they are not" {
	source_with
	dm start-task t.yaml >/dev/null
	run_tool dm config export -d all
	assert_status 0
	assert_out 'export configs to directory `all` succeed'
	[ "$(find all -type f -perm 600 | sort | tr '\n' ' ')" = "all/sources/one.yaml all/tasks/t.yaml " ]
	run_tool dm config import --dir all
	assert_status 69
	dm stop-task t >/dev/null
	dm operate-source stop one >/dev/null
	run_tool dm config import --dir all
	assert_status 0
	assert_out "start creating sources"
	assert_out 'import configs from directory `all` succeed'
	[ "$(stage one)$(stage two)" = RunningRunning ]
	[ "$(dm operate-source show | jq -r '.sources[].source')" = one ]
	run_tool dm config import --dir nothing
	assert_status 74
}

@test "dm: a relay log is kept, and the pipeline reads from there; where it lacks the place, from the source" {
	source_with
	dm start-task t.yaml -s one >/dev/null
	wait_until 10 '[ -s "$task/one/sync.json" ]'
	run ! grep -q 'relay-dir' home/relay-called
	dm start-relay -s one >/dev/null
	wait_until 10 'grep -qE -- "^-c .* --relay-dir .*/home/relays/one/relay-dir" home/relay-called'
	grep -qE -- "^--pull -s one -S .*/home/sources/one.yaml --relay-dir .*/home/relays/one/relay-dir --keep-for .*/home/tasks" home/relay-called
	wait_until 10 '[ "$(dm query-status t -s one | jq -r ".sources[0].subTaskStatus[0].sync.binlogType")" = local ]'
	[ "$(dm query-status t -s one | jq -c '.sources[0].sourceStatus.relayStatus | del(.result)')" = '{"masterBinlog":"(x, 4)","masterBinlogGtid":"","relaySubDir":"u.000001","relayBinlog":"","relayBinlogGtid":"","relayCatchUpMaster":true,"stage":"Running"}' ]
	for command in start-relay resume-relay; do
		run_tool dm $command -s one
		assert_status 69
	done
	run_tool dm operate-source stop one
	assert_status 69

	dm pause-task t >/dev/null
	fails 69 '30512 (relay-unit, internal, high): it is not there; workaround: x'
	dm resume-task t -s one >/dev/null
	log_has "reading from the source"
	wait_until 10 '[ "$(stage one)" = Running ] && tail -n 1 home/relay-called | grep -qv relay-dir'
	dm stop-relay -s one >/dev/null
	dm stop-task t >/dev/null
	[ -z "$(left)" ] || fail "left: $(left)"
	run_tool dm start-relay -s two
	assert_status 69
	assert_out "source two is not there"
	run_tool dm start-relay
	assert_status 64
	run_tool dm start-relay -s one elsewhere
	assert_status 64
	run_tool dm purge-relay -s one -f bin.000007 --sub-dir u.000002
	assert_status 0
	tail -n 1 home/relay-called | grep -qF -- '--purge-before bin|000002.000007'
}

@test "dm: a pipeline in the foreground, too, goes over to the relay log and back, and runs on" {
	source_with
	dm run t.yaml -s one >out 2>err &
	local runner=$! type
	for type in local remote; do
		wait_until 10 '[ -s "$task/one/sync.json" ]'
		if [ $type = local ]; then dm start-relay -s one >/dev/null; else dm stop-relay -s one >/dev/null; fi
		wait_until 20 '[ "$(dm query-status t -s one | jq -r ".sources[0].subTaskStatus[0] | .stage + .sync.binlogType")" = Running'$type' ]'
		kill -0 $runner
	done
	run ! grep -q 'trying again' "$task/one/log"
	kill -TERM $runner
	wait $runner
	[ -z "$(left)" ] || fail "left: $(left)"
}

@test "dm: a relay log that stands still is told of the task that reads from it, and one that fails goes on as its checker says" {
	source_with 'enable-relay: true' 'relay-dir: kept'
	wait_until 10 'grep -q -- "--relay-dir .*/home/relays/one/kept" home/relay-called'
	dm start-task t.yaml >/dev/null
	wait_until 10 '[ "$(dm query-status | jq -r ".tasks[0].taskStatus")" = Running ]'
	dm pause-relay -s one >/dev/null
	[ "$(dm query-status | jq -r '.tasks[0].taskStatus')" = 'Error - Relay status is Paused. Please run `query-status t` to get more details.' ]
	fails 65 '30514 (relay-unit, upstream, high): it is broken; workaround: x'
	dm resume-relay -s one >/dev/null
	wait_until 10 '[[ "$(dm query-status | jq -r ".tasks[0].taskStatus")" == "Error - Relay status is Error."* ]]'
	[ "$(dm query-status t -s one | jq -r '.sources[0].sourceStatus.relayStatus.result.errors[0].ErrCode')" = 30514 ]
	dm resume-relay -s one >/dev/null
	wait_until 10 '[ "$(dm query-status | jq -r ".tasks[0].taskStatus")" = Running ]'
	dm pause-task t -s two >/dev/null
	[ "$(dm query-status | jq -r '.tasks[0].taskStatus')" = Paused ]
}

@test "dm: a task is New where none of its sources was started, and Finished where all are" {
	mkdir -p home/tasks/t/one
	cp t.yaml home/tasks/t/task.yaml
	echo t >home/tasks/t/name
	echo one >home/tasks/t/one/source
	echo 'New InvalidUnit' >home/tasks/t/one/stage
	[ "$(dm query-status | jq -r '.tasks[0].taskStatus')/$(stage one)" = New/New ]
	dm run t.yaml --until caught-up
	[ "$(dm query-status | jq -r '.tasks[0].taskStatus')" = Finished ]
	run_tool dm pause-task t
	[ "$(dm query-status | jq -r '.tasks[0].taskStatus')" = Finished ]
}

@test "dm: all tasks are shown by their sources, where more is wanted" {
	source_with
	printf 'source-id: three\n' >three.yaml
	dm operate-source create three.yaml >/dev/null
	dm start-task t.yaml >/dev/null
	dm query-status --more >status
	[ "$(jq -c '[.sources[] | [.sourceStatus.source, .msg, (.subTaskStatus | map(.name))]]' status)" = '[["one","",["t"]],["three","no sub task started",[]],["two","",["t"]]]' ]
	[ "$(dm query-status -s three -s one | jq -c '[.sources[].sourceStatus.source]')" = '["three","one"]' ]
	run_tool dm query-status -s four
	assert_status 78
	assert_out "sources [four] haven't been added"
	run_tool dm query-status t -s four
	assert_status 78
}

@test "dm: without a task, all tasks of a source are paused, resumed and stopped" {
	sed 's/name: t/name: u/; /two/d' t.yaml >u.yaml
	dm start-task t.yaml >/dev/null
	dm start-task u.yaml >/dev/null
	run_tool dm pause-task -s two
	[ "$(jq -c '[.result, .tasks[].task]' out)" = '[true,"t"]' ]
	[ "$(stage one)$(stage two)" = RunningPaused ]
	run_tool dm pause-task -s one
	[ "$(jq -c '[.result, .tasks[].task]' out)" = '[true,"t","u"]' ]
	[ "$(dm query-status | jq -r '.tasks[].taskStatus' | sort -u)" = Paused ]
	dm resume-task -s two >/dev/null
	[ "$(stage one)$(stage two)" = PausedRunning ]
	run_tool dm resume-task -s two
	assert_status 69
	[ "$(jq -c '[.result, .tasks[].result]' out)" = '[false,false]' ]
	dm stop-task -s one -s two >/dev/null
	[ "$(dm query-status | jq -c .tasks)" = '[]' ]
	[ -z "$(left)" ] || fail "left: $(left)"
	run_tool dm stop-task
	assert_status 64
}

@test "dm: where the checker is off, what would be tried again waits for a person" {
	source_with 'check-enable: false'
	fails 75
	dm start-task t.yaml -s one >/dev/null
	wait_until 10 'grep -q "dm: paused" "$task/one/log"'
	[ "$(stage one)" = Paused ]
	run ! grep -q 'trying again' "$task/one/log"
	wait_until 10 '[ -z "$(left)" ]'
}

@test "dm: the longest pause between two tries is that of the source file, unless the environment says another" {
	source_with 'backoff-max: 2'
	unset DM_BACKOFF_MAX
	export DM_BACKOFF_MIN=2
	for n in 1 2; do
		fails 75
		[ $n -gt 1 ] || dm start-task t.yaml -s one >/dev/null
		wait_until 20 '[ "$(grep -c "trying again in 2 s" "$task/one/log")" -eq '$n' ]'
	done
	run ! grep -q 'trying again in 4 s' "$task/one/log"
}

@test "dm: a refusal from outside is tried again in the background, any other is not" {
	for text in "10501 (database, upstream, high): cannot connect: error 1045 (28000): no" "10005 (database, downstream, high): x: error 1114 (HY000): The table is full"; do
		fails 69 "$text; workaround: x"
		dm start-task t.yaml -s one >/dev/null
		log_has 'trying again in 1 s'
		wait_until 10 '[ "$(stage one)" = Running ]'
		dm stop-task t >/dev/null
		rm -rf "$task"
	done
	fails 69 "10501 (database, upstream, high): cannot connect: error 1045 (28000): no; workaround: x"
	run_tool dm run t.yaml -s one --until caught-up
	assert_status 69
	rm -rf "$task"
	for text in "36061 (sync-unit, downstream, high): x: error 8200 (HY000): Unsupported modify column" "36067 (sync-unit, upstream, high): cannot parse it" \
		"10005 (database, downstream, high): x: error 1062 (23000): Duplicate entry 'error 1045'"; do
		fails 69 "$text; workaround: x"
		dm start-task t.yaml -s one >/dev/null
		log_has 'dm: paused'
		! grep -q 'trying again' "$task/one/log" || fail "$text"
		dm stop-task t >/dev/null
		rm -rf "$task"
	done
}

@test "dm: what dm does not have is said so, and a host is named by DM_HOST" {
	export DM_HOST=here
	run_tool dm list-member -l -m
	assert_status 0
	[ "$(jq -c '[.members[] | keys[0]]' out)" = '["leader","master"]' ]
	run_tool dm list-member
	[ "$(jq -c '.members[0].worker.workers' out)" = '[{"name":"here","addr":"","stage":"free","source":""}]' ]
	source_with 'enable-relay: true'
	[ "$(dm list-member -n here | jq -c '[.members[0].worker.workers[] | .name, .stage, .source]')" = '["here","relay","one"]' ]
	[ "$(dm list-member -n there | jq -c '.members[0].worker.workers')" = '[]' ]
	run_tool dm transfer-source one there
	assert_status 78
	run_tool dm transfer-source one
	assert_status 64
}
