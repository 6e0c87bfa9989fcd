"""A copy of the ledger beside the running service: SQLite's own online backup, verified before it counts.

The copy is one file without companions, for its owner alone. It appears under its name only when it
is whole, readable and durable. It says that it is a copy: whoever opens it to go on with it must know that
the ledger may have come further (``restoration``).
"""

import os
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from reminderd.errors import LedgerError
from reminderd.ledger import schema

# Pages a step: small enough that a writer waits no longer than for another writer.
_PAGES = 1000
_CURE = "give a file in a folder that exists and may be written; nothing is there under that name now"


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a copy holds: its size in bytes, entries, and its last journal row."""

    size: int
    entries: int
    journal_id: int


def back_up(source: Path, copy: Path, at: datetime) -> BackedUp:
    """Copy the ledger to a new file and read all of it back; raises LedgerError, and leaves no half copy."""
    if copy.exists():
        raise LedgerError(
            "there is a file of this name already", where=str(copy), cure="give another name, or move it away"
        )
    part = copy.with_name(copy.name + ".part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        try:
            _copy(source, part, at)
            found = _verify(part)
            _make_durable(part, copy)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise LedgerError(f"no copy was made: {error}", where=str(copy), cure=_CURE) from error
    return found


def _copy(source: Path, part: Path, at: datetime) -> None:
    reading = sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)
    writing = sqlite3.connect(part)
    try:
        reading.execute("PRAGMA busy_timeout = 5000")
        reading.backup(writing, pages=_PAGES)
        # A copy that says WAL would grow companions wherever it is opened.
        writing.execute("PRAGMA journal_mode = DELETE")
        if _version(writing) == schema.HEAD:
            writing.execute("UPDATE installation SET copied_at = ?", [schema.instant_text(at)])
            writing.commit()
    finally:
        writing.close()
        reading.close()


def _version(copy: sqlite3.Connection) -> str:
    (version,) = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(version)


def _verify(part: Path) -> BackedUp:
    copy = sqlite3.connect(f"file:{quote(str(part))}?mode=ro", uri=True)
    try:
        (health,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if health != "ok":
            raise LedgerError(f"the copy is damaged: {health}", where=str(part), cure="check both disks")
        version = _version(copy)
        if version != schema.HEAD:
            raise LedgerError(
                f"its schema is version {version}, this program knows {schema.HEAD}",
                where=str(part),
                cure="let `reminderd run` of the newer of the two versions open the ledger first",
            )
        entries, journal_id = copy.execute(
            "SELECT (SELECT count(*) FROM entry), (SELECT coalesce(max(id), 0) FROM journal)"
        ).fetchone()
    finally:
        copy.close()
    return BackedUp(part.stat().st_size, entries, journal_id)


def _make_durable(part: Path, copy: Path) -> None:
    for path, flags in ((part, os.O_RDWR), (part.parent, os.O_RDONLY | os.O_DIRECTORY)):
        handle = os.open(path, flags | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        if path is part:
            part.rename(copy)
