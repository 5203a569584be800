"""A stock Debian system on a disk with a boot loader, as somebody who knows nothing of runnerctl has it.

Debian's packages as they come (default initramfs, all their units), docker, the guest agent, and the
stand-in for gitlab-runner with a unit like that of GitLab's package.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import disk
from live import SOURCE

PACKAGES = ("systemd-sysv", "dbus", "libpam-systemd", "linux-image-cloud-amd64", "initramfs-tools",
            "grub-pc-bin", "grub-common", "ifupdown", "isc-dhcp-client", "docker.io", "iptables",
            "ca-certificates", "apparmor", "qemu-guest-agent", "python3", "udev", "kmod")
MEBIBYTES = 2048

GRUB = """\
serial --unit=0 --speed=115200
terminal_output serial
set root=(hd0,msdos1)
linux /vmlinuz root=/dev/vda1 ro quiet console=ttyS0 net.ifnames=0
initrd /initrd.img
boot
"""
UNIT = """\
[Unit]
Description=GitLab Runner
After=network-online.target docker.service
Wants=network-online.target
ConditionFileIsExecutable=/usr/bin/gitlab-runner

[Service]
ExecStartPre=/usr/bin/docker load -q -i /usr/share/ci-tools.tar
ExecStart=/usr/bin/gitlab-runner run --config /etc/gitlab-runner/config.toml
Restart=always
RestartSec=10

[Install]
WantedBy=multi-user.target
"""
# For who measures.
READY = """\
[Unit]
After=docker.service
Requires=docker.service

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo "docker is ready" >/dev/console'

[Install]
WantedBy=multi-user.target
"""
FILES = {
    "etc/fstab": "/dev/vda1 / ext4 defaults 0 1\n",
    "etc/hostname": "stock\n",
    "etc/machine-id": "",
    "etc/network/interfaces": "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet dhcp\n",
    "etc/systemd/system/gitlab-runner.service": UNIT,
    "etc/systemd/system/docker-ready.service": READY,
    "etc/gitlab-runner/config.toml": "concurrent = 1\n",
    "boot/early.cfg": GRUB,
}
HOOK = """\
set -eu
chroot "$1" systemctl enable gitlab-runner.service docker-ready.service
chroot "$1" grub-mkimage -O i386-pc -o /boot/core.img -p /boot -c /boot/early.cfg \\
    biosdisk part_msdos ext2 linux normal serial terminal
"""


def install(folder: Path) -> Path:
    """The root's tree; runs in the machine's own network."""
    root, tools = folder / "root", folder / "ci-tools.tar"
    files = folder / "files"
    for name, text in FILES.items():
        path = files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    hook = folder / "hook"
    hook.write_text("#!/bin/sh\n" + HOOK)
    hook.chmod(0o755)
    subprocess.run(
        [SOURCE / "scripts/lab", "in", "outside", "--", "bash", "-c", """
         set -e; . scripts/lib/image.bash; job_image "$1"; shift; exec "$@" """, "bash", tools,
         "mmdebstrap", "--quiet", "--variant=apt", f"--include={','.join(PACKAGES)}",
         f"--customize-hook=copy-in {files}/etc {files}/boot /",
         f"--customize-hook=upload {tools} /usr/share/ci-tools.tar",
         f"--customize-hook=upload {SOURCE}/tests/fake/gitlab-runner /usr/bin/gitlab-runner",
         '--customize-hook=chmod 0755 "$1/usr/bin/gitlab-runner"',
         f"--customize-hook={hook}", "bookworm", root],
        cwd=SOURCE, check=True, env={**os.environ, "RUNLEVEL": "1", "TMPDIR": "/var/tmp"})
    return root


def make(folder: Path) -> Path:
    """The disk, as qcow2."""
    root, part = install(folder), folder / "partition"
    raw, done = folder / "stock.raw", folder / "stock.qcow2"
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-O", "^metadata_csum_seed,^orphan_file",
                    "-d", root, part, f"{MEBIBYTES}M"], check=True)
    boot = (root / "usr/lib/grub/i386-pc/boot.img").read_bytes()[:440]
    core = (root / "boot/core.img").read_bytes()
    disk.write(raw, boot, core, part)
    subprocess.run(["rm", "-rf", root, part], check=True)
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, done], check=True)
    raw.unlink()
    return done
