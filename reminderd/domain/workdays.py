"""Working-day arithmetic and civil time.

The only module that reckons with closed days, month ends and clock changes. A day is a civil day
in Europe/Copenhagen; the set of closed days is handed in, because which days are closed is a
decision of the municipality and a fact of the year (see ``config/README.md``).
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
ONE_DAY = timedelta(days=1)
_SATURDAY = 5

Roll = Literal["previous", "next", "none"]


@dataclass(frozen=True, slots=True)
class Workdays:
    """Monday to Friday, less the closed days."""

    closed: frozenset[date]

    def is_workday(self, day: date) -> bool:
        """Tell whether the office is open on this civil day."""
        return day.weekday() < _SATURDAY and day not in self.closed

    def previous(self, day: date) -> date:
        """Return the day itself if it is a working day, else the last one before it."""
        while not self.is_workday(day):
            day -= ONE_DAY
        return day

    def next(self, day: date) -> date:
        """Return the day itself if it is a working day, else the first one after it."""
        while not self.is_workday(day):
            day += ONE_DAY
        return day

    def roll(self, day: date, how: Roll) -> date:
        """Move a day that is not a working day the way a rule asks for."""
        match how:
            case "previous":
                return self.previous(day)
            case "next":
                return self.next(day)
            case "none":
                return day

    def add(self, day: date, count: int) -> date:
        """Return the working day that is ``count`` working days away; the start is not counted."""
        step = ONE_DAY if count > 0 else -ONE_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_workday(day):
                day += step
        return day


def add_months(day: date, months: int) -> date:
    """Return the same day number ``months`` later, else that month's last day; never sticky."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def birthday(born: date, age: int, leap_birthday: Literal["feb28", "mar1"] = "feb28") -> date:
    """Return the day somebody fills ``age``; a 29 February falls as the convention says."""
    reached = add_months(born, 12 * age)
    if (born.month, born.day) == (2, 29) and reached.day == 28 and leap_birthday == "mar1":  # noqa: PLR2004
        return reached + ONE_DAY
    return reached


def at(day: date, clock: time) -> datetime:
    """Return the instant of a civil time in Copenhagen.

    A time inside the spring gap takes the offset before the gap (02:30 becomes 03:30); a repeated
    time is the first of the two (RFC 5545 section 3.3.5).
    """
    naive = datetime.combine(day, clock)
    return naive.replace(tzinfo=COPENHAGEN, fold=0).astimezone(UTC).astimezone(COPENHAGEN)


def local(naive: datetime) -> datetime:
    """Return the instant of the contract's naive civil timestamp, by the same rule as :func:`at`."""
    return at(naive.date(), naive.time())


def civil_day(instant: datetime) -> date:
    """Return the civil day in Copenhagen that an aware instant falls on."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return instant.astimezone(COPENHAGEN).date()
