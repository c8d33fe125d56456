# shard-cases.bash - reads the tables of shard-cases/*.txt (see README there) and runs their cases, as many as possible side by side.
# shellcheck shell=bash disable=SC2154,SC2034,SC2004 # variables of the helpers and of the tests; keys of maps
#
# Every case has a target of its own, so its shards are a group of their own; all cases of a mode share two sources, one task and two
# pipelines. They go on step by step: the statements of step K of all cases are run upstream, with rows on every shard behind them;
# all that may come is waited for; and what each case says of that step is looked at. So the DDL of several shards comes in the
# order of the table, and yet a case costs next to nothing.

# Of a case: what the table says.
declare -gA title=() alike=() table=() target=() shards=() rows=() with=() loose=() steps=() looks=() n_steps=()
# Of a shard, CASE,SDT: its name and row now, and what was done to it.
declare -gA name_of=() row=() newest=() older=() brought=() waits=() held=()
declare -gA wrote=()	# CASE,SDT,N: rows written when it had brought N statements
# Of a case: the shards that are there, and that were; the rows that are to be seen; the last number; the target's structure.
declare -gA live=() gone=() shown=() number=() structure=() failed=()
declare -ga cases=()
declare -g step=0

# --- reading ---

# read_cases FILE ...: those of $mode.
read_cases() {
	local line case='' word

	while IFS= read -r line; do
		line=${line#"${line%%[![:space:]]*}"}
		[[ -n $line && $line != \#* ]] || continue
		if [[ $line =~ ^(pessimistic|optimistic)\|\ *(.*)$ ]]; then
			[ "${BASH_REMATCH[1]}" = "$mode" ] || continue
			line=${BASH_REMATCH[2]}
		fi
		word=${line%%[: ]*}
		case $word in
		case)	case=${line#case } case=${case%%:*}
			cases+=("$case")
			title[$case]=${line#*: } shards[$case]='111 211 212' n_steps[$case]=0 loose[$case]='' rows[$case]=- ;;
		table|target|shards|rows|with|loose)
			declare -n told=$word
			told[$case]=${line#*: } ;;
		alike)	alike[$case]=1 ;;
		why)	;;
		each|+each|[0-9][0-9][0-9]|+[0-9][0-9][0-9])
			read_statement "$case" "${line%%: *}" "${line#*: }" ;;
		*)	looks[$case,${n_steps[$case]}]+="$line"$'\n' ;;
		esac
	done < <(cat "$@")
}

# read_statement CASE HEAD STATEMENT: a step, or with a + more of the step before; `each` is a step for every shard.
read_statement() {
	local case=$1 head=$2 text=$3 shard flags at all=${shards[$1]}

	if [[ $head != *each* ]]; then
		[[ $head == +* ]] || n_steps[$case]=$((n_steps[$case] + 1))
		steps[$case,${n_steps[$case]}]+="${head#+}"$'\t'"$text"$'\n'
		return
	fi
	at=${n_steps[$case]}
	# shellcheck disable=SC2086 # words
	[[ $head != +* ]] || at=$((at - $(set -- $all; echo $#)))
	for shard in $all; do
		flags=${head#*each}
		[[ $flags != *waits* || $flags == *forever* || $shard != "${all##* }" ]] || flags+=' resolves'
		at=$((at + 1))
		steps[$case,$at]+="$shard$flags"$'\t'"$text"$'\n'
	done
	n_steps[$case]=$at
}

# --- the tables and the task ---

table_of() {
	echo "$db${2:1:1}.c${1,,}_${2:2:1}"
}

target_of() {
	echo "$db.c${1,,}"
}

in_parentheses() {
	case $1 in \(*) echo "$1" ;; *) echo "($1)" ;; esac
}

add_shard() {
	brought[$1,$2]=$(done_by_all "$1")
	name_of[$1,$2]=$(table_of "$1" "$2")
	row[$1,$2]=${rows[$1]} newest[$1,$2]='' older[$1,$2]='' waits[$1,$2]='' held[$1,$2]=0
	live[$1]+=" $2"
}

# All cases, at both ends; and the task, which starts behind that.
prepare_cases() {
	local case shard n i

	for n in s1 s2; do
		echo "CREATE DATABASE $db CHARACTER SET utf8mb4; CREATE TABLE $db.beside_$n (id INT AUTO_INCREMENT PRIMARY KEY, v INT);" >$n.sql
		for i in 1 2 3 4 5 6; do echo "CREATE DATABASE $db$i CHARACTER SET utf8mb4;"; done >>$n.sql
	done
	echo "CREATE DATABASE $db CHARACTER SET utf8mb4; CREATE TABLE $db.beside_s1 (id INT AUTO_INCREMENT PRIMARY KEY, v INT);
		CREATE TABLE $db.beside_s2 LIKE $db.beside_s1;" >down.sql
	for case in "${cases[@]}"; do
		live[$case]='' gone[$case]='' shown[$case]=0 number[$case]=0
		for shard in ${shards[$case]}; do
			echo "CREATE TABLE $(table_of "$case" "$shard") $(in_parentheses "${table[$case]}");" >>"s${shard:0:1}.sql"
			add_shard "$case" "$shard"
		done
		[ "${target[$case]-}" = none ] ||
			echo "CREATE TABLE $(target_of "$case") $(in_parentheses "${target[$case]-${table[$case]}}");" >>down.sql
	done
	for n in s1 s2 down; do sql $n <$n.sql; done
	write_task
}

merged_cases() {
	local case

	for case in "${cases[@]}"; do
		[ "${target[$case]-}" = none ] || echo "$case"
	done
}

write_task() {
	local case n log pos

	task_file t <<-END
		task-mode: incremental
		$([ "$mode" = none ] || echo "shard-mode: ${mode#strict-}")
		$([ "$mode" != strict-optimistic ] || echo "strict-optimistic-shard-mode: true")
		meta-schema: m_$db
		$(target down)
		block-allow-list: {a: {do-dbs: ["$db*"]}}
		routes:
		$(for case in $(merged_cases); do
			echo "  r$case: {schema-pattern: \"$db*\", table-pattern: \"c${case,,}_*\", target-schema: \"$db\", target-table: \"c${case,,}\"}"
		done)
		mysql-instances:
		$(for n in s1 s2; do
			read -r log pos _ < <(sql $n 'SHOW MASTER STATUS' 2>/dev/null || sql $n 'SHOW BINARY LOG STATUS')
			echo "- {source-id: $n, meta: {binlog-name: $log, binlog-pos: $pos}, block-allow-list: a, route-rules: [$(merged_cases | sed 's/^/r/' | paste -sd,)]}"
		done)
	END
	for n in s1 s2; do source_file $n $n; done
}

# --- a step ---

# How many statements all shards of a case have brought.
done_by_all() {
	local shard least=''

	for shard in ${live[$1]}; do
		if [ -z "$least" ] || [ "${brought[$1,$shard]}" -lt "$least" ]; then least=${brought[$1,$shard]}; fi
	done
	echo "${least:-0}"
}

# count_row CASE SDT HOW-MANY: rows came, or went.
count_row() {
	local key=$1,$2

	wrote[$key,${brought[$key]}]=$((${wrote[$key,${brought[$key]}]-0} + $3))
	if [ -n "${waits[$key]}" ]; then
		held[$key]=$((held[$key] + $3))
	else
		shown[$1]=$((shown[$1] + $3))
	fi
}

# What may be downstream now: pessimistic, the rows up to the last statement that all have brought; else all but those of shards of
# which the table says that they wait.
wanted_count() {
	local shard i sum=0 least

	[ "$mode" = pessimistic ] || { echo "${shown[$1]}"; return; }
	least=$(done_by_all "$1")
	# shellcheck disable=SC2086 # words
	for shard in $(printf '%s\n' ${live[$1]} ${gone[$1]} | sort -u); do
		for ((i = 0; i <= least; i++)); do sum=$((sum + ${wrote[$1,$shard,$i]-0})); done
	done
	echo "$sum"
}

# note_statement CASE SDT FLAGS STATEMENT: what it means for those that wait.
note_statement() {
	local case=$1 key=$1,$2 flags=$3 other

	[[ $flags != *new* ]] || add_shard "$case" "$2"
	[[ ! $4 =~ ^(ALTER|CREATE (UNIQUE )?INDEX|DROP INDEX) ]] || brought[$key]=$((brought[$key] + 1))
	[[ $flags != *waits* ]] || waits[$key]=1
	[[ ! $flags =~ (-?[0-9]+)\ rows ]] || count_row "$case" "$2" "${BASH_REMATCH[1]}"
	[[ ! $flags =~ now\ ([0-9]+) ]] || name_of[$key]=$(table_of "$case" "${BASH_REMATCH[1]}")
	if [[ $flags == *gone* ]]; then
		live[$case]=${live[$case]/ $2/}
		gone[$case]+=" $2"
	fi
	[[ $flags == *resolves* ]] || return 0
	for other in ${live[$case]}; do
		shown[$case]=$((shown[$case] + held[$case,$other]))
		waits[$case,$other]='' held[$case,$other]=0
	done
}

# spell CASE SDT TEXT, into $spelled: @ is the shard's table, @3 that of another number in its schema, @@ its schema.
spell() {
	local name=${name_of[$1,$2]-$(table_of "$1" "$2")} at

	spelled=${3//@@/${name%.*}}
	for at in 1 2 3 4; do spelled=${spelled//@$at/${name%_*}_$at}; done
	spelled=${spelled//@/$name} spelled=${spelled//\{SDT\}/$2}
	spelled=${spelled//\{VISIBLE\}/$visible} spelled=${spelled//\{INVISIBLE\}/$invisible}
}

# put_statement CASE SDT FLAGS STATEMENT: " => ROW" behind it says what a new row is from here on.
put_statement() {
	local case=$1 shard=$2 flags=$3

	spell "$case" "$shard" "${4%% => *}"
	if [[ $flags == *refused* ]]; then
		! sql "s${shard:0:1}" "$spelled" >/dev/null 2>&1 || complain "$case" "upstream takes $spelled"
		return 0
	fi
	echo "$spelled;" >>"s${shard:0:1}.sql"
	note_statement "$case" "$shard" "$flags" "$spelled"
	[[ $4 != *' => '* ]] || row[$case,$shard]=${4##* => }
}

# put_rows CASE SDT: a new row; the last one gets other values; one in three goes.
put_rows() {
	local key=$1,$2 file=s${2:0:1}.sql next=$((number[$1] + 1)) first rest

	[ "${row[$key]}" != - ] || return 0
	first=${row[$key]%%, *} rest=${row[$key]#*, }
	number[$1]=$((next + 1))
	echo "INSERT INTO ${name_of[$key]} SET ${row[$key]//%/$next};" >>"$file"
	count_row "$1" "$2" 1
	[ -z "${newest[$key]}" ] || [ "$rest" = "$first" ] ||
		echo "UPDATE ${name_of[$key]} SET ${rest//%/${number[$1]}} WHERE ${first//%/${newest[$key]}};" >>"$file"
	if [ -n "${older[$key]}" ] && [ $((step % 3)) -eq 2 ]; then
		echo "DELETE FROM ${name_of[$key]} WHERE ${first//%/${older[$key]}};" >>"$file"
		count_row "$1" "$2" -1
		older[$key]=''
	else
		older[$key]=${newest[$key]}
	fi
	newest[$key]=$next
}

put_step() {
	local case=$1 head text shard quiet=''

	while IFS=$'\t' read -r head text; do
		[ -n "$head" ] || continue
		put_statement "$case" "${head%% *}" "${head#???}" "$text"
		[[ $head != *quiet* ]] || quiet=1
	done <<<"${steps[$case,$step]-}"
	[ -z "$quiet" ] || return 0
	for shard in ${live[$case]}; do put_rows "$case" "$shard"; done
}

run_upstream() {
	local n pids=()

	for n in s1 s2; do
		sql $n <$n.sql >$n.out 2>&1 &
		pids+=($!)
	done
	for n in "${pids[@]}"; do wait "$n" || fail "step $step: $(cat s1.out s2.out)"; done
}

# complain CASE TEXT: it is not gone on with; the others are.
complain() {
	echo "DM $1 (${title[$1]}), step $step: $2" | tee -a complaints
	failed[$1]=1
}

run_step() {
	local case

	[ $# -gt 0 ] || return 0
	truncate -s 0 s1.sql s2.sql
	for case; do put_step "$case"; done
	run_upstream
	look_at_step "$@"
}

# run_cases CASE ...: to their ends. Those that stop a source at a step do it one after the other, while the rest is in the midst of things.
run_cases() {
	local case last=0 calm stopping

	for case; do [ "${n_steps[$case]}" -le "$last" ] || last=${n_steps[$case]}; done
	for ((step = 0; step <= last; step++)); do
		calm=() stopping=()
		for case; do
			if [ "$step" -gt "${n_steps[$case]}" ] || [ -n "${failed[$case]-}" ]; then continue; fi
			if [[ ${looks[$case,$step]-} == *'stops '* ]]; then stopping+=("$case"); else calm+=("$case"); fi
		done
		run_step "${calm[@]}"
		for case in "${stopping[@]}"; do run_step "$case"; done
	done
}
