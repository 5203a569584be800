#!/bin/bash
#
# Proves the lab: what is promised inside (test_inside.sh), that nothing of the
# machine is touched, and that nothing is left however the lab ends.  Others may
# be at work on the machine, so processes are told by the lab's own namespaces.
#
# shellcheck disable=SC2016 # scripts in single quotes are for the lab's shell

set -euo pipefail

LAB_ROOT=$(cd "$(dirname "$0")/../../.." && pwd)
lab=$LAB_ROOT/scripts/lab
# shellcheck source=scripts/lib/lab.bash
. "$LAB_ROOT/scripts/lib/lab.bash"
# shellcheck source=tests/live/lab/tell.bash
. "$LAB_ROOT/tests/live/lab/tell.bash"

skip() {
	printf 'skip: %s\n' "$1" >&2
	[ "${RC_MUST_RUN-}" != 1 ] || exit 1
	exit 77
}

[ "$(id -u)" = 0 ] || skip "the lab needs root"
command -v libvirtd >/dev/null || skip "libvirtd is not installed: scripts/setup live"
unshare --mount --net --pid --fork true 2>/dev/null || skip "namespaces cannot be made here"

work=$(mktemp -d /var/tmp/lab-test.XXXXXXXX)
chmod 0711 "$work"
trap 'rm -rf "$work"' EXIT

# Everything of the machine that a lab could have changed, by name.
machine_state() {
	ip -o link | awk -F': ' '{ print "link", $2 }'
	ip -o addr | awk '{ print "addr", $2, $4 }'
	nft list ruleset | sed 's/^/nft /'
	ip netns list | sed 's/^/netns /'
	{ find /run/libvirt /etc/libvirt -printf 'file %p %i %s %T@\n' 2>/dev/null || true; } | sort
	grep -E 'libvirt|netns|lab-run|runnerctl-lab|lab-test' /proc/self/mounts || true
	grep . /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/hostname /proc/sys/net/bridge/* 2>/dev/null || true
}

# alive FILE: the processes in the lab whose identity a COMMAND wrote there; fails if there are none.
alive() {
	local id
	id=$(sed -n 1p "$1")
	[ -n "$id" ] || return 2
	# Processes that end meanwhile are errors of find's, which are not to count: start_lab checks that it finds.
	{ find /proc -mindepth 3 -maxdepth 3 -path '/proc/[0-9]*/ns/pid' -lname "${id//[\[\]]/?}" 2>/dev/null || true; } | grep .
}

gone() {
	local status=0
	alive "$1" >/dev/null || status=$?
	[ "$status" = 1 ]
}

unchanged() {
	machine_state | diff "$work/before" -
}

# cgroups PID: those of that lab; others' may go while they are looked for.
cgroups() {
	{ find /sys/fs/cgroup -maxdepth 4 -name "runnerctl-lab.$1" 2>/dev/null || true; } | grep .
}

# No directory or cgroup of a lab, other than of labs that others run right now.
swept() {
	[ ! -e "$(sed -n 2p "$1")" ] && ! cgroups "$2"
}

# What a COMMAND says of the lab it is in.
identify='readlink /proc/self/ns/pid && echo "$LAB_DIR"'

status_of() {
	local status=0
	"$@" >/dev/null 2>&1 || status=$?
	echo "$status"
}

test_run() {
	local answer
	check "all is in it that was promised" "$lab" run -- "$LAB_ROOT/tests/live/lab/test_inside.sh"
	check "status 0 is passed through" test "$(status_of "$lab" run -- true)" = 0
	check "status 7 is passed through" test "$(status_of "$lab" run -- sh -c 'exit 7')" = 7
	check "a command that is not there gives 127" test "$(status_of "$lab" run -- "$work/none")" = 127
	check "no command is a usage error" test "$(status_of "$lab" run)" = 2
	answer=$(printf 'from outside' | "$lab" run -- sh -c 'cat; printf "|%s" "$@"' - 'a b' '' "*" 2>/dev/null)
	check "standard input, output and arguments pass unchanged" test "$answer" = 'from outside|a b||*'
	check "the machine is as it was" unchanged
}

test_state() {
	"$lab" run --dir "$work/state" -- sh -c '
		echo kept >/var/lib/libvirt/runnerctl/image
		virsh -q net-define /usr/share/libvirt/networks/default.xml
		echo old >"$LAB_LAN_RECORD"' >/dev/null 2>&1
	check "a second run finds the images of the first" \
		"$lab" run --dir "$work/state" -- grep -q kept /var/lib/libvirt/runnerctl/image
	check "but no definition, and no record" "$lab" run --dir "$work/state" -- sh -c '
		test -z "$(virsh -q net-list --all --name)" && ! grep -q old "$LAB_LAN_RECORD"'
	check "a directory is for one lab at a time" "$lab" run --dir "$work/state" -- sh -c \
		'"$0" run --dir "$1" -- true; test $? = 125' "$lab" "$work/state"
	check "two labs do not see each other" "$lab" run --dir "$work/state" -- sh -c '
		"$0" run -- test ! -e /sys/class/net/virbr0 && virsh -q list' "$lab"
	check "the caller's directory is left in place" test -e "$work/state/log/libvirtd.log"
}

# start_lab COMMAND: runs in the background until it is ended; sets $pid.
start_lab() {
	rm -f "$work/id"
	"$lab" run -- sh -c "($identify) >'$work/id.new'; mv '$work/id.new' '$work/id'; $1" >/dev/null 2>&1 &
	pid=$!
	lab_until 15 test -e "$work/id"
	check "its processes are seen while it runs" alive "$work/id"
	[ ! -s "$(sed -n 2p "$work/id")/lab/cgroups" ] || check "and its cgroups" cgroups "$pid"
}

# end_lab SIGNAL STATUS: ends it, and says whether all was well within 5 s.
end_lab() {
	local status=0 begun=$SECONDS took
	kill "-$1" "$pid"
	wait "$pid" 2>/dev/null || status=$?
	took=$((SECONDS - begun))
	check "kill -$1 gives status $2" test "$status" = "$2"
	check "kill -$1 ends all its processes in 5 s" lab_until 5 gone "$work/id"
	check "kill -$1 is done in 5 s" test "$took" -le 5
	check "kill -$1 leaves the machine as it was" unchanged
}

test_signals() {
	local pid
	start_lab 'exec sleep 1000'
	end_lab TERM 143
	check "and no directory or cgroup" swept "$work/id" "$pid"
	start_lab 'trap "" TERM; while :; do sleep 1; done'
	end_lab TERM 143
	check "and no directory or cgroup, of a command that will not hear" swept "$work/id" "$pid"
	start_lab 'exec sleep 1000'
	end_lab KILL 137
	check "after kill -KILL the next lab" "$lab" run -- true
	check "sweeps directory and cgroup" swept "$work/id" "$pid"
}

# A terminal's ^C, which the kernel sends to the whole foreground group.
test_terminal() {
	local took command="($identify) >\"$work/id.new\"; mv \"$work/id.new\" \"$work/id\"; exec sleep 1000"
	rm -f "$work/id"
	{ lab_until 15 test -e "$work/id" && echo "$SECONDS" >"$work/begun" && printf '\003' && lab_until 15 test -s "$work/status"; } |
		script -qefc "trap : INT; '$lab' run -- sh -c '$command'; echo \$? >'$work/status'" \
			/dev/null >/dev/null 2>&1 || true
	took=$((SECONDS - $(cat "$work/begun" || echo 0)))
	check "^C gives status 130" grep -qx 130 "$work/status"
	check "^C ends all its processes" lab_until 1 gone "$work/id"
	check "^C is done in 5 s" test "$took" -le 5
	check "^C leaves the machine as it was" unchanged
}

machine_state >"$work/before"
test_run
test_state
test_signals
test_terminal
told
