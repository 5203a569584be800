"""The disk guard and the real docker, without a guest: a docker of its own, from Debian's packages, on a small disk.

    python3 tests/live/test_guard_docker.py [TEST...]

As root, in namespaces of its own; nothing of the machine's docker is touched. The data disk has 1 GiB: full at 80 %,
clean at 65 %. What fills it costs next to nothing: preallocated files, and empty ones.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
GUARD = SOURCE / "templates/appliance/files/usr/lib/runner/guard"
PACKAGES = ("docker.io", "containerd", "runc", "tini", "libprotobuf32")
JOB = "com.gitlab.gitlab-runner.managed=true"
DIR = Path(os.environ.get("RC_GUARD_DIR", "/nonexistent"))  # of the inner half
DISK = DIR / "root/var/lib/docker"


def call(*command: object, text: str | None = None) -> str:
    """What a program says that must succeed."""
    done = subprocess.run([str(word) for word in command], input=text, text=True, capture_output=True, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Polls until it is so."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.1)


class Guard(unittest.TestCase):
    """The tests build on each other, in this order."""

    dockerd: subprocess.Popen[str]
    guard: subprocess.Popen[str]

    @classmethod
    def begin(cls) -> None:
        """Docker, and then the guard."""
        with (DIR / "dockerd.log").open("a") as log:
            cls.dockerd = subprocess.Popen(
                ["dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none", "--data-root", DISK,
                 "--exec-root", "/run/docker", "-H", "unix:///run/docker.sock", "--storage-driver", "overlay2",
                 "--pidfile", "/run/dockerd.pid"], stderr=log, text=True)
        wait_for(lambda: subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0, "docker")
        cls.guard = subprocess.Popen([GUARD, DIR / "root"], stderr=subprocess.PIPE, text=True)
        time.sleep(1)

    @classmethod
    def stop(cls) -> None:
        """Both, the guard first, as at power-off."""
        for process in cls.guard, cls.dockerd:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)

    @classmethod
    def setUpClass(cls) -> None:
        (DIR / "root/run/runner-status").mkdir(parents=True)
        DISK.mkdir(parents=True)
        call("truncate", "-s", "1G", DIR / "disk")
        call("mkfs.ext4", "-q", "-F", "-m", "0", "-i", "8192", DIR / "disk")
        call("mount", "-o", "loop", DIR / "disk", DISK)
        cls.addClassCleanup(call, "umount", "-l", DISK)
        (DISK / "runner/preload").mkdir(parents=True)
        (DIR / "root/run/docker.sock").symlink_to("/run/docker.sock")
        cls.begin()
        cls.addClassCleanup(cls.stop)
        call(SOURCE / "tests/fake/job-image", "--output", DIR / "job.tar", "--tag", "ci-tools:1")
        (DISK / "runner/preload/job").write_text(call("docker", "load", "-q", "-i", DIR / "job.tar"))

    def run_in(self, image: str, *command: str, options: tuple[str, ...] = ("--rm",)) -> None:
        """A container."""
        call("docker", "run", "--network", "none", *options, image, *command)

    def there(self) -> set[str]:
        """Images, containers and volumes."""
        return set((call("docker", "images", "--format", "{{.Repository}}")
                    + call("docker", "ps", "-a", "--format", "{{.Names}}") + call("docker", "volume", "ls", "-q")).split())

    def said(self) -> str:
        """The guard's next line."""
        assert self.guard.stderr is not None
        return self.guard.stderr.readline()

    def used(self) -> tuple[float, float]:
        """Parts of the bytes and of the inodes."""
        fs = os.statvfs(DISK)
        return 1 - fs.f_bfree / fs.f_blocks, 1 - fs.f_ffree / fs.f_files

    def test_1_use(self) -> None:
        """images and volumes, used in another order than they were made; then the machine starts anew, later"""
        for name in "first", "second", "third":
            (DIR / "context").mkdir(exist_ok=True)
            (DIR / "context/blob").write_bytes(os.urandom(8 * 2**20))
            (DIR / "context/Dockerfile").write_text("FROM ci-tools:1\nCOPY blob /\n")
            call("docker", "build", "-q", "-t", name, DIR / "context")
        self.run_in("ci-tools:1", "sh", "-c", "cd /v && seq 1 60000 | xargs touch", options=("--rm", "-v", "many:/v"))
        time.sleep(1)
        self.run_in("ci-tools:1", "fallocate", "-l", "200m", "/v/blob", options=("--rm", "-v", "old-cache:/v"))
        for name in "third", "second", "first":
            time.sleep(1.1)
            self.run_in(name, "true")
        self.stop()
        # An hour passes: what was used a minute ago would be left alone.
        known = DISK / "runner/guard"
        known.write_text(re.sub(r"(?m)^\d+", lambda when: str(int(when[0]) - 3600), known.read_text()))
        self.begin()
        self.assertLessEqual({"first", "second", "third", "ci-tools", "many", "old-cache"}, self.there())

    def test_2_no_inodes(self) -> None:
        """a job fills the disk with files: the volume goes that was used longest ago, nothing else"""
        self.run_in("ci-tools:1", "sleep", "900", options=("-d", "--name", "job", "--label", JOB))
        (DIR / "root/run/runner-status/status.json").write_text('{"jobs":1}\n')
        self.run_in("ci-tools:1", "sleep", "900", options=("-d", "--name", "service", "-v", "mine:/v"))
        call("docker", "create", "--network", "none", "--name", "result", "ci-tools:1", "echo", "mine")
        call("docker", "exec", "service", "sh", "-c", "mkdir /v/many && cd /v/many && seq 1 50000 | xargs touch")
        self.assertRegex(self.said(), r"^<5>disk guard: .* 8\d % of inodes used; removed .*1 volumes; now")
        self.assertLess(self.used()[1], 0.65)
        self.assertEqual({"first", "second", "third", "ci-tools", "old-cache", "mine", "job", "service", "result"}, self.there())

    def test_3_no_bytes(self) -> None:
        """the image that was used last stays, and it is not the one that was made last"""
        call("docker", "exec", "service", "rm", "-rf", "/v/many")
        fs = os.statvfs(DISK)
        # As much as the volume and one and a half images above the low mark.
        wanted = (self.used()[0] - 0.65) * -fs.f_blocks * fs.f_frsize + 212 * 2**20
        call("docker", "exec", "service", "fallocate", "-l", int(wanted), "/v/blob")
        self.assertRegex(self.said(), r"^<5>disk guard: 8\d % of bytes, .* used; removed 1 volumes, 2 images; now")
        self.assertLess(self.used()[0], 0.65)
        self.assertEqual({"first", "ci-tools", "mine", "job", "service", "result"}, self.there())
        self.assertEqual("mine\n", call("docker", "start", "-a", "result"))


def outer() -> int:
    """Fetches docker, and runs the inner half in namespaces of its own."""
    if os.geteuid() != 0:
        sys.exit("needs root")
    folder = Path(tempfile.mkdtemp(prefix="runnerctl-guard.", dir="/var/tmp"))
    try:
        subprocess.run(["apt-get", "-qq", "-o", "Acquire::Retries=5", "-o", "APT::Sandbox::User=root", "download",
                        *PACKAGES], cwd=folder, check=True)
        for package in folder.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, folder / "docker"], check=True)
        path = f"{folder}/docker/usr/bin:{folder}/docker/usr/sbin:{os.environ['PATH']}"
        libraries = next((folder / "docker/usr/lib").glob("*-linux-gnu"), folder)
        return subprocess.run(
            ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, __file__,
             *sys.argv[1:]], env={**os.environ, "RC_GUARD_DIR": str(folder), "PATH": path, "LD_LIBRARY_PATH": str(libraries)},
            check=False).returncode
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if "RC_GUARD_DIR" not in os.environ:
        sys.exit(outer())
    call("mount", "-t", "tmpfs", "run", "/run")
    call("ip", "link", "set", "lo", "up")
    unittest.main(failfast=True)
