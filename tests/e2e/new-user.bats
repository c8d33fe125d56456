#!/usr/bin/env bats
# A new user's path, on a terminal: a fresh clone, the two commands of the README, an installation; then a migration of merged shards by
# hand, from the man pages alone, that is paused, meets a statement that fails, is repaired, crashes, and goes on. What is
# typed stands in README.md, dm(7), dm-task(5) and dm(1), and is taken from there where it is more than a word; what
# the screen says after each command is looked at.
# shellcheck disable=SC2154,SC2016 # variables of the helpers, and conditions that they evaluate

setup_file() {
	load lib
	start_servers up1=mariadb up2=mariadb down=mariadb &
	local servers=$!
	# Of an unpacked tarball, or of somebody else's repository, there is no clone, only a copy.
	git clone -q "$DM_ROOT" "$BATS_FILE_TMPDIR/dm-tools" || {
		rm -rf "$BATS_FILE_TMPDIR/dm-tools"
		mkdir "$BATS_FILE_TMPDIR/dm-tools"
		tar -C "$DM_ROOT" -c --exclude=./build --exclude=./.git . | tar -C "$BATS_FILE_TMPDIR/dm-tools" -x
	}
	# What was built counts as built from the clone: all of one moment, and newer than its files.
	mkdir "$BATS_FILE_TMPDIR/dm-tools/build"
	cp -R "$DM_ROOT"/build/bin "$DM_ROOT"/build/lib "$DM_ROOT"/build/tools "$BATS_FILE_TMPDIR/dm-tools/build" || :
	find "$BATS_FILE_TMPDIR/dm-tools/build" -type f -exec touch -d "@$(date +%s.%N)" {} +
	wait $servers
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	clone=$BATS_FILE_TMPDIR/dm-tools
}

teardown() {
	[ -z "${terminal:-}" ] || {
		dm stop-task shard_merge >/dev/null 2>&1 || :
		exec 7>&-	# the shell's input ends, and so does it
		wait "$terminal" || :
	}
}

# ---- the terminal -----------------------------------------------------------------------------------------------------

# A shell on a terminal of its own. What it shows is in the file screen; keys go through the pipe at descriptor 7.
sit_down() {
	mkfifo keys
	ENV='' script -q -f -e -c 'stty cols 200 rows 50; exec sh -i' screen <keys >/dev/null 2>&1 3>&- &
	terminal=$!
	exec 7>keys
	echo "PS1='[\$?] new-user\$ '" >&7
	wait_until 30 'prompts 1'
}

# prompts N: are there N of them, and nothing behind the last?
prompts() {
	[ "$(grep -ao '\[[0-9]*\] new-user\$ ' screen | wc -l)" -eq "$1" ] && tail -c 12 screen | grep -q 'new-user\$ $'
}

# type_in COMMAND: what the screen says then is in the file seen, how the command ended in status.
type_in() {
	local before

	before=$(grep -ao '\[[0-9]*\] new-user\$ ' screen | wc -l)
	echo "\$ $1"
	printf '%s\n' "$1" >&7
	wait_until 280 "prompts $((before + 1))" || { tail -n 40 screen; return 1; }
	tr -d '\r' <screen | awk -v n="$before" '/^(# )?\[[0-9]+\] new-user\$ /{ seen++ } seen == n' | tail -n +2 >seen
	status=$(tr -d '\r' <screen | tail -n 1 | sed 's/^.*\[\([0-9]*\)\] new-user\$ $/\1/')
	cat seen
}

# sees TEXT: the screen says so since the last command.
sees() {
	grep -qF -e "$1" seen || { echo "the screen does not say: $1"; return 1; }
}

ended() {
	[ "$status" -eq "$1" ] || { echo "it ended with $status, not with $1"; return 1; }
}

# looks_until TEXT COMMAND: the command again and again, as one does, until the screen says that.
looks_until() {
	local deadline=$((SECONDS + 60))

	until type_in "$2" >/dev/null && grep -qF -e "$1" seen; do
		[ "$SECONDS" -lt "$deadline" ] || { cat seen; echo "'$2' never says: $1"; return 1; }
		sleep 0.3
	done
}

# ---- the pages --------------------------------------------------------------------------------------------------------

# page NAME.SECTION: as one reads it, from what was installed, without its margin.
page() {
	mandoc -T utf8 -O width=150 "$BATS_FILE_TMPDIR/root/usr/local/share/man/man${1##*.}/$1" | col -bx | sed 's/^     //'
}

# between FIRST LAST: the lines of the input between these, without them.
between() {
	sed -n "/$1/,/$2/{//d;p}"
}

# says PAGE LINE: it stands there as a line of its own.
says() {
	page "$1" | grep -qxF -e "$2" || fail "$1 does not say '$2'"
}

@test "the first of the README's two commands: a demonstration, which leaves nothing" {
	grep -qxF '    ./bootstrap.sh demo' "$clone/README.md"
	mkdir tmp
	sit_down
	type_in "cd $clone && export TMPDIR=$PWD/tmp"
	type_in './bootstrap.sh'
	ended 64
	sees 'usage: ./bootstrap.sh demo'
	type_in './bootstrap.sh demo'
	ended 0
	sees '== building'
	sees 'starting two upstream servers and one downstream'
	sees 'dm-sync of instance-1 is killed; the driver starts its pipeline again'
	sees 'downstream equals the merged upstreams'
	[ "$(grep -c ' equal$' seen)" -eq 9 ]
	[ -z "$(ls -A tmp)" ] || fail "left: $(ls -A tmp)"
	! pgrep -f "$PWD/tmp/" || fail "processes are left"
}

# What nobody can know beforehand: where the servers are. The pages say 127.0.0.1, 3306 and 4000.
write_files() {
	page dm-task.5 | between '^Two servers with sharded sales' '^One of the sources' | sed "s/port: 4000/port: $(port down)/" >task.yaml
	for n in 1 2; do
		page dm-task.5 | between '^One of the sources' '^SEE ALSO' | sed "s/instance-1/instance-$n/; s/port: 3306/port: $(port up$n)/" >source$n.yaml
	done
}

# The rows of all shards of both servers are those of the merged table.
assert_all_there() {
	assert_merged down store.sale up1 store_01.sale_01 up1 store_01.sale_02 up1 store_02.sale_01 up1 store_02.sale_02 \
		up2 store_01.sale_01 up2 store_01.sale_02 up2 store_02.sale_01 up2 store_02.sale_02
}

@test "installed, and then by hand from the man pages: merged shards, a pause, a statement that fails, its repair, a crash" {
	for n in 1 2; do
		sql up$n <"$clone/examples/shard-merge/upstream-$n.sql"
		sql up$n 'DROP DATABASE user'	# the page's task says nothing of its numbers, which collide
	done
	unset DM_HOME
	export HOME=$PWD DM_HOME=$PWD/state	# as root it would be the machine's
	sit_down

	# The README: installed, into a folder that stands for the machine's root.
	grep -qxF '    make && make install PREFIX=/usr/local' "$clone/README.md"
	type_in "cd $clone"
	type_in "export DESTDIR=$BATS_FILE_TMPDIR/root"
	type_in 'make && make install PREFIX=/usr/local'
	ended 0
	type_in "cd $PWD && export PATH=$BATS_FILE_TMPDIR/root/usr/local/bin:\$PATH"
	type_in 'command -v dm'
	sees "$BATS_FILE_TMPDIR/root/usr/local/bin/dm"

	# What one types before one has read anything.
	type_in dm
	ended 64
	sees "dm: a command is missing; try 'dm --help'"
	type_in 'dm help'
	ended 0
	sees 'check, then start in the background'
	write_files
	type_in 'dm start-task task.yaml'
	ended 78
	sees "no source file says 'source-id: instance-1'"
	sees "keep it with 'dm operate-source create'"

	# dm(7): a first migration.
	says dm.7 'dm operate-source create source1.yaml source2.yaml'
	type_in 'dm operate-source create source1.yaml source2.yaml'
	ended 0
	sees '"source": "instance-2"'
	type_in 'dm operate-source create source1.yaml'
	ended 78
	sees "source instance-1 is there already; 'dm operate-source update' changes it"
	says dm.7 'dm check-task task.yaml'
	type_in 'dm check-task task.yaml'
	ended 0
	sees '"passed": true'
	says dm.7 'dm start-task task.yaml'
	type_in 'dm start-task task.yaml'
	ended 0
	says dm.7 'dm query-status'
	type_in 'dm query-status'
	ended 0
	sees '"taskName": "shard_merge"'
	sees '"taskStatus": "Running"'
	says dm.7 'dm query-status shard_merge'
	looks_until '"synced": true' 'dm query-status shard_merge'
	sees '"unit": "Sync"'
	assert_all_there

	# A pause.
	says dm.1 'dm pause-task shard_merge'
	type_in 'dm pause-task shard_merge'
	ended 0
	type_in 'dm query-status'
	sees '"taskStatus": "Paused"'
	sql up1 "INSERT INTO store_01.sale_01 VALUES (11111, 5, 'while it was paused')"
	says dm.1 'dm resume-task shard_merge'
	type_in 'dm resume-task shard_merge'
	ended 0
	wait_until 60 '[ "$(sql down "SELECT COUNT(*) FROM store.sale WHERE sid = 11111")" = 1 ]'
	type_in 'dm resume-task shard_merge'
	ended 69
	sees 'its stage is Running, not Paused'

	# A key that one shard can have and all together cannot: the screen says where, why, and what to do.
	sql up1 "ALTER TABLE store_01.sale_02 ADD UNIQUE KEY one_of_each (pid)"
	sql up2 "INSERT INTO store_01.sale_01 VALUES (21111, 5, 'the other server goes on')"
	sql up1 "INSERT INTO store_01.sale_02 VALUES (11112, 6, 'behind the statement')"
	looks_until 'Error - Some error occurred in subtask. Please run `query-status shard_merge` to get more details.' 'dm query-status'
	type_in 'dm query-status shard_merge'
	sees '"ErrCode": 36510'
	sees 'ADD UNIQUE KEY one_of_each (pid)'
	sees "Duplicate entry"
	sees "or none with 'dm binlog skip' where what it means was done by hand or is not wanted"
	sees '"stage": "Running"'	# of instance-2
	page dm-errors.7 | grep -q '^ *36510' || fail "dm-errors(7) does not have 36510"
	page dm.1 | grep -q 'binlog skip | replace | inject | revert TASK'
	type_in 'dm binlog skip shard_merge'
	ended 0
	sees '"result": true'
	sees 'source instance-2 has no error'
	wait_until 60 '[ "$(sql down "SELECT COUNT(*) FROM store.sale WHERE sid IN (11112, 21111)")" = 2 ]'
	type_in 'dm query-status'
	sees '"taskStatus": "Running"'

	# A crash: everything that runs is killed at once.
	pgrep -f "$DM_HOME/tasks" >victims
	[ "$(wc -l <victims)" -ge 12 ] || fail "$(wc -l <victims) processes for two sources"
	xargs kill -KILL <victims
	sql up1 "UPDATE store_02.sale_01 SET comment = 'after the crash'; INSERT INTO store_02.sale_02 VALUES (11113, 7, 'and a new one')"
	sql up2 "UPDATE store_02.sale_02 SET comment = 'after the crash'"
	type_in 'dm query-status shard_merge'
	ended 0
	sees '"stage": "Paused"'
	sees 'the processes of this source are gone'
	sees '"Workaround": "dm resume-task"'
	type_in 'dm resume-task shard_merge'
	ended 0
	looks_until '"synced": true' 'dm query-status shard_merge'
	wait_until 60 '[ "$(sql down "SELECT COUNT(*) FROM store.sale WHERE comment = \"after the crash\" OR sid = 11113")" = 5 ]'
	assert_all_there

	# The end.
	type_in 'dm operate-source stop instance-1'
	ended 69
	sees 'task shard_merge uses source instance-1: stop it first'
	type_in 'dm stop-task shard_merge'
	ended 0
	type_in 'dm query-status'
	sees '"tasks": []'
	type_in 'dm operate-source stop source1.yaml source2.yaml'
	ended 0
	! pgrep -f "$DM_HOME/tasks" || fail "processes are left"
}
