"""Whether the service lives: not that a timer fires, but that its work moves. Pure; seconds on one clock.

A process whose event loop turns can still be dead: a task that died, a call that never returns. So
each thing it waits for has a limit, and what has gone on for longer is said by name.
"""

from collections.abc import Iterable
from dataclasses import dataclass

# A reading is up to fifteen statements of at most a minute each; after ten the database gives up by itself.
READING_LIMIT_S = 600.0
# Reckoning over every case and one write to the ledger take seconds; the slowest pace is a mail a minute.
WORKING_LIMIT_S = 120.0
# A beat may be late on a busy machine.
BEAT_GRACE_S = 30.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something outside that is waited for: what, since when, and how long that may take."""

    what: str
    since: float
    limit: float


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the service last did, in seconds of a clock that nobody sets.

    ``beat`` is when the metronome last came by and ``every`` how often it should; ``moved`` is when
    the run in hand last got on, None without one; ``waiting`` is what is being waited for now.
    """

    beat: float
    every: float
    moved: float | None
    waiting: tuple[Waiting, ...] = ()


def stalled(pulse: Pulse, now: float) -> str | None:
    """Return in words what no longer moves, or None where everything does."""
    overdue = _longest_overdue(pulse.waiting, now)
    if overdue is not None:
        return (
            f"{overdue.what} has taken {now - overdue.since:.0f} s, and {overdue.limit:.0f} s are the limit"
        )
    if pulse.moved is None:
        late = now - pulse.beat - pulse.every
        return f"the next look at the case source is {late:.0f} s late" if late > BEAT_GRACE_S else None
    # While something is waited for, its own limit counts.
    if not pulse.waiting and now - pulse.moved > WORKING_LIMIT_S:
        return f"the run in hand has not moved for {now - pulse.moved:.0f} s"
    return None


def _longest_overdue(waiting: Iterable[Waiting], now: float) -> Waiting | None:
    overdue = [item for item in waiting if now - item.since > item.limit]
    return min(overdue, key=lambda item: item.since, default=None)
