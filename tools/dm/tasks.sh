# ---- tasks and sources ------------------------------------------------------------------------------------------------

task_dir() {
	echo "$home/tasks/$(encode "$1")"
}

# Reads a task file: sets name, mode, sources (one a line).
read_task() {
	list=$(dm-check --list -c "$1") || exit $?
	name=$(printf '%s\n' "$list" | sed -n 's/^task //p')
	mode=$(printf '%s\n' "$list" | sed -n 's/^mode //p')
	sources=$(printf '%s\n' "$list" | sed -n 's/^source //p')
}

# The name that an argument means: a file that holds it, or itself.
task_name() {
	case $1 in
	*.yaml|*.yml)
		read_task "$1"
		echo "$name" ;;
	*)	echo "$1" ;;
	esac
}

# Sets task and dir of a task that is there.
find_task() {
	task=$(task_name "$1") || exit $?
	dir=$(task_dir "$task")
	[ -e "$dir/task.yaml" ] || {
		print_result false "task $task is not there; see 'dm query-status'"
		exit 78
	}
}

# Is this the folder of a source, and one of those that the command line names (all, where it names none)?
wanted() {
	[ -e "$1/source" ] || return 1
	[ -z "$only" ] || printf '%s\n' "$only" | grep -qxF -e "$(cat "$1/source")"
}

# Every source that the command line names must be one of these.
check_only() {
	printf '%s\n' "$only" | while IFS= read -r named; do
		[ -z "$named" ] || printf '%s\n' "$1" | grep -qxF -e "$named" || {
			print_result false "the task has no source $named"
			exit 78
		}
	done
}

# Looks at the task file and the sources that the command line names; at all, where it names none. Other hosts may have the others.
look_before() {
	if [ -z "$only" ]; then
		dm-check -c "$1" >/dev/null
		return
	fi
	printf '%s\n' "$only" | while IFS= read -r one; do
		dm-check -c "$1" -s "$one" >/dev/null || exit
	done
}

# Reads a task file, sets task and dir, and lets dm-check look (at standard error); what that finds wrong ends this
# command, as does a source of the task that is at work. Nothing is changed yet.
examine() {
	read_task "$1"
	task=$name dir=$(task_dir "$name")
	check_only "$sources" || exit $?
	for sub in "$dir"/*/; do
		sub=${sub%/}
		if wanted "$sub" && alive "$sub/pid"; then
			print_result false "task $task runs already on source $(cat "$sub/source"); see 'dm query-status $task'"
			exit 75
		fi
	done
	look_before "$1" || {
		status=$?
		print_result false "pre-check of task $task failed, nothing was started; 'dm check-task' tells more"
		exit "$status"
	}
	examine_time "$1"
}

# Ends this command, with nothing started: STATUS MESSAGE.
no_start() {
	rm -f "$finding"
	print_result false "source $id of task $task: $2" ''
	exit "$1"
}

# Where the changes of a source were at $start_time, in found.
find_time() {
	found=$(dm-relay --find-time "$start_time" -c "$1" -s "$id" 2>"$finding") || no_start $? "$(cat "$finding")"
}

# One word of what dm-relay --find-time found.
found_word() {
	printf '%s\n' "$found" | sed -n "s/^$1 //p"
}

# Are changes of all wanted sources there from $start_time on? The task must not have to load first.
examine_time() {
	[ -n "$start_time" ] || return 0
	[ "$mode" != full ] || bad_usage "--start-time is for changes, and the task only loads"
	finding=$(mktemp) || exit 74
	for_sources examine_one_time "$1"
	rm -f "$finding"
}

examine_one_time() {
	next=load
	[ "$mode:$forget_meta" = all:yes ] || next=$(dm-meta next -c "$1" -s "$id" 2>"$finding") || no_start $? "$(cat "$finding")"
	[ "$next" = sync ] || no_start 78 "it has to be loaded first; --start-time is for changes"
	find_time "$1"
}

# Moves the sources there. All that was there before now may be downstream already, so up to where the upstream is now, what comes is
# applied in safe mode.
move_to_time() {
	[ -n "$start_time" ] || return 0
	finding=$(mktemp) || exit 74
	for_sources move_one_to_time "$1"
	rm -f "$finding"
}

move_one_to_time() {
	find_time "$1"
	gtids=$(found_word gtid)
	dm-meta checkpoint set "$(found_word place)" ${gtids:+--gtid "$gtids"} --safe-until "$(found_word end)" -c "$1" -s "$id" \
		>"$finding" 2>&1 || no_start $? "$(cat "$finding")"
	say "source $id starts at $(found_word place)"
}

# for_sources FUNCTION ARGUMENT: for each source of the task that the command line names, or all, in id.
for_sources() {
	rest=${only:-$sources}
	while [ -n "$rest" ]; do
		take_line
		"$1" "$2"
	done
}

# Makes the folders of the task that examine read, for the sources that the command line names; for all, where it names none.
register() {
	# Sources of one task may be started by themselves, and all at once when the machine comes up.
	mark_home && mkdir -p "$dir" && exec 8>"$dir/register.lock" && flock 8 || exit 74
	cp "$1" "$dir/task.yaml.tmp" && mv "$dir/task.yaml.tmp" "$dir/task.yaml" || exit 74
	keep "$dir/name" "$task" && keep "$dir/mode" "$mode" || exit 74
	printf '%s\n' "${only:-$sources}" | while IFS= read -r one; do
		sub=$dir/$(encode "$one")
		[ -e "$sub/source" ] || { mkdir -p "$sub" && keep "$sub/stage" 'New InvalidUnit' && keep "$sub/source" "$one"; } || exit 74
	done || exit 74
	for sub in "$dir"/*/; do
		sub=${sub%/}
		[ ! -e "$sub/source" ] || printf '%s\n' "$sources" | grep -qxF -e "$(cat "$sub/source")" || alive "$sub/pid" || rm -rf "$sub"
	done
	[ -z "$forget_meta" ] || dm-meta drop -c "$dir/task.yaml" >&2 || exit $?
	exec 8>&-
	move_to_time "$dir/task.yaml"
}
