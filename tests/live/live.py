"""What the live tests share: the program, a tiny image, a GitLab stand-in, and a list of all there is.

A test runs as root inside a lab (scripts/lab), where libvirtd, qemu, the network filters and
libguestfs are real ones of its own:

    scripts/lab run -- python3 tests/live/test_bad_input.py BUILD_DIR [TEST...]
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[2]
STATE = "/-/standin/state"
POOL = Path("/var/lib/libvirt/runnerctl")  # of --dir STATE: other tests keep their images there
OWN_POOL = Path("/var/lib/libvirt/live")  # emptied with every lab
RUN = Path("/run/runnerctl")
FOLDER = Path("/run/lab/live")  # a tmpfs of the lab's: gone with it

ADMIN = "glpat-standin-admin-0000001"
NAME = "gitlab.lab.example"
RECIPE = """\
#!/bin/sh
# Not an appliance: what boots here only sleeps.
set -eu
out= work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
while [ $# -gt 0 ]; do
	[ "$1" != --output ] || out=$2
	[ "$1" != --check ] || exit 0
	shift
done
mkdir -p "$out"
mkdir "$work/bin"
cp /usr/bin/busybox "$work/bin/busybox"
printf '#!/bin/busybox sh\\nexec /bin/busybox sleep 86400\\n' >"$work/init"
chmod 0755 "$work/init"
cp "$(ls -v /boot/vmlinuz-* | tail -n 1)" "$out/vmlinuz"
(cd "$work" && find . | cpio -o -H newc --quiet) >"$out/initrd"
rm "$work/bin/busybox"
mksquashfs "$work" "$out/root.squashfs" -noappend -no-progress -quiet >/dev/null
echo 'console=ttyS0 quiet no_timer_check' >"$out/cmdline"
echo '{"kernel": "host", "docker": "none", "gitlab-runner": "none", "packages": {}}' >"$out/contents.json"
"""

# What all appliances share stays when the last of them is gone; filters' names tell their content.
MAY_GROW = re.compile(r"(filter \S+ |file nwfilter/)runnerctl-"
                      r"|pool runnerctl |file etc/storage/(autostart/)?runnerctl\.xml")

begun = time.monotonic()
runnerctl = ""  # set by main()


def say(text: str) -> None:
    """A line of the test's log, with the seconds since its begin."""
    print(f"{time.monotonic() - begun:6.1f}  {text}", flush=True)


def shown(arguments: Iterable[object]) -> str:
    """Arguments as a line."""
    return " ".join(repr(text) if re.search(r"[^\w@%+=:,./-]", text) or not text else text
                    for text in map(str, arguments))


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 30.0,
             pause: float = 0.005) -> Any:
    """Polls until the condition is true, and returns its value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:.0f} s for {what}")
        time.sleep(pause)
    return value


# -- the program ------------------------------------------------------------------------------

@dataclass
class Ended:
    """What a run of the program said, and how it ended."""

    arguments: tuple[str, ...]
    status: int
    out: str
    err: str
    seconds: float = 0.0

    def lines(self, *starts: str) -> list[str]:
        """The lines of standard error that begin with one of these."""
        return [line for line in self.err.splitlines() if line.startswith(starts)]

    @property
    def warnings(self) -> list[str]:
        """Its warnings."""
        return self.lines("runnerctl: warning: ")

    @property
    def errors(self) -> list[str]:
        """What it says about itself and is no warning."""
        return [line for line in self.lines("runnerctl: ") if line not in self.warnings]

    @property
    def hints(self) -> list[str]:
        """Its advice."""
        return self.lines("hint: ")

    def __str__(self) -> str:
        return (f"runnerctl {shown(self.arguments)}: status {self.status}\n"
                f"stdout: {self.out}\nstderr: {self.err}")


class Process:
    """A run that is watched while it goes on: its own process group, as a shell would make it."""

    def __init__(self, arguments: tuple[str, ...], **options: Any) -> None:
        self.arguments = arguments
        self._err: list[str] = []
        self._out: list[str] = []
        self._news = threading.Condition()
        self._begun = time.monotonic()
        self.popen = subprocess.Popen(
            [runnerctl, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="replace", start_new_session=True, **{"stdin": subprocess.DEVNULL, **options})
        self._readers = [
            threading.Thread(target=self._read, args=(self.popen.stdout, self._out), daemon=True),
            threading.Thread(target=self._read, args=(self.popen.stderr, self._err), daemon=True)]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any, into: list[str]) -> None:
        for line in stream:
            with self._news:
                into.append(line)
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def has_said(self, pattern: str) -> bool:
        """Is there such a line already?"""
        with self._news:
            return any(re.search(pattern, line) for line in self._err)

    def says(self, pattern: str, seconds: float = 120.0) -> bool:
        """Waits for a line of standard error; False if it ends without one."""
        end = time.monotonic() + seconds
        with self._news:
            while not any(re.search(pattern, line) for line in self._err):
                if not self._readers[1].is_alive():
                    return False
                if time.monotonic() > end:
                    raise AssertionError(f"waited {seconds} s for {pattern}: {self._err}")
                self._news.wait(0.2)
        return True

    def signal(self, number: int, everybody: bool = True) -> None:
        """As the terminal does it to all of the group, or to the program alone."""
        try:
            if everybody:
                os.killpg(self.popen.pid, number)
            else:
                self.popen.send_signal(number)
        except ProcessLookupError:
            pass

    def end(self, seconds: float = 300.0) -> Ended:
        """Waits until it is over; what takes so long hangs, also on a busy machine."""
        try:
            status = self.popen.wait(seconds)
        except subprocess.TimeoutExpired as late:
            self.signal(signal.SIGKILL)
            raise AssertionError(f"{shown(self.arguments)} hangs: {self._err}") from late
        for reader in self._readers:
            reader.join(10)
        assert self.popen.stdout is not None and self.popen.stderr is not None
        self.popen.stdout.close()
        self.popen.stderr.close()
        return Ended(self.arguments, status, "".join(self._out), "".join(self._err),
                     time.monotonic() - self._begun)


# -- GitLab -----------------------------------------------------------------------------------

class GitLab:
    """The stand-in, on the lab's internet, behind TLS with a certificate that nobody knows."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "gitlab.pem"
        self.log = folder / "requests.jsonl"
        self.url = f"https://{NAME}"
        self._ready = folder / "gitlab.ready"
        key = folder / "gitlab.key"
        _call("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
              "-nodes", "-days", "30", "-subj", f"/CN={NAME}", "-addext",
              f"subjectAltName=DNS:{NAME}", "-keyout", key, "-out", self.certificate)
        self._process = subprocess.Popen(
            [SOURCE / "scripts/lab", "in", "internet", "--", sys.executable,
             SOURCE / "tests/fake/gitlab-standin",
             "--listen", f"{os.environ['LAB_GITLAB_ADDR']}:443", "--tls-cert", self.certificate,
             "--tls-key", key, "--request-log", self.log, "--ready-file", self._ready],
            stderr=subprocess.DEVNULL)
        wait_for(self._ready.exists, "the GitLab stand-in")
        self._tls = ssl.create_default_context(cafile=str(self.certificate))

    def call(self, method: str, path: str, value: Any = None, token: str = "") -> Any:
        """One request; the JSON of its answer."""
        request = urllib.request.Request(
            self.url + path, json.dumps(value).encode() if value is not None else None,
            {"Content-Type": "application/json", **({"PRIVATE-TOKEN": token} if token else {})},
            method=method)
        with urllib.request.urlopen(request, timeout=20, context=self._tls) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    @contextmanager
    def fault(self, action: str, path: str, **more: Any) -> Iterator[None]:
        """Orders a fault, for all requests to that path unless `times` says otherwise."""
        order = {"action": action, "path": path, "times": 0, **more}
        self.call("POST", "/-/standin/faults", order)
        try:
            yield
        finally:
            self.call("DELETE", "/-/standin/faults")

    def state(self) -> dict[str, Any]:
        """All it knows."""
        return dict(self.call("GET", STATE))

    def runners(self) -> list[dict[str, Any]]:
        """All runners, their tokens included."""
        return list(self.state()["runners"])

    def requests(self, after: int = 0) -> list[dict[str, Any]]:
        """The requests that runnerctl made after the one with this number."""
        entries = self.call("GET", f"/-/standin/requests?after={after}")
        return [entry for entry in entries if entry["path"].startswith("/api/")]

    def last_request(self) -> int:
        """The number of the last request."""
        return max((entry["n"] for entry in self.call("GET", "/-/standin/requests")), default=0)

    def new_runner(self) -> str:
        """A runner that somebody made in GitLab's pages; its token."""
        made = self.call("POST", "/api/v4/user/runners",
                         {"runner_type": "instance_type", "description": "lent"}, ADMIN)
        return str(made["token"])

    def forget(self) -> None:
        """Back to the built-in seed."""
        self.call("PUT", STATE, {})


# -- the world --------------------------------------------------------------------------------

def _call(*arguments: object) -> str:
    done = subprocess.run([str(one) for one in arguments], capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise AssertionError(f"{shown(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def virsh(*arguments: object) -> str:
    """What virsh says; AssertionError if it fails."""
    return _call("virsh", "-q", *arguments)


def _tree(root: Path, name: str, skip: str = "$^") -> Iterator[str]:
    for folder, _, files in os.walk(root):
        for one in files:
            path = os.path.relpath(os.path.join(folder, one), root)
            if not re.search(skip, path):
                yield f"file {name}/{path}"


def _processes() -> Iterator[str]:
    for comm in Path("/proc").glob("[0-9]*/comm"):
        try:
            name = comm.read_text().strip()
        except OSError:
            continue
        if name.startswith(("qemu-system", "supermin", "runnerctl")):
            yield f"process {name}"


# Sections of one call of virsh; what does not exist is an error that leaves its section empty.
_SECTIONS = {
    "domain": "list --all",
    "network": "net-list --all",
    "pool": "pool-list --all",
    "secret": "secret-list",
    "filter": "nwfilter-list",
    "binding": "nwfilter-binding-list",
    "volume": "vol-list runnerctl",
    "address": "net-dumpxml runnerctl",
    "address for good": "net-dumpxml runnerctl --inactive",
}


def _libvirt() -> Iterator[str]:
    commands = "; ".join(f'echo ":{name}:\n"; {what}' for name, what in _SECTIONS.items())
    told = subprocess.run(["virsh", "-q", commands], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL).stdout
    section = ""
    for line in told.splitlines():
        words = " ".join(line.split())
        if words.startswith(":"):
            section = words.strip(":")
        elif words and (not section.startswith("address") or words.startswith("<host ")):
            yield f"{section} {words}"


def everything(gitlab: GitLab | None = None, pool: Path = POOL) -> set[str]:
    """All that runnerctl could leave on this host and at GitLab, one line each."""
    found = set(_libvirt())
    found.update(_tree(Path("/etc/libvirt"), "etc", r"^nwfilter/|^networks/.*\.new$"))
    found.update(f"file nwfilter/{path.name}" for path in Path("/etc/libvirt/nwfilter").iterdir())
    found.update(_tree(Path("/var/lib/libvirt/qemu"), "qemu", "capabilities"))
    found.update(_tree(RUN, "run", r"\.lock$"))
    found.update(f"file pool/{path.name} {path.stat().st_size}"
                 for path in pool.glob("*") if path.is_file())
    found.update(f"interface {name}" for _, name in socket.if_nameindex()
                 if name.startswith(("vnet", "tap")))
    found.update(f"temporary {path}" for path in _temporary())
    found.update(_processes())
    if gitlab:
        state = gitlab.state()
        found.update(f"runner {one['id']} {one['description']} active={one['active']}"
                     for one in state["runners"])
        found.update(f"manager {one['system_id']} of {one['runner_id']}"
                     for one in state["managers"])
    return found


def _temporary() -> list[Path]:
    """What libguestfs leaves in /tmp, where that is the test's own."""
    return list(Path("/tmp").glob("libguestfs*")) if os.path.ismount("/tmp") else []


def difference(before: set[str], after: set[str]) -> str:
    """What is not as it was; "" if all is."""
    more = sorted(line for line in after - before if not MAY_GROW.match(line))
    return "\n".join([f"+ {line}" for line in more] + [f"- {line}" for line in sorted(before - after)])


def fits_schema(xml: str) -> str:
    """What libvirt's own schema has against a domain, or "" (what virt-xml-validate does)."""
    library = ctypes.CDLL("libxml2.so.2")
    for name in ("xmlRelaxNGNewParserCtxt", "xmlRelaxNGParse", "xmlRelaxNGNewValidCtxt",
                 "xmlReadMemory"):
        getattr(library, name).restype = ctypes.c_void_p
    parser = library.xmlRelaxNGNewParserCtxt(b"/usr/share/libvirt/schemas/domain.rng")
    schema = library.xmlRelaxNGParse(ctypes.c_void_p(parser))
    text = xml.encode()
    document = library.xmlReadMemory(text, len(text), b"domain.xml", None, 0)
    if not schema or not document:
        return "the schema or the document cannot be read"
    judge = library.xmlRelaxNGNewValidCtxt(ctypes.c_void_p(schema))
    verdict = library.xmlRelaxNGValidateDoc(ctypes.c_void_p(judge), ctypes.c_void_p(document))
    return "" if verdict == 0 else f"the schema says no ({verdict})"


@dataclass
class World:
    """The program's configuration, templates and GitLab."""

    gitlab: GitLab
    templates: Path
    pool: Path
    secrets: set[str] = field(default_factory=lambda: {ADMIN})
    _files: int = 0
    _last_build: int = 0

    @classmethod
    def make(cls, pool: Path) -> World:
        """All but an image."""
        FOLDER.mkdir(mode=0o711)
        templates = FOLDER / "templates"
        (templates / "appliance").mkdir(parents=True)
        recipe = templates / "appliance/build"
        recipe.write_text(RECIPE)
        recipe.chmod(0o755)
        return cls(GitLab(FOLDER), templates, pool)

    def file(self, content: str | bytes, mode: int = 0o600) -> Path:
        """A file of its own."""
        self._files += 1
        path = FOLDER / f"file-{self._files}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
        return path

    def token(self, value: str = ADMIN) -> Path:
        """A file with a token, which no output may ever show."""
        self.secrets.add(value)
        return self.file(value + "\n")

    def config(self, **sections: dict[str, Any] | None) -> Path:
        """A configuration file: the usual one with these keys changed; None takes one away."""
        whole: dict[str, dict[str, Any]] = {
            "host": {"accel": "tcg", "templates": self.templates, "pool-path": self.pool},
            "gitlab": {"url": self.gitlab.url, "ca-file": self.gitlab.certificate},
            "profile default": {"cpus": 1, "cpu-cap": 1, "memory": "512MiB", "disk": "1GiB"},
        }
        for section, keys in sections.items():
            whole.setdefault(section, {}).update(keys or {})
        return self.file("".join(
            f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()
                                       if value is not None)
            for section, keys in whole.items()))

    def start(self, *arguments: object, config: Path | None = None, **options: Any) -> Process:
        """Begins a run of the program."""
        text = tuple(str(one) for one in arguments)
        return Process(("--config", str(config or self.usual), *text), **options)

    def run(self, *arguments: object, config: Path | None = None, **options: Any) -> Ended:
        """A whole run of the program."""
        ended = self.start(*arguments, config=config, **options).end()
        ended.arguments = tuple(str(one) for one in arguments)
        return ended

    @property
    def usual(self) -> Path:
        """The usual configuration."""
        path = FOLDER / "usual.conf"
        if not path.exists():
            self.config().rename(path)
        return path

    def do(self, *arguments: object, **options: Any) -> Ended:
        """A run that must succeed."""
        ended = self.run(*arguments, **options)
        if ended.status:
            raise AssertionError(str(ended))
        return ended

    def build_image(self, name: str = "appliance", config: Path | None = None) -> str:
        """NAME@VERSION of a new tiny image; versions tell the second, and another build may follow."""
        wait_for(lambda: time.time() >= self._last_build + 1, "the next second")
        self._last_build = int(time.time())
        made = self.do("image", "build", "--json", "--name", name, "-q", config=config)
        image = json.loads(made.out)["images"][0]
        return f"{image['name']}@{image['version']}"

    def everything(self) -> set[str]:
        """All there is, here and at GitLab."""
        return everything(self.gitlab, self.pool)

    def appliances(self) -> dict[str, dict[str, Any]]:
        """What `list` shows, by name."""
        told = json.loads(self.do("list", "--json").out)
        return {one["name"]: one for one in told["appliances"]}


class Case(unittest.TestCase):
    """A test in the one world of its file."""

    world: World
    maxDiff = None
    _watched = False

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """Says which test it is."""
        say(f"-- {self.id().removeprefix('__main__.')}: {self.shortDescription() or ''}")
        return super().run(result)

    @contextmanager
    def nothing_changes(self, what: str) -> Iterator[None]:
        """Libvirt, the disks and GitLab are afterwards what they were before."""
        before = self.world.everything()
        yield
        self.assertEqual("", difference(before, self.world.everything()), f"left by {what}")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Looks once for many refusals, where nothing is expected to get as far as libvirt."""
        with self.nothing_changes("one of these"):
            self._watched = True
            try:
                yield
            finally:
                self._watched = False

    def check_speech(self, ended: Ended) -> None:
        """Standard error is made of errors, warnings and hints, one line each, and tells no secret."""
        said = ended.errors + ended.warnings + ended.hints + ended.lines("next: ")
        self.assertEqual(sorted(ended.err.splitlines()), sorted(said), str(ended))
        self.assertNotRegex(ended.err, r"[\x00-\x09\x0b-\x1f\x7f]", str(ended))
        for secret in self.world.secrets:
            self.assertNotIn(secret, ended.out + ended.err, str(ended))

    def check_json(self, ended: Ended) -> None:
        """Standard output is empty, or the document that says the same as standard error."""
        if not ended.out:
            return
        for result in json.loads(ended.out)["results"]:
            if not result["ok"]:
                line = f"runnerctl: {result['name']}: {result['error']['text']}"
                self.assertIn(line, ended.errors, str(ended))

    def refused(self, status: int, said: str, *arguments: object, touches: str = "",
                **options: Any) -> Ended:
        """
        A run that must end with this status and one clear line, and change nothing but what
        it `touches`, which the test looks at itself.
        """
        looks = not touches and not self._watched
        with self.nothing_changes(shown(arguments)) if looks else nullcontext():
            ended = self.world.run("-q", "--json", *arguments, **options)
        say(f"{ended.seconds:5.2f} s  {shown(ended.arguments[2:])}")
        for line in ended.err.splitlines():
            say(f"         {ended.status}  {line}")
        self.assertEqual(status, ended.status, str(ended))
        self.assertEqual(1, len(ended.errors), str(ended))
        self.assertLessEqual(len(ended.hints), 1, str(ended))
        self.assertRegex(ended.err, said, str(ended))
        self.check_speech(ended)
        self.check_json(ended)
        return ended


# -- beginning --------------------------------------------------------------------------------

def _own_tmp(build: Path) -> None:
    """A /tmp of the lab's own shows what is left there; not if that hides what is tested."""
    if not any(path.is_relative_to("/tmp") for path in (build, SOURCE, Path(sys.executable))):
        _call("mount", "-t", "tmpfs", "-o", "mode=1777", "live-tmp", "/tmp")


def main(*order: type[unittest.TestCase], pool: Path = POOL, failfast: bool | None = None) -> None:
    """
    Runs the classes in this order, or the tests named on the command line. The tests of a file
    with one class build on each other, so that the first failure is the last, unless told.
    """
    global runnerctl  # pylint: disable=global-statement
    if "LAB_DIR" not in os.environ or os.geteuid() != 0 or len(sys.argv) < 2:
        sys.exit(f"usage: scripts/lab run -- python3 {sys.argv[0]} BUILD_DIR [TEST...]")
    build = Path(sys.argv.pop(1)).resolve()
    runnerctl = str(build / "runnerctl")
    _own_tmp(build)
    os.environ.update(LC_ALL="C.UTF-8", HOME="/run/lab")
    Case.world = World.make(pool)
    module = sys.modules["__main__"]
    load = unittest.defaultTestLoader.loadTestsFromTestCase

    def load_tests(*_: Any) -> unittest.TestSuite:
        return unittest.TestSuite(load(one) for one in order)

    setattr(module, "load_tests", load_tests)
    unittest.main(module, verbosity=0, failfast=len(order) == 1 if failfast is None else failfast)
