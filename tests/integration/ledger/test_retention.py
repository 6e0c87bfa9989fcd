"""What was sent and noted goes when it has been kept long enough; what is still needed stays."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from reminderd.domain.lifecycle import State
from reminderd.domain.revisions import CalendarName, CalendarPart, Revision
from reminderd.ledger import Purged, Retention, verify_journal
from tests.integration.ledger.books import DAY, NOW, TAKEN, Books, a_notice, freeze, wanted

KEPT = Retention(text_days=14)
SECRET_WORD = b"Skoleskolden"
NAME = CalendarName("review", "forloeb:f1", "medarbejder:m1", "anne@kommune.example")


def purge(books: Books, days: int, kept: Retention = KEPT, **more: object) -> Purged:
    with books.ledger.transaction() as tx:
        found = tx.purge(kept, NOW + days * DAY, **more)
    assert isinstance(found, Purged)
    return found


def texts(books: Books) -> int:
    with books.ledger._engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM message WHERE raw IS NOT NULL").scalar()
    return int(found or 0)


@pytest.mark.parametrize(("days", "left"), [(13, 1), (14, 0), (100, 0)])
def test_the_text_of_what_was_sent_goes_after_its_days(sqlite_books: Books, days: int, left: int) -> None:
    sqlite_books.bring_to(State.SENT, a_notice())
    purge(sqlite_books, days)
    assert (left, State.SENT) == (texts(sqlite_books), sqlite_books.state(a_notice()))


@pytest.mark.parametrize(
    ("state", "left"),
    [
        (State.QUEUED, 1),
        (State.DEFERRED, 1),
        (State.HELD, 1),
        (State.UNKNOWN, 1),
        (State.SENDING, 1),
        (State.FAILED, 1),
        (State.WITHDRAWN, 1),
        (State.LAPSED, 0),
        (State.SENT, 0),
    ],
)
def test_what_may_still_be_offered_keeps_its_text(sqlite_books: Books, state: State, left: int) -> None:
    sqlite_books.bring_to(state, a_notice())  # useful for three weeks
    purge(sqlite_books, 20)
    assert left == texts(sqlite_books)


@pytest.mark.parametrize("state", [State.FAILED, State.WITHDRAWN])
def test_what_is_of_no_use_any_more_cannot_come_back_and_goes(sqlite_books: Books, state: State) -> None:
    sqlite_books.bring_to(state, a_notice())
    purge(sqlite_books, 22)
    assert 0 == texts(sqlite_books)


@pytest.mark.parametrize(("days", "left"), [(20, 1), (21 + 13, 1), (21 + 14, 0)])
def test_what_a_calendar_shows_is_kept_until_it_is_over(sqlite_books: Books, days: int, left: int) -> None:
    with sqlite_books.ledger.transaction() as tx:
        tx.record([wanted(a_notice())], NOW)
        revision = Revision(generation=1, sequence=0, dtstamp=NOW, method="REQUEST", digest="d")
        part = CalendarPart(
            name=NAME,
            uid="u",
            organizer="paamindelser@kommune.example",
            revision=revision,
            content="{}",
            ends=NOW + 21 * DAY,
        )
        freeze(tx, 1, calendar=part)
    sqlite_books.offer(1, TAKEN)
    purge(sqlite_books, days)
    with sqlite_books.ledger._engine.connect() as connection:
        kept = connection.exec_driver_sql(
            "SELECT count(*) FROM message WHERE calendar_content IS NOT NULL"
        ).scalar()
    assert left == kept


def test_one_cases_texts_go_at_once_and_no_others(sqlite_books: Books) -> None:
    sqlite_books.bring_to(State.SENT, a_notice(1))
    sqlite_books.bring_to(State.SENT, a_notice(2))
    sqlite_books.bring_to(State.QUEUED, a_notice(3, sagsnr="2026-0001"))
    assert Purged(1, 0, 0) == purge(sqlite_books, 0, sagsnr="2026-0001", actor="anne", dry_run=True)
    assert 3 == texts(sqlite_books)
    assert Purged(1, 0, 0) == purge(sqlite_books, 0, sagsnr="2026-0001", actor="anne")
    assert 2 == texts(sqlite_books)


def test_what_was_purged_is_nowhere_in_the_ledgers_files(sqlite_books: Books, path: Path) -> None:
    with sqlite_books.ledger.transaction() as tx:
        tx.record([wanted(a_notice())], NOW)
        freeze(tx, 1, raw=b"Subject: x\r\n\r\n" + SECRET_WORD * 2000)
    sqlite_books.offer(1, TAKEN)
    files = [path, path.with_name("ledger.db-wal")]
    assert any(SECRET_WORD in file.read_bytes() for file in files)
    purge(sqlite_books, 14)
    assert sqlite_books.ledger.empty_wal()
    assert [] == [file.name for file in files if SECRET_WORD in file.read_bytes()]
    assert 0 == files[1].stat().st_size


def test_what_was_purged_while_somebody_reads_it_is_known_to_be_there_still(sqlite_books: Books) -> None:
    event.listen(sqlite_books.ledger._engine, "checkout", _wait_for_nobody)
    sqlite_books.bring_to(State.SENT, a_notice(1))
    with sqlite_books.reading.asking() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM message")
        purge(sqlite_books, 14)
        assert not sqlite_books.ledger.empty_wal()
    assert sqlite_books.ledger.empty_wal()


def _wait_for_nobody(connection: Any, *_: object) -> None:
    connection.execute("PRAGMA busy_timeout = 0")


def test_the_chain_survives_a_purge_of_the_journal_and_still_finds_a_gap(
    sqlite_books: Books, path: Path
) -> None:
    mark = path.with_name("ledger.db.mark")
    for number in range(1, 6):
        sqlite_books.bring_to(State.SENT, a_notice(number))
    kept = Retention(text_days=14, journal_days=30)
    assert Purged(0, 0, 0) == purge(sqlite_books, 10, kept)
    purged = purge(sqlite_books, 31, kept)
    assert (5, 14) == (purged.texts, purged.lines)
    sqlite_books.ledger.leave_mark(NOW)
    found = verify_journal(sqlite_books.reading, mark)
    assert ((), 3) == (found.findings, found.lines)  # the last old line bears the chain on
    sqlite_books.bring_to(State.SENT, a_notice(9))
    assert () == verify_journal(sqlite_books.reading, mark).findings
    with sqlite_books.ledger._engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER journal_no_delete")
        first = connection.exec_driver_sql("SELECT min(id) FROM journal").scalar_one()
        connection.exec_driver_sql("DELETE FROM journal WHERE id = ?", (first,))
    assert "are missing" in " ".join(verify_journal(sqlite_books.reading, mark).findings)


@pytest.mark.parametrize("kept", [KEPT, Retention(text_days=1, journal_days=1)])
def test_a_ledger_in_which_nothing_happened_yet_has_nothing_to_let_go(
    sqlite_books: Books, kept: Retention
) -> None:
    assert Purged(0, 0, 0) == purge(sqlite_books, 0, kept)
    assert Purged(0, 0, 0) == purge(sqlite_books, 400, kept)


def test_lines_about_what_is_still_open_are_kept_however_old(sqlite_books: Books) -> None:
    sqlite_books.bring_to(State.QUEUED, a_notice(1))
    sqlite_books.bring_to(State.SENT, a_notice(2))
    assert 0 == purge(sqlite_books, 400, Retention(text_days=14, journal_days=30)).lines
