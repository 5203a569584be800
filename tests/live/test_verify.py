"""verify with a real machine: it finds nothing where all is well, and what was spoilt where not.

    scripts/lab run --dir STATE -- python3 tests/live/test_verify.py BUILD_DIR [TEST...]

STATE keeps the image.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import live
from live import FOLDER, SOURCE, Case, main, say, virsh, wait_for

NAME = "runnerctl-verify"
NF_CALL = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
WITHIN = 90  # seconds, emulated


def ensure_image(world: live.World) -> str:
    """The image of the demo, built if the state has none."""
    config = world.config(host={"templates": None})
    return subprocess.run(
        ["bash", "-c", 'set -e; . "$LAB_ROOT/scripts/lib/lab.bash"; . "$LAB_ROOT/scripts/lib/image.bash"; '
         f'ensure_demo_image "{live.runnerctl}" --config {config}'],
        cwd=SOURCE, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


class Verify(Case):
    """The tests share an image."""

    image: str

    @classmethod
    def setUpClass(cls) -> None:
        cls.image = ensure_image(cls.world)
        # The network is there before: what is made once for all is no left-over.
        cls.world.do("create", "near", config=cls.configured(ipv6="on"))

    @classmethod
    def tearDownClass(cls) -> None:
        # The state is shared with tests that count what is there.
        cls.world.do("destroy", "--now", "near", config=cls.configured())

    @classmethod
    def configured(cls, ipv6: str = "off", **more: object) -> Path:
        """A configuration whose GitLab is a site that answers to TCP."""
        host = {"templates": None, **more}
        return cls.world.config(host=host, appliance={"image": cls.image}, isolation={"ipv6": ipv6})

    def verify(self, *arguments: object, **more: object) -> tuple[live.Ended, list[dict[str, str]]]:
        """A run, and its probes."""
        ended = self.world.run("--json", "verify", *arguments, config=self.configured(**more))
        self.assertIn(ended.status, (0, 1), str(ended))
        told = json.loads(ended.out)
        self.assertTrue(told["watched"])
        wrong = [one for one in told["probes"] if one["verdict"] != "ok"]
        say(f"{ended.seconds:5.1f} s  status {ended.status}, {len(told['probes'])} probes, "
            f"{len(wrong)} wrong: {[(one['probe'], one['target'], one['detail']) for one in wrong[:6]]}")
        self.assertGreaterEqual(len([one for one in told["probes"] if one["must"] == "fail"]), 60)
        return ended, wrong

    def test_1_nothing_leaks(self) -> None:
        """no leak, whatever bridge-nf-call-iptables says, in less than 90 s, and nothing is left"""
        for value, ipv6 in ("0", "off"), ("1", "on"):
            NF_CALL.write_text(value)
            with self.nothing_changes("verify"):
                ended, wrong = self.verify(ipv6=ipv6)
            self.assertEqual(([], 0), (wrong, ended.status), str(ended))
            self.assertLess(ended.seconds, WITHIN)

    def test_2_an_appliance(self) -> None:
        """the filter of an appliance that exists; one that does not is refused"""
        ended, wrong = self.verify("near", ipv6="on")
        self.assertEqual(([], 0), (wrong, ended.status), str(ended))
        self.refused(3, "there is no appliance 'far'", "verify", "far", config=self.configured())

    def test_3_weak_filter(self) -> None:
        """a condition less in the operator's template: the leak is named"""
        templates = FOLDER / "weak"
        templates.mkdir()
        text = (SOURCE / "templates/filter.xml").read_text()
        weak = re.sub(r"(?s)(priority='900'>\s*<ip srcmacaddr='\$MAC') srcipaddr='\$IP'", r"\1", text)
        self.assertNotEqual(text, weak)
        (templates / "filter.xml").write_text(weak)
        ended, wrong = self.verify(templates=templates)
        self.assertEqual(1, ended.status)
        self.assertEqual({"spoof-ip"}, {one["probe"] for one in wrong}, str(wrong))
        self.assertTrue(all(one["detail"].startswith("seen on ") for one in wrong), str(wrong))
        self.assertRegex(ended.errors[-1], r"got where they must not")

    def test_4_flushed(self) -> None:
        """somebody flushes the kernel's rules while it boots"""
        def flush() -> None:
            def link() -> str:
                told = subprocess.run(["virsh", "-q", "domiflist", f"{NAME}.1"], text=True,
                                      capture_output=True, check=False).stdout.split()
                return told[0] if told and told[0] != "-" else ""
            name = wait_for(link, "the machine", 60)
            subprocess.run(["ebtables", "-t", "nat", "-F", f"libvirt-I-{name}"], check=True)
        spoiler = threading.Thread(target=flush)
        spoiler.start()
        ended, wrong = self.verify()
        spoiler.join()
        self.assertEqual(1, ended.status)
        self.assertGreater(len([one for one in wrong if one["verdict"] == "leak"]), 100)

    def test_5_interrupted(self) -> None:
        """^C leaves nothing; after a kill the machine is gone, and gc removes the rest"""
        config = self.configured()
        # What other tests left in the state is none of ours.
        self.world.do("gc", config=config)
        with self.nothing_changes("verify, interrupted"):
            process = self.world.start("verify", config=config)
            self.assertTrue(process.says("probes from inside"))
            time.sleep(1)
            process.signal(signal.SIGINT)
            ended = process.end()
            self.assertEqual(1, ended.status, str(ended))
            self.assertIn("interrupted", str(ended.errors))
        self.world.do("gc", config=config)  # the filter, which the next appliance would have used
        with self.nothing_changes("verify, killed, and gc"):
            process = self.world.start("verify", config=config)
            self.assertTrue(process.says("probes from inside"))
            process.signal(signal.SIGKILL)
            process.end()
            wait_for(lambda: NAME not in virsh("list", "--all"), "the end of the machine")
            self.world.do("gc", config=config)


if __name__ == "__main__":
    main(Verify, failfast=False)
