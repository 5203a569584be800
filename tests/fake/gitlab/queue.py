"""The job queue: which runner may take which job, and what it is handed."""

from __future__ import annotations

from typing import Any

from . import clock
from .model import Group, Job, Manager, Project, Runner
from .store import Store

FAILURE_REASONS = [
    "unknown_failure", "script_failure", "api_failure", "stuck_or_timeout_failure",
    "runner_system_failure", "missing_dependency_failure", "runner_unsupported",
    "job_execution_timeout", "image_pull_failure", "job_canceled",
]


def next_for(store: Store, runner: Runner) -> Job | None:
    """The oldest pending job that the runner may take."""
    return next((job for job in store.all("jobs") if job.status == "pending"
                 and not job.waiting_for_ack and may_take(store, runner, job)), None)


def may_take(store: Store, runner: Runner, job: Job) -> bool:
    """Whether project, tags and protection let that runner take that job."""
    project = store.get("projects", job.project_id)
    if not project.builds_enabled or (runner.access_level == "ref_protected" and not job.protected):
        return False
    if not job.tags and not runner.run_untagged or not set(job.tags) <= set(runner.tag_list):
        return False
    return _serves(store, runner, project)


def _serves(store: Store, runner: Runner, project: Project) -> bool:
    """Whether the runner is one of the project's, its groups', or a shared one."""
    if runner.runner_type == "instance_type":
        return project.shared_runners_enabled
    if runner.runner_type == "project_type":
        return project.id in runner.project_ids
    group: Group | None = store.get("groups", project.group_id)
    while group is not None and group.id != runner.group_id:
        group = store.get("groups", group.parent_id)
    return group is not None


def hand_out(store: Store, job: Job, runner: Runner, manager: Manager,
             features: dict[str, Any]) -> None:
    """Give a job away; a runner that can confirm must do so before it runs."""
    job.runner_id, job.manager_id, job.system_id = runner.id, manager.id, manager.system_id
    job.graceful_cancel = bool(features.get("cancel_gracefully"))
    if features.get("two_phase_job_commit"):
        job.waiting_for_ack = True
        extend_ack(store, job)
    else:
        start(job)


def start(job: Job) -> None:
    """The job runs from now on."""
    job.status, job.waiting_for_ack, job.ack_expires_at = "running", False, None
    job.started_at = clock.now_text()


def extend_ack(store: Store, job: Job) -> None:
    """The runner has that long from now to confirm the job."""
    job.ack_expires_at = clock.after(store.settings.runner_ack_seconds)


def take_back_unconfirmed(store: Store) -> None:
    """Jobs handed out and never confirmed go back into the queue."""
    for job in store.all("jobs"):
        if job.waiting_for_ack and clock.passed(job.ack_expires_at):
            job.waiting_for_ack, job.ack_expires_at = False, None
            job.runner_id = job.manager_id = job.system_id = None
            store.touch_all()


def payload(store: Store, job: Job, runner: Runner) -> dict[str, Any]:
    """The 201 of `jobs/request`: what gitlab-runner needs to run the job."""
    project = store.get("projects", job.project_id)
    url = store.settings.external_url
    limits = [limit for limit in (job.timeout, runner.maximum_timeout) if limit]
    timeout = min(limits, default=3600)
    sha = f"{job.id:040x}"
    steps = [_step("script", job.script, timeout, "on_success", False)]
    if job.after_script:
        steps.append(_step("after_script", job.after_script, timeout, "always", True))
    return {
        "id": job.id, "token": job.token, "allow_git_fetch": True,
        "job_info": {"id": job.id, "name": job.name, "stage": job.stage,
                     "project_id": project.id, "project_name": project.name,
                     "project_full_path": project.path},
        "git_info": {"repo_url": f"{url}/{project.path}.git", "ref": "main", "sha": sha,
                     "before_sha": "0" * 40, "ref_type": "branch", "refspecs": [], "depth": 1},
        "runner_info": {"timeout": timeout},
        "variables": _variables(store, job, project, sha),
        "steps": steps,
        "image": {"name": job.image} if job.image else None,
        "services": [{"name": name} for name in job.services],
        "artifacts": [], "cache": [], "credentials": [], "dependencies": [], "hooks": [],
        "features": {"trace_sections": True, "failure_reasons": FAILURE_REASONS},
    }


def _step(name: str, script: list[str], timeout: int, when: str, lenient: bool) -> dict[str, Any]:
    return {"name": name, "script": script, "timeout": timeout, "when": when,
            "allow_failure": lenient}


def variable(key: str, value: str, masked: bool = False, **more: Any) -> dict[str, Any]:
    """A CI variable in full."""
    return {"key": key, "value": value, "public": not masked, "file": False, "masked": masked,
            "raw": False, **more}


def _variables(store: Store, job: Job, project: Project, sha: str) -> list[dict[str, Any]]:
    """The predefined variables, then the job's own, which win."""
    return [
        variable("CI", "true"), variable("GITLAB_CI", "true"), variable("GIT_STRATEGY", "none"),
        variable("CI_SERVER_URL", store.settings.external_url),
        variable("CI_JOB_ID", str(job.id)), variable("CI_JOB_NAME", job.name),
        variable("CI_JOB_STAGE", job.stage), variable("CI_JOB_TOKEN", job.token, masked=True),
        variable("CI_PROJECT_ID", str(project.id)), variable("CI_PROJECT_NAME", project.name),
        variable("CI_PROJECT_PATH", project.path), variable("CI_COMMIT_REF_NAME", "main"),
        variable("CI_COMMIT_SHA", sha), *job.variables,
    ]
