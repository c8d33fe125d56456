#!/usr/bin/env bats
# shard-cases.bats - DM's own cases of shard DDL, by its numbers: tables of what shards do and what comes of it, in shard-cases/*.txt.
#
# UP and DOWN name other kinds of server (see tests/servers/server). CASES='046 113' runs only these.
# shellcheck disable=SC2154,SC2034 # variables of the helpers

setup_file() {
	load lib
	start_servers s1="${UP:-mariadb}" s2="${UP:-mariadb}" down="${DOWN:-mariadb}"
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	load shard
	load shard-cases
	load shard-looks
	e2e_setup
	patience=${PATIENCE:-60} up=${UP:-mariadb} down=${DOWN:-mariadb}
	visible=VISIBLE invisible=INVISIBLE
	[ "$up" != mariadb ] || visible='NOT IGNORED' invisible=IGNORED
}

teardown() {
	local n

	for n in $(running); do kill -KILL -- "-${pipeline[$n]}" 2>/dev/null || :; done
	[ -n "${BATS_TEST_COMPLETED-}" ] || grep -h ' error ' ./*.err || :
	! grep -h 'Sanitizer\|runtime error' ./*.err	# what a build with sanitizers has found
}

# run_all MODE FILE ...: what goes side by side with all others first, then those that say with whom.
run_all() {
	local group n list

	mode=$1
	shift
	read_cases "${@/#/$BATS_TEST_DIRNAME/shard-cases/}"
	list=()
	for n in "${cases[@]}"; do
		[ -n "${CASES-}" ] && [[ " $CASES " != *" $n "* ]] || [[ ${alike[$n]-} && $up != "$down" ]] || list+=("$n")
	done
	cases=("${list[@]}")
	[ ${#cases[@]} -gt 0 ] || skip "none of CASES"
	prepare_cases
	launch s1 s2
	for group in '' $(printf '%s\n' "${with[@]}" | sort -u); do
		# shellcheck disable=SC2046 # words
		run_cases $(for n in "${cases[@]}"; do [ "${with[$n]-}" != "$group" ] || echo "$n"; done)
	done
	for n in $(running); do stop "$n"; done
	[ ! -s complaints ]
}

@test "DM's cases of shard-mode pessimistic" {
	db=dpes
	run_all pessimistic both.txt pessimistic.txt
}

@test "DM's cases of shard-mode optimistic" {
	db=dopt
	run_all optimistic both.txt optimistic.txt
}

@test "DM's cases of strict-optimistic-shard-mode" {
	db=dstr
	run_all strict-optimistic strict.txt
}

@test "DM's cases of tables with one target without a shard-mode" {
	db=dnon
	run_all none plain.txt
}
