#!/bin/sh
# run.sh - upstreams that let nobody lock, as Amazon Aurora does; see README.md
# shellcheck source=examples/lib.sh
. "$(dirname "$0")/../lib.sh"

# write SERVER TABLE: changes rows, also those that are being dumped, until the file stop is there.
write() {
	n=0
	while [ ! -e stop ]; do
		n=$((n + 1))
		echo "UPDATE migrate_me.$2 SET n = n + 1 WHERE id % 50 = $((n % 50)); INSERT INTO migrate_me.$2 (v) VALUES ('new $n'); DELETE FROM migrate_me.$2 WHERE id = $((n * 3));"
		sleep 0.02
	done | sql "$1"
}

both_sync() {
	[ "$(status_of test '[.sources[].subTaskStatus[0].unit] | unique | join(",")')" = Sync ]
}

begin cannot-lock up1 up2 down
owns down migrate_me
for n in 1 2; do
	load up$n upstream-$n.sql
	[ "$(sql up$n "SELECT COUNT(*) FROM mysql.user WHERE user = 'migrator'")" = 0 ] || fail "upstream $n has an account 'migrator' already"
	later up$n 'DROP USER IF EXISTS migrator'
	at up$n "CREATE USER migrator IDENTIFIED BY '12345678'; GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO migrator"
done

step "the account cannot lock, which a task that wants to lock is told"
show dm operate-source create source1.yaml source2.yaml
show cp task.yaml locking.yaml
show sed -i '/extra-args/s/".*"/"--consistency flush"/' locking.yaml
refused 69 dm check-task locking.yaml

step "one that does not passes"
show dm check-task task.yaml

step "the servers are written to all the while"
write up1 t1 &
helpers=$!
write up2 t2 &
helpers="$helpers $!"
show dm start-task task.yaml
wait_for "both sources are past their dumps" both_sync
: >stop
for helper in $helpers; do
	wait "$helper" || fail "the changes upstream ended early"
done
helpers=''
until_synced test
show grep -h 'dumped\|safe mode' "$DM_HOME/tasks/test/aurora-replica-01/log" "$DM_HOME/tasks/test/aurora-replica-02/log"
compare migrate_me.t1 up1:migrate_me.t1
compare migrate_me.t2 up2:migrate_me.t2
show dm stop-task test
finish
