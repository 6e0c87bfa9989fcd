"""A ledger that is gone, and one that came back: told by the mark outside it, or by the copy itself.

A restored ledger does not know what was sent since the copy was made. What it would send again is
held until a person says which copies went out; what falls due later goes its usual way.

When a notice was due, its ``due_day`` says for ever. A change of a calendar has no such day: it is
due when it is seen. So all of them that the first look at the cases finds are in doubt.
"""

from datetime import datetime, time, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, or_, select, true, update

from reminderd.domain.brakes import Brake
from reminderd.domain.calendar_notices import UPKEEP
from reminderd.domain.lifecycle import CLAIMABLE, Event, State
from reminderd.domain.revisions import SEQUENCES_SKIPPED
from reminderd.domain.workdays import ONE_DAY, civil_day
from reminderd.domain.workdays import at as at_time
from reminderd.errors import LedgerError
from reminderd.ledger import attempts, journal
from reminderd.ledger.chain import hash_of
from reminderd.ledger.mark import Mark
from reminderd.ledger.schema import calendar_entry, entry, installation
from reminderd.ledger.schema import journal as journal_table
from reminderd.ledger.steps import take_step

# A row may be missing from the first reading and stand in a later one. What is new after so long is new.
_DOUBT_LASTS = timedelta(days=28)


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


def notice_restoration(engine: Engine, known: Mark | None, path: Path, at: datetime) -> None:
    """Hold what may have been sent already, where the ledger is older than its mark, or a copy.

    Only copies by ``back_up`` say that they are. Without a mark nobody knows until when the old one sent:
    it may have been until now. Raises LedgerError where it is another installation's.
    """
    with engine.begin() as connection:
        copied_at = connection.scalar(select(installation.c.copied_at))
        if known is None:
            if copied_at is not None:
                _restored(connection, at, at)
            return
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
        if present.journal_id < known.journal_id or another_past or copied_at is not None:
            _restored(connection, max(known.at, copied_at or known.at), at)


def _restored(connection: Connection, until: datetime, at: datetime) -> None:
    attempts.recover(connection, at)
    reason = in_doubt(until)
    doubt = {"doubt_until": until, "upkeep_in_doubt": True, "copied_at": None}
    connection.execute(update(installation).values(doubt))
    leap = calendar_entry.c.sequence + SEQUENCES_SKIPPED
    connection.execute(update(calendar_entry).values(sequence=leap))
    journal.write(connection, [journal.Line(at=at, event="restored", reason=reason)])
    _doubt_what_was_held(connection, reason, at)
    hold_where(connection, true(), "restored", reason, at)


def _doubt_what_was_held(connection: Connection, reason: str, at: datetime) -> None:
    """Let what the copy holds for another reason wait for a person as well: it may have been let go since."""
    held = list(connection.scalars(select(entry.c.id).where(entry.c.state == State.HELD)))
    values = {"held_by": "restored", "reason": reason, "updated_at": at}
    connection.execute(update(entry).where(entry.c.state == State.HELD).values(values))
    lines = [journal.Line(at=at, event="restored", reason=reason, entry_id=entry_id) for entry_id in held]
    journal.write(connection, lines)


def hold_in_doubt(connection: Connection, recorded: ColumnElement[bool], at: datetime) -> None:
    """Hold what was just recorded, but may have been sent before the restoration.

    What is late now has today as its ``send_at``. When it was to be sent at first, its day tells.
    """
    doubt = connection.execute(select(installation.c.doubt_until, installation.c.upkeep_in_doubt)).one()
    if doubt.doubt_until is None:
        return
    last_day = civil_day(doubt.doubt_until)
    due_then = or_(
        entry.c.due_day < last_day,
        # Of that day itself, what was to be sent later than that was not sent, unless it is late by now.
        and_(
            entry.c.due_day == last_day,
            or_(
                entry.c.send_at <= doubt.doubt_until,
                entry.c.send_at >= at_time(last_day + ONE_DAY, time(0)),
            ),
        ),
    )
    of_upkeep = entry.c.rule.in_(UPKEEP)
    may_be_out = or_(of_upkeep, due_then) if doubt.upkeep_in_doubt else and_(~of_upkeep, due_then)
    hold_where(connection, and_(recorded, may_be_out), "restored", in_doubt(doubt.doubt_until), at)


def end_doubt(connection: Connection, at: datetime, *, upkeep_decided: bool) -> None:
    """Let go of the doubts that a finished run has answered, or that time has."""
    if upkeep_decided:
        connection.execute(update(installation).values(upkeep_in_doubt=False))
    over = installation.c.doubt_until < at - _DOUBT_LASTS
    decided = ~installation.c.upkeep_in_doubt
    connection.execute(update(installation).where(over, decided).values(doubt_until=None))


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
