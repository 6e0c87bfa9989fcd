"""The small language that a wording is written in, and its compiler.

A wording may insert values, pass them through the filters of its language and choose with ``{% if %}``.
That is all: every other construct is refused when the file is read, with its line, so a template
can neither loop, nor call, nor load a file, nor grow without bound. Knows no wording and no fact.
"""

import difflib
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.exceptions import TemplateError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reminderd.compose.filters import FILTERS, LANGUAGES, Language
from reminderd.errors import WordingError

MAX_RENDERED_CHARS = 256 * 1024
_KEPT_SNIPPETS = 512  # two generations of one language's wordings
_SPOKEN = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Filter,
    nodes.Test,
    nodes.Concat,
)
_FILTER_NAMES = tuple(FILTERS["da"])
_CURE = "a wording may use values, filters and {% if %}; see templates/README.md"


def _speakable(value: object) -> object:
    if value is None:
        raise UndefinedError("a value here is unknown (None); put the sentence into {% if name %}")
    if isinstance(value, tuple):
        raise UndefinedError("a value here is a list; pass it through 'punkter', 'opremset' or 'antal'")
    return value


def _environment(language: Language, *, autoescape: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=autoescape,
        finalize=_speakable,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.clear()
    environment.filters = dict(FILTERS[language])
    environment.tests = {"none": lambda value: value is None}
    return environment


_PLAIN = {language: _environment(language, autoescape=False) for language in LANGUAGES}
_HTML = {language: _environment(language, autoescape=True) for language in LANGUAGES}


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the closest known word, or nothing."""
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A compiled piece of a template file, with the names it uses and their first lines."""

    path: str
    names: Mapping[str, int]
    template: Template

    def render(self, values: Mapping[str, object]) -> str:
        """Insert the values; raises WordingError with file and line."""
        try:
            text = self.template.render(values)
        except (TemplateError, TypeError) as error:
            self._blame(error)
        if len(text) > MAX_RENDERED_CHARS:
            raise WordingError(
                f"the text grew beyond {MAX_RENDERED_CHARS} characters",
                where=self.path,
                cure="shorten the wording",
            )
        return text

    def _blame(self, error: Exception) -> NoReturn:
        where = f"{self.path}:{_failing_line(error.__traceback__, self.path)}"
        raise WordingError(f"the wording cannot be filled in: {error}", where=where, cure=_CURE) from error


@lru_cache(maxsize=_KEPT_SNIPPETS)
def compile_snippet(
    source: str, path: str, first_line: int = 1, *, language: Language = "da", html: bool = False
) -> Snippet:
    """Compile ``source``, which begins at ``first_line`` of ``path``; raises WordingError with the line.

    With ``html`` every inserted text is escaped, unless it is markup already. The same text at the same
    place is compiled once, so a reload costs what has changed.
    """
    environment = (_HTML if html else _PLAIN)[language]
    try:
        tree = environment.parse("\n" * (first_line - 1) + source, filename=path)
        names = _inspect(tree, path)
        code = environment.compile(tree, name=path, filename=path)
    except TemplateSyntaxError as error:
        where = f"{path}:{error.lineno}"
        raise WordingError(f"the wording cannot be read: {error.message}", where=where, cure=_CURE) from error
    except RecursionError as error:
        where = f"{path}:{first_line}"
        raise WordingError("the wording is nested too deeply", where=where, cure=_CURE) from error
    return Snippet(path, names, Template.from_code(environment, code, {}))


def _inspect(tree: nodes.Template, path: str) -> dict[str, int]:
    names: dict[str, int] = {}
    for node in _walk(tree):
        where = f"{path}:{node.lineno}"
        if not isinstance(node, _SPOKEN):
            what = f"{type(node).__name__.lower()!r} is not part of the language of wordings"
            raise WordingError(what, where=where, cure=_CURE)
        match node:
            case nodes.Name(name=name):
                names.setdefault(name, node.lineno)
            case nodes.Filter(name=name) if name not in _FILTER_NAMES:
                cure = nearest(name, _FILTER_NAMES) or f"filters: {', '.join(_FILTER_NAMES)}"
                raise WordingError(f"there is no filter {name!r}", where=where, cure=cure)
            case _:
                pass
    return names


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _failing_line(trace: types.TracebackType | None, path: str) -> int:
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
