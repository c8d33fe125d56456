#!/usr/bin/env bats
# relay-oracle.bats - what dm-relay makes of a log, beside what others know of it: the values that the server's own tool prints (see
# tests/oracle/printed), for the logs of the test data and for random tables; what the server itself has, for logs that it compressed
# and for rows that are larger than a packet.
# shellcheck disable=SC2154 # variables of the helpers

setup_file() {
	load lib
	start_servers maria=mariadb my=mysql
	start_server old mysql-5.6 || :
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	oracle="$DM_ROOT/tests/oracle"
}

# printed_by maria|my LOG ...: what that family's tool prints, in the file printed; its status is kept
printed_by() {
	local tool=mariadb-binlog

	[ "$1" = maria ] || tool="$("$servers/mysql-get" --cached)/run/mysqlbinlog"
	shift
	printed=0
	"$tool" --no-defaults --base64-output=decode-rows -vv "$@" >printed 2>printed.err || printed=$?
}

@test "the values of the logs of the test data are those that the servers' tools print" {
	logs="$DM_ROOT/tests/data/binlogs"
	for log in "$logs"/m*[0-9]/mysql-bin.[0-9][0-9][0-9][0-9][0-9][0-9]; do
		options=()
		[ ! -e "$log.err" ] || options+=(--refused)
		case $log in
		*/mysql-5.6.24/*9|*/mariadb-*) printed_by maria "$log" ;;	# mysqlbinlog 9 does not read rows of the first kind
		*) printed_by my "$log" ;;
		esac
		case $log in
		*/mariadb-10.11.19/*4) options+=(--cut) && [ "$printed" -ne 0 ] ;;	# old temporal types with fractions
		*) [ "$printed" -eq 0 ] || { cat printed.err; return 1; } ;;
		esac
		run_tool dm-relay "$log" </dev/null
		"$oracle/printed" printed out "${options[@]}" >now || { echo "$log"; return 1; }
		cat now >>compared
	done
	[ "$(awk '{ n += $3 } END { print n }' compared)" -ge 1700 ]
}

@test "a value that differs from what is printed is seen" {
	log="$DM_ROOT/tests/data/binlogs/mysql-9.7.4/mysql-bin.000008"
	printed_by my "$log"
	run_tool dm-relay "$log" </dev/null
	"$oracle/printed" printed out
	for change in 's/@3=-1 (255)/@3=-2 (254)/' 's/@12=-1.5e+10/@12=-1.5001e+10/' 's/@19=b.0000010100000001/@19=b'\''0000010100000011/' \
		"s/@7='a.x00b/@7='a\\\\\\\\x01b/" 's/@5=.-12:34:56/@5='\''12:34:56/' '/^### DELETE/,+2d' 's/@15=1709210096.78/@15=1709210095.78/'; do
		sed "$change" printed >other
		! cmp -s other printed || { echo "nothing was changed by $change"; return 1; }
		! "$oracle/printed" other out >/dev/null 2>differences || { echo "not seen: $change"; return 1; }
	done
}

# random NAME KIND SEED ...: random tables and changes at that server, its logs, and both readings of them
random() {
	local name=$1 kind=$2 tool=my judge=my seed	# a 5.6 converts ',' to armscii8's AB where other text stands before it

	[ "$name" != maria ] || tool=maria judge=maria
	shift 2
	for seed; do
		sql "$name" 'FLUSH LOGS'
		first=$(sql "$name" 'SHOW BINARY LOGS' | tail -n 1 | cut -f 1)
		mkdir -p "$seed"
		"$DM_ROOT/tests/soak/generate" "$seed" "$kind" "$kind" "$seed"
		sql "$name" "CREATE DATABASE soak_$seed CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
		for part in 1-create 2-rows 3-changes 4-changes; do
			mariadb --no-defaults --skip-ssl --default-character-set=utf8mb4 --binary-mode --force -uroot --socket="$(socket "$name")" \
				"soak_$seed" <"$seed/$part.sql" >/dev/null 2>>refused || :	# as users' statements may, some fail
		done
		sql "$name" 'FLUSH LOGS'
		mapfile -t logs < <(sql "$name" 'SHOW BINARY LOGS' | cut -f 1 | sed -n "/^$first\$/,\$p" |
			sed '$d' | sed "s,^,$BATS_FILE_TMPDIR/$name/data/,")
		printed_by $tool "${logs[@]}"
		[ "$printed" -eq 0 ] || { cat printed.err; return 1; }
		run_tool dm-relay "${logs[@]}" </dev/null
		assert_status 0
		"$oracle/printed" printed out --server "$(socket "$judge")" >now || { echo "seed $seed"; return 1; }
		cat now >>compared
		sql "$name" "DROP DATABASE soak_$seed"
	done
	cat compared
	[ "$(awk '{ n += $3 } END { print n }' compared)" -ge 1000 ]
}

@test "random tables of MariaDB: dm-relay and mariadb-binlog read the same values" {
	random maria mariadb 11
}

@test "random tables of MySQL: dm-relay and mysqlbinlog read the same values" {
	random my mysql 21
}

@test "random tables of MySQL 5.6: dm-relay and mysqlbinlog read the same values" {
	[ -e "$BATS_FILE_TMPDIR/old/port" ] || skip "no MySQL 5.6"
	random old mysql-5.6 31
}

# place NAME: the log that is written now, and no event in it
place() {
	sql "$1" 'FLUSH BINARY LOGS'
	echo "$(sql "$1" 'SHOW BINARY LOGS' | tail -n 1 | cut -f 1):4"
}

# relay NAME PLACE: from the server, into the file out; and from its files, into the file filed
relay() {
	sql "$1" 'FLUSH BINARY LOGS'
	file="$BATS_FILE_TMPDIR/$1/data/${2%:*}"
	run_tool dm-relay -u root --socket "$(socket "$1")" --start "$2" --until caught-up </dev/null
	assert_status 0
	cp out live
	run_tool dm-relay "$file" </dev/null
	assert_status 0
}

# One line a row: how many rows a line has is nobody's business.
rows_in() {
	jq -c 'select(.rows) | . as $l | .rows | to_entries[] | [$l.type, $l.table, $l.seq + .key, .value]' "$1"
}

# has_type TYPE: in the log file
has_type() {
	"$oracle/edit-log" --list "$file" | cut -d' ' -f2 | grep -qx "$1"
}

@test "AT-08: a transaction says the same with and without payload, at every level, with and without checksums" {
	for checksum in CRC32 NONE; do
		for set in 'SESSION binlog_transaction_compression = OFF' 'SESSION binlog_transaction_compression = ON' \
			'SESSION binlog_transaction_compression = ON, binlog_transaction_compression_level_zstd = 1' \
			'SESSION binlog_transaction_compression = ON, binlog_transaction_compression_level_zstd = 22' \
			'GLOBAL binlog_transaction_compression = ON'; do
			sql my "SET GLOBAL binlog_checksum = $checksum; DROP DATABASE IF EXISTS zip"
			start=$(place my)
			case $set in
			GLOBAL*) session='' && sql my "SET $set" ;;	# of the sessions that follow
			*) session="SET $set;" ;;
			esac
			sql my "$session CREATE DATABASE zip; USE zip;
				CREATE TABLE t (a INT PRIMARY KEY, b LONGTEXT); INSERT INTO t VALUES (1, REPEAT('abc', 100000)), (2, 'x');
				BEGIN; UPDATE t SET b = CONCAT(b, a); DELETE FROM t WHERE a = 2; INSERT INTO t VALUES (3, 'é'); COMMIT"
			sql my 'SET GLOBAL binlog_transaction_compression = OFF'
			sql my 'INSERT INTO zip.t VALUES (4, NULL)'
			relay my "$start"
			rows_in live >got
			[ -e want ] || cp got want
			cmp want got
			rows_in out | cmp want -
			case $set in *OFF) ! has_type 40 ;; *) has_type 40 && has_type 30 ;; esac
		done
	done
	sql my 'SET GLOBAL binlog_checksum = CRC32'
	[ "$(jq -c '.[0:3]' want | paste -sd' ')" = \
		'["insert","t",0] ["insert","t",1] ["update","t",0] ["update","t",1] ["delete","t",2] ["insert","t",3] ["insert","t",0]' ]
}

# HUGE_MIB=1100 makes one of more than a GiB.
@test "AT-08: one payload of a hundred MiB takes no more memory than a row of it needs" {
	mib=${HUGE_MIB:-128}
	start=$(place my)
	sql my "DROP DATABASE IF EXISTS huge; CREATE DATABASE huge; USE huge; CREATE TABLE t (a INT PRIMARY KEY, b LONGTEXT);
		SET SESSION binlog_transaction_compression = ON, cte_max_recursion_depth = 100000;
		INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $mib * 4)
			SELECT i, CONCAT(REPEAT(SHA2(i, 256), 4095), i) FROM n"
	sql my 'FLUSH BINARY LOGS'
	file="$BATS_FILE_TMPDIR/my/data/${start%:*}"
	has_type 40 && ! has_type 30
	[ "$(stat -c %s "$file")" -lt $((mib * 20000)) ]
	for from in "$file" "-u root --socket $(socket my) --start $start --until caught-up"; do
		# shellcheck disable=SC2086 # words
		command time -f %M -o rss dm-relay $from </dev/null 2>err |
			jq -r 'select(.rows) | .rows[] | "\(.[0]) \(.[1] | length) \(.[1][-40:])"' >got
		[ "$(wc -l <got)" -eq $((mib * 4)) ]
		[ "$(cat rss)" -lt 65536 ] || { echo "$(cat rss) KiB"; return 1; }
		sql my 'SELECT a, CHAR_LENGTH(b), RIGHT(b, 40) FROM huge.t ORDER BY a' | tr '\t' ' ' | cmp - got
	done
	sql my 'DROP DATABASE huge'
}

@test "AT-09: MariaDB's compressed events, above and below the length from which it compresses, hide nothing" {
	sql maria 'SET GLOBAL log_bin_compress = ON, GLOBAL log_bin_compress_min_len = 100; DROP DATABASE IF EXISTS zip'
	start=$(place maria)
	sql maria "CREATE DATABASE zip; USE zip; CREATE TABLE t (a INT PRIMARY KEY, b LONGTEXT, c VARCHAR(200) DEFAULT '$(printf 'd%.0s' {1..150})');
		INSERT INTO t VALUES (1, 'x', ''); INSERT INTO t VALUES (2, REPEAT('y', 99), ''), (3, REPEAT('z', 200000), 'c');
		UPDATE t SET b = 'short', c = 'u' WHERE a = 1; UPDATE t SET b = REPEAT('w', 500) WHERE a = 1;
		DELETE FROM t WHERE a = 2; INSERT INTO t VALUES (4, '', ''); DELETE FROM t WHERE a = 4; DELETE FROM t; ALTER TABLE t ADD d INT"
	sql maria 'SET GLOBAL log_bin_compress = OFF, GLOBAL log_bin_compress_min_len = 256'
	relay maria "$start"
	for type in 2 165 23 24 25 166 167 168; do
		has_type $type || { echo "the log has no event of type $type"; return 1; }
	done
	run ! grep -qi 'dummy' live out
	rows_in live >got
	rows_in out | cmp got -
	jq -r '[.[0], .[2]] + (.[3] | flatten | map(if type == "string" then length else . end)) | join(" ")' got >lengths
	diff - lengths <<-'END'
		insert 0 1 1 0
		insert 0 2 99 0
		insert 1 3 200000 1
		update 0 1 1 0 1 5 1
		update 0 1 5 1 1 500 1
		delete 0 2 99 0
		insert 0 4 0 0
		delete 0 4 0 0
		delete 0 1 500 1
		delete 1 3 200000 1
	END
	[ "$(jq -r 'select(.type == "ddl") | .kind' live | paste -sd, -)" = "create database,create table,alter table" ]
}

@test "AT-45: a row larger than a packet is read, from the server and from its file" {
	for name in maria my; do
		sql $name 'SET GLOBAL max_allowed_packet = 1073741824; DROP DATABASE IF EXISTS large'
		start=$(place $name)
		sql $name "CREATE DATABASE large CHARACTER SET utf8mb4; USE large; CREATE TABLE t (a INT, b LONGBLOB, c LONGTEXT);
			INSERT INTO t VALUES (1, REPEAT(UNHEX('00ff27'), 6 << 20), REPEAT('ж', 4 << 20)); UPDATE t SET a = 2"
		relay $name "$start"
		for stream in live out; do
			jq -r 'select(.type == "insert") | .rows[0][1]' $stream | base64 -d | sha256sum | cut -d' ' -f1
			jq -j 'select(.type == "update") | .rows[0][1][2]' $stream | sha256sum | cut -d' ' -f1
		done >got
		sql $name 'SELECT SHA2(b, 256), SHA2(c, 256) FROM large.t' | tr '\t' '\n' >want
		cat want want | cmp - got
		sql $name 'DROP DATABASE large'
	done
}
