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


def rules() -> list[str]:
    """What the kernel does with frames from the appliance."""
    return [line for line in call("ebtables", "-t", "nat", "-L", f"libvirt-I-{tap()}").splitlines()
            if "-j " in line]


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
        """after create the kernel has the rules, and status knows"""
        told = self.told()
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
                self.assertEqual("bad", self.doctor(status=7)["verdict"])
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
            self.repaired()
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
        call("ebtables", "-t", "nat", "-F")
        run = self.world.start("doctor", "--fix")
        wait_for(lambda: "state='down'" in virsh("dumpxml", f"{NAME}.1"), "the link to go down", 30, 0.02)
        run.signal(signal.SIGKILL)
        run.end()
        self.assertEqual("cut_off", self.isolation())
        self.repaired()

    def test_08_restart_of_the_guest(self) -> None:
        """off and on again by virsh: the rules are there before the guest is"""
        virsh("destroy", f"{NAME}.1")
        virsh("start", f"{NAME}.1")
        self.assertEqual("in_force", self.isolation())

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
        self.assertNotIn(device, call("ebtables", "-t", "nat", "-L"))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    live.main(Isolation, pool=OWN_POOL, failfast=False)
