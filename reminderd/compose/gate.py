"""The last look at a finished mail: what must not leave the house, wherever it came from.

Searches the bytes as they were read back: decoded headers, the text, the HTML with its attributes, the
calendar, names and contents of files, and links. Looks for what can be read as a personal number, for
characters that hide or turn text, for more people or properties than there may be, and for HTML that
does something. A finding names the place and the kind, never what stood there. Knows no case.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import unquote

from reminderd.compose.readback import Part, ReadBack, decoded
from reminderd.domain.cpr import looks_like_cpr

NUMBER = "what can be read as a CPR number"
CHARACTER = "a control character or a direction mark"
PEOPLE = "other people than its sender and its recipient"
PROPERTY = "a property that no invitation of this house has"
ACTIVE = "HTML that does something"

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_BREAK = re.compile(r"[\r\n]")
# Where a reader sees a new line; any other tag parts nothing.
_BLOCK = re.compile(
    r"</?(?:p|ul|ol|li|div|table|t[rdh]|tbody|br|hr|h[1-6]|body|head|title|style)\b[^>]*>", re.IGNORECASE
)
_TAG = re.compile(r"<[^>]*>")
_ACTIVE = re.compile(
    r"<\s*(?:script|iframe|frame|object|embed|applet|form|input|button|base|link|img|svg|math|video|audio)\b"
    r"|<[^>]*(?:\s(?:on\w+|src|href|srcdoc|action|formaction|background)\s*=|http-equiv\s*=\W?refresh|javascript:|url\()"
    r"|<style[^>]*>[^<]*(?:@import|url\()",
    re.IGNORECASE,
)
_FOLD = re.compile(r"\r\n[ \t]")
_NAME = re.compile(r"^([^;:\n]+)", re.MULTILINE)
_COMPONENT = re.compile(r"^(?:BEGIN|END):(.*)$", re.MULTILINE | re.IGNORECASE)
_EVENT = re.compile(r"^BEGIN:VEVENT$", re.MULTILINE | re.IGNORECASE)
_PERSON = re.compile(r"^(?:ORGANIZER|ATTENDEE)\b.*$", re.MULTILINE | re.IGNORECASE)
_ESCAPED_BREAK = re.compile(r"\\[nN]")
_PROPERTIES = frozenset(
    (
        *("BEGIN", "END", "VERSION", "PRODID", "METHOD", "CALSCALE"),
        *("TZID", "TZNAME", "TZOFFSETFROM", "TZOFFSETTO"),
        *("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "RECURRENCE-ID"),
        *("CREATED", "LAST-MODIFIED", "SUMMARY", "DESCRIPTION", "LOCATION", "STATUS", "TRANSP", "CLASS"),
        *("ORGANIZER", "ATTENDEE", "ACTION", "TRIGGER"),
        *("X-MICROSOFT-CDO-INTENDEDSTATUS", "X-MICROSOFT-DISALLOW-COUNTER"),
    )
)
_COMPONENTS = frozenset(("VCALENDAR", "VTIMEZONE", "STANDARD", "DAYLIGHT", "VEVENT", "VALARM"))


@dataclass(frozen=True, slots=True)
class Expected:
    """Whom the mail is from and to, and how this house writes its case numbers, if it says so.

    ``organizer`` is who invited, where that was another mailbox than the sender's.
    """

    sender: str
    recipient: str
    case_numbers: re.Pattern[str] | None = None
    organizer: str | None = None


def findings(mail: ReadBack, expected: Expected) -> tuple[str, ...]:
    """Return what must not leave, as ``the text: what can be read as …``; nothing where all is well.

    Raises UnsafeMailError where a part cannot be read at all.
    """
    return tuple(dict.fromkeys(f"{place}: {what}" for place, what in _search(mail, expected)))


def does_something(html: str) -> bool:
    """Tell whether HTML would run, fetch or submit anything, or lead anywhere."""
    return _ACTIVE.search(html) is not None


def _search(mail: ReadBack, expected: Expected) -> Iterator[tuple[str, str]]:
    for name, value in mail.headers:
        shown = decoded(value)
        yield from _in_text(name, shown, expected)
        if _BREAK.search(shown):
            yield name, CHARACTER
    for part in mail.readings:
        match part.content_type:
            case "text/html":
                yield from _in_html(part.text, expected)
            case "text/calendar":
                yield from _in_calendar(part.text, expected)
            case _:
                yield from _in_text("the text", part.text, expected)
    for part in mail.files:
        yield from _in_file(part, expected)


def _in_text(place: str, text: str, expected: Expected) -> Iterator[tuple[str, str]]:
    if _HIDDEN.search(text):
        yield place, CHARACTER
    if _has_number(text, expected):
        yield place, NUMBER


def _in_html(html: str, expected: Expected) -> Iterator[tuple[str, str]]:
    place = "the HTML"
    if does_something(html):
        yield place, ACTIVE
    if _HIDDEN.search(_unescaped(html)):
        yield place, CHARACTER
    # As it is read, tags gone; and what the tags themselves say.
    read = _TAG.sub("", _BLOCK.sub("\n", html))
    if any(_has_number(_unescaped(text), expected) for text in (read, "\n".join(_TAG.findall(html)))):
        yield place, NUMBER


def _in_calendar(calendar: str, expected: Expected) -> Iterator[tuple[str, str]]:
    place = "the calendar"
    text = _FOLD.sub("", calendar).replace("\r\n", "\n")
    yield from _in_text(place, _ESCAPED_BREAK.sub("\n", text) if "\\" in text else text, expected)
    names = [name.upper() for name in _NAME.findall(text)]
    if not _PROPERTIES.issuperset(names) or not _COMPONENTS.issuperset(_COMPONENT.findall(text)):
        yield place, PROPERTY
    events = len(_EVENT.findall(text))
    for name, address in (
        ("ORGANIZER", expected.organizer or expected.sender),
        ("ATTENDEE", expected.recipient),
    ):
        lines = [line.lower() for line in _PERSON.findall(text) if line[: len(name)].upper() == name]
        is_so = all(line.endswith(f":mailto:{address.lower()}") for line in lines)
        if len(lines) != events or names.count(name) != events or not is_so:
            yield place, PEOPLE


def _in_file(part: Part, expected: Expected) -> Iterator[tuple[str, str]]:
    yield from _in_text("a file's name", part.filename or "", expected)
    # A picture is drawn from the figures that stand in the text file beside it.
    if part.content_type.startswith("text/"):
        yield from _in_text("a file", part.text.removeprefix("\ufeff"), expected)


def _has_number(text: str, expected: Expected) -> bool:
    if looks_like_cpr(text, expected.case_numbers):
        return True
    return "%" in text and looks_like_cpr(unquote(text), expected.case_numbers)


def _unescaped(html: str) -> str:
    return unescape(html) if "&" in html else html
