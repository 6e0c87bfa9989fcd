"""Whether the clock can be believed: what it did since the last look, and what the case source says.

A clock that is set by hours is lived with: due dates go by the wall, intervals by a clock that nobody sets.
By more than a day it would send, lapse and purge what is not due for months. Then nothing is done until the
case source's own time (``data_pr``) agrees: the one clock here that another machine sets. Pure.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

NOTED = timedelta(minutes=15)
BEARABLE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at both clocks: the wall's, and the seconds of the one that nobody sets."""

    wall: datetime
    elapsed: float


def jump(before: Reading, now: Reading) -> timedelta:
    """Return by how much the wall clock was set between two looks; negative is back."""
    return now.wall - before.wall - timedelta(seconds=now.elapsed - before.elapsed)


def suspicion(before: Reading | None, now: Reading, previous_run: datetime | None) -> str | None:
    """Say in words why the clock may be wrong by more than a day, or None.

    Without a look ``before`` in this process, what the ledger remembers of the previous run counts: a
    longer pause than a day may be a machine that was off, or a clock that is ahead.
    """
    if before is not None:
        set_by = jump(before, now)
        if abs(set_by) > BEARABLE:
            return f"the clock was set {_forward(set_by)} by {_hours(set_by)}"
        return None
    if previous_run is None or abs(now.wall - previous_run) <= BEARABLE:
        return None
    off = now.wall - previous_run
    return f"the last run was {_hours(off)} {'ago' if off > timedelta(0) else 'from now'} by the clock"


def contradicted(now: datetime, data_pr: datetime, oldest: timedelta) -> str | None:
    """Say in words how the case source's time contradicts the clock, or None where they agree.

    Data may be as old as ``oldest``, and no more than that lie ahead, or a day where it is more.
    """
    age, bearable = now - data_pr, max(oldest, BEARABLE)
    if age > bearable:
        return f"the case source's data would be {_hours(age)} old"
    if -age > bearable:
        return f"the case source's data would be from {_hours(age)} ahead"
    return None


def _hours(length: timedelta) -> str:
    return f"{int(abs(length).total_seconds()) // 3600} hours"


def _forward(set_by: timedelta) -> str:
    return "forward" if set_by > timedelta(0) else "back"
