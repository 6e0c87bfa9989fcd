"""Looks into the service mailbox every few minutes, beside the pipeline and in nobody's way.

A look blocks, so it has a thread of its own, which the process does not wait for at its end: what was
noted is committed, and the rest waits in the mailbox. What is away is said once, and tried again after
growing rests.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import structlog

from reminderd.clock import Clock
from reminderd.engine.trouble import Trouble
from reminderd.errors import ReminderdError
from reminderd.intake import Intake, Looked

log = structlog.get_logger("reminderd.engine")

_OFF_S = 60.0
"""A mailbox that is off may be switched on by a reload."""


class MailboxWatch:
    """Looks until it is cancelled.

    Before each look ``every_s`` says how many seconds lie between two of them, or None where the mailbox
    is off; ``wire`` gives the way back for one look.
    """

    def __init__(
        self,
        wire: Callable[[], AbstractContextManager[Intake]],
        every_s: Callable[[], float | None],
        clock: Clock,
    ) -> None:
        self._wire = wire
        self._every_s = every_s
        self._clock = clock
        self._trouble = Trouble("mailbox")

    @property
    def trouble(self) -> str | None:
        """Return why the mailbox is away, or None."""
        return self._trouble.reason

    async def serve(self) -> None:
        """Look at once, and then every so often."""
        while True:
            every = self._every_s()
            if every is not None and not self._trouble.resting(self._clock.elapsed()):
                await self.look()
            await asyncio.sleep(_OFF_S if every is None else every)

    async def look(self) -> Looked | None:
        """Look once; None where that was not possible."""
        look = _Look(self._wire)
        try:
            looked = await look.made()
        except ReminderdError as error:
            self._trouble.failed(
                f"{error.where}: {error.what}" if error.where else error.what, self._clock.elapsed()
            )
            return None
        except Exception:
            log.exception("mailbox_look_failed", reason="unexpected")
            return None
        finally:
            look.break_off()
        self._trouble.fine(self._clock.elapsed())
        return looked


class _Look:
    """One look in a thread of its own."""

    def __init__(self, wire: Callable[[], AbstractContextManager[Intake]]) -> None:
        self._wire = wire
        self._intake: Intake | None = None
        self._unwanted = False

    async def made(self) -> Looked:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Looked] = loop.create_future()

        def settle(looked: Looked | None, error: BaseException | None) -> None:
            if done.done():
                return
            if error is not None:
                done.set_exception(error)
            elif looked is not None:
                done.set_result(looked)

        def run() -> None:
            looked, error = None, None
            try:
                looked = self._look()
            except BaseException as raised:  # noqa: BLE001 - handed to whoever waits for it
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
                loop.call_soon_threadsafe(settle, looked, error)

        threading.Thread(target=run, name="mailbox", daemon=True).start()
        return await done

    def break_off(self) -> None:
        """Let the thread end after the mail in hand; a look that is over does not mind."""
        self._unwanted = True
        if self._intake is not None:
            self._intake.stop()

    def _look(self) -> Looked:
        with self._wire() as intake:
            self._intake = intake
            if self._unwanted:
                intake.stop()
            return intake.look()
