#!/usr/bin/env bats
# What the tools do when the system fails them: never success with less than everything, never a crash, always one error.
#
# Each test makes the first call of a kind fail, then the second, and so on, until a run needs no more of them.
# shellcheck disable=SC2154 # variables of the helpers

setup_file() {
	"${CC:-cc}" -std=c11 -D_GNU_SOURCE -O1 -shared -fPIC -o "$BATS_FILE_TMPDIR/fault.so" "$BATS_TEST_DIRNAME/fault.c" -ldl
}

setup() {
	load ../cli/lib
	cli_setup
	make_stream >stream
	log=$DM_ROOT/tests/data/binlogs/mariadb-10.11.19/mysql-bin.000003
}

# A stream of all types of lines; one of them is longer than any buffer.
make_stream() {
	local t='"schema":"a","table":"t"' p='"pos":"x.1:4"'

	cat <<-END
		{"type":"stream","version":1,"source":"s","flavor":"mariadb","pos":"x.1:4"}
		{"type":"table",$t,"charset":"utf8mb4","columns":[{"name":"id","type":"int(11)","charset":null,"nullable":false,"default":null,"generated":false},{"name":"v","type":"longtext","charset":"utf8mb4","nullable":true,"default":null,"generated":false}],"keys":[{"name":"PRIMARY","unique":true,"columns":["id"]}]}
		{"type":"insert",$t,$p,"seq":0,"rows":[[1,"a"],[2,"b"]]}
		{"type":"update",$t,$p,"seq":2,"rows":[[[1,"a"],[1,"c"]]]}
	END
	printf '{"type":"insert",%s,%s,"seq":3,"rows":[[3,"' "$t" "$p"
	head -c 700000 /dev/zero | tr '\0' x
	cat <<-END
		"]]}
		{"type":"commit","pos":"x.1:90","ts":1700000000}
		{"type":"ddl","kind":"alter table","schema":"a","tables":[["a","t"]],"pos":"x.1:90","sql":"ALTER TABLE t ADD c int"}
		{"type":"commit","pos":"x.1:120"}
		{"type":"heartbeat","pos":"x.1:120"}
		{"type":"end","reason":"complete","pos":"x.1:120"}
	END
}

# faulty CALL:HOW STATUSES TOOL [ARGUMENT ...]: makes CALL fail as HOW says at its first use, its second ... A run that was hit
# must end with one of STATUSES, and where that is 0, with all of its output.
faulty() {
	local call=${1%%:*} how=${1#*:} allowed=" $2 " n=0 rc step=1 hits=0

	shift 2
	"$@" <stream >whole 2>err || fail "it fails without any fault"
	while :; do
		n=$((n + step))
		[ $n -le 400 ] || step=37
		rm -f hit
		rc=0
		FAULT=$call:$n:$how FAULT_HIT=hit LD_PRELOAD=$BATS_FILE_TMPDIR/fault.so timeout 60 "$@" <stream >out 2>err || rc=$?
		[ -e hit ] || break
		hits=$((hits + 1))
		[[ $allowed == *" $rc "* ]] || fail "$call $n ($how): status $rc, wanted one of$allowed"
		[ $rc -ne 0 ] || cmp -s whole out || fail "$call $n ($how): status 0, and the output is not whole"
		[ $rc -eq 0 ] || cmp -s -n "$(wc -c <out)" whole out || fail "$call $n ($how): what was written is not a beginning of the whole"
		[ $rc -eq 0 ] || [ "$(wc -l <err)" -eq 1 ] || fail "$call $n ($how): not one line on standard error"
		! grep -qE 'Sanitizer|runtime error' err || fail "$call $n ($how)"
	done
	[ $rc -eq 0 ] || fail "status $rc without a fault"
	[ $hits -gt 0 ] || fail "$call is never called"
}

# The tools that read a stream and write one.
each_filter() {
	faulty "$1" "$2" dm-filter --do-db 'a*'
	faulty "$1" "$2" dm-route --route 'a.*=b'
	faulty "$1" "$2" dm-online-ddl
}

@test "a read that fails ends a filter with 74" {
	each_filter read:EIO 74
}

@test "a read that is interrupted or gives little is no failure" {
	each_filter read:EINTR 0
	each_filter read:short 0
}

@test "a full disk ends a filter with 74" {
	each_filter write:ENOSPC 74
}

@test "a disk that fails ends a filter with 74" {
	each_filter write:EIO 74
}

@test "a reader that went away ends a filter with 75" {
	each_filter write:EPIPE 75
}

@test "a write that is interrupted or takes little is no failure" {
	each_filter write:EINTR 0
	each_filter write:short 0
}

@test "no memory ends a filter with 75" {
	each_filter malloc:ENOMEM 75
}

@test "a read that fails ends dm-relay FILE with 74" {
	faulty read:EIO 74 dm-relay "$log"
}

@test "a read that is interrupted or gives little does not disturb dm-relay FILE" {
	faulty read:EINTR 0 dm-relay "$log"
	faulty read:short 0 dm-relay "$log"
}

@test "a file that cannot be opened ends dm-relay FILE with 74" {
	faulty open:EMFILE 74 dm-relay "$log"
}

@test "a full disk and a failing one end dm-relay FILE with 74, a reader that went away with 75" {
	faulty write:ENOSPC 74 dm-relay "$log"
	faulty write:EIO 74 dm-relay "$log"
	faulty write:EPIPE 75 dm-relay "$log"
	faulty write:short 0 dm-relay "$log"
}

@test "no memory ends dm-relay FILE with 75" {
	faulty malloc:ENOMEM 75 dm-relay "$log"
}

@test "a task file that cannot be read is told as such" {
	cat >task.yaml <<-'END'
		name: "t"
		task-mode: "all"
		target-database: {host: "127.0.0.1", port: 1, user: "root"}
		mysql-instances:
		- {source-id: "s", block-allow-list: "b"}
		block-allow-list: {b: {do-dbs: ["a"]}}
	END
	cp stream kept
	for fault in read:EIO read:EINTR read:short open:EACCES malloc:ENOMEM; do
		rm -f hit
		for n in 1 2 3 5 8; do
			rc=0
			FAULT=${fault%%:*}:$n:${fault#*:} FAULT_HIT=hit LD_PRELOAD=$BATS_FILE_TMPDIR/fault.so \
				timeout 60 dm-filter -c task.yaml -s s <kept >out 2>err || rc=$?
			case $rc in
			0) cmp -s kept out || fail "$fault $n: status 0, and the output is not whole" ;;
			74|75|78) [ "$(wc -l <err)" -eq 1 ] || fail "$fault $n: not one line on standard error" ;;
			*) fail "$fault $n: status $rc" ;;
			esac
		done
		[ -e hit ] || fail "$fault: never called"
	done
}

@test "no memory ends dm-top with 75, and the terminal is as it was" {
	mkdir -p home/tasks/t/one
	echo t >home/tasks/t/name
	: >home/tasks/t/task.yaml
	echo one >home/tasks/t/one/source
	cat >run.sh <<-'END'
		stty -g >before
		for n in $(seq 1 400); do
			rm -f hit
			FAULT=malloc:$n:ENOMEM FAULT_HIT=hit LD_PRELOAD=$1 dm-top -n 1
			ended=$?
			echo "run $n"
			stty -g >after
			cmp -s before after || echo "changed at $n"
			[ -e hit ] || break
			case $ended in
			75)	: >starved ;;
			0|74)	;;	# the C library does without, or says that a folder cannot be listed
			*)	echo "status $ended at $n" ;;
			esac
		done
		echo "$n" >runs
	END
	TERM=xterm SHELL=/bin/sh script -qefc "sh run.sh $BATS_FILE_TMPDIR/fault.so" typescript </dev/null >sent || fail "status $?"
	! grep -E 'changed at|status ' sent || fail "dm-top"
	[[ $(cat runs) -gt 10 && $(cat runs) -lt 400 ]] || fail "$(cat runs) runs"
	[ -e starved ] || fail "it never ended for want of memory"
	# The last that was said of the screen, before each run's end, is that it is given back.
	tr -d '\r\n' <sent | grep -oaE $'\e\\[\\?1049[hl]|run [0-9]+' >said
	grep -qa 1049h said || fail "the screen was never taken"
	! grep -a -A 1 1049h said | grep run || fail "the screen is not given back"
}
