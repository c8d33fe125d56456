# shard.bash - two sources s1 and s2 whose tables are merged downstream, and their pipelines. For tests that have started the servers.
# shellcheck shell=bash disable=SC2154,SC2016,SC2034 # variables of the tests and of inner shells

declare -gA pipeline=()

# Two tables on each source, merged into $db.t downstream, and one table beside them. prepare ENABLE-GTID
prepare() {
	local n log pos gtid

	for n in s1 s2; do
		sql "$n" "CREATE DATABASE $db CHARACTER SET utf8mb4; CREATE TABLE $db.t1 (id INT PRIMARY KEY, v VARCHAR(20));
			CREATE TABLE $db.t2 LIKE $db.t1; CREATE TABLE $db.beside_$n (id INT AUTO_INCREMENT PRIMARY KEY, v INT)"
		source_file "$n" "$n" "enable-gtid: $1"
	done
	sql down "CREATE DATABASE $db CHARACTER SET utf8mb4; CREATE TABLE $db.t (id INT PRIMARY KEY, v VARCHAR(20));
		CREATE TABLE $db.beside_s1 (id INT AUTO_INCREMENT PRIMARY KEY, v INT); CREATE TABLE $db.beside_s2 LIKE $db.beside_s1"
	task_file t <<-END
		task-mode: incremental
		shard-mode: pessimistic
		meta-schema: m_$db
		$(target down)
		mysql-instances:
		$(for n in s1 s2; do
			read -r log pos _ < <(sql "$n" 'SHOW MASTER STATUS' 2>/dev/null || sql "$n" 'SHOW BINARY LOG STATUS')
			gtid=$(sql "$n" 'SELECT @@gtid_binlog_pos' 2>/dev/null || sql "$n" 'SELECT @@gtid_executed')
			echo "- {source-id: $n, meta: {binlog-name: $log, binlog-pos: $pos, binlog-gtid: \"$gtid\"}, block-allow-list: a, route-rules: [r]}"
		done)
		block-allow-list: {a: {do-dbs: ["$db"]}}
		routes: {r: {schema-pattern: "$db", table-pattern: "t*", target-schema: "$db", target-table: "t"}}
	END
}

# start SOURCE [OPTION ...]: the pipeline in a process group of its own.
start() {
	setsid bash -c 'n=$1; shift; c="-c t.yaml -s $n -S $n.yaml"
		dm-meta checkpoint get $c 2>>$n.meta.err | dm-relay $c 2>>$n.relay.err | dm-online-ddl $c 2>>$n.online.err |
			dm-filter $c 2>>$n.filter.err | dm-route $c 2>>$n.route.err | dm-sync $c --status-file $n.json "$@" 2>>$n.sync.err' \
		pipeline "$@" 3>&- &
	pipeline[$1]=$!
}

# stop SOURCE: by a signal to dm-relay, as the driver does.
stop() {
	pkill -TERM -g "${pipeline[$1]}" -x dm-relay || true
	wait "${pipeline[$1]}" || true
	unset "pipeline[$1]"
}

# kill -9 of what is left of it.
kill_all() {
	kill -KILL -- "-${pipeline[$1]}" 2>/dev/null || true
	wait "${pipeline[$1]}" || true
	wait_until 10 "! pgrep -g ${pipeline[$1]} >/dev/null"
	unset "pipeline[$1]"
}

count() {
	sql down "SELECT COUNT(*) FROM $db.t $1"
}

has_column() {
	[ "$(sql down "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = '$db' AND table_name = 't' AND column_name = '$1'")" -eq 1 ]
}

no_column() {
	if has_column "$1"; then
		fail "there is a column $1"
	fi
}

# All shards together, as the merged table is to be.
assert_all_merged() {
	local n t list=()

	for n in s1 s2; do
		for t in $(sql "$n" "SELECT table_name FROM information_schema.tables WHERE table_schema = '$db' AND table_name LIKE 't%'"); do
			list+=("$n" "$db.$t")
		done
	done
	assert_merged down "$db.t" "${list[@]}"
}

# Everything of a source that is written by now is there: a mark in the table beside.
mark=0
settle() {
	local n

	mark=$((mark + 1))
	for n in "$@"; do
		sql "$n" "INSERT INTO $db.beside_$n (v) VALUES ($mark)"
	done
	for n in "$@"; do
		wait_until 60 '[ "$(sql down "SELECT COUNT(*) FROM $db.beside_'"$n"' WHERE v = $mark")" = 1 ]' ||
			fail "$n is not there: $(tail -n 3 "$n.sync.err")"
	done
}

shard_teardown() {
	local n

	[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n "${LINES_SHOWN:-4}" ./*.err "$DM_HOME"/tasks/*/*/log 2>/dev/null | sed '/^$/d'
	dm stop-task t >/dev/null 2>&1 || :
	[ -n "${BATS_TEST_COMPLETED-}" ] || sql down "SELECT target_table, id, up_table, n, owner, data FROM m_$db.t_shard_ddl" || :

	for n in s1 s2; do
		[ -z "${pipeline[$n]-}" ] || kill -KILL -- "-${pipeline[$n]}" 2>/dev/null || :
	done
	# what a build with sanitizers has found
	if grep -h 'Sanitizer\|runtime error' ./*.err "$DM_HOME"/tasks/*/*/log 2>/dev/null; then
		return 1
	fi
}

# A session that keeps every ALTER of the merged table waiting, until free_table.
lock_table() {
	sql down "LOCK TABLES $db.t READ; SELECT SLEEP(100)" >/dev/null 2>&1 3>&- &
	locker=$!
	wait_until 10 '[ -n "$(sleeper)" ]'
}

sleeper() {
	sql down "SELECT id FROM information_schema.processlist WHERE info = 'SELECT SLEEP(100)'"
}

altering() {
	sql down "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'ALTER TABLE%'"
}

free_table() {
	sql down "KILL $(sleeper)"
	wait "$locker" || true
}

assert_contains() {
	local text=$1 part

	shift
	for part in "$@"; do
		[[ $text == *"$part"* ]] || fail "'$part' is not in: $text"
	done
}
