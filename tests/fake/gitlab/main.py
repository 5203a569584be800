"""The program: options, files, signals."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from . import seed, server, store
from .journal import Journal
from .routes import App

DESCRIPTION = """\
A stand-in for a GitLab server: the runner API that runnerctl uses, and the protocol
by which a gitlab-runner gets its jobs. For tests, and for trying things out; it keeps
everything in memory and protects nothing. Steer it under /-/standin/ (see README.md)."""


def _parser() -> argparse.ArgumentParser:
    tokens = "\n".join(f"  {value:32}{' '.join(scopes)}" for value, _, scopes in seed.TOKENS)
    parser = argparse.ArgumentParser(
        prog="gitlab-standin", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"access tokens of the built-in seed, and their scopes:\n{tokens}\n"
               f"  {seed.EXPIRED:32}expired\n  {seed.REVOKED:32}revoked")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:8080",
                       help="address to listen on; port 0 takes a free one (default: %(default)s)")
    where.add_argument("--unix", metavar="PATH", type=Path, help="unix socket to listen on instead")
    parser.add_argument("--tls-cert", metavar="F", type=Path,
                        help="serve TLS with this certificate")
    parser.add_argument("--tls-key", metavar="F", type=Path, help="and this key")
    parser.add_argument("--state", metavar="F.json", type=Path,
                        help="keep the state in this file; start from it if it exists")
    parser.add_argument("--seed", metavar="F.json", type=Path,
                        help="start from this instead of the built-in seed; what it leaves "
                             "out is the built-in's")
    parser.add_argument("--request-log", metavar="F.jsonl", type=Path,
                        help="append one line per request; no token values")
    parser.add_argument("--pid-file", metavar="F", type=Path, help="write the process number")
    parser.add_argument("--ready-file", metavar="F", type=Path,
                        help="write the URL, once connections are accepted")
    return parser


def _write(file: Path | None, text: str) -> None:
    """Write a file whole or not at all."""
    if file is not None:
        draft = file.with_name(file.name + ".new")
        draft.write_text(text + "\n", encoding="utf-8")
        os.replace(draft, file)


def _run(options: argparse.Namespace) -> int:
    if options.ready_file:
        options.ready_file.unlink(missing_ok=True)  # of a run that was killed
    tls = server.tls_context(options.tls_cert, options.tls_key) if options.tls_cert else None
    app = App(store.load(options.state, options.seed), Journal(options.request_log))
    listener: server.TcpServer | server.UnixServer
    if options.unix:
        listener, url = server.listen_unix(app, options.unix, tls)
    else:
        listener, url = server.listen_tcp(app, options.listen, tls)
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for serve_forever(), which runs in the thread of the signal
        signal.signal(number, lambda *_: threading.Thread(target=listener.shutdown).start())
    _write(options.pid_file, str(os.getpid()))
    _write(options.ready_file, url)
    print(f"gitlab-standin: ready on {url}", file=sys.stderr, flush=True)
    listener.serve_forever(poll_interval=0.05)
    listener.socket.close()
    with app.store.lock:
        app.store.save()
    app.journal.close()
    for file in (options.unix, options.pid_file, options.ready_file):
        if file is not None:
            file.unlink(missing_ok=True)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if bool(options.tls_cert) != bool(options.tls_key):
        parser.error("--tls-cert and --tls-key belong together")
    try:
        return _run(options)
    except (OSError, ValueError) as error:
        print(f"gitlab-standin: {error}", file=sys.stderr)
        return 1
