# hosts.bash - hosts of their own for servers and pipelines: network namespaces that see each other only where a cable is laid.
#
#	hosts_make a b d; cable a d; cable b d		# teardown_file: hosts_drop
#	on a COMMAND ...				# with a DM_HOME of its own
#	cut a d; mend a d
#
# Each host has one address, of 192.0.2.0/24, which those that a cable joins it with can reach; nothing is passed on.
# shellcheck shell=bash

# What this machine lacks to make one; nothing where it lacks nothing.
hosts_lack() {
	if ! command -v ip >/dev/null; then
		echo "no program 'ip' (package iproute2)"
	elif ! ip netns add "dm-probe-$$" 2>"$BATS_FILE_TMPDIR/probe.err" || ! ip netns delete "dm-probe-$$" 2>>"$BATS_FILE_TMPDIR/probe.err"; then
		echo "network namespaces cannot be made here: $(cat "$BATS_FILE_TMPDIR/probe.err")"
	fi
}

namespace() {
	echo "dm-$(cat "$BATS_FILE_TMPDIR/hosts-of")-$1"
}

address() {
	echo "192.0.2.$(printf %d "'$1")"
}

hosts_make() {
	local host

	echo $$ >"$BATS_FILE_TMPDIR/hosts-of"
	for host; do
		ip netns add "$(namespace "$host")"
		echo "$host" >>"$BATS_FILE_TMPDIR/hosts"
		ip -n "$(namespace "$host")" link set lo up
		ip -n "$(namespace "$host")" address add "$(address "$host")/32" dev lo
		ip netns exec "$(namespace "$host")" sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
	done
}

# Their processes have ended by then.
hosts_drop() {
	local host

	[ -e "$BATS_FILE_TMPDIR/hosts" ] || return 0
	while read -r host; do
		ip netns delete "$(namespace "$host")"
	done <"$BATS_FILE_TMPDIR/hosts"
}

cable() {
	ip -n "$(namespace "$1")" link add "to-$2" type veth peer name "to-$1" netns "$(namespace "$2")"
	mend "$1" "$2"
}

# A link that goes down takes its routes with it.
mend() {
	ip -n "$(namespace "$1")" link set "to-$2" up
	ip -n "$(namespace "$2")" link set "to-$1" up
	ip -n "$(namespace "$1")" route replace "$(address "$2")" dev "to-$2" src "$(address "$1")"
	ip -n "$(namespace "$2")" route replace "$(address "$1")" dev "to-$1" src "$(address "$2")"
}

cut() {
	ip -n "$(namespace "$2")" link set "to-$1" down
}

on() {
	local host=$1

	shift
	DM_HOME=$PWD/home-$host ip netns exec "$(namespace "$host")" "$@"
}
