"""The pages as a WSGI application: /metrics, /healthz, /readyz, feeds. Reads what it is given, no more."""

import hashlib
import re
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
Feed = Callable[[str], bytes | None]

_TEXT = "text/plain; charset=utf-8"
_CALENDAR = "text/calendar; charset=utf-8"
_FEED = re.compile(r"/feed/([0-9a-f]{32})\.ics")
_NOT_FOUND = "404 Not Found"


def application(
    standing: Callable[[], Standing], registry: CollectorRegistry, feed: Feed = lambda _: None
) -> Application:
    """Return the application; GET and HEAD only. ``feed`` gives the calendar of a name, or None."""

    def answer(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        try:
            status, kind, body = page(environ)
        except Exception:  # the ledger is locked, or a bug: the server would print data with it
            log.exception("page_failed")
            status, kind, body = "500 Internal Server Error", _TEXT, b"see the log\n"
        headers = _headers(kind, body)
        known = _is_known(environ, headers)
        start("304 Not Modified" if known else status, headers)
        return [] if known or environ["REQUEST_METHOD"] == "HEAD" else [body]

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
            case path if name := _FEED.fullmatch(path):
                body = feed(name[1])
                return (_NOT_FOUND, _TEXT, b"no such feed\n") if body is None else ("200 OK", _CALENDAR, body)
            case _:
                return _NOT_FOUND, _TEXT, b"/metrics, /healthz, /readyz\n"

    return answer


def _headers(kind: str, body: bytes) -> list[tuple[str, str]]:
    """Return the headers; a calendar program may keep its calendar, and asks whether it still holds."""
    keep = [("Cache-Control", "no-store")]
    if kind == _CALENDAR:
        tag = hashlib.blake2b(body, digest_size=16).hexdigest()
        keep = [("Cache-Control", "private, no-cache"), ("ETag", f'"{tag}"')]
    return [("Content-Type", kind), ("Content-Length", str(len(body))), *keep]


def _is_known(environ: Environ, headers: list[tuple[str, str]]) -> bool:
    tag = dict(headers).get("ETag")
    return tag is not None and tag in environ.get("HTTP_IF_NONE_MATCH", "")


def _health(complaints: Iterable[str]) -> Page:
    body = "".join(f"{complaint}\n" for complaint in complaints)
    return ("503 Service Unavailable" if body else "200 OK"), _TEXT, (body or "fine\n").encode()
