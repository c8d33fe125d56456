#!/usr/bin/env bats
# dm-check with real servers: what it finds at each end, and in rules held against the tables that are there.
# shellcheck disable=SC2016 # names in back quotes are SQL

setup_file() {
	load lib
	start_servers one=mariadb two=mysql down=mariadb
	for up in one two; do
		sql $up "CREATE DATABASE shop; CREATE TABLE shop.tbl_0 (id INT PRIMARY KEY); CREATE TABLE shop.tbl_6 (id INT PRIMARY KEY);
			CREATE TABLE shop.tbl_7 (id INT PRIMARY KEY)"
	done
	sql two "CREATE TABLE shop.only_two (id INT PRIMARY KEY)"
	sql one "CREATE USER reader@'%' IDENTIFIED BY 'geheim'; GRANT SELECT ON shop.* TO reader@'%'"
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	source_file one one
	source_file two two
}

# task ROUTES: both sources, with drops of the target kept away.
task() {
	task_file t <<-END
		task-mode: all
		$(target down)
		${2:-}
		mysql-instances:
		- {source-id: one, route-rules: [r], filter-rules: [f], block-allow-list: l}
		- {source-id: two, route-rules: [r], filter-rules: [f], block-allow-list: l}
		routes:
		  r: $1
		filters:
		  f: {schema-pattern: shop, events: [drop table, truncate table], action: Ignore}
		block-allow-list:
		  l: {do-dbs: [shop]}
	END
}

check() {
	run_tool dm-check -c t.yaml -S one.yaml -S two.yaml "$@" </dev/null
}

# found NAME: the short errors of this check, of all servers.
found() {
	jq -r --arg name "$1" '.results[] | select(.name == $name).errors[].short_error' out
}

@test "dm-check: good servers and good rules pass without a word" {
	task '{schema-pattern: shop, table-pattern: "*", target-schema: shop, target-table: t}'
	check
	assert_status 0
	assert_no_err
	assert_json 1 .results '[]'
	assert_json 1 '[.summary.passed,.summary.failed,.summary.warning]' '[true,0,0]'
}

@test "dm-check: AT-28 tbl_[0-63] is one character, and tables that it misses are named" {
	task '{schema-pattern: shop, table-pattern: "tbl_[0-63]", target-schema: shop, target-table: t}'
	check
	assert_status 0
	assert_json 1 '.summary|[.passed,.warning]' '[true,3]'
	[ "$(found 'patterns of rules' | grep -c 'the class \[0-63\] stands for one character')" -eq 1 ]
	[ "$(found 'table routing and filter rules' | wc -l)" -eq 2 ]
	found 'table routing and filter rules' | grep -qF "1 table matches no such rule and keeps its name, though others go by it: 'tbl_7'"
	found 'table routing and filter rules' | grep -qF "2 tables match no such rule and keep their names, though others go by it: 'only_two', 'tbl_7'"
	assert_err "warning: source 'one'"
}

@test "dm-check: AT-28 a pattern that matches nowhere is told once; one that matches at another source is none" {
	task '{schema-pattern: shop, table-pattern: "only_*", target-schema: shop, target-table: t}'
	check
	[ -z "$(found 'patterns of rules')" ]
	task '{schema-pattern: shop, table-pattern: "gone_*", target-schema: shop, target-table: t}'
	check
	assert_status 0
	line=$(grep -n '^  r:' t.yaml | cut -d: -f1)
	[ "$(found 'patterns of rules')" = "route 'r' (t.yaml:$line): pattern 'shop.gone_*' matches no table" ]
}

@test "dm-check: AT-28 two routes for one table fail" {
	task '{schema-pattern: shop, table-pattern: "tbl_*", target-schema: shop, target-table: t}'
	sed -i -e 's/route-rules: \[r\]/route-rules: [r, r2]/' \
		-e 's/^routes:/&\n  r2: {schema-pattern: shop, table-pattern: "tbl_7", target-schema: x, target-table: y}/' t.yaml
	check
	assert_status 69
	assert_json 1 '[.summary.passed,.summary.failed]' '[false,2]'
	found 'table routing and filter rules' | grep -qF "table 'shop.tbl_7' is claimed by"
}

@test "dm-check: AT-26 a parent that is filtered or renamed is told with its child" {
	for up in one two; do
		sql $up "CREATE DATABASE fk; USE fk; CREATE TABLE parent (id INT PRIMARY KEY);
			CREATE TABLE child (id INT PRIMARY KEY, p INT, CONSTRAINT to_parent FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)"
	done
	fk() {
		task '{schema-pattern: shop, table-pattern: "*", target-schema: shop, target-table: t}'
		sed -i "s/do-dbs: \\[shop\\]/do-dbs: [shop, fk]$1/; s/route-rules: \\[r\\]/route-rules: [r${2:+, q}]/; s/filter-rules: \\[f\\]/filter-rules: [f${3:+, g}]/" t.yaml
		[ -z "$2" ] || sed -i "s/^routes:/routes:\n  q: $2/" t.yaml
		[ -z "$3" ] || sed -i "s/^filters:/filters:\n  g: $3/" t.yaml
		check
		assert_status 0
		[ "$(found 'foreign key checker' | wc -l)" -eq "$4" ] || fail "$(cat out)"
	}
	fk '' '' '' 0
	fk ', ignore-tables: [{db-name: fk, tbl-name: parent}]' '' '' 2
	found 'foreign key checker' | grep -qF "foreign key 'to_parent' of 'fk.child' refers to 'fk.parent', which the task does not want"
	fk '' '{schema-pattern: fk, table-pattern: parent, target-schema: fk, target-table: elders}' '' 2
	found 'foreign key checker' | grep -qF "foreign key 'to_parent' of 'fk.child' refers to 'fk.parent', which a route renames to 'fk.elders'"
	fk '' '' '{schema-pattern: fk, table-pattern: parent, events: [delete], action: Ignore}' 2
	found 'foreign key checker' | grep -qF "refers to 'fk.parent', whose deletes a filter drops"
	fk ', ignore-tables: [{db-name: fk, tbl-name: child}]' '{schema-pattern: fk, table-pattern: parent, target-schema: fk, target-table: elders}' '' 0
	sql one "DROP DATABASE fk"
	sql two "DROP DATABASE fk"
}

@test "dm-check: a server that cannot be replicated from, and what 'ignore-checking-items' leaves out" {
	task '{schema-pattern: shop, table-pattern: "*", target-schema: shop, target-table: t}'
	sql one "SET GLOBAL binlog_format = 'STATEMENT', GLOBAL binlog_row_image = 'MINIMAL'"
	check -s one
	sql one "SET GLOBAL binlog_format = 'ROW', GLOBAL binlog_row_image = 'FULL'"
	assert_status 69
	assert_json 1 '[.results[].name]' '["mysql_binlog_format","mysql_binlog_row_image"]'
	assert_err "binlog_format is STATEMENT, and has to be ROW"
	sql one "SET GLOBAL binlog_format = 'STATEMENT', GLOBAL binlog_row_image = 'MINIMAL'"
	task '{schema-pattern: shop, table-pattern: "*", target-schema: shop, target-table: t}' \
		'ignore-checking-items: [binlog_format, binlog_row_image]'
	check -s one
	sql one "SET GLOBAL binlog_format = 'ROW', GLOBAL binlog_row_image = 'FULL'"
	assert_status 0
	assert_json 1 .results '[]'
}

@test "dm-check: a user who may not read the log or lock tables" {
	task '{schema-pattern: shop, table-pattern: "*", target-schema: shop, target-table: t}'
	sed -i -e 's/user: "*root"*/user: reader/' -e 's/password: ""/password: geheim/' one.yaml
	grep -q 'password' one.yaml || sed -i 's/user: reader/user: reader, password: geheim/' one.yaml
	check -s one
	assert_status 69
	found 'source db replication privilege checker' | grep -q 'lacks REPLICATION SLAVE'
	found 'source db replication privilege checker' | grep -q 'lacks REPLICATION CLIENT'
	found 'source db dump privilege checker' | grep -q 'lacks RELOAD'
	! found 'source db dump privilege checker' | grep -q 'lacks SELECT' || fail "SELECT is there"
	# What the task says of the dump counts: which lock it takes, if any.
	for way in '--consistency none:' "--threads 2 --consistency='none':" '--no-locks:' '--consistency lock:lacks LOCK TABLES' \
		'--consistency flush:lacks RELOAD' '--no-locks=false:lacks RELOAD' '--threads 2:lacks RELOAD'; do
		task '{schema-pattern: shop, table-pattern: "*", target-schema: shop, target-table: t}' "mydumpers: {d: {extra-args: \"${way%:*}\"}}"
		sed -i 's/block-allow-list: l}/block-allow-list: l, mydumper-config-name: d}/' t.yaml
		check -s one
		[[ $(found 'source db dump privilege checker') == *"${way##*:}"* ]] || fail "${way%:*}: $(found 'source db dump privilege checker')"
		[ -n "${way##*:}" ] || [ -z "$(found 'source db dump privilege checker')" ] || fail "${way%:*}: nothing has to be locked"
	done
	sql one "GRANT LOCK TABLES ON shop.* TO reader@'%'"
	sed -i 's/extra-args: "[^"]*"/extra-args: "--consistency lock"/' t.yaml
	check -s one
	[ -z "$(found 'source db dump privilege checker')" ]
	task '{schema-pattern: shop, table-pattern: "*", target-schema: shop, target-table: t}'
	! grep -q geheim out err || fail "a password was told"
	sed -i 's/geheim/wrong/' one.yaml
	check -s one
	assert_status 69
	found 'source db connection' | grep -q 'Access denied'
	! grep -q wrong out err || fail "a password was told"
}

@test "dm-check: an online schema change that is going on, of a wanted table" {
	task '{schema-pattern: shop, table-pattern: "*", target-schema: shop, target-table: t}'
	sql one "CREATE DATABASE other; CREATE TABLE shop._tbl_0_gho (id INT PRIMARY KEY); CREATE TABLE other._t_new (id INT PRIMARY KEY)"
	check
	[ "$(found 'online ddl checker')" = "your ddl is in pt/ghost online-ddl: 'shop._tbl_0_gho' is a shadow table of 'tbl_0'" ]
	assert_status 69
	sed -i 's/^task-mode: all/&\nonline-ddl: false/' t.yaml
	check
	[ -z "$(found 'online ddl checker')" ]
	sql one "DROP TABLE shop._tbl_0_gho; DROP DATABASE other"
}

@test "dm-check: one server under two names" {
	task '{schema-pattern: shop, table-pattern: "*", target-schema: shop, target-table: t}'
	sed -e 's/^source-id.*/source-id: two/' one.yaml >two.yaml
	check
	assert_status 0
	found 'one server under two names' | grep -q "source 'one' .* and source 'two' .* are one server"
}

@test "dm-check: it changes nothing" {
	task '{schema-pattern: shop, table-pattern: "*", target-schema: shop, target-table: t}'
	place() {
		sql one 'SHOW MASTER STATUS'
		sql down 'SHOW MASTER STATUS'
		sql two 'SHOW BINARY LOG STATUS'
	}
	place >before
	check
	assert_status 0
	place >after
	cmp before after
}

@test "dm-check: expressions are held against the tables that are there, by column, function and collation" {
	sql one "CREATE TABLE IF NOT EXISTS shop.tbl_0 (id INT PRIMARY KEY); CREATE TABLE shop.odd (id INT PRIMARY KEY, w VARCHAR(9) COLLATE utf8mb4_german2_ci)"
	for rule in 'tbl_0|id % 2 = 0|' 'tbl_0|gone = 1|true there is no column .gone. in .shop.tbl_0.' \
		"odd|w = 'a'|true column .w. has the collation .utf8mb4_german2_ci., which is not known here" \
		'nothing|id = 1|false an expression filter is about .shop.nothing., which is not there'; do
		IFS='|' read -r table expression why <<<"$rule"
		task_file t <<-END
			task-mode: all
			$(target down)
			mysql-instances: [{source-id: one, block-allow-list: l, expression-filters: [x]}]
			expression-filter: {x: {schema: shop, table: $table, delete-value-expr: "$expression"}}
			block-allow-list: {l: {do-dbs: [shop]}}
		END
		run_tool dm-check -c t.yaml -S one.yaml </dev/null
		got=$(jq -r '.results[]? | select(.name == "expression filters") | "\(.state == "fail") \(.errors[0].short_error)"' out)
		if [ -n "$why" ]; then
			grep -q "^${why%% *} .*${why#* }" <<<"$got" || fail "$expression: $got"
		else
			[ "$got" = '' ] || fail "$expression: $got"
		fi
	done
	sed -i 's/id = 1/SOUNDEX(id) = 1/' t.yaml
	run_tool dm-check -c t.yaml -S one.yaml </dev/null
	assert_status 78
	assert_err "expression filter 'x' (t.yaml:5): delete-value-expr: expression 'SOUNDEX(id) = 1': the function SOUNDEX is not supported"
	sql one 'DROP TABLE shop.odd'
}

@test "dm-check: the structures of tables that are merged, and keys that collide" {
	sql one "CREATE DATABASE sh CHARSET utf8mb4; CREATE TABLE sh.a (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(9)); CREATE TABLE sh.b LIKE sh.a;
		CREATE TABLE sh.alone (id INT AUTO_INCREMENT PRIMARY KEY)"
	sql two "CREATE DATABASE sh CHARSET utf8mb4; CREATE TABLE sh.c (v VARCHAR(9), id INT AUTO_INCREMENT PRIMARY KEY)"
	shards() {
		task "{schema-pattern: sh, table-pattern: \"?\", target-schema: sh, target-table: t$1}" "${2:-}"
		sed -i 's/do-dbs: \[shop\]/do-dbs: [sh]/' t.yaml
		check
	}
	name="sharding table \`sh\`.\`t\` consistency checking"
	shards ''
	assert_status 0
	[ "$(found "$name" | sed 's/ (.*)//')" = "'sh.a' of source 'one' has the key 'id' that its server numbers, and the numbers of merged tables collide" ] ||
		fail "$(found "$name")"
	shards ', extract-table: {table-regexp: "(.*)", target-column: c_table}'
	[ -z "$(found "$name")" ]
	shards '' 'ignore-checking-items: [auto_increment_ID]'
	[ -z "$(found "$name")" ]
	sql two "ALTER TABLE sh.c ADD n INT"
	shards '' 'ignore-checking-items: [auto_increment_ID]'
	assert_status 0
	found "$name" | grep -qE "^the structures of 'sh.a' of source 'one' .* and 'sh.c' of source 'two' .* differ"
	sql one "ALTER TABLE sh.b MODIFY v INT"
	shards '' 'ignore-checking-items: [auto_increment_ID]'
	assert_status 0		# each row that can be written is
	found "$name" | grep -qE "^column 'v' of 'sh.a' of source 'one' .* and of 'sh.b' of source 'one' .* do not go into one table"
	shards '' 'ignore-checking-items: [schema_of_shard_tables, auto_increment_ID]'
	assert_status 0
	[ -z "$(found "$name")" ]
	sql one "DROP DATABASE sh"
	sql two "DROP DATABASE sh"
}

@test "dm start-task --dry-run shows which tables would go where, and changes nothing" {
	local server

	sql one "CREATE TABLE shop.note (id INT PRIMARY KEY, v TEXT); INSERT INTO shop.note SELECT seq, 'x' FROM mysql.seq_1_to_1000; ANALYZE TABLE shop.note" >/dev/null
	sql two "CREATE DATABASE secret; CREATE TABLE secret.s (id INT PRIMARY KEY)"
	task '{schema-pattern: shop, table-pattern: "tbl_[0-63]", target-schema: all_shops, target-table: sale, extract-source: {source-regexp: "(.*)", target-column: c_source}}'
	sed -i -e 's/^filters:/expression-filter: {e: {schema: shop, table: note, delete-value-expr: "id < 5"}}\n&\n  g: {schema-pattern: shop, table-pattern: note, events: [delete, create table], action: Ignore}/' \
		-e 's/{source-id: one, route-rules: \[r\], filter-rules: \[f\]/{source-id: one, route-rules: [r], filter-rules: [f, g], expression-filters: [e]/' t.yaml
	dm operate-source create one.yaml two.yaml >/dev/null
	for server in one down; do
		sql $server 'SHOW MASTER STATUS'
	done >before
	sql two 'SHOW BINARY LOG STATUS' >>before
	find home -type f | sort >files_before
	run_tool dm start-task --dry-run t.yaml
	assert_status 0
	assert_no_err
	assert_out "task 't': whole data, then changes, into 127.0.0.1:$(port down); what it remembers is in schema dm_meta there"
	grep -qE "^source 'one' \(127.0.0.1:$(port one)\): 4 of 4 tables, about [0-9]+ rows, [0-9.]+ MB$" out || fail "the source"
	grep -qE '^  `shop`\.`tbl_6` +-> `all_shops`\.`sale` .*; with c_source = .one.; without truncate table, drop table$' out || fail "a table that is merged"
	grep -qE '^  `shop`\.`note` +-> `shop`\.`note` +about 1000 rows, 0\.[0-9] MB; without deletes, create table, truncate table, drop table; rows by an expression filter$' out || fail "a filtered one"
	grep -qE '^  not wanted: 1 table: `secret`\.`s`$' out || fail "what is not wanted"
	grep -qE '^  `all_shops`\.`sale` takes 4 tables: conflict: without shard-mode ' out || fail "the conflict"
	grep -q '^warning: patterns of rules: .* the class \[0-63\] stands for one character.*; way out: correct the pattern' out || fail "AT-28"
	grep -q "^warning: table routing and filter rules: source 'one' .*: .*'tbl_7'" out || fail "AT-28: a table that no rule names"
	[ "$(tail -n 1 out)" = "nothing was changed" ]
	for server in one down; do
		sql $server 'SHOW MASTER STATUS'
	done >after
	sql two 'SHOW BINARY LOG STATUS' >>after
	cmp before after
	find home -type f | sort | diff files_before - || fail "files of the driver"
	sed -i 's/^task-mode/shard-mode: optimistic\n&/' t.yaml
	run_tool dm start-task --dry-run -s two t.yaml
	assert_out '`all_shops`.`sale` takes 2 tables, shard-mode optimistic'
	! grep -q "^source 'one'" out || fail "-s"
	sed -i "s/port: $(port down)/port: 1/" t.yaml
	run_tool dm start-task --dry-run t.yaml
	assert_status 75
	grep -q '^error: target db connection: target (127.0.0.1:1): ' out || fail "an end that is not there"
	sql one "DROP TABLE shop.note"
	sql two "DROP DATABASE secret"
}
