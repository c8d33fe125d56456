# ---- repair -----------------------------------------------------------------------------------------------------------

# What dm-meta says for a source; sets ok and message: what it printed, or its error.
ask_meta() {
	ok=true
	message=$(dm-meta "$@" -c "$dir/task.yaml" -s "$source" 2>&1) || ok=false
}

# handle_one SUB OPERATION SQL: skip, replace, inject or revert, for the statement at $binlog_pos, or that which failed. A source
# that runs is stopped for it, one that failed goes on. Sets ok and message; idle where there was nothing to handle.
handle_one() {
	ok=false at=$binlog_pos again='' ran='' idle=''
	look "$1"
	case $stage:$result in Paused:*ErrCode*) again=yes ;; esac
	if [ -z "$at" ]; then
		[ -n "$again" ] || { message="source $source has no error" idle=yes; return; }
		at=$(printf '%s' "$result" | sed -n 's/^.*startLocation: \[position: (\([^,()]*\), \([0-9]*\)).*$/\1:\2/p')
		[ -n "$at" ] || {
			message="only support to handle ddl error currently, and the error of source $source is another; a statement can be named by its place (-b)"
			return
		}
	fi
	if alive "$1/pid"; then
		ran=yes
		halt "$1" Paused
	fi
	if [ -n "$3" ]; then ask_meta error "$2" "$at" "$3"; else ask_meta error "$2" "$at"; fi
	[ "$ok" = true ] || again=''
	[ -z "$again$ran" ] || launch "$1" || ok=false message="${message:+$message; }did not start; see $1/log"
}

handle_error() {
	case $1:$# in
	skip:2|revert:2|list:2|replace:3|inject:3) ;;
	*)	bad_usage "binlog wants skip, revert or list and a task, or replace or inject, a task and statements" ;;
	esac
	find_task "$2"
	check_only "$(cat "$dir"/*/source)" || exit $?
	entries='' all=true some='' idle=''
	for sub in "$dir"/*/; do
		sub=${sub%/}
		wanted "$sub" || continue
		source=$(cat "$sub/source")
		if [ "$1" = list ]; then ask_meta error list; else handle_one "$sub" "$1" "${3:-}"; fi
		# Where no source is named, those without an error are none of its business, if another has one.
		if [ "$ok" = true ]; then some=yes; elif [ -z "$idle" ] || [ -n "$only" ]; then all=false; fi
		entries=$entries${entries:+,}$(source_entry "$source" $ok "$message")
	done
	[ -n "$some" ] || all=false
	print_result $all '' "$entries"
	[ $all = true ] || exit 69
}

# operate_schema get|set|remove TASK DATABASE TABLE [FILE]
operate_schema() {
	case $1:$#:$from in
	get:4:|remove:4:|set:5:|set:4:--from-*) ;;
	*)	bad_usage "binlog-schema wants list, update or delete, a task, a database and a table, and to update a file or one of --from-source and --from-target" ;;
	esac
	[ -n "$only" ] || bad_usage "binlog-schema wants a source: name it with -s"
	find_task "$2"
	check_only "$(cat "$dir"/*/source)" || exit $?
	entries='' all=true
	for sub in "$dir"/*/; do
		sub=${sub%/}
		wanted "$sub" || continue
		source=$(cat "$sub/source")
		look "$sub"
		if [ "$stage" != Paused ] || alive "$sub/pid"; then
			ok=false message="current stage is $stage but not paused, invalid"
		else
			# shellcheck disable=SC2086 # an option, or none
			ask_meta schema "$1" "$3" "$4" ${5:+"$5"} $from
		fi
		[ "$ok" = true ] || all=false
		entries=$entries${entries:+,}$(source_entry "$source" $ok "$message")
	done
	print_result $all '' "$entries"
	[ $all = true ] || exit 69
}

# DM's two spellings of each.
old_handle_error() {
	[ $# -ge 2 ] || bad_usage "handle-error wants a task and skip, replace, inject, revert or list"
	old=$1 operation=$2
	shift 2
	handle_error "$operation" "$old" "$@"
}

old_operate_schema() {
	[ -n "${database:+$table}" ] || bad_usage "operate-schema wants -d DATABASE and -t TABLE"
	[ $# -ge 2 ] || bad_usage "operate-schema wants get, set or remove, and a task"
	operation=$1 old=$2
	shift 2
	operate_schema "$operation" "$old" "$database" "$table" "$@"
}

binlog_schema() {
	case ${1:-} in
	list)	operation='get' ;;
	update)	operation='set' ;;
	delete)	operation=remove ;;
	*)	bad_usage "binlog-schema wants list, update or delete" ;;
	esac
	shift
	operate_schema $operation "$@"
}
