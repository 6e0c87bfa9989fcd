"""The ledger in memory: the same questions, the same steps, the same refusals, and no file.

For tests of the rooms above the ledger. It obeys the same lifecycle table, and one suite runs over it
and over the real ledger. A transaction works on a copy, so what fails leaves nothing behind.
Durability, locks and schemas are the real ledger's alone.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING

from reminderd.domain.answers import Answer, FailingAddress
from reminderd.domain.brakes import SourceStanding
from reminderd.domain.came_back import STANDS_IN_OVERVIEWS
from reminderd.domain.lifecycle import CLAIMABLE, LONGEST_DELAY, State
from reminderd.domain.outcomes import TOO_BIG
from reminderd.domain.reconcile import Knowledge, OpenEntry
from reminderd.domain.rules import ENTERED_ENDS
from reminderd.domain.silences import Silence
from reminderd.domain.workdays import civil_day
from reminderd.ledger import AttemptRow, DueEntry, EntryRow, JournalRow
from reminderd.testing.memory_calendar import generations, invitations
from reminderd.testing.memory_rows import Entry, Rows, text_begun
from reminderd.testing.memory_transaction import MemoryTransaction, known_silences
from reminderd.testing.memory_unsent import unsent, unsent_this_week

if TYPE_CHECKING:
    from reminderd.pipeline import Books

_SECRET = b"only for tests: a ledger's secret"
_OPEN = (State.QUEUED, State.DEFERRED, State.HELD, State.UNKNOWN)


class MemoryLedger:
    """Stands in for :class:`reminderd.ledger.Ledger`; as safe to share between threads as that one."""

    def __init__(self, secret: bytes = _SECRET) -> None:
        self.secret = secret
        self._rows = Rows()
        self._one_writer = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        """Open one short transaction; what it did counts when the block has been left without an error."""
        with self._one_writer:
            rows = self._rows.copy()
            yield MemoryTransaction(rows)
            self._rows = rows

    def write_all(self, works: Sequence[Callable[[MemoryTransaction], object]]) -> list[object]:
        """Run several pieces of work in one transaction and return their results."""
        with self.transaction() as transaction:
            return [work(transaction) for work in works]

    def knowledge(self, start: date, *, useful_after: datetime | None = None) -> Knowledge:
        """Return what has been told; with ``useful_after`` only what could still matter then."""
        rows = self._rows
        states = {
            str(entry.notice.key): entry.state
            for entry in rows.entries.values()
            if useful_after is None
            or entry.notice.expires_at > useful_after
            or entry.notice.key.deadline_date >= civil_day(useful_after)
            or entry.notice.key.deadline_kind in ENTERED_ENDS
        }
        told = invitations(rows, useful_after)
        missed = unsent(rows) if useful_after is None else unsent_this_week(rows, start, useful_after)
        ends, quiet = _receipts(rows, useful_after), known_silences(rows)
        over = generations(rows, useful_after)
        return Knowledge(
            states, dict(rows.rules), start, quiet, told, unsent=missed, receipts=ends, generations=over
        )

    def check(self) -> None:
        """Nothing can be wrong with memory that is there."""

    def leave_mark(self, at: datetime) -> None:
        """Memory leaves none: it never outlives its process."""

    def empty_wal(self) -> bool:
        """Memory has no other files."""
        return True

    def previous_run(self) -> datetime | None:
        """Return when the case source was last reconciled."""
        return self._rows.previous_run

    def open_entries(self) -> list[OpenEntry]:
        """Return everything that has not settled and is not in hand."""
        found = [entry for entry in self._rows.entries.values() if entry.state in _OPEN]
        return [
            OpenEntry(
                entry.entry_id,
                str(entry.notice.key),
                entry.notice.key.rule,
                entry.notice.key.subject,
                entry.state,
                entry.notice.expires_at,
                entry.held_by,
            )
            for entry in found
        ]

    def source_standing(self) -> SourceStanding:
        """Return what the case source held when it was last good, and the doubt there is about it."""
        return self._rows.standing

    def in_doubt(self) -> list[DueEntry]:
        """Return nothing: memory is never restored."""
        return []

    def due(self, now: datetime) -> list[DueEntry]:
        """Return what may be claimed now, the oldest deadline first."""
        rows = self._rows
        found = [
            entry
            for entry in rows.entries.values()
            if entry.state in CLAIMABLE
            and entry.notice.send_at <= now < entry.notice.expires_at
            and not (entry.next_attempt_at and now < entry.next_attempt_at <= now + LONGEST_DELAY)
        ]
        found.sort(key=lambda entry: (entry.notice.key.deadline_date, entry.entry_id))
        return [_due(rows, entry) for entry in found]

    def handed_since(self, since: datetime, now: datetime) -> Mapping[str, int]:
        """Return how many messages each mailbox, in lower case, may have got in a stretch of time."""
        rows = self._rows
        return Counter(
            (rows.entries[entry_id].notice.recipient.mail or "").lower()
            for entry_id, attempts in rows.attempts.items()
            for one in attempts
            if one.outcome in ("sent", "unknown") and one.finished_at and since < one.finished_at <= now
        )

    def reading(self) -> "MemoryReading":
        """Return the questions that an operator asks; the answers follow what is written later."""
        return MemoryReading(lambda: self._rows)

    def close(self) -> None:
        """Do nothing: there is no file to let go of."""


def _due(rows: Rows, entry: Entry) -> DueEntry:
    frozen = rows.messages.get(entry.entry_id)
    return DueEntry(
        entry.entry_id,
        str(entry.notice.key),
        entry.state,
        frozen is not None,
        text_begun(rows, entry.entry_id),
        entry.notice.recipient.mail or "",
        entry.attempts,
        any(
            (one.outcome, one.code) == ("deferred", TOO_BIG) for one in rows.attempts.get(entry.entry_id, ())
        ),
        None if frozen is None else frozen.mailbox,
        None if frozen is None else frozen.reticence,
    )


class MemoryReading:
    """Stands in for :class:`reminderd.ledger.Reading`."""

    def __init__(self, rows: Callable[[], Rows]) -> None:
        self._rows = rows

    def source_standing(self) -> SourceStanding:
        """Return what the case source held when it was last good, and the doubt there is about it."""
        return self._rows().standing

    def braked(self) -> list[tuple[str, str, int]]:
        """Return (brake, rule, number of entries it holds), sorted."""
        held = [
            (entry.held_by, entry.notice.key.rule)
            for entry in self._rows().entries.values()
            if entry.state is State.HELD and entry.held_by is not None
        ]
        return sorted((brake, rule, number) for (brake, rule), number in Counter(held).items())

    def knowledge(self, start: date) -> Knowledge:
        """Return everything that has been told, as planning asks for it."""
        rows = self._rows()
        states = {str(entry.notice.key): entry.state for entry in rows.entries.values()}
        told, missed, ends = invitations(rows), unsent(rows), _receipts(rows)
        quiet = known_silences(rows)
        over = generations(rows)
        return Knowledge(
            states, dict(rows.rules), start, quiet, told, unsent=missed, receipts=ends, generations=over
        )

    def previous_run(self) -> datetime | None:
        """Return when the case source was last reconciled."""
        return self._rows().previous_run

    def counts(self) -> list[tuple[str, str, int]]:
        """Return (rule, state, number of entries), sorted."""
        entries = self._rows().entries.values()
        counted = Counter((entry.notice.key.rule, str(entry.state)) for entry in entries)
        return sorted((rule, state, number) for (rule, state), number in counted.items())

    def oldest_unsent(self) -> EntryRow | None:
        """Return the open entry that has waited longest."""
        waiting = (*_OPEN, State.SENDING)
        found = self._found(entry for entry in self._rows().entries.values() if entry.state in waiting)
        return found[0] if found else None

    def failing_addresses(self) -> tuple[FailingAddress, ...]:
        """Return no address: nothing comes back to a ledger in memory."""
        return ()

    def answers_to(self, calendar_uid: str) -> list[Answer]:  # noqa: ARG002
        """Return no answer: nothing comes back to a ledger in memory."""
        return []

    def find(self, key: str) -> list[EntryRow]:
        """Return the entry with this key, or else every entry whose key contains the text."""
        rows = self._rows()
        if key in rows.ids:
            return self._found([rows.entries[rows.ids[key]]])
        return self._found(
            rows.entries[entry_id] for known, entry_id in rows.ids.items() if key.lower() in known.lower()
        )

    def of_case(self, sagsnr: str) -> list[EntryRow]:
        """Return every entry about a case, in the order it became due."""
        entries = self._rows().entries.values()
        return self._found(entry for entry in entries if entry.notice.sagsnr == sagsnr)

    def silences(self) -> list[Silence]:
        """Return every silence that ever was, oldest first."""
        return list(self._rows().silences.values())

    def sent_between(self, first: datetime, last: datetime) -> list[EntryRow]:
        """Return what the relay took in a stretch of time, both ends included."""
        entries = self._rows().entries.values()
        return self._found(
            entry for entry in entries if entry.state is State.SENT and first <= entry.updated_at <= last
        )

    def relay_certificate_ends(self) -> datetime | None:
        """Return when the certificate ends that the relay showed last; None where it never showed one."""
        rows = self._rows()
        made = (rows.attempts[entry_id][number - 1] for entry_id, number in rows.attempt_ids.values())
        ends = [attempt.tls_expires for attempt in made if attempt.tls_expires is not None]
        return ends[-1] if ends else None

    def attempts(self, entry_id: int) -> list[AttemptRow]:
        """Return an entry's attempts, oldest first."""
        return list(self._rows().attempts.get(entry_id, ()))

    def journal(self, entry_id: int) -> list[JournalRow]:
        """Return an entry's history, oldest first."""
        return list(self._rows().journal.get(entry_id, ()))

    def _found(self, entries: Iterable[Entry]) -> list[EntryRow]:
        ordered = sorted(entries, key=lambda entry: (entry.notice.send_at, entry.entry_id))
        return [self._row(entry) for entry in ordered]

    def _row(self, entry: Entry) -> EntryRow:
        notice, frozen = entry.notice, self._rows().messages.get(entry.entry_id)
        return EntryRow(
            entry_id=entry.entry_id,
            key=str(notice.key),
            rule=notice.key.rule,
            stage=notice.key.stage,
            deadline_kind=notice.key.deadline_kind,
            deadline_date=notice.key.deadline_date,
            sagsnr=notice.sagsnr,
            recipient_role=notice.recipient.role,
            recipient_id=notice.recipient.holder,
            recipient_mail=notice.recipient.mail or "",
            deputy_for=notice.recipient.deputy_for,
            state=entry.state,
            reason=entry.reason,
            send_at=notice.send_at,
            expires_at=notice.expires_at,
            attempts=entry.attempts,
            updated_at=entry.updated_at,
            message_id=None if frozen is None else frozen.message_id,
            calendar_uid=None if frozen is None else frozen.uid,
            calendar_sequence=None if frozen is None else frozen.sequence,
        )


if TYPE_CHECKING:
    # Whatever the corridor asks of a ledger, this one has.
    _fits: Books = MemoryLedger()


def _receipts(rows: Rows, useful_after: datetime | None = None) -> dict[str, date]:
    return {
        str(entry.notice.key): civil_day(entry.updated_at)
        for entry in rows.entries.values()
        if entry.notice.key.deadline_kind == "course_end"
        and entry.state is State.SENT
        and (useful_after is None or entry.updated_at > useful_after - STANDS_IN_OVERVIEWS)
    }
