"""A fleet of guests that only sleep, on a real libvirt with GitLab's stand-in.

libguestfs is stood in for as in the crash tests. What a guest would do is done for it: it asks
GitLab for work, and powers off when it is drained, unless it is told to be busy.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import urllib.error
from pathlib import Path
from typing import Any

import crash
import live
from live import ADMIN, Case, Ended, Process

# sti; hlt; and again: the guest of the crash tests, without its power button.
ASLEEP = bytes.fromhex("fbf4ebfc").ljust(len(crash.GUEST), b"\x90")


def octal(code: bytes) -> str:
    """As the recipe writes it."""
    return "".join(f"\\0{byte:03o}" for byte in code)


live.RECIPE = live.RECIPE.replace(octal(crash.GUEST), octal(ASLEEP))

class Guests(threading.Thread):
    """Acts for all guests: those that run ask GitLab for work, those that drain power off."""

    def __init__(self, world: live.World) -> None:
        super().__init__(daemon=True)
        self.world = world
        self.busy: set[str] = set()  # names of those that never finish their jobs
        self.dumb: set[str] = set()  # names of those that never ask for work
        self.over = threading.Event()
        self.failure: Exception | None = None
        self.still = threading.Lock()  # held by a test that looks at everything: we are a process too

    def run(self) -> None:
        while not self.over.wait(0.3):
            try:
                with self.still:
                    self.act()
            except OSError:
                pass  # a GitLab that is slow, or told to fail: the next look is soon
            except Exception as failure:  # pylint: disable=broad-exception-caught
                self.failure = failure  # raised when all is over

    def act(self) -> None:
        """One look at all of them."""
        told = subprocess.run([live.runnerctl, "--config", str(self.world.usual), "list", "--json"],
                              capture_output=True, text=True, check=False)
        if told.returncode:
            return
        tokens = {one["id"]: one["token"] for one in self.world.gitlab.runners()}
        for one in json.loads(told.stdout)["appliances"]:
            if one["state"] == "draining" and one["running"] and one["name"] not in self.busy:
                subprocess.run(["virsh", "-q", "destroy", f"{one['name']}.{one['generation']}"],
                               capture_output=True, check=False)
            elif one["state"] == "started" and one["name"] not in self.dumb and one["runner"]["id"] in tokens:
                try:
                    self.world.gitlab.call("POST", "/api/v4/runners/verify", {
                        "token": tokens[one["runner"]["id"]], "system_id": one["runner"]["system_id"]})
                except urllib.error.HTTPError:
                    pass


class Sleepers(Case):
    """The tests build on each other, in the order of their names."""

    guests: Guests
    told: dict[str, Any] | None = None

    def start(self, *arguments: object, env: dict[str, str] | None = None, config: Path | None = None) -> Process:
        """Begins a run."""
        stand_ins = Path(live.runnerctl).parent / "tests/rc_stand_ins.so"
        told = {} if self.told is None else {"RC_GUEST_STATUS": str(self.world.file(crash.status(**self.told)))}
        return self.world.start(*arguments, config=config,
                                env={**os.environ, **told, **(env or {}), "LD_PRELOAD": str(stand_ins)})

    def guests_say(self, **more: Any) -> None:
        """What all guests' agents answer from now on; without this there are no agents."""
        Sleepers.told = more

    def rotate(self, *arguments: object, status: int = 0, config: Path | None = None) -> Ended:
        """A run that must end so."""
        ended = self.start("rotate", *arguments, config=config).end(300)
        self.assertEqual(status, ended.status, str(ended))
        return ended

    def generations(self) -> dict[str, list[tuple[int, str]]]:
        """Those that are there, by name, and how they stand."""
        found: dict[str, list[tuple[int, str]]] = {}
        for one in json.loads(self.world.do("list", "--json").out)["appliances"]:
            found.setdefault(one["name"], []).append((one["generation"], one["state"]))
        return found

    def check_no_orphans(self, what: str) -> None:
        """Everything here and at GitLab belongs to an appliance that is listed."""
        listed = json.loads(self.world.do("list", "--json").out)["appliances"]
        known = [part for one in listed for part in (
            one["uuid"], f"{one['name']}.{one['generation']}", one["mac"], one["runner"]["system_id"])]
        kinds = r"domain|volume .*\.(data|config)|secret|address|manager|runner|file run/|temporary"
        orphans = [line for line in self.world.everything() if re.match(kinds, line)
                   and not any(part in line for part in known)]
        self.assertEqual([], sorted(orphans), what)
        self.assertEqual("nothing is left over\n", self.world.do("gc").out)

    @classmethod
    def setUpClass(cls) -> None:
        world = cls.world
        world.config(gitlab={"token-file": world.token(ADMIN)},
                     rotation={"ready-timeout": "60s"}).replace(live.FOLDER / "usual.conf")
        world.build_image()
        cls.guests = Guests(world)
        cls.guests.start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.guests.over.set()
        cls.guests.join(10)
        if cls.guests.failure:
            raise cls.guests.failure
