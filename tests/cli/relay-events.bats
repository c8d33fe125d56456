#!/usr/bin/env bats
# relay-events.bats - dm-relay and every type of event that a log may hold, and those that none should: real logs, and copies of
# them with an event put in (tests/oracle/edit-log).
# shellcheck disable=SC2154 # variables of the helpers

setup() {
	load lib
	cli_setup
	oracle="$DM_ROOT/tests/oracle"
	logs="$DM_ROOT/tests/data/binlogs"
	log="$logs/mysql-9.7.4/mysql-bin.000017"
	maria="$logs/mariadb-10.11.19/mysql-bin.000003"
}

# put LOG WORD ...: the copy "log" of it with an event put in; see edit-log
put() {
	"$oracle/edit-log" "$1" log "${@:2}"
}

relay() {
	run_tool dm-relay "$@" </dev/null
}

# What a stream says, without the places, which move with an event that is put in.
said() {
	jq -c 'select(.type != "stream" and .type != "end") | del(.pos, .at)' "$1"
}

# places LOG [STEP]: of its events, but for the format description; or of each STEPth
places() {
	"$oracle/edit-log" --list "$1" | awk -v step="${2:-1}" 'NR > 1 && (NR - 2) % step == 0 { print $1 }'
}

assert_as_without() {
	assert_status 0
	assert_no_err
	said out >now
	cmp -s whole now || { diff whole now | cut -c 1-300 | head -n 4; fail "other lines with an event that says nothing"; }
}

# assert_stops CODE PLACE TEXT: at that event, behind whole lines
assert_stops() {
	assert_status 65
	assert_error "$1"
	assert_err "log:$2: $3"
	[ "$(tail -n 1 out | jq -r .type)" != end ] || fail "the stream has an end"
}

# types LOG ...: of the events in these files
types() {
	local file

	for file; do
		"$oracle/edit-log" --list "$file" | cut -d' ' -f2
	done | sort -nu
}

@test "AT-11: each type of event that servers write is in a log of the test data, or in a test of this file" {
	types "$logs"/m*[0-9]/mysql-bin.[0-9][0-9][0-9][0-9][0-9][0-9] >real
	"$oracle/edit-log" --list "$logs/mariadb-10.11.19-encrypted/mysql-bin.000001" | awk 'NR == 2 { print $2 }' >>real
	# QUERY STOP ROTATE INTVAR RAND USER_VAR FORMAT XID BEGIN_LOAD EXECUTE_LOAD TABLE_MAP, rows v1, ROWS_QUERY, rows v2, GTID,
	# ANONYMOUS_GTID PREVIOUS_GTIDS XA_PREPARE PARTIAL_UPDATE_ROWS TRANSACTION_PAYLOAD GTID_TAGGED
	for type in 2 3 4 5 13 14 15 16 17 18 19 23 24 25 29 30 31 32 33 34 35 38 39 40 42; do
		grep -qx $type real || { echo "no log has type $type"; return 1; }
	done
	# MariaDB: ANNOTATE_ROWS CHECKPOINT GTID GTID_LIST START_ENCRYPTION QUERY_COMPRESSED, compressed rows
	for type in 160 161 162 163 164 165 166 167 168; do
		grep -qx $type real || { echo "no log has type $type"; return 1; }
	done
	# and none has what is put in here: APPEND_BLOCK DELETE_FILE INCIDENT HEARTBEAT IGNORABLE TRANSACTION_CONTEXT VIEW_CHANGE HEARTBEAT_V2
	for type in 9 11 26 27 28 36 37 41; do
		[ "$(grep -cx $type real)" -eq 0 ] || { echo "a log has type $type: use it"; return 1; }
	done
}

@test "AT-10: an event of unknown type that is marked as ignorable is passed over, wherever it stands" {
	for file in "$log" "$maria"; do
		relay "$file"
		said out >whole
		for place in $(places "$file" 5); do
			put "$file" "$place" 77 128 ""
			relay log
			assert_as_without
		done
	done
	put "$log" 0 100 128 00000000		# Aurora's padding
	relay "$log"
	said out >whole
	relay log
	assert_as_without
}

@test "AT-10: an event of unknown type that is not marked stops with its type and place" {
	for file in "$log" "$maria"; do
		for place in $(places "$file" 5); do
			put "$file" "$place" 77 0 0011
			relay log
			assert_stops 22503 "$place" "event of type 77 is not known, and not marked as ignorable"
		done
	done
	for type in 0 1 7 12 20 43 172 255; do	# what servers wrote once, and numbers that none has given yet
		put "$log" 636 $type 0 ""
		relay log
		assert_stops 22503 636 "event of type $type is not known"
	done
}

@test "AT-10: the same inside a transaction payload, at the payload's place" {
	relay "$log"
	said out >whole
	put "$log" inside 636 77 128 00
	relay log
	assert_as_without
	put "$log" inside 636 77 0 00
	relay log
	assert_stops 22503 636 "event of type 77 is not known"
	put "$log" inside 636 40 0 02010001010000
	relay log
	assert_stops 22501 636 "transaction payload event inside a transaction payload"
	put "$log" inside 636 4 0 04000000000000007a2e303031
	relay log
	assert_stops 22501 636 "rotate event inside a transaction payload"
}

@test "AT-11: an incident stops with its message and place, whatever flags it has" {
	for file in "$log" "$maria"; do
		for flags in 0 128; do
			place=$(places "$file" | sed -n 5p)
			put "$file" "$place" 26 $flags "0100 0c 6c6f7374206576656e7473 21"
			relay log
			assert_stops 22504 "$place" "the upstream says that its log lacks changes: incident 1 'lost events!'"
		done
	done
}

@test "AT-11: a tagged GTID is told as the server tells it" {
	relay "$log"
	assert_status 0
	[ "$(jq -r 'select(.type == "commit") | .gtid' out | cut -d: -f2- | paste -sd' ')" = \
		"1 2 blue:1 a_tag_of_32_characters_in_length:1 green:1234567890123 3 4 blue:2 5" ]
	assert_json '$' .gtid "\"18dbd522-e979-11f1-8224-02fc00000001:1-5:a_tag_of_32_characters_in_length:1:blue:1-2,$(
		)aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee:green:1234567890123\""
}

@test "AT-11: a file with START_ENCRYPTION is refused, also where the event is marked as ignorable" {
	relay "$logs/mariadb-10.11.19-encrypted/mysql-bin.000001"
	assert_status 65
	assert_error 11027
	for flags in 0 128; do
		put "$maria" 299 164 $flags "01 01000000 000102030405060708090a0b"
		relay log
		assert_status 65
		assert_error 11027
		assert_err "log:299: the binary log is encrypted"
	done
}

@test "AT-11: annotations, group replication's notes and heartbeats in a file change nothing" {
	relay "$log"
	said out >whole
	context="24 01000000 01 00000000 00000000 00000000 $(printf '61%.0s' {1..36})"
	view="$(printf '31%.0s' {1..40}) 0100000000000000 00000000"
	for event in "36 0 $context" "37 0 $view" "28 128 00" "28 0 00" "27 0 7a2e303031" "41 0 01 05 7a2e303031 02 04 fde80300 00"; do
		read -r type flags body <<<"$event"
		for place in 158 636; do
			put "$log" "$place" "$type" "$flags" "$body"
			relay log
			assert_as_without
			# the file is still called what it is called
			[ "$(jq -r '.pos // empty' out | cut -d: -f1 | sort -u)" = log ] || fail "the name of the log has changed"
		done
	done
	relay "$maria"
	said out >whole
	put "$maria" 2849 160 0 "$(printf 'INSERT \xe9' | od -An -tx1 | tr -d ' \n')"
	relay log
	assert_as_without
}

@test "AT-09: what MariaDB puts in the place of an event that it hides is fatal" {
	text=$(printf '# Dummy event replacing event type 160 that slave cannot handle.' | od -An -v -tx1 | tr -d ' \n')
	put "$maria" 2183 2 0 "01000000 00000000 00 0000 0000 00 $text"
	relay log
	assert_stops 22503 2183 "the server hides an event from us: '# Dummy event replacing event type 160"
	put "$maria" 2183 14 0 "09000000 2164756d6d79766172 01"	# the user variable !dummyvar
	relay log
	assert_stops 30503 2183 "user variable event: the log is in statement format here"
}

@test "blocks of LOAD DATA in statement format are refused" {
	for type in 9 11; do
		put "$log" 636 $type 0 "01000000 61"
		relay log
		assert_status 65
		assert_error 30503
		assert_err "log:636:"
	done
	relay "$logs/mysql-9.7.4/mysql-bin.000018"
	assert_status 65
	assert_error 30503
	assert_err "mysql-bin.000018:1283: begin load query event"
}

@test "compressed rows of the second kind are read as those of the first" {
	file="$logs/mariadb-10.11.19/mysql-bin.000007"
	body=$("$oracle/edit-log" --body "$file" 1120)
	"$oracle/edit-log" "$file" twice 1187 166 0 "$body"
	"$oracle/edit-log" "$file" log 1187 169 0 "${body:0:16}0200${body:16}"
	relay twice
	jq -c 'select(.rows) | .rows' out >want
	[ "$(head -n 1 want | jq length)" -eq 4 ]
	relay log
	jq -c 'select(.rows) | .rows' out >got
	cmp want got
}
