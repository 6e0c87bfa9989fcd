"""Mails as they come back to a service mailbox, in the forms of the programs that write them; all invented.

Each function gives the bytes of one mail. What an answer is made of can be chosen; the rest is as the
named program lays it out.
"""

import base64
import textwrap
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from quopri import encodestring
from typing import Literal

OURS = "paamindelser@kommune.example"
BO = "bo@kommune.example"
UID = "3f0c5a1b9e7d@reminderd.kommune.example"
MESSAGE_ID = "<8d41c0aa72f3@reminderd.kommune.example>"
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
    return _mail(
        f"""\
From: =?utf-8?B?{_base64("Bo Prøve")}?= <{given.attendee}>
To: <{OURS}>
Subject: =?utf-8?B?{_base64("Accepteret: Opfølgning")}?=
Thread-Topic: =?utf-8?B?{_base64("Opfølgning")}?=
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

{_base64(_crlf(calendar))}
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
    return _mail(
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

{_base64(_crlf(calendar))}
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
    return _mail(
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

{_base64("Bo har accepteret invitationen.")}
--00000000alt
Content-Type: text/calendar; charset="UTF-8"; method=REPLY
Content-Transfer-Encoding: quoted-printable

{_quoted_printable(calendar)}
--00000000alt--
--00000000mixed
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

{_base64(_crlf(calendar))}
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
    return _mail(
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


def postfix_bounce(message_id: str = MESSAGE_ID, *, action: str = "failed", status: str = "5.1.1") -> bytes:
    """Postfix: the headers of the returned mail are the third part."""
    return _mail(
        f"""\
Return-Path: <>
Date: Mon,  4 May 2026 09:30:00 +0200 (CEST)
From: MAILER-DAEMON@relay.kommune.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {OURS}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F2C61.1777879800/relay.kommune.example"
Message-Id: <20260504073000.4F2C61@relay.kommune.example>

This is a MIME-encapsulated message.

--4F2C61.1777879800/relay.kommune.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

--4F2C61.1777879800/relay.kommune.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.kommune.example
X-Postfix-Queue-ID: 4F2C61
X-Postfix-Sender: rfc822; {OURS}
Arrival-Date: Mon,  4 May 2026 08:00:00 +0200 (CEST)

Final-Recipient: rfc822; {BO}
Original-Recipient: rfc822;{BO}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.kommune.example
Diagnostic-Code: smtp; 550 5.1.1 <{BO}>: Recipient address rejected: User
    unknown in virtual mailbox table

--4F2C61.1777879800/relay.kommune.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <{OURS}>
From: <{OURS}>
To: {BO}
Subject: =?utf-8?q?Opf=C3=B8lgning?=
Message-ID: {message_id}
MIME-Version: 1.0

--4F2C61.1777879800/relay.kommune.example--
"""
    )


def exchange_bounce(message_id: str = MESSAGE_ID, status: str = "5.1.10") -> bytes:
    """Exchange: two readable forms first, the returned mail whole, its id in the report as well."""
    return _mail(
        f"""\
From: <postmaster@kommune.example>
To: <{OURS}>
Date: Mon, 4 May 2026 07:30:10 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="6b0e7b0a-9f60"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: da-DK
Message-ID: <0c9f@EX01.kommune.example>
In-Reply-To: {message_id}
References: {message_id}
Subject: Kan ikke leveres: =?utf-8?B?{_base64("Opfølgning")}?=
Auto-Submitted: auto-replied
MIME-Version: 1.0

--6b0e7b0a-9f60
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="6b0e-inner"

--6b0e-inner
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

{_base64("Din meddelelse kunne ikke leveres.")}
--6b0e-inner
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: base64

{_base64("<p>Din meddelelse kunne ikke leveres.</p>")}
--6b0e-inner--

--6b0e7b0a-9f60
Content-Type: message/delivery-status

Reporting-MTA: dns;EX01.kommune.example
Received-From-MTA: dns;relay.kommune.example
Arrival-Date: Mon, 4 May 2026 07:30:08 +0000
Original-Message-ID: {message_id}

Original-Recipient: rfc822;{BO}
Final-Recipient: rfc822;{BO}
Action: failed
Status: {status}
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found
X-Display-Name: Bo Test

--6b0e7b0a-9f60
Content-Type: message/rfc822

From: <{OURS}>
To: <{BO}>
Subject: =?utf-8?B?{_base64("Opfølgning")}?=
Message-ID: {message_id}
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="own"

--own
Content-Type: text/calendar; charset=utf-8; method=REQUEST

BEGIN:VCALENDAR
END:VCALENDAR
--own--

--6b0e7b0a-9f60--
"""
    )


def out_of_office() -> bytes:
    """An absence notice, as Exchange marks it."""
    return _mail(
        f"""\
From: Bo <{BO}>
To: <{OURS}>
Subject: =?utf-8?B?{_base64("Automatisk svar: Opfølgning")}?=
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"

Jeg er tilbage mandag.
"""
    )


def vacation() -> bytes:
    """An absence notice, as RFC 3834 wants it and Sieve writes it."""
    return _mail(
        f"From: {BO}\nTo: {OURS}\nSubject: Ferie\nAuto-Submitted: auto-replied (vacation)\n"
        "MIME-Version: 1.0\nContent-Type: text/plain\n\nJeg er tilbage mandag.\n"
    )


def receipt() -> bytes:
    """A receipt that a mail was opened."""
    return _mail(
        f"""\
From: {BO}
To: {OURS}
Subject: =?utf-8?Q?L=C3=A6st=3A?=
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="r"

--r
Content-Type: text/plain

Your message was read.
--r
Content-Type: message/disposition-notification

Final-Recipient: rfc822; {BO}
Disposition: manual-action/MDN-sent-manually; displayed
--r--
"""
    )


def winmail() -> bytes:
    """An answer in Outlook's own format."""
    return _mail(
        f"""\
From: {BO}
To: {OURS}
Subject: =?utf-8?Q?Accepteret?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="m"

--m
Content-Type: text/plain; charset="us-ascii"

--m
Content-Type: application/ms-tnef; name="winmail.dat"
Content-Transfer-Encoding: base64

eJ8+IgAAAQAAAAAA
--m--
"""
    )


def ordinary(text: str = "Kan vi flytte mødet?", subject: str = "Til jer") -> bytes:
    """A mail that a person wrote."""
    return _mail(
        f"From: Bo <{BO}>\nTo: {OURS}\nSubject: {subject}\nMIME-Version: 1.0\n"
        f'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: 8bit\n\n{text}\n'
    )


def calendar_mail(calendar: str | bytes, parameters: str = "method=REPLY; charset=UTF-8") -> bytes:
    """Any calendar stream as a mail of its own."""
    raw = calendar if isinstance(calendar, bytes) else _crlf(calendar).encode()
    head = f"From: {BO}\nTo: {OURS}\nMIME-Version: 1.0\nContent-Type: text/calendar; {parameters}\n\n"
    return _crlf(head).encode() + raw


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


def _base64(text: str) -> str:
    encoded = base64.b64encode(text.encode()).decode("ascii")
    return "\n".join(textwrap.wrap(encoded, 76))


def _quoted_printable(text: str) -> str:
    # Line ends are the mail's, as RFC 2045 wants it.
    return encodestring(text.encode()).decode("ascii")


def _crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def _mail(text: str) -> bytes:
    return _crlf(text).encode()
