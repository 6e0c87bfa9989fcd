"""The weekly overview of one person: what is overdue, what is ahead, whom nobody has met, what is amiss.

It is a notice like any other, with the Monday of its week as its deadline; so a crash, a week of
leave or a new colleague need nothing of their own. Whoever is away gets hers on her first day back;
meanwhile her lines stand in her deputy's. Pure.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from reminderd.domain.cases import Snapshot
from reminderd.domain.deadlines import Case, Deadline, Withheld, case_of, ended, review_anchor
from reminderd.domain.faults import faults
from reminderd.domain.lifecycle import FINAL, State
from reminderd.domain.notices import Line, NoticeKey
from reminderd.domain.planning import Evaluation, Policy, apply_rules, deadlines_of
from reminderd.domain.recipients import Directory
from reminderd.domain.views import lacking
from reminderd.domain.workdays import add_months

_AHEAD = timedelta(days=90)
_OVERDUE_KINDS = frozenset({"review", "course_limit", "exit_age", "intro_visit", "plan_due"})
# Whether somebody belongs to the offer is not the caseworker's to repair.
_FOR_THE_LEADER_ALONE = frozenset({"alder_uden_for"})
_FOR_THE_LEADER = _FOR_THE_LEADER_ALONE | {
    "ingen_kontaktperson",
    "ingen_sagsbehandler",
    "sagsbehandler_uden_mail",
}
_CLOSED_WEEK = 3  # closed days from which on a week is not judged
_WEEK = timedelta(days=7)
_AT_HOME, _ENDING = 2, 3  # phases


@dataclass(slots=True)
class Overview:
    """What one person should see."""

    overdue: list[Line] = field(default_factory=list)
    soon: list[Line] = field(default_factory=list)
    later: list[Line] = field(default_factory=list)
    unmet: list[Line] = field(default_factory=list)
    amiss: list[Line] = field(default_factory=list)
    for_others: int = 0

    def __len__(self) -> int:
        return sum(map(len, (self.overdue, self.soon, self.later, self.unmet, self.amiss)))

    def add(self, other: "Overview") -> None:
        """Take in the lines of somebody who is away."""
        for name in ("overdue", "soon", "later", "unmet", "amiss"):
            mine = getattr(self, name)
            mine += [line for line in getattr(other, name) if line not in mine]
        self.for_others += len(other)


def evaluate_digests(
    snapshot: Snapshot, policy: Policy, directory: Directory, settled: Callable[[str, date], bool]
) -> Evaluation:
    """Evaluate everybody's overview of the week that the directory's day lies in.

    ``settled`` tells of a subject and week whether its overview has gone out or was empty, so that the
    rest of the week costs nothing.
    """
    evaluation = Evaluation()
    today = directory.day
    monday = today - timedelta(days=today.weekday())
    if not policy.rules_on("digest"):
        return evaluation
    evaluation.upcoming(policy.workdays.next(monday + _WEEK))
    day = policy.workdays.next(monday)
    if day >= monday + _WEEK:
        return evaluation  # the whole week is closed
    if today < day:
        evaluation.upcoming(day)
        return evaluation
    # Whoever joins in the middle of the week is not among them before, and gets hers then.
    people = {
        row.medarbejder_id
        for rows in snapshot.tilknytninger.values()
        for row in rows
        if row.fra_dato <= today and (row.til_dato is None or row.til_dato >= monday - _WEEK)
    } | {unit.leder_id for unit in snapshot.enheder.values() if unit.leder_id is not None}
    waiting = [who for who in sorted(people) if not settled(f"medarbejder:{who}", monday)]
    if not waiting:
        return evaluation
    overviews = _overviews(snapshot, policy, directory)
    for who in waiting:
        if directory.away(who):
            # Looked at again tomorrow: the first day back is nobody's turning point but hers.
            evaluation.upcoming(policy.workdays.next(today + timedelta(days=1)))
        found = _found(who, monday, overviews.get(who, Overview()), directory)
        apply_rules(found, (), policy, directory, evaluation)
    return evaluation


def already_in(policy: Policy, states: Mapping[str, State]) -> Callable[[str, date], bool]:
    """Return whether the overview of a subject and week has been settled by every rule, by these states."""

    def settled(subject: str, monday: date) -> bool:
        return all(
            states.get(str(NoticeKey(rule.name, subject, "digest", monday, rule.stage, subject))) in FINAL
            for rule in policy.rules_on("digest")
        )

    return settled


def _found(who: str, monday: date, overview: Overview, directory: Directory) -> Deadline | Withheld:
    subject = f"medarbejder:{who}"
    if not directory.can_be_mailed(who):
        return Withheld("digest", subject, "no mailbox of her own")
    if directory.away(who):
        return Withheld("digest", subject, "away; gets it on the first day back")
    return Deadline(
        kind="digest",
        subject=subject,
        day=monday,
        forloeb_ids=(),
        ansvarlig_id=who,
        enhed_id=directory.snapshot.medarbejdere[who].enhed_id,
        empty=not overview,
        facts={
            "uge": monday.isocalendar().week,
            "forrige_uge": (monday - _WEEK).isocalendar().week,
            "antal": len(overview),
            "overskredet": tuple(overview.overdue),
            "denne_og_naeste": tuple(overview.soon),
            "de_naeste_90": tuple(overview.later),
            "kontakt_mangler": tuple(overview.unmet),
            "mangler_i_data": tuple(overview.amiss),
            "stedfortraeder_linjer": overview.for_others,
        },
    )


def _overviews(snapshot: Snapshot, policy: Policy, directory: Directory) -> dict[str, Overview]:
    """Return the overview of everybody who has something to see; deputies see what they stand in for."""
    own: dict[str, Overview] = defaultdict(Overview)
    today = directory.day
    for forloeb in snapshot.forloeb.values():
        case = case_of(snapshot, forloeb)
        if ended(forloeb, case.borger, today, candidates=True) is not None:
            for who in directory.holders(case, "sagsbehandler", forloeb.slut_dato):
                own[who].soon += _just_ended(case, today)
            continue
        workers, contacts, mentors, leaders = (
            directory.holders(case, role) for role in ("sagsbehandler", "kontaktperson", "mentor", "leder")
        )
        for who in dict.fromkeys((*workers, *contacts, *mentors)):
            _put(own[who], case, policy, directory)
        if case.borger.beskyttelse == "saerlig":
            continue  # beyond that there is a deadline, nothing is said
        amiss = [Line(forloeb.sagsnr, code) for code in faults(case, policy.book, directory, policy.workdays)]
        unmet = missing_weeks(case, policy, directory)
        not_met = [Line(forloeb.sagsnr, "kontakt")]
        for who in dict.fromkeys((*workers, *contacts)):
            own[who].amiss += [line for line in amiss if line.what not in _FOR_THE_LEADER_ALONE]
        for who in contacts:
            own[who].amiss += _missing_visits(case, policy, today)
            own[who].unmet += not_met if unmet else []
        for who in leaders:
            # The leader sees what nobody else would act on: nobody in charge, nobody met for two weeks.
            own[who].amiss += [line for line in amiss if line.what in _FOR_THE_LEADER]
            own[who].unmet += not_met if unmet > 1 else []
    return _with_deputies(own, directory)


def _missing_visits(case: Case, policy: Policy, today: date) -> list[Line]:
    """Return the kinds of visit that were not made halfway between preparation and homecoming (V7, V8)."""
    forloeb, wanted = case.forloeb, policy.book.digest.checklists
    home = forloeb.anbringelse_slut
    preparing = forloeb.tilbud in policy.book.placement_end.tilbud and forloeb.fase == 1
    if not wanted or case.kontakter is None or home is None or not preparing or today < add_months(home, -3):
        return []
    made = {row.kontakttype for row in case.kontakter if row.gennemfoert and row.dato <= today}
    return [Line(forloeb.sagsnr, f"mangler_{kind}") for kind in wanted if kind not in made]


def _just_ended(case: Case, today: date) -> list[Line]:
    """Say once that a course has ended: in the overview of the week after."""
    slut = case.forloeb.slut_dato
    last_monday = today - timedelta(days=today.weekday()) - _WEEK
    if slut is None or not last_monday <= slut < last_monday + _WEEK:
        return []
    return [Line(case.forloeb.sagsnr, "course_end", slut)]


def _with_deputies(own: dict[str, Overview], directory: Directory) -> dict[str, Overview]:
    for who in [who for who in own if directory.away(who)]:
        reader = directory.reader_for(who)
        if reader is not None:
            own.setdefault(reader, Overview()).add(own[who])
    return own


def _put(overview: Overview, case: Case, policy: Policy, directory: Directory) -> None:
    """Sort a case's deadlines into an overview; of special protection only that there is one."""
    today, absent = directory.day, directory.snapshot.absent_views
    end_of_next_week = today + timedelta(days=13 - today.weekday())
    for found in deadlines_of(case, policy, today):
        if not isinstance(found, Deadline) or not policy.rules_on(found.kind) or found.kind == "course_end":
            continue
        if lacking(found.kind, absent) is not None:
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
