"""An appliance is behind its filter in the kernel, or that is seen, said and repaired.

    scripts/lab run -- python3 tests/live/test_isolation.py BUILD_DIR [TEST...]

The guest only sleeps; libvirtd, qemu, the filters and the kernel's rules are real.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import live
from live import ADMIN, OWN_POOL, Case, say, virsh, wait_for

NAME = "ci-1"
NEAR = os.environ.get("LAB_GITLAB_NEAR_ADDR", "")


def call(*arguments: str) -> str:
    """A program that must succeed."""
    return subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout


def tap() -> str:
    """The appliance's device on the host."""
    target = ET.fromstring(virsh("dumpxml", f"{NAME}.1")).find("devices/interface/target")
    assert target is not None
    return str(target.get("dev"))


def listing() -> str:
    """All of the kernel's rules; `ebtables -L` would change some, and fail beside libvirt's changes."""
    return call("ebtables-save")


def rules() -> list[str]:
    """What the kernel does with frames from the appliance."""
    chain = f"-A libvirt-I-{tap()} "
    return [line.removeprefix(chain) for line in listing().splitlines() if line.startswith(chain)]


class Moving(threading.Thread):
    """
    Looks all the time: the link may not be up while rules are missing. A look takes a while, in
    which a link may have gone down and come up again: what the next one sees as well is a hole.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.open: list[str] = []
        self.seen = {"up": 0, "down": 0}
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            self.look()
        except Exception as failure:  # pylint: disable=broad-exception-caught
            self.failure = failure

    def look(self) -> None:
        """Until it is over."""
        device = tap()
        suspect = False
        while not self.over.is_set():
            before = self.link(device)
            seen = listing().splitlines()
            self.seen[before] += 1
            chain = [line for line in seen if line.startswith(f"-A libvirt-I-{device} ")]
            whole = (f"-A PREROUTING -i {device} -j libvirt-I-{device}" in seen
                     and chain[-1:] == [f"-A libvirt-I-{device} -j DROP"])
            bad = not whole and (before, self.link(device)) == ("up", "up")
            if bad and suspect:
                self.open.append("\n".join(seen))
            suspect = bad

    @staticmethod
    def link(device: str) -> str:
        """As qemu has it."""
        return virsh("domif-getlink", f"{NAME}.1", device).split()[-1]

    def __enter__(self) -> Moving:
        self.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.over.set()
        self.join()
        if self.failure and not kind:
            raise self.failure


def ended(pid: int) -> bool:
    """Nobody in the lab reaps it."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


def near_gitlab() -> tuple[subprocess.Popen[bytes], Path]:
    """A GitLab on the host's own network, and who vouches for it."""
    certificate, key, ready = (live.FOLDER / f"near.{one}" for one in ("pem", "key", "ready"))
    call("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "30", "-subj", f"/CN={NEAR}", "-addext", f"subjectAltName=IP:{NEAR}",
         "-keyout", str(key), "-out", str(certificate))
    process = subprocess.Popen(
        [live.SOURCE / "scripts/lab", "in", "internet", "--", sys.executable,
         live.SOURCE / "tests/fake/gitlab-standin", "--listen", f"{NEAR}:8443", "--tls-cert", certificate,
         "--tls-key", key, "--ready-file", ready], stderr=subprocess.DEVNULL)
    wait_for(ready.exists, "the GitLab nearby")
    return process, certificate


class Isolation(Case):
    """The tests share one running appliance."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.world.build_image()
        lent = cls.world.gitlab.call("POST", "/api/v4/user/runners",
                                     {"runner_type": "instance_type", "tag_list": ["a"]}, ADMIN)
        cls.world.do("create", NAME, "--token-file", cls.world.token(lent["token"]))

    def told(self, config: Path | None = None) -> dict[str, Any]:
        """What status says of it."""
        done = self.world.run("status", NAME, "--json", config=config)
        self.assertEqual(0, done.status, done)
        return dict(json.loads(done.out)["appliances"][0])

    def isolation(self, config: Path | None = None) -> str:
        """One word of it."""
        return str(self.told(config)["isolation"])

    def doctor(self, *options: str, status: int = 0, config: Path | None = None) -> dict[str, str]:
        """Doctor's word on the appliance; the image's own checks are as they are."""
        done = self.world.run("doctor", "--json", *options, config=config)
        self.assertEqual(status, done.status, done)
        checks = json.loads(done.out)["checks"]
        return dict(next(one for one in checks if one["about"] == f"{NAME}.1"))

    def repaired(self, config: Path | None = None) -> None:
        """Doctor sees that something is wrong, puts it right, and finds it right."""
        begin = time.monotonic()
        self.assertEqual("fixed", self.doctor("--fix", config=config)["verdict"])
        say(f"repaired in {time.monotonic() - begin:.1f} s")
        self.assertEqual("in_force", self.isolation(config))
        self.assertEqual("ok", self.doctor(config=config)["verdict"])
        self.assertEqual("-j DROP", rules()[-1].strip())

    def test_01_in_force(self) -> None:
        """after create the kernel has the rules, and status knows, and its look changes none"""
        before = call("nft", "-a", "-s", "list", "table", "bridge", "nat")
        told = self.told()
        self.assertEqual(before, call("nft", "-a", "-s", "list", "table", "bridge", "nat"))
        self.assertEqual("in_force", told["isolation"])
        self.assertEqual([], told["holes"])
        self.assertIn(f"filter='{told['filter']}'", virsh("dumpxml", f"{NAME}.1"))
        self.assertEqual("1", Path(f"/sys/class/net/{tap()}/brport/isolated").read_text().strip())
        self.assertNotIn("drop", " ".join(told["problems"]))

    def test_02_rules_are_gone(self) -> None:
        """flushed by somebody, whole or in part: seen in the kernel, though libvirt knows nothing"""
        device = tap()
        chain = f"libvirt-I-{device}"
        for damage in (["ebtables", "-t", "nat", "-F"], ["nft", "flush", "ruleset"],
                       ["ebtables", "-t", "nat", "-F", chain],
                       ["ebtables", "-t", "nat", "-D", chain, "3"],
                       ["ebtables", "-t", "nat", "-I", chain, "1", "-p", "IPv4", "-j", "ACCEPT"],
                       ["ebtables", "-t", "nat", "-I", "PREROUTING", "-p", "IPv4", "-j", "ACCEPT"],
                       ["bridge", "link", "set", "dev", device, "isolated", "off"]):
            with self.subTest(damage=" ".join(damage)):
                call(*damage)
                told = self.told()
                self.assertEqual("exposed", told["isolation"])
                self.assertTrue(any("EXPOSED" in one for one in told["problems"]), told)
                check = self.doctor(status=7)
                self.assertEqual("bad", check["verdict"])
                self.assertRegex(check["text"], "^EXPOSED: .*: its link is down now$")
                self.assertEqual("cut_off", self.isolation())
                if "PREROUTING" in damage:
                    # Somebody else's rule: nothing is done to it, and the appliance is cut off.
                    self.assertEqual("bad", self.doctor("--fix", status=7)["verdict"])
                    self.assertEqual("cut_off", self.isolation())
                    call("ebtables", "-t", "nat", "-D", "PREROUTING", "-p", "IPv4", "-j", "ACCEPT")
                self.repaired()

    def test_03_libvirtd_restarts(self) -> None:
        """a restarted libvirtd keeps the rules, and brings back those that were gone"""
        for flush in False, True:
            before = rules()
            pid = int(Path("/run/libvirtd.pid").read_text())
            os.kill(pid, signal.SIGTERM)
            wait_for(lambda p=pid: ended(p), "the end of libvirtd")
            if flush:
                call("ebtables", "-t", "nat", "-F")
            with open(Path(os.environ["LAB_DIR"]) / "log/libvirtd.log", "ab") as log:
                subprocess.Popen(["libvirtd"], env={"PATH": "/run/lab/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                                 stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            wait_for(lambda: subprocess.run(["virsh", "-q", "uri"], capture_output=True, check=False).returncode == 0,
                     "libvirtd", 30, 0.2)
            wait_for(lambda b=before: rules() == b, "the rules", 30, 0.2)
            self.assertEqual("in_force", self.isolation())

    def test_04_the_host_moves(self) -> None:
        """a new address of the host: outdated, renewed while it runs, its network closed"""
        call("ip", "addr", "add", "8.8.4.1/24", "dev", "wan0")
        try:
            self.assertEqual("outdated", self.isolation())
            with Moving() as moving:
                self.repaired()
            # libvirt may answer nobody while the link is down; that it is, test_07 shows.
            say(f"looked while the link was {moving.seen}")
            self.assertEqual([], moving.open)
            self.assertGreater(moving.seen["up"], 0)
            self.assertTrue(any("8.8.4.0/24" in one and "DROP" in one for one in rules()), rules())
        finally:
            call("ip", "addr", "del", "8.8.4.1/24", "dev", "wan0")
        self.assertEqual("outdated", self.isolation())
        self.repaired()
        self.assertFalse(any("8.8.4" in one for one in rules()))

    def test_05_holes(self) -> None:
        """a hole of the configuration opens and closes while it runs"""
        config = self.world.config(isolation={"allow": "192.168.50.10:8080, 192.168.50.53:53/udp",
                                              "deny": "8.0.0.0/8", "dns": "151.101.2.53"})
        self.assertEqual("outdated", self.isolation(config))
        self.repaired(config)
        self.assertEqual(["192.168.50.10:8080/tcp", "192.168.50.53:53/udp"], self.told(config)["holes"])
        opened = [one for one in rules() if "ACCEPT" in one]
        self.assertTrue(any("192.168.50.10" in one and "8080" in one for one in opened), opened)
        self.assertTrue(any("151.101.2.53" in one for one in opened), opened)
        self.assertFalse(any("192.168.231.1 " in one and "53" in one for one in opened), opened)
        self.assertTrue(any("8.0.0.0/8" in one for one in rules()))
        self.repaired()
        self.assertEqual([], self.told()["holes"])
        self.assertFalse(any("192.168.50" in one for one in rules()))

    def test_06_holes_of_its_own(self) -> None:
        """create --allow, and a GitLab on a network that is closed"""
        gitlab, authority = near_gitlab()
        try:
            self.world.do("create", "near", "--allow", "192.168.50.0/24", "--allow", "192.168.50.9:53/udp")
            told = json.loads(self.world.do("status", "near", "--json").out)["appliances"][0]
            self.assertEqual(["192.168.50.0/24", "192.168.50.9:53/udp"], told["holes"])
            self.world.do("register", "near", "--url", f"https://{NEAR}:8443", "--ca-file", authority,
                          "--token-file", self.world.token())
            told = json.loads(self.world.do("status", "near", "--json").out)["appliances"][0]
            self.assertEqual(["192.168.50.0/24", "192.168.50.9:53/udp", f"{NEAR}:8443/tcp"], told["holes"])
            self.assertEqual("in_force", told["isolation"])
            self.world.do("destroy", "near", "--now", "--forget")
        finally:
            gitlab.terminate()
            gitlab.wait()

    def test_07_killed_in_the_middle(self) -> None:
        """killed with the link down, it stays down; the next run puts it up again"""
        for _ in range(3):
            call("ebtables", "-t", "nat", "-F")
            run = self.world.start("doctor", "--fix")
            wait_for(lambda r=run: "state='down'" in virsh("dumpxml", f"{NAME}.1") or r.popen.poll() is not None,
                     "the link to go down", 30, 0.02)
            run.signal(signal.SIGKILL)
            run.end()
            state = self.isolation()
            if state != "in_force":
                break
            # All was repaired before the kill: again.
        self.assertEqual("cut_off", state)
        self.repaired()

    def test_08_restart_of_the_guest(self) -> None:
        """off and on again by virsh: the rules are there before the guest does anything"""
        before = rules()
        virsh("destroy", f"{NAME}.1")
        virsh("start", "--paused", f"{NAME}.1")
        self.assertEqual(before, rules())
        self.assertEqual("in_force", self.isolation())
        virsh("resume", f"{NAME}.1")
        self.assertEqual("in_force", self.isolation())

    def test_08_tick(self) -> None:
        """rotate repairs what it can, and cuts off what it cannot; or leaves it, where that is wanted"""
        warn = self.world.config(isolation={"exposed": "warn"})
        foreign = ["PREROUTING", "-p", "IPv4", "-j", "ACCEPT"]
        call("ebtables", "-t", "nat", "-F")
        self.assertEqual("bad", self.doctor(status=7, config=warn)["verdict"])
        self.assertEqual("exposed", self.isolation(warn))
        ended = self.world.do("rotate", config=warn)
        self.assertRegex(str(ended.warnings), f"{NAME}: the kernel does not filter .*: repaired")
        self.assertEqual("in_force", self.isolation())
        call("ebtables", "-t", "nat", "-I", *foreign)
        self.addCleanup(subprocess.run, ["ebtables", "-t", "nat", "-D", *foreign], capture_output=True, check=False)
        for config, found in (warn, "exposed"), (None, "cut_off"):
            ended = self.world.run("rotate", config=config)
            self.assertEqual(7, ended.status, str(ended))
            cut = ": its link is down now" if found == "cut_off" else ""
            self.assertRegex(str(ended.errors), f"{NAME}: the kernel does not filter vnet[0-9]+{cut}: it cannot be repaired")
            self.assertEqual(found, self.isolation(config))
        call("ebtables", "-t", "nat", "-D", *foreign)
        self.assertRegex(str(self.world.do("rotate").warnings), f"{NAME}: its network link is down: repaired")
        self.assertEqual("in_force", self.isolation())
        self.assertEqual([], self.world.do("rotate").warnings)

    def test_08_logs(self) -> None:
        """what stands in the file that libvirt writes is shown, cleaned"""
        path = Path(f"/var/log/libvirt/qemu/{NAME}.1-serial.log")
        with path.open("ab") as log:
            log.write(b"first\r\n\x1b[2J\x00\xff last\r\n")
        self.assertEqual("first\n?[2J?? last\n", self.world.do("logs", NAME, "--lines", "2").out)
        self.refused(3, "no appliance nobody", "logs", "nobody")

    def test_09_bind_time(self) -> None:
        """how long the kernel's rules take"""
        device = tap()
        path = live.FOLDER / "binding.xml"
        path.write_text(virsh("nwfilter-binding-dumpxml", device))
        taken = []
        for _ in range(3):
            virsh("nwfilter-binding-delete", device)
            begin = time.monotonic()
            virsh("nwfilter-binding-create", path)
            taken.append(time.monotonic() - begin)
        say(f"{len(rules())} rules bound in {min(taken):.2f} to {max(taken):.2f} s")
        self.assertEqual("in_force", self.isolation())

    def test_10_end(self) -> None:
        """destroyed, nothing is left of the rules"""
        device = tap()
        self.world.do("destroy", NAME, "--now")
        self.assertNotIn(device, listing())

    def test_11_ipv6(self) -> None:
        """switched on: pinned in the kernel, with holes; switched off while it runs"""
        usual = {"ipv6": "on"}
        on = self.world.config(isolation=usual)
        self.refused(7, "was made without IPv6", "create", NAME, config=on)
        virsh("net-destroy", "runnerctl")
        virsh("net-undefine", "runnerctl")
        lent = self.world.gitlab.call("POST", "/api/v4/user/runners",
                                      {"runner_type": "instance_type", "tag_list": ["a"]}, ADMIN)
        self.world.do("create", NAME, "--token-file", self.world.token(lent["token"]), config=on)
        told = self.told(on)
        self.assertEqual(("in_force", "fd5c:9f1e:7a3b::c0a8:e702"), (told["isolation"], told["ip6"]))
        accepted = [one for one in rules() if "IPv6" in one and "ACCEPT" in one]
        self.assertEqual(2, len(accepted), accepted)
        self.assertTrue(all(told["mac"] in one and told["ip6"] in one for one in accepted), accepted)
        self.assertTrue(any("2606:2800:21f:cb07::/64 -j DROP" in one for one in rules()), rules())
        pinned = ["ip", "-6", "neigh", "show", "dev", "virbr-runner", "nud", "permanent"]
        self.assertIn(told["mac"], call(*pinned))
        # A claim by anybody else changes nothing; somebody with a right to may.
        call("ip", "-6", "neigh", "del", told["ip6"], "dev", "virbr-runner")
        self.assertEqual("outdated", self.isolation(on))
        self.repaired(on)
        self.assertIn(told["mac"], call(*pinned))

        holes = self.world.config(isolation={**usual, "allow": "[fd50::10]:443, 192.168.50.10:443"},
                                  runner={"registry-mirror": "http://[fd50::10]:5000"})
        self.assertEqual("outdated", self.isolation(holes))
        self.repaired(holes)
        self.assertEqual(["[fd50::10]:443/tcp", "192.168.50.10:443/tcp", "[fd50::10]:5000/tcp"],
                         self.told(holes)["holes"])
        self.assertTrue(any("fd50::10" in one and "5000" in one and "ACCEPT" in one for one in rules()), rules())

        self.assertEqual("outdated", self.isolation())
        self.repaired()
        self.assertFalse(any("IPv6" in one for one in rules()), rules())
        self.world.do("destroy", NAME, "--now")
        self.assertNotIn(told["mac"], call(*pinned))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    live.main(Isolation, pool=OWN_POOL, failfast=False)
