"""The ledger's side of the accounts: every entry's outcome, and what the ledger says against itself.

Plain questions to the tables, on purpose without the code that wrote them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, exists, func, select

from reminderd.domain.accounting import Booked
from reminderd.domain.lifecycle import State
from reminderd.domain.silences import Silence
from reminderd.ledger.reading import Reading
from reminderd.ledger.schema import attempt, entry, installation, journal, rule_start
from reminderd.ledger.silences import all_silences

_IN_HAND = timedelta(hours=1)
_WAITING = (State.QUEUED, State.DEFERRED, State.HELD, State.UNKNOWN)
_SHOWN = 20  # keys of each kind of contradiction


@dataclass(frozen=True, slots=True)
class Books:
    """What the ledger holds as of its last run, as the accounts need it."""

    previous_run: datetime
    since: Mapping[str, date]
    entries: tuple[Booked, ...]
    silences: tuple[Silence, ...]
    by_state: Mapping[str, int]
    contradictions: tuple[str, ...]


def books_of(reading: Reading) -> Books | None:
    """Read the books in one transaction; None where nothing has run yet."""
    with reading.asking() as connection:
        previous = connection.scalar(select(installation.c.previous_run))
        if previous is None:
            return None
        columns = (entry.c.deadline_kind, entry.c.subject, entry.c.deadline_date, entry.c.recipient_id)
        rows = connection.execute(select(*columns, entry.c.state).order_by(entry.c.due_day, entry.c.id))
        counts = select(entry.c.state, func.count()).group_by(entry.c.state).order_by(entry.c.state)
        return Books(
            previous,
            dict(connection.execute(select(rule_start)).all()),
            tuple(Booked(*row[:4], State(row.state)) for row in rows),
            tuple(all_silences(connection)),
            dict(connection.execute(counts).all()),
            tuple(_contradictions(connection, previous)),
        )


def _contradictions(connection: Connection, previous: datetime) -> list[str]:
    last = (
        select(journal.c.entry_id, func.max(journal.c.id).label("id"))
        .where(journal.c.to_state.is_not(None))
        .group_by(journal.c.entry_id)
        .subquery()
    )
    written = select(entry.c.key).join(last, last.c.entry_id == entry.c.id)
    heard = exists().where(attempt.c.entry_id == entry.c.id, attempt.c.outcome == "sent")
    said = exists().where(journal.c.entry_id == entry.c.id, journal.c.event == "confirm_sent")
    kept = exists().where(journal.c.entry_id == entry.c.id)  # what is purged can say nothing
    asked = {
        "its state is not the one that the journal says": written.join(
            journal, journal.c.id == last.c.id
        ).where(journal.c.to_state != entry.c.state),
        "sent, and no relay and no person has said so": select(entry.c.key).where(
            entry.c.state == State.SENT, ~heard, ~said, kept
        ),
        "still open at the last run, although no longer useful": select(entry.c.key).where(
            entry.c.state.in_(_WAITING), entry.c.expires_at <= previous
        ),
        "in hand for more than an hour": select(entry.c.key).where(
            entry.c.state == State.SENDING, entry.c.updated_at < previous - _IN_HAND
        ),
    }
    return [
        f"{key}: {what}"
        for what, statement in asked.items()
        for key in connection.scalars(statement.order_by(entry.c.key).limit(_SHOWN))
    ]
