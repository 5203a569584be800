"""Requests, responses, and GitLab's several shapes of an error."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

JSON = "application/json"


@dataclass
class Response:
    """What goes back. `body` is sent as it is."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


def json_response(value: Any, status: int = 200, **headers: str) -> Response:
    """A JSON reply; a header name is given with _ for -."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(status, json.dumps(value).encode(), JSON, named)


def text_response(text: str, status: int, headers: dict[str, str] | None = None) -> Response:
    """A plain text reply, as the job routes give."""
    return Response(status, text.encode(), "text/plain", headers or {})


def no_content(headers: dict[str, str] | None = None) -> Response:
    """204 without a body."""
    return Response(204, headers=headers or {})


class ApiError(Exception):
    """A reply that ends the handling of a request."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status, self.body, self.headers = status, body, headers or {}

    def response(self) -> Response:
        """The reply itself."""
        return Response(self.status, json.dumps(self.body).encode(), JSON, self.headers)


def failure(status: int, reason: str = "", **headers: str) -> ApiError:
    """`{"message": "403 Forbidden - reason"}`: GitLab's usual form."""
    phrase = "Bad request" if status == 400 else HTTPStatus(status).phrase
    text = f"{status} {phrase} - {reason}" if reason else f"{status} {phrase}"
    return ApiError(status, {"message": text}, {k.replace("_", "-"): v for k, v in headers.items()})


def missing(what: str = "") -> ApiError:
    """404: `404 Not found` for a lost record, `404 Project Not Found` for a hidden one."""
    return ApiError(404, {"message": f"404 {what} Not Found" if what else "404 Not found"})


def bare_error(status: int, text: str, headers: dict[str, str] | None = None) -> ApiError:
    """`{"error": "..."}`: parameter checks and a few routes."""
    return ApiError(status, {"error": text}, headers)


@dataclass
class Request:
    """One request. `params` is what the query and the body name together."""

    method: str
    path: str
    query: str = ""
    headers: Message = field(default_factory=Message)
    body: bytes = b""
    peer: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    body_keys: list[str] = field(default_factory=list)

    def header(self, name: str) -> str | None:
        """A header's value, if sent."""
        return self.headers.get(name)

    def parse(self) -> None:
        """Fill `params`. 400 if the body is not what its Content-Type says."""
        self.params = _pairs(self.query)
        kind = self.headers.get_content_type() if self.header("Content-Type") else ""
        fields: dict[str, Any] = {}
        if self.body and kind == JSON:
            fields = _json_object(self.body)
        elif kind == "application/x-www-form-urlencoded":
            fields = _pairs(self.body.decode("utf-8", "replace"))
        elif kind == "multipart/form-data":
            fields = _multipart(self.header("Content-Type") or "", self.body)
        self.body_keys = sorted(fields)
        self.params.update(fields)


def _pairs(text: str) -> dict[str, Any]:
    """Query pairs; `name[]=a&name[]=b` is a list."""
    result: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name.endswith("[]"):
            result.setdefault(name[:-2], []).append(value)
        else:
            result[name] = value
    return result


def _json_object(body: bytes) -> dict[str, Any]:
    """The members of a JSON body."""
    try:
        value = json.loads(body)
    except ValueError as error:
        raise bare_error(400, "message body does not match declared format") from error
    if not isinstance(value, dict):
        raise bare_error(400, "message body does not match declared format")
    return value


def _multipart(content_type: str, body: bytes) -> dict[str, Any]:
    """Form fields; a file is `{"filename", "data"}`."""
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    result: dict[str, Any] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        data: Any = part.get_payload(decode=True) or b""
        filename = part.get_filename()
        if name:
            result[str(name)] = ({"filename": filename, "data": data} if filename is not None
                                 else data.decode("utf-8", "replace"))
    return result
