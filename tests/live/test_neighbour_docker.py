"""What a real appliance's docker takes and gives back: processes, and the disk of what was pruned.

    scripts/lab run --dir STATE -- python3 tests/live/test_neighbour_docker.py BUILD_DIR

STATE keeps the image.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

import live
from live import ADMIN, Case, main, say, wait_for
from test_verify import ensure_image

NAME = "ci-1"
MIB = 1 << 20
# How many processes a container of the build's own gets, whatever it asks for.  With the cap its shell
# fails, without it does not: how far it got is what is judged.
BOMB = """\
docker run --rm --pids-limit=-1 ci-tools:1 sh -c 'i=0; while [ $i -lt 600 ]; do sleep 90 & i=$((i+1)); echo $i; done' >out 2>&1 || true
echo forked $(grep -c '^[0-9]' out); tail -n 1 out
"""
FILL = """\
head -c 512m /dev/urandom >blob; printf 'FROM ci-tools:1\\nCOPY blob /\\n' >Dockerfile
docker build -q -t large . && rm blob
docker run --rm -v cache:/v ci-tools:1 sh -c 'head -c 512m /dev/urandom >/v/blob'
sync
"""


class Docker(Case):
    """The tests build on each other, in this order."""

    def queue(self, script: str) -> int:
        """A job that goes on."""
        order = {"image": "ci-tools:1", "timeout": 900, "tags": ["one"], "script": script.splitlines()}
        return int(self.world.gitlab.call("POST", "/-/standin/jobs", order)["id"])

    def state(self, number: int) -> dict[str, Any]:
        """How that job is."""
        return dict(self.world.gitlab.call("GET", f"/-/standin/jobs/{number}"))

    def job(self, script: str) -> str:
        """What a job says that must succeed."""
        number = self.queue(script)
        wait_for(lambda: self.state(number)["status"] in ("success", "failed"), f"job {number}", 600, 0.5)
        told = self.state(number)
        self.assertEqual("success", told["status"], told["trace"])
        return str(told["trace"])

    def disk(self) -> int:
        """Bytes that the data disk takes of the host."""
        path = next(live.POOL.glob(f"{NAME}.*.data"))
        return path.stat().st_blocks * 512

    @classmethod
    def setUpClass(cls) -> None:
        world = cls.world
        cls.addClassCleanup(lambda: world.run("destroy", "--now", NAME))
        world.config(
            host={"templates": None}, appliance={"image": ensure_image(world)},
            runner={"docker-image": "ci-tools:1", "pull-policy": "if-not-present", "concurrent": 2},
            gitlab={"url": world.gitlab.url, "token-file": world.token(ADMIN)},
            **{"profile default": {"cpus": 2, "cpu-cap": 2, "memory": "1GiB", "disk": "3GiB"}},
        ).replace(live.FOLDER / "usual.conf")
        ended = world.start("create", NAME, "--tags", "one", "--wait").end(400)
        assert ended.status == 0, str(ended)

    def test_1_disk(self) -> None:
        """What is filled and pruned in docker is the host's again."""
        before = self.disk()
        say(self.job(FILL))
        full = self.disk()
        self.assertGreater(full, before + 1000 * MIB)
        self.job("docker image rm -f large; docker volume rm cache; docker builder prune -af; sync")
        begun = time.monotonic()
        wait_for(lambda: self.disk() < before + (full - before) * 0.1, "the disk", 60, 0.5)
        say(f"the file had {before / MIB:.0f} MiB, {full / MIB:.0f} when filled, {self.disk() / MIB:.0f} "
            f"{time.monotonic() - begun:.0f} s after the prune")

    def test_2_free(self) -> None:
        """Without a cap a container forks as it likes; what is set is the next generation's."""
        told = self.job(BOMB)
        say(told)
        self.assertIn("forked 600", told)
        ended = self.world.do("set", NAME, "--processes=300")
        self.assertEqual(f"{NAME}: processes 300: the next generation gets it\n", ended.out)
        rotated = self.world.start("rotate", NAME).end(600)
        self.assertEqual(0, rotated.status, str(rotated))
        self.assertRegex(self.world.do("status", NAME).out, r"(?m)^  processes +at most 300 in its containers$")

    def test_3_capped(self) -> None:
        """All containers together have no more, whatever one asks for; the guest lives on."""
        told = self.job("docker run -d --rm --name elder ci-tools:1 sh -c 'for i in $(seq 150); do sleep 90 & done; wait'\n"
                        "sleep 5\n" + BOMB)
        say(told)
        count = int(re.search(r"forked (\d+)", told)[1])  # type: ignore[index]
        self.assertLess(count, 150)
        self.assertGreater(count, 50)
        guest = json.loads(self.world.do("status", "--json", NAME).out)["appliances"][0]["guest"]
        self.assertEqual(("polling", "ok"), (guest["runner"], guest["docker"]))
        self.job("docker rm -f elder")

    def test_4_drain(self) -> None:
        """The slice does not go before the jobs in it: one that runs at power-off is finished."""
        number = self.queue("echo begun\nsleep 20\ndocker run --rm ci-tools:1 echo finished")
        wait_for(lambda: "begun" in self.state(number)["trace"], "the job's first line", 200, 0.5)
        self.world.do("destroy", NAME)
        told = self.state(number)
        self.assertEqual("success", told["status"], told["trace"])
        self.assertIn("finished", told["trace"])


if __name__ == "__main__":
    main(Docker)
