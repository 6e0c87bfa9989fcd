"""In which order mails are heard: the oldest deadline first, and a CANCEL before what takes its place."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from reminderd.domain.calendar_notices import in_turn
from reminderd.domain.notices import Notice, Occasion, Recipient
from reminderd.domain.recurrence import Recurrence
from reminderd.domain.workdays import local
from tests.integration.ledger.books import a_notice

THURSDAY = local(datetime(2026, 5, 7, 17))
TWO_HOURS = timedelta(hours=2)
BO = Recipient(role="kontaktperson", holder="medarbejder:m2", mail="bo@kommune.example")


def about(number: int, subject: str, start: datetime, **changes: Any) -> Notice:
    recurrence = changes.pop("recurrence", None)
    occasion = Occasion(
        kind="activity", subject=subject, starts=start, ends=start + TWO_HOURS, recurrence=recurrence
    )
    return a_notice(number, occasion=occasion, **changes)


WARNING = a_notice(1)
OTHER = about(2, "aktivitet:a2", THURSDAY + timedelta(days=30), method="CANCEL")


def test_a_cancel_goes_when_its_deadline_says_and_delays_no_warning() -> None:
    assert [WARNING, OTHER] == in_turn([WARNING, OTHER])


def test_a_series_that_began_long_ago_is_as_urgent_as_its_next_date() -> None:
    key = replace(WARNING.key, rule="calendar-update", deadline_date=date(2026, 1, 8))
    grown = replace(WARNING, key=key, facts={"foer_dag": date(2026, 6, 4), "nu_dag": date(2026, 6, 4)})
    assert [WARNING, grown] == in_turn([grown, WARNING])
    soon = replace(grown, facts={"foer_dag": date(2026, 5, 14), "nu_dag": date(2026, 6, 4)})
    assert [soon, WARNING] == in_turn([WARNING, soon])


def test_a_cancel_goes_before_what_takes_its_hour() -> None:
    new = about(3, "aktivitet:a3", THURSDAY)
    old = about(
        4,
        "serie:s1#TH-1700-1w0",
        THURSDAY - timedelta(days=7),
        method="CANCEL",
        recurrence=Recurrence(interval=1, until=THURSDAY + timedelta(days=7)),
    )
    assert [WARNING, old, new, OTHER] == in_turn([WARNING, new, OTHER, old])


def test_a_cancel_goes_before_what_takes_the_place_of_its_rhythm() -> None:
    new = about(3, "serie:s1#FR-1700-1w0", THURSDAY + timedelta(days=1))
    old = about(4, "serie:s1#TH-1700-1w0", THURSDAY, method="CANCEL")
    assert [WARNING, old, new] == in_turn([WARNING, new, old])


def test_the_hour_of_another_mailbox_is_free() -> None:
    old = about(4, "aktivitet:a4", THURSDAY, method="CANCEL")
    elsewhere = about(5, "aktivitet:a5", THURSDAY, recipient=BO)
    assert [elsewhere, old] == in_turn([elsewhere, old])


def test_the_old_mailbox_is_cleared_before_the_new_one_is_told() -> None:
    old = about(4, "aktivitet:a4", THURSDAY, method="CANCEL")
    new = about(5, "aktivitet:a4", THURSDAY, recipient=BO)
    assert [old, new] == in_turn([new, old])


def test_the_day_of_a_deadline_is_a_place_as_well() -> None:
    day = Occasion(kind="review", subject="forloeb:f1", starts=date(2026, 6, 1), ends=date(2026, 6, 2))
    marker, gone = a_notice(1, occasion=day), a_notice(2, occasion=day, method="CANCEL")
    assert [gone, marker] == in_turn([marker, gone])
