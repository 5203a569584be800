"""Disks that boot by themselves, made without root's help: a boot sector, a partition, a file system."""

from __future__ import annotations

import os
import struct
import subprocess
from pathlib import Path

SECTOR = 512
FIRST = 2048  # the sector at which the only partition begins


def partition(folder: Path, content: dict[str, str], mebibytes: int) -> bytes:
    """An ext4 file system with these files."""
    tree, image = folder / "tree", folder / "partition"
    for name, text in content.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, image, f"{mebibytes}M"],
                   check=True, stdout=subprocess.DEVNULL)
    bytes_ = image.read_bytes()
    subprocess.run(["rm", "-rf", tree, image], check=True)
    return bytes_


def _begin(code: bytes, *sectors: int) -> bytes:
    """All before the first partition; primary partitions have so many sectors each."""
    head = bytearray(SECTOR * FIRST)
    head[:len(code)] = code
    head[510:512] = b"\x55\xaa"
    at = FIRST
    for i, size in enumerate(sectors):
        struct.pack_into("<B3xB3xII", head, 446 + 16 * i, 0x80 if i == 0 else 0, 0x83, at, size)
        at += size
    return bytes(head)


def disk(code: bytes, *partitions: bytes) -> bytes:
    """A boot sector with this code, and primary partitions behind each other."""
    return _begin(code, *(len(one) // SECTOR for one in partitions)) + b"".join(partitions)


def write(path: Path, code: bytes, core: bytes, part: Path) -> None:
    """A large one, with a second stage of its boot loader behind the boot sector; holes stay holes."""
    head = bytearray(_begin(code, part.stat().st_size // SECTOR))
    assert len(core) <= SECTOR * (FIRST - 1)
    head[SECTOR:SECTOR + len(core)] = core
    path.write_bytes(head)
    subprocess.run(["dd", f"if={part}", f"of={path}", "bs=1M", f"seek={len(head) >> 20}",
                    "conv=sparse,notrunc", "status=none"], check=True)
    os.truncate(path, len(head) + part.stat().st_size)


def _debugfs(image: Path, folder: Path, command: str) -> bytes:
    part = folder / "debugged"
    with open(image, "rb") as whole:
        whole.seek(SECTOR * FIRST)
        part.write_bytes(whole.read(64 << 20))
    done = subprocess.run(["debugfs", "-R", command, part], capture_output=True, check=True)
    part.unlink()
    return done.stdout


def read(image: Path, folder: Path, path: str) -> bytes:
    """A file of the first partition, by e2fsprogs, which know nothing of libguestfs."""
    return _debugfs(image, folder, f"cat {path}")


def about(image: Path, folder: Path, path: str) -> str:
    """What debugfs tells about a file."""
    return _debugfs(image, folder, f"stat {path}").decode()
