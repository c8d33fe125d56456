#!/usr/bin/env bats
# dm-sync against a real server, with streams made by hand: what arrives, what is refused, what a restart does.
# SYNC_DOWN=mysql runs all of it against MySQL.
# shellcheck disable=SC2154,SC2030,SC2031,SC2034,SC2016,SC2119 # variables of the helpers, and conditions that they evaluate

setup_file() {
	load lib
	start_servers down="${SYNC_DOWN:-mariadb}"
	start_servers mysql=mysql || rm -f "$BATS_FILE_TMPDIR/missing"	# its own tests skip
	[ ! -e "$BATS_FILE_TMPDIR/missing" ] || mv "$BATS_FILE_TMPDIR/missing" "$BATS_FILE_TMPDIR/no-mysql"
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	load sync
	sync_setup
}

need_mysql() {
	[ ! -e "$BATS_FILE_TMPDIR/no-mysql" ] || skip "$(cat "$BATS_FILE_TMPDIR/no-mysql")"
	at=mysql
	sql mysql "CREATE DATABASE $db"
}

@test "rows are inserted, updated and deleted, and the place is kept" {
	simple_table
	synced <<-END
		$(head_at x.000001:4)
		$(simple_line)
		$(row insert a x.000001:4 0 '[[1,"one"],[2,"two"],[3,null]]')
		$(row update a x.000001:4 3 '[[[1,"one"],[1,"eins"]],[[3,null],[4,"vier"]]]')
		$(commit x.000001:100)
		$(row delete a x.000001:100 0 '[[2,"two"]]')
		$(commit x.000001:200)
		$(end x.000001:200)
	END
	has "SELECT * FROM $db.a ORDER BY id" '1 eins;4 vier;'
	[ "$(place)" = x.000001:200 ]
}

@test "the same on MySQL" {
	need_mysql
	simple_table
	synced <<-END
		$(head_at x.000001:4)
		$(simple_line)
		$(row insert a x.000001:4 0 '[[1,"one"],[2,"two"],[3,null]]')
		$(row update a x.000001:4 3 '[[[1,"one"],[1,"eins"]],[[3,null],[4,"vier"]]]')
		$(commit x.000001:100)
		$(row delete a x.000001:100 0 '[[2,"two"]]')
		$(commit x.000001:200)
		$(end x.000001:200)
	END
	has "SELECT * FROM $db.a ORDER BY id" '1 eins;4 vier;'
	[ "$(place)" = x.000001:200 ]
}

@test "values of many types arrive as they are, and are found again" {
	sql down "CREATE TABLE $db.a (id INT, i BIGINT UNSIGNED, f FLOAT, d DOUBLE, n DECIMAL(30,10), t TIMESTAMP(6) NULL, dt DATETIME,
		da DATE, ti TIME(3), y YEAR, e ENUM('a','b','ü'), s SET('x','y'), b BIT(9), bl BLOB, bi BINARY(4), te TEXT)"
	synced <<-END
		$(head_at x.000001:4)
		$(table a 'id:int(11)' 'i:bigint(20) unsigned' 'f:float' 'd:double' 'n:decimal(30,10)' 't:timestamp(6)' 'dt:datetime' 'da:date' \
			'ti:time(3)' 'y:year(4)' "e:enum('a','b','ü')" "s:set('x','y')" 'b:bit(9)' 'bl:blob' 'bi:binary(4)' 'te:text')
		$(row insert a x.000001:4 0 '[[1,18446744073709551615,0.1,1e300,"12345678901234567890.0123456789","2020-01-02 03:04:05.000006","0000-00-00 00:00:00","2020-02-31","-838:59:59.000",0,"ü","x,y",257,"AAECJw==","YQAAAA==","it'"'"'s \\ \"q\" \u00e9 \ud83d\ude00\n"],[2,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null]]')
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	has "SET time_zone='+00:00'; SELECT i, f, d, n, t, dt, da, ti, y, e, s, b+0, HEX(bl), HEX(bi), HEX(te) FROM $db.a WHERE id = 1" \
		"18446744073709551615 0.1 1e300 12345678901234567890.0123456789 2020-01-02 03:04:05.000006 0000-00-00 00:00:00 2020-02-31 -838:59:59.000 0000 ü x,y 257 00010227 61000000 69742773205C2022712220C3A920F09F98800A;"
	synced <<-END
		$(head_at x.000001:100)
		$(table a 'id:int(11)' 'i:bigint(20) unsigned' 'f:float' 'd:double' 'n:decimal(30,10)' 't:timestamp(6)' 'dt:datetime' 'da:date' \
			'ti:time(3)' 'y:year(4)' "e:enum('a','b','ü')" "s:set('x','y')" 'b:bit(9)' 'bl:blob' 'bi:binary(4)' 'te:text')
		$(row delete a x.000001:100 0 '[[1,18446744073709551615,0.1,1e300,"12345678901234567890.0123456789","2020-01-02 03:04:05.000006","0000-00-00 00:00:00","2020-02-31","-838:59:59.000",0,"ü","x,y",257,"AAECJw==","YQAAAA==","it'"'"'s \\ \"q\" \u00e9 \ud83d\ude00\n"],[2,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null]]')
		$(commit x.000001:200)
		$(end x.000001:200)
	END
	has "SELECT COUNT(*) FROM $db.a" '0;'
}

@test "of equal rows without a key exactly one is changed, and letter case tells rows apart" {
	sql down "CREATE TABLE $db.a (x INT, v VARCHAR(20)) COLLATE utf8mb4_general_ci; INSERT INTO $db.a VALUES (1,'A'),(1,'a'),(1,'a'),(1,'a '),(NULL,NULL),(NULL,NULL)"
	synced <<-END
		$(head_at x.000001:4)
		$(table a 'x:int(11)' 'v:varchar(20)')
		$(row update a x.000001:4 0 '[[[1,"a"],[2,"b"]],[[null,null],[3,null]]]')
		$(row delete a x.000001:4 2 '[[1,"a"]]')
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	has "SELECT x, CONCAT('<', v, '>') FROM $db.a ORDER BY x, v, HEX(v)" 'NULL NULL;1 <A>;1 <a >;2 <b>;3 NULL;'
}

@test "rows are found by the downstream's key, whatever the upstream's is" {
	sql down "CREATE TABLE $db.a (id INT, k INT, v INT, UNIQUE KEY u_k (k)); INSERT INTO $db.a VALUES (1,10,0),(1,11,0),(1,NULL,7),(1,NULL,8)"
	synced <<-END
		$(head_at x.000001:4)
		$(table a 'id:int(11)' 'k:int(11)' 'v:int(11)' PRIMARY=id)
		$(row update a x.000001:4 0 '[[[1,10,99],[1,10,1]],[[1,null,8],[1,null,9]]]')
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	has "SELECT k, v FROM $db.a ORDER BY k, v" 'NULL 7;NULL 9;10 1;11 0;'
}

@test "downstream columns may be more, in another order, generated or of another case" {
	sql down "CREATE TABLE $db.a (extra INT NOT NULL, V VARCHAR(20), g INT AS (id * 2) STORED, id INT PRIMARY KEY, more INT DEFAULT 5)"
	synced <<-END
		$(head_at x.000001:4)
		$(table a 'id:int(11)' 'v:varchar(20)' 'g:int(11):generated' PRIMARY=id)
		$(row insert a x.000001:4 0 '[[1,"a",2],[2,"b",4]]')
		$(row update a x.000001:4 2 '[[[2,"b",4],[3,"c",6]]]')
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	has "SELECT id, V, g, extra, more FROM $db.a ORDER BY id" '1 a 2 0 5;3 c 6 0 5;'
}

@test "a column that the downstream lacks is an error that names it, and nothing is applied" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY)"
	sync <<-END
		$(head_at x.000001:4)
		$(table a 'id:int(11)' 'v:varchar(20)' 'w:int(11)' PRIMARY=id)
		$(row insert a x.000001:4 0 '[[1,"a",1]]')
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	assert_status 69
	assert_error 36027
	assert_err "'v', 'w'"
	assert_err x.000001:4
	has "SELECT COUNT(*) FROM $db.a" '0;'
}

@test "a table that the downstream lacks is an error that names both tables" {
	sync <<-END
		$(head_at x.000001:4)
		$(simple_line)
		{"type":"insert","schema":"$db","table":"a","to":["$db","elsewhere"],"pos":"x.000001:4","seq":0,"rows":[[1,"a"]]}
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	assert_status 69
	assert_error 36070
	assert_err "$db.elsewhere"
	assert_err "$db.a"
}

@test "columns without names are refused" {
	sql down "CREATE TABLE $db.a (\`@1\` INT)"
	sync <<-END
		$(head_at x.000001:4)
		$(table a '@1:int(11)')
		$(row insert a x.000001:4 0 '[[1]]')
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	assert_status 65
	assert_error 36501
	has "SELECT COUNT(*) FROM $db.a" '0;'
}

@test "rows go where the stream sends them" {
	sql down "CREATE TABLE $db.merged (id INT PRIMARY KEY, v VARCHAR(20))"
	synced <<-END
		$(head_at x.000001:4)
		$(simple_line)
		$(table b 'id:int(11)' 'v:varchar(20)' PRIMARY=id)
		{"type":"insert","schema":"$db","table":"a","to":["$db","merged"],"pos":"x.000001:4","seq":0,"rows":[[1,"a"]]}
		{"type":"insert","schema":"$db","table":"b","to":["$db","merged"],"pos":"x.000001:4","seq":1,"rows":[[2,"b"]]}
		{"type":"delete","schema":"$db","table":"b","to":["$db","merged"],"pos":"x.000001:4","seq":2,"rows":[[1,"a"]]}
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	has "SELECT * FROM $db.merged" '2 b;'
}

@test "a stream that was applied is not applied again" {
	sql down "CREATE TABLE $db.a (x INT)"
	for _ in 1 2 3; do
		synced <<-END
			$(head_at x.000001:4)
			$(table a 'x:int(11)')
			$(row insert a x.000001:4 0 '[[1]]')
			$(commit x.000001:100)
			$(row insert a x.000001:100 0 '[[2]]')
			$(commit x.000001:200)
			$(end x.000001:200)
		END
	done
	has "SELECT x FROM $db.a ORDER BY x" '1;2;'
	[ "$(place)" = x.000001:200 ]
	synced <<-END
		$(head_at x.000001:4)
		$(table a 'x:int(11)')
		$(row insert a x.000001:100 0 '[[2]]')
		$(commit x.000001:200)
		$(ddl 'alter table' a x.000001:200 'ALTER TABLE a ADD y INT')
		$(commit x.000001:300)
		$(table a 'x:int(11)' 'y:int(11)')
		$(row insert a x.000002:4 0 '[[3,3]]')
		$(commit x.000002:100)
		$(end x.000002:100)
	END
	has "SELECT * FROM $db.a ORDER BY x" '1 NULL;2 NULL;3 3;'
	[ "$(place)" = x.000002:100 ]
}

@test "GTIDs decide what was applied, where places are another server's" {
	sql down "CREATE TABLE $db.a (x INT)"
	synced <<-END
		$(head_at x.000001:4 s 0-1-10)
		$(table a 'x:int(11)')
		{"type":"insert","schema":"$db","table":"a","pos":"x.000001:4","seq":0,"gtid":"0-1-11","rows":[[1]]}
		$(commit x.000001:100 0-1-11)
		$(end x.000001:100)
	END
	has "SELECT binlog_gtid FROM m_$db.${db}_syncer_checkpoint WHERE is_global" '0-1-11;'
	synced <<-END
		$(head_at x.000007:9000 s 0-2-10)
		$(table a 'x:int(11)')
		{"type":"insert","schema":"$db","table":"a","pos":"x.000007:9000","seq":0,"gtid":"0-1-11","rows":[[1]]}
		$(commit x.000007:9100 0-1-11)
		{"type":"insert","schema":"$db","table":"a","pos":"x.000007:9100","seq":0,"gtid":"0-2-12","rows":[[2]]}
		$(commit x.000007:9200 0-2-12)
		$(end x.000007:9200)
	END
	has "SELECT x FROM $db.a ORDER BY x" '1;2;'
	has "SELECT binlog_gtid FROM m_$db.${db}_syncer_checkpoint WHERE is_global" '0-2-12;'
}

@test "a stream that starts behind the checkpoint is refused" {
	simple_table
	synced <<-END
		$(head_at x.000001:4)
		$(simple_line)
		$(row insert a x.000001:4 0 '[[1,"a"]]')
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	sync <<-END
		$(head_at x.000001:500)
		$(simple_line)
		$(row insert a x.000001:500 0 '[[2,"b"]]')
		$(commit x.000001:600)
		$(end x.000001:600)
	END
	assert_status 65
	assert_error 36502
	assert_err x.000001:500
	assert_err x.000001:100
	has "SELECT * FROM $db.a" '1 a;'
}

@test "without an end: whole transactions are kept, the open part is not: 75" {
	simple_table
	sync <<-END
		$(head_at x.000001:4)
		$(simple_line)
		$(row insert a x.000001:4 0 '[[1,"a"]]')
		$(commit x.000001:100)
		$(row insert a x.000001:100 0 '[[2,"b"]]')
	END
	assert_status 75
	assert_error 50103
	has "SELECT * FROM $db.a" '1 a;'
	[ "$(place)" = x.000001:100 ]
}

@test "a torn line: whole transactions are kept: 75" {
	simple_table
	printf '%s\n' "$(head_at x.000001:4)" "$(simple_line)" "$(row insert a x.000001:4 0 '[[1,"a"]]')" "$(commit x.000001:100)" \
		"$(row insert a x.000001:100 0 '[[2,"b"]]')" >whole
	sync < <(head -c -5 whole)
	assert_status 75
	assert_err 'inside a line'
	has "SELECT * FROM $db.a" '1 a;'
	[ "$(place)" = x.000001:100 ]
}

@test "a line that is nonsense: what was whole before it is kept: 65" {
	simple_table
	sync <<-END
		$(head_at x.000001:4)
		$(simple_line)
		$(row insert a x.000001:4 0 '[[1,"a"]]')
		$(commit x.000001:100)
		$(row insert a x.000001:100 0 '[[2,"b",3]]')
		$(commit x.000001:200)
		$(end x.000001:200)
	END
	assert_status 65
	has "SELECT * FROM $db.a" '1 a;'
	[ "$(place)" = x.000001:100 ]
}

@test "an end inside a transaction rolls it back; it is a clean end only after a signal" {
	simple_table
	sync <<-END
		$(head_at x.000001:4)
		$(simple_line)
		$(row insert a x.000001:4 0 '[[1,"a"]]')
		$(commit x.000001:100)
		$(row insert a x.000001:100 0 '[[2,"b"]]')
		$(end '' signal)
	END
	assert_status 0
	has "SELECT * FROM $db.a" '1 a;'
	sync <<-END
		$(head_at x.000001:100)
		$(simple_line)
		$(row insert a x.000001:100 0 '[[2,"b"]]')
		$(end x.000001:200)
	END
	assert_status 75
	assert_err 'inside a transaction'
	has "SELECT * FROM $db.a" '1 a;'
	[ "$(place)" = x.000001:100 ]
}

@test "a heartbeat and the end move the checkpoint" {
	synced <<-END
		$(head_at x.000001:4)
		{"type":"heartbeat","pos":"x.000001:700","head":"x.000001:700"}
		$(end x.000001:800)
	END
	[ "$(place)" = x.000001:800 ]
}

@test "a dump, rows before their table, rows of another source and a stream without a head are refused" {
	simple_table
	sync <<<"$(simple_line)"
	assert_status 65
	sync <<<"$(head_at x.000001:4)
$(row insert a x.000001:4 0 '[[1,"a"]]')"
	assert_status 65
	assert_err "come before"
	sync -s other <<<"$(head_at x.000001:4)"
	assert_status 65
	assert_error 36512
	sync <<<"$(head_at x.000001:4)
{\"type\":\"chunk\",\"schema\":\"$db\",\"table\":\"a\",\"id\":1}"
	assert_status 65
	assert_error 36512
}

@test "a row that is there already stops the task with table, place and key, and without its values" {
	simple_table
	sql down "INSERT INTO $db.a VALUES (3, 'x')"
	sync <<-END
		$(head_at x.000001:4)
		$(simple_line)
		$(row insert a x.000001:4 0 '[[1,"secret-1"],[2,"secret-2"],[3,"secret-3"],[4,"secret-4"]]')
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	assert_status 69
	assert_error 36506
	assert_err "$db.a"
	assert_err 'x.000001:4 seq 2'
	assert_err '(id)'
	! grep -qE "secret|'3'" err || fail "values in a message"
	has "SELECT * FROM $db.a" '3 x;'
}

@test "values that do not fit stop the task, also where the server would only warn" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, s VARCHAR(3), t TINYINT, l VARCHAR(20) CHARACTER SET latin1, e ENUM('a'))"
	for row in '[1,"long-secret",1,"a","a"]' '[1,"a",300,"a","a"]' '[1,"a",1,"☃","a"]' '[1,"a",1,"a","nolabel"]' '[1,"a","zz","a","a"]'; do
		sync <<-END
			$(head_at x.000001:4)
			$(table a 'id:int(11)' 's:varchar(20)' 't:int(11)' 'l:varchar(20)' 'e:varchar(20)' PRIMARY=id)
			$(row insert a x.000001:4 0 "[[0,\"a\",1,\"a\",\"a\"],$row]")
			$(commit x.000001:100)
			$(end x.000001:100)
		END
		assert_status 69
		assert_error 36508
		assert_err 'seq 1'
		! grep -qE 'secret|nolabel|zz' err || fail "values in a message"
		has "SELECT COUNT(*) FROM $db.a" '0;'
	done
}

@test "AT-14: a row to change that is not there is an error, a warning or a new row" {
	simple_table
	changes="$(simple_line)
$(row insert a x.000001:4 0 '[[9,"i"]]')
$(row update a x.000001:4 1 '[[[1,"a"],[1,"b"]]]')
$(row delete a x.000001:4 2 '[[2,"a"]]')
$(commit x.000001:100)
$(end x.000001:100)"
	sync <<<"$(head_at x.000001:4)
$changes"
	assert_status 69
	assert_error 36507
	assert_err 'x.000001:4 seq 1'
	has "SELECT COUNT(*) FROM $db.a" '0;'
	sync --on-missing warn <<<"$(head_at x.000001:4)
$changes"
	assert_status 0
	assert_err 'x.000001:4 seq 1'
	assert_err 'x.000001:4 seq 2'
	has "SELECT * FROM $db.a" '9 i;'
	db2=$db
	sql down "DROP DATABASE m_$db; DELETE FROM $db.a"
	sync --on-missing upsert <<<"$(head_at x.000001:4)
$changes"
	assert_status 0
	has "SELECT * FROM $db2.a ORDER BY id" '1 b;9 i;'
	sync --on-missing never </dev/null
	assert_status 64
}

@test "an update that changes nothing finds its row" {
	simple_table
	sql down "INSERT INTO $db.a VALUES (1, 'a')"
	synced <<-END
		$(head_at x.000001:4)
		$(simple_line)
		$(row update a x.000001:4 0 '[[[1,"a"],[1,"a"]]]')
		$(commit x.000001:100)
		$(end x.000001:100)
	END
}

@test "safe mode replaces what is there, also over a change of keys, and misses nothing" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, k INT, v VARCHAR(20), UNIQUE KEY (k));
		INSERT INTO $db.a VALUES (1,1,'old'),(2,2,'old'),(3,3,'old'),(7,70,'old')"
	synced --safe-mode <<-END
		$(head_at x.000001:4)
		$(table a 'id:int(11)' 'k:int(11)' 'v:varchar(20)' PRIMARY=id u_k=k)
		$(row insert a x.000001:4 0 '[[1,1,"new"],[4,4,"new"]]')
		$(row update a x.000001:4 2 '[[[2,2,"?"],[2,2,"new"]],[[3,3,"?"],[5,5,"moved"]],[[8,8,"?"],[9,70,"taken"]]]')
		$(row delete a x.000001:4 5 '[[99,99,"?"]]')
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	has "SELECT * FROM $db.a ORDER BY id" '1 1 new;2 2 new;4 4 new;5 5 moved;9 70 taken;'
}

@test "AT-22: a snapshot that is not consistent: safe mode up to its end, over a restart too" {
	simple_table
	sql down "INSERT INTO $db.a VALUES (1, 'dumped'), (2, 'dumped')"
	synced <<-END
		$(head_at x.000001:4)
		$(simple_line)
		{"type":"snapshot","pos":"x.000001:4","consistent":false,"pos_end":"x.000001:250"}
		$(row insert a x.000001:4 0 '[[1,"a"]]')
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	assert_err 'safe mode until x.000001:250'
	has "SELECT exit_safe_binlog_name, exit_safe_binlog_pos FROM m_$db.${db}_syncer_checkpoint WHERE is_global" 'x.000001 250;'
	synced <<-END
		$(head_at x.000001:100)
		$(simple_line)
		$(row insert a x.000001:100 0 '[[2,"b"]]')
		$(commit x.000001:250)
		$(row insert a x.000001:250 0 '[[3,"c"]]')
		$(commit x.000001:300)
		$(end x.000001:300)
	END
	assert_err 'safe mode ends at x.000001:250'
	has "SELECT * FROM $db.a ORDER BY id" '1 a;2 b;3 c;'
	has "SELECT exit_safe_binlog_name, exit_safe_binlog_pos FROM m_$db.${db}_syncer_checkpoint WHERE is_global" ' 0;'
	sync <<-END
		$(head_at x.000001:300)
		$(simple_line)
		$(row insert a x.000001:300 0 '[[3,"c"]]')
		$(commit x.000001:400)
		$(end x.000001:400)
	END
	assert_error 36506
}

@test "a second pipeline of the same source is refused, another source is not" {
	simple_table
	start_sync
	head_at x.000001:4 >&7
	wait_until 10 '[ "$(sql down "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '"'m_$db'"'")" -ge 4 ]'
	sleep 0.3
	sync <<<"$(head_at x.000001:4)
$(end x.000001:4)"
	[ "$status" -ne 0 ] || fail "two writers"
	grep -q ' error ' err || fail "it does not say so"
	synced <<<"$(head_at x.000001:4 s2)
$(end x.000001:4)"
	end >&7
	end_sync 0
	synced <<<"$(head_at x.000001:4)
$(end x.000001:4)"
}

@test "a change is applied at once when nothing else goes on" {
	simple_table
	start_sync
	{ head_at x.000001:4; simple_line; } >&7
	# The best of some, since the machine may have other things to do: a tick that is waited for would show in each.
	best=60000
	for n in 1 2 3 4 5 6; do
		before=$(date +%s%N)
		{ row insert a "x.000001:$n" 0 "[[$n,\"a\"]]"; commit "x.000001:$((n + 1))"; } >&7
		until has_now "SELECT COUNT(*) FROM $db.a" "$n;"; do :; done
		took=$((($(date +%s%N) - before) / 1000000))
		[ $took -gt $best ] || best=$took
	done
	[ $best -lt 500 ] || fail "it took $best ms"
	end x.000001:7 >&7
	end_sync 0
}

# What is written at once is read at once, so the row behind a commit that is visible was read too.
@test "SIGTERM: the transaction that is open is finished, the checkpoint written, status 0" {
	simple_table
	start_sync
	printf '%s\n' "$(head_at x.000001:4; simple_line; row insert a x.000001:4 0 '[[1,"a"]]'; commit x.000001:100
		row insert a x.000001:100 0 '[[2,"b"]]')" >&7
	wait_until 10 'has_now "SELECT COUNT(*) FROM $db.a" "1;"'
	kill -TERM "$pid"
	wait_until 10 'grep -q "^ShdPnd:[[:blank:]]*0*$" "/proc/$pid/status"'
	printf '%s\n' "$(row insert a x.000001:100 1 '[[3,"c"]]'; commit x.000001:200
		row insert a x.000001:200 0 '[[4,"d"]]'; commit x.000001:300)" >&7 || fail "it is gone: $(cat err)"
	end_sync 0
	has "SELECT * FROM $db.a ORDER BY id" '1 a;2 b;3 c;'
	[ "$(place)" = x.000001:200 ]
}

@test "SIGTERM between transactions ends at once; a second one does not wait for an open one" {
	simple_table
	start_sync
	{ head_at x.000001:4; simple_line; } >&7
	sleep 0.3
	kill -TERM "$pid"
	wait_until 5 '! kill -0 $pid 2>/dev/null'
	end_sync 0
	start_sync
	{ head_at x.000001:4; simple_line; row insert a x.000001:4 0 '[[1,"a"]]'; } >&7
	sleep 0.3
	kill -TERM "$pid"
	sleep 0.3
	kill -TERM "$pid"
	wait_until 5 '! kill -0 $pid 2>/dev/null'
	end_sync 0
	has "SELECT COUNT(*) FROM $db.a" '0;'
}

@test "the downstream restarts in the middle: everything arrives once, also without keys" {
	sql down "CREATE TABLE $db.a (x INT)"
	start_sync
	{ head_at x.000001:4; table a 'x:int(11)'; } >&7
	for n in $(seq 1 300); do
		row insert a "x.000001:$((n * 10))" 0 "[[$n]]"
		commit "x.000001:$((n * 10 + 10))"
		sleep 0.01
	done >&7 &
	writer=$!
	sleep 0.7
	kill_server down
	sleep 0.5
	restart_server down
	wait $writer
	end x.000001:3010 >&7
	end_sync 0
	has "SELECT COUNT(*), COUNT(DISTINCT x), MAX(x) FROM $db.a" '300 300 300;'
	assert_err 'trying again'
}

@test "a lock that somebody holds, and a connection that somebody ends, are waited for" {
	simple_table
	sql down "INSERT INTO $db.a VALUES (1, 'a'); SET GLOBAL innodb_lock_wait_timeout = 1"
	mkfifo hold
	sql down <hold >/dev/null &
	exec 8>hold
	echo "START TRANSACTION; UPDATE $db.a SET v = 'held' WHERE id = 1;" >&8
	wait_until 10 '[ "$(sql down "SELECT COUNT(*) FROM information_schema.innodb_trx")" -ge 1 ]'
	start_sync
	{ head_at x.000001:4; simple_line; row update a x.000001:4 0 '[[[1,"a"],[1,"b"]]]'; commit x.000001:100; end x.000001:100; } >&7
	wait_until 10 'grep -q 1205 err'
	id=$(sql down "SELECT id FROM information_schema.processlist WHERE info LIKE 'UPDATE \`$db\`%' LIMIT 1")
	[ -z "$id" ] || sql down "KILL $id" || true
	exec 8>&-
	sql down "SET GLOBAL innodb_lock_wait_timeout = 50"
	end_sync 0
	has "SELECT * FROM $db.a" '1 b;'
}

@test "many transactions share one downstream transaction; a big one is one" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, v VARCHAR(20))"
	{
		head_at x.000001:4
		simple_line
		for n in $(seq 1 500); do
			row insert a "x.000001:$((n * 10))" 0 "[[$n,\"a\"]]"
			commit "x.000001:$((n * 10 + 10))"
		done
		end x.000001:5010
	} >stream
	before=$(sql down "SHOW GLOBAL STATUS LIKE 'Com_commit'" | cut -f2)
	synced --batch 100 <stream
	after=$(sql down "SHOW GLOBAL STATUS LIKE 'Com_commit'" | cut -f2)
	[ $((after - before)) -le 12 ] || fail "$((after - before)) commits"
	has "SELECT COUNT(*) FROM $db.a" '500;'
}

@test "a big transaction streams: memory stays small, and it is there whole or not at all" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, v VARCHAR(1000))"
	v=$(head -c 900 /dev/zero | tr '\0' v)
	{
		head_at x.000001:4
		simple_line
		row insert a x.000001:4 0 '[[0,"first"]]'
		commit x.000001:10
		for n in $(seq 1 200); do
			row insert a x.000001:10 $((n * 1000)) "[$(seq $((n * 1000)) $((n * 1000 + 999)) | sed "s/.*/[&,\"$v\"]/" | paste -sd,)]"
		done
	} >stream
	status=0
	command time -f '%M' -o rss dm-sync -u root --socket "$(socket down)" --task "$db" --meta-schema "m_$db" --atomic <stream >out 2>err || status=$?
	assert_status 75
	has "SELECT COUNT(*) FROM $db.a" '1;'
	[ "$(tail -n 1 rss)" -lt 262144 ] || fail "$(tail -n 1 rss) KiB"
	{ cat stream; commit x.000001:9000; end x.000001:9000; } >whole
	synced --atomic <whole
	has "SELECT COUNT(*), MIN(v), SUM(LENGTH(v)) FROM $db.a" '200001 first 180000005;'
	[ "$(place)" = x.000001:9000 ]
}

@test "without --atomic a big transaction is applied in parts, and goes on where it was cut" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, v VARCHAR(1000)); CREATE TABLE $db.k (id INT, v VARCHAR(1000))"
	v=$(head -c 900 /dev/zero | tr '\0' v)
	{
		head_at x.000001:4
		simple_line
		table k 'id:int(11)' 'v:varchar(1000)'
		row insert a x.000001:4 0 '[[0,"first"]]'
		commit x.000001:10
		for n in $(seq 1 40); do
			row insert a x.000001:10 $((n * 2000)) "[$(seq $((n * 1000)) $((n * 1000 + 999)) | sed "s/.*/[&,\"$v\"]/" | paste -sd,)]"
			row insert k x.000001:10 $((n * 2000 + 1000)) "[$(seq 1 1000 | sed "s/.*/[1,\"$v\"]/" | paste -sd,)]"
		done
		row insert k x.000001:10 90000 '[[2,"last"]]'
	} >stream
	status=0
	command time -f '%M' -o rss dm-sync -u root --socket "$(socket down)" --task "$db" --meta-schema "m_$db" <stream >out 2>err || status=$?
	assert_status 75
	[ "$(tail -n 1 rss)" -lt 262144 ] || fail "$(tail -n 1 rss) KiB"
	[ "$(place)" = x.000001:10 ]
	half=$(sql down "SELECT (SELECT COUNT(*) FROM $db.a) + (SELECT COUNT(*) FROM $db.k)")
	[ "$half" -gt 5000 ] && [ "$half" -lt 80002 ] || fail "$half rows"
	{ cat stream; commit x.000001:9000; end x.000001:9000; } >whole
	synced <whole
	has "SELECT COUNT(*), MIN(v), SUM(LENGTH(v)) FROM $db.a" '40001 first 36000005;'
	has "SELECT COUNT(*) FROM $db.k" '40001;'
	has "SELECT COUNT(*) FROM m_$db.${db}_syncer_applied" '0;'
	[ "$(place)" = x.000001:9000 ]
}

@test "state lines and structures are kept with the place" {
	simple_table
	synced <<-END
		$(head_at x.000001:4)
		{"type":"state","stage":"dm-relay","key":"k","value":{"a":[1,"x"]}}
		{"type":"state","stage":"dm-online-ddl","key":"\`a\`.\`_b\`\`c_gho\`","value":{"schema":"a","table":"_b\`c_gho","ddls":["ALTER TABLE x"]}}
		$(simple_line)
		$(row insert a x.000001:4 0 '[[1,"a"]]')
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	has "SELECT stage, value FROM m_$db.${db}_state" 'dm-relay {"a":[1,"x"]};'
	has "SELECT ghost_schema, ghost_table, ddls FROM m_$db.${db}_onlineddl" 'a _b`c_gho {"schema":"a","table":"_b`c_gho","ddls":["ALTER TABLE x"]};'
	has "SELECT COUNT(*) FROM m_$db.${db}_syncer_checkpoint WHERE NOT is_global AND cp_schema = '$db' AND cp_table = 'a'" '1;'
	synced <<-END
		$(head_at x.000001:100)
		{"type":"state","stage":"dm-relay","key":"k","value":null}
		{"type":"state","stage":"dm-online-ddl","key":"\`a\`.\`_b\`\`c_gho\`","value":null}
		$(ddl 'drop table' a x.000001:100 'DROP TABLE a')
		$(commit x.000001:200)
		$(end x.000001:200)
	END
	has "SELECT COUNT(*) FROM m_$db.${db}_state" '0;'
	has "SELECT COUNT(*) FROM m_$db.${db}_onlineddl" '0;'
	has "SELECT COUNT(*) FROM m_$db.${db}_syncer_checkpoint WHERE NOT is_global" '0;'
}

@test "the status file tells where we are, by DM's names" {
	simple_table
	synced --status-file status.json <<-END
		$(head_at x.000001:4)
		$(simple_line)
		$(row insert a x.000001:4 0 '[[1,"a"],[2,"b"]]')
		$(commit x.000001:100)
		{"type":"heartbeat","pos":"x.000001:100","head":"x.000001:100"}
		$(end x.000001:100)
	END
	[ "$(jq -r '.unit, .stage, .fields.totalRows, .fields.syncerBinlog, .fields.masterBinlog, (.fields.synced | tostring), .fields.binlogType' status.json | paste -sd' ')" = \
		'Sync Finished 2 (x.000001, 100) (x.000001, 100) true remote' ] || fail "$(cat status.json)"
	sync --status-file status.json <<<nonsense
	[ "$(jq -r '.stage' status.json)" = Paused ]
}

@test "a task file gives all that is needed" {
	simple_table
	task_file "$db" <<-END
		task-mode: incremental
		meta-schema: m_$db
		$(target down)
		mysql-instances: [{source-id: s, meta: {binlog-name: x.000001, binlog-pos: 4}}]
	END
	run_tool dm-sync -c "$db.yaml" -s s <<-END
		$(head_at x.000001:4)
		$(simple_line)
		$(row insert a x.000001:4 0 '[[1,"a"]]')
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	assert_status 0
	has "SELECT * FROM $db.a" '1 a;'
}

@test "input that is closed or empty, or of a newer version, is told" {
	status=0
	dm-sync -u root --socket "$(socket down)" --task "$db" --meta-schema "m_$db" <&- >out 2>err || status=$?
	assert_status 75
	sync </dev/null
	assert_status 75
	sync <<<'{"type":"stream","version":2,"source":"s","flavor":"mariadb","pos":"x.000001:4"}'
	assert_status 65
	assert_err 'version 2'
}

@test "lines of types and keys that are not known are passed over" {
	simple_table
	synced <<-END
		$(head_at x.000001:4)
		{"type":"from-the-future","schema":7}
		$(simple_line)
		{"type":"insert","schema":"$db","table":"a","pos":"x.000001:4","seq":0,"new":{"key":[]},"rows":[[1,"a"]]}
		$(commit x.000001:100)
		$(end x.000001:100)
	END
	has "SELECT * FROM $db.a" '1 a;'
}

@test "a row that the server takes in no packet stops the task and names the limit" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, v LONGTEXT)"
	limit=$(sql down 'SELECT @@global.max_allowed_packet')
	{
		head_at x.000001:4
		simple_line
		row insert a x.000001:4 0 '[[1,"a"]]'
		commit x.000001:100
		printf '{"type":"insert","schema":"%s","table":"a","pos":"x.000001:100","seq":0,"rows":[[2,"' "$db"
		head -c "$limit" /dev/zero | tr '\0' x
		echo '"]]}'
		commit x.000001:200
		end x.000001:200
	} >stream
	sync <stream
	assert_status 69
	assert_error 36503
	assert_err "$limit"
	assert_err 'x.000001:100 seq 0'
	has "SELECT * FROM $db.a" '1 a;'
}

@test "rows of several MiB are split over statements as the server takes them" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, v LONGTEXT)"
	v=$(head -c 2500000 /dev/zero | tr '\0' v)
	{
		head_at x.000001:4
		simple_line
		for n in $(seq 1 20); do
			printf '{"type":"insert","schema":"%s","table":"a","pos":"x.000001:%d","seq":0,"rows":[[%d,"%s"]]}\n' "$db" $((n * 10)) "$n" "$v"
			commit "x.000001:$((n * 10 + 10))"
		done
		end x.000001:210
	} >stream
	synced <stream
	has "SELECT COUNT(*), SUM(LENGTH(v)) FROM $db.a" '20 50000000;'
}

@test "a pipeline whose lease was taken stops before its next commit" {
	simple_table
	start_sync
	{ head_at x.000001:4; simple_line; row insert a x.000001:4 0 '[[1,"a"]]'; commit x.000001:100; } >&7
	wait_until 10 'has_now "SELECT COUNT(*) FROM $db.a" "1;"'
	sql down "UPDATE m_$db.${db}_lease SET owner = 'somebody:1:1@else'"
	{ row insert a x.000001:100 0 '[[2,"b"]]'; commit x.000001:200; } >&7
	wait_until 10 'grep -q "error 24502" err'	# before the stream ends, which would be an error of its own
	end_sync 75
	has "SELECT * FROM $db.a" '1 a;'
	[ "$(place)" = x.000001:100 ]
}

@test "a checkpoint that reads from an earlier place stays whole while that is read again" {
	sql down "CREATE TABLE $db.k (x INT)"
	{
		head_at x.000001:4
		table k 'x:int(11)'
		row insert k x.000001:100 0 '[[1]]'
		echo '{"type":"commit","pos":"x.000001:200","resume":"x.000001:100","ts":1700000000}'
		echo '{"type":"end","reason":"caught-up","pos":"x.000001:200","resume":"x.000001:100"}'
	} >stream
	synced <stream
	[ "$(place)" = x.000001:100 ]
	start_sync
	{
		head_at x.000001:100
		table k 'x:int(11)'
		row insert k x.000001:100 0 '[[1]]'
		commit x.000001:150
	} >&7
	wait_until 10 '[ -n "$(sql down "SELECT 1 FROM m_$db.${db}_lease WHERE owner <> \"\"")" ]'
	before=$(sql down "SELECT * FROM m_$db.${db}_lease")
	wait_until 15 '[ "$(sql down "SELECT * FROM m_$db.${db}_lease")" != "$before" ]'
	kill -KILL "$pid"
	end_sync 137
	has "SELECT value FROM m_$db.${db}_state WHERE stage = 'dm-sync' AND state_key = 'applied'" '"x.000001:200";'
	sed -i 's/x.000001:4"/x.000001:100"/' stream
	synced <stream
	has "SELECT COUNT(*) FROM $db.k" '1;'
}
