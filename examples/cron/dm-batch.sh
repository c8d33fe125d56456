#!/bin/sh
# dm-batch - brings one task up to date, for cron, which mails what is said: nothing where all went well
#
# usage: dm-batch FILE|TASK [OPTION of `dm run` ...]
#
# While an earlier call for the same task still works there is nothing to do: that ends with 75, and without a word. What takes longer
# than DM_BATCH_MAX seconds (3000) is told to stop, behind the transactions that are open; the next call goes on from there.
# Exit status: that of `dm run`; 75 where it is to be tried again, as the next call does.
set -u

[ $# -ge 1 ] || { echo "usage: dm-batch FILE|TASK [OPTION ...]" >&2; exit 64; }
task=${1##*/}
export DM_HOME="${DM_HOME:-/var/lib/dm}"
mkdir -p "$DM_HOME" && exec 9>"$DM_HOME/batch-${task%.yaml}.lock" || exit 74
flock -n 9 || exit 75

said=$(mktemp) || exit 74
trap 'rm -f "$said"' EXIT
status=0
timeout --kill-after=200 "${DM_BATCH_MAX:-3000}" dm run --until caught-up "$@" >"$said" 2>&1 9>&- || status=$?
case $status in
0)	exit 0 ;;
124|137)
	echo "dm-batch: $task was not up to date within ${DM_BATCH_MAX:-3000} s; the next call goes on. What it said last:"
	status=75 ;;
*)	echo "dm-batch: dm run $* ended with status $status (see EXIT STATUS in dm(7)). What it said last:" ;;
esac
tail -n 50 "$said"
exit "$status"
