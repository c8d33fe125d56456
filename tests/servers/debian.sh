# shellcheck shell=sh
# debian.sh - have programs of Debian's next suites in a folder, without installing them; sourced by mysql-get, mariadb-get, promtool-get
#
#	name=mysql-get what=MySQL home=FOLDER packages='...' alone='...' version='...' programs='usr/sbin/mysqld ...' server=mysqld suites='sid' probe='--no-defaults --version'
#	. debian.sh; debian_main "$@"
#
# Takes the packages with all that they need, and those that are to come alone, from the first of the suites that has them, from the mirror that this machine's own
# apt sources name, and unpacks them into one folder of the user's cache. Nothing is installed, and the machine's own package
# lists are left alone. Prints the folder; in it, run/PROGRAM starts each with its own C library. With --cached nothing is downloaded.
# Exit status: 0; 77 when it cannot be had, with one line that says why (1 with CI=true, where it must be there).
# shellcheck disable=SC2154 # name, what, home ... are set by who sources this

cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/dm-tools
home=$cache/$home
work=

cannot() {
	echo "$name: no $what: $1" >&2
	[ "${CI:-}" = true ] && exit 1
	exit 77
}

clean() {
	[ -z "$work" ] || rm -rf "$work"
}

have() {
	[ -e "$home/complete" ]
}

# "URI KEYRING" of the machine's own Debian archive: the entry for main of the release that is installed.
mirror() {
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-none}")
	apt-get indextargets --format "\$(CODENAME)|\$(RELEASE)|\$(COMPONENT)|\$(REPO_URI)" 'Created-By: Packages' |
		awk -F'|' -v want="$codename" '($1 == want || $2 == want) && $3 == "main" { print $4; exit }'
}

keyring() {
	for k in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp; do
		[ ! -r "$k" ] || { echo "$k"; return; }
	done
}

# configure MIRROR SUITE: an apt of our own. Its lists, cache and (empty) status are in $work; proxies and the like are the machine's.
configure() {
	rm -rf "$work/lists"
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/none" "$work/root"
	: >"$work/status"
	ring=$(keyring)
	echo "deb ${ring:+[signed-by=$ring] }$1 $2 main" >"$work/sources.list"
	cat >"$work/apt.conf" <<-END
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		#clear DPkg::Post-Invoke;
		#clear DPkg::Pre-Install-Pkgs;
		Dir::State "$work";
		Dir::State::lists "lists";
		Dir::State::status "$work/status";
		Dir::Cache "$work/cache";
		Dir::Etc::sourcelist "$work/sources.list";
		Dir::Etc::sourceparts "$work/none";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "$work/none";
		Acquire::Languages "none";
		Acquire::Retries "3";
		APT::Update::Error-Mode "any";
		Acquire::http::Timeout "30";
		Acquire::https::Timeout "30";
		APT::Default-Release "";
		APT::Install-Recommends "false";
		APT::Sandbox::User "root";
	END
}

our_apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -qq -c "$work/apt.conf" "$@" >>"$work/log" 2>&1
}

last_words() {
	grep -E '^(E|Err|W):' "$work/log" | tail -n 1
}

# Does this suite have the first of the packages in the version that is wanted?
has_version() {
	apt-cache -c "$work/apt.conf" show --no-all-versions "${packages%% *}" 2>>"$work/log" | grep -q "^Version: $version"
}

download() {
	uri=$(mirror) || uri=
	[ -n "$uri" ] || cannot "the apt sources of this machine name no Debian archive"
	for suite in $suites; do
		configure "$uri" "$suite"
		our_apt update || cannot "cannot read the package lists of the suite '$suite': $(last_words)"
		has_version || continue
		# shellcheck disable=SC2086 # packages are words
		our_apt -y -d install $packages || cannot "cannot download it: $(last_words)"
		# shellcheck disable=SC2086
		[ -z "$alone" ] || (cd "$work/cache/archives" && our_apt download $alone) || cannot "cannot download $alone: $(last_words)"
		return
	done
	cannot "none of the suites $suites has it"
}

unpack() {
	for deb in "$work"/cache/archives/*.deb; do
		dpkg-deb -x "$deb" "$work/root" || cannot "cannot unpack ${deb##*/}"
	done
	rm -rf "$work/root/usr/share/perl" "$work/root/usr/share/doc" "$work/root/usr/share/man" \
		"$work/root"/usr/lib/*/perl* "$work/root"/usr/lib/*/gconv
}

# The programs find their libraries, and nothing of the machine's, through the loader that came with them.
wrap() {
	mkdir -p "$work/root/run"
	for program in $programs; do
		cat >"$work/root/run/${program##*/}" <<-END
			#!/bin/sh
			# Made by $name: starts the program of this name with the libraries that were unpacked beside it.
		END
		cat >>"$work/root/run/${program##*/}" <<-'END'
			home=$(cd "$(dirname "$0")/.." && pwd)
			for lib in "$home"/usr/lib/*-linux-gnu*; do
				[ -e "$lib/libc.so.6" ] && break
			done
			for loader in "$home"/usr/lib64/ld-linux-*.so.* "$lib"/ld-linux-*.so.*; do
				[ -e "$loader" ] && break
			done
		END
		echo "exec \"\$loader\" --library-path \"\$lib\" \"\$home/$program\" \"\$@\"" >>"$work/root/run/${program##*/}"
		chmod 755 "$work/root/run/${program##*/}"
	done
	# shellcheck disable=SC2086 # options are words
	"$work/root/run/$server" ${probe:---no-defaults --version} >"$work/root/version" 2>>"$work/log" ||
		cannot "the program that was unpacked does not start: $(tail -n 1 "$work/log")"
}

debian_main() {
	case $#${1:-} in
	0|1--cached) ;;
	*)	echo "usage: $name [--cached]" >&2; exit 64 ;;
	esac
	if ! have; then
		[ $# -eq 0 ] || cannot "it is not in $cache yet"
		mkdir -p "$cache"
		for need in apt-get apt-cache dpkg-deb flock; do
			command -v "$need" >/dev/null || cannot "this machine has no $need"
		done
		exec 9>"$cache/$name.lock"
		flock 9
		if ! have; then
			trap clean EXIT
			trap 'exit 1' INT TERM HUP
			rm -rf "$cache/$name".??????	# left by one that was killed: we hold the lock
			work=$(mktemp -d "$cache/$name.XXXXXX")
			download
			unpack
			wrap
			: >"$work/root/complete"
			rm -rf "$home"
			mv "$work/root" "$home"
		fi
	fi
	echo "$home"
}
