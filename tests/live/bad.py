"""What the tests of bad input share: one clear line, the right exit status, and nothing left behind.

The exit statuses are those of design.md, section 7.
"""

from __future__ import annotations

from live import Case

OK, FAILED, USAGE, NOT_FOUND, PARTLY, NO_ROOM, BUSY, HOST, GITLAB, TIMEOUT = range(10)
READER = "glpat-standin-admin-read-001"
LEAST = "glpat-standin-admin-least-01"
REGISTRATION = "standin-instance-registration-token"


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
