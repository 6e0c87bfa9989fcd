"""A ledger that is gone, and one that came back from a backup: told by the mark outside it.

A restored ledger does not know what was sent since the copy was made. What it would send again is
held until a person says which copies went out; what falls due later goes its usual way.
"""

from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Engine, func, select, update

from reminderd.domain.brakes import Brake
from reminderd.domain.lifecycle import CLAIMABLE, Event, State
from reminderd.errors import LedgerError
from reminderd.ledger import attempts, journal
from reminderd.ledger.chain import hash_of
from reminderd.ledger.mark import Mark
from reminderd.ledger.schema import calendar_entry, entry, installation
from reminderd.ledger.schema import journal as journal_table
from reminderd.ledger.steps import take_step

# A calendar keeps the highest SEQUENCE it has seen. Which ones went out since the copy nobody knows,
# but no entry is revised a thousand times.
_SEQUENCES_SKIPPED = 1000


def beside(path: Path) -> Path:
    """Return where the mark lies unless the settings say otherwise."""
    return path.with_name(path.name + ".mark")


def refuse_gone(path: Path, known: Mark) -> None:
    """Raise LedgerError where the mark knows a ledger and there is none, or an empty file."""
    if path.exists() and path.stat().st_size:
        return
    raise LedgerError(
        f"the ledger of an installation from {known.installed_at:%Y-%m-%d} is gone; a new one would tell"
        " everything again",
        where=str(path),
        cure="restore a backup (systemd/README.md); only to begin anew, remove its mark as well",
    )


def present_mark(connection: Connection, at: datetime) -> Mark:
    """Return how far this ledger has come."""
    installed_at = connection.scalar(select(installation.c.created_at))
    assert installed_at is not None  # noqa: S101 - written with the first schema
    last = connection.scalar(select(func.max(journal_table.c.id))) or 0
    return Mark(installed_at, last, at, hash_of(connection, last) or "")


def notice_restoration(engine: Engine, known: Mark, path: Path, at: datetime) -> None:
    """Hold what may have been sent already, where the ledger is older than its mark.

    Raises LedgerError where it is another installation's.
    """
    with engine.begin() as connection:
        present = present_mark(connection, at)
        if present.installed_at != known.installed_at:
            raise LedgerError(
                f"this is another installation's ledger, made {present.installed_at:%Y-%m-%d %H:%M} UTC;"
                f" the one that was here was made {known.installed_at:%Y-%m-%d %H:%M}",
                where=str(path),
                cure="put the right one back, or remove its mark to go on with this one",
            )
        there = hash_of(connection, known.journal_id)
        another_past = bool(known.head) and there is not None and there != known.head
        if present.journal_id < known.journal_id or another_past:
            _restored(connection, known, at)


def _restored(connection: Connection, known: Mark, at: datetime) -> None:
    attempts.recover(connection, at)
    reason = in_doubt(known.at)
    connection.execute(update(installation).values(doubt_until=known.at))
    leap = calendar_entry.c.sequence + _SEQUENCES_SKIPPED
    connection.execute(update(calendar_entry).values(sequence=leap))
    journal.write(connection, [journal.Line(at=at, event="restored", reason=reason)])
    hold_where(connection, entry.c.send_at <= known.at, "restored", reason, at)


def hold_in_doubt(connection: Connection, at: datetime) -> None:
    """Hold what was recorded at this instant, but may have been sent before the restoration."""
    until = connection.scalar(select(installation.c.doubt_until))
    if until is not None:
        recorded = (entry.c.updated_at == at) & (entry.c.send_at <= until)
        hold_where(connection, recorded, "restored", in_doubt(until), at)


def hold_where(
    connection: Connection, which: ColumnElement[bool], brake: Brake, reason: str, at: datetime
) -> None:
    """Let a brake hold every entry that waits and is one of these."""
    waiting = select(entry.c.id, entry.c.state).where(entry.c.state.in_(CLAIMABLE), which)
    found = [(row.id, State(row.state)) for row in connection.execute(waiting)]
    take_step(connection, found, Event.HOLD, reason, at, values={"held_by": brake})


def in_doubt(until: datetime) -> str:
    """Return why something is held after a restoration."""
    return f"restored ledger: may have been sent before {until:%Y-%m-%d %H:%M} UTC; a person decides"
