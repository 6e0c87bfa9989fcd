"""The figures that a committee asks for: enquiries, courses begun, people in a course, and outcomes.

Three counts that are easily taken for each other, so each has a name of its own: an enquiry need not
have a person nor lead to a course; a course belongs to the period in which it began; a person counts
once, however many courses run, also where they began earlier. Nothing after ``as_of`` counts. Pure:
no file, no clock, no words for a reader.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from reminderd.domain.cases import Borger, Forloeb, Henvendelse, Snapshot
from reminderd.domain.rules import Lead, RuleBook, Span
from reminderd.domain.workdays import Workdays, add_months

_ENQUIRIES = "rd_henvendelse"
_COUNTED_VIEWS = (_ENQUIRIES, "rd_forloeb")
_REFERRED = "henvist_85_udredning"
_EVERY_WEEKDAY = Workdays(frozenset())


@dataclass(frozen=True, slots=True)
class Enquiries:
    """Enquiries of the period, in all and by the channel they came through, in the channel's order."""

    total: int
    by_kanal: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Missing:
    """A figure that cannot be had, which is not the same as 0."""

    reason: str


@dataclass(frozen=True, slots=True)
class Cohort:
    """What the period's first course makes possible: nobody can have been warned, or at the limit, earlier.

    ``first_warning`` is None where no rule warns before the limit; it is not moved to a working day.
    """

    first_start: date
    first_warning: date | None
    first_limit: date


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month, as far as it lies in the period; ``first`` is its first day."""

    first: date
    enquiries: int | None
    courses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything counted from ``first`` to ``last``, both included, as known on ``as_of``.

    Of the ``started`` courses: ``referred`` on to § 85, ended by the period's end and by ``as_of``,
    and ``reached_limit`` by ``as_of``. ``left_out`` counts unreadable rows by view, whatever their
    day; ``without_start`` courses that no period can claim, ``without_end`` started ones that are
    closed on an unknown day.
    """

    first: date
    last: date
    as_of: date
    data_pr: datetime
    tilbud: tuple[str, ...]
    limit: Span
    enquiries: Enquiries | Missing
    started: int
    referred: int
    ended_by_last: int
    ended_by_as_of: int
    reached_limit: int
    persons: int
    persons_by_tilbud: Mapping[str, int]
    cohort: Cohort | None
    months: tuple[Month, ...]
    left_out: Mapping[str, int]
    without_start: int
    without_end: int

    @property
    def anything_known(self) -> bool:
        """Tell whether the data reaches into the period at all; where it does not, 0 would be a lie."""
        return self.first <= self.as_of

    @property
    def counted_to(self) -> date:
        """The last day that counts: the period's, or today where the period still runs."""
        return min(self.last, self.as_of)

    @property
    def warning_was_possible(self) -> bool:
        """Tell whether any course of the period could have reached its warning by the period's end."""
        day = None if self.cohort is None else self.cohort.first_warning
        return day is not None and day <= self.counted_to

    @property
    def limit_was_possible(self) -> bool:
        """Tell whether any course of the period could have reached its limit by the period's end."""
        return self.cohort is not None and self.cohort.first_limit <= self.counted_to


def figures_by(
    book: RuleBook, workdays: Workdays, snapshot: Snapshot, first: date, last: date, today: date
) -> Figures:
    """Count a period the way the rules say which courses are limited, and how they are warned.

    Nothing counts after the day on which the data was true: what it says of later days is a plan.
    """
    limited = book.course_limit
    leads = (rule.when for rule in book.on("course_limit"))
    return figures(
        snapshot,
        first,
        last,
        limit=limited.limit,
        tilbud=limited.tilbud,
        as_of=min(today, snapshot.meta.data_pr.date()),
        warning=next((lead for lead in leads if lead.anchor == "start" or lead.count < 0), None),
        workdays=workdays,
    )


def figures(
    snapshot: Snapshot,
    first: date,
    last: date,
    *,
    limit: Span,
    tilbud: Collection[str],
    as_of: date,
    warning: Lead | None = None,
    workdays: Workdays = _EVERY_WEEKDAY,
) -> Figures:
    """Count what happened from ``first`` to ``last``, both ends included.

    ``tilbud`` are the offers whose courses are counted and limited; people are counted over all
    offers. ``warning`` is the lead of the rule that warns before the limit, with the ``workdays``
    it may count in. Raises ValueError where ``last`` lies before ``first``.
    """
    if last < first:
        raise ValueError("a period ends before it begins")
    to = min(last, as_of)
    begun = [row for row in snapshot.forloeb.values() if row.status != "kandidat"]
    started = [row for row in begun if row.tilbud in tilbud and _within(row.start_dato, first, to)]
    enquiries = _enquiries(snapshot, first, to)
    by_tilbud = _active(begun, snapshot.borgere, first, to)
    return Figures(
        first=first,
        last=last,
        as_of=as_of,
        data_pr=snapshot.meta.data_pr,
        tilbud=tuple(tilbud),
        limit=limit,
        enquiries=Missing(f"the case source has no view {_ENQUIRIES}")
        if enquiries is None
        else Enquiries(len(enquiries), dict(sorted(Counter(row.kanal for row in enquiries).items()))),
        started=len(started),
        referred=sum(row.afslutning_kode == _REFERRED for row in started),
        ended_by_last=sum(_last_day(row, snapshot.borgere, to) is not None for row in started),
        ended_by_as_of=sum(
            _last_day(row, snapshot.borgere, as_of) is not None or _closed_undated(row) for row in started
        ),
        reached_limit=sum(_reached(row, snapshot.borgere, limit, as_of) for row in started),
        persons=len(frozenset().union(*by_tilbud.values())),
        persons_by_tilbud={name: len(by_tilbud[name]) for name in sorted(by_tilbud)},
        cohort=_cohort(started, limit, warning, workdays),
        months=_months(
            first, to, None if enquiries is None else [row.dato for row in enquiries], _starts(started)
        ),
        left_out=_left_out(snapshot),
        without_start=sum(
            row.start_dato is None and row.tilbud in tilbud and row.status != "planlagt" for row in begun
        ),
        without_end=sum(
            _closed_undated(row) and _last_day(row, snapshot.borgere, as_of) is None for row in started
        ),
    )


def _within(day: date | None, first: date, last: date) -> bool:
    return day is not None and first <= day <= last


def _starts(courses: Iterable[Forloeb]) -> list[date]:
    return [row.start_dato for row in courses if row.start_dato is not None]


def _enquiries(snapshot: Snapshot, first: date, last: date) -> list[Henvendelse] | None:
    if _ENQUIRIES in snapshot.absent_views:
        return None
    return [row for row in snapshot.henvendelser if _within(row.dato, first, last)]


def _last_day(course: Forloeb, borgere: Mapping[str, Borger], as_of: date) -> date | None:
    """Return the last day of a course that has ended by ``as_of``; None where it is not known to have.

    An end before the latest reopening is history once the reopening has come; a death ends a course.
    """
    slut, reopened = course.slut_dato, course.genaabnet_dato
    if slut is not None and reopened is not None and slut < reopened <= as_of:
        slut = None
    days = [day for day in (slut, borgere[course.borger_id].doedsdato) if day is not None and day <= as_of]
    return min(days, default=None)


def _closed_undated(course: Forloeb) -> bool:
    """Tell whether the source calls a course closed and does not say since when."""
    slut, reopened = course.slut_dato, course.genaabnet_dato
    return course.status == "afsluttet" and (slut is None or (reopened is not None and slut < reopened))


def _reached(course: Forloeb, borgere: Mapping[str, Borger], limit: Span, as_of: date) -> bool:
    """Tell whether a course still ran on the day of its limit; a course closed on no day is in doubt."""
    assert course.start_dato is not None  # noqa: S101 - only started courses are asked about
    day = limit.after(course.start_dato)
    if day > as_of:
        return False
    last_day = _last_day(course, borgere, as_of)
    return not _closed_undated(course) if last_day is None else last_day >= day


def _active(
    courses: Iterable[Forloeb], borgere: Mapping[str, Borger], first: date, to: date
) -> dict[str, set[str]]:
    """Return by offer who had a course that ran on any day of the period.

    A course that is closed on an unknown day ran on the day of its start at least.
    """
    persons: dict[str, set[str]] = {}
    for course in courses:
        start = course.start_dato
        if start is None or start > to:
            continue
        until = _last_day(course, borgere, to) or (start if _closed_undated(course) else to)
        if max(start, until) >= first:
            persons.setdefault(course.tilbud, set()).add(course.borger_id)
    return persons


def _cohort(
    started: Iterable[Forloeb], limit: Span, warning: Lead | None, workdays: Workdays
) -> Cohort | None:
    first_start = min(_starts(started), default=None)
    if first_start is None:
        return None
    first_limit = limit.after(first_start)
    if warning is None:
        return Cohort(first_start, None, first_limit)
    anchor = first_start if warning.anchor == "start" else first_limit
    return Cohort(first_start, warning.apply(anchor, workdays), first_limit)


def _months(
    first: date, to: date, enquiries: Iterable[date] | None, courses: Iterable[date]
) -> tuple[Month, ...]:
    asked = None if enquiries is None else Counter(day.replace(day=1) for day in enquiries)
    begun = Counter(day.replace(day=1) for day in courses)
    months = []
    month = first.replace(day=1)
    while month <= to:
        months.append(Month(month, None if asked is None else asked[month], begun[month]))
        month = add_months(month, 1)
    return tuple(months)


def _left_out(snapshot: Snapshot) -> dict[str, int]:
    """Count the rows that were set aside, each once, however much was wrong with it."""
    rows = {(finding.view, finding.row_id) for finding in snapshot.findings if not finding.row_kept}
    found = Counter(view for view, _ in rows)
    return {view: found[view] for view in _COUNTED_VIEWS if found[view]}
