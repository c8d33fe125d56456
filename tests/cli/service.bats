#!/usr/bin/env bats
# What is installed beside the tools: units, completions, examples; and the Debian package.
# shellcheck disable=SC2154 # variables of the helpers

setup() {
	load lib
	cli_setup
	unit=$DM_ROOT/examples/systemd/dm@.service
}

# installed PREFIX [VARIABLE=VALUE ...]: into the folder root.
installed() {
	make -s -C "$DM_ROOT" B="$(realpath "$DM_BIN/..")" "${@:2}" install DESTDIR="$PWD/root" PREFIX="$1" >make.log 2>&1 || fail "$(cat make.log)"
}

@test "units are what systemd takes, and as closed as can be" {
	command -v systemd-analyze >/dev/null || skip "systemd-analyze is not installed"
	installed /usr
	for file in "$DM_ROOT"/examples/systemd/*.service; do
		# It looks for the pages that a unit names.
		MANPATH=$PWD/root/usr/share/man systemd-analyze verify "root/usr/lib/systemd/system/${file##*/}" >out 2>err || fail "$file"
		assert_no_err
		systemd-analyze security --offline=yes --threshold=15 "$file" >out 2>err || fail "$file"
	done
}

@test "a unit gives up at every status that waiting does not mend, and at no other" {
	sed -n '/^\.Sh EXIT STATUS/,/^\.Sh/s/^\.It \([0-9]*\)$/\1/p' "$DM_ROOT/man/dm.7" | grep -vxE '0|75' | sort >want
	[ "$(wc -l <want)" -ge 5 ]
	sed -n 's/^RestartPreventExitStatus=//p' "$unit" | tr ' ' '\n' | sort >out
	diff want out
}

@test "the user of the units is made" {
	command -v systemd-sysusers >/dev/null || skip "systemd-sysusers is not installed"
	mkdir -p root/etc
	: >root/etc/passwd
	systemd-sysusers --root="$PWD/root" "$DM_ROOT/examples/systemd/dm.sysusers"
	user=$(sed -n 's/^User=//p' "$unit")
	grep -q "^$user:.*:/var/lib/dm:/usr/sbin/nologin$" root/etc/passwd
}

@test "make install puts everything where it is found, and make uninstall takes all of it away" {
	installed /opt/dm
	local tool

	for tool in "$DM_BIN"/dm*; do
		tool=${tool##*/}
		"root/opt/dm/bin/$tool" --version | grep -q "^$tool (dm-tools) "
		[ -s "root/opt/dm/share/man/man1/$tool.1" ]
		# bash and fish look for a file by the name of the command.
		cmp "root/opt/dm/share/bash-completion/completions/$tool" "$DM_BIN/../completions/dm.bash"
		cmp "root/opt/dm/share/fish/vendor_completions.d/$tool.fish" "$DM_BIN/../completions/dm.fish"
	done
	[ -s root/opt/dm/share/zsh/site-functions/_dm ]
	[ -x root/opt/dm/share/doc/dm-tools/examples/cron/dm-batch.sh ]
	# This prefix is not in systemd's PATH.
	grep -q '^ExecStart=.*exec /opt/dm/bin/dm run ' root/opt/dm/lib/systemd/system/dm@.service
	make -s -C "$DM_ROOT" uninstall DESTDIR="$PWD/root" PREFIX=/opt/dm
	[ -z "$(find root -type f -o -type l)" ]
	[ ! -e root/opt/dm/share/doc/dm-tools ]
}
