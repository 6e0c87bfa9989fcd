"""From the rows of a series to what ``recurrence`` reckons with: sessions, rhythms, whom they concern.

Which sessions take place, and for whom, ``activities`` says; nothing here decides it again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from reminderd.domain.activities import activities, rhythm
from reminderd.domain.cases import Aktivitet, Serie, Snapshot
from reminderd.domain.deadlines import Deadline
from reminderd.domain.notices import Occasion
from reminderd.domain.recurrence import (
    FORTNIGHTLY,
    Appointment,
    Rhythm,
    recognised,
    spelt_out_until,
)
from reminderd.domain.rules import ActivityParameters
from reminderd.domain.workdays import Workdays, local


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series as the case source knows it on one day.

    ``concerned`` names, for each session's subject, the courses whose people it concerns, and
    ``ansvarlig_id`` who leads it.
    """

    serie_id: str
    sessions: tuple[Appointment, ...]
    rhythms: tuple[Rhythm, ...]
    concerned: Mapping[str, tuple[str, ...]]
    ansvarlig_id: Mapping[str, str | None]

    def sessions_for(self, forloeb_ids: Iterable[str]) -> tuple[Appointment, ...]:
        """Return the sessions that concern one of these courses."""
        asked = frozenset(forloeb_ids)
        return tuple(one for one in self.sessions if not asked.isdisjoint(self.concerned[one.subject]))


def series_of(
    snapshot: Snapshot, parameters: ActivityParameters, as_of: date, workdays: Workdays
) -> dict[str, Series]:
    """Return every series with a session from ``as_of`` on or a row at all, by its id.

    Sessions that have a row count however far ahead they are; a rhythm is spelt out to the end of a
    half-year.
    """
    rows = activities(replace(snapshot, serier={}), parameters, as_of, date.max, workdays)
    slots = activities(snapshot, parameters, as_of, spelt_out_until(as_of), workdays)
    members: dict[str, list[Deadline]] = {}
    evidence: dict[str, list[Aktivitet]] = {}
    for row in snapshot.aktiviteter.values():
        if row.serie_id is not None and row.tilbud in parameters.tilbud:
            evidence.setdefault(row.serie_id, []).append(row)
    for deadline in rows:
        if isinstance(deadline, Deadline):
            serie_id = snapshot.aktiviteter[deadline.subject.removeprefix("aktivitet:")].serie_id
            if serie_id is not None:
                members.setdefault(serie_id, []).append(deadline)
    for deadline in slots:
        if isinstance(deadline, Deadline) and deadline.subject.startswith("serie:"):
            members.setdefault(deadline.subject.removeprefix("serie:"), []).append(deadline)
    known = [serie.serie_id for serie in snapshot.serier.values() if serie.tilbud in parameters.tilbud]
    return {
        serie_id: _series(
            serie_id,
            members.get(serie_id, ()),
            (
                *_declared(snapshot.serier.get(serie_id), parameters, as_of, workdays),
                *recognised(
                    local(row.start_tid)
                    for row in evidence.get(serie_id, ())
                    if row.start_tid.time() != time(0)
                ),
            ),
        )
        for serie_id in dict.fromkeys((*known, *evidence))
    }


def occasion_of(appointment: Appointment, kind: str = "activity") -> Occasion:
    """Return what a notice about this appointment puts into a calendar; it asks for an answer."""
    return Occasion(
        kind=kind,
        subject=appointment.subject,
        starts=appointment.starts,
        ends=appointment.ends,
        location=appointment.place,
        rsvp=True,
        title=appointment.title,
        recurrence=appointment.recurrence,
    )


def appointment_of(occasion: Occasion) -> Appointment:
    """Return the appointment that :func:`occasion_of` made an occasion of; raises ValueError on another."""
    starts, ends = occasion.starts, occasion.ends
    if not (isinstance(starts, datetime) and isinstance(ends, datetime)) or occasion.title is None:
        raise ValueError("an appointment has a time of day and a title")
    return Appointment(
        subject=occasion.subject,
        title=occasion.title,
        starts=starts,
        ends=ends,
        place=occasion.location,
        recurrence=occasion.recurrence,
    )


def _series(serie_id: str, members: Iterable[Deadline], rhythms: tuple[Rhythm, ...]) -> Series:
    sessions, concerned, leads = [], {}, {}
    for deadline in members:
        occasion = deadline.occasion
        if occasion is None:
            continue
        sessions.append(appointment_of(occasion))
        concerned[occasion.subject] = deadline.forloeb_ids
        leads[occasion.subject] = deadline.ansvarlig_id
    return Series(
        serie_id=serie_id,
        sessions=tuple(sessions),
        rhythms=rhythms,
        concerned=concerned,
        ansvarlig_id=leads,
    )


def _declared(
    serie: Serie | None, parameters: ActivityParameters, as_of: date, workdays: Workdays
) -> tuple[Rhythm, ...]:
    """Return the rhythms that a series itself names: two where even or odd weeks meet a year of 53."""
    if serie is None:
        return ()
    starts = rhythm(serie, parameters, as_of, spelt_out_until(as_of), workdays)
    return tuple(sorted({Rhythm.of(local(start), FORTNIGHTLY) for start in starts}))
