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

# What a unit of a source of a task shows.
subtask() {
	task=$(cat "$1/../name")
	look "$1"
	printf '{"name":%s,"stage":"%s","unit":"%s","result":%s,"unresolvedDDLLockID":"%s"' \
		"$(quote "$task")" "$stage" "$unit" "${result:-null}" "$(text_field "$1/sync.json" unresolvedDDLLockID)"
	case $unit in
	Load)	printf ',"dump":{%s},"load":{%s}' "$(fields "$1/dump.json")" "$(fields "$1/load.json")" ;;
	Sync)	printf ',"sync":{%s}' "$(sync_fields "$1")" ;;
	esac
	printf ',"validation":null}'
}

# dm-sync does not know where its stream comes from. The lock is shown beside these.
sync_fields() {
	from=remote
	case $(recall "$1/relay.json") in *'"relaySubDir":"'*) from=local ;; esac
	fields "$1/sync.json" | sed 's/"binlogType":"remote"/"binlogType":"'$from'"/; s/,"unresolvedDDLLockID":"\([^"\\]\|\\.\)*"//'
}

# status_entry SOURCE MESSAGE SUBTASKS
status_entry() {
	printf '{"result":true,"msg":%s,"sourceStatus":{"source":%s,"worker":%s,"result":null,"relayStatus":%s},"subTaskStatus":[%s]}' \
		"$(quote "$2")" "$(quote "$1")" "$(quote "$(host_name)")" "$(relay_status "$1")" "$3"
}

query_task() {
	find_task "$1"
	check_only "$(cat "$dir"/*/source)" || exit $?
	entries=''
	for sub in "$dir"/*/; do
		sub=${sub%/}
		wanted "$sub" || continue
		entries=$entries${entries:+,}$(status_entry "$(cat "$sub/source")" '' "$(subtask "$sub")")
	done
	print_result true '' "$entries"
}

# The sources that are kept, and those of tasks.
known_sources() {
	for kept in "$home"/sources/*.yaml "$home"/tasks/*/*/source; do
		[ ! -e "$kept" ] || case $kept in
		*.yaml)	source_name "$kept" ;;
		*)	cat "$kept" ;;
		esac
	done | sort -u
}

# All sources, or those of -s, with all their tasks.
query_sources() {
	known=$(known_sources) entries=''
	strange=$(printf '%s\n' "$only" | grep . | grep -vxF -e "${known:-$newline}" | paste -sd ' ' -)
	[ -z "$strange" ] || {
		print_result false "sources [$strange] haven't been added" ''
		exit 78
	}
	rest=${only:-$known}
	while [ -n "$rest" ]; do
		take_line
		all='' message=''
		for sub in "$home"/tasks/*/"$(encode "$id")"; do
			[ ! -e "$sub/source" ] || all=$all${all:+,}$(subtask "$sub")
		done
		[ -n "$all" ] || message='no sub task started'
		entries=$entries${entries:+,}$(status_entry "$id" "$message" "$all")
	done
	print_result true '' "$entries"
}

# One word for a whole task, by DM's rules.
task_status() {
	stages='' failed='' trouble='' advice="Please run \`query-status $task\` to get more details."
	for sub in "$1"/*/; do
		sub=${sub%/}
		[ -e "$sub/source" ] || continue
		look "$sub"
		case $stage:$result in Paused:*ErrCode*) failed=yes ;; esac
		case " $stages " in *" $stage "*) ;; *) stages="$stages $stage" ;; esac
		[ "$stage $unit" != 'Running Sync' ] || trouble=${trouble:-$(relay_trouble "$(cat "$sub/source")")}
	done
	case $failed:$trouble:$stages in
	yes:*)	echo "Error - Some error occurred in subtask. $advice" ;;
	:?*:*)	echo "Error - Relay status is $trouble. $advice" ;;
	*Paused*) echo Paused ;;
	::\ New|::\ Finished|::\ Stopped) echo "${stages# }" ;;
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

show_top() {
	while IFS= read -r id; do
		[ -z "$id" ] || set -- -s "$id" "$@"
	done <<-END
		$only
	END
	exec dm-top ${looks:+-n "$looks"} ${delay:+-d "$delay"} "$@"
}

query_status() {
	case $# in
	0)	if [ -n "$only$more" ]; then query_sources; else query_all; fi ;;
	1)	query_task "$1" ;;
	*)	bad_usage "query-status wants one task, or none" ;;
	esac
}
