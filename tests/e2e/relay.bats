#!/usr/bin/env bats
# relay.bats - dm-relay reads from servers of both families: by place, by GTIDs, from a resume document, over restarts.
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
}

teardown() {
	[ -z "${relay_pid-}" ] || kill "$relay_pid" 2>/dev/null || :
}

# head_of NAME: the place of the log now
head_of() {
	if [ "$1" = my ]; then
		sql my 'SHOW BINARY LOG STATUS'
	else
		sql maria 'SHOW MASTER STATUS'
	fi | awk '{ print $1 ":" $2 }'
}

oldest_of() {
	sql "$1" 'SHOW BINARY LOGS' | head -n 1 | cut -f 1
}

gtids_of() {
	if [ "$1" = my ]; then
		sql my "SELECT REPLACE(@@global.gtid_executed, '\n', '')"
	else
		sql maria 'SELECT @@global.gtid_binlog_pos'
	fi
}

# relay NAME [OPTION ...]: from this server, without input
relay() {
	run_tool dm-relay -u root --socket "$(socket "$1")" "${@:2}" </dev/null
}

# relay_in_background NAME [OPTION ...]: $relay_pid, files live and live.err
relay_in_background() {
	dm-relay -u root --socket "$(socket "$1")" "${@:2}" >live 2>live.err </dev/null 3>&- &
	relay_pid=$!
}

make_changes() {
	sql "$1" <<-'END'
		DROP DATABASE IF EXISTS relay;
		CREATE DATABASE relay CHARACTER SET utf8mb4;
		USE relay;
		CREATE TABLE t (id INT UNSIGNED PRIMARY KEY, v VARCHAR(20), e ENUM('a', 'b'), g BIGINT AS (id + 1) VIRTUAL, at TIMESTAMP(3) NULL);
		INSERT INTO t (id, v, e, at) VALUES (4294967294, 'ж', 'b', '2024-01-02 03:04:05.678'), (2, NULL, NULL, NULL);
		UPDATE t SET v = 'x"y' WHERE id = 2;
		ALTER TABLE t ADD n DECIMAL(6, 3) AFTER id;
		INSERT INTO t (id, n) VALUES (3, -1.5);
		DELETE FROM t WHERE id = 2;
		BEGIN;
		INSERT INTO t (id) VALUES (10);
		INSERT INTO t (id) VALUES (11);
		COMMIT;
		CREATE TABLE copy AS SELECT id FROM t WHERE id > 5;
		RENAME TABLE t TO u;
	END
}

changes='insert t [[4294967294,"ж","b",4294967295,"2024-01-02 03:04:05.678"],[2,null,null,3,null]]
update t [[[2,null,null,3,null],[2,"x\"y",null,3,null]]]
insert t [[3,"-1.500",null,null,4,null]]
delete t [[2,null,"x\"y",null,3,null]]
insert t [[10,null,null,null,11,null],[11,null,null,null,12,null]]
insert copy'

# What the rows lines of a stream hold, without what the servers differ in.
changes_in() {
	jq -r 'select(.rows) | if .table == "copy" then "insert copy" else "\(.type) \(.table) \(.rows | tostring)" end' "$1"
}

check_changes() {
	local start

	start=$(head_of "$1")
	make_changes "$1"
	relay "$1" --start "$start" --until caught-up
	assert_status 0
	[ "$(jq -r 'select(.type == "ddl") | .kind' out | paste -sd,)" = \
		"create database,create table,alter table,create table,rename table" ] ||
		[ "$(jq -r 'select(.type == "ddl") | .kind' out | paste -sd,)" = \
		"drop database,create database,create table,alter table,create table,rename table" ]
	changes_in out >got
	diff <(echo "$changes") got
	# a table line stands before the rows of each structure, and none is sent twice; MySQL's log adds the collations, with the first rows
	[ "$(jq -r 'select(.type == "table") | "\(.table) \(.columns | length)"' out | uniq | paste -sd,)" = "t 5,t 6,copy 1,u 6" ]
	[ -z "$(jq -c 'select(.type == "table")' out | sort | uniq -d)" ]
	[ "$1" != my ] || [ "$(jq -r 'select(.type == "table" and .table == "t") | .columns[] | select(.name == "v") | .collation' out | sort -u | paste -sd,)" = \
		"null,utf8mb4_0900_ai_ci" ]
	assert_json '$' '[.type, .reason, .pos]' "[\"end\",\"caught-up\",\"$(head_of "$1")\"]"
}

@test "changes on MariaDB arrive, DDL between them too" {
	sql maria "SET GLOBAL sql_mode = ''; DROP DATABASE IF EXISTS relay"
	check_changes maria
}

@test "changes on MySQL arrive, DDL between them too" {
	sql my "SET GLOBAL sql_mode = ''; DROP DATABASE IF EXISTS relay"
	check_changes my
}

# rows_in FILE: "TABLE rows", the rows byte for byte
rows_in() {
	sed -n 's/^{"type":"insert","schema":"types","table":"\([^"]*\)".*,"rows":\[\(.*\)\]}$/\1 \2/p' "$1" |
		awk '{ table = $1; sub(/^[^ ]* /, ""); rows[table] = table in rows ? rows[table] "," $0 : $0 }
			END { for (table in rows) print table, rows[table] }' | sort
}

@test "the log of all types says byte for byte what a dump of them says" {
	for name in maria my; do
		sql $name "DROP DATABASE IF EXISTS types; CREATE DATABASE types CHARACTER SET latin1"
		start=$(head_of $name)
		sql $name <"$DM_ROOT/tests/data/types/common.sql"
		[ $name = my ] || sql $name <"$DM_ROOT/tests/data/types/mariadb.sql"
		[ $name = maria ] || sql $name <"$DM_ROOT/tests/data/types/mysql.sql"
		relay $name --start "$start" --until caught-up
		assert_status 0
		rows_in out >log
		dm-dump -q -u root --socket "$(socket $name)" -B types >dump
		rows_in dump >want
		[ "$(wc -l <want)" -ge 5 ]
		diff log want | cut -c 1-300
		cmp log want
	done
}

@test "a start by GTIDs gives the same as one by place" {
	for name in maria my; do
		start=$(head_of $name) set=$(gtids_of $name)
		make_changes $name
		relay $name --start "$start" --until caught-up
		assert_status 0
		grep -v '"type":"stream"\|"type":"end"' out >by_place
		relay $name --start "$set" --until caught-up
		assert_status 0
		grep -v '"type":"stream"\|"type":"end"' out >by_set
		diff by_place by_set
		assert_json '$' '[.reason, .gtid]' "[\"caught-up\",\"$(gtids_of $name)\"]"
	done
}

@test "nothing to read: caught-up comes at once" {
	for name in maria my; do
		for start in "$(head_of $name)" "$(gtids_of $name)"; do
			relay $name --start "$start" --until caught-up
			assert_status 0
			[ "${#lines[@]}" -eq 3 ] || fail "more than a head, the server's name and an end"
			assert_json 2 '[.stage, .key]' '["dm-relay","server"]'
			assert_json 3 .reason '"caught-up"'
		done
	done
}

@test "--until a place ends there, also when it is in the middle of a transaction" {
	start=$(head_of maria)
	sql maria "CREATE DATABASE IF NOT EXISTS stops; CREATE OR REPLACE TABLE stops.t (a INT); INSERT INTO stops.t VALUES (1)"
	middle=$(head_of maria)
	sql maria "INSERT INTO stops.t VALUES (2); INSERT INTO stops.t VALUES (3)"
	relay maria --start "$start" --until "$middle"
	assert_json '$' '[.reason, .pos]' "[\"until\",\"$middle\"]"
	[ "$(jq -c 'select(.rows) | .rows' out)" = "[[1]]" ]
	relay maria --start "$start" --until "${middle%:*}:$((${middle#*:} + 50))"
	[ "$(jq -c 'select(.rows) | .rows' out | paste -sd,)" = "[[1]],[[2]]" ]
}

@test "a resume document brings structures and states, which are sent on" {
	sql my "DROP DATABASE IF EXISTS doc; CREATE DATABASE doc; CREATE TABLE doc.t (a INT, b INT)"
	start=$(head_of my)
	sql my "INSERT INTO doc.t VALUES (1, 2); ALTER TABLE doc.t RENAME COLUMN b TO c; INSERT INTO doc.t VALUES (3, 4)"
	cat >document <<-END
		{"type":"state","stage":"dm-x","key":"k","value":{"n":1}}
		{"type":"table","schema":"doc","table":"t","charset":"utf8mb4","columns":[{"name":"a","type":"int","charset":null,"nullable":true,"default":null,"generated":false},{"name":"b","type":"int","charset":null,"nullable":true,"default":null,"generated":false}],"keys":[]}
		{"type":"snapshot","pos":"$start","consistent":true}
	END
	run_tool dm-relay -u root --socket "$(socket my)" --until caught-up <document
	assert_status 0
	[ "$(sed -n 2,3p out)" = "$(head -n 2 document)" ]
	# before the change the column has its old name, though the upstream has the new one now
	[ "$(jq -r 'select(.type == "table") | .columns | map(.name) | join(",")' out | paste -sd' ')" = "a,b a,c" ]
}

@test "a table that had no names in the resume document is asked for again" {
	sql maria "DROP DATABASE IF EXISTS unnamed; CREATE DATABASE unnamed; CREATE TABLE unnamed.t (a INT)"
	start=$(head_of maria)
	sql maria "INSERT INTO unnamed.t VALUES (1)"
	run_tool dm-relay -u root --socket "$(socket maria)" --until caught-up <<-END
		{"type":"table","schema":"unnamed","table":"t","charset":null,"columns":[{"name":"@1","type":"int","charset":null,"nullable":true,"default":null,"generated":false}],"keys":[]}
		{"type":"snapshot","pos":"$start"}
	END
	assert_status 0
	[ "$(jq -r 'select(.type == "table") | .columns[0].name' out)" = a ]
}

@test "without a place in it, a resume document starts at the upstream's place now" {
	printf '{"type":"snapshot"}\n' | dm-relay -u root --socket "$(socket maria)" --until caught-up >out 2>err
	assert_json 1 .pos "\"$(head_of maria)\""
}

@test "a structure that the log does not have is the upstream's, or the columns have no names" {
	sql my "DROP DATABASE IF EXISTS later; CREATE DATABASE later; CREATE TABLE later.t (a INT, b TEXT); CREATE TABLE later.gone (a INT)"
	start=$(head_of my)
	sql my "INSERT INTO later.t VALUES (1, 'x'); INSERT INTO later.gone VALUES (1); DROP TABLE later.gone"
	relay my --start "$start" --until caught-up
	assert_status 0
	[ "$(jq -r 'select(.type == "table") | "\(.table) \(.columns | map(.name) | join(","))"' out | paste -sd' ')" = "t a,b gone @1" ]
	assert_err "structure of 'later.gone' is not known"
	sql my "ALTER TABLE later.t MODIFY b INT UNSIGNED" || sql my "DELETE FROM later.t; ALTER TABLE later.t MODIFY b INT UNSIGNED"
	relay my --start "$start" --until caught-up
	assert_err "structure of 'later.t' is not known at "
}

@test "full row metadata makes the log enough" {
	sql maria "SET GLOBAL binlog_row_metadata = FULL; DROP DATABASE IF EXISTS meta; CREATE DATABASE meta;
		CREATE TABLE meta.t (id BIGINT UNSIGNED PRIMARY KEY, s SET('x', 'y'), b VARBINARY(9)) CHARACTER SET latin1"
	start=$(head_of maria)
	sql maria "INSERT INTO meta.t VALUES (18446744073709551615, 'x,y', 'ab'); DROP TABLE meta.t; SET GLOBAL binlog_row_metadata = NO_LOG"
	relay maria --start "$start" --until caught-up
	assert_status 0
	grep -qF '"rows":[[18446744073709551615,"x,y","YWI="]]}' out
	[ "$(jq -c 'select(.type == "table") | [.columns[].name], [.columns[].type], .keys' out | paste -sd' ')" = \
		"[\"id\",\"s\",\"b\"] [\"bigint unsigned\",\"set('x','y')\",\"varbinary(9)\"] [{\"name\":\"PRIMARY\",\"unique\":true,\"columns\":[\"id\"]}]" ]
}

@test "idle, a heartbeat comes every second, and what is written comes at once" {
	sql maria "CREATE DATABASE IF NOT EXISTS beat; CREATE OR REPLACE TABLE beat.t (a INT)"
	relay_in_background maria --start "$(head_of maria)"
	wait_until 10 '[ "$(grep -c heartbeat live)" -ge 2 ]'
	sql maria "INSERT INTO beat.t VALUES (1)"
	wait_until 2 'grep -q "\"rows\":\[\[1\]\]" live'
	before=$(grep -c heartbeat live)
	sleep 4
	[ "$(grep -c heartbeat live)" -ge $((before + 3)) ]
	[ "$(jq -r 'select(.type == "heartbeat") | .head' live | tail -n 1)" = "$(head_of maria)" ]
	kill -TERM "$relay_pid"
	wait "$relay_pid"
	[ "$(tail -n 1 live | jq -r .reason)" = signal ]
}

@test "a log that is switched while it is read goes on in the next file" {
	for name in maria my; do
		start=$(head_of $name)
		sql $name "DROP DATABASE IF EXISTS turn; CREATE DATABASE turn; CREATE TABLE turn.t (a INT); INSERT INTO turn.t VALUES (1);
			FLUSH BINARY LOGS; SET GLOBAL binlog_checksum = NONE; INSERT INTO turn.t VALUES (2);
			SET GLOBAL binlog_checksum = CRC32; INSERT INTO turn.t VALUES (3)"
		before=$(head_of $name)
		relay $name --start "$start" --until caught-up
		assert_status 0
		[ "$(jq -c 'select(.rows) | .rows' out | paste -sd' ')" = "[[1]] [[2]] [[3]]" ]
		# MariaDB notes in its log, some time later, that an older one is no longer needed.
		end=$(jq -r 'select(.type == "end").pos' out) after=$(head_of $name)
		[ "${end%:*}" = "${after%:*}" ] && [ "${end#*:}" -ge "${before#*:}" ] && [ "${end#*:}" -le "${after#*:}" ] || fail "$before, $end, $after"
	done
}

# comes_back NAME START: the server is started anew under a relay that reads from START
comes_back() {
	sql "$1" "DROP DATABASE IF EXISTS again; CREATE DATABASE again; CREATE TABLE again.t (a INT)"
	relay_in_background "$1" --start "$2"
	wait_until 10 'grep -q heartbeat live'
	sql "$1" "INSERT INTO again.t VALUES (1)"
	wait_until 5 'grep -q "\"rows\":\[\[1\]\]" live'
	restart_server "$1"
	sql "$1" "INSERT INTO again.t VALUES (2)"
	wait_until 30 'grep -q "\"rows\":\[\[2\]\]" live'
	[ "$(grep -c '"rows"' live)" -eq 2 ]
	grep -q "trying again" live.err
	kill -TERM "$relay_pid"
	wait "$relay_pid"
	relay_pid=
}

@test "a server that restarts is connected to again, where the stream was" {
	for name in maria my; do
		comes_back $name "$(gtids_of $name)"
		comes_back $name "$(head_of $name)"
	done
}

@test "a reader that goes away ends it" {
	dm-relay -u root --socket "$(socket maria)" --start "$(head_of maria)" </dev/null 2>err | head -n 1 >out
	[ "${PIPESTATUS[0]}" -eq 75 ]
}

@test "what cannot be started is an error that says why" {
	relay maria --start mysql-bin.000099:4
	assert_status 69
	assert_err "mysql-bin.000099"
	relay maria --start mysql-bin.000001:99999999
	assert_status 69
	run_tool dm-relay -h 127.0.0.1 -P 1 -u root --start a.1:4 </dev/null
	assert_status 75
	DM_PASSWORD=wrong run_tool dm-relay -h 127.0.0.1 -P "$(port maria)" -u nobody --start a.1:4 </dev/null
	assert_status 69
}

@test "a purged place is an error that names both places" {
	for name in maria my; do
		old=$(head_of $name)
		sql $name "FLUSH BINARY LOGS"
		new=$(head_of $name)
		# a log that another test's dump has not let go of yet stays
		wait_until 30 'sql $name "PURGE BINARY LOGS TO '"'${new%:*}'"'"; [ "$(oldest_of $name)" = "${new%:*}" ]'
		relay $name --start "$old" --until caught-up
		assert_status 69
		assert_err "${old%:*}"
		assert_err "${new%:*}"
	done
}

@test "statement format is refused before the start, and where a session used it" {
	sql maria "SET GLOBAL binlog_format = STATEMENT"
	relay maria --start "$(head_of maria)"
	sql maria "SET GLOBAL binlog_format = ROW"
	assert_status 69
	assert_err "binlog_format"
	sql maria "CREATE DATABASE IF NOT EXISTS sbr; CREATE OR REPLACE TABLE sbr.t (a INT)"
	start=$(head_of maria)
	sql maria "SET SESSION binlog_format = STATEMENT; INSERT INTO sbr.t VALUES (1)"
	relay maria --start "$start" --until caught-up
	assert_status 65
	assert_error 30503
	assert_err "INSERT INTO sbr.t"
}

@test "a row image that is not full says which columns it holds, whatever the sessions around it do" {
	for name in maria my; do
		sql $name "DROP DATABASE IF EXISTS img; CREATE DATABASE img; CREATE TABLE img.t (a INT PRIMARY KEY, b INT, c TEXT)"
		start=$(head_of $name)
		sql $name "INSERT INTO img.t VALUES (1, 1, 'x'); SET SESSION binlog_row_image = MINIMAL; UPDATE img.t SET b = 2;
			SET SESSION binlog_row_image = NOBLOB; UPDATE img.t SET b = 3; UPDATE img.t SET c = 'y';
			SET SESSION binlog_row_image = FULL; UPDATE img.t SET b = 4;
			SET SESSION binlog_row_image = MINIMAL; INSERT INTO img.t (a) VALUES (2), (3); DELETE FROM img.t WHERE a < 3"
		sql $name "SET GLOBAL binlog_row_image = MINIMAL"
		relay $name --start "$start" --until caught-up
		sql $name "SET GLOBAL binlog_row_image = FULL"
		assert_status 0
		jq -c 'select(.rows) | [.type, .cols, .before, .after, .rows]' out >lines
		diff lines - <<-'END'
			["insert",null,null,null,[[1,1,"x"]]]
			["update",null,[0],[1],[[[1],[2]]]]
			["update",null,[0,1],[0,1],[[[1,2],[1,3]]]]
			["update",null,[0,1],null,[[[1,3],[1,3,"y"]]]]
			["update",null,null,null,[[[1,3,"y"],[1,4,"y"]]]]
			["insert",[0],null,null,[[2],[3]]]
			["delete",[0],null,null,[[1],[2]]]
		END
	done
}

@test "a row of which no column was named is one row" {
	for name in maria my; do
		sql $name "DROP DATABASE IF EXISTS img; CREATE DATABASE img; CREATE TABLE img.t (a INT DEFAULT 7)"
		start=$(head_of $name)
		sql $name "SET SESSION binlog_row_image = MINIMAL; INSERT INTO img.t VALUES (); INSERT INTO img.t VALUES ()"
		relay $name --start "$start" --until caught-up
		assert_status 0
		[ "$(jq -c 'select(.rows) | .rows | length' out | paste -sd' ')" = "1 1" ]
	done
}

@test "AT-13: partial updates of JSON are sent as the operations in the log" {
	sql my "DROP DATABASE IF EXISTS pj; CREATE DATABASE pj; CREATE TABLE pj.t (a INT PRIMARY KEY, j JSON, k JSON);
		INSERT INTO pj.t VALUES (1, JSON_OBJECT('a', 1, 'b', JSON_ARRAY(1, 2), 'p', REPEAT('x', 100)), '[1]')"
	start=$(head_of my)
	sql my "SET SESSION binlog_row_value_options = PARTIAL_JSON, binlog_row_image = MINIMAL;
		UPDATE pj.t SET j = JSON_SET(j, '\$.a', CAST('1.0' AS JSON), '\$.\"q r\"', JSON_OBJECT('k', 'é')), k = '[2]';
		UPDATE pj.t SET j = JSON_REMOVE(JSON_SET(j, '\$.b[7]', NULL), '\$.a'); UPDATE pj.t SET j = NULL"
	relay my --start "$start" --until caught-up
	assert_status 0
	jq -c 'select(.rows) | [.before, .after, .rows[0][1]]' out >lines
	diff lines - <<-'END'
		[[0],[1,2],[{"json_diff":[{"op":"replace","path":"$.a","value":"1.0"},{"op":"insert","path":"$.\"q r\"","value":"{\"k\": \"é\"}"}]},"[2]"]]
		[[0],[1],[{"json_diff":[{"op":"insert","path":"$.b[7]","value":"null"},{"op":"remove","path":"$.a"}]}]]
		[[0],[1],[null]]
	END
}

@test "generated columns that a server leaves out are not sent as NULL" {
	start=$(head_of maria)
	sql maria "DROP DATABASE IF EXISTS gen; CREATE DATABASE gen; CREATE TABLE gen.t (a INT PRIMARY KEY, b INT AS (a + 1) STORED);
		INSERT INTO gen.t (a) VALUES (1); UPDATE gen.t SET a = 2"
	relay maria --start "$start" --until caught-up
	assert_status 0
	[ "$(jq -c 'select(.type == "update") | if .before then [.before, .after] else .rows end' out)" != '[[[1,null],[2,null]]]' ]
}

@test "a transaction payload and MariaDB's compressed events are read" {
	start=$(head_of my)
	sql my "DROP DATABASE IF EXISTS zip; CREATE DATABASE zip; CREATE TABLE zip.t (a INT, b LONGTEXT);
		SET SESSION binlog_transaction_compression = ON; INSERT INTO zip.t VALUES (1, REPEAT('abc', 100000)), (2, 'x')"
	relay my --start "$start" --until caught-up
	assert_status 0
	[ "$(jq -r 'select(.rows) | .rows | map("\(.[0]) \(.[1] | length)") | join(",")' out)" = "1 300000,2 1" ]
	start=$(head_of maria)
	sql maria "SET GLOBAL log_bin_compress = ON; DROP DATABASE IF EXISTS zip; CREATE DATABASE zip; CREATE TABLE zip.t (a INT, b LONGTEXT);
		INSERT INTO zip.t VALUES (1, REPEAT('abc', 100000)), (2, 'x'); SET GLOBAL log_bin_compress = OFF"
	relay maria --start "$start" --until caught-up
	assert_status 0
	[ "$(jq -r 'select(.rows) | .rows | map("\(.[0]) \(.[1] | length)") | join(",")' out)" = "1 300000,2 1" ]
}
