"""§ 82 b courses: warned after 18 full weeks, over after 20, told when overrun."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from reminderd.domain.lifecycle import State
from reminderd.domain.reconcile import Knowledge
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.rules import Lead, Span
from tests.casework import BORGER, FORLOEB, POLICY, decide_on, on_case, sends, snapshot, to

START = date(2026, 1, 5)  # a Monday
WARNING = date(2026, 5, 11)
LIMIT = date(2026, 5, 25)  # the second day of Pentecost: closed


def test_f1_the_warning_goes_out_after_eighteen_full_weeks_on_the_weekday_of_the_start() -> None:
    assert [(WARNING, "warning")] == to("m1", sends(snapshot(), START, date(2026, 5, 20)))


def test_f1_the_responsible_worker_and_the_contact_person_are_both_warned() -> None:
    found = sends(snapshot(), START, date(2026, 5, 20))
    assert {"medarbejder:m1", "medarbejder:m2"} == {recipient for _, _, recipient in found}


def test_f1_the_limit_is_twenty_weeks_and_the_overrun_the_first_working_day_after() -> None:
    found = sends(snapshot(), date(2026, 5, 20), date(2026, 7, 31))
    assert (date(2026, 5, 26), "overrun") in to("m1", found)
    assert (date(2026, 5, 26), "overrun") in to("m9", found)


@pytest.mark.parametrize(
    ("start", "sent"),
    [
        (date(2025, 11, 27), date(2026, 4, 1)),  # W is Maundy Thursday 2 April 2026
        (date(2025, 11, 28), date(2026, 4, 1)),  # W is Good Friday
        (date(2025, 12, 1), date(2026, 4, 1)),  # W is Easter Monday
        (date(2025, 12, 2), date(2026, 4, 7)),  # W is the Tuesday after Easter, an ordinary day
        (date(2026, 1, 8), date(2026, 5, 13)),  # W is Ascension Day
        (date(2026, 8, 20), date(2026, 12, 23)),  # W is Christmas Eve
        (date(2026, 8, 21), date(2026, 12, 23)),  # W is Christmas Day
        (date(2026, 8, 27), date(2026, 12, 30)),  # W is New Year's Eve
        (date(2026, 8, 28), date(2026, 12, 30)),  # W is New Year's Day 2027
    ],
)
def test_f1_a_warning_on_a_closed_day_moves_to_the_working_day_before(start: date, sent: date) -> None:
    data = snapshot(forloeb=[replace(FORLOEB, start_dato=start)])
    assert [(sent, "warning")] == to("m1", sends(data, start, start + timedelta(days=138)))


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_f1_send_time_stays_eight_in_copenhagen_through_the_clock_changes(day: date) -> None:
    for monday in (day - timedelta(days=6), day + timedelta(days=1)):
        data = snapshot(forloeb=[replace(FORLOEB, start_dato=monday - timedelta(weeks=18))])
        (decision, *_) = decide_on(data, monday)
        assert "08:00" == f"{decision.notice.send_at:%H:%M}"
        assert monday == decision.notice.send_at.date()


def test_f1_nothing_is_sent_before_eight() -> None:
    assert {"wait"} == {decision.kind for decision in decide_on(snapshot(), WARNING, hour=7)}
    assert {"send"} == {decision.kind for decision in decide_on(snapshot(), WARNING, hour=8)}


def test_f1_an_end_on_the_sending_day_stops_the_warning() -> None:
    data = snapshot(forloeb=[replace(FORLOEB, slut_dato=WARNING)])
    assert [(WARNING, "receipt", "medarbejder:m1")] == sends(data, START, date(2026, 12, 31))


def test_f1_an_end_in_the_future_is_a_plan_and_stops_nothing() -> None:
    data = snapshot(forloeb=[replace(FORLOEB, slut_dato=date(2026, 5, 12))])
    assert [(WARNING, "warning"), (date(2026, 5, 12), "receipt")] == to(
        "m1", sends(data, START, date(2026, 12, 31))
    )


def test_f1_the_overrun_takes_the_place_of_a_warning_that_was_missed() -> None:
    decisions = decide_on(snapshot(), date(2026, 5, 26))
    mine = {d.notice.key.stage: d.cause for d in decisions if d.notice.key.recipient == "medarbejder:m1"}
    assert {"overrun": "due", "warning": "expired"} == mine


def test_f1_a_warning_missed_by_a_week_is_still_sent_and_says_that_it_is_late() -> None:
    (decision,) = [
        d for d in decide_on(snapshot(), date(2026, 5, 18)) if d.notice.key.recipient == "medarbejder:m1"
    ]
    assert ("send", date(2026, 5, 18)) == (decision.kind, decision.notice.send_at.date())
    assert "late" in decision.reason


def test_f1_a_corrected_start_is_a_new_notice_with_a_new_name() -> None:
    (before, *_) = decide_on(snapshot(), WARNING)
    later = snapshot(forloeb=[replace(FORLOEB, start_dato=START + timedelta(days=7))])
    (after, *_) = decide_on(later, WARNING + timedelta(days=7), states={str(before.notice.key): State.SENT})
    assert "send" == after.kind
    assert str(before.notice.key) != str(after.notice.key)


def test_f1_a_pause_does_not_stop_the_clock() -> None:
    data = snapshot(forloeb=[replace(FORLOEB, status="pause")])
    assert [(WARNING, "warning")] == to("m1", sends(data, START, date(2026, 5, 20)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"start_dato": None}, "start_dato is missing"),
        ({"status": "kandidat"}, "the course is only a candidate"),
        ({"slut_dato": date(2026, 1, 4)}, "slut_dato lies before start_dato"),
    ],
)
def test_f1_what_leads_to_no_notice_has_a_reason(change: dict[str, object], reason: str) -> None:
    data = snapshot(forloeb=[replace(FORLOEB, **change)])
    decisions, gaps = plan_stretch(data, POLICY, Knowledge({}, {}, START), START, date(2026, 6, 30))
    assert [] == decisions
    assert {(reason, "2026-0001")} == {
        (gap.reason, gap.sagsnr) for gap in gaps if gap.deadline_kind == "course_limit"
    }


def test_f1_a_citizen_who_died_stops_everything_from_that_day() -> None:
    data = snapshot(borgere=[replace(BORGER, doedsdato=date(2026, 5, 1))])
    assert [] == sends(data, START, date(2026, 12, 31))


def test_f1_a_limit_in_months_is_reckoned_in_calendar_months() -> None:
    rules = tuple(
        replace(rule, when=Lead.parse("14 days before")) if rule.stage == "warning" else rule
        for rule in POLICY.book.rules
    )
    limit = replace(POLICY.book.course_limit, limit=Span.parse("6 months"))
    policy = replace(POLICY, book=replace(POLICY.book, rules=rules, course_limit=limit))
    data = snapshot(forloeb=[replace(FORLOEB, start_dato=date(2026, 2, 27))])
    assert [(date(2026, 8, 13), "warning")] == to("m1", sends(data, START, date(2026, 8, 20), policy=policy))


def test_f1_initials_are_given_but_not_for_a_protected_citizen() -> None:
    (plain, *_) = decide_on(snapshot(), WARNING)
    (protected, *_) = decide_on(snapshot(borgere=[replace(BORGER, beskyttelse="navne_adresse")]), WARNING)
    assert ("AB", None) == (plain.notice.facts["initialer"], protected.notice.facts["initialer"])


def test_f1_special_protection_leaves_only_case_number_and_date() -> None:
    (decision, *_) = decide_on(snapshot(borgere=[replace(BORGER, beskyttelse="saerlig")]), WARNING)
    assert "special-protection" == decision.notice.template
    known = {name for name, value in decision.notice.facts.items() if value is not None}
    assert {"sagsnr", "frist", "sendedag"} == known


def test_f1_a_mentor_is_told_where_there_is_one() -> None:
    data = snapshot(roles=[on_case("m1", "sagsbehandler"), on_case("m2", "mentor")])
    assert [(WARNING, "warning")] == to("m2", sends(data, START, date(2026, 5, 20)))
