"""The values that each kind of deadline offers to its wordings, with examples of them.

One table serves three readers: the check that fills every wording in before it is needed, the check
of names, and the table in ``templates/README.md``. The examples are invented. Knows no template.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Literal

from reminderd.domain.notices import Fact
from reminderd.domain.workdays import at

Type = Literal["text", "number", "date", "time", "yes/no"]


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a wording may use; ``optional`` ones are None where nothing is known."""

    name: str
    type: Type
    meaning: str
    example: Fact
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """A complete set of example facts: ``full`` with every value, ``minimal`` without the optional ones."""

    name: Literal["full", "minimal"]
    facts: Mapping[str, Fact]


_SENT = date(2026, 1, 5)

ADDED_BY_COMPOSER = (
    Value("afsender_navn", "text", "the sender's name, as configured", "Påmindelser, Eksempel Kommune"),
    Value("kalenderfil", "yes/no", "whether this mail carries a calendar part", True),
)

COMMON = (
    Value("sendedag", "date", "the day the mail goes out", _SENT),
    Value("data_pr", "time", "when the case data was true", at(_SENT, time(6))),
    Value("stedfortraeder_for", "text", "whom the reader stands in for", "Signe Eksempel", optional=True),
    Value("leder_navn", "text", "the leader who is told as well", "Lars Eksempel", optional=True),
    Value("initialer", "text", "initials; unknown when the person is protected", "AB", optional=True),
)
_SAGSNR = Value("sagsnr", "text", "the case reference", "2026-000123")
_PLAN = Value("plannavn", "text", "the plan, in the definite form", "handleplanen")
SPECIAL_PROTECTION = "special_protection"


def _stage(varsel: date, varsel_tekst: str, dage: int) -> tuple[Value, ...]:
    return (
        Value("varsel", "date", "the day the rule asks for, before it moves to a working day", varsel),
        Value("varsel_tekst", "text", "the distance that the rule names", varsel_tekst),
        Value("foer_varsel", "yes/no", "whether the mail goes out before `varsel`", False),
        Value("dage", "number", "days until the deadline, or since it passed", dage),
        Value("de_andre_roller", "text", "the others who take part, seen from the reader", "kontaktpersonen"),
    )


BY_DEADLINE: Mapping[str, tuple[Value, ...]] = {
    "course_limit": (
        _SAGSNR,
        Value("start", "date", "when the course began", date(2025, 9, 1)),
        Value("maks_tekst", "text", "how long a course may last", "20 uger"),
        Value("maks", "date", "the last day allowed", date(2026, 1, 19)),
        *_stage(date(2026, 1, 5), "18 uger", 14),
    ),
    "review": (
        _SAGSNR,
        _PLAN,
        Value("frist", "date", "the deadline", date(2026, 1, 24)),
        Value("sidst_afholdt", "date", "the last review held", date(2025, 10, 24), optional=True),
        Value(
            "sidste_arbejdsdag",
            "date",
            "the last working day before it, if the deadline is none",
            date(2026, 1, 23),
            optional=True,
        ),
        *_stage(date(2026, 1, 3), "21 dage", 19),
    ),
    "review_meeting": (
        _SAGSNR,
        _PLAN,
        Value("moede_start", "time", "when the meeting begins", at(date(2026, 1, 22), time(10))),
        Value("moede_slut", "time", "when it ends", at(date(2026, 1, 22), time(11))),
        Value("sted", "text", "where", "Rådhuset, lokale 2", optional=True),
        Value("frist", "date", "the deadline of the review", date(2026, 1, 24)),
        Value("efter_frist", "yes/no", "whether the meeting is after the deadline", False),
        *_stage(date(2026, 1, 1), "21 dage", 17),
    ),
    "exit_age": (
        _SAGSNR,
        _PLAN,
        Value("alder", "number", "the age at which support ends", 23),
        Value("fylder", "date", "the birthday", date(2026, 7, 6)),
        Value("sidste_dag", "date", "the last day with support", date(2026, 7, 5)),
        *_stage(date(2026, 1, 6), "6 måneder", 182),
    ),
    "activity": (
        Value("sagsnr", "text", "the case reference; a group activity has none", None, optional=True),
        Value("titel", "text", "what the activity is called", "Fællesspisning"),
        Value("start", "time", "when it begins", at(date(2026, 1, 8), time(17))),
        Value("slut", "time", "when it ends", at(date(2026, 1, 8), time(19))),
        Value("sted", "text", "where", "Huset, Eksempelvej 1", optional=True),
    ),
    SPECIAL_PROTECTION: (
        _SAGSNR,
        Value("frist", "date", "the deadline", date(2026, 1, 24)),
    ),
}


def values_for(deadline: str) -> tuple[Value, ...]:
    """Return everything that a wording for this kind of deadline may use; raises KeyError."""
    return (*BY_DEADLINE[deadline], *COMMON, *ADDED_BY_COMPOSER)


def samples_for(deadline: str) -> tuple[Sample, Sample]:
    """Return a full and a minimal set of example facts; raises KeyError."""
    values = values_for(deadline)
    full = {value.name: value.example for value in values}
    minimal = {value.name: None if value.optional else value.example for value in values}
    return Sample("full", full), Sample("minimal", minimal | {"kalenderfil": False})


def values_table(values: tuple[Value, ...]) -> str:
    """Return the values as a Markdown table, the way ``templates/README.md`` prints it."""
    head = "| value | type | may be unknown | what it is |\n|---|---|---|---|\n"
    return head + "".join(
        f"| `{value.name}` | {value.type} | {'yes' if value.optional else ''} | {value.meaning} |\n"
        for value in values
    )
