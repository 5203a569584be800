"""gc: what is ours and belongs to nothing goes; what only looks like it stays.

    scripts/lab run -- python3 tests/live/test_gc.py BUILD_DIR

A real libvirt, a tiny image that only sleeps. The litter is made by undefining domains by hand.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import uuid
from pathlib import Path
from typing import Any

import live
from live import ADMIN, OWN_POOL, Case, difference, main, virsh, wait_for


def uuid_of(text: str) -> str:
    """As the program makes UUIDs of names."""
    digits = hashlib.sha256(text.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


class Gc(Case):
    """The tests build on each other."""

    litter: dict[str, str]
    before: set[str]

    def virsh_xml(self, verb: str, xml: str) -> None:
        """Defines something."""
        virsh(verb, self.world.file(xml))

    def found(self, *arguments: object) -> dict[str, list[str]]:
        """What gc finds, by kind."""
        told: dict[str, Any] = json.loads(self.world.do("gc", "--json", *arguments).out)
        self.assertTrue(told["gitlab_asked"])
        kinds: dict[str, list[str]] = {}
        for one in told["found"]:
            self.assertTrue(one["removed"], one)
            kinds.setdefault(one["kind"], []).append(one["name"])
        return {kind: sorted(names) for kind, names in kinds.items()}

    @classmethod
    def setUpClass(cls) -> None:
        world = cls.world
        world.config(gitlab={"token-file": world.token(ADMIN)}).replace(live.FOLDER / "usual.conf")
        world.build_image()

    def test_1_nothing_is_left_over(self) -> None:
        """where nothing was made, and beside appliances that are well"""
        self.assertEqual("nothing is left over\n", self.world.do("gc").out)
        self.world.gitlab.call("POST", "/api/v4/user/runners", {
            "runner_type": "instance_type", "description": f"far (runnerctl:{uuid.uuid4()})"}, ADMIN)
        ended = self.world.do("gc")
        self.assertEqual("nothing is left over\n", ended.out)
        self.assertIn("without its network nobody can tell", "".join(ended.warnings))
        self.world.do("create", "good", "lost")
        with self.nothing_changes("gc without litter"):
            self.assertEqual({}, self.found())

    def test_2_look_alikes(self) -> None:
        """objects of others, with names like ours"""
        world = self.world
        pool = Path("/run/lab/live/other-pool")
        pool.mkdir()
        virsh("pool-create-as", "other", "dir", "--target", pool)
        virsh("vol-create-as", "other", "ghost.1.data", "1M")
        for name in ("ghost.1.data.bak", "ghost.data", "Ghost.1.data", "look.1.data"):
            virsh("vol-create-as", "runnerctl", name, "1M")
        self.virsh_xml("define", f"""<domain type='qemu'><name>look.1</name><memory>1024</memory>
            <description>{uuid_of("a secret that it mentions")}</description>
            <os><type arch='x86_64'>hvm</type></os><devices>
            <disk type='file'><source file='{OWN_POOL}/look.1.data'/><target dev='vda'/></disk>
            <interface type='network'><source network='runnerctl'/><mac address='52:54:00:AA:00:01'/>
            </interface></devices></domain>""")
        for host in ("mac='52:54:00:aa:00:01' ip='192.168.231.200'",
                     "mac='52:54:00:aa:00:02' name='printer' ip='192.168.231.201'",
                     "mac='02:00:00:aa:00:03' ip='192.168.231.202'"):
            virsh("net-update", "runnerctl", "add-last", "ip-dhcp-host", f"<host {host}/>", "--live", "--config")
        for key, text in (
                ("a secret that it mentions", "runner token of look.1 at https://gitlab (runnerctl)"),
                ("another", "runner token of ghost.1 (runnerctl)"), ("a third", "my runner token of ghost.1")):
            self.virsh_xml("secret-define", f"""<secret ephemeral='no' private='no'><uuid>{uuid_of(key)}</uuid>
                <description>{text}</description></secret>""")
        for name in ("runnerctl-0123456789ab", "runnerctl-mine"):
            self.virsh_xml("nwfilter-define", f"<filter name='{name}'><uuid>{uuid.uuid4()}</uuid></filter>")
        for text in (f"elsewhere (runnerctl:{uuid.uuid4()})", "mine (runnerctl:)", "runnerctl"):
            world.gitlab.call("POST", "/api/v4/user/runners",
                              {"runner_type": "instance_type", "description": text}, ADMIN)
        with self.nothing_changes("gc beside look-alikes"):
            self.assertEqual({}, self.found())

    def test_3_litter(self) -> None:
        """a domain that was undefined by hand, a killed create, an old filter, a lost runner"""
        world = self.world
        Gc.before = world.everything()
        world.do("create", "ghost", "--profile", "default")
        process = world.start("create", "dead")
        self.assertTrue(process.says("^make the disk"))
        process.signal(signal.SIGKILL)
        process.end()
        ghost = world.appliances()["ghost"]
        virsh("destroy", "ghost.1")
        virsh("undefine", "ghost.1")
        name = "runnerctl-aaaaaaaaaaaa"
        self.virsh_xml("nwfilter-define", f"<filter name='{name}'><uuid>{uuid_of(name)}</uuid></filter>")
        old = live.RUN / f"{uuid.uuid4()}.config"
        young = live.RUN / f"{uuid.uuid4()}.config"
        for path in (old, young):
            path.write_text("half a config disk")
        os.utime(old, (0, 0))
        mark = ghost["uuid"][:8]
        lost = world.gitlab.call("POST", "/api/v4/user/runners", {
            "runner_type": "instance_type", "description": f"x (runnerctl:{mark}{str(uuid.uuid4())[8:]})"}, ADMIN)
        expected = {
            "domain": ["dead.1"] if "dead" in world.appliances() else [],
            "volume": ["ghost.1.config", "ghost.1.data"],
            "secret": [ghost["uuid"]],
            "address": [f"{ghost['mac']} {ghost['ip']}"],
            "file": [str(old)],
            "filter": [name],
            "runner": [f"#{lost['id']}", f"#{ghost['runner']['id']}"],
        }
        with self.nothing_changes("gc --dry-run"):
            dry = self.found("--dry-run")
        self.assertEqual({kind: sorted(names) for kind, names in expected.items()}, dry)
        done = self.found()
        # The runner goes with the secret, and is gone when its own turn comes.
        self.assertEqual(dry, done)
        young.unlink()
        self.assertEqual("", difference(self.before, world.everything()))
        self.assertEqual("nothing is left over\n", world.do("gc").out)

    def test_4_a_lent_runner_stays(self) -> None:
        """only our manager is taken off a runner that was lent"""
        world = self.world
        token = world.gitlab.new_runner()
        world.do("create", "borrowed", "--token-file", world.token(token))
        system_id = world.appliances()["borrowed"]["runner"]["system_id"]
        self.assertIn(system_id, [one["system_id"] for one in world.gitlab.state()["managers"]])
        virsh("destroy", "borrowed.1")
        virsh("undefine", "borrowed.1")
        self.assertEqual({"secret", "volume", "address"}, set(self.found()))
        state = world.gitlab.state()
        self.assertIn(token, [one["token"] for one in state["runners"]])
        self.assertNotIn(system_id, [one["system_id"] for one in state["managers"]])

    def test_5_what_a_run_is_at_is_left(self) -> None:
        """a create under way is no litter"""
        process = self.world.start("create", "underway")
        self.assertTrue(process.says("^define the domain"))
        wait_for(lambda: "underway" in self.world.appliances(), "the definition")
        found = self.world.run("gc", "--json")
        self.assertNotIn("underway", found.out)
        self.assertEqual(0, process.end().status)

    def test_6_gitlab_away(self) -> None:
        """the host is cleaned all the same, and the status tells"""
        virsh("vol-create-as", "runnerctl", "gone.7.data", "1M")
        with self.world.gitlab.fault("status", "/groups/|/runners", status=503):
            ended = self.world.run("gc")
        self.assertEqual(4, ended.status, str(ended))
        self.assertEqual("volume gone.7.data removed\n", ended.out)
        self.assertTrue(any(re.match("runnerctl: GitLab https://", line) for line in ended.errors), str(ended))

    def test_7_network_and_pool_are_off(self) -> None:
        """as after a restart of the host that went wrong: gc and destroy do their work all the same"""
        world = self.world
        world.do("create", "shade")
        there = world.appliances()
        for verb in ("destroy", "undefine"):
            virsh(verb, "shade.1")
        for names, arguments in ((("shade",), ("gc",)),
                                 (("good", "underway"), ("destroy", "--now", "good", "underway"))):
            for what in ("net-destroy", "pool-destroy"):
                virsh(what, "runnerctl")
            if arguments == ("gc",):
                with self.nothing_changes("a dry run"):
                    world.do("gc", "--dry-run")
            said = world.do(*arguments)
            virsh("net-start", "runnerctl")
            marks = [mark for name in names for mark in (f"{name}.1", there[name]["uuid"], there[name]["mac"])]
            left = [line for line in world.everything() if any(mark in line for mark in marks)]
            self.assertEqual([], left, str(said))


if __name__ == "__main__":
    main(Gc, pool=OWN_POOL)
