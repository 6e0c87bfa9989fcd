"""Silences in either ledger: begun, known while they matter, ended, never removed."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import reminderd.ledger
from reminderd.domain.silences import Silence, SilenceKind
from reminderd.errors import LedgerError
from reminderd.ledger import create_or_open, open_for_reading
from tests.integration.ledger.books import DAY, NOW, TODAY, Books, a_notice

UNTIL = TODAY + timedelta(days=3)


def begin(books: Books, kind: SilenceKind = "case", target: str = "2026-0001") -> int:
    with books.ledger.transaction() as tx:
        return int(tx.silence(kind, target, UNTIL, reason="aftalt", author="anne", at=NOW))


def test_a_silence_is_known_from_the_next_question_on(books: Books) -> None:
    number = begin(books)
    wanted = Silence(
        silence_id=number,
        kind="case",
        target="2026-0001",
        until=UNTIL,
        author="anne",
        reason="aftalt",
        created_at=NOW,
    )
    assert (wanted,) == books.ledger.knowledge(TODAY).silences == books.reading.knowledge(TODAY).silences
    assert [wanted] == books.reading.silences()


def test_an_ended_silence_is_known_until_a_run_has_seen_that_it_is_over(books: Books) -> None:
    number = begin(books)
    with books.ledger.transaction() as tx:
        tx.finished_run(NOW)
        tx.end_silence(number, author="bo", at=NOW + DAY)
    (known,) = books.ledger.knowledge(TODAY).silences
    assert (NOW + DAY, "bo") == (known.ended_at, known.ended_by)
    with books.ledger.transaction() as tx:
        tx.finished_run(NOW + DAY)
    assert () == books.ledger.knowledge(TODAY).silences
    assert [known] == books.reading.silences()


@pytest.mark.parametrize(("run_after", "count"), [(3, 1), (4, 0)])
def test_a_silence_whose_day_has_passed_is_forgotten_after_the_next_run(
    books: Books, run_after: int, count: int
) -> None:
    begin(books)
    with books.ledger.transaction() as tx:
        tx.finished_run(NOW + run_after * DAY)
    assert count == len(books.ledger.knowledge(TODAY).silences)


def test_only_a_silence_in_force_can_be_ended(books: Books) -> None:
    number = begin(books)
    with books.ledger.transaction() as tx:
        tx.end_silence(number, author="bo", at=NOW)
    for wrong in (number, number + 1):
        with pytest.raises(LedgerError, match="in force"), books.ledger.transaction() as tx:
            tx.end_silence(wrong, author="bo", at=NOW)
    late = begin(books)
    with pytest.raises(LedgerError, match="in force"), books.ledger.transaction() as tx:
        tx.end_silence(late, author="bo", at=NOW + 4 * DAY)


def test_beginning_and_ending_stand_in_the_journal_with_author_and_reason(
    sqlite_books: Books, path: Path
) -> None:
    number = begin(sqlite_books)
    with sqlite_books.ledger.transaction() as tx:
        tx.end_silence(number, author="bo", at=NOW + DAY)
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT actor, event, reason FROM journal ORDER BY id").fetchall()
    connection.close()
    assert [
        ("anne", "silence", f"{number}: case 2026-0001 until {UNTIL}: aftalt"),
        ("bo", "end_silence", f"{number} ended"),
    ] == rows


def ledger_of_version_0001(path: Path) -> None:
    config = Config()
    folder = Path(reminderd.ledger.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO installation VALUES (1, x'00ff', '2026-05-01T06:00:00.000000Z', NULL)"
        )
        moment, late = "2026-05-11T06:00:00.000000Z", "2026-06-01T00:00:00.000000Z"
        who = ("2026-0001", "sagsbehandler", "medarbejder:m1", "a@kommune.example", None)
        facts = ("k", "r", "forloeb:f1", "review", "2026-06-01", "s", "t", None, *who, "mail", "resend")
        state = ("2026-05-11", moment, late, "queued", "due", 0, None, moment, moment)
        places = ", ".join("?" * (1 + len(facts) + len(state)))
        connection.exec_driver_sql(f"INSERT INTO entry VALUES ({places})", (1, *facts, *state))  # noqa: S608
        connection.exec_driver_sql("INSERT INTO rule_start VALUES ('r', '2026-01-01')")
    engine.dispose()


def test_a_ledger_of_version_0001_keeps_all_it_holds_and_can_be_silent(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger_of_version_0001(path)
    with pytest.raises(LedgerError, match="version 0001"):
        open_for_reading(f"sqlite:///{path}")
    ledger = create_or_open(f"sqlite:///{path}", NOW)
    reading = open_for_reading(f"sqlite:///{path}")
    assert reading is not None
    (row,) = reading.find("")
    assert ("k", "queued", "2026-0001") == (row.key, row.state, row.sagsnr)
    assert b"\x00\xff" == ledger.secret
    begin(Books(ledger, reading))
    known = ledger.knowledge(TODAY)
    assert ({"k": "queued"}, 1) == (known.states, len(known.silences))
    ledger.close()


def test_the_entries_of_one_case_are_found_by_its_number(books: Books) -> None:
    books.record(a_notice(1), a_notice(11))
    assert [str(a_notice(1).key)] == [row.key for row in books.reading.of_case("2026-0001")]
