#!/usr/bin/env bats
# dm-load without a server: usage, configuration, and streams that are no dump. With servers: tests/e2e/dump-load.bats.
# shellcheck disable=SC2154 # variables of the helpers

setup() {
	load lib
	cli_setup
	nowhere=(-h 127.0.0.1 -P 1 -u root --task t)	# nobody listens there
}

@test "dm-load: a task without a name is a usage error" {
	run_tool dm-load -h 127.0.0.1 </dev/null
	assert_status 64
	assert_err '--task'
}

@test "dm-load: what --on-duplicate knows" {
	run_tool dm-load "${nowhere[@]}" --on-duplicate merge </dev/null
	assert_status 64
	assert_err 'replace, error and ignore'
}

@test "dm-load: empty and closed input is a stream without an end" {
	run_tool dm-load "${nowhere[@]}" </dev/null
	assert_status 75
	assert_err "without an 'end'"
	status=0
	dm-load "${nowhere[@]}" <&- 2>err || status=$?
	assert_status 75
}

@test "dm-load: a torn line" {
	run_tool dm-load "${nowhere[@]}" < <(printf '{"type":"stream","version":1,"flavor":"mari')
	assert_status 75
	assert_err 'inside a line'
}

@test "dm-load: a dump that stopped before it had a snapshot" {
	run_tool dm-load "${nowhere[@]}" <<-'END'
		{"type":"end","reason":"signal"}
	END
	assert_status 75
	assert_error 34507
}

@test "dm-load: a stream of changes is no dump, and is refused before anything is opened" {
	run_tool dm-load "${nowhere[@]}" <<-'END'
		{"type":"stream","version":1,"source":"s","flavor":"mariadb","pos":"x.1:4"}
		{"type":"table","schema":"a","table":"t","charset":"utf8mb4","columns":[{"name":"id","type":"int(11)","charset":null,"nullable":false,"default":null,"generated":false}],"keys":[]}
		{"type":"insert","schema":"a","table":"t","pos":"x.1:4","seq":0,"rows":[[1]]}
		{"type":"commit","pos":"x.1:90"}
		{"type":"end","reason":"until"}
	END
	assert_status 65
	assert_error 34506
	for line in '{"type":"commit","pos":"x.1:90"}' \
		'{"type":"update","schema":"a","table":"t","pos":"x.1:4","seq":0,"rows":[[[1],[2]]]}' \
		'{"type":"ddl","kind":"create table","schema":"a","tables":[["a","t"]],"sql":"CREATE TABLE t (a INT)"}' \
		'{"type":"chunk","schema":"a","table":"t","id":"1"}'; do
		run_tool dm-load "${nowhere[@]}" <<-END
			{"type":"stream","version":1,"source":"s","flavor":"mariadb","pos":"x.1:4"}
			$line
			{"type":"end","reason":"complete"}
		END
		assert_status 65 || fail "$line"
	done
}

@test "dm-load: the dump of another source" {
	run_tool dm-load "${nowhere[@]}" -s mysql-01 <<-'END'
		{"type":"stream","version":1,"source":"mysql-02","flavor":"mariadb","pos":"x.1:4"}
		{"type":"end","reason":"complete"}
	END
	assert_status 65
	assert_err "mysql-02"
	assert_err "mysql-01"
}

@test "dm-load: a stream of a newer version" {
	run_tool dm-load "${nowhere[@]}" <<-'END'
		{"type":"stream","version":2,"source":"s","flavor":"mariadb","pos":"x.1:4"}
		{"type":"end","reason":"complete"}
	END
	assert_status 65
}

@test "dm-load: nonsense" {
	run_tool dm-load "${nowhere[@]}" <<<'nonsense'
	assert_status 65
}

@test "dm-load: a server that is not there is tried again by whoever runs us" {
	run_tool dm-load "${nowhere[@]}" --status-file status.json <<-'END'
		{"type":"stream","version":1,"source":"s","flavor":"mariadb","pos":"x.1:4"}
		{"type":"snapshot","pos":"x.1:4","consistent":true}
		{"type":"end","reason":"complete"}
	END
	assert_status 75
	assert_error 10002
	assert_err 127.0.0.1:1
	[ "$(jq -r .unit,.stage status.json | tr '\n' ' ')" = 'Load Paused ' ]
}

@test "dm-load: a signal ends it while it waits" {
	mkfifo fifo
	dm-load "${nowhere[@]}" --status-file status.json <fifo 2>err &
	pid=$!
	exec 7>fifo
	echo '{"type":"stream","version":1,"source":"s","flavor":"mariadb","pos":"x.1:4"}' >&7
	wait_until 10 '[ -s status.json ]'
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	exec 7>&-
	assert_status 0
	[ "$(jq -r .stage status.json)" = Stopped ]
}
