"""One call to an address that somebody else watches: if it stays away, they raise the alarm.

A dead man's switch: what has died cannot report it. The address may be a secret, so no error repeats
it; it is followed nowhere else, and its answer is not read.
"""

import http.client
import ssl
from contextlib import closing
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

_TIMEOUT_S = 10.0


class HeartbeatError(Exception):
    """The call was not answered well; says why, without the address."""


def beat(address: str) -> None:
    """Call ``https://…`` or, on this machine, ``http://…``; raises HeartbeatError."""
    try:
        parts = urlsplit(address)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        with closing(_line_to(parts)) as connection:
            connection.request("GET", path, headers={"User-Agent": "reminderd", "Connection": "close"})
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise HeartbeatError(f"the heartbeat's address does not answer: {why}") from error
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise HeartbeatError(f"the heartbeat's address answers {status}")


def _line_to(parts: SplitResult) -> http.client.HTTPConnection:
    host, port = parts.hostname or "", parts.port
    if parts.scheme != "https":
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
    return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=ssl.create_default_context())
