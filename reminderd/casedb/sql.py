"""The case database through SQLAlchemy Core, from any database URL, read-only in earnest.

One connection, one read-only snapshot transaction, only the contract's columns, streamed. Nothing is
ever created, and nothing a driver says about data reaches an error message: views and classes of
error do. It knows how databases differ; what their values mean is for ``rows``.
"""

import re
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    URL,
    ColumnClause,
    Connection,
    Engine,
    NullPool,
    column,
    create_engine,
    event,
    inspect,
    literal_column,
    select,
    text,
)
from sqlalchemy import table as table_clause
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    NoSuchModuleError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.sql import FromClause

from reminderd.casedb.contract import BY_NAME, SCHEMA, SENTINEL_DATES, View
from reminderd.casedb.rows import RawRow
from reminderd.casedb.snapshot import assemble
from reminderd.domain.cases import Snapshot
from reminderd.errors import (
    ConfigurationError,
    Problem,
    ReminderdError,
    SourceContractError,
    SourceUnavailableError,
)

NO_SELECTS: Mapping[str, str] = MappingProxyType({})
STATEMENT_TIMEOUT = timedelta(seconds=60)
CONNECT_TIMEOUT = timedelta(seconds=10)
_STREAMED = {"yield_per": 2000}
_NEVER = literal_column("1") == literal_column("0")  # understood where there is no FALSE, too

# What each engine calls a transaction that sees one state of the data from beginning to end.
_SNAPSHOT_ISOLATION = {
    "postgresql": "REPEATABLE READ",
    "mysql": "REPEATABLE READ",
    "mariadb": "REPEATABLE READ",
    "mssql": "SNAPSHOT",
    "oracle": "SERIALIZABLE",
}


class SqlSource:
    """The case source behind a database URL.

    ``selects`` maps a view's name to the SELECT that takes its place; ``schema`` is where the
    views are, by default ``reminderd_v1`` where the database has it.
    """

    def __init__(
        self,
        url: URL,
        *,
        schema: str | None = None,
        selects: Mapping[str, str] = NO_SELECTS,
        sentinel_dates: Collection[date] = SENTINEL_DATES,
        case_numbers: re.Pattern[str] | None = None,
        statement_timeout: timedelta = STATEMENT_TIMEOUT,
    ) -> None:
        self._url = url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url
        self._schema = schema
        self._selects = selects
        self._sentinel_dates = sentinel_dates
        self._case_numbers = case_numbers
        self._statement_timeout = statement_timeout
        self._where = url.render_as_string(hide_password=True)
        self._engine = self._make_engine()

    def read(self) -> Snapshot:
        """Read every view in one transaction; see :func:`~reminderd.casedb.snapshot.assemble`.

        Raises SourceUnavailableError where the database cannot be reached or the reading breaks off.
        """
        with self.connect() as connection:
            return assemble(
                _Views(connection, self._where, self._schema, self._selects),
                self._sentinel_dates,
                self._case_numbers,
            )

    def raw_rows(self, view_name: str) -> Iterator[RawRow]:
        """Stream one view's rows unchecked, in the contract's column order."""
        with self.connect() as connection:
            views = _Views(connection, self._where, self._schema, self._selects)
            yield from views.rows(BY_NAME[view_name])

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Open the one read-only snapshot transaction; it is rolled back at the end."""
        options: dict[str, Any] = {}
        dialect = self._engine.dialect.name
        if dialect in _SNAPSHOT_ISOLATION:
            options["isolation_level"] = _SNAPSHOT_ISOLATION[dialect]
        if dialect == "postgresql":
            options["postgresql_readonly"] = True
        if dialect == "sqlite":
            self._refuse_missing_file()
        try:
            connection = self._engine.connect()
        except SQLAlchemyError as error:
            raise self._unreachable(error) from error
        with connection:
            try:
                connection = connection.execution_options(**options)
                connection.begin()
            except SQLAlchemyError as error:
                raise self._unreachable(error) from error
            yield connection

    def _make_engine(self) -> Engine:
        dialect = self._url.get_backend_name()
        try:
            if dialect == "sqlite":
                engine = create_engine(self._url, creator=self._open_sqlite, poolclass=NullPool)
                event.listen(engine, "begin", _begin_sqlite)
            elif dialect == "postgresql":
                timeout = int(CONNECT_TIMEOUT.total_seconds())
                arguments = {} if "connect_timeout" in self._url.query else {"connect_timeout": timeout}
                engine = create_engine(self._url, connect_args=arguments, poolclass=NullPool)
                event.listen(engine, "connect", partial(_guard_postgresql, self._statement_timeout))
            else:
                engine = create_engine(self._url, poolclass=NullPool)
        except NoSuchModuleError as error:
            raise _unusable(
                self._where, f"no database is known by {self._url.drivername!r}", KNOWN_URLS
            ) from error
        except ModuleNotFoundError as error:
            missing = f"the driver {error.name} is not installed"
            cure = "Install reminderd[postgresql]." if dialect == "postgresql" else f"Install {error.name}."
            raise _unusable(self._where, missing, cure) from error
        except ImportError as error:
            broken = f"the driver {error.name} cannot be loaded: {error}"
            cure = "Install the library that it names (ODBC: Debian's unixodbc, and a driver)."
            raise _unusable(self._where, broken, cure) from error
        except (ArgumentError, TypeError) as error:
            raise _unusable(self._where, "the database URL is not complete", KNOWN_URLS) from error
        return engine

    def _open_sqlite(self) -> sqlite3.Connection:
        name = quote(str(self._sqlite_file().absolute()))
        connection = sqlite3.connect(f"file:{name}?mode=ro", uri=True, isolation_level=None)
        # Bytes that are no UTF-8 would end the whole reading; like this they cost one row.
        connection.text_factory = _readable
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _sqlite_file(self) -> Path:
        return Path(self._url.database or "")

    def _refuse_missing_file(self) -> None:
        if not self._sqlite_file().is_file():
            raise SourceUnavailableError(
                "there is no such database file",
                where=self._where,
                cure="Check source.url; reminderd never creates a case database.",
            )

    def _unreachable(self, error: SQLAlchemyError) -> SourceUnavailableError:
        words = _first_line(error)
        if self._url.password:
            words = words.replace(str(self._url.password), "***")
        return SourceUnavailableError(
            f"the case database cannot be reached: {words}",
            where=self._where,
            cure="Check source.url, that the database runs, and that its login may connect.",
        )


KNOWN_URLS = "Use sqlite:///PATH, postgresql+psycopg://LOGIN@HOST/DATABASE, another database URL, or csv:DIR."


def _unusable(where: str, what: str, cure: str) -> ConfigurationError:
    return ConfigurationError([Problem(f"source.url {where}", what, cure)])


def _readable(text: bytes) -> str:
    # Called for every cell; str() with keywords takes three times as long.
    return text.decode("utf-8", "surrogateescape")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _guard_postgresql(timeout: timedelta, connection: Any, _record: object) -> None:
    """Make the session read-only whatever the login may do, and bounded in time."""
    milliseconds = round(timeout.total_seconds() * 1000)
    connection.autocommit = True
    connection.execute("SET default_transaction_read_only = on")
    connection.execute(f"SET statement_timeout = {milliseconds}")
    connection.execute(f"SET lock_timeout = {milliseconds}")
    connection.execute(f"SET idle_in_transaction_session_timeout = {10 * milliseconds}")
    connection.execute("SET datestyle = ISO")
    connection.autocommit = False
    # A date that Python cannot hold (infinity, 44 BC) would end the whole reading; as text it costs one row.
    adapters = connection.adapters
    as_text = adapters.get_loader(adapters.types["text"].oid, 0)
    for kind in ("date", "timestamp", "timestamptz"):
        adapters.register_loader(kind, as_text)


class _Views:
    """One reading of the database, for :func:`~reminderd.casedb.snapshot.assemble`."""

    def __init__(
        self, connection: Connection, where: str, schema: str | None, selects: Mapping[str, str]
    ) -> None:
        self.where = where
        self._connection = connection
        self._selects = selects
        self._inspector = self._run("the catalogue", lambda: inspect(connection))
        self._schema = schema or self._run("the catalogue", self._default_schema)
        self._columns: dict[str, Collection[str] | None] = {}

    def columns(self, view: View[Any]) -> Collection[str] | None:
        if view.name not in self._columns:
            self._columns[view.name] = self._run(view.name, partial(self._find_columns, view))
        return self._columns[view.name]

    def rows(self, view: View[Any]) -> Iterator[RawRow]:
        wanted: list[ColumnClause[Any]] = [column(name) for name in view.column_names]
        statement = select(*wanted).select_from(self._from(view))
        try:
            with self._connection.execute(statement, execution_options=_STREAMED) as result:
                for part in result.partitions():
                    yield from part
        except (SQLAlchemyError, UnicodeDecodeError) as error:
            raise self._broken(view.name, error) from error

    def _default_schema(self) -> str | None:
        if self._connection.dialect.name == "sqlite":
            return None
        names = self._inspector.get_schema_names()
        return SCHEMA if SCHEMA in {name.lower() for name in names} else None

    def _find_columns(self, view: View[Any]) -> Collection[str] | None:
        if view.name not in self._selects and not self._inspector.has_table(view.name, schema=self._schema):
            return None
        nothing = select(text("*")).select_from(self._from(view)).where(_NEVER)
        return frozenset(name.lower() for name in self._connection.execute(nothing).keys())  # noqa: SIM118

    def _from(self, view: View[Any]) -> FromClause:
        columns: list[ColumnClause[Any]] = [column(name) for name in view.column_names]
        if view.name not in self._selects:
            return table_clause(view.name, *columns, schema=self._schema)
        words = re.sub(r"[;\s]+$", "", self._selects[view.name]).replace(":", r"\:")
        return text(f"{words}\n").columns(*columns).subquery(view.name)

    def _run(self, what: str, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except SQLAlchemyError as error:
            raise self._broken(what, error) from error

    def _broken(self, what: str, error: Exception) -> ReminderdError:
        """Sort an error into the contract's and the connection's; data in its text stays there."""
        kind = type(getattr(error, "orig", None) or error).__name__
        if _is_about_the_query(error):
            return SourceContractError(
                f"{what} cannot be read ({kind})",
                where=self.where,
                cure=f"Read {what} with the same login elsewhere: a grant is missing, or its SQL is wrong.",
            )
        return SourceUnavailableError(
            f"reading {what} broke off ({kind})",
            where=self.where,
            cure="Nothing was taken over; the next run reads again. See the database's own log.",
        )


def _is_about_the_query(error: Exception) -> bool:
    if isinstance(error, (ProgrammingError, DataError, NotSupportedError, UnicodeDecodeError)):
        return True
    original = error.orig if isinstance(error, DBAPIError) else None
    return getattr(original, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def _first_line(error: SQLAlchemyError) -> str:
    original = error.orig if isinstance(error, DBAPIError) else error
    lines = str(original).strip().splitlines()
    return lines[0] if lines else type(original).__name__
