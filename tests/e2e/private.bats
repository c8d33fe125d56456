#!/usr/bin/env bats
# What a task leaves open to others, and what it must not let pass: files and sockets (S11), statements where rows are wanted (S10), meta
# tables of another format (AT-53).
# shellcheck disable=SC2016,SC2086,SC2154,SC2231 # conditions of wait_until are evaluated there

setup_file() {
	load lib
	start_servers up=mariadb down=mariadb
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	db=p$BATS_TEST_NUMBER
	sql up "CREATE DATABASE $db; CREATE TABLE $db.t (id INT PRIMARY KEY, v INT); INSERT INTO $db.t VALUES (1, 1), (2, 2)"
	source_file up one
	task_file $db <<-END
		task-mode: all
		$(target down)
		mysql-instances: [{source-id: one, block-allow-list: b, filter-rules: [f], expression-filters: [e]}]
		block-allow-list: {b: {do-dbs: [$db]}}
		filters: {f: {schema-pattern: $db, events: [delete], action: Ignore}}
		expression-filter: {e: {schema: $db, table: t, insert-value-expr: "v > 100"}}
	END
}

teardown() {
	dm stop-task "$db" >/dev/null 2>&1 || :
}

# The sockets that a process listens at, of the internet and of the file system.
listens() {
	local inode

	for inode in $(find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n'); do
		awk -v inode="$inode" '$4 == "0A" && $10 == inode' /proc/net/tcp /proc/net/tcp6
		awk -v inode="$inode" '$4 == "00010000" && $7 == inode' /proc/net/unix
	done
}

@test "S11: what a running task keeps is for its owner alone, and nobody can connect to it" {
	local file pid n=0

	umask 022
	dm operate-source create one.yaml >/dev/null
	dm start-task $db.yaml >/dev/null
	wait_until 60 '[ "$(cat home/tasks/$db/one/stage)" = "Running Sync" ] && [ -s home/tasks/$db/one/sync.json ] && [ -s home/tasks/$db/one/relay.json ]'
	find home -type d ! -perm 700 >open
	find home ! -type d ! -perm 600 >>open
	[ ! -s open ] || fail "others may read: $(cat open)"
	[ -e home/sources/one.yaml ] && [ -e home/tasks/$db/task.yaml ] && [ -e home/tasks/$db/one/log ]
	[ -z "$(find home -type s)" ] || fail "there is a socket"
	for file in home/tasks/$db/one/pid home/tasks/$db/one/run-*/*.pid; do
		read -r pid _ <"$file"
		[ -z "$(listens "$pid")" ] || fail "$file listens: $(listens "$pid")"
		n=$((n + 1))
	done
	[ $n -ge 7 ] || fail "$n processes"
	# And that is seen where somebody listens.
	[ -n "$(listens "$(cat "$BATS_FILE_TMPDIR/up/pid")")" ] || fail "a server listens, and it is not seen"
}

@test "S10: a statement in place of rows stops the task, whatever filters the table's rows have" {
	local statement place

	run_load $db one
	run_sync $db one --until caught-up
	sql up "CREATE PROCEDURE $db.p() UPDATE $db.t SET v = 7"
	run_sync $db one --until caught-up || fail "what defines a procedure is no row"
	printf '8\t1\n' >rows
	for statement in "INSERT INTO t VALUES (5, 500)" "INSERT INTO t VALUES (6, 6)" "UPDATE t SET v = 3" "DELETE FROM t" "REPLACE INTO t VALUES (1, 500)" \
		"/* INSERT */ INSERT INTO t SELECT id + 10, v FROM t" "-- x
DELETE FROM t WHERE id = 1" "CALL p()" "LOAD DATA LOCAL INFILE '$PWD/rows' INTO TABLE t" "/*! DELETE */ /*!50000 FROM t */ WHERE id = 2" \
		"WITH x AS (SELECT 1 AS a) DELETE FROM t WHERE id = 1" "TRUNCATE TABLE t; INSERT INTO t VALUES (9, 9)"; do
		sql up "DELETE FROM $db.t; INSERT INTO $db.t VALUES (1, 1), (2, 2)" >/dev/null
		place=$(sql up "SHOW MASTER STATUS" | awk '{ print $1 ":" $2 }')
		sql up "USE $db; SET SESSION binlog_format = STATEMENT; $statement" || continue
		sql down "SELECT * FROM $db.t ORDER BY id" >before
		dm-relay -c $db.yaml -s one -S one.yaml --start "$place" --until caught-up 2>err | dm-filter -c $db.yaml -s one -S one.yaml 2>filter.err |
			dm-route -c $db.yaml -s one -S one.yaml 2>route.err | cat >passed
		[ "${PIPESTATUS[0]}" -eq 65 ] || fail "$statement: status ${PIPESTATUS[0]}"
		grep -q 'statement format' err || fail "$statement"
		! grep -qE '"type":"(insert|update|delete)"' passed || fail "$statement: rows pass"
		echo "$statement" >>refused
	done
	[ "$(wc -l <refused)" -ge 11 ] || fail "$(cat refused)"
}

@test "AT-53: meta tables of an older format are read, those of a newer one are refused by each tool, and left alone" {
	local comment tool

	run_load $db one
	run_sync $db one --until caught-up
	[ "$(sql down "SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_NAME = '${db}_syncer_checkpoint'")" = "dm-tools format 1" ]
	for comment in '' 'dm-tools format 0' 'a note of somebody'; do	# without: as the first versions, and DM, made it
		sql down "ALTER TABLE dm_meta.${db}_syncer_checkpoint COMMENT '$comment'"
		sql up "INSERT INTO $db.t SELECT MAX(id) + 1, 1 FROM $db.t"
		run_sync $db one --until caught-up || fail "'$comment'"
		[ "$(sql down "SELECT COUNT(*) FROM $db.t")" = "$(sql up "SELECT COUNT(*) FROM $db.t")" ] || fail "'$comment': a row is missing"
	done
	for comment in 'dm-tools format 2' 'dm-tools format x'; do
		sql down "ALTER TABLE dm_meta.${db}_syncer_checkpoint COMMENT '$comment'"
		sql down "CHECKSUM TABLE dm_meta.${db}_syncer_checkpoint, dm_meta.${db}_state, dm_meta.${db}_syncer_applied, $db.t" >before
		for tool in "dm-meta checkpoint get" "dm-meta next" "dm-meta drop" "dm-meta checkpoint set x.1:4" dm-sync dm-load; do
			printf '{"type":"stream","version":1,"source":"one","flavor":"mariadb","pos":"x.1:4"}\n{"type":"end","reason":"complete","pos":"x.1:4"}\n' >in.txt
			[ "$tool" != dm-load ] || dm-dump -c $db.yaml -s one -S one.yaml >in.txt 2>/dev/null
			status=0
			# shellcheck disable=SC2046 # words
			$tool -c $db.yaml $([ "$tool" = "dm-meta drop" ] || echo "-s one -S one.yaml") \
				<in.txt >out 2>err || status=$?
			assert_status 78
			assert_error 24507
		done
		sql down "CHECKSUM TABLE dm_meta.${db}_syncer_checkpoint, dm_meta.${db}_state, dm_meta.${db}_syncer_applied, $db.t" >after
		cmp before after || fail "'$comment': something was changed"
	done
}
