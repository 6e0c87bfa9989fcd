"""A mail with its invitation: our composer beside the ordinary stack of libraries.

The ordinary way compiles two templates a mail, lets icalendar add the time zone, and lets
EmailMessage write it. Both say the same about the same meeting.
"""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from itertools import count
from pathlib import Path

import vobject  # type: ignore[import-untyped]
from icalendar import Calendar, Event, vCalAddress
from jinja2 import Environment, Template, select_autoescape

from reminderd.compose.calendar_lint import Meant, calendar_faults
from reminderd.compose.composer import Composer
from reminderd.compose.invite import CalendarRevision, Mailbox, calendar_part
from reminderd.compose.samples import samples_for
from reminderd.compose.wording import Wordings
from reminderd.config.shipped import shipped_folder
from reminderd.domain.notices import Notice, NoticeKey, Occasion, Recipient
from reminderd.domain.workdays import at
from tests.bench.harness import Line, Seen
from tests.bench.stand import DAY, DOMAIN, NOW, SENDER, Watch

_RECIPIENT = "medarbejder@kommune.example"
_MEETING = datetime(2026, 3, 19, 10)
_FACTS = dict(samples_for("review_meeting")[0].facts)
_TEXT = """\
Opfølgningen på {{ plannavn }} i sag {{ sagsnr }} ({{ initialer }}) er aftalt til \
{{ moede_start.strftime("%d.%m.%Y kl. %H.%M") }}–{{ moede_slut.strftime("%H.%M") }}{% if sted %} på {{ sted }}{% endif %}.

{% if kalenderfil %}
Mødet ligger i den vedhæftede fil.
{% endif %}
Fristen er {{ frist.strftime("%d.%m.%Y") }}.

{% if efter_frist %}
Bemærk: mødet ligger efter fristen.
{% endif %}
--\u0020
{{ afsender_navn }}. Oplysningerne er fra {{ data_pr.strftime("%d.%m.%Y kl. %H.%M") }}.
"""  # noqa: E501 - as it would stand in a file
_HTML = Path(shipped_folder("templates") / "layout.html").read_text(encoding="utf-8")


def _notice(number: int) -> Notice:
    """Return a notice like no other: what a library remembers of one mail must not serve the next."""
    return Notice(
        key=NoticeKey(
            "review-meeting", f"forloeb:{number}", "review_meeting", DAY, "invitation", "medarbejder:7"
        ),
        template="review-meeting",
        track="reminder",
        channel="mail",
        recipient=Recipient(role="sagsbehandler", holder="medarbejder:7", mail=_RECIPIENT),
        due_day=DAY,
        send_at=NOW,
        expires_at=at(_MEETING.date(), _MEETING.time()),
        forloeb_id="42",
        sagsnr="2026-000123",
        occasion=Occasion(
            kind="review",
            subject="forloeb:42",
            starts=at(_MEETING.date(), _MEETING.time()),
            ends=at(_MEETING.date(), _MEETING.replace(hour=11).time()),
            location="Rådhuset, lokale 2",
            rsvp=True,
        ),
        facts={name: value for name, value in _FACTS.items() if name not in ("afsender_navn", "kalenderfil")},
    )


class Mail:
    """CPU milliseconds a mail."""

    name = "mail"
    lines = (
        Line(
            "a mail with its invitation",
            "ours",
            "ordinary",
            "ms CPU",
            "EmailMessage (policy SMTP), icalendar with add_missing_timezones(), Jinja2 compiled a mail",
        ),
        Line(
            "the second look at a calendar part",
            "look",
            "vobject",
            "ms CPU",
            "vobject.readOne() of the same part, with nothing compared",
        ),
    )

    def __init__(self, mails: int = 200) -> None:
        self._mails = mails

    def prepare(self) -> None:
        wordings = Wordings([shipped_folder("templates")])
        self._composer = Composer(wordings, Mailbox(SENDER, "Påmindelser"), DOMAIN, b"only for the bench")
        self._numbers = count()
        self._revision = CalendarRevision("0123456789abcdef@reminderd.kommune.example", 0, NOW)
        self._environment = Environment(autoescape=select_autoescape(default=True))
        occasion = _notice(0).occasion
        assert occasion is not None
        sender = Mailbox(SENDER, "Påmindelser")
        self._meant = Meant(occasion=occasion, revision=self._revision, organizer=SENDER, attendee=_RECIPIENT)
        self._part = calendar_part(
            occasion, self._revision, title="Møde om opfølgning", organizer=sender, attendee=_RECIPIENT
        )

    def ours(self) -> Seen:
        with Watch() as watch:
            for _ in range(self._mails):
                self.our_mail()
        with Watch() as looking:
            for _ in range(self._mails):
                self.second_look()
        return {"ours": 1000 * watch.cpu / self._mails, "look": 1000 * looking.cpu / self._mails}

    def yardstick(self) -> Seen:
        with Watch() as watch:
            for _ in range(self._mails):
                self.ordinary_mail()
        with Watch() as reading:
            for _ in range(self._mails):
                vobject.readOne(self._part.decode())
        return {"ordinary": 1000 * watch.cpu / self._mails, "vobject": 1000 * reading.cpu / self._mails}

    def clear(self) -> None:
        """Nothing was made outside this object."""

    def our_mail(self) -> bytes:
        composed = self._composer.compose(
            _notice(next(self._numbers)), composed_at=NOW, revision=self._revision, data_pr=NOW
        )
        return composed.raw

    def second_look(self) -> None:
        assert calendar_faults(self._part, self._meant) == ()

    def ordinary_mail(self) -> bytes:
        facts = {**_FACTS, "afsender_navn": "Påmindelser", "kalenderfil": True, "data_pr": NOW}
        text = Template(_TEXT).render(facts)
        page = self._environment.from_string(_HTML)
        message = EmailMessage(policy=SMTP)
        message["From"] = f"Påmindelser <{SENDER}>"
        message["To"] = _RECIPIENT
        message["Subject"] = f"Møde: opfølgning i sag {_FACTS['sagsnr']}, torsdag 19. marts kl. 10.00"
        message["Date"] = format_datetime(NOW.astimezone(UTC))
        message["Message-ID"] = f"<bench@{DOMAIN}>"
        message.set_content(text)
        message.add_alternative(page.render(subject="Møde", body=text, footer="Påmindelser"), subtype="html")
        message.add_alternative(
            _ordinary_calendar(), maintype="text", subtype="calendar", params={"method": "REQUEST"}
        )
        return message.as_bytes()


def _ordinary_calendar() -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//ordinary//DA")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    event = Event()
    event.add("uid", f"bench@{DOMAIN}")
    event.add("sequence", 0)
    event.add("dtstamp", NOW.astimezone(UTC))
    event.add("dtstart", at(_MEETING.date(), _MEETING.time()))
    event.add("dtend", at(_MEETING.date(), _MEETING.replace(hour=11).time()))
    event.add("summary", "Møde om opfølgning")
    event.add("location", "Rådhuset, lokale 2")
    event.add("organizer", vCalAddress(f"mailto:{SENDER}"))
    event.add("attendee", vCalAddress(f"mailto:{_RECIPIENT}"))
    calendar.add_component(event)
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written
