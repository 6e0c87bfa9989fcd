"""The one place that asks what time it is.

Everybody else takes time as an argument. A run asks once and hands the answer on.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Answers with an aware instant."""

    def now(self) -> datetime:
        """Return the present instant, with a zone."""
        ...

    def elapsed(self) -> float:
        """Return seconds that nobody sets: only the difference between two of them means something."""
        ...


class SystemClock:
    """The machine's own clock, in UTC."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Return the seconds since the machine was switched on, those in which it slept included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)


class FixedClock:
    """Stands still until somebody moves it: rehearsals (``--now``), the demo and tests."""

    def __init__(self, instant: datetime) -> None:
        if instant.tzinfo is None:
            raise ValueError("a fixed clock needs an instant with a zone")
        self._instant = instant
        self._set_by = timedelta(0)

    def now(self) -> datetime:
        """Return the instant it was last set to."""
        return self._instant

    def elapsed(self) -> float:
        """Return seconds that pass while it is moved, and not while it is set."""
        return (self._instant - self._set_by).timestamp()

    def move_to(self, instant: datetime) -> None:
        """Let time pass until this instant; backwards is allowed, for a world that begins again."""
        if instant.tzinfo is None:
            raise ValueError("a fixed clock needs an instant with a zone")
        self._instant = instant

    def set_to(self, instant: datetime) -> None:
        """Set the clock as a person or a time server does: it shows another time, and none has passed."""
        self._set_by += instant - self._instant
        self.move_to(instant)
