"""Recognises what can be read as a Danish CPR number, however it is spelt.

Errs on the side of caution: no check digit is asked for, because numbers since 2007 need not have
one, and days 61 to 91 count, because replacement numbers have them. What a caseworker's data is
full of (dates, case numbers with a year, GUIDs, longer numbers) is told apart by its form. It knows
no columns, no mail and no log; it never returns or keeps what it found.
"""

import re
import unicodedata

_DIGITS = 10
_SPELLINGS = ((6, 4), (2, 2, 2, 4))
_ASCII_CANDIDATE = re.compile(r"[0-9](?:[ ./-]*[0-9]){9}")
_RUN = re.compile(r"\d[\d ./-]*")
_GROUP = re.compile(r"\d+")
_REPLACEMENT_DAY = 60
_LAST_DAY = 31
_LAST_MONTH = 12

_BY_CATEGORY = {"Cf": "", "Zs": " ", "Pd": "-"}
_LOOK_ALIKES = {
    "\N{MINUS SIGN}": "-",
    "\N{FRACTION SLASH}": "/",
    "\N{DIVISION SLASH}": "/",
    "\N{MIDDLE DOT}": ".",
    "\N{BULLET}": ".",
    "\N{HYPHENATION POINT}": ".",
}

# Forms that hold ten digits in a row without being a personal number. Each refuses to begin or to
# end inside a longer number, so that "01-01-12-1970" is not excused by the date in its tail.
_FALSE_FRIENDS = re.compile(
    r"""
    (?<![0-9a-f]) (?=[0-9-]*[a-f])
        (?: [0-9a-f]{8} (?:-[0-9a-f]{4}){3} -[0-9a-f]{12} | [0-9a-f]{32} )   # GUID
        (?![0-9a-f])
  | (?<!\d) (?<!\d[ ./-])
        (?: (?:19|20)\d\d - (?:0[1-9]|1[0-2]) - (?:0[1-9]|[12]\d|3[01])      # ISO date
          | (?:0?[1-9]|[12]\d|3[01]) ([./-]) (?:0?[1-9]|1[0-2]) \1 (?:19|20)\d\d  # 14-05-2026
          | (?:19|20)\d\d [-/] \d{6} (?![ ./-]?\d)                           # case number 2012-000123
        ) (?!\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)


def looks_like_cpr(text: str) -> bool:
    """Tell whether ten digits anywhere in the text can be read as a CPR number.

    Compatibility forms are folded (NFKC), invisible characters dropped, and blanks, dashes, dots
    and slashes between the digits disregarded. Ten digits count when they stand alone, or when
    they are spelt 6+4, 2+2+2+4 or unbroken amid further numbers; an unbroken longer number does
    not. The first two digits must be a day (01-31, or 61-91), the next two a month.
    """
    if not text.isascii():
        text = "".join(map(_folded, unicodedata.normalize("NFKC", text)))
    if len(text) < _DIGITS or _ASCII_CANDIDATE.search(text) is None:
        return False
    readable, found = _FALSE_FRIENDS.subn("x", text)
    while found:  # the end of one date may be all that kept the next from being seen as one
        readable, found = _FALSE_FRIENDS.subn("x", readable)
    return any(_run_holds_one(_GROUP.findall(run)) for run in _RUN.findall(readable))


def _folded(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    look_alike = _LOOK_ALIKES.get(character)
    return _BY_CATEGORY.get(unicodedata.category(character), character) if look_alike is None else look_alike


def _run_holds_one(groups: list[str]) -> bool:
    """Judge groups of digits that only blanks, dashes, dots and slashes keep apart."""
    if sum(map(len, groups)) == _DIGITS:
        return _plausible("".join(groups))
    for start, group in enumerate(groups):
        if len(group) == _DIGITS and _plausible(group):
            return True
        for spelling in _SPELLINGS:
            part = groups[start : start + len(spelling)]
            if tuple(map(len, part)) == spelling and _plausible("".join(part)):
                return True
    return False


def _plausible(digits: str) -> bool:
    day, month = int(digits[:2]), int(digits[2:4])
    if day > _REPLACEMENT_DAY:
        day -= _REPLACEMENT_DAY
    return 1 <= day <= _LAST_DAY and 1 <= month <= _LAST_MONTH
