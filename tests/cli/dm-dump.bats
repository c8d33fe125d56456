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
	assert_err 'auto, flush, lock, snapshot and none'
}

@test "dm-dump: a moment of TiDB goes with no other consistency" {
	for other in '--consistency flush' '--consistency lock' '--consistency none' --no-locks; do
		# shellcheck disable=SC2086 # two words
		run_tool dm-dump "${nowhere[@]}" --snapshot 1 $other </dev/null
		assert_status 64 || fail "$other"
		assert_err '--snapshot is for --consistency snapshot'
	done
}

@test "dm-dump: what is for a directory is not passed over in a stream" {
	for only in --overwrite '--filetype csv' '--compress gzip' '-F 64' --triggers --no-views=false '--csv-separator ;' --complete-insert '--definer drop'; do
		# shellcheck disable=SC2086 # two words
		run_tool dm-dump "${nowhere[@]}" $only </dev/null
		assert_status 64 || fail "$only"
		assert_err 'give --output'
	done
}

@test "dm-dump: options with Dumpling's names, and what they do not take" {
	for bad in '--filetype parquet' '--compress lz4' '-F 0' '-F 12Q' '--definer nobody' '-f nodot' '-f a.b -T a.b' '-T nodot' '--params a' \
		'--params sql_mode=ANSI' '--params a;b=1' '--csv-separator=' '--escape-backslash=maybe' '-f /(/.*'; do
		# shellcheck disable=SC2086 # several words
		run_tool dm-dump "${nowhere[@]}" -o dump $bad </dev/null
		[ "$status" -eq 64 ] || [ "$status" -eq 78 ] || fail "$bad: $status"
		[ ! -e dump ] || fail "$bad: made a folder"
	done
	for bad in '{{.DB}}/{{.Table}}' '{{.What}}' '{{.DB' '@rules.txt'; do
		run_tool dm-dump "${nowhere[@]}" -o dump --output-filename-template "$bad" </dev/null
		[ "$bad" = @rules.txt ] || assert_status 78 || fail "$bad"
	done
	run_tool dm-dump "${nowhere[@]}" --transactional-consistency=false </dev/null
	assert_status 78
}

@test "dm-dump: extra-args that cannot be understood are an error, not a warning" {
	for bad in '--no-such' '-t' 'word' "'open"; do
		cat >task.yaml <<-END
			name: t
			task-mode: full
			target-database: {host: "127.0.0.1", port: 4000, user: "root", password: ""}
			mysql-instances: [{source-id: "one", mydumper-config-name: m}]
			mydumpers: {m: {extra-args: "$bad"}}
		END
		run_tool dm-dump -c task.yaml -s one "${nowhere[@]}" </dev/null
		assert_status 64 || fail "$bad"
		assert_err extra-args
	done
}

@test "dm-dump: extra-args of a task that would leave something out of a stream are refused or told, those about files are not" {
	cat >task.yaml <<-END
		name: t
		task-mode: full
		target-database: {host: "127.0.0.1", port: 4000, user: "root", password: ""}
		mysql-instances: [{source-id: "one", mydumper-config-name: m}]
		mydumpers: {m: {extra-args: "EXTRA"}}
	END
	for extra in --triggers -m --routines --events; do
		sed "s/EXTRA/$extra/" task.yaml >this.yaml
		run_tool dm-dump -c this.yaml -s one "${nowhere[@]}" </dev/null
		assert_status 78 || fail "$extra"
		assert_err 'extra-args: --'
	done
	sed "s/EXTRA/-F 64 --filetype sql --compress gzip --consistency none -W=false/" task.yaml >this.yaml
	run_tool dm-dump -c this.yaml -s one "${nowhere[@]}" </dev/null
	assert_status 75
	assert_err 'a stream has no views'
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
