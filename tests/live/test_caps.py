"""Caps are in force: in qemu, in tc and in the cgroup, from the start and changed while it runs.

    scripts/lab run -- python3 tests/live/test_caps.py BUILD_DIR

libguestfs is stood in for as in the crash tests.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import live
from live import OWN_POOL, Case, main, say, virsh

MIB = 1 << 20


def cgroup(name: str, controller: str) -> Path:
    """Where the domain's processes are in that hierarchy, or in the only one of cgroup v2."""
    pid = Path(f"/run/libvirt/qemu/{name}.pid").read_text(encoding="ascii").strip()
    for line in Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii").splitlines():
        _, names, path = line.split(":", 2)
        path = re.sub(r"/(emulator|vcpu\d+|libvirt(/.*)?)$", "", path).lstrip("/")
        if controller in names.split(","):
            return Path("/sys/fs/cgroup", controller, path)
    return Path("/sys/fs/cgroup", path)


def tap(name: str) -> str:
    """The host's end of the machine's cable."""
    return re.search(r"dev='(vnet\d+)'", virsh("dumpxml", name))[1]  # type: ignore[index]


class Caps(Case):
    """In the order of their names: they build on each other."""

    token: Path

    @classmethod
    def setUpClass(cls) -> None:
        os.environ["LD_PRELOAD"] = str(Path(live.runnerctl).parent / "tests/rc_stand_ins.so")
        cls.token = cls.world.token()
        cls.world.build_image()

    def create(self, **caps: dict[str, str]) -> None:
        """Appliances, each with its caps."""
        for name, options in caps.items():
            self.world.do("create", name, "--token-file", self.token,
                          *(f"--{key}={value}" for key, value in options.items()))

    def in_force(self, name: str) -> tuple[dict[str, str], dict[str, str], str]:
        """Caps of disk and network as qemu and libvirt have them, as they are defined, and as tc has them."""
        found = []
        mac = re.search(r"mac address='(\S+)'", virsh("dumpxml", name))[1]  # type: ignore[index]
        for where in ("--live", "--config"):
            told = virsh("blkdeviotune", name, "vdc", where) + virsh("domiftune", name, mac, where)
            found.append(dict(re.findall(r"(?m)^((?:total_|inbound.average|outbound.average)\S*)\s*: ([1-9]\d*)$", told)))
        shaped = subprocess.run(["tc", "class", "show", "dev", tap(name)], capture_output=True, text=True, check=True)
        return found[0], found[1], shaped.stdout

    def test_1_in_force(self) -> None:
        """Caps of disk, network and CPU are in qemu, tc and the cgroup, from the start and changed while it runs."""
        self.create(free={}, capped={
            "disk-rate": "2MiB", "disk-rate-burst": "8MiB", "disk-burst-time": "2", "net-in": "256KiB",
            "net-out": "256KiB", "cpu-cap": "0.9", "cpu-weight": "30"})
        now, defined, shaped = self.in_force("capped.1")
        say(f"{now} {shaped}")
        self.assertEqual(now, defined)
        self.assertEqual({"total_bytes_sec": f"{2 * MIB}", "total_bytes_sec_max": f"{8 * MIB}",
                          "total_bytes_sec_max_length": "2", "inbound.average": "262",
                          "outbound.average": "262"}, now)
        self.assertRegex(shaped, r"rate 2096Kbit")  # of what libvirt calls KiB tc makes 1000 bytes
        group = cgroup("capped.1", "cpu")
        self.assertEqual(("90000", "30"), tuple((group / file).read_text().strip()
                                                for file in ("cpu.cfs_quota_us", "cpu.shares")))
        ended = self.world.do("set", "free", "--disk-iops", "20", "--net-in", "512KiB", "--net-out", "512KiB",
                              "--cpu-cap=0.5", "--cpu-weight=10")
        self.assertEqual("free: cpu-cap 0.5, cpu-weight 10, disk-iops 20, net-in 512 KiB a second, "
                         "net-out 512 KiB a second now\n", ended.out)
        now, defined, shaped = self.in_force("free.1")
        say(f"{now} {shaped}")
        self.assertEqual(now, defined)
        self.assertEqual({"total_iops_sec": "20", "inbound.average": "524", "outbound.average": "524"}, now)
        self.assertRegex(shaped, r"rate 4192Kbit")
        group = cgroup("free.1", "cpu")
        self.assertEqual(("50000", "10"), tuple((group / file).read_text().strip()
                                                for file in ("cpu.cfs_quota_us", "cpu.shares")))
        self.assertIn("<global_quota>50000<", virsh("dumpxml", "--inactive", "free.1"))
        self.assertNotIn("other limits", self.world.do("rotate", "-n").out)
        self.world.do("set", "free", "--disk-iops", "none", "--net-in", "none", "--net-out=none",
                      "--default=cpu-cap", "--default", "cpu-weight")
        self.assertEqual(({}, {}, ""), self.in_force("free.1"))
        self.world.do("set", "capped", "--disk-rate-burst", "none", "--disk-burst-time=none")
        self.assertEqual({"total_bytes_sec", "inbound.average", "outbound.average"},
                         set(self.in_force("capped.1")[0]))

    def test_2_later(self) -> None:
        """What cannot change while it runs is recorded, shown, and a reason to rotate."""
        ended = self.world.do("set", "free", "--memory", "768MiB", "--cpu-cap", "0.5")
        self.assertEqual("free: cpu-cap 0.5 now; memory 768 MiB: the next generation gets it\n", ended.out)
        shown = self.world.appliances()["free"]
        self.assertEqual((512 * MIB, {"memory": 768 * MIB}),
                         (shown["limits"]["memory"], shown["wanted"]))
        ended = self.world.do("rotate", "-n")
        self.assertIn("free would be rotated: it is to have other limits\n", ended.out)
        self.assertIn("runnerctl: warning: free: a new runner needs a token that makes runners", ended.warnings)
        self.world.do("set", "free", "--default", "memory", "--default=cpu-cap")
        self.assertNotIn("other limits", self.world.do("rotate", "-n").out)

    def test_3_refused(self) -> None:
        """What libvirt refuses leaves nothing half changed; what cannot be is refused before."""
        with self.watched():
            for said, *line in ((r"disk-rate-burst needs a disk-rate", "--disk-rate-burst=1MiB"),
                                (r"a cap of 2\.00 CPUs", "--cpu-cap=2"), (r"not a size", "--net-in=-1MiB"),
                                (r"a net-out of 1 KiB a second: use", "--net-out=1KiB"),
                                (r"not a whole number", "--disk-iops=99999999999999999999")):
                self.refused(2, said, "set", "free", *line)
            self.refused(5, r"3\S* TiB", "set", "free", "--memory", "3TiB")
            self.refused(3, "no such appliance", "set", "nobody", "--cpu-cap", "1")
        before, own = self.in_force("capped.1"), virsh("metadata", "capped.1", "urn:runnerctl:appliance:1")
        with self.no_tc("1048kbps"):
            self.refused(1, "libvirt refuses the caps of its network", "set", "capped", "--disk-rate=1MiB",
                         "--net-in=1MiB", "--memory=1GiB", touches="what is looked at below")
        self.assertEqual(own, virsh("metadata", "capped.1", "urn:runnerctl:appliance:1"))
        self.assertEqual(before[:2], self.in_force("capped.1")[:2])
        self.assertEqual(before, self.in_force("capped.1"))
        with self.no_tc(""):
            ended = self.world.run("set", "capped", "--disk-rate=1MiB", "--net-in=1MiB")
        self.assertEqual((1, 2), (ended.status, len(ended.warnings)), str(ended))
        self.assertIn("runnerctl rotate capped", ended.hints[0])
        self.assertEqual(before[0]["total_bytes_sec"], self.in_force("capped.1")[0]["total_bytes_sec"])
        self.assertIn("capped would be rotated: it is to have other limits\n", self.world.do("rotate", "-n").out)
        self.world.do("set", "capped", "--disk-rate=2MiB", "--net-in=300KiB")
        self.world.do("set", "capped", "--net-in=256KiB")
        self.assertEqual(before, self.in_force("capped.1"))

    @contextmanager
    def no_tc(self, word: str) -> Iterator[None]:
        """In front of the tc that libvirtd uses, one that fails when this is in what it is asked for."""
        tools = Path("/run/lab/bin")
        tools.mkdir(exist_ok=True)
        tool, kept = tools / "tc", tools / "tc.kept"
        if tool.is_symlink():
            tool.rename(kept)
        real = kept if kept.is_symlink() else "/usr/sbin/tc"
        tool.write_text(f"#!/bin/sh\ncase \"$*\" in *'{word}'*) echo no shaping today >&2; exit 1 ;; esac\n"
                        f"exec {real} \"$@\"\n")
        tool.chmod(0o755)
        try:
            yield
        finally:
            tool.unlink()
            if kept.is_symlink():
                kept.rename(tool)


if __name__ == "__main__":
    main(Caps, pool=OWN_POOL)
