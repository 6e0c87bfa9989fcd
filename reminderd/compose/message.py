"""A mail as bytes, and the proof that these bytes say what was meant and nothing else.

Built with the standard library's plain ``Message`` (policy compat32): the newer ``EmailMessage`` costs
four times as much and, in Python 3.11, lets a subject that spells out an encoded line break become
a header. So the finished bytes are parsed again and compared. No clock, no chance, no file.
"""

import binascii
import re
from base64 import encodebytes
from dataclasses import dataclass
from datetime import datetime
from email.charset import QP, Charset
from email.generator import BytesGenerator
from email.message import Message
from email.policy import Compat32
from email.utils import format_datetime, formataddr
from functools import lru_cache
from io import BytesIO

from reminderd.compose.faults import ComposeError, UnsafeMailError
from reminderd.compose.filters import Language
from reminderd.compose.invite import Mailbox, Method
from reminderd.compose.readback import ReadBack, decoded, mailboxes, read_back
from reminderd.compose.values import single_line
from reminderd.domain.mailboxes import is_plain_address

MAX_BYTES = 1024 * 1024
MAX_LINE = 998
_UTF8 = Charset("utf-8")
_UTF8.header_encoding = QP
_WORD = 66  # a line with 'Subject: ' in front stays below 78
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._-]{1,64}@[A-Za-z0-9.-]{1,255}>")
HEADERS = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Auto-Submitted",
    "Content-Language",
    "X-Auto-Response-Suppress",
)
_PART_HEADERS = ("Content-Type", "Content-Transfer-Encoding")
_FILE_HEADERS = (*_PART_HEADERS, "Content-Disposition")
_FILENAME = re.compile(r"[a-z0-9-]{1,60}\.[a-z]{2,5}")
_FILE_TYPE = re.compile(r"(?:text|image|application)/[a-z]{2,20}")


class _Finished(Compat32):
    """Writes header values as they stand, because they are encoded and folded before they get here."""

    def fold_binary(self, name: str, value: str) -> bytes:
        return f"{name}: {value}\r\n".encode("ascii")


# mangle_from_ would put a '>' before a line that begins with 'From '.
_WIRE = _Finished(linesep="\r\n", cte_type="7bit", mangle_from_=False)


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A text/calendar stream and the method that both it and its MIME type name."""

    method: Method
    ics: bytes


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to keep: its name in plain small letters, its MIME type without parameters, its content.

    Text is UTF-8.
    """

    filename: str
    mime_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything that a mail consists of; ``text`` and ``html`` have CRLF line ends."""

    sender: Mailbox
    recipient: str
    subject: str
    date: datetime
    message_id: str
    text: str
    html: str
    calendar: CalendarFile | None = None
    language: Language = "da"
    attachments: tuple[Attachment, ...] = ()


def serialise(letter: Letter) -> tuple[bytes, ReadBack]:
    """Return the mail as it goes over the wire (CRLF, seven bits), and as it was read back from there.

    Raises ComposeError, and UnsafeMailError where the bytes say something else than was meant.
    """
    _refuse(letter)
    message = Message(_WIRE)
    message["From"] = _shown(letter.sender)
    message["To"] = letter.recipient
    message["Subject"] = _worded(letter.subject)
    message["Date"] = format_datetime(letter.date)
    message["Message-ID"] = letter.message_id
    message["MIME-Version"] = "1.0"
    name = letter.message_id[1:].partition("@")[0]
    kind = "mixed" if letter.attachments else "alternative"
    message["Content-Type"] = _multipart(kind, f"=_{name}")
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = letter.language
    # Exchange sends absence notices in spite of Auto-Submitted; this stops those and nothing else:
    # reports of failed delivery (NDR) are wanted.
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    body = message
    if letter.attachments:
        body = Message(_WIRE)
        body["Content-Type"] = _multipart("alternative", f"=_alt_{name}")
        message.attach(body)
    body.attach(_text_part("plain", letter.text))
    body.attach(_text_part("html", letter.html))
    if letter.calendar:
        body.attach(_calendar_part(letter.calendar))
    for attachment in letter.attachments:
        message.attach(_file_part(attachment))
    out = BytesIO()
    BytesGenerator(out, policy=_WIRE).flatten(message)
    raw = out.getvalue()
    return raw, verify(raw, letter)


def verify(raw: bytes, letter: Letter) -> ReadBack:
    """Read the bytes again and compare them with what was meant; raises UnsafeMailError on any difference.

    Returns the mail as it was read, for whoever looks further.
    """
    _verify_wire(raw)
    mail = read_back(raw)
    if mail.names != HEADERS:
        raise UnsafeMailError("the finished mail has other headers than were meant")
    meant = {
        "From": ([(letter.sender.name, letter.sender.mail)], mailboxes(mail.header("From"))),
        "To": ([("", letter.recipient)], mailboxes(mail.header("To"))),
        "Subject": (letter.subject, decoded(mail.header("Subject"))),
        "Date": (format_datetime(letter.date), mail.header("Date")),
        "Message-ID": (letter.message_id, mail.header("Message-ID").strip()),
    }
    for name, (expected, actual) in meant.items():
        if expected != actual:
            raise UnsafeMailError(f"the finished mail's {name} is not what was meant")
    _verify_files(mail, letter.attachments)
    readings = [("text/plain", letter.text.encode()), ("text/html", letter.html.encode())]
    if letter.calendar:
        readings.append(("text/calendar", letter.calendar.ics))
        if mail.readings[-1].parameters.get("method") != letter.calendar.method:
            raise UnsafeMailError("the calendar part's method is not what was meant")
    found = [(part.content_type, part.content) for part in mail.readings]
    if readings != found or any(part.headers != _PART_HEADERS for part in mail.readings):
        raise UnsafeMailError("the finished mail's parts are not what was meant")
    return mail


def _verify_files(mail: ReadBack, attachments: tuple[Attachment, ...]) -> None:
    meant = [(item.filename, item.mime_type, "attachment", item.content) for item in attachments]
    found = [(part.filename, part.content_type, part.disposition, part.content) for part in mail.files]
    if meant != found or any(part.headers != _FILE_HEADERS for part in mail.files):
        raise UnsafeMailError("the finished mail's files are not what was meant")


def _verify_wire(raw: bytes) -> None:
    lines = raw.split(b"\r\n")
    faults = {
        f"the finished mail is larger than {MAX_BYTES} bytes": len(raw) > MAX_BYTES,
        "the finished mail has a byte above 127 or a NUL": not raw.isascii() or b"\0" in raw,
        "the finished mail has a bare CR or LF": any(b"\r" in line or b"\n" in line for line in lines),
        f"the finished mail has a line longer than {MAX_LINE}": max(map(len, lines)) > MAX_LINE,
    }
    for what, is_so in faults.items():
        if is_so:
            raise UnsafeMailError(what)


def _refuse(letter: Letter) -> None:
    faults = {
        "the sender is not a plain ASCII mail address": not is_plain_address(letter.sender.mail),
        "the recipient is not a plain ASCII mail address": not is_plain_address(letter.recipient),
        "the sender's name is not one plain line": letter.sender.name != single_line(letter.sender.name),
        "the subject is empty or not one plain line": not letter.subject
        or letter.subject != single_line(letter.subject),
        "the Message-ID is malformed": not _MESSAGE_ID.fullmatch(letter.message_id),
        "the Date has no zone": letter.date.tzinfo is None,
        "a file's name or type is malformed": not all(
            _FILENAME.fullmatch(item.filename) and _FILE_TYPE.fullmatch(item.mime_type)
            for item in letter.attachments
        ),
    }
    for what, is_so in faults.items():
        if is_so:
            raise ComposeError(what, cure="correct it at its source; the notice waits")


def _text_part(subtype: str, text: str) -> Message:
    part = Message(_WIRE)
    part["Content-Type"] = f"text/{subtype}; charset=UTF-8"
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(binascii.b2a_qp(text.encode(), istext=True).decode("ascii"))
    return part


def _calendar_part(calendar: CalendarFile) -> Message:
    part = Message(_WIRE)
    # No Content-Disposition: an attachment is a file to Outlook and Apple Mail, not an invitation.
    part["Content-Type"] = f"text/calendar; charset=UTF-8; method={calendar.method}"
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(encodebytes(calendar.ics).decode("ascii"))
    return part


def _file_part(attachment: Attachment) -> Message:
    part = Message(_WIRE)
    charset = " charset=UTF-8;" if attachment.mime_type.startswith("text/") else ""
    # The name stands in both headers: some programs read the one, some the other.
    part["Content-Type"] = f'{attachment.mime_type};{charset}\r\n name="{attachment.filename}"'
    part["Content-Transfer-Encoding"] = "base64"
    part["Content-Disposition"] = f'attachment;\r\n filename="{attachment.filename}"'
    part.set_payload(encodebytes(attachment.content).decode("ascii"))
    return part


def _multipart(kind: str, boundary: str) -> str:
    return f'multipart/{kind};\r\n boundary="{boundary}"'


def _worded(text: str) -> str:
    # Encoded words (RFC 2047), each on its own line. A short ASCII text goes as it is, unless it looks like
    # an encoded word and would be read as one.
    plain = text.isascii() and "=?" not in text and len(text) <= _WORD
    return text if plain else "\r\n ".join(_encoded_words(text))


def _encoded_words(text: str) -> list[str]:
    word = _UTF8.header_encode(text)
    if len(word) <= _WORD or len(text) == 1:
        return [word]
    # Halving is several times faster than email.header, which measures the line anew at every letter.
    half = len(text) // 2
    return _encoded_words(text[:half]) + _encoded_words(text[half:])


@lru_cache(maxsize=8)
def _shown(sender: Mailbox) -> str:
    if sender.name and _worded(sender.name) != sender.name:
        return f"{_worded(sender.name)}\r\n <{sender.mail}>"
    return formataddr((sender.name, sender.mail))
