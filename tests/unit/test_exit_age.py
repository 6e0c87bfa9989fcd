"""The 23rd birthday: half a year, 90 and 30 days ahead; the last day of support is the day before."""

from dataclasses import replace
from datetime import date

import pytest

from reminderd.domain.deadlines import Deadline, exit_age
from reminderd.domain.rules import ExitAgeParameters
from tests.casework import BORGER, POLICY, VEJEN_FREM, sends, snapshot, the_case, to

PHASE_ONE = replace(VEJEN_FREM, fase=1, fase2_dato=None)


def born(day: date | None) -> dict[str, object]:
    return {"forloeb": [PHASE_ONE], "borgere": [replace(BORGER, foedselsdato=day)]}


def test_v14_three_stages_each_on_the_working_day_before_and_an_overrun_on_the_birthday() -> None:
    found = to("m1", sends(snapshot(**born(date(2004, 3, 1))), date(2026, 1, 5), date(2027, 3, 31)))
    wanted = [
        (date(2026, 9, 1), "half-year"),
        (date(2026, 12, 1), "90-days"),
        (date(2027, 1, 29), "30-days"),  # 30 January 2027 is a Saturday
        (date(2027, 3, 1), "overrun"),
    ]
    assert wanted == found


def test_v14_both_the_caseworker_and_the_contact_person_are_told() -> None:
    found = sends(snapshot(**born(date(2004, 3, 1))), date(2026, 9, 1), date(2026, 9, 1))
    assert {"medarbejder:m1", "medarbejder:m2"} == {recipient for _, _, recipient in found}


@pytest.mark.parametrize(
    ("convention", "birthday", "half_year"),
    [("feb28", date(2027, 2, 28), date(2026, 8, 28)), ("mar1", date(2027, 3, 1), date(2026, 9, 1))],
)
def test_v14_half_a_year_is_counted_from_the_effective_birthday_of_a_leap_day_child(
    convention: str, birthday: date, half_year: date
) -> None:
    parameters = replace(POLICY.book.exit_age, leap_birthday=convention)
    policy = replace(POLICY, book=replace(POLICY.book, exit_age=parameters))
    data = snapshot(**born(date(2004, 2, 29)))
    found = exit_age(the_case(data), parameters, date(2026, 1, 1))
    assert isinstance(found, Deadline)
    assert birthday == found.day
    assert [(half_year, "half-year")] == to(
        "m1", sends(data, date(2026, 1, 5), date(2026, 10, 1), policy=policy)
    )


def test_v14_the_calendar_marks_the_last_day_of_support() -> None:
    found = exit_age(the_case(snapshot(**born(date(2004, 3, 1)))), ExitAgeParameters(), date(2026, 1, 1))
    assert isinstance(found, Deadline)
    assert found.occasion is not None
    assert (date(2027, 2, 28), date(2027, 3, 1)) == (found.occasion.starts, found.occasion.ends)


def test_v14_a_case_seen_late_gets_the_latest_stage_only() -> None:
    found = to(
        "m1",
        sends(
            snapshot(**born(date(2004, 3, 1))),
            date(2026, 12, 15),
            date(2027, 1, 15),
            start=date(2026, 12, 15),
        ),
    )
    assert [(date(2026, 12, 15), "90-days")] == found


def test_v14_after_an_earlier_end_nothing_is_said() -> None:
    rows = born(date(2004, 3, 1)) | {"forloeb": [replace(PHASE_ONE, slut_dato=date(2026, 8, 31))]}
    assert [] == sends(snapshot(**rows), date(2026, 1, 5), date(2027, 3, 31))


def test_v14_an_unknown_birth_date_is_said() -> None:
    found = exit_age(the_case(snapshot(**born(None))), ExitAgeParameters(), date(2026, 1, 1))
    assert "foedselsdato is missing" == getattr(found, "reason", None)
