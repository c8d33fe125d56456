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

create_source() {
	for file; do
		id=$(source_name "$file") || exit $?
		kept=$home/sources/$(encode "$id").yaml
		[ ! -e "$kept" ] || { print_result false "source $id is there already"; exit 78; }
		mkdir -p "$home/sources" && cp "$file" "$kept.tmp" && chmod 600 "$kept.tmp" && mv "$kept.tmp" "$kept" || exit 74
		entries=$entries${entries:+,}$(source_entry "$id" true '')
	done
}

forget_source() {
	for word; do
		id=$(source_name "$word") || exit $?
		kept=$home/sources/$(encode "$id").yaml
		[ -e "$kept" ] || { print_result false "source $id is not there"; exit 78; }
		for sub in "$home"/tasks/*/"$(encode "$id")"; do
			[ ! -e "$sub/source" ] || { print_result false "task $(cat "$sub/../name") uses source $id: stop it first"; exit 69; }
		done
		rm -f "$kept"
		entries=$entries${entries:+,}$(source_entry "$id" true '')
	done
}

show_sources() {
	for kept in "$home"/sources/*.yaml; do
		[ ! -e "$kept" ] || entries=$entries${entries:+,}$(source_entry "$(source_name "$kept")" true '')
	done
}

operate_source() {
	what=${1:-} entries=''
	[ $# -eq 0 ] || shift
	case $what:$# in
	show:0)	show_sources ;;
	create:[1-9]*) create_source "$@" ;;
	stop:[1-9]*) forget_source "$@" ;;
	*)	bad_usage "operate-source wants create FILE ..., stop FILE|ID ... or show" ;;
	esac
	print_result true '' "$entries"
}
