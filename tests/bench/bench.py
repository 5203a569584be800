"""The numbers of the main job, with the machine they are from. Nothing is asserted.

    scripts/lab run --dir STATE -- python3 tests/bench/bench.py BUILD_DIR
"""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

BUILD = Path(sys.argv[1]).resolve()
SOURCE = Path(__file__).resolve().parents[2]
PROGRAM = str(BUILD / "runnerctl")
POOL = Path("/var/lib/libvirt/runnerctl")
GITLAB = f"http://{os.environ['LAB_GITLAB_ADDR']}:8080"
FOLDER = Path("/run/lab/bench")
CONFIG = FOLDER / "runnerctl.conf"
TOKEN = FOLDER / "token"


def measured(*arguments: str) -> tuple[float, int, str]:
    """Seconds, peak resident KiB (never less than this Python's own) and standard error of a run that succeeds."""
    reading, writing = os.pipe()
    begin = time.perf_counter()
    process = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.DEVNULL, stderr=writing)
    os.close(writing)
    with os.fdopen(reading, errors="replace") as pipe:
        said = pipe.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"runnerctl {' '.join(arguments)}: {said}")
    return time.perf_counter() - begin, usage.ru_maxrss, said


def describe_machine() -> None:
    """What these numbers are from."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal: *(\d+)", Path("/proc/meminfo").read_text())
    print(f"machine: {model[1] if model else platform.machine()}, {os.cpu_count()} CPUs, "
          f"{int(memory[1]) // 2**20 if memory else 0} GiB, Linux {platform.release()}; guests emulated")


def bench_startup() -> None:
    """What --help and --version cost."""
    for option in ("--help", "--version"):
        runs = [measured(option) for _ in range(50)]
        print(f"{option}: median {statistics.median(run[0] for run in runs) * 1000:.1f} ms")


def shell(text: str) -> str:
    """What a piece of bash with the lab's and the image's functions prints."""
    text = f'set -e; . "$LAB_ROOT/scripts/lib/lab.bash"; . "$LAB_ROOT/scripts/lib/image.bash"; {text}'
    return subprocess.run(["bash", "-c", text], cwd=SOURCE, stdout=subprocess.PIPE, text=True, check=True).stdout


def prepare() -> subprocess.Popen[bytes]:
    """A GitLab, a configuration and an image."""
    FOLDER.mkdir(mode=0o700)
    ready = FOLDER / "ready"
    gitlab = subprocess.Popen([SOURCE / "scripts/lab", "in", "internet", "--", SOURCE / "tests/fake/gitlab-standin",
                               "--listen", GITLAB.removeprefix("http://"), "--ready-file", ready],
                              stderr=subprocess.DEVNULL)
    while not ready.exists():
        time.sleep(0.05)
    TOKEN.write_text("glpat-standin-admin-0000001\n")
    TOKEN.chmod(0o600)
    CONFIG.write_text(f"[host]\naccel = tcg\n[gitlab]\nurl = {GITLAB}\n"
                      "[profile default]\nmemory = 1GiB\ndisk = 4GiB\n")
    os.environ["runnerctl"] = PROGRAM
    image = shell(f'ensure_demo_image "$runnerctl" --config {CONFIG}').strip()
    with CONFIG.open("a") as config:
        config.write(f"[appliance]\nimage = {image}\n")
    return gitlab


def pool_bytes() -> int:
    """What the pool takes on the disk."""
    return sum(path.stat().st_blocks * 512 for path in POOL.iterdir())


def bench_create() -> None:
    """Create with a token, step by step; then a second one of the same image."""
    common = ("--config", str(CONFIG), "-v", "create")
    for name in ("bench-1", "bench-2"):
        before = pool_bytes()
        seconds, memory, said = measured(*common, name, "--token-file", str(TOKEN))
        steps = [(float(took), what) for took, what in re.findall(r"(?m)^ *([\d.]+) s  (.*)", said)]
        host = sum(took for took, what in steps if not re.search("libguestfs|config disk", what))
        print(f"create {name}: {seconds:.1f} s, of these {host:.2f} s on the host without libguestfs; "
              f"peak memory, libguestfs's qemu included, {memory / 1024:.1f} MiB; disk {(pool_bytes() - before) / 2**20:.1f} MiB")
        for took, what in steps:
            print(f"    {took:7.3f} s  {what}")


def bench_boot() -> None:
    """Where the guest's boot goes."""
    begin = time.monotonic()
    while True:
        told = json.loads(subprocess.run([PROGRAM, "--config", CONFIG, "--json", "status", "bench-1"],
                                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)
        guest = told["appliances"][0]["guest"] or {}
        if guest.get("boot_polling"):
            break
        if time.monotonic() - begin > 600:
            sys.exit("the runner does not poll")
        time.sleep(2)
    kernel, docker, polling = (guest[f"boot_{what}"] for what in ("kernel", "docker", "polling"))
    print(f"guest (two booting side by side): kernel {kernel:.1f} s, then systemd and docker {docker - kernel:.1f} s, "
          f"then the runner {polling - docker:.1f} s: polls {polling:.1f} s after its kernel began")
    print(f"guest of 1 GiB without jobs: {(guest['memory_total'] - guest['memory_available']) / 2**20:.0f} MiB of memory are used")


def bench_image() -> None:
    """What the image takes."""
    for path in sorted(POOL.glob("*@*")):
        print(f"image: {path.name.split('.', 1)[1]}: {path.stat().st_size / 2**20:.1f} MiB")


def main() -> None:
    """All of them."""
    describe_machine()
    bench_startup()
    gitlab = prepare()
    try:
        bench_create()
        bench_boot()
        bench_image()
        for name in ("bench-1", "bench-2"):
            measured("--config", str(CONFIG), "destroy", "--now", name)
    finally:
        gitlab.terminate()


if __name__ == "__main__":
    main()
