"""The control surface under /-/standin/: what a test or a person steers the stand-in by."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Iterator

from . import clock, queue
from .model import FINISHED, Job, Settings, from_json, to_json
from .params import Param, check, number
from .web import Request, Response, bare_error, json_response, missing, no_content

if TYPE_CHECKING:
    from .routes import App

WATCH_SECONDS = 30
JOB = (Param("project_id", "integer"), Param("name"), Param("stage"), Param("image"),
       Param("tags", "tags"), Param("timeout", "integer"), Param("protected", "boolean"))
LISTS = ("script", "after_script", "services")


def index(app: App, _request: Request) -> Response:
    """GET /-/standin/: what there is."""
    return json_response({"routes": app.control_routes()})


def state(app: App, _request: Request) -> Response:
    """GET /-/standin/state: everything, tokens and traces included."""
    return json_response(app.store.snapshot())


def put_state(app: App, request: Request) -> Response:
    """PUT /-/standin/state: the same document, changed; what it leaves out is the seed's."""
    with _refused_if_wrong():
        app.store.replace(json.loads(request.body))
    return no_content()


def settings(app: App, request: Request) -> Response:
    """POST /-/standin/settings: changes those named, shows all."""
    with _refused_if_wrong():
        plain = {**to_json(app.store.settings), **json.loads(request.body or b"{}")}
        app.store.settings = from_json(Settings, plain)
    app.store.touch_all()
    return json_response(to_json(app.store.settings))


@contextmanager
def _refused_if_wrong() -> Iterator[None]:
    """Turns a mistake in a document into 400 with the reason."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise bare_error(400, str(error)) from error


# -- jobs -------------------------------------------------------------------------------------

def add_job(app: App, request: Request) -> Response:
    """POST /-/standin/jobs: one more in the queue."""
    store, given = app.store, request.params
    taken = check(given, *JOB)
    lists: dict[str, Any] = {name: _lines(given, name) for name in LISTS}
    projects = {item.id for item in store.all("projects")}
    project_id = taken.pop("project_id", None) or min(projects, default=0)
    if project_id not in projects:
        raise bare_error(400, "project_id names no project")
    fields = {name: value for name, value in taken.items() if value is not None}
    with _refused_if_wrong():
        variables = _variables(given.get("variables") or {})
    job = Job(store.next_id("jobs"), "glcbt-" + secrets.token_urlsafe(15), project_id,
              variables=variables, **fields, **lists)
    store.add("jobs", job)
    store.touch_all()
    return json_response({"id": job.id}, 201)


def _lines(given: dict[str, Any], name: str) -> list[str]:
    value = given.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise bare_error(400, f"{name} must be a list of strings")
    return value


def _variables(given: Any) -> list[dict[str, Any]]:
    """Variables from {"K": "V"}, {"K": {"value": …, "masked": true}}, or a list of the latter."""
    if isinstance(given, dict):
        given = [{"key": key, **(value if isinstance(value, dict) else {"value": value})}
                 for key, value in given.items()]
    return [queue.variable(item["key"], str(item["value"]), bool(item.get("masked")),
                           file=bool(item.get("file")), raw=bool(item.get("raw")))
            for item in given]


def _job(app: App, job_id: str) -> Job:
    job: Job | None = app.store.get("jobs", number(job_id))
    if job is None:
        raise missing()
    return job


def show_job(app: App, _request: Request, job_id: str) -> Response:
    """GET /-/standin/jobs/:id: for a while the runner then sends its log more often."""
    job = _job(app, job_id)
    if job.status not in FINISHED:
        job.watched_until = clock.after(WATCH_SECONDS)
    return json_response(to_json(job))


def cancel_job(app: App, _request: Request, job_id: str) -> Response:
    """POST /-/standin/jobs/:id/cancel: gently if the runner can, else at once."""
    job = _job(app, job_id)
    if job.status == "running" and job.graceful_cancel:
        job.status = "canceling"
    elif job.status not in FINISHED:
        job.status, job.finished_at, job.waiting_for_ack = "canceled", clock.now_text(), False
    return json_response(to_json(job))


# -- faults and requests ----------------------------------------------------------------------

def add_fault(app: App, request: Request) -> Response:
    """POST /-/standin/faults: one more order."""
    with _refused_if_wrong():
        fault = app.faults.add(dict(request.params))
    return json_response({"id": fault.id}, 201)


def faults(app: App, _request: Request) -> Response:
    """GET /-/standin/faults: all orders, with how often each matched and fired."""
    return json_response(app.faults.list())


def clear_faults(app: App, _request: Request) -> Response:
    """DELETE /-/standin/faults: none any more."""
    app.faults.clear()
    return no_content()


def requests(app: App, request: Request) -> Response:
    """GET /-/standin/requests?after=N: the requests with a number greater than N."""
    taken = check(request.params, Param("after", "integer"))
    return json_response(app.journal.entries(taken.get("after") or 0))
