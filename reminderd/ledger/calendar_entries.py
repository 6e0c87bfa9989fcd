"""The identity of calendar entries, as kept: one row a generation, its newest revision in it.

A UID belongs to one generation for ever. What the next revision is, ``domain.revisions`` decides.
"""

from sqlalchemy import ColumnElement, Connection, select, update

from reminderd.domain.revisions import Revision
from reminderd.ledger.schema import calendar_entry

Occasion = tuple[str, str, str]
"""(kind, subject, recipient id)"""


def last_revision(connection: Connection, occasion: Occasion) -> Revision | None:
    """Return the newest revision of the newest generation, or None where nothing was ever frozen."""
    newest = select(calendar_entry).where(_of(occasion)).order_by(calendar_entry.c.generation.desc()).limit(1)
    row = connection.execute(newest).first()
    if row is None:
        return None
    return Revision(
        generation=row.generation,
        sequence=row.sequence,
        dtstamp=row.dtstamp,
        method=row.method,
        digest=row.digest,
    )


def keep_revision(connection: Connection, revision: Revision, occasion: Occasion, uid: str) -> int:
    """Write a revision over the one before it, or begin a generation; returns the row's id.

    The UID of a generation that exists already stays what it is.
    """
    values = {
        "sequence": revision.sequence,
        "dtstamp": revision.dtstamp,
        "method": revision.method,
        "digest": revision.digest,
    }
    same = _of(occasion) & (calendar_entry.c.generation == revision.generation)
    found: int | None = connection.scalar(select(calendar_entry.c.id).where(same))
    if found is not None:
        connection.execute(update(calendar_entry).where(calendar_entry.c.id == found).values(values))
        return found
    kind, subject, recipient_id = occasion
    result = connection.execute(
        calendar_entry.insert().values(
            kind=kind,
            subject=subject,
            recipient_id=recipient_id,
            generation=revision.generation,
            uid=uid,
            **values,
        )
    )
    assert result.inserted_primary_key is not None  # noqa: S101 - SQLite always tells
    return int(result.inserted_primary_key[0])


def _of(occasion: Occasion) -> ColumnElement[bool]:
    kind, subject, recipient_id = occasion
    return (
        (calendar_entry.c.kind == kind)
        & (calendar_entry.c.subject == subject)
        & (calendar_entry.c.recipient_id == recipient_id)
    )
