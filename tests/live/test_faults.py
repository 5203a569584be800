"""Libvirt and GitLab fail at every call of create, register and destroy, in every way: the program
says one clear line, and what it could not undo is undone by the next destroy.

    scripts/lab run -- python3 tests/live/test_faults.py BUILD_DIR [TEST...]

The world is that of test_crash.py: libvirt is real, its failures are forged by the preloaded
tests/crash/effects.c; GitLab's are the stand-in's. At the end a sample of random sequences, from a seed.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import crash
from crash import NAME, Disturbed
from live import Ended, say, virsh, wait_for

SEED = 20261124
SEQUENCES = 25
DEADLINE = 150.0  # seconds: GitLab's budget is 120 for all requests of a run

# Errors that libvirt has for these calls, besides any other (virterror.h).
ANY, SYSTEM, OPERATION_INVALID, NO_VOLUME, AGENT = 1, 38, 55, 50, 86
TYPICAL = {
    "virStorageVolCreateXML": (SYSTEM,),
    "virStorageVolDelete": (OPERATION_INVALID,),
    "virDomainDestroy": (OPERATION_INVALID,),
    "virDomainShutdownFlags": (AGENT,),
}
# What they say where somebody else was quicker: then it is done.
DONE = {
    "virStorageVolDelete": (NO_VOLUME,),
    "virDomainDestroy": (OPERATION_INVALID,),
}

# Before and after a run; None where others change it meanwhile.
States = tuple[set[str] | None, set[str] | None]

PROXY = {"action": "status", "status": 502, "body": "<html><body>Bad Gateway</body></html>",
         "content_type": "text/html"}
LIMIT = {"action": "status", "status": 429, "body": "Retry later\n"}
GITLAB_FAULTS: dict[str, dict[str, Any]] = {
    "reset before": {"action": "close"},
    "reset after": {"action": "close", "when": "after"},
    "429": LIMIT,
    "429 with Retry-After": {**LIMIT, "headers": {"Retry-After": "1"}},
    **{str(status): {"action": "status", "status": status,
                     "body": {"message": f"{status} of the test"}}
       for status in (401, 403, 404, 409, 410, 422, 500, 503)},
    "500 after": {"action": "status", "status": 500, "when": "after"},
    "502 of a proxy": PROXY,
    "502 of a proxy, after": {**PROXY, "when": "after"},
    "truncated": {"action": "truncate", "when": "after", "bytes": 5},
    "garbage": {"action": "garbage", "when": "after"},
    "no HTTP": {"action": "garbage", "raw": True},
    "wrong type": {"action": "status", "when": "after", "status": 201, "body": "{}",
                   "content_type": "text/plain"},
    "huge": {"action": "huge", "size": 3_000_000, "when": "after"},
    "sign-in page": {"action": "login_page"},
    "redirect": {"action": "redirect"},
    "late": {"action": "hang", "seconds": 2, "answer": True},
}
# By which GitLab says that what is to be deleted is not there: when it is, only gc finds it.
GONE = ("403", "404")


class Faulty(Disturbed):
    """Verbs as (what prepares them, the run, the state before, the state after)."""

    tried: Counter[str] = Counter()

    def verbs(self) -> Iterator[tuple[str, Callable[[], None], tuple[object, ...]]]:
        """Each in the configuration that it is meant for."""
        Disturbed.conf = self.with_token
        bare = self.world.usual
        yield "create, owned", lambda: None, ("create", NAME)
        yield ("register, owned", lambda: self.do("create", NAME, conf=bare), ("register", NAME))
        yield "destroy, owned", lambda: self.do("create", NAME), ("destroy", NAME)
        Disturbed.conf = bare
        lent = ("--token-file", self.lender)
        yield "create, lent", lambda: None, ("create", NAME, *lent)
        yield "destroy, lent", lambda: self.do("create", NAME, *lent), ("destroy", "--now", NAME)

    def settled(self, ended: Ended, before: set[str] | None, wanted: set[str] | None) -> None:
        """All done; or one line says why not, and all is as before or told to be left."""
        now = self.mine()
        self.assertLess(ended.seconds, DEADLINE, str(ended))
        for secret in self.world.secrets:
            self.assertNotIn(secret, ended.out + ended.err)
        if ended.status == 0:
            self.assertIn(wanted, (now, None), str(ended))
            return
        self.assertGreater(ended.status, 0, str(ended))
        self.assertEqual(1, len(ended.errors), str(ended))
        self.assertLessEqual(len(ended.hints), 1, str(ended))
        self.check_addresses()
        if before is not None and now != before:
            self.assertRegex(ended.err, "left|destroy|drain", f"silent about {now ^ before}: {ended}")

    def cleaned(self, ended: Ended, *also: str) -> None:
        """Once nothing fails any more, destroy leaves nothing; what it cannot find was told."""
        last = self.disturb("destroy", "--now", NAME)
        self.assertEqual(0, last.status, f"{ended}\n{last}")
        if also:
            self.do(*also)
        left = self.mine()
        told = {line for line in left if "may be left at" in ended.err and
                line.startswith(("runner ", "manager"))}
        self.assertEqual(set(), left - told, f"{ended}\n{last}")
        if told or f"{NAME}.1" in virsh("list", "--all", "--name").split():
            self.start_anew()

    def one(self, what: str, prepare: Callable[[], None], run: Callable[[], Ended],
            states: States, *also: str) -> None:
        """One disturbed run and what comes after it."""
        prepare()
        with self.subTest(what=what):
            Faulty.tried[what.split(":")[0]] += 1
            try:
                ended = run()
                self.settled(ended, *states)
                self.cleaned(ended, *also)
            except AssertionError as wrong:
                say(f"FAILED {what}: {wrong}")
                self.start_anew()
                raise

    def states(self, prepare: Callable[[], None], run: tuple[object, ...]) -> States:
        """Those of an undisturbed run, whose effects are in the log."""
        prepare()
        before = self.mine()
        self.do(*run)
        after = self.mine()
        effects = self.log.read_text()
        self.do("destroy", "--now", NAME)
        self.log.write_text(effects)
        return before, after


class Libvirt(Faulty):
    """Calls that fail, and calls that succeed but seem to fail."""

    def test_each_call(self) -> None:
        """Every effect of every verb."""
        for verb, prepare, run in self.verbs():
            if verb.startswith("register"):
                continue  # the same steps as the last ones of create
            states = self.states(prepare, run)
            for at, name in enumerate(self.done(), 1):
                if name == "curl_easy_perform":
                    continue  # below, in more ways
                for deed, codes in (("fail", TYPICAL), ("lose", DONE)):
                    for code in codes.get(name, ()) + (ANY,):
                        self.one(f"{verb}: {deed} {at} {name} with {code}", prepare,
                                 lambda d=deed, a=at, c=code: self.disturb(
                                     *run, at=a, deed=d, code=c), states)
            say(f"{verb}: {self.tried[verb]} runs with a failing call")

    @contextmanager
    def stopped(self, at: int, *run: object) -> Iterator[list[Ended]]:
        """A run that waits at that effect for what the test does meanwhile."""
        result: list[Ended] = []
        process = self.begin(*run, at=at, deed="stop")
        wait_for(lambda: Path(f"/proc/{process.popen.pid}/stat").read_text().split(")")[1]
                 .split()[0] == "T", f"effect {at}")
        yield result
        process.popen.send_signal(signal.SIGCONT)
        result.append(process.end())

    def vanish(self) -> None:
        """Somebody removes the domain behind the program's back."""
        for command in ("destroy", "undefine"):
            subprocess.run(["virsh", "-q", command, f"{NAME}.1"], check=False, capture_output=True)

    def restart(self) -> None:
        """The daemon is replaced, as by an upgrade of its package."""
        pid = int(subprocess.check_output(["pgrep", "-x", "libvirtd"]).split()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not Path(f"/proc/{pid}").exists(), "the end of libvirtd")
        subprocess.run([*command, *([] if "-d" in command else ["-d"])], check=True)
        wait_for(lambda: subprocess.run(["virsh", "-q", "version"], check=False,
                                        capture_output=True).returncode == 0, "libvirtd")

    def meanwhile(self, what: str, act: Callable[[], None], every: int, *also: str) -> None:
        """Something happens between two calls of every verb."""
        for verb, prepare, run in self.verbs():
            states: States = self.states(prepare, run)
            if also:
                states = (None, None)
            effects = self.done()
            begin = next((at for at, name in enumerate(effects, 1)
                          if name == "virDomainDefineXMLFlags"), 1)
            for at in range(begin, len(effects) + 1, every):
                def disturbed(at: int = at) -> Ended:
                    with self.stopped(at, *run) as result:
                        act()
                    return result[0]
                self.one(f"{what}: {verb} at {at} {effects[at - 1]}", prepare, disturbed, states,
                         *also)
        say(f"{what}: {self.tried[what]} runs")

    def test_domain_vanishes(self) -> None:
        """Somebody else removes it between two calls; what the run has not made itself, gc finds."""
        self.meanwhile("the domain vanishes", self.vanish, 2, "gc")

    def test_daemon_restarts(self) -> None:
        """The connection breaks between two calls."""
        self.meanwhile("libvirtd restarts", self.restart, 5)


class GitLab(Faulty):
    """The stand-in's faults."""

    def test_each_request(self) -> None:
        """Every request of every verb, once, in every way."""
        for verb, prepare, run in self.verbs():
            states = self.states(prepare, run)
            last = self.world.gitlab.last_request()
            prepare()
            between = self.world.gitlab.last_request()
            self.do(*run)
            requests = self.world.gitlab.requests(max(last, between))
            self.do("destroy", "--now", NAME)
            for at, request in enumerate(requests, 1):
                route = f"{request['method']} {request['path']}"
                for name, order in GITLAB_FAULTS.items():
                    lies = request["method"] == "DELETE" and name in GONE
                    self.fault(f"{verb}: {name} at {route}", prepare, run, (None, None) if lies else states,
                               [{**order, "after": at}], *(["gc"] if lies else []))
            say(f"{verb}: {self.tried[verb]} faults in {len(requests)} requests")

    def test_killed_meanwhile(self) -> None:
        """GitLab goes on with a request whose sender was killed."""
        Disturbed.conf = self.with_token
        late = {"action": "hang", "seconds": 1, "answer": True, "times": 0}
        for what, token in (("user/runners$", ()), ("verify$", ("--token-file", self.lender))):
            with self.world.gitlab.fault(path=what, **late):
                last = self.world.gitlab.last_request()
                process = self.begin("create", NAME, *token)
                process.says("^register the runner")
                wait_for(lambda: "virDomainSetMetadata" in self.done(), "the record")
                time.sleep(0.5)
                process.signal(signal.SIGKILL)
                self.cleaned(process.end())
                wait_for(lambda n=last, w=what: any(re.search(w, one["path"]) for one in
                                                    self.world.gitlab.requests(n)), what)
                self.assertEqual(set(), self.mine(), what)

    def test_nobody_there(self) -> None:
        """From some request on GitLab only fails."""
        for verb, prepare, run in self.verbs():
            states = self.states(prepare, run)
            for after in (1, 2):
                for name in ("reset before", "reset after", "500", "502 of a proxy"):
                    self.fault(f"{verb} alone: {name} from {after} on", prepare, run, states,
                               [{**GITLAB_FAULTS[name], "after": after, "times": 0}])

    def test_random(self) -> None:
        """Sequences of faults, the same every time."""
        chance = random.Random(SEED)
        verbs = [(verb, prepare, run, self.conf) for verb, prepare, run in self.verbs()]
        states = {}
        for number in range(SEQUENCES):
            verb, prepare, run, Disturbed.conf = chance.choice(verbs)
            if verb not in states:
                states[verb] = self.states(prepare, run)
            names = chance.choices(sorted(GITLAB_FAULTS), k=chance.randint(2, 4))
            orders = [{**GITLAB_FAULTS[name], "after": chance.randint(1, 3),
                       "times": chance.randint(1, 3)} for name in names]
            self.fault(f"random: {number} {verb} {names}", prepare, run, states[verb], orders)
        say(f"{SEQUENCES} random sequences, seed {SEED}")

    def fault(self, what: str, prepare: Callable[[], None], run: tuple[object, ...],
              states: States, orders: list[dict[str, Any]], *also: str) -> None:
        """A run while GitLab misbehaves as ordered."""
        def disturbed() -> Ended:
            try:
                for order in orders:
                    self.world.gitlab.call("POST", "/-/standin/faults",
                                           {"path": "^/api/", "times": 1, **order})
                return self.disturb(*run)
            finally:
                self.world.gitlab.call("DELETE", "/-/standin/faults")

        self.one(what, prepare, disturbed, states, *also)


if __name__ == "__main__":
    crash.main(Libvirt, GitLab)
