"""What the crash and fault tests share: runs that are interfered with, and what must be true after them.

An undisturbed run tells what a verb's end state is: all that is there, on the host and at GitLab,
with what differs between two runs (UUIDs, addresses, numbers) replaced. After a disturbed run
and the recovering command the end state must be one that an undisturbed run leaves.
"""

from __future__ import annotations

import base64
import json
import os
import re
import struct
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import live
from live import ADMIN, Case, Ended, Process, virsh, wait_for

NAME = "made"
KILLED = -9

# The guest of all these runs, in 16-bit code of a Linux kernel's beginning: it writes a letter to
# the serial port, then powers off as soon as somebody presses the power button.
GUEST = bytes.fromhex(
    "baf803"      # mov dx, 0x3f8     the serial port
    "b041ee"      # mov al, 'A'; out dx, al
    "ba0206"      # mov dx, 0x602     ACPI: enable the power button's event
    "b80001ef"    # mov ax, 0x100; out dx, ax
    "fbf4"        # sti; hlt          until the next tick of the BIOS's clock
    "ba0006ed"    # mov dx, 0x600; in ax, dx
    "f6c401"      # test ah, 1        was it pressed?
    "74f5"        # jz back to sti
    "ba0406"      # mov dx, 0x604     ACPI: off
    "b80020ef"    # mov ax, 0x2000; out dx, ax
    "ebf7")       # and wait there


POLLING = live.SOURCE / "tests/fuzz/seeds/guest_status/polling.json"


def status(**more: Any) -> bytes:
    """What a guest's agent would tell now, as the stand-in for it wants to be given it; the runner asks for work."""
    told = {**json.loads(POLLING.read_text()), "time": int(time.time()), **more}
    return base64.b64encode(json.dumps(told).encode()) + b"\n"


def kernel() -> bytes:
    """A boot sector and one sector of set-up code, as qemu's -kernel wants them."""
    image = bytearray(1024 + 16)
    image[0x1f1] = 1                                  # sectors of set-up code
    image[0x1fe:0x200] = b"\x55\xaa"
    image[0x200:0x202] = b"\xeb\x6e"                  # jump over the header, to 0x270
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", image, 0x206, 0x0203)      # version of the boot protocol
    image[0x211] = 1                                  # loaded high
    struct.pack_into("<I", image, 0x22c, 0x37ffffff)  # where an initrd may end
    image[0x270:0x270 + len(GUEST)] = GUEST
    return bytes(image)


live.RECIPE = re.sub(r"(?m)^cp .*vmlinuz.*$", f"printf '%b' '"
                     + "".join(f"\\\\0{byte:03o}" for byte in kernel()) + "' >\"$out/vmlinuz\"",
                     live.RECIPE)

# Of the appliance that the verbs are about: what is different each time.
_DIFFERENT = (
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b52:54:00(:[0-9a-f]{2}){3}\b"), "MAC"),
    (re.compile(r"\b192\.168\.\d+\.\d+\b"), "ADDRESS"),
    (re.compile(r"^domain (\d+|-) "), "domain "),
    (re.compile(rf"\b{NAME}\.\d+\b"), f"{NAME}.N"),
    (re.compile(r"\bdomain-\d+-"), "domain-N-"),
    (re.compile(r"\bvnet\d+\b"), "vnetN"),
    (re.compile(r"^runner \d+ "), "runner "),
    (re.compile(r"^manager (\S+) of \d+"), "manager"),
    (re.compile(r"(file pool/\S+) \d+"), r"\1"),
)


def _plain(line: str) -> str:
    for pattern, word in _DIFFERENT:
        line = pattern.sub(word, line)
    return line


class Disturbed(Case):
    """A world with foreign objects and one appliance that nobody shall touch."""

    effects: Path
    stand_ins: Path
    log: Path
    patience = 160.0  # seconds that a run may take
    status: Path = live.FOLDER / "status"  # what every guest's agent tells
    foreign: set[str]
    owner: Path   # a file with an access token
    lender: Path  # a file with a lent runner's token
    conf: Path  # the configuration of all runs
    with_token: Path  # one that names the access token, as who wants recovery without words has it

    @classmethod
    def setUpClass(cls) -> None:
        if not hasattr(Disturbed, "foreign"):
            Disturbed.equip()
            Disturbed.do("create", "keeper", "--token-file", cls.owner)
            Disturbed.look_alikes()
            Disturbed.foreign = cls.world.everything()

    @classmethod
    def equip(cls) -> None:
        """What the runs need."""
        tests = Path(live.runnerctl).parent / "tests"
        cls.effects, cls.stand_ins = tests / "rc_effects.so", tests / "rc_stand_ins.so"
        cls.log = live.FOLDER / "effects.log"
        cls.owner = cls.world.token()
        cls.lender = cls.world.token(cls.world.gitlab.new_runner())
        cls.conf = cls.world.usual
        cls.with_token = cls.world.config(gitlab={"token-file": cls.owner})
        cls.world.build_image()

    def setUp(self) -> None:
        Disturbed.conf = self.world.usual

    @classmethod
    def look_alikes(cls) -> None:
        """Objects of others, which are called almost as ours are."""
        domain = ("<domain type='qemu'><name>{}</name><memory unit='MiB'>64</memory>{}"
                  "<os><type arch='x86_64'>hvm</type></os></domain>")
        ours = virsh("metadata", "keeper.1", "urn:runnerctl:appliance:1")
        copied = f"<metadata>{ours}</metadata>"
        for name, metadata in ((f"{NAME}.10", ""), (f"{NAME}", ""), (f"{NAME}.9", copied)):
            virsh("define", cls.world.file(domain.format(name, metadata)))
        for volume in (f"{NAME}.1.data.bak", f"{NAME}.1.configs", f"{NAME}1.data"):
            virsh("vol-create-as", "runnerctl", volume, 4096, "--format", "raw")
        virsh("secret-define", cls.world.file(
            "<secret ephemeral='no' private='no'>"
            f"<description>runner token of {NAME}.1</description></secret>"))
        for description in (f"{NAME} (made by hand)", f"{NAME} (runnerctl:)"):
            cls.world.gitlab.call("POST", "/api/v4/user/runners",
                                  {"runner_type": "instance_type", "description": description},
                                  ADMIN)

    # -- runs ----------------------------------------------------------------------------------

    @classmethod
    def begin(cls, *arguments: object, at: int = 0, of: str = "", deed: str = "", code: int = 1,
              conf: Path | None = None) -> Process:
        """Begins a run with the effect of this number interfered with; of: among those of this name."""
        cls.log.unlink(missing_ok=True)
        named = {"RC_EFFECT_OF": of} if of else {}
        return cls.world.start(*arguments, config=conf or cls.conf, env={
            **os.environ, **cls.preloaded(), "RC_EFFECTS_LOG": str(cls.log), "RC_EFFECT_AT": str(at), **named,
            "RC_EFFECT_DO": deed, "RC_EFFECT_CODE": str(code)})

    @classmethod
    def preloaded(cls) -> dict[str, str]:
        """What stands between the program and the world."""
        cls.status.write_bytes(status())
        return {"LD_PRELOAD": f"{cls.effects}:{cls.stand_ins}", "RC_GUEST_STATUS": str(cls.status)}

    @classmethod
    def disturb(cls, *arguments: object, **options: Any) -> Ended:
        """A whole run of that kind."""
        ended = cls.begin(*arguments, **options).end(cls.patience)
        ended.arguments = tuple(str(one) for one in arguments)
        return ended

    @classmethod
    def do(cls, *arguments: object, conf: Path | None = None) -> Ended:
        """An undisturbed run that must succeed."""
        ended = cls.disturb(*arguments, conf=conf)
        if ended.status:
            raise AssertionError(str(ended))
        return ended

    @classmethod
    def done(cls) -> list[str]:
        """The effects that the last run had, in order."""
        return [line.split()[1] for line in cls.log.read_text().splitlines()]

    def start_anew(self) -> None:
        """What one case left is not the next one's."""
        self.disturb("destroy", "--now", "--forget", NAME, "other")
        Disturbed.foreign = self.world.everything()

    # -- what is there -------------------------------------------------------------------------

    def mine(self) -> set[str]:
        """All there is now beside the world as it was, without what differs each time."""
        now = self.world.everything()
        gone = sorted(line for line in self.foreign - now)
        self.assertEqual([], gone, "foreign objects, or the bystander's, are gone")
        counted = Counter(_plain(line) for line in now - self.foreign if not live.MAY_GROW.match(line))
        return {f"{line} ({n} times)" if n > 1 else line for line, n in counted.items()}

    def check_addresses(self) -> None:
        """No two domains have one address."""
        taken: dict[str, str] = {}
        for name in virsh("list", "--all", "--name").split():
            for address in re.findall(r"(?:name='IP' value=|mac address=)'([^']+)'",
                                      virsh("dumpxml", name)):
                other = taken.setdefault(address, name)
                self.assertEqual(name, other, f"{address} belongs to {name} and {other}")

    def check_tokens(self) -> None:
        """Every runner of ours at GitLab belongs to a domain that knows its token."""
        for runner in self.world.gitlab.runners():
            marker = re.search(r"runnerctl:([0-9a-f-]{36})", runner["description"])
            if marker:
                kept = virsh("secret-get-value", marker[1], "--plain").strip()
                self.assertEqual(runner["token"], kept, f"nobody knows {runner['description']}")


def running() -> list[str]:
    """The domains of the appliance that run."""
    return re.findall(rf"(?m)^{NAME}\.\d+$", virsh("list", "--name"))


def press(name: str) -> None:
    """Waits until the guest can see its power button."""
    log = Path(f"/var/log/libvirt/qemu/{name}-serial.log")
    wait_for(lambda: b"A" in log.read_bytes(), f"the guest of {name}")


def main(*order: type[Any]) -> None:
    """As live.main(), with a pool of the test's own."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    live.main(*order, pool=live.OWN_POOL, failfast=False)
