#!/usr/bin/python3
"""The real program, as cron meets it: rotate, gc, verify, doctor."""

from __future__ import annotations

import json
import sys
import unittest

sys.dont_write_bytecode = True
from voice import Case  # noqa: E402  pylint: disable=wrong-import-position


class Set(Case):
    """What is in force now, and what only the next generation gets."""

    def test_arguments(self) -> None:
        self.run_it("set", "a", "b", "--cpu-cap", "0.5", "--memory=4GiB", "--net-in", "none",
                    "--default", "disk", "--default=net-out", "-n")
        self.assertIn("set names=a,b cap=50 memory=4294967296 in=18446744073709551615 "
                      "defaults=disk,net-out dry_run=1\n", self.record())

    def test_done(self) -> None:
        self.assertEqual(("ci-1: cpu-cap 0.5 now\n", ""), self.run_it("set", "ci-1", "--cpu-cap", "0.5"))
        out, _ = self.run_it("set", "ci-1", "--memory", "4GiB", "--net-in=none", "--disk-iops=10")
        self.assertEqual("ci-1: memory 4 GiB, disk-iops 10: the next generation gets it\n", out)
        out, _ = self.run_it("set", "ci-1", "--memory", "4GiB", "--cpu-cap=1")
        self.assertEqual("ci-1: cpu-cap 1 now; memory 4 GiB: the next generation gets it\n", out)
        out, _ = self.run_it("set", "ci-1", "--default", "net-in")
        self.assertEqual("ci-1: nothing is to be done\n", out)

    def test_dry_run(self) -> None:
        out, err = self.run_it("set", "ci-1", "--cpu-cap", "1", "-n")
        self.assertEqual("ci-1 would be changed:\n  change the CPU caps of ci-1.1\n", out)
        self.assertEqual("runnerctl: dry run: nothing was changed\n", err)

    def test_json(self) -> None:
        out, _ = self.run_it("set", "ci-1", "--memory", "4GiB", "--cpu-cap", "1.25", "--json")
        result = json.loads(out)["results"][0]
        self.assertEqual(("set", {"cpu_cap": 1.25}), (result["did"], result["changed"]))
        self.assertEqual({"memory": 4 << 30}, result["appliance"]["wanted"])

    def test_refused(self) -> None:
        for line, said in (
                ((), "no limit is given"),
                (("--cpu-cap=-1",), "--cpu-cap: '-1' is not a number of CPUs"),
                (("--disk-iops=-5",), "--disk-iops: '-5' is not a whole number from 1 to 10000000"),
                (("--net-in", "1"), "--net-in: '1' is not a size"),
                (("--memory", "none"), "--memory: 'none' is not a size"),
                (("--default", "cpu"), "--default: there is no limit 'cpu'"),
                (("--net-in=1M", "--default=net-in"),
                 "--net-in and --default net-in exclude each other")):
            out, err = self.run_it("set", "ci-1", *line, status=2)
            self.assertEqual((out, f"runnerctl: {said}"), ("", err.splitlines()[0]))
        _, err = self.run_it("set", "lost", "--cpus", "1", status=3)
        self.assertEqual("runnerctl: lost: there is no such appliance\n", err)


class Rotate(Case):
    """A line for what was done, one that sums up, and silence where cron wants it."""

    def test_arguments(self) -> None:
        self.run_it("rotate", "a", "b", "--all", "-n", "--reset-token", "--strategy", "surge", "--max-age", "3d",
                    "--drain-timeout", "1h", "--wait", "--max-unavailable", "3")
        self.assertIn("rotate names=a,b all=1 dry_run=1 reset=1 strategy=surge max_age=259200 drain=3600 "
                      "wait=600 at_once=3\n", self.record())
        self.run_it("rotate")
        self.assertIn("rotate names= all=0 dry_run=0 reset=0 strategy=- max_age=-1 drain=-1 wait=0 "
                      "at_once=0\n", self.record())

    def test_done(self) -> None:
        out, err = self.run_it("rotate")
        self.assertEqual(out, (
            "ci-1 rotated, runner #42 of ci-1.1 ready: the image is appliance@2?[2J now\n"
            "ci-2 left: a job still runs in it; the next run goes on\n"
            "1 rotated, 0 cleaned up, 1 left for the next run, 2 not due\n"))
        self.assertEqual(err, "")

    def test_nothing_due(self) -> None:
        out, _ = self.run_it("rotate", "-c", "fake:empty")
        self.assertEqual(out, "0 rotated, 0 cleaned up, 0 left for the next run, 2 not due\n")
        out, err = self.run_it("rotate", "-c", "fake:empty", "-n")
        self.assertEqual((out, err), ("nothing is due\n", "runnerctl: dry run: nothing was changed\n"))

    def test_dry_run(self) -> None:
        out, _ = self.run_it("rotate", "-n")
        self.assertIn("ci-1 would be rotated: the image is appliance@2?[2J now\n"
                      "  drain ci-1.1\n  remove ci-1.1\n", out)

    def test_busy(self) -> None:
        self.assertEqual(self.run_it("rotate", "-c", "fake:busy"),
                         ("", "runnerctl: another run holds the lock @rotate (1 runnerctl rotate)\n"))
        self.assertEqual(self.run_it("rotate", "-c", "fake:busy", "-q"), ("", ""))
        out, _ = self.run_it("rotate", "-c", "fake:busy", "--json")
        self.assertIn("@rotate", json.loads(out)["busy"])

    def test_cron(self) -> None:
        self.assertEqual(self.run_it("rotate", "-q"), ("", ""))
        out, err = self.run_it("rotate", "-q", "-c", "fake:stuck", status=4)
        self.assertEqual((out, err), ("", "runnerctl: ci-3: it did not ask GitLab for work\n"))

    def test_json(self) -> None:
        out, _ = self.run_it("rotate", "--json")
        told = json.loads(out)
        self.assertEqual(list(told), ["schema", "busy", "not_due", "results", "reclaimed"])
        self.assertEqual([one["did"] for one in told["results"]], ["rotated", "left"])
        self.assertEqual(told["results"][0]["appliance"]["runner"]["id"], 42)

    def test_mistakes(self) -> None:
        for arguments in (["Ci"], ["a", "a"], ["--strategy", "fast"], ["--max-unavailable", "0"]):
            self.run_it("rotate", *arguments, status=2)


class Reclaim(Case):
    """Who gave back what, and why not."""

    def test_done(self) -> None:
        out, err = self.run_it("reclaim", "ci-1", "ci-2")
        self.assertEqual(out, "ci-1 was pumped, memory 700 MiB to 425 MiB\n"
                              "ci-2 was left: a job runs in it?[2J\n")
        self.assertEqual(err, "")
        self.assertIn("writes=1\nreclaim names=ci-1,ci-2 dry_run=0\n", self.record())

    def test_dry_run(self) -> None:
        out, err = self.run_it("reclaim", "-n")
        self.assertEqual(out, "ci-1 would be trimmed and pumped\n"
                              "ci-2 would be left: a job runs in it?[2J\n")
        self.assertEqual(err, "runnerctl: dry run: nothing was changed\n")

    def test_nothing(self) -> None:
        self.assertEqual(self.run_it("reclaim", "-q"), ("", ""))
        self.assertEqual(self.run_it("reclaim", "-c", "fake:empty"), ("", "runnerctl: no appliance runs\n"))
        self.assertEqual(self.run_it("reclaim", "-c", "fake:empty", "ci-1"),
                         ("", "runnerctl: nothing that was asked for runs\n"))

    def test_failures(self) -> None:
        out, err = self.run_it("reclaim", "-c", "fake:stuck", status=4)
        self.assertIn("ci-3 got its memory back, memory 700 MiB to 425 MiB: an interrupted run", out)
        self.assertEqual(err, "runnerctl: ci-4: cannot set its balloon: no reason given\n")
        out, _ = self.run_it("reclaim", "-c", "fake:stuck", "--json", status=4)
        told = json.loads(out)["results"]
        self.assertEqual({"name": "ci-1", "ok": True, "restored": False, "pumped": True, "trimmed": True,
                          "why": "", "memory_before": 700 << 20, "memory_after": 425 << 20,
                          "disk_before": None, "disk_after": None}, told[0])
        self.assertEqual("failed", told[3]["error"]["code"])


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


class Verify(Case):
    """One line a probe, and a status that a script can trust."""

    def test_all_well(self) -> None:
        out, err = self.run_it("verify", "ci-1", "--internet", "203.0.113.7:443", "-q")
        self.assertRegex(out, r"(?m)^PROBE +TARGET +MUST +VERDICT +DETAIL$")
        self.assertRegex(out, r"(?m)^host-tcp +192\.168\.1\.2:22 +fail +ok +-$")
        self.assertRegex(out, r"(?m)^2 of 2 probes as they must be, behind runnerctl-3fd1a60c5b2e$")
        self.assertTrue(all(len(line) <= 80 for line in out.splitlines()), out)
        self.assertEqual(err, "")
        self.assertIn("writes=1\nverify name=ci-1 internet=203.0.113.7:443\n", self.record())

    def test_a_leak(self) -> None:
        out, err = self.run_it("verify", "-c", "fake:leaks", "-q", status=1)
        self.assertRegex(out, r"(?m)^host-tcp .* LEAK +seen on eth0\?\[2J$")
        self.assertRegex(out, r"(?m)^dns-udp .* FAILED +-$")
        self.assertRegex(err, r"\Arunnerctl: of 2 probes 1 got where they must not, 1 did not work\nhint: ")

    def test_json(self) -> None:
        out, _ = self.run_it("verify", "-c", "fake:leaks", "--json", status=1)
        told = json.loads(out)
        self.assertEqual((1, True, False), (told["schema"], told["watched"], told["emulated"]))
        self.assertEqual(["failed", "leak"], [one["verdict"] for one in told["probes"]])
        self.assertEqual(["work", "fail"], [one["must"] for one in told["probes"]])

    def test_unwatched(self) -> None:
        _, err = self.run_it("verify", "-c", "fake:far")
        self.assertIn("not watched", err)

    def test_refused(self) -> None:
        self.run_it("verify", "lost-1", status=3)
        self.run_it("verify", "a", "b", status=2)


class Doctor(Case):
    """A line a check, and an exit status for scripts."""

    def test_well(self) -> None:
        out, err = self.run_it("doctor")
        self.assertEqual(out, "ok     libvirt        libvirt 9.0\n"
                              "note   accel          appliances are emulated\n"
                              "                      use KVM\n"
                              "ok     isolation      ci-1.1: behind its filter\n")
        self.assertEqual(err, "")
        self.assertIn("writes=1\ndoctor fix=0\n", self.record())

    def test_bad(self) -> None:
        out, _ = self.run_it("doctor", "-c", "fake:exposed", status=7)
        self.assertIn("bad    isolation      ci-1.1: EXPOSED: ?[2J\n"
                      "                      repair it\n", out)

    def test_fixed(self) -> None:
        out, _ = self.run_it("doctor", "-c", "fake:exposed", "--fix")
        self.assertIn("fixed  isolation      ci-1.1: EXPOSED: ?[2J\n", out)
        self.assertIn("doctor fix=1\n", self.record())

    def test_json(self) -> None:
        out, _ = self.run_it("doctor", "-c", "fake:exposed", "--json", status=7)
        self.assertEqual(json.loads(out)["checks"][2],
                         {"code": "isolation", "about": "ci-1.1", "verdict": "bad",
                          "text": "EXPOSED: ?[2J", "hint": "repair it"})


if __name__ == "__main__":
    unittest.main()
