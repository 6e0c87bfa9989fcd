"""One process, one metronome: APScheduler calls the pipeline, and keeps nothing.

No notice is a job. A tick that is missed, late or doubled costs nothing, because every run
reconciles everything; so ticks coalesce and never overlap. What is away (case source or relay) is
said once, and tried again after growing rests.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from reminderd.clock import Clock, SystemClock
from reminderd.engine.progress import Progress
from reminderd.engine.trouble import Trouble
from reminderd.errors import (
    LedgerBrokenError,
    LedgerFullError,
    ReminderdError,
    SourceContractError,
    SourceUnavailableError,
)
from reminderd.pipeline import Pipeline, Report

log = structlog.get_logger("reminderd.engine")


class _Beat(BaseTrigger):  # type: ignore[misc]  # APScheduler has no type information
    """At once, and then at this interval; beats that were missed are not counted, however many.

    APScheduler's own interval lists every single one, which takes minutes and gigabytes where a
    machine starts in 1970 and then learns what time it is.
    """

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return the next beat after ``previous``, the first one without it."""
        if previous is None:
            return now
        following = previous + self.interval
        return following if following > now else now + self.interval


class EmbeddedEngine:
    """Runs the pipeline every ``tick_seconds`` until it is stopped.

    ``on_state`` is told in one line how things stand, after every run; ``progress`` is told of every
    beat and every run; ``after_run`` is what else belongs to a run that could read the cases.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        clock: Clock,
        *,
        tick_seconds: int,
        on_state: Callable[[str], object],
        progress: Progress | None = None,
        after_run: Callable[[datetime], Awaitable[object]] | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._clock = clock
        self._beat = _Beat(timedelta(seconds=tick_seconds))
        self._on_state = on_state
        self._progress = progress or Progress()
        self._after_run = after_run
        self._turn = asyncio.Lock()
        self._scheduler_time = SystemClock()
        self._hurry: Callable[[], object] = lambda: None
        self.report: Report | None = None
        self._source = Trouble("case_source")
        self._relay = Trouble("relay")
        self._ledger = Trouble("ledger")
        self._broken = asyncio.Event()
        self._fault: LedgerBrokenError | None = None
        self.sent = 0

    async def serve(self, stopping: asyncio.Event) -> None:
        """Work until ``stopping`` is set; the run in hand is finished first.

        Raises LedgerBrokenError as soon as the ledger cannot be trusted any more.
        """

        async def tick() -> None:
            async with self._turn:
                if not stopping.is_set():
                    await self.tick()

        scheduler = AsyncIOScheduler(timezone="UTC")
        job = scheduler.add_job(tick, self._beat, coalesce=True, max_instances=1, misfire_grace_time=None)
        self._hurry = lambda: job.modify(next_run_time=self._clock.now())
        await self._pipeline.recover()
        scheduler.start()
        timekeeper = asyncio.create_task(self._keep_time(job), name="the timekeeper")
        self._progress.guard(timekeeper)
        ended = asyncio.create_task(stopping.wait())
        broken = asyncio.create_task(self._broken.wait())
        await asyncio.wait({ended, broken}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        broken.cancel()
        timekeeper.cancel()
        self._pipeline.stop()
        # In this order: shutting the scheduler down cuts off what runs, and with it the message in hand.
        async with self._turn:
            scheduler.shutdown(wait=False)
        if self._fault is not None:
            raise self._fault

    async def _keep_time(self, job: Job) -> None:
        """Let no beat wait longer than one: APScheduler waits for the wall clock, which may be set back."""
        while True:
            await asyncio.sleep(self._beat.interval.total_seconds())
            now, following = self._scheduler_time.now(), job.next_run_time
            if following is not None and following - now > self._beat.interval:
                log.warning("beat_brought_forward", by_s=int((following - now).total_seconds()))
                job.modify(next_run_time=now)

    async def adopt(self, pipeline: Pipeline, tick_seconds: int) -> None:
        """Let another pipeline do what follows, from the next message on.

        The one before finishes the message in hand and puts the rest back; this returns when it has.
        """
        self._pipeline.stop()
        async with self._turn:
            await self._pipeline.close()
            pipeline.take_over(self._pipeline)
            self._pipeline = pipeline
            self._beat.interval = timedelta(seconds=tick_seconds)
            self._progress.every = tick_seconds
            # What was away may be spelt differently now.
            self._source.rest_until = self._relay.rest_until = None
        self._hurry()

    async def close(self) -> None:
        """Let what is being written finish."""
        await self._pipeline.close()

    async def tick(self) -> None:
        """Run once, unless what it needs is known to be away and resting."""
        elapsed = self._clock.elapsed()
        self._progress.beat()
        if self._source.resting(elapsed):
            return
        with self._progress.run():
            await self._run(elapsed)
        self._on_state(self.state())

    async def _run(self, elapsed: float) -> None:
        try:
            report = await self._pipeline.run(deliver=not self._relay.resting(elapsed))
        except (SourceUnavailableError, SourceContractError) as error:
            self._source.failed(f"{error.where}: {error.what}" if error.where else error.what, elapsed)
        except LedgerFullError as error:
            self._ledger.failed(f"{error.where}: {error.what}", elapsed)
        except LedgerBrokenError as error:
            log.critical("ledger_broken", reason=error.what, where=error.where)
            self._fault = error
            self._broken.set()
        except ReminderdError as error:
            log.error("run_failed", reason=error.what, where=error.where)  # noqa: TRY400
        except Exception:
            log.exception("run_failed", reason="unexpected")
        else:
            if report.source_trouble is not None:
                self._source.failed(report.source_trouble, elapsed)
            else:
                self._source.fine(elapsed)
            self._ledger.fine(elapsed)
            self._note_relay(report, elapsed)
            self.sent += report.sent
            self.report = report
            if self._after_run is not None and not (report.source_trouble or report.clock_doubt):
                await self._after_run(report.at)

    def _note_relay(self, report: Report, elapsed: float) -> None:
        if report.relay_trouble is not None:
            self._relay.failed(report.relay_trouble, elapsed)
        elif report.offered:
            self._relay.fine(elapsed)

    @property
    def troubles(self) -> dict[str, str | None]:
        """Return what can be away, each with why it is, or None."""
        away = {trouble.name: trouble.reason for trouble in (self._source, self._relay, self._ledger)}
        return {**away, "clock": None if self.report is None else self.report.clock_doubt}

    def state(self) -> str:
        """Return one line for ``systemctl status``."""
        away = [
            f"{trouble.name} away: {trouble.reason}"
            for trouble in (self._source, self._relay, self._ledger)
            if trouble.reason
        ]
        if self.report is not None and self.report.clock_doubt is not None:
            away.append(f"clock in doubt: {self.report.clock_doubt}")
        if away:
            return "degraded, retrying; " + "; ".join(away)
        looked = self._clock.now().astimezone(UTC)
        return f"fine; {self.sent} sent since start; last look {looked:%Y-%m-%d %H:%M} UTC"
