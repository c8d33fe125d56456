# config.bats - what every tool says of bad task and source files. The whole list of mistakes is in the unit tests; here it is about
# the way from a file to one line on standard error and the exit status.
# shellcheck disable=SC2016,SC2094,SC2154 # back quotes are for SQL; files are read only; variables of the helpers

setup() {
	load lib
	cli_setup
	cat >source.yaml <<-'END'
		source-id: "instance-1"
		enable-gtid: false
		from: {host: "127.0.0.1", port: 3306, user: "root", password: "geheim"}
	END
	cat >task.yaml <<-'END'
		name: "shard_merge"
		task-mode: all
		meta-schema: "dm_meta"
		ignore-checking-items: ["auto_increment_ID"]
		target-database: {host: "127.0.0.1", port: 4000, user: "root", password: "geheim"}
		mysql-instances:
		- source-id: "instance-1"
		  route-rules: ["store-route-rule", "sale-route-rule"]
		  filter-rules: ["store-filter-rule", "sale-filter-rule"]
		  block-allow-list: "log-bak-ignored"
		- source-id: "instance-2"
		  route-rules: ["store-route-rule", "sale-route-rule"]
		  filter-rules: ["store-filter-rule", "sale-filter-rule"]
		  block-allow-list: "log-bak-ignored"
		routes:
		  store-route-rule: {schema-pattern: "store_*", target-schema: "store"}
		  sale-route-rule: {schema-pattern: "store_*", table-pattern: "sale_*", target-schema: "store", target-table: "sale"}
		filters:
		  sale-filter-rule:
		    schema-pattern: "store_*"
		    table-pattern: "sale_*"
		    events: ["truncate table", "drop table", "delete"]
		    action: Ignore
		  store-filter-rule: {schema-pattern: "store_*", events: ["drop database"], action: Ignore}
		block-allow-list:
		  log-bak-ignored:
		    do-dbs: ["user", "store_*"]
		    ignore-tables:
		    - {db-name: "user", tbl-name: "log_bak"}
	END
	printf '{"type":"stream","version":1}\n{"type":"end","reason":"complete"}\n' >s
}

# with FROM TO: the task file with one thing changed, given to dm-filter.
with() {
	FROM=$1 TO=$2 perl -0pe 's/\Q$ENV{FROM}\E/$ENV{TO}/ or die "not there"' task.yaml >bad.yaml
	run_tool dm-filter -c bad.yaml -s instance-1 -S source.yaml <s
	assert_no_out
	! grep -q geheim err || fail "a password was told"
	[ "$(wc -l <err)" -eq 1 ] || fail "more than one line"
}

@test "config: the task of DM's own manual is taken as it is" {
	run_tool dm-filter -c task.yaml -s instance-1 -S source.yaml <s
	assert_status 0
	assert_no_err
	run_tool dm-route -c task.yaml -s instance-1 -S source.yaml <s
	assert_status 0
	assert_no_err
}

@test "config: an unknown key names file, line, key and what is allowed" {
	with 'target-schema: "store"}' 'target-scheme: "store"}'
	assert_status 78
	assert_error 20003
	assert_err "bad.yaml:16: unknown key 'target-scheme' in 'routes.store-route-rule' (allowed: schema-pattern, table-pattern, target-schema"
	with 'password: "geheim"' 'passwort: "geheim"'
	assert_status 78
	assert_err "bad.yaml:5: unknown key 'passwort' in 'target-database'"
}

@test "config: a wrong type" {
	with 'port: 4000' 'port: "4000"'
	assert_status 78
	assert_err "bad.yaml:5: 'target-database.port' wants a whole number"
}

@test "config: a missing rule" {
	with '["store-route-rule", "sale-route-rule"]' '["store-route-rule", "sale-rule"]'
	assert_status 78
	assert_error 20023
	assert_err "bad.yaml:8: there is no 'sale-rule' in 'routes' (it has: store-route-rule, sale-route-rule)"
}

@test "config: a rule that no source refers to" {
	with 'routes:' 'routes:
  lonely: {schema-pattern: "x", target-schema: "y"}'
	assert_status 78
	assert_error 20038
	assert_err "bad.yaml:16: no source refers to routes.lonely"
}

@test "config: a key whose feature is not there yet is refused, and taken where it is off" {
	with 'meta-schema: "dm_meta"' 'experimental: {async-checkpoint-flush: true}'
	assert_status 78
	assert_err "bad.yaml:3: 'experimental.async-checkpoint-flush: true' is not supported yet"
	sed 's/^meta-schema.*/online-ddl: false\nshard-mode: ""/' task.yaml >off.yaml
	run_tool dm-filter -c off.yaml -s instance-1 -S source.yaml <s
	assert_status 0
}

@test "config: broken YAML" {
	with 'do-dbs: ["user"' 'do-dbs: ["user'
	assert_status 78
	assert_error 20003
	with 'name: "shard_merge"' $'name: "a"\nname: "b"'
	assert_err "bad.yaml:2: key 'name' is given twice"
	with '"store_*"' '*store'
	assert_err "a pattern that starts with '*' wants quotes"
}

@test "config: a file that is not there, a source that is not there, a source that is not named" {
	run_tool dm-filter -c nowhere.yaml -s instance-1 <s
	assert_status 74
	assert_err "'nowhere.yaml'"
	run_tool dm-filter -c task.yaml -s instance-9 -S source.yaml <s
	assert_status 78
	assert_error 20031
	assert_err "it has: instance-1, instance-2"
	run_tool dm-filter -c task.yaml -S source.yaml <s
	assert_status 64
	run_tool dm-filter -c task.yaml -s instance-2 -S source.yaml <s
	assert_status 78
	assert_error 20031
	assert_err "no source file says 'source-id: instance-2'"
}

@test "config: source files are found in DM_HOME" {
	mkdir -p home/sources
	cp source.yaml home/sources/instance-1.yaml
	run_tool dm-filter -c task.yaml -s instance-1 <s
	assert_status 0
	echo 'frim: {}' >>home/sources/instance-1.yaml
	run_tool dm-filter -c task.yaml -s instance-1 <s
	assert_status 78
	assert_err "home/sources/instance-1.yaml:4: unknown key 'frim'"
}

@test "dm-check: a mistake in a file is told before any server is asked" {
	sed 's/port: 3306/prot: 3306/' source.yaml >bad.yaml
	run_tool dm-check -c task.yaml -s instance-1 -S bad.yaml </dev/null
	assert_status 78
	assert_err "bad.yaml:3: unknown key 'prot' in 'from'"
	assert_no_out
	run_tool dm-check </dev/null
	assert_status 64
}

@test "dm-check: servers that cannot be reached fail, in DM's form, and old keys are warned about" {
	# Nothing listens at port 1.
	sed 's/port: 3306/port: 1/' source.yaml >one.yaml
	sed -e 's/port: 4000/port: 1/' -e 's/^task-mode.*/&\nremove-meta: true/' task.yaml >one-task.yaml
	run_tool dm-check -c one-task.yaml -s instance-1 -S one.yaml </dev/null
	assert_status 75
	assert_err "error 26006 (task-check"
	assert_json 1 '[.summary.passed,.summary.failed]' '[false,2]'
	assert_json 1 '[.results[]|[.name,.state,.errors[0].severity]]' \
		'[["source db connection","fail","fail"],["target db connection","fail","fail"]]'
	assert_err "one-task.yaml:3: key 'remove-meta' has no effect"
	! grep -q geheim err out || fail "a password was told"
	run_tool dm-check -c one-task.yaml -s instance-1 -S one.yaml -e 1 </dev/null
	assert_json 1 '.results|length' 1
	assert_json 1 .summary.failed 2
}
