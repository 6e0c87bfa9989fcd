"""From a notice to its mail: the one door of this room.

Puts wording, layout, calendar part and envelope together; knows when none of them and to whom none
of them: instants, revision and secret are handed in. The same arguments give the same bytes.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from reminderd.compose.calendar_lint import Meant, calendar_faults
from reminderd.compose.enclosures import files_of
from reminderd.compose.faults import CalendarError, ComposeError
from reminderd.compose.identity import message_id_for
from reminderd.compose.invite import CalendarRevision, Mailbox, calendar_part, content_digest
from reminderd.compose.message import CalendarFile, Letter, serialise
from reminderd.compose.plain import plain_text
from reminderd.compose.values import single_line
from reminderd.compose.wording import DEPUTY, FOOTER, FOOTER_YOUTH, STAFF_PARTS, YOUTH_PARTS, Wordings
from reminderd.domain.notices import Fact, Notice, Occasion


@dataclass(frozen=True, slots=True)
class Composed:
    """A finished mail: its bytes, their SHA-256 in hexadecimal, and the version of the wording used.

    ``calendar_fault`` says why the mail goes without the calendar part that was asked for.
    """

    message_id: str
    raw: bytes
    digest: str
    wording_version: str
    calendar_fault: str | None = None


class Composer:
    """Writes the mails of one installation: its wordings, its mailbox, its domain and its secret."""

    def __init__(
        self, wordings: Wordings, sender: Mailbox, domain: str, secret: bytes, *, alarm_minutes: int = 0
    ) -> None:
        self._wordings = wordings
        self._sender = Mailbox(sender.mail, single_line(sender.name))
        self._domain = domain
        self._secret = secret
        self._alarm_minutes = alarm_minutes

    def compose(
        self,
        notice: Notice,
        *,
        composed_at: datetime,
        revision: CalendarRevision | None,
        data_pr: datetime,
        left_behind: int = 0,
    ) -> Composed:
        """Return the mail; raises ComposeError for this notice, WordingError for its template.

        ``composed_at`` becomes the Date and needs a zone; ``data_pr`` is when the case data was true.
        ``left_behind`` counts the attempts at a mailbox that may have a copy and is no longer the reader's.
        Without a ``revision`` the mail has no calendar part, whatever the notice's occasion; nor has one
        whose calendar part cannot be made or does not pass the second look, and then it says so.
        """
        recipient = notice.recipient.mail
        if recipient is None:
            cure = "give the role holder or the unit a mailbox"
            raise ComposeError("there is no mailbox to send to", where=str(notice.key), cure=cure)
        fault = None
        try:
            name = f"{notice.key}|{left_behind}" if left_behind else str(notice.key)
            try:
                letter = self._letter(notice, name, recipient, composed_at, revision, data_pr)
            except CalendarError as error:
                fault = error.what
                letter = self._letter(notice, name, recipient, composed_at, None, data_pr)
            raw = serialise(letter)
        except ComposeError as error:
            raise ComposeError(error.what, where=str(notice.key), cure=error.cure) from error
        return Composed(
            letter.message_id,
            raw,
            hashlib.sha256(raw).hexdigest(),
            self._wordings.version(notice.template, YOUTH_PARTS if _to_a_citizen(notice) else STAFF_PARTS),
            fault,
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

    def _letter(
        self,
        notice: Notice,
        name: str,
        recipient: str,
        composed_at: datetime,
        revision: CalendarRevision | None,
        data_pr: datetime,
    ) -> Letter:
        youth = _to_a_citizen(notice)
        files = () if notice.figures is None else files_of(notice.figures)
        facts: dict[str, Fact] = {**notice.facts, "kalenderfil": revision is not None}
        if not youth:
            facts |= {
                "data_pr": data_pr,
                "afsender_navn": self._sender.name or self._sender.mail,
                "diagram": any(file.mime_type.startswith("image/") for file in files),
            }
        if notice.title_from is not None:
            facts["aftale"] = self._title(notice)
        wording = self._wordings.render(notice.template, facts)
        body = wording.paragraphs
        if facts.get("stedfortraeder_for") and not youth:
            body += self._wordings.part(DEPUTY, facts)
        footer = self._wordings.part(FOOTER_YOUTH if youth else FOOTER, facts)
        calendar = None
        if revision is not None:
            # Asked for again where it is missing: that raises the error which says what to write.
            title = wording.calendar_title or self._wordings.calendar_title(notice.template, facts)
            calendar = self._calendar(notice.occasion, revision, title, recipient)
        return Letter(
            sender=self._sender,
            recipient=recipient,
            subject=wording.subject,
            date=composed_at,
            message_id=message_id_for(self._secret, name, revision.sequence if revision else 0, self._domain),
            text=plain_text(body, footer),
            html=self._wordings.layout.render(wording.subject, body, footer, self._wordings.language).replace(
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


def _to_a_citizen(notice: Notice) -> bool:
    """Tell whether a young person or citizen reads this: nothing of case systems and deputies then."""
    return notice.recipient.role == "ung"
