"""^C at every step of create and register: the program says so, and nothing is left. And what hangs.

    scripts/lab run -- python3 tests/live/test_interrupt.py BUILD_DIR [TEST...]

Without a terminal each step is a line on standard error when it begins; the signal is sent at once.
"""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path

import live
from live import OWN_POOL, Case, Ended, say

FAILED, PARTLY = 1, 4
SEED = 20260111

# The lines that the steps begin with; the late ones come after libguestfs, 10 to 20 s emulated.
EARLY = ("check the image", "ask https", "prepare", "define the domain", "make the disk",
         "register the runner", "libguestfs appliance")
LATE = ("config disk 1", "store the config")
WAITING = "wait until GitLab hears"


@contextmanager
def silent_libvirtd() -> Iterator[None]:
    """It accepts connections and says nothing."""
    libvirtd = int(Path("/run/libvirtd.pid").read_text())
    os.kill(libvirtd, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(libvirtd, signal.SIGCONT)


class Interrupted(Case):
    """A world with an image, and appliances to register."""

    lanes = ("lane-a", "lane-b")  # libguestfs takes one CPU: two runs at a time

    @classmethod
    def setUpClass(cls) -> None:
        if "appliance" not in cls.world.do("image", "list").out:
            cls.world.build_image()
            cls.world.do("create", *cls.lanes)

    def tearDown(self) -> None:
        others = set(self.world.appliances()) - set(self.lanes)
        if others:
            self.world.run("destroy", "--now", "--forget", *others)
        for name in self.lanes:
            if self.world.appliances().get(name, {}).get("state") != "created":
                self.world.run("destroy", "--now", "--forget", name)
                self.world.do("create", name)
        self.world.gitlab.forget()

    def interrupt(self, step: str, *arguments: object, number: int = signal.SIGINT,
                  everybody: bool = True) -> Ended:
        """Runs until that step begins, then gets the signal as from a terminal."""
        process = self.world.start(*arguments)
        # The last step is over in no time, but not without libvirtd, which the one before does not need.
        last = step == LATE[1]
        if last:
            process.says("^" + LATE[0])
        with silent_libvirtd() if last else nullcontext():
            begins = process.says("^" + step)
            process.signal(number, everybody)
            if last:
                process.says("stopping")
        ended = process.end()
        self.assertTrue(begins, f"no step '{step}' in {ended}")
        return ended

    def check(self, step: str, ended: Ended) -> None:
        """It says that it was interrupted, in one line, and what it undid."""
        say(f"{ended.seconds:5.1f} s  {ended.arguments[2]} at '{step}': {ended.status}")
        errors = [line for line in ended.errors if not line.startswith("runnerctl: stopping")]
        with self.subTest(step=step):
            self.assertEqual(FAILED, ended.status, str(ended))
            self.assertEqual(1, len(errors), str(ended))
            self.assertRegex(errors[0], r"^runnerctl: (.+: )?interrupted$", str(ended))
            self.assertEqual("", ended.out)
            self.assertNotIn("something is left", ended.err)
            self.assertEqual(1, len(ended.lines("runnerctl: stopping")), str(ended))
            for secret in self.world.secrets:
                self.assertNotIn(secret, ended.err)


class Create(Interrupted):
    """create with a token: everything is undone."""

    def test_early_steps(self) -> None:
        """Up to the launch of libguestfs."""
        path = self.world.token()
        for step in EARLY:
            with self.nothing_changes(f"create, interrupted at '{step}'"):
                self.check(step, self.interrupt(step, "create", "made", "--token-file", path))

    def test_late_steps(self) -> None:
        """With a config disk."""
        path = self.world.token()

        def one(step: str) -> Ended:
            name = "made-" + re.sub("[^a-z]", "", step)
            return self.interrupt(step, "create", name, "--token-file", path)

        with self.nothing_changes("create"), ThreadPoolExecutor(len(self.lanes)) as pool:
            for step, ended in zip(LATE, pool.map(one, LATE)):
                self.check(step, ended)

    def test_started(self) -> None:
        """What was started may have jobs any moment: it stays, and is all that was asked for."""
        ended = self.interrupt("start ", "create", "begun", "--token-file", self.world.token())
        say(f"{ended.seconds:5.1f} s  create at 'start ': {ended.status}")
        self.assertEqual((0, []), (ended.status, [line for line in ended.errors if "stopping" not in line]), str(ended))
        self.assertTrue(self.world.appliances()["begun"]["running"])
        self.world.do("destroy", "--now", "begun")

    def test_several_at_once(self) -> None:
        """All of a batch are taken back, each with its own line."""
        with self.nothing_changes("create"):
            ended = self.interrupt("register the runner of many-2", "create", "--count", "3",
                                   "many", "--token-file", self.world.token())
        self.assertEqual(FAILED, ended.status, str(ended))
        self.assertEqual(3, len([line for line in ended.errors if "interrupted" in line]))

    def test_only_the_program_is_told(self) -> None:
        """`kill` and systemd do not tell libguestfs's qemu: the launch may end first."""
        with self.nothing_changes("create"):
            for number, step in ((signal.SIGHUP, "make the disk"),
                                 (signal.SIGTERM, "libguestfs appliance")):
                ended = self.interrupt(step, "create", "made", "--token-file", self.world.token(),
                                       number=number, everybody=False)
                self.check(step, ended)

    def test_an_impatient_person(self) -> None:
        """A second and a third ^C change nothing: what was begun is taken back."""
        with self.nothing_changes("create"):
            process = self.world.start("create", "made", "--token-file", self.world.token())
            process.says("^register the runner")
            for _ in range(20):
                process.signal(signal.SIGINT)
                process.says("stopping", 5)
            self.check("register the runner", process.end())

    def test_while_gitlab_is_silent(self) -> None:
        """A request that hangs, and a wait for a rate limit, end at once."""
        path = self.world.token()
        hanging = {"action": "hang", "seconds": 20, "when": "after"}
        limited = {"action": "status", "status": 429, "headers": {"Retry-After": "20"}}
        for route, step in (("/personal_access_tokens/self$", "ask https"),
                            ("/user/runners$", "register the runner")):
            for order in (hanging, limited):
                with self.subTest(step=step, order=order), self.nothing_changes("create"), \
                        self.world.gitlab.fault(path=route, **order):
                    last = self.world.gitlab.last_request()
                    process = self.world.start("create", "made", "--token-file", path)
                    process.says("^" + step)
                    live.wait_for(lambda: any(re.search(route, one["path"]) for one in
                                              self.world.gitlab.requests(last)), "the request")
                    process.signal(signal.SIGINT)
                    ended = process.end()
                    say(f"{ended.seconds:5.1f} s  at '{step}' with {order}: {ended.errors[-1]}")
                    self.assertLess(ended.seconds, 15, str(ended))
                    self.assertEqual(FAILED, ended.status, str(ended))
                    self.assertIn("interrupted", ended.errors[-1])

    def test_any_moment(self) -> None:
        """Not only where a step begins."""
        chance = random.Random(SEED)
        path = self.world.token()
        with self.nothing_changes("create"):
            for _ in range(10):
                after = chance.uniform(0.01, 0.6)
                process = self.world.start("create", "made", "--token-file", path)
                time.sleep(after)
                process.signal(signal.SIGINT)
                ended = process.end()
                say(f"{after:5.2f} s after the start: {ended.status} {ended.errors[-1:]}")
                # Before it has a handler, ^C just ends it: nothing was begun then.
                self.assertIn(ended.status, (FAILED, -signal.SIGINT), str(ended))
                self.assertEqual([], [one for one in self.world.appliances() if one == "made"])


class Register(Interrupted):
    """register: the appliance is as it was before, and can be registered later."""

    def check_lane(self, name: str) -> None:
        """Back to created."""
        one = self.world.appliances()[name]
        self.assertEqual(("created", False, None), (one["state"], one["running"], one["runner"]))

    def test_early_steps(self) -> None:
        """Up to the launch of libguestfs, with an access token and with a lent runner."""
        lent = self.world.token(self.world.gitlab.new_runner())
        name = self.lanes[0]
        for path in (self.world.token(), lent):
            for step in EARLY:
                if step.startswith(("check", "prepare", "define", "make")) or (
                        path == lent and not step.startswith("register")):
                    continue
                with self.nothing_changes(f"register, interrupted at '{step}'"):
                    self.check(step, self.interrupt(step, "register", name, "--token-file", path))
                self.check_lane(name)

    def test_late_steps(self) -> None:
        """With a config disk."""
        lent = self.world.token(self.world.gitlab.new_runner())
        tokens = {self.lanes[0]: self.world.token(), self.lanes[1]: lent}
        steps = {self.lanes[0]: LATE[:1], self.lanes[1]: LATE[1:]}

        def lane(name: str) -> list[tuple[str, Ended]]:
            run = ("register", name, "--token-file", tokens[name])
            done = [(step, self.interrupt(step, *run)) for step in steps[name]]
            if tokens[name] == lent:
                self.wait_for_nothing(lent)
            return done

        with self.nothing_changes("register"), ThreadPoolExecutor(len(self.lanes)) as pool:
            for done in pool.map(lane, self.lanes):
                for step, ended in done:
                    self.check(step, ended)
        for name in self.lanes:
            self.check_lane(name)

    def wait_for_nothing(self, lent: Path) -> None:
        """^C while it waits ends the waiting: the appliance has its runner, and goes on."""
        ended = self.interrupt(WAITING, "create", "waits", "--token-file", lent, "--wait=5m")
        say(f"{ended.seconds:5.1f} s  create at '{WAITING}': {ended.status}")
        self.assertEqual(FAILED, ended.status, str(ended))
        self.assertIn("runnerctl: waits: interrupted", ended.errors)
        self.assertIn("hint: the appliance keeps running", ended.hints)
        one = self.world.appliances()["waits"]
        self.assertEqual(("started", True), (one["state"], one["running"]))
        self.world.do("destroy", "--now", "waits")


class Destroy(Interrupted):
    """destroy: what was not begun stays."""

    def test_the_others_stay(self) -> None:
        """Of several, also with --now."""
        for _ in range(5):
            ended = self.interrupt("stop lane-a.1", "destroy", "--now", *self.lanes)
            say(f"{ended.seconds:5.1f} s  destroy at 'stop': {ended.status}: {ended.out}{ended.err}")
            if ended.status:
                break
            # Both were gone before it heard of the signal: again.
            self.tearDown()
        self.assertIn(ended.status, (FAILED, PARTLY), str(ended))
        self.assertIn("runnerctl: lane-b: interrupted", ended.errors)
        self.assertEqual({"lane-b"}, set(self.world.appliances()))


class Hung(Interrupted):
    """A libvirtd that accepts connections and says nothing: every verb ends by itself, and tells."""

    def test_every_verb(self) -> None:
        """Side by side, for each waits a minute; afterwards all is as it was."""
        verbs = (("rotate", "-q"), ("gc",), ("list",), ("status",), ("doctor",), ("create", "new"),
                 ("destroy", self.lanes[0]), ("register", self.lanes[0], "--token-file", self.world.token()))
        with self.nothing_changes("what could not begin"):
            with silent_libvirtd():
                started = [self.world.start(*verb) for verb in verbs]
                ended = [process.end(100) for process in started]
            for one in ended:
                self.assertEqual(9, one.status, str(one))
                self.assertEqual(["runnerctl: libvirt has not answered for 60 s"], one.errors, str(one))
                self.assertEqual(1, len(one.hints), str(one))
                self.assertLess(one.seconds, 70)
            say(f"{max(one.seconds for one in ended):5.1f} s  {len(ended)} verbs with a hung libvirtd")
            # Its clients are gone: it has to find that out before all it has is as before.
            self.world.do("list")

    def test_the_holder_of_a_lock(self) -> None:
        """A person waits a bounded time, and is told who holds the lock."""
        process = self.world.start("create", "held", "--token-file", self.world.token())
        process.says("^libguestfs appliance")
        os.kill(process.popen.pid, signal.SIGSTOP)
        try:
            ended = self.world.run("destroy", "held")
        finally:
            process.signal(signal.SIGCONT)
        self.assertEqual(6, ended.status, str(ended))
        self.assertEqual([f"runnerctl: held: another run holds the lock held ({process.popen.pid} runnerctl create)"],
                         ended.errors)
        self.assertLess(ended.seconds, 15)
        process.signal(signal.SIGINT)
        self.assertEqual(FAILED, process.end().status)


if __name__ == "__main__":
    live.main(Create, Register, Destroy, Hung, pool=OWN_POOL)
