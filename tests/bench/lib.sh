# shellcheck shell=sh
# shellcheck disable=SC2034
# Sourced by the benches: a scratch folder, a server, and timing in pairs.

bin=${DM_BIN:-$(cd ../.. && pwd)/build/bin}
servers=$(cd ../servers && pwd)
scratch=$(mktemp -d)
started=

clean_up()
{
	for dir in $started; do
		"$servers/server" stop "$dir" || :
	done
	rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# start_server KIND NAME [OPTION ...]: sets $socket
start_server()
{
	kind=$1
	dir=$scratch/$2
	shift 2
	"$servers/server" start "$kind" "$dir" "$@"
	started="$started $dir"
	socket=$dir/socket
}

# time_once COMMAND: prints "seconds peak-KiB"
time_once()
{
	/usr/bin/time -f '%e %M' -o "$scratch/time" sh -c "$1" >/dev/null 2>"$scratch/stderr" ||
		{ cat "$scratch/stderr" >&2; return 1; }
	tail -n 1 "$scratch/time"
}

# pair ROUNDS OURS PEER: medians of both, of the ratio peer/ours, and our peak memory
pair()
{
	i=0
	: >"$scratch/pairs"
	while [ "$i" -lt "$1" ]; do
		ours=$(time_once "$2")
		peer=$(time_once "$3")
		echo "$ours $peer" >>"$scratch/pairs"
		i=$((i + 1))
	done
	awk '
		function median(a, n,   i, j, t) {
			for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
			return a[int((n + 1) / 2)]
		}
		{ o[NR] = $1; p[NR] = $3; r[NR] = $3 / ($1 > 0 ? $1 : 0.001); if ($2 > m) m = $2 }
		END { printf "ours %.2f s, peer %.2f s, peer/ours %.2f, our peak %.1f MiB, %d rounds\n",
			median(o, NR), median(p, NR), median(r, NR), m / 1024, NR }' "$scratch/pairs"
}
