"""Watches the machine's clock from run to run: what it was set by is said, and too much stops the run.

What it means is ``domain/clockwork``'s to say. A suspicion stays until the case source's time agrees.
"""

from datetime import datetime, timedelta

import structlog

from reminderd.clock import Clock
from reminderd.domain.clockwork import NOTED, Reading, contradicted, jump, suspicion

log = structlog.get_logger("reminderd.pipeline")


class ClockWatch:
    """Remembers the last look at the clock; ``oldest`` is how old data may be."""

    def __init__(self, clock: Clock, oldest: timedelta) -> None:
        self._clock = clock
        self._oldest = oldest
        self._before: Reading | None = None
        self._suspicion: str | None = None
        self._said = False

    def look(self, previous_run: datetime | None) -> datetime:
        """Return what time it is, and remember what looks wrong about it."""
        now = Reading(self._clock.now(), self._clock.elapsed())
        found = suspicion(self._before, now, previous_run)
        if self._before is not None:
            set_by = jump(self._before, now)
            if abs(set_by) > NOTED:
                log.warning("clock_set", by_s=int(set_by.total_seconds()))
        self._before = now
        self._suspicion = found or self._suspicion
        return now.wall

    def doubt(self, now: datetime, data_pr: datetime) -> str | None:
        """Return why nothing may be done at this time, or None; a new doubt and its end are said once."""
        against = None if self._suspicion is None else contradicted(now, data_pr, self._oldest)
        if against is None:
            if self._said:
                log.info("clock_agrees")
            self._suspicion, self._said = None, False
            return None
        reason = f"{self._suspicion}, and {against}"
        if not self._said:
            log.error("clock_in_doubt", reason=reason)
        self._said = True
        return reason
