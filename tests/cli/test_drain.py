"""The drain of the appliance: jobs end before the runner does, also where nothing can be written any more."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

DRAIN = Path(__file__).resolve().parents[2] / "templates/appliance/files/usr/lib/runner/drain"
# A runner that ends its job once it is asked to, and says how it was asked.
RUNNER = """
import signal, sys, time
def ask(number, _):
    time.sleep(1)
    print(signal.Signals(number).name, flush=True)
    sys.exit()
for one in signal.SIGQUIT, signal.SIGTERM:
    signal.signal(one, ask)
print("runs", flush=True)
time.sleep(60)
"""


class Drain(unittest.TestCase):
    """Its files are in /run, which is another directory here."""

    def drain(self, run: Path) -> tuple[int, str]:
        """Its exit status, and what the runner said at its end."""
        runner = subprocess.Popen([sys.executable, "-c", RUNNER], stdout=subprocess.PIPE, text=True)
        assert runner.stdout is not None and runner.stdout.readline() == "runs\n"
        script = DRAIN.read_text().replace("/run/", f"{run}/")
        done = subprocess.Popen(["/bin/sh", "-s"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                env={**os.environ, "MAINPID": str(runner.pid)})
        said = ""
        assert done.stdin is not None
        done.stdin.write(script)
        done.stdin.close()
        # What is no child of the script is waited for here, or it would stay.
        try:
            said = runner.communicate(timeout=20)[0]
        finally:
            runner.kill()
        return done.wait(20), said

    def test_orderly(self) -> None:
        """SIGQUIT, and a mark that says that it drains"""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "gitlab-runner").mkdir()
            (Path(folder) / "gitlab-runner/drain-timeout").write_text("30\n")
            self.assertEqual((0, "SIGQUIT\n"), self.drain(Path(folder)))
            self.assertTrue((Path(folder) / "gitlab-runner/draining").exists())

    def test_full(self) -> None:
        """no mark can be made: a job's root has filled /run"""
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual((0, "SIGQUIT\n"), self.drain(Path(folder) / "not-there"))


if __name__ == "__main__":
    unittest.main()
