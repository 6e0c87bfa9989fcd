"""A simulated attendee: a mailbox with a calendar that applies what it receives by RFC 5546.

Of two revisions of one UID the higher SEQUENCE holds, then the later DTSTAMP; the same one again is
nothing new; a CANCEL for what is not there is nothing. It refuses what no client forgives: a UID that
comes back after its CANCEL, another organizer, an attendee who is not the reader.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import recurring_ical_events
from dateutil.rrule import WEEKLY, rrule, rruleset
from icalendar import Calendar, Event

from reminderd.delivery.transport import Envelope


@dataclass(frozen=True)
class Shown:
    """One date in a calendar: from when to when, what, where, and who was asked to come."""

    start: date | datetime
    end: date | datetime
    title: str
    place: str | None
    who: str

    def order(self) -> tuple[str, str, str, str]:
        """Return what sorts it: days and hours in one list."""
        return self.start.isoformat(), self.end.isoformat(), self.title, self.place or ""


@dataclass
class Attendee:
    """One mailbox: ``events`` by UID, and the revision that each UID has come to."""

    mail: str
    events: dict[str, Event] = field(default_factory=dict)
    revisions: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    received: list[str] = field(default_factory=list)

    def receive(self, raw: bytes) -> None:
        """Read one mail as a calendar program does."""
        message = message_from_bytes(raw, policy=SMTP)
        assert self.mail.lower() == str(message["To"]).lower()
        parts = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
        if not parts:
            return
        (part,) = parts
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        calendar = Calendar.from_ical(payload)
        method = str(calendar["METHOD"])
        assert method == part.get_param("method")
        (event,) = calendar.events
        self._apply(method, event)

    def _apply(self, method: str, event: Event) -> None:
        uid = str(event["UID"])
        revision = (int(event["SEQUENCE"]), event["DTSTAMP"].dt.astimezone(UTC))
        assert f"mailto:{self.mail.lower()}" == str(event["ATTENDEE"]).lower()
        known = self.revisions.get(uid)
        if known is not None and revision <= known:
            return
        if method == "CANCEL":
            assert "CANCELLED" == str(event["STATUS"])
            if known is None:
                return
            assert known[0] < revision[0]
            before = self.events.pop(uid, None)
            if before is not None:
                assert before["ORGANIZER"] == event["ORGANIZER"]
                assert before["DTSTART"].dt == event["DTSTART"].dt
            self.cancelled.add(uid)
            self.received.append("CANCEL")
        else:
            assert uid not in self.cancelled, "a UID came back after its CANCEL"
            assert uid not in self.events or self.events[uid]["ORGANIZER"] == event["ORGANIZER"]
            self.events[uid] = event
            self.received.append(f"REQUEST {revision[0]}")
        self.revisions[uid] = revision

    @property
    def shown(self) -> list[Shown]:
        """Return every date of every event as a person sees it; two recurrence engines must agree on it."""
        found: list[Shown] = []
        for event in self.events.values():
            by_ical = by_recurring_ical_events(event)
            assert by_ical == by_dateutil(event)
            found += by_ical
        return sorted(found, key=Shown.order)

    @property
    def dates(self) -> list[Any]:
        """Return every start of every event, in order."""
        return [one.start for one in self.shown]

    @property
    def calendar(self) -> list[tuple[date | datetime, str, str | None]]:
        """Return what stands in the calendar: start, title and place, in order."""
        found = [
            (
                event["DTSTART"].dt,
                str(event["SUMMARY"]),
                str(event["LOCATION"]) if "LOCATION" in event else None,
            )
            for event in self.events.values()
        ]
        return sorted(found, key=lambda row: (str(row[0]), row[1]))


def deliver(envelopes: Iterable[Envelope]) -> dict[str, Attendee]:
    """Give every mail to its reader, in order; returns the readers by address."""
    readers: dict[str, Attendee] = {}
    for envelope in envelopes:
        mail = envelope.recipient.lower()
        readers.setdefault(mail, Attendee(envelope.recipient)).receive(envelope.raw)
    return readers


_LONG_AGO, _FAR_AHEAD = date(2020, 1, 1), date(2040, 1, 1)


def by_recurring_ical_events(event: Event) -> list[Shown]:
    """Return every date of an event, by recurring-ical-events."""
    calendar = Calendar()
    calendar.add_component(event)
    found = recurring_ical_events.of(calendar).between(_LONG_AGO, _FAR_AHEAD)
    return sorted((_shown(one, one["DTSTART"].dt, one["DTEND"].dt) for one in found), key=Shown.order)


def by_dateutil(event: Event) -> list[Shown]:
    """Return every date of an event, by dateutil, reckoned at civil time."""
    start, length = event["DTSTART"].dt, event["DTEND"].dt - event["DTSTART"].dt
    if "RRULE" not in event:
        return [_shown(event, start, start + length)]
    naive = start.replace(tzinfo=None)
    recur = dict(event["RRULE"])
    until = recur["UNTIL"][0].astimezone(start.tzinfo).replace(tzinfo=None)
    assert ["WEEKLY"] == list(recur["FREQ"])
    rule = rruleset()
    rule.rrule(rrule(WEEKLY, dtstart=naive, interval=int(recur.get("INTERVAL", [1])[0]), until=until))
    given = event.get("EXDATE", [])
    for exdate in given if isinstance(given, list) else [given]:
        for one in exdate.dts:
            rule.exdate(one.dt.replace(tzinfo=None))
    slots = [one.replace(tzinfo=start.tzinfo) for one in rule]
    return sorted((_shown(event, slot, slot + length) for slot in slots), key=Shown.order)


def _shown(event: Event, start: date | datetime, end: date | datetime) -> Shown:
    place = str(event["LOCATION"]) if "LOCATION" in event else None
    who = str(event["ATTENDEE"]).lower().removeprefix("mailto:")
    return Shown(start, end, str(event["SUMMARY"]), place, who)
