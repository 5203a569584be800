"""Bad input on the command line and in the configuration, on a host that has nothing yet or not enough.

    scripts/lab run -- python3 tests/live/test_bad_input.py BUILD_DIR [TEST...]
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import live
from bad import FAILED, HOST, NOT_FOUND, NO_ROOM, OK, USAGE, Made
from live import ADMIN, OWN_POOL, Case, shown, virsh, wait_for


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


if __name__ == "__main__":
    live.main(FreshHost, CommandLine, Configuration, pool=OWN_POOL)
