#!/bin/sh
# run.sh - only the changes from a place on, by file and offset, and by GTIDs; see README.md
# shellcheck source=examples/lib.sh
. "$(dirname "$0")/../lib.sh"
begin incremental-only up1 down
owns down user
load up1 upstream-1.sql
load down downstream.sql

step "by file and offset: the place is where the server writes now"
place=$(place_of up1)
echo "upstream 1 is at $place, which goes into task.yaml"
show sed -i "s/binlog-name: .*/binlog-name: \"${place%:*}\"/; s/binlog-pos: .*/binlog-pos: ${place#*:}/" task.yaml
at up1 "INSERT INTO log.messages VALUES (4, 'msg4'), (5, 'msg5')"
show dm operate-source create source1.yaml
show dm start-task task.yaml
until_synced task-test
at up1 "UPDATE log.messages SET message = 'msg5, changed' WHERE id = 5"
until_synced task-test
expect "messages downstream" "$(sql down 'SELECT GROUP_CONCAT(id ORDER BY id) FROM log.messages')" 4,5
condition='id > 3'
compare log.messages up1:log.messages
condition=''

step "by GTIDs: the whole data was moved otherwise, and its dump says which transactions it holds"
address=$(address_of up1)
export DM_PASSWORD="${SERVER_PASSWORD:-}"
show dm-dump -h "${address%:*}" -P "${address#*:}" -u "${SERVER_USER:-root}" -B user -o dump
at up1 "INSERT INTO user.information VALUES (4, 'Dora', 'written while the dump was on its way'); DELETE FROM user.information WHERE id = 2"
show cat dump/metadata
address=$(address_of down)
show dm-load -h "${address%:*}" -P "${address#*:}" -u "${SERVER_USER:-root}" --task moved -s by-hand -d dump
gtids=$(sed -n 's/^[[:space:]]*GTID: *//p' dump/metadata)
show sed -i "s/binlog-gtid: .*/binlog-gtid: \"$gtids\"/" task-gtid.yaml
show dm operate-source create source-gtid.yaml
show dm start-task task-gtid.yaml
at up1 "UPDATE user.information SET city = 'Shanghai' WHERE id = 3"
until_synced task-gtid
compare user.information up1:user.information
show dm query-status
show dm stop-task task-test
show dm stop-task task-gtid
show dm-meta drop -h "${address%:*}" -P "${address#*:}" -u "${SERVER_USER:-root}" --task moved
finish
