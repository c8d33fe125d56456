# shards.bash - what the tests of merged tables share: sources s1 and s2, tables $db.t* of both merged into $db.t of `down`.
# shellcheck shell=bash disable=SC2154,SC2034,SC2016 # variables of the helpers and of the tests

declare -gA pipeline

# shards MODE COLUMNS [LINE]: two tables on each source, empty; the target; a task that starts here, with one more line.
shards() {
	local n log pos gtid

	for n in s1 s2; do
		sql $n "CREATE DATABASE $db CHARACTER SET utf8mb4; CREATE TABLE $db.t1 ($2); CREATE TABLE $db.t2 LIKE $db.t1;
			CREATE TABLE $db.beside_$n (id INT AUTO_INCREMENT PRIMARY KEY, v INT)"
		source_file $n $n
	done
	sql down "CREATE DATABASE $db CHARACTER SET utf8mb4; CREATE TABLE $db.t ($2);
		CREATE TABLE $db.beside_s1 (id INT AUTO_INCREMENT PRIMARY KEY, v INT); CREATE TABLE $db.beside_s2 LIKE $db.beside_s1"
	task_file t <<-END
		task-mode: incremental
		shard-mode: $1
		meta-schema: m_$db
		${3:-}
		$(target down)
		mysql-instances:
		$(for n in s1 s2; do
			read -r log pos _ < <(sql $n 'SHOW MASTER STATUS')
			echo "- {source-id: $n, meta: {binlog-name: $log, binlog-pos: $pos}, block-allow-list: a, route-rules: [r]}"
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

kill_all() {
	kill -KILL -- "-${pipeline[$1]}"
	wait "${pipeline[$1]}" || true
	unset "pipeline[$1]"
}

kill_rest() {
	local n

	for n in s1 s2; do
		[ -z "${pipeline[$n]-}" ] || kill -KILL -- "-${pipeline[$n]}" 2>/dev/null || :
	done
}

has_column() {
	[ "$(sql down "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = '$db' AND table_name = 't' AND column_name = '$1'")" -eq 1 ]
}

# Everything of these sources that is written by now, and waits for nothing, is there: a mark in the table beside.
mark=0
settle() {
	local n

	mark=$((mark + 1))
	for n; do
		sql $n "INSERT INTO $db.beside_$n (v) VALUES ($mark)"
	done
	for n; do
		wait_until 20 '[ "$(sql down "SELECT COUNT(*) FROM $db.beside_'"$n"' WHERE v = $mark")" = 1 ]' ||
			fail "$n is not there: $(tail -n 3 $n.sync.err)"
	done
}

# All shards together, as the merged table is to be.
assert_all_merged() {
	local n t list=()

	for n in s1 s2; do
		for t in $(sql $n "SELECT table_name FROM information_schema.tables WHERE table_schema = '$db' AND table_name LIKE 't%'"); do
			list+=("$n" "$db.$t")
		done
	done
	assert_merged down "$db.t" "${list[@]}"
}
