"""A folder of CSV files with the contract's names: ``csv:DIR``.

Delimiter ``;``, a header line, UTF-8 (with or without a mark at its beginning) or declared cp1252.
One bad line costs one row. A file that changes while it is read fails the reading, because half a
delivery is not the truth. It knows the files' form only; what the cells mean is for ``rows``.
"""

import codecs
import csv
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any

from reminderd.casedb.contract import BY_NAME, SENTINEL_DATES, View
from reminderd.casedb.rows import RawRow
from reminderd.casedb.snapshot import assemble
from reminderd.domain.cases import Finding, Snapshot
from reminderd.errors import SourceContractError, SourceUnavailableError

DELIMITER = ";"
ENCODINGS = ("utf-8", "cp1252")


class CsvFolder:
    """The case source that reads a folder of CSV files afresh every time."""

    def __init__(
        self,
        folder: Path,
        *,
        encoding: str = "utf-8",
        sentinel_dates: Collection[date] = SENTINEL_DATES,
        case_numbers: re.Pattern[str] | None = None,
    ) -> None:
        self._folder = folder
        self._encoding = encoding
        self._sentinel_dates = sentinel_dates
        self._case_numbers = case_numbers

    def read(self) -> Snapshot:
        """Read every file once; see :func:`reminderd.casedb.snapshot.assemble` for the errors."""
        files = self._files()
        before = _state(files)
        try:
            snapshot = assemble(
                _Folder(self._folder, files, self._encoding), self._sentinel_dates, self._case_numbers
            )
        except OSError as error:
            raise _unreadable(self._folder, error) from error
        if _state(self._files()) != before:
            raise SourceUnavailableError(
                "the CSV files changed while they were read",
                where=str(self._folder),
                cure="Deliver into another folder on the same disk and rename it when it is complete.",
            )
        return snapshot

    def raw_rows(self, view_name: str) -> Iterator[RawRow]:
        """Stream one view's rows unchecked, in the contract's column order."""
        return _Folder(self._folder, self._files(), self._encoding).rows(BY_NAME[view_name])

    def _files(self) -> dict[str, Path]:
        """Return view name -> file; the names' case does not matter."""
        try:
            found = sorted(path for path in self._folder.iterdir() if path.suffix.lower() == ".csv")
        except OSError as error:
            raise _unreadable(self._folder, error) from error
        files: dict[str, Path] = {}
        for path in found:
            name = path.stem.lower()
            if name in files:
                raise SourceContractError(
                    f"{files[name].name} and {path.name} are the same view",
                    where=str(self._folder),
                    cure="Keep the one that is meant.",
                )
            files[name] = path
        return files


class _Folder:
    """One reading of the folder, for :func:`assemble`."""

    def __init__(self, folder: Path, files: Mapping[str, Path], encoding: str) -> None:
        self.where = str(folder)
        self._files = files
        self._encoding = encoding

    def columns(self, view: View[Any]) -> Collection[str] | None:
        path = self._files.get(view.name)
        return None if path is None else self._header(path, next(self._lines(path), ""))

    def rows(self, view: View[Any]) -> Iterator[RawRow]:
        path = self._files[view.name]
        lines = self._lines(path)
        header = self._header(path, next(lines, ""))
        wanted = itemgetter(*[header.index(name) for name in view.column_names])
        for number, line in enumerate(lines, 2):
            if not line:
                continue
            try:
                cells = _cells(line)
            except csv.Error:
                yield Finding(
                    view.name,
                    f"line {number}",
                    "",
                    "cannot be split into cells: a quotation mark is missing or misplaced",
                )
                continue
            if len(cells) != len(header):
                reason = f"has {len(cells)} cells, the header has {len(header)}"
                yield Finding(view.name, f"line {number}", "", reason)
            else:
                yield wanted(cells)

    def _header(self, path: Path, line: str) -> list[str]:
        try:
            header = [name.strip().lower() for name in _cells(line)]
        except csv.Error:
            header = []
        doubled = sorted({name for name in header if name and header.count(name) > 1})
        if doubled:
            raise SourceContractError(
                f"the header has {', '.join(doubled)} twice", where=str(path), cure="Name every column once."
            )
        if not any(header):
            raise SourceContractError(
                "the file has no header line",
                where=str(path),
                cure=f"Begin the file with the column names, with '{DELIMITER}' between them.",
            )
        return header

    def _lines(self, path: Path) -> Iterator[str]:
        """Decode line by line, so that an error can say where it stands."""
        with path.open("rb") as file:
            marked = file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
            if not marked:
                file.seek(0)
            encoding = "utf-8" if marked else self._encoding
            for number, line in enumerate(file, 1):
                try:
                    yield line.decode(encoding).rstrip("\r\n")
                except UnicodeDecodeError as error:
                    raise SourceContractError(
                        f"line {number} is not {encoding}",
                        where=str(path),
                        cure=f"Declare the files' encoding; known are {' and '.join(ENCODINGS)}.",
                    ) from error


def _cells(line: str) -> list[str]:
    """Split one line; a cell never continues on the next, because no value of the contract may."""
    if '"' not in line:
        return line.split(DELIMITER)
    return next(csv.reader([line], delimiter=DELIMITER, strict=True))


def _state(files: Mapping[str, Path]) -> dict[str, tuple[int, int, int]]:
    try:
        facts = {name: path.stat() for name, path in files.items()}
    except OSError as error:
        raise _unreadable(Path(str(error.filename)), error) from error
    return {name: (fact.st_ino, fact.st_size, fact.st_mtime_ns) for name, fact in facts.items()}


def _unreadable(folder: Path, error: OSError) -> SourceUnavailableError:
    return SourceUnavailableError(
        f"the CSV files cannot be read: {error.strerror}",
        where=str(error.filename or folder),
        cure="Check that the folder exists and that reminderd's user may read it.",
    )
