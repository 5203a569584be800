"""What a runner may be: its fields, their limits, its token and the token's life."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from . import clock
from .model import Group, Manager, Runner
from .params import ACCESS_LEVELS, Param
from .store import Store
from .web import Request, bare_error, failure

MAX_TAGS, MAX_TEXT, MIN_TIMEOUT = 50, 1024, 600
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=15)

FIELDS = (
    Param("description"), Param("maintenance_note"), Param("paused", "boolean"),
    Param("locked", "boolean"), Param("run_untagged", "boolean"), Param("tag_list", "tags"),
    Param("access_level", values=ACCESS_LEVELS), Param("maximum_timeout", "integer"),
)

Problems = dict[str, list[str]]


def attributes(taken: dict[str, Any]) -> dict[str, Any]:
    """Runner fields out of checked parameters; blanks are dropped, as GitLab does."""
    names = {param.name for param in FIELDS} - {"paused"}
    fields = {key: value for key, value in taken.items()
              if key in names and (value is False or value not in (None, "", []))}
    if taken.get("paused") is not None:
        fields["active"] = not taken["paused"]
    if taken.get("active") is not None:
        fields["active"] = taken["active"]
    return fields


def problems_of(runner: Runner) -> Problems:
    """The runner's invalid fields, each with the reasons."""
    found: Problems = {}
    if not runner.run_untagged and not runner.tag_list:
        found.setdefault("tags_list", []).append(
            "can not be empty when runner is not allowed to pick untagged jobs")
    if len(runner.tag_list) > MAX_TAGS:
        found.setdefault("tags_list", []).append(
            f"Too many tags specified. Please limit the number of tags to {MAX_TAGS}")
    for name in ("description", "maintenance_note"):
        if len(getattr(runner, name) or "") > MAX_TEXT:
            found[name] = [f"is too long (maximum is {MAX_TEXT} characters)"]
    if runner.maximum_timeout is not None and runner.maximum_timeout < MIN_TIMEOUT:
        found["maximum_timeout"] = ["needs to be at least 10 minutes"]
    return found


def sentence(found: Problems) -> str:
    """All reasons in one line, each after its field's name."""
    parts = [f"{name.replace('_', ' ').capitalize()} {reason}"
             for name, reasons in found.items() for reason in reasons]
    if len(parts) < 3:
        return " and ".join(parts)
    return ", ".join(parts[:-1]) + f", and {parts[-1]}"


# -- tokens -----------------------------------------------------------------------------------

def new_token(store: Store, prefix: str = "glrt-") -> str:
    """A runner token; to be treated as opaque."""
    return store.settings.instance_token_prefix + prefix + secrets.token_urlsafe(15)


def expiry(store: Store, runner: Runner) -> str | None:
    """When a token made now for that runner ends: the smallest interval that applies."""
    scopes: list[Any] = [store.settings]
    group = store.get("groups", runner.group_id)
    if runner.runner_type == "group_type" and isinstance(group, Group):
        scopes = [group]
    elif runner.runner_type == "project_type":
        scopes = [item for item in store.all("projects") if item.id in runner.project_ids]
    intervals = [item.runner_token_expiration_interval for item in scopes
                 if item.runner_token_expiration_interval is not None]
    return clock.after(min(intervals)) if intervals else None


def asked_expiry(taken: dict[str, Any]) -> tuple[str | None, str | None]:
    """token_expires_at and token_rotation_deadline of a request, checked."""
    ends, deadline = taken.get("token_expires_at"), taken.get("token_rotation_deadline")
    if ends is not None:
        ahead = clock.parse(ends) - clock.now()
        if ahead < SHORTEST:
            raise failure(400, "token_expires_at must be at least 5 minutes in the future")
        if ahead > LONGEST:
            raise failure(400, "token_expires_at is too far in the future")
    if deadline is not None:
        if ends is None:
            raise failure(400, "token_rotation_deadline requires token_expires_at")
        if clock.passed(deadline):
            raise failure(400, "token_rotation_deadline cannot be in the past")
        if clock.parse(deadline) > clock.parse(ends):
            raise failure(400, "token_rotation_deadline must not be after token_expires_at")
    return ends, deadline


def reset_token(store: Store, runner: Runner) -> dict[str, Any]:
    """Replace a runner's token at once; the old one is dead from here on."""
    if runner.runner_type == "project_type" and not runner.project_ids:
        raise bare_error(422, "Runner needs to be assigned to at least one project")
    deadline = runner.token_rotation_deadline
    if clock.passed(deadline) or (deadline is not None and deadline == runner.token_expires_at):
        raise bare_error(403, "Token rotation deadline has passed")
    prefix = "glrtr-" if runner.token.startswith("glrtr-") else "glrt-"
    runner.token = new_token(store, prefix)
    runner.token_expires_at = expiry(store, runner)
    runner.token_rotation_deadline = None
    runner.updated_at = clock.now_text()
    return {"token": runner.token, "token_expires_at": runner.token_expires_at}


# -- managers ---------------------------------------------------------------------------------

def heartbeat(store: Store, runner: Runner, request: Request) -> Manager:
    """Note that a runner called; make its manager if the system_id is new."""
    params = request.params
    system_id = params.get("system_id") or "<legacy>"
    manager = next((item for item in store.managers_of(runner) if item.system_id == system_id),
                   None)
    if manager is None:
        number = store.next_id("managers")
        manager = store.add("managers", Manager(number, runner.id, str(system_id)))
    info = params.get("info")
    if isinstance(info, dict):
        for name in ("version", "revision", "platform", "architecture", "executor"):
            if isinstance(info.get(name), str):
                setattr(manager, name, info[name])
    manager.ip_address = request.peer
    manager.contacted_at = runner.contacted_at = clock.now_text()
    return manager
