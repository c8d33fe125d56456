# ---- the supervisor of one source -------------------------------------------------------------------------------------

# note TEXT: a line in the log, with the time; in the foreground also on standard error.
note() {
	case ${DM_LOG_FORMAT:-text} in
	json)	printf '{"time":"%s","level":"notice","tool":"dm","task":%s,"source":%s,"place":"","message":%s}\n' \
			"$(date -u '+%Y-%m-%dT%H:%M:%SZ')" "$(quote "$name")" "$(quote "$source")" "$(quote "$*")" ;;
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
		member dm-relay -c "$dir/task.yaml" -s "$source" --status-file "$sub/relay.json" ${relay_dir:+--relay-dir "$relay_dir"} \
			${DM_METRICS_DIR:+--metrics-file "$(metrics_of relay)"} ${until:+--until "$until"} |
		member dm-online-ddl -c "$dir/task.yaml" -s "$source" |
		member dm-filter -c "$dir/task.yaml" -s "$source" |
		member dm-route -c "$dir/task.yaml" -s "$source" |
		member dm-sync -c "$dir/task.yaml" -s "$source" --status-file "$sub/sync.json" ${DM_METRICS_DIR:+--metrics-file "$(metrics_of sync)"}
}

# The relay log of a source: see relay.sh.
pull() {
	member dm-relay --pull -s "$source" -S "$(kept_path "$source")" --relay-dir "$relay_dir" --keep-for "$home/tasks" \
		--status-file "$sub/relay.json" ${DM_METRICS_DIR:+--metrics-file "$(metrics_of pull)"}
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

# Keeps the relay log until it is told to stop, or fails.
pull_step() {
	unit=Relay relay_dir=$(relay_dir_of "$source")
	mkdir -p "$home/tasks"
	set_stage Running
	note "pulling into $relay_dir"
	run_pipeline pull dm-relay
	[ "$status" -ne 0 ] || [ -n "$stopping" ] || status=75
}

# Reads changes from the relay log of the source where one is kept, and from the source where that lacks them; anew where that has
# changed meanwhile (see read_anew).
sync_step() {
	unit=Sync
	while :; do
		rm -f "$sub/anew"
		relay_dir=''
		[ -n "$remote" ] || ! relay_is_on "$source" || relay_dir=$(relay_dir_of "$source")
		set_stage Running
		note "syncing${relay_dir:+ from the relay log}"
		# shellcheck disable=SC2086 # a list of words
		run_pipeline sync $sync_members
		if [ "$status" -ne 0 ] || [ -n "$stopping" ] || [ ! -e "$sub/anew" ]; then
			break
		fi
		remote=''
	done
	if [ -n "$relay_dir" ] && [ "$status" -ne 0 ] && attempt | grep -q '^dm-relay: error 30512 '; then
		note "the relay log does not have the place: reading from the source"
		remote=yes status=75 delay=0
	fi
	[ "$status" -ne 0 ] || [ -z "$until" ] || finished=yes
	# Nobody asked for this end: somebody told dm-relay to stop. Go on.
	[ "$status" -ne 0 ] || [ -n "$finished$stopping" ] || status=75
}

# Does the next thing that is to be done; sets status, and done where nothing follows.
step() {
	[ "$mode" != relay ] || { pull_step; return; }
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
		# Others must not run what lies behind the dump as if this source had never been.
		dm-meta lock join -c "$dir/task.yaml" -s "$source" ${DM_LOG_FORMAT:+--log-format "$DM_LOG_FORMAT"} 2>>"$sub/log"
		status=$?
		[ "$status" -eq 0 ] || return
		note "loading"
		# shellcheck disable=SC2086 # a list of words
		run_pipeline load $load_members
		[ "$status" -ne 0 ] || [ -n "$stopping" ] || note "loaded" ;;
	*:sync)	sync_step ;;
	*)	note "dm-meta next says '$next'"
		status=70 ;;
	esac
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
	dir=${sub%/*} unit=InvalidUnit runs=0 stopping='' finished='' remote='' delay=$backoff_min
	source=$(cat "$sub/source") mode=relay name=''
	[ "$dir" = "$home/relays" ] || { mode=$(cat "$dir/mode"); name=$(cat "$dir/name"); }
	read_source_facts "$source"
	settle_checker
	exec 9>"$sub/lock" || exit 74
	flock -w 3 9 || die 75 "somebody else runs ${name:-the relay log} on source $source"
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
		if [ "$status" -eq 0 ]; then
			[ -z "$finished" ] || leave Finished 0
		elif ! may_heal; then
			leave Paused "$status" "$(errors)"
		elif [ -z "$stopping" ]; then
			set_stage Paused "$(errors)"
			back_off
		fi
	done
}
