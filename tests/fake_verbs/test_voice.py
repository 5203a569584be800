#!/usr/bin/python3
"""The real program, as a script meets it: arguments, results, exit status, loading."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
from voice import FAKE_VERBS, RUNNERCTL, SECRET, Case  # noqa: E402  pylint: disable=wrong-import-position


class Arguments(Case):
    """What the verbs are asked for is what the command line says."""

    def test_create(self) -> None:
        self.run_it("create", "ci", "--count", "2", "--image", "i", "--profile=p", "--cpus", "4",
                    "--cpu-cap", "1.5", "--memory", "4GiB", "--disk", "20GiB", "--token-file",
                    "/t", "--url", "https://g", "--ca-file", "/ca", "--group", "7", "--tags",
                    "a,b", "--wait=5m", "-c", "test:///x", "--config", "/conf", "--accel", "tcg")
        self.assertEqual(self.record(), (
            "open connect=test:///x config=/conf accel=tcg writes=1\n"
            "create names=ci-1,ci-2 image=i profile=p cpus=4 cap=150 memory=4294967296 "
            "disk=21474836480 dry_run=0 xml=0\n"
            "runner token=- file=/t url=https://g ca=/ca tags=a,b group=7 project=0 wait=300 "
            "dry_run=0\n"
            "close\n"))

    def test_register(self) -> None:
        self.run_it("register", "ci", "--token", SECRET, "--project", "9", "--wait")
        self.assertIn("register name=ci\n"
                      f"runner token={SECRET} file=- url=- ca=- tags=- group=0 project=9 wait=600 "
                      "dry_run=0\n", self.record())

    def test_token_from_standard_input(self) -> None:
        for option in ("--token", "--token-file"):
            self.run_it("register", "ci", option, "-")
            self.assertIn("runner token=- file=- ", self.record())

    def test_destroy(self) -> None:
        self.run_it("destroy", "a", "b", "--drain-timeout", "30m", "--forget", "-n")
        self.assertIn("destroy names=a,b drain=1800 now=0 forget=1 dry_run=1\n", self.record())
        self.run_it("destroy", "a", "--now")
        self.assertIn("destroy names=a drain=-1 now=1 forget=0 dry_run=0\n", self.record())

    def test_image_build(self) -> None:
        self.run_it("image", "build", "--name", "n", "--suite", "s", "--mirror", "m",
                    "--runner-deb", "d", "--package", "p", "--package", "q", "--preload", "t")
        self.assertIn("image build name=n suite=s mirror=m deb=d binary=- version=- "
                      "packages=p,q preloads=t "
                      "dry_run=0\n", self.record())

    def test_image_import(self) -> None:
        self.run_it("image", "import", "--bundle", "b", "--name", "n", "--signature", "s",
                    "--keyring", "k")
        out, _ = self.run_it("image", "import", "--bundle", "b", "--name", "n", "-n")
        self.assertEqual("the image would be imported:\n  store it in the pool\n", out)
        bundle = "image import bundle=b disk=- format=- manifest=- root=0 name=n "
        self.assertIn(f"{bundle}signature=s keyring=k dry_run=0\n", self.record())
        self.assertIn(f"{bundle}signature=- keyring=- dry_run=1\n", self.record())
        self.run_it("image", "import", "f", "--format", "raw", "--name", "n", "--manifest", "m",
                    "--root-partition", "3")
        self.assertIn("image import bundle=- disk=f format=raw manifest=m root=3 name=n "
                      "signature=- keyring=- dry_run=0\n", self.record())
        _, err = self.run_it("image", "import", "f", "--name", "n", status=2)
        self.assertIn("the format of the disk is not guessed\nhint: give --format raw", err)

    def test_image_remove(self) -> None:
        self.run_it("image", "remove", "a@1", "b@2", "-n")
        self.assertIn("image remove names=a@1,b@2 unused=0 keep=0 dry_run=1\n", self.record())
        self.run_it("image", "remove", "--unused", "--keep", "2")
        self.assertIn("image remove names= unused=1 keep=2 dry_run=0\n", self.record())

    def test_image_verify(self) -> None:
        self.run_it("image", "verify")
        self.run_it("image", "verify", "a", "b@2")
        self.assertIn("image verify names=\nclose\n", self.record())
        self.assertIn("image verify names=a,b@2\n", self.record())
        out, _ = self.run_it("image", "verify", "--boot", "a")
        self.assertRegex(out, "^ok +agent +the guest agent answers\n$")
        self.assertIn("image boot a\n", self.record())
        out, _ = self.run_it("image", "verify", "--boot", "a", "-c", "fake:exposed", status=1)
        self.assertRegex(out, "^bad +agent +silent\n$")

    def test_connection_asked_for(self) -> None:
        for verb, writes in (["list"], 0), (["image", "list"], 1), (["status"], 1):
            self.log.unlink(missing_ok=True)
            self.run_it(*verb)
            self.assertIn(f"writes={writes}\n", self.record())

    def test_mistakes_reach_no_verb(self) -> None:
        for arguments in (["create"], ["create", "Ci"], ["create", "a", "a"],
                          ["create", "a", "b", "--count", "2"], ["create", "a", "--count", "101"],
                          ["create", "x" * 30, "--count", "2"],
                          ["create", "a", "--group", "1", "--project", "2"],
                          ["create", "a", "--token", "-", "--token-file", "f"],
                          ["create", "a", "--tags", "a\nb"],
                          ["destroy", "a", "--now", "--drain-timeout", "5m"],
                          ["status", "-"], ["list", "a"], ["image"], ["image", "build", "x"],
                          ["image", "build", "--runner-deb", "a", "--runner-binary", "b"],
                          ["image", "build", "--runner-deb", "a", "--runner-version", "1"],
                          ["image", "import", "b"], ["image", "import", "--bundle", "b"],
                          ["image", "import", "f", "--format", "vmdk", "--name", "n"],
                          ["image", "import", "f", "--bundle", "b", "--name", "n"],
                          ["image", "import", "--bundle", "b", "--name", "n", "--format", "raw"],
                          ["image", "import", "f", "--format", "raw", "--name", "n",
                           "--signature", "s", "--keyring", "k"],
                          ["image", "import", "--bundle", "b", "--name", "n", "--keyring", "k"],
                          ["image", "verify", "--boot"], ["image", "verify", "--boot", "a", "b"],
                          ["image", "remove"], ["image", "remove", "a@1", "--unused"],
                          ["image", "remove", "a@1", "--keep", "2"],
                          ["image", "remove", "--unused", "--keep", "0"]):
            out, err = self.run_it(*arguments, status=2)
            self.assertEqual(out, "", arguments)
            self.assertRegex(err, r"^runnerctl: [^\n]+\nhint: [^\n]+\n$", arguments)
        self.assertEqual(self.record(), "")


class Results(Case):
    """Results on standard output, words beside them, and one exit status."""

    def test_exit_status(self) -> None:
        for names, status in ((["a"], 0), (["full"], 5), (["lost"], 3), (["refused"], 8),
                              (["full", "full-2"], 5), (["full", "lost"], 1),
                              (["a", "full"], 4)):
            self.run_it("destroy", *names, status=status)
        self.run_it("register", "nothing", status=6)
        self.run_it("list", "-c", "fake:broken", status=7)
        self.run_it("status", "nobody", status=3)

    def test_create(self) -> None:
        out, err = self.run_it("create", "plain", "-q")
        self.assertEqual((out, err), ("plain created\n", ""))
        out, err = self.run_it("create", "plain")
        self.assertEqual(err.splitlines()[-1],
                         "next: runnerctl register plain --token-file FILE")
        out, _ = self.run_it("create", "emu", "--wait")
        self.assertEqual(out, "emu created, runner #42 ready (emulated: no security boundary)\n")

    def test_dry_run(self) -> None:
        out, err = self.run_it("create", "a", "-n")
        self.assertEqual(out, "a would be created:\n  define the domain\n  make the disks\n")
        self.assertEqual(err, "runnerctl: dry run: nothing was changed\n")
        out, _ = self.run_it("destroy", "gone", "-n")
        self.assertEqual(out, "gone: nothing is to be done\n")

    def test_print_xml(self) -> None:
        out, _ = self.run_it("create", "a", "--print-xml", "-q")
        self.assertEqual(out, "<domain>\n\t<name>a.1</name>\n</domain>\n")
        self.assertIn("dry_run=1 xml=1", self.record())

    def test_images(self) -> None:
        out, _ = self.run_it("image", "remove", "a@1", "used@1", "-q", status=4)
        self.assertEqual(out, "a@1 removed\n")
        out, err = self.run_it("image", "remove", "used@1", status=1)
        self.assertEqual((out, err), ("", "runnerctl: used@1: it is used by ci-1.1\n"
                                          "hint: destroy what uses it first\n"))
        out, _ = self.run_it("image", "remove", "a@1", "-n", "-q")
        self.assertEqual(out, "a@1 would be removed:\n  remove its files\n")
        out, err = self.run_it("image", "remove", "--unused")
        self.assertEqual((out, err), ("", "runnerctl: there is no unused image to remove\n"))
        out, _ = self.run_it("image", "verify")
        self.assertEqual(out, "appliance@20260115 is intact\n")
        self.run_it("image", "verify", "lost@1", status=3)

    def test_one_of_several_fails(self) -> None:
        out, err = self.run_it("create", "plain", "refused", "-q", status=4)
        self.assertEqual(out, "plain created\n")
        self.assertEqual(err, "runnerctl: refused: GitLab says: 403 Forbidden?[2J - insufficient "
                              "scope\nhint: the token needs the scope create_runner\n")

    def test_empty(self) -> None:
        for verb in (["list"], ["status"], ["image", "list"], ["image", "verify"]):
            out, err = self.run_it(*verb, "-c", "fake:empty")
            self.assertEqual(out, "")
            self.assertIn("yet", err)

    def test_list_fits_80_columns(self) -> None:
        for verb in (["list"], ["status"], ["image", "list"]):
            out, _ = self.run_it(*verb)
            self.assertLess(max(map(len, out.splitlines())), 80)

    def test_json(self) -> None:
        for arguments, key in ((["list"], "appliances"), (["status", "ci-1"], "appliances"),
                               (["image", "list"], "images"), (["image", "build"], "images"),
                               (["image", "build", "-n"], "plan"), (["create", "a"], "results"),
                               (["register", "a"], "results"), (["destroy", "a"], "results"),
                               (["image", "verify"], "results"),
                               (["image", "import", "--bundle", "b", "--name", "n"], "images"),
                               (["image", "remove", "a@1"], "results"),
                               (["create", "a", "-n"], "results"), (["version"], "version")):
            out, _ = self.run_it(*arguments, "--json")
            self.assertEqual(out.count("\n"), 1)
            self.assertEqual(list(json.loads(out)), ["schema", key])
        out, _ = self.run_it("list", "--json", "-c", "fake:empty")
        self.assertEqual(json.loads(out), {"schema": 1, "appliances": []})

    def test_json_with_errors(self) -> None:
        out, err = self.run_it("create", "a", "full", "--json", "-q", status=4)
        first, second = json.loads(out)["results"]
        self.assertEqual((first["name"], first["ok"], "error" in first), ("a", True, False))
        self.assertEqual(second, {"name": "full", "ok": False, "error": {
            "code": "no_room",
            "text": "the host has 1.5 GiB of memory to spare, 2 GiB are asked for",
            "hint": "destroy an appliance, or use --memory"}})
        self.assertIn("runnerctl: full: the host has", err)

    def test_output_that_cannot_be_written(self) -> None:
        with open("/dev/full", "w", encoding="ascii") as full:
            for arguments in (["--help"], ["list"], ["version"], ["list", "--json"]):
                _, err = self.run_it(*arguments, status=1, stdout=full)
                self.assertIn("cannot write the result: No space left on device", err)

    def test_reader_that_went_away(self) -> None:
        read_end, write_end = os.pipe()
        os.close(read_end)
        _, err = self.run_it("list", status=1, stdout=write_end)
        os.close(write_end)
        self.assertIn("cannot write the result: Broken pipe", err)

    def test_closed_descriptors(self) -> None:
        shell = subprocess.run(["sh", "-c", '"$0" list >&-', RUNNERCTL], env=self.env, text=True,
                               capture_output=True, check=False)
        self.assertEqual(shell.returncode, 1)
        self.assertIn("cannot write the result", shell.stderr)
        shell = subprocess.run(["sh", "-c", '"$0" list 2>&- <&-', RUNNERCTL], env=self.env,
                               capture_output=True, check=False)
        self.assertEqual(shell.returncode, 0)


class Loading(Case):
    """The verbs' shared object."""

    def test_missing(self) -> None:
        self.env["LD_LIBRARY_PATH"] = str(self.folder)
        copy = self.folder / "runnerctl"
        copy.write_bytes(Path(RUNNERCTL).read_bytes())
        copy.chmod(0o755)
        for arguments, status in (["list"], 7), (["--help"], 0), (["version"], 0), ([], 2):
            result = subprocess.run([copy, *arguments], env=self.env, text=True,
                                    capture_output=True, check=False)
            self.assertEqual(result.returncode, status)
        result = subprocess.run([copy, "list"], env=self.env, text=True, capture_output=True,
                                check=False)
        self.assertRegex(result.stderr, "^runnerctl: cannot load the verbs: .*\nhint: .*\n$")

    def test_other_version(self) -> None:
        original = Path(FAKE_VERBS, "librunnerctl.so").read_bytes()
        version = re.match(r"runnerctl (\S+)", self.run_it("--version")[0]).group(1).encode()
        other = original.replace(b"\0" + version + b"\0", b"\x009.9.9\0")
        self.assertEqual(len(other), len(original))
        self.assertNotEqual(other, original)
        (self.folder / "librunnerctl.so").write_bytes(other)
        self.env["LD_LIBRARY_PATH"] = str(self.folder)
        _, err = self.run_it("list", status=7)
        self.assertIn("is 9.9.9\n", err)

    def test_no_verb(self) -> None:
        out, err = self.run_it(status=2)
        self.assertEqual(out, "")
        self.assertTrue(err.startswith("usage: runnerctl "))


if __name__ == "__main__":
    unittest.main()
