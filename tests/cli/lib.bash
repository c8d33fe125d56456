# lib.bash - what the tests of the tools share.
#
#	setup() { load lib; cli_setup; }
#	@test "dm-route: a table no rule names keeps its name" {
#		run_tool dm-route --route 'a.*=x' <<-'END'
#			{"type":"heartbeat","pos":"x:4"}
#		END
#		assert_status 75
#		assert_line_unchanged 1
#	}
#
# Each test runs in its own empty folder, with the tools in front of PATH. Of the last run_tool are kept: status, the
# array lines (standard output), and the files in, out and err.
# shellcheck shell=bash disable=SC2034 # variables are read by the tests

bats_require_minimum_version 1.5.0

cli_setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	export DM_ROOT="${DM_ROOT:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
	export DM_BIN="${DM_BIN:-$DM_ROOT/build/bin}"
	export PATH="$DM_BIN:$PATH" DM_HOME="$BATS_TEST_TMPDIR/home" LC_ALL=C.UTF-8 TZ=UTC
	unset DM_PASSWORD
}

# run_tool TOOL [ARGUMENT ...] <INPUT
run_tool() {
	cat >in
	status=0
	"$@" <in >out 2>err || status=$?
	mapfile -t lines <out
}

# Ends the test with a reason and what the last tool said.
fail() {
	echo "$*"
	if [ -e err ]; then
		echo "standard error was:"
		head -c 4000 err
	fi
	if [ -e out ]; then
		echo "standard output was:"
		head -c 4000 out
	fi
	return 1
}

assert_status() {
	[ "$status" -eq "$1" ] || fail "exit status $status, wanted $1"
}

# assert_out TEXT, assert_err TEXT: it stands somewhere in there.
assert_out() {
	grep -qF -e "$1" out || fail "not in standard output: $1"
}

assert_err() {
	grep -qF -e "$1" err || fail "not in standard error: $1"
}

assert_no_out() {
	[ ! -s out ] || fail "standard output should be empty"
}

assert_no_err() {
	[ ! -s err ] || fail "standard error should be empty"
}

# One line on standard error, with this code.
assert_error() {
	grep -qE "error $1 \(" err || fail "no error $1 on standard error"
	[ "$(grep -c 'error [0-9]* (' err)" -eq 1 ] || fail "more than one error on standard error"
}

# Line N of the input came out as line M (default N), byte for byte.
assert_line_unchanged() {
	[ "$(sed -n "${1}p" in)" = "$(sed -n "${2:-$1}p" out)" ] || fail "line $1 was changed"
}

# assert_json N FILTER WANT: what jq finds in line N of standard output.
assert_json() {
	local got

	got=$(sed -n "${1}p" out | jq -c "$2")
	[ "$got" = "$3" ] || fail "line $1: $2 is $got, wanted $3"
}

# wait_until SECONDS CONDITION: the condition is shell text; tried ten times a second.
wait_until() {
	local deadline=$((SECONDS + $1))

	until eval "$2"; do
		[ "$SECONDS" -lt "$deadline" ] || { fail "waited $1 s for: $2"; return 1; }
		sleep 0.1
	done
}
