"""Data that goes into a text stays data: one line, no hidden characters, of bounded length.

Every string fact passes here before a template sees it, and every text passes here again before
it becomes a header or a calendar property. Nothing here knows what a value means.
"""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime

# What a template can be given.
Data = str | int | bool | date | datetime | tuple[str, ...] | None

MAX_CHARS = 500
MAX_ITEM_CHARS = 200
# Cc control, Cf format (bidi overrides, zero-width joiners, soft hyphen), Cs lone surrogate, Co private use.
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co"})
LIST_MARK = "·"


def single_line(text: str, limit: int = MAX_CHARS) -> str:
    """Return ``text`` on one line, without invisible characters, at most ``limit`` characters.

    White space of any kind, line and paragraph separators included, becomes single spaces. A
    text that is cut ends in an ellipsis.
    """
    if not text.isprintable() or text != text.strip() or "  " in text:
        spaced = " ".join(text.split())
        text = "".join(char for char in spaced if unicodedata.category(char) not in _DROPPED)
        text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def as_data(facts: Mapping[str, Data]) -> dict[str, Data]:
    """Return the facts with every string made safe to insert; other values stay as they are.

    An item of a list is at most 200 characters long, and one with nothing visible in it is left out.
    """
    return {name: _safe(value) for name, value in facts.items()}


def _safe(value: Data) -> Data:
    match value:
        case str():
            return _unmarked(value, MAX_CHARS)
        case tuple():
            return tuple(item for item in (_unmarked(item, MAX_ITEM_CHARS) for item in value) if item)
        case _:
            return value


def _unmarked(text: str, limit: int) -> str:
    # A leading list mark would turn a paragraph into a list: that is for the wording to say.
    return single_line(text, limit).lstrip(LIST_MARK + " ")
