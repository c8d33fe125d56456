#!/bin/sh
# run.sh - schema changes by gh-ost and pt-online-schema-change; see README.md
# shellcheck source=examples/lib.sh
. "$(dirname "$0")/../lib.sh"

# The tables downstream, and the columns of one.
tables() {
	sql down "SELECT GROUP_CONCAT(table_name ORDER BY table_name) FROM information_schema.tables WHERE table_schema = 'osc'"
}

columns() {
	sql down "SELECT GROUP_CONCAT(column_name ORDER BY ordinal_position) FROM information_schema.columns WHERE table_schema = 'osc' AND table_name = '$1'"
}

begin online-ddl up1 down
load up1 upstream-1.sql
owns down osc

step "the task starts"
show dm operate-source create source1.yaml
show dm start-task task.yaml
until_synced test

step "gh-ost alters test4 (here: the statements that it runs)"
echo "upstream 1> source gh-ost.sql"
sql up1 <gh-ost.sql || fail "upstream 1 refused it"
at up1 "INSERT INTO osc.test4 (id, v, n) VALUES (1001, 'written behind it', 8)"
until_synced test
expect "columns of test4" "$(columns test4)" id,v,n
expect "tables downstream" "$(tables)" test4,test5
compare osc.test4 up1:osc.test4

step "pt-online-schema-change alters test5"
if command -v pt-online-schema-change >/dev/null; then
	address=$(address_of up1)
	show pt-online-schema-change --alter "ADD COLUMN m INT NOT NULL DEFAULT 3, ADD KEY by_m (m)" --execute --no-version-check \
		--no-check-replication-filters --recursion-method=none --chunk-size 20 \
		"h=${address%:*},P=${address#*:},u=${SERVER_USER:-root}${SERVER_PASSWORD:+,p=$SERVER_PASSWORD},D=osc,t=test5"
	at up1 "UPDATE osc.test5 SET m = id WHERE id < 10"
	until_synced test
	expect "columns of test5" "$(columns test5)" id,v,m
	expect "tables downstream" "$(tables)" test4,test5
	compare osc.test5 up1:osc.test5
else
	echo "it is not there (Debian's package percona-toolkit): left out"
fi
expect "changes that are still going on" "$(sql down 'SELECT COUNT(*) FROM dm_meta.test_onlineddl')" 0
show dm stop-task test
finish
