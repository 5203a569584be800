"""The disk guard in a real guest with real docker: inodes, bytes, order, what stays, and a reboot.

    scripts/lab run --dir STATE -- python3 tests/live/test_guard.py BUILD_DIR

STATE keeps the image. The data disk has 1 GiB: full at 80 %, clean at 65 %. What fills it are a few images and
much that costs an emulated machine nothing: preallocated files, and empty ones.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

import live
from live import ADMIN, Case, main, say, virsh, wait_for
from test_verify import ensure_image

NAME = "ci-1"
# `image NAME`: of random bytes, so that it is as large as it seems.
MAKE = """\
set -e
mkdir -p /tmp/g && cd /tmp/g
image() { head -c 8m /dev/urandom >blob; printf 'FROM ci-tools:1\\nCOPY blob /\\n' >Dockerfile; docker build -q -t $1 .; }
image first; image second; image third
docker run --name dead ci-tools:1 fallocate -l 30m /blob
docker run --rm -v many:/v ci-tools:1 sh -c 'cd /v && seq 1 60000 | xargs touch'
sleep 1
docker run --rm -v old-cache:/v ci-tools:1 fallocate -l 200m /v/blob
for image in third second first; do sleep 1; docker run --rm $image true; done
"""
# Both are in the one job's containers: what another job does happens on the same disk. The bytes are as many as
# the volume and one and a half images above the low mark.
FILES = "docker exec service sh -c 'mkdir /v/many && cd /v/many && seq 1 50000 | xargs touch'"
BYTES = """\
docker exec service rm -rf /v/many
set -- $(df -k / | tail -n 1)
docker exec service fallocate -l $(($2 * 65 / 100 + 212 * 1024 - $3))k /v/blob
"""


class Guard(Case):
    """The tests build on each other, in this order."""

    running: int

    def job(self, script: str) -> str:
        """What a job says that must succeed."""
        number = self.queue(script)
        wait_for(lambda: self.state(number)["status"] in ("success", "failed"), f"job {number}", 600, 0.5)
        told = self.state(number)
        self.assertEqual("success", told["status"], told["trace"])
        return str(told["trace"])

    def queue(self, script: str) -> int:
        """A job that goes on."""
        order = {"image": "ci-tools:1", "timeout": 900, "tags": ["one"], "script": script.splitlines()}
        return int(self.world.gitlab.call("POST", "/-/standin/jobs", order)["id"])

    def state(self, number: int) -> dict[str, Any]:
        """How that job is."""
        return dict(self.world.gitlab.call("GET", f"/-/standin/jobs/{number}"))

    def guest(self) -> dict[str, Any]:
        """What the guest tells, if it does."""
        told = json.loads(self.world.run("status", "--json", NAME).out)["appliances"][0]
        return dict(told["guest"] or {})

    def there(self) -> set[str]:
        """Images, containers and volumes."""
        said = self.job("docker images --format '={{.Repository}}'; docker ps -a --format '={{.Names}}'\n"
                        "docker volume ls --format '={{.Name}}'; df -k / | tail -n 1; df -i / | tail -n 1")
        return set(re.findall(r"(?m)^=(\S+)", said))

    def cleaned(self, script: str) -> dict[str, Any]:
        """The guest once the guard has run after that job began."""
        begin = self.guest()["guard_last"] or 0
        say(self.job(script))
        return dict(wait_for(lambda: (lambda told: told if (told.get("guard_last") or 0) > begin else None)(self.guest()),
                             "the guard", 200, 1))

    @classmethod
    def setUpClass(cls) -> None:
        world = cls.world
        cls.addClassCleanup(lambda: world.run("destroy", "--now", NAME))
        world.config(
            host={"templates": None}, appliance={"image": ensure_image(world)},
            runner={"docker-image": "ci-tools:1", "pull-policy": "if-not-present", "concurrent": 2},
            gitlab={"url": world.gitlab.url, "token-file": world.token(ADMIN)},
            **{"profile default": {"cpus": 2, "cpu-cap": 2, "memory": "1GiB", "disk": "1GiB"}},
        ).replace(live.FOLDER / "usual.conf")
        ended = world.start("create", NAME, "--tags", "one", "--wait").end(400)
        assert ended.status == 0, str(ended)

    def test_1_what_was_used_when(self) -> None:
        """images, used in another order than they were made; then the guest starts anew"""
        say(self.job(MAKE))
        self.assertLessEqual({"first", "second", "third", "ci-tools", "dead", "many", "old-cache"}, self.there())
        uptime = self.guest()["uptime"]
        virsh("reboot", f"{NAME}.1")
        wait_for(lambda: (lambda told: told and told["uptime"] < uptime and told["runner"] == "polling")(self.guest()),
                 "the reboot", 200, 1)

    def test_2_a_job_runs(self) -> None:
        """with a service, a volume, and a container that waits"""
        Guard.running = self.queue(
            "docker run -d --name service -v mine:/v ci-tools:1 sleep 900\ndocker create --name result ci-tools:1 echo mine\n"
            "echo begun\nuntil docker volume inspect over >/dev/null 2>&1; do sleep 1; done\n"
            "docker exec service ls /v/blob && docker start -a result && echo all there")
        wait_for(lambda: "begun" in self.state(self.running)["trace"], "the job's first line", 200, 0.5)
        # What was used a minute ago may be a job's that is about to begin.
        time.sleep(max(0, 65 - self.guest()["uptime"]))

    def test_3_no_inodes(self) -> None:
        """bytes are plenty: what is dead and the volume that was used longest ago go, nothing else"""
        told = self.cleaned(FILES)
        say(f"{told['inodes_used'] * 100 // told['inodes']} % of inodes, {told['disk_used'] * 100 // told['disk_size']} % of bytes")
        self.assertLess(told["inodes_used"], told["inodes"] * 0.65)
        have = self.there()
        self.assertLessEqual({"first", "second", "third", "ci-tools", "old-cache", "mine", "service", "result"}, have)
        self.assertFalse({"many", "dead"} & have, str(have))

    def test_4_no_bytes(self) -> None:
        """the image that was used last stays, and it is not the one that was made last"""
        told = self.cleaned(BYTES)
        say(f"{told['disk_used'] * 100 // told['disk_size']} % of bytes, {told['guard_freed'] / 2**20:.0f} MiB freed")
        self.assertLess(told["disk_used"], told["disk_size"] * 0.65)
        have = self.there()
        self.assertLessEqual({"first", "ci-tools", "mine", "service", "result"}, have)
        self.assertFalse({"second", "third", "old-cache"} & have, str(have))

    def test_5_the_job_noticed_nothing(self) -> None:
        """its container, its volume and its image were there to its end; status tells"""
        self.job("docker volume create over")
        wait_for(lambda: self.state(self.running)["status"] in ("success", "failed"), "the job's end", 60, 0.5)
        self.assertIn("all there", self.state(self.running)["trace"])
        self.assertRegex(self.world.do("status", NAME).out, r"(?m)^  cleaned +.+ ago, .+ freed inside$")


if __name__ == "__main__":
    main(Guard)
