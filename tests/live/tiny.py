"""Tiny Linux guests: the host's kernel with busybox and the real guest agent, which takes the test's orders too.

libguestfs is stood in for.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import live
from live import Case, Ended, virsh, wait_for

# What is between the two halves is the test's own.
BEGIN = """\
#!/bin/busybox sh
export PATH=/bin
/bin/busybox mkdir -p /proc /sys /dev /run/runner-status /mem /data /var/run /etc /tmp
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for m in /modules/*.ko; do insmod $m; done
mount -t tmpfs -o size=90% mem /mem
"""
END = """\
echo 0 >/jobs
(while :; do
	{ cat /lie 2>/dev/null ||
	echo "{\\"schema\\":1,\\"time\\":$(date +%s),\\"runner\\":\\"polling\\",\\"docker\\":\\"ok\\",\\"jobs\\":$(cat /jobs)}"
	} >/run/runner-status/new && mv /run/runner-status/new /run/runner-status/status.json
	sleep 2
done) &
until ls /dev/vport*p1 >/dev/null 2>&1; do sleep 1; done
qemu-ga -d -m virtio-serial -p "$(ls /dev/vport*p1)" -t /run
echo READY
while :; do sleep 1000; done
"""
# In the order in which they need each other.
MODULES = ("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci",
           "virtio_blk", "virtio_console", "virtio_balloon", "failover", "net_failover", "virtio_net")


def driver(module: str) -> Path:
    """Of the kernel that the guests boot."""
    kernel = sorted(Path("/boot").glob("vmlinuz-*"))[-1].name.removeprefix("vmlinuz-")
    return next(Path(f"/lib/modules/{kernel}").rglob(f"{module}.ko"))


def guest_root(root: Path, more: str, programs: tuple[Path, ...] = ()) -> None:
    """The guest's files; more: lines of shell that it begins with."""
    for folder in ("bin", "modules"):
        (root / folder).mkdir(parents=True)
    for program in (Path("/usr/bin/busybox"), Path("/usr/sbin/qemu-ga"), *programs):
        shutil.copy(program, root / "bin")
    for line in subprocess.run(["ldd", "/usr/sbin/qemu-ga"], capture_output=True, text=True, check=True).stdout.split():
        if line.startswith("/"):
            (root / line[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(line, root / line[1:])
    for number, module in enumerate(MODULES):
        shutil.copy(driver(module), root / f"modules/{number:02}-{module}.ko")
    (root / "init").write_text(BEGIN + more + END)
    (root / "init").chmod(0o755)


class Guests(Case):
    """A test with such guests."""

    @classmethod
    def build(cls, more: str = "", *programs: Path) -> None:
        """Their image."""
        root = live.FOLDER / "guest"
        guest_root(root, more, programs)
        live.RECIPE = live.RECIPE.replace('(cd "$work" && find', f'(cd "{root}" && find')
        (cls.world.templates / "appliance/build").write_text(live.RECIPE)
        cls.world.build_image()

    @classmethod
    def ready(cls, *names: str) -> None:
        """Waits until they are up."""
        for name in names:
            try:
                wait_for(lambda name=name: "READY" in cls.log(name), f"the guest of {name}", 240, 0.2)
            except AssertionError as late:
                raise AssertionError(cls.log(name)[-2000:]) from late

    @classmethod
    def do(cls, *arguments: object, status: int = 0) -> Ended:
        """A run with libguestfs stood in for, which must end so."""
        ended = cls.start(*arguments).end(120)
        if ended.status != status:
            raise AssertionError(str(ended))
        return ended

    @classmethod
    def start(cls, *arguments: object) -> live.Process:
        """Begins one."""
        stand_ins = Path(live.runnerctl).parent / "tests/rc_stand_ins.so"
        return cls.world.start(*arguments, env={**os.environ, "LD_PRELOAD": str(stand_ins)})

    @staticmethod
    def log(name: str) -> str:
        """What the guest wrote to its serial line."""
        return Path(f"/var/log/libvirt/qemu/{name}.1-serial.log").read_text(errors="replace")

    @classmethod
    def begin(cls, name: str, command: str) -> int:
        """Begins it in the guest; its process there."""
        return int(cls.agent(name, "guest-exec", path="/bin/sh", arg=["-c", command],
                             **{"capture-output": True})["pid"])

    @classmethod
    def inside(cls, name: str, command: str, seconds: float = 120) -> str:
        """Runs it in the guest; what it said."""
        pid = cls.begin(name, command)
        told = wait_for(lambda: (lambda now: now if now["exited"] else None)(cls.agent(name, "guest-exec-status", pid=pid)),
                        f"{name}: {command}", seconds, 0.2)
        return base64.b64decode(told.get("out-data", "")).decode()

    @staticmethod
    def agent(name: str, call: str, **arguments: Any) -> Any:
        """What the guest's agent answers."""
        told = virsh("qemu-agent-command", "--timeout", "20", f"{name}.1",
                     json.dumps({"execute": call, "arguments": arguments}))
        return json.loads(told)["return"]

    @staticmethod
    def process(name: str) -> int:
        """Its qemu."""
        return int(Path(f"/run/libvirt/qemu/{name}.1.pid").read_text())

    def disk_of_host(self, name: str) -> int:
        """Bytes that the data disk takes of the host."""
        return (self.world.pool / f"{name}.1.data").stat().st_blocks * 512
