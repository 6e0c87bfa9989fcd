"""The days on which an answer may change though the data does not: a case's own, and its people's leaves.

A plan for a stretch of days looks at these, at the days on which notices fall due, and at no other.
"""

from datetime import date

from reminderd.domain.cases import Fravaer, Snapshot
from reminderd.domain.deadlines import Case
from reminderd.domain.workdays import ONE_DAY


def turning_points(case: Case) -> set[date]:
    """Return every day on which the answer about this case may change though its data does not.

    A plan for a stretch of days looks at the case on these days, and on the days its notices are
    due, and on no other.
    """
    forloeb = case.forloeb
    days: set[date | None] = {
        *(day for other in case.others for day in (other.start_dato, other.slut_dato, other.genaabnet_dato)),
        forloeb.start_dato,
        forloeb.slut_dato,
        forloeb.genaabnet_dato,
        forloeb.fase2_dato,
        case.borger.doedsdato,
        _after(forloeb.anbringelse_slut),
        *(kontakt.dato for kontakt in case.kontakter or ()),
    }
    for tilknytning in case.tilknytninger:
        days |= {tilknytning.fra_dato, _after(tilknytning.til_dato)}
    for plan in case.planer:
        days |= {plan.gaelder_fra, _after(plan.gaelder_til)}
    for opfoelgning in case.opfoelgninger:
        days |= {opfoelgning.afholdt_dato}
        if opfoelgning.planlagt_tid is not None:
            days |= {opfoelgning.planlagt_tid.date() + ONE_DAY}
    return {day for day in days if day is not None}


def leave_days(case: Case, snapshot: Snapshot) -> set[date]:
    """Return when leaves of a case's people, and of their deputies, begin and end."""
    people = {row.medarbejder_id for row in case.tilknytninger}
    unit = snapshot.enheder.get(case.forloeb.enhed_id or "")
    if unit is not None and unit.leder_id is not None:
        people.add(unit.leder_id)
    days: set[date] = set()
    asked: set[str] = set()
    while people:
        asked |= people
        leaves = [row for who in people for row in snapshot.fravaer.get(who, ())]
        days |= {day for row in leaves for day in bounds(row)}
        people = {row.stedfortraeder_id for row in leaves if row.stedfortraeder_id is not None} - asked
    return days


def bounds(leave: Fravaer) -> list[date]:
    """Return the first day of a leave and the first day after it."""
    return [leave.fra_dato, *([] if leave.til_dato is None else [leave.til_dato + ONE_DAY])]


def _after(day: date | None) -> date | None:
    return None if day is None else day + ONE_DAY
