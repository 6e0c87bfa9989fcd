"""The one place that asks what time it is.

Everybody else takes time as an argument. A run asks once and hands the answer on.
"""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Answers with an aware instant."""

    def now(self) -> datetime:
        """Return the present instant, with a zone."""
        ...


class SystemClock:
    """The machine's own clock, in UTC."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """Stands still until somebody moves it: rehearsals (``--now``), the demo and tests."""

    def __init__(self, instant: datetime) -> None:
        if instant.tzinfo is None:
            raise ValueError("a fixed clock needs an instant with a zone")
        self._instant = instant

    def now(self) -> datetime:
        """Return the instant it was last set to."""
        return self._instant

    def move_to(self, instant: datetime) -> None:
        """Set the clock; backwards is allowed, because real clocks do it too."""
        if instant.tzinfo is None:
            raise ValueError("a fixed clock needs an instant with a zone")
        self._instant = instant
