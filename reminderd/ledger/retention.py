"""Retention: what was sent and what was noted goes when it has been kept long enough.

Texts go some days after their entry has settled, old journal lines after the controller's period.
What a calendar may still have to be told about stays until that is over. Works inside somebody else's
transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from reminderd.domain.lifecycle import State
from reminderd.ledger import journal as lines
from reminderd.ledger.chain import PURGED, bridge
from reminderd.ledger.mentions import mentioning
from reminderd.ledger.schema import calendar_entry, entry, journal, left_behind, message

_NO_DELETE = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'journal_no_delete'"
_OVER = (State.SENT, State.LAPSED)
_MAY_COME_BACK = (State.FAILED, State.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Retention:
    """Days that a text is kept after its entry settled, and a journal line (0: for ever)."""

    text_days: int = 14
    journal_days: int = 0


@dataclass(frozen=True, slots=True)
class Purged:
    """How many texts, calendar contents and journal lines went, or would go."""

    texts: int
    contents: int
    lines: int


def purge(
    connection: Connection,
    retention: Retention,
    at: datetime,
    *,
    sagsnr: str | None = None,
    actor: str = lines.SERVICE,
    dry_run: bool = False,
) -> Purged:
    """Purge what has been kept long enough; with ``sagsnr`` that case's settled texts, however young.

    A text that tells of several cases goes with each of them. One that may still be offered stays, and so
    does what a calendar shows until it is over.
    """
    before = at if sagsnr is not None else at - timedelta(days=retention.text_days)
    case: ColumnElement[bool] = entry.c.id.is_not(None)
    if sagsnr is not None:
        case = or_(entry.c.sagsnr == sagsnr, entry.c.id.in_(mentioning(connection, sagsnr)))
    texts = _count(connection, message.c.raw.is_not(None), _settled(before, at), case)
    over = select(calendar_entry.c.id).where(calendar_entry.c.ends_at <= before)
    shown = and_(message.c.calendar_content.is_not(None), message.c.calendar_entry_id.in_(over))
    contents = _count(connection, shown, case)
    through = 0
    if sagsnr is None and retention.journal_days:
        through = _old_lines(connection, at - timedelta(days=retention.journal_days))
    old = select(func.count()).select_from(journal).where(journal.c.id <= through)
    found = Purged(texts, contents, connection.scalar(old) or 0)
    if dry_run or found == Purged(0, 0, 0):
        return found
    _forget(connection, "raw", message.c.raw.is_not(None), _settled(before, at), case)
    _forget(connection, "calendar_content", shown, case)
    of_case = select(entry.c.id).where(case)
    connection.execute(
        delete(left_behind).where(
            left_behind.c.calendar_entry_id.in_(over), left_behind.c.entry_id.in_(of_case)
        )
    )
    if found.lines:
        _cut(connection, through, at, actor)
    words = f"{texts} texts, {contents} calendar contents" + ("" if sagsnr is None else f" of case {sagsnr}")
    lines.write(connection, [lines.Line(at=at, event="purge", reason=words, actor=actor)])
    return found


def _settled(before: datetime, at: datetime) -> ColumnElement[bool]:
    useless = and_(entry.c.state.in_(_MAY_COME_BACK), entry.c.expires_at <= at)
    return and_(entry.c.updated_at <= before, or_(entry.c.state.in_(_OVER), useless))


def _count(connection: Connection, *conditions: ColumnElement[bool]) -> int:
    which = select(func.count()).select_from(message.join(entry, entry.c.id == message.c.entry_id))
    return connection.scalar(which.where(*conditions)) or 0


def _forget(connection: Connection, column: str, *conditions: ColumnElement[bool]) -> None:
    which = select(message.c.entry_id).join(entry, entry.c.id == message.c.entry_id).where(*conditions)
    connection.execute(update(message).where(message.c.entry_id.in_(which)).values({column: None}))


def _old_lines(connection: Connection, before: datetime) -> int:
    """Return the last of the oldest lines that are all old enough, and about nothing that is open."""
    open_states = [state for state in State if state not in (*_OVER, *_MAY_COME_BACK)]
    kept = (
        select(func.min(journal.c.id))
        .join(entry, entry.c.id == journal.c.entry_id, isouter=True)
        .where(or_(journal.c.at > before, entry.c.state.in_(open_states)))
    )
    first_kept: int | None = connection.scalar(kept)
    if first_kept is None:
        first_kept = int(connection.scalar(select(func.max(journal.c.id))) or 0)
    return first_kept - 1


def _cut(connection: Connection, through: int, at: datetime, actor: str) -> None:
    """Take lines out at the front, and leave a line that bridges the gap."""
    head = connection.scalar(select(journal.c.hash).where(journal.c.id == through))
    assert head is not None  # noqa: S101 - there are lines, and every line has one
    lines.write(connection, [lines.Line(at=at, event=PURGED, reason=bridge(through, head), actor=actor)])
    refusal = connection.exec_driver_sql(_NO_DELETE).scalar_one()
    connection.exec_driver_sql("DROP TRIGGER journal_no_delete")
    connection.execute(journal.delete().where(journal.c.id <= through))
    connection.exec_driver_sql(refusal)
