"""Makes a stranger's words fit to keep.

A relay may echo addresses and numbers in its replies, and an outcome's text ends in the ledger, in
logs and on screens. What comes out of here is one short line without addresses, without long runs of
digits and without control characters. It knows nothing about SMTP.
"""

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 200

# Only this much is looked at: the address pattern is quadratic on text without spaces, and the
# relay decides how much text there is.
_LOOKED_AT = 1000

_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@,;]+>?")
_DIGITS = re.compile(r"\d{6,}(?:[-\s\u2010-\u2015]\d+)*")
_SHORTEST_HIDDEN = 3


def redact(text: str, *, hide: Iterable[str] = ()) -> str:
    """Return the text as one line of at most 200 characters that names nobody.

    ``hide`` are words that must not appear in whatever case (an address and its local part).
    Addresses become ``<…>``, runs of six or more digits ``…``.
    """
    line = _one_line(text)
    line = _ADDRESS.sub("<…>", line)
    for word in hide:
        if len(word) >= _SHORTEST_HIDDEN:
            line = re.sub(rf"<?\b{re.escape(word)}\b>?", "<…>", line, flags=re.IGNORECASE)
    line = _DIGITS.sub("…", line)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _one_line(text: str) -> str:
    head, rest = text[:_LOOKED_AT], text[_LOOKED_AT:]
    if rest and not rest[0].isspace():
        # the last word is cut in two, so its pieces could slip past the patterns
        head = head.rpartition(" ")[0]
    return " ".join("".join(_shown(character) for character in head).split())


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    # invisible format characters would split a name for the patterns and join it again for the eye;
    # the others are controls and the lone surrogates of undecodable bytes
    return "" if unicodedata.category(character) == "Cf" else " "
