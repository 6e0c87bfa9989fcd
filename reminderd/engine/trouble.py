"""Something outside that is away: said once, summed up every half hour, tried again after growing rests."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from reminderd.domain.lifecycle import back_off

log = structlog.get_logger("reminderd.engine")

_SAID_AGAIN = timedelta(minutes=30)


@dataclass(slots=True)
class Trouble:
    """Something outside that is away: since when, why, how often tried, and when to try again.

    The log hears of its beginning, of its going on every half hour at most, and of its end.
    """

    name: str
    reason: str | None = None
    since: datetime | None = None
    said_at: datetime | None = None
    attempts: int = 0
    rest_until: datetime | None = None

    def resting(self, now: datetime) -> bool:
        """Tell whether it is too early to try again."""
        return self.rest_until is not None and now < self.rest_until

    def failed(self, reason: str, now: datetime) -> None:
        """Note a failure."""
        self.attempts += 1
        rest: timedelta = back_off(self.attempts)
        self.rest_until = now + rest
        facts = {"reason": reason, "retry_in_s": int(rest.total_seconds())}
        if self.since is None:
            self.since = self.said_at = now
            log.error(f"{self.name}_away", **facts)  # noqa: G004
        elif self.said_at is None or now - self.said_at >= _SAID_AGAIN:
            self.said_at = now
            away = int((now - self.since).total_seconds())
            log.warning(f"{self.name}_still_away", away_s=away, attempts=self.attempts, **facts)  # noqa: G004
        self.reason = reason

    def fine(self, now: datetime) -> None:
        """Note that it answers, and say so if it had been away."""
        if self.since is not None:
            away = int((now - self.since).total_seconds())
            log.info(f"{self.name}_back", away_s=away, attempts=self.attempts)  # noqa: G004
        self.reason = self.since = self.said_at = self.rest_until = None
        self.attempts = 0
