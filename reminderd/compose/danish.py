"""Danish words for days, times, distances and lists.

Written with Babel's Danish data, so the process locale is neither read nor set. ``english`` has the
same functions under the same names, and a wording reaches both through ``filters``.
"""

from datetime import date, datetime
from functools import lru_cache

from babel.core import Locale
from babel.dates import format_date

from reminderd.compose import given

_DANISH = Locale("da")
_DAYS_IN_A_WEEK = 7
_MORE = "og {} til"


@lru_cache(maxsize=4096)
def _formatted(day: date, pattern: str) -> str:
    return format_date(day, pattern, locale=_DANISH)


def dato_lang(value: date) -> str:
    """Return ``mandag den 11. maj 2026``."""
    return _formatted(given.day(value), "full")


def dato_kort(value: date) -> str:
    """Return ``11. maj 2026``."""
    return _formatted(given.day(value), "long")


def ugedag_dato(value: date) -> str:
    """Return ``mandag 11. maj 2026``, the short form for subjects."""
    return _formatted(given.day(value), "EEEE d. MMMM y")


def tid(value: datetime) -> str:
    """Return ``17.00``."""
    moment = given.moment(value)
    return f"{moment.hour:02d}.{moment.minute:02d}"


def klokken(value: datetime) -> str:
    """Return ``kl. 17.00``."""
    return f"kl. {tid(value)}"


def antal_dage(count: int) -> str:
    """Return ``1 dag`` or ``12 dage``."""
    return "1 dag" if given.count(count) == 1 else f"{count} dage"


def om_dage(count: int) -> str:
    """Return ``i dag``, ``i morgen`` or ``om 7 dage``; a negative count is that many days ago."""
    match given.count(count):
        case 0:
            return "i dag"
        case 1:
            return "i morgen"
        case ahead if ahead > 0:
            return f"om {ahead} dage"
        case _:
            return siden(-count)


def siden(count: int) -> str:
    """Return ``i dag``, ``i går`` or ``for 3 dage siden``; a negative count is that many days ahead."""
    match given.count(count):
        case 0:
            return "i dag"
        case 1:
            return "i går"
        case behind if behind > 0:
            return f"for {behind} dage siden"
        case _:
            return om_dage(-count)


def hvornaar(value: date, sendedag: date) -> str:
    """Return how a day is spoken of on the sending day: ``i morgen``, ``på mandag``, else the date."""
    day = given.day(value)
    match (day - given.day(sendedag)).days:
        case 0:
            return "i dag"
        case 1:
            return "i morgen"
        case ahead if 1 < ahead < _DAYS_IN_A_WEEK:
            return f"på {_formatted(day, 'EEEE')}"
        case _:
            return f"den {dato_kort(day)}"


def punkter(items: tuple[str, ...]) -> str:
    """Return one list item for each; after 200 of them, how many more there are."""
    return given.bulleted(given.shortened(items, _MORE))


def opremset(items: tuple[str, ...]) -> str:
    """Return ``a, b og c``; after 200 of them, how many more there are."""
    return given.enumerated(given.shortened(items, _MORE.removeprefix("og ")), "og")
