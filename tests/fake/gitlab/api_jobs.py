"""The runner protocol: asking for jobs, reporting on them, their logs and artifacts."""

from __future__ import annotations

import base64
import re
import zlib
from typing import Any

from . import clock, queue, runner_rules
from .api_token import TOKEN, authenticate, refuse_orphan
from .model import Job
from .params import Param, check
from .store import Store
from .web import (ApiError, Request, Response, bare_error, failure, json_response, no_content,
                  text_response)

LAST_UPDATE, INTERVAL = "X-GitLab-Last-Update", "X-GitLab-Trace-Update-Interval"
WATCHED, UNWATCHED, RETRY = "3", "60", "1"
REQUEST = (TOKEN, Param("last_update"), Param("info", "mapping"), Param("system_id"))
UPDATE = (TOKEN, Param("state"), Param("checksum"), Param("failure_reason"),
          Param("output", "mapping"), Param("exit_code", "integer"))


def request_job(store: Store, request: Request, _caller: None) -> Response:
    """POST /jobs/request: a job, or 204 with the queue value to send next time."""
    taken = check(request.params, *REQUEST)
    runner = authenticate(store, request)
    refuse_orphan(runner)
    manager = runner_rules.heartbeat(store, runner, request)
    queue.take_back_unconfirmed(store)
    if not runner.queue_value:
        store.touch(runner)
    nothing = no_content({LAST_UPDATE: runner.queue_value})
    if not runner.active or taken.get("last_update") == runner.queue_value:
        return nothing
    job = queue.next_for(store, runner)
    if job is None:
        return nothing
    features = (taken.get("info") or {}).get("features")
    queue.hand_out(store, job, runner, manager, features if isinstance(features, dict) else {})
    return json_response(queue.payload(store, job, runner), 201)


# -- a job by its own token -------------------------------------------------------------------

def _job(store: Store, request: Request, job_id: str) -> Job:
    """The job of a path, if the request has its token: 403 otherwise, never 404."""
    token = request.params.get("token") or request.header("JOB-TOKEN")
    job: Job | None = store.get("jobs", int(job_id)) if job_id.isdigit() else None
    if job is None or token != job.token:
        raise failure(403)
    return job


def _live_job(store: Store, request: Request, job_id: str) -> Job:
    """The same for a job that a runner works on; marks runner and manager as alive."""
    job = _job(store, request, job_id)
    if not job.processing():
        raise failure(403, "Job is not processing on runner", Job_Status=job.status)
    for record in (store.get("runners", job.runner_id), store.get("managers", job.manager_id)):
        if record is not None:
            record.contacted_at = clock.now_text()
    return job


def update(store: Store, request: Request, _caller: None, job_id: str) -> Response:
    """PUT /jobs/:id: keep-alive, confirmation, or the end of the job."""
    taken = check(request.params, *UPDATE)
    job = _live_job(store, request, job_id)
    state = taken.get("state")
    if job.waiting_for_ack:
        return _confirm(store, job, state)
    if state == "running":
        return _status(job, 200)
    if state not in ("success", "failed"):
        return _status(job, 400)
    output = taken.get("output") or {}
    checksum = output.get("checksum") or taken.get("checksum")
    if checksum and job.accepted_final_updates < store.settings.accepted_final_updates:
        job.accepted_final_updates += 1
        return _status(job, 202)
    if store.settings.validate_trace and _damaged(job, checksum, output.get("bytesize")):
        job.trace, job.trace_resets = b"", job.trace_resets + 1
        return _status(job, 412)
    _finish(job, state, taken)
    return _status(job, 200)


def _confirm(store: Store, job: Job, state: str | None) -> Response:
    """The second phase of handing out a job."""
    if state == "pending":
        queue.extend_ack(store, job)
    elif state == "running":
        queue.start(job)
    else:
        return _status(job, 400)
    return _status(job, 200)


def _damaged(job: Job, checksum: Any, bytesize: Any) -> bool:
    """Whether the log here is not the one the runner sent."""
    if checksum and checksum != f"crc32:{zlib.crc32(job.trace):08x}":
        return True
    return bytesize is not None and bytesize != len(job.trace)


def _finish(job: Job, state: str, taken: dict[str, Any]) -> None:
    """End a job; one that was being canceled ends as canceled whatever it says."""
    job.status = "canceled" if job.status == "canceling" else state
    job.finished_at = clock.now_text()
    job.exit_code = taken.get("exit_code")
    if state == "failed":
        job.failure_reason = taken.get("failure_reason") or "unknown_failure"


def _status(job: Job, status: int) -> Response:
    """The reply of PUT: its status as text."""
    headers = {"Job-Status": job.status}
    if status == 202:
        headers[INTERVAL] = RETRY
    return text_response(str(status), status, headers)


def patch_trace(store: Store, request: Request, _caller: None, job_id: str) -> Response:
    """PATCH /jobs/:id/trace: only the start of the range counts, and it must be our end."""
    job = _live_job(store, request, job_id)
    content_range = request.header("Content-Range")
    if content_range is None:
        raise bare_error(400, "400 Missing header Content-Range")
    start = re.match(r"\d+", content_range)
    offset = int(start.group()) if start else 0
    if offset + len(request.body) > store.settings.trace_limit_bytes:
        job.status, job.failure_reason = "failed", "trace_size_exceeded"
        job.finished_at = clock.now_text()
        raise bare_error(403, "403 Forbidden", {"Job-Status": job.status})
    if offset != len(job.trace):
        raise ApiError(416, {"error": "416 Range Not Satisfiable"},
                       {"Range": f"0-{len(job.trace)}"})
    job.trace += request.body
    watched = job.watched_until is not None and not clock.passed(job.watched_until)
    return text_response("", 202, {
        "Job-Status": job.status, "Range": f"0-{len(job.trace)}",
        INTERVAL: WATCHED if watched else UNWATCHED})


# -- artifacts --------------------------------------------------------------------------------

def upload(store: Store, request: Request, _caller: None, job_id: str) -> Response:
    """POST /jobs/:id/artifacts: keeps the file."""
    job = _live_job(store, request, job_id)
    file = check(request.params, Param("file", "file", required=True))["file"]
    job.artifacts = {"filename": str(file["filename"]),
                     "data_base64": base64.b64encode(file["data"]).decode()}
    return text_response("201", 201)


def download(store: Store, request: Request, _caller: None, job_id: str) -> Response:
    """GET /jobs/:id/artifacts: gives it back, also after the job's end."""
    job = _job(store, request, job_id)
    if job.artifacts is None:
        raise failure(404)
    name = re.sub(r"[^\w.-]", "_", job.artifacts["filename"])
    return Response(200, base64.b64decode(job.artifacts["data_base64"]),
                    "application/octet-stream",
                    {"Content-Disposition": f'attachment; filename="{name}"'})
