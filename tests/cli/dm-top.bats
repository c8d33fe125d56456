#!/usr/bin/env bats
# The live screen: from state files that are written here as the driver and the tools write them, whole and damaged.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # conditions of wait_until are evaluated there; each test is a process

setup() {
	load lib
	cli_setup
	unset NO_COLOR COLORTERM
	export SHELL=/bin/bash		# script runs its command with it
	tasks=home/tasks
}

teardown() {
	# What a test that failed has left running: its pid is in a file.
	[ ! -s pid ] || kill -KILL "$(cat pid)" 2>/dev/null || :
}

# source_is TASK SOURCE STAGE UNIT: as the driver keeps it. Sets dir.
source_is() {
	dir="$tasks"/$1/$2
	mkdir -p "$dir"
	echo "$1" >"$tasks/$1/name"
	: >"$tasks/$1/task.yaml"
	echo "$2" >"$dir/source"
	echo "$3 $4" >"$dir/stage"
}

# This process stands in for the supervisor.
is_supervised() {
	echo "$$ $(awk '{ sub(/^.*\) /, ""); print $20 }' "/proc/$$/stat") $(cat /proc/sys/kernel/random/boot_id)" >"$dir/pid"
}

# status_file NAME UNIT FIELDS: replaces it whole, as lib/status does.
status_file() {
	printf '{"unit":"%s","stage":"Running","pid":7,"result":null,"fields":{%s}}\n' "$2" "$3" >"$dir/$1.tmp"
	mv "$dir/$1.tmp" "$dir/$1"
}

loads() {
	source_is "$1" "$2" Running Load
	is_supervised
	status_file dump.json Dump '"totalTables":"9","completedTables":4,"finishedBytes":40000000,"finishedRows":400000,"estimateTotalRows":1000000,"bps":"18900000","progress":"40.00 %"'
	status_file load.json Load '"totalTables":"9","completedTables":"3","finishedRows":"300000","finishedBytes":"30000000","totalBytes":"100000000","progress":"30.00 %","bps":"10000000"'
}

# syncs TASK SOURCE [MORE-FIELDS]
syncs() {
	source_is "$1" "$2" Running Sync
	is_supervised
	status_file relay.json Relay '"masterBinlog":"(mysql-bin.000003, 900)","relayBinlog":"(mysql-bin.000003, 800)"'
	status_file sync.json Sync '"totalRows":"123456","recentRps":"12345","secondsBehindMaster":"134","synced":false,"syncerBinlog":"(mysql-bin.000003, 700)","blockingDDLs":[],"unresolvedGroups":[]'"${3:-}"
}

fails() {
	source_is "$1" "$2" Paused Sync
	cat >"$dir/result.json" <<-'END'
		{"isCanceled":false,"errors":[{"ErrCode":36069,"ErrClass":"sync-unit","ErrScope":"upstream","ErrLevel":"high","Message":"dm-sync: a row is not there","RawCause":"","Workaround":"find out why the two ends differ"}],"detail":null}
	END
}

# screen COLUMNS LINES COMMAND: runs it at a terminal of that size; what it sent is in sent, its last frame as text in shown.
screen() {
	TERM=${TERM_IS-xterm} timeout 60 script -qefc "stty cols $1 rows $2; $3" typescript </dev/null >sent || fail "status $?"
	frames
}

# The last frame in sent, without what moves the cursor and clears.
frames() {
	tr -d '\r' <sent | awk -v RS='\033\\[H' 'END { sub(/\033\[\?7h.*/, ""); printf "%s", $0 }' |
		sed -e 's/\x1b\[K//g; s/\x1b\[J//g; s/\x1b\[[0-9]*;1H//g' >shown
}

assert_shown() {
	grep -qF -e "$1" shown || { cat -v shown; fail "not on the screen: $1"; }
}

columns_at_most() {
	[ "$(wc -L <shown)" -le "$1" ] || { cat shown; fail "a line is longer than $1 columns"; }
}

@test "dm-top: a line for each source where there is no terminal" {
	loads shard mysql-01
	syncs shard mysql-02
	fails other mysql-03
	run_tool dm-top -n 1
	assert_status 0
	assert_no_err
	[ "${#lines[@]}" -eq 3 ]
	[[ ${lines[0]} == time=????-??-??T??:??:??Z' task=other source=mysql-03 stage=Paused unit=Sync error="36069 (sync-unit, upstream): dm-sync: a row is not there" way_out="find out why the two ends differ"' ]] || fail "the line of a failure"
	[[ ${lines[1]} == *'task=shard source=mysql-01 stage=Running unit=Load percent=30.00 left_s=7 tables=3 all_tables=9 bytes_per_s=10000000' ]] || fail "the line of a load"
	[[ ${lines[2]} == *'task=shard source=mysql-02 stage=Running unit=Sync lag_s=134 synced=no rows_per_s=12345 place=mysql-bin.000003:700' ]] || fail "the line of sync"
}

@test "dm-top: what a dump says is shown until the load has a word" {
	loads t one
	rm "$dir/load.json"
	run_tool dm-top -n 1
	assert_out 'percent=40.00 left_s=3 tables=4 all_tables=9 bytes_per_s=18900000'
}

@test "dm-top: dm passes all on to it, and a task file stands for its name" {
	syncs t one
	syncs t two
	syncs u one
	printf 'name: t\ntask-mode: all\ntarget-database: {host: h, port: 1, user: u}\nmysql-instances: [{source-id: one}, {source-id: two}]\n' >t.yaml
	run_tool dm top -n 1 -s two t.yaml
	assert_status 0
	[ "${#lines[@]}" -eq 1 ]
	assert_out 'task=t source=two'
	run_tool dm top -n 1 u t
	[ "$(cut -d' ' -f2,3 out | tr '\n' ' ')" = 'task=t source=one task=t source=two task=u source=one ' ]
}

@test "dm-top: names that are not there are told" {
	run_tool dm-top -n 1
	assert_status 0
	assert_err "no task is there"
	syncs t one
	run_tool dm-top -n 1 nosuch
	assert_status 78
	assert_err "task 'nosuch' is not there"
	run_tool dm-top -n 1 -s nosuch
	assert_status 78
	assert_err "source 'nosuch'"
	for bad in '-n 0' '-n x' '-d 0' '-d 3601' '-d 1.5'; do
		# shellcheck disable=SC2086 # two words
		run_tool dm-top $bad
		assert_status 64
	done
}

@test "dm-top: a reader that went away, and a full disk" {
	syncs t one
	dm-top -d 1 2>err | head -n 1 >out
	[ "${PIPESTATUS[0]}" -eq 75 ] || fail "status ${PIPESTATUS[0]}, wanted 75"
	! grep -q ' error ' err || fail "it should be said at notice level only"
	status=0
	dm-top -n 1 >/dev/full 2>err || status=$?
	assert_status 74
}

@test "dm-top: each stage, as it is and not only as it was written" {
	source_is t 1-new New InvalidUnit
	rm "$dir/stage"
	syncs t 2-running
	source_is t 3-paused Paused Sync
	echo '{"isCanceled":true,"errors":[],"detail":null}' >"$dir/result.json"
	fails t 4-retrying
	is_supervised
	source_is t 5-gone Running Sync
	source_is t 6-reused Running Sync	# the number is somebody else's now
	is_supervised
	read -r pid start boot <"$dir/pid"
	echo "$pid $((start + 1)) $boot" >"$dir/pid"
	source_is t 7-boot Running Sync		# as it was before the machine started anew
	is_supervised
	read -r pid start boot <"$dir/pid"
	echo "$pid $start x$boot" >"$dir/pid"
	source_is t 8-stopped Stopped Sync
	source_is t 9-finished Finished Load
	source_is t a-strange Dancing Ballet
	run_tool dm-top -n 1
	assert_status 0
	[ "$(grep -oE 'stage=[A-Za-z]+' out | tr '\n' ' ')" = "stage=New stage=Running stage=Paused stage=Retrying stage=Gone stage=Gone stage=Gone stage=Stopped stage=Finished stage=unknown " ] ||
		fail "stages"
	grep 'source=5-gone' out | grep -qF 'error="the processes of this source are gone" way_out="dm resume-task t"' || fail "what is gone"
	! grep 'source=3-paused' out | grep error= || fail "a pause by hand is no error"
}

@test "dm-top: what merged tables wait for" {
	syncs p one ',"unresolvedGroups":[{"target":"`d`.`t`","DDLs":["ALTER TABLE t ADD c INT"],"firstLocation":"x:4","synced":["`a`.`t1`"],"unsynced":["`a`.`t2`","`a`.`t3`","`a`.`t4`","`a`.`t5`","`a`.`t6`"]},{"target":"`d`.`u`","DDLs":["DROP TABLE u"],"synced":[],"unsynced":[]}],"unresolvedDDLLockID":"p-`d`.`t`"'
	syncs q one ',"blockingDDLs":["ALTER TABLE t ADD c INT"],"blockDDLOwner":"one-`a`.`t2`","conflictMsg":"c is INT here and TEXT there","unresolvedDDLLockID":"q-`d`.`t`"'
	run_tool dm-top -n 1 p
	assert_out 'lock="`d`.`t` waits for `a`.`t2`, `a`.`t3`, `a`.`t4` and 2 more at: ALTER TABLE t ADD c INT"'
	assert_out 'lock="`d`.`u` waits for other sources at: DROP TABLE u" way_out="dm show-ddl-locks p"'
	run_tool dm-top -n 1 q
	assert_out 'lock="q-`d`.`t` one-`a`.`t2` waits at: ALTER TABLE t ADD c INT (c is INT here and TEXT there)" way_out="dm show-ddl-locks q"'
}

@test "dm-top: a status file that is torn anywhere is told, and the rest is shown" {
	local size n

	loads t load
	syncs t sync ',"unresolvedGroups":[{"target":"`d`.`t`","DDLs":["x"],"synced":[],"unsynced":["`a`.`t2`"]}],"unresolvedDDLLockID":"\u00e9-`d`.`t`"'
	cp "$dir/sync.json" whole
	size=$(wc -c <whole)
	for ((n = 0; n < size - 1; n++)); do	# without the line end it is whole
		[ $n -gt 60 ] && [ $n -lt $((size - 60)) ] && [ $((n % 9)) -ne 0 ] && continue
		head -c $n whole >"$dir/sync.json"
		run_tool dm-top -n 1
		[ "$status" -eq 0 ] || fail "torn at $n: status $status"
		[ "${#lines[@]}" -eq 2 ] || fail "torn at $n: not two lines"
		grep -q 'source=sync .* error="sync.json is not valid at byte' out || fail "torn at $n: it is not told"
	done
	cp whole "$dir/sync.json"
	echo '{"isCanceled":false,"errors":[{"ErrCo' >"$dir/result.json"
	head -c 100 /dev/urandom >"$tasks"/t/load/load.json
	head -c 100 /dev/zero >"$tasks"/t/load/dump.json
	run_tool dm-top -n 1
	assert_status 0
	assert_out 'error="result.json is not valid at byte'
	assert_out 'error="load.json is not valid at byte'
	assert_out 'error="dump.json is not valid at byte'
}

@test "dm-top: files that are missing, empty, folders or pipes" {
	mkdir -p "$tasks"/empty "$tasks"/t/none "$tasks"/.hidden
	: >"$tasks"/file
	: >"$tasks"/t/task.yaml		# and no name: the folder's stands for it
	mkdir -p "$tasks"/t/one/source	# no source
	source_is u one Running Sync
	rm "$tasks"/u/name
	is_supervised
	mkdir "$dir/sync.json"
	mkfifo "$dir/relay.json" "$dir/result.json"
	source_is u two Running Load
	is_supervised
	: >"$dir/load.json"
	: >"$dir/stage"
	run_tool timeout 10 dm-top -n 1
	assert_status 0
	[ "${#lines[@]}" -eq 2 ]
	assert_out 'task=u source=one stage=Running unit=Sync synced=no'
	assert_out 'task=u source=two stage=New unit=-'
}

@test "dm-top: numbers that are none, below nothing, or beyond all" {
	local n

	export NO_COLOR=1
	for n in -1 1.5 '""' null true '[1]' '{"a":1}' '"x"' '"-1"' 18446744073709551615 18446744073709551616 '"99999999999999999999999999"' 1e999; do
		source_is t load Running Load
		is_supervised
		status_file load.json Load "\"totalTables\":$n,\"completedTables\":$n,\"finishedRows\":$n,\"finishedBytes\":$n,\"totalBytes\":$n,\"progress\":$n,\"bps\":$n"
		source_is t sync Running Sync
		is_supervised
		status_file sync.json Sync "\"totalRows\":$n,\"recentRps\":$n,\"secondsBehindMaster\":$n,\"synced\":$n,\"syncerBinlog\":$n,\"blockingDDLs\":$n,\"unresolvedGroups\":$n,\"unresolvedDDLLockID\":$n"
		run_tool dm-top -n 1
		assert_status 0
		[ "${#lines[@]}" -eq 2 ] || fail "$n: not two lines"
		! grep -qE 'bytes_per_s|rows_per_s|lag_s|percent|left_s' out || fail "$n: it is shown as a number"
		screen 80 24 'dm-top -n 1'
		columns_at_most 80
	done
	status_file sync.json Sync '"totalRows":"18446744073709551614","recentRps":"18446744073709551614","secondsBehindMaster":"18446744073709551614"'
	source_is t load Running Load
	for n in '1e308 %' '-5 %' 'nan %' 'inf %' '0x1p9 %' '%' "$(head -c 100 /dev/zero | tr '\0' 9) %"; do
		status_file load.json Load "\"finishedBytes\":\"1\",\"totalBytes\":\"18446744073709551614\",\"progress\":\"$n\",\"bps\":\"18446744073709551614\""
		screen 200 24 'dm-top -n 1'
		columns_at_most 200
		! grep -iE 'nan|inf' shown || fail "$n"
		assert_shown '18.4 EB/s'
	done
	assert_shown 'lag years'
}

@test "dm-top: what names and messages hold cannot reach the terminal" {
	local bad=$'a\e[2Jb\x07\x7f\xff\xc2\x9b31m\u202e\u200bc"\\ d'

	source_is x one Running Sync
	printf '%s\n' "$bad" >"$tasks"/x/name
	is_supervised
	status_file sync.json Sync '"secondsBehindMaster":"1","syncerBinlog":"(a\u001b[31mb, 4)","blockingDDLs":["x\u001b]0;title\u0007y\nz"]'
	run_tool dm-top -n 1
	assert_status 0
	[ "${#lines[@]}" -eq 1 ]
	assert_out 'task="a?[2Jb????31m??c\"\\ d"'
	assert_out 'place="a?[31mb:4"'
	assert_out 'x?]0;title?y?z'
	NO_COLOR=1 screen 80 24 'dm-top -n 1'
	! LC_ALL=C grep -q $'[\x01-\x09\x0b-\x1f\x7f]' shown || fail "control characters on the screen"
	assert_shown 'x?]0;title?y?z'
	columns_at_most 80
}

@test "dm-top: a screen has columns that fit, whatever its width" {
	local columns

	loads shard_merge mysql-01
	syncs shard_merge mysql-02 ',"blockingDDLs":["ALTER TABLE a_long_name_of_a_table ADD COLUMN c INT, ADD COLUMN d INT, ADD COLUMN e INT"]'
	fails shard_merge 文件-一个很长很长很长的名字
	source_is shard_merge 4 New InvalidUnit
	export NO_COLOR=1
	for columns in 1 2 5 9 10 17 20 33 40 50 60 70 79 80 81 100 120 132 200 500; do
		screen "$columns" 50 'dm-top -n 1'
		columns_at_most "$columns"
		[ $columns -lt 20 ] || assert_shown 'TASK  '
		[ $columns -lt 40 ] || assert_shown '30.0 %'
		[ $columns -lt 60 ] || assert_shown '10.0 MB/s'
		[ $columns -lt 60 ] || assert_shown '12.3k rows/s'
		[ $columns -lt 80 ] || assert_shown HISTORY
		[ $columns -lt 200 ] || assert_shown 'mysql-bin.000003:700'
		[ $columns -lt 200 ] || assert_shown '3 of 9 tables'
		! grep -q ' $' shown || fail "$columns: space at the end of a line"
	done
	# What stands under a title begins where the title does, or ends where it ends.
	screen 140 24 'dm-top -n 1'
	sed 's/[^ -~]/x/g' shown >ascii		# some awks count bytes
	awk '/^TASK/ { source = index($0, "SOURCE"); stage = index($0, "STAGE"); bytes = index($0, "BYTES") + 5 }
		/mysql-01/ { exit !(index($0, "mysql-01") == source && index($0, "Running") == stage && index($0, "MB/s") + 4 == bytes) }' ascii ||
		{ cat shown; fail "columns are not aligned"; }
}

@test "dm-top: UTF-8 or ASCII by the locale, colour where it may be" {
	loads t one
	screen 100 24 'dm-top -n 1'
	assert_shown $'\e[36m'
	assert_shown █
	NO_COLOR=1 screen 100 24 'dm-top -n 1'
	! grep -q $'\e' shown || fail "colour in spite of NO_COLOR"
	NO_COLOR='' TERM_IS=vt100 screen 100 24 'dm-top -n 1'
	! grep -q $'\e' shown || fail "colour at a terminal that has none"
	LC_ALL=C screen 100 24 'NO_COLOR=1 dm-top -n 1'
	assert_shown '####--------'
	! LC_ALL=C grep -q $'[^ -~]' shown || fail "not ASCII"
	for TERM_IS in dumb ''; do
		screen 100 24 'dm-top -n 1'
		grep -q '^time=.* task=t ' sent || fail "TERM '$TERM_IS' has no screen"
	done
}

@test "dm-top: rates and their history come from how the numbers grow" {
	local job rows=123456 now i

	# Rows and times of the file are chosen here.
	now=$(date +%s)
	syncs t one
	touch -d "@$now" "$dir/sync.json"
	NO_COLOR=1 TERM=xterm script -qefc 'stty cols 100 rows 24; echo $$ >pid; exec dm-top -d 1' typescript <>/dev/null >sent 3>&- &
	job=$!
	wait_until 30 'frames; grep -q "12.3k rows/s" shown'
	for i in 1 2 3 4 5; do
		rows=$((rows + 50000 * i))
		status_file one.new Sync "\"totalRows\":\"$rows\",\"recentRps\":\"1\",\"secondsBehindMaster\":\"0\",\"synced\":true"
		touch -d "@$((now + i))" "$dir/one.new"
		mv "$dir/one.new" "$dir/sync.json"
		wait_until 30 "frames; grep -qE '$((50 * i))(\\.0)?k rows/s' shown"
	done
	assert_shown 'lag 0 s, synced'
	grep -qE '▂▄▅▇█+$' shown || { cat shown; fail "no history"; }
	kill -TERM "$(cat pid)"
	wait $job || fail "status $?"
}

# at_terminal [ARGUMENT ...]: dm-top at a terminal of 80 by 24 in the background; its keys come from a fifo at descriptor 7.
at_terminal() {
	rm -f keys pid sent ended
	mkfifo keys
	TERM=xterm NO_COLOR=1 script -qefc "stty cols 80 rows 24; tty >tty; stty -g >before; (echo \$BASHPID >pid; exec dm-top $*); echo \$? >ended; stty -g >after" \
		typescript <keys >sent 2>/dev/null 3>&- &
	job=$!
	exec 7>keys
	wait_until 30 '[ -s pid ] && grep -q "TASK" sent'
}

# The last that was said of the screen (1049) or the cursor (25): h or l.
last_said() {
	tr -d '\r\n' <sent | grep -oa $'\e\\[?'"$1"'[hl]' | tail -n 1 | tail -c 2 | head -c 1
}

# It has ended with this status, and the terminal is as it was.
assert_given_back() {
	wait $job || :
	exec 7>&-
	[ "$(cat ended)" -eq "$1" ] || fail "status $(cat ended), wanted $1"
	cmp before after || fail "the modes of the terminal are not what they were"
	[ "$(last_said 1049)" = l ] || fail "the screen is not given back"
	[ "$(last_said 25)" = h ] || fail "the cursor is not given back"
}

@test "dm-top: q ends it, and the terminal is as it was" {
	syncs t one
	at_terminal
	printf q >&7
	assert_given_back 0
}

@test "dm-top: any signal gives the terminal back" {
	local name

	syncs t one
	for name in TERM:0 INT:0 HUP:129 QUIT:131 SEGV:139 ABRT:134; do
		at_terminal
		kill -"${name%:*}" "$(cat pid)"
		assert_given_back "${name#*:}"
	done
}

@test "dm-top: stopped, it gives the terminal back, and takes it again when it goes on" {
	syncs t one
	at_terminal
	kill -TSTP "$(cat pid)"
	wait_until 30 'grep -q "^State:.*T" "/proc/$(cat pid)/status"'
	wait_until 30 '[ "$(last_said 1049)" = l ]'
	frames_before=$(grep -c TASK sent)
	kill -CONT "$(cat pid)"
	wait_until 30 '[ "$(last_said 1049)" = h ]'
	wait_until 30 '[ "$(grep -c TASK sent)" -gt "$frames_before" ]'
	printf q >&7
	assert_given_back 0
}

@test "dm-top: another size of the terminal is taken on at once; keys scroll" {
	local i

	for i in $(seq 10 50); do
		syncs t "source-$i"
	done
	at_terminal -d 3600
	wait_until 30 'frames; grep -q "more lines" shown'
	assert_shown 'source-10'
	! grep -q 'source-40' shown || fail "more than the screen has"
	printf j >&7
	wait_until 30 'frames; ! grep -q source-10 shown && grep -q source-11 shown'
	printf '\033[6~' >&7
	wait_until 30 'frames; grep -q source-40 shown'
	stty -F "$(cat tty)" cols 40 rows 60
	wait_until 30 'frames; grep -q source-10 shown && grep -q source-50 shown'
	columns_at_most 40
	stty -F "$(cat tty)" cols 10 rows 1
	wait_until 30 'frames; [ "$(wc -l <shown)" -eq 0 ]'
	printf q >&7
	assert_given_back 0
}

@test "AT-53: state of an older format is read, that of a newer one is refused, by dm and dm-top" {
	local format command

	syncs t one
	for format in '' 0 1; do
		[ -z "$format" ] || echo "$format" >home/format
		run_tool dm-top -n 1
		assert_status 0
		run_tool dm query-status t
		assert_status 0
		[ "$(jq -r '.sources[0].subTaskStatus[0].sync.totalRows' out)" = 123456 ] || fail "format '$format'"
	done
	for format in 2 99999999999999999999 x; do
		echo "$format" >home/format
		for command in 'dm-top -n 1' 'dm top -n 1' 'dm query-status t' 'dm resume-task t' 'dm stop-task t' 'dm operate-source show'; do
			# shellcheck disable=SC2086 # words
			run_tool $command
			assert_status 78
			assert_err "is of format '$format', and"
			assert_no_out
		done
	done
	[ -e "$dir/sync.json" ] || fail "the task is gone"
}
