#!/bin/sh
# run.sh - the shards of two servers become one table, also when their structure changes; see README.md
# shellcheck source=examples/lib.sh
. "$(dirname "$0")/../lib.sh"

columns() {
	sql down "SELECT GROUP_CONCAT(column_name ORDER BY ordinal_position) FROM information_schema.columns WHERE table_schema = 'store' AND table_name = 'sale'"
}

is_locked() {
	[ "$(dm show-ddl-locks shard_merge | jq -c '[.locks[] | [.synced, .unsynced]]')" = '[[["instance-1"],["instance-2"]]]' ]
}

has_passed() {
	[ "$(sql down 'SELECT COUNT(*) FROM user.information WHERE uid = 1004')" = 1 ]
}

begin shard-merge up1 up2 down
owns down store
load up1 upstream-1.sql
load up2 upstream-2.sql
load down downstream.sql

step "the task starts"
show dm operate-source create source1.yaml source2.yaml
show dm start-task task.yaml
until_synced shard_merge
compare store.sale up1:store_01.sale_01 up1:store_01.sale_02 up1:store_02.sale_01 up1:store_02.sale_02 \
	up2:store_01.sale_01 up2:store_01.sale_02 up2:store_02.sale_01 up2:store_02.sale_02

step "server 1 gives its shards a column; server 2 has not done so yet"
for shard in store_01.sale_01 store_01.sale_02 store_02.sale_01 store_02.sale_02; do
	at up1 "ALTER TABLE $shard ADD COLUMN discount DECIMAL(5,2) NOT NULL DEFAULT 0"
done
at up1 "UPDATE store_01.sale_01 SET discount = 0.10 WHERE sid = 10100"
at up2 "INSERT INTO store_01.sale_01 VALUES (20102, 9, 'written to the old structure')"
at up1 "INSERT INTO user.information (uid, name) VALUES (1004, 'does not wait for sales')"
wait_for "the statement of instance-1 waits for instance-2" is_locked
show dm show-ddl-locks shard_merge
wait_for "a row of another table passes" has_passed
expect "columns of store.sale" "$(columns)" sid,pid,comment

step "server 2 follows; the statement is run once, and what has waited is applied"
for shard in store_01.sale_01 store_01.sale_02 store_02.sale_01 store_02.sale_02; do
	at up2 "ALTER TABLE $shard ADD COLUMN discount DECIMAL(5,2) NOT NULL DEFAULT 0"
done
at up2 "INSERT INTO store_02.sale_02 VALUES (20402, 10, 'half price', 0.50)"
until_synced shard_merge
show dm show-ddl-locks shard_merge
expect "columns of store.sale" "$(columns)" sid,pid,comment,discount

step "a shard is emptied upstream, which the task does not pass on"
at up1 "DELETE FROM store_02.sale_01 WHERE sid = 10300; TRUNCATE TABLE store_02.sale_01"
until_synced shard_merge
expect "sales of that shard downstream" "$(sql down 'SELECT COUNT(*) FROM store.sale WHERE sid BETWEEN 10300 AND 10399')" 2

step "all the rest is equal"
condition='sid NOT BETWEEN 10300 AND 10399'
compare store.sale up1:store_01.sale_01 up1:store_01.sale_02 up1:store_02.sale_02 \
	up2:store_01.sale_01 up2:store_01.sale_02 up2:store_02.sale_01 up2:store_02.sale_02
condition=''
compare user.information up1:user.information up2:user.information
expect "tables called log_bak downstream" "$(sql down "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'user' AND table_name = 'log_bak'")" 0
show dm stop-task shard_merge
finish
