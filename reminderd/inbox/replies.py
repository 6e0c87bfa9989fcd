"""A calendar part that came back, as answers: only the few properties that an answer is made of.

The content lines are icalendar's to read; its components are not asked for, so that no zone, alarm or
rule that a stranger wrote is ever worked out. Zones may have Windows' names. Nothing is believed here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from icalendar import vDDDTypes
from icalendar.parser import Contentline, Contentlines, Parameters

from reminderd.domain.answers import PARTSTATS, ForAPerson, Letter, Partstat, Replies, Reply
from reminderd.domain.workdays import COPENHAGEN

MOST_CHARACTERS = 64 * 1024
MOST_LINES = 2_000
MOST_EVENTS = 60
_LONGEST_LINE = 4_000
_LONGEST_NAME = 255
_LARGEST_SEQUENCE = 2**31 - 1
_WANTED = frozenset({"UID", "SEQUENCE", "DTSTAMP", "RECURRENCE-ID", "ATTENDEE"})

_Property = tuple[Parameters, str]


class NotAnAnswerError(ValueError):
    """This calendar part is no answer that can be read; says why, in words without its content."""


@dataclass(slots=True)
class _Event:
    """The wanted properties of one VEVENT, each as often as it stands there."""

    properties: dict[str, list[_Property]] = field(default_factory=dict)

    def one(self, name: str) -> _Property | None:
        found = self.properties.get(name, [])
        if len(found) > 1:
            raise NotAnAnswerError(f"it has {name} twice")
        return found[0] if found else None

    def text(self, name: str) -> str | None:
        found = self.one(name)
        return None if found is None else found[1].strip()


def read_calendar(text: str, method: str | None) -> Letter:
    """Return the answers in a calendar stream; ``method`` is what the part's header says.

    What is no answer, or cannot be read, is for a person.
    """
    try:
        said, events = _events(text)
        said = said or (method or "").upper()
        if said == "COUNTER":
            return ForAPerson("proposes another time")
        if said != "REPLY":
            return ForAPerson("a calendar mail that is no answer")
        replies = [reply for event in events if (reply := _reply(event)) is not None]
    except NotAnAnswerError as error:
        return ForAPerson(f"the answer cannot be read: {error}")
    if not replies:
        return ForAPerson("the answer says neither yes nor no")
    return Replies(tuple(replies))


def _events(text: str) -> tuple[str, list[_Event]]:
    """Return METHOD and the events, leaving out everything inside zones, alarms and other components."""
    method, events, inside = "", [_Event()], [""]
    for line in _lines(text):
        name = line.partition(":")[0].partition(";")[0].strip().upper()
        value = line.partition(":")[2].strip().upper()
        if name == "BEGIN":
            inside.append(value)
            if inside == ["", "VCALENDAR", "VEVENT"]:
                events.append(_Event())
        elif name == "END":
            if inside.pop() != value or not inside:
                raise NotAnAnswerError("its components do not close as they opened")
        elif inside == ["", "VCALENDAR"] and name == "METHOD":
            method = value
        elif inside == ["", "VCALENDAR", "VEVENT"] and name in _WANTED:
            _, parameters, content = _parts(line)
            events[-1].properties.setdefault(name, []).append((parameters, content))
    found = events[1:]
    if not found or len(found) > MOST_EVENTS:
        raise NotAnAnswerError("it has no event" if not found else "it has too many events")
    return method, found


def _lines(text: str) -> Iterator[Contentline]:
    if len(text) > MOST_CHARACTERS:
        raise NotAnAnswerError("it is too long")
    lines = Contentlines.from_ical(text)  # type: ignore[no-untyped-call]  # typed in part
    if len(lines) > MOST_LINES:
        raise NotAnAnswerError("it has too many lines")
    return (line for line in lines if line)


def _parts(line: Contentline) -> tuple[str, Parameters, str]:
    if len(line) > _LONGEST_LINE:
        raise NotAnAnswerError("a line is too long")
    try:
        if ";" not in line.partition(":")[0]:  # the library asks for parameters where it splits
            name, _, value = line.partition(":")
            return name, Parameters(), value
        return line.parts()
    except (ValueError, AssertionError) as error:
        raise NotAnAnswerError("a line cannot be read") from error


def _reply(event: _Event) -> Reply | None:
    """Return the answer of one event; None where it leaves the question open."""
    uid = event.text("UID")
    if not uid or len(uid) > _LONGEST_NAME or not uid.isprintable():
        raise NotAnAnswerError("it has no usable UID")
    who = event.one("ATTENDEE")
    if who is None:
        raise NotAnAnswerError("it does not say who answers")
    partstat = str(who[0].get("PARTSTAT", "NEEDS-ACTION")).lower()
    if partstat == "needs-action":
        return None
    return Reply(
        uid=uid,
        attendee=_address(who[1]),
        partstat=_known(partstat),
        sequence=_sequence(event.text("SEQUENCE")),
        dtstamp=_stamp(event.one("DTSTAMP")),
        occurrence=_occurrence(event.one("RECURRENCE-ID")),
    )


def _known(partstat: str) -> Partstat:
    for known in PARTSTATS:
        if partstat == known:
            return known
    raise NotAnAnswerError("it answers neither yes, no nor perhaps")


def _address(value: str) -> str:
    scheme, _, address = value.strip().partition(":")
    if scheme.lower() != "mailto" or "@" not in address or len(address) > _LONGEST_NAME:
        raise NotAnAnswerError("who answers is no mail address")
    return address.strip()


def _sequence(value: str | None) -> int:
    if value is None:
        return 0
    if not (value.isascii() and value.isdigit() and len(value) <= len(str(_LARGEST_SEQUENCE))):
        raise NotAnAnswerError("its SEQUENCE is no number")
    return int(value)


def _stamp(found: _Property | None) -> datetime:
    moment = None if found is None else _moment(found)
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise NotAnAnswerError("it does not say when it was given")
    return moment.astimezone(UTC)


def _occurrence(found: _Property | None) -> date | None:
    """Return the civil day in Copenhagen; one entry never has two dates on a day."""
    if found is None:
        return None
    if "RANGE" in found[0]:
        raise NotAnAnswerError("it answers a part of a series")
    moment = _moment(found)
    if not isinstance(moment, datetime):
        return moment
    return (moment if moment.tzinfo is None else moment.astimezone(COPENHAGEN)).date()


def _moment(found: _Property) -> date | datetime:
    parameters, value = found
    zone = parameters.get("TZID")
    try:
        moment = vDDDTypes.from_ical(value, None if zone is None else str(zone))  # type: ignore[no-untyped-call]
        if isinstance(moment, datetime) and moment.tzinfo is not None:
            moment.astimezone(UTC)  # the first and the last year cannot be moved
    except (ValueError, TypeError, OverflowError, AttributeError) as error:
        raise NotAnAnswerError("a time in it cannot be read") from error
    if not isinstance(moment, date):
        raise NotAnAnswerError("a time in it is none")
    return moment
