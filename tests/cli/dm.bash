# dm.bash - what the two files about the driver share: it runs with tools that only pretend, from the folder fakes.
# shellcheck shell=bash

load lib

dm_setup() {
	cli_setup
	mkdir bin home
	cp "$DM_BIN/dm" "$BATS_TEST_DIRNAME"/fakes/dm-* bin
	PATH=$PWD/bin:$PATH
	export DM_BACKOFF_MIN=1 DM_DRAIN_MAX=2
	echo sync >home/next-one
	echo sync >home/next-two
	printf 'name: t\ntask-mode: all\n- source-id: one\n- source-id: two\n' >t.yaml
	task=home/tasks/t
}

dm_teardown() {
	[ ! -e home/tasks ] || DM_DRAIN_MAX=1 dm stop-task t >/dev/null 2>&1 || :
}

# stage SOURCE: as query-status shows it.
stage() {
	dm query-status t | jq -r ".sources[] | select(.sourceStatus.source == \"$1\").subTaskStatus[0].stage"
}

# The pid of a member of the pipeline of a source.
member() {
	cut -d' ' -f1 "$task/$1"/run-*/"$2.pid"
}

# Processes of this test that are left: all have our folder in their command line.
left() {
	pgrep -f "$BATS_TEST_TMPDIR/(bin|home)/" | grep -vxF "$$" || :
}
