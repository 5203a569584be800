#!/usr/bin/python3
"""Holds the GitLab stand-in to the cases of tests/fake/cases.jsonl.

Each case is in words: who asks ("pat[api] of group owner"), for what ("<group>"), in which
situation ("token_rotation_deadline in the past"). The tables below say what the words mean;
the rest of this file puts a world together for a case, sends its request, compares.
"""

from __future__ import annotations

import json
import posixpath
import re
import sys
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable

sys.dont_write_bytecode = True
FAKE = Path(__file__).resolve().parents[1] / "fake"
sys.path.insert(0, str(FAKE))

from harness import Reply, StandIn  # noqa: E402  pylint: disable=wrong-import-position

CASES = [json.loads(line) for line in
         (FAKE / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
ENOUGH = 100
NOT_MAPPED: dict[str, str] = {}  # case id -> why it can not be asked of a stand-in

GROUP, PROJECT, OTHER_PROJECT, JOB, ABSENT = 10, 20, 21, 30, 999
TRACE = "BUILD TRACE"
REGISTRATION, JOB_TOKEN = "case-registration", "glcbt-case"
QUEUE_NOW, QUEUE_BEFORE = "queue-now", "queue-before"

Word = tuple[str, Any]  # a regular expression, and what a text that matches it means

PEOPLE: list[Word] = [
    (r"non-admin|plain user", "plain"), (r"group owner", "owner"),
    (r"group maintainer", "group-maintainer"), (r"reporter", "reporter"),
    (r"maintainer|^user", "maintainer"), (r"admin|^pat", "root"),
]
ADMIN_MODE: list[Word] = [
    (r"admin mode (off|disabled)", (True, [])),       # Admin Mode on, the token not in it
    (r"admin mode on|\(admin mode\)", (True, ["admin_mode"])),
    (r"", (False, [])),
]
RUNNERS: dict[str, dict[str, Any]] = {
    "instance": {"id": 1},
    "group": {"id": 2, "runner_type": "group_type", "group_id": GROUP},
    "project": {"id": 3, "runner_type": "project_type", "project_ids": [PROJECT]},
    "homeless": {"id": 4, "runner_type": "project_type"},
    "orphan": {"id": 5, "runner_type": "group_type", "group_id": ABSENT, "orphaned": True},
    "expired": {"id": 6, "token_expires_at": "2020-01-01T00:00:00.000Z"},
    "locked": {"id": 7, "runner_type": "project_type", "project_ids": [OTHER_PROJECT],
               "locked": True},
    "tagged": {"id": 8, "runner_type": "project_type", "project_ids": [PROJECT],
               "tag_list": ["tag1", "tag2", "tag3"]},
    "half-tagged": {"id": 9, "runner_type": "project_type", "project_ids": [PROJECT],
                    "tag_list": ["tag1"]},
}
SUBJECTS: list[Word] = [
    (r"id does not exist", "absent"), (r"without projects|no projects", "homeless"),
    (r"orphaned", "orphan"), (r"instance runner", "instance"),
    (r"group (runner|owner|maintainer)", "group"), (r"runner token expired", "expired"),
    (r"project|maintainer", "project"), (r"", "instance"),
]
RUNNER_CHANGES: list[Word] = [
    (r"deadline in the past", {"token_rotation_deadline": "now-1min"}),
    (r"deadline in the future", {"token_rotation_deadline": "now+10d"}),
]
JOB_STATES: list[Word] = [
    (r"plain pending|job pending", {"status": "pending"}),
    (r"waiting for runner ack", {"status": "pending", "waiting_for_ack": True,
                                 "ack_expires_at": "now+10d"}),
    (r"canceled and the runner supports", {"status": "canceling"}),
    (r"/jobs/:id", {"status": "running"}),
]
SETTINGS: list[Word] = [
    (r"allow_runner_registration_token=false", {"allow_runner_registration_token": False}),
    (r"/api/v4/runners registration token", {"allow_runner_registration_token": True}),
    (r"KAS on", {"job_router_url": "wss://kas.example.com"}),
    (r"log size limit passed", {"trace_limit_bytes": len(TRACE) + 1}),
    (r"chunks not yet migrated", {"accepted_final_updates": 1}),
]
# What no request can bring about: the stand-in is told to fail so.
PROVOKED: list[Word] = [
    (r"concurrent assignment conflict", (409, "409 Conflict")),
    (r"^ANY .*<any>", (500, "500 Internal Server Error")),
]
VALUES: dict[str, Any] = {
    "<group>": GROUP, "<project>": PROJECT, "<registration>": REGISTRATION, "<job>": JOB_TOKEN,
    "<known>": "s_known", "<already assigned>": RUNNERS["project"]["id"],
    "<locked runner>": RUNNERS["locked"]["id"], "<current queue value>": QUEUE_NOW,
    "<outdated>": QUEUE_BEFORE, "51 tags": [f"tag{number}" for number in range(51)],
}


def meaning(words: list[Word], text: str, default: Any = None) -> Any:
    """What the first word that occurs in the text means."""
    return next((value for pattern, value in words if re.search(pattern, text)), default)


def resolve(value: Any) -> Any:
    """A parameter as it is sent: placeholders and relative times filled in."""
    if not isinstance(value, str):
        return value
    moment = re.search(r"now([+-]\d+)(d|min)", value)
    if moment:
        unit = timedelta(days=1) if moment[2] == "d" else timedelta(minutes=1)
        then = START + int(moment[1]) * unit
        return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return VALUES.get(value, value)


START = datetime.now(timezone.utc)


class Case:
    """One case, with the world it takes place in."""

    def __init__(self, plain: dict[str, Any]) -> None:
        self.plain = plain
        self.auth: str = plain["auth"]
        situation = f"{self.auth} {plain.get('precondition', '')}"
        self.text = f"{plain['method']} {plain['path']} {situation}"
        self.subject: str = meaning(SUBJECTS, situation)
        self.body_text = b" appended" if isinstance(plain["params"], str) else b""

    @property
    def token(self) -> str:
        """The token of the runner that the case is about, before the request."""
        return f"glrt-case-{self.subject}"

    def scopes(self) -> list[str]:
        """The scopes to try, one after the other; a session user can do what `api` can."""
        return re.findall(r"pat\[(\w+)\]", self.auth) or ["api"]

    def world(self) -> dict[str, Any]:
        """The state of the instance before the request."""
        admin_mode, more_scopes = meaning(ADMIN_MODE, self.text)
        names = ("root", "owner", "group-maintainer", "maintainer", "reporter", "plain")
        users = [{"id": number, "username": name, "admin": name == "root"}
                 for number, name in enumerate(names, start=1)]
        person = meaning(PEOPLE, self.auth, "root")
        tokens = [{"id": number, "token": f"glpat-case-{scope}", "scopes": [scope, *more_scopes],
                   "user_id": names.index(person) + 1}
                  for number, scope in enumerate(self.scopes(), start=1)]
        interval = 5 * 86400 if "interval = 5 days" in self.text else None
        hidden = "builds (or the repository) disabled" in self.text
        return {
            "settings": {"admin_mode": admin_mode, "registration_token": REGISTRATION,
                         **meaning(SETTINGS, self.text, {})},
            "users": users, "tokens": tokens,
            "groups": [{"id": GROUP, "path": "group", "runner_token_expiration_interval": interval,
                        "members": {"owner": "owner", "group-maintainer": "maintainer"}}],
            "projects": [{"id": number, "path": f"group/project{number}", "group_id": GROUP,
                          "members": {"maintainer": "maintainer", "reporter": "reporter"},
                          "builds_enabled": not hidden} for number in (PROJECT, OTHER_PROJECT)],
            "runners": self.runners(),
            "managers": [{"id": 1, "runner_id": RUNNERS.get(self.subject, {"id": 1})["id"],
                          "system_id": "s_known"}] if "<known>" in str(self.plain) else [],
            "jobs": self.jobs(),
        }

    def runners(self) -> list[dict[str, Any]]:
        """Every kind of runner, the one of the case in its special state."""
        special = {key: resolve(value)
                   for key, value in meaning(RUNNER_CHANGES, self.text, {}).items()}
        return [{**fields, "token": f"glrt-case-{name}", "queue_value": QUEUE_NOW,
                 **(special if name == self.subject else {})} for name, fields in RUNNERS.items()]

    def jobs(self) -> list[dict[str, Any]]:
        """The job of the case, and two that ended on the project runner."""
        done = [{"id": number, "token": f"glcbt-{number}", "project_id": PROJECT,
                 "status": "success", "runner_id": RUNNERS["project"]["id"],
                 "system_id": f"id{number}"} for number in (1, 2)]
        state = meaning(JOB_STATES, self.text)
        if state is None:
            return done
        state = {key: resolve(value) for key, value in state.items()}
        return [*done, {"id": JOB, "token": JOB_TOKEN, "project_id": PROJECT, "trace": TRACE,
                        "name": "case", **state}]

    # -- the request --------------------------------------------------------------------------

    def path(self) -> str:
        """The path, with the number of what the case is about."""
        path = self.plain["path"].replace("<any>", "version")
        subject = RUNNERS.get(self.subject, {"id": ABSENT})["id"]
        numbers = {"runners": subject, "projects": PROJECT,
                   "jobs": ABSENT if self.subject == "absent" else JOB}
        path = re.sub(r"(\w+)/:id", lambda m: f"{m[1]}/{numbers[m[1]]}", path)
        return posixpath.normpath(path)

    def send(self, standin: StandIn, scope: str) -> Reply:
        """Ask what the case asks."""
        method = self.plain["method"].replace("ANY", "GET")
        params = self.plain["params"]
        headers = dict(self.plain.get("request_headers", {}))
        query: dict[str, Any] = {}
        named = re.match(r"header ([\w-]+):", self.auth)
        if named:
            headers[named[1]] = JOB_TOKEN if named[1] == "JOB-TOKEN" else self.token
        elif "private_token" in self.plain.get("note", ""):
            query["private_token"] = f"glpat-case-{scope}"
        elif not re.search(r"none|token", re.sub(r"pat\[.*", "", self.auth)):
            headers["PRIVATE-TOKEN"] = f"glpat-case-{scope}"
        if isinstance(params, str):
            if "no Content-Range header" not in self.plain.get("note", ""):
                headers.setdefault("Content-Range", f"{len(TRACE)}-")
            headers["Content-Type"] = "text/plain"
            return standin.call(method, self.path(), self.body_text, headers=headers)
        sent = {key: self.token if value in ("<token>", "<expired>", "<old>") else resolve(value)
                for key, value in params.items()}
        if sent.get("token_rotation_deadline") == "T":
            sent["token_rotation_deadline"] = sent["token_expires_at"]
        if method == "GET":
            query |= {key: json.dumps(value) if isinstance(value, bool) else value
                      for key, value in sent.items()}
            return standin.call(method, self.path(), query=query, headers=headers)
        headers["Content-Type"] = "application/json"
        return standin.call(method, self.path(), json.dumps(sent).encode(), query=query,
                            headers=headers)

    def prepare(self, standin: StandIn) -> None:
        """Put the world in place."""
        standin.control("DELETE", "/faults")
        standin.control("PUT", "/state", self.world())
        provoked = meaning(PROVOKED, self.text)
        if provoked:
            standin.control("POST", "/faults", {
                "path": self.path(), "action": "status", "status": provoked[0],
                "body": {"message": provoked[1]}})
        if "after a successful reset" in self.auth:
            standin.call("POST", "/api/v4/runners/reset_authentication_token",
                         json.dumps({"token": self.token}).encode(),
                         headers={"Content-Type": "application/json"})


# -- comparing --------------------------------------------------------------------------------

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def ids(body: Any) -> set[int]:
    """The numbers of the listed things."""
    return {item["id"] for item in body}


TYPES_OF_RUNNER = {"instance_type", "group_type", "project_type"}
IN_WORDS: dict[str, Callable[[Any], bool]] = {  # bodies that the cases describe in words
    "empty": lambda body: body == b"",
    "any": lambda body: True,
    "any/empty": lambda body: True,
    "error": lambda body: True,
    "[]": lambda body: body == [],
    "array": lambda body: isinstance(body, list),
    "array of runner": lambda body: all(item["runner_type"] in TYPES_OF_RUNNER for item in body),
    "array of runners that have ALL the tags": lambda body: ids(body) == {RUNNERS["tagged"]["id"]},
    "array of that manager": lambda body: ids(body) == {1},
    "array: project runners + group + instance runners":
        lambda body: {item["runner_type"] for item in body} == TYPES_OF_RUNNER,
    'object without "projects"': lambda body: "projects" not in body,
    "object with projects[] {id,name,path,path_with_namespace}":
        lambda body: all({"id", "name", "path", "path_with_namespace"} <= set(item)
                         for item in body["projects"]) and body["projects"],
    "object, maintenance_note null (only those who may update see it)":
        lambda body: body["maintenance_note"] is None,
}


def field_fits(case: Case, expected: Any, actual: Any) -> bool:
    """Whether one member of a body is as described."""
    if not isinstance(expected, str):
        return actual == expected
    if expected.startswith("ISO8601"):
        return actual is None or TIME.fullmatch(actual) is not None
    if expected == "integer":
        return isinstance(actual, int)
    if expected.startswith("string"):
        return isinstance(actual, str) and ("differs" not in expected or actual != case.token)
    contains = re.fullmatch(r'(.*)contains "(.*)"', expected)
    if contains:
        return actual.startswith(contains[1]) and contains[2] in actual
    return actual == expected


def body_problem(case: Case, reply: Reply) -> str | None:
    """What is wrong with the body."""
    shape = case.plain["expect_body_shape"]
    if isinstance(shape, str):
        text = re.fullmatch(r'text "(.*)"', shape)
        if text:
            return None if reply.body == text[1].encode() else f"body {reply.body!r}"
        raw = shape in ("empty", "any", "any/empty", "error")
        fits = IN_WORDS[shape](reply.body if raw else reply.json())
        return None if fits else f"body is not {shape}: {reply.body!r}"
    body = reply.json()
    if "exact_keys" in shape and set(body) != set(shape["exact_keys"]):
        return f"keys {sorted(body)}, expected {shape['exact_keys']}"
    absent = set(shape.get("required", ())) - set(body)
    if absent:
        return f"without {sorted(absent)}: {body}"
    for key, expected in shape.items():
        if key in ("exact_keys", "required", "optional", "type"):
            continue
        if not field_fits(case, expected, body.get(key)):
            return f"{key} is {body.get(key)!r}, expected {expected!r}"
    return None


def header_problem(case: Case, reply: Reply) -> str | None:
    """What is wrong with the headers."""
    size = len(TRACE) + len(case.body_text)
    for name, expected in case.plain.get("expect_headers", {}).items():
        actual = reply.headers.get(name)
        fits = {"present": actual is not None, "absent": actual is None,
                "> 0": (actual or "").isdigit() and int(actual or 0) > 0,
                "same value as sent": actual == QUEUE_NOW,
                "new value": actual not in (None, QUEUE_BEFORE),
                "0-<size>": actual == f"0-{size}"}.get(expected, actual == expected)
        if not fits:
            return f"header {name} is {actual!r}, expected {expected!r}"
    return None


def problem_with(case: Case, reply: Reply) -> str | None:
    """What is wrong with a reply, or None."""
    expected = case.plain["expect_status"]
    if reply.status not in (expected if isinstance(expected, list) else [expected]):
        return f"status {reply.status}, expected {expected}: {reply.body!r}"
    return body_problem(case, reply) or header_problem(case, reply)


class Cases(unittest.TestCase):
    """The whole table."""

    passed = 0

    def test_all(self) -> None:
        """Each case in its own world."""
        with StandIn() as standin:
            for plain in CASES:
                if plain["id"] in NOT_MAPPED:
                    continue
                with self.subTest(plain["id"]):
                    self.one(standin, Case(plain))
                    Cases.passed += 1
        self.assertGreaterEqual(Cases.passed, ENOUGH)

    def one(self, standin: StandIn, case: Case) -> None:
        """One case, with each of the tokens it names."""
        for scope in case.scopes():
            case.prepare(standin)
            self.assertIsNone(problem_with(case, case.send(standin, scope)), case.text)
        later = re.search(r"a retry then gives (\d+)", case.plain.get("note", ""))
        if later:
            self.assertEqual(case.send(standin, case.scopes()[0]).status, int(later[1]))


if __name__ == "__main__":
    outcome = unittest.main(exit=False).result
    print(f"{Cases.passed} cases passed, {len(NOT_MAPPED)} not mapped")
    for case_id, reason in NOT_MAPPED.items():
        print(f"  {case_id}: {reason}")
    sys.exit(0 if outcome.wasSuccessful() else 1)
