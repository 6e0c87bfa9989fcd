"""Something outside that is away: said once, summed up every half hour, tried again after growing rests."""

from dataclasses import dataclass

import structlog

from reminderd.domain.lifecycle import back_off

log = structlog.get_logger("reminderd.engine")

_SAID_AGAIN_S = 1800.0


@dataclass(slots=True)
class Trouble:
    """Something outside that is away: since when, why, how often tried, and when to try again.

    The log hears of its beginning, of its going on every half hour at most, and of its end. Reckons in
    the seconds of a clock that nobody sets (``Clock.elapsed``), or it would rest as long as one is set back.
    """

    name: str
    reason: str | None = None
    since: float | None = None
    said_at: float = 0.0
    attempts: int = 0
    rest_until: float | None = None

    def resting(self, elapsed: float) -> bool:
        """Tell whether it is too early to try again."""
        return self.rest_until is not None and elapsed < self.rest_until

    def failed(self, reason: str, elapsed: float) -> None:
        """Note a failure."""
        self.attempts += 1
        rest = back_off(self.attempts).total_seconds()
        self.rest_until = elapsed + rest
        facts = {"reason": reason, "retry_in_s": int(rest)}
        if self.since is None:
            self.since = self.said_at = elapsed
            log.error(f"{self.name}_away", **facts)  # noqa: G004
        elif elapsed - self.said_at >= _SAID_AGAIN_S:
            self.said_at = elapsed
            away = int(elapsed - self.since)
            log.warning(f"{self.name}_still_away", away_s=away, attempts=self.attempts, **facts)  # noqa: G004
        self.reason = reason

    def fine(self, elapsed: float) -> None:
        """Note that it answers, and say so if it had been away."""
        if self.since is not None:
            log.info(f"{self.name}_back", away_s=int(elapsed - self.since), attempts=self.attempts)  # noqa: G004
        self.reason = self.since = self.rest_until = None
        self.attempts = 0
