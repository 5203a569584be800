"""SIGKILL with nothing stood in for but GitLab and its runner: libguestfs, the image, guests and jobs are real.

    scripts/lab run --dir STATE -- python3 tests/live/test_kill_real.py BUILD_DIR [TEST...]

STATE keeps the image. What test_crash.py does at every effect with stand-ins is done here at a few
of all verbs: killed, the recovering command, and both sides compared with what an undisturbed run
leaves. A boot and a launch of libguestfs cost most of the time, so that the points of a
test follow each other on one appliance, and what is recovered by one command is what the next is killed at.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import crash
import live
from crash import KILLED, NAME, Disturbed
from live import main, say, virsh, wait_for
from test_crash import Killed

WANTED = 20  # kill points, at least

# What a machine that has not yet asked for work lacks: GitLab makes an owned runner's manager then.
UNHEARD = {"manager"}

SILENT = "echo begun\nfor i in $(seq {}); do sleep 1; done\necho finished"

points: list[str] = []


class Real(Killed):
    """The runs of all tests here."""

    patience = 1500.0
    whole: dict[bool, set[str]] = {}  # what an undisturbed create leaves, of an owned runner or a lent one
    jobs: list[int] = []

    @classmethod
    def setUpClass(cls) -> None:
        if not hasattr(Disturbed, "foreign"):
            for name in (NAME, "keeper"):  # an earlier run's, in the pool that STATE keeps
                for path in live.POOL.glob(f"{name}*"):
                    path.unlink()
            Disturbed.equip()
            Disturbed.conf = cls.world.usual
            cls.do("create", "keeper")
            cls.look_alikes()
            Disturbed.foreign = cls.world.everything()

    @classmethod
    def preloaded(cls) -> dict[str, str]:
        """Nothing is stood in for."""
        return {"LD_PRELOAD": str(cls.effects)}

    def mine(self) -> set[str]:
        """Without what libguestfs itself leaves in /tmp when it is killed: nothing tells whose it was."""
        return {line for line in super().mine() if not line.startswith("temporary /tmp/libguestfs")}

    # -- jobs ------------------------------------------------------------------------------------

    def job(self, number: int) -> dict[str, Any]:
        """How it is."""
        return dict(self.world.gitlab.call("GET", f"/-/standin/jobs/{number}"))

    def busy(self, seconds: int) -> int:
        """A job that has just begun."""
        number = int(self.world.gitlab.call("POST", "/-/standin/jobs", {
            "image": "ci-tools:1", "timeout": 900, "script": SILENT.format(seconds).splitlines()})["id"])
        wait_for(lambda: "begun" in self.job(number)["trace"], f"the first line of job {number}", 600, 0.5)
        self.jobs.append(number)
        return number

    def check_job(self, number: int, seconds: float = 300) -> None:
        """It ran once, to its end."""
        wait_for(lambda: self.job(number)["status"] not in ("pending", "running"), f"job {number}", seconds, 0.5)
        done = self.job(number)
        self.assertEqual("success", done["status"], done["trace"])
        self.assertEqual(1, len(re.findall(r"(?m)^begun$", done["trace"])), done["trace"])
        self.assertIn("finished", done["trace"])

    # -- points ----------------------------------------------------------------------------------

    def point(self, deed: str, of: str, at: int, *run: object, conf: Path | None = None) -> None:
        """A run that is killed at the effect of that name and number."""
        ended = self.disturb(*run, at=at, deed=deed, conf=conf, of=of)
        self.assertEqual(KILLED, ended.status, f"not killed at {of}: {ended}")
        self.assertEqual(of, self.done()[-1])
        points.append(f"{run[0]}: {deed} {of} {at}")
        say(f"point {len(points)}, {ended.seconds:.0f} s: {points[-1]}")

    def recover(self, wanted: set[str], *run: object, heard: bool = True) -> None:
        """The recovering command; then all is as it is to be. heard: also that it asks for work."""
        begin = time.monotonic()
        ended = self.disturb(*run)
        self.assertEqual(0, ended.status, str(ended))
        aside = set() if heard else UNHEARD
        try:  # a process may need a moment to end, a machine that starts more
            wait_for(lambda: self.mine() - aside == wanted - aside, "the end state", 200 if heard and wanted else 15, 0.5)
        except AssertionError as late:
            self.assertEqual(wanted - aside, self.mine() - aside, f"{points[-1]}, then {ended}")
            raise late
        self.check_addresses()
        self.check_tokens()
        self.check_speech_of(ended)
        say(f"    {' '.join(map(str, run))}, {time.monotonic() - begin:.0f} s: {' '.join(ended.out.split())[:100]}")

    def check_tokens(self) -> None:
        """Also a lent runner's."""
        super().check_tokens()
        lent = self.lender.read_text().strip()
        number = next(one["id"] for one in self.world.gitlab.runners() if one["token"] == lent)
        for one in json.loads(self.world.do("list", "--json").out)["appliances"]:
            if one["runner"] and one["runner"]["id"] == number:
                self.assertEqual(lent, virsh("secret-get-value", one["uuid"], "--plain").strip())

    def check_serves(self) -> None:
        """A domain runs whose runner is not paused."""
        active = " ".join(one["description"] for one in self.world.gitlab.runners() if one["active"])
        self.assertTrue(any(virsh("domuuid", name).strip() in active for name in crash.running()), "nobody takes jobs")

    def made(self, owned: bool, *options: object) -> None:
        """An undisturbed create; its end state is the measure of all others."""
        self.do("create", NAME, *options)
        Real.whole[owned] = self.mine()
        self.check_tokens()

    def cleared(self) -> None:
        """Whatever the test before has left."""
        self.do("destroy", "--now", NAME)
        self.assertEqual(set(), self.mine())

    def test_1_gc(self) -> None:
        """gc of a runner, a token, a disk and an address whose domain somebody removed"""
        Disturbed.conf = self.with_token
        for deed, of, at in (("kill-after", "virStorageVolDelete", 1), ("kill-before", "virSecretUndefine", 1),
                             ("kill-after", "virNetworkUpdate", 1)):
            ended = self.disturb("create", NAME, at=1, deed="kill-after", of="virSecretSetValue")
            self.assertEqual(KILLED, ended.status, str(ended))
            virsh("undefine", f"{NAME}.1")
            self.point(deed, of, at, "gc")
            self.recover(set(), "gc")

    def test_2_create(self) -> None:
        """create, an owned runner, and destroy --now of what it made"""
        self.cleared()
        Disturbed.conf = self.with_token
        create, now = ("create", NAME), ("destroy", "--now", NAME)
        self.made(True)
        self.point("kill-after", "virDomainDestroy", 1, *now)
        self.recover(set(), *now)
        self.point("kill-after", "virDomainDefineXMLFlags", 1, *create)
        self.recover(set(), "gc")
        self.point("kill-before", "virSecretDefineXML", 1, *create)  # GitLab made a runner, nobody has its token
        self.recover(set(), *now)
        self.point("kill-after", "guestfs_launch", 1, *create)
        self.recover(set(), "rotate")
        self.point("kill-before", "virDomainCreate", 1, *create)
        self.recover(self.whole[True], *create, heard=False)
        self.point("kill-before", "virSecretUndefine", 1, *now)
        self.recover(set(), "gc")
        self.point("kill-after", "virDomainCreate", 1, *create)
        self.recover(self.whole[True], *create, heard=False)

    def test_3_owned(self) -> None:
        """jobs in it: a surge killed in the making of the new one, at the drain of the old one
        and at its end, and a drain for good"""
        Disturbed.conf = self.with_token
        if not crash.running():
            self.made(True)
        whole, tick = self.whole[True] | UNHEARD, ("rotate", NAME)
        surge = ("rotate", "--all", "--strategy", "surge", NAME)
        job = self.busy(40)
        self.assertEqual(whole, self.mine())
        first = crash.running()
        for deed, of, at, recovery in (
                ("kill-after", "virDomainDefineXMLFlags", 1, tick),
                ("kill-before", "virSecretDefineXML", 1, tick),
                ("kill-before", "guestfs_shutdown", 1, tick),
                ("kill-after", "virStorageVolUpload", 1, ("gc",)),
                ("kill-after", "virDomainCreate", 1, tick)):
            self.point(deed, of, at, *surge)
            self.check_serves()
            self.recover(whole, *recovery)
            self.check_serves()
        self.check_job(job)
        self.assertEqual(first, crash.running())
        job = self.busy(20)
        self.point("kill-before", "virDomainShutdownFlags", 1, *surge)
        self.check_serves()
        self.recover(whole, *tick)
        self.check_job(job, 1)
        self.point("kill-before", "virDomainUndefineFlags", 1, *surge)
        self.check_serves()
        self.recover(whole, "gc")
        job = self.busy(20)
        self.point("kill-after", "virDomainShutdownFlags", 1, "destroy", NAME)
        self.recover(set(), "destroy", NAME)
        self.check_job(job, 1)

    def test_4_register(self) -> None:
        """register, a lent runner"""
        self.cleared()
        lent = ("--token-file", self.lender)
        register, now = ("register", NAME, *lent), ("destroy", "--now", NAME)
        self.made(False, *lent)
        self.do(*now)
        for deed, of, at, recovery in (("kill-after", "curl_easy_perform", 1, ("destroy", NAME)),
                                       ("kill-after", "virSecretSetValue", 1, ("gc",)),
                                       ("kill-after", "virDomainCreate", 1, now)):
            self.do("create", NAME)
            self.point(deed, of, at, *register)
            self.recover(set(), *recovery)
        self.do("create", NAME)
        self.point("kill-after", "virStorageVolUpload", 1, *register)
        self.recover(self.whole[False], *register)

    def test_5_lent(self) -> None:
        """a job in it: a rotation, the old one first"""
        if not crash.running():
            self.made(False, "--token-file", self.lender)
        whole = self.whole[False]
        tick, replace = ("rotate", NAME), ("rotate", "--all", "--strategy", "replace", NAME)
        job = self.busy(20)
        self.point("kill-after", "virDomainShutdownFlags", 1, *replace)
        self.recover(whole, *tick)
        self.check_job(job, 1)
        for deed, of, at in (("kill-after", "virDomainDefineXMLFlags", 1), ("kill-before", "virDomainUndefineFlags", 1)):
            self.point(deed, of, at, *replace)
            self.recover(whole, *tick)
        self.point("kill-after", "virDomainCreate", 1, *replace)
        self.recover(set(), "destroy", "--now", NAME)

    def test_6_enough(self) -> None:
        """as many points as were promised, of all verbs, and no job too many"""
        verbs = {point.split(":")[0] for point in points}
        say(f"{len(points)} kill points of {', '.join(sorted(verbs))}; {len(self.jobs)} jobs, each once")
        self.assertGreaterEqual(len(points), WANTED)
        self.assertEqual({"create", "register", "rotate", "destroy", "gc"}, verbs)
        self.assertEqual(len(self.jobs), len(self.world.gitlab.state()["jobs"]))


def equip() -> None:
    """The real image in place of the tiny one."""
    def build_image(world: live.World) -> str:
        plain: dict[str, Any] = {
            "host": {"templates": None}, "runner": {"docker-image": "ci-tools:1", "pull-policy": "if-not-present"},
            "profile default": {"cpus": 2, "cpu-cap": 2, "memory": "1GiB", "disk": "4GiB"},
            "rotation": {"ready-timeout": "15m"}}
        text = '. "$LAB_ROOT/scripts/lib/lab.bash"; . "$LAB_ROOT/scripts/lib/image.bash"; '
        image = subprocess.run(
            ["bash", "-c", f'set -e; {text} ensure_demo_image "{live.runnerctl}" --config {world.config(**plain)}'],
            cwd=live.SOURCE, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        plain["appliance"] = {"image": image}
        world.config(**plain).replace(world.usual)
        world.config(**plain, gitlab={"token-file": Disturbed.owner}).replace(Disturbed.with_token)
        return image

    live.World.build_image = build_image  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    equip()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    main(Real, failfast=False)
