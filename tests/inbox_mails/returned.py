"""Mails of ours that came back, as Postfix and Exchange report them; all invented."""

from tests.inbox_mails.form import BO, MESSAGE_ID, OURS, as_mail, in_base64


def postfix_bounce(message_id: str = MESSAGE_ID, *, action: str = "failed", status: str = "5.1.1") -> bytes:
    """Postfix: the headers of the returned mail are the third part."""
    return as_mail(
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
    return as_mail(
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
Subject: Kan ikke leveres: =?utf-8?B?{in_base64("Opfølgning")}?=
Auto-Submitted: auto-replied
MIME-Version: 1.0

--6b0e7b0a-9f60
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="6b0e-inner"

--6b0e-inner
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

{in_base64("Din meddelelse kunne ikke leveres.")}
--6b0e-inner
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: base64

{in_base64("<p>Din meddelelse kunne ikke leveres.</p>")}
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
Subject: =?utf-8?B?{in_base64("Opfølgning")}?=
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
