"""The mark: a small file outside the ledger that remembers how far the ledger had come.

It tells a ledger that is gone from one that never was, and a restored copy from the ledger itself.
It is written after the ledger, each minute while a run sends, so it may lag behind and never runs ahead.
Beside the ledger it sees that file come back alone; in a folder that is not restored with it
(``ledger.mark``), that folder, too.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reminderd.errors import LedgerError

_CURE = "restore the folder that ledger.mark lies in, or remove the file to take the ledger as it is"


@dataclass(frozen=True, slots=True)
class Mark:
    """One installation's high water: when it was made, its last journal row with its hash, and when."""

    installed_at: datetime
    journal_id: int
    at: datetime
    head: str = ""


def read_mark(path: Path) -> Mark | None:
    """Return the mark, or None where none was ever left; raises LedgerError where it is unreadable."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Mark(
            installed_at=datetime.fromisoformat(values["installed_at"]),
            journal_id=int(values["journal_id"]),
            at=datetime.fromisoformat(values["at"]),
            head=str(values.get("head", "")),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LedgerError("the ledger's mark cannot be read", where=str(path), cure=_CURE) from error


def leave_mark(path: Path, mark: Mark) -> None:
    """Write the mark, whole and durable, for its owner alone; raises LedgerError where that fails."""
    values = {
        "installed_at": mark.installed_at.isoformat(),
        "journal_id": mark.journal_id,
        "at": mark.at.isoformat(),
        "head": mark.head,
    }
    fresh = path.with_name(path.name + ".new")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(values, file)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise LedgerError(
            f"the ledger's mark cannot be written: {error.strerror}",
            where=str(path),
            cure="check that the folder of ledger.mark exists, is writable for this user and has room",
        ) from error
