"""Opens the case source that a URL names: a database, or a folder of CSV files.

What others in the house need of this room: :class:`CaseSource` and :func:`open_source`. It knows how
to choose, and nothing about how a source is read.
"""

import codecs
import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from reminderd.casedb.contract import BY_NAME, SENTINEL_DATES
from reminderd.casedb.csv_folder import ENCODINGS, CsvFolder
from reminderd.casedb.rows import RawRow
from reminderd.casedb.sql import KNOWN_URLS, NO_SELECTS, SqlSource
from reminderd.domain.cases import Snapshot
from reminderd.errors import ConfigurationError, Problem

_CSV = "csv:"


class CaseSource(Protocol):
    """Something that can be read as a whole, again and again."""

    def read(self) -> Snapshot:
        """Return one consistent reading.

        Raises SourceUnavailableError where it cannot be read now, SourceContractError where it is
        not what the contract says.
        """
        ...

    def raw_rows(self, view_name: str) -> Iterable[RawRow]:
        """Return one view's rows unchecked, in the contract's column order."""
        ...


def open_source(
    url: str,
    *,
    schema: str | None = None,
    selects: Mapping[str, str] = NO_SELECTS,
    encoding: str = "utf-8",
    sentinel_dates: Collection[date] = SENTINEL_DATES,
    case_numbers: re.Pattern[str] | None = None,
) -> CaseSource:
    """Return the source for a database URL or ``csv:DIR``; nothing is opened before it is read.

    ``schema`` and ``selects`` (view name -> SELECT) are for databases, ``encoding`` for CSV files;
    ``sentinel_dates`` count as NULL; ``case_numbers`` is a form of ``sagsnr`` that is no CPR number.
    Raises ConfigurationError with every problem at once.
    """
    folder = url.removeprefix(_CSV) if url.startswith(_CSV) else None
    problems = [*_select_problems(selects, folder), *_encoding_problems(encoding)]
    database = None
    if folder is None:
        try:
            database = make_url(url)
        except ArgumentError:
            scheme = url.partition(":")[0] if ":" in url else ""
            found = f"{scheme}: is no address of a case source" if scheme else "no address of a case source"
            problems.append(Problem("source.url", found, KNOWN_URLS))
        else:
            problems.extend(_url_problems(database))
    elif not folder:
        problems.append(Problem("source.url", "csv: names no folder", KNOWN_URLS))
    if problems:
        raise ConfigurationError(problems)
    if database is not None:
        return SqlSource(
            database,
            schema=schema,
            selects=selects,
            sentinel_dates=sentinel_dates,
            case_numbers=case_numbers,
        )
    return CsvFolder(
        Path(folder or ""), encoding=encoding, sentinel_dates=sentinel_dates, case_numbers=case_numbers
    )


def _url_problems(url: URL) -> list[Problem]:
    if url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}:
        return [Problem("source.url", "names no database file", KNOWN_URLS)]
    return []


def _select_problems(selects: Mapping[str, str], folder: str | None) -> list[Problem]:
    if folder is not None and selects:
        return [Problem("source.selects", "CSV files cannot be selected from", "Leave it out with csv:DIR.")]
    problems = []
    for name, words in selects.items():
        if name not in BY_NAME:
            near = difflib.get_close_matches(name, BY_NAME, 1)
            cure = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(BY_NAME)}."
            problems.append(Problem(f"source.selects.{name}", "is no view of the contract", cure))
        elif not words.strip(" ;\n\t"):
            problems.append(Problem(f"source.selects.{name}", "is empty", "Give it a SELECT."))
    return problems


def _encoding_problems(encoding: str) -> list[Problem]:
    try:
        known = codecs.lookup(encoding).name.removesuffix("-sig") in ENCODINGS
    except LookupError:
        known = False
    cure = f"Known are {' and '.join(ENCODINGS)}."
    return [] if known else [Problem("source.encoding", f"{encoding!r} is no encoding for CSV files", cure)]
