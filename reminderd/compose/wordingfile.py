"""One wording file, read and compiled: its header lines and its paragraphs.

The form is plain: ``Emne:`` and perhaps ``Kalender:``, a blank line, then paragraphs with blank lines
between them; a line that begins with ``· `` is an item of a list, and so is every item of a list
value. What went wrong is raised with its line, for that file alone.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reminderd.compose.filters import Language
from reminderd.compose.sandbox import Snippet, compile_snippet
from reminderd.compose.values import LIST_MARK, single_line
from reminderd.errors import WordingError

MAX_FILE_BYTES = 64 * 1024
MAX_SUBJECT_CHARS = 200
SUBJECT = "Emne"
CALENDAR = "Kalender"
ITEM = LIST_MARK + " "
# A calendar is looked into by others, so its title tells nothing about a person or a case; and what
# changes with the day the mail goes out would make a new revision of the entry every day.
PERSONAL = frozenset(
    {
        "sagsnr",
        "sagsnumre",
        "initialer",
        "stedfortraeder_for",
        "leder_navn",
        "kontaktperson_navn",
        "kp_fornavn",
        "kp_telefon",
        "stedfortraedelser",
        "de_andre_roller",
        "hvorfor",
    }
)
# A subject is read by whoever sees the telephone: the case's number may stand there, a person may not.
NOT_IN_SUBJECTS = PERSONAL - {"sagsnr", "sagsnumre", "de_andre_roller"}
FLEETING = frozenset(
    {
        "sendedag",
        "data_pr",
        "dage",
        "antal",
        "antal_sendt",
        "antal_uden_mail",
        "ledige",
        "foer_varsel",
        "afsender_navn",
        "kalenderfil",
        "diagram",
        "beder_om_svar",
        "svar_laeses",
    }
)
_BARRED = {SUBJECT: NOT_IN_SUBJECTS, CALENDAR: PERSONAL | FLEETING}
_HEADER = re.compile(r"(?P<name>[A-ZÆØÅ][a-zæøå]+):(?:[ \t]+(?P<text>.*))?")
_LISTED = re.compile(r"\|\s*punkter\b")
_LIST_ALONE = re.compile(r"\s*\{\{\s*\w+\s*\|\s*punkter\s*\}\}\s*")
_COMMENT = re.compile(r"\{#.*#\}")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text, on one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list, one line each."""

    lines: tuple[str, ...]


Block = Paragraph | Items


@dataclass(frozen=True, slots=True)
class WordingFile:
    """A compiled wording file; ``subject`` is None for a part such as the footer."""

    path: str
    version: str
    subject: Snippet | None
    calendar: Snippet | None
    body: Snippet

    @property
    def names(self) -> dict[str, int]:
        """Every value the file uses, with the first line that uses it."""
        found: dict[str, int] = {}
        for snippet in (self.subject, self.calendar, self.body):
            for name, line in snippet.names.items() if snippet else ():
                found.setdefault(name, line)
        return found

    def blocks(self, values: Mapping[str, object]) -> tuple[Block, ...]:
        """Return the paragraphs with the values in them; raises WordingError where nothing is left."""
        blocks = _blocks(self.body.render(values))
        if not blocks:
            raise WordingError("the wording has no text with these values", where=self.path)
        return blocks

    def heading(self, snippet: Snippet | None, name: str, values: Mapping[str, object]) -> str:
        """Return a header line with the values in it, single-lined; raises WordingError where it is empty.

        Initials, names and whatever else others must not see are not in its reach.
        """
        if snippet is None:
            cure = f"write '{name}: …' above the first blank line"
            raise WordingError(f"the wording has no line '{name}:'", where=f"{self.path}:1", cure=cure)
        barred = _BARRED[name]
        within = {each: value for each, value in values.items() if each not in barred}
        text = single_line(snippet.render(within), MAX_SUBJECT_CHARS)
        if not text:
            raise WordingError(f"the line '{name}:' is empty with these values", where=self.path)
        return text


def read_source(path: Path) -> str:
    """Return the file's text with LF line ends; raises WordingError."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        where = f"{path}:{line}"
        raise WordingError("the file is not UTF-8", where=where, cure="save it as UTF-8") from error
    except OSError as error:
        what = f"the file cannot be read: {error.strerror}"
        raise WordingError(what, where=str(path), cure="check that the service may read it") from error
    if len(raw) > MAX_FILE_BYTES:
        what = f"the file is larger than {MAX_FILE_BYTES} bytes"
        raise WordingError(what, where=str(path), cure="a wording is a few paragraphs")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def version_of(source: str) -> str:
    """Return 16 hexadecimal digits that change with every change of the text."""
    return hashlib.blake2b(source.encode(), digest_size=8).hexdigest()


def load_wording(path: Path, language: Language = "da") -> WordingFile:
    """Read and compile the wording of a kind; raises WordingError with file and line."""
    source = read_source(path)
    lines = source.split("\n")
    _keep_lists_apart(lines, str(path))
    headers, body_line = _read_headers(lines, str(path))
    if SUBJECT not in headers:
        cure = f"the file begins with '{SUBJECT}: …'"
        raise WordingError(f"the wording has no line '{SUBJECT}:'", where=f"{path}:1", cure=cure)
    body = "\n".join(lines[body_line - 1 :])
    if not body.strip():
        raise WordingError("the wording has no text below its header lines", where=f"{path}:{body_line}")
    snippets = {
        name: compile_snippet(text, str(path), line, language=language)
        for name, (text, line) in headers.items()
    }
    calendar = snippets.get(CALENDAR)
    _keep_neutral(calendar, CALENDAR)
    _keep_neutral(snippets[SUBJECT], SUBJECT)
    return WordingFile(
        str(path),
        version_of(source),
        snippets[SUBJECT],
        calendar,
        compile_snippet(body, str(path), body_line, language=language),
    )


def load_part(path: Path, language: Language = "da") -> WordingFile:
    """Read and compile paragraphs without header lines (footer, deputy); raises WordingError."""
    source = read_source(path)
    _keep_lists_apart(source.split("\n"), str(path))
    body = compile_snippet(source, str(path), language=language)
    return WordingFile(str(path), version_of(source), None, None, body)


def _read_headers(lines: list[str], path: str) -> tuple[dict[str, tuple[str, int]], int]:
    headers: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() and headers:
            return headers, number + 1
        if not line.strip() or _COMMENT.fullmatch(line.strip()):
            continue
        where = f"{path}:{number}"
        match = _HEADER.fullmatch(line)
        if match is None or match["name"] not in {SUBJECT, CALENDAR}:
            cure = f"first '{SUBJECT}: …', perhaps '{CALENDAR}: …', then a blank line, then the text"
            raise WordingError("this is not a header line", where=where, cure=cure)
        if match["name"] in headers:
            raise WordingError(f"'{match['name']}:' stands here twice", where=where, cure="keep one")
        headers[match["name"]] = (match["text"] or "", number)
    return headers, len(lines) + 1


def _keep_lists_apart(lines: list[str], path: str) -> None:
    for number, line in enumerate(lines, start=1):
        said = _COMMENT.sub("", line)
        if _LISTED.search(said) and not _LIST_ALONE.fullmatch(said):
            cure = "write '{{ value | punkter }}' on a line of its own, or use 'opremset' inside a sentence"
            raise WordingError("a list of items stands in a sentence", where=f"{path}:{number}", cure=cure)


def _keep_neutral(snippet: Snippet | None, header: str) -> None:
    if snippet is None:
        return
    place = "a calendar's title" if header == CALENDAR else "a subject"
    for name, line in snippet.names.items():
        if name in _BARRED[header]:
            why = "others may see it" if name in PERSONAL else "it changes from day to day"
            what = f"{name!r} must not stand in {place}: {why}"
            cure = f"keep '{header}:' neutral; the mail tells the rest"
            raise WordingError(what, where=f"{snippet.path}:{line}", cure=cure)


def _blocks(text: str) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for chunk in re.split(r"\n[ \t]*\n", text):
        running: list[str] = []
        items: list[str] = []
        for line in (raw.strip() for raw in chunk.split("\n")):
            if line.startswith(ITEM):
                items.append(line.removeprefix(ITEM).strip())
            elif line and items:
                items[-1] = f"{items[-1]} {line}"
            elif line:
                running.append(line)
        if running:
            blocks.append(Paragraph(" ".join(running)))
        if items:
            blocks.append(Items(tuple(items)))
    return tuple(blocks)
