"""English words for days, times, distances and lists, under the names that ``danish`` gives them.

Written with Babel's British data: day before month, no comma. The names stay Danish, because they
are the form in which a wording is written and not what it says.
"""

from datetime import date, datetime
from functools import lru_cache

from babel.core import Locale
from babel.dates import format_date

from reminderd.compose import given

_ENGLISH = Locale("en", "GB")
_DAYS_IN_A_WEEK = 7
_MORE = "and {} more"


@lru_cache(maxsize=4096)
def _formatted(day: date, pattern: str) -> str:
    return format_date(day, pattern, locale=_ENGLISH)


def dato_lang(value: date) -> str:
    """Return ``Monday 11 May 2026``."""
    return _formatted(given.day(value), "EEEE d MMMM y")


def dato_kort(value: date) -> str:
    """Return ``11 May 2026``."""
    return _formatted(given.day(value), "d MMMM y")


def ugedag_dato(value: date) -> str:
    """Return ``Monday 11 May 2026``; English has no shorter form that keeps the year."""
    return dato_lang(value)


def tid(value: datetime) -> str:
    """Return ``17:00``."""
    moment = given.moment(value)
    return f"{moment.hour:02d}:{moment.minute:02d}"


def klokken(value: datetime) -> str:
    """Return ``at 17:00``."""
    return f"at {tid(value)}"


def antal_dage(count: int) -> str:
    """Return ``1 day`` or ``12 days``."""
    return "1 day" if given.count(count) == 1 else f"{count} days"


def om_dage(count: int) -> str:
    """Return ``today``, ``tomorrow`` or ``in 7 days``; a negative count is that many days ago."""
    match given.count(count):
        case 0:
            return "today"
        case 1:
            return "tomorrow"
        case ahead if ahead > 0:
            return f"in {ahead} days"
        case _:
            return siden(-count)


def siden(count: int) -> str:
    """Return ``today``, ``yesterday`` or ``3 days ago``; a negative count is that many days ahead."""
    match given.count(count):
        case 0:
            return "today"
        case 1:
            return "yesterday"
        case behind if behind > 0:
            return f"{behind} days ago"
        case _:
            return om_dage(-count)


def hvornaar(value: date, sendedag: date) -> str:
    """Return how a day is spoken of on the sending day: ``tomorrow``, ``on Monday``, else the date."""
    day = given.day(value)
    match (day - given.day(sendedag)).days:
        case 0:
            return "today"
        case 1:
            return "tomorrow"
        case ahead if 1 < ahead < _DAYS_IN_A_WEEK:
            return f"on {_formatted(day, 'EEEE')}"
        case _:
            return f"on {dato_kort(day)}"


def punkter(items: tuple[str, ...]) -> str:
    """Return one list item for each; after 200 of them, how many more there are."""
    return given.bulleted(given.shortened(items, _MORE))


def opremset(items: tuple[str, ...]) -> str:
    """Return ``a, b and c``; after 200 of them, how many more there are."""
    return given.enumerated(given.shortened(items, _MORE.removeprefix("and ")), "and")
