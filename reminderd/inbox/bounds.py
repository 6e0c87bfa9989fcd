"""What is too much to take apart: looked for in the bytes, before any parser sees them.

A mail of some hundred kilobytes can name ten thousand parts or nest them a thousand deep, and the
standard library's parser answers with memory, time quadratic in a header, or a stack that is used up.
Real answers and returned mails stay far below every bound here.
"""

import re
from itertools import islice

MOST_PARTS = 60
MOST_DELIMITERS = 400
MOST_HEADER_BYTES = 4_000
MOST_TOP_LINES = 1_000

# A header with its folded lines, wherever in the mail it stands; what looks like one in a text counts too.
_TYPE = re.compile(
    rb"(?:\A|[\r\n])content-[a-z-]{1,30}:[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*", re.IGNORECASE
)
_DELIMITER = re.compile(rb"[\r\n]--")
_LINE = re.compile(rb"[^\r\n]+")
_END_OF_HEADERS = re.compile(rb"\r\n\r\n|\n\n|\r\r")


def too_much(raw: bytes) -> str | None:
    """Return why this mail is not taken apart, or None; in time linear in its length."""
    for number, found in enumerate(_TYPE.finditer(raw)):
        if found.end() - found.start() > MOST_HEADER_BYTES:
            return "a header is too long"
        if number >= 3 * MOST_PARTS:  # type, encoding and disposition of each
            return "it has too many parts"
    if _more_than(_DELIMITER, raw, MOST_DELIMITERS):
        return "it has too many parts"
    end = _END_OF_HEADERS.search(raw)
    head = raw if end is None else raw[: end.start()]
    if _more_than(_LINE, head, MOST_TOP_LINES):
        return "it has too many headers"
    return None


def _more_than(pattern: re.Pattern[bytes], raw: bytes, most: int) -> bool:
    return next(islice(pattern.finditer(raw), most, None), None) is not None
