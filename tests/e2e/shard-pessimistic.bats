#!/usr/bin/env bats
# shard-pessimistic.bats - tables of two sources merged into one, whose structure changes: shard-mode pessimistic.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016 # variables of the helpers

setup_file() {
	load lib
	start_servers s1=mariadb s2=mariadb down=mariadb
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	db=p$BATS_TEST_NUMBER
}

teardown() {
	local n

	for n in s1 s2; do
		[ -z "${pipeline[$n]-}" ] || kill -KILL -- "-${pipeline[$n]}" 2>/dev/null || :
	done
}

declare -A pipeline

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
			read -r log pos _ < <(sql "$n" 'SHOW MASTER STATUS')
			gtid=$(sql "$n" 'SELECT @@gtid_binlog_pos')
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

kill_all() {
	kill -KILL -- "-${pipeline[$1]}"
	wait "${pipeline[$1]}" || true
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
		wait_until 20 '[ "$(sql down "SELECT COUNT(*) FROM $db.beside_'"$n"' WHERE v = $mark")" = 1 ]' ||
			fail "$n is not there: $(tail -n 3 "$n.sync.err")"
	done
}

@test "a column is added on four shards, with changes on all in between: once, when the last one has it" {
	prepare false
	sql s1 "INSERT INTO $db.t1 VALUES (1, 'a'); INSERT INTO $db.t2 VALUES (101, 'a')"
	sql s2 "INSERT INTO $db.t1 VALUES (201, 'a'); INSERT INTO $db.t2 VALUES (301, 'a')"
	start s1
	start s2
	settle s1 s2
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN n INT DEFAULT 7; INSERT INTO $db.t1 VALUES (2, 'b', 2); INSERT INTO $db.t2 VALUES (102, 'b')"
	settle s1
	[ "$(count 'WHERE id = 2')" -eq 0 ]
	[ "$(count 'WHERE id = 102')" -eq 1 ]
	sql s2 "INSERT INTO $db.t1 VALUES (202, 'b'); alter table $db.t2  add \`n\` int default 7"
	sql s2 "UPDATE $db.t2 SET n = 8, v = 'u' WHERE id = 301"
	settle s2
	no_column n
	sql s1 "UPDATE $db.t1 SET v = 'x' WHERE id < 3; DELETE FROM $db.t1 WHERE id = 1"
	sql s1 "ALTER TABLE $db.t2 ADD COLUMN n INT DEFAULT 7; INSERT INTO $db.t2 VALUES (103, 'c', 3)"
	settle s1 s2
	no_column n
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN n INT DEFAULT 7; INSERT INTO $db.t1 VALUES (203, 'c', 3)"
	wait_until 10 'has_column n'
	settle s1 s2
	wait_until 10 '[ "$(count)" = 8 ]'
	assert_all_merged
	stop s1
	stop s2
}
