"""An auditor's questions: is the journal whole, what is known of a case, and who was told about it.

Reads only, beside a running service.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from reminderd.ledger.chain import Verified, hash_of, verify
from reminderd.ledger.mark import read_mark
from reminderd.ledger.mentions import mentioning
from reminderd.ledger.reading import Reading
from reminderd.ledger.schema import attempt, entry, journal, message


@dataclass(frozen=True, slots=True)
class Told:
    """One attempt after which somebody may have read about a case; ``outcome`` None is in hand just now."""

    at: datetime
    key: str
    rule: str
    recipient_role: str
    recipient_id: str
    recipient_mail: str
    deputy_for: str | None
    message_id: str
    outcome: str | None
    code: int | None
    reply: str | None
    wording_version: str
    tls_version: str | None
    tls_cipher: str | None
    tls_certificate: str | None


def verify_journal(reading: Reading, mark_path: Path) -> Verified:
    """Reckon the chain anew, and hold its end against the mark outside the ledger."""
    findings: tuple[str, ...] = ()
    with reading.asking() as connection:
        found = verify(connection)
        mark = read_mark(mark_path)
        if mark is None:
            findings = ("no mark: whether lines are missing at the end cannot be told",)
        there = None if mark is None else hash_of(connection, mark.journal_id)
    if mark is not None and mark.journal_id > found.last_id:
        findings = (f"lines {found.last_id + 1} to {mark.journal_id} are missing at the end",)
    elif mark is not None and mark.head and mark.journal_id and there != mark.head:
        findings = (f"line {mark.journal_id} is not the one that the mark outside the ledger knows",)
    return Verified(found.lines, found.last_id, found.head, (*found.findings, *findings))


def export_case(reading: Reading, sagsnr: str, people: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return what is kept about a case: entries, attempts, journal, answers, and texts still there.

    Of a mail that tells of several cases the text is the lines about this one: the others are others'.
    ``people`` (``borger:ID``) are whose case it is: what they were told themselves belongs to it.
    """
    with reading.asking() as connection:
        among_others = mentioning(connection, sagsnr)
    exported = []
    for row in (*reading.of_case(sagsnr), *reading.of_entries(among_others), *reading.told_to(people)):
        values = asdict(row)
        values["attempts_made"] = [asdict(one) for one in reading.attempts(row.entry_id)]
        values["journal"] = _lines(reading, row.entry_id)
        values["answers"] = [asdict(one) for one in reading.answers_to(row.calendar_uid or "")]
        lines = among_others.get(row.entry_id)
        values["text"] = _text(reading, row.entry_id) if lines is None else "\n".join(lines)
        exported.append(values)
    return exported


def who_got(reading: Reading, sagsnr: str, since: datetime) -> list[Told]:
    """Return every attempt since then whose text was begun and said something of a case, oldest first.

    A mail that told of several cases is known as long as its text is kept.
    """
    columns: list[ColumnElement[Any]] = [attempt.c.started_at]
    columns += [entry.c[name] for name in Told.__dataclass_fields__ if name in _OWN]
    columns += [message.c.message_id, attempt.c.outcome, attempt.c.code, attempt.c.reply]
    columns += [message.c.wording_version, *(attempt.c[f"tls_{name}"] for name in _LINE)]
    with reading.asking() as connection:
        about = or_(entry.c.sagsnr == sagsnr, entry.c.id.in_(mentioning(connection, sagsnr)))
        statement = (
            select(*columns)
            .join(entry, entry.c.id == attempt.c.entry_id)
            .join(message, message.c.entry_id == entry.c.id)
            .where(about, attempt.c.started_at >= since, attempt.c.phase == "data")
            .order_by(attempt.c.started_at, attempt.c.id)
        )
        return [Told(*row) for row in connection.execute(statement)]


_LINE = ("version", "cipher", "certificate")
_OWN = frozenset({"key", "rule", "recipient_role", "recipient_id", "recipient_mail", "deputy_for"})


def _lines(reading: Reading, entry_id: int) -> list[dict[str, Any]]:
    """Return an entry's history whole, oldest first: what ``show`` leaves out as well."""
    columns = [column for column in journal.c if column.name != "entry_id"]
    statement = select(*columns).where(journal.c.entry_id == entry_id).order_by(journal.c.id)
    with reading.asking() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


def _text(reading: Reading, entry_id: int) -> str | None:
    with reading.asking() as connection:
        raw = connection.scalar(select(message.c.raw).where(message.c.entry_id == entry_id))
    return None if raw is None else raw.decode("utf-8", "backslashreplace")
