#!/usr/bin/env bats
# Promise 1: exactly once, whatever is killed and whenever, also for tables without any key.
#
# The seed of a run is printed; SEED=N repeats its choices, CRASHES=N asks for more than the few of a usual run.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016 # variables of the helpers

setup_file() {
	load lib
	start_servers up=mariadb down=mariadb
	start_servers my_up=mysql my_down=mysql || rm -f "$BATS_FILE_TMPDIR/missing"
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	RANDOM=${SEED:=$RANDOM}
	echo "SEED=$SEED"
}

# prepare UP DOWN ENABLE-GTID SECONDS: the same tables at both ends, and a task that starts here, whose place moves so often.
prepare() {
	up=$1 down=$2
	for server in "$up" "$down"; do
		[ -e "$(socket "$server")" ] || skip "there is no MySQL"
	done
	for server in "$up" "$down"; do
		sql "$server" "DROP DATABASE IF EXISTS c; DROP DATABASE IF EXISTS m; CREATE DATABASE c CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
			CREATE TABLE c.keyed (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200), n INT);
			CREATE TABLE c.uniq (a INT, b VARCHAR(20), v INT, UNIQUE KEY ab (a, b)); CREATE TABLE c.keyless (x INT, y INT, z VARCHAR(10));
			CREATE TABLE c.s1 (x INT); CREATE TABLE c.s2 (x INT, y INT); INSERT INTO c.s1 VALUES (1); INSERT INTO c.s2 VALUES (2, 2)"
	done
	read -r log pos _ < <(sql "$up" 'SHOW MASTER STATUS' 2>/dev/null || sql "$up" 'SHOW BINARY LOG STATUS')
	gtid=$(sql "$up" 'SELECT @@gtid_binlog_pos' 2>/dev/null || sql "$up" 'SELECT @@gtid_executed')
	source_file "$up" s "enable-gtid: $3"
	task_file t <<-END
		task-mode: incremental
		meta-schema: m
		$(target "$down")
		mysql-instances: [{source-id: s, meta: {binlog-name: $log, binlog-pos: $pos, binlog-gtid: "$gtid"}, block-allow-list: c, syncer: {worker-count: 4, checkpoint-flush-interval: $4}}]
		block-allow-list: {c: {do-dbs: ["c"]}}
	END
}

# Statements for ever, a few of them DDL; stops when the file `enough` is there. A client does not find a server again that was killed: there is
# a new one now and then.
write_for_ever() {
	local n=0

	while [ ! -e enough ]; do
		write_statements || sleep 0.1
		n=$((n + 100 + 0 * RANDOM))	# which the other process has not moved on
	done
}

write_statements() {
	local k

	for ((; n % 100 < 99; n++)); do
		[ ! -e enough ] || break
		k=$((RANDOM % 40))
		case $((RANDOM % 14)) in
		0|1) echo "INSERT INTO c.keyed (v, n) VALUES ('$RANDOM', $k), ('$(head -c $k /dev/zero | tr '\0' w)', $n);" ;;
		2) echo "UPDATE c.keyed SET n = n + 1 WHERE n < $k LIMIT 7;" ;;
		3) echo "DELETE FROM c.keyed WHERE n = $k LIMIT 2;" ;;
		4) echo "INSERT IGNORE INTO c.uniq VALUES ($k, 'k$((k % 3))', $n), (NULL, 'k', $k), ($k, NULL, $n);" ;;
		5) echo "UPDATE IGNORE c.uniq SET a = a + 1, v = $n WHERE v < $n LIMIT 3;" ;;
		6) echo "DELETE FROM c.uniq WHERE a = $k OR a IS NULL LIMIT 2;" ;;
		7|8) echo "INSERT INTO c.keyless VALUES ($((k % 5)), 1, 'a'), ($((k % 5)), 1, 'A'), (NULL, 2, NULL);" ;;
		9) echo "UPDATE c.keyless SET y = y + 1 WHERE x = $((k % 5)) LIMIT 2;" ;;
		10) echo "DELETE FROM c.keyless WHERE x = $((k % 5)) OR x IS NULL LIMIT 1;" ;;
		11) echo "BEGIN; INSERT INTO c.keyless VALUES (9, $n, 'b'); UPDATE c.keyed SET v = 'tx' WHERE n = $k; INSERT INTO c.s1 (x) VALUES ($n); COMMIT;" ;;
		12) echo "BEGIN; INSERT INTO c.keyed (v, n) SELECT v, n FROM c.keyed LIMIT 50; DELETE FROM c.keyless LIMIT 1; COMMIT;" ;;
		13) [ $((RANDOM % 6)) -gt 0 ] || case $((RANDOM % 5)) in
			0) echo "ALTER TABLE c.keyed ADD COLUMN c$n INT DEFAULT $n;" ;;
			1) echo "RENAME TABLE c.s1 TO c.s3, c.s2 TO c.s1, c.s3 TO c.s2;" ;;
			2) echo "TRUNCATE TABLE c.s2;" ;;
			3) echo "CREATE TABLE c.t$n (x INT, KEY (x)); INSERT INTO c.t$n VALUES ($n), ($n);" ;;
			4) echo "ALTER TABLE c.uniq MODIFY b VARCHAR($((20 + n % 200)));" ;;
			esac ;;
		esac
		sleep 0.00$((RANDOM % 9))
	done | mariadb --no-defaults --force -uroot --socket="$(socket "$up")" >/dev/null 2>writer.err
}

# The pipeline in a process group of its own.
start_pipeline() {
	# shellcheck disable=SC2016 # for the inner shell
	setsid bash -c 'c="-c t.yaml -s s -S s.yaml"
		dm-meta checkpoint get $c 2>>meta.err | dm-relay $c "$@" 2>>relay.err | dm-online-ddl $c 2>>online.err | dm-filter $c 2>>filter.err | dm-route $c 2>>route.err |
			dm-sync $c 2>>sync.err; echo "${PIPESTATUS[*]}" >>statuses' pipeline "$@" 3>&- &
	pipeline=$!
}

# Kills one member, or all, or a server at either end; what is left of the pipeline some time later.
crash() {
	local members=(dm-relay dm-online-ddl dm-filter dm-route)

	case $((RANDOM % 8)) in
	0)	kill -KILL -- "-$pipeline" ;;
	1|2)	pkill -KILL -g "$pipeline" -x "${members[RANDOM % 4]}" ;;
	3)	kill_server "$down"; sleep 0.2; restart_server "$down" ;;
	4)	kill_server "$up"; sleep 0.2; restart_server "$up" ;;
	*)	pkill -KILL -g "$pipeline" -x dm-sync ;;
	esac || true
	sleep 0.$((RANDOM % 4))
	kill -KILL -- "-$pipeline" 2>/dev/null || true
	wait "$pipeline" || true
}

# Writes, crashes, catches up, compares.
crash_and_compare() {
	local name

	# What a statement changes before the first run is there, that run cannot know.
	start_pipeline
	sql "$up" "INSERT INTO c.s1 VALUES (0)"
	wait_until 60 '[ "$(sql "$down" "SELECT COUNT(*) FROM c.s1 WHERE x = 0")" -eq 1 ]'
	write_for_ever 3>&- &
	writer=$!
	crash
	for _ in $(seq 1 "${CRASHES:-6}"); do
		start_pipeline
		sleep "$((RANDOM % 2)).$((RANDOM % 90 + 10))"
		crash
	done
	touch enough
	wait $writer || true
	rm -f statuses
	start_pipeline --until caught-up
	wait "$pipeline"
	[[ $(cat statuses) =~ ^[0\ ]+$ ]] || { tail -n 3 ./*.err; cat statuses; false; }
	! grep ' error 3' sync.err || fail "dm-sync found a fault"
	for name in $(sql "$up" "SELECT table_name FROM information_schema.tables WHERE table_schema = 'c'"); do
		assert_same_table "$up" "$down" "c.$name"
	done
	[ "$(sql "$up" "SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = 'c'")" = \
		"$(sql "$down" "SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = 'c'")" ]
	[ "$(sql "$down" "SELECT COUNT(*) FROM c.keyless")" -gt 0 ]
}

@test "AT-03: kill -9 at random, with DDL in between: equal in the end, every table" {
	prepare up down false 0
	crash_and_compare
}

@test "AT-03: the same by GTID" {
	prepare up down true 1
	crash_and_compare
}

@test "AT-03: the same from MySQL to MySQL, by GTID" {
	prepare my_up my_down true 30
	crash_and_compare
}

@test "AT-03: the same from MySQL to MariaDB, by place" {
	prepare my_up down false 1
	crash_and_compare
}
