"""Attempts: an entry taken into hand, how far it came, and what became of it.

Works inside somebody else's transaction; each change is a step of the lifecycle. Nothing here talks
to a relay or asks what time it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from reminderd.domain.lifecycle import CLAIMABLE, FINAL, MAX_COPIES, Event, State, event_of, follow, rest_of
from reminderd.domain.outcomes import (
    TOO_BIG,
    Deferred,
    Failed,
    Outcome,
    Phase,
    Protection,
    Refused,
    Sent,
    Unknown,
)
from reminderd.domain.refusals import is_the_readers
from reminderd.ledger.schema import attempt, entry, message
from reminderd.ledger.steps import StaleEntryError, take_step

_NEVER_TAKEN = ("deferred", "refused", "failed", "stopped")
TEXT_BEGUN = or_(
    attempt.c.outcome == "unknown",
    and_(attempt.c.phase == "data", func.coalesce(attempt.c.outcome, "").not_in(_NEVER_TAKEN)),
)
"""True of an attempt after which somebody may have the bytes, so that they stay for ever.

A text that the relay refused in so many words is nobody's: it is written anew on another day, and
for another mailbox.
"""

WAS_TOO_BIG = (
    select(attempt.c.id)
    .where(attempt.c.entry_id == entry.c.id, attempt.c.outcome == "deferred", attempt.c.code == TOO_BIG)
    .exists()
)
"""True of an entry that was put off because its mail was too big for the relay."""

_other, _carries = entry.alias("other"), message.alias("carries")
_OPEN_BEFORE = (
    select(_other.c.id)
    .join(_carries, _carries.c.entry_id == _other.c.id)
    .where(
        _carries.c.calendar_entry_id == message.c.calendar_entry_id,
        _carries.c.calendar_sequence < message.c.calendar_sequence,
        _other.c.state.not_in([*FINAL, State.HELD, State.WITHDRAWN]),
        select(attempt.c.id)
        .where(attempt.c.entry_id == _other.c.id, or_(TEXT_BEGUN, attempt.c.finished_at.is_(None)))
        .exists(),
    )
)
WAITS_ITS_TURN = _OPEN_BEFORE.exists()
"""True of a message while an older revision of its UID may still be handed over with the bytes it has."""

# Built once, because it is said several times for every mail; see the note in ``steps``.
_IN_HAND = update(attempt).where(attempt.c.id == bindparam("attempt_id"), attempt.c.finished_at.is_(None))


@dataclass(frozen=True, slots=True)
class Claim:
    """One entry in hand: its attempt, and the frozen bytes to hand over.

    ``number`` counts the attempts that were really made, this one included.
    """

    entry_id: int
    attempt_id: int
    number: int
    key: str
    rule: str
    recipient_mail: str
    message_id: str
    raw: bytes
    on_unknown: str


def claim(connection: Connection, entry_ids: Sequence[int], at: datetime) -> list[Claim]:
    """Take entries into hand: state ``sending`` and an attempt each, before any socket opens.

    What waits its turn behind an older revision of the same calendar entry is passed over, and what is no
    longer useful.
    """
    found = connection.execute(
        select(
            entry.c.id, entry.c.state, entry.c.key, entry.c.rule, entry.c.recipient_mail,
            entry.c.attempts, entry.c.on_unknown, message.c.message_id, message.c.raw,
        )
        .join(message, message.c.entry_id == entry.c.id)
        .where(
            entry.c.id.in_(entry_ids), entry.c.state.in_(CLAIMABLE),
            entry.c.expires_at > at, message.c.raw.is_not(None), ~WAITS_ITS_TURN,
        )
    ).all()  # fmt: skip
    if not found:
        return []
    order = {entry_id: position for position, entry_id in enumerate(entry_ids)}
    rows = sorted(found, key=lambda row: order[row.id])
    take_step(
        connection,
        [(row.id, State(row.state)) for row in rows],
        Event.CLAIM,
        "in hand",
        at,
        values={"attempts": entry.c.attempts + 1},
    )
    # Attempts that were put back do not count for the back-off but keep their number.
    last = (
        select(attempt.c.entry_id, func.max(attempt.c.number))
        .where(attempt.c.entry_id.in_([row.id for row in rows]))
        .group_by(attempt.c.entry_id)
    )
    numbers = dict(connection.execute(last).all())
    connection.execute(
        attempt.insert(),
        [
            {
                "entry_id": row.id,
                "number": numbers.get(row.id, 0) + 1,
                "started_at": at,
                "phase": "connect",
            }
            for row in rows
        ],
    )
    begun = select(attempt.c.entry_id, attempt.c.id).where(
        attempt.c.entry_id.in_([row.id for row in rows]), attempt.c.finished_at.is_(None)
    )
    ids = dict(connection.execute(begun).all())
    return [
        Claim(
            entry_id=row.id,
            attempt_id=ids[row.id],
            number=row.attempts + 1,
            key=row.key,
            rule=row.rule,
            recipient_mail=row.recipient_mail,
            message_id=row.message_id,
            raw=row.raw,
            on_unknown=row.on_unknown,
        )
        for row in rows
    ]


def enter_phase(connection: Connection, attempt_id: int, phase: Phase) -> None:
    """Write how far an attempt has come, before it goes there; raises StaleEntryError if it is over."""
    _change_attempt(connection, attempt_id, phase=phase)


def settle(
    connection: Connection, claim: Claim, outcome: Outcome, at: datetime, protection: Protection | None = None
) -> State:
    """Write what became of an attempt and where its entry now is; returns the new state.

    ``protection`` is what protected the line that it was made on. A refusal that this message met
    alone, while others were taken, is for good.
    """
    if isinstance(outcome, Refused) and _refused_alone(connection, claim):
        outcome = Failed(outcome.reason, outcome.code)
    code, words = _words(outcome)
    _finish(connection, claim.attempt_id, type(outcome).__name__.lower(), code, words, at, protection)
    rest = rest_of(claim.message_id, claim.number)
    next_attempt = at + rest if isinstance(outcome, Deferred | Refused | Unknown) else None
    take_step(
        connection,
        [(claim.entry_id, State.SENDING)],
        event_of(outcome),
        words,
        at,
        values={"next_attempt_at": next_attempt},
        tls=None if protection is None else str(protection),
    )
    if isinstance(outcome, Unknown) and _for_a_person(connection, claim.entry_id, claim.on_unknown, at):
        return State.HELD
    state = follow(State.SENDING, event_of(outcome))
    assert state is not None  # noqa: S101 - apply() has just gone there
    return state


def _refused_alone(connection: Connection, claim: Claim) -> bool:
    """Tell whether this refusal is the message's own: others were taken behind its first."""
    mine = and_(attempt.c.entry_id == claim.entry_id, attempt.c.outcome == "refused")
    first = select(func.min(attempt.c.id)).where(mine).scalar_subquery()
    taken = connection.scalar(
        select(func.min(attempt.c.id)).where(attempt.c.outcome == "sent", attempt.c.id > first)
    )
    if taken is None:
        return False
    since = connection.scalar(select(func.count()).where(mine, attempt.c.id > taken)) or 0
    return is_the_readers(since + 1)


def _for_a_person(connection: Connection, entry_id: int, on_unknown: str, at: datetime) -> bool:
    """Hold an unknown entry if its rule says so, or if as many copies may be out as are bearable."""
    out = select(func.count()).where(attempt.c.entry_id == entry_id, attempt.c.outcome == "unknown")
    if on_unknown != "hold" and (connection.scalar(out) or 0) < MAX_COPIES:
        return False
    words = "may have been delivered: a person decides"
    take_step(connection, [(entry_id, State.UNKNOWN)], Event.HOLD, words, at)
    return True


def put_back(connection: Connection, claims: Iterable[Claim], at: datetime) -> None:
    """Return entries in hand that were never spoken about; it costs no attempt."""
    for claim in claims:
        _finish(connection, claim.attempt_id, "stopped", None, "stopped before the message was begun", at)
        take_step(
            connection,
            [(claim.entry_id, State.SENDING)],
            Event.STOPPED,
            "stopped before the message was begun",
            at,
            values={"attempts": entry.c.attempts - 1, "next_attempt_at": None},
        )


def recover(connection: Connection, at: datetime) -> tuple[int, int]:
    """Settle what a crash left in hand; returns (certainly not sent, unknown)."""
    rows = connection.execute(
        select(entry.c.id, entry.c.on_unknown, attempt.c.id.label("attempt_id"), attempt.c.phase)
        .join(attempt, attempt.c.entry_id == entry.c.id)
        .where(entry.c.state == State.SENDING, attempt.c.finished_at.is_(None))
    ).all()
    unknown = 0
    for row in rows:
        in_doubt = row.phase == "data"
        unknown += in_doubt
        words = (
            "the process ended while the relay was taking the message"
            if in_doubt
            else "the process ended before the message was begun"
        )
        _finish(connection, row.attempt_id, "unknown" if in_doubt else "stopped", None, words, at)
        event = Event.ORPHANED if in_doubt else Event.STOPPED
        made = entry.c.attempts if in_doubt else entry.c.attempts - 1
        values = {"attempts": made, "next_attempt_at": None}
        take_step(connection, [(row.id, State.SENDING)], event, words, at, values=values)
        if in_doubt:
            _for_a_person(connection, row.id, row.on_unknown, at)
    return len(rows) - unknown, unknown


def _finish(
    connection: Connection,
    attempt_id: int,
    outcome: str,
    code: int | None,
    words: str,
    at: datetime,
    protection: Protection | None = None,
) -> None:
    line = asdict(protection) if protection is not None else {}
    _change_attempt(
        connection,
        attempt_id,
        finished_at=at,
        outcome=outcome,
        code=code,
        reply=words,
        **{f"tls_{name}": value for name, value in line.items()},
    )


def _change_attempt(connection: Connection, attempt_id: int, **values: Any) -> None:
    # An attempt is over once: a late word about an earlier one must not settle the one in hand.
    if connection.execute(_IN_HAND, {"attempt_id": attempt_id, **values}).rowcount != 1:
        raise StaleEntryError("this attempt was no longer in hand")


def _words(outcome: Outcome) -> tuple[int | None, str]:
    match outcome:
        case Sent(code=code, reply=reply):
            return code, reply
        case Deferred(reason, code) | Refused(reason, code) | Failed(reason, code):
            return code, reason
        case Unknown(reason=reason):
            return None, reason
