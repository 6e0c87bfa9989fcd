"""The steps that one of the memory ledger's transactions can take.

Says the same as ``reminderd.ledger.transaction``, in dictionaries: every change of state goes through
the lifecycle table and leaves a journal row. Knows no file, no lock and no SQL.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from reminderd.domain.brakes import Brake, SourceStanding
from reminderd.domain.lifecycle import CLAIMABLE, MAX_COPIES, Event, State, event_of, follow, rest_of
from reminderd.domain.notices import Decision, Recipient
from reminderd.domain.outcomes import Deferred, Failed, Outcome, Phase, Protection, Refused, Sent, Unknown
from reminderd.domain.reconcile import Retraction
from reminderd.domain.refusals import is_the_readers
from reminderd.domain.revisions import CalendarName, CalendarPart, Past
from reminderd.domain.silences import Silence, SilenceKind
from reminderd.domain.workdays import civil_day
from reminderd.errors import LedgerError
from reminderd.ledger import AttemptRow, Claim, JournalRow, Purged, Retention, StaleEntryError
from reminderd.testing.memory_calendar import may_have_arrived, past_of, waits_its_turn
from reminderd.testing.memory_rows import Entry, Frozen, Generation, Left, Rows, occasion_of, text_begun

_SERVICE = "reminderd"


class MemoryTransaction:
    """Stands in for :class:`reminderd.ledger.Transaction`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Undo what a block has done, and nothing else, where it raises."""
        before = self._rows.copy()
        try:
            yield
        except Exception:
            self._rows.become(before)
            raise

    def note_rules(self, rules: Iterable[str], since: date) -> None:
        """Remember the first day of each rule that was never seen before."""
        for rule in rules:
            self._rows.rules.setdefault(rule, since)

    def record(
        self, decisions: Sequence[Decision], at: datetime, *, held: tuple[Brake, str] | None = None
    ) -> int:
        """Enter notices that shall be sent; returns how many are new or wanted again."""
        new = self._insert(decisions, State.QUEUED, at)
        again = 0
        for decision in decisions:
            entry_id = self._rows.ids[str(decision.notice.key)]
            if self._rows.entries[entry_id].state is State.WITHDRAWN:
                self._reinstate(entry_id, decision, at)
                again += 1
        if held is not None:
            ids = [self._rows.ids[str(decision.notice.key)] for decision in decisions]
            fresh = [(one, State.QUEUED) for one in ids if self._rows.entries[one].updated_at == at]
            self.hold(fresh, *held, at)
        return new + again

    def hold(self, entries: Sequence[tuple[int, State]], brake: Brake, reason: str, at: datetime) -> None:
        """Let a brake hold entries."""
        self._step(entries, Event.HOLD, reason, at, changes={"held_by": brake})

    def keep_standing(self, standing: SourceStanding, at: datetime) -> None:  # noqa: ARG002 - no journal of it
        """Write how the case source stands."""
        self._rows.standing = standing

    def record_missed(self, decisions: Sequence[Decision], at: datetime) -> int:
        """Enter notices whose time passed while nobody was looking: lapsed from the start."""
        return self._insert(decisions, State.LAPSED, at)

    def _insert(self, decisions: Sequence[Decision], state: State, at: datetime) -> int:
        rows, before = self._rows, len(self._rows.entries)
        for decision in decisions:
            key = str(decision.notice.key)
            if key in rows.ids:
                continue
            entry_id = rows.ids[key] = len(rows.entries) + 1
            rows.entries[entry_id] = Entry(
                entry_id=entry_id, notice=decision.notice, state=state, reason=decision.reason, updated_at=at
            )
            self._note(entry_id, JournalRow(at, _SERVICE, "record", None, state, decision.reason))
        return len(rows.entries) - before

    def _reinstate(self, entry_id: int, decision: Decision, at: datetime) -> None:
        notice = decision.notice
        if text_begun(self._rows, entry_id):
            notice = replace(notice, recipient=self._rows.entries[entry_id].notice.recipient)
        else:
            self._rows.messages.pop(entry_id, None)
        changes = {"notice": notice, "next_attempt_at": None}
        self._step([(entry_id, State.WITHDRAWN)], Event.REINSTATE, decision.reason, at, changes=changes)

    def apply(
        self,
        entries: Sequence[tuple[int, State]],
        event: Event,
        reason: str,
        at: datetime,
        *,
        actor: str = _SERVICE,
    ) -> None:
        """Move entries along the lifecycle table, each from the state it is believed to be in."""
        self._step(entries, event, reason, at, actor=actor)

    def _step(
        self,
        entries: Sequence[tuple[int, State]],
        event: Event,
        reason: str,
        at: datetime,
        *,
        actor: str = _SERVICE,
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        if event is Event.HOLD:
            changes = {"held_by": None, **(changes or {})}
        for entry_id, state in entries:
            target = follow(state, event)
            if target is None:
                raise LedgerError(f"an entry in state {state} knows no event {event}")
            found = self._rows.entries.get(entry_id)
            if found is None or found.state is not state:
                raise StaleEntryError(f"entry {entry_id} was no longer {state}")
            self._rows.entries[entry_id] = replace(
                found, state=target, reason=reason, updated_at=at, **(changes or {})
            )
            self._note(entry_id, JournalRow(at, actor, event, state, target, reason))

    def note(self, entry_id: int, event: str, reason: str, at: datetime) -> None:
        """Write a line about an entry whose state does not change."""
        self._note(entry_id, JournalRow(at, _SERVICE, event, None, None, reason))

    def retract(self, retractions: Iterable[Retraction], states: Mapping[int, State], at: datetime) -> None:
        """Withdraw or lapse open entries, each with its own reason."""
        for retraction in retractions:
            event = Event.LAPSE if retraction.lapse else Event.WITHDRAW
            self._step([(retraction.entry_id, states[retraction.entry_id])], event, retraction.reason, at)

    def past_of(self, name: CalendarName) -> Past:
        """Return what was published before about one occasion to one recipient in one mailbox."""
        return past_of(self._rows, name)

    def readdress(self, entry_id: int, recipient: Recipient) -> None:
        """Send an entry where its role holder's mail goes today; raises LedgerError once it is frozen."""
        found = self._rows.entries.get(entry_id)
        if found is None or entry_id in self._rows.messages:
            raise LedgerError(f"entry {entry_id} is not there or is frozen, and goes where its bytes say")
        self._rows.entries[entry_id] = replace(found, notice=replace(found.notice, recipient=recipient))

    def leave_behind(self, entry_id: int, recipient: Recipient, reason: str, at: datetime) -> None:
        """Let go of bytes that somebody may have, for another mailbox or text; raises LedgerError in hand."""
        attempts = self._rows.attempts.get(entry_id, ())
        in_hand = any(attempt.finished_at is None for attempt in attempts)
        heard = entry_id in self._rows.messages and may_have_arrived(self._rows, entry_id)
        frozen = None if in_hand else self._rows.messages.pop(entry_id, None)
        if frozen is not None and frozen.calendar is not None and heard:
            mailbox = self._rows.entries[entry_id].notice.recipient.mail or ""
            left = Left(frozen, mailbox, len(attempts))
            self._rows.left[entry_id] = (*self._rows.left.get(entry_id, ()), left)
        if frozen is None:
            raise LedgerError(f"entry {entry_id} has no bytes, or they are in hand")
        self.note(entry_id, "written_anew", reason, at)
        self.readdress(entry_id, recipient)

    def unfreeze(self, entry_id: int) -> None:
        """Forget bytes that no relay ever heard; raises LedgerError if one may have, or is hearing them."""
        in_hand = any(attempt.finished_at is None for attempt in self._rows.attempts.get(entry_id, ()))
        if in_hand or text_begun(self._rows, entry_id) or self._rows.messages.pop(entry_id, None) is None:
            raise LedgerError(f"entry {entry_id} has no bytes, or they were once begun and stay as they are")

    def freeze(
        self,
        entry_id: int,
        *,
        message_id: str,
        raw: bytes,
        digest: str,  # noqa: ARG002 - the real ledger keeps it for when the bytes are purged
        wording_version: str,  # noqa: ARG002 - as above
        composed_at: datetime,  # noqa: ARG002 - as above
        calendar: CalendarPart | None = None,
        mailbox: str | None = None,
        reticence: int | None = None,
    ) -> None:
        """Store the bytes of a message once and for all, and the calendar part they carry."""
        rows = self._rows
        known = {frozen.message_id for frozen in rows.messages.values()}
        refused = entry_id not in rows.entries or entry_id in rows.messages or message_id in known
        uid = None
        if calendar is not None:
            revision = calendar.revision
            generations = rows.calendar.setdefault(occasion_of(calendar.name), {})
            taken = {kept.uid for other in rows.calendar.values() for kept in other.values()}
            refused = refused or (revision.generation not in generations and calendar.uid in taken)
            mailbox = calendar.name.mailbox.lower()
            new = Generation(calendar.uid, mailbox, calendar.organizer, revision, calendar.ends)
            kept = generations.get(revision.generation, new)
            uid = kept.uid
            generations[revision.generation] = replace(
                kept, revision=revision, ends=max(kept.ends, calendar.ends)
            )
        if refused:
            raise LedgerError(
                f"entry {entry_id} is not there or is frozen already, or its Message-ID or UID is another's"
            )
        rows.messages[entry_id] = Frozen(message_id, raw, uid, calendar, mailbox, reticence)

    def claim(self, entry_ids: Sequence[int], at: datetime) -> list[Claim]:
        """Take entries into hand: state ``sending`` and an attempt each, before any socket opens.

        What waits its turn behind an older revision of the same calendar entry is passed over, and what is
        no longer useful.
        """
        rows, claims = self._rows, []
        waiting = {entry_id for entry_id in entry_ids if waits_its_turn(rows, entry_id)}
        for entry_id in entry_ids:
            found, frozen = rows.entries.get(entry_id), rows.messages.get(entry_id)
            if found is None or frozen is None or found.state not in CLAIMABLE or entry_id in waiting:
                continue
            if found.notice.expires_at <= at:
                continue
            made = {"attempts": found.attempts + 1}
            self._step([(entry_id, found.state)], Event.CLAIM, "in hand", at, changes=made)
            before = rows.attempts.get(entry_id, ())
            attempt_id = len(rows.attempt_ids) + 1
            rows.attempt_ids[attempt_id] = (entry_id, len(before) + 1)
            begun = AttemptRow(len(before) + 1, at, "connect", None, None, None, None)
            rows.attempts[entry_id] = (*before, begun)
            claims.append(
                Claim(
                    entry_id=entry_id,
                    attempt_id=attempt_id,
                    number=found.attempts + 1,
                    key=str(found.notice.key),
                    rule=found.notice.key.rule,
                    recipient_mail=found.notice.recipient.mail or "",
                    message_id=frozen.message_id,
                    raw=frozen.raw,
                    on_unknown=found.notice.on_unknown,
                )
            )
        return claims

    def enter_phase(self, attempt_id: int, phase: Phase) -> None:
        """Write how far an attempt has come, before it goes there."""
        self._change_attempt(attempt_id, phase=phase)

    def settle(
        self, claim: Claim, outcome: Outcome, at: datetime, protection: Protection | None = None
    ) -> State:
        """Write what became of an attempt and where its entry now is; returns the new state."""
        if isinstance(outcome, Refused) and self._refused_alone(claim):
            outcome = Failed(outcome.reason, outcome.code)
        code, words = _words(outcome)
        self._finish(claim.attempt_id, type(outcome).__name__.lower(), code, words, at)
        if protection is not None:
            entry_id, number = self._rows.attempt_ids[claim.attempt_id]
            attempts = list(self._rows.attempts[entry_id])
            line = {f"tls_{name}": value for name, value in asdict(protection).items()}
            attempts[number - 1] = replace(attempts[number - 1], **line)
            self._rows.attempts[entry_id] = tuple(attempts)
        rest = None
        if isinstance(outcome, Deferred | Refused | Unknown):
            rest = at + rest_of(claim.message_id, claim.number)
        self._step(
            [(claim.entry_id, State.SENDING)], event_of(outcome), words, at, changes={"next_attempt_at": rest}
        )
        if isinstance(outcome, Unknown):
            self._maybe_hold(claim.entry_id, at)
        return self._rows.entries[claim.entry_id].state

    def put_back(self, claims: Iterable[Claim], at: datetime) -> None:
        """Return entries in hand that were never spoken about; it costs no attempt."""
        for claim in claims:
            self._stopped(claim.entry_id, claim.attempt_id, "stopped before the message was begun", at)

    def purge(self, retention: Retention, at: datetime) -> Purged:  # noqa: ARG002 - it never outlives a test
        """Memory keeps everything."""
        return Purged(0, 0, 0)

    def recover(self, at: datetime) -> tuple[int, int]:
        """Settle what a crash left in hand; returns (certainly not sent, unknown)."""
        unsent = unknown = 0
        for attempt_id, (entry_id, number) in self._rows.attempt_ids.items():
            attempt = self._rows.attempts[entry_id][number - 1]
            if attempt.finished_at is not None:
                continue
            if attempt.phase == "data":
                words = "the process ended while the relay was taking the message"
                self._finish(attempt_id, "unknown", None, words, at)
                resting = {"next_attempt_at": None}
                self._step([(entry_id, State.SENDING)], Event.ORPHANED, words, at, changes=resting)
                self._maybe_hold(entry_id, at)
                unknown += 1
            else:
                words = "the process ended before the message was begun"
                self._stopped(entry_id, attempt_id, words, at)
                unsent += 1
        return unsent, unknown

    def silence(
        self, kind: SilenceKind, target: str, until: date, *, reason: str, author: str, at: datetime
    ) -> int:
        """Begin a silence that a person asks for; returns its id."""
        number = len(self._rows.silences) + 1
        self._rows.silences[number] = Silence(
            silence_id=number,
            kind=kind,
            target=target,
            until=until,
            author=author,
            reason=reason,
            created_at=at,
        )
        return number

    def end_silence(self, silence_id: int, *, author: str, at: datetime) -> None:
        """End a silence before its day; raises LedgerError where none with this id is in force."""
        found = self._rows.silences.get(silence_id)
        if found is None or found.ended_at is not None or found.until < civil_day(at):
            raise LedgerError(f"there is no silence {silence_id} in force")
        self._rows.silences[silence_id] = replace(found, ended_at=at, ended_by=author)

    def finished_run(self, at: datetime, *, upkeep_decided: bool = True) -> None:  # noqa: ARG002 - no copies
        """Remember when the case source was last reconciled."""
        self._rows.previous_run = at

    def _stopped(self, entry_id: int, attempt_id: int, words: str, at: datetime) -> None:
        self._finish(attempt_id, "stopped", None, words, at)
        changes = {"attempts": self._rows.entries[entry_id].attempts - 1, "next_attempt_at": None}
        self._step([(entry_id, State.SENDING)], Event.STOPPED, words, at, changes=changes)

    def _maybe_hold(self, entry_id: int, at: datetime) -> None:
        copies = sum(attempt.outcome == "unknown" for attempt in self._rows.attempts[entry_id])
        if self._rows.entries[entry_id].notice.on_unknown == "hold" or copies >= MAX_COPIES:
            words = "may have been delivered: a person decides"
            self._step([(entry_id, State.UNKNOWN)], Event.HOLD, words, at)

    def _refused_alone(self, claim: Claim) -> bool:
        made = {
            attempt_id: (entry_id, self._rows.attempts[entry_id][number - 1].outcome)
            for attempt_id, (entry_id, number) in self._rows.attempt_ids.items()
        }
        mine = [one for one, made_of in made.items() if made_of == (claim.entry_id, "refused")]
        taken = [one for one, (_, outcome) in made.items() if outcome == "sent" and mine and one > min(mine)]
        return bool(taken) and is_the_readers(sum(one > min(taken) for one in mine) + 1)

    def _finish(self, attempt_id: int, outcome: str, code: int | None, words: str, at: datetime) -> None:
        self._change_attempt(attempt_id, finished_at=at, outcome=outcome, code=code, reply=words)

    def _change_attempt(self, attempt_id: int, **changes: Any) -> None:
        entry_id, number = self._rows.attempt_ids[attempt_id]
        attempts = list(self._rows.attempts[entry_id])
        if attempts[number - 1].finished_at is not None:
            raise StaleEntryError("this attempt was no longer in hand")
        attempts[number - 1] = replace(attempts[number - 1], **changes)
        self._rows.attempts[entry_id] = tuple(attempts)

    def _note(self, entry_id: int, row: JournalRow) -> None:
        self._rows.journal[entry_id] = (*self._rows.journal.get(entry_id, ()), row)


def known_silences(rows: Rows) -> tuple[Silence, ...]:
    """Return the silences that planning must know: those that were not over at the previous run."""
    since = rows.previous_run
    return tuple(silence for silence in rows.silences.values() if since is None or silence.in_force(since))


def _words(outcome: Outcome) -> tuple[int | None, str]:
    match outcome:
        case Sent(code=code, reply=reply):
            return code, reply
        case Deferred(reason, code) | Refused(reason, code) | Failed(reason, code):
            return code, reason
        case Unknown(reason=reason):
            return None, reason
