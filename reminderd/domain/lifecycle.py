"""States of a ledger entry, and the one table that says which may follow which.

``ledger`` applies it; nobody else compares states to decide what may happen. The back-off between
attempts is a function here too, because it decides when an entry may be claimed again.
"""

from datetime import timedelta
from enum import StrEnum
from zlib import crc32

from reminderd.domain.outcomes import Deferred, Failed, Outcome, Refused, Sent, Unknown


class State(StrEnum):
    """Where a ledger entry is."""

    QUEUED = "queued"
    SENDING = "sending"
    DEFERRED = "deferred"
    HELD = "held"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    SENT = "sent"
    LAPSED = "lapsed"
    FAILED = "failed"


class Event(StrEnum):
    """What happens to a ledger entry."""

    CLAIM = "claim"
    ACCEPTED = "accepted"
    TEMPFAIL = "tempfail"
    PERMFAIL = "permfail"
    NO_ANSWER = "no_answer"
    ORPHANED = "orphaned"
    STOPPED = "stopped"
    HOLD = "hold"
    RELEASE = "release"
    WITHDRAW = "withdraw"
    REINSTATE = "reinstate"
    LAPSE = "lapse"
    REQUEUE = "requeue"
    CONFIRM_SENT = "confirm_sent"


_S, _E = State, Event

TRANSITIONS: dict[tuple[State, Event], State] = {
    (_S.QUEUED, _E.CLAIM): _S.SENDING,
    (_S.DEFERRED, _E.CLAIM): _S.SENDING,
    (_S.UNKNOWN, _E.CLAIM): _S.SENDING,
    (_S.SENDING, _E.ACCEPTED): _S.SENT,
    (_S.SENDING, _E.TEMPFAIL): _S.DEFERRED,
    (_S.SENDING, _E.PERMFAIL): _S.FAILED,
    (_S.SENDING, _E.NO_ANSWER): _S.UNKNOWN,
    (_S.SENDING, _E.ORPHANED): _S.UNKNOWN,
    (_S.SENDING, _E.STOPPED): _S.QUEUED,
    (_S.QUEUED, _E.HOLD): _S.HELD,
    (_S.DEFERRED, _E.HOLD): _S.HELD,
    (_S.UNKNOWN, _E.HOLD): _S.HELD,
    (_S.HELD, _E.RELEASE): _S.QUEUED,
    (_S.QUEUED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.DEFERRED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.HELD, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.WITHDRAWN, _E.REINSTATE): _S.QUEUED,
    (_S.QUEUED, _E.LAPSE): _S.LAPSED,
    (_S.DEFERRED, _E.LAPSE): _S.LAPSED,
    (_S.HELD, _E.LAPSE): _S.LAPSED,
    (_S.UNKNOWN, _E.LAPSE): _S.LAPSED,
    (_S.UNKNOWN, _E.REQUEUE): _S.QUEUED,
    (_S.FAILED, _E.REQUEUE): _S.QUEUED,
    (_S.UNKNOWN, _E.CONFIRM_SENT): _S.SENT,
    (_S.FAILED, _E.CONFIRM_SENT): _S.SENT,
    (_S.HELD, _E.CONFIRM_SENT): _S.SENT,
}

FINAL = frozenset({State.SENT, State.LAPSED, State.FAILED})
CLAIMABLE = frozenset(state for state, event in TRANSITIONS if event is Event.CLAIM)
WITHDRAWABLE = frozenset(state for state, event in TRANSITIONS if event is Event.WITHDRAW)
LAPSABLE = frozenset(state for state, event in TRANSITIONS if event is Event.LAPSE)
MAX_COPIES = 3

_FIRST_DELAY = timedelta(minutes=1)
_JITTER = 0.25
LONGEST_DELAY = timedelta(hours=1)


def follow(state: State, event: Event) -> State | None:
    """Return the state that follows, or None where this event may not happen in this state."""
    return TRANSITIONS.get((state, event))


def sources(event: Event) -> frozenset[State]:
    """Return the states in which an event may happen."""
    return frozenset(state for state, possible in TRANSITIONS if possible is event)


def event_of(outcome: Outcome) -> Event:
    """Return what an outcome means for the entry that was being sent."""
    match outcome:
        case Sent():
            return Event.ACCEPTED
        case Deferred() | Refused():
            return Event.TEMPFAIL
        case Failed():
            return Event.PERMFAIL
        case Unknown():
            return Event.NO_ANSWER


def back_off(attempts: int) -> timedelta:
    """Return how long to leave alone what failed n times: 1, 2, 4 ... minutes, at most an hour."""
    doublings = min(max(attempts, 1) - 1, 10)
    return min(_FIRST_DELAY * (1 << doublings), LONGEST_DELAY)


def rest_of(message_id: str, attempts: int) -> timedelta:
    """Return how long a message rests after its n-th attempt: the back-off, less up to a quarter of it.

    The part that is taken off is the jitter: it spreads those that failed together. It follows from the
    message and the attempt alone, so the same story can be told again.
    """
    part = crc32(f"{message_id}|{attempts}".encode()) / (1 << 32)
    return back_off(attempts) * (1 - _JITTER * part)
