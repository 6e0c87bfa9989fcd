"""Writes the invented tables where a source can read them: SQLite, a database by SQLAlchemy, CSV.

The databases get base tables as a case system has them, and the contract's views over those. Civil
days are TEXT in SQLite: a column declared DATE has numeric affinity, and an index on what it is
joined with is then not used. This is the only writing in the room, and never to a real source.
"""

import csv
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Engine,
    Index,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    insert,
    text,
)
from sqlalchemy.types import TypeEngine

from reminderd.casedb import contract
from reminderd.casedb.contract import BY_NAME, Kind, View
from reminderd.casedb.csv_folder import DELIMITER
from reminderd.casedb.synthetic.build import Tables

_BASE_SCHEMA = "fagsystem"
_SQLITE_TYPES = {
    Kind.TEXT: "TEXT",
    Kind.NUMBER: "INTEGER",
    Kind.FLAG: "INTEGER",
    Kind.DAY: "TEXT",
    Kind.TIME: "TEXT",
}
_PYTHON_TYPES = {Kind.DAY: date, Kind.TIME: datetime}


def write_sqlite(tables: Tables, path: Path) -> None:
    """Write a new database file with base tables and views; an older file of that name goes."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    try:
        with connection:
            for view, rows in _views(tables):
                names = ", ".join(view.column_names)
                columns = ", ".join(f"{column.name} {_SQLITE_TYPES[column.kind]}" for column in view.columns)
                base = base_name(view)
                connection.execute(f"CREATE TABLE {base} ({columns})")
                for column in _indexed(view):
                    connection.execute(f"CREATE INDEX {base}_{column} ON {base} ({column})")
                places = ", ".join("?" for _ in view.columns)
                connection.executemany(
                    f"INSERT INTO {base} VALUES ({places})",  # noqa: S608 - names from the contract
                    ([_as_text(row[name]) for name in view.column_names] for row in rows),
                )
                connection.execute(f"CREATE VIEW {view.name} AS SELECT {names} FROM {base}")  # noqa: S608
    finally:
        connection.close()


def refresh_sqlite(path: Path, data_pr: datetime) -> None:
    """Say that the data of a written file is true at a later moment (naive local time)."""
    connection = sqlite3.connect(path)
    try:
        with connection:
            connection.execute(f"UPDATE {base_name(contract.META)} SET data_pr = ?", (_as_text(data_pr),))  # noqa: S608
    finally:
        connection.close()


def write_sql(tables: Tables, engine: Engine, schema: str = contract.SCHEMA) -> None:
    """Write base tables and, in ``schema``, views; older schemas of these names go. For PostgreSQL."""
    metadata = MetaData(schema=_BASE_SCHEMA)
    with engine.begin() as connection:
        for name in (schema, _BASE_SCHEMA):
            connection.execute(text(f"DROP SCHEMA IF EXISTS {name} CASCADE"))
            connection.execute(text(f"CREATE SCHEMA {name}"))
        for view, rows in _views(tables):
            table = Table(base_name(view), metadata, *_sql_columns(view, rows))
            for name in _indexed(view):
                Index(f"{table.name}_{name}", table.c[name])
            table.create(connection)
            if rows:
                connection.execute(insert(table), [_as_stored(table, row) for row in rows])
            names = ", ".join(view.column_names)
            base = f"{_BASE_SCHEMA}.{table.name}"
            connection.execute(text(f"CREATE VIEW {schema}.{view.name} AS SELECT {names} FROM {base}"))  # noqa: S608


def write_csv(tables: Tables, folder: Path, *, encoding: str = "utf-8", bom: bool = False) -> None:
    """Write one ``rd_*.csv`` a view; ``bom`` puts the mark of UTF-8 at the beginning of each file.

    Raises ValueError where a mark is asked for in another encoding, which has none.
    """
    if bom and encoding != "utf-8":
        raise ValueError("only UTF-8 has a mark at the beginning of a file")
    folder.mkdir(parents=True, exist_ok=True)
    for view, rows in _views(tables):
        path = folder / f"{view.name}.csv"
        with path.open("w", encoding="utf-8-sig" if bom else encoding, newline="") as file:
            writer = csv.writer(file, delimiter=DELIMITER)
            writer.writerow(view.column_names)
            writer.writerows([_as_text(row[name]) for name in view.column_names] for row in rows)


def _views(tables: Tables) -> Iterator[tuple[View[Any], list[dict[str, Any]]]]:
    """Pair each view that is there with its rows; an absent one stays absent."""
    for name, rows in tables.items():
        yield BY_NAME[name], rows


def base_name(view: View[Any]) -> str:
    """Return the table that a view of a written file looks at."""
    return view.name.replace("rd_", "sag_")


def _indexed(view: View[Any]) -> list[str]:
    return [column.name for column in view.columns if column.refers is not None or view.key == (column.name,)]


def _as_text(value: object) -> str | int | None:
    """Return what SQLite stores and CSV shows."""
    match value:
        case bool():
            return int(value)
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
        case None | str() | int():
            return value
    raise TypeError(f"no table holds a {type(value).__name__}")


def _sql_columns(view: View[Any], rows: list[dict[str, Any]]) -> Iterator[Column[Any]]:
    types: Mapping[Kind, type[TypeEngine[Any]]] = {
        Kind.NUMBER: SmallInteger,
        Kind.FLAG: SmallInteger,
        Kind.DAY: Date,
        Kind.TIME: DateTime,
    }
    for column in view.columns:
        # A date that does not exist can only stand in a column of text; so it is in real systems.
        faulty = column.kind in _PYTHON_TYPES and any(isinstance(row[column.name], str) for row in rows)
        kind = Text if faulty else types.get(column.kind)
        yield Column(column.name, String(column.length) if kind is None else kind())


def _as_stored(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Leave to the driver what the column's type holds; text and flags are made here."""
    native = (Date, DateTime)
    return {
        column.name: row[column.name] if isinstance(column.type, native) else _as_text(row[column.name])
        for column in table.columns
    }
