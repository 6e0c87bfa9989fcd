"""Deadlines around a course's beginning and end: what has to be prepared, decided or made up for.

Same shape as ``deadlines``: each function answers for one kind, as the facts stood on one day, with a
Deadline, a Withheld that says why not, or None where the kind does not concern the case.
"""

from datetime import date, timedelta

from reminderd.domain.cases import Kontakt
from reminderd.domain.deadlines import (
    Case,
    Deadline,
    Found,
    Withheld,
    current_plan,
    ended,
    occasion_of_day,
    plannavn,
    subject_of,
)
from reminderd.domain.rules import (
    CourseEndParameters,
    CourseLimitParameters,
    ExitAgeParameters,
    IntroVisitParameters,
    PlacementEndParameters,
    PlanDueParameters,
    PlannedEndParameters,
    Turns18Parameters,
)
from reminderd.domain.words import say
from reminderd.domain.workdays import add_months, birthday

_PREPARATION = 1
_ADULT = 18


def placement_end(case: Case, parameters: PlacementEndParameters, as_of: date) -> Found:
    """Return the day a placement is planned to end, while the homecoming is being prepared (V6).

    Candidates count: the preparation may begin before anybody has decided; the committee that has yet to
    decide is told of them (``ikke_besluttet``).
    """
    forloeb = case.forloeb
    if forloeb.tilbud not in parameters.tilbud:
        return None
    subject = subject_of(case)
    if forloeb.fase is not None and forloeb.fase > _PREPARATION:
        return Withheld(
            "placement_end", subject, say("the young person has come home (phase {fase})", fase=forloeb.fase)
        )
    reason = ended(forloeb, case.borger, as_of, candidates=True)
    if reason is not None:
        return Withheld("placement_end", subject, reason)
    day = forloeb.anbringelse_slut
    if day is None:
        return Withheld("placement_end", subject, say("anbringelse_slut is missing"))
    if day < as_of:
        return Withheld("placement_end", subject, say("the placement ended on {day}", day=day))
    return Deadline(
        kind="placement_end",
        subject=subject,
        day=day,
        forloeb_ids=(forloeb.forloeb_id,),
        conditions=frozenset({"ikke_besluttet"} if forloeb.status == "kandidat" else ()),
        occasion=occasion_of_day("placement_end", subject, day),
        facts={
            "anbringelse_slut": day,
            "introbesoeg_mangler": not _visits(case, "introduktionsbesoeg", as_of),
        },
    )


def intro_visit(case: Case, parameters: IntroVisitParameters, as_of: date) -> Found:
    """Return the day by which the introduction visit should have been made (V20)."""
    forloeb = case.forloeb
    if forloeb.tilbud not in parameters.tilbud:
        return None
    subject = subject_of(case)
    reason = ended(forloeb, case.borger, as_of)
    if reason is None and case.kontakter is None:
        reason = say("{view} is absent", view="rd_kontakt")
    if reason is not None:
        return Withheld("intro_visit", subject, reason)
    start = forloeb.start_dato
    if start is None:
        return Withheld("intro_visit", subject, say("start_dato is missing"), fault=True)
    visits = _visits(case, "introduktionsbesoeg", as_of)
    if visits:
        reason = say("the introduction visit was made on {day}", day=visits[0].dato)
        return Withheld("intro_visit", subject, reason)
    due = start + timedelta(days=parameters.within_days)
    return Deadline(
        kind="intro_visit",
        subject=subject,
        day=due,
        forloeb_ids=(forloeb.forloeb_id,),
        facts={"start": start, "frist": due},
    )


def turns_18(case: Case, parameters: Turns18Parameters, as_of: date) -> Found:
    """Return the day by which support after a placement must be decided: half a year before 18 (BL § 111)."""
    forloeb = case.forloeb
    if forloeb.tilbud not in parameters.tilbud or forloeb.anbringelse_slut is None:
        return None
    subject = subject_of(case)
    reason = ended(forloeb, case.borger, as_of, candidates=True)
    if reason is not None:
        return Withheld("turns_18", subject, reason)
    born = case.borger.foedselsdato
    if born is None:
        return Withheld("turns_18", subject, say("foedselsdato is missing"), fault=True)
    adult = birthday(born, _ADULT, parameters.leap_birthday)
    if adult <= as_of:
        return None
    due = add_months(adult, -parameters.months_before)
    return Deadline(
        kind="turns_18",
        subject=subject,
        day=due,
        forloeb_ids=(forloeb.forloeb_id,),
        occasion=occasion_of_day("turns_18", subject, due),
        facts={"fylder": adult, "frist": due, "plannavn": plannavn(current_plan(case, as_of))},
    )


def plan_due(case: Case, parameters: PlanDueParameters, as_of: date) -> Found:
    """Return the day by which a plan must exist: some months after the course began (BL § 108)."""
    forloeb = case.forloeb
    if forloeb.tilbud not in parameters.tilbud:
        return None
    subject = subject_of(case)
    reason = ended(forloeb, case.borger, as_of)
    if reason is not None:
        return Withheld("plan_due", subject, reason)
    start = forloeb.start_dato
    if start is None:
        return Withheld("plan_due", subject, say("start_dato is missing"), fault=True)
    if current_plan(case, as_of) is not None:
        return Withheld("plan_due", subject, say("there is a plan"))
    due = add_months(start, parameters.months)
    return Deadline(
        kind="plan_due",
        subject=subject,
        day=due,
        forloeb_ids=(forloeb.forloeb_id,),
        occasion=occasion_of_day("plan_due", subject, due),
        facts={"start": start, "frist": due, "plannavn": plannavn(None)},
    )


def planned_end(
    case: Case,
    parameters: PlannedEndParameters,
    exit_age: ExitAgeParameters,
    course_limit: CourseLimitParameters,
    as_of: date,
) -> Found:
    """Return a planned end that comes before whatever ends the course anyway (V15 b, F1).

    That is the birthday, or the limit of a course that has one (``tidsbegraenset``).
    """
    forloeb = case.forloeb
    if forloeb.tilbud not in parameters.tilbud:
        return None
    subject = subject_of(case)
    reason = ended(forloeb, case.borger, as_of)
    if reason is not None:
        return Withheld("planned_end", subject, reason)
    day, start = forloeb.slut_planlagt, forloeb.start_dato
    if day is None:
        return Withheld("planned_end", subject, say("no end is planned"))
    limited = forloeb.tilbud in course_limit.tilbud
    limit = course_limit.limit.after(start) if limited and start is not None else None
    if limit is not None and limit <= day:
        return Withheld("planned_end", subject, say("the limit on {day} comes first", day=limit))
    born = case.borger.foedselsdato if forloeb.tilbud in exit_age.tilbud else None
    reached = None if born is None else birthday(born, exit_age.age, exit_age.leap_birthday)
    if reached is not None and reached <= day:
        return Withheld("planned_end", subject, say("the birthday on {day} comes first", day=reached))
    return Deadline(
        kind="planned_end",
        subject=subject,
        day=day,
        forloeb_ids=(forloeb.forloeb_id,),
        conditions=frozenset({"tidsbegraenset"} if limited else ()),
        occasion=occasion_of_day("planned_end", subject, day),
        facts={"slut_planlagt": day, "plannavn": plannavn(current_plan(case, as_of))},
    )


def course_end(case: Case, parameters: CourseEndParameters, as_of: date) -> Found:
    """Return the day a time-limited course was recorded as ended, for the receipt (F1)."""
    forloeb = case.forloeb
    if forloeb.tilbud not in parameters.tilbud:
        return None
    subject = subject_of(case)
    start, slut = forloeb.start_dato, forloeb.slut_dato
    reason = None
    if case.borger.doedsdato is not None and case.borger.doedsdato <= as_of:
        reason = say("the citizen has died")
    elif slut is None or slut > as_of or start is None or slut < start:
        reason = say("no end is recorded")
    elif ended(forloeb, case.borger, as_of) is None:
        reason = say("the course was reopened")
    if reason is not None or slut is None or start is None:
        return Withheld("course_end", subject, reason or say("no end is recorded"))
    return Deadline(
        kind="course_end",
        subject=subject,
        day=slut,
        staffed_on=slut,
        forloeb_ids=(forloeb.forloeb_id,),
        facts={
            "start": start,
            "slut": slut,
            "varighed_tekst": weeks_and_days(start, slut),
            "aarsag_mangler": forloeb.afslutning_kode is None,
        },
    )


def weeks_and_days(start: date, slut: date) -> str:
    """Return a length of time as a Danish reader says it: '12 uger og 3 dage'."""
    weeks, days = divmod((slut - start).days, 7)
    parts = []
    if weeks:
        parts.append("1 uge" if weeks == 1 else f"{weeks} uger")
    if days or not weeks:
        parts.append("1 dag" if days == 1 else f"{days} dage")
    return " og ".join(parts)


def _visits(case: Case, kontakttype: str, as_of: date) -> list[Kontakt]:
    return sorted(
        (
            row
            for row in case.kontakter or ()
            if row.kontakttype == kontakttype and row.gennemfoert and row.dato <= as_of
        ),
        key=lambda row: row.dato,
    )
