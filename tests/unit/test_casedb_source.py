"""Which addresses open a case source, and what is said about those that do not."""

import sys
from pathlib import Path

import pytest

from reminderd.casedb.csv_folder import CsvFolder
from reminderd.casedb.source import open_source
from reminderd.casedb.sql import SqlSource
from reminderd.errors import ConfigurationError


def refusal(url: str, **options: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        open_source(url, **options)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize("url", ["sqlite:////srv/sag.db", "postgresql://login@db.example/sag"])
def test_a_database_url_opens_a_database(url: str) -> None:
    assert isinstance(open_source(url), SqlSource)


def test_a_folder_opens_as_csv_files() -> None:
    assert isinstance(open_source("csv:/srv/levering", encoding="windows-1252"), CsvFolder)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "no address of a case source"),
        ("sag.db", "no address of a case source"),
        ("csv:", "csv: names no folder"),
        ("sqlite://", "names no database file"),
        ("sqlite:///:memory:", "names no database file"),
        ("dubu://host/sag", "no database is known by 'dubu'"),
        ("mssql+pymssql://login@host/sag", "the driver pymssql is not installed"),
        ("postgresql+psycopg2://login@host/sag", "Install reminderd[postgresql]"),
    ],
)
def test_an_address_that_opens_nothing_is_refused_with_a_cure(url: str, expected: str) -> None:
    assert expected in refusal(url)


def test_a_driver_that_lacks_a_library_of_the_system_is_refused_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "raise ImportError('libodbc.so.2: cannot open shared object file', name='pyodbc')"
    (tmp_path / "pyodbc.py").write_text(said)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pyodbc", raising=False)
    told = refusal("mssql+pyodbc://login@host/sag")
    assert "the driver pyodbc cannot be loaded: libodbc.so.2" in told
    assert "unixodbc" in told


def test_a_refusal_never_shows_the_password() -> None:
    assert "hemmelig" not in refusal("dubu://login:hemmelig@host/sag")


def test_every_problem_is_told_at_once() -> None:
    told = refusal("csv:", encoding="ebcdic", selects={"rd_borger": "SELECT 1"})
    assert told.startswith("configuration: 3 problems")


def test_a_select_for_a_view_that_is_none_is_refused_with_the_nearest() -> None:
    assert "Did you mean rd_forloeb?" in refusal("sqlite:///sag.db", selects={"rd_forlob": "SELECT 1"})


def test_an_empty_select_is_refused() -> None:
    assert "is empty" in refusal("sqlite:///sag.db", selects={"rd_forloeb": " ; "})
