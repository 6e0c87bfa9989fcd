"""What we rely on in icalendar, trap by trap, and the constant zone beside the zone database.

Each trap is a test of the library alone, with what we do about it in its name. An upgrade that changes
one fails here: then look whether what we do about it is still needed, and still right.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from email import message_from_bytes
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import time_machine
import vobject  # type: ignore[import-untyped]
from icalendar import Calendar, Event, vCalAddress, vRecur

from reminderd.compose.invite import VTIMEZONE

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
STARTS = datetime(2026, 1, 8, 17, tzinfo=COPENHAGEN)
STAMP = datetime(2026, 1, 5, tzinfo=UTC)
EMPTY = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n"


def event(**changed: Any) -> Event:
    given = {"uid": "u", "stamp": STAMP, "start": STARTS, "end": STARTS + timedelta(hours=1)} | changed
    return Event.new(**given)


def lines(component: Event | Calendar) -> list[str]:
    return component.to_ical().decode().replace("\r\n ", "").split("\r\n")


def read(event_lines: str) -> Event:
    wrapped = f"BEGIN:VEVENT\r\nUID:u\r\n{event_lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()
    return Calendar.from_ical(EMPTY.replace(b"END:VCALENDAR\r\n", wrapped)).events[0]


def test_the_librarys_zone_lists_dates_and_changes_at_three_so_ours_is_a_constant() -> None:
    calendar = Calendar.new(uid="u")
    calendar.add_component(event())
    calendar.add_missing_timezones()
    written = lines(calendar)
    zone = written[written.index("BEGIN:VTIMEZONE") : written.index("END:VTIMEZONE")]
    assert not [line for line in zone if line.startswith("RRULE")]
    assert "DTSTART:19800406T030000" in zone
    assert 2 == sum(line.startswith("RDATE") for line in zone)
    assert 1 == sum(line.startswith("COMMENT") for line in zone)


def test_until_is_written_as_it_is_given_so_we_give_utc() -> None:
    local, in_utc = event(), event()
    until = datetime(2027, 4, 26, 14, tzinfo=COPENHAGEN)
    local.add("rrule", vRecur(freq="WEEKLY", until=until))
    in_utc.add("rrule", vRecur(freq="WEEKLY", until=until.astimezone(UTC)))
    assert "RRULE:FREQ=WEEKLY;UNTIL=20270426T140000" in lines(local)
    assert "RRULE:FREQ=WEEKLY;UNTIL=20270426T120000Z" in lines(in_utc)


def test_exdate_carries_the_zone_of_its_times_so_nothing_is_to_do() -> None:
    one = event()
    one.add("exdate", [STARTS + timedelta(weeks=2), STARTS + timedelta(weeks=4)])
    assert "EXDATE;TZID=Europe/Copenhagen:20260122T170000,20260205T170000" in lines(one)


def test_refresh_interval_lacks_its_required_parameter_so_a_feed_must_add_it() -> None:
    calendar = Calendar.new(uid="u", refresh_interval=timedelta(hours=6))
    assert "REFRESH-INTERVAL:PT6H" in lines(calendar)


def test_a_calendar_gets_a_uid_by_chance_so_we_write_the_envelope() -> None:
    assert Calendar.new().uid != Calendar.new().uid


def test_an_event_gets_a_uid_by_chance_and_the_present_time_so_we_give_both() -> None:
    assert Event.new().uid != Event.new().uid
    with time_machine.travel(STAMP, tick=False):
        assert STAMP == Event.new().stamp
    assert ("u", STAMP) == (event().uid, event().stamp)


def test_there_is_no_sequence_unless_given_so_we_give_it() -> None:
    assert not [line for line in lines(event()) if line.startswith("SEQUENCE")]
    with pytest.raises(icalendar.error.InvalidCalendar, match="SEQUENCE"):
        event(sequence=-1)


def test_status_and_its_like_are_not_checked_so_we_use_the_enums() -> None:
    wrong = {"status": "CANCELED", "transparency": "MAYBE", "classification": "SECRETISH", "priority": 99}
    assert {"STATUS:CANCELED", "TRANSP:MAYBE", "CLASS:SECRETISH", "PRIORITY:99"} <= {*lines(event(**wrong))}


def test_a_plain_address_is_written_without_mailto_so_we_use_vcaladdress() -> None:
    plain = lines(event(organizer="a@b.example", attendees=["c@d.example"]))
    assert {"ORGANIZER:a@b.example", "ATTENDEE:c@d.example"} <= {*plain}
    assert "ORGANIZER:mailto:a@b.example" in lines(event(organizer=vCalAddress.new("a@b.example")))


def test_a_naive_time_floats_so_we_refuse_it() -> None:
    naive = datetime(2026, 1, 8, 17)
    assert "DTSTART:20260108T170000" in lines(event(start=naive, end=naive + timedelta(hours=1)))


def test_a_naive_stamp_becomes_utc_unchanged_so_we_refuse_it() -> None:
    assert "DTSTAMP:20260105T080000Z" in lines(event(stamp=datetime(2026, 1, 5, 8)))


def test_a_fixed_offset_becomes_a_zone_nobody_knows_so_we_turn_everything_into_danish_time() -> None:
    fixed = STARTS.astimezone(timezone(timedelta(hours=2)))
    assert 'DTSTART;TZID="UTC+02:00":20260108T180000' in lines(
        event(start=fixed, end=fixed + timedelta(hours=1))
    )


def test_an_end_at_the_start_passes_so_we_refuse_it() -> None:
    assert "DTEND;TZID=Europe/Copenhagen:20260108T170000" in lines(event(end=STARTS))
    with pytest.raises(icalendar.error.InvalidCalendar, match="end must be after start"):
        event(end=STARTS - timedelta(hours=1))


def test_adding_a_start_twice_writes_two_so_we_give_each_property_once() -> None:
    one = event()
    one.add("dtstart", STARTS)
    assert 2 == sum(line.startswith("DTSTART") for line in lines(one))


def test_control_characters_pass_so_we_strip_them() -> None:
    assert "SUMMARY:a\x00b\x07c" in lines(event(summary="a\x00b\x07c"))


def test_a_time_in_the_spring_gap_is_written_as_it_stands_so_we_go_by_way_of_utc() -> None:
    gap = datetime(2027, 3, 28, 2, 30, tzinfo=COPENHAGEN)
    assert "DTSTART;TZID=Europe/Copenhagen:20270328T023000" in lines(
        event(start=gap, end=gap + timedelta(hours=3))
    )


def test_the_second_of_two_equal_times_is_written_like_the_first_so_we_refuse_it() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=COPENHAGEN)
    ends = first + timedelta(hours=3)
    assert lines(event(start=first, end=ends)) == lines(event(start=first.replace(fold=1), end=ends))


def test_a_duration_is_reckoned_on_the_wall_clock_so_we_write_ends() -> None:
    one = Event.new(uid="u", stamp=STAMP, start=datetime(2026, 10, 24, 17, tzinfo=COPENHAGEN))
    one.add("duration", timedelta(days=1))
    assert datetime(2026, 10, 25, 17, tzinfo=COPENHAGEN) == one.end


def test_text_is_escaped_and_cannot_end_its_line_so_nothing_is_to_do() -> None:
    assert "SUMMARY:a\\;b\\,c\\\\d\\ne\\nf" in lines(event(summary="a;b,c\\d\r\ne\rf"))


def test_quotation_marks_in_a_name_become_carets_so_we_keep_them_out() -> None:
    named = event(organizer=vCalAddress.new("a@b.example", cn='A "B", C'))
    assert "ORGANIZER;CN=\"A ^'B^', C\":mailto:a@b.example" in lines(named)


@pytest.mark.parametrize(
    "given",
    [
        lambda: event(organizer=vCalAddress.new("a@b.example\r\nX:1")),
        lambda: event(url="https://b.example\r\nX:1"),
    ],
)
def test_line_breaks_in_addresses_are_refused_so_nothing_is_to_do(given: Callable[[], Event]) -> None:
    with pytest.raises(ValueError, match="may not contain CR or LF"):
        given()


@pytest.mark.parametrize("title", ["æ" * 200, "x" * 400, "a" + "😀" * 90])
def test_folding_keeps_to_75_octets_and_cuts_no_character_so_nothing_is_to_do(title: str) -> None:
    rows = event(summary=title).to_ical().split(b"\r\n")
    assert 75 >= max(map(len, rows))
    assert [row.decode() for row in rows]


def test_two_calendars_in_one_stream_are_refused_so_a_reader_asks_for_multiple() -> None:
    with pytest.raises(ValueError, match="multiple components"):
        Calendar.from_ical(EMPTY + EMPTY)
    assert 2 == len(Calendar.from_ical(EMPTY + EMPTY, multiple=True))


def test_a_bad_property_is_only_noted_so_a_reader_looks_at_the_errors() -> None:
    broken = read("DTSTART:notadate")
    assert ["DTSTART"] == [name for name, _ in broken.errors]
    assert "vBroken" == type(broken["DTSTART"]).__name__


def test_an_alarm_that_repeats_for_ever_is_bounded_so_7_2_1_is_required() -> None:
    alarm = (
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nREPEAT:2000000000\r\nDURATION:PT1M\r\nEND:VALARM"
    )
    assert 100_000 > len(read(f"DTSTART:20260101T100000Z\r\n{alarm}").alarms.times)


def test_windows_names_of_zones_are_read_as_the_same_time_so_answers_need_no_table() -> None:
    answer = read("DTSTART;TZID=Romance Standard Time:20260708T170000")
    assert datetime(2026, 7, 8, 15, tzinfo=UTC) == answer.start.astimezone(UTC)


def test_nothing_of_the_standard_librarys_newer_mail_is_used_because_it_unmakes_crlf() -> None:
    from email.message import EmailMessage  # noqa: PLC0415 - only to show the trap

    message = EmailMessage()
    message.set_content("x")
    message.add_alternative("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", subtype="calendar", cte="base64")
    part = message_from_bytes(message.as_bytes()).get_payload()[-1]
    assert b"BEGIN:VCALENDAR\nEND:VCALENDAR\n" == part.get_payload(decode=True)  # type: ignore[union-attr]


# Our zone begins with the rule of 1996; the database's own ends with the last year its tables spell out.
@pytest.mark.parametrize("year", range(1997, 2038))
def test_the_constant_zone_changes_its_clocks_when_the_zone_database_does(year: int) -> None:
    # The zone is read here by the other parser: neither its text nor our zone data decides alone.
    zone = _OURS
    around = [
        datetime(year, month, day, hour)
        for month in (3, 10)
        for day in range(24, 32)
        for hour in (0, 1, 4, 12)
    ]
    quiet = [datetime(year, month, 15, 12) for month in range(1, 13)]
    assert [moment.replace(tzinfo=COPENHAGEN).utcoffset() for moment in around + quiet] == [
        moment.replace(tzinfo=zone).utcoffset() for moment in around + quiet
    ]


@pytest.mark.parametrize("year", range(1997, 2038))
def test_the_hour_of_each_change_is_the_zone_databases(year: int) -> None:
    spring, autumn = _last_sunday(year, 3), _last_sunday(year, 10)
    for naive in (
        datetime.combine(spring, datetime.min.time()) + timedelta(hours=1, minutes=59),
        datetime.combine(spring, datetime.min.time()) + timedelta(hours=3),
        datetime.combine(autumn, datetime.min.time()) + timedelta(hours=1, minutes=59),
        datetime.combine(autumn, datetime.min.time()) + timedelta(hours=3),
    ):
        assert naive.replace(tzinfo=COPENHAGEN).utcoffset() == naive.replace(tzinfo=_OURS).utcoffset()


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


_OURS = vobject.readOne(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{VTIMEZONE}END:VCALENDAR\r\n").vtimezone.tzinfo
