#!/usr/bin/env bats
# shard-crash.bats - kill -9 at the steps of the coordination of shard DDL: no unlocking, and equal in the end.
#
# Each statement of dm-sync has two points, before and after it (kill-at.c), and each round kills at one of them. The points of a usual run
# are chosen at random: SEED=N repeats its choices, POINTS=N asks for more, POINTS=each for the first and the last ones of each kind of
# statement, POINTS=all for each one; with these two, every kind must have been the end of a process, before and after it.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016 # variables of the helpers

load shard

setup_file() {
	load lib
	start_servers s1=mariadb s2=mysql down=mariadb
	"${CC:-cc}" -std=c11 -D_GNU_SOURCE -fPIC -shared -o "$BATS_FILE_TMPDIR/kill-at.so" "$DM_ROOT/tests/e2e/kill-at.c" -ldl -lpthread
	kinds_of_statements | tr '|' '\t' >"$BATS_FILE_TMPDIR/kinds"
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	db=c$BATS_TEST_NUMBER round=0 changes=changes_of
	RANDOM=${SEED:=$RANDOM}
	echo "SEED=$SEED"
}

teardown() {
	shard_teardown
}

# The protocol, statement by statement: a name, and what is in such a statement.
kinds_of_statements() {
	cat <<-'END'
		begin|START TRANSACTION
		commit|COMMIT
		glance|_shard_ddl`|MIN(IF(t.owner
		registered-sources|_shard_ddl`|SELECT id, data FROM
		own-groups|_shard_ddl`|SELECT DISTINCT
		group-lock|_shard_ddl`|SELECT id, up_schema|FOR UPDATE
		group-read|_shard_ddl`|SELECT id, up_schema
		register-source|_shard_ddl`|INSERT INTO|VALUES ('', ''
		make-group|_shard_ddl`|INSERT IGNORE|VALUES (
		join|_shard_ddl`|INSERT IGNORE
		leave|_shard_ddl`|DELETE
		wait|_shard_ddl`|INSERT INTO|"held"|"verdict"
		drain|_shard_ddl`|INSERT INTO|"drained"
		arrive|_shard_ddl`|INSERT INTO|"held"
		member-put|_shard_ddl`|INSERT INTO
		return|_shard_ddl`|UPDATE|SET owner = ''
		announce|_shard_ddl`|UPDATE|"announced"
		plan|_shard_ddl`|UPDATE|"plan"
		group-put|_shard_ddl`|UPDATE
		lease|_lease`|FOR UPDATE
		ask-owner|_lease`|TIMESTAMPDIFF
		lease|_lease`
		place|_syncer_checkpoint`
		applied|_syncer_applied`
		state|_state`
		statement|ALTER TABLE `c
		rows|INTO `c
		rows|UPDATE `c
		rows|DELETE FROM `c
		ddl-lock|GET_LOCK
		ddl-unlock|RELEASE_LOCK
	END
}

# What is at work in each round of a mode.
kinds_at_work() {
	echo 'begin commit glance registered-sources own-groups group-lock group-read return register-source make-group join leave group-put arrive'
	echo 'member-put lease place applied state statement ddl-lock ddl-unlock rows announce'
	[ "$mode" = pessimistic ] && echo drain || echo plan wait
}

# A shard that comes and goes again, and the columns of the round before go: what each table begins a round with.
begins_with() {
	local t=$2 x=$db.tx${2#t}_$round last=$((round - 1))

	echo "CREATE TABLE $x LIKE $db.$t; INSERT INTO $x (id, v) VALUES ($key + 9, 'born'); UPDATE $x SET v = 'dies'; DELETE FROM $x; DROP TABLE $x;"
	[ $round -eq 1 ] || echo "ALTER TABLE $db.$t DROP COLUMN b$last, DROP COLUMN $3$last;"
}

# Optimistic: a statement that is run as two, and undone in part by the last; one that waits for all.
joined_changes_of() {
	local t=$2 key=$((${1#s} * 1000000 + ${2#t} * 100000 + round * 10))

	begins_with "$@" c
	echo "INSERT INTO $db.$t (id, v) VALUES ($key, 'a'), ($key + 1, 'b');"
	echo "ALTER TABLE $db.$t ADD COLUMN a$round INT NOT NULL;"
	echo "UPDATE $db.$t SET a$round = 6, v = CONCAT(LEFT(v, 9), 'x') WHERE id % 10 = 1; DELETE FROM $db.$t WHERE id % 10 = 0 AND id % 3 = 0;"
	echo "ALTER TABLE $db.$t CHANGE a$round c$round INT NOT NULL DEFAULT 3;"
	echo "BEGIN; INSERT INTO $db.$t (id, v, c$round) VALUES ($key + 2, 'c', 7); UPDATE $db.t1 SET v = 'both' WHERE id % 10 = 2; UPDATE $db.t2 SET v = 'both' WHERE id % 10 = 2; COMMIT;"
	echo "ALTER TABLE $db.$t ADD COLUMN b$round INT DEFAULT 8;"
	echo "UPDATE $db.$t SET b$round = b$round + 1 WHERE id % 10 = 2; INSERT INTO $db.$t (id, v, c$round) VALUES ($key + 3, 'd', 1);"
}

# Statements on each of the four shards, with changes in between, in the order of each table; $round makes their names and keys new ones.
changes_of() {
	local t=$2 key=$((${1#s} * 1000000 + ${2#t} * 100000 + round * 10))

	begins_with "$@" a
	echo "INSERT INTO $db.$t (id, v) VALUES ($key, 'a'), ($key + 1, 'b');"
	echo "ALTER TABLE $db.$t ADD COLUMN a$round INT DEFAULT 5;"
	echo "UPDATE $db.$t SET a$round = 6, v = CONCAT(LEFT(v, 9), 'x') WHERE id % 10 = 1; DELETE FROM $db.$t WHERE id % 10 = 0 AND id % 3 = 0;"
	echo "BEGIN; INSERT INTO $db.$t (id, v, a$round) VALUES ($key + 2, 'c', 7); UPDATE $db.t1 SET v = 'both' WHERE id % 10 = 2; UPDATE $db.t2 SET v = 'both' WHERE id % 10 = 2; COMMIT;"
	echo "ALTER TABLE $db.$t ADD COLUMN b$round INT DEFAULT 8;"
	echo "UPDATE $db.$t SET b$round = b$round + 1 WHERE id % 10 = 2; INSERT INTO $db.$t (id, v) VALUES ($key + 3, 'd');"
}

# Those of both tables of a source, in a random order. (Before a shard waits, others come and go: a table is made first of all.)
write_source() {
	local t1 t2 i=1 k=1

	mapfile -t t1 < <($changes "$1" t1)
	mapfile -t t2 < <($changes "$1" t2)
	{
		echo "${t1[0]} ${t2[0]}"
		while [ $i -lt ${#t1[@]} ] || [ $k -lt ${#t2[@]} ]; do
			if [ $k -eq ${#t2[@]} ] || { [ $i -lt ${#t1[@]} ] && [ $((RANDOM % 2)) -eq 0 ]; }; then
				echo "${t1[i]}"
				i=$((i + 1))
			else
				echo "${t2[k]}"
				k=$((k + 1))
			fi
		done
	} | sql "$1"
}

write_round() {
	round=$((round + 1))
	write_source s1
	write_source s2
}

# start_watched SOURCE [POINT [FROM]]: its dm-sync writes its points to SOURCE.points, and dies at the one that is named.
start_watched() {
	: >"$1.points"
	KILL_WHO=dm-sync KILL_KINDS=$BATS_FILE_TMPDIR/kinds KILL_LOG=$PWD/$1.points KILL_AT=${2-} LD_PRELOAD=$BATS_FILE_TMPDIR/kill-at.so \
		ASAN_OPTIONS=verify_asan_link_order=0 start_from "${3-}" "$1"
}

start_from() {
	if [ -n "$1" ]; then
		KILL_FROM=$1 start "$2"
	else
		start "$2"
	fi
}

has_died() {
	grep -q '^killed' "$1.points"
}

# Where a process of it was killed, the others of the pipeline go, and all come again.
again() {
	kill_all "$1"
	start "$1"
}

all_is_there() {
	has_column "b$round" && [ "$(count "WHERE v = 'd'")" -eq $((round * 4)) ]
}

# Both tables of a source wait.
all_wait() {
	[ "$(sql down "SELECT COUNT(*) FROM m_$db.t_shard_ddl WHERE id = '$1' AND target_table = 't' AND data LIKE '%held%'")" -eq 2 ]
}

assert_round() {
	wait_until 60 all_is_there || fail "after '$1' of $2"
	stop s1
	stop s2
	assert_all_merged || fail "after '$1' of $2"
}

# One round, in which dm-sync of s1 dies at the point $1. Where s1 is the last, it comes when the tables of s2 wait for its own.
crash_round() {
	local role=$2

	write_round
	if [ "$role" = last ]; then
		start s2
		wait_until 30 'all_wait s2 || all_is_there'
	fi
	start_watched s1 "$1"
	[ "$role" = last ] || start s2
	wait_until 60 'has_died s1 || all_is_there'
	# where s1 has died, s2 may be about to take over, or not: both are to go well
	[ $((RANDOM % 2)) -eq 0 ] || settle s2
	again s1
	grep '^killed' s1.points >>killed || echo "$1" >>missed
	assert_round "$1" "s1 ($role)"
}

# The points of a round where nobody dies, as far as they are to be killed at: not where nothing but structures is read, or the session
# set; of a look without locks, which comes again and again, at two.
list_points() {
	write_round
	[ "$1" != last ] || { start s2; wait_until 30 'all_wait s2'; }
	start_watched s1
	[ "$1" = last ] || start s2
	wait_until 60 all_is_there
	stop s1
	stop s2
	assert_all_merged
	awk '$2 != "other" && ($2 != "glance" || $3 <= 2)' s1.points >"points.$1"
	echo "$(wc -l <"points.$1") points of s1 ($1)"
}

# assert_kinds FILE PHASE ...: each kind of statement that the mode has.
assert_kinds() {
	local kind phase file=$1

	shift
	for kind in $(kinds_at_work); do
		for phase; do
			grep -q "$phase $kind " "$file" || fail "no process came to '$phase $kind'"
		done
	done
}

# Which points are killed at: "ROLE POINT" lines.
chosen_points() {
	local role

	case ${POINTS:-2} in
	all)
		sed 's/^/first /' points.first
		sed 's/^/last /' points.last
		;;
	each)
		for role in first last; do
			awk -v role=$role '{ k = $1 " " $2; end[k] = $0; if (++n[k] <= 2) print role, $0 }
				END { for (k in end) if (n[k] > 2) print role, end[k] }' points.$role
		done
		;;
	*) { sed 's/^/first /' points.first; sed 's/^/last /' points.last; } | shuf -n "${POINTS:-2}" --random-source=<(yes "$RANDOM") ;;
	esac
}

sweep() {
	local role point

	mode=${2-pessimistic}
	prepare "$1"
	sed -i "s/^shard-mode:.*/shard-mode: $mode/" t.yaml
	[ "$mode" = pessimistic ] || changes=joined_changes_of
	start s1
	start s2
	settle s1 s2
	write_round
	assert_round none none
	list_points first
	list_points last
	cat points.first points.last >points
	assert_kinds points before after
	: >killed
	: >missed
	while read -r -u 9 role point; do
		crash_round "$point" "$role"
	done 9< <(chosen_points)
	echo "# killed at $(wc -l <killed) points; $(wc -l <missed) did not come up" >&3
	case ${POINTS-} in all|each) assert_kinds killed before after ;; esac
}

owner_is() {
	[ "$(sql down "SELECT owner FROM m_$db.t_shard_ddl WHERE id = '' AND target_table = 't'")" = "$1" ]
}

# The owner dies with its statement announced, before it or after it; the one that takes over dies, too, at each of its statements.
takeover_round() {
	local here=still

	write_round
	start_watched s2 "$1" ask-owner
	wait_until 30 'all_wait s2'
	start_watched s1 "$2 statement 1"
	wait_until 30 'has_died s1'
	kill_all s1
	wait_until 60 'has_died s2 || owner_is ""'
	! has_died s2 || { again s2; here=again; }
	wait_until 60 'owner_is ""' || fail "nobody has taken over after '$1'"
	grep -q ask-owner s2.points
	start s1
	wait_until 60 'has_died s2 || all_is_there'
	[ "$here" = again ] || ! has_died s2 || again s2
	grep '^killed' s2.points >>killed || [ "$1" = none ] || echo "$1" >>missed
	assert_round "$1" s2
}

take_over() {
	local phase=before point

	mode=$1
	prepare false
	sed -i "s/^shard-mode:.*/shard-mode: $mode/" t.yaml
	[ "$mode" = pessimistic ] || changes=joined_changes_of
	start s1
	start s2
	settle s1 s2
	write_round
	assert_round none none
	: >killed
	: >missed
	takeover_round none before
	awk '$2 != "other" && $2 != "glance"' s2.points >points
	grep -q 'before statement' points
	while read -r -u 9 point; do
		[ $phase = before ] && phase=after || phase=before
		takeover_round "$point" $phase
	done 9< <(case ${POINTS:-1} in
		all|each) awk '++n[$1 " " $2] <= 3' points ;;
		*) shuf -n "${POINTS:-1}" --random-source=<(yes "$RANDOM") points ;;
	esac)
	echo "# killed at $(wc -l <killed) points; $(wc -l <missed) did not come up" >&3
}

@test "AT-29: kill -9 at the steps of the coordination, by place" {
	sweep false
}

@test "AT-29: kill -9 at the steps of the coordination, by GTID" {
	sweep true
}

@test "AT-29: kill -9 at the steps of the coordination, where structures are joined" {
	sweep false optimistic
}

@test "AT-29: the one that takes over from a dead owner dies, too" {
	take_over pessimistic
}

@test "AT-29: the one that takes over from a dead owner dies, too, where structures are joined" {
	take_over optimistic
}

@test "the downstream goes away in the midst of it, and comes back: nobody has to do anything" {
	prepare false
	start s1
	start s2
	settle s1 s2
	case ${POINTS:=1} in all|each) POINTS=20 ;; esac
	for _ in $(seq 1 "$POINTS"); do
		round=$((round + 1))
		{ write_source s1; write_source s2; } 3>&- &
		writer=$!
		sleep "0.$((RANDOM % 9))"
		kill_server down
		restart_server down
		wait $writer
		wait_until 60 all_is_there || fail "$(tail -n 3 s?.sync.err)"
	done
	assert_all_merged
	stop s1
	stop s2
}
