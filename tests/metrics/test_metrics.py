#!/usr/bin/python3
"""Metrics: the format's rules, the file for the node exporter, and what is shipped for monitoring.

    RUNNERCTL=build/runnerctl FAKE_VERBS=build/tests/fake_verbs test_metrics.py [TEST...]

Where promtool is in the PATH, it has its say as well.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
TESTS = Path(__file__).resolve().parents[1]
SHIPPED = TESTS.parent / "templates/monitoring"
sys.path.insert(0, str(TESTS / "fake_verbs"))
from exposition import Page  # noqa: E402  pylint: disable=wrong-import-position
from voice import Case  # noqa: E402  pylint: disable=wrong-import-position

GOLDEN = (TESTS / "golden/metrics.prom").read_text()
RULES = (SHIPPED / "rules.yml").read_text()
DASHBOARD = json.loads((SHIPPED / "dashboard.json").read_text())


def named(text: str) -> set[str]:
    """The metrics in it."""
    return set(re.findall(r"\brunnerctl_[a-z_]+", text))


def expressions() -> list[str]:
    """All queries of the dashboard."""
    variables = [one["query"]["query"] for one in DASHBOARD["templating"]["list"] if one["type"] == "query"]
    return variables + [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def rules() -> str:
    """The queries of the alert rules: what follows expr, to the next key."""
    return "\n".join(re.findall(r"(?ms)^        expr: (.*?)^        (?:for|labels):", RULES))


def promtool(case: unittest.TestCase, *arguments: object, text: str | None = None) -> None:
    """Debian's package is a server that starts with the host: it is not installed for this."""
    tool = shutil.which("promtool")
    if not tool:
        print("promtool is not here: skipped", *arguments)
        return
    done = subprocess.run([tool, *map(str, arguments)], input=text, text=True, capture_output=True, check=False)
    case.assertEqual((0, ""), (done.returncode, done.stderr), f"{arguments}: {done.stdout}{done.stderr}")


class Format(Case):
    """Every page keeps the rules."""

    def test_checker_notices(self) -> None:
        """each rule, broken once"""
        good = '# HELP a_bytes_total Help.\n# TYPE a_bytes_total counter\na_bytes_total{x="1"} 5\n'
        self.assertEqual([], Page(good).faults)
        for old, new, fault in (
                ("# HELP a_bytes_total Help.\n", "", "no HELP"), ("# TYPE a_bytes_total counter\n", "", "no TYPE"),
                ("Help.", "", "says nothing"), ("Help.", "a\\b", "backslash"), ("# HELP", "# HELPS", "neither"),
                ("# TYPE", "# HELP a_bytes_total Help.\n# TYPE", "HELP twice"), ("counter", "gauge", "_total"),
                ("counter", "count", "TYPE count"), ('{x="1"} 5\n', '{x="1"} -5\n', "below 0"),
                ('{x="1"} 5\n', "", "no samples"), ('x="1"', 'x="""', "no sample"), ('x="1"', 'x="\\d"', "labels"),
                ('x="1"', "x=1", "labels"), ('x="1"', '1x="1"', "labels"), ('x="1"', 'x="1",', "labels"),
                ('x="1"', 'x="1",x="2"', "labels"), (" 5\n", " five\n", "value"), (" 5\n", "\n", "no sample"),
                (" 5\n", " 5", "does not end"), (" 5\n", ' 5\na_bytes_total{x="1"} 6\n', "series twice"),
                (" 5\n", " 5\n# TYPE b gauge\n# HELP b B.\nb 1\na_bytes_total 7\n", "several places"),
                (" 5\n", " 5\n# TYPE a_bytes_total counter\n", "after its samples"), ("\na", "\n\na", "no sample"),
                ("a_bytes", "a_kilobytes", "base unit"), ("a_bytes", "a_ms", "base unit"),
                ("a_bytes", "aBytes", "snake case"), ("a_bytes", "a_gauge", "its type")):
            broken = Page(good.replace(old, new)).faults
            self.assertTrue(any(fault in line for line in broken), f"{old!r} -> {new!r}: {broken}")

    def test_golden(self) -> None:
        """the page of the unit test, with labels that want to break out"""
        page = Page(GOLDEN)
        self.assertEqual([], page.faults)
        infos = [labels for labels, _ in page.samples["runnerctl_appliance_info"]]
        self.assertEqual(r'a\"} 1?runnerctl_appliance_jobs{b=\"\\', infos[2]["profile"])
        promtool(self, "check", "metrics", text=GOLDEN)

    def test_program(self) -> None:
        """what the program prints"""
        out, err = self.run_it("metrics")
        self.assertEqual(([], ""), (Page(out).faults, err))
        promtool(self, "check", "metrics", text=out)
        out, _ = self.run_it("metrics", "-c", "fake:empty")
        self.assertEqual(([], {"runnerctl_appliances"}), (Page(out).faults, named(out)))


class Textfile(Case):
    """The file for the node exporter."""

    def test_replaced(self) -> None:
        """it appears whole, readable for all, and nothing stays beside it"""
        path = self.folder / "runnerctl.prom"
        path.write_text("old")
        path.chmod(0o600)
        before = path.stat().st_ino
        out, err = self.run_it("metrics", "--textfile", str(path))
        self.assertEqual(("", ""), (out, err))
        self.assertEqual(self.run_it("metrics")[0], path.read_text())
        self.assertEqual(0o644, path.stat().st_mode & 0o7777)
        self.assertNotEqual(before, path.stat().st_ino)
        self.assertEqual({"runnerctl.prom", "log"}, {one.name for one in self.folder.iterdir()})

    def test_failures(self) -> None:
        """old news stay, with their age, and nothing is left beside them"""
        path = self.folder / "runnerctl.prom"
        path.write_text("old\n")
        _, err = self.run_it("metrics", "--textfile", str(path), "-c", "fake:lost", status=7)
        self.assertRegex(err, "^runnerctl: cannot list the domains")
        self.assertEqual("old\n", path.read_text())
        missing = self.folder / "no/where.prom"
        _, err = self.run_it("metrics", "--textfile", str(missing), status=1)
        self.assertRegex(err, f"^runnerctl: cannot create {missing}")
        self.assertEqual({"runnerctl.prom", "log"}, {one.name for one in self.folder.iterdir()})

    def test_stuck(self) -> None:
        """it ends, whoever does not answer"""
        path = self.folder / "runnerctl.prom"
        begin = time.monotonic()
        out, err = self.run_it("metrics", "--textfile", str(path), "--timeout", "1s", "-c", "fake:stuck", "-q", status=9)
        self.assertEqual(("", "runnerctl: gave up after 1s\nhint: does libvirt answer? try: runnerctl list\n"), (out, err))
        self.assertLess(time.monotonic() - begin, 20)
        self.assertFalse(path.exists())

    def test_mistakes(self) -> None:
        """they reach no verb"""
        for arguments in (["--json"], ["ci-1"], ["--textfile"], ["--textfile="], ["--timeout", "0s"],
                          ["--timeout", "2h"]):
            out, err = self.run_it("metrics", *arguments, status=2)
            self.assertEqual("", out)
            self.assertRegex(err, r"^runnerctl: [^\n]+\nhint: [^\n]+\n$")
        self.assertEqual("", self.record())


class Monitoring(unittest.TestCase):
    """What is shipped asks for what there is."""

    def test_metrics_exist(self) -> None:
        """rules and dashboard know all metrics, and no other"""
        program = named("\n".join(line for line in GOLDEN.split("\n") if not line.startswith("#")))
        program = {name for name in program if name in Page(GOLDEN).types}
        self.assertEqual(set(), named(rules()) - program, "the rules name what there is not")
        self.assertEqual(set(), named("\n".join(expressions())) - program, "the dashboard names what there is not")
        self.assertEqual(set(), program - named(rules() + "\n".join(expressions())), "nobody looks at them")

    def test_labels_exist(self) -> None:
        """labels that are asked for are there, and their values are words of the program"""
        page = Page(GOLDEN)
        words = {"code": "problem.c", "state": "appliance.c"}
        for query in [*rules().split("\n"), *expressions()]:
            for metric, text in re.findall(r"(runnerctl_[a-z_]+)\{([^}]*)\}", query):
                for name, value in re.findall(r'(\w+)[=!]~?"([^"]*)"', text):
                    if name == "instance":  # of Prometheus' own
                        continue
                    self.assertIn(name, page.samples[metric][0][0], query)
                    for word in value.split("|") if name in words else ():
                        self.assertIn(f'"{word}"', (TESTS.parent / "lib/core" / words[name]).read_text(), query)
        verdicts = set(re.findall(r'verdict="(\w+)"', rules()))
        source = (TESTS.parent / "cmd/print_json_views.c").read_text()
        self.assertTrue(verdicts and all(f'"{word}"' in source for word in verdicts), verdicts)

    def test_dashboard(self) -> None:
        """panels have queries of their own data source, and do not lie upon each other"""
        taken: set[tuple[int, int]] = set()
        self.assertGreater(len(DASHBOARD["panels"]), 10)
        self.assertEqual(len({panel["id"] for panel in DASHBOARD["panels"]}), len(DASHBOARD["panels"]))
        for panel in DASHBOARD["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells
            self.assertTrue(panel["targets"], panel["title"])
            for target in panel["targets"]:
                self.assertEqual("${datasource}", target["datasource"]["uid"])
                self.assertEqual(target["expr"].count("("), target["expr"].count(")"))

    def test_rules(self) -> None:
        """every rule says how bad it is, what is wrong, and what to do; promtool tries them"""
        self.assertNotIn("\t", RULES)
        names = re.findall(r"(?m)^      - alert: (\w+)$", RULES)
        self.assertEqual(len(names), RULES.count("alert:"))
        self.assertEqual(len(names), len(set(names)))
        for key in ("expr", "severity", "summary", "description"):
            self.assertEqual(len(names), len(re.findall(rf"(?m)^ +{key}: \S", RULES)), key)
        for line in re.findall(r'(?m)^ +(?:summary|description): (.*)$', RULES):
            self.assertRegex(line, r'^"[^"]+"$')
        promtool(self, "check", "rules", SHIPPED / "rules.yml")
        promtool(self, "test", "rules", TESTS / "metrics/rules_test.yml")


if __name__ == "__main__":
    unittest.main()
