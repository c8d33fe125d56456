#!/usr/bin/env bats
# What every tool promises, asked of each: help, version, a bad option; and of each that reads or writes a stream: a full disk, closed
# input, a torn line, no `end`, a reader that went away, a signal, a stream from the future, long lines, unknown types.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016,SC2119,SC2120 # variables of the helpers, and conditions that they evaluate

setup() {
	load lib
	cli_setup
}

tools() {
	for tool in "$DM_BIN"/dm*; do
		[ -x "$tool" ] && echo "${tool##*/}"
	done
}

# The tools written in C: they share tool.c.
c_tools() {
	tools | grep -v '^dm$'
}

# Those that read a stream and write one, with arguments that let everything of schema a through unchanged.
filters() {
	echo "dm-filter --do-db a"
	echo "dm-route"
	echo "dm-online-ddl"
}

stream() {
	cat <<-'END'
		{"type":"stream","version":1,"source":"s","flavor":"mariadb","pos":"x.1:4"}
		{"type":"table","schema":"a","table":"t","charset":"utf8mb4","columns":[{"name":"id","type":"int(11)","charset":null,"nullable":false,"default":null,"generated":false}],"keys":[]}
		{"type":"insert","schema":"a","table":"t","pos":"x.1:4","seq":0,"rows":[[1],[2]]}
		{"type":"commit","pos":"x.1:90"}
	END
}

end='{"type":"end","reason":"complete","pos":"x.1:90"}'

# each_filter COMMAND ...: runs it with a filter's words behind.
each_filter() {
	local line words

	while IFS= read -r line <&9; do
		read -r -a words <<<"$line"
		"$@" "${words[@]}" || fail "of $line"
	done 9< <(filters)
}

@test "there are tools" {
	[ "$(tools | wc -l)" -ge 2 ]
}

@test "--help goes to standard output and is a success" {
	for tool in $(tools); do
		run_tool "$tool" --help </dev/null
		assert_status 0 || fail "$tool"
		assert_no_err || fail "$tool"
		assert_out "$tool" || fail "$tool"
		grep -qi '^usage: ' out || fail "$tool --help shows no usage"
	done
}

@test "--version says name, version and licence" {
	for tool in $(tools); do
		run_tool "$tool" --version </dev/null
		assert_status 0 || fail "$tool"
		assert_no_err || fail "$tool"
		[[ ${lines[0]} == "$tool (dm-tools) "?* ]] || fail "$tool --version: ${lines[0]}"
		assert_out Apache-2.0 || fail "$tool"
	done
}

@test "--help and --version that cannot be written are failures" {
	for tool in $(c_tools); do
		for option in --help --help=options --version; do
			status=0
			"$tool" "$option" >/dev/full 2>err || status=$?
			assert_status 74 || fail "$tool $option"
		done
	done
}

@test "--help=options is for machines: four columns, every option of --help" {
	for tool in $(c_tools); do
		run_tool "$tool" --help=options </dev/null
		assert_status 0 || fail "$tool"
		! awk -F'\t' 'NF != 4 || $2 !~ /^--[a-z][a-z-]*$/ || $4 == ""' out | grep . || fail "$tool --help=options"
		cut -f2 out | sort >machine
		"$tool" --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z][a-z-]*' | grep -oE -e '--[a-z-]+' | sort >people
		diff machine people || fail "$tool: the two lists of options differ"
	done
}

@test "no two options of a tool share a letter or a name" {
	for tool in $(c_tools); do
		"$tool" --help=options >options
		[ -z "$(cut -f2 options | sort | uniq -d)" ] || fail "$tool"
		[ -z "$(cut -f1 options | grep -v '^-*$' | sort | uniq -d)" ] || fail "$tool"
	done
}

@test "an option that is not known is a usage error, told in one line" {
	for tool in $(tools); do
		for bad in --no-such-option -Z; do
			run_tool "$tool" "$bad" </dev/null
			assert_status 64 || fail "$tool $bad"
			assert_no_out || fail "$tool $bad"
			[ "$(wc -l <err)" -eq 1 ] || fail "$tool $bad: not one line"
			assert_err "$tool: " || fail "$tool $bad"
			assert_err "$bad" || fail "$tool $bad"
			assert_err "$tool --help" || fail "$tool $bad"
		done
	done
}

@test "an option that lacks its argument is a usage error" {
	for tool in $(c_tools); do
		option=$("$tool" --help=options | awk -F'\t' '$3 != "" { print $2; exit }')
		[ -n "$option" ] || continue
		run_tool "$tool" "$option" </dev/null
		assert_status 64 || fail "$tool $option"
		assert_no_out || fail "$tool $option"
	done
}

@test "a number out of its range is a usage error that says the range" {
	for tool in $(c_tools); do
		"$tool" --help=options | grep -q -e '--port' || continue
		for bad in 0 65536 -1 x 99999999999999999999 1x ''; do
			run_tool "$tool" --port "$bad" </dev/null
			assert_status 64 || fail "$tool --port '$bad'"
		done
		run_tool "$tool" --port 65536 </dev/null
		assert_err 65535 || fail "$tool"
	done
}

@test "no option takes a password" {
	for tool in $(c_tools); do
		! "$tool" --help=options | cut -f2 | grep -vx -e --password-file | grep -i pass || fail "$tool"
	done
}

@test "-qq keeps notices quiet, never the usage error" {
	for tool in $(c_tools); do
		run_tool "$tool" -qq --no-such-option </dev/null
		assert_status 64 || fail "$tool"
		[ -s err ] || fail "$tool says nothing"
	done
}

@test "a task file that is not there is told with its name" {
	for tool in $(c_tools); do
		"$tool" --help=options | grep -q -e '--config' || continue
		command=()
		[ "$tool" != dm-meta ] || command=(checkpoint get)
		run_tool "$tool" "${command[@]}" -c no-such.yaml -s s </dev/null
		[ "$status" -ne 0 ] || fail "$tool"
		[ "$status" -lt 128 ] || fail "$tool"
		assert_err no-such.yaml || fail "$tool"
	done
}

passes_whole() {
	{ stream; echo "$end"; } >in
	"$@" <in >out 2>err || fail "status $?"
	cmp in out || fail "it changed the stream"
}

@test "a filter passes what it has no reason to change, byte for byte" {
	each_filter passes_whole
}

passes_unknown() {
	{
		stream
		echo '{"type":"from-the-future" , "x" : [1, 2,{"type":"insert"}], "schema":"b"}'
		echo '{"type":"heartbeat","pos":"x.1:90","a-new-key":{"deep":[null,true,"\u00e9\ud83d\ude00"]}}'
		echo "$end"
	} >in
	"$@" <in >out 2>err || fail "status $?"
	cmp in out || fail "it changed the stream"
}

@test "types and keys that are not known pass byte for byte" {
	each_filter passes_unknown
}

passes_long() {
	"$@" <long >out 2>err || fail "status $?"
	cmp long out || fail "it changed the stream"
}

@test "lines longer than any buffer pass byte for byte" {
	stream | head -n 2 >long
	for size in 65000 65535 65536 65537 262143 262144 262145 3000000; do
		printf '{"type":"insert","schema":"a","table":"t","pos":"x.1:4","seq":0,"rows":[[1,"%s"]]}\n' \
			"$(head -c "$size" /dev/zero | tr '\0' y)"
	done >>long
	echo "$end" >>long
	each_filter passes_long
}

stops_at_full_disk() {
	local rc=0

	{ stream; echo "$end"; } | "$@" >/dev/full 2>err || rc=$?
	[ $rc -eq 74 ] || fail "status $rc, wanted 74"
	grep -q 'cannot write' err || fail "it does not say so"
}

@test "a full disk is status 74" {
	each_filter stops_at_full_disk
}

survives_closed_input() {
	local rc=0

	"$@" <&- >out 2>err || rc=$?
	[ $rc -eq 75 ] || fail "closed input: status $rc, wanted 75"
	[ ! -s out ] || fail "closed input: output"
	rc=0
	"$@" </dev/null >out 2>err || rc=$?
	[ $rc -eq 75 ] || fail "empty input: status $rc, wanted 75"
}

@test "closed or empty input is a stream without an end: 75" {
	each_filter survives_closed_input
}

survives_closed_output() {
	local rc=0

	{ stream; echo "$end"; } | "$@" >&- 2>err || rc=$?
	[ $rc -lt 128 ] || fail "status $rc"
}

@test "closed output is no crash" {
	each_filter survives_closed_output
}

never_passes_torn() {
	local rc n size

	stream >torn
	size=$(wc -c <torn)
	for n in 1 2 10 $((size - 1)) $((size - 20)); do
		head -c "$n" torn >in
		rc=0
		"$@" <in >out 2>err || rc=$?
		[ $rc -eq 75 ] || [ $rc -eq 65 ] || fail "torn at $n: status $rc, wanted 75"
		[ ! -s out ] || [ "$(tail -c 1 out | od -An -tx1)" = ' 0a' ] || fail "torn at $n: half a line came out"
	done
	head -c $((size - 1)) torn | { rc=0; "$@" >out 2>err || rc=$?; [ $rc -eq 75 ]; } || fail "torn at the last byte: not 75"
	grep -q 'inside a line' err || fail "it does not say so"
	cmp <(head -n 3 torn) out || fail "the whole lines before it should come out"
}

@test "a torn line is never passed on: 75" {
	each_filter never_passes_torn
}

tells_missing_end() {
	local rc=0

	stream >in
	"$@" <in >out 2>err || rc=$?
	[ $rc -eq 75 ] || fail "status $rc, wanted 75"
	cmp in out || fail "what came before should be passed on"
	grep -q "without an 'end'" err || fail "it does not say so"
}

@test "a stream without an end is passed on, and is status 75" {
	each_filter tells_missing_end
}

refuses_more_after_end() {
	local rc=0

	{ stream; echo "$end"; stream; } >in
	"$@" <in >out 2>err || rc=$?
	[ $rc -eq 65 ] || fail "status $rc, wanted 65"
}

@test "lines after the end are bad data" {
	each_filter refuses_more_after_end
}

notices_gone_reader() {
	{ stream; yes '{"type":"insert","schema":"a","table":"t","pos":"x.1:4","seq":0,"rows":[[1]]}'; } 2>/dev/null |
		{ "$@" 2>err; echo $? >status; } | head -n 1 >out
	[ "$(cat status)" -eq 75 ] || fail "status $(cat status), wanted 75"
	! grep -q ' error ' err || fail "it should be said at notice level only"
}

@test "a reader that went away is status 75, at notice level" {
	each_filter notices_gone_reader
}

# Idle: the filter waits for more input. Busy: there always is some.
ends_at_signal() {
	local signal rc pid

	for signal in TERM INT; do
		mkfifo fifo
		"$@" <fifo >out 2>err &
		pid=$!
		exec 7>fifo
		stream >&7
		wait_until 10 '[ "$(wc -l <out)" -eq 4 ]'
		kill "-$signal" "$pid"
		rc=0
		wait "$pid" || rc=$?
		exec 7>&-
		rm fifo
		[ $rc -eq 0 ] || fail "SIG$signal: status $rc, wanted 0"
		[ "$(tail -n 1 out)" = '{"type":"end","reason":"signal"}' ] || fail "SIG$signal: the last line is not an end"
		cmp <(stream) <(head -n -1 out) || fail "SIG$signal: the lines before"
	done
}

@test "SIGTERM and SIGINT send an end and are status 0" {
	set -m			# a background job of a shell without it ignores SIGINT
	each_filter ends_at_signal
}

ends_at_signal_when_busy() {
	local rc=0 pid

	mkfifo fifo
	{ stream; yes '{"type":"insert","schema":"a","table":"t","pos":"x.1:4","seq":0,"rows":[[1]]}'; } >fifo 2>/dev/null 3>&- &
	"$@" <fifo > >(tail -n 1 >out) 2>err 3>&- &
	pid=$!
	sleep 0.3
	kill -TERM "$pid"
	wait "$pid" || rc=$?
	rm fifo
	[ $rc -eq 0 ] || fail "status $rc, wanted 0"
	wait_until 10 '[ -s out ]'
	[ "$(cat out)" = '{"type":"end","reason":"signal"}' ] || fail "the last line is not an end"
	rm out
}

@test "a signal is heard in the middle of a torrent" {
	each_filter ends_at_signal_when_busy
}

refuses_newer() {
	local rc=0

	{ echo '{"type":"stream","version":2,"source":"s","flavor":"mariadb","pos":"x.1:4"}'; echo "$end"; } >in
	"$@" <in >out 2>err || rc=$?
	[ $rc -eq 65 ] || fail "status $rc, wanted 65"
	assert_err 'version 2'
	assert_err 'version 1'
}

@test "a stream of a newer version is refused, with both versions named" {
	each_filter refuses_newer
}

refuses_nonsense() {
	local rc line

	for line in 'nonsense' '' '{' '{"schema":"a","type":"insert"}' '[]' '{"type":5}' '{"type":"insert"}' '{"type":"stream","version":-1}' \
		'{"type":"insert","schema":"a","table":"t","to":["x"],"rows":[]}' $'{"type":"insert","schema":"\xff","table":"t","rows":[]}'; do
		{ stream; printf '%s\n' "$line"; echo "$end"; } >in
		rc=0
		"$@" <in >out 2>err || rc=$?
		[ $rc -eq 65 ] || fail "'$line': status $rc, wanted 65"
		[ "$(wc -l <err)" -eq 1 ] || fail "'$line': not one line on standard error"
	done
}

@test "a line that is no line of a stream is bad data: 65" {
	each_filter refuses_nonsense
}

@test "messages hold no control characters" {
	{ stream; printf '{"type":"insert","schema":"a\\u001b[31m","table":"t\\n","rows":7}\n'; } >in
	check_err() {
		"$@" <in >out 2>err || true
		! LC_ALL=C grep -q $'[\x01-\x09\x0b-\x1f\x7f]' err || fail "control characters on standard error"
	}
	each_filter check_err
}
