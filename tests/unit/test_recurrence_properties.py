"""Whatever becomes of a series, everybody's calendar holds exactly its sessions, under names that last."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reminderd.domain.invitations import Content, as_text, from_text
from reminderd.domain.recurrence import Appointment
from reminderd.domain.series import appointment_of, occasion_of
from reminderd.domain.workdays import local
from tests.unit.series_cases import by_dateutil, by_recurring_ical_events, meal, planned, written

Shown = tuple[datetime, datetime, str | None]
# The hours are those of evenings, of the clock changes, and of nights that reach into them.
HOURS = st.sampled_from((17, 17, 17, 9, 0, 1, 2, 3, 22))
STARTS = st.builds(
    lambda week, weekday, hour, minute: (
        datetime(2026, 8, 31) + timedelta(weeks=week, days=weekday, hours=hour, minutes=minute)
    ),
    st.integers(0, 70),
    st.sampled_from((3, 3, 3, 1, 5, 6)),
    HOURS,
    st.sampled_from((0, 0, 30)),
)
PLACES = st.sampled_from(("Huset", "Huset", "Køkkenet", None))
LENGTHS = st.sampled_from((3, 3, 1.5, 8))


@st.composite
def runs(draw: st.DrawFn) -> list[Appointment]:
    """Some regular stretches and some stray dates, as the source would list them."""
    found: list[Appointment] = []
    for _ in range(draw(st.integers(1, 3))):
        first, weeks = draw(STARTS), draw(st.sampled_from((2, 2, 1)))
        place, hours = draw(PLACES), draw(LENGTHS)
        found += (
            meal(len(found), first + timedelta(weeks=weeks * number), place=place, hours=hours)
            for number in range(draw(st.integers(1, 14)))
        )
        found = [replace(one, subject=f"aktivitet:A-{number}") for number, one in enumerate(found)]
    for _ in range(draw(st.integers(0, 3))):
        found.append(meal(len(found), draw(STARTS), place=draw(PLACES), hours=draw(LENGTHS)))
    return found


@st.composite
def changed(draw: st.DrawFn, sessions: Sequence[Appointment]) -> list[Appointment]:
    """The same rows after somebody worked on them."""
    found = list(sessions)
    for _ in range(draw(st.integers(0, 4))):
        if not found:
            break
        number = draw(st.integers(0, len(found) - 1))
        one = found[number]
        match draw(st.sampled_from(("drop", "drop past", "move", "place", "all places", "grow", "shift"))):
            case "drop":
                del found[number]
            case "drop past":
                found = [other for other in found if other.starts >= one.starts]
            case "move":
                start = one.starts.replace(tzinfo=None) + timedelta(hours=draw(st.integers(-200, 200)))
                found[number] = replace(one, starts=local(start), ends=local(start + timedelta(hours=3)))
            case "place":
                found[number] = replace(one, place=draw(PLACES))
            case "all places":
                place = draw(PLACES)
                found = [replace(other, place=place) for other in found]
            case "grow":
                start = one.starts.replace(tzinfo=None) + timedelta(weeks=2 * draw(st.integers(1, 9)))
                found.append(meal(f"new-{draw(st.integers(0, 10**9))}", start, place=one.place))
            case "shift":
                by = timedelta(days=draw(st.integers(-3, 3)), hours=draw(st.integers(-2, 2)))
                found = [
                    other
                    if other.starts < one.starts
                    else replace(
                        other,
                        starts=local(other.starts.replace(tzinfo=None) + by),
                        ends=local(other.starts.replace(tzinfo=None) + by + timedelta(hours=3)),
                    )
                    for other in found
                ]
    return found


def shown(calendar: Iterable[Appointment]) -> list[Shown]:
    return sorted(
        (
            (start, start + (one.ends - one.starts), one.place or "")
            for one in calendar
            for start in one.occurrences()
        ),
    )


def ahead(found: Iterable[Shown], now: datetime) -> list[Shown]:
    return [one for one in found if one[0] > now]


def begun(found: Iterable[Shown], now: datetime) -> list[tuple[datetime, datetime]]:
    # Where and how long a date was that has been may change with the series: only whole series are sent.
    return [one[0] for one in found if one[0] <= now]  # type: ignore[misc]


@settings(max_examples=100)
@given(runs())
def test_a_calendar_holds_exactly_the_sessions(sessions: list[Appointment]) -> None:
    found = planned(sessions)
    assert shown(sessions) == shown(found)
    assert len(found) == len({one.subject for one in found})
    assert found == planned(reversed(sessions))
    for one in found:
        told = Content(occasion_of(one), one.title)
        assert told == from_text(as_text(told), told.occasion.kind, one.subject)
        assert one == appointment_of(told.occasion)


@settings(max_examples=30)
@given(runs())
def test_two_engines_read_exactly_the_sessions_out_of_the_files(sessions: list[Appointment]) -> None:
    meant = sorted((one.starts.replace(tzinfo=None), one.ends.replace(tzinfo=None)) for one in sessions)
    files = [written(one) for one in planned(sessions)]
    assert meant == sorted(pair for ics in files for pair in by_recurring_ical_events(ics))
    assert meant == sorted(pair for ics in files for pair in by_dateutil(ics))


@settings(max_examples=100)
@given(st.data(), runs())
def test_through_every_change_the_future_is_the_sources_and_the_past_is_as_told(
    data: st.DataObject, sessions: list[Appointment]
) -> None:
    assume(len(sessions) == len({one.starts for one in sessions}))
    now = local(datetime(2026, 8, 1))
    told: tuple[Appointment, ...] = ()
    for _ in range(data.draw(st.integers(1, 5))):
        found = planned(sessions, told=told, now=now)
        # A row moved to a new date after it began is ignored where it was told alone.
        begun_alone = {one.subject for one in told if one.recurrence is None and one.starts <= now}
        wanted = [one for one in sessions if one.subject not in begun_alone]
        assert ahead(shown(wanted), now) == ahead(shown(found), now)
        assert begun(shown(told), now) == begun(shown(found), now)
        # Nothing changes by being asked again, or by time alone, or because old rows are gone.
        later = now + timedelta(days=data.draw(st.integers(0, 60)))
        assert found == planned(sessions, told=found, now=now)
        assert found == planned([one for one in sessions if one.starts > later], told=found, now=later)
        told, now = found, later
        sessions = data.draw(changed(sessions))
        # An id names one row, and a series does not meet twice at once.
        assume(len(sessions) == len({one.subject for one in sessions}))
        assume(len(sessions) == len({one.starts for one in sessions}))


@settings(max_examples=100)
@given(st.data(), runs(), runs())
def test_growing_and_losing_dates_moves_nothing_to_another_name(
    data: st.DataObject, sessions: list[Appointment], more: list[Appointment]
) -> None:
    alike = [meal(one.subject, one.starts.replace(tzinfo=None)) for one in sessions]
    told = planned(alike)
    left = data.draw(st.lists(st.sampled_from(alike), unique=True))
    new = [meal(f"new-{one.subject}", one.starts.replace(tzinfo=None)) for one in more]
    found = {one.subject: one for one in planned([*left, *new], told=told)}
    starts = {one.starts for one in left}
    for one in told:
        survivors = starts.intersection(one.occurrences())
        if survivors and (one.recurrence or one in left):
            assert survivors <= set(found[one.subject].occurrences())
