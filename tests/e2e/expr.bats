#!/usr/bin/env bats
# expr.bats - the expression filter beside real servers: what expressions say of rows, and rows that go in a task's pipeline.
# EXPRESSIONS and SEED choose how many random ones, and which; `make soak` asks for 20 000.
# shellcheck disable=SC2154,SC2034 # variables of the helpers

setup_file() {
	load lib
	load probe.bash
	start_servers maria=mariadb my=mysql
	lib="$DM_BIN/../lib"
	# shellcheck disable=SC2046,SC2086 # lists of words
	"${CC:-cc}" -std=c11 -D_GNU_SOURCE ${SANFLAGS:-} -I"$DM_ROOT/lib" -o "$BATS_FILE_TMPDIR/expr-eval" "$DM_ROOT/tests/oracle/expr-eval.c" \
		"$lib/rules.a" "$lib/config.a" "$lib/stream.a" "$lib/schema.a" "$lib/text.a" "$lib/base.a" \
		$(pkg-config --cflags --libs yaml-0.1 libpcre2-8 zlib libcrypto) -lm
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
}

# same NAME KIND: random expressions, and those that once differed.
same() {
	local seed=${SEED:-1} left=${EXPRESSIONS:-300} each

	while [ "$left" -gt 0 ]; do
		each=$((left < 2000 ? left : 2000))
		perl "$DM_ROOT/tests/oracle/expr" --kind "$2" --port "$(port "$1")" --eval "$BATS_FILE_TMPDIR/expr-eval" \
			--dump "$DM_BIN/dm-dump" --seed "$seed" --count "$each"
		left=$((left - each)) seed=$((seed + 1))
	done
}

@test "expressions find the rows that MariaDB finds" {
	same maria mariadb
}

@test "expressions find the rows that MySQL finds" {
	same my mysql
}

@test "AT-52: a task's expression filters between MySQL and MariaDB: DM's manual, updates, a table that comes later" {
	sql my "CREATE DATABASE expr_filter CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci; CREATE TABLE expr_filter.tbl (id INT PRIMARY KEY, c INT) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
	sql maria "CREATE DATABASE expr_filter"
	source_file my one
	task_file expr <<-END
		task-mode: all
		$(target maria)
		mysql-instances: [{source-id: one, block-allow-list: l, expression-filters: [even_c, name, big, gone]}]
		block-allow-list: {l: {do-dbs: [expr_filter]}}
		expression-filter:
		  even_c: {schema: expr_filter, table: tbl, insert-value-expr: "c % 2 = 0"}
		  name: {schema: expr_filter, table: later, insert-value-expr: "name = 'MÜLLER' OR note LIKE '%spam%'"}
		  big: {schema: expr_filter, table: later, update-old-value-expr: "n > 100", update-new-value-expr: "n > 100"}
		  gone: {schema: expr_filter, table: later, delete-value-expr: "id = 30"}
	END
	run_load expr one || { head -n 3 dm-*.err; false; }
	sql my "INSERT INTO expr_filter.tbl(id, c) VALUES (1, 1), (2, 2), (3, 3), (4, 4);
		CREATE TABLE expr_filter.later (id INT PRIMARY KEY, n INT, name VARCHAR(20), note TEXT) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
		INSERT INTO expr_filter.later VALUES (1, 1, 'müller', ''), (2, 2, 'Meier', 'a spam'), (3, 200, 'Schulz', 'x'), (30, 5, NULL, NULL);
		UPDATE expr_filter.later SET n = 300 WHERE id = 3;
		UPDATE expr_filter.later SET n = 101 WHERE id = 30;
		DELETE FROM expr_filter.later WHERE id = 30"
	run_sync expr one --until caught-up
	[ "$(rows maria expr_filter.tbl id,c | tr '\t\n' ' ;')" = '1 1;3 3;' ]
	[ "$(rows maria expr_filter.later id,n,name | tr '\t\n' ' ;')" = '3 200 Schulz;30 101 NULL;' ]
	grep -q 'expressions dropped 4 inserts, 1 updates, 1 deletes' dm-filter.err
	# The column goes: a filter over it must not go quietly.
	sql my "ALTER TABLE expr_filter.tbl DROP COLUMN c; INSERT INTO expr_filter.tbl VALUES (5)"
	run run_sync expr one --until caught-up
	[ "$status" -ne 0 ]
	grep -q "error 20080 .*expression filter 'even_c'.*there is no column 'c' in 'expr_filter.tbl'" dm-filter.err
}
