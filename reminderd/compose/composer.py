"""From a notice to its mail: the one door of this room.

Puts wording, layout, calendar part and envelope together; knows when none of them and to whom none
of them: instants, revision and secret are handed in. The same arguments give the same bytes.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from reminderd.compose.calendar_lint import Meant, calendar_faults
from reminderd.compose.enclosures import files_of
from reminderd.compose.faults import CalendarError, ComposeError, UnsafeMailError
from reminderd.compose.filters import Language
from reminderd.compose.gate import Expected, findings
from reminderd.compose.identity import message_id_for
from reminderd.compose.invite import CalendarRevision, Mailbox, calendar_part, content_digest
from reminderd.compose.message import Attachment, CalendarFile, Letter, serialise
from reminderd.compose.plain import plain_text
from reminderd.compose.values import single_line
from reminderd.compose.wording import (
    DEPUTY,
    FOOTER,
    FOOTER_YOUTH,
    SAFE,
    SAFE_YOUTH,
    STAFF_PARTS,
    YOUTH_PARTS,
    Wordings,
)
from reminderd.compose.wordingfile import Paragraph
from reminderd.domain.notices import Fact, Notice, Occasion
from reminderd.domain.workdays import civil_day

_TOO_BIG = "the relay takes no mail as big as this"
_TRIAL: dict[Language, tuple[str, str]] = {
    "da": ("PRØVE", "PRØVE: I drift var denne mail gået til {} ({})."),
    "en": ("TRIAL", "TRIAL: In service this mail would have gone to {} ({})."),
}


@dataclass(frozen=True, slots=True)
class Composed:
    """A finished mail: its bytes, their SHA-256 in hexadecimal, and the version of the wording used.

    ``calendar_fault`` says why the mail goes without the calendar part that was asked for. ``replaced``
    says what stood in the mail that was meant, as place and kind, where the safe wording took its place.
    """

    message_id: str
    raw: bytes
    digest: str
    wording_version: str
    calendar_fault: str | None = None
    replaced: str | None = None
    has_calendar: bool = False


@dataclass(frozen=True, slots=True)
class _Order:
    """One mail to be written: a notice as of an instant, to a mailbox, and what its calendar part is to say.

    ``name`` is what its Message-ID is made of.
    """

    notice: Notice
    name: str
    recipient: str
    composed_at: datetime
    revision: CalendarRevision | None
    data_pr: datetime

    @property
    def youth(self) -> bool:
        """Tell whether a young person or citizen reads it: nothing of case systems and deputies then."""
        return self.notice.recipient.role == "ung"


class Composer:
    """Writes the mails of one installation: its wordings, its mailbox, its domain and its secret.

    ``link`` is the case system's address, ``case_numbers`` how case numbers are written where they
    could be taken for personal numbers. ``redirect_to`` is a mailbox that gets every mail instead of
    its recipient, for trials; each then says whom it was for. ``answers_read`` says that answers to
    invitations are looked at.
    """

    def __init__(
        self,
        wordings: Wordings,
        sender: Mailbox,
        domain: str,
        secret: bytes,
        *,
        alarm_minutes: int = 0,
        link: str | None = None,
        case_numbers: re.Pattern[str] | None = None,
        redirect_to: str | None = None,
        answers_read: bool = False,
    ) -> None:
        self._answers_read = answers_read
        self._redirect_to = redirect_to
        self._wordings = wordings
        self._sender = Mailbox(sender.mail, single_line(sender.name))
        self._domain = domain
        self._secret = secret
        self._alarm_minutes = alarm_minutes
        self._link = link
        self._case_numbers = case_numbers

    @property
    def sender(self) -> str:
        """The mailbox that mails come from, and that invites."""
        return self._sender.mail

    def mailbox_of(self, notice: Notice) -> str | None:
        """Return the mailbox that a notice's mail is written to, in a trial that of the trial."""
        return notice.recipient.mail and (self._redirect_to or notice.recipient.mail)

    def compose(
        self,
        notice: Notice,
        *,
        composed_at: datetime,
        revision: CalendarRevision | None,
        data_pr: datetime,
        left_behind: int = 0,
        too_big: bool = False,
    ) -> Composed:
        """Return the mail; raises ComposeError for this notice, WordingError for its template.

        ``composed_at`` becomes the Date and needs a zone; ``data_pr`` is when the case data was true.
        ``too_big`` asks for the safe wording at once: the relay takes no mail as big as the one meant.
        ``left_behind`` counts the attempts at a mailbox that may have a copy and is no longer the reader's.
        Without a ``revision`` the mail has no calendar part, whatever the notice's occasion; nor has one
        whose calendar part cannot be made or does not pass the second look, and then it says so. A mail
        that says what it must not is replaced by one that says nothing; where that one is no better
        (the sender's name, the footer), UnsafeMailError is raised.
        """
        recipient = self.mailbox_of(notice)
        if recipient is None:
            cure = "give the role holder or the unit a mailbox"
            raise ComposeError("there is no mailbox to send to", where=str(notice.key), cure=cure)
        name = f"{notice.key}|{left_behind}" if left_behind else str(notice.key)
        order = _Order(notice, name, recipient, composed_at, revision, data_pr)
        try:
            if too_big:
                return self._safe(order, _TOO_BIG)
            try:
                return self._meant(order)
            except UnsafeMailError as error:
                return self._safe(order, error.what)
        except ComposeError as error:
            raise type(error)(error.what, where=str(notice.key), cure=error.cure) from error

    def _meant(self, order: _Order) -> Composed:
        fault = None
        try:
            letter = self._letter(order)
        except CalendarError as error:
            fault = error.what
            letter = self._letter(replace(order, revision=None))
        return replace(self._composed(letter, order), calendar_fault=fault)

    def _safe(self, order: _Order, why: str) -> Composed:
        """Return the mail that says only that there is something to see; no fact of the case is in reach.

        A cancellation must arrive: it keeps its calendar part, which then says as little as the text.
        """
        facts: dict[str, Fact]
        if order.youth:
            template, facts = SAFE_YOUTH, {"kp_fornavn": None, "kp_telefon": None}
        else:
            template, facts = SAFE, self._of_the_house(order.data_pr)
        notice, revision = order.notice, order.revision
        kept = revision if revision is not None and revision.method == "CANCEL" else None
        occasion = notice.occasion and replace(notice.occasion, location=None)
        bare = replace(notice, template=template, occasion=occasion, title_from=None)
        order = replace(order, notice=bare, revision=kept)
        return replace(self._composed(self._written(order, facts), order), replaced=why)

    def _composed(self, letter: Letter, order: _Order) -> Composed:
        raw, mail = serialise(letter)
        organizer = None if order.revision is None else order.revision.organizer
        found = findings(mail, Expected(self._sender.mail, letter.recipient, self._case_numbers, organizer))
        if found:
            cure = "find it in the case, the wording, the rules or the sender's name, and take it out"
            raise UnsafeMailError("; ".join(found), cure=cure)
        parts = YOUTH_PARTS if order.youth else STAFF_PARTS
        return Composed(
            letter.message_id,
            raw,
            hashlib.sha256(raw).hexdigest(),
            self._wordings.version(order.notice.template, parts),
            has_calendar=letter.calendar is not None,
        )

    def calendar_shown(self, notice: Notice) -> tuple[str, str] | None:
        """Return the title in the reader's calendar, and what decides whether a new revision is needed.

        None without an occasion. Raises ComposeError and WordingError as :meth:`compose` does.
        """
        if notice.occasion is None:
            return None
        if notice.recipient.mail is None:
            raise ComposeError("there is no mailbox to send to", where=str(notice.key))
        title = self._title(notice)
        return title, content_digest(notice.occasion, title=title, attendee=notice.recipient.mail)

    def _title(self, notice: Notice) -> str:
        """Return the calendar title, by the wording that names the occasion."""
        return self._wordings.calendar_title(notice.title_from or notice.template, notice.facts)

    def _letter(self, order: _Order) -> Letter:
        notice, revision = order.notice, order.revision
        files = () if notice.figures is None else files_of(notice.figures)
        facts: dict[str, Fact] = {
            **notice.facts,
            "kalenderfil": revision is not None,
            "raekke_til": None if revision is None else _last_day(notice.occasion),
        }
        if not order.youth:
            picture = any(file.mime_type.startswith("image/") for file in files)
            facts |= {**self._of_the_house(order.data_pr), "diagram": picture}
            facts["beder_om_svar"] = _asks(notice.occasion, revision)
        if notice.title_from is not None:
            facts["aftale"] = self._title(notice)
        return self._written(order, facts, files)

    def _of_the_house(self, data_pr: datetime) -> dict[str, Fact]:
        return {
            "data_pr": data_pr,
            "afsender_navn": self._sender.name or self._sender.mail,
            "link": self._link,
            "beder_om_svar": False,
            "svar_laeses": self._answers_read,
        }

    def _written(
        self, order: _Order, facts: Mapping[str, Fact], files: tuple[Attachment, ...] = ()
    ) -> Letter:
        notice, revision, youth = order.notice, order.revision, order.youth
        wording = self._wordings.render(notice.template, facts)
        body = wording.paragraphs
        subject, title_mark = wording.subject, ""
        if self._redirect_to is not None:
            mark, said = _TRIAL[self._wordings.language]
            title_mark = f"{mark}: "
            subject = single_line(title_mark + subject)
            body = (Paragraph(said.format(notice.recipient.role, notice.recipient.mail)), *body)
        if facts.get("stedfortraeder_for") and not youth:
            body += self._wordings.part(DEPUTY, facts)
        footer = self._wordings.part(FOOTER_YOUTH if youth else FOOTER, facts)
        calendar = None
        if revision is not None:
            # Asked for again where it is missing: that raises the error which says what to write.
            title = wording.calendar_title or self._wordings.calendar_title(notice.template, facts)
            calendar = self._calendar(notice.occasion, revision, title_mark + title, order.recipient)
        sequence = 0 if revision is None else revision.sequence
        return Letter(
            sender=self._sender,
            recipient=order.recipient,
            subject=subject,
            date=order.composed_at,
            message_id=message_id_for(self._secret, order.name, sequence, self._domain),
            text=plain_text(body, footer),
            html=self._wordings.layout.render(subject, body, footer, self._wordings.language).replace(
                "\n", "\r\n"
            ),
            calendar=calendar,
            language=self._wordings.language,
            attachments=files,
        )

    def _calendar(
        self, occasion: Occasion | None, revision: CalendarRevision, title: str, recipient: str
    ) -> CalendarFile:
        if occasion is None:
            raise ComposeError("a calendar revision was asked for, but nothing stands in the notice for it")
        sender = self._sender
        try:
            ics = calendar_part(
                occasion,
                revision,
                title=title,
                organizer=sender,
                attendee=recipient,
                language=self._wordings.language,
                alarm_minutes=self._alarm_minutes,
            )
        except ComposeError as error:
            raise CalendarError(error.what, where=occasion.kind, cure=error.cure) from error
        meant = Meant(
            occasion=occasion,
            revision=revision,
            organizer=sender.mail,
            attendee=recipient,
            alarm_minutes=self._alarm_minutes,
        )
        if faults := calendar_faults(ics, meant):
            raise CalendarError("; ".join(faults), where=occasion.kind)
        return CalendarFile(revision.method, ics)


def _asks(occasion: Occasion | None, revision: CalendarRevision | None) -> bool:
    """Tell whether the calendar part asks its reader for a yes or no."""
    return occasion is not None and occasion.rsvp and revision is not None and revision.method == "REQUEST"


def _last_day(occasion: Occasion | None) -> date | None:
    """Return the last day of a series; None for what does not recur."""
    return None if occasion is None or occasion.recurrence is None else civil_day(occasion.recurrence.until)
