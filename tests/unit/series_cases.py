"""Invented series for tests, and two recurrence engines that read a built invitation."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]
import vobject  # type: ignore[import-untyped]

from reminderd.compose.invite import CalendarRevision, Mailbox, calendar_part
from reminderd.domain.recurrence import Appointment, Rhythm, appointments, recognised
from reminderd.domain.series import occasion_of
from reminderd.domain.workdays import COPENHAGEN, local

SENDER = Mailbox("paamindelser@kommune.example", "Påmindelser, Eksempel Kommune")
RECIPIENT = "medarbejder@kommune.example"
REVISION = CalendarRevision("0123456789abcdef@reminderd.example", 0, datetime(2026, 1, 5, 7, tzinfo=UTC))
LONG_AGO = local(datetime(2020, 1, 1))
FAR = date(2040, 1, 1)
THURSDAY = datetime(2026, 9, 3, 17)


def meal(
    number: int | str,
    start: datetime,
    *,
    hours: float = 3,
    place: str | None = "Huset",
    title: str = "Fællesspisning",
) -> Appointment:
    return Appointment(
        subject=f"aktivitet:A-{number}",
        title=title,
        starts=local(start),
        ends=local(start + timedelta(hours=hours)),
        place=place,
    )


def meals(count: int, *, first: datetime = THURSDAY, weeks: int = 2) -> list[Appointment]:
    return [meal(number, first + timedelta(weeks=weeks * number)) for number in range(count)]


def planned(
    sessions: Iterable[Appointment],
    *,
    told: Iterable[Appointment] = (),
    now: datetime = LONG_AGO,
    horizon: date = FAR,
    rhythms: Iterable[Rhythm] | None = None,
    joined: date | None = None,
    left: date | None = None,
) -> tuple[Appointment, ...]:
    given = list(sessions)
    return appointments(
        "S-1",
        given,
        rhythms=recognised(one.starts for one in given) if rhythms is None else rhythms,
        now=now,
        horizon=horizon,
        joined=joined,
        left=left,
        told=tuple(told),
    )


def written(appointment: Appointment) -> bytes:
    return calendar_part(
        occasion_of(appointment), REVISION, title=appointment.title, organizer=SENDER, attendee=RECIPIENT
    )


def by_recurring_ical_events(ics: bytes) -> list[tuple[datetime, datetime]]:
    """Return every occurrence as naive local (start, end): read by icalendar, reckoned by its companion."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(ics)).all()
    return sorted((_naive(one["DTSTART"].dt), _naive(one["DTEND"].dt)) for one in found)


def by_dateutil(ics: bytes) -> list[tuple[datetime, datetime]]:
    """Return the same, read by vobject with the zone that stands in the file, reckoned by dateutil."""
    event = vobject.readOne(ics.decode()).vevent
    length = event.dtend.value - event.dtstart.value
    if "rrule" not in event.contents:
        return [(_naive(event.dtstart.value), _naive(event.dtend.value))]
    return [(_naive(start), _naive(start + length)) for start in event.getrruleset()]


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(COPENHAGEN).replace(tzinfo=None) if moment.tzinfo else moment
