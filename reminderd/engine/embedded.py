"""One process, one metronome: APScheduler calls the pipeline, and keeps nothing.

No notice is a job. A tick that is missed, late or doubled costs nothing, because every run
reconciles everything; so ticks coalesce and never overlap. What is away (case source or relay) is
said once, and tried again after growing rests.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from reminderd.clock import Clock
from reminderd.domain.lifecycle import back_off
from reminderd.errors import ReminderdError, SourceContractError, SourceUnavailableError
from reminderd.pipeline import Pipeline, Report

log = structlog.get_logger("reminderd.engine")

_SAID_AGAIN = timedelta(minutes=30)


@dataclass(slots=True)
class Trouble:
    """Something outside that is away: since when, why, how often tried, and when to try again.

    The log hears of its beginning, of its going on every half hour at most, and of its end.
    """

    name: str
    reason: str | None = None
    since: datetime | None = None
    said_at: datetime | None = None
    attempts: int = 0
    rest_until: datetime | None = None

    def resting(self, now: datetime) -> bool:
        """Tell whether it is too early to try again."""
        return self.rest_until is not None and now < self.rest_until

    def failed(self, reason: str, now: datetime) -> None:
        """Note a failure."""
        self.attempts += 1
        rest: timedelta = back_off(self.attempts)
        self.rest_until = now + rest
        facts = {"reason": reason, "retry_in_s": int(rest.total_seconds())}
        if self.since is None:
            self.since = self.said_at = now
            log.error(f"{self.name}_away", **facts)  # noqa: G004
        elif self.said_at is None or now - self.said_at >= _SAID_AGAIN:
            self.said_at = now
            away = int((now - self.since).total_seconds())
            log.warning(f"{self.name}_still_away", away_s=away, attempts=self.attempts, **facts)  # noqa: G004
        self.reason = reason

    def fine(self, now: datetime) -> None:
        """Note that it answers, and say so if it had been away."""
        if self.since is not None:
            away = int((now - self.since).total_seconds())
            log.info(f"{self.name}_back", away_s=away, attempts=self.attempts)  # noqa: G004
        self.reason = self.since = self.said_at = self.rest_until = None
        self.attempts = 0


class _Beat(BaseTrigger):  # type: ignore[misc]  # APScheduler has no type information
    """At once, and then at this interval; beats that were missed are not counted, however many.

    APScheduler's own interval lists every single one, which takes minutes and gigabytes where a
    machine starts in 1970 and then learns what time it is.
    """

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return the next beat after ``previous``, the first one without it."""
        if previous is None:
            return now
        following = previous + self._interval
        return following if following > now else now + self._interval


class EmbeddedEngine:
    """Runs the pipeline every ``tick_seconds`` until it is stopped.

    ``on_state`` is told in one line how things stand, after every run.
    """

    def __init__(
        self, pipeline: Pipeline, clock: Clock, *, tick_seconds: int, on_state: Callable[[str], object]
    ) -> None:
        self._pipeline = pipeline
        self._clock = clock
        self._tick_seconds = tick_seconds
        self._on_state = on_state
        self._source = Trouble("case_source")
        self._relay = Trouble("relay")
        self._sent = 0

    async def serve(self, stopping: asyncio.Event) -> None:
        """Work until ``stopping`` is set; the run in hand is finished first."""
        idle = asyncio.Event()
        idle.set()

        async def tick() -> None:
            if stopping.is_set():
                return
            idle.clear()
            try:
                await self.tick()
            finally:
                idle.set()

        scheduler = AsyncIOScheduler(timezone="UTC")
        scheduler.add_job(
            tick,
            _Beat(timedelta(seconds=self._tick_seconds)),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        await self._pipeline.recover()
        scheduler.start()
        await stopping.wait()
        self._pipeline.stop()
        # In this order: shutting the scheduler down cuts off what runs, and with it the message in hand.
        await idle.wait()
        scheduler.shutdown(wait=False)

    async def tick(self) -> None:
        """Run once, unless what it needs is known to be away and resting."""
        now = self._clock.now()
        if self._source.resting(now):
            return
        try:
            report = await self._pipeline.run(deliver=not self._relay.resting(now))
        except (SourceUnavailableError, SourceContractError) as error:
            self._source.failed(f"{error.where}: {error.what}" if error.where else error.what, now)
        except ReminderdError as error:
            log.error("run_failed", reason=error.what, where=error.where)  # noqa: TRY400
        except Exception:
            log.exception("run_failed", reason="unexpected")
        else:
            self._source.fine(now)
            self._note_relay(report, now)
            self._sent += report.sent
        self._on_state(self.state())

    def _note_relay(self, report: Report, now: datetime) -> None:
        if report.relay_trouble is not None:
            self._relay.failed(report.relay_trouble, now)
        elif report.offered:
            self._relay.fine(now)

    def state(self) -> str:
        """Return one line for ``systemctl status``."""
        away = [
            f"{trouble.name} away: {trouble.reason}"
            for trouble in (self._source, self._relay)
            if trouble.reason
        ]
        if away:
            return "degraded, retrying; " + "; ".join(away)
        looked = self._clock.now().astimezone(UTC)
        return f"fine; {self._sent} sent since start; last look {looked:%Y-%m-%d %H:%M} UTC"
