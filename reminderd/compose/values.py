"""Data that goes into a text stays data: one line, no hidden characters, of bounded length.

Every string fact passes here before a template sees it, and every text passes here again before
it becomes a header or a calendar property. Nothing here knows what a value means.
"""

import unicodedata
from collections.abc import Mapping

from reminderd.domain.notices import Fact

MAX_CHARS = 500
# Cc control, Cf format (bidi overrides, zero-width joiners, soft hyphen), Cs lone surrogate, Co private use.
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co"})
_LIST_MARK = "·"


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


def as_data(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """Return the facts with every string made safe to insert; other values stay as they are."""
    return {
        # A leading list mark would turn a paragraph into a list: that is for the wording to say.
        name: single_line(value).lstrip(_LIST_MARK + " ") if isinstance(value, str) else value
        for name, value in facts.items()
    }
