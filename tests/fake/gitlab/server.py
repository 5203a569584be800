"""The network side: HTTP/1.1 with keep-alive over TCP or a unix socket, plain or TLS."""

from __future__ import annotations

import os
import secrets
import socket
import socketserver
import ssl
import stat
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from . import breakage, journal
from .routes import CONTROL, App
from .web import ApiError, Request, bare_error

IDLE_SECONDS = 75
LARGEST_BODY = 256 * 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    server: "TcpServer | UnixServer"

    def _serve(self) -> None:
        app = self.server.app
        path, _, query = self.path.partition("?")
        request = Request(self.command, path, query, self.headers, peer=self.client_address[0])
        problem = self._read(request)
        if path.startswith(CONTROL + "/"):
            breakage.send(self, app.answer(request, problem))
            return
        with app.store.lock:
            auth = journal.describe(app.store, request)
        fault = app.faults.take(request.method, path)
        response = None
        if fault is not None and fault.late():
            time.sleep(fault.seconds)
        if fault is None or fault.when == "after" or fault.answer:
            response = app.answer(request, problem)
            given = self.headers.get("X-Request-Id")
            response.headers.setdefault("X-Request-Id", given or secrets.token_hex(13))
        reply = breakage.reply(fault, response) if fault else response
        app.journal.add(request, auth, reply.status if reply else None, fault)
        if fault is not None:
            breakage.carry_out(self, fault, reply)
        elif reply is not None:
            breakage.send(self, reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: the names are the base's

    def _read(self, request: Request) -> ApiError | None:
        """Read the body and its parameters; what is wrong with them comes back."""
        try:
            if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
                request.body = self._read_chunks()
            else:
                request.body = self._take(int(self.headers.get("Content-Length") or 0))
            request.parse()
        except ApiError as error:
            return error
        except ValueError:
            self.close_connection = True
            return bare_error(400, "400 Bad request")
        return None

    def _take(self, length: int) -> bytes:
        if not 0 <= length <= LARGEST_BODY:
            raise ValueError(length)
        data = self.rfile.read(length)
        if len(data) < length:
            raise ConnectionResetError("the client left in the middle of its request")
        return data

    def _read_chunks(self) -> bytes:
        parts, size = [], 1
        while size:
            size = int(self.rfile.readline(1024).split(b";")[0], 16)
            parts.append(self._take(size))
            end = self.rfile.readline(1024)
            while size == 0 and end.strip():
                end = self.rfile.readline(1024)
        return b"".join(parts)

    def version_string(self) -> str:
        """The Server header."""
        return "gitlab-standin"

    def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin
        """Nothing on stderr: the request log is the log."""


class _Quiet(socketserver.BaseServer):
    """What both servers share: clients that leave are no error of the server."""

    app: App
    tls: ssl.SSLContext | None = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print what is a mistake of ours only."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def _wrap(self, connection: socket.socket) -> socket.socket:
        """TLS on a connection; the handshake happens in the connection's own thread."""
        if self.tls is None:
            return connection
        return self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)


class TcpServer(_Quiet, ThreadingHTTPServer):
    """Listens on an address and a port."""

    request_queue_size = 128

    def server_bind(self) -> None:
        """Bind without asking the resolver for our own name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept one connection."""
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._wrap(connection), address


class UnixServer(_Quiet, socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Listens on a unix socket."""

    daemon_threads = True
    request_queue_size = 128

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept one connection; its address has no name."""
        connection, _ = super().get_request()
        return self._wrap(connection), ("unix", 0)


def tls_context(cert: Path, key: Path) -> ssl.SSLContext:
    """The server's certificate and key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def listen_tcp(app: App, address: str, tls: ssl.SSLContext | None) -> tuple[TcpServer, str]:
    """A server on HOST:PORT, and its URL. Port 0 takes a free one."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdigit():
        raise ValueError(f"{address}: expected HOST:PORT")
    kind = type("Server", (TcpServer,), {
        "address_family": socket.AF_INET6 if ":" in host else socket.AF_INET,
        "app": app, "tls": tls})
    server = kind((host, int(port)), Handler)
    shown = f"[{host}]" if ":" in host else host
    return server, f"{'https' if tls else 'http'}://{shown}:{server.server_port}"


def listen_unix(app: App, path: Path, tls: ssl.SSLContext | None) -> tuple[UnixServer, str]:
    """A server on a unix socket, and how to name it. A dead socket there is replaced."""
    if path.exists() and stat.S_ISSOCK(os.stat(path).st_mode):
        path.unlink()
    kind = type("Server", (UnixServer,), {"app": app, "tls": tls})
    return kind(str(path), Handler), f"unix:{path}"
