"""The memory ledger's rows: what the real one keeps in tables, as frozen values. Knows no step and no SQL."""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from reminderd.domain.brakes import SourceStanding
from reminderd.domain.lifecycle import State
from reminderd.domain.notices import Notice
from reminderd.domain.revisions import CalendarName, CalendarPart, Revision
from reminderd.domain.silences import Silence
from reminderd.ledger import AttemptRow, JournalRow

Occasion = tuple[str, str, str]
"""(kind, subject, recipient id)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One notice and where it is."""

    entry_id: int
    notice: Notice
    state: State
    reason: str
    updated_at: datetime
    attempts: int = 0
    next_attempt_at: datetime | None = None
    held_by: str | None = None


@dataclass(frozen=True, slots=True)
class Frozen:
    """The bytes of an entry's message, and the calendar entry that they carry."""

    message_id: str
    raw: bytes
    uid: str | None
    calendar: CalendarPart | None
    mailbox: str | None = None
    reticence: int | None = None

    @property
    def sequence(self) -> int | None:
        """Return the SEQUENCE of the calendar part, if there is one."""
        return None if self.calendar is None else self.calendar.revision.sequence


@dataclass(frozen=True, slots=True)
class Left:
    """What a mailbox may have got of a notice that went on to another one, after so many attempts."""

    frozen: Frozen
    mailbox: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation of a calendar entry: its UID, its mailbox, who invited, and its newest part."""

    uid: str
    mailbox: str
    organizer: str
    revision: Revision
    ends: datetime


@dataclass(slots=True)
class Rows:
    """Everything a memory ledger holds; each row is frozen, so a copy of the indexes is a copy."""

    entries: dict[int, Entry] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    messages: dict[int, Frozen] = field(default_factory=dict)
    attempts: dict[int, tuple[AttemptRow, ...]] = field(default_factory=dict)
    attempt_ids: dict[int, tuple[int, int]] = field(default_factory=dict)  # id -> entry id, number
    journal: dict[int, tuple[JournalRow, ...]] = field(default_factory=dict)
    left: dict[int, tuple[Left, ...]] = field(default_factory=dict)
    calendar: dict[Occasion, dict[int, Generation]] = field(default_factory=dict)
    rules: dict[str, date] = field(default_factory=dict)
    silences: dict[int, Silence] = field(default_factory=dict)
    previous_run: datetime | None = None
    standing: SourceStanding = field(default_factory=SourceStanding)

    def copy(self) -> "Rows":
        """Return a copy that can be changed without a trace in this one."""
        values: dict[str, Any] = {}
        for name in (each.name for each in fields(self)):
            value = getattr(self, name)
            values[name] = dict(value) if isinstance(value, dict) else value
        values["calendar"] = {occasion: dict(kept) for occasion, kept in self.calendar.items()}
        return Rows(**values)

    def become(self, other: "Rows") -> None:
        """Hold what the other holds, and forget all else."""
        for name in (each.name for each in fields(self)):
            setattr(self, name, getattr(other, name))


def occasion_of(name: CalendarName) -> Occasion:
    """Return the occasion and recipient of a calendar entry, whatever the mailbox."""
    return name.kind, name.subject, name.recipient_id


_NEVER_TAKEN = ("deferred", "refused", "failed", "stopped")


def text_begun(rows: Rows, entry_id: int) -> bool:
    """Tell whether somebody may have an entry's bytes, so that they stay for ever."""
    attempts = rows.attempts.get(entry_id, ())
    return any(
        attempt.outcome == "unknown" or (attempt.phase == "data" and attempt.outcome not in _NEVER_TAKEN)
        for attempt in attempts
    )
