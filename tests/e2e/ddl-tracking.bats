# Structures that are tracked are the ones that servers have: random statements, the same ones in each run.
# Another run: DDL_TRACKING_SEED=n. DDL_TRACKING_SHOW=1 prints every statement.
# shellcheck disable=SC2154 # status and lines come from run_tool

setup_file() {
	load lib
	load probe.bash
	export DM_ROOT="${DM_ROOT:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
	export DM_BIN="${DM_BIN:-$DM_ROOT/build/bin}"
	build_probe ddl-tracking
	start_server maria mariadb --skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-flush-method=nosync --tmpdir="$BATS_FILE_TMPDIR"
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	seed=${DDL_TRACKING_SEED:-1}
}

# track NAME SEEDS COUNT
track() {
	local last=$((seed + $2 - 1)) known

	for ((; seed <= last; seed++)); do
		run_tool "$BATS_FILE_TMPDIR/ddl-tracking" "$(socket "$1")" "$seed" "$3" </dev/null
		[ "$status" -eq 0 ] || fail "$(cat out)"
		known=$(sed -n 's/.*learnt anew \([0-9]*\), contradicted 0$/\1/p' out)
		[ "${known:-$3}" -lt $(($3 / 8)) ] || fail "too much had to be learnt anew: $(cat out)"
	done
}

@test "MariaDB: 2000 statements, and every structure is followed" {
	track maria 10 200
}

@test "MySQL: 2000 statements, and every structure is followed" {
	start_server my mysql --skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-flush-method=nosync || {
		[ ! -e "$BATS_FILE_TMPDIR/missing" ] || skip "$(cat "$BATS_FILE_TMPDIR/missing")"
		false
	}
	track my 10 200
}
