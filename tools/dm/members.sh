# ---- hosts ------------------------------------------------------------------------------------------------------------

# The leases that the tasks here know of, one a line, as dm-meta prints them; and what this host does beside.
list_workers() {
	for dir in "$home"/tasks/*/; do
		dir=${dir%/}
		[ ! -e "$dir/task.yaml" ] || dm-meta lease list -q -q -c "$dir/task.yaml" || return 1
	done
	for sub in "$home"/relays/*/; do
		[ ! -e "${sub}on" ] || worker_line relay "$(cat "${sub}source")"
	done
}

# worker_line STAGE SOURCE
worker_line() {
	printf '{"name":%s,"addr":"","stage":"%s","source":%s}\n' "$(quote "$(host_name)")" "$1" "$(quote "$2")"
}

# Those of -n, each once; a relay log is told only where its source is not bound here. What has none works for nobody.
wanted_workers() {
	ours=$(quote "$(host_name)")
	{ list_workers || return 1; } | sort -u | LC_ALL=C awk -v ours="{\"name\":$(printf '%s' "$ours" | sed 's/\\/\\\\/g')," '
		{ all[NR] = $0; seen[$0] = 1 }
		index($0, ours) == 1 { busy = 1 }
		END {
			for (i = 1; i <= NR; i++) {
				bound = all[i]
				if (sub(/"stage":"relay"/, "\"stage\":\"bound\"", bound) && bound in seen) continue
				print all[i]
			}
			if (!busy) print ours "\"addr\":\"\",\"stage\":\"free\",\"source\":\"\"}"
		}' | while IFS= read -r line; do
			[ -z "$names" ] || printf '%s\n' "$names" | while IFS= read -r one; do
				case $line in "{\"name\":$(quote "$one"),"*) echo yes ;; esac
			done | grep -q yes || continue
			echo "$line"
		done | paste -sd , -
}

# As DM's dmctl shows it; what dm does not have says so.
list_member() {
	[ $# -eq 0 ] || bad_usage "list-member takes no arguments"
	none='there is none: each host works by itself'
	members='' kinds=${member_kinds:---worker}
	case $kinds in *--leader*) members="{\"leader\":{\"msg\":\"$none\",\"name\":\"\",\"addr\":\"\"}}" ;; esac
	case $kinds in *--master*) members="$members${members:+,}{\"master\":{\"msg\":\"$none\",\"masters\":[]}}" ;; esac
	case $kinds in *--worker*)
		problem=$home/members.err
		mkdir -p "$home" && workers=$(wanted_workers 2>"$problem")
		[ ! -s "$problem" ] || { print_members false "$(cat "$problem")" ''; rm -f "$problem"; exit 69; }
		rm -f "$problem"
		members="$members${members:+,}{\"worker\":{\"msg\":\"\",\"workers\":[$workers]}}" ;;
	esac
	print_members true '' "$members"
}

print_members() {
	printf '{"result":%s,"msg":%s,"members":[%s]}\n' "$1" "$(quote "$2")" "$3" | pretty
}

# Does the host hold all the leases of this source that tasks here know of?
has_taken() {
	lease=$(dm-meta lease list -c "$1/task.yaml" 2>/dev/null | grep -F "\"stage\":\"bound\",\"source\":$(quote "$2")}")
	case $lease in "{\"name\":$(quote "$3"),"*) return 0 ;; esac
	return 1
}

# transfer-source ID HOST: whoever works on it stops before its next commit; the other host's pipeline, which waits for the lease, goes
# on. Where that is this host, its own goes on.
transfer_source() {
	[ $# -eq 2 ] || bad_usage "transfer-source wants a source and a host; see 'dm list-member'"
	id=$1 host=$2 given=''
	for sub in "$home"/tasks/*/"$(encode "$id")"; do
		[ -e "$sub/source" ] || continue
		dir=${sub%/*} given=yes
		! has_taken "$dir" "$id" "$host" || continue
		if [ "$host" != "$(host_name)" ] && alive "$sub/pid"; then
			halt "$sub" Paused
		fi
		message=$(dm-meta lease give "$host" -c "$dir/task.yaml" -s "$id" 2>&1) || {
			print_result false "$message" ''
			exit 69
		}
		[ "$host" != "$(host_name)" ] || { ok=true; resume_one; }
	done
	[ -n "$given" ] || { print_result false "no task here works on source $id" ''; exit 78; }
	wait_taken
	print_result true '' ''
}

# A host that does not take it leaves the source to whoever comes next.
wait_taken() {
	for sub in "$home"/tasks/*/"$(encode "$id")"; do
		[ -e "$sub/source" ] || continue
		tenths=300
		until has_taken "${sub%/*}" "$id" "$host"; do
			[ $tenths -gt 0 ] || {
				print_result false "host $host has not taken source $id of task $(cat "$sub/../name"): see that it was started there, or give it to $(host_name) again" ''
				exit 75
			}
			tenths=$((tenths - 2))
			sleep 0.2
		done
	done
}
