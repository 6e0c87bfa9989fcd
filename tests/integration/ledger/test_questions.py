"""What can be asked of a ledger: what is known, what is open, how it stands."""

from dataclasses import replace

from reminderd.domain.lifecycle import State
from reminderd.status import show, status_of
from tests.integration.ledger.books import DAY, MINUTE, NOW, TAKEN, TODAY, Books, a_notice

EACH = {state: a_notice(number) for number, state in enumerate(State, start=1)}


def one_of_each(books: Books) -> dict[State, int]:
    return {state: books.bring_to(state, notice) for state, notice in EACH.items()}


def test_knowledge_is_every_key_with_its_state(books: Books) -> None:
    one_of_each(books)
    wanted = {str(notice.key): state for state, notice in EACH.items()}
    assert wanted == books.ledger.knowledge(TODAY).states
    assert wanted == books.reading.knowledge(TODAY).states


def test_knowledge_may_be_limited_to_what_could_still_matter(books: Books) -> None:
    over = replace(a_notice(2), key=replace(a_notice(2).key, deadline_date=TODAY), expires_at=NOW + DAY)
    books.record(a_notice(1), over)
    found = [
        set(books.ledger.knowledge(TODAY, useful_after=NOW + wait).states) for wait in (DAY - MINUTE, DAY)
    ]
    assert [{str(a_notice(1).key), str(over.key)}, {str(a_notice(1).key)}] == found


def test_a_told_stage_is_known_as_long_as_its_deadline_is_ahead(books: Books) -> None:
    short = replace(a_notice(1), expires_at=NOW + DAY)
    books.record(short)
    assert {str(short.key)} == set(books.ledger.knowledge(TODAY, useful_after=NOW + DAY).states)


def test_a_told_end_that_people_enter_is_known_for_good(books: Books) -> None:
    key = replace(a_notice(1).key, deadline_kind="planned_end", deadline_date=TODAY)
    ended = replace(a_notice(1), key=key, expires_at=NOW + DAY)
    books.record(ended)
    assert {str(key)} == set(books.ledger.knowledge(TODAY, useful_after=NOW + 900 * DAY).states)


def test_the_day_on_which_an_end_was_told_is_known_as_long_as_an_overview_may_say_it(books: Books) -> None:
    key = replace(a_notice(1).key, deadline_kind="course_end", deadline_date=TODAY)
    books.bring_to(State.SENT, replace(a_notice(1), key=key))
    books.bring_to(State.SENT, a_notice(2))
    books.bring_to(State.QUEUED, replace(a_notice(3), key=replace(key, subject="forloeb:f3")))
    told = {str(key): TODAY}
    assert told == books.ledger.knowledge(TODAY, useful_after=NOW).receipts
    assert told == books.reading.knowledge(TODAY).receipts
    assert {} == books.ledger.knowledge(TODAY, useful_after=NOW + 22 * DAY).receipts


def test_the_previous_run_is_remembered(books: Books) -> None:
    assert books.ledger.previous_run() is None
    for at in (NOW, NOW + DAY):
        with books.ledger.transaction() as tx:
            tx.finished_run(at)
        assert [at, at] == [books.ledger.previous_run(), books.reading.previous_run()]


def test_open_is_what_has_not_settled_and_is_not_in_hand(books: Books) -> None:
    ids = one_of_each(books)
    waiting = (State.QUEUED, State.DEFERRED, State.HELD, State.UNKNOWN)
    found = {entry.entry_id: entry for entry in books.ledger.open_entries()}
    assert {ids[state]: state for state in waiting} == {
        number: entry.state for number, entry in found.items()
    }
    entry, notice = found[ids[State.HELD]], EACH[State.HELD]
    assert (str(notice.key), "review-plan", notice.key.subject, notice.expires_at) == (
        entry.key,
        entry.rule,
        entry.subject,
        entry.expires_at,
    )


def test_counts_are_by_rule_and_state(books: Books) -> None:
    other = replace(a_notice(9), key=replace(a_notice(9).key, rule="exit-90-days"))
    books.record(a_notice(1), a_notice(2), other)
    books.bring_to(State.SENT, a_notice(3))
    wanted = [("exit-90-days", "queued", 1), ("review-plan", "queued", 2), ("review-plan", "sent", 1)]
    assert wanted == books.reading.counts()


def test_the_oldest_unsent_is_the_open_entry_that_has_waited_longest(books: Books) -> None:
    assert books.reading.oldest_unsent() is None
    oldest, old, new = (replace(a_notice(n), send_at=NOW + n * MINUTE) for n in (1, 2, 3))
    first, _, _ = books.record(oldest, old, new)
    books.offer(first, TAKEN)
    assert str(old.key) == books.reading.oldest_unsent().key


def test_an_entry_is_found_by_its_key_or_by_part_of_it(books: Books) -> None:
    books.record(a_notice(1), a_notice(11))
    exact = [row.key for row in books.reading.find(str(a_notice(1).key))]
    part = [row.key for row in books.reading.find("FORLOEB:f1")]
    assert [str(a_notice(1).key)] == exact
    assert [str(a_notice(1).key), str(a_notice(11).key)] == part
    assert [] == books.reading.find("forloeb:%")


def test_what_was_sent_in_a_stretch_of_time_can_be_listed(books: Books) -> None:
    ids = books.record(a_notice(1), a_notice(2), a_notice(3))
    for day, entry_id in enumerate(ids):
        books.offer(entry_id, TAKEN, NOW + day * DAY)
    found = books.reading.sent_between(NOW, NOW + DAY)
    assert [str(a_notice(1).key), str(a_notice(2).key)] == [row.key for row in found]


def test_the_operators_answers_are_made_of_it(books: Books) -> None:
    one_of_each(books)
    assert dict.fromkeys(map(str, State), 1) == status_of(books.reading).by_state
    (shown,) = show(books.reading, str(EACH[State.SENT].key))
    assert ["record", "claim", "accepted"] == [line["event"] for line in shown["journal"]]
    assert [250] == [attempt["code"] for attempt in shown["attempts"]]
