"""The tables of ``rules.toml``: every key of a rule and of a deadline, what it takes and what it means.

The descriptions here are the ones that ``config/README.md`` prints; the defaults are the domain's own,
repeated to be shown, and a test holds them together. Checks between keys stand in ``rulebook``.
"""

from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, PlainValidator

from reminderd.config.values import (
    Allowed,
    Day,
    Line,
    Name,
    Table,
    at_least_one,
    chosen_from,
    without_doubles,
)
from reminderd.domain.fields import WITH_A_REASON
from reminderd.domain.rules import (
    CONDITIONS,
    CONDITIONS_OF,
    DEADLINE_KINDS,
    LEAD_EXAMPLES,
    MOVABLE,
    ROLES,
    SPAN_EXAMPLES,
    Lead,
    Span,
)
from reminderd.domain.workdays import Roll

SHORTEST_REASON = 3


def _lead(value: object) -> Lead:
    if isinstance(value, Lead):
        return value
    try:
        return Lead.parse(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError from None  # the examples stand in what is allowed


def _span(value: object) -> Span:
    if isinstance(value, Span):
        return value
    try:
        return Span.parse(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError from None


def _calendar_time(value: Span) -> Span:
    if value.unit == "working days":
        raise ValueError("a course's limit is a calendar limit; closed days do not lengthen it")
    return value


def _in_order(value: tuple[date, date]) -> tuple[date, date]:
    if value[1] < value[0]:
        raise ValueError("the break ends before it begins")
    return value


def _with_reasons(value: dict[str, str]) -> dict[str, str]:
    for name, reason in value.items():
        if name not in WITH_A_REASON:
            raise ValueError(f"{name!r} is nothing that needs a reason")
        if not reason.isprintable() or len(reason.split()) < SHORTEST_REASON:
            raise ValueError(f"why mails may say {name!r} takes a few words")
    return value


LeadText = Annotated[Lead, PlainValidator(_lead), Allowed(f"a lead: {LEAD_EXAMPLES}")]
SpanText = Annotated[Span, PlainValidator(_span), Allowed(f"a length of time: {SPAN_EXAMPLES}")]
Role = Annotated[str, AfterValidator(chosen_from(ROLES))]
Roles = Annotated[tuple[Role, ...], AfterValidator(without_doubles), Allowed.one_of(ROLES, several=True)]
Conditions = Annotated[
    tuple[Annotated[str, AfterValidator(chosen_from(CONDITIONS))], ...],
    AfterValidator(without_doubles),
    Allowed.one_of(CONDITIONS, several=True),
]
Shows = Annotated[
    dict[str, str],
    AfterValidator(_with_reasons),
    Allowed(f"a table of values, each with its reason in words: {', '.join(WITH_A_REASON)}"),
]
Tilbud = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[A-Z0-9_]{1,20}$")], ...],
    AfterValidator(at_least_one),
    AfterValidator(without_doubles),
    Allowed("a list of offers as the case source writes them, such as ['VEJEN_FREM']"),
]
Phases = Annotated[
    tuple[Annotated[int, Field(ge=1, le=3)], ...],
    AfterValidator(at_least_one),
    AfterValidator(without_doubles),
    Allowed("a list of 1, 2, 3"),
]
Breaks = Annotated[
    tuple[Annotated[tuple[Day, Day], AfterValidator(_in_order)], ...],
    Allowed("a list of first and last days, such as [[2026-07-01, 2026-08-09]]"),
]


class ReviewTable(Table):
    """``[deadline.review]``."""

    tilbud: Tilbud = Field(default=("VEJEN_FREM",), description="Offers whose plans are reviewed.")
    mode: Literal["rolling", "fixed"] = Field(
        default="rolling",
        description="`rolling` counts from the last review held, `fixed` keeps to the quarters.",
    )
    first_months: int = Field(
        default=3, ge=1, le=60, description="Months from phase 2 or reopening to the first review."
    )
    then_months: int = Field(
        default=3,
        ge=1,
        le=60,
        description="Months between reviews, where the plan sets no rhythm of its own.",
    )
    phases: Phases = Field(default=(2, 3), description="Phases in which reviews are due.")


class CourseLimitTable(Table):
    """``[deadline.course_limit]``."""

    tilbud: Tilbud = Field(default=("SEL_82B",), description="Offers with a limit.")
    limit: Annotated[SpanText, AfterValidator(_calendar_time)] = Field(
        default=Span(20, "weeks"), description="How long a course may last."
    )


class ExitAgeTable(Table):
    """``[deadline.exit_age]``."""

    tilbud: Tilbud = Field(default=("VEJEN_FREM",), description="Offers that end with an age.")
    age: int = Field(default=23, ge=1, le=120, description="The birthday at which support ends.")
    leap_birthday: Literal["feb28", "mar1"] = Field(
        default="feb28", description="Birthday of somebody born on 29 February, in other years."
    )


class ActivityTable(Table):
    """``[deadline.activity]``."""

    tilbud: Tilbud = Field(default=("VEJEN_FREM",), description="Offers whose activities are announced.")
    phases: Phases = Field(
        default=(2, 3), description="Phases that are invited where there is no list of participants."
    )
    breaks: Breaks = Field(
        default=(),
        description="First and last days between which a rhythm pauses; sessions are not affected.",
    )


class CourseEndTable(Table):
    """``[deadline.course_end]``."""

    tilbud: Tilbud = Field(default=("SEL_82B",), description="Offers whose recorded end is confirmed.")


class PlannedEndTable(Table):
    """``[deadline.planned_end]``."""

    tilbud: Tilbud = Field(
        default=("VEJEN_FREM",), description="Offers whose planned end is prepared, where it comes first."
    )


class PlacementEndTable(Table):
    """``[deadline.placement_end]``."""

    tilbud: Tilbud = Field(default=("VEJEN_FREM",), description="Offers that prepare a homecoming.")


class IntroVisitTable(Table):
    """``[deadline.intro_visit]``."""

    tilbud: Tilbud = Field(default=("VEJEN_FREM",), description="Offers that begin with a visit.")
    within_days: int = Field(
        default=14, ge=1, le=365, description="Days from the start to the introduction visit."
    )


class Turns18Table(Table):
    """``[deadline.turns_18]``."""

    tilbud: Tilbud = Field(default=("VEJEN_FREM",), description="Offers whose young people may be placed.")
    months_before: int = Field(
        default=6, ge=1, le=24, description="Months before 18 by which support must be decided."
    )
    leap_birthday: Literal["feb28", "mar1"] = Field(
        default="feb28", description="Birthday of somebody born on 29 February, in other years."
    )


class PlanDueTable(Table):
    """``[deadline.plan_due]``."""

    tilbud: Tilbud = Field(default=("VEJEN_FREM",), description="Offers that need a plan.")
    months: int = Field(default=3, ge=1, le=24, description="Months from the start to the plan.")


class CommitteeTable(Table):
    """``[deadline.committee]``."""

    tilbud: Tilbud = Field(default=("VEJEN_FREM",), description="Offers that candidates are decided for.")
    moedetype: Annotated[str, Allowed("a kind of meeting as the case source writes it")] = Field(
        default="eftervaernsudvalg", min_length=1, description="The meetings that decide on candidates."
    )
    places: int = Field(default=6, ge=0, le=100_000, description="Places there are in all.")


class CommitteeReportTable(Table):
    """``[deadline.committee_report]``."""

    moedetype: Annotated[str, Allowed("a kind of meeting as the case source writes it")] = Field(
        default="fagudvalg", min_length=1, description="The meetings that get figures beforehand."
    )
    months: int = Field(
        default=4,
        ge=1,
        le=60,
        description="Calendar months they cover, the last one that is over on the sending day included.",
    )


Checklist = Literal["besoeg_anbringelsessted", "besoeg_i_kommunen"]


class DigestTable(Table):
    """``[deadline.digest]``."""

    checklists: Annotated[
        tuple[Checklist, ...],
        AfterValidator(without_doubles),
        Allowed.one_of(get_args(Checklist), several=True),
    ] = Field(default=(), description="Visits that the overview misses halfway through the preparation.")


class OneOffTable(Table):
    """One ``[[deadline.one_off]]``."""

    name: Name = Field(description="Name for ever.", examples=["project-end"])
    titel: Line = Field(description="What it is, in words of the mail.", examples=["Projektet slutter"])
    dag: Day = Field(description="The day.", examples=["2020-04-03"])
    enhed_id: Line = Field(description="Whose leader and mailbox are told.", examples=["E-FRONTEN"])


class DeadlineTables(Table):
    """``[deadline.*]``: what each kind of deadline is reckoned with."""

    review: ReviewTable = Field(default_factory=ReviewTable)
    course_limit: CourseLimitTable = Field(default_factory=CourseLimitTable)
    exit_age: ExitAgeTable = Field(default_factory=ExitAgeTable)
    activity: ActivityTable = Field(default_factory=ActivityTable)
    course_end: CourseEndTable = Field(default_factory=CourseEndTable)
    planned_end: PlannedEndTable = Field(default_factory=PlannedEndTable)
    placement_end: PlacementEndTable = Field(default_factory=PlacementEndTable)
    intro_visit: IntroVisitTable = Field(default_factory=IntroVisitTable)
    turns_18: Turns18Table = Field(default_factory=Turns18Table)
    plan_due: PlanDueTable = Field(default_factory=PlanDueTable)
    committee: CommitteeTable = Field(default_factory=CommitteeTable)
    committee_report: CommitteeReportTable = Field(default_factory=CommitteeReportTable)
    one_off: Annotated[tuple[OneOffTable, ...], Allowed("dates, each under [[deadline.one_off]]")] = Field(
        default=(), description="Single dates of a unit, each with `name`, `titel`, `dag` and `enhed_id`."
    )
    digest: DigestTable = Field(default_factory=DigestTable)


_CONDITIONS = "; ".join(
    f"on `{kind}` {', '.join(f'`{name}`' for name in names)}" for kind, names in CONDITIONS_OF.items()
)


class RuleTable(Table):
    """One ``[[rule]]``."""

    name: Name = Field(
        description="Name for ever: under another name everything counts as untold.", examples=["review-plan"]
    )
    deadline: Annotated[str, AfterValidator(chosen_from(DEADLINE_KINDS)), Allowed.one_of(DEADLINE_KINDS)] = (
        Field(description="Which kind of deadline.", examples=["review"])
    )
    stage: Name = Field(
        description="Which step towards it; once for each deadline and track.", examples=["plan"]
    )
    when: LeadText = Field(description="Lead: how far from the deadline.", examples=["21 days before"])
    template: Name = Field(description="Folder with the wording.", examples=["review-plan"])
    roles: Annotated[Roles, AfterValidator(at_least_one)] = Field(
        description="Who is told; nobody in the role means the unit's mailbox, then its leader, then"
        " `operator.mail`.",
        examples=[["sagsbehandler"]],
    )
    optional_roles: Roles = Field(default=(), description="Who else is told, where the case has one.")
    repeat: SpanText | None = Field(
        default=None, description="Told again at this rhythm; only after the deadline."
    )
    roll: Roll = Field(
        default="previous", description="Working day to move to: `previous`, `next` or `none`."
    )
    expires: LeadText | None = Field(
        default=None, description="Lead after which it helps nobody; see *Until when*."
    )
    unless: Conditions = Field(default=(), description=f"Not told while one of these holds: {_CONDITIONS}.")
    only_if: Conditions = Field(
        default=(), description="Told only while all of these hold; the same as for `unless`."
    )
    again_if_moved: SpanText | None = Field(
        default=None,
        description="A date that moves is told again only if it moved by more than this; 28 days at most, on"
        f" {' and '.join(f'`{kind}`' for kind in MOVABLE)} only.",
    )
    track: Name = Field(default="reminder", description="Of the stages on one track only the newest is sent.")
    channel: Literal["mail"] = Field(default="mail", description="`mail`.")
    calendar: Literal["invite", "deadline", "none"] = Field(
        default="none", description="Calendar part: `invite` (timed), `deadline` (all day) or `none`."
    )
    on_unknown: Literal["resend", "hold"] = Field(
        default="resend", description="When the relay's answer got lost: send again, or `hold` for a person."
    )
    shows: Shows = Field(
        default_factory=dict,
        description="What its mails may say beyond case number, dates, kind of task, link and initials, each"
        " with its reason; see *What mails may say*.",
    )
    enabled: bool = Field(default=True, description="`false` switches the rule off.")


class RulesFile(Table):
    """The whole file, but for what is inside the rules."""

    shows: Shows = Field(default_factory=dict)
    deadline: DeadlineTables = Field(default_factory=DeadlineTables)
    rule: Annotated[tuple[dict[str, Any], ...], Allowed("rules, each under [[rule]]")] = Field()
