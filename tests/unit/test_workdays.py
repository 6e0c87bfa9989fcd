"""Working days, month ends, birthdays and clock changes, as DOMAIN says: never drifting, never naive."""

import calendar
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminderd.domain.workdays import COPENHAGEN, Workdays, add_months, at, birthday, civil_day, local
from tests.casework import DANISH

DAYS = st.dates(date(2011, 1, 1), date(2039, 12, 1))
EASTER_MONDAY = date(2026, 4, 6)


@settings(deadline=None)
@given(DAYS)
def test_rolling_stays_on_a_working_day_and_moves_off_any_other(day: date) -> None:
    earlier, later = DANISH.previous(day), DANISH.next(day)
    assert DANISH.is_workday(earlier)
    assert DANISH.is_workday(later)
    assert (day == earlier == later) if DANISH.is_workday(day) else (earlier < day < later)


@settings(deadline=None)
@given(DAYS)
def test_rolling_passes_over_no_working_day(day: date) -> None:
    between = [
        DANISH.previous(day) + timedelta(days=n)
        for n in range(1, (DANISH.next(day) - DANISH.previous(day)).days)
    ]
    assert not any(DANISH.is_workday(closed) for closed in between)


@settings(deadline=None)
@given(DAYS)
def test_a_rule_rolls_as_it_says(day: date) -> None:
    assert [DANISH.previous(day), DANISH.next(day), day] == [
        DANISH.roll(day, "previous"),
        DANISH.roll(day, "next"),
        DANISH.roll(day, "none"),
    ]


@settings(deadline=None)
@given(DAYS, st.integers(-15, 15))
def test_adding_working_days_counts_every_one_and_not_the_start(day: date, count: int) -> None:
    reached = DANISH.add(day, count)
    first, last = sorted((day, reached))
    passed = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert abs(count) == sum(DANISH.is_workday(each) for each in passed if each != day)
    assert count == 0 or DANISH.is_workday(reached)
    assert (count > 0) == (reached > day)


@settings(deadline=None)
@given(DAYS, st.integers(1, 10))
def test_working_days_there_and_back_end_where_they_began(day: date, count: int) -> None:
    start = DANISH.next(day)
    assert start == DANISH.add(DANISH.add(start, count), -count)


@pytest.mark.parametrize(
    ("day", "count", "reached"),
    [
        (date(2026, 4, 1), 1, date(2026, 4, 7)),  # over Maundy Thursday to Easter Monday
        (date(2026, 4, 7), -1, date(2026, 4, 1)),
        (date(2026, 5, 9), 1, date(2026, 5, 11)),  # from a Saturday
        (date(2026, 5, 9), 0, date(2026, 5, 9)),
        (date(2026, 12, 23), 1, date(2026, 12, 28)),  # over Christmas Eve to the weekend
        (date(2026, 12, 30), 1, date(2027, 1, 4)),  # over New Year
        (date(2026, 6, 4), 1, date(2026, 6, 8)),  # over Constitution Day, a Friday
    ],
)
def test_working_days_around_danish_feasts(day: date, count: int, reached: date) -> None:
    assert reached == DANISH.add(day, count)


@pytest.mark.parametrize(
    ("day", "open_"),
    [(EASTER_MONDAY, False), (date(2026, 5, 1), True), (date(2026, 6, 5), False), (date(2024, 4, 26), True)],
)
def test_f4_which_days_the_office_is_open(day: date, open_: bool) -> None:
    assert open_ == DANISH.is_workday(day)


def test_a_municipalitys_own_closed_day_counts() -> None:
    assert date(2026, 5, 14) == Workdays(frozenset({date(2026, 5, 15)})).previous(date(2026, 5, 17))


@settings(deadline=None)
@given(DAYS, st.integers(-120, 120))
def test_months_keep_the_day_number_or_take_the_months_last_day(day: date, months: int) -> None:
    reached = add_months(day, months)
    assert day.year * 12 + day.month + months == reached.year * 12 + reached.month
    assert min(day.day, calendar.monthrange(reached.year, reached.month)[1]) == reached.day


@pytest.mark.parametrize(
    ("day", "months", "reached"),
    [
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),  # not sticky
        (date(2026, 8, 31), -6, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 12, 15), 0, date(2026, 12, 15)),
    ],
)
def test_months_by_example(day: date, months: int, reached: date) -> None:
    assert reached == add_months(day, months)


@settings(deadline=None)
@given(st.dates(date(1990, 1, 1), date(2015, 12, 31)), st.integers(0, 90))
def test_a_birthday_is_the_same_day_of_the_year_except_for_leap_days(born: date, age: int) -> None:
    for convention in ("feb28", "mar1"):
        day = birthday(born, age, convention)
        assert born.year + age == day.year
        if (born.month, born.day) != (2, 29) or calendar.isleap(day.year):
            assert (born.month, born.day) == (day.month, day.day)


@pytest.mark.parametrize(
    ("age", "convention", "day"),
    [
        (23, "feb28", date(2027, 2, 28)),
        (23, "mar1", date(2027, 3, 1)),
        (24, "feb28", date(2028, 2, 29)),
        (24, "mar1", date(2028, 2, 29)),
    ],
)
def test_a_leap_day_child_has_a_birthday_every_year(age: int, convention: str, day: date) -> None:
    assert day == birthday(date(2004, 2, 29), age, convention)


@pytest.mark.parametrize(
    ("day", "clock", "utc"),
    [
        (date(2026, 1, 5), time(8), datetime(2026, 1, 5, 7, tzinfo=UTC)),
        (date(2026, 7, 6), time(8), datetime(2026, 7, 6, 6, tzinfo=UTC)),
        (date(2026, 3, 29), time(1, 59), datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # there is no 02:30
        (date(2026, 3, 29), time(3, 0), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # the first of two
        (date(2026, 10, 25), time(3, 0), datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
        (date(2027, 3, 28), time(2, 0), datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
    ],
)
def test_a_civil_time_is_an_instant_through_both_clock_changes(day: date, clock: time, utc: datetime) -> None:
    assert utc == at(day, clock).astimezone(UTC)


def test_a_time_in_the_gap_is_shown_as_the_time_that_clocks_show() -> None:
    assert "2026-03-29T03:30:00+02:00" == at(date(2026, 3, 29), time(2, 30)).isoformat()


@settings(deadline=None)
@given(DAYS, st.times())
def test_an_instant_falls_on_the_day_it_was_made_from(day: date, clock: time) -> None:
    instant = at(day, clock.replace(fold=0))
    assert day == civil_day(instant)
    assert instant.utcoffset() in (timedelta(hours=1), timedelta(hours=2))


@settings(deadline=None)
@given(DAYS, st.times(), st.times())
def test_a_later_civil_time_is_never_an_earlier_instant_outside_the_gap(
    day: date, one: time, other: time
) -> None:
    """Inside the gap 02:30 is read as 03:30, which is after 03:00: the only exception there is."""
    earlier, later = sorted((one, other))
    gap = 31 - date(day.year, 3, 31).isoweekday() % 7
    if (day.month, day.day) != (3, gap):
        assert at(day, earlier).astimezone(UTC) <= at(day, later).astimezone(UTC)


@settings(deadline=None)
@given(st.datetimes(datetime(2011, 1, 1), datetime(2039, 12, 1)))
def test_the_contracts_naive_times_are_read_by_the_same_rule(naive: datetime) -> None:
    assert at(naive.date(), naive.time()) == local(naive)


@settings(deadline=None)
@given(st.datetimes(datetime(2011, 1, 1), datetime(2039, 12, 1), timezones=st.just(UTC)))
def test_an_instants_civil_day_is_copenhagens(instant: datetime) -> None:
    assert instant.astimezone(COPENHAGEN).date() == civil_day(instant)


def test_around_midnight_the_civil_day_is_not_utcs() -> None:
    late = datetime(2026, 7, 6, 22, 30, tzinfo=UTC)
    assert [date(2026, 7, 7), date(2026, 7, 6)] == [civil_day(late), late.date()]


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        civil_day(datetime(2026, 5, 11, 8))
