# dm-route.bats - where dm-route sends rows and statements.
# shellcheck disable=SC2016,SC2094,SC2154 # back quotes are for SQL; files are read only; variables of the helpers

setup() {
	load lib
	cli_setup
}

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

# routed SQL TO: what became of the one statement of the input.
routed() {
	assert_status 0
	assert_json 2 .sql "$(jq -cn --arg sql "$1" '$sql')"
	assert_json 2 .to "$2"
	[ "${#lines[@]}" -eq 3 ]
}

# passed: the one statement of the input is as it was.
passed() {
	assert_status 0
	cmp -s in out || fail "not as it was"
}

# gone: nothing is left of the one statement of the input.
gone() {
	assert_status 0
	[ "${#lines[@]}" -eq 2 ] || fail "something is left"
}

shop=(--route 'store_*=store' --route 'store_*.sale_*=store.sale')

@test "dm-route: a table no rule names keeps its name" {
	stream >s <<-'END'
		{"type":"table","schema":"a","table":"b","charset":"utf8mb4","columns":[],"keys":[]}
		{"type":"insert","schema":"a","table":"b","pos":"b.000002:4","seq":0,"rows":[[1]]}
		{"type":"chunk","schema":"a","table":"b","id":"a.b.0","of":1}
		{"type":"unknown","schema":"store_1","table":"sale_1"}
		{"type":"heartbeat","pos":"b.000002:4","resume":"b.000001:4"}
	END
	run_tool dm-route "${shop[@]}" <s
	passed
	run_tool dm-route <s
	passed
}

@test "dm-route: lines of a table say where it goes, right behind its name" {
	stream >s <<-'END'
		{"type":"table","schema":"store_01","table":"sale_01","charset":"utf8mb4","columns":[],"keys":[]}
		{"type":"insert","schema":"store_01","table":"sale_01","pos":"b.000002:4","seq":0,"rows":[[1]]}
		{"type":"update","schema":"STORE_01","table":"Misc","pos":"b.000002:4","seq":1,"rows":[[[1],[2]]]}
		{"type":"chunk","schema":"store_01","table":"sale_01","id":"x.0","of":1}
	END
	run_tool dm-route "${shop[@]}" <s
	assert_status 0
	[ "${lines[1]}" = '{"type":"table","schema":"store_01","table":"sale_01","to":["store","sale"],"charset":"utf8mb4","columns":[],"keys":[]}' ]
	[ "${lines[2]}" = '{"type":"insert","schema":"store_01","table":"sale_01","to":["store","sale"],"pos":"b.000002:4","seq":0,"rows":[[1]]}' ]
	assert_json 4 .to '["store","Misc"]'
	assert_json 5 .to '["store","sale"]'
}

@test "dm-route: a 'to' that is there already is replaced, or taken out" {
	stream >s <<-'END'
		{"type":"insert","schema":"store_01","table":"sale_01","to":["x","y"],"pos":"b.000002:4","seq":0,"rows":[[1]]}
		{"type":"insert","schema":"a","table":"b","to":["x","y"],"pos":"b.000002:4","seq":1,"rows":[[1]]}
	END
	run_tool dm-route "${shop[@]}" <s
	assert_status 0
	assert_json 2 .to '["store","sale"]'
	[ "${lines[2]}" = '{"type":"insert","schema":"a","table":"b","pos":"b.000002:4","seq":1,"rows":[[1]]}' ]
}

@test "dm-route: names that need care in JSON and in SQL" {
	stream >s <<-'END'
		{"type":"insert","schema":"a\"b","table":"t\\`x","pos":"b.000002:4","seq":0,"rows":[[1]]}
	END
	run_tool dm-route --route '`a"b`.`t\``x`=`c``"d`.`e.f`' <s
	assert_status 0
	assert_json 2 .to '["c`\"d","e.f"]'
	ddl 'truncate table' 'a"b' '[["a\"b","t\\`x"]]' 'TRUNCATE `t\``x`' | stream >s
	run_tool dm-route --route '`a"b`.`t\``x`=`c``"d`.`e.f`' <s
	routed 'TRUNCATE `c``"d`.`e.f`' '[["c`\"d","e.f"]]'
}

@test "dm-route: every name in a statement goes where its table goes" {
	ddl 'create table' store_01 '[["store_01","sale_02"]]' \
		"CREATE TABLE IF NOT EXISTS sale_02 (id int /* sale_02 */, a text default 'sale_02', FOREIGN KEY (id) REFERENCES store_02.sale_01 (id))" |
		stream >s
	run_tool dm-route "${shop[@]}" <s
	routed "CREATE TABLE IF NOT EXISTS \`store\`.\`sale\` (id int /* sale_02 */, a text default 'sale_02', FOREIGN KEY (id) REFERENCES \`store\`.\`sale\` (id))" \
		'[["store","sale"]]'
	assert_json 2 '[.tables,.schema,.pos,.at]' '[[["store_01","sale_02"]],"store_01","b.000002:100","b.000002:120"]'
	ddl 'alter table' x '[["store_01","misc"]]' 'ALTER TABLE `store_01`.`misc` ADD c INT' | stream >s
	run_tool dm-route "${shop[@]}" <s
	routed 'ALTER TABLE `store`.`misc` ADD c INT' '[["store","misc"]]'
}

@test "dm-route: only a reference is routed: the statement is rewritten all the same" {
	ddl 'create table' a '[["a","b"]]' 'CREATE TABLE b (id int REFERENCES store_01.sale_01 (id))' | stream >s
	run_tool dm-route "${shop[@]}" <s
	routed 'CREATE TABLE `a`.b (id int REFERENCES `store`.`sale` (id))' '[["a","b"]]' ||
		routed 'CREATE TABLE `a`.`b` (id int REFERENCES `store`.`sale` (id))' '[["a","b"]]'
}

@test "dm-route: databases go by the rules for schemas" {
	ddl 'create database' '' '[["store_01",""]]' 'CREATE DATABASE store_01 CHARACTER SET utf8mb4' | stream >s
	run_tool dm-route "${shop[@]}" <s
	routed 'CREATE DATABASE `store` CHARACTER SET utf8mb4' '[["store",""]]'
	run_tool dm-route --route 'store_*.sale_*=store.sale' <s
	passed
	ddl 'drop database' '' '[["store_01",""]]' 'DROP DATABASE `store_01`' | stream >s
	run_tool dm-route "${shop[@]}" <s
	routed 'DROP DATABASE `store`' '[["store",""]]'
}

@test "dm-route: a dump's structures are routed, too" {
	run_tool dm-route "${shop[@]}" <<-'END'
		{"type":"stream","version":1,"source":"s","flavor":"mysql","server_version":"8.0.36"}
		{"type":"snapshot","pos":"b.000002:4"}
		{"type":"ddl","kind":"create database","schema":"store_01","tables":[["store_01",""]],"sql":"CREATE DATABASE `store_01`"}
		{"type":"ddl","kind":"create table","schema":"store_01","tables":[["store_01","sale_01"]],"sql":"CREATE TABLE `sale_01` (a int)"}
		{"type":"chunk","schema":"store_01","table":"sale_01","id":"0","of":1}
		{"type":"insert","schema":"store_01","table":"sale_01","rows":[[1]]}
		{"type":"chunk_end","id":"0","rows":1,"bytes":3}
		{"type":"end","reason":"complete"}
	END
	assert_status 0
	assert_json 3 .sql '"CREATE DATABASE `store`"'
	assert_json 4 .sql '"CREATE TABLE `store`.`sale` (a int)"'
	assert_json 5 .to '["store","sale"]'
	assert_json 6 .to '["store","sale"]'
	assert_line_unchanged 7
}

@test "dm-route: one target is dropped once" {
	ddl 'drop table' store_01 '[["store_01","sale_01"],["store_01","sale_02"],["a","b"]]' 'DROP TABLE sale_01, sale_02, a.b' | stream >s
	run_tool dm-route "${shop[@]}" <s
	assert_status 0
	assert_json 2 .tables '[["store_01","sale_01"],["a","b"]]'
	assert_json 2 .to '[["store","sale"],["a","b"]]'
	assert_json 2 '.sql|gsub("`";"")' '"DROP TABLE store.sale, a.b"'
}

@test "dm-route: a name that changes within its target is nothing downstream" {
	ddl 'rename table' store_01 '[["store_01","sale_01"],["store_01","sale_09"]]' 'RENAME TABLE sale_01 TO sale_09' | stream >s
	run_tool dm-route "${shop[@]}" <s
	gone
	ddl 'rename table' store_01 '[["store_01","sale_01"],["x","tmp"],["store_01","sale_02"],["store_01","sale_01"],["x","tmp"],["store_01","sale_02"]]' \
		'RENAME TABLE sale_01 TO x.tmp, sale_02 TO sale_01, x.tmp TO sale_02' | stream >s
	run_tool dm-route "${shop[@]}" <s
	gone
	ddl 'rename table' store_01 '[["store_01","sale_01"],["store_01","sale_09"],["store_01","a"],["store_01","b"]]' \
		'RENAME TABLE sale_01 TO sale_09, a TO b' | stream >s
	run_tool dm-route "${shop[@]}" <s
	assert_status 0
	assert_json 2 .to '[["store","a"],["store","b"]]'
	assert_json 2 '.sql|gsub("`";"")' '"RENAME TABLE store.a TO store.b"'
	ddl 'create table' store_01 '[["store_01","sale_03"],["store_01","sale_01"]]' 'CREATE TABLE sale_03 LIKE sale_01' | stream >s
	run_tool dm-route "${shop[@]}" <s
	gone
}

@test "dm-route: a swap of two tables with targets of their own is a swap" {
	ddl 'rename table' a '[["a","x"],["a","t"],["a","y"],["a","x"],["a","t"],["a","y"]]' 'RENAME TABLE x TO t, y TO x, t TO y' | stream >s
	run_tool dm-route --route 'a=b' <s
	assert_status 0
	assert_json 2 '.sql|gsub("`";"")' '"RENAME TABLE b.x TO b.t, b.y TO b.x, b.t TO b.y"'
}

@test "dm-route: one table of a merged target cannot be renamed out of it, or into it" {
	ddl 'rename table' store_01 '[["store_01","sale_01"],["store_01","old"]]' 'RENAME TABLE sale_01 TO old' | stream >s
	run_tool dm-route "${shop[@]}" <s
	assert_status 65
	assert_error 20604
	assert_err "at b.000002:120: 'store_01.sale_01' gets the name 'store_01.old'"
	ddl 'alter table' store_01 '[["store_01","new"],["store_01","sale_09"]]' 'ALTER TABLE new RENAME TO sale_09' | stream >s
	run_tool dm-route "${shop[@]}" <s
	assert_status 65
	assert_error 20604
	# A rule for one table alone merges nothing.
	ddl 'rename table' a '[["a","x"],["a","y"]]' 'RENAME TABLE x TO y' | stream >s
	run_tool dm-route --route 'a.x=b.z' <s
	assert_status 0
	assert_json 2 '.sql|gsub("`";"")' '"RENAME TABLE b.z TO a.y"'
}

@test "dm-route: partitions of a merged target are not exchanged" {
	for sql in 'ALTER TABLE t_1 EXCHANGE PARTITION p WITH TABLE x' 'ALTER TABLE x EXCHANGE PARTITION p WITH TABLE t_1' \
		'ALTER TABLE t_1 CONVERT PARTITION p TO TABLE x'; do
		run_tool dm-route --route 'a.t_*=a.t' < <(
			echo '{"type":"stream","version":1,"source":"s","flavor":"mariadb","server_version":"10.11.14","pos":"b.000002:4"}'
			jq -cn --arg sql "$sql" '{type:"ddl",kind:"alter table",schema:"a",
				tables:(if $sql | startswith("ALTER TABLE x") then [["a","x"],["a","t_1"]] else [["a","t_1"],["a","x"]] end),
				pos:"b.000002:100",sql:$sql}'
		)
		assert_status 65
		assert_error 20604
	done
}

@test "dm-route: CREATE OR REPLACE would drop a merged target" {
	ddl 'create table' store_01 '[["store_01","sale_01"]]' 'CREATE /* x */ OR REPLACE TABLE sale_01 (a INT)' | stream >s
	run_tool dm-route "${shop[@]}" <s
	assert_status 65
	assert_error 20604
	assert_err "at b.000002:120: CREATE OR REPLACE of 'store_01.sale_01' would drop 'store.sale'"
	ddl 'create table' store_01 '[["store_01","misc"]]' 'CREATE OR REPLACE TABLE misc (a INT)' | stream >s
	run_tool dm-route "${shop[@]}" <s
	routed 'CREATE OR REPLACE TABLE `store`.`misc` (a INT)' '[["store","misc"]]'
}

@test "dm-route: two rules for one table stop, with both names" {
	stream >s <<<'{"type":"insert","schema":"a","table":"b","pos":"b.000002:4","seq":0,"rows":[[1]]}'
	run_tool dm-route --route 'a.b*=x.y' --route 'a.*=x.z' <s
	assert_status 78
	assert_error 40080
	assert_err "at b.000002:4: table 'a.b' is claimed by route 'a.b*=x.y' and by route 'a.*=x.z'"
	ddl 'truncate table' a '[["a","b"]]' 'TRUNCATE b' | stream >s
	run_tool dm-route --route 'a.b*=x.y' --route 'a.*=x.z' <s
	assert_status 78
	assert_err "at b.000002:120"
}

@test "dm-route: a statement is routed once" {
	stream >s <<<'{"type":"ddl","kind":"truncate table","schema":"a","tables":[["a","b"]],"to":[["x","y"]],"pos":"b.000002:4","sql":"TRUNCATE x.y"}'
	run_tool dm-route <s
	assert_status 65
	assert_error 20605
}

@test "dm-route: what is not understood is left to the end of the pipeline" {
	ddl unknown a '[]' 'FROBNICATE' | stream >s
	run_tool dm-route --route 'a=b' <s
	passed
}

@test "dm-route: routes of a task" {
	cat >source.yaml <<-'END'
		source-id: "s"
		from: {host: "127.0.0.1", port: 3306, user: "root", password: ""}
	END
	cat >task.yaml <<-'END'
		name: "t"
		task-mode: all
		target-database: {host: "127.0.0.1", port: 4000, user: "root", password: ""}
		mysql-instances:
		- {source-id: "s", route-rules: ["sale"]}
		routes:
		  sale: {schema-pattern: "store_*", table-pattern: "~^sale_[0-9]+$", target-schema: "store", target-table: "sale"}
	END
	stream >s <<-'END'
		{"type":"insert","schema":"store_01","table":"sale_123","pos":"b.000002:4","seq":0,"rows":[[1]]}
		{"type":"insert","schema":"store_01","table":"sale_x","pos":"b.000002:4","seq":1,"rows":[[1]]}
	END
	run_tool dm-route -c task.yaml -s s -S source.yaml <s
	assert_status 0
	assert_json 2 .to '["store","sale"]'
	assert_line_unchanged 3
	run_tool dm-route -c task.yaml -s s -S source.yaml --route 'store_*=elsewhere' <s
	assert_json 3 .to '["elsewhere","sale_x"]'
	run_tool dm-route --route 'nothing' <s
	assert_status 64
}
