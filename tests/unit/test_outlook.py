"""A look at today also says when the next notice goes out, and counts what is not sent, by cause."""

from datetime import date, datetime

from reminderd.domain.reconcile import Knowledge, plan_today
from reminderd.domain.workdays import local
from tests.casework import POLICY, snapshot
from tests.installation import courses

MONDAY = date(2026, 1, 5)
KNOWN = Knowledge({}, {}, MONDAY)


def test_the_next_notice_is_the_nearest_due_day_at_the_hour_of_sending() -> None:
    today = plan_today(courses(MONDAY), POLICY, KNOWN, local(datetime(2026, 1, 20, 9)))
    assert local(datetime(2026, 5, 11, 8)) == today.next_due  # 18 weeks are over


def test_what_waits_for_the_hour_of_sending_comes_next() -> None:
    today = plan_today(courses(MONDAY), POLICY, KNOWN, local(datetime(2026, 5, 11, 7)))
    assert local(datetime(2026, 5, 11, 8)) == today.next_due
    assert 1 == today.not_sent["closed_hours"]


def test_without_cases_nothing_comes() -> None:
    today = plan_today(snapshot(forloeb=[]), POLICY, KNOWN, local(datetime(2026, 1, 20, 9)))
    assert today.next_due is None


def test_what_cannot_become_a_notice_is_counted_as_a_gap() -> None:
    today = plan_today(courses(MONDAY), POLICY, KNOWN, local(datetime(2026, 1, 20, 9)))
    assert len(today.gaps) == today.not_sent.get("gap", 0)
