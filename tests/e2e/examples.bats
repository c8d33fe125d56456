#!/usr/bin/env bats
# Each example is run as a user runs it, and compares its two ends itself. A test's title is the example's folder.
# They mostly wait, so two at a time are run behind the tests, each lane in order and with servers of its own; a first test takes
# add-table apart meanwhile, and the others look at what came of the lanes. A lane's examples share its servers, so each also has to leave them as it found them.
# shellcheck disable=SC2016 # conditions of wait_until are evaluated there

lanes=("several-sources shard-merge incremental-only online-ddl expression-filter failed-ddl relay-recovery"
	"more-columns switch-upstream add-table cannot-lock reset-task")

# servers_of LANE COMMAND ...: examples/servers with that lane's folder.
servers_of() {
	EXAMPLE_SERVERS="$BATS_FILE_TMPDIR/lane-$1" "$DM_ROOT/examples/servers" "${@:2}"
}

# What is at the servers of a lane, but for their own schemas and accounts.
what_is_there() {
	local socket

	for socket in "$BATS_FILE_TMPDIR/lane-$1"/*/socket; do
		mariadb --no-defaults -N -B -uroot --socket="$socket" -e "SELECT schema_name FROM information_schema.schemata
			WHERE schema_name NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
			UNION ALL SELECT user FROM mysql.user WHERE user NOT IN ('root', 'mariadb.sys', 'mysql', '')" | sed "s|^|$socket: |"
	done
}

# boss LANE STATEMENT: at the upstream and the downstream, about an account that is not root and has a password.
boss() {
	local server

	for server in up1 down; do
		mariadb --no-defaults -uroot --socket="$BATS_FILE_TMPDIR/lane-$1/$server/socket" -e "$2"
	done
}

# run_lane LANE: NAME.out and NAME.status of each example.
run_lane() {
	local name

	for name in ${lanes[$1]}; do
		(
			eval "$(servers_of "$1" start up1 up2 up3 down)"
			case $name in
			switch-upstream) unset UPSTREAM_1 ;;	# it kills its upstream: that and the replica are its own
			incremental-only) boss "$1" "CREATE USER boss IDENTIFIED BY 'geh@&im'; GRANT ALL ON *.* TO boss WITH GRANT OPTION"
				export SERVER_USER=boss SERVER_PASSWORD='geh@&im' ;;
			esac
			status=0
			"$DM_ROOT/examples/$name/run.sh" || status=$?
			[ "$name" != incremental-only ] || boss "$1" 'DROP USER boss'
			what_is_there "$1" >"$BATS_FILE_TMPDIR/$name.left"
			echo "$status" >"$BATS_FILE_TMPDIR/$name.status.tmp"
			mv "$BATS_FILE_TMPDIR/$name.status.tmp" "$BATS_FILE_TMPDIR/$name.status"
		) >"$BATS_FILE_TMPDIR/$name.out" 2>&1
	done
}

setup_file() {
	load lib
	mkdir -p "$BATS_FILE_TMPDIR/tmp"
	export TMPDIR="$BATS_FILE_TMPDIR/tmp"
	local lane
	for lane in 0 1; do
		run_lane $lane 3>&- 4>&- &
		echo $! >"$BATS_FILE_TMPDIR/lane-$lane.pid"
	done
	start_servers up1=mariadb down=mariadb
}

teardown_file() {
	load lib
	local lane
	for lane in 0 1; do
		# A lane that is not through ends by the traps of its example, which stop what it started.
		pkill -TERM -P "$(cat "$BATS_FILE_TMPDIR/lane-$lane.pid")" || :
		wait "$(cat "$BATS_FILE_TMPDIR/lane-$lane.pid")" || :
		servers_of $lane stop
	done
	stop_servers
}

setup() {
	load lib
	e2e_setup
}

# A dm and a dm-meta that kill add-table before a command that is like KILL_BEFORE; with ADDED_FIRST the added task pauses first.
put_wrappers() {
	local name

	mkdir wrap
	for name in dm dm-meta; do
		cat >wrap/$name <<-END
			#!/bin/sh
			case "$name \$*" in
			\$KILL_BEFORE) kill -KILL "\$(cat victim)"; exit 1 ;;
			"dm pause-task shop")
				[ -z "\${ADDED_FIRST:-}" ] || {
					$DM_BIN/dm pause-task shop_orders
					was=\$($DM_BIN/dm-meta checkpoint get -c task.yaml -s mysql-01 | tail -n 1)
					until [ "\$($DM_BIN/dm-meta checkpoint get -c task.yaml -s mysql-01 | tail -n 1)" != "\$was" ]; do sleep 0.1; done
				} ;;
			esac
			exec $DM_BIN/$name "\$@"
		END
		chmod +x wrap/$name
	done
}

@test "AT-51 add-table: killed between its steps, it goes on; no row comes twice, tables without a key too" {
	UPSTREAM_1=127.0.0.1:$(port up1) DOWNSTREAM=127.0.0.1:$(port down)
	export UPSTREAM_1 DOWNSTREAM
	cp "$DM_ROOT"/examples/add-table/* .
	"$DM_ROOT/examples/servers" files add-table .
	sql up1 <upstream-1.sql
	put_wrappers
	dm operate-source create source1.yaml
	dm start-task task.yaml
	while [ ! -e quiet ]; do
		echo "BEGIN; UPDATE shop.customer SET visits = visits + 1 WHERE id = 1; INSERT INTO shop.orders (customer, item) VALUES (1, 2);
			UPDATE shop.orders SET n = n + 1 ORDER BY id DESC LIMIT 5; COMMIT; INSERT INTO shop.visit VALUES (1, 'new'), (1, 'new');
			DELETE FROM shop.orders ORDER BY id LIMIT 1; DELETE FROM shop.visit LIMIT 1;"
		sleep 0.05
	done 3>&- | sql up1 3>&- &
	writer=$!
	wait_until 60 '[ "$(dm query-status shop | jq -r ".sources[].subTaskStatus[0].unit")" = Sync ]'
	for point in 'dm run *' 'dm-meta schema set shop visit *' 'dm stop-task shop' 'dm stop-task shop_orders'; do
		echo "killed before: $point"
		KILL_BEFORE=$point ADDED_FIRST=$([ "$point" = 'dm run *' ] && echo yes) PATH="$PWD/wrap:$PATH" \
			sh -c 'echo $$ >victim; exec ./add-table task-all.yaml task-orders.yaml' >out 2>err && fail "it was not killed"
	done
	./add-table task-all.yaml task-orders.yaml >out
	assert_out 'task shop goes on with the new tables; task shop_orders is gone'
	touch quiet
	wait "$writer"
	dm pause-task shop >/dev/null
	dm run shop --until caught-up
	for table in customer orders visit; do
		assert_same_table up1 down shop.$table
	done
	[ "$(sql down "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'dm_meta' AND table_name LIKE 'shop\\_orders%'")" = 0 ]
	[ "$(dm query-status | jq -c '[.tasks[].taskName]')" = '["shop"]' ]
	[ ! -e task-orders.yaml.joined ]
}

# example: that of the test's title.
example() {
	local name=$BATS_TEST_DESCRIPTION

	wait_until 280 '[ -e "$BATS_FILE_TMPDIR/'"$name"'.status" ]'
	[ "$(cat "$BATS_FILE_TMPDIR/$name.status")" = 0 ] || { cat "$BATS_FILE_TMPDIR/$name.out"; return 1; }
	[ "$(tail -n 1 "$BATS_FILE_TMPDIR/$name.out")" = "$name: source and target are equal" ]
	grep -q ' equal$' "$BATS_FILE_TMPDIR/$name.out"
	[ ! -s "$BATS_FILE_TMPDIR/$name.left" ] || fail "$name leaves $(cat "$BATS_FILE_TMPDIR/$name.left")"
}

@test "several-sources" { example; }
@test "more-columns" { example; }
@test "shard-merge" { example; }
@test "switch-upstream" { example; }
@test "incremental-only" { example; }
@test "add-table" { example; }
@test "online-ddl" { example; }
@test "cannot-lock" { example; }
@test "expression-filter" { example; }
@test "reset-task" { example; }
@test "failed-ddl" { example; }
@test "relay-recovery" { example; }

@test "each example is run" {
	printf '%s\n' "$DM_ROOT"/examples/*/run.sh | sed 's|.*/\([^/]*\)/run.sh|\1|' | sort >there
	grep -o '^@test "[a-z-]*" { example' "$BATS_TEST_FILENAME" | sed 's/@test "//; s/".*//' | sort | diff there -
	printf '%s\n' "${lanes[@]}" | tr ' ' '\n' | sort | diff there -
	while read -r name; do
		[ -s "$DM_ROOT/examples/$name/README.md" ] || fail "$name has no README.md"
	done <there
}

# at_lane SERVER STATEMENT
at_lane() {
	mariadb --no-defaults -N -B -uroot --socket="$BATS_FILE_TMPDIR/lane-1/$1/socket" -e "$2"
}

@test "databases and tasks that are there already are not touched" {
	wait_until 280 '[ -e "$BATS_FILE_TMPDIR/reset-task.status" ]'	# the last one there
	eval "$(servers_of 1 start up1 up2 up3 down)"
	at_lane up1 'CREATE DATABASE shop; CREATE TABLE shop.mine (id INT)'
	run_tool "$DM_ROOT/examples/reset-task/run.sh" </dev/null
	assert_status 1
	assert_err "the database 'shop' is at the upstream 1 already, and is not touched"
	[ "$(at_lane up1 'SHOW TABLES IN shop')" = mine ]
	at_lane up1 'DROP DATABASE shop'
	at_lane down 'CREATE DATABASE dm_meta; CREATE TABLE dm_meta.test_syncer_checkpoint (id INT)'
	run_tool "$DM_ROOT/examples/reset-task/run.sh" </dev/null
	assert_status 1
	assert_err "the downstream knows a task 'test' already, and it is not touched"
	[ "$(at_lane down 'SHOW TABLES IN dm_meta')" = test_syncer_checkpoint ]
	at_lane down 'DROP DATABASE dm_meta'
}
