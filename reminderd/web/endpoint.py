"""Where the pages are: a loopback port, a UNIX socket, or the socket that systemd passes.

A thread with the standard library's server, so that it answers also while the event loop does not,
and sleeps until somebody asks. Knows nothing of what the pages say.
"""

import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import structlog

from reminderd.errors import WebError

if TYPE_CHECKING:
    from reminderd.web.pages import Application

log = structlog.get_logger("reminderd.web")

_FIRST_PASSED = 3
_SECONDS_TO_ASK = 5
_BACKLOG = 16


def passed_by_systemd(environ: Mapping[str, str] = os.environ) -> int | None:
    """Return the first socket of systemd's socket activation, as sd_listen_fds(3) has it; else None."""
    if environ.get("LISTEN_PID") != str(os.getpid()) or environ.get("LISTEN_FDS", "0") == "0":
        return None
    return _FIRST_PASSED


@contextmanager
def listening(address: str | None, passed: int | None, pages: "Application") -> Iterator[None]:
    """Serve the pages until the block is left, at the passed socket or else at the address.

    ``address`` is ``HOST:PORT`` or ``unix:PATH``. Raises WebError where it cannot be had.
    """
    path = None
    if passed is not None:
        os.set_inheritable(passed, False)
        line, place = socket.socket(fileno=passed), "the socket that systemd passed"
    else:
        place = address or ""
        path = Path(place.removeprefix("unix:")) if place.startswith("unix:") else None
        line = _bound(place, path)
    server = _Server(line, pages)
    threading.Thread(target=server.serve, name="web", daemon=True).start()
    log.info("web_listening", at=place)
    try:
        yield
    finally:
        server.end()
        if path is not None:
            path.unlink(missing_ok=True)


def _bound(address: str, path: Path | None) -> socket.socket:
    try:
        if path is None:
            host, _, port = address.rpartition(":")
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=_BACKLOG)
        path.unlink(missing_ok=True)
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.bind(str(path))
        path.chmod(0o666)  # numbers without names: whoever gets as far as the folder may look
        line.listen(_BACKLOG)
    except OSError as error:
        raise WebError(
            f"cannot listen at {address}: {error.strerror}",
            where="web.listen",
            cure="is the port taken, or the folder missing or not writable for the service's user?",
        ) from error
    return line


class _Handler(WSGIRequestHandler):
    timeout = _SECONDS_TO_ASK

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing: whoever watches asks every few seconds."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, line: socket.socket, pages: "Application") -> None:
        # Past the base classes, which would open a socket of their own and ask the resolver for our name.
        BaseServer.__init__(self, ("", 0), _Handler)
        self.socket, self.address_family = line, line.family
        self.server_name, self.server_port = "localhost", 0
        self.setup_environ()
        self.set_app(pages)
        self._ended = False

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept; a UNIX socket's caller has no address."""
        return self.socket.accept()[0], ("", 0)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a caller who hung up."""

    def serve(self) -> None:
        """Answer until the end; nothing wakes up between two callers."""
        while not self._ended:
            self.handle_request()

    def end(self) -> None:
        """Close the socket; the thread ends with the process, or with the next caller."""
        self._ended = True
        self.socket.close()
