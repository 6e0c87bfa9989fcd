"""Eligibility: nobody is written to on the strength of a case that was read more than a minute ago.

A run reads the case source once. What it sends later than that minute is asked for again first: what
nobody wants any more, or what would go elsewhere or say something else now, is left for the next run.
Reckons by the event loop's monotonic time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from reminderd.domain.notices import Notice, reticence
from reminderd.errors import SourceContractError, SourceUnavailableError
from reminderd.ledger import DueEntry
from reminderd.pipeline.report import Report

log = structlog.get_logger("reminderd.pipeline")

FRESH_SECONDS = 45.0
"""After this the case source is read again, so that a slow relay still hears DATA within the minute."""

LONGEST_SECONDS = 60.0
"""After this DATA is not said any more on the strength of the last reading."""

# A house whose reading takes longer than it stays fresh must still get something out; that is said.
_AT_LEAST_LEFT = 30.0

Wanted = Mapping[str, Notice]
"""What a reading asks to be sent: each notice under its key."""


class Eligibility:
    """Knows how old the last reading is, and whether an entry is still what it asks for.

    ``read_again`` reads the case source anew. Reckons from the moment at which a reading begins.
    """

    def __init__(self, read_again: Callable[[], Awaitable[Wanted]], fresh_for: float = FRESH_SECONDS) -> None:
        self._read_again = read_again
        self._fresh_for = fresh_for
        self._as_of = 0.0
        self._frozen: Wanted = {}
        self._newest: Wanted = {}
        self._reading = asyncio.Lock()

    @property
    def as_of(self) -> float:
        """Return when the case source was last read, in the event loop's time."""
        return self._as_of

    def begin(self, as_of: float, wanted: Wanted) -> None:
        """Begin a run with a reading of that time; what is sent in it says what this reading says."""
        self._as_of = as_of
        self._frozen = self._newest = wanted

    def still_wanted(self, entry: DueEntry) -> bool:
        """Tell whether the newest reading asks for what an entry says, from the mailbox it goes to.

        Once a relay may have heard the text it stays; but to a mailbox that is no longer the reader's, or
        with more of a citizen than may be said by now, it does not go again.
        """
        notice, frozen = self._newest.get(entry.key), self._frozen.get(entry.key)
        if notice is None or notice.recipient.mail != entry.recipient_mail:
            return False
        if entry.begun:
            return entry.reticence is None or reticence(notice) <= entry.reticence
        return frozen is not None and _said(notice) == _said(frozen)

    def is_old(self, as_of: float) -> bool:
        """Tell whether a reading of that time has to be renewed before the next message."""
        return asyncio.get_running_loop().time() - as_of > self._fresh_for

    def is_too_old(self, as_of: float) -> bool:
        """Tell whether DATA may no longer be said on the strength of a reading of that time."""
        return asyncio.get_running_loop().time() - as_of > max(self._fresh_for, LONGEST_SECONDS)

    async def renew(self, report: Report) -> None:
        """Read again if it is time.

        Where the case source cannot be read the report says so, and everything waits.
        """
        async with self._reading:
            if not self.is_old(self._as_of):
                return
            loop = asyncio.get_running_loop()
            begun = loop.time()
            try:
                self._newest = await self._read_again()
            except (SourceUnavailableError, SourceContractError) as error:
                report.source_trouble = f"{error.where}: {error.what}" if error.where else error.what
                return
            latest = loop.time() - _AT_LEAST_LEFT
            self._as_of = max(begun, latest)
            if latest > begun:
                log.warning("case_source_slow", took_s=round(loop.time() - begun))


def _said(notice: Notice) -> tuple[object, ...]:
    """Return everything that a notice's mail says, and to whom."""
    calendar = (notice.occasion, notice.method, notice.title_from)
    return notice.template, notice.facts, notice.figures, notice.recipient, *calendar
