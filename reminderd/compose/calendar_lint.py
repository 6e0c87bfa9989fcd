"""The second look at a built invitation: read by a library that did not write it, and judged.

Returns what is wrong in words, and nothing where all is well. What an entry means stands in the
occasion and the revision; here it is compared with the bytes alone, by another road than the one
that made them. Tells nothing about a person, because what it says ends up in logs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ical.exceptions import CalendarParseError
from ical.parsing.component import ParsedComponent, parse_content
from ical.parsing.property import ParsedProperty

from reminderd.compose.invite import MAX_SEQUENCE, VTIMEZONE, CalendarRevision
from reminderd.domain.notices import Occasion
from reminderd.domain.workdays import COPENHAGEN

_MAX_OCTETS = 75
_ZONE = "Europe/Copenhagen"
# Everything but the line ends: C0, DEL and C1.
_CONTROL = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ONCE = {
    *("uid", "dtstamp", "dtstart", "dtend", "sequence", "summary", "description", "status", "class"),
    *("transp", "organizer", "attendee", "x-microsoft-cdo-intendedstatus", "x-microsoft-disallow-counter"),
}
_AT_MOST_ONCE = {"location", "rrule", "exdate"}
_STATUS = {"REQUEST": "CONFIRMED", "CANCEL": "CANCELLED"}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_RULE = {
    "FREQ": re.compile("WEEKLY"),
    "UNTIL": re.compile(r"\d{8}T\d{6}Z"),
    "INTERVAL": re.compile(r"[1-9]\d?"),
    "BYDAY": re.compile("|".join(_DAYS)),
    "WKST": re.compile("MO"),
}
_MOMENT = re.compile(r"\d{8}T\d{6}")
_DAY = re.compile(r"\d{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What a calendar part should say: the occasion, its revision, who sends it, to whom.

    Who sends it is its organizer, unless the revision names the mailbox that invited.
    """

    occasion: Occasion
    revision: CalendarRevision
    organizer: str
    attendee: str
    alarm_minutes: int = 0


def calendar_faults(ics: bytes, meant: Meant) -> tuple[str, ...]:
    """Return everything that is wrong with a calendar part, in words; nothing where it may be sent."""
    found = tuple(_stream_faults(ics))
    if found:
        return found
    # The zone is the same in every part and compared letter by letter: a test reads it, once.
    head, zone, rest = ics.decode().partition(f"{VTIMEZONE}BEGIN:VEVENT")
    if bool(zone) != meant.occasion.timed:
        return ("the zone is missing, is not ours, or is not needed",)
    try:
        calendars = parse_content(f"{head}BEGIN:VEVENT{rest}" if zone else head)
        if len(calendars) != 1 or calendars[0].name != "vcalendar":
            return ("it is not one VCALENDAR",)
        return tuple(_calendar_faults(calendars[0], meant))
    except (CalendarParseError, ValueError, IndexError, OverflowError):
        # The reader's own words quote the line, and with it the title.
        return ("another reader cannot parse it, or it holds a day that is in no calendar",)


def _stream_faults(ics: bytes) -> Iterator[str]:
    lines = ics.split(b"\r\n")
    if lines[-1] or any(b"\r" in line or b"\n" in line for line in lines):
        yield "a line does not end in CRLF"
    if max(map(len, lines)) > _MAX_OCTETS:
        yield f"a line is longer than {_MAX_OCTETS} octets"
    try:
        if _CONTROL.search(ics.decode()):
            yield "it holds a control character"
    except UnicodeDecodeError:
        yield "it is not UTF-8, or a line is folded inside a character"


def _calendar_faults(calendar: ParsedComponent, meant: Meant) -> Iterator[str]:
    head = {one.name: one.value for one in calendar.properties}
    if len(head) != len(calendar.properties) or head.keys() != {"version", "prodid", "method"}:
        yield "its head is not VERSION, PRODID and METHOD"
    elif (head["version"], head["method"]) != ("2.0", meant.revision.method):
        yield "VERSION or METHOD is not what the mail says"
    events = [one for one in calendar.components if one.name == "vevent"]
    if len(events) != 1 or len(calendar.components) != 1:
        yield "it holds something else than one VEVENT and its zone"
        return
    rings = meant.alarm_minutes > 0 and meant.occasion.timed and meant.revision.method == "REQUEST"
    if len(events[0].components) != rings or not all(_is_alarm(one) for one in events[0].components):
        yield "an alarm is missing, was not meant, or is not one that rings once beforehand"
    yield from _event_faults(events[0], meant)


def _is_alarm(part: ParsedComponent) -> bool:
    found = {one.name: one.value for one in part.properties}
    return (
        part.name == "valarm"
        and not part.components
        and found.keys() == {"action", "description", "trigger"}
        and len(found) == len(part.properties)
        and found["action"] == "DISPLAY"
        and found["trigger"].startswith("-P")
    )


def _event_faults(event: ParsedComponent, meant: Meant) -> Iterator[str]:
    lines: dict[str, list[ParsedProperty]] = {}
    for line in event.properties:
        lines.setdefault(line.name, []).append(line)
    if not lines.keys() <= _ONCE | _AT_MOST_ONCE:
        yield "it has a property that nobody meant"
    if not lines.keys() >= _ONCE or any(len(found) > 1 for found in lines.values()):
        yield "a property is missing or stands there twice"
        return
    one = {name: found[0] for name, found in lines.items()}
    revision, occasion = meant.revision, meant.occasion
    stamp = revision.dtstamp.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    invited_by = revision.organizer or meant.organizer
    sent_by = None if invited_by.lower() == meant.organizer.lower() else f"mailto:{meant.organizer}"
    expected = {
        "UID": (one["uid"].value, revision.uid),
        "DTSTAMP": (one["dtstamp"].value, stamp),
        "SEQUENCE": (one["sequence"].value, str(revision.sequence)),
        "STATUS": (one["status"].value, _STATUS[revision.method]),
        "CLASS": (one["class"].value, "PRIVATE"),
        "TRANSP": (one["transp"].value, "OPAQUE" if occasion.timed else "TRANSPARENT"),
        "ORGANIZER": (one["organizer"].value.lower(), f"mailto:{invited_by.lower()}"),
        "SENT-BY": (_parameters(one["organizer"]).get("SENT-BY"), sent_by),
        "ATTENDEE": (one["attendee"].value.lower(), f"mailto:{meant.attendee.lower()}"),
        "RSVP": (one["attendee"].get_parameter_value("RSVP"), "TRUE" if occasion.rsvp else "FALSE"),
    }
    for name, (found, wanted) in expected.items():
        if found != wanted:
            yield f"{name} is not what was meant"
    if not 0 <= revision.sequence <= MAX_SEQUENCE:
        yield "SEQUENCE does not fit in 31 bits"
    if meant.attendee.lower() in (meant.organizer.lower(), invited_by.lower()):
        yield "the organizer is the attendee"
    yield from _time_faults(one, occasion)


def _time_faults(one: dict[str, ParsedProperty], occasion: Occasion) -> Iterator[str]:
    starts, ends = _read(one["dtstart"], occasion), _read(one["dtend"], occasion)
    if starts is None or ends is None:
        yield "DTSTART or DTEND is no time of our zone, or one that does not exist"
        return
    if ends <= starts:
        yield "DTEND is not after DTSTART"
    if (starts, ends) != (_meant(occasion.starts), _meant(occasion.ends)):
        yield "DTSTART or DTEND is not what was meant"
    if isinstance(starts, datetime):
        yield from _recurrence_faults(one, starts, occasion)
    elif "rrule" in one or "exdate" in one:
        yield "a whole day recurs"


def _recurrence_faults(one: dict[str, ParsedProperty], starts: datetime, occasion: Occasion) -> Iterator[str]:
    wanted = occasion.recurrence
    if wanted is None or "rrule" not in one:
        if wanted is not None or "rrule" in one or "exdate" in one:
            yield "RRULE or EXDATE is missing or was not meant"
        return
    parts = [part.partition("=") for part in one["rrule"].value.split(";")]
    rule = {name: value for name, _, value in parts}
    if len(parts) != len(_RULE) or not all(
        name in rule and shape.fullmatch(rule[name]) for name, shape in _RULE.items()
    ):
        yield "RRULE is not a weekly rule that every calendar program reads, with UNTIL in UTC"
        return
    until = datetime.fromisoformat(rule["UNTIL"]).astimezone(COPENHAGEN).replace(tzinfo=None)
    step = timedelta(weeks=int(rule["INTERVAL"]))
    if rule["BYDAY"] != _DAYS[starts.weekday()]:
        yield "BYDAY is not the weekday of DTSTART"
    if until < starts or (until - starts) % step:
        yield "UNTIL is not the last time of the rhythm"
    without = _moments(one["exdate"]) if "exdate" in one else []
    if without is None:
        yield "EXDATE is no time of our zone, or one that does not exist"
        return
    if any(not starts < left_out < until or (left_out - starts) % step for left_out in without):
        yield "EXDATE does not hit the rhythm"
    if (step, until, without) != (
        timedelta(weeks=wanted.interval),
        _meant(wanted.until),
        [_meant(left_out) for left_out in wanted.without],
    ):
        yield "RRULE or EXDATE is not what was meant"


def _parameters(line: ParsedProperty) -> dict[str, str]:
    return {one.name: ",".join(map(str, one.values)) for one in line.params or ()}


def _read(line: ParsedProperty, occasion: Occasion) -> date | datetime | None:
    if not occasion.timed:
        return _day(line)
    found = _moments(line)
    return found[0] if found is not None and len(found) == 1 else None


def _moments(line: ParsedProperty) -> list[datetime] | None:
    """Return naive local times, or None where one is floating, foreign, or inside the spring gap."""
    values = line.value.split(",")
    if _parameters(line) != {"TZID": _ZONE} or not all(map(_MOMENT.fullmatch, values)):
        return None
    found = [datetime.fromisoformat(value) for value in values]
    return found if all(_meant(_in_our_zone(one)) == one for one in found) else None


def _day(line: ParsedProperty) -> date | None:
    if _parameters(line) != {"VALUE": "DATE"} or not _DAY.fullmatch(line.value):
        return None
    return date.fromisoformat(line.value)


def _in_our_zone(naive: datetime) -> datetime:
    return naive.replace(tzinfo=COPENHAGEN)


def _meant(moment: date | datetime) -> date | datetime:
    # By way of UTC: a time inside the gap comes back as another.
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).astimezone(COPENHAGEN).replace(tzinfo=None)
    return moment
