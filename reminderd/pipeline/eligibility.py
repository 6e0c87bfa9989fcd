"""Eligibility: nobody is written to on the strength of a case that was read more than a minute ago.

A run reads the case source once. What it sends later than that minute is asked for again first: what
nobody wants any more, or what would go elsewhere now, is left out. Reckons by the event loop's
monotonic time.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from reminderd.errors import SourceContractError, SourceUnavailableError
from reminderd.ledger import DueEntry
from reminderd.pipeline.report import Report

log = structlog.get_logger("reminderd.pipeline")

FRESH_SECONDS = 45.0
"""After this the case source is read again, so that a slow relay still hears DATA within the minute."""

LONGEST_SECONDS = 60.0
"""After this DATA is not said any more on the strength of the last reading."""

# A house whose reading takes longer to judge than it stays fresh must still get something out.
_AT_LEAST_LEFT = 30.0

StillWanted = Callable[[DueEntry], bool]


class Eligibility:
    """Knows how old the last reading is; ``read_again`` reads, and says of an entry whether it may go."""

    def __init__(
        self, read_again: Callable[[], Awaitable[StillWanted]], fresh_for: float = FRESH_SECONDS
    ) -> None:
        self._read_again = read_again
        self._fresh_for = fresh_for
        self._as_of = 0.0
        self._reading = asyncio.Lock()

    @property
    def as_of(self) -> float:
        """Return when the case source was last read, in the event loop's time."""
        return self._as_of

    def read_now(self) -> None:
        """Note that the case source has just been read."""
        self._as_of = asyncio.get_running_loop().time()

    def is_old(self, as_of: float) -> bool:
        """Tell whether a reading of that time has to be renewed before the next message."""
        return asyncio.get_running_loop().time() - as_of > self._fresh_for

    def is_too_old(self, as_of: float) -> bool:
        """Tell whether DATA may no longer be said on the strength of a reading of that time."""
        return asyncio.get_running_loop().time() - as_of > max(self._fresh_for, LONGEST_SECONDS)

    async def renew(self, waiting: deque[DueEntry], report: Report) -> None:
        """Read again if it is time, and drop from ``waiting`` what may not go any more.

        Where the case source cannot be read the report says so, and everything waits.
        """
        async with self._reading:
            if not self.is_old(self._as_of):
                return
            loop = asyncio.get_running_loop()
            begun = loop.time()
            try:
                still_wanted = await self._read_again()
            except (SourceUnavailableError, SourceContractError) as error:
                report.source_trouble = f"{error.where}: {error.what}" if error.where else error.what
                return
            self._as_of = max(begun, loop.time() - _AT_LEAST_LEFT)
            kept = [entry for entry in waiting if still_wanted(entry)]
            if len(kept) < len(waiting):
                log.info("no_longer_wanted", notices=len(waiting) - len(kept))
            waiting.clear()
            waiting.extend(kept)
