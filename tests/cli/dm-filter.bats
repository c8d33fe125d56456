# dm-filter.bats - what dm-filter passes, drops and cuts.
# shellcheck disable=SC2016,SC2094,SC2154 # back quotes are for SQL; files are read only; variables of the helpers

setup() {
	load lib
	cli_setup
}

# A change stream around the lines of standard input.
stream() {
	echo '{"type":"stream","version":1,"source":"s","flavor":"mariadb","server_version":"10.11.14","pos":"b.000002:4"}'
	cat
	echo '{"type":"end","reason":"caught-up","pos":"b.000002:900"}'
}

# ddl KIND SCHEMA TABLES SQL: a line.
ddl() {
	jq -cn --arg kind "$1" --arg schema "$2" --argjson tables "$3" --arg sql "$4" \
		'{type:"ddl",kind:$kind,schema:$schema,tables:$tables,pos:"b.000002:100",at:"b.000002:120",sql_mode:"",sql:$sql}'
}

task() {
	cat >source.yaml <<-'END'
		source-id: "s"
		from: {host: "127.0.0.1", port: 3306, user: "root", password: ""}
	END
	cat >task.yaml <<-END
		name: "t"
		task-mode: all
		target-database: {host: "127.0.0.1", port: 4000, user: "root", password: ""}
		mysql-instances:
		- {source-id: "s"$1}
	END
	cat >>task.yaml
}

store_task() {
	task ', filter-rules: ["store", "sale"], block-allow-list: "l"' <<-'END'
		filters:
		  sale: {schema-pattern: "store_*", table-pattern: "sale_*", events: ["truncate table", "drop table", "delete"], action: Ignore}
		  store: {schema-pattern: "store_*", events: ["drop database"], action: Ignore}
		block-allow-list:
		  l: {do-dbs: ["user", "store_*"], ignore-tables: [{db-name: "user", tbl-name: "log_bak"}]}
	END
}

# kept N ...: just these lines of the input came out, unchanged.
kept() {
	for n; do sed -n "${n}p" in; done >wanted
	cmp -s wanted out || { diff wanted out || true; fail "not just the lines $*"; }
}

@test "dm-filter: without rules all but system schemas passes, byte for byte" {
	stream >s <<-'END'
		{"type":"table","schema":"a","table":"t","charset":"utf8mb4","columns":[],"keys":[]}
		{"type":"insert",  "schema":"a","table":"t","pos":"b.000002:4","seq":0,"rows":[[1, "x"]]}
		{"type":"insert","schema":"mysql","table":"user","pos":"b.000002:4","seq":1,"rows":[[1]]}
		{"type":"later","what":"ever","schema":"mysql"}
		{"type":"state","stage":"x","key":"y","value":{"a":1}}
		{"type":"commit","pos":"b.000002:90","resume":"b.000001:4"}
		{"type":"heartbeat","pos":"b.000002:90","resume":"b.000001:4","ts":1}
	END
	run_tool dm-filter <s
	assert_status 0
	kept 1 2 3 5 6 7 8 9
}

@test "dm-filter: rows by the block-allow list and the event filter of a task" {
	store_task
	stream >s <<-'END'
		{"type":"insert","schema":"store_01","table":"sale_01","pos":"b.000002:4","seq":0,"rows":[[1]]}
		{"type":"update","schema":"store_01","table":"sale_01","pos":"b.000002:4","seq":1,"rows":[[[1],[2]]]}
		{"type":"delete","schema":"store_01","table":"sale_01","pos":"b.000002:4","seq":2,"rows":[[2]]}
		{"type":"delete","schema":"store_01","table":"misc","pos":"b.000002:4","seq":3,"rows":[[2]]}
		{"type":"insert","schema":"user","table":"log_bak","pos":"b.000002:4","seq":4,"rows":[[1]]}
		{"type":"insert","schema":"user","table":"information","pos":"b.000002:4","seq":5,"rows":[[1]]}
		{"type":"insert","schema":"other","table":"t","pos":"b.000002:4","seq":6,"rows":[[1]]}
		{"type":"table","schema":"other","table":"t","columns":[],"keys":[]}
		{"type":"commit","pos":"b.000002:90"}
	END
	run_tool dm-filter -c task.yaml -s s -S source.yaml --count <s
	assert_status 0
	kept 1 2 3 5 7 10 11
	assert_err "dropped 4 of 11 events"
}

@test "dm-filter: the same by options" {
	stream >s <<-'END'
		{"type":"insert","schema":"store_01","table":"t","pos":"b.000002:4","seq":0,"rows":[[1]]}
		{"type":"insert","schema":"store_01","table":"log","pos":"b.000002:4","seq":1,"rows":[[1]]}
		{"type":"insert","schema":"Store_01","table":"t","pos":"b.000002:4","seq":2,"rows":[[1]]}
		{"type":"insert","schema":"x","table":"t","pos":"b.000002:4","seq":3,"rows":[[1]]}
	END
	run_tool dm-filter --do-db 'store_*' --ignore-table 'store_*.log' <s
	assert_status 0
	kept 1 2 4 6
	run_tool dm-filter --do-db 'store_*' --ignore-table 'store_*.log' --case-sensitive <s
	kept 1 2 6
	run_tool dm-filter --ignore-db 'store_*' <s
	kept 1 5 6
	run_tool dm-filter --do-table '*.log' <s
	kept 1 3 6
	run_tool dm-filter --do-table 'nodot' <s
	assert_status 64
	run_tool dm-filter --do-db 'a*b' <s
	assert_status 64
	assert_no_out
}

@test "dm-filter: a dump is whole data: the event filter does not apply, dropped chunks go whole" {
	store_task
	run_tool dm-filter -c task.yaml -s s -S source.yaml <<-'END'
		{"type":"stream","version":1,"source":"s","flavor":"mysql","server_version":"8.0.36"}
		{"type":"snapshot","pos":"b.000002:4"}
		{"type":"ddl","kind":"create database","schema":"store_01","tables":[["store_01",""]],"sql":"CREATE DATABASE `store_01`"}
		{"type":"ddl","kind":"create database","schema":"other","tables":[["other",""]],"sql":"CREATE DATABASE `other`"}
		{"type":"ddl","kind":"create table","schema":"user","tables":[["user","log_bak"]],"sql":"CREATE TABLE `log_bak` (a int)"}
		{"type":"table","schema":"user","table":"log_bak","columns":[],"keys":[]}
		{"type":"chunk","schema":"user","table":"log_bak","id":"user.log_bak.0","of":1}
		{"type":"insert","schema":"user","table":"log_bak","rows":[[1]]}
		{"type":"chunk_end","id":"user.log_bak.0","rows":1,"bytes":3}
		{"type":"chunk","schema":"store_01","table":"sale_01","id":"store_01.sale_01.0","of":1}
		{"type":"insert","schema":"store_01","table":"sale_01","rows":[[1]]}
		{"type":"chunk_end","id":"store_01.sale_01.0","rows":1,"bytes":3}
		{"type":"end","reason":"complete"}
	END
	assert_status 0
	kept 1 2 3 10 11 12 13
	# The same lines in a change stream would be events.
	sed -e 's/"Ignore"/x/' -e 's/events: \["truncate table", "drop table", "delete"\]/events: ["all"]/' task.yaml >all.yaml
	cp in dump
	run_tool dm-filter -c all.yaml -s s -S source.yaml <dump
	assert_status 0
	kept 1 2 3 10 11 12 13
	# What dm-dump really writes has a state line in front, and is no less a dump.
	sed '1a {"type":"state","stage":"dm-dump","key":"sql_mode","value":""}' dump >dump2
	run_tool dm-filter -c all.yaml -s s -S source.yaml <dump2
	assert_status 0
	kept 1 2 3 4 11 12 13 14
	run_tool dm-filter -c all.yaml -s s -S source.yaml --filter-full <dump2
	assert_status 0
	kept 1 2 3 4 14
	run_tool dm-filter -c task.yaml -s s -S source.yaml --filter-full <dump2
	assert_status 0
	kept 1 2 3 4 11 12 13 14
	grep -v snapshot dump >changes
	run_tool dm-filter -c all.yaml -s s -S source.yaml <changes
	assert_status 0
	kept 1 2 9 11 12
}

@test "dm-filter: statements by their tables" {
	store_task
	{
		ddl 'drop table' store_01 '[["store_01","sale_01"]]' 'DROP TABLE sale_01'
		ddl 'drop table' store_01 '[["store_01","misc"]]' 'DROP TABLE misc'
		ddl 'drop database' '' '[["store_01",""]]' 'DROP DATABASE store_01'
		ddl 'create database' '' '[["store_09",""]]' 'CREATE DATABASE store_09'
		ddl 'create database' '' '[["other",""]]' 'CREATE DATABASE other'
		ddl 'alter table' other '[["user","log_bak"]]' 'ALTER TABLE user.log_bak ADD a INT'
		ddl 'alter table' other '[["user","information"]]' 'ALTER TABLE user.information ADD a INT'
		ddl 'create table' store_01 '[["store_01","a"],["other","b"]]' 'CREATE TABLE a LIKE other.b'
		ddl other store_01 '[]' 'GRANT SELECT ON *.* TO x'
		ddl 'create view' store_01 '[["store_01","v"]]' 'CREATE VIEW v AS SELECT 1'
	} | stream >s
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 0
	kept 1 3 5 8 9 12
}

@test "dm-filter: of a DROP TABLE of several tables the wanted ones are dropped" {
	store_task
	ddl 'drop table' store_01 '[["store_01","a"],["other","b"],["store_01","sale_1"],["user","c d"]]' \
		'DROP TABLE IF EXISTS `a` , other.b, sale_1,`user`.`c d` CASCADE /* generated by server */' | stream >s
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 0
	assert_json 2 .sql '"DROP TABLE IF EXISTS `a`, `user`.`c d` CASCADE /* generated by server */"'
	assert_json 2 .tables '[["store_01","a"],["user","c d"]]'
	assert_json 2 '[.pos,.at,.kind,.schema]' '["b.000002:100","b.000002:120","drop table","store_01"]'
	[ "${#lines[@]}" -eq 3 ]
}

@test "dm-filter: RENAME TABLE is cut pair by pair" {
	{
		ddl 'rename table' a '[["a","x"],["a","y"],["b","x"],["b","y"]]' 'RENAME TABLE x TO y, b.x TO b.y'
		ddl 'rename table' a '[["b","x"],["b","y"]]' 'RENAME TABLE b.x TO b.y'
	} | stream >s
	run_tool dm-filter --do-db a <s
	assert_status 0
	assert_json 2 .sql '"RENAME TABLE x TO y"'
	assert_json 2 .tables '[["a","x"],["a","y"]]'
	[ "${#lines[@]}" -eq 3 ]
}

@test "dm-filter: a table that leaves what is wanted stays downstream, with a warning" {
	ddl 'rename table' a '[["a","x"],["a","x_old"]]' 'RENAME TABLE x TO x_old' | stream >s
	run_tool dm-filter --do-table a.x <s
	assert_status 0
	[ "${#lines[@]}" -eq 2 ]
	assert_err "warning: at b.000002:120: table 'a.x' gets the name 'a.x_old'"
}

@test "dm-filter: a table cannot come in by its name alone" {
	ddl 'rename table' a '[["a","x_new"],["a","x"]]' 'RENAME TABLE x_new TO x' | stream >s
	run_tool dm-filter --do-table a.x <s
	assert_status 65
	assert_error 20602
	assert_err "at b.000002:120: table 'a.x_new'"
	[ "${#lines[@]}" -eq 1 ]
	# A filter on the event says that it may go.
	task ', filter-rules: ["f"], block-allow-list: "l"' <<-'END'
		filters:
		  f: {schema-pattern: "a", table-pattern: "x", events: ["rename table"], action: Ignore}
		block-allow-list:
		  l: {do-tables: [{db-name: "a", tbl-name: "x"}]}
	END
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 0
	[ "${#lines[@]}" -eq 2 ]
	ddl 'alter table' a '[["a","x_new"],["a","x"]]' 'ALTER TABLE x_new RENAME TO x' | stream >s
	run_tool dm-filter --do-table a.x <s
	assert_status 65
	assert_error 20602
}

@test "dm-filter: two wanted tables may swap through a name that is not wanted" {
	ddl 'rename table' a '[["a","x"],["a","tmp"],["a","y"],["a","x"],["a","tmp"],["a","y"]]' \
		'RENAME TABLE x TO tmp, y TO x, tmp TO y' | stream >s
	run_tool dm-filter --do-table a.x --do-table a.y <s
	assert_status 0
	assert_line_unchanged 2
}

# t_filter EVENT ...: a task whose filter ignores these events of schema a.
t_filter() {
	local IFS=,

	task ', filter-rules: ["f"]' <<-END
		filters:
		  f: {schema-pattern: "a", events: [$(printf '"%s",' "$@")], action: ${action:-Ignore}}
	END
}

# columns of a.t, as a table line.
structure() {
	jq -cn '{type:"table",schema:"a",table:"t",charset:"utf8mb4",columns:[
		{name:"id",type:"bigint(20)",nullable:false,auto_increment:true},
		{name:"i",type:"int(11)",nullable:true,default:"NULL"},
		{name:"v",type:"varchar(20)",charset:"utf8mb4",nullable:true,default:"NULL"}],
		keys:[{name:"PRIMARY",unique:true,columns:["id"]},{name:"u",unique:true,columns:["i"]},{name:"k",unique:false,columns:["v"]}]}'
}

alter() {
	ddl 'alter table' a '[["a","t"]]' "ALTER TABLE t $1"
}

# cut_to CLAUSES: what is left of the last statement of s; without CLAUSES nothing is.
cut_to() {
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 0
	[ "$(grep '"ddl"' out | jq -r .sql)" = "${1:+ALTER TABLE t $1}" ] || fail "$(grep '"ddl"' out)"
}

@test "dm-filter: ALTER TABLE ... RENAME is the event 'rename table', and goes alone" {
	t_filter 'rename table'
	{
		ddl 'alter table' a '[["a","x"],["a","y"]]' 'ALTER TABLE x RENAME TO y'
		ddl 'alter table' a '[["a","x"]]' 'ALTER TABLE x ADD COLUMN b INT'
	} | stream >s
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 0
	kept 1 3 4
	ddl 'alter table' a '[["a","x"],["a","y"]]' 'ALTER TABLE x ADD COLUMN b INT, RENAME TO y' | stream >s
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 0
	assert_json 2 .sql '"ALTER TABLE x ADD COLUMN b INT"'
	assert_json 2 .tables '[["a","x"]]'
	t_filter 'alter table'
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_json 2 .sql '"ALTER TABLE x RENAME TO y"'
	assert_json 2 .tables '[["a","x"],["a","y"]]'
}

@test "dm-filter: of an ALTER TABLE the clauses that are ignored are left out" {
	alter "ADD COLUMN a INT, DROP COLUMN i /* , x */, ADD KEY (a), ALGORITHM=COPY" | stream >s
	t_filter 'drop column'
	cut_to 'ADD COLUMN a INT, ADD KEY (a), ALGORITHM=COPY'
	t_filter 'modify constraint' 'alter table'
	cut_to 'DROP COLUMN i, ALGORITHM=COPY'
	t_filter 'add column'
	cut_to 'DROP COLUMN i, ADD KEY (a), ALGORITHM=COPY'
	t_filter 'multi schema change'
	cut_to ''
	t_filter 'all ddl'
	cut_to ''
	t_filter 'incompatible ddl changes'
	cut_to 'ADD COLUMN a INT, ALGORITHM=COPY'
	action=Do t_filter 'drop column' 'all dml'
	cut_to 'DROP COLUMN i, ALGORITHM=COPY'
	t_filter 'none ddl' 'drop column'
	cut_to "ADD COLUMN a INT, DROP COLUMN i /* , x */, ADD KEY (a), ALGORITHM=COPY"
	t_filter 'none' 'all'
	cut_to "ADD COLUMN a INT, DROP COLUMN i /* , x */, ADD KEY (a), ALGORITHM=COPY"
	action=Error t_filter 'drop column'
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 65
	assert_error 36015
	assert_err "'drop column' of 'a.t'"
	[ "$(grep -c '"ddl"' out)" -eq 0 ]
}

@test "dm-filter: what a MODIFY does is read off the structure that stands before it" {
	{
		structure
		alter 'MODIFY i SMALLINT, MODIFY v VARCHAR(30), CHANGE id id BIGINT, DROP KEY u, DROP KEY k'
	} | stream >s
	t_filter 'value range decrease'
	cut_to 'MODIFY v VARCHAR(30), CHANGE id id BIGINT, DROP KEY u, DROP KEY k'
	t_filter 'remove auto increment' 'drop unique key'
	cut_to 'MODIFY i SMALLINT, MODIFY v VARCHAR(30), DROP KEY k'
	t_filter 'alter table'
	cut_to 'MODIFY i SMALLINT, CHANGE id id BIGINT, DROP KEY u, DROP KEY k'
	t_filter 'drop index'
	cut_to 'MODIFY i SMALLINT, MODIFY v VARCHAR(30), CHANGE id id BIGINT'
}

@test "dm-filter: a structure counts until a statement changes it" {
	{
		structure
		alter 'ADD COLUMN x INT'
		alter 'MODIFY i SMALLINT'
	} | stream >s
	t_filter 'value range decrease'
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 65
	assert_error 20610
	assert_err "at b.000002:120: the structure of 'a.t' is not known, so 'MODIFY i SMALLINT' may be the event"
	{
		structure
		alter 'ADD COLUMN x INT'
		structure
		ddl 'truncate table' a '[["a","t"]]' 'TRUNCATE t'
		alter 'MODIFY i SMALLINT'
	} | stream >s
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 0
	[ "$(grep -c '"ddl"' out)" -eq 2 ]
}

@test "dm-filter: without a structure a MODIFY is an error only where the filters tell its events apart" {
	alter 'MODIFY i SMALLINT' | stream >s
	t_filter 'drop table'
	cut_to 'MODIFY i SMALLINT'
	t_filter 'all ddl'
	cut_to ''
	t_filter 'incompatible ddl changes'
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 65
	assert_error 20610
	run_tool dm-filter <s
	assert_status 0
	assert_line_unchanged 2
}

@test "dm-filter: partitions cannot be exchanged with a table that is not wanted" {
	ddl 'alter table' a '[["a","t"],["a","x"]]' 'ALTER TABLE t EXCHANGE PARTITION p WITH TABLE x' | stream >s
	for one in t x; do
		run_tool dm-filter --do-table "a.$one" <s
		assert_status 65
		assert_error 20611
	done
	run_tool dm-filter --do-table a.t --do-table a.x <s
	assert_status 0
	assert_line_unchanged 2
	run_tool dm-filter --do-db b <s
	assert_status 0
	[ "${#lines[@]}" -eq 2 ]
	task ', filter-rules: ["f"], block-allow-list: "l"' <<-'END'
		filters:
		  f: {schema-pattern: "a", events: ["exchange table partition"], action: Ignore}
		block-allow-list:
		  l: {do-tables: [{db-name: "a", tbl-name: "t"}]}
	END
	cut_to ''
}

@test "dm-filter: the action Error stops, with the place" {
	task ', filter-rules: ["f"]' <<-'END'
		filters:
		  f: {schema-pattern: "a", events: ["drop table", "delete"], action: Error}
	END
	ddl 'drop table' a '[["a","x"]]' 'DROP TABLE x' | stream >s
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 65
	assert_error 36015
	assert_err "at b.000002:120: filter 'f' (task.yaml:7)"
	stream >s <<<'{"type":"delete","schema":"a","table":"x","pos":"b.000002:4","seq":0,"rows":[[1]]}'
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 65
	assert_err "at b.000002:4: filter 'f'"
}

@test "dm-filter: a statement that is not understood stops where it may be wanted" {
	ddl unknown a '[]' 'ALTER TABLE x FROBNICATE' | stream >s
	run_tool dm-filter <s
	assert_status 65
	assert_error 36067
	assert_err "at b.000002:120 (database 'a')"
	assert_err "ALTER TABLE x FROBNICATE"
	[ "${#lines[@]}" -eq 1 ]
	run_tool dm-filter --ignore-db a <s
	assert_status 0
	kept 1 3
	# Without a database nobody knows what it is about; and it may name a wanted one.
	ddl unknown '' '[]' 'FROBNICATE' | stream >s
	run_tool dm-filter --do-db b <s
	assert_status 65
	ddl unknown a '[]' 'ALTER TABLE `b`.x FROBNICATE (c.d)' | stream >s
	run_tool dm-filter --do-db b <s
	assert_status 65
	run_tool dm-filter --do-db c <s
	assert_status 0
	# Rows as statements are as bad.
	ddl dml a '[]' 'INSERT INTO x VALUES (1)' | stream >s
	run_tool dm-filter <s
	assert_status 65
	assert_error 36067
	assert_err "stands in the log as a statement"
}

@test "dm-filter: a sql-pattern lets a statement go that is not understood" {
	task ', filter-rules: ["f"]' <<-'END'
		filters:
		  f: {schema-pattern: "*", sql-pattern: ["frobnicate$"], action: Ignore}
	END
	{
		ddl unknown a '[]' 'ALTER TABLE x FROBNICATE'
		ddl unknown '' '[]' 'FROBNICATE'
	} | stream >s
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 0
	kept 1 4
	ddl unknown a '[]' 'ALTER TABLE x FROBNICATE y' | stream >s
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 65
}

@test "dm-filter: a source's own filters apply, with and without a task" {
	task '' </dev/null
	cat >>source.yaml <<-'END'
		case-sensitive: true
		filters:
		- {schema-pattern: "A", events: ["insert"], action: Ignore}
	END
	stream >s <<-'END'
		{"type":"insert","schema":"A","table":"t","pos":"b.000002:4","seq":0,"rows":[[1]]}
		{"type":"insert","schema":"a","table":"t","pos":"b.000002:4","seq":1,"rows":[[1]]}
	END
	run_tool dm-filter -c task.yaml -s s -S source.yaml <s
	assert_status 0
	kept 1 3 4
	run_tool dm-filter -S source.yaml <s
	assert_status 0
	kept 1 3 4
	# With a task the source's file is needed: its filters are part of the rules.
	run_tool dm-filter -c task.yaml -s s <s
	assert_status 78
	assert_error 20031
}

@test "dm-filter: a long line passes whole, or goes whole" {
	{
		printf '{"type":"insert","schema":"a","table":"t","pos":"b.000002:4","seq":0,"rows":[["'
		head -c 3000000 /dev/zero | tr '\0' x
		printf '"]]}\n'
	} >long
	{ cat long; sed 's/"a"/"b"/' long; } | stream >s
	run_tool dm-filter --do-db a <s
	assert_status 0
	kept 1 2 4
	head -c 300000 /dev/zero | tr '\0' y >pad
	ddl 'drop table' a '[["a","x"],["b","y"]]' 'DROP TABLE x, b.y /* pad */' | jq -c --rawfile pad pad '.sql |= sub("pad"; $pad)' |
		stream >s
	run_tool dm-filter --do-db a <s
	assert_status 0
	assert_json 2 '.sql|.[0:14]' '"DROP TABLE x /"'
	assert_json 2 '.sql|length' 300019
}

@test "dm-filter: what the line says and what the statement says must agree" {
	ddl 'drop table' a '[["a","x"],["b","y"]]' 'DROP TABLE x' | stream >s
	run_tool dm-filter --do-db a <s
	assert_status 65
	assert_error 50104
}
