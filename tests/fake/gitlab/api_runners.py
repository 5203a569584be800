"""Routes about runners for people and programs with an access token."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from . import access, clock, paging, present, runner_rules
from .access import Caller
from .api_token import refuse_if_modified
from .model import Group, Project, Runner
from .params import Param, check, number
from .store import Store
from .web import ApiError, Request, Response, failure, json_response, missing, no_content

UPDATE = (*runner_rules.FIELDS, Param("active", "boolean"))
JOB_STATUSES = ("created", "waiting_for_resource", "preparing", "waiting_for_callback", "pending",
                "running", "canceling", "success", "failed", "canceled", "skipped", "manual",
                "scheduled")
JOB_FILTERS = (Param("status", values=JOB_STATUSES), Param("system_id"),
               Param("order_by", values=("id",)), Param("sort", values=("asc", "desc")))


def find(store: Store, text: str) -> Runner:
    """The runner of a path: 400 if that is no number, 404 if there is none."""
    runner: Runner | None = store.get("runners", number(text))
    if runner is None:
        raise missing()
    return runner


def show(store: Store, request: Request, caller: Caller, runner_id: str) -> Response:
    """GET /runners/:id."""
    taken = check(request.params, Param("include_projects", "boolean"))
    runner = _readable(store, caller, runner_id)
    with_projects = taken.get("include_projects") is not False
    return json_response(present.runner_details(
        store, runner, access.may_update(store, caller, runner), with_projects))


def managers(store: Store, _request: Request, caller: Caller, runner_id: str) -> Response:
    """GET /runners/:id/managers: all of them, on one page."""
    runner = _readable(store, caller, runner_id)
    newest_first = reversed(store.managers_of(runner))
    return json_response([present.manager(store, item) for item in newest_first])


def _readable(store: Store, caller: Caller, runner_id: str) -> Runner:
    runner = find(store, runner_id)
    if not access.may_read(store, caller, runner):
        raise failure(403, "No access granted")
    return runner


def update(store: Store, request: Request, caller: Caller, runner_id: str) -> Response:
    """PUT /runners/:id: a waiting `jobs/request` of the runner looks again."""
    names = tuple(param.name for param in UPDATE)
    taken = check(request.params, *UPDATE, exclusive=("active", "paused"), any_of=names)
    runner = find(store, runner_id)
    _refuse_unless_updatable(store, caller, runner)
    before = dict(vars(runner))
    changes: dict[str, Any] = {key: value for key, value in taken.items() if key != "paused"}
    if taken.get("paused") is not None:
        changes["active"] = not taken["paused"]
    for name, value in changes.items():
        if value is not None or name in ("description", "maintenance_note", "maximum_timeout"):
            setattr(runner, name, value)
    problems = runner_rules.problems_of(runner)
    if problems:
        vars(runner).update(before)
        raise ApiError(400, {"message": problems})
    runner.updated_at = clock.now_text()
    store.touch(runner)
    return json_response(present.runner_details(store, runner, may_update=True))


def _refuse_unless_updatable(store: Store, caller: Caller, runner: Runner) -> None:
    if not access.may_update(store, caller, runner):
        raise failure(403, "No access granted")


def delete(store: Store, request: Request, caller: Caller, runner_id: str) -> Response:
    """DELETE /runners/:id."""
    runner = find(store, runner_id)
    if not caller.admin and len(runner.project_ids) > 1:
        raise failure(403, "Runner associated with more than one project")
    _refuse_unless_updatable(store, caller, runner)
    refuse_if_modified(request, runner)
    store.delete_runner(runner)
    return no_content()


def reset(store: Store, _request: Request, caller: Caller, runner_id: str) -> Response:
    """POST /runners/:id/reset_authentication_token: may simply be called again."""
    runner = find(store, runner_id)
    _refuse_unless_updatable(store, caller, runner)
    return json_response(runner_rules.reset_token(store, runner), 201)


def jobs(store: Store, request: Request, caller: Caller, runner_id: str) -> Response:
    """GET /runners/:id/jobs: silently without those the caller cannot see."""
    taken = check(request.params, *JOB_FILTERS, *paging.PAGING)
    runner = find(store, runner_id)
    if not access.may_list_jobs(store, caller, runner):
        raise failure(403, "No access granted")
    found = []
    for job in store.all("jobs"):
        project = store.get("projects", job.project_id)
        visible = project.builds_enabled and (caller.admin or access.at_least(
            access.role_in_project(store, caller.user, project), "reporter"))
        wanted = all(taken.get(name) in (None, getattr(job, name))
                     for name in ("status", "system_id"))
        if job.runner_id == runner.id and visible and wanted:
            found.append(job)
    found.sort(key=lambda item: item.id, reverse=taken.get("sort") != "asc")
    shown = [present.job_basic(store, item) for item in found]
    return paging.page(store, request, shown, counted=not taken.get("system_id"))


# -- lists ------------------------------------------------------------------------------------

def _listing(store: Store, request: Request, runners: list[Runner]) -> Response:
    kept = paging.chosen(store, request, runners)
    return paging.page(store, request, [present.runner_basic(store, item) for item in kept])


def owned(store: Store, request: Request, caller: Caller) -> Response:
    """GET /runners: what the caller owns through its roles."""
    runners = [item for item in store.all("runners") if access.owns(store, caller, item)]
    return _listing(store, request, runners)


def everything(store: Store, request: Request, caller: Caller) -> Response:
    """GET /runners/all: for admins."""
    if not caller.admin:
        raise failure(403)
    return _listing(store, request, list(store.all("runners")))


def of_group(store: Store, request: Request, caller: Caller, group_id: str) -> Response:
    """GET /groups/:id/runners: its own, those above, and the instance's."""
    group = _named(store, "groups", group_id, "Group")
    _refuse_outsider(caller, access.role_in_group(store, caller.user, group), "Group")
    return _listing(store, request, _reaching(store, _chain(store, group), []))


def of_project(store: Store, request: Request, caller: Caller, project_id: str) -> Response:
    """GET /projects/:id/runners: its own, its groups', and the instance's."""
    project = _visible_project(store, caller, project_id)
    groups = _chain(store, store.get("groups", project.group_id))
    runners = _reaching(store, groups, [project.id])
    if not project.shared_runners_enabled:
        runners = [item for item in runners if item.runner_type != "instance_type"]
    return _listing(store, request, runners)


def assign(store: Store, request: Request, caller: Caller, project_id: str) -> Response:
    """POST /projects/:id/runners: give a project runner to one more project."""
    project = _visible_project(store, caller, project_id)
    taken = check(request.params, Param("runner_id", "integer", required=True))
    runner = find(store, str(taken["runner_id"]))
    if runner.runner_type == "group_type":
        raise failure(403, "Runner is a group runner")
    if not caller.admin:
        if runner.locked:
            raise failure(403, "Runner is locked")
        _refuse_unless_updatable(store, caller, runner)
    if runner.runner_type != "project_type" or project.id in runner.project_ids:
        raise ApiError(400, {"message": "400 Bad request - Runner projects runner "
                                        "has already been taken"})
    runner.project_ids.append(project.id)
    store.touch(runner)
    return json_response(present.runner_basic(store, runner), 201)


def _named(store: Store, table: str, text: str, word: str) -> Any:
    """A group or project by number or by its path, as one path segment."""
    name = unquote(text)
    for item in store.all(table):
        if name in (str(item.id), item.path):
            return item
    raise missing(word)


def _visible_project(store: Store, caller: Caller, text: str) -> Project:
    project: Project = _named(store, "projects", text, "Project")
    _refuse_outsider(caller, access.role_in_project(store, caller.user, project), "Project")
    return project


def _refuse_outsider(caller: Caller, rank: int, word: str) -> None:
    """404 for who has no part in it, 403 for who has too small a one."""
    if caller.admin or access.at_least(rank, "maintainer"):
        return
    raise failure(403) if rank else missing(word)


def _chain(store: Store, group: Group | None) -> list[int]:
    """The numbers of a group and all those above it."""
    chain = []
    while group is not None:
        chain.append(group.id)
        group = store.get("groups", group.parent_id)
    return chain


def _reaching(store: Store, groups: list[int], projects: list[int]) -> list[Runner]:
    """The runners that serve those groups and projects, the instance's among them."""
    return [item for item in store.all("runners")
            if item.runner_type == "instance_type" or item.group_id in groups
            or set(item.project_ids) & set(projects)]
