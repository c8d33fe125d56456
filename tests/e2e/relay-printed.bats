#!/usr/bin/env bats
# relay-printed.bats - what dm-relay makes of a log, and what the server's own tool prints of it, are the same values; see
# tests/oracle/printed. For the logs of the test data, and for random tables on real servers.
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
