# The room that talks to servers: sessions, errors, structures, and the replica's side of the binlog protocol.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # status, lines and log are set by helpers; back quotes belong to SQL

setup_file() {
	load lib
	load probe.bash
	export DM_ROOT="${DM_ROOT:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
	export DM_BIN="${DM_BIN:-$DM_ROOT/build/bin}"
	build_probe
	start_servers maria=mariadb my=mysql
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	load probe.bash
	e2e_setup
	each="maria my"
}

# A schema of this test's own.
fresh() {
	sql "$1" "DROP DATABASE IF EXISTS $2; CREATE DATABASE $2 CHARACTER SET utf8mb4"
}

@test "a session is UTC, utf8mb4, without foreign key checks, with the sql_mode that was asked for" {
	for server in $each; do
		for way in probe probe_tcp; do
			$way "$server" sql_mode=ANSI_QUOTES time_zone=+05:00 sort_buffer_size=262144 \
				query "SELECT @@time_zone, @@sql_mode, @@foreign_key_checks, @@character_set_client, @@character_set_results, @@sort_buffer_size"
			assert_status 0
			assert_lines "+00:00	ANSI_QUOTES	0	utf8mb4	utf8mb4	262144"
		done
		probe "$server" query "SELECT @@sql_mode"
		[[ ${lines[0]} == *NO_AUTO_VALUE_ON_ZERO*ALLOW_INVALID_DATES* || ${lines[0]} == *ALLOW_INVALID_DATES*NO_AUTO_VALUE_ON_ZERO* ]]
		probe "$server" sql_mode=NO_BACKSLASH_ESCAPES who
		assert_out backslash=0
	done
	probe maria who
	assert_out "mariadb 10"
	probe my who
	assert_out "mysql 9"
}

@test "a session variable: numbers and words as the server wants them, errors by name" {
	for server in $each; do
		probe "$server" foreign_key_checks=1 sql_mode=ANSI_QUOTES transaction_isolation=READ-COMMITTED query "SELECT @@foreign_key_checks"
		if [ "$server" = my ]; then
			assert_lines 1
		fi
		probe "$server" no_such_variable=1 who
		assert_out "error 10506 78: session variable 'no_such_variable' of"
		probe "$server" "sort_buffer_size=1; DROP DATABASE mysql" who
		assert_out "error 10506 78: session variable 'sort_buffer_size'"
		probe "$server" "a b=1" who
		assert_out "error 10506 78: session variable 'a b' of"
		probe "$server" character_set_results=latin1 who
		assert_out "error 10506 78: session variable 'character_set_results'"
	done
}

@test "wrong password 69, nobody there 75, and no secret in either" {
	for server in $each; do
		probe_tcp "$server" user=root password=s3cret who
		assert_out "error 10001 69: cannot connect to 127.0.0.1:$(port "$server"): error 1045 (28000)"
		! grep -q s3cret out err || fail "the password is shown"
	done
	run_tool "$BATS_FILE_TMPDIR/probe" port=1 who </dev/null
	assert_out "error 10002 75: cannot connect to 127.0.0.1:1: error 2002"
	run_tool "$BATS_FILE_TMPDIR/probe" upstream=1 port=1 who </dev/null
	assert_out "error 10502 75: "
	run_tool "$BATS_FILE_TMPDIR/probe" host=no-such-host.invalid who </dev/null
	assert_out "error 10002 75: "
	run_tool "$BATS_FILE_TMPDIR/probe" socket="$PWD/none" who </dev/null
	assert_out "error 10002 75: cannot connect to $PWD/none: "
}

@test "caching_sha2_password, over TCP with and without TLS" {
	sql my "DROP USER IF EXISTS sha; CREATE USER sha IDENTIFIED WITH caching_sha2_password BY 'p w'; GRANT ALL ON *.* TO sha"
	probe_tcp my user=sha password='p w' who
	assert_status 0
	sql my "FLUSH PRIVILEGES"
	probe_tcp my user=sha password='p w' tls=1 who
	assert_status 0
}

@test "TLS is there when it is asked for, or there is no connection" {
	local ca="$BATS_FILE_TMPDIR/my/data/ca.pem"

	probe_tcp my tls=1 query "SHOW STATUS LIKE 'Ssl_cipher'"
	[[ ${lines[0]} == *TLS_* ]]
	probe_tcp my ca="$ca" who
	assert_status 0
	probe_tcp my ca=/etc/ssl/certs/ca-certificates.crt who
	[ ! -e /etc/ssl/certs/ca-certificates.crt ] || assert_out "error 10001 69: "
	probe_tcp my ca=/no/such/file who
	assert_out "error 11112 78: "
	assert_out "cannot open '/no/such/file'"
	probe_tcp maria tls=1 who
	assert_out "error 10001 69: "
	assert_out "TLS is wanted, and the server has none"
}

@test "an error of a statement: number, state, text, and no value of a row" {
	fresh maria e
	for server in $each; do
		fresh "$server" e
		sql "$server" "CREATE TABLE e.t (a INT PRIMARY KEY, b INT NOT NULL)"
		probe "$server" run "INSERT INTO e.t (a, c) VALUES (1, 'hidden')" / run "UPDATE e.t SET c = 'hidden'" / query "SELECT FROM" / query "SELECT 7"
		assert_out "error 10005 69: "
		assert_out "error 1054 (42S22)"
		assert_out "statement: INSERT INTO e.t (a, c) ..."
		assert_out "error 1064 (42000)"
		[ "${lines[-1]}" = 7 ]
		[ "$(grep -c hidden out)" -eq 0 ]
	done
}

@test "rows changed or rows found, as asked; results of a statement that has none, and of one that is only run" {
	for server in $each; do
		fresh "$server" f
		sql "$server" "CREATE TABLE f.t (a INT PRIMARY KEY, b INT); INSERT INTO f.t VALUES (1, 1), (2, 1)"
		probe "$server" run "UPDATE f.t SET b = 1" / run "SELECT * FROM f.t" / query "SELECT b, NULL FROM f.t WHERE a = 9" / query "DO 1" / \
			stream "SELECT a, NULL FROM f.t ORDER BY a"
		assert_lines "0 rows" "2 rows" "1	NULL" "2	NULL"
		probe "$server" found_rows=1 run "UPDATE f.t SET b = 1"
		assert_lines "2 rows"
	done
}

@test "a connection that is lost passes, and says so" {
	for server in $each; do
		probe "$server" upstream=1 run "SET @me = CONNECTION_ID()" / run "KILL CONNECTION_ID()" / query "SELECT 1" / query "SELECT 1"
		assert_out "error 10503 75: "
		[ "$(grep -c '^error 10503 75' out)" -ge 2 ]
	done
}

@test "where the log stands, with the GTID of that place" {
	for server in $each; do
		fresh "$server" g
		probe "$server" place / check-binlog / variable log_bin / variable no_such_variable
		assert_status 0
		[[ ${lines[0]} =~ ^mysql-bin\.[0-9]+:[0-9]+\ [0-9a-f-]+[0-9a-f:,-]*\ oldest\ mysql-bin\.[0-9]+$ ]]
		[ "${lines[1]}" = "is '1'" ]
		[ "${lines[2]}" = "none ''" ]
	done
	[ "$(sql maria "SELECT @@gtid_binlog_pos")" = "$(probe maria place && cut -d' ' -f2 out)" ]
}

@test "a log that cannot be used is refused with the statement that mends it" {
	for server in $each; do
		sql "$server" "SET GLOBAL binlog_format = 'STATEMENT'"
		probe "$server" upstream=1 check-binlog
		sql "$server" "SET GLOBAL binlog_format = 'ROW', GLOBAL binlog_row_image = 'MINIMAL'"
		assert_out "error 10521 69: "
		assert_out "SET GLOBAL binlog_format = 'ROW'"
		probe "$server" upstream=1 check-binlog
		sql "$server" "SET GLOBAL binlog_row_image = 'FULL'"
		[ "$(grep -c error out)" -eq 0 ]	# an image is each session's own
	done
	"$servers/server" start mariadb "$BATS_TEST_TMPDIR/off" --skip-log-bin
	run_tool "$BATS_FILE_TMPDIR/probe" socket="$BATS_TEST_TMPDIR/off/socket" check-binlog / place </dev/null
	"$servers/server" stop "$BATS_TEST_TMPDIR/off"
	[ "$(grep -c '^error 11125 69: .*the binary log is off' out)" -eq 2 ]
}

@test "names come sorted, system schemas and views left out" {
	for server in $each; do
		fresh "$server" nb
		fresh "$server" na
		sql "$server" "CREATE TABLE na.\`z\`\`1\` (a INT); CREATE TABLE na.b (a INT); CREATE VIEW na.v AS SELECT 1"
		probe "$server" schemas / tables na / tables none / create na b
		[[ " ${lines[0]} " == *" na nb "* ]]
		[[ " ${lines[0]} " != *" mysql "* && " ${lines[0]} " != *" sys "* && " ${lines[0]} " != *_schema* ]]
		[ "${lines[1]}" = 'b z`1' ]
		[[ ${lines[2]} == "error 10005 69: "* ]]
		[ "${lines[3]}" = 'CREATE TABLE `b` (' ]
	done
}

@test "the structure of a table, as the server says it" {
	for server in $each; do
		fresh "$server" s
		sql "$server" "CREATE TABLE s.t (id BIGINT UNSIGNED AUTO_INCREMENT, v VARCHAR(10) CHARACTER SET latin1 NOT NULL DEFAULT 'x', e ENUM('a','b,''c'),
			bin VARBINARY(4), bl BLOB, bt BIT(3), j JSON, c INT GENERATED ALWAYS AS (1 + 1), d INT GENERATED ALWAYS AS (2) STORED,
			h INT INVISIBLE DEFAULT 3, now DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
			PRIMARY KEY (id), UNIQUE KEY z (v), UNIQUE KEY a (bin, v(5)), KEY k (e)) DEFAULT CHARSET=utf8mb4"
		probe "$server" table s t / table s none / table none t
		assert_status 0
		[ "${lines[0]}" = "charset utf8mb4" ]
		grep -qE '^id\|bigint(\(20\))? unsigned\|\|\|auto $' out
		grep -qE "^v\|varchar\(10\)\|latin1\|='?x'?\|$" out
		grep -qE "^e\|enum\('a','b,''c'\)\|utf8mb4\|(=NULL)?\|null $" out
		grep -qE '^bin\|varbinary\(4\)\|\|(=NULL)?\|null base64 $' out
		grep -qE '^bl\|blob\|\|(=NULL)?\|null base64 $' out
		grep -qE '^bt\|bit\(3\)\|\|(=NULL)?\|null $' out
		grep -qE '^j\|(json|longtext)\|(utf8mb4)?\|(=NULL)?\|null $' out
		grep -qE '^c\|int(\(11\))?\|\|(=NULL)?\|null generated $' out
		grep -qE '^d\|int(\(11\))?\|\|(=NULL)?\|null generated $' out
		grep -qE '^h\|int(\(11\))?\|\|=3\|null invisible $' out
		grep -qiE '^now\|datetime\|\|=current_timestamp(\(\))?\|$' out
		[ "$(grep -E '^(unique|key)' out | paste -sd,)" = 'unique PRIMARY id(0),unique z v(0),unique a bin(0) v(5),key k e(0)' ]
		[ "${lines[-1]}" = "no such table" ] && [ "${lines[-2]}" = "no such table" ]
	done
	sql my "CREATE TABLE s.f (a INT, UNIQUE KEY u ((a + 1)))"
	probe my table s f
	assert_out "unique u (0)"
}

@test "an expression as default is no generated column" {
	for server in $each; do
		fresh "$server" x
		sql "$server" "CREATE TABLE x.t (a INT, b INT DEFAULT (a + 1))"
		probe "$server" table x t
		grep -qE '^b\|int(\(11\))?\|\|=\(`a` \+ 1\)\|null $' out
	done
}

# purge NAME: all but the last log, which is then $log. Servers keep one that somebody still reads, or that was just closed.
purge() {
	sql "$1" "FLUSH BINARY LOGS"
	log=$(sql "$1" "SHOW BINARY LOGS" | tail -n 1 | cut -f1)
	wait_until 20 "sql $1 \"PURGE BINARY LOGS TO '$log'\"; [ \"\$(first_log $1)\" = $log ]"
}

# first_log NAME
first_log() {
	sql "$1" "SHOW BINARY LOGS" | head -n 1 | cut -f1
}

@test "events come, then heartbeats; the socket, TCP and TLS give the same" {
	for server in $each; do
		sql "$server" "FLUSH BINARY LOGS"
		log=$(sql "$server" "SHOW BINARY LOGS" | tail -n 1 | cut -f1)
		fresh "$server" ev
		sql "$server" "CREATE TABLE ev.t (a INT); INSERT INTO ev.t VALUES (1)"
		probe "$server" replica "$log" 4 2
		assert_status 0
		grep -v -e 'event 27' -e 'event 41' -e tick out >first
		[ "$(sed -n 2,3p first | cut -d' ' -f2 | paste -sd,)" = 4,15 ]
		[ "$(grep -c 'event 30' first)" -eq 1 ] || [ "$(grep -c 'event 23' first)" -eq 1 ]
		probe_tcp "$server" replica "$log" 4 2
		grep -v -e 'event 27' -e 'event 41' -e tick out | cmp - first
		[ "$server" = maria ] || {
			probe_tcp "$server" tls=1 replica "$log" 4 2
			grep -v -e 'event 27' -e 'event 41' -e tick out | cmp - first
		}
	done
}

@test "events of 16 MiB and more come joined" {
	sql maria "SET GLOBAL max_allowed_packet = 1073741824"
	for server in $each; do
		sql "$server" "FLUSH BINARY LOGS"
		fresh "$server" big
		sql "$server" "CREATE TABLE big.t (a LONGBLOB)"
		log=$(sql "$server" "SHOW BINARY LOGS" | tail -n 1 | cut -f1)
		for n in 20000000 16777150 16777151 16777152 16777180 33554400; do
			sql "$server" "INSERT INTO big.t VALUES (REPEAT('x', $n))"
		done
		probe "$server" replica "$log" 4 1
		assert_status 0
		[ "$(awk '($2 == 23 || $2 == 30) && $3 > 16777150' out | wc -l)" -eq 6 ]
	done
}

@test "a place that is not there, or no longer: both places are named" {
	for server in $each; do
		old=$(first_log "$server")
		purge "$server"
		probe "$server" upstream=1 replica "$old" 4 1
		assert_out "error 10511 69: "
		assert_out "cannot start at '$old:4': the server has '$log' to '$log'"
		probe "$server" upstream=1 replica "$log" 400000 1
		assert_out "error 10511 69: "
		assert_out "cannot start at '$log:400000': the file ends at"
		probe "$server" upstream=1 replica "$log" 5000000000 1
		assert_out "error 10511 69: "
		probe "$server" upstream=1 replica nonsense.000001 4 1
		assert_out "error 10511 69: "
	done
}

@test "a place in the middle of an event is the server's own error" {
	for server in $each; do
		log=$(first_log "$server")
		probe "$server" upstream=1 replica "$log" 77 1
		assert_out "error 10512 69: "
		assert_out "error 1236"
		assert_out "its oldest binlog was '$log'"
	done
}

@test "by GTID: from the start, from the middle, and not behind what was purged" {
	for server in $each; do
		sql "$server" "FLUSH BINARY LOGS"
		fresh "$server" gt
		if [ "$server" = maria ]; then
			before=$(sql maria "SELECT @@gtid_binlog_pos")
		else
			before=$(sql my "SELECT @@gtid_executed" | tr -d '\n')
		fi
		sql "$server" "CREATE TABLE gt.t (a INT); INSERT INTO gt.t VALUES (1)"
		probe "$server" upstream=1 gtid "$before" 3	# MySQL sends one at once, for what it skips
		assert_status 0
		[ "$(grep -cE 'event (23|30) ' out)" -eq 1 ] || fail "not behind $before"
		purge "$server"
		probe "$server" upstream=1 gtid "$before" 1
		assert_out "error 32510 69: "
		assert_out "cannot start behind GTID"
		assert_out "'$log'"
	done
}

@test "without the right to be a replica: the way out names the privilege" {
	for server in $each; do
		sql "$server" "DROP USER IF EXISTS nobody; CREATE USER nobody IDENTIFIED BY 'x'; DROP USER IF EXISTS rep; CREATE USER rep IDENTIFIED BY 'x';
			GRANT REPLICATION SLAVE ON *.* TO rep"
		log=$(first_log "$server")
		probe_tcp "$server" upstream=1 user=nobody password=x replica "$log" 4 1
		assert_out "error 10512 69: "
		probe_tcp "$server" upstream=1 user=rep password=x replica "$log" 4 1
		assert_status 0
	done
}

@test "a server that falls silent, or goes, is lost" {
	for server in $each; do
		log=$(first_log "$server")
		rm -f silent.out gone.out
		"$BATS_FILE_TMPDIR/probe" port="$(port "$server")" replica "$log" 4 1000 2000 >silent.out 2>&1 &
		pid=$!
		wait_until 10 "grep -sqE 'event (27|41)' silent.out"
		kill -STOP "$(cat "$BATS_FILE_TMPDIR/$server/pid")"
		wait "$pid" || true
		kill -CONT "$(cat "$BATS_FILE_TMPDIR/$server/pid")"
		grep -q '^lost' silent.out
		grep -q 'error 10513 75: .*not even a heartbeat' silent.out
		"$BATS_FILE_TMPDIR/probe" port="$(port "$server")" replica "$log" 4 1000 >gone.out 2>&1 &
		pid=$!
		wait_until 10 "grep -sqE 'event (27|41)' gone.out"
		kill_server "$server"
		wait "$pid" || true
		restart_server "$server"
		grep -q 'error 10513 75: ' gone.out
	done
}

@test "SIGTERM ends the wait for events, over TLS too" {
	for way in maria my "my tls=1"; do
		# shellcheck disable=SC2086 # a name, and perhaps a setting
		set -- $way
		log=$(first_log "$1")
		rm -f term.out
		"$BATS_FILE_TMPDIR/probe" port="$(port "$1")" "${@:2}" replica "$log" 4 1000 >term.out 2>&1 &
		pid=$!
		wait_until 10 "grep -sqE 'event (27|41)' term.out"
		kill "$pid"
		wait "$pid"
		[ "$(tail -n 1 term.out)" = stop ]
	done
}
