#!/bin/sh
# run.sh - a relay log that is cut, damaged or purged, and how the task goes on; see README.md
# shellcheck source=examples/lib.sh
. "$(dirname "$0")/../lib.sh"

# The files of the relay log, oldest first.
logs() {
	find "$relay" -name '*.[0-9]*' -type f | sort
}

# Has the relay log all that upstream 1 had written?
is_pulled() {
	status_of test '.sources[0].sourceStatus.relayStatus.relayBinlog' | reaches "$place"
}

until_pulled() {
	place=$(place_of up1)
	wait_for "the relay log is at $place" is_pulled
	typed dm query-status test
	status_of test '.sources[0].sourceStatus.relayStatus | "    relay: stage \(.stage), relayBinlog \(.relayBinlog)"'
}

begin relay-recovery up1 down
load up1 upstream-1.sql
owns down shop
relay=$DM_HOME/relays/mysql-01/relay

step "the task runs; then the upstream's log is kept, and read from there"
show dm operate-source create source1.yaml
show dm start-task task.yaml
until_synced test
show dm start-relay -s mysql-01
at up1 "INSERT INTO shop.customer VALUES (3, '陈'); FLUSH BINARY LOGS"
at up1 "INSERT INTO shop.customer VALUES (4, 'Dora')"
until_pulled
until_synced test
compare shop.customer up1:shop.customer

step "the newest file is cut, as by a machine that lost its power: keeping it goes on behind the last whole transaction"
show dm pause-task test
show dm pause-relay -s mysql-01
newest=$(logs | tail -n 1)
show truncate -s -20 "$newest"
at up1 "INSERT INTO shop.customer VALUES (5, 'Emil')"
show dm resume-relay -s mysql-01
show dm resume-task test
until_synced test
compare shop.customer up1:shop.customer

step "a byte in the midst of a file is another: the task stops there, and nothing of it is applied"
show dm pause-task test
at up1 "INSERT INTO shop.customer VALUES (6, 'Fatima'); FLUSH BINARY LOGS; INSERT INTO shop.customer VALUES (7, 'Gong')"
until_pulled
damaged=$(logs | xargs grep -al Fatima)
at=$(grep -abo Fatima "$damaged" | tail -n 1 | cut -d: -f1)
printf 'X' | show dd of="$damaged" bs=1 seek="$at" conv=notrunc status=none
show dm resume-task test
until_error test mysql-01 22502
expect "customers downstream" "$(sql down 'SELECT COUNT(*) FROM shop.customer')" 5
show dm stop-relay -s mysql-01
show rm -r "$relay"
show dm start-relay -s mysql-01
show dm resume-task test
until_synced test
compare shop.customer up1:shop.customer

step "purging leaves what the task needs"
show dm pause-task test
at up1 "INSERT INTO shop.customer VALUES (8, 'Hana'); FLUSH BINARY LOGS; INSERT INTO shop.customer VALUES (9, 'Ivo')"
until_pulled
show dm purge-relay -s mysql-01 -f "$(basename "$(logs | tail -n 1)")"
[ "$(logs | wc -l)" -ge 2 ] || fail "a file that the task needs was purged"

step "files that it needs are gone all the same: it reads from the server, until the relay log has its place again"
show rm "$(logs | head -n 1)"
show dm resume-task test
until_synced test
compare shop.customer up1:shop.customer
show dm stop-relay -s mysql-01
show dm stop-task test
finish
