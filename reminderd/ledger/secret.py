"""The installation's secret: made with the ledger, and made anew when somebody may know it.

What was sent keeps its names: Message-IDs stand in the frozen bytes, UIDs with their calendar entries. Only
what is named from now on is named by the new one. The old one is nowhere in the file afterwards.
"""

import secrets
from datetime import datetime

from sqlalchemy import Connection, select, update

from reminderd.ledger import journal
from reminderd.ledger.schema import installation

_BYTES = 32


def secret_of(connection: Connection) -> bytes | None:
    """Return the secret, or None where none was made yet."""
    found: bytes | None = connection.scalar(select(installation.c.secret))
    return found


def make_secret(connection: Connection, at: datetime, given: bytes | None = None) -> bytes:
    """Make the first secret, or take the one that is given; returns it."""
    secret = given or secrets.token_bytes(_BYTES)
    connection.execute(installation.insert().values(id=1, secret=secret, created_at=at))
    return secret


def rotate_secret(connection: Connection, reason: str, at: datetime, *, author: str) -> None:
    """Put another secret in its place, and write down who did it and why."""
    connection.execute(update(installation).values(secret=secrets.token_bytes(_BYTES)))
    journal.write(connection, [journal.Line(at=at, event="rotate_secret", reason=reason, actor=author)])
