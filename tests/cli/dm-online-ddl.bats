#!/usr/bin/env bats
# dm-online-ddl.bats - what dm-online-ddl makes of the statements and rows of online schema changes.
# shellcheck disable=SC2016,SC2094,SC2154,SC2034 # back quotes are for SQL; files are read only; variables of the helpers

setup() {
	load lib
	cli_setup
}

stream() {
	echo '{"type":"stream","version":1,"source":"s","flavor":"mariadb","server_version":"10.11.14","pos":"b.000002:4"}'
	cat
	echo '{"type":"end","reason":"caught-up","pos":"b.000002:900"}'
}

# ddl KIND TABLES SQL: a line. Names of TABLES: "t" is d.t, "x.t" itself.
ddl() {
	jq -cn --arg kind "$1" --arg names "$2" --arg sql "$3" \
		'{type:"ddl",kind:$kind,schema:"d",tables:($names | split(" ") | map(split(".") | if length == 1 then ["d", .[0]] else . end)),
			pos:"b.000002:110",at:"b.000002:120",gtid:"0-1-7",ts:1700000000,sql:$sql}'
}

# Statements by their usual spelling.
created() {
	ddl 'create table' "_t_gho t" 'create /* gh-ost */ table `d`.`_t_gho` like `d`.`t`'
}

altered() {
	ddl 'alter table' "${2:-_t_gho}" "alter /* gh-ost */ table \`d\`.\`${2:-_t_gho}\` ${1:-add column c int}"
}

swapped() {
	ddl 'rename table' 't _t_del _t_gho t' 'rename /* gh-ost */ table `d`.`t` to `d`.`_t_del`, `d`.`_t_gho` to `d`.`t`'
}

table() {
	echo "{\"type\":\"table\",\"schema\":\"d\",\"table\":\"$1\",\"charset\":\"utf8mb4\",\"columns\":[],\"keys\":[]}"
}

# fold [OPTION ...] <LINES: between a head and an end.
fold() {
	stream >s
	run_tool dm-online-ddl "$@" <s
}

# sqls WANT ...: the statements that come out, and nothing failed.
sqls() {
	assert_status 0
	[ "$(jq -r 'select(.type == "ddl").sql' out)" = "$(printf '%s\n' "$@")" ] || fail "other statements came out"
}

# nothing: neither statements nor rows come out.
nothing() {
	assert_status 0
	[ -z "$(jq -r 'select(.type | IN("ddl", "insert", "update", "delete", "table"))' out)" ] || fail "something came out"
}

# refused CODE TEXT
refused() {
	assert_status "${3:-65}"
	assert_error "$1"
	assert_err "$2"
	[ -z "$(jq -r 'select(.type == "ddl")' out)" ] || fail "a statement came out"
}

# memory: what is remembered last of each shadow table.
memory() {
	jq -c 'select(.type == "state" and .stage == "dm-online-ddl") | [.key, .value.ddls]' out | tail -n 1
}

@test "dm-online-ddl: what has nothing to do with online changes is as it was" {
	fold <<-END
		$(table t)
		{"type":"insert","schema":"d","table":"t_new","pos":"b.000002:4","seq":0,"rows":[[1]]}
		$(ddl 'alter table' t 'alter table t add x int')
		$(ddl 'create table' 'a b' 'create table a like b')
		$(ddl 'rename table' 'a b' 'rename table a to b')
		$(ddl 'drop table' 'a b' 'drop table a, b')
		$(ddl 'create database' 'n.' 'create database n')
		$(ddl 'create view' '_t_new' 'create view _t_new as select 1')
		{"type":"state","stage":"other","key":"k","value":[1]}
		{"type":"nobody knows","schema":"d","table":"_t_gho"}
	END
	assert_status 0
	cmp -s in out || fail "not as it was"
}

@test "dm-online-ddl: gh-ost's change is one ALTER, with its own text, at the place of the RENAME" {
	rename=$(swapped | jq -c '.pos = "b.000002:500" | .at = "b.000002:510" | .gtid = "0-1-8"')
	fold <<-END
		$(table t)
		$(ddl 'create table' _t_ghc 'create /* gh-ost */ table `d`.`_t_ghc` (id bigint)')
		$(created)
		$(altered 'add column `c c` int comment "_t_gho"' | jq -c '.sql_mode = "ANSI_QUOTES" | .collation = "utf8mb4_bin" | .time_zone = "+05:00" | .ts = 5')
		{"type":"insert","schema":"d","table":"_t_gho","pos":"b.000002:4","seq":0,"rows":[[1]]}
		{"type":"update","schema":"d","table":"_t_ghc","pos":"b.000002:4","seq":1,"rows":[[[1],[2]]]}
		{"type":"delete","schema":"d","table":"_t_del","pos":"b.000002:4","seq":2,"rows":[[1]]}
		$rename
		$(table _t_del)
		$(table t | jq -c '.charset = "ascii"')
		$(ddl 'drop table' _t_del 'drop table _t_del')
	END
	sqls 'alter /* gh-ost */ table `d`.`t` add column `c c` int comment "_t_gho"'
	jq -c 'select(.type == "ddl")' out >ddl
	[ "$(jq -c '[.kind, .tables, .pos, .at, .gtid, .ts, .sql_mode, .collation, .time_zone]' ddl)" = \
		"$(jq -c '["alter table", [["d","t"]], .pos, .at, .gtid, .ts, "ANSI_QUOTES", "utf8mb4_bin", "+05:00"]' <<<"$rename")" ]
	[ "$(jq -r '[.type, .stage // .table // .kind, .charset] | join(" ")' out | tr '\n' ';')" = \
		'stream  ;table t utf8mb4;state dm-online-ddl ;ddl alter table ;state dm-online-ddl ;table t ascii;end  ;' ]
	[ "$(memory)" = '["`d`.`_t_gho`",null]' ]
	assert_err "the online change of 'd.t' is done, by 1 statement"
}

@test "dm-online-ddl: pt-online-schema-change's change, and several statements" {
	fold <<-END
		$(ddl 'create table' _t_new 'CREATE TABLE `d`.`_t_new` (id int)')
		$(ddl 'alter table' _t_new 'ALTER TABLE _t_new ADD c INT, ADD FOREIGN KEY (c) REFERENCES _t_new (id)')
		$(ddl 'create index' _t_new 'CREATE INDEX k ON d._t_new (c)')
		$(ddl 'drop index' _t_new 'DROP INDEX k2 ON _t_new')
		$(ddl 'rename table' 't _t_old _t_new t' 'RENAME TABLE `d`.`t` TO `d`.`_t_old`, `d`.`_t_new` TO `d`.`t`')
		$(ddl 'drop table' _t_old 'DROP TABLE IF EXISTS `d`.`_t_old`')
	END
	sqls 'ALTER TABLE `d`.`t` ADD c INT, ADD FOREIGN KEY (c) REFERENCES `d`.`t` (id)' 'CREATE INDEX k ON `d`.`t` (c)' 'DROP INDEX k2 ON `d`.`t`'
}

@test "dm-online-ddl: a restart anywhere gives the same" {
	fold <<-END
		$(created)
		$(altered 'add a int, add key (a)')
		$(altered 'add b int')
		$(table _t_gho)
	END
	jq -c 'select(.type == "state")' out | tail -n 2 >states
	{ cat states; swapped; } >rest
	fold <rest
	sqls 'alter /* gh-ost */ table `d`.`t` add a int, add key (a)' 'alter /* gh-ost */ table `d`.`t` add b int'
	[ "$(sed -n '2,3p' out)" = "$(cat states)" ]
	[ "$(jq -c 'select(.type == "state" and .value == null).stage' out | tr '\n' ' ')" = '"dm-online-ddl" "dm-relay" ' ]
	{ cat states; altered 'add b int'; } >again
	fold <again
	nothing
	[ "$(jq -c 'select(.type == "state")' out)" = "$(cat states)" ]
}

# at PLACE <LINES: the same at another place.
at() {
	jq -c --arg at "b.000002:$1" '.pos = $at | .at = $at | .gtid = "0-1-\($at[-3:])"'
}

@test "dm-online-ddl: while a restart reads from an earlier place, changes that are done stay done" {
	open() { echo "{\"type\":\"commit\",\"pos\":\"b.000002:$1\",\"resume\":\"b.000002:150\"}"; }
	{
		created | at 140
		altered 'add a int' | at 160
		altered 'add b int' | at 170
		open 180
		swapped | at 200
		open 210
		created | at 220
		altered 'add c int' | at 230
		open 240
	} >lines
	fold <lines
	sqls 'alter /* gh-ost */ table `d`.`t` add a int' 'alter /* gh-ost */ table `d`.`t` add b int'
	jq -c 'select(.type == "state")' out | tail -n 1 >state
	[ "$(jq -c '[.value.ddls, .value.done]' state)" = '[["alter /* gh-ost */ table `d`.`_t_gho` add c int"],["b.000002:200"]]' ]
	# Again from 150 on: what was done comes, and is known; the change that goes on is not doubled.
	for from in 2 4 6 8; do
		{ cat state; tail -n "+$from" lines; } >again
		fold <again
		nothing
	done
	{ cat state; tail -n +6 lines; swapped | at 250; open 260; echo '{"type":"commit","pos":"b.000002:300"}'; } >again
	fold <again
	sqls 'alter /* gh-ost */ table `d`.`t` add c int'
	[ "$(memory)" = '["`d`.`_t_gho`",null]' ]
	[ "$(jq -c 'select(.type == "state").value.done' out | tail -n 2 | tr '\n' ' ')" = '["b.000002:200","b.000002:250"] null ' ]
}

@test "dm-online-ddl: what DM or an operator wrote is enough" {
	fold <<-END
		{"type":"state","stage":"dm-online-ddl","key":"\`d\`.\`_t_gho\`","value":{"schema":"d","table":"_t_gho","ddls":["ALTER TABLE _t_gho ADD a INT","ALTER TABLE d.t ADD b INT"]}}
		$(swapped)
	END
	sqls 'ALTER TABLE `d`.`t` ADD a INT' 'ALTER TABLE d.t ADD b INT'
	for value in '{}' '[]' '{"schema":"d","table":"_x_gho","ddls":[]}' '{"schema":"d","table":"_t_gho","ddls":[1]}'; do
		fold <<<'{"type":"state","stage":"dm-online-ddl","key":"`d`.`_t_gho`","value":'"$value}"
		refused 36551 '`d`.`_t_gho`'
	done
}

@test "dm-online-ddl: a change that is given up is forgotten" {
	fold <<-END
		$(altered)
		$(ddl 'drop table' _t_gho 'drop table _t_gho')
	END
	nothing
	[ "$(memory)" = '["`d`.`_t_gho`",null]' ]
	fold <<-END
		$(altered 'add x int')
		$(created)
		$(altered 'add y int')
		$(swapped)
	END
	sqls 'alter /* gh-ost */ table `d`.`t` add y int'
	fold <<-END
		$(altered)
		$(ddl 'rename table' '_t_gho _t_del' 'rename table _t_gho to _t_del')
		$(altered 'add z int')
		$(ddl 'drop database' 'd.' 'drop database d')
		$(swapped)
	END
	assert_error 36046
}

@test "dm-online-ddl: two changes of one table, and one of two tables at once" {
	fold <<-END
		$(altered 'add x int')
		$(altered 'add y int' _u_gho)
		$(swapped)
		$(created)
		$(altered 'add z int')
		$(swapped)
	END
	sqls 'alter /* gh-ost */ table `d`.`t` add x int' 'alter /* gh-ost */ table `d`.`t` add z int'
	fold <<-END
		$(altered 'add x int')
		$(altered 'add y int' _u_gho)
		$(ddl 'rename table' '_t_gho t _u_gho u' 'rename table _t_gho to t, _u_gho to u')
	END
	refused 36041 "online ddl changes on multiple table: 't' and 'u'"
}

@test "dm-online-ddl: names in upper case and odd names are kept" {
	fold <<-END
		$(ddl 'alter table' '_Tab`le_gho' 'alter table `_Tab``le_gho` add x int')
		$(ddl 'rename table' 'Tab`le _Tab`le_del _Tab`le_gho Tab`le' 'rename table `Tab``le` to `_Tab``le_del`, `_Tab``le_gho` to `Tab``le`')
	END
	sqls 'alter table `d`.`Tab``le` add x int'
	fold <<-END
		$(ddl 'alter table' '_t_GHO' 'alter table _t_GHO add x int')
	END
	sqls 'alter table _t_GHO add x int'
}

@test "dm-online-ddl: a rename is judged by what its names are" {
	fold <<<"$(ddl 'rename table' 't _t_del' 'rename table t to _t_del')"
	nothing
	fold <<<"$(ddl 'rename table' 't _x_gho' 'rename table t to _x_gho')"
	refused 36044 "rename table to ghost table '_x_gho' not supported"
	fold <<<"$(ddl 'rename table' '_t_del _x_gho' 'rename table _t_del to _x_gho')"
	refused 36045 "rename ghost table to other ghost table '_x_gho' not supported"
	fold <<<"$(ddl 'rename table' '_t_gho _x_gho' 'rename table _t_gho to _x_gho')"
	refused 36045 "_x_gho"
	fold <<<"$(ddl 'rename table' '_t_gho _t_old' 'rename table _t_gho to _t_old')"
	nothing
	fold <<<"$(ddl 'rename table' '_t_del _x_del' 'rename table _t_del to _x_del')"
	nothing
	fold <<<"$(swapped)"
	refused 36046 'online ddls on ghost table `d`.`_t_gho`'
	assert_err TASK_onlineddl
}

@test "dm-online-ddl: only one half of the swap matches the rules" {
	fold <<-END
		$(altered)
		$(ddl 'rename table' 't t_bak _t_gho t' 'rename table t to t_bak, _t_gho to t')
	END
	refused 20049 "table 't_bak' fail to match 'trash' online ddl regex" 78
	assert_err 'update your'
	fold <<<"$(ddl 'rename table' 't _t_del t_shadow t' 'rename table t to _t_del, t_shadow to t')"
	refused 20049 "table 't_shadow' fail to match 'shadow' online ddl regex" 78
	fold <<<"$(ddl 'rename table' 'a b t _t_del c d' 'rename table a to b, t to _t_del, c to d')"
	sqls 'rename table a to b, c to d'
}

@test "dm-online-ddl: gh-ost's cut-over in two steps, and one that is taken back" {
	fold <<-END
		$(altered)
		$(ddl 'alter table' 't _t_del' 'alter /* gh-ost */ table d.t rename _t_del')
		$(ddl 'alter table' '_t_gho t' 'alter /* gh-ost */ table d._t_gho rename t')
	END
	sqls 'alter /* gh-ost */ table `d`.`t` add column c int'
	[ "$(memory)" = '["`d`.`_t_del`",null]' ]
	fold <<-END
		$(altered)
		$(ddl 'rename table' 't _t_del' 'rename table t to _t_del')
		$(ddl 'rename table' '_t_del t' 'rename table _t_del to t')
	END
	nothing
	[ "$(memory)" = '["`d`.`_t_del`",null]' ]
	fold <<<"$(ddl 'alter table' '_t_gho t' 'alter table _t_gho add x int, rename to t')"
	refused 36552 'altered and gets another name'
}

@test "dm-online-ddl: a leftover table that gets a wanted name is refused, since its rows were never sent" {
	fold <<-END
		$(altered)
		$(ddl 'rename table' '_t_gho t_2' 'rename table _t_gho to t_2')
	END
	refused 36554 "gets the name 'd.t_2'"
	fold <<-END
		$(altered)
		$(ddl 'rename table' '_t_gho x.t' 'rename table _t_gho to x.t')
	END
	refused 36554 "gets the name 'x.t'"
	fold <<<"$(ddl 'rename table' 't t_bad _t_old t' 'rename table t to t_bad, _t_old to t')"
	refused 36554 "'d._t_old'"
}

@test "dm-online-ddl: other tables of the same statement are left in it" {
	fold <<-END
		$(altered)
		$(ddl 'drop table' 'a _t_old b _t_gho' 'drop table if exists a, _t_old, b, _t_gho')
	END
	sqls 'drop table if exists a, b'
	[ "$(jq -c 'select(.type == "ddl").tables' out)" = '[["d","a"],["d","b"]]' ]
	[ "$(memory)" = '["`d`.`_t_gho`",null]' ]
	fold <<-END
		$(altered)
		$(ddl 'rename table' 'a b t _t_del _t_gho t c e' 'rename table a to b, t to _t_del, _t_gho to t, c to e')
	END
	sqls 'rename table a to b' 'alter /* gh-ost */ table `d`.`t` add column c int' 'rename table c to e'
}

@test "dm-online-ddl: a TRUNCATE of the shadow table never empties the real one" {
	fold <<-END
		$(altered)
		$(ddl 'truncate table' _t_gho 'truncate table _t_gho')
		$(swapped)
	END
	sqls 'alter /* gh-ost */ table `d`.`t` add column c int'
}

@test "dm-online-ddl: the real table is dropped in the midst of its change (drop_swap)" {
	fold <<-END
		$(altered '' _t_new)
		$(ddl 'drop table' t 'drop table t')
	END
	refused 36553 "'d.t' is dropped while an online change of it, in '_t_new', is not finished"
	fold <<-END
		$(altered '' _x_new)
		$(ddl 'drop table' t 'drop table t')
	END
	sqls 'drop table t'
}

@test "dm-online-ddl: a statement that is not understood is told where it would take effect" {
	fold <<-END
		$(ddl unknown _t_gho 'alter table _t_gho frobnicate')
		$(swapped)
	END
	sqls 'alter table `d`.`t` frobnicate'
	[ "$(jq -c 'select(.type == "ddl") | [.kind, .tables]' out)" = '["unknown",[["d","t"]]]' ]
	fold <<<"$(ddl unknown '_t_gho' 'rename table _t_gho too t')"
	refused 36067 'rename table _t_gho too t'
}

@test "dm-online-ddl: its structure is kept for dm-relay only" {
	fold <<-END
		$(altered)
		$(table _t_gho)
		$(table _t_ghc)
	END
	nothing
	[ "$(jq -c 'select(.stage == "dm-relay") | [.key, .value]' out)" = "[\"\`d\`.\`_t_gho\`\",$(table _t_gho)]" ]
}

@test "dm-online-ddl: rules by option take the place of the default ones" {
	fold --shadow-table '^(.+)_shadow$' --trash-table '(.+)_trash' <<-END
		$(ddl 'alter table' t_shadow 'alter table t_shadow add x int')
		$(ddl 'alter table' _t_gho 'alter table _t_gho add y int')
		$(ddl 'rename table' 't t_trash t_shadow t' 'rename table t to t_trash, t_shadow to t')
	END
	sqls 'alter table _t_gho add y int' 'alter table `d`.`t` add x int'
	for bad in '_.+_gho' '_(.+)_(gho)' '_(.+_gho'; do
		fold --shadow-table "$bad" <<<''
		refused 20048 "$bad" 78
	done
}

# task [LINE ...]
task() {
	cat >task.yaml <<-END
		name: t
		task-mode: incremental
		target-database: {host: 127.0.0.1, port: 4000, user: root}
		mysql-instances: [{source-id: s, block-allow-list: b, filter-rules: [f]}]
		block-allow-list: {b: {do-tables: [{db-name: d, tbl-name: t}]}}
		filters: {f: {schema-pattern: d, table-pattern: t, events: [${1:-truncate table}], action: Ignore}}
		${2:-}
	END
	cat >source.yaml <<-END
		source-id: s
		from: {host: 127.0.0.1, port: 3306, user: root}
	END
	from=(-c task.yaml -s s -S source.yaml)
}

@test "dm-online-ddl: a change of a table that is not wanted leaves no trace" {
	task
	fold "${from[@]}" <<-END
		$(altered '' _x_gho)
		$(table _x_gho)
		$(ddl 'rename table' 'x _x_del _x_gho x' 'rename table x to _x_del, _x_gho to x')
		$(ddl 'rename table' 'x x_2 _x_gho x' 'rename table x to x_2, _x_gho to x')
		$(ddl 'rename table' '_x_gho x_2' 'rename table _x_gho to x_2')
	END
	assert_status 0
	[ "$(jq -r .type out | tr '\n' ' ')" = 'stream ddl end ' ] || fail "something else came out"
	sqls 'rename table x to x_2'
	fold "${from[@]}" <<<"$(swapped)"
	refused 36046 '_t_gho'
}

@test "dm-online-ddl: a filter that ignores 'rename table' is the way out of what is refused" {
	task 'rename table'
	fold "${from[@]}" <<-END
		$(swapped)
		$(ddl 'rename table' '_t_del t' 'rename table _t_del to t')
	END
	nothing
	task 'drop table'
	fold "${from[@]}" <<-END
		$(altered '' _t_new)
		$(ddl 'drop table' t 'drop table t')
		$(ddl 'rename table' '_t_new t' 'rename table _t_new to t')
	END
	sqls 'drop table t' 'alter /* gh-ost */ table `d`.`t` add column c int'
}

@test "dm-online-ddl: online-ddl of the task, and its rules" {
	{ altered; swapped; } >lines
	task 'truncate table' 'online-ddl: false'
	fold "${from[@]}" <lines
	cmp -s in out || fail "not as it was"
	task 'truncate table' $'online-ddl: false\nonline-ddl-scheme: gh-ost'
	fold "${from[@]}" <lines
	sqls 'alter /* gh-ost */ table `d`.`t` add column c int'
	task 'truncate table' 'shadow-table-rules: ["(.+)_s"]'
	fold "${from[@]}" <<-END
		$(ddl 'alter table' t_s 'alter table t_s add x int')
		$(ddl 'rename table' 't _t_del t_s t' 'rename table t to _t_del, t_s to t')
	END
	sqls 'alter table `d`.`t` add x int'
	task 'truncate table' 'trash-table-rules: ["_.+_del"]'
	fold "${from[@]}" <lines
	refused 20048 'has 0 groups' 78
}

@test "dm-online-ddl: it stands behind dm-relay, and nowhere else" {
	fold <<<'{"type":"chunk","schema":"d","table":"t","id":"x.0","of":1}'
	refused 36550 'the stream is a dump'
	fold <<<"$(altered | jq -c '.to = [["e","_t_gho"]]')"
	refused 36550 'has been routed before'
}
