"""rotate against a real libvirt and GitLab's stand-in: several appliances.

    scripts/lab run -- python3 tests/live/test_rotation_fleet.py BUILD_DIR
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import live
from live import ADMIN, OWN_POOL, Ended, main, say, virsh, wait_for
from sleepers import Sleepers


class Fleet(Sleepers):
    """What they have to do with each other."""

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
        Sleepers.told = None
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
    main(Fleet, pool=OWN_POOL)
