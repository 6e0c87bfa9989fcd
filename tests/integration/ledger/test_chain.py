"""The journal is a chain: any line edited, taken out or moved is found, and SQLite refuses most of it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from reminderd.domain.lifecycle import Event, State
from reminderd.domain.outcomes import Protection
from reminderd.ledger import Reading, create_or_open, open_for_reading, schema, verify_journal, who_got
from reminderd.ledger.audit import export_case
from reminderd.ledger.chain import COLUMNS, link
from tests.integration.ledger.books import DAY, MINUTE, NOW, TAKEN, Books, a_notice

# What the versions after the chain's own brought.
LATER_COLUMNS = ("tls_version", "tls_cipher", "tls_certificate", "tls_expires")
SINCE_0010 = (
    "DROP TABLE left_behind",
    "ALTER TABLE calendar_entry DROP COLUMN organizer",
    "ALTER TABLE installation DROP COLUMN copied_at",
    "ALTER TABLE installation DROP COLUMN upkeep_in_doubt",
    "ALTER TABLE message DROP COLUMN mailbox",
    "ALTER TABLE message DROP COLUMN reticence",
)
LATER_TABLES = ("answer", "address_fault")
UNLOCK = ("DROP TRIGGER journal_no_update", "DROP TRIGGER journal_no_delete")


@pytest.fixture
def written(path: Path, url: str) -> Path:
    """A ledger with a dozen lines in its journal, closed; its mark knows the last of them."""
    ledger = create_or_open(url, NOW)
    books = Books(ledger, open_for_reading(url))
    for number in range(1, 4):
        (entry_id,) = books.record(a_notice(number))
        books.offer(entry_id, TAKEN)
    books.bring_to(State.HELD, a_notice(4))
    ledger.leave_mark(NOW)
    ledger.close()
    return path


def reading(path: Path) -> Reading:
    found = open_for_reading(f"sqlite:///{path}")
    assert found is not None
    return found


def findings(path: Path) -> tuple[str, ...]:
    return verify_journal(reading(path), path.with_name("ledger.db.mark")).findings


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in (*UNLOCK, *statements):
            connection.execute(statement)


def rewrite_from(path: Path, first: int) -> None:
    """Make the chain fit again from a line on, as somebody would who knows how it is made."""
    with closing(sqlite3.connect(path)) as connection, connection:
        head = connection.execute("SELECT hash FROM journal WHERE id = ?", (first - 1,)).fetchone()[0]
        columns = ", ".join(COLUMNS)
        query = f"SELECT {columns} FROM journal WHERE id >= {first} ORDER BY id"  # noqa: S608 - our own
        for row in connection.execute(query).fetchall():
            head = link(head, dict(zip(COLUMNS, row, strict=True)))
            connection.execute("UPDATE journal SET hash = ? WHERE id = ?", (head, row[0]))


def test_what_the_service_writes_is_whole_and_says_rule_and_wording(written: Path) -> None:
    found = verify_journal(reading(written), written.with_name("ledger.db.mark"))
    assert ((), 11) == (found.findings, found.lines)
    with closing(sqlite3.connect(written)) as connection:
        rows = connection.execute(
            "SELECT rule, wording_version FROM journal WHERE event = 'accepted'"
        ).fetchall()
    assert [("review-plan", "w1")] * 3 == rows


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("UPDATE journal SET reason = 'never' WHERE id = 5", "line 5 is not what was written"),
        ("UPDATE journal SET actor = 'somebody' WHERE id = 1", "line 1 is not what was written"),
        ("UPDATE journal SET at = '2026-05-11T07:00:00.000000Z' WHERE id = 11", "line 11 is not what was"),
        ("UPDATE journal SET rule = NULL WHERE id = 2", "line 2 is not what was written"),
        ("DELETE FROM journal WHERE id = 5", "lines 5 to 5 are missing"),
        ("DELETE FROM journal WHERE id < 4", "lines 1 to 3 are missing"),
        ("DELETE FROM journal WHERE id > 9", "lines 10 to 11 are missing at the end"),
        ("DELETE FROM journal", "lines 1 to 11 are missing at the end"),
    ],
)
def test_any_edit_or_deletion_is_found(written: Path, how: str, says: str) -> None:
    tamper(written, how)
    assert says in " ".join(findings(written))


def test_two_lines_that_changed_places_are_found(written: Path) -> None:
    tamper(
        written,
        "UPDATE journal SET id = 100 WHERE id = 5",
        "UPDATE journal SET id = 5 WHERE id = 6",
        "UPDATE journal SET id = 6 WHERE id = 100",
    )
    said = " ".join(findings(written))
    assert "line 5" in said
    assert "line 6" in said


def test_a_chain_that_was_made_to_fit_again_is_found_by_the_mark(written: Path) -> None:
    tamper(written, "UPDATE journal SET reason = 'never' WHERE id = 5")
    rewrite_from(written, 5)
    assert ("line 11 is not the one that the mark outside the ledger knows",) == findings(written)


def test_without_the_mark_it_is_said_that_the_end_cannot_be_judged(written: Path) -> None:
    written.with_name("ledger.db.mark").unlink()
    assert "no mark" in " ".join(findings(written))


@pytest.mark.parametrize("how", [schema.journal.update().values(reason="never"), schema.journal.delete()])
def test_sqlite_itself_refuses_to_change_the_journal(sqlite_books: Books, how: object) -> None:
    sqlite_books.record(a_notice())
    with (
        pytest.raises(IntegrityError, match="only ever added to"),
        sqlite_books.ledger._engine.begin() as connection,
    ):
        connection.execute(how)


def test_lines_written_by_an_older_version_are_linked_when_the_ledger_is_brought_up_to_date(
    written: Path, url: str
) -> None:
    tamper(
        written,
        "ALTER TABLE journal DROP COLUMN hash",
        "ALTER TABLE journal DROP COLUMN rule",
        "ALTER TABLE journal DROP COLUMN wording_version",
        "ALTER TABLE journal DROP COLUMN tls",
        *SINCE_0010,
        *(f"ALTER TABLE attempt DROP COLUMN {name}" for name in LATER_COLUMNS),
        *(f"DROP TABLE {name}" for name in LATER_TABLES),
        "UPDATE alembic_version SET version_num = '0005'",
    )
    create_or_open(url, NOW).close()
    assert () == findings(written)
    with pytest.raises(sqlite3.IntegrityError), closing(sqlite3.connect(written)) as connection:
        connection.execute("DELETE FROM journal")


def test_lines_from_before_the_line_was_known_keep_their_hashes(written: Path, url: str) -> None:
    tamper(
        written,
        "ALTER TABLE journal DROP COLUMN tls",
        *SINCE_0010,
        "UPDATE alembic_version SET version_num = '0008'",
    )
    create_or_open(url, NOW).close()
    assert () == findings(written)


def test_a_case_is_exported_with_its_attempts_history_and_text(written: Path) -> None:
    (exported,) = export_case(reading(written), "2026-0002")
    assert ["record", "claim", "accepted"] == [line["event"] for line in exported["journal"]]
    assert ["sent"] == [one["outcome"] for one in exported["attempts_made"]]
    assert "Hej" in exported["text"]
    assert [] == export_case(reading(written), "2026-9999")


@pytest.mark.parametrize(("since", "told"), [(NOW - DAY, 1), (NOW, 1), (NOW + MINUTE, 0)])
def test_who_may_have_read_about_a_case_since_then(sqlite_books: Books, since: object, told: int) -> None:
    (first, second) = sqlite_books.record(a_notice(1), a_notice(2))
    (claim,) = sqlite_books.claim(first)
    with sqlite_books.ledger.transaction() as tx:
        tx.enter_phase(claim.attempt_id, "data")
    sqlite_books.settle(claim, TAKEN)
    sqlite_books.claim(second)  # its text was never begun
    found = who_got(sqlite_books.reading, "2026-0001", since)  # type: ignore[arg-type]
    assert ["anne@kommune.example"] * told == [one.recipient_mail for one in found]
    assert [] == who_got(sqlite_books.reading, "2026-0002", NOW - DAY)


LINE = Protection("TLSv1.3", "TLS_AES_256_GCM_SHA384", "ab" * 32, NOW + 90 * DAY)


def sent_over_tls(books: Books) -> None:
    (entry_id,) = books.record(a_notice())
    (claim,) = books.claim(entry_id)
    with books.ledger.transaction() as tx:
        tx.enter_phase(claim.attempt_id, "data")
        tx.settle(claim, TAKEN, NOW, LINE)


def test_an_auditor_sees_rule_wording_answer_and_what_protected_the_line(sqlite_books: Books) -> None:
    sent_over_tls(sqlite_books)
    assert sqlite_books.reading is not None
    (exported,) = export_case(sqlite_books.reading, "2026-0001")
    line = exported["journal"][-1]
    assert ("accepted", "2.0.0 queued", str(LINE)) == (line["event"], line["reason"], line["tls"])
    assert (exported["rule"], 64) == (line["rule"], len(line["hash"]))
    assert line["wording_version"]
    (told,) = who_got(sqlite_books.reading, "2026-0001", NOW - DAY)
    assert (told.tls_version, told.tls_cipher, told.tls_certificate) == (
        LINE.version,
        LINE.cipher,
        LINE.certificate,
    )
    assert (250, "2.0.0 queued", line["wording_version"]) == (told.code, told.reply, told.wording_version)


@pytest.mark.parametrize("said", ["'TLSv1.3 x y'", "NULL"])
def test_what_protected_the_line_cannot_be_changed_unseen(sqlite_books: Books, path: Path, said: str) -> None:
    sent_over_tls(sqlite_books)
    tamper(path, f"UPDATE journal SET tls = {said} WHERE tls IS NOT NULL")  # noqa: S608 - our own
    assert ["line 3 is not what was written, or does not follow the one before it"] == [
        finding for finding in findings(path) if "no mark" not in finding
    ]


def test_a_persons_decision_stands_in_the_chain_with_the_name(sqlite_books: Books, path: Path) -> None:
    (entry_id,) = sqlite_books.record(a_notice())
    sqlite_books.apply(entry_id, State.QUEUED, Event.HOLD, actor="anne")
    (_, line) = sqlite_books.reading.journal(entry_id)
    assert ("anne", "hold") == (line.actor, line.event)
    assert "cannot be told" in " ".join(findings(path)) or () == findings(path)
