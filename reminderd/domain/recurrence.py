"""The sessions of one series as a calendar shows them: recurring appointments, and single ones.

A recurring appointment is one rhythm: a weekday, an hour, every week or every other. These facts, with
the series, are its name for ever: it grows, loses dates, moves to another place and ends early under
that name, and a changed weekday or hour is another rhythm, so another name. A session outside every
rhythm, or unlike the others in its rhythm, stands alone under its own name.

What somebody was told keeps the name under which it was told, and what has begun is never changed.
Knows no rules, no people and no mail.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

_WEEK = timedelta(days=7)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEKLY = 1
FORTNIGHTLY = 2
# Three dates among five slots in a row make a rhythm; fewer are dates of their own.
_REGULAR = 3
_WITHIN = 4
# A year mistyped must not become hundreds of dates left out.
_LONGEST_PAUSE = timedelta(weeks=104)
# On the two nights of the clock changes these hours do not exist, or exist twice.
_UNSTEADY = (time(2), time(3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Every ``interval`` weeks, the last time on ``until``, and ``without`` these.

    ``until`` and ``without`` are starts, aware, in Copenhagen's civil time; those left out are in order
    and lie between the first and the last start.
    """

    interval: int
    until: datetime
    without: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """What stands in a calendar under one name, once or in a rhythm.

    ``starts`` and ``ends`` are aware, in Copenhagen's civil time; for a recurring appointment they are
    its first. ``subject`` is what a calendar entry is named by.
    """

    subject: str
    title: str
    starts: datetime
    ends: datetime
    place: str | None = None
    recurrence: Recurrence | None = None

    def occurrences(self) -> tuple[datetime, ...]:
        """Return every start, in order; 17.00 is 17.00 on both sides of a clock change."""
        if self.recurrence is None:
            return (self.starts,)
        without = frozenset(self.recurrence.without)
        slots = slots_of(self.starts, self.recurrence.until, self.recurrence.interval)
        return tuple(slot for slot in slots if slot not in without)


@dataclass(frozen=True, slots=True, order=True)
class Rhythm:
    """A weekday and an hour, every ``interval`` weeks; ``phase`` says which weeks."""

    weekday: int
    clock: time
    interval: int
    phase: int

    @classmethod
    def of(cls, start: datetime, interval: int) -> "Rhythm":
        """Return the rhythm of this interval that a start belongs to."""
        return cls(start.weekday(), start.time(), interval, _week(start) % interval)

    def holds(self, start: datetime) -> bool:
        """Tell whether a start is a slot of this rhythm."""
        return Rhythm.of(start, self.interval) == self

    def meets(self, other: "Rhythm") -> bool:
        """Tell whether two rhythms share slots."""
        same_hour = (self.weekday, self.clock) == (other.weekday, other.clock)
        return same_hour and (WEEKLY in (self.interval, other.interval) or self.phase == other.phase)

    def subject(self, serie_id: str) -> str:
        """Return the name of the recurring appointment in a series."""
        clock = self.clock.strftime("%H%M%S" if self.clock.second else "%H%M")
        return f"serie:{serie_id}#{_DAYS[self.weekday]}-{clock}-{self.interval}w{self.phase}"


def recognised(starts: Iterable[datetime]) -> tuple[Rhythm, ...]:
    """Return the rhythms that these dates show, in order.

    Give every date a series has had or will have, cancelled ones too: then what is dropped does not
    change what is recognised. A weekday and hour is weekly where most of its dates are a week apart.
    """
    weeks: dict[tuple[int, time], set[int]] = {}
    for start in starts:
        weeks.setdefault((start.weekday(), start.time()), set()).add(_week(start))
    found = []
    for (weekday, clock), numbers in weeks.items():
        steps = [later - earlier for earlier, later in pairwise(sorted(numbers))]
        interval = WEEKLY if 2 * steps.count(1) > len(steps) else FORTNIGHTLY
        for phase in range(interval):
            dates = sorted(number for number in numbers if number % interval == phase)
            if any(
                last - first <= _WITHIN * interval
                for first, last in zip(dates, dates[_REGULAR - 1 :], strict=False)
            ):
                found.append(Rhythm(weekday, clock, interval, phase))
    return tuple(sorted(found))


def appointments(
    serie_id: str,
    sessions: Iterable[Appointment],
    *,
    rhythms: Iterable[Rhythm],
    now: datetime,
    horizon: date,
    joined: date | None = None,
    left: date | None = None,
    told: Sequence[Appointment] = (),
) -> tuple[Appointment, ...]:
    """Return what shall stand in one person's calendar for a series, in order.

    ``sessions`` are those that take place, each under its own name; ``joined`` and ``left`` are the
    first and last day on which they concern this person. ``told`` is what she was told before, as this
    function returned it. What is told and not returned is to be cancelled; what is returned as it was
    told needs no word. What has begun by ``now`` stays as it was told, and is not told any more.

    A session outside every rhythm is told when its day is within ``horizon``; at once where the
    series has a rhythm, because there it is the exception.
    """
    told_alone = {one.subject: one for one in told if one.recurrence is None}
    told_rhythms = {
        Rhythm.of(one.starts, one.recurrence.interval): one for one in told if one.recurrence is not None
    }
    ahead = sorted(
        (
            one
            for one in sessions
            if one.starts > now
            and (joined is None or one.starts.date() >= joined)
            and (left is None or one.starts.date() <= left)
        ),
        key=lambda one: (one.starts, one.subject),
    )
    slots: dict[Rhythm, dict[datetime, Appointment]] = {
        rhythm: {} for rhythm in _apart(sorted(told_rhythms), rhythms)
    }
    alone = []
    for one in ahead:
        own = next((rhythm for rhythm in slots if rhythm.holds(one.starts)), None)
        if own is None or one.subject in told_alone or one.starts in slots[own] or not _steady(one):
            alone.append(one)
        else:
            slots[own][one.starts] = one
    found = []
    for rhythm, in_rhythm in slots.items():
        recurring, unlike = _recurring(rhythm.subject(serie_id), rhythm, in_rhythm, told_rhythms, now)
        alone += unlike
        if recurring is not None:
            found.append(recurring)
    regular = bool(found)
    begun = {subject: one for subject, one in told_alone.items() if one.starts <= now}
    found += begun.values()
    found += (
        one
        for one in alone
        if one.subject not in begun and (regular or one.subject in told_alone or one.starts.date() <= horizon)
    )
    return tuple(sorted(found, key=lambda one: (one.starts, one.subject)))


def spelt_out_until(day: date) -> date:
    """Return how far ahead a rhythm without an end is written into calendars on this day.

    Half a year at least and a year at most, and always to the end of a half-year: so everybody's
    calendar grows twice a year and not every night.
    """
    first_half = day.month <= 6  # noqa: PLR2004 - June
    return date(day.year, 12, 31) if first_half else date(day.year + 1, 6, 30)


def growing_days(first: date, last: date) -> set[date]:
    """Return the days on which :func:`spelt_out_until` reaches further than the day before."""
    return {date(year, month, 1) for year in range(first.year, last.year + 1) for month in (1, 7)}


def _apart(told: Iterable[Rhythm], given: Iterable[Rhythm]) -> list[Rhythm]:
    """Return rhythms that share no slot, what was told first."""
    found = list(told)
    for rhythm in given:
        parts: tuple[Rhythm, ...] = (rhythm,)
        if rhythm.interval == WEEKLY and any(rhythm.meets(other) for other in found):
            parts = tuple(replace(rhythm, interval=FORTNIGHTLY, phase=phase) for phase in range(FORTNIGHTLY))
        found += [part for part in parts if not any(part.meets(other) for other in found)]
    return found


def _recurring(
    subject: str,
    rhythm: Rhythm,
    ahead: dict[datetime, Appointment],
    told: dict[Rhythm, Appointment],
    now: datetime,
) -> tuple[Appointment | None, list[Appointment]]:
    """Return one rhythm's recurring appointment, and its sessions that are unlike the others."""
    before = told.get(rhythm)
    kept = () if before is None else tuple(start for start in before.occurrences() if start <= now)
    form = _common_form(ahead.values(), before)
    if form is None:
        return None, []
    title, place, length = form
    alike = [one for one in ahead.values() if _form(one) == form]
    unlike = [one for one in ahead.values() if _form(one) != form]
    starts = sorted({*kept, *(one.starts for one in alike)})
    if not starts:
        return None, unlike
    pause = next((later for earlier, later in pairwise(starts) if later - earlier > _LONGEST_PAUSE), None)
    if pause is not None:
        starts = [start for start in starts if start < pause]
        unlike += (one for one in alike if one.starts >= pause)
    first, last = starts[0], starts[-1]
    taken = frozenset(starts)
    recurrence = Recurrence(
        interval=rhythm.interval,
        until=last,
        without=tuple(slot for slot in slots_of(first, last, rhythm.interval) if slot not in taken),
    )
    return Appointment(
        subject=subject,
        title=title,
        starts=first,
        ends=first + length,
        place=place,
        recurrence=recurrence,
    ), unlike


_Form = tuple[str, str | None, timedelta]


def _form(appointment: Appointment) -> _Form:
    return appointment.title, appointment.place, appointment.ends - appointment.starts


def _common_form(ahead: Iterable[Appointment], told: Appointment | None) -> _Form | None:
    """Return what most sessions ahead look like; where two are as many, what was told, else the earlier."""
    counted = Counter(_form(one) for one in ahead)
    if not counted:
        return None if told is None else _form(told)
    most = max(counted.values())
    # A Counter keeps the order in which it first met each, which is the order of time.
    common = [form for form, number in counted.items() if number == most]
    return _form(told) if told is not None and _form(told) in common else common[0]


def _steady(appointment: Appointment) -> bool:
    """Tell whether every slot of this session's rhythm is a time that exists once, and as long as this."""
    earliest, latest = _UNSTEADY
    by_the_clock = appointment.ends - appointment.starts
    really = timedelta(seconds=appointment.ends.timestamp() - appointment.starts.timestamp())
    return not earliest <= appointment.starts.time() < latest and by_the_clock == really


def slots_of(first: datetime, last: datetime, interval: int) -> list[datetime]:
    """Return every slot from the first to the last, both included, at the same civil time."""
    # Adding to a time in one zone adds to its civil time, which is what a rhythm means.
    count = (last - first) // (_WEEK * interval)
    return [first + _WEEK * interval * number for number in range(count + 1)]


def _week(start: datetime) -> int:
    # The first day of the calendar was a Monday.
    return (start.toordinal() - 1) // 7
