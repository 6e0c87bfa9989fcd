"""Calendar entries as kept: one row a generation with its newest revision, and what carried them.

A UID belongs to one generation for ever, and a generation to one mailbox. What the next revision is,
``domain.revisions`` decides; what has to be told, ``domain.upkeep``.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from reminderd.domain.calendar_notices import fixed
from reminderd.domain.invitations import Carrier, Content, Invitation, from_text
from reminderd.domain.lifecycle import State
from reminderd.domain.revisions import CalendarName, CalendarPart, Method, Past, Revision
from reminderd.ledger.attempts import TEXT_BEGUN
from reminderd.ledger.schema import attempt, calendar_entry, entry, message

# In hand with its text begun, or without an answer: it may have arrived.
_IN_DOUBT = or_(attempt.c.outcome == "unknown", and_(attempt.c.phase == "data", attempt.c.outcome.is_(None)))
_ATTEMPT = select(attempt.c.id).where(attempt.c.entry_id == entry.c.id)
BEGUN = _ATTEMPT.where(TEXT_BEGUN).exists()
_HEARD = or_(entry.c.state == State.SENT, _ATTEMPT.where(_IN_DOUBT).exists())

# Built once, because each is said for every invitation; see the note in ``steps``.
_OCCASION = [calendar_entry.c[name] == bindparam(name) for name in ("kind", "subject", "recipient_id")]
_NEWEST = (
    select(calendar_entry)
    .where(*_OCCASION, calendar_entry.c.mailbox == bindparam("mailbox"))
    .order_by(calendar_entry.c.generation.desc())
    .limit(1)
)
_GENERATIONS = select(func.max(calendar_entry.c.generation)).where(*_OCCASION)
_SAME = select(calendar_entry.c.id, calendar_entry.c.ends_at).where(
    *_OCCASION, calendar_entry.c.generation == bindparam("generation")
)
_CANCELLED = (
    select(message.c.entry_id)
    .join(entry, entry.c.id == message.c.entry_id)
    .where(
        message.c.calendar_entry_id == bindparam("calendar_id"), message.c.calendar_method == "CANCEL", _HEARD
    )
    .limit(1)
)
_REVISE = update(calendar_entry).where(calendar_entry.c.id == bindparam("calendar_id"))
_BEGIN = calendar_entry.insert()
_OF_INVITATION = ("id", "kind", "subject", "recipient_id", "generation")
_TOLD = (
    select(
        *(calendar_entry.c[name] for name in _OF_INVITATION),
        *(message.c[name] for name in ("calendar_method", "calendar_content")),
        *(entry.c[name] for name in ("key", "rule", "state", "recipient_role", "forloeb_id", "sagsnr")),
        entry.c.recipient_mail,
        _HEARD.label("heard"),
        BEGUN.label("begun"),
    )
    .join(message, message.c.calendar_entry_id == calendar_entry.c.id)
    .join(entry, entry.c.id == message.c.entry_id)
    .order_by(calendar_entry.c.id, message.c.calendar_sequence, entry.c.id)
)


def past_of(connection: Connection, name: CalendarName) -> Past:
    """Return what was published under a name before."""
    generations = connection.scalar(_GENERATIONS, _of(name)) or 0
    row = connection.execute(_NEWEST, _of(name)).first()
    if row is None:
        return Past(generations=generations)
    last = Revision(
        generation=row.generation,
        sequence=row.sequence,
        dtstamp=row.dtstamp,
        method=row.method,
        digest=row.digest,
    )
    ended = row.method == "CANCEL" and connection.scalar(_CANCELLED, {"calendar_id": row.id}) is not None
    return Past(last=last, uid=row.uid, ended=ended, generations=generations)


def keep_part(connection: Connection, part: CalendarPart) -> int:
    """Write a revision over the one before it, or begin a generation; returns the row's id.

    The UID and the mailbox of a generation that exists already stay what they are.
    """
    revision = part.revision
    values: dict[str, object] = {
        "sequence": revision.sequence,
        "dtstamp": revision.dtstamp,
        "method": revision.method,
        "digest": revision.digest,
    }
    generation = _of(part.name) | {"generation": revision.generation}
    found = connection.execute(_SAME, generation).first()
    if found is not None:
        # Once it stood in a calendar at a later time, that time is when it is over.
        ends_at = part.ends if found.ends_at is None else max(part.ends, found.ends_at)
        connection.execute(_REVISE, {"calendar_id": found.id, "ends_at": ends_at, **values})
        return int(found.id)
    result = connection.execute(_BEGIN, {**generation, "uid": part.uid, "ends_at": part.ends, **values})
    assert result.inserted_primary_key is not None  # noqa: S101 - SQLite always tells
    return int(result.inserted_primary_key[0])


def invitations(connection: Connection, useful_after: datetime | None = None) -> tuple[Invitation, ...]:
    """Return everything that calendars were told; with ``useful_after`` only what is not over by then."""
    told = _TOLD if useful_after is None else _TOLD.where(calendar_entry.c.ends_at > useful_after)
    found = []
    for _, grouped in groupby(connection.execute(told), key=lambda row: row.id):
        rows = list(grouped)
        shown = [row for row in rows if row.calendar_content is not None]
        if not shown:
            continue
        newest = shown[-1]
        carriers = tuple(
            Carrier(
                key=row.key,
                rule=row.rule,
                state=State(row.state),
                method=row.calendar_method,
                content=from_text(row.calendar_content, row.kind, row.subject),
                heard=bool(row.heard),
                begun=bool(row.begun),
            )
            for row in shown
        )
        purged = (row for row in rows if row.calendar_content is None)
        found.append(
            Invitation(
                kind=newest.kind,
                subject=newest.subject,
                holder=newest.recipient_id,
                role=newest.recipient_role,
                mailbox=newest.recipient_mail,
                generation=newest.generation,
                forloeb_id=newest.forloeb_id,
                sagsnr=newest.sagsnr,
                carriers=carriers,
                forgotten=sum(
                    fixed(row.rule, State(row.state), begun=row.begun or row.heard) for row in purged
                ),
            )
        )
    return tuple(found)


_LAST_HEARD = (
    select(func.max(message.c.calendar_sequence))
    .join(entry, entry.c.id == message.c.entry_id)
    .where(
        message.c.calendar_entry_id == calendar_entry.c.id, message.c.calendar_content.is_not(None), _HEARD
    )
    .correlate(calendar_entry)
    .scalar_subquery()
)
_HEARD_LAST = (
    select(
        *(calendar_entry.c[name] for name in ("uid", "kind", "subject", "dtstamp")),
        *(message.c[name] for name in ("calendar_method", "calendar_content", "calendar_sequence")),
    )
    .join(message, message.c.calendar_entry_id == calendar_entry.c.id)
    .where(
        calendar_entry.c.mailbox == bindparam("mailbox"),
        calendar_entry.c.ends_at > bindparam("after"),
        message.c.calendar_content.is_not(None),
        message.c.calendar_sequence == _LAST_HEARD,
    )
    .order_by(calendar_entry.c.id, message.c.entry_id)
)


@dataclass(frozen=True, slots=True)
class Published:
    """The newest revision of one UID that may have arrived; ``dtstamp`` is when the UID last changed."""

    uid: str
    sequence: int
    dtstamp: datetime
    method: Method
    content: Content


def published(connection: Connection, mailbox: str, after: datetime) -> list[Published]:
    """Return what one mailbox was told last of each entry that is not over; the same message counts once."""
    found: dict[str, Published] = {}
    for row in connection.execute(_HEARD_LAST, {"mailbox": mailbox.lower(), "after": after}):
        content = from_text(row.calendar_content, row.kind, row.subject)
        found[row.uid] = Published(row.uid, row.calendar_sequence, row.dtstamp, row.calendar_method, content)
    return list(found.values())


def mailboxes(connection: Connection, after: datetime) -> list[str]:
    """Return every mailbox, in lower case, that was told of something that is not over."""
    told = select(calendar_entry.c.mailbox).where(calendar_entry.c.ends_at > after).distinct()
    return list(connection.scalars(told.order_by(calendar_entry.c.mailbox)))


SUPERSEDED = and_(
    message.c.calendar_entry_id.is_not(None),
    select(calendar_entry.c.id)
    .where(
        calendar_entry.c.id == message.c.calendar_entry_id,
        calendar_entry.c.sequence > message.c.calendar_sequence,
    )
    .exists(),
)
"""True of a message whose calendar part is no longer the newest of its UID."""


def _of(name: CalendarName) -> dict[str, object]:
    return {
        "kind": name.kind,
        "subject": name.subject,
        "recipient_id": name.recipient_id,
        "mailbox": name.mailbox.lower(),
    }
