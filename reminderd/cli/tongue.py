"""In which language the commands speak: English, or Danish with ``--lang da``.

Whatever a person reads passes here: sentences of the domain (``domain/words``) are said anew from their
pattern and facts, and fixed words are looked up. What is in no list is shown as it is: names of rules, codes
of the contract, and what stands in the ledger as it was written. JSON never passes here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import click

from reminderd.domain.words import ENGLISH, Voice, Words, spoken_by

Lang = Literal["en", "da"]
LANGUAGES: tuple[Lang, ...] = get_args(Lang)
_KEY = "reminderd.lang"


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language: its voice, and what each English pattern is in it. English needs no list."""

    voice: Voice = ENGLISH
    patterns: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, words: object) -> str:
        """Return words in this language; None is nothing."""
        if isinstance(words, Words):
            facts = {name: self._fact(value) for name, value in words.facts.items()}
            return spoken_by(self.voice, self.patterns.get(words.pattern, words.pattern), facts)
        return "" if words is None else self.patterns.get(str(words), str(words))

    def all(self, words: Sequence[object]) -> list[str]:
        """Return several words in this language, for a table's row or head."""
        return [self(word) for word in words]

    def _fact(self, value: Any) -> Any:
        return self(value) if isinstance(value, str) else value


def remember(ctx: click.Context, lang: Lang) -> None:
    """Keep the language that the global option asked for."""
    ctx.meta[_KEY] = lang


def lang_of(ctx: click.Context) -> Lang:
    """Return the language that was asked for."""
    lang: Lang = ctx.meta.get(_KEY, "en")
    return lang


def tongue_of(ctx: click.Context) -> Tongue:
    """Return the language to speak."""
    if lang_of(ctx) != "da":
        return Tongue()
    # The lists and Babel are loaded where somebody asks for them.
    from reminderd.cli.danish import DANISH

    return DANISH
