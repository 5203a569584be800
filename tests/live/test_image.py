"""The life of an image: listed, verified, removed when nobody uses it, whole or not there at all.

    scripts/lab run -- python3 tests/live/test_image.py BUILD_DIR [TEST...]

The images here are tiny ones that only sleep.
"""

from __future__ import annotations

import fcntl
import glob
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
import live  # noqa: E402  pylint: disable=wrong-import-position
from live import OWN_POOL, Case, virsh, wait_for  # noqa: E402  pylint: disable=wrong-import-position

FAILED, USAGE, NOT_FOUND, PARTLY, BUSY = 1, 2, 3, 4, 6
PARTS = ("vmlinuz", "initrd", "root.squashfs", "manifest.json")
FOREIGN = """<domain type='qemu'>
<name>{name}</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64'>hvm</type>{boot}</os>
<devices>{device}</devices></domain>"""


class Image(Case):
    """Each test makes the images it needs, and all are gone after it."""

    def setUp(self) -> None:
        self.world.do("create", "--dry-run", "-q", "none", "--image", self.image("warm"))
        self.world.do("image", "remove", "--unused", "-q")

    def tearDown(self) -> None:
        for name in self.world.appliances():
            self.world.do("destroy", "--now", name)
        for name in virsh("list", "--all", "--name").split():
            virsh("undefine", name)
        self.world.do("image", "remove", "--unused", "-q")
        self.assertEqual([], self.files(""))

    def image(self, name: str = "img") -> str:
        """A new one."""
        return self.world.build_image(name)

    def listed(self) -> dict[str, dict[str, Any]]:
        """What `image list` says, by reference."""
        told = json.loads(self.world.do("image", "list", "--json", "-q").out)
        return {f"{one['name']}@{one['version']}": one for one in told["images"]}

    def files(self, reference: str) -> list[str]:
        """Files of the pool that belong to it."""
        return sorted(path.name for path in self.world.pool.glob(f"{reference}*"))

    def foreign(self, name: str, boot: str = "", device: str = "") -> None:
        """Defines a domain that is not runnerctl's."""
        virsh("define", self.world.file(FOREIGN.format(name=name, boot=boot, device=device), 0o644))

    def test_list(self) -> None:
        """Age, size, who uses it, and whether there is a newer one; 80 columns in a pipe."""
        old = self.image("a-name-for-images-of-31-letters")
        new = self.image("a-name-for-images-of-31-letters")
        self.world.do("create", "ci", "--image", old, "-q")
        self.foreign("mine", device="<disk type='file'><source file='"
                     f"{self.world.pool}/{old}.root.squashfs'/><target dev='sda'/></disk>")
        images = self.listed()
        self.assertEqual([(old, 2, True), (new, 0, False)],
                         [(key, one["used_by"], one["outdated"]) for key, one in images.items()])
        self.assertEqual(images[old]["size"], sum(
            (self.world.pool / f"{old}.{part}").stat().st_size for part in PARTS[:3]))
        table = self.world.do("image", "list").out.splitlines()
        self.assertLess(max(map(len, table)), 80)
        self.assertRegex(table[1], rf"^{old}  \S+M +\d+s  +2 +yes$")

    def test_not_removed_while_it_is_used(self) -> None:
        """By an appliance, by a stranger's disk or kernel, or under another path."""
        image = self.image()
        before = self.files(image)
        self.assertEqual([f"{image}.{part}" for part in sorted(PARTS)], before)
        self.world.do("create", "ci", "--image", image, "-q")
        self.refused(FAILED, "it is used by ci.1", "image", "remove", image)
        self.assertIn("there is no unused", self.world.do("image", "remove", "--unused").err)
        self.world.do("destroy", "--now", "ci")
        for boot, device in (
                (f"<kernel>{self.world.pool}/{image}.vmlinuz</kernel>", ""),
                (f"<initrd>/elsewhere/../{image}.initrd</initrd>", ""),
                ("", "<disk type='volume'><source pool='runnerctl' "
                     f"volume='{image}.root.squashfs'/><target dev='sda'/></disk>")):
            self.foreign("mine", boot, device)
            self.refused(FAILED, "it is used by mine", "image", "remove", image)
            virsh("undefine", "mine")
        self.assertEqual(before, self.files(image))

    def test_remove(self) -> None:
        """Those named, and nothing else."""
        first, second, other = self.image(), self.image(), self.image("other")
        with self.nothing_changes("a dry run"):
            plan = self.world.do("image", "remove", first, "-n", "-q").out
        self.assertEqual([f"{first} would be removed:"] + [f"  remove {first}.{part}"
                         for part in ("manifest.json", "root.squashfs", "initrd", "vmlinuz")],
                         plan.splitlines())
        ended = self.world.run("image", "remove", first, "img@1", "-q")
        self.assertEqual((PARTLY, f"{first} removed\n"), (ended.status, ended.out))
        self.assertEqual({second, other}, set(self.listed()))
        self.assertEqual([], self.files(first))
        self.refused(NOT_FOUND, "no such image", "image", "remove", first)
        self.refused(USAGE, "has no version", "image", "remove", "img")
        self.refused(USAGE, "is not the name", "image", "remove", "../img@1")

    def test_unused(self) -> None:
        """The newest of each name stay, and those in use."""
        images = [self.image() for _ in range(4)]
        other = self.image("other")
        self.world.do("create", "ci", "--image", images[0], "-q")
        self.world.do("image", "remove", "--unused", "--keep", "2", "-q")
        self.assertEqual({images[0], images[2], images[3], other}, set(self.listed()))
        self.world.do("image", "remove", "--unused", "-q")
        self.assertEqual({images[0]}, set(self.listed()))

    def test_verify(self) -> None:
        """One flipped byte is found, and whose it is."""
        good, bad, broken = self.image(), self.image("bad"), self.image("broken")
        self.assertEqual([f"{one} is intact" for one in (bad, broken, good)],
                         self.world.do("image", "verify", "-q").out.splitlines())
        with open(self.world.pool / f"{bad}.root.squashfs", "r+b") as file:
            file.seek(500)
            byte = file.read(1)[0]
            file.seek(500)
            file.write(bytes([byte ^ 4]))
        (self.world.pool / f"{broken}.manifest.json").write_text("{}")
        ended = self.world.run("image", "verify", "--json", "-q")
        results = {one["name"]: one for one in json.loads(ended.out)["results"]}
        self.assertEqual((PARTLY, [False, False, True]),
                         (ended.status, [results[one]["ok"] for one in (bad, broken, good)]))
        self.assertIn("root.squashfs does not have the checksum",
                      results[bad]["error"]["text"])
        self.assertIn("manifest", results[broken]["error"]["text"])
        self.refused(FAILED, "root.squashfs", "image", "verify", "bad")
        self.refused(NOT_FOUND, "no image nosuch", "image", "verify", "nosuch")
        for one in (bad, broken):
            self.world.do("image", "remove", one, "-q")

    def test_half_removed(self) -> None:
        """Without its manifest it is no image, the one before counts, and the next run removes it."""
        old, new = self.image(), self.image()
        for left in ("", "\0" * 300):
            manifest = self.world.pool / f"{new}.manifest.json"
            manifest.unlink()
            if left:
                manifest.write_text(left)
            virsh("pool-refresh", "runnerctl")
            ended = self.world.do("image", "list", "--json", "-q")
            self.assertEqual([old], list(self.listed()))
            self.assertRegex("".join(ended.warnings), r"[34] files \(.*\) belong to no image")
            self.assertIn(old, self.world.do("create", "a", "--image", "img", "-n").err)
            self.refused(NOT_FOUND, "no image", "create", "a", "--image", new)
            ended = self.world.do("image", "remove", "--unused", "--keep", "1", "-q")
            self.assertEqual([], self.files(new), str(ended))
            self.assertEqual([old], list(self.listed()))
            new = self.image()

    def test_remains_that_are_used(self) -> None:
        """What a domain boots is not taken from under it."""
        image = self.image()
        self.foreign("mine", f"<kernel>{self.world.pool}/{image}.vmlinuz</kernel>")
        (self.world.pool / f"{image}.manifest.json").unlink()
        virsh("pool-refresh", "runnerctl")
        ended = self.world.do("image", "remove", "--unused", "-q")
        self.assertEqual(3, len(self.files(image)), str(ended))
        self.assertIn("used by mine", "".join(ended.warnings))

    def test_create_while_it_is_removed(self) -> None:
        """One of them wins; a domain never has half an image."""
        for _ in range(4):
            image = self.image()
            create = self.world.start("create", "ci", "--image", image, "-q")
            remove = self.world.start("image", "remove", image, "-q")
            made, removed = create.end(), remove.end()
            said = f"{made}\n{removed}"
            self.assertNotEqual(made.status == 0, removed.status == 0, said)
            self.assertEqual(["ci"] if made.status == 0 else [], list(self.world.appliances()), said)
            self.assertEqual(4 if made.status == 0 else 0, len(self.files(image)), said)
            self.world.do("destroy", "--now", "ci")

    def test_build_killed(self) -> None:
        """At any moment: no image, and the next build removes what is left."""
        recipe = self.world.templates / "appliance/build"
        good = recipe.read_text()
        self.addCleanup(recipe.write_text, good)
        slow = good + 'truncate -s 300M "$out/root.squashfs"\necho packed >&2\nsleep 1\n'
        for said in ("packed", "store .*vmlinuz", "store .*root.squashfs", "store .*manifest.json"):
            with self.subTest(said):
                recipe.write_text(slow)
                process = self.world.start("image", "build", "--name", "img")
                self.assertTrue(process.says(said))
                process.signal(signal.SIGKILL, everybody=False)
                process.end()
                recipe.write_text(good)
                wait_for(lambda: not self.working(), "the recipe's end")
                self.image()
                self.assertEqual(4 * len(self.listed()), len(self.files("img@")))
                self.assertEqual([], list(Path("/var/tmp").glob("runnerctl-build.*")))
                self.world.do("image", "verify", "-q")
                self.world.do("image", "remove", "--unused", "-q")

    def working(self) -> list[str]:
        """Directories of builds in which somebody works."""
        return [path for path in glob.glob("/var/tmp/runnerctl-build.*") if self.held(path)]

    @staticmethod
    def held(path: str) -> bool:
        """By a lock; not by flock(1), which makes a file of a directory that has just gone."""
        try:
            directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            return False
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        except BlockingIOError:
            return True
        finally:
            os.close(directory)


if __name__ == "__main__":
    live.main(Image, pool=OWN_POOL, failfast=False)
