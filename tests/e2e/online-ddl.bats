#!/usr/bin/env bats
# Online schema changes through the whole pipeline: pt-online-schema-change itself, under write load; gh-ost by the
# statements that it runs. ONLINE_UP=my runs all of it with a MySQL upstream.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016 # variables of the helpers, and conditions that they evaluate

setup_file() {
	load lib
	start_servers up=mariadb my=mysql down=mariadb
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	from "${ONLINE_UP:-up}"
}

# from SERVER: makes this test's schema, source and task there.
from() {
	up=$1 db=t$BATS_TEST_NUMBER
	sql "$up" "CREATE DATABASE $db CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
	source_file "$up" one
	task
}

teardown() {
	[ -z "${writer:-}" ] || { touch stop; wait "$writer" 2>/dev/null || true; }
	[ -z "${pipeline:-}" ] || kill -KILL -- "-$pipeline" 2>/dev/null || true
}

# task [LINE ...]: of this test's schema only, with more lines.
task() {
	task_file "$db" <<-END
		task-mode: all
		$(target down)
		mysql-instances: [{source-id: one, block-allow-list: ours${routes:+, route-rules: [$routes]}}]
		block-allow-list: {ours: {do-dbs: ["$db"]${do_tables:+, do-tables: $do_tables}}}
		$(printf '%s\n' "$@")
	END
}

sync_now() {
	run_sync "$db" one --until caught-up
}

# fill TABLE ROWS
fill() {
	sql "$up" "CREATE TABLE $db.$1 (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(40) NOT NULL, n INT NOT NULL DEFAULT 0);
		INSERT INTO $db.$1 (v) WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < $2) SELECT CONCAT('row ', i) FROM s"
}

# write_for_ever TABLE: inserts, updates and deletes until the file stop is there.
write_for_ever() {
	local table=$1

	rm -f stop
	while [ ! -e stop ]; do
		echo "INSERT INTO $db.$table (v) VALUES ('new'); UPDATE $db.$table SET n = n + 1 WHERE id = $((RANDOM % 600)); DELETE FROM $db.$table WHERE id = $((RANDOM % 600));"
		sleep 0.01
	done 3>&- | mariadb --no-defaults --force -uroot --socket="$(socket "$up")" >/dev/null 2>writer.err 3>&- &
	writer=$!
}

stop_writing() {
	touch stop
	wait "$writer"
	writer=
}

# pt TABLE ALTER [OPTION ...]: the real one.
pt() {
	pt-online-schema-change --alter "$2" --execute --no-version-check --no-check-replication-filters --recursion-method=none \
		--max-load '' --critical-load '' --chunk-size 50 "${@:3}" "S=$(socket "$up"),u=root,D=$db,t=$1" >pt.out 2>&1 || fail "$(tail -n 5 pt.out)"
}

# ghost TABLE PHASE [ALTER]: what gh-ost runs, phase by phase: create, alter, copy, swap, clean.
ghost() {
	case $2 in
	create)	sql "$up" "CREATE /* gh-ost */ TABLE $db._${1}_ghc (id bigint auto_increment, last_update timestamp not null DEFAULT CURRENT_TIMESTAMP
			ON UPDATE CURRENT_TIMESTAMP, hint varchar(64) charset ascii not null, value varchar(4096) charset ascii not null, primary key(id),
			unique key hint_uidx(hint)) auto_increment=256;
			INSERT /* gh-ost */ INTO $db._${1}_ghc (id, hint, value) VALUES (1, 'heartbeat', '2026') ON DUPLICATE KEY UPDATE value = VALUES(value);
			CREATE /* gh-ost */ TABLE $db._${1}_gho LIKE $db.$1" ;;
	alter)	sql "$up" "ALTER /* gh-ost */ TABLE $db._${1}_gho $3" ;;
	copy)	sql "$up" "INSERT /* gh-ost $db.$1 */ IGNORE INTO $db._${1}_gho (id, v, n) (SELECT id, v, n FROM $db.$1 FORCE INDEX (PRIMARY) LOCK IN SHARE MODE)" ;;
	swap)	sql "$up" "CREATE /* gh-ost */ TABLE $db._${1}_del (id int auto_increment primary key) comment='ghost-cut-over-sentry';
			DROP /* gh-ost */ TABLE IF EXISTS $db._${1}_del;
			RENAME /* gh-ost */ TABLE $db.$1 TO $db._${1}_del, $db._${1}_gho TO $db.$1" ;;
	clean)	sql "$up" "DROP /* gh-ost */ TABLE IF EXISTS $db._${1}_ghc; DROP /* gh-ost */ TABLE IF EXISTS $db._${1}_del" ;;
	esac
}

# What a column is like, and its place.
structure() {
	sql "$1" "SELECT ordinal_position, column_name, REGEXP_REPLACE(column_type, 'int[(][0-9]+[)]', 'int'), is_nullable, REPLACE(column_default, \"'\", ''), column_comment
		FROM information_schema.columns WHERE table_schema = '${2%.*}' AND table_name = '${2#*.}' ORDER BY 1"
	sql "$1" "SELECT index_name, column_name FROM information_schema.statistics WHERE table_schema = '${2%.*}' AND table_name = '${2#*.}' ORDER BY 1, 2"
}

assert_same() {
	assert_same_table "$up" down "$db.$1"
	[ "$(structure "$up" "$db.$1")" = "$(structure down "$db.$1")" ] || fail "$(diff <(structure "$up" "$db.$1") <(structure down "$db.$1"))"
}

# Nothing of an online change is left: not downstream, not in the meta tables.
assert_clean() {
	[ -z "$(sql down "SELECT table_name FROM information_schema.tables WHERE table_schema = '$db' AND table_name LIKE '\\_%'")" ]
	[ "$(sql down "SELECT COUNT(*) FROM dm_meta.${db}_onlineddl")" = 0 ]
	[ "$(sql down "SELECT COUNT(*) FROM dm_meta.${db}_state WHERE stage <> 'dm-sync' AND NOT (stage = 'dm-relay' AND state_key = 'server')")" = 0 ]
	[ -z "$(sql down "SELECT cp_table FROM dm_meta.${db}_syncer_checkpoint WHERE cp_table LIKE '\\_%'")" ]
}

# The pipeline in a process group of its own.
start_pipeline() {
	# shellcheck disable=SC2016 # for the inner shell
	setsid bash -c 'c="-c $0.yaml -s one -S one.yaml"
		dm-meta checkpoint get $c 2>>meta.err | dm-relay $c 2>>relay.err | dm-online-ddl $c 2>>online.err | dm-filter $c 2>>filter.err |
			dm-route $c 2>>route.err | dm-sync $c 2>>sync.err' "$db" 3>&- &
	pipeline=$!
}

kill_pipeline() {
	wait_until 5 'kill -KILL -- "-$pipeline" 2>/dev/null'	# setsid may not have come that far
	wait "$pipeline" 2>/dev/null || true
	pipeline=
}

remembered() {
	sql down "SELECT JSON_LENGTH(ddls, '$.ddls') FROM dm_meta.${db}_onlineddl"
}

pt_under_load() {
	fill t 1000
	run_load "$db" one
	write_for_ever t
	pt t "ADD COLUMN c VARCHAR(30) NOT NULL DEFAULT 'a b' COMMENT 'two words, a
line and 😀' AFTER v, ADD KEY kn (n), MODIFY n BIGINT NOT NULL DEFAULT 0"
	pt t "DROP COLUMN c, ADD COLUMN d INT"
	stop_writing
	sync_now
	assert_same t
	assert_clean
	grep -q 'the online change of .* is done, by 1 statement' dm-online-ddl.err
}

@test "AT-30: pt-online-schema-change under write load: the same table at both ends" {
	pt_under_load
}

@test "AT-30: the same from MySQL" {
	from my
	pt_under_load
}

@test "AT-30: the pipeline is killed again and again during pt-online-schema-change" {
	fill t 1000
	run_load "$db" one
	write_for_ever t
	start_pipeline
	pt t "ADD COLUMN c INT NOT NULL DEFAULT 7, ADD KEY (v)" --sleep 0.2 3>&- &
	change=$!
	kills=0
	while kill -0 $change 2>/dev/null; do
		sleep "$((RANDOM % 2)).$((RANDOM % 90 + 10))"
		kill_pipeline
		kills=$((kills + 1))
		start_pipeline
	done
	wait $change
	kill_pipeline
	[ "$kills" -ge 2 ]
	stop_writing
	sync_now
	assert_same t
	assert_clean
}

@test "AT-30: gh-ost's statements, with a restart between any two of them" {
	fill t 20
	run_load "$db" one
	sync_now
	for phase in create alter again copy swap clean; do
		case $phase in
		alter)	ghost t alter 'ADD COLUMN c VARCHAR(20) NOT NULL DEFAULT "x"' ;;
		again)	ghost t alter 'ADD UNIQUE KEY (v), DROP COLUMN n, ADD COLUMN n INT NOT NULL DEFAULT 3' ;;
		*)	ghost t "$phase" ;;
		esac
		[ "$phase" = swap ] || sql "$up" "INSERT INTO $db.t (v) VALUES ('$phase'); UPDATE $db.t SET n = 3"
		# The upstream is ahead of what is read: the structure that these rows have is only known from before.
		[ "$phase" != swap ] || sql "$up" "INSERT INTO $db.t (v, c) VALUES ('swap', 'z'); ALTER TABLE $db.t CHANGE c c2 VARCHAR(20) NOT NULL DEFAULT 'x'"
		[ "$phase" != copy ] || sql "$up" "REPLACE INTO $db._t_gho (id, v, n) SELECT id, v, n FROM $db.t"
		sync_now
		case $phase in
		alter)	[ "$(remembered)" = 1 ] ;;
		again)	[ "$(remembered)" = 2 ] ;;
		esac
		[ "$(sql down "SELECT COUNT(*) FROM $db.t WHERE v = '$phase'")" = "$(sql "$up" "SELECT COUNT(*) FROM $db.t WHERE v = '$phase'")" ]
	done
	sql "$up" "INSERT INTO $db.t (v, c2) VALUES ('behind', 'y')"
	sync_now
	assert_same t
	assert_clean
}

@test "AT-30: a start in the midst stops with 36046, and goes on with what is written into TASK_onlineddl" {
	fill t 20
	ghost t create
	ghost t alter 'ADD COLUMN c INT NOT NULL DEFAULT 5'
	do_tables="[{db-name: $db, tbl-name: t}]" task
	run_load "$db" one
	ghost t copy
	ghost t swap
	ghost t clean
	if sync_now; then fail "it went on"; fi
	[ "$(cut -d' ' -f3 <<<"$statuses")" = 65 ]
	grep -q "error 36046 .*online ddls on ghost table .$db.\..*_t_gho" dm-online-ddl.err
	grep -q TASK_onlineddl dm-online-ddl.err
	sql down "INSERT INTO dm_meta.${db}_onlineddl (id, ghost_schema, ghost_table, ddls) VALUES ('one', '$db', '_t_gho',
		'{\"schema\": \"$db\", \"table\": \"_t_gho\",\n \"ddls\": [\"ALTER TABLE _t_gho ADD COLUMN c INT NOT NULL DEFAULT 5\"]}')"
	sync_now
	[ "$(sql down "SELECT table_info LIKE '%\"c\"%' FROM dm_meta.${db}_syncer_checkpoint WHERE cp_table = 't'")" = 1 ]
	sql "$up" "INSERT INTO $db.t (v, c) VALUES ('behind', 6)"
	sync_now
	assert_same t
	assert_clean
}

@test "a shadow table of a table that is not wanted may come from before the start" {
	fill t 5
	fill x 5
	ghost x create
	ghost x alter 'ADD COLUMN c INT'
	do_tables="[{db-name: $db, tbl-name: t}]" task
	run_load "$db" one
	ghost x copy
	ghost x swap
	ghost x clean
	sql "$up" "INSERT INTO $db.t (v) VALUES ('behind')"
	sync_now
	assert_same t
}

@test "shards that are merged: the ALTER of each arrives, and the second is passed over" {
	fill t_1 30
	fill t_2 30
	sql "$up" "UPDATE $db.t_2 SET id = id + 1000"
	routes='"m"' task 'routes: {m: {schema-pattern: "'"$db"'", table-pattern: "t_*", target-schema: "'"$db"'", target-table: t}}'
	run_load "$db" one
	pt t_1 "ADD COLUMN c INT NOT NULL DEFAULT 1"
	pt t_2 "ADD COLUMN c INT NOT NULL DEFAULT 1"
	sql "$up" "INSERT INTO $db.t_1 (id, v, c) VALUES (500, 'one', 2); INSERT INTO $db.t_2 (id, v, c) VALUES (5000, 'two', 3)"
	sync_now
	assert_merged down "$db.t" "$up" "$db.t_1" "$up" "$db.t_2"
	grep -q 'Duplicate column.*passed over' dm-sync.err
	assert_clean
}

@test "online-ddl: false replicates the tool's own tables as they are" {
	fill t 20
	task 'online-ddl: false'
	run_load "$db" one
	sync_now
	ghost t create
	ghost t alter 'ADD COLUMN c INT'
	ghost t copy
	ghost t swap
	sync_now
	assert_same t
	assert_same _t_del
	assert_same _t_ghc
}
