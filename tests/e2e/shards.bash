# shards.bash - two sources s1 and s2 whose tables $db.t* are merged into $db.t of `down`, of any structure; see shard.bash.
# shellcheck shell=bash disable=SC2154 # variables of the helpers and of the tests

# shards MODE COLUMNS [LINE]: two tables on each source, empty; the target; a task that starts here, with one more line.
shards() {
	local n log pos

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
			read -r log pos _ < <(sql $n 'SHOW BINARY LOG STATUS' 2>/dev/null || sql $n 'SHOW MASTER STATUS')
			echo "- {source-id: $n, meta: {binlog-name: $log, binlog-pos: $pos}, block-allow-list: a, route-rules: [r]}"
		done)
		block-allow-list: {a: {do-dbs: ["$db"]}}
		routes: {r: {schema-pattern: "$db", table-pattern: "t*", target-schema: "$db", target-table: "t"}}
	END
}

# begin MODE COLUMNS [LINE]: both sources of the task at work under the driver.
begin() {
	shards "$1" "$2" "${3:-}"
	dm operate-source create s1.yaml s2.yaml >/dev/null
	dm start-task t.yaml >/dev/null
	settle s1 s2
}

# subtask SOURCE KEYS: of its entry in query-status
subtask() {
	dm query-status t | jq -r ".sources[] | select(.sourceStatus.source == \"$1\").subTaskStatus[0]$2"
}

no_locks() {
	[ "$(dm show-ddl-locks t | jq -r .msg)" = 'no DDL lock exists' ]
}

# alter STATEMENT-END SOURCE.TABLE ...: on each of these, behind what $session sets.
alter() {
	local n

	for n in "${@:2}"; do
		sql "${n%%.*}" "${session-}ALTER TABLE $db.${n#*.} $1"
	done
}
