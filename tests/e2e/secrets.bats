#!/usr/bin/env bats
# Passwords: encrypted in the files, by us and by DM, from option and password files; and nowhere else for anybody to find.
# shellcheck disable=SC2016,SC2154 # conditions of wait_until are evaluated there; status is set by helpers

setup_file() {
	load lib
	cc -D_GNU_SOURCE -O1 -o "$BATS_FILE_TMPDIR/memgrep" "$BATS_TEST_DIRNAME/memgrep.c" || return
	start_servers up=mysql down=mariadb
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	e2e_setup
	s=t_$BATS_TEST_NUMBER
	# Never to be in an argument, but for those of tools that are not ours. No two halves of it are alike.
	pw="Quwixo-$BATS_TEST_NUMBER-zavemyhu"
	printf '%s\n' "$pw" >pw
	dm-secret key key
	export DM_SECRET_KEY_FILE=$PWD/key
	echo "CREATE USER $s IDENTIFIED BY '$pw'; GRANT ALL ON *.* TO $s" >user.sql
	sql up <user.sql
	sql down <user.sql
	rm user.sql
	sql up "CREATE DATABASE $s CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; CREATE TABLE $s.t (id INT PRIMARY KEY, v TEXT); INSERT INTO $s.t VALUES (1, 'one')"
}

teardown() {
	[ -n "${s:-}" ] || return 0
	dm query-status "$s" | grep -E 'stage|Message' || :	# shown where the test failed
	dm stop-task "$s" >/dev/null 2>&1 || :
}

# write_files FROM-PASSWORD TARGET-PASSWORD
write_files() {
	cat >one.yaml <<-END
		source-id: one
		from: {host: 127.0.0.1, port: $(port up), user: $s, password: $1}
	END
	task_file "$s" <<-END
		task-mode: all
		target-database: {host: 127.0.0.1, port: $(port down), user: $s, password: $2}
		mysql-instances: [{source-id: one, block-allow-list: mine}]
		block-allow-list:
		  mine: {do-dbs: ["$s"]}
	END
}

# The processes of the task: the supervisor and the members of its pipeline, as they are recorded.
processes() {
	cat "$DM_HOME"/tasks/*/*/pid "$DM_HOME"/tasks/*/*/run-*/*.pid | cut -d' ' -f1 | sort -u
}

arrived() {
	wait_until 20 "[ \"\$(sql down 'SELECT v FROM $s.t WHERE id = $1' 2>/dev/null)\" = $2 ]"
}

@test "S6, AT-54: a password is in no log, argument, environment, state, relay log, meta table or memory" {
	local pids pid name seen=0

	write_files "$(dm encrypt <pw)" "$(dm encrypt <pw)"
	run ! grep -F "$pw" one.yaml "$s.yaml"
	dm operate-source create one.yaml >out
	dm start-task "$s.yaml" >out
	sql up "INSERT INTO $s.t VALUES (2, 'two')"
	arrived 2 two
	# A connection that is made anew, and an error that a server has words for.
	sql down "KILL USER $s"
	sql up "INSERT INTO $s.t VALUES (3, 'three')"
	arrived 3 three
	pids=$(processes)
	for pid in $pids; do
		run ! grep -qaF "$pw" "/proc/$pid/cmdline" "/proc/$pid/environ"
		name=$(cat "/proc/$pid/comm" 2>/dev/null) || continue
		[[ $name == dm-* ]] || continue
		# A control: what the tool does hold is found.
		run "$BATS_FILE_TMPDIR/memgrep" "$pid" "$s"
		[ "$status" -ne 1 ] || fail "not even the name of a schema is found in $name"
		if [ "$status" -eq 2 ]; then
			[ "$(id -u)" -ne 0 ] || fail "the memory of $name cannot be read"
			continue	# which is the point of it
		fi
		run "$BATS_FILE_TMPDIR/memgrep" "$pid" "$pw"
		[ "$status" -eq 1 ] || fail "$name has it in: $output"
		seen=$((seen + 1))
	done
	[ "$(id -u)" -ne 0 ] || [ "$seen" -ge 5 ]
	dm query-status "$s" --more >status 2>&1 || dm query-status "$s" >status
	dm-relay -S one.yaml --pull --relay-dir relay --start mysql-bin.000001:4 --until caught-up 2>relay.log </dev/null
	mariadb-dump --no-defaults -uroot --socket="$(socket down)" dm_meta >meta.sql
	[ -s meta.sql ]
	rm pw
	run grep -rlaF "$pw" . "$DM_HOME"
	assert_status 1
}

@test "AT-54: a password that stands plainly in a file is in no memory either, once it was read" {
	local pid

	write_files "$pw" "$pw"
	dm-relay -S one.yaml -s one --start mysql-bin.000001:4 >stream 2>relay.log </dev/null &
	pid=$!
	wait_until 20 'grep -q "\"commit\"" stream'
	run "$BATS_FILE_TMPDIR/memgrep" "$pid" "$pw"
	kill "$pid"
	[ "$status" -eq 1 ] || { [ "$status" -eq 2 ] && [ "$(id -u)" -ne 0 ]; } || fail "it is in: $output"
	wait "$pid"
}

@test "AT-54: no tool leaves a core file" {
	run "$BATS_FILE_TMPDIR/memgrep" --core
	[ "$output" = core ] || skip "this machine writes no core files"
	for tool in dm-secret\ encrypt dm-route dm-filter\ --do-db\ a; do
		# shellcheck disable=SC2086 # words
		run "$BATS_FILE_TMPDIR/memgrep" --core $tool
		[ "$status" -eq 0 ] && [ "$output" = none ] || fail "$tool: $output"
	done
}

@test "a wrong password, and a wrong key, are told without the password" {
	write_files "$(dm encrypt <pw)" "$(echo "$pw-wrong" | dm encrypt)"
	run_tool dm-meta -c "$s.yaml" -S one.yaml checkpoint show </dev/null
	assert_status 69
	assert_err 'Access denied'
	run ! grep -F zavemyhu err out
	dm-secret key other
	run_tool dm-meta -c "$s.yaml" -S one.yaml checkpoint show --secret-key-file other </dev/null
	assert_status 78
	assert_error 20010
	run ! grep -F zavemyhu err out
}

@test "DM's ciphertexts open with a key file, and with the key it has published; dm-check says what that one hides" {
	write_files "$(dm-secret encrypt --for-dm <pw)" "$(dm-secret encrypt --for-dm <pw)"
	dm-relay -S one.yaml -s one --start mysql-bin.000001:4 --until caught-up >stream </dev/null
	echo a529b7665997f043a30ac8fadcb51d6aa032c226ab5b7750530b12b8c1a16a48 >published
	chmod 600 published
	write_files "$(dm-secret encrypt --for-dm --secret-key-file published <pw)" "$pw"
	run_tool dm-check -c "$s.yaml" -S one.yaml </dev/null
	assert_status 0
	assert_err "one.yaml:2: 'password' is encrypted with the key that every copy of DM up to 7.x has: this hides nothing"
}

@test "a client's option file and a password file name server, user and password; others must not read them" {
	printf '[client]\nhost=127.0.0.1\nport=%s\nuser=%s\npassword=%s\n' "$(port up)" "$s" "$pw" >my.cnf
	chmod 644 my.cnf pw
	run_tool dm-dump --defaults-file my.cnf -B "$s" </dev/null
	assert_status 78
	assert_error 20101
	chmod 600 my.cnf
	run_tool dm-dump --defaults-file my.cnf -B "$s" </dev/null
	assert_status 0
	assert_out '"one"'
	run_tool dm-dump -h 127.0.0.1 -P "$(port up)" -u "$s" --password-file pw -B "$s" </dev/null
	assert_status 78
	assert_error 20101
	run_tool dm-dump -h 127.0.0.1 -P "$(port up)" -u "$s" --password-file <(cat pw) -B "$s" </dev/null
	assert_status 0
}

@test "TLS files come in base64, and from memory" {
	local data=$BATS_FILE_TMPDIR/up/data

	sql up "ALTER USER $s REQUIRE X509"
	write_files "$(dm encrypt <pw)" "$(dm encrypt <pw)"
	run_tool dm-dump -S one.yaml -B "$s" </dev/null
	assert_status 69
	cat >one.yaml <<-END
		source-id: one
		from:
		  {host: 127.0.0.1, port: $(port up), user: $s, password: $(dm encrypt <pw), security: {
		   ssl-ca-base64: $(base64 -w0 <"$data/ca.pem"), ssl-cert-base64: $(base64 -w0 <"$data/client-cert.pem"),
		   ssl-key-base64: $(base64 -w0 <"$data/client-key.pem")}}
	END
	run_tool dm-dump -S one.yaml -B "$s" </dev/null
	assert_status 0
	assert_out '"one"'
	# of several connections, too, and another authority's is refused
	run_tool dm-dump -S one.yaml -B "$s" -t 4 </dev/null
	assert_status 0
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other -keyout other.key -out other.pem 2>log
	sed -i "s|ssl-ca-base64: [^,]*|ssl-ca-base64: $(base64 -w0 <other.pem)|" one.yaml
	run_tool dm-dump -S one.yaml -B "$s" </dev/null
	assert_status 69
}
