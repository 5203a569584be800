#!/usr/bin/python3
"""The real program, as cron meets it: rotate and gc."""

from __future__ import annotations

import json
import sys
import unittest

sys.dont_write_bytecode = True
from voice import Case  # noqa: E402  pylint: disable=wrong-import-position


class Gc(Case):
    """What is left over is named, one line each."""

    def test_removed(self) -> None:
        out, err = self.run_it("gc", "-q")
        self.assertEqual(out, "volume ci-1.3.data removed\n"
                              "address 52:54:00:00:00:01 192.168.231.9?[2J removed\n")
        self.assertEqual(err, "")
        self.assertIn("writes=1\ngc dry_run=0\n", self.record())

    def test_dry_run(self) -> None:
        out, err = self.run_it("gc", "-n")
        self.assertIn("volume ci-1.3.data would be removed\n", out)
        self.assertEqual(err, "runnerctl: dry run: nothing was changed\n")
        self.assertIn("gc dry_run=1\n", self.record())

    def test_nothing(self) -> None:
        self.assertEqual(self.run_it("gc", "-c", "fake:empty"), ("nothing is left over\n", ""))
        self.assertEqual(self.run_it("gc", "-c", "fake:alone"),
                         ("nothing is left over (GitLab was not asked)\n", ""))
        self.assertEqual(self.run_it("gc", "-c", "fake:empty", "-q"), ("", ""))

    def test_some_cannot_be_removed(self) -> None:
        out, err = self.run_it("gc", "-c", "fake:stuck", "-q", status=4)
        self.assertEqual(out.count("removed\n"), 2)
        self.assertEqual(err, "runnerctl: runner #42: GitLab says: 403 Forbidden\n")

    def test_json(self) -> None:
        out, _ = self.run_it("gc", "-c", "fake:stuck", "--json", status=4)
        told = json.loads(out)
        self.assertEqual(list(told), ["schema", "gitlab_asked", "found"])
        self.assertEqual(told["found"][0],
                         {"kind": "volume", "name": "ci-1.3.data", "removed": True})
        self.assertEqual(told["found"][2]["error"],
                         {"code": "gitlab", "text": "GitLab says: 403 Forbidden", "hint": None})

    def test_names_are_refused(self) -> None:
        self.run_it("gc", "ci-1", status=2)


if __name__ == "__main__":
    unittest.main()
