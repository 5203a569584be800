"""Images and templates that are not what they should be.

    scripts/lab run -- python3 tests/live/test_bad_files.py BUILD_DIR [TEST...]
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable

import live
from bad import FAILED, HOST, NOT_FOUND, USAGE, Made
from live import OWN_POOL, virsh

SHIPPED = live.SOURCE / "templates"


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


if __name__ == "__main__":
    live.main(Images, Templates, pool=OWN_POOL)
