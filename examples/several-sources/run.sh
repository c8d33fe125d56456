#!/bin/sh
# run.sh - several sources into one target under different names; see README.md
# shellcheck source=examples/lib.sh
. "$(dirname "$0")/../lib.sh"
begin several-sources up1 up2 up3 down
owns down user_north user_east user_south store
for n in 1 2 3; do
	load up$n upstream-$n.sql
done

step "the sources are told, and the task starts: whole data first, then changes"
show dm operate-source create source1.yaml source2.yaml source3.yaml
show dm check-task task.yaml
show dm start-task task.yaml
until_synced several-sources

step "the servers go on working; what the filters keep away is gone upstream only"
at up1 "INSERT INTO user.information VALUES (4, 'Dora', 'Beijing'); UPDATE store.store_tj SET price = price * 2"
at up2 "UPDATE store.store_sz SET item = CONCAT(item, ' (Suzhou)'); ALTER TABLE user.information ADD COLUMN born DATE"
at up3 "UPDATE store.store_sz SET item = CONCAT(item, ' (Shenzhen)'); DELETE FROM user.information WHERE id = 2"
at up1 "DELETE FROM user.log WHERE id = 1; DELETE FROM store.store_bj WHERE id = 2; INSERT INTO log.messages VALUES (2, 'nor this')"
at up2 "TRUNCATE TABLE user.log; DROP TABLE store.store_sh"
until_synced several-sources

step "what is downstream"
compare user_north.information up1:user.information
compare user_east.information up2:user.information
compare user_south.information up3:user.information
compare user_south.log up3:user.log
compare store.store_tj up1:store.store_tj
compare store.store_suzhou up2:store.store_sz
compare store.store_gz up3:store.store_gz
compare store.store_shenzhen up3:store.store_sz
expect "lines of user_north.log, of which one was deleted upstream" "$(sql down 'SELECT COUNT(*) FROM user_north.log')" 3
expect "lines of user_east.log, which was emptied upstream" "$(sql down 'SELECT COUNT(*) FROM user_east.log')" 3
expect "rows of store.store_bj, of which one was deleted upstream" "$(sql down 'SELECT COUNT(*) FROM store.store_bj')" 2
expect "rows of store.store_sh, which was dropped upstream" "$(sql down 'SELECT COUNT(*) FROM store.store_sh')" 2
expect "databases called log downstream" "$(sql down "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'log'")" 0
show dm stop-task several-sources
finish
