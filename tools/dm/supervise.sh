# ---- the supervisor of one source -------------------------------------------------------------------------------------

# note TEXT: a line in the log, with the time; in the foreground also on standard error.
note() {
	case ${DM_LOG_FORMAT:-text} in
	json)	printf '{"time":"%s","level":"notice","tool":"dm","task":%s,"source":%s,"place":"","message":%s}\n' \
			"$(date -u '+%Y-%m-%dT%H:%M:%SZ')" "$(quote "$(cat "$dir/name")")" "$(quote "$source")" "$(quote "$*")" ;;
	*)	echo "$(date -u '+%Y-%m-%dT%H:%M:%SZ') dm: $*" ;;
	esac >>"$sub/log"
	[ -z "$foreground" ] || echo "${sub##*/}: dm: $*" >&2
}

# set_stage STAGE [RESULT]: RESULT is JSON, as query-status shows it.
set_stage() {
	if [ -n "${2:-}" ]; then keep "$sub/result.json" "$2"; else rm -f "$sub/result.json"; fi
	keep "$sub/stage" "$1 $unit"
}

# One process of a pipeline; the shell that runs this waits for it and keeps how it ended.
member() {
	"$self" --member "$run" "$@" ${DM_LOG_FORMAT:+--log-format "$DM_LOG_FORMAT"}
	echo $? >"$run/$1.status"
}

# metrics_of TOOL: the file of its metrics, for node_exporter's textfile collector. Names are encoded, and hold no '@'.
metrics_of() {
	echo "$DM_METRICS_DIR/dm@${dir##*/}@${sub##*/}@$1.prom"
}

load() {
	member dm-dump -c "$dir/task.yaml" -s "$source" --status-file "$sub/dump.json" ${DM_METRICS_DIR:+--metrics-file "$(metrics_of dump)"} |
		member dm-filter -c "$dir/task.yaml" -s "$source" |
		member dm-route -c "$dir/task.yaml" -s "$source" |
		member dm-load -c "$dir/task.yaml" -s "$source" --status-file "$sub/load.json" ${DM_METRICS_DIR:+--metrics-file "$(metrics_of load)"}
}

sync() {
	member dm-meta checkpoint get -c "$dir/task.yaml" -s "$source" |
		member dm-relay -c "$dir/task.yaml" -s "$source" --status-file "$sub/relay.json" \
			${DM_METRICS_DIR:+--metrics-file "$(metrics_of relay)"} ${until:+--until "$until"} |
		member dm-online-ddl -c "$dir/task.yaml" -s "$source" |
		member dm-filter -c "$dir/task.yaml" -s "$source" |
		member dm-route -c "$dir/task.yaml" -s "$source" |
		member dm-sync -c "$dir/task.yaml" -s "$source" --status-file "$sub/sync.json" ${DM_METRICS_DIR:+--metrics-file "$(metrics_of sync)"}
}

shown_load() {
	load 2>&1 | tee -ai "$sub/log" | sed -u "s|^|${sub##*/}: |" >&2
}

shown_sync() {
	sync 2>&1 | tee -ai "$sub/log" | sed -u "s|^|${sub##*/}: |" >&2
}

# Asked to stop: the head of the pipeline ends the stream, the rest drains. What takes too long is told, then killed.
drain() {
	term_max=10
	[ "$drain_max" -ge $term_max ] || term_max=$drain_max
	for patience in "$drain_max dm-dump dm-relay" "$term_max all" '5 KILL'; do
		seconds=${patience%% *}
		while [ "$seconds" -gt 0 ]; do
			case $patience in
			*relay)	signal TERM "$run/dm-dump.pid" "$run/dm-relay.pid" ;;
			*KILL)	signal KILL "$run"/*.pid ;;
			*)	signal TERM "$run"/*.pid ;;
			esac
			seconds=$((seconds - 1))
			sleep 1
		done
	done
}

# The worst of the members' statuses, in status. One that ended by a signal from outside, or without a word, is tried
# again, as one that asks for it (75); anything else wins over those.
judge() {
	status=0
	for member; do
		read -r ended <"$run/$member.status" 2>/dev/null || ended=137
		case $ended in
		0)	;;
		75|129|130|137|141|143)
			[ "$status" -ne 0 ] || status=75
			[ "$ended" -eq 75 ] || note "$member ended by signal $((ended - 128))" ;;
		*)	[ "$status" -ne 0 ] && [ "$status" -ne 75 ] || status=$ended ;;
		esac
	done
}

# Runs one pipeline, load or sync, to its end; sets status. None of its processes may hold the lock, which is ours alone;
# a descriptor closed for one command only stays open in a shell that waits, hence the exec.
run_pipeline() {
	runs=$((runs + 1))
	run=$sub/run-$$.$runs
	mkdir "$run" || { status=74; return; }
	rm -f "$sub/dump.json" "$sub/load.json" "$sub/relay.json" "$sub/sync.json"
	if [ -n "$foreground" ]; then
		{ exec 9>&-; "shown_$1"; } &
	else
		{ exec 9>&-; "$1" 2>>"$sub/log"; } &
	fi
	pipeline=$! drainer=''
	while :; do
		if [ -n "$stopping" ] && [ -z "$drainer" ]; then
			{ exec 9>&- >/dev/null 2>&1; drain; } &
			drainer=$!
		fi
		woken=''
		wait "$pipeline"
		[ -n "$woken" ] || break
	done
	[ -z "$drainer" ] || kill "$drainer" 2>/dev/null
	shift
	judge "$@"
	rm -rf "$run"
}

# Does the next thing that is to be done; sets status, and done where nothing follows.
step() {
	next=$(dm-meta next -c "$dir/task.yaml" -s "$source" ${DM_LOG_FORMAT:+--log-format "$DM_LOG_FORMAT"} 2>"$sub/next.err")
	status=$?
	cat "$sub/next.err" >>"$sub/log"
	[ -z "$foreground" ] || sed "s|^|${sub##*/}: |" "$sub/next.err" >&2
	[ "$status" -eq 0 ] || return
	case $mode:$next in
	full:sync|*:done)
		finished=yes ;;
	*:load)
		unit=Load
		set_stage Running
		note "loading"
		# shellcheck disable=SC2086 # a list of words
		run_pipeline load $load_members
		[ "$status" -ne 0 ] || [ -n "$stopping" ] || note "loaded" ;;
	*:sync)
		unit=Sync
		set_stage Running
		note "syncing"
		# shellcheck disable=SC2086 # a list of words
		run_pipeline sync $sync_members
		[ "$status" -ne 0 ] || [ -z "$until" ] || finished=yes
		# Nobody asked for this end: somebody told dm-relay to stop. Go on.
		[ "$status" -ne 0 ] || [ -n "$finished$stopping" ] || status=75 ;;
	*)	note "dm-meta next says '$next'"
		status=70 ;;
	esac
}

# Errors that tools said as JSON (see "Logs" in dm(7); its keys are in this order) as they say them as text; other lines as
# they are. A quote inside a string has a backslash in front, so what is looked for is found between strings only.
as_text() {
	sed -E -e '/^\{"time":/!b' \
		-e 's/^\{"time":"[^"]*","level":"error","tool":"([^"]*)",.*,"code":([0-9]+),"class":"([^"]*)","scope":"([^"]*)","gravity":"([^"]*)","message":"(.*)"\}$/\1: error \2 (\3, \4, \5): \6/' \
		-e 't found' -e d -e ': found' -e 's/","workaround":"/; workaround: /; s/\\(["\\])/\1/g'
}

# What the log says went wrong in this attempt, as a result for query-status. That a stream was cut (50103) is left out
# where somebody says why.
errors() {
	tail -c "+$((log_size + 1))" "$sub/log" | as_text | grep -aE '^dm-[a-z-]+: error [0-9]+ \(' | iconv -c -f UTF-8 -t UTF-8 |
		LC_ALL=C awk -v status="$status" '
		function text(s) { gsub(/["\\]/, "\\\\&", s); gsub(/[\001-\037\177]/, "?", s); return "\"" s "\"" }
		function show(code, class, scope, level, message, workaround) {
			return sprintf("{\"ErrCode\":%d,\"ErrClass\":%s,\"ErrScope\":%s,\"ErrLevel\":%s,\"Message\":%s,\"RawCause\":\"\",\"Workaround\":%s}",
				code, text(class), text(scope), text(level), text(message), text(workaround))
		}
		seen[$0]++ { next }
		{
			tool = substr($0, 1, index($0, ": ") - 1)
			rest = substr($0, length(tool) + 9)
			where = substr(rest, index(rest, "(") + 1)
			message = substr(where, index(where, "): ") + 3)
			split(substr(where, 1, index(where, ")") - 1), part, ", ")
			at = index(message, "; workaround: ")
			workaround = at ? substr(message, at + 14) : ""
			if (at) message = substr(message, 1, at - 1)
			one = show(rest + 0, part[1], part[2], part[3], tool ": " message, workaround)
			if (rest + 0 == 50103) cut = cut (cut == "" ? "" : ",") one
			else all = all (all == "" ? "" : ",") one
		}
		END {
			if (all == "") all = cut
			if (all == "") all = show(0, "functional", "internal", "high", "ended with status " status, "read the log")
			printf "{\"isCanceled\":false,\"errors\":[%s],\"detail\":null}", all
		}'
}

back_off() {
	ran=$(($(date +%s) - began))
	while [ "$ran" -ge $backoff_rollback ] && [ "$delay" -gt "$backoff_min" ]; do
		ran=$((ran - backoff_rollback)) delay=$((delay / backoff_factor))
	done
	[ "$delay" -ge "$backoff_min" ] || delay=$backoff_min
	note "trying again in $delay s"
	sleep "$delay" 9>&- &
	pause=$!
	[ -n "$stopping" ] || wait $pause
	kill $pause 2>/dev/null
	delay=$((delay * backoff_factor))
	[ "$delay" -le "$backoff_max" ] || delay=$backoff_max
}

canceled='{"isCanceled":true,"errors":[],"detail":null}'

# The end of a supervisor: what is left of it is its stage.
leave() {
	note "$(echo "$1" | tr '[:upper:]' '[:lower:]')"
	set_stage "$1" "${3:-}"
	rm -f "$sub/pid" "$sub/want"
	exit "$2"
}

supervise() {
	sub=$1 until=$2 foreground=$3
	dir=${sub%/*} unit=InvalidUnit runs=0 stopping='' finished='' delay=$backoff_min
	source=$(cat "$sub/source") mode=$(cat "$dir/mode")
	exec 9>"$sub/lock" || exit 74
	flock -w 3 9 || die 75 "somebody else runs $(cat "$dir/name") on source $source"
	trap 'stopping=yes woken=yes' TERM INT HUP
	trap 'woken=yes' USR1
	rm -f "$sub/want"
	record "$sub/pid" $$
	keep "$sub/started" $$
	if [ "$(wc -c 2>/dev/null <"$sub/log" || echo 0)" -gt 10485760 ]; then
		mv "$sub/log" "$sub/log.1"
	fi
	: >>"$sub/log"
	clear_leftovers "$sub" || { note "what was left by an earlier run does not end"; leave Paused 74; }
	while :; do
		if [ -n "$stopping" ]; then
			stage=$(recall "$sub/want")
			leave "${stage:-Paused}" 0 "$canceled"
		fi
		began=$(date +%s) log_size=$(wc -c <"$sub/log")
		step
		case $status in
		0)	[ -z "$finished" ] || leave Finished 0 ;;
		75)	[ -n "$stopping" ] || {
				set_stage Paused "$(errors)"
				back_off
			} ;;
		*)	leave Paused "$status" "$(errors)" ;;
		esac
	done
}
