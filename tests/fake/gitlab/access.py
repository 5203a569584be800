"""Who is asking: access tokens, their scopes, and what a role allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import clock
from .model import ROLES, AccessToken, Group, Project, Runner, User
from .store import Store
from .web import ApiError, Request, failure

ANY_SCOPE = "*"


@dataclass(frozen=True)
class Scopes:
    """Scopes that open a route besides `api`, and `read_api` when it is a GET."""

    extra: tuple[str, ...] = ()

    def accepted(self, method: str) -> tuple[str, ...]:
        """All scopes that open the route for that method."""
        reading = ("read_api",) if method in ("GET", "HEAD") else ()
        return ("api", *reading, *self.extra)


@dataclass(frozen=True)
class Caller:
    """The user behind a valid access token. `admin` counts Admin Mode in."""

    user: User
    token: AccessToken
    admin: bool


def presented(request: Request) -> tuple[str, str] | None:
    """The access token a request carries and how: GitLab's order of precedence."""
    value = request.params.get("private_token")
    if isinstance(value, str) and value:
        return value, "private_token"
    value = request.header("PRIVATE-TOKEN")
    if value:
        return value, "PRIVATE-TOKEN"
    scheme, _, value = (request.header("Authorization") or "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip(), "Bearer"
    return None


def usable(token: AccessToken) -> bool:
    """Whether a token is neither revoked nor expired."""
    return not token.revoked and not clock.passed(token.expires_at)


def identify(store: Store, request: Request, scopes: Scopes) -> Caller:
    """The caller, or 401 for a bad token and 403 for one that lacks the scope."""
    credential = presented(request)
    token = store.access_token(credential[0]) if credential else None
    if token is None:
        raise failure(401)
    if token.revoked:
        raise _invalid("Token was revoked. You have to re-authorize from the user.")
    if not usable(token):
        raise _invalid("Token is expired. You can either do re-authorization or token refresh.")
    wanted = scopes.accepted(request.method)
    if ANY_SCOPE not in wanted and not set(wanted) & set(token.scopes):
        raise _oauth_error(403, "insufficient_scope", "The request requires higher privileges "
                           "than provided by the access token.", scope=" ".join(wanted))
    token.last_used_at = clock.now_text()
    user: User = store.get("users", token.user_id)
    admin = user.admin and (not store.settings.admin_mode or "admin_mode" in token.scopes)
    return Caller(user, token, admin)


def _invalid(description: str) -> ApiError:
    return _oauth_error(401, "invalid_token", description)


def _oauth_error(status: int, error: str, description: str, **more: str) -> ApiError:
    body = {"error": error, "error_description": description, **more}
    challenge = f'Bearer realm="Protected by OAuth 2.0", error="{error}"'
    return ApiError(status, body, {"WWW-Authenticate": challenge})


# -- roles ------------------------------------------------------------------------------------

def role_in_group(store: Store, user: User, group: Group | None) -> int:
    """The user's rank in a group, its own or one inherited from above."""
    rank = 0
    while group is not None:
        rank = max(rank, ROLES.index(group.members.get(user.username, "none")))
        group = store.get("groups", group.parent_id)
    return rank


def role_in_project(store: Store, user: User, project: Project | None) -> int:
    """The user's rank in a project, its own or one inherited from its group."""
    if project is None:
        return 0
    own = ROLES.index(project.members.get(user.username, "none"))
    return max(own, role_in_group(store, user, store.get("groups", project.group_id)))


def at_least(rank: int, role: str) -> bool:
    """Whether a rank reaches a role."""
    return rank >= ROLES.index(role)


def may_create(store: Store, caller: Caller, scope: Any) -> bool:
    """Whether the caller may create a runner in a group, a project, or (None) the instance."""
    if caller.admin or scope is None:
        return caller.admin
    if isinstance(scope, Group):
        return at_least(role_in_group(store, caller.user, scope), "owner")
    return at_least(role_in_project(store, caller.user, scope), "maintainer")


def may_read(store: Store, caller: Caller, runner: Runner) -> bool:
    """Instance runners are open to all who are signed in; others to maintainers."""
    return caller.admin or runner.runner_type == "instance_type" or may_list_jobs(
        store, caller, runner)


def may_list_jobs(store: Store, caller: Caller, runner: Runner) -> bool:
    """Maintainers of where the runner lives; of an instance runner only admins."""
    if caller.admin:
        return True
    if runner.runner_type == "group_type":
        group = store.get("groups", runner.group_id)
        return at_least(role_in_group(store, caller.user, group), "maintainer")
    return _maintains_a_project(store, caller, runner)


def may_update(store: Store, caller: Caller, runner: Runner) -> bool:
    """Admins; owners of the group; maintainers of one of the projects."""
    if caller.admin:
        return True
    if runner.runner_type == "group_type":
        group = store.get("groups", runner.group_id)
        return at_least(role_in_group(store, caller.user, group), "owner")
    return runner.runner_type == "project_type" and _maintains_a_project(store, caller, runner)


def _maintains_a_project(store: Store, caller: Caller, runner: Runner) -> bool:
    ranks = (role_in_project(store, caller.user, store.get("projects", number))
             for number in runner.project_ids)
    return any(at_least(rank, "maintainer") for rank in ranks)


def owns(store: Store, caller: Caller, runner: Runner) -> bool:
    """Whether `GET /runners` lists it: what the user's own roles reach, admin or not."""
    plain = Caller(caller.user, caller.token, admin=False)
    return runner.runner_type != "instance_type" and may_update(store, plain, runner)
