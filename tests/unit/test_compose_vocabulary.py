import re
from datetime import date
from typing import get_args

import pytest

from reminderd.compose.filters import FILTERS, LANGUAGES, Language
from reminderd.compose.vocabulary import KINDS, worded
from reminderd.domain.cases import Plan
from reminderd.domain.deadlines import plannavn
from reminderd.domain.notices import Line
from reminderd.domain.rules import DEADLINE_KINDS, Lead, Unit, in_danish


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_of_the_overview_is_said_in_words_for_every_kind_of_deadline(language: Language) -> None:
    assert set(DEADLINE_KINDS) - {"digest"} | {"frist"} == set(KINDS)
    day = FILTERS[language]["dato_kort"](date(2026, 1, 2))
    for kind in KINDS:
        (said,) = worded({"linjer": (Line("2026-1", kind, date(2026, 1, 2)),)}, language)["linjer"]  # type: ignore[misc, union-attr]
        assert re.fullmatch(rf"2026-1 · [^·_]+ · ([^·_]+ )?{day}", str(said))


@pytest.mark.parametrize(
    ("language", "line", "expected"),
    [
        ("da", Line("2026-1", "review", date(2026, 4, 5)), "2026-1 · opfølgning · frist 5. april 2026"),
        ("en", Line("2026-1", "review", date(2026, 4, 5)), "2026-1 · follow-up · due 5 April 2026"),
        ("da", Line("2026-1", "ingen_kontaktperson"), "2026-1: ingen kontaktperson"),
        ("en", Line("2026-1", "ingen_kontaktperson"), "2026-1: no contact person"),
        ("da", Line("2026-1", "kontakt"), "2026-1"),
        ("en", Line("2026-1", "noget_nyt"), "2026-1: noget_nyt"),
        ("en", Line("2026-1", "noget_nyt", date(2026, 4, 5)), "2026-1 · noget_nyt · 5 April 2026"),
    ],
)
def test_a_line_of_the_overview_reads(language: Language, line: Line, expected: str) -> None:
    assert {"linjer": (expected,)} == worded({"linjer": (line,)}, language)


@pytest.mark.parametrize(
    ("name", "danish", "english"),
    [
        ("plannavn", "handleplanen", "the handleplan"),
        ("plannavn", "barnets plan", "the child's plan (barnets plan)"),
        ("plannavn", "noget andet", "noget andet"),
        ("maks_tekst", "20 uger", "20 weeks"),
        ("varsel_tekst", "1 arbejdsdag", "1 working day"),
        ("varighed_tekst", "12 uger og 3 dage", "12 weeks and 3 days"),
        ("varighed_tekst", "12 uger og lidt", "12 uger og lidt"),
        ("de_andre_roller", "sagsbehandleren og kontaktpersonen", "the caseworker and the contact person"),
        ("titel", "handleplanen", "handleplanen"),
    ],
)
def test_what_the_domain_says_in_danish_is_translated_and_what_people_wrote_is_not(
    name: str, danish: str, english: str
) -> None:
    assert {name: english} == worded({name: danish}, "en")
    assert {name: danish} == worded({name: danish}, "da")


@pytest.mark.parametrize("plantype", ["handleplan", "ungeplan", "barnets_plan", "helhedsplan"])
def test_every_plan_of_the_domain_has_an_english_name(plantype: str) -> None:
    danish = plannavn(Plan("1", "42", plantype, date(2026, 1, 1), None, None))
    assert {danish} != set(worded({"plannavn": danish}, "en").values())


@pytest.mark.parametrize("unit", get_args(Unit))
@pytest.mark.parametrize("count", [1, 2])
def test_every_distance_of_a_rule_is_said_in_english(count: int, unit: Unit) -> None:
    danish = in_danish(Lead(count, unit))
    english = f"{count} {unit.removesuffix('s') if count == 1 else unit}"
    assert {"varsel_tekst": english} == worded({"varsel_tekst": danish}, "en")
