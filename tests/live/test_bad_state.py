"""What exists already, is somebody else's, does not exist, or was left by a run that was killed.

    scripts/lab run -- python3 tests/live/test_bad_state.py BUILD_DIR [TEST...]
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import live
from bad import BUSY, FAILED, GITLAB, NOT_FOUND, OK, PARTLY, TIMEOUT, Made
from live import OWN_POOL, shown, virsh, wait_for


class Others(Made):
    """What exists already, is somebody else's, or does not exist."""

    def test_a_foreign_domain_has_the_name(self) -> None:
        """It is neither taken over nor removed."""
        plain = ("<domain type='qemu'><name>taken.1</name><uuid>{uuid}</uuid>"
                 "<metadata>{metadata}</metadata><memory>65536</memory>"
                 "<os><type arch='x86_64'>hvm</type></os></domain>")
        uuid = "6a1f0f2e-0000-4000-8000-0000000000aa"
        kept = virsh("dumpxml", "kept.1", "--inactive")
        ours = re.search(r"<metadata>(.*)</metadata>", kept, re.DOTALL)
        assert ours
        for metadata in ("", ours[1], ours[1].replace('"kept"', '"taken"'),
                         "<x xmlns='urn:runnerctl:appliance:1'/>"):
            with self.subTest(metadata):
                virsh("define", self.world.file(plain.format(uuid=uuid, metadata=metadata)))
                try:
                    before = virsh("dumpxml", "taken.1")
                    self.refused(FAILED, "taken.1 exists that is not runnerctl's", "create", "taken")
                    self.refused(NOT_FOUND, "no such appliance", "register", "taken",
                                 "--token-file", self.world.token())
                    with self.nothing_changes("destroy"):
                        ended = self.world.do("destroy", "-q", "--now", "taken")
                    self.assertIn("no such appliance", "".join(ended.warnings))
                    self.assertEqual(before, virsh("dumpxml", "taken.1"))
                    self.assertEqual(["kept"], sorted(self.world.appliances()))
                finally:
                    virsh("undefine", "taken.1")

    def test_what_is_not_there(self) -> None:
        """register needs an appliance; destroy is content without."""
        ended = self.refused(NOT_FOUND, "no such appliance", "register", "nosuch", "--token-file",
                             self.world.token())
        self.assertIn("create nosuch", ended.hints[0])
        self.refused(NOT_FOUND, "no appliance nosuch", "status", "nosuch")
        for arguments in (("nosuch",), ("--now", "nosuch"), ("--forget", "nosuch")):
            with self.nothing_changes("destroy"):
                ended = self.world.do("destroy", "-q", *arguments)
            self.assertEqual(1, len(ended.warnings), str(ended))
            self.check_speech(ended)

    def test_what_is_there(self) -> None:
        """create does not make it twice."""
        ended = self.refused(FAILED, "kept: it exists already", "create", "kept")
        self.assertIn("register kept", ended.hints[0])
        self.refused(FAILED, "kept: it exists already", "create", "kept", "--token-file",
                     self.world.token())
        self.refused(FAILED, "kept: it exists already", "create", "kept", "--dry-run")

    def test_one_of_several(self) -> None:
        """The others are made, and the status says that not all were."""
        ended = self.world.run("create", "--json", "-q", "one", "kept", "two")
        self.assertEqual(PARTLY, ended.status, str(ended))
        results = {one["name"]: one["ok"] for one in json.loads(ended.out)["results"]}
        self.assertEqual({"one": True, "kept": False, "two": True}, results)
        self.check_speech(ended)
        self.assertEqual({"kept", "one", "two"}, set(self.world.appliances()))
        ended = self.world.do("destroy", "--now", "one", "two", "nosuch")
        self.assertEqual(["kept"], list(self.world.appliances()))


class Success(Made):
    """What works, as far as it goes without a guest."""

    def test_dry_run(self) -> None:
        """Prints the steps, changes nothing."""
        path = self.world.token()
        for arguments, said in (
                (("create", "a"), "define the domain of a.1"),
                (("create", "a", "--token-file", path), "register the runner of a.1"),
                (("register", "kept", "--token-file", path), "inject the configuration of kept.1"),
                (("destroy", "kept"), "remove the disks, address and domain of kept.1"),
                (("image", "build"), "templates/appliance/build")):
            with self.nothing_changes(shown(arguments)):
                people = self.world.do(*arguments, "--dry-run")
                program = self.world.do(*arguments, "--dry-run", "--json")
            self.assertIn(said, people.out)
            self.assertIn("nothing was changed", people.err)
            self.assertIn(said, program.out)
            json.loads(program.out)

    def test_print_xml(self) -> None:
        """What libvirt would get fits libvirt's own schema."""
        with self.nothing_changes("--print-xml"):
            xml = self.world.do("create", "-q", "--print-xml", "a", "--cpus", "2", "--memory",
                                "600MiB").out
        self.assertEqual("", live.fits_schema(xml))
        for word in ("a.1", "614400", "runnerctl-", "192.168.231.3", "autodeflate", "urn:runnerctl"):
            self.assertIn(word, xml)
        self.assertNotIn("@", re.sub(r"\w+@\d{8}-\d{6}", "", xml))

    def test_count(self) -> None:
        """--count 3, seen by list, and all gone afterwards."""
        with self.nothing_changes("create and destroy"):
            self.world.do("create", "--count", "3", "many")
            names = ["many-1", "many-2", "many-3"]
            made = self.world.appliances()
            self.assertEqual(["kept", *names], sorted(made))
            self.assertEqual(4, len({one["ip"] for one in made.values()}))
            table = self.world.do("list").out
            for name in names:
                self.assertRegex(table, rf"(?m)^{name} +created ")
                self.assertEqual(("created", False, None), tuple(
                    made[name][key] for key in ("state", "running", "runner")))
                self.assertEqual(1 << 29, made[name]["limits"]["memory"])
            self.world.do("destroy", *names)

    def test_several_runs_at_once(self) -> None:
        """No address is given twice; a name is made once."""
        with self.nothing_changes("create and destroy"), ThreadPoolExecutor(6) as pool:
            names = ["p1", "p2", "p3", "same", "same", "same"]
            runs = list(pool.map(lambda name: self.world.run("-q", "create", name), names))
            self.assertEqual([OK] * 3, [one.status for one in runs[:3]], "\n".join(map(str, runs)))
            statuses = sorted(one.status for one in runs[3:])
            self.assertEqual(OK, statuses[0], "\n".join(map(str, runs[3:])))
            # There already, or still being made after all the patience for its lock.
            self.assertLessEqual(set(statuses[1:]), {FAILED, BUSY}, "\n".join(map(str, runs[3:])))
            made = self.world.appliances()
            self.assertEqual(5, len({one["ip"] for one in made.values()}))
            self.world.do("destroy", "p1", "p2", "p3", "same")


class Killed(Made):
    """kill -9: the next run finds what is left, and finishes or removes it."""

    def tearDown(self) -> None:
        super().tearDown()
        self.world.gitlab.forget()

    def runners_of(self, name: str) -> list[dict[str, Any]]:
        """What GitLab has for that appliance."""
        return [one for one in self.world.gitlab.runners()
                if one["description"].startswith(f"{name} ")]

    def killed_at(self, name: str, there: Callable[[], Any], *more: object) -> str:
        """The state of an appliance whose create was killed as soon as that was there."""
        for _ in range(5):
            process = self.world.start("create", name, *more)
            wait_for(there, f"{name} to get there", 60, 0.0005)
            process.signal(signal.SIGKILL)
            ended = process.end()
            state = self.world.appliances().get(name, {}).get("state", "nothing")
            live.say(f"create {name} killed: {state}")
            if state != "created":
                break
            # It had made the rest before we saw the first of it: again.
            self.world.do("destroy", name)
        self.assertEqual(-signal.SIGKILL, ended.status, str(ended))
        return str(state)

    def definition(self, name: str) -> Callable[[], bool]:
        """Is the domain defined?"""
        return Path(f"/etc/libvirt/qemu/{name}.1.xml").exists

    def test_create_right_after_the_domain(self) -> None:
        """create again cleans up and succeeds; destroy cleans up."""
        with self.nothing_changes("create, killed"):
            self.assertEqual("creating", self.killed_at("k1", self.definition("k1")))
            self.assertRegex(self.world.do("list").out, "k1 +creating")
            self.refused(FAILED, "half-made", "register", "k1", "--token-file", self.world.token())
            ended = self.world.do("create", "k1")
            self.assertIn("removing what an interrupted run left", "".join(ended.warnings))
            self.assertEqual("created", self.world.appliances()["k1"]["state"])
            self.world.do("destroy", "k1")
            self.assertEqual("creating", self.killed_at("k2", self.definition("k2")))
            self.world.do("destroy", "k2")

    def test_create_while_gitlab_makes_the_runner(self) -> None:
        """The runner has no owner yet: it is found by its marker, or told of."""
        with self.nothing_changes("create, killed"):
            with self.world.gitlab.fault("hang", "/user/runners$", when="after", seconds=5):
                state = self.killed_at("k3", lambda: self.runners_of("k3"), "--token-file",
                                       self.world.token())
            self.assertEqual("registering", state)
            config = self.world.config(gitlab={"token-file": self.world.token()})
            self.world.do("destroy", "--now", "k3", config=config)

    def test_register_after_the_runner(self) -> None:
        """register again works, and one runner is left, not two."""
        secrets = Path("/etc/libvirt/secrets")
        path = self.world.token()
        before = self.world.everything()
        self.world.do("create", "k4")
        process = self.world.start("register", "k4", "--token-file", path)
        wait_for(lambda: any(secrets.iterdir()) and process.says("libguestfs", 60), "the runner's token")
        wait_for(lambda: any(live.RUN.glob("*.config")), "the config disk")
        process.signal(signal.SIGKILL, everybody=False)
        process.end()
        self.assertEqual("registering", self.world.appliances()["k4"]["state"])
        first, = self.runners_of("k4")
        wait_for(lambda: not [line for line in live.everything() if "process" in line],
                 "libguestfs to notice that it was left alone")
        ended = self.world.do("register", "k4", "--token-file", path)
        second, = self.runners_of("k4")
        self.assertNotEqual(first["id"], second["id"], str(ended))
        one = self.world.appliances()["k4"]
        self.assertEqual(("started", True, second["id"]),
                         (one["state"], one["running"], one["runner"]["id"]))
        self.started(second)
        # What libguestfs itself keeps in /tmp is beyond our reach.
        after = {line for line in self.world.everything() if not line.startswith("temporary")}
        self.assertEqual("", live.difference(before, after))

    def started(self, runner: dict[str, Any]) -> None:
        """What is refused for an appliance that runs; removes it in the end."""
        path = self.world.token()
        ended = self.refused(FAILED, "it exists already", "create", "k4")
        self.assertIn("status k4", ended.hints[0])
        self.refused(FAILED, rf"it has a runner already, #{runner['id']} at https://{live.NAME}",
                     "register", "k4", "--token-file", path)
        self.assertEqual([runner["id"]], [one["id"] for one in self.runners_of("k4")])
        # The guest knows nothing of powering off: it goes on draining, and is not killed.
        self.refused(TIMEOUT, "did not power off within", "destroy", "k4", "--drain-timeout", "1s",
                     touches="the drain")
        self.assertTrue(self.world.appliances()["k4"]["running"])
        # GitLab is away: the appliance is stopped, and what is left is still known.
        with self.world.gitlab.fault("status", "/api/v4/", status=500, body="no"):
            ended = self.refused(GITLAB, "cannot remove its runner", "destroy", "--now", "k4",
                                 touches="the domain")
        self.assertIn("--forget", ended.hints[0])
        self.assertEqual("destroying", self.world.appliances()["k4"]["state"])
        self.world.do("destroy", "--now", "k4")
        self.assertEqual({"kept"}, set(self.world.appliances()))


if __name__ == "__main__":
    live.main(Others, Success, Killed, pool=OWN_POOL)
