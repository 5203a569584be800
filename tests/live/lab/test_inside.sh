#!/bin/bash
#
# What a test may rely on inside the lab; test_lab.sh runs it there.  The guest
# is a network namespace behind libvirt's bridge: it needs no emulator, and what
# the records say of it is what they would say of an appliance.

set -euo pipefail

# shellcheck source=scripts/lib/lab.bash
. "$LAB_ROOT/scripts/lib/lab.bash"
# shellcheck source=tests/live/lab/tell.bash
. "$LAB_ROOT/tests/live/lab/tell.bash"

bridge=virbr77
guest=192.168.177.10

# fetch PLACE ADDRESS PORT: connects and reads the first line; silent, bounded.
fetch() {
	# shellcheck disable=SC2016 # for the inner shell
	lab_in_guest "$1" timeout 3 bash -c \
		'exec 3<>"/dev/tcp/$0/$1" && printf "GET / HTTP/1.0\r\n\r\n" >&3 && read -r -t 2 line <&3' \
		"$2" "$3" 2>/dev/null
}

lab_in_guest() {
	local place=$1
	shift
	case $place in
	guest) nsenter --net=/run/netns/guest -- "$@" ;;
	*) lab_in "$place" "$@" ;;
	esac
}

# arrives PLACE ADDRESS: the refusal of a closed port is an answer of that machine.
arrives() {
	local answer
	answer=$(lab_in "$1" timeout 3 bash -c ": >/dev/tcp/$2/9" 2>&1) || true
	[[ $answer == *refused* ]]
}

recorded() {
	[ "$(lab_count "$@")" -gt 0 ]
}

forget() {
	: >"$LAB_LAN_RECORD"
	: >"$LAB_NEIGHBOUR_RECORD"
	: >"$LAB_INTERNET_RECORD"
}

nothing_recorded() {
	sleep 0.2
	[ "$(lab_count "$LAB_LAN_RECORD")" = 0 ] && [ "$(lab_count "$LAB_NEIGHBOUR_RECORD")" = 0 ]
}

test_libvirt() {
	check "libvirtd answers" virsh -q list
	check "it is this lab's: no network is defined" test -z "$(virsh -q net-list --all --name)"
	check "no domain is defined" test -z "$(virsh -q list --all --name)"
	check "the built-in filters are there" virsh -q nwfilter-dumpxml clean-traffic
	check "the machine's own D-Bus is out of sight" test ! -e /run/dbus
	check "qemu's user can walk to the pool" setpriv --reuid libvirt-qemu --regid libvirt-qemu \
		--clear-groups test -x /var/lib/libvirt/runnerctl
	check "the pool is on a real disk" test "$(stat -fc %T /var/lib/libvirt/runnerctl)" != tmpfs
}

test_places() {
	check "the LAN host answers on tcp 22" fetch host "$LAB_LAN_HOST" 22
	check "the LAN host answers on tcp 80" fetch host "$LAB_LAN_HOST" 80
	check "the LAN host answers on tcp 445" fetch host "$LAB_LAN_HOST" 445
	check "the LAN host answers over IPv6" fetch host "$LAB_LAN_HOST6" 80
	check "the site answers by its name" fetch host "$LAB_SITE_NAME" 80
	check "the site answers over IPv6" fetch host "$LAB_SITE_ADDR6" 80
	check "the neighbour answers" fetch host "$LAB_NEIGHBOUR_ADDR" 80
	check "the LAN host reaches the host" arrives lan "$LAB_HOST_LAN_ADDR"
	check "the internet reaches the host's public address" arrives internet "$LAB_HOST_UPLINK_ADDR"
	check "the neighbour reaches it too" arrives neighbour "$LAB_HOST_UPLINK_ADDR6"
	check "scripts/lab in runs at a place" "$LAB_ROOT/scripts/lab" in lan -- ip route get "$LAB_HOST_LAN_ADDR"
}

test_records() {
	check "the LAN's connections are recorded" recorded "$LAB_LAN_RECORD" tcp
	check "with the address they came from" recorded "$LAB_LAN_RECORD" "$LAB_HOST_LAN_ADDR"
	check "the neighbour's too" recorded "$LAB_NEIGHBOUR_RECORD" "$LAB_HOST_UPLINK_ADDR"
	check "the site's too" recorded "$LAB_INTERNET_RECORD" "$LAB_HOST_UPLINK_ADDR"
	forget
	echo probe >"/dev/udp/$LAB_LAN_HOST/53"
	check "a datagram is recorded" lab_until 2 recorded "$LAB_LAN_RECORD" udp
	forget
	echo probe >"/dev/udp/$LAB_LAN_HOST/9"
	check "so is one that no port listens for" lab_until 2 recorded "$LAB_LAN_RECORD" frame
	forget
	send_tagged
	check "so is a frame with a VLAN tag" lab_until 2 recorded "$LAB_LAN_RECORD" vlan
	forget
	ip neigh flush dev lan0
	check "an ARP request is no reach" nothing_recorded
}

# A broadcast frame in VLAN 7, with a body that means nothing.
send_tagged() {
	/usr/bin/python3 -I -c 'import socket
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("lan0", 0))
link.send(b"\xff" * 6 + bytes.fromhex("020000000001" "8100" "0007" "0800") + bytes(46))'
}

# What the guest may not is close to the real rules; the real ones have their own tests.
define_objects() {
	virsh -q net-define /dev/stdin <<-END
		<network><name>labtest</name><forward mode='nat'/><bridge name='$bridge' stp='off' delay='0'/>
		<ip address='192.168.177.1' netmask='255.255.255.0'><dhcp>
		<range start='192.168.177.10' end='192.168.177.99'/></dhcp></ip></network>
	END
	virsh -q nwfilter-define /dev/stdin <<-END
		<filter name='labtest' chain='root'><uuid>5a1c1f5e-6a0a-4c54-9a56-3d6a1c1d7b01</uuid>
		<rule action='accept' direction='inout' priority='100'><arp/></rule>
		<rule action='accept' direction='out' priority='200'><ip dstipaddr='192.168.177.1'/></rule>
		<rule action='drop' direction='out' priority='300'><ip dstipaddr='192.168.0.0' dstipmask='16'/></rule>
		<rule action='drop' direction='out' priority='310'><ip dstipaddr='93.184.217.0' dstipmask='24'/></rule>
		<rule action='accept' direction='inout' priority='400'><ip/></rule>
		<rule action='drop' direction='inout' priority='1000'/></filter>
	END
	virsh -q net-start labtest
}

plug_guest() {
	ip netns add guest
	ip link add guest0 type veth peer name eth0 netns guest
	ip link set guest0 master "$bridge" up
	ip -n guest addr add "$guest/24" dev eth0
	ip -n guest link set eth0 up
	ip -n guest route add default via 192.168.177.1
}

filter_guest() {
	virsh -q nwfilter-binding-create /dev/stdin <<-END
		<filterbinding><owner><name>guest</name><uuid>5a1c1f5e-6a0a-4c54-9a56-3d6a1c1d7b02</uuid></owner>
		<portdev name='guest0'/><mac address='02:00:00:00:00:01'/>
		<filterref filter='labtest'><parameter name='IP' value='$guest'/></filterref></filterbinding>
	END
}

resolve() {
	local answer
	answer=$(/usr/bin/python3 -I - "$1" <<-'END'
		import socket, sys
		name = b"".join(bytes([len(p)]) + p.encode() for p in sys.argv[1].split(".")) + b"\0"
		ask = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		ask.settimeout(3)
		ask.sendto(b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0" + name + b"\0\x01\0\x01", ("192.168.177.1", 53))
		print(socket.inet_ntoa(ask.recv(512)[-4:]))
	END
	)
	[ "$answer" = "$2" ]
}
export -f resolve

test_network() {
	check "a NAT network with DHCP starts" define_objects
	plug_guest
	check "without a filter a guest reaches the site, through NAT" \
		lab_until 5 fetch guest "$LAB_SITE_ADDR" 80
	check "the site sees the host's address" recorded "$LAB_INTERNET_RECORD" "$LAB_HOST_UPLINK_ADDR"
	check "the network's name server answers it" \
		nsenter --net=/run/netns/guest -- bash -c "resolve $LAB_GITLAB_NAME $LAB_GITLAB_ADDR"
	forget
	check "without a filter it reaches the LAN" fetch guest "$LAB_LAN_HOST" 80
	check "and the record shows it" recorded "$LAB_LAN_RECORD" "$LAB_HOST_LAN_ADDR"
	check "a filter can be bound to it" filter_guest
	check "ebtables carries the filter" sh -c 'ebtables -t nat -L libvirt-I-guest0 | grep -q DROP'
	forget
	check "with it the LAN is out of reach" refuse fetch guest "$LAB_LAN_HOST" 80
	check "and so is the neighbour" refuse fetch guest "$LAB_NEIGHBOUR_ADDR" 80
	check "and nothing of it arrived there" nothing_recorded
	check "the site is still reached" fetch guest "$LAB_SITE_ADDR" 80
}

domain_xml() {
	cat <<-END
		<domain type='qemu'><name>labtest</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
		<cputune><shares>50</shares><global_period>100000</global_period><global_quota>50000</global_quota></cputune>
		<os><type arch='$(uname -m)' machine='$1'>hvm</type></os>
		<devices><controller type='usb' model='none'/><interface type='network'>
		<mac address='52:54:00:aa:00:01'/><source network='labtest'/><model type='virtio'/>
		<bandwidth><inbound average='1000' peak='2000' burst='256'/><outbound average='1000'/></bandwidth>
		<filterref filter='labtest'><parameter name='IP' value='192.168.177.11'/></filterref></interface>
		<serial type='pty'><log file='/var/log/libvirt/qemu/labtest-console.log'/></serial>
		<memballoon model='none'/></devices></domain>
	END
}

has_cgroup() {
	grep -q '/machine/qemu-1-labtest' "/proc/$(cat /run/libvirt/qemu/labtest.pid)/cgroup"
}

test_domain() {
	local machine=q35
	[ "$(uname -m)" = x86_64 ] || machine=virt
	check "an emulated domain starts, with NIC and filter" \
		virsh -q create /dev/stdin < <(domain_xml $machine)
	check "it has a cgroup" has_cgroup
	check "ebtables carries its filter" sh -c 'ebtables -t nat -L libvirt-I-vnet0 | grep -q DROP'
	check "what goes to it is shaped" sh -c 'tc qdisc show dev vnet0 | grep -q htb'
	check "what comes from it is limited" sh -c 'tc filter show dev vnet0 parent ffff: | grep -Eq "police|mirred"'
	check "its console is logged" test -e "$LAB_DIR/log/qemu/labtest-console.log"
	# Left running on purpose: the end of the lab has to end it.
}

test_libvirt
test_places
test_records
test_network
test_domain
told
