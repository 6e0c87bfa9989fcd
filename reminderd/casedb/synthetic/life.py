"""What happens in the invented house while the demo's days go by.

Planned review meetings are held on their day, and a review that is overdue is held nine days late: so
the demo shows reminders that stop because somebody acted, and the next quarter beginning.
"""

import sqlite3
from datetime import date, datetime, time, timedelta
from pathlib import Path

from reminderd.casedb import contract
from reminderd.casedb.synthetic.write import base_name, refresh_sqlite
from reminderd.domain.workdays import add_months

_LATE = timedelta(days=9)
_EARLY_MORNING = time(5, 30)


def live(path: Path, day: date) -> None:
    """Let everything happen in a written file that happened before this day's morning."""
    connection = sqlite3.connect(path)
    try:
        with connection:
            _hold_planned(connection, day)
            _hold_overdue(connection, day)
    finally:
        connection.close()
    refresh_sqlite(path, datetime.combine(day, _EARLY_MORNING))


def _hold_planned(connection: sqlite3.Connection, day: date) -> None:
    reviews = base_name(contract.BY_NAME["rd_opfoelgning"])
    connection.execute(
        f"UPDATE {reviews} SET status = 'afholdt', afholdt_dato = date(planlagt_tid)"  # noqa: S608
        " WHERE status = 'planlagt' AND date(planlagt_tid) < ?",
        (day.isoformat(),),
    )


def _hold_overdue(connection: sqlite3.Connection, day: date) -> None:
    cases = base_name(contract.BY_NAME["rd_forloeb"])
    reviews = base_name(contract.BY_NAME["rd_opfoelgning"])
    last_held = connection.execute(
        f"SELECT c.forloeb_id, max(c.fase2_dato, coalesce(max(r.afholdt_dato), ''))"  # noqa: S608
        f" FROM {cases} c LEFT JOIN {reviews} r ON r.forloeb_id = c.forloeb_id AND r.status = 'afholdt'"
        " WHERE c.fase2_dato IS NOT NULL GROUP BY c.forloeb_id"
    ).fetchall()
    for forloeb_id, held in last_held:
        held_on = add_months(date.fromisoformat(held), 3) + _LATE
        if held_on < day:
            connection.execute(
                f"INSERT INTO {reviews} (opfoelgning_id, forloeb_id, afholdt_dato, status)"  # noqa: S608
                " VALUES (?, ?, ?, 'afholdt')",
                (f"{forloeb_id}-{held_on}", forloeb_id, max(held_on, day - timedelta(days=1)).isoformat()),
            )
