#!/usr/bin/env bats
# What MariaDB 11 has and the others do not: carried exactly, or refused with the column's name.
# shellcheck disable=SC2154 # variables of the helpers

setup_file() {
	load lib
	start_servers up=mariadb-11 maria=mariadb my=mysql || [ -e "$BATS_FILE_TMPDIR/missing" ]
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	source_file up up
}

# task NAME DOWN: schema NAME, whole and then its changes
task() {
	task_file "$1" <<-TASK
		task-mode: all
		$(target "$2")
		block-allow-list: {b: {do-dbs: ["$1"]}}
		mysql-instances: [{source-id: up, block-allow-list: b}]
	TASK
}

@test "places inside a transaction are those of the log, though the server does not tell them" {
	sql up "CREATE DATABASE p; CREATE TABLE p.t (i INT PRIMARY KEY)"
	log=$(sql up 'SHOW BINARY LOGS' | tail -n 1 | cut -f1)
	for first in 1 4; do
		sql up "BEGIN; INSERT INTO p.t VALUES ($first); INSERT INTO p.t VALUES ($((first + 1))), ($((first + 2))); COMMIT"
	done
	run_tool dm-relay -u root --socket "$(socket up)" --start "$log:4" --until caught-up </dev/null
	assert_status 0
	jq -r 'select(.type == "commit") | .pos' out | while IFS=: read -r file pos; do
		[ "$pos" = "$(stat -c %s "$BATS_FILE_TMPDIR/up/data/$file")" ] ||
			[ -n "$(sql up "SHOW BINLOG EVENTS IN '$file' FROM $pos LIMIT 1")" ] || fail "$file has no event at $pos"
	done
	for place in $(jq -r 'select(.type == "commit") | .pos' out | tail -n 2); do
		cp out whole
		run_tool dm-relay -u root --socket "$(socket up)" --start "$place" --until caught-up </dev/null
		assert_status 0
		diff <(jq -c 'select(.type == "insert") | .rows' out) <(sed "0,/\"commit\",\"pos\":\"$place\"/d" whole | jq -c 'select(.type == "insert") | .rows')
		mv whole out
	done
}

@test "collations of MariaDB 11 arrive in MariaDB 10.11 as they are named" {
	sql up "CREATE DATABASE c; CREATE TABLE c.t (i INT PRIMARY KEY, a VARCHAR(9), b VARCHAR(9) COLLATE uca1400_swedish_ai_ci) CHARSET utf8mb4"
	task c maria
	run_load c up
	sql up "CREATE TABLE c.u (i INT PRIMARY KEY, a VARCHAR(9) COLLATE utf8mb4_uca1400_ai_ci, UNIQUE KEY (a));
		ALTER TABLE c.t ADD COLUMN d TEXT COLLATE utf8mb3_uca1400_nopad_as_cs;
		INSERT INTO c.t VALUES (1, 'a', 'ä', 'x'); INSERT INTO c.u VALUES (1, 'ß'), (2, 's'), (3, 'ss t')"
	run_sync c up --until caught-up || fail "$(head -n 5 dm-*.err)"
	assert_same_table up maria c.t
	assert_same_table up maria c.u
	for end in up maria; do
		sql $end "SELECT table_name, column_name, collation_name FROM information_schema.columns WHERE table_schema = 'c' ORDER BY 1, 2" >collations.$end
	done
	diff collations.up collations.maria
}

# collations NAME SCHEMA ...: of schemas, tables and columns
collations() {
	local schemas

	schemas=$(printf "'%s'," "${@:2}")
	sql "$1" "SELECT schema_name, '', '', default_collation_name FROM information_schema.schemata WHERE schema_name IN (${schemas%,})
		UNION SELECT table_schema, table_name, '', table_collation FROM information_schema.tables WHERE table_schema IN (${schemas%,})
		UNION SELECT table_schema, table_name, column_name, collation_name FROM information_schema.columns WHERE table_schema IN (${schemas%,}) ORDER BY 1, 2, 3"
}

@test "AT-41: defaults are the upstream's in the dump, and by collation_compatible in statements behind it" {
	local how schema

	for how in loose strict; do
		schema=cc_$how
		sql up "CREATE DATABASE $schema CHARACTER SET latin1; CREATE TABLE $schema.t (i INT PRIMARY KEY, a VARCHAR(9) CHARACTER SET utf8mb4) CHARSET utf8mb4"
		task_file "$schema" <<-TASK
			task-mode: all
			collation_compatible: $how
			$(target maria)
			block-allow-list: {b: {do-dbs: ["$schema*"]}}
			mysql-instances: [{source-id: up, block-allow-list: b}]
		TASK
		run_load "$schema" up
		sql up "CREATE DATABASE ${schema}_2; CREATE DATABASE ${schema}_3 CHARACTER SET utf8mb4; ALTER DATABASE $schema CHARACTER SET ucs2;
			CREATE TABLE $schema.u (i INT PRIMARY KEY, a VARCHAR(9) CHARACTER SET utf8mb4, b VARCHAR(9) COLLATE utf8mb4_bin, c VARCHAR(9) CHARACTER SET utf8mb3 BINARY, UNIQUE (a)) CHARSET latin1;
			ALTER TABLE $schema.t ADD c TEXT CHARACTER SET utf8mb4, ADD d ENUM('x') CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci; CREATE TABLE $schema.v (a VARCHAR(9) CHARACTER SET utf8mb4);
			ALTER TABLE $schema.v CONVERT TO CHARACTER SET utf8mb3; CREATE TABLE ${schema}_2.w (a TEXT); INSERT INTO $schema.u VALUES (1, '$([ "$how" = strict ] && echo ß || echo z)', 'x', 'y'), (2, 's', 'x', 'y')"	# which are one to general_ci
		run_sync "$schema" up --until caught-up || fail "$(head -n 5 dm-*.err)"
		for end in up maria; do
			collations $end "$schema" "${schema}_2" "${schema}_3" >"collations.$end"
		done
		assert_same_table up maria "$schema.u"
		if [ "$how" = strict ]; then
			diff collations.up collations.maria
		else
			grep -q "^${schema}_2		*latin1_swedish_ci" collations.maria
			grep -q '^cc_loose	u	a	utf8mb4_general_ci' collations.maria
			grep -q '^cc_loose	v	a	utf8mb3_general_ci' collations.maria
		fi
	done
}

@test "AT-41: a stream of MySQL 5.6, which prints no default, keeps its collations" {
	local how

	start_server old mysql-5.6 || skip "no MySQL 5.6"
	rm -f "$BATS_FILE_TMPDIR/missing"
	for how in loose strict; do
		sql old "DROP DATABASE IF EXISTS c56; CREATE DATABASE c56 CHARACTER SET utf8mb4; CREATE TABLE c56.t (i INT PRIMARY KEY, a VARCHAR(9), b VARCHAR(9) CHARACTER SET latin1) CHARSET utf8mb4; INSERT INTO c56.t VALUES (1, 'a', 'b')"
		sql my "DROP DATABASE IF EXISTS c56; DROP DATABASE IF EXISTS dm_meta"
		source_file old up
		task_file "c56" <<-TASK
			task-mode: full
			collation_compatible: $how
			$(target my)
			block-allow-list: {b: {do-dbs: [c56]}}
			mysql-instances: [{source-id: up, block-allow-list: b}]
		TASK
		run_load c56 up
		[ "$(collations my c56 | cut -f4 | sort -u | tr '\n' ' ')" = "NULL latin1_swedish_ci utf8mb4_general_ci " ] || fail "$how: $(collations my c56)"
	done
	"$servers/server" stop "$BATS_FILE_TMPDIR/old"
}

@test "a vector goes to MySQL, bytes as they are" {
	sql up "CREATE DATABASE v; CREATE TABLE v.t (i INT PRIMARY KEY, a VECTOR(3)) COLLATE utf8mb4_bin; INSERT INTO v.t VALUES (1, VEC_FromText('[0.1,-2,1e10]')), (2, NULL)"
	sql my "CREATE DATABASE v"	# MySQL has no collation that is upstream's default
	task v my
	run_load v up
	sql up "INSERT INTO v.t VALUES (3, VEC_FromText('[3,4,5]')); UPDATE v.t SET a = VEC_FromText('[7,8,9]') WHERE i = 1; DELETE FROM v.t WHERE i = 2"
	run_sync v up --until caught-up
	assert_same_table up my v.t
	[ "$(sql my 'SELECT VECTOR_TO_STRING(a) FROM v.t WHERE i = 3')" = '[3.00000e+00,4.00000e+00,5.00000e+00]' ]
}

@test "a moment past 2038 that the downstream cannot hold is refused by name, in a load and in a change" {
	for end in maria my; do
		sql $end "CREATE DATABASE m_$end"
		sql up "CREATE DATABASE m_$end; CREATE TABLE m_$end.t (i INT PRIMARY KEY, late TIMESTAMP NULL) CHARSET utf8mb4 COLLATE utf8mb4_bin; INSERT INTO m_$end.t VALUES (1, '2038-01-19 03:14:07')"
		task m_$end $end
		run_load m_$end up
		sql up "INSERT INTO m_$end.t VALUES (2, '2106-02-07 06:28:15')"
		! run_sync m_$end up --until caught-up || fail "it was taken"
		[[ $statuses == *" 69" ]]
		grep -q "error 36508 .*'m_$end.t'.*'late'" dm-sync.err
		[ "$(sql $end "SELECT COUNT(*) FROM m_$end.t")" = 1 ]
		sql $end "DROP DATABASE m_$end; CREATE DATABASE m_$end; DROP DATABASE dm_meta"
		! run_load m_$end up || fail "it was loaded"
		[[ $statuses == *" 65" ]]
		grep -q "error 34502 .*'m_$end.t'.*'late'" dm-load.err
	done
}

@test "types and collations that MySQL does not have stop a load with the server's words; tables made by hand are taken" {
	sql up "CREATE DATABASE x; CREATE TABLE x.t (i INT PRIMARY KEY, u UUID, a INET4, b INET6);
		INSERT INTO x.t VALUES (1, '123e4567-e89b-12d3-a456-426655440000', '1.2.3.4', '::1')"
	task x my
	! run_load x up || fail "it was loaded"
	[[ $statuses == *" 69" ]]
	grep -q "error 10005 .*Unknown collation: 'utf8mb4_uca1400_ai_ci'" dm-load.err
	sql my "CREATE DATABASE x"
	! run_load x up || fail "it was loaded"
	grep -q "error 10005 .*error 1064 .*uuid" dm-load.err
	sql my "CREATE TABLE x.t (i INT PRIMARY KEY, u CHAR(36), a VARCHAR(15), b VARCHAR(39))"
	run_load x up
	sql up "INSERT INTO x.t SELECT 2, u, a, b FROM x.t; UPDATE x.t SET a = '4.3.2.1' WHERE i = 1"
	run_sync x up --until caught-up || fail "$(head -n 5 dm-*.err)"
	assert_same_table up my x.t
}
