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

# start_rows: a server with a log of 2 million rows as sysbench writes them, sets $log
start_rows()
{
	start_server mariadb up --max-binlog-size=1G --innodb-flush-log-at-trx-commit=0 --sync-binlog=0
	mariadb -u root --skip-ssl -S "$socket" <<'SQL'
CREATE DATABASE sb;
USE sb;
CREATE TABLE sbtest1 (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL DEFAULT 0,
	c CHAR(120) NOT NULL DEFAULT '', pad CHAR(60) NOT NULL DEFAULT '', KEY k_1 (k));
FLUSH BINARY LOGS;
DELIMITER //
FOR i IN 1 .. 200 DO
	INSERT INTO sbtest1 (k, c, pad)
		SELECT 1 + RAND(seq) * 999999, CONCAT_WS('-', LPAD(seq * 7919 % 99999999999, 11, '0'), LPAD(seq, 11, '3'), REPEAT('5', 90)),
			CONCAT_WS('-', LPAD(seq * 104729 % 99999999999, 11, '0'), REPEAT('7', 40)) FROM seq_1_to_10000;
END FOR //
DELIMITER ;
FLUSH BINARY LOGS;
SQL
	log=$(find "$scratch/up" -name 'mysql-bin.0*' -size +100M | head -n 1)
}

# time_once COMMAND: prints "seconds peak-KiB cpu-seconds"
time_once()
{
	/usr/bin/time -f '%e %M %U %S' -o "$scratch/time" sh -c "$1" >/dev/null 2>"$scratch/stderr" ||
		{ cat "$scratch/stderr" >&2; return 1; }
	awk 'END { print $1, $2, $3 + $4 }' "$scratch/time"
}

# pair ROUNDS OURS PEER: medians of both, of the ratio peer/ours, also of processor time, and our peak memory
pair()
{
	i=0
	: >"$scratch/pairs"
	while [ "$i" -lt "$1" ]; do
		our_time=$(time_once "$2")
		peer_time=$(time_once "$3")
		echo "$our_time $peer_time" >>"$scratch/pairs"
		i=$((i + 1))
	done
	awk '
		function median(a, n,   i, j, t) {
			for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
			return a[int((n + 1) / 2)]
		}
		function ratio(a, b) { return a / (b > 0 ? b : 0.001) }
		{ o[NR] = $1; p[NR] = $4; r[NR] = ratio($4, $1); c[NR] = $3; d[NR] = $6; q[NR] = ratio($6, $3); if ($2 > m) m = $2 }
		END {
			printf "ours %.2f s, peer %.2f s, peer/ours %.2f, our peak %.1f MiB, %d rounds\n",
				median(o, NR), median(p, NR), median(r, NR), m / 1024, NR
			printf "processor: ours %.2f s, peer %.2f s, peer/ours %.2f\n", median(c, NR), median(d, NR), median(q, NR)
		}' "$scratch/pairs"
}
