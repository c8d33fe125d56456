# ---- relay logs -------------------------------------------------------------------------------------------------------

# A source whose log is kept has a folder $home/relays/ID with the state of the process that keeps it, as a source of a task has. The file
# "on" in it says that tasks are to read from there.

relay_home() {
	echo "$home/relays/$(encode "$1")"
}

relay_is_on() {
	[ -e "$(relay_home "$1")/on" ]
}

# relay-dir of the source file; one that is not absolute is in the folder of the source.
relay_dir_of() {
	read_source_facts "$1"
	dir_said=$(source_fact relay-dir)
	case $dir_said in
	/*)	echo "$dir_said" ;;
	*)	echo "$(relay_home "$1")/${dir_said:-relay-dir}" ;;
	esac
}

# Runs a function for each source of the command line, in id; it sets ok and message. Prints the outcome.
each_source() {
	[ -n "$only" ] || bad_usage "$command wants a source: name it with -s"
	entries='' all=true rest=$only
	while [ -n "$rest" ]; do
		take_line
		ok=true message='' sub=$(relay_home "$id")
		if [ -e "$(kept_path "$id")" ]; then
			"$@"
		else
			ok=false message="source $id is not there; see 'dm operate-source show'"
		fi
		[ $ok = true ] || all=false
		entries=$entries${entries:+,}$(source_entry "$id" $ok "$message")
	done
	print_result $all '' "$entries"
	[ $all = true ] || exit 69
}

# Has the pipelines that read changes of this source start anew, so that they read from where they are to now: they end behind the open
# transaction, and their supervisors, which may be in the foreground, start them again and take the file "anew" away.
read_anew() {
	for each in "$home"/tasks/*/"$(encode "$1")"; do
		[ -e "$each/source" ] || continue
		look "$each"
		[ "$stage $unit" = 'Running Sync' ] || continue
		: >"$each/anew"
		tenths=$((drain_max * 10))
		while [ -e "$each/anew" ] && alive "$each/pid" && [ $tenths -gt 0 ]; do
			signal TERM "$each"/run-*/dm-relay.pid
			tenths=$((tenths - 5))
			sleep 0.5
		done
		rm -f "$each/anew"
	done
}

start_one_relay() {
	if alive "$sub/pid"; then
		ok=false message="the relay log of source $id is kept already"
		return
	fi
	mkdir -p "$sub" && keep "$sub/source" "$id" && keep "$sub/stage" 'New Relay' || exit 74
	launch "$sub" || { ok=false message="did not start; see $sub/log"; return; }
	: >"$sub/on"
	# Where a place is not in the relay log, the pipeline goes back to the source by itself.
	read_anew "$id"
}

stop_one_relay() {
	relay_is_on "$id" || { ok=false message="no relay log of source $id is kept"; return; }
	rm -f "$sub/on"
	halt "$sub" Stopped
	message=''
	rm -f "$sub"/*.json "$sub/pid" "$sub/want" "$sub/started"
	keep "$sub/stage" 'Stopped Relay'
	[ -z "${DM_METRICS_DIR:-}" ] || { dir=${sub%/*}; rm -f "$(metrics_of pull)"; }
	read_anew "$id"
}

pause_one_relay() {
	relay_is_on "$id" || { ok=false message="no relay log of source $id is kept"; return; }
	halt "$sub" Paused
}

resume_one_relay() {
	relay_is_on "$id" || { ok=false message="no relay log of source $id is kept; start-relay starts one"; return; }
	resume_one
}

# What DM calls workers are hosts here, and a command is given on the host that it is for.
check_host() {
	for word; do
		[ "$word" = "$(host_name)" ] || bad_usage "$command is given on the host that it is for: this one is '$(host_name)', not '$word'"
	done
}

start_relay() { check_host "$@"; each_source start_one_relay; }
stop_relay() { check_host "$@"; each_source stop_one_relay; }
pause_relay() { check_host "$@"; each_source pause_one_relay; }
resume_relay() { check_host "$@"; each_source resume_one_relay; }

# Logs that a reader or a checkpoint needs stay; dm-relay sees to that.
purge_one_relay() {
	relay_dir=$(relay_dir_of "$id") before=$filename
	case $sub_dir in
	'')	;;
	*.[0-9]*) before="${filename%.*}|${sub_dir##*.}.${filename##*.}" ;;
	*)	bad_usage "--sub-dir is the name of a sub-directory, such as UUID.000001, not '$sub_dir'" ;;
	esac
	mkdir -p "$home/tasks"
	message=$(dm-relay --relay-dir "$relay_dir" --purge-before "$before" -s "$id" -S "$(kept_path "$id")" \
		--keep-for "$home/tasks" 2>&1) || ok=false
}

purge_relay() {
	check_host "$@"
	[ -n "$filename" ] || bad_usage "purge-relay wants a file: those before it go (-f FILE)"
	each_source purge_one_relay
}

# relayStatus of query-status: null where no relay log is kept.
relay_status() {
	relay_is_on "$1" || { printf null; return; }
	relay=$(relay_home "$1")
	look "$relay"
	caught_up=false
	case $(fields "$relay/relay.json") in *'"relayCatchUpMaster":true'*) caught_up=true ;; esac
	printf '{'
	for key in masterBinlog masterBinlogGtid relaySubDir relayBinlog relayBinlogGtid; do
		printf '"%s":"%s",' $key "$(text_field "$relay/relay.json" $key)"
	done
	printf '"relayCatchUpMaster":%s,"stage":"%s","result":%s}' $caught_up "$stage" "${result:-null}"
}

# The stage of a relay log that is kept, for the status of a task: Error where it has one; nothing where none is kept, or all is well.
relay_trouble() {
	relay_is_on "$1" || return 0
	look "$(relay_home "$1")"
	case $stage:$result in
	Running:*|New:*) ;;
	*ErrCode*) echo Error ;;
	*)	echo "$stage" ;;
	esac
}
