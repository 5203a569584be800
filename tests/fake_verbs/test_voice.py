#!/usr/bin/python3
"""The real program, as a person or a script meets it, over verbs that are canned (fake_verbs.c).

    RUNNERCTL=build/runnerctl FAKE_VERBS=build/tests/fake_verbs test_voice.py [TEST...]
"""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

RUNNERCTL = os.path.abspath(os.environ.get("RUNNERCTL", "build/runnerctl"))
FAKE_VERBS = os.path.abspath(os.environ.get("FAKE_VERBS", "build/tests/fake_verbs"))
SECRET = "glrt-0123456789secret"


class Case(unittest.TestCase):
    """Runs the program in an environment of its own, with a record of what the verbs were asked."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.log = self.folder / "log"
        self.env = {
            "PATH": os.environ["PATH"],
            "LD_LIBRARY_PATH": FAKE_VERBS,
            "RC_FAKE_LOG": str(self.log),
            "TERM": "xterm",
            "LC_ALL": "C.UTF-8",
            "ASAN_OPTIONS": "verify_asan_link_order=0",
        }

    def start(self, *arguments: str, **options) -> subprocess.Popen:
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE, **options}
        return subprocess.Popen([RUNNERCTL, *arguments], env=self.env, text=True, **options)

    def run_it(self, *arguments: str, status: int = 0, **options) -> tuple[str, str]:
        """Standard output and standard error of a run that ends with this status."""
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, status, f"{arguments}: {out}{err}")
        return out or "", err or ""

    def record(self) -> str:
        return self.log.read_text() if self.log.exists() else ""


class Arguments(Case):
    """What the verbs are asked for is what the command line says."""

    def test_create(self) -> None:
        self.run_it("create", "ci", "--count", "2", "--image", "i", "--profile=p", "--cpus", "4",
                    "--cpu-cap", "1.5", "--memory", "4GiB", "--disk", "20GiB", "--token-file",
                    "/t", "--url", "https://g", "--ca-file", "/ca", "--group", "7", "--tags",
                    "a,b", "--wait=5m", "-c", "test:///x", "--config", "/conf", "--accel", "tcg")
        self.assertEqual(self.record(), (
            "open connect=test:///x config=/conf accel=tcg writes=1\n"
            "create names=ci-1,ci-2 image=i profile=p cpus=4 cap=150 memory=4294967296 "
            "disk=21474836480 dry_run=0 xml=0\n"
            "runner token=- file=/t url=https://g ca=/ca tags=a,b group=7 project=0 wait=300 "
            "dry_run=0\n"
            "close\n"))

    def test_register(self) -> None:
        self.run_it("register", "ci", "--token", SECRET, "--project", "9", "--wait")
        self.assertIn("register name=ci\n"
                      f"runner token={SECRET} file=- url=- ca=- tags=- group=0 project=9 wait=600 "
                      "dry_run=0\n", self.record())

    def test_token_from_standard_input(self) -> None:
        for option in ("--token", "--token-file"):
            self.run_it("register", "ci", option, "-")
            self.assertIn("runner token=- file=- ", self.record())

    def test_destroy(self) -> None:
        self.run_it("destroy", "a", "b", "--drain-timeout", "30m", "--forget", "-n")
        self.assertIn("destroy names=a,b drain=1800 now=0 forget=1 dry_run=1\n", self.record())
        self.run_it("destroy", "a", "--now")
        self.assertIn("destroy names=a drain=-1 now=1 forget=0 dry_run=0\n", self.record())

    def test_image_build(self) -> None:
        self.run_it("image", "build", "--name", "n", "--suite", "s", "--mirror", "m",
                    "--runner-deb", "d", "--package", "p", "--package", "q", "--preload", "t")
        self.assertIn("image build name=n suite=s mirror=m deb=d binary=- packages=p,q preloads=t "
                      "dry_run=0\n", self.record())

    def test_connection_asked_for(self) -> None:
        for verb, writes in (["list"], 0), (["image", "list"], 1), (["status"], 1):
            self.log.unlink(missing_ok=True)
            self.run_it(*verb)
            self.assertIn(f"writes={writes}\n", self.record())

    def test_mistakes_reach_no_verb(self) -> None:
        for arguments in (["create"], ["create", "Ci"], ["create", "a", "a"],
                          ["create", "a", "b", "--count", "2"], ["create", "a", "--count", "101"],
                          ["create", "x" * 30, "--count", "2"],
                          ["create", "a", "--group", "1", "--project", "2"],
                          ["create", "a", "--token", "-", "--token-file", "f"],
                          ["create", "a", "--tags", "a\nb"],
                          ["destroy", "a", "--now", "--drain-timeout", "5m"],
                          ["status", "-"], ["list", "a"], ["image"], ["image", "build", "x"],
                          ["image", "build", "--runner-deb", "a", "--runner-binary", "b"]):
            out, err = self.run_it(*arguments, status=2)
            self.assertEqual(out, "", arguments)
            self.assertRegex(err, r"^runnerctl: [^\n]+\nhint: [^\n]+\n$", arguments)
        self.assertEqual(self.record(), "")


class Results(Case):
    """Results on standard output, words beside them, and one exit status."""

    def test_exit_status(self) -> None:
        for names, status in ((["a"], 0), (["full"], 5), (["lost"], 3), (["refused"], 8),
                              (["full", "full-2"], 5), (["full", "lost"], 1),
                              (["a", "full"], 4)):
            self.run_it("destroy", *names, status=status)
        self.run_it("register", "nothing", status=6)
        self.run_it("list", "-c", "fake:broken", status=7)
        self.run_it("status", "nobody", status=3)

    def test_create(self) -> None:
        out, err = self.run_it("create", "plain", "-q")
        self.assertEqual((out, err), ("plain created\n", ""))
        out, err = self.run_it("create", "plain")
        self.assertEqual(err.splitlines()[-1],
                         "next: runnerctl register plain --token-file FILE")
        out, _ = self.run_it("create", "emu", "--wait")
        self.assertEqual(out, "emu created, runner #42 ready (emulated: no security boundary)\n")

    def test_dry_run(self) -> None:
        out, err = self.run_it("create", "a", "-n")
        self.assertEqual(out, "a would be created:\n  define the domain\n  make the disks\n")
        self.assertEqual(err, "runnerctl: dry run: nothing was changed\n")

    def test_print_xml(self) -> None:
        out, _ = self.run_it("create", "a", "--print-xml", "-q")
        self.assertEqual(out, "<domain>\n\t<name>a.1</name>\n</domain>\n")
        self.assertIn("dry_run=1 xml=1", self.record())

    def test_one_of_several_fails(self) -> None:
        out, err = self.run_it("create", "plain", "refused", "-q", status=4)
        self.assertEqual(out, "plain created\n")
        self.assertEqual(err, "runnerctl: refused: GitLab says: 403 Forbidden?[2J - insufficient "
                              "scope\nhint: the token needs the scope create_runner\n")

    def test_empty(self) -> None:
        for verb in (["list"], ["status"], ["image", "list"]):
            out, err = self.run_it(*verb, "-c", "fake:empty")
            self.assertEqual(out, "")
            self.assertIn("yet; 'runnerctl ", err)

    def test_list_fits_80_columns(self) -> None:
        for verb in ("list", "status"):
            out, _ = self.run_it(verb)
            self.assertLess(max(map(len, out.splitlines())), 80)

    def test_json(self) -> None:
        for arguments, key in ((["list"], "appliances"), (["status", "ci-1"], "appliances"),
                               (["image", "list"], "images"), (["image", "build"], "images"),
                               (["image", "build", "-n"], "plan"), (["create", "a"], "results"),
                               (["register", "a"], "results"), (["destroy", "a"], "results"),
                               (["create", "a", "-n"], "results"), (["version"], "version")):
            out, _ = self.run_it(*arguments, "--json")
            self.assertEqual(out.count("\n"), 1)
            self.assertEqual(list(json.loads(out)), ["schema", key])
        out, _ = self.run_it("list", "--json", "-c", "fake:empty")
        self.assertEqual(json.loads(out), {"schema": 1, "appliances": []})

    def test_json_with_errors(self) -> None:
        out, err = self.run_it("create", "a", "full", "--json", "-q", status=4)
        first, second = json.loads(out)["results"]
        self.assertEqual((first["name"], first["ok"], "error" in first), ("a", True, False))
        self.assertEqual(second, {"name": "full", "ok": False, "error": {
            "code": "no_room",
            "text": "the host has 1.5 GiB of memory to spare, 2 GiB are asked for",
            "hint": "destroy an appliance, or use --memory"}})
        self.assertIn("runnerctl: full: the host has", err)

    def test_output_that_cannot_be_written(self) -> None:
        with open("/dev/full", "w", encoding="ascii") as full:
            for arguments in (["--help"], ["list"], ["version"], ["list", "--json"]):
                _, err = self.run_it(*arguments, status=1, stdout=full)
                self.assertIn("cannot write the result: No space left on device", err)

    def test_reader_that_went_away(self) -> None:
        read_end, write_end = os.pipe()
        os.close(read_end)
        _, err = self.run_it("list", status=1, stdout=write_end)
        os.close(write_end)
        self.assertIn("cannot write the result: Broken pipe", err)

    def test_closed_descriptors(self) -> None:
        shell = subprocess.run(["sh", "-c", '"$0" list >&-', RUNNERCTL], env=self.env, text=True,
                               capture_output=True, check=False)
        self.assertEqual(shell.returncode, 1)
        self.assertIn("cannot write the result", shell.stderr)
        shell = subprocess.run(["sh", "-c", '"$0" list 2>&- <&-', RUNNERCTL], env=self.env,
                               capture_output=True, check=False)
        self.assertEqual(shell.returncode, 0)


class Secrets(Case):
    """A token is seen by the verbs and by nobody else."""

    def test_never_printed(self) -> None:
        for arguments in (["register", "ci", "--token", SECRET],
                          ["register", "ci", f"--token={SECRET}", "-v"],
                          ["register", "refused", "--token", SECRET, "--json"],
                          ["register", "ci", SECRET], ["register", SECRET], [SECRET],
                          ["register", "ci", f"--tokne={SECRET}"],
                          ["register", "ci", "--token", SECRET, "--bogus"],
                          ["register", "ci", "--bogus", "--token", SECRET],
                          ["register", "ci", "--token", SECRET, "--token", SECRET],
                          ["register", "ci", "--token", SECRET, "--token-file", "f"]):
            process = self.start(*arguments)
            out, err = process.communicate(timeout=30)
            self.assertNotIn(SECRET, out + err, arguments)

    def test_warned_about(self) -> None:
        _, err = self.run_it("register", "ci", "--token", SECRET, "-q")
        self.assertRegex(err, "^runnerctl: warning: .*--token-file FILE or --token -\n")
        _, err = self.run_it("register", "ci", "--token-file", "f", "-q")
        self.assertNotIn("--token", err)

    def test_not_in_arguments_of_the_process(self) -> None:
        process = self.start("create", "slow", "--token", SECRET, "--wait=5m")
        while "create names=slow" not in self.record():
            time.sleep(0.01)
        cmdline = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        self.assertNotIn(b"glrt", cmdline)
        self.assertIn(b"create\0slow\0--token\0", cmdline)
        self.assertTrue(cmdline.endswith(b"\0--wait=5m\0"))

    def test_no_core_files(self) -> None:
        process = self.start("create", "slow")
        while "create names=slow" not in self.record():
            time.sleep(0.01)
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        owner = os.stat(f"/proc/{process.pid}/environ").st_uid
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        self.assertRegex(limits, r"Max core file size +0 +0 ")
        self.assertEqual(owner, 0)


class Signals(Case):
    """^C asks; the verb undoes what it did."""

    def stop(self, *signals: int, preexec=None) -> tuple[int, str]:
        process = self.start("create", "slow", preexec_fn=preexec)
        while "create names=slow" not in self.record():
            time.sleep(0.01)
        for number in signals:
            process.send_signal(number)
            time.sleep(0.05)
        _, err = process.communicate(timeout=30)
        return process.returncode, err

    def test_stops_once(self) -> None:
        for signals in ([signal.SIGINT], [signal.SIGTERM], [signal.SIGHUP],
                        [signal.SIGINT, signal.SIGINT, signal.SIGTERM]):
            self.log.unlink(missing_ok=True)
            code, err = self.stop(*signals)
            self.assertEqual(code, 1)
            self.assertEqual(err, "make the disks of slow.1\n"
                                  "runnerctl: stopping; undoing what was done...\n"
                                  "undo: remove the disks of slow.1\n"
                                  "runnerctl: slow: interrupted\n")
            self.assertTrue(self.record().endswith("close\n"))

    def test_ignored_stays_ignored(self) -> None:
        code, err = self.stop(signal.SIGHUP, signal.SIGTERM, preexec=lambda: signal.signal(
            signal.SIGHUP, signal.SIG_IGN))
        self.assertEqual((code, err.count("stopping")), (1, 1))


class Terminal(Case):
    """What a terminal shows."""

    def on_terminal(self, *arguments: str, typed: bytes = b"", width: int = 80,
                    after: float = 0.0) -> tuple[int, str]:
        pid, master = pty.fork()
        if pid == 0:
            os.system(f"stty cols {width} rows 24")
            os.execve(RUNNERCTL, [RUNNERCTL, *arguments], self.env)
        output = b""
        begun = time.monotonic()
        while True:
            ready, _, _ = select.select([master], [], [], 0.05)
            if typed and time.monotonic() - begun > after and (after or b"token: " in output):
                os.write(master, typed)
                typed = b""
            try:
                piece = os.read(master, 4096) if ready else None
            except OSError:
                break
            if piece == b"":
                break
            output += piece or b""
        os.close(master)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), output.decode()

    def test_living_line(self) -> None:
        _, text = self.on_terminal("image", "build", "--preload", "x")
        self.assertRegex(text, r"⠋.* fetch packages")
        self.assertRegex(text, r"fetch packages  [0-9]+%")
        self.assertRegex(text, r"\r  fetch packages  3s\x1b\[K\r\n")
        self.assertTrue(text.endswith("appliance@20260115 built\r\n"))

    def test_verbose(self) -> None:
        _, text = self.on_terminal("create", "a", "-v")
        self.assertRegex(text, r"\r\x1b\[K  0\.\d{3} s  define the domain a\.1\r\n")

    def test_narrow(self) -> None:
        _, text = self.on_terminal("create", "a-very-long-name-for-a-vm", width=30)
        for line in re.split(r"\r\n|\r|\x1b\[K", text):
            plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
            if "domain" in plain:
                self.assertLess(len(plain), 30)

    def test_plain_where_nothing_lives(self) -> None:
        self.env["TERM"] = "dumb"
        _, text = self.on_terminal("create", "a")
        self.assertNotIn("\x1b", text)
        self.assertTrue(text.startswith("define the domain a.1\r\n"))

    def test_ascii(self) -> None:
        self.env["LC_ALL"] = "C"
        _, text = self.on_terminal("create", "a")
        self.assertTrue(text.isascii())

    def test_colors(self) -> None:
        self.assertIn("\x1b[32mrunning", self.on_terminal("list")[1])
        self.assertNotIn("\x1b[", self.on_terminal("list", "--color", "never")[1])
        self.assertIn("\x1b[32mrunning", self.run_it("list", "--color=always")[0])
        self.assertNotIn("\x1b", self.run_it("list")[0])
        self.assertIn("\x1b[31mrunnerctl:", self.run_it("x", "--color=always", status=2)[1]
                      + self.run_it("--color=always", "x", status=2)[1])
        self.env["NO_COLOR"] = "1"
        self.assertNotIn("\x1b[", self.on_terminal("list")[1])

    def test_prompt(self) -> None:
        code, text = self.on_terminal("register", "a", "--token", "-", typed=SECRET.encode() + b"\n")
        self.assertEqual(code, 0)
        self.assertNotIn(SECRET, text)
        self.assertNotIn("can see a token", text)
        self.assertIn(f"token={SECRET} file=- ", self.record())

    def test_prompt_without_an_answer(self) -> None:
        for typed, words in ((b"\n", "no token was given"), (b"\x03", "interrupted"),
                             (b"\x04", "no token was given")):
            code, text = self.on_terminal("register", "a", "--token-file", "-", typed=typed)
            self.assertIn(code, (1, 2))
            self.assertIn(words, text)
            self.assertNotIn("undoing", text)

    def test_stop(self) -> None:
        code, text = self.on_terminal("create", "slow", typed=b"\x03", after=0.5)
        self.assertEqual(code, 1)
        self.assertIn("\r\x1b[Krunnerctl: stopping; undoing what was done...\r\n", text)


class Loading(Case):
    """The verbs' shared object."""

    def test_missing(self) -> None:
        self.env["LD_LIBRARY_PATH"] = str(self.folder)
        copy = self.folder / "runnerctl"
        copy.write_bytes(Path(RUNNERCTL).read_bytes())
        copy.chmod(0o755)
        for arguments, status in (["list"], 7), (["--help"], 0), (["version"], 0), ([], 2):
            result = subprocess.run([copy, *arguments], env=self.env, text=True,
                                    capture_output=True, check=False)
            self.assertEqual(result.returncode, status)
        result = subprocess.run([copy, "list"], env=self.env, text=True, capture_output=True,
                                check=False)
        self.assertRegex(result.stderr, "^runnerctl: cannot load the verbs: .*\nhint: .*\n$")

    def test_other_version(self) -> None:
        original = Path(FAKE_VERBS, "librunnerctl.so").read_bytes()
        version = re.match(r"runnerctl (\S+)", self.run_it("--version")[0]).group(1).encode()
        other = original.replace(b"\0" + version + b"\0", b"\x009.9.9\0")
        self.assertEqual(len(other), len(original))
        self.assertNotEqual(other, original)
        (self.folder / "librunnerctl.so").write_bytes(other)
        self.env["LD_LIBRARY_PATH"] = str(self.folder)
        _, err = self.run_it("list", status=7)
        self.assertIn("is 9.9.9\n", err)

    def test_no_verb(self) -> None:
        out, err = self.run_it(status=2)
        self.assertEqual(out, "")
        self.assertTrue(err.startswith("usage: runnerctl "))


if __name__ == "__main__":
    unittest.main()
