"""What the ledger's tests write into a ledger: invented notices, and the steps that lead to a state."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from reminderd.domain.lifecycle import Event, State
from reminderd.domain.notices import Decision, Notice, NoticeKey, Recipient
from reminderd.domain.outcomes import Deferred, Failed, Sent, Unknown
from reminderd.domain.reconcile import Retraction
from reminderd.ledger import EntryRow

NOW = datetime(2026, 5, 11, 6, 0, tzinfo=UTC)
TODAY = date(2026, 5, 11)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
TAKEN = Sent(250, "2.0.0 queued")


def a_notice(number: int = 1, **changes: Any) -> Notice:
    """Return the notice about course ``number``; its deadline is three weeks ahead."""
    key = NoticeKey("review-plan", f"forloeb:f{number}", "review", date(2026, 6, 1), "plan", "medarbejder:m1")
    notice = Notice(
        key=key,
        template="review-plan",
        track="reminder",
        channel="mail",
        recipient=Recipient(role="sagsbehandler", holder="medarbejder:m1", mail="anne@kommune.example"),
        due_day=TODAY,
        send_at=NOW,
        expires_at=NOW + 21 * DAY,
        forloeb_id=f"f{number}",
        sagsnr=f"2026-{number:04}",
        occasion=None,
        facts={},
    )
    return replace(notice, **changes)


def wanted(notice: Notice, *, again: bool = False) -> Decision:
    """Return the decision to send this notice."""
    return Decision(notice, "send", "wanted_again" if again else "due", f"wanted: {notice.key.subject}")


def freeze(tx: Any, entry_id: int, **changes: Any) -> None:
    """Freeze invented bytes for an entry."""
    values = {
        "message_id": f"<{entry_id}@kommune.example>",
        "raw": f"Subject: {entry_id}\r\n\r\nHej\r\n".encode(),
        "digest": f"digest-{entry_id}",
        "wording_version": "w1",
        "composed_at": NOW,
    }
    tx.freeze(entry_id, **(values | changes))


@dataclass(frozen=True)
class Books:
    """One ledger of either kind with its reading side, and short words for what tests do to it."""

    ledger: Any
    reading: Any

    def record(self, *notices: Notice, at: datetime = NOW) -> list[int]:
        """Record notices and freeze their bytes; return their entry ids."""
        with self.ledger.transaction() as tx:
            tx.record([wanted(notice) for notice in notices], at)
        ids = [self.row(notice).entry_id for notice in notices]
        with self.ledger.transaction() as tx:
            for entry_id in ids:
                freeze(tx, entry_id)
        return ids

    def row(self, notice: Notice) -> EntryRow:
        """Return the entry of a notice."""
        (row,) = self.reading.find(str(notice.key))
        return row

    def state(self, notice: Notice) -> State:
        """Return where the entry of a notice is."""
        return State(self.row(notice).state)

    def claim(self, *entry_ids: int, at: datetime = NOW) -> list[Any]:
        """Take entries into hand."""
        with self.ledger.transaction() as tx:
            return list(tx.claim(entry_ids, at))

    def settle(self, claim: Any, outcome: Any, at: datetime = NOW) -> State:
        """Write what became of a claim."""
        with self.ledger.transaction() as tx:
            return State(tx.settle(claim, outcome, at))

    def offer(self, entry_id: int, outcome: Any, at: datetime = NOW) -> State:
        """Claim an entry and settle it at once."""
        (claim,) = self.claim(entry_id, at=at)
        return self.settle(claim, outcome, at)

    def apply(self, entry_id: int, state: State, event: Event, at: datetime = NOW, **more: Any) -> None:
        """Take one step of the lifecycle."""
        with self.ledger.transaction() as tx:
            tx.apply([(entry_id, state)], event, f"because of {event}", at, **more)

    def retract(self, entry_id: int, state: State, *, lapse: bool = False, at: datetime = NOW) -> None:
        """Withdraw or lapse one entry."""
        with self.ledger.transaction() as tx:
            tx.retract([Retraction(entry_id, lapse, "no longer asked for")], {entry_id: state}, at)

    def bring_to(self, state: State, notice: Notice) -> int:
        """Record a notice and lead it to a state by steps that really happen; return its entry id."""
        (entry_id,) = self.record(notice)
        match state:
            case State.QUEUED:
                pass
            case State.SENDING:
                self.claim(entry_id)
            case State.DEFERRED:
                self.offer(entry_id, Deferred("450 greylisted", 450))
            case State.UNKNOWN:
                self.offer(entry_id, Unknown("line died after the dot"))
            case State.SENT:
                self.offer(entry_id, TAKEN)
            case State.FAILED:
                self.offer(entry_id, Failed("550 no such user", 550))
            case State.HELD:
                self.apply(entry_id, State.QUEUED, Event.HOLD)
            case State.WITHDRAWN:
                self.retract(entry_id, State.QUEUED)
            case State.LAPSED:
                self.retract(entry_id, State.QUEUED, lapse=True)
        assert state is self.state(notice)
        return entry_id
