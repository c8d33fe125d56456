# ---- sources ----------------------------------------------------------------------------------------------------------

# The source-id that an argument means: a file that holds it, or itself.
source_name() {
	case $1 in
	*.yaml|*.yml)
		list=$(dm-check --list -S "$1") || exit $?
		printf '%s\n' "$list" | sed -n 's/^source //p' ;;
	*)	echo "$1" ;;
	esac
}

# kept_path SOURCE
kept_path() {
	echo "$home/sources/$(encode "$1").yaml"
}

keep_source() {
	mark_home && mkdir -p "$home/sources" && cp "$1" "$2.tmp" && chmod 600 "$2.tmp" && mv "$2.tmp" "$2" || exit 74
}

# All are looked at before the first is kept.
create_source() {
	ids=''
	for file; do
		id=$(source_name "$file") || exit $?
		[ ! -e "$(kept_path "$id")" ] || { print_result false "source $id is there already; 'dm operate-source update' changes it"; exit 78; }
		! printf '%s\n' "$ids" | grep -qxF -e "$id" || { print_result false "source $id is in two of these files"; exit 78; }
		ids=$(add_line "$ids" "$id")
	done
	all=true
	for file; do
		id=$(source_name "$file") || exit $?
		keep_source "$file" "$(kept_path "$id")"
		read_source_facts "$id"
		ok=true message='' sub=$(relay_home "$id")
		[ "$(source_fact enable-relay)" != true ] || start_one_relay
		[ $ok = true ] || all=false
		entries=$entries${entries:+,}$(source_entry "$id" $ok "$message")
	done
	[ $all = true ] || { print_result false '' "$entries"; exit 69; }
}

# Who works in this folder, for people.
using() {
	case $1 in
	"$home"/relays/*) echo "the relay log" ;;
	*)	echo "task $(cat "$1/../name")" ;;
	esac
}

# What runs has read the old file, and its tools would be of two minds.
update_source() {
	for file; do
		id=$(source_name "$file") || exit $?
		[ -e "$(kept_path "$id")" ] || { print_result false "source $id is not there; 'dm operate-source create' keeps it"; exit 78; }
		for sub in "$home"/tasks/*/"$(encode "$id")" "$(relay_home "$id")"; do
			! alive "$sub/pid" || { print_result false "$(using "$sub") uses source $id: pause it first"; exit 69; }
		done
	done
	for file; do
		id=$(source_name "$file") || exit $?
		keep_source "$file" "$(kept_path "$id")"
		entries=$entries${entries:+,}$(source_entry "$id" true '')
	done
}

forget_source() {
	for word; do
		id=$(source_name "$word") || exit $?
		kept=$(kept_path "$id")
		[ -e "$kept" ] || { print_result false "source $id is not there"; exit 78; }
		! relay_is_on "$id" || { print_result false "its log is kept: give 'dm stop-relay -s $id' first"; exit 69; }
		for sub in "$home"/tasks/*/"$(encode "$id")"; do
			[ ! -e "$sub/source" ] || { print_result false "task $(cat "$sub/../name") uses source $id: stop it first"; exit 69; }
		done
		rm -f "$kept"
		entries=$entries${entries:+,}$(source_entry "$id" true '')
	done
}

show_sources() {
	for kept in "$home"/sources/*.yaml; do
		[ -e "$kept" ] || continue
		id=$(source_name "$kept")
		[ -z "$only" ] || printf '%s\n' "$only" | grep -qxF -e "$id" || continue
		entries=$entries${entries:+,}$(source_entry "$id" true '')
	done
}

sample_source() {
	cat <<'END'
source-id: "mysql-01"
enable-gtid: false
enable-relay: false
# relay-dir: "/var/lib/dm-relay/mysql-01"
from:
  host: "127.0.0.1"
  port: 3306
  user: "dm"
  password: ""		# what 'dm encrypt' prints
# purge: {interval: 3600, expires: 0, remain-space: 15}
# checker: {check-enable: true, backoff-rollback: 5m, backoff-max: 5m}
END
}

operate_source() {
	[ -z "$sample" ] || { sample_source; return; }
	what=${1:-} entries=''
	[ $# -eq 0 ] || shift
	case $what:$# in
	show:0)	show_sources ;;
	create:[1-9]*) create_source "$@" ;;
	update:[1-9]*) update_source "$@" ;;
	stop:[1-9]*) forget_source "$@" ;;
	*)	bad_usage "operate-source wants create FILE ..., update FILE ..., stop FILE|ID ... or show" ;;
	esac
	print_result true '' "$entries"
}
