#!/usr/bin/env bats
# Metrics and logs for machines, without a server: what the tools write, and that rules, dashboard and dm(7) name nothing else.
# shellcheck disable=SC2154 # variables of the helpers

setup() {
	load lib
	cli_setup
	log=$DM_ROOT/tests/data/binlogs/mariadb-10.11.19/mysql-bin.000003
	monitoring=$DM_ROOT/examples/monitoring
	cat >task.yaml <<-'END'
		name: "t"
		task-mode: "all"
		target-database: {host: "127.0.0.1", port: 1, user: "root", password: "Geheim12"}
		mysql-instances:
		- {source-id: "s", meta: {binlog-name: "x.000001", binlog-pos: 4}}
	END
	cat >source.yaml <<-'END'
		source-id: s
		from: {host: 127.0.0.1, port: 1, user: root, password: "Geheim12"}
	END
}

# Where promtool can be had: Debian's, without its server; DM_PROMTOOL names another.
promtool() {
	local at=${DM_PROMTOOL:-$(type -P promtool)} got=''

	if [ -z "$at" ]; then
		got=$("$DM_ROOT/tests/servers/promtool-get" 2>why) || { [ $? -eq 77 ] && skip "$(cat why)"; fail "$(cat why)"; }
		at=$got/run/promtool
	fi
	command "$at" "$@"
}

# Each of the four tools as it fails for want of a server: file NAME.prom.
fail_all() {
	local c=(-c task.yaml -s s)

	dm-dump "${c[@]}" -S source.yaml --metrics-file dump.prom </dev/null >/dev/null 2>&1 || :
	dm-load "${c[@]}" -d "$DM_ROOT/tests/data/nowhere" --metrics-file load.prom </dev/null >/dev/null 2>&1 || :
	dm-relay "${c[@]}" -S source.yaml --start x.000001:4 --metrics-file relay.prom </dev/null >/dev/null 2>&1 || :
	dm-sync "${c[@]}" --metrics-file sync.prom </dev/null >/dev/null 2>&1 || :
}

# Names that stand in files of metrics.
written() {
	sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' ./*.prom | sort -u
}

# Names of ours in any text, without what a histogram adds.
named() {
	grep -ohE '\b(dm|dumpling)_[a-z0-9_]+' "$@" | sed -E 's/_bucket$//' | sort -u
}

# The value of a series: a pattern for its name and labels.
value() {
	sed -n "s/^$2 //p" "$1"
}

@test "dm-relay: --metrics-file has DM's names, labels and the numbers of the status file" {
	run_tool dm-relay -s s-1 --metrics-file m.prom --status-file status.json "$log" </dev/null
	assert_status 0
	[ "$(value m.prom 'dm_relay_binlog_file{task="",source_id="s-1",node="relay"}')" = 3 ]
	[ "$(value m.prom 'dm_relay_binlog_pos{task="",source_id="s-1",node="relay"}')" = 9312 ]
	[ "$(value m.prom 'dm_relay_transactions_total{.*}')" = "$(jq -r .fields.transactions status.json)" ]
	[ "$(value m.prom 'dm_relay_rows_total{.*}')" = "$(jq -r .fields.rows status.json)" ]
	[ "$(value m.prom 'dm_worker_task_state{.*,unit="Relay"}')" = 5 ]
	[ "$(value m.prom 'dm_relay_exit_with_error_count{.*resumable_err="false"}')" = 0 ]
	[ "$(stat -c %a m.prom)" = 644 ]
	[ -z "$(find . -name '*.tmp')" ]
}

@test "an end with an error is state 3 and counts on, by whether trying again may help" {
	fail_all
	for unit in dump:dm_dumpling relay:dm_relay sync:dm_syncer; do
		[ "$(value "${unit%:*}.prom" 'dm_worker_task_state{task="t",source_id="s",.*}')" = 3 ] || fail "$unit: $(cat "${unit%:*}.prom")"
		[ "$(value "${unit%:*}.prom" "${unit#*:}_exit_with_error_count{.*resumable_err=\"true\"}")" = 1 ] || fail "$unit"
		[ "$(value "${unit%:*}.prom" "${unit#*:}_exit_with_error_count{.*resumable_err=\"false\"}")" = 0 ] || fail "$unit"
	done
	[ "$(value load.prom 'dm_loader_exit_with_error_count{.*resumable_err="false"}')" = 1 ]
	fail_all
	[ "$(value sync.prom 'dm_syncer_exit_with_error_count{.*resumable_err="true"}')" = 2 ]
	[ "$(value load.prom 'dm_loader_exit_with_error_count{.*resumable_err="false"}')" = 2 ]
	! grep -q Geheim12 ./*.prom || fail 'a password is in the metrics'
}

@test "a log that is damaged counts as such" {
	cp "$log" mysql-bin.000003
	printf 'X' | dd of=mysql-bin.000003 bs=1 seek=6000 conv=notrunc status=none
	run_tool dm-relay --metrics-file m.prom mysql-bin.000003 </dev/null
	[ "$status" -ne 0 ]
	[ "$(value m.prom 'dm_relay_read_error_count{.*}')" = 1 ]
	[ "$(value m.prom 'dm_relay_data_corruption{.*}')" = 1 ] || fail "$(cat m.prom)"
}

@test "a metrics file that cannot be written is told at the start" {
	run_tool dm-relay --metrics-file nowhere/m.prom "$log" </dev/null
	assert_status 74
	assert_err nowhere/m.prom
	assert_no_out
}

@test "--metrics-listen answers while the tool runs, on loopback, and refuses a port that is taken" {
	local port

	mkfifo fifo
	for port in $(shuf -i 20000-60000 -n 5); do
		dm-relay -s s-1 --metrics-listen "$port" fifo >/dev/null 2>relay.err 3>&- &
		pid=$!
		exec 7>fifo
		head -c 5000 "$log" >&7
		for ((i = 0; i < 100; i++)); do
			! kill -0 "$pid" 2>/dev/null && break
			{ exec 8<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null && break 2
			sleep 0.05
		done
		exec 7>&-
	done
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&8
	cat <&8 >answer
	exec 8>&-
	head -n 1 answer | grep -q '^HTTP/1.0 200 OK' || fail "$(cat answer relay.err)"
	grep -q '^dm_worker_task_state{task="",source_id="s-1",.*unit="Relay"} 2' answer
	run_tool dm-relay --metrics-listen "127.0.0.1:$port" "$log" </dev/null
	assert_status 78
	assert_error 50111
	! { exec 8<>"/dev/tcp/127.0.0.2/$port"; } 2>/dev/null || fail "it listens at more than 127.0.0.1"
	tail -c +5001 "$log" >&7
	exec 7>&-
	wait "$pid"
}

@test "--metrics-listen is an address in digits and a port" {
	for bad in x localhost:9100 127.0.0.1 0; do
		run_tool dm-relay --metrics-listen "$bad" "$log" </dev/null
		assert_status 64
	done
}

@test "rules and dashboard name only what the tools write, and dm(7) lists just that" {
	fail_all
	[ -e dump.prom ] && [ -e load.prom ] && [ -e relay.prom ] && [ -e sync.prom ]
	written >names
	[ "$(wc -l <names)" -ge 35 ]
	# Families that two tools share are told in the same words: node_exporter refuses others.
	[ -z "$(grep -h '^# HELP' ./*.prom | sort -u | cut -d' ' -f3 | uniq -d)" ]
	for file in dm.rules.yml dm-task.json; do
		jq -r '.. | .expr? // .query? // empty | strings' "$monitoring/$file" 2>/dev/null >exprs || grep 'expr:' "$monitoring/$file" >exprs
		named exprs >used
		[ "$(wc -l <used)" -ge 10 ] || fail "$file: $(cat used)"
		[ -z "$(comm -23 used names)" ] || fail "$file names what no tool writes: $(comm -23 used names)"
	done
	named exprs >on-dashboard
	[ -z "$(comm -13 on-dashboard names)" ] || fail "not on the dashboard: $(comm -13 on-dashboard names)"
	sed -n 's/^\.It Li \([a-z_]*\) Pq.*/\1/p' "$DM_ROOT/man/dm.7" | grep -E '^(dm|dumpling)_' | sort -u >in-page
	diff names in-page
}

@test "the dashboard is what Grafana reads: panels of their own places, queries, variables" {
	jq -e '.title == "DM-task" and (.schemaVersion >= 30) and ([.templating.list[].name] == ["datasource", "task", "source"])' "$monitoring/dm-task.json"
	jq -e '[.panels[].id] | length == (unique | length)' "$monitoring/dm-task.json"
	jq -e 'all(.panels[] | select(.type != "row"); (.targets | length) > 0 and all(.targets[]; .expr != ""))' "$monitoring/dm-task.json"
	jq -e 'all(.panels[]; .gridPos | .x >= 0 and .x + .w <= 24)' "$monitoring/dm-task.json"
	# No two panels overlap.
	jq -e '[.panels[].gridPos] as $p | [range($p | length) as $i | range($i) as $j | $p[$i] as $a | $p[$j] as $b |
		select($a.x < $b.x + $b.w and $b.x < $a.x + $a.w and $a.y < $b.y + $b.h and $b.y < $a.y + $a.h)] == []' "$monitoring/dm-task.json"
}

@test "promtool accepts rules, configuration, each query of the dashboard and what the tools write" {
	promtool check rules "$monitoring/dm.rules.yml"
	promtool check config "$monitoring/prometheus.yml"
	{
		printf 'groups:\n- name: dashboard\n  rules:\n'
		jq -r '.panels[].targets[]?.expr | gsub("\\$__rate_interval"; "5m") | "  - {record: \"x:y\", expr: \(tojson)}"' "$monitoring/dm-task.json"
	} >dashboard.yml
	promtool check rules --lint=none dashboard.yml
	fail_all
	run_tool dm-relay -s s-1 --metrics-file read.prom "$log" </dev/null
	for file in ./*.prom; do
		status=0
		promtool check metrics <"$file" >complaints 2>&1 || status=$?
		# 3: read, but not as a linter would name them. DM's names are so.
		[ "$status" -eq 3 ] || fail "$file: $(cat complaints)"
		! grep -vE '^dm_[a-z]+_(replication_lag_gauge|exit_with_error_count|read_error_count|write_error_count|data_corruption|table_count|data_size_count) ' complaints || fail "$file"
	done
}

@test "promtool: the alerts fire when they should, and only then" {
	cp "$monitoring/dm.rules.yml" "$DM_ROOT/tests/data/monitoring/alerts.yml" .
	promtool test rules alerts.yml
}

@test "--log-format json has one object a line, with task, source and place" {
	cat >stream <<-'END'
		{"type":"stream","version":1,"source":"s","flavor":"mariadb","pos":"x.000001:4"}
		{"type":"ddl","schema":"a","table":"t","pos":"x.000001:100","sql":"nonsense","kind":"alter table"}
		not JSON
	END
	run_tool dm-route --log-format=json -s s <stream
	assert_status 65
	[ "$(jq -c '[.level, .tool, .task, .source, .place, .code, .scope]' err)" = '["error","dm-route","","s","x.000001:100",50104,"internal"]' ] || fail "$(cat err)"
	jq -e '(.time | fromdateiso8601? // (sub("\\.[0-9]+Z"; "Z") | fromdateiso8601)) > 1700000000 and (.message | length > 0) and has("workaround")' err
	run_tool dm-relay -v --log-format json -c task.yaml -s s -S source.yaml --start x.000001:4 </dev/null
	jq -es 'length >= 1 and all(.[]; .task == "t" and .source == "s" and has("place") and has("message"))' err || fail "$(cat err)"
}

@test "text is as it was: the format adds nothing to it" {
	run_tool dm-route -s s <<<nonsense
	mv err before
	run_tool dm-route -s s --log-format text <<<nonsense
	cmp before err
	grep -q '^dm-route: error 50104 (' err
}

@test "--log-format is text or json, for each tool, and words of it are no operands" {
	for tool in "$DM_BIN"/dm-*; do
		run_tool "$tool" --log-format xml </dev/null
		assert_status 64
		assert_err xml
		run_tool "$tool" --log-format </dev/null
		assert_status 64
		run_tool "$tool" --log-format json --no-such-option </dev/null
		assert_status 64
		jq -e '.level == "notice" and (.message | test("no-such-option"))' err || fail "$tool: $(cat err)"
	done
	DM_LOG_FORMAT=xml run_tool dm query-status </dev/null
	assert_status 64
	assert_err xml
}
