"""The way back: look into the service mailbox, and note what came back.

    wait -> fetch -> read -> compare and note -> put away

Each mail for itself and in this order: what is noted is committed before the mail is marked, so that a
look that is cut off is made again by the next one, and says nothing twice. Nothing that is read here
changes a case, a rule or who is told. What nobody can decide stays in the mailbox, flagged for a person.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog

from reminderd.clock import Clock
from reminderd.domain.answers import ForAPerson, Ignored, Letter, Replies, Reply, Returned, Verdict
from reminderd.inbox import read

log = structlog.get_logger("reminderd.intake")

_TOO_LARGE = ForAPerson("it is larger than inbox.largest_bytes, or has gone")


class Mailbox(Protocol):
    """A mailbox that is open; every question may raise InboxUnavailableError."""

    def waiting(self, most: int) -> list[int]:
        """Return the mails that nobody has looked at, oldest first, so many at most."""
        ...

    def fetch(self, uid: int) -> bytes | None:
        """Return a mail's bytes, None where it is too large."""
        ...

    def done(self, uid: int) -> None:
        """Mark a mail as handled."""

    def leave(self, uid: int) -> None:
        """Flag a mail for a person."""


class Noting(Protocol):
    """What is written, inside one transaction of the ledger."""

    def take_reply(self, reply: Reply, at: datetime) -> Verdict:
        """Note an answer that fits what was sent."""
        ...

    def take_returned(self, returned: Returned, at: datetime) -> Verdict:
        """Note that the address of a mail of ours fails."""
        ...


class Books(Protocol):
    """The ledger as far as it is needed here."""

    def write_all(self, works: Sequence[Callable[[Noting], object]]) -> list[object]:
        """Run pieces of work in one transaction and return their results."""
        ...


@dataclass(slots=True)
class Looked:
    """What one look found: mails by what became of them, and why some were left to a person.

    ``more`` tells that as many mails as a look takes were there, so that others may wait.
    """

    at: datetime
    counts: Counter[str] = field(default_factory=Counter)
    left_because: Counter[str] = field(default_factory=Counter)
    more: bool = False

    @property
    def left(self) -> int:
        """Return how many mails wait for a person."""
        return self.counts["left"]


class Intake:
    """One installation's way back, wired by ``app``."""

    def __init__(
        self,
        *,
        open_mailbox: Callable[[], AbstractContextManager[Mailbox]],
        ledger: Books,
        clock: Clock,
        most: int,
    ) -> None:
        self._open_mailbox = open_mailbox
        self._ledger = ledger
        self._clock = clock
        self._most = most
        self._stopping = False

    def stop(self) -> None:
        """Finish the mail in hand and begin no other; may be said from any thread."""
        self._stopping = True

    def look(self) -> Looked:
        """Handle what waits in the mailbox; blocks. Raises InboxUnavailableError, LedgerError.

        What was handled before an error stays handled.
        """
        looked = Looked(self._clock.now())
        with self._open_mailbox() as mailbox:
            waiting = mailbox.waiting(self._most)
            looked.more = len(waiting) == self._most
            for uid in waiting:
                if self._stopping:
                    break
                self._handle(mailbox, uid, looked)
        if looked.counts:
            log.info("mailbox_read", **looked.counts)
        return looked

    def _handle(self, mailbox: Mailbox, uid: int, looked: Looked) -> None:
        raw = mailbox.fetch(uid)
        letter = _TOO_LARGE if raw is None else read(raw)
        verdicts = self._judged(letter, looked)
        left = [verdict.reason for verdict in verdicts if verdict.kind == "leave"]
        if left:
            looked.counts["left"] += 1
            looked.left_because[left[0]] += 1
            log.warning("mail_left_to_a_person", mail=uid, reason=left[0])
            mailbox.leave(uid)
            return
        if not any(verdict.kind == "note" for verdict in verdicts):
            looked.counts["ignored"] += 1
        mailbox.done(uid)

    def _judged(self, letter: Letter, looked: Looked) -> list[Verdict]:
        """Compare everything that a mail says with the ledger, and note what fits."""
        match letter:
            case Replies(replies):
                return [self._write(_answer(reply, looked.at), "answers", looked) for reply in replies]
            case Returned():
                return [self._write(_returned(letter, looked.at), "returned", looked)]
            case Ignored(reason):
                return [Verdict("ignore", reason)]
            case ForAPerson(reason):
                return [Verdict("leave", reason)]

    def _write(self, work: Callable[[Noting], Verdict], count: str, looked: Looked) -> Verdict:
        (verdict,) = self._ledger.write_all([work])
        assert isinstance(verdict, Verdict)  # noqa: S101 - it is what the work returns
        if verdict.kind == "note":
            looked.counts[count] += 1
        return verdict


def _answer(reply: Reply, at: datetime) -> Callable[[Noting], Verdict]:
    return lambda tx: tx.take_reply(reply, at)


def _returned(returned: Returned, at: datetime) -> Callable[[Noting], Verdict]:
    return lambda tx: tx.take_returned(returned, at)
