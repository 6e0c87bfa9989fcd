"""What the corridor needs from its neighbours, as small protocols, so that it runs with other parts too."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol

from reminderd.domain.brakes import Brake, SourceStanding
from reminderd.domain.cases import Snapshot
from reminderd.domain.lifecycle import Event, State
from reminderd.domain.notices import Decision, Recipient
from reminderd.domain.outcomes import Outcome, Phase, Protection
from reminderd.domain.reconcile import Knowledge, OpenEntry, Retraction
from reminderd.domain.revisions import CalendarName, CalendarPart, Past
from reminderd.ledger import Claim, DueEntry, Purged, Retention


class CaseSource(Protocol):
    """Where cases come from; one consistent reading a call."""

    def read(self) -> Snapshot:
        """Return everything the case source holds now, or raise SourceUnavailableError."""
        ...


class Writing(Protocol):
    """What the corridor writes, inside one transaction of the ledger."""

    def apart(self) -> AbstractContextManager[None]:
        """Undo what a block has done, and nothing else, where it raises."""
        ...

    def note_rules(self, rules: Iterable[str], since: date) -> None:
        """Remember the first day of each rule that was never seen before."""

    def record(
        self, decisions: Sequence[Decision], at: datetime, *, held: tuple[Brake, str] | None = None
    ) -> int:
        """Enter notices that shall be sent, or be held at once; returns how many are new or wanted again."""

    def hold(self, entries: Sequence[tuple[int, State]], brake: Brake, reason: str, at: datetime) -> None:
        """Let a brake hold entries."""

    def keep_standing(self, standing: SourceStanding, at: datetime) -> None:
        """Write how the case source stands."""

    def record_missed(self, decisions: Sequence[Decision], at: datetime) -> int:
        """Enter notices whose time passed unseen; returns how many are new."""

    def retract(self, retractions: Iterable[Retraction], states: Mapping[int, State], at: datetime) -> None:
        """Withdraw or lapse open entries, or raise StaleEntryError."""

    def apply(self, entries: Sequence[tuple[int, State]], event: Event, reason: str, at: datetime) -> None:
        """Move entries along the lifecycle table, or raise StaleEntryError."""

    def note(self, entry_id: int, event: str, reason: str, at: datetime) -> None:
        """Write into the journal what happened to an entry and changed no state."""

    def finished_run(self, at: datetime, *, upkeep_decided: bool = True) -> None:
        """Remember when the case source was last reconciled."""

    def past_of(self, name: CalendarName) -> Past:
        """Return what was published before in one calendar entry."""
        ...

    def readdress(self, entry_id: int, recipient: Recipient) -> None:
        """Send an entry that is not frozen where its role holder's mail goes today."""

    def leave_behind(self, entry_id: int, recipient: Recipient, reason: str, at: datetime) -> None:
        """Let go of bytes that somebody may have, for another mailbox or another text."""

    def unfreeze(self, entry_id: int) -> None:
        """Forget bytes that no relay ever heard, or raise LedgerError."""

    def freeze(
        self,
        entry_id: int,
        *,
        message_id: str,
        raw: bytes,
        digest: str,
        wording_version: str,
        composed_at: datetime,
        calendar: CalendarPart | None = None,
        mailbox: str | None = None,
        reticence: int | None = None,
    ) -> None:
        """Store the bytes of a message, which nothing changes once a relay has heard them."""

    def claim(self, entry_ids: Sequence[int], at: datetime) -> list[Claim]:
        """Take entries into hand, before any socket opens."""

    def enter_phase(self, attempt_id: int, phase: Phase) -> None:
        """Write how far an attempt has come, before it goes there."""

    def settle(
        self, claim: Claim, outcome: Outcome, at: datetime, protection: Protection | None = None
    ) -> State:
        """Write what became of an attempt; returns the entry's new state, or raises StaleEntryError."""

    def put_back(self, claims: Iterable[Claim], at: datetime) -> None:
        """Return entries in hand that were never spoken about."""

    def purge(self, retention: Retention, at: datetime) -> Purged:
        """Purge what has been kept long enough."""

    def recover(self, at: datetime) -> tuple[int, int]:
        """Settle what a crash left in hand; returns (certainly not sent, unknown)."""


class Books(Protocol):
    """The ledger as the corridor needs it: a few questions, and one way to write."""

    @property
    def secret(self) -> bytes:
        """Return the key of this installation's identities."""

    def check(self) -> None:
        """Raise LedgerFullError or LedgerBrokenError where nothing may be begun."""

    def leave_mark(self, at: datetime) -> None:
        """Write down outside the ledger how far it has come."""

    def empty_wal(self) -> bool:
        """Leave nothing that was purged in the ledger's companions; False where that has to wait."""
        ...

    def knowledge(self, start: date, *, useful_after: datetime | None = None) -> Knowledge:
        """Return what has been told and could still matter."""

    def previous_run(self) -> datetime | None:
        """Return when the case source was last reconciled."""

    def open_entries(self) -> list[OpenEntry]:
        """Return everything that has not settled and is not in hand."""

    def source_standing(self) -> SourceStanding:
        """Return what the case source held when it was last good, and the doubt there is about it."""

    def in_doubt(self) -> list[DueEntry]:
        """Return what a restoration holds and nothing was composed of yet."""
        ...

    def due(self, now: datetime) -> list[DueEntry]:
        """Return what may be claimed now: what leaves calendars, then the oldest deadline first."""

    def handed_since(self, since: datetime, now: datetime) -> Mapping[str, int]:
        """Return how many messages each mailbox may have got in a stretch of time."""
        ...

    def write_all(self, works: Sequence[Callable[[Writing], object]]) -> list[object]:
        """Run several pieces of work in one transaction and return their results."""
