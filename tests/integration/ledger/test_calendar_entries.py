"""A calendar entry keeps its UID while its revisions rise, and gets a new one after its end."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from reminderd.domain.invitations import Content, Invitation, as_text
from reminderd.domain.notices import Occasion
from reminderd.domain.outcomes import Failed, Unknown
from reminderd.domain.revisions import CalendarName, CalendarPart, Method, Past, Revision, next_revision
from reminderd.errors import LedgerError
from tests.integration.ledger.books import DAY, MINUTE, NOW, TAKEN, TODAY, Books, a_notice, freeze, wanted

NAME = CalendarName("review", "forloeb:f1", "medarbejder:m1", "Anne@kommune.example")
CONTENT = as_text(
    Content(
        Occasion(kind="review", subject="forloeb:f1", starts=date(2026, 6, 1), ends=date(2026, 6, 2)), "Frist"
    )
)


def a_part(revision: Revision, uid: str | None = None, **changes: Any) -> CalendarPart:
    part = CalendarPart(
        name=NAME,
        uid=uid or f"uid-{revision.generation}@kommune.example",
        organizer="paamindelser@kommune.example",
        revision=revision,
        content=CONTENT,
        ends=NOW + 21 * DAY,
    )
    return replace(part, **changes)


def publish(
    books: Books, number: int, digest: str, now: datetime, method: Method = "REQUEST", **changes: Any
) -> Revision:
    """Record and freeze one notice that carries the occasion's next revision; return the revision."""
    notice = a_notice(number)
    with books.ledger.transaction() as tx:
        tx.record([wanted(notice)], now)
    entry_id = books.row(notice).entry_id
    with books.ledger.transaction() as tx:
        part = a_part(
            Revision(generation=0, sequence=0, dtstamp=now, method=method, digest=digest), **changes
        )
        revision = next_revision(tx.past_of(part.name), digest, now, method)
        uid = changes.get("uid", f"uid-{revision.generation}@kommune.example")
        freeze(tx, entry_id, calendar=replace(part, revision=revision, uid=uid))
    return revision


def last(books: Books) -> Revision | None:
    with books.ledger.transaction() as tx:
        found: Revision | None = tx.past_of(NAME).last
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
    publish(books, 1, "monday", NOW)
    publish(books, 2, "monday", NOW + DAY, "CANCEL")
    books.offer(books.row(a_notice(2)).entry_id, TAKEN)
    again = publish(books, 3, "monday", NOW + 2 * DAY)
    assert (2, 0, "REQUEST") == (again.generation, again.sequence, again.method)
    assert ["uid-1@kommune.example", "uid-2@kommune.example"] == [
        books.row(a_notice(number)).calendar_uid for number in (2, 3)
    ]
    assert again == last(books)


def test_a_cancellation_that_was_never_offered_uses_up_no_uid(books: Books) -> None:
    publish(books, 1, "monday", NOW)
    publish(books, 2, "monday", NOW + DAY, "CANCEL")
    again = publish(books, 3, "monday", NOW + 2 * DAY)
    assert (1, 2, "REQUEST") == (again.generation, again.sequence, again.method)


def test_what_is_over_is_followed_by_a_generation_of_its_own(books: Books) -> None:
    publish(books, 1, "monday", NOW)
    ended = publish(books, 2, "tuesday", NOW + 21 * DAY - MINUTE)
    after = publish(books, 3, "monday", NOW + 21 * DAY)
    assert [(1, 1), (2, 0)] == [(one.generation, one.sequence) for one in (ended, after)]


def test_whoever_invited_stays_the_organizer_of_the_generation(books: Books) -> None:
    publish(books, 1, "monday", NOW)
    publish(books, 2, "tuesday", NOW + DAY, organizer="ny@kommune.example")
    with books.ledger.transaction() as tx:
        assert "paamindelser@kommune.example" == tx.past_of(NAME).organizer


def test_generations_are_counted_of_activities_that_are_over(books: Books) -> None:
    dinner = CalendarName("activity", "serie:s1#TH-1700-2w0", "medarbejder:m1", "anne@kommune.example")
    publish(books, 1, "monday", NOW, name=dinner)
    assert {} == books.ledger.knowledge(TODAY, useful_after=NOW).generations
    over = books.ledger.knowledge(TODAY, useful_after=NOW + 21 * DAY)
    assert {("activity", "serie:s1#TH-1700-2w0", "medarbejder:m1"): 1} == over.generations


def test_each_recipient_has_an_entry_of_her_own(books: Books) -> None:
    publish(books, 1, "monday", NOW)
    with books.ledger.transaction() as tx:
        assert Past() == tx.past_of(replace(NAME, recipient_id="medarbejder:m2"))


def test_each_mailbox_has_an_entry_of_its_own(books: Books) -> None:
    publish(books, 1, "monday", NOW)
    deputy = replace(NAME, mailbox="bo@kommune.example")
    with books.ledger.transaction() as tx:
        assert Past(generations=1) == tx.past_of(deputy)
    read_by_her = publish(books, 2, "monday", NOW, name=deputy)
    assert (2, 0) == (read_by_her.generation, read_by_her.sequence)
    assert (1, 0) == ((last(books) or read_by_her).generation, (last(books) or read_by_her).sequence)


def test_a_mailbox_is_the_same_however_it_is_written(books: Books) -> None:
    first = publish(books, 1, "monday", NOW)
    with books.ledger.transaction() as tx:
        assert first == tx.past_of(replace(NAME, mailbox="anne@KOMMUNE.example")).last


def test_a_uid_belongs_to_one_entry_for_ever(books: Books) -> None:
    publish(books, 1, "monday", NOW)
    with books.ledger.transaction() as tx:
        tx.record([wanted(a_notice(2))], NOW)
    revision = Revision(generation=1, sequence=0, dtstamp=NOW, method="REQUEST", digest="monday")
    other = a_part(revision, name=replace(NAME, subject="forloeb:f2"))
    with pytest.raises(LedgerError, match="UID"), books.ledger.transaction() as tx:
        freeze(tx, books.row(a_notice(2)).entry_id, calendar=other)


def told(books: Books, after: datetime | None = None) -> list[Invitation]:
    known = books.ledger.knowledge(TODAY, useful_after=after)
    return list(known.invitations)


def test_an_invitation_is_told_once_it_may_have_arrived(books: Books) -> None:
    publish(books, 1, "monday", NOW)
    (invitation,) = told(books)
    assert invitation.told is None
    (claim,) = books.claim(books.row(a_notice(1)).entry_id)
    with books.ledger.transaction() as tx:
        tx.enter_phase(claim.attempt_id, "data")
    (invitation,) = told(books)
    assert (True, "REQUEST", "Frist") == (
        invitation.carriers[0].heard,
        invitation.carriers[0].method,
        invitation.carriers[0].content.shown,
    )
    books.settle(claim, Failed("550 no such user", 550))
    (invitation,) = told(books)
    assert (False, False) == (invitation.carriers[0].heard, invitation.carriers[0].begun)


def test_what_may_have_arrived_counts_as_told(books: Books) -> None:
    publish(books, 1, "monday", NOW)
    books.offer(books.row(a_notice(1)).entry_id, Unknown("line died after the dot"))
    (invitation,) = told(books)
    assert invitation.told == invitation.carriers[0]


def test_what_a_notice_left_in_another_mailbox_is_told_there_and_not_in_the_new_one(books: Books) -> None:
    publish(books, 1, "monday", NOW)
    number = books.row(a_notice(1)).entry_id
    books.offer(number, Unknown("line died after the dot"))
    elsewhere = replace(a_notice(1).recipient, mail="bo@kommune.example")
    with books.ledger.transaction() as tx:
        tx.leave_behind(number, elsewhere, "moved", NOW)
        part = a_part(Revision(generation=2, sequence=0, dtstamp=NOW, method="REQUEST", digest="monday"))
        name = replace(NAME, mailbox="bo@kommune.example")
        freeze(tx, number, calendar=replace(part, name=name))
    left, new = sorted(told(books), key=lambda one: one.generation)
    assert ("anne@kommune.example", "bo@kommune.example") == (left.mailbox.lower(), new.mailbox)
    assert (True, False) == (left.told is not None, new.told is not None)
    books.offer(number, TAKEN, NOW + 5 * MINUTE)
    assert [True, True] == [one.told is not None for one in told(books)]
    assert [] == told(books, NOW + 21 * DAY)


def test_what_is_over_is_not_asked_about_any_more(books: Books) -> None:
    publish(books, 1, "monday", NOW)
    assert 1 == len(told(books, NOW + 21 * DAY - MINUTE))
    assert [] == told(books, NOW + 21 * DAY)


def test_a_newer_revision_waits_while_an_older_one_is_in_doubt(books: Books) -> None:
    publish(books, 1, "monday", NOW)
    older, newer = books.row(a_notice(1)).entry_id, None
    books.offer(older, Unknown("line died after the dot"))
    publish(books, 2, "tuesday", NOW + MINUTE)
    newer = books.row(a_notice(2)).entry_id
    assert [] == books.claim(newer, at=NOW + 5 * MINUTE)
    books.offer(older, TAKEN, NOW + 5 * MINUTE)
    assert [newer] == [claim.entry_id for claim in books.claim(newer, at=NOW + 6 * MINUTE)]


def test_a_dtstamp_comes_back_as_the_instant_it_was(books: Books) -> None:
    first = publish(books, 1, "monday", datetime(2026, 10, 25, 1, 30, 15, tzinfo=UTC))
    found = last(books)
    assert found is not None
    assert (first.dtstamp, 0) == (found.dtstamp, found.dtstamp.microsecond)
