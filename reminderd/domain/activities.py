"""Group activities: sessions from the source, or the slots of a rhythm.

Sessions in the source are the truth; where only a series is known its slots are computed. A session
without a list of participants concerns everybody of its offer, one whose list may be hidden in a row that
cannot be read concerns nobody. Nothing here knows rules, people or mail.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from reminderd.domain.cases import Aktivitet, Finding, Serie, Snapshot
from reminderd.domain.deadlines import Deadline, Withheld, ended
from reminderd.domain.notices import Occasion
from reminderd.domain.rules import ActivityParameters
from reminderd.domain.words import say
from reminderd.domain.workdays import Workdays, local

_SESSION_LENGTH = timedelta(hours=2)
_FORTNIGHT = timedelta(days=14)
_WEEK = timedelta(days=7)


def activities(
    snapshot: Snapshot, parameters: ActivityParameters, as_of: date, until: date, workdays: Workdays
) -> list[Deadline | Withheld]:
    """Return the sessions that begin in ``as_of`` to ``until``, both included.

    Sessions in the source are the truth; a rhythm gives its slots where the source names none for
    that day. Slots on closed days and in breaks are skipped without shifting the rhythm.
    """
    found: list[Deadline | Withheld] = []
    named: set[tuple[str, date]] = set()
    everybody, stray = _concerned_by_default(snapshot, parameters, as_of), _stray(snapshot)
    for session in snapshot.aktiviteter.values():
        day = session.start_tid.date()
        if session.serie_id is not None:
            named.add((session.serie_id, day))
        if session.tilbud in parameters.tilbud and as_of <= day <= until:
            found.append(_session(snapshot, session, everybody, stray, as_of))
    for serie in snapshot.serier.values():
        if serie.tilbud in parameters.tilbud:
            slots = [
                _slot(serie, slot, everybody)
                for slot in rhythm(serie, parameters, as_of, until, workdays)
                if (serie.serie_id, slot.date()) not in named
            ]
            hidden = _hidden(snapshot, serie) if slots else None
            found += slots if hidden is None else [hidden]
    return found


def activity_of(
    snapshot: Snapshot, parameters: ActivityParameters, occasion: str, as_of: date, workdays: Workdays
) -> Deadline | Withheld | None:
    """Return what stands today for one occasion, however far ahead; None where it is not this offer's.

    ``occasion`` is ``aktivitet:ID``, or ``serie:ID#day`` for a slot of a rhythm; it must be in the case
    source.
    """
    everybody = _concerned_by_default(snapshot, parameters, as_of)
    name, _, day = occasion.partition("#")
    if not day:
        session = snapshot.aktiviteter[name.removeprefix("aktivitet:")]
        if session.tilbud not in parameters.tilbud:
            return None
        return _session(snapshot, session, everybody, _stray(snapshot), as_of)
    serie = snapshot.serier[name.removeprefix("serie:")]
    on = date.fromisoformat(day)
    named = any(
        row.serie_id == serie.serie_id and row.start_tid.date() == on for row in snapshot.aktiviteter.values()
    )
    slots = [] if named else rhythm(serie, parameters, on, on, workdays)
    if not slots:
        return Withheld("activity", name, say("it is not in the series any more"))
    return _hidden(snapshot, serie) or _slot(serie, slots[0], everybody)


def may_be_on_a_list(snapshot: Snapshot, sessions: Collection[str]) -> bool:
    """Tell whether a rejected row may be why somebody is not on the list of one of these sessions.

    A row that names its course says nothing of others on the same list. One that names no session may be
    of any list, and be all of the list of a session that has none. ``sessions`` are ids.
    """
    unlisted = any(one not in snapshot.deltagere for one in sessions)
    for finding in snapshot.findings:
        if finding.view != "rd_deltager":
            continue
        session, anybodys = finding.of.aktivitet_id, finding.of.forloeb_id is None
        if session is None and (unlisted or (anybodys and sessions)):
            return True
        if session in sessions and anybodys:
            return True
    return False


def rhythm(
    serie: Serie, parameters: ActivityParameters, as_of: date, until: date, workdays: Workdays
) -> list[datetime]:
    """Return the naive local starts of a series' slots in ``as_of`` to ``until``, both included.

    ``14_dage`` counts from the first start; even and odd weeks go by the ISO week number. The time
    of day is a civil time, so 17.00 stays 17.00 across both clock changes.
    """
    step = _FORTNIGHT if serie.rytme == "14_dage" else _WEEK
    slot = serie.foerste_start
    if slot.date() < as_of:
        slot += step * ((as_of - slot.date()).days // step.days)
    last = min(until, serie.slut_dato) if serie.slut_dato is not None else until
    slots = []
    while slot.date() <= last:
        day = slot.date()
        wanted = serie.rytme == "14_dage" or day.isocalendar().week % 2 == (serie.rytme == "ulige_uger")
        paused = any(first <= day <= final for first, final in parameters.breaks)
        if day >= as_of and wanted and not paused and day not in workdays.closed:
            slots.append(slot)
        slot += step
    return slots


def _concerned_by_default(snapshot: Snapshot, parameters: ActivityParameters, as_of: date) -> tuple[str, ...]:
    return tuple(
        forloeb.forloeb_id
        for forloeb in snapshot.forloeb.values()
        if forloeb.tilbud in parameters.tilbud
        and forloeb.fase in parameters.phases
        and (forloeb.fase2_dato is None or forloeb.fase2_dato <= as_of)
        and ended(forloeb, snapshot.borgere[forloeb.borger_id], as_of) is None
    )


def _stray(snapshot: Snapshot) -> Finding | None:
    """Return the first participant that was rejected without a word of which session, or None."""
    found = (finding for finding in snapshot.findings if finding.view == "rd_deltager")
    return next((finding for finding in found if finding.of.aktivitet_id is None), None)


def _hidden(snapshot: Snapshot, serie: Serie) -> Withheld | None:
    """Withhold a rhythm that a rejected session may be part of, which has a list of its own; else None."""
    for finding in snapshot.findings:
        own = finding.of.serie_id in (None, serie.serie_id)
        session = finding.of.aktivitet_id
        listed = session is None or session in snapshot.deltagere
        if finding.view == "rd_aktivitet" and not finding.row_kept and own and listed:
            reason = say(
                "a session of it may have a list: {row} of rd_aktivitet is at fault; correct that row",
                row=finding.row_id,
            )
            return Withheld("activity", f"serie:{serie.serie_id}", reason, fault=True)
    return None


def _session(
    snapshot: Snapshot, session: Aktivitet, everybody: tuple[str, ...], stray: Finding | None, as_of: date
) -> Deadline | Withheld:
    subject = f"aktivitet:{session.aktivitet_id}"
    if session.status == "aflyst":
        return Withheld("activity", subject, say("the session is cancelled"))
    if session.start_tid.time() == time(0):
        return Withheld("activity", subject, say("the session's time of day is missing (00:00)"), fault=True)
    if session.slut_tid is not None and session.slut_tid <= session.start_tid:
        return Withheld("activity", subject, say("slut_tid is not after start_tid"), fault=True)
    listed = snapshot.deltagere.get(session.aktivitet_id)
    if listed is None and stray is not None:
        reason = say(
            "it may have a list: {row} of rd_deltager does not say of which session it is; correct that row",
            row=stray.row_id,
        )
        return Withheld("activity", subject, reason, fault=True)
    if listed is None:
        concerned = everybody
    else:
        concerned = tuple(
            row.forloeb_id
            for row in listed
            if row.svar != "afmeldt" and _runs(snapshot, row.forloeb_id, as_of)
        )
    ends = session.slut_tid if session.slut_tid is not None else session.start_tid + _SESSION_LENGTH
    return _activity(
        subject,
        subject,
        session.titel,
        session.start_tid,
        ends,
        session.sted,
        session.ansvarlig_id,
        concerned,
    )


def _runs(snapshot: Snapshot, forloeb_id: str, as_of: date) -> bool:
    forloeb = snapshot.forloeb[forloeb_id]
    return ended(forloeb, snapshot.borgere[forloeb.borger_id], as_of) is None


def _slot(serie: Serie, slot: datetime, everybody: tuple[str, ...]) -> Deadline:
    subject = f"serie:{serie.serie_id}"
    ends = slot + timedelta(minutes=serie.varighed_min)
    occasion = f"{subject}#{slot.date()}"
    return _activity(subject, occasion, serie.titel, slot, ends, serie.sted, serie.ansvarlig_id, everybody)


def _activity(
    subject: str,
    occasion: str,
    titel: str,
    start: datetime,
    slut: datetime,
    sted: str | None,
    ansvarlig_id: str | None,
    concerned: tuple[str, ...],
) -> Deadline:
    begins, ends = local(start), local(slut)
    return Deadline(
        kind="activity",
        subject=subject,
        day=begins.date(),
        begins=begins,
        forloeb_ids=concerned,
        ansvarlig_id=ansvarlig_id,
        occasion=Occasion(
            kind="activity",
            subject=occasion,
            starts=begins,
            ends=ends,
            location=sted,
            rsvp=True,
            title=titel,
        ),
        facts={"titel": titel, "start": begins, "slut": ends, "sted": sted},
    )
