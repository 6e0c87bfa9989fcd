"""The three pages as a WSGI application: /metrics, /healthz, /readyz. Reads what it is given, no more."""

from collections.abc import Callable, Iterable
from typing import Any

import structlog
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import CollectorRegistry

from reminderd.engine.standing import Standing

log = structlog.get_logger("reminderd.web")

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
Page = tuple[str, str, bytes]

_TEXT = "text/plain; charset=utf-8"


def application(standing: Callable[[], Standing], registry: CollectorRegistry) -> Application:
    """Return the application; GET and HEAD only."""

    def answer(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        try:
            status, kind, body = page(environ)
        except Exception:  # the ledger is locked, or a bug: the server would print data with it
            log.exception("page_failed")
            status, kind, body = "500 Internal Server Error", _TEXT, b"see the log\n"
        headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
        start(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def page(environ: Environ) -> Page:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return "405 Method Not Allowed", _TEXT, b"GET only\n"
        match environ["PATH_INFO"]:
            case "/metrics":
                encode, kind = choose_encoder(environ.get("HTTP_ACCEPT", ""))
                return "200 OK", kind, encode(registry)
            case "/healthz":
                stalled = standing().stalled
                return _health([stalled] if stalled else [])
            case "/readyz":
                return _health(standing().complaints)
            case _:
                return "404 Not Found", _TEXT, b"/metrics, /healthz, /readyz\n"

    return answer


def _health(complaints: Iterable[str]) -> Page:
    body = "".join(f"{complaint}\n" for complaint in complaints)
    return ("503 Service Unavailable" if body else "200 OK"), _TEXT, (body or "fine\n").encode()
