"""What one run did, in numbers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Report:
    """What one run did: counts by outcome, and the relay's trouble in words if there was any.

    ``without_calendar`` counts mails whose calendar part was left out because something is wrong with it.
    ``not_sent`` counts by cause what is not sent now; ``next_due`` is when the next notice goes out,
    as far as anybody can see.
    With a ``clock_doubt`` nothing was done at all.
    ``slowest_s`` is how many seconds the relay took at most to come to DATA.
    ``replaced`` counts mails in whose place the safe wording was written.
    """

    at: datetime
    findings: int = 0
    recorded: int = 0
    withdrawn: int = 0
    lapsed: int = 0
    braked: int = 0
    offered: int = 0
    without_calendar: int = 0
    replaced: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    relay_trouble: str | None = None
    not_sent: Mapping[str, int] = field(default_factory=dict)
    next_due: datetime | None = None
    source_trouble: str | None = None
    source_doubt: str | None = None
    clock_doubt: str | None = None
    slowest_s: float = 0.0

    @property
    def sent(self) -> int:
        """Return how many messages the relay took."""
        return self.outcomes["sent"]
