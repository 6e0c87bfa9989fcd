"""What one person should see of the cases: overdue, ahead, unmet, amiss; deputies see what they stand in for.

The lines of everybody's weekly overview, as of one day. When and to whom it is sent is ``digest``'s. Pure.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from reminderd.domain.came_back import CameBack, answered, returned
from reminderd.domain.cases import Snapshot
from reminderd.domain.deadlines import Case, Deadline, case_of, ended, review_anchor
from reminderd.domain.faults import FOR_THE_OPERATOR, faults
from reminderd.domain.notices import Line, StandIn
from reminderd.domain.planning import Policy, deadlines_of
from reminderd.domain.readers import OPERATOR, readers_of
from reminderd.domain.recipients import Directory
from reminderd.domain.silences import Silence
from reminderd.domain.told_ends import ToldEnds
from reminderd.domain.unsent import Unsent, unsent_lines
from reminderd.domain.views import lacking
from reminderd.domain.workdays import add_months

_AHEAD = timedelta(days=90)
_OVERDUE_KINDS = frozenset({"review", "course_limit", "exit_age", "intro_visit", "plan_due"})
_FOR_THE_LEADER = frozenset({"ingen_kontaktperson", "ingen_sagsbehandler", "sagsbehandler_uden_mail"})
_CLOSED_WEEK = 3  # closed days from which on a week is not judged
_WEEK = timedelta(days=7)
_AT_HOME, _ENDING = 2, 3  # phases
_PREPARING = 1
_PREPARATION = 6  # months before the placement ends
_VISIT_IS_HISTORY = timedelta(weeks=12)  # nobody makes an introduction visit that late
_TO_WATCH = ("overdue", "soon", "later", "unmet", "unmet_again", "amiss", "answered", "unsent")
_LISTS = (*_TO_WATCH, "just_ended")


@dataclass(slots=True)
class Overview:
    """What one person should see: things to keep an eye on, which count, and courses that have just ended."""

    overdue: list[Line] = field(default_factory=list)
    soon: list[Line] = field(default_factory=list)
    later: list[Line] = field(default_factory=list)
    unmet: list[Line] = field(default_factory=list)
    unmet_again: list[Line] = field(default_factory=list)
    amiss: list[Line] = field(default_factory=list)
    answered: list[Line] = field(default_factory=list)
    just_ended: list[Line] = field(default_factory=list)
    unsent: list[Line] = field(default_factory=list)
    stands_in: list[StandIn] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.lines > 0

    @property
    def lines(self) -> int:
        """Return how many lines there are, those of ended courses included."""
        return sum(len(getattr(self, name)) for name in _LISTS)

    @property
    def to_watch(self) -> int:
        """Return how many things there are to keep an eye on."""
        return self.lines - len(self.just_ended)

    def in_order(self) -> "Overview":
        """Return the same with each list by day, then by case; what has no day comes last."""
        by_day = {name: sorted(getattr(self, name), key=_day_and_case) for name in _LISTS}
        return Overview(**by_day, stands_in=self.stands_in)

    def add(self, other: "Overview", navn: str, til: date | None) -> None:
        """Take in the lines of somebody who is away, until when as far as it is known."""
        for name in _LISTS:
            _add(getattr(self, name), getattr(other, name))
        if other:
            self.stands_in.append(StandIn(navn, til, other.lines))


def overviews(
    snapshot: Snapshot,
    policy: Policy,
    directory: Directory,
    silences: Iterable[Silence],
    told: ToldEnds,
    came_back: CameBack,
    unsent: Iterable[Unsent] = (),
) -> dict[str, Overview]:
    """Return the overview of everybody who has something to see, by medarbejder_id or ``OPERATOR``.

    A case that is paused (``silences`` are those in force) stands in none of them: a pause that speaks once
    a week would be no pause. What the operator has to look at is the leader's where there is no operator.
    """
    own: defaultdict[str, Overview] = defaultdict(Overview)
    today = directory.day
    paused = {(silence.kind, silence.target) for silence in silences}
    for forloeb in snapshot.forloeb.values():
        if ("case", forloeb.sagsnr) not in paused:
            case = case_of(snapshot, forloeb)
            if ended(forloeb, case.borger, today, candidates=True) is not None:
                for who in readers_of(case, directory, forloeb.slut_dato).everybody:
                    own[who].just_ended += _just_ended(case, policy, told, today)
            else:
                _tell_of(case, own, policy, directory, told)
    own[OPERATOR].amiss += _sessions_without_a_time(snapshot, policy, today)
    _tell_what_came_back(own, snapshot, directory, came_back, paused)
    own[OPERATOR].unsent += unsent_lines(snapshot, today, unsent, paused)
    return _with_deputies(own, directory, {target for kind, target in paused if kind == "person"})


def _tell_of(
    case: Case, own: defaultdict[str, Overview], policy: Policy, directory: Directory, told: ToldEnds
) -> None:
    """Put what there is to see of a running course into the overviews of everybody concerned."""
    readers = readers_of(case, directory)
    for who in readers.everybody:
        _put(own[who], case, policy, directory)
    if case.borger.beskyttelse == "saerlig":
        return  # beyond that there is a deadline, nothing is said
    sagsnr = case.forloeb.sagsnr
    amiss = [Line(sagsnr, code) for code in faults(case, policy.book, directory, policy.workdays, told)]
    unmet = missing_weeks(case, policy, directory)
    not_met = Line(sagsnr, "kontakt")
    for who in readers.everybody:
        _add(own[who].amiss, [line for line in amiss if line.what not in FOR_THE_OPERATOR])
    for who in readers.contacts:
        _add(own[who].amiss, _missing_visits(case, policy, directory.day))
        _add(own[who].unmet, [not_met] if unmet and not (unmet > 1 and who in readers.leaders) else [])
    for who in readers.leaders:
        # The leader sees what nobody else would act on: nobody in charge, nobody met for two weeks.
        _add(own[who].amiss, [line for line in amiss if line.what in _FOR_THE_LEADER])
        _add(own[who].unmet_again, [not_met] if unmet > 1 else [])
    for who in readers.operators:
        _add(own[who].amiss, [line for line in amiss if line.what in FOR_THE_OPERATOR])


def _day_and_case(line: Line) -> tuple[date, str]:
    return line.day or date.max, line.sagsnr


def _add(mine: list[Line], lines: Iterable[Line]) -> None:
    mine += [line for line in lines if line not in mine]


def _tell_what_came_back(
    own: defaultdict[str, Overview],
    snapshot: Snapshot,
    directory: Directory,
    came_back: CameBack,
    paused: Container[tuple[str, str]],
) -> None:
    for who, line in answered(snapshot, directory, came_back):
        if ("case", line.sagsnr) not in paused:
            _add(own[who].answered, [line])
    for who, line in returned(snapshot, directory, came_back):
        if ("case", line.sagsnr) not in paused:
            _add(own[who].amiss, [line])


def _sessions_without_a_time(snapshot: Snapshot, policy: Policy, today: date) -> list[Line]:
    """Return the sessions that nobody is invited to because the source gives no time of day (00:00)."""
    return [
        Line(session.aktivitet_id, "uden_klokkeslaet")
        for session in snapshot.aktiviteter.values()
        if session.tilbud in policy.book.activity.tilbud
        and session.status == "planlagt"
        and session.start_tid.time() == time(0)
        and today <= session.start_tid.date() <= today + _AHEAD
    ]


def _missing_visits(case: Case, policy: Policy, today: date) -> list[Line]:
    """Return the kinds of visit that phase 1 has not seen three months after its beginning (V7, V8).

    The preparation begins half a year before the placement ends; what was made before phase 1 does not
    count.
    """
    forloeb, wanted = case.forloeb, policy.book.digest.checklists
    home = forloeb.anbringelse_slut
    preparing = forloeb.tilbud in policy.book.placement_end.tilbud and forloeb.fase == 1
    if not wanted or case.kontakter is None or home is None or not preparing:
        return []
    if today < add_months(add_months(home, -_PREPARATION), _PREPARATION // 2):
        return []
    since = forloeb.fase_dato or date.min
    made = {row.kontakttype for row in case.kontakter if row.gennemfoert and since <= row.dato <= today}
    return [Line(forloeb.sagsnr, f"mangler_{kind}") for kind in wanted if kind not in made]


def _just_ended(case: Case, policy: Policy, told: ToldEnds, today: date) -> list[Line]:
    """Say once that a course has ended: in the overview of the week after it, or after it was registered.

    An end that is registered later than the overview in which it would have stood shows by its receipt.
    """
    slut = case.forloeb.slut_dato
    if slut is None:
        return []
    monday = today - timedelta(days=today.weekday())
    in_its_own = slut - timedelta(days=slut.weekday()) + _WEEK
    receipt = told.receipt_of(case, slut) if in_its_own < monday else None
    late = receipt is not None and policy.workdays.next(in_its_own) < receipt < monday <= receipt + _WEEK
    return [Line(case.forloeb.sagsnr, "course_end", slut)] if late or in_its_own == monday else []


def _with_deputies(
    own: defaultdict[str, Overview], directory: Directory, paused: Container[str]
) -> dict[str, Overview]:
    for who in [who for who in own if directory.away(who) and who not in paused]:
        reader = directory.reader_for(who)
        if reader is not None:
            navn = directory.snapshot.medarbejdere[who].navn
            own[reader].add(own[who], navn, directory.covered_until(who))
    return own


def _put(overview: Overview, case: Case, policy: Policy, directory: Directory) -> None:
    """Sort a case's deadlines into an overview; of special protection only that there is one."""
    today, absent = directory.day, directory.snapshot.absent_views
    end_of_next_week = today + timedelta(days=13 - today.weekday())
    for found in deadlines_of(case, policy, today):
        if not isinstance(found, Deadline) or not policy.rules_on(found.kind) or found.kind == "course_end":
            continue
        if lacking(found.kind, absent) is not None or _a_visit_long_past(found, case, today):
            continue
        what = "frist" if case.borger.beskyttelse == "saerlig" else found.kind
        line = Line(case.forloeb.sagsnr, what, found.day)
        if found.day < today:
            if found.kind in _OVERDUE_KINDS:
                overview.overdue.append(line)
        elif found.day <= end_of_next_week:
            overview.soon.append(line)
        elif found.day <= today + _AHEAD:
            overview.later.append(line)


def _a_visit_long_past(found: Deadline, case: Case, today: date) -> bool:
    """Tell whether it is an introduction visit too late to make: the preparation is over, or it is old."""
    if found.kind != "intro_visit":
        return False
    return case.forloeb.fase not in (None, _PREPARING) or today > found.day + _VISIT_IS_HISTORY


def missing_weeks(case: Case, policy: Policy, directory: Directory) -> int:
    """Return how many full weeks in a row, up to two, ended last Sunday without a contact (V11).

    Only whole ISO weeks inside phase 2 are judged, and none with three closed days or more, or with
    every contact person away all week.
    """
    forloeb = case.forloeb
    if case.kontakter is None or forloeb.tilbud not in policy.book.review.tilbud or forloeb.status == "pause":
        return 0
    met = {row.dato for row in case.kontakter if row.gennemfoert}
    count = 0
    for monday in _last_mondays(directory.day):
        days = [monday + timedelta(days=number) for number in range(7)]
        if not _in_phase_2(case, days[0], days[-1]) or _not_judged(case, days, policy, directory):
            break
        if any(day in met for day in days):
            break
        count += 1
    return count


def _last_mondays(today: date) -> Iterator[date]:
    monday = today - timedelta(days=today.weekday())
    yield monday - _WEEK
    yield monday - 2 * _WEEK


def _in_phase_2(case: Case, first: date, last: date) -> bool:
    forloeb = case.forloeb
    anchor = review_anchor(forloeb) if forloeb.fase2_dato is not None else None
    if anchor is None or anchor > first:
        return False
    if forloeb.fase == _ENDING:
        return forloeb.fase_dato is not None and forloeb.fase_dato > last
    return forloeb.fase == _AT_HOME


def _not_judged(case: Case, days: list[date], policy: Policy, directory: Directory) -> bool:
    closed = sum(day.weekday() < 5 and not policy.workdays.is_workday(day) for day in days)  # noqa: PLR2004
    contacts = directory.holders(case, "kontaktperson")
    return closed >= _CLOSED_WEEK or (
        bool(contacts) and all(directory.away_throughout(who, days[0], days[-1]) for who in contacts)
    )
