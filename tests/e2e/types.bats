#!/usr/bin/env bats
# Every type with the edges of its values (tests/data/types/torture), through both roads: dump and load, and the log. The servers' own
# text of each value, and their checksums, must be the same at both ends.
# shellcheck disable=SC2154 # variables of the helpers

# Two upstreams share a downstream. Where one of the servers cannot be had, only its tests are skipped.
setup_file() {
	local server starts=()

	load lib
	for server in maria-up=mariadb maria-down=mariadb my-up=mysql my-down=mysql old-up=mysql-5.6; do
		start_server "${server%%=*}" "${server#*=}" --max-allowed-packet=256M &
		starts+=($!)
	done
	for server in "${starts[@]}"; do
		wait "$server" || [ $? -eq 77 ] || return 1
	done
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	cli_setup
}

# have NAME ...: skips the test where one of these servers cannot be had.
have() {
	local name

	for name; do
		[ -s "$BATS_FILE_TMPDIR/$name/port" ] || skip "$(cat "$BATS_FILE_TMPDIR/$name.err")"
	done
}

# task NAME UP DOWN SCHEMA
task() {
	source_file "$2" s
	task_file "$1" <<-TASK
		task-mode: all
		$(target "$3")
		block-allow-list: {b: {do-dbs: ["$4"]}}
		mysql-instances: [{source-id: "s", block-allow-list: "b"}]
	TASK
}

same() {
	"$DM_ROOT/tests/soak/compare" "$(socket "$1")" "$(socket "$2")" "$3" >compared 2>&1 || {
		cut -c 1-500 compared | head -n 60
		return 1
	}
}

# torture SCHEMA UP DOWN KIND KIND: all of it by the log
torture() {
	have "$2" "$3"
	task "$1" "$2" "$3" "$1"
	sql "$2" "CREATE DATABASE $1 CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
	run_load "$1" s		# nothing yet
	"$DM_ROOT/tests/data/types/torture" "$4" "$5" >torture.sql
	mariadb --no-defaults --skip-ssl --default-character-set=utf8mb4 --binary-mode -uroot --socket="$(socket "$2")" "$1" <torture.sql
	run_sync "$1" s --until caught-up
	same "$2" "$3" "$1"
	[ "$(sed -n 's/ tables,.*//p' compared)" -gt 70 ] || fail "compared: $(cat compared)"
}

# loaded SCHEMA UP DOWN: what is there then, by dump and load
loaded() {
	cp compared by_log
	sql "$3" "DROP DATABASE $1"
	task "$1_load" "$2" "$3" "$1"
	run_load "$1_load" s
	same "$2" "$3" "$1"
	cmp by_log compared
}

@test "AT-15 AT-16: every type arrives unchanged from MariaDB in MariaDB, by the log and by a load" {
	torture maria_maria maria-up maria-down mariadb mariadb
	loaded maria_maria maria-up maria-down
}

@test "AT-15 AT-16: every type arrives unchanged from MySQL in MySQL, by the log and by a load" {
	torture my_my my-up my-down mysql mysql
	loaded my_my my-up my-down
}

@test "AT-15: every type that both have arrives unchanged from MariaDB in MySQL" {
	torture maria_my maria-up my-down mariadb mysql
}

@test "AT-15: every type that both have arrives unchanged from MySQL in MariaDB" {
	torture my_maria my-up maria-down mysql mariadb
	# Documents are text there: each is, byte for byte, what the upstream prints.
	for end in my-up maria-down; do
		sql $end "SELECT n, HEX(CAST(v AS CHAR CHARACTER SET utf8mb4)) FROM my_maria.t_json ORDER BY n" >$end.json
	done
	cmp my-up.json maria-down.json
}

@test "AT-15 AT-16: every type that both have arrives unchanged from MySQL 5.6 in MariaDB, by the log and by a load" {
	torture old_maria old-up maria-down mysql-5.6 mariadb
	loaded old_maria old-up maria-down
}

# follow SCHEMA UP DOWN: what is there by a load, then the statements of standard input by the log
follow() {
	task "$1" "$2" "$3" "$1"
	run_load "$1" s
	sql "$2"
	run_sync "$1" s --until caught-up
}

@test "documents that the server holds to be equal are told apart where there is no key" {
	have my-up my-down
	sql my-up "CREATE DATABASE j; CREATE TABLE j.t (n INT, d JSON); INSERT INTO j.t VALUES (1, '1'), (1, '1.0'), (1, CAST(1.00 AS JSON)), (1, CAST(1.0 AS JSON)),
		(1, '{\"a\": 1.1}'), (1, JSON_OBJECT('a', 1.10)), (1, JSON_OBJECT('a', 1.100))"
	follow j my-up my-down <<-'SQL'
		UPDATE j.t SET n = 2 WHERE CAST(d AS CHAR) = '1.00';
		UPDATE j.t SET n = 3 WHERE CAST(d AS CHAR) = '1.0' AND JSON_TYPE(d) = 'DOUBLE';
		DELETE FROM j.t WHERE CAST(d AS CHAR) = '{"a": 1.10}';
		UPDATE j.t SET d = JSON_OBJECT('a', 2.50) WHERE CAST(d AS CHAR) = '{"a": 1.100}';
	SQL
	same my-up my-down j
}

@test "a partial update of JSON brings a DECIMAL" {
	have my-up my-down
	sql my-up "CREATE DATABASE p; CREATE TABLE p.t (id INT PRIMARY KEY, d JSON); INSERT INTO p.t VALUES (1, JSON_OBJECT('a', 1.10, 'b', JSON_ARRAY(1, 2))), (2, '[1, 2]')"
	follow p my-up my-down <<-'SQL'
		SET binlog_row_value_options = PARTIAL_JSON;
		UPDATE p.t SET d = JSON_SET(d, '$.a', 22.70, '$.b[0]', JSON_ARRAY(3.00, 'x')) WHERE id = 1;
		UPDATE p.t SET d = JSON_ARRAY_INSERT(d, '$[1]', 18446744073709551616) WHERE id = 2;
		SET binlog_row_image = MINIMAL;
		UPDATE p.t SET d = JSON_REPLACE(d, '$.a', 0.50) WHERE id = 1;
	SQL
	same my-up my-down p
	[ "$(sql my-down 'SELECT d FROM p.t ORDER BY id')" = '{"a": 0.50, "b": [[3.00, "x"], 2]}
[1, 18446744073709551616, 2]' ]
}

# A temporal is told from a string by its type only, and the text does not hold that.
@test "a temporal in a document keeps its text" {
	have my-up my-down
	sql my-up "CREATE DATABASE o; CREATE TABLE o.t (id INT PRIMARY KEY, d JSON)"
	follow o my-up my-down <<-'SQL'
		INSERT INTO o.t VALUES (1, JSON_ARRAY(CAST('2024-01-02' AS DATE), CAST('-12:34:56.789' AS TIME(3)), x'00ff'));
	SQL
	same my-up my-down o
	[ "$(sql my-up "SELECT JSON_TYPE(d->'\$[0]') FROM o.t")" = DATE ]
	[ "$(sql my-down "SELECT JSON_TYPE(d->'\$[0]') FROM o.t")" = STRING ]
}

@test "a number that no document of the downstream can hold stops with an error, by the log and by a load" {
	have maria-up my-down
	for end in maria-up my-down; do
		sql $end "CREATE DATABASE e"
	done
	sql maria-up "CREATE TABLE e.t (id INT PRIMARY KEY, d LONGTEXT)"
	sql my-down "CREATE TABLE e.t (id INT PRIMARY KEY, d JSON)"
	run -1 follow e maria-up my-down <<-'SQL'
		INSERT INTO e.t VALUES (1, '[1.10, 12345678901234567890.12345]');
		INSERT INTO e.t VALUES (2, '[1.2345678901234567890e5]');
	SQL
	grep 'error 36530 .*e.*t.*row at .*column .d.' dm-sync.err
	[ "$(sql my-down 'SELECT id, d FROM e.t')" = $'1\t[1.10, 12345678901234567890.12345]' ]
	task e_load maria-up my-down e
	run -1 run_load e_load s
	grep "error 34520 .*row 2, column 'd'" dm-load.err
}
