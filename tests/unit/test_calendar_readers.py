"""Three readers that know nothing of each other, and nothing of us, read the same out of every calendar part.

Every `.eml` that lies anywhere below the tests is read too, so a new golden mail is under this rule.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import icalendar
import pytest
import vobject  # type: ignore[import-untyped]
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream

from reminderd.compose.calendar_lint import Meant, calendar_faults
from reminderd.compose.invite import calendar_part
from reminderd.domain.notices import Occasion
from reminderd.domain.recurrence import Recurrence
from reminderd.domain.workdays import COPENHAGEN, local
from tests.unit.compose_cases import DATASETS, KINDS, RECIPIENT, REVISION, SENDER, WITHOUT_CALENDAR, composed

MAILS = sorted(Path(__file__).parents[1].rglob("*.eml"))
SERIES = Occasion(
    kind="activity",
    subject="serie:S-1#TH-1700-2w0",
    starts=local(datetime(2026, 10, 1, 17)),
    ends=local(datetime(2026, 10, 1, 19)),
    location="Huset, Eksempelvej 1",
    rsvp=True,
    recurrence=Recurrence(
        interval=2,
        until=local(datetime(2026, 12, 10, 17)),
        without=(local(datetime(2026, 10, 29, 17)), local(datetime(2026, 11, 12, 17))),
    ),
)
MEANT = Meant(occasion=SERIES, revision=REVISION, organizer=SENDER.mail, attendee=RECIPIENT)
WRITTEN = calendar_part(SERIES, REVISION, title="Fællesspisning; æ, ø", organizer=SENDER, attendee=RECIPIENT)

Seen = dict[str, Any]


def by_icalendar(ics: bytes) -> Seen:
    calendar = icalendar.Calendar.from_ical(ics)
    (event,) = calendar.events
    rule = event.get("RRULE", {})
    exdate = event.get("EXDATE")
    return {
        "method": str(calendar["METHOD"]),
        "uid": str(event["UID"]),
        "sequence": int(event["SEQUENCE"]),
        "stamp": event["DTSTAMP"].dt,
        "starts": plain(event["DTSTART"].dt),
        "ends": plain(event["DTEND"].dt),
        "title": str(event["SUMMARY"]),
        "place": str(event.get("LOCATION", "")),
        "status": str(event["STATUS"]),
        "attendee": str(event["ATTENDEE"]),
        "organizer": str(event["ORGANIZER"]),
        "interval": rule.get("INTERVAL", [None])[0],
        "until": rule.get("UNTIL", [None])[0],
        "without": [plain(one.dt) for one in exdate.dts] if exdate else [],
    }


def by_vobject(ics: bytes) -> Seen:
    calendar = vobject.readOne(ics.decode())
    event = calendar.vevent
    text = {name: found[0].value for name, found in event.contents.items()}
    rule = dict(part.split("=") for part in text["rrule"].split(";")) if "rrule" in text else {}
    until = rule.get("UNTIL")
    return {
        "method": calendar.method.value,
        "uid": text["uid"],
        "sequence": int(text["sequence"]),
        "stamp": text["dtstamp"].astimezone(UTC),
        "starts": plain(text["dtstart"]),
        "ends": plain(text["dtend"]),
        "title": text["summary"],
        "place": text.get("location", ""),
        "status": text["status"],
        "attendee": text["attendee"],
        "organizer": text["organizer"],
        "interval": int(rule["INTERVAL"]) if rule else None,
        "until": datetime.fromisoformat(until) if until else None,
        "without": [plain(one) for one in text.get("exdate", [])],
    }


def by_ical(ics: bytes) -> Seen:
    calendar = IcsCalendarStream.calendar_from_ics(ics.decode())
    (event,) = calendar.events
    rule = event.rrule
    assert event.dtend is not None
    assert event.organizer is not None
    return {
        "method": calendar.method,
        "uid": event.uid,
        "sequence": event.sequence,
        "stamp": event.dtstamp,
        "starts": plain(event.dtstart),
        "ends": plain(event.dtend),
        "title": event.summary,
        "place": event.location or "",
        "status": event.status,
        "attendee": str(event.attendees[0].uri),
        "organizer": str(event.organizer.uri),
        "interval": rule.interval if rule else None,
        "until": rule.until if rule else None,
        "without": [plain(one) for one in event.exdate],
    }


READERS = (by_icalendar, by_vobject, by_ical)


def plain(moment: date | datetime) -> date | datetime:
    return moment.astimezone(COPENHAGEN).replace(tzinfo=None) if isinstance(moment, datetime) else moment


def calendar_parts(raw: bytes) -> list[bytes]:
    parts = [part for part in message_from_bytes(raw).walk() if part.get_content_type() == "text/calendar"]
    return [part.get_payload(decode=True) for part in parts]  # type: ignore[misc]


def read_alike(ics: bytes) -> Seen:
    one, another, third = (read(ics) for read in READERS)
    assert one == another == third
    return one


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in WITHOUT_CALENDAR])
def test_three_readers_agree_on_every_kind(kind: str, dataset: str) -> None:
    (ics,) = calendar_parts(composed(kind, dataset))
    assert RECIPIENT == read_alike(ics)["attendee"].removeprefix("mailto:")


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.name)
def test_three_readers_agree_on_every_mail_that_is_kept_as_an_example(path: Path) -> None:
    for ics in calendar_parts(path.read_bytes()):
        read_alike(ics)


def test_three_readers_agree_on_a_series() -> None:
    seen = read_alike(WRITTEN)
    assert (2, datetime(2026, 12, 10, 16, tzinfo=UTC)) == (seen["interval"], seen["until"])
    assert [datetime(2026, 10, 29, 17), datetime(2026, 11, 12, 17)] == seen["without"]
    assert "Fællesspisning; æ, ø" == seen["title"]


@settings(max_examples=25)
@given(
    title=st.text(max_size=120),
    place=st.none() | st.text(max_size=200),
    start=st.datetimes(datetime(1998, 1, 1), datetime(2037, 1, 1)),
    minutes=st.integers(1, 60 * 24 * 3),
    sequence=st.integers(0, 2**31 - 1),
)
def test_three_readers_agree_on_whatever_is_written_and_the_second_look_passes_it(
    title: str, place: str | None, start: datetime, minutes: int, sequence: int
) -> None:
    starts = local(start.replace(microsecond=0))
    occasion = replace(
        SERIES,
        starts=starts,
        ends=(starts.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(COPENHAGEN),
        location=place,
        recurrence=None,
    )
    if occasion.ends.fold:  # type: ignore[union-attr] - refused: it occurs twice
        return
    revision = replace(REVISION, sequence=sequence)
    ics = calendar_part(occasion, revision, title=title, organizer=SENDER, attendee=RECIPIENT)
    assert () == calendar_faults(ics, replace(MEANT, occasion=occasion, revision=revision))
    seen = read_alike(ics)
    assert (plain(occasion.starts), plain(occasion.ends), sequence) == (
        seen["starts"],
        seen["ends"],
        seen["sequence"],
    )


@settings(max_examples=100)
@example(position=668, byte=b"2")
@given(
    position=st.integers(0, len(WRITTEN) - 1), byte=st.sampled_from([b"", *(bytes([n]) for n in range(256))])
)
def test_no_byte_can_be_changed_that_a_reader_would_see_and_the_second_look_would_not(
    position: int, byte: bytes
) -> None:
    spoilt = WRITTEN[:position] + byte + WRITTEN[position + 1 :]
    if calendar_faults(spoilt, MEANT):
        return
    texts = ("title", "place")
    for read in (by_icalendar, by_ical):
        meant, seen = read(WRITTEN), read(spoilt)
        assert {name: value for name, value in meant.items() if name not in texts} == {
            name: value for name, value in seen.items() if name not in texts
        }
