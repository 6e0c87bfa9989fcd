"""What a stranger's mail says, in the forms that real programs write; and that no bytes do harm."""

import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminderd.domain.answers import ForAPerson, Ignored, Replies, Reply, Returned
from reminderd.inbox import read
from reminderd.inbox.bounds import MOST_PARTS
from reminderd.inbox.replies import MOST_EVENTS, MOST_LINES
from tests import inbox_mails as mails
from tests.inbox_mails import Given

WRITERS = (mails.exchange, mails.outlook_com, mails.gmail, mails.thunderbird)
Writer = Callable[[Given], bytes]


def answer(given_: Given, occurrence: date | None = None) -> Replies:
    assert given_.partstat in ("ACCEPTED", "DECLINED", "TENTATIVE")
    return Replies(
        (
            Reply(
                uid=given_.uid,
                attendee=given_.attendee,
                partstat=given_.partstat.lower(),  # type: ignore[arg-type]
                sequence=given_.sequence,
                dtstamp=given_.dtstamp,
                occurrence=occurrence,
            ),
        )
    )


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("partstat", ["ACCEPTED", "DECLINED", "TENTATIVE"])
def test_an_answer_is_read_as_each_program_writes_it(write: Writer, partstat: str) -> None:
    said = Given(partstat=partstat, sequence=3)
    assert answer(said) == read(write(said))


@pytest.mark.parametrize("write", [mails.exchange, mails.gmail, mails.thunderbird])
def test_an_answer_to_one_date_names_its_day_in_copenhagen(write: Writer) -> None:
    said = Given(occurrence=datetime(2026, 5, 19, 22, 30, tzinfo=UTC))  # half past midnight here
    assert answer(said, date(2026, 5, 20)) == read(write(said))


def test_answers_to_several_dates_in_one_mail_are_all_read() -> None:
    events = [
        mails.plain_reply(Given(occurrence=datetime(2026, 5, day, 12, tzinfo=UTC))).split("METHOD:REPLY\n")[1]
        for day in (12, 19)
    ]
    stream = "BEGIN:VCALENDAR\nMETHOD:REPLY\n" + events[0].replace("END:VCALENDAR\n", "") + events[1]
    found = read(mails.calendar_mail(stream))
    assert isinstance(found, Replies)
    assert [date(2026, 5, 12), date(2026, 5, 19)] == [reply.occurrence for reply in found.replies]


@pytest.mark.parametrize("write", [mails.postfix_bounce, mails.exchange_bounce])
def test_a_returned_mail_is_known_by_its_message_id(write: Callable[..., bytes]) -> None:
    assert Returned((mails.MESSAGE_ID,), (), "5.1.2") == read(write(mails.MESSAGE_ID, status="5.1.2"))


def test_a_report_may_name_the_envelope_alone() -> None:
    raw = mails.postfix_bounce().replace(b"X-Postfix-Queue-ID: 4F2C61", b"Original-Envelope-Id: 8d41c0aa72f3")
    assert Returned((), ("8d41c0aa72f3",), "5.1.1") == read(
        raw.replace(b"Message-ID: <8d41", b"X-Was: <8d41")
    )


def test_a_mail_that_was_given_up_after_days_came_back_too() -> None:
    assert Returned((mails.MESSAGE_ID,), (), "4.4.1") == read(mails.postfix_bounce(status="4.4.1"))


@pytest.mark.parametrize(
    "raw",
    [
        mails.postfix_bounce(action="delayed", status="4.4.1"),
        mails.postfix_bounce(action="delivered", status="2.0.0"),
        mails.out_of_office(),
        mails.vacation(),
        mails.receipt(),
        mails.ordinary().replace(b"MIME-Version", b"X-Autoreply: yes\r\nMIME-Version"),
    ],
    ids=["delayed", "delivered", "absent", "vacation", "receipt", "autoreply"],
)
def test_absence_notices_receipts_and_delays_say_nothing(raw: bytes) -> None:
    assert isinstance(read(raw), Ignored)


def test_an_absence_notice_is_dropped_even_with_a_calendar_in_it() -> None:
    raw = mails.exchange(Given()).replace(b"MIME-Version", b"Auto-Submitted: auto-replied\r\nMIME-Version")
    assert Ignored("an automatic reply") == read(raw)


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (mails.ordinary(), "ordinary"),
        (mails.winmail(), "TNEF"),
        (mails.calendar_mail(mails.plain_reply(Given()).replace("REPLY", "COUNTER")), "another time"),
        (mails.calendar_mail(mails.plain_reply(Given()).replace("REPLY", "REQUEST")), "no answer"),
        (mails.calendar_mail(mails.plain_reply(Given(partstat="NEEDS-ACTION"))), "neither yes nor no"),
        (mails.calendar_mail(mails.plain_reply(Given(partstat="DELEGATED"))), "neither yes, no nor perhaps"),
        (mails.calendar_mail(mails.plain_reply(Given(), more="ATTENDEE:mailto:x@y.example\n")), "twice"),
        (mails.calendar_mail(mails.plain_reply(Given()).replace("UID:", "X-UID:")), "UID"),
        (mails.calendar_mail(mails.plain_reply(Given()).replace("mailto:", "tel:")), "no mail address"),
        (mails.calendar_mail(mails.plain_reply(Given()).replace("SEQUENCE:0", "SEQUENCE:-1")), "no number"),
        (mails.calendar_mail(mails.plain_reply(Given()).replace("00Z", "00")), "when it was given"),
        (mails.calendar_mail(mails.plain_reply(Given(), more="RECURRENCE-ID:soon\n")), "cannot be read"),
        (
            mails.calendar_mail(
                mails.plain_reply(Given(), more="RECURRENCE-ID;RANGE=THISANDFUTURE:20260512T130000Z\n")
            ),
            "part of a series",
        ),
        (mails.calendar_mail("BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VEVENT\nEND:VCALENDAR\n"), "close"),
        (mails.calendar_mail("METHOD:REPLY\n"), "no event"),
        (b"", "ordinary"),
        (mails.postfix_bounce().replace(b"Action: failed", b"Action: unclear"), "became of the mail"),
        (mails.postfix_bounce().replace(b"message/delivery-status", b"text/plain"), "cannot be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "mail",
)
def test_what_is_no_readable_answer_is_for_a_person(raw: bytes, word: str) -> None:
    found = read(raw)
    assert isinstance(found, ForAPerson)
    assert word in found.reason


@pytest.mark.parametrize("zone", ["Copenhagen", "/x/y", "../../etc/passwd", "Customized Time Zone"])
def test_an_unknown_zone_is_taken_as_the_reader_s_day(zone: str) -> None:
    stream = mails.plain_reply(Given(), more=f'RECURRENCE-ID;TZID="{zone}":20260512T150000\n')
    assert answer(Given(), date(2026, 5, 12)) == read(mails.calendar_mail(stream))


@pytest.mark.parametrize(
    "charset", ["iso-8859-1", "windows-1252", "utf-8", "idna", "zip", "no-such", "utf-7"]
)
def test_other_charsets_do_not_hide_an_answer(charset: str) -> None:
    stream = mails.plain_reply(Given(), more="SUMMARY:Opfølgning på æ, ø og å\n").encode("cp1252")
    assert answer(Given()) == read(mails.calendar_mail(stream, f"method=REPLY; charset={charset}"))


def test_utf_16_is_read() -> None:
    stream = mails.plain_reply(Given()).encode("utf-16")
    head = b"Content-Type: text/calendar; method=REPLY; charset=utf-16\r\n\r\n"
    assert answer(Given()) == read(head + stream)


def test_alarms_and_zones_are_not_worked_out() -> None:
    alarm = (
        "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT1S\nREPEAT:2147483647\nDURATION:PT1S\nUID:of-the-alarm\n"
        "END:VALARM\n"
    )
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Endless\nBEGIN:STANDARD\nDTSTART:00010101T000000\nTZOFFSETFROM:+0100\n"
        "TZOFFSETTO:+0100\nRRULE:FREQ=SECONDLY;UNTIL=99991231T235959Z\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    stream = mails.plain_reply(Given(), more=alarm + "RRULE:FREQ=SECONDLY\n", around=zone)
    spent, found, peak = measured(mails.calendar_mail(stream))
    assert answer(Given()) == found
    assert spent < 1
    assert peak < 5_000_000


def nested(depth: int) -> bytes:
    """Return a mail of parts within parts."""
    lines = ["MIME-Version: 1.0"]
    for level in range(depth):
        lines += [f'Content-Type: multipart/mixed; boundary="b{level}"', "", f"--b{level}"]
    return "\r\n".join([*lines, "Content-Type: text/plain", "", "deep"]).encode()


def letters(depth: int) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" * depth + b"deep"


ATTACKS = {
    "nested parts": nested(5_000),
    "nested letters": letters(8_000),
    "a hundred thousand empty parts": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    + b"--b\n\n" * 100_000,
    "the same with bare carriage returns": b'Content-Type: multipart/mixed; boundary="b"\r\r'
    + b"--b\r\r" * 100_000,
    "a parameter list without end": b"Content-Type: multipart/mixed"
    + b'; a="b' * 100_000
    + b"\r\n\r\n--b\r\n",
    "the same in folded lines": b"Content-Type: multipart/mixed"
    + b'\r\n ; a="b' * 60_000
    + b"\r\n\r\n--b\r\n",
    "a hundred thousand headers": b"X-A: b\r\n" * 100_000 + b"\r\n",
    "one header without end": b"Subject: " + b"a" * 900_000 + b"\r\n\r\n",
    "one line without end": mails.calendar_mail("BEGIN:VCALENDAR\nX-A:" + "a" * 900_000),
    "events without end": mails.calendar_mail(
        "BEGIN:VCALENDAR\nMETHOD:REPLY\n" + "BEGIN:VEVENT\nUID:a\nEND:VEVENT\n" * 1_500
    ),
    "components nested without end": mails.calendar_mail("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 60_000),
    "attendees without end": mails.calendar_mail(
        mails.plain_reply(Given(), more="ATTENDEE:mailto:a@b.example\n" * 2_000)
    ),
    "quotes without end": mails.calendar_mail(
        mails.plain_reply(Given(), more='ATTENDEE;CN="' + '";A="' * 10_000)
    ),
    "recipients without end": mails.postfix_bounce().replace(
        b"Action: failed", b"Action: delayed\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\n" * 8_000
    ),
    "encoded words without end": b"Auto-Submitted: " + b"=?utf-8?q?a?= " * 40_000 + b"\r\n\r\n",
}


def measured(raw: bytes) -> tuple[float, object, int]:
    """Return the processor time in seconds, what was read, and the highest memory in bytes."""
    tracemalloc.start()
    try:
        before = time.process_time()
        found = read(raw)
        return time.process_time() - before, found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_mail_made_to_do_harm_costs_little_and_is_for_a_person(attack: str) -> None:
    raw = ATTACKS[attack]
    spent, found, peak = measured(raw)
    assert isinstance(found, ForAPerson | Ignored)
    assert spent < 5
    assert peak < 12 * len(raw) + 20_000_000


def test_the_bounds_leave_room_for_what_is_real() -> None:
    assert isinstance(read(nested(10)), ForAPerson)
    assert ForAPerson("an ordinary mail") == read(nested(MOST_PARTS // 2))
    many = mails.plain_reply(Given(), more="X-A:b\n" * (MOST_LINES - 50))
    assert answer(Given()) == read(mails.calendar_mail(many))
    events = mails.plain_reply(Given()).split("METHOD:REPLY\n")[1].replace("END:VCALENDAR\n", "")
    found = read(
        mails.calendar_mail("BEGIN:VCALENDAR\nMETHOD:REPLY\n" + events * MOST_EVENTS + "END:VCALENDAR\n")
    )
    assert isinstance(found, Replies)
    assert MOST_EVENTS == len(found.replies)


@given(st.binary(max_size=4_000))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    assert isinstance(read(raw), ForAPerson | Ignored | Replies | Returned)


SEEDS = [
    *(write(Given(occurrence=datetime(2026, 5, 19, 12, tzinfo=UTC))) for write in WRITERS),
    mails.postfix_bounce(),
    mails.exchange_bounce(),
    mails.calendar_mail(mails.plain_reply(Given())),
]
PIECES = [
    b"\r\n", b"\n", b"\r", b"--", b":", b";", b'"', b"\x00", b"\xff", b"=", b"\\", b"BEGIN:VEVENT\r\n",
    b"END:VCALENDAR\r\n", b"DTSTAMP:00010101T000000Z\r\n", b"RECURRENCE-ID;TZID=UTC:99991231T235959\r\n",
    b"Content-Type: multipart/report\r\n", b"Content-Transfer-Encoding: x-uuencode\r\n", b"\xe2\x80\xae",
    b"PARTSTAT=", b"mailto:", b"Content-Type: message/delivery-status\r\n\r\n", b"begin 666 x\r\n",
]  # fmt: skip


@given(
    st.sampled_from(SEEDS),
    st.lists(
        st.tuples(st.integers(0, 5_000), st.integers(0, 40), st.sampled_from(PIECES)), min_size=1, max_size=6
    ),
)
@settings(max_examples=600, deadline=None)
def test_no_damage_to_a_real_mail_makes_it_raise_or_believe_more(
    raw: bytes, damage: list[tuple[int, int, bytes]]
) -> None:
    for place, length, piece in damage:
        at = place % (len(raw) + 1)
        raw = raw[:at] + piece + raw[at + length :]
    found = read(raw)
    assert isinstance(found, ForAPerson | Ignored | Replies | Returned)
    if isinstance(found, Replies):
        assert 1 <= len(found.replies) <= MOST_EVENTS
        assert all(reply.dtstamp.tzinfo is UTC and len(reply.uid) <= 255 for reply in found.replies)
    elif isinstance(found, Returned):
        assert len(found.message_ids) <= MOST_PARTS
        assert all(len(name) <= 252 for name in found.message_ids)
    else:
        assert len(found.reason) < 120
