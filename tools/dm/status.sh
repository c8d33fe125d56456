# ---- what is shown of a task -----------------------------------------------------------------------------------------

gone='{"isCanceled":false,"errors":[{"ErrCode":0,"ErrClass":"functional","ErrScope":"internal","ErrLevel":"high","Message":"dm: the processes of this source are gone","RawCause":"","Workaround":"dm resume-task"}],"detail":null}'

# Sets stage, unit and result of a source, as they are and not only as they were written.
look() {
	stage=New unit=InvalidUnit
	[ ! -s "$1/stage" ] || read -r stage unit <"$1/stage"
	result=$(recall "$1/result.json")
	if [ "$stage" = Running ] && ! alive "$1/pid"; then
		sleep 0.2	# it may have been about to write its last stage
		read -r stage unit <"$1/stage"
		result=$(recall "$1/result.json")
		[ "$stage" != Running ] || stage=Paused result=$gone
	fi
}

# The members of "fields" of a status file.
fields() {
	recall "$1" | sed -n 's/^.*"fields":{\(.*\)}}$/\1/p'
}

# The text of a member of the status file, as JSON has it, without its quotes.
text_field() {
	recall "$1" | sed -n 's/^.*"'"$2"'":"\(\([^"\\]\|\\.\)*\)".*$/\1/p'
}

subtask() {
	look "$1"
	printf '{"name":%s,"stage":"%s","unit":"%s","result":%s,"unresolvedDDLLockID":"%s"' \
		"$(quote "$task")" "$stage" "$unit" "${result:-null}" "$(text_field "$1/sync.json" unresolvedDDLLockID)"
	case $unit in
	Load)	printf ',"dump":{%s},"load":{%s}' "$(fields "$1/dump.json")" "$(fields "$1/load.json")" ;;
	Sync)	printf ',"sync":{%s}' "$(fields "$1/sync.json")" ;;
	esac
	printf ',"validation":null}'
}

# What dm-relay says of itself, or null.
relay_status() {
	relay=$(fields "$1/relay.json")
	if [ -n "$relay" ]; then printf '{%s,"stage":"Running","result":null}' "$relay"; else printf null; fi
}

query_task() {
	find_task "$1"
	entries=''
	for sub in "$dir"/*/; do
		sub=${sub%/}
		wanted "$sub" || continue
		entry=$(printf '{"result":true,"msg":"","sourceStatus":{"source":%s,"worker":"","result":null,"relayStatus":%s},"subTaskStatus":[%s]}' \
			"$(quote "$(cat "$sub/source")")" "$(relay_status "$sub")" "$(subtask "$sub")")
		entries=$entries${entries:+,}$entry
	done
	print_result true '' "$entries"
}

# One word for a whole task, by DM's rules.
task_status() {
	stages='' failed=''
	for sub in "$1"/*/; do
		sub=${sub%/}
		[ -e "$sub/source" ] || continue
		look "$sub"
		case $result in *ErrCode*) failed=yes ;; esac
		case " $stages " in *" $stage "*) ;; *) stages="$stages $stage" ;; esac
	done
	case $failed:$stages in
	yes:*)	echo "Error - Some error occurred in subtask. Please run \`query-status $task\` to get more details." ;;
	*Paused*) echo Paused ;;
	:\ New|:\ Finished|:\ Stopped) echo "${stages# }" ;;
	*)	echo Running ;;
	esac
}

query_all() {
	tasks=''
	for dir in "$home"/tasks/*/; do
		dir=${dir%/}
		[ -e "$dir/task.yaml" ] || continue
		task=$(cat "$dir/name") ids=''
		for sub in "$dir"/*/; do
			[ ! -e "${sub}source" ] || ids=$ids${ids:+,}$(quote "$(cat "${sub}source")")
		done
		tasks=$tasks${tasks:+,}$(printf '{"taskName":%s,"taskStatus":%s,"sources":[%s]}' \
			"$(quote "$task")" "$(quote "$(task_status "$dir")")" "$ids")
	done
	printf '{"result":true,"msg":"","tasks":[%s]}\n' "$tasks" | pretty
}

query_status() {
	case $# in
	0)	query_all ;;
	1)	query_task "$1" ;;
	*)	bad_usage "query-status wants one task, or none" ;;
	esac
}
