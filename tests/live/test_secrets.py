"""Tokens are nowhere but where they must be: looked for in all that other users can see, and in all logs.

    scripts/lab run -- python3 tests/live/test_secrets.py BUILD_DIR [TEST...]

The runner's token is in its libvirt secret and on its config disk, both for root alone; the access
token is in the file that the user gave.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import live
from live import ADMIN, OWN_POOL, Case, Ended, say, virsh

SECRETS = Path("/etc/libvirt/secrets")

# Reads the arguments and environments of all processes until its standard input ends, then prints
# each different one once. A process of its own, so that nothing here slows it down.
SAMPLER = """
import glob, json, select, sys
seen, passes = {}, 0
while not select.select([sys.stdin], [], [], 0.005)[0]:
    passes += 1
    for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(path, "rb") as file:
                seen.setdefault(file.read(), path)
        except OSError:
            pass
json.dump([passes, [[path, text.decode("latin-1")] for text, path in seen.items()]], sys.stdout)
"""


class Sampler:
    """What `ps` could have shown to anybody while this was open."""

    def __enter__(self) -> Sampler:
        self._process = subprocess.Popen([sys.executable, "-I", "-c", SAMPLER], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_: object) -> None:
        told, _ = self._process.communicate("", 30)
        passes, self.seen = json.loads(told)
        say(f"{passes} looks at all processes, {len(self.seen)} different texts")


def files(root: Path, *but: Path) -> Iterator[Path]:
    """All files below, without those directories."""
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if Path(folder, name) not in but]
        for name in names:
            path = Path(folder, name)
            try:
                regular = stat.S_ISREG(path.lstat().st_mode)
            except FileNotFoundError:
                continue  # it went meanwhile
            if regular:
                yield path


class Secrets(Case):
    """The tests build on each other, in this order."""

    tokens: dict[str, str] = {}
    runs: list[Ended] = []

    @classmethod
    def setUpClass(cls) -> None:
        cls.world.build_image()

    def forms(self) -> Iterator[tuple[str, str]]:
        """Each token as it is, and as libvirt writes it."""
        for name, token in self.tokens.items():
            yield name, token
            yield f"{name} (base64)", base64.b64encode(token.encode()).decode().rstrip("=")

    def assert_clean(self, where: str, text: str | bytes) -> None:
        """No token is in it."""
        raw = text.encode("latin-1", "replace") if isinstance(text, str) else text
        for name, token in self.forms():
            if token.encode() in raw:
                at = raw.index(token.encode())
                context = raw[max(0, at - 80):at].decode("latin-1")
                self.fail(f"{name} is in {where}, after {context!r}")

    def keep(self, process: live.Process) -> Ended:
        """A run that must succeed, and is looked at later."""
        ended = process.end()
        self.runs.append(ended)
        self.assertEqual(0, ended.status, str(ended))
        return ended

    def test_1_while_it_works(self) -> None:
        """No argument and no environment of any process ever holds a token."""
        world = self.world
        world.do("create", "lent")
        lent = world.gitlab.new_runner()
        path, lent_path = world.token(), world.token(lent)

        def create() -> Ended:
            return self.keep(world.start("create", "owned", "-v", "--json", "--token-file", path))

        def register() -> Ended:
            with lent_path.open("rb") as file:
                return self.keep(world.start("register", "lent", "-v", "--token", "-", stdin=file))

        with Sampler() as sampler, ThreadPoolExecutor(2) as pool:
            for ended in pool.map(lambda run: run(), (create, register)):
                say(f"{ended.seconds:5.1f} s  {live.shown(ended.arguments[2:4])}")
        for one in world.gitlab.runners():
            self.tokens[f"the runner token of {one['description'].split()[0]}"] = one["token"]
        self.tokens["the access token"] = ADMIN
        self.assertEqual(3, len(self.tokens))
        self.assertIn(lent, self.tokens.values())
        self.assertTrue(any("libguestfs" in text or "guestfs" in text for _, text in sampler.seen),
                        "the sampler did not even see libguestfs")
        for where, text in sampler.seen:
            self.assert_clean(f"{where}: {text[:60]!r}", text)

    def test_2_what_the_program_says(self) -> None:
        """On both streams, with -v, with --json, by every verb that shows something."""
        for arguments in (("list", "--json"), ("list", "-v"), ("status", "--json"), ("status", "-v"),
                          ("status", "owned"), ("image", "list", "--json"),
                          ("destroy", "--dry-run", "owned", "lent", "--json"),
                          ("create", "--print-xml", "other", "--token-file",
                           str(self.world.token()))):
            self.keep(self.world.start(*arguments))
        for ended in self.runs:
            self.assert_clean(live.shown(ended.arguments), ended.out + ended.err)

    def test_3_what_libvirt_tells(self) -> None:
        """To whoever may read, and to whoever may write: XML never holds a token."""
        documents = [(kind, name) for kind, names in {
            "": ["owned.1", "lent.1"], "net-": ["runnerctl"], "pool-": ["runnerctl"],
            "secret-": virsh("secret-list").split()[::2],
        }.items() for name in names]
        self.assertEqual(6, len(documents), "there should be two secrets")
        for kind, name in documents:
            for connection in ((), ("-r",)):
                self.assert_clean(f"{kind}dumpxml {name}",
                                  virsh(*connection, f"{kind}dumpxml", name))
        for name in ("owned.1", "lent.1"):
            for option in ("--inactive", "--security-info"):
                self.assert_clean(option, virsh("dumpxml", name, option))
            metadata = virsh("-r", "metadata", name, "urn:runnerctl:appliance:1")
            self.assertIn("runner", metadata)
            self.assert_clean("metadata", metadata)
        for volume in OWN_POOL.iterdir():
            self.assert_clean("vol-dumpxml", virsh("vol-dumpxml", volume))
        denied = subprocess.run(["virsh", "-r", "secret-get-value", documents[-1][1]],
                                capture_output=True, check=False)
        self.assertNotEqual(0, denied.returncode)

    def test_4_files(self) -> None:
        """Logs, run-time files, definitions, records, and GitLab's request log."""
        lab = Path(os.environ["LAB_DIR"])
        # Not: where tokens may be (the next test), images, and what is no file.
        but = (SECRETS, Path("/run/lab/etc-libvirt/secrets"), live.FOLDER, Path("/run/netns"),
               *(root / name for root in (lab / "libvirt", Path("/var/lib/libvirt"))
                 for name in (OWN_POOL.name, live.POOL.name, "images")))
        roots = [lab, Path("/etc/libvirt"), Path("/run"), Path("/var/lib/libvirt")]
        if os.path.ismount("/tmp"):
            roots.append(Path("/tmp"))
        looked = 0
        for root in roots:
            for path in files(root, *but):
                try:
                    content = path.read_bytes()
                except FileNotFoundError:
                    continue  # it went meanwhile
                self.assert_clean(str(path), content)
                looked += 1
        self.assertGreater(looked, 20)
        log = self.world.gitlab.log.read_bytes()
        self.assertIn(b"/user/runners", log)
        self.assert_clean("GitLab's request log", log)
        say(f"{looked} files are clean")
        self.assertEqual([], [path.name for path in live.RUN.iterdir()
                              if not path.name.endswith(".lock")])

    def test_5_where_they_may_be(self) -> None:
        """Runner tokens: in secret and config disk, for root alone. The access token: nowhere."""
        for path in files(SECRETS):
            self.assertEqual((0o600, 0), (stat.S_IMODE(path.stat().st_mode), path.stat().st_uid))
        for name in ("owned", "lent"):
            token = self.tokens[f"the runner token of {name}"]
            uuid = self.world.appliances()[name]["uuid"]
            value = base64.b64decode(virsh("secret-get-value", uuid)).decode()
            self.assertEqual(token, value)
            disk = OWN_POOL / f"{name}.1.config"
            self.assertEqual(0o600, stat.S_IMODE(disk.stat().st_mode))
            content = disk.read_bytes()
            self.assertEqual(1, content.count(token.encode()), "the token should be there once")
            self.assertNotIn(ADMIN.encode(), content)
            self.assertNotIn(ADMIN.encode(), (OWN_POOL / f"{name}.1.data").read_bytes())

    def test_6_a_token_on_the_command_line(self) -> None:
        """It works, is warned of, and is wiped before anything else is done."""
        for given in (("--token", ADMIN), (f"--token={ADMIN}",)):
            last = self.world.gitlab.last_request()
            with self.world.gitlab.fault("hang", "/personal_access_tokens/self$", seconds=1,
                                         answer=True, when="after"):
                process = self.world.start("create", "--dry-run", "other", *given)
                arguments = Path(f"/proc/{process.popen.pid}/cmdline")
                begun, exposed, looks = time.monotonic(), 0.0, 0
                self.assertIn(b"--dry-run\0other\0--token", arguments.read_bytes())
                while process.popen.poll() is None:
                    warned = process.has_said("warning")
                    text = arguments.read_bytes()
                    looks += 1
                    if ADMIN.encode() in text:
                        exposed = time.monotonic() - begun
                        self.assertFalse(warned, "still there after the warning")
                ended = process.end()
            say(f"{looks} looks; last seen {1000 * exposed:.1f} ms after the start")
            self.assertEqual(0, ended.status, str(ended))
            self.assertLess(exposed, 0.5)
            self.assertGreater(looks, 50)
            self.assertRegex("".join(ended.warnings), "--token-file")
            self.assert_clean("its output", ended.out + ended.err)
            kinds = [one["auth"]["kind"] for one in self.world.gitlab.requests(last)]
            self.assertEqual(["access_token"], kinds, "the token did not arrive")

    def test_7_no_core(self) -> None:
        """A crash writes no memory to the disk, and nobody can attach."""
        with self.world.gitlab.fault("hang", "/personal_access_tokens/self$", seconds=2):
            process = self.world.start("create", "--dry-run", "other", "--token-file",
                                       self.world.token())
            process.says("ask https")
            limits = Path(f"/proc/{process.popen.pid}/limits").read_text()
            self.assertRegex(limits, r"Max core file size\s+0\s+0")
            process.signal(signal.SIGSEGV)
            ended = process.end()
        self.assertEqual(-signal.SIGSEGV, ended.status)
        self.assertEqual([], list(Path.cwd().glob("core*")))

    def test_8_afterwards(self) -> None:
        """destroy takes the tokens along."""
        with Sampler() as sampler:
            self.keep(self.world.start("destroy", "--now", "-v", "owned", "lent"))
        for where, text in sampler.seen:
            self.assert_clean(where, text)
        self.assert_clean("destroy", self.runs[-1].out + self.runs[-1].err)
        self.assertEqual([], list(SECRETS.iterdir()))
        for path in files(OWN_POOL):
            self.assert_clean(str(path), path.read_bytes())
        left = [one["description"] for one in self.world.gitlab.runners()]
        self.assertEqual(["lent"], left)


if __name__ == "__main__":
    live.main(Secrets, pool=OWN_POOL)
