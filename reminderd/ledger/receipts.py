"""On which day the relay took the mails about the end of a course: an overview speaks of late ones.

Only questions; an entry that was sent does not change any more, so its last change is that day.
"""

from datetime import date, datetime

from sqlalchemy import Connection, select

from reminderd.domain.came_back import STANDS_IN_OVERVIEWS
from reminderd.domain.lifecycle import State
from reminderd.domain.workdays import civil_day
from reminderd.ledger.schema import entry


def receipts(connection: Connection, useful_after: datetime | None = None) -> dict[str, date]:
    """Return the days by key; with ``useful_after`` only what an overview made after it can still say."""
    wanted = select(entry.c.key, entry.c.updated_at).where(
        entry.c.deadline_kind == "course_end", entry.c.state == State.SENT
    )
    if useful_after is not None:
        wanted = wanted.where(entry.c.updated_at > useful_after - STANDS_IN_OVERVIEWS)
    return {key: civil_day(at) for key, at in connection.execute(wanted)}
