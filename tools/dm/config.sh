# ---- files that are kept ----------------------------------------------------------------------------------------------

# A source or task file as get-config shows it.
show_config() {
	[ $# -eq 2 ] || bad_usage "$command wants task or source, and a name"
	case $1 in
	task)	find_task "$2"
		file=$dir/task.yaml ;;
	source)	id=$(source_name "$2") || exit $?
		file=$(kept_path "$id")
		[ -e "$file" ] || { print_config false "source $id is not there; see 'dm operate-source show'" ''; exit 78; } ;;
	master|worker|task-template)
		print_config false "there is no $1: sources and tasks are all that is configured" ''
		exit 78 ;;
	*)	bad_usage "$command wants task or source, not '$1'" ;;
	esac
	text=$(dm-secret hide "$file") || exit $?
	if [ -n "$path" ]; then
		printf '%s\n' "$text" >"$path" || exit 74
		print_config true "write config to file $path succeed" ''
	else
		print_config true '' "$text"
	fi
}

print_config() {
	printf '{"result":%s,"msg":%s,"cfg":%s}\n' "$1" "$(quote "$2")" "$(quote "$3")" | pretty
}

# Files go as they were given, with their passwords, for their owner only. What a relay log is kept of is not told, as DM does not.
export_config() {
	folder=${path:-./configs}
	mkdir -p "$folder/sources" "$folder/tasks" && chmod 700 "$folder" "$folder/sources" "$folder/tasks" || exit 74
	for kept in "$home"/sources/*.yaml; do
		[ ! -e "$kept" ] || cp "$kept" "$folder/sources/${kept##*/}" || exit 74
	done
	for kept in "$home"/tasks/*/task.yaml; do
		[ -e "$kept" ] || continue
		dir=${kept%/*}
		cp "$kept" "$folder/tasks/${dir##*/}.yaml" && chmod 600 "$folder/tasks/${dir##*/}.yaml" || exit 74
	done
	echo "export configs to directory \`$folder\` succeed"
}

# What is there already stays as it is, and is told.
import_config() {
	folder=${path:-./configs} worst=0
	[ -d "$folder" ] || die 74 "there is no folder $folder"
	echo "start creating sources"
	for file in "$folder"/sources/*.yaml; do
		[ ! -e "$file" ] || (operate_source create "$file") || worst=69
	done
	echo "start creating tasks"
	for file in "$folder"/tasks/*.yaml; do
		[ ! -e "$file" ] || (start_task "$file") || worst=69
	done
	[ $worst -eq 0 ] || die $worst "not all of $folder was imported"
	echo "import configs from directory \`$folder\` succeed"
}

config() {
	case ${1:-}:$# in
	export:1) export_config ;;
	import:1) import_config ;;
	export:*|import:*) bad_usage "config $1 takes a folder with --dir only" ;;
	*)	show_config "$@" ;;
	esac
}
