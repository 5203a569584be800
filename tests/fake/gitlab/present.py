"""Records as GitLab's REST API shows them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from . import clock
from .model import AccessToken, Group, Job, Manager, Project, Runner, User
from .store import Store

ONLINE, STALE = timedelta(hours=2).total_seconds(), timedelta(days=7).total_seconds()


def credentials(runner: Runner) -> dict[str, Any]:
    """The reply to creation and verification: the only places that show a token."""
    return {"id": runner.id, "token": runner.token, "token_expires_at": runner.token_expires_at}


def contact_status(record: Runner | Manager) -> str:
    """online, offline, stale or never_contacted."""
    if record.contacted_at is not None and clock.age(record.contacted_at) < ONLINE:
        return "online"
    latest = max(filter(None, (record.created_at, record.contacted_at)), key=clock.parse)
    if clock.age(latest) >= STALE:
        return "stale"
    return "never_contacted" if record.contacted_at is None else "offline"


def rest_status(runner: Runner) -> str:
    """The status of REST v4, in which a paused runner is neither online nor offline."""
    status = contact_status(runner)
    return "paused" if status in ("online", "offline") and not runner.active else status


def _busy(store: Store, key: str, number: int) -> str:
    running = any(getattr(job, key) == number and job.status == "running"
                  for job in store.all("jobs"))
    return "active" if running else "idle"


def user_basic(store: Store, user: User | None) -> dict[str, Any] | None:
    """A user in a few words."""
    if user is None:
        return None
    return {"id": user.id, "username": user.username, "name": user.name, "state": "active",
            "locked": False, "avatar_url": None,
            "web_url": f"{store.settings.external_url}/{user.username}"}


def runner_basic(store: Store, runner: Runner) -> dict[str, Any]:
    """A runner as lists show it."""
    return {
        "id": runner.id, "description": runner.description, "ip_address": None,
        "active": runner.active, "paused": not runner.active,
        "is_shared": runner.runner_type == "instance_type", "runner_type": runner.runner_type,
        "name": "gitlab-runner" if runner.contacted_at else None,
        "online": contact_status(runner) == "online" if runner.contacted_at else None,
        "created_at": runner.created_at,
        "created_by": user_basic(store, store.get("users", runner.creator_id)),
        "status": rest_status(runner),
        "job_execution_status": _busy(store, "runner_id", runner.id),
    }


def runner_details(store: Store, runner: Runner, may_update: bool,
                   with_projects: bool = True) -> dict[str, Any]:
    """A runner by itself. Only who may update it reads the maintenance note."""
    managers = sorted(store.managers_of(runner), key=lambda item: item.contacted_at or "")
    latest = managers[-1] if managers else None
    details = runner_basic(store, runner)
    details.update({
        "tag_list": list(runner.tag_list), "run_untagged": runner.run_untagged,
        "locked": runner.locked, "maximum_timeout": runner.maximum_timeout,
        "access_level": runner.access_level,
        "version": getattr(latest, "version", None), "revision": getattr(latest, "revision", None),
        "platform": getattr(latest, "platform", None),
        "architecture": getattr(latest, "architecture", None),
        "contacted_at": runner.contacted_at,
        "maintenance_note": runner.maintenance_note if may_update else None,
    })
    if with_projects:
        details["projects"] = [project_basic(item) for item in store.all("projects")
                               if item.id in runner.project_ids]
    group = store.get("groups", runner.group_id)
    details["groups"] = [group_basic(store, group)] if group else []
    return details


def project_basic(project: Project) -> dict[str, Any]:
    """A project in a few words."""
    return {"id": project.id, "name": project.name, "path": project.path.rpartition("/")[2],
            "name_with_namespace": project.path.replace("/", " / "),
            "path_with_namespace": project.path, "description": None}


def group_basic(store: Store, group: Group) -> dict[str, Any]:
    """A group in a few words."""
    return {"id": group.id, "name": group.name,
            "web_url": f"{store.settings.external_url}/groups/{group.path}"}


def manager(store: Store, record: Manager) -> dict[str, Any]:
    """A runner manager."""
    shown = {name: getattr(record, name) for name in (
        "id", "system_id", "version", "revision", "platform", "architecture", "created_at",
        "contacted_at", "ip_address")}
    shown["status"] = contact_status(record)
    shown["job_execution_status"] = _busy(store, "manager_id", record.id)
    return shown


def job_basic(store: Store, job: Job) -> dict[str, Any]:
    """A job as `GET /runners/:id/jobs` shows it."""
    project = store.get("projects", job.project_id)
    duration = None
    if job.started_at:
        end = clock.parse(job.finished_at) if job.finished_at else clock.now()
        duration = (end - clock.parse(job.started_at)).total_seconds()
    return {
        "id": job.id, "status": job.status, "stage": job.stage, "name": job.name, "ref": "main",
        "tag": False, "created_at": job.created_at, "started_at": job.started_at,
        "finished_at": job.finished_at, "duration": duration, "tag_list": list(job.tags),
        "failure_reason": job.failure_reason,
        "web_url": f"{store.settings.external_url}/{project.path}/-/jobs/{job.id}",
        "project": project_basic(project),
        "pipeline": {"id": job.id, "project_id": job.project_id, "ref": "main",
                     "status": job.status},
    }


def access_token(token: AccessToken, active: bool) -> dict[str, Any]:
    """A personal access token about itself; never its value."""
    return {"id": token.id, "name": token.name, "revoked": token.revoked,
            "created_at": token.created_at, "description": None, "scopes": list(token.scopes),
            "user_id": token.user_id, "last_used_at": token.last_used_at, "active": active,
            "expires_at": token.expires_at}
