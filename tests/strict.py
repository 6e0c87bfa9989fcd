"""A second, strict reading of received mail: neither the parser nor the calendar library that wrote it."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

STRICT = policy.SMTP.clone(raise_on_defect=True)
HEADERS = (
    "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted",
    "Content-Language", "X-Auto-Response-Suppress",
)  # fmt: skip
_LINE = re.compile(r'([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"]*"|[^";:,]*))*):(.*)', re.DOTALL)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Mail:
    """What a mail says, once it is certain that it is one: its parts by type, files by name."""

    recipient: str
    subject: str
    parts: dict[str, str]
    files: dict[str, bytes]


def read(raw: bytes) -> Mail:
    """Return what the bytes say; fails where they say more than one mail to one mailbox may."""
    assert raw.isascii()
    assert not re.search(rb"[^\r]\n|\r[^\n]", raw)
    message = message_from_bytes(raw, policy=STRICT)
    assert isinstance(message, EmailMessage)
    assert HEADERS == tuple(message.keys())
    for name in HEADERS:
        assert not message[name].defects, name
    assert 1 == len(message["To"].addresses) == len(message["From"].addresses)
    assert not _CONTROL.search(message["Subject"])
    parts, files = {}, {}
    for part in message.walk():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if part.get_content_disposition() == "attachment":
            files[part.get_filename() or ""] = content
        else:
            assert part.get_content_type() not in parts
            parts[part.get_content_type()] = content.decode()
    assert {"text/plain", "text/html"} <= set(parts) <= {"text/plain", "text/html", "text/calendar"}
    for text in parts.values():
        assert not _CONTROL.search(text)
    recipient = message["To"].addresses[0].addr_spec
    if "text/calendar" in parts:
        calendar(parts["text/calendar"], recipient)
    return Mail(recipient, str(message["Subject"]), parts, files)


def calendar(text: str, recipient: str) -> dict[str, str]:
    """Return an invitation's own properties; fails where it is more than one for one person."""
    assert text.endswith("\r\n")
    stack: list[str] = []
    own: dict[str, str] = {}
    for line in re.sub(r"\r\n[ \t]", "", text).split("\r\n")[:-1]:
        found = _LINE.fullmatch(line)
        assert found, line
        name, _, value = found.groups()
        if name == "BEGIN":
            stack.append(value)
        elif name == "END":
            assert value == stack.pop()
        elif stack == ["VCALENDAR", "VEVENT"]:
            assert name not in own or name == "EXDATE", name
            own[name] = value
    assert not stack
    assert 1 == text.count("BEGIN:VEVENT\r\n") == text.count("BEGIN:VCALENDAR\r\n")
    assert f"mailto:{recipient}" == own["ATTENDEE"]
    assert not {"ATTACH", "URL", "X-ALT-DESC", "COMMENT", "CONTACT"} & set(own)
    return own
