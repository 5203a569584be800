"""The state a new stand-in starts with. README.md lists the tokens for people."""

from __future__ import annotations

from typing import Any

ADMIN, OWNER, MAINTAINER, DEVELOPER, NOBODY = 1, 2, 3, 4, 5

TOKENS: list[tuple[str, int, list[str]]] = [
    ("glpat-standin-admin-0000001", ADMIN, ["api"]),
    ("glpat-standin-admin-runner-01", ADMIN, ["create_runner", "manage_runner", "read_api"]),
    ("glpat-standin-admin-create-01", ADMIN, ["create_runner"]),
    ("glpat-standin-admin-least-01", ADMIN, ["create_runner", "manage_runner"]),
    ("glpat-standin-admin-read-001", ADMIN, ["read_api"]),
    ("glpat-standin-admin-mode-001", ADMIN, ["api", "admin_mode"]),
    ("glpat-standin-group-owner-01", OWNER, ["api"]),
    ("glpat-standin-maintainer-01", MAINTAINER, ["api"]),
    ("glpat-standin-developer-001", DEVELOPER, ["api"]),
    ("glpat-standin-nobody-000001", NOBODY, ["api"]),
]
EXPIRED = "glpat-standin-expired-00001"
REVOKED = "glpat-standin-revoked-00001"


def default() -> dict[str, Any]:
    """The built-in seed, in the shape of `GET /-/standin/state`."""
    tokens: list[dict[str, Any]] = [
        {"id": number, "token": value, "user_id": user, "scopes": scopes,
         "name": value.removeprefix("glpat-standin-"), "expires_at": "2099-12-31"}
        for number, (value, user, scopes) in enumerate(TOKENS, start=1)
    ]
    tokens.append({"id": len(tokens) + 1, "token": EXPIRED, "user_id": ADMIN, "scopes": ["api"],
                   "name": "expired", "expires_at": "2020-01-01"})
    tokens.append({"id": len(tokens) + 1, "token": REVOKED, "user_id": ADMIN, "scopes": ["api"],
                   "name": "revoked", "revoked": True, "expires_at": "2099-12-31"})
    return {
        "settings": {},
        "users": [
            {"id": ADMIN, "username": "root", "name": "Administrator", "admin": True},
            {"id": OWNER, "username": "olga", "name": "Olga Owner"},
            {"id": MAINTAINER, "username": "mika", "name": "Mika Maintainer"},
            {"id": DEVELOPER, "username": "dev", "name": "Dev Eloper"},
            {"id": NOBODY, "username": "nina", "name": "Nina Nobody"},
        ],
        "tokens": tokens,
        "groups": [
            {"id": 10, "path": "tools", "name": "Tools",
             "members": {"olga": "owner", "dev": "developer"},
             "runners_token": "GR1348941standin-group-tools"},
            {"id": 11, "path": "tools/nested", "name": "Nested", "parent_id": 10},
        ],
        "projects": [
            {"id": 20, "path": "tools/widget", "name": "Widget", "group_id": 10,
             "members": {"mika": "maintainer"},
             "runners_token": "GR1348941standin-project-widget"},
            {"id": 21, "path": "tools/nested/gadget", "name": "Gadget", "group_id": 11,
             "members": {"mika": "maintainer"}},
        ],
        "runners": [],
        "managers": [],
        "jobs": [],
    }
