#!/usr/bin/env bats
# relay-dir.bats - relay logs: pulled byte for byte over crashes, read while they grow, purged but for what readers need.
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
	# Another server, or a log that was begun anew, makes nothing of it equal: each test has a relay log of its own.
	for name in maria my; do
		source_file $name $name
	done
}

teardown() {
	local pid

	for pid in ${pids-}; do
		kill -CONT "$pid" 2>/dev/null || :
		kill -9 "$pid" 2>/dev/null || :
	done
	[ ! -d full ] || umount full 2>/dev/null || :
	[ ! -e "$BATS_FILE_TMPDIR/second/kind" ] || "$servers/server" stop "$BATS_FILE_TMPDIR/second"
}

# pull NAME [OPTION ...]: into the folder NAME.relay
pull() {
	run_tool dm-relay --pull --relay-dir "$1.relay" -S "$1.yaml" -s "$1" "${@:2}" </dev/null
}

# in_background OUT [ARGUMENT ...]: a dm-relay; $pid, files OUT and OUT.err
in_background() {
	dm-relay "${@:2}" >"$1" 2>"$1.err" </dev/null 3>&- &
	pid=$!
	pids="${pids-} $pid"
}

# newest NAME: the sub-directory that is written
newest() {
	echo "$1.relay/$(tail -n 1 "$1.relay/server-uuid.index")"
}

# head_of NAME: the place of the log now
head_of() {
	if [ "$1" = my ]; then
		sql my 'SHOW BINARY LOG STATUS'
	else
		sql "$1" 'SHOW MASTER STATUS'
	fi | awk '{ print $1 ":" $2 }'
}

# begin_anew NAME: an empty log
begin_anew() {
	if [ "$1" = my ]; then
		sql my 'RESET BINARY LOGS AND GTIDS'
	else
		sql "$1" 'RESET MASTER'
	fi
}

# make_table NAME: a.t, empty, and a log that begins with it
make_table() {
	begin_anew "$1"
	sql "$1" 'CREATE DATABASE IF NOT EXISTS a; DROP TABLE IF EXISTS a.t; CREATE TABLE a.t (id INT PRIMARY KEY AUTO_INCREMENT, v LONGTEXT)'
}

# same_logs NAME: each file in the relay log is the server's, but for the mark (byte 22) that it is being written. To the
# newest the server may have added a checkpoint since, on its own.
same_logs() {
	local file diff last bytes=()

	for last in "$(newest "$1")"/mysql-bin.*; do :; done
	for file in "$(newest "$1")"/mysql-bin.*; do
		[ "$file" != "$last" ] || bytes=(-n "$(stat -c %s "$file")")
		diff=$(cmp -l "${bytes[@]}" "$file" "$BATS_FILE_TMPDIR/$1/data/$(basename "$file")" 2>&1 | grep -vE '^ *22 ' || :)
		[ -z "$diff" ] || fail "$1: $file differs: $(head -n 3 <<<"$diff")"
	done
}

# logs NAME: how many the newest sub-directory has
logs() {
	local files

	files=("$(newest "$1")"/mysql-bin.*)
	echo ${#files[@]}
}

# ids FILE: of the rows that a stream inserts
ids() {
	jq -c 'select(.type == "insert") | .rows[][0]' "$1" | paste -sd,
}

@test "a relay log is the upstream's log, byte for byte, from the file that is named on" {
	for name in maria my; do
		make_table $name
		sql $name "INSERT INTO a.t (v) VALUES ('a'), (REPEAT('b', 3000000)); FLUSH LOGS; INSERT INTO a.t (v) VALUES ('c')
			; FLUSH LOGS; FLUSH LOGS; FLUSH LOGS; UPDATE a.t SET v = 'd'"
		pull $name --until caught-up
		assert_status 0
		assert_no_out
		[ "$(ls "$(newest $name)")" = "$(printf 'mysql-bin.000005\nrelay.meta')" ]
		rm -r $name.relay
		echo "relay-binlog-name: mysql-bin.000001" >>$name.yaml
		pull $name --until caught-up --metrics-file m.prom
		for node in master relay; do
			[ "$(sed -n "s/^dm_relay_binlog_file{task=\"\",source_id=\"$name\",node=\"$node\"} //p" m.prom)" = 5 ] || fail "$(cat m.prom)"
			[ "$(sed -n "s/^dm_relay_binlog_pos{.*,node=\"$node\"} //p" m.prom)" = "$(stat -c %s "$(newest $name)/mysql-bin.000005")" ] || fail "$(cat m.prom)"
		done
		[ "$(sed -n 's/^dm_relay_space{.*,type="capacity"} //p' m.prom)" -ge "$(sed -n 's/^dm_relay_space{.*,type="available"} //p' m.prom)" ]
		[ "$(sed -n 's/^dm_relay_space{.*,type="capacity"} //p' m.prom)" = "$(($(stat -f -c '%b * %S' $name.relay)))" ]
		[ "$(ls "$(newest $name)")" = "$(printf 'mysql-bin.00000%s\n' 1 2 3 4 5; echo relay.meta)" ]
		same_logs $name
		[ "$(stat -c %a "$(newest $name)/mysql-bin.000001")" = 600 ]
		grep -qxF "binlog-pos = $(stat -c %s "$(newest $name)/mysql-bin.000005")" "$(newest $name)/relay.meta"
	done
	for file in "$(newest maria)"/mysql-bin.*; do
		mariadb-binlog -v "$file" >text
	done
	grep -q 'UPDATE `a`.`t`' text
	for file in "$(newest my)"/mysql-bin.*; do
		"$("$servers/mysql-get" --cached)/run/mysqlbinlog" --verify-binlog-checksum -v "$file" >text
	done
	grep -q 'UPDATE `a`.`t`' text
}

@test "a relay log starts with the file that holds what follows relay-binlog-gtid" {
	for name in maria my; do
		make_table $name
		sql $name "INSERT INTO a.t VALUES (1, 'a'); FLUSH LOGS; INSERT INTO a.t VALUES (2, 'b')"
		if [ $name = my ]; then set=$(sql my 'SELECT @@global.gtid_executed'); else set=$(sql maria 'SELECT @@global.gtid_binlog_pos'); fi
		sql $name "INSERT INTO a.t VALUES (3, 'c'); FLUSH LOGS; INSERT INTO a.t VALUES (4, 'd')"
		echo "relay-binlog-gtid: \"$set\"" >>$name.yaml
		pull $name --until caught-up
		assert_status 0
		[ "$(ls "$(newest $name)")" = "$(printf 'mysql-bin.00000%s\n' 2 3; echo relay.meta)" ]
		run_tool dm-relay --relay-dir $name.relay --start "$set" --until caught-up </dev/null
		assert_status 0
		[ "$(ids out)" = 3,4 ]
	done
}

@test "AT-46: a newest file that is cut at any byte is mended" {
	for name in maria my; do
		make_table $name
		sql $name "INSERT INTO a.t (v) VALUES ('a'); BEGIN; INSERT INTO a.t (v) VALUES ('b'); INSERT INTO a.t (v) VALUES ('c'); COMMIT"
		pull $name --until caught-up
		sleep 1		# what a server writes behind that on its own
		pull $name --until caught-up
		file=$(newest $name)/mysql-bin.000001
		size=$(stat -c %s "$file")
		cp "$file" whole
		# the last transactions, and the start of the file
		for at in $(seq 0 9 300) $(seq $((size - 400)) $((size - 1))); do
			cp whole "$file"
			truncate -s "$at" "$file"
			pull $name --until caught-up
			assert_status 0
			cmp "$file" whole || fail "cut at $at"
		done
		# bytes that were never written, as a machine that lost its power leaves them
		dd if=/dev/zero of="$file" bs=1 seek=$((size - 100)) count=100 conv=notrunc 2>/dev/null
		pull $name --until caught-up
		cmp "$file" whole
		same_logs $name
	done
}

@test "AT-46: a writer that is killed at random moments goes on where it was" {
	for name in maria my; do
		make_table $name
		echo 'relay-binlog-name: mysql-bin.000001' >>$name.yaml
		(for i in $(seq 60); do
			echo "INSERT INTO a.t (v) VALUES (REPEAT('x', 400000)), ('y');"
			[ $((i % 15)) -ne 0 ] || echo 'FLUSH LOGS;'
		done; echo 'SELECT 1;') >load.sql
		sql $name <load.sql 3>&- &
		load=$!
		for i in $(seq 12); do
			in_background out --pull --relay-dir $name.relay -S $name.yaml -s $name
			sleep "0.$((RANDOM % 40 + 5))"
			kill -9 "$pid"
			wait "$pid" || :
		done
		wait $load
		pull $name --until caught-up
		assert_status 0
		same_logs $name
		[ "$(logs $name)" -eq 5 ]
	done
}

@test "only one writes a relay log, SIGTERM ends it" {
	in_background first --pull --relay-dir maria.relay -S maria.yaml -s maria
	wait_until 10 '[ -e maria.relay/server-uuid.index ]'
	pull maria
	assert_status 75
	assert_error 30511
	kill "$pid"
	wait "$pid"
	[ ! -s first ]
	pull maria --until caught-up
	assert_status 0
}

@test "AT-48: a reader follows its writer over rotations and a restart of the server, and sends what a server sends" {
	for name in maria my; do
		make_table $name
		sql $name "INSERT INTO a.t VALUES (1, 'a')"
		echo 'relay-binlog-name: mysql-bin.000001' >>$name.yaml
		in_background pulled --pull --relay-dir $name.relay -S $name.yaml -s $name
		wait_until 20 '[ -s "$(newest $name)/mysql-bin.000001" ]'
		in_background live --relay-dir $name.relay --start mysql-bin.000001:4 -u root --socket "$(socket $name)"
		reader=$pid
		wait_until 20 '[ "$(ids live)" = 1 ]'
		sql $name "INSERT INTO a.t VALUES (2, 'b'); FLUSH LOGS; FLUSH LOGS; FLUSH LOGS; INSERT INTO a.t VALUES (3, 'c')"
		wait_until 20 '[ "$(ids live)" = 1,2,3 ]'
		restart_server $name
		sql $name "INSERT INTO a.t VALUES (4, 'd')"
		wait_until 40 '[ "$(ids live)" = 1,2,3,4 ]'
		kill_server $name
		restart_server $name
		sql $name "INSERT INTO a.t VALUES (5, 'e')"
		wait_until 40 '[ "$(ids live)" = 1,2,3,4,5 ]'
		[ "$(logs $name)" -eq 6 ]
		grep -q '"heartbeat"' live
		kill "$reader"
		wait "$reader"
		[ -z "$(ls "$name.relay/leases")" ]
		run_tool dm-relay -u root --socket "$(socket $name)" --start mysql-bin.000001:4 --until "$(head_of $name)" </dev/null
		# only a server tells who it is
		diff <(jq -c 'select(.type != "heartbeat" and .type != "stream" and .type != "end") | del(.default)' live) \
			<(jq -c 'select(.type != "heartbeat" and .type != "stream" and .type != "end" and .type != "state")' out)
		[ "$(jq -r 'select(.type == "state") | .key' out)" = server ]
	done
}

@test "a reader starts anywhere: at each transaction, and not between" {
	make_table maria
	sql maria "INSERT INTO a.t VALUES (1, 'a'); INSERT INTO a.t VALUES (2, 'b'); FLUSH LOGS; INSERT INTO a.t VALUES (3, 'c')"
	echo 'relay-binlog-name: mysql-bin.000001' >>maria.yaml
	pull maria --until caught-up
	run_tool dm-relay --relay-dir maria.relay --start mysql-bin.000001:4 --until caught-up </dev/null
	cp out whole
	for place in $(jq -r 'select(.type == "commit") | .pos' whole); do
		run_tool dm-relay --relay-dir maria.relay --start "$place" --until caught-up </dev/null
		assert_status 0
		diff <(grep '"insert"\|"commit"' out) <(grep '"insert"\|"commit"' whole | sed "0,/\"commit\",\"pos\":\"$place\"/d")
	done
	second=$(jq -r 'select(.type == "commit") | .pos' whole | sed -n 2p)
	run_tool dm-relay --relay-dir maria.relay --start mysql-bin.000001:4 --until "$second" </dev/null
	assert_json '$' '[.reason, .pos]' "[\"until\",\"$second\"]"
	for place in mysql-bin.000001:5 mysql-bin.000001:99999; do
		run_tool dm-relay --relay-dir maria.relay --start $place </dev/null
		assert_status 69
		assert_error 30512
	done
	rm "$(newest maria)/mysql-bin.000001"
	run_tool dm-relay --relay-dir maria.relay --start mysql-bin.000001:4 </dev/null
	assert_status 69
	assert_err "'mysql-bin.000001' is not in the relay log, which has 'mysql-bin.000002' to 'mysql-bin.000002'"
}

@test "the end of a file is not the end: a reader waits for the rest of an event" {
	make_table maria
	sql maria "INSERT INTO a.t VALUES (1, 'a'); INSERT INTO a.t VALUES (2, 'b')"
	pull maria --until caught-up
	file=$(newest maria)/mysql-bin.000001
	cp "$file" whole
	truncate -s -100 "$file"
	in_background live --relay-dir maria.relay --start mysql-bin.000001:4
	wait_until 10 '[ "$(ids live)" = 1 ]'
	for n in 60 20 1; do
		head -c -$n whole >"$file.part"
		dd if="$file.part" of="$file" conv=notrunc 2>/dev/null
		rm "$file.part"
		sleep 0.2
	done
	# the writer cuts it and writes it anew
	truncate -s -50 "$file"
	dd if=whole of="$file" conv=notrunc 2>/dev/null
	wait_until 10 '[ "$(ids live)" = 1,2 ]'
	kill "$pid"
	wait "$pid"
	[ "$(tail -n 1 live | jq -r .reason)" = signal ]
}

@test "AT-48: a log that was begun anew stops the writer; --accept-reset goes on, and so does a reader" {
	for name in maria my; do
		make_table $name
		sql $name "INSERT INTO a.t VALUES (1, 'a'); FLUSH LOGS; INSERT INTO a.t VALUES (2, 'b')"
		echo 'relay-binlog-name: mysql-bin.000001' >>$name.yaml
		pull $name --until caught-up
		in_background live --relay-dir $name.relay --start mysql-bin.000001:4
		wait_until 10 '[ "$(ids live)" = 1,2 ]'
		begin_anew $name
		sql $name "INSERT INTO a.t VALUES (3, 'c')"
		pull $name --until caught-up
		assert_status 69
		assert_error 30513
		pull $name --until caught-up --accept-reset
		assert_status 0
		same_logs $name
		[ "$(sed 's/.*[.]//' $name.relay/server-uuid.index | paste -sd,)" = 000001,000002 ]
		wait_until 10 '[ "$(ids live)" = 1,2,3 ]'
		wait_until 10 'grep -q "heartbeat.*mysql-bin|000002.000001:" live'
		kill "$pid"
		# the same names again, longer: not what was kept, and found by its first event
		begin_anew $name
		sql $name "INSERT INTO a.t VALUES (4, REPEAT('d', 10000)); INSERT INTO a.t VALUES (5, 'e')"
		pull $name --until caught-up
		assert_status 69
		assert_error 30513
		run_tool dm-relay --relay-dir $name.relay --start mysql-bin.000001:4 </dev/null
		assert_status 69
		assert_err "say which, as in 'mysql-bin|000002.000001'"
	done
}

@test "another server goes on in a sub-directory of its own, found by GTIDs, and nothing is read twice" {
	start_server second mariadb --log-slave-updates
	make_table maria
	sql maria "INSERT INTO a.t VALUES (1, 'a'); FLUSH LOGS; INSERT INTO a.t VALUES (2, 'b')"
	sql second "RESET MASTER; CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = $(port maria), MASTER_USER = 'root', MASTER_USE_GTID = slave_pos; START SLAVE"
	wait_until 30 '[ "$(sql second "SELECT COUNT(*) FROM a.t" 2>/dev/null)" = 2 ]'
	echo 'relay-binlog-name: mysql-bin.000001' >>maria.yaml
	pull maria --until caught-up
	in_background live --relay-dir maria.relay --start mysql-bin.000001:4
	wait_until 10 '[ "$(ids live)" = 1,2 ]'
	sql second "STOP SLAVE; INSERT INTO a.t VALUES (3, 'c')"
	source_file second maria
	pull maria --until caught-up
	assert_status 0
	[ "$(wc -l <maria.relay/server-uuid.index)" -eq 2 ]
	wait_until 10 '[ "$(ids live)" = 1,2,3 ]'
	kill "$pid"
	# a resume document, and a place that both sub-directories have, with other transactions before it
	place=$(jq -c 'select(.type == "commit" and (.gtid | endswith("-4"))) | {type: "snapshot", pos: .pos, gtid: .gtid, consistent: true}' live | head -n 1)
	run_tool dm-relay --relay-dir maria.relay --until caught-up <<<"$place"
	assert_status 0
	[ "$(ids out)" = 2,3 ]
	run_tool dm-relay --relay-dir maria.relay --until caught-up <<<"${place/-4/-3}"
	assert_status 69
	assert_err "in none of them"
	run_tool dm-relay --relay-dir maria.relay --until caught-up <<<'{"type":"snapshot","pos":"mysql-bin|000002.000001:4","consistent":true}'
	assert_status 0
	[ "$(ids out)" = 1,2,3 ]
}

@test "AT-49: purging leaves what a reader needs, and the newest log" {
	make_table maria
	sql maria "INSERT INTO a.t VALUES (1, 'a'); FLUSH LOGS; INSERT INTO a.t VALUES (2, 'b'); FLUSH LOGS; INSERT INTO a.t VALUES (3, 'c'); FLUSH LOGS; FLUSH LOGS"
	echo 'relay-binlog-name: mysql-bin.000001' >>maria.yaml
	pull maria --until caught-up
	in_background live --relay-dir maria.relay --start mysql-bin.000002:4
	reader=$pid
	wait_until 10 '[ "$(ids live)" = 2,3 ]'
	run_tool dm-relay --relay-dir maria.relay --purge-before mysql-bin.000005 </dev/null
	assert_status 0
	assert_err "a reader needs them, process $reader"
	[ "$(ls "$(newest maria)")" = "$(printf 'mysql-bin.00000%s\n' 2 3 4 5; echo relay.meta)" ]
	# a process that is gone needs nothing
	kill -9 "$reader"
	wait "$reader" || :
	[ -n "$(ls maria.relay/leases)" ]
	run_tool dm-relay --relay-dir maria.relay --purge-before mysql-bin.000004 </dev/null
	assert_status 0
	[ "$(ls "$(newest maria)")" = "$(printf 'mysql-bin.00000%s\n' 4 5; echo relay.meta)" ]
	[ -z "$(ls maria.relay/leases)" ]
	run_tool dm-relay --relay-dir maria.relay --purge-before mysql-bin.000001 </dev/null
	assert_status 69
	# by space, while it pulls: all but the newest
	echo 'purge: {interval: 1, remain-space: 1000000000}' >>maria.yaml
	in_background pulled --pull --relay-dir maria.relay -S maria.yaml -s maria
	wait_until 10 '[ ! -e "$(newest maria)/mysql-bin.000004" ]'
	sleep 1.5
	[ -e "$(newest maria)/mysql-bin.000005" ]
	kill "$pid"
	wait "$pid"
	pull maria --until caught-up
	assert_status 0
	same_logs maria
}

@test "AT-49: purging leaves what a paused task needs, which its checkpoint says" {
	sql my 'DROP DATABASE IF EXISTS a; CREATE DATABASE a; CREATE TABLE a.t (id INT PRIMARY KEY, v LONGTEXT)'
	make_table maria
	sql maria "INSERT INTO a.t VALUES (1, 'a'); FLUSH LOGS; INSERT INTO a.t VALUES (2, 'b'); FLUSH LOGS; INSERT INTO a.t VALUES (3, 'c'); FLUSH LOGS"
	echo 'relay-binlog-name: mysql-bin.000001' >>maria.yaml
	pull maria --until caught-up
	for task in kept new; do
		task_file $task <<-TASK
			task-mode: incremental
			$(target my)
			block-allow-list: {b: {do-tables: [{db-name: a, tbl-name: t}]}}
			filters: {no-ddl: {schema-pattern: "*", events: [all ddl], action: Ignore}}
			mysql-instances: [{source-id: maria, block-allow-list: b, filter-rules: [no-ddl], meta: {binlog-name: mysql-bin.000001, binlog-pos: 4}}]
		TASK
	done
	sed -i 's/, meta: {[^}]*}//' new.yaml
	purge=(dm-relay --relay-dir maria.relay --purge-before mysql-bin.000004 -S maria.yaml -s maria)
	run_tool "${purge[@]}" --keep-for kept.yaml </dev/null
	assert_status 0
	assert_err "logs from number 1 of sub-directory 000001 on stay: a checkpoint needs them, task 'kept'"
	[ "$(logs maria)" -eq 4 ]
	run_sync kept maria --relay-dir maria.relay --until mysql-bin.000003:4
	run_tool "${purge[@]}" --keep-for kept.yaml --keep-for new.yaml </dev/null
	assert_err "a checkpoint needs them, task 'new', which has no place yet"
	[ "$(logs maria)" -eq 4 ]
	run_tool "${purge[@]}" --keep-for kept.yaml </dev/null
	assert_status 0
	assert_err "a checkpoint needs them, task 'kept'"
	[ "$(ls "$(newest maria)")" = "$(printf 'mysql-bin.00000%s\n' 3 4; echo relay.meta)" ]
	# by space, while it pulls: also where the downstream cannot be asked
	echo 'purge: {interval: 1, remain-space: 1000000000}' >>maria.yaml
	sed 's/port: [0-9]*/port: 1/' kept.yaml >away.yaml
	in_background pulled --pull --relay-dir maria.relay -S maria.yaml -s maria --keep-for away.yaml
	wait_until 10 '[ "$(grep -c "warning: nothing is purged now: .*cannot connect to 127.0.0.1:1" pulled.err)" -ge 2 ]'
	kill "$pid"
	wait "$pid"
	run_sync kept maria --relay-dir maria.relay --until caught-up
	[ "$(sql my 'SELECT GROUP_CONCAT(id ORDER BY id) FROM a.t')" = 1,2,3 ]
	in_background pulled --pull --relay-dir maria.relay -S maria.yaml -s maria --keep-for kept.yaml
	wait_until 10 '[ ! -e "$(newest maria)/mysql-bin.000003" ]'
	kill "$pid"
	wait "$pid"
	run_tool dm-relay --relay-dir maria.relay --keep-for kept.yaml </dev/null
	assert_status 64
}

@test "AT-49: files that are too old go, with the sub-directories that are left empty" {
	make_table maria
	sql maria "FLUSH LOGS; FLUSH LOGS"
	echo 'relay-binlog-name: mysql-bin.000001' >>maria.yaml
	pull maria --until caught-up
	touch -d '-3 hours' "$(newest maria)"/mysql-bin.*
	old=$(newest maria)
	begin_anew maria
	pull maria --until caught-up --accept-reset
	printf 'purge: {interval: 1, expires: 2, remain-space: 0}\n' >>maria.yaml
	in_background pulled --pull --relay-dir maria.relay -S maria.yaml -s maria
	wait_until 10 '[ ! -d "'"$old"'" ]'
	kill "$pid"
	wait "$pid"
	[ "$(sed 's/.*[.]//' maria.relay/server-uuid.index)" = 000002 ]
	pull maria --until caught-up
	assert_status 0
	run_tool dm-relay --relay-dir maria.relay --start mysql-bin.000001:4 --until caught-up </dev/null
	assert_status 0
}

@test "AT-49: a full disk ends the writer with 74; with room it goes on, and no event is torn" {
	mkdir full
	mount -t tmpfs -o size=2m tmpfs full 2>/dev/null || skip "a file system cannot be mounted here"
	for name in maria my; do
		make_table $name
		for i in 1 2 3 4; do
			sql $name "INSERT INTO a.t VALUES ($i, REPEAT('x', 700000))"
		done
		mount -o remount,size=2m full
		ln -sfn "$PWD/full" $name.relay
		echo 'relay-binlog-name: mysql-bin.000001' >>$name.yaml
		pull $name --until caught-up
		assert_status 74
		[ "$(grep -c error err)" -eq 1 ]
		run_tool dm-relay --relay-dir full --start mysql-bin.000001:4 --until caught-up </dev/null
		[ "$status" -eq 0 ] && [[ "$(ids out)" = 1* ]]
		mount -o remount,size=64m full
		pull $name --until caught-up
		assert_status 0
		same_logs $name
		rm -r full/*
	done
}

@test "AT-47: places behind 4 GiB are read and told as they are" {
	sql maria "SET GLOBAL binlog_checksum = NONE"
	make_table maria
	start=$(head_of maria)
	sql maria "INSERT INTO a.t VALUES (1, 'a'); INSERT INTO a.t VALUES (2, 'b'); SET GLOBAL binlog_checksum = CRC32"
	log=$BATS_FILE_TMPDIR/maria/data/${start%:*}
	mkdir -p big.relay/0-1.000001
	echo 0-1.000001 >big.relay/server-uuid.index
	file=big.relay/0-1.000001/${start%:*}
	head -c "${start#*:}" "$log" >"$file"
	for i in $(seq 34); do
		ignorable "$file" $((128 << 20))
	done
	behind=$(stat -c %s "$file")
	tail -c +$((${start#*:} + 1)) "$log" >>"$file"
	run_tool dm-relay --relay-dir big.relay --start "$start" --until caught-up </dev/null
	assert_status 0
	[ "$(ids out)" = 1,2 ]
	[ "$(jq -r 'select(.type == "insert") | .pos' out | head -n 1)" = "${start%:*}:$behind" ]
	place=$(jq -r 'select(.type == "commit") | .pos' out | tail -n 2 | head -n 1)
	run_tool dm-relay --relay-dir big.relay --start "$place" --until caught-up </dev/null
	assert_status 0
	[ "$(ids out)" = 2 ]
}
