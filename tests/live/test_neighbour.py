"""What an appliance takes of its host: one with caps beside one without, both doing their worst.

    scripts/lab run -- python3 tests/live/test_neighbour.py BUILD_DIR [TEST...]

The guests are those of tiny.py. All is measured where the host keeps its accounts.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import live
from live import ADMIN, OWN_POOL, main, say, virsh, wait_for
from test_caps import cgroup, tap
from tiny import Guests

MIB = 1 << 20
CAPS = {"disk-rate": "2MiB", "net-in": "512KiB", "net-out": "512KiB"}
PORT = 4711
BURN = "while :; do :; done & while :; do :; done"
# A server that sends or swallows as much as it is asked to: run on the lab's internet.
SERVER = """\
import socket, sys, threading
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
print(flush=True)
def serve(peer):
    try:
        word = peer.recv(1)
        while peer.send(bytes(65536)) if word == b"d" else peer.recv(65536):
            pass
    except OSError:
        pass
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
# A process of the host: how often it gets round.
WORKER = """\
import sys
while True:
    sum(range(20000))
    sys.stdout.write("."); sys.stdout.flush()
"""


def number(path: Path) -> int:
    """What a file of the kernel's says."""
    return int(path.read_text())


def cpu_used(name: str) -> float:
    """Seconds of CPU, by the account of the domain's cgroup."""
    group = cgroup(name, "cpuacct")
    if (group / "cpuacct.usage").exists():
        return number(group / "cpuacct.usage") / 1e9
    return int(re.search(r"usage_usec (\d+)", (group / "cpu.stat").read_text())[1]) / 1e6  # type: ignore[index]


class Neighbour(Guests):
    """In the order of their names."""

    @classmethod
    def setUpClass(cls) -> None:
        world = cls.world
        world.config(gitlab={"token-file": world.token(ADMIN)},
                     **{"profile default": {"cpus": 2, "cpu-cap": 2, "memory": "512MiB", "disk": "1GiB"}}
                     ).replace(live.FOLDER / "usual.conf")
        cls.build("ip link set lo up; dd if=/dev/urandom of=/mem/used bs=1M count=64 2>/dev/null\n",
                  Path(live.runnerctl).parent / "tests/churn")
        cls.do("create", "capped", *(f"--{key}={value}" for key, value in CAPS.items()))
        cls.do("create", "free")
        cls.ready("capped", "free")
        say("both guests are up")

    @contextmanager
    def busy(self, command: str, *names: str) -> Iterator[None]:
        """That runs in these guests."""
        for name in names:
            self.begin(name, f"exec setsid sh -c 'echo $$ >/run/busy; {command}' >/dev/null 2>&1")
        time.sleep(1)
        try:
            yield
        finally:
            for name in names:
                self.inside(name, "kill -9 -$(cat /run/busy)")

    def test_1_cpu(self) -> None:
        """Guests that burn all their vCPUs: the one gets its cap, the other more."""
        with self.busy(BURN, "capped", "free"):
            self.do("set", "capped", "--cpu-cap=0.1")
            begun, before = time.monotonic(), {name: cpu_used(f"{name}.1") for name in ("capped", "free")}
            time.sleep(5)
            span = time.monotonic() - begun
            got = {name: (cpu_used(f"{name}.1") - before[name]) / span for name in before}
            self.do("set", "capped", "--default=cpu-cap")
        say(f"CPUs by the cgroups' account: {got}")
        self.assertLess(got["capped"], 0.1 * 1.1)
        self.assertGreater(got["capped"], 0.1 * 0.4, "it burned nothing: the test proves nothing")
        self.assertGreater(got["free"], 0.1 * 1.5)

    @contextmanager
    def workers(self, beside: Path) -> Iterator[list[IO[bytes]]]:
        """Busy processes on all CPUs of the host, in a group of their own as a service is; what they write."""
        group = beside.with_name("service")
        group.mkdir()
        found = [subprocess.Popen([sys.executable, "-c", WORKER], stdout=subprocess.PIPE) for _ in range(os.cpu_count() or 1)]
        for one in found:
            (group / "cgroup.procs").write_text(str(one.pid))
            os.set_blocking(one.stdout.fileno(), False)  # type: ignore[union-attr]
        try:
            yield [one.stdout for one in found if one.stdout]
        finally:
            for one in found:
                one.kill()
                one.communicate()
            wait_for(lambda: not (group / "cgroup.procs").read_text(), "their end")
            group.rmdir()

    @staticmethod
    def speed(workers: list[IO[bytes]]) -> float:
        """Rounds a second of all of them together."""
        for output in workers:
            output.read()
        begun = time.monotonic()
        time.sleep(0.7)
        span = time.monotonic() - begun
        return sum(len(output.read() or b"") for output in workers) / span

    def test_2_weight(self) -> None:
        """Busy on all CPUs, the host keeps its speed beside machines that weigh what the slice's unit says."""
        unit = (live.SOURCE / "templates/systemd/machine-runnerctl.slice").read_text()
        percent = int(re.search(r"machine\.slice CPUWeight=(\d+)", unit)[1])  # type: ignore[index]
        group = cgroup("free.1", "cpu").parent
        self.assertEqual("machine", group.name)
        knob, usual = (group / "cpu.shares", 1024) if (group / "cpu.shares").exists() else (group / "cpu.weight", 100)
        # Other load of the machine comes and goes: what holds in one round of three holds.
        with self.workers(group) as workers, self.busy(BURN, "free"):
            for _ in range(3):
                ratios: dict[int, list[float]] = {percent: [], 100: []}
                for _ in range(5):
                    virsh("suspend", "free.1")
                    alone = self.speed(workers)
                    virsh("resume", "free.1")
                    for weight, found in ratios.items():
                        knob.write_text(str(usual * weight // 100))
                        time.sleep(0.1)
                        found.append(self.speed(workers) / alone)
                median = {weight: sorted(found)[2] for weight, found in ratios.items()}
                say(f"speed beside a machine that burns, by the weight of all machines: {median}")
                if median[percent] > 0.9 and median[100] < 0.8:
                    break
        knob.write_text(str(usual))
        self.assertGreater(median[percent], 0.9, ratios)
        self.assertLess(median[100], 0.8, ratios)

    @staticmethod
    def written(name: str, account: str) -> tuple[float, int, float]:
        """What the data disk was told to write, by libvirt's account, and when: between the first and the last."""
        begun, told, now = time.monotonic(), virsh("domblkstat", f"{name}.1", "vdc"), time.monotonic()
        return begun, int(re.search(rf"vdc {account} (\d+)", told)[1]), now  # type: ignore[index]

    def disk_pace(self, command: str, account: str) -> dict[str, tuple[float, float]]:
        """The same by the second, while both guests do that: at least and at most."""
        with self.busy(command, "capped", "free"):
            before = {name: self.written(name, account) for name in ("capped", "free")}
            time.sleep(5)
            after = {name: self.written(name, account) for name in before}
        return {name: ((new[1] - old[1]) / (new[2] - old[0]), (new[1] - old[1]) / (new[0] - old[2]))
                for name, old, new in ((name, before[name], after[name]) for name in before)}

    def test_3_disk_rate(self) -> None:
        """Writing as fast as it can, one stays within its bytes a second; the other does not."""
        pace = self.disk_pace("while :; do dd if=/mem/used of=/dev/vdc bs=256k oflag=direct; done", "wr_bytes")
        say(f"MiB a second: { {name: [round(one / MIB, 2) for one in two] for name, two in pace.items()} }")
        self.assertLess(pace["capped"][0], 2 * MIB * 1.1)
        self.assertGreater(pace["capped"][1], 2 * MIB * 0.5)
        self.assertGreater(pace["free"][1], 2 * MIB * 1.5)

    def test_4_disk_iops(self) -> None:
        """The same for operations a second, told to the one that runs."""
        self.do("set", "capped", "--disk-rate=none", "--disk-iops=40")
        pace = self.disk_pace("while :; do dd if=/mem/used of=/dev/vdc bs=4k oflag=direct; done", "wr_req")
        say(f"operations a second: { {name: [round(one, 1) for one in two] for name, two in pace.items()} }")
        self.assertLess(pace["capped"][0], 40 * 1.1)
        self.assertGreater(pace["capped"][1], 40 * 0.5)
        self.assertGreater(pace["free"][1], 40 * 1.5)

    def test_5_network(self) -> None:
        """A download and an upload stay within their caps; without one they go over them."""
        with subprocess.Popen([live.SOURCE / "scripts/lab", "in", "internet", "--", sys.executable, "-c", SERVER,
                               os.environ["LAB_SITE_ADDR"], str(PORT)], stdout=subprocess.PIPE) as server:
            try:
                server.stdout.readline()  # type: ignore[union-attr]
                for name, about in self.world.appliances().items():
                    gateway = re.sub(r"\d+$", "1", about["ip"])
                    self.inside(name, f"ip addr add {about['ip']}/24 dev eth0; ip link set eth0 up; "
                                      f"ip route add default via {gateway}")
                for word, account in (("d", "tx_bytes"), ("u", "rx_bytes")):
                    pace = self.traffic(word, account)
                    say(f"{account} KiB a second: { {name: round(rate / 1024) for name, rate in pace.items()} }")
                    self.assertLess(pace["capped"], 512 * 1024 * 1.1)
                    self.assertGreater(pace["capped"], 512 * 1024 * 0.5)
                    self.assertGreater(pace["free"], 512 * 1024 * 1.5)
            finally:
                server.kill()

    def traffic(self, word: str, account: str) -> dict[str, float]:
        """Bytes a second at the host's ends of their cables, while both guests download or upload."""
        files = {name: Path(f"/sys/class/net/{tap(f'{name}.1')}/statistics/{account}") for name in ("capped", "free")}
        feed = "cat /dev/zero" if word == "u" else "sleep 1000"
        idle = {name: number(file) for name, file in files.items()}
        with self.busy(f"(printf {word}; {feed}) | nc {os.environ['LAB_SITE_ADDR']} {PORT}", "capped", "free"):
            # Not what passes at once before a cap takes hold, and not a guest that has not begun.
            for name, moved in ("capped", 1.2 * MIB), ("free", 2 * MIB):
                wait_for(lambda n=name, m=moved: number(files[n]) - idle[n] >= m, f"the traffic of {name}", 60, 0.05)
            begun, before = time.monotonic(), {name: number(file) for name, file in files.items()}
            time.sleep(5)
            span = time.monotonic() - begun
            return {name: (number(file) - before[name]) / span for name, file in files.items()}

    def test_6_disk_size(self) -> None:
        """Filled, overwritten and discarded at random, the disk's file stays below its cap and 10 %."""
        said = self.inside("free", "churn /dev/vdc 8 2>&1", 600)
        size, length = self.disk_of_host("free"), (self.world.pool / "free.1.data").stat().st_size
        say(f"{said.strip()}: the file takes {size / MIB:.1f} MiB, and is {length / MIB:.1f} MiB long")
        self.assertRegex(said, r"^filled written [1-9]\d* discarded [1-9]")
        self.assertLess(size, 1024 * MIB * 1.1)
        self.assertGreater(size, 512 * MIB, "nothing was filled: the test proves nothing")

    def lie(self, text: str) -> dict[str, Any]:
        """What status has of the guest that tells this; T is the time, and @ ten million letters."""
        text = text.replace("T", str(int(time.time()))).replace("@", "$(head -c 10000000 /dev/zero | tr '\\0' a)")
        tell = "cp /lie /run/runner-status/told && mv /run/runner-status/told /run/runner-status/status.json"
        self.inside("free", f"cat >/lie.new <<END\n{text}\nEND\nmv /lie.new /lie; {tell}; sleep 0.3; {tell}")
        ended = self.do("status", "--json", "free")
        self.assertLess(ended.seconds, 30)
        about = json.loads(ended.out)["appliances"][0]
        return dict(about["guest"] or {}) | {"problems": set(about["problem_codes"])}

    def test_7_lies(self) -> None:
        """A guest that lies of itself: what cannot be is not known, and it is left alone."""
        begin = '{"schema":1,"time":T,"runner":"polling","docker":"ok","jobs":0'
        said = self.lie(begin + ',"data":{"size":1000,"used":900}}')
        self.assertEqual((1000, 900, set()), (said["disk_size"], said["disk_used"], said["problems"]))
        for lie in ('"data":{"size":1000,"used":2000}', '"memory":{"total":1000,"available":2000}',
                    '"data":{"size":9007199254740992,"used":1}'):
            said = self.lie(f"{begin},{lie}}}")
            say(f"{lie}: {said}")
            self.assertIn("guest_lies", said["problems"])
            self.assertFalse(said["disk_size"] or said["disk_used"])
        said = self.lie(begin.replace('"jobs":0', '"jobs":-5') + ',"data":{"size":-1000,"used":-1}}')
        say(f"negative: {said}")
        self.assertFalse(said["jobs"] or said["disk_size"] or said["disk_used"])
        for lie in (begin.replace('"jobs":0', '"jobs":NaN}'), begin + ',"pad":"@"}', "[" * 60000, "\x1b]0;owned\x07{"):
            said = self.lie(lie)
            say(f"{lie[:40]!r}...: {said}")
            self.assertNotIn("runner", said)
            self.assertIn("free was left: its guest does not answer", self.do("reclaim", "free").out)
        self.inside("free", "rm /lie; sleep 4")
        self.assertEqual("polling", json.loads(self.do("status", "--json", "free").out)["appliances"][0]["guest"]["runner"])


if __name__ == "__main__":
    main(Neighbour, pool=OWN_POOL, failfast=False)
