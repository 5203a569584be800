"""Routes whose credential is the runner's own token, in the body or the query."""

from __future__ import annotations

from . import clock, present, runner_rules
from .model import Runner
from .params import Param, check
from .store import Store
from .web import (Request, Response, failure, json_response, missing, no_content, text_response)

TOKEN = Param("token", required=True)


def authenticate(store: Store, request: Request) -> Runner:
    """The runner of the token: 400 without one, 403 for a bad or an expired one."""
    taken = check(request.params, TOKEN)
    runner = store.runner_by_token(taken["token"] or "")
    if runner is None:
        raise failure(403)
    return runner


def refuse_orphan(runner: Runner) -> None:
    """403 for a runner whose group or project is gone."""
    if runner.orphaned:
        raise failure(403, "Runner is orphaned")


def verify(store: Store, request: Request, _caller: None) -> Response:
    """POST /runners/verify: says who the token is, and makes the manager."""
    runner = authenticate(store, request)
    refuse_orphan(runner)
    runner_rules.heartbeat(store, runner, request)
    return json_response(present.credentials(runner))


def delete(store: Store, request: Request, _caller: None) -> Response:
    """DELETE /runners: the runner and its managers."""
    runner = authenticate(store, request)
    refuse_if_modified(request, runner)
    store.delete_runner(runner)
    return no_content()


def refuse_if_modified(request: Request, runner: Runner) -> None:
    """412 if the runner changed after the moment in If-Unmodified-Since."""
    limit = request.header("If-Unmodified-Since")
    if limit is None:
        return
    try:
        unchanged = clock.parse(runner.updated_at) <= clock.http_date(limit)
    except (ValueError, TypeError):
        return
    if not unchanged:
        raise failure(412)


def delete_manager(store: Store, request: Request, _caller: None) -> Response:
    """DELETE /runners/managers: one manager; the runner stays."""
    taken = check(request.params, TOKEN, Param("system_id", required=True))
    runner = authenticate(store, request)
    managers = store.managers_of(runner)
    found = next((item for item in managers if item.system_id == taken["system_id"]), None)
    if found is None:
        raise missing("Runner manager not found")
    del store.tables["managers"][found.id]
    if len(managers) == 1:
        runner.contacted_at = None
    return no_content()


def reset(store: Store, request: Request, _caller: None) -> Response:
    """POST /runners/reset_authentication_token: a reply that is lost is lost for good."""
    runner = authenticate(store, request)
    return json_response(runner_rules.reset_token(store, runner), 201)


def discovery(store: Store, request: Request, _caller: None) -> Response:
    """GET /runners/router/discovery: 501 unless the setting names a job router."""
    if store.settings.job_router_url is None:
        return text_response("501 Not Implemented", 501)
    if store.runner_by_token(request.header("Runner-Token") or "") is None:
        raise failure(401)
    return json_response({"server_url": store.settings.job_router_url})
