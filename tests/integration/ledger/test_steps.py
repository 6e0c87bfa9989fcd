"""Every step of the lifecycle table can be taken, no other can, and each leaves its line in the journal."""

from contextlib import suppress

import pytest

from reminderd.domain.lifecycle import TRANSITIONS, Event, State
from reminderd.errors import LedgerError
from reminderd.ledger import StaleEntryError
from tests.integration.ledger.books import MINUTE, NOW, Books, a_notice

PAIRS = [(state, event) for state in State for event in Event]


@pytest.mark.parametrize("state", State)
def test_every_step_of_the_table_is_taken_and_journalled_and_no_other(books: Books, state: State) -> None:
    later = NOW + MINUTE
    for number, event in enumerate(Event, start=1):
        notice = a_notice(number)
        entry_id = books.bring_to(state, notice)
        before = (books.row(notice), books.reading.journal(entry_id))
        target = TRANSITIONS.get((state, event))
        if target is None:
            with pytest.raises(LedgerError, match=f"in state {state} knows no event {event}"):
                books.apply(entry_id, state, event, later, actor="op")
            assert before == (books.row(notice), books.reading.journal(entry_id))
        else:
            books.apply(entry_id, state, event, later, actor="op")
            row, line = books.row(notice), books.reading.journal(entry_id)[-1]
            assert (target, f"because of {event}", later) == (row.state, row.reason, row.updated_at)
            assert (later, "op", event, state, target, f"because of {event}") == (
                line.at,
                line.actor,
                line.event,
                line.from_state,
                line.to_state,
                line.reason,
            )


@pytest.mark.parametrize("believed", [State.DEFERRED, State.UNKNOWN, State.HELD])
def test_a_change_from_a_state_the_entry_is_not_in_is_refused(books: Books, believed: State) -> None:
    notice = a_notice()
    (entry_id,) = books.record(notice)
    before = (books.row(notice), books.reading.journal(entry_id))
    with pytest.raises(StaleEntryError, match=f"no longer {believed}"):
        books.apply(entry_id, believed, Event.LAPSE)
    assert before == (books.row(notice), books.reading.journal(entry_id))


def test_one_stale_entry_of_many_leaves_all_of_them_unchanged(books: Books) -> None:
    first, second, third = books.record(a_notice(1), a_notice(2), a_notice(3))
    books.apply(second, State.QUEUED, Event.HOLD)
    together = [(entry_id, State.QUEUED) for entry_id in (first, second, third)]
    with pytest.raises(StaleEntryError), books.ledger.transaction() as tx:
        tx.apply(together, Event.WITHDRAW, "closed", NOW)
    assert [State.QUEUED, State.HELD, State.QUEUED] == [books.state(a_notice(n)) for n in (1, 2, 3)]


def test_what_fails_apart_is_undone_and_the_rest_of_its_transaction_is_not(books: Books) -> None:
    first, second = books.record(a_notice(1), a_notice(2))
    with books.ledger.transaction() as tx:
        tx.apply([(first, State.QUEUED)], Event.HOLD, "looked at", NOW)
        with suppress(ZeroDivisionError), tx.apart():
            tx.unfreeze(second)
            _ = 1 / 0
        with tx.apart():
            tx.note(second, "replaced", "said", NOW)
    assert [State.HELD, State.QUEUED] == [books.state(a_notice(number)) for number in (1, 2)]
    assert [second] == [claim.entry_id for claim in books.claim(second)]
    assert "replaced" in [line.event for line in books.reading.journal(second)]


def test_an_entry_cannot_take_the_same_step_twice_at_once(books: Books) -> None:
    (entry_id,) = books.record(a_notice())
    with pytest.raises(StaleEntryError), books.ledger.transaction() as tx:
        tx.apply([(entry_id, State.QUEUED)] * 2, Event.WITHDRAW, "closed", NOW)
    assert State.QUEUED is books.state(a_notice())


def test_entries_in_different_states_take_a_step_together(books: Books) -> None:
    queued = books.bring_to(State.QUEUED, a_notice(1))
    deferred = books.bring_to(State.DEFERRED, a_notice(2))
    with books.ledger.transaction() as tx:
        tx.apply([(queued, State.QUEUED), (deferred, State.DEFERRED)], Event.HOLD, "by hand", NOW)
    assert [("review-plan", "held", 2)] == books.reading.counts()


def test_an_entry_nobody_knows_is_refused(books: Books) -> None:
    with pytest.raises(StaleEntryError):
        books.apply(999, State.QUEUED, Event.HOLD)
