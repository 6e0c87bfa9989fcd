"""The ledger's own health: gone, damaged, taken away, full, or in the wrong place (rows 5, 6, 8, 9).

Real files and the real SQLite; a disk without room is one whose pages SQLite may not use, or one
of which more is asked than it has.
"""

import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from reminderd.errors import (
    EXIT_CONFIGURATION,
    EXIT_NO_PERMISSION,
    EXIT_UNAVAILABLE,
    LedgerBrokenError,
    LedgerError,
    LedgerFullError,
    LedgerOwnerError,
    LedgerPlaceError,
)
from reminderd.ledger import create_or_open, open_for_a_decision, open_for_reading
from reminderd.ledger.faults import in_words
from reminderd.ledger.place import refuse_network, refuse_other_owner
from tests.integration.ledger.books import DAY, NOW, Books, a_notice

NOBODY = 65534
Opening = Callable[[str], object]


def open_to_write(url: str) -> object:
    return create_or_open(url, NOW)


@pytest.fixture
def used(path: Path, url: str) -> Path:
    """Return the file of a ledger with something in it, closed."""
    ledger = create_or_open(url, NOW)
    books = Books(ledger, open_for_reading(url))
    books.record(*(a_notice(number) for number in range(200)))
    ledger.leave_mark(NOW)
    ledger.close()
    return path


@pytest.mark.parametrize("opening", [open_to_write, open_for_reading, open_for_a_decision])
@pytest.mark.parametrize("loss", [Path.unlink, lambda path: os.truncate(path, 0)], ids=["deleted", "emptied"])
def test_row_6_a_ledger_that_is_gone_is_not_made_anew(
    used: Path, url: str, loss: Callable[[Path], None], opening: Opening
) -> None:
    loss(used)
    before = used.exists()
    with pytest.raises(LedgerError, match=r"is gone|is empty") as refusal:
        opening(url)
    assert (EXIT_UNAVAILABLE, str(used)) == (refusal.value.exit_status, refusal.value.where)
    assert "restore" in refusal.value.cure
    assert (before, 0) == (used.exists(), used.stat().st_size if before else 0)


def test_row_6_without_its_mark_a_new_ledger_is_a_new_installation(used: Path, url: str) -> None:
    used.unlink()
    used.with_name("ledger.db.mark").unlink()
    create_or_open(url, NOW).close()
    assert used.is_file()


def test_row_6_a_truncated_ledger_is_refused_and_left_as_it_was(used: Path, url: str) -> None:
    os.truncate(used, used.stat().st_size // 2)
    before = used.read_bytes()
    with pytest.raises(LedgerBrokenError, match=r"malformed|damaged") as refusal:
        create_or_open(url, NOW)
    assert "restore a backup" in refusal.value.cure
    assert before == used.read_bytes()


def test_row_6_a_page_of_zeros_in_the_middle_is_found_at_the_start(used: Path, url: str) -> None:
    middle = used.stat().st_size // 2 // 4096 * 4096
    with used.open("r+b") as file:
        file.seek(middle)
        file.write(bytes(4096))
    with pytest.raises(LedgerBrokenError):
        create_or_open(url, NOW)


@pytest.mark.parametrize(
    "loss",
    [Path.unlink, lambda path: path.rename(path.with_name("old")), lambda path: path.with_name("x").touch() or
     path.with_name("x").rename(path)],
    ids=["deleted", "moved", "replaced"],
)  # fmt: skip
def test_row_6_a_ledger_that_is_taken_away_while_open_stops_everything(
    sqlite_books: Books, path: Path, loss: Callable[[Path], None]
) -> None:
    sqlite_books.ledger.check()
    loss(path)
    with pytest.raises(LedgerBrokenError, match="taken away"):
        sqlite_books.ledger.check()


def test_row_6_another_installations_ledger_is_refused(used: Path, url: str, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    create_or_open(f"sqlite:///{other}", NOW + DAY).close()
    other.rename(used)
    with pytest.raises(LedgerError, match="another installation"):
        create_or_open(url, NOW)


def test_a_ledger_from_before_marks_gets_one_and_opens(used: Path, url: str) -> None:
    mark = used.with_name("ledger.db.mark")
    mark.unlink()
    create_or_open(url, NOW).close()
    assert mark.is_file()


def test_a_mark_may_lie_elsewhere(path: Path, url: str, tmp_path: Path) -> None:
    mark = tmp_path / "elsewhere.mark"
    create_or_open(url, NOW, mark=mark).close()
    path.unlink()
    with pytest.raises(LedgerError, match="gone"):
        open_for_reading(url, mark=mark)
    with pytest.raises(LedgerError, match="gone"):
        create_or_open(url, NOW, mark=mark)


def test_a_mark_that_cannot_be_read_is_refused(used: Path, url: str) -> None:
    used.with_name("ledger.db.mark").write_text("{}")
    with pytest.raises(LedgerError, match="mark cannot be read"):
        create_or_open(url, NOW)


def test_a_mark_that_cannot_be_written_is_refused_and_frees_the_lock(url: str, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="mark cannot be written"):
        create_or_open(url, NOW, mark=tmp_path / "missing" / "mark")
    create_or_open(url, NOW).close()


def test_row_5_without_room_nothing_is_written_and_with_room_it_goes_on(sqlite_books: Books) -> None:
    notices = [a_notice(number, facts={}) for number in range(300)]

    def no_more_pages(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")

    engine = sqlite_books.ledger._engine
    event.listen(engine, "begin", no_more_pages)
    with pytest.raises(LedgerFullError, match="nothing is sent") as refusal:
        sqlite_books.record(*notices)
    assert "goes on by itself" in refusal.value.cure
    event.remove(engine, "begin", no_more_pages)

    def pages_again(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

    event.listen(engine, "begin", pages_again)
    assert 300 == len(sqlite_books.record(*notices))


def test_row_5_a_disk_with_too_little_room_is_noticed_before_anything_begins(url: str, path: Path) -> None:
    disk = os.statvfs(path)
    more_than_there_is = disk.f_blocks * disk.f_frsize + 1
    ledger = create_or_open(url, NOW, min_free=more_than_there_is)
    with pytest.raises(LedgerFullError, match="min_free_mb"):
        ledger.check()
    ledger.close()
    ledger = create_or_open(url, NOW)
    ledger.check()
    ledger.close()


def test_row_4_after_a_failure_to_write_nothing_is_ever_written_by_this_process(
    sqlite_books: Books,
) -> None:
    engine = sqlite_books.ledger._engine

    def fail(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA query_only = ON")

    event.listen(engine, "begin", fail)
    with pytest.raises(LedgerBrokenError, match="readonly"):
        sqlite_books.record(a_notice())
    event.remove(engine, "begin", fail)
    engine.dispose()  # a new connection could write
    with pytest.raises(LedgerBrokenError, match="readonly"):
        sqlite_books.record(a_notice())
    assert [] == sqlite_books.reading.counts()


def test_row_9_a_ledger_of_another_user_is_refused(path: Path, url: str) -> None:
    foreign = path
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
        with pytest.raises(LedgerOwnerError):
            create_or_open(url, NOW)
    else:
        foreign = Path("/etc/passwd")
    with pytest.raises(LedgerOwnerError, match=f"belongs to user {foreign.stat().st_uid}") as refusal:
        refuse_other_owner(foreign)
    assert (EXIT_NO_PERMISSION, True) == (refusal.value.exit_status, "chown" in refusal.value.cure)


def test_root_may_decide_about_a_ledger_of_the_service(path: Path, url: str) -> None:
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    ledger = open_for_a_decision(url)
    assert ledger is not None
    with ledger.transaction() as tx:
        tx.silence("rule", "review-plan", NOW.date(), reason="r", author="a", at=NOW)
    ledger.close()
    owners = {file.stat().st_uid for file in path.parent.glob("ledger.db*")}
    assert {path.stat().st_uid} == owners


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /srv/data rw,relatime - {kind} server:/export rw
31 30 8:2 / /srv/data/local rw,relatime - xfs /dev/sdb1 rw
32 22 0:41 / /srv/with\\040space rw - {kind} server:/other rw
"""


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "9p", "ceph", "fuse.sshfs", "fuse.glusterfs"])
@pytest.mark.parametrize("folder", ["/srv/data", "/srv/data/reminderd", "/srv/with space/x"])
def test_row_8_a_network_file_system_is_refused(kind: str, folder: str, tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(kind=kind))
    with pytest.raises(LedgerPlaceError, match=re.escape(kind)) as refusal:
        refuse_network(Path(folder), mounts)
    assert (EXIT_CONFIGURATION, "ledger.url") == (refusal.value.exit_status, refusal.value.where)


@pytest.mark.parametrize("folder", ["/var/lib/reminderd", "/srv/data/local/reminderd", "/srv/database"])
def test_a_disk_of_this_machine_is_not_refused(folder: str, tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(kind="nfs4"))
    refuse_network(Path(folder), mounts)
    refuse_network(tmp_path)  # as this machine says it
    refuse_network(tmp_path, tmp_path / "no such list")


def test_a_step_about_a_stale_entry_is_no_fault_of_the_file(sqlite_books: Books) -> None:
    sqlite_books.record(a_notice())
    with pytest.raises(LedgerError, match="no longer"):
        sqlite_books.retract(999, sqlite_books.state(a_notice()))
    assert 1 == len(sqlite_books.record(replace(a_notice(2))))


def test_what_sqlite_itself_says_of_a_broken_file_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"no database" * 1000)
    with closing(sqlite3.connect(path)) as raw, pytest.raises(LedgerBrokenError), in_words(path):
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
