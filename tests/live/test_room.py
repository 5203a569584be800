"""Room on the host, live: who is let in, who is not, and what that says.

    scripts/lab run -- python3 tests/live/test_room.py BUILD_DIR

The host keeps so much of its memory that exactly three appliances fit. Guests only wait for their
power button, and libguestfs is stood in for, as in the crash tests.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import crash
import live
from live import ADMIN, OWN_POOL, Case, Ended, main, say, virsh

MIB = 1 << 20
GUEST = 512 * MIB
WANTED = 10
PARTLY, NO_ROOM = 4, 5


class Room(Case):
    """The tests build on each other, in this order."""

    need: int  # of memory, for one appliance
    kept: list[str]  # the names that were let in

    @classmethod
    def setUpClass(cls) -> None:
        host = int(virsh("nodememstats").split()[2]) * 1024
        cls.need = GUEST + 200 * MIB + min(1024 * MIB, host // 8)
        keeps = (host - 3 * cls.need - cls.need // 2) // MIB
        cls.world.config(host={"accel": "tcg", "templates": cls.world.templates, "pool-path": cls.world.pool,
                               "reserve-memory": f"{keeps}MiB", "cpu-overcommit": 20},
                         gitlab={"url": cls.world.gitlab.url, "ca-file": cls.world.gitlab.certificate,
                                 "token-file": cls.world.token(ADMIN)},
                         rotation={"ready-timeout": "20s"}).replace(live.FOLDER / "usual.conf")
        cls.world.build_image()

    def do(self, *arguments: object, status: int = 0, **options: Any) -> Ended:
        """A run with libguestfs and guests stood in for, which must end so."""
        guest = live.FOLDER / "status"
        guest.write_bytes(crash.status())
        stand_ins = Path(live.runnerctl).parent / "tests/rc_stand_ins.so"
        ended = self.world.run(*arguments, env={**os.environ, "LD_PRELOAD": str(stand_ins),
                                                "RC_GUEST_STATUS": str(guest)}, **options)
        self.assertEqual(status, ended.status, str(ended))
        return ended

    def names(self) -> list[str]:
        """The domains there are."""
        return sorted(virsh("list", "--all", "--name").split())

    def test_1_ten_at_once(self) -> None:
        """ten creates at the same time with room for three: three are made, seven leave nothing"""
        before = self.world.everything()
        no_token = self.world.file(re.sub(r"token-file.*\n", "", self.world.usual.read_text()))
        with ThreadPoolExecutor(WANTED) as pool:
            ended = list(pool.map(lambda n: self.world.run("create", f"ci-{n}", config=no_token), range(WANTED)))
        made = [one for one in ended if one.status == 0]
        refused = [one for one in ended if one.status == NO_ROOM]
        for one in ended:
            say(f"{one.seconds:5.2f} s  {one.status}  {' '.join(one.errors)}")
        self.assertEqual((3, WANTED - 3), (len(made), len(refused)))
        for one in refused:
            self.assertRegex(one.err, r"no room: memory \S+ GiB wanted, \S+ .iB left of \d+ GiB, \S+ GiB kept"
                                      r"; most take ci-\d\.1 \S+ GiB, ci-\d\.1")
        kept = [one.arguments[1] for one in made]
        names = [f"{name}.1" for name in kept]
        self.assertEqual(sorted(names), self.names())
        more = live.difference(before, self.world.everything()).splitlines()
        foreign = [line for line in more if not any(name in line for name in names)
                   and not re.match(r"\+ (address|network|pool|file etc)", line)]
        self.assertEqual([], foreign)
        self.assertEqual(3, sum(line.startswith("+ address <") for line in more), more)
        Room.kept = kept

    def test_2_foreign(self) -> None:
        """what runs of others counts, and only while it runs; register asks, too"""
        self.world.do("destroy", self.kept[2])
        virsh("define", self.world.file(
            "<domain type='qemu'><name>web</name><memory unit='MiB'>768</memory>"
            "<vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os></domain>"))
        self.assertIn("ci-x would be created", self.do("create", "-n", "ci-x").out)
        ended = self.do("create", "-n", "ci-x", "ci-y", status=PARTLY)
        self.assertRegex("".join(ended.errors), "ci-y: no room: memory .* most take .*ci-x")
        virsh("start", "web")
        ended = self.do("create", "-n", "ci-x", status=NO_ROOM)
        self.assertIn("web 968 MiB", ended.err)
        self.assertIn("--force", ended.err)
        ended = self.do("create", "ci-x", "--force")
        self.assertRegex("".join(ended.warnings), "ci-x: no room: .*: forced")
        before = self.world.gitlab.runners()
        ended = self.do("register", self.kept[0], status=NO_ROOM)
        self.assertIn(f"{self.kept[0]}: no room: memory", ended.err)
        self.assertIn("--force", ended.err)
        self.assertEqual(before, self.world.gitlab.runners())
        virsh("destroy", "web")
        virsh("undefine", "web")

    def test_3_rotate(self) -> None:
        """a second generation only where there is room for it, and never under pressure"""
        self.assertIn("  drain ci-x.1\n  make, start and wait for ci-x.2\n", self.do("rotate", "-n", "--all").out)
        ended = self.do("rotate", "--all", "--strategy", "surge", status=NO_ROOM)
        self.assertRegex(ended.err, "ci-x: no room: memory .*most take .*ci-x.1")
        self.world.do("destroy", self.kept[1])
        self.assertIn("  make, start and wait for ci-x.2\n  drain ci-x.1\n", self.do("rotate", "-n", "--all").out)
        with self.pressure("50.00"):
            for arguments in (["-n"], []):
                ended = self.do("rotate", "--all", *arguments)
                self.assertRegex(ended.out, "ci-x .*left: the host is short of memory: nothing got on for 50 %")
            self.assertIn("  drain ci-x.1\n", self.do("rotate", "-n", "--all", "--strategy", "replace").out)
        self.assertEqual([f"{self.kept[0]}.1", "ci-x.1"], self.names())
        with self.pressure("19.99"):
            self.assertIn("1 rotated, ", self.do("rotate", "--all", "--strategy", "surge").out)
        self.assertEqual([f"{self.kept[0]}.1", "ci-x.2"], self.names())

    @contextmanager
    def pressure(self, share: str) -> Iterator[None]:
        """The kernel says that nothing got on for so much of the last minute."""
        told = self.world.file(f"some avg10=0.00 avg60=99.00 avg300=0.00 total=1\n"
                               f"full avg10=0.00 avg60={share} avg300=0.00 total=1\n")
        subprocess.run(["mount", "--bind", told, "/proc/pressure/memory"], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", "/proc/pressure/memory"], check=True)


if __name__ == "__main__":
    main(Room, pool=OWN_POOL)
