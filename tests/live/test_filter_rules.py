"""Every rule of the shipped filters is needed: without any one of them some probe fails.

    scripts/lab run -- python3 tests/live/test_filter_rules.py BUILD_DIR [TEST...]

No VM: the filter is bound to a link whose other end is in a network namespace, where the shipped
prober runs; the shipped watch looks on from the host. The rules are read from libvirt, as
runnerctl defined them, so that a new rule is tried as soon as there is one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
import xml.etree.ElementTree as ET
from pathlib import Path

import live
from live import FOLDER, OWN_POOL, Case, say, virsh

BRIDGE = "virbr-runner"
NF_CALL = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
NF_CALL6 = NF_CALL.with_name("bridge-nf-call-ip6tables")


def call(*arguments: object) -> None:
    """A program that must succeed."""
    subprocess.run([str(one) for one in arguments], check=True, stdin=subprocess.DEVNULL)


class Port:
    """A namespace with an appliance's addresses, at an isolated port of the bridge."""

    def __init__(self, name: str, domain: ET.Element) -> None:
        interface = domain.find("devices/interface")
        assert interface is not None
        self.link, self.name = f"{name}0", name
        self.filterref = interface.find("filterref")
        self.mac = interface.find("mac").get("address")  # type: ignore[union-attr]
        assert self.filterref is not None
        values = {p.get("name"): str(p.get("value")) for p in self.filterref}
        self.ip, self.ip6 = values["IP"], values.get("IPV6")
        call("ip", "netns", "add", name)
        call("ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", name)
        call("ip", "-n", name, "link", "set", "eth0", "address", self.mac)
        # Nothing but the probes may speak there.
        call("ip", "netns", "exec", name, "sysctl", "-q", "net.ipv6.conf.eth0.disable_ipv6=1")
        call("ip", "link", "set", self.link, "master", BRIDGE)
        call("bridge", "link", "set", "dev", self.link, "isolated", "on")
        call("ip", "-n", name, "link", "set", "eth0", "up")
        call("ip", "link", "set", self.link, "up")
        if self.ip6:
            call("ip", "-6", "neigh", "replace", self.ip6, "lladdr", self.mac, "dev", BRIDGE, "nud", "permanent")

    def bind(self, root: str) -> None:
        """Puts the link behind that filter."""
        binding = ET.Element("filterbinding")
        owner = ET.SubElement(binding, "owner")
        ET.SubElement(owner, "name").text = self.name
        ET.SubElement(owner, "uuid").text = str(uuid.uuid4())
        ET.SubElement(binding, "portdev", name=self.link)
        ET.SubElement(binding, "mac", address=self.mac)
        ref = ET.SubElement(binding, "filterref", filter=root)
        ref.extend(self.filterref)  # type: ignore[arg-type]
        path = FOLDER / "binding.xml"
        path.write_bytes(ET.tostring(binding))
        virsh("nwfilter-binding-create", path)

    def unbind(self) -> None:
        """Takes it away again."""
        virsh("nwfilter-binding-delete", self.link)


class Filters:
    """The filter's documents by name, root and all that it refers to."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.documents: dict[str, ET.Element] = {}
        self._read(root)
        self._copies = 0

    def _read(self, name: str) -> None:
        self.documents[name] = ET.fromstring(virsh("nwfilter-dumpxml", name))
        for ref in self.documents[name].findall("filterref"):
            self._read(str(ref.get("filter")))

    def rules(self) -> list[tuple[str, int, str]]:
        """Where each is, and what it says."""
        found = []
        for name, document in self.documents.items():
            for number, rule in enumerate(document.findall("rule")):
                what = " ".join(f"{one.tag} " + " ".join(f"{k}={v}" for k, v in one.attrib.items())
                                for one in rule)
                found.append((name, number, f"{rule.get('action')} {rule.get('direction')} {what}".strip()))
        return found

    def conditions(self) -> list[tuple[str, int, str, str]]:
        """What rules that accept ask for: where, which, and the whole of the rule."""
        found = []
        for name, number, what in self.rules():
            for one in self.documents[name].findall("rule")[number]:
                if what.startswith("accept"):
                    # Ports need a protocol, a mask its address.
                    found += [(name, number, key, what) for key in one.attrib
                              if key not in ("protocol", "dstipmask")]
        return found

    def without(self, name: str, number: int, condition: str = "") -> str:
        """Defines a copy of all that lacks this rule, or this condition of it; the name of its root."""
        self._copies += 1
        for old, document in reversed(self.documents.items()):
            copy = ET.fromstring(ET.tostring(document))
            if old == name:
                rule = copy.findall("rule")[number]
                if condition:
                    for key in condition, condition.replace("dstipaddr", "dstipmask"):
                        rule[0].attrib.pop(key, None)
                else:
                    copy.remove(rule)
            copy.set("name", self._new(old))
            identity = copy.find("uuid")
            assert identity is not None
            identity.text = str(uuid.uuid4())
            for ref in copy.findall("filterref"):
                ref.set("filter", self._new(str(ref.get("filter"))))
            path = FOLDER / "filter.xml"
            path.write_bytes(ET.tostring(copy))
            virsh("nwfilter-define", path)
        return self._new(self.root)

    def _new(self, name: str) -> str:
        return f"{name}-{self._copies}"


class FilterRules(Case):
    """The tests share one port and its filter; IPv6 is on, but for the port called plain."""

    probe: Port
    plain: Port
    other: Port
    filters: Filters
    build: Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.world.build_image()
        cls.world.do("create", "probe", "other", config=cls.world.config(isolation={"ipv6": "on"}))
        cls.world.do("create", "plain")
        cls.probe, cls.other, cls.plain = (Port(name, ET.fromstring(virsh("dumpxml", f"{name}.1")))
                                           for name in ("probe", "other", "plain"))
        assert cls.probe.filterref is not None
        cls.filters = Filters(str(cls.probe.filterref.get("filter")))
        cls.build = Path(live.runnerctl).parent

    def facts(self, port: Port) -> list[str]:
        """What the prober at that port has to know."""
        network = ET.fromstring(virsh("net-dumpxml", "runnerctl"))
        gateway, gateway6 = (str(one.get("address")) for one in network.findall("ip"))
        env = os.environ
        ipv6 = [f"ip6={port.ip6}", f"gateway6={gateway6}", f"internet6=[{env['LAB_SITE_ADDR6']}]:80"]
        return [
            f"mac={port.mac}", f"ip={port.ip}", *(ipv6 if port.ip6 else []),
            f"gateway={gateway}", f"resolver={gateway}",
            f"gateway-mac={network.find('mac').get('address')}",  # type: ignore[union-attr]
            f"host={gateway6}", f"name={env['LAB_SITE_NAME']}", f"internet={env['LAB_SITE_ADDR']}:80",
            *(f"host={env[one]}" for one in ("LAB_HOST_LAN_ADDR", "LAB_HOST_UPLINK_ADDR",
                                             "LAB_HOST_LAN_ADDR6", "LAB_HOST_UPLINK_ADDR6")),
            *(f"lan={env[one]}" for one in ("LAB_LAN_HOST", "LAB_NEIGHBOUR_ADDR", "LAB_LAN_HOST6")),
            f"other={self.other.ip}", f"other-mac={self.other.mac}"]

    def look(self, port: Port) -> list[list[str]]:
        """One row a probe: code, target, work or fail, verdict, detail."""
        done = subprocess.run(
            [self.build / "tests/probe_link", self.build / "probe", port.name,
             port.link, BRIDGE, *self.facts(port)], capture_output=True, text=True, check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return [line.split("|") for line in done.stdout.splitlines()]

    def wrong(self, root: str, port: Port | None = None) -> list[list[str]]:
        """The rows that are not as they must be, with this filter in force."""
        port = port or self.probe
        begin = time.monotonic()
        port.bind(root)
        try:
            self.bound = time.monotonic() - begin
            rows = self.look(port)
        finally:
            port.unbind()
        self.assertGreaterEqual(len(rows), 60)
        return [row for row in rows if row[3] != "ok"]

    def test_1_whole(self) -> None:
        """nothing leaks and all works, whatever bridge-nf-call-iptables says"""
        for value in ("0", "1") if NF_CALL.exists() else ("-",):
            if NF_CALL.exists():
                NF_CALL.write_text(value)
                NF_CALL6.write_text(value)
            with self.subTest(bridge_nf_call_iptables=value):
                self.assertEqual([], self.wrong(self.filters.root))
            say(f"bridge-nf-call-iptables={value}: bound in {self.bound:.2f} s")
        plain = Filters(str(self.plain.filterref.get("filter")))  # type: ignore[union-attr]
        self.assertEqual([], self.wrong(plain.root, self.plain))
        say(f"IPv6 off: {len(plain.rules())} rules instead of {len(self.filters.rules())}, bound in {self.bound:.2f} s")

    def test_2_no_filter(self) -> None:
        """the probes themselves can leak: without a filter each does, but those that isolation stops"""
        # Otherwise the kernel itself keeps fragments that it misses others of, and odd headers.
        if NF_CALL.exists():
            NF_CALL.write_text("0")
            NF_CALL6.write_text("0")
        rows = self.look(self.probe)
        closed = [row for row in rows if row[2] == "fail"]
        say(f"{len(rows)} probes, {len(closed)} of them for what must fail")
        self.assertEqual({"other-frame"}, {row[0] for row in closed if row[3] != "LEAK"})

    def test_3_no_isolation(self) -> None:
        """the filter alone lets a frame for another port pass: the bridge must not"""
        # Without a filter the bridge has learnt stolen addresses.
        call("ip", "link", "set", "dev", BRIDGE, "type", "bridge", "fdb_flush")
        for port in self.probe, self.other:
            call("bridge", "link", "set", "dev", port.link, "isolated", "off")
        wrong = self.wrong(self.filters.root)
        for port in self.probe, self.other:
            call("bridge", "link", "set", "dev", port.link, "isolated", "on")
        self.assertEqual([["other-frame", "LEAK"]] * 2, [[row[0], row[3]] for row in wrong])

    def test_4_each_rule(self) -> None:
        """without any one of its rules some probe fails"""
        needless = []
        for name, number, what in self.filters.rules():
            wrong = self.wrong(self.filters.without(name, number))
            say(f"{len(wrong):4d}  without {what}: "
                + ", ".join(sorted({f"{row[0]} {row[1]}" for row in wrong})[:3]))
            if not wrong:
                needless.append(what)
        self.assertEqual([], needless)

    def test_5_each_condition(self) -> None:
        """a rule that accepts asks for nothing in vain: with less, some probe fails"""
        needless = []
        for name, number, condition, what in self.filters.conditions():
            wrong = self.wrong(self.filters.without(name, number, condition))
            say(f"{len(wrong):4d}  without {condition} in {what}: "
                + ", ".join(sorted({f"{row[0]} {row[1]}" for row in wrong})[:3]))
            if not wrong:
                needless.append((condition, what))
        self.assertEqual([], needless)


    def test_6_guest(self) -> None:
        """a guest's own script and kernel reach the internet by IPv6, and not the host"""
        assert self.probe.ip6
        gateway = ET.fromstring(virsh("net-dumpxml", "runnerctl")).findall("ip")[1].get("address")
        inside = ["ip", "netns", "exec", self.probe.name]
        reach = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)"
        Path("/run/ipv6").write_text(f"{self.probe.ip6} {gateway}\n")
        self.probe.bind(self.filters.root)
        try:
            call(*inside, "sh", live.SOURCE / "templates/appliance/files/usr/lib/runner/ipv6", "eth0")
            call(*inside, sys.executable, "-c", reach, os.environ["LAB_SITE_ADDR6"], 80)
            for address in os.environ["LAB_HOST_UPLINK_ADDR6"], os.environ["LAB_LAN_HOST6"], gateway:
                done = subprocess.run([*inside, sys.executable, "-c", reach, str(address), "53"],
                                      capture_output=True, text=True, check=False)
                self.assertIn("timed out", done.stderr, address)
        finally:
            self.probe.unbind()


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    live.main(FilterRules, pool=OWN_POOL, failfast=False)
