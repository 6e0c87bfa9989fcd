"""The calendar part, read back with a parser that did not write it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
import vobject  # type: ignore[import-untyped]

from reminderd.compose.faults import ComposeError
from reminderd.compose.invite import CalendarRevision, Mailbox, calendar_part, content_digest
from reminderd.domain.notices import Occasion
from reminderd.domain.recurrence import Recurrence
from reminderd.domain.workdays import COPENHAGEN, at
from tests.unit.compose_cases import HOSTILE, RECIPIENT, REVISION, SENDER

TIMED = Occasion(
    kind="activity",
    subject="aktivitet:17",
    starts=at(date(2026, 1, 8), time(17)),
    ends=at(date(2026, 1, 8), time(19)),
    location="Huset, Eksempelvej 1",
    rsvp=True,
)
ALL_DAY = Occasion(kind="review", subject="forloeb:42", starts=date(2026, 1, 24), ends=date(2026, 1, 25))


def part(
    occasion: Occasion = TIMED, revision: CalendarRevision = REVISION, title: str = "Fællesspisning"
) -> bytes:
    return calendar_part(occasion, revision, title=title, organizer=SENDER, attendee=RECIPIENT)


def lines(ics: bytes) -> list[str]:
    return ics.decode().replace("\r\n ", "").split("\r\n")


def event(ics: bytes) -> list[str]:
    unfolded = lines(ics)
    return unfolded[unfolded.index("BEGIN:VEVENT") : unfolded.index("END:VEVENT") + 1]


def test_a_timed_occasion_is_written_like_this() -> None:
    expected = {
        "BEGIN:VEVENT",
        "UID:0123456789abcdef@reminderd.example",
        "SEQUENCE:0",
        "DTSTAMP:20260105T070000Z",
        "DTSTART;TZID=Europe/Copenhagen:20260108T170000",
        "DTEND;TZID=Europe/Copenhagen:20260108T190000",
        "SUMMARY:Fællesspisning",
        "DESCRIPTION:Oplysningerne står i mailen.",
        "LOCATION:Huset\\, Eksempelvej 1",
        "CLASS:PRIVATE",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        'ORGANIZER;CN="Påmindelser, Eksempel Kommune":mailto:paamindelser@kommune.example',
        "ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:medarbejder@kommune.example",
        "X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY",
        "X-MICROSOFT-DISALLOW-COUNTER:TRUE",
        "END:VEVENT",
    }
    written = event(part())
    assert expected == set(written)
    assert len(expected) == len(written)


def test_a_whole_day_has_no_zone_takes_no_time_and_asks_for_no_answer() -> None:
    written = event(part(ALL_DAY))
    expected = {
        "DTSTART;VALUE=DATE:20260124",
        "DTEND;VALUE=DATE:20260125",
        "TRANSP:TRANSPARENT",
        "X-MICROSOFT-CDO-INTENDEDSTATUS:FREE",
        "ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=FALSE:mailto:medarbejder@kommune.example",
    }
    assert expected <= set(written)
    assert b"VTIMEZONE" not in part(ALL_DAY)


def test_the_envelope_holds_version_product_method_and_nothing_by_chance() -> None:
    head = lines(part())[:5]
    assert [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//reminderd//DA",
        "METHOD:REQUEST",
        "BEGIN:VTIMEZONE",
    ] == head


def test_an_english_entry_differs_in_product_and_description_alone() -> None:
    english = calendar_part(
        TIMED, REVISION, title="Fællesspisning", organizer=SENDER, attendee=RECIPIENT, language="en"
    )
    assert {"PRODID:-//reminderd//EN", "DESCRIPTION:The details are in the mail."} == {*lines(english)} - {
        *lines(part())
    }


def test_a_cancellation_keeps_everything_but_method_status_and_sequence() -> None:
    cancelled = CalendarRevision(REVISION.uid, 1, REVISION.dtstamp, "CANCEL")
    changed = set(lines(part(revision=cancelled))) - set(lines(part()))
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:1"} == changed


@pytest.mark.parametrize("occasion", [TIMED, ALL_DAY, replace(TIMED, location=HOSTILE + "æ" * 300)])
def test_another_parser_reads_the_same_values(occasion: Occasion) -> None:
    calendar = vobject.readOne(part(occasion).decode())
    assert "REQUEST" == calendar.method.value
    assert "Fællesspisning" == calendar.vevent.summary.value
    assert occasion.starts == calendar.vevent.dtstart.value
    assert occasion.ends == calendar.vevent.dtend.value
    assert f"mailto:{RECIPIENT}" == calendar.vevent.attendee.value
    assert f"mailto:{SENDER.mail}" == calendar.vevent.organizer.value
    assert 1 == len(calendar.vevent.contents["attendee"])


@pytest.mark.parametrize("title", ["Fællesspisning", "æ" * 200, HOSTILE, "x" * 400])
def test_lines_end_in_crlf_and_keep_to_75_octets(title: str) -> None:
    ics = part(replace(TIMED, location=HOSTILE), title=title)
    rows = ics.split(b"\r\n")
    assert b"" == rows[-1]
    assert not [row for row in rows if b"\r" in row or b"\n" in row]
    assert max(len(row) for row in rows) <= 75
    assert [row.decode() for row in rows]  # no UTF-8 character is cut by folding


def test_hostile_text_adds_no_property() -> None:
    plain = [line.partition(":")[0].partition(";")[0] for line in event(part())]
    hostile = [
        line.partition(":")[0].partition(";")[0]
        for line in event(part(replace(TIMED, location=HOSTILE), title=HOSTILE))
    ]
    assert plain == hostile


def test_quotation_marks_in_the_senders_name_are_not_written_as_carets() -> None:
    named = calendar_part(
        TIMED, REVISION, title="x", organizer=Mailbox(SENDER.mail, 'A "B" C'), attendee=RECIPIENT
    )
    assert b"^'" not in named
    assert "A 'B' C" == vobject.readOne(named.decode()).vevent.organizer.params["CN"][0]


@pytest.mark.parametrize(("month", "hour"), [(1, 17), (7, 17), (3, 12), (10, 12)])
def test_an_instant_in_utc_is_written_as_danish_time(month: int, hour: int) -> None:
    starts = datetime(2026, month, 20, hour, tzinfo=COPENHAGEN)
    ics = part(
        replace(TIMED, starts=starts.astimezone(UTC), ends=starts.astimezone(UTC) + timedelta(hours=1))
    )
    assert f"DTSTART;TZID=Europe/Copenhagen:2026{month:02d}20T{hour:02d}0000" in lines(ics)


def test_a_time_inside_the_spring_gap_is_written_as_the_time_it_really_is() -> None:
    gap = datetime(2026, 3, 29, 2, 30, tzinfo=COPENHAGEN)
    ics = part(replace(TIMED, starts=gap, ends=gap + timedelta(hours=3)))
    assert "DTSTART;TZID=Europe/Copenhagen:20260329T033000" in lines(ics)


def test_an_appointment_rings_once_before_it_begins_where_the_house_wants_that() -> None:
    def rung(occasion: Occasion, revision: CalendarRevision = REVISION) -> list[str]:
        return lines(
            calendar_part(
                occasion, revision, title="x", organizer=SENDER, attendee=RECIPIENT, alarm_minutes=30
            )
        )

    written = rung(TIMED)
    assert ["BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x", "TRIGGER:-PT30M", "END:VALARM"] == written[
        written.index("BEGIN:VALARM") : written.index("END:VALARM") + 1
    ]
    assert "BEGIN:VALARM" not in rung(ALL_DAY)
    assert "BEGIN:VALARM" not in rung(TIMED, CalendarRevision(REVISION.uid, 1, REVISION.dtstamp, "CANCEL"))


FIRST = at(date(2026, 10, 1), time(17))
LEFT_OUT = at(date(2026, 10, 29), time(17))
LAST = at(date(2026, 12, 10), time(17))
SERIES = replace(
    TIMED,
    starts=FIRST,
    ends=at(date(2026, 10, 1), time(19)),
    recurrence=Recurrence(interval=2, until=LAST, without=(LEFT_OUT,)),
)


def test_a_series_ends_in_utc_and_leaves_dates_out_in_its_own_zone() -> None:
    written = lines(part(SERIES))
    assert "DTSTART;TZID=Europe/Copenhagen:20261001T170000" in written
    assert "RRULE:FREQ=WEEKLY;UNTIL=20261210T160000Z;INTERVAL=2;BYDAY=TH;WKST=MO" in written
    assert "EXDATE;TZID=Europe/Copenhagen:20261029T170000" in written
    assert 1 == written.count("BEGIN:VEVENT")


def test_a_series_is_cancelled_whole() -> None:
    cancelled = lines(part(SERIES, CalendarRevision(REVISION.uid, 1, REVISION.dtstamp, "CANCEL")))
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:1"} == {*cancelled} - {*lines(part(SERIES))}
    assert "BEGIN:VTIMEZONE" in cancelled


@pytest.mark.parametrize(
    ("occasion", "fault"),
    [
        (replace(ALL_DAY, recurrence=SERIES.recurrence), "a whole day"),
        (replace(SERIES, recurrence=Recurrence(interval=0, until=LAST, without=(LEFT_OUT,))), "interval"),
        (replace(SERIES, recurrence=Recurrence(interval=53, until=LAST)), "interval"),
        (replace(SERIES, recurrence=Recurrence(interval=2, until=TIMED.starts)), "before the first"),
        (replace(SERIES, recurrence=Recurrence(interval=4, until=LAST)), "last time is not"),
        (
            replace(SERIES, recurrence=Recurrence(interval=2, until=LAST, without=(FIRST,))),
            "left out is not",
        ),
        (
            replace(SERIES, recurrence=Recurrence(interval=2, until=LAST, without=(LAST,))),
            "left out is not",
        ),
        (
            replace(
                SERIES,
                recurrence=Recurrence(interval=2, until=LAST, without=(LEFT_OUT + timedelta(hours=1),)),
            ),
            "left out is not",
        ),
        (
            replace(
                SERIES,
                starts=at(date(2026, 10, 1), time(2, 30)),
                ends=at(date(2026, 10, 1), time(4)),
                recurrence=Recurrence(interval=2, until=at(date(2026, 12, 10), time(2, 30))),
            ),
            "clock change",
        ),
    ],
)
def test_a_series_that_engines_would_read_differently_is_refused(occasion: Occasion, fault: str) -> None:
    with pytest.raises(ComposeError, match=fault):
        part(occasion)


BEFORE = at(date(2026, 1, 8), time(16))


@pytest.mark.parametrize(
    ("occasion", "revision", "attendee", "fault"),
    [
        (TIMED, REVISION, SENDER.mail.upper(), "organizer"),
        (TIMED, replace(REVISION, sequence=-1), RECIPIENT, "SEQUENCE"),
        (TIMED, replace(REVISION, sequence=2**31), RECIPIENT, "SEQUENCE"),
        (TIMED, replace(REVISION, uid=""), RECIPIENT, "UID"),
        (TIMED, replace(REVISION, uid="a\r\nSUMMARY:b"), RECIPIENT, "UID"),
        (TIMED, replace(REVISION, uid="040000008200E00074C5B7101A82E008x"), RECIPIENT, "Outlook"),
        (TIMED, replace(REVISION, dtstamp=datetime(2026, 1, 5)), RECIPIENT, "DTSTAMP"),
        (replace(TIMED, ends=BEFORE), REVISION, RECIPIENT, "ends before"),
        (replace(TIMED, ends=TIMED.starts), REVISION, RECIPIENT, "ends before"),
        (replace(ALL_DAY, ends=ALL_DAY.starts), REVISION, RECIPIENT, "ends before"),
        (replace(TIMED, ends=date(2026, 1, 9)), REVISION, RECIPIENT, "not both"),
        (replace(TIMED, starts=datetime(2026, 1, 8, 17)), REVISION, RECIPIENT, "needs a zone"),
        (
            replace(
                TIMED,
                starts=datetime(2026, 10, 25, 2, 30, tzinfo=COPENHAGEN, fold=1),
                ends=at(date(2026, 10, 25), time(9)),
            ),
            REVISION,
            RECIPIENT,
            "occurs twice",
        ),
    ],
)
def test_what_calendars_misread_is_refused(
    occasion: Occasion, revision: CalendarRevision, attendee: str, fault: str
) -> None:
    with pytest.raises(ComposeError, match=fault):
        calendar_part(occasion, revision, title="x", organizer=SENDER, attendee=attendee)


def digest(occasion: Occasion = TIMED, title: str = "x", attendee: str = RECIPIENT) -> str:
    return content_digest(occasion, title=title, attendee=attendee)


@pytest.mark.parametrize(
    "changed",
    [
        digest(replace(TIMED, starts=BEFORE)),
        digest(replace(TIMED, ends=at(date(2026, 1, 8), time(20)))),
        digest(replace(TIMED, location=None)),
        digest(replace(TIMED, rsvp=False)),
        digest(title="y"),
        digest(replace(TIMED, recurrence=SERIES.recurrence)),
        digest(attendee="en-anden@kommune.example"),
    ],
)
def test_what_a_reader_sees_decides_whether_a_revision_is_new(changed: str) -> None:
    assert digest() != changed


@pytest.mark.parametrize(
    "other",
    [
        Recurrence(interval=1, until=LAST, without=(LEFT_OUT,)),
        Recurrence(interval=2, until=LAST),
        Recurrence(interval=2, until=LEFT_OUT, without=(LEFT_OUT,)),
    ],
)
def test_every_change_of_a_rhythm_is_a_new_revision(other: Recurrence) -> None:
    assert digest(SERIES) != digest(replace(SERIES, recurrence=other))


def test_entries_from_before_there_were_series_keep_their_digest() -> None:
    assert "ba03e3be11ad3a92048e51c6f7143bf7" == digest()


@pytest.mark.parametrize(
    "same",
    [
        digest(replace(TIMED, starts=TIMED.starts.astimezone(UTC))),  # type: ignore[union-attr]
        digest(attendee=RECIPIENT.upper()),
        digest(title=" x "),
    ],
)
def test_another_way_of_writing_the_same_is_no_new_revision(same: str) -> None:
    assert digest() == same
