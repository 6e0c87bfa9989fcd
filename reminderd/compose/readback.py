"""A finished mail, read again from its bytes as a stranger's program will read it.

Parsed once, strictly: any defect is an error. Whoever checks a mail before it is frozen looks at this
and never at what the mail was made of. Knows no wording and no rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses
from functools import cached_property, lru_cache

from reminderd.compose.faults import UnsafeMailError

_STRICT = compat32.clone(raise_on_defect=True)


@dataclass(frozen=True)
class Part:
    """One leaf: the names of its headers, its type with parameters, and its decoded content."""

    headers: tuple[str, ...]
    content_type: str
    parameters: Mapping[str, str]
    disposition: str | None
    filename: str | None
    content: bytes

    @cached_property
    def text(self) -> str:
        """The content as UTF-8 text; raises UnsafeMailError where it is none."""
        try:
            return self.content.decode()
        except UnicodeDecodeError:
            raise UnsafeMailError("a part of the finished mail is not UTF-8") from None


@dataclass(frozen=True)
class ReadBack:
    """A mail as it arrives: ``headers`` unfolded as on the wire, the readings of its text, its files."""

    headers: tuple[tuple[str, str], ...]
    readings: tuple[Part, ...]
    files: tuple[Part, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the mail's own headers, in their order."""
        return tuple(name for name, _ in self.headers)

    def header(self, name: str) -> str:
        """Return the first header of this name as on the wire, empty where there is none."""
        return next((value for each, value in self.headers if each == name), "")

    def reading(self, content_type: str) -> Part | None:
        """Return the first reading of this type."""
        return next((part for part in self.readings if part.content_type == content_type), None)


def read_back(raw: bytes) -> ReadBack:
    """Return what the bytes say; raises UnsafeMailError where they do not parse as a mail of this house."""
    try:
        message = message_from_bytes(raw, policy=_STRICT)
        parts = _children(message)
        files: list[Message] = []
        if message.get_content_type() == "multipart/mixed" and parts:
            body, *files = parts
            parts = _children(body) if body.get_content_type() == "multipart/alternative" else []
        if not parts or any(part.is_multipart() for part in (*parts, *files)):
            raise UnsafeMailError("the finished mail does not parse")
        return ReadBack(
            tuple((name, value.replace("\r\n", "")) for name, value in message.items()),
            tuple(_part(part) for part in parts),
            tuple(_part(part) for part in files),
        )
    except (MessageError, ValueError, LookupError):
        raise UnsafeMailError("the finished mail does not parse") from None


@lru_cache(maxsize=64)
def decoded(value: str) -> str:
    """Return a header as a reader sees it, encoded words resolved."""
    return str(make_header(decode_header(value))) if "=?" in value else value


def mailboxes(value: str) -> list[tuple[str, str]]:
    """Return every (name, address) that a header names, whatever it hides them in."""
    return [(decoded(name), mail) for name, mail in getaddresses([value])]


def _children(message: Message) -> list[Message]:
    payload = message.get_payload()
    return [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []


def _part(part: Message) -> Part:
    content = part.get_payload(decode=True)
    given = part.get_params(failobj=[], unquote=True)
    return Part(
        headers=tuple(part.keys()),
        content_type=part.get_content_type(),
        parameters={name.lower(): value for name, value in given[1:]},
        disposition=part.get_content_disposition(),
        filename=part.get_filename(),
        content=content if isinstance(content, bytes) else b"",
    )
