# shard-looks.bash - what shard-cases.bash looks at behind a step, and what it does to the pipelines.
# shellcheck shell=bash disable=SC2154,SC2034,SC2004,SC2016 # variables of the helpers and of the tests; keys of maps; conditions

declare -gA columns_of=()

# --- rows ---

# Everything that these sources have written by now is there.
settle_sources() {
	local n want=''

	[ $# -gt 0 ] || return 0
	mark=$((mark + 1))
	for n; do
		sql "$n" "INSERT INTO $db.beside_$n (v) VALUES ($mark)"
		want+="SELECT 1 FROM $db.beside_$n WHERE v = $mark UNION ALL "
	done
	wait_until "$patience" 'has_stopped '"$*"' || [ "$(sql down "'"${want% UNION ALL *}"'" | wc -l)" -eq '$#' ]' || fail "step $step"
	! has_stopped "$@" || fail "step $step: $(tail -n 2 s1.sync.err s2.sync.err)"
}

has_stopped() {
	local n

	for n; do pgrep -g "${pipeline[$n]}" -x dm-sync >/dev/null || return 0; done
	return 1
}

counts() {
	local case sql=''

	for case; do sql+=" UNION ALL SELECT '$case', COUNT(*) FROM $db.c${case,,}"; done
	[ -z "$sql" ] || sql down "${sql# UNION ALL}"
}

is_counted() {
	[[ ${loose[$1]} != *counts* && ${target[$1]-} != none ]]
}

# As many rows as may come, and no more.
assert_counts() {
	local case list=()

	: >counts.want
	for case; do
		is_counted "$case" || continue
		list+=("$case")
		printf '%s\t%s\n' "$case" "$(wanted_count "$case")" >>counts.want
	done
	wait_until "$patience" "counts ${list[*]} | cmp -s - counts.want" >/dev/null && return
	counts "${list[@]}" >counts.got
	for case in $(comm -23 <(LC_ALL=C sort counts.want) <(LC_ALL=C sort counts.got) | cut -f1); do
		complain "$case" "rows that are to be downstream: $(grep -w "^$case" counts.want), and are: $(grep -w "^$case" counts.got)"
	done
}

# put_selects CASE ...: of the rows of all shards, and of the targets, in the columns of the targets.
put_selects() {
	local case shard columns name

	while IFS=$'\t' read -r name columns; do columns_of[$name]=$columns; done < <(sql down "SET SESSION group_concat_max_len = 100000;
		SELECT CONCAT(table_schema, '.', table_name), GROUP_CONCAT(CONCAT('\`', column_name, '\`') ORDER BY column_name)
			FROM information_schema.columns WHERE table_schema LIKE '$db%' GROUP BY table_schema, table_name")
	truncate -s 0 s1.sql s2.sql down.sql
	for case; do
		columns=${columns_of[$db.c${case,,}]}
		echo "SELECT '$case', $columns FROM $db.c${case,,};" >>down.sql
		for shard in ${live[$case]}; do echo "SELECT '$case', $columns FROM ${name_of[$case,$shard]};" >>"s${shard:0:1}.sql"; done
	done
}

are_equal_rows() {
	put_selects "$@"
	{ sql s1 <s1.sql && sql s2 <s2.sql; } 2>rows.err | LC_ALL=C sort >rows.want
	sql down <down.sql 2>>rows.err | LC_ALL=C sort >rows.got
	[ ! -s rows.err ] && cmp -s rows.want rows.got
}

assert_equal_rows() {
	local case

	wait_until "$patience" "are_equal_rows $*" >/dev/null && return
	diff rows.want rows.got >rows.diff || :
	for case; do
		grep -P "^[<>] \Q$case\E\t" rows.diff >rows.of || continue
		complain "$case" "rows of shards (<) and target (>):"$'\n'"$(head -n 20 rows.of)"
	done
	[ ! -s rows.err ] || fail "step $step: $(cat rows.err)"
}

# --- structures ---

# describe SERVER SCHEMA-PATTERN: a line for each fact about each table, in words that all servers share.
describe() {
	local of="WHERE table_schema LIKE '$2' AND table_name LIKE 'c%'" name="CONCAT(table_schema, '.', table_name)"

	sql "$1" "SET SESSION group_concat_max_len = 100000;
		SELECT $name, CONCAT_WS(' ', 'column', column_name, column_type, is_nullable, IFNULL(column_default, 'NULL'), character_set_name,
			$([ "$up" != "$down" ] || echo 'collation_name,') extra, generation_expression) FROM information_schema.columns $of;
		SELECT $name, CONCAT_WS(' ', 'key', index_name, non_unique, GROUP_CONCAT(column_name ORDER BY seq_in_index))
			FROM information_schema.statistics $of GROUP BY table_schema, table_name, index_name, non_unique;
		SELECT $name, CONCAT('partition ', partition_name) FROM information_schema.partitions $of AND partition_name IS NOT NULL;
		SELECT $name, CONCAT('charset ', SUBSTRING_INDEX(table_collation, '_', 1)) FROM information_schema.tables $of" >described
	sed -E "s/int\([0-9]+\)/int/; s/current_timestamp(\(\))?/now/I; s/ DEFAULT_GENERATED//; s/(GENERATED) \(?(.*[^)])\)?$/\1 \2/
		s/ '(-?[0-9]*)'/ \1/; s/ +$//; s/utf8mb3/utf8/" described | LC_ALL=C sort
}

facts() {
	awk -F'\t' -v name="$2" '$1 == name { print $2 }' "$1"
}

# Each target is as each of its shards.
assert_equal_structures() {
	local case shard n

	for n in s1 s2 down; do describe $n "$db%" >$n.facts; done
	for case; do
		facts down.facts "$db.c${case,,}" >facts.got
		for shard in ${live[$case]}; do
			facts "s${shard:0:1}.facts" "${name_of[$case,$shard]}" | diff - facts.got >facts.diff ||
				complain "$case" "the target is not as shard $shard:"$'\n'"$(cat facts.diff)"
		done
	done
}

# Pessimistic, nothing of a target changes before the last shard has brought the statement.
assert_not_early() {
	local case now name fact
	declare -A found=()

	[ "$mode" = pessimistic ] || return 0
	describe down "$db" >down.facts
	while IFS=$'\t' read -r name fact; do found[$name]+="$fact; "; done <down.facts
	for case; do
		if ! is_counted "$case" || [[ ${loose[$case]} == *structure* ]]; then continue; fi
		now="$(done_by_all "$case") ${found[$db.c${case,,}]}"
		[ "${now%% *}" != "${structure[$case]%% *}" ] || [ "$now" = "${structure[$case]}" ] ||
			complain "$case" "the target was changed too early, from ${structure[$case]} to $now"
		structure[$case]=$now
	done
}

# --- pipelines ---

# launch SOURCE ...: until dm-sync is at work.
launch() {
	local n

	for n; do
		start "$n"
		wait_until "$patience" "pgrep -g ${pipeline[$n]} -x dm-sync >/dev/null || ! kill -0 ${pipeline[$n]}"
	done
}

running() {
	local n

	for n in s1 s2; do [ -z "${pipeline[$n]-}" ] || echo $n; done
}

# Where the statement starts that stopped the source.
error_place() {
	sed -n 's/.*startLocation: \[position: (\([^,]*\), \([0-9]*\)).*/\1:\2/p' "$1.sync.err" | tail -n 1
}

meta() {
	dm-meta "$@" -c t.yaml -S s1.yaml -S s2.yaml
}

lock_of() {
	meta lock list | jq -c '.[] | select(.ID == "t-`'"$db"'`.`'"c${1,,}"'`")'
}

# --- what a case says: look_WORD CASE TEXT WORD ... ---

look_columns() {
	[ "$(sql down "SELECT column_name FROM information_schema.columns WHERE table_schema = '$db' AND table_name = 'c${1,,}' ORDER BY 1" | paste -sd ' ')" = "$2" ]
}

look_down() {
	query=${2% == *} answer=${2##* == }
	query=${query//@/$db.c${1,,}}
	wait_until "$patience" '[ "$(sql down "$query" 2>&1 | tr "\t" " " | paste -sd ";")" = "$answer" ]' || fail "$(sql down "$query" 2>&1)"
}

look_count() {
	look_down "$1" "SELECT COUNT(*) FROM @ == $2"
}

# As sources, or as shards.
look_unsynced() {
	wanted=$2 locked=$1
	wait_until "$patience" '[ "$(unsynced_of "$locked")" = "$wanted" ]' || fail "$(lock_of "$1")"
}

unsynced_of() {
	lock_of "$1" | jq -r '.unsynced | join(" ")' | sed -E "s/s([12])-\`$db([0-9])\`\.\`c[a-z_0-9]*_([0-9])\`/\1\2\3/g"
}

look_no() {
	locked=$1
	wait_until "$patience" '[ -z "$(lock_of "$locked")" ]' || fail "$(lock_of "$1")"
}

# says SOURCE: a line of its log about this case.
look_says() {
	about=c${1,,} source=$3 wanted=$2
	wait_until "$patience" 'grep -F -e "$about" "$source.sync.err" | grep -qF -e "$wanted"' || fail "$(tail -n 3 "$3.sync.err")"
}

# logs SOURCE SDT: the same, with names as that shard has them.
look_logs() {
	source=$3
	spell "$1" "$4" "$2"
	wait_until "$patience" 'grep -qF -e "$spelled" "$source.sync.err"' || fail "$(tail -n 3 "$3.sync.err")"
}

# stops SOURCE CODE: with an error that says this.
look_stops() {
	local line

	wait_until "$patience" "! pgrep -g ${pipeline[$3]} -x dm-sync >/dev/null" || fail "source $3 still runs: $(tail -n 3 "$3.sync.err")"
	stop "$3"	# the others notice when they write next
	line=$(grep ' error ' "$3.sync.err" | tail -n 1)
	[[ $line == *" error $4 "*"$2"* ]] || fail "it has stopped with: $line"
}

look_skip() {
	meta error skip "$(error_place "$3")" -s "$3" && launch "$3"
}

# replace SOURCE SDT
look_replace() {
	spell "$1" "$4" "$2"
	meta error replace "$(error_place "$3")" "$spelled" -s "$3" && launch "$3"
}

# schema SDT: the structure that its source is to know, or where it is to be taken from.
look_schema() {
	local name=${name_of[$1,$3]}

	case $2 in
	--*)	meta schema set "${name%.*}" "${name#*.}" "$2" -s "s${3:0:1}" ;;
	*)	echo "CREATE TABLE t $2" | meta schema set "${name%.*}" "${name#*.}" -s "s${3:0:1}" ;;
	esac
}

# unlock SDT: skip or exec; all: pessimistic.
look_unlock() {
	local name

	if [ "$3" = all ]; then
		meta lock unlock "t-\`$db\`.\`c${1,,}\`"
		return
	fi
	name=${name_of[$1,$3]}
	meta lock unlock "t-\`$db\`.\`c${1,,}\`" -s "s${3:0:1}" --database "${name%.*}" --table "${name#*.}" --action "$2"
}

look_manual() {
	sql down "${2//@/$db.c${1,,}}"
}

look_restart() {
	local n

	for n in $2; do
		if [ "$n" = down ]; then
			kill_server down
			restart_server down
		else
			[ -z "${pipeline[$n]-}" ] || stop "$n"
			launch "$n"
		fi
	done
}

look_kill() {
	local n

	for n in $2; do kill_all "$n"; done
}

look_stop() {
	local n

	for n in $2; do stop "$n"; done
}

look_start() {
	# shellcheck disable=SC2086 # words
	launch $2
}

look_resolved() {
	note_statement "$1" "${live[$1]##* }" resolves ''
}

# What can be said of many cases at once is.
look_at_step() {
	local case line word text same=() equal=()

	settle_step "$@"
	for case; do
		while IFS= read -r line; do
			case $line in
			'')	continue ;;
			equal)	equal+=("$case") same+=("$case") && continue ;;
			equal\ rows)
				equal+=("$case") && continue ;;
			*': '*)	word=${line%%: *} text=${line#*: } ;;
			*)	word=$line text='' ;;
			esac
			# shellcheck disable=SC2086 # words
			"look_${word%% *}" "$case" "$text" ${word#"${word%% *}"} >said 2>&1 || complain "$case" "$line: $(cat said)"
		done <<<"${looks[$case,$step]-}"
	done
	[ ${#equal[@]} -eq 0 ] || assert_equal_rows "${equal[@]}"
	[ ${#same[@]} -eq 0 ] || assert_equal_structures "${same[@]}"
}

# A source that is to stop is not waited for.
settle_step() {
	local case stops='' n list=()

	for case; do stops+=$(sed -n 's/^stops \(s[12]\).*/ \1/p' <<<"${looks[$case,$step]-}"); done
	for n in $(running); do [[ $stops == *$n* ]] || list+=("$n"); done
	settle_sources "${list[@]}"
	[ ${#list[@]} -eq 2 ] || return 0
	assert_counts "$@"
	assert_not_early "$@"
}
