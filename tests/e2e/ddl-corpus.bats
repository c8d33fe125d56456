#!/usr/bin/env bats
# The statements of tests/data/ddl on real servers, every name in them changed; see ddl-corpus.c.
# shellcheck disable=SC2154 # status and lines come from run_tool

setup_file() {
	load lib
	load probe.bash
	export DM_ROOT="${DM_ROOT:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
	export DM_BIN="${DM_BIN:-$DM_ROOT/build/bin}"
	build_probe ddl-corpus
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	cli_setup
}

# corpus NAME MIN: all of it on that server, at least MIN statements.
corpus() {
	run_tool "$BATS_FILE_TMPDIR/ddl-corpus" "$(socket "$1")" "$DM_ROOT/tests/data/ddl" databases create-table alter-table partitions \
		indexes drop-rename-truncate names tidb </dev/null
	[ "$status" -eq 0 ] || fail "$(cat out)"
	[ "$(sed -n 's/^ran \([0-9]*\), .*/\1/p' out)" -ge "$2" ] || fail "$(cat out)"
	[ "$(sed -n 's/.*, with collations \([0-9]*\), .*/\1/p' out)" -ge 18 ] || fail "$(cat out)"
}

@test "MariaDB takes each statement under other names, whole, change by change and with its collations" {
	start_server maria mariadb --skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-flush-method=nosync
	corpus maria 250
}

@test "MySQL takes each statement under other names, whole, change by change and with its collations" {
	start_server my mysql --skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-flush-method=nosync || {
		[ ! -e "$BATS_FILE_TMPDIR/missing" ] || skip "$(cat "$BATS_FILE_TMPDIR/missing")"
		false
	}
	corpus my 250
}
