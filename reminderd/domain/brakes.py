"""Brakes: a run that looks like a mistake in the data or the rules is held, and a person decides.

Three things are looked at: what the case source lost since it was last good, cases that are gone
without having been closed, and how much one run would send or cancel. Pure: what a run decided goes
in, what may happen of it comes out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from reminderd.domain.calendar_notices import CANCEL
from reminderd.domain.cases import Snapshot
from reminderd.domain.deadlines import ended
from reminderd.domain.lifecycle import Event, State, sources
from reminderd.domain.notices import Decision
from reminderd.domain.reconcile import OpenEntry, Retraction, Today
from reminderd.domain.source_check import OLDEST_DATA
from reminderd.domain.workdays import civil_day, local

Brake = Literal["new", "cancel", "vanished", "restored"]
"""What holds an entry: too many new ones, too many cancellations, a vanished case, a restored ledger."""

_HOLDABLE = sources(Event.HOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is bearable: notices and cancellations a run (0: any number), cases lost in percent, age."""

    max_new: int = 0
    max_cancel: int = 0
    max_lost_percent: int = 20
    max_data_age: timedelta = OLDEST_DATA


NO_LIMITS = Limits(max_lost_percent=100, max_data_age=timedelta.max)
"""Nothing is too much; what vanishes is still held."""


@dataclass(frozen=True, slots=True)
class Census:
    """How much a reading held: courses in all, those that run, and the views that were there."""

    courses: int
    running: int
    views: frozenset[str]


@dataclass(frozen=True, slots=True)
class SourceStanding:
    """The last good reading, the doubt there is about newer ones, and whether a person dispelled it."""

    good: Census | None = None
    doubt: str | None = None
    since: datetime | None = None
    accepted: bool = False


def census(snapshot: Snapshot, now: datetime) -> Census:
    """Count a reading."""
    today = civil_day(now)
    people = snapshot.borgere
    running = sum(ended(one, people[one.borger_id], today) is None for one in snapshot.forloeb.values())
    return Census(len(snapshot.forloeb), running, frozenset(snapshot.rows))


def doubt(
    present: Census, data_pr: datetime, standing: SourceStanding, now: datetime, limits: Limits
) -> str | None:
    """Return why a reading is not to be believed where something is missing from it, or None.

    Cases that were closed in the source stay in it, and old ones that are cleared away did not run;
    so what is lost is what is missing from both counts. A person's word dispels every doubt but age.
    """
    reasons = []
    good = standing.good
    if good is not None and not standing.accepted:
        lost = min(good.running - present.running, good.courses - present.courses)
        if lost * 100 > good.running * limits.max_lost_percent:
            reasons.append(f"{lost} of {good.running} running cases are gone")
        if good.views - present.views:
            reasons.append(f"no longer there: {', '.join(sorted(good.views - present.views))}")
    age = now - local(data_pr)
    if age > limits.max_data_age:
        reasons.append(f"the data is {int(age.total_seconds()) // 3600} hours old")
    return "; ".join(reasons) or None


def without_cancellations(today: Today) -> Today:
    """Return a day on which nothing is taken out of a calendar."""
    return replace(today, decisions=[one for one in today.decisions if one.notice.key.rule != CANCEL])


@dataclass(slots=True)
class Braked:
    """What may happen of a run: ``send`` goes out; ``held`` is recorded and held, with brake and reason.

    ``vanish`` are entries to be held because their case is gone, ``come_back`` those to be let go
    because it is there again.
    """

    send: list[Decision]
    held: list[tuple[Brake, str, list[Decision]]] = field(default_factory=list)
    retractions: list[Retraction] = field(default_factory=list)
    vanish: list[OpenEntry] = field(default_factory=list)
    come_back: list[OpenEntry] = field(default_factory=list)


def brake(
    today: Today,
    pending: Sequence[OpenEntry],
    retractions: Iterable[Retraction],
    snapshot: Snapshot,
    limits: Limits,
    *,
    in_doubt: bool,
) -> Braked:
    """Hold back what a run decided, as far as a person should look at it first.

    ``in_doubt`` says that the reading is not to be believed: then what is missing from it is neither
    withdrawn nor lapsed nor held, but waits.
    """
    found = Braked([])
    wanted = [decision for decision in today.decisions if decision.kind == "send"]
    cancellations = [one for one in wanted if one.notice.key.rule == CANCEL]
    others = [one for one in wanted if one.notice.key.rule != CANCEL]
    for which, batch, limit, what in (
        ("new", others, limits.max_new, "new notices"),
        ("cancel", cancellations, limits.max_cancel, "cancellations"),
    ):
        if limit and len(batch) > limit:
            words = f"{len(batch)} {what} in one run, brake.max_{which} is {limit}: a person decides"
            found.held.append((_kind(which), words, batch))
        else:
            found.send += batch
    entries = {entry.entry_id: entry for entry in pending}
    retractions = list(retractions)
    ending = {retraction.entry_id for retraction in retractions}
    for retraction in retractions:
        entry = entries[retraction.entry_id]
        if not retraction.gone:
            found.retractions.append(retraction)
        elif in_doubt:
            continue
        elif not _vanished(entry.subject, snapshot):
            found.retractions.append(retraction)
        elif entry.state in _HOLDABLE:
            found.vanish.append(entry)
    decided = {str(decision.notice.key) for decision in today.decisions}
    found.come_back = [
        entry
        for entry in pending
        if entry.state is State.HELD
        and entry.held_by == "vanished"
        and entry.key in decided
        # Too late, or overtaken, while it was away: then it takes that one step, and no other.
        and entry.entry_id not in ending
    ]
    return found


def _kind(name: str) -> Brake:
    return "new" if name == "new" else "cancel"


def _vanished(subject: str, snapshot: Snapshot) -> bool:
    """Tell whether what a notice is about is not in the reading at all, as opposed to closed or changed."""
    kind, _, name = subject.partition(":")
    rows: Mapping[str, Mapping[str, object]] = {
        "forloeb": snapshot.forloeb,
        "aktivitet": snapshot.aktiviteter,
        "serie": snapshot.serier,
    }
    return kind in rows and name not in rows[kind]
