#!/usr/bin/env bats
# dm-check: each thing that is broken on a real server is told under its item's name, is left out by that name in
# 'ignore-checking-items', and passes once the statement that the report gives was run.
# Upstream one is MariaDB, two MySQL; downstream MariaDB.

setup_file() {
	load lib
	start_servers one=mariadb two=mysql down=mariadb
	for up in one two; do
		sql $up "CREATE DATABASE \`sh-op\`; CREATE TABLE \`sh-op\`.t (id INT PRIMARY KEY); CREATE DATABASE more; CREATE TABLE more.u (id INT PRIMARY KEY)"
	done
	sql down "CREATE DATABASE d"
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

# task SOURCE [LINE ...]: of one source, with more lines.
task() {
	{
		echo "task-mode: ${MODE:-all}"
		target down
		printf '%s\n' "${@:2}"
		echo "mysql-instances: [{source-id: $1, block-allow-list: l${META:+, meta: $META}}]"
		echo 'block-allow-list: {l: {do-dbs: ["sh-op", more]}}'
	} | task_file t
}

check() {
	run_tool dm-check -c t.yaml -S one.yaml -S two.yaml -e 100 -w 100 </dev/null
}

# The names of the checks that say something.
named() {
	jq -r '.results[].name' out | sort -u | tr '\n' ' '
}

# mend SERVER: runs each statement of the report there.
mend() {
	jq -r '.results[].errors[].instruction' out | sed 's/;.*//' >statements
	[ -s statements ] || fail "there is nothing to run"
	while IFS= read -r statement; do
		sql "$1" "$statement" || fail "it cannot be run: $statement"
	done <statements
}

# breaks SOURCE SERVER ITEM CHECK: what is broken now is told so, left out by ITEM, and mended at SERVER.
breaks() {
	task "$1"
	check
	[ "$(named)" = "$4 " ] || fail "wanted $4"
	task "$1" "ignore-checking-items: [$3]"
	check
	assert_status 0
	[ "$(named)" = '' ] || fail "ignore-checking-items: [$3] leaves $(named)"
	task "$1"
	check
	mend "$2"
	check
	assert_status 0
	[ "$(named)" = '' ] || fail "it is not mended: $(named)"
}

@test "dm-check: settings of the log are mended by the SET that the report gives" {
	sql one "SET GLOBAL binlog_format = 'STATEMENT'"
	breaks one one binlog_format mysql_binlog_format
	sql one "SET GLOBAL binlog_row_image = 'MINIMAL'"
	breaks one one binlog_row_image mysql_binlog_row_image
	sql two "SET GLOBAL binlog_row_image = 'NOBLOB'"
	breaks two two binlog_row_image mysql_binlog_row_image
	sql two "SET GLOBAL binlog_row_value_options = 'PARTIAL_JSON'"
	breaks two two binlog_row_image mysql_binlog_row_value_options
	sql two "SET GLOBAL server_id = 0"
	breaks two two server_id mysql_server_id
}

@test "dm-check: room for connections, at both ends" {
	sql one "SET GLOBAL max_connections = 10"
	task one 'mydumpers: {global: {threads: 40}}'
	sed -i 's/block-allow-list: l/&, mydumper-config-name: global/' t.yaml
	check
	assert_status 69
	[ "$(named)" = 'dumper_conn_number_checker ' ]
	mend one
	check
	[ "$(named)" = '' ]
	sql down "SET GLOBAL max_connections = 12"
	breaks one down conn_number loader_conn_number_checker
	sql one "SET GLOBAL max_connections = 151"
	sql down "SET GLOBAL max_connections = 151"
}

@test "dm-check: a shadow table is mended by the DROP that the report gives" {
	sql one "CREATE TABLE \`sh-op\`._t_gho (id INT PRIMARY KEY)"
	task one
	check
	assert_status 69
	[ "$(named)" = 'online ddl checker ' ]
	jq -r '.results[].errors[].instruction' out | sed 's/.*DROP/DROP/' >statement
	sql one "$(cat statement)"
	check
	assert_status 0
}

@test "dm-check: an account that lacks everything is mended by the GRANTs that the report gives" {
	local server word

	for server in one two; do
		sql $server "CREATE USER 'li''l'@'%' IDENTIFIED BY 'geheim'"
		sed -i "s/user: \"root\", password: \"\"/user: \"li'l\", password: geheim/" $server.yaml
		sql $server "GRANT SELECT ON \`sh-op\`.t TO 'li''l'@'%'; GRANT SELECT ON more.u TO 'li''l'@'%'"
		task $server
		check
		assert_status 69
		[ "$(named)" = 'source db dump privilege checker source db replication privilege checker ' ] || fail "$server"
		# RELOAD is a warning: both tell by their snapshots whether a commit came in between.
		[ "$(jq -r '.results[].errors[] | select(.short_error | contains("RELOAD")).severity' out)" = warn ] || fail "$server: RELOAD"
		task $server 'ignore-checking-items: [dump_privilege, replication_privilege]'
		check
		[ "$(named)" = '' ] || fail "$server: left out"
		task $server
		check
		mend $server
		grep -qF "TO 'li\\'l'@'%'" statements || grep -qF "TO 'li''l'@'%'" statements || fail "$server: the account"
		for word in 'REPLICATION SLAVE' 'REPLICATION CLIENT' RELOAD "SELECT ON \`sh-op\`" "SELECT ON \`more\`"; do
			grep -qF "GRANT $word" statements || fail "$server: no GRANT $word"
		done
		check
		assert_status 0
		[ "$(named)" = '' ] || fail "$server: it is not mended"
	done
}

@test "dm-check: what a dump needs goes by --consistency" {
	sql two "CREATE USER reader IDENTIFIED BY 'geheim'; GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO reader"
	sed -i 's/user: "root", password: ""/user: reader, password: geheim/' two.yaml
	by() {
		task two "mydumpers: {global: {extra-args: \"$1\"}}"
		sed -i 's/block-allow-list: l/&, mydumper-config-name: global/' t.yaml
		check
		[ "$(jq -rc '[.results[].errors[].severity]' out)" = "$2" ] || fail "$1"
	}
	by '--consistency none' '[]'
	by '--consistency=auto' '["warn"]'
	by '--consistency flush' '["fail"]'
	by '--consistency lock' '["fail","fail"]'	# on each schema
	mend two
	by '--consistency lock' '[]'
	by '--consistency flush' '["fail"]'
	mend two
	by '--consistency flush' '[]'
}

@test "dm-check: a downstream account is mended by the GRANT that the report gives" {
	sql down "CREATE USER writer@'%' IDENTIFIED BY 'geheim'; GRANT SELECT ON *.* TO writer@'%'"
	down_as_writer() {
		sed -i 's/user: "root", password: ""/user: writer, password: geheim/' t.yaml
	}
	task one
	down_as_writer
	check
	assert_status 0
	[ "$(named)" = 'target db privilege checker ' ]
	grep -qF 'lacks CREATE, INSERT, UPDATE, DELETE, ALTER, DROP, INDEX global' out
	mend down
	check
	[ "$(named)" = '' ] || fail "it is not mended"
	task one 'ignore-checking-items: [target_privilege]'
	down_as_writer
	sql down "REVOKE INSERT ON *.* FROM writer@'%'"
	check
	[ "$(named)" = '' ] || fail "it is not left out"
}

@test "dm-check: where an incremental task is to start" {
	local file

	file=$(sql one "SHOW MASTER STATUS" | cut -f1)
	MODE=incremental META="{binlog-name: $file, binlog-pos: 4}" task one
	check
	assert_status 0
	[ "$(named)" = '' ]
	for META in "{binlog-name: gone.000001, binlog-pos: 4}" "{binlog-name: $file, binlog-pos: 4000000000}"; do
		MODE=incremental task one
		check
		assert_status 0
		[ "$(named)" = 'meta position check ' ] || fail "$META"
		MODE=incremental task one 'ignore-checking-items: [meta_position]'
		check
		[ "$(named)" = '' ] || fail "$META is not left out"
	done
}

@test "dm-check: a server without a log, or whose log leaves out what is wanted" {
	start_server odd mariadb --binlog-ignore-db=sh-op --binlog-ignore-db=other
	sql odd "CREATE DATABASE \`sh-op\`; CREATE TABLE \`sh-op\`.t (id INT PRIMARY KEY); CREATE DATABASE more; CREATE TABLE more.u (id INT PRIMARY KEY)"
	source_file odd one
	task one
	check
	assert_status 69
	[ "$(named)" = 'binlog_do_db/binlog_ignore_db check ' ]
	grep -qF "schema 'sh-op' is not in the binary log: binlog_ignore_db is sh-op,other" out
	[ "$(jq '.results[].errors | length' out)" -eq 1 ]
	task one 'ignore-checking-items: [binlog_db]'
	check
	assert_status 0
	stop_server odd
	start_server odd mariadb --binlog-do-db=more
	source_file odd one
	task one
	check
	assert_status 69
	grep -qF "schema 'sh-op' is not in the binary log: binlog_do_db is more" out
	stop_server odd
	start_server odd mariadb --skip-log-bin
	source_file odd one
	task one
	check
	assert_status 69
	[ "$(named)" = 'mysql_binlog_enable ' ]
	grep -qF 'start the server with log_bin' out
	task one 'ignore-checking-items: [binlog_enable]'
	check
	assert_status 0
	stop_server odd
	start_server odd mariadb	# as it says
	source_file odd one
	task one
	check
	assert_status 0
	[ "$(named)" = '' ]
}
