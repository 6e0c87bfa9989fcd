"""One consistent reading: the contract's views, checked, cleaned and indexed.

Every source goes through :func:`assemble`, so the same data gives the same Snapshot whether it came
over SQL or from files. Views are checked before the first case is read; rows are judged one by one
(``rows``) and then against each other. It knows no database and no file, only :class:`RawViews`.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from operator import attrgetter
from typing import Any, Protocol, TypeVar

from reminderd.casedb import contract
from reminderd.casedb.contract import CONTRACT, SENTINEL_DATES, VERSION, View
from reminderd.casedb.rows import Converter, RawRow, belongs_to
from reminderd.collector import collector_resting
from reminderd.domain.cases import Borger, Deltager, Finding, Forloeb, Meta, Snapshot
from reminderd.errors import SourceContractError

T = TypeVar("T")
_SEPARATORS = re.compile(r"[ ./_-]")


class RawViews(Protocol):
    """An opened source, standing still while it is read."""

    @property
    def where(self) -> str:
        """What an error calls this source; never with a password."""
        ...

    def columns(self, view: View[Any]) -> Collection[str] | None:
        """Return the view's column names in lower case, or None where the view does not exist."""
        ...

    def rows(self, view: View[Any]) -> Iterable[RawRow]:
        """Read an existing view's rows, values in the contract's column order."""
        ...


def assemble(
    source: RawViews,
    sentinel_dates: Collection[date] = SENTINEL_DATES,
    case_numbers: re.Pattern[str] | None = None,
) -> Snapshot:
    """Read every view once and return what can be relied on, with findings for the rest.

    Raises SourceContractError where a required view or a column of any view is missing, or where
    rd_meta does not say, in exactly one row, that the source speaks contract version 1.
    """
    # Another version may well have other views, so the version is judged before the rest is missed.
    _check_views(source, CONTRACT if _lacking(source, contract.META) else (contract.META,))
    reading = _Reading(source, sentinel_dates, case_numbers)
    meta = reading.meta()
    absent = _check_views(source, CONTRACT)
    with collector_resting():
        for view in CONTRACT:
            if view is not contract.META and view.name not in absent:
                reading.load(view)
        return reading.snapshot(meta, absent)


def _check_views(source: RawViews, views: Collection[View[Any]]) -> frozenset[str]:
    """Return the optional views that are absent; raise for everything else that is missing."""
    problems = [problem for view in views for problem in _lacking(source, view)]
    if problems:
        raise SourceContractError(
            "the case source does not fulfil the contract: " + "; ".join(problems),
            where=source.where,
            cure="Create what is missing as reminderd/casedb/README.md describes it, grant SELECT on it, "
            "or give the view a SELECT of its own in the configuration.",
        )
    return frozenset(view.name for view in views if source.columns(view) is None)


def _lacking(source: RawViews, view: View[Any]) -> list[str]:
    present = source.columns(view)
    if present is None:
        return [f"required view {view.name} is missing"] if view.required else []
    return [f"view {view.name} lacks column {name}" for name in view.column_names if name not in present]


class _Reading:
    """The rows of one reading, by view and key, while they are compared with each other."""

    def __init__(
        self, source: RawViews, sentinel_dates: Collection[date], case_numbers: re.Pattern[str] | None
    ) -> None:
        self._source = source
        self._sentinel_dates = sentinel_dates
        self._case_numbers = case_numbers
        self._rows: dict[str, dict[Any, Any]] = {}
        self._findings: list[Finding] = []
        self._read: dict[str, int] = {}

    def meta(self) -> Meta:
        findings: list[Finding] = []
        rows = list(self._converter(contract.META).read(self._source.rows(contract.META), findings))
        problem = cure = ""
        if findings:
            problem = "; ".join(f"{finding.column or 'the row'} {finding.reason}" for finding in findings)
        elif len(rows) != 1:
            problem = f"has {len(rows)} rows"
            cure = "It must have exactly one."
        elif rows[0].kontrakt_version != VERSION:
            problem = f"speaks contract version {rows[0].kontrakt_version}"
            cure = f"This program reads version {VERSION}; use the release that reads the other."
        if problem:
            raise SourceContractError(f"rd_meta: {problem}", where=self._source.where, cure=cure)
        return rows[0]

    def load(self, view: View[T]) -> None:
        """Read one view; views that it refers to and that stand before it are already there."""
        converter = self._converter(view)
        key = attrgetter(*view.key)
        rows = {key(row): row for row in converter.read(self._source.rows(view), self._findings)}
        self._rows[view.name] = rows
        self._read[view.name] = converter.rows_read
        for column in view.columns:
            if column.refers in self._rows:
                self._check_references(view, column.name, column.refers, nullable=column.nullable)
        for other in CONTRACT:  # units refer to staff and staff to units: whoever comes first waits
            for column in other.columns:
                if column.refers == view.name and other is not view and other.name in self._rows:
                    self._check_references(other, column.name, view.name, nullable=column.nullable)
        if view is contract.FORLOEB:
            self._reject_birth_dates()

    def _converter(self, view: View[T]) -> Converter[T]:
        return Converter(view, self._sentinel_dates, self._case_numbers)

    def _check_references(self, view: View[Any], column: str, target: str, *, nullable: bool) -> None:
        rows, known = self._rows[view.name], self._rows[target]
        value = attrgetter(column)
        dangling = [key for key, row in rows.items() if (id_ := value(row)) is not None and id_ not in known]
        for key in dangling:
            row = rows[key]
            reason = f"names no row that {target} has"
            self._findings.append(
                Finding(view.name, view.row_id(row), column, reason, row_kept=nullable, of=belongs_to(row))
            )
            if nullable:
                rows[key] = replace(row, **{column: None})
            else:
                del rows[key]

    def _reject_birth_dates(self) -> None:
        """Reject a case whose printable reference holds the person's birth date."""
        borgere: dict[str, Borger] = self._rows[contract.BORGER.name]
        forloeb: dict[str, Forloeb] = self._rows[contract.FORLOEB.name]
        reason = "holds the person's birth date"
        for key, row in list(forloeb.items()):
            born = borgere[row.borger_id].foedselsdato
            if born is not None and _holds_date(row.sagsnr, born):
                del forloeb[key]
                of = replace(belongs_to(row), sagsnr=None)
                self._findings.append(Finding(contract.FORLOEB.name, row.forloeb_id, "sagsnr", reason, of=of))

    def snapshot(self, meta: Meta, absent: frozenset[str]) -> Snapshot:
        return Snapshot(
            meta=meta,
            borgere=self._by_key(contract.BORGER),
            forloeb=self._by_key(contract.FORLOEB),
            medarbejdere=self._by_key(contract.MEDARBEJDER),
            tilknytninger=self._grouped(contract.TILKNYTNING, lambda row: row.forloeb_id),
            enheder=self._by_key(contract.ENHED),
            fravaer=self._grouped(contract.FRAVAER, lambda row: row.medarbejder_id),
            planer=self._grouped(contract.PLAN, lambda row: row.forloeb_id),
            opfoelgninger=self._grouped(contract.OPFOELGNING, lambda row: row.forloeb_id),
            aktiviteter=self._by_key(contract.AKTIVITET),
            serier=self._by_key(contract.SERIE),
            deltagere=self._listed(),
            kontakter=self._grouped(contract.KONTAKT, lambda row: row.forloeb_id),
            henvendelser=tuple(self._by_key(contract.HENVENDELSE).values()),
            moeder=tuple(self._by_key(contract.MOEDE).values()),
            findings=tuple(sorted(map(_with_what_follows, self._findings), key=_finding_order)),
            absent_views=absent,
            rows={name: (read, len(self._rows[name])) for name, read in self._read.items()},
        )

    def _listed(self) -> Mapping[str, tuple[Deltager, ...]]:
        """Return the lists of participants; one whose rows were all rejected is empty, and not absent."""
        rejected = [
            finding.of.aktivitet_id
            for finding in self._findings
            if finding.view == contract.DELTAGER.name and finding.of.aktivitet_id is not None
        ]
        lists: dict[str, tuple[Deltager, ...]] = dict.fromkeys(rejected, ())
        return lists | dict(self._grouped(contract.DELTAGER, lambda row: row.aktivitet_id))

    def _by_key(self, view: View[T]) -> Mapping[Any, T]:
        """Return the rows in the order of their keys, whatever order the source had."""
        rows = self._rows.get(view.name, {})
        return {key: rows[key] for key in sorted(rows)}

    def _grouped(self, view: View[T], owner: Callable[[T], str]) -> Mapping[str, tuple[T, ...]]:
        groups: dict[str, list[T]] = {}
        for row in self._by_key(view).values():
            groups.setdefault(owner(row), []).append(row)
        return {key: tuple(groups[key]) for key in sorted(groups)}


def _holds_date(sagsnr: str, born: date) -> bool:
    digits, iso = _SEPARATORS.sub("", sagsnr), born.isoformat()
    year, month, day = iso[:4], iso[5:7], iso[8:]
    return any(date_ in digits for date_ in (day + month + year[2:], day + month + year, year + month + day))


_VIEW_ORDER = {view.name: position for position, view in enumerate(CONTRACT)}


def _with_what_follows(finding: Finding) -> Finding:
    """Say of a participant of nobody knows which session what it does to those that have no list."""
    elsewhere = finding.view != contract.DELTAGER.name or finding.column not in ("", "aktivitet_id")
    if elsewhere or finding.of.aktivitet_id is not None:
        return finding
    follows = "until it is corrected, nobody is invited to a session without a list"
    return replace(finding, reason=f"{finding.reason}; {follows}")


def _finding_order(finding: Finding) -> tuple[int, str, str, str]:
    return _VIEW_ORDER[finding.view], finding.row_id, finding.column, finding.reason
