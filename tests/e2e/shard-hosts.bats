#!/usr/bin/env bats
# shard-hosts.bats - the sources of a merged task on hosts of their own, which meet in the downstream only.
#
# Host a has upstream s1 and its pipeline, b has s2, d has the downstream; c stands by for a. Each knows its own source's file only.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016 # variables of the helpers, and conditions that they evaluate

load shard
load hosts

setup_file() {
	load lib
	load hosts
	local lack pid rc worst=0 pids=()

	lack=$(hosts_lack)
	if [ -n "$lack" ]; then
		echo "$lack" >"$BATS_FILE_TMPDIR/missing"
		return
	fi
	hosts_make a b c d
	cable a d
	cable b d
	cable c d
	cable c a
	server_on a s1 mysql &
	pids+=($!)
	server_on b s2 mariadb &
	pids+=($!)
	server_on d down mariadb &
	pids+=($!)
	for pid in "${pids[@]}"; do
		rc=0
		wait "$pid" || rc=$?
		[ "$rc" -eq 0 ] || [ "$rc" -eq 77 ] || worst=1
	done
	return $worst
}

# server_on HOST NAME KIND: listens on the host's address only.
server_on() {
	start_server_by "ip netns exec $(namespace "$1")" "$2" "$3" "--bind-address=$(address "$1")" || return
	sql "$2" "CREATE USER dm@'%' IDENTIFIED BY 'secret'; GRANT ALL ON *.* TO dm@'%'"
}

teardown_file() {
	load lib
	load hosts
	stop_servers
	hosts_drop
}

setup() {
	load lib
	e2e_setup
	export DM_BACKOFF_MAX=1 DM_DRAIN_MAX=5
	db=h$BATS_TEST_NUMBER
}

teardown() {
	local host

	[ -e "$BATS_FILE_TMPDIR/hosts" ] || return 0
	mend a d
	mend b d
	mend c d
	for host in a b c; do
		[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 8 home-$host/tasks/*/*/log 2>/dev/null | sed '/^$/d'
		on $host dm stop-task t >/dev/null 2>&1 || :
	done
	shard_teardown
}

# Written as for one host, then by the hosts' addresses; each host is told of its own source only.
prepare_hosts() {
	prepare true
	sed -i "s/^shard-mode:.*/shard-mode: $1/" t.yaml
	sed -i "s/127.0.0.1/$(address d)/" t.yaml
	sed -i "s/127.0.0.1/$(address a)/" s1.yaml
	sed -i "s/127.0.0.1/$(address b)/" s2.yaml
	sed -i 's/user: "root", password: ""/user: "dm", password: "secret"/' t.yaml s1.yaml s2.yaml
	on a dm operate-source create s1.yaml >/dev/null
	on b dm operate-source create s2.yaml >/dev/null
	on c dm operate-source create s1.yaml >/dev/null
}

start_hosts() {
	on a dm start-task -s s1 t.yaml >/dev/null
	on b dm start-task -s s2 t.yaml >/dev/null
	settle s1 s2
}

status_of() {
	on "$1" dm query-status t | jq -r "$2"
}

@test "hosts that meet in the downstream only: one is cut off while tables wait, the other while it runs the statement" {
	prepare_hosts pessimistic
	run ! on a mariadb --no-defaults -h "$(address b)" -P "$(port s2)" -udm -psecret -e 'DO 0'
	start_hosts
	[ "$(status_of a '.sources | map(.sourceStatus.source) | join(",")')" = s1 ]
	sql s1 "INSERT INTO $db.t1 VALUES (1, 'a'); INSERT INTO $db.t2 VALUES (101, 'a')"
	sql s2 "INSERT INTO $db.t1 VALUES (201, 'a'); INSERT INTO $db.t2 VALUES (301, 'a')"
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN n INT; INSERT INTO $db.t1 VALUES (2, 'b', 2)"
	settle s1 s2
	cut a d
	sql s1 "INSERT INTO $db.t2 VALUES (102, 'b'); ALTER TABLE $db.t2 ADD COLUMN n INT; INSERT INTO $db.t2 VALUES (103, 'c', 3)"
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN n INT; INSERT INTO $db.t1 VALUES (202, 'b', 2); UPDATE $db.t2 SET v = 'u' WHERE id = 301"
	settle s2
	[ "$(count)" -eq 4 ]
	sql s2 "ALTER TABLE $db.t2 ADD COLUMN n INT; INSERT INTO $db.t2 VALUES (302, 'b', 2)"
	settle s2
	no_column n
	mend a d
	wait_until 60 'has_column n && [ "$(count)" = 9 ]'
	settle s1 s2
	assert_all_merged
	# The owner is cut off while the downstream works, and does not hear how it ends.
	sql s1 "ALTER TABLE $db.t1 DROP COLUMN v; ALTER TABLE $db.t2 DROP COLUMN v; INSERT INTO $db.t1 VALUES (4, 4)"
	settle s1
	lock_table
	sql s2 "ALTER TABLE $db.t1 DROP COLUMN v; ALTER TABLE $db.t2 DROP COLUMN v; INSERT INTO $db.t2 VALUES (304, 4)"
	wait_until 30 '[ "$(altering)" = 1 ]'
	cut b d
	free_table
	wait_until 30 'no_column v'
	sql s1 "INSERT INTO $db.t2 VALUES (104, 4)"
	settle s1
	[ "$(count)" -eq 9 ]
	mend b d
	wait_until 60 '[ "$(count)" = 12 ]'
	settle s1 s2
	assert_all_merged
	[ "$(on b dm show-ddl-locks | jq -r .msg)" = 'no DDL lock exists' ]
}

@test "hosts that meet in the downstream only, where structures are joined: rows flow while one is cut off" {
	prepare_hosts optimistic
	start_hosts
	sql s1 "INSERT INTO $db.t1 VALUES (1, 'a'); INSERT INTO $db.t2 VALUES (101, 'a')"
	sql s2 "INSERT INTO $db.t1 VALUES (201, 'a'); INSERT INTO $db.t2 VALUES (301, 'a')"
	settle s1 s2
	cut a d
	sql s1 "ALTER TABLE $db.t1 ADD COLUMN n INT; INSERT INTO $db.t1 VALUES (2, 'b', 2); ALTER TABLE $db.t2 DROP COLUMN v; INSERT INTO $db.t2 VALUES (102)"
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN n INT; INSERT INTO $db.t1 VALUES (202, 'b', 2); ALTER TABLE $db.t2 ADD COLUMN m INT; INSERT INTO $db.t2 VALUES (302, 'b', 3)"
	settle s2
	has_column n
	has_column m
	[ "$(count)" -eq 6 ]
	mend a d
	wait_until 60 '[ "$(count)" = 8 ]'
	settle s1
	# One waits for the other, which is away; the name that it wants is not given to another column meanwhile.
	sql s1 "ALTER TABLE $db.t1 CHANGE n w INT; INSERT INTO $db.t1 VALUES (3, 'c', 3)"
	settle s1
	cut b d
	sql s2 "ALTER TABLE $db.t1 CHANGE n w INT; ALTER TABLE $db.t2 ADD COLUMN w INT; INSERT INTO $db.t1 VALUES (203, 'c', 3); UPDATE $db.t1 SET w = 7 WHERE id = 202"
	sql s1 "ALTER TABLE $db.t2 ADD COLUMN m INT; INSERT INTO $db.t2 VALUES (103, 3)"
	settle s1
	has_column n
	mend b d
	settle s1 s2
	no_column w
	for n in s1.t1 s2.t1; do sql ${n%.*} "ALTER TABLE $db.${n#*.} ADD COLUMN m INT"; done
	sql s2 "ALTER TABLE $db.t2 DROP COLUMN v"
	sql s1 "ALTER TABLE $db.t1 DROP COLUMN v; ALTER TABLE $db.t2 ADD COLUMN w INT"
	sql s2 "ALTER TABLE $db.t1 DROP COLUMN v"
	wait_until 60 'no_column v && no_column n && has_column w'
	wait_until 60 '[ "$(count)" = 11 ]'
	settle s1 s2
	assert_all_merged
	[ "$(on a dm show-ddl-locks | jq -r .msg)" = 'no DDL lock exists' ]
}

# Time passes for the lease by its row: what has not renewed it for 30 s has lost it.
@test "another host takes a source over when the first is cut off, which then stops before it writes; each is refused while the other works" {
	prepare_hosts pessimistic
	start_hosts
	sql s1 "INSERT INTO $db.t1 VALUES (1, 'a'); ALTER TABLE $db.t1 ADD COLUMN n INT; INSERT INTO $db.t1 VALUES (2, 'b', 2)"
	settle s1
	on c dm start-task -s s1 t.yaml >/dev/null
	wait_until 30 'status_of c ".sources[0].subTaskStatus[0].result.errors[0].ErrCode" | grep -qx 24501'
	settle s1
	cut a d
	sql s1 "INSERT INTO $db.t2 VALUES (101, 'a'); UPDATE $db.t1 SET n = 3 WHERE id = 2"
	sql down "UPDATE m_$db.t_lease SET renewed = renewed - INTERVAL 1 MINUTE WHERE id = 's1'"
	wait_until 30 '[ "$(count)" = 2 ]'
	settle s1
	[ "$(status_of c '.sources[0].subTaskStatus[0].stage')" = Running ]
	mend a d
	sql s1 "INSERT INTO $db.t2 VALUES (102, 'a')"
	wait_until 100 'grep -q "error 24502" home-a/tasks/t/s1/log'
	settle s1
	[ "$(count)" -eq 3 ]
	# the first has it back when the second goes
	on c dm stop-task t >/dev/null
	sql s1 "ALTER TABLE $db.t2 ADD COLUMN n INT; INSERT INTO $db.t2 VALUES (103, 'c', 3)"
	sql s2 "ALTER TABLE $db.t1 ADD COLUMN n INT; ALTER TABLE $db.t2 ADD COLUMN n INT; INSERT INTO $db.t2 VALUES (303, 'c', 3)"
	wait_until 60 '[ "$(count)" = 6 ]'
	settle s1 s2
	assert_all_merged
}
