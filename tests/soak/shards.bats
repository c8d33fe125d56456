#!/usr/bin/env bats
# shards.bats - many groups of merged tables at once, each changed in an order of its own, chosen at random; processes are killed.
#
# usage: [SEED=N] [BATCHES=N] [GROUPS_EACH=N] [KILLS=N] [S1=KIND] [S2=KIND] [DOWN=KIND] bats tests/soak/shards.bats
# Default: from seed 1, 5 batches of 30 groups in each mode, 4 kills in each batch, MariaDB. The first fault ends it, with its seed.
# Each second batch is written before its task starts, so that all structures at its start are those of before.
# All shards of a group run the same statements in the same order, so in the end the target is as each of them, row by row.
# Seeds that once found something are run in any case.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016,SC2034 # variables of the helpers

found_something=(optimistic:22)

setup_file() {
	load ../e2e/lib
	start_servers s1="${S1:-mariadb}" s2="${S2:-mariadb}" down="${DOWN:-mariadb}"
	for n in s1 s2; do
		sql $n "SET GLOBAL binlog_row_metadata = FULL"
	done
}

teardown_file() {
	load ../e2e/lib
	stop_servers
}

setup() {
	load ../e2e/lib
	load ../e2e/shard
	e2e_setup
}

teardown() {
	shard_teardown
}

# A batch's tables, empty, and a task that starts here.
make_batch() {
	local n g log pos

	for n in s1 s2; do
		{
			echo "CREATE DATABASE $db CHARACTER SET utf8mb4; CREATE TABLE $db.beside_$n (id INT AUTO_INCREMENT PRIMARY KEY, v INT);"
			cat batch/tables.sql
		} | sql $n
		source_file $n $n
	done
	{
		echo "CREATE DATABASE $db CHARACTER SET utf8mb4; CREATE TABLE $db.beside_s1 (id INT AUTO_INCREMENT PRIMARY KEY, v INT);"
		echo "CREATE TABLE $db.beside_s2 LIKE $db.beside_s1;"
		cat batch/target.sql
	} | sql down
	task_file t <<-END
		task-mode: incremental
		shard-mode: $1
		meta-schema: m_$db
		$(target down)
		mysql-instances:
		$(for n in s1 s2; do
			read -r log pos _ < <(sql $n 'SHOW BINARY LOG STATUS' 2>/dev/null || sql $n 'SHOW MASTER STATUS')
			echo "- {source-id: $n, meta: {binlog-name: $log, binlog-pos: $pos}, block-allow-list: a, route-rules: [$(seq -s, -f 'r%g' "$groups")]}"
		done)
		block-allow-list: {a: {do-dbs: ["$db"]}}
		routes:
		$(for g in $(seq "$groups"); do
			echo "  r$g: {schema-pattern: \"$db\", table-pattern: \"g${g}_*\", target-schema: \"$db\", target-table: \"g$g\"}"
		done)
	END
}

write_batch() {
	for n in s1 s2; do
		sql $n <batch/$n.sql 3>&- &
		writers+=($!)
	done
}

wait_for_writers() {
	for n in "${writers[@]}"; do
		wait "$n"
	done
	writers=()
}

kill_some() {
	for _ in $(seq "${KILLS:-4}"); do
		sleep "$((RANDOM % 2)).$((RANDOM % 10))"	# any moment will do
		n=s$((RANDOM % 2 + 1))
		kill_all $n
		start $n
	done
}

waiting() {
	sql down "SELECT target_table, id, up_table, n, owner, LEFT(data, 300) FROM m_$db.t_shard_ddl WHERE data LIKE '%\"held\"%' OR owner <> ''"
}

# batch MODE SEED
batch() {
	local g n writers=()

	RANDOM=$2
	groups=${GROUPS_EACH:-30} db=k${1:0:1}$2 mark=0
	echo "# $1, seed $2" >&3
	rm -rf batch s?.*.err
	mkdir batch
	"$DM_ROOT/tests/soak/interleave" "$2" "$groups" "$db" batch
	make_batch "$1"
	if [ $(($2 % 2)) -eq 0 ]; then
		write_batch
		wait_for_writers
		start s1
		start s2
	else
		start s1
		start s2
		settle s1 s2
		write_batch
	fi
	kill_some
	wait_for_writers
	settle s1 s2
	wait_until 120 '[ -z "$(waiting)" ]' || fail "$(waiting)"
	settle s1 s2
	for g in $(seq "$groups"); do
		assert_merged down "$db.g$g" s1 "$db.g${g}_1" s1 "$db.g${g}_2" s2 "$db.g${g}_1" s2 "$db.g${g}_2" ||
			fail "$1, seed $2, $(grep "^g$g:" batch/chosen)"
	done
	stop s1
	stop s2
	for n in s1 s2 down; do
		sql $n "DROP DATABASE $db"
	done
}

batches() {
	local nth seed

	for seed in "${found_something[@]}"; do
		if [ "${seed%:*}" = "$1" ]; then
			batch "$1" "${seed#*:}"
		fi
	done
	for ((nth = 0; nth < ${BATCHES:-5}; nth++)); do
		batch "$1" $((${SEED:-1} + nth))	# not behind ||, where nothing in it would end it
	done
}

@test "random orders of statements on many groups at once, with kill -9: pessimistic" {
	batches pessimistic
}

@test "random orders of statements on many groups at once, with kill -9: optimistic" {
	batches optimistic
}
