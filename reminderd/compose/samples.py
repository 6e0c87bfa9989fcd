"""The values that each kind of deadline offers to its wordings, with examples of them.

One table serves three readers: the check that fills every wording in before it is needed, the check
of names, and the table in ``templates/README.md``. The examples are invented. Knows no template.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Literal

from reminderd.domain.notices import Fact, Line, StandIn
from reminderd.domain.words import say
from reminderd.domain.workdays import at

Type = Literal["text", "number", "date", "time", "yes/no", "list"]


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a wording may use; ``optional`` ones are None where nothing is known.

    ``least`` is what a value that is never unknown has where there is least to say: a list is then empty.
    """

    name: str
    type: Type
    meaning: str
    example: Fact
    optional: bool = False
    least: Fact = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A complete set of example facts: ``full`` with every value, ``minimal`` with the least there may be."""

    name: Literal["full", "minimal"]
    facts: Mapping[str, Fact]


_SENT = date(2026, 1, 5)
_SENDEDAG = Value("sendedag", "date", "the day the mail goes out", _SENT)
_KALENDERFIL = Value("kalenderfil", "yes/no", "whether this mail carries a calendar part", True, least=False)
_RAEKKE_TIL = Value(
    "raekke_til", "date", "the last day of the series in the calendar part", date(2026, 6, 11), optional=True
)

_AFSENDER = Value(
    "afsender_navn", "text", "the sender's name, as configured", "Påmindelser, Eksempel Kommune"
)
_LINK = Value(
    "link",
    "text",
    "the case system's address, as configured",
    "https://sager.kommune.example/",
    optional=True,
)
_DATA_PR = Value("data_pr", "time", "when the case data was true", at(_SENT, time(6)))

ADDED_BY_COMPOSER = (
    _AFSENDER,
    _LINK,
    _KALENDERFIL,
    _RAEKKE_TIL,
    Value("diagram", "yes/no", "whether this mail carries a picture of the figures", False),
    Value("beder_om_svar", "yes/no", "whether the invitation asks for an answer", True, least=False),
    Value("svar_laeses", "yes/no", "whether such answers are read (`inbox.url`)", True, least=False),
)

COMMON = (
    _SENDEDAG,
    _DATA_PR,
    Value("stedfortraeder_for", "text", "whom the reader stands in for", "Signe Eksempel", optional=True),
    Value("leder_navn", "text", "the leader who is told as well", "Lars Eksempel", optional=True),
    Value("initialer", "text", "initials; unknown when the person is protected", "AB", optional=True),
)
_SAGSNR = Value("sagsnr", "text", "the case reference", "2026-000123")
_NO_SAGSNR = Value("sagsnr", "text", "the case reference; there is none here", None, optional=True)
_PLAN = Value("plannavn", "text", "the plan, in the definite form", "handleplanen")
SPECIAL_PROTECTION = "special_protection"
CALENDAR_UPDATE, CALENDAR_CANCEL = "calendar_update", "calendar_cancel"
_MAYBE_SAGSNR = Value(
    "sagsnr", "text", "the case reference, where it is about a case", "2026-000123", optional=True
)
_AFTALE = Value("aftale", "text", "what the calendar calls it", "Opfølgningsmøde")
_AFTALE_YOUTH = Value("aftale", "text", "what the calendar calls it", "Fællesspisning")
_ABOUT = (
    Value(
        "hvad", "text", "what a deadline is about; unknown where the title says it", "review", optional=True
    ),
    Value("aktivitet", "yes/no", "whether it is a group activity", False),
)
_NOW = at(date(2026, 1, 9), time(17))
_BEFORE = (
    Value(
        "foer_start",
        "time",
        "when it began; unknown for a whole day",
        at(date(2026, 1, 8), time(17)),
        optional=True,
    ),
    Value("foer_slut", "time", "when it ended", at(date(2026, 1, 8), time(19)), optional=True),
)


def _dage(dage: int) -> Value:
    return Value("dage", "number", "days until the deadline, or since it passed", dage)


def _list(name: str, meaning: str, example: Fact) -> Value:
    return Value(name, "list", meaning, example, least=())


def _stage(varsel: date, varsel_tekst: str, dage: int) -> tuple[Value, ...]:
    return (
        Value("varsel", "date", "the day the rule asks for, before it moves to a working day", varsel),
        Value("varsel_tekst", "text", "the distance that the rule names", varsel_tekst),
        Value("foer_varsel", "yes/no", "whether the mail goes out before `varsel`", False),
        _dage(dage),
        Value("de_andre_roller", "text", "the others who take part, seen from the reader", "kontaktpersonen"),
    )


BY_DEADLINE: Mapping[str, tuple[Value, ...]] = {
    "course_limit": (
        _SAGSNR,
        Value("start", "date", "when the course began", date(2025, 9, 1)),
        Value("maks_tekst", "text", "how long a course may last", "20 uger"),
        Value("maks", "date", "the last day allowed", date(2026, 1, 19)),
        Value("slut_registreret", "date", "the end that is registered", date(2026, 2, 6), optional=True),
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
        Value("slut_registreret", "date", "the end that is registered", date(2026, 7, 20), optional=True),
        *_stage(date(2026, 1, 6), "6 måneder", 182),
    ),
    "planned_end": (
        _SAGSNR,
        _PLAN,
        Value("slut_planlagt", "date", "the day the case is planned to end", date(2026, 7, 6)),
        *_stage(date(2026, 1, 6), "6 måneder", 182),
    ),
    "course_end": (
        _SAGSNR,
        Value("start", "date", "when the course began", date(2025, 10, 6)),
        Value("slut", "date", "when it ended", date(2026, 1, 1)),
        Value("varighed_tekst", "text", "how long it lasted", "12 uger og 3 dage"),
        Value("aarsag_mangler", "yes/no", "whether the reason for the end is missing", True, least=False),
        *_stage(date(2026, 1, 1), "0 dage", 4),
    ),
    "placement_end": (
        _SAGSNR,
        Value("anbringelse_slut", "date", "when the placement ends", date(2026, 7, 6)),
        Value("kontaktperson_navn", "text", "the contact person", "Karla Eksempel", optional=True),
        Value(
            "introbesoeg_mangler",
            "yes/no",
            "whether no introduction visit is registered",
            True,
            least=False,
        ),
        *_stage(date(2026, 1, 6), "6 måneder", 182),
    ),
    "intro_visit": (
        _SAGSNR,
        Value("frist", "date", "the day by which the visit should have been made", date(2026, 1, 2)),
        Value("start", "date", "when the course began", date(2025, 12, 19)),
        *_stage(date(2026, 1, 2), "0 dage", 3),
    ),
    "turns_18": (
        _SAGSNR,
        _PLAN,
        Value("fylder", "date", "the 18th birthday", date(2026, 9, 6)),
        Value("frist", "date", "the day by which support must be decided", date(2026, 3, 6)),
        *_stage(date(2026, 1, 5), "60 dage", 60),
    ),
    "plan_due": (
        _SAGSNR,
        _PLAN,
        Value("start", "date", "the day the deadline counts from", date(2025, 10, 26)),
        Value("frist", "date", "the day by which the plan must exist", date(2026, 1, 26)),
        *_stage(date(2026, 1, 5), "21 dage", 21),
    ),
    "activity": (
        _NO_SAGSNR,
        Value("titel", "text", "what the activity is called", "Fællesspisning"),
        Value("start", "time", "when it begins", at(date(2026, 1, 8), time(17))),
        Value("slut", "time", "when it ends", at(date(2026, 1, 8), time(19))),
        Value("sted", "text", "where", "Huset, Eksempelvej 1", optional=True),
        Value("antal", "number", "how many take part, those who said no excepted", 5, least=1),
        Value("antal_sendt", "number", "how many of them get mail themselves", 3, least=0),
        Value("antal_uden_mail", "number", "how many of them must be told otherwise", 2, least=1),
        _dage(3),
    ),
    "committee": (
        _NO_SAGSNR,
        Value("moede", "time", "when the meeting begins", at(date(2026, 1, 12), time(13))),
        Value("sted", "text", "where", "Rådhuset, lokale 2", optional=True),
        Value("antal", "number", "how many cases are on the list", 3, least=1),
        _list("sagsnumre", "the case references", ("2026-000123", "2026-000130", "2026-000131")),
        Value("beskyttede", "number", "how many cases on the list are under special protection", 1, least=0),
        Value("ledige", "number", "how many places are free", 2, least=1),
        Value("pladser", "number", "how many places there are", 6),
        _dage(7),
    ),
    "committee_report": (
        _NO_SAGSNR,
        Value("moede", "time", "when the meeting begins", at(date(2026, 1, 19), time(17))),
        Value("fra", "date", "the first day counted", date(2025, 9, 1)),
        Value("til", "date", "the last day counted", date(2025, 12, 31)),
        Value("opgjort", "date", "the day of the figures: later corrections change them", date(2026, 1, 5)),
        Value("henvendelser", "number", "enquiries of the period", 204, optional=True),
        Value("forloeb", "number", "courses with a limit that began in the period", 65, least=0),
        Value("maks_tekst", "text", "how long such a course may last", "20 uger"),
        Value("personer", "number", "people with an active course, each once, of all offers", 61, least=0),
        Value("henvist_85", "number", "of the courses begun: referred on to § 85", 0),
        Value("afsluttet", "number", "of the courses begun: ended by `opgjort`", 15, least=0),
        Value("naaet_graensen", "number", "of the courses begun: reached the limit by `opgjort`", 0),
        Value("foerste_start", "date", "when the first of them began", date(2025, 9, 2), optional=True),
        Value(
            "foerste_varsel",
            "date",
            "when the first of them could be warned of at the earliest",
            date(2026, 1, 6),
            optional=True,
        ),
        Value(
            "foerste_graense",
            "date",
            "when the first of them could reach the limit at the earliest",
            date(2026, 1, 20),
            optional=True,
        ),
        Value("graense_mulig", "yes/no", "whether that was possible by the period's end", False),
        Value("ikke_talt_med", "number", "rows that cannot be read, and courses without a start", 2, least=0),
        _dage(14),
    ),
    "one_off": (
        _NO_SAGSNR,
        Value("titel", "text", "what the day is called", "Projektet slutter"),
        Value("dag", "date", "the day", date(2026, 2, 4)),
        _dage(30),
    ),
    "digest": (
        _NO_SAGSNR,
        Value("uge", "number", "the week's number", 2),
        Value("antal", "number", "how many things there are to keep an eye on", 10, least=0),
        _list(
            "overskredet",
            "what is overdue",
            (
                Line("2026-000123", "review", date(2026, 1, 2)),
                Line("2026-000130", "course_limit", date(2026, 1, 4)),
            ),
        ),
        _list(
            "denne_og_naeste",
            "what is due this week and next",
            (Line("2026-000131", "review_meeting", date(2026, 1, 8)),),
        ),
        _list(
            "de_naeste_90",
            "what is due later within 90 days",
            (
                Line("2026-000123", "exit_age", date(2026, 2, 4)),
                Line("2026-000140", "review", date(2026, 4, 5)),
            ),
        ),
        _list(
            "kontakt_mangler",
            "cases without a contact last week",
            (Line("2026-000123", "kontakt"), Line("2026-000131", "kontakt")),
        ),
        _list(
            "kontakt_to_uger",
            "cases without a contact for two weeks in a row, for the leader",
            (Line("2026-000131", "kontakt"),),
        ),
        Value("forrige_uge", "number", "last week's number", 1),
        _list(
            "svar",
            "last week's answers to invitations",
            (Line("2026-000131", "review_meeting/declined", date(2026, 1, 8)),),
        ),
        _list(
            "ikke_sendt",
            "for the operator: what was not sent, or not as it should be",
            (Line("2026-000123", "review/failed", date(2026, 1, 16)),),
        ),
        _list("mangler_i_data", "what is amiss in the data", (Line("2026-000140", "ingen_kontaktperson"),)),
        _list(
            "netop_afsluttet",
            "courses that ended since the last overview; they do not count in `antal`",
            (Line("2026-000098", "course_end", date(2025, 12, 30)),),
        ),
        _list(
            "stedfortraedelser",
            "whom the reader stands in for, until when, and how many lines are theirs",
            (StandIn("Signe Eksempel", date(2026, 1, 16), 3), StandIn("Bo Eksempel", None, 1)),
        ),
        _dage(0),
    ),
    CALENDAR_UPDATE: (
        _MAYBE_SAGSNR,
        _AFTALE,
        *_ABOUT,
        Value("ny", "yes/no", "whether it is put into the calendar, and not changed there", False),
        Value("nu_dag", "date", "the day it is on now; of a series the next one", date(2026, 1, 9)),
        Value("nu_start", "time", "when it begins now; unknown for a whole day", _NOW, optional=True),
        Value("nu_slut", "time", "when it ends now", at(date(2026, 1, 9), time(19)), optional=True),
        Value("nu_sted", "text", "where it is now", "Huset, Eksempelvej 1", optional=True),
        Value("nu_sidste", "date", "the last day of a series; unknown for a single one", None, optional=True),
        Value("nu_kommer", "yes/no", "whether it still lies ahead; a series may have had its last day", True),
        _list("udgaar", "the days of a series that are no more", ()),
        _list("nye", "the days of a series that are new", ()),
        Value(
            "foer_dag", "date", "the day it was on, or in a series has left", date(2026, 1, 8), optional=True
        ),
        *_BEFORE,
        Value("foer_sted", "text", "where it was", "Skolen, Eksempelvej 9", optional=True),
    ),
    CALENDAR_CANCEL: (
        _MAYBE_SAGSNR,
        _AFTALE,
        *_ABOUT,
        Value(
            "hvorfor",
            "text",
            "a sentence that says why, where it can be said",
            say("the review was held on {day}", day=date(2026, 1, 2)),
            optional=True,
        ),
        Value("aflyst", "yes/no", "whether it is called off, and not only for the reader", True, least=False),
        Value("foer_dag", "date", "the day it was on; of a series the next one", date(2026, 1, 8)),
        *_BEFORE,
        Value("foer_sidste", "date", "the last day of a series", None, optional=True),
    ),
    SPECIAL_PROTECTION: (
        _SAGSNR,
        Value("frist", "date", "the deadline", date(2026, 1, 24)),
    ),
}

# All that a mail in place of an unsafe one may say: nothing of the case, only of the house.
SAFE_VALUES = (_AFSENDER, _LINK, _DATA_PR)

# What young people and citizens may read, and nothing of the above: no case, no plan, no other person.
YOUTH_COMMON = (
    _SENDEDAG,
    Value("kp_fornavn", "text", "the contact person's first name", "Karla", optional=True),
    Value("kp_telefon", "text", "the contact person's telephone number", "00 00 00 00", optional=True),
    _KALENDERFIL,
    _RAEKKE_TIL,
)


_OF_STAFF = ("sagsnr", "hvad", "aktivitet", "hvorfor", "aftale")


def _without_case(values: tuple[Value, ...]) -> tuple[Value, ...]:
    rest = (value for value in values if value.name not in _OF_STAFF)
    return (_AFTALE_YOUTH, *rest)


YOUTH: Mapping[str, tuple[Value, ...]] = {
    CALENDAR_UPDATE: _without_case(BY_DEADLINE[CALENDAR_UPDATE]),
    CALENDAR_CANCEL: (
        *_without_case(BY_DEADLINE[CALENDAR_CANCEL]),
        Value(
            "naeste_start",
            "time",
            "when the series meets next",
            at(date(2026, 1, 22), time(17)),
            optional=True,
        ),
    ),
    "activity": tuple(
        value for value in BY_DEADLINE["activity"] if value.name in ("titel", "start", "slut", "sted")
    ),
    "review_meeting": tuple(
        value
        for value in BY_DEADLINE["review_meeting"]
        if value.name in ("moede_start", "moede_slut", "sted")
    ),
}


def values_for(deadline: str, *, youth: bool = False) -> tuple[Value, ...]:
    """Return everything that a wording for this kind of deadline may use; raises KeyError.

    ``youth`` asks for what young people and citizens are told, which is less.
    """
    if youth:
        return (*YOUTH[deadline], *YOUTH_COMMON)
    return (*BY_DEADLINE[deadline], *COMMON, *ADDED_BY_COMPOSER)


def samples_for(deadline: str, *, youth: bool = False) -> tuple[Sample, Sample]:
    """Return a full and a minimal set of example facts; raises KeyError."""
    return samples_of(values_for(deadline, youth=youth))


def samples_of(values: tuple[Value, ...]) -> tuple[Sample, Sample]:
    """Return a full and a minimal set of examples of these values."""
    full = {value.name: value.example for value in values}
    minimal = {value.name: _least(value) for value in values}
    return Sample("full", full), Sample("minimal", minimal)


def _least(value: Value) -> Fact:
    return value.least if value.optional or value.least is not None else value.example


def values_table(values: tuple[Value, ...]) -> str:
    """Return the values as a Markdown table, the way ``templates/README.md`` prints it."""
    head = "| value | type | may be unknown | what it is |\n|---|---|---|---|\n"
    return head + "".join(
        f"| `{value.name}` | {value.type} | {'yes' if value.optional else ''} | {value.meaning} |\n"
        for value in values
    )
