"""Disks that boot by themselves: imported as they are said to be, and appliances of them.

    scripts/lab run -- python3 tests/live/test_disk.py BUILD_DIR [TEST...]

The guest is the boot sector of crash.py, which waits for the power button; libguestfs is real.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
import crash  # noqa: E402  pylint: disable=wrong-import-position
import disk  # noqa: E402  pylint: disable=wrong-import-position
import live  # noqa: E402  pylint: disable=wrong-import-position
from live import FOLDER, OWN_POOL, Case, virsh, wait_for  # noqa: E402  pylint: disable=wrong-import-position
from sleepers import Guests  # noqa: E402  pylint: disable=wrong-import-position

FAILED, USAGE, NO_ROOM, TIMEOUT = 1, 2, 5, 9
NOTHING_BOOTS = b"\xcd\x18"  # int 0x18: the firmware shall try another disk
ROOT = {"etc/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/machine-id": "0" * 32 + "\n",
        "etc/gitlab-runner/config.toml": "concurrent = 99\n"}


def qemu_img(*arguments: object) -> str:
    """What qemu-img says."""
    return subprocess.run(["qemu-img", *map(str, arguments)], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


class Disk(Case):
    """The tests share the images that the first one imports."""

    raw = FOLDER / "disk.raw"
    qcow2 = FOLDER / "disk.qcow2"
    size = 0

    @classmethod
    def setUpClass(cls) -> None:
        root = disk.partition(FOLDER, ROOT, 8)
        cls.raw.write_bytes(disk.disk(crash.GUEST, root))
        cls.size = cls.raw.stat().st_size
        qemu_img("convert", "-f", "raw", "-O", "qcow2", cls.raw, cls.qcow2)
        qemu_img("resize", "-q", "-f", "qcow2", cls.qcow2, "2G")
        (FOLDER / "dead.raw").write_bytes(disk.disk(NOTHING_BOOTS, root))
        (FOLDER / "two.raw").write_bytes(disk.disk(crash.GUEST, root, root))
        (FOLDER / "no-loader.raw").write_bytes(disk.disk(b"", root))

    def imported(self, path: Path, kind: str, name: str, *more: object) -> str:
        """Its reference."""
        out = self.world.do("image", "import", path, "--format", kind, "--name", name, "-q",
                            *more).out
        self.assertRegex(out, rf"^{name}@\S+ imported\n$")
        return out.split()[0]

    def manifest(self, reference: str) -> dict[str, Any]:
        """What is written down about it."""
        return dict(json.loads((OWN_POOL / f"{reference}.manifest.json").read_text()))

    def overlay(self, name: str) -> Path:
        """The appliance's disk as its guest sees it, which has not written to it."""
        whole = FOLDER / "whole"
        qemu_img("convert", "-U", "-f", "qcow2", "-O", "raw", OWN_POOL / f"{name}.1.data", whole)
        return whole

    def test_1_import(self) -> None:
        """Size, checksum, partition and virtual size are known afterwards; the bytes are the file's."""
        for kind, path in (("raw", self.raw), ("qcow2", self.qcow2)):
            reference = self.imported(path, kind, f"tiny-{kind}")
            about = self.manifest(reference)
            self.assertEqual(("disk", 1, {"raw": self.size, "qcow2": 2 << 30}[kind]), tuple(
                about[key] for key in ("layout", "root_partition", "virtual_size")))
            stored = (OWN_POOL / f"{reference}.disk.{kind}").read_bytes()
            self.assertEqual(path.read_bytes(), stored)
            self.assertEqual({f"disk.{kind}": {
                "size": len(stored), "sha256": hashlib.sha256(stored).hexdigest()}}, about["files"])
        self.world.do("image", "verify", "-q")
        listed = json.loads(self.world.do("image", "list", "--json").out)["images"]
        self.assertEqual({"disk"}, {one["layout"] for one in listed})

    def test_2_appliances(self) -> None:
        """Two of one image in one launch: each an overlay with its own files; nothing is left of them."""
        world = self.world
        world.do("create", "a", "--image", "tiny-raw", "-q")
        world.do("destroy", "a", "--now")
        before = world.everything()
        self.refused(USAGE, r"a disk of 1 GiB is too small: .* has 2 GiB", "create", "a", "--image",
                     "tiny-qcow2")
        ended = world.do("create", "a", "b", "--image", "tiny-raw", "--token-file",
                         world.token(), "--ca-file", world.gitlab.certificate)
        self.assertIn("root file system 2 of 2", ended.err)
        ids = set()
        for name in ("a", "b"):
            about = json.loads(qemu_img("info", "-U", "--output=json",
                                        OWN_POOL / f"{name}.1.data"))
            self.assertEqual(1 << 30, about["virtual-size"])
            self.assertEqual("raw", about["backing-filename-format"])
            self.assertEqual("1.1", about["format-specific"]["data"]["compat"])
            whole = self.overlay(name)
            config = disk.read(whole, FOLDER, "/etc/gitlab-runner/config.toml")
            self.assertIn(b'token = "glrt-', config)
            self.assertNotIn(b"99", config)
            self.assertRegex(disk.about(whole, FOLDER, "/etc/gitlab-runner/config.toml"),
                             r"Mode: +0600")
            self.assertEqual(f"{name}.1\n".encode(), disk.read(whole, FOLDER, "/etc/hostname"))
            self.assertIn(b"CERTIFICATE", disk.read(
                whole, FOLDER, "/usr/local/share/ca-certificates/runnerctl.crt"))
            uuid = world.appliances()[name]["uuid"].replace("-", "")
            self.assertEqual(f"{uuid}\n".encode(), disk.read(whole, FOLDER, "/etc/machine-id"))
            self.assertIn(b"KillSignal=SIGQUIT", disk.read(
                whole, FOLDER,
                "/etc/systemd/system/gitlab-runner.service.d/50-runnerctl.conf"))
            ids.add(uuid)
            crash.press(f"{name}.1")
            self.assertIn("format type='raw'", virsh("dumpxml", f"{name}.1"))
        self.assertEqual(2, len(ids))
        reference = world.appliances()["a"]["image"]
        self.refused(FAILED, "it is used by a.1, b.1", "image", "remove", reference)
        self.assertEqual([], json.loads(world.do("gc", "-n", "--json").out)["found"])
        self.assertEqual(hashlib.sha256(self.raw.read_bytes()).hexdigest(),
                         self.manifest(reference)["files"]["disk.raw"]["sha256"])
        world.do("image", "verify", reference, "-q")
        world.do("destroy", "a", "b", "--drain-timeout", "60s")
        self.assertEqual("", live.difference(before, world.everything()))

    def test_2_rotation(self) -> None:
        """From an image with a kernel of its own to a disk, and back: each generation is as its layout wants it."""
        world = self.world
        guests = Guests(world)
        guests.start()
        self.addCleanup(guests.join, 20)
        self.addCleanup(guests.over.set)
        config = world.config(gitlab={"token-file": world.token()}, appliance={"image": "changing"})
        for number in (1, 2, 3):
            kernel = number != 2
            if kernel:
                image = world.build_image("changing")
            else:
                # Versions tell the second.
                time.sleep(1)
                image = self.imported(self.raw, "raw", "changing")
            if number == 1:
                world.do("create", "r", "--wait=60s", config=config)
            else:
                ended = world.do("rotate", config=config)
                self.assertRegex(ended.out, rf"(?m)^r rotated, runner #\d+ of r.{number} ready .*: the image is {image} now$")
            with guests.still:
                self.assertEqual([f"r.{number}"], virsh("list", "--all", "--name").split())
            self.assertEqual(kernel, "<kernel>" in virsh("dumpxml", f"r.{number}"))
            self.assertEqual(kernel, (OWN_POOL / f"r.{number}.config").exists())
            if not kernel:
                about = json.loads(qemu_img("info", "-U", "--output=json", OWN_POOL / f"r.{number}.data"))
                self.assertEqual("raw", about["backing-filename-format"])
        self.assertEqual("nothing is left over\n", world.do("gc", config=config).out)
        world.do("destroy", "r", "--now", config=config)

    def test_2_verify(self) -> None:
        """Booted once, each promise is judged; nothing is left, not even of a run that was killed."""
        config = self.world.config(rotation={"ready-timeout": "20s"})
        with self.nothing_changes("an image that is booted"):
            told = self.world.run("image", "verify", "--boot", "tiny-raw", "--json", config=config)
        self.assertEqual(FAILED, told.status, str(told))
        checks = {one["code"]: one for one in json.loads(told.out)["checks"]}
        self.assertEqual({"agent": "bad", "serial": "ok", "power-off": "ok"},
                         {code: one["verdict"] for code, one in checks.items()})
        self.world.do("gc", "-q")
        before = self.world.everything()
        process = self.world.start("image", "verify", "--boot", "tiny-raw", config=config)
        self.assertTrue(process.says("wait for the guest agent"))
        process.signal(9)
        process.end()
        wait_for(lambda: "runnerctl-check" not in virsh("list", "--all", "--name"), "its end")
        gone = json.loads(self.world.do("gc", "--json").out)["found"]
        self.assertEqual(["address", "filter", "volume"],
                         sorted({one["kind"] for one in gone}), str(gone))
        self.assertEqual("", live.difference(before, self.world.everything()))

    def test_3_does_not_boot(self) -> None:
        """What the firmware says is the answer, long before the waiting would end."""
        self.imported(FOLDER / "dead.raw", "raw", "dead")
        ended = self.refused(TIMEOUT, "it was started, but does not boot: No bootable device",
                             "create", "d", "--image", "dead", "--token-file",
                             self.world.token(), "--wait=90s", touches="an appliance")
        self.assertLess(ended.seconds, 80)
        self.world.do("destroy", "d", "--now")

    def test_4_raw_stays_raw(self) -> None:
        """A raw disk that begins like an overlay of the host's secrets shows its own bytes."""
        bait, fake = FOLDER / "bait.qcow2", FOLDER / "fake.raw"
        secret = self.world.file("what no guest may read\n" * 100)
        qemu_img("create", "-q", "-f", "qcow2", "-b", secret, "-F", "raw", bait, "1M")
        head = bait.read_bytes()[:440]
        fake.write_bytes(head + self.raw.read_bytes()[440:])
        self.refused(FAILED, "it is an overlay of another file", "image", "import", fake,
                     "--format", "qcow2", "--name", "fake")
        ended = self.world.do("image", "import", fake, "--format", "raw", "--name", "fake")
        self.assertRegex(ended.err, "warning: .*begins like a qcow2 image")
        self.world.do("create", "f", "--image", "fake", "-q")
        with open(self.overlay("f"), "rb") as seen:
            self.assertEqual(fake.read_bytes(), seen.read(self.size))
        self.assertIn("format type='raw'", virsh("dumpxml", "f.1"))
        self.world.do("destroy", "f", "--now")

    def test_5_refusals(self) -> None:
        """One line each, and nothing is stored."""
        def no(said: str, path: Path, kind: str, *more: object, status: int = FAILED) -> None:
            self.refused(status, said, "image", "import", path, "--format", kind, "--name", "bad",
                         *more)

        made = FOLDER / "made.qcow2"
        with self.watched():
            qemu_img("create", "-q", "-f", "qcow2", "-b", self.raw, "-F", "raw", made)
            no("it is an overlay of another file", made, "qcow2")
            qemu_img("create", "-q", "-f", "qcow2", "-o", f"data_file={FOLDER}/outside", made, "1M")
            no("its data are in an external file", made, "qcow2")
            no("it is no qcow2 image", self.raw, "qcow2")
            no("a raw disk cannot have 5 bytes", self.world.file("short"), "raw")
            no("cannot open", FOLDER / "nosuch", "raw")
            no("is not a regular file", Path("/dev/null"), "raw")
            no("no boot loader in its first sector", FOLDER / "no-loader.raw", "raw")
            no("2 of its partitions have a root", FOLDER / "two.raw", "raw")
            no("partition 3 has no root", FOLDER / "two.raw", "raw", "--root-partition", 3)
            huge = FOLDER / "huge.raw"
            os.truncate(os.open(huge, os.O_CREAT | os.O_WRONLY), 1 << 40)
            no("it needs 1 TiB in the storage pool, and .* are free", huge, "raw", status=NO_ROOM)
            told = self.world.do("image", "import", FOLDER / "two.raw", "--format", "raw", "--name",
                                 "two", "--root-partition", 2, "-n").out
            self.assertIn("store two as a new version in the pool: a disk of 17 MiB, with its root "
                          "file system in partition 2", told)

    def test_6_manifests(self) -> None:
        """What is known of a disk beforehand must be true of it."""
        reference = next(OWN_POOL.glob("tiny-qcow2@*.manifest.json"))
        good = json.loads(reference.read_text()) | {"contents": {"docker": "27.4.1"}}

        def no(said: str, **changes: Any) -> None:
            self.refused(FAILED, said, "image", "import", self.qcow2, "--format", "qcow2", "--name",
                         "known", "--manifest", self.world.file(json.dumps(good | changes)))

        with self.watched():
            no("not the manifest of a disk.qcow2", files={"disk.raw": good["files"]["disk.qcow2"]})
            no("holds a '/'", files={"../disk.qcow2": good["files"]["disk.qcow2"]})
            no("'surprise' is not known", surprise=1)
            no("it speaks of a disk of 512 bytes", virtual_size=512)
            no("does not have the checksum", files={"disk.qcow2": {
                **good["files"]["disk.qcow2"], "sha256": "0" * 64}})
            no("it is made for riscv64", architecture="riscv64")
        stored = self.imported(self.qcow2, "qcow2", "known", "--manifest",
                               self.world.file(json.dumps(good)))
        self.assertEqual(f"known@{good['version']}", stored)
        self.assertEqual(good | {"name": "known"}, self.manifest(stored))
        self.refused(FAILED, "exists already", "image", "import", self.qcow2, "--format", "qcow2",
                     "--name", "known", "--manifest", self.world.file(json.dumps(good)))

    def test_7_killed(self) -> None:
        """One that was killed while it stored is no image, and is gone with the next import."""
        process = self.world.start("image", "import", self.raw, "--format", "raw", "--name", "dead")
        self.assertTrue(process.says("store .*disk.raw"))
        process.signal(9)
        process.end()
        self.imported(self.raw, "raw", "dead")
        self.world.do("image", "remove", "--unused", "-q")
        self.assertEqual([], [name for name in os.listdir(OWN_POOL) if "@" in name])
        self.assertEqual([], list(Path("/var/tmp").glob("runnerctl-build.*")))
        self.assertFalse(re.search("@", virsh("vol-list", "runnerctl")))


if __name__ == "__main__":
    live.main(Disk, pool=OWN_POOL, failfast=False)
