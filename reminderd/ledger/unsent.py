"""What did not reach its reader, or not as it should, as the ledger has it: for the operator's overview."""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, not_, or_, select, true

from reminderd.domain.lifecycle import FINAL, State
from reminderd.domain.unsent import STANDS_IN_OVERVIEWS, Unsent, in_order
from reminderd.ledger.schema import entry, journal

# The longest that a notice of a case is useful after its deadline; what lapses later is a repetition's.
_LATEST = timedelta(days=60)
_NOTED = ("replaced", "calendar_left_out")
_COLUMNS = (entry.c.subject, entry.c.sagsnr, entry.c.deadline_kind, entry.c.deadline_date)


def unsent_this_week(connection: Connection, today: date, after: datetime) -> tuple[Unsent, ...]:
    """Return what :func:`unsent` does, or nothing once this week's overview has been settled."""
    settled = select(entry.c.id).where(
        entry.c.state.in_(FINAL),
        entry.c.deadline_date == today - timedelta(days=today.weekday()),
        entry.c.deadline_kind == "digest",
        entry.c.subject == "operator",
    )
    return () if connection.scalar(settled.limit(1)) is not None else unsent(connection, after)


def unsent(connection: Connection, after: datetime | None = None) -> tuple[Unsent, ...]:
    """Return what is held or in doubt, and what failed, lapsed or was changed; late things only ``after``.

    What lapsed because there was nothing to tell, or because another stage of its deadline told the same
    person, has missed nobody.
    """
    since = None if after is None else after - STANDS_IN_OVERVIEWS
    recent: ColumnElement[bool] = true() if since is None else entry.c.updated_at > since
    other = entry.alias()
    told_otherwise = (
        select(other.c.id)
        .where(
            other.c.sagsnr.is_not_distinct_from(entry.c.sagsnr),
            other.c.subject == entry.c.subject,
            other.c.deadline_kind == entry.c.deadline_kind,
            other.c.deadline_date == entry.c.deadline_date,
            other.c.recipient_id == entry.c.recipient_id,
            other.c.state.not_in((State.LAPSED, State.WITHDRAWN, State.FAILED)),
        )
        .exists()
    )
    missed = and_(
        entry.c.state == State.LAPSED,
        true() if since is None else entry.c.deadline_date >= since.date() - _LATEST,
        recent,
        not_(entry.c.reason.startswith("nothing to tell")),
        ~told_otherwise,
    )
    stuck = or_(
        entry.c.state.in_((State.HELD, State.UNKNOWN)), and_(entry.c.state == State.FAILED, recent), missed
    )
    rows = connection.execute(select(entry.c.state, *_COLUMNS, entry.c.updated_at).where(stuck))
    found = [Unsent(*row) for row in rows]
    noted = select(journal.c.event, *_COLUMNS, journal.c.at).join(entry, entry.c.id == journal.c.entry_id)
    late: ColumnElement[bool] = true()
    if since is not None:
        # By way of young entries and their index, because the journal has none on its events.
        young = and_(entry.c.state.in_(list(State)), entry.c.deadline_date >= since.date() - _LATEST)
        late = and_(journal.c.at > since, young)
    rows = connection.execute(noted.where(journal.c.event.in_(_NOTED), late))
    return in_order([*found, *(Unsent(*row) for row in rows)])
