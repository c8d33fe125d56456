#!/usr/bin/env bats
# The demonstration of bootstrap.sh leaves nothing, also where it is interrupted. That it ends with equal servers is in new-user.bats.

setup() {
	load lib
	e2e_setup
	mkdir tmp
	export TMPDIR=$PWD/tmp
}

assert_nothing_left() {
	[ -z "$(ls -A tmp)" ] || fail "left: $(ls -A tmp)"
	! pgrep -f "$PWD/tmp/" || fail "processes are left"
}

@test "demo: after SIGINT nothing is left" {
	# A shell in the background is deaf to SIGINT, unless it is told otherwise.
	setsid env --default-signal=INT "$DM_ROOT/demo/run" >out 2>err 3>&- &
	wait_until 60 'grep -q "dm start-task" out'
	sleep 1
	kill -INT -- "-$!"
	wait $! || status=$?
	assert_status 130
	assert_nothing_left
}
