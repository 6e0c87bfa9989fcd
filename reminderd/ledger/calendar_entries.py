"""Calendar entries as kept: one row a generation with its newest revision, and what carried them.

A UID belongs to one generation for ever, and a generation to one mailbox. A notice that goes on to another
mailbox leaves behind what the one before may have got, so that it is cancelled there whatever holds that up.
What the next revision is, ``domain.revisions`` decides; what has to be told, ``domain.upkeep``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)

from reminderd.domain.calendar_notices import fixed
from reminderd.domain.invitations import Carrier, Content, Generations, Invitation, from_text
from reminderd.domain.lifecycle import State
from reminderd.domain.revisions import SEQUENCES_SKIPPED, CalendarName, CalendarPart, Method, Past, Revision
from reminderd.ledger.attempts import TEXT_BEGUN
from reminderd.ledger.schema import attempt, calendar_entry, entry, installation, left_behind, message

# In hand with its text begun, or without an answer: it may have arrived.
_IN_DOUBT = or_(attempt.c.outcome == "unknown", and_(attempt.c.phase == "data", attempt.c.outcome.is_(None)))
_ATTEMPT = select(attempt.c.id).where(attempt.c.entry_id == entry.c.id)
BEGUN = _ATTEMPT.where(TEXT_BEGUN).exists()
# What was begun at a mailbox that was left behind since, the one of today has not heard.
_BEFORE = select(func.max(left_behind.c.attempts)).where(left_behind.c.entry_id == attempt.c.entry_id)
_HERE = attempt.c.number > func.coalesce(_BEFORE.scalar_subquery(), 0)
_HEARD = or_(entry.c.state == State.SENT, _ATTEMPT.where(_IN_DOUBT, _HERE).exists())

# Built once, because each is said for every invitation; see the note in ``steps``.
_OCCASION = [calendar_entry.c[name] == bindparam(name) for name in ("kind", "subject", "recipient_id")]
_NEWEST = (
    select(calendar_entry)
    .where(*_OCCASION, calendar_entry.c.mailbox == bindparam("mailbox"))
    .order_by(calendar_entry.c.generation.desc())
    .limit(1)
)
_GENERATIONS = select(func.max(calendar_entry.c.generation)).where(*_OCCASION)
_SAME = select(calendar_entry.c.id, calendar_entry.c.ends_at, calendar_entry.c.organizer).where(
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
_LEAVE = left_behind.insert().from_select(
    [
        *("entry_id", "calendar_entry_id", "mailbox", "attempts"),
        *("calendar_sequence", "calendar_method", "calendar_content"),
    ],
    select(
        message.c.entry_id,
        message.c.calendar_entry_id,
        entry.c.recipient_mail,
        select(func.max(attempt.c.number)).where(attempt.c.entry_id == entry.c.id).scalar_subquery(),
        *(message.c[name] for name in ("calendar_sequence", "calendar_method", "calendar_content")),
    )
    .join(entry, entry.c.id == message.c.entry_id)
    .where(message.c.entry_id == bindparam("entry"), message.c.calendar_content.is_not(None), _HEARD),
)


def _told(after: BindParameter[datetime] | None = None) -> Select[Any]:
    """Return the statement for all that was told; with ``after`` of what is over later than that."""
    of_entry = [calendar_entry.c[name] for name in ("id", "kind", "subject", "recipient_id", "generation")]
    of_notice = [entry.c[name] for name in ("key", "rule", "recipient_role", "forloeb_id", "sagsnr")]
    of_part = ("calendar_sequence", "calendar_method", "calendar_content", "entry_id")
    kept = select(
        *of_entry, *of_notice, *(message.c[name] for name in of_part),
        entry.c.state, entry.c.recipient_mail, _HEARD.label("heard"), BEGUN.label("begun"),
    ).join(message, message.c.calendar_entry_id == calendar_entry.c.id).join(
        entry, entry.c.id == message.c.entry_id
    )  # fmt: skip
    left = select(
        *of_entry, *of_notice, *(left_behind.c[name] for name in of_part),
        literal(State.SENT), left_behind.c.mailbox, literal(1), literal(1),
    ).join(left_behind, left_behind.c.calendar_entry_id == calendar_entry.c.id).join(
        entry, entry.c.id == left_behind.c.entry_id
    )  # fmt: skip
    useful = [] if after is None else [calendar_entry.c.ends_at > after]
    both = union_all(kept.where(*useful), left.where(*useful)).subquery()
    return select(both).order_by(both.c.id, both.c.calendar_sequence, both.c.entry_id)


_TOLD, _TOLD_OF_USE = _told(), _told(bindparam("after"))


def past_of(connection: Connection, name: CalendarName) -> Past:
    """Return what was published under a name before."""
    generations = connection.scalar(_GENERATIONS, _of(name)) or 0
    in_doubt = connection.scalar(select(installation.c.doubt_until)) is not None
    least = SEQUENCES_SKIPPED if in_doubt else 0
    row = connection.execute(_NEWEST, _of(name)).first()
    if row is None:
        return Past(generations=generations, least=least)
    last = Revision(
        generation=row.generation,
        sequence=row.sequence,
        dtstamp=row.dtstamp,
        method=row.method,
        digest=row.digest,
    )
    ended = row.method == "CANCEL" and connection.scalar(_CANCELLED, {"calendar_id": row.id}) is not None
    return Past(
        last=last,
        uid=row.uid,
        ended=ended,
        generations=generations,
        organizer=row.organizer,
        ends=row.ends_at,
        least=least,
    )


def keep_part(connection: Connection, part: CalendarPart) -> int:
    """Write a revision over the one before it, or begin a generation; returns the row's id.

    UID, mailbox and organizer of a generation that exists already stay what they are.
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
        organizer = found.organizer or part.organizer
        kept = {"calendar_id": found.id, "ends_at": ends_at, "organizer": organizer}
        connection.execute(_REVISE, {**kept, **values})
        return int(found.id)
    begun = {"uid": part.uid, "organizer": part.organizer, "ends_at": part.ends}
    result = connection.execute(_BEGIN, {**generation, **begun, **values})
    assert result.inserted_primary_key is not None  # noqa: S101 - SQLite always tells
    return int(result.inserted_primary_key[0])


def leave(connection: Connection, entry_id: int) -> None:
    """Keep what a mailbox may have got of a notice that goes on to another one now."""
    connection.execute(_LEAVE, {"entry": entry_id})


def invitations(connection: Connection, useful_after: datetime | None = None) -> tuple[Invitation, ...]:
    """Return everything that calendars were told; with ``useful_after`` only what is not over by then."""
    of_use = {} if useful_after is None else {"after": useful_after}
    told = connection.execute(_TOLD_OF_USE if of_use else _TOLD, of_use)
    found = []
    for _, grouped in groupby(told, key=lambda row: row.id):
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


# What rests for longer and comes back all the same counts from one again in a plan; the UID never does.
_LONG_REST = timedelta(days=730)


def generations(connection: Connection, over_at: datetime | None = None) -> Generations:
    """Return the newest generation of each entry; with ``over_at`` of activities that are over by then."""
    names = [calendar_entry.c[name] for name in ("kind", "subject", "recipient_id")]
    newest = select(*names, func.max(calendar_entry.c.generation)).group_by(*names)
    if over_at is not None:
        over = calendar_entry.c.ends_at.between(over_at - _LONG_REST, over_at)
        newest = newest.where(over, calendar_entry.c.kind == "activity")
    return {(row[0], row[1], row[2]): row[3] for row in connection.execute(newest)}


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
        *(calendar_entry.c[name] for name in ("uid", "kind", "subject", "dtstamp", "organizer")),
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
    """The newest revision of one UID that may have arrived; ``dtstamp`` is when the UID last changed.

    ``organizer`` is the mailbox that invited, None where that was never written down.
    """

    uid: str
    sequence: int
    dtstamp: datetime
    method: Method
    content: Content
    organizer: str | None


def published(connection: Connection, mailbox: str, after: datetime) -> list[Published]:
    """Return what one mailbox was told last of each entry that is not over; the same message counts once."""
    found: dict[str, Published] = {}
    for row in connection.execute(_HEARD_LAST, {"mailbox": mailbox.lower(), "after": after}):
        content = from_text(row.calendar_content, row.kind, row.subject)
        found[row.uid] = Published(
            uid=row.uid,
            sequence=row.calendar_sequence,
            dtstamp=row.dtstamp,
            method=row.calendar_method,
            content=content,
            organizer=row.organizer,
        )
    return list(found.values())


def mailboxes(connection: Connection, after: datetime) -> list[str]:
    """Return every mailbox, in lower case, that was told of something that is not over."""
    told = select(calendar_entry.c.mailbox).where(calendar_entry.c.ends_at > after).distinct()
    return list(connection.scalars(told.order_by(calendar_entry.c.mailbox)))


def _of(name: CalendarName) -> dict[str, object]:
    return {
        "kind": name.kind,
        "subject": name.subject,
        "recipient_id": name.recipient_id,
        "mailbox": name.mailbox.lower(),
    }
