"""The main job with nothing stood in for but GitLab and its runner: real image, guests, docker, jobs.

    scripts/lab run --dir STATE -- python3 tests/live/test_main_job.py BUILD_DIR

STATE keeps the image. One appliance owns its runner, the other is lent one; both run jobs, and have IPv6.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "metrics"))
import live  # noqa: E402  pylint: disable=wrong-import-position
from exposition import Page  # noqa: E402  pylint: disable=wrong-import-position
from live import ADMIN, POOL, Case, main, say, virsh, wait_for

BUILD = """\
docker version --format 'server {{.Server.Version}}'
mkdir -p /tmp/app && cd /tmp/app
printf 'FROM ci-tools:1\\nRUN echo made-inside > /proof\\nCMD ["cat", "/proof"]\\n' > Dockerfile
docker build -q -t app .
docker run --rm app
timeout 10 wget -q -O - http://%(LAB_SITE_ADDR)s/
blocked() { if timeout 3 nc $1 $2 </dev/null >/dev/null 2>&1; then echo "REACHED $1 $2"; else echo "closed $1 $2"; fi; }
blocked %(LAB_LAN_HOST)s 80
blocked %(LAB_LAN_HOST)s 22
blocked %(LAB_HOST_LAN_ADDR)s 22
blocked %(LAB_HOST_UPLINK_ADDR)s 22
blocked %(LAB_NEIGHBOUR_ADDR)s 80
blocked 192.168.231.1 22
blocked 192.168.231.2 9252
blocked 169.254.169.254 80
docker run --rm --network host ci-tools:1 sh -c '%(SIX)s'
"""
# From the guest itself: docker's own networks have no IPv6.
SIX = """\
timeout 10 wget -q -O - http://[%(LAB_SITE_ADDR6)s]/;
for place in "%(LAB_LAN_HOST6)s 80" "%(LAB_HOST_LAN_ADDR6)s 22" "%(LAB_HOST_UPLINK_ADDR6)s 22" "%(LAB_NEIGHBOUR_ADDR6)s 80" \
"fd5c:9f1e:7a3b::1 22" "fd5c:9f1e:7a3b::c0a8:e703 9252"; do
if timeout 3 nc $place </dev/null >/dev/null 2>&1; then echo "REACHED $place"; else echo "closed $place"; fi; done\
"""


def shell(text: str) -> str:
    """What a piece of bash prints that has the lab's functions."""
    return subprocess.run(
        ["bash", "-c", f'set -e; . "$LAB_ROOT/scripts/lib/lab.bash"; . "$LAB_ROOT/scripts/lib/image.bash"; {text}'],
        cwd=live.SOURCE, stdout=subprocess.PIPE, text=True, check=True).stdout


def pool_bytes() -> int:
    """What the pool takes on the disk."""
    return sum(path.stat().st_blocks * 512 for path in POOL.iterdir())


class MainJob(Case):
    """The tests build on each other, in this order."""

    owned = "ci-1"
    lent = "ci-2"
    usual: Path
    image: str
    lent_token: str

    def api(self, path: str) -> Any:
        """A view of the stand-in."""
        return self.world.gitlab.call("GET", f"/-/standin/{path}")

    def queue(self, tag: str, script: str) -> int:
        """A job for runners with this tag."""
        order = {"image": "ci-tools:1", "timeout": 600, "tags": [tag], "script": script.splitlines()}
        return int(self.world.gitlab.call("POST", "/-/standin/jobs", order)["id"])

    def finish(self, job: int, seconds: float = 400) -> dict[str, Any]:
        """The job once it is over."""
        wait_for(lambda: self.api(f"jobs/{job}")["status"] in ("success", "failed"),
                 f"the end of job {job}", seconds, 1)
        return dict(self.api(f"jobs/{job}"))

    def domain(self, name: str) -> str:
        """The live definition."""
        return virsh("dumpxml", f"{name}.1")

    @classmethod
    def setUpClass(cls) -> None:
        world = cls.world
        plain = {"host": {"templates": None}, "runner": {"docker-image": "ci-tools:1", "pull-policy": "if-not-present"},
                 "profile default": {"cpus": 2, "cpu-cap": 2, "memory": "1GiB", "disk": "4GiB"}}
        os.environ["runnerctl"] = live.runnerctl
        image = shell(f'ensure_demo_image "$runnerctl" --config {world.config(**plain)}').strip()
        cls.image = image
        cls.usual = world.config(**plain, appliance={"image": image}, isolation={"ipv6": "on"})
        cls.usual.replace(live.FOLDER / "usual.conf")

    def test_1_create_and_register(self) -> None:
        """create, then register --token; a second one with a lent runner, in one transaction"""
        world = self.world
        made = world.do("create", self.owned, "--tags", "one")
        self.assertIn("ci-1 created", made.out)
        before = pool_bytes()
        started = world.do("register", self.owned, "--token", ADMIN)
        self.assertRegex(started.err, "warning.*token")
        self.lent_runner = world.gitlab.call(
            "POST", "/api/v4/user/runners", {"runner_type": "instance_type", "tag_list": ["two"]}, ADMIN)
        MainJob.lent_token = self.lent_runner["token"]
        world.do("create", self.lent, "--token-file", world.token(self.lent_token))
        grown = pool_bytes() - before
        say(f"two more config disks and one data disk: {grown / 2**20:.1f} MiB")
        self.assertLess(grown, 15 * 2**20, "a second appliance of the image takes more than 15 MiB")

    def test_2_both_poll(self) -> None:
        """both ask GitLab for work"""
        def polling() -> bool:
            contacted = {one["system_id"] for one in self.api("state")["managers"] if one["contacted_at"]}
            wanted = {one["runner"]["system_id"] for one in self.world.appliances().values()}
            return len(wanted) == 2 and wanted <= contacted
        begin = time.monotonic()
        wait_for(polling, "both runners at GitLab", 900, 1)
        say(f"both at GitLab {time.monotonic() - begin:.0f} s after the second start")

    def test_3_jobs_build_containers_and_reach_nothing(self) -> None:
        """a job builds and runs a container; the host, its LAN and the other appliance are out of reach"""
        six = SIX.replace("\n", " ") % os.environ
        job = self.finish(self.queue("one", BUILD % {**os.environ, "SIX": six}))
        say(job["trace"])
        self.assertEqual("success", job["status"])
        self.assertIn("made-inside", job["trace"])
        self.assertEqual(2, len(re.findall("(?m)^lab: internet", job["trace"])), "by IPv4 and by IPv6")
        self.assertNotRegex(job["trace"], r"(?m)^REACHED")
        self.assertEqual(14, len(re.findall(r"(?m)^closed ", job["trace"])))
        for record in ("LAB_LAN_RECORD", "LAB_NEIGHBOUR_RECORD"):
            seen = shell(f'lab_seen "${record}"')
            self.assertEqual("", seen, f"arrived from an appliance: {record}")

    def test_4_status_tells(self) -> None:
        """list and status agree with libvirt, the guest and GitLab"""
        told = json.loads(self.world.do("status", "--json", self.owned).out)["appliances"][0]
        self.assertEqual("ready", told["state"])
        self.assertTrue(told["running"] and told["emulated"])
        self.assertEqual([], told["problems"])
        self.assertEqual("polling", told["guest"]["runner"])
        self.assertEqual("ok", told["guest"]["docker"])
        self.assertGreater(told["guest"]["disk_used"], 2**20)
        boot = {key: value for key, value in told["guest"].items() if key.startswith("boot_")}
        say(f"guest, seconds since its kernel began: {boot}")
        self.assertGreater(boot["boot_polling"], boot["boot_docker"])
        runner = next(one for one in self.world.gitlab.runners() if one["id"] == told["runner"]["id"])
        self.assertIn(told["uuid"], runner["description"])
        table = self.world.do("list").out
        self.assertRegex(table, r"(?m)^ci-1 +running +#\d+ owned")
        self.assertRegex(table, r"(?m)^ci-2 +running +#\d+ lent")

    def test_4_figures_agree(self) -> None:
        """what status measures is what virsh domstats and du say"""
        def domstats() -> dict[str, int]:
            """The numbers of the owned one."""
            found = re.findall(r"(?m)^ *([\w.-]+)=(\d+)$", virsh("domstats", f"{self.owned}.1"))
            return {key: int(value) for key, value in found}

        def total(stats: dict[str, int], kind: str) -> int:
            """Of all disks or interfaces."""
            return sum(value for key, value in stats.items() if re.fullmatch(kind, key))

        def allocated() -> int:
            """Of its disk; the guest may be giving back what its last job has left."""
            return (POOL / f"{self.owned}.1.data").stat().st_blocks * 512

        before, taken = domstats(), allocated()
        told = json.loads(self.world.do("status", "--json", self.owned).out)["appliances"][0]["measured"]
        listed = json.loads(self.world.do("list", "--json").out)["appliances"][0]["measured"]
        after = domstats()
        say(f"measured: {told}")
        for key, kind in (("cpu_nanoseconds", r"cpu\.time"), ("read_bytes", r"block\.\d+\.rd\.bytes"),
                          ("written_bytes", r"block\.\d+\.wr\.bytes"), ("reads", r"block\.\d+\.rd\.reqs"),
                          ("writes", r"block\.\d+\.wr\.reqs"), ("received_bytes", r"net\.\d+\.rx\.bytes"),
                          ("sent_bytes", r"net\.\d+\.tx\.bytes")):
            self.assertGreater(told[key], 0, key)
            self.assertLessEqual(total(before, kind), told[key], key)
            self.assertLessEqual(told[key], listed[key], key)
            self.assertLessEqual(listed[key], total(after, kind), key)
        self.assertAlmostEqual(1, told["memory"] / (before["balloon.rss"] * 1024), delta=0.1)
        self.assertLess(0.8 * 2**30, told["guest_memory"])
        self.assertLess(told["guest_memory"], 2**30)
        self.assertAlmostEqual(1, told["guest_memory_free"] / (before["balloon.usable"] * 1024), delta=0.2)
        self.assertAlmostEqual(told["disk"], taken, delta=abs(taken - allocated()) + 16 * 2**20)
        self.assertGreaterEqual(told["interval"], 1)
        self.assertTrue(0 < told["cpus"] < 2.5, told["cpus"])
        self.assertEqual((None, None), (listed["interval"], listed["cpus"]))
        page = self.world.do("metrics").out
        self.assertEqual([], Page(page).faults)
        for line in ('appliances{state="ready"} 2', 'appliance_runner_polls{appliance="ci-1",generation="1"} 1',
                     'appliance_isolation{appliance="ci-2",generation="1",verdict="in_force"} 1',
                     'appliance_image_outdated{appliance="ci-1",generation="1"} 0'):
            self.assertIn(f"\nrunnerctl_{line}\n", page)
        self.assertNotIn("appliance_problem", page)

    def test_5_walls(self) -> None:
        """the filter is in the kernel, the agent refuses harm, the definition has no secret"""
        xml = self.domain(self.owned)
        target = re.search(r"<target dev='(vnet\d+)'", xml)
        assert target
        rules = subprocess.run(["ebtables-save"], text=True, capture_output=True, check=True).stdout.split("\n")
        chain = f"-A libvirt-I-{target[1]} "
        self.assertEqual(f"{chain}-j DROP", [line for line in rules if line.startswith(chain)][-1].strip())
        refused = subprocess.run(
            ["virsh", "qemu-agent-command", "ci-1.1", '{"execute":"guest-exec","arguments":{"path":"/bin/true"}}'],
            text=True, capture_output=True, check=False)
        self.assertNotEqual(0, refused.returncode)
        for name in (self.owned, self.lent):
            self.assertNotIn("glrt-", virsh("dumpxml", "--security-info", f"{name}.1"))

    def test_6_destroy_lets_the_job_finish(self) -> None:
        """destroy drains: a running job succeeds, then everything is gone but the lent runner"""
        job = self.queue("two", "echo begun\nfor i in $(seq 15); do sleep 1; echo $i; done\necho finished")
        wait_for(lambda: "begun" in self.api(f"jobs/{job}")["trace"], "the job's first line", 200, 0.5)
        self.world.do("destroy", self.lent, "-v")
        done = self.finish(job, 1)
        self.assertEqual("success", done["status"], done["trace"])
        self.assertIn("finished", done["trace"])
        state = self.api("state")
        self.assertEqual(1, len([one for one in state["runners"] if one["token"] == self.lent_token]))
        self.assertEqual({self.world.appliances()[self.owned]["runner"]["system_id"]},
                         {one["system_id"] for one in state["managers"]})

    def test_6_the_image_does_its_duty(self) -> None:
        """image verify --boot: every promise of CONTRACT.md is kept by the shipped recipe"""
        told = self.world.start("image", "verify", "--boot", self.image, "--json").end(400)
        say(told.out)
        self.assertEqual(0, told.status, str(told))
        checks = json.loads(told.out)["checks"]
        self.assertEqual({"agent", "agent-calls", "status", "docker", "hostname", "machine-id",
                          "read-only", "serial", "power-off"}, {one["code"] for one in checks})
        self.assertEqual({"ok"}, {one["verdict"] for one in checks})

    def test_7_nothing_is_left(self) -> None:
        """the agent can power it off by itself; destroy takes the runner along"""
        virsh("shutdown", "--mode", "agent", f"{self.owned}.1")
        wait_for(lambda: f"{self.owned}.1" not in virsh("list", "--name").split(), "the power-off", 100, 0.5)
        self.world.do("destroy", self.owned)
        # Network, filters and pool stay, for the next one.
        kinds = r"domain|secret|address|file run/|temporary|process|interface|binding|manager"
        self.assertEqual([], sorted(line for line in self.world.everything() if re.match(kinds, line) or "ci-" in line))
        self.assertEqual([self.lent_token], [one["token"] for one in self.world.gitlab.runners()])


if __name__ == "__main__":
    main(MainJob)
