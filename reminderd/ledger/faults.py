"""What SQLite says of its file, in words and in kinds: full, broken, or not to be used.

A full disk is waited for. After any other failure to read or write nobody knows what is on the disk
(the system may have thrown away what it could not flush, and call the next flush a success), so the
process must end and read anew.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError

from reminderd.errors import LedgerBrokenError, LedgerError, LedgerFullError

_BROKEN = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    }
)
StorageError = DatabaseError
"""What a piece of work meets where the file cannot be used; it lets it pass, to be put in words."""

_PRIMARY = 0xFF  # an extended result code carries its kind in the lowest byte


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Raise what SQLite finds wrong with its file as a LedgerError; a refused row stays what it is."""
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, sqlite3.Error) as error:
        raise explained(path, error) from error


def explained(path: Path, error: DBAPIError | sqlite3.Error | OSError) -> LedgerError:
    """Return the kind of fault, with its cure."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None and code & _PRIMARY == sqlite3.SQLITE_FULL:
        return no_room(path, str(cause))
    if code is not None and code & _PRIMARY in _BROKEN:
        return LedgerBrokenError(
            f"the ledger cannot be used: {cause} ({getattr(cause, 'sqlite_errorname', code)})",
            where=str(path),
            cure="check the disk, and that file and folder are there, are writable for this user and hold a"
            " ledger; if the file is damaged, restore a backup (systemd/README.md)",
        )
    return LedgerError(
        f"the ledger cannot be used: {cause}",
        where=str(path),
        cure="check that the folder exists, is writable for this user, and that the file is a ledger",
    )


def no_room(path: Path, why: str) -> LedgerFullError:
    """Return the error for a disk without room."""
    return LedgerFullError(
        f"no room to write what is sent, so nothing is sent: {why}",
        where=str(path),
        cure="make room on that disk; it goes on by itself",
    )
