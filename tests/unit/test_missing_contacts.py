"""Weeks without a registered contact (V11): which are judged, and who hears of them in an overview."""

from dataclasses import replace
from datetime import date

import pytest

from reminderd.domain.cases import Fravaer, Kontakt
from reminderd.domain.notices import Line
from reminderd.domain.overview import missing_weeks
from reminderd.domain.recipients import Directory
from tests.casework import VEJEN_FREM, snapshot, the_case
from tests.unit.test_digest import FULL, MONDAY, one


def met(*days: date) -> dict[str, tuple[Kontakt, ...]]:
    return {"f1": tuple(Kontakt(f"k{day}", "f1", "m2", day, "fremmoede", gennemfoert=True) for day in days)}


@pytest.mark.parametrize(
    ("contacts", "weeks"),
    [
        ((), 2),
        ((date(2026, 2, 25),), 0),
        ((date(2026, 2, 18),), 1),
        ((date(2026, 3, 2),), 2),
    ],
)
def test_v11_a_full_week_of_phase_two_without_contact_is_missing(
    contacts: tuple[date, ...], weeks: int
) -> None:
    data = snapshot(forloeb=[VEJEN_FREM], kontakter=met(*contacts))
    directory = Directory(data, MONDAY, FULL.operators, FULL.domains)
    assert weeks == missing_weeks(the_case(data), FULL, directory)


@pytest.mark.parametrize(
    ("change", "day"),
    [
        ({"fase2_dato": date(2026, 2, 25)}, MONDAY),  # phase 2 began in the middle of that week
        ({"fase": 1}, MONDAY),
        ({"fase": 3, "fase_dato": date(2026, 2, 26)}, MONDAY),
        ({"status": "pause"}, MONDAY),
        ({}, date(2026, 4, 6)),  # Easter week: three closed days... Thursday, Friday and the Monday after
    ],
)
def test_v11_part_weeks_and_pauses_are_not_judged(change: dict[str, object], day: date) -> None:
    data = snapshot(forloeb=[replace(VEJEN_FREM, **change)], kontakter=met(date(2026, 3, 31)))
    directory = Directory(data, day, FULL.operators, FULL.domains)
    assert 0 == missing_weeks(the_case(data), FULL, directory)


def test_v11_a_contact_person_away_all_week_is_not_blamed() -> None:
    data = snapshot(
        forloeb=[VEJEN_FREM],
        kontakter=met(),
        fravaer=[Fravaer("m2", date(2026, 2, 20), date(2026, 3, 1), None)],
    )
    assert 0 == missing_weeks(the_case(data), FULL, Directory(data, MONDAY, FULL.operators, FULL.domains))


def test_v11_the_leader_hears_of_it_after_two_weeks_in_a_row() -> None:
    once = snapshot(forloeb=[VEJEN_FREM], kontakter=met(date(2026, 2, 18)))
    twice = snapshot(forloeb=[VEJEN_FREM], kontakter=met())
    line = (Line("2026-0001", "kontakt"),)
    assert ((), line) == (
        one(once, MONDAY, "m9").notice.facts["kontakt_to_uger"],
        one(twice, MONDAY, "m9").notice.facts["kontakt_to_uger"],
    )
    assert () == one(twice, MONDAY, "m9").notice.facts["kontakt_mangler"]  # it is not said twice
    assert line == one(once, MONDAY, "m2").notice.facts["kontakt_mangler"]


def test_v11_weeks_before_a_reopening_are_not_judged() -> None:
    data = snapshot(forloeb=[replace(VEJEN_FREM, genaabnet_dato=date(2026, 2, 27))], kontakter=met())
    assert 0 == missing_weeks(the_case(data), FULL, Directory(data, MONDAY, FULL.operators, FULL.domains))
