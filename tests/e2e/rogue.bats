#!/usr/bin/env bats
# Servers that do what no honest one does, seen from each tool that talks to one: rogue.c stands in front of a real server, lets a tool get
# as far as it may, and then answers itself.
# shellcheck disable=SC2154,SC2086,SC2016 # variables of the helpers; options are words; back quotes in SQL

setup_file() {
	load lib
	export DM_ROOT="${DM_ROOT:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
	export DM_BIN="${DM_BIN:-$DM_ROOT/build/bin}"
	load probe.bash
	build_probe rogue
	start_server db mariadb --innodb-flush-log-at-trx-commit=0 --sync-binlog=0 --innodb-doublewrite=0
	PATH="$DM_BIN:$PATH"
	cd "$BATS_FILE_TMPDIR" || return
	sql db "CREATE DATABASE r; CREATE TABLE r.t (id INT PRIMARY KEY, a VARCHAR(20)); INSERT INTO r.t VALUES (1, 'one'), (2, 'two')"
	task_of "$(port db)"
	dm-dump -c task.yaml -s up -S up.yaml -q >dump.ndjson
	dm-dump -c task.yaml -s up -S up.yaml -q -o dir
	here >place
	sql db "INSERT INTO r.t VALUES (3, 'three')"
	here >end
	sql db "DELETE FROM r.t WHERE id = 3"
	dm-relay -c task.yaml -s up -S up.yaml --start "$(cat place)" --until "$(cat end)" -q </dev/null |
		dm-route -c task.yaml -s up -S up.yaml >changes.ndjson
}

here() {
	sql db 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' :
}

# task_of PORT: task.yaml and up.yaml, both ends there.
task_of() {
	cat >task.yaml <<-END
		name: rogue
		task-mode: all
		target-database: {host: "127.0.0.1", port: $1, user: "root"}
		block-allow-list: {b: {do-dbs: [r]}}
		routes: {r: {schema-pattern: r, table-pattern: t, target-schema: s, target-table: t}}
		mysql-instances: [{source-id: up, block-allow-list: b, route-rules: [r]}]
	END
	cat >up.yaml <<-END
		source-id: up
		from: {host: "127.0.0.1", port: $1, user: "root"}
	END
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	echo 'a secret of this machine' >secret
}

teardown() {
	[ ! -e rogue.pid ] || rogue_end
}

# rogue MODE N [FILE]: in front of the server, its port in rogue.port.
rogue() {
	rm -f rogue.port got
	"$BATS_FILE_TMPDIR/rogue" "$(port db)" "$1" "$2" "${3:-$PWD/secret}" rogue.port got 3>&- &
	echo $! >rogue.pid
	wait_until 10 '[ -s rogue.port ]'
}

rogue_end() {
	kill "$(cat rogue.pid)"
	wait "$(cat rogue.pid)" 2>/dev/null || true
	rm rogue.pid
}

tools=${ROGUE_TOOLS:-dm-dump dm-dump-dir dm-load dm-load-dir dm-relay dm-sync dm-check dm-meta}

# call TOOL: through the rogue; what it did before in the meta tables is forgotten. Status 124: it hung.
call() {
	local at data=$BATS_FILE_TMPDIR

	at="-h 127.0.0.1 -P $(cat rogue.port) -u root"

	case $1 in dm-load*|dm-sync|dm-check)
		sql db "DROP DATABASE IF EXISTS dm_meta; DROP DATABASE IF EXISTS s; CREATE DATABASE s; CREATE TABLE s.t LIKE r.t" ;;
	esac
	task_of "$(cat rogue.port)"
	case $1 in
	dm-dump) run_tool timeout 60 dm-dump $at -B r </dev/null ;;
	dm-dump-dir) rm -rf dir && run_tool timeout 60 dm-dump $at -B r -o dir </dev/null ;;
	dm-load) run_tool timeout 60 dm-load -c task.yaml -s up -S up.yaml <"$data/dump.ndjson" ;;
	dm-load-dir) run_tool timeout 60 dm-load -c task.yaml -s up -S up.yaml -d "$data/dir" </dev/null ;;
	dm-relay) run_tool timeout 60 dm-relay $at --start "$(cat "$data/place")" --until "$(cat "$data/end")" </dev/null ;;
	dm-sync) run_tool timeout 60 dm-sync -c task.yaml -s up -S up.yaml <"$data/changes.ndjson" ;;
	dm-check) run_tool timeout 60 dm-check -c task.yaml -S up.yaml </dev/null ;;
	dm-meta) run_tool timeout 60 dm-meta checkpoint show -c task.yaml -s up -S up.yaml </dev/null ;;
	esac
}

# The tool refused, and said so: no signal, no time-out, no success.
assert_refused() {
	case $status in
	65|69|75) grep -q "^${1%-dir}: error " err || fail "$1 $2: no error is told" ;;
	*) fail "$1 $2: status $status" ;;
	esac
}

keeps_secret() {
	if grep -q secret got; then fail 'the server got the file'; fi
}

@test "each tool gets through where nothing is done to it" {
	local tool

	rogue file 'no statement holds this'
	for tool in $tools; do
		call $tool
		assert_status 0
	done
	[ ! -s got ]
}

# Some statements of each tool are answered so; ROGUE_STEP=1: all of them (of ROGUE_TOOLS).
@test "S4: no server gets a file of ours, whichever statement it answers by asking for one" {
	local tool n last

	for tool in $tools; do
		last=
		for ((n = 1; ; n += n < 3 ? 1 : ${ROGUE_STEP:-23})); do
			rogue file $n
			call $tool
			rogue_end
			keeps_secret
			[ -s got ] || break
			# What is asked for in answer to the last statement of all may be too late to fail for; and dm-check can do without
			# knowing whether two servers are one.
			[ -z "$last" ] || [ "$tool" = dm-check ] || fail "$tool: status 0 behind a request of statement $last"
			if [ "$status" -eq 0 ]; then last=$n; else assert_refused $tool $n; fi
		done
		[ "$n" -gt 3 ]
		assert_status 0
	done
}

@test "S4: a LOAD DATA LOCAL of ours is answered with what it loads, and with nothing else" {
	local tool

	for tool in dm-load dm-load-dir; do
		rogue file 'LOAD DATA LOCAL'
		call $tool
		rogue_end
		assert_refused $tool
		assert_error 36570
		[ "$(cat got)" = asked ]
		[ "$(sql db 'SELECT COUNT(*) FROM s.t')" = 0 ]
	done
	# Our own name for it is worth nothing behind another statement.
	rogue file 'INSERT INTO `dm_meta`' dm-load
	call dm-load-dir
	rogue_end
	assert_refused dm-load-dir
	assert_error 36570
	[ "$(cat got)" = asked ]
}

# Of all pairs of a tool and a fault some, each fault with a tool or two; ROGUE_ALL=1: all.
@test "S4, S5: answers and greetings that are none end in an error, whatever tool gets them" {
	local tool fault n=0

	for tool in $tools; do
		for fault in columns:2 length:2 huge:2 cut:2 empty:2 order:2 noise:2 error:2 huge:0 cut:0 empty:0 order:0 noise:0 error:0 endless:0 clear:0; do
			n=$((n + 1))
			[ -n "${ROGUE_ALL:-}" ] || [ $((n % 5)) -eq 0 ] || continue
			rogue "${fault%:*}" "${fault#*:}"
			call $tool
			rogue_end
			assert_refused $tool "$fault"
		done
	done
}
