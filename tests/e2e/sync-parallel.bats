#!/usr/bin/env bats
# A backlog over several connections: the outcome is the upstream's, whatever is killed and whenever, for every kind of key.
#
# The seed of a run is printed; SEED=N repeats its choices, CRASHES=N asks for more than the few of a usual run.
# shellcheck disable=SC2154,SC2030,SC2031 # variables of the helpers

setup_file() {
	load lib
	start_servers up=mariadb down=mariadb
	start_servers my_up=mysql my_down=mysql || rm -f "$BATS_FILE_TMPDIR/missing"
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	RANDOM=${SEED:=$RANDOM}
	echo "SEED=$SEED"
}

# Tables of every kind of key; what a unique value is depends on the collation, and rows move between keys.
make_tables() {
	sql "$1" "DROP DATABASE IF EXISTS p; DROP DATABASE IF EXISTS m; CREATE DATABASE p CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
		CREATE TABLE p.pk (id INT PRIMARY KEY, k INT, c VARCHAR(100), KEY (k));
		CREATE TABLE p.two (id INT PRIMARY KEY, u INT, v VARCHAR(20), UNIQUE KEY (u));
		CREATE TABLE p.folds (name VARCHAR(20) PRIMARY KEY, v INT);
		CREATE TABLE p.pair (a INT, b VARCHAR(5) COLLATE utf8mb4_bin, v INT, PRIMARY KEY (a, b));
		CREATE TABLE p.made (id INT PRIMARY KEY, a INT, g INT AS (a % 30) VIRTUAL, UNIQUE KEY (g));
		CREATE TABLE p.labels (id INT PRIMARY KEY, s SET('', 'a', 'b'), e ENUM('', '1'));
		CREATE TABLE p.nulls (a INT, v INT, UNIQUE KEY (a)); CREATE TABLE p.none (a INT, v VARCHAR(10));"
}

# backlog SERVER TRANSACTIONS: changes of all tables at random, in transactions of a few.
backlog() {
	awk -v seed="$SEED" -v n="$2" '
		function r(m) { return int(rand() * m) }
		function name(  i) { i = r(40); return (r(2) ? "n" : "N") i (r(6) ? "" : "\303\251") }
		BEGIN {
			srand(seed)
			print "SET NAMES utf8mb4; USE p;"
			for (i = 0; i < n; i++) {
				print "BEGIN;"
				for (j = 1 + r(5); j > 0; j--) {
					kind = r(18)
					if (kind < 3) printf "REPLACE INTO pk VALUES (%d, %d, REPEAT(\"x\", %d));\n", r(300), i, r(100)
					else if (kind < 5) printf "UPDATE pk SET k = k + 1, c = \"%d\" WHERE id = %d;\n", i, r(300)
					else if (kind == 5) printf "DELETE FROM pk WHERE id = %d;\n", r(300)
					else if (kind == 6) printf "UPDATE IGNORE pk SET id = id + %d WHERE id = %d;\n", 1 + r(5), r(300)
					else if (kind == 7) printf "INSERT IGNORE INTO two VALUES (%d, %s, \"%d\");\n", r(100), r(5) ? r(60) : "NULL", i
					else if (kind == 8) printf "UPDATE IGNORE two SET u = %d, v = \"%d\" WHERE id = %d;\n", r(60), i, r(100)
					else if (kind == 9) printf "UPDATE two a JOIN two b ON a.id = %d AND b.id = %d SET a.v = b.u;\nDELETE FROM two WHERE id = %d;\n", r(100), r(100), r(100)
					else if (kind == 10) printf "INSERT IGNORE INTO folds VALUES (\"%s\", %d);\nUPDATE IGNORE folds SET name = \"%s\" WHERE name = \"%s\";\n", name(), i, name(), name()
					else if (kind == 11) printf "DELETE FROM folds WHERE name = \"%s\";\n", name()
					else if (kind == 12) printf "REPLACE INTO pair VALUES (%d, \"%s\", %d);\nDELETE FROM pair WHERE a = %d LIMIT 1;\n", r(9), r(2) ? "a" : "A", i, r(9)
					else if (kind == 13) printf "INSERT IGNORE INTO nulls VALUES (%s, %d);\nUPDATE IGNORE nulls SET a = %d WHERE a IS NULL LIMIT 1;\n", r(3) ? r(50) : "NULL", i, r(50)
					else if (kind == 17) printf "REPLACE INTO labels VALUES (%d, %d, %d);\nUPDATE labels SET s = %d, e = %d WHERE id = %d;\n", r(60), r(8), 1 + r(2), r(8), 1 + r(2), r(60)
					else if (kind == 16) printf "REPLACE INTO made (id, a) VALUES (%d, %d);\nUPDATE IGNORE made SET a = a + %d WHERE id = %d;\n", r(40), r(200), r(9), r(40)
					else if (kind == 14) printf "INSERT INTO none VALUES (%d, \"%d\"), (%d, \"%d\");\n", r(5), r(3), r(5), r(3)
					else printf "DELETE FROM none WHERE a = %d LIMIT 1;\nUPDATE none SET v = v + 1 WHERE a = %d LIMIT 2;\n", r(5), r(5)
				}
				print r(12) ? "COMMIT;" : "ROLLBACK;"
			}
		}' | mariadb --no-defaults --skip-ssl --default-character-set=utf8mb4 -uroot --socket="$(socket "$1")"
}

# keep UP: the backlog as a stream, kept in a file.
keep() {
	make_tables "$1"
	read -r log pos _ < <(sql "$1" 'SHOW MASTER STATUS' 2>/dev/null || sql "$1" 'SHOW BINARY LOG STATUS')
	backlog "$1" "${TRANSACTIONS:-2500}"
	dm-relay -u root --socket "$(socket "$1")" --start "$log:$pos" --until caught-up | dm-filter --do-db p >stream
}

# apply DOWN [OPTION ...]
apply() {
	local server=$1

	shift
	dm-sync -u root --socket "$(socket "$server")" --task p --meta-schema m -s s "$@" <stream
}

same_rows() {
	run -0 "$DM_ROOT/tests/soak/compare" "$(socket "$1")" "$(socket "$2")" p
}

# crash UP DOWN [OPTION ...]: killed again and again, further in each time, until it comes to its end.
crash() {
	local up=$1 down=$2 n=0 status ms=30

	shift 2
	keep "$up"
	make_tables "$down"
	while :; do
		dm-sync -u root --socket "$(socket "$down")" --task p --meta-schema m -s s "$@" <stream 2>err 3>&- &
		pid=$!
		if [ $n -lt "${CRASHES:-6}" ]; then
			sleep "$(printf '0.%03d' $((20 + RANDOM % ms)))"
			kill -9 $pid 2>/dev/null || true
			ms=$((ms < 600 ? ms + 90 : 600))
		fi
		status=0
		wait $pid || status=$?
		n=$((n + 1))
		[ $status -ne 0 ] || break
		[ $status -eq 137 ] || fail "status $status: $(cat err)"
		[ $n -lt 200 ] || fail "it does not come to an end"
	done
	same_rows "$up" "$down"
	[ "$(sql "$down" "SELECT COUNT(*) FROM m.p_syncer_applied")" = 0 ]
}

@test "AT-21: a backlog of every kind of key, killed at random, is the upstream's in the end" {
	crash up down -j 4 --batch 20
}

@test "AT-21: the same on MySQL" {
	[ -e "$(socket my_up)" ] || skip "there is no MySQL"
	crash my_up my_down -j 4 --batch 50
}

@test "one worker, big transactions, and each transaction whole: the outcome is the same" {
	keep up
	for options in "-j 1" "-j 8 --batch 5000" "--atomic" "-j 3 --batch 1"; do
		make_tables down
		# shellcheck disable=SC2086 # a list of words
		apply down $options
		same_rows up down
	done
}

@test "a row that was changed downstream behind our back is told with its place, and nothing of its transaction stays" {
	keep up
	make_tables down
	apply down -j 4
	sql up "USE p; TRUNCATE TABLE p.pk; INSERT INTO p.pk SELECT seq, 0, 'x' FROM seq_1_to_3000"
	sql down "USE p; TRUNCATE TABLE p.pk; INSERT INTO p.pk SELECT seq, 0, 'x' FROM seq_1_to_3000 WHERE seq <> 2000; DROP DATABASE m"
	read -r log pos _ < <(sql up 'SHOW MASTER STATUS')
	sql up "UPDATE p.pk SET k = 1"
	dm-relay -u root --socket "$(socket up)" --start "$log:$pos" --until caught-up | dm-filter --do-db p >stream
	run -69 apply down -j 4
	[[ $output == *"error 36507"*"'p.pk'"*"seq 1999, key (id): there is no such row to change"* ]] || fail "$output"
	sql down "INSERT INTO p.pk VALUES (2000, 0, 'x')"
	run -0 apply down -j 4
	same_rows up down
}

# What the log does not hold of them: MariaDB's InnoDB changes children by itself.
@test "AT-25: children follow their parents, with foreign_key_checks off and on, over cascades that are not in the log" {
	local checks keys="FOREIGN KEY (p) REFERENCES"

	for checks in 0 1; do
		for server in up down; do
			sql $server "DROP DATABASE IF EXISTS p; DROP DATABASE IF EXISTS m; CREATE DATABASE p; USE p;
				CREATE TABLE a (id INT PRIMARY KEY, v INT); CREATE TABLE other (id INT PRIMARY KEY, v INT);
				CREATE TABLE b (id INT PRIMARY KEY, p INT, v INT, $keys a (id) ON DELETE CASCADE ON UPDATE CASCADE);
				CREATE TABLE c (id INT PRIMARY KEY, p INT, v INT, $keys b (id) ON DELETE SET NULL ON UPDATE CASCADE);
				CREATE TABLE d (id INT, p INT, KEY (id), $keys b (id) ON DELETE CASCADE ON UPDATE CASCADE)"
		done
		read -r log pos _ < <(sql up 'SHOW MASTER STATUS')
		awk -v seed="$SEED" 'function r(m) { return int(rand() * m) }
			BEGIN {
				srand(seed)
				print "USE p;"
				for (i = 0; i < 1500; i++) {
					print "BEGIN;"
					for (j = r(4); j >= 0; j--) {
						k = r(12); x = r(40); y = r(40)
						if (k < 2) printf "INSERT IGNORE INTO a VALUES (%d, %d);\n", x, i
						else if (k < 4) printf "INSERT IGNORE INTO b VALUES (%d, %d, %d);\n", x, y, i
						else if (k < 6) printf "INSERT IGNORE INTO c VALUES (%d, %d, %d);\n", x, y, i
						else if (k == 6) printf "INSERT IGNORE INTO d VALUES (%d, %d), (%d, %d);\n", x, y, x, y
						else if (k == 7) printf "DELETE FROM a WHERE id = %d;\n", x
						else if (k == 8) printf "DELETE FROM b WHERE id = %d;\n", x
						else if (k == 9) printf "UPDATE IGNORE a SET id = %d WHERE id = %d;\n", y, x
						else if (k == 10) printf "UPDATE IGNORE b SET id = %d, v = v + 1 WHERE id = %d;\n", y, x
						else printf "REPLACE INTO other VALUES (%d, %d);\n", x, i
					}
					print "COMMIT;"
				}
			}' | mariadb --no-defaults --skip-ssl -uroot --socket="$(socket up)"
		source_file up s
		task_file t <<-END
			task-mode: incremental
			meta-schema: m
			target-database: {host: 127.0.0.1, port: $(port down), user: root, password: "", session: {foreign_key_checks: $checks}}
			mysql-instances: [{source-id: s, meta: {binlog-name: $log, binlog-pos: $pos}, block-allow-list: b}]
			block-allow-list: {b: {do-dbs: ["p"]}}
		END
		run_sync t s --until caught-up
		same_rows up down
	done
}
