"""Guarded writing: every change is one step of the lifecycle table, journalled in its transaction.

A step names the state it starts from and must change exactly one row, or somebody else was first.
Nothing here talks to a relay, reads a case or asks what time it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError

from reminderd.domain.lifecycle import CLAIMABLE, MAX_COPIES, Event, State, back_off, event_of, follow
from reminderd.domain.notices import Decision, Notice, Recipient
from reminderd.domain.outcomes import Deferred, Failed, Outcome, Phase, Sent, Unknown
from reminderd.domain.reconcile import Retraction
from reminderd.domain.revisions import Revision
from reminderd.domain.silences import SilenceKind
from reminderd.errors import LedgerError
from reminderd.ledger.calendar_entries import keep_revision, last_revision
from reminderd.ledger.schema import attempt, entry, installation, journal, message, rule_start
from reminderd.ledger.silences import begin_silence, end_silence

_SERVICE = "reminderd"
_NOT_FROZEN = "entry {} is not there or is frozen already, or its Message-ID or UID is another's"

TEXT_BEGUN = or_(attempt.c.phase == "data", attempt.c.outcome == "unknown")
"""True of an attempt after which somebody may have seen the bytes, so that they stay for ever."""

# What is said several times for every mail. A statement that is built once is also compiled once: it
# remembers its place in SQLAlchemy's cache, which otherwise costs as much as the database itself.
_MOVE = update(entry).where(entry.c.id == bindparam("entry_id"), entry.c.state == bindparam("from_state"))
_IN_HAND = update(attempt).where(attempt.c.id == bindparam("attempt_id"), attempt.c.finished_at.is_(None))
_MESSAGE = message.insert()
_JOURNAL = journal.insert()


@dataclass(frozen=True, slots=True)
class Claim:
    """One entry in hand: its attempt, and the frozen bytes to hand over.

    ``number`` counts the attempts that were really made, this one included.
    """

    entry_id: int
    attempt_id: int
    number: int
    key: str
    rule: str
    recipient_mail: str
    message_id: str
    raw: bytes
    on_unknown: str


class StaleEntryError(LedgerError):
    """An entry was no longer in the state that a change started from: somebody else was first."""


class Transaction:
    """Everything that can be written, inside one transaction of the ledger."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note_rules(self, rules: Iterable[str], since: date) -> None:
        """Remember the first day of each rule that was never seen before."""
        known = set(self._connection.scalars(select(rule_start.c.rule)))
        new = [{"rule": rule, "since": since} for rule in rules if rule not in known]
        if new:
            self._connection.execute(rule_start.insert(), new)

    def record(self, decisions: Sequence[Decision], at: datetime) -> int:
        """Enter notices that shall be sent; returns how many are new or wanted again.

        A key that is already there is left alone, except that a withdrawn one is reinstated.
        """
        new = self._insert(decisions, State.QUEUED, at)
        return new if new == len(decisions) else new + self._reinstate(decisions, at)

    def record_missed(self, decisions: Sequence[Decision], at: datetime) -> int:
        """Enter notices whose time passed while nobody was looking: lapsed from the start."""
        return self._insert(decisions, State.LAPSED, at)

    def _insert(self, decisions: Sequence[Decision], state: State, at: datetime) -> int:
        if not decisions:
            return 0
        first = (self._connection.scalar(select(func.max(entry.c.id))) or 0) + 1
        rows = [_row(decision.notice, decision.reason, state, at) for decision in decisions]
        # Only a key that is there already may be passed over; any other refusal must be heard.
        self._connection.execute(insert(entry).on_conflict_do_nothing(index_elements=["key"]), rows)
        new = self._connection.execute(
            select(entry.c.id, entry.c.state, entry.c.reason).where(entry.c.id >= first)
        ).all()
        if new:
            self._connection.execute(
                journal.insert(),
                [
                    {
                        "at": at,
                        "entry_id": row.id,
                        "actor": _SERVICE,
                        "event": "record",
                        "from_state": None,
                        "to_state": row.state,
                        "reason": row.reason,
                    }
                    for row in new
                ],
            )
        return len(new)

    def _reinstate(self, decisions: Sequence[Decision], at: datetime) -> int:
        """Queue what was withdrawn and is wanted again, as it is wanted today.

        Bytes that no relay ever heard are made anew; once a text was begun they stay, and the mailbox
        with them.
        """
        wanted = {str(decision.notice.key): decision for decision in decisions}
        withdrawn = select(entry.c.id, entry.c.key).where(entry.c.state == State.WITHDRAWN)
        again = [row for row in self._connection.execute(withdrawn) if row.key in wanted]
        for entry_id, key in again:
            decision = wanted[key]
            today = _row(decision.notice, decision.reason, State.QUEUED, at)
            names = ["due_day", "send_at", "expires_at"]
            begun = select(attempt.c.id).where(attempt.c.entry_id == entry_id, TEXT_BEGUN)
            if self._connection.scalar(begun.limit(1)) is None:
                self._connection.execute(delete(message).where(message.c.entry_id == entry_id))
                names += ["recipient_mail", "deputy_for"]
            values = {"next_attempt_at": None} | {name: today[name] for name in names}
            self.apply([(entry_id, State.WITHDRAWN)], Event.REINSTATE, decision.reason, at, values=values)
        return len(again)

    def apply(
        self,
        entries: Sequence[tuple[int, State]],
        event: Event,
        reason: str,
        at: datetime,
        *,
        actor: str = _SERVICE,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Move entries along the lifecycle table, each from the state it is believed to be in.

        ``values`` sets further columns of the entry alike for all. Raises StaleEntryError where a row
        is elsewhere, LedgerError where the table has no such step; then nothing is changed.
        """
        for state in {state for _, state in entries}:
            target = follow(state, event)
            if target is None:
                raise LedgerError(f"an entry in state {state} knows no event {event}")
            ids = [entry_id for entry_id, was in entries if was is state]
            given = {"from_state": state, "state": target, "reason": reason, "updated_at": at}
            reckoned: dict[str, ColumnElement[Any]] = {}
            for name, value in (values or {}).items():
                (reckoned if isinstance(value, ColumnElement) else given)[name] = value
            changed = self._connection.execute(
                _MOVE.values(reckoned) if reckoned else _MOVE,
                [{"entry_id": entry_id, **given} for entry_id in ids],
            ).rowcount
            if changed != len(ids):
                raise StaleEntryError(f"{len(ids) - changed} of {len(ids)} entries were no longer {state}")
            self._connection.execute(
                _JOURNAL,
                [
                    {
                        "at": at,
                        "entry_id": entry_id,
                        "actor": actor,
                        "event": event,
                        "from_state": state,
                        "to_state": target,
                        "reason": reason,
                    }
                    for entry_id in ids
                ],
            )

    def retract(self, retractions: Iterable[Retraction], states: Mapping[int, State], at: datetime) -> None:
        """Withdraw or lapse open entries, each with its own reason."""
        for retraction in retractions:
            event = Event.LAPSE if retraction.lapse else Event.WITHDRAW
            self.apply([(retraction.entry_id, states[retraction.entry_id])], event, retraction.reason, at)

    def last_revision(self, kind: str, subject: str, recipient_id: str) -> Revision | None:
        """Return the newest revision of the calendar entry for one occasion and recipient."""
        return last_revision(self._connection, (kind, subject, recipient_id))

    def readdress(self, entry_id: int, recipient: Recipient) -> None:
        """Send an entry where its role holder's mail goes today; raises LedgerError once it is frozen."""
        frozen = select(message.c.entry_id).where(message.c.entry_id == entry_id).exists()
        values = {"recipient_mail": recipient.mail or "", "deputy_for": recipient.deputy_for}
        moved = self._connection.execute(update(entry).where(entry.c.id == entry_id, ~frozen).values(values))
        if moved.rowcount != 1:
            raise LedgerError(f"entry {entry_id} is not there or is frozen, and goes where its bytes say")

    def unfreeze(self, entry_id: int) -> None:
        """Forget bytes that no relay ever heard; raises LedgerError if one may have, or is hearing them."""
        spoken = or_(TEXT_BEGUN, attempt.c.finished_at.is_(None))
        begun = select(attempt.c.id).where(attempt.c.entry_id == entry_id, spoken).exists()
        gone = self._connection.execute(delete(message).where(message.c.entry_id == entry_id, ~begun))
        if gone.rowcount != 1:
            raise LedgerError(f"entry {entry_id} has no bytes, or they were once begun and stay as they are")

    def freeze(
        self,
        entry_id: int,
        *,
        message_id: str,
        raw: bytes,
        digest: str,
        wording_version: str,
        composed_at: datetime,
        revision: Revision | None = None,
        occasion: tuple[str, str, str] | None = None,
        uid: str | None = None,
    ) -> None:
        """Store the bytes of a message once and for all, and the calendar revision they carry.

        ``occasion`` is (kind, subject, recipient id) of the calendar entry. Raises LedgerError where
        the entry has bytes already, or the Message-ID or UID is another's.
        """
        values: dict[str, object] = {
            "entry_id": entry_id,
            "message_id": message_id,
            "raw": raw,
            "digest": digest,
            "wording_version": wording_version,
            "composed_at": composed_at,
        }
        try:
            if revision is not None and occasion is not None and uid is not None:
                values["calendar_entry_id"] = keep_revision(self._connection, revision, occasion, uid)
                values["calendar_sequence"] = revision.sequence
            self._connection.execute(_MESSAGE, values)
        except IntegrityError as error:
            raise LedgerError(_NOT_FROZEN.format(entry_id)) from error

    def claim(self, entry_ids: Sequence[int], at: datetime) -> list[Claim]:
        """Take entries into hand: state ``sending`` and an attempt each, before any socket opens."""
        found = self._connection.execute(
            select(
                entry.c.id, entry.c.state, entry.c.key, entry.c.rule, entry.c.recipient_mail,
                entry.c.attempts, entry.c.on_unknown, message.c.message_id, message.c.raw,
            )
            .join(message, message.c.entry_id == entry.c.id)
            .where(entry.c.id.in_(entry_ids), entry.c.state.in_(CLAIMABLE), message.c.raw.is_not(None))
        ).all()  # fmt: skip
        if not found:
            return []
        order = {entry_id: position for position, entry_id in enumerate(entry_ids)}
        rows = sorted(found, key=lambda row: order[row.id])
        self.apply(
            [(row.id, State(row.state)) for row in rows],
            Event.CLAIM,
            "in hand",
            at,
            values={"attempts": entry.c.attempts + 1},
        )
        # Attempts that were put back do not count for the back-off but keep their number.
        last = (
            select(attempt.c.entry_id, func.max(attempt.c.number))
            .where(attempt.c.entry_id.in_([row.id for row in rows]))
            .group_by(attempt.c.entry_id)
        )
        numbers = dict(self._connection.execute(last).all())
        self._connection.execute(
            attempt.insert(),
            [
                {
                    "entry_id": row.id,
                    "number": numbers.get(row.id, 0) + 1,
                    "started_at": at,
                    "phase": "connect",
                }
                for row in rows
            ],
        )
        begun = select(attempt.c.entry_id, attempt.c.id).where(
            attempt.c.entry_id.in_([row.id for row in rows]), attempt.c.finished_at.is_(None)
        )
        ids = dict(self._connection.execute(begun).all())
        return [
            Claim(
                entry_id=row.id,
                attempt_id=ids[row.id],
                number=row.attempts + 1,
                key=row.key,
                rule=row.rule,
                recipient_mail=row.recipient_mail,
                message_id=row.message_id,
                raw=row.raw,
                on_unknown=row.on_unknown,
            )
            for row in rows
        ]

    def enter_phase(self, attempt_id: int, phase: Phase) -> None:
        """Write how far an attempt has come, before it goes there; raises StaleEntryError if it is over."""
        self._change_attempt(attempt_id, phase=phase)

    def settle(self, claim: Claim, outcome: Outcome, at: datetime) -> State:
        """Write what became of an attempt and where its entry now is; returns the new state."""
        code, words = _words(outcome)
        self._finish(claim.attempt_id, type(outcome).__name__.lower(), code, words, at)
        rest = back_off(claim.number)
        next_attempt = at + rest if isinstance(outcome, Deferred | Unknown) else None
        self.apply(
            [(claim.entry_id, State.SENDING)],
            event_of(outcome),
            words,
            at,
            values={"next_attempt_at": next_attempt},
        )
        if isinstance(outcome, Unknown) and self._for_a_person(claim.entry_id, claim.on_unknown, at):
            return State.HELD
        state = follow(State.SENDING, event_of(outcome))
        assert state is not None  # noqa: S101 - apply() has just gone there
        return state

    def _for_a_person(self, entry_id: int, on_unknown: str, at: datetime) -> bool:
        """Hold an unknown entry if its rule says so, or if as many copies may be out as are bearable."""
        out = select(func.count()).where(attempt.c.entry_id == entry_id, attempt.c.outcome == "unknown")
        if on_unknown != "hold" and (self._connection.scalar(out) or 0) < MAX_COPIES:
            return False
        words = "may have been delivered: a person decides"
        self.apply([(entry_id, State.UNKNOWN)], Event.HOLD, words, at)
        return True

    def put_back(self, claims: Iterable[Claim], at: datetime) -> None:
        """Return entries in hand that were never spoken about; it costs no attempt."""
        for claim in claims:
            self._finish(claim.attempt_id, "stopped", None, "stopped before the message was begun", at)
            self.apply(
                [(claim.entry_id, State.SENDING)],
                Event.STOPPED,
                "stopped before the message was begun",
                at,
                values={"attempts": entry.c.attempts - 1, "next_attempt_at": None},
            )

    def recover(self, at: datetime) -> tuple[int, int]:
        """Settle what a crash left in hand; returns (certainly not sent, unknown)."""
        rows = self._connection.execute(
            select(entry.c.id, entry.c.on_unknown, attempt.c.id.label("attempt_id"), attempt.c.phase)
            .join(attempt, attempt.c.entry_id == entry.c.id)
            .where(entry.c.state == State.SENDING, attempt.c.finished_at.is_(None))
        ).all()
        unknown = 0
        for row in rows:
            in_doubt = row.phase == "data"
            unknown += in_doubt
            words = (
                "the process ended while the relay was taking the message"
                if in_doubt
                else "the process ended before the message was begun"
            )
            self._finish(row.attempt_id, "unknown" if in_doubt else "stopped", None, words, at)
            event = Event.ORPHANED if in_doubt else Event.STOPPED
            made = entry.c.attempts if in_doubt else entry.c.attempts - 1
            values = {"attempts": made, "next_attempt_at": None}
            self.apply([(row.id, State.SENDING)], event, words, at, values=values)
            if in_doubt:
                self._for_a_person(row.id, row.on_unknown, at)
        return len(rows) - unknown, unknown

    def silence(
        self, kind: SilenceKind, target: str, until: date, *, reason: str, author: str, at: datetime
    ) -> int:
        """Begin a silence that a person asks for; returns its id."""
        return begin_silence(self._connection, kind, target, until, reason=reason, author=author, at=at)

    def end_silence(self, silence_id: int, *, author: str, at: datetime) -> None:
        """End a silence before its day; raises LedgerError where none with this id is in force."""
        end_silence(self._connection, silence_id, author=author, at=at)

    def finished_run(self, at: datetime) -> None:
        """Remember when the case source was last reconciled."""
        self._connection.execute(update(installation).values(previous_run=at))

    def _finish(self, attempt_id: int, outcome: str, code: int | None, words: str, at: datetime) -> None:
        self._change_attempt(attempt_id, finished_at=at, outcome=outcome, code=code, reply=words)

    def _change_attempt(self, attempt_id: int, **values: Any) -> None:
        # An attempt is over once: a late word about an earlier one must not settle the one in hand.
        if self._connection.execute(_IN_HAND, {"attempt_id": attempt_id, **values}).rowcount != 1:
            raise StaleEntryError("this attempt was no longer in hand")


def _row(notice: Notice, reason: str, state: State, at: datetime) -> dict[str, object]:
    key, recipient = notice.key, notice.recipient
    return {
        "key": str(key),
        "rule": key.rule,
        "subject": key.subject,
        "deadline_kind": key.deadline_kind,
        "deadline_date": key.deadline_date,
        "stage": key.stage,
        "template": notice.template,
        "forloeb_id": notice.forloeb_id,
        "sagsnr": notice.sagsnr,
        "recipient_role": recipient.role,
        "recipient_id": recipient.holder,
        "recipient_mail": recipient.mail or "",
        "deputy_for": recipient.deputy_for,
        "channel": notice.channel,
        "on_unknown": notice.on_unknown,
        "due_day": notice.due_day,
        "send_at": notice.send_at,
        "expires_at": notice.expires_at,
        "state": state,
        "reason": reason,
        "attempts": 0,
        "created_at": at,
        "updated_at": at,
    }


def _words(outcome: Outcome) -> tuple[int | None, str]:
    match outcome:
        case Sent(code=code, reply=reply):
            return code, reply
        case Deferred(reason=reason, code=code) | Failed(reason=reason, code=code):
            return code, reason
        case Unknown(reason=reason):
            return None, reason
