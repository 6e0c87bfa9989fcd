"""A case database on a real PostgreSQL: the same values, read-only in earnest, one moment, bounded."""

import gc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, NullPool, create_engine, text
from sqlalchemy.exc import InternalError

from reminderd.casedb.source import open_source
from reminderd.casedb.sql import SqlSource
from reminderd.casedb.synthetic import build, write_csv, write_sql, write_sqlite
from reminderd.domain.cases import Snapshot
from reminderd.errors import ReminderdError, SourceContractError, SourceUnavailableError


@pytest.fixture
def owner(postgresql_url: URL) -> Iterator[Engine]:
    """The case system's own access, which may write."""
    engine = create_engine(postgresql_url, poolclass=NullPool)
    write_sql(build(history=False), engine)
    yield engine
    engine.dispose()


def change(owner: Engine, *statements: str) -> None:
    with owner.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def refusal(source: SqlSource, kind: type[ReminderdError]) -> str:
    with pytest.raises(kind) as caught:
        source.read()
    return str(caught.value)


@pytest.mark.parametrize("with_faults", [False, True], ids=["good", "faulty"])
def test_every_kind_of_source_says_the_same(owner: Engine, tmp_path: Path, with_faults: bool) -> None:
    tables = build(with_faults=with_faults, history=False)
    write_sql(tables, owner)
    write_sqlite(tables, tmp_path / "sag.db")
    write_csv(tables, tmp_path / "csv")
    expected: Snapshot = open_source(owner.url.render_as_string(hide_password=False)).read()
    assert 71 + with_faults == len(expected.forloeb)
    assert expected == open_source(f"sqlite:///{tmp_path / 'sag.db'}").read()
    assert expected == open_source(f"csv:{tmp_path / 'csv'}").read()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM fagsystem.sag_forloeb",
        "CREATE TABLE x (y int)",
        "DROP VIEW reminderd_v1.rd_forloeb",
        "SELECT nextval('taeller')",
    ],
)
def test_not_even_a_superuser_writes_over_the_sources_connection(owner: Engine, statement: str) -> None:
    change(owner, "CREATE SEQUENCE IF NOT EXISTS taeller")
    with SqlSource(owner.url).connect() as connection, pytest.raises(InternalError, match="read-only"):
        connection.execute(text(statement))


def test_the_session_is_read_only_beyond_the_transaction(owner: Engine) -> None:
    with SqlSource(owner.url).connect() as connection:
        assert "on" == connection.execute(text("SHOW default_transaction_read_only")).scalar_one()
        assert "repeatable read" == connection.execute(text("SHOW transaction_isolation")).scalar_one()


def test_all_views_are_read_as_of_one_moment(owner: Engine) -> None:
    with SqlSource(owner.url).connect() as connection:
        people = connection.execute(text("SELECT count(*) FROM reminderd_v1.rd_borger")).scalar_one()
        change(owner, "DELETE FROM fagsystem.sag_borger", "DELETE FROM fagsystem.sag_forloeb")
        cases = connection.execute(text("SELECT count(*) FROM reminderd_v1.rd_forloeb")).scalar_one()
        assert people == cases
    assert {} == SqlSource(owner.url).read().forloeb


def test_a_date_that_no_program_can_hold_costs_one_row(owner: Engine) -> None:
    change(
        owner,
        "UPDATE fagsystem.sag_forloeb SET slut_planlagt = 'infinity' WHERE forloeb_id = 'F-00007'",
        "UPDATE fagsystem.sag_forloeb SET slut_planlagt = '0044-03-15 BC' WHERE forloeb_id = 'F-00008'",
    )
    snapshot = SqlSource(owner.url).read()
    assert 69 == len(snapshot.forloeb)
    assert [("F-00007", "slut_planlagt"), ("F-00008", "slut_planlagt")] == [
        (found.row_id, found.column) for found in snapshot.findings if found.view == "rd_forloeb"
    ]


def test_a_column_with_an_offset_is_named(owner: Engine) -> None:
    change(
        owner,
        "DROP VIEW reminderd_v1.rd_moede",
        "CREATE VIEW reminderd_v1.rd_moede AS "
        "SELECT moede_id, moedetype, tid::timestamptz AS tid, sted, enhed_id FROM fagsystem.sag_moede",
    )
    snapshot = SqlSource(owner.url).read()
    assert () == snapshot.moeder
    assert {"is not local time as YYYY-MM-DD HH:MM:SS without offset"} == {
        found.reason for found in snapshot.findings
    }


def test_the_views_of_another_schema_are_read_when_it_is_named(owner: Engine) -> None:
    expected = SqlSource(owner.url).read()
    change(
        owner, "DROP SCHEMA IF EXISTS sag_visning CASCADE", "ALTER SCHEMA reminderd_v1 RENAME TO sag_visning"
    )
    assert "required view rd_meta is missing" in refusal(SqlSource(owner.url), SourceContractError)
    assert expected == SqlSource(owner.url, schema="sag_visning").read()


def test_a_select_of_its_own_takes_a_views_place(owner: Engine) -> None:
    expected = SqlSource(owner.url).read()
    change(owner, "DROP VIEW reminderd_v1.rd_plan")
    words = "SELECT p.*, now()::date AS i_dag, '100 %' AS procent FROM fagsystem.sag_plan p;"
    assert expected == SqlSource(owner.url, selects={"rd_plan": words}).read()


def test_a_login_without_a_grant_is_told_which_view(owner: Engine) -> None:
    change(
        owner,
        "DROP ROLE IF EXISTS laeser",
        "CREATE ROLE laeser LOGIN",
        "GRANT USAGE ON SCHEMA reminderd_v1 TO laeser",
        "GRANT SELECT ON ALL TABLES IN SCHEMA reminderd_v1 TO laeser",
    )
    reader = SqlSource(owner.url.set(username="laeser"))
    assert 71 == len(reader.read().forloeb)
    change(owner, "REVOKE SELECT ON reminderd_v1.rd_plan FROM laeser")
    assert "rd_plan cannot be read (InsufficientPrivilege)" in refusal(reader, SourceContractError)


def test_a_statement_that_takes_too_long_ends_the_reading(owner: Engine) -> None:
    slow = {"rd_enhed": "SELECT e.* FROM fagsystem.sag_enhed e, pg_sleep(30)"}
    source = SqlSource(owner.url, selects=slow, statement_timeout=timedelta(milliseconds=50))
    # On a machine that pauses, the server may end the reading for having waited for us instead.
    said = refusal(source, SourceUnavailableError)
    assert "broke off (QueryCanceled)" in said or "broke off (IdleInTransactionSessionTimeout)" in said


# The driver cannot close a cursor whose server is gone, and complains when it is thrown away.
@pytest.mark.filterwarnings("ignore:<psycopg.ServerCursor:ResourceWarning")
def test_a_connection_that_is_cut_ends_the_reading_and_the_next_one_works(owner: Engine) -> None:
    cut = {"rd_enhed": "SELECT e.* FROM fagsystem.sag_enhed e, pg_terminate_backend(pg_backend_pid())"}
    assert "rd_enhed broke off" in refusal(SqlSource(owner.url, selects=cut), SourceUnavailableError)
    gc.collect()
    assert 71 == len(SqlSource(owner.url).read().forloeb)


def test_a_server_that_is_not_there_is_unavailable_and_the_password_unsaid(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://login:hemmelig@/sag?host={tmp_path}"
    with pytest.raises(SourceUnavailableError) as caught:
        open_source(url).read()
    assert "the case database cannot be reached" in str(caught.value)
    assert "hemmelig" not in str(caught.value)
