"""A calendar entry keeps its UID while its revisions rise, and gets a new one after its end."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from reminderd.domain.revisions import Revision, next_request
from reminderd.errors import LedgerError
from tests.integration.ledger.books import DAY, NOW, Books, a_notice, freeze, wanted

OCCASION = ("review", "forloeb:f1", "medarbejder:m1")


def publish(books: Books, number: int, digest: str, now: datetime, **changes: Any) -> Revision:
    """Record and freeze one notice that carries the occasion's next revision; return the revision."""
    notice = a_notice(number)
    with books.ledger.transaction() as tx:
        tx.record([wanted(notice)], now)
    entry_id = books.row(notice).entry_id
    with books.ledger.transaction() as tx:
        revision = next_request(tx.last_revision(*OCCASION), digest, now)
        values = {"occasion": OCCASION, "uid": f"uid-{revision.generation}@kommune.example"} | changes
        freeze(tx, entry_id, revision=revision, **values)
    return revision


def last(books: Books) -> Revision | None:
    with books.ledger.transaction() as tx:
        found: Revision | None = tx.last_revision(*OCCASION)
    return found


def test_an_occasion_that_was_never_told_has_no_revision(books: Books) -> None:
    assert last(books) is None


def test_the_newest_revision_is_what_the_next_one_is_made_from(books: Books) -> None:
    first = publish(books, 1, "monday", NOW)
    assert first == last(books)
    moved = publish(books, 2, "tuesday", NOW + DAY)
    assert moved == last(books)
    assert [(1, 0), (1, 1)] == [(revision.generation, revision.sequence) for revision in (first, moved)]


def test_the_uid_is_kept_and_the_sequence_rises(books: Books) -> None:
    publish(books, 1, "monday", NOW)
    publish(books, 2, "tuesday", NOW + DAY, uid="another@kommune.example")
    rows = [books.row(a_notice(number)) for number in (1, 2)]
    assert [("uid-1@kommune.example", 0), ("uid-1@kommune.example", 1)] == [
        (row.calendar_uid, row.calendar_sequence) for row in rows
    ]


def test_the_same_content_keeps_its_revision(books: Books) -> None:
    first = publish(books, 1, "monday", NOW)
    assert first == publish(books, 2, "monday", NOW + DAY)


def test_after_a_cancellation_comes_a_new_generation_with_a_new_uid(books: Books) -> None:
    first = publish(books, 1, "monday", NOW)
    cancelled = replace(first, sequence=1, method="CANCEL", dtstamp=NOW + DAY)
    with books.ledger.transaction() as tx:
        tx.record([wanted(a_notice(2))], NOW)
    with books.ledger.transaction() as tx:
        occasion = {"revision": cancelled, "occasion": OCCASION, "uid": "uid-1@kommune.example"}
        freeze(tx, books.row(a_notice(2)).entry_id, **occasion)
    again = publish(books, 3, "monday", NOW + 2 * DAY)
    assert (2, 0, "REQUEST") == (again.generation, again.sequence, again.method)
    assert ["uid-1@kommune.example", "uid-2@kommune.example"] == [
        books.row(a_notice(number)).calendar_uid for number in (2, 3)
    ]
    assert again == last(books)


def test_each_recipient_has_an_entry_of_her_own(books: Books) -> None:
    publish(books, 1, "monday", NOW)
    with books.ledger.transaction() as tx:
        assert tx.last_revision("review", "forloeb:f1", "medarbejder:m2") is None


def test_a_uid_belongs_to_one_entry_for_ever(books: Books) -> None:
    publish(books, 1, "monday", NOW)
    with books.ledger.transaction() as tx:
        tx.record([wanted(a_notice(2))], NOW)
    revision = Revision(generation=1, sequence=0, dtstamp=NOW, method="REQUEST", digest="monday")
    with pytest.raises(LedgerError, match="UID"), books.ledger.transaction() as tx:
        freeze(
            tx,
            books.row(a_notice(2)).entry_id,
            revision=revision,
            occasion=("review", "forloeb:f2", "medarbejder:m1"),
            uid="uid-1@kommune.example",
        )


def test_a_dtstamp_comes_back_as_the_instant_it_was(books: Books) -> None:
    first = publish(books, 1, "monday", datetime(2026, 10, 25, 1, 30, 15, tzinfo=UTC))
    found = last(books)
    assert found is not None
    assert (first.dtstamp, 0) == (found.dtstamp, found.dtstamp.microsecond)
