#!/usr/bin/env bats
# What can follow on a command line: `dm --complete` against the help texts, and the shells' completions at a terminal.
# shellcheck disable=SC2154,SC2016 # variables of the helpers, and text of the driver

setup() {
	load lib
	cli_setup
	completions=$DM_BIN/../completions
	printf 'name: "shard_merge"\ntask-mode: all\ntarget-database: {host: h, port: 1, user: u, password: ""}\n' >task.yaml
	printf 'mysql-instances: [{source-id: mysql-01}, {source-id: mysql-02}]\n' >>task.yaml
	local id
	for id in mysql-01 'a b'; do
		printf 'source-id: "%s"\nfrom: {host: h, port: 1, user: u, password: ""}\n' "$id" >source.yaml
		dm operate-source create source.yaml >/dev/null
	done
	# As dm(1) says, under FILES.
	mkdir -p home/tasks/shard_merge/mysql-02
	echo shard_merge >home/tasks/shard_merge/name
	echo mysql-02 >home/tasks/shard_merge/mysql-02/source
}

# offered WORD ...: what can stand in the place of the last word, without meanings.
offered() {
	dm --complete "$@" | cut -f1
}

# assert_offers "WORDS" OFFER ...: of the line WORDS exactly these, in any order.
assert_offers() {
	local line=$1 words

	shift
	IFS=' ' read -r -a words <<<"${line% }"
	[ "${line% }" = "$line" ] || words+=('')
	offered "${words[@]}" | sort >out
	: >want
	[ $# -eq 0 ] || printf '%s\n' "$@" | sort >want
	diff want out || fail "of '$line' is offered"
}

# They tell their options to machines, too.
tools_written_in_c() {
	local tool

	for tool in "$DM_BIN"/dm-*; do
		echo "${tool##*/}"
	done
}

@test "every command of dm is offered, and has its help" {
	local command

	dm --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' | sort -u >commands
	[ "$(wc -l <commands)" -ge 12 ]
	offered dm '' | sort >out
	diff commands out || fail "commands"
	while IFS= read -r command; do
		dm "$command" --help </dev/null | grep -q "^usage: dm $command" || fail "$command"
	done <commands
}

@test "every command that dm takes is in the list that completions are made from" {
	sed -n '/^case \$command in$/,/^esac$/p' "$DM_BIN/dm" | sed -n 's/^\([a-z|-]*\)).*/\1/p' | tr '|' '\n' | sort >taken
	[ "$(wc -l <taken)" -ge 15 ]
	dm --list-commands | cut -f 2 | cut -d ' ' -f 1 | sort -u >known
	comm -23 taken known >unknown
	[ ! -s unknown ] || fail "not in the list: $(cat unknown)"
}

@test "every option of every tool is offered, with its meaning" {
	local tool

	for tool in $(tools_written_in_c); do
		"$tool" --help=options | awk -F '\t' '{ print $2 "\t" $4 } $1 != "-" { print $1 "\t" $4 }' | sort >want
		dm --complete "$tool" - | sort >out
		diff want out || fail "$tool"
	done
	# dm's belong to commands.
	for tool in $(offered dm ''); do
		dm "$tool" --help | sed -nE 's/^  (-[a-z],)? *(--[a-z-]+).*/\1 \2/p' | tr -d ,  | tr ' ' '\n' | sed '/^$/d' | sort >want
		[ "$(wc -l <want)" -ge 3 ]
		offered dm "$tool" - | sort >out
		diff want out || fail "dm $tool"
	done
}

@test "words behind a command, and values of options, are offered" {
	assert_offers 'dm bin' binlog binlog-schema
	assert_offers 'dm binlog ' skip replace inject revert list
	assert_offers 'dm handle-error t re' replace revert
	assert_offers 'dm -s mysql-01 binlog re' replace revert
	assert_offers 'dm run --until ' caught-up
	assert_offers 'dm run x.yaml --until=c' --until=caught-up
	assert_offers 'dm unlock-ddl-lock --action ' skip exec
	assert_offers 'dm-meta lock ' list unlock leave join
	assert_offers 'dm-sync --on-missing ' error warn upsert
	assert_offers 'dm-sync --on-missing=w' --on-missing=warn
	assert_offers 'dm-secret ' encrypt decrypt hide key
	assert_offers 'dm-sync --no-such='
	assert_offers 'no-such-tool '
}

@test "names of tasks and sources, and of files, are offered where they can stand" {
	assert_offers 'dm query-status ' shard_merge
	assert_offers 'dm binlog skip ' shard_merge
	assert_offers 'dm run ' shard_merge @file
	assert_offers 'dm start-task ' @file
	assert_offers 'dm operate-source stop ' mysql-01 mysql-02 'a b' @file
	assert_offers 'dm run -s ' mysql-01 mysql-02 'a b'
	assert_offers 'dm run --source=' --source=mysql-01 --source=mysql-02 '--source=a b'
	# Of a task that is named, its own.
	assert_offers 'dm-sync -c task.yaml -s ' mysql-01 mysql-02
	assert_offers 'dm-sync --config=task.yaml --source ' mysql-01 mysql-02
	assert_offers 'dm-dump -o ' @file
}

# in_bash LINE: what a person types into bash behind "dm ", as bash then runs it: one argument a line.
in_bash() {
	cat >rc <<-END
		source $completions/dm.bash
		PS1=
		show() { printf '<%s>\n' "\$@" >typed; }
		as_dm() { COMP_WORDS[0]=dm; _dm_tools; }
		complete -F as_dm show
	END
	rm -f typed
	printf 'show %s\nexit\n' "$1" | timeout 60 script -qec 'bash --rcfile rc -i' /dev/null >terminal
	cat typed
}

@test "bash completes commands, options with '=', names that have to be quoted, and files" {
	[ "$(in_bash $'check-t\t')" = '<check-task>' ]
	[ "$(in_bash $'run --until=c\t--rem\t')" = "$(printf '<run>\n<--until=caught-up>\n<--remove-meta>')" ]
	[ "$(in_bash $'query-status -s a\t shar\t')" = "$(printf '<query-status>\n<-s>\n<a b>\n<shard_merge>')" ]
	: >'my task.yaml'
	[ "$(in_bash $'start-task my\t')" = "$(printf '<start-task>\n<my task.yaml>')" ]
	grep -qx "complete -F _dm_tools dm $(tools_written_in_c | paste -sd ' ' -)" "$completions/dm.bash"
}

@test "zsh completes commands, options, names and files" {
	command -v zsh >/dev/null || skip "zsh is not installed"
	in_zsh() {
		timeout 60 zsh -f "$DM_ROOT/tests/cli/complete.zsh" "$completions" "$1" | grep -v '^$' | sort
	}
	[ "$(in_zsh 'dm check-t')" = "$(printf '== dm check-task \ncheck-task')" ]
	[ "$(in_zsh 'dm binlog re')" = "$(printf '== dm binlog re\nreplace\nrevert')" ]
	[ "$(in_zsh 'dm run --until=c')" = "$(printf -- '--until=caught-up\n== dm run --until=caught-up ')" ]
	[ "$(in_zsh 'dm run -s a')" = "$(printf '%s\n' '== dm run -s a\ b ' 'a\ b')" ]
	[ "$(in_zsh 'dm check-task ta')" = "$(printf '== dm check-task task.yaml \ntask.yaml')" ]
	[ "$(in_zsh 'dm-sync --config=ta')" = "$(printf '== dm-sync --config=task.yaml \ntask.yaml')" ]
	[ "$(head -n 1 "$completions/_dm")" = "#compdef dm $(tools_written_in_c | paste -sd ' ' -)" ]
}

@test "fish completes commands, options, names and files" {
	command -v fish >/dev/null || skip "fish is not installed"
	in_fish() {
		HOME=$PWD fish --no-config -c "source '$completions/dm.fish'; complete --do-complete '$1'" | cut -f1
	}
	[ "$(in_fish 'dm check-t')" = check-task ]
	[ "$(in_fish 'dm binlog re')" = "$(printf 'replace\nrevert')" ]
	[ "$(in_fish 'dm run --until=c')" = --until=caught-up ]
	[ "$(in_fish 'dm run -s a')" = 'a b' ]
	[ "$(in_fish 'dm check-task ta')" = task.yaml ]
	[ "$(in_fish 'dm-sync --config=ta')" = --config=task.yaml ]
	local tool
	for tool in $(tools_written_in_c); do
		[ -n "$(in_fish "$tool --hel")" ] || fail "$tool"
	done
}
