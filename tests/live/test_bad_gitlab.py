"""Tokens that are none, and GitLab, or what answers in its place, saying anything but yes.

    scripts/lab run -- python3 tests/live/test_bad_gitlab.py BUILD_DIR [TEST...]
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import live
from bad import BUSY, FAILED, GITLAB, LEAST, READER, REGISTRATION, TIMEOUT, USAGE, Made
from live import ADMIN, OWN_POOL


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


if __name__ == "__main__":
    live.main(Tokens, GitLabRefuses, pool=OWN_POOL)
