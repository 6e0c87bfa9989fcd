"""Trouble that says the same over and over is heard a few times, then counted, then summed up.

A relay that puts off ten thousand messages must not bury the one line that matters. Only warnings
and errors are counted; what went well is one line each. Knows no sink and no event.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import structlog

Event = MutableMapping[str, Any]

BURST = 5
WINDOW_S = 600.0
_ALIKE = ("reason", "state", "code", "error", "at", "where", "step")
_SUMMARY = "repeated"


@dataclass(slots=True)
class Summary:
    """One kind of trouble: what its events have in common, since when, how many were not said."""

    level: int
    event: str
    common: Mapping[str, object]
    since: float
    said: int = 0
    unsaid: int = 0

    def fields(self) -> dict[str, object]:
        """Return the fields of the line that sums it up."""
        return {**self.common, _SUMMARY: self.unsaid, "within_s": int(WINDOW_S)}


class Repeats:
    """A step of structlog that drops what was said ``BURST`` times within ``WINDOW_S`` seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._now = monotonic
        self._kinds: dict[tuple[object, ...], Summary] = {}
        self._lock = threading.Lock()

    def __call__(
        self, _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Let an event pass, or count it and raise DropEvent."""
        level = logging.getLevelNamesMapping()[str(event["level"]).upper()]
        if level < logging.WARNING or _SUMMARY in event:
            return event
        common = {name: event[name] for name in _ALIKE if event.get(name) is not None}
        kind = (event["event"], *common.items())
        with self._lock:
            known = self._kinds.get(kind)
            if known is None or (not known.unsaid and self._is_over(known)):
                known = self._kinds[kind] = Summary(level, str(event["event"]), common, self._now())
            if known.said < BURST:
                known.said += 1
                return event
            known.unsaid += 1
        raise structlog.DropEvent

    def over(self, *, everything: bool = False) -> list[Summary]:
        """Forget the kinds whose window has ended, or all; returns those with something unsaid."""
        with self._lock:
            done = {kind: known for kind, known in self._kinds.items() if everything or self._is_over(known)}
            for kind in done:
                del self._kinds[kind]
        return [known for known in done.values() if known.unsaid]

    def _is_over(self, known: Summary) -> bool:
        return self._now() - known.since >= WINDOW_S
