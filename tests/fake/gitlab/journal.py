"""The log of requests: what was asked and by what kind of credential, never its value."""

from __future__ import annotations

import json
import threading
from collections import deque
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from . import clock
from .access import presented
from .faults import Fault
from .store import Store
from .web import Request

REMEMBERED = 10_000


class Journal:
    """The last requests in memory, and all of them in a file if one is given."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)
        self._count = 0
        self._stream = open(file, "a", encoding="utf-8") if file else None

    def add(self, request: Request, auth: dict[str, Any], status: int | None,
            fault: Fault | None) -> None:
        """Note a request before its reply goes out. Status None: it gets no reply."""
        entry = {
            "time": clock.now_text(), "method": request.method, "path": request.path,
            "status": status, "auth": auth, "body_keys": request.body_keys,
            "query_keys": sorted({name for name, _ in parse_qsl(request.query, True)}),
            "user_agent": request.header("User-Agent"),
            "fault": {"id": fault.id, "action": fault.action} if fault else None,
        }
        with self._lock:
            self._count += 1
            entry = {"n": self._count, **entry}
            self._entries.append(entry)
            if self._stream:
                self._stream.write(json.dumps(entry) + "\n")
                self._stream.flush()

    def entries(self, after: int = 0) -> list[dict[str, Any]]:
        """The remembered entries whose number is greater."""
        with self._lock:
            return [entry for entry in self._entries if entry["n"] > after]

    def close(self) -> None:
        """Close the file."""
        if self._stream:
            self._stream.close()


def describe(store: Store, request: Request) -> dict[str, Any]:
    """The kind of credential a request carries."""
    credential = presented(request)
    if credential is not None:
        known = store.access_token(credential[0])
        return {"kind": "access_token" if known else "unknown_token", "via": credential[1],
                "scopes": list(known.scopes) if known else []}
    value = request.params.get("token") or request.header("JOB-TOKEN")
    return {"kind": _kind(store, value) if value else "none", "scopes": []}


def _kind(store: Store, value: Any) -> str:
    """What sort of token a `token` parameter holds."""
    if any(runner.token == value for runner in store.all("runners")):
        return "runner_token"
    if any(job.token == value for job in store.all("jobs")):
        return "job_token"
    owners = [*store.all("groups"), *store.all("projects")]
    if value in (store.settings.registration_token, *(item.runners_token for item in owners)):
        return "registration_token"
    return "unknown_token"
