"""The table of everything the stand-in answers, and the way through it."""

from __future__ import annotations

import re
import sys
import traceback
from dataclasses import dataclass, field
from typing import Callable

from . import api_create, api_jobs, api_misc, api_runners, api_token, control
from .access import ANY_SCOPE, Scopes, identify
from .faults import Faults
from .journal import Journal
from .store import Store
from .web import ApiError, Request, Response, bare_error

API, CONTROL = "/api/v4", "/-/standin"
ID = r"(?P<id>[^/]+)"

LISTS, MANAGES, CREATES = Scopes(), Scopes(("manage_runner",)), Scopes(("create_runner",))
READS_USER, ANYONE, OPEN = Scopes(("read_user",)), Scopes((ANY_SCOPE,)), None

# method, path below /api/v4, handler, scopes of the access token (OPEN: no access token)
API_ROUTES: list[tuple[str, str, Callable[..., Response], Scopes | None]] = [
    ("POST", "/user/runners", api_create.create, CREATES),
    ("POST", "/runners", api_create.register, OPEN),
    ("DELETE", "/runners", api_token.delete, OPEN),
    ("POST", "/runners/verify", api_token.verify, OPEN),
    ("DELETE", "/runners/managers", api_token.delete_manager, OPEN),
    ("POST", "/runners/reset_authentication_token", api_token.reset, OPEN),
    ("GET", "/runners/router/discovery", api_token.discovery, OPEN),
    ("GET", "/runners", api_runners.owned, LISTS),
    ("GET", "/runners/all", api_runners.everything, LISTS),
    ("GET", f"/runners/{ID}", api_runners.show, MANAGES),
    ("PUT", f"/runners/{ID}", api_runners.update, MANAGES),
    ("DELETE", f"/runners/{ID}", api_runners.delete, MANAGES),
    ("GET", f"/runners/{ID}/managers", api_runners.managers, MANAGES),
    ("GET", f"/runners/{ID}/jobs", api_runners.jobs, MANAGES),
    ("POST", f"/runners/{ID}/reset_authentication_token", api_runners.reset, MANAGES),
    ("GET", f"/groups/{ID}/runners", api_runners.of_group, LISTS),
    ("GET", f"/projects/{ID}/runners", api_runners.of_project, LISTS),
    ("POST", f"/projects/{ID}/runners", api_runners.assign, LISTS),
    ("POST", "/jobs/request", api_jobs.request_job, OPEN),
    ("PUT", f"/jobs/{ID}", api_jobs.update, OPEN),
    ("PATCH", f"/jobs/{ID}/trace", api_jobs.patch_trace, OPEN),
    ("POST", f"/jobs/{ID}/artifacts", api_jobs.upload, OPEN),
    ("GET", f"/jobs/{ID}/artifacts", api_jobs.download, OPEN),
    ("GET", "/personal_access_tokens/self", api_misc.token_self, ANYONE),
    ("GET", "/version", api_misc.version, READS_USER),
    ("GET", "/metadata", api_misc.version, READS_USER),
]

# method, path below /-/standin, handler
CONTROL_ROUTES: list[tuple[str, str, Callable[..., Response]]] = [
    ("GET", "/", control.index),
    ("GET", "/state", control.state),
    ("PUT", "/state", control.put_state),
    ("POST", "/settings", control.settings),
    ("POST", "/jobs", control.add_job),
    ("GET", f"/jobs/{ID}", control.show_job),
    ("POST", f"/jobs/{ID}/cancel", control.cancel_job),
    ("POST", "/faults", control.add_fault),
    ("GET", "/faults", control.faults),
    ("DELETE", "/faults", control.clear_faults),
    ("GET", "/requests", control.requests),
]


@dataclass
class App:
    """The stand-in without its network."""

    store: Store
    journal: Journal
    faults: Faults = field(default_factory=Faults)

    def control_routes(self) -> list[str]:
        """The control surface, for people."""
        return [f"{method} {CONTROL}{path.replace(ID, ':id')}"
                for method, path, _ in CONTROL_ROUTES]

    def answer(self, request: Request, problem: ApiError | None) -> Response:
        """The reply to a request; `problem` is what its body could not be read for."""
        with self.store.lock:
            try:
                if problem is not None:
                    raise problem
                response = self._dispatch(request)
            except ApiError as error:
                return error.response()
            except Exception:  # pylint: disable=broad-except
                traceback.print_exc(file=sys.stderr)
                return ApiError(500, {"message": "500 Internal Server Error"}).response()
            if request.method != "GET":
                self.store.save()
            return response

    def _dispatch(self, request: Request) -> Response:
        path = request.path
        if path.startswith(CONTROL + "/"):
            (handler, _), groups = _find(CONTROL_TABLE, request.method, path[len(CONTROL):])
            return handler(self, request, *groups)
        if path.startswith("/api/v3/"):
            raise bare_error(410, "API V3 is no longer supported. Use API V4 instead.")
        if not path.startswith(API + "/"):
            raise bare_error(404, "404 Not Found")
        (handler, scopes), groups = _find(API_TABLE, request.method, path[len(API):])
        caller = identify(self.store, request, scopes) if scopes is not None else None
        return handler(self.store, request, caller, *groups)


Target = tuple[Callable[..., Response], Scopes | None]
Table = list[tuple[str, re.Pattern[str], Target]]
API_TABLE: Table = [(m, re.compile(p), (f, s)) for m, p, f, s in API_ROUTES]
CONTROL_TABLE: Table = [(m, re.compile(p), (f, OPEN)) for m, p, f in CONTROL_ROUTES]


def _find(table: Table, method: str, path: str) -> tuple[Target, tuple[str, ...]]:
    """The first row of that method that fits the path: 404 if none, 405 if not by method."""
    fits = [(row, row[1].fullmatch(path)) for row in table if row[1].fullmatch(path)]
    if not fits:
        raise bare_error(404, "404 Not Found")
    for row, match in fits:
        if row[0] == method and match is not None:
            return row[2], match.groups()
    allowed = ", ".join(sorted({row[0] for row, _ in fits}))
    raise bare_error(405, "405 Not Allowed", {"Allow": allowed})
