"""Guarded writing: every change is one step of the lifecycle table, journalled in its transaction.

The whole of what can be written, in one place; ``steps``, ``attempts`` and their neighbours know how.
Nothing here talks to a relay, reads a case or asks what time it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError

from reminderd.domain.answers import Reply, Returned, Verdict
from reminderd.domain.brakes import Brake, SourceStanding
from reminderd.domain.lifecycle import Event, State
from reminderd.domain.notices import Decision, Notice, Recipient
from reminderd.domain.outcomes import Outcome, Phase, Protection
from reminderd.domain.reconcile import Retraction
from reminderd.domain.revisions import CalendarName, CalendarPart, Past
from reminderd.domain.silences import SilenceKind
from reminderd.errors import LedgerError
from reminderd.ledger import attempts, journal
from reminderd.ledger.address_faults import clear_address, take_returned
from reminderd.ledger.answers import take_reply
from reminderd.ledger.attempts import TEXT_BEGUN, Claim
from reminderd.ledger.calendar_entries import keep_part, leave, past_of
from reminderd.ledger.faults import StorageError
from reminderd.ledger.restoration import end_doubt, hold_in_doubt, hold_where
from reminderd.ledger.retention import Purged, Retention, purge
from reminderd.ledger.schema import attempt, entry, installation, message, rule_start
from reminderd.ledger.secret import rotate_secret
from reminderd.ledger.silences import begin_silence, end_silence
from reminderd.ledger.standing import believe, keep_standing
from reminderd.ledger.steps import take_step

_NOT_FROZEN = "entry {} is not there or is frozen already, or its Message-ID or UID is another's"

# Built once, because it is said for every mail; see the note in ``steps``.
_MESSAGE = message.insert()


class Transaction:
    """Everything that can be written, inside one transaction of the ledger."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Undo what a block has done, and nothing else, where it raises.

        After a StorageError all of the transaction is to be given up.
        """
        within = self._connection.begin_nested()
        try:
            yield
        except Exception as error:
            # After a fault of the file SQLite may have undone everything: there is nothing to go back to.
            if isinstance(error, IntegrityError) or not isinstance(error, StorageError):
                within.rollback()
            raise
        within.commit()

    def note_rules(self, rules: Iterable[str], since: date) -> None:
        """Remember the first day of each rule that was never seen before."""
        known = set(self._connection.scalars(select(rule_start.c.rule)))
        new = [{"rule": rule, "since": since} for rule in rules if rule not in known]
        if new:
            self._connection.execute(rule_start.insert(), new)

    def record(
        self, decisions: Sequence[Decision], at: datetime, *, held: tuple[Brake, str] | None = None
    ) -> int:
        """Enter notices that shall be sent; returns how many are new or wanted again.

        With ``held`` they are held at once, by this brake and for this reason.

        A key that is already there is left alone, except that a withdrawn one is reinstated. After a
        restoration, what may have been sent before it is held at once, whatever else would hold it.
        """
        first = self._next_id()
        new = self._insert(decisions, State.QUEUED, at)
        again = self._reinstate(decisions, at) if new < len(decisions) else []
        if new or again:
            entered = or_(entry.c.id >= first, entry.c.id.in_(again))
            hold_in_doubt(self._connection, entered, at)
            if held is not None:
                hold_where(self._connection, entered, *held, at)
        return new + len(again)

    def _next_id(self) -> int:
        return (self._connection.scalar(select(func.max(entry.c.id))) or 0) + 1

    def hold(self, entries: Sequence[tuple[int, State]], brake: Brake, reason: str, at: datetime) -> None:
        """Let a brake hold entries."""
        self.apply(entries, Event.HOLD, reason, at, values={"held_by": brake})

    def believe_source(self, reason: str, at: datetime, *, author: str) -> None:
        """Take the case source as it is for a good one, because a person says so."""
        believe(self._connection, reason, at, author)

    def rotate_secret(self, reason: str, at: datetime, *, author: str) -> None:
        """Make the installation's secret anew; what was sent keeps its names."""
        rotate_secret(self._connection, reason, at, author=author)

    def keep_standing(self, standing: SourceStanding, at: datetime) -> None:
        """Write how the case source stands."""
        keep_standing(self._connection, standing, at)

    def record_missed(self, decisions: Sequence[Decision], at: datetime) -> int:
        """Enter notices whose time passed while nobody was looking: lapsed from the start."""
        return self._insert(decisions, State.LAPSED, at)

    def _insert(self, decisions: Sequence[Decision], state: State, at: datetime) -> int:
        if not decisions:
            return 0
        first = self._next_id()
        rows = [_row(decision.notice, decision.reason, state, at) for decision in decisions]
        # Only a key that is there already may be passed over; any other refusal must be heard.
        self._connection.execute(insert(entry).on_conflict_do_nothing(index_elements=["key"]), rows)
        new = self._connection.execute(
            select(entry.c.id, entry.c.state, entry.c.reason).where(entry.c.id >= first)
        ).all()
        journal.write(
            self._connection,
            [
                journal.Line(at=at, entry_id=row.id, event="record", to_state=row.state, reason=row.reason)
                for row in new
            ],
        )
        return len(new)

    def _reinstate(self, decisions: Sequence[Decision], at: datetime) -> list[int]:
        """Queue what was withdrawn and is wanted again, as it is wanted today; returns which that is.

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
        return [row.id for row in again]

    def apply(
        self,
        entries: Sequence[tuple[int, State]],
        event: Event,
        reason: str,
        at: datetime,
        *,
        actor: str = journal.SERVICE,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Take one step of the lifecycle with each entry, or raise; see ``steps.take_step``."""
        take_step(self._connection, entries, event, reason, at, actor=actor, values=values)

    def note(self, entry_id: int, event: str, reason: str, at: datetime) -> None:
        """Write a line about an entry whose state does not change."""
        journal.write(self._connection, [journal.Line(at=at, entry_id=entry_id, event=event, reason=reason)])

    def retract(self, retractions: Iterable[Retraction], states: Mapping[int, State], at: datetime) -> None:
        """Withdraw or lapse open entries, each with its own reason."""
        for retraction in retractions:
            event = Event.LAPSE if retraction.lapse else Event.WITHDRAW
            self.apply([(retraction.entry_id, states[retraction.entry_id])], event, retraction.reason, at)

    def past_of(self, name: CalendarName) -> Past:
        """Return what was published before about one occasion to one recipient in one mailbox."""
        return past_of(self._connection, name)

    def readdress(self, entry_id: int, recipient: Recipient) -> None:
        """Send an entry where its role holder's mail goes today; raises LedgerError once it is frozen."""
        frozen = select(message.c.entry_id).where(message.c.entry_id == entry_id).exists()
        values = {"recipient_mail": recipient.mail or "", "deputy_for": recipient.deputy_for}
        moved = self._connection.execute(update(entry).where(entry.c.id == entry_id, ~frozen).values(values))
        if moved.rowcount != 1:
            raise LedgerError(f"entry {entry_id} is not there or is frozen, and goes where its bytes say")

    def leave_behind(self, entry_id: int, recipient: Recipient, reason: str, at: datetime) -> None:
        """Let go of bytes that somebody may have, for another mailbox or text; raises LedgerError in hand.

        A mailbox that is no longer the reader's may be somebody else's: it gets nothing more than a CANCEL.
        """
        in_hand = select(attempt.c.id).where(attempt.c.entry_id == entry_id, attempt.c.finished_at.is_(None))
        leave(self._connection, entry_id)
        gone = self._connection.execute(
            delete(message).where(message.c.entry_id == entry_id, ~in_hand.exists())
        )
        if gone.rowcount != 1:
            raise LedgerError(f"entry {entry_id} has no bytes, or they are in hand")
        self.note(entry_id, "written_anew", reason, at)
        self.readdress(entry_id, recipient)

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
        calendar: CalendarPart | None = None,
        mailbox: str | None = None,
        reticence: int | None = None,
    ) -> None:
        """Store the bytes of a message once and for all, and the calendar part they carry.

        ``mailbox`` is the one that they name, ``reticence`` how little they say (``domain.notices``). Raises
        LedgerError where the entry has bytes already, or the Message-ID or UID is another's.
        """
        values: dict[str, object] = {
            "entry_id": entry_id,
            "message_id": message_id,
            "raw": raw,
            "digest": digest,
            "wording_version": wording_version,
            "composed_at": composed_at,
            "mailbox": mailbox,
            "reticence": reticence,
        }
        try:
            if calendar is not None:
                values["calendar_entry_id"] = keep_part(self._connection, calendar)
                values["calendar_sequence"] = calendar.revision.sequence
                values["calendar_method"] = calendar.revision.method
                values["calendar_content"] = calendar.content
            self._connection.execute(_MESSAGE, values)
        except IntegrityError as error:
            raise LedgerError(_NOT_FROZEN.format(entry_id)) from error

    def claim(self, entry_ids: Sequence[int], at: datetime) -> list[Claim]:
        """Take entries into hand: state ``sending`` and an attempt each, before any socket opens."""
        return attempts.claim(self._connection, entry_ids, at)

    def enter_phase(self, attempt_id: int, phase: Phase) -> None:
        """Write how far an attempt has come, before it goes there; raises StaleEntryError if it is over."""
        attempts.enter_phase(self._connection, attempt_id, phase)

    def settle(
        self, claim: Claim, outcome: Outcome, at: datetime, protection: Protection | None = None
    ) -> State:
        """Write what became of an attempt and where its entry now is; returns the new state."""
        return attempts.settle(self._connection, claim, outcome, at, protection)

    def put_back(self, claims: Iterable[Claim], at: datetime) -> None:
        """Return entries in hand that were never spoken about; it costs no attempt."""
        attempts.put_back(self._connection, claims, at)

    def recover(self, at: datetime) -> tuple[int, int]:
        """Settle what a crash left in hand; returns (certainly not sent, unknown)."""
        return attempts.recover(self._connection, at)

    def silence(
        self, kind: SilenceKind, target: str, until: date, *, reason: str, author: str, at: datetime
    ) -> int:
        """Begin a silence that a person asks for; returns its id."""
        return begin_silence(self._connection, kind, target, until, reason=reason, author=author, at=at)

    def end_silence(self, silence_id: int, *, author: str, at: datetime) -> None:
        """End a silence before its day; raises LedgerError where none with this id is in force."""
        end_silence(self._connection, silence_id, author=author, at=at)

    def purge(
        self,
        retention: Retention,
        at: datetime,
        *,
        sagsnr: str | None = None,
        actor: str = journal.SERVICE,
        dry_run: bool = False,
    ) -> Purged:
        """Purge what has been kept long enough, or say how much it would be."""
        return purge(self._connection, retention, at, sagsnr=sagsnr, actor=actor, dry_run=dry_run)

    def take_reply(self, reply: Reply, at: datetime) -> Verdict:
        """Note an answer that fits the invitation as it was last sent; returns what became of it."""
        return take_reply(self._connection, reply, at)

    def take_returned(self, returned: Returned, at: datetime) -> Verdict:
        """Note that the address of a mail of ours fails; returns what became of the report."""
        return take_returned(self._connection, returned, at)

    def clear_address(self, mail: str, *, reason: str, author: str, at: datetime) -> int:
        """Note that an address works again; returns how many faults that ends."""
        return clear_address(self._connection, mail, reason=reason, author=author, at=at)

    def finished_run(self, at: datetime, *, upkeep_decided: bool = True) -> None:
        """Remember when the case source was last reconciled.

        ``upkeep_decided`` tells whether all that calendars should be told was decided about in this run.
        """
        self._connection.execute(update(installation).values(previous_run=at))
        end_doubt(self._connection, at, upkeep_decided=upkeep_decided)


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
