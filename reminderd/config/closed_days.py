"""Which days are closed: Danish public holidays, the optional days chosen, and the municipality's own.

The library's optional category is never taken whole: it would close 1 May. Weekends are not
listed here; ``domain.workdays`` knows them.
"""

from datetime import date
from typing import Literal

from holidays import country_holidays

from reminderd.config.settings import CalendarSettings
from reminderd.config.values import MonthDay

_LANGUAGES = {"en": "en_US", "da": "da"}


def closed_days(first_year: int, last_year: int, calendar: CalendarSettings) -> frozenset[date]:
    """Return every closed day from 1 January ``first_year`` to 31 December ``last_year``."""
    years = range(first_year, last_year + 1)
    public = country_holidays("DK", years=years, categories=("public",))
    optional = country_holidays("DK", years=years, categories=("optional",))
    closed = set(public)
    closed.update(day for day in optional if MonthDay(day.month, day.day) in calendar.closed_optional)
    for extra in calendar.extra_closed:
        days = [extra.in_year(year) for year in years] if isinstance(extra, MonthDay) else [extra]
        closed.update(day for day in days if day is not None and day.year in years)
    return frozenset(closed)


def closed_day_names(first_year: int, last_year: int, lang: Literal["en", "da"] = "en") -> dict[date, str]:
    """Return the name of every public holiday and optional closed day of these years."""
    years = range(first_year, last_year + 1)
    named = country_holidays("DK", years=years, categories=("public", "optional"), language=_LANGUAGES[lang])
    return dict(named.items())
