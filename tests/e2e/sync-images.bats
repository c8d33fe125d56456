#!/usr/bin/env bats
# dm-sync and row images that do not hold all columns, with streams made by hand: what is applied, what must stop.
# SYNC_DOWN=mysql runs all of it against MySQL.
# shellcheck disable=SC2154,SC2030,SC2031,SC2034,SC2016,SC2119 # variables of the helpers, and conditions that they evaluate

setup_file() {
	load lib
	start_servers down="${SYNC_DOWN:-mariadb}"
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

# partial TYPE KEYS ROWS: of table a, as one transaction.
partial() {
	echo "{\"type\":\"$1\",\"schema\":\"$db\",\"table\":\"a\",\"pos\":\"x.000001:4\",\"seq\":7,$2,\"rows\":$3}"
	commit x.000001:100
	end x.000001:100
}

# diff OPERATIONS: a partial update of column j of the row 1 of table a.
diff_of() {
	partial update '"before":[0],"after":[1]' "[[[1],[{\"json_diff\":$1}]]]"
}

refused() {
	sync "$@"
	assert_status 65
	assert_error 36509
	assert_err 'seq 7'
}

@test "an update sets the columns that its image holds, and nothing else" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, v VARCHAR(20), n INT, t DATETIME ON UPDATE CURRENT_TIMESTAMP);
		INSERT INTO $db.a VALUES (1, 'kept', 5, '2020-01-01'), (2, 'kept', 6, '2020-01-01')"
	of_a=$(table a 'id:int(11)' 'v:varchar(20)' 'n:int(11)' 't:datetime' PRIMARY=id)
	synced <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial update '"before":[0],"after":[0,2]' '[[[1],[3,null]],[[2],[2,8]]]')
	END
	has "SELECT * FROM $db.a ORDER BY id" '2 kept 8 2020-01-01 00:00:00;3 kept NULL 2020-01-01 00:00:00;'
	synced <<-END
		$(head_at x.000001:100)
		$of_a
		{"type":"update","schema":"$db","table":"a","pos":"x.000001:100","seq":0,"before":[0],"after":[],"rows":[[[3],[]]]}
		$(commit x.000001:300)
		$(end x.000001:300)
	END
	has "SELECT v, t FROM $db.a WHERE id = 3" 'kept 2020-01-01 00:00:00;'
}

@test "any unique key whose values are there finds a row; what is missing is named" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, u INT UNIQUE, v INT); INSERT INTO $db.a VALUES (1, 11, 1), (2, NULL, 2)"
	of_a=$(table a 'id:int(11)' 'u:int(11)' 'v:int(11)' PRIMARY=id u_u=u)
	synced <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial update '"before":[1],"after":[2]' '[[[11],[5]]]')
	END
	has "SELECT v FROM $db.a ORDER BY id" '5;2;'
	for image in '"before":[1,2],"after":[2]' '"before":[],"after":[]'; do
		refused --task other <<-END
			$(head_at x.000001:4)
			$of_a
			$(partial update "$image" "$(case $image in *1,2*) echo '[[[null,2],[9]]]' ;; *) echo '[[[],[]]]' ;; esac)")
		END
		assert_err "the old value of 'id'"
	done
	refused --task other <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial delete '"cols":[2]' '[[5]]')
	END
	has "SELECT COUNT(*) FROM $db.a" '2;'
}

@test "a table without a key needs all columns that it stores" {
	sql down "CREATE TABLE $db.a (a INT, b INT, g INT AS (a + b) STORED); INSERT INTO $db.a (a, b) VALUES (1, 2), (1, 2), (1, 3)"
	of_a=$(table a 'a:int(11)' 'b:int(11)' 'g:int(11):generated')
	synced <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial update '"before":[0,1],"after":[1]' '[[[1,2],[9]]]')
	END
	has "SELECT * FROM $db.a ORDER BY b" '1 2 3;1 3 4;1 9 10;'
	refused --task other <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial update '"before":[0],"after":[1]' '[[[1],[9]]]')
	END
	assert_err "the old value of 'b'"
}

@test "a column that an insert does not hold gets its default, if that is the same at both ends" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, v VARCHAR(20), n INT DEFAULT 5)"
	of_a=$(table a 'id:int(11)' 'v:varchar(20)' 'n:int(11)' PRIMARY=id)
	synced <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial insert '"cols":[0,2]' '[[1,1],[2,2]]')
	END
	has "SELECT * FROM $db.a ORDER BY id" '1 NULL 1;2 NULL 2;'
	refused --task other <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial insert '"cols":[0]' '[[3]]')
	END
	assert_err "column 'n'"
	synced --task third <<-END
		$(head_at x.000001:4)
		${of_a/'"n","type":"int(11)","charset":null,"nullable":true,"default":null'/'"n","type":"int(11)","charset":null,"nullable":true,"default":"5"'}
		$(partial insert '"cols":[0]' '[[3]]')
	END
	has "SELECT * FROM $db.a WHERE id = 3" '3 NULL 5;'
}

@test "a generated column that only the upstream generates must be in the log" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, a INT, g INT); INSERT INTO $db.a VALUES (1, 1, 2)"
	refused <<-END
		$(head_at x.000001:4)
		$(table a 'id:int(11)' 'a:int(11)' 'g:int(11):generated' PRIMARY=id)
		$(partial update '"before":[0,1],"after":[0,1]' '[[[1,1],[1,2]]]')
	END
	assert_err "column 'g'"
	has "SELECT * FROM $db.a" '1 1 2;'
}

@test "safe mode changes what is there, and stops where only the whole row would do" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, v VARCHAR(20), n INT); INSERT INTO $db.a VALUES (1, 'kept', 1)"
	of_a=$(table a 'id:int(11)' 'v:varchar(20)' 'n:int(11)' PRIMARY=id)
	synced --safe-mode <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial update '"before":[0],"after":[2]' '[[[1],[7]]]')
	END
	has "SELECT * FROM $db.a" '1 kept 7;'
	refused --safe-mode --task other <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial update '"before":[0],"after":[0]' '[[[1],[2]]]')
	END
	assert_err 'change of a unique key'
	sync --safe-mode --task other <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial update '"before":[0],"after":[2]' '[[[5],[7]]]')
	END
	assert_status 69
	assert_error 36507
	# Both images together hold the whole row: it is replaced as ever.
	synced --safe-mode --task third <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial update '"after":[0]' '[[[8,"all",8],[9]],[[1,"kept",7],[2]]]')
	END
	has "SELECT * FROM $db.a ORDER BY id" '2 kept 7;9 all 8;'
}

@test "a row that is missing is not made up of a part of it" {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, v VARCHAR(20), n INT)"
	of_a=$(table a 'id:int(11)' 'v:varchar(20)' 'n:int(11)' PRIMARY=id)
	sync --on-missing upsert <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial update '"before":[0],"after":[2]' '[[[1],[7]]]')
	END
	assert_status 69
	assert_error 36507
	assert_err 'the whole of it'
	synced --on-missing upsert --task other <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial update '"after":[2]' '[[[1,"all",1],[7]]]')
	END
	has "SELECT * FROM $db.a" '1 all 7;'
}

json_table() {
	sql down "CREATE TABLE $db.a (id INT PRIMARY KEY, j JSON); INSERT INTO $db.a VALUES (1, '{\"a\": 1, \"b\": [1, 2]}')"
	of_a=$(table a 'id:int(11)' 'j:json' PRIMARY=id)
}

@test "AT-13: operations on a document are done in their order" {
	json_table
	synced <<-END
		$(head_at x.000001:4)
		$of_a
		$(diff_of '[{"op":"insert","path":"$.\"c d\"","value":"{\"x\": [true, null]}"},{"op":"replace","path":"$.\"c d\".x[0]","value":"1.0"},
			{"op":"remove","path":"$.a"},{"op":"insert","path":"$.b[0]","value":"\"it'"'"'s \\\"q\\\"\""}]' | tr -d '\n\t' | sed 's/}{"type"/}\n{"type"/g')
	END
	has "SELECT JSON_EXTRACT(j, '\$.a'), JSON_EXTRACT(j, '\$.b'), JSON_EXTRACT(j, '\$.\"c d\"') FROM $db.a" \
		'NULL ["it'"'"'s \\"q\\"", 1, 2] {"x": [1.0, null]};'
}

@test "operations that would do nothing stop" {
	json_table
	for ops in '[{"op":"replace","path":"$.z","value":"1"}]' '[{"op":"remove","path":"$.b[2]"}]' '[{"op":"insert","path":"$.a","value":"2"}]' \
		'[{"op":"insert","path":"$.a.b","value":"2"}]' '[{"op":"insert","path":"$.a[0]","value":"2"}]' \
		'[{"op":"remove","path":"$.a"},{"op":"replace","path":"$.a","value":"2"}]'; do
		sync <<-END
			$(head_at x.000001:4)
			$of_a
			$(diff_of "$ops")
		END
		assert_status 69
		assert_error 36507
		assert_err 'its JSON document is another'
	done
	has "SELECT j FROM $db.a" '{"a": 1, "b": [1, 2]};'
}

@test "operations that cannot be read are refused" {
	json_table
	for ops in '[{"op":"swap","path":"$.a","value":"1"}]' '[{"op":"remove","path":"$"}]' '[{"op":"remove","path":"a"}]' \
		'[{"op":"remove","path":"$.a","value":"1"}]' '[{"op":"replace","path":"$.a"}]' '[{"op":"remove","path":"$.\"a"}]' \
		'[{"op":"remove","path":"$[0"}]' '[{"path":"$.a"}]' '[{"op":"remove"}]' '[5]'; do
		sync <<-END
			$(head_at x.000001:4)
			$of_a
			$(diff_of "$ops")
		END
		assert_status 65
		assert_error 50107
	done
	sync <<-END
		$(head_at x.000001:4)
		$of_a
		$(diff_of '[{"op":"replace","path":"$.a","value":"{no document"}]')
	END
	assert_status 69
	sync <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial insert '"cols":[0,1]' '[[2,{"json_diff":[]}]]')
	END
	assert_status 65
	assert_error 50107
	has "SELECT * FROM $db.a" '1 {"a": 1, "b": [1, 2]};'
}

@test "with the document before, operations need nothing downstream and may come twice" {
	json_table
	sql down "UPDATE $db.a SET j = '{}'"
	for task in one two; do
		synced --safe-mode --task $task <<-END
			$(head_at x.000001:4)
			$of_a
			$(partial update '"before":[0,1],"after":[0,1]' \
				'[[[1,"{\"a\": 1}"],[1,{"json_diff":[{"op":"insert","path":"$.b","value":"2"}]}]]]')
		END
		has "SELECT j FROM $db.a" '{"a": 1, "b": 2};'
	done
	refused --safe-mode --task three <<-END
		$(head_at x.000001:4)
		$of_a
		$(diff_of '[{"op":"remove","path":"$.b"}]')
	END
	assert_err 'need the whole row'
}

@test "a document that the downstream's functions cannot read stops, and never becomes NULL" {
	[ "${SYNC_DOWN:-mariadb}" = mariadb ] || skip "MySQL reads documents as deep as it writes them"
	json_table
	deep=$(printf '%050d' 0 | tr 0 '[')1$(printf '%050d' 0 | tr 0 ']')
	sync <<-END
		$(head_at x.000001:4)
		$of_a
		$(diff_of "[{\"op\":\"replace\",\"path\":\"\$.a\",\"value\":\"$deep\"}]")
	END
	assert_status 69
	assert_error 36508
	sql down "ALTER TABLE $db.a MODIFY j LONGTEXT"
	sync <<-END
		$(head_at x.000001:4)
		$of_a
		$(partial update '"before":[0,1],"after":[1]' "[[[1,\"{\\\"a\\\": $deep}\"],[{\"json_diff\":[{\"op\":\"remove\",\"path\":\"\$.a\"}]}]]]")
	END
	assert_status 69
	assert_error 36508
	has "SELECT j FROM $db.a" '{"a": 1, "b": [1, 2]};'
}
