"""What the case source asks for held against what became of it, as an auditor would: without the planner.

The obligations are reckoned anew from the source's raw rows (``casedb.obligations``) and compared with the
ledger's books. Reads only; judges, and mends nothing.
"""

from datetime import datetime, timedelta

from reminderd.casedb.contract import BY_NAME
from reminderd.casedb.obligations import House, Row, obligations, set_aside
from reminderd.casedb.source import CaseSource
from reminderd.config.settings import Settings
from reminderd.domain.accounting import Account, bled, settled
from reminderd.domain.cases import Finding
from reminderd.domain.planning import Policy
from reminderd.domain.workdays import COPENHAGEN
from reminderd.ledger import Reading, books_of

# One run a day is enough for an installation that a timer starts.
_LONGEST_SILENCE = timedelta(hours=26)


def account_of(
    source: CaseSource, reading: Reading, policy: Policy, settings: Settings, now: datetime
) -> Account | None:
    """Return the accounts as of the last run; None where nothing has run yet."""
    books = books_of(reading)
    if books is None:
        return None
    snapshot = source.read()
    house = House(
        looked=books.previous_run.astimezone(COPENHAGEN).replace(tzinfo=None),
        closed=policy.workdays.closed,
        send_time=settings.run.send_time,
        domains=settings.privacy.recipient_domains,
        since=books.since,
        no_dates=settings.source.sentinel_dates,
    )

    def rows(view: str) -> list[Row]:
        if view in snapshot.absent_views:
            return []
        names = BY_NAME[view].column_names
        found = source.raw_rows(view)
        return [dict(zip(names, row, strict=True)) for row in found if not isinstance(row, Finding)]

    counted, missing = settled(
        obligations(rows, policy.book, house),
        books.entries,
        books.silences,
        set_aside(snapshot.findings, snapshot.aktiviteter.keys() - snapshot.deltagere.keys()),
        as_of=books.previous_run,
        was_open=policy.open_for_sending(books.previous_run),
    )
    present = {f"forloeb:{str(row['forloeb_id']).strip()}" for row in rows("rd_forloeb")}
    lost = bled(books.entries, present, house.today, settings.brake.max_lost_percent)
    late = now - books.previous_run
    old = f"the case source was last reconciled {late.days * 24 + late.seconds // 3600} hours ago"
    return Account(
        as_of=books.previous_run,
        obligations=counted,
        entries=books.by_state,
        missing=missing,
        contradictions=(
            *((old,) if late > _LONGEST_SILENCE else ()),
            *((lost,) if lost is not None else ()),
            *books.contradictions,
        ),
    )
