"""The image's recipe: what it refuses at once, whom it trusts, and that it makes the same twice.

    python3 tests/live/test_recipe.py [TEST...]        as root; Debian's packages come by apt

GitLab's package repository is one of the test's own, on loopback, signed with a key of the test's.
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
RECIPE = SOURCE / "templates/appliance/build"
MIB = 1 << 20
ARCH = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True,
                      check=True).stdout.strip()
OTHER = "arm64" if ARCH == "amd64" else "amd64"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files, without a word."""

    def log_message(self, *_: object) -> None:  # pylint: disable=arguments-differ
        """Says nothing."""


def call(*arguments: object, **options: object) -> str:
    """A program that must succeed; what it says."""
    return subprocess.run([str(one) for one in arguments], check=True, text=True,
                          capture_output=True, **options).stdout  # type: ignore[call-overload]


def package(folder: Path, name: str, version: str, arch: str = ARCH, depends: str = "") -> Path:
    """A Debian package; that of gitlab-runner has a script for a program."""
    tree = folder / f"{name}-{version}"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: {arch}\nMaintainer: a test\n"
        f"Description: a test\n" + (f"Depends: {depends}\n" if depends else ""))
    if name == "gitlab-runner":
        (tree / "usr/bin").mkdir(parents=True)
        (tree / "usr/bin/gitlab-runner").write_text(f"#!/bin/sh\necho 'Version: {version}'\n")
        (tree / "usr/bin/gitlab-runner").chmod(0o755)
    deb = folder / f"{name}_{version}_{arch}.deb"
    call("dpkg-deb", "--build", "--root-owner-group", tree, deb)
    shutil.rmtree(tree)
    return deb


class Case(unittest.TestCase):
    """A folder of its own, in which nothing but what was asked for may appear."""

    def setUp(self) -> None:
        # Not in /tmp: apt's own user must reach it.
        self.folder = Path(tempfile.mkdtemp(prefix="runnerctl-recipe.", dir="/var/tmp"))
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder)

    def build(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """A run of the recipe into the folder `out`."""
        return subprocess.run([RECIPE, "--output", self.folder / "out/image", *map(str, arguments)],
                              capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, env={**os.environ, **environment})

    def refused(self, said: str, *arguments: object, within: float = 600.0) -> None:
        """Its last line says why, and nothing is left."""
        begun = time.monotonic()
        ended = self.build(*arguments)
        seconds = time.monotonic() - begun
        print(f"{seconds:6.1f} s  {ended.stderr.strip().splitlines()[-1]}", flush=True)
        self.assertEqual(1, ended.returncode, ended.stderr)
        last = ended.stderr.strip().splitlines()[-1]
        self.assertRegex(last, r"^image build: .*" + said, ended.stderr)
        self.assertLess(seconds, within)
        self.assertEqual([], sorted(path.name for path in self.folder.glob("out/*")))
        self.assertEqual([], sorted(path.name for path in self.folder.glob("out/.*")))


class Inputs(Case):
    """Files that are not what they should be are refused before anything long begins."""

    def file(self, name: str, content: bytes) -> Path:
        """A file with that content."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def tar(self, name: str, **members: str) -> Path:
        """A tar file of texts."""
        path = self.folder / name
        with tarfile.open(path, "w") as archive:
            for member, text in members.items():
                entry = tarfile.TarInfo(member.replace("__", "/").replace("_json", ".json"))
                entry.size = len(text)
                archive.addfile(entry, io.BytesIO(text.encode()))
        return path

    def test_debs(self) -> None:
        """Not a package, for another machine, another package."""
        self.refused("no such file: /nosuch", "--runner-deb", "/nosuch", within=10)
        self.refused("is not a Debian package", "--runner-deb", self.file("a.deb", b"no"), within=10)
        self.refused(f"is for {OTHER}, this image is for {ARCH}", "--runner-deb",
                     package(self.folder, "gitlab-runner", "1.0", OTHER), within=10)
        self.refused("is the package jq, not gitlab-runner", "--runner-deb",
                     package(self.folder, "jq", "1.0"), within=10)

    def test_binaries(self) -> None:
        """A text, and a program of another machine."""
        self.refused("is not a program", "--runner-binary", self.file("a", b"hello"), within=10)
        self.refused("is not a program", "--runner-binary", self.file("b", b""), within=10)
        machine = bytearray(Path("/bin/true").read_bytes()[:64])
        machine[18:20] = b"\x08\x00"
        self.refused("another kind of machine", "--runner-binary", self.file("c", bytes(machine)),
                     within=10)

    def test_preloads(self) -> None:
        """What docker would not load."""
        manifest = '[{"Config":"c_json","RepoTags":["a:1"],"Layers":["l.tar"]}]'.replace("_", ".")
        for said, path in (
                ("not an archive of 'docker save'", self.file("a", b"no tar")),
                ("not an archive of 'docker save'", self.file("b", b"")),
                ("not an archive of 'docker save'", self.tar("c", other="x")),
                ("not one of docker's", self.tar("d", manifest_json='{"a": 1}')),
                ("not one of docker's", self.tar("e", manifest_json="x")),
                ("lacks c.json", self.tar("f", manifest_json=manifest)),
                ("lacks l.tar", self.tar("g", manifest_json=manifest, c_json="{}")),
                (f"is an image for {OTHER}, this one is for {ARCH}", self.tar(
                    "h", manifest_json=manifest, c_json=f'{{"architecture": "{OTHER}"}}',
                    **{"l.tar": "x"}))):
            with self.subTest(said):
                self.refused(said, "--runner-binary", "/bin/true", "--preload", path, within=10)
        good = self.folder / "good.tar"
        call(SOURCE / "tests/fake/job-image", "--output", good, "--tag", "a:1")
        ended = self.build("--check", "--runner-binary", "/bin/true", "--preload", good)
        self.assertEqual((0, "", []), (ended.returncode, ended.stderr,
                                       list(self.folder.glob("out/*"))))

    def test_words(self) -> None:
        """Values that no repository, shell or apt should ever see."""
        for said, *arguments in (
                ("not the name of a Debian release", "--suite", "../x"),
                ("not the name of a Debian package", "--package", "jq; rm"),
                ("not a version", "--runner-version", "1 2"),
                ("--runner-version chooses", "--runner-version", "1", "--runner-binary", "/bin/true"),
                ("unknown option", "--runner-dep", "x")):
            self.refused(said, *arguments, within=10)
        ended = self.build("--runner-binary", "/bin/true", SOURCE_DATE_EPOCH="yesterday")
        self.assertIn("SOURCE_DATE_EPOCH=yesterday: not a number", ended.stderr)


class Ended(Case):
    """A build that is told to end, while packages are being installed."""

    def test_signals(self) -> None:
        """It ends at once, by that signal's status, and leaves no file, mount or process."""
        for number, status, said in (signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated"):
            with self.subTest(said):
                process = subprocess.Popen([RECIPE, "--output", self.folder / "out/image", "--runner-binary", "/bin/true"],
                                           stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
                assert process.stderr
                self.assertIn("installing Debian", process.stderr.readline())
                root = None
                for _ in range(3000):
                    root = next(self.folder.glob("out/.image-build.*/root/usr/bin"), None)
                    if root:
                        break
                    time.sleep(0.1)
                self.assertTrue(root, "nothing was installed within five minutes")
                process.send_signal(number)
                begun = time.monotonic()
                told = process.communicate(timeout=120)[1]
                seconds = time.monotonic() - begun
                print(f"{seconds:6.1f} s  {said}", flush=True)
                self.assertLess(seconds, 20)
                self.assertEqual((status, f"image build: {said}; nothing was made"),
                                 (process.returncode, told.strip().splitlines()[-1]))
                self.assertEqual([], list(self.folder.glob("out/*")) + list(self.folder.glob("out/.*")))
                self.assertNotIn(str(self.folder), Path("/proc/self/mounts").read_text())
                # Who was killed last is there until init has waited for it.
                for _ in range(50):
                    there = subprocess.run(["pgrep", "-af", str(self.folder)], check=False, text=True,
                                           stdout=subprocess.PIPE).stdout
                    if not there:
                        break
                    time.sleep(0.1)
                self.assertEqual("", there)


class Archive(Case):
    """GitLab's repository, and what becomes of it in other hands."""

    def setUp(self) -> None:
        super().setUp()
        self.served = self.folder / "served"
        self.suite = self.served / "dists/bookworm"
        self.suite.mkdir(parents=True)
        (self.served / "pool").mkdir()
        for version in "17.5.0-1", "17.10.0-1":
            package(self.served / "pool", "gitlab-runner", version,
                    depends=f"gitlab-runner-helper-images (= {version})")
            package(self.served / "pool", "gitlab-runner-helper-images", version, "all")
        # A repository that suddenly offers more than the runner.
        package(self.served / "pool", "base-files", "999", ARCH)
        self.fingerprint = self.key("one")
        self.key("two")
        call("gpg", "--homedir", self.home("one"), "--batch", "--armor", "-o",
             self.served / "gpgkey", "--export")
        handler = functools.partial(Quiet, directory=str(self.served))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.index()
        self.sign("one")

    def home(self, name: str) -> Path:
        """Where that key is kept."""
        return self.folder / f"gpg-{name}"

    def key(self, name: str) -> str:
        """Makes a key; its fingerprint."""
        self.home(name).mkdir(mode=0o700)
        call("gpg", "--homedir", self.home(name), "--batch", "--passphrase", "",
             "--quick-generate-key", f"{name}@test", "ed25519", "sign")
        self.addCleanup(subprocess.run, ["gpgconf", "--homedir", self.home(name), "--kill", "all"],
                        check=False)
        told = call("gpg", "--homedir", self.home(name), "--batch", "--with-colons", "--list-keys")
        return next(line.split(":")[9] for line in told.splitlines() if line.startswith("fpr:"))

    def index(self) -> None:
        """Packages and Release, as they are now."""
        binary = self.suite / f"main/binary-{ARCH}"
        binary.mkdir(parents=True, exist_ok=True)
        packages = call("apt-ftparchive", "packages", "pool", cwd=self.served)
        (binary / "Packages").write_text(packages)
        (self.suite / "Release").unlink(missing_ok=True)
        release = call("apt-ftparchive", "-o", "APT::FTPArchive::Release::Codename=bookworm",
                       "-o", "APT::FTPArchive::Release::Suite=bookworm", "-o",
                       f"APT::FTPArchive::Release::Architectures={ARCH}", "-o",
                       "APT::FTPArchive::Release::Components=main", "release", self.suite)
        (self.suite / "Release").write_text(release)

    def sign(self, name: str) -> None:
        """With that key, and no other."""
        (self.suite / "InRelease").unlink(missing_ok=True)
        call("gpg", "--homedir", self.home(name), "--batch", "--clearsign", "-o",
             self.suite / "InRelease", self.suite / "Release")

    def source(self, *more: object) -> list[object]:
        """The options that name it."""
        return ["--runner-repo", self.url, "--runner-key-url", f"{self.url}/gpgkey",
                "--runner-key-fingerprint", self.fingerprint, *more]

    def test_refused(self) -> None:
        """Nothing is taken from a source that the pinned key did not sign."""
        def tamper_with_index() -> None:
            path = self.suite / f"main/binary-{ARCH}/Packages"
            path.write_text(path.read_text().replace("a test", "a rest"))

        def tamper_with_release() -> None:
            path = self.suite / "InRelease"
            path.write_text(path.read_text().replace("Suite: bookworm", "Suite: bookwork"))

        def no_signature() -> None:
            (self.suite / "InRelease").unlink()

        unsigned = f"the package source {self.url} is not signed by its key"
        for what, said, damage in (
                ("signed by another key", unsigned, lambda: self.sign("two")),
                ("not signed", unsigned, no_signature),
                ("a changed Release", unsigned, tamper_with_release),
                ("a changed index", "serves something else than it has signed", tamper_with_index),
                ("only versions that begin like it", "there is no gitlab-runner 17.1 for bookworm in "
                 + self.url, lambda: None)):
            with self.subTest(what):
                self.index()
                self.sign("one")
                damage()
                self.refused(said, *self.source("--runner-version", "17.1"), within=300)

    def test_a_changed_package(self) -> None:
        """An honest index does not help a package that was exchanged."""
        path = next((self.served / "pool").glob("gitlab-runner_17.10.0-1_*.deb"))
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        self.refused("serves something else than it has signed", *self.source())

    def test_the_key(self) -> None:
        """The one that is pinned, alone."""
        self.index()
        wrong = self.source()
        wrong[5] = "0" * 40
        self.refused(f"is not the expected one .*got {self.fingerprint}", *wrong, within=20)
        call("gpg", "--homedir", self.home("one"), "--batch", "--import",
             self.export("two"))
        call("gpg", "--homedir", self.home("one"), "--batch", "--yes", "--armor", "-o",
             self.served / "gpgkey", "--export")
        self.refused("is not the expected one", *self.source(), within=20)
        (self.served / "gpgkey").write_text("<html>Sign in</html>")
        self.refused("got no key", *self.source(), within=20)
        (self.served / "gpgkey").unlink()
        self.refused("no signing key from", *self.source(), within=20)

    def export(self, name: str) -> Path:
        """The public half of that key, in a file."""
        path = self.folder / f"{name}.asc"
        call("gpg", "--homedir", self.home(name), "--batch", "--armor", "-o", path, "--export")
        return path

    def test_the_same_twice(self) -> None:
        """One version, all packages listed, small, and the same checksums on another run."""
        begun = time.time()
        images = []
        for epoch in None, "of the first":
            image = self.folder / "out/image"
            environment = {"SOURCE_DATE_EPOCH": str(self.date(images[0]))} if epoch else {}
            ended = self.build(*self.source("--runner-version", "17.5.0"), **environment)
            self.assertEqual(0, ended.returncode, ended.stderr)
            self.assertEqual(
                ["cmdline", "contents.json", "initrd", "root.squashfs", "vmlinuz"],
                sorted(path.name for path in image.iterdir()))
            images.append(image.rename(self.folder / f"image-{len(images)}"))
        contents = json.loads((images[0] / "contents.json").read_text())
        self.assertEqual("17.5.0-1", contents["gitlab-runner"])
        self.assertEqual("17.5.0-1", contents["packages"]["gitlab-runner-helper-images"])
        self.assertNotEqual("999", contents["packages"]["base-files"])
        self.assertEqual(contents["docker"], contents["packages"]["docker.io"])
        for name in "root.squashfs", "initrd", "vmlinuz", "cmdline", "contents.json":
            sums = [hashlib.sha256((image / name).read_bytes()).hexdigest() for image in images]
            print(f"{(images[0] / name).stat().st_size / MIB:8.1f} MiB  {sums[0][:16]}  {name}")
            self.assertEqual(*sums, name)
        self.assertLess(self.date(images[0]), begun, "the date is that of the build")
        self.assertLessEqual((images[0] / "root.squashfs").stat().st_size, 200 * MIB)
        self.assertLessEqual((images[0] / "initrd").stat().st_size, 8 * MIB)

    @staticmethod
    def date(image: Path) -> int:
        """When the root was made, as its superblock says."""
        with open(image / "root.squashfs", "rb") as file:
            return int.from_bytes(file.read(12)[8:12], "little")


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("test_recipe: needs root")
    unittest.main(verbosity=1)
