#!/usr/bin/env bats
# dm-tools as services, on real servers: what the units of systemd start, batches from cron, and a replica that stands by, as in the
# example for Kubernetes. Nobody here is process 1: the command lines of the examples are run as they stand there.
# shellcheck disable=SC2016,SC2154,SC2030,SC2031 # conditions of wait_until are evaluated there; variables of the helpers

setup_file() {
	load lib
	load probe
	build_probe yaml-json
	build_probe no-new-code
	start_servers one=mariadb two=mariadb down=mariadb
}

teardown_file() {
	load lib
	stop_servers
}

# Each test has a schema of its own, s_NUMBER, which is the task's name too.
setup() {
	load lib
	e2e_setup
	s=s_$BATS_TEST_NUMBER services=() replicas=()
	unset DM_BACKOFF_MAX DM_SECRET_KEY_FILE CREDENTIALS_DIRECTORY
	mkdir etc
	sql one "CREATE DATABASE $s; CREATE TABLE $s.a (id INT PRIMARY KEY, v TEXT); INSERT INTO $s.a SELECT seq, CONCAT('row ', seq) FROM mysql.seq_1_to_500"
	sql two "CREATE DATABASE $s; CREATE TABLE $s.b (id INT PRIMARY KEY, v TEXT); INSERT INTO $s.b SELECT seq, CONCAT('row ', seq) FROM mysql.seq_1_to_500"
	source_file one one 'server-id: 4711'
	source_file two two
	dm operate-source create one.yaml two.yaml >/dev/null
	task_file "$s" <<-END
		task-mode: all
		$(target down)
		mysql-instances: [{source-id: one, block-allow-list: mine}, {source-id: two, block-allow-list: mine}]
		block-allow-list: {mine: {do-dbs: ["$s"]}}
	END
	mv "$s.yaml" etc
}

teardown() {
	local pid home

	for pid in "${services[@]}"; do
		kill -TERM "$pid" 2>/dev/null || :
	done
	# unshare heeds no other signal.
	for pid in "${replicas[@]}"; do
		kill -KILL "$pid" 2>/dev/null || :
	done
	for home in home a b; do
		[ ! -d "$home" ] || DM_HOME=$PWD/$home DM_DRAIN_MAX=5 dm stop-task "$s" >/dev/null 2>&1 || :
	done
}

# unit_command INSTANCE: what dm@INSTANCE runs, as shell text, with our folder for /etc/dm. systemd's quotes are the shell's here.
unit_command() {
	sed -n 's/^ExecStart=//p' "$DM_ROOT/examples/systemd/dm@.service" |
		sed -e "s|%i|$1|g" -e 's/%%/%/g' -e 's/[$][$]/$/g' -e "s|/etc/dm|$PWD/etc|g"
}

# start_unit INSTANCE: in the background; its pid is in service.
start_unit() {
	eval "exec $(unit_command "$1")" >"$1.log" 2>&1 3>&- &
	service=$!
	services+=("$service")
}

# await PID: its exit status is in status then.
await() {
	status=0
	wait "$1" || status=$?
}

# What the unit's RestartPreventExitStatus names is not started again.
is_restarted() {
	! sed -n 's/^RestartPreventExitStatus=//p' "$DM_ROOT/examples/systemd/dm@.service" | tr ' ' '\n' | grep -qx "$1"
}

stage() {
	dm query-status "$s" | jq -r ".sources[] | select(.sourceStatus.source == \"$1\").subTaskStatus[0] | .stage + \" \" + .unit"
}

@test "systemd: a unit for each source, both started at once, migrate and end when they are told to" {
	start_unit "$s:one"
	local first=$service
	start_unit "$s:two"
	wait_until 60 '[ "$(stage one)/$(stage two)" = "Running Sync/Running Sync" ]'
	sql one "INSERT INTO $s.a VALUES (1001, 'later')"
	sql two "INSERT INTO $s.b VALUES (1001, 'later')"
	wait_until 60 '[ "$(sql down "SELECT (SELECT COUNT(*) FROM $s.a WHERE id = 1001) + (SELECT COUNT(*) FROM $s.b WHERE id = 1001)")" = 2 ]'
	# One is stopped, the other stays.
	kill -TERM "$first"
	await "$first"
	assert_status 0
	[ "$(stage two)" = "Running Sync" ]
	kill -TERM "$service"
	await "$service"
	assert_status 0
	assert_same_table one down "$s.a"
	assert_same_table two down "$s.b"
}

@test "systemd: a unit for all sources; a second one of it is tried again, and so is one whose servers are away" {
	start_unit "$s"
	local first=$service
	wait_until 60 '[ "$(stage one)/$(stage two)" = "Running Sync/Running Sync" ]'
	start_unit "$s:one"
	await "$service"
	assert_status 75
	is_restarted 75
	kill -TERM "$first"
	await "$first"
	assert_status 0
	# Nothing listens at port 1, as when this machine starts before that one.
	sed -i "s/port: $(port down)/port: 1/" "etc/$s.yaml"
	start_unit "$s"
	await "$service"
	assert_status 75
	grep -q 'error 26006 ' "$s.log"
}

@test "systemd: what only a person mends is not tried again" {
	sed -i 's/task-mode: all/task-mode: al/' "etc/$s.yaml"
	start_unit "$s"
	await "$service"
	run ! is_restarted "$status"
	sed -i 's/task-mode: al/task-mode: all/; s/user: "root"/user: "nobody-of-this-name"/' "etc/$s.yaml"
	start_unit "$s"
	await "$service"
	assert_status 69
	run ! is_restarted "$status"
	# A row that the downstream does not have.
	sed -i 's/user: "nobody-of-this-name"/user: "root"/' "etc/$s.yaml"
	start_unit "$s:one"
	wait_until 60 '[ "$(stage one)" = "Running Sync" ]'
	sql down "DELETE FROM $s.a WHERE id = 7"
	sql one "UPDATE $s.a SET v = 'changed' WHERE id = 7"
	await "$service"
	[ "$status" = 65 ] || [ "$status" = 69 ] || fail "status $status"
	run ! is_restarted "$status"
	grep -q 'error 36' "$s:one.log"
}

@test "systemd: the key comes as a credential" {
	mkdir credentials
	dm-secret key credentials/dm.key
	sql down "CREATE USER 'dm_$s'@'%' IDENTIFIED BY 'geheim'; GRANT ALL ON *.* TO 'dm_$s'@'%'"
	local text
	text=$(dm-secret encrypt --secret-key-file credentials/dm.key <<<geheim)
	sed -i "s|user: \"root\", password: \"\"|user: \"dm_$s\", password: \"$text\"|" "etc/$s.yaml"
	start_unit "$s"
	await "$service"
	run ! is_restarted "$status"
	grep -q 'is encrypted' "$s.log"
	CREDENTIALS_DIRECTORY=$PWD/credentials start_unit "$s"
	wait_until 60 '[ "$(stage one)/$(stage two)" = "Running Sync/Running Sync" ]'
	kill -TERM "$service"
	await "$service"
	assert_status 0
	assert_same_table one down "$s.a"
}

# calls_of FILE ...: names of the system calls in logs of strace
calls_of() {
	cat "$@" | sed -nE 's/^([0-9]+ +)?([a-z_0-9]+)\(.*/\2/p' | sort -u
}

@test "systemd: a whole migration asks the kernel for nothing that the unit forbids" {
	command -v strace >/dev/null || skip "strace is not installed"
	command -v systemd-analyze >/dev/null || skip "systemd-analyze is not installed"
	strace -f -qq -o trace true 2>/dev/null || skip "tracing is not allowed here"
	local cannot=("$BATS_FILE_TMPDIR/no-new-code")
	"${cannot[@]}" true || cannot=()
	strace -ff -qq -y -o trace -e signal=none "${cannot[@]}" sh -c "$(unit_command "$s")" >"$s.log" 2>&1 3>&- &
	services+=("$!")
	wait_until 120 '[ "$(stage one)/$(stage two)" = "Running Sync/Running Sync" ]'
	sql one "INSERT INTO $s.a VALUES (1001, 'later'); ALTER TABLE $s.a ADD COLUMN n INT"
	wait_until 120 '[ "$(sql down "SELECT COUNT(n) + 1 FROM $s.a WHERE id = 1001" 2>/dev/null)" = 1 ]'
	dm pause-task "$s" >/dev/null
	await "${services[-1]}"
	assert_status 0

	# The filter, line by line: what is allowed, less what is not, and what is again.
	: >may
	sed -n 's/^SystemCallFilter=//p' "$DM_ROOT/examples/systemd/dm@.service" | while IFS= read -r line; do
		tr -d '~' <<<"$line" | tr ' ' '\n' | expand | sort -u >these
		if [[ $line == ~* ]]; then comm -23 may these >next; else sort -u may these >next; fi
		mv next may
	done
	[ "$(wc -l <may)" -gt 200 ]
	calls_of trace.* >made
	[ "$(wc -l <made)" -gt 50 ]
	comm -23 made may >beyond
	[ ! -s beyond ] || fail "calls that the filter refuses: $(tr '\n' ' ' <beyond)"
	# Families of sockets.
	cat trace.* | grep -oE '^([0-9]+ +)?socket\(AF_[A-Z0-9]+' | sed 's/.*(//' | sort -u >families
	[ -s families ]
	run ! grep -vxE "$(sed -n 's/^RestrictAddressFamilies=//p' "$DM_ROOT/examples/systemd/dm@.service" | tr ' ' '|')" families
	# Files that were written lie in the state folder or in /tmp, which is the unit's own.
	cat trace.* | grep -E '^([0-9]+ +)?(openat|creat)\(.*(O_WRONLY|O_RDWR|O_CREAT)' | grep -v ' = -1 ' | sed 's/.*<\([^<>]*\)>$/\1/' | sort -u >written
	[ "$(wc -l <written)" -gt 5 ]
	run ! grep -vE "^($DM_HOME/|/tmp/|/dev/null|/dev/tty)" written
}

# expand <NAMES: calls, and those in groups of systemd's
expand() {
	local name

	while IFS= read -r name; do
		case $name in
		@*)	systemd-analyze syscall-filter "$name" </dev/null | tail -n +2 | sed 's/^ *//' | grep -vE '^(#|$)' | expand ;;
		*)	echo "$name" ;;
		esac
	done
}

# hold_table NAME: locks the task's table, until descriptor 7 is closed.
hold_table() {
	mkfifo hold
	sql "$1" <hold &
	services+=("$!")
	exec 7>hold
	echo "LOCK TABLES $s.a WRITE; SELECT 1;" >&7
	wait_until 30 '[ "$(sql '"$1"' "SELECT COUNT(*) FROM information_schema.processlist WHERE command = \"Sleep\" AND db IS NULL")" -ge 1 ]'
}

# cron_command: what the crontab runs, with our folders for those of the system.
cron_command() {
	sed -n 's/^[0-9*].*[[:space:]]dm[[:space:]]//p' "$DM_ROOT/examples/cron/dm.cron" |
		sed -e "s|/usr/share/doc/dm-tools/examples|$DM_ROOT/examples|" -e "s|/etc/dm/shard_merge|$PWD/etc/$s|"
}

@test "cron: a batch brings the task up to date without a word, and again; of two at once one works" {
	run_tool sh -c "$(cron_command)" </dev/null
	assert_status 0
	assert_no_out
	assert_no_err
	assert_same_table one down "$s.a"
	sql one "INSERT INTO $s.a VALUES (1001, 'later'); DELETE FROM $s.a WHERE id = 3"
	run_tool sh -c "$(cron_command)" </dev/null
	assert_status 0
	assert_no_out
	assert_same_table one down "$s.a"
	assert_same_table two down "$s.b"
	# The first is held up by a table that is locked downstream.
	sql one "INSERT INTO $s.a VALUES (1002, 'later')"
	hold_table down
	sh -c "$(cron_command)" >first.log 2>&1 3>&- 7>&- &
	local first=$!
	wait_until 60 '[ "$(sql down "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE \"Waiting for table%\"")" -ge 1 ]'
	run_tool sh -c "$(cron_command)" </dev/null 7>&-
	assert_status 75
	assert_no_out
	assert_no_err
	exec 7>&-
	await "$first"
	assert_status 0
	[ ! -s first.log ]
	assert_same_table one down "$s.a"
}

@test "cron: a batch that fails says so, and one that takes too long is stopped and said" {
	sed -i 's/user: "root"/user: "nobody-of-this-name"/' "etc/$s.yaml"
	run_tool sh -c "$(cron_command)" </dev/null
	assert_status 69
	assert_out "ended with status 69"
	assert_out "nobody-of-this-name"
	sed -i 's/user: "nobody-of-this-name"/user: "root"/' "etc/$s.yaml"
	stop_server two
	run_tool sh -c "$(cron_command)" </dev/null
	restart_server two
	assert_status 75
	assert_out "error 26006 "
	# Held up by a table that is locked upstream, before anything is dumped.
	hold_table one
	run_tool sh -c "DM_DRAIN_MAX=2 $(cron_command | sed 's/DM_BATCH_MAX=[0-9]*/DM_BATCH_MAX=5/')" </dev/null 7>&-
	assert_status 75
	assert_out "was not up to date within 5 s"
	exec 7>&-
	run_tool sh -c "$(cron_command)" </dev/null
	assert_status 0
	assert_no_out
	assert_same_table one down "$s.a"
	assert_same_table two down "$s.b"
}

@test "kubernetes: the example is whole: what it names is there, and its files are a task and a source" {
	"$BATS_FILE_TMPDIR/yaml-json" "$DM_ROOT/examples/kubernetes/dm.yaml" >all.json
	[ "$(jq -r '.kind' all.json | paste -sd ' ')" = "ConfigMap Secret Deployment PodDisruptionBudget" ]
	jq -e -s 'all(.[]; .apiVersion and .metadata.name)' all.json
	# Labels that select are labels that are there; volumes, and keys in them, are there for what mounts them.
	jq -e -s '
		(map({key: .kind, value: .}) | from_entries) as $o | $o.Deployment.spec.template as $pod | $pod.spec.containers[0] as $c |
		$o.Deployment.spec.selector.matchLabels == $pod.metadata.labels and
		$o.PodDisruptionBudget.spec.selector.matchLabels == $pod.metadata.labels and
		$o.Deployment.spec.replicas == 2 and
		([$c.volumeMounts[].name] | sort) == ([$pod.spec.volumes[].name] | sort) and
		all($pod.spec.volumes[] | select(.configMap); .configMap.name == $o.ConfigMap.metadata.name and
			all(.configMap.items[]; .key | in($o.ConfigMap.data))) and
		all($pod.spec.volumes[] | select(.secret); .secret.secretName == $o.Secret.metadata.name) and
		($c.env | map({key: .name, value: .value}) | from_entries |
			.DM_SECRET_KEY_FILE == ($c.volumeMounts[] | select(.name == "key").mountPath) + "/" + ($o.Secret.stringData | keys[0]) and
			.DM_HOME + "/sources" == ($c.volumeMounts[] | select(.name == "sources").mountPath) and
			(.DM_DRAIN_MAX | tonumber) * 2 < $pod.spec.terminationGracePeriodSeconds and all(.[]; type == "string")) and
		$pod.spec.securityContext.runAsUser == $pod.spec.securityContext.fsGroup and
		([$c.volumeMounts[] | select(.readOnly != true).mountPath] | sort) == ["/tmp", "/var/lib/dm"]' all.json
	jq -r 'select(.kind == "ConfigMap").data["task.yaml"]' all.json >task.yaml
	jq -r 'select(.kind == "ConfigMap").data["mysql-01.yaml"]' all.json >source.yaml
	[ "$(dm-check --list -c task.yaml | grep -c '^source mysql-01$')" = 1 ]
	dm-check --list -S source.yaml | grep -qx 'source mysql-01'
	# With real ciphertexts nothing is left to say but that nobody is there.
	dm-secret key key
	sed -i "s|PUT-CIPHERTEXT-HERE|$(dm-secret encrypt --secret-key-file key <<<x)|; s/[a-z0-9-]*[.]example/127.0.0.1/; s/port: .*/port: 1/" task.yaml source.yaml
	run_tool dm-check -c task.yaml -S source.yaml --secret-key-file key </dev/null
	assert_status 75
}

# replica HOME: a pod, as dm.yaml of the example has it: in a space of process numbers of its own where that can be had, since from there
# nobody sees whether the other's processes live. The process to kill is in replica, the one to tell in told.
replica() {
	local apart=() command

	command=$(jq -r '.spec.template.spec.containers[0].command[2]' deployment.json | sed "s|/etc/dm|$PWD/etc|")
	! unshare --pid --fork --mount-proc true 2>/dev/null || apart=(unshare --pid --fork --mount-proc --kill-child)
	mkdir -p "$1"
	# As a volume of a ConfigMap: names that lead to a folder that is replaced as a whole.
	mkdir -p "$1/sources/..1"
	cp one.yaml "$1/sources/..1"
	ln -sfn ..1 "$1/sources/..data"
	ln -sfn ..data/one.yaml "$1/sources/one.yaml"
	DM_HOME=$PWD/$1 DM_BACKOFF_MAX=3 "${apart[@]}" sh -c "$command" >"$1.log" 2>&1 3>&- &
	replica=$! told=$!
	replicas+=("$replica")
	if [ "${#apart[@]}" -gt 0 ]; then
		wait_until 10 'told=$(pgrep -P '"$replica"')'
	fi
}

# stage_of HOME: from outside of its space of processes query-status would take them for gone.
stage_of() {
	cat "$1/tasks/$s/one/stage" 2>/dev/null
}

# The upstream's connection that sends the log to a replica: its number.
sender() {
	sql one "SELECT GROUP_CONCAT(id) FROM information_schema.processlist WHERE command = 'Binlog Dump'"
}

lease() {
	sql down "SELECT owner FROM dm_meta.${s}_lease WHERE id = 'one'"
}

# The replica a, which works on the task's first source: a change has come through, so the connection that sends the log is the last one.
first_replica() {
	sed -i 's/, {source-id: two, block-allow-list: mine}//' "etc/$s.yaml"
	mv "etc/$s.yaml" etc/task.yaml
	"$BATS_FILE_TMPDIR/yaml-json" "$DM_ROOT/examples/kubernetes/dm.yaml" | jq 'select(.kind == "Deployment")' >deployment.json
	replica a
	wait_until 60 '[ "$(stage_of a)" = "Running Sync" ]'
	sql one "INSERT INTO $s.a VALUES (4000, 'first')"
	wait_until 60 '[ "$(sql down "SELECT COUNT(*) FROM $s.a WHERE id = 4000" 2>/dev/null)" = 1 ] && [[ "$(sender)" =~ ^[0-9]+$ ]] && [ -n "$(lease)" ]'
}

@test "kubernetes: of two replicas one works, the other lets it, and takes over when it is killed" {
	first_replica
	local first=$replica
	local sender owner
	sender=$(sender) owner=$(lease)
	replica b
	local second=$told
	# It asks, again and again, and does nothing: above all it is no second replica to the upstream.
	wait_until 60 '[ "$(grep -sc "error 24501 " b.log)" -ge 3 ]'
	[ "$(stage_of b)" = "Paused InvalidUnit" ]
	[ "$(sender)/$(lease)" = "$sender/$owner" ]
	run ! grep -q 'syncing\|loading' b.log
	local probe
	probe=$(jq -r '.spec.template.spec.containers[0].readinessProbe.exec.command[2]' deployment.json)
	DM_HOME=$PWD/a sh -c "$probe"
	DM_HOME=$PWD/b sh -c "$probe"
	DM_HOME=$PWD/none run ! sh -c "$probe"

	sql one "INSERT INTO $s.a SELECT seq, 'later' FROM mysql.seq_1001_to_3000"
	kill -KILL "$first"
	sql one "UPDATE $s.a SET v = 'changed' WHERE id % 7 = 0; DELETE FROM $s.a WHERE id % 11 = 0"
	wait_until 120 '[ "$(stage_of b)" = "Running Sync" ] && [ "$(lease)" != "'"$owner"'" ]'
	wait_until 60 '[ "$(sql down "SELECT COUNT(*) FROM $s.a")" = "$(sql one "SELECT COUNT(*) FROM $s.a")" ]'
	# The first comes back: now it waits. Told to end, the second lets go at once.
	replica a
	wait_until 60 'grep -q "error 24501 " a.log'
	kill -TERM "$second"
	wait_until 60 '[ "$(stage_of a)" = "Running Sync" ]'
	sql one "INSERT INTO $s.a VALUES (5000, 'last')"
	wait_until 60 '[ "$(sql down "SELECT COUNT(*) FROM $s.a WHERE id = 5000")" = 1 ]'
	assert_same_table one down "$s.a"
}

@test "kubernetes: a statement that outlasts the lease is run once; who had it before stands by" {
	first_replica
	local first=$told
	replica b
	wait_until 60 'grep -qs "error 24501 " b.log'
	hold_table down
	sql one "ALTER TABLE $s.a ADD COLUMN n INT NOT NULL DEFAULT 3"
	wait_until 60 '[ "$(sql down "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE \"Waiting for table%\"")" -ge 1 ]'
	# As if half a minute had gone by.
	sql down "UPDATE dm_meta.${s}_lease SET renewed = renewed - INTERVAL 31 SECOND"
	wait_until 60 'grep -q "a statement of a run before is still at work downstream: it is waited for" b.log'
	exec 7>&-
	sql one "INSERT INTO $s.a VALUES (5000, 'last', 4)"
	wait_until 60 '[ "$(sql down "SELECT COUNT(*) FROM $s.a WHERE id = 5000")" = 1 ]'
	grep -q 'it is not run again: ALTER TABLE' b.log
	wait_until 60 'grep -q "error 24501 " a.log'
	kill -0 "$first"
	assert_same_table one down "$s.a"
}

@test "completion: tasks that run, their sources, and locks that wait" {
	mv "etc/$s.yaml" .
	sed -i 's/^task-mode.*/&\nshard-mode: pessimistic/; s/\(block-allow-list: mine\)}, /\1, route-rules: [m]}, /; s/, block-allow-list: mine}\]/, block-allow-list: mine, route-rules: [m]}]/' "$s.yaml"
	echo "routes: {m: {schema-pattern: '$s', table-pattern: '*', target-schema: '$s', target-table: whole}}" >>"$s.yaml"
	sql two "UPDATE $s.b SET id = id + 10000"
	dm start-task "$s.yaml" >/dev/null
	wait_until 60 '[ "$(stage one)/$(stage two)" = "Running Sync/Running Sync" ]'
	[ "$(dm --complete dm pause-task '')" = "$(printf '%s\t' "$s")" ]
	[ "$(dm --complete dm pause-task "$s" -s '' | cut -f1 | paste -sd ' ')" = "one two" ]
	sql one "ALTER TABLE $s.a ADD COLUMN n INT"
	wait_until 60 '[ -n "$(dm --complete dm unlock-ddl-lock "")" ]'
	[ "$(dm --complete dm unlock-ddl-lock '' | cut -f1)" = "$(dm show-ddl-locks | jq -r '.locks[].ID')" ]
	sql two "ALTER TABLE $s.b ADD COLUMN n INT"
	wait_until 60 '[ -z "$(dm --complete dm unlock-ddl-lock "")" ]'
	assert_merged down "$s.whole" one "$s.a" two "$s.b"
}

# shown README FROM TO: the commands of an example, from the line that begins so to the one that ends so.
shown() {
	sed -n "/^    $2/,/$3/{s/^    //;p}" "$DM_ROOT/$1"
}

@test "README, in each language: the commands of a migration, and the pipeline by hand" {
	local up n readme
	for up in one two; do
		sql $up "CREATE DATABASE store_$up; CREATE TABLE store_$up.sale_1 (id INT PRIMARY KEY, v TEXT); CREATE DATABASE user; CREATE TABLE user.log_bak (a INT)"
	done
	sql one "INSERT INTO store_one.sale_1 VALUES (1, 'a')"
	sql two "INSERT INTO store_two.sale_1 VALUES (2, 'b')"
	mv one.yaml source1.yaml
	mv two.yaml source2.yaml
	s=shard_merge
	task_file task <<-END
		task-mode: all
		$(target down)
		mysql-instances: [{source-id: one, block-allow-list: l, route-rules: [r]}, {source-id: two, block-allow-list: l, route-rules: [r]}]
		block-allow-list: {l: {do-dbs: ["store_*"]}}
		routes: {r: {schema-pattern: "store_*", table-pattern: "sale_*", target-schema: store, target-table: sale}}
	END
	sed -i 's/^name:.*/name: shard_merge/' task.yaml
	n=10
	for readme in README.md README.zh.md README.ja.md; do
		rm -rf home
		sql down "DROP DATABASE IF EXISTS store; DROP DATABASE IF EXISTS dm_meta"
		shown "$readme" 'dm operate-source create' 'dm query-status shard_merge$' >commands
		[ "$(wc -l <commands)" -eq 3 ]
		sh -e commands >out
		assert_out '"result": true'
		wait_until 60 '[ "$(stage one)/$(stage two)" = "Running Sync/Running Sync" ]'
		assert_merged down store.sale one store_one.sale_1 two store_two.sale_1
		dm stop-task shard_merge >/dev/null

		shown "$readme" 'dm-relay -h' '--task t$' >commands
		[ "$(wc -l <commands)" -eq 5 ]
		local start
		start=$(sql one "SHOW MASTER STATUS" | awk '{ print $1 ":" $2 }')
		n=$((n + 1))
		sql one "INSERT INTO store_one.sale_1 VALUES ($n, 'by hand'); INSERT INTO user.log_bak VALUES ($n)"
		sed -i "s/-P 3306/-P $(port one)/; s/-P 4000/-P $(port down)/; s/--start mysql-bin.000002:4567/--start $start --until caught-up/" commands
		sh -e commands 2>err
		[ "$(sql down "SELECT v FROM store.sale WHERE id = $n")" = 'by hand' ]
		[ -z "$(sql down "SHOW DATABASES LIKE 'user'")" ]
		sql down "DROP TABLE dm_meta.t_syncer_checkpoint"
	done
}
