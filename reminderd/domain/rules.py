"""Rules as values: which deadline, how far ahead, to which role, in which words.

A rule is data (``config/rules.toml``); this module says what such data means. It knows no file and
no template, and it does not know how a deadline comes about.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from reminderd.domain.workdays import Roll, Workdays, add_months

Unit = Literal["days", "weeks", "months", "working days"]
Anchor = Literal["deadline", "start"]

_LEAD = re.compile(
    r"(?P<count>\d{1,3}) (?P<unit>days?|weeks?|months?|working days?)"
    r" (?P<side>before|after)(?P<start> start)?"
)
SPAN_EXAMPLES = "'7 days', '20 weeks', '6 months', '5 working days'"
_UNIT_WORDS = {
    "days": ("dag", "dage"),
    "weeks": ("uge", "uger"),
    "months": ("måned", "måneder"),
    "working days": ("arbejdsdag", "arbejdsdage"),
}
EVERY_WEEKDAY = Workdays(frozenset())
LEAD_EXAMPLES = (
    "'7 days before', '6 months before', '18 weeks after start', '1 working day before', 'on the day'"
)


@dataclass(frozen=True, slots=True)
class Lead:
    """A signed distance from a deadline, or from the start of what the deadline limits."""

    count: int
    unit: Unit
    anchor: Anchor = "deadline"

    @classmethod
    def parse(cls, text: str) -> "Lead":
        """Read ``'18 weeks after start'``; raises ValueError with examples of what is understood."""
        if text == "on the day":
            return cls(0, "days")
        match = _LEAD.fullmatch(text)
        if match is None or (match["start"] and match["side"] == "before"):
            raise ValueError(f"{text!r} is no lead; examples: {LEAD_EXAMPLES}")
        unit: Unit = match["unit"].rstrip("s") + "s"  # type: ignore[assignment]
        count = int(match["count"]) * (-1 if match["side"] == "before" else 1)
        return cls(count, unit, "start" if match["start"] else "deadline")

    def __str__(self) -> str:
        if self.count == 0:
            return "on the day"
        unit = self.unit[:-1] if abs(self.count) == 1 else self.unit
        side = "before" if self.count < 0 else "after"
        return f"{abs(self.count)} {unit} {side}{' start' if self.anchor == 'start' else ''}"

    def apply(self, anchor: date, workdays: Workdays) -> date:
        """Return the civil day at this distance from the anchor, not yet rolled."""
        match self.unit:
            case "days":
                return anchor + timedelta(days=self.count)
            case "weeks":
                return anchor + timedelta(weeks=self.count)
            case "months":
                return add_months(anchor, self.count)
            case "working days":
                return workdays.add(anchor, self.count)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: the limit of a course, the rhythm of a repeat."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> "Span":
        """Read ``'20 weeks'``, ``'6 months'``, ``'5 working days'``; raises ValueError otherwise."""
        match = re.fullmatch(r"(\d{1,3}) (day|week|month|working day)s?", text)
        if match is None or int(match[1]) == 0:
            raise ValueError(f"{text!r} is no length of time; examples: {SPAN_EXAMPLES}")
        return cls(int(match[1]), match[2] + "s")  # type: ignore[arg-type]

    def __str__(self) -> str:
        return f"{self.count} {self.unit[:-1] if self.count == 1 else self.unit}"

    @property
    def length(self) -> timedelta:
        """Return a length in days or weeks as such; raises ValueError for one that the calendar stretches."""
        if self.unit not in ("days", "weeks"):
            raise ValueError(f"{self} is no fixed number of days")
        return timedelta(days=self.count * (7 if self.unit == "weeks" else 1))

    def after(self, day: date, times: int = 1, workdays: Workdays = EVERY_WEEKDAY) -> date:
        """Return the day ``times`` such lengths after ``day``."""
        match self.unit:
            case "working days":
                return workdays.add(day, self.count * times)
            case "days":
                return day + timedelta(days=self.count * times)
            case "weeks":
                return day + timedelta(weeks=self.count * times)
            case "months":
                return add_months(day, self.count * times)


def in_danish(length: Lead | Span) -> str:
    """Return a length as a Danish reader says it: '18 uger', '1 dag'."""
    one, many = _UNIT_WORDS[length.unit]
    return f"{abs(length.count)} {one if abs(length.count) == 1 else many}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of notice on one kind of deadline.

    ``expires`` is the distance from the deadline after which the notice helps nobody; without it
    a notice ahead of its deadline is useful to the end of the deadline's day (or to the minute
    something begins), and a notice behind it for four weeks.
    ``track`` groups the stages of which only the newest is sent; ``unless`` and ``only_if`` name
    facts of the deadline (``moede_planlagt``). ``shows`` names what the mails may say beyond the default
    (``fields``), each with its reason. With ``again_if_moved`` a new date is told only where it
    lies further than this from every date that was told.
    """

    name: str
    deadline: str
    stage: str
    when: Lead
    template: str
    roles: tuple[str, ...]
    optional_roles: tuple[str, ...] = ()
    repeat: Span | None = None
    roll: Roll = "previous"
    expires: Lead | None = None
    unless: tuple[str, ...] = ()
    only_if: tuple[str, ...] = ()
    again_if_moved: Span | None = None
    track: str = "reminder"
    channel: Literal["mail"] = "mail"
    calendar: Literal["invite", "deadline", "none"] = "none"
    on_unknown: Literal["resend", "hold"] = "resend"
    shows: Mapping[str, str] = field(default_factory=dict, hash=False)
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewParameters:
    """When a plan's review is due: months to the first, months between, in which phases.

    ``rolling`` counts from the last review held; ``fixed`` keeps to a grid that begins with the anchor.
    """

    tilbud: tuple[str, ...] = ("VEJEN_FREM",)
    mode: Literal["rolling", "fixed"] = "rolling"
    first_months: int = 3
    then_months: int = 3
    phases: tuple[int, ...] = (2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseLimitParameters:
    """How long a course may last at most."""

    tilbud: tuple[str, ...] = ("SEL_82B",)
    limit: Span = field(default_factory=lambda: Span(20, "weeks"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitAgeParameters:
    """The birthday at which support ends, and where a 29 February falls in other years."""

    tilbud: tuple[str, ...] = ("VEJEN_FREM",)
    age: int = 23
    leap_birthday: Literal["feb28", "mar1"] = "feb28"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityParameters:
    """Which group activities, how far ahead a known rhythm is spelt out, and when it pauses.

    ``breaks`` are inclusive pairs of civil days in which a rhythm's slots are skipped.
    """

    tilbud: tuple[str, ...] = ("VEJEN_FREM",)
    phases: tuple[int, ...] = (2, 3)
    breaks: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementEndParameters:
    """Whose homecoming is prepared before a placement ends."""

    tilbud: tuple[str, ...] = ("VEJEN_FREM",)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntroVisitParameters:
    """Within how many days of the start the introduction visit should be made."""

    tilbud: tuple[str, ...] = ("VEJEN_FREM",)
    within_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns18Parameters:
    """How many months before the 18th birthday support after a placement must be decided."""

    tilbud: tuple[str, ...] = ("VEJEN_FREM",)
    months_before: int = 6
    leap_birthday: Literal["feb28", "mar1"] = "feb28"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDueParameters:
    """How many months after its start a course must have a plan."""

    tilbud: tuple[str, ...] = ("VEJEN_FREM",)
    months: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEndParameters:
    """Whose planned end is prepared where it comes before the birthday."""

    tilbud: tuple[str, ...] = ("VEJEN_FREM",)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseEndParameters:
    """Which courses get a receipt when they have ended."""

    tilbud: tuple[str, ...] = ("SEL_82B",)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitteeParameters:
    """Which meetings decide on candidates, for which offers, and how many places there are."""

    tilbud: tuple[str, ...] = ("VEJEN_FREM",)
    moedetype: str = "eftervaernsudvalg"
    places: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitteeReportParameters:
    """Before which meetings the leader gets the figures, and how many whole months they cover."""

    moedetype: str = "fagudvalg"
    months: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestParameters:
    """Which kinds of visit the weekly overview misses halfway through the preparation; none by default."""

    checklists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOff:
    """A single date of a unit: the end of a project, an opening."""

    name: str
    titel: str
    dag: date
    enhed_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """Everything ``config/rules.toml`` says, checked: deadline parameters and rules, in file order.

    ``shows`` is what the mails of every rule may say beyond the default, with reasons; each rule's own
    ``shows`` holds it already.
    """

    rules: tuple[Rule, ...]
    review: ReviewParameters = field(default_factory=ReviewParameters)
    course_limit: CourseLimitParameters = field(default_factory=CourseLimitParameters)
    exit_age: ExitAgeParameters = field(default_factory=ExitAgeParameters)
    activity: ActivityParameters = field(default_factory=ActivityParameters)
    placement_end: PlacementEndParameters = field(default_factory=PlacementEndParameters)
    intro_visit: IntroVisitParameters = field(default_factory=IntroVisitParameters)
    turns_18: Turns18Parameters = field(default_factory=Turns18Parameters)
    plan_due: PlanDueParameters = field(default_factory=PlanDueParameters)
    planned_end: PlannedEndParameters = field(default_factory=PlannedEndParameters)
    course_end: CourseEndParameters = field(default_factory=CourseEndParameters)
    committee: CommitteeParameters = field(default_factory=CommitteeParameters)
    committee_report: CommitteeReportParameters = field(default_factory=CommitteeReportParameters)
    one_off: tuple[OneOff, ...] = ()
    digest: DigestParameters = field(default_factory=DigestParameters)
    shows: Mapping[str, str] = field(default_factory=dict)

    def on(self, deadline: str) -> tuple[Rule, ...]:
        """Return the enabled rules on one kind of deadline."""
        return tuple(rule for rule in self.rules if rule.enabled and rule.deadline == deadline)

    def offers_of(self, deadline: str) -> tuple[str, ...]:
        """Return the offers that a kind of deadline is for; none of one that asks about no offer."""
        table = self.review if deadline == "review_meeting" else getattr(self, deadline, None)
        return getattr(table, "tilbud", ())


DEADLINE_KINDS = (
    "review",
    "review_meeting",
    "course_limit",
    "course_end",
    "exit_age",
    "planned_end",
    "placement_end",
    "intro_visit",
    "turns_18",
    "plan_due",
    "activity",
    "committee",
    "committee_report",
    "one_off",
    "digest",
)
# Dates that people enter, move and take back: what was told of them is remembered for good.
ENTERED_ENDS = ("course_end", "placement_end", "planned_end")
# Of these a subject has one date at a time, so that another date is the same one moved.
MOVABLE = ("placement_end", "planned_end")
OFFERS_OF_THE_PAPERS = ("VEJEN_FREM", "SEL_82B")
ROLES = (
    *("sagsbehandler", "kontaktperson", "mentor", "leder"),
    *("ansvarlig", "enhed", "udvalg", "selv", "ung"),
)
CONDITIONS_OF: Mapping[str, tuple[str, ...]] = {
    "review": ("moede_planlagt", "moede_efter_frist"),
    "placement_end": ("ikke_besluttet",),
    "planned_end": ("tidsbegraenset",),
}
# No deadline has both of these: a meeting is planned up to the day a review is due, or after it.
EXCLUSIVE_CONDITIONS = (frozenset({"moede_planlagt", "moede_efter_frist"}),)
CONDITIONS = tuple(name for names in CONDITIONS_OF.values() for name in names)
