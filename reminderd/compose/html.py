"""The HTML side of a mail: the same paragraphs, escaped, inside one calm layout.

Everything that comes from a wording is escaped here; the layout file only says how it looks. No
image, no link, no script, nothing that a reader's program would have to fetch.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from reminderd.compose.filters import LANGUAGES, Language
from reminderd.compose.gate import does_something
from reminderd.compose.sandbox import Snippet, compile_snippet, nearest
from reminderd.compose.wordingfile import Block, Items, Paragraph, read_source, version_of
from reminderd.errors import WordingError

LAYOUT_NAMES = ("subject", "body", "footer", "language")
_PARAGRAPH = Markup("<p>{}</p>")
_ITEM = Markup("<li>{}</li>")
_MARKS = {"body": "the-body-stands-here", "footer": "the-footer-stands-here"}
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LIST = Markup("<ul>{}</ul>")


@dataclass(frozen=True, slots=True)
class Layout:
    """A compiled ``layout.html``."""

    snippet: Snippet
    version: str

    def render(
        self, subject: str, body: Sequence[Block], footer: Sequence[Block], language: Language = "da"
    ) -> str:
        """Return the whole document; raises WordingError with file and line."""
        return self.snippet.render(
            {"subject": subject, "body": markup(body), "footer": markup(footer), "language": language}
        )


def load_layout(path: Path) -> Layout:
    """Read and compile a layout that shows body and footer; raises WordingError with file and line."""
    source = read_source(path)
    snippet = compile_snippet(source, str(path), html=True)
    for name, line in snippet.names.items():
        if name not in LAYOUT_NAMES:
            cure = nearest(name, LAYOUT_NAMES) or f"a layout knows {', '.join(LAYOUT_NAMES)}"
            raise WordingError(f"there is no value {name!r} in a layout", where=f"{path}:{line}", cure=cure)
    if does_something(source):
        cure = "a layout only says how text looks: no script, form, link, image or font"
        raise WordingError("the layout runs, fetches or leads to something", where=str(path), cure=cure)
    layout = Layout(snippet, version_of(source))
    _must_show_everything(layout, path)
    return layout


def _must_show_everything(layout: Layout, path: Path) -> None:
    """Refuse a layout that would send mails without their text or without saying who they come from."""
    for language in LANGUAGES:
        text = layout.render(
            "subject", (Paragraph(_MARKS["body"]),), (Paragraph(_MARKS["footer"]),), language
        )
        shown = _COMMENT.sub("", text)
        for name, mark in _MARKS.items():
            if mark not in shown:
                what = f"the layout does not show the {name} (language {language!r})"
                raise WordingError(what, where=str(path), cure=f"put {{{{ {name} }}}} where it belongs")


def markup(blocks: Sequence[Block]) -> Markup:
    """Return the paragraphs as ``<p>`` and ``<ul>``, every text escaped."""
    return Markup("\n").join(_one(block) for block in blocks)


def _one(block: Block) -> Markup:
    match block:
        case Paragraph(text):
            return _PARAGRAPH.format(text)
        case Items(lines):
            return _LIST.format(Markup("").join(_ITEM.format(line) for line in lines))
