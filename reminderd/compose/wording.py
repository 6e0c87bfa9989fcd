"""All wordings of an installation in its language, read and compiled once: its own before the shipped.

An operator's file replaces the shipped file of the same name and nothing else. A broken file does
not stop the others: it raises when it is wanted, and ``checking`` finds it before. Facts are put
into words and made safe to insert here, so no caller can forget it. No folder is looked at later.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from reminderd.compose.filters import Language
from reminderd.compose.html import Layout, load_layout
from reminderd.compose.sandbox import nearest
from reminderd.compose.values import as_data
from reminderd.compose.vocabulary import worded
from reminderd.compose.wordingfile import CALENDAR, SUBJECT, Block, WordingFile, load_part, load_wording
from reminderd.domain.notices import Fact
from reminderd.errors import WordingError

LAYOUT = "layout.html"
FOOTER = "footer"
DEPUTY = "deputy"
FOOTER_YOUTH = "footer-youth"
# Not a rule's template: each takes the place of any of them where the finished mail must not go out.
SAFE = "safe"
SAFE_YOUTH = "safe-youth"
STAFF_PARTS = (FOOTER, DEPUTY)
YOUTH_PARTS = (FOOTER_YOUTH,)
PARTS = (*STAFF_PARTS, *YOUTH_PARTS)

_Loaded = TypeVar("_Loaded", WordingFile, Layout)


@dataclass(frozen=True, slots=True)
class Wording:
    """A wording with its values in it; ``calendar_title`` is None where the kind has none."""

    subject: str
    paragraphs: tuple[Block, ...]
    calendar_title: str | None


class Wordings:
    """The templates in force; ``folders`` in order of precedence, the shipped folder last.

    Only files of the ``language`` are looked at: a mail is never in two languages.
    """

    def __init__(self, folders: Sequence[Path], language: Language = "da") -> None:
        self.folders = tuple(folders)
        self.language = language
        self._files: dict[str, WordingFile | WordingError] = {}
        # Backwards, so that the folder with precedence has the last word.
        for folder in reversed(self.folders):
            for path in sorted(folder.glob(f"*/{language}.txt")):
                load = load_part if path.parent.name in PARTS else load_wording
                self._files[path.parent.name] = _kept(partial(load, language=language), path)
        layouts = [path for folder in self.folders if (path := folder / LAYOUT).is_file()]
        self._layout = _kept(load_layout, layouts[0]) if layouts else None

    @property
    def names(self) -> tuple[str, ...]:
        """The kinds that have a wording, broken ones included, in alphabetical order."""
        return tuple(sorted(set(self._files) - set(PARTS)))

    @property
    def layout(self) -> Layout:
        """The HTML layout; raises WordingError if it is broken or missing."""
        if self._layout is None:
            raise WordingError(f"there is no {LAYOUT}", where=self._places(), cure="reinstall the templates")
        return _sound(self._layout)

    def file(self, name: str) -> WordingFile:
        """Return a kind's or a part's compiled file; raises WordingError if it is broken or missing."""
        kept = self._files.get(name)
        if kept is None:
            cure = nearest(name, self.names) or f"write {name}/{self.language}.txt"
            raise WordingError(f"there is no wording {name!r}", where=self._places(), cure=cure)
        return _sound(kept)

    def render(self, template: str, facts: Mapping[str, Fact]) -> Wording:
        """Return the wording with the facts in it; raises WordingError with file and line."""
        file = self.file(template)
        values = self._values(facts)
        return Wording(
            file.heading(file.subject, SUBJECT, values),
            file.blocks(values),
            file.heading(file.calendar, CALENDAR, values) if file.calendar else None,
        )

    def calendar_title(self, template: str, facts: Mapping[str, Fact]) -> str:
        """Return the title for the calendar alone; raises WordingError, also where there is none."""
        file = self.file(template)
        return file.heading(file.calendar, CALENDAR, self._values(facts))

    def part(self, name: str, facts: Mapping[str, Fact]) -> tuple[Block, ...]:
        """Return a shared part (one of ``PARTS``) with the facts in it; raises WordingError."""
        return self.file(name).blocks(self._values(facts))

    def version(self, template: str, shared: Sequence[str] = STAFF_PARTS) -> str:
        """Return 16 hexadecimal digits that change with any file that this kind's mails are made of."""
        parts = [self.file(name).version for name in (template, *shared)]
        return hashlib.blake2b("".join([*parts, self.layout.version]).encode(), digest_size=8).hexdigest()

    def _values(self, facts: Mapping[str, Fact]) -> Mapping[str, object]:
        return as_data(worded(facts, self.language))

    def _places(self) -> str:
        return ", ".join(str(folder) for folder in self.folders)


def _kept(load: Callable[[Path], _Loaded], path: Path) -> _Loaded | WordingError:
    try:
        return load(path)
    except WordingError as error:
        return error


def _sound(kept: _Loaded | WordingError) -> _Loaded:
    if isinstance(kept, WordingError):
        raise WordingError(kept.what, where=kept.where, cure=kept.cure) from kept
    return kept
