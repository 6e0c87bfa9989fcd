"""F8, F11: the leader gets the figures before a committee meets, of whole months that are over."""

import calendar
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminderd.domain.cases import Enhed, Finding, Fravaer, Henvendelse, Meta, Moede, Snapshot
from reminderd.domain.notices import Notice
from reminderd.domain.reconcile import Knowledge, plan_today
from reminderd.domain.rules import CommitteeReportParameters
from reminderd.domain.statistics import Figures, figures_by
from reminderd.domain.unit_days import months_before
from reminderd.domain.workdays import ONE_DAY, local
from tests.casework import (
    BO,
    DANISH,
    FORLOEB,
    LONG_AGO,
    POLICY,
    SHIPPED_RULES,
    decide_on,
    sends,
    snapshot,
)

# A Tuesday at five, so the mail is due on the Tuesday two weeks before, 18 August.
MEETING = Moede("mo1", "fagudvalg", datetime(2026, 9, 1, 17), "Rådhuset", "e1")
DUE = date(2026, 8, 18)


def before(meeting: Moede = MEETING, known_to: date = DUE, **more: Any) -> Snapshot:
    data = snapshot(moeder=(meeting,), **more)
    return replace(data, meta=Meta(1, "Test", datetime(known_to.year, known_to.month, known_to.day, 6)))


def reports(data: Snapshot, day: date = DUE) -> list[Notice]:
    found = [decision for decision in decide_on(data, day) if decision.kind == "send"]
    return [one.notice for one in found if one.notice.key.rule == "committee-report"]


def reasons(data: Snapshot, day: date) -> set[str]:
    today = plan_today(
        data, POLICY, Knowledge({}, {}, LONG_AGO), local(datetime(day.year, day.month, day.day, 9))
    )
    return {gap.reason for gap in today.gaps if gap.rule == "committee-report"}


def test_f11_the_leader_is_told_once_two_weeks_before_the_meeting() -> None:
    found = sends(before(forloeb=()), date(2026, 7, 1), date(2026, 9, 30))
    assert [(DUE, "report", "medarbejder:m9")] == found


@pytest.mark.parametrize(
    ("meeting", "due"),
    [
        (datetime(2026, 4, 16, 17), date(2026, 4, 1)),  # two weeks before is Maundy Thursday
        (datetime(2026, 6, 14, 10), date(2026, 5, 29)),  # and here a Sunday
    ],
)
def test_f11_a_sending_day_on_which_the_office_is_closed_moves_back(meeting: datetime, due: date) -> None:
    data = before(replace(MEETING, tid=meeting), known_to=due, forloeb=())
    assert [due] == [day for day, _, _ in sends(data, date(2026, 3, 1), date(2026, 6, 30))]


def test_f11_the_period_ends_with_the_last_month_that_is_over_on_the_sending_day() -> None:
    (notice,) = reports(before())
    assert (date(2026, 4, 1), date(2026, 7, 31)) == (notice.facts["fra"], notice.facts["til"])


def test_f11_a_report_that_is_late_by_a_month_s_end_covers_the_month_that_is_over() -> None:
    (notice,) = reports(before(), date(2026, 9, 1))
    assert (date(2026, 5, 1), date(2026, 8, 31)) == (notice.facts["fra"], notice.facts["til"])


@pytest.mark.parametrize(
    ("day", "months", "period"),
    [
        (date(2018, 8, 21), 4, (date(2018, 4, 1), date(2018, 7, 31))),
        (date(2026, 1, 1), 1, (date(2025, 12, 1), date(2025, 12, 31))),
        (date(2028, 3, 31), 1, (date(2028, 2, 1), date(2028, 2, 29))),
        (date(2026, 3, 31), 12, (date(2025, 3, 1), date(2026, 2, 28))),
    ],
)
def test_f11_the_months_before_a_day(day: date, months: int, period: tuple[date, date]) -> None:
    assert period == months_before(day, months)


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)), st.integers(1, 60))
def test_f11_a_period_is_whole_months_that_are_just_over(day: date, months: int) -> None:
    first, last = months_before(day, months)
    assert 1 == first.day
    assert calendar.monthrange(last.year, last.month)[1] == last.day
    assert months == (last.year - first.year) * 12 + last.month - first.month + 1
    assert (day.year, day.month) == ((last + ONE_DAY).year, (last + ONE_DAY).month)


def test_f8_the_figures_are_those_of_the_day_on_which_they_are_told() -> None:
    asked = (Henvendelse("h1", date(2026, 7, 31), "mail", "e1", None),)
    courses = [
        replace(FORLOEB, forloeb_id=f"f{number}", start_dato=day)
        for number, day in enumerate((date(2026, 3, 31), date(2026, 4, 1), date(2026, 8, 1)))
    ]
    data = before(forloeb=courses, roles=(), henvendelser=asked)
    (notice,) = reports(data)
    expected = figures_by(SHIPPED_RULES, DANISH, data, date(2026, 4, 1), date(2026, 7, 31), DUE)
    assert expected == notice.figures
    told = {"opgjort": DUE, "henvendelser": 1, "forloeb": 1, "personer": 1, "henvist_85": 0, "dage": 14}
    assert told == {name: notice.facts[name] for name in told}


def test_f8_the_data_s_own_day_is_the_day_of_the_figures() -> None:
    (notice,) = reports(before(known_to=date(2026, 8, 14)))
    assert date(2026, 8, 14) == notice.facts["opgjort"]


def test_f9_the_report_says_when_the_first_course_could_be_warned_of_and_reach_its_limit() -> None:
    (notice,) = reports(before(forloeb=[replace(FORLOEB, start_dato=date(2026, 4, 1))], roles=()))
    told = {
        "foerste_start": date(2026, 4, 1),
        "foerste_varsel": date(2026, 8, 5),
        "foerste_graense": date(2026, 8, 19),
        "graense_mulig": False,
        "maks_tekst": "20 uger",
    }
    assert told == {name: notice.facts[name] for name in told}


def test_f8_enquiries_that_nobody_delivers_are_unknown_and_not_none() -> None:
    (notice,) = reports(before(absent_views=frozenset({"rd_henvendelse"})))
    assert None is notice.facts["henvendelser"]
    (notice,) = reports(before())
    assert 0 == notice.facts["henvendelser"]


def test_f8_what_could_not_be_counted_is_told() -> None:
    faults = (Finding("rd_forloeb", "f9", "status", "is no code"),)
    (notice,) = reports(before(forloeb=[replace(FORLOEB, start_dato=None)], roles=(), findings=faults))
    assert 2 == notice.facts["ikke_talt_med"]


def test_f11_nothing_of_a_single_case_stands_in_a_report() -> None:
    (notice,) = reports(before())
    assert (None, None) == (notice.sagsnr, notice.forloeb_id)
    assert {None} == {notice.facts[name] for name in ("sagsnr", "initialer")}
    assert "leder_navn" not in notice.facts


@pytest.mark.parametrize(("known_to", "known"), [(date(2026, 4, 1), True), (date(2026, 3, 31), False)])
def test_f11_a_plan_far_ahead_names_the_report_and_knows_that_there_is_no_data(
    known_to: date, known: bool
) -> None:
    (notice,) = reports(before(known_to=known_to))
    assert notice.figures is not None
    assert known == notice.figures.anything_known


def test_f11_other_committees_get_no_report() -> None:
    assert [] == reports(before(replace(MEETING, moedetype="eftervaernsudvalg")))


def test_f11_the_figures_for_a_meeting_of_no_unit_go_to_the_operators_list() -> None:
    (notice,) = reports(before(replace(MEETING, enhed_id=None)))
    assert ("operator", "it@kommune.example") == (notice.key.recipient, notice.recipient.mail)


def test_f11_a_meeting_that_has_been_is_reported_to_nobody() -> None:
    assert [] == reports(before(), date(2026, 9, 2))


def test_f11_a_leader_s_deputy_gets_it_in_her_place() -> None:
    away = Fravaer("m9", date(2026, 8, 1), date(2026, 8, 31), BO.medarbejder_id)
    (notice,) = reports(before(fravaer=[away]))
    assert ("medarbejder:m9", BO.mail) == (notice.key.recipient, notice.recipient.mail)


def test_f11_a_unit_without_a_leader_gets_it_itself() -> None:
    (notice,) = reports(before(enheder=[Enhed("e1", "Enheden", "enheden@kommune.example", None, None)]))
    assert "enheden@kommune.example" == notice.recipient.mail


def test_f11_the_rules_say_which_meetings_and_how_many_months() -> None:
    parameters = CommitteeReportParameters(moedetype="byraad", months=12)
    policy = replace(POLICY, book=replace(POLICY.book, committee_report=parameters))
    data = before(replace(MEETING, moedetype="byraad"))
    (decision,) = (
        one for one in decide_on(data, DUE, policy=policy) if one.notice.key.rule == "committee-report"
    )
    assert date(2025, 8, 1) == decision.notice.facts["fra"]
    assert isinstance(decision.notice.figures, Figures)


def test_f11_other_notices_carry_no_figures() -> None:
    others = [one.notice for one in decide_on(before(), date(2026, 5, 11))]
    assert others
    assert {None} == {notice.figures for notice in others}
