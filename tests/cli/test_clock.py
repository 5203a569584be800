"""The clock of the appliance, which its status unit sets by the RTC: when, and when not."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

STATUS = Path(__file__).resolve().parents[2] / "templates/appliance/files/usr/lib/runner/status"
RTC = "/sys/class/rtc/rtc0/since_epoch"


class Clock(unittest.TestCase):
    """The function alone, with another RTC, and a busybox that only says what it was asked for."""

    def said(self, rtc: str | None) -> str:
        """What it says and does where the RTC shows that."""
        found = re.search(r"(?ms)^set_clock\(\) \{.*?^\}\n", STATUS.read_text())
        assert found and RTC in found[0]
        with tempfile.TemporaryDirectory() as folder:
            file, stub = Path(folder) / "rtc", Path(folder) / "busybox"
            stub.write_text('#!/bin/sh\necho "asked: $*"\n')
            stub.chmod(0o755)
            if rtc is not None:
                file.write_text(rtc + "\n")
            # By its path: the shell would take an applet of its own.
            script = found[0].replace(RTC, str(file)).replace("busybox ", f"{stub} ")
            return subprocess.run(["/usr/bin/busybox", "sh", "-u", "-c", script + "set_clock; echo on"], text=True,
                                  capture_output=True, check=True).stdout

    def test_right(self) -> None:
        """nothing is done: a second is what the RTC does not tell"""
        self.assertEqual("on\n", self.said(str(int(time.time()))))
        self.assertEqual("on\n", self.said(str(int(time.time()) - 1)))

    def test_wrong(self) -> None:
        """behind after a sleep, or ahead"""
        for away in 20, 86400, -20:
            said = self.said(str(int(time.time()) + away)).splitlines()
            self.assertEqual(["asked: hwclock -s -u", "on"], [said[0], said[-1]])
            self.assertRegex(said[1], r"^<5>the clock was -?\d+ s behind the host's, and was set$")

    def test_none(self) -> None:
        """a machine without an RTC goes by its own clock"""
        self.assertEqual("on\n", self.said(None))


if __name__ == "__main__":
    unittest.main()
