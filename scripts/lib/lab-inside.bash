# shellcheck shell=bash
#
# The inner half of scripts/lab: PID 1 of the lab's namespaces.  It furnishes
# them, starts the daemons, and runs COMMAND.  When it exits the kernel kills
# all that is left in the PID namespace, and mounts, bridges, veths and rules
# vanish with the last process: there is no clean-up code that could be skipped.
#
# LAB_DIR is on a real disk and holds what may be large or is worth reading later:
#
#	libvirt/{images,runnerctl}  images and overlays; kept for the next run
#	libvirt/*                   the rest of /var/lib/libvirt; emptied at the start
#	cache/                      /var/cache/libvirt (qemu's capabilities); kept
#	log/                        /var/log/libvirt and the logs of the lab itself
#	records/*.jsonl             what reached each machine of the lab
#
# Definitions (domains, networks, pools, filters, secrets) live in /etc/libvirt,
# which is a directory on the lab's private /run: every run starts with none, so
# that a test never depends on what the one before it left behind.

lab_die() {
	printf 'lab: %s\n' "$*" >&2
	exit 125
}

# A sysfs of our own network namespace, with our own part of each cgroup tree:
# libvirt finds "/" to be ours alone, and what it makes there is removed with it.
lab_mount_sys() {
	local mount path
	mkdir /run/cgroup
	mount --rbind /sys/fs/cgroup /run/cgroup
	umount --recursive --lazy /sys
	mount -t sysfs sysfs /sys
	mount --move /run/cgroup /sys/fs/cgroup
	rmdir /run/cgroup
	while read -r mount path; do
		mount --bind "$path" "$mount"
	done <"$LAB_DIR/lab/cgroups"
	# cgroup v2 gives controllers only to children of a group without processes.
	if grep -q " /sys/fs/cgroup cgroup2 " /proc/mounts && [ -s "$LAB_DIR/lab/cgroups" ]; then
		mkdir -p /sys/fs/cgroup/init
		echo $$ >/sys/fs/cgroup/init/cgroup.procs
	fi
}

# lab_outside COMMAND…: with the names of the machine's own network again, in a
# mount namespace of its own.
lab_outside() {
	mount --bind /run/lab/outside-resolv.conf "$(readlink -m /etc/resolv.conf)"
	mount --bind /run/lab/outside-hosts /etc/hosts
	exec "$@"
}

# Hides the machine's sockets, D-Bus and systemd above all: libvirt would ask
# the machine's own machined for a scope if it found it.
lab_mount_run() {
	local resolv outside_resolv outside_hosts
	outside_resolv=$(cat /etc/resolv.conf 2>/dev/null || true)
	outside_hosts=$(cat /etc/hosts 2>/dev/null || true)
	resolv=$(readlink -m /etc/resolv.conf)
	mount -t tmpfs -o mode=0755 lab-run /run
	mkdir -m 1777 /run/lock
	mkdir /run/libvirt /run/lab /run/netns
	: >/run/netns/outside
	mount --bind "/proc/self/fd/$LAB_OUTSIDE" /run/netns/outside
	exec {LAB_OUTSIDE}<&-
	unset LAB_OUTSIDE
	printf '%s\n' "$outside_resolv" >/run/lab/outside-resolv.conf
	printf '%s\n' "$outside_hosts" >/run/lab/outside-hosts
	printf 'nameserver %s\noptions timeout:1 attempts:2\n' "$LAB_DNS_ADDR" >/run/lab/resolv.conf
	printf '%s %s\n' 127.0.0.1 'localhost lab-host' ::1 'localhost' "$LAB_LAN_HOST" "$LAB_LAN_NAME" \
		"$LAB_SITE_ADDR" "$LAB_SITE_NAME" "$LAB_GITLAB_ADDR" "$LAB_GITLAB_NAME" >/run/lab/hosts
	[ ! -e /etc/hosts ] || mount --bind /run/lab/hosts /etc/hosts
	case $resolv in
	/run/*) install -D -m 0644 /run/lab/resolv.conf "$resolv" ;;
	*) [ ! -e "$resolv" ] || mount --bind /run/lab/resolv.conf "$resolv" ;;
	esac
}

# Nothing of the machine's own libvirt is copied but what the package ships: its
# definitions could start its domains a second time, its hooks would run here.
lab_mount_libvirt() {
	local etc=/run/lab/etc-libvirt
	mkdir -p $etc/nwfilter $etc/hooks $etc/qemu/networks/autostart
	cp /usr/share/libvirt/nwfilter/*.xml $etc/nwfilter/
	# The timeouts of peers that were killed on purpose must not fill the log.
	printf 'log_level = 3\n' >$etc/libvirtd.conf
	# AppArmor profiles belong to the kernel, not to a namespace: virt-aa-helper
	# would load one per domain into the machine and leave its file in /etc.
	# The DAC driver (uid, gid, file owners) stays.
	printf 'security_driver = "none"\n' >$etc/qemu.conf
	mount --bind $etc /etc/libvirt

	mount --bind "$LAB_DIR/libvirt" /var/lib/libvirt
	mount --bind "$LAB_DIR/cache" /var/cache/libvirt
	mount --bind "$LAB_DIR/log" /var/log/libvirt
}

# A /dev/kvm that qemu's user may not open (a container's device with its host's
# group) makes libvirt probe qemu again for every domain, 20 s each time.  A Debian
# host gives it to the group kvm; whether it works is another question.
lab_give_kvm() {
	if [ -c /dev/kvm ] && getent group kvm >/dev/null && ! setpriv --reuid libvirt-qemu --regid kvm --init-groups test -w /dev/kvm; then
		mknod -m 0660 /run/lab/kvm c "0x$(stat -c %t /dev/kvm)" "0x$(stat -c %T /dev/kvm)"
		chgrp kvm /run/lab/kvm
		mount --bind /run/lab/kvm /dev/kvm
	fi
}

# The directories that libvirt's package makes, with its owners: qemu itself
# (libvirt-qemu) walks to the images, so every level has at least o+x.
lab_prepare_dirs() {
	local dir=$LAB_DIR/libvirt
	rm -rf "$LAB_DIR/lab"
	mkdir -p "$dir" "$LAB_DIR"/{cache/qemu,log/qemu,records,lab}
	find "$dir" -mindepth 1 -maxdepth 1 ! -name images ! -name runnerctl -exec rm -rf {} +
	find "$LAB_DIR/records" "$LAB_DIR/log" -type f -delete
	mkdir -p "$dir"/{boot,dnsmasq,images,network,qemu,runnerctl}
	chmod 0755 "$dir" "$LAB_DIR/log"
	chmod 0711 "$dir"/{boot,images,runnerctl} "$LAB_DIR"/{cache,cache/qemu}
	chown -R libvirt-qemu:libvirt-qemu "$dir/qemu"
	chmod 0750 "$dir/qemu"
}

lab_make_networks() {
	local place
	hostname lab-host
	mkdir -p /run/netns
	for place in lan internet neighbour; do
		ip netns add $place
	done
	ip -batch - <<-END
		link set lo up
		link add lan0 type veth peer name eth0 netns lan
		link add wan0 type veth peer name wan0 netns internet
		addr add $LAB_HOST_LAN_ADDR/24 dev lan0
		addr add $LAB_HOST_LAN_ADDR6/64 dev lan0 nodad
		addr add $LAB_HOST_UPLINK_ADDR/24 dev wan0
		addr add $LAB_HOST_UPLINK_ADDR6/64 dev wan0 nodad
		link set lan0 up
		link set wan0 up
		route add default via $LAB_ROUTER_ADDR
		route add default via $LAB_ROUTER_ADDR6 dev wan0
	END
	ip -n lan -batch - <<-END
		link set lo up
		addr add $LAB_LAN_HOST/24 dev eth0
		addr add $LAB_LAN_HOST6/64 dev eth0 nodad
		link set eth0 up
		route add default via $LAB_HOST_LAN_ADDR
		route add default via $LAB_HOST_LAN_ADDR6 dev eth0
	END
	ip -n internet -batch - <<-END
		link set lo up
		link add uplink type bridge
		link add near type veth peer name eth0 netns neighbour
		link set wan0 master uplink up
		link set near master uplink up
		addr add $LAB_ROUTER_ADDR/24 dev uplink
		addr add $LAB_GITLAB_NEAR_ADDR/24 dev uplink
		addr add $LAB_ROUTER_ADDR6/64 dev uplink nodad
		addr add $LAB_SITE_ADDR/32 dev lo
		addr add $LAB_GITLAB_ADDR/32 dev lo
		addr add $LAB_DNS_ADDR/32 dev lo
		addr add $LAB_SITE_ADDR6/128 dev lo nodad
		addr add $LAB_GITLAB_ADDR6/128 dev lo nodad
		link set uplink up
	END
	ip -n neighbour -batch - <<-END
		link set lo up
		addr add $LAB_NEIGHBOUR_ADDR/24 dev eth0
		addr add $LAB_NEIGHBOUR_ADDR6/64 dev eth0 nodad
		link set eth0 up
		route add default via $LAB_ROUTER_ADDR
		route add default via $LAB_ROUTER_ADDR6 dev eth0
	END
	lab_set_sysctls
}

# What libvirt's NAT wants, and a machine with docker has: bridged frames pass
# through iptables too.  A test may turn that off again; it is this lab's own.
lab_set_sysctls() {
	local key
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	for key in /proc/sys/net/bridge/bridge-nf-call-{iptables,ip6tables,arptables}; do
		[ ! -e "$key" ] || echo 1 >"$key"
	done
}

# lab_daemon NAME COMMAND…: in a session of its own, so that ^C passes it by, and
# with an environment of its own, so that no run depends on the caller's.
lab_daemon() {
	local name=$1
	shift
	env -i PATH=/run/lab/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 setsid "$@" </dev/null >"$LAB_DIR/log/$name.log" 2>&1 &
}

lab_listener() {
	local place=$1
	shift
	lab_daemon "$place" nsenter --net="/run/netns/$place" -- /usr/bin/python3 -I \
		"$LAB_ROOT/tests/live/lab/listener.py" --where "$place" \
		--record "$LAB_DIR/records/$place.jsonl" --ready "$LAB_DIR/lab/$place.ready" "$@"
}

lab_start_machines() {
	lab_listener lan --frames eth0 --tcp 0.0.0.0:22 --tcp 0.0.0.0:80 --tcp 0.0.0.0:445 \
		--udp 0.0.0.0:53 --tcp "[$LAB_LAN_HOST6]:22" --tcp "[$LAB_LAN_HOST6]:80" --udp "[$LAB_LAN_HOST6]:53"
	lab_listener neighbour --frames eth0 --tcp 0.0.0.0:22 --tcp 0.0.0.0:80 --udp 0.0.0.0:53 \
		--tcp "[$LAB_NEIGHBOUR_ADDR6]:80"
	lab_listener internet --tcp "$LAB_SITE_ADDR:80" --tcp "[$LAB_SITE_ADDR6]:80"
	lab_daemon dns nsenter --net=/run/netns/internet -- dnsmasq --keep-in-foreground \
		--conf-file=/dev/null --user=root --pid-file= --no-hosts --no-resolv --bind-interfaces \
		--listen-address="$LAB_DNS_ADDR" --log-queries --log-facility=- \
		--address="/$LAB_GITLAB_NAME/$LAB_GITLAB_ADDR" --address="/$LAB_SITE_NAME/$LAB_SITE_ADDR" \
		--address="/$LAB_LAN_NAME/$LAB_LAN_HOST"
}

# What <bandwidth> makes libvirt ask of the kernel, tried on a device of our own.
lab_kernel_can_shape() {
	tc qdisc add dev lo handle ffff: ingress &&
		tc filter add dev lo parent ffff: protocol all u32 match u32 0 0 police rate 1mbit burst 10kb drop flowid :1 &&
		tc qdisc add dev lo root handle 1: htb default 1 &&
		tc qdisc add dev lo parent 1: handle 2: sfq perturb 10 &&
		tc filter add dev lo parent 1:0 protocol all prio 1 handle 1 fw flowid 1
}

lab_choose_tc() {
	if ! lab_kernel_can_shape >/dev/null 2>&1; then
		mkdir /run/lab/bin
		ln -s "$LAB_ROOT/tests/live/lab/tc" /run/lab/bin/tc
	fi
	tc qdisc del dev lo root 2>/dev/null || true
	tc qdisc del dev lo ingress 2>/dev/null || true
}

lab_start_libvirt() {
	lab_choose_tc
	lab_daemon virtlogd virtlogd
	lab_daemon libvirtd libvirtd
}

lab_is_ready() {
	[ -e "$LAB_DIR/lab/lan.ready" ] && [ -e "$LAB_DIR/lab/internet.ready" ] &&
		[ -e "$LAB_DIR/lab/neighbour.ready" ] && [ -S /run/libvirt/virtlogd-sock ] &&
		[ -S /run/libvirt/libvirt-sock ] && virsh -q uri >/dev/null 2>&1
}

lab_wait_ready() {
	lab_until 20 lab_is_ready && return
	tail -n 20 "$LAB_DIR"/log/*.log >&2
	lab_die "not ready after 20 s; the logs above are from $LAB_DIR/log"
}

# Ends the lab when its outer half closes the pipe, or is killed: first politely,
# so that COMMAND can still say something, then without mercy. PID 1 survives both;
# it leaves as soon as what it waits for is gone, and takes this loop with it.
lab_watch_pipe() {
	trap - ERR
	set +e
	read -r _
	kill -USR1 1
	kill -TERM -1
	sleep 2
	while :; do
		kill -KILL -1
		sleep 0.1
	done
}

lab_inside() {
	local started=$1 watch=$2 status=0 took
	shift 2
	set -E
	trap 'lab_die "could not be made: line $LINENO: $BASH_COMMAND"' ERR
	# The terminal's ^C reaches the whole process group; ends of the lab come by the pipe.
	trap : INT TERM HUP
	trap 'exit 143' USR1
	lab_watch_pipe <&"$watch" >/dev/null 2>&1 &
	disown
	exec {watch}<&-
	lab_mount_run
	lab_mount_sys
	lab_mount_libvirt
	lab_give_kvm
	lab_make_networks
	lab_start_libvirt
	lab_start_machines
	lab_wait_ready
	took=$(((${EPOCHREALTIME/[^0-9]/} - started) / 1000))
	printf 'lab: ready in %d.%03d s, files in %s\n' $((took / 1000)) $((took % 1000)) "$LAB_DIR" >&2
	trap - ERR
	"$@" || status=$?
	exit "$status"
}
