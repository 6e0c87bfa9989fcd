"""From ``rules.toml`` to a ``RuleBook``: rules and deadline parameters, checked.

Everything that is wrong is said at once, with its line and the rule's name. What a lead or a role
means is the domain's business; whether a template exists is asked by whoever has the templates.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from reminderd.config.never_fires import come_too_late, may_come_before, never_does_its_work
from reminderd.config.problems import dotted, what_and_cure
from reminderd.config.rule_tables import CourseLimitTable, RulesFile, RuleTable, Turns18Table
from reminderd.config.settings import Settings
from reminderd.config.toml_file import NOWHERE, Key, TomlFile, read_toml
from reminderd.config.values import plain_name
from reminderd.domain.audience import TOLD_TO_CITIZENS
from reminderd.domain.rules import (
    MOVABLE,
    ActivityParameters,
    CommitteeParameters,
    CommitteeReportParameters,
    CourseEndParameters,
    CourseLimitParameters,
    DigestParameters,
    ExitAgeParameters,
    IntroVisitParameters,
    Lead,
    OneOff,
    PlacementEndParameters,
    PlanDueParameters,
    PlannedEndParameters,
    ReviewParameters,
    Rule,
    RuleBook,
    Span,
    Turns18Parameters,
)
from reminderd.errors import ConfigurationError, Problem

TIMED = ("review_meeting", "activity", "committee")
LIMITED_FROM_A_START = ("course_limit",)
IN_CALENDARS = ("titel", "sted")
FURTHEST_MOVE = timedelta(days=28)


@dataclasses.dataclass(frozen=True, slots=True)
class _Finding:
    key: Key
    what: str
    cure: str


class FaultyRulesError(ConfigurationError):
    """Rules are wrong; ``sound`` are those that can be read whole, so that their wordings can be judged."""

    def __init__(self, problems: list[Problem], sound: RuleBook, settings: Settings | None = None) -> None:
        super().__init__(problems)
        self.sound = sound
        self.settings = settings


def load_rules(path: Path) -> RuleBook:
    """Return the rules and deadline parameters of a file; raises FaultyRulesError with every problem.

    A file that is no TOML at all is a ConfigurationError.
    """
    file = read_toml(path, cure="name the rules with rules.file; without it, those that come along apply")
    findings: list[_Finding] = []
    tables = _file(file.data, findings)
    raw = [item if isinstance(item, dict) else {} for item in _listed(file.data.get("rule"))]
    rules = [_rule(number, item, tables, findings) for number, item in enumerate(raw)]
    findings += (*_doubles(raw), *_unlike(rules), *_too_late(rules, tables))
    if tables is None or findings:
        findings.sort(key=lambda finding: file.line(finding.key) or NOWHERE)
        problems = [_problem(file, raw, finding) for finding in findings]
        raise FaultyRulesError(problems, _sound(raw, file.data.get("shows")))
    return RuleBook(
        rules=_all_show(rules, tables.shows),
        shows=tables.shows,
        review=ReviewParameters(**_said(tables.deadline.review)),
        course_limit=CourseLimitParameters(**_said(tables.deadline.course_limit)),
        exit_age=ExitAgeParameters(**_said(tables.deadline.exit_age)),
        activity=ActivityParameters(**_said(tables.deadline.activity)),
        course_end=CourseEndParameters(**_said(tables.deadline.course_end)),
        planned_end=PlannedEndParameters(**_said(tables.deadline.planned_end)),
        placement_end=PlacementEndParameters(**_said(tables.deadline.placement_end)),
        intro_visit=IntroVisitParameters(**_said(tables.deadline.intro_visit)),
        turns_18=Turns18Parameters(**_said(tables.deadline.turns_18)),
        plan_due=PlanDueParameters(**_said(tables.deadline.plan_due)),
        committee=CommitteeParameters(**_said(tables.deadline.committee)),
        committee_report=CommitteeReportParameters(**_said(tables.deadline.committee_report)),
        digest=DigestParameters(**_said(tables.deadline.digest)),
        one_off=tuple(OneOff(**_said(item)) for item in tables.deadline.one_off),
    )


def _all_show(rules: Iterable[Rule | None], shows: Mapping[str, str]) -> tuple[Rule, ...]:
    return tuple(
        dataclasses.replace(rule, shows={**shows, **rule.shows}) for rule in rules if rule is not None
    )


def _sound(raw: list[dict[str, Any]], shows: object) -> RuleBook:
    """Return the rules that are well-formed in themselves, whatever else is wrong in the file."""
    readable = shows.items() if isinstance(shows, dict) else ()
    everywhere = {name: why for name, why in readable if isinstance(why, str)}
    rules = []
    for item in raw:
        with suppress(ValidationError):
            rules.append(Rule(**_said(RuleTable.model_validate(item))))
    return RuleBook(rules=_all_show(rules, everywhere), shows=everywhere)


def _file(data: dict[str, Any], findings: list[_Finding]) -> RulesFile | None:
    try:
        tables = RulesFile.model_validate(data)
    except ValidationError as error:
        findings += (_Finding(item["loc"], *what_and_cure(item, RulesFile)) for item in error.errors())
        return None
    if not tables.rule:
        findings.append(_Finding(("rule",), "no rules at all", "begin one with [[rule]]"))
    return tables


def _listed(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else ()


def _rule(
    number: int, raw: dict[str, Any], tables: RulesFile | None, findings: list[_Finding]
) -> Rule | None:
    """Return a rule, or add what is wrong; what contradicts itself is found beside what is malformed."""
    bad: set[str | int] = set()
    try:
        table = RuleTable.model_validate(raw)
    except ValidationError as error:
        for item in error.errors():
            bad.add(item["loc"][0])
            findings.append(_Finding(("rule", number, *item["loc"]), *what_and_cure(item, RuleTable)))
        try:
            table = RuleTable.model_validate({key: value for key, value in raw.items() if key not in bad})
        except ValidationError:
            return None
    rule = Rule(**_said(table))
    limit = tables.deadline.course_limit.limit if tables else CourseLimitTable().limit
    before_18 = tables.deadline.turns_18.months_before if tables else Turns18Table().months_before
    findings += (
        _Finding(("rule", number, key), what, cure)
        for key, what, cure in _contradictions(rule, limit, before_18)
    )
    if tables and rule.enabled and rule.deadline == "planned_end" and "tidsbegraenset" in rule.only_if:
        planned, limited = tables.deadline.planned_end.tilbud, tables.deadline.course_limit.tilbud
        if not set(planned) & set(limited):
            what = "found 'tidsbegraenset', but no offer has both a planned end and a limit"
            cure = f"add {', '.join(map(repr, limited))} to deadline.planned_end.tilbud"
            findings.append(_Finding(("rule", number, "only_if"), what, cure))
    return rule


def _said(table: BaseModel) -> dict[str, Any]:
    """Return what a table says itself; what it does not say is the domain's default."""
    return {name: getattr(table, name) for name in table.model_fields_set}


def _contradictions(rule: Rule, limit: Span, months_before_18: int) -> Iterator[tuple[str, str, str]]:
    """Yield key, what and cure where one key of a rule does not go with another."""
    if rule.repeat and not _follows_the_deadline(rule.when):
        yield (
            "repeat",
            f"found '{rule.repeat}', but when is '{rule.when}'",
            "only what comes after the deadline repeats",
        )
    if rule.when.anchor == "start" and rule.deadline not in LIMITED_FROM_A_START:
        what = f"found '{rule.when}', but {rule.deadline} does not limit anything from its start"
        yield "when", what, f"'after start' is for: {', '.join(LIMITED_FROM_A_START)}"
    if rule.expires:
        yield from _expires_too_soon(rule, rule.expires, limit)
    if rule.calendar == "invite" and rule.deadline not in TIMED:
        yield (
            "calendar",
            f"found 'invite', but {rule.deadline} has no time of day",
            "allowed: 'deadline', 'none'",
        )
    for role in rule.optional_roles:
        if role in rule.roles:
            yield "optional_roles", f"{role} stands in roles too", "name each role once"
    if "ung" in (*rule.roles, *rule.optional_roles):
        yield from _too_much_for_citizens(rule)
    yield from never_does_its_work(rule, months_before_18)
    yield from _moves_otherwise(rule)
    for condition in rule.only_if:
        if condition in rule.unless:
            yield "only_if", f"{condition} stands in unless too", "the rule could never apply"


def _moves_otherwise(rule: Rule) -> Iterator[tuple[str, str, str]]:
    moved = rule.again_if_moved
    if moved is None:
        return
    if rule.deadline not in MOVABLE:
        what = f"found '{moved}', but another date of {rule.deadline} is not the same one moved"
        yield "again_if_moved", what, f"it is for: {', '.join(MOVABLE)}"
    if moved.unit not in ("days", "weeks") or moved.length > FURTHEST_MOVE:
        yield "again_if_moved", f"found '{moved}'", "allowed: '1 day' to '28 days', or '1 week' to '4 weeks'"


def _expires_too_soon(rule: Rule, expires: Lead, limit: Span) -> Iterator[tuple[str, str, str]]:
    if rule.repeat:
        yield "expires", f"found '{expires}' beside repeat", "a repetition is useful until the next one"
    elif expires.anchor == "start":
        yield "expires", f"found '{expires}'", "it counts from the deadline, for example '56 days after'"
    elif may_come_before(expires, rule.when, limit):
        what = f"found '{expires}', which can come before when, '{rule.when}'"
        yield "expires", what, "a notice has to be useful for a while after it is due"


def _too_much_for_citizens(rule: Rule) -> Iterator[tuple[str, str, str]]:
    key = "roles" if "ung" in rule.roles else "optional_roles"
    if rule.deadline not in TOLD_TO_CITIZENS:
        what = f"found 'ung', but a mail about {rule.deadline} would tell too much about the case"
        yield key, what, f"young people and citizens are told of: {', '.join(TOLD_TO_CITIZENS)}"
    if {"ung"} != {*rule.roles, *rule.optional_roles}:
        yield key, "found 'ung' beside other roles, whose mails tell more", "give 'ung' a rule of its own"


def _follows_the_deadline(lead: Lead) -> bool:
    return lead.anchor == "deadline" and lead.count > 0


def _doubles(raw: list[dict[str, Any]]) -> Iterator[_Finding]:
    """Yield what two rules have and only one may; asked of the text, so that other faults hide nothing."""
    names: set[Any] = set()
    stages: dict[tuple[Any, ...], Any] = {}
    for number, rule in enumerate(raw):
        name = rule.get("name")
        if isinstance(name, str) and name in names:
            yield _Finding(("rule", number, "name"), f"found {name!r} a second time", "name each rule once")
        names.add(name if isinstance(name, str) else None)
        stage = (rule.get("deadline"), rule.get("track", "reminder"), rule.get("stage"))
        if all(isinstance(part, str) for part in stage):
            if stage in stages and stages[stage] != name:
                what = f"found {stage[2]!r}, which rule {stages[stage]} has on {stage[0]}, track {stage[1]}"
                yield _Finding(
                    ("rule", number, "stage"), what, "give the stage another name, or the rule a track"
                )
            stages.setdefault(stage, name)


def _unlike(rules: list[Rule | None]) -> Iterator[_Finding]:
    """Yield where two rules would write the same calendar entry differently, each after the other."""
    first: dict[tuple[str, bool], Rule] = {}
    for number, rule in enumerate(rules):
        if rule is None or rule.calendar == "none" or not rule.enabled:
            continue
        other = first.setdefault((rule.deadline, "ung" in rule.roles), rule)
        for name in IN_CALENDARS:
            if (name in rule.shows) != (name in other.shows):
                what = f"{name} is shown by {other.name if name in other.shows else rule.name} alone"
                cure = f"both write the same entry in calendars: let both rules show {name}, or neither"
                yield _Finding(("rule", number, "shows"), f"{what}, not by both", cure)


def _too_late(rules: list[Rule | None], tables: RulesFile | None) -> Iterator[_Finding]:
    if tables is not None:
        numbers = {rule.name: number for number, rule in enumerate(rules) if rule is not None}
        limit = tables.deadline.course_limit.limit
        for rule, (key, what, cure) in come_too_late((rule for rule in rules if rule is not None), limit):
            yield _Finding(("rule", numbers[rule.name], key), what, cure)


def _problem(file: TomlFile, raw: list[dict[str, Any]], finding: _Finding) -> Problem:
    match finding.key:
        case ("rule", int(number), *rest):
            name = raw[number].get("name")
            title = f"rule {name}" if _is_name(name) else f"rule number {number + 1}"
            title = f"{title}: {dotted(rest)}" if rest else title
        case key:
            title = dotted(key)
    return Problem(file.place(finding.key, title), finding.what, finding.cure)


def _is_name(value: object) -> bool:
    try:
        return isinstance(value, str) and plain_name(value) == value
    except ValueError:
        return False
