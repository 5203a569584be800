"""rotate against a real libvirt and GitLab's stand-in: one appliance.

    scripts/lab run -- python3 tests/live/test_rotation.py BUILD_DIR
"""

from __future__ import annotations

import json
import re
import signal

from live import ADMIN, OWN_POOL, main, say, virsh
from sleepers import Sleepers

# The lines after which rotate is killed, and what is made of the next run.
POINTS = ("^define the domain", "^make the disk", "^register the runner", "^libguestfs", "^store the config",
          "^start ", "^wait until GitLab hears", "^drain ", "^stop ", "^remove the runner", r"^remove ci-1\.\d+$")


class Rotation(Sleepers):
    """How one is replaced, and what keeps it from being."""

    def test_1_surge(self) -> None:
        """the new one beside the old one, then the old one goes; a new runner, and nothing is left"""
        self.start("create", "ci-1", "--wait").end(200)
        with self.guests.still, self.nothing_changes("a run in which nothing is due"):
            self.assertEqual("nothing is due\n", self.rotate("-n").out)
            self.assertIn(", 1 not due\n", self.rotate().out)
        with self.guests.still:
            before = self.world.appliances()["ci-1"]
        self.assertGreater(before["measured"]["memory"], 2**20)
        self.assertIsNone(before["measured"]["guest_memory"], "this guest has no balloon driver")
        self.assertIn("  make, start and wait for ci-1.2\n  drain ci-1.1\n", self.rotate("-n", "--all").out)
        ended = self.rotate("--all")
        self.assertRegex(ended.out, r"^ci-1 rotated, runner #\d+ of ci-1.2 ready .*: asked for\n1 rotated, ")
        after = self.world.appliances()["ci-1"]
        self.assertNotEqual(before["runner"]["id"], after["runner"]["id"])
        self.assertEqual({"ci-1": [(2, "ready")]}, self.generations())
        self.check_no_orphans("a rotation")

    def test_2_killed(self) -> None:
        """killed at each step, the next run leaves one generation that serves, and no orphan"""
        for number, point in enumerate(POINTS):
            process = self.start("rotate", "--all")
            begun = process.says(point, 200)
            process.signal(signal.SIGKILL)
            killed = process.end()
            self.assertTrue(begun, str(killed))
            left = self.generations()
            if point == "^make the disk":
                self.check_plan(*(generation for generation, _ in left["ci-1"]))
            ended = self.rotate()
            say(f"{number + 1} of {len(POINTS)}: killed at {point}: left {left['ci-1']}, {ended.seconds:.0f} s later "
                f"{self.generations()['ci-1']}")
            self.assertEqual(1, len(self.generations()["ci-1"]), str(ended))
            self.assertIn(self.generations()["ci-1"][0][1], ("started", "ready"), str(ended))
            self.check_no_orphans(point)

    def check_plan(self, elder: int, half: int) -> None:
        """A dry run names who is meant by what."""
        new = half + 1
        self.assertEqual("ci-1 would be rotated: asked for\n"
                         f"  remove ci-1.{half}: an interrupted run left it half-made\n"
                         f"  make, start and wait for ci-1.{new}\n  drain ci-1.{elder}\n  remove ci-1.{elder}\n",
                         self.rotate("-n", "--all").out)

    def test_3_replace(self) -> None:
        """the old one first; killed while there is none, the next run makes it"""
        process = self.start("rotate", "--all", "--strategy", "replace")
        self.assertTrue(process.says("^define the domain", 100))
        process.signal(signal.SIGKILL)
        process.end()
        say(f"killed: left {self.generations()}")
        ended = self.rotate()
        self.assertIn("its replacement was interrupted", ended.out)
        self.assertEqual(1, len(self.generations()["ci-1"]))
        self.check_no_orphans("replace")

    def test_4_busy(self) -> None:
        """a busy one past the drain timeout goes on beside its successor, and goes when it is done"""
        self.guests.busy.add("ci-1")
        ended = self.rotate("--all", "--drain-timeout", "2s")
        self.assertIn("ci-1 left", ended.out)
        states = [state for _, state in self.generations()["ci-1"]]
        self.assertEqual(["draining", "ready"], states)
        autostart = [virsh("dominfo", f"ci-1.{generation}") for generation, _ in self.generations()["ci-1"]]
        self.assertEqual(["disable", "enable"], [re.findall(r"Autostart: *(\w+)", one)[0] for one in autostart])
        self.assertRegex(self.world.do("metrics").out,
                         r'runnerctl_appliance_draining_seconds\{appliance="ci-1",generation="\d+"\} \d+\n')
        self.guests.busy.clear()
        self.assertIn("ci-1 cleaned up: ci-1.", self.rotate().out)
        self.check_no_orphans("a drain that took long")

    def test_5_a_bad_successor(self) -> None:
        """one that does not ask for work is taken back, and the old one goes on"""
        before = self.generations()
        impatient = self.world.config(gitlab={"token-file": self.world.token(ADMIN)},
                                      rotation={"ready-timeout": "20s"})
        self.guests.dumb.add("ci-1")
        ended = self.rotate("--all", status=9, config=impatient)
        self.assertRegex(ended.err, "did not ask GitLab for work within 20 s")
        self.assertEqual(before, self.generations())
        self.check_no_orphans("a successor that was taken back")
        self.guests.busy.add("ci-1")
        ended = self.rotate("--all", "--drain-timeout", "2s", status=9, config=impatient)
        self.assertRegex(ended.err, r"ci-1\.\d+ is left: it did not power off within 2s")
        self.assertEqual(before["ci-1"], self.generations()["ci-1"][:1])
        self.assertEqual("draining", self.generations()["ci-1"][1][1], "one that hangs")
        self.assertIn("ci-1 left", self.rotate("--drain-timeout", "2s").out)
        told = json.loads(self.world.do("status", "--json").out)["appliances"]
        self.assertIn("rotation_failed", told[0]["problem_codes"], f"it was forgotten: {told}")
        self.guests.busy.clear()
        self.assertIn("ci-1 cleaned up: ", self.rotate().out)
        self.assertEqual(before, self.generations())
        self.check_no_orphans("a successor that hung")
        self.guests.dumb.clear()
        told = self.world.appliances()["ci-1"]
        self.assertEqual("timeout", told["rotation"]["result"])
        self.assertIn("rotation_failed", told["problem_codes"])
        metrics = self.world.do("metrics").out
        self.assertIn(f'runnerctl_appliance_rotation_success{{appliance="ci-1",generation="{told["generation"]}"}} 0\n',
                      metrics)
        self.assertIn(', 1 not due\n', self.rotate().out)
        told = self.world.appliances()["ci-1"]
        self.assertEqual(("ok", []), (told["rotation"]["result"], told["problem_codes"]))

    def test_6_off(self) -> None:
        """one that is off is replaced without being asked"""
        generation = self.generations()["ci-1"][0][0]
        virsh("destroy", f"ci-1.{generation}")
        self.assertIn("ci-1 would be rotated: it is off\n", self.rotate("-n").out)
        self.assertRegex(self.rotate("ci-1").out, "ci-1 rotated, .*: it is off\n")
        self.check_no_orphans("one that was off")
        self.assertIn("there is no such appliance", self.rotate("nobody", status=3).err)

    def test_6_saved(self) -> None:
        """one whose memory was saved has its jobs in there: nobody removes it, but who says so"""
        generation = self.generations()["ci-1"][0][0]
        virsh("managedsave", f"ci-1.{generation}")
        self.assertEqual(["paused"], self.world.appliances()["ci-1"]["problem_codes"])
        ended = self.rotate("--all")
        self.assertIn("runnerctl: warning: ci-1: somebody saved it: left alone", ended.warnings)
        for verb in ("destroy", "ci-1"), ("set", "ci-1", "--cpu-cap", "1"):
            refused = self.start(*verb).end(100)
            self.assertEqual(1, refused.status, str(refused))
            self.assertIn("is saved, and its jobs with it", refused.err)
        virsh("start", f"ci-1.{generation}")
        self.assertEqual([], self.world.appliances()["ci-1"]["problem_codes"])
        self.assertEqual("nothing is due\n", self.rotate("-n").out)

    def test_6_saved_while_it_drains(self) -> None:
        """whoever waits for its jobs, and gc, know that they are in there"""
        self.guests.busy.add("ci-1")
        elder = f"ci-1.{self.generations()['ci-1'][0][0]}"
        process = self.start("rotate", "--all")
        self.assertTrue(process.says("^drain ", 100))
        virsh("managedsave", elder)
        ended = process.end(100)
        self.assertEqual(1, ended.status, str(ended))
        self.assertIn(f"{elder} is saved, and its jobs with it", ended.err)
        self.assertEqual("nothing is left over\n", self.world.do("gc").out)
        ended = self.rotate()
        self.assertIn("runnerctl: warning: ci-1: somebody saved it: left alone", ended.warnings)
        self.assertEqual(["draining", "ready"], [state for _, state in self.generations()["ci-1"]])
        virsh("start", elder)
        self.guests.busy.clear()
        self.assertIn("ci-1 cleaned up: ", self.rotate().out)
        self.check_no_orphans("one that was saved while it drained")

    def test_6_another_filter(self) -> None:
        """what a run would put in force is in its plan"""
        holes = self.world.config(gitlab={"token-file": self.world.token(ADMIN)},
                                  isolation={"allow": "192.168.50.7:80"})
        generation = self.generations()["ci-1"][0][0]
        self.assertEqual("ci-1 would be repaired\n"
                         f"  put the filter in force for ci-1.{generation}: its network filter is outdated\n",
                         self.rotate("-n", config=holes).out)

    def test_7_destroyed(self) -> None:
        """destroy of one whose rotation was interrupted wants no successor"""
        process = self.start("rotate", "--all", "--strategy", "replace")
        self.assertTrue(process.says("^drain ", 100))
        process.signal(signal.SIGKILL)
        process.end()
        self.assertEqual(0, self.start("destroy", "ci-1").end(100).status)
        self.assertIn("0 rotated, 0 cleaned up", self.rotate().out)
        self.assertEqual({}, self.generations())

    def test_7_destroyed_while_it_is_rotated(self) -> None:
        """an elder that is busy does not keep destroy from asking its successor to go"""
        self.start("create", "ci-1", "--wait").end(200)
        self.guests.busy.add("ci-1")
        self.assertIn("ci-1 left", self.rotate("--all", "--drain-timeout", "2s").out)
        self.assertEqual(9, self.start("destroy", "ci-1", "--drain-timeout", "2s").end(100).status)
        self.assertEqual({"draining"}, {state for _, state in self.generations()["ci-1"]})
        self.guests.busy.clear()
        self.rotate()
        self.assertEqual({}, self.generations())


if __name__ == "__main__":
    main(Rotation, pool=OWN_POOL)
