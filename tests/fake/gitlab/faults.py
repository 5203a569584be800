"""Faults to order: which request goes wrong, when, and how. README.md has examples."""

from __future__ import annotations

import re
import threading
from dataclasses import asdict, dataclass, field, fields
from typing import Any

ACTIONS = ("status", "close", "hang", "truncate", "garbage", "slow", "huge", "redirect",
           "login_page")
WHEN = ("before", "after")


@dataclass
class Fault:
    """One order. The comment after each field says which actions read it."""

    action: str
    method: str = "*"
    path: str = ""                      # regular expression, found anywhere in the path
    after: int = 1                      # the first match that fails
    times: int = 1                      # how many fail from there on; 0 = all
    when: str = "before"                # "after": GitLab does it, the reply goes wrong
    status: int | None = None           # of the reply, where there is one
    body: Any = None                    # a string as it is, anything else as JSON
    content_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 60.0               # hang
    answer: bool = False                # hang: answer afterwards instead of closing
    bytes: int = 10                     # truncate: how much of the body is sent
    bytes_per_second: float = 10.0      # slow
    size: int = 64 * 1024 * 1024        # huge
    location: str = "https://elsewhere.example.com/"  # redirect
    raw: bool = False                   # garbage: not even HTTP
    id: int = 0
    matched: int = 0
    fired: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Whether the order is about such a request."""
        return self.method.upper() in ("*", method) and re.search(self.path, path) is not None

    def late(self) -> bool:
        """Whether the request waits before anything is done, whoever still listens by then."""
        return self.action == "hang" and self.answer and self.when == "before"

    def due(self) -> bool:
        """Whether the match just counted is one that must fail."""
        return self.matched >= self.after and (self.times == 0 or self.fired < self.times)


class Faults:
    """The standing orders; the oldest that is due wins, the others count on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[Fault] = []
        self._last_id = 0

    def add(self, plain: dict[str, Any]) -> Fault:
        """Take an order; ValueError says what is wrong with it."""
        settable = {item.name for item in fields(Fault)} - {"id", "matched", "fired"}
        unknown = sorted(set(plain) - settable)
        if unknown:
            raise ValueError(f"unknown keys: {', '.join(unknown)}")
        if plain.get("action") not in ACTIONS:
            raise ValueError(f"action must be one of {', '.join(ACTIONS)}")
        if plain.get("when", "before") not in WHEN:
            raise ValueError(f"when must be one of {', '.join(WHEN)}")
        for name in ("after", "times", "status", "seconds", "bytes", "bytes_per_second", "size"):
            if not isinstance(plain.get(name, 0), (int, float)) or plain.get(name, 0) < 0:
                raise ValueError(f"{name} must be a number, not below 0")
        try:
            re.compile(plain.get("path", ""))
        except (re.error, TypeError) as error:
            raise ValueError(f"path is no regular expression: {error}") from error
        with self._lock:
            self._last_id += 1
            fault = Fault(**plain, id=self._last_id)
            self._orders.append(fault)
            return fault

    def clear(self) -> None:
        """Forget all orders."""
        with self._lock:
            self._orders.clear()

    def list(self) -> list[dict[str, Any]]:
        """All orders with their counts."""
        with self._lock:
            return [asdict(fault) for fault in self._orders]

    def take(self, method: str, path: str) -> Fault | None:
        """The order that this request falls under."""
        with self._lock:
            matching = [fault for fault in self._orders if fault.matches(method, path)]
            for fault in matching:
                fault.matched += 1
            winner = next((fault for fault in matching if fault.due()), None)
            if winner is not None:
                winner.fired += 1
            return winner
