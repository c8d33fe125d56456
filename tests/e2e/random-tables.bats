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

	"$DM_ROOT/tests/soak/run" -s "$3" -t "${SOAK_SECONDS:-20}" "$1" "$2" 3>&- || rc=$?
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

@test "the same seed makes the same statements" {
	mkdir a b
	"$DM_ROOT/tests/soak/generate" 7 mariadb mysql a
	"$DM_ROOT/tests/soak/generate" 7 mariadb mysql b
	diff -r a b
	[ "$(cat a/*.sql | wc -l)" -gt 100 ]
	"$DM_ROOT/tests/soak/generate" 8 mariadb mysql b
	run ! cmp -s a/1-create.sql b/1-create.sql
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
