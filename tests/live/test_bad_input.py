"""Bad input, live: one clear line, the right exit status, and nothing left behind.

    scripts/lab run -- python3 tests/live/test_bad_input.py BUILD_DIR [TEST...]

The exit statuses are those of design.md, section 7.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import live
from live import ADMIN, OWN_POOL, Case, shown, virsh, wait_for

OK, FAILED, USAGE, NOT_FOUND, PARTLY, NO_ROOM, BUSY, HOST, GITLAB, TIMEOUT = range(10)
READER = "glpat-standin-admin-read-001"
LEAST = "glpat-standin-admin-least-01"
REGISTRATION = "standin-instance-registration-token"
SHIPPED = live.SOURCE / "templates"


@contextmanager
def mounted(*arguments: object) -> Iterator[None]:
    """A mount for a while; the last argument is where."""
    live.virsh("uri")  # the daemon is up: it sees the mount as well
    subprocess.run(["mount", *map(str, arguments)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(arguments[-1])], check=True)


class FreshHost(Case):
    """A host on which runnerctl has made nothing yet."""

    def tearDown(self) -> None:
        for name in virsh("list", "--all", "--name").split():
            virsh("undefine", name)
        for kind in ("net", "pool"):
            for name in virsh(f"{kind}-list", "--name").split():
                virsh(f"{kind}-destroy", name)
            for name in virsh(f"{kind}-list", "--all", "--name").split():
                virsh(f"{kind}-undefine", name)
        for path in self.world.pool.glob("*"):
            path.unlink()

    def test_there_is_no_image(self) -> None:
        """create says how to get one."""
        ended = self.refused(NOT_FOUND, "there is no image appliance", "create", "a")
        self.assertIn("image build", ended.hints[0])

    def test_a_foreign_pool_has_our_name(self) -> None:
        """It is told, and not touched."""
        theirs = live.FOLDER / "theirs"
        theirs.mkdir()
        (theirs / "precious").write_text("data")
        virsh("pool-define-as", "runnerctl", "dir", "--target", theirs)
        virsh("pool-start", "runnerctl")
        before = virsh("pool-dumpxml", "runnerctl")
        for verb in (("image", "build"), ("image", "list"), ("create", "a")):
            self.refused(HOST, "pool runnerctl was not made by runnerctl", *verb)
        self.assertEqual(before, virsh("pool-dumpxml", "runnerctl"))
        self.assertEqual(["precious"], os.listdir(theirs))

    def test_a_foreign_network_has_our_name(self) -> None:
        """It is told, and not touched; neither is one that has our addresses."""
        self.world.build_image()
        xml = ("<network><name>{}</name><bridge name='virbr55'/>"
               "<ip address='{}' netmask='255.255.255.0'/></network>")
        virsh("net-define", self.world.file(xml.format("runnerctl", "192.168.55.1")))
        virsh("net-start", "runnerctl")
        before = virsh("net-dumpxml", "runnerctl")
        self.refused(HOST, "network runnerctl was not made by runnerctl", "create", "a")
        self.assertEqual(before, virsh("net-dumpxml", "runnerctl"))

    def test_our_addresses_are_taken(self) -> None:
        """The network cannot be started; what to set is said."""
        self.world.build_image()
        virsh("net-define", self.world.file(
            "<network><name>other</name><bridge name='virbr55'/>"
            "<ip address='192.168.231.1' netmask='255.255.255.0'/></network>"))
        virsh("net-start", "other")
        ended = self.refused(FAILED, "cannot start the network", "create", "a", touches="network")
        self.assertIn("[host] address", ended.hints[0])
        self.assertEqual({}, self.world.appliances())

    def test_print_xml_and_dry_run_make_nothing(self) -> None:
        """Not even the network."""
        self.world.build_image()
        with self.nothing_changes("--print-xml and --dry-run"):
            xml = self.world.do("create", "-q", "--print-xml", "a").out
            steps = self.world.do("create", "-q", "--dry-run", "a", "b").out
        self.assertEqual("", live.fits_schema(xml))
        self.assertIn("<name>a.1</name>", xml)
        self.assertIn("define the domain of b.1", steps)

    def test_two_images_in_one_second(self) -> None:
        """The second has another version, or is refused; the first one stays whole."""
        wait_for(lambda: time.time() % 1 < 0.1, "the begin of a second")
        self.world.do("image", "build")
        self.world.run("image", "build")
        listed = json.loads(self.world.do("image", "list", "--json").out)["images"]
        self.assertGreaterEqual(len(listed), 1, "the second build took the first one's volumes away")

    def test_the_recipe_of_the_image_fails(self) -> None:
        """Its last line is the reason, and no volume stays."""
        self.world.build_image("other")  # makes the pool
        recipe = self.world.templates / "appliance/build"
        good = recipe.read_text()
        self.addCleanup(recipe.write_text, good)
        for said, line in (
                ("no packages today", "echo no packages today >&2; exit 1"),
                ("vmlinuz", 'rm "$out/vmlinuz"'),
                ("cmdline", 'rm "$out/cmdline"'),
                ("JSON|contents", 'echo "{" >"$out/contents.json"'),
                (".", "kill -9 $$")):
            with self.subTest(line):
                recipe.write_text(good + line + "\n")
                self.refused(FAILED, said, "image", "build")

    def test_no_room_to_build(self) -> None:
        """It is told before the recipe begins."""
        with mounted("-t", "tmpfs", "-o", "size=64m,mode=1777", "tmpfs", Path("/var/tmp")):
            self.refused(NO_ROOM, "a build needs about 1 GiB in /var/tmp, and 64 MiB are free",
                         "image", "build")

    def test_the_pool_is_full(self) -> None:
        """At every step that needs room in it."""
        path = live.FOLDER / "small"
        path.mkdir()
        config = self.world.config(host={"pool-path": path})
        full = (FAILED, "[Nn]o space left")
        numbers = (NO_ROOM, r"it needs \S+ MiB in the storage pool, and \S+ MiB are free")
        for what, kib, end, arguments in (
                ("image build", 4000, numbers, ("image", "build")),
                ("a create that looks first", 40, (NO_ROOM, "no room: disk"), ("create", "a")),
                ("the data disk", 40, full, ("create", "a", "--force")),
                ("the config disk", 600, full,
                 ("create", "a", "--force", "--token-file", self.world.token()))):
            # A file system of its own each: what a deleted volume gives back comes late.
            with self.subTest(what), mounted("-t", "tmpfs", "-o", "mode=0711", "tmpfs", path):
                self.world.build_image(config=config)
                there = os.statvfs(path)
                used = (there.f_blocks - there.f_bfree) * there.f_frsize // 1024
                subprocess.run(["mount", "-o", f"remount,size={used + kib}k", path], check=True)
                virsh("pool-refresh", "runnerctl")
                time.sleep(1)  # see test_two_images_in_one_second
                self.full_pool(path, end, *arguments, config=config)
                self.tearDown()

    def full_pool(self, path: Path, end: tuple[int, str], *arguments: object,
                  config: Path) -> None:
        """A run that fails for want of room and leaves the directory as it was."""
        before = sorted(os.listdir(path))
        ended = self.refused(*end, *arguments, touches="network", config=config)
        self.assertEqual(before, sorted(os.listdir(path)), str(ended))
        self.assertEqual({}, self.world.appliances())
        self.assertEqual([], self.world.gitlab.runners())
        self.assertNotIn("<host ", virsh("net-dumpxml", "runnerctl")
                         if "runnerctl" in virsh("net-list", "--name") else "")


class Made(Case):
    """A host with an image, and the appliance `kept`, which waits for its runner."""

    image = ""

    @classmethod
    def setUpClass(cls) -> None:
        if not Made.image:
            Made.image = cls.world.build_image()
            cls.world.do("create", "kept")

    def tearDown(self) -> None:
        """Whatever failed, the next test shall not fail of it."""
        others = set(self.world.appliances()) - {"kept"}
        if others:
            self.world.run("destroy", "--now", "--forget", *others)


class CommandLine(Made):
    """What is wrong before anything is looked at."""

    def test_names(self) -> None:
        """In every verb that takes one."""
        with self.watched():
            for name in ("", "a" * 32, "a" * 5000, "a/b", "../a", "..", ".", "a b", ' "a"', "a'b",
                         "a\nb", "a\tb", "<domain/>", "&amp;", "A", "1a", "a-", "-", "a_b", "a.1",
                         "a@1", "ä", "a\x1b[31m", "%s%n", "$(id)", "a;id"):
                self.refused(USAGE, "is not a name", "create", "--", name)
            for verb in ("register", "destroy", "status"):
                for name in ("", "a/b", "a\nb", "<x/>"):
                    self.refused(USAGE, "is not a name", verb, "--", name)
            self.refused(USAGE, "no option '-a'", "create", "-a")
            self.refused(USAGE, "twice", "create", "a", "a")

    def test_a_token_for_a_name(self) -> None:
        """It is not repeated."""
        with self.watched():
            for verb in ("create", "register", "destroy"):
                self.refused(USAGE, "token", verb, ADMIN)
            self.refused(USAGE, "token", ADMIN)
            self.refused(USAGE, "no option '--tokn'", "create", "a", f"--tokn={ADMIN}")
            self.refused(USAGE, "no option '--bogus'", "create", "a", "--token", ADMIN, "--bogus")

    def test_counts(self) -> None:
        """--count makes names, and they must be ones."""
        with self.watched():
            for count in ("0", "-1", "101", "x", "1.5", "99999999999999999999"):
                self.refused(USAGE, "--count", "create", f"--count={count}", "a")
            self.refused(USAGE, "is not a name", "create", "--count", "2", "a" * 30)
            self.refused(USAGE, "--count", "create", "--count", "2", "a", "b")

    def test_sizes(self) -> None:
        """On the command line."""
        with self.watched():
            for option in ("--memory", "--disk"):
                for size in ("0", "-1", "4", "1e9G", "999999T", "", "G", "1 G", "0x10M", "1.5.2G",
                             "nan", "4Q", "99999999999999999999G", "0.0001M", "4GiBs"):
                    self.refused(USAGE, option, "create", "a", f"{option}={size}")
                self.refused(USAGE, option, "create", "a", option, "-1")
                self.refused(USAGE, "use 512MiB|use 1GiB", "create", "a", option, "100MiB")
                self.refused(USAGE, "to 4TiB|to 64TiB", "create", "a", option, "500T")
            for option in ("--cpus=0", "--cpus=-1", "--cpus=1.5", "--cpus=1000", "--cpu-cap=0",
                           "--cpu-cap=9", "--cpu-cap=-1", "--cpu-cap=x"):
                self.refused(USAGE, "CPU|--cpu", "create", "a", option)

    def test_more_than_the_host_has(self) -> None:
        """Both numbers are said."""
        self.refused(NO_ROOM, r"memory 3\S* TiB wanted, .* left of \d+", "create", "a", "--memory", "3T")
        self.refused(NO_ROOM, r"255 vCPUs wanted, the host has \d+", "create", "a", "--cpus", "255")

    def test_unknown_words(self) -> None:
        """Options, verbs, values; the nearest one is offered."""
        with self.watched():
            ended = self.refused(USAGE, "no verb 'crate'", "crate", "a")
            self.assertIn("create", ended.hints[0])
            ended = self.refused(USAGE, "--memroy", "create", "a", "--memroy", "1G")
            self.assertIn("--memory", ended.hints[0])
            self.refused(USAGE, "-x", "create", "-x", "a")
            self.refused(USAGE, "needs a NAME", "create")
            self.refused(USAGE, "at most 1", "register", "a", "b")
            self.refused(USAGE, "needs a value", "create", "a", "--memory")
            self.refused(USAGE, "--accel", "--accel", "xen", "create", "a")
            self.refused(USAGE, "not a whole verb", "image")
            self.refused(USAGE, "exclude", "create", "a", "--token", ADMIN, "--token-file", "f")
            self.refused(USAGE, "exclude", "create", "a", "--group", "1", "--project", "1")
            self.refused(USAGE, "--group", "create", "a", "--group", "0")
            self.refused(USAGE, "profile 'nosuch'", "create", "a", "--profile", "nosuch")
            self.refused(USAGE, "control character", "create", "a", "--tags", "a\nb")

    def test_people_see_the_same(self) -> None:
        """Without --json and -q nothing goes to standard output either."""
        for status, *arguments in ((USAGE, "create", "a/b"), (NOT_FOUND, "register", "nosuch"),
                                   (NO_ROOM, "create", "a", "--memory", "3T"),
                                   (FAILED, "create", "kept"), (NOT_FOUND, "status", "nosuch")):
            with self.nothing_changes(shown(arguments)):
                ended = self.world.run(*arguments)
            self.assertEqual((status, ""), (ended.status, ended.out), str(ended))
            self.assertEqual(1, len(ended.errors), str(ended))


class Configuration(Made):
    """The configuration file, and the host it names."""

    def test_what_a_file_says(self) -> None:
        """File and line are named."""
        with self.watched():
            for line, said in (
                    ("colour = red", "colour"), ("memory = 4", "memory"), ("nonsense", "="),
                    ("[nosuch]\nx = 1", "nosuch"), ("[host]\naccel = maybe", "maybe"),
                    ("[host]\npool-path = here", "absolute"), ("[host]\nconnect", "="),
                    ("[gitlab]\ngroup = -1", "-1"), ("[gitlab]\nrun-untagged = perhaps", "perhaps"),
                    ("[profile A B]\ncpus = 1", "A B"), ("[profile x]\nmemory = 1e9G", "1e9G"),
                    ("[profile x]\ndisk = -1", "-1"), ("[profile x]\ncpus = 0", "0"),
                    ("[runner]\ndrain-timeout = soon", "soon"), ("[host]\nreserve-memory = 100%", "100%"),
                    ("[host]\nreserve-disk = -1GiB", "-1GiB"), ("[host]\ncpu-overcommit = 0", "ratio"),
                    ("[rotation]\npressure = 20", "percentage")):
                text = f"# a comment\n[runner]\n{line}\n" if line[0] != "[" else f"# a comment\n{line}\n"
                number = text.rstrip("\n").count("\n") + 1
                config = self.world.file(text)
                self.refused(USAGE, rf"{config}:{number}: .*{re.escape(said)}", "create", "a",
                             config=config)

    def test_what_a_file_is(self) -> None:
        """It must be there and be text."""
        for config, said in (
                (live.FOLDER / "nosuch.conf", "No such file"), (live.FOLDER, "directory"),
                (self.world.file(b"[host]\nconnect = a\0b\n"), "NUL"),
                (self.world.file(b"#" * 300_000), "larger than"),
                (self.world.config(gitlab={"group": 1, "project": 2}), "group and a project"),
                (self.world.config(appliance={"profile": "nosuch"}), "profile nosuch"),
                (self.world.config(**{"profile default": {"memory": "1MiB"}}), "profile default"),
                (self.world.config(**{"profile default": {"cpus": 1, "cpu-cap": 2}}), "cap")):
            ended = self.refused(USAGE, said, "create", "a", config=config)
            self.assertIn(str(config), ended.errors[0])

    def test_a_reserve_larger_than_the_host(self) -> None:
        """Both numbers are said, and which key it is."""
        for key in ("reserve-memory", "reserve-disk"):
            config = self.world.config(host={key: "900TiB"})
            self.refused(USAGE, f"{key} is 900 TiB, but the host has ", "create", "a", config=config)

    def test_a_larger_profile_than_the_host(self) -> None:
        """It is the profile's memory that does not fit."""
        config = self.world.config(**{"profile big": {"memory": "3TiB"}})
        self.refused(NO_ROOM, "no room: memory", "create", "a", "--profile", "big", config=config)

    def test_libvirt(self) -> None:
        """Unreachable, unfiltered, or not there at all."""
        home = live.FOLDER / "home"
        home.mkdir()
        environment = {**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home),
                       "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}
        dead = "qemu+unix:///system?socket=/run/lab/nosuch-sock"
        for verb in (("create", "a"), ("register", "kept"), ("destroy", "kept"), ("list",),
                     ("status",), ("image", "list"), ("image", "build")):
            self.refused(HOST, "cannot reach libvirt at qemu.unix", "-c", dead, *verb)
        self.refused(HOST, "session", "-c", "qemu:///session", "create", "a", env=environment)
        self.refused(HOST, "cannot reach libvirt", "-c", "nonsense://", "create", "a")

    def test_kvm_that_does_not_work(self) -> None:
        """accel = auto refuses what only looks like KVM, and says how to go on."""
        config = self.world.config(host={"accel": "auto"})
        if not Path("/dev/kvm").exists():
            self.refused(HOST, "KVM does not run here", "create", "a", config=config)
            return
        with mounted("--bind", "/dev/null", "/dev/kvm"):
            ended = self.refused(HOST, "KVM does not run here", "create", "a", config=config)
        self.assertRegex(ended.hints[0], "accel = tcg")
        # As it is here: it works, or it is told within a second.
        ended = self.world.run("create", "-q", "--dry-run", "a", config=config)
        live.say(f"/dev/kvm as it is: {ended.status} {ended.err.strip()}")
        self.assertIn(ended.status, (OK, HOST), str(ended))
        self.assertLess(ended.seconds, 10)
        if ended.status == HOST:
            self.assertRegex(ended.err, "accel = tcg")


class Images(Made):
    """Images that are not what their manifests say."""

    def damaged(self, damage: Callable[[str], None], status: int, said: str,
                touches: str = "") -> None:
        """create refuses the image `broken` after that was done to its volumes."""
        reference = self.world.build_image("broken")
        try:
            damage(str(self.world.pool / reference))
            ended = self.refused(status, said, "create", "a", "--image", "broken",
                                 touches=touches)
            self.assertIn("image build", "".join(ended.hints), str(ended))
            listed = self.world.do("image", "list", "--json", "-q")
            names = [one["name"] for one in json.loads(listed.out)["images"]]
            self.assertIn("appliance", names, "one bad image must not hide the others")
        finally:
            for path in self.world.pool.glob("broken@*"):
                path.unlink()
            virsh("pool-refresh", "runnerctl")

    def test_missing(self) -> None:
        """By name, and by version."""
        self.refused(NOT_FOUND, "no image nosuch", "create", "a", "--image", "nosuch")
        self.refused(NOT_FOUND, "no image appliance@1", "create", "a", "--image", "appliance@1")
        for reference in ("@", "a@", "@1", "a@b@c", "../x", "A", "a b", "a@../../x", "a@%s"):
            self.refused(USAGE, "image|name|version", "create", "a", "--image", reference)

    def test_damaged_parts(self) -> None:
        """Truncated, longer, changed, empty, or not there."""
        def cut(path: str) -> None:
            os.truncate(f"{path}.root.squashfs", 100)

        def flip(path: str) -> None:
            with open(f"{path}.vmlinuz", "r+b") as file:
                file.seek(1000)
                byte = file.read(1)[0]
                file.seek(1000)
                file.write(bytes([byte ^ 1]))

        def lengthen(path: str) -> None:
            with open(f"{path}.initrd", "ab") as file:
                file.write(b"\0")

        self.damaged(cut, FAILED, "root.squashfs has 100 bytes, not")
        self.damaged(flip, FAILED, "vmlinuz does not have the checksum")
        self.damaged(lengthen, FAILED, "initrd has ")
        self.damaged(lambda path: os.truncate(f"{path}.vmlinuz", 0), FAILED, "vmlinuz has 0 bytes")
        self.damaged(lambda path: virsh("vol-delete", f"{path}.initrd"), NOT_FOUND,
                     "initrd is missing")

    def test_a_part_vanished_behind_libvirt(self) -> None:
        """libvirt still lists what somebody deleted with rm, until it is made to look."""
        before = self.world.appliances()
        self.damaged(lambda path: os.unlink(f"{path}.root.squashfs"), NOT_FOUND,
                     "root.squashfs is missing", "what libvirt lists")
        self.assertEqual(before, self.world.appliances())

    def test_garbage_for_a_manifest(self) -> None:
        """Whatever it is, it is told where."""
        hostile = sorted((live.SOURCE / "tests/hostile/manifest").glob("*.json"))
        texts = [b"\1\2\xff", b"{", b"[]", b"null", b"<html></html>", b"{}" * 1000,
                 *(path.read_bytes() for path in hostile[:4])]
        reference = self.world.build_image("broken")
        path = self.world.pool / f"{reference}.manifest.json"
        good = path.read_bytes()
        try:
            for text in texts:
                path.write_bytes(text)
                self.refused(FAILED, "broken@.*manifest.json", "create", "a", "--image", "broken")
            for nothing in (b"", b"\0" * 700):
                path.write_bytes(nothing)
                self.refused(NOT_FOUND, "no image broken", "create", "a", "--image", "broken")
            for change in ({"version": "1"}, {"name": "appliance"}, {"schema": 99}):
                path.write_text(json.dumps({**json.loads(good), **change}))
                self.refused(FAILED, "broken@.*manifest.json", "create", "a", "--image", "broken")
            path.write_bytes(b"x" * 5_000_000)
            self.refused(FAILED, "manifest.json is too large", "create", "a", "--image", "broken")
            listed = self.world.do("image", "list", "--json", "-q")
            self.assertIn("broken@", "".join(listed.warnings))
            self.assertEqual(["appliance"],
                             [one["name"] for one in json.loads(listed.out)["images"]])
        finally:
            for file in self.world.pool.glob("broken@*"):
                file.unlink()
            virsh("pool-refresh", "runnerctl")


class Templates(Made):
    """An operator's own templates."""

    def template(self, name: str, change: Callable[[str], str], said: str) -> None:
        """create, and --print-xml for a domain, refuse it, naming file and line."""
        path = self.world.templates / name
        shipped = (SHIPPED / name).read_text()
        self.assertNotEqual(shipped, change(shipped), f"this change of {name} changes nothing")
        path.write_text(change(shipped))
        try:
            self.refused(HOST, said, "create", "a")
            if name == "domain.xml":
                self.refused(HOST, said, "create", "a", "--print-xml")
        finally:
            path.unlink()

    def test_not_a_template(self) -> None:
        """Not XML, or not the XML it should be."""
        for name in ("domain.xml", "filter.xml"):
            where = rf"/{name}:\d+: "
            self.template(name, lambda _: "", where)
            self.template(name, lambda _: "memory = 4\n", where)
            self.template(name, lambda text: text[:len(text) // 2], where)
            self.template(name, lambda text: text + "<x/>", where)
            self.template(name, lambda _: "<other/>", "/" + name)
        directory = self.world.templates / "domain.xml"
        directory.mkdir()
        self.addCleanup(directory.rmdir)
        self.refused(HOST, "domain.xml", "create", "a")

    def test_holes(self) -> None:
        """Each must be known, and each must be there."""
        for hole in ("uuid", "memory-kib", "filter", "ip", "data"):
            self.template("domain.xml", lambda text, h=hole: text.replace(f"@{h}@", "none"),
                          rf"/domain.xml:\d+: .*lacks the hole @{hole}@")
        self.template("domain.xml", lambda text: text.replace("@cpus@", "@cpu@"),
                      r"/domain.xml:\d+: unknown hole @cpu@")
        self.template("filter.xml", lambda text: text.replace("@gateway@", "@nosuch@"),
                      r"/filter.xml:\d+: unknown hole @nosuch@")
        self.template("domain.xml", lambda text: text.replace("<metadata/>", ""),
                      r"/domain.xml:\d+: .*metadata")

    def test_entities(self) -> None:
        """Neither bombs nor other files."""
        def with_doctype(doctype: str, reference: str) -> Callable[[str], str]:
            return lambda text: f"<!DOCTYPE domain [{doctype}]>\n" + text.replace(
                "<on_crash>destroy", f"<on_crash>{reference}destroy")

        bomb = '<!ENTITY a "aaaaaaaaaa">' + "".join(
            f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9))
        secret = self.world.file("TOP-SECRET")
        self.world.secrets.add("TOP-SECRET")
        for doctype, reference in ((bomb, "&j;"), (f'<!ENTITY x SYSTEM "file://{secret}">', "&x;"),
                                   ('<!ENTITY x "y">', "&x;"),
                                   (f'<!ENTITY % x SYSTEM "http://{live.NAME}/x.dtd"> %x;', "")):
            begun = time.monotonic()
            self.template("domain.xml", with_doctype(doctype, reference), r"/domain.xml:\d+: ")
            self.assertLess(time.monotonic() - begun, 10)

    def test_no_way_around_the_filter(self) -> None:
        """A template cannot take the filter off its interface."""
        def without(pattern: str, text: str = "") -> Callable[[str], str]:
            return lambda whole: re.sub(pattern, text, whole, flags=re.DOTALL)

        # The holes stay, in a place where they do nothing.
        holes = ("</name><title>@filter@ @ip@ @mac@ @network@</title>"
                 "<description>@ip6@ @net-in-kb@ @net-out-kb@</description>")
        interface = r"<interface type='network'>.*?</interface>"

        def unfiltered(text: str) -> str:
            return re.sub("<filterref.*?</filterref>", "", text, flags=re.DOTALL).replace(
                "</name>", holes)

        for change, said in (
                (without("<filterref.*?</filterref>"), "lacks the hole"),
                (unfiltered, "not behind the filter"),
                (lambda text: re.sub(interface, "", unfiltered(text), flags=re.DOTALL),
                 "no interface"),
                (without(r"filter='@filter@'", "filter='clean-traffic' x='@filter@'"), "filter"),
                (without(r"value='@ip@'", "value='192.168.231.9' x='@ip@'"), "bound|filter"),
                (without(r"<interface type='network'>", "<interface type='user'>"), "user"),
                (without(r"<interface type='network'>", "<interface type='bridge'>"), "bridge"),
                (without(r"name='CTRL_IP_LEARNING' value='none'",
                         "name='CTRL_IP_LEARNING' value='any'"), "bound|filter"),
                (without("</devices>", "<interface type='user'/></devices>"), "user")):
            self.template("domain.xml", change, said)

    def test_what_libvirt_refuses(self) -> None:
        """libvirt's own words, and nothing is defined."""
        path = self.world.templates / "domain.xml"
        self.addCleanup(path.unlink)
        path.write_text((SHIPPED / "domain.xml").read_text().replace("<acpi/>", "<nonsense/>"))
        self.refused(FAILED, "libvirt does not accept", "create", "a")


class Tokens(Made):
    """Token files. Whether GitLab got the token is seen in what it was asked."""

    def works(self, content: bytes, mode: int = 0o600, stdin: bool = False) -> live.Ended:
        """The access token arrives at GitLab unharmed."""
        path = self.world.file(content, mode)
        last = self.world.gitlab.last_request()
        with self.nothing_changes("a dry run"):
            if stdin:
                with path.open("rb") as file:
                    ended = self.world.do("create", "-q", "--dry-run", "a", "--token-file", "-",
                                          stdin=file)
            else:
                ended = self.world.do("create", "-q", "--dry-run", "a", "--token-file", path)
        asked = self.world.gitlab.requests(last)
        self.assertEqual(["access_token"], [one["auth"]["kind"] for one in asked], str(ended))
        self.check_speech(ended)
        return ended

    def test_what_works(self) -> None:
        """One line, however it ends; others who may read it are warned of."""
        token = ADMIN.encode()
        for content in (token, token + b"\n", token + b"\r\n"):
            self.assertEqual([], self.works(content).warnings)
        self.assertEqual([], self.works(token + b"\n", stdin=True).warnings)
        for mode in (0o644, 0o640, 0o604, 0o666):
            warning, = self.works(token + b"\n", mode).warnings
            self.assertRegex(warning, r"file-\d+ can be read by others.*chmod 600")

    def test_what_does_not(self) -> None:
        """Each says what is wrong, and shows nothing of it."""
        with self.watched():
            token = ADMIN.encode()
            self.world.secrets.update((ADMIN[:20], "gldt-abcdefgh"))
            for content, said in (
                    (b"", "empty"), (b"\n", "empty"), (b"\r\n", "empty"), (b" \n", "blank"),
                    (token + b"\n" + token + b"\n", "more than one line"),
                    (b"\n" + token, "more than one line"), (token + b"\0", "NUL"),
                    (b"\0" + token, "NUL"), (token + b" \n", "blank"), (b"\t" + token, "blank"),
                    (b'"' + token + b'"', "quotation"), (b"\xef\xbb\xbf" + token, "printable"),
                    (token + b"$HOME", r"'\$'"), (token + b"\x1b[0m", "printable"),
                    (b"x" * 2000, "too long"), (b"x" * 100_000, "larger than"),
                    (b"gldt-abcdefgh\n", "deploy token")):
                self.refused(USAGE, said, "create", "a", "--token-file", self.world.file(content))
                self.refused(USAGE, said, "register", "kept", "--token-file", self.world.file(content))
            for path, said in ((live.FOLDER / "nosuch", "No such file"), (live.FOLDER, "directory"),
                               (Path("/dev/zero"), "larger than"), (Path("/dev/null"), "empty")):
                ended = self.refused(USAGE, said, "create", "a", "--token-file", path)
                self.assertIn(str(path), ended.errors[0])
            self.refused(USAGE, "standard input", "create", "a", "--token-file", "-")
            self.refused(USAGE, "--token", "create", "a", "--token", "")
            self.refused(USAGE, "no token is given", "register", "kept")

    def test_in_the_configuration(self) -> None:
        """The same rules for token-file in [gitlab]."""
        config = self.world.config(gitlab={"token-file": live.FOLDER / "nosuch"})
        self.refused(USAGE, "No such file", "create", "a", config=config)
        config = self.world.config(gitlab={"token-file": self.world.file("")})
        self.refused(USAGE, "empty", "register", "kept", config=config)


# What GitLab, or what stands before it, may answer: the order, and what a person must read.
ANSWERS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"action": "status", "status": 401, "body": {"message": "401 Unauthorized"}},
     "401 Unauthorized"),
    ({"action": "status", "status": 401, "body": {
        "error": "invalid_token", "error_description": "Token was revoked."}}, "Token was revoked"),
    ({"action": "status", "status": 403, "body": {"message": "403 Forbidden - no runners today"}},
     "no runners today"),
    ({"action": "status", "status": 403, "body": {"message": {"tags_list": ["is too long"]}}},
     "tags_list: is too long"),
    ({"action": "status", "status": 403, "body": {"message": {"error": "Not for you."}}},
     "Not for you"),
    ({"action": "status", "status": 403, "body": {"error": "Token rotation deadline has passed"}},
     "deadline has passed"),
    ({"action": "status", "status": 403, "body": "Forbidden by the proxy\n"}, "by the proxy"),
    ({"action": "status", "status": 403, "body": ""}, "403 Forbidden"),
    ({"action": "status", "status": 403, "body": "<html><title>No entry</title></html>",
      "content_type": "text/html"}, "No entry"),
    ({"action": "status", "status": 404, "body": "<html><title>Not here</title></html>",
      "content_type": "text/html"}, "Not here"),
    ({"action": "status", "status": 422, "body": {"error": "it is not assigned to a project"}},
     "422.*not assigned to a project"),
    ({"action": "status", "status": 500, "body": "<html><title>We're sorry</title></html>",
      "content_type": "text/html"}, "500.*We're sorry"),
    ({"action": "status", "status": 200, "body": '{"id": 1, "tok', "content_type":
      "application/json"}, "GitLab"),
    ({"action": "garbage"}, "GitLab"),
    ({"action": "login_page"}, 'titled "Sign in"'),
    ({"action": "redirect", "location": "https://elsewhere.lab.example/"}, "elsewhere.lab.example"),
    ({"action": "redirect", "status": 301, "location": "http://site.lab.example/x"},
     "site.lab.example"),
    ({"action": "redirect", "status": 308, "location": "/api/v4/personal_access_tokens/self"},
     "redirects .* (in circles|to another of its pages)"),
)


class GitLabRefuses(Made):
    """GitLab, or what answers in its place."""

    lent = ""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.lent = cls.world.gitlab.new_runner()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.world.gitlab.forget()

    def routes(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        """Each request that a registration can begin with, and a run that makes it."""
        access = self.world.token()
        yield r"/personal_access_tokens/self$", ("create", "a", "--token-file", access)
        yield r"/user/runners$", ("register", "kept", "--token-file", access)
        yield r"/runners/verify$", ("register", "kept", "--token-file", self.world.token(self.lent))

    def test_answers(self) -> None:
        """GitLab's own words, for every route and every shape of answer."""
        record, site = Path(os.environ["LAB_INTERNET_RECORD"]), os.environ["LAB_SITE_ADDR"]
        seen = record.read_text().count(site)
        for path, arguments in self.routes():
            for order, said in ANSWERS:
                with self.subTest(path=path, order=order), self.world.gitlab.fault(path=path, **order):
                    self.refused(GITLAB, said, *arguments)
        self.assertEqual(seen, record.read_text().count(site), "a redirect to another host was followed")

    def test_after_the_domain_is_defined(self) -> None:
        """create takes back what it made before GitLab said no."""
        for order, said in (ANSWERS[0], ANSWERS[10], ANSWERS[11], ANSWERS[14]):
            with self.subTest(order=order), \
                    self.world.gitlab.fault(path="/user/runners$", **order):
                self.refused(GITLAB, said, "create", "a", "--token-file", self.world.token())

    def test_not_found(self) -> None:
        """A GitLab without the route of the preflight is no obstacle; without the other it is."""
        path = self.world.token()
        order = {"action": "status", "status": 404, "body": {"error": "404 Not Found"}}
        with self.world.gitlab.fault(path="/personal_access_tokens/self$", **order):
            self.world.do("create", "--dry-run", "a", "--token-file", path)
        with self.world.gitlab.fault(path="/user/runners$", **order):
            self.refused(GITLAB, "404", "register", "kept", "--token-file", path)
        lent = self.world.token(self.lent)
        with self.world.gitlab.fault(path="/runners/verify$", **order):
            self.refused(GITLAB, "404", "register", "kept", "--token-file", lent)

    def test_too_many_requests(self) -> None:
        """Waits as told, not for ever; and a pause is no refusal."""
        plain = {"action": "status", "status": 429, "body": "Retry later\n"}
        hinted = {**plain, "headers": {"Retry-After": "1"}}
        for path, arguments in self.routes():
            with self.world.gitlab.fault(path=path, **plain):
                ended = self.refused(GITLAB, "429 .*Retry later", *arguments)
            self.assertLess(ended.seconds, 30)
        path, arguments = next(self.routes())
        with self.world.gitlab.fault(path=path, **hinted):
            ended = self.refused(GITLAB, "429 .*Retry later", *arguments)
        self.assertRegex("".join(ended.hints), "rate")
        self.assertTrue(3 < ended.seconds < 30, str(ended))
        with self.world.gitlab.fault(path=path, **{**hinted, "times": 1}):
            ended = self.world.do("create", "--dry-run", "a", "--token-file", self.world.token())
        self.assertGreater(ended.seconds, 1)

    def test_tokens_that_gitlab_refuses(self) -> None:
        """Its own answers, none ordered."""
        token = self.world.token
        for value, status, said, hint in (
                ("glpat-nobody-knows-this-one", GITLAB, "401", "access token"),
                ("glpat-standin-expired-00001", GITLAB, "expired", "make a new one"),
                ("glpat-standin-revoked-00001", GITLAB, "revoked", "make a new one"),
                (READER, GITLAB, "needs the scope create_runner", "read_api"),
                ("glpat-standin-nobody-000001", GITLAB, "403", "administrator"),
                ("glrt-nobody-knows-this-one", GITLAB, "403", "runner"),
                (REGISTRATION, GITLAB, "410", "create_runner"),
                ("GR1348941nobodyknowsthis1", GITLAB, "410", "create_runner")):
            for verb in (("create", "a"), ("register", "kept")):
                with self.subTest(value, verb=verb):
                    ended = self.refused(status, said, *verb, "--token-file", token(value))
                    self.assertIn(hint, "".join(ended.hints))
        self.refused(GITLAB, "group", "register", "kept", "--group", "999", "--token-file", token())
        self.refused(GITLAB, "project", "create", "a", "--project", "999", "--token-file", token())

    def test_scopes_are_asked_for_first(self) -> None:
        """A token that can only read is refused before anything else is asked."""
        last = self.world.gitlab.last_request()
        self.refused(GITLAB, "scope", "create", "a", "--token-file", self.world.token(READER))
        asked = [one["path"] for one in self.world.gitlab.requests(last)]
        self.assertEqual(["/api/v4/personal_access_tokens/self"], asked)

    def test_an_answer_that_is_lost(self) -> None:
        """The runner that GitLab made all the same is found by its marker, and deleted."""
        for order in ({"action": "close"}, {"action": "truncate", "bytes": 10},
                      {"action": "status", "status": 502, "body": "Bad Gateway"},
                      {"action": "garbage"}):
            with self.subTest(order=order), \
                    self.world.gitlab.fault(path="/user/runners$", when="after", **order):
                path = self.world.token()
                with self.nothing_changes(str(order)):
                    ended = self.world.run("register", "-q", "kept", "--token-file", path)
                live.say(ended.err.strip())
                self.assertIn(ended.status, (FAILED, GITLAB, TIMEOUT), str(ended))
                self.assertRegex(ended.err, "deleted|no runner was left")
                self.check_speech(ended)

    def test_an_answer_that_is_lost_for_good(self) -> None:
        """A token that may not look is told what to look for."""
        with self.world.gitlab.fault("close", "/user/runners$", when="after"):
            ended = self.refused(FAILED, "may be left", "create", "a", "--token-file",
                                 self.world.token(LEAST), touches="GitLab")
        left = [one["description"] for one in self.world.gitlab.runners()
                if one["description"] != "lent"]
        self.assertEqual(1, len(left))
        marker = re.search(r'"([^"]+)"', ended.errors[0])
        self.assertTrue(marker and marker[1] in left[0], f"{ended} does not name {left}")
        self.assertNotIn("a", self.world.appliances())
        for one in self.world.gitlab.runners():
            if one["description"] != "lent":
                self.world.gitlab.call("DELETE", f"/api/v4/runners/{one['id']}", token=ADMIN)

    def test_certificates(self) -> None:
        """One that nobody vouches for, and one for another name; --ca-file helps."""
        gitlab = self.world.gitlab
        config = self.world.config(gitlab={"ca-file": None})
        path = self.world.token()
        lent = self.world.token(self.lent)
        last = gitlab.last_request()
        for arguments in (("create", "a", "--token-file", path),
                          ("register", "kept", "--token-file", lent)):
            ended = self.refused(FAILED, "cannot trust", *arguments, config=config)
            self.assertIn("ca-file", "".join(ended.hints))
            self.refused(FAILED, "cannot trust", *arguments, "--url",
                         f"https://{os.environ['LAB_GITLAB_ADDR']}")
        self.assertEqual([], gitlab.requests(last), "a token was sent to a stranger")
        self.world.do("create", "--dry-run", "a", "--token-file", path, "--ca-file",
                      gitlab.certificate, config=config)
        for ca_file, said in ((live.FOLDER / "nosuch", "No such file"), (live.FOLDER, "directory"),
                              (self.world.file("hello"), "PEM"), (self.world.file(""), "PEM")):
            self.refused(USAGE, said, "create", "a", "--token-file", path, "--ca-file", ca_file)

    def test_addresses(self) -> None:
        """Not a URL, not a GitLab's, or with a password in it."""
        with self.watched():
            path = self.world.token()
            self.world.secrets.add("hunter2")
            for url, said in ((live.NAME, "not a URL"), (f"ftp://{live.NAME}", "ftp"),
                              ("https://", "URL"), (f"https:///{live.NAME}", "URL"),
                              (f"https://me:hunter2@{live.NAME}", "password"),
                              (f"https://{live.NAME}/api/v4", "API"), ("https://a b", "blank"),
                              (f"https://{live.NAME}/$x", r"\$"),
                              ("file:///etc/passwd", "URL|file"),
                              (f"https://{live.NAME}/?x=1", "query")):
                self.refused(USAGE, said, "create", "a", "--token-file", path, "--url", url)

    def test_unreachable(self) -> None:
        """Nobody listens, nobody knows the name, or it is no GitLab at all."""
        address = os.environ["LAB_GITLAB_ADDR"]
        site = f"http://{os.environ['LAB_SITE_NAME']}"
        access, lent = self.world.token(), self.world.token(self.lent)
        cases = [(FAILED, "cannot connect", f"https://{address}:444"),
                 (FAILED, "cannot find", "https://nosuch.lab.example"),
                 (GITLAB, "GitLab|HTTP", site),
                 (FAILED, "no TLS|lost", f"https://{os.environ['LAB_SITE_NAME']}:80")]

        def one(case: tuple[int, str, str]) -> list[live.Ended]:
            return [self.world.run("-q", verb, name, "--token-file", path, "--url", case[2])
                    for verb, name, path in (("create", "a", access), ("register", "kept", lent))]

        # They wait most of the time, so they wait together.
        with self.nothing_changes("a GitLab out of reach"), ThreadPoolExecutor(len(cases)) as pool:
            for (status, said, url), runs in zip(cases, pool.map(one, cases)):
                for ended in runs:
                    live.say(f"{ended.seconds:5.2f} s  {url}: {ended.status} {ended.err.strip()}")
                    if ended.status == BUSY:
                        continue  # all of them register the same appliance
                    self.assertEqual(status, ended.status, str(ended))
                    self.assertRegex(ended.errors[0], said)
                    self.assertLess(ended.seconds, 60)
                    self.check_speech(ended)


class Others(Made):
    """What exists already, is somebody else's, or does not exist."""

    def test_a_foreign_domain_has_the_name(self) -> None:
        """It is neither taken over nor removed."""
        plain = ("<domain type='qemu'><name>taken.1</name><uuid>{uuid}</uuid>"
                 "<metadata>{metadata}</metadata><memory>65536</memory>"
                 "<os><type arch='x86_64'>hvm</type></os></domain>")
        uuid = "6a1f0f2e-0000-4000-8000-0000000000aa"
        kept = virsh("dumpxml", "kept.1", "--inactive")
        ours = re.search(r"<metadata>(.*)</metadata>", kept, re.DOTALL)
        assert ours
        for metadata in ("", ours[1], ours[1].replace('"kept"', '"taken"'),
                         "<x xmlns='urn:runnerctl:appliance:1'/>"):
            with self.subTest(metadata):
                virsh("define", self.world.file(plain.format(uuid=uuid, metadata=metadata)))
                try:
                    before = virsh("dumpxml", "taken.1")
                    self.refused(FAILED, "taken.1 exists that is not runnerctl's", "create", "taken")
                    self.refused(NOT_FOUND, "no such appliance", "register", "taken",
                                 "--token-file", self.world.token())
                    with self.nothing_changes("destroy"):
                        ended = self.world.do("destroy", "-q", "--now", "taken")
                    self.assertIn("no such appliance", "".join(ended.warnings))
                    self.assertEqual(before, virsh("dumpxml", "taken.1"))
                    self.assertEqual(["kept"], sorted(self.world.appliances()))
                finally:
                    virsh("undefine", "taken.1")

    def test_what_is_not_there(self) -> None:
        """register needs an appliance; destroy is content without."""
        ended = self.refused(NOT_FOUND, "no such appliance", "register", "nosuch", "--token-file",
                             self.world.token())
        self.assertIn("create nosuch", ended.hints[0])
        self.refused(NOT_FOUND, "no appliance nosuch", "status", "nosuch")
        for arguments in (("nosuch",), ("--now", "nosuch"), ("--forget", "nosuch")):
            with self.nothing_changes("destroy"):
                ended = self.world.do("destroy", "-q", *arguments)
            self.assertEqual(1, len(ended.warnings), str(ended))
            self.check_speech(ended)

    def test_what_is_there(self) -> None:
        """create does not make it twice."""
        ended = self.refused(FAILED, "kept: it exists already", "create", "kept")
        self.assertIn("register kept", ended.hints[0])
        self.refused(FAILED, "kept: it exists already", "create", "kept", "--token-file",
                     self.world.token())
        self.refused(FAILED, "kept: it exists already", "create", "kept", "--dry-run")

    def test_one_of_several(self) -> None:
        """The others are made, and the status says that not all were."""
        ended = self.world.run("create", "--json", "-q", "one", "kept", "two")
        self.assertEqual(PARTLY, ended.status, str(ended))
        results = {one["name"]: one["ok"] for one in json.loads(ended.out)["results"]}
        self.assertEqual({"one": True, "kept": False, "two": True}, results)
        self.check_speech(ended)
        self.assertEqual({"kept", "one", "two"}, set(self.world.appliances()))
        ended = self.world.do("destroy", "--now", "one", "two", "nosuch")
        self.assertEqual(["kept"], list(self.world.appliances()))


class Success(Made):
    """What works, as far as it goes without a guest."""

    def test_dry_run(self) -> None:
        """Prints the steps, changes nothing."""
        path = self.world.token()
        for arguments, said in (
                (("create", "a"), "define the domain of a.1"),
                (("create", "a", "--token-file", path), "register the runner of a.1"),
                (("register", "kept", "--token-file", path), "inject the configuration of kept.1"),
                (("destroy", "kept"), "remove the disks, address and domain of kept.1"),
                (("image", "build"), "templates/appliance/build")):
            with self.nothing_changes(shown(arguments)):
                people = self.world.do(*arguments, "--dry-run")
                program = self.world.do(*arguments, "--dry-run", "--json")
            self.assertIn(said, people.out)
            self.assertIn("nothing was changed", people.err)
            self.assertIn(said, program.out)
            json.loads(program.out)

    def test_print_xml(self) -> None:
        """What libvirt would get fits libvirt's own schema."""
        with self.nothing_changes("--print-xml"):
            xml = self.world.do("create", "-q", "--print-xml", "a", "--cpus", "2", "--memory",
                                "600MiB").out
        self.assertEqual("", live.fits_schema(xml))
        for word in ("a.1", "614400", "runnerctl-", "192.168.231.3", "autodeflate", "urn:runnerctl"):
            self.assertIn(word, xml)
        self.assertNotIn("@", re.sub(r"\w+@\d{8}-\d{6}", "", xml))

    def test_count(self) -> None:
        """--count 3, seen by list, and all gone afterwards."""
        with self.nothing_changes("create and destroy"):
            self.world.do("create", "--count", "3", "many")
            names = ["many-1", "many-2", "many-3"]
            made = self.world.appliances()
            self.assertEqual(["kept", *names], sorted(made))
            self.assertEqual(4, len({one["ip"] for one in made.values()}))
            table = self.world.do("list").out
            for name in names:
                self.assertRegex(table, rf"(?m)^{name} +created ")
                self.assertEqual(("created", False, None), tuple(
                    made[name][key] for key in ("state", "running", "runner")))
                self.assertEqual(1 << 29, made[name]["limits"]["memory"])
            self.world.do("destroy", *names)

    def test_several_runs_at_once(self) -> None:
        """No address is given twice; a name is made once."""
        with self.nothing_changes("create and destroy"), ThreadPoolExecutor(6) as pool:
            names = ["p1", "p2", "p3", "same", "same", "same"]
            runs = list(pool.map(lambda name: self.world.run("-q", "create", name), names))
            self.assertEqual([OK] * 3, [one.status for one in runs[:3]], "\n".join(map(str, runs)))
            statuses = sorted(one.status for one in runs[3:])
            self.assertEqual([OK, FAILED, FAILED], statuses, "\n".join(map(str, runs[3:])))
            made = self.world.appliances()
            self.assertEqual(5, len({one["ip"] for one in made.values()}))
            self.world.do("destroy", "p1", "p2", "p3", "same")


class Killed(Made):
    """kill -9: the next run finds what is left, and finishes or removes it."""

    def tearDown(self) -> None:
        super().tearDown()
        self.world.gitlab.forget()

    def runners_of(self, name: str) -> list[dict[str, Any]]:
        """What GitLab has for that appliance."""
        return [one for one in self.world.gitlab.runners()
                if one["description"].startswith(f"{name} ")]

    def killed_at(self, name: str, there: Callable[[], Any], *more: object) -> str:
        """The state of an appliance whose create was killed as soon as that was there."""
        process = self.world.start("create", name, *more)
        wait_for(there, f"{name} to get there", 60, 0.0005)
        process.signal(signal.SIGKILL)
        ended = process.end()
        self.assertEqual(-signal.SIGKILL, ended.status, str(ended))
        state = self.world.appliances().get(name, {}).get("state", "nothing")
        live.say(f"create {name} killed: {state}")
        return str(state)

    def definition(self, name: str) -> Callable[[], bool]:
        """Is the domain defined?"""
        return Path(f"/etc/libvirt/qemu/{name}.1.xml").exists

    def test_create_right_after_the_domain(self) -> None:
        """create again cleans up and succeeds; destroy cleans up."""
        with self.nothing_changes("create, killed"):
            self.assertEqual("creating", self.killed_at("k1", self.definition("k1")))
            self.assertRegex(self.world.do("list").out, "k1 +creating")
            self.refused(FAILED, "half-made", "register", "k1", "--token-file", self.world.token())
            ended = self.world.do("create", "k1")
            self.assertIn("removing what an interrupted run left", "".join(ended.warnings))
            self.assertEqual("created", self.world.appliances()["k1"]["state"])
            self.world.do("destroy", "k1")
            self.assertEqual("creating", self.killed_at("k2", self.definition("k2")))
            self.world.do("destroy", "k2")

    def test_create_while_gitlab_makes_the_runner(self) -> None:
        """The runner has no owner yet: it is found by its marker, or told of."""
        with self.nothing_changes("create, killed"):
            with self.world.gitlab.fault("hang", "/user/runners$", when="after", seconds=5):
                state = self.killed_at("k3", lambda: self.runners_of("k3"), "--token-file",
                                       self.world.token())
            self.assertEqual("registering", state)
            config = self.world.config(gitlab={"token-file": self.world.token()})
            self.world.do("destroy", "--now", "k3", config=config)

    def test_register_after_the_runner(self) -> None:
        """register again works, and one runner is left, not two."""
        secrets = Path("/etc/libvirt/secrets")
        path = self.world.token()
        before = self.world.everything()
        self.world.do("create", "k4")
        process = self.world.start("register", "k4", "--token-file", path)
        wait_for(lambda: any(secrets.iterdir()) and process.says("libguestfs", 60), "the runner's token")
        wait_for(lambda: any(live.RUN.glob("*.config")), "the config disk")
        process.signal(signal.SIGKILL, everybody=False)
        process.end()
        self.assertEqual("registering", self.world.appliances()["k4"]["state"])
        first, = self.runners_of("k4")
        wait_for(lambda: not [line for line in live.everything() if "process" in line],
                 "libguestfs to notice that it was left alone")
        ended = self.world.do("register", "k4", "--token-file", path)
        second, = self.runners_of("k4")
        self.assertNotEqual(first["id"], second["id"], str(ended))
        one = self.world.appliances()["k4"]
        self.assertEqual(("started", True, second["id"]),
                         (one["state"], one["running"], one["runner"]["id"]))
        self.started(second)
        # What libguestfs itself keeps in /tmp is beyond our reach.
        after = {line for line in self.world.everything() if not line.startswith("temporary")}
        self.assertEqual("", live.difference(before, after))

    def started(self, runner: dict[str, Any]) -> None:
        """What is refused for an appliance that runs; removes it in the end."""
        path = self.world.token()
        ended = self.refused(FAILED, "it exists already", "create", "k4")
        self.assertIn("status k4", ended.hints[0])
        self.refused(FAILED, rf"it has a runner already, #{runner['id']} at https://{live.NAME}",
                     "register", "k4", "--token-file", path)
        self.assertEqual([runner["id"]], [one["id"] for one in self.runners_of("k4")])
        # The guest knows nothing of powering off: it goes on draining, and is not killed.
        self.refused(TIMEOUT, "did not power off within", "destroy", "k4", "--drain-timeout", "1s",
                     touches="the drain")
        self.assertTrue(self.world.appliances()["k4"]["running"])
        # GitLab is away: the appliance is stopped, and what is left is still known.
        with self.world.gitlab.fault("status", "/api/v4/", status=500, body="no"):
            ended = self.refused(GITLAB, "cannot remove its runner", "destroy", "--now", "k4",
                                 touches="the domain")
        self.assertIn("--forget", ended.hints[0])
        self.assertEqual("destroying", self.world.appliances()["k4"]["state"])
        self.world.do("destroy", "--now", "k4")
        self.assertEqual({"kept"}, set(self.world.appliances()))


if __name__ == "__main__":
    live.main(FreshHost, CommandLine, Configuration, Images, Templates, Tokens, GitLabRefuses,
              Others, Success, Killed, pool=OWN_POOL)
