#!/usr/bin/env bats
# Random tables and changes through the whole pipeline, with fixed seeds and a time box; tests/soak/run takes any seed.
# shellcheck disable=SC2154 # variables of the helpers

setup() {
	load lib
	e2e_setup
}

# soak UPSTREAM DOWNSTREAM SEED
soak() {
	local rc=0

	# As many rounds wherever it runs: how many a time box holds depends on the machine. Other seeds are for tests/soak/run.
	"$DM_ROOT/tests/soak/run" -s "$3" -n "${SOAK_ROUNDS:-5}" -t "${SOAK_SECONDS:-40}" "$1" "$2" 3>&- || rc=$?
	[ "$rc" -ne 77 ] || skip "a server of this pair cannot be had"
	[ "$rc" -eq 0 ]
}

@test "random tables arrive from MariaDB in MariaDB" {
	soak mariadb mariadb 1
}

@test "random tables arrive from MariaDB in MySQL" {
	soak mariadb mysql 1
}

@test "random tables arrive from MySQL in MariaDB" {
	soak mysql mariadb 1
}

@test "random tables arrive from MySQL in MySQL" {
	soak mysql mysql 1
}

@test "random tables arrive from MySQL 5.6 in MariaDB" {
	soak mysql-5.6 mariadb 1
}

@test "random tables arrive from MariaDB 11 in MariaDB" {
	soak mariadb-11 mariadb 1
}

@test "random tables arrive from MariaDB 11 in MySQL" {
	soak mariadb-11 mysql 1
}

@test "random tables arrive from MariaDB 11 in MariaDB 11" {
	soak mariadb-11 mariadb-11 1
}

@test "the same seed makes the same statements" {
	mkdir a b
	"$DM_ROOT/tests/soak/generate" 7 mariadb mysql a
	"$DM_ROOT/tests/soak/generate" 7 mariadb mysql b
	diff -r a b
	[ "$(cat a/*.sql | wc -l)" -gt 100 ]
	"$DM_ROOT/tests/soak/generate" 8 mariadb mysql b
	run ! cmp -s a/1-create.sql b/1-create.sql
}

# How many seeds a time box reaches depends on the machine: none may be one that the generator cannot do.
@test "every seed makes statements, for each pair of servers" {
	local pair seed

	for pair in "mariadb mariadb" "mariadb mysql" "mysql mariadb" "mysql mysql" "mysql-5.6 mariadb" "mysql-5.6 mysql" \
		"mariadb-11 mariadb" "mariadb-11 mysql" "mariadb-11 mariadb-11"; do
		for seed in 10 50 56; do	# these found a table of which no column can be read
			# shellcheck disable=SC2086 # two words
			"$DM_ROOT/tests/soak/generate" "$seed" $pair . 100 20 || { echo "seed $seed, $pair"; return 1; }
		done
	done
}

# What the comparison says is only worth something if it sees what differs.
@test "a difference between two servers is found and told" {
	start_servers up=mariadb down=mariadb
	for end in up down; do
		sql $end "CREATE DATABASE d; CREATE TABLE d.\`a\`\`b\` (i INT, f FLOAT, t TEXT, e ENUM('','x')); INSERT INTO d.\`a\`\`b\` VALUES (1, 0.1, 'x', 1), (1, 0.1, 'x', 1)"
	done
	run -0 "$DM_ROOT/tests/soak/compare" "$(socket up)" "$(socket down)" d
	for change in "UPDATE d.\`a\`\`b\` SET f = 0.10000002 LIMIT 1" "UPDATE d.\`a\`\`b\` SET t = 'X' LIMIT 1" "UPDATE IGNORE d.\`a\`\`b\` SET e = 0 LIMIT 1" \
		"DELETE FROM d.\`a\`\`b\` LIMIT 1" "ALTER TABLE d.\`a\`\`b\` ADD KEY (i)" "CREATE TABLE d.more (i INT)"; do
		sql down "$change"
		run -1 "$DM_ROOT/tests/soak/compare" "$(socket up)" "$(socket down)" d
		[[ $output == *"differs: table"* ]]
		sql down "DROP DATABASE d; CREATE DATABASE d; CREATE TABLE d.\`a\`\`b\` (i INT, f FLOAT, t TEXT, e ENUM('','x')); INSERT INTO d.\`a\`\`b\` VALUES (1, 0.1, 'x', 1), (1, 0.1, 'x', 1)"
	done
	stop_servers
}

# follow UP DOWN SCHEMA: a load of what is there, then the statements of standard input, by position.
follow() {
	source_file "$1" "s-$3"
	task_file "$3" <<-TASK
		task-mode: all
		$(target "$2")
		block-allow-list: {b: {do-dbs: ["$3"]}}
		mysql-instances: [{source-id: "s-$3", block-allow-list: "b"}]
	TASK
	run_load "$3" "s-$3"
	sql "$1"
	run_sync "$3" "s-$3" --until caught-up
	run -0 "$DM_ROOT/tests/soak/compare" "$(socket "$1")" "$(socket "$2")" "$3"
}

@test "what random tables found once: error values, empty labels, characters that exist twice, big sets without a key" {
	start_servers up=mariadb down=mariadb
	sql up "CREATE DATABASE f; CREATE TABLE f.t (e ENUM('a'), s SET('', 'a', 'b'), a VARCHAR(9) CHARACTER SET armscii8, j VARCHAR(9) CHARACTER SET sjis, big SET('',
		$(seq -f "'k%g'" -s, 2 64)))"
	follow up down f <<-'SQL'
		SET sql_mode = '';
		INSERT INTO f.t VALUES (0, 1, _armscii8 x'A4', _sjis x'5C', 18446744073709551615), (0, 0, ')', 'a', 9223372036854775809), ('a', 3, '(', NULL, 9223372036854775808);
		UPDATE f.t SET e = 0 WHERE big = 'k64';
		DELETE FROM f.t WHERE s = 3;
		UPDATE f.t SET s = 2 WHERE a = ')';
	SQL
	stop_servers
}

@test "a column with the time as its default gets the time of the statement, not of its commit" {
	start_servers my-up=mysql my-down=mysql
	[ ! -e "$BATS_FILE_TMPDIR/missing" ] || skip "$(cat "$BATS_FILE_TMPDIR/missing")"
	sql my-up "CREATE DATABASE g; CREATE TABLE g.t (i INT PRIMARY KEY); INSERT INTO g.t VALUES (1), (2)"
	follow my-up my-down g <<-'SQL'
		ALTER TABLE g.t ADD COLUMN a DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6);
		ALTER TABLE g.t ADD COLUMN b TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3);
	SQL
	stop_servers
}
