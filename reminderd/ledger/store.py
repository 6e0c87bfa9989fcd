"""The ledger as its one writer sees it: what is known, what is open, and transactions.

``transaction()`` is the only way to write; everything else is a question. Nothing here knows a
relay, a case or a template.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Engine, func, or_, select

from reminderd.domain.brakes import SourceStanding
from reminderd.domain.lifecycle import CLAIMABLE, LONGEST_DELAY, State
from reminderd.domain.reconcile import Knowledge, OpenEntry
from reminderd.domain.rules import ENTERED_ENDS
from reminderd.domain.workdays import civil_day
from reminderd.errors import LedgerBrokenError
from reminderd.ledger.answers import came_back
from reminderd.ledger.attempts import WAS_TOO_BIG
from reminderd.ledger.calendar_entries import BEGUN, generations, invitations
from reminderd.ledger.faults import in_words
from reminderd.ledger.mark import leave_mark
from reminderd.ledger.place import Place
from reminderd.ledger.receipts import receipts
from reminderd.ledger.restoration import present_mark
from reminderd.ledger.schema import attempt, entry, installation, message, rule_start
from reminderd.ledger.silences import known_silences
from reminderd.ledger.standing import source_standing_of
from reminderd.ledger.transaction import Transaction
from reminderd.ledger.unsent import unsent, unsent_this_week

_OPEN = (State.QUEUED, State.DEFERRED, State.HELD, State.UNKNOWN)


ASKS = "asks"
"""The option of a connection that only asks: its transaction takes no lock for writing."""


@dataclass(frozen=True, slots=True)
class DueEntry:
    """An entry that may be claimed now.

    ``composed`` tells whether there are frozen bytes; until then ``recipient_mail`` is where it was to go
    on the day it was recorded. ``begun`` tells whether somebody may have the text, ``too_big`` whether
    the relay found an earlier mail of it too big. ``written_to`` is the mailbox that the bytes name, which
    in a trial is another, and ``reticence`` how little they say; None where nobody knows.
    """

    entry_id: int
    key: str
    state: State
    composed: bool
    begun: bool
    recipient_mail: str
    attempts: int = 0
    too_big: bool = False
    written_to: str | None = None
    reticence: int | None = None


class Ledger:
    """The writer's view: what is known, what is open, and transactions to change it."""

    def __init__(
        self,
        engine: Engine,
        secret: bytes,
        *,
        place: Place,
        lock: int | None = None,
        mark: Path | None = None,
    ) -> None:
        self._engine = engine
        self._asked = engine.execution_options(**{ASKS: True})
        self._place = place
        self._lock = lock
        self._mark = mark
        self._marked = -1
        self._broken: LedgerBrokenError | None = None
        self.secret = secret

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open one short transaction; it is durable when the block has been left.

        Raises LedgerFullError without room on the disk, and LedgerBrokenError after any other failure
        to read or write, now and for good: a second try could call durable what is lost.
        """
        if self._broken is not None:
            raise self._broken
        try:
            with in_words(self._place.path), self._engine.begin() as connection:
                yield Transaction(connection)
        except LedgerBrokenError as error:
            self._broken = error
            raise

    @contextmanager
    def _asking(self) -> Iterator[Connection]:
        with in_words(self._place.path), self._asked.connect() as connection:
            yield connection

    def check(self) -> None:
        """Make sure that something may be begun.

        Raises LedgerBrokenError where the file is no longer the one that was opened, LedgerFullError
        where its disk has too little room.
        """
        self._place.check()

    def empty_wal(self) -> bool:
        """Bring everything into the main file and cut the other to nothing: what was purged is nowhere.

        False where somebody was reading what stood there; raises LedgerBrokenError where the disk fails.
        """
        with self._asking() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None  # noqa: S101 - it is connected
            connection.rollback()
            busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def leave_mark(self, at: datetime) -> None:
        """Write down outside the ledger how far it has come, if it has come further."""
        if self._mark is None:
            return
        with self._asking() as connection:
            mark = present_mark(connection, at)
        if mark.journal_id != self._marked:
            leave_mark(self._mark, mark)
            self._marked = mark.journal_id

    def write_all(self, works: Sequence[Callable[[Transaction], object]]) -> list[object]:
        """Run several pieces of work in one transaction and return their results."""
        with self.transaction() as transaction:
            return [work(transaction) for work in works]

    def knowledge(self, start: date, *, useful_after: datetime | None = None) -> Knowledge:
        """Return what has been told; with ``useful_after`` only what could still matter then."""
        wanted = select(entry.c.key, entry.c.state)
        if useful_after is not None:
            # A told stage counts for as long as its deadline is ahead: no earlier one may follow it. What was
            # told of an end that people enter counts for good: it may be moved or taken back.
            ahead = entry.c.deadline_date >= civil_day(useful_after)
            entered = entry.c.deadline_kind.in_(ENTERED_ENDS)
            wanted = wanted.where(or_(entry.c.expires_at > useful_after, ahead, entered))
        with self._asking() as connection:
            states = {key: State(state) for key, state in connection.execute(wanted)}
            since: dict[str, date] = dict(connection.execute(select(rule_start)).all())
            told = invitations(connection, useful_after)
            back = came_back(connection, useful_after)
            missed = (
                unsent(connection)
                if useful_after is None
                else unsent_this_week(connection, start, useful_after)
            )
            ends = receipts(connection, useful_after)
            over = generations(connection, useful_after)
            return Knowledge(states, since, start, known_silences(connection), told, back, missed, ends, over)

    def previous_run(self) -> datetime | None:
        """Return when the case source was last reconciled."""
        with self._asking() as connection:
            return connection.scalar(select(installation.c.previous_run))

    def open_entries(self) -> list[OpenEntry]:
        """Return everything that has not settled and is not in hand."""
        names = ("id", "key", "rule", "subject", "state", "expires_at", "held_by")
        columns = [entry.c[name] for name in names]
        with self._asking() as connection:
            rows = connection.execute(select(*columns).where(entry.c.state.in_(_OPEN)))
            return [
                OpenEntry(
                    row.id, row.key, row.rule, row.subject, State(row.state), row.expires_at, row.held_by
                )
                for row in rows
            ]

    def source_standing(self) -> SourceStanding:
        """Return what the case source held when it was last good, and the doubt there is about it."""
        with self._asking() as connection:
            return source_standing_of(connection)

    def in_doubt(self) -> list[DueEntry]:
        """Return what a restoration holds and nothing was composed of yet."""
        held = (entry.c.state == State.HELD) & (entry.c.held_by == "restored")
        return self._to_be_sent(held, message.c.entry_id.is_(None))

    def due(self, now: datetime) -> list[DueEntry]:
        """Return what may be claimed now, the oldest deadline first."""
        # No rest is longer than that: what lies further ahead was written by a clock that was ahead.
        another_clock = entry.c.next_attempt_at > now + LONGEST_DELAY
        rested = or_(entry.c.next_attempt_at.is_(None), entry.c.next_attempt_at <= now, another_clock)
        return self._to_be_sent(
            entry.c.state.in_(CLAIMABLE), entry.c.send_at <= now, entry.c.expires_at > now, rested
        )

    def _to_be_sent(self, *which: ColumnElement[bool]) -> list[DueEntry]:
        statement = (
            select(
                entry.c.id, entry.c.key, entry.c.state, message.c.entry_id.is_not(None), BEGUN,
                entry.c.recipient_mail, entry.c.attempts, WAS_TOO_BIG, message.c.mailbox, message.c.reticence,
            )
            .join(message, message.c.entry_id == entry.c.id, isouter=True)
            .where(*which)
            .order_by(entry.c.deadline_date, entry.c.id)
        )  # fmt: skip
        with self._asking() as connection:
            rows = connection.execute(statement)
            return [DueEntry(row[0], row[1], State(row[2]), *row[3:]) for row in rows]

    def handed_since(self, since: datetime, now: datetime) -> Mapping[str, int]:
        """Return how many messages each mailbox, in lower case, may have got in a stretch of time."""
        mailbox = func.lower(entry.c.recipient_mail)
        may_have = attempt.c.outcome.in_(("sent", "unknown")) & (attempt.c.finished_at > since)
        statement = (
            select(mailbox, func.count())
            .join(entry, entry.c.id == attempt.c.entry_id)
            .where(may_have, attempt.c.finished_at <= now)
            .group_by(mailbox)
        )
        with self._asking() as connection:
            return dict(connection.execute(statement).all())

    def close(self) -> None:
        """Let go of the file and the lock."""
        self._engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
