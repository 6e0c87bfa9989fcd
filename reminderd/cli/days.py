"""Days and instants as an operator writes them, within the years that every calculation can take.

Nothing here knows a command. The limits leave room on both sides for what is reckoned from a day:
birthdays, repetitions, the closed days around it.
"""

from datetime import date, datetime, time

import click

FIRST_YEAR, LAST_YEAR = 1950, 2200


class Day(click.ParamType[date]):
    """A civil day, written ``2026-05-11``."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read the text, or fail as a usage error."""
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{str(value)!r} is no day; example: 2026-05-11", param, ctx)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.fail(_outside(str(value)), param, ctx)
        return day

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """Return how a day is written."""
        return "YYYY-MM-DD"


class Instant(click.ParamType[datetime]):
    """An ISO 8601 instant; without an offset it is Copenhagen time, without a time it is ``begins``."""

    name = "instant"

    def __init__(self, begins: time = time(12)) -> None:
        self._begins = begins

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the text, or fail as a usage error."""
        # Every command starts here; the civil calendar is loaded where somebody names an instant.
        from reminderd.domain.workdays import at, local

        text = str(value)
        try:
            # What is a day in any of ISO 8601's spellings has no time; the longer forms are no day.
            day: date | None = date.fromisoformat(text)
        except ValueError:
            day = None
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is no instant; examples: 2026-05-11, 2026-05-11T08:00", param, ctx)
        if not FIRST_YEAR <= instant.year <= LAST_YEAR:
            self.fail(_outside(text), param, ctx)
        if day is not None:
            return at(day, self._begins)
        return instant if instant.tzinfo else local(instant)


def _outside(text: str) -> str:
    return f"{text!r} lies outside the years {FIRST_YEAR} to {LAST_YEAR}"
