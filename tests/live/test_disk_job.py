"""A stock Debian disk as an appliance: imported, registered, it runs a CI job in docker.

    scripts/lab run -- python3 tests/live/test_disk_job.py BUILD_DIR
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
import live  # noqa: E402  pylint: disable=wrong-import-position
import stock  # noqa: E402  pylint: disable=wrong-import-position
from live import OWN_POOL, Case, say, virsh, wait_for  # noqa: E402  pylint: disable=wrong-import-position

JOB = """\
docker version --format 'server {{.Server.Version}}'
mkdir -p /tmp/app && cd /tmp/app
printf 'FROM ci-tools:1\\nRUN echo made-inside > /proof\\nCMD ["cat", "/proof"]\\n' > Dockerfile
docker build -q -t app .
docker run --rm app
timeout 10 wget -q -O - http://%(LAB_SITE_ADDR)s/
blocked() { if timeout 3 nc $1 $2 </dev/null >/dev/null 2>&1; then echo "REACHED $1 $2"; else echo "closed $1 $2"; fi; }
blocked %(LAB_LAN_HOST)s 80
blocked %(LAB_HOST_LAN_ADDR)s 22
blocked %(LAB_NEIGHBOUR_ADDR)s 80
"""


class DiskJob(Case):
    """The tests build on each other, in this order."""

    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(tempfile.mkdtemp(prefix="runnerctl-stock.", dir="/var/tmp"))
        cls.folder.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)

    def sized(self) -> Path:
        """A configuration for machines that can run docker."""
        return self.world.config(
            runner={"docker-image": "ci-tools:1", "pull-policy": "if-not-present"},
            **{"profile default": {"cpus": 2, "cpu-cap": 2, "memory": "1GiB", "disk": "4GiB"}})

    def api(self, path: str) -> Any:
        """A view of the stand-in."""
        return self.world.gitlab.call("GET", f"/-/standin/{path}")

    def run_job(self, script: str) -> dict[str, Any]:
        """A job, once it is over."""
        order = {"image": "ci-tools:1", "timeout": 600, "script": script.splitlines()}
        job = int(self.world.gitlab.call("POST", "/-/standin/jobs", order)["id"])
        wait_for(lambda: self.api(f"jobs/{job}")["status"] in ("success", "failed"),
                 f"the end of job {job}", 400, 1)
        return dict(self.api(f"jobs/{job}"))

    def test_1_import(self) -> None:
        """its root file system is found"""
        begin = time.monotonic()
        made = stock.make(self.folder)
        say(f"the disk: {made.stat().st_size >> 20} MiB after {time.monotonic() - begin:.0f} s")
        begin = time.monotonic()
        self.world.do("image", "import", made, "--format", "qcow2", "--name", "stock", "-q")
        say(f"imported in {time.monotonic() - begin:.0f} s")
        made.unlink()
        told = next(OWN_POOL.glob("stock@*.manifest.json"))
        self.assertEqual(1, json.loads(told.read_text())["root_partition"])

    def test_2_boots_and_polls(self) -> None:
        """with the files that were put in, it asks GitLab for work"""
        begin = time.monotonic()
        started = self.world.start("create", "d", "--image", "stock", "--token-file",
                                   self.world.token(), "--wait=8m", config=self.sized()).end(600)
        say(started.err)
        if started.status:
            log = Path("/var/log/libvirt/qemu/d.1-serial.log").read_bytes().decode(errors="replace")
            say("\n".join(log.splitlines()[-60:]))
        self.assertEqual(0, started.status, str(started))
        say(f"ready after {time.monotonic() - begin:.0f} s")

    def test_3_job(self) -> None:
        """a job builds and runs a container, behind the same walls"""
        job = self.run_job(JOB % os.environ)
        say(job["trace"])
        self.assertEqual("success", job["status"])
        self.assertIn("made-inside", job["trace"])
        self.assertIn("lab: internet", job["trace"])
        self.assertEqual(3, len(re.findall(r"(?m)^closed ", job["trace"])))
        told = json.loads(self.world.do("status", "d", "--json").out)["appliances"][0]
        self.assertTrue(told["running"])

    def test_4_destroy(self) -> None:
        """a job that runs is finished at power-off, and nothing is left"""
        order = {"image": "ci-tools:1", "timeout": 600, "script": [
            "echo begun", "for i in $(seq 15); do sleep 1; echo $i; done", "echo finished"]}
        job = int(self.world.gitlab.call("POST", "/-/standin/jobs", order)["id"])
        wait_for(lambda: "begun" in self.api(f"jobs/{job}")["trace"], "the job's first line", 200, 0.5)
        process = self.world.start("destroy", "d", "-v")
        ended = process.end(400)
        say(ended.err)
        self.assertEqual(0, ended.status, str(ended))
        done = self.api(f"jobs/{job}")
        self.assertEqual("success", done["status"], done["trace"])
        self.assertIn("finished", done["trace"])
        self.assertNotIn("d.1", virsh("list", "--all", "--name"))
        self.assertEqual([], list(OWN_POOL.glob("d.1.*")))

    def test_5_verify(self) -> None:
        """of a stock system all is as it should be, but for what its guest agent would do"""
        told = self.world.start("image", "verify", "--boot", "stock", "--json", "-q",
                                config=self.sized()).end(600)
        say(told.out)
        self.assertEqual(1, told.status, str(told))
        checks = {one["code"]: one for one in json.loads(told.out)["checks"]}
        self.assertEqual({"agent": "ok", "agent-calls": "bad", "status": "note", "hostname": "ok",
                          "machine-id": "ok", "serial": "ok", "power-off": "ok"},
                         {code: one["verdict"] for code, one in checks.items()})
        self.assertIn("guest-exec", checks["agent-calls"]["text"])
        self.world.do("image", "remove", "--unused", "-q")
        self.assertEqual([], list(OWN_POOL.iterdir()))


if __name__ == "__main__":
    live.main(DiskJob, pool=OWN_POOL)
