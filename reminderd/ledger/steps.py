"""Steps of the lifecycle: each names the state it starts from, and leaves a line in the journal.

Works inside somebody else's transaction. Either every entry was where it was believed to be, or
nothing is changed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, update

from reminderd.domain.lifecycle import Event, State, follow
from reminderd.errors import LedgerError
from reminderd.ledger import journal
from reminderd.ledger.schema import entry

# What is said several times for every mail. A statement that is built once is also compiled once: it
# remembers its place in SQLAlchemy's cache, which otherwise costs as much as the database itself.
_MOVE = update(entry).where(entry.c.id == bindparam("entry_id"), entry.c.state == bindparam("from_state"))


class StaleEntryError(LedgerError):
    """An entry was no longer in the state that a change started from: somebody else was first."""


def take_step(
    connection: Connection,
    entries: Sequence[tuple[int, State]],
    event: Event,
    reason: str,
    at: datetime,
    *,
    actor: str = journal.SERVICE,
    values: Mapping[str, Any] | None = None,
    tls: str | None = None,
) -> None:
    """Move entries along the lifecycle table, each from the state it is believed to be in.

    ``tls`` goes into the journal alone.

    ``values`` sets further columns of the entry alike for all. Raises StaleEntryError where a row
    is elsewhere, LedgerError where the table has no such step; then nothing is changed.
    """
    if event is Event.HOLD:
        values = {"held_by": None, **(values or {})}
    for state in {state for _, state in entries}:
        target = follow(state, event)
        if target is None:
            raise LedgerError(f"an entry in state {state} knows no event {event}")
        ids = [entry_id for entry_id, was in entries if was is state]
        given = {"from_state": state, "state": target, "reason": reason, "updated_at": at}
        reckoned: dict[str, ColumnElement[Any]] = {}
        for name, value in (values or {}).items():
            (reckoned if isinstance(value, ColumnElement) else given)[name] = value
        changed = connection.execute(
            _MOVE.values(reckoned) if reckoned else _MOVE,
            [{"entry_id": entry_id, **given} for entry_id in ids],
        ).rowcount
        if changed != len(ids):
            raise StaleEntryError(f"{len(ids) - changed} of {len(ids)} entries were no longer {state}")
        journal.write(
            connection,
            [
                journal.Line(
                    at=at,
                    entry_id=entry_id,
                    actor=actor,
                    event=event,
                    from_state=state,
                    to_state=target,
                    reason=reason,
                    tls=tls,
                )
                for entry_id in ids
            ],
        )
