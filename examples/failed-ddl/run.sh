#!/bin/sh
# run.sh - statements that the downstream refuses: one is skipped, one is replaced; see README.md
# shellcheck source=examples/lib.sh
. "$(dirname "$0")/../lib.sh"
begin failed-ddl up1 down
load up1 upstream-1.sql
load down downstream.sql

step "the task starts"
show dm operate-source create source1.yaml
show dm start-task task.yaml
until_synced test

step "a unique key that the downstream cannot have: it is done without"
at up1 "ALTER TABLE db1.tbl1 ADD UNIQUE KEY by_c2 (c2)"
at up1 "INSERT INTO db1.tbl1 VALUES (3, 'behind the statement')"
until_error test mysql-replica-01 36510
show dm binlog skip test
until_synced test
compare db1.tbl1 up1:db1.tbl1

step "a column that is unique: downstream it comes without that"
at up1 "ALTER TABLE db1.tbl1 ADD COLUMN c3 INT UNIQUE"
at up1 "UPDATE db1.tbl1 SET c3 = c1 * 10"
until_error test mysql-replica-01 36510
show dm binlog replace test "ALTER TABLE db1.tbl1 ADD COLUMN c3 INT, ADD KEY by_c3 (c3)"
until_synced test
compare db1.tbl1 up1:db1.tbl1

step "what is to happen can be said before: the place is in the log"
show dm pause-task test
place=$(place_of up1)
at up1 "ALTER TABLE db1.tbl1 ADD UNIQUE KEY by_c3_c2 (c3, c2)"
at up1 "INSERT INTO db1.tbl1 VALUES (4, 'behind that', 40)"
show dm binlog skip test -b "$place"
show dm binlog list test
show dm resume-task test
until_synced test
compare db1.tbl1 up1:db1.tbl1
expect "keys downstream" "$(sql down "SELECT GROUP_CONCAT(DISTINCT index_name ORDER BY index_name) FROM information_schema.statistics WHERE table_schema = 'db1' AND table_name = 'tbl1'")" by_c3,PRIMARY
show dm stop-task test
finish
