"""From the claim to the outcome: attempts, rests, copies, and what a crash leaves in hand."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reminderd.domain.lifecycle import MAX_COPIES, Event, State, rest_of
from reminderd.domain.outcomes import Deferred, Failed, Outcome, Protection, Unknown
from reminderd.ledger import StaleEntryError
from tests.integration.ledger.books import DAY, MINUTE, NOW, TAKEN, Books, a_notice, wanted

NOTICE = a_notice()
LATER = Deferred("450 greylisted", 450)
SILENCE = Unknown("the line died after the dot")


def due_at(books: Books, now: datetime) -> list[int]:
    return [entry.entry_id for entry in books.ledger.due(now)]


def test_a_claim_is_an_attempt_that_is_written_before_anything_is_said(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    (claim,) = books.claim(entry_id, at=NOW + MINUTE)
    assert (entry_id, 1, str(NOTICE.key), "review-plan", "anne@kommune.example", "resend") == (
        claim.entry_id,
        claim.number,
        claim.key,
        claim.rule,
        claim.recipient_mail,
        claim.on_unknown,
    )
    (attempt,) = books.reading.attempts(entry_id)
    assert (1, NOW + MINUTE, "connect", None, None) == (
        attempt.number,
        attempt.started_at,
        attempt.phase,
        attempt.finished_at,
        attempt.outcome,
    )
    assert (State.SENDING, 1) == (books.state(NOTICE), books.row(NOTICE).attempts)


def test_claims_come_in_the_order_asked_for(books: Books) -> None:
    first, second, third = books.record(a_notice(1), a_notice(2), a_notice(3))
    claims = books.claim(third, first, second)
    assert [third, first, second] == [claim.entry_id for claim in claims]


def test_only_one_of_two_claims_gets_an_entry(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    assert [1, 0] == [len(books.claim(entry_id)), len(books.claim(entry_id))]


@pytest.mark.parametrize("state", [State.HELD, State.WITHDRAWN, State.SENT, State.LAPSED, State.FAILED])
def test_what_may_not_be_claimed_is_passed_over(books: Books, state: State) -> None:
    entry_id = books.bring_to(state, NOTICE)
    (other,) = books.record(a_notice(2))
    assert [other] == [claim.entry_id for claim in books.claim(entry_id, other)]
    assert state is books.state(NOTICE)


def test_nothing_is_claimed_before_its_bytes_are_frozen(books: Books) -> None:
    with books.ledger.transaction() as tx:
        tx.record([wanted(NOTICE)], NOW)
    (due,) = books.ledger.due(NOW)
    assert ([], False) == (books.claim(due.entry_id), due.composed)


@pytest.mark.parametrize(
    ("outcome", "state", "word", "code"),
    [
        (TAKEN, State.SENT, "sent", 250),
        (LATER, State.DEFERRED, "deferred", 450),
        (Failed("550 no such user", 550), State.FAILED, "failed", 550),
        (SILENCE, State.UNKNOWN, "unknown", None),
    ],
)
def test_an_outcome_settles_the_attempt_and_the_entry(
    books: Books, outcome: Outcome, state: State, word: str, code: int | None
) -> None:
    (entry_id,) = books.record(NOTICE)
    (claim,) = books.claim(entry_id)
    assert state is books.settle(claim, outcome, NOW + MINUTE)
    (attempt,) = books.reading.attempts(entry_id)
    words = getattr(outcome, "reply", None) or getattr(outcome, "reason", None)
    assert (NOW + MINUTE, word, code, words) == (
        attempt.finished_at,
        attempt.outcome,
        attempt.code,
        attempt.reply,
    )
    assert (state, words) == (books.row(NOTICE).state, books.row(NOTICE).reason)


def test_what_protected_the_line_stands_with_the_attempt(books: Books) -> None:
    first, second = books.record(NOTICE, a_notice(2))
    line = Protection("TLSv1.3", "TLS_AES_256_GCM_SHA384", "ab" * 32, NOW + 90 * DAY)
    for entry_id, protection in ((first, line), (second, None)):
        (claim,) = books.claim(entry_id)
        with books.ledger.transaction() as tx:
            tx.settle(claim, TAKEN, NOW, protection)
    (kept,), (without,) = books.reading.attempts(first), books.reading.attempts(second)
    assert ("TLSv1.3", "TLS_AES_256_GCM_SHA384", "ab" * 32, NOW + 90 * DAY) == (
        kept.tls_version,
        kept.tls_cipher,
        kept.tls_certificate,
        kept.tls_expires,
    )
    assert without.tls_version is None


def test_the_phase_is_written_before_the_text_goes_out(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    (claim,) = books.claim(entry_id)
    with books.ledger.transaction() as tx:
        tx.enter_phase(claim.attempt_id, "data")
    assert ["data"] == [attempt.phase for attempt in books.reading.attempts(entry_id)]


@pytest.mark.parametrize("outcome", [LATER, SILENCE])
def test_an_entry_rests_after_an_attempt_and_is_due_again_to_the_second(
    books: Books, outcome: Outcome
) -> None:
    (entry_id,) = books.record(NOTICE)
    now = NOW
    for attempt in (1, 2):
        (claim,) = books.claim(entry_id, at=now)
        books.settle(claim, outcome, now)
        rested = now + rest_of(claim.message_id, attempt)
        assert [[], [entry_id]] == [
            due_at(books, rested - timedelta(microseconds=1)),
            due_at(books, rested),
        ]
        now = rested
    assert NOW + 0.75 * 3 * MINUTE <= now <= NOW + 3 * MINUTE


def test_every_attempt_offers_the_same_bytes(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    offered = []
    for day in range(3):
        (claim,) = books.claim(entry_id, at=NOW + day * DAY)
        offered.append((claim.message_id, claim.raw))
        books.settle(claim, LATER, NOW + day * DAY)
    assert 1 == len(set(offered))
    assert [1, 2, 3] == [attempt.number for attempt in books.reading.attempts(entry_id)]


def test_an_unknown_outcome_is_offered_again_until_the_copies_are_used_up(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    states = [books.offer(entry_id, SILENCE, NOW + copy * DAY) for copy in range(MAX_COPIES)]
    assert [State.UNKNOWN, State.UNKNOWN, State.HELD] == states
    assert "may have been delivered: a person decides" == books.row(NOTICE).reason
    assert [] == due_at(books, NOW + 9 * DAY)


def test_an_attempt_that_certainly_left_no_copy_is_not_counted_as_one(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    for day in range(MAX_COPIES + 2):
        books.offer(entry_id, LATER, NOW + day * DAY)
    assert State.UNKNOWN is books.offer(entry_id, SILENCE, NOW + 9 * DAY)


def test_a_rule_may_ask_to_hold_instead_of_offering_again(books: Books) -> None:
    (entry_id,) = books.record(replace(NOTICE, on_unknown="hold"))
    assert State.HELD is books.offer(entry_id, SILENCE)
    events = [line.event for line in books.reading.journal(entry_id)]
    assert ["record", "claim", "no_answer", "hold"] == events


def test_what_is_put_back_is_queued_at_once_and_costs_no_attempt(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    (claim,) = books.claim(entry_id)
    with books.ledger.transaction() as tx:
        tx.put_back([claim], NOW)
    assert (State.QUEUED, 0, [entry_id]) == (
        books.state(NOTICE),
        books.row(NOTICE).attempts,
        due_at(books, NOW),
    )
    (again,) = books.claim(entry_id)
    assert 1 == again.number
    numbered = [(attempt.number, attempt.outcome) for attempt in books.reading.attempts(entry_id)]
    assert [(1, "stopped"), (2, None)] == numbered


def test_a_late_word_about_an_earlier_attempt_does_not_settle_the_one_in_hand(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    (old,) = books.claim(entry_id)
    with books.ledger.transaction() as tx:
        tx.recover(NOW)
    (new,) = books.claim(entry_id)
    with pytest.raises(StaleEntryError):
        books.settle(old, TAKEN)
    with pytest.raises(StaleEntryError), books.ledger.transaction() as tx:
        tx.enter_phase(old.attempt_id, "data")
    assert State.SENDING is books.state(NOTICE)
    assert State.SENT is books.settle(new, TAKEN)


def test_an_entry_that_was_settled_meanwhile_stays_as_it_is(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    (claim,) = books.claim(entry_id)
    books.settle(claim, TAKEN)
    before = (books.row(NOTICE), books.reading.attempts(entry_id), books.reading.journal(entry_id))
    with pytest.raises(StaleEntryError):
        books.settle(claim, Failed("550", 550), NOW + DAY)
    assert before == (books.row(NOTICE), books.reading.attempts(entry_id), books.reading.journal(entry_id))


def test_recovering_queues_what_was_not_begun_and_doubts_what_was(books: Books) -> None:
    certain, doubtful, settled = books.record(a_notice(1), a_notice(2), a_notice(3))
    books.claim(certain)
    (in_data,) = books.claim(doubtful)
    books.offer(settled, TAKEN)
    with books.ledger.transaction() as tx:
        tx.enter_phase(in_data.attempt_id, "data")
    with books.ledger.transaction() as tx:
        assert (1, 1) == tx.recover(NOW + MINUTE)
    assert [State.QUEUED, State.UNKNOWN, State.SENT] == [books.state(a_notice(n)) for n in (1, 2, 3)]
    assert [0, 1, 1] == [books.row(a_notice(n)).attempts for n in (1, 2, 3)]
    assert ["stopped", "unknown"] == [
        books.reading.attempts(entry_id)[-1].outcome for entry_id in (certain, doubtful)
    ]
    assert [certain, doubtful] == due_at(books, NOW + MINUTE)


def test_recovering_twice_finds_nothing_the_second_time(books: Books) -> None:
    books.claim(*books.record(NOTICE))
    with books.ledger.transaction() as tx:
        assert [(1, 0), (0, 0)] == [tx.recover(NOW), tx.recover(NOW)]


def test_a_crash_is_no_way_round_a_rule_that_says_hold(books: Books) -> None:
    (entry_id,) = books.record(replace(NOTICE, on_unknown="hold"))
    (claim,) = books.claim(entry_id)
    with books.ledger.transaction() as tx:
        tx.enter_phase(claim.attempt_id, "data")
        assert (0, 1) == tx.recover(NOW)
    assert State.HELD is books.state(NOTICE)


def test_crashing_again_and_again_sends_no_more_copies_than_silence_would(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    states = []
    for copy in range(MAX_COPIES):
        (claim,) = books.claim(entry_id, at=NOW + copy * DAY)
        with books.ledger.transaction() as tx:
            tx.enter_phase(claim.attempt_id, "data")
            tx.recover(NOW + copy * DAY)
        states.append(books.state(NOTICE))
    assert [State.UNKNOWN, State.UNKNOWN, State.HELD] == states


def test_the_oldest_deadline_goes_first(books: Books) -> None:
    in_three_days, tomorrow, in_two_days = (
        replace(a_notice(n), key=replace(a_notice(n).key, deadline_date=(NOW + days * DAY).date()))
        for n, days in ((1, 3), (2, 1), (3, 2))
    )
    ids = books.record(in_three_days, tomorrow, in_two_days)
    assert [ids[1], ids[2], ids[0]] == due_at(books, NOW)


def test_nothing_is_due_before_its_moment_or_after_its_use(books: Books) -> None:
    notice = replace(NOTICE, send_at=NOW + MINUTE, expires_at=NOW + DAY)
    (entry_id,) = books.record(notice)
    found = [due_at(books, NOW + wait) for wait in (0 * MINUTE, MINUTE, DAY - MINUTE, DAY)]
    assert [[], [entry_id], [entry_id], []] == found


@pytest.mark.parametrize("state", [State.UNKNOWN, State.FAILED])
def test_a_person_may_queue_again_or_confirm(books: Books, state: State) -> None:
    again, confirmed = books.bring_to(state, a_notice(1)), books.bring_to(state, a_notice(2))
    books.apply(again, state, Event.REQUEUE, actor="lis")
    books.apply(confirmed, state, Event.CONFIRM_SENT, actor="lis")
    assert [State.QUEUED, State.SENT] == [books.state(a_notice(n)) for n in (1, 2)]
