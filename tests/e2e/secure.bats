#!/usr/bin/env bats
# Connections that are encrypted, and how servers of today want a password: what is taken, and what is refused with which words.
# shellcheck disable=SC2154 # status and lines are set by helpers

setup_file() {
	load lib
	load probe.bash
	export DM_ROOT="${DM_ROOT:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
	export DM_BIN="${DM_BIN:-$DM_ROOT/build/bin}"
	build_probe
	cd "$BATS_FILE_TMPDIR" || return
	authority ca
	authority other-ca
	certificate ca server 'db 1' DNS:localhost
	certificate ca client reader DNS:reader
	certificate other-ca stranger reader DNS:reader
	start_server my mysql &
	# Both as they are; one that cannot be had skips the tests.
	start_server maria mariadb-11 --ssl-ca="$PWD/ca.pem" --ssl-cert="$PWD/server.pem" --ssl-key="$PWD/server.key" || [ $? -eq 77 ]
	wait $! || [ $? -eq 77 ]
}

teardown_file() {
	load lib
	stop_servers
}

setup() {
	load lib
	load probe.bash
	e2e_setup
	files=$BATS_FILE_TMPDIR
}

# authority NAME: NAME.pem, NAME.key
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$1.key" -out "$1.pem" 2>log
}

# certificate AUTHORITY NAME COMMON-NAME OTHER-NAMES
certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$3" -keyout "$2.key" -out "$2.csr" 2>log
	echo "subjectAltName=$4" >"$2.ext"
	openssl x509 -req -in "$2.csr" -CA "$1.pem" -CAkey "$1.key" -CAcreateserial -days 2 -extfile "$2.ext" -out "$2.pem" 2>log
}

@test "with a CA the certificate must be signed by it, and be for the host" {
	probe_tcp maria host=localhost ca="$files/ca.pem" query "SHOW STATUS LIKE 'Ssl_cipher'"
	assert_status 0
	[[ ${lines[0]} == *TLS_* ]]
	probe_tcp maria host=localhost ca="$files/other-ca.pem" who
	assert_out "error 10001 69: cannot connect to localhost:$(port maria): error 2026"
	assert_out "self-signed certificate in certificate chain"
	probe_tcp maria host=127.0.0.1 ca="$files/ca.pem" who
	assert_out "error 32520 69: cannot connect to 127.0.0.1:$(port maria): the server's certificate, of 'db 1', is not for the host '127.0.0.1'"
	probe_tcp maria host=127.0.0.1 upstream=1 ca="$files/ca.pem" who
	assert_out "error 32521 69: "
	# what MySQL makes for itself has no names: its CA is all there is
	probe_tcp my host=127.0.0.1 ca="$files/my/data/ca.pem" who
	assert_status 0
	probe_tcp my host=127.0.0.1 ca="$files/ca.pem" who
	assert_out "error 10001 69: "
}

@test "cert-allowed-cn says whose certificate is taken, whatever the host is called" {
	probe_tcp maria host=127.0.0.1 ca="$files/ca.pem" cn='db 1' who
	assert_status 0
	probe_tcp maria host=localhost ca="$files/ca.pem" cn=db who
	assert_out "error 32520 69: "
	assert_out "the server's certificate is that of 'db 1', which cert-allowed-cn does not list"
	probe_tcp my ca="$files/my/data/ca.pem" cn='db 1' who
	assert_out "Auto_Generated_Server_Certificate', which cert-allowed-cn"
}

@test "a user who must show a certificate: with it, without, and with one of a stranger" {
	sql maria "CREATE OR REPLACE USER shown IDENTIFIED BY 'x' REQUIRE SUBJECT '/CN=reader'; GRANT ALL ON *.* TO shown"
	probe_tcp maria host=localhost user=shown password=x ca="$files/ca.pem" cert="$files/client.pem" key="$files/client.key" who
	assert_status 0
	probe_tcp maria host=localhost user=shown password=x ca="$files/ca.pem" who
	assert_out "error 10001 69: cannot connect to localhost:$(port maria): error 1045 (28000): Access denied for user 'shown'"
	probe_tcp maria host=localhost user=shown password=x who
	assert_out "error 10001 69: "
	# The server's alert races with its end of the connection, which by itself says nothing: then it is asked again.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		probe_tcp maria host=localhost user=shown password=x ca="$files/ca.pem" cert="$files/stranger.pem" key="$files/stranger.key" who
		grep -q "error 10002 75: .*Lost connection to server at 'sending authentication information'" out || break
	done
	assert_out "error 10001 69: "
	probe_tcp maria host=localhost user=shown password=x ca="$files/ca.pem" cert="$files/client.pem" key="$files/stranger.key" who
	assert_out "error 10001 69: "
	probe_tcp maria host=localhost user=shown password=x ca="$files/ca.pem" cert=/no/such/file key="$files/client.key" who
	assert_out "error 11112 78: "
}

@test "the tools take it all from a source file" {
	sql maria "CREATE OR REPLACE USER shown IDENTIFIED BY 'x' REQUIRE X509; GRANT ALL ON *.* TO shown"
	cat >s.yaml <<-END
		source-id: s
		from:
		  {host: 127.0.0.1, port: $(port maria), user: shown, password: x, security: {ssl-ca: $files/ca.pem,
		   ssl-cert: $files/client.pem, ssl-key: $files/client.key, cert-allowed-cn: ["other", "db 1"]}}
	END
	run_tool dm-relay -S s.yaml -s s --start mysql-bin.000001:4 --until caught-up </dev/null
	assert_status 0
	assert_json '$' .reason '"caught-up"'
	sed -i 's/, "db 1"//' s.yaml
	run_tool dm-relay -S s.yaml -s s --start mysql-bin.000001:4 --until caught-up </dev/null
	assert_status 69
	assert_error 32521
}

# takes SERVER PLUGIN [SETTING ...]: a user of this plugin reads the log; a wrong password is refused.
takes() {
	local server=$1 name=$2

	shift 2
	probe_tcp "$server" user="u_$name" password='p w' upstream=1 "$@" replica mysql-bin.000001 4 1
	assert_status 0
	probe_tcp "$server" user="u_$name" password=wrong upstream=1 "$@" who
	assert_out "error 10501 69: "
	assert_out "error 1045 (28000)"
}

@test "passwords as servers keep them: caching_sha2_password, sha256_password, ed25519, mysql_native_password" {
	for plugin in caching_sha2_password sha256_password; do
		sql my "CREATE USER u_$plugin IDENTIFIED WITH $plugin BY 'p w'; GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO u_$plugin"
		takes my $plugin tls=1
		takes my $plugin	# in clear: encrypted with the server's key
	done
	sql maria "INSTALL SONAME 'auth_ed25519'; CREATE USER u_ed25519 IDENTIFIED VIA ed25519 USING PASSWORD('p w');
		CREATE USER u_native IDENTIFIED VIA mysql_native_password USING PASSWORD('p w');
		GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO u_ed25519, u_native"
	for plugin in ed25519 native; do
		takes maria $plugin host=localhost ca="$files/ca.pem"
		takes maria $plugin
	done
}

@test "a way to give a password that the client library does not know is refused by name" {
	sql maria "INSTALL SONAME 'auth_parsec'; CREATE USER u_parsec IDENTIFIED VIA parsec USING PASSWORD('p w')"
	probe_tcp maria user=u_parsec password='p w' who
	assert_out "error 10001 69: "
	assert_out "another way than mysql_native_password,caching_sha2_password,client_ed25519,sha256_password, which are those that need no TLS"
	probe_tcp maria user=u_parsec password='p w' tls=1 who
	assert_out "error 10001 69: "
	assert_out "Plugin parsec could not be loaded"
}
