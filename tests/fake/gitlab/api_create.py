"""Making runners: POST /user/runners, and the legacy POST /runners."""

from __future__ import annotations

from typing import Any

from . import present, runner_rules
from .access import Caller, may_create
from .model import Runner
from .params import RUNNER_TYPES, Param, check
from .store import Store
from .web import ApiError, Request, Response, failure, json_response

CREATE = (Param("runner_type", required=True, values=RUNNER_TYPES), *runner_rules.FIELDS)
PREMIUM = (Param("token_expires_at", "time"), Param("token_rotation_deadline", "time"))
REGISTER = (Param("token", required=True), Param("active", "boolean"),
            Param("maintainer_note"), Param("info", "mapping"), *runner_rules.FIELDS)


def create(store: Store, request: Request, caller: Caller) -> Response:
    """POST /user/runners: 201 shows the token, this once."""
    declared = CREATE + (PREMIUM if store.settings.premium else ())
    kind = request.params.get("runner_type")
    if kind in ("group_type", "project_type"):
        declared += (Param(f"{str(kind).removesuffix('_type')}_id", "integer", required=True),)
    taken = check(request.params, *declared)
    scope = _scope(store, taken)
    if not may_create(store, caller, scope):
        raise failure(403, "Insufficient permissions")
    runner = _build(store, taken, "glrt-")
    runner.creator_id = caller.user.id
    if runner.runner_type == "group_type":
        runner.group_id = scope.id
    elif runner.runner_type == "project_type":
        runner.project_ids = [scope.id]
    problems = runner_rules.problems_of(runner)
    if problems:
        raise failure(400, runner_rules.sentence(problems))
    asked, deadline = runner_rules.asked_expiry(taken)
    runner.token_expires_at = asked or runner_rules.expiry(store, runner)
    runner.token_rotation_deadline = deadline
    return _keep(store, runner)


def _scope(store: Store, taken: dict[str, Any]) -> Any:
    """The group or project of the runner; a number that names none is 400, not 404."""
    if taken["runner_type"] == "instance_type":
        return None
    word = taken["runner_type"].removesuffix("_type")
    found = store.get(f"{word}s", taken[f"{word}_id"])
    if found is None:
        raise failure(400, f"Missing/invalid {word}")
    return found


def register(store: Store, request: Request, _caller: None) -> Response:
    """POST /runners with a registration token, where that is still allowed."""
    taken = check(request.params, *REGISTER, exclusive=("active", "paused"))
    if not taken["token"]:
        raise failure(403, "invalid token supplied")
    runner = _build(store, taken, "glrtr-")
    if not runner.maintenance_note:
        runner.maintenance_note = taken.get("maintainer_note")
    _place(store, runner, taken["token"])
    problems = runner_rules.problems_of(runner)
    if problems:
        raise ApiError(400, {"message": problems})
    runner.token_expires_at = runner_rules.expiry(store, runner)
    return _keep(store, runner)


def _place(store: Store, runner: Runner, token: str) -> None:
    """Find what a registration token belongs to: 403 if nothing, 410 if disallowed."""
    gone = ApiError(410, {"message": "410 Gone - runner registration disallowed"})
    if not store.settings.allow_runner_registration_token:
        raise gone
    if token == store.settings.registration_token:
        return
    for table, kind in (("groups", "group_type"), ("projects", "project_type")):
        for item in store.all(table):
            if item.runners_token == token:
                if not item.allow_runner_registration_token:
                    raise gone
                runner.runner_type = kind
                runner.group_id = item.id if kind == "group_type" else None
                runner.project_ids = [item.id] if kind == "project_type" else []
                return
    raise failure(403, "invalid token supplied")


def _build(store: Store, taken: dict[str, Any], prefix: str) -> Runner:
    """A runner with the given fields, not yet in the store and without a number."""
    fields = runner_rules.attributes(taken)
    kind = taken.get("runner_type", "instance_type")
    return Runner(0, runner_rules.new_token(store, prefix), kind, **fields)


def _keep(store: Store, runner: Runner) -> Response:
    """Number the runner, keep it, show it."""
    runner.id = store.next_id("runners")
    store.touch(store.add("runners", runner))
    return json_response(present.credentials(runner), 201)
