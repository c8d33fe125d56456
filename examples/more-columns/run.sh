#!/bin/sh
# run.sh - a downstream table with more columns than its upstream; see README.md
# shellcheck source=examples/lib.sh
. "$(dirname "$0")/../lib.sh"
begin more-columns up1 down
load up1 upstream-1.sql
load down downstream.sql

step "whole data and changes: the columns that only the downstream has get their defaults"
show dm operate-source create source1.yaml
show dm start-task task.yaml
until_synced more-columns
at up1 "INSERT INTO log.messages VALUES (4, 'msg4'); UPDATE log.messages SET message = 'msg1, changed' WHERE id = 1; DELETE FROM log.messages WHERE id = 2"
until_synced more-columns
compare log.messages up1:log.messages
expect "rows with all defaults" "$(sql down "SELECT COUNT(*) FROM log.messages WHERE region = 'north' AND came_at IS NOT NULL AND note IS NULL")" 3

step "what is filled in downstream is left alone by changes of the other columns; one more may come while the task runs"
at down "UPDATE log.messages SET region = 'south', note = 'by hand' WHERE id = 3; ALTER TABLE log.messages ADD COLUMN seen TINYINT NOT NULL DEFAULT 0"
at up1 "UPDATE log.messages SET message = 'msg3, changed' WHERE id = 3; INSERT INTO log.messages VALUES (5, 'msg5')"
until_synced more-columns
compare log.messages up1:log.messages
expect "the row that was changed at both ends" "$(sql down "SELECT CONCAT_WS(', ', region, message, note, seen) FROM log.messages WHERE id = 3")" \
	"south, msg3, changed, by hand, 0"

step "only changes, from a place at which the upstream table had another structure than now"
place=$(place_of up1)
at up1 "INSERT INTO user.information VALUES (1, 'Ada')"
at up1 "ALTER TABLE user.information ADD COLUMN city VARCHAR(50)"
at up1 "INSERT INTO user.information VALUES (2, 'Béla', 'Budapest')"
show sed -i "s/binlog-name: .*/binlog-name: \"${place%:*}\"/; s/binlog-pos: .*/binlog-pos: ${place#*:}/" task-incremental.yaml
show dm start-task task-incremental.yaml
until_error task-test mysql-01 36501
show cat user.information.sql
show dm binlog-schema update -s mysql-01 task-test user information user.information.sql
show dm resume-task task-test
until_synced task-test
compare user.information up1:user.information
show dm stop-task more-columns
show dm stop-task task-test
finish
