#!/usr/bin/env bats
# dm-secret, and the driver's encrypt and decrypt: keys, ciphertexts of both forms, what is asked at a terminal.
# shellcheck disable=SC2154 # status is set by run_tool

setup() {
	load lib
	cli_setup
	unset DM_SECRET_KEY_FILE
	dm-secret key key
}

@test "dm-secret: key makes a file of 64 hex digits for its owner alone, and never writes over one" {
	[ "$(stat -c %a key)" = 600 ]
	grep -qxE '[0-9a-f]{64}' key
	cp key before
	run_tool dm-secret key key </dev/null
	assert_status 74
	cmp key before
	dm-secret key other
	run ! cmp -s key other
}

@test "dm-secret: what encrypt prints, decrypt reads, in both forms; no two are alike" {
	for form in '' --for-dm; do
		echo 'p w"ü' >in.txt
		dm-secret encrypt $form --secret-key-file key <in.txt >one
		DM_SECRET_KEY_FILE=key dm-secret encrypt $form <in.txt >two
		run ! cmp -s one two
		run_tool dm-secret decrypt --secret-key-file key <two
		assert_status 0
		assert_no_err
		cmp out in.txt
	done
	run_tool dm-secret decrypt --secret-key-file key "$(cat one)" </dev/null
	assert_out 'p w"ü'
}

@test "dm-secret: without a key nothing is encrypted, and only DM's published one is known" {
	run_tool dm-secret encrypt <<<pw
	assert_status 64
	run_tool dm-secret decrypt fCxfQ9XKCezSzuCD0Wf5dUD+LsKegSg= </dev/null
	assert_status 0
	[ "$(cat out)" = 123456 ]
	assert_err 'it hides nothing'
	run_tool dm-secret decrypt 123456 --secret-key-file key </dev/null
	assert_status 65
	assert_error 50131
	dm-secret key other
	dm-secret encrypt --secret-key-file key <<<pw >sealed
	run_tool dm-secret decrypt --secret-key-file other <sealed
	assert_status 65
	chmod 640 key
	run_tool dm-secret decrypt --secret-key-file key <sealed
	assert_status 78
	assert_error 20101
}

@test "dm-secret: a terminal is asked twice, and does not show it" {
	# The two lines go to the terminal once it is silent.
	mkfifo keys
	{
		wait_until 10 'grep -q "Password: " screen' && printf 'geheim\n'
		wait_until 10 'grep -q "Again: " screen' && printf 'geheim\n'
	} >keys &
	script -qfec 'dm-secret encrypt --secret-key-file key >sealed' screen <keys >shown
	wait $!
	run ! grep -F geheim screen shown
	[ "$(dm-secret decrypt --secret-key-file key <sealed)" = geheim ]
}

@test "dm: encrypt and decrypt; a password on the command line is taken with a warning" {
	run_tool dm encrypt --secret-key-file key <<<pw
	assert_status 0
	assert_no_err
	cp out sealed
	run_tool dm decrypt "$(cat sealed)" --secret-key-file=key </dev/null
	[ "$(cat out)" = pw ]
	mkdir -p "$DM_HOME"
	mv key "$DM_HOME/secret.key"
	run_tool dm decrypt <sealed
	[ "$(cat out)" = pw ]
	run_tool dm encrypt geheim </dev/null
	assert_status 0
	assert_err 'shown by ps'
	cp out sealed
	run_tool dm decrypt <sealed
	[ "$(cat out)" = geheim ]
	run_tool dm encrypt a b </dev/null
	assert_status 64
}

@test "dm-secret: hide shows a file without passwords and keys, and what it shows can be read again" {
	cat >f.yaml <<-'END'
		name: "a b"	# geheim
		from: {host: h, Password: "geheim", port: 3307, empty: {}, session: {sql_mode: "A,B"}}
		rules:
		- schema-pattern: "a*"
		  events: [all ddl, 'truncate table']
		  nothing:
		- [1, [2, 3]]
		- {a: "x: y", b: ~, "odd key": "tab\there", c: "ü", d: []}
		- - {e: 1, f: [{g: 2}]}
		security:
		  ssl-key-base64: |
		    geheim
		    geheim
		  ssl-ca: file.pem
	END
	run_tool dm-secret hide f.yaml </dev/null
	assert_status 0
	! grep -q geheim out || fail "it shows a secret"
	[ "$(cat out)" = "$(cat <<-'END'
		name: "a b"
		from:
		  host: h
		  Password: '******'
		  port: 3307
		  empty: {}
		  session:
		    sql_mode: "A,B"
		rules:
		  - schema-pattern: "a*"
		    events:
		      - all ddl
		      - "truncate table"
		    nothing:
		  -
		    - 1
		    -
		      - 2
		      - 3
		  - a: "x: y"
		    b:
		    "odd key": "tab\there"
		    c: "ü"
		    d: []
		  -
		    - e: 1
		      f:
		        - g: 2
		security:
		  ssl-key-base64: '******'
		  ssl-ca: file.pem
	END
	)" ]
	cp out once
	run_tool dm-secret hide once </dev/null
	cmp out once
	printf 'a: [' >f.yaml
	run_tool dm-secret hide f.yaml </dev/null
	assert_status 78
	run_tool dm-secret hide </dev/null
	assert_status 64
}
