"""The handbook of the wordings says what is so."""

import re
from datetime import date, time

import pytest

from reminderd.compose.filters import FILTERS, LANGUAGES
from reminderd.compose.samples import (
    ADDED_BY_COMPOSER,
    BY_DEADLINE,
    COMMON,
    YOUTH,
    YOUTH_COMMON,
    values_table,
)
from reminderd.compose.wording import PARTS, SAFE, SAFE_YOUTH
from reminderd.compose.wordingfile import FLEETING, PERSONAL
from reminderd.domain.workdays import at
from tests.unit.compose_cases import KINDS, TEMPLATES

README = (TEMPLATES / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("deadline", BY_DEADLINE)
def test_each_deadlines_values_stand_there_as_the_code_has_them(deadline: str) -> None:
    assert f"### `{deadline}`\n\n{values_table(BY_DEADLINE[deadline])}" in README


@pytest.mark.parametrize("deadline", YOUTH)
def test_what_young_people_and_citizens_may_read_stands_there_as_the_code_has_it(deadline: str) -> None:
    heading = f"### `{deadline}`, to young people and citizens"
    assert f"{heading}\n\n{values_table((*YOUTH[deadline], *YOUTH_COMMON))}" in README


def test_every_value_that_a_calendar_title_must_not_use_is_named() -> None:
    warning = README.partition("`Kalender:` is the title")[2].partition("\n- ")[0]
    assert set(PERSONAL | FLEETING) == set(re.findall(r"`(\w+)`", warning))


def test_the_common_values_stand_there_as_the_code_has_them() -> None:
    assert f"### Everywhere\n\n{values_table((*COMMON, *ADDED_BY_COMPOSER))}" in README


def test_every_filter_is_explained() -> None:
    table = README.partition("## Filters")[2].partition("## Values")[0]
    explained = re.findall(r"^\| `(\w+)(?:\(\w+\))?` \| `", table, re.MULTILINE)
    assert list(FILTERS["da"]) == explained
    assert list(FILTERS["en"]) == explained


def test_the_handbook_shows_what_a_filter_gives_in_each_language() -> None:
    table = README.partition("## Filters")[2].partition("## Values")[0]
    day = date(2026, 5, 11)
    given: dict[str, tuple[object, ...]] = {
        "dato_lang": (day,),
        "dato_kort": (day,),
        "ugedag_dato": (day,),
        "tid": (at(day, time(17)),),
        "klokken": (at(day, time(17)),),
        "antal_dage": (12,),
        "om_dage": (7,),
        "siden": (3,),
        "hvornaar": (day, date(2026, 5, 8)),
        "opremset": (("a", "b", "c"),),
    }
    for name, arguments in given.items():
        row = next(line for line in table.splitlines() if line.startswith(f"| `{name}"))
        _, danish, english, _ = row.split(" | ")
        assert f"`{FILTERS['da'][name](*arguments)}`" in danish
        assert f"`{FILTERS['en'][name](*arguments)}`" in english


def test_every_wording_is_listed_with_its_deadline() -> None:
    table = README.partition("## Changing a text")[0]
    listed = dict(re.findall(r"^\| `([a-z0-9-]+)` \| `([a-z0-9_]+)` \|", table, re.MULTILINE))
    assert listed == KINDS
    for language in LANGUAGES:
        folders = {path.parent.name for path in TEMPLATES.glob(f"*/{language}.txt")}
        assert {*KINDS, *PARTS, SAFE, SAFE_YOUTH} == folders
