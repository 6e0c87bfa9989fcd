"""The identity of calendar entries, as kept: one row a generation, its newest revision in it.

A UID belongs to one generation for ever. What the next revision is, ``domain.revisions`` decides.
"""

from sqlalchemy import Connection, bindparam, select, update

from reminderd.domain.revisions import Revision
from reminderd.ledger.schema import calendar_entry

Occasion = tuple[str, str, str]
"""(kind, subject, recipient id)"""

# Built once, because each is said for every invitation; see the note in ``steps``.
_THIS = [calendar_entry.c[name] == bindparam(name) for name in ("kind", "subject", "recipient_id")]
_NEWEST = select(calendar_entry).where(*_THIS).order_by(calendar_entry.c.generation.desc()).limit(1)
_SAME = select(calendar_entry.c.id).where(*_THIS, calendar_entry.c.generation == bindparam("generation"))
_REVISE = update(calendar_entry).where(calendar_entry.c.id == bindparam("calendar_id"))
_BEGIN = calendar_entry.insert()


def last_revision(connection: Connection, occasion: Occasion) -> Revision | None:
    """Return the newest revision of the newest generation, or None where nothing was ever frozen."""
    row = connection.execute(_NEWEST, _of(occasion)).first()
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
    generation = _of(occasion) | {"generation": revision.generation}
    found: int | None = connection.scalar(_SAME, generation)
    if found is not None:
        connection.execute(_REVISE, {"calendar_id": found, **values})
        return found
    result = connection.execute(_BEGIN, {**generation, "uid": uid, **values})
    assert result.inserted_primary_key is not None  # noqa: S101 - SQLite always tells
    return int(result.inserted_primary_key[0])


def _of(occasion: Occasion) -> dict[str, object]:
    kind, subject, recipient_id = occasion
    return {"kind": kind, "subject": subject, "recipient_id": recipient_id}
