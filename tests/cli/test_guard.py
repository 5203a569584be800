"""The disk guard of the appliance against a docker that is made of lists: what goes, in which order, what stays.

Its docker refuses and forgets as the real one does; that the real one is like this, tests/live/test_guard_docker.py shows.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socketserver
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from guard_docker import HOUR, MIB, Docker, Server, image_id

RUNNER = Path(__file__).resolve().parents[2] / "templates/appliance/files/usr/lib/runner"
JOB = {"com.gitlab.gitlab-runner.managed": "true"}
# What the guard asks how full the disk is.
BUSYBOX = '#!/bin/sh\n[ "$1" = stat ] && exec cat "${0%/*}/../stat"\n'


class Guard(unittest.TestCase):
    """Each test has a disk of 1000 MiB and 1000 inodes: full at 800, clean at 650."""

    def setUp(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="guard."))
        self.addCleanup(shutil.rmtree, self.root)
        for folder in "bin", "run/runner-status", "var/lib/docker/runner/preload":
            (self.root / folder).mkdir(parents=True)
        (self.root / "bin/busybox").write_text(BUSYBOX)
        (self.root / "bin/busybox").chmod(0o755)
        self.docker = Docker(self.root, 1000, 1000)
        self.docker.tell()
        server = Server(self.docker, self.root / "run/docker.sock")
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.state = self.root / "var/lib/docker/runner/guard"

    def used(self, **ages: int) -> None:
        """The guard's memory: images by name, volumes as volume_NAME, used so many hours ago."""
        now = int(time.time())
        self.state.write_text("".join(
            f"{now - age * HOUR} " + (f"volume {name[7:]}" if name.startswith("volume_") else f"image {image_id(name)}")
            + "\n" for name, age in ages.items()))

    def jobs(self, count: int) -> None:
        """What the status unit says."""
        (self.root / "run/runner-status/status.json").write_text(
            f'{{"schema":1,"jobs":{count},"docker":"ok","data":{{"size":0,"used":0,"inodes":0,"inodes_used":0}}}}\n')

    def start(self) -> subprocess.Popen[str]:
        """The guard, to be stopped."""
        return subprocess.Popen(["perl", RUNNER / "guard", self.root], stderr=subprocess.PIPE, text=True,
                                env={"PATH": f"{self.root}/bin:{os.environ['PATH']}"})

    def stop(self, guard: subprocess.Popen[str]) -> str:
        """All it said."""
        guard.terminate()
        return guard.communicate(timeout=20)[1]

    def clean(self) -> str:
        """A guard that lives for one round; the line it said."""
        guard = self.start()
        assert guard.stderr is not None
        line = guard.stderr.readline()
        self.assertEqual("", self.stop(guard), line)
        return line

    def test_below_the_mark_nothing_happens(self) -> None:
        """799 of 1000"""
        self.docker.image("old", 799)
        guard = self.start()
        time.sleep(1)
        self.assertEqual("", self.stop(guard))
        self.assertEqual([], self.docker.removed)

    def test_order(self) -> None:
        """dead containers, build cache, nameless images, volumes, images; no more than is needed"""
        docker = self.docker
        docker.container("dead", "b", "exited", 2 * HOUR, mib=10)
        docker.cache.update({200: 10, 30: 10, 2: 10})
        docker.image("nameless", 10, tags=[])
        docker.volumes.update({"new": 10, "old": 10})
        for name, mib in ("a", 300), ("b", 100), ("c", 300), ("d", 200):
            docker.image(name, mib)
        self.used(a=5, b=9, c=7, d=1, nameless=3, volume_new=4, volume_old=8)
        said = self.clean()
        self.assertEqual(["container dead", "cache of 200 h", "cache of 30 h", "cache of 2 h", "image nameless",
                          "volume old", "volume new", "b:1", "image b", "c:1", "image c"], docker.removed)
        self.assertIn("97 % of bytes, 0 % of inodes used; removed 1 containers, build cache, 2 volumes, 3 images; "
                      "now 50 % of bytes", said)
        told = (self.root / "run/runner-status/guard").read_text().split()
        self.assertAlmostEqual(time.time(), int(told[0]), delta=20)
        self.assertEqual(470 * MIB, int(told[1]))

    def test_stops_at_the_low_mark(self) -> None:
        """each kind only as far as needed"""
        docker = self.docker
        docker.cache.update({200: 250, 30: 10})
        docker.image("a", 600)
        self.assertIn("removed build cache;", self.clean())
        self.assertEqual(["cache of 200 h"], docker.removed)

    def test_inodes(self) -> None:
        """bytes are plenty, inodes are not"""
        self.docker.image("big", 500, inodes=10)
        self.docker.image("many", 1, inodes=850)
        self.used(big=2, many=9)
        self.assertIn("50 % of bytes, 86 % of inodes used; removed 1 images; now 50 % of bytes, 1 % of", self.clean())
        self.assertEqual(["many:1", "image many"], self.docker.removed)

    def test_what_runs_stays(self) -> None:
        """the image of a running container with its parents, its volumes, the helper, what was preloaded"""
        docker = self.docker
        docker.image("base", 200)
        docker.image("middle", 10, parent="base", tags=[])
        docker.image("used", 100, parent="middle")
        docker.image("helper", 50, tags=["registry.gitlab.com/gitlab-org/gitlab-runner/gitlab-runner-helper:x86_64-1"])
        docker.image("given", 50, tags=["ci-tools:1", "also:1"])
        docker.image("other", 450)
        docker.volumes.update({"its": 5, "nobodys": 5})
        docker.container("runs", "used", "running", 9 * HOUR, "its")
        docker.container("paused", "used", "paused", 9 * HOUR)
        (self.root / "var/lib/docker/runner/preload/abc").write_text("Loaded image: ci-tools:1\n")
        self.used(base=90, middle=90, used=80, helper=70, given=60, other=1, volume_its=50, volume_nobodys=1)
        self.assertIn("removed 1 volumes, 1 images", self.clean())
        self.assertEqual(["volume nobodys", "other:1", "image other"], docker.removed)

    def test_a_family(self) -> None:
        """a parent was used when its child was, and goes after it; nameless parents go along"""
        docker = self.docker
        docker.image("parent", 300)
        docker.image("step", 50, parent="parent", tags=[])
        docker.image("child", 250, parent="step", tags=["child:1", "child:latest"])
        docker.image("other", 300)
        self.used(parent=90, step=90, child=2, other=3)
        self.assertIn("removed 1 images", self.clean())
        self.assertEqual(["other:1", "image other"], docker.removed)
        docker.removed.clear()
        docker.image("third", 400)
        self.used(parent=90, step=90, child=2, third=1)
        self.clean()
        self.assertEqual(["child:1", "child:latest", "image child", "image step", "parent:1", "image parent"],
                         docker.removed)

    def test_a_running_job(self) -> None:
        """what was made or used since it began stays, its stopped containers above all"""
        docker = self.docker
        self.jobs(1)
        docker.image("tool", 50)
        docker.container("job", "tool", "running", HOUR // 2, labels=JOB)
        docker.container("between-steps", "tool", "exited", HOUR // 2, labels=JOB, mib=50)
        docker.container("left", "tool", "exited", 5 * HOUR, labels=JOB, mib=10)
        docker.container("test-result", "tool", "exited", 60, mib=50)
        docker.container("somebodys", "tool", "exited", 2 * HOUR, mib=50)
        docker.image("stage", 100, tags=[])
        docker.image("result", 150)
        docker.image("before", 400)
        docker.volumes.update({"since": 10, "before": 10})
        docker.cache.update({0: 10, 8: 10})
        now = int(time.time())
        self.used(tool=1, before=6, volume_before=7)
        with self.state.open("a") as state:
            state.write(f"{now - 1200} image {image_id('stage')}\n{now - 1200} image {image_id('result')}\n"
                        f"{now - 1200} volume since\n")
        docker.containers["left"]["Created"] = now - HOUR // 2 + 1
        self.clean()
        self.assertEqual(["container somebodys", "cache of 8 h", "volume before", "before:1", "image before"],
                         docker.removed)

    def test_a_job_that_fills_the_disk(self) -> None:
        """then what can be pulled again goes, used longest ago first; what the job made stays"""
        docker = self.docker
        self.jobs(1)
        docker.image("tool", 50)
        docker.container("job", "tool", "running", HOUR, labels=JOB)
        docker.image("built", 200)
        docker.image("pulled-a", 200, digest=True)
        docker.image("pulled-b", 200, digest=True)
        docker.image("pulled-now", 200, digest=True)
        now = int(time.time())
        self.state.write_text("".join(f"{now - age} image {image_id(name)}\n" for name, age in (
            ("tool", 3000), ("built", 3000), ("pulled-a", 1000), ("pulled-b", 2000), ("pulled-now", 100))))
        self.clean()
        self.assertEqual(["pulled-b:1", "image pulled-b"], docker.removed)

    def test_nothing_can_be_removed(self) -> None:
        """it says so once, and rests"""
        self.docker.image("tool", 900)
        self.docker.container("job", "tool")
        guard = self.start()
        time.sleep(7)
        said = self.stop(guard)
        self.assertRegex(said, r"\A<4>disk guard: 90 % .* found nothing that could be removed; now 90 %.*\n\Z")

    def test_use_is_what_events_tell_and_outlives_a_restart(self) -> None:
        """the oldest pulled was used last; its container is gone meanwhile"""
        docker = self.docker
        for name in "first", "second", "third":
            docker.image(name, 200)
        docker.volumes.update({"cache": 10})
        docker.container("short", "first")
        guard = self.start()
        while not docker.streams:
            time.sleep(0.05)
        for name, ago in ("second:1", 5000), ("third:1", 4000):
            docker.event("image", "pull", name, ago)
        docker.event("container", "start", "short", 3000)
        docker.event("volume", "mount", "cache", 2000)
        while "GET /containers/short/json" not in docker.asked:
            time.sleep(0.05)
        del docker.containers["short"]
        docker.event("container", "die", "short", 200)
        docker.event("container", "destroy", "short", 100)
        time.sleep(0.5)
        self.assertEqual("", self.stop(guard))
        ages = {name: time.time() - int(when) for when, name in re.findall(r"(\d+) \w+ (\S+)", self.state.read_text())}
        # First seen when it looked: later than what the events of this test tell.
        self.assertEqual({image_id("first"), image_id("second"), image_id("third"), "cache"}, set(ages))
        docker.image("fourth", 300)
        self.used(first=1, second=3, third=2, fourth=0, volume_cache=9)
        self.clean()
        self.assertEqual(["volume cache", "second:1", "image second", "third:1", "image third"], docker.removed)

    def test_events_count(self) -> None:
        """a use that comes while it listens is known at the next round, even of a container that is gone by then"""
        docker = self.docker
        for name in "first", "second", "third":
            docker.image(name, 200)
        docker.image("brief", 10)
        docker.container("short", "first", "exited", 0)
        docker.container("dead", "second", "exited", 2 * HOUR)
        self.used(first=9, brief=8, second=3, third=1)
        guard = self.start()
        while not docker.streams:
            time.sleep(0.05)
        docker.event("container", "create", "dead", 2 * HOUR)
        docker.event("container", "start", "short", 120)
        docker.event("container", "start", "gone already", 110, image="brief:1")
        while "GET /images/brief:1/json" not in docker.asked:
            time.sleep(0.05)
        del docker.containers["short"]
        docker.image("fourth", 350)
        assert guard.stderr is not None
        guard.stderr.readline()
        self.stop(guard)
        self.assertEqual(["container dead", "second:1", "image second", "third:1", "image third"], docker.removed)

    def test_what_was_never_used(self) -> None:
        """counts from when it was first seen, which is remembered"""
        self.docker.image("unseen", 100)
        self.docker.image("seen", 750)
        self.used(seen=1)
        before = time.time()
        self.clean()
        self.assertEqual(["seen:1", "image seen"], self.docker.removed)
        first = dict(reversed(line.split()[::2]) for line in self.state.read_text().splitlines())
        self.assertAlmostEqual(before, int(first[image_id("unseen")]), delta=20)

    def test_docker_fails(self) -> None:
        """nothing is removed on half the facts; a removal that fails is passed over"""
        docker = self.docker
        docker.image("a", 600)
        docker.image("b", 300)
        self.used(a=1, b=2)
        for broken in "GET /containers/json", "GET /images/json", "GET /volumes":
            docker.broken = broken
            self.assertIn("used, and docker does not help: it hurts", self.clean())
            self.assertEqual([], docker.removed)
        docker.broken = "DELETE /images/b|/build/prune"
        self.assertIn("removed 1 images", self.clean())
        self.assertEqual(["a:1", "image a"], docker.removed)

    def test_memory_is_damaged(self) -> None:
        """lines that make no sense are passed over, times to come are now"""
        self.docker.image("a", 450)
        self.docker.image("b", 450)
        self.state.write_bytes(b"\0\xff\n99999999999 image " + image_id("a").encode() + b"\nx image y\n1 image\n"
                               + f"{int(time.time()) - 9 * HOUR} image {image_id('b')}\n".encode() + b"9" * 100000)
        self.clean()
        self.assertEqual(["b:1", "image b"], self.docker.removed)

    def test_deadline_and_nonsense(self) -> None:
        """a docker that says nothing, or no JSON, is an error after the time it is given"""
        path = self.root / "odd.sock"
        answers = [b"", b"HTTP/1.0 200 OK\r\n\r\n{\"a\":", b"HTTP/1.0 200 OK\r\n\r\n[nonsense", b"gopher", None]

        class Odd(socketserver.BaseRequestHandler):
            """The next answer, or none."""

            def handle(self) -> None:
                """Says it and hangs up."""
                self.request.recv(4096)
                answer = answers.pop(0)
                if answer is None:
                    time.sleep(3)
                else:
                    self.request.sendall(answer)

        server = socketserver.ThreadingUnixStreamServer(str(path), Odd)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        program = (f'require "{RUNNER}/docker.pl"; $Docker::path = "{path}";'
                   'for (1 .. 6) { my $v = Docker::call("GET", "/x", 1); print defined $v ? "value" : $Docker::error, "\\n";'
                   ' $Docker::path = "/nowhere" if $_ == 5 }')
        said = subprocess.run(["perl", "-w", "-e", program], capture_output=True, text=True, check=True, timeout=20)
        server.shutdown()
        server.server_close()
        self.assertEqual(["no answer ", "docker's answer is no JSON ", "docker's answer is no JSON ", "no answer ",
                          "no answer in 1 s ", "/nowhere: No such file or directory "], said.stdout.splitlines())

    def test_strings(self) -> None:
        """what a label may hold does not break the reader"""
        nasty = {"l": "\"}],[{\\ \u2028 \u0000 \x1f </é" + "\\\"" * 70000, "n": [1, -2.5e3, True, False, None, {}, []]}
        program = f'require "{RUNNER}/docker.pl"; local $/; my $t = <STDIN>; my $v = Docker::decoded(\\$t);' \
                  'print join "|", length $v->{l}, map { ref || $_ // "none" } @{ $v->{n} }'
        said = subprocess.run(["perl", "-w", "-e", program], input=json.dumps(nasty), capture_output=True, text=True,
                              check=True)
        self.assertEqual(f"{len(nasty['l'])}|1|-2500|1|0|none|HASH|ARRAY", said.stdout)
        self.assertEqual("", said.stderr)


if __name__ == "__main__":
    unittest.main()
