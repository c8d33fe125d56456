# ---- files and processes ----------------------------------------------------------------------------------------------

# keep FILE TEXT: replaces the file whole.
keep() {
	printf '%s\n' "$2" >"$1.tmp" && mv "$1.tmp" "$1"
}

# What the file holds; nothing where it is not there.
recall() {
	[ ! -e "$1" ] || cat "$1" 2>/dev/null
}

# What this host is called in leases, and in what is shown.
host_name() {
	echo "${DM_HOST:-$(uname -n)}"
}

# What is kept under $home is of this format; the number goes up when a dm that knows a lower one could not read it right. Where none is
# told it is the first.
home_format=1

check_home() {
	kept=$(recall "$home/format")
	[ -z "$kept" ] || [ "$kept" -le "$home_format" ] 2>/dev/null ||
		die 78 "what is kept in $home is of format '$kept', and this dm reads up to $home_format; use the one that wrote it, or a newer one"
}

mark_home() {
	[ -e "$home/format" ] || { mkdir -p "$home" && keep "$home/format" "$home_format"; }
}

# When a process started, in the kernel's ticks; nothing for one that is gone or only waits to be reaped.
start_of() {
	awk '{ sub(/^.*\) /, ""); if ($1 !~ /[ZX]/) print $20 }' "/proc/$1/stat" 2>/dev/null
}

# Which boot of this machine this is: numbers and ticks start anew with each.
boot=''
[ ! -r /proc/sys/kernel/random/boot_id ] || read -r boot </proc/sys/kernel/random/boot_id

# record FILE PID
record() {
	keep "$1" "$2 $(start_of "$2") $boot"
}

# Is the process of this file there? Sets pid.
alive() {
	pid='' started='' when=''
	[ -s "$1" ] || return 1
	read -r pid started when <"$1"
	[ "$when" = "$boot" ] && [ -n "$pid" ] && [ -n "$started" ] && [ "$(start_of "$pid")" = "$started" ]
}

# signal NAME FILE ...: sends it to those that are there.
signal() {
	signal=$1
	shift
	for file; do
		! alive "$file" || kill "-$signal" "$pid" 2>/dev/null
	done
}

any_alive() {
	for file; do
		! alive "$file" || return 0
	done
	return 1
}

# wait_gone SECONDS FILE ...: false when some are still there.
wait_gone() {
	tenths=$(($1 * 10))
	shift
	while any_alive "$@"; do
		[ "$tenths" -gt 0 ] || return 1
		tenths=$((tenths - 1))
		sleep 0.1
	done
}

# Ends what a supervisor that was killed has left behind, and forgets it.
clear_leftovers() {
	for old in "$1"/run-*; do
		[ -d "$old" ] || continue
		signal TERM "$old/dm-dump.pid" "$old/dm-relay.pid"
		wait_gone 10 "$old"/*.pid || signal TERM "$old"/*.pid
		wait_gone 5 "$old"/*.pid || signal KILL "$old"/*.pid
		wait_gone 5 "$old"/*.pid || return 1
		rm -rf "$old"
	done
}
