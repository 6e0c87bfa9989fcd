"""Opening a ledger: durable, private, of the right schema; and refused in words where it cannot be."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

from reminderd.domain.revisions import CalendarName
from reminderd.errors import EXIT_UNAVAILABLE, LedgerError
from reminderd.ledger import create_or_open, migrations, open_for_reading, schema
from tests.integration.ledger.books import NOW, TODAY, Books, a_notice

NOBODY = 65534
Opening = Callable[[str], object]


def open_to_write(url: str) -> object:
    return create_or_open(url, NOW)


def run_sql(path: Path, *statements: str) -> list[list[tuple[object, ...]]]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return [connection.execute(statement).fetchall() for statement in statements]
    finally:
        connection.close()


@contextmanager
def without_power() -> Iterator[None]:
    """Let file permissions count for root as well."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
def test_every_writing_connection_is_durable_and_strict(
    sqlite_books: Books, pragma: str, value: object
) -> None:
    engine = sqlite_books.ledger._engine
    with engine.connect() as first, engine.connect() as second:
        found = [one.connection.cursor().execute(f"PRAGMA {pragma}").fetchone()[0] for one in (first, second)]
    assert [value, value] == found


def test_a_row_that_points_at_nothing_is_refused(sqlite_books: Books) -> None:
    line = {"at": NOW, "entry_id": 999, "actor": "op", "event": "hold", "reason": "none"}
    with (
        pytest.raises(IntegrityError, match="FOREIGN KEY"),
        sqlite_books.ledger._engine.begin() as connection,
    ):
        connection.execute(schema.journal.insert().values(line))


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_ledger_and_its_companions_are_for_their_owner_alone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        ledger = create_or_open(f"sqlite:///{tmp_path}/ledger.db", NOW)
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    ledger.close()
    names = ("ledger.db", "ledger.db-shm", "ledger.db-wal", "ledger.db.lock", "ledger.db.mark")
    assert dict.fromkeys(names, 0o600) == modes


def test_an_operators_own_mode_is_left_alone(path: Path, url: str) -> None:
    path.chmod(0o640)
    create_or_open(url, NOW).close()
    assert 0o640 == path.stat().st_mode & 0o777


def test_the_last_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "lib" / "ledger.db"
    create_or_open(f"sqlite:///{path}", NOW).close()
    assert path.is_file()


def test_a_path_whose_folders_are_missing_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "vra" / "lib"
    with pytest.raises(LedgerError, match=r"no folder .*vra") as refusal:
        create_or_open(f"sqlite:///{folder}/ledger.db", NOW)
    assert ("ledger.url", True) == (refusal.value.where, f"mkdir -p {folder}" in refusal.value.cure)
    assert [] == list(tmp_path.iterdir())


def test_an_empty_file_is_called_empty_and_the_next_run_makes_a_ledger_of_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.touch()
    with pytest.raises(LedgerError, match="not a ledger: it is empty") as refusal:
        open_for_reading(f"sqlite:///{path}")
    assert str(path) == refusal.value.where
    create_or_open(f"sqlite:///{path}", NOW).close()
    assert open_for_reading(f"sqlite:///{path}") is not None


def test_a_path_may_hold_any_character(tmp_path: Path) -> None:
    folder = tmp_path / "sag #1 100%41 æ"
    ledger = create_or_open(f"sqlite:///{folder}/ledger.db".replace("%", "%25"), NOW)
    ledger.close()
    assert [folder] == list(tmp_path.iterdir())
    assert (folder / "ledger.db").is_file()


def test_the_secret_is_made_once(url: str) -> None:
    secrets = []
    for _ in range(2):
        ledger = create_or_open(url, NOW)
        secrets.append(ledger.secret)
        ledger.close()
    assert secrets[0] == secrets[1]
    assert 32 == len(secrets[0])


def test_two_installations_have_two_secrets(tmp_path: Path) -> None:
    ledgers = [create_or_open(f"sqlite:///{tmp_path}/{name}.db", NOW) for name in "ab"]
    assert 2 == len({ledger.secret for ledger in ledgers})
    for ledger in ledgers:
        ledger.close()


def test_a_new_ledger_begins_with_the_secret_that_is_given_and_keeps_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    with closing(create_or_open(url, NOW, secret=b"given" * 8)) as ledger:
        assert b"given" * 8 == ledger.secret
    with closing(create_or_open(url, NOW, secret=b"other" * 8)) as ledger:
        assert b"given" * 8 == ledger.secret


def test_the_migrations_make_the_schema_that_the_program_speaks(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), schema.metadata)
    engine.dispose()


def test_opening_again_changes_nothing(path: Path, url: str) -> None:
    layout = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
    version = "SELECT version_num FROM alembic_version"
    before = run_sql(path, layout, version)
    create_or_open(url, NOW).close()
    assert before == run_sql(path, layout, version)
    assert [(schema.HEAD,)] == before[1]


@pytest.mark.parametrize("opening", [open_to_write, open_for_reading])
def test_a_ledger_of_a_newer_program_is_refused(path: Path, url: str, opening: Opening) -> None:
    run_sql(path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError, match=f"9999.*{schema.HEAD}") as refusal:
        opening(url)
    assert (str(path), EXIT_UNAVAILABLE) == (refusal.value.where, refusal.value.exit_status)


@pytest.mark.parametrize("opening", [open_to_write, open_for_reading])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(tmp_path: Path, opening: Opening) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Dear all, this is a letter. " * 100)
    with pytest.raises(LedgerError, match="not a database") as refusal:
        opening(f"sqlite:///{path}")
    assert str(path) == refusal.value.where
    assert b"Dear all, this is a letter. " * 100 == path.read_bytes()


@pytest.mark.parametrize("opening", [open_to_write, open_for_reading])
def test_somebody_elses_database_is_refused_and_left_as_it_was(tmp_path: Path, opening: Opening) -> None:
    path = tmp_path / "cases.db"
    run_sql(path, "CREATE TABLE rd_forloeb (forloeb_id TEXT)")
    with pytest.raises(LedgerError, match="somebody else's database"):
        opening(f"sqlite:///{path}")
    assert [[("rd_forloeb",)]] == run_sql(path, "SELECT name FROM sqlite_master")


def test_a_refused_ledger_is_not_left_locked(path: Path, url: str) -> None:
    run_sql(path, "UPDATE alembic_version SET version_num = '9' || version_num")
    with pytest.raises(LedgerError):
        create_or_open(url, NOW)
    run_sql(path, "UPDATE alembic_version SET version_num = substr(version_num, 2)")
    create_or_open(url, NOW).close()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "readonly"
    folder.mkdir(mode=0o555)
    with without_power(), pytest.raises(LedgerError, match="ermission denied") as refusal:
        create_or_open(f"sqlite:///{folder}/ledger.db", NOW)
    assert "writable" in refusal.value.cure
    assert [] == list(folder.iterdir())


def test_a_ledger_that_may_not_be_read_is_refused(path: Path, url: str) -> None:
    path.chmod(0o000)
    with without_power(), pytest.raises(LedgerError):
        open_for_reading(url)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="folder") as refusal:
        create_or_open(f"sqlite:///{tmp_path}/file/ledger.db", NOW)
    assert str(tmp_path / "file" / "ledger.db") == refusal.value.where


@pytest.mark.parametrize("url", ["postgresql://localhost/ledger", "sqlite://", "no url at all"])
def test_a_url_that_names_no_file_is_refused(url: str) -> None:
    with pytest.raises(LedgerError, match=r"ledger\.url"):
        create_or_open(url, NOW)


def test_reading_creates_nothing(tmp_path: Path) -> None:
    assert open_for_reading(f"sqlite:///{tmp_path}/none/ledger.db") is None
    assert [] == list(tmp_path.iterdir())


def test_a_reader_cannot_write(sqlite_books: Books) -> None:
    sqlite_books.record(a_notice())
    reader = sqlite_books.reading._engine
    with reader.connect() as connection, pytest.raises(Exception, match="readonly database"):
        connection.execute(schema.rule_start.insert().values(rule="r", since=NOW.date()))


def test_a_reader_sees_what_is_written_after_it_opened(sqlite_books: Books) -> None:
    assert [] == sqlite_books.reading.counts()
    sqlite_books.record(a_notice())
    assert [("review-plan", "queued", 1)] == sqlite_books.reading.counts()


_TOLD_BEFORE = """
INSERT INTO entry SELECT 1, 'key', 'r', 's', 'review', '2026-06-01', 'plan', 't', 'f1', '1', 'role', \
'medarbejder:m1', 'Anne@kommune.example', NULL, 'mail', 'resend', '2026-05-11', 'x', 'x', 'sent', \
'taken', 1, NULL, 'x', 'x'
INSERT INTO calendar_entry SELECT 1, 'review', 'forloeb:f1', 'medarbejder:m1', 1, 'uid-1', 0, \
'2026-05-11T06:00:00.000000Z', 'REQUEST', 'monday'
INSERT INTO message SELECT 1, '<1@kommune.example>', NULL, 'd', 'w', 'x', 1, 0
"""


def test_a_calendar_entry_of_an_older_ledger_goes_on_in_the_mailbox_that_heard_of_it(tmp_path: Path) -> None:
    path = tmp_path / "older.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for statement in _TOLD_BEFORE.strip().splitlines():
            connection.exec_driver_sql(statement)
    engine.dispose()
    ledger = create_or_open(f"sqlite:///{path}", NOW)
    name = CalendarName("review", "forloeb:f1", "medarbejder:m1", "anne@kommune.example")
    with ledger.transaction() as tx:
        past = tx.past_of(name)
    assert past.last is not None
    assert (1, 0, 1) == (past.generations, past.last.sequence, past.last.generation)
    assert () == ledger.knowledge(TODAY).invitations
    ledger.close()
