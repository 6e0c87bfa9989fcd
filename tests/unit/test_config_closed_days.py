"""Closed days are Denmark's public holidays, 5 June, 24 and 31 December, and a municipality's own."""

from datetime import date, timedelta

import pytest
from holidays import country_holidays

from reminderd.config.closed_days import closed_days
from reminderd.config.settings import OPTIONAL_CLOSED_DAYS, CalendarSettings
from reminderd.config.values import MonthDay
from reminderd.domain.workdays import Workdays

DEFAULT = CalendarSettings()
FIXED = ("01-01", "06-05", "12-24", "12-25", "12-26", "12-31")
MOVABLE = {
    2023: ("04-06", "04-07", "04-09", "04-10", "05-05", "05-18", "05-28", "05-29"),
    2024: ("03-28", "03-29", "03-31", "04-01", "05-09", "05-19", "05-20"),
    2025: ("04-17", "04-18", "04-20", "04-21", "05-29", "06-08", "06-09"),
    2026: ("04-02", "04-03", "04-05", "04-06", "05-14", "05-24", "05-25"),
    2027: ("03-25", "03-26", "03-28", "03-29", "05-06", "05-16", "05-17"),
    2028: ("04-13", "04-14", "04-16", "04-17", "05-25", "06-04", "06-05"),
}


@pytest.mark.parametrize("year", MOVABLE)
def test_a_year_has_exactly_its_danish_closed_days(year: int) -> None:
    expected = {date.fromisoformat(f"{year}-{day}") for day in (*FIXED, *MOVABLE[year])}
    assert expected == closed_days(year, year, DEFAULT)


def test_several_years_are_the_sum_of_each() -> None:
    assert closed_days(2023, 2025, DEFAULT) == frozenset().union(
        *(closed_days(year, year, DEFAULT) for year in (2023, 2024, 2025))
    )


def test_f3_fronten_opened_on_the_first_working_day_after_easter_2018() -> None:
    workdays = Workdays(closed_days(2018, 2018, DEFAULT))
    easter = date(2018, 4, 1)
    assert date(2018, 4, 3) == workdays.next(easter)
    assert date(2018, 3, 28) == workdays.previous(easter)


def test_the_first_of_may_is_closed_where_it_is_asked_for() -> None:
    calendar = CalendarSettings(closed_optional=(MonthDay(5, 1),))
    assert date(2026, 5, 1) not in closed_days(2026, 2026, DEFAULT)
    assert {date(2026, 5, 1)} == closed_days(2026, 2026, calendar) - closed_days(2026, 2026, DEFAULT)
    assert date(2026, 6, 5) not in closed_days(2026, 2026, calendar)


def test_days_of_one_s_own_are_closed_once_or_every_year() -> None:
    calendar = CalendarSettings(extra_closed=(date(2026, 5, 15), MonthDay(10, 21), MonthDay(2, 29)))
    expected = {date(2026, 5, 15), date(2027, 10, 21), date(2028, 2, 29)}
    found = closed_days(2026, 2028, calendar) - closed_days(2026, 2028, DEFAULT)
    assert expected | {date(2026, 10, 21), date(2028, 10, 21)} == found


def test_days_outside_the_years_asked_for_are_left_out() -> None:
    calendar = CalendarSettings(extra_closed=(date(2030, 5, 15),))
    assert closed_days(2026, 2026, DEFAULT) == closed_days(2026, 2026, calendar)


def test_the_days_that_may_be_chosen_are_the_library_s_optional_ones() -> None:
    optional = country_holidays("DK", years=range(2020, 2035), categories=("optional",))
    assert {(day.month, day.day) for day in optional} == {
        (day.month, day.day) for day in OPTIONAL_CLOSED_DAYS
    }


def test_a_year_never_closes_for_more_than_five_days_in_a_row_by_itself() -> None:
    workdays = Workdays(closed_days(2020, 2035, DEFAULT))
    day = date(2020, 1, 1)
    while day.year < 2035:
        assert timedelta(days=5) >= workdays.next(day) - day
        day += timedelta(days=1)
