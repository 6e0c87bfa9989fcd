"""From a case to its deadlines, as the facts stood on one day.

Each function answers for one kind of deadline: a :class:`Deadline`, or a :class:`Withheld` with the
reason in words, or None where the kind does not concern the case at all. Sections 3 and 4 of the
domain's date semantics stand in ``config/README.md``. Nothing here knows rules, people or mail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from reminderd.domain.audience import KINDS_OF_A_UNIT
from reminderd.domain.cases import (
    Borger,
    Forloeb,
    Kontakt,
    Opfoelgning,
    Plan,
    Snapshot,
    Tilknytning,
)
from reminderd.domain.notices import Fact, Occasion
from reminderd.domain.rules import (
    CourseLimitParameters,
    ExitAgeParameters,
    ReviewParameters,
    in_danish,
)
from reminderd.domain.statistics import Figures
from reminderd.domain.words import say
from reminderd.domain.workdays import ONE_DAY, Workdays, add_months, birthday, local

_PLANNAVN = {
    "handleplan": "handleplanen",
    "ungeplan": "ungeplanen",
    "barnets_plan": "barnets plan",
    "helhedsplan": "den helhedsorienterede plan",
}
_MEETING_LENGTH = timedelta(minutes=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One course of support with everything that hangs on it.

    ``kontakter`` is None where the source has no contact log, which is not the same as no contact.
    ``others`` are the same citizen's other courses of the same offer, in the order of their ids.
    """

    forloeb: Forloeb
    borger: Borger
    tilknytninger: tuple[Tilknytning, ...]
    planer: tuple[Plan, ...]
    opfoelgninger: tuple[Opfoelgning, ...]
    kontakter: tuple[Kontakt, ...] | None = None
    others: tuple[Forloeb, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A day on which something ends, is due or takes place.

    ``day`` is what a notice's name carries; ``start`` is where leads "after start" count from;
    ``begins`` is set for what has a time of day. ``forloeb_ids`` are the courses whose people are
    concerned: one, but for what a whole group or unit shares; ``enhed_id`` is that unit. An ``empty``
    one has nothing to tell; ``figures`` are what a report tells. Leads count from
    ``lead_from`` where it is set and not from ``day``; ``staffed_on`` is the day whose people are
    concerned, where it is not the day of asking.
    """

    kind: str
    subject: str
    day: date
    forloeb_ids: tuple[str, ...]
    start: date | None = None
    begins: datetime | None = None
    conditions: frozenset[str] = frozenset()
    occasion: Occasion | None = None
    ansvarlig_id: str | None = None
    enhed_id: str | None = None
    empty: bool = False
    lead_from: date | None = None
    staffed_on: date | None = None
    figures: Figures | None = None
    facts: Mapping[str, Fact]

    @property
    def of_a_case(self) -> bool:
        """Tell whether it belongs to one course, whose number may be named."""
        return self.subject.startswith("forloeb:")

    @property
    def of_a_unit(self) -> bool:
        """Tell whether it concerns a unit and none of its courses; without one, the operator's list."""
        return self.kind in KINDS_OF_A_UNIT


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why a kind of deadline that could concern a case leads to nothing.

    At ``fault`` are the data: what was told of it before may still be true.
    """

    kind: str
    subject: str
    reason: str
    fault: bool = False


Found = Deadline | Withheld | None


def case_of(snapshot: Snapshot, forloeb: Forloeb) -> Case:
    """Collect what the snapshot holds about one course."""
    key = forloeb.forloeb_id
    return Case(
        forloeb=forloeb,
        borger=snapshot.borgere[forloeb.borger_id],
        tilknytninger=snapshot.tilknytninger.get(key, ()),
        planer=snapshot.planer.get(key, ()),
        opfoelgninger=snapshot.opfoelgninger.get(key, ()),
        kontakter=None if "rd_kontakt" in snapshot.absent_views else snapshot.kontakter.get(key, ()),
        others=tuple(
            row for row in snapshot.courses(forloeb.borger_id, forloeb.tilbud) if row.forloeb_id != key
        ),
    )


def subject_of(case: Case) -> str:
    """Return what a notice about this course is about."""
    return f"forloeb:{case.forloeb.forloeb_id}"


def occasion_of_day(kind: str, subject: str, day: date) -> Occasion:
    """Return the all-day marker of a deadline."""
    return Occasion(kind=kind, subject=subject, starts=day, ends=day + ONE_DAY)


def ended(forloeb: Forloeb, borger: Borger, as_of: date, *, candidates: bool = False) -> str | None:
    """Return why the course does not run on this day, or None.

    An end date in the future is a plan; one before the latest reopening is history, and one before the
    start is a mistake, which must not silence a course that runs. With ``candidates`` a course that is
    only proposed counts as running.
    """
    if borger.doedsdato is not None and borger.doedsdato <= as_of:
        return say("the citizen has died")
    reopened, start, slut = forloeb.genaabnet_dato, forloeb.start_dato, forloeb.slut_dato
    history = slut is not None and reopened is not None and slut < reopened <= as_of
    mistaken = slut is not None and start is not None and slut < start
    if slut is not None and slut <= as_of and not history and not mistaken:
        return say("the course ended on {day}", day=slut)
    if forloeb.status == "afsluttet":
        return say("the course is closed")
    if forloeb.status == "kandidat" and not candidates:
        return say("the course is only a candidate")
    return None


def review(case: Case, parameters: ReviewParameters, as_of: date, workdays: Workdays) -> Found:
    """Return the next review of the plan: rolling, counted from the last one held.

    Due is the last held review plus the decided rhythm, or the anchor (start of phase 2, or the
    reopening) plus the first interval.
    """
    forloeb = case.forloeb
    if forloeb.tilbud not in parameters.tilbud:
        return None
    subject = subject_of(case)
    reason = ended(forloeb, case.borger, as_of) or _review_off(case, parameters, as_of)
    if reason is not None:
        return Withheld("review", subject, reason)
    reason = _review_unknown(forloeb)
    if reason is not None:
        return Withheld("review", subject, reason, fault=True)
    anchor = review_anchor(forloeb)
    held = _held(case, anchor)
    if held and held[-1] > as_of:
        reason = say("a held date lies in the future ({day})", day=held[-1])
        return Withheld("review", subject, reason, fault=True)
    plan = current_plan(case, as_of)
    rhythm = plan.interval_mdr if plan is not None and plan.interval_mdr else parameters.then_months
    if not held:
        due = add_months(anchor, parameters.first_months)
    elif parameters.mode == "rolling":
        due = add_months(held[-1], rhythm)
    else:
        due = _next_on_grid(add_months(anchor, parameters.first_months), rhythm, held[-1])
    meeting = _planned_meeting(case, as_of)
    last_workday = workdays.previous(due)
    return Deadline(
        kind="review",
        subject=subject,
        day=due,
        forloeb_ids=(forloeb.forloeb_id,),
        conditions=frozenset() if meeting is None else frozenset({_planned(meeting[0].date(), due)}),
        occasion=Occasion(
            kind="review",
            # Until one is held it is the first, whichever day it counts from and however that is corrected.
            subject=f"{subject}#{held[-1] if held else 'first'}",
            starts=due,
            ends=due + ONE_DAY,
        ),
        facts={
            "frist": due,
            "plannavn": plannavn(plan),
            "sidst_afholdt": held[-1] if held else None,
            "sidste_arbejdsdag": last_workday if last_workday != due else None,
        },
    )


def meeting_for(due: Deadline | Withheld, case: Case, as_of: date) -> Deadline | Withheld:
    """Return the planned meeting of a review that :func:`review` has found.

    It carries the same calendar occasion as the review itself, so that the meeting takes the place
    of the all-day marker.
    """
    if isinstance(due, Withheld):
        return Withheld("review_meeting", due.subject, due.reason, fault=due.fault)
    meeting = _planned_meeting(case, as_of)
    if meeting is None:
        return Withheld("review_meeting", due.subject, say("no meeting is planned"))
    begins, ends, sted = meeting
    if begins.time() == time(0):
        reason = say("the meeting's time of day is missing (00:00)")
        return Withheld("review_meeting", due.subject, reason, fault=True)
    assert due.occasion is not None  # noqa: S101 - review() always gives one
    place = None if case.borger.beskyttelse != "ingen" else sted
    return Deadline(
        kind="review_meeting",
        subject=due.subject,
        day=begins.date(),
        # One that is planned after the deadline is told while the deadline can still be kept.
        lead_from=min(begins.date(), due.day),
        begins=begins,
        forloeb_ids=due.forloeb_ids,
        occasion=Occasion(
            kind="review",
            subject=due.occasion.subject,
            starts=begins,
            ends=ends,
            location=place,
            rsvp=True,
        ),
        facts={
            "plannavn": due.facts["plannavn"],
            "moede_start": begins,
            "moede_slut": ends,
            "sted": place,
            "frist": due.day,
            "efter_frist": begins.date() > due.day,
        },
    )


def course_limit(case: Case, parameters: CourseLimitParameters, as_of: date) -> Found:
    """Return the day a time-limited course must have ended: start plus the limit.

    The start's own day is not counted, so 20 weeks from a Monday is a Monday. A pause does not stop
    this clock: the limit is a calendar limit.
    """
    forloeb = case.forloeb
    if forloeb.tilbud not in parameters.tilbud:
        return None
    subject = subject_of(case)
    reason = ended(forloeb, case.borger, as_of)
    if reason is not None:
        return Withheld("course_limit", subject, reason)
    start = forloeb.start_dato
    if start is None:
        return Withheld("course_limit", subject, say("start_dato is missing"), fault=True)
    if forloeb.slut_dato is not None and forloeb.slut_dato < start:
        return Withheld("course_limit", subject, say("slut_dato lies before start_dato"), fault=True)
    limit = parameters.limit.after(start)
    return Deadline(
        kind="course_limit",
        subject=subject,
        day=limit,
        start=start,
        forloeb_ids=(forloeb.forloeb_id,),
        occasion=Occasion(kind="course_limit", subject=subject, starts=limit, ends=limit + ONE_DAY),
        facts={
            "start": start,
            "slut_registreret": forloeb.slut_dato,
            "maks": limit,
            "maks_tekst": in_danish(parameters.limit),
        },
    )


def exit_age(case: Case, parameters: ExitAgeParameters, as_of: date) -> Found:
    """Return the birthday at which support ends; the last day of support is the day before.

    A person with several open courses is spoken of on the first one only.
    """
    forloeb = case.forloeb
    if forloeb.tilbud not in parameters.tilbud:
        return None
    subject = subject_of(case)
    reason = ended(forloeb, case.borger, as_of)
    if reason is not None:
        return Withheld("exit_age", subject, reason)
    born = case.borger.foedselsdato
    if born is None:
        return Withheld("exit_age", subject, say("foedselsdato is missing"), fault=True)
    elsewhere = _spoken_of_elsewhere(case, as_of)
    if elsewhere is not None:
        return Withheld("exit_age", subject, elsewhere)
    reached = birthday(born, parameters.age, parameters.leap_birthday)
    last_day = reached - ONE_DAY
    return Deadline(
        kind="exit_age",
        subject=subject,
        day=reached,
        forloeb_ids=(forloeb.forloeb_id,),
        occasion=Occasion(kind="exit_age", subject=subject, starts=last_day, ends=reached),
        facts={
            "alder": parameters.age,
            "fylder": reached,
            "sidste_dag": last_day,
            "slut_registreret": forloeb.slut_dato,
            "plannavn": plannavn(current_plan(case, as_of)),
        },
    )


def _planned(meeting: date, due: date) -> str:
    return "moede_planlagt" if meeting <= due else "moede_efter_frist"


def open_others(case: Case, as_of: date) -> list[Forloeb]:
    """Return the citizen's other courses of the same offer that are open on a day."""
    return [other for other in case.others if ended(other, case.borger, as_of) is None]


def _spoken_of_elsewhere(case: Case, as_of: date) -> str | None:
    """Name the course on which a person is spoken of: the first that has begun, else the first."""

    def rank(forloeb: Forloeb) -> tuple[bool, str]:
        begun = forloeb.start_dato is not None and forloeb.start_dato <= as_of
        return forloeb.status == "planlagt" or not begun, forloeb.forloeb_id

    first = min((case.forloeb, *open_others(case, as_of)), key=rank)
    return None if first is case.forloeb else say("told on case {sagsnr}", sagsnr=first.sagsnr)


def _review_off(case: Case, parameters: ReviewParameters, as_of: date) -> str | None:
    """Say why reviews do not run on this day, or None."""
    forloeb = case.forloeb
    if forloeb.status == "pause":
        return say("the course is paused")
    if forloeb.fase is not None and forloeb.fase not in parameters.phases:
        return say("reviews do not run in phase {fase}", fase=forloeb.fase)
    if forloeb.fase is not None and forloeb.fase2_dato is not None and forloeb.fase2_dato > as_of:
        return say("phase 2 begins on {day}", day=forloeb.fase2_dato)
    return None


def _review_unknown(forloeb: Forloeb) -> str | None:
    """Say what is amiss in the data, so that nobody can say when a review is due, or None."""
    if forloeb.fase is None:
        return say("fase is missing")
    if forloeb.fase2_dato is None:
        return say("fase2_dato is missing")
    if forloeb.start_dato is not None and forloeb.fase2_dato < forloeb.start_dato:
        return say("fase2_dato lies before start_dato")
    return None


def review_anchor(forloeb: Forloeb) -> date:
    """Return the day reviews count from: the homecoming, or a later reopening; phase 2 has a date."""
    assert forloeb.fase2_dato is not None  # noqa: S101 - _review_off has asked
    reopened = forloeb.genaabnet_dato
    return max(forloeb.fase2_dato, reopened) if reopened is not None else forloeb.fase2_dato


def _held(case: Case, anchor: date) -> list[date]:
    return sorted(
        row.afholdt_dato
        for row in case.opfoelgninger
        if row.status == "afholdt" and row.afholdt_dato is not None and row.afholdt_dato >= anchor
    )


def current_plan(case: Case, as_of: date) -> Plan | None:
    """Return the plan in force, the newest where there are several."""
    current = [
        plan
        for plan in case.planer
        if plan.gaelder_fra <= as_of and (plan.gaelder_til is None or plan.gaelder_til >= as_of)
    ]
    return max(current, key=lambda plan: (plan.gaelder_fra, plan.plan_id), default=None)


def plannavn(plan: Plan | None) -> str:
    """Return what a plan is called in a Danish sentence: 'handleplanen'."""
    return _PLANNAVN["handleplan" if plan is None else plan.plantype]


def _next_on_grid(first: date, rhythm: int, held: date) -> date:
    """Return the grid day after the one that a held review lies nearest to.

    A review a little early or late counts for its own quarter; one far too late has also used up the
    next.
    """
    number = 0
    while True:
        here, following = add_months(first, rhythm * number), add_months(first, rhythm * (number + 1))
        if held - here < following - held:
            return following
        number += 1


def _planned_meeting(case: Case, as_of: date) -> tuple[datetime, datetime, str | None] | None:
    planned = [
        row
        for row in case.opfoelgninger
        if row.status == "planlagt" and row.planlagt_tid is not None and row.planlagt_tid.date() >= as_of
    ]
    if not planned:
        return None
    row = min(planned, key=lambda row: (row.planlagt_tid, row.opfoelgning_id))
    assert row.planlagt_tid is not None  # noqa: S101 - filtered above
    begins = local(row.planlagt_tid)
    length = timedelta(minutes=row.varighed_min) if row.varighed_min else _MEETING_LENGTH
    return begins, local(row.planlagt_tid + length), row.sted
