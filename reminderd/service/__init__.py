"""The life of the process: start, signals, what systemd is told, reload, orderly end.

Systemd hears that the service is up once configuration, ledger and the first reading of the case
source are good, or with a status that names what is waited for: what is away must not make a start
fail. The watchdog is fed while the work moves (``domain/liveness``), not by a timer.
"""

import asyncio
import faulthandler
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, TypeVar

import structlog

from reminderd import logs
from reminderd.app import App
from reminderd.domain.accounting import Account
from reminderd.domain.lifecycle import State
from reminderd.domain.workdays import COPENHAGEN
from reminderd.engine.embedded import EmbeddedEngine
from reminderd.engine.mailbox_watch import MailboxWatch
from reminderd.engine.nightly import Nightly
from reminderd.engine.progress import Progress
from reminderd.engine.standing import Standing
from reminderd.errors import EXIT_BUG, EXIT_FINE, EXIT_TRY_AGAIN, ConfigurationError, ReminderdError
from reminderd.intake import Intake
from reminderd.ledger import Reading
from reminderd.service.control import Answer, door, socket_path
from reminderd.service.notify import Systemd
from reminderd.service.renewal import renew

_T = TypeVar("_T")

log = structlog.get_logger("reminderd.service")

Beside = Callable[[App, Callable[[], Standing]], AbstractContextManager[object]]

# Systemd's patience with a start is 90 s; whoever reads the status wants to know sooner.
_PATIENCE_S = 20.0
_LONGEST_OPENING = "EXTEND_TIMEOUT_USEC=600000000"  # a large ledger is checked and brought up to date
# Without a watchdog somebody should still say that nothing moves; with it, twice in its time.
_LOOK_S = 30.0
# A reload is answered once it is decided; the message in hand may take longer.
_SWAP_S = 30.0
_RENEWAL_S = 60.0  # systemd gives a reload 90 s


def serve(
    load: Callable[[], App],
    beside: Beside = lambda _app, _standing: nullcontext(),
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Run the service until SIGTERM or SIGINT; the message in hand is finished first.

    ``load`` reads configuration and rules, at the start and at each SIGHUP. ``beside`` is entered once
    the ledger is open, for whatever shows how the service stands. Raises ReminderdError.
    """
    faulthandler.enable()  # the watchdog's SIGABRT leaves file and line of every thread, and no data
    systemd = Systemd(environ)
    try:
        asyncio.run(_Service(load, beside, systemd, environ).live())
    except ReminderdError as error:
        systemd.tell(status=f"ended: {error}")
        raise
    finally:
        logs.sum_up(everything=True)


class _Service:
    def __init__(
        self, load: Callable[[], App], beside: Beside, systemd: Systemd, environ: Mapping[str, str]
    ) -> None:
        self._load = load
        self._beside = beside
        self._systemd = systemd
        self._door = socket_path(environ)
        self._reloading = asyncio.Lock()
        self._looked = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ready = self._said_stalled = False
        self._reload_fine = True

    async def live(self) -> None:
        loop = asyncio.get_running_loop()
        stopping = asyncio.Event()

        def stop() -> None:
            self._systemd.tell("STOPPING=1", status="finishing the message in hand")
            stopping.set()

        self._app = app = self._load()
        self._settings_of = app.clock.now()
        self._broken_wordings = _broken_wordings(app)
        self._systemd.tell(_LONGEST_OPENING, status="opening the ledger")
        with app.ledger() as ledger:
            self._ledger = ledger
            self._reading = app.reading()
            tick_s = app.settings.run.tick_seconds
            self._progress = Progress(
                every=tick_s, on_reading=lambda good: loop.call_soon_threadsafe(self._note_reading, good)
            )
            self._nightly = Nightly(self._audit, self._heartbeat, self._progress, app.clock)
            self._engine = EmbeddedEngine(
                app.corridor(ledger, self._progress),
                app.clock,
                tick_seconds=tick_s,
                on_state=lambda state: self._systemd.tell(status=self._status(state)),
                progress=self._progress,
                after_run=self._nightly.after_run,
            )
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, stop)
            loop.add_signal_handler(signal.SIGHUP, lambda: self._kept(loop.create_task(self.reload())))
            with self._beside(app, self.standing):
                async with door(self._door, self.reload):
                    self._kept(loop.create_task(self._announce()))
                    self._kept(loop.create_task(self._watch()))
                    mailbox = MailboxWatch(self._intake, self._mailbox_every, app.clock)
                    watch = loop.create_task(mailbox.serve(), name="the watch over the service mailbox")
                    self._kept(watch)
                    self._progress.guard(watch)
                    log.info("started", tick_seconds=tick_s)
                    try:
                        await self._engine.serve(stopping)
                        await self._engine.close()
                    finally:
                        for task in self._tasks:
                            task.cancel()
        log.info("stopped")

    def _kept(self, task: asyncio.Task[_T]) -> asyncio.Task[_T]:
        """Hold on to a task until it ends: the loop itself does not."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _intake(self) -> AbstractContextManager[Intake]:
        """Return the way back by the settings in force now: a reload changes them."""
        return self._app.intake()

    def _audit(self) -> Account | None:
        return self._app.audit()

    def _heartbeat(self) -> str | None:
        return self._app.heartbeat()

    def _mailbox_every(self) -> float | None:
        """Return the seconds between two looks into the service mailbox, None where it is off."""
        inbox = self._app.settings.inbox
        return None if inbox.url is None else inbox.every_minutes * 60.0

    def standing(self) -> Standing:
        """Return how the service stands; may be asked from any thread."""
        return Standing(
            ready=self._ready,
            stalled=self._progress.stalled,
            troubles=self._engine.troubles,
            since_reading=self._progress.since_reading,
            report=self._engine.report,
            sent=self._engine.sent,
            broken_wordings=self._broken_wordings,
            certificate_ends=self._progress.certificate_ends,
            reload_fine=self._reload_fine,
            settings_of=self._settings_of,
            accounts_agree=None if self._nightly.account is None else self._nightly.account.agrees,
        )

    def _note_reading(self, good: bool) -> None:
        self._ready = self._ready or good
        self._looked.set()

    async def _announce(self) -> None:
        """Tell systemd that the service is up, or what it waits for."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._looked.wait()
        except TimeoutError:
            status = "started; waiting for the first reading of the case source, which takes long"
        else:
            waits = "started; waiting for the case source, which could not be read"
            status = "started; the case source was read" if self._ready else waits
        self._systemd.tell("READY=1", status=status)

    async def _watch(self) -> None:
        """Feed the watchdog while the work moves, and sum up what repeated itself."""
        asked = self._systemd.watchdog_s
        every = _LOOK_S if asked is None else min(asked / 2, _LOOK_S)
        while True:
            stalled = self._progress.stalled
            if stalled is None:
                self._said_stalled = False
                self._systemd.tell("WATCHDOG=1")
            elif not self._said_stalled:
                self._said_stalled = True
                log.critical("stalled", reason=stalled)
                self._systemd.tell("WATCHDOG=trigger", status=f"stalled: {stalled}")
            logs.sum_up()
            await asyncio.sleep(every)

    async def reload(self) -> Answer:
        """Make configuration, rules and wordings new as one, or keep the old whole and say why."""
        async with self._reloading:
            self._systemd.reloading()
            answer = await self._renewed()
            self._reload_fine = answer.fine
            # Always, also where nothing changed: systemd waits for it.
            self._systemd.tell("READY=1", status=self._status(self._engine.state()))
            return answer

    async def _renewed(self) -> Answer:
        try:
            async with asyncio.timeout(_RENEWAL_S):
                new = await asyncio.to_thread(renew, self._load, self._app, self._ledger, self._progress)
        except TimeoutError:
            late = f"reading the new settings and their case source took more than {_RENEWAL_S:.0f} s"
            log.error("reload_refused", reason=late)  # noqa: TRY400 - nothing in the trace that helps
            return Answer(EXIT_TRY_AGAIN, (f"not reloaded, the settings before stay in force: {late}",))
        except ReminderdError as error:
            found = error.problems if isinstance(error, ConfigurationError) else [error]
            problems = [str(problem) for problem in found]
            for problem in problems:
                log.error("reload_refused", reason=problem)  # noqa: TRY400 - the problem is the operator's
            return Answer(error.exit_status, ("not reloaded, the settings before stay in force:", *problems))
        except Exception as error:  # a bug in a reload must not end what runs
            log.exception("reload_refused", reason="unexpected")
            return Answer(EXIT_BUG, (f"not reloaded: a bug: {type(error).__name__}; see the log",))
        tick_s = new.app.settings.run.tick_seconds
        swap = self._kept(asyncio.create_task(self._engine.adopt(new.pipeline, tick_s)))
        done, _ = await asyncio.wait({swap}, timeout=_SWAP_S)
        self._app, self._settings_of, self._broken_wordings = new.app, new.app.clock.now(), 0
        log.info("reloaded")
        when = "in force" if done else "in force as soon as the run in hand has finished its message"
        return Answer(EXIT_FINE, (f"reloaded: {when}",))

    def _status(self, state: str) -> str:
        """Return the line for ``systemctl status``: how things stand, what comes next, what is open."""
        report = self._engine.report
        parts = [state]
        if self._broken_wordings:
            parts.append(f"{self._broken_wordings} problems in wordings: reminderd check")
        if not self._reload_fine:
            parts.append(f"the last reload was refused, settings of {_moment(self._settings_of)} in force")
        if report is not None and report.next_due is not None:
            parts.append(f"next due {_moment(report.next_due)}")
        return "; ".join([*parts, *_counts(self._reading)])


def _broken_wordings(app: App) -> int:
    """Say what is wrong with the wordings: their own notices are held, the others go out."""
    problems = app.wording_problems()
    for problem in problems:
        log.error("wording_broken", reason=str(problem))
    return len(problems)


def _counts(reading: Reading | None) -> list[str]:
    if reading is None:
        return []
    try:
        rows = reading.counts()
    except Exception as error:  # noqa: BLE001 - a status line is no reason for a run to fail
        return [f"the ledger cannot be counted: {type(error).__name__}"]
    totals: dict[str, int] = dict.fromkeys(_SHOWN, 0)
    for _, state, number in rows:
        if state in _SHOWN:
            totals[state] += number
    return [", ".join(f"{number} {state}" for state, number in totals.items() if number or state in _ALWAYS)]


_ALWAYS = (State.QUEUED, State.HELD, State.FAILED)
_SHOWN = (State.QUEUED, State.DEFERRED, State.UNKNOWN, State.HELD, State.SENT, State.LAPSED, State.FAILED)


def _moment(instant: datetime) -> str:
    return f"{instant.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}"
