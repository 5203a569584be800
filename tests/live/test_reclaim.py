"""What idle appliances do not use goes back to the host: memory and disk, of a real Linux guest.

    scripts/lab run -- python3 tests/live/test_reclaim.py BUILD_DIR

The guest is the one of tiny.py. Beside it is one without free page reporting.
"""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path

import live
from live import ADMIN, OWN_POOL, main, say, virsh, wait_for
from tiny import Guests

MIB = 1 << 20
INSIDE = """\
echo 16384 >/proc/sys/vm/min_free_kbytes # as the shipped image has it
dd if=/dev/urandom of=/mem/used bs=1M count=150 2>/dev/null # with its kernel, what an idle appliance uses
mke2fs -F /dev/vdc >/dev/null 2>&1; mount -t ext4 -o discard,noatime /dev/vdc /data
ln -s /proc/mounts /etc/mtab
"""


class Reclaim(Guests):
    """The tests build on each other, in this order."""

    @classmethod
    def setUpClass(cls) -> None:
        world = cls.world
        world.config(gitlab={"token-file": world.token(ADMIN)},
                     **{"profile default": {"memory": "1GiB", "disk": "1GiB"}}
                     ).replace(live.FOLDER / "usual.conf")
        cls.build(INSIDE)
        cls.do("create", "fpr")
        # The same without the measure.
        shipped = (live.SOURCE / "templates/domain.xml").read_text()
        (world.templates / "domain.xml").write_text(shipped.replace("freePageReporting='on'", "freePageReporting='off'"))
        cls.do("create", "none")
        (world.templates / "domain.xml").unlink()
        cls.ready("fpr", "none")
        say("both guests are up")

    @staticmethod
    def rss(name: str) -> int:
        """MiB of the host that are the guest's memory: what emulation keeps of translated code is not."""
        smaps = Path(f"/proc/{Guests.process(name)}/smaps").read_text()
        for mapping in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", smaps):
            if re.search(rf"(?m)^Size: +{1024 * 1024} kB", mapping):
                return int(re.search(r"(?m)^Rss: +(\d+)", mapping)[1]) // 1024  # type: ignore[index]
        raise AssertionError(f"qemu of {name} has no mapping of the guest's memory")

    @staticmethod
    def balloon(name: str) -> int:
        """MiB that the balloon leaves the guest."""
        return int(re.search(r"Used memory:\s+(\d+)", virsh("dominfo", f"{name}.1"))[1]) // 1024  # type: ignore[index]

    def file_size(self, name: str) -> int:
        """MiB that the data disk takes of the host."""
        return self.disk_of_host(name) // MIB

    def told_size(self, name: str) -> int:
        """The same as status has it."""
        about = json.loads(self.do("status", "--json", name).out)["appliances"][0]
        return int(about["measured"]["disk"]) // MIB

    def metadata(self, name: str) -> str:
        """The appliance's element."""
        return virsh("metadata", f"{name}.1", "urn:runnerctl:appliance:1")

    def fresh(self, name: str) -> None:
        """Waits until the guest has told of its memory after now."""
        now = time.time()
        wait_for(lambda: int(re.search(r"last_update (\d+)", virsh("dommemstat", f"{name}.1"))[1]) > now,  # type: ignore[index]
                 "the balloon's figures", 30, 0.2)

    def test_1_freed(self) -> None:
        """what a guest used and freed is the host's again within 20 s; without reporting it is not"""
        use = "dd if=/dev/zero of=/mem/f bs=1M count={0} 2>/dev/null; rm /mem/f"
        for name in ("fpr", "none"):
            self.inside(name, use.format(60))  # what emulation itself takes for that is there now
        time.sleep(6)
        before = {name: self.rss(name) for name in ("fpr", "none")}
        for name in ("fpr", "none"):
            self.inside(name, use.format(500))
        begun = time.monotonic()
        wait_for(lambda: self.rss("fpr") < before["fpr"] * 1.15, "the memory of fpr", 20, 0.2)
        after = {name: self.rss(name) for name in ("fpr", "none")}
        say(f"resident before {before} MiB, {time.monotonic() - begun:.1f} s after freeing 500 MiB {after} MiB")
        self.assertGreater(after["none"], before["none"] + 400)

    def test_2_cached(self) -> None:
        """what a guest only caches comes back with reclaim; the balloon is empty afterwards"""
        before = self.rss("fpr")
        self.inside("fpr", "dd if=/dev/vda of=/dev/null bs=1M 2>/dev/null; "
                           "dd if=/dev/vdc of=/dev/null bs=1M count=400 2>/dev/null")
        time.sleep(6)
        cached = self.rss("fpr")
        self.assertGreater(cached, before + 300, "nothing was cached: the test proves nothing")
        self.fresh("fpr")
        ended = self.do("reclaim", "fpr")
        say(f"resident {before} MiB, with cache {cached} MiB; {ended.seconds:.1f} s: {ended.out.strip()}")
        self.assertRegex(ended.out, "fpr was pumped, memory ")
        # What the guest's kernel had kept free for itself is reported once it is part of larger blocks.
        begun, first = time.monotonic(), self.rss("fpr")
        wait_for(lambda: self.rss("fpr") < before * 1.15, "the memory of its cache", 20, 0.2)
        say(f"resident {first} MiB at once, {self.rss('fpr')} MiB {time.monotonic() - begun:.1f} s later")
        self.assertEqual(1024, self.balloon("fpr"))
        self.assertNotIn("pumped", self.metadata("fpr"))

    def test_3_disk(self) -> None:
        """a trim reaches the host's file"""
        self.inside("none", "mount -o remount,nodiscard /data; dd if=/dev/urandom of=/data/f bs=1M count=100 2>/dev/null; sync")
        full = self.file_size("none")
        self.inside("none", "rm /data/f; sync")
        self.assertGreater(self.file_size("none"), 95)
        self.assertAlmostEqual(self.file_size("none"), self.told_size("none"), delta=2)
        told = json.loads(self.do("reclaim", "--json", "none").out)["results"][0]
        say(f"the file had {full} MiB, and has {self.file_size('none')} MiB: {told}")
        self.assertTrue(told["trimmed"], told)
        self.assertLess(self.file_size("none"), full - 90)
        self.assertAlmostEqual(self.file_size("none"), self.told_size("none"), delta=2)

    def test_4_busy(self) -> None:
        """one that has a job is left alone, by rotate as well"""
        self.inside("fpr", "echo 1 >/jobs; sleep 3")
        ended = self.do("reclaim", "fpr")
        self.assertEqual("fpr was left: a job runs in it\n", ended.out)
        told = json.loads(self.do("rotate", "--json", "fpr").out)
        self.assertEqual([], told["reclaimed"])
        self.inside("fpr", "echo 0 >/jobs; sleep 3")

    def test_5_killed(self) -> None:
        """killed half-way: status says so, and the next run gives all back"""
        for _ in range(3):
            self.inside("fpr", "dd if=/dev/vdc of=/dev/null bs=1M count=400 2>/dev/null")
            time.sleep(5)
            self.fresh("fpr")
            process = self.start("reclaim", "fpr")
            wait_for(lambda p=process: self.balloon("fpr") < 1024 or p.popen.poll() is not None, "the pump", 60, 0.02)
            process.signal(signal.SIGKILL)
            process.end()
            if "pumped" in self.metadata("fpr"):
                break
            # It had given all back before the kill: again.
            wait_for(lambda: self.balloon("fpr") == 1024, "all of its memory")
        self.assertIn("pumped", self.metadata("fpr"))
        status = " ".join(self.do("status", "fpr").out.split())
        self.assertRegex(status, "of its 1 GiB of memory.*runnerctl reclaim fpr")
        self.assertIn("get its memory back", self.do("reclaim", "-n", "fpr").out)
        self.assertIn("fpr got its memory back", self.do("rotate", "fpr").out)
        wait_for(lambda: self.balloon("fpr") == 1024, "all of its memory")
        self.assertNotIn("pumped", self.metadata("fpr"))
        virsh("setmem", "fpr.1", "700M", "--live")  # by somebody else's hand
        wait_for(lambda: self.balloon("fpr") < 1024, "the balloon")
        self.assertIn("fpr got its memory back", self.do("reclaim").out)
        wait_for(lambda: self.balloon("fpr") == 1024, "all of its memory")

    def test_6_silent(self) -> None:
        """a balloon without a driver, and an agent that died: left alone, in bounded time"""
        self.inside("fpr", "rmmod virtio_balloon")
        time.sleep(1)
        self.inside("none", "(sleep 1; killall -9 qemu-ga) >/dev/null 2>&1 &")
        time.sleep(2)
        begun = time.monotonic()
        ended = self.do("reclaim")
        say(f"{time.monotonic() - begun:.1f} s: {ended.out.strip()}")
        self.assertIn("none was left: its guest does not answer", ended.out)
        self.assertRegex(ended.out, "(?m)^fpr was trimmed.*(its balloon does not move|is old, or cannot be|"
                                    "has what its guest does not use)")
        self.assertLess(time.monotonic() - begun, 60)
        self.assertNotIn("pumped", self.metadata("fpr"))
        self.assertIn("there is no such appliance", self.do("reclaim", "nobody", status=3).err)


if __name__ == "__main__":
    main(Reclaim, pool=OWN_POOL, failfast=False)
