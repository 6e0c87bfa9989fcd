"""The corridor: the only place that knows the order of the rooms.

    read -> plan -> record -> compose -> claim -> deliver -> settle

A run reconciles the whole case source with the whole ledger and hands over what is due. Nothing is
sent that is not first written, no transaction is open while the relay is spoken to, and one notice
that fails in any step is counted, shown and left behind while the others go on.
"""

import asyncio
import gc
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Protocol

import structlog

from reminderd.clock import Clock
from reminderd.compose.composer import Composer
from reminderd.compose.identity import uid_for
from reminderd.compose.invite import CalendarRevision
from reminderd.delivery.pace import Pace
from reminderd.delivery.transport import Envelope, Session, Transport
from reminderd.domain.cases import Snapshot
from reminderd.domain.lifecycle import Event, State
from reminderd.domain.notices import Decision, Notice, Recipient
from reminderd.domain.outcomes import Deferred, Outcome, Phase, Unknown
from reminderd.domain.planning import Policy
from reminderd.domain.reconcile import (
    Knowledge,
    OpenEntry,
    Retraction,
    Today,
    missed,
    plan_today,
    retract,
)
from reminderd.domain.revisions import Revision, next_request
from reminderd.domain.workdays import civil_day, local
from reminderd.ledger import Claim, DueEntry, GroupCommit, StaleEntryError

log = structlog.get_logger("reminderd.pipeline")

_CLAIM_BATCH = 10
_COMPOSE_BATCH = 50
# One line to the relay takes this many messages before a second one is worth its handshake.
_MESSAGES_A_SESSION = 100


class CaseSource(Protocol):
    """Where cases come from; one consistent reading a call."""

    def read(self) -> Snapshot:
        """Return everything the case source holds now, or raise SourceUnavailableError."""
        ...


class Writing(Protocol):
    """What the corridor writes, inside one transaction of the ledger."""

    def note_rules(self, rules: Iterable[str], since: date) -> None:
        """Remember the first day of each rule that was never seen before."""

    def record(self, decisions: Sequence[Decision], at: datetime) -> int:
        """Enter notices that shall be sent; returns how many are new or wanted again."""

    def record_missed(self, decisions: Sequence[Decision], at: datetime) -> int:
        """Enter notices whose time passed unseen; returns how many are new."""

    def retract(self, retractions: Iterable[Retraction], states: Mapping[int, State], at: datetime) -> None:
        """Withdraw or lapse open entries, or raise StaleEntryError."""

    def apply(self, entries: Sequence[tuple[int, State]], event: Event, reason: str, at: datetime) -> None:
        """Move entries along the lifecycle table, or raise StaleEntryError."""

    def finished_run(self, at: datetime) -> None:
        """Remember when the case source was last reconciled."""

    def last_revision(self, kind: str, subject: str, recipient_id: str) -> Revision | None:
        """Return the newest revision of a calendar entry."""

    def readdress(self, entry_id: int, recipient: Recipient) -> None:
        """Send an entry that is not frozen where its role holder's mail goes today."""

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
        revision: Revision | None = None,
        occasion: tuple[str, str, str] | None = None,
        uid: str | None = None,
    ) -> None:
        """Store the bytes of a message, which nothing changes once a relay has heard them."""

    def claim(self, entry_ids: Sequence[int], at: datetime) -> list[Claim]:
        """Take entries into hand, before any socket opens."""

    def enter_phase(self, attempt_id: int, phase: Phase) -> None:
        """Write how far an attempt has come, before it goes there."""

    def settle(self, claim: Claim, outcome: Outcome, at: datetime) -> State:
        """Write what became of an attempt; returns the entry's new state, or raises StaleEntryError."""

    def put_back(self, claims: Iterable[Claim], at: datetime) -> None:
        """Return entries in hand that were never spoken about."""

    def recover(self, at: datetime) -> tuple[int, int]:
        """Settle what a crash left in hand; returns (certainly not sent, unknown)."""


class Books(Protocol):
    """The ledger as the corridor needs it: four questions, and one way to write."""

    @property
    def secret(self) -> bytes:
        """Return the key of this installation's identities."""

    def knowledge(self, start: date, *, useful_after: datetime | None = None) -> Knowledge:
        """Return what has been told and could still matter."""

    def previous_run(self) -> datetime | None:
        """Return when the case source was last reconciled."""

    def open_entries(self) -> list[OpenEntry]:
        """Return everything that has not settled and is not in hand."""

    def due(self, now: datetime) -> list[DueEntry]:
        """Return what may be claimed now, the oldest deadline first."""

    def write_all(self, works: Sequence[Callable[[Writing], object]]) -> list[object]:
        """Run several pieces of work in one transaction and return their results."""


@dataclass(slots=True)
class Report:
    """What one run did: counts by outcome, and the relay's trouble in words if there was any."""

    at: datetime
    findings: int = 0
    recorded: int = 0
    withdrawn: int = 0
    lapsed: int = 0
    offered: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    relay_trouble: str | None = None

    @property
    def sent(self) -> int:
        """Return how many messages the relay took."""
        return self.outcomes["sent"]


class Pipeline:
    """One installation's corridor, wired by ``app``."""

    def __init__(
        self,
        *,
        source: CaseSource,
        ledger: Books,
        composer: Composer,
        transport: Transport,
        policy: Policy,
        sender: str,
        domain: str,
        clock: Clock,
        connections: int = 4,
        rate_per_minute: int = 0,
    ) -> None:
        self._source = source
        self._ledger = ledger
        self._writer: GroupCommit[Writing] = GroupCommit(ledger)
        self._composer = composer
        self._transport = transport
        self._policy = policy
        self._sender = sender
        self._domain = domain
        self._clock = clock
        self._connections = connections
        self._pace = Pace(rate_per_minute)
        self._stopping = False

    def stop(self) -> None:
        """Finish the message in hand and claim nothing new; what is waiting stays queued."""
        self._stopping = True

    async def recover(self) -> None:
        """Settle what an earlier process left in hand; to be called once, before the first run."""
        unsent, unknown = await self._writer.write(lambda tx: tx.recover(self._clock.now()))
        if unsent or unknown:
            log.warning("recovered", not_sent=unsent, unknown=unknown)

    async def close(self) -> None:
        """Let what is being written finish."""
        await self._writer.close()

    async def run(self, *, deliver: bool = True) -> Report:
        """Reconcile once, then hand over what is due.

        With ``deliver=False`` the relay is left alone, because it is known to be away; so it is on
        closed days and before the hour of sending, whatever waits. Raises SourceUnavailableError or
        SourceContractError, and then nothing has been changed.
        """
        now = self._clock.now()
        report = Report(at=now)
        with _collector_resting():
            snapshot = await asyncio.to_thread(self._source.read)
            report.findings = len(snapshot.findings)
            today = await self._reconcile(snapshot, now, report)
        if not deliver or self._stopping or not self._policy.open_for_sending(now):
            return report
        due = await asyncio.to_thread(self._ledger.due, now)
        due = [entry for entry in due if entry.key not in today.silenced]
        ready = await self._compose(due, today, local(snapshot.meta.data_pr), now, report)
        await self._deliver(ready, report)
        return report

    async def _reconcile(self, snapshot: Snapshot, now: datetime, report: Report) -> Today:
        """Compare wanted with known and write the difference, in one transaction."""
        rules = [rule.name for rule in self._policy.book.rules if rule.enabled]
        await self._writer.write(lambda tx: tx.note_rules(rules, civil_day(now)))
        previous = self._ledger.previous_run()
        # What could still matter at the previous run: else its notices would seem to have been missed.
        useful_after = now if previous is None else min(previous, now)
        known = await asyncio.to_thread(self._ledger.knowledge, civil_day(now), useful_after=useful_after)
        today = await asyncio.to_thread(plan_today, snapshot, self._policy, known, now)
        overtaken = missed(today, known, previous)
        wanted = [decision for decision in today.decisions if decision.kind == "send"]
        pending = self._ledger.open_entries()
        retractions = retract(pending, today, now)
        states = {entry.entry_id: entry.state for entry in pending}

        def write(tx: Writing) -> tuple[int, int]:
            tx.retract(retractions, states, now)
            recorded = tx.record(wanted, now)
            lapsed = tx.record_missed(overtaken, now)
            tx.finished_run(now)
            return recorded, lapsed

        report.recorded, lapsed = await self._writer.write(write)
        report.lapsed = lapsed + sum(retraction.lapse for retraction in retractions)
        report.withdrawn = sum(not retraction.lapse for retraction in retractions)
        return today

    async def _compose(
        self, due: Sequence[DueEntry], today: Today, data_pr: datetime, now: datetime, report: Report
    ) -> list[DueEntry]:
        """Freeze the bytes of every due entry that has none for today; returns those that have bytes."""
        notices = {str(decision.notice.key): decision.notice for decision in today.decisions}
        ready: list[DueEntry] = []
        fresh: list[tuple[DueEntry, Notice]] = []
        for entry in due:
            notice = notices.get(entry.key)
            if notice is None:
                continue
            if _holds_today(entry, notice, now):
                ready.append(entry)
            else:
                fresh.append((entry, notice))
        for start in range(0, len(fresh), _COMPOSE_BATCH):
            batch = fresh[start : start + _COMPOSE_BATCH]
            ready += await self._writer.write(partial(self._freeze, batch, data_pr, now, report))
        order = {entry.entry_id: position for position, entry in enumerate(due)}
        return sorted(ready, key=lambda entry: order[entry.entry_id])

    def _freeze(
        self,
        batch: Sequence[tuple[DueEntry, Notice]],
        data_pr: datetime,
        now: datetime,
        report: Report,
        tx: Writing,
    ) -> list[DueEntry]:
        frozen = []
        for entry, notice in batch:
            try:
                self._freeze_one(entry, notice, data_pr, now, tx)
            except Exception as error:  # noqa: BLE001 - the one broad catch: this notice waits, the others go
                reason = f"compose: {type(error).__name__}: {getattr(error, 'what', 'see the log')}"
                where = getattr(error, "where", "")
                log.error("notice_held", key=entry.key, reason=reason, where=where)  # noqa: TRY400
                tx.apply([(entry.entry_id, entry.state)], Event.HOLD, reason, now)
                report.outcomes["held"] += 1
            else:
                frozen.append(entry)
        return frozen

    def _freeze_one(
        self, entry: DueEntry, notice: Notice, data_pr: datetime, now: datetime, tx: Writing
    ) -> None:
        if entry.composed:
            tx.unfreeze(entry.entry_id)
        if entry.recipient_mail != (notice.recipient.mail or ""):
            # A leave began, or ended, since it was recorded: who reads it is decided on the sending day.
            tx.readdress(entry.entry_id, notice.recipient)
        occasion = notice.occasion
        digest = self._composer.calendar_digest(notice)
        revision: Revision | None = None
        shown: CalendarRevision | None = None
        identity: tuple[str, str, str] | None = None
        if occasion is not None and digest is not None:
            identity = (occasion.kind, occasion.subject, notice.key.recipient)
            revision = next_request(tx.last_revision(*identity), digest, now)
            uid = uid_for(
                self._ledger.secret,
                kind=occasion.kind,
                subject=occasion.subject,
                recipient_holder=notice.key.recipient,
                generation=revision.generation,
                domain=self._domain,
            )
            shown = CalendarRevision(uid, revision.sequence, revision.dtstamp, revision.method)
        composed = self._composer.compose(notice, composed_at=now, revision=shown, data_pr=data_pr)
        tx.freeze(
            entry.entry_id,
            message_id=composed.message_id,
            raw=composed.raw,
            digest=composed.digest,
            wording_version=composed.wording_version,
            composed_at=now,
            revision=revision,
            occasion=identity,
            uid=None if shown is None else shown.uid,
        )

    async def _deliver(self, ready: Sequence[DueEntry], report: Report) -> None:
        """Hand over what is ready, the oldest deadline first, on as many lines as it is worth."""
        waiting = deque(entry.entry_id for entry in ready)
        lines = min(self._connections, -(-len(waiting) // _MESSAGES_A_SESSION))
        async with asyncio.TaskGroup() as senders:
            for _ in range(lines):
                senders.create_task(self._send_from(waiting, report))

    async def _send_from(self, waiting: deque[int], report: Report) -> None:
        async with self._transport.session() as session:
            while waiting and not self._halted(report):
                batch = [waiting.popleft() for _ in range(min(_CLAIM_BATCH, len(waiting)))]
                claims = deque(await self._writer.write(partial(self._claim, batch)))
                while claims and not self._halted(report):
                    await self._pace.turn()
                    if self._halted(report):
                        break
                    await self._hand_over(session, claims.popleft(), report)
                if claims:
                    await self._writer.write(partial(self._put_back, tuple(claims)))

    def _halted(self, report: Report) -> bool:
        # A run that is paced into the next day stops: it is night, and "tomorrow" has become today.
        over = civil_day(self._clock.now()) != civil_day(report.at)
        return over or self._stopping or report.relay_trouble is not None

    def _claim(self, batch: Sequence[int], tx: Writing) -> list[Claim]:
        return tx.claim(batch, self._clock.now())

    def _put_back(self, claims: Sequence[Claim], tx: Writing) -> None:
        tx.put_back(claims, self._clock.now())

    async def _hand_over(self, session: Session, claim: Claim, report: Report) -> None:
        """Send one message and write what became of it before anything else is begun on this line."""
        name = claim.message_id.strip("<>").partition("@")[0]
        envelope = Envelope(self._sender, claim.recipient_mail, claim.raw, name)

        begun = False

        async def before_data() -> None:
            nonlocal begun
            await self._writer.write(lambda tx: tx.enter_phase(claim.attempt_id, "data"))
            begun = True

        report.offered += 1
        try:
            outcome = await session.send(envelope, before_data)
        except Exception as error:
            # A mistake in the program; this message keeps its side of the dot, the others go on.
            log.exception("send_failed", key=claim.key)
            reason = f"a bug: {type(error).__name__}"
            outcome = Unknown(reason) if begun else Deferred(reason)
        try:
            state = await self._writer.write(lambda tx: tx.settle(claim, outcome, self._clock.now()))
        except StaleEntryError:
            log.error("entry_changed_in_hand", key=claim.key)  # noqa: TRY400
            return
        report.outcomes[state] += 1
        if isinstance(outcome, Deferred) and outcome.whole_channel:
            report.relay_trouble = outcome.reason
        _tell(claim, outcome, state)


def _holds_today(entry: DueEntry, notice: Notice, now: datetime) -> bool:
    """Tell whether an entry's bytes may be offered as they are.

    Once a relay may have heard them they are the only ones there will ever be. Until then they count
    their days from the day they were written on, and go where its mail went.
    """
    if entry.begun or entry.composed_at is None:
        return entry.begun
    same_day = civil_day(entry.composed_at) == civil_day(now)
    return same_day and entry.recipient_mail == (notice.recipient.mail or "")


@contextmanager
def _collector_resting() -> Iterator[None]:
    """Keep the cyclic collector from walking cases and notices: it finds nothing, at a third of the cost."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _tell(claim: Claim, outcome: Outcome, state: State) -> None:
    facts = {"key": claim.key, "rule": claim.rule, "attempt": claim.number}
    if state is State.SENT:
        log.info("notice_sent", **facts)
        return
    reason, code = getattr(outcome, "reason", ""), getattr(outcome, "code", None)
    log.warning("notice_not_sent", **facts, state=state, code=code, reason=reason)
