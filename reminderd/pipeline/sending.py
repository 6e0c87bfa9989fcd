"""From frozen bytes to an outcome: claim, hand over, settle, on as many lines as it is worth.

Each attempt is on disk before the socket opens, and its end before the next message begins on the
same line. No transaction is open while the relay is spoken to.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

import structlog

from reminderd.clock import Clock
from reminderd.delivery.pace import Pace
from reminderd.delivery.transport import Envelope, Session, Transport
from reminderd.domain.lifecycle import State
from reminderd.domain.outcomes import TOO_BIG, Deferred, Failed, Outcome, Protection, Unknown
from reminderd.domain.workdays import civil_day
from reminderd.errors import LedgerBrokenError, LedgerError
from reminderd.ledger import Claim, DueEntry, GroupCommit, StaleEntryError
from reminderd.pipeline.eligibility import LONGEST_SECONDS, Eligibility
from reminderd.pipeline.in_a_row import InARow
from reminderd.pipeline.needs import Writing
from reminderd.pipeline.report import Report

log = structlog.get_logger("reminderd.pipeline")

_CLAIM_BATCH = 10
MAILS_PER_LINE = 100
"""One line to the relay takes this many messages before a second one is worth its handshake."""


class _NotNowError(Exception):
    """DATA may not be said now: nobody wants the mail any more, nobody can tell, or a line met an error."""


class Sender:
    """Hands messages over to one relay, in the name of ``sender``; in trials all to ``redirect_to``."""

    def __init__(
        self,
        transport: Transport,
        writer: GroupCommit[Writing],
        clock: Clock,
        *,
        check: Callable[[], None],
        eligibility: Eligibility,
        sender: str,
        connections: int,
        rate_per_minute: int,
        mails_per_line: int = MAILS_PER_LINE,
        redirect_to: str | None = None,
    ) -> None:
        self._mails_per_line = mails_per_line
        self._redirect_to = redirect_to
        self._transport = transport
        self._writer = writer
        self._clock = clock
        self._check = check
        self._eligibility = eligibility
        self._sender = sender
        self._connections = connections
        self._pace = Pace(rate_per_minute)
        self._row = InARow()
        self._stopping = False
        self._due: dict[int, DueEntry] = {}
        self._unsettled: list[tuple[Claim, Callable[[Writing], State]]] = []
        self._interrupted = False
        self._failed: list[Exception] = []

    def stop(self) -> None:
        """Finish the message in hand and claim nothing new."""
        self._stopping = True

    async def deliver(self, ready: Sequence[DueEntry], report: Report) -> None:
        """Hand over what is ready, the oldest deadline first, on as many lines as it is worth."""
        waiting = deque(self._row.in_order(ready))
        self._due = {entry.entry_id: entry for entry in ready}
        lines = min(self._connections, -(-len(waiting) // self._mails_per_line))
        self._failed = []
        self._interrupted = True
        async with asyncio.TaskGroup() as senders:
            for _ in range(lines):
                senders.create_task(self._work(waiting, report))
        if report.slowest_s > LONGEST_SECONDS:
            log.warning("relay_slow", took_s=round(report.slowest_s))
        if self._failed:
            raise min(self._failed, key=_gravity)
        self._interrupted = False

    async def settle_left(self) -> None:
        """Settle what an earlier run could not write: outcomes that are known, and attempts cut short."""
        if not self._interrupted:
            return
        while self._unsettled:
            claim, settle = self._unsettled[0]
            try:
                await self._writer.write(settle)
            except StaleEntryError:
                log.error("entry_changed_in_hand", key=claim.key)  # noqa: TRY400
            del self._unsettled[0]
        unsent, unknown = await self._writer.write(lambda tx: tx.recover(self._clock.now()))
        self._interrupted = False
        if unsent or unknown:
            log.warning("recovered", not_sent=unsent, unknown=unknown)

    def take_over(self, before: "Sender") -> None:
        """Settle in the next run what another sender over the same ledger has left."""
        self._unsettled += before._unsettled  # noqa: SLF001 - one of its own kind
        self._interrupted = True

    async def _work(self, waiting: deque[DueEntry], report: Report) -> None:
        """Send on one line; an error ends all of them, each after the message that it has in hand.

        To cut the others off would leave in doubt what the relay has just taken.
        """
        try:
            await self._send_from(waiting, report)
        except Exception as error:  # noqa: BLE001 - raised when every line has ended
            self._failed.append(error)

    async def _send_from(self, waiting: deque[DueEntry], report: Report) -> None:
        # Where turns are far apart, nothing is taken into hand that would only grow old there.
        at_once = 1 if self._pace.limited else _CLAIM_BATCH
        async with self._transport.session() as session:
            while waiting and not self._halted(report):
                await self._pace.turn()
                self._check()
                await self._eligibility.renew(report)
                if self._halted(report):
                    break
                as_of = self._eligibility.as_of
                batch = self._take(waiting, at_once)
                claims = deque(await self._writer.write(partial(self._claim, batch)))
                await self._send_batch(session, claims, as_of, report)
                if claims:
                    await self._writer.write(partial(self._put_back, tuple(claims)))
                    left = {claim.entry_id for claim in claims}
                    waiting.extendleft(entry for entry in reversed(batch) if entry.entry_id in left)

    def _take(self, waiting: deque[DueEntry], most: int) -> list[DueEntry]:
        """Take what comes next out of ``waiting``, and let go what the newest reading does not ask for."""
        batch: list[DueEntry] = []
        let_go = 0
        while waiting and len(batch) < most:
            entry = waiting.popleft()
            if self._eligibility.still_wanted(entry):
                batch.append(entry)
            else:
                let_go += 1
        if let_go:
            log.info("no_longer_wanted", notices=let_go)
        return batch

    async def _send_batch(self, session: Session, claims: deque[Claim], as_of: float, report: Report) -> None:
        """Hand over what is in hand; what is left when the reading has grown old stays in ``claims``."""
        first = True
        while claims and not self._halted(report):
            if not first and self._eligibility.is_old(as_of):
                return
            first = False
            await self._hand_over(session, claims.popleft(), as_of, report)

    def _halted(self, report: Report) -> bool:
        # A run that is paced into the next day stops: it is night, and "tomorrow" has become today.
        over = civil_day(self._clock.now()) != civil_day(report.at)
        trouble = report.relay_trouble or report.source_trouble
        return over or self._stopping or bool(self._failed) or trouble is not None

    def _claim(self, batch: Sequence[DueEntry], tx: Writing) -> list[Claim]:
        return tx.claim([entry.entry_id for entry in batch], self._clock.now())

    def _put_back(self, claims: Sequence[Claim], tx: Writing) -> None:
        tx.put_back(claims, self._clock.now())

    async def _hand_over(self, session: Session, claim: Claim, as_of: float, report: Report) -> None:
        """Send one message and write what became of it before anything else is begun on this line."""
        name = claim.message_id.strip("<>").partition("@")[0]
        envelope = Envelope(self._sender, self._redirect_to or claim.recipient_mail, claim.raw, name)

        begun, offered_at = False, asyncio.get_running_loop().time()

        async def before_data() -> None:
            nonlocal begun
            report.slowest_s = max(report.slowest_s, asyncio.get_running_loop().time() - offered_at)
            if not await self._may_be_said(claim, as_of, report):
                raise _NotNowError
            await self._writer.write(lambda tx: tx.enter_phase(claim.attempt_id, "data"))
            begun = True

        report.offered += 1
        try:
            outcome = await session.send(envelope, before_data)
        except StaleEntryError:
            log.error("entry_changed_in_hand", key=claim.key)  # noqa: TRY400
            return
        except LedgerError:
            raise  # what cannot be written is not sent
        except _NotNowError:
            # Nothing was said, and the next run asks again.
            await self._writer.write(partial(self._put_back, (claim,)))
            return
        except Exception as error:
            # A mistake in the program; this message keeps its side of the dot, the others go on.
            log.exception("send_failed", key=claim.key)
            reason = f"a bug: {type(error).__name__}"
            outcome = Unknown(reason) if begun else Deferred(reason)
        if isinstance(outcome, Failed) and outcome.too_big and not self._due[claim.entry_id].too_big:
            # The safe wording goes out next: somebody has to be told, and that mail is small.
            outcome = Deferred(outcome.reason, TOO_BIG)
        settle = partial(_settle, claim, outcome, self._clock.now(), session.protection)
        state = await self._write_outcome(claim, settle)
        if state is None:
            return
        report.outcomes[state] += 1
        trouble = self._row.trouble(claim, outcome)
        report.relay_trouble = report.relay_trouble or trouble
        _tell(claim, outcome, state)

    async def _may_be_said(self, claim: Claim, as_of: float, report: Report) -> bool:
        """Tell whether DATA may be said now; where the relay was slow to come to it, read again first."""
        if self._eligibility.is_too_old(as_of):
            await self._eligibility.renew(report)
            if report.source_trouble or not self._eligibility.still_wanted(self._due[claim.entry_id]):
                return False
        return not self._failed

    async def _write_outcome(self, claim: Claim, settle: Callable[[Writing], State]) -> State | None:
        """Write a known outcome, and keep it until it is written, whatever cuts this off.

        Returns None where the entry is no longer in hand.
        """
        kept = (claim, settle)
        self._unsettled.append(kept)
        try:
            state = await self._writer.write(settle)
        except StaleEntryError:
            log.error("entry_changed_in_hand", key=claim.key)  # noqa: TRY400
            state = None
        except LedgerError:
            raise  # the next run writes it
        except Exception:
            self._unsettled.remove(kept)  # a mistake in the program: what cannot be said is unknown
            raise
        self._unsettled.remove(kept)
        return state


def spread(ready: Sequence[DueEntry], handed: Mapping[str, int], most: int) -> tuple[list[DueEntry], int]:
    """Return what may be handed over without any mailbox getting more than ``most``, and how much may not.

    What comes first goes first; ``handed`` is what each mailbox has had.
    """
    had, within = Counter(handed), []
    for entry in ready:
        mailbox = entry.recipient_mail.lower()
        if had[mailbox] < most:
            had[mailbox] += 1
            within.append(entry)
    return within, len(ready) - len(within)


def _settle(
    claim: Claim, outcome: Outcome, at: datetime, protection: Protection | None, tx: Writing
) -> State:
    return tx.settle(claim, outcome, at, protection)


def _gravity(error: Exception) -> int:
    """Rank what ended a run: a broken ledger first, then a mistake in the program, then a full disk."""
    if isinstance(error, LedgerBrokenError):
        return 0
    return 2 if isinstance(error, LedgerError) else 1


def _tell(claim: Claim, outcome: Outcome, state: State) -> None:
    facts = {"key": claim.key, "rule": claim.rule, "attempt": claim.number}
    if state is State.SENT:
        log.info("notice_sent", **facts)
        return
    reason, code = getattr(outcome, "reason", ""), getattr(outcome, "code", None)
    log.warning("notice_not_sent", **facts, state=state, code=code, reason=reason)
