#!/usr/bin/env bats
# The driver's commands beside the life of a task, on real servers: relay logs, start at a time, hosts and their leases, what
# query-status shows of each unit. Upstream one is MySQL, read by places, upstream two MySQL, read by GTIDs; downstream is MariaDB.
# shellcheck disable=SC2016,SC2119,SC2120 # conditions of wait_until are evaluated there

setup_file() {
	load lib
	start_servers one=mysql two=mysql down=mariadb
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
	source_file one one
	source_file two two 'enable-gtid: true'
	dm operate-source create one.yaml two.yaml >/dev/null
	local up
	for up in one two; do
		sql $up "CREATE DATABASE $s CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; CREATE TABLE $s.$up (id INT PRIMARY KEY, v VARCHAR(20))"
	done
	write_task all
}

teardown() {
	[ -n "${s:-}" ] || return 0
	touch open	# who holds a table lets go
	local home
	for home in "$DM_HOME" "$PWD/at-a" "$PWD/at-b"; do
		[ -d "$home/tasks" ] || continue
		DM_HOME=$home dm query-status "$s" | grep -E 'stage|Message' || :	# shown where the test failed
		DM_HOME=$home dm stop-relay -s one -s two >/dev/null 2>&1 || :
		DM_HOME=$home dm stop-task "$s" >/dev/null 2>&1 || :
	done
}

# write_task MODE [LINE ...]: of both sources; lines come behind those of source one.
write_task() {
	task_file "$s" <<-END
		task-mode: $1
		$(target down)
		mysql-instances:
		- {source-id: one, block-allow-list: mine}
		- {source-id: two, block-allow-list: mine}
		block-allow-list:
		  mine: {do-dbs: ["$s"]}
		${2:-}
	END
}

dmq() {
	dm "$@" >/dev/null
}

# stage SOURCE: "Running Sync"
stage() {
	dm query-status "$s" | jq -r ".sources[] | select(.sourceStatus.source == \"$1\").subTaskStatus[0] | .stage + \" \" + .unit"
}

# relay SOURCE FILTER: what jq finds in the status of its relay log.
relay() {
	dm query-status "$s" | jq -r ".sources[] | select(.sourceStatus.source == \"$1\").sourceStatus.relayStatus | $2"
}

sync_of() {
	dm query-status "$s" | jq -r ".sources[] | select(.sourceStatus.source == \"$1\").subTaskStatus[0].sync | $2"
}

wait_sync() {
	wait_until 60 '[ "$(stage one)" = "Running Sync" ] && [ "$(stage two)" = "Running Sync" ]'
}

assert_equal() {
	assert_same_table one down "$s.one"
	assert_same_table two down "$s.two"
}

# down_count TABLE N: waits until it has so many rows.
down_count() {
	wait_until 60 '[ "$(sql down "SELECT COUNT(*) FROM $s.'"$1"'" 2>/dev/null)" = '"$2"' ]'
}

task_status() {
	dm query-status | jq -r ".tasks[] | select(.taskName == \"$s\").taskStatus"
}

@test "a relay log is kept, read, paused and stopped, and the task goes on with every change" {
	sql one "INSERT INTO $s.one VALUES (1, 'whole')"
	dmq start-task "$s.yaml"
	wait_sync
	wait_until 30 '[ "$(relay one .)/$(sync_of one .binlogType)" = null/remote ]'
	run_tool dm start-relay -s one -s two
	assert_status 0
	[ "$(jq -c '[.sources[] | .source, .result]' out)" = '["one",true,"two",true]' ]
	wait_until 60 '[ "$(relay one .stage)/$(relay two .stage)" = Running/Running ]'
	wait_until 60 '[ "$(sync_of one .binlogType)/$(sync_of two .binlogType)" = local/local ]'
	sql one "INSERT INTO $s.one VALUES (2, 'by relay'); FLUSH BINARY LOGS; INSERT INTO $s.one VALUES (3, 'by relay')"
	sql two "INSERT INTO $s.two VALUES (2, 'by relay'); FLUSH BINARY LOGS; INSERT INTO $s.two VALUES (3, 'by relay')"
	down_count one 3
	down_count two 2
	wait_until 60 '[ "$(sync_of one .synced)/$(sync_of two .synced)" = true/true ]'
	wait_until 60 '[ "$(relay one .relayCatchUpMaster)" = true ] && [ "$(relay one .masterBinlog)" = "$(relay one .relayBinlog)" ]'
	[ "$(relay two .masterBinlogGtid)" = "$(sql two 'SELECT @@global.gtid_executed')" ]
	run_tool dm start-relay -s one
	assert_status 69

	# While it is paused, what it has is read; the task says why nothing more comes.
	dmq pause-relay -s one
	[ "$(relay one .stage)" = Paused ]
	[[ "$(task_status)" == "Error - Relay status is Paused."* ]]
	sql one "INSERT INTO $s.one VALUES (4, 'later')"
	dmq resume-relay -s one
	down_count one 4
	[ "$(task_status)" = Running ]
	run_tool dm resume-relay -s one
	assert_status 69

	# A relay log that was killed is told, and goes on.
	kill -KILL "$(cut -d' ' -f1 "$DM_HOME/relays/two/pid")"
	wait_until 30 '[[ "$(task_status)" == "Error - Relay status is Error."* ]]'
	dmq resume-relay -s two
	sql two "INSERT INTO $s.two VALUES (4, 'later')"
	down_count two 3

	run_tool dm operate-source stop one
	assert_status 69
	run_tool dm operate-source update one.yaml
	assert_status 69
	dmq stop-relay -s one -s two
	[ "$(relay one .)" = null ]
	sql one "UPDATE $s.one SET v = 'from the source' WHERE id = 1"
	sql two "UPDATE $s.two SET v = 'from the source' WHERE id = 2"
	wait_until 60 '[ "$(sql down "SELECT (SELECT COUNT(*) FROM $s.one WHERE v LIKE \"from%\") + (SELECT COUNT(*) FROM $s.two WHERE v LIKE \"from%\")")" = 2 ]'
	wait_sync
	wait_until 30 '[ "$(sync_of one .binlogType)/$(sync_of two .binlogType)" = remote/remote ]'
	assert_equal
	run_tool dm stop-relay -s one
	assert_status 69
}

# The logs of the relay log of source one.
kept_logs() {
	find "$DM_HOME/relays/one/relay-dir" -name 'mysql-bin.*' -printf '%f\n' | sort
}

@test "a new relay log starts with what a paused task needs, and nothing is purged that one needs" {
	# As DM has it in the source file.
	dmq operate-source stop two
	source_file two two 'enable-gtid: true' 'enable-relay: true'
	dmq operate-source create two.yaml
	wait_until 60 '[ "$(dm query-status -s two | jq -r ".sources[0].sourceStatus.relayStatus.stage")" = Running ]'
	dmq stop-relay -s two

	dmq start-task "$s.yaml" -s one
	wait_until 60 '[ "$(stage one)" = "Running Sync" ]'
	sql one "INSERT INTO $s.one VALUES (0, 'first')"
	down_count one 1
	dmq pause-task "$s"
	local last
	sql one "INSERT INTO $s.one VALUES (1, 'a'); FLUSH BINARY LOGS; INSERT INTO $s.one VALUES (2, 'b'); FLUSH BINARY LOGS; INSERT INTO $s.one VALUES (3, 'c')"
	last=$(sql one 'SHOW BINARY LOG STATUS' | cut -f1)

	dmq start-relay -s one
	wait_until 60 '[ -s "$DM_HOME/relays/one/relay.json" ] && kept_logs | grep -qxF "'"$last"'"'
	[ "$(kept_logs | wc -l)" -ge 3 ]
	run_tool dm purge-relay -s one
	assert_status 64
	run_tool dm purge-relay -s one -f "$last"
	assert_status 0
	jq -r '.sources[0].msg' out | grep -qF "a checkpoint needs them, task '$s'" || fail "no word of the checkpoint"
	[ "$(kept_logs | wc -l)" -ge 3 ]

	dmq resume-task "$s" -s one
	down_count one 4
	wait_until 60 '[ "$(sync_of one .binlogType)/$(sync_of one .synced)" = local/true ]'
	grep -q 'syncing from the relay log' "$DM_HOME/tasks/$s/one/log"
	run ! grep -q 'reading from the source' "$DM_HOME/tasks/$s/one/log"
	dmq pause-task "$s"
	dmq purge-relay -s one -f "$last"
	[ "$(kept_logs)" = "$last" ]
	run_tool dm purge-relay -s one -f mysql-bin.999999
	assert_status 69

	# A place that the relay log no longer has is read from the source.
	dm-meta checkpoint set "${last%.*}.000001:4" -c "$s.yaml" -s one
	sql one "INSERT INTO $s.one VALUES (4, 'd')"
	dmq resume-task "$s" -s one
	down_count one 5
	grep -q 'reading from the source' "$DM_HOME/tasks/$s/one/log"
	assert_same_table one down "$s.one"
}

# at HOST COMMAND ...: another host has a folder of its own.
at() {
	local host=$1

	shift
	DM_HOST=$host DM_HOME=$PWD/at-$host "$@"
}

# workers: "a bound one,..." as list-member tells them.
workers() {
	at "$1" dm list-member --worker | jq -r '[.members[].worker.workers[] | .name + " " + .stage + " " + .source] | join(",")'
}

@test "a source goes from host to host, which stand by; each change is there once" {
	export DM_HOST=away
	sql one "CREATE TABLE $s.plain (a INT); INSERT INTO $s.plain VALUES (0)"
	local host
	for host in a b; do
		at $host dm operate-source create one.yaml two.yaml >/dev/null
	done
	at a dm start-task "$s.yaml" -s one >/dev/null
	wait_until 60 '[ "$(DM_HOME=$PWD/at-a stage one)" = "Running Sync" ] && [ "$(workers a)" = "a bound one" ]'
	at b dm start-task "$s.yaml" -s one >/dev/null
	wait_until 30 'DM_HOME=$PWD/at-b dm query-status "$s" | grep -qF "is worked on by process"'
	[ "$(workers b)" = "a bound one,b free " ]
	sql one "INSERT INTO $s.plain VALUES (1)"

	run_tool at a dm transfer-source one b
	assert_status 0
	[ "$(workers a)" = "b bound one,a free " ]
	[ "$(DM_HOME=$PWD/at-a stage one)" = "Paused Sync" ]
	sql one "INSERT INTO $s.plain VALUES (2)"
	down_count plain 3

	# Taken back while the other one runs: that one stops before its next commit, and stands by.
	sql one "INSERT INTO $s.plain VALUES (3)"
	run_tool at a dm transfer-source one a
	assert_status 0
	sql one "INSERT INTO $s.plain VALUES (4)"
	down_count plain 5
	wait_until 30 '[ "$(DM_HOME=$PWD/at-a stage one)" = "Running Sync" ]'
	[ "$(workers b)" = "a bound one,b free " ]

	# One that stops lets go of it, for the one that stands by.
	at a dm stop-task "$s" >/dev/null
	wait_until 60 '[ "$(workers b)" = "b bound one" ]'
	sql one "INSERT INTO $s.plain VALUES (5)"
	down_count plain 6
	assert_same_table one down "$s.plain"
	run_tool at b dm transfer-source nothing a
	assert_status 78
	run_tool at b dm list-member -l -m -n b
	assert_status 0
	[ "$(jq -c '[.members[] | keys[]]' out)" = '["leader","master"]' ]
	at b dm stop-task "$s" >/dev/null
	[ "$(workers b)" = "b free " ]
}

# The upstream's clock, once it shows another second.
next_second() {
	local before

	before=$(sql "$1" 'SELECT UNIX_TIMESTAMP()')
	wait_until 10 '[ "$(sql '"$1"' "SELECT UNIX_TIMESTAMP()")" -gt '"$before"' ]'
}

clock() {
	sql "$1" "SELECT DATE_FORMAT(NOW(), '%Y-%m-%d${2:- }%H:%i:%s')"
}

@test "a task starts at a time, over what is there already, on both kinds of places" {
	local up time n
	write_task incremental
	for n in 1 2 3 4; do
		next_second one
		next_second two
		[ $n -ne 3 ] || time=$(clock two T)
		for up in one two; do
			sql $up "INSERT INTO $s.$up VALUES ($n, 'new'); UPDATE $s.$up SET v = CONCAT(v, ' $n') WHERE id = $((n - 1)); FLUSH BINARY LOGS"
		done
	done
	# Somebody has copied some of it since.
	sql down "CREATE DATABASE $s; CREATE TABLE $s.one (id INT PRIMARY KEY, v VARCHAR(20)); CREATE TABLE $s.two LIKE $s.one;
		INSERT INTO $s.one VALUES (1, 'kept'), (3, 'new 4'), (4, 'odd'); INSERT INTO $s.two VALUES (1, 'kept'), (2, 'new'), (3, 'new')"
	run_tool dm check-task "$s.yaml" --start-time "$time"
	assert_status 0
	run_tool dm start-task "$s.yaml" --start-time "$time"
	assert_status 0
	wait_sync
	down_count one 4
	down_count two 4
	wait_until 60 '[ "$(sync_of one .synced)/$(sync_of two .synced)" = true/true ]'
	for up in one two; do
		[ "$(sql down "SELECT GROUP_CONCAT(CONCAT(id, v) ORDER BY id SEPARATOR ',') FROM $s.$up")" = "1kept,2new 3,3new 4,4new" ]
	done
	sql one "INSERT INTO $s.one VALUES (5, 'live')"
	sql two "INSERT INTO $s.two VALUES (5, 'live')"
	down_count one 5
	down_count two 5
	dmq stop-task "$s"

	# Once more, from the checkpoint back to that time: what was applied is applied again.
	run_tool dm run "$s.yaml" --until caught-up --start-time "$time"
	assert_status 0
	[ "$(sql down "SELECT GROUP_CONCAT(CONCAT(id, v) ORDER BY id SEPARATOR ',') FROM $s.two")" = "1kept,2new 3,3new 4,4new,5live" ]
	dmq stop-task "$s"

	for time in "2000-01-01" "tomorrow" "2026-13-01 00:00:00" "2026-01-01 00:00:00+8" "2038-01-01 00:00:00"; do
		run_tool dm start-task "$s.yaml" --start-time "$time"
		[ "$status" -eq 64 ] || [ "$status" -eq 78 ] || fail "$time: $status"
		[ "$(jq .result out)" = false ]
		[ "$(dm query-status | jq -c .tasks)" = '[]' ]
	done
	write_task all
	run_tool dm start-task "$s.yaml" --start-time "$(clock one)" --remove-meta
	assert_status 78
	assert_out "it has to be loaded first"
}

# The server's place and set, as dm-relay --find-time tells them.
here() {
	case $1 in
	down)	sql down 'SHOW MASTER STATUS' | awk '{ print "place " $1 ":" $2 }'
		sql down "SELECT CONCAT('gtid ', @@gtid_binlog_pos)" ;;
	*)	sql "$1" 'SHOW BINARY LOG STATUS' | awk '{ print "place " $1 ":" $2 }'
		sql "$1" "SELECT CONCAT('gtid ', REPLACE(@@global.gtid_executed, '\n', ''))" ;;
	esac
}

# MariaDB ends its work on an old log in the background, with an event in the new one.
settle_log() {
	[ "$1" = down ] || return 0
	wait_until 30 'file=$(sql down "SHOW MASTER STATUS" | cut -f1) && sql down "SHOW BINLOG EVENTS IN \"$file\"" | grep -q "Binlog_checkpoint.*$file\$"'
}

@test "a time is found in a server's log, on MySQL and MariaDB, whichever zone it is said in" {
	local up time
	sql down "CREATE DATABASE $s; CREATE TABLE $s.down (id INT PRIMARY KEY, v VARCHAR(20))"
	for up in one two down; do
		sql $up "INSERT INTO $s.$up VALUES (1, 'a'); FLUSH BINARY LOGS; INSERT INTO $s.$up VALUES (2, 'b')"
		settle_log $up
		next_second $up
		here $up >want
		time=$(clock $up)
		sql $up "BEGIN; INSERT INTO $s.$up VALUES (3, 'c'), (4, 'd'); COMMIT; ALTER TABLE $s.$up ADD COLUMN w INT; FLUSH BINARY LOGS"
		settle_log $up
		for said in "$time" "${time/ /T}+00:00" "$(date -u -d "$time UTC + 8 hours" '+%Y-%m-%d %H:%M:%S')+0800"; do
			run_tool dm-relay -h 127.0.0.1 -P "$(port $up)" -u root --find-time "$said" </dev/null
			assert_status 0
			[ "$(sed -n '1,2p' out)" = "$(cat want)" ] || fail "$up, '$said': wanted $(cat want)"
			[ "$(sed -n '3s/^end //p' out)" = "$(here $up | sed -n 's/^place //p')" ]
		done
		# What the log began with, and what has not happened since.
		run_tool dm-relay -h 127.0.0.1 -P "$(port $up)" -u root --find-time "2001-01-01 00:00:00" </dev/null
		assert_status 0
		[[ ${lines[0]} == "place mysql-bin.000001:"* ]]
		next_second $up
		run_tool dm-relay -h 127.0.0.1 -P "$(port $up)" -u root --find-time "$(clock $up)" </dev/null
		assert_err "has had no transaction since"
		[ "$(sed -n '1,2p' out)" = "$(here $up)" ]
		sql $up "PURGE BINARY LOGS TO '$(here $up | sed -n 's/^place \(.*\):.*/\1/p')'"
		run_tool dm-relay -h 127.0.0.1 -P "$(port $up)" -u root --find-time "$time" </dev/null
		assert_error 30523
		assert_status 69
	done
}

# What query-status has for source one, as lines "key type"; the places in lists do not count.
shape() {
	dm query-status "$s" -s one | jq -r 'paths as $path | ($path | map(if type == "number" then "[]" else . end) | join(".")) + " " +
		(getpath($path) | type)' | sed 's/^sources\.\[\]\.//; s/^subTaskStatus\.\[\]\./task./' | LC_ALL=C sort -u
}

# What all answers have.
frame='result boolean
msg string
sources array
sources.[] object
sourceStatus object
sourceStatus.source string
sourceStatus.worker string
sourceStatus.result null
subTaskStatus array
subTaskStatus.[] object
task.name string
task.stage string
task.unit string
task.unresolvedDDLLockID string
+task.validation null'

canceled='task.result object
task.result.isCanceled boolean
task.result.errors array
task.result.detail null'

# assert_shape STAGE <LINES: source one is in this stage, and has the frame and these keys, as DM's manual shows them; with a "+" in front
# one that only we have, with a "-" one that we have not. Those are told in dm(1).
assert_shape() {
	local key

	wait_until 60 '[ "$(stage one)" = "'"$1"'" ]'
	{ printf '%s\n' "$frame" && cat; } >lines
	sed -n 's/^[+-]\(.*\.\)\{0,1\}\([A-Za-z]*\) .*/\2/p' lines | while read -r key; do
		sed -n '/^\.Ss What query-status shows/,/^\.S[hs] [^W]/p' "$DM_ROOT/man/dm.1" | grep -qw -e "$key" || fail "dm(1) does not tell of $key"
	done
	sed '/^-/d; s/^+//' lines | LC_ALL=C sort -u >want
	wait_until 30 'shape >got; cmp -s want got' || { diff want got; return 1; }
}

load_keys='task.dump object
task.dump.totalTables string
-task.dump.completedTables string
+task.dump.completedTables number
-task.dump.finishedBytes string
+task.dump.finishedBytes number
-task.dump.finishedRows string
+task.dump.finishedRows number
-task.dump.estimateTotalRows string
+task.dump.estimateTotalRows number
task.dump.progress string
task.dump.bps string
task.load object
task.load.finishedBytes string
task.load.totalBytes string
task.load.progress string
task.load.metaBinlog string
task.load.metaBinlogGTID string
task.load.bps string
+task.load.totalTables string
+task.load.completedTables string
+task.load.estimateTotalRows string
+task.load.finishedRows string'

sync_keys='task.sync object
task.sync.totalEvents string
task.sync.totalTps string
task.sync.recentTps string
task.sync.masterBinlog string
task.sync.masterBinlogGtid string
task.sync.syncerBinlog string
task.sync.syncerBinlogGtid string
task.sync.blockingDDLs array
task.sync.unresolvedGroups array
task.sync.synced boolean
task.sync.binlogType string
task.sync.secondsBehindMaster string
task.sync.totalRows string
task.sync.totalRps string
task.sync.recentRps string
-task.sync.ioTotalBytes string
-task.sync.dumpIOTotalBytes string'

relay_keys='sourceStatus.relayStatus object
sourceStatus.relayStatus.masterBinlog string
sourceStatus.relayStatus.masterBinlogGtid string
sourceStatus.relayStatus.relaySubDir string
sourceStatus.relayStatus.relayBinlog string
sourceStatus.relayStatus.relayBinlogGtid string
sourceStatus.relayStatus.relayCatchUpMaster boolean
sourceStatus.relayStatus.stage string
sourceStatus.relayStatus.result null'

no_relay='sourceStatus.relayStatus null'
well='task.result null'

# hold SCHEMA.TABLE: nobody else comes at it downstream, until let_go.
hold() {
	rm -f open
	{
		echo "LOCK TABLES $1 WRITE;"
		until [ -e open ]; do sleep 0.1; done
	} 3>&- | sql down 3>&- &
	holder=$!
	wait_until 30 '[ -n "$(sql down "SHOW OPEN TABLES FROM '"${1%%.*}"' WHERE In_use > 0")" ]'
}

let_go() {
	: >open
	wait "$holder"
}

@test "query-status: the keys and types of each unit and stage are those of DM's manual, but for what dm(1) tells" {
	sql one "CREATE TABLE $s.part_1 (id INT PRIMARY KEY, v LONGTEXT); CREATE TABLE $s.part_2 LIKE $s.part_1;
		SET cte_max_recursion_depth = 20000; INSERT INTO $s.part_1 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 15000)
		SELECT i, REPEAT('x', 2000) FROM n; ANALYZE TABLE $s.part_1"
	task_file "$s" <<-END
		task-mode: all
		shard-mode: pessimistic
		$(target down)
		mysql-instances:
		- {source-id: one, route-rules: [merge], block-allow-list: mine}
		- {source-id: two, block-allow-list: mine}
		routes:
		  merge: {schema-pattern: "$s", table-pattern: "part_*", target-schema: "$s", target-table: whole}
		block-allow-list:
		  mine: {do-dbs: ["$s"]}
	END
	# The target is held, so that the load waits.
	sql down "CREATE DATABASE IF NOT EXISTS $s; CREATE TABLE $s.whole (id INT PRIMARY KEY, v LONGTEXT)"
	hold "$s.whole"
	dmq start-task "$s.yaml"
	printf '%s\n' "$no_relay" "$well" "$load_keys" | assert_shape "Running Load"
	DM_DRAIN_MAX=1 dmq pause-task "$s" -s one
	printf '%s\n' "$no_relay" "$canceled" "$load_keys" | assert_shape "Paused Load"
	[ "$(dm query-status "$s" -s one | jq -c '.sources[0].subTaskStatus[0].result')" = '{"isCanceled":true,"errors":[],"detail":null}' ]
	let_go
	dmq resume-task "$s" -s one
	dmq start-relay -s one
	printf '%s\n' "$relay_keys" "$well" "$sync_keys" | assert_shape "Running Sync"

	sql one "ALTER TABLE $s.part_1 ADD COLUMN c INT; INSERT INTO $s.part_1 VALUES (0, 'new', 1)"
	printf '%s\n' "$relay_keys" "$well" "$sync_keys" 'task.sync.unresolvedGroups.[] object
task.sync.unresolvedGroups.[].target string
task.sync.unresolvedGroups.[].DDLs array
task.sync.unresolvedGroups.[].DDLs.[] string
+task.sync.unresolvedGroups.[].firstLocation string
task.sync.unresolvedGroups.[].firstPos string
task.sync.unresolvedGroups.[].synced array
task.sync.unresolvedGroups.[].synced.[] string
task.sync.unresolvedGroups.[].unsynced array
task.sync.unresolvedGroups.[].unsynced.[] string' | assert_shape "Running Sync"
	sql one "ALTER TABLE $s.part_2 ADD COLUMN c INT"
	printf '%s\n' "$relay_keys" "$well" "$sync_keys" | assert_shape "Running Sync"
	dmq stop-relay -s one

	sql down "DELETE FROM $s.whole WHERE id = 7"
	sql one "DELETE FROM $s.part_1 WHERE id = 7"
	printf '%s\n' "$no_relay" "$canceled" "$sync_keys" 'task.result.errors.[] object
task.result.errors.[].ErrCode number
task.result.errors.[].ErrClass string
task.result.errors.[].ErrScope string
task.result.errors.[].ErrLevel string
task.result.errors.[].Message string
task.result.errors.[].RawCause string
task.result.errors.[].Workaround string' | assert_shape "Paused Sync"
	[[ "$(task_status)" == "Error - Some error occurred in subtask."* ]]
	dmq stop-task "$s"

	# Before it knows what comes first.
	hold "dm_meta.${s}_lease"
	dmq start-task "$s.yaml" -s one
	printf '%s\n' "$no_relay" "$well" | assert_shape "New InvalidUnit"
	[ "$(task_status)" = New ]
	let_go
	wait_until 60 '[ "$(stage one)" = "Paused Sync" ]'
	dmq stop-task "$s"

	sed -i 's/task-mode: all/task-mode: full/' "$s.yaml"
	sql down "DROP DATABASE $s"
	dm run "$s.yaml" -s one --remove-meta
	printf '%s\n' "$no_relay" "$well" "$load_keys" | assert_shape "Finished Load"
	dm query-status | jq -r '.tasks[0] | to_entries[] | .key + " " + (.value | type)' >got
	[ "$(tr '\n' ' ' <got)" = "taskName string taskStatus string sources array " ]
}
