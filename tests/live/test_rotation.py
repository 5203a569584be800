"""rotate against a real libvirt and GitLab's stand-in, with guests that only sleep.

    scripts/lab run -- python3 tests/live/test_rotation.py BUILD_DIR

libguestfs is stood in for as in the crash tests. What a guest would do is done for it: it asks
GitLab for work, and powers off when it is drained, unless it is told to be busy.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import urllib.error
from pathlib import Path
from typing import Any

import crash
import live
from live import ADMIN, OWN_POOL, Case, Ended, Process, main, say, virsh, wait_for

# sti; hlt; and again: the guest of the crash tests, without its power button.
ASLEEP = bytes.fromhex("fbf4ebfc").ljust(len(crash.GUEST), b"\x90")


def octal(code: bytes) -> str:
    """As the recipe writes it."""
    return "".join(f"\\0{byte:03o}" for byte in code)


live.RECIPE = live.RECIPE.replace(octal(crash.GUEST), octal(ASLEEP))

# The lines after which rotate is killed, and what is made of the next run.
POINTS = ("^define the domain", "^make the disk", "^register the runner", "^libguestfs", "^store the config",
          "^start ", "^wait until GitLab hears", "^drain ", "^stop ", "^remove the runner", r"^remove ci-1\.\d+$")


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


class Rotation(Case):
    """The tests build on each other, in this order."""

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
        Rotation.told = more

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

    def test_8_owned_and_lent_together(self) -> None:
        """two at a time; the lent runner stays, and is served by another machine; wishes are kept"""
        world = self.world
        token = world.gitlab.new_runner()
        self.guests_say()
        self.start("create", "ci-1", "--tags", "one,two", "--memory", "640MiB").end(100)
        self.start("create", "ci-2", "--token-file", world.token(token)).end(100)
        before = world.appliances()
        ended = self.rotate("--all", "--max-unavailable", "2")
        self.assertIn("2 rotated, ", ended.out)
        after = world.appliances()
        self.assertEqual([2, 2], [one["generation"] for one in after.values()])
        self.assertEqual(["one", "two"], after["ci-1"]["runner"]["tags"])
        self.assertEqual(before["ci-1"]["limits"], after["ci-1"]["limits"])
        self.assertNotEqual(before["ci-1"]["runner"]["id"], after["ci-1"]["runner"]["id"])
        self.assertEqual(before["ci-2"]["runner"]["id"], after["ci-2"]["runner"]["id"])
        state = world.gitlab.state()
        self.assertEqual([after["ci-2"]["runner"]["system_id"]],
                         [one["system_id"] for one in state["managers"]
                          if one["runner_id"] == after["ci-2"]["runner"]["id"]])
        self.assertEqual("nothing is left over\n", world.do("gc").out)

    def test_8_replaced_beside_a_busy_one(self) -> None:
        """with the old ones first, one that is busy keeps no other one down"""
        self.guests.busy.add("ci-1")
        process = self.start("rotate", "--all", "--strategy", "replace", "--max-unavailable", "2",
                             "--drain-timeout", "60s")
        wait_for(lambda: self.generations()["ci-2"] == [(3, "ready")], "the next generation of ci-2", 50, 0.2)
        self.assertEqual([(2, "draining")], self.generations()["ci-1"])
        self.assertIsNone(process.popen.poll(), "it waited for all of them")
        ended = process.end(200)
        self.assertRegex(ended.out, "(?s)ci-1 left.*ci-2 rotated")
        self.guests.busy.clear()
        self.assertIn("1 rotated, ", self.rotate().out)
        self.assertEqual({"ci-1": [(3, "ready")], "ci-2": [(3, "ready")]}, self.generations())

    def test_8_slow_beside_another(self) -> None:
        """a successor that takes long keeps no other elder from going; and one of a lent runner
        that has no agent is ready when GitLab hears from it"""
        Rotation.told = None
        patient = self.world.config(gitlab={"token-file": self.world.token(ADMIN)},
                                    rotation={"ready-timeout": "5m"})
        self.guests.dumb.add("ci-1")
        process = self.start("rotate", "--all", "--max-unavailable", "2", config=patient)
        wait_for(lambda: self.generations()["ci-2"] == [(4, "ready")], "the next generation of ci-2", 200, 0.2)
        self.assertEqual([(3, "ready"), (4, "started")], self.generations()["ci-1"])
        self.assertIsNone(process.popen.poll(), "it did not wait for ci-1")
        self.guests.dumb.clear()
        self.assertIn("2 rotated, ", process.end(200).out)
        self.assertEqual({"ci-1": [(4, "ready")], "ci-2": [(4, "ready")]}, self.generations())
        self.guests_say()

    def test_8_stuck(self) -> None:
        """a qemu that is stuck does not keep metrics for ever, nor list at all: what it does not tell is not known"""
        stuck = int(Path("/run/libvirt/qemu/ci-1.4.pid").read_text())
        with self.guests.still:
            os.kill(stuck, signal.SIGSTOP)
            try:
                self.assertEqual(9, self.start("metrics", "--timeout", "3s").end(30).status)
                listed = self.world.start("list", "--json").end(30)
            finally:
                os.kill(stuck, signal.SIGCONT)
        measured = [one["measured"] for one in json.loads(listed.out)["appliances"]]
        say(f"of a stuck one: {measured[0]}")
        self.assertEqual([None, None, None], [measured[0][key] for key in ("memory", "guest_memory", "read_bytes")])
        self.assertGreater(measured[1]["memory"], 2**20)

    def test_9_what_guests_say(self) -> None:
        """a full disk and a failed docker are reasons; a profile that changed is one"""
        data = {"size": 1000, "used": 990, "inodes": 1000, "inodes_used": 1}
        self.guests_say(data=data, docker="failed")
        self.assertEqual(2, self.rotate("-n").out.count("docker has failed in it; its disk is full\n"))
        self.guests_say()
        text = self.world.usual.read_text()
        self.world.usual.write_text(text.replace("memory = 512MiB", "memory = 576MiB").replace("cpus = 1\n", "cpus = 2\n"))
        planned = self.rotate("-n").out
        self.assertEqual(2, planned.count("it is to have other limits\n"), planned)
        self.world.usual.write_text(text)
        self.start("destroy", "ci-1", "ci-2").end(100)

    def kept(self, name: str) -> str:
        """The token that libvirt keeps for it."""
        return virsh("secret-get-value", self.world.appliances()[name]["uuid"], "--plain").strip()

    def test_a_reset_token(self) -> None:
        """another token for a lent runner: all that share it go, other machines are told of, and
        what dies between the reset and the keeping of the token is done again"""
        world = self.world
        first = world.gitlab.new_runner()
        for name in ("ci-2", "ci-3"):
            self.start("create", name, "--token-file", world.token(first)).end(100)
        runner = world.appliances()["ci-2"]["runner"]["id"]
        world.gitlab.call("POST", "/api/v4/runners/verify", {"token": first, "system_id": "r_elsewhere000"})

        def token() -> str:
            found = next(str(one["token"]) for one in world.gitlab.runners() if one["id"] == runner)
            world.secrets.add(found)
            return found

        with self.guests.still, self.nothing_changes("a dry run"):
            planned = self.rotate("-n", "--reset-token", "--all", "ci-2").out
        self.assertIn("ci-3 would be rotated: it shares the token of ci-2, which is reset\n"
                      "  reset the token of the runner of ci-3.1\n", planned)
        with world.gitlab.fault("status", "reset_authentication_token", status=403, body={"message": "403 Forbidden"}):
            refused = self.rotate("--reset-token", "--all", "ci-2", status=8)
        self.assertEqual(2, refused.err.count("its token was not reset: "), str(refused))
        self.assertEqual((first, "nothing is due\n"), (token(), self.rotate("-n").out))
        ended = self.rotate("--reset-token", "--all", "ci-2")
        self.assertIn("2 rotated, ", ended.out)
        self.assertIn(f"the runner #{runner} has 1 other machine: ", "".join(ended.warnings))
        second = token()
        self.assertNotEqual(first, second)
        self.assertEqual([second] * 2, [self.kept("ci-2"), self.kept("ci-3")])
        process = self.start("rotate", "--reset-token", "--all", "ci-3")
        wait_for(lambda: token() != second, "the reset")
        process.signal(signal.SIGKILL)
        process.end()
        ended = self.rotate()
        self.assertRegex(ended.out, "ci-3 (rotated, .*(reset of its token|token was reset)|cleaned up)", str(ended))
        self.assertEqual([token()] * 2, [self.kept("ci-2"), self.kept("ci-3")])
        self.check_speech(Ended((), 0, ended.out, ""))
        machines = {one["system_id"] for one in world.gitlab.state()["managers"] if one["runner_id"] == runner}
        self.assertEqual({"r_elsewhere000"} | {world.appliances()[name]["runner"]["system_id"]
                                               for name in ("ci-2", "ci-3")}, machines)
        self.assertEqual("nothing is left over\n", world.do("gc").out)
        self.start("destroy", "ci-2", "ci-3").end(100)

    def trips(self) -> tuple[int, float]:
        """Messages to libvirtd, and seconds, of a run in which nothing is due."""
        log = live.FOLDER / "rpc.log"
        log.unlink(missing_ok=True)
        ended = self.start("rotate", env={"LIBVIRT_LOG_FILTERS": "1:rpc", "LIBVIRT_LOG_OUTPUTS": f"1:file:{log}"}).end(100)
        self.assertIn("0 rotated, 0 cleaned up, 0 left", ended.out, str(ended))
        return log.read_text(errors="replace").count("RPC_CLIENT_MSG_TX_QUEUE"), ended.seconds

    def test_b_round_trips(self) -> None:
        """a run in which nothing is due: a fixed number of messages to libvirtd and some for each
        appliance, of which most are to its guest's agent, and GitLab is not asked at all"""
        world = self.world
        self.guests_say()
        self.start("create", "ci-1", "--wait").end(100)
        one, _ = self.trips()
        self.start("create", "ci-2", "ci-3", "ci-4", "--wait").end(200)
        last = world.gitlab.last_request()
        four, seconds = self.trips()
        say(f"nothing is due: {one} messages to libvirtd for 1 appliance, {four} for 4, in {seconds:.2f} s")
        self.assertLessEqual(one, 40)
        self.assertLessEqual(four - one, 3 * 10)
        self.assertEqual([], [entry for entry in world.gitlab.requests(last) if "runnerctl" in str(entry)])
        self.start("destroy", "ci-1", "ci-2", "ci-3", "ci-4").end(200)


if __name__ == "__main__":
    main(Rotation, pool=OWN_POOL)
