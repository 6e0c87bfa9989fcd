"""Everything one mailbox was told, as a calendar to subscribe to (METHOD:PUBLISH).

The same entries under the same UIDs and revisions as the mails, whole, and what was cancelled still in it
as cancelled, so that a program that asks rarely misses nothing. A feed promises no hour: programs ask every
few hours at best. Bytes depend on the entries alone, so that an unchanged feed is known by its ETag.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reminderd.compose.filters import Language
from reminderd.compose.invite import DESCRIPTION, VTIMEZONE, CalendarRevision, Mailbox, event_of
from reminderd.domain.notices import Occasion

_NAME: Mapping[Language, str] = {"da": "Påmindelser", "en": "Reminders"}
# Outlook goes by the third name, others by the second; nobody asks more often than this anyway.
_EVERY = "PT6H"


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One calendar entry as its mailbox was told of it last."""

    occasion: Occasion
    title: str
    revision: CalendarRevision


def feed(entries: Iterable[FeedEntry], *, organizer: Mailbox, language: Language = "da") -> bytes:
    """Return the text/calendar stream: UTF-8, CRLF, folded at 75 octets; empty where there is no entry."""
    name = _NAME[language]
    head = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//reminderd//{language.upper()}",
        "METHOD:PUBLISH",
        f"NAME:{name}",
        f"X-WR-CALNAME:{name}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{_EVERY}",
        f"X-PUBLISHED-TTL:{_EVERY}",
        "",
    )
    events: list[bytes] = [
        event_of(one.occasion, one.revision, one.title, organizer, None, DESCRIPTION[language]).to_ical()
        for one in sorted(entries, key=lambda one: one.revision.uid)
    ]
    return "\r\n".join(head).encode() + VTIMEZONE.encode() + b"".join(events) + b"END:VCALENDAR\r\n"
