#!/usr/bin/env bats
# shard-wait.bats - one table waits for others with very many rows behind its statement, and then goes on: memory, and what it costs the rest.
#
# usage: [ROWS=N] bats tests/soak/shard-wait.bats
# Default: 1000000 rows. Prints the greatest lag of a table outside of the group, while rows wait and while they are applied, and the greatest
# memory of each process; fails where that is over 256 MiB.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016,SC2034 # variables of the helpers

setup_file() {
	load ../e2e/lib
	start_servers s1=mariadb s2=mariadb down=mariadb
}

teardown_file() {
	load ../e2e/lib
	stop_servers
}

setup() {
	load ../e2e/lib
	load ../e2e/shard
	load ../e2e/shards
	e2e_setup
	rows=${ROWS:-1000000}
}

teardown() {
	shard_teardown
}

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

# One row for the table beside the group, and how long it took to arrive.
probe() {
	local began

	began=$(now_ms)
	settle s1
	lag=$(($(now_ms) - began))
	[ $lag -le "$worst" ] || worst=$lag
}

# The most that each process of s1 has had, in MiB.
memory() {
	local pid mib name

	for pid in $(pgrep -g "${pipeline[s1]}" -x 'dm-.*'); do
		name=$(cat "/proc/$pid/comm")
		mib=$(($(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status") / 1024))
		echo -n " $name $mib"
		[ "$mib" -lt 256 ] || over="$over $name $mib MiB"
	done
}

# waits MODE CLAUSE
waits() {
	local writer n worst=0 began over='' seen

	db=w${1:0:1}
	shards "$1" 'id INT PRIMARY KEY, a INT, v VARCHAR(60)'
	for n in s1 s2; do
		sql $n "INSERT INTO $db.t1 VALUES (${n#s}, 1, 'a'); INSERT INTO $db.t2 VALUES (1${n#s}, 1, 'a')"
		start $n
	done
	settle s1 s2
	sql s1 "ALTER TABLE $db.t1 $2"
	wait_until 30 'grep -q "waits" s1.sync.err'
	for ((n = 0; n < rows; n += 10000)); do
		echo "INSERT INTO $db.t1 (id, v) SELECT seq + $((1000 + n)), REPEAT('x', 50) FROM $db.seq_1_to_10000;"
	done | sql s1 3>&- &
	writer=$!
	while kill -0 $writer 2>/dev/null; do
		probe
	done
	wait $writer
	probe
	[ "$(count)" -eq 4 ]
	echo "# $1: $rows rows wait; the table beside them came $worst ms behind at most; MiB:$(memory)" >&3
	worst=0 began=$(now_ms) seen=0
	for n in s1.t2 s2.t1 s2.t2; do
		sql ${n%.*} "ALTER TABLE $db.${n#*.} $2"
	done
	while [ "$seen" -lt "$((rows + 4))" ]; do
		probe
		seen=$(count)
	done
	echo "# $1: applied in $(($(now_ms) - began)) ms; the table beside them came $worst ms behind at most; MiB:$(memory)" >&3
	[ -z "$over" ] || fail "over 256 MiB:$over"
	stop s1
	stop s2
	assert_all_merged
}

@test "very many rows wait for other shards, and go on: pessimistic" {
	waits pessimistic 'ADD n INT'
}

@test "very many rows wait for other shards, and go on: optimistic" {
	waits optimistic 'CHANGE a b INT'
}
