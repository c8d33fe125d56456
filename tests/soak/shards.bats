#!/usr/bin/env bats
# shards.bats - four shards of two sources change their structures at random, in their own order and time; processes are killed.
#
# usage: [SEED=N] [ROUNDS=N] [S1=KIND] [S2=KIND] [DOWN=KIND] bats tests/soak/shards.bats
# Default: seed 1, 3 rounds, MariaDB. The first fault ends it, with its seed.
# All shards run the same statements in the same order, so in the end the target is as each of them, row by row.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016,SC2034 # variables of the helpers

setup_file() {
	load ../e2e/lib
	start_servers s1="${S1:-mariadb}" s2="${S2:-mariadb}" down="${DOWN:-mariadb}"
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
}

teardown() {
	shard_teardown
}

statements=(
	'ADD c INT' 'ADD d VARCHAR(5) NOT NULL' 'DROP w' 'CHANGE a b INT' 'MODIFY v VARCHAR(30)' 'MODIFY n BIGINT' 'ADD KEY k (v)'
	'MODIFY m VARCHAR(20)' 'ADD e INT DEFAULT 3, DROP x' 'DROP KEY old' 'ADD f INT NOT NULL DEFAULT 7, ADD g DATETIME' 'RENAME COLUMN y TO z'
	'ALTER q SET DEFAULT 4' 'ENGINE=InnoDB' 'COMMENT "c"' 'ADD UNIQUE KEY u (id, v)'
)

# change SHARD: a row comes, one changes, in columns that there are.
change() {
	local s=${1%.*} t=$db.${1#*.} column

	column=$(sql "$s" "SELECT column_name FROM information_schema.columns WHERE table_schema = '$db' AND table_name = '${1#*.}' AND column_name <> 'id'
		ORDER BY RAND($RANDOM) LIMIT 1")
	ids=$((ids + 1))
	sql "$s" "INSERT INTO $t (id, v) VALUES ($ids, 'v$ids'); SET sql_mode = ''; UPDATE $t SET \`$column\` = $((RANDOM % 90)) WHERE id = $ids;
		UPDATE $t SET v = 'u$ids' WHERE id < $ids ORDER BY RAND($RANDOM) LIMIT 1; DELETE FROM $t WHERE id % 13 = $((RANDOM % 13)) LIMIT 1"
}

round() {
	local shard all=(s1.t1 s1.t2 s2.t1 s2.t2) picked n
	local -A at=()

	RANDOM=$1
	db=k$1 ids=0 mark=0 made=0
	echo "# seed $1" >&3
	readarray -t picked < <(for n in "${!statements[@]}"; do echo "$RANDOM $n"; done | sort -n | head -n 6 | cut -d' ' -f2)
	shards optimistic 'id INT PRIMARY KEY, a INT, v VARCHAR(20), n INT, m INT, w INT, x INT, y VARCHAR(5), q INT, KEY old (n)'
	for shard in "${all[@]}"; do at[$shard]=0; change "$shard"; done
	start s1
	start s2
	settle s1 s2
	while [ $made -lt 24 ]; do
		shard=${all[RANDOM % 4]}
		if [ "${at[$shard]}" -lt 6 ] && [ $((RANDOM % 3)) -eq 0 ]; then
			sql "${shard%.*}" "ALTER TABLE $db.${shard#*.} ${statements[${picked[${at[$shard]}]}]}"
			at[$shard]=$((${at[$shard]} + 1))
			made=$((made + 1))
		fi
		change "$shard"
		if [ $((RANDOM % 9)) -eq 0 ]; then
			n=s$((RANDOM % 2 + 1))
			kill_all $n
			start $n
		fi
	done
	settle s1 s2
	wait_until 30 '[ "$(sql down "SELECT COUNT(*) FROM m_$db.t_shard_ddl WHERE data LIKE '"'%held%'"' OR owner <> '"''"'")" -eq 0 ]' ||
		fail "$(sql down "SELECT * FROM m_$db.t_shard_ddl" | cut -c1-600)"
	settle s1 s2
	assert_all_merged
	stop s1
	stop s2
}

@test "random statements on four shards, with kill -9" {
	for ((nth = 0; nth < ${ROUNDS:-3}; nth++)); do
		round $((${SEED:-1} + nth)) || fail "seed $((${SEED:-1} + nth))"
	done
}
