"""What did not reach its reader, or not as it should: as lines of the operator's weekly overview. Pure.

Each line names a case, a kind of deadline, its day and what became of the notice. What is open is said
until somebody has decided; what is over, once: in the week after.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from reminderd.domain.cases import Snapshot
from reminderd.domain.notices import Line
from reminderd.domain.workdays import civil_day

Why = Literal["held", "unknown", "failed", "lapsed", "replaced", "calendar_left_out"]
WEEK = timedelta(days=7)
STANDS_IN_OVERVIEWS = 3 * WEEK
"""For how long after it was noted a thing can be wanted for an overview, with some days to spare."""

_OPEN = ("held", "unknown")
_MOST = 50


@dataclass(frozen=True, slots=True)
class Unsent:
    """One notice that was not sent, or not as it should be: why, and when that was noted."""

    why: Why
    subject: str
    sagsnr: str | None
    deadline_kind: str
    deadline_date: date
    noted_at: datetime


def in_order(unsent: Iterable[Unsent]) -> tuple[Unsent, ...]:
    """Return them in the order of an overview, the oldest deadline first."""
    return tuple(
        sorted(
            unsent, key=lambda one: (one.deadline_date, one.subject, one.deadline_kind, one.why, one.noted_at)
        )
    )


def unsent_lines(
    snapshot: Snapshot, today: date, unsent: Iterable[Unsent], paused: Container[tuple[str, str]]
) -> list[Line]:
    """Return the lines of this week's overview, the oldest deadline first; too many end in a number."""
    monday = today - timedelta(days=today.weekday())
    found = dict.fromkeys(
        _line(snapshot, one)
        for one in in_order(unsent)
        if ("case", one.sagsnr) not in paused
        and (one.why in _OPEN or monday - WEEK <= civil_day(one.noted_at) < monday)
    )
    lines = list(found)
    more = len(lines) - _MOST
    return [*lines[:_MOST], *_and(more)]


def _and(more: int) -> Iterator[Line]:
    if more > 0:
        yield Line(str(more), "flere")


def _line(snapshot: Snapshot, one: Unsent) -> Line:
    forloeb = snapshot.forloeb.get(one.subject.removeprefix("forloeb:"))
    hidden = forloeb is not None and snapshot.borgere[forloeb.borger_id].beskyttelse == "saerlig"
    kind = "frist" if hidden else one.deadline_kind
    return Line(
        one.sagsnr or one.subject.partition(":")[2] or one.subject, f"{kind}/{one.why}", one.deadline_date
    )
