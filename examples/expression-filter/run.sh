#!/bin/sh
# run.sh - changes that an expression over their values keeps away; see README.md
# shellcheck source=examples/lib.sh
. "$(dirname "$0")/../lib.sh"
begin expression-filter up1 down
load up1 upstream-1.sql
owns down expr_filter

step "the whole data is not filtered"
show dm operate-source create source1.yaml
show dm start-task task.yaml
until_synced test
compare expr_filter.tbl up1:expr_filter.tbl
compare expr_filter.orders up1:expr_filter.orders
compare expr_filter.prices up1:expr_filter.prices

step "inserts: of these only odd values come, and no drafts"
at up1 "INSERT INTO expr_filter.tbl (id, c) VALUES (1, 1), (2, 2), (3, 3), (4, 4)"
at up1 "INSERT INTO expr_filter.orders VALUES (4, '2024-05-01', 'draft'), (5, '2024-05-02', 'open')"

step "deletes: old orders stay downstream"
at up1 "DELETE FROM expr_filter.orders WHERE id IN (1, 3)"

step "updates: a change below 100 is left out, one that passes 100 is not"
at up1 "UPDATE expr_filter.prices SET price = price + 2 WHERE item = 'tea'"
at up1 "UPDATE expr_filter.prices SET price = price + 2 WHERE item = 'rice'"
at up1 "UPDATE expr_filter.prices SET price = price + 2 WHERE item = 'lamp'"
until_synced test

step "what is downstream"
expect "tbl" "$(sql down 'SELECT GROUP_CONCAT(c ORDER BY id) FROM expr_filter.tbl')" 1,3,100
expect "orders" "$(sql down 'SELECT GROUP_CONCAT(id ORDER BY id) FROM expr_filter.orders')" 1,2,5
expect "prices" "$(sql down "SELECT GROUP_CONCAT(CONCAT(item, ' ', price) ORDER BY item) FROM expr_filter.prices")" "lamp 132.00,rice 101.00,tea 10.50"
condition='c % 2 = 1'
compare expr_filter.tbl up1:expr_filter.tbl
condition="ordered >= '2024-01-01' AND state <> 'draft'"
compare expr_filter.orders up1:expr_filter.orders
condition="item <> 'tea'"
compare expr_filter.prices up1:expr_filter.prices
show dm stop-task test
finish
