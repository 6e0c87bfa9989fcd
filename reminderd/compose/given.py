"""What a filter was given, checked before it is put into words, in whatever language.

A wrong type is a TypeError that names the type and never the value. Instants are taken as civil
time in Copenhagen; a naive timestamp is taken as such already. Speaks no language itself.
"""

from datetime import date, datetime

from reminderd.compose.values import LIST_MARK
from reminderd.domain.workdays import COPENHAGEN

MAX_ITEMS = 200


def day(value: object) -> date:
    """Return the civil day of a date or an instant."""
    if isinstance(value, datetime):
        return _civil(value).date()
    if isinstance(value, date):
        return value
    raise TypeError(f"expected a date, found {_kind(value)}")


def moment(value: object) -> datetime:
    """Return an instant as civil time."""
    if isinstance(value, datetime):
        return _civil(value)
    raise TypeError(f"expected a time of day, found {_kind(value)}")


def count(value: object) -> int:
    """Return a whole number; a truth value is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise TypeError(f"expected a whole number, found {_kind(value)}")


def text(value: object) -> str:
    """Return a text."""
    if isinstance(value, str):
        return value
    raise TypeError(f"expected a text, found {_kind(value)}")


def items(value: object) -> tuple[str, ...]:
    """Return a list of texts."""
    if isinstance(value, tuple):
        return value
    raise TypeError(f"expected a list, found {_kind(value)}")


def shortened(value: object, more: str) -> tuple[str, ...]:
    """Return a list's first items; ``more`` says how many were left out, the number in place of ``{}``."""
    all_of_them = items(value)
    left_out = len(all_of_them) - MAX_ITEMS
    return (*all_of_them[:MAX_ITEMS], more.format(left_out)) if left_out > 0 else all_of_them


def bulleted(lines: tuple[str, ...]) -> str:
    """Return the lines as items of a list; the line end after the last one ends the list."""
    return "".join(f"{LIST_MARK} {line}\n" for line in lines)


def enumerated(words: tuple[str, ...], conjunction: str) -> str:
    """Return ``'a, b og c'`` with the conjunction given."""
    *head, last = words or ("",)
    return f"{', '.join(head)} {conjunction} {last}" if head else last


def _civil(value: datetime) -> datetime:
    return value if value.tzinfo is None else value.astimezone(COPENHAGEN)


def _kind(value: object) -> str:
    return "no value" if value is None else type(value).__name__
