"""The cap of processes and the real docker, without a guest: whatever a container asks for, all share one number.

    scripts/lab run -- python3 tests/live/test_processes.py BUILD_DIR

What systemd does in a guest with the unit `jobs.slice` is done here by hand; test_neighbour_docker.py has it whole.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

import live
from live import Case, main, say, wait_for

PACKAGES = ("docker.io", "containerd", "runc", "tini", "libprotobuf32")
CAP = 300
ELDER = "for i in $(seq 150); do sleep 90 & done; wait"
BOMB = "i=0; while [ $i -lt 600 ]; do sleep 30 & i=$((i+1)); echo $i; done"


class Processes(Case):
    """In the order of their names."""

    folder: Path
    path: str

    @classmethod
    def setUpClass(cls) -> None:
        # pylint: disable=consider-using-with
        own = tempfile.TemporaryDirectory(prefix="runnerctl-processes.", dir="/var/tmp", ignore_cleanup_errors=True)
        cls.addClassCleanup(own.cleanup)
        cls.folder = Path(own.name)
        subprocess.run([live.SOURCE / "scripts/lab", "in", "outside", "--", "apt-get", "-qq", "-o",
                        "Acquire::Retries=5", "-o", "APT::Sandbox::User=root", "download", *PACKAGES],
                       cwd=cls.folder, check=True)
        for package in cls.folder.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, cls.folder / "docker"], check=True)
        root = cls.folder / "docker/usr"
        os.environ.update(PATH=f"{root}/bin:{root}/sbin:{os.environ['PATH']}", DOCKER_HOST="unix:///run/docker.sock",
                          LD_LIBRARY_PATH=str(next((root / "lib").glob("*-linux-gnu"), root)))
        # Of the injected file what this is about; tests/unit/test_injection.c has the rest.
        (cls.folder / "daemon.json").write_text(json.dumps({"storage-driver": "vfs", "cgroup-parent": "jobs.slice"}))
        with (cls.folder / "log").open("w") as log:
            dockerd = subprocess.Popen(
                ["dockerd", "--config-file", cls.folder / "daemon.json", "--iptables=false", "--ip6tables=false",
                 "--bridge=none", "--data-root", cls.folder / "data", "--exec-root", "/run/docker", "-H",
                 os.environ["DOCKER_HOST"], "--pidfile", "/run/dockerd.pid"], stderr=log)
        cls.addClassCleanup(lambda: (dockerd.terminate(), dockerd.wait(30)))
        wait_for(lambda: subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0, "docker",
                 60, 0.2)
        cls.docker("version")
        subprocess.run([live.SOURCE / "tests/fake/job-image", "--output", cls.folder / "job.tar", "--tag", "ci-tools:1"],
                       check=True)
        cls.docker("load", "-q", "-i", cls.folder / "job.tar")

    @staticmethod
    def docker(*arguments: object) -> str:
        """What it says, whether it succeeds or not."""
        done = subprocess.run(["docker", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        return done.stdout

    def run_in(self, *more: object, script: str) -> str:
        """A container's word."""
        return self.docker("run", "--network", "none", "--rm", *more, "ci-tools:1", "sh", "-c", script)

    def test_1_where(self) -> None:
        """Containers, and steps of a build, are in the slice."""
        self.assertRegex(self.run_in(script="cat /proc/self/cgroup; cat /proc/1/cgroup"), r"[:/]jobs\.slice/|0::/$")
        context = self.folder / "context"
        context.mkdir()
        (context / "Dockerfile").write_text("FROM ci-tools:1\nRUN sleep 3; grep . /proc/self/cgroup\n")
        there = self.group()
        self.assertFalse([path for path in there.iterdir() if path.is_dir()])
        build = subprocess.Popen(["docker", "build", "--network", "none", context], stdout=subprocess.PIPE, text=True)
        wait_for(lambda: any(path.is_dir() for path in there.iterdir()), "the build's container", 30, 0.05)
        told = build.communicate()[0]
        self.assertEqual(0, build.returncode, told)

    @staticmethod
    def group() -> Path:
        """The slice, in the hierarchy that counts processes."""
        old, new = Path("/sys/fs/cgroup/pids/jobs.slice"), Path("/sys/fs/cgroup/jobs.slice")
        return old if old.exists() else new

    def test_2_free(self) -> None:
        """Without a cap a container forks as it likes."""
        self.assertEqual(600, len(re.findall(r"(?m)^\d+$", self.run_in(script=BOMB))))

    def test_3_capped(self) -> None:
        """With one, all of them together have no more, whatever one asks for."""
        (self.group() / "pids.max").write_text(str(CAP))
        self.docker("run", "-d", "--network", "none", "--name", "elder", "ci-tools:1", "sh", "-c", ELDER)
        wait_for(lambda: int((self.group() / "pids.current").read_text()) > 150, "the elder's processes", 30, 0.1)
        time.sleep(0.5)
        said = self.run_in("--pids-limit=-1", script=BOMB)
        forked = len(re.findall(r"(?m)^\d+$", said))
        say(f"beside 151 there was room for {forked}: {said.splitlines()[-1]}")
        self.assertIn("can't fork", said)
        self.assertLess(forked, CAP - 151)
        self.assertGreater(forked, 100)
        self.docker("rm", "-f", "elder")


if __name__ == "__main__":
    main(Processes)
