"""A ledger that came back from a backup holds what may have been sent since (row 7)."""

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from reminderd.domain.lifecycle import Event, State
from reminderd.domain.revisions import CalendarName, CalendarPart, Revision
from reminderd.ledger import Ledger, create_or_open, open_for_reading
from tests.integration.ledger.books import DAY, MINUTE, NOW, TAKEN, TODAY, Books, a_notice, freeze, wanted

NIGHT = NOW + 16 * 60 * MINUTE
BEFORE, DURING, LATER = a_notice(1), a_notice(2), a_notice(3, due_day=TODAY + 2 * DAY, send_at=NIGHT + DAY)
NAME = CalendarName("review", "forloeb:f1", "medarbejder:m1", "anne@kommune.example")


def open_at(url: str, at: datetime) -> tuple[Ledger, Books]:
    ledger = create_or_open(url, at)
    return ledger, Books(ledger, open_for_reading(url))


@pytest.fixture
def restored(path: Path, url: str) -> str:
    """A copy is made in the morning, two mails go out by day, and the copy is put back at night."""
    ledger, books = open_at(url, NOW)
    with ledger.transaction() as tx:
        tx.record([wanted(BEFORE)], NOW)
        revision = Revision(generation=1, sequence=4, dtstamp=NOW, method="REQUEST", digest="d")
        part = CalendarPart(
            name=NAME,
            uid="u1",
            organizer="paamindelser@kommune.example",
            revision=revision,
            content="{}",
            ends=NIGHT + 21 * DAY,
        )
        freeze(tx, 1, calendar=part)
    ledger.close()
    copy = Path(shutil.copy(path, path.with_name("copy.db")))

    ledger, books = open_at(url, NOW)
    books.offer(1, TAKEN)
    (second,) = books.record(DURING)
    books.offer(second, TAKEN)
    ledger.leave_mark(NIGHT)
    ledger.close()
    copy.replace(path)
    return url


def test_row_7_what_waits_in_a_restored_ledger_and_may_have_been_sent_is_held(restored: str) -> None:
    ledger, books = open_at(restored, NIGHT)
    assert State.HELD is books.state(BEFORE)
    assert "may have been sent" in books.row(BEFORE).reason
    events = [line.event for line in books.reading.journal(1)]
    assert ["record", "hold"] == events
    ledger.close()


def test_row_7_what_later_runs_find_anew_is_held_too_unless_it_falls_due_later(restored: str) -> None:
    ledger, books = open_at(restored, NIGHT)
    with ledger.transaction() as tx:
        assert 2 == tx.record([wanted(DURING), wanted(LATER)], NIGHT)
        tx.finished_run(NIGHT)
    assert [State.HELD, State.QUEUED] == [books.state(DURING), books.state(LATER)]
    missing_before, new = a_notice(4), a_notice(5)
    with ledger.transaction() as tx:
        tx.record([wanted(missing_before)], NIGHT + MINUTE)
        tx.finished_run(NIGHT + 29 * DAY)
    assert State.HELD is books.state(missing_before)
    with ledger.transaction() as tx:
        tx.record([wanted(new)], NIGHT + 29 * DAY)
    assert State.QUEUED is books.state(new)
    ledger.close()


def test_row_7_a_person_says_which_were_sent_and_the_others_go(restored: str) -> None:
    ledger, books = open_at(restored, NIGHT)
    with ledger.transaction() as tx:
        tx.record([wanted(DURING)], NIGHT)
        tx.finished_run(NIGHT)
    with ledger.transaction() as tx:
        tx.apply([(1, State.HELD)], Event.CONFIRM_SENT, "the relay's log has it", NIGHT, actor="anne")
        tx.apply([(2, State.HELD)], Event.RELEASE, "the relay's log has it not", NIGHT, actor="anne")
    ledger.close()
    # The next start does not ask again: the doubt was about one restoration.
    ledger, books = open_at(restored, NIGHT + MINUTE)
    assert [State.SENT, State.QUEUED] == [books.state(BEFORE), books.state(DURING)]
    ledger.close()


def test_row_7_what_was_in_hand_in_the_copy_is_held_and_not_sent_again(path: Path, url: str) -> None:
    ledger, books = open_at(url, NOW)
    (entry_id,) = books.record(BEFORE)
    (claim,) = books.claim(entry_id)
    ledger.close()
    copy = Path(shutil.copy(path, path.with_name("copy.db")))
    ledger, books = open_at(url, NOW)
    books.settle(claim, TAKEN)
    ledger.leave_mark(NIGHT)
    ledger.close()
    copy.replace(path)
    ledger, books = open_at(url, NIGHT)
    assert State.HELD is books.state(BEFORE)
    assert [] == ledger.due(NIGHT)
    ledger.close()


def test_row_7_calendar_entries_go_on_above_any_sequence_that_may_be_out(restored: str) -> None:
    ledger, _ = open_at(restored, NIGHT)
    with ledger.transaction() as tx:
        last = tx.past_of(NAME).last
    assert last is not None
    assert 4 + 1000 == last.sequence
    ledger.close()


def test_a_ledger_that_came_further_than_its_mark_is_no_restored_one(path: Path, url: str) -> None:
    ledger, books = open_at(url, NOW)
    books.record(replace(BEFORE))
    ledger.close()  # killed before it could leave a mark
    ledger, books = open_at(url, NIGHT)
    assert State.QUEUED is books.state(BEFORE)
    ledger.close()
    assert path.is_file()
