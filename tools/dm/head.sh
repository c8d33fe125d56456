#!/bin/sh
# dm - start, stop and show migrations: dmctl's commands over the tools that lie beside this script
#
# State is plain files under $DM_HOME (see FILES in dm(1)). Each source of a running task has one supervisor: this script
# again, in a session of its own, holding a lock. It asks `dm-meta next` what is to be done, runs that as a pipeline,
# collects how every member ended, and tries again or pauses. Processes are known by number and start time, so that
# what is left after a crash is recognised, and nobody else's process is ever touched.
set -u
umask 077
version='@VERSION@'

self=$0
beside=$(cd "$(dirname "$0")" && pwd)
if [ -x "$beside/dm-meta" ]; then
	PATH=$beside:$PATH
	self=$beside/$(basename "$0")
fi
export PATH

if [ -n "${DM_HOME:-}" ]; then
	home=$DM_HOME
elif [ "$(id -u)" -eq 0 ]; then
	home=/var/lib/dm
else
	home=${XDG_STATE_HOME:-${HOME:-}/.local/state}/dm
fi
case $home in /*) ;; *) home=$PWD/$home ;; esac
export DM_HOME="$home"

# The key that opens encrypted passwords. Every tool reads the variable, from any folder.
use_key() {
	DM_SECRET_KEY_FILE=$1
	case $DM_SECRET_KEY_FILE in /*) ;; *) DM_SECRET_KEY_FILE=$PWD/$DM_SECRET_KEY_FILE ;; esac
	export DM_SECRET_KEY_FILE
}
if [ -n "${DM_SECRET_KEY_FILE:-}" ]; then
	use_key "$DM_SECRET_KEY_FILE"
elif [ -n "${CREDENTIALS_DIRECTORY:-}" ] && [ -e "$CREDENTIALS_DIRECTORY/dm.key" ]; then	# systemd's
	use_key "$CREDENTIALS_DIRECTORY/dm.key"
elif [ -e "$home/secret.key" ]; then
	use_key "$home/secret.key"
fi

# Seconds. The first two are DM's checker's (see settle_checker), the third is how often one that stands by looks again; the last bounds
# how long a pipeline may drain when it is asked to stop.
backoff_min=${DM_BACKOFF_MIN:-1} backoff_factor=2 standby_max=10
drain_max=${DM_DRAIN_MAX:-60}

load_members='dm-dump dm-filter dm-route dm-load'
sync_members='dm-meta dm-relay dm-online-ddl dm-filter dm-route dm-sync'

# ---- saying things ----------------------------------------------------------------------------------------------------

say() {
	echo "dm: $*" >&2
}

die() {
	status=$1
	shift
	say "$*"
	exit "$status"
}

bad_usage() {
	die 64 "$*; try 'dm ${command:+$command }--help'"
}
