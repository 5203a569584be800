"""What looking at many appliances costs. Nothing is asserted.

    COUNT=100 scripts/lab run -- python3 tests/bench/many.py BUILD_DIR

Their guests only sleep; those that "answer" have an agent that is stood in for.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "live"))
import crash  # noqa: E402  pylint: disable=wrong-import-position
import live  # noqa: E402  pylint: disable=wrong-import-position
from live import ADMIN, OWN_POOL, Case, main, say  # noqa: E402  pylint: disable=wrong-import-position

COUNT = int(os.environ.get("COUNT", "40"))


class Many(Case):
    """All of it."""

    def measured(self, *arguments: str, answer: bool) -> str:
        """The median of five runs, and what one more asks."""
        stand_ins = Path(live.runnerctl).parent / "tests/rc_stand_ins.so"
        env = {**os.environ, "LD_PRELOAD": str(stand_ins)}
        if answer:
            env["RC_GUEST_STATUS"] = str(self.world.file(crash.status()))
        taken = []
        for _ in range(5):
            begin = time.perf_counter()
            self.world.do(*arguments, env=env)
            taken.append(time.perf_counter() - begin)
        log, last = live.FOLDER / "rpc.log", self.world.gitlab.last_request()
        log.unlink(missing_ok=True)
        self.world.do(*arguments, env={**env, "LIBVIRT_LOG_FILTERS": "1:rpc", "LIBVIRT_LOG_OUTPUTS": f"1:file:{log}"})
        messages = log.read_text(errors="replace").count("RPC_CLIENT_MSG_TX_QUEUE")
        asked = [one for one in self.world.gitlab.requests(last) if "standin" not in one["path"]]
        return (f"{statistics.median(taken):.2f} s (shortest {min(taken):.2f}), {messages} messages to libvirtd, "
                f"{len(asked)} requests of GitLab")

    def test_many(self) -> None:
        """list, status, metrics, and rotate with nothing due"""
        world = self.world
        world.config(gitlab={"token-file": world.token(ADMIN)}).replace(live.FOLDER / "usual.conf")
        world.build_image()
        stand_ins = Path(live.runnerctl).parent / "tests/rc_stand_ins.so"
        begin = time.perf_counter()
        names = [f"ci-{i + 1}" for i in range(COUNT)]
        for i in range(0, COUNT, 16):  # the disks that the stand-in for libguestfs can hold
            world.do("create", "--force", *names[i:i + 16], env={**os.environ, "LD_PRELOAD": str(stand_ins)})
        model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        load = os.getloadavg()[0]
        say(f"{COUNT} appliances made and started in {time.perf_counter() - begin:.0f} s, on {os.cpu_count()} CPUs "
            f"({model[1] if model else '?'}), load {load:.1f}; medians of five runs:")
        for arguments in (["list", "-q"], ["status", "-q"], ["metrics", "-q"], ["rotate", "-n", "-q"], ["rotate", "-q"]):
            for answer in (True, False) if arguments[0] != "list" else (False,):
                guests = "" if arguments[0] == "list" else f", guests {'answer' if answer else 'are silent'}"
                say(f"{' '.join(arguments)}{guests}: {self.measured(*arguments, answer=answer)}")
        domains = subprocess.run(["virsh", "list", "--name"], stdout=subprocess.PIPE, text=True, check=True).stdout
        for domain in domains.split():
            subprocess.run(["virsh", "-q", "destroy", domain], check=True)


if __name__ == "__main__":
    main(Many, pool=OWN_POOL)
