"""The ledger's handbook: every table, state and file is in it, and every query in it answers."""

import re
import sqlite3
from pathlib import Path

import pytest

import reminderd.ledger
from reminderd.domain.answers import Reply, Returned
from reminderd.domain.lifecycle import MAX_COPIES, Event, State
from reminderd.domain.outcomes import Unknown
from reminderd.domain.revisions import CalendarName, CalendarPart, Past, next_revision
from reminderd.errors import EXIT_TRY_AGAIN, EXIT_UNAVAILABLE
from reminderd.ledger import schema
from tests.integration.ledger.books import DAY, NOW, Books, a_notice, freeze, wanted

ROOM = Path(reminderd.ledger.__file__).parent
HANDBOOK = (ROOM / "README.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", HANDBOOK, re.DOTALL)


def first_column(section: str) -> set[str]:
    """Return the code words in the first column of a section's table."""
    text = HANDBOOK.split(f"## {section}\n")[1].split("\n## ")[0]
    return {
        word
        for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
        for word in re.findall(r"`(.*?)`", row)
    }


def test_every_table_is_explained_and_no_other() -> None:
    assert {*schema.metadata.tables, "alembic_version"} == first_column("Tables")


def test_every_state_is_explained_and_no_other() -> None:
    assert set(State) == first_column("States")


def test_every_file_is_named_and_no_other() -> None:
    named = set(re.findall(r"^\| `(\w+\.py)`", HANDBOOK, re.MULTILINE))
    assert {path.name for path in ROOM.glob("*.py") if path.name != "__init__.py"} == named


def test_the_numbers_in_it_are_those_of_the_program() -> None:
    assert f"until {MAX_COPIES} copies" in HANDBOOK
    assert f"`LedgerInUseError` (exit {EXIT_TRY_AGAIN})" in HANDBOOK
    assert f"(exit {EXIT_UNAVAILABLE})" in HANDBOOK


@pytest.mark.parametrize("query", QUERIES, ids=[query.split()[1] + str(n) for n, query in enumerate(QUERIES)])
def test_every_query_finds_what_it_is_for(sqlite_books: Books, path: Path, query: str) -> None:
    eventful(sqlite_books)
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        found = connection.execute(query).fetchall()
    finally:
        connection.close()
    assert [] != found


def eventful(books: Books) -> None:
    """Fill a ledger so that every question of the handbook has an answer."""
    for number, state in enumerate(State, start=1):
        books.bring_to(state, a_notice(number))
    (twice,) = books.record(a_notice(20))
    for day in range(2):
        (claim,) = books.claim(twice, at=NOW + day * DAY)
        with books.ledger.transaction() as tx:
            tx.enter_phase(claim.attempt_id, "data")
            tx.settle(claim, Unknown("silence"), NOW + day * DAY)
    books.apply(twice, State.UNKNOWN, Event.CONFIRM_SENT, actor="lis")
    with books.ledger.transaction() as tx:
        tx.record([wanted(a_notice(21))], NOW)
    with books.ledger.transaction() as tx:
        freeze(
            tx,
            books.row(a_notice(21)).entry_id,
            calendar=CalendarPart(
                name=CalendarName("review", "forloeb:f21", "medarbejder:m1", "anne@kommune.example"),
                uid="uid-21@kommune.example",
                organizer="paamindelser@kommune.example",
                revision=next_revision(Past(), "monday", NOW),
                content="{}",
                ends=NOW + 21 * DAY,
            ),
        )
    (claim,) = books.claim(books.row(a_notice(21)).entry_id)
    with books.ledger.transaction() as tx:
        tx.enter_phase(claim.attempt_id, "data")
        reply = Reply(
            uid="uid-21@kommune.example",
            attendee="anne@kommune.example",
            partstat="accepted",
            sequence=0,
            dtstamp=NOW,
        )
        tx.take_reply(reply, NOW)
        tx.take_returned(Returned((claim.message_id,), (), "5.1.1"), NOW)
