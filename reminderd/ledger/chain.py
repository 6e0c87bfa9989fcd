"""The chain of the journal: every line carries a hash of itself and of the line before it.

Whoever changes, takes out, adds or moves a line would have to rewrite every later one, and the head
that the mark remembers outside the ledger. What was purged by the controller's period is bridged by
the line that says so. Reads only.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

PURGED = "purge_journal"
"""The event of a line that tells up to which line the journal was purged, and that line's hash."""

COLUMNS = (
    "id", "at", "entry_id", "actor", "event", "from_state", "to_state", "reason", "rule", "wording_version",
)  # fmt: skip
# Younger than the chain: it counts where it has a value, so that older lines keep the hash they have.
_SINCE = ("tls",)
_ROWS = f"SELECT {', '.join((*COLUMNS, *_SINCE))}, hash FROM journal ORDER BY id"  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Verified:
    """How many lines were looked at, the last one's number and hash, and what is wrong, in words."""

    lines: int
    last_id: int
    head: str
    findings: tuple[str, ...]


def link(head: str, row: Mapping[str, object]) -> str:
    """Return the hash of a line that follows the line with this hash; ``at`` is text as stored."""
    values = [row[name] for name in COLUMNS]
    values += [{name: row[name]} for name in _SINCE if row.get(name) is not None]
    content = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{head}\n{content}".encode()).hexdigest()


def bridge(through: int, head: str) -> str:
    """Return the reason of the line that says what was purged."""
    return json.dumps({"through": through, "hash": head})


def verify(connection: Connection) -> Verified:
    """Reckon the whole chain anew, from the first line that is there."""
    findings: list[str] = []
    number, head, lines = 0, "", 0
    for row in _rows(connection):
        following = int(str(row["id"]))
        if lines == 0 and following != 1:
            bridged = _bridge_to(connection, following - 1)
            if bridged is None:
                findings.append(
                    f"lines 1 to {following - 1} are missing, and no line says that they were purged"
                )
                head = ""
            else:
                head = bridged
        elif following != number + 1:
            findings.append(f"lines {number + 1} to {following - 1} are missing")
        if link(head, row) != row["hash"]:
            findings.append(f"line {following} is not what was written, or does not follow the one before it")
        number, head, lines = following, str(row["hash"]), lines + 1
    return Verified(lines, number, head, tuple(findings))


def hash_of(connection: Connection, number: int) -> str | None:
    """Return the hash that a line carries, or None where there is no such line."""
    found: str | None = connection.exec_driver_sql(
        "SELECT hash FROM journal WHERE id = ?", (number,)
    ).scalar()
    return found


def _rows(connection: Connection) -> Iterator[Mapping[str, object]]:
    names = (*COLUMNS, *_SINCE, "hash")
    for row in connection.exec_driver_sql(_ROWS):
        yield dict(zip(names, row, strict=True))


def _bridge_to(connection: Connection, through: int) -> str | None:
    purges = connection.exec_driver_sql("SELECT reason FROM journal WHERE event = ?", (PURGED,))
    for (reason,) in purges:
        try:
            said = json.loads(reason)
            if said["through"] == through:
                return str(said["hash"])
        except (ValueError, KeyError, TypeError):
            continue
    return None
