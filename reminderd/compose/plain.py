"""The plain-text side of a mail: the same paragraphs, one to a line, for any reader at all.

Lines are not wrapped, because the reader's own window does that better; the transfer encoding
keeps them short on the wire.
"""

from collections.abc import Sequence

from reminderd.compose.wordingfile import ITEM, Block, Items, Paragraph

# The mark that mail programs know a signature by: they show it smaller and leave it out of answers.
_SIGNATURE = "-- "


def plain_text(body: Sequence[Block], footer: Sequence[Block]) -> str:
    """Return the text with CRLF line ends, the footer below the signature mark."""
    parts = [_one(block) for block in body]
    text = "\r\n\r\n".join(parts)
    foot = "\r\n\r\n".join(_one(block) for block in footer)
    return f"{text}\r\n\r\n{_SIGNATURE}\r\n{foot}\r\n"


def _one(block: Block) -> str:
    match block:
        case Paragraph(text):
            return text
        case Items(lines):
            return "\r\n".join(ITEM + line for line in lines)
