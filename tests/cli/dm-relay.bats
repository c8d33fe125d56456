#!/usr/bin/env bats
# dm-relay.bats - dm-relay reads log files. (From servers: tests/e2e/relay.bats.)
# shellcheck disable=SC2154 # variables of the helpers

setup() {
	load lib
	cli_setup
	logs="$DM_ROOT/tests/data/binlogs"
	log="$logs/mariadb-10.11.19/mysql-bin.000003"
}

# relay ARGUMENT ...: without input
relay() {
	run_tool dm-relay "$@" </dev/null
}

# byte FILE OFFSET OCTAL: overwrites one byte
byte() {
	printf %b "\\0$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "every log of the test data becomes the lines beside it, or is refused as the file beside it says" {
	DM_BIN="$DM_BIN" "$logs/update" "$PWD/now"
	for file in "$logs"/*/*.ndjson "$logs"/*/*.err; do
		name=${file#"$logs"/}
		cmp "$file" "now/$name" || { diff "$file" "now/$name" | cut -c 1-400; return 1; }
	done
	[ "$(find now -type f | wc -l)" -eq "$(find "$logs" -name '*.ndjson' -o -name '*.err' | wc -l)" ]
}

@test "every line is JSON, the first is the stream's head, the last its end" {
	relay "$log"
	assert_status 0
	assert_no_err
	assert_json 1 '[.type, .version, .flavor, .server_version, .pos, .gtid]' \
		'["stream",1,"mariadb","10.11.19-MariaDB-0+deb12u1-log","mysql-bin.000003:4","0-1010-9"]'
	assert_json '$' '[.type, .reason]' '["end","complete"]'
	jq -e . out >/dev/null
}

@test "rows of one transaction carry its start, its GTID and their number" {
	relay "$logs/mysql-9.7.4/mysql-bin.000008"
	grep '"type":"insert"' out | head -n 1 >line
	[ "$(jq -c '[.schema, .table, .pos, .seq, .gtid, .ts]' line)" = \
		'["bf_t","n1","mysql-bin.000008:1318",0,"acce6cb4-e553-11f1-9663-02fc00000001:31",1795229940.283721]' ]
	[ "$(jq '.rows | length' line)" -eq 4 ]
}

@test "the source is named with -s" {
	relay -s shop "$log"
	assert_status 0
	assert_json 1 .source '"shop"'
}

@test "a file cut in the middle of an event is an error at its place, behind whole lines" {
	size=$(stat -c %s "$log")
	head -c $((size - 60)) "$log" >mysql-bin.000003
	relay mysql-bin.000003
	assert_status 65
	assert_error 22501
	assert_err "mysql-bin.000003:"
	assert_err "cut short"
	jq -e . out >/dev/null
	[ "$(tail -n 1 out | jq -r .type)" != end ]
}

@test "a file cut between two events of a transaction is an error that says where the transaction starts" {
	relay "$log"
	start=$(jq -r 'select(.type == "insert") | .pos' out | head -n 1)
	start=${start#*:}
	# the events of the transaction: GTID of 42 bytes, then the annotation
	head -c $((start + 42)) "$log" >mysql-bin.000003
	relay mysql-bin.000003
	assert_status 65
	assert_error 30502
	assert_err "mysql-bin.000003:$start"
}

@test "a log that its server has not closed may end inside an event" {
	size=$(stat -c %s "$log")
	head -c $((size - 10)) "$log" >mysql-bin.000003
	byte mysql-bin.000003 21 001
	relay mysql-bin.000003
	assert_status 0
	assert_err "ends inside an event"
	assert_json '$' '.reason' '"complete"'
}

@test "a flipped byte is found by its checksum" {
	cp "$log" mysql-bin.000003
	byte mysql-bin.000003 2500 252
	relay mysql-bin.000003
	assert_status 65
	assert_error 22502
	assert_err "mysql-bin.000003:2369: write rows event does not fit its checksum"
}

@test "a file that is no log, one that is empty, and one that is encrypted are told apart" {
	echo "hello, world" >notes
	: >empty
	printf '\375bin and then some' >secret
	for file in notes empty; do
		relay "$file"
		assert_status 65
		assert_error 11027
		assert_err "$file: this is no binary log"
		assert_no_out
	done
	relay secret
	assert_status 65
	assert_err "encrypted"
	relay "$logs/mariadb-10.11.19-encrypted/mysql-bin.000001"
	assert_status 65
	assert_err "encrypted"
	relay no-such-file
	assert_status 74
	assert_err "No such file"
}

@test "two files in sequence are one stream" {
	relay "$logs/mysql-5.6.24/mysql-bin.000005" "$logs/mysql-5.6.24/mysql-bin.000006" "$logs/mysql-5.6.24/mysql-bin.000007"
	assert_status 0
	[ "$(grep -c '"type":"stream"' out)" -eq 1 ]
	[ "$(grep -c '"type":"end"' out)" -eq 1 ]
	assert_json 1 .pos '"mysql-bin.000005:4"'
	grep -q 'mysql-bin.000007' out
}

@test "a file that does not follow the one before is an error" {
	relay "$logs/mysql-5.6.24/mysql-bin.000005" "$logs/mysql-5.6.24/mysql-bin.000007"
	assert_status 65
	assert_error 30505
	assert_err "mysql-bin.000006"
}

@test "--until ends at the first boundary that is not before the place" {
	relay "$log"
	mapfile -t boundaries < <(jq -r 'select(.type == "commit") | .pos' out)
	cp out whole
	place=${boundaries[4]}
	relay --until "$place" "$log"
	assert_status 0
	assert_json '$' '[.reason, .pos]' "[\"until\",\"$place\"]"
	relay --until "${place%:*}:$((${place#*:} - 1))" "$log"
	assert_json '$' .pos "\"$place\""
	relay --until "${place%:*}:$((${place#*:} + 1))" "$log"
	assert_json '$' .pos "\"${boundaries[5]}\""
	relay --start "$place" --until "$place" "$log"
	assert_json '$' '[.reason, .pos]' "[\"until\",\"$place\"]"
	[ "${#lines[@]}" -eq 2 ]
	relay --until mysql-bin.000004:4 "$log"
	assert_json '$' .reason '"complete"'
	for bad in caught-up nonsense mysql-bin.000003; do
		relay --until $bad "$log"
		assert_status 64
	done
}

@test "--start passes over what stands before the place, and the rest is as it was" {
	relay "$log"
	cp out whole
	place=$(jq -r 'select(.type == "commit") | .pos' whole | sed -n 4p)
	relay --start "$place" "$log"
	assert_status 0
	assert_json 1 .pos "\"$place\""
	[ "$(jq -r 'select(.type == "commit") | .pos' out)" = "$(jq -r 'select(.type == "commit") | .pos' whole | sed 1,4d)" ]
	relay --start mysql-bin.000003:99999999 "$log"
	assert_status 65
	relay --start mysql-bin.000009:4 "$log"
	assert_status 64
	relay --start 0-1-2 "$log"
	assert_status 64
}

@test "a log that comes through a pipe is read as well" {
	dm-relay <(cat "$log") >piped
	relay "$log"
	[ "$(jq -c 'select(.rows) | .rows' out)" = "$(jq -c 'select(.rows) | .rows' piped)" ]
}

@test "files and a server are not given together" {
	relay -h 127.0.0.1 "$log"
	assert_status 64
}

@test "the status file has what was read" {
	relay --status-file status.json "$log"
	assert_status 0
	[ "$(jq -r '.unit, .stage, .fields.relayBinlog' status.json | paste -sd' ')" = "Relay Finished (mysql-bin.000003, 9312)" ]
	relay --status-file status.json "$logs/mariadb-10.11.19-encrypted/mysql-bin.000001"
	[ "$(jq -r .stage status.json)" = Paused ]
}

@test "a resume document that has no place, or is none, is refused before any server is asked" {
	run_tool dm-relay -h 127.0.0.1 -P 1 <<-'END'
		{"type":"state","stage":"x","key":"y","value":1}
	END
	assert_status 65
	assert_error 30506
	run_tool dm-relay -h 127.0.0.1 -P 1 <<-'END'
		{"type":"insert","schema":"a","table":"b","rows":[]}
	END
	assert_status 65
	assert_error 30506
	printf '{"type":"snapshot","pos":"nothing"}\n' >bad
	run_tool dm-relay -h 127.0.0.1 -P 1 <bad
	assert_status 65
	run_tool dm-relay -h 127.0.0.1 -P 1 --start nonsense </dev/null
	assert_status 64
}
