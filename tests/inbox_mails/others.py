"""Everything else that comes to a mailbox: absence, receipts, what people write; all invented."""

from tests.inbox_mails.form import BO, OURS, as_mail, in_base64


def out_of_office() -> bytes:
    """An absence notice, as Exchange marks it."""
    return as_mail(
        f"""\
From: Bo <{BO}>
To: <{OURS}>
Subject: =?utf-8?B?{in_base64("Automatisk svar: Opfølgning")}?=
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"

Jeg er tilbage mandag.
"""
    )


def vacation() -> bytes:
    """An absence notice, as RFC 3834 wants it and Sieve writes it."""
    return as_mail(
        f"From: {BO}\nTo: {OURS}\nSubject: Ferie\nAuto-Submitted: auto-replied (vacation)\n"
        "MIME-Version: 1.0\nContent-Type: text/plain\n\nJeg er tilbage mandag.\n"
    )


def receipt() -> bytes:
    """A receipt that a mail was opened."""
    return as_mail(
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
    return as_mail(
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
    return as_mail(
        f"From: Bo <{BO}>\nTo: {OURS}\nSubject: {subject}\nMIME-Version: 1.0\n"
        f'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: 8bit\n\n{text}\n'
    )
