#!/bin/sh
# run.sh - tables are added to a task that runs: by moving its checkpoint, and by one command; see README.md
# shellcheck source=examples/lib.sh
. "$(dirname "$0")/../lib.sh"

# Customers come, order and go until the file stop is there.
write() {
	n=0
	while [ ! -e stop ]; do
		n=$((n + 1))
		echo "BEGIN; UPDATE shop.customer SET visits = visits + 1 WHERE id = $((n % 4 + 1));
			INSERT INTO shop.orders (customer, item) VALUES ($((n % 4 + 1)), $((n % 3 + 1)));
			INSERT INTO shop.visit VALUES ($((n % 4 + 1)), 'new'), ($((n % 4 + 1)), 'new'); COMMIT;
			UPDATE shop.orders SET n = n + 1 WHERE id = $((n % 40 + 10)); DELETE FROM shop.orders WHERE id = $((n * 2));
			DELETE FROM shop.visit WHERE line = 'old' LIMIT 1; UPDATE shop.item SET price = price + 0.01 WHERE id = $((n % 4 + 1));"
		sleep 0.02
	done | sql up1
}

begin add-table up1 down
load up1 upstream-1.sql
owns down shop

step "a task for one table runs"
show dm operate-source create source1.yaml
show dm start-task task.yaml
until_synced shop
write &
helpers=$!

step "shop.item is added by moving the checkpoint: its whole data first, by a task of its own"
show dm run task-item.yaml
show dm-meta checkpoint show -c task-item.yaml -s mysql-01
dumped=$(dm-meta checkpoint show -c task-item.yaml -s mysql-01 | sed -n 's/^load .* as of //p')

step "the running task is stopped, and goes back to that place"
show dm stop-task shop
at down "SELECT binlog_name, binlog_pos FROM dm_meta.shop_syncer_checkpoint WHERE id = 'mysql-01' AND is_global = 1"
at down "UPDATE dm_meta.shop_syncer_checkpoint SET binlog_name = '${dumped%:*}', binlog_pos = ${dumped#*:} WHERE id = 'mysql-01' AND is_global = 1"
show dm start-task task-with-item.yaml
until_synced shop
show grep 'safe mode' "$DM_HOME/tasks/shop/mysql-01/log"
show dm stop-task shop_item
show dm-meta drop -c task-item.yaml

step "shop.orders and shop.visit are added by one command"
show ./add-table task-all.yaml task-orders.yaml

step "what is downstream"
: >stop
wait "$helpers" || fail "the changes upstream ended early"
helpers=''
until_synced shop
for table in customer item orders visit; do
	compare shop.$table up1:shop.$table
done
show dm query-status
show dm stop-task shop
finish
