# ---- commands ---------------------------------------------------------------------------------------------------------

# Starts the supervisor of a source in the background; true once it has taken over (it may have met a failure since).
launch() {
	rm -f "$1/started"
	setsid "$self" --supervise "$1" '' '' </dev/null >>"$1/log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
	child=$! tenths=100
	while [ $tenths -gt 0 ]; do
		[ "$(recall "$1/started")" != "$child" ] || return 0
		kill -0 $child 2>/dev/null || break
		tenths=$((tenths - 1))
		sleep 0.1
	done
	[ "$(recall "$1/started")" = "$child" ]
}

# Launches all wanted sources of dir and prints the outcome.
launch_all() {
	entries='' result=true
	for sub in "$dir"/*/; do
		sub=${sub%/}
		wanted "$sub" || continue
		source=$(cat "$sub/source")
		if launch "$sub"; then
			entry=$(source_entry "$source" true '')
		else
			result=false
			entry=$(source_entry "$source" false "did not start; see $sub/log")
		fi
		entries=$entries${entries:+,}$entry
	done
	print_result $result '' "$entries"
	[ $result = true ]
}

check_task() {
	[ $# -eq 1 ] || bad_usage "check-task wants one task file"
	status=0
	found=$(dm-check -c "$1" ${errors_shown:+-e "$errors_shown"} ${warnings_shown:+-w "$warnings_shown"}) || status=$?
	[ -z "$found" ] || printf '%s\n' "$found" | pretty
	[ "$status" -eq 0 ] || exit "$status"
	[ -z "$start_time" ] || { read_task "$1"; task=$name; examine_time "$1"; }
}

# plan_task FILE: which tables would go where; of the source of -s, where there is one.
plan_task() {
	check_only "$sources" || exit $?
	case $only in
	*"$newline"*) only='' ;;
	esac
	exec dm-check -qq --plan -c "$1" ${only:+-s "$only"}
}

start_task() {
	[ $# -eq 1 ] || bad_usage "start-task wants one task file"
	read_task "$1"
	[ -z "$dry_run" ] || plan_task "$1"
	dir=$(task_dir "$name")
	for sub in "$dir"/*/; do
		sub=${sub%/}
		! wanted "$sub" || case $(recall "$sub/stage") in
		Running*|Paused*)
			print_result false "task $name is there already; resume-task goes on, stop-task forgets it"
			exit 69 ;;
		esac
	done
	examine "$1"
	register "$1"
	launch_all || exit 69
}

tell_children() {
	for told in $children; do
		kill -TERM "$told" 2>/dev/null
	done
}

run_task() {
	[ $# -eq 1 ] || bad_usage "run wants one task"
	case $1 in
	*.yaml|*.yml)
		file=$1 ;;
	*)	find_task "$1"
		file=$dir/task.yaml ;;
	esac
	case $until in
	''|caught-up) ;;
	*:*)	read_task "$file"
		[ "$(printf '%s\n' "${only:-$sources}" | wc -l)" -eq 1 ] || bad_usage "--until $until is a place of one source: name it with -s" ;;
	*)	bad_usage "--until wants caught-up or FILE:OFFSET, not '$until'" ;;
	esac
	examine "$file"
	register "$file"
	children='' worst=0 dies_with_us=''
	! command -v setpriv >/dev/null || dies_with_us='setpriv --pdeathsig TERM'
	trap 'woken=yes; tell_children' INT TERM HUP
	for sub in "$dir"/*/; do
		sub=${sub%/}
		! wanted "$sub" || {
			# shellcheck disable=SC2086 # words, or none
			setsid $dies_with_us "$self" --supervise "$sub" "$until" yes </dev/null &
			children="$children $!"
		}
	done
	for child in $children; do
		status=0
		while :; do
			woken=''
			wait "$child"
			ended=$?
			[ $ended -eq 127 ] || status=$ended	# 127: it was waited for already, just before the signal
			[ -n "$woken" ] || break
		done
		[ "$worst" -ne 0 ] && { [ "$worst" -ne 75 ] || [ "$status" -eq 0 ]; } || worst=$status
	done
	exit "$worst"
}

# halt SUB STAGE: ends the supervisor of a source, and whatever is left without one. Sets message where there was none.
halt() {
	message=''
	if alive "$1/pid"; then
		cp "$1/pid" "$1/ending"
		keep "$1/want" "$2"
		signal TERM "$1/ending"
		wait_gone $((drain_max + 20)) "$1/ending" || { signal KILL "$1/ending"; sleep 0.1; }
		rm -f "$1/ending"
	else
		message="it was not running"
	fi
	alive "$1/pid" || clear_leftovers "$1"
	read -r stage unit <"$1/stage"
	[ "$stage" != Running ] || (sub=$1; set_stage "$2" "$canceled")
}

# Halts all wanted sources of dir, at the same time; prints the outcome.
halt_all() {
	for sub in "$dir"/*/; do
		sub=${sub%/}
		! wanted "$sub" || {
			halt "$sub" "$1"
			keep "$sub/message" "$message"
		} &
	done
	wait
	entries=''
	for sub in "$dir"/*/; do
		sub=${sub%/}
		wanted "$sub" || continue
		entries=$entries${entries:+,}$(source_entry "$(cat "$sub/source")" true "$(recall "$sub/message")")
		rm -f "$sub/message"
	done
	print_result true '' "$entries"
}

# each_task FUNCTION: without a task, all tasks of the sources of -s, as dmctl does.
each_task() {
	[ -n "$only" ] || bad_usage "$command wants one task, or the sources whose tasks are meant (-s ID)"
	answers='' all=true
	for kept in "$home"/tasks/*/task.yaml; do
		dir=${kept%/*} meant=''
		for sub in "$dir"/*/; do
			! wanted "${sub%/}" || meant=yes
		done
		[ -n "$meant" ] || continue
		task=$(cat "$dir/name") ok=true
		("$1" "$task") >/dev/null || ok=false all=false
		answers=$answers${answers:+,}$(printf '{"task":%s,"result":%s,"msg":""}' "$(quote "$task")" $ok)
	done
	printf '{"result":%s,"msg":"","tasks":[%s]}\n' $all "$answers" | pretty
	[ $all = true ] || exit 69
}

pause_task() {
	[ $# -gt 0 ] || { each_task pause_task; return; }
	[ $# -eq 1 ] || bad_usage "pause-task wants one task"
	find_task "$1"
	halt_all Paused
}

# Logs stay, so that what happened can still be read.
stop_task() {
	[ $# -gt 0 ] || { each_task stop_task; return; }
	[ $# -eq 1 ] || bad_usage "stop-task wants one task"
	find_task "$1"
	halt_all Stopped
	left=''
	for sub in "$dir"/*/; do
		sub=${sub%/}
		if wanted "$sub"; then
			[ -z "${DM_METRICS_DIR:-}" ] || rm -f "$(metrics_of dump)" "$(metrics_of load)" "$(metrics_of relay)" "$(metrics_of sync)"
			rm -f "$sub/source" "$sub/stage" "$sub"/*.json "$sub/next.err" "$sub/pid" "$sub/want" "$sub/started"
		elif [ -e "$sub/source" ]; then
			left=yes
		fi
	done
	[ -n "$left" ] || rm -f "$dir/task.yaml" "$dir/name" "$dir/mode"
}

# Resumes what has its state in sub; sets ok and message where it cannot.
resume_one() {
	look "$sub"
	if alive "$sub/pid" && [ "$stage" = Paused ]; then
		kill -USR1 "$pid"
	elif alive "$sub/pid"; then
		ok=false message="its stage is $stage, not Paused"
	elif ! launch "$sub"; then
		ok=false message="did not start; see $sub/log"
	fi
}

resume_task() {
	[ $# -gt 0 ] || { each_task resume_task; return; }
	[ $# -eq 1 ] || bad_usage "resume-task wants one task"
	find_task "$1"
	entries='' all=true
	for sub in "$dir"/*/; do
		sub=${sub%/}
		wanted "$sub" || continue
		ok=true message=''
		resume_one
		[ $ok = true ] || all=false
		entries=$entries${entries:+,}$(source_entry "$(cat "$sub/source")" $ok "$message")
	done
	print_result $all '' "$entries"
	[ $all = true ] || exit 69
}
