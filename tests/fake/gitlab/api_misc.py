"""The few routes that are not about runners."""

from __future__ import annotations

from . import present
from .access import Caller, usable
from .store import Store
from .web import Request, Response, json_response


def version(store: Store, _request: Request, _caller: Caller) -> Response:
    """GET /version and /metadata."""
    return json_response({"version": store.settings.version, "revision": "standin",
                          "kas": {"enabled": False, "externalUrl": None, "version": None},
                          "enterprise": store.settings.premium})


def token_self(_store: Store, _request: Request, caller: Caller) -> Response:
    """GET /personal_access_tokens/self: what the token may do."""
    return json_response(present.access_token(caller.token, usable(caller.token)))
