"""From a due entry to frozen bytes: made of what the case source says now, until somebody may have them.

One notice that cannot be composed is held and said, and keeps what it had; the others go on. Where only
its calendar part is at fault, the text goes without it, and that is said.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog

from reminderd.compose.composer import Composer
from reminderd.compose.identity import uid_for
from reminderd.compose.invite import CalendarRevision
from reminderd.domain.calendar_notices import in_turn
from reminderd.domain.invitations import Content, as_text, ends
from reminderd.domain.lifecycle import Event, State
from reminderd.domain.notices import Notice, reticence
from reminderd.domain.reconcile import Today
from reminderd.domain.revisions import SEQUENCES_SKIPPED, CalendarName, CalendarPart, next_revision
from reminderd.ledger import DueEntry, GroupCommit, StorageError
from reminderd.pipeline.needs import Writing
from reminderd.pipeline.report import Report

log = structlog.get_logger("reminderd.pipeline")

_COMPOSE_BATCH = 50
_ELSEWHERE = "written anew for another mailbox; a copy may have reached the one before"
_AFTER_A_TRIAL = "written anew after a trial; a copy may have reached its mailbox"
_PROTECTED = "written anew, because less may be said now; a copy that says more may have arrived"


class Freezer:
    """Composes what is due and freezes it; ``secret`` and ``domain`` are those of the installation."""

    def __init__(
        self, composer: Composer, writer: GroupCommit[Writing], *, secret: bytes, domain: str
    ) -> None:
        self._composer = composer
        self._writer = writer
        self._secret = secret
        self._domain = domain

    async def freeze(
        self, due: Sequence[DueEntry], today: Today, data_pr: datetime, now: datetime, report: Report
    ) -> list[DueEntry]:
        """Freeze the bytes of every due entry that nobody may have; returns those that have bytes.

        They come in the order in which they should be heard (``calendar_notices.in_turn``).
        """
        notices = {str(decision.notice.key): decision.notice for decision in today.decisions}
        ready: list[DueEntry] = []
        fresh: list[tuple[DueEntry, Notice]] = []
        for entry in due:
            notice = notices.get(entry.key)
            if notice is None:
                continue
            if entry.begun and entry.composed and self._untrue(entry, notice) is None:
                ready.append(entry)
            else:
                fresh.append((entry, notice))
        for start in range(0, len(fresh), _COMPOSE_BATCH):
            batch = fresh[start : start + _COMPOSE_BATCH]
            ready += await self._writer.write(partial(self._freeze, batch, data_pr, now, report))
        turns = in_turn([notices[entry.key] for entry in due if entry.key in notices])
        order = {str(notice.key): position for position, notice in enumerate(turns)}
        return sorted(ready, key=lambda entry: order[entry.key])

    async def freeze_in_doubt(
        self, doubted: Sequence[DueEntry], today: Today, data_pr: datetime, now: datetime, report: Report
    ) -> None:
        """Freeze what a restoration holds, under the Message-ID that it went out with if it did.

        So a person finds it in the relay's log; and once she says that it was sent, what stands in calendars
        is known, to be changed and cancelled. What she lets go is composed anew.
        """
        notices = {str(decision.notice.key): decision.notice for decision in today.decisions}
        fresh = [(entry, notices[entry.key]) for entry in doubted if entry.key in notices]
        for start in range(0, len(fresh), _COMPOSE_BATCH):
            batch = fresh[start : start + _COMPOSE_BATCH]
            await self._writer.write(partial(self._freeze, batch, data_pr, now, report))

    def _freeze(
        self,
        batch: Sequence[tuple[DueEntry, Notice]],
        data_pr: datetime,
        now: datetime,
        report: Report,
        tx: Writing,
    ) -> list[DueEntry]:
        frozen = []
        for entry, notice in batch:
            try:
                with tx.apart():
                    self._freeze_one(entry, notice, data_pr, now, report, tx)
            except StorageError:
                raise  # the disk's trouble is no notice's: nothing is held for it, and the run ends with it
            except Exception as error:  # noqa: BLE001 - the one broad catch: this notice waits, the others go
                reason = f"compose: {type(error).__name__}: {getattr(error, 'what', 'see the log')}"
                where = getattr(error, "where", "")
                log.error("notice_held", key=entry.key, reason=reason, where=where)  # noqa: TRY400
                if entry.state is not State.HELD:
                    tx.apply([(entry.entry_id, entry.state)], Event.HOLD, reason, now)
                    report.outcomes["held"] += 1
            else:
                mail, says = notice.recipient.mail or "", reticence(notice)
                frozen.append(replace(entry, recipient_mail=mail, reticence=says))
        return frozen

    def _freeze_one(
        self, entry: DueEntry, notice: Notice, data_pr: datetime, now: datetime, report: Report, tx: Writing
    ) -> None:
        if entry.begun and entry.composed:
            why = self._untrue(entry, notice)
            if why is None:
                return
            tx.leave_behind(entry.entry_id, notice.recipient, why, now)
        else:
            if entry.composed:
                tx.unfreeze(entry.entry_id)
            if entry.recipient_mail != (notice.recipient.mail or ""):
                # A leave began, or ended, since it was recorded: who reads it is decided on the sending day.
                tx.readdress(entry.entry_id, notice.recipient)
        part = self._calendar_part(notice, now, tx)
        shown = None
        if part is not None:
            revision = part.revision
            skipped = SEQUENCES_SKIPPED if entry.state is State.HELD else 0
            shown = CalendarRevision(
                part.uid,
                max(revision.sequence - skipped, 0),
                revision.dtstamp,
                revision.method,
                part.organizer,
            )
        composed = self._composer.compose(
            notice,
            composed_at=now,
            revision=shown,
            data_pr=data_pr,
            left_behind=entry.attempts if entry.begun else 0,
            too_big=entry.too_big,
        )
        if composed.calendar_fault is not None:
            # The text is the promise and goes; the calendar entry stays as it was told until this is mended.
            part = None
            log.error("calendar_left_out", key=entry.key, reason=composed.calendar_fault)
            tx.note(entry.entry_id, "calendar_left_out", composed.calendar_fault, now)
            report.without_calendar += 1
        if composed.replaced is not None:
            part = part if composed.has_calendar else None
            log.error("mail_replaced", key=entry.key, rule=notice.key.rule, found=composed.replaced)
            tx.note(entry.entry_id, "replaced", f"the safe wording goes out: {composed.replaced}", now)
            report.replaced += 1
        tx.freeze(
            entry.entry_id,
            message_id=composed.message_id,
            raw=composed.raw,
            digest=composed.digest,
            wording_version=composed.wording_version,
            composed_at=now,
            calendar=part,
            mailbox=self._composer.mailbox_of(notice),
            reticence=reticence(notice),
        )

    def _untrue(self, entry: DueEntry, notice: Notice) -> str | None:
        """Say why bytes that somebody may have must not be offered again, or None.

        Else they are the only ones that a mailbox will ever get. But none gets what is another's, and no
        copy says more of a citizen than may be said today: then the notice becomes another message.
        """
        if entry.recipient_mail != (notice.recipient.mail or ""):
            return _ELSEWHERE
        if entry.written_to not in (None, entry.recipient_mail, self._composer.mailbox_of(notice)):
            return _AFTER_A_TRIAL
        if entry.reticence is not None and entry.reticence < reticence(notice):
            return _PROTECTED
        return None

    def _calendar_part(self, notice: Notice, now: datetime, tx: Writing) -> CalendarPart | None:
        """Return what a notice does to its reader's calendar, with the revision that follows the last one."""
        occasion, shown = notice.occasion, self._composer.calendar_shown(notice)
        if occasion is None or shown is None:
            return None
        title, digest = shown
        holder, mailbox = notice.key.recipient, notice.recipient.mail or ""
        name = CalendarName(occasion.kind, occasion.subject, holder, mailbox)
        past = tx.past_of(name)
        revision = next_revision(past, digest, now, notice.method)
        uid, organizer = past.uid, past.organizer or self._composer.sender
        if uid is None or past.last is None or past.last.generation != revision.generation:
            organizer = self._composer.sender
            uid = uid_for(
                self._secret,
                kind=occasion.kind,
                subject=occasion.subject,
                recipient_holder=holder,
                generation=revision.generation,
                domain=self._domain,
            )
        content = as_text(Content(occasion, title, notice.recipient.through))
        return CalendarPart(
            name=name,
            uid=uid,
            organizer=organizer,
            revision=revision,
            content=content,
            ends=ends(occasion),
        )
