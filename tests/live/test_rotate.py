"""rotate with nothing stood in for but GitLab and its runner: real image, guests, docker, jobs.

    scripts/lab run -- python3 tests/live/test_rotate.py BUILD_DIR

One appliance owns its runner, the other is lent one; both run a job each
while they are replaced.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import live
from live import ADMIN, MAY_GROW, Case, Ended, main, say, wait_for

LONG = "echo begun\nfor i in $(seq 30); do sleep 1; done\necho finished"
ROUNDS = int(os.environ.get("RC_ROUNDS", "10"))
TAGS = {"ci-1": "one", "ci-2": "two"}


def image(config: Any) -> str:
    """The real image, built."""
    text = '. "$LAB_ROOT/scripts/lib/lab.bash"; . "$LAB_ROOT/scripts/lib/image.bash"; '
    return subprocess.run(
        ["bash", "-c", f'set -e; {text} ensure_demo_image "$runnerctl" --config {config}'],
        cwd=live.SOURCE, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


class Rotate(Case):
    """The tests build on each other, in this order."""

    lent_token: str

    def slowly(self, *arguments: object) -> Ended:
        """A run that may take its time, and must succeed."""
        ended = self.world.start(*arguments).end(500)
        self.assertEqual(0, ended.status, str(ended))
        return ended

    def queue(self, tag: str) -> int:
        """A job of half a minute for runners with this tag."""
        order = {"image": "ci-tools:1", "timeout": 600, "tags": [tag], "script": LONG.splitlines()}
        return int(self.world.gitlab.call("POST", "/-/standin/jobs", order)["id"])

    def job(self, number: int) -> dict[str, Any]:
        """How it is."""
        return dict(self.world.gitlab.call("GET", f"/-/standin/jobs/{number}"))

    def generations(self) -> dict[str, list[int]]:
        """Those that are there, by name."""
        found: dict[str, list[int]] = {}
        for one in json.loads(self.world.do("list", "--json").out)["appliances"]:
            found.setdefault(one["name"], []).append(one["generation"])
        return found

    def orphans(self) -> list[str]:
        """What belongs to no appliance that is listed, here or at GitLab."""
        listed = json.loads(self.world.do("list", "--json").out)["appliances"]
        known = [part for one in listed for part in (
            one["uuid"], f"{one['name']}.{one['generation']}", one["mac"], one["runner"]["system_id"])]
        kinds = r"domain|volume .*\.(data|config)|secret|address|manager|runner|file run/|temporary"
        return sorted(line for line in self.world.everything()
                      if re.match(kinds, line) and not any(part in line for part in known)
                      and "lent" not in line)

    @classmethod
    def setUpClass(cls) -> None:
        world = cls.world
        plain = {"host": {"templates": None}, "runner": {"docker-image": "ci-tools:1", "pull-policy": "if-not-present"},
                 "profile default": {"cpus": 2, "cpu-cap": 2, "memory": "1GiB", "disk": "4GiB"},
                 "gitlab": {"url": world.gitlab.url, "token-file": world.token(ADMIN)},
                 "rotation": {"max-unavailable": 2, "ready-timeout": "15m"}}
        os.environ["runnerctl"] = live.runnerctl
        made = image(world.config(**plain))
        world.config(**plain, appliance={"image": made}).replace(live.FOLDER / "usual.conf")
        lent = world.gitlab.call("POST", "/api/v4/user/runners", {
            "runner_type": "instance_type", "tag_list": ["two"], "description": "lent"}, ADMIN)
        cls.lent_token = lent["token"]
        world.secrets.add(lent["token"])

    def test_1_nothing_is_due(self) -> None:
        """an owned and a lent appliance, fresh: rotate has nothing to do"""
        world = self.world
        self.slowly("create", "ci-1", "--tags", "one")
        self.slowly("create", "ci-2", "--token-file", world.token(self.lent_token), "--wait")
        wait_for(lambda: json.loads(world.do("status", "--json", "ci-1").out)["appliances"][0]["state"] == "ready",
                 "ci-1", 200, 1)
        before = self.kinds()  # guests write, so that their disks grow
        ended = world.do("rotate", "--dry-run")
        self.assertEqual("nothing is due\n", ended.out)
        ended = world.do("rotate")
        self.assertRegex(ended.out, r"\A(ci-\d was pumped, .*\n)*0 rotated, 0 cleaned up, "
                                    r"0 left for the next run, 2 not due\n\Z")
        say(f"a run in which nothing is due: {ended.seconds:.2f} s")
        self.assertEqual(("", ""), (lambda quiet: (quiet.out, quiet.err))(world.do("rotate", "-q")))
        planned = world.do("rotate", "--all", "--dry-run", "ci-2")
        self.assertEqual("ci-2 would be rotated: asked for\n"
                         "  make, start and wait for ci-2.2\n  drain ci-2.1\n  remove ci-2.1\n", planned.out)
        self.assertEqual(before, self.kinds(), "a dry run, and a run in which nothing is due")
        self.assertEqual(3, world.run("rotate", "nobody").status)

    def test_2_both_while_their_jobs_run(self) -> None:
        """each job succeeds, exactly once, and afterwards there is one generation of each"""
        world = self.world
        jobs = [self.queue("one"), self.queue("two")]
        before = {name: one["runner"] for name, one in world.appliances().items()}
        for job in jobs:
            wait_for(lambda job=job: "begun" in self.job(job)["trace"], f"the first line of job {job}", 200, 0.5)
        with ThreadPoolExecutor(1) as pool:
            rotation = pool.submit(self.slowly, "rotate", "--all", "--json")
            wait_for(lambda: len(self.generations()["ci-1"]) == 2, "the second generation", 100, 0.5)
            beside = world.do("rotate")
            self.assertEqual("", beside.out)
            self.assertRegex(beside.err, r"another run holds the lock @rotate \(\d+ runnerctl rotate\)")
            told = json.loads(rotation.result(500).out)
        self.assertEqual(["rotated"] * 2, [one["did"] for one in told["results"]], told)
        for job in jobs:
            done = self.job(job)
            self.assertEqual("success", done["status"], done["trace"])
            self.assertEqual(1, len(re.findall(r"(?m)^begun$", done["trace"])), done["trace"])
        self.assertEqual({"ci-1": [2], "ci-2": [2]}, self.generations())
        after = {name: one["runner"] for name, one in world.appliances().items()}
        self.assertNotEqual(before["ci-1"]["id"], after["ci-1"]["id"])
        self.assertEqual(before["ci-2"]["id"], after["ci-2"]["id"])
        self.assertNotEqual(before["ci-2"]["system_id"], after["ci-2"]["system_id"])
        self.assertEqual([], self.orphans())
        self.assertEqual([after["ci-1"]["id"]], [one["id"] for one in world.gitlab.runners()
                                                if "ci-1" in one["description"]])

    def test_3_endurance(self) -> None:
        """again and again under a stream of jobs: each runs once and succeeds, and nothing grows"""
        before = self.kinds()
        with Stream(self) as stream:
            for number in range(ROUNDS):
                ended = self.slowly("rotate", "--all", "--json")
                told = json.loads(ended.out)["results"]
                self.assertEqual(["rotated"] * 2, [one["did"] for one in told], str(ended))
                say(f"rotation {number + 1}: {ended.seconds:.0f} s, {len(stream.jobs)} jobs so far, "
                    f"{stream.looks} looks")
        self.assertTrue(stream.whole, "the stream ran dry")
        self.assertEqual([], stream.without, "times at which an appliance took no jobs")
        for number in stream.jobs:
            done = wait_for(lambda number=number: (lambda job: job if job["status"] != "pending" and
                                                   job["status"] != "running" else None)(self.job(number)),
                            f"job {number}", 300, 1)
            self.assertEqual("success", done["status"], done["trace"])
            self.assertEqual(1, len(re.findall(r"(?m)^begun$", done["trace"])), done["trace"])
        say(f"{len(stream.jobs)} jobs, each once; {stream.looks} looks, each found both taking jobs")
        self.assertEqual({name: [2 + ROUNDS] for name in TAGS}, self.generations())
        self.assertEqual([], self.orphans())
        after = self.kinds()
        self.assertEqual((Counter(), Counter()), (after - before, before - after), "more, and less, than before")

    def kinds(self) -> Counter[str]:
        """How many there are of each kind of thing."""
        return Counter(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(s_)?[0-9a-f]{12}|52:54:00(:[0-9a-f]{2}){3}|\d+", "N", line)
                       for line in self.world.everything() if not MAY_GROW.match(line))


class Stream(threading.Thread):
    """Keeps a job waiting for each appliance, and looks whether one of its generations takes jobs."""

    def __init__(self, case: Rotate) -> None:
        super().__init__()
        self.case = case
        self.jobs: list[int] = []
        self.without: list[str] = []
        self.looks = 0
        self.whole = False
        self._over = threading.Event()

    def __enter__(self) -> Stream:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        waiting = dict.fromkeys(TAGS, 0)
        while not self._over.wait(1):
            for name, tag in TAGS.items():
                if not waiting[name] or self.case.job(waiting[name])["status"] != "pending":
                    waiting[name] = self.case.queue(tag)
                    self.jobs.append(waiting[name])
            self._look()
        self.whole = True

    def _look(self) -> None:
        listed = json.loads(self.case.world.do("list", "--json").out)["appliances"]
        active = {one["id"] for one in self.case.world.gitlab.runners() if one["active"]}
        serving = {one["name"] for one in listed if one["running"] and one["state"] in ("started", "ready")
                   and one["runner"]["id"] in active}
        self.looks += 1
        self.without += [f"look {self.looks}: {name}" for name in TAGS if name not in serving]


if __name__ == "__main__":
    main(Rotate)
