# shellcheck shell=sh
# compare.sh - is a table downstream what its upstream tables are together? Sourced by examples/lib.sh and demo/run
#
# Uses `sql SERVER STATEMENT`, which prints rows without headings, and the folder $tmp. Sets different=yes where it is not.
# shellcheck disable=SC2154,SC2034 # tmp is theirs, and they read different

# compare TABLE SERVER:TABLE ...: downstream's table against all rows of the others, in the columns that the first of these has.
# With condition set only rows for which it holds are looked at, at both ends.
compare() {
	table=$1
	shift
	columns=$(sql "${1%%:*}" "SET group_concat_max_len = 1000000; SELECT GROUP_CONCAT('\`', column_name, '\`' ORDER BY column_name) FROM information_schema.columns
		WHERE CONCAT(table_schema, '.', table_name) = '${1#*:}'")
	for part; do
		sql "${part%%:*}" "SELECT $columns FROM ${part#*:} WHERE ${condition:-TRUE}" || return
	done | LC_ALL=C sort >"$tmp/want"
	sql down "SELECT $columns FROM $table WHERE ${condition:-TRUE}" >"$tmp/rows" || {
		printf '%-22s cannot be read downstream\n' "$table"
		different=yes
		return
	}
	LC_ALL=C sort "$tmp/rows" >"$tmp/got"
	want=$(sha256sum <"$tmp/want" | cut -c 1-16) got=$(sha256sum <"$tmp/got" | cut -c 1-16)
	if [ "$want" = "$got" ]; then verdict=equal; else verdict=DIFFERENT different=yes; fi
	printf '%-22s %8d rows upstream  %8d downstream   %s %s  %s\n' "$table" "$(wc -l <"$tmp/want")" "$(wc -l <"$tmp/got")" \
		"$want" "$got" "$verdict"
}
