"""The corridor: the only place that knows the order of the rooms.

    read -> plan -> record -> compose -> claim -> deliver -> settle

A run reconciles the whole case source with the whole ledger and hands over what is due. Nothing is
sent that is not first written, no transaction is open while the relay is spoken to, and one notice
that fails in any step is counted, shown and left behind while the others go on.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import structlog

from reminderd.clock import Clock
from reminderd.collector import collector_resting
from reminderd.compose.composer import Composer
from reminderd.delivery.transport import Transport
from reminderd.domain.brakes import (
    NO_LIMITS,
    Braked,
    Limits,
    SourceStanding,
    brake,
    census,
    doubt,
    without_cancellations,
)
from reminderd.domain.cases import Snapshot
from reminderd.domain.lifecycle import Event
from reminderd.domain.planning import Policy
from reminderd.domain.reconcile import Today, missed, plan_today, retract
from reminderd.domain.workdays import civil_day, local
from reminderd.ledger import DueEntry, GroupCommit, Purged, Retention, StaleEntryError
from reminderd.pipeline.clock_watch import ClockWatch
from reminderd.pipeline.eligibility import FRESH_SECONDS, Eligibility, Wanted
from reminderd.pipeline.freezing import Freezer
from reminderd.pipeline.needs import Books, CaseSource, Writing
from reminderd.pipeline.report import Report
from reminderd.pipeline.sending import MAILS_PER_LINE, Sender, spread

log = structlog.get_logger("reminderd.pipeline")

_RATED = timedelta(hours=1)  # what ``rate_per_recipient`` counts in
_VANISHED = "the case is gone from the case source without having been closed: a person decides"


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
        limits: Limits = NO_LIMITS,
        retention: Retention | None = None,
        fresh_for: float = FRESH_SECONDS,
        connections: int = 4,
        mails_per_line: int = MAILS_PER_LINE,
        rate_per_minute: int = 0,
        rate_per_recipient: int = 0,
        redirect_to: str | None = None,
    ) -> None:
        self._source = source
        self._ledger = ledger
        self._writer: GroupCommit[Writing] = GroupCommit(ledger)
        self._policy = policy
        self._limits = limits
        self._retention = retention
        self._purged_on: date | None = None
        self._clock = clock
        self._watch = ClockWatch(clock, limits.max_data_age)
        self._freezer = Freezer(composer, self._writer, secret=ledger.secret, domain=domain)
        self._eligibility = Eligibility(self._wanted_now, fresh_for)
        self._sender = Sender(
            transport,
            self._writer,
            clock,
            check=ledger.check,
            eligibility=self._eligibility,
            sender=sender,
            connections=connections,
            rate_per_minute=rate_per_minute,
            mails_per_line=mails_per_line,
            redirect_to=redirect_to,
        )
        self._rate_per_recipient = rate_per_recipient
        self._stopping = False

    def stop(self) -> None:
        """Finish the message in hand and claim nothing new; what is waiting stays queued."""
        self._stopping = True
        self._sender.stop()

    async def recover(self) -> None:
        """Settle what an earlier process left in hand; to be called once, before the first run."""
        unsent, unknown = await self._writer.write(lambda tx: tx.recover(self._clock.now()))
        if unsent or unknown:
            log.warning("recovered", not_sent=unsent, unknown=unknown)

    def take_over(self, before: "Pipeline") -> None:
        """Go on where another pipeline over the same ledger has stopped: settle first what it could not."""
        self._sender.take_over(before._sender)  # noqa: SLF001 - one of its own kind

    async def close(self) -> None:
        """Let what is being written finish."""
        await self._writer.close()

    async def run(self, *, deliver: bool = True) -> Report:
        """Reconcile once, then hand over what is due.

        Where the clock cannot be believed, nothing is done, and the report says so.
        With ``deliver=False`` the relay is left alone, because it is known to be away; so it is on
        closed days and before the hour of sending, whatever waits. Raises SourceUnavailableError or
        SourceContractError, and then nothing has been changed; or LedgerFullError, and the next run
        goes on from there; or LedgerBrokenError, and no other run may follow in this process.
        """
        now = self._watch.look(self._ledger.previous_run())
        self._ledger.check()
        await self._sender.settle_left()
        report = await self._cycle(now, deliver=deliver)
        if report.clock_doubt is not None:
            return report
        await self._purge_daily(now)
        await asyncio.to_thread(self._ledger.leave_mark, now)
        return report

    async def _purge_daily(self, now: datetime) -> None:
        """Once a day, let go what has been kept long enough, out of the ledger's other files as well."""
        kept = self._retention
        if kept is None or self._purged_on == civil_day(now):
            return
        purged = await self._writer.write(lambda tx: tx.purge(kept, now))
        # Where somebody reads what was purged, the next run tries again.
        if await asyncio.to_thread(self._ledger.empty_wal):
            self._purged_on = civil_day(now)
        if purged != Purged(0, 0, 0):
            log.info("purged", texts=purged.texts, contents=purged.contents, lines=purged.lines)

    async def _cycle(self, now: datetime, *, deliver: bool) -> Report:
        report = Report(at=now)
        with collector_resting():
            as_of = asyncio.get_running_loop().time()
            snapshot = await asyncio.to_thread(self._source.read)
            report.findings = len(snapshot.findings)
            report.clock_doubt = self._watch.doubt(now, local(snapshot.meta.data_pr))
            if report.clock_doubt is not None:
                return report
            try:
                today = await self._reconcile(snapshot, now, report)
            except StaleEntryError:
                # A person decided about an entry meanwhile: once more, as it stands now.
                today = await self._reconcile(snapshot, now, report)
            self._eligibility.begin(as_of, _wanted(today))
            report.not_sent, report.next_due = today.not_sent, today.next_due
        data_pr = local(snapshot.meta.data_pr)
        doubted = await asyncio.to_thread(self._ledger.in_doubt)
        await self._freezer.freeze_in_doubt(doubted, today, data_pr, now, report)
        if not deliver or self._stopping or not self._policy.open_for_sending(now):
            return report
        due = await asyncio.to_thread(self._ledger.due, now)
        due = [entry for entry in due if entry.key not in today.silenced]
        ready = await self._freezer.freeze(due, today, data_pr, now, report)
        await asyncio.to_thread(self._ledger.leave_mark, now)
        await self._sender.deliver(await self._spread(ready, now, report), report)
        return report

    async def _spread(self, ready: Sequence[DueEntry], now: datetime, report: Report) -> Sequence[DueEntry]:
        """Leave for later what would be too much for one mailbox within an hour."""
        if not self._rate_per_recipient:
            return ready
        handed = await asyncio.to_thread(self._ledger.handed_since, now - _RATED, now)
        within, beyond = spread(ready, handed, self._rate_per_recipient)
        if beyond:
            report.not_sent = {**report.not_sent, "recipient_rate": beyond}
        return within

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
        pending = self._ledger.open_entries()
        standing = self._judge(snapshot, now)
        report.source_doubt = standing.doubt
        if standing.doubt is not None:
            today = without_cancellations(today)
        retractions = retract(pending, today, now)
        held_back = brake(
            today, pending, retractions, snapshot, self._limits, in_doubt=standing.doubt is not None
        )
        states = {entry.entry_id: entry.state for entry in pending}

        def write(tx: Writing) -> tuple[int, int]:
            tx.keep_standing(standing, now)
            tx.retract(held_back.retractions, states, now)
            tx.hold([(one.entry_id, one.state) for one in held_back.vanish], "vanished", _VANISHED, now)
            back = [(one.entry_id, one.state) for one in held_back.come_back]
            tx.apply(back, Event.RELEASE, "the case is in the case source again", now)
            recorded = tx.record(held_back.send, now)
            for which, reason, decisions in held_back.held:
                recorded += tx.record(decisions, now, held=(which, reason))
            lapsed = tx.record_missed(overtaken, now)
            tx.finished_run(now, upkeep_decided=standing.doubt is None and not today.upkeep_waits)
            return recorded, lapsed

        report.recorded, lapsed = await self._writer.write(write)
        report.lapsed = lapsed + sum(retraction.lapse for retraction in held_back.retractions)
        report.withdrawn = sum(not retraction.lapse for retraction in held_back.retractions)
        report.braked = _tell_brakes(held_back)
        return today

    async def _wanted_now(self) -> Wanted:
        """Read the case source anew, and return what it asks for now."""
        now = self._clock.now()
        await asyncio.to_thread(self._ledger.leave_mark, now)  # a run may send for hours
        with collector_resting():
            snapshot = await asyncio.to_thread(self._source.read)
            known = await asyncio.to_thread(self._ledger.knowledge, civil_day(now), useful_after=now)
            today = await asyncio.to_thread(plan_today, snapshot, self._policy, known, now)
        if self._judge(snapshot, now).doubt is not None:
            today = without_cancellations(today)
        return _wanted(today)

    def _judge(self, snapshot: Snapshot, now: datetime) -> SourceStanding:
        """Say whether the reading is to be believed; a new doubt is said once."""
        before = self._ledger.source_standing()
        present = census(snapshot, now)
        reason = doubt(present, snapshot.meta.data_pr, before, now, self._limits)
        if reason is None:
            return SourceStanding(good=present)
        if before.doubt is None:
            log.error("case_source_in_doubt", reason=reason)
        return replace(before, doubt=reason, since=before.since or now)


def _wanted(today: Today) -> Wanted:
    """Return what may be sent, under its key: what is not over, overtaken or silenced."""
    keys = ((str(one.notice.key), one) for one in today.decisions if one.kind != "skip")
    return {key: one.notice for key, one in keys if key not in today.silenced}


def _tell_brakes(held_back: Braked) -> int:
    """Say what was held, with counts per rule; returns how much it was."""
    for which, reason, decisions in held_back.held:
        rules = Counter(decision.notice.key.rule for decision in decisions)
        log.error("brake", brake=which, reason=reason, rules=dict(rules))
    if held_back.vanish:
        log.error("brake", brake="vanished", reason=_VANISHED, entries=len(held_back.vanish))
    return len(held_back.vanish) + sum(len(decisions) for _, _, decisions in held_back.held)
