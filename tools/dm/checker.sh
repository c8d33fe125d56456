# ---- what a failure means, and what is tried again --------------------------------------------------------------------

# What a source file says: its facts are lines of "dm-check --list", of which source_fact picks one.
read_source_facts() {
	facts=$(dm-check --list -S "$(kept_path "$1")" 2>/dev/null) || facts=''
}

source_fact() {
	printf '%s\n' "$facts" | sed -n "s/^$1 //p"
}

# The checker section of the source file, as DM has it; the environment comes before it.
settle_checker() {
	check_enable=$(source_fact check-enable) backoff_rollback=$(source_fact backoff-rollback)
	backoff_max=${DM_BACKOFF_MAX:-$(source_fact backoff-max)}
	: "${check_enable:=true}" "${backoff_rollback:=300}" "${backoff_max:=300}"
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

# Errors that tools said as JSON (see "Logs" in dm(7); its keys are in this order) as they say them as text; other lines as
# they are. A quote inside a string has a backslash in front, so what is looked for is found between strings only.
as_text() {
	sed -E -e '/^\{"time":/!b' \
		-e 's/^\{"time":"[^"]*","level":"error","tool":"([^"]*)",.*,"code":([0-9]+),"class":"([^"]*)","scope":"([^"]*)","gravity":"([^"]*)","message":"(.*)"\}$/\1: error \2 (\3, \4, \5): \6/' \
		-e 't found' -e d -e ': found' -e 's/","workaround":"/; workaround: /; s/\\(["\\])/\1/g'
}

# The errors in the log of this attempt, one a line.
attempt() {
	tail -c "+$((log_size + 1))" "$sub/log" | as_text | grep -aE '^dm-[a-z-]+: error [0-9]+ \(' | iconv -c -f UTF-8 -t UTF-8
}

# What the log says went wrong in this attempt, as a result for query-status. That a stream was cut (50103) is left out
# where somebody says why.
errors() {
	attempt | LC_ALL=C awk -v status="$status" '
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

# Errors of servers that end when somebody gives a right, makes room, or lets go: they are no matter of the task.
outside='1021|1040|1044|1045|1114|1129|1130|1142|1143|1203|1226|1227|1290|1370|1698|1820|1862|3118|3159'

# Is a failure one that may heal by itself? What asks for it (75) always; in the background also what a server said no to for a reason
# from outside, where nothing else went wrong. All the rest waits for a person: nothing but time is lost by that.
may_heal() {
	[ "$check_enable" = true ] || return 1
	[ "$status" -ne 75 ] || return 0
	[ "$status" -eq 69 ] && [ -z "$foreground" ] || return 1
	attempt | LC_ALL=C awk -v outside="error ($outside) \\\\([0-9A-Z]*\\\\)" '
		/error (50101|50103) \(/ { next }
		$0 ~ outside { healing = 1; next }
		{ healing = 0; exit }
		END { exit !healing }'
}

back_off() {
	ran=$(($(date +%s) - began))
	while [ "$backoff_rollback" -gt 0 ] && [ "$ran" -ge "$backoff_rollback" ] && [ "$delay" -gt "$backoff_min" ]; do
		ran=$((ran - backoff_rollback)) delay=$((delay / backoff_factor))
	done
	# Where another host works on the source, this one stands by.
	[ "$delay" -le $standby_max ] || ! attempt | grep -q ': error 24501 ' || delay=$standby_max
	[ "$delay" -ge "$backoff_min" ] || delay=$backoff_min
	note "trying again in $delay s"
	sleep "$delay" 9>&- &
	pause=$!
	[ -n "$stopping" ] || wait $pause
	kill $pause 2>/dev/null
	delay=$((delay * backoff_factor))
	[ "$delay" -le "$backoff_max" ] || delay=$backoff_max
}
