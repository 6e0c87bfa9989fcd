"""A case database in SQLite: read-only in earnest, one moment, whatever stands in it."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from reminderd.casedb.source import open_source
from reminderd.casedb.sql import SqlSource
from reminderd.casedb.synthetic import build, write_sqlite
from reminderd.domain.cases import Finding, Snapshot
from reminderd.errors import ReminderdError, SourceContractError, SourceUnavailableError


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "en mappe med æ" / "sag?.db"
    path.parent.mkdir()
    write_sqlite(build(history=False), path)
    return path


def source(path: Path, **selects: str) -> SqlSource:
    return SqlSource(make_url("sqlite://").set(database=str(path)), selects=selects)


def change(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, values)
    connection.close()


def refusal(path: Path, kind: type[ReminderdError], **selects: str) -> str:
    with pytest.raises(kind) as caught:
        source(path, **selects).read()
    return str(caught.value)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM sag_forloeb",
        "UPDATE sag_borger SET mail = NULL",
        "CREATE TABLE x (y)",
        "CREATE TEMP TABLE x (y)",
        "DROP VIEW rd_forloeb",
    ],
)
def test_nothing_can_be_written_over_the_sources_own_connection(database: Path, statement: str) -> None:
    before = database.read_bytes()
    with source(database).connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(text(statement))
    assert before == database.read_bytes()


def test_not_even_a_pragma_makes_the_connection_write(database: Path) -> None:
    with source(database).connect() as connection:
        connection.execute(text("PRAGMA query_only = OFF"))
        with pytest.raises(OperationalError, match="readonly"):
            connection.execute(text("DELETE FROM sag_forloeb"))


def test_a_missing_file_is_unavailable_and_never_made(tmp_path: Path) -> None:
    assert "there is no such database file" in refusal(tmp_path / "sag.db", SourceUnavailableError)
    assert [] == list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "sag.db").write_text("Dette er ikke en database. " * 99, encoding="utf-8")
    assert "(DatabaseError)" in refusal(tmp_path / "sag.db", SourceUnavailableError)


def test_all_views_are_read_as_of_one_moment(database: Path) -> None:
    change(database, "PRAGMA journal_mode = WAL")
    with source(database).connect() as connection:
        people = connection.execute(text("SELECT count(*) FROM rd_borger")).scalar_one()
        change(database, "DELETE FROM sag_borger")
        change(database, "DELETE FROM sag_forloeb")
        assert people == connection.execute(text("SELECT count(*) FROM rd_forloeb")).scalar_one()
    assert {} == source(database).read().forloeb


def test_a_missing_required_view_is_named(database: Path) -> None:
    change(database, "DROP VIEW rd_tilknytning")
    assert "required view rd_tilknytning is missing" in refusal(database, SourceContractError)


def test_a_missing_column_is_named_also_in_an_optional_view(database: Path) -> None:
    change(database, "DROP VIEW rd_plan")
    change(
        database,
        "CREATE VIEW rd_plan AS SELECT plan_id, forloeb_id, plantype, gaelder_fra, gaelder_til FROM sag_plan",
    )
    assert "view rd_plan lacks column interval_mdr" in refusal(database, SourceContractError)


def test_a_view_whose_table_is_gone_is_named(database: Path) -> None:
    change(database, "DROP TABLE sag_plan")
    assert "rd_plan cannot be read" in refusal(database, SourceContractError)


def test_a_select_of_its_own_takes_a_views_place(database: Path) -> None:
    expected = source(database).read()
    change(database, "DROP VIEW rd_enhed")
    words = "SELECT e.*, '12:30' AS aabent, 5 % 2 AS rest FROM sag_enhed e -- alle enheder\n;"
    assert expected == source(database, rd_enhed=words).read()


def test_a_select_that_is_wrong_is_named(database: Path) -> None:
    told = refusal(database, SourceContractError, rd_enhed="SELECT * FROM findes_ikke")
    assert "rd_enhed cannot be read" in told


def test_a_select_without_a_column_is_named(database: Path) -> None:
    told = refusal(
        database, SourceContractError, rd_enhed="SELECT enhed_id, navn, leder_id, adresse FROM sag_enhed"
    )
    assert "view rd_enhed lacks column faelles_mail" in told


def test_bytes_that_are_no_text_cost_one_row(database: Path) -> None:
    change(database, "UPDATE sag_borger SET initialer = CAST(x'C6D8' AS TEXT) WHERE borger_id = 'B-00071'")
    snapshot = source(database).read()
    assert Finding("rd_borger", "B-00071", "initialer", "holds control characters") == snapshot.findings[0]
    assert 70 == len(snapshot.borgere)


def test_a_poisoned_cell_of_any_kind_costs_one_row(database: Path) -> None:
    for value in (b"\x00", 1e308, float("inf"), 2**62, "x" * 1_000_000):
        change(database, "UPDATE sag_borger SET foedselsdato = ? WHERE borger_id = 'B-00071'", value)
        snapshot = source(database).read()
        assert 70 == len(snapshot.borgere)
        assert ("rd_borger", "B-00071", "foedselsdato") == (
            snapshot.findings[0].view,
            snapshot.findings[0].row_id,
            snapshot.findings[0].column,
        )


def test_an_address_with_a_relative_path_is_found(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(database.parent)
    (database.parent / "sag.db").write_bytes(database.read_bytes())
    snapshot: Snapshot = open_source("sqlite:///sag.db").read()
    assert 71 == len(snapshot.forloeb)


def test_raw_rows_are_streamed_unchecked(database: Path) -> None:
    change(database, "UPDATE sag_forloeb SET status = '?'")
    assert 71 == sum(1 for _ in source(database).raw_rows("rd_forloeb"))
