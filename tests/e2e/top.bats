#!/usr/bin/env bats
# The live screen beside a real task: load, sync, a lock of merged tables, an error.
# shellcheck disable=SC2016,SC2154 # conditions of wait_until are evaluated there

setup_file() {
	load lib
	start_servers up=mariadb down=mariadb
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	export DM_DRAIN_MAX=20 DM_BACKOFF_MAX=2 SHELL=/bin/bash
}

teardown() {
	exec 8>&- || :
	[ ! -s pid ] || kill -TERM "$(cat pid)" 2>/dev/null || :
	[ -z "${BATS_ERROR_STATUS:-}" ] || { shown; cat home/tasks/m/one/sync.json; }
	dm stop-task m >/dev/null 2>&1 || :
}

# The frame that the terminal shows last, as text.
shown() {
	tr -d '\r' <sent | awk -v RS='\033\\[H' 'END { printf "%s", $0 }' | sed -e 's/\x1b\[[0-9;?]*[A-Za-z]//g'
}

shows() {
	shown | grep -qE -e "$1"
}

@test "dm top shows a task as it loads, syncs, waits, fails and is mended" {
	local job x

	x=$(printf 'x%.0s' $(seq 200))
	sql up "CREATE DATABASE m; CREATE TABLE m.t1 (id INT PRIMARY KEY, v TEXT); CREATE TABLE m.t2 LIKE m.t1;
		INSERT INTO m.t1 SELECT seq, '$x' FROM mysql.seq_1_to_20000; INSERT INTO m.t2 SELECT -seq, 'y' FROM mysql.seq_1_to_1000"
	sql down "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v TEXT)"
	source_file up one
	dm operate-source create one.yaml >/dev/null
	task_file m <<-END
		task-mode: all
		shard-mode: pessimistic
		$(target down)
		mysql-instances: [{source-id: one, route-rules: [r], block-allow-list: b}]
		routes: {r: {schema-pattern: m, table-pattern: "t*", target-schema: d, target-table: t}}
		block-allow-list: {b: {do-dbs: [m]}}
	END
	# The table is locked downstream, so that the load stands still until it has been seen.
	mkfifo lock
	sql down <lock 3>&- &
	exec 8>lock
	echo "LOCK TABLES d.t READ;" >&8
	wait_until 30 '[ -n "$(sql down "SHOW OPEN TABLES FROM d WHERE In_use > 0")" ]'
	dm start-task m.yaml >/dev/null 8>&-
	TERM=xterm script -qefc 'stty cols 160 rows 30; echo $$ >pid; exec dm top -d 1 m' typescript <>/dev/null >sent 2>/dev/null 3>&- 8>&- &
	job=$!
	wait_until 60 'shows "^m +one +Running +Load .* %"'
	exec 8>&-
	wait_until 60 'shows "^m +one +Running +Sync +lag 0 s, synced .*mysql-bin\.[0-9]+:[0-9]+"'
	sql up "INSERT INTO m.t1 SELECT seq, 'z' FROM mysql.seq_20001_to_25000"
	wait_until 60 'shows "rows/s .*█"'
	sql up "ALTER TABLE m.t1 ADD c INT"
	wait_until 60 'shows "^  lock     \`d\`\.\`t\` waits for \`m\`\.\`t2\` at: .*ALTER TABLE"'
	shows '^  way out  dm show-ddl-locks m'
	sql up "ALTER TABLE m.t2 ADD c INT"
	wait_until 60 'shows "^m +one" && ! shows "^  lock"'
	sql down "DELETE FROM d.t WHERE id = 1"
	sql up "UPDATE m.t1 SET v = 'w' WHERE id = 1"
	wait_until 60 'shows "^m +one +Paused +Sync" && shows "^  error +[0-9]+ \(sync-unit, downstream\)" && shows "^  way out"'
	sql down "INSERT INTO d.t (id, v) VALUES (1, '$x')"
	dm resume-task m >/dev/null
	wait_until 60 'shows "^m +one +Running +Sync +lag 0 s, synced" && ! shows "^  error"'
	kill -TERM "$(cat pid)"
	wait $job
	[ "$(sql down "SELECT COUNT(*), SUM(v = 'w') FROM d.t")" = "$(printf '26000\t1')" ]
}
