"""How the service stands, as one plain value for whoever asks: status line, metrics, health."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reminderd.pipeline import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the process knows of itself, the ledger aside.

    ``troubles`` names what can be away (``case_source``, ``relay``), each with why it is, or None.
    ``since_reading`` is seconds since the last good reading, None before it. ``report`` is the last
    run's. ``certificate_ends`` is what the relay last showed, None before it or without TLS.
    ``reload_fine`` tells of the last reload, and of the start where there was none; ``settings_of`` is
    when the settings in force were read. ``accounts_agree`` is what the last audit found, None before it.
    """

    ready: bool
    stalled: str | None = None
    troubles: Mapping[str, str | None] = field(default_factory=dict)
    since_reading: float | None = None
    report: Report | None = None
    sent: int = 0
    broken_wordings: int = 0
    certificate_ends: datetime | None = None
    reload_fine: bool = True
    settings_of: datetime
    accounts_agree: bool | None = None

    @property
    def complaints(self) -> tuple[str, ...]:
        """Return what keeps the service from doing its work now, in words; empty where nothing does."""
        away = [f"{name} away: {reason}" for name, reason in self.troubles.items() if reason]
        waits = [] if self.ready else ["waiting for the first reading of the case source"]
        return (*([self.stalled] if self.stalled else []), *waits, *away)
