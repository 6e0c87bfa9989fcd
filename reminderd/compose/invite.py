"""The calendar part of a mail, in the form that the four great calendar programs take.

One VEVENT, one ATTENDEE, one constant VTIMEZONE where a time of day is given; a series is always whole,
never a single date of it (no RECURRENCE-ID). UID, SEQUENCE and DTSTAMP are handed in, so the same
occasion and revision give the same bytes. Tells nothing about a person or a case: no name, no case
reference, and one fixed description in each language.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from icalendar import CLASS, STATUS, TRANSP, Alarm, Event, vBoolean, vCalAddress, vRecur, vText
from icalendar.enums import CUTYPE, PARTSTAT, ROLE

from reminderd.compose.faults import ComposeError
from reminderd.compose.filters import Language
from reminderd.compose.values import single_line
from reminderd.domain.notices import Occasion
from reminderd.domain.recurrence import Recurrence
from reminderd.domain.workdays import COPENHAGEN

Method = Literal["REQUEST", "CANCEL"]
MAX_SEQUENCE = 2**31 - 1
DESCRIPTION: Mapping[Language, str] = {
    "da": "Oplysningerne står i mailen.",
    "en": "The details are in the mail.",
}
# Outlook marks its own entries by this; a foreign UID must not begin so (MS-OXCICAL 2.1.3.1.1.20.26).
_OUTLOOK_UID = "040000008200E00074C5B7101A82E008"
_CRLF = "\r\n"
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MOST_WEEKS = 52
_CLOCK_CHANGE = 2
# Two yearly rules, begun decades ago: Outlook reads a zone by its RRULEs, and others stumble over zones
# that begin in the event's own year. A test compares it with the zone database, year for year.
VTIMEZONE = _CRLF.join(
    (
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Copenhagen",
        "BEGIN:DAYLIGHT",
        "DTSTART:19810329T020000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "TZNAME:CEST",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:19961027T030000",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "TZNAME:CET",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    )
)


@dataclass(frozen=True, slots=True)
class CalendarRevision:
    """Which entry, and which revision of it: ``sequence`` counts from 0, ``dtstamp`` is an aware instant.

    Of two revisions of one ``uid`` the higher ``sequence`` holds; a ``uid`` is never used again after
    its ``CANCEL``. ``organizer`` is the mailbox that invited, where that may be another than the sender's:
    only who invited may change and cancel, and who does it in her stead says so (SENT-BY).
    """

    uid: str
    sequence: int
    dtstamp: datetime
    method: Method = "REQUEST"
    organizer: str | None = None

    def invited_by(self, sender: str) -> str:
        """Return the address that stands as organizer in what this sender sends."""
        return self.organizer if self.organizer and self.organizer.lower() != sender.lower() else sender


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address with the name that is shown for it."""

    mail: str
    name: str


def calendar_part(
    occasion: Occasion,
    revision: CalendarRevision,
    *,
    title: str,
    organizer: Mailbox,
    attendee: str,
    language: Language = "da",
    alarm_minutes: int = 0,
) -> bytes:
    """Return the text/calendar stream: UTF-8, CRLF, folded at 75 octets; raises ComposeError.

    ``attendee`` is the one recipient's address and must not be the organizer's, whose calendar
    would stay empty. What has a time of day may ring ``alarm_minutes`` before, where that is not 0.
    """
    _refuse_what_calendars_misread(occasion, revision, organizer, attendee)
    event = event_of(occasion, revision, title, organizer, attendee, DESCRIPTION[language])
    if alarm_minutes and occasion.timed and revision.method == "REQUEST":
        event.add_component(_alarm(alarm_minutes, single_line(title)))
    if event.errors:
        raise ComposeError("the calendar entry cannot be written", where=occasion.kind)
    head = _CRLF.join(
        (
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            f"PRODID:-//reminderd//{language.upper()}",
            f"METHOD:{revision.method}",
            "",
        )
    )
    zone = VTIMEZONE if occasion.timed else ""
    written: bytes = event.to_ical()
    return head.encode() + zone.encode() + written + b"END:VCALENDAR\r\n"


def content_digest(occasion: Occasion, *, title: str, attendee: str) -> str:
    """Return 32 hexadecimal digits over what a reader's calendar shows.

    An entry needs a new revision exactly when this changes. UID, SEQUENCE and DTSTAMP are left out,
    and so is the organizer, who stays the same for a living entry.
    """
    content: tuple[object, ...] = (
        _digestible(occasion.starts),
        _digestible(occasion.ends),
        single_line(title),
        single_line(occasion.location or ""),
        occasion.rsvp,
        attendee.lower(),
    )
    if occasion.recurrence is not None:
        recurrence = occasion.recurrence
        rhythm = (
            recurrence.interval,
            _digestible(recurrence.until),
            [_digestible(start) for start in recurrence.without],
        )
        content = (*content, rhythm)
    data = json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode()
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def event_of(
    occasion: Occasion,
    revision: CalendarRevision,
    title: str,
    organizer: Mailbox,
    attendee: str | None,
    description: str,
) -> Event:
    """Return the VEVENT; what is published and not sent has no attendee (RFC 5546 section 3.2.1)."""
    event = Event.new(
        uid=revision.uid,
        sequence=revision.sequence,
        stamp=revision.dtstamp.astimezone(UTC).replace(microsecond=0),
        start=_civil(occasion.starts),
        end=_civil(occasion.ends),
        summary=single_line(title),
        description=description,
        location=single_line(occasion.location) if occasion.location else None,
        status=STATUS.CANCELLED if revision.method == "CANCEL" else STATUS.CONFIRMED,
        transparency=TRANSP.OPAQUE if occasion.timed else TRANSP.TRANSPARENT,
        classification=CLASS.PRIVATE,
        organizer=_organizer(revision.invited_by(organizer.mail), organizer),
        attendees=[] if attendee is None else [_attendee(attendee, rsvp=occasion.rsvp)],
    )
    if occasion.recurrence is not None:
        _add_recurrence(event, occasion.recurrence, occasion.starts)
    event.add("x-microsoft-cdo-intendedstatus", vText("BUSY" if occasion.timed else "FREE"))
    event.add("x-microsoft-disallow-counter", vBoolean(True))
    return event


def _organizer(mail: str, sender: Mailbox) -> vCalAddress:
    # Quotation marks in a CN are written as carets, which some programs show (RFC 6868).
    name = single_line(sender.name).replace('"', "'")
    return vCalAddress.new(mail, cn=name, sent_by=None if mail == sender.mail else sender.mail)


def _attendee(mail: str, *, rsvp: bool) -> vCalAddress:
    return vCalAddress.new(
        mail,
        cutype=CUTYPE.INDIVIDUAL,
        role=ROLE.REQ_PARTICIPANT,
        partstat=PARTSTAT.NEEDS_ACTION,
        rsvp=rsvp,
    )


def _alarm(minutes: int, title: str) -> Alarm:
    # One, with a negative trigger: Outlook keeps no second one and reads no other sign.
    return Alarm.new_display(description=title, trigger=-timedelta(minutes=minutes))


def _add_recurrence(event: Event, recurrence: Recurrence, starts: date | datetime) -> None:
    event.add(
        "rrule",
        vRecur(
            freq="WEEKLY",
            interval=recurrence.interval,
            byday=_DAYS[starts.weekday()],
            wkst="MO",
            # UTC, because DTSTART has a zone (RFC 5545 section 3.3.10); the library writes what it is given.
            until=recurrence.until.astimezone(UTC),
        ),
    )
    if recurrence.without:
        event.add("exdate", [_civil(start) for start in recurrence.without])


def _refuse_what_calendars_misread(
    occasion: Occasion, revision: CalendarRevision, organizer: Mailbox, attendee: str
) -> None:
    faults = {
        "the organizer cannot be invited by mail: a reader's calendar would stay empty": (
            attendee.lower() in (organizer.mail.lower(), revision.invited_by(organizer.mail).lower())
        ),
        "SEQUENCE is no small counter": not 0 <= revision.sequence <= MAX_SEQUENCE,
        "the UID is empty, too long or not plain": not (
            revision.uid.isascii() and revision.uid.isprintable() and 0 < len(revision.uid) <= 255  # noqa: PLR2004
        ),
        "the UID begins like one of Outlook's own": revision.uid.upper().startswith(_OUTLOOK_UID),
        "DTSTAMP has no zone": revision.dtstamp.tzinfo is None,
    }
    for what, is_so in faults.items():
        if is_so:
            raise ComposeError(what, where=occasion.kind)
    starts, ends = occasion.starts, occasion.ends
    if isinstance(starts, datetime) != isinstance(ends, datetime):
        raise ComposeError("an occasion is either timed or whole days, not both", where=occasion.kind)
    for moment in (starts, ends):
        if isinstance(moment, datetime):
            _refuse_unspeakable_time(moment, occasion.kind)
    if starts >= ends:
        raise ComposeError("the occasion ends before it has begun", where=occasion.kind)
    if occasion.recurrence is not None:
        _refuse_unspeakable_recurrence(occasion, occasion.recurrence)


def _refuse_unspeakable_recurrence(occasion: Occasion, recurrence: Recurrence) -> None:
    if not isinstance(occasion.starts, datetime):
        raise ComposeError("a whole day does not recur", where=occasion.kind)
    if not 1 <= recurrence.interval <= _MOST_WEEKS:
        raise ComposeError("the interval is no number of weeks", where=occasion.kind)
    first, step = _naive(occasion.starts), timedelta(weeks=recurrence.interval)
    last = _naive(recurrence.until)
    without = [_naive(start) for start in recurrence.without]
    faults = {
        "the last time lies before the first": last < first,
        "the last time is not in the rhythm": bool((last - first) % step),
        "a date left out is not in the rhythm": any(
            not first < start < last or (start - first) % step for start in without
        ),
        # Where such an hour does not exist, each calendar program puts the date elsewhere.
        "a rhythm in the hour of the clock change": first.hour == _CLOCK_CHANGE,
    }
    for what, is_so in faults.items():
        if is_so:
            raise ComposeError(what, where=occasion.kind)


def _refuse_unspeakable_time(moment: datetime, kind: str) -> None:
    if moment.tzinfo is None:
        raise ComposeError("a time needs a zone", where=kind)
    civil = moment.astimezone(UTC).astimezone(COPENHAGEN)
    # A calendar file has no way to say which of two equal local times is meant, and reads the first.
    if civil.fold:
        cure = "move it out of the repeated hour of the autumn clock change"
        raise ComposeError("the time occurs twice that night", where=kind, cure=cure)


def _civil(moment: date | datetime) -> date | datetime:
    # By way of UTC, so that a time inside the spring gap is written as the time it really is.
    return moment.astimezone(UTC).astimezone(COPENHAGEN) if isinstance(moment, datetime) else moment


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(COPENHAGEN).replace(tzinfo=None)


def _digestible(moment: date | datetime) -> str:
    return (moment.astimezone(UTC) if isinstance(moment, datetime) else moment).isoformat()
