# The meta tables and dm-meta, over real servers: MariaDB and MySQL keep the same things.
# shellcheck disable=SC2154 # status and lines come from run_tool

setup_file() {
	load lib
	load probe.bash
	export DM_ROOT="${DM_ROOT:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
	export DM_BIN="${DM_BIN:-$DM_ROOT/build/bin}"
	build_probe
	start_servers maria=mariadb my=mysql
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	load probe.bash
	e2e_setup
	each="maria my"
	for down in $each; do
		sql "$down" "DROP DATABASE IF EXISTS dm_meta"
	done
}

# dm_meta NAME COMMAND ...: for task t, source s of that server.
dm_meta() {
	local name=$1

	shift
	run_tool dm-meta --socket "$(socket "$name")" --task t -s s "$@" </dev/null
}

line='{"type":"table","schema":"a","table":"b","charset":"utf8mb4","columns":[],"keys":[]}'

@test "get and next make no tables" {
	for down in $each; do
		dm_meta "$down" next
		assert_status 0
		assert_lines load
		dm_meta "$down" checkpoint get
		assert_status 65
		assert_error 24506
		assert_no_out
		[ -z "$(sql "$down" "SHOW DATABASES LIKE 'dm_meta'")" ]
	done
}

@test "a checkpoint comes back as the resume document, the snapshot last" {
	for down in $each; do
		probe "$down" meta dm_meta t s / take / table-put a b "$line" / state dm-x k '[1, 2]' / state dm-sync ddl '{}' / \
			put mysql-bin.000002 5000000000 0-1-7 mysql-bin.000002 5000000100
		assert_status 0
		dm_meta "$down" checkpoint get
		assert_status 0
		assert_lines '{"type":"state","stage":"dm-x","key":"k","value":[1, 2]}' "$line" \
			'{"type":"snapshot","pos":"mysql-bin.000002:5000000000","gtid":"0-1-7","consistent":false,"pos_end":"mysql-bin.000002:5000000100"}'
		dm_meta "$down" next
		assert_lines sync
	done
}

@test "columns are those that DM's procedures name" {
	for down in $each; do
		probe "$down" meta dm_meta t s / put mysql-bin.000002 1234 "" / table-put a b "$line"
		[ "$(sql "$down" "SELECT id, cp_schema, cp_table, binlog_name, binlog_pos, is_global FROM dm_meta.t_syncer_checkpoint
			WHERE is_global = 1")" = "s			mysql-bin.000002	1234	1" ]
		[ "$(sql "$down" "SELECT cp_schema, cp_table, is_global FROM dm_meta.t_syncer_checkpoint WHERE is_global = 0")" = "a	b	0" ]
	done
}

@test "an operator who edits the place has moved the task back: no GTID, safe mode until the old place" {
	for down in $each; do
		probe "$down" meta dm_meta t s / take / put mysql-bin.000002 1234 0-1-7 / state dm-sync applied '"x:1"'
		sql "$down" "UPDATE dm_meta.t_syncer_checkpoint SET binlog_name = 'mysql-bin.000001', binlog_pos = 99 WHERE is_global = 1"
		dm_meta "$down" checkpoint get
		assert_lines '{"type":"snapshot","pos":"mysql-bin.000001:99","consistent":false,"pos_end":"mysql-bin.000002:1234"}'
		probe "$down" meta dm_meta t s / state dm-sync applied / take / get / state dm-sync applied
		assert_lines "state '\"x:1\"'" "at mysql-bin.000001:99 gtid '' exit 'mysql-bin.000002:1234'" "state ''"
	done
}

@test "moved forward there is nothing to be safe from; what is written again counts again" {
	for down in $each; do
		probe "$down" meta dm_meta t s / put mysql-bin.000002 1234 0-1-7
		sql "$down" "UPDATE dm_meta.t_syncer_checkpoint SET binlog_pos = 2000 WHERE is_global = 1"
		probe "$down" meta dm_meta t s / get / put mysql-bin.000002 2100 0-1-9 / get
		assert_lines "at mysql-bin.000002:2000 gtid '' exit ':0'" "at mysql-bin.000002:2100 gtid '0-1-9' exit ':0'"
	done
}

@test "a place that nobody can read is an error, not a start from nowhere" {
	for down in $each; do
		probe "$down" meta dm_meta t s / put mysql-bin.000002 1234 ""
		sql "$down" "UPDATE dm_meta.t_syncer_checkpoint SET binlog_name = '' WHERE is_global = 1"
		dm_meta "$down" checkpoint get
		assert_status 65
		assert_error 24504
		sql "$down" "UPDATE dm_meta.t_syncer_checkpoint SET binlog_name = 'x.1', table_info = 'nonsense' WHERE is_global = 1"
		dm_meta "$down" checkpoint get
		assert_status 65
		assert_no_out
	done
}

@test "checkpoint set moves, and is safe over what comes again" {
	for down in $each; do
		dm_meta "$down" checkpoint set mysql-bin.000003:400
		assert_status 0
		dm_meta "$down" checkpoint get
		assert_lines '{"type":"snapshot","pos":"mysql-bin.000003:400","consistent":true}'
		dm_meta "$down" --gtid 0-1-5 checkpoint set mysql-bin.000002:300
		dm_meta "$down" checkpoint get
		assert_lines '{"type":"snapshot","pos":"mysql-bin.000002:300","gtid":"0-1-5","consistent":false,"pos_end":"mysql-bin.000003:400"}'
		dm_meta "$down" checkpoint set mysql-bin.000003:100
		dm_meta "$down" checkpoint get
		assert_lines '{"type":"snapshot","pos":"mysql-bin.000003:100","consistent":false,"pos_end":"mysql-bin.000003:400"}'
		dm_meta "$down" checkpoint set mysql-bin.000004:4
		dm_meta "$down" checkpoint get
		assert_lines '{"type":"snapshot","pos":"mysql-bin.000004:4","consistent":true}'
	done
}

@test "checkpoint set refuses what is no place" {
	for place in nonsense mysql-bin.000001: :4 mysql-bin.000001:3 mysql-bin.000001:-4 ""; do
		dm_meta maria checkpoint set "$place"
		assert_status 64
	done
	dm_meta maria checkpoint set
	assert_status 64
	dm_meta maria checkpoint
	assert_status 64
	dm_meta maria next more
	assert_status 64
	run_tool dm-meta --socket "$(socket maria)" --task t next
	assert_status 64
}

@test "one writer: the second is told who the first is" {
	for down in $each; do
		"$BATS_FILE_TMPDIR/probe" socket="$(socket "$down")" meta dm_meta t s / take / sleep 60 >first.out 2>&1 &
		first=$!
		wait_until 10 "[ -n \"\$(sql $down 'SELECT 1 FROM dm_meta.t_lease' 2>/dev/null)\" ]"
		probe "$down" meta dm_meta t s / take
		assert_out "error 24501 75: source 's' of task 't' is worked on by process $first on host"
		dm_meta "$down" checkpoint show
		assert_out "process $first on host"
		dm_meta "$down" checkpoint set mysql-bin.000001:4
		assert_status 75
		dm_meta "$down" drop
		assert_status 75
		probe "$down" meta dm_meta t other / take
		assert_status 0
		kill -9 "$first"
		wait "$first" || true
		probe "$down" meta dm_meta t s / take / hold
		assert_status 0
	done
}

@test "a lease that was taken over stops its old holder inside the transaction" {
	for down in $each; do
		probe "$down" meta dm_meta t s / take / hold / hold / run "UPDATE dm_meta.t_lease SET owner = 'x:1:1@y'" / \
			run "START TRANSACTION" / put mysql-bin.000001 4 "" / hold / run ROLLBACK / get
		assert_status 64
		assert_out "error 24502 75: "
		[ "${lines[-1]}" = none ]
	done
}

@test "what did not renew for 30 s is replaced, by the clock of the database" {
	for down in $each; do
		probe "$down" meta dm_meta t s / \
			run "INSERT INTO dm_meta.t_lease (id, owner, renewed) VALUES ('s', 'far:1:1@away', UTC_TIMESTAMP(6) - INTERVAL 20 SECOND)" / take
		assert_out "error 24501 75: source 's' of task 't' is worked on by process 1 on host 'far', seen 20."
		probe "$down" meta dm_meta t s / run "UPDATE dm_meta.t_lease SET renewed = renewed - INTERVAL 11 SECOND" / take / hold
		assert_status 0
	done
}

@test "two that come first at once: one gets the lease" {
	for down in $each; do
		probe "$down" meta dm_meta t s
		pids=()
		rm -f take.*	# what the other server's said is no answer here
		for i in 1 2 3 4 5 6; do
			"$BATS_FILE_TMPDIR/probe" socket="$(socket "$down")" meta dm_meta t s / take / sleep 300 >"take.$i" 2>&1 &
			pids+=($!)
		done
		# The one that got it holds it until all others were refused, however long the machine takes.
		wait_until 120 "[ \$(grep -l 'error 24501' take.* | wc -l) -ge 5 ]"
		[ "$(grep -l 'error 24501' take.* | wc -l)" -eq 5 ]
		kill -9 "${pids[@]}" 2>/dev/null || true
		wait "${pids[@]}" || true
	done
}

@test "a load that is done: chunks, structures, then the place where changes start" {
	for down in $each; do
		probe "$down" meta dm_meta t s / begin x.000001:100 0-1-1 / load-table a b "$line" / is-done c1 / chunk a b c1 7 / is-done c1 / \
			touched a b / begin x.000001:100 0-1-1 / is-done c1
		assert_status 0
		assert_lines anew "not done" "done" untouched anew "done"
		dm_meta "$down" next
		assert_lines load
		dm_meta "$down" checkpoint get
		assert_status 65
		dm_meta "$down" checkpoint show
		assert_out "not finished: 1 chunks, 7 rows, 70 bytes, as of x.000001:100"
		probe "$down" meta dm_meta t s / finish / begin x.000001:100
		assert_out "error 24505 69"
		dm_meta "$down" next
		assert_lines sync
		dm_meta "$down" checkpoint get
		assert_lines "$line" '{"type":"snapshot","pos":"x.000001:100","gtid":"0-1-1","consistent":true}'
	done
}

@test "a load that is begun again at another place starts at the first and is safe until the last" {
	local later=${line/utf8mb4/latin1}

	for down in $each; do
		probe "$down" meta dm_meta t s / begin x.000001:100 0-1-1 / load-table a b "$line" / chunk a b c1 7 / chunk a c c2 0
		probe "$down" meta dm_meta t s / begin x.000002:50 0-1-5 / is-done c1 / touched a b / touched a c / load-table a b "$later" / finish
		assert_lines again "not done" touched untouched
		dm_meta "$down" checkpoint get
		assert_lines "$line" '{"type":"snapshot","pos":"x.000001:100","gtid":"0-1-1","consistent":false,"pos_end":"x.000002:50"}'
		sql "$down" "DROP DATABASE dm_meta"
		probe "$down" meta dm_meta t s / begin x.000002:50 0-1-5 x.000002:60 / begin x.000001:9 0-1-1 / finish
		dm_meta "$down" checkpoint get
		assert_lines '{"type":"snapshot","pos":"x.000001:9","gtid":"0-1-1","consistent":false,"pos_end":"x.000002:60"}'
	done
}

@test "a chunk's id may be long, and differ only at its end" {
	local long

	long=$(printf 'ä%.0s' {1..400})
	for down in $each; do
		probe "$down" meta dm_meta t s / begin x.1:4 / chunk a b "${long}1" 1 / is-done "${long}1" / is-done "${long}2"
		assert_lines anew "done" "not done"
	done
}

@test "no load over changes that were applied" {
	for down in $each; do
		probe "$down" meta dm_meta t s / put x.000001 100 "" / begin x.000002:100
		assert_out "error 24505 69: source 's' of task 't' is past loading: its changes are applied up to 'x.000001:100'"
	done
}

@test "structures are told apart by bytes, and dropped alone or with their schema" {
	for down in $each; do
		probe "$down" meta dm_meta t s / put x.1 4 "" / table-put a b 1 / table-put a B 2 / table-put A b 3 / table-put a c 4 / \
			table-drop a b / query "SELECT cp_schema, cp_table, table_info FROM dm_meta.t_syncer_checkpoint WHERE is_global = 0 ORDER BY table_info" / \
			table-drop a / query "SELECT cp_schema, cp_table FROM dm_meta.t_syncer_checkpoint ORDER BY cp_schema"
		assert_lines "a	B	2" "A	b	3" "a	c	4" "	" "A	b"
	done
}

@test "any name of a task, and any text in its rows" {
	local task="t\`e's\\t. %_"

	for down in $each; do
		probe "$down" sql_mode=NO_BACKSLASH_ESCAPES meta dm_meta "$task" "s'1\\" / take / state st k\\ "{\"a\":\"'\\\\\"}" / state st k\\ / put "x'\\.1" 4 ""
		assert_status 0
		assert_lines "state '{\"a\":\"'\\\\\"}'"
		probe "$down" meta dm_meta "$task" "s'1\\" / state st k\\ / get
		assert_lines "state '{\"a\":\"'\\\\\"}'" "at x'\\.1:4 gtid '' exit ':0'"
		run_tool dm-meta --socket "$(socket "$down")" --task "$task" drop
		assert_status 0
		[ -z "$(sql "$down" "SHOW TABLES FROM dm_meta")" ]
	done
}

@test "checkpoint drop forgets one source, drop the task" {
	for down in $each; do
		probe "$down" meta dm_meta t s / put x.1 4 "" / state a b 1 / begin x.2:4
		probe "$down" meta dm_meta t s2 / put x.1 4 ""
		probe "$down" meta dm_meta t2 s / put x.1 4 ""
		dm_meta "$down" checkpoint drop
		assert_status 0
		[ "$(sql "$down" "SELECT id FROM dm_meta.t_syncer_checkpoint")" = s2 ]
		[ -z "$(sql "$down" "SELECT id FROM dm_meta.t_state UNION ALL SELECT id FROM dm_meta.t_lease")" ]
		dm_meta "$down" next
		assert_lines load
		run_tool dm-meta --socket "$(socket "$down")" --task t drop
		assert_status 0
		[ "$(sql "$down" "SHOW TABLES FROM dm_meta" | grep -c ^t_)" -eq 0 ]
		[ "$(sql "$down" "SELECT id FROM dm_meta.t2_syncer_checkpoint")" = s ]
		run_tool dm-meta --socket "$(socket "$down")" --task t drop
		assert_status 0
	done
}

@test "the tables that DM made are taken over, wide enough" {
	for down in $each; do
		sql "$down" "CREATE DATABASE dm_meta; CREATE TABLE dm_meta.t_syncer_checkpoint (id VARCHAR(32) NOT NULL, cp_schema VARCHAR(128) NOT NULL,
			cp_table VARCHAR(128) NOT NULL, binlog_name VARCHAR(128), binlog_pos INT UNSIGNED, binlog_gtid TEXT,
			exit_safe_binlog_name VARCHAR(128) DEFAULT '', exit_safe_binlog_pos INT UNSIGNED DEFAULT 0, exit_safe_binlog_gtid TEXT,
			table_info JSON NOT NULL, is_global BOOLEAN, create_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
			update_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
			UNIQUE KEY uk_id_schema_table (id, cp_schema, cp_table));
			INSERT INTO dm_meta.t_syncer_checkpoint (id, cp_schema, cp_table, binlog_name, binlog_pos, binlog_gtid, table_info, is_global)
			VALUES ('s', '', '', 'mysql-bin.000001', 300, '0-1-3', 'null', 1), ('s', 'a', 'b', 'mysql-bin.000001', 300, '', '{\"id\": 1}', 0)"
		dm_meta "$down" checkpoint get
		assert_status 0
		assert_lines '{"type":"snapshot","pos":"mysql-bin.000001:300","gtid":"0-1-3","consistent":true}'
		probe "$down" meta dm_meta t s / put mysql-bin.000001 5000000000 "" / table-put a b "$line" / get
		assert_lines "at mysql-bin.000001:5000000000 gtid '' exit ':0'"
		dm_meta "$down" checkpoint get
		assert_lines "$line" '{"type":"snapshot","pos":"mysql-bin.000001:5000000000","consistent":true}'
	done
}

@test "the task file says what comes first" {
	for down in $each; do
		for mode in all full incremental; do
			task_file t <<-END
				task-mode: $mode
				$(target "$down")
				mysql-instances:
				- source-id: s
				$([ $mode != incremental ] || echo '  meta: {binlog-name: mysql-bin.000009, binlog-pos: 123}')
				- source-id: s2
			END
			run_tool dm-meta -c t.yaml -s s next </dev/null
			assert_status 0
			[ "$mode" = incremental ] && assert_lines sync || assert_lines load
		done
		run_tool dm-meta -c t.yaml -s s checkpoint get </dev/null
		assert_lines '{"type":"snapshot","pos":"mysql-bin.000009:123","consistent":true}'
		run_tool dm-meta -c t.yaml -s s2 checkpoint get </dev/null
		assert_lines '{"type":"snapshot","consistent":true}'
		probe "$down" meta dm_meta t s / begin x.1:4 / finish
		sed -i 's/incremental/full/; /meta:/d' t.yaml
		run_tool dm-meta -c t.yaml -s s next </dev/null
		assert_lines "done"
		run_tool dm-meta -c t.yaml drop </dev/null
		assert_status 0
		[ -z "$(sql "$down" "SHOW TABLES FROM dm_meta")" ]
	done
}

@test "the document is of one moment, while somebody writes" {
	for down in $each; do
		words=(meta dm_meta t s)
		for i in {1..300}; do
			words+=(/ run "START TRANSACTION" / table-put a b "${line/\"b\"/\"$i\"}" / put x.1 "$i" "" / state z z "$i" / run COMMIT)
		done
		writer='' seen=0
		while [ $seen -lt 5 ]; do
			[ -n "$writer" ] && kill -0 "$writer" 2>/dev/null || {
				"$BATS_FILE_TMPDIR/probe" socket="$(socket "$down")" "${words[@]}" >writer.out 2>&1 &
				writer=$!
			}
			dm_meta "$down" checkpoint get
			[ "$status" -eq 0 ] || continue
			[ "$(jq -r '.value // .table // .pos' out | sed 's/x.1://' | sort -u | wc -l)" -eq 1 ] || fail "not of one moment"
			[ "${#lines[@]}" -eq 3 ] || fail "not whole"
			seen=$((seen + 1))
		done
		wait "$writer"
	done
}
