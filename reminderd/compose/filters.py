"""The filters that a wording may use, in each language that wordings are written in.

The names are the same in all of them, so a translated wording keeps its placeholders. Those that
speak no language stand here. Knows no wording and no rule.
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Literal, get_args

from reminderd.compose import danish, english, given

Language = Literal["da", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
Filters = Mapping[str, Callable[..., Any]]


def antal(items: tuple[str, ...]) -> int:
    """Return how many there are, those beyond the first 200 included."""
    return len(given.items(items))


def stort(text: str) -> str:
    """Return the text with its first letter in upper case and the rest untouched."""
    return given.text(text)[:1].upper() + text[1:]


def i_parentes(text: str | None) -> str:
    """Return ``' (AB)'`` with its leading space, or nothing where there is no value."""
    return f" ({given.text(text)})" if text else ""


_SPOKEN = (
    "dato_lang",
    "dato_kort",
    "ugedag_dato",
    "tid",
    "klokken",
    "antal_dage",
    "om_dage",
    "siden",
    "hvornaar",
    "punkter",
    "opremset",
)


def _filters(words: ModuleType) -> Filters:
    spoken = {name: getattr(words, name) for name in _SPOKEN}
    return spoken | {filter_.__name__: filter_ for filter_ in (antal, stort, i_parentes)}


FILTERS: Mapping[Language, Filters] = {"da": _filters(danish), "en": _filters(english)}
