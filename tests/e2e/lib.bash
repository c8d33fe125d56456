# lib.bash - what the tests with real servers share.
#
#	setup_file() { load lib; start_servers up=mariadb down=mysql; }
#	teardown_file() { load lib; stop_servers; }
#	setup() { load lib; e2e_setup; }
#	@test "a row arrives" {
#		sql up "CREATE DATABASE a; ..."
#		source_file up instance-1
#		task_file t <<-END
#			task-mode: all
#			$(target down)
#			mysql-instances: [{source-id: instance-1}]
#		END
#		run_load t instance-1
#		run_sync t instance-1 --until caught-up
#		assert_same_table up down a.b
#	}
#
# Servers live as long as the file; each test has an empty folder, and is to use schemas and a task name of its own.
# shellcheck shell=bash disable=SC2034 # variables are read by the tests

load ../cli/lib

servers="$BATS_TEST_DIRNAME/../servers"

# start_servers NAME=KIND ...: all at once. Where MySQL cannot be had, e2e_setup skips the tests of the file.
start_servers() {
	local word name rc worst=0
	local -A pids=()

	for word; do
		start_server "${word%%=*}" "${word#*=}" &
		pids[${word%%=*}]=$!
	done
	for name in "${!pids[@]}"; do
		rc=0
		wait "${pids[$name]}" || rc=$?
		[ "$rc" -eq 0 ] || [ "$rc" -eq 77 ] || worst=1
	done
	return $worst	# not earlier: one that still starts would be left
}

# start_server NAME KIND [OPTION ...]
start_server() {
	start_server_by '' "$@"
}

# start_server_by COMMAND NAME KIND [OPTION ...]: by this command, "ip netns exec NAME".
start_server_by() {
	local by=$1 name=$2 kind=$3 rc=0

	shift 3
	# shellcheck disable=SC2086 # words, or none
	$by "$servers/server" start "$kind" "$BATS_FILE_TMPDIR/$name" "$@" 2>"$BATS_FILE_TMPDIR/$name.err" || rc=$?
	cat "$BATS_FILE_TMPDIR/$name.err" >&2
	[ "$rc" -ne 77 ] || cp "$BATS_FILE_TMPDIR/$name.err" "$BATS_FILE_TMPDIR/missing"
	return $rc
}

stop_servers() {
	local dir stops=()

	for dir in "$BATS_FILE_TMPDIR"/*/; do
		[ -e "${dir}kind" ] || continue
		"$servers/server" stop "$dir" &
		stops+=($!)
	done
	wait "${stops[@]}"
}

restart_server() {
	local name=$1

	shift
	"$servers/server" restart "$BATS_FILE_TMPDIR/$name" "$@"
}

stop_server() {
	"$servers/server" stop "$BATS_FILE_TMPDIR/$1"
}

kill_server() {
	"$servers/server" kill "$BATS_FILE_TMPDIR/$1"
}

e2e_setup() {
	[ ! -e "$BATS_FILE_TMPDIR/missing" ] || skip "$(cat "$BATS_FILE_TMPDIR/missing")"
	cli_setup
}

port() {
	cat "$BATS_FILE_TMPDIR/$1/port"
}

socket() {
	echo "$BATS_FILE_TMPDIR/$1/socket"
}

# sql NAME [STATEMENT]: as root; without a statement from standard input. Rows come as tab-separated lines.
sql() {
	mariadb --no-defaults --default-character-set=utf8mb4 -N -B -uroot --socket="$(socket "$1")" ${2:+-e "$2"}
}

# The lines for the yaml files.
target() {
	echo "target-database: {host: \"127.0.0.1\", port: $(port "$1"), user: \"root\", password: \"\"}"
}

# source_file NAME SOURCE-ID [LINE ...]: writes SOURCE-ID.yaml, with more lines where they are given.
source_file() {
	{
		echo "source-id: \"$2\""
		echo "from: {host: \"127.0.0.1\", port: $(port "$1"), user: \"root\", password: \"\"}"
		printf '%s\n' "${@:3}"
	} >"$2.yaml"
}

# task_file NAME <LINES: writes NAME.yaml, the task's name in front.
task_file() {
	{
		echo "name: \"$1\""
		cat
	} >"$1.yaml"
}

# How the members of the last pipeline ended: statuses "0 0 0 0"; what each said is in NAME.err.
run_load() {
	local c=(-c "$1.yaml" -s "$2" -S "$2.yaml")

	dm-dump "${c[@]}" "${@:3}" 2>dm-dump.err | dm-filter "${c[@]}" 2>dm-filter.err |
		dm-route "${c[@]}" 2>dm-route.err | dm-load "${c[@]}" 2>dm-load.err
	statuses="${PIPESTATUS[*]}"
	assert_pipeline
}

run_sync() {
	local c=(-c "$1.yaml" -s "$2" -S "$2.yaml")

	dm-meta checkpoint get "${c[@]}" 2>dm-meta.err | dm-relay "${c[@]}" "${@:3}" 2>dm-relay.err |
		dm-online-ddl "${c[@]}" 2>dm-online-ddl.err |
		dm-filter "${c[@]}" 2>dm-filter.err | dm-route "${c[@]}" 2>dm-route.err | dm-sync "${c[@]}" 2>dm-sync.err
	statuses="${PIPESTATUS[*]}"
	assert_pipeline
}

assert_pipeline() {
	[[ $statuses =~ ^[0\ ]+$ ]] || {
		echo "the pipeline ended with $statuses"
		head -n 5 dm-*.err
		return 1
	}
}

# columns NAME SCHEMA.TABLE: quoted, in the order of their names.
columns() {
	sql "$1" "SELECT CONCAT('\`', REPLACE(column_name, '\`', '\`\`'), '\`') FROM information_schema.columns
		WHERE table_schema = '${2%%.*}' AND table_name = '${2#*.}' ORDER BY 1" | paste -sd, -
}

# rows NAME SCHEMA.TABLE [COLUMNS]: all rows, in the order of their bytes.
rows() {
	sql "$1" "SELECT ${3:-$(columns "$1" "$2")} FROM \`${2%%.*}\`.\`${2#*.}\`" | LC_ALL=C sort
}

# assert_same_table FROM TO SCHEMA.TABLE [SCHEMA.TABLE at TO]
assert_same_table() {
	assert_merged "$2" "${4:-$3}" "$1" "$3"
}

# assert_merged TO SCHEMA.TABLE FROM SCHEMA.TABLE [FROM SCHEMA.TABLE ...]: TO's table holds the rows of all the others.
assert_merged() {
	local to=$1 table=$2 list

	shift 2
	list=$(columns "$to" "$table")
	[ -n "$list" ] || { echo "$to has no table $table"; return 1; }
	rows "$to" "$table" "$list" >rows.got
	: >rows.want
	while [ $# -gt 0 ]; do
		rows "$1" "$2" "$list" >>rows.want
		shift 2
	done
	LC_ALL=C sort -o rows.want rows.want
	[ -s rows.want ] || echo "note: $table is empty" >&2
	cmp -s rows.want rows.got || {
		echo "$table differs at $to: $(wc -l <rows.want) rows wanted, $(wc -l <rows.got) there"
		diff rows.want rows.got | cut -c 1-300 | head -n 20
		return 1
	}
}

# ignorable FILE SIZE: adds an event that nobody heeds, of zeroes that take no room on the disk
ignorable() {
	local at

	at=$(stat -c %s "$1")
	{
		printf '\0\0\0\0\34\1\0\0\0'
		printf %b "$(printf '\\0%03o\\0%03o\\0%03o\\0%03o' $(($2 & 255)) $(($2 >> 8 & 255)) $(($2 >> 16 & 255)) $(($2 >> 24)))"
		printf '\0\0\0\0\200\0'
	} >>"$1"
	truncate -s $((at + $2)) "$1"
}
