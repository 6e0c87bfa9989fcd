"""Raw rows become values, or findings that say which column is wrong and why.

A :class:`Converter` is compiled once for each view and reading. It takes what drivers and CSV files
give (typed values, ISO text, 0/1) to the same value, and judges each row by itself; what rows say
about each other is for ``snapshot``. It knows no source, and a finding never repeats a value.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date, datetime, time
from decimal import Decimal
from operator import attrgetter, call
from typing import Any, Generic, TypeVar
from uuid import UUID

from reminderd.casedb.contract import EARLIEST_YEAR, LATEST_YEAR, SENTINEL_DATES, Column, Kind, View
from reminderd.domain.cases import BelongsTo, Finding
from reminderd.domain.cpr import looks_like_cpr
from reminderd.domain.mailboxes import ascii_address

T = TypeVar("T")
RawRow = Sequence[Any] | Finding
"""One row's values in the contract's column order, or what was wrong with the row as such."""

_Cell = Callable[[Any], Any]
_REMEMBERED = 20_000
# Their domain is brought to the form that relays and the list of allowed domains have.
MAILBOXES = frozenset({"mail", "faelles_mail"})
_MAX_SMALLINT = 32767

_BELONGS_BY = tuple(column.name for column in fields(BelongsTo))

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_TIME = re.compile(r"([ T]00:00(:00(\.0+)?)?)?")
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
_UNWRITABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029"  # control characters, line and paragraph separators
    r"\u202a-\u202e\u2066-\u2069"  # marks that reorder the text around them
    r"\ud800-\udfff]"  # halves of characters: bytes that were not the declared encoding
)


class Rejected(ValueError):  # noqa: N818 - a verdict on a value, caught in this file
    """One value breaks the contract; the text is the finding's reason."""


class Converter(Generic[T]):
    """Turns the rows of one view into values, remembering repeated cells for one reading."""

    def __init__(
        self,
        view: View[T],
        sentinel_dates: Collection[date] = SENTINEL_DATES,
        case_numbers: re.Pattern[str] | None = None,
    ) -> None:
        self._view = view
        sentinels = frozenset(sentinel_dates)
        self._cells = [
            _cell(column, sentinels, case_numbers, unique=view.key == (column.name,))
            for column in view.columns
        ]
        self._key = attrgetter(*view.key) if view.key else None
        self._key_positions = [view.column_names.index(name) for name in view.key]
        self.rows_read = 0

    def read(self, rows: Iterable[RawRow], findings: list[Finding]) -> Iterator[T]:
        """Yield the good rows in their order; append to ``findings`` what is wrong with the others.

        Of several rows with one key the first counts. Rows are numbered from 1 where a row's own
        id cannot be shown.
        """
        view, cells, key = self._view, self._cells, self._key
        make, width = view.row, len(cells)
        seen: set[Any] = set()
        number = 0
        for number, raw in enumerate(rows, 1):
            if isinstance(raw, Finding):
                findings.append(raw)
                continue
            try:
                if len(raw) != width:
                    raise ValueError  # noqa: TRY301 - _faults says what is wrong with it
                row = make(*map(call, cells, raw))
            except (ValueError, TypeError, ArithmeticError):
                findings.extend(self._faults(raw, number))
                continue
            if key is not None:
                identity = key(row)
                if identity in seen:
                    reason = "is the key of an earlier row as well"
                    columns = "|".join(view.key)
                    findings.append(Finding(view.name, view.row_id(row), columns, reason, of=belongs_to(row)))
                    continue
                seen.add(identity)
            yield row
        self.rows_read = number

    def _faults(self, raw: Sequence[Any], number: int) -> Iterator[Finding]:
        row_id = self._row_id(raw, number)
        if len(raw) != len(self._cells):
            reason = f"has {len(raw)} values, the contract has {len(self._cells)}"
            yield Finding(self._view.name, row_id, "", reason)
            return
        for column, cell, value in zip(self._view.columns, self._cells, raw, strict=True):
            fault = _fault(cell, value, column)
            if fault is not None:
                yield Finding(self._view.name, row_id, column.name, fault, of=self._belongs_to(raw))

    def _belongs_to(self, raw: Sequence[Any]) -> BelongsTo:
        """Return what a faulty row belongs to, as far as it is fit to be shown."""
        cells = zip(self._view.columns, self._cells, raw, strict=True)
        readable = (
            (column.name, cell(value))
            for column, cell, value in cells
            if column.name in _BELONGS_BY and _fault(cell, value, column) is None
        )
        return _belonging(readable)

    def _row_id(self, raw: Sequence[Any], number: int) -> str:
        """Name the row by its key if the whole key is fit to be shown, else by its number."""
        fallback = f"row {number}"
        if not self._key_positions or len(raw) != len(self._cells):
            return fallback
        try:
            return "|".join(str(self._cells[position](raw[position])) for position in self._key_positions)
        except (ValueError, TypeError, ArithmeticError):
            return fallback


def belongs_to(row: object) -> BelongsTo:
    """Return what a row belongs to."""
    return _belonging((name, getattr(row, name)) for name in _BELONGS_BY if hasattr(row, name))


def _belonging(values: Iterable[tuple[str, Any]]) -> BelongsTo:
    return BelongsTo(
        **{name: "" if value is None and name == "serie_id" else value for name, value in values}
    )


def _fault(cell: _Cell, value: object, column: Column) -> str | None:
    try:
        cell(value)
    except Rejected as verdict:
        return str(verdict)
    except (ValueError, TypeError, ArithmeticError):
        return f"is not {column.type}"
    return None


class _Memory(dict[Any, Any]):
    """Remembers what a raw cell became: dates, codes and references repeat all the time."""

    def __init__(self, convert: _Cell) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, raw: Any) -> Any:
        value = self._convert(raw)
        if len(self) < _REMEMBERED:
            self[raw] = value
        return value


def _cell(
    column: Column, sentinels: frozenset[date], case_numbers: re.Pattern[str] | None, *, unique: bool
) -> _Cell:
    """Compile one column's converter; a NULL is judged in one place for all kinds."""
    match column.kind:
        case Kind.TEXT:
            convert = _text(column, case_numbers if column.name == "sagsnr" else None)
        case Kind.NUMBER:
            convert = _number(column)
        case Kind.FLAG:
            convert = _flag
        case Kind.DAY:
            convert = _day(sentinels)
        case Kind.TIME:
            convert = _time(sentinels)

    def checked(raw: Any) -> Any:
        value = None if raw is None else convert(raw)
        if value is None and not column.nullable:
            raise Rejected("is missing")
        return value

    return checked if unique else _Memory(checked).__getitem__


def _text(column: Column, case_numbers: re.Pattern[str] | None) -> _Cell:
    length, codes = column.length, frozenset(column.codes)
    is_mailbox = column.name in MAILBOXES

    def convert(raw: Any) -> str | None:
        text: str = (raw if isinstance(raw, str) else _number_as_text(raw)).strip(" ")
        if not text or (not text[0].isalnum() and _says_nothing(text)):
            return None
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        if len(text) > length:
            raise Rejected(f"is longer than {length} characters")
        if not text.isprintable() and _UNWRITABLE.search(text):
            raise Rejected("holds control characters")
        if looks_like_cpr(text, case_numbers):
            raise Rejected("can be read as a CPR number")
        if codes and text not in codes:
            raise Rejected("is none of the contract's codes")
        return ascii_address(text) if is_mailbox else text

    return convert


def _says_nothing(text: str) -> bool:
    """Tell whether a text is all blanks, of any kind, what shows nothing, and the mark ·."""
    return _UNWRITABLE.search(text) is None and all(
        c == "\N{MIDDLE DOT}" or unicodedata.category(c)[0] in "ZC" for c in text
    )


def _number_as_text(raw: Any) -> str:
    """Ids may be integers or GUIDs in the database; a CSV file would show them as text."""
    if isinstance(raw, UUID):
        return str(raw)
    if isinstance(raw, bool):
        raise TypeError
    return str(_integer(raw))


def _integer(raw: Any) -> int:
    if isinstance(raw, int):
        return int(raw)
    if isinstance(raw, (float, Decimal)) and raw == int(raw):
        return int(raw)
    raise TypeError


def _number(column: Column) -> _Cell:
    least, codes = column.least, frozenset(column.codes)

    def convert(raw: Any) -> int | None:
        if isinstance(raw, str):
            raw = raw.strip(" ")
            if not raw:
                return None
            if _INTEGER.fullmatch(raw) is None:
                raise Rejected("is not a whole number")
            raw = int(raw)
        number = _integer(raw)
        if codes and number not in codes:
            raise Rejected("is none of the contract's codes")
        if not least <= number <= _MAX_SMALLINT:
            raise Rejected(f"is outside {least} to {_MAX_SMALLINT}")
        return number

    return convert


def _flag(raw: Any) -> bool | None:
    if isinstance(raw, str):
        raw = raw.strip(" ")
        if not raw:
            return None
        if raw not in {"0", "1"}:
            raise Rejected("is neither 0 nor 1")
    number = int(raw) if isinstance(raw, str) else _integer(raw)
    if number not in {0, 1}:
        raise Rejected("is neither 0 nor 1")
    return number == 1


def _day(sentinels: frozenset[date]) -> _Cell:
    def convert(raw: Any) -> date | None:
        if isinstance(raw, str):
            raw = raw.strip(" ")
            if not raw:
                return None
            if _DAY.fullmatch(raw[:10]) is None:
                raise Rejected("is not a date as YYYY-MM-DD")
            day, timed = _existing(raw[:10]).date(), _NO_TIME.fullmatch(raw[10:]) is None
        elif isinstance(raw, datetime):
            day, timed = raw.date(), raw.time() != time.min
        elif isinstance(raw, date):
            day, timed = raw, False
        else:
            raise TypeError
        judged = _judged(day, day, sentinels)
        if timed and judged is not None:
            raise Rejected("has a time of day where the contract has a DATE")
        return judged

    return convert


def _time(sentinels: frozenset[date]) -> _Cell:
    def convert(raw: Any) -> datetime | None:
        if isinstance(raw, str):
            raw = raw.strip(" ")
            if not raw:
                return None
            match = _TIME.fullmatch(raw)
            if match is None:
                raise Rejected("is not local time as YYYY-MM-DD HH:MM:SS without offset")
            moment = _existing(f"{match[1]}T{match[2]}")
        elif isinstance(raw, datetime):
            if raw.tzinfo is not None:
                raise Rejected("has an offset where the contract has local time without")
            moment = raw.replace(microsecond=0, fold=0)
        else:
            raise TypeError
        return _judged(moment, moment.date(), sentinels)

    return convert


def _existing(iso: str) -> datetime:
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        raise Rejected("does not exist in the calendar") from None


D = TypeVar("D", date, datetime)


def _judged(value: D, day: date, sentinels: frozenset[date]) -> D | None:
    if day in sentinels:
        return None
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise Rejected(f"is outside the years {EARLIEST_YEAR} to {LATEST_YEAR}")
    return value
