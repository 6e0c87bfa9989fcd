"""plan(): which notices should exist on a day, and why the others should not.

One function evaluates a subject as of a day; a run calls it for today, and a rehearsal over a
stretch of days folds the very same call over the days on which an answer can change. So what
``plan`` shows is what a run sends. Pure: time, data and earlier knowledge are arguments.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from reminderd.domain import deadlines, milestones
from reminderd.domain.activities import activities
from reminderd.domain.cases import Snapshot
from reminderd.domain.deadlines import Case, Deadline, Found, Withheld
from reminderd.domain.facts import staff_facts, youth_facts
from reminderd.domain.fields import shown_facts, shown_occasion
from reminderd.domain.notices import SPECIAL_PROTECTION, Fact, Gap, Notice, NoticeKey, Recipient
from reminderd.domain.occurrences import Occurrence, at, reach, spoken
from reminderd.domain.recipients import Directory, recipients
from reminderd.domain.rules import Rule, RuleBook
from reminderd.domain.statistics import figures_by
from reminderd.domain.unit_days import committee_reports, committees, months_before, one_offs, told_of
from reminderd.domain.views import lacking
from reminderd.domain.words import joined, say
from reminderd.domain.workdays import Workdays, civil_day

_LOOKAHEAD = timedelta(days=35)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the municipality decided: rules, open days, the hour of sending, who may be written to."""

    book: RuleBook
    workdays: Workdays
    send_time: time = time(8)
    operators: tuple[str, ...] = ()
    domains: frozenset[str] = frozenset()
    citizen_mail: bool = False
    _rules: Mapping[str, tuple[Rule, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kinds = {rule.deadline for rule in self.book.rules}
        object.__setattr__(self, "_rules", {kind: self.book.on(kind) for kind in kinds})

    def directory(self, snapshot: Snapshot, day: date) -> Directory:
        """Return who can be reached on a day."""
        return Directory(
            snapshot, day, self.operators, self.domains, self.citizen_mail, self.book.committee.moedetype
        )

    def rules_on(self, deadline: str) -> tuple[Rule, ...]:
        """Return the enabled rules on one kind of deadline, in the order of the book."""
        return self._rules.get(deadline, ())

    def sending_moment(self, due_day: date, today: date) -> datetime:
        """Return when a notice due on ``due_day`` goes out, seen on ``today``: never on a closed day."""
        return at(self.workdays.next(max(due_day, today)), self.send_time)

    def open_for_sending(self, now: datetime) -> bool:
        """Tell whether mail may go out at this instant: on a working day, from the hour of sending on."""
        today = civil_day(now)
        return self.workdays.is_workday(today) and now >= at(today, self.send_time)


@dataclass(slots=True)
class Evaluation:
    """What one look at one subject found.

    ``notices`` are those whose due day has come, whatever became of them since; ``gaps`` what
    cannot or shall not be told; ``next_day`` the nearest later day on which a notice falls due.
    """

    notices: list[Notice] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    next_day: date | None = None

    def upcoming(self, day: date) -> None:
        """Remember the nearest day ahead."""
        if self.next_day is None or day < self.next_day:
            self.next_day = day


def evaluate_case(case: Case, policy: Policy, directory: Directory) -> Evaluation:
    """Evaluate everything about one course as the facts stand on the directory's day."""
    evaluation = Evaluation()
    for found in deadlines_of(case, policy, directory.day):
        if found is None:
            continue
        apply_rules(found, spoken_of_with(case, found, directory), policy, directory, evaluation)
    return evaluation


def spoken_of_with(case: Case, found: Found, directory: Directory) -> tuple[Case, ...]:
    """Return the courses whose people are told of a deadline: this one and perhaps her others."""
    if not isinstance(found, Deadline) or found.kind != "exit_age":
        return (case,)
    # One mail a person: it reaches the people of all her open courses.
    others = deadlines.open_others(case, directory.day)
    return (case, *(deadlines.case_of(directory.snapshot, other) for other in others))


def deadlines_of(case: Case, policy: Policy, today: date) -> Iterator[Found]:
    """Yield what each kind of deadline that a rule asks about says of a course."""
    book, wanted = policy.book, policy.rules_on
    review = deadlines.review(case, book.review, today, policy.workdays)
    yield review
    if review is not None:
        yield deadlines.meeting_for(review, case, today)
    yield deadlines.course_limit(case, book.course_limit, today)
    yield deadlines.exit_age(case, book.exit_age, today)
    if wanted("course_end"):
        yield milestones.course_end(case, book.course_end, today)
    if wanted("planned_end"):
        yield milestones.planned_end(case, book.planned_end, book.exit_age, book.course_limit, today)
    if wanted("placement_end"):
        yield milestones.placement_end(case, book.placement_end, today)
    if wanted("intro_visit"):
        yield milestones.intro_visit(case, book.intro_visit, today)
    if wanted("turns_18"):
        yield milestones.turns_18(case, book.turns_18, today)
    if wanted("plan_due"):
        yield milestones.plan_due(case, book.plan_due, today)


def evaluate_groups(snapshot: Snapshot, policy: Policy, directory: Directory) -> Evaluation:
    """Evaluate what a group or a unit shares: activities, committee meetings, one-off dates."""
    evaluation = Evaluation()
    book, today = policy.book, directory.day
    for kind in ("activity", "committee", "committee_report", "one_off"):
        rules = policy.rules_on(kind)
        if not rules:
            continue
        until = today + _LOOKAHEAD + max(reach(rule.when) for rule in rules)
        found: list[Deadline | Withheld]
        if kind == "activity":
            found = activities(snapshot, book.activity, today, until, policy.workdays)
        elif kind == "committee":
            found = committees(snapshot, book.committee, today, until)
        elif kind == "committee_report":
            found = committee_reports(snapshot, book.committee_report, today, until)
        else:
            found = one_offs(book.one_off, today, until)
        for item in found:
            concerned: tuple[Case, ...] = ()
            if isinstance(item, Deadline):
                ids = item.forloeb_ids
                concerned = tuple(deadlines.case_of(snapshot, snapshot.forloeb[key]) for key in ids)
                if kind == "activity":
                    counted = _headcount(concerned, directory, rules)
                    item = replace(item, facts={**item.facts, **counted})  # noqa: PLW2901
            apply_rules(item, concerned, policy, directory, evaluation)
    return evaluation


def _headcount(
    concerned: tuple[Case, ...], directory: Directory, rules: tuple[Rule, ...]
) -> Mapping[str, Fact]:
    """Return how many take part, and how many of them must be told otherwise than by mail.

    Without a rule that writes to them, that is all of them.
    """
    people = {case.borger.borger_id: case.borger for case in concerned}
    written_to = any("ung" in rule.roles for rule in rules)
    mailed = sum(
        written_to and not isinstance(directory.to_citizen(borger), str) for borger in people.values()
    )
    return {"antal": len(people), "antal_sendt": mailed, "antal_uden_mail": len(people) - mailed}


def _counted(deadline: Deadline, policy: Policy, directory: Directory) -> Deadline:
    """Return a report with its figures, which are counted when it is told and not on every look ahead."""
    first, last = months_before(directory.day, policy.book.committee_report.months)
    figures = figures_by(policy.book, policy.workdays, directory.snapshot, first, last, directory.day)
    return replace(deadline, figures=figures, facts={**deadline.facts, **told_of(figures)})


def apply_rules(
    found: Deadline | Withheld,
    cases: tuple[Case, ...],
    policy: Policy,
    directory: Directory,
    into: Evaluation,
) -> None:
    """Add what every rule on this kind of deadline has to say by the directory's day."""
    absent = directory.snapshot.absent_views
    if absent and (missing := lacking(found.kind, absent)) is not None:
        found = Withheld(found.kind, found.subject, say("the case source has no {views}", views=missing))
    for rule in policy.rules_on(found.kind):
        if isinstance(found, Withheld):
            into.gaps.append(_gap(rule, found.subject, cases, found.reason))
            continue
        reason = blocked(rule, found)
        if reason is not None:
            into.gaps.append(_gap(rule, found.subject, cases, reason))
            continue
        occurrence, next_day = spoken(rule, found, policy.workdays, directory.day)
        if next_day is not None:
            into.upcoming(next_day)
        if occurrence is not None:
            told = _counted(found, policy, directory) if found.kind == "committee_report" else found
            into.notices.extend(_notices(rule, told, occurrence, cases, policy, directory))
        if "ung" in rule.roles:
            into.gaps.extend(_not_mailed(rule, found, cases, directory))
        if "ansvarlig" in rule.roles and found.ansvarlig_id is None:
            into.gaps.append(
                _gap(rule, found.subject, cases, say("nobody leads it (ansvarlig_id is missing)"))
            )
        if not cases and found.kind == "activity":
            into.gaps.append(_gap(rule, found.subject, cases, say("nobody is concerned")))


def _not_mailed(
    rule: Rule, deadline: Deadline, cases: tuple[Case, ...], directory: Directory
) -> Iterator[Gap]:
    """Say why citizens get no mail: the reason for one citizen alone, numbers for several."""
    people = {case.borger.borger_id: case.borger for case in cases}
    answers = [directory.to_citizen(borger) for borger in people.values()]
    reasons = Counter(answer for answer in answers if isinstance(answer, str))
    if len(people) == 1:
        words = next(iter(reasons), "")
    else:
        parts = [
            say("{number} of {all}: {said}", number=number, all=len(people), said=said)
            for said, number in sorted(reasons.items())
        ]
        words = joined("{first}; {then}", parts)
    if words:
        yield _gap(rule, deadline.subject, cases, words)


def blocked(rule: Rule, deadline: Deadline) -> str | None:
    """Say under which condition a rule is silent about a deadline just now, or None."""
    for condition in rule.unless:
        if condition in deadline.conditions:
            return say("not wanted while {condition} holds", condition=condition)
    for condition in rule.only_if:
        if condition not in deadline.conditions:
            return say("only wanted where {condition} holds", condition=condition)
    return None


def _notices(
    rule: Rule,
    deadline: Deadline,
    occurrence: Occurrence,
    cases: tuple[Case, ...],
    policy: Policy,
    directory: Directory,
) -> Iterator[Notice]:
    send_at = policy.sending_moment(occurrence.due_day, directory.day)
    single = cases[0] if deadline.of_a_case else None
    told = recipients(rule, deadline, occurrence.due_day, cases, directory)
    leader = next((recipient for recipient in told if recipient.role == "leder"), None)
    leader = leader or _leader_told_as_well(rule, deadline, cases, policy, directory)
    for recipient in told:
        special = single is not None and single.borger.beskyttelse == "saerlig"
        sendedag = send_at.date()
        if recipient.role == "ung":
            facts = youth_facts(deadline, cases, recipient, sendedag, directory)
        else:
            facts = staff_facts(rule, deadline, occurrence, single, recipient, sendedag, directory, leader)
        yield Notice(
            key=NoticeKey(
                rule=rule.name,
                subject=deadline.subject,
                deadline_kind=deadline.kind,
                deadline_date=deadline.day,
                stage=occurrence.stage,
                recipient=recipient.holder,
            ),
            template=SPECIAL_PROTECTION if special else rule.template,
            track=rule.track,
            channel=rule.channel,
            recipient=recipient,
            due_day=occurrence.due_day,
            send_at=send_at,
            expires_at=occurrence.expires_at,
            forloeb_id=None if single is None else single.forloeb.forloeb_id,
            sagsnr=None if single is None else single.forloeb.sagsnr,
            # Under special protection nothing is told but case and date, and nothing goes into a calendar.
            occasion=(
                None
                if rule.calendar == "none" or special or deadline.occasion is None
                else shown_occasion(deadline.occasion, rule.shows)
            ),
            facts=shown_facts(facts, rule.shows),
            on_unknown=rule.on_unknown,
            empty=deadline.empty,
            figures=deadline.figures,
            again_if_moved=None if rule.again_if_moved is None else rule.again_if_moved.length,
        )


def _leader_told_as_well(
    rule: Rule, deadline: Deadline, cases: tuple[Case, ...], policy: Policy, directory: Directory
) -> Recipient | None:
    """Return the leader whom another rule has told of this deadline by now in the same words."""
    for other in policy.rules_on(deadline.kind):
        if other is rule or other.template != rule.template or "leder" not in other.roles:
            continue
        occurrence, _ = spoken(other, deadline, policy.workdays, directory.day)
        if occurrence is not None and blocked(other, deadline) is None:
            told = recipients(other, deadline, occurrence.due_day, cases, directory)
            return next((recipient for recipient in told if recipient.role == "leder"), None)
    return None


def _gap(rule: Rule, subject: str, cases: tuple[Case, ...], reason: str) -> Gap:
    single = cases[0].forloeb if len(cases) == 1 else None
    return Gap(
        rule=rule.name,
        deadline_kind=rule.deadline,
        subject=subject,
        forloeb_id=None if single is None else single.forloeb_id,
        sagsnr=None if single is None else single.sagsnr,
        reason=reason,
    )
