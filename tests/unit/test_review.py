"""Handleplan reviews: rolling every third month, planned, approaching, overdue, or held."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from reminderd.domain.cases import Plan, Snapshot
from reminderd.domain.deadlines import Deadline, Withheld, meeting_for, review
from reminderd.domain.rules import ReviewParameters, Span
from tests.casework import (
    DANISH,
    POLICY,
    VEJEN_FREM,
    decide_on,
    held,
    on_case,
    planned,
    sends,
    snapshot,
    the_case,
    to,
)

H = date(2026, 1, 5)


def meeting_of(data: Snapshot) -> Deadline | Withheld:
    found = review(the_case(data), ReviewParameters(), H, DANISH)
    assert found is not None
    return meeting_for(found, the_case(data), H)


def due(day: date, **rows: object) -> date | str:
    data = snapshot(forloeb=[rows.pop("forloeb", VEJEN_FREM)], **rows)
    found = review(the_case(data), ReviewParameters(), day, DANISH)
    assert isinstance(found, Deadline | Withheld)
    return found.day if isinstance(found, Deadline) else found.reason


def test_v12_the_first_review_is_due_three_months_after_phase_two_began() -> None:
    assert date(2026, 4, 5) == due(H)


def test_v12_the_next_review_is_due_three_months_after_the_last_one_held() -> None:
    assert date(2026, 5, 28) == due(date(2026, 3, 1), opfoelgninger=[held(date(2026, 2, 28))])


def test_v12_month_ends_are_clamped_and_never_sticky() -> None:
    assert date(2026, 2, 28) == due(
        date(2025, 12, 1),
        opfoelgninger=[held(date(2025, 11, 30))],
        forloeb=replace(VEJEN_FREM, start_dato=date(2025, 1, 1), fase2_dato=date(2025, 6, 1)),
    )


def test_v12_a_review_held_before_the_anchor_belongs_to_an_earlier_course() -> None:
    assert date(2026, 4, 5) == due(H, opfoelgninger=[held(date(2025, 12, 1))])


def test_v12_a_reopened_case_counts_from_its_reopening() -> None:
    forloeb = replace(VEJEN_FREM, slut_dato=date(2026, 2, 1), genaabnet_dato=date(2026, 3, 10))
    assert date(2026, 6, 10) == due(
        date(2026, 3, 11), forloeb=forloeb, opfoelgninger=[held(date(2026, 1, 20))]
    )


def test_v12_the_rhythm_decided_in_the_plan_goes_before_the_rule() -> None:
    plan = Plan("p1", "f1", "ungeplan", H, None, 6)
    assert date(2026, 8, 20) == due(date(2026, 3, 1), planer=[plan], opfoelgninger=[held(date(2026, 2, 20))])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "pause"}, "the course is paused"),
        ({"fase": 1}, "reviews do not run in phase 1"),
        ({"fase": None}, "fase is missing"),
        ({"fase2_dato": None}, "fase2_dato is missing"),
        ({"fase2_dato": date(2026, 6, 1)}, "phase 2 begins on 2026-06-01"),
        ({"status": "afsluttet"}, "the course is closed"),
    ],
)
def test_v12_where_no_review_runs_the_reason_is_told(change: dict[str, object], reason: str) -> None:
    assert reason == due(date(2026, 3, 1), forloeb=replace(VEJEN_FREM, **change))


def test_v12_a_held_date_in_the_future_is_an_error_that_switches_the_rule_off_until_then() -> None:
    rows = [held(date(2026, 6, 1))]
    assert "a held date lies in the future (2026-06-01)" == due(date(2026, 3, 1), opfoelgninger=rows)
    assert date(2026, 9, 1) == due(date(2026, 6, 1), opfoelgninger=rows)


def test_v12_stages_go_out_three_weeks_and_one_week_before_and_then_weekly() -> None:
    # due is Easter Sunday 5 April 2026: three weeks before is a Sunday too, a week before Palm Sunday
    found = to("m1", sends(snapshot(forloeb=[VEJEN_FREM]), H, date(2026, 4, 28)))
    wanted = [
        (date(2026, 3, 13), "plan"),
        (date(2026, 3, 27), "approaching"),
        (date(2026, 4, 7), "overdue"),  # Tuesday after Easter
        (date(2026, 4, 13), "overdue+1"),
        (date(2026, 4, 20), "overdue+2"),
        (date(2026, 4, 27), "overdue+3"),
    ]
    assert wanted == found


def test_v12_the_leader_hears_of_it_two_weeks_after_the_deadline() -> None:
    found = to("m9", sends(snapshot(forloeb=[VEJEN_FREM]), H, date(2026, 4, 28)))
    assert [(date(2026, 4, 20), "overdue-leader"), (date(2026, 4, 27), "overdue-leader+1")] == found


def test_v12_the_weekly_mail_names_the_leader_once_she_has_been_told_as_well() -> None:
    def copied_to(day: date, who: str = "medarbejder:m1") -> object:
        found = [d.notice for d in decide_on(snapshot(forloeb=[VEJEN_FREM]), day) if d.kind == "send"]
        return {n.key.recipient: n.facts["leder_navn"] for n in found if n.template == "review-overdue"}[who]

    days = [date(2026, 4, 7), date(2026, 4, 13), date(2026, 4, 20)]  # due 5 April; the leader from the 19th
    assert [None, None, "Lis Leder"] == [copied_to(day) for day in days]
    assert copied_to(days[-1], "medarbejder:m9") is None


def test_v12_a_leader_who_is_the_caseworker_herself_gets_no_copy_of_her_own() -> None:
    data = snapshot(forloeb=[VEJEN_FREM], roles=[on_case("m9", "sagsbehandler")])
    found = [d.notice for d in decide_on(data, date(2026, 4, 20)) if d.notice.template == "review-overdue"]
    assert {None} == {
        notice.facts["leder_navn"] for notice in found if notice.recipient.role == "sagsbehandler"
    }


def test_v12_a_meeting_planned_in_time_replaces_the_planning_mails() -> None:
    data = snapshot(forloeb=[VEJEN_FREM], opfoelgninger=[planned(datetime(2026, 4, 1, 10))])
    assert [(date(2026, 3, 11), "invitation")] == to("m1", sends(data, H, date(2026, 4, 1)))


def test_v12_a_meeting_planned_after_the_deadline_is_warned_of_once_while_it_can_be_moved() -> None:
    data = snapshot(forloeb=[VEJEN_FREM], opfoelgninger=[planned(datetime(2026, 5, 12, 10))])
    found = to("m1", sends(data, H, date(2026, 4, 6)))
    assert [(date(2026, 3, 13), "invitation")] == found  # 21 days before the deadline of 5 April
    meeting = meeting_of(data)
    assert isinstance(meeting, Deadline)
    assert meeting.facts["efter_frist"] is True


def test_v12_a_meeting_that_passed_without_being_recorded_as_held_brings_the_mails_back() -> None:
    data = snapshot(forloeb=[VEJEN_FREM], opfoelgninger=[planned(datetime(2026, 3, 25, 10))])
    assert (date(2026, 3, 27), "approaching") in to("m1", sends(data, H, date(2026, 4, 6)))


def test_v12_a_held_review_starts_the_next_quarter_and_silences_the_old_one() -> None:
    data = snapshot(forloeb=[VEJEN_FREM], opfoelgninger=[held(date(2026, 4, 9))])
    known_on_the_ninth = [day for day, _ in to("m1", sends(data, date(2026, 4, 9), date(2026, 6, 30)))]
    assert [date(2026, 6, 18)] == known_on_the_ninth


def test_v12_the_meeting_and_the_marker_are_one_entry_in_the_calendar() -> None:
    data = snapshot(forloeb=[VEJEN_FREM], opfoelgninger=[planned(datetime(2026, 4, 1, 10))])
    marker = review(the_case(data), ReviewParameters(), H, DANISH)
    meeting = meeting_of(data)
    assert isinstance(marker, Deadline)
    assert isinstance(meeting, Deadline)
    assert marker.occasion is not None
    assert meeting.occasion is not None
    assert (marker.occasion.kind, marker.occasion.subject) == (
        meeting.occasion.kind,
        meeting.occasion.subject,
    )


def test_v12_a_meeting_at_midnight_has_no_time_and_is_not_sent() -> None:
    data = snapshot(forloeb=[VEJEN_FREM], opfoelgninger=[planned(datetime(2026, 4, 1))])
    found = meeting_of(data)
    assert isinstance(found, Withheld)
    assert "the meeting's time of day is missing (00:00)" == found.reason


FIXED = ReviewParameters(mode="fixed")


@pytest.mark.parametrize(
    ("held_on", "due_on"),
    [
        (date(2026, 3, 20), date(2026, 7, 5)),  # sixteen days early: counts for 5 April
        (date(2026, 4, 20), date(2026, 7, 5)),  # two weeks late: counts for 5 April
        (date(2026, 6, 20), date(2026, 10, 5)),  # eleven weeks late: counts for 5 July
        (date(2026, 1, 10), date(2026, 7, 5)),  # right after the beginning: there is no earlier quarter
    ],
)
def test_v12_a_fixed_grid_keeps_its_quarters_whenever_a_review_was_held(held_on: date, due_on: date) -> None:
    data = snapshot(forloeb=[VEJEN_FREM], opfoelgninger=[held(held_on)])
    found = review(the_case(data), FIXED, date(2026, 6, 30), DANISH)
    assert isinstance(found, Deadline)
    assert due_on == found.day


def test_v12_a_repeat_may_be_counted_in_working_days() -> None:
    rules = tuple(
        replace(rule, repeat=Span.parse("5 working days")) if rule.stage == "overdue" else rule
        for rule in POLICY.book.rules
    )
    policy = replace(POLICY, book=replace(POLICY.book, rules=rules))
    data = snapshot(forloeb=[replace(VEJEN_FREM, fase2_dato=date(2025, 12, 24))])  # due 24 March
    found = to("m1", sends(data, date(2026, 3, 25), date(2026, 4, 14), policy=policy))
    wanted = [date(2026, 3, 25), date(2026, 4, 1), date(2026, 4, 13)]  # Easter lies between the last two
    assert wanted == [day for day, stage in found if stage.startswith("overdue")]


def test_v5_moving_back_to_phase_one_stops_the_reviews_and_resets_the_anchor() -> None:
    back = snapshot(forloeb=[replace(VEJEN_FREM, fase=1)])
    again = snapshot(forloeb=[replace(VEJEN_FREM, fase2_dato=date(2026, 3, 2))])
    assert [] == [row for row in to("m1", sends(back, H, date(2026, 6, 30))) if row[1] in ("plan", "overdue")]
    assert date(2026, 6, 2) == due(date(2026, 3, 2), forloeb=next(iter(again.forloeb.values())))


def test_v9_a_corrected_homecoming_recomputes_everything_not_yet_sent() -> None:
    corrected = snapshot(forloeb=[replace(VEJEN_FREM, fase2_dato=date(2026, 1, 19))])
    found = to("m1", sends(corrected, H, date(2026, 3, 31)))
    assert [(date(2026, 3, 27), "plan")] == [row for row in found if row[1] == "plan"]


def test_v12_while_a_late_meeting_is_ahead_nobody_is_told_every_week_to_hold_it() -> None:
    data = snapshot(forloeb=[VEJEN_FREM], opfoelgninger=[planned(datetime(2026, 5, 12, 10))])
    overdue = [day for day, stage, _ in sends(data, date(2026, 3, 1), date(2026, 6, 1)) if "overdue" in stage]
    assert overdue
    assert date(2026, 5, 12) <= min(overdue)
