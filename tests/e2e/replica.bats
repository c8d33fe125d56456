#!/usr/bin/env bats
# Logs as servers may have them, read as a replica reads: high numbers, more than 4 GiB in a file, files that go while they are needed.
# shellcheck disable=SC2154,SC2016 # variables of the helpers, and conditions that they evaluate

setup_file() {
	load lib
	start_servers maria=mariadb my=mysql
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	for name in maria my; do
		source_file $name $name
	done
}

teardown() {
	[ -z "${pid-}" ] || { kill -CONT "$pid" && kill -9 "$pid"; } 2>/dev/null || :
}

# make_table NAME: a.t, empty, and a log that begins with it
make_table() {
	case $1 in
	my)	sql my 'RESET BINARY LOGS AND GTIDS' ;;
	*)	sql "$1" 'RESET MASTER' ;;
	esac
	sql "$1" 'CREATE DATABASE IF NOT EXISTS a; DROP TABLE IF EXISTS a.t; CREATE TABLE a.t (id INT PRIMARY KEY AUTO_INCREMENT, v LONGTEXT)'
}

# ids FILE: of the rows that a stream inserts
ids() {
	jq -c 'select(.type == "insert") | .rows[][0]' "$1" | paste -sd,
}

# last_log NAME
last_log() {
	sql "$1" 'SHOW BINARY LOGS' | tail -n 1 | cut -f1
}

# executed NAME: what the log holds, as GTIDs
executed() {
	if [ "$1" = my ]; then sql my 'SELECT @@global.gtid_executed'; else sql "$1" 'SELECT @@global.gtid_binlog_pos'; fi
}

relay() {
	run_tool dm-relay -u root --socket "$(socket "$1")" "${@:2}" </dev/null
}

@test "logs are in the order of their numbers: mysql-bin.1000000 follows mysql-bin.999999" {
	for name in maria my; do
		make_table $name
		sql $name "INSERT INTO a.t VALUES (1, 'a')"
		stop_server $name
		data=$BATS_FILE_TMPDIR/$name/data
		mv "$data/mysql-bin.000001" "$data/mysql-bin.999999"
		echo ./mysql-bin.999999 >"$data/mysql-bin.index"
		restart_server $name
		[ "$(last_log $name)" = mysql-bin.1000000 ]
		sql $name "INSERT INTO a.t VALUES (2, 'b'); FLUSH LOGS; INSERT INTO a.t VALUES (3, 'c')"
		relay $name --start mysql-bin.999999:4 --until caught-up
		assert_status 0
		[ "$(ids out)" = 1,2,3 ]
		cp out whole
		relay $name --start mysql-bin.999999:4 --until mysql-bin.1000000:4
		[ "$(ids out)" = 1 ]
		echo 'relay-binlog-name: mysql-bin.999999' >>$name.yaml
		run_tool dm-relay --pull --relay-dir $name.relay -S $name.yaml -s $name --until caught-up </dev/null
		assert_status 0
		run_tool dm-relay --relay-dir $name.relay --start mysql-bin.999999:4 --until caught-up </dev/null
		[ "$(ids out)" = 1,2,3 ]
		# the newest is the one of the highest number when it goes on, too
		sql $name "INSERT INTO a.t VALUES (4, 'd')"
		run_tool dm-relay --pull --relay-dir $name.relay -S $name.yaml -s $name --until caught-up </dev/null
		run_tool dm-relay --relay-dir $name.relay --purge-before mysql-bin.1000000 </dev/null
		assert_status 0
		[ "$(cd $name.relay/*.000001 && ls)" = "$(printf 'mysql-bin.100000%s\n' 0 1; echo relay.meta)" ]
	done
}

@test "a checkpoint passes from mysql-bin.999999 to mysql-bin.1000000, and never back" {
	[ "$(sql maria 'SHOW BINARY LOGS' | head -n 1 | cut -f1)" = mysql-bin.999999 ] || skip "the test before this one makes these logs"
	sql my 'DROP DATABASE a; CREATE DATABASE a; CREATE TABLE a.t (id INT, v LONGTEXT)'
	task_file numbers <<-TASK
		task-mode: incremental
		$(target my)
		block-allow-list: {b: {do-tables: [{db-name: a, tbl-name: t}]}}
		filters: {no-ddl: {schema-pattern: "*", events: [all ddl], action: Ignore}}
		mysql-instances: [{source-id: maria, block-allow-list: b, filter-rules: [no-ddl], meta: {binlog-name: mysql-bin.999999, binlog-pos: 4}}]
	TASK
	for until in mysql-bin.1000000:4 mysql-bin.1000001:4 caught-up; do
		run_sync numbers maria --until $until
		sql my "SELECT CONCAT(binlog_name, ' ', (SELECT COUNT(*) FROM a.t)) FROM dm_meta.numbers_syncer_checkpoint WHERE is_global"
	done >places
	diff places - <<-'END'
		mysql-bin.1000000 1
		mysql-bin.1000001 2
		mysql-bin.1000001 4
	END
}

@test "AT-47: a server's log of more than 4 GiB: MySQL starts behind that by place, MariaDB by GTID and says so" {
	for name in maria my; do
		sql $name "SET GLOBAL binlog_checksum = NONE"
		make_table $name
		sql $name "INSERT INTO a.t VALUES (1, 'a')"
		before=$(executed $name)
		data=$BATS_FILE_TMPDIR/$name/data
		log=$data/mysql-bin.000001
		cut=$(stat -c %s "$log")
		sql $name "INSERT INTO a.t VALUES (2, 'b')"
		middle=$(executed $name)
		sql $name "INSERT INTO a.t VALUES (3, 'c'); FLUSH BINARY LOGS; SET GLOBAL binlog_checksum = CRC32"
		# Between the transactions, 4 GiB that nobody heeds, and that take no room on the disk: the low half of what the
		# events say of their places stays right.
		head -c "$cut" "$log" >big
		for _ in $(seq 32); do
			ignorable big $((128 << 20))
		done
		behind=$(stat -c %s big)
		tail -c +$((cut + 1)) "$log" >>big
		mv big "$log"		# which the server has closed
		relay $name --start "mysql-bin.000001:$behind" --until caught-up
		if [ $name = my ]; then
			assert_status 0
			[ "$(ids out)" = 2,3 ]
			[ "$(jq -r 'select(.type == "insert") | .pos' out | head -n 1)" = "mysql-bin.000001:$behind" ]
		else
			assert_status 69
			assert_error 10511
			assert_err "cannot start at 'mysql-bin.000001:$behind': past 4 GiB the server only takes a GTID as the start"
		fi
		# By GTID a server reads over all that: this takes its time, and is for tests/soak/huge-log.
		[ -n "${HUGE-}" ] || continue
		relay $name --start "$middle" --until caught-up
		assert_status 0
		[ "$(ids out)" = 3 ]
		relay $name --start "$before" --until caught-up
		assert_status 0
		[ "$(ids out)" = 2,3 ]
		[ $name = maria ] || [ "$(jq -r 'select(.type == "insert") | .pos' out | head -n 1)" = "mysql-bin.000001:$behind" ]
	done
}

@test "a log without checksums is read from its midst" {
	for name in maria my; do
		sql $name "SET GLOBAL binlog_checksum = NONE"
		make_table $name
		sql $name "INSERT INTO a.t VALUES (1, 'a')"
		place=$(last_log $name):$(sql $name "SHOW BINARY LOGS" | tail -n 1 | cut -f2)
		set=$(executed $name)
		sql $name "INSERT INTO a.t VALUES (2, 'b'); SET GLOBAL binlog_checksum = CRC32; INSERT INTO a.t VALUES (3, 'c')"
		for start in "$place" "$set"; do
			relay $name --start "$start" --until caught-up
			assert_status 0
			[ "$(ids out)" = 2,3 ]
		done
	done
}

@test "logs that are purged while there is no connection: both places are named, and there is no retry" {
	for name in maria my; do
		make_table $name
		sql $name "INSERT INTO a.t VALUES (1, 'a')"
		dm-relay -u root --socket "$(socket $name)" --start mysql-bin.000001:4 >live 2>live.err </dev/null 3>&- &
		pid=$!
		wait_until 20 '[ "$(ids live)" = 1 ]'
		kill -STOP $pid
		thread=$(sql $name "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'")
		sql $name "KILL $thread"
		sql $name "INSERT INTO a.t VALUES (2, 'b'); FLUSH BINARY LOGS; FLUSH BINARY LOGS"
		newest=$(last_log $name)
		wait_until 20 "sql $name \"PURGE BINARY LOGS TO '$newest'\" && [ \"\$(sql $name 'SHOW BINARY LOGS' | wc -l)\" -eq 1 ]"
		kill -CONT $pid
		status=0
		wait $pid || status=$?
		pid=
		[ "$status" -eq 69 ]
		grep -q "error 10511 .*cannot start at 'mysql-bin.000001:[0-9]*': the server has '$newest' to '$newest'" live.err
	done
}

@test "a log that goes while the server reads it for us: the server's words, as what is gone" {
	for name in maria my; do
		make_table $name
		sql $name "INSERT INTO a.t VALUES (1, REPEAT('x', 4000000)); INSERT INTO a.t VALUES (2, REPEAT('x', 4000000)); FLUSH BINARY LOGS; INSERT INTO a.t VALUES (3, 'b'); FLUSH BINARY LOGS"
		# Who reads is slow, so the server stands in the first file while the second one goes.
		mkfifo pipe-$name
		dm-relay -u root --socket "$(socket $name)" --start mysql-bin.000001:4 >pipe-$name 2>live.err </dev/null 3>&- &
		pid=$!
		exec 4<pipe-$name
		wait_until 20 "[ -n \"\$(sql $name \"SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'\")\" ]"
		mv "$BATS_FILE_TMPDIR/$name/data/mysql-bin.000002" .
		cat <&4 >live
		exec 4<&-
		status=0
		wait $pid || status=$?
		pid=
		mv mysql-bin.000002 "$BATS_FILE_TMPDIR/$name/data/"
		[ "$status" -eq 69 ]
		[ "$(ids live)" = 1,2 ]
		grep -qE "error 10511 .*error (1236|29) .*its oldest binlog was 'mysql-bin.000001'" live.err || fail "$name: $(cat live.err)"
		[ "$(grep -c 'trying again' live.err)" -eq 0 ]
	done
}

# MySQL goes by the uuid that a replica says, and each of ours has its own.
@test "another replica with our server-id: the one that was there ends, to be tried again, and does not hang up on it" {
	local second

	make_table maria
	sql maria "INSERT INTO a.t VALUES (1, 'a')"
	dm-relay -u root --socket "$(socket maria)" --server-id 4712 --start "$(last_log maria):4" >first.ndjson 2>first.err 3>&- &
	pid=$!
	wait_until 30 'grep -qs "\"insert\"" first.ndjson'
	dm-relay -u root --socket "$(socket maria)" --server-id 4712 --start "$(last_log maria):4" >second.ndjson 2>second.err 3>&- &
	second=$!
	wait_until 30 'grep -qs "\"insert\"" second.ndjson'
	status=0
	wait "$pid" || status=$?
	pid=$second
	cp first.err err
	assert_status 75
	assert_error 10514
	sql maria "INSERT INTO a.t VALUES (2, 'b')"
	wait_until 30 '[ "$(ids second.ndjson)" = 1,2 ]'
	kill -TERM "$second"
	wait "$second"
	pid=''
}
