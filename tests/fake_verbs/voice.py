"""What the tests of the program's voice share: the program, canned verbs, a record of what those were asked.

    RUNNERCTL=build/runnerctl FAKE_VERBS=build/tests/fake_verbs test_voice.py [TEST...]
"""

from __future__ import annotations

import os
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

    def started_slowly(self, *arguments: str, **options) -> subprocess.Popen:
        """A run of create that works until it is stopped, in the middle of a step."""
        process = self.start("create", "slow", *arguments, **options)
        while "in the step" not in self.record():
            self.assertIsNone(process.poll(), "it ended by itself")
            time.sleep(0.01)
        return process

    def record(self) -> str:
        return self.log.read_text() if self.log.exists() else ""
