#!/usr/bin/env bats
# Structures that are out of step with the place: altered while nothing ran, filtered, different downstream, not known at the start.
# Upstreams are MariaDB, whose log says nothing of columns but their types, and MySQL; downstream MariaDB.
# shellcheck disable=SC2016,SC2030,SC2031 # conditions of wait_until are evaluated there

setup_file() {
	load lib
	start_servers maria=mariadb mysql=mysql down=mariadb
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	s=t_$BATS_TEST_NUMBER
	export DM_BACKOFF_MAX=2 DM_DRAIN_MAX=20
	local name
	for name in maria mysql down; do
		sql $name "CREATE DATABASE $s CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
	done
	source_file maria maria
	source_file mysql mysql
}

teardown() {
	[ -n "${s:-}" ] || return 0
	[ ! -e "$DM_HOME/tasks" ] || dm stop-task "$s" >/dev/null 2>&1 || :
}

place() {
	sql "$1" "$([ "$1" = mysql ] && echo SHOW BINARY LOG STATUS || echo SHOW MASTER STATUS)" | awk '{ print $1 ":" $2; exit }'
}

# by_hand UPSTREAM PLACE [OPTION ...]: from there to where the upstream is now, into task $s.
by_hand() {
	{
		dm-relay -h 127.0.0.1 -P "$(port "$1")" -u root --start "$2" --until caught-up "${@:3}" 2>dm-relay.err |
			dm-filter --do-db "$s" 2>dm-filter.err |
			dm-sync -u root --socket "$(socket down)" --task "$s" --meta-schema "m_$s" ${source_id:+-s "$source_id"} 2>dm-sync.err
		statuses="${PIPESTATUS[*]}"
	} || :
}

forget() {
	dm-meta drop -u root --socket "$(socket down)" --task "$s" --meta-schema "m_$s"
}

# incremental SOURCE [LINE ...]: a task from the place now, with more lines.
incremental() {
	local at

	at=$(place "$1")
	task_file "$s" <<-END
		task-mode: incremental
		meta-schema: m_$s
		$(target down)
		mysql-instances:
		- {source-id: $1, block-allow-list: mine, meta: {binlog-name: ${at%:*}, binlog-pos: ${at##*:}}${2:+, $2}}
		block-allow-list:
		  mine: {do-dbs: ["$s"]}
		${3:-}
	END
	dm operate-source create "$1.yaml" >/dev/null
	dm start-task "$s.yaml" >/dev/null
}

down_has() {
	wait_until 60 '[ "$(sql down "'"$1"'" | tr "\t\n" " ;")" = "'"$2"'" ]' ||
		fail "$1: $(sql down "$1" | tr '\t\n' ' ;'), wanted $2"
}

stage() {
	dm query-status "$s" | jq -r '.sources[0].subTaskStatus[0].stage'
}

message() {
	dm query-status "$s" | jq -r '.sources[0].subTaskStatus[0].result.errors[]?.Message'
}

@test "AT-17: rows between ALTERs that came while the task was paused are exact, though all columns are alike" {
	local up

	for up in maria mysql; do
		forget
		sql down "DROP TABLE IF EXISTS $s.t; CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT)"
		sql $up "CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT)"
		incremental $up
		sql $up "INSERT INTO $s.t VALUES (1, 10, 20)"
		down_has "SELECT id, a, b FROM $s.t" '1 10 20;'
		dm pause-task "$s" >/dev/null
		sql $up "INSERT INTO $s.t VALUES (2, 11, 21); ALTER TABLE $s.t ADD c INT AFTER a; INSERT INTO $s.t VALUES (3, 12, 32, 22);
			ALTER TABLE $s.t DROP a; INSERT INTO $s.t VALUES (4, 33, 23)"
		dm resume-task "$s" >/dev/null
		down_has "SELECT id, c, b FROM $s.t" '1 NULL 20;2 NULL 21;3 32 22;4 33 23;'
		assert_same_table $up down "$s.t"
		dm stop-task "$s" >/dev/null
	done
}

@test "a table that had no rows yet when it was altered is known from the task's start" {
	sql maria "CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT); CREATE TABLE $s.go (id INT PRIMARY KEY)"
	sql down "CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT); CREATE TABLE $s.go (id INT PRIMARY KEY)"
	incremental maria
	sql maria "INSERT INTO $s.go VALUES (1)"
	down_has "SELECT * FROM $s.go" '1;'
	dm pause-task "$s" >/dev/null
	sql maria "INSERT INTO $s.t VALUES (1, 10, 20); ALTER TABLE $s.t MODIFY a INT AFTER b; INSERT INTO $s.t VALUES (2, 21, 11)"
	dm resume-task "$s" >/dev/null
	down_has "SELECT id, a, b FROM $s.t" '1 10 20;2 11 21;'
}

@test "a first run that is killed before anything is applied leaves the structures of its start behind" {
	local at sync c=(-c "$s.yaml" -s maria -S maria.yaml)

	sql maria "CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT)"
	sql down "CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT)"
	at=$(place maria)
	sql maria "INSERT INTO $s.t VALUES (1, 10, 20)"
	printf '%s\n' "name: $s" 'task-mode: incremental' "meta-schema: m_$s" "$(target down)" \
		"mysql-instances: [{source-id: maria, block-allow-list: mine, meta: {binlog-name: ${at%:*}, binlog-pos: ${at##*:}}}]" \
		"block-allow-list: {mine: {do-dbs: [\"$s\"]}}" >"$s.yaml"
	# Somebody who has read the table all but lets go of it keeps its rows from being written.
	mkfifo gate
	sql down <gate >/dev/null 3>&- &
	exec 8>gate
	echo "LOCK TABLES $s.t READ;" >&8
	(dm-meta checkpoint get "${c[@]}" | dm-relay "${c[@]}" | dm-filter "${c[@]}" | dm-sync "${c[@]}") 3>&- 8>&- 2>first.err &
	wait_until 30 '[ -n "$(sql down "SELECT info FROM information_schema.processlist WHERE state LIKE '"'Waiting for table metadata lock'"' AND info LIKE '"'%$s%'"'")" ]'
	sync=$(sql down "SELECT owner FROM m_$s.${s}_lease" | cut -d: -f2)
	kill -9 "$sync"
	wait $! || true
	exec 8>&-
	sql maria "ALTER TABLE $s.t MODIFY a INT AFTER b; INSERT INTO $s.t VALUES (2, 21, 11)"
	dm-meta checkpoint get "${c[@]}" | dm-relay "${c[@]}" --until caught-up | dm-filter "${c[@]}" | dm-sync "${c[@]}"
	[ "${PIPESTATUS[*]}" = "0 0 0 0" ]
	[ "$(sql down "SELECT id, a, b FROM $s.t" | tr '\t\n' ' ;')" = '1 10 20;2 11 21;' ]
}

@test "AT-18: where a filter drops all DDL of a table, its ALTER is made downstream by hand, and the task goes on" {
	sql maria "CREATE TABLE $s.t (id INT PRIMARY KEY, a INT)"
	sql down "CREATE TABLE $s.t (id INT PRIMARY KEY, a INT)"
	incremental maria 'filter-rules: [none]' "filters: {none: {schema-pattern: \"$s\", table-pattern: \"t\", events: [\"all ddl\"], action: Ignore}}"
	sql maria "INSERT INTO $s.t VALUES (1, 10)"
	down_has "SELECT * FROM $s.t" '1 10;'
	sql maria "ALTER TABLE $s.t ADD c INT AFTER id; INSERT INTO $s.t VALUES (2, 30, 20)"
	wait_until 60 '[ "$(stage)" = Paused ]'
	[[ "$(message)" == *"'c'"* ]] || fail "$(message)"
	down_has "SELECT * FROM $s.t" '1 10;'
	sql down "ALTER TABLE $s.t ADD c INT"
	dm resume-task "$s" >/dev/null
	down_has "SELECT id, c, a FROM $s.t" '1 NULL 10;2 30 20;'
	[ "$(stage)" = Running ]
}

@test "AT-19: the target has more columns in another order, wider types and one more unique key" {
	local at

	at=$(place maria)
	sql down "CREATE TABLE $s.t (extra INT NULL, v VARCHAR(200), d INT NOT NULL DEFAULT 7, n BIGINT, id BIGINT PRIMARY KEY, UNIQUE (n));
		CREATE TABLE $s.u (seq BIGINT AUTO_INCREMENT PRIMARY KEY, id BIGINT, n BIGINT)"
	sql maria "SET sql_log_bin = 0; CREATE TABLE $s.t (id INT PRIMARY KEY, n INT, v VARCHAR(20)); CREATE TABLE $s.u (id INT PRIMARY KEY, n INT)"
	sql maria "INSERT INTO $s.t VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c'); UPDATE $s.t SET v = 'B', id = 4 WHERE id = 2;
		DELETE FROM $s.t WHERE id = 3; INSERT INTO $s.u VALUES (1, 1), (2, 2), (3, 3); UPDATE $s.u SET n = 9 WHERE id = 2; DELETE FROM $s.u WHERE id = 1"
	by_hand maria "$at"
	[ "$statuses" = '0 0 0' ] || { cat dm-*.err; false; }
	down_has "SELECT id, n, v, d, extra FROM $s.t ORDER BY id" '1 10 a 7 NULL;4 20 B 7 NULL;'
	down_has "SELECT id, n FROM $s.u ORDER BY id" '2 9;3 3;'
}

# alters UPSTREAM: rows before, between and behind statements that let columns of one type change places; sets at, before all.
alters() {
	sql "$1" "CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT); CREATE TABLE $s.u (id INT PRIMARY KEY, a INT)"
	at=$(place "$1")
	sql "$1" "INSERT INTO $s.t VALUES (1, 10, 20); ALTER TABLE $s.t MODIFY a INT AFTER b; INSERT INTO $s.t VALUES (2, 21, 11);
		ALTER TABLE $s.t ADD c INT FIRST; INSERT INTO $s.t VALUES (30, 3, 22, 12); ALTER TABLE $s.t DROP c; INSERT INTO $s.t VALUES (4, 23, 13);
		INSERT INTO $s.u VALUES (1, 2)"
	sql down "CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT); CREATE TABLE $s.u (id INT PRIMARY KEY, a INT)"
}

@test "AT-20: a start before later ALTERs, without names in the log and without a structure, is refused and never guessed" {
	local up at

	for up in maria mysql; do
		alters $up
		by_hand $up "$at"
		[ "${statuses##* }" = 65 ]
		grep -q "error 36501 .*row of '$s.t' at $at seq 0: .*the log does not say what its columns are called.*--schema FILE.*binlog_row_metadata=FULL" dm-sync.err
		grep -q "warning: structure of '$s.t' is not known at $at, and cannot be taken from the upstream (the statement at .* has changed it since)" dm-relay.err
		! grep -q "structure of '$s.u'" dm-relay.err
		down_has "SELECT COUNT(*) FROM $s.t" '0;'
		# The way out: the structure as it was.
		echo "USE $s; CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT) DEFAULT CHARSET=utf8mb4;" >tables.sql
		forget
		by_hand $up "$at" --schema tables.sql
		[ "$statuses" = '0 0 0' ] || { cat dm-*.err; false; }
		down_has "SELECT id, a, b FROM $s.t ORDER BY id" '1 10 20;2 11 21;3 12 22;4 13 23;'
		down_has "SELECT * FROM $s.u" '1 2;'
		# The same as lines of a stream.
		sql down "TRUNCATE $s.u; DROP TABLE $s.t; CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT)"
		forget
		echo "{\"type\":\"table\",\"schema\":\"$s\",\"table\":\"t\",\"charset\":\"utf8mb4\",\"columns\":[{\"name\":\"id\",\"type\":\"int\"},{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\",\"type\":\"int\"}],\"keys\":[{\"name\":\"PRIMARY\",\"unique\":true,\"columns\":[\"id\"]}]}" >tables.ndjson
		by_hand $up "$at" --schema tables.ndjson
		[ "$statuses" = '0 0 0' ] || { cat dm-*.err; false; }
		down_has "SELECT id, a, b FROM $s.t ORDER BY id" '1 10 20;2 11 21;3 12 22;4 13 23;'
		forget
		sql down "DROP TABLE $s.t, $s.u"
	done
}

@test "AT-20: with the names in the log, the same start just works" {
	sql mysql "SET GLOBAL binlog_row_metadata = FULL"
	alters mysql
	by_hand mysql "$at"
	sql mysql "SET GLOBAL binlog_row_metadata = MINIMAL"
	[ "$statuses" = '0 0 0' ] || { cat dm-*.err; false; }
	down_has "SELECT id, a, b FROM $s.t ORDER BY id" '1 10 20;2 11 21;3 12 22;4 13 23;'
}

@test "a start by hand at a place behind the last ALTER needs nothing, whatever else was altered since" {
	local up

	for up in maria mysql; do
		sql $up "CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT); ALTER TABLE $s.t MODIFY a INT AFTER b; CREATE TABLE $s.other (a INT)"
		at=$(place $up)
		sql $up "INSERT INTO $s.t VALUES (1, 20, 10); ALTER TABLE $s.other ADD b INT; FLUSH BINARY LOGS; INSERT INTO $s.t VALUES (2, 21, 11);
			TRUNCATE $s.other; DROP TABLE $s.other"
		sql down "DROP TABLE IF EXISTS $s.t, $s.other; CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT); CREATE TABLE $s.other (a INT)"
		forget
		by_hand $up "$at"
		[ "$statuses" = '0 0 0' ] || { cat dm-*.err; false; }
		down_has "SELECT id, a, b FROM $s.t ORDER BY id" '1 10 20;2 11 21;'
	done
}

@test "a rename that is chained, a table made anew and a database dropped are seen ahead" {
	local how

	for how in "RENAME TABLE $s.t TO $s.x; CREATE TABLE $s.t (id INT PRIMARY KEY, b INT, a INT)" \
		"DROP TABLE $s.t; CREATE TABLE $s.T2 (id INT PRIMARY KEY, b INT, a INT); ALTER TABLE $s.T2 RENAME $s.t" \
		"DROP DATABASE $s; CREATE DATABASE $s; CREATE TABLE $s.t (id INT PRIMARY KEY, b INT, a INT)"; do
		sql maria "DROP TABLE IF EXISTS $s.t, $s.x; CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT)"
		at=$(place maria)
		sql maria "INSERT INTO $s.t VALUES (1, 10, 20); $how"
		sql down "DROP TABLE IF EXISTS $s.t; CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT)"
		forget
		by_hand maria "$at"
		[ "${statuses##* }" = 65 ] || { echo "$how"; cat dm-*.err; false; }
		grep -q 'error 36501' dm-sync.err
	done
}

@test "operate-schema shows, sets and removes the structure of a paused task's table (the manual's example)" {
	sql maria "CREATE TABLE $s.t (id INT PRIMARY KEY, name VARCHAR(20) DEFAULT 'x''y', f DECIMAL(5,2) NOT NULL DEFAULT 1.50, UNIQUE KEY n (name(5)))"
	sql down "CREATE TABLE $s.t (id INT PRIMARY KEY, name VARCHAR(20), f DECIMAL(5,2), UNIQUE KEY n (name(5)))"
	incremental maria
	sql maria "INSERT INTO $s.t VALUES (1, 'a', 2.5)"
	down_has "SELECT * FROM $s.t" '1 a 2.50;'
	run_tool dm operate-schema get -s maria "$s" -d "$s" -t t
	assert_status 69
	assert_out "current stage is Running but not paused, invalid"
	dm pause-task "$s" >/dev/null
	run_tool dm operate-schema get -s maria "$s" -d "$s" -t t
	assert_status 0
	create=$(jq -r '.sources[0].msg' out)
	[ "$create" = "CREATE TABLE \`t\` (\`id\` int(11) NOT NULL, \`name\` varchar(20) CHARACTER SET utf8mb4 NULL DEFAULT 'x''y', \`f\` decimal(5,2) NOT NULL DEFAULT 1.50, PRIMARY KEY (\`id\`), UNIQUE KEY \`n\` (\`name\`(5))) DEFAULT CHARSET=utf8mb4" ] ||
		fail "$create"
	# What is shown can be set again, and is the same.
	echo "$create;" >t.sql
	dm operate-schema set -s maria "$s" -d "$s" -t t t.sql --flush --sync >/dev/null
	again=$(dm binlog-schema list -s maria "$s" "$s" t | jq -r '.sources[0].msg')
	[ "$again" = "${create/int(11)/int}" ] || fail "$again"
	echo "CREATE TABLE wrong (id INT PRIMARY KEY, other VARCHAR(20) CHARACTER SET latin1) DEFAULT CHARSET=latin1" >t.sql
	dm binlog-schema update -s maria "$s" "$s" t t.sql >/dev/null
	[[ "$(dm binlog-schema list -s maria "$s" "$s" t | jq -r '.sources[0].msg')" == *'`t` (`id` int NOT NULL, `other` varchar(20) CHARACTER SET latin1'* ]]
	dm binlog-schema update -s maria "$s" "$s" t --from-source >/dev/null
	[ "$(dm binlog-schema list -s maria "$s" "$s" t | jq -r '.sources[0].msg')" = "$create" ]
	dm binlog-schema update -s maria "$s" "$s" t --from-target >/dev/null
	[[ "$(dm binlog-schema list -s maria "$s" "$s" t | jq -r '.sources[0].msg')" == *'`f` decimal(5,2) NULL'* ]]
	for text in 'SELECT 1' 'CREATE TABLE a (b' 'CREATE TABLE a (b INT); CREATE TABLE c (d INT)'; do
		echo "$text" >t.sql
		run_tool dm binlog-schema update -s maria "$s" "$s" t t.sql
		assert_status 69
	done
	dm binlog-schema delete -s maria "$s" "$s" t >/dev/null
	run_tool dm binlog-schema list -s maria "$s" "$s" t
	assert_status 69
	assert_out "is not known"
	dm resume-task "$s" >/dev/null
	sql maria "INSERT INTO $s.t VALUES (2, 'b', 3.5)"
	down_has "SELECT * FROM $s.t" '1 a 2.50;2 b 3.50;'
}

@test "a checkpoint that is moved over an ALTER does not go on with the structure of the old place" {
	local how

	sql maria "CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT)"
	sql down "CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT)"
	incremental maria
	id=0
	for how in command edit; do
		id=$((id + 2))
		sql maria "INSERT INTO $s.t (id, a, b) VALUES ($id, 10, 20)"
		wait_until 60 "[ -n \"\$(sql down 'SELECT 1 FROM $s.t WHERE id = $id')\" ]"
		dm pause-task "$s" >/dev/null
		if [ $how = command ]; then
			sql maria "ALTER TABLE $s.t MODIFY a INT AFTER b"
			dm-meta checkpoint set "$(place maria)" -c "$s.yaml" -s maria
		else
			sql maria "ALTER TABLE $s.t MODIFY b INT AFTER a"
			at=$(place maria)
			sql down "UPDATE m_$s.${s}_syncer_checkpoint SET binlog_name = '${at%:*}', binlog_pos = ${at##*:} WHERE is_global"
		fi
		sql maria "INSERT INTO $s.t (id, a, b) VALUES ($((id + 1)), 11, 21)"
		dm resume-task "$s" >/dev/null
		wait_until 60 "[ -n \"\$(sql down 'SELECT 1 FROM $s.t WHERE id = $((id + 1))')\" ]"
	done
	down_has "SELECT id, a, b FROM $s.t" '2 10 20;3 11 21;4 10 20;5 11 21;'
}

@test "by a relay log, too, a structure is taken from the upstream where nothing has changed it since, and not guessed" {
	sql maria "CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT); CREATE TABLE $s.u (id INT PRIMARY KEY, a INT)"
	at=$(place maria)
	sql maria "INSERT INTO $s.u VALUES (1, 2); INSERT INTO $s.t VALUES (1, 10, 20); ALTER TABLE $s.t MODIFY a INT AFTER b"
	dm-relay --pull --relay-dir relay -h 127.0.0.1 -P "$(port maria)" -u root --until caught-up
	sql down "CREATE TABLE $s.t (id INT PRIMARY KEY, a INT, b INT); CREATE TABLE $s.u (id INT PRIMARY KEY, a INT)"
	source_id=s		# a log that is read from a folder does not name its server
	by_hand maria "$at" --relay-dir relay
	[ "${statuses##* }" = 65 ] || { cat dm-*.err; false; }
	grep -q "error 36501 .*row of '$s.t'" dm-sync.err
	grep -q "structure of '$s.t' is not known .*(the statement at .* has changed it since)" dm-relay.err
	down_has "SELECT * FROM $s.u" '1 2;'
}

@test "AT-20: a task that was refused goes on once operate-schema has given the structure" {
	alters maria
	task_file "$s" <<-END
		task-mode: incremental
		meta-schema: m_$s
		$(target down)
		mysql-instances:
		- {source-id: maria, block-allow-list: mine, meta: {binlog-name: ${at%:*}, binlog-pos: ${at##*:}}}
		block-allow-list:
		  mine: {do-dbs: ["$s"]}
	END
	dm operate-source create maria.yaml >/dev/null
	dm start-task "$s.yaml" >/dev/null
	wait_until 60 '[ "$(stage)" = Paused ]'
	[[ "$(message)" == *"the log does not say what its columns are called"* ]]
	echo "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT) DEFAULT CHARSET=utf8mb4" >t.sql
	dm operate-schema set -s maria "$s" -d "$s" -t t t.sql >/dev/null
	dm resume-task "$s" >/dev/null
	down_has "SELECT id, a, b FROM $s.t ORDER BY id" '1 10 20;2 11 21;3 12 22;4 13 23;'
}
