# ---- the command line -------------------------------------------------------------------------------------------------

case ${1:-} in
--member)	# RUN NAME ARGUMENT ...: records itself, then becomes the tool
	run=$2 name=$3
	shift 3
	record "$run/$name.pid" $$
	exec "$name" "$@" ;;
--supervise)
	supervise "$2" "$3" "$4" ;;
--list-commands)
	list_commands
	exit ;;
--complete)	# WORD ...
	shift
	complete_line "$@"
	exit ;;
esac

# Options of a command, one a line: short, long, the name of a value.
options_of() {
	list_commands | LC_ALL=C awk -F '\t' -v name="$1" \
		'$1 == "option" && ($2 == name || $2 == "") { print ($3 == "" ? "." : $3), $4, $5 }'
}

# find_option NAME: sets long and wants, of an option of the command, or of all.
find_option() {
	while IFS=' ' read -r short long wants; do
		[ "$1" != "$short" ] && [ "$1" != "$long" ] || return 0
	done <<-END
		$options
	END
	return 1
}

# add_line LIST VALUE
add_line() {
	printf '%s' "$1${1:+$newline}$2"
}

take_option() {
	case $long in
	--secret-key-file) use_key "$value" ;;
	--source) only=$(add_line "$only" "$value") ;;
	--until) until=$value ;;
	--start-time) start_time=$value ;;
	--remove-meta) forget_meta=yes ;;
	--dry-run) dry_run=yes ;;
	--more)	more=yes ;;
	--error) errors_shown=$value ;;
	--warn)	warnings_shown=$value ;;
	--print-sample-config) sample=yes ;;
	--binlog-pos) binlog_pos=$value ;;
	--database) database=$value ;;
	--table) table=$value ;;
	--owner) owner=$value ;;
	--action) action=$value ;;
	--force-remove) force=--force-remove ;;
	--from-source|--from-target)
		[ -z "$from" ] || [ "$from" = "$long" ] || bad_usage "$long does not go with $from"
		from=$long ;;
	--flush|--sync) ;;	# DM's; a structure is always kept at once
	--filename) filename=$value ;;
	--sub-dir) sub_dir=$value ;;
	--dir|--path|--file) path=$value ;;
	--worker|--leader|--master) member_kinds="$member_kinds $long" ;;
	--count) looks=$value ;;
	--delay) delay=$value ;;
	--name)	names=$(add_line "$names" "$value") ;;
	esac
}

command='' only='' until='' start_time='' forget_meta='' more='' errors_shown='' warnings_shown='' sample='' binlog_pos=''
database='' table='' from='' owner='' force='' action='' filename='' sub_dir='' path='' member_kinds='' names='' looks='' delay='' dry_run=''
options=$(options_of '')
globals=$options asked=''
count=$#
while [ "$count" -gt 0 ]; do
	word=$1
	shift
	count=$((count - 1))
	value='' given=''
	case $word in
	--?*=*)	given=yes value=${word#*=} word=${word%%=*} ;;
	-[!-]?*) given=yes value=${word#-?} word=${word%"$value"} ;;
	-?*)	;;
	*)	if [ -n "$command" ]; then
			set -- "$@" "$word"
		else
			command=$word
			options=$(options_of "$command")
			[ "$options" != "$globals" ] || show_command_help "$command" >/dev/null || [ "$command" = help ] ||
				{ command=''; bad_usage "unknown command '$word'"; }
		fi
		continue ;;
	esac
	if [ -z "$command" ] && { [ "$word" = -s ] || [ "$word" = --source ]; }; then
		long=--source wants=ID
	else
		find_option "$word" || bad_usage "unknown option '$word'${command:+ of $command}"
	fi
	case $long in
	--help)	asked=yes; continue ;;
	--version)
		printf 'dm (dm-tools) %s\nLicence: Apache-2.0\n' "$version"
		exit 0 ;;
	esac
	if [ -n "$wants" ] && [ -z "$given" ]; then
		[ "$count" -gt 0 ] || bad_usage "option '$word' wants a value"
		value=$1
		shift
		count=$((count - 1))
	elif [ -z "$wants" ] && [ -n "$given" ]; then
		case $long in
		--flush|--sync) ;;
		*)	bad_usage "option '$word' takes no value" ;;
		esac
	fi
	take_option
done
[ "$command" != help ] || { asked=yes command=${1:-}; }
if [ -n "$asked" ]; then
	if [ -z "$command" ]; then show_help; else show_command_help "$command" || bad_usage "unknown command '$command'"; fi
	exit 0
fi
[ -n "$command" ] || bad_usage "a command is missing"
[ -z "$only" ] || find_option --source || bad_usage "-s does not go with $command"

case ${DM_LOG_FORMAT:-text} in
text|json) ;;
*)	bad_usage "DM_LOG_FORMAT is text or json, not '$DM_LOG_FORMAT'" ;;
esac

check_home
case $command in
show-ddl-locks) show_locks "$@" ;;
unlock-ddl-lock) unlock "$@" ;;
shard-ddl-lock) shard_ddl_lock "$@" ;;
binlog)	[ $# -gt 0 ] || bad_usage "binlog wants skip, replace, inject, revert or list"
	handle_error "$@" ;;
handle-error) old_handle_error "$@" ;;
binlog-schema) binlog_schema "$@" ;;
operate-schema) old_operate_schema "$@" ;;
operate-source) operate_source "$@" ;;
check-task) check_task "$@" ;;
encrypt) encrypt_text "$@" ;;
decrypt) decrypt_text "$@" ;;
start-task) start_task "$@" ;;
run)	run_task "$@" ;;
query-status) query_status "$@" ;;
pause-task) pause_task "$@" ;;
resume-task) resume_task "$@" ;;
stop-task) stop_task "$@" ;;
start-relay) start_relay "$@" ;;
stop-relay) stop_relay "$@" ;;
pause-relay) pause_relay "$@" ;;
resume-relay) resume_relay "$@" ;;
purge-relay) purge_relay "$@" ;;
transfer-source) transfer_source "$@" ;;
list-member) list_member "$@" ;;
config)	config "$@" ;;
get-config) show_config "$@" ;;
top)	show_top "$@" ;;
validation)
	print_result false "'dm validation' is not supported yet; compare with a tool such as sync-diff-inspector" ''
	exit 78 ;;
*)	bad_usage "unknown command '$command'" ;;
esac
