"""Guarded writing: every change is one step of the lifecycle table, journalled in its transaction.

A step names the state it starts from and must change exactly one row, or somebody else was first.
Nothing here talks to a relay, reads a case or asks what time it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError

from reminderd.domain.lifecycle import CLAIMABLE, MAX_COPIES, Event, State, back_off, event_of, follow
from reminderd.domain.notices import Decision, Notice
from reminderd.domain.outcomes import Deferred, Failed, Outcome, Phase, Sent, Unknown
from reminderd.domain.reconcile import Retraction
from reminderd.domain.revisions import Revision
from reminderd.errors import LedgerError
from reminderd.ledger.calendar_entries import keep_revision, last_revision
from reminderd.ledger.schema import attempt, entry, installation, journal, message, rule_start

_SERVICE = "reminderd"


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
        """Enter notices that shall be sent; returns how many were new.

        A key that is already there is left alone, except that a withdrawn one is reinstated.
        """
        count = self._insert(
            [(decision, State.QUEUED) for decision in decisions if decision.cause != "wanted_again"], at
        )
        again = [str(decision.notice.key) for decision in decisions if decision.cause == "wanted_again"]
        for key, reason in zip(
            again, [d.reason for d in decisions if d.cause == "wanted_again"], strict=True
        ):
            entry_id = self._connection.scalar(select(entry.c.id).where(entry.c.key == key))
            if entry_id is not None:
                self.apply([(entry_id, State.WITHDRAWN)], Event.REINSTATE, reason, at)
                count += 1
        return count

    def record_missed(self, decisions: Sequence[Decision], at: datetime) -> int:
        """Enter notices whose time passed while nobody was looking: lapsed from the start."""
        return self._insert([(decision, State.LAPSED) for decision in decisions], at)

    def _insert(self, decisions: list[tuple[Decision, State]], at: datetime) -> int:
        if not decisions:
            return 0
        first = (self._connection.scalar(select(func.max(entry.c.id))) or 0) + 1
        rows = [_row(decision.notice, decision.reason, state, at) for decision, state in decisions]
        self._connection.execute(entry.insert().prefix_with("OR IGNORE"), rows)
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
            statement = (
                update(entry)
                .where(entry.c.id == bindparam("entry_id"), entry.c.state == state)
                .values(state=target, reason=reason, updated_at=at, **(values or {}))
            )
            changed = self._connection.execute(
                statement, [{"entry_id": entry_id} for entry_id in ids]
            ).rowcount
            if changed != len(ids):
                raise StaleEntryError(f"{len(ids) - changed} of {len(ids)} entries were no longer {state}")
            self._connection.execute(
                journal.insert(),
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
        the entry has bytes already, or the Message-ID is another's.
        """
        calendar_id = None
        if revision is not None and occasion is not None and uid is not None:
            calendar_id = keep_revision(self._connection, revision, occasion, uid)
        values = {
            "entry_id": entry_id,
            "message_id": message_id,
            "raw": raw,
            "digest": digest,
            "wording_version": wording_version,
            "composed_at": composed_at,
            "calendar_entry_id": calendar_id,
            "calendar_sequence": None if revision is None else revision.sequence,
        }
        try:
            self._connection.execute(message.insert().values(values))
        except IntegrityError as error:
            raise LedgerError(
                "a message is frozen once: there is no such entry, it has its bytes, or another has this Message-ID"
            ) from error

    def claim(self, entry_ids: Sequence[int], at: datetime) -> list[Claim]:
        """Take entries into hand: state ``sending`` and an attempt each, before any socket opens."""
        rows = self._connection.execute(
            select(
                entry.c.id, entry.c.state, entry.c.key, entry.c.rule, entry.c.recipient_mail,
                entry.c.attempts, entry.c.on_unknown, message.c.message_id, message.c.raw,
            )
            .join(message, message.c.entry_id == entry.c.id)
            .where(entry.c.id.in_(entry_ids), entry.c.state.in_(CLAIMABLE), message.c.raw.is_not(None))
        ).all()  # fmt: skip
        if not rows:
            return []
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
        numbers = dict(self._connection.execute(last).tuples().all())
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
        ids = dict(self._connection.execute(begun).tuples().all())
        order = {entry_id: position for position, entry_id in enumerate(entry_ids)}
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
            for row in sorted(rows, key=lambda row: order[row.id])
        ]

    def enter_phase(self, attempt_id: int, phase: Phase) -> None:
        """Write how far an attempt has come, before it goes there."""
        self._connection.execute(update(attempt).where(attempt.c.id == attempt_id).values(phase=phase))

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
        if isinstance(outcome, Unknown) and (claim.on_unknown == "hold" or claim.number >= MAX_COPIES):
            self.apply(
                [(claim.entry_id, State.UNKNOWN)], Event.HOLD, "may have been delivered: a person decides", at
            )
            return State.HELD
        state = follow(State.SENDING, event_of(outcome))
        assert state is not None  # noqa: S101 - apply() has just gone there
        return state

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
            select(entry.c.id, attempt.c.id.label("attempt_id"), attempt.c.phase)
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
        return len(rows) - unknown, unknown

    def finished_run(self, at: datetime) -> None:
        """Remember when the case source was last reconciled."""
        self._connection.execute(update(installation).values(previous_run=at))

    def _finish(self, attempt_id: int, outcome: str, code: int | None, words: str, at: datetime) -> None:
        self._connection.execute(
            update(attempt)
            .where(attempt.c.id == attempt_id)
            .values(finished_at=at, outcome=outcome, code=code, reply=words)
        )


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
