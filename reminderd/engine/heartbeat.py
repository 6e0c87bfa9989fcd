"""One call to an address that somebody else watches: if it stays away, they raise the alarm.

A dead man's switch: what has died cannot report it. The address may be a secret, so no error repeats
it; it is followed nowhere else, and its answer is not read.
"""

import http.client
import ssl
from http import HTTPStatus
from urllib.parse import urlsplit

_TIMEOUT_S = 10.0


class HeartbeatError(Exception):
    """The call was not answered well; says why, without the address."""


def beat(address: str) -> None:
    """Call ``https://…`` or, on this machine, ``http://…``; raises HeartbeatError."""
    parts = urlsplit(address)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=_TIMEOUT_S, context=context
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("GET", path, headers={"User-Agent": "reminderd", "Connection": "close"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise HeartbeatError(f"the heartbeat's address does not answer: {why}") from error
    finally:
        connection.close()
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise HeartbeatError(f"the heartbeat's address answers {status}")
