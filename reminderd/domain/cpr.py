"""Recognises what can be read as a Danish CPR number, however it is spelt.

Errs on the side of caution: no check digit is asked for, because numbers since 2007 need not have
one, and days 61 to 91 count, because replacement numbers have them. What a caseworker's data is
full of (dates, case numbers with a year, GUIDs, longer numbers) is told apart by its form. It knows
no columns, no mail and no log; it never returns or keeps what it found.
"""

import re
import unicodedata
from functools import lru_cache

_DIGITS = 10
_SPELLINGS = ((6, 4), (2, 2, 2, 4))
_ASCII_CANDIDATE = re.compile(r"[0-9](?:[ ./-]*[0-9]){9}|[0-9]{6}[^0-9A-Za-z\r\n]{1,3}[0-9]{4}")
_RUN = re.compile(r"\d[\d ./-]*")
_GROUP = re.compile(r"\d+")
# Six and four digits tell a number whatever sign stands between them; letters and line ends part them.
_SIX_AND_FOUR = re.compile(r"(?<![0-9])([0-9]{6})[^0-9A-Za-z\r\n]{1,3}([0-9]{4})(?![0-9])")
_BEYOND_ASCII = re.compile(r"[^ -~\r\n]")
_REPLACEMENT_DAY = 60
_LAST_DAY = 31
_LAST_MONTH = 12

_BY_CATEGORY = {"Zs": " ", "Zl": " ", "Zp": " ", "Pd": "-"} | dict.fromkeys(
    ("Cc", "Cf", "Cn", "Co", "Cs", "Me", "Mn"), ""
)
_LOOK_ALIKES = {
    "\t": " ",
    "\v": " ",
    "\f": " ",
    "\N{MINUS SIGN}": "-",
    "\N{FRACTION SLASH}": "/",
    "\N{DIVISION SLASH}": "/",
    "\N{MIDDLE DOT}": ".",
    "\N{BULLET}": ".",
    "\N{HYPHENATION POINT}": ".",
    # letters and a sign that show nothing
    "\N{HANGUL CHOSEONG FILLER}": "",
    "\N{HANGUL JUNGSEONG FILLER}": "",
    "\N{HANGUL FILLER}": "",
    "\N{HALFWIDTH HANGUL FILLER}": "",
    "\N{BRAILLE PATTERN BLANK}": " ",
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
  | (?<!\d) (?:[01]?\d|2[0-3]) \. [0-5]\d [ ]?-[ ]?                       # from 17.00-19.30
        (?:[01]?\d|2[0-3]) \. [0-5]\d (?![ ./-]?\d)
  | (?<![\d+]) \+ [1-9]\d{0,2} (?:[ ]\d{2,4}){2,4} (?![ ./-]?\d)      # telephone: +31 20 123 4567
    """,
    re.VERBOSE | re.IGNORECASE,
)


def case_number_form(form: str) -> re.Pattern[str]:
    """Compile how an installation writes its case numbers, ``#`` for each digit: ``##-####-####``.

    Raises ValueError where numbers of this form could not be told from personal numbers.
    """
    groups = tuple(map(len, re.findall("#+", form)))
    if not groups or not form.isprintable() or re.search(r"\d", form):
        raise ValueError("a form has # for each digit, as in ####-######")
    if sum(groups) == _DIGITS and (groups == (_DIGITS,) or groups in _SPELLINGS):
        raise ValueError("personal numbers are written like this, too")
    digits = re.sub(r"#+", lambda run: rf"\d{{{len(run[0])}}}", re.escape(form).replace(r"\#", "#"))
    return re.compile(rf"(?<!\d)(?<!\d[ ./-]){digits}(?![ ./-]?\d)")


def looks_like_cpr(text: str, case_numbers: re.Pattern[str] | None = None) -> bool:
    """Tell whether ten digits anywhere in the text can be read as a CPR number.

    Compatibility forms are folded (NFKC), invisible characters dropped, and blanks, dashes, dots
    and slashes between the digits disregarded. Ten digits count when they stand alone, or when
    they are spelt 6+4, 2+2+2+4 or unbroken amid further numbers; an unbroken longer number does
    not. Between six and four digits any sign is disregarded. The first two digits must be a day
    (01-31, or 61-91), the next two a month. ``case_numbers`` is a form to be passed over.
    """
    if _BEYOND_ASCII.search(text):
        text = _BEYOND_ASCII.sub(_fold, unicodedata.normalize("NFKC", text))
    if len(text) < _DIGITS or _ASCII_CANDIDATE.search(text) is None:
        return False
    # No form and no spelling goes beyond its line, and few lines hold ten digits at all.
    lines = (line for line in text.splitlines() if _ASCII_CANDIDATE.search(line))
    return any(_line_holds_one(line, case_numbers) for line in lines)


def _line_holds_one(line: str, case_numbers: re.Pattern[str] | None) -> bool:
    split = _SIX_AND_FOUR.findall(line)
    if not split and not any(_run_might_hold_one(_GROUP.findall(run)) for run in _RUN.findall(line)):
        return False
    readable = line if case_numbers is None else case_numbers.sub("x", line)
    found = 1
    while found:  # the end of one date may be all that kept the next from being seen as one
        readable, found = _FALSE_FRIENDS.subn("x", readable)
    return any(_run_holds_one(_GROUP.findall(run)) for run in _RUN.findall(readable)) or any(
        _plausible(six + four) for six, four in _SIX_AND_FOUR.findall(readable)
    )


def _fold(match: re.Match[str]) -> str:
    return _folded(match[0])


@lru_cache(maxsize=2048)
def _folded(character: str) -> str:
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    look_alike = _LOOK_ALIKES.get(character)
    return _BY_CATEGORY.get(unicodedata.category(character), character) if look_alike is None else look_alike


def _run_might_hold_one(groups: list[str]) -> bool:
    """Tell whether any neighbours add up to ten digits: quick, and never wrong where it says no."""
    for start in range(len(groups)):
        digits = ""
        for group in groups[start:]:
            digits += group
            if len(digits) >= _DIGITS:
                break
        if len(digits) == _DIGITS and _plausible(digits):
            return True
    return False


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
