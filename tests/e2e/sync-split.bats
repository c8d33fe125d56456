#!/usr/bin/env bats
# An ALTER TABLE as statements of one change each, as TiDB gets it. A MariaDB that says that it is TiDB takes them: which
# statements are run is dm-sync's doing, and the server's general log shows them.
# shellcheck disable=SC2154,SC2030,SC2031,SC2034,SC2016,SC2119 # variables of the helpers, and conditions that they evaluate

setup_file() {
	load lib
	start_server down mariadb --version=8.0.11-TiDB-v7.5.0 --log-output=TABLE --general-log=1
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	load sync
	sync_setup
}

# altered: the ALTER statements that the server got, without the table's name.
altered() {
	sql down "SELECT argument FROM mysql.general_log WHERE command_type = 'Query' AND argument LIKE 'ALTER TABLE \`$db\`.a %'" |
		sed "s/ALTER TABLE \`$db\`.a //"
}

got() {
	[ "$(altered)" = "$1" ] || fail "$(altered)"
}

stream_of() {
	head_at x.000001:4
	ddl 'alter table' a x.000001:4 "$1"
	commit x.000001:100
	end x.000001:100
}

@test "each change of an ALTER is a statement, in an order that can be done" {
	simple_table
	synced < <(stream_of 'ALTER TABLE a ADD KEY kn (n), ADD COLUMN (m INT, n INT DEFAULT 5), DROP PRIMARY KEY, ADD PRIMARY KEY (m), CHANGE v w TEXT AFTER m, ALGORITHM=COPY')
	got "$(printf '%s\n' 'ADD COLUMN m INT' 'ADD COLUMN n INT DEFAULT 5' 'ADD KEY kn (n)' 'DROP PRIMARY KEY' 'ADD PRIMARY KEY (m)' 'CHANGE v w TEXT AFTER m')"
	has "SELECT column_name FROM information_schema.columns WHERE table_schema = '$db' ORDER BY ordinal_position" 'id;m;w;n;'
	has "SELECT COUNT(*) FROM m_$db.${db}_state WHERE stage = 'dm-sync'" '0;'
	[ "$(place)" = x.000001:100 ]
}

@test "a new name comes last, and rows go by it" {
	simple_table
	synced <<-END
		$(head_at x.000001:4)
		$(ddl 'alter table' a x.000001:4 'ALTER TABLE a RENAME TO b, ADD COLUMN c INT, DROP COLUMN v' "{\"tables\":[[\"$db\",\"a\"],[\"$db\",\"b\"]]}")
		$(commit x.000001:100)
		$(table b 'id:int(11)' 'c:int(11)' PRIMARY=id)
		$(row insert b x.000001:100 0 '[[1,2]]')
		$(commit x.000001:200)
		$(end x.000001:200)
	END
	got "$(printf '%s\n' 'ADD COLUMN c INT' 'DROP COLUMN v' "RENAME TO \`$db\`.b")"
	has "SELECT * FROM $db.b" '1 2;'
}

@test "two columns that swap their names are left whole" {
	sql down "CREATE TABLE $db.a (x INT, y TEXT)"
	synced < <(stream_of 'ALTER TABLE a RENAME COLUMN x TO y, RENAME COLUMN y TO x')
	got 'RENAME COLUMN x TO y, RENAME COLUMN y TO x'
	has "SELECT column_name FROM information_schema.columns WHERE table_schema = '$db' ORDER BY ordinal_position" 'y;x;'
}

@test "a change that is refused stops the task; once it can be done, the next run goes on with it" {
	simple_table
	stream_of 'ALTER TABLE a ADD COLUMN c INT, ADD KEY kn (nothere), DROP COLUMN v' >s
	sync <s
	assert_status 69
	assert_error 36510
	assert_err '(2 of 3): ALTER TABLE'
	sql down "ALTER TABLE $db.a ADD COLUMN nothere INT"
	synced <s
	assert_err 'part of it is not run again'
	got "$(printf '%s\n' 'ADD COLUMN c INT' 'ADD KEY kn (nothere)' 'ADD KEY kn (nothere)' 'DROP COLUMN v')"
	has "SELECT column_name FROM information_schema.columns WHERE table_schema = '$db' ORDER BY ordinal_position" 'id;c;nothere;'
}

@test "a process that is killed between two changes goes on with the second" {
	simple_table
	head_at x.000001:4 | cat - <(end x.000001:4) | synced	# makes the meta tables
	# The announcement of the second change waits until the test lets it go.
	sql down "CREATE TRIGGER m_$db.hold BEFORE INSERT ON m_$db.${db}_state FOR EACH ROW
		SET @held = IF(NEW.value LIKE '%\"step\":1,%', GET_LOCK('hold', 100), 0)"
	mkfifo hold
	sql down <hold >/dev/null &
	exec 8>hold
	echo "SELECT GET_LOCK('hold', 100);" >&8
	wait_until 10 'has_now "SELECT IS_USED_LOCK('"'hold'"') IS NOT NULL" "1;"'
	stream_of 'ALTER TABLE a ADD COLUMN c INT, MODIFY v VARCHAR(30), ADD KEY kc (c)' >s
	start_sync
	cat s >&7
	wait_until 20 'has_now "SELECT COUNT(*) FROM information_schema.processlist WHERE state = '"'User lock'"'" "1;"'
	kill -KILL "$pid"
	exec 7>&-
	wait "$pid" || true
	sql down "KILL $(sql down "SELECT id FROM information_schema.processlist WHERE state = 'User lock'")"
	exec 8>&-
	wait_until 10 'has_now "SELECT COUNT(*) FROM information_schema.processlist WHERE state = '"'User lock'"'" "0;"'
	sql down "DROP TRIGGER m_$db.hold"
	has "SELECT value RLIKE '\"step\":0,\"singles\":true' FROM m_$db.${db}_state WHERE stage = 'dm-sync'" '1;'
	got 'ADD COLUMN c INT'
	synced <s
	assert_err 'part of it is not run again'
	got "$(printf '%s\n' 'ADD COLUMN c INT' 'MODIFY v VARCHAR(30)' 'ADD KEY kc (c)')"
	has "SELECT column_name FROM information_schema.columns WHERE table_schema = '$db' ORDER BY ordinal_position" 'id;v;c;'
	has "SELECT COUNT(*) FROM m_$db.${db}_state WHERE stage = 'dm-sync'" '0;'
}
