# shellcheck shell=bash
#
# The map of the lab, and what a test does in it.  Sourced by scripts/lab, and
# by any test that `scripts/lab run` starts:
#
#	. scripts/lib/lab.bash
#	lab_in lan ping -c1 "$LAB_HOST_LAN_ADDR"
#	before=$(lab_count "$LAB_LAN_RECORD")
#
#	          host (COMMAND, libvirtd, appliances behind their own bridge)
#	   lan0   |                     wan0 |
#	192.168.50.1                 93.184.217.1       default route: .254
#	          |                          |
#	[lan] 192.168.50.10    [internet] 93.184.217.254 --- [neighbour] 93.184.217.20
#	                          151.101.2.2   some web site
#	                          151.101.2.10  where tests run their GitLab
#	                          93.184.217.10 the same machine, on the host's own prefix
#	                          151.101.2.53  name server
#
# Nothing knows a way back to private addresses except the host itself, so an
# appliance reaches the internet through the host's NAT or not at all.

# The host's own addresses.
export LAB_HOST_LAN_ADDR=192.168.50.1
export LAB_HOST_LAN_ADDR6=fd50::1
export LAB_HOST_UPLINK_ADDR=93.184.217.1
export LAB_HOST_UPLINK_ADDR6=2606:2800:21f:cb07::1
export LAB_HOST_UPLINK_PREFIX=93.184.217.0/24

# What an appliance must never reach: the LAN, and a host of the uplink's prefix.
export LAB_LAN_HOST=192.168.50.10
export LAB_LAN_HOST6=fd50::10
export LAB_LAN_PREFIX=192.168.50.0/24
export LAB_NEIGHBOUR_ADDR=93.184.217.20
export LAB_NEIGHBOUR_ADDR6=2606:2800:21f:cb07::20

# What it must reach.  The GitLab address is outside the uplink's prefix, which
# the isolation rules close; LAB_GITLAB_NEAR_ADDR is inside, for tests of `allow`.
export LAB_ROUTER_ADDR=93.184.217.254
export LAB_ROUTER_ADDR6=2606:2800:21f:cb07::fe
export LAB_SITE_ADDR=151.101.2.2
export LAB_SITE_ADDR6=2a04:4e42::2
export LAB_GITLAB_ADDR=151.101.2.10
export LAB_GITLAB_ADDR6=2a04:4e42::10
export LAB_GITLAB_NEAR_ADDR=93.184.217.10
export LAB_DNS_ADDR=151.101.2.53

# The names that the lab's name server and /etc/hosts know.
export LAB_GITLAB_NAME=gitlab.lab.example
export LAB_SITE_NAME=site.lab.example
export LAB_LAN_NAME=lan.lab.example

# lab_in PLACE COMMAND…: run it as a machine of that place.
lab_in() {
	local place=$1
	shift
	case $place in
	host) "$@" ;;
	lan | internet | neighbour) nsenter --net="/run/netns/$place" -- "$@" ;;
	# The machine's own network and names, for what has to be downloaded.
	outside) nsenter --net=/run/netns/outside -- unshare --mount -- "$LAB_ROOT/scripts/lab" outside "$@" ;;
	*)
		printf 'lab: no such place: %s (host, lan, internet, neighbour, outside)\n' "$place" >&2
		return 2
		;;
	esac
}

# lab_seen RECORD [ADDRESS]: every IP packet, connection, and tagged or unknown
# frame that arrived, one JSON line each; with ADDRESS, only what names it.
# ARP, neighbour discovery and multicast housekeeping are no reach, and left out.
lab_seen() {
	grep -v '"noise": true' "$1" | grep -F -- "\"${2:-}" || true
}

# lab_count RECORD [ADDRESS]: how many lines lab_seen has.
lab_count() {
	lab_seen "$@" | wc -l
}

# lab_until SECONDS COMMAND…: repeat it until it succeeds; fails when time is up.
lab_until() {
	local deadline=$((${EPOCHREALTIME/[^0-9]/} + $1 * 1000000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/[^0-9]/}" -lt "$deadline" ] || return 1
		sleep 0.05
	done
}
