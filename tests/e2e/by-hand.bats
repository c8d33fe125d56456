# The pipelines as the man pages show them, typed by hand; and what each kind of bad input does to them.

setup_file() {
	load lib
	start_servers up=mariadb down=mariadb
	start_server silent mariadb --skip-log-bin
}
teardown_file() { load lib; stop_servers; }

bats_require_minimum_version 1.5.0

setup() {
	load lib
	e2e_setup
	sql up "DROP DATABASE IF EXISTS store_01; DROP DATABASE IF EXISTS user; CREATE DATABASE store_01; CREATE DATABASE user;
		CREATE TABLE store_01.sale_01 (id INT PRIMARY KEY, t VARCHAR(20)); CREATE TABLE store_01.sale_02 LIKE store_01.sale_01;
		CREATE TABLE user.information (id INT PRIMARY KEY, name VARCHAR(20)); CREATE TABLE user.log_bak (a INT);
		INSERT INTO store_01.sale_01 VALUES (1, 'a'), (2, 'b'); INSERT INTO store_01.sale_02 VALUES (3, 'ü');
		INSERT INTO user.information VALUES (1, 'x'); INSERT INTO user.log_bak VALUES (7);"
	sql down "DROP DATABASE IF EXISTS store; DROP DATABASE IF EXISTS user; DROP DATABASE IF EXISTS dm_meta"
	source_file up one
	good_task
}

good_task() {
	task_file t <<-END
		task-mode: all
		$(target down)
		mysql-instances: [{source-id: one, route-rules: [store, sale], block-allow-list: list}]
		routes:
		  store: {schema-pattern: "store_*", target-schema: "store"}
		  sale: {schema-pattern: "store_*", table-pattern: "sale_*", target-schema: "store", target-table: "sale"}
		block-allow-list:
		  list: {do-dbs: ["user", "store_*"], ignore-tables: [{db-name: "user", tbl-name: "log_bak"}]}
	END
}

change() {
	sql up "INSERT INTO store_01.sale_02 VALUES (4, 'd'); UPDATE store_01.sale_01 SET t = 'changed' WHERE id = 1;
		DELETE FROM user.information; INSERT INTO user.log_bak VALUES (8)"
}

place() {
	sql up "SHOW MASTER STATUS" | awk '{ print $1 ":" $2 }'
}

# Everything downstream but the server's own, as text.
downstream() {
	mariadb-dump --no-defaults -uroot --socket="$(socket down)" --skip-dump-date --skip-comments \
		--all-databases --ignore-database=mysql --ignore-database=sys
}

@test "with task and source files: whole, then the changes" {
	run_load t one
	change
	run_sync t one --until caught-up
	[ "$(sql down "SELECT GROUP_CONCAT(id, t ORDER BY id) FROM store.sale")" = "1changed,2b,3ü,4d" ]
	[ "$(sql down "SELECT COUNT(*) FROM user.information")" = 0 ]
	[ "$(sql down "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'log_bak'")" = 0 ]
}

@test "without any file: from a place, filtered and routed by options" {
	sql down "CREATE DATABASE store; CREATE TABLE store.sale (id INT PRIMARY KEY, t VARCHAR(20)); INSERT INTO store.sale VALUES (1, 'a')"
	at=$(place)
	change
	dm-relay -h 127.0.0.1 -P "$(port up)" -u root --start "$at" --until caught-up |
		dm-online-ddl |
		dm-filter --do-db 'store_*' --ignore-table user.log_bak |
		dm-route --route 'store_*.sale_*=store.sale' |
		dm-sync -h 127.0.0.1 -P "$(port down)" -u root --task t
	[ "${PIPESTATUS[*]}" = "0 0 0 0 0" ]
	[ "$(sql down "SELECT GROUP_CONCAT(id, t ORDER BY id) FROM store.sale")" = "1changed,4d" ]
	[ "$(sql down "SELECT id FROM dm_meta.t_syncer_checkpoint WHERE is_global = 1")" = "127.0.0.1:$(port up)" ]
}

@test "a stream is kept in a file, and applied later" {
	run_load t one
	at=$(place)
	change
	dm-relay -c t.yaml -s one -S one.yaml --start "$at" --until caught-up >kept.ndjson
	dm-filter -c t.yaml -s one -S one.yaml <kept.ndjson | dm-route -c t.yaml -s one -S one.yaml | dm-sync -c t.yaml -s one -S one.yaml
	[ "${PIPESTATUS[*]}" = "0 0 0" ]
	[ "$(sql down "SELECT GROUP_CONCAT(id, t ORDER BY id) FROM store.sale")" = "1changed,2b,3ü,4d" ]
}

# refuses HEAD STATUS TEXT: the first tool of the changes' pipeline ends so, and nothing changes downstream.
refuses() {
	local before after status=0

	before=$(downstream)
	(
		set +e
		dm-meta checkpoint get -c t.yaml -s one -S one.yaml 2>dm-meta.err | eval "$1" 2>head.err >head.out
		echo "${PIPESTATUS[1]}" >head.status
		dm-filter -c t.yaml -s one -S one.yaml <head.out 2>dm-filter.err | dm-route -c t.yaml -s one -S one.yaml 2>dm-route.err |
			dm-sync -c t.yaml -s one -S one.yaml 2>dm-sync.err
		true
	)
	after=$(downstream)
	status=$(cat head.status)
	[ "$status" -eq "$2" ] || fail "status $status, not $2: $(cat head.err)"
	grep -qF -- "$3" head.err || fail "no '$3' in: $(cat head.err)"
	[ "$before" = "$after" ] || fail "the downstream was changed: $(diff <(echo "$before") <(echo "$after"))"
}

relay="dm-relay -c t.yaml -s one -S one.yaml --until caught-up"

@test "bad input: an unknown key in the task file" {
	run_load t one
	change
	sed -i 's/^task-mode:/task-mood:/' t.yaml
	refuses "$relay" 78 "t.yaml:2: "
	grep -q "task-mood" head.err
}

@test "bad input: a rule that is not there" {
	run_load t one
	change
	sed -i 's/route-rules: \[store, /route-rules: [stone, /' t.yaml
	refuses "$relay" 78 "stone"
}

@test "bad input: a wrong password upstream" {
	run_load t one
	change
	sed -i 's/password: ""/password: "wrong-secret"/' one.yaml
	refuses "$relay" 69 "Access denied"
	run -1 grep -q wrong-secret head.err dm-sync.err
}

@test "bad input: a server that is not there" {
	run_load t one
	change
	sed -i 's/port: [0-9]*/port: 1/' one.yaml
	refuses "$relay" 75 "127.0.0.1:1"
}

@test "bad input: a server without a binlog" {
	run_load t one
	change
	sed -i "s/port: [0-9]*/port: $(port silent)/" one.yaml
	refuses "$relay" 69 "binlog"
}

@test "bad input: statement format" {
	run_load t one
	sql up "SET SESSION binlog_format = STATEMENT; INSERT INTO store_01.sale_01 VALUES (9, 'statement')"
	refuses "$relay" 65 "statement format"
}

purged() {
	local now

	now=$(sql up "SHOW MASTER STATUS" | cut -f1)
	sql up "PURGE BINARY LOGS TO '$now'"
	[ "$(sql up "SHOW BINARY LOGS" | head -n 1 | cut -f1)" = "$now" ]
}

@test "bad input: a place whose log was purged" {
	run_load t one
	sql up "FLUSH BINARY LOGS; INSERT INTO user.log_bak VALUES (1); FLUSH BINARY LOGS"
	wait_until 30 purged	# a server keeps what a connection that has just gone was reading
	refuses "$relay" 69 "mysql-bin."
	oldest=$(sql up "SHOW BINARY LOGS" | head -n 1 | cut -f1)
	grep -q "$oldest" head.err
}

@test "bad input: a log file that is cut, and one with a flipped byte" {
	run_load t one
	change
	sql up "FLUSH BINARY LOGS"
	log=$(find "$BATS_FILE_TMPDIR/up" -name "$(sql up "SHOW BINARY LOGS" | tail -n 2 | head -n 1 | cut -f1)")
	size=$(stat -c %s "$log")
	head -c "$((size - 60))" "$log" >mysql-bin.000001
	run_tool dm-relay mysql-bin.000001
	assert_status 65
	assert_err "mysql-bin.000001:"
	cp "$log" mysql-bin.000001
	byte=$(od -An -tu1 -j "$((size - 100))" -N 1 mysql-bin.000001)
	# shellcheck disable=SC2059 # the byte is the format
	printf "\\$(printf %o "$((byte ^ 4))")" | dd of=mysql-bin.000001 bs=1 seek="$((size - 100))" conv=notrunc status=none
	run_tool dm-relay mysql-bin.000001
	assert_status 65
	assert_err checksum
}

@test "bad input: a downstream table with a missing column" {
	run_load t one
	sql down "ALTER TABLE store.sale DROP COLUMN t"
	change
	before=$(downstream)
	run run_sync t one --until caught-up
	[ "$status" -ne 0 ]
	[ "$(sed -n 's/^the pipeline ended with .* //p' <<<"$output")" -eq 69 ] || fail "$output"
	grep -q "'t'" dm-sync.err
	# The place may be remembered; no row may be.
	[ "$(grep -v _syncer_ <<<"$before" | grep -c INSERT)" = "$(downstream | grep -v _syncer_ | grep -c INSERT)" ]
}
