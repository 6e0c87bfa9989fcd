"""A TOML file with the lines its keys stand on.

The parser of the standard library gives values without places; this adds them by a second, shallow
reading of a text that is known to be valid. Knows nothing of which keys there should be.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reminderd.errors import ConfigurationError, Problem

Key = tuple[str | int, ...]
NOWHERE = 1_000_000_000  # sorts what has no line behind what has one

_TOKEN = re.compile(
    r"""(?P<text>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
      | (?P<bare>[A-Za-z0-9_-]+)
      | (?P<mark>[\[\]{}=])
      | (?P<end>\n)
      | (?P<skip>\#[^\n]*|.)""",
    re.VERBOSE | re.DOTALL,
)
_POSITION = re.compile(r"(?P<what>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TomlFile:
    """What a file says (lists as tuples), and on which line each key stands."""

    path: Path
    data: dict[str, Any]
    lines: Mapping[Key, int] = field(repr=False)

    def line(self, key: Key) -> int | None:
        """Return the line of the key, or of the nearest table around it."""
        for length in range(len(key), 0, -1):
            if key[:length] in self.lines:
                return self.lines[key[:length]]
        return None

    def place(self, key: Key, title: str) -> str:
        """Return ``file:line: title`` for a problem, without the line where there is none."""
        line = self.line(key)
        return f"{self.path}: {title}" if line is None else f"{self.path}:{line}: {title}"


def read_toml(path: Path, *, cure: str) -> TomlFile:
    """Read a file; raises ConfigurationError with its place (``cure`` where it cannot be read)."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigurationError([Problem(str(path), f"cannot be read: {error.strerror}", cure)]) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = Problem(f"{path}:{line}", "not written in UTF-8", "save the file as UTF-8")
        raise ConfigurationError([problem]) from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([_syntax_problem(path, text, str(error))]) from error
    return TomlFile(path, tupled(data), key_lines(text))


def tupled(value: Any) -> Any:
    """Return the value with every list as a tuple."""
    if isinstance(value, dict):
        return {key: tupled(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(tupled(item) for item in value)
    return value


def _syntax_problem(path: Path, text: str, message: str) -> Problem:
    match = _POSITION.fullmatch(message)
    line, column = (match["line"], match["column"]) if match else (str(text.count("\n") + 1), "1")
    what = match["what"] if match else message
    cure = "text values need quotes" if "value" in what.lower() else ""
    return Problem(f"{path}:{line}:{column}", f"this is not TOML: {what}", cure)


def key_lines(text: str) -> dict[Key, int]:
    """Return the line of every table and key of a valid TOML text; the first where there are several."""
    lines: dict[Key, int] = {}
    lengths: dict[Key, int] = {}
    table: Key = ()
    for line, tokens in _statements(text.replace("\r\n", "\n")):
        names = list(_names(tokens))
        if tokens[0] != "[":
            key = (*table, *names)
        else:
            parent = _resolved(names[:-1], lengths)
            key = table = (*parent, names[-1])
            if tokens[1] == "[":
                lines.setdefault(table, line)
                lengths[table] = lengths.get(table, 0) + 1
                key = table = (*table, lengths[table] - 1)
        for length in range(1, len(key) + 1):
            lines.setdefault(key[:length], line)
    return lines


def _statements(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each header or assignment with its line; a value may go over several."""
    tokens: list[str] = []
    line = start = 1
    depth = 0
    for match in _TOKEN.finditer(text + "\n"):
        token = match[0]
        if match.lastgroup == "end" and depth == 0 and tokens:
            yield start, tokens
            tokens = []
        elif match.lastgroup in {"text", "bare", "mark"}:
            start = start if tokens else line
            tokens.append(token)
            depth += (token in ("[", "{")) - (token in ("]", "}"))
        line += token.count("\n")


def _names(tokens: list[str]) -> Iterator[str]:
    """Yield the parts of the key that a statement begins with."""
    for part in tokens:
        if part in ("=", "]"):
            return
        if part != "[":
            yield part[1:-1] if part[0] in "\"'" else part


def _resolved(names: list[str], lengths: Mapping[Key, int]) -> Key:
    """Return the path of a table, with the number of the element where it goes through a list."""
    key: Key = ()
    for name in names:
        key = (*key, name)
        if key in lengths:
            key = (*key, lengths[key] - 1)
    return key
