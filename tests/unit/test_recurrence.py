"""Series as calendars show them: what is recurring, what stands alone, and which name each keeps."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from reminderd.domain.recurrence import (
    Appointment,
    Recurrence,
    recognised,
    spelt_out_until,
)
from reminderd.domain.workdays import local
from tests.unit.series_cases import (
    THURSDAY,
    by_dateutil,
    by_recurring_ical_events,
    meal,
    meals,
    planned,
    written,
)

FORTNIGHT = timedelta(weeks=2)
WEEK = timedelta(weeks=1)
NAME = "serie:S-1#TH-1700-2w0"
OTHER_WEEKS = "serie:S-1#TH-1700-2w1"


def subjects(found: tuple[Appointment, ...]) -> list[str]:
    return [one.subject for one in found]


def moved(sessions: list[Appointment], number: int, start: datetime) -> list[Appointment]:
    old = sessions[number]
    new = replace(old, starts=local(start), ends=local(start) + (old.ends - old.starts))
    return [*sessions[:number], new, *sessions[number + 1 :]]


def without(sessions: list[Appointment], *numbers: int) -> list[Appointment]:
    return [one for number, one in enumerate(sessions) if number not in numbers]


def test_sessions_every_other_thursday_are_one_recurring_appointment() -> None:
    (one,) = planned(meals(5))
    assert NAME == one.subject
    assert (local(THURSDAY), local(datetime(2026, 9, 3, 20))) == (one.starts, one.ends)
    assert Recurrence(interval=2, until=local(datetime(2026, 10, 29, 17))) == one.recurrence


def test_weekly_sessions_recur_every_week() -> None:
    (one,) = planned(meals(5, weeks=1))
    assert "serie:S-1#TH-1700-1w0" == one.subject
    assert 1 == one.recurrence.interval  # type: ignore[union-attr]


def test_17_00_is_17_00_on_both_sides_of_both_clock_changes() -> None:
    (one,) = planned(meals(20))
    starts = one.occurrences()
    assert {17} == {start.hour for start in starts}
    assert {2, 1} == {start.utcoffset().seconds // 3600 for start in starts}  # type: ignore[union-attr]
    assert 2 == sum(a.utcoffset() != b.utcoffset() for a, b in pairwise(starts))


def test_a_date_that_is_dropped_is_left_out_and_nothing_else_changes() -> None:
    (before,) = planned(meals(6))
    (after,) = planned(without(meals(6), 2), told=[before])
    assert (local(THURSDAY + 2 * FORTNIGHT),) == after.recurrence.without  # type: ignore[union-attr]
    assert before == replace(after, recurrence=before.recurrence)


def test_a_date_dropped_at_an_end_moves_the_end_and_leaves_nothing_out() -> None:
    (first,) = planned(without(meals(6), 0))
    (last,) = planned(without(meals(6), 5))
    assert NAME == first.subject == last.subject
    assert (local(THURSDAY + FORTNIGHT), ()) == (first.starts, first.recurrence.without)  # type: ignore[union-attr]
    assert Recurrence(interval=2, until=local(THURSDAY + 4 * FORTNIGHT)) == last.recurrence


def test_a_moved_session_is_left_out_of_the_series_and_stands_under_its_own_name() -> None:
    sessions = moved(meals(6), 2, THURSDAY + 2 * FORTNIGHT + timedelta(days=1, hours=1))
    series, single = planned(sessions)
    assert (local(THURSDAY + 2 * FORTNIGHT),) == series.recurrence.without  # type: ignore[union-attr]
    assert sessions[2] == single


def test_a_session_elsewhere_or_longer_than_the_others_stands_alone() -> None:
    for odd in (replace(meals(6)[3], place="Køkkenet"), meal(3, THURSDAY + 3 * FORTNIGHT, hours=5)):
        series, single = planned([*without(meals(6), 3), odd])
        assert (NAME, odd) == (series.subject, single)
        assert (odd.starts,) == series.recurrence.without  # type: ignore[union-attr]


def test_two_sessions_in_one_slot_are_both_told() -> None:
    again = meal("extra", THURSDAY + FORTNIGHT)
    series, single = planned([*meals(4), again])
    assert 4 == len(series.occurrences())
    assert again == single


def test_a_series_that_grows_keeps_its_name_and_ends_later() -> None:
    (before,) = planned(meals(4))
    (after,) = planned(meals(9), told=[before])
    assert before == replace(after, recurrence=before.recurrence)
    assert local(THURSDAY + 8 * FORTNIGHT) == after.recurrence.until  # type: ignore[union-attr]


def test_a_series_that_ends_early_keeps_its_name_and_ends_earlier() -> None:
    (before,) = planned(meals(9))
    (after,) = planned(meals(4), told=[before])
    assert before == replace(after, recurrence=before.recurrence)


def test_another_place_for_all_is_the_same_appointment_at_another_place() -> None:
    (before,) = planned(meals(6))
    (after,) = planned([replace(one, place="Køkkenet") for one in meals(6)], told=[before])
    assert replace(before, place="Køkkenet") == after


@pytest.mark.parametrize("change", [timedelta(days=-2), timedelta(hours=1), WEEK])
def test_another_weekday_or_hour_or_week_ends_the_old_name_and_begins_a_new_one(change: timedelta) -> None:
    (before,) = planned(meals(8))
    sessions = meals(8)[:4] + [
        replace(one, starts=one.starts + change, ends=one.ends + change) for one in meals(8)[4:]
    ]
    now = local(THURSDAY + FORTNIGHT)
    old, new = planned(sessions, told=[before], now=now)
    assert NAME == old.subject != new.subject
    assert Recurrence(interval=2, until=local(THURSDAY + 3 * FORTNIGHT)) == old.recurrence
    assert [one.starts for one in sessions[4:]] == list(new.occurrences())


def test_a_rhythm_that_comes_back_comes_back_under_its_name() -> None:
    sessions = meals(4) + meals(4, first=THURSDAY + 5 * FORTNIGHT - timedelta(days=2))
    sessions += [meal(f"late{n}", THURSDAY + (9 + n) * FORTNIGHT) for n in range(4)]
    thursday, tuesday = planned(sessions)
    assert [NAME, "serie:S-1#TU-1700-2w0"] == [thursday.subject, tuesday.subject]
    assert 8 == len(thursday.occurrences())


def test_the_year_with_53_weeks_makes_even_weeks_two_rhythms() -> None:
    even = [datetime(2026, 11, 26, 17) + n * FORTNIGHT for n in range(3)] + [
        datetime(2027, 1, 14, 17) + n * FORTNIGHT for n in range(3)
    ]
    assert [NAME, OTHER_WEEKS] == subjects(planned([meal(n, start) for n, start in enumerate(even)]))


def test_somebody_who_joins_late_gets_the_dates_that_are_left() -> None:
    (one,) = planned(meals(8), now=local(THURSDAY + 3 * FORTNIGHT))
    assert [local(THURSDAY + n * FORTNIGHT) for n in range(4, 8)] == list(one.occurrences())
    (listed,) = planned(meals(8), joined=date(2026, 11, 1))
    assert local(datetime(2026, 11, 12, 17)) == listed.starts


def test_somebody_who_leaves_keeps_what_has_been_and_loses_the_rest() -> None:
    (before,) = planned(meals(8))
    now = local(THURSDAY + 3 * FORTNIGHT)
    (after,) = planned(meals(8), told=[before], now=now, left=now.date())
    assert before == replace(after, recurrence=before.recurrence)
    assert now == after.recurrence.until  # type: ignore[union-attr]


def test_somebody_who_leaves_before_the_first_date_is_left_with_nothing() -> None:
    told = planned([*meals(8), meal("picnic", THURSDAY + timedelta(days=2))])
    assert 2 == len(told)
    assert () == planned([], told=told, left=date(2026, 1, 1))


def test_what_has_begun_stays_as_it_was_told_whatever_the_source_says_now() -> None:
    sessions = moved(meals(6), 1, THURSDAY + timedelta(days=3))
    told = planned(sessions)
    now = local(THURSDAY + 3 * FORTNIGHT - timedelta(days=1))
    assert told == planned(sessions, told=told, now=now)
    assert told == planned(without(sessions, 0, 1, 2), told=told, now=now)
    assert told == planned(
        [replace(one, place="Andetsteds") for one in sessions[:3]] + sessions[3:], told=told, now=now
    )


def test_an_ended_series_is_told_as_it_was() -> None:
    told = planned(meals(6))
    assert told == planned([], told=told, now=local(datetime(2028, 1, 1)))


def test_a_session_told_alone_stays_alone_when_the_series_grows_around_it() -> None:
    told = planned(meals(2))
    assert ["aktivitet:A-0", "aktivitet:A-1"] == subjects(told)
    grown = planned(meals(8), told=told)
    assert (*told, local(THURSDAY + 2 * FORTNIGHT)) == (*grown[:2], grown[2].starts)
    assert 6 == len(grown[2].occurrences())


def test_a_rhythm_told_stays_a_rhythm_when_few_dates_are_left() -> None:
    told = planned(meals(8))
    (after,) = planned(meals(8)[6:], told=told)
    assert NAME == after.subject
    assert 2 == len(after.occurrences())


def test_a_rhythm_told_fortnightly_that_becomes_weekly_gets_a_second_rhythm() -> None:
    told = planned(meals(6))
    grown = planned(meals(12, weeks=1), told=told)
    assert [NAME, OTHER_WEEKS] == subjects(grown)
    assert told[0] == grown[0]


def test_dates_without_a_rhythm_are_told_when_they_come_near() -> None:
    days = [THURSDAY, THURSDAY + timedelta(days=5), THURSDAY + timedelta(days=17, hours=2)]
    sessions = [meal(number, day) for number, day in enumerate(days)]
    assert tuple(sessions[:2]) == planned(sessions, horizon=days[1].date())
    assert tuple(sessions[:2]) == planned(sessions, told=sessions[:2], horizon=date(2026, 1, 1))


def test_an_exception_to_a_rhythm_is_told_however_far_ahead() -> None:
    sessions = moved(meals(8), 7, THURSDAY + timedelta(weeks=19))
    assert [NAME, "aktivitet:A-7"] == subjects(planned(sessions, horizon=THURSDAY.date()))


def test_a_date_years_after_the_others_stands_alone_instead_of_leaving_out_hundreds() -> None:
    mistyped = meal("mistyped", THURSDAY + timedelta(weeks=2 * 900))
    series, single = planned([*meals(6), mistyped])
    assert (NAME, mistyped) == (series.subject, single)
    assert () == series.recurrence.without  # type: ignore[union-attr]


def test_sessions_in_the_hour_of_the_clock_change_never_recur() -> None:
    nights = meals(6, first=datetime(2027, 3, 14, 2, 30), weeks=1)
    assert {None} == {one.recurrence for one in planned(nights)}
    assert local(datetime(2027, 3, 28, 3, 30)) == planned(nights)[2].starts


def test_a_night_in_which_the_clock_changes_stands_alone_in_a_series_of_nights() -> None:
    nights = [meal(n, datetime(2027, 3, 13, 22) + n * WEEK, hours=8) for n in range(6)]
    series, single = planned(nights)
    assert nights[2] == single
    assert 5 == len(series.occurrences())


def test_cancelled_dates_still_show_the_rhythm() -> None:
    rows = [one.starts for one in meals(4)]
    (one,) = planned(without(meals(4), 1, 2, 3), rhythms=recognised(rows))
    assert (NAME, 1) == (one.subject, len(one.occurrences()))


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        ((0, 2, 4), {(2, 0)}),
        ((0, 2), set()),
        ((0, 1, 2, 3), {(1, 0)}),
        ((0, 1, 2, 4, 6), {(2, 0)}),  # one extra date makes no weekly rhythm
        ((0, 4, 8), {(2, 0)}),
        ((0, 10, 20), set()),
        ((0, 2, 4, 7, 9, 11), {(2, 0), (2, 1)}),
        ((0, 1, 2, 3, 8, 9, 10, 11), {(1, 0)}),  # a summer holiday
    ],
)
def test_three_dates_among_five_slots_make_a_rhythm(
    weeks: tuple[int, ...], expected: set[tuple[int, int]]
) -> None:
    found = recognised(local(THURSDAY + number * WEEK) for number in weeks)
    assert expected == {(rhythm.interval, rhythm.phase) for rhythm in found}


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 1, 1), date(2026, 12, 31)),
        (date(2026, 6, 30), date(2026, 12, 31)),
        (date(2026, 7, 1), date(2027, 6, 30)),
        (date(2026, 12, 31), date(2027, 6, 30)),
    ],
)
def test_a_rhythm_without_an_end_is_spelt_out_to_the_end_of_a_half_year(today: date, expected: date) -> None:
    assert expected == spelt_out_until(today)


def test_two_engines_read_the_dates_that_were_meant() -> None:
    sessions = moved(without(meals(30), 4, 11), 6, THURSDAY + timedelta(days=100, hours=2))
    for one in planned(sessions):
        length = one.ends - one.starts
        meant = [
            (start.replace(tzinfo=None), (start + length).replace(tzinfo=None)) for start in one.occurrences()
        ]
        assert meant == by_dateutil(written(one))
        assert meant == by_recurring_ical_events(written(one))
