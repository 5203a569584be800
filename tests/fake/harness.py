"""Starting and steering the GitLab stand-in from a test written in Python."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlencode, urlsplit

HERE = Path(__file__).resolve().parent
PROGRAM = HERE / "gitlab-standin"
POLL_SECONDS = 0.02


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 10.0) -> Any:
    """Poll until the condition is true and return its value; AssertionError if it never is."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(POLL_SECONDS)
    return value


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class StandIn:
    """A running stand-in on a free port of the loopback; a context manager."""

    def __init__(self, *options: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="standin-")
        self.folder = Path(self._folder.name)
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def __enter__(self) -> StandIn:
        ready = self.folder / "ready"
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", str(PROGRAM), "--listen", "127.0.0.1:0",
             "--ready-file", str(ready), *self._options], stderr=subprocess.DEVNULL)
        wait_for(ready.exists, "the stand-in to listen")
        self.url = ready.read_text(encoding="utf-8").strip()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)
        self._folder.cleanup()

    def call(self, method: str, path: str, body: bytes | None = None, *,
             query: dict[str, Any] | None = None,
             headers: dict[str, str] | None = None) -> Reply:
        """One request on a connection of its own."""
        target = path + ("?" + urlencode(query) if query else "")
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=10)
        try:
            connection.request(method, target, body, headers or {})
            reply = connection.getresponse()
            return Reply(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    def control(self, method: str, path: str, value: Any = None) -> Any:
        """One request under /-/standin; its JSON, or None if there is none."""
        body = json.dumps(value).encode() if value is not None else None
        headers = {"Content-Type": "application/json"} if body else {}
        reply = self.call(method, "/-/standin" + path, body, headers=headers)
        if reply.status >= 300:
            raise AssertionError(f"{method} {path}: {reply.status} {reply.body!r}")
        return reply.json() if reply.body else None

    def add_job(self, *script: str, **more: Any) -> int:
        """Put a job into the queue."""
        return int(self.control("POST", "/jobs", {"script": list(script), **more})["id"])

    def job(self, number: int) -> dict[str, Any]:
        """What became of a job."""
        return dict(self.control("GET", f"/jobs/{number}"))

    def requests(self, method: str = "", path: str = "") -> list[dict[str, Any]]:
        """The logged requests of that method whose path ends so."""
        return [entry for entry in self.control("GET", "/requests")
                if entry["method"].startswith(method) and entry["path"].endswith(path)]
