"""Opens the ledger: durable settings, one writer, the newest schema.

One process may write. The lock is an ``flock`` on a file beside the ledger and not SQLite's
exclusive mode, because ``status``, ``show`` and ``plan`` read while the service runs; the kernel
gives it back however the holder dies.
"""

import fcntl
import os
import shlex
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from reminderd.errors import LedgerBrokenError, LedgerError, LedgerInUseError
from reminderd.ledger import schema
from reminderd.ledger.faults import explained, in_words
from reminderd.ledger.mark import read_mark
from reminderd.ledger.place import Place, refuse_network, refuse_other_owner
from reminderd.ledger.reading import Reading
from reminderd.ledger.restoration import beside, notice_restoration, refuse_gone
from reminderd.ledger.secret import make_secret, secret_of
from reminderd.ledger.store import ASKS, Ledger


def create_or_open(
    url: str, now: datetime, *, mark: Path | None = None, min_free: int = 0, secret: bytes | None = None
) -> Ledger:
    """Open the ledger for writing, creating it and bringing its schema up to date.

    ``mark`` is where its mark lies (beside it without), ``min_free`` the bytes that must be free on
    its disk, ``secret`` what a new ledger begins with instead of one that it makes. A ledger that is
    gone is not made anew, and one that was restored from a backup holds what may have been sent since.
    Raises LedgerInUseError where another process writes, and LedgerError where it cannot be used.
    """
    path = _path(url)
    mark = mark or beside(path)
    try:
        _make_folder(path.parent)
        refuse_network(path.parent)
        lock = _lock(path)
    except OSError as error:
        raise explained(path, error) from error
    with ExitStack() as undo:
        undo.callback(os.close, lock)
        known = read_mark(mark)
        if known is not None:
            refuse_gone(path, known)
        try:
            _create(path)
            refuse_other_owner(path)
            engine = _engine(path, readonly=False)
            undo.callback(engine.dispose)
            with in_words(path):
                _refuse_damage(engine, path)
                _bring_up_to_date(engine, path)
                own_secret = _secret(engine, now, secret)
                notice_restoration(engine, known, path, now)
        except OSError as error:
            raise explained(path, error) from error
        ledger = Ledger(engine, own_secret, lock=lock, place=Place.of(path, min_free=min_free), mark=mark)
        ledger.leave_mark(now)
        undo.pop_all()
    return ledger


def open_for_a_decision(url: str, *, mark: Path | None = None) -> Ledger | None:
    """Open the ledger for what a person decides while the service may be writing; None without one.

    No lock is taken: SQLite lets one writer in at a time, and a decision is a guarded step of the
    lifecycle like any other. Root may decide, too: SQLite gives what it makes to the ledger's owner.
    """
    if open_for_reading(url, mark=mark) is None:
        return None
    path = _path(url)
    refuse_network(path.parent)
    refuse_other_owner(path, or_root=True)
    engine = _engine(path, readonly=False)
    with in_words(path), engine.begin() as connection:
        secret = secret_of(connection)
    assert secret is not None  # noqa: S101 - written with the first schema
    return Ledger(engine, secret, place=Place.of(path, min_free=0))


def open_for_reading(url: str, *, mark: Path | None = None) -> Reading | None:
    """Open the ledger for questions while the service may be writing; None where there is none yet."""
    path = _path(url)
    try:
        if not path.exists():
            known = read_mark(mark or beside(path))
            if known is not None:
                refuse_gone(path, known)
            return None
        engine = _engine(path, readonly=True)
        with in_words(path), engine.connect() as connection:
            found = _version(connection)
            tables = inspect(connection).get_table_names() if found is None else ()
    except OSError as error:
        raise explained(path, error) from error
    if found is None:
        raise _foreign(path) if tables else _empty(path)
    if found != schema.HEAD:
        raise LedgerError(
            f"its schema is version {found}, this program reads {schema.HEAD}",
            where=str(path),
            cure="let `reminderd run` of the newer of the two versions open it first",
        )
    return Reading(engine, path)


def _path(url: str) -> Path:
    try:
        parsed: URL = make_url(url)
    except ArgumentError as error:
        raise LedgerError(
            "this is no database URL", where="ledger.url", cure="use sqlite:////path/to/ledger.db"
        ) from error
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise LedgerError(
            f"the ledger lies in an SQLite file, not in {parsed.get_backend_name()}",
            where="ledger.url",
            cure="use sqlite:////path/to/ledger.db",
        )
    # The file itself and not a link to it: its lock, its mark and its disk are looked for beside it.
    return Path(os.path.realpath(parsed.database))


def _make_folder(folder: Path) -> None:
    """Make the last folder of the path alone: a whole path that is missing is more likely misspelt."""
    try:
        folder.mkdir(exist_ok=True)
    except FileNotFoundError as error:
        raise LedgerError(
            f"there is no folder {folder.parent}, and only the last folder of a path is made",
            where="ledger.url",
            cure=f"correct ledger.url, or make the folder: mkdir -p {shlex.quote(str(folder))}",
        ) from error


def _lock(path: Path) -> int:
    handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise LedgerInUseError(
            "another reminderd process holds this ledger",
            where=str(path),
            cure="stop that one first (systemctl stop reminderd), or use another ledger.url",
        ) from error
    return handle


def _secret(engine: Engine, now: datetime, given: bytes | None) -> bytes:
    with engine.begin() as connection:
        return secret_of(connection) or make_secret(connection, now, given)


def _create(path: Path) -> None:
    """Make the file for its owner alone, whatever the umask: SQLite gives its companions the same mode."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    try:
        os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def _engine(path: Path, *, readonly: bool) -> Engine:
    mode = "ro" if readonly else "rwc"
    # Every connection is opened anew by its thread and closed by it: the writer keeps one for itself.
    engine = create_engine(
        URL.create("sqlite", database=f"file:{quote(str(path))}", query={"mode": mode, "uri": "true"}),
        poolclass=NullPool if readonly else None,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy begins and commits; the driver must not
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA busy_timeout = 5000")
        if not readonly:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute("PRAGMA secure_delete = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A question has its one consistent look at the ledger and keeps no writer waiting.
        asks = readonly or connection.get_execution_options().get(ASKS)
        connection.exec_driver_sql("BEGIN" if asks else "BEGIN IMMEDIATE")

    return engine


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return version


def _refuse_damage(engine: Engine, path: Path) -> None:
    """Read every page and index once: damage is found before anything is built on it."""
    with engine.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    if found != "ok":
        raise LedgerBrokenError(
            f"the ledger is damaged: {found}", where=str(path), cure="restore a backup (systemd/README.md)"
        )


def _bring_up_to_date(engine: Engine, path: Path) -> None:
    with engine.begin() as connection:
        found = _version(connection)
        if found == schema.HEAD:
            return
        if found is not None and found > schema.HEAD:
            raise LedgerError(
                f"its schema is version {found}, this program knows {schema.HEAD}",
                where=str(path),
                cure="install the version of reminderd that wrote it, or a newer one",
            )
        if found is None and inspect(connection).get_table_names():
            raise _foreign(path)
        _migrate(connection)


def _migrate(connection: Connection) -> None:
    # Alembic is only needed when there is something to migrate; a start without stays light.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _foreign(path: Path) -> LedgerError:
    return LedgerError(
        "this is somebody else's database: it has tables, and none of them is a ledger's",
        where=str(path),
        cure="give ledger.url a file of its own",
    )


def _empty(path: Path) -> LedgerError:
    return LedgerError(
        "this is not a ledger: it is empty",
        where=str(path),
        cure="if a ledger stood here, restore it; if not, `reminderd run` makes one of this file",
    )
