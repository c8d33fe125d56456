# shellcheck shell=sh
# lib.sh - what the examples share
#
#	. "$(dirname "$0")/../lib.sh"
#	begin several-sources up1 up2 down	# servers, unless the variables of examples/servers name some
#	load up1 upstream-1.sql			# what was there before
#	owns down user_north store		# what comes to be, and is removed in the end
#	step "the task starts"
#	show dm start-task task.yaml
#	until_synced several-sources
#	compare user_north.log up1:user.log
#	finish
#
# Everything that is done is printed: commands behind "$ ", statements behind the name of their server. Each run has a folder of
# its own, with copies of the example's files in which the addresses are right, and a DM_HOME of its own. A database that is
# there already is never touched: the example ends before it has done anything. In the end all is removed; with KEEP=yes
# it stays, and is said where. Exit status: 0; 1 where source and target differ, or a command did not do what it should; 77
# where a server of the kind that is wanted cannot be had.
set -eu
examples=$(cd "$(dirname "$0")/.." && pwd)
[ ! -x "${DM_BIN:=$examples/../build/bin}/dm" ] || PATH=$DM_BIN:$PATH
export PATH DM_DRAIN_MAX="${DM_DRAIN_MAX:-20}"
limit=${EXAMPLE_LIMIT:-90}	# seconds that something is waited for
unset DM_PASSWORD
# shellcheck source=examples/compare.sh
. "$examples/compare.sh"

# ---- servers ----------------------------------------------------------------------------------------------------------

address_of() {
	case $1 in
	up1)	echo "${UPSTREAM_1:-}" ;;
	up2)	echo "${UPSTREAM_2:-}" ;;
	up3)	echo "${UPSTREAM_3:-}" ;;
	replica) echo "${REPLICA_1:-}" ;;
	down)	echo "${DOWNSTREAM:-}" ;;
	esac
}

# What a server is called where people read.
title() {
	case $1 in
	up*)	echo "upstream ${1#up}" ;;
	down)	echo downstream ;;
	*)	echo "$1" ;;
	esac
}

# sql SERVER [STATEMENT]: without a word; rows come as tab-separated lines.
sql() {
	address=$(address_of "$1")
	MYSQL_PWD=${SERVER_PASSWORD:-} mariadb --no-defaults --default-character-set=utf8mb4 -N -B --protocol=tcp \
		-h "${address%:*}" -P "${address##*:}" -u "${SERVER_USER:-root}" ${2:+-e "$2"}
}

# at SERVER STATEMENT: with words.
at() {
	printf '%s> %s\n' "$(title "$1")" "$2"
	sql "$1" "$2" || fail "$(title "$1") refused it"
}

# owns SERVER DATABASE ...: they come to be there, and go in the end.
owns() {
	owner=$1
	shift
	for database; do
		[ -z "$(sql "$owner" "SHOW DATABASES LIKE '$database'")" ] ||
			fail "the database '$database' is at the $(title "$owner") already, and is not touched"
		owned="$owned $owner:$database"
	done
}

# later SERVER STATEMENT: what undoes, in the end, something that is in no database.
later() {
	printf '%s %s\n' "$1" "$2" >>"$tmp/later"
}

# load SERVER FILE: runs its statements; the databases that it creates are ours.
load() {
	# shellcheck disable=SC2046 # a list of words
	owns "$1" $(sed -n 's/^CREATE DATABASE \([a-z_0-9]*\).*/\1/p' "$2")
	printf '%s> source %s\n' "$(title "$1")" "$2"
	sql "$1" <"$2" || fail "$(title "$1") refused it"
}

is_mariadb() {
	case $(sql "$1" 'SELECT VERSION()') in *MariaDB*) ;; *) return 1 ;; esac
}

# FILE:OFFSET that the server writes at now.
place_of() {
	{ sql "$1" 'SHOW MASTER STATUS' 2>/dev/null || sql "$1" 'SHOW BINARY LOG STATUS'; } | awk '{ print $1 ":" $2 }'
}

# Is the server one of this run's own, which goes in the end?
is_missing() {
	case " $missing " in *" $1 "*) ;; *) return 1 ;; esac
}

# ---- the frame --------------------------------------------------------------------------------------------------------

begin() {
	example=$1
	shift
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/dm-$example.XXXXXX")
	owned='' helpers='' different='' steps=0 missing='' condition='' tasks_are_ours=''
	trap clean EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	export DM_HOME="$tmp/dm"
	for name; do
		[ -n "$(address_of "$name")" ] || missing="$missing $name"
	done
	if [ -n "$missing" ]; then
		echo "starting servers:$missing"
		export EXAMPLE_SERVERS="$tmp/servers"
		# shellcheck disable=SC2086 # a list of words
		"$examples/servers" start $missing >"$tmp/addresses" || exit $?
		# shellcheck source=/dev/null
		. "$tmp/addresses"
	fi
	mkdir "$tmp/files"
	cp "$examples/$example"/* "$tmp/files"
	"$examples/servers" files "$example" "$tmp/files"
	cd "$tmp/files"
	sed -n 's/^name: "*\([^"]*\)"*$/\1/p' task*.yaml | sort -u >"$tmp/names"
	while read -r name; do
		[ -z "$(sql down "SELECT 1 FROM information_schema.tables WHERE table_schema = 'dm_meta' AND LEFT(table_name, LENGTH('$name') + 1) = '${name}_' LIMIT 1")" ] ||
			fail "the downstream knows a task '$name' already, and it is not touched"
	done <"$tmp/names"
	tasks_are_ours=yes
}

# Takes away what this run has made at servers that go on.
clean_servers() {
	[ ! -e "$tmp/later" ] || while read -r name statement; do
		sql "$name" "$statement" </dev/null
	done <"$tmp/later"
	for word in $owned; do
		is_missing "${word%%:*}" || sql "${word%%:*}" "DROP DATABASE IF EXISTS ${word#*:}"
	done
	# Other tasks may have theirs in it.
	is_missing down || [ -n "$(sql down "SELECT 1 FROM information_schema.tables WHERE table_schema = 'dm_meta' LIMIT 1")" ] ||
		sql down 'DROP DATABASE IF EXISTS dm_meta'
}

clean() {
	status=$?
	trap '' INT TERM HUP
	set +e
	[ $status -eq 0 ] || [ ! -d "$DM_HOME/tasks" ] || { echo "what the tasks said last:"; tail -n 12 "$DM_HOME"/tasks/*/*/log; } 2>/dev/null
	: >"$tmp/files/stop" 2>/dev/null	# helpers that change rows end by it
	for helper in $helpers; do
		wait "$helper"
	done
	if [ -n "${KEEP:-}" ]; then
		echo "kept: DM_HOME=$DM_HOME, files in $tmp/files${missing:+, servers (EXAMPLE_SERVERS=$tmp/servers $examples/servers stop)}"
		exit $status
	fi
	if [ -n "$tasks_are_ours" ]; then
		for file in "$tmp"/files/task*.yaml; do
			dm stop-task "$file"
			dm-meta drop -c "$file"
		done >/dev/null 2>&1
		clean_servers
	fi
	[ -z "$missing" ] || "$examples/servers" stop
	cd / && rm -rf "$tmp"
	exit $status
}

fail() {
	echo "$example: $*" >&2
	exit 1
}

step() {
	steps=$((steps + 1))
	printf '\n== %d. %s\n' $steps "$*"
}

# The command, as one would type it.
typed() {
	line='$'
	for word; do
		case $word in
		*\'*)	line="$line \"$word\"" ;;
		*[!a-zA-Z0-9_./:=,-]*) line="$line '$word'" ;;
		*)	line="$line $word" ;;
		esac
	done
	printf '%s\n' "$line"
}

# show COMMAND ...
show() {
	typed "$@"
	"$@" || fail "'$1 ${2:-}' ended with $?"
}

# refused STATUS COMMAND ...: it must end so.
refused() {
	wanted=$1 got=0
	shift
	typed "$@"
	"$@" || got=$?
	[ $got -eq "$wanted" ] || fail "'$1 ${2:-}' ended with $got, not with $wanted"
}

# expect WHAT GOT WANTED
expect() {
	if [ "$2" = "$3" ]; then echo "$1: $3"; else fail "$1: '$2', not '$3'"; fi
}

finish() {
	echo
	[ -z "$different" ] || fail "source and target differ"
	echo "$example: source and target are equal"
}

# ---- waiting ----------------------------------------------------------------------------------------------------------

# wait_for WHAT COMMAND ...: until it is true.
wait_for() {
	what=$1 deadline=$(($(date +%s) + limit))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt $deadline ] || fail "waited $limit s, and not: $what"
		sleep 0.2
	done
}

# status_of TASK FILTER: what jq finds in query-status.
status_of() {
	dm query-status "$1" | jq -r "$2"
}

# Which of the servers is behind a source, by the file that the driver keeps of it.
server_of() {
	for name in up1 up2 up3 replica; do
		address=$(address_of "$name")
		[ -z "$address" ] || ! grep -qF "port: ${address##*:}" "$DM_HOME/sources/$1.yaml" || { echo "$name"; return; }
	done
}

# reaches FILE:OFFSET: is the place on standard input, "(FILE, OFFSET)", that or behind it?
reaches() {
	tr -d '() ' | awk -F, -v want="$1" '
		{ split(want, part, ":"); if ($1 > part[1] || $1 == part[1] && $2 + 0 >= part[2] + 0) found = 1 }
		END { exit !found }'
}

# is_at TASK SOURCE FILE:OFFSET: has it applied all up to there?
is_at() {
	status_of "$1" ".sources[] | select(.sourceStatus.source == \"$2\").subTaskStatus[0] |
		select(.stage == \"Running\" and .unit == \"Sync\").sync.syncerBinlog // \"\"" | reaches "$3"
}

# until_synced TASK: all that the upstreams have written before this is downstream.
until_synced() {
	typed dm query-status "$1"
	for source in $(status_of "$1" '.sources[].sourceStatus.source'); do
		place=$(place_of "$(server_of "$source")")
		wait_for "$source is synced at $place" is_at "$1" "$source" "$place"
	done
	# shellcheck disable=SC2016 # a variable of jq
	status_of "$1" '.sources[] | .subTaskStatus[0] as $s |
		"    \(.sourceStatus.source): stage \($s.stage), unit \($s.unit), syncerBinlog \($s.sync.syncerBinlog)"'
}

has_error() {
	[ "$(status_of "$1" "[.sources[] | select(.sourceStatus.source == \"$2\").subTaskStatus[0] | select(.stage == \"Paused\").result.errors[]?.ErrCode] |
		index($3) != null")" = true ]
}

# until_error TASK SOURCE CODE: the source has paused with this error, which is shown.
until_error() {
	typed dm query-status "$1"
	wait_for "$2 is paused by error $3" has_error "$1" "$2" "$3"
	status_of "$1" ".sources[] | select(.sourceStatus.source == \"$2\").subTaskStatus[0].result.errors[] | select(.ErrCode == $3) |
		\"    ErrCode \(.ErrCode)\n    Message \(.Message)\n    Workaround \(.Workaround)\""
}
