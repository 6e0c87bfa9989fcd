"""The accounts: everything the case source asks for has exactly one outcome, or is open, or is missing.

Two lists are compared that know nothing of each other: what a second reckoning found in the case source
(``casedb.obligations``) and what stands in the ledger. Nothing of the planner is used here, because it
is the planner that is audited. Pure.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from reminderd.domain.lifecycle import State
from reminderd.domain.silences import Silence

Settled = Literal["told", "open", "lapsed", "failed", "silenced", "set_aside", "waiting", "missing"]
"""What became of an obligation; ``set_aside`` is a bad row, ``waiting`` is for the next opening hour."""

SETTLED: tuple[Settled, ...] = (
    "told", "open", "lapsed", "failed", "silenced", "set_aside", "waiting", "missing",
)  # fmt: skip

_OUTCOME_OF: Mapping[State, Settled] = {
    State.SENT: "told",
    State.QUEUED: "open",
    State.SENDING: "open",
    State.DEFERRED: "open",
    State.HELD: "open",
    State.UNKNOWN: "open",
    State.LAPSED: "lapsed",
    State.FAILED: "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """Somebody must be told by now that a deadline comes, or has passed.

    It may be told about any of the ``subjects`` (a person with two courses is spoken of on one), by any of
    the ``rules``. ``recipient`` holds the role; None where whoever stands in for a missing one will do.
    """

    kind: str
    subjects: tuple[str, ...]
    day: date
    recipient: str | None
    rules: frozenset[str]
    sagsnr: str | None

    def __str__(self) -> str:
        whom = "" if self.recipient is None else f" to {self.recipient}"
        return f"{self.kind} on {self.day} of {' or '.join(self.subjects)}{whom}"


@dataclass(frozen=True, slots=True)
class Booked:
    """One ledger entry, as far as the accounts go."""

    kind: str
    subject: str
    day: date
    recipient: str
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What was found: obligations by kind and outcome, entries by state, and all that does not agree.

    ``contradictions`` are what the ledger says against itself; ``as_of`` is the run that was audited.
    """

    as_of: datetime
    obligations: Mapping[tuple[str, Settled], int]
    entries: Mapping[str, int]
    missing: tuple[Obligation, ...]
    contradictions: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Tell whether every obligation has one outcome or is open, and the ledger is of one mind."""
        return not self.missing and not self.contradictions


def settled(
    obligations: Iterable[Obligation],
    booked: Iterable[Booked],
    silences: Sequence[Silence],
    set_aside: frozenset[str],
    *,
    as_of: datetime,
    was_open: bool,
) -> tuple[Mapping[tuple[str, Settled], int], tuple[Obligation, ...]]:
    """Return how many obligations of each kind have which outcome, and those that have none.

    ``set_aside`` are the subjects of rows that were found bad. Where ``as_of`` was no hour of sending,
    what has no entry waits for the next: it may have been entered since the last one.
    """
    states: dict[tuple[str, str, date], dict[str, State]] = {}
    for entry in booked:  # the later entry counts
        if entry.state is not State.WITHDRAWN:
            states.setdefault((entry.kind, entry.subject, entry.day), {})[entry.recipient] = entry.state
    counted: Counter[tuple[str, Settled]] = Counter()
    missing = []
    for obligation in obligations:
        state = _state_of(obligation, states)
        outcome: Settled
        if state is not None:
            outcome = _OUTCOME_OF[state]
        elif any(_silences(silence, obligation, as_of) for silence in silences):
            outcome = "silenced"
        elif not set_aside.isdisjoint(obligation.subjects):
            outcome = "set_aside"
        else:
            outcome = "missing" if was_open else "waiting"
        counted[obligation.kind, outcome] += 1
        if outcome == "missing":
            missing.append(obligation)
    return counted, tuple(missing)


def bled(booked: Iterable[Booked], present: Container[str], today: date, bearable: int) -> str | None:
    """Say in words that too many courses are gone that were told of a deadline still ahead, or None.

    ``present`` are the subjects of the case source's rows, ended ones too; ``bearable`` is a percentage.
    The brake compares one reading with the last; a source that loses a few cases a day passes it, and
    nobody would be told of what they still ask for.
    """
    ahead = {
        entry.subject
        for entry in booked
        if entry.subject.startswith("forloeb:") and entry.day >= today and entry.state in _OUTCOME_OF
    }
    gone = sum(subject not in present for subject in ahead)
    if gone * 100 <= len(ahead) * bearable:
        return None
    return f"{gone} of {len(ahead)} courses with a deadline ahead that was told are gone from the case source"


def _state_of(
    obligation: Obligation, states: Mapping[tuple[str, str, date], Mapping[str, State]]
) -> State | None:
    for subject in obligation.subjects:
        told = states.get((obligation.kind, subject, obligation.day), {})
        if obligation.recipient is None:
            if told:
                return list(told.values())[-1]
        elif obligation.recipient in told:
            return told[obligation.recipient]
    return None


def _silences(silence: Silence, obligation: Obligation, now: datetime) -> bool:
    if not silence.in_force(now):
        return False
    match silence.kind:
        case "case":
            return silence.target == obligation.sagsnr
        case "person":
            return f"medarbejder:{silence.target}" == obligation.recipient
        case "rule":
            return obligation.rules <= {silence.target}
