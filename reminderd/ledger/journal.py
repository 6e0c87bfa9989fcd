"""The journal: one line a change, with when, who and why, in the transaction of the change itself.

The only place that writes the table. Knows no lifecycle, and not what time it is.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection

from reminderd.ledger.schema import journal

SERVICE = "reminderd"
"""The actor of everything that no person decided."""

# Built once, because it is said several times for every mail; see the note in ``steps``.
_WRITE = journal.insert()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One change: of one entry, or of something else (``entry_id`` None)."""

    at: datetime
    event: str
    reason: str
    actor: str = SERVICE
    entry_id: int | None = None
    from_state: str | None = None
    to_state: str | None = None


def write(connection: Connection, lines: Sequence[Line]) -> None:
    """Write lines, in this order."""
    if lines:
        connection.execute(_WRITE, [asdict(line) for line in lines])
