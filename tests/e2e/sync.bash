# sync.bash - what the tests of dm-sync share: streams made by hand, for a task named as the test's schema, $db, at server $at.
# shellcheck shell=bash disable=SC2154,SC2034,SC2119,SC2120 # variables of the helpers and of the tests

sync_setup() {
	e2e_setup
	db=t$BATS_TEST_NUMBER
	at=down
	sql down "CREATE DATABASE $db CHARACTER SET utf8mb4"
}

# sync [OPTION ...] <STREAM: dm-sync with a task named as the test's schema.
sync() {
	run_tool dm-sync -u root --socket "$(socket "$at")" --task "$db" --meta-schema "m_$db" "$@"
}

synced() {
	sync "$@"
	assert_status 0
}

# start_sync [OPTION ...]: in the background, reading from descriptor 7.
start_sync() {
	rm -f fifo
	mkfifo fifo
	dm-sync -u root --socket "$(socket "$at")" --task "$db" --meta-schema "m_$db" "$@" <fifo >out 2>err 3>&- 8>&- &
	pid=$!
	exec 7>fifo
}

# end_sync STATUS
end_sync() {
	exec 7>&-
	status=0
	wait "$pid" || status=$?
	assert_status "$1"
}

has() {
	[ "$(sql "$at" "$1" | tr '\t\n' ' ;')" = "$2" ] || fail "$1: $(sql "$at" "$1" | tr '\t\n' ' ;'), wanted $2"
}

has_now() {
	[ "$(sql "$at" "$1" | tr '\t\n' ' ;')" = "$2" ]
}

place() {
	sql "$at" "SELECT CONCAT(binlog_name, ':', binlog_pos) FROM m_$db.${db}_syncer_checkpoint WHERE is_global"
}

head_at() {
	echo "{\"type\":\"stream\",\"version\":1,\"source\":\"${2:-s}\",\"flavor\":\"mariadb\",\"pos\":\"$1\"${3:+,\"gtid\":\"$3\"}}"
}

# table NAME COLUMN:TYPE[:generated] ... [KEY=COLUMN,COLUMN ...]: u_KEY is unique, PRIMARY too.
table() {
	local name=$1 word columns='' keys='' column type unique

	shift
	for word; do
		case $word in
		*=*)	unique=false
			case $word in PRIMARY=*|u_*) unique=true ;; esac
			column=${word#*=}
			keys+="${keys:+,}{\"name\":\"${word%%=*}\",\"unique\":$unique,\"columns\":[\"${column//,/\",\"}\"]}" ;;
		*)	column=${word%%:*} type=${word#*:}
			columns+="${columns:+,}{\"name\":\"$column\",\"type\":\"${type%%:*}\""
			case $type in
			*char*|*text*|enum*|set*) columns+=',"charset":"utf8mb4"' ;;
			*) columns+=',"charset":null' ;;
			esac
			columns+=',"nullable":true,"default":null'
			case $type in *:generated) columns+=',"generated":true' ;; *) columns+=',"generated":false' ;; esac
			case $type in *blob*|*binary*) columns+=',"enc":"base64"' ;; esac
			columns+='}' ;;
		esac
	done
	echo "{\"type\":\"table\",\"schema\":\"$db\",\"table\":\"$name\",\"charset\":\"utf8mb4\",\"columns\":[$columns],\"keys\":[$keys]}"
}

# row TYPE TABLE POS SEQ ROWS
row() {
	echo "{\"type\":\"$1\",\"schema\":\"$db\",\"table\":\"$2\",\"pos\":\"$3\",\"seq\":$4,\"ts\":1700000000,\"rows\":$5}"
}

commit() {
	echo "{\"type\":\"commit\",\"pos\":\"$1\"${2:+,\"gtid\":\"$2\"},\"ts\":1700000000}"
}

end() {
	echo "{\"type\":\"end\",\"reason\":\"${2:-caught-up}\"${1:+,\"pos\":\"$1\"}}"
}

# ddl KIND TABLE POS SQL [MORE-KEYS]
ddl() {
	jq -cn --arg kind "$1" --arg schema "$db" --arg table "$2" --arg pos "$3" --arg sql "$4" --argjson more "${5:-{\}}" \
		'{type: "ddl", kind: $kind, schema: $schema, tables: [[$schema, $table]], pos: $pos, ts: 1700000000} + $more + {sql: $sql}'
}

simple_table() {
	sql "$at" "CREATE TABLE $db.a (id INT PRIMARY KEY, v VARCHAR(20))"
}

simple_line() {
	table a 'id:int(11)' 'v:varchar(20)' PRIMARY=id
}
