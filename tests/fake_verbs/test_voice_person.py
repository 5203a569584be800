#!/usr/bin/python3
"""The real program, as a person meets it: secrets, ^C, and what a terminal shows."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import sys
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
from voice import RUNNERCTL, SECRET, Case  # noqa: E402  pylint: disable=wrong-import-position


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
        process = self.started_slowly("--token", SECRET, "--wait=5m")
        cmdline = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        self.assertNotIn(b"glrt", cmdline)
        self.assertIn(b"create\0slow\0--token\0", cmdline)
        self.assertTrue(cmdline.endswith(b"\0--wait=5m\0"))

    def test_no_core_files(self) -> None:
        process = self.started_slowly()
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        owner = os.stat(f"/proc/{process.pid}/environ").st_uid
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        self.assertRegex(limits, r"Max core file size +0 +0 ")
        self.assertEqual(owner, 0)


class Signals(Case):
    """^C asks; the verb undoes what it did."""

    def stop(self, *signals: int, preexec=None) -> tuple[int, str]:
        process = self.started_slowly(preexec_fn=preexec)
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
                    after: bytes = b"token: ") -> tuple[int, str]:
        pid, master = pty.fork()
        if pid == 0:
            os.system(f"stty cols {width} rows 24")
            os.execve(RUNNERCTL, [RUNNERCTL, *arguments], self.env)
        output = b""
        end = time.monotonic() + 60
        while True:
            if time.monotonic() > end:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                self.fail(f"{arguments} does not end: {output!r}")
            ready, _, _ = select.select([master], [], [], 0.05)
            if typed and after in output:
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
        self.assertRegex(text, r"\r  fetch packages  ([3-9]|[1-5][0-9])s\x1b\[K\r\n")
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
        code, text = self.on_terminal("create", "slow", typed=b"\x03", after=b"make the disks")
        self.assertEqual(code, 1)
        self.assertIn("\r\x1b[Krunnerctl: stopping; undoing what was done...\r\n", text)


class Logs(Case):
    """What a guest says on its serial line is shown, and does nothing."""

    def test_cleaned(self) -> None:
        out, _ = self.run_it("logs", "ci", "-n", "7", "--follow")
        self.assertEqual("booted\n?[2J?]0;root? ? ??? rm -rf\n", out)
        self.assertIn("logs name=ci lines=7 follow=1\n", self.record())
        out, _ = self.run_it("logs", "ci", "--json")
        self.assertEqual([{"schema": 1, "line": "booted"}, {"schema": 1, "line": "?[2J?]0;root? ? ??? rm -rf"}],
                         [json.loads(line) for line in out.splitlines()])

    def test_refused(self) -> None:
        for arguments, status in ((["logs"], 2), (["logs", "a", "b"], 2), (["logs", "A"], 2),
                                  (["logs", "a", "--lines", "0"], 2), (["logs", "gone"], 3)):
            process = self.start(*arguments)
            out, _ = process.communicate(timeout=30)
            self.assertEqual((status, ""), (process.returncode, out), arguments)


if __name__ == "__main__":
    unittest.main()
