#!/bin/sh
# run.sh - a task begins anew, with the whole data; see README.md
# shellcheck source=examples/lib.sh
. "$(dirname "$0")/../lib.sh"
begin reset-task up1 down
load up1 upstream-1.sql
owns down shop

step "a task runs"
show dm operate-source create source1.yaml
show dm start-task task.yaml
until_synced test

step "somebody changes the downstream by hand, and the two ends differ"
at down "DELETE FROM shop.customer WHERE id = 2; UPDATE shop.visit SET customer = 9"
at up1 "UPDATE shop.customer SET name = 'Béla, changed' WHERE id = 2"
until_error test mysql-01 36507

step "stopped and started, it only goes on where it was"
show dm stop-task test
show dm start-task task.yaml
until_error test mysql-01 36507

step "so the tables downstream go, and what the task remembers"
show dm stop-task test
at down "DROP DATABASE shop"
show dm start-task --remove-meta task.yaml
until_synced test
at up1 "INSERT INTO shop.visit VALUES ('2024-02-01 08:00:00', 2)"
until_synced test
compare shop.customer up1:shop.customer
compare shop.visit up1:shop.visit
show dm stop-task test
finish
