# ---- the command line -------------------------------------------------------------------------------------------------

case ${1:-} in
--member)	# RUN NAME ARGUMENT ...: records itself, then becomes the tool
	run=$2 name=$3
	shift 3
	record "$run/$name.pid" $$
	exec "$name" "$@" ;;
--supervise)
	supervise "$2" "$3" "$4" ;;
top)	shift
	exec dm-top "$@" ;;	# its options are its own
esac

command='' only='' until='' forget_meta='' binlog_pos='' database='' table='' from='' owner='' force='' action=''
count=$#
while [ "$count" -gt 0 ]; do
	word=$1
	shift
	count=$((count - 1))
	case $word in
	--help)	show_help; exit 0 ;;
	--version)
		printf 'dm (dm-tools) %s\nLicence: Apache-2.0\n' "$version"
		exit 0 ;;
	-s|--source|--secret-key-file|--until|-b|--binlog-pos|-d|--database|-t|--table|-o|--owner|--action)
		[ "$count" -gt 0 ] || bad_usage "option '$word' wants a value"
		value=$1
		shift
		count=$((count - 1)) ;;
	--source=*|--secret-key-file=*|--until=*|--binlog-pos=*|--database=*|--table=*|--owner=*|--action=*) value=${word#*=} ;;
	-[sbdto]?*) value=${word#-?} ;;
	--flush|--sync|--flush=*|--sync=*) ;;	# DM's; a structure is always kept at once
	--from-source|--from-target)
		[ -z "$from" ] || bad_usage "$word does not go with $from"
		from=$word ;;
	--remove-meta) forget_meta=yes ;;
	-f|--force-remove) force=--force-remove ;;
	-?*)	bad_usage "unknown option '$word'" ;;
	*)	if [ -z "$command" ]; then command=$word; else set -- "$@" "$word"; fi ;;
	esac
	case $word in
	--secret-key-file*) use_key "$value" ;;
	-s*|--source*) only=$only${only:+
}$value ;;
	--until*) until=$value ;;
	-b*|--binlog-pos*) binlog_pos=$value ;;
	-d*|--database*) database=$value ;;
	-t*|--table*) table=$value ;;
	-o*|--owner*) owner=$value ;;
	--action*) action=$value ;;
	esac
done
[ -z "$until" ] || [ "$command" = run ] || bad_usage "--until goes with run"
[ -z "$forget_meta" ] || [ "$command" = run ] || [ "$command" = start-task ] || bad_usage "--remove-meta goes with start-task and run"

case ${DM_LOG_FORMAT:-text} in
text|json) ;;
*)	bad_usage "DM_LOG_FORMAT is text or json, not '$DM_LOG_FORMAT'" ;;
esac
[ -z "$binlog_pos" ] || [ "$command" = binlog ] || [ "$command" = handle-error ] || bad_usage "--binlog-pos goes with binlog"
case $database$table:$command in
:*|*:operate-schema|*:unlock-ddl-lock|*:shard-ddl-lock) ;;
*)	bad_usage "-d and -t go with operate-schema and unlock-ddl-lock" ;;
esac
[ -z "$from" ] || [ "$command" = binlog-schema ] || [ "$command" = operate-schema ] || bad_usage "$from goes with binlog-schema update"

case $owner$force$action:$command in
:*|*:unlock-ddl-lock|*:shard-ddl-lock) ;;
*)	bad_usage "--owner, --force-remove and --action go with unlock-ddl-lock" ;;
esac

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
'')	bad_usage "a command is missing" ;;
*)	bad_usage "unknown command '$command'" ;;
esac
