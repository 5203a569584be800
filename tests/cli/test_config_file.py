"""The configuration file as the real program reads it: who may, and what is said about it."""

from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

RUNNERCTL = os.environ["RUNNERCTL"]
PASSWORD = "sesame-of-the-proxy"
PROXY = f"[runner]\nhttp-proxy = http://me:{PASSWORD}@proxy:3128\n"


class ConfigFile(unittest.TestCase):
    """It is read before libvirt is asked, which there need not be."""

    def said(self, text: str, mode: int) -> str:
        """Standard error of a run with that file."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "file"
            path.write_text(text)
            path.chmod(mode)
            # The sanitizers' dlopen() does not know where the program lies.
            env = {**os.environ, "LD_LIBRARY_PATH": str(Path(RUNNERCTL).parent)}
            done = subprocess.run([RUNNERCTL, "--config", path, "--connect", "test:///nowhere", "list"], env=env,
                                  text=True, capture_output=True, check=False)
            self.assertNotIn(PASSWORD, done.stdout + done.stderr)
            return done.stderr.replace(folder, "")

    def test_a_password_that_others_can_read(self) -> None:
        """is warned about, and never repeated"""
        warning = "runnerctl: warning: /file holds a password and can be read by others; protect it: chmod 600 /file\n"
        cache = "[config.toml]\nrunners.cache.s3.SecretKey = x\n"
        for why, text, mode, warned in (
                ("the group", PROXY, 0o640, True), ("all", PROXY, 0o604, True), ("a cache's key", cache, 0o644, True),
                ("nobody", PROXY, 0o600, False), ("a proxy for all", "[runner]\nhttp-proxy = http://proxy:3128\n", 0o644, False)):
            self.assertEqual(warned, warning in self.said(text, mode), why)

    def test_errors(self) -> None:
        """tell the line, what is meant, and nothing secret"""
        for text, wanted in (
                ("[config.toml]\nrunners.docker.memori = 2g\n", "hint: did you mean 'runners.docker.memory'?\n"),
                (f"[config.toml]\nrunners.limit = {PASSWORD}\n", "/file:2: runners.limit: the value is not a whole number\n"),
                (PROXY.replace("@", "$@"), "/file:2: the proxy's URL holds a character that it must not\n"),
                (PROXY.strip() + "/x\n", "/file:2: the proxy's URL is not of the form http://HOST:PORT\n")):
            self.assertIn(wanted, self.said(text, 0o600))


if __name__ == "__main__":
    unittest.main()
