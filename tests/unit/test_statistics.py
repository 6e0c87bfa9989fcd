"""The committee's figures, row by row of the papers: F7 to F11 and F14."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminderd.domain.cases import Finding, Forloeb, Henvendelse, Snapshot
from reminderd.domain.rules import Lead, Span
from reminderd.domain.statistics import Cohort, Enquiries, Figures, Missing, figures
from tests.casework import BORGER, FORLOEB, snapshot

FIRST, LAST = date(2018, 4, 1), date(2018, 7, 31)
COMMITTEE = date(2018, 9, 4)
WEEKS_18 = Lead.parse("18 weeks after start")
ONE_DAY = timedelta(days=1)


def enquiry(number: int, day: date, kanal: str = "fremmoede", forloeb_id: str | None = None) -> Henvendelse:
    return Henvendelse(f"h{number}", day, kanal, "e1", forloeb_id)


def course(number: int = 1, start: date | None = date(2018, 4, 3), **values: Any) -> Forloeb:
    names = {"forloeb_id": f"f{number}", "borger_id": f"b{number}"}
    return replace(FORLOEB, start_dato=start, **{**names, **values})


def data(*courses: Forloeb, **more: Any) -> Snapshot:
    borgere = more.pop(
        "borgere", [replace(BORGER, borger_id=id_) for id_ in {row.borger_id for row in courses}]
    )
    return snapshot(forloeb=courses, borgere=borgere, roles=(), **more)


def count(source: Snapshot, first: date = FIRST, last: date = LAST, **values: Any) -> Figures:
    arguments: dict[str, Any] = {"limit": Span(20, "weeks"), "tilbud": ("SEL_82B",), "as_of": COMMITTEE}
    return figures(source, first, last, **(arguments | values))


# F7: a single conversation is an enquiry and no course.


def test_f7_only_courses_of_the_limited_offer_are_counted_as_courses() -> None:
    found = count(data(course(1), course(2, tilbud="SAMTALE"), course(3, tilbud="VEJEN_FREM")))
    assert 1 == found.started


def test_f7_a_candidate_has_no_course_and_a_planned_one_begins_on_its_day() -> None:
    candidate = course(1, status="kandidat")
    to_come = course(2, date(2018, 7, 20), status="planlagt")
    assert (0, 0) == (count(data(candidate)).started, count(data(candidate)).persons)
    assert 0 == count(data(to_come), as_of=date(2018, 7, 19)).started
    assert 1 == count(data(to_come), as_of=date(2018, 7, 20)).started


# F8: enquiries and courses started, both ends included.


@pytest.mark.parametrize(
    ("day", "counted"),
    [(FIRST - ONE_DAY, 0), (FIRST, 1), (LAST, 1), (LAST + ONE_DAY, 0)],
    ids=["the day before", "the first day", "the last day", "the day after"],
)
def test_f8_both_ends_of_the_period_are_included(day: date, counted: int) -> None:
    found = count(data(course(1, day), henvendelser=(enquiry(1, day),)))
    assert Enquiries(counted, {"fremmoede": 1} if counted else {}) == found.enquiries
    assert counted == found.started


def test_f8_a_course_counts_by_its_start_and_not_by_its_end() -> None:
    found = count(data(course(1, FIRST - ONE_DAY, slut_dato=LAST, status="afsluttet")))
    assert 0 == found.started


def test_f8_a_correction_changes_the_old_number_and_the_day_of_the_report_is_kept() -> None:
    before = count(data(course(1, LAST)))
    after = count(data(course(1, LAST + ONE_DAY)))
    assert (1, 0) == (before.started, after.started)
    assert COMMITTEE == before.as_of


def test_f5_f8_enquiries_are_known_by_channel() -> None:
    asked = (enquiry(1, FIRST, "telefon"), enquiry(2, FIRST), enquiry(3, LAST, "telefon"))
    assert Enquiries(3, {"fremmoede": 1, "telefon": 2}) == count(data(henvendelser=asked)).enquiries


def test_f8_without_the_view_enquiries_are_unknown_and_not_0() -> None:
    found = count(data(course(), absent_views=frozenset({"rd_henvendelse"})))
    assert Missing("the case source has no view rd_henvendelse") == found.enquiries
    assert {None} == {month.enquiries for month in found.months}


def test_f8_nothing_counts_after_the_day_the_report_is_made_up() -> None:
    day = date(2018, 6, 1)
    source = data(course(1, day + ONE_DAY), henvendelser=(enquiry(1, day + ONE_DAY),))
    found = count(source, as_of=day)
    assert (Enquiries(0, {}), 0, 0) == (found.enquiries, found.started, found.persons)
    assert [date(2018, 4, 1), date(2018, 5, 1), date(2018, 6, 1)] == [month.first for month in found.months]


def test_f8_rows_that_were_set_aside_are_said_each_once_and_never_counted() -> None:
    faults = (
        Finding("rd_forloeb", "f8", "status", "is no code"),
        Finding("rd_forloeb", "f8", "start_dato", "does not exist"),
        Finding("rd_forloeb", "f9", "enhed_id", "names no row", row_kept=True),
        Finding("rd_henvendelse", "h9", "dato", "does not exist"),
        Finding("rd_kontakt", "k9", "dato", "does not exist"),
    )
    found = count(data(course(), findings=faults))
    assert {"rd_henvendelse": 1, "rd_forloeb": 1} == found.left_out
    assert 1 == found.started


def test_f8_a_period_that_ends_before_it_begins_is_an_error() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        count(data(), LAST, FIRST)


def test_f8_a_course_without_a_start_belongs_to_no_period_and_is_said() -> None:
    found = count(data(course(1, None), course(2, None, status="planlagt")))
    assert (0, 0, 1) == (found.started, found.persons, found.without_start)


# F9: outcomes of the courses that began in the period, and the cohort trap.


def test_f9_referrals_are_counted_among_the_courses_that_began_in_the_period() -> None:
    closed = {
        "slut_dato": date(2018, 8, 15),
        "status": "afsluttet",
        "afslutning_kode": "henvist_85_udredning",
    }
    inside, before = course(1, **closed), course(2, FIRST - ONE_DAY, **closed)
    other = course(3, **(closed | {"afslutning_kode": "henvist_andet"}))
    assert 1 == count(data(inside, before, other)).referred


def test_f9_an_end_is_judged_at_the_end_of_the_period_and_on_the_day_of_the_report() -> None:
    ends = [LAST, LAST + ONE_DAY, COMMITTEE, COMMITTEE + ONE_DAY]
    rows = [course(number, slut_dato=day, status="afsluttet") for number, day in enumerate(ends)]
    found = count(data(*rows, course(9)))
    assert (5, 1, 3) == (found.started, found.ended_by_last, found.ended_by_as_of)


def test_f9_a_course_reaches_20_weeks_by_running_on_that_day() -> None:
    reached = date(2018, 8, 21)
    ends = [reached - ONE_DAY, reached, reached + ONE_DAY, None]
    rows = [course(number, slut_dato=day) for number, day in enumerate(ends)]
    assert 0 == count(data(*rows), as_of=reached - ONE_DAY).reached_limit
    assert 3 == count(data(*rows), as_of=reached).reached_limit


def test_f9_a_limit_in_months_is_counted_in_months() -> None:
    half_year = Span(6, "months")
    on_the_day = count(data(course()), limit=half_year, as_of=date(2018, 10, 3))
    assert 1 == on_the_day.reached_limit
    assert 0 == count(data(course()), limit=half_year, as_of=date(2018, 10, 2)).reached_limit


def test_f9_a_death_ends_a_course() -> None:
    died = replace(BORGER, doedsdato=date(2018, 6, 1))
    found = count(data(course(), borgere=[died]))
    assert (1, 1, 0) == (found.ended_by_last, found.ended_by_as_of, found.reached_limit)


def test_f9_a_reopened_course_runs_again_from_that_day() -> None:
    reopened = course(slut_dato=date(2018, 6, 1), genaabnet_dato=date(2018, 8, 10))
    found = count(data(reopened))
    assert (1, 0, 1) == (found.ended_by_last, found.ended_by_as_of, found.reached_limit)


def test_f9_a_course_closed_on_no_day_has_ended_and_nobody_knows_when() -> None:
    found = count(data(course(status="afsluttet")))
    assert (0, 1, 0, 1) == (
        found.ended_by_last,
        found.ended_by_as_of,
        found.reached_limit,
        found.without_end,
    )


def test_f9_by_31_july_2018_no_course_could_have_reached_18_weeks() -> None:
    found = count(data(course(1), course(2, LAST)), warning=WEEKS_18)
    assert Cohort(date(2018, 4, 3), date(2018, 8, 7), date(2018, 8, 21)) == found.cohort
    assert (False, False) == (found.warning_was_possible, found.limit_was_possible)


def test_f9_a_period_that_ends_on_the_first_possible_day_makes_it_possible() -> None:
    source = data(course())
    at_warning = count(source, FIRST, date(2018, 8, 7), warning=WEEKS_18)
    at_limit = count(source, FIRST, date(2018, 8, 21), warning=WEEKS_18)
    assert (True, False) == (at_warning.warning_was_possible, at_warning.limit_was_possible)
    assert (True, True) == (at_limit.warning_was_possible, at_limit.limit_was_possible)


def test_f9_a_warning_may_count_back_from_the_limit_or_be_missing() -> None:
    source = data(course())
    counted_back = count(source, warning=Lead.parse("2 weeks before")).cohort
    assert Cohort(date(2018, 4, 3), date(2018, 8, 7), date(2018, 8, 21)) == counted_back
    assert Cohort(date(2018, 4, 3), None, date(2018, 8, 21)) == count(source).cohort
    assert count(data()).cohort is None


# F10: people with an active course are a third count.


def test_f10_a_person_counts_once_however_many_courses() -> None:
    rows = [course(1), course(2, LAST, borger_id="b1"), course(3, borger_id="b1", tilbud="VEJEN_FREM")]
    found = count(data(*rows, henvendelser=(enquiry(1, FIRST),)))
    assert (Enquiries(1, {"fremmoede": 1}), 2, 1) == (found.enquiries, found.started, found.persons)
    assert {"SEL_82B": 1, "VEJEN_FREM": 1} == found.persons_by_tilbud


@pytest.mark.parametrize(
    ("start", "slut", "counted"),
    [
        (date(2018, 1, 2), FIRST - ONE_DAY, 0),
        (date(2018, 1, 2), FIRST, 1),
        (date(2018, 1, 2), None, 1),
        (LAST, None, 1),
        (LAST + ONE_DAY, None, 0),
    ],
    ids=["ended before", "ended on the first day", "runs throughout", "began on the last day", "began after"],
)
def test_f10_a_course_is_active_where_it_runs_on_any_day_of_the_period(
    start: date, slut: date | None, counted: int
) -> None:
    assert counted == count(data(course(1, start, slut_dato=slut))).persons


def test_f10_a_course_that_was_reopened_later_was_not_active_in_between() -> None:
    between = course(1, date(2017, 9, 1), slut_dato=date(2018, 1, 5), genaabnet_dato=date(2018, 8, 10))
    assert 0 == count(data(between)).persons
    assert 1 == count(data(between), last=date(2018, 8, 10)).persons


# F11: the report is made for a committee date, and says so whenever it is made.


def test_f11_the_same_period_tells_more_on_a_later_day() -> None:
    source = data(course(slut_dato=date(2018, 8, 1)))
    early, late = count(source, as_of=LAST), count(source, as_of=COMMITTEE)
    assert (0, 1) == (early.ended_by_as_of, late.ended_by_as_of)
    assert (early.started, early.ended_by_last) == (late.started, late.ended_by_last)


# F14: relatives and professionals may ask; an enquiry needs no person.


def test_f14_an_enquiry_without_a_person_or_a_course_counts() -> None:
    asked = (enquiry(1, FIRST), enquiry(2, FIRST, forloeb_id="f1"))
    assert Enquiries(2, {"fremmoede": 2}) == count(data(course(), henvendelser=asked)).enquiries


# What holds whatever the data.

DAYS = st.dates(date(2018, 1, 1), date(2019, 6, 30))
COURSES = st.builds(
    course,
    st.integers(1, 12),
    st.none() | DAYS,
    status=st.sampled_from(["kandidat", "planlagt", "aktiv", "pause", "afsluttet"]),
    tilbud=st.sampled_from(["SEL_82B", "VEJEN_FREM"]),
    slut_dato=st.none() | DAYS,
    genaabnet_dato=st.none() | DAYS,
    afslutning_kode=st.sampled_from([None, "henvist_85_udredning", "andet"]),
)
SOURCES = st.builds(
    lambda rows, asked: data(
        *rows,
        henvendelser=tuple(enquiry(number, day, kanal) for number, (day, kanal) in enumerate(asked)),
    ),
    st.lists(COURSES, max_size=12, unique_by=lambda row: row.forloeb_id),
    st.lists(st.tuples(DAYS, st.sampled_from(["mail", "telefon", "fremmoede"])), max_size=12),
)
PERIODS = st.tuples(DAYS, DAYS).map(lambda days: (min(days), max(days)))


def total(found: Figures) -> int:
    assert isinstance(found.enquiries, Enquiries)
    return found.enquiries.total


@given(SOURCES, PERIODS, DAYS)
def test_every_part_is_within_its_whole(source: Snapshot, period: tuple[date, date], as_of: date) -> None:
    found = count(source, *period, as_of=as_of)
    assert isinstance(found.enquiries, Enquiries)
    assert (
        total(found) == sum(found.enquiries.by_kanal.values()) == sum(m.enquiries or 0 for m in found.months)
    )
    assert found.started == sum(month.courses for month in found.months)
    parts = (
        found.referred,
        found.ended_by_last,
        found.ended_by_as_of,
        found.reached_limit,
        found.without_end,
    )
    assert max(parts) <= found.started
    assert max(found.persons_by_tilbud.values(), default=0) <= found.persons
    assert found.persons <= sum(found.persons_by_tilbud.values())


@given(SOURCES, PERIODS, st.integers(0, 400))
def test_two_neighbouring_periods_add_up_to_the_whole(
    source: Snapshot, period: tuple[date, date], cut: int
) -> None:
    first, last = period[0], period[1] + ONE_DAY
    middle = first + timedelta(days=cut % (last - first).days)
    whole, *halves = (
        count(source, *part, as_of=date(2019, 12, 31))
        for part in ((first, last), (first, middle), (middle + ONE_DAY, last))
    )
    for name in ("started", "referred", "reached_limit", "ended_by_as_of"):
        assert getattr(whole, name) == sum(getattr(half, name) for half in halves)
    assert total(whole) == sum(map(total, halves))
    assert max(half.persons for half in halves) <= whole.persons <= sum(half.persons for half in halves)


@given(SOURCES, PERIODS)
def test_whoever_began_a_course_in_the_period_had_one_in_it(
    source: Snapshot, period: tuple[date, date]
) -> None:
    found = count(source, *period, as_of=date(2019, 12, 31))
    began = {
        row.borger_id
        for row in source.forloeb.values()
        if row.status != "kandidat"
        and row.tilbud == "SEL_82B"
        and row.start_dato
        and period[0] <= row.start_dato <= period[1]
    }
    assert len(began) <= found.persons_by_tilbud.get("SEL_82B", 0)
