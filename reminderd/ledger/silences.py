"""Silences as rows: begun and ended by a person, journalled, never removed.

Works inside somebody else's transaction. Knows nothing of notices, and not what time it is.
"""

from datetime import date, datetime

from sqlalchemy import Connection, or_, select, update

from reminderd.domain.silences import Silence, SilenceKind
from reminderd.domain.workdays import civil_day
from reminderd.errors import LedgerError
from reminderd.ledger import journal
from reminderd.ledger.schema import installation, silence


def begin_silence(
    connection: Connection,
    kind: SilenceKind,
    target: str,
    until: date,
    *,
    reason: str,
    author: str,
    at: datetime,
) -> int:
    """Enter a silence and its journal row; returns its id."""
    values = {
        "kind": kind,
        "target": target,
        "until": until,
        "author": author,
        "reason": reason,
        "created_at": at,
    }
    made = connection.execute(silence.insert().values(values)).inserted_primary_key
    assert made is not None  # noqa: S101 - one row was inserted
    number = int(made[0])
    _note(connection, "silence", f"{number}: {kind} {target} until {until}: {reason}", author, at)
    return number


def end_silence(connection: Connection, silence_id: int, *, author: str, at: datetime) -> None:
    """End a silence before its day; raises LedgerError where it is not there or over already."""
    in_force = (
        silence.c.id == silence_id,
        silence.c.ended_at.is_(None),
        silence.c.until >= civil_day(at),
    )
    ended = connection.execute(update(silence).where(*in_force).values(ended_at=at, ended_by=author))
    if ended.rowcount != 1:
        raise LedgerError(
            f"there is no silence {silence_id} in force", cure="`reminderd silence --list` shows which are"
        )
    _note(connection, "end_silence", f"{silence_id} ended", author, at)


def all_silences(connection: Connection) -> list[Silence]:
    """Return every silence that ever was, oldest first."""
    return _read(connection, since=None)


def known_silences(connection: Connection) -> tuple[Silence, ...]:
    """Return the silences that planning must know: those that were not over at the previous run."""
    return tuple(_read(connection, since=connection.scalar(select(installation.c.previous_run))))


def _read(connection: Connection, since: datetime | None) -> list[Silence]:
    statement = select(silence).order_by(silence.c.id)
    if since is not None:
        not_ended = or_(silence.c.ended_at.is_(None), silence.c.ended_at > since)
        statement = statement.where(silence.c.until >= civil_day(since), not_ended)
    return [
        Silence(
            silence_id=row.id,
            kind=row.kind,
            target=row.target,
            until=row.until,
            author=row.author,
            reason=row.reason,
            created_at=row.created_at,
            ended_at=row.ended_at,
            ended_by=row.ended_by,
        )
        for row in connection.execute(statement)
    ]


def _note(connection: Connection, event: str, reason: str, author: str, at: datetime) -> None:
    journal.write(connection, [journal.Line(at=at, actor=author, event=event, reason=reason)])
