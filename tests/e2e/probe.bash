# probe.bash - builds and calls probe.c and its like, for the tests of rooms that no tool shows alone.
# shellcheck shell=bash

# build_probe [NAME]: NAME.c (probe.c) into $BATS_FILE_TMPDIR, from the archives beside the tools under test.
build_probe() {
	local name=${1:-probe} lib="$DM_BIN/../lib" packages

	packages=$(pkg-config --cflags --libs libmariadb yaml-0.1 libpcre2-8 zlib libzstd libssl libcrypto)
	# shellcheck disable=SC2086 # lists of words
	${CC:-cc} -std=c11 -D_GNU_SOURCE ${SANFLAGS:-} -I"$DM_ROOT/lib" -o "$BATS_FILE_TMPDIR/$name" "$DM_ROOT/tests/e2e/$name.c" \
		"$lib/meta.a" "$lib/mysql.a" "$lib/config.a" "$lib/stream.a" "$lib/schema.a" "$lib/binlog.a" "$lib/text.a" "$lib/base.a" \
		$packages -lpthread -lm
}

# probe NAME [SETTING=VALUE ...] COMMAND ...: root's socket of the server NAME; as run_tool keeps status, lines, out and err.
probe() {
	local name=$1

	shift
	run_tool "$BATS_FILE_TMPDIR/probe" socket="$(socket "$name")" "$@" </dev/null
}

# probe_tcp NAME ...: the same over TCP.
probe_tcp() {
	local name=$1

	shift
	run_tool "$BATS_FILE_TMPDIR/probe" port="$(port "$name")" "$@" </dev/null
}

# assert_lines LINE ...: standard output is these lines, and no others.
assert_lines() {
	[ "$(cat out)" = "$(printf '%s\n' "$@")" ] || fail "wanted: $(printf '%s\n' "$@")"
}
