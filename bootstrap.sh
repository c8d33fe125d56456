#!/bin/sh
# bootstrap.sh - from a fresh Debian machine to a running demonstration, or to all tests
#
# usage: ./bootstrap.sh demo     install what is missing, build, migrate two sharded servers into one, compare, clean up
#        ./bootstrap.sh check    install what is missing, build, run all tests; the last line is "N passed, N failed"
#        ./bootstrap.sh deps     only install what is missing (packages.txt)
#
# Run it as root, or as a user who may use sudo; where nothing is missing neither is needed. JOBS is how many compilers and
# tests run at a time. Exit status: 0; 1 when a test or the comparison failed, or something could not be installed.
set -eu
cd "$(dirname "$0")"
export JOBS="${JOBS:-$(nproc)}"

say() {
	printf '\n== %s\n' "$*"
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "bootstrap.sh: not root, and there is no sudo: cannot run: $*" >&2
		return 1
	fi
}

apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

missing() {
	sed 's/#.*//' packages.txt | tr -s '[:space:]' '\n' | while read -r package; do
		[ -z "$package" ] ||
			dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' || echo "$package"
	done
}

deps() {
	packages=$(missing | tr '\n' ' ')
	[ -n "$packages" ] || return 0
	say "installing $packages"
	apt update
	# shellcheck disable=SC2086 # a list of words
	apt -y --no-install-recommends install $packages
}

# The demonstration's data is the package index with its descriptions; images for containers come without them.
need_index() {
	if [ "$(apt-cache dumpavail | grep -c '^Package: ')" -lt 10000 ] ||
		[ -z "$(apt-get -o Acquire::Languages=en indextargets --format "\$(FILENAME)" 'Created-By: Translations')" ]; then
		say "reading the package index"
		apt -o Acquire::Languages=en update ||
			echo "bootstrap.sh: going on with the packages that this machine knows of" >&2
	fi
}

demo() {
	deps
	need_index
	say "building"
	make -s -j "$JOBS" all
	exec demo/run
}

# All that `make check` stands for, read from the Makefile.
targets() {
	echo lint
	make -pn check 2>/dev/null | sed -n 's/^check: *//p' | tr ' ' '\n'
	echo check-fuzz check-fault check-e2e
}

# Runs one target; adds its counts to $tmp/counts. A target that prints none is one test.
run_target() {
	say "make $1"
	{
		rc=0
		make -s "$1" </dev/null 2>&1 || rc=$?
		echo "$rc" >"$tmp/status"
	} | tee "$tmp/out"
	awk -v rc="$(cat "$tmp/status")" '
		/^[a-z0-9-]+: [0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ { passed += $2; failed += $4; skipped += $6; seen = 1 }
		END {
			if (rc != 0 && failed == 0) failed = 1
			if (rc == 0 && !seen) passed = 1
			print passed + 0, failed + 0, skipped + 0
		}' "$tmp/out" >>"$tmp/counts"
}

check() {
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' INT TERM HUP
	deps
	say "building"
	rc=0
	make -s -j "$JOBS" all || rc=1
	echo "$((1 - rc)) $rc 0" >"$tmp/counts"
	for target in $(targets); do
		run_target "$target"
	done
	echo
	awk '{ skipped += $3 } END { if (skipped) print skipped " skipped" }' "$tmp/counts"
	awk '{ passed += $1; failed += $2 } END { print passed " passed, " failed " failed"; exit failed != 0 }' "$tmp/counts"
}

case ${1:-} in
deps|check|demo)
	[ $# -eq 1 ] || { echo "usage: $0 demo|check|deps" >&2; exit 64; }
	"$1" ;;
*)	echo "usage: $0 demo|check|deps" >&2
	exit 64 ;;
esac
