"""A backup is whole, private, verified, and made beside a writer; a failed one leaves nothing behind."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reminderd.errors import LedgerError
from reminderd.ledger import back_up, create_or_open, open_for_reading
from tests.integration.ledger.books import NOW, Books, a_notice


def test_a_copy_is_one_private_file_that_opens_as_a_ledger(
    sqlite_books: Books, path: Path, tmp_path: Path
) -> None:
    sqlite_books.record(a_notice(1), a_notice(2))
    copy = tmp_path / "copies" / "ledger æ.db"
    copy.parent.mkdir()
    made = back_up(path, copy, NOW)
    assert (2, 2, copy.stat().st_size) == (made.entries, made.journal_id, made.size)
    assert 0o600 == copy.stat().st_mode & 0o777
    assert [copy] == list(copy.parent.iterdir())
    reading = open_for_reading(f"sqlite:///{copy}")
    assert reading is not None
    assert sqlite_books.reading.find("") == reading.find("")


def test_a_copy_is_made_while_the_service_writes(sqlite_books: Books, path: Path, tmp_path: Path) -> None:
    sqlite_books.record(*(a_notice(number) for number in range(300)))
    with ThreadPoolExecutor() as pool:
        writing = pool.submit(sqlite_books.record, *(a_notice(number) for number in range(300, 400)))
        made = back_up(path, tmp_path / "copy.db", NOW)
        writing.result()
    assert 300 <= made.entries <= 400
    assert 400 == len(sqlite_books.reading.find(""))


def test_an_existing_file_is_never_written_over(sqlite_books: Books, path: Path, tmp_path: Path) -> None:
    sqlite_books.record(a_notice())
    copy = tmp_path / "copy.db"
    copy.write_text("mine")
    with pytest.raises(LedgerError, match="already"):
        back_up(path, copy, NOW)
    assert "mine" == copy.read_text()


@pytest.mark.parametrize("harm", ["missing folder", "damaged ledger", "older schema"])
def test_a_copy_that_cannot_be_made_or_trusted_leaves_nothing_behind(
    path: Path, url: str, tmp_path: Path, harm: str
) -> None:
    ledger = create_or_open(url, NOW)
    Books(ledger, open_for_reading(url)).record(*(a_notice(number) for number in range(200)))
    ledger.close()
    folder = tmp_path / "copies"
    if harm != "missing folder":
        folder.mkdir()
    if harm == "damaged ledger":
        with path.open("r+b") as file:
            file.seek(path.stat().st_size // 2 // 4096 * 4096)
            file.write(bytes(4096))
    if harm == "older schema":
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.close()
    with pytest.raises(LedgerError):
        back_up(path, folder / "copy.db", NOW)
    assert [] == (list(folder.iterdir()) if folder.exists() else [])
