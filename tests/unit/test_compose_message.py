import re
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminderd.compose.faults import ComposeError
from reminderd.compose.invite import Mailbox
from reminderd.compose.message import HEADERS, CalendarFile, Letter, verify
from reminderd.compose.message import serialise as serialise_and_read
from reminderd.compose.values import single_line
from reminderd.domain.mailboxes import is_plain_address
from tests.unit.compose_cases import RECIPIENT, SENDER, SENT, composed

LETTER = Letter(
    sender=SENDER,
    recipient=RECIPIENT,
    subject="Møde i morgen",
    date=SENT,
    message_id="<0123456789abcdef0123456789abcdef@reminderd.example>",
    text="Hej\r\nFrom her til =kvoteret= æøå\r\n.\r\n" + "ord " * 400 + "\r\n-- \r\nfod\r\n",
    html="<p>Hej æøå</p>\r\n",
    calendar=CalendarFile("REQUEST", b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"),
)
CVE_2024_6923 = "=?UTF-8?Q?=0A?=Bcc: ond@udefra.example"


def serialise(letter: Letter) -> bytes:
    return serialise_and_read(letter)[0]


def headers(raw: bytes) -> list[str]:
    return [
        line.partition(":")[0]
        for line in re.split(r"\r\n(?![ \t])", raw.decode("ascii").partition("\r\n\r\n")[0])
    ]


def test_a_mail_has_exactly_these_headers_in_this_order() -> None:
    expected = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "Auto-Submitted",
        "Content-Language",
        "X-Auto-Response-Suppress",
    ]
    assert expected == headers(serialise(LETTER)) == list(HEADERS)


def test_the_parts_stand_in_the_order_that_outlook_needs() -> None:
    parts = message_from_bytes(serialise(LETTER)).get_payload()
    assert ["text/plain", "text/html", "text/calendar"] == [part.get_content_type() for part in parts]  # type: ignore[union-attr]


def test_the_calendar_part_is_inline_base64_with_charset_and_method() -> None:
    part = message_from_bytes(serialise(LETTER)).get_payload()[-1]
    assert [
        ("Content-Type", "text/calendar; charset=UTF-8; method=REQUEST"),
        ("Content-Transfer-Encoding", "base64"),
    ] == part.items()  # type: ignore[union-attr]


def test_line_ends_inside_the_calendar_part_stay_crlf() -> None:
    assert LETTER.calendar is not None
    part = message_from_bytes(serialise(LETTER)).get_payload()[-1]
    assert LETTER.calendar.ics == part.get_payload(decode=True)  # type: ignore[union-attr]


def test_a_mail_without_a_calendar_has_two_parts() -> None:
    assert 2 == len(message_from_bytes(serialise(replace(LETTER, calendar=None))).get_payload())


def test_the_wire_is_seven_bits_crlf_and_short_lines() -> None:
    raw = serialise(LETTER)
    lines = raw.split(b"\r\n")
    assert raw.isascii()
    assert not [line for line in lines if b"\r" in line or b"\n" in line]
    assert max(len(line) for line in lines) <= 78


def test_a_lone_dot_and_a_line_that_begins_with_from_survive() -> None:
    raw = serialise(LETTER)
    assert b"\r\n.\r\n" not in raw
    assert b"\r\n>From" not in raw


def test_the_boundary_comes_from_the_message_id() -> None:
    assert "=_0123456789abcdef0123456789abcdef" == message_from_bytes(serialise(LETTER)).get_boundary()


@pytest.mark.parametrize(
    "subject", [CVE_2024_6923, f"æ {CVE_2024_6923}", "=?x?q?", "x" * 200, "æ" * 200, "a\\nBcc: b"]
)
def test_a_subject_arrives_as_it_was_written_and_adds_no_header(subject: str) -> None:
    raw = serialise(replace(LETTER, subject=subject))
    assert list(HEADERS) == headers(raw)
    assert subject == str(make_header(decode_header(message_from_bytes(raw)["Subject"].replace("\r\n", ""))))


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: b@c.example", "a\nb", "a\rb", "a\x00b", "a\u2028b", "\u202eab", "", " a"]
)
def test_a_subject_that_is_not_one_plain_line_is_refused(subject: str) -> None:
    with pytest.raises(ComposeError, match="subject"):
        serialise(replace(LETTER, subject=subject))


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_text_becomes_a_subject_without_harm(text: str) -> None:
    subject = single_line(text)
    if subject:
        assert list(HEADERS) == headers(serialise(replace(LETTER, subject=subject)))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Påmindelser",
        "Plain Name",
        'Jobcenter, "Øst"',
        'Quoted "name", with comma',
        CVE_2024_6923,
        "Æ" * 90,
    ],
)
def test_a_senders_name_leaves_one_sender(name: str) -> None:
    raw = serialise(replace(LETTER, sender=Mailbox(SENDER.mail, name)))
    assert list(HEADERS) == headers(raw)
    assert not re.search(rb"^From: ?\r$", raw, re.MULTILINE)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ingen-snabel-a",
        "a@b@c.example",
        "a b@c.example",
        "a@b.example\r\nBcc: x@y.example",
        "a@b.example\n",
        "a@b.example, x@y.example",
        "<a@b.example>",
        "søren@b.example",
        "a@bø.example",
        '"a b"@c.example',
        "a..b@c.example",
        "a@-b.example",
        "a@b..example",
        "x" * 65 + "@b.example",
        "a@" + "b" * 260,
    ],
)
def test_only_one_plain_ascii_mailbox_is_an_address(address: str) -> None:
    assert not is_plain_address(address)
    with pytest.raises(ComposeError, match="recipient is not a plain ASCII mail address"):
        serialise(replace(LETTER, recipient=address))


@pytest.mark.parametrize(
    "address",
    ["a@b.example", "for.efternavn+mærke@b.example".replace("æ", "ae"), "a@localhost", "o'b@c-d.example"],
)
def test_ordinary_addresses_pass(address: str) -> None:
    assert is_plain_address(address)


def test_no_error_shows_an_address() -> None:
    with pytest.raises(ComposeError) as caught:
        serialise(replace(LETTER, recipient="søren@kommune.example"))
    assert "søren" not in str(caught.value)


@pytest.mark.parametrize("message_id", ["", "x@y", "<x@y", "<x y@z>", "<x@y>\r\nBcc: a@b.example", "<@y>"])
def test_a_malformed_message_id_is_refused(message_id: str) -> None:
    with pytest.raises(ComposeError, match="Message-ID"):
        serialise(replace(LETTER, message_id=message_id))


def test_a_date_without_a_zone_is_refused() -> None:
    with pytest.raises(ComposeError, match="Date"):
        serialise(replace(LETTER, date=datetime(2026, 1, 5)))


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (b"To: medarbejder@", b"Bcc: ond@udefra.example\r\nTo: medarbejder@", "other headers"),
        (
            b"To: medarbejder@kommune.example",
            b"To: medarbejder@kommune.example, ond@udefra.example",
            "To is not",
        ),
        (b"To: medarbejder@kommune", b"To: en-anden@kommune", "To is not"),
        (b"Auto-Submitted: auto-generated\r\n", b"", "other headers"),
        (b"+0000", b"+0100", "Date is not"),
        (b"M=C3=B8de", b"M=C3=B8der", "Subject is not"),
        (b"0123456789abcdef@", b"0123456789abcdee@", "Message-ID is not"),
        (b"Hej\r\n", b"Hej du\r\n", "parts are not"),
        (b"method=REQUEST", b"method=CANCEL", "method is not"),
        (
            b"Content-Type: text/calendar",
            b"Content-Disposition: attachment\r\nContent-Type: text/calendar",
            "parts are not",
        ),
        (b"Content-Type: text/html", b"Content-Type: text/enriched", "parts are not"),
        (b"MIME-Version", b"MIME-V\xc3\xa6rsion", "byte above 127"),
        (b"Hej\r\n", b"Hej\n", "bare CR or LF"),
        (b"Hej\r\n", b"Hej" * 400 + b"\r\n", "line longer"),
        (b'boundary="=_0', b'boundary="=_1', "does not parse"),
    ],
)
def test_bytes_that_say_anything_else_do_not_pass(before: bytes, after: bytes, fault: str) -> None:
    raw = serialise(LETTER)
    assert before in raw
    with pytest.raises(ComposeError, match=fault):
        verify(raw.replace(before, after, 1), LETTER)


def test_a_mail_that_is_too_large_is_refused() -> None:
    with pytest.raises(ComposeError, match="larger than"):
        serialise(replace(LETTER, text="ord\r\n" * 300_000))


@pytest.mark.parametrize("kind", ["review-meeting", "activity-invitation"])
def test_the_html_fetches_nothing_and_runs_nothing(kind: str) -> None:
    html = (
        message_from_bytes(composed(kind, "hostile"))
        .get_payload()[1]
        .get_payload(decode=True)
        .decode()
        .lower()
    )  # type: ignore[union-attr]
    assert [] == re.findall(
        r"<(?:img|script|link|iframe|a|b|form|video|object)\b|url\(|@import|src=|href=", html
    )


def test_the_html_says_its_language_and_keeps_both_colour_schemes() -> None:
    html = message_from_bytes(composed("review-plan")).get_payload()[1].get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert '<html lang="da"' in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "@media (prefers-color-scheme: dark)" in html
