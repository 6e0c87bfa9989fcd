"""The second look at an invitation finds what the first hand got wrong, and nothing where all is well."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from reminderd.compose.calendar_lint import Meant, calendar_faults
from reminderd.compose.faults import ComposeError
from reminderd.compose.invite import VTIMEZONE, calendar_part
from reminderd.domain.notices import Occasion
from reminderd.domain.recurrence import Recurrence
from reminderd.domain.workdays import COPENHAGEN, at
from tests.unit.compose_cases import HOSTILE, RECIPIENT, REVISION, SENDER

TIMED = Occasion(
    kind="activity",
    subject="aktivitet:17",
    starts=at(date(2026, 10, 1), time(17)),
    ends=at(date(2026, 10, 1), time(19)),
    location="Huset, Eksempelvej 1",
    rsvp=True,
)
ALL_DAY = Occasion(kind="review", subject="forloeb:42", starts=date(2026, 1, 24), ends=date(2026, 1, 25))
SERIES = replace(
    TIMED,
    recurrence=Recurrence(
        interval=2,
        until=at(date(2026, 12, 10), time(17)),
        without=(at(date(2026, 10, 29), time(17)), at(date(2026, 11, 12), time(17))),
    ),
)
MEANT = Meant(occasion=TIMED, revision=REVISION, organizer=SENDER.mail, attendee=RECIPIENT)


def meaning(occasion: Occasion) -> Meant:
    return replace(MEANT, occasion=occasion)


def written(meant: Meant, title: str = "Fællesspisning") -> bytes:
    return calendar_part(
        meant.occasion, meant.revision, title=title, organizer=SENDER, attendee=meant.attendee
    )


@pytest.mark.parametrize("occasion", [TIMED, ALL_DAY, SERIES, replace(TIMED, location=HOSTILE)])
@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
@pytest.mark.parametrize("title", ["Fællesspisning", "æ" * 300, HOSTILE])
def test_what_we_write_passes(occasion: Occasion, method: str, title: str) -> None:
    meant = replace(meaning(occasion), revision=replace(REVISION, method=method))
    assert () == calendar_faults(written(meant, title), meant)


OLD = "aftaler@kommune.example"
OTHERS = replace(MEANT, revision=replace(REVISION, organizer=OLD))


def test_what_is_sent_for_the_mailbox_that_invited_says_who_sends_it() -> None:
    ics = written(OTHERS)
    assert () == calendar_faults(ics, OTHERS)
    unfolded = ics.replace(b"\r\n ", b"").decode()
    assert f'SENT-BY="mailto:{SENDER.mail}":mailto:{OLD}\r\n' in unfolded
    assert ("ORGANIZER is not what was meant", "SENT-BY is not what was meant") == calendar_faults(ics, MEANT)
    assert ("ORGANIZER is not what was meant", "SENT-BY is not what was meant") == calendar_faults(
        written(MEANT), OTHERS
    )
    same = replace(MEANT, revision=replace(REVISION, organizer=SENDER.mail.upper()))
    assert b"SENT-BY" not in written(same)
    assert () == calendar_faults(written(same), same)


def test_whoever_invited_cannot_be_invited_herself() -> None:
    with pytest.raises(ComposeError, match="the organizer cannot be invited"):
        written(replace(OTHERS, attendee=OLD))


RINGS = replace(MEANT, alarm_minutes=30)


def ringing() -> bytes:
    return calendar_part(
        TIMED, REVISION, title="Fællesspisning", organizer=SENDER, attendee=RECIPIENT, alarm_minutes=30
    )


def test_an_alarm_passes_where_it_was_meant_and_only_there() -> None:
    assert () == calendar_faults(ringing(), RINGS)
    assert "an alarm" in "; ".join(calendar_faults(ringing(), MEANT))
    assert "an alarm" in "; ".join(calendar_faults(written(MEANT), RINGS))
    for old, new in (("TRIGGER:-PT30M", "TRIGGER:PT30M"), ("ACTION:DISPLAY", "ACTION:AUDIO")):
        assert "an alarm" in "; ".join(calendar_faults(swap(old, new)(ringing()), RINGS))
    assert () == calendar_faults(written(meaning(ALL_DAY)), replace(meaning(ALL_DAY), alarm_minutes=30))


def swap(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(ics: bytes) -> bytes:
        assert old.encode() in ics
        return ics.replace(old.encode(), new.encode(), 1)

    return change


def without(line: str) -> Callable[[bytes], bytes]:
    return swap(f"{line}\r\n", "")


def add(line: str) -> Callable[[bytes], bytes]:
    return swap("END:VEVENT", f"{line}\r\nEND:VEVENT")


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda ics: ics.replace(b"\r\n", b"\n"), "CRLF"),
        (swap("VERSION:2.0\r\n", "VERSION:2.0\n"), "CRLF"),
        (lambda ics: ics.rstrip(), "CRLF"),
        (swap("SUMMARY:", "SUMMARY:" + "x" * 68), "75 octets"),
        (swap("SUMMARY:F", "SUMMARY:\x07F"), "control character"),
        (swap("SUMMARY:F", "SUMMARY:\x00F"), "control character"),
        (swap("SUMMARY:F", "SUMMARY:\x85F"), "control character"),
        (lambda ics: ics.replace("æ".encode(), b"\xc3\r\n \xa6"), "not UTF-8"),
        (lambda ics: ics.replace("æ".encode(), "æ".encode("cp1252")), "not UTF-8"),
        (swap("STATUS:", "STATUS"), "cannot parse"),
        (swap("END:VEVENT\r\n", ""), "cannot parse"),
        (lambda ics: ics + ics, "not one VCALENDAR"),
        (lambda _ics: b"", "the zone"),
        (lambda ics: ics.replace(b"VCALENDAR", b"CALENDAR"), "not one VCALENDAR"),
        (swap("METHOD:REQUEST", "METHOD:CANCEL"), "METHOD"),
        (without("METHOD:REQUEST"), "its head"),
        (swap("VERSION:2.0", "VERSION:1.0"), "VERSION"),
        (swap("VERSION:2.0", "VERSION:2.0\r\nUID:by-chance"), "its head"),
        (swap(VTIMEZONE, ""), "the zone"),
        (swap("TZOFFSETTO:+0200", "TZOFFSETTO:+0300"), "the zone"),
        (swap("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "RDATE:20260329T030000"), "the zone"),
        (swap("BEGIN:VEVENT", VTIMEZONE + "BEGIN:VEVENT"), "one VEVENT"),
        (swap("END:VEVENT", "BEGIN:VALARM\r\nEND:VALARM\r\nEND:VEVENT"), "an alarm"),
        (swap("END:VEVENT", "END:VEVENT\r\nBEGIN:VEVENT\r\nEND:VEVENT"), "one VEVENT"),
        (add("RECURRENCE-ID;TZID=Europe/Copenhagen:20261015T170000"), "nobody meant"),
        (add("RDATE;TZID=Europe/Copenhagen:20261016T170000"), "nobody meant"),
        (add("COMMENT:x"), "nobody meant"),
        (add("SUMMARY:twice"), "twice"),
        (add("ATTENDEE;RSVP=TRUE:mailto:en-anden@kommune.example"), "twice"),
        (without("CLASS:PRIVATE"), "missing"),
        (without("SEQUENCE:0"), "missing"),
        (swap("SEQUENCE:0", "SEQUENCE:1"), "SEQUENCE"),
        (swap("DTSTAMP:2026", "DTSTAMP:2027"), "DTSTAMP"),
        (swap("UID:0", "UID:1"), "UID"),
        (swap("CLASS:PRIVATE", "CLASS:PUBLIC"), "CLASS"),
        (swap("STATUS:CONFIRMED", "STATUS:CANCELED"), "STATUS"),
        (swap("TRANSP:OPAQUE", "TRANSP:TRANSPARENT"), "TRANSP"),
        (swap("mailto:medarbejder@", "mailto:en-anden@"), "ATTENDEE"),
        (swap("mailto:medarbejder@", "medarbejder@"), "ATTENDEE"),
        (swap("mailto:paamindelser@", "mailto:anne@"), "ORGANIZER"),
        (swap("=TRUE:mailto", "=FALSE:mailto"), "RSVP"),
        (swap("DTSTART;TZID=Europe/Copenhagen", "DTSTART"), "no time of our zone"),
        (swap("DTSTART;TZID=Europe/Copenhagen", "DTSTART;TZID=Europe/Oslo"), "no time of our zone"),
        (
            swap("DTSTART;TZID=Europe/Copenhagen:20261001", "DTSTART;TZID=Europe/Copenhagen:20261002"),
            "not what",
        ),
        (
            swap("DTEND;TZID=Europe/Copenhagen:20261001T19", "DTEND;TZID=Europe/Copenhagen:20261001T17"),
            "not after",
        ),
        (add("EXDATE;TZID=Europe/Copenhagen:20261015T170000"), "was not meant"),
        (add("RRULE:FREQ=WEEKLY;UNTIL=20261210T160000Z;INTERVAL=2;BYDAY=TH;WKST=MO"), "was not meant"),
    ],
)
def test_what_is_wrong_with_an_appointment_is_found(spoil: Callable[[bytes], bytes], fault: str) -> None:
    assert fault in "; ".join(calendar_faults(spoil(written(MEANT)), MEANT))


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (swap("UNTIL=20261210T160000Z", "UNTIL=20261210T170000"), "UNTIL in UTC"),
        (swap("UNTIL=20261210T160000Z", "UNTIL=20261210T170000Z"), "UNTIL is not"),
        (swap("UNTIL=20261210T160000Z", "UNTIL=20260910T150000Z"), "UNTIL is not"),
        (swap("UNTIL=20261210T160000Z", "UNTIL=20261224T160000Z"), "not what was meant"),
        (swap("UNTIL=20261210T160000Z", "UNTIL=20262210T160000Z"), "in no calendar"),
        (swap("UNTIL=20261210T160000Z", "UNTIL=00010101T000000Z"), "UNTIL is not"),
        (swap("Copenhagen:20261029T170000", "Copenhagen:20261039T170000"), "in no calendar"),
        (swap("Copenhagen:20261029T170000", "Copenhagen:99991231T235959"), "does not hit"),
        (swap("UNTIL=20261210T160000Z", "COUNT=6"), "every calendar program"),
        (swap("FREQ=WEEKLY", "FREQ=DAILY"), "every calendar program"),
        (swap(";WKST=MO", ""), "every calendar program"),
        (swap("INTERVAL=2", "INTERVAL=0"), "every calendar program"),
        (swap("INTERVAL=2", "INTERVAL=1"), "not what was meant"),
        (swap("BYDAY=TH", "BYDAY=FR"), "BYDAY"),
        (swap("BYDAY=TH", "BYDAY=1TH"), "every calendar program"),
        (
            swap("EXDATE;TZID=Europe/Copenhagen:20261029T170000", "EXDATE:20261029T170000"),
            "EXDATE is no time",
        ),
        (
            swap("EXDATE;TZID=Europe/Copenhagen:20261029T17", "EXDATE;TZID=Europe/Copenhagen:20261029T16"),
            "does not hit",
        ),
        (
            swap("EXDATE;TZID=Europe/Copenhagen:20261029", "EXDATE;TZID=Europe/Copenhagen:20261022"),
            "does not hit",
        ),
        (
            swap("EXDATE;TZID=Europe/Copenhagen:20261029", "EXDATE;TZID=Europe/Copenhagen:20261015"),
            "not what was",
        ),
        (lambda ics: ics.replace(b"EXDATE", b"XDATE"), "nobody meant"),
        (
            lambda ics: b"\r\n".join(line for line in ics.split(b"\r\n") if b"EXDATE" not in line),
            "not what was",
        ),
        (
            lambda ics: b"\r\n".join(line for line in ics.split(b"\r\n") if b"=WEEKLY" not in line),
            "is missing",
        ),
    ],
)
def test_what_is_wrong_with_a_series_is_found(spoil: Callable[[bytes], bytes], fault: str) -> None:
    meant = meaning(SERIES)
    assert fault in "; ".join(calendar_faults(spoil(written(meant)), meant))


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (swap("DTSTART;VALUE=DATE:20260124", "DTSTART;VALUE=DATE:20260123"), "not what was meant"),
        (swap("DTSTART;VALUE=DATE:20260124", "DTSTART:20260124"), "no time"),
        (swap("DTSTART;VALUE=DATE:20260124", "DTSTART;TZID=Europe/Copenhagen:20260124T000000"), "no time"),
        (swap("DTEND;VALUE=DATE:20260125", "DTEND;VALUE=DATE:20260124"), "not after"),
        (swap("BEGIN:VEVENT", VTIMEZONE + "BEGIN:VEVENT"), "not needed"),
        (swap("TRANSP:TRANSPARENT", "TRANSP:OPAQUE"), "TRANSP"),
        (add("RRULE:FREQ=WEEKLY;COUNT=2"), "a whole day recurs"),
    ],
)
def test_what_is_wrong_with_a_whole_day_is_found(spoil: Callable[[bytes], bytes], fault: str) -> None:
    meant = meaning(ALL_DAY)
    assert fault in "; ".join(calendar_faults(spoil(written(meant)), meant))


def test_a_time_in_the_spring_gap_is_found_where_another_library_wrote_it() -> None:
    gap = replace(
        TIMED, starts=datetime(2026, 3, 29, 1, 30, tzinfo=COPENHAGEN), ends=at(date(2026, 3, 29), time(5))
    )
    spoilt = swap("20260329T013000", "20260329T023000")(written(meaning(gap)))
    assert "does not exist" in "; ".join(calendar_faults(spoilt, meaning(gap)))


@pytest.mark.parametrize(
    ("meant", "fault"),
    [
        (replace(MEANT, organizer=RECIPIENT), "the organizer is the attendee"),
        (replace(MEANT, revision=replace(REVISION, sequence=2**31)), "31 bits"),
    ],
)
def test_what_was_wrongly_meant_is_found_too(meant: Meant, fault: str) -> None:
    assert fault in "; ".join(calendar_faults(written(MEANT), meant))


def test_a_fault_says_nothing_about_anybody() -> None:
    spoilt = swap("SUMMARY:F", "SUMMARY")(written(MEANT))
    said = "; ".join(calendar_faults(spoilt, MEANT)) + "; ".join(
        calendar_faults(swap("mailto:medarbejder@", "mailto:anne@")(written(MEANT)), MEANT)
    )
    assert not any(word in said for word in ("llesspisning", "kommune.example", "anne", "Huset"))


def test_an_instant_in_utc_is_the_same_instant() -> None:
    assert isinstance(TIMED.starts, datetime)
    assert isinstance(TIMED.ends, datetime)
    elsewhere = replace(TIMED, starts=TIMED.starts.astimezone(UTC), ends=TIMED.ends.astimezone(UTC))
    assert () == calendar_faults(written(meaning(elsewhere)), meaning(elsewhere))
