"""One process writes; others are refused, readers are not, and a killed holder leaves nothing locked.

Real processes: a lock that only holds between threads would pass any other test.
"""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from reminderd.domain.lifecycle import State
from reminderd.errors import EXIT_TRY_AGAIN, LedgerInUseError
from reminderd.ledger import create_or_open, open_for_reading
from tests.integration.ledger.books import NOW, Books, a_notice

SCRIPT = Path(__file__).with_name("another_process.py")


@contextmanager
def another_process(url: str, act: str, *ids: int) -> Iterator[subprocess.Popen[str]]:
    """Start the script and wait until it has done its part; kill -9 at the end."""
    command = [sys.executable, str(SCRIPT), url, act, *map(str, ids)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert "ready\n" == process.stdout.readline()
            yield process
        finally:
            process.kill()
            process.wait()
    assert -signal.SIGKILL == process.returncode


def test_a_second_process_is_refused_with_a_cure_and_may_still_read(sqlite_books: Books, url: str) -> None:
    sqlite_books.record(a_notice())
    command = [sys.executable, str(SCRIPT), url, "try"]
    refusal, counts = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    kind, status, where, cure = refusal.split("|")
    assert ("LedgerInUseError", str(EXIT_TRY_AGAIN)) == (kind, status)
    assert url.removeprefix("sqlite:///") == where
    assert "systemctl stop reminderd" in cure
    assert "[('review-plan', 'queued', 1)]" == counts


def test_a_link_to_the_ledger_is_the_ledger(url: str, path: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(path)
    with another_process(url, "hold"), pytest.raises(LedgerInUseError):
        create_or_open(f"sqlite:///{link}", NOW)


def test_a_question_keeps_no_writer_waiting_and_sees_one_moment(sqlite_books: Books, path: Path) -> None:
    sqlite_books.record(a_notice(1))
    with sqlite_books.ledger._asking() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM journal").scalar()
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("DELETE FROM message")
            writer.execute("UPDATE entry SET attempts = 7")
            writer.execute("COMMIT")
        found = connection.exec_driver_sql("SELECT attempts FROM entry").scalar()
        assert (before, 0) == (connection.exec_driver_sql("SELECT count(*) FROM journal").scalar(), found)
    assert 7 == sqlite_books.row(a_notice(1)).attempts


def test_the_ledger_is_free_again_when_its_holder_is_killed(url: str) -> None:
    with another_process(url, "hold"):
        with pytest.raises(LedgerInUseError):
            create_or_open(url, NOW)
        assert open_for_reading(url) is not None
    create_or_open(url, NOW).close()


def test_a_second_opening_in_the_same_process_is_refused_too(url: str) -> None:
    first = create_or_open(url, NOW)
    with pytest.raises(LedgerInUseError):
        create_or_open(url, NOW)
    first.close()
    create_or_open(url, NOW).close()


@pytest.mark.parametrize(
    ("phase", "on_unknown", "state", "counted"),
    [
        ("connect", "resend", State.QUEUED, (2, 0)),
        ("data", "resend", State.UNKNOWN, (0, 2)),
        ("data", "hold", State.HELD, (0, 2)),
    ],
)
def test_a_process_killed_while_sending_leaves_what_it_did_and_recovering_tells_which_it_was(
    url: str, phase: str, on_unknown: str, state: State, counted: tuple[int, int]
) -> None:
    notices = [replace(a_notice(number), on_unknown=on_unknown) for number in (1, 2, 3)]
    before = create_or_open(url, NOW)
    ids = Books(before, open_for_reading(url)).record(*notices)
    before.close()

    with another_process(url, phase, *ids[:2]):
        pass

    books = Books(create_or_open(url, NOW), open_for_reading(url))
    assert [State.SENDING, State.SENDING, State.QUEUED] == [books.state(notice) for notice in notices]
    with books.ledger.transaction() as tx:
        assert counted == tx.recover(NOW)
    assert [state, state, State.QUEUED] == [books.state(notice) for notice in notices]
    books.ledger.close()
