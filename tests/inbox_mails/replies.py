"""Answers to an invitation, as the programs write them, and the shortest one there can be; all invented."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from tests.inbox_mails.form import BO, OURS, UID, as_mail, in_base64, quoted_printable, with_crlf

Part = Literal["ACCEPTED", "DECLINED", "TENTATIVE"]

_WINDOWS_ZONE = """\
BEGIN:VTIMEZONE
TZID:Romance Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


@dataclass(frozen=True)
class Given:
    """What a person answered to what."""

    uid: str = UID
    attendee: str = BO
    partstat: str = "ACCEPTED"
    sequence: int = 0
    dtstamp: datetime = datetime(2026, 5, 4, 7, 30, tzinfo=UTC)
    occurrence: datetime | None = None
    """The one date that is answered, as an instant."""

    @property
    def stamp(self) -> str:
        return f"{self.dtstamp.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    def of(self, **values: object) -> "Given":
        return replace(self, **values)  # type: ignore[arg-type]


def exchange(given: Given) -> bytes:
    """Exchange: multipart/alternative, the calendar in base64, Windows' name for the zone, no ORGANIZER."""
    on = f"RECURRENCE-ID;TZID=Romance Standard Time:{_local(given.occurrence)}\n" if given.occurrence else ""
    calendar = f"""\
BEGIN:VCALENDAR
METHOD:REPLY
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
{_WINDOWS_ZONE}BEGIN:VEVENT
ATTENDEE;PARTSTAT={given.partstat};CN=Bo Prøve:mailto:{given.attendee}
COMMENT;LANGUAGE=da-DK:Jeg kommer lidt for sent\\, hilsen Bo\\n
UID:{given.uid}
{on}SUMMARY;LANGUAGE=da-DK:Accepteret: Opfølgning
DTSTART;TZID=Romance Standard Time:20260512T150000
DTEND;TZID=Romance Standard Time:20260512T160000
CLASS:PRIVATE
PRIORITY:5
DTSTAMP:{given.stamp}
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:{given.sequence}
LOCATION;LANGUAGE=da-DK:
X-MICROSOFT-CDO-APPT-SEQUENCE:{given.sequence}
X-MICROSOFT-CDO-OWNERAPPTID:0
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-MICROSOFT-CDO-ALLDAYEVENT:FALSE
END:VEVENT
END:VCALENDAR
"""
    return as_mail(
        f"""\
From: =?utf-8?B?{in_base64("Bo Prøve")}?= <{given.attendee}>
To: <{OURS}>
Subject: =?utf-8?B?{in_base64("Accepteret: Opfølgning")}?=
Thread-Topic: =?utf-8?B?{in_base64("Opfølgning")}?=
Date: Mon, 4 May 2026 07:30:02 +0000
Message-ID: <DB7P1@EX01.kommune.example>
Accept-Language: da-DK, en-US
Content-Language: da-DK
X-MS-Has-Attach:
Content-Type: multipart/alternative; boundary="_000_DB7P1_"
MIME-Version: 1.0

--_000_DB7P1_
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

Jeg kommer lidt for sent, hilsen Bo

--_000_DB7P1_
Content-Type: text/calendar; charset="utf-8"; method=REPLY
Content-Transfer-Encoding: base64

{in_base64(with_crlf(calendar))}
--_000_DB7P1_--
"""
    )


def outlook_com(given: Given) -> bytes:
    """outlook.com: text, HTML and calendar, no ORGANIZER, MAILTO in capitals."""
    calendar = f"""\
BEGIN:VCALENDAR
METHOD:REPLY
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
{_WINDOWS_ZONE}BEGIN:VEVENT
ATTENDEE;PARTSTAT={given.partstat};CN={given.attendee}:MAILTO:{given.attendee}
UID:{given.uid}
SUMMARY;LANGUAGE=en-US:Accepted: Opfølgning
DTSTART;TZID=Romance Standard Time:20260512T150000
DTEND;TZID=Romance Standard Time:20260512T160000
DTSTAMP:{given.stamp}
SEQUENCE:{given.sequence}
X-MICROSOFT-CDO-APPT-SEQUENCE:{given.sequence}
END:VEVENT
END:VCALENDAR
"""
    return as_mail(
        f"""\
From: Bo <{given.attendee}>
To: "{OURS}" <{OURS}>
Subject: Accepted: =?utf-8?Q?Opf=C3=B8lgning?=
Date: Mon, 4 May 2026 07:30:05 +0000
Message-ID: <AM9PR0@AM9PR0.eurprd.prod.outlook.example>
Content-Type: multipart/alternative;
\tboundary="_000_AM9PR0_"
MIME-Version: 1.0

--_000_AM9PR0_
Content-Type: text/plain; charset="utf-8"

--_000_AM9PR0_
Content-Type: text/html; charset="utf-8"

<html><body></body></html>

--_000_AM9PR0_
Content-Type: text/calendar; charset="utf-8"; method=REPLY
Content-Transfer-Encoding: base64

{in_base64(with_crlf(calendar))}
--_000_AM9PR0_--
"""
    )


def gmail(given: Given) -> bytes:
    """Google Calendar: marked as automatic, times in UTC, folded lines, an attached copy."""
    on = f"RECURRENCE-ID:{given.occurrence.astimezone(UTC):%Y%m%dT%H%M%SZ}\n" if given.occurrence else ""
    calendar = f"""\
BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:REPLY
BEGIN:VEVENT
DTSTART:20260512T130000Z
DTEND:20260512T140000Z
DTSTAMP:{given.stamp}
ORGANIZER;CN=Paamindelser:mailto:{OURS}
UID:{given.uid}
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={given.partstat};CN="Bo
  ; Test";X-NUM-GUESTS=0:mailto:{given.attendee}
{on}CREATED:20260501T060000Z
DESCRIPTION:
LAST-MODIFIED:20260504T073000Z
LOCATION:
SEQUENCE:{given.sequence}
STATUS:CONFIRMED
SUMMARY:Opf\u00f8lgning
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""
    return as_mail(
        f"""\
Reply-To: {given.attendee}
Sender: Google Calendar <calendar-notification@google.example>
Auto-Submitted: auto-generated
Message-ID: <calendar-71c0@google.example>
Date: Mon, 04 May 2026 07:30:01 +0000
Subject: =?UTF-8?Q?Accepteret=3A_Opf=C3=B8lgning?=
From: {given.attendee}
To: {OURS}
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="00000000mixed"

--00000000mixed
Content-Type: multipart/alternative; boundary="00000000alt"

--00000000alt
Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes
Content-Transfer-Encoding: base64

{in_base64("Bo har accepteret invitationen.")}
--00000000alt
Content-Type: text/calendar; charset="UTF-8"; method=REPLY
Content-Transfer-Encoding: quoted-printable

{quoted_printable(calendar)}
--00000000alt--
--00000000mixed
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

{in_base64(with_crlf(calendar))}
--00000000mixed--
"""
    )


def thunderbird(given: Given) -> bytes:
    """Thunderbird: the event as it stands in the calendar, 8bit, with a zone that has its IANA name."""
    on = f"RECURRENCE-ID;TZID=Europe/Copenhagen:{_local(given.occurrence)}\n" if given.occurrence else ""
    calendar = f"""\
BEGIN:VCALENDAR
PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN
VERSION:2.0
METHOD:REPLY
BEGIN:VTIMEZONE
TZID:Europe/Copenhagen
BEGIN:STANDARD
DTSTART:19961027T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
CREATED:20260501T060000Z
LAST-MODIFIED:20260504T073000Z
DTSTAMP:{given.stamp}
UID:{given.uid}
SUMMARY:Opfølgning
ORGANIZER;CN=Påmindelser:mailto:{OURS}
ATTENDEE;CN=Bo;CUTYPE=INDIVIDUAL;PARTSTAT={given.partstat};ROLE=REQ-PARTICIPANT;RSVP=TRUE:
 mailto:{given.attendee}
{on}DTSTART;TZID=Europe/Copenhagen:20260512T150000
DTEND;TZID=Europe/Copenhagen:20260512T160000
SEQUENCE:{given.sequence}
CLASS:PRIVATE
X-MOZ-RECEIVED-SEQUENCE:{given.sequence}
X-MOZ-RECEIVED-DTSTAMP:20260501T060000Z
END:VEVENT
END:VCALENDAR
"""
    return as_mail(
        f"""\
Message-ID: <5b2f@kommune.example>
Date: Mon, 4 May 2026 09:30:00 +0200
MIME-Version: 1.0
User-Agent: Mozilla Thunderbird
To: {OURS}
From: Bo <{given.attendee}>
Subject: Invitation Reply (Accepted): =?UTF-8?Q?Opf=C3=B8lgning?=
Content-Type: multipart/mixed; boundary="------------mozilla"

--------------mozilla
Content-Type: multipart/alternative; boundary="------------alt"

--------------alt
Content-Type: text/plain; charset=UTF-8; format=flowed
Content-Transfer-Encoding: 8bit

Bo har accepteret din invitation til møde.
--------------alt
Content-Type: text/calendar; method=REPLY; charset=UTF-8
Content-Transfer-Encoding: 8bit

{calendar}
--------------alt--

--------------mozilla
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: 8bit

{calendar}
--------------mozilla--
"""
    )


def calendar_mail(calendar: str | bytes, parameters: str = "method=REPLY; charset=UTF-8") -> bytes:
    """Any calendar stream as a mail of its own."""
    raw = calendar if isinstance(calendar, bytes) else with_crlf(calendar).encode()
    head = f"From: {BO}\nTo: {OURS}\nMIME-Version: 1.0\nContent-Type: text/calendar; {parameters}\n\n"
    return with_crlf(head).encode() + raw


def plain_reply(given: Given, more: str = "", around: str = "") -> str:
    """The shortest calendar stream that is an answer; ``more`` goes into the event, ``around`` before it."""
    on = f"RECURRENCE-ID:{given.occurrence.astimezone(UTC):%Y%m%dT%H%M%SZ}\n" if given.occurrence else ""
    return (
        f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\nMETHOD:REPLY\n{around}BEGIN:VEVENT\n"
        f"UID:{given.uid}\nDTSTAMP:{given.stamp}\nSEQUENCE:{given.sequence}\n{on}"
        f"ATTENDEE;PARTSTAT={given.partstat}:mailto:{given.attendee}\n{more}END:VEVENT\nEND:VCALENDAR\n"
    )


def _local(moment: datetime | None) -> str:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - of these forms alone

    assert moment is not None
    return f"{moment.astimezone(ZoneInfo('Europe/Copenhagen')):%Y%m%dT%H%M%S}"
