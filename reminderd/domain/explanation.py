"""One case explained: its deadlines with the arithmetic in words, what comes, and what will not, and why.

Everything is asked of the functions that runs ask; nothing is decided here. Pure; what was told stands in
the ledger, and is put beside this by whoever prints it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from reminderd.domain.cases import BelongsTo, Finding, Forloeb, Snapshot
from reminderd.domain.deadlines import Case, Deadline, Withheld, case_of
from reminderd.domain.notices import Decision, Gap
from reminderd.domain.occurrences import spoken
from reminderd.domain.planning import Policy, deadlines_of
from reminderd.domain.reconcile import Knowledge, plan_today
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.rules import Lead, Rule, Span
from reminderd.domain.silences import Silence
from reminderd.domain.views import lacking
from reminderd.domain.words import say
from reminderd.domain.workdays import civil_day

AHEAD = timedelta(days=365)
_SATURDAY = 5
# What concerns several cases: of a part of the source with one case only, it is about this one.
_SHARED = ("activity", "committee")
_TO_BE_CANCELLED = timedelta(days=7)
_TO_BE_INVITED = timedelta(days=35)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule about one deadline: when it speaks and why then, or what keeps it from speaking.

    ``nominal_day`` is what the rule asks for, ``sent_day`` the day its mail goes out; of a rule that
    repeats, the latest time or else the first. ``blocked`` is the reason why it says nothing now.
    """

    rule: str
    stage: str
    nominal_day: date
    sent_day: date
    arithmetic: str
    blocked: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedDeadline:
    """One deadline of a course, how its day comes about, and what each rule makes of it."""

    kind: str
    subject: str
    day: date
    arithmetic: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedCourse:
    """One course of the case; ``withheld`` are the deadlines that it could have and has not."""

    forloeb_id: str
    tilbud: str
    status: str
    deadlines: tuple[ExplainedDeadline, ...]
    withheld: tuple[Withheld, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One case as of a day. ``coming`` goes out within a year if nothing changes; ``not_sent`` will not.

    ``told`` are the decisions about what is in the ledger already. A case whose rows were all rejected
    has no courses.
    """

    sagsnr: str
    day: date
    courses: tuple[ExplainedCourse, ...]
    told: tuple[Decision, ...]
    coming: tuple[Decision, ...]
    not_sent: tuple[Decision, ...]
    gaps: tuple[Gap, ...]
    silences: tuple[Silence, ...]
    rejected: tuple[Finding, ...]

    @property
    def unknown(self) -> bool:
        """Tell whether the case source says nothing about such a case, good or bad."""
        return not self.courses and not self.rejected


def explain(
    snapshot: Snapshot,
    policy: Policy,
    known: Knowledge,
    sagsnr: str,
    now: datetime,
    name_of: Callable[[date], str | None] = lambda _: None,
) -> Explanation:
    """Explain one case as of ``now``; ``name_of`` gives a closed day's name, where it has one.

    Several courses may share a ``sagsnr``. What concerns whole groups is explained as far as it
    concerns this case's people.
    """
    today = civil_day(now)
    own = _of_case(snapshot, sagsnr)
    rows = tuple(own.forloeb.values())
    decisions, _ = plan_stretch(own, policy, known, today, today + AHEAD)
    decisions = [decision for decision in decisions if _concerns(decision, sagsnr)]
    gaps = [gap for gap in plan_today(own, policy, known, now).gaps if gap.sagsnr == sagsnr]
    blocked = {(gap.rule, gap.subject): gap.reason for gap in gaps}
    return Explanation(
        sagsnr=sagsnr,
        day=today,
        courses=tuple(
            _course(case_of(own, forloeb), policy, today, blocked, own.absent_views, name_of)
            for forloeb in rows
        ),
        told=tuple(decision for decision in decisions if decision.kind == "told"),
        coming=tuple(decision for decision in decisions if decision.kind in ("send", "wait")),
        not_sent=tuple(decision for decision in decisions if decision.kind == "skip"),
        gaps=tuple(gaps),
        silences=tuple(
            silence
            for silence in known.silences
            if silence.in_force(now) and _silences_some(silence, sagsnr, decisions)
        ),
        rejected=_rejected(snapshot.findings, sagsnr, rows),
    )


def told_in_groups(snapshot: Snapshot, sagsnr: str) -> tuple[set[str], dict[str, list[tuple[date, date]]]]:
    """Return which activities, series and meetings concern a case's people, and who they are, and when.

    A ledger entry about a group names no case; what one of these people was told of one of these
    subjects while on the case concerns it. The days are both included; the last leave room for a
    cancellation.
    """
    own = _of_case(snapshot, sagsnr)
    subjects: set[str] = set()
    times: dict[str, list[tuple[date, date]]] = {}
    for row in own.forloeb.values():
        listed = {
            key for key, rows in own.deltagere.items() if any(d.forloeb_id == row.forloeb_id for d in rows)
        }
        subjects |= {
            f"aktivitet:{one.aktivitet_id}"
            for one in snapshot.aktiviteter.values()
            if one.tilbud == row.tilbud
            and (one.aktivitet_id in listed or one.aktivitet_id not in snapshot.deltagere)
        }
        subjects |= {f"serie:{one.serie_id}" for one in snapshot.serier.values() if one.tilbud == row.tilbud}
        subjects |= {
            f"serie:{one.serie_id}"
            for one in snapshot.aktiviteter.values()
            if one.tilbud == row.tilbud and one.serie_id is not None
        }
        if row.status == "kandidat":
            subjects |= {f"moede:{one.moede_id}" for one in snapshot.moeder}
        begun = (row.start_dato or date.max) - _TO_BE_INVITED
        times.setdefault(f"borger:{row.borger_id}", []).append((date.min, date.max))
        for one in own.tilknytninger.get(row.forloeb_id, ()):
            last = date.max if one.til_dato is None else one.til_dato + _TO_BE_CANCELLED
            stretch = (one.fra_dato if row.start_dato is None else max(one.fra_dato, begun), last)
            times.setdefault(f"medarbejder:{one.medarbejder_id}", []).append(stretch)
    return subjects, times


def _of_case(snapshot: Snapshot, sagsnr: str) -> Snapshot:
    """Return the same reading with the courses of one case only, so that every answer is about them."""
    return snapshot.only({key: row for key, row in snapshot.forloeb.items() if row.sagsnr == sagsnr})


def _concerns(decision: Decision, sagsnr: str) -> bool:
    notice = decision.notice
    return notice.sagsnr == sagsnr or (notice.sagsnr is None and notice.key.deadline_kind in _SHARED)


def _silences_some(silence: Silence, sagsnr: str, decisions: Iterable[Decision]) -> bool:
    if silence.kind == "case":
        return silence.target == sagsnr
    return any(silence.concerns(decision.notice) for decision in decisions)


def _rejected(findings: Iterable[Finding], sagsnr: str, rows: Iterable[Forloeb]) -> tuple[Finding, ...]:
    """Return the findings about rows that belong to the case, found by the ids that rows share."""
    own: list[Forloeb | BelongsTo] = [
        *rows,
        *(finding.of for finding in findings if finding.of.sagsnr == sagsnr),
    ]
    courses, people = {one.forloeb_id for one in own} - {None}, {one.borger_id for one in own} - {None}
    return tuple(
        finding
        for finding in findings
        if finding.of.sagsnr == sagsnr or finding.of.forloeb_id in courses or finding.of.borger_id in people
    )


def _course(
    case: Case,
    policy: Policy,
    today: date,
    blocked: Mapping[tuple[str, str], str],
    absent: frozenset[str],
    name_of: Callable[[date], str | None],
) -> ExplainedCourse:
    found: list[ExplainedDeadline] = []
    withheld: list[Withheld] = []
    for item in deadlines_of(case, policy, today):
        if item is None:
            continue
        missing = lacking(item.kind, absent)
        if isinstance(item, Withheld):
            withheld.append(item)
        elif missing is not None:
            withheld.append(
                Withheld(item.kind, item.subject, say("the case source has no {views}", views=missing))
            )
        else:
            steps = [
                _step(rule, item, policy, today, blocked.get((rule.name, item.subject)), name_of)
                for rule in policy.rules_on(item.kind)
            ]
            found.append(
                ExplainedDeadline(
                    kind=item.kind,
                    subject=item.subject,
                    day=item.day,
                    arithmetic=_day_of(item, case, policy),
                    steps=tuple(sorted(steps, key=lambda step: step.nominal_day)),
                )
            )
    forloeb = case.forloeb
    return ExplainedCourse(
        forloeb_id=forloeb.forloeb_id,
        tilbud=forloeb.tilbud,
        status=forloeb.status,
        deadlines=tuple(found),
        withheld=tuple(withheld),
    )


def _step(
    rule: Rule,
    deadline: Deadline,
    policy: Policy,
    today: date,
    blocked: str | None,
    name_of: Callable[[date], str | None],
) -> Step:
    occurrence, following = spoken(rule, deadline, policy.workdays, today)
    from_start = rule.when.anchor == "start" and deadline.start is not None
    anchor = deadline.start if from_start and deadline.start is not None else deadline.day
    first = rule.when.apply(anchor, policy.workdays)
    nominal = first if occurrence is None else occurrence.nominal_day
    sent = policy.workdays.next(policy.workdays.roll(nominal, rule.roll))
    base = "start {anchor:long}{lead}" if from_start else "deadline {anchor:long}{lead}"
    words = say(base, anchor=anchor, lead=_lead(rule.when))
    if rule.when.count:
        words = say("{words} = {day:long}, a {day:weekday}", words=words, day=first)
    if nominal != first and rule.repeat is not None:
        repeated = "{words}; repeated every {rhythm}: {day:long}, a {day:weekday}"
        words = say(repeated, words=words, rhythm=_length(rule.repeat), day=nominal)
    hour = policy.send_time
    if sent == nominal:
        words = say("{words}, sent {hour:hour}", words=words, hour=hour)
    else:
        moved = "{words}; {day:long} is closed ({why}): sent {sent:weekday} {sent:long}, {hour:hour}"
        words = say(moved, words=words, day=nominal, why=_closed(nominal, name_of), sent=sent, hour=hour)
    if following is not None and occurrence is not None:
        words = say("{words}; next {day:long} if it is still so", words=words, day=following)
    return Step(
        rule=rule.name,
        stage=rule.stage if occurrence is None else occurrence.stage,
        nominal_day=nominal,
        sent_day=sent,
        arithmetic=words,
        blocked=blocked,
    )


def _lead(lead: Lead) -> str:
    if lead.count == 0:
        return say(", on the day")
    return say(" + {length}" if lead.count > 0 else " - {length}", length=_length(lead))


def _length(length: Lead | Span) -> str:
    count = abs(length.count)
    return say(f"{{count}} {length.unit[:-1] if count == 1 else length.unit}", count=count)


def _closed(day: date, name_of: Callable[[date], str | None]) -> str:
    named = name_of(day)
    if named is not None:
        return named
    return say("{day:weekday}", day=day) if day.weekday() >= _SATURDAY else say("closed by the municipality")


_RECORDED = {
    "review_meeting": say("the meeting planned for the review"),
    "placement_end": say("the placement's planned end (anbringelse_slut)"),
    "planned_end": say("the course's planned end (slut_planlagt)"),
    "course_end": say("the course's last day (slut_dato)"),
}


def _day_of(deadline: Deadline, case: Case, policy: Policy) -> str:
    day, origin = deadline.day, _origin(deadline, case, policy)
    if origin is None:
        return say("{day:long}, a {day:weekday}", day=day)
    return say("{words} = {day:long}, a {day:weekday}", words=origin, day=day)


def _origin(deadline: Deadline, case: Case, policy: Policy) -> str | None:
    """Return where a deadline's day comes from; never a birth date."""
    kind, book, start = deadline.kind, policy.book, case.forloeb.start_dato
    if kind == "review":
        return _review_origin(deadline, case.forloeb)
    before_18 = Span(book.turns_18.months_before, "months")
    origins = _RECORDED | {
        "exit_age": say("the birthday number {age}", age=book.exit_age.age),
        "turns_18": say("the 18th birthday - {length}", length=_length(before_18)),
    }
    if start is not None:
        lengths = {
            "course_limit": _length(book.course_limit.limit),
            "intro_visit": _length(Span(book.intro_visit.within_days, "days")),
            "plan_due": _months(start, deadline.day),
        }
        origins |= {
            name: say("start {day:long} + {length}", day=start, length=length)
            for name, length in lengths.items()
        }
    return origins.get(kind)


def _review_origin(deadline: Deadline, forloeb: Forloeb) -> str | None:
    held, due = deadline.facts.get("sidst_afholdt"), deadline.day
    if isinstance(held, date):
        return say("last review held {day:long} + {length}", day=held, length=_months(held, due))
    begun, reopened = forloeb.fase2_dato, forloeb.genaabnet_dato
    if reopened is not None and (begun is None or reopened > begun):
        return say("reopened {day:long} + {length}", day=reopened, length=_months(reopened, due))
    if begun is None:
        return None
    return say("phase 2 began {day:long} + {length}", day=begun, length=_months(begun, due))


def _months(first: date, last: date) -> str:
    return _length(Span((last.year - first.year) * 12 + last.month - first.month, "months"))
