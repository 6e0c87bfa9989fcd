"""What is wanted is entered once; what was withdrawn comes back; what was missed is accounted for."""

from dataclasses import replace
from datetime import date

import pytest

from reminderd.domain.lifecycle import Event, State
from reminderd.domain.notices import Recipient
from reminderd.domain.outcomes import Deferred, Unknown
from reminderd.domain.reconcile import Retraction
from reminderd.errors import LedgerError
from tests.integration.ledger.books import DAY, NOW, TODAY, Books, a_notice, freeze, wanted

NOTICE = a_notice()


class DiskFullError(Exception):
    """Stands for anything that goes wrong inside a transaction."""


def test_a_notice_is_recorded_once_however_often_it_is_wanted(books: Books) -> None:
    with books.ledger.transaction() as tx:
        first = tx.record([wanted(NOTICE), wanted(NOTICE), wanted(a_notice(2))], NOW)
    with books.ledger.transaction() as tx:
        second = tx.record([wanted(NOTICE), wanted(a_notice(3))], NOW + DAY)
    assert (2, 1) == (first, second)
    assert [("review-plan", "queued", 3)] == books.reading.counts()


def test_an_entry_says_what_the_notice_says(books: Books) -> None:
    deputy = replace(NOTICE.recipient, mail="bo@kommune.example", deputy_for="m1")
    books.record(replace(NOTICE, recipient=deputy))
    row = books.row(NOTICE)
    assert ("review", date(2026, 6, 1), "plan") == (row.deadline_kind, row.deadline_date, row.stage)
    assert ("2026-0001", "sagsbehandler", "medarbejder:m1") == (
        row.sagsnr,
        row.recipient_role,
        row.recipient_id,
    )
    assert ("bo@kommune.example", "m1") == (row.recipient_mail, row.deputy_for)
    assert (NOTICE.send_at, NOTICE.expires_at, "wanted: forloeb:f1") == (
        row.send_at,
        row.expires_at,
        row.reason,
    )


@pytest.mark.parametrize("state", [state for state in State if state is not State.WITHDRAWN])
def test_recording_again_leaves_an_entry_where_it_is(books: Books, state: State) -> None:
    books.bring_to(state, NOTICE)
    before = books.row(NOTICE)
    with books.ledger.transaction() as tx:
        assert 0 == tx.record([wanted(NOTICE), wanted(NOTICE, again=True)], NOW + DAY)
    assert before == books.row(NOTICE)


@pytest.mark.parametrize("again", [True, False])
def test_a_withdrawn_notice_is_reinstated_when_it_is_wanted_again(books: Books, again: bool) -> None:
    entry_id = books.bring_to(State.WITHDRAWN, NOTICE)
    with books.ledger.transaction() as tx:
        assert 1 == tx.record([wanted(NOTICE, again=again)], NOW + DAY)
    assert State.QUEUED is books.state(NOTICE)
    assert ["record", "withdraw", "reinstate"] == [line.event for line in books.reading.journal(entry_id)]


def test_a_reinstated_notice_is_made_anew_as_it_is_wanted_today(books: Books) -> None:
    books.bring_to(State.WITHDRAWN, NOTICE)
    deputy = Recipient(
        role="sagsbehandler", holder="medarbejder:m1", mail="bo@kommune.example", deputy_for="m1"
    )
    today = replace(NOTICE, recipient=deputy, send_at=NOW + DAY, expires_at=NOW + 30 * DAY)
    with books.ledger.transaction() as tx:
        tx.record([wanted(today, again=True)], NOW + DAY)
    (due,) = books.ledger.due(NOW + DAY)
    assert not due.composed
    row = books.row(NOTICE)
    assert ("bo@kommune.example", "m1", NOW + DAY, NOW + 30 * DAY) == (
        row.recipient_mail,
        row.deputy_for,
        row.send_at,
        row.expires_at,
    )


def test_a_reinstated_notice_whose_text_the_relay_refused_goes_where_its_mail_goes_now(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    (claim,) = books.claim(entry_id)
    with books.ledger.transaction() as tx:
        tx.enter_phase(claim.attempt_id, "data")
        tx.settle(claim, Deferred("451 at the dot", 451), NOW)
    books.retract(entry_id, State.DEFERRED)
    elsewhere = replace(NOTICE.recipient, mail="bo@kommune.example")
    with books.ledger.transaction() as tx:
        tx.record([wanted(replace(NOTICE, recipient=elsewhere), again=True)], NOW + DAY)
    row = books.row(NOTICE)
    assert (None, "bo@kommune.example") == (row.message_id, row.recipient_mail)


def test_what_was_missed_is_entered_as_lapsed(books: Books) -> None:
    decision = replace(wanted(NOTICE), kind="skip", cause="superseded", reason="overtaken")
    with books.ledger.transaction() as tx:
        assert (1, 0) == (tx.record_missed([decision], NOW), tx.record_missed([decision], NOW))
    assert State.LAPSED is books.state(NOTICE)
    (line,) = books.reading.journal(books.row(NOTICE).entry_id)
    assert (NOW, "reminderd", "record", None, "lapsed", "overtaken") == (
        line.at,
        line.actor,
        line.event,
        line.from_state,
        line.to_state,
        line.reason,
    )


def test_a_transaction_that_fails_leaves_nothing_behind(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    before = (books.reading.counts(), books.row(NOTICE), books.reading.journal(entry_id))

    def everything_and_then_trouble() -> None:
        with books.ledger.transaction() as tx:
            tx.note_rules(["review-plan"], TODAY)
            tx.record([wanted(a_notice(2))], NOW)
            tx.apply([(entry_id, State.QUEUED)], Event.HOLD, "by hand", NOW)
            tx.finished_run(NOW)
            raise DiskFullError

    with pytest.raises(DiskFullError):
        everything_and_then_trouble()
    assert before == (books.reading.counts(), books.row(NOTICE), books.reading.journal(entry_id))
    assert (None, {}) == (books.ledger.previous_run(), dict(books.ledger.knowledge(TODAY).since))


def test_several_pieces_of_work_share_one_transaction_and_each_gets_its_result(books: Books) -> None:
    results = books.ledger.write_all(
        [lambda tx: tx.record([wanted(NOTICE)], NOW), lambda tx: tx.recover(NOW), lambda _tx: "third"]
    )
    assert [1, (0, 0), "third"] == results


def test_one_failing_piece_undoes_the_pieces_beside_it(books: Books) -> None:
    def fails(_tx: object) -> None:
        raise DiskFullError

    with pytest.raises(DiskFullError):
        books.ledger.write_all([lambda tx: tx.record([wanted(NOTICE)], NOW), fails])
    assert [] == books.reading.counts()


def test_the_first_day_of_a_rule_is_kept(books: Books) -> None:
    with books.ledger.transaction() as tx:
        tx.note_rules(["review-plan"], TODAY)
    with books.ledger.transaction() as tx:
        tx.note_rules(["review-plan", "exit-90-days"], TODAY + DAY)
    known = books.ledger.knowledge(TODAY + 9 * DAY)
    assert [TODAY, TODAY + DAY, TODAY + 9 * DAY] == [
        known.in_force_since(rule) for rule in ("review-plan", "exit-90-days", "never-seen")
    ]


def test_until_its_bytes_are_frozen_an_entry_goes_where_the_mail_goes_today(books: Books) -> None:
    with books.ledger.transaction() as tx:
        tx.record([wanted(NOTICE)], NOW)
    (due,) = books.ledger.due(NOW)
    deputy = replace(NOTICE.recipient, mail="bo@kommune.example", deputy_for="m1")
    with books.ledger.transaction() as tx:
        tx.readdress(due.entry_id, deputy)
        freeze(tx, due.entry_id)
    (again,) = books.ledger.due(NOW)
    (claim,) = books.claim(due.entry_id)
    assert ["anne@kommune.example", "bo@kommune.example", "bo@kommune.example"] == [
        due.recipient_mail,
        again.recipient_mail,
        claim.recipient_mail,
    ]
    assert "m1" == books.row(NOTICE).deputy_for


def test_once_its_bytes_are_frozen_an_entry_goes_where_they_say(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    with pytest.raises(LedgerError, match="goes where its bytes say"), books.ledger.transaction() as tx:
        tx.readdress(entry_id, replace(NOTICE.recipient, mail="bo@kommune.example"))
    assert "anne@kommune.example" == books.row(NOTICE).recipient_mail


def test_bytes_are_frozen_once(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    with pytest.raises(LedgerError, match="frozen already"), books.ledger.transaction() as tx:
        freeze(tx, entry_id, message_id="<other@kommune.example>", raw=b"other")
    (claim,) = books.claim(entry_id)
    assert (f"<{entry_id}@kommune.example>", f"Subject: {entry_id}\r\n\r\nHej\r\n".encode()) == (
        claim.message_id,
        claim.raw,
    )


def test_what_is_due_says_whether_it_was_written_and_whether_it_may_have_been_heard(books: Books) -> None:
    with books.ledger.transaction() as tx:
        tx.record([wanted(a_notice(number)) for number in (1, 2, 3, 4)], NOW)
        for entry_id in (2, 3, 4):
            freeze(tx, entry_id)
    for entry_id, outcome in ((3, Deferred("450 before the text", 450)), (4, Unknown("silence"))):
        books.offer(entry_id, outcome)
    assert [(False, False), (True, False), (True, False), (True, True)] == [
        (due.composed, due.begun) for due in books.ledger.due(NOW + DAY)
    ]


@pytest.mark.parametrize("state", [State.QUEUED, State.DEFERRED, State.HELD])
def test_bytes_that_nobody_heard_can_be_made_anew_under_the_same_message_id(
    books: Books, state: State
) -> None:
    entry_id = books.bring_to(state, NOTICE)
    deputy = replace(NOTICE.recipient, mail="bo@kommune.example", deputy_for="m1")
    with books.ledger.transaction() as tx:
        tx.unfreeze(entry_id)
        tx.readdress(entry_id, deputy)
        freeze(tx, entry_id, raw=b"anew")
    if state is State.HELD:
        books.apply(entry_id, state, Event.RELEASE)
    (claim,) = books.claim(entry_id, at=NOW + DAY)
    assert (b"anew", "bo@kommune.example", f"<{entry_id}@kommune.example>") == (
        claim.raw,
        claim.recipient_mail,
        claim.message_id,
    )


def test_bytes_that_somebody_may_have_are_never_forgotten(books: Books) -> None:
    in_hand, refused, unknown, crashed = books.record(*(a_notice(number) for number in (1, 2, 3, 4)))
    books.claim(in_hand)
    (crashing,) = books.claim(crashed)
    books.offer(unknown, Unknown("silence"))
    with books.ledger.transaction() as tx:
        tx.enter_phase(crashing.attempt_id, "data")
    for entry_id in (in_hand, unknown, crashed):
        with pytest.raises(LedgerError, match="once begun"), books.ledger.transaction() as tx:
            tx.unfreeze(entry_id)
    assert all(books.row(a_notice(number)).message_id for number in (1, 2, 3, 4))
    # What the relay refused in so many words is nobody's, on whichever side of the dot it said so.
    (claim,) = books.claim(refused)
    with books.ledger.transaction() as tx:
        tx.enter_phase(claim.attempt_id, "data")
    books.settle(claim, Deferred("451 at the dot", 451))
    with books.ledger.transaction() as tx:
        tx.unfreeze(refused)
    assert books.row(a_notice(2)).message_id is None


def test_a_mailbox_that_is_no_longer_the_readers_is_left_behind_with_what_it_may_have(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    books.offer(entry_id, Unknown("silence"))
    elsewhere = replace(NOTICE.recipient, mail="bo@kommune.example")
    with books.ledger.transaction() as tx:
        tx.leave_behind(entry_id, elsewhere, "moved", NOW)
    row = books.row(NOTICE)
    assert (None, "bo@kommune.example", "unknown") == (row.message_id, row.recipient_mail, row.state)
    last = books.reading.journal(entry_id)[-1]
    assert ("written_anew", "moved") == (last.event, last.reason)
    with pytest.raises(LedgerError, match="no bytes"), books.ledger.transaction() as tx:
        tx.leave_behind(entry_id, elsewhere, "moved", NOW)


def test_there_is_nothing_to_forget_before_bytes_are_frozen(books: Books) -> None:
    with books.ledger.transaction() as tx:
        tx.record([wanted(NOTICE)], NOW)
    with pytest.raises(LedgerError, match="has no bytes"), books.ledger.transaction() as tx:
        tx.unfreeze(books.row(NOTICE).entry_id)


def test_two_entries_never_share_a_message_id(books: Books) -> None:
    (entry_id,) = books.record(NOTICE)
    with books.ledger.transaction() as tx:
        tx.record([wanted(a_notice(2))], NOW)
    other = books.row(a_notice(2)).entry_id
    with pytest.raises(LedgerError, match="frozen already"), books.ledger.transaction() as tx:
        freeze(tx, other, message_id=f"<{entry_id}@kommune.example>")


def test_retracting_gives_each_entry_its_own_reason(books: Books) -> None:
    first, second = books.record(NOTICE, a_notice(2))
    retractions = [Retraction(first, False, "closed on 2026-05-10"), Retraction(second, True, "too late")]
    with books.ledger.transaction() as tx:
        tx.retract(retractions, dict.fromkeys((first, second), State.QUEUED), NOW)
    assert ("withdrawn", "closed on 2026-05-10") == (books.row(NOTICE).state, books.row(NOTICE).reason)
    assert ("lapsed", "too late") == (books.row(a_notice(2)).state, books.row(a_notice(2)).reason)


@pytest.mark.parametrize("sagsnr", ["2026-0001", None])
def test_whoever_was_told_at_another_stage_has_missed_nothing_with_a_case_or_without(
    books: Books, sagsnr: str | None
) -> None:
    early = a_notice(1, sagsnr=sagsnr)
    late = replace(early, key=replace(early.key, stage="overdue"))
    with books.ledger.transaction() as tx:
        tx.record_missed([wanted(early)], NOW)
    assert ["lapsed"] == [one.why for one in books.ledger.knowledge(TODAY).unsent]
    books.bring_to(State.SENT, late)
    assert () == books.ledger.knowledge(TODAY).unsent
