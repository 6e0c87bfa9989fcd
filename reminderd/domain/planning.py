"""plan(): which notices should exist on a day, and why the others should not.

One function evaluates a subject as of a day; a run calls it for today, and a rehearsal over a
stretch of days folds the very same call over the days on which an answer can change. So what
``plan`` shows is what a run sends. Pure: time, data and earlier knowledge are arguments.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from reminderd.domain import deadlines
from reminderd.domain.activities import activities
from reminderd.domain.cases import Snapshot
from reminderd.domain.deadlines import Case, Deadline, Withheld
from reminderd.domain.notices import Fact, Gap, Notice, NoticeKey, Recipient
from reminderd.domain.recipients import Directory
from reminderd.domain.rules import Lead, Rule, RuleBook
from reminderd.domain.workdays import ONE_DAY, Workdays, at

_USEFUL_AFTER = timedelta(days=28)
_LOOKAHEAD = timedelta(days=35)
_OTHERS = {"sagsbehandler": "kontaktpersonen", "kontaktperson": "sagsbehandleren"}
_UNIT_WORDS = {"days": ("dag", "dage"), "weeks": ("uge", "uger"), "months": ("måned", "måneder"), "working days": ("arbejdsdag", "arbejdsdage")}  # fmt: skip  # noqa: E501


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the municipality decided: rules, open days, the hour of sending, who may be written to."""

    book: RuleBook
    workdays: Workdays
    send_time: time = time(8)
    operators: tuple[str, ...] = ()
    domains: frozenset[str] = frozenset()

    def sending_moment(self, due_day: date, today: date) -> datetime:
        """Return when a notice due on ``due_day`` goes out, seen on ``today``: never on a closed day."""
        return at(self.workdays.next(max(due_day, today)), self.send_time)


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
    book, today = policy.book, directory.day
    evaluation = Evaluation()
    for found in (
        deadlines.review(case, book.review, today, policy.workdays),
        deadlines.review_meeting(case, book.review, today, policy.workdays),
        deadlines.course_limit(case, book.course_limit, today),
        deadlines.exit_age(case, book.exit_age, today),
    ):
        if found is not None:
            _apply_rules(found, (case,), policy, directory, evaluation)
    return evaluation


def evaluate_activities(snapshot: Snapshot, policy: Policy, directory: Directory) -> Evaluation:
    """Evaluate the group activities that begin from the directory's day on."""
    evaluation = Evaluation()
    rules = policy.book.on("activity")
    if not rules:
        return evaluation
    today = directory.day
    until = today + _LOOKAHEAD + max(_reach(rule.when) for rule in rules)
    for found in activities(snapshot, policy.book.activity, today, until, policy.workdays):
        concerned: tuple[Case, ...] = ()
        if isinstance(found, Deadline):
            concerned = tuple(deadlines.case_of(snapshot, snapshot.forloeb[key]) for key in found.forloeb_ids)
        _apply_rules(found, concerned, policy, directory, evaluation)
    return evaluation


def _apply_rules(
    found: Deadline | Withheld,
    cases: tuple[Case, ...],
    policy: Policy,
    directory: Directory,
    into: Evaluation,
) -> None:
    for rule in policy.book.on(found.kind):
        if isinstance(found, Withheld):
            into.gaps.append(_gap(rule, found.subject, cases, found.reason))
            continue
        blocked = _blocked(rule, found)
        if blocked is not None:
            into.gaps.append(_gap(rule, found.subject, cases, blocked))
            continue
        for occurrence in occurrences(rule, found, policy.workdays, directory.day):
            if occurrence.due_day > directory.day:
                into.upcoming(occurrence.due_day)
            else:
                into.notices.extend(_notices(rule, found, occurrence, cases, policy, directory))
        if not cases:
            into.gaps.append(_gap(rule, found.subject, cases, "no course is concerned"))


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time a rule speaks about a deadline: its stage, the day asked for, and that day rolled."""

    stage: str
    nominal_day: date
    due_day: date
    expires_at: datetime


def occurrences(rule: Rule, deadline: Deadline, workdays: Workdays, today: date) -> list[Occurrence]:
    """Return when a rule speaks: once, or for a repeating rule the latest time and the next.

    Earlier repeats are left out: each says the same as the latest one, only less truly.
    """
    anchor = deadline.start if rule.when.anchor == "start" and deadline.start is not None else deadline.day
    first = rule.when.apply(anchor, workdays)
    if rule.repeat is None:
        due = workdays.roll(first, rule.roll)
        return [Occurrence(rule.stage, first, due, _expires(rule, deadline, due, workdays))]
    latest = max(0, (today - first).days // max(1, (rule.repeat.after(first) - first).days))
    while latest > 0 and workdays.roll(rule.repeat.after(first, latest), rule.roll) > today:
        latest -= 1
    while workdays.roll(rule.repeat.after(first, latest + 1), rule.roll) <= today:
        latest += 1
    times = (
        [latest]
        if workdays.roll(rule.repeat.after(first, latest), rule.roll) > today
        else [latest, latest + 1]
    )
    found = []
    for number in times:
        nominal = rule.repeat.after(first, number)
        following = workdays.roll(rule.repeat.after(first, number + 1), rule.roll)
        stage = rule.stage if number == 0 else f"{rule.stage}+{number}"
        found.append(Occurrence(stage, nominal, workdays.roll(nominal, rule.roll), at(following, time(0))))
    return found


def _expires(rule: Rule, deadline: Deadline, due: date, workdays: Workdays) -> datetime:
    if rule.expires is not None:
        return at(rule.expires.apply(deadline.day, workdays) + ONE_DAY, time(0))
    if deadline.begins is not None:
        return deadline.begins
    if due > deadline.day:
        return at(due + _USEFUL_AFTER, time(0))
    return at(deadline.day + ONE_DAY, time(0))


def _blocked(rule: Rule, deadline: Deadline) -> str | None:
    for condition in rule.unless:
        if condition in deadline.conditions:
            return f"not wanted while {condition} holds"
    for condition in rule.only_if:
        if condition not in deadline.conditions:
            return f"only wanted where {condition} holds"
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
    single = cases[0] if deadline.kind != "activity" and cases else None
    for recipient in recipients(rule, deadline, cases, directory):
        special = single is not None and single.borger.beskyttelse == "saerlig"
        yield Notice(
            key=NoticeKey(
                rule=rule.name,
                subject=deadline.subject,
                deadline_kind=deadline.kind,
                deadline_date=deadline.day,
                stage=occurrence.stage,
                recipient=recipient.holder,
            ),
            template="special-protection" if special else rule.template,
            track=rule.track,
            channel=rule.channel,
            recipient=recipient,
            due_day=occurrence.due_day,
            send_at=send_at,
            expires_at=occurrence.expires_at,
            forloeb_id=None if single is None else single.forloeb.forloeb_id,
            sagsnr=None if single is None else single.forloeb.sagsnr,
            occasion=None if rule.calendar == "none" else deadline.occasion,
            facts=_facts(rule, deadline, occurrence, single, recipient, send_at.date(), directory),
            on_unknown=rule.on_unknown,
        )


def recipients(
    rule: Rule, deadline: Deadline, cases: Iterable[Case], directory: Directory
) -> list[Recipient]:
    """Return everybody a rule speaks to about a deadline, each holder once.

    A required role that nobody holds falls to the unit's mailbox; an optional one to nobody.
    """
    found: dict[str, Recipient] = {}
    for role in (*rule.roles, *rule.optional_roles):
        if role == "ansvarlig":
            if deadline.ansvarlig_id is not None:
                recipient = directory.to_staff(role, deadline.ansvarlig_id, None)
                found.setdefault(recipient.holder, recipient)
            continue
        for case in cases:
            enhed_id = case.forloeb.enhed_id
            held_by = directory.holders(case, role)
            if held_by:
                chosen = [directory.to_staff(role, holder, enhed_id) for holder in held_by]
            else:
                chosen = [directory.to_unit(role, enhed_id)] if role in rule.roles else []
            for recipient in chosen:
                found.setdefault(recipient.holder, recipient)
    return list(found.values())


def _facts(
    rule: Rule,
    deadline: Deadline,
    occurrence: Occurrence,
    case: Case | None,
    recipient: Recipient,
    sendedag: date,
    directory: Directory,
) -> Mapping[str, Fact]:
    """Return what the template may see: the deadline's facts and what this sending adds.

    A citizen under special protection is spoken of by case number and date alone.
    """
    common: dict[str, Fact] = {"sendedag": sendedag, "stedfortraeder_for": recipient.deputy_for_navn}
    if case is None:
        return {**deadline.facts, **common, "sagsnr": None, "initialer": None, "leder_navn": None}
    common["sagsnr"] = case.forloeb.sagsnr
    if case.borger.beskyttelse == "saerlig":
        return {**common, "frist": deadline.day, "initialer": None, "leder_navn": None}
    copied = "leder" in rule.roles and recipient.role != "leder"
    return {
        **deadline.facts,
        **common,
        "initialer": case.borger.initialer if case.borger.beskyttelse == "ingen" else None,
        "leder_navn": directory.leader_name(case.forloeb.enhed_id) if copied else None,
        "dage": abs((deadline.day - sendedag).days),
        "varsel": occurrence.nominal_day,
        "varsel_tekst": lead_in_danish(rule.when),
        "foer_varsel": sendedag < occurrence.nominal_day,
        "de_andre_roller": _OTHERS.get(recipient.role, "sagsbehandleren og kontaktpersonen"),
    }


def lead_in_danish(lead: Lead) -> str:
    """Return a lead's length as a Danish reader says it: '18 uger', '1 dag'."""
    one, many = _UNIT_WORDS[lead.unit]
    return f"{abs(lead.count)} {one if abs(lead.count) == 1 else many}"


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


def _reach(lead: Lead) -> timedelta:
    """Return an upper bound, in days, of how far ahead of its deadline a lead reaches."""
    days = {"days": 1, "weeks": 7, "months": 31, "working days": 4}[lead.unit]
    return timedelta(days=days * abs(lead.count))
