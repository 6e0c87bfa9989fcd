"""How a message and its names look on the wire: line ends, dots, and text that is safe in a command.

Pure functions over bytes and strings; nothing here opens a line or knows a reply code.
"""

import re

_LINE_END = re.compile(rb"\r\n|\n|\r")
# RFC 5321 Mailbox without quoted local parts and literals' spaces: nothing that could end the
# address or begin another parameter.
_ADDRESS = re.compile(r"[!#-;=?-~]+@[!#-;=?-~]+")
_LONGEST_ADDRESS = 254
_LONGEST_ENVID = 100
_XTEXT = frozenset(range(0x21, 0x7F)) - frozenset(b"+=")


def message_text(raw: bytes) -> bytes:
    """Return the message as DATA carries it: CRLF line ends, dots doubled, the final dot added.

    A message that has its CRLF already, as composed mail has, arrives byte for byte as it is.
    """
    ends = raw.count(b"\r\n")
    if raw.count(b"\n") != ends or raw.count(b"\r") != ends:
        # a lone CR or LF would be read differently by two relays in a row (SMTP smuggling)
        raw = _LINE_END.sub(b"\r\n", raw)
    if raw and not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    if raw.startswith(b"."):
        raw = b"." + raw
    return raw.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def is_plain_address(address: str) -> bool:
    """Tell whether this is an address that a MAIL or RCPT command can carry as it is."""
    return len(address) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(address) is not None


def needs_8bit(raw: bytes) -> bool:
    """Tell whether the message holds octets beyond ASCII."""
    return not raw.isascii()


def envid(envelope_id: str) -> str | None:
    """Return the identifier as RFC 3461 xtext, or None where it is empty or longer than 100."""
    text = "".join(chr(octet) if octet in _XTEXT else f"+{octet:02X}" for octet in envelope_id.encode())
    return text if 0 < len(text) <= _LONGEST_ENVID else None
