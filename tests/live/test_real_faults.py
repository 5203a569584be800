"""Faults that nobody forges: an agent that takes questions and never answers, a disk that is full.

    scripts/lab run -- python3 tests/live/test_real_faults.py BUILD_DIR
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import live
from live import ADMIN, OWN_POOL, main, say, virsh, wait_for
from tiny import Guests, driver

# Obeys its button from the second time on: a press and its release are four events of 24 bytes.
BUTTON = """\
insmod /bin/button.ko; insmod /bin/evdev.ko; sleep 1
for event in /dev/input/event*; do
	(head -c 96 $event >/dev/null; head -c 24 $event >/dev/null; poweroff -f) &
done
"""


class Faults(Guests):
    """The tests build on each other, in this order."""

    @classmethod
    def setUpClass(cls) -> None:
        OWN_POOL.mkdir(mode=0o711)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16G,mode=711", "pool", OWN_POOL], check=True)
        cls.world.config(gitlab={"token-file": cls.world.token(ADMIN)}).replace(live.FOLDER / "usual.conf")
        cls.build(BUTTON, driver("button"), driver("evdev"))
        cls.do("create", "ci-1")
        cls.ready("ci-1")

    def fall_silent(self) -> None:
        """The agent stops where it is: libvirt's questions reach it, and no answer comes."""
        # Nobody asks how it ended: that question might find the agent silent already.
        self.begin("ci-1", "sleep 3; killall -STOP qemu-ga")
        wait_for(lambda: "not responding" in self.told_by_agent() or "timed out" in self.told_by_agent().lower(),
                 "the silence", 60, 0.5)

    @staticmethod
    def told_by_agent() -> str:
        """What virsh says of it."""
        try:
            return virsh("qemu-agent-command", "--timeout", "2", "ci-1.1", '{"execute":"guest-ping"}')
        except AssertionError as wrong:
            return str(wrong)

    def test_1_known(self) -> None:
        """status says so, metrics and a run in which nothing is due go on without it"""
        self.fall_silent()
        for arguments in (("status", "ci-1"), ("metrics", "-q"), ("rotate",)):
            ended = self.do(*arguments)
            say(f"{arguments[0]}: {ended.seconds:.1f} s")
            self.assertLess(ended.seconds, 60, str(ended))
            if arguments[0] == "status":
                self.assertIn("the guest does not tell its status", ended.out)
        self.assertIn(", 1 not due\n", ended.out)

    def test_2_rotated(self) -> None:
        """while it does not obey its button it is left, beside its successor; then it goes"""
        ended = self.do("rotate", "--all", "--drain-timeout", "3s")
        say(f"its button is ignored: {ended.seconds:.1f} s")
        self.assertIn("ci-1 left", ended.out)
        self.assertEqual({"ci-1.1", "ci-1.2"}, set(virsh("list", "--name").split()))
        ended = self.do("rotate")
        say(f"its button is obeyed: {ended.seconds:.1f} s")
        self.assertIn("ci-1 cleaned up: ci-1.2 is there in its place", ended.out)
        self.assertEqual(["ci-1.2"], virsh("list", "--all", "--name").split())
        self.assertLess(ended.seconds, 60, str(ended))

    @classmethod
    def fill(cls) -> None:
        """Hardly anything is left."""
        used = os.statvfs(OWN_POOL)
        cls.resize((used.f_blocks - used.f_bfree) * used.f_bsize + 2**17)

    @staticmethod
    def resize(size: int) -> None:
        """The filesystem of the pool."""
        subprocess.run(["mount", "-o", f"remount,size={size}", OWN_POOL], check=True)

    def test_3_full(self) -> None:
        """with a full disk nothing is drained that could not be replaced, and nothing is left half-made"""
        self.fill()
        for strategy in ("auto", "replace", "surge"):
            with self.nothing_changes(f"a rotation without room, {strategy}"):
                ended = self.do("rotate", "--all", "--strategy", strategy)
                self.assertIn("ci-1 left: the disk of the pool is full (due: asked for)\n", ended.out)
        self.resize(2**34)
        self.assertIn("1 rotated, ", self.do("rotate", "--all").out)

    def test_4_stopped(self) -> None:
        """one that a full disk stopped goes on when there is room again, before it is asked to go"""
        name = f"ci-1.{self.world.appliances()['ci-1']['generation']}"
        wait_for(lambda: "READY" in Path(f"/var/log/libvirt/qemu/{name}-serial.log").read_text(errors="replace"),
                 f"the guest of {name}", 240, 0.2)
        self.fill()
        write = "dd if=/dev/urandom of=/dev/vdc bs=64k count=2048; sync; echo WRITTEN >/dev/console"
        told = json.dumps({"execute": "guest-exec", "arguments": {"path": "/bin/sh", "arg": ["-c", write]}})
        virsh("qemu-agent-command", name, told)
        wait_for(lambda: "paused (I/O error)" in virsh("domstate", "--reason", name), "the I/O error", 120, 0.2)
        self.assertIn("it is stopped by an I/O error", self.do("status", "ci-1").out)
        self.assertIn("ci-1 left: the disk of the pool is full (due: it is stopped by an I/O error)\n",
                      self.do("rotate").out)
        self.assertIn("paused", virsh("domstate", name))
        self.resize(2**34)
        ended = self.do("rotate", "--drain-timeout", "20s")
        say(f"stopped by an I/O error: {ended.out}")
        wait_for(lambda: "WRITTEN" in Path(f"/var/log/libvirt/qemu/{name}-serial.log").read_text(errors="replace"),
                 "what it was stopped in", 300, 0.2)
        self.do("destroy", "--now", "ci-1")


if __name__ == "__main__":
    main(Faults, pool=OWN_POOL)
