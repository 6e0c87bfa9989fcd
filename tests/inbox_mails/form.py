"""Whose mails these are, and how lines become the bytes of a mail."""

import base64
import textwrap
from quopri import encodestring

OURS = "paamindelser@kommune.example"
BO = "bo@kommune.example"
UID = "3f0c5a1b9e7d@reminderd.kommune.example"
MESSAGE_ID = "<8d41c0aa72f3@reminderd.kommune.example>"


def in_base64(text: str) -> str:
    encoded = base64.b64encode(text.encode()).decode("ascii")
    return "\n".join(textwrap.wrap(encoded, 76))


def quoted_printable(text: str) -> str:
    # Line ends are the mail's, as RFC 2045 wants it.
    return encodestring(text.encode()).decode("ascii")


def with_crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def as_mail(text: str) -> bytes:
    return with_crlf(text).encode()
