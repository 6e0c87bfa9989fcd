"""Once a day the accounts are drawn up; only where they agree, somebody outside hears that all is well.

In the evening and not at night: a working day is then still an hour of sending, so that everything the
case source showed must have its entry, and nothing can excuse itself with tomorrow. What does not agree
is looked at a second time after the next run, because somebody may have been typing meanwhile.
"""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, time

import structlog

from reminderd.clock import Clock
from reminderd.domain.accounting import Account
from reminderd.domain.liveness import READING_LIMIT_S
from reminderd.domain.workdays import COPENHAGEN
from reminderd.engine.heartbeat import HeartbeatError, beat
from reminderd.engine.progress import Progress
from reminderd.engine.trouble import Trouble
from reminderd.errors import ReminderdError

log = structlog.get_logger("reminderd.engine")

EVENING = time(21)
_SAID = 20  # missing obligations that are named in the log


class Nightly:
    """Audits in the first good run of each evening, and beats the heart if the accounts agree.

    ``audit`` draws up the accounts; ``heartbeat`` gives the address to call, or None where it is off.
    Both are asked anew each time, because a reload changes them.
    """

    def __init__(
        self,
        audit: Callable[[], Account | None],
        heartbeat: Callable[[], str | None],
        progress: Progress,
        clock: Clock,
    ) -> None:
        self._audit = audit
        self._heartbeat = heartbeat
        self._progress = progress
        self._clock = clock
        self._audited: date | None = None
        self._doubted: date | None = None
        self._owes_a_beat = False
        self._trouble = Trouble("heartbeat")
        self.account: Account | None = None

    async def after_run(self, now: datetime) -> None:
        """Do what is due after a good run at ``now``; raises nothing."""
        evening = now.astimezone(COPENHAGEN)
        if evening.time() >= EVENING and self._audited != evening.date():
            await self._draw_up(evening.date())
        if self._owes_a_beat and not self._trouble.resting(self._clock.elapsed()):
            await self._beat()

    async def _draw_up(self, today: date) -> None:
        try:
            with self._progress.waiting("drawing up the accounts", READING_LIMIT_S):
                account = await asyncio.to_thread(self._audit)
        except ReminderdError as error:
            log.warning("audit_failed", reason=error.what, where=error.where)
            return
        except Exception:
            log.exception("audit_failed", reason="unexpected")
            self._audited = today
            return
        if account is None:
            return
        if not account.agrees and self._doubted != today:
            self._doubted = today
            return
        self._audited, self.account = today, account
        self._owes_a_beat = account.agrees
        if account.agrees:
            obligations, entries = sum(account.obligations.values()), sum(account.entries.values())
            log.info("audit_agrees", obligations=obligations, entries=entries)
            return
        missing, contradictions = len(account.missing), len(account.contradictions)
        log.error("audit_disagrees", missing=missing, contradictions=contradictions)
        for found in (*account.missing[:_SAID], *account.contradictions[:_SAID]):
            log.error("audit_finding", reason=str(found))

    async def _beat(self) -> None:
        try:
            address = self._heartbeat()
            if address is not None:
                with self._progress.waiting("calling the heartbeat's address", READING_LIMIT_S):
                    await asyncio.to_thread(beat, address)
        except (HeartbeatError, ReminderdError) as error:
            self._trouble.failed(str(error), self._clock.elapsed())
            return
        self._owes_a_beat = False
        self._trouble.fine(self._clock.elapsed())
