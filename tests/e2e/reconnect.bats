#!/usr/bin/env bats
# reconnect.bats - dm-relay over connections that break at any byte, and over servers that take each other's place.
# shellcheck disable=SC2154,SC2016 # variables of the helpers, and conditions that they evaluate
# shellcheck disable=SC2030,SC2031 # each test has a shell, and pids, of its own

# my2 and maria2 follow my and maria, under names of logs and with sizes of events of their own.
setup_file() {
	load lib
	local pids=() pid rc worst=0

	start_server my mysql --binlog-row-event-max-size=65536 &
	pids+=($!)
	start_server my2 mysql --log-bin=other-bin --binlog-row-event-max-size=8192 &
	pids+=($!)
	start_server maria mariadb --binlog-row-event-max-size=65536 &
	pids+=($!)
	start_server maria2 mariadb --log-bin=other-bin --binlog-row-event-max-size=8192 --log-slave-updates &
	pids+=($!)
	for pid in "${pids[@]}"; do
		rc=0
		wait "$pid" || rc=$?
		[ "$rc" -eq 0 ] || [ "$rc" -eq 77 ] || worst=1
	done
	[ "$worst" -eq 0 ] && [ ! -e "$BATS_FILE_TMPDIR/missing" ] || return "$worst"
	sql my2 "FLUSH BINARY LOGS; FLUSH BINARY LOGS; CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = $(port my),
		SOURCE_USER = 'root', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1; START REPLICA"
	sql maria2 "FLUSH BINARY LOGS; FLUSH BINARY LOGS; CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = $(port maria),
		MASTER_USER = 'root', MASTER_USE_GTID = slave_pos; START SLAVE"
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	pids=()
}

teardown() {
	local pid

	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || :
	done
}

head_of() {
	case $1 in
	my*) sql "$1" 'SHOW BINARY LOG STATUS' ;;
	*) sql "$1" 'SHOW MASTER STATUS' ;;
	esac | awk '{ print $1 ":" $2 }'
}

gtids_of() {
	case $1 in
	my*) sql "$1" "SELECT REPLACE(@@global.gtid_executed, '\n', '')" ;;
	*) sql "$1" 'SELECT @@global.gtid_binlog_pos' ;;
	esac
}

# follows NAME: its replica has all that it has
follows() {
	wait_until 30 '[ "$(gtids_of '"$1"'2)" = "$(gtids_of '"$1"')" ]'
}

# cutter DIR NAME PLAN ...: a proxy in front of this server, its files in DIR
cutter() {
	mkdir "$1"
	"$servers/cutter" "$1" "$(port "$2")" "${@:3}" 2>"$1/err" 3>&- &
	pids+=($!)
	wait_until 10 '[ -e '"$1"'/port ]'
}

# relay PORT [OPTION ...] <INPUT: what dm-relay says to a client of this port
relay() {
	run_tool dm-relay -h 127.0.0.1 -P "$1" -u root "${@:2}"
}

# Warnings about the connection may stand before the error.
assert_ended_by() {
	tail -n 1 err | grep -q "^dm-relay: error $1 (" || fail "it did not end with error $1"
}

# rows_apart FILE: the stream with one line for each row, without heartbeats the name of the server and the reason of its end
rows_apart() {
	jq -c 'if .type == "heartbeat" then empty
		elif .rows then . as $line | .rows | to_entries[] | $line + { seq: ($line.seq + .key), rows: [.value] }
		else del(.reason, .source) end' "$1"
}

# gtid_source NAME PORT: a source file, $PWD/by-gtid.yaml, for what answers at this port
gtid_source() {
	source_file "$1" by-gtid "enable-gtid: true"
	sed -i "s/port: [0-9]*/port: $2/" by-gtid.yaml
}

# Needs servers that nobody has written to.
@test "AT-07: an upstream without any transaction is read by GTIDs" {
	for name in my maria; do
		[ -z "$(gtids_of $name)" ]
		gtid_source $name "$(port $name)"
		start=$(head_of $name)
		dm-relay -S by-gtid.yaml -s by-gtid <<<'{"type":"snapshot"}' >live 2>live.err 3>&- &
		pids+=($!)
		wait_until 10 'grep -q heartbeat live'
		sql $name "CREATE DATABASE first_of_all; CREATE TABLE first_of_all.t (a INT); INSERT INTO first_of_all.t VALUES (1)"
		wait_until 10 'grep -q "\"rows\":\[\[1\]\]" live'
		kill -TERM "${pids[-1]}"
		wait "${pids[-1]}"
		[ "$(jq -r 'select(.type == "end") | .gtid' live)" = "$(gtids_of $name)" ]
		[ "$(jq -r 'select(.type == "stream") | [.pos, .gtid] | join(" ")' live)" = "$start " ]
		! grep -q "no GTID set is known" live.err
	done
}

@test "AT-06: an empty server is not taken for the one that a place without a set belongs to" {
	start_server my_empty mysql
	gtid_source my_empty "$(port my_empty)"
	run_tool dm-relay -S by-gtid.yaml -s by-gtid --until caught-up <<-END
		{"type":"state","stage":"dm-relay","key":"server","value":"$(server_of my)"}
		{"type":"snapshot","pos":"$(head_of my_empty)"}
	END
	assert_status 69
	assert_ended_by 32512
	assert_no_out
	"$servers/server" stop "$BATS_FILE_TMPDIR/my_empty"
}

# Transactions of many events and of few, between statements and logs. The time stands still, since MariaDB writes it into each event.
make_log() {
	sql "$1" <<-'END'
		SET timestamp = 1700000000;
		DROP DATABASE IF EXISTS cuts;
		CREATE DATABASE cuts;
		USE cuts;
		CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(4000));
		CREATE TABLE b (id INT, v VARCHAR(40));
		INSERT INTO a VALUES (1, 'one');
		BEGIN;
		INSERT INTO a VALUES (2, 'two'), (3, 'three');
		INSERT INTO b SELECT id, v FROM a;
		SAVEPOINT s;
		UPDATE a SET v = REPEAT('x', 4000) WHERE id > 1;
		INSERT INTO a SELECT id + 10 + seq * 100, REPEAT(CHAR(97 + seq), 4000) FROM a,
			(SELECT 0 AS seq UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6) n ORDER BY 1;
		DELETE FROM b WHERE id = 2;
		COMMIT;
		FLUSH BINARY LOGS;
		ALTER TABLE b ADD n INT;
		CREATE TABLE c AS SELECT id, v FROM b;
		UPDATE b SET n = id;
	END
}

# walk NAME MODE START: into the folder NAME.MODE, until each packet was the last one once
walk() {
	local dir=$1.$2

	cutter "$dir" "$1" walk
	dm-relay -h 127.0.0.1 -P "$(cat "$dir/port")" -u root --start "$3" >"$dir/out" 2>"$dir/relay.err" </dev/null 3>&- &
	pids+=($!)
	echo $! >"$dir/pid"
}

walked() {
	local dir=$1.$2

	wait_until 120 'grep -qE "^(27|41) whole" '"$dir"'/cuts || ! kill -0 $(cat '"$dir"'/pid)'
	kill -TERM "$(cat "$dir/pid")"
	wait "$(cat "$dir/pid")" || { cat "$dir/relay.err"; return 1; }
	rows_apart "$dir/out" >"$dir/got"
	dm-relay -q -h 127.0.0.1 -P "$(port "$1")" -u root --start "$3" --until caught-up </dev/null >"$dir/uncut"
	rows_apart "$dir/uncut" >"$dir/want"
	diff "$dir/want" "$dir/got" | cut -c 1-300 | head -n 5
	cmp "$dir/want" "$dir/got"
	# each kind of packet was there, cut in its middle and behind it
	for type in 2 4 15 16 19 "${@:4}"; do
		for how in half whole; do
			grep -q "^$type $how " "$dir/cuts" || fail "no cut of $how a packet of type $type"
		done
	done
	[ "$(wc -l <"$dir/cuts")" -ge 70 ] || fail "only $(wc -l <"$dir/cuts") cuts"
}

@test "AT-04: cut inside and behind each packet of a log, the stream is the same" {
	local places=() sets=()

	for name in my maria; do
		sql $name "CREATE DATABASE IF NOT EXISTS before_cuts"
		places[${#name}]=$(head_of $name) sets[${#name}]=$(gtids_of $name)
		make_log $name
	done
	walk my place "${places[2]}"
	walk my set "${sets[2]}"
	walk maria place "${places[5]}"
	walk maria set "${sets[5]}"
	walked my place "${places[2]}" 33 30 31 32 41
	walked my set "${sets[2]}" 33 30 31 32 41
	walked maria place "${places[5]}" 162 23 24 25 27
	walked maria set "${sets[5]}" 162 23 24 25 27
}

# The transaction that is cut while it comes from NAME goes on at NAME2.
make_big() {
	sql "$1" <<-'END'
		SET timestamp = 1700000000;
		DROP DATABASE IF EXISTS fo;
		CREATE DATABASE fo;
		USE fo;
		CREATE TABLE a (id INT, v VARCHAR(1000));
		CREATE TABLE b (id INT PRIMARY KEY, v VARCHAR(1000));
		INSERT INTO a VALUES (0, 'before');
		BEGIN;
		INSERT INTO a WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT i, REPEAT('ab', 500) FROM n;
		INSERT INTO b SELECT id, v FROM a;
		UPDATE a SET v = CONCAT('u', id) WHERE id > 50;
		DELETE FROM b WHERE id BETWEEN 25 AND 74;
		COMMIT;
		INSERT INTO a VALUES (300, 'behind');
		ALTER TABLE b ADD n INT;
		UPDATE b SET n = id;
	END
}

# fails_over NAME DOWN: cut inside each of the transaction's first events with rows in turn, to read on from NAME2
fails_over() {
	local set start at

	sql "$1" "CREATE DATABASE IF NOT EXISTS before_over"
	set=$(gtids_of "$1") start=$(head_of "$1")
	make_big "$1"
	follows "$1"
	dm-relay -q -h 127.0.0.1 -P "$(port "$1")" -u root --start "$set" --until caught-up </dev/null >uncut
	rows_apart uncut | jq -c 'select(.rows)' >want
	for at in 2 4; do
		rm -rf proxy
		cutter proxy "$1" "rows=$at,$(port "${1}2")" pass
		relay "$(cat proxy/port)" --start "$set" --until caught-up </dev/null
		assert_status 0
		assert_err "goes on where the one with"
		# the same rows under the same numbers; those of the transaction that was cut under the same place, too
		rows_apart out | jq -c 'select(.rows)' >got
		cmp <(jq -c 'del(.pos, .ts)' want) <(jq -c 'del(.pos, .ts)' got)
		grep '"pos":"mysql-bin' got >old
		cmp old <(head -n "$(wc -l <old)" want)
		# nothing of it was sent when its first event was cut, and else all its rows have the old place
		[ "$(wc -l <old)" -eq $((at == 2 ? 1 : 302)) ] || fail "cut at $at: $(wc -l <old) rows with places of the old server; $(cat proxy/cuts)"
		diff <(jq -r 'select(.type == "commit") | .gtid' uncut) <(jq -r 'select(.type == "commit") | .gtid' out)
		diff <(jq -c 'select(.type == "table") | del(.pos)' uncut) <(jq -c 'select(.type == "table") | del(.pos)' out)
		# whose places they are is said before the first of them
		jq -r 'if .type == "state" then "state" elif .type == "commit" then .pos | sub("[.].*"; "") else empty end' out | uniq | paste -sd' ' >order
		grep -q "mysql-bin state other-bin$" order || fail "order of places: $(cat order)"
		[ "$(jq -r 'select(.type == "end") | .pos' out)" = "$(head_of "${1}2")" ]
	done
	rm -rf proxy
	cutter proxy "$1" "rows=3,$(port "${1}2")" pass
	printf '{"type":"snapshot","pos":"%s","gtid":"%s"}\n' "$start" "$set" >document
	source_file "$1" over-1 "enable-gtid: true"
	sed -i "s/port: $(port "$1")/port: $(cat proxy/port)/" over-1.yaml
	sql "$2" "DROP DATABASE IF EXISTS fo; DROP DATABASE IF EXISTS m_over"
	dm-relay -S over-1.yaml -s over-1 --until caught-up <document 2>relay.err | tee out |
		dm-sync -u root --socket "$(socket "$2")" --task over --meta-schema m_over -S over-1.yaml -s over-1 2>sync.err || { cat relay.err sync.err; return 1; }
	assert_same_table "$1" "$2" fo.a
	assert_same_table "$1" "$2" fo.b
	# and from the checkpoint on, in a process of its own
	sql "$1" "INSERT INTO fo.a VALUES (400, 'again')"
	follows "$1"
	dm-meta checkpoint get -u root --socket "$(socket "$2")" --task over --meta-schema m_over -S over-1.yaml -s over-1 >document
	[ "$(jq -r 'select(.type == "state" and .key == "server") | .value' document)" = "$(server_of "${1}2")" ]
	dm-relay -S over-1.yaml -s over-1 --until caught-up <document 2>relay.err |
		dm-sync -u root --socket "$(socket "$2")" --task over --meta-schema m_over -S over-1.yaml -s over-1 2>sync.err || { cat relay.err sync.err; return 1; }
	assert_same_table "$1" "$2" fo.a
}

server_of() {
	case $1 in
	my*) sql "$1" "SELECT CONCAT('server_uuid ', @@server_uuid)" ;;
	*) sql "$1" "SELECT CONCAT('server_id ', @@server_id)" ;;
	esac
}

@test "AT-05: a transaction that is cut goes on at a replica with other names of logs and smaller events: MySQL" {
	fails_over my maria
}

@test "AT-05: a transaction that is cut goes on at a replica with other names of logs and smaller events: MariaDB" {
	fails_over maria my
}

@test "a replica that has not got all that was read is waited for, and in the end refused" {
	for name in my maria; do
		stop="STOP REPLICA" start="START REPLICA"
		[ $name = my ] || stop="STOP SLAVE" start="START SLAVE"
		sql $name "CREATE DATABASE IF NOT EXISTS slow; CREATE TABLE IF NOT EXISTS slow.t (a INT)"
		follows $name
		sql ${name}2 "$stop"
		set=$(gtids_of $name) theirs=$(gtids_of ${name}2)
		sql $name "INSERT INTO slow.t VALUES (1); INSERT INTO slow.t VALUES (2), (3); INSERT INTO slow.t VALUES (4)"
		relay "$(port ${name}2)" --start "$(gtids_of $name)" </dev/null
		assert_status 69
		assert_ended_by 32511
		assert_err "$(gtids_of $name)"
		assert_err "$theirs"
		rm -rf proxy
		cutter proxy $name "rows=2,$(port ${name}2)" pass
		dm-relay -h 127.0.0.1 -P "$(cat proxy/port)" -u root --start "$set" --until caught-up </dev/null >live 2>live.err 3>&- &
		pids+=($!)
		wait_until 10 'grep -q lacks live.err'
		sql ${name}2 "$start"
		wait "${pids[-1]}" || { cat live.err; return 1; }
		[ "$(jq -c 'select(.rows) | .rows' live | paste -sd' ')" = "[[1]] [[2],[3]] [[4]]" ]
	done
}

own() {
	relay "$(port "$1")" -S own-1.yaml -s own-1 "${@:2}"
}

@test "AT-06: a place is not taken for one of another server, over a connection that breaks and in a process of its own" {
	for name in my maria; do
		sql $name "DROP DATABASE IF EXISTS own; CREATE DATABASE own; CREATE TABLE own.t (a INT)"
		down=maria
		[ $name = my ] || down=my
		sql $down "DROP DATABASE IF EXISTS own; DROP DATABASE IF EXISTS m_own; CREATE DATABASE own; CREATE TABLE own.t (a INT)"
		place=$(head_of $name) set=$(gtids_of $name)
		sql $name "INSERT INTO own.t VALUES (1); INSERT INTO own.t VALUES (2)"
		follows $name
		# the connection
		rm -rf proxy
		cutter proxy $name "rows=2,$(port ${name}2)" pass
		relay "$(cat proxy/port)" --start "$place" </dev/null
		assert_status 69
		assert_ended_by 32512
		assert_err "$(server_of $name)"
		assert_err "$(server_of ${name}2)"
		assert_err "dm-meta checkpoint set"
		# the process
		source_file $name own-1
		sync=(-u root --socket "$(socket $down)" --task own --meta-schema m_own -S own-1.yaml -s own-1)
		printf '{"type":"snapshot","pos":"%s","gtid":"%s"}\n' "$place" "$set" >document
		own $name --until caught-up <document
		dm-sync "${sync[@]}" <out
		dm-meta checkpoint get "${sync[@]}" >document
		[ "$(jq -r 'select(.type == "state") | .value' document)" = "$(server_of $name)" ]
		own $name --until caught-up <document
		assert_status 0
		own ${name}2 --until caught-up <document
		assert_status 69
		assert_ended_by 32512
		assert_err "$(jq -r 'select(.type == "snapshot") | .pos' document)"
		assert_no_out
		# a way out
		gtid_source $name "$(port ${name}2)"
		run_tool dm-relay -S by-gtid.yaml -s by-gtid --until caught-up <document
		assert_status 0
		# and the other one: the task is moved, by the tool or by hand
		dm-meta checkpoint set "$(head_of ${name}2)" "${sync[@]}"
		dm-meta checkpoint get "${sync[@]}" >document
		[ "$(jq -r 'select(.type == "state") | .value' document)" = "" ]
		sql $name "INSERT INTO own.t VALUES (3)"
		follows $name
		own ${name}2 --until caught-up <document
		assert_status 0
		[ "$(jq -r 'select(.type == "state") | .value' out)" = "$(server_of ${name}2)" ]
		dm-sync "${sync[@]}" <out
		assert_same_table $name $down own.t
		own $name --until caught-up < <(dm-meta checkpoint get "${sync[@]}")
		assert_ended_by 32512
		here=$(head_of $name)
		sql $down "UPDATE m_own.own_syncer_checkpoint SET binlog_name = '${here%:*}', binlog_pos = ${here#*:} WHERE is_global = 1"
		own $name --until caught-up < <(dm-meta checkpoint get "${sync[@]}")
		assert_status 0
		[ "$(jq -r 'select(.type == "state") | .value' out)" = "$(server_of $name)" ]
	done
}

@test "a connection that falls silent is a lost one" {
	sql maria "DROP DATABASE IF EXISTS mute; CREATE DATABASE mute; CREATE TABLE mute.t (a INT)"
	start=$(head_of maria)
	sql maria "BEGIN; INSERT INTO mute.t VALUES (1); UPDATE mute.t SET a = 2; INSERT INTO mute.t VALUES (3); COMMIT"
	cutter proxy maria silent=2 pass
	relay "$(cat proxy/port)" --start "$start" --until caught-up </dev/null
	assert_status 0
	assert_err "not even a heartbeat for"
	[ "$(jq -c 'select(.rows) | [.seq, .rows]' out | paste -sd' ')" = "[0,[[1]]] [1,[[[1],[2]]]] [2,[[3]]]" ]
}

@test "AT-07: GTIDs that are needed and purged are an error of its own that names both sets" {
	for name in my maria; do
		follows $name
		set=$(gtids_of $name)
		sql $name "CREATE DATABASE IF NOT EXISTS gone; CREATE TABLE IF NOT EXISTS gone.t (a INT); INSERT INTO gone.t VALUES (1); FLUSH BINARY LOGS"
		follows $name
		new=$(head_of $name)
		wait_until 30 'sql $name "PURGE BINARY LOGS TO '"'${new%:*}'"'"; [ "$(sql $name "SHOW BINARY LOGS" | head -n 1 | cut -f 1)" = "${new%:*}" ]'
		relay "$(port $name)" --start "$set" </dev/null
		assert_status 69
		assert_ended_by 32510
		assert_err "$set"
		assert_err "$(gtids_of $name)"
		assert_err "migrate the data again"
		# who starts now has what was purged in his set
		gtid_source $name "$(port $name)"
		run_tool dm-relay -S by-gtid.yaml -s by-gtid --until caught-up <<<'{"type":"snapshot"}'
		assert_status 0
		assert_json 1 .gtid "\"$(gtids_of $name)\""
	done
}

# From here on the replicas do not follow any more.

@test "AT-07: transactions without a GTID among those that have one pass by place, and stop a start by GTIDs" {
	sql my "DROP DATABASE IF EXISTS mix; CREATE DATABASE mix; CREATE TABLE mix.t (a INT); SET GLOBAL gtid_mode = ON_PERMISSIVE"
	start=$(head_of my) set=$(gtids_of my)
	sql my "INSERT INTO mix.t VALUES (1); SET gtid_next = 'ANONYMOUS'; INSERT INTO mix.t VALUES (2); SET gtid_next = 'AUTOMATIC'; INSERT INTO mix.t VALUES (3);
		SET gtid_next = '$(sql my 'SELECT @@server_uuid'):1000'; INSERT INTO mix.t VALUES (4)"
	sql my "SELECT @@global.gtid_mode, @@global.gtid_executed" >modes
	printf '{"type":"snapshot","pos":"%s","gtid":"%s"}\n' "$start" "$set" >document
	relay "$(port my)" --until caught-up <document
	assert_status 0
	jq -r 'if .rows then "row \(.rows[0][0])" elif .type == "commit" then (if .gtid then "gtid" else "none" end) else empty end' out | paste -sd' ' >seen
	grep -qE "row 2 none.*row 4 gtid" seen || fail "$(cat seen modes)"
	assert_json '$' .gtid "\"$(gtids_of my)\""
	[ "$(gtids_of my)" != "$set" ]
	relay "$(port my)" --start "$set" </dev/null
	assert_status 69
	assert_ended_by 10511
	assert_err "ON_PERMISSIVE"
	sql my "SET GLOBAL gtid_mode = ON"
	relay "$(port my)" --start "$set" </dev/null
	assert_status 69
	assert_ended_by 10512
	assert_err "nonymous"
	[ "$(jq -c 'select(.rows) | .rows[0][0]' out | paste -sd' ')" != "1 3 4" ]
}

# forced NAME GTID VALUE ...: one transaction of this GTID, a statement for each value
forced() {
	local gtid=$2 value statements=''

	for value in "${@:3}"; do
		statements+="INSERT INTO mix.t VALUES ($value);"
	done
	sql "$1" "SET server_id = 1, gtid_domain_id = ${gtid%%-*}, gtid_seq_no = ${gtid##*-}; BEGIN; $statements COMMIT"
}

# Both maria and maria2 have a table mix.t, the same transactions, and nothing to do with each other.
part_ways() {
	[ "$(sql maria2 "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'mix'")" -eq 0 ] || return 0
	sql maria "CREATE DATABASE mix; CREATE TABLE mix.t (a INT)"
	follows maria
	sql maria2 "STOP SLAVE"
}

@test "a server that has another transaction first ends the stream, to be read again from the checkpoint" {
	part_ways
	set=$(gtids_of maria)
	forced maria 7-1-1 1 2
	forced maria 8-1-1 3
	forced maria2 8-1-1 3
	forced maria2 7-1-1 1 2
	cutter proxy maria "rows=2,$(port maria2)" pass
	relay "$(cat proxy/port)" --start "$set" </dev/null
	assert_status 75
	assert_ended_by 30521
	assert_err 7-1-1
	assert_err 8-1-1
	[ "$(jq -c 'select(.rows) | .rows' out)" = "[[1]]" ]
	relay "$(cat proxy/port)" --start "$set" --until caught-up </dev/null
	[ "$(jq -c 'select(.rows) | .rows' out | paste -sd' ')" = "[[3]] [[1],[2]]" ]
}

# The server died before the transaction was on its disk, and gives its number away again.
@test "a transaction of the same GTID with other rows is not taken for the one that was cut" {
	part_ways
	set=$(gtids_of maria)
	forced maria 9-1-2 1 2 3
	forced maria2 9-1-2 1 4 3
	cutter proxy maria "rows=3,$(port maria2)" pass
	relay "$(cat proxy/port)" --start "$set" </dev/null
	assert_status 65
	assert_ended_by 30522
	assert_err "the first 2 row changes"
	[ "$(jq -c 'select(.rows) | .rows' out | paste -sd' ')" = "[[1],[2]]" ]
}

@test "a log that was begun anew under a cut transaction is noticed" {
	sql maria "RESET MASTER; DROP DATABASE IF EXISTS mix; CREATE DATABASE mix; CREATE TABLE mix.t (a INT)"
	start=$(head_of maria)
	sql maria "BEGIN; INSERT INTO mix.t VALUES (1); INSERT INTO mix.t VALUES (2); COMMIT"
	cutter proxy maria rows=2,1 pass	# nobody listens at port 1
	echo "CREATE TABLE mix.t (a INT)" >mix.sql	# so that nothing else reads the log through the proxy
	dm-relay -h 127.0.0.1 -P "$(cat proxy/port)" -u root --start "$start" --schema mix.sql </dev/null >out 2>err 3>&- &
	pids+=($!)
	wait_until 10 '[ -s proxy/cuts ]'
	sql maria "RESET MASTER; DROP DATABASE IF EXISTS mix; CREATE DATABASE mix; CREATE TABLE mix.t (a INT); SET gtid_seq_no = 100; INSERT INTO mix.t VALUES (1)"
	cp "$BATS_FILE_TMPDIR/maria/port" proxy/target
	status=0
	wait "${pids[-1]}" || status=$?
	assert_status 65
	assert_ended_by 30522
	[ "$(jq -c 'select(.rows) | .rows' out)" = "[[1]]" ]
}
