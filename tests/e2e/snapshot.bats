#!/usr/bin/env bats
# The one moment of a dump: under write load, with commits that hang, with DDL meanwhile, by each --consistency, from both servers.
# shellcheck disable=SC2154,SC2016,SC2034 # variables of the helpers, and for them; back quotes in SQL

setup_file() {
	load lib
	start_servers up=mariadb down=mariadb my=mysql
	[ -e "$BATS_FILE_TMPDIR/missing" ] || {
		sql my "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'"
		restart_server my --rpl-semi-sync-source-timeout=600000
	}
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
}

teardown() {
	sql my "SET GLOBAL rpl_semi_sync_source_enabled = 0"	# what hangs would hang the others too
	sql up "SET GLOBAL rpl_semi_sync_master_enabled = 0"
}

# dump FROM SCHEMA [OPTION ...]
dump() {
	dm-dump -h 127.0.0.1 -P "$(port "$1")" -u root -B "$2" "${@:3}"
}

# bank FROM SCHEMA: two tables whose sum never changes, and a list without a key of what was done.
bank() {
	sql "$1" "CREATE DATABASE $2 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; USE $2; CREATE TABLE a (id INT PRIMARY KEY, v BIGINT, pad CHAR(200)); CREATE TABLE b LIKE a; CREATE TABLE done (n INT)"
	seq 1 3000 | sed 's/.*/(&,100,"x"),/; 1s/^/INSERT INTO a VALUES /; $s/,$/;/' | { echo "USE $2;"; cat; } | sql "$1"
	sql "$1" "USE $2; INSERT INTO b SELECT * FROM a; ANALYZE TABLE a, b" >/dev/null
}

# start_transfers FROM SCHEMA [KEYED]: two sessions at full speed, until stop_transfers.
start_transfers() {
	local w

	rm -f stop
	writers=()
	for w in 1 2; do
		(while [ ! -e stop ]; do
			echo "BEGIN; SET @n = FLOOR(RAND() * 100); SET @i = 1 + FLOOR(RAND() * 1500); SET @j = 1 + FLOOR(RAND() * 1500);
				UPDATE $2.a SET v = v - @n WHERE id = 2 * @i - $((w - 1)); ${3:-INSERT INTO $2.done VALUES ($w)}; UPDATE $2.b SET v = v + @n WHERE id = 2 * @j - $((w - 1)); COMMIT;"
		done | sql "$1") 3>&- 8>&- &
		writers+=($!)
	done
	wait_until 10 "[ \"\$(sql $1 'SELECT SUM(v) FROM $2.a')\" != 300000 ]"
}

stop_transfers() {
	touch stop
	wait "${writers[@]}"
}

# load_and_follow FROM SCHEMA: stream.ndjson into down, then the changes behind its place: nothing is missing, nothing is doubled.
load_and_follow() {
	source_file "$1" "s-$2"
	task_file "t_$2" <<-END
		task-mode: incremental
		$(target down)
		mysql-instances: [{source-id: s-$2, block-allow-list: l}]
		block-allow-list: {l: {do-dbs: [$2]}}
	END
	sql down "DROP DATABASE IF EXISTS $2; DROP DATABASE IF EXISTS dm_meta"
	dm-load -h 127.0.0.1 -P "$(port down)" -u root --task "t_$2" -s "s-$2" <stream.ndjson 2>dm-load.err || fail "$(cat dm-load.err)"
	run_sync "t_$2" "s-$2" --until caught-up
	assert_same_table "$1" down "$2.a"
	assert_same_table "$1" down "$2.b"
	assert_same_table "$1" down "$2.done"
}

sum_of_stream() {
	jq -c 'select(.type == "insert" and .table != "done") | .rows[][1]' stream.ndjson | awk '{ s += $1; n++ } END { print n, s }'
}

# moments FROM SCHEMA WAY ...: under load each sees one sum; the first one's place is looked at, too.
moments() {
	local how

	bank "$1" "$2"
	for how in "${@:3}"; do
		start_transfers "$1" "$2"
		dump "$1" "$2" -t 4 --rows 400 -s "s-$2" --consistency "$how" >stream.ndjson 2>err || fail "$how: $(cat err)"
		stop_transfers
		[ "$(sum_of_stream)" = '6000 600000' ] || fail "$how: $(sum_of_stream)"
		grep -q 'nothing was locked\|was held for [0-9]* ms' err || fail "$how: $(cat err)"
		[ "$how" != "$3" ] || load_and_follow "$1" "$2"
	done
}

@test "AT-34: dumps from MariaDB under transfers: one sum, and changes from its place on lead to what is there" {
	moments up bank_up lock auto flush
}

@test "AT-34: the same from MySQL" {
	moments my bank_my auto lock
}

@test "AT-34: where snapshots cannot agree, commits are locked out for a moment: MySQL" {
	bank my hard
	# A session that owns a GTID: who is at what cannot be told.
	mkfifo owner
	sql my <owner 3>&- 8>&- &
	exec 8>owner
	echo "SET GTID_NEXT = 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa:1';" >&8
	wait_until 10 "[ -n \"\$(sql my 'SELECT @@global.gtid_owned')\" ]"
	start_transfers my hard
	dump my hard -t 4 --rows 400 -s s-hard >stream.ndjson 2>err
	stop_transfers
	exec 8>&-
	wait $!
	assert_err 'the global read lock was held for'
	[ "$(sum_of_stream)" = '6000 600000' ]
	load_and_follow my hard
}

@test "AT-34: the same on MariaDB (BACKUP STAGE), where a long SELECT does not matter" {
	local reader

	bank up hard
	sql up "SELECT SLEEP(30) FROM hard.a LIMIT 1" 3>&- 8>&- &
	reader=$!
	start_transfers up hard
	# As of a server whose snapshots do not tell their places.
	start_proxy up 'binlog\_snapshot\_%' 'binlog\_nothing_\_%'
	dm-dump -h 127.0.0.1 -P "$(cat proxy/port)" -u root -B hard -t 4 --rows 400 -s s-hard >stream.ndjson 2>err
	stop_proxy
	stop_transfers
	assert_err 'the lock on commits (BACKUP STAGE) was held for'
	[ "$(sum_of_stream)" = '6000 600000' ]
	sql up "SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(30)%'" | sql up
	wait "$reader" || true
	load_and_follow up hard
}

# start_proxy FROM WORDS OTHER: what is said with WORDS through it arrives with OTHER, of the same length.
start_proxy() {
	mkdir proxy
	printf '%s\n' "$2" "$3" >proxy/words
	"$servers/cutter" proxy "$(port "$1")" 3>&- &
	proxy=$!
	wait_until 10 '[ -s proxy/port ]'
}

stop_proxy() {
	kill "$proxy"
	wait "$proxy" || true
}

# hang FROM SCHEMA: a commit that has reached the log and not the tables, until unhang.
hang() {
	case $1 in
	my) sql my "SET GLOBAL rpl_semi_sync_source_enabled = 1" ;;
	up) sql up "SET GLOBAL rpl_semi_sync_master_timeout = 600000; SET GLOBAL rpl_semi_sync_master_wait_point = 'AFTER_SYNC'; SET GLOBAL rpl_semi_sync_master_enabled = 1" ;;
	esac
	sql "$1" "INSERT INTO $2.done VALUES (77)" 3>&- 8>&- &
	hanging=$!
	wait_until 10 "sql $1 'SHOW PROCESSLIST' | grep -qi 'waiting for semi-sync'"
	[ "$(sql "$1" "SELECT COUNT(*) FROM $2.done")" -eq 0 ]
}

unhang() {
	case $1 in
	my) sql my "SET GLOBAL rpl_semi_sync_source_enabled = 0" ;;
	up) sql up "SET GLOBAL rpl_semi_sync_master_enabled = 0" ;;
	esac
	wait "$hanging"
}

@test "AT-34: a commit that hangs between log and tables (AFTER_SYNC) is not lost: MySQL" {
	local how pid file pos gtid

	bank my stall
	hang my stall
	run_tool dump my stall --consistency none --lock-wait 1 </dev/null
	assert_status 75
	assert_error 32561
	run_tool dump my stall --lock-wait 1 </dev/null
	assert_status 75
	assert_error 32004
	unhang my
	for how in auto none; do
		sql my "TRUNCATE TABLE stall.done"
		hang my stall
		dump my stall -s s-stall --consistency "$how" >stream.ndjson 2>err 3>&- 8>&- &
		pid=$!
		# It has looked at the log, and waits.
		wait_until 20 "sql my 'SELECT 1 FROM performance_schema.events_statements_history WHERE SQL_TEXT LIKE \"%gtid_owned%\" AND THREAD_ID IN (SELECT THREAD_ID FROM performance_schema.threads WHERE PROCESSLIST_ID <> CONNECTION_ID()) LIMIT 1' | grep -q 1"
		unhang my
		wait $pid || fail "$how: $(cat err)"
		[ "$(jq -c 'select(.type == "insert" and .table == "done") | .rows' stream.ndjson)" = '[[77]]' ] || fail "$how: $(cat err)"
		# Nobody else writes: the place is the end of the log. (That of the window is from before the commit was done.)
		read -r file pos gtid <<<"$(sql my 'SHOW BINARY LOG STATUS' | awk '{ print $1, $2, $NF }')"
		[ "$(jq -r 'select(.type == "snapshot") | .pos' stream.ndjson)" = "$file:$pos" ] || fail "$how: place"
		[ "$how" = none ] || [ "$(jq -r 'select(.type == "snapshot") | .gtid' stream.ndjson)" = "${gtid//\\n/}" ] || fail "$how: GTIDs"
	done
	load_and_follow my stall
}

@test "AT-34: the same from MariaDB, whose snapshots know their own place" {
	local how

	bank up stall
	for how in auto none; do
		sql up "TRUNCATE TABLE stall.done"
		hang up stall
		dump up stall -s s-stall --consistency "$how" --lock-wait 1 >stream.ndjson 2>err || fail "$how: $(cat err)"
		unhang up
		[ "$(jq -c 'select(.type == "insert" and .table == "done") | .rows' stream.ndjson)" = '' ]
		load_and_follow up stall
		[ "$(sql down "SELECT COUNT(*) FROM stall.done")" -eq 1 ]
	done
	# By a lock it waits for that commit, and lets others through when it gives up.
	start_proxy up 'binlog\_snapshot\_%' 'binlog\_nothing_\_%'
	sql up "TRUNCATE TABLE stall.done"
	hang up stall
	run_tool dm-dump -h 127.0.0.1 -P "$(cat proxy/port)" -u root -B stall --lock-wait 1 </dev/null
	unhang up
	stop_proxy
	assert_status 75
	assert_error 32004
	assert_err 'no lock on commits (BACKUP STAGE) within 1 s'
}

@test "AT-34: --consistency none under load: safe mode up to the second place makes the window whole" {
	local from

	for from in up my; do
		bank "$from" "window_$from"
		sql "$from" "USE window_$from; DROP TABLE done; CREATE TABLE done (n INT PRIMARY KEY AUTO_INCREMENT, w INT)"
		start_transfers "$from" "window_$from" "INSERT INTO window_$from.done (w) VALUES (1)"
		dump "$from" "window_$from" -t 8 --rows 400 -s "s-window_$from" --consistency none >stream.ndjson 2>err
		stop_transfers
		[ "$(jq -c 'select(.type == "snapshot") | [.consistent, .pos != null, .pos_end != null]' stream.ndjson)" = '[false,true,true]' ]
		run ! grep -q 'lock\|held' err
		load_and_follow "$from" "window_$from"
	done
}

# open_gate FROM: from now on rows for which GET_LOCK is asked wait, until close_gate.
open_gate() {
	mkfifo gate
	sql "$1" <gate 3>&- 8>&- >/dev/null &
	gate=$!
	exec 8>gate
	echo "SELECT GET_LOCK('gate', 0);" >&8
	wait_until 10 "[ \"\$(sql $1 \"SELECT IS_USED_LOCK('gate') IS NOT NULL\")\" = 1 ]"
}

close_gate() {
	exec 8>&-
	wait "$gate"
	rm gate
}

# wait_at_gate FROM N
wait_at_gate() {
	wait_until 20 "[ \"\$(sql $1 'SHOW PROCESSLIST' | grep -c 'User lock')\" -ge $2 ]"
}

# changed_meanwhile FROM SCHEMA STATEMENT ...: each fails the dumps of every way, which have read a part and wait.
changed_meanwhile() {
	local statement how n pids

	sql "$1" "CREATE DATABASE $2_x; CREATE DATABASE $2; USE $2; CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a VALUES (1)"
	for statement in "${@:3}"; do
		sql "$1" "USE $2; DROP TABLE IF EXISTS z, old, $2_x.other; CREATE TABLE z (id INT PRIMARY KEY, v INT); INSERT INTO z VALUES (1, 1), (2, 2)"
		[[ $statement != RENAME* ]] || wait_until 5 "[ \"\$(sql $1 \"SELECT create_time < NOW() FROM information_schema.tables WHERE table_schema = '$2' AND table_name = 'z'\")\" = 1 ]"
		sql "$1" "CREATE TABLE $2_x.other (id INT PRIMARY KEY, v INT); INSERT INTO $2_x.other VALUES (1, 1)"
		open_gate "$1"
		pids=() n=0
		for how in flush lock auto none; do
			dump "$1" "$2" -t 1 --consistency "$how" --where "GET_LOCK('gate', 60) = 1 AND RELEASE_LOCK('gate') = 1" >"stream.$how" 2>"err.$how" 3>&- 8>&- &
			pids+=($!)
			wait_at_gate "$1" $((n += 1))
		done
		sql "$1" "USE $2; SET lock_wait_timeout = 5; $statement" || fail "$statement"
		close_gate
		n=0
		for how in flush lock auto none; do
			status=0
			wait "${pids[n++]}" || status=$?
			[ "$status" -eq 75 ] || fail "$how, $statement: status $status, $(cat "err.$how")"
			grep -q 'error 32501 .*`z`' "err.$how" || fail "$how, $statement: $(cat "err.$how")"
			run ! grep -q '"type":"end"' "stream.$how"
		done
	done
}

@test "AT-36: a table that is altered, truncated, dropped or replaced by another fails each dump: MariaDB" {
	changed_meanwhile up turn 'TRUNCATE TABLE z' 'ALTER TABLE z DROP COLUMN v' 'DROP TABLE z' 'RENAME TABLE z TO old, turn_x.other TO z'
}

@test "AT-36: the same of MySQL" {
	changed_meanwhile my turn 'TRUNCATE TABLE z' 'ALTER TABLE z DROP COLUMN v' 'DROP TABLE z' 'RENAME TABLE z TO old, turn_x.other TO z'
}

@test "AT-36: a table that was read may be changed while others are dumped; with --block-ddl none may" {
	local from pid n

	for from in up my; do
		sql "$from" "CREATE DATABASE free; USE free; CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a VALUES (1); CREATE TABLE z LIKE a; INSERT INTO z VALUES (1), (2)"
		open_gate "$from"
		dump "$from" free -t 1 --where "GET_LOCK(IF(id < 2, 'mine', 'gate'), 60) = 1" >stream.ndjson 2>err 3>&- 8>&- &
		pid=$!
		wait_at_gate "$from" 1
		sql "$from" "SET lock_wait_timeout = 5; ALTER TABLE free.a ADD COLUMN v INT; INSERT INTO free.a VALUES (2, 2)"
		close_gate
		wait $pid || fail "$from: $(cat err)"
		open_gate "$from"
		dump "$from" free -t 1 --block-ddl --where "GET_LOCK(IF(id < 2, 'mine', 'gate'), 60) = 1" >stream.ndjson 2>err 3>&- 8>&- &
		pid=$!
		wait_at_gate "$from" 1
		sql "$from" "SET lock_wait_timeout = 1; ALTER TABLE free.z ADD COLUMN v INT" 2>refused && fail "$from: an ALTER came through"
		grep -q 1205 refused
		sql "$from" "INSERT INTO free.z VALUES (9)"
		close_gate
		wait $pid || fail "$from: $(cat err)"
		assert_err 'DDL of others was held up for'
		sql "$from" "SET lock_wait_timeout = 5; ALTER TABLE free.z ADD COLUMN v INT"
	done
}

@test "AT-37: a statement that runs for long keeps the lock away, and others are let through; a schema of meanwhile is not lost" {
	local pid n

	sql my "CREATE DATABASE slow; CREATE TABLE slow.t (id INT PRIMARY KEY); INSERT INTO slow.t VALUES (1); CREATE TABLE slow.n (n INT)"
	open_gate my
	sql my "SELECT id, GET_LOCK('gate', 100) FROM slow.t" >/dev/null 3>&- 8>&- &
	wait_at_gate my 1
	run_tool dump my slow --consistency flush --lock-wait 1 </dev/null
	assert_status 75
	assert_error 32004
	grep -q "connection [0-9]* of 'root' runs a statement for [0-9]* s" err
	run ! grep -q 'GET_LOCK' err
	dm-dump --socket "$(socket my)" -u root -f 'slow.*,late.*' --consistency flush >stream.ndjson 2>err 3>&- 8>&- &
	pid=$!
	wait_until 10 "grep -q 'waiting for the global read lock' err"
	sql my "SET lock_wait_timeout = 20; CREATE DATABASE late; CREATE TABLE late.t (id INT PRIMARY KEY); INSERT INTO late.t VALUES (5)"
	close_gate
	wait $pid || fail "$(cat err)"
	[ "$(jq -c 'select(.type == "insert" and .schema == "late") | .rows' stream.ndjson)" = '[[5]]' ]
	grep -q 'the global read lock was held for [0-9]* ms' err
}

@test "AT-37: the lock is not held for longer than --lock-time" {
	sql up "CREATE DATABASE plain; CREATE TABLE plain.m (id INT PRIMARY KEY) ENGINE=MyISAM; INSERT INTO plain.m VALUES (1)"
	open_gate up
	run_tool dump up plain --lock-time 1 --where "GET_LOCK('gate', 60) = 1" </dev/null
	assert_status 69
	assert_error 32504
	sql up "SET lock_wait_timeout = 2; INSERT INTO plain.m VALUES (2)"	# it is gone
	close_gate
	# Also where the server itself does not answer: the place is asked under the lock.
	start_proxy up 'SHOW MASTER STATUS' 'DO SLEEP(9)       '
	run_tool dm-dump -h 127.0.0.1 -P "$(cat proxy/port)" -u root -B plain --lock-time 1 </dev/null
	stop_proxy
	assert_status 69
	assert_error 32504
	assert_err 'the global read lock is held for 1 s'
	sql up "SET lock_wait_timeout = 2; INSERT INTO plain.m VALUES (3)"
}

@test "what an account may not do is done in another way, or told" {
	sql my "CREATE DATABASE few; CREATE TABLE few.t (id INT PRIMARY KEY); INSERT INTO few.t VALUES (1); CREATE USER few@'127.0.0.1' IDENTIFIED BY 'x';
		GRANT SELECT, LOCK TABLES, REPLICATION CLIENT ON *.* TO few@'127.0.0.1'"
	echo x >password
	chmod 600 password
	run_tool dm-dump -h 127.0.0.1 -P "$(port my)" -u few --password-file password -B few </dev/null
	assert_status 0
	assert_err 'nothing was locked'
	run_tool dm-dump -h 127.0.0.1 -P "$(port my)" -u few --password-file password -B few --consistency flush </dev/null
	assert_status 69
	assert_err 'grant RELOAD'
	run_tool dm-dump -h 127.0.0.1 -P "$(port my)" -u few --password-file password -B few --block-ddl </dev/null
	assert_status 69
	assert_error 32562
	sql up "CREATE DATABASE few; CREATE TABLE few.t (id INT PRIMARY KEY); INSERT INTO few.t VALUES (1); CREATE USER few@'127.0.0.1' IDENTIFIED BY 'x';
		GRANT SELECT, LOCK TABLES, BINLOG MONITOR ON *.* TO few@'127.0.0.1'"
	run_tool dm-dump -h 127.0.0.1 -P "$(port up)" -u few --password-file password -B few </dev/null
	assert_status 0
	assert_err 'BINLOG ADMIN'
	run_tool dump up few --consistency snapshot </dev/null
	assert_status 69
	assert_error 32560
}

# No TiDB runs here: what it would be asked is told by a MariaDB that says that it is one, which gets the variable under another name.
@test "TiDB: each connection reads as of one timestamp, and nothing is locked" {
	local pos

	start_server ti mariadb --version=8.0.11-TiDB-v7.5.0 --log-output=TABLE --general-log=1
	sql ti "CREATE DATABASE tidb; CREATE TABLE tidb.t (id INT PRIMARY KEY); INSERT INTO tidb.t VALUES (1), (2); CREATE TABLE tidb.u LIKE tidb.t; INSERT INTO tidb.u VALUES (3)"
	start_proxy ti 'SESSION tidb_snapshot' '@tidb_snapshot_______'
	sql ti "TRUNCATE TABLE mysql.general_log"
	dm-dump -h 127.0.0.1 -P "$(cat proxy/port)" -u root -B tidb -t 2 >stream.ndjson 2>err || fail "$(cat err)"
	pos=$(jq -r 'select(.type == "snapshot") | .pos' stream.ndjson)
	[ "$(jq -c 'select(.type == "snapshot") | .consistent' stream.ndjson)" = true ]
	[ "$(jq -c 'select(.type == "insert") | .rows' stream.ndjson | sort | tr '\n' ' ')" = '[[1],[2]] [[3]] ' ]
	sql ti "SELECT argument FROM mysql.general_log WHERE command_type = 'Query'" >asked
	[ "$(grep -c "^SET @tidb_snapshot_* = '${pos##*:}'\$" asked)" -eq 3 ]
	run ! grep -qi 'LOCK\|FLUSH\|START TRANSACTION\|SAVEPOINT' asked
	sql ti "TRUNCATE TABLE mysql.general_log"
	run_tool dm-dump -h 127.0.0.1 -P "$(cat proxy/port)" -u root -B tidb -t 1 --snapshot '2026-01-31 23:59:59' </dev/null
	assert_status 0
	# 1769903999 s, in ms, and 18 bits
	[ "$(sql ti "SELECT COUNT(*) FROM mysql.general_log WHERE argument LIKE 'SET @tidb\_snapshot\_% = \'463969713913856000\''")" -eq 2 ]
	run_tool dm-dump -h 127.0.0.1 -P "$(cat proxy/port)" -u root -B tidb --snapshot yesterday </dev/null
	assert_status 64
	run_tool dm-dump -h 127.0.0.1 -P "$(cat proxy/port)" -u root -B tidb --consistency flush </dev/null
	assert_status 69
	assert_error 32560
	stop_proxy
}
