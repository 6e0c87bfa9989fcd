"""Danish words for days, times and distances: the filters that a wording may use.

Written with Babel's Danish data, so the process locale is neither read nor set. Instants are shown
as civil time in Copenhagen; a naive timestamp is taken as such already. Knows no wording and no rule.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from babel.core import Locale
from babel.dates import format_date

from reminderd.domain.workdays import COPENHAGEN

_DANISH = Locale("da")
_DAYS_IN_A_WEEK = 7


def _civil(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(COPENHAGEN)


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return _civil(value).date()
    if isinstance(value, date):
        return value
    raise TypeError(f"expected a date, found {_kind(value)}")


def _time(value: object) -> datetime:
    if isinstance(value, datetime):
        return _civil(value)
    raise TypeError(f"expected a time of day, found {_kind(value)}")


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise TypeError(f"expected a whole number, found {_kind(value)}")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"expected a text, found {_kind(value)}")


def _kind(value: object) -> str:
    return "no value" if value is None else type(value).__name__


@lru_cache(maxsize=4096)
def _formatted(day: date, pattern: str) -> str:
    return format_date(day, pattern, locale=_DANISH)


def dato_lang(value: date) -> str:
    """Return ``mandag den 11. maj 2026``."""
    return _formatted(_day(value), "full")


def dato_kort(value: date) -> str:
    """Return ``11. maj 2026``."""
    return _formatted(_day(value), "long")


def ugedag_dato(value: date) -> str:
    """Return ``mandag 11. maj 2026``, the short form for subjects."""
    return _formatted(_day(value), "EEEE d. MMMM y")


def tid(value: datetime) -> str:
    """Return ``17.00``."""
    moment = _time(value)
    return f"{moment.hour:02d}.{moment.minute:02d}"


def klokken(value: datetime) -> str:
    """Return ``kl. 17.00``."""
    return f"kl. {tid(value)}"


def antal_dage(count: int) -> str:
    """Return ``1 dag`` or ``12 dage``."""
    return "1 dag" if _count(count) == 1 else f"{count} dage"


def om_dage(count: int) -> str:
    """Return ``i dag``, ``i morgen`` or ``om 7 dage``; a negative count is that many days ago."""
    match _count(count):
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
    match _count(count):
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
    day = _day(value)
    match (day - _day(sendedag)).days:
        case 0:
            return "i dag"
        case 1:
            return "i morgen"
        case ahead if 1 < ahead < _DAYS_IN_A_WEEK:
            return f"på {_formatted(day, 'EEEE')}"
        case _:
            return f"den {dato_kort(day)}"


def stort(text: str) -> str:
    """Return the text with its first letter in upper case and the rest untouched."""
    return _text(text)[:1].upper() + text[1:]


def i_parentes(text: str | None) -> str:
    """Return ``' (AB)'`` with its leading space, or nothing where there is no value."""
    return f" ({_text(text)})" if text else ""


FILTERS: dict[str, Callable[..., Any]] = {
    filter_.__name__: filter_
    for filter_ in (
        dato_lang,
        dato_kort,
        ugedag_dato,
        tid,
        klokken,
        antal_dage,
        om_dage,
        siden,
        hvornaar,
        stort,
        i_parentes,
    )
}
