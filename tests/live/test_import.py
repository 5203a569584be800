"""Images that were made elsewhere: taken as they are, or not at all.

    scripts/lab run -- python3 tests/live/test_import.py BUILD_DIR [TEST...]
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
import live  # noqa: E402  pylint: disable=wrong-import-position
from live import OWN_POOL, Case, virsh  # noqa: E402  pylint: disable=wrong-import-position

FAILED, USAGE = 1, 2


class Import(Case):
    """A bundle of the files of a built image, and what can be wrong with one."""

    bundle = live.FOLDER / "bundle"
    manifest: dict[str, Any] = {}

    def setUp(self) -> None:
        if not self.manifest:
            reference = self.world.build_image("built")
            Import.manifest = json.loads(
                (self.world.pool / f"{reference}.manifest.json").read_text())
            self.good = live.FOLDER / "good"
            self.good.mkdir()
            for name in (*self.manifest["files"], "manifest.json"):
                shutil.copy(self.world.pool / f"{reference}.{name}", self.good / name)
        shutil.rmtree(self.bundle, ignore_errors=True)
        shutil.copytree(live.FOLDER / "good", self.bundle)

    def tearDown(self) -> None:
        self.assertEqual([], list(Path("/var/tmp").glob("runnerctl-build.*")))
        self.world.do("image", "remove", "--unused", "-q")

    def write(self, manifest: Any) -> None:
        """Another manifest."""
        (self.bundle / "manifest.json").write_text(
            manifest if isinstance(manifest, str) else json.dumps(manifest))

    def imported(self, *more: object) -> str:
        """A good import's reference."""
        out = self.world.do("image", "import", "--bundle", self.bundle, "--name", "other", "-q",
                            *more).out
        self.assertRegex(out, r"^other@\S+ imported\n$")
        return out.split()[0]

    def no(self, said: str, *more: object, status: int = FAILED) -> None:
        """An import that is refused, with the bundle's name in the line."""
        ended = self.refused(status, said, "image", "import", "--bundle", self.bundle,
                             "--name", "other", *more)
        self.assertIn(str(self.bundle), ended.errors[0])

    def test_good(self) -> None:
        """Under another name, with what was in its manifest, and ready for create."""
        with self.nothing_changes("a dry run"):
            told = self.world.do("image", "import", "--bundle", self.bundle, "--name", "other",
                                 "-n", "--json", "-q").out
        version = self.manifest["version"]
        self.assertEqual([f"store other@{version} in the pool"], json.loads(told)["plan"])
        reference = self.imported()
        self.assertEqual(f"other@{version}", reference)
        stored = json.loads((self.world.pool / f"{reference}.manifest.json").read_text())
        self.assertEqual({**self.manifest, "name": "other"}, stored)
        self.world.do("image", "verify", reference, "-q")
        ended = self.world.do("create", "a", "--image", "other", "--dry-run")
        self.assertIn("define the domain of a.1", ended.out)
        ended = self.refused(FAILED, "exists already", "image", "import", "--bundle", self.bundle,
                             "--name", "other")
        self.world.do("image", "verify", reference, "-q")

    def test_without_an_initrd(self) -> None:
        """And with an erofs: the domain has the one and not the other."""
        (self.bundle / "initrd").unlink()
        (self.bundle / "root.squashfs").unlink()
        root = b"\0" * 1024 + b"\xe2\xe1\xf5\xe0" + b"\0" * 4096
        (self.bundle / "root.erofs").write_bytes(root)
        files = {"vmlinuz": self.manifest["files"]["vmlinuz"], "root.erofs": {
            "size": len(root), "sha256": hashlib.sha256(root).hexdigest()}}
        self.write({**self.manifest, "files": files})
        reference = self.imported()
        xml = self.world.do("create", "a", "--image", "other", "--print-xml", "-q").out
        self.assertIn(f"{reference}.root.erofs", xml)
        self.assertNotIn("initrd", xml)
        self.assertEqual("", live.fits_schema(xml))
        self.world.do("create", "a", "--image", "other", "-q")
        self.refused(FAILED, "used by a.1", "image", "remove", reference)
        self.world.do("destroy", "--now", "a")

    def test_manifests(self) -> None:
        """Whatever is wrong with one is told, and where."""
        files = self.manifest["files"]
        root = files["root.squashfs"]
        huge = '{"schema": 1, "x": "' + "a" * (100 << 20) + '"}'
        for said, manifest in (
                (r"line 1, column 2: this is not JSON", "{"),
                ("not an object", "[]"),
                ("manifest.json", huge),
                ("manifest.json", "\0" * 100),
                ("column", "[" * 100000),
                ("'surprise' is not known", {**self.manifest, "surprise": 1}),
                ("'cmdline' is not known", {**self.manifest, "layout": "disk"}),
                ("layout 'tape' is not supported", {**self.manifest, "layout": "tape"}),
                ("schema", {**self.manifest, "schema": 2}),
                ("'version'", {**self.manifest, "version": "../1"}),
                ("'name'", {**self.manifest, "name": "/etc"}),
                ("'cmdline' is missing or not a text", {**self.manifest, "cmdline": 1}),
                ("'cmdline' may not hold", {**self.manifest, "cmdline": "a\nb"}),
                ("it is made for riscv64", {**self.manifest, "architecture": "riscv64"}),
                ("holds a '/'", {**self.manifest, "files": {**files, "/etc/shadow": root}}),
                ("holds a '/'", {**self.manifest, "files": {**files, "../vmlinuz": root}}),
                ("not one of this layout", {**self.manifest, "files": {**files, "..": root}}),
                ("either root.squashfs or root.erofs",
                 {**self.manifest, "files": {**files, "root.erofs": root}}),
                ("there must be a vmlinuz", {**self.manifest, "files": {"root.squashfs": root}}),
                ("root.squashfs has .* bytes, its manifest says 5", {
                    **self.manifest, "files": {**files, "root.squashfs": {**root, "size": 5}}}),
                ("root.squashfs does not have the checksum", {**self.manifest, "files": {
                    **files, "root.squashfs": {**root, "sha256": "0" * 64}}})):
            with self.subTest(said):
                self.write(manifest)
                self.no(said)

    def test_files(self) -> None:
        """Nothing leads out of the bundle, and nothing is waited for."""
        def link(name: str) -> Callable[[], None]:
            return lambda: (self.bundle / name).symlink_to("/etc/hostname")

        def pipe() -> None:
            os.mkfifo(self.bundle / "root.squashfs")

        for name, said, make in (
                ("manifest.json", "manifest.json is a symbolic link", link("manifest.json")),
                ("initrd", "initrd is a symbolic link", link("initrd")),
                ("root.squashfs", "root.squashfs is not a regular file", pipe),
                ("vmlinuz", "vmlinuz is not a regular file", (self.bundle / "vmlinuz").mkdir),
                ("vmlinuz", "cannot open vmlinuz: No such file", lambda: None),
                ("manifest.json", "cannot open manifest.json: No such file", lambda: None)):
            with self.subTest(said):
                shutil.rmtree(self.bundle)
                shutil.copytree(live.FOLDER / "good", self.bundle)
                (self.bundle / name).unlink()
                make()
                self.no(said)
        self.setUp()
        text = b"not a file system at all"
        (self.bundle / "root.squashfs").write_bytes(text)
        self.write({**self.manifest, "files": {**self.manifest["files"], "root.squashfs": {
            "size": len(text), "sha256": hashlib.sha256(text).hexdigest()}}})
        self.no("root.squashfs does not hold the file system")
        shutil.rmtree(self.bundle)
        self.no("cannot open the directory")
        self.bundle.write_text("a file")
        self.no("cannot open the directory")
        self.bundle.unlink()
        self.refused(USAGE, "the version is that of the manifest", "image", "import", "--bundle",
                     self.bundle, "--name", "other@1")

    def test_signatures(self) -> None:
        """Only what a key of the keyring signed comes in."""
        keys = {}
        for name in "one", "two":
            home = live.FOLDER / f"gpg-{name}"
            home.mkdir(mode=0o700)
            gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet"]
            subprocess.run([*gpg, "--passphrase", "", "--quick-generate-key", f"{name}@test",
                            "ed25519", "sign"], check=True, stderr=subprocess.DEVNULL)
            subprocess.run([*gpg, "-o", home / "keyring.gpg", "--export"], check=True)
            subprocess.run([*gpg, "-o", home / "sig", "--detach-sign",
                            self.bundle / "manifest.json"], check=True)
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
            keys[name] = home
        ring, signature = keys["one"] / "keyring.gpg", keys["one"] / "sig"
        options = ("--signature", signature, "--keyring", ring)
        self.world.do("image", "remove", self.imported(*options), "-q")
        self.no("not a good one of this manifest: .*No public key", "--signature",
                keys["two"] / "sig", "--keyring", ring)
        self.no("manifest: gpgv does not know it for one", "--signature",
                self.world.file("no signature"), "--keyring", ring)
        self.no("cannot open /nosuch", "--signature", "/nosuch", "--keyring", ring)
        self.no("not a good one of this manifest", "--signature", signature, "--keyring",
                self.world.file(""))
        # One space more, and all its checksums still right.
        self.write(json.dumps(self.manifest) + " ")
        self.no("not a good one of this manifest: .*BAD signature", *options)
        # Signed nonsense is nonsense still, and unsigned nonsense is not even read.
        self.write("{")
        self.no("BAD signature", *options)
        self.setUp()
        with open(self.bundle / "vmlinuz", "r+b") as file:
            byte = file.read(1)[0]
            file.seek(0)
            file.write(bytes([byte ^ 1]))
        self.no("vmlinuz does not have the checksum", *options)

    def test_full_and_killed(self) -> None:
        """What cannot be stored whole is not stored, and what was killed is removed by the next."""
        process = self.world.start("image", "import", "--bundle", self.bundle, "--name", "other")
        self.assertTrue(process.says("store .*vmlinuz"))
        process.signal(9)
        process.end()
        reference = self.imported()
        self.assertEqual(4, len(list(self.world.pool.glob(f"{reference}*"))))
        self.world.do("image", "verify", "-q")
        self.assertTrue(re.search("other@", virsh("vol-list", "runnerctl")))


if __name__ == "__main__":
    live.main(Import, pool=OWN_POOL, failfast=False)
