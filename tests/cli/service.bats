#!/usr/bin/env bats
# What is installed beside the tools: units, completions, examples; and the Debian package.
# shellcheck disable=SC2154,SC2016 # variables of the helpers; text for other shells

setup() {
	load lib
	cli_setup
	unit=$DM_ROOT/examples/systemd/dm@.service
}

# Runs the shell text on standard input as root of this machine, whose files it sees and changes none of: changes go to memory, and
# are gone with it. The package is in /package.
on_a_copy_of_this_machine() {
	cat >script
	mkdir -p copy
	unshare --mount --fork sh -ec '
		mount -t tmpfs tmpfs copy
		mkdir copy/upper copy/work copy/root
		mount -t overlay overlay -o "lowerdir=/,upperdir=copy/upper,workdir=copy/work" copy/root
		[ "${1:-}" != try ] || exit 0
		mkdir copy/root/package
		cp package/*.deb script copy/root/package
		mount -t proc proc copy/root/proc
		: >copy/root/dev/null
		mount --bind /dev/null copy/root/dev/null
		chroot copy/root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive sh -e /package/script
		echo new:
		cd copy/upper
		find . -path ./package -prune -o -print | while IFS= read -r path; do
			[ -e "/$path" ] || echo "$path"
		done' sh "$@"
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

@test "the Debian package says the version of the tools, and holds what is installed" {
	command -v dpkg-shlibdeps >/dev/null || skip "dpkg-dev is not installed"
	local objects tool
	objects=$(realpath "$DM_BIN/..")
	[ "$(dpkg-parsechangelog -l "$DM_ROOT/debian/changelog" -S Version)" = "$(cat "$DM_ROOT/VERSION")" ]
	mkdir package
	make -s -C "$DM_ROOT" -f debian/rules binary B="${objects#"$DM_ROOT/"}" DEB_DEST="$PWD/package" DEB_TREE="$PWD/tree" >make.log 2>&1 || fail "$(cat make.log)"
	dpkg-deb -f package/*.deb Depends >out
	for tool in libc6 libmariadb3 libyaml-0-2 libpcre2-8-0 zlib1g libzstd1 libssl3 adduser; do
		assert_out "$tool"
	done
	on_a_copy_of_this_machine try </dev/null 2>err || skip "an overlay file system cannot be mounted here: $(cat err)"
	run_tool on_a_copy_of_this_machine <<-'END'
		rm -f /var/lib/man-db/auto-update	# an index that takes long
		dpkg -i /package/*.deb
		for tool in /usr/bin/dm /usr/bin/dm-*; do
			"$tool" --version
			man -w "${tool##*/}" | grep -x "/usr/share/man/man1/${tool##*/}.1.gz"
		done
		man -w 7 dm
		stat -c '%U %a %n' /var/lib/dm /etc/dm
		setpriv --reuid=dm --regid=dm --init-groups env DM_HOME=/var/lib/dm dm query-status
		systemd-analyze verify /lib/systemd/system/dm@.service
		: >/etc/dm/a.yaml
		: >/var/lib/dm/a
		dpkg -r dm-tools
		[ ! -e /usr/bin/dm ] && [ ! -e /usr/bin/dm-sync ]
		ls /etc/dm /var/lib/dm
		dpkg -P dm-tools
		! getent passwd dm
	END
	assert_status 0
	for tool in "$DM_BIN"/dm*; do
		assert_out "/usr/share/man/man1/${tool##*/}.1.gz"
		grep -q "^${tool##*/} (dm-tools) " out || fail "${tool##*/} --version"
	done
	assert_out 'dm 700 /var/lib/dm'
	assert_out 'root 750 /etc/dm'
	sed '1,/^new:$/d' out | grep -vE '^[.]/(etc/[a-z]*-|var/(log|cache|lib/dpkg)/.*)$' >left || :
	[ ! -s left ] || fail "a purge leaves $(cat left)"
}
