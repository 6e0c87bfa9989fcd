"""Sentences that can be said in another language later: a pattern, and the facts in it.

``say("the course ended on {day}", day=slut)`` is a plain str, the English sentence, and is stored, compared
and shown as one. It remembers what it was made of, so that whoever speaks to people can say it in their
language (``cli/tongue``). Knows no other language and no screen.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from functools import reduce
from string import Formatter
from typing import Any, Protocol

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Voice(Protocol):
    """How one language says what a pattern asks for: ``{day:long}``, ``{day:weekday}``, ``{moment:when}``."""

    def long(self, day: date) -> str:
        """Return a day in words: 5 January 2026."""

    def weekday(self, day: date) -> str:
        """Return Monday."""

    def when(self, moment: date | datetime) -> str:
        """Return a day, and its hour where it has one, for a column: Mon 2026-01-05 08:00."""

    def hour(self, moment: time) -> str:
        """Return 08:00."""

    def plain(self, value: object) -> str:
        """Return anything else."""


class Words(str):
    """An English sentence that remembers its pattern and its facts."""

    __slots__ = ("facts", "pattern")

    pattern: str
    facts: dict[str, Any]


def say(pattern: str, /, **facts: Any) -> Words:
    """Return the English sentence that a pattern and its facts make."""
    # Plans make thousands of short reasons; only the long explanations need a voice.
    text = spoken_by(ENGLISH, pattern, facts) if ":" in pattern else pattern.format(**facts)
    words = Words(text)
    words.pattern, words.facts = pattern, facts
    return words


def joined(pattern: str, parts: Sequence[str]) -> str:
    """Return several parts put together two by two by ``pattern``, which says ``first`` and ``then``."""
    return reduce(lambda first, then: say(pattern, first=first, then=then), parts) if parts else ""


def spoken_by(voice: Voice, pattern: str, facts: dict[str, Any]) -> str:
    """Return a pattern with its facts said in one voice."""
    return _Speaker(voice).vformat(pattern, (), facts)


class _Speaker(Formatter):
    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def format_field(self, value: Any, format_spec: str) -> str:
        """Say one fact; a form that no voice has is a mistake in the pattern."""
        match format_spec:
            case "":
                return self._voice.plain(value)
            case "long" | "weekday" | "when" | "hour":
                said: str = getattr(self._voice, format_spec)(value)
                return said
            case _:
                raise ValueError(f"no voice knows the form {format_spec!r}")


class _English:
    def long(self, day: date) -> str:
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def weekday(self, day: date) -> str:
        return _WEEKDAYS[day.weekday()]

    def when(self, moment: date | datetime) -> str:
        hour = f" {moment:%H:%M}" if isinstance(moment, datetime) else ""
        return f"{_WEEKDAYS[moment.weekday()][:3]} {moment:%Y-%m-%d}{hour}"

    def hour(self, moment: time) -> str:
        return f"{moment:%H:%M}"

    def plain(self, value: object) -> str:
        return str(value)


ENGLISH: Voice = _English()
