"""The records the stand-in keeps. Every field is plain JSON except a job's trace."""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

from . import clock

ROLES = ("none", "guest", "reporter", "developer", "maintainer", "owner")
FINISHED = ("success", "failed", "canceled", "skipped")


@dataclass
class Settings:
    """Switches of the instance; `POST /-/standin/settings` changes them."""

    version: str = "18.4.0"
    external_url: str = "https://gitlab.example.com"
    premium: bool = True
    admin_mode: bool = False
    allow_runner_registration_token: bool = False
    registration_token: str = "standin-instance-registration-token"
    instance_token_prefix: str = ""
    runner_token_expiration_interval: int | None = None
    trace_limit_bytes: int = 100 * 1024 * 1024
    accepted_final_updates: int = 0
    validate_trace: bool = False
    runner_ack_seconds: int = 120
    job_router_url: str | None = None


@dataclass
class User:
    """A person. `admin` is an instance administrator."""

    id: int
    username: str
    name: str = ""
    admin: bool = False


@dataclass
class AccessToken:
    """A personal access token."""

    id: int
    token: str
    user_id: int
    scopes: list[str]
    name: str = "token"
    revoked: bool = False
    expires_at: str | None = None
    created_at: str = field(default_factory=clock.now_text)
    last_used_at: str | None = None


@dataclass
class Group:
    """A group; `members` maps a username to a role."""

    id: int
    path: str
    name: str = ""
    parent_id: int | None = None
    members: dict[str, str] = field(default_factory=dict)
    runners_token: str | None = None
    allow_runner_registration_token: bool = True
    runner_token_expiration_interval: int | None = None


@dataclass
class Project:
    """A project in a group, or in nobody's if `group_id` is null."""

    id: int
    path: str
    name: str = ""
    group_id: int | None = None
    members: dict[str, str] = field(default_factory=dict)
    runners_token: str | None = None
    allow_runner_registration_token: bool = True
    runner_token_expiration_interval: int | None = None
    shared_runners_enabled: bool = True
    builds_enabled: bool = True


@dataclass
class Runner:
    """A runner. `orphaned` is one whose group or project was deleted."""

    id: int
    token: str
    runner_type: str = "instance_type"
    description: str | None = None
    maintenance_note: str | None = None
    active: bool = True
    locked: bool = False
    run_untagged: bool = True
    tag_list: list[str] = field(default_factory=list)
    access_level: str = "not_protected"
    maximum_timeout: int | None = None
    group_id: int | None = None
    project_ids: list[int] = field(default_factory=list)
    token_expires_at: str | None = None
    token_rotation_deadline: str | None = None
    creator_id: int | None = None
    created_at: str = field(default_factory=clock.now_text)
    updated_at: str = field(default_factory=clock.now_text)
    contacted_at: str | None = None
    queue_value: str = ""
    orphaned: bool = False


@dataclass
class Manager:
    """One machine that uses a runner's token, told apart by its system_id."""

    id: int
    runner_id: int
    system_id: str
    version: str | None = None
    revision: str | None = None
    platform: str | None = None
    architecture: str | None = None
    executor: str | None = None
    ip_address: str | None = None
    created_at: str = field(default_factory=clock.now_text)
    contacted_at: str | None = None


@dataclass
class Job:
    """A CI job. `waiting_for_ack`: handed out, not yet confirmed by PUT running."""

    id: int
    token: str
    project_id: int
    name: str = "job"
    stage: str = "test"
    status: str = "pending"
    script: list[str] = field(default_factory=list)
    after_script: list[str] = field(default_factory=list)
    image: str | None = None
    services: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    variables: list[dict[str, Any]] = field(default_factory=list)
    timeout: int = 3600
    protected: bool = False
    runner_id: int | None = None
    manager_id: int | None = None
    system_id: str | None = None
    waiting_for_ack: bool = False
    ack_expires_at: str | None = None
    graceful_cancel: bool = False
    failure_reason: str | None = None
    exit_code: int | None = None
    created_at: str = field(default_factory=clock.now_text)
    started_at: str | None = None
    finished_at: str | None = None
    watched_until: str | None = None
    accepted_final_updates: int = 0
    trace: bytes = b""
    trace_resets: int = 0
    artifacts: dict[str, str] | None = None

    def processing(self) -> bool:
        """Whether a runner may still talk about this job."""
        return self.status in ("running", "canceling") or self.waiting_for_ack


Record = TypeVar("Record", Settings, User, AccessToken, Group, Project, Runner, Manager, Job)


def to_json(record: Any) -> dict[str, Any]:
    """A record as JSON. A trace that is no UTF-8 is kept exactly in trace_base64."""
    plain = asdict(record)
    if isinstance(record, Job):
        plain["trace"] = record.trace.decode("utf-8", "replace")
        if plain["trace"].encode() != record.trace:
            plain["trace_base64"] = base64.b64encode(record.trace).decode()
    return plain


def from_json(kind: type[Record], plain: dict[str, Any]) -> Record:
    """A record from JSON; an unknown key is an error, for it is a mistake in a seed."""
    values = dict(plain)
    if kind is Job:
        exact = values.pop("trace_base64", None)
        values["trace"] = base64.b64decode(exact) if exact else values.get("trace", "").encode()
    known = {item.name for item in fields(kind)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValueError(f"unknown {kind.__name__} keys: {', '.join(unknown)}")
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"incomplete {kind.__name__}: {error}") from error
