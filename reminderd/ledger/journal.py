"""The journal: one line a change, with when, who and why, in the transaction of the change itself.

The only place that writes the table, and it only ever adds. Each line carries the hash of itself and
of the line before it (``chain``), and SQLite refuses UPDATE and DELETE by triggers. Knows no
lifecycle, and not what time it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from reminderd.ledger.chain import link
from reminderd.ledger.schema import entry, instant_text, journal, message

SERVICE = "reminderd"
"""The actor of everything that no person decided."""

# Built once, because it is said several times for every mail; see the note in ``steps``.
_WRITE = journal.insert()
_LAST = select(journal.c.id, journal.c.hash).order_by(journal.c.id.desc()).limit(1)
_ABOUT = select(entry.c.id, entry.c.rule, message.c.wording_version).join(
    message, message.c.entry_id == entry.c.id, isouter=True
)
_AT_ONCE = 900  # values in one list; SQLite's limit is far above, its parser's patience is not


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One change: of one entry, or of something else (``entry_id`` None).

    ``tls`` is what protected the line where the change is a relay's answer.
    """

    at: datetime
    event: str
    reason: str
    actor: str = SERVICE
    entry_id: int | None = None
    from_state: str | None = None
    to_state: str | None = None
    tls: str | None = None


def write(connection: Connection, lines: Sequence[Line]) -> None:
    """Write lines, in this order, each with the entry's rule and wording as they are now."""
    if not lines:
        return
    last = connection.execute(_LAST).first()
    number, head = (0, "") if last is None else (last.id, last.hash)
    about = _about(connection, [line.entry_id for line in lines if line.entry_id is not None])
    rows = []
    for line in lines:
        number += 1
        rule, wording = about.get(line.entry_id or 0, (None, None))
        row = {"id": number, **asdict(line), "rule": rule, "wording_version": wording}
        head = link(head, {**row, "at": instant_text(line.at)})
        rows.append({**row, "hash": head})
    connection.execute(_WRITE, rows)


def _about(connection: Connection, ids: Sequence[int]) -> Mapping[int, tuple[str, str | None]]:
    found: dict[int, tuple[str, str | None]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        batch = _ABOUT.where(entry.c.id.in_(ids[start : start + _AT_ONCE]))
        found |= {row.id: (row.rule, row.wording_version) for row in connection.execute(batch)}
    return found
