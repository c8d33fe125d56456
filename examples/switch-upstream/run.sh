#!/bin/sh
# run.sh - a task goes on at a replica of its upstream, by GTIDs; see README.md
# shellcheck source=examples/lib.sh
. "$(dirname "$0")/../lib.sh"

# The transactions that a server has, and those that it has no more.
executed() {
	if is_mariadb "$1"; then sql "$1" 'SELECT @@GLOBAL.gtid_binlog_pos'; else sql "$1" 'SELECT @@GLOBAL.gtid_executed'; fi
}

# Has the replica all that upstream 1 has?
follows() {
	[ "$(executed replica)" = "$(executed up1)" ]
}

begin switch-upstream up1 replica down
can_fail=''	# with somebody's servers nothing is killed, and replication goes on
! is_missing up1 || ! is_missing replica || can_fail=yes
load up1 upstream-1.sql
owns down bank

step "the task reads from upstream 1, by GTIDs"
show dm operate-source create source1.yaml
show dm start-task task.yaml
at up1 "UPDATE bank.account SET cents = cents - 500 WHERE id = 1; UPDATE bank.account SET cents = cents + 500 WHERE id = 3; INSERT INTO bank.booking VALUES (NOW(), 3, 500)"
until_synced test

step "upstream 1 fails, with changes that the replica has and the downstream has not"
show dm pause-task test
at up1 "UPDATE bank.account SET cents = cents - 7 WHERE id = 2; INSERT INTO bank.booking VALUES (NOW(), 2, -7), (NOW(), 2, -7)"
wait_for "the replica has all that upstream 1 has" follows
if [ -n "$can_fail" ]; then
	"$examples/servers" kill up1
	echo "upstream 1 was killed; the replica takes over"
	if is_mariadb replica; then at replica "STOP SLAVE; RESET SLAVE ALL"; else at replica "STOP REPLICA; RESET REPLICA ALL"; fi
	primary=replica
else
	echo "these servers are not ours: upstream 1 goes on, and its replica is read"
	primary=up1
fi

step "may the replica be read? It must have all that the downstream has, and must not have thrown away what comes then"
echo "downstream has:  $(status_of test '.sources[].subTaskStatus[0].sync.syncerBinlogGtid')"
echo "the replica has: $(executed replica)"
if is_mariadb replica; then at replica "SHOW BINARY LOGS"; else at replica "SELECT @@GLOBAL.gtid_purged"; fi

step "the source gets the replica's address, and the task goes on"
show dm stop-task test
show dm operate-source stop mysql-01
show dm operate-source create source1-replica.yaml
show dm start-task task.yaml
at $primary "UPDATE bank.account SET cents = cents + 9 WHERE id = 1; INSERT INTO bank.booking VALUES (NOW(), 1, 9)"
[ $primary = replica ] || wait_for "the replica has all that upstream 1 has" follows
until_synced test
compare bank.account replica:bank.account
compare bank.booking replica:bank.booking
show dm stop-task test
finish
