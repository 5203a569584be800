"""SIGKILL before and after every effect of a verb; then the recovering command.

    scripts/lab run -- python3 tests/live/test_crash.py BUILD_DIR [TEST...]

Libvirt, its domains and filters are real; libguestfs and the guest are stand-ins
(tests/crash/stand_ins.c, crash.GUEST), so that a run takes seconds. After each kill one command
is run: for the kills after an effect the same once more, for those before it another that must cope as well.
Nothing happens between an effect and the next, so both meet every state there is.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from collections.abc import Callable, Iterator

import crash
import live
from crash import KILLED, NAME, Disturbed
from live import Ended, say, virsh

# How many kill points of each run, spread over it; 0: all there are.
SAMPLE = int(os.environ.get("RC_KILL_POINTS", "0"))

points: dict[str, int] = {}


class Killed(Disturbed):
    """What the verbs below have in common."""

    def kill(self, at: int, deed: str, *run: object) -> bool:
        """False if the run is over before that effect."""
        ended = self.disturb(*run, at=at, deed=deed)
        if ended.status == KILLED:
            return True
        self.assertLess(len(self.done()), at, f"not killed: {ended}")
        return False

    def all_points(self, deeds: list[str]) -> Iterator[tuple[int, str]]:
        """Each effect in each way, for ever: the run's end ends it."""
        for at in itertools.count(1):
            for deed in deeds:
                yield at, deed

    def some_points(self, prepare: Callable[[], None], run: tuple[object, ...],
                    deeds: list[str]) -> Iterator[tuple[int, str]]:
        """A sample, the same every time: spread over the run, the ways in turn."""
        prepare()
        self.do(*run)
        effects = len(self.done())
        self.clear()
        for number in range(SAMPLE):
            yield 1 + (2 * number + 1) * effects // (2 * SAMPLE), deeds[number % len(deeds)]

    def each(self, what: str, prepare: Callable[[], None], run: tuple[object, ...],
             recover: dict[str, Callable[[str], None]]) -> None:
        """Kills the run at each effect in each way, and recovers as that way wants it."""
        deeds = list(recover)
        for at, deed in self.some_points(prepare, run, deeds) if SAMPLE else self.all_points(deeds):
            prepare()
            if not self.kill(at, deed, *run):
                break
            effect = self.done()[-1]
            with self.subTest(verb=what, at=at, effect=effect, deed=deed):
                points[what] = points.get(what, 0) + 1
                try:
                    recover[deed](f"{what}, {deed} {at} {effect}")
                except AssertionError as wrong:
                    say(f"FAILED {what}, {deed} {at} {effect}: {wrong}")
                    self.start_anew()
                    raise
        say(f"{what}: {points.get(what, 0)} kill points{' of a sample' if SAMPLE else ''}, the last at effect {at}")
        self.clear()

    def clear(self) -> None:
        """Back to the world as it was."""
        self.do("destroy", "--now", NAME, "other")
        self.assertEqual(set(), self.mine())

    def again(self, what: str, wanted: set[str], *run: object) -> Ended:
        """The recovering command; afterwards all is as after an undisturbed run."""
        ended = self.disturb(*run)
        if ended.status and "exists already" not in ended.err and "a runner already" not in ended.err:
            self.fail(f"{what}: {ended}")
        self.assertEqual(wanted, self.mine(), f"{what}, then {ended}")
        self.check_addresses()
        self.check_tokens()
        self.check_speech_of(ended)
        return ended

    def check_speech_of(self, ended: Ended) -> None:
        """No secret in any output."""
        for secret in self.world.secrets:
            self.assertNotIn(secret, ended.out + ended.err)

    def destroyed(self, what: str) -> None:
        """Nothing is left by destroy."""
        self.again(what, set(), "destroy", "--now", NAME)

    def after(self, *run: object) -> set[str]:
        """What an undisturbed run leaves."""
        self.do(*run)
        left = self.mine()
        self.check_tokens()
        return left


class Create(Killed):
    """create, with each kind of token."""

    def each_create(self, what: str, gone: Callable[[str], None], *token: object) -> None:
        """Recovered by the same create, and by what ends in nothing."""
        run = ("create", NAME, *token)
        wanted = self.after(*run)
        self.clear()

        def same(how: str) -> None:
            self.again(how, wanted, *run)
            self.clear()

        self.each(what, lambda: None, run, {"kill-after": same, "kill-before": gone})

    def test_owned(self) -> None:
        """With an access token: the runner is made too."""
        Disturbed.conf = self.with_token
        self.each_create("create with an access token", self.destroyed)

    def test_lent(self) -> None:
        """With a lent runner's token."""
        self.each_create("create with a lent runner", self.destroyed, "--token-file", self.lender)

    def test_bare(self) -> None:
        """Without a token; another appliance is not given the address of one that is half-made."""
        def destroyed(how: str) -> None:
            self.do("create", "other")
            self.check_addresses()
            self.do("destroy", "--now", "other")
            self.destroyed(how)

        self.each_create("create without a token", destroyed)


class Register(Killed):
    """register of an appliance that waits for it."""

    def each_register(self, what: str, *token: object) -> None:
        """Recovered by the same register, and by destroy."""
        run = ("register", NAME, *token)
        self.do("create", NAME, conf=self.world.usual)
        wanted = self.after(*run)
        self.clear()

        def same(how: str) -> None:
            self.again(how, wanted, *run)
            self.clear()

        self.each(what, lambda: self.do("create", NAME, conf=self.world.usual), run,
                  {"kill-after": same, "kill-before": self.destroyed})

    def test_owned(self) -> None:
        """With an access token."""
        Disturbed.conf = self.with_token
        self.each_register("register with an access token")

    def test_lent(self) -> None:
        """With a lent runner's token."""
        self.each_register("register with a lent runner", "--token-file", self.lender)


class Destroy(Killed):
    """destroy, draining and not."""

    def each_destroy(self, what: str, token: object, *options: object) -> None:
        """Recovered by the same destroy, and by a create of the same name."""
        make = ("create", NAME, "--token-file", token)
        run = ("destroy", *options, NAME)
        wanted = self.after(*make)

        def prepare() -> None:
            if f"{NAME}.1" not in virsh("list", "--all", "--name").split():
                self.do(*make)
            crash.press(f"{NAME}.1")

        def same(how: str) -> None:
            self.again(how, set(), *run)

        def anew(how: str) -> None:
            ended = self.disturb(*make)
            if ended.status:  # an appliance that drains is not touched, but never half-removed
                self.assertIn("exists already", ended.err, how)
                self.destroyed(how)
            else:
                self.assertEqual(wanted, self.mine(), f"{how}, then {ended}")

        self.each(what, prepare, run, {"kill-after": same, "kill-before": anew})

    def test_owned(self) -> None:
        """An orderly power-off first."""
        self.each_destroy("destroy of an owned runner", self.owner)

    def test_lent(self) -> None:
        """The manager only."""
        self.each_destroy("destroy of a lent runner", self.lender)

    def test_now(self) -> None:
        """Without a drain."""
        self.each_destroy("destroy --now", self.owner, "--now")


class First(Killed):
    """The first create of a host: pool, network and filter are made too."""

    @classmethod
    def setUpClass(cls) -> None:
        Disturbed.equip()
        cls.strip()
        Disturbed.foreign = cls.world.everything()

    @classmethod
    def strip(cls) -> None:
        """As if it had never been used, but for the files in the pool's directory."""
        for verb in ("net-destroy", "net-undefine", "pool-destroy", "pool-undefine"):
            subprocess.run(["virsh", "-q", verb, "runnerctl"], check=False, capture_output=True)
        for line in virsh("nwfilter-list").splitlines():
            if line.split()[1].startswith("runnerctl-"):
                virsh("nwfilter-undefine", line.split()[1])

    def clear(self) -> None:
        """Without the host's objects as well."""
        self.do("destroy", "--now", NAME, "other")
        self.strip()
        self.assertEqual(set(), self.mine())

    def test_first(self) -> None:
        """Recovered by the same create, and by another."""
        run = ("create", NAME)
        wanted = self.after(*run)
        self.clear()

        def same(how: str) -> None:
            self.again(how, wanted, *run)
            self.clear()

        def other(_: str) -> None:
            self.do("create", "other")
            self.check_addresses()
            self.clear()

        self.each("the first create", lambda: None, run, {"kill-after": same, "kill-before": other})


class Gc(Killed):
    """gc of what a removed domain and a killed create left."""

    def test_gc(self) -> None:
        """Recovered by another gc."""
        Disturbed.conf = self.with_token
        self.do("create", "other")
        started = self.done().index("virDomainCreate") + 1
        self.clear()

        def prepare() -> None:
            self.do("create", NAME)
            for verb in ("destroy", "undefine"):
                virsh(verb, f"{NAME}.1")
            # Not after it: one that runs may have a job, and is left to rotate.
            self.disturb("create", "other", at=started, deed="kill-before")

        def again(how: str) -> None:
            self.again(how, set(), "gc")

        self.each("gc", prepare, ("gc",), {"kill-after": again, "kill-before": again})


class Rotate(Killed):
    """rotate: the new one first, or the old one first."""

    def each_rotate(self, what: str, strategy: str, *token: object) -> None:
        """Recovered by the next rotate, as cron runs it, and by destroy."""
        make = ("create", NAME, *token)
        wanted = self.after(*make)

        def prepare() -> None:
            if not crash.running():
                self.clear()
                self.do(*make)
            crash.press(crash.running()[0])

        def tick(how: str) -> None:
            if strategy == "surge":
                self.assertTrue(self.serving(), f"nobody takes jobs: {how}")
            self.again(how, wanted, "rotate", NAME)

        self.each(what, prepare, ("rotate", "--all", "--strategy", strategy, NAME),
                  {"kill-after": tick, "kill-before": self.destroyed})

    def serving(self) -> bool:
        """Is there a domain that runs, with a runner that is not paused?"""
        active = " ".join(one["description"] for one in self.world.gitlab.runners() if one["active"])
        return any(virsh("domuuid", name).strip() in active for name in crash.running())

    def test_surge(self) -> None:
        """An owned runner."""
        Disturbed.conf = self.with_token
        self.each_rotate("rotate, the new one first", "surge")

    def test_replace(self) -> None:
        """A lent runner."""
        self.each_rotate("rotate, the old one first", "replace", "--token-file", self.lender)

    def test_reset(self) -> None:
        """A lent runner that gets another token, which nobody may lose."""
        Disturbed.conf = self.with_token
        make = ("create", NAME, "--token-file", self.lender)
        lent = next(one["id"] for one in self.world.gitlab.runners()
                    if one["token"] == self.lender.read_text().strip())

        def token() -> str:
            now = next(str(one["token"]) for one in self.world.gitlab.runners() if one["id"] == lent)
            self.world.secrets.add(now)
            self.lender.write_text(now + "\n")
            return now

        def prepare() -> None:
            token()
            if not crash.running():
                self.clear()
                self.do(*make)
            crash.press(crash.running()[0])

        def tick(how: str) -> None:
            self.again(how, wanted, "rotate", NAME)
            kept = virsh("secret-get-value", virsh("domuuid", crash.running()[0]).strip(), "--plain")
            self.assertEqual(token(), kept.strip(), f"nobody knows the token: {how}")

        wanted = self.after(*make)
        self.each("rotate, with another token", prepare, ("rotate", "--all", "--reset-token", NAME),
                  {"kill-after": tick, "kill-before": self.destroyed})
        token()


class Set(Killed):
    """set, of an appliance that runs."""

    def caps(self) -> list[list[str]]:
        """What the machine has, and what it will have when it starts again."""
        return [re.findall(r"<(?:global_quota|total_bytes_sec|memory\b[^>]*)>(\d+)<|<outbound average='(\d+)'",
                           virsh("dumpxml", *how, crash.running()[0])) for how in ((), ("--inactive",))]

    def test_set(self) -> None:
        """Recovered by the same set, and by rotate, which makes of the wish what it is made of."""
        Disturbed.conf = self.with_token
        make = ("create", NAME)
        run = ("set", NAME, "--cpu-cap=0.5", "--disk-rate=1MiB", "--net-out=1MiB", "--memory=768MiB")
        self.after(*make)
        before = self.caps()
        wanted = self.after(*run)
        now = self.caps()
        crash.press(crash.running()[0])
        self.do("rotate", NAME)
        later = self.caps()
        self.assertEqual(3, len({str(caps) for caps in (before, now, later)}))

        def prepare() -> None:
            self.clear()
            self.do(*make)
            crash.press(crash.running()[0])

        def same(how: str) -> None:
            self.again(how, wanted, *run)
            self.assertEqual(now, self.caps(), how)

        def tick(how: str) -> None:
            self.again(how, wanted, "rotate", NAME)
            self.assertIn(self.caps(), (before, later), how)

        self.each("set", prepare, run, {"kill-after": same, "kill-before": tick})


if __name__ == "__main__":
    crash.main(Create, Register, Destroy, Gc, Rotate, Set)
