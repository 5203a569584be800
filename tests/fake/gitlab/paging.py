"""Lists: filters of runners, and pages with GitLab's headers."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from . import present
from .model import Runner
from .params import RUNNER_TYPES, Param, check
from .store import Store
from .web import Request, Response, bare_error, json_response

STATUSES = ("active", "paused", "online", "offline", "never_contacted", "stale")
SCOPES = ("specific", "shared", *RUNNER_TYPES, *STATUSES)
PAGING = (Param("page", "integer"), Param("per_page", "integer"))
DEFAULT_PAGE, LONGEST_PAGE = 20, 100

FILTERS = (
    Param("scope", values=SCOPES), Param("type", values=RUNNER_TYPES),
    Param("paused", "boolean"), Param("status", values=STATUSES), Param("tag_list", "tags"),
    Param("version_prefix"), *PAGING,
)


def chosen(store: Store, request: Request, runners: list[Runner]) -> list[Runner]:
    """The runners that pass the filters of the request."""
    taken = check(request.params, *FILTERS)
    prefix = taken.get("version_prefix")
    if prefix is not None and not re.match(r"[\d+.]+", prefix):
        raise bare_error(400, "version_prefix is invalid")
    wanted = [word for word in (taken.get("scope"), taken.get("type"), taken.get("status")) if word]
    if taken.get("paused") is not None:
        wanted.append("paused" if taken["paused"] else "active")
    kept = [item for item in runners if all(_is(item, word) for word in wanted)]
    if taken.get("tag_list"):
        kept = [item for item in kept if set(taken["tag_list"]) <= set(item.tag_list)]
    if prefix:
        kept = [item for item in kept if any((manager.version or "").startswith(prefix)
                                             for manager in store.managers_of(item))]
    return sorted(kept, key=lambda item: -item.id)


def _is(runner: Runner, word: str) -> bool:
    """Whether a runner is of that type or in that state."""
    aliases = {"shared": "instance_type", "specific": "project_type"}
    if aliases.get(word, word) in RUNNER_TYPES:
        return runner.runner_type == aliases.get(word, word)
    if word in ("active", "paused"):
        return runner.active == (word == "active")
    return present.contact_status(runner) == word


def page(store: Store, request: Request, items: list[Any], counted: bool = True) -> Response:
    """One page of a list. Link names the configured host, not the one that was called."""
    taken = check(request.params, *PAGING)
    number = max(taken.get("page") or 1, 1)
    size = min(max(taken.get("per_page") or DEFAULT_PAGE, 1), LONGEST_PAGE)
    pages = max(-(-len(items) // size), 1)
    around = {"first": 1, "prev": number - 1 if number > 1 else None,
              "next": number + 1 if number < pages else None, "last": pages if counted else None}
    response = json_response(items[(number - 1) * size:number * size])
    response.headers = {
        "X-Page": str(number), "X-Per-Page": str(size),
        "X-Next-Page": str(around["next"] or ""), "X-Prev-Page": str(around["prev"] or ""),
        "Link": ", ".join(_link(store, request, rel, to, size)
                          for rel, to in around.items() if to is not None),
    }
    if counted:
        response.headers |= {"X-Total": str(len(items)), "X-Total-Pages": str(pages)}
    return response


def _link(store: Store, request: Request, rel: str, number: int, size: int) -> str:
    kept = {key: value for key, value in request.params.items()
            if isinstance(value, str) and key not in ("page", "per_page", "private_token")}
    query = urlencode({**kept, "page": number, "per_page": size})
    return f'<{store.settings.external_url}{request.path}?{query}>; rel="{rel}"'
