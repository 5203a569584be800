"""Libvirt and GitLab fail at every call of rotate and gc, in every way: the new one and the old one
are never both out of service, and the next run does what this one could not.

    scripts/lab run -- python3 tests/live/test_faults_upkeep.py BUILD_DIR [TEST...]

The faults are those of test_faults.py.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator

import crash
import test_faults
from crash import NAME, Disturbed
from live import Ended, virsh
from test_faults import DEADLINE, Faulty, States


class Upkeep(Faulty):
    """What is done to a run, and what must be true after it and after the next."""

    made_with: tuple[object, ...] | None = None  # its token; None: there may be none
    turn = False
    wanted: set[str] | None = None
    may_vanish = False  # an appliance that was taken away need not come back

    def verbs(self) -> Iterator[tuple[str, Callable[[], None], tuple[object, ...]]]:
        """In the order in which they leave the least to be made anew."""
        Disturbed.conf = self.with_token
        lent = ("--token-file", self.lender)
        rotate = ("rotate", "--all")
        yield "rotate, surge", self.serve, (*rotate, "--strategy", "surge", NAME)
        yield "rotate, replace", lambda: self.serve(*lent), (*rotate, "--strategy", "replace", NAME)
        yield "rotate, reset", lambda: self.serve(*lent), (*rotate, "--reset-token", NAME)
        yield "gc", self.litter, ("gc",)

    def lent_token(self) -> str:
        """The lent runner's token, which a reset changes."""
        kept = self.lender.read_text().strip()
        token = next((str(one["token"]) for one in self.world.gitlab.runners()
                      if one["description"] == "lent"), kept)
        self.world.secrets.add(token)
        if token != kept:
            self.lender.write_text(token + "\n")
        return token

    def serve(self, *token: object) -> None:
        """One generation of it takes jobs."""
        self.lent_token()
        if self.made_with != token or len(crash.running()) != 1:
            self.do("destroy", "--now", NAME)
            self.do("create", NAME, *token)
            Upkeep.made_with = token
        crash.press(crash.running()[0])

    def litter(self) -> None:
        """An appliance whose domain somebody removed, and a create that was killed."""
        if self.made_with is not None:
            self.do("destroy", "--now", NAME)
        Upkeep.made_with = None
        self.do("create", NAME)
        started = self.done().index("virDomainCreate") + 1
        for verb in ("destroy", "undefine"):
            virsh(verb, f"{NAME}.1")
        self.disturb("create", "other", at=started, deed="kill-before")

    def states(self, prepare: Callable[[], None], run: tuple[object, ...]) -> States:
        """What an undisturbed run leaves, which of rotate is what it found."""
        prepare()
        self.do(*run)
        self.wanted = self.mine()
        return None, self.wanted

    def settled(self, ended: Ended, before: set[str] | None, wanted: set[str] | None) -> None:
        """All done; or said why not, and with a surge somebody still takes jobs."""
        self.wanted = wanted if wanted is not None else self.wanted
        self.assertLess(ended.seconds, DEADLINE, str(ended))
        self.lent_token()
        for secret in self.world.secrets:
            self.assertNotIn(secret, ended.out + ended.err)
        self.assertGreaterEqual(ended.status, 0, str(ended))
        if ended.status:
            self.assertNotEqual([], ended.errors, str(ended))
        self.check_addresses()
        if "surge" in ended.arguments and not self.may_vanish:
            self.assertTrue(self.serving(), f"nobody takes jobs: {ended}")

    def serving(self) -> bool:
        """Is there a domain that runs, with a runner that is not paused?"""
        active = " ".join(one["description"] for one in self.world.gitlab.runners() if one["active"])
        return any(virsh("domuuid", name).strip() in active for name in crash.running())

    def cleaned(self, ended: Ended, *also: str) -> None:
        """The next run finds or makes all right; what only gc can find was told."""
        name = "gc" if "gc" in ended.arguments else "rotate"
        last = self.disturb(name, *([NAME] if name == "rotate" else []))
        gone = self.may_vanish and last.status == 3
        self.assertTrue(last.status == 0 or gone, f"{ended}\n{last}")
        wanted = [self.wanted, set()] if self.may_vanish else [self.wanted]
        left = self.mine()
        if left not in wanted:
            told = self.may_vanish or also or "may be left at" in ended.err
            self.assertTrue(told, f"{[left ^ one for one in wanted if one is not None]} after {ended}\n{last}")
            last = self.do("gc")
            left = self.mine()
        self.assertIn(left, wanted, f"{ended}\n{last}")
        self.check_tokens()
        if left and name == "rotate":
            kept = virsh("secret-get-value", virsh("domuuid", crash.running()[0]).strip(), "--plain")
            if self.made_with:
                self.assertEqual(self.lent_token(), kept.strip(), f"nobody knows the token: {ended}")
            codes = self.world.appliances()[NAME]["problem_codes"]
            self.assertEqual([], codes, f"{ended}\n{last}")

    def start_anew(self) -> None:
        """Nothing is there that a case could begin with."""
        Upkeep.made_with = None
        super().start_anew()

    def tearDown(self) -> None:
        Upkeep.made_with = None
        self.do("destroy", "--now", NAME, "other")


class Libvirt(Upkeep, test_faults.Libvirt):
    """Each effect fails, or its success is lost; the domain vanishes, libvirtd restarts."""

    def vanish(self) -> None:
        """Somebody removes a generation behind the program's back: now the newest, now the oldest."""
        found = re.findall(rf"(?m)^{NAME}\.\d+$", virsh("list", "--all", "--name"))
        found = sorted((name for name in found if int(name.split(".")[1]) not in (9, 10)),
                       key=lambda name: int(name.split(".")[1]))
        Upkeep.turn = not Upkeep.turn
        for name in found[-1:] if Upkeep.turn else found[:1]:
            for command in ("destroy", "undefine"):
                subprocess.run(["virsh", "-q", command, name], check=False, capture_output=True)

    def test_domain_vanishes(self) -> None:
        """Of what was taken away nothing is left, or it was made anew."""
        Upkeep.may_vanish = True
        try:
            super().test_domain_vanishes()
        finally:
            Upkeep.may_vanish = False


class GitLab(Upkeep, test_faults.GitLab):
    """The stand-in's faults."""

    test_killed_meanwhile = None  # of create alone


if __name__ == "__main__":
    crash.main(Libvirt, GitLab)
