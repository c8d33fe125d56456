#!/usr/bin/env bats
# shard-crash.bats - kill -9 at the steps of the coordination of shard DDL: no unlocking, and equal in the end.
#
# The points of a usual run are chosen at random: SEED=N repeats its choices, POINTS=N asks for more, POINTS=all for each one.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016 # variables of the helpers

load shard

setup_file() {
	load lib
	start_servers s1=mariadb s2=mysql down=mariadb
	"${CC:-cc}" -std=c11 -D_GNU_SOURCE -fPIC -shared -o "$BATS_FILE_TMPDIR/kill-at.so" "$DM_ROOT/tests/e2e/kill-at.c" -ldl
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	db=c$BATS_TEST_NUMBER
	RANDOM=${SEED:=$RANDOM}
	echo "SEED=$SEED"
}

teardown() {
	shard_teardown
}

# Optimistic: a statement that is run as two, and undone in part by the last; one that waits for all.
joined_changes_of() {
	local t=$2 key=$((${1#s} * 1000000 + ${2#t} * 100000 + round * 10))

	echo "INSERT INTO $db.$t (id, v) VALUES ($key, 'a'), ($key + 1, 'b');"
	echo "ALTER TABLE $db.$t ADD COLUMN a$round INT NOT NULL;"
	echo "UPDATE $db.$t SET a$round = 6, v = CONCAT(LEFT(v, 9), 'x') WHERE id % 10 = 1; DELETE FROM $db.$t WHERE id % 10 = 0 AND id % 3 = 0;"
	echo "ALTER TABLE $db.$t CHANGE a$round c$round INT NOT NULL DEFAULT 3;"
	echo "BEGIN; INSERT INTO $db.$t (id, v, c$round) VALUES ($key + 2, 'c', 7); UPDATE $db.t1 SET v = 'both' WHERE id % 10 = 2; UPDATE $db.t2 SET v = 'both' WHERE id % 10 = 2; COMMIT;"
	echo "ALTER TABLE $db.$t ADD COLUMN b$round INT DEFAULT 8;"
	echo "UPDATE $db.$t SET b$round = b$round + 1 WHERE id % 10 = 2; INSERT INTO $db.$t (id, v, c$round) VALUES ($key + 3, 'd', 1);"
}

# Two statements on each of the four shards, with changes in between, in the order of each table; $round makes their names and keys new ones.
changes_of() {
	local t=$2 key=$((${1#s} * 1000000 + ${2#t} * 100000 + round * 10))

	echo "INSERT INTO $db.$t (id, v) VALUES ($key, 'a'), ($key + 1, 'b');"
	echo "ALTER TABLE $db.$t ADD COLUMN a$round INT DEFAULT 5;"
	echo "UPDATE $db.$t SET a$round = 6, v = CONCAT(LEFT(v, 9), 'x') WHERE id % 10 = 1; DELETE FROM $db.$t WHERE id % 10 = 0 AND id % 3 = 0;"
	echo "BEGIN; INSERT INTO $db.$t (id, v, a$round) VALUES ($key + 2, 'c', 7); UPDATE $db.t1 SET v = 'both' WHERE id % 10 = 2; UPDATE $db.t2 SET v = 'both' WHERE id % 10 = 2; COMMIT;"
	echo "ALTER TABLE $db.$t ADD COLUMN b$round INT DEFAULT 8;"
	echo "UPDATE $db.$t SET b$round = b$round + 1 WHERE id % 10 = 2; INSERT INTO $db.$t (id, v) VALUES ($key + 3, 'd');"
}

changes=changes_of

# Those of both tables of a source, in a random order.
write_source() {
	local t1 t2 i=0 k=0

	mapfile -t t1 < <($changes "$1" t1)
	mapfile -t t2 < <($changes "$1" t2)
	while [ $i -lt ${#t1[@]} ] || [ $k -lt ${#t2[@]} ]; do
		if [ $k -eq ${#t2[@]} ] || { [ $i -lt ${#t1[@]} ] && [ $((RANDOM % 2)) -eq 0 ]; }; then
			echo "${t1[i]}"
			i=$((i + 1))
		else
			echo "${t2[k]}"
			k=$((k + 1))
		fi
	done | sql "$1"
}

write_round() {
	write_source s1
	write_source s2
}

# One round, in which dm-sync of source $victim dies at the point KILL_AT.
crash_round() {
	round=$((round + 1))
	write_round
	KILL_FROM='_shard_ddl` (target_schema, target_table, id, up_schema, up_table, n, data)' KILL_PASS='MIN(t.n)' \
		KILL_COUNT=$PWD/points LD_PRELOAD=$BATS_FILE_TMPDIR/kill-at.so KILL_AT=$1 start "$2"
	victim=${pipeline[$2]}
	[ "$2" = s1 ] && other=s2 || other=s1
	start "$other"
	wait_until 30 "has_column b$round || ! pgrep -g $victim -x dm-sync >/dev/null"
	wait_until 30 "! pgrep -g $victim -x dm-sync >/dev/null || grep -q merged-$round <(all_is_there)"
	kill_all "$2" 2>/dev/null
	start "$2"
	wait_until 30 'grep -q merged-$round <(all_is_there)' || fail "point $1 of $2"
	stop s1
	stop s2
	assert_all_merged || fail "point $1 of $2"
}

all_is_there() {
	has_column "b$round" && [ "$(count "WHERE v = 'd'")" -eq $((round * 4)) ] && echo "merged-$round"
}

# How many points a round has.
count_points() {
	round=$((round + 1))
	write_round
	KILL_FROM='_shard_ddl` (target_schema, target_table, id, up_schema, up_table, n, data)' KILL_PASS='MIN(t.n)' \
		KILL_COUNT=$PWD/points LD_PRELOAD=$BATS_FILE_TMPDIR/kill-at.so start s1
	start s2
	wait_until 30 'grep -q merged-$round <(all_is_there)'
	stop s1
	stop s2
	assert_all_merged
	points=$(cat points)
	echo "points=$points"
	[ "$points" -gt 40 ]
}

sweep() {
	local i

	prepare "$1"
	sed -i "s/^shard-mode:.*/shard-mode: ${2-pessimistic}/" t.yaml
	[ "${2-pessimistic}" = pessimistic ] || changes=joined_changes_of
	start s1
	start s2
	settle s1 s2
	stop s1
	stop s2
	round=0
	count_points
	if [ "${POINTS-}" = all ]; then
		for i in $(seq 0 $((points - 1))); do
			crash_round "$i" s1
		done
		return
	fi
	for i in $(seq 1 "${POINTS:-2}"); do
		crash_round $((RANDOM % points)) s$((RANDOM % 2 + 1))
	done
}

@test "AT-29: kill -9 at the steps of the coordination, by place" {
	sweep false
}

@test "AT-29: kill -9 at the steps of the coordination, by GTID" {
	sweep true
}

@test "AT-29: kill -9 at the steps of the coordination, where structures are joined" {
	sweep false optimistic
}

@test "the downstream goes away in the midst of it, and comes back: nobody has to do anything" {
	prepare false
	start s1
	start s2
	settle s1 s2
	round=0
	for _ in $(seq 1 "${POINTS:-1}"); do
		round=$((round + 1))
		write_round 3>&- &
		writer=$!
		sleep "0.$((RANDOM % 9))"
		kill_server down
		restart_server down
		wait $writer
		wait_until 30 'grep -q merged-$round <(all_is_there)' || fail "$(tail -n 3 s?.sync.err)"
	done
	assert_all_merged
	stop s1
	stop s2
}
