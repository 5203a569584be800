"""How long an appliance takes from its start to a docker that is ready, beside a stock Debian with the same
packages; where that goes, and what memory it takes when nothing runs. Nothing is asserted.

    ROUNDS=3 scripts/lab run --dir STATE -- python3 tests/bench/boot.py BUILD_DIR

STATE keeps the image. Both say on the serial console when docker is ready, and start by turns, each for the first time.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "live"))
import live  # noqa: E402  pylint: disable=wrong-import-position
import stock  # noqa: E402  pylint: disable=wrong-import-position
from live import ADMIN, POOL, Case, main, say, wait_for  # noqa: E402  pylint: disable=wrong-import-position
from test_inside import ROOT  # noqa: E402  pylint: disable=wrong-import-position
from test_verify import ensure_image  # noqa: E402  pylint: disable=wrong-import-position

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SETTLED = 90  # seconds without a job
QEMU = Path("/var/log/libvirt/qemu")
# What a process alone has, in MiB; then what is in no process.
MEMORY = """\
cd /proc; for p in [0-9]*; do
	[ -r $p/smaps_rollup ] && awk -v name="$(cat $p/comm)" '/^Rss/ { r = $2 } /^Anonymous/ { a = $2 }
		END { if (a > 999) printf "= %6.1f MiB anonymous of %6.1f  %s\\n", a / 1024, r / 1024, name }' $p/smaps_rollup
done 2>/dev/null | sort -rnk 2
awk '/^(MemTotal|MemFree|MemAvailable|Buffers|Cached|AnonPages|AnonHugePages|Shmem|SReclaimable|SUnreclaim|KernelStack|PageTables|Percpu|VmallocUsed):/ {
	printf "= %6.1f MiB  %s\\n", $2 / 1024, $1 }' meminfo
df -k -t tmpfs | awk 'NR > 1 && $3 > 99 { printf "= %6.1f MiB  in %s\\n", $3 / 1024, $6 }'
"""
TIMES = "systemd-analyze time; systemd-analyze critical-chain docker.service; systemd-analyze blame | head -n 12"


class Boot(Case):
    """The appliance, and the other."""

    def ready(self, name: str) -> float:
        """Seconds from that domain's start to its docker's word; `create` is what starts it."""
        log, console = QEMU / f"{name}.1.log", QEMU / f"{name}.1-serial.log"
        console.unlink(missing_ok=True)
        process = self.world.start("create", name, "--image", self.images[name], "--tags", name,
                                   "--token-file", self.world.token(ADMIN))
        wait_for(lambda: console.exists() and b"docker is ready" in console.read_bytes(), f"docker in {name}", 900, 0.05)
        end = time.time()
        ended = process.end()
        assert ended.status == 0, str(ended)
        said = re.findall(r"(?m)^(\S+ \S+): starting up", log.read_text(errors="replace"))[-1]
        begin = datetime.strptime(said, "%Y-%m-%d %H:%M:%S.%f%z").timestamp()
        return end - begin

    def job(self, script: str) -> str:
        """What root in the appliance says."""
        order = {"image": "ci-tools:1", "timeout": 600, "tags": ["appliance"], "script": [ROOT + shlex.quote(script)]}
        number = self.world.gitlab.call("POST", "/-/standin/jobs", order)["id"]
        told = wait_for(lambda: (lambda job: job if job["status"] in ("success", "failed") else None)(
            self.world.gitlab.call("GET", f"/-/standin/jobs/{number}")), "the job", 400, 1)
        return str(told["trace"])

    def test_boot(self) -> None:
        """All of it."""
        world = self.world
        self.images = {"appliance": ensure_image(world), "stock": "stock"}
        world.config(
            host={"templates": None}, gitlab={"url": world.gitlab.url, "token-file": world.token(ADMIN)},
            runner={"docker-image": "ci-tools:1", "pull-policy": "if-not-present"},
            **{"profile default": {"cpus": 2, "cpu-cap": 2, "memory": "1GiB", "disk": "4GiB"}}).replace(live.FOLDER / "usual.conf")
        folder = Path(tempfile.mkdtemp(prefix="runnerctl-stock.", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, folder, True)
        folder.chmod(0o755)
        made = stock.make(folder)
        stored = world.do("image", "import", made, "--format", "qcow2", "--name", "stock", "-q").out.split()[0]
        made.unlink()
        self.addCleanup(world.run, "image", "remove", "-q", stored)
        taken: dict[str, list[float]] = {"appliance": [], "stock": []}
        for number in range(ROUNDS):
            for name, times in taken.items():
                times.append(self.ready(name))
                say(f"round {number + 1}: {name} {times[-1]:.1f} s, host's load {os.getloadavg()[0]:.1f}")
                if number < ROUNDS - 1 or name == "stock":
                    world.do("destroy", "--now", "-q", name)
                else:
                    self.addCleanup(world.run, "destroy", "--now", "-q", name)
        medians = {name: statistics.median(times) for name, times in taken.items()}
        say(f"docker ready: {medians['appliance']:.1f} s, stock Debian {medians['stock']:.1f} s: "
            f"{medians['appliance'] * 100 / medians['stock']:.0f} %")
        say(self.job(TIMES))
        time.sleep(SETTLED)
        told = world.do("status", "appliance").out
        say("\n".join(line for line in told.splitlines() if "memory" in line))
        say("\n".join(re.findall(r"(?m)^= (.*)", self.job(MEMORY))))


if __name__ == "__main__":
    main(Boot, pool=POOL)
