"""The state of the instance: tables of records, ids, and the file they are kept in."""

from __future__ import annotations

import json
import os
import secrets
import threading
from pathlib import Path
from typing import Any, Iterable

from . import clock, seed
from .model import (AccessToken, Group, Job, Manager, Project, Runner, Settings, User,
                    from_json, to_json)

TABLES: dict[str, type] = {
    "users": User, "tokens": AccessToken, "groups": Group, "projects": Project,
    "runners": Runner, "managers": Manager, "jobs": Job,
}


class Store:
    """All records. Whoever handles a request holds `lock` while it looks or changes."""

    def __init__(self, plain: dict[str, Any], file: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.file = file
        self.settings = Settings()
        self.tables: dict[str, dict[int, Any]] = {}
        self.last_id: dict[str, int] = {}
        self.replace(plain)

    # -- the whole state ------------------------------------------------------------------

    def replace(self, plain: dict[str, Any]) -> None:
        """Take a state document; what it leaves out is that of the built-in seed."""
        unknown = sorted(set(plain) - set(TABLES) - {"settings", "last_id"})
        if unknown:
            raise ValueError(f"unknown keys in the state: {', '.join(unknown)}")
        whole = {**seed.default(), **plain}
        settings = from_json(Settings, whole["settings"])
        tables: dict[str, dict[int, Any]] = {}
        for name, kind in TABLES.items():
            records: list[Any] = [from_json(kind, item) for item in whole[name]]
            tables[name] = {record.id: record for record in records}
        for name, key, owner in (("tokens", "user_id", "users"), ("jobs", "project_id", "projects"),
                                 ("managers", "runner_id", "runners")):
            for record in tables[name].values():
                if getattr(record, key) not in tables[owner]:
                    raise ValueError(f"{name} {record.id}: {key} names nothing in {owner}")
        self.settings, self.tables = settings, tables
        for name, table in tables.items():
            known = whole.get("last_id", {}).get(name, 0)
            self.last_id[name] = max([known, *table])

    def snapshot(self) -> dict[str, Any]:
        """The whole state as JSON; `replace` takes it back."""
        plain: dict[str, Any] = {"settings": to_json(self.settings), "last_id": dict(self.last_id)}
        for name, table in self.tables.items():
            plain[name] = [to_json(record) for record in table.values()]
        return plain

    def save(self) -> None:
        """Write the state file, if there is one, whole or not at all."""
        if self.file is None:
            return
        draft = self.file.with_name(self.file.name + ".new")
        with open(draft, "w", encoding="utf-8", opener=_private) as stream:
            json.dump(self.snapshot(), stream, indent=1)
        os.replace(draft, self.file)

    # -- records --------------------------------------------------------------------------

    def next_id(self, table: str) -> int:
        """An id never used before in that table, not even by a deleted record."""
        self.last_id[table] += 1
        return self.last_id[table]

    def add(self, table: str, record: Any) -> Any:
        """Put a record, whose id came from next_id, into its table."""
        self.tables[table][record.id] = record
        return record

    def get(self, table: str, number: int | None) -> Any:
        """A record by id, or None."""
        return self.tables[table].get(number) if number is not None else None

    def all(self, table: str) -> Iterable[Any]:
        """The records of a table, in the order of their making."""
        return list(self.tables[table].values())

    def access_token(self, value: str) -> AccessToken | None:
        """The access token with that value, whatever its state."""
        return next((item for item in self.all("tokens") if item.token == value), None)

    def runner_by_token(self, value: str) -> Runner | None:
        """The runner whose current token this is; an expired token finds nothing."""
        return next((item for item in self.all("runners") if item.token == value
                     and not clock.passed(item.token_expires_at)), None)

    def managers_of(self, runner: Runner) -> list[Manager]:
        """The managers of a runner, oldest first."""
        return [item for item in self.all("managers") if item.runner_id == runner.id]

    def delete_runner(self, runner: Runner) -> None:
        """Remove a runner and its managers; its jobs keep its number."""
        for manager in self.managers_of(runner):
            del self.tables["managers"][manager.id]
        del self.tables["runners"][runner.id]

    def touch(self, runner: Runner) -> None:
        """Give the runner a new queue value: its next `jobs/request` looks at the queue."""
        runner.queue_value = secrets.token_hex(16)

    def touch_all(self) -> None:
        """A job was enqueued or came back: every runner looks again."""
        for runner in self.all("runners"):
            self.touch(runner)


def _private(path: str, flags: int) -> int:
    """Opener for a file with tokens in it: readable by the owner only."""
    return os.open(path, flags, 0o600)


def load(state_file: Path | None, seed_file: Path | None) -> Store:
    """The store a program starts with: a saved state wins over a seed file."""
    for file in (state_file, seed_file):
        if file is not None and file.exists():
            return Store(json.loads(file.read_text(encoding="utf-8")), state_file)
    if seed_file is not None:
        raise FileNotFoundError(f"{seed_file}: no such seed file")
    return Store({}, state_file)
