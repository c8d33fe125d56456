# ---- merged tables ----------------------------------------------------------------------------------------------------

# print_locks OK MESSAGE LOCKS
print_locks() {
	printf '{"result":%s,"msg":%s,"locks":[%s]}\n' "$1" "$(quote "$2")" "$3" | pretty
}

# The locks of the tasks whose directories are given, of the sources of -s where there are any.
show_locks() {
	[ $# -le 1 ] || bad_usage "show-ddl-locks wants one task, or none"
	if [ $# -eq 1 ]; then
		find_task "$1"
		set -- "$dir"
	else
		set -- "$home"/tasks/*/
	fi
	locks=''
	for dir; do
		[ -e "$dir/task.yaml" ] || continue
		for id in ${only:-''}; do
			found=$(dm-meta lock list -c "$dir/task.yaml" ${id:+-s "$id"} 2>&1) || {
				print_locks false "$found" ''
				exit 69
			}
			found=${found#[} found=${found%]}
			locks=$locks${locks:+${found:+,}}$found
		done
	done
	message=''
	[ -n "$locks" ] || message='no DDL lock exists'
	print_locks true "$message" "$locks"
}

# A lock's ID begins with the name of its task.
unlock() {
	[ $# -eq 1 ] || bad_usage "unlock-ddl-lock wants the ID of a lock; see 'dm show-ddl-locks'"
	find_task "${1%-\`*}"
	found=$(dm-meta lock unlock "$1" -c "$dir/task.yaml" ${owner:+--owner "$owner"} $force ${only:+-s "$only"} \
		${database:+--database "$database"} ${table:+--table "$table"} ${action:+--action "$action"} 2>&1) || {
		print_result false "$found" ''
		exit 69
	}
	print_result true '' ''
}

shard_ddl_lock() {
	if [ "${1:-}" = unlock ]; then
		shift
		unlock "$@"
	else
		show_locks "$@"
	fi
}
