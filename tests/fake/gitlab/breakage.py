"""Carrying out a fault: the wrong reply, or the right one sent wrongly."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler

from .faults import Fault
from .web import JSON, Response

SIGN_IN = b"""<!DOCTYPE html>
<html><head><title>Sign in</title></head>
<body><h1>Sign in</h1><form action="/users/sign_in" method="post">
<input name="user[login]"><input name="user[password]" type="password"></form></body></html>
"""


def reply(fault: Fault, response: Response | None) -> Response | None:
    """What the client will see, or None if the connection ends without a reply."""
    if fault.action == "close" or (fault.action == "hang" and not fault.answer):
        return None
    if fault.action == "garbage":
        return None if fault.raw else Response(fault.status or 200, os.urandom(256), JSON)
    if fault.action == "redirect":
        return Response(fault.status or 302, headers={"Location": fault.location, **fault.headers})
    if fault.action == "login_page":
        return Response(fault.status or 200, SIGN_IN, "text/html; charset=utf-8", fault.headers)
    if fault.action == "huge":
        body = b'{"message":"' + b"x" * int(fault.size) + b'"}'
        return Response(fault.status or 200, body, fault.content_type or JSON, fault.headers)
    return _ordered(fault, response)


def _ordered(fault: Fault, response: Response | None) -> Response:
    """The reply the order describes; where it says nothing, GitLab's own."""
    base = response or Response(500 if fault.action == "status" else 200, b"{}")
    if fault.action == "status":
        base = Response(500, b"")
    body, kind = base.body, base.content_type
    if fault.body is not None:
        is_text = isinstance(fault.body, str)
        body = fault.body.encode() if is_text else json.dumps(fault.body).encode()
        kind = "text/plain" if is_text else JSON
    return Response(int(fault.status or base.status), body, fault.content_type or kind,
                    {**base.headers, **fault.headers})


def carry_out(handler: BaseHTTPRequestHandler, fault: Fault, answer: Response | None) -> None:
    """Send the reply in the way the fault asks for. The connection often ends here."""
    if fault.action == "hang" and not fault.late():
        time.sleep(fault.seconds)
    if fault.action == "garbage" and fault.raw:
        handler.wfile.write(os.urandom(256))
    if answer is None:
        reset(handler)
    elif fault.action == "truncate":
        cut = int(fault.bytes)
        send_head(handler, answer, max(len(answer.body), cut + 1))
        handler.wfile.write(answer.body[:cut])
        handler.close_connection = True
    elif fault.action == "slow":
        _drip(handler, answer, fault.bytes_per_second)
    else:
        send(handler, answer)


def _drip(handler: BaseHTTPRequestHandler, answer: Response, rate: float) -> None:
    send_head(handler, answer, len(answer.body))
    for position in range(len(answer.body)):
        handler.wfile.write(answer.body[position:position + 1])
        time.sleep(1 / max(rate, 0.001))


def reset(handler: BaseHTTPRequestHandler) -> None:
    """End the connection so that TCP clients see a reset, not an orderly end."""
    handler.close_connection = True
    if handler.connection.family != socket.AF_UNIX:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      struct.pack("ii", 1, 0))
    os.close(handler.connection.detach())


def send(handler: BaseHTTPRequestHandler, response: Response) -> None:
    """Send a whole reply."""
    send_head(handler, response, len(response.body))
    if response.status != 204:
        handler.wfile.write(response.body)


def send_head(handler: BaseHTTPRequestHandler, response: Response, length: int) -> None:
    """Send the status line and the headers."""
    handler.send_response(response.status)
    for name, value in response.headers.items():
        handler.send_header(name, value)
    if response.status != 204:
        if response.body or length:
            handler.send_header("Content-Type", response.content_type)
        handler.send_header("Content-Length", str(length))
    handler.end_headers()
