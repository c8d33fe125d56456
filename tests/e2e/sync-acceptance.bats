#!/usr/bin/env bats
# The acceptance scenarios of applying changes that no other file has: whole pipelines between real servers.
#
# By hand: ROWS=10000000 for the big transaction, CRASHES=500 for kills; SEED=N repeats a run's choices.
# shellcheck disable=SC2154,SC2030,SC2031,SC2034,SC2016 # variables of the helpers, and conditions that they evaluate

setup_file() {
	local pid pids rc

	load lib
	# Rows events of a KiB: a statement of some rows takes many.
	start_server up mariadb --binlog-row-event-max-size=1024 &
	pids=($!)
	start_server my_up mysql --binlog-row-event-max-size=1024 &
	pids+=($!)
	start_server folds mariadb --lower-case-table-names=1 &
	pids+=($!)
	start_server down mariadb &
	pids+=($!)
	start_server my_down mysql --gtid-mode=OFF --enforce-gtid-consistency=OFF &	# takes MyISAM
	pids+=($!)
	for pid in "${pids[@]}"; do
		rc=0
		wait "$pid" || rc=$?
		[ $rc -eq 0 ] || [ $rc -eq 77 ]
	done
	rm -f "$BATS_FILE_TMPDIR/missing"	# tests of MySQL skip
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	db=t$BATS_TEST_NUMBER
	RANDOM=${SEED:=$RANDOM}
	echo "SEED=$SEED"
}

need() {
	for server; do
		[ -e "$(socket "$server")" ] || skip "there is no MySQL"
	done
}

both() {
	sql "$up" "$1"
	sql "$down" "$1"
}

# begin UP DOWN SQL: the same tables at both ends, and a place to start from.
begin() {
	up=$1 down=$2
	both "CREATE DATABASE $db CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci; USE $db; $3"
	read -r log pos _ < <(sql "$up" 'SHOW MASTER STATUS' 2>/dev/null || sql "$up" 'SHOW BINARY LOG STATUS')
	gtid=$(sql "$up" 'SELECT @@gtid_binlog_pos' 2>/dev/null || sql "$up" 'SELECT @@gtid_executed')
	[ "$(sql "$up" "SELECT @@gtid_domain_id" 2>/dev/null)" ] || gtid=$(sql "$up" 'SELECT @@gtid_executed')
}

# task BY-GTID [LINE ...]: more lines for the task file.
task() {
	source_file "$up" s "enable-gtid: $1"
	{
		echo 'task-mode: incremental'
		echo "meta-schema: m_$db"
		target "$down"
		echo "mysql-instances: [{source-id: s, meta: {binlog-name: $log, binlog-pos: $pos, binlog-gtid: \"$gtid\"}, block-allow-list: b${instance:+, $instance}}]"
		printf '%s\n' "block-allow-list: {b: {do-dbs: [\"$db\"]}}" "${@:2}"
	} | task_file "$db"
}

pipeline() {
	run_sync "$db" s --until caught-up
}

# stops CODE TEXT: the pipeline ends with this error.
stops() {
	run -1 pipeline
	if ! grep "error $1" dm-sync.err | grep -qF -- "$2"; then
		fail "no error $1 with '$2': $(cat dm-*.err)"
	fi
}

same() {
	for name; do
		assert_same_table "$up" "$down" "$db.$name"
	done
}

@test "AT-01: an UPDATE of 10 000 rows that fails at the first, a middle or the last row is there whole after a restart" {
	begin up down "CREATE TABLE k (id INT PRIMARY KEY, v INT); CREATE TABLE n (id INT, v INT);
		INSERT INTO k SELECT seq, 0 FROM seq_1_to_10000; INSERT INTO n SELECT seq, 0 FROM seq_1_to_600"
	task false
	local v=0 id
	for id in 1 5000 10000; do
		v=$((v + 1))
		sql down "DELETE FROM $db.k WHERE id = $id"
		sql up "UPDATE $db.k SET v = $v"
		stops 36507 "seq $((id - 1)), key (id): there is no such row to change"
		sql up "INSERT INTO $db.n VALUES ($v, $v)"	# the place moves meanwhile, or not
		stops 36507 "seq $((id - 1)), key (id): there is no such row to change"
		sql down "INSERT INTO $db.k VALUES ($id, $((v - 1)))"
		pipeline
		same k n
	done
	for id in 1 300 600; do
		v=$((v + 1))
		sql down "DELETE FROM $db.n WHERE id = $id LIMIT 1"
		sql up "UPDATE $db.n SET v = v + 10 WHERE id BETWEEN 1 AND 600 ORDER BY id"
		stops 36507 "no key: there is no such row to change"
		sql down "INSERT INTO $db.n SELECT id, v FROM (SELECT $id AS id, $(sql up "SELECT v - 10 FROM $db.n WHERE id = $id ORDER BY v LIMIT 1") AS v) x"
		pipeline
		same k n
	done
}

# One transaction of five tables in many events, which stops in its midst and goes on.
five_tables() {
	local t

	need "$1" "$2"
	begin "$1" "$2" "CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(200)); CREATE TABLE b LIKE a; CREATE TABLE c LIKE a;
		CREATE TABLE d (id INT, v VARCHAR(200)); CREATE TABLE e (id INT, v VARCHAR(200), UNIQUE KEY (id))"
	task "$3"
	{
		echo "USE $db; BEGIN;"
		for t in a b c d e; do
			printf 'INSERT INTO %s VALUES (0, "zero")' $t
			seq 200 | sed 's/.*/, (&, REPEAT("v", 120))/'
			echo ";"
		done
		for t in a b c d e; do
			echo "UPDATE $t SET v = CONCAT(id, '$t'); DELETE FROM $t WHERE id = 7;"
		done
		echo "COMMIT;"
	} | sql "$up"
	sql "$down" "INSERT INTO $db.e VALUES (150, 'in the way')"
	stops 36506 "'$db.e'"
	[ "$(sql "$down" "SELECT COUNT(*) FROM $db.e")" = 1 ]
	sql "$down" "DELETE FROM $db.e"
	pipeline
	same a b c d e
	[ "$(sql "$down" "SELECT COUNT(*) FROM $db.d")" = 200 ]
}

@test "AT-02: a transaction of five tables whose statements take many events, by place" {
	five_tables up down false
}

@test "AT-02: the same by GTID" {
	five_tables up down true
}

@test "AT-02: the same from MySQL by place" {
	five_tables my_up my_down false
}

@test "AT-02: the same from MySQL by GTID" {
	five_tables my_up my_down true
}

@test "AT-21: values of two unique keys that rotate, over 16 connections that are killed" {
	begin up down "CREATE TABLE r (id INT PRIMARY KEY, a INT, b VARCHAR(10), v INT, UNIQUE KEY (a), UNIQUE KEY (b));
		INSERT INTO r SELECT seq, seq, CONCAT('b', seq), 0 FROM seq_1_to_200"
	task false
	awk -v seed="$SEED" -v n="${ROTATIONS:-600}" 'function r(m) { return int(rand() * m) }
		BEGIN {
			srand(seed)
			for (i = 1; i <= n; i++) {
				x = 1 + r(200); y = 1 + (x + r(199)) % 200; z = 1 + (x + 7) % 200
				print "BEGIN; SELECT a, b INTO @xa, @xb FROM r WHERE id = " x "; SELECT a, b INTO @ya, @yb FROM r WHERE id = " y ";"
				print "UPDATE r SET a = " (-i) ", b = \"t" i "\" WHERE id = " x ";"
				print "UPDATE r SET a = @xa, b = IF(id = " x ", b, @xb), v = v + 1 WHERE id = " y ";"
				print "UPDATE r SET a = @ya, b = @yb, v = v + 1 WHERE id = " x ";"
				if (i % 5 == 0) print "UPDATE r SET a = a + 100000 WHERE id = " z "; UPDATE r SET a = a - 100000 WHERE id = " z ";"
				print "COMMIT;"
			}
		}' | sed "1s/^/USE $db; /" | sql up
	local n=0 rc ms
	dm-relay -c "$db.yaml" -s s -S s.yaml --start "$log:$pos" --until caught-up | dm-filter --do-db "$db" >stream
	while :; do
		dm-sync -c "$db.yaml" -s s -S s.yaml -j 16 --batch 10 <stream 2>sync.err 3>&- &
		pid=$!
		if [ $n -lt "${CRASHES:-4}" ]; then
			sleep "$(printf '0.%03d' $((20 + RANDOM % 150)))"
			kill -9 $pid 2>/dev/null || true
		fi
		rc=0
		wait $pid || rc=$?
		n=$((n + 1))
		[ $rc -ne 0 ] || break
		[ $rc -eq 137 ] || fail "status $rc: $(cat sync.err)"
	done
	same r
	[ "$(sql down "SELECT SUM(v) FROM $db.r")" = $((${ROTATIONS:-600} * 2)) ]
}

@test "AT-23: values that the key's collation takes for equal keep their order" {
	begin up down "CREATE TABLE g (u VARCHAR(20) COLLATE utf8mb4_general_ci, v INT, UNIQUE KEY (u));
		CREATE TABLE l (id INT PRIMARY KEY, u VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci, UNIQUE KEY (u)) DEFAULT CHARSET latin1;
		CREATE TABLE p (u VARCHAR(40) COLLATE utf8mb4_unicode_ci, v INT, UNIQUE KEY (u(3))); CREATE TABLE s (u VARCHAR(9) COLLATE utf8mb4_bin PRIMARY KEY, v INT)"
	task false
	{
		echo "SET NAMES utf8mb4; USE $db;"
		for n in $(seq 150); do
			for word in "a$n" "A$n" "a$n  " "é$n" "e$n" "É$n "; do
				echo "INSERT INTO g VALUES ('$word', $n); UPDATE g SET u = UPPER(u) WHERE u = '$word'; DELETE FROM g WHERE u = '$word';"
			done
			echo "INSERT INTO g VALUES ('Z$n ', $n);"
			echo "INSERT INTO l VALUES ($n, 'Ã$n'); UPDATE l SET u = 'a$n ', id = -$n WHERE id = $n; UPDATE l SET u = 'Á$n', id = $n WHERE id = -$n;"
			echo "INSERT INTO p VALUES ('äb${n}x', $n); DELETE FROM p WHERE u LIKE 'AB%'; INSERT INTO p VALUES ('AB$n', $n);"
			[ "$n" -eq 150 ] || echo "DELETE FROM p;"
			echo "INSERT INTO s VALUES ('s$n', 1), ('S$n', 2); UPDATE s SET u = CONCAT(u, 'x') WHERE u = 's$n'; INSERT INTO s VALUES ('s$n', 3);"
		done
	} | sql up
	pipeline
	same g l p s
	[ "$(sql down "SELECT COUNT(*) FROM $db.g")" = 150 ]
	[ "$(sql down "SELECT COUNT(*) FROM $db.s")" = 450 ]
}

@test "AT-24: rows of two merged tables that collide stop at the first, alone and in a backlog" {
	begin up down "CREATE TABLE one (id INT PRIMARY KEY, v INT); CREATE TABLE two LIKE one; CREATE TABLE all_of (id INT PRIMARY KEY, v INT)"
	instance='route-rules: [r1, r2]' task false \
		"routes: {r1: {schema-pattern: $db, table-pattern: one, target-schema: $db, target-table: all_of}, r2: {schema-pattern: $db, table-pattern: two, target-schema: $db, target-table: all_of}}"
	sql up "USE $db; INSERT INTO $db.one SELECT seq, 1 FROM seq_1_to_500; INSERT INTO $db.two VALUES (250, 2)"
	stops 36506 "'$db.all_of' (upstream '$db.two')"
	[ "$(sql down "SELECT COALESCE(MAX(v), 1) FROM $db.all_of")" = 1 ]
	for n in 501 502 503; do	# in transactions of their own, many enough for several connections
		echo "USE $db;"
		seq 1000 1900 | sed "s/.*/INSERT INTO one VALUES (&$n, 1);/"
	done | sql up
	sql down "DROP DATABASE m_$db; TRUNCATE $db.all_of"
	stops 36506 "'$db.all_of' (upstream '$db.two')"
	[ "$(sql down "SELECT COALESCE(MAX(v), 1) FROM $db.all_of")" = 1 ]
}

# The tables of time, with all that zones do to them, into a server that knows no such zone.
@test "AT-40: TIMESTAMPs around changes of a zone's clock arrive as the same moments, wherever the tool runs" {
	begin up down "CREATE TABLE t (id INT PRIMARY KEY, ts TIMESTAMP(3) NULL, dt DATETIME, made TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)"
	{
		echo "USE mysql;"
		mariadb-tzinfo-to-sql /usr/share/zoneinfo/Asia/Shanghai Asia/Shanghai
	} | sql up
	sql up "SET GLOBAL time_zone = 'Asia/Shanghai'"
	sql down "SET GLOBAL time_zone = '+00:00'"
	sql up "USE $db; INSERT INTO t (id, ts, dt) VALUES (1, '1986-05-04 01:59:59', '1986-05-04 02:30:00'), (2, '1986-05-04 03:00:00', NULL), (3, '1986-09-14 00:30:00', NULL),
		(4, '1986-09-14 02:30:00', NULL), (5, '1970-01-01 08:00:01.000', NULL), (6, '2038-01-19 11:14:07.999', '2038-01-19 11:14:07'), (7, NULL, NULL),
		(8, '1986-09-14 01:30:00', NULL)"
	task false
	TZ=America/New_York pipeline
	sql up "USE $db; UPDATE t SET dt = '2001-01-01 01:01:01' WHERE id < 5; UPDATE t SET ts = '2024-03-10 02:30:00' WHERE id = 7; DELETE FROM t WHERE id = 2"
	TZ=America/New_York pipeline
	moments="SELECT id, UNIX_TIMESTAMP(ts), dt, UNIX_TIMESTAMP(made) FROM $db.t ORDER BY id"
	diff <(sql up "$moments") <(sql down "$moments")
	# The same by a dump.
	sql up "CREATE TABLE $db.whole LIKE $db.t; INSERT INTO $db.whole SELECT * FROM $db.t"
	sed 's/^task-mode.*/task-mode: full/; s/, meta: {[^}]*}//; s/"t'"$BATS_TEST_NUMBER"'"/"full_'"$db"'"/; s/do-dbs: \[.*\]/do-tables: [{db-name: '"$db"', tbl-name: whole}]/' "$db.yaml" >full.yaml
	TZ=America/New_York run_load full s
	diff <(sql up "${moments/.t/.whole}") <(sql down "${moments/.t/.whole}")
	sql up "SET GLOBAL time_zone = SYSTEM"
}

@test "AT-42: of three equal rows one is deleted; a process killed before and after its commit leaves two" {
	begin up down "CREATE TABLE k (x INT, y VARCHAR(10)); INSERT INTO k VALUES (1, 'a'), (1, 'a'), (1, 'a'), (NULL, NULL), (NULL, NULL)"
	task false
	sql up "DELETE FROM $db.k WHERE x = 1 LIMIT 1; UPDATE $db.k SET y = 'b' WHERE x IS NULL LIMIT 1"
	dm-relay -c "$db.yaml" -s s -S s.yaml --start "$log:$pos" --until caught-up | dm-filter --do-db "$db" >stream
	# Each line of the stream may be the last one that a process sees.
	for n in $(seq "$(wc -l <stream)"); do
		mkfifo "fifo$n"
		dm-sync -c "$db.yaml" -s s -S s.yaml <"fifo$n" 2>sync.err 3>&- &
		pid=$!
		exec 7>"fifo$n"
		head -n "$n" stream >&7
		[ $((RANDOM % 2)) -eq 0 ] || sleep 0.1
		kill -9 $pid
		wait $pid || true
		exec 7>&-
		count=$(sql down "SELECT COUNT(*) FROM $db.k WHERE x = 1")
		[ "$count" -eq 3 ] || [ "$count" -eq 2 ] || fail "$count rows after line $n"
	done
	dm-sync -c "$db.yaml" -s s -S s.yaml <stream
	same k
	[ "$(sql down "SELECT COUNT(*) FROM $db.k WHERE x = 1")" = 2 ]
	[ "$(sql down "SELECT COUNT(*) FROM $db.k WHERE x IS NULL AND y = 'b'")" = 1 ]
}

# names UP DOWN: tables and rules in both cases.
names() {
	begin "$1" "$2" "CREATE TABLE Mixed (id INT PRIMARY KEY, v INT); CREATE TABLE lower (id INT PRIMARY KEY, v INT); CREATE TABLE OUT_OF_IT (id INT PRIMARY KEY)"
	instance='route-rules: [r]' task false "routes: {r: {schema-pattern: $db, table-pattern: MIXED, target-schema: $db, target-table: Other}}"
	sed -i "s/do-dbs: .*\]/do-dbs: [\"${db^^}\"], ignore-tables: [{db-name: $db, tbl-name: out_of_it}]/" "$db.yaml"
	sql "$down" "CREATE TABLE $db.Other (id INT PRIMARY KEY, v INT)"
	sql "$up" "USE $db; INSERT INTO Mixed VALUES (1, 1), (2, 2); INSERT INTO lower VALUES (1, 1); INSERT INTO OUT_OF_IT VALUES (1); UPDATE Mixed SET v = 3 WHERE id = 2"
	pipeline
	[ "$(sql "$down" "SELECT GROUP_CONCAT(id, v ORDER BY id) FROM $db.Other")" = 11,23 ]
	[ "$(sql "$down" "SELECT COUNT(*) FROM $db.lower")" = 1 ]
	[ "$(sql "$down" "SELECT COUNT(*) FROM $db.OUT_OF_IT")" = 0 ]
}

@test "AT-43: lower_case_table_names 0 to 0: rules match in any case, names keep theirs" {
	names up down
}

@test "AT-43: lower_case_table_names 1 to 0" {
	begin folds down "CREATE TABLE mixed (id INT PRIMARY KEY)"
	task false
	sql folds "INSERT INTO $db.MIXED VALUES (1), (2)"
	pipeline
	same mixed
}

@test "AT-43: lower_case_table_names 0 to 1" {
	names up folds
}

@test "AT-43: tables whose names differ in case only, into a server that folds them, fail the check" {
	begin up folds "CREATE TABLE Twin (id INT PRIMARY KEY)"
	sql up "CREATE TABLE $db.twin (id INT PRIMARY KEY)"
	task false
	run -69 dm-check -c "$db.yaml" -S s.yaml
	[[ $output == *"differ only in"*case* ]] || fail "$output"
}

# A transaction of ROWS rows: each process stays within 256 MiB.
@test "AT-44: a transaction of many rows is applied in bounded memory" {
	local rows=${ROWS:-200000} peak tool

	begin up down "CREATE TABLE big (id INT PRIMARY KEY, k INT, v VARCHAR(60))"
	task false
	sql up "USE $db; BEGIN; INSERT INTO big SELECT seq, seq, 'a row of a big transaction' FROM seq_1_to_$rows; UPDATE big SET k = k + 1 WHERE id % 4 = 0; COMMIT"
	local c=(-c "$db.yaml" -s s -S s.yaml)
	dm-meta checkpoint get "${c[@]}" | command time -f %M -o relay.rss dm-relay "${c[@]}" --until caught-up | command time -f %M -o filter.rss dm-filter "${c[@]}" |
		command time -f %M -o sync.rss dm-sync "${c[@]}" --status-file status.json
	[ "${PIPESTATUS[*]}" = "0 0 0 0" ]
	for tool in relay filter sync; do
		peak=$(tail -n 1 $tool.rss)
		echo "dm-$tool: $((peak / 1024)) MiB"
		[ "$peak" -lt 262144 ]
	done
	[ "$(sql down "SELECT COUNT(*), SUM(id), SUM(k) FROM $db.big")" = "$(sql up "SELECT COUNT(*), SUM(id), SUM(k) FROM $db.big")" ]
}

@test "AT-44: a transaction of many rows of megabytes is applied in bounded memory" {
	local rows=${MEGABYTES:-40} peak

	begin up down "CREATE TABLE big (id INT PRIMARY KEY, v LONGBLOB)"
	task false
	sql up "USE $db; BEGIN; INSERT INTO big SELECT seq, REPEAT(CHAR(seq % 256), 4000000) FROM seq_1_to_$rows; COMMIT"
	local c=(-c "$db.yaml" -s s -S s.yaml)
	dm-meta checkpoint get "${c[@]}" | dm-relay "${c[@]}" --until caught-up | command time -f %M -o sync.rss dm-sync "${c[@]}"
	[ "${PIPESTATUS[*]}" = "0 0 0" ]
	peak=$(tail -n 1 sync.rss)
	echo "dm-sync: $((peak / 1024)) MiB"
	[ "$peak" -lt 262144 ]
	[ "$(sql down "SELECT COUNT(*), SUM(CRC32(v)) FROM $db.big")" = "$(sql up "SELECT COUNT(*), SUM(CRC32(v)) FROM $db.big")" ]
}

behind() {
	jq -r '.fields.secondsBehindMaster' status.json 2>/dev/null
}

# grows SECONDS: the lag comes to that, and never goes back on the way.
grows() {
	local now last=0 tries=0

	while [ "$last" -lt "$1" ]; do
		now=$(behind)
		[ "${now:-0}" -ge "$last" ] || fail "the lag went from $last to $now"
		last=${now:-0}
		sleep 0.2
		tries=$((tries + 1))
		[ $tries -lt 150 ] || fail "the lag stays at $last: $(cat status.json)"
	done
}

@test "AT-50: the lag is 0 while the source is idle or stopped, and grows by the second while a lock is in the way" {
	local many

	begin up down "CREATE TABLE a (id INT PRIMARY KEY, v INT); INSERT INTO a SELECT seq, 0 FROM seq_1_to_2000"
	task false
	local c=(-c "$db.yaml" -s s -S s.yaml)
	# shellcheck disable=SC2016 # for the inner shell
	setsid bash -c 'dm-meta checkpoint get "$@" | dm-relay "$@" 2>relay.err | dm-filter "$@" | dm-sync "$@" -j 2 --status-file status.json 2>sync.err' pipeline "${c[@]}" 3>&- &
	pipeline=$!
	sql up "UPDATE $db.a SET v = 1 WHERE id = 1"
	wait_until 20 '[ "$(sql down "SELECT v FROM $db.a WHERE id = 1")" = 1 ] && [ "$(jq -r .fields.synced status.json)" = true ]'
	sleep 3		# idle: nothing to wait for, the lag must not grow
	[ "$(behind)" = 0 ] || fail "$(cat status.json)"
	for many in 1 2000; do	# on the one connection, and by workers
		mkfifo hold$many
		sql down <hold$many >/dev/null 3>&- &
		exec 8>hold$many
		echo "START TRANSACTION; UPDATE $db.a SET v = -1 WHERE id = 1;" >&8
		wait_until 10 '[ "$(sql down "SELECT COUNT(*) FROM information_schema.innodb_trx")" -ge 1 ]'
		seq $many | sed "s/.*/UPDATE $db.a SET v = v + 1 WHERE id = &;/" | sql up
		grows 4
		echo "ROLLBACK;" >&8
		exec 8>&-
		wait_until 20 '[ "$(behind)" = 0 ]'
		same a
	done
	sql down "LOCK TABLES $db.a READ; DO SLEEP(6)" 3>&- &	# a statement waits too
	holder=$!
	wait_until 10 '[ -n "$(sql down "SELECT 1 FROM information_schema.processlist WHERE info LIKE \"DO SLEEP%\"")" ]'
	sql up "ALTER TABLE $db.a ADD COLUMN w INT"
	grows 4
	[ "$(jq .fields.synced status.json)" = false ]
	wait $holder
	wait_until 20 '[ "$(behind)" = 0 ]'
	kill -STOP "$(cat "$BATS_FILE_TMPDIR/up/pid")"
	sleep 3
	[ "$(behind)" = 0 ] || { kill -CONT "$(cat "$BATS_FILE_TMPDIR/up/pid")"; fail "$(cat status.json)"; }
	kill -CONT "$(cat "$BATS_FILE_TMPDIR/up/pid")"
	kill -TERM -- "-$pipeline"
	wait "$pipeline" || true
}

# wide UP DOWN COLUMNS ENGINE: rows of a table of so many, and one more.
wide() {
	local list c=()

	need "$1" "$2"
	list=$(seq $(($3 - 1)) | sed 's/.*/c& INT/' | paste -sd,)
	begin "$1" "$2" "CREATE TABLE wide (id INT PRIMARY KEY, $list) ENGINE=$4"
	task false
	for n in $(seq 150); do
		echo "INSERT INTO wide (id, c1, c$(($3 - 1))) VALUES ($n, 1, 2); UPDATE wide SET c500 = $n, c998 = -$n WHERE id = $n;"
	done | sed "1s/^/USE $db; /" | sql "$1"
	c=(-c "$db.yaml" -s s -S s.yaml)
	dm-meta checkpoint get "${c[@]}" | command time -f %M -o relay.rss dm-relay "${c[@]}" --until caught-up | dm-filter "${c[@]}" |
		command time -f %M -o sync.rss dm-sync "${c[@]}"
	[ "${PIPESTATUS[*]}" = "0 0 0 0" ]
	echo "$3 columns: dm-relay $(($(tail -n 1 relay.rss) / 1024)) MiB, dm-sync $(($(tail -n 1 sync.rss) / 1024)) MiB"
	[ "$(tail -n 1 sync.rss)" -lt 262144 ]
	same wide
	sql "$1" "USE $db; DELETE FROM wide WHERE id % 3 = 0; ALTER TABLE wide ADD COLUMN more INT DEFAULT 5; UPDATE wide SET c1 = 7"
	pipeline
	same wide
}

@test "a table of 1000 columns, and one more" {
	wide up down 1000 InnoDB
}

@test "a table of 4000 columns, and one more" {
	wide my_up my_down 4000 MyISAM
}

# fat LIMIT STATEMENT: what it does to the row arrives, in so many MiB.
fat() {
	local c=(-c "$db.yaml" -s s -S s.yaml) peak

	sql up "$2"
	dm-meta checkpoint get "${c[@]}" | command time -f %M -o relay.rss dm-relay "${c[@]}" --until caught-up |
		dm-filter "${c[@]}" | command time -f %M -o sync.rss dm-sync "${c[@]}"
	[ "${PIPESTATUS[*]}" = "0 0 0 0" ]
	peak=$(($(tail -n 1 sync.rss) / 1024))
	echo "${2%% *}: dm-relay: $(($(tail -n 1 relay.rss) / 1024)) MiB, dm-sync: $peak MiB"
	[ $peak -lt "$1" ]
	[ "$(sql down "SELECT id, LENGTH(v), CRC32(v), CRC32(t) FROM $db.fat")" = "$(sql up "SELECT id, LENGTH(v), CRC32(v), CRC32(t) FROM $db.fat")" ]
}

# An image of the row takes its size in the line (base64 for bytes: a third more), where bytes are decoded in place; the statement takes its
# size too, up to twice for bytes that want a backslash. An UPDATE has two images.
@test "a row of 64 MiB" {
	local packet

	begin up down "CREATE TABLE fat (id INT PRIMARY KEY, v LONGBLOB, t LONGTEXT)"
	task false
	packet=$(sql up "SELECT @@global.max_allowed_packet")
	both "SET GLOBAL max_allowed_packet = 1073741824"
	fat 256 "INSERT INTO $db.fat VALUES (1, REPEAT(CHAR(0, 255, 39, 92), 33554432 / 4), REPEAT('x', 33554432))"
	fat 256 "UPDATE $db.fat SET t = REPEAT('y', 33554432)"
	fat 256 "DELETE FROM $db.fat"
	both "SET GLOBAL max_allowed_packet = $packet"
}
