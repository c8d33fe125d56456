#!/usr/bin/env bats
# What happens to several connections that apply a backlog when the server, or somebody else, gets in their way.
# shellcheck disable=SC2154,SC2030,SC2031,SC2034,SC2016,SC2119 # variables of the helpers, and conditions that they evaluate

setup_file() {
	load lib
	start_servers down=mariadb
	start_servers mysql=mysql || rm -f "$BATS_FILE_TMPDIR/missing"
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	load sync
	sync_setup
}

on_mysql() {
	[ -e "$(socket mysql)" ] || skip "there is no MySQL"
	at=mysql
	sql mysql "CREATE DATABASE $db"
}

# rows_of_a N: they are there at both ends.
rows_of_a() {
	simple_table
	seq "$1" | sed 's/.*/INSERT INTO a VALUES (&, "old");/' | { echo "USE $db; BEGIN;"; cat; echo "COMMIT;"; } | sql "$at"
}

# updates N: each of them, in a transaction of its own; the stream is not ended.
updates() {
	head_at x.000001:4
	simple_line
	for n in $(seq "$1"); do
		row update a "x.000001:$((n * 10))" 0 "[[[$n,\"old\"],[$n,\"new\"]]]"
		commit "x.000001:$((n * 10 + 10))"
	done
}

# hold STATEMENT: another session has a transaction open, and goes on with what is written to descriptor 8.
hold() {
	mkfifo hold
	sql "$at" <hold >/dev/null 2>hold.err 7>&- 3>&- &
	holder=$!
	exec 8>hold
	echo "START TRANSACTION; $1;" >&8
	wait_until 10 '[ "$(sql "$at" "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_rows_locked > 0")" -ge 1 ]'
}

blocked() {
	sql "$at" "SELECT id FROM information_schema.processlist WHERE info LIKE 'INSERT INTO \`$db\`.\`a\`%' LIMIT 1"
}

@test "workers wait for a row that somebody holds, over lock timeouts and over a connection that is killed" {
	rows_of_a 200
	sql down "CREATE TABLE $db.held (x INT); SET GLOBAL innodb_lock_wait_timeout = 2"
	hold "UPDATE $db.a SET v = v WHERE id = 77"
	{ updates 200; end x.000001:2010; } >stream
	start_sync -j 4 --batch 10
	cat stream >&7
	wait_until 20 'grep -q "error 1205" err'
	wait_until 20 '[ -n "$(blocked)" ]'
	sql down "KILL $(blocked)"
	wait_until 20 'grep -qE "error (2013|2006|1927|1317)" err'
	exec 8>&-
	sql down "SET GLOBAL innodb_lock_wait_timeout = 50"
	end_sync 0
	has "SELECT v, COUNT(*) FROM $db.a GROUP BY v" 'new 200;'
	has "SELECT COUNT(*) FROM m_$db.${db}_syncer_applied" '0;'
}

@test "a worker that loses a deadlock does its transaction again" {
	rows_of_a 100
	sql down "CREATE TABLE $db.held (x INT)"
	hold "USE $db; INSERT INTO $db.held SELECT seq FROM seq_1_to_2000; UPDATE $db.a SET v = v WHERE id = 45"
	{ updates 100; end x.000001:1010; } >stream
	start_sync -j 2 --batch 50
	cat stream >&7
	wait_until 20 '[ -n "$(blocked)" ]'
	echo "UPDATE $db.a SET v = v WHERE id = 1; COMMIT;" >&8	# which the worker has locked: one of the two has to go
	exec 8>&-
	wait $holder || fail "$(cat hold.err)"
	end_sync 0
	assert_err 'error 1213'
	has "SELECT v, COUNT(*) FROM $db.a GROUP BY v" 'new 100;'
}

@test "workers whose lease was taken stop before their next commit" {
	rows_of_a 200
	sql down "CREATE TABLE $db.held (x INT)"
	hold "UPDATE $db.a SET v = v WHERE id IN (5, 15, 25, 35)"
	updates 200 >stream
	start_sync -j 4 --batch 10
	cat stream >&7
	wait_until 20 '[ -n "$(blocked)" ]'
	sql down "UPDATE m_$db.${db}_lease SET owner = 'somebody:1:1@else'"
	exec 8>&-
	wait_until 20 'grep -q "error 24502" err'
	end_sync 75
	has "SELECT v, COUNT(*) FROM $db.a WHERE id IN (5, 15, 25, 35) GROUP BY v" 'old 4;'
	sql down "DELETE FROM m_$db.${db}_lease"
	end x.000001:2010 >>stream
	synced -j 4 --batch 10 <stream
	has "SELECT v, COUNT(*) FROM $db.a GROUP BY v" 'new 200;'
}

@test "the server is killed and comes back while workers are at it" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, v VARCHAR(20)); CREATE TABLE $db.k (x INT)"
	{
		head_at x.000001:4
		simple_line
		table k 'x:int(11)'
		awk -v db="$db" 'BEGIN {
			for (n = 1; n <= 20000; n++) {
				printf "{\"type\":\"insert\",\"schema\":\"%s\",\"table\":\"a\",\"pos\":\"x.000001:%d\",\"seq\":0,\"ts\":1,\"rows\":[[%d,\"a\"]]}\n", db, n * 10, n
				printf "{\"type\":\"insert\",\"schema\":\"%s\",\"table\":\"k\",\"pos\":\"x.000001:%d\",\"seq\":1,\"ts\":1,\"rows\":[[%d]]}\n", db, n * 10, n
				printf "{\"type\":\"commit\",\"pos\":\"x.000001:%d\",\"ts\":1}\n", n * 10 + 10
			} }'
		end x.000001:200010
	} >stream
	start_sync -j 4 --batch 20
	cat stream >&7 3>&- &
	wait_until 20 'has_now "SELECT COUNT(*) > 100 FROM $db.a" "1;"'
	kill_server down
	wait_until 20 'grep -q "trying again" err'
	restart_server down
	end_sync 0
	has "SELECT COUNT(*) FROM $db.a" '20000;'
	has "SELECT COUNT(*), COUNT(DISTINCT x) FROM $db.k" '20000 20000;'
}

# read_only ON OFF OPTION...: what makes the server refuse, and what ends that.
read_only() {
	local on=$1 off=$2

	shift 2
	rows_of_a 200
	start_sync "$@" -j 4 --batch 10
	updates 100 >&7
	wait_until 20 'has_now "SELECT COUNT(*) FROM $db.a WHERE v = '"'new'"'" "100;"'
	sql "$at" "$on"
	updates 200 | tail -n +203 >&7
	wait_until 20 'grep -qE "error (1290|1836)" err'
	row insert a x.000001:2010 0 '[[201,"last"]]' >&7
	commit x.000001:2020 >&7
	kill -0 "$pid" || fail "it is gone: $(cat err)"
	sql "$at" "$off"
	ddl 'create table' b x.000001:2020 'CREATE TABLE b (x INT)' "{\"default_schema\":\"$db\"}" >&7
	commit x.000001:2030 >&7
	end x.000001:2030 >&7
	end_sync 0
	has "SELECT v, COUNT(*) FROM $db.a GROUP BY v ORDER BY v" 'last 1;new 200;'
}

@test "a server that takes no writes for a while is waited for" {
	sql down "CREATE USER $db@'%'; GRANT ALL ON $db.* TO $db@'%'; GRANT ALL ON \`m\\_$db\`.* TO $db@'%'"
	read_only "SET GLOBAL read_only = 1" "SET GLOBAL read_only = 0" -u "$db"
}

@test "the same on MySQL" {
	on_mysql
	read_only "SET GLOBAL super_read_only = 1" "SET GLOBAL super_read_only = 0; SET GLOBAL read_only = 0"
}

@test "rows that fit a packet each, and not together, are changed one by one" {
	sql down "USE $db; CREATE TABLE $db.a (id INT PRIMARY KEY, v LONGTEXT); INSERT INTO $db.a SELECT seq, 'old' FROM seq_1_to_20"
	packet=$(sql down "SELECT @@max_allowed_packet")
	sql down "SET GLOBAL max_allowed_packet = 1048576"
	{
		head_at x.000001:4
		table a 'id:int(11)' 'v:longtext' PRIMARY=id
		for n in $(seq 20); do	# each quote takes two bytes in a statement
			v=$(head -c $((n % 2 ? 255000 : 275000)) /dev/zero | tr '\0' "'")
			printf '{"type":"update","schema":"%s","table":"a","pos":"x.000001:%d","seq":0,"rows":[[[%d,"old"],[%d,"%s"]]]}\n' \
				"$db" $((n * 10)) "$n" "$n" "$v"
			commit "x.000001:$((n * 10 + 10))"
		done
		end x.000001:210
	} >stream
	sync -vv -j 2 --batch 5 <stream
	sql down "SET GLOBAL max_allowed_packet = $packet"
	assert_status 0
	assert_err 'row by row'
	has "SELECT COUNT(*), SUM(LENGTH(v)) FROM $db.a WHERE v LIKE '''%'" '20 5300000;'
}

@test "triggers downstream see each change as it was made upstream, and in its order" {
	sql down "USE $db; CREATE TABLE a (id INT PRIMARY KEY, u INT, v INT, UNIQUE KEY (u)); CREATE TABLE b (id INT PRIMARY KEY, v INT);
		CREATE TABLE seen (n INT AUTO_INCREMENT PRIMARY KEY, t CHAR(1), what VARCHAR(50));
		INSERT INTO a SELECT seq, seq, 0 FROM seq_1_to_100; INSERT INTO b SELECT seq, 0 FROM seq_1_to_100"
	for t in a b; do
		for when in BEFORE AFTER; do	# a REPLACE, or a row that is new or changed, fires the ones before it
			sql down "USE $db; CREATE TRIGGER ${t}_i$when $when INSERT ON $t FOR EACH ROW INSERT INTO seen (t, what) VALUES ('$t', CONCAT('$when insert ', NEW.id, ' ', NEW.v));
				CREATE TRIGGER ${t}_u$when $when UPDATE ON $t FOR EACH ROW INSERT INTO seen (t, what) VALUES ('$t', CONCAT('$when update ', NEW.id, ' ', NEW.v));
				CREATE TRIGGER ${t}_d$when $when DELETE ON $t FOR EACH ROW INSERT INTO seen (t, what) VALUES ('$t', CONCAT('$when delete ', OLD.id, ' ', OLD.v))"
		done
	done
	{
		head_at x.000001:4
		table a 'id:int(11)' 'u:int(11)' 'v:int(11)' PRIMARY=id u_u=u
		table b 'id:int(11)' 'v:int(11)' PRIMARY=id
		for n in $(seq 100); do
			row update b "x.000001:$((n * 10))" 0 "[[[$n,0],[$n,1]]]"
			row update b "x.000001:$((n * 10))" 1 "[[[$n,1],[$n,2]]]"
			row update a "x.000001:$((n * 10))" 2 "[[[$n,$n,0],[$n,$((n + 500)),1]]]"
			row insert b "x.000001:$((n * 10))" 3 "[[$((n + 500)),3]]"
			row delete b "x.000001:$((n * 10))" 4 "[[$((n + 500)),3]]"
			for what in "b update $n 1" "b update $n 2" "a update $n 1" "b insert $((n + 500)) 3" "b delete $((n + 500)) 3"; do
				echo "${what%% *} BEFORE ${what#* }" >>want
				echo "${what%% *} AFTER ${what#* }" >>want
			done
			commit "x.000001:$((n * 10 + 10))"
		done
		end x.000001:1010
	} >stream
	synced -j 4 --batch 10 <stream
	for t in a b; do
		diff <(grep "^$t " want) <(sql down "SELECT t, what FROM $db.seen WHERE t = '$t' ORDER BY n" | tr '\t' ' ') >differs ||
			fail "triggers of $t saw something else: $(head differs)"
	done
	has "SELECT COUNT(*), SUM(v), SUM(u) FROM $db.a" '100 100 55050;'
}
