"""What the case source held when it was last good, and the doubt there is about it: one row.

Works inside somebody else's transaction.
"""

from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert

from reminderd.domain.brakes import Census, SourceStanding
from reminderd.errors import LedgerError
from reminderd.ledger import journal
from reminderd.ledger.schema import source_standing


def source_standing_of(connection: Connection) -> SourceStanding:
    """Return how the case source stands."""
    row = connection.execute(select(source_standing)).first()
    if row is None:
        return SourceStanding()
    views = frozenset((row.views or "").split())
    good = None if row.courses is None else Census(row.courses, row.running, views)
    return SourceStanding(good, row.doubt, row.since, accepted=row.accepted)


def believe(connection: Connection, reason: str, at: datetime, author: str) -> None:
    """Dispel what doubt there is; raises LedgerError where there is none."""
    dispelled = update(source_standing).where(source_standing.c.doubt.is_not(None)).values(accepted=True)
    if connection.execute(dispelled).rowcount != 1:
        raise LedgerError("the case source is not in doubt", cure="`reminderd status` shows what is held")
    journal.write(connection, [journal.Line(at=at, event="believe_source", reason=reason, actor=author)])


def keep_standing(connection: Connection, standing: SourceStanding, at: datetime) -> None:
    """Write how the case source stands; a doubt that begins, changes or ends leaves a line in the journal."""
    before = source_standing_of(connection)
    if standing == before:
        return
    if standing.doubt != before.doubt:
        words = standing.doubt or f"as it should be again; it was: {before.doubt}"
        journal.write(connection, [journal.Line(at=at, event="source_doubt", reason=words)])
    good = standing.good
    values = {
        "id": 1,
        "courses": None if good is None else good.courses,
        "running": None if good is None else good.running,
        "views": None if good is None else " ".join(sorted(good.views)),
        "doubt": standing.doubt,
        "since": standing.since,
        "accepted": standing.accepted,
    }
    connection.execute(insert(source_standing).values(values).on_conflict_do_update(["id"], set_=values))
