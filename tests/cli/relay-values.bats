#!/usr/bin/env bats
# relay-values.bats - what dm-relay makes of real logs is what another decoder found in them, row by row; see tests/oracle/listed.
# shellcheck disable=SC2154 # variables of the helpers

setup() {
	load lib
	cli_setup
	oracle="$DM_ROOT/tests/oracle"
	logs="$DM_ROOT/tests/data/binlogs"
}

# Compares the log NAME with its list; what was compared is added to the file compared.
compare() {
	local refused=

	run_tool dm-relay "$logs/$1" </dev/null
	if [ -e "$logs/$1.err" ]; then
		refused=refused
	else
		assert_status 0
	fi
	"$oracle/listed" "$logs/$1.listed" out $refused >now || { echo "$1"; return 1; }
	cat now >>compared
}

@test "every row of the real logs has the values that their lists have, up to where a log must be refused" {
	for list in "$logs"/*/*.listed; do
		name=${list#"$logs"/}
		compare "${name%.listed}"
	done
	[ "$(awk '{ n += $1 } END { print n }' compared)" -ge 200 ]
	[ "$(awk '{ n += $3 } END { print n }' compared)" -ge 1800 ]
}

@test "a list that has another value, a row more or a row less is not the same" {
	name=mysql-9.7.4/mysql-bin.000008
	run_tool dm-relay "$logs/$name" </dev/null
	"$oracle/listed" "$logs/$name.listed" out
	# one of each kind: integer, unsigned, float, decimal, bit, text, bytes, ENUM, SET, times, geometry, NULL
	for change in 's/(id=3, t1=-1/(id=3, t1=-2/' 's/t2=128/t2=127/' 's/f1=0.100000001/f1=0.100000009/' 's/n3=-0.12345/n3=-0.12344/' \
		"s/bi2=b'101010101'/bi2=b'101010100'/" "s/c2='.u0436'/c2='x'/" "s/c3=x'e9'/c3=x'e8'/" "s/c6='a.x00b/c6='ab/" \
		's/e1=3/e1=2/' 's/st=261/st=260/' "s/t6='-12:34:56.789123'/t6='12:34:56.789123'/" 's/ts2=1.01/ts2=1.02/' \
		"s/d='2024-00-00'/d='2024-00-01'/" "s/dt3='0001-01-01 00:00:00.001'/dt3='0001-01-01 00:00:00.010'/" \
		's/ls=geom:0000000001/ls=geom:0100000001/' 's/g=NULL/g=geom:00/' 's/t1=NULL/t1=0/' '0,/(id=2, t1=127/{/(id=2, t1=127/d}' \
		's/^ *(id=2, c1=.*/&\n&/'; do
		sed "$change" "$logs/$name.listed" >list
		! cmp -s list "$logs/$name.listed" || { echo "nothing was changed by $change"; return 1; }
		! "$oracle/listed" list out >/dev/null 2>differences || { echo "not seen: $change"; return 1; }
		[ -s differences ]
	done
}
