"""The figures of a report go with its mail as files, and the mail can be proved to carry just them."""

import csv
import hashlib
import io
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from email.message import Message

import pytest

from reminderd.compose.composer import Composed
from reminderd.compose.enclosures import files_of
from reminderd.compose.faults import ComposeError
from reminderd.compose.filters import LANGUAGES, Language
from reminderd.compose.message import HEADERS, MAX_BYTES, Attachment, CalendarFile, Letter, verify
from reminderd.compose.message import serialise as serialise_and_read
from tests.unit.compose_cases import (
    DATA_PR,
    RECIPIENT,
    REVISION,
    SENDER,
    SENT,
    composed,
    composer,
    figures,
    notice,
    occasion,
)

KIND = "committee-report"
NAME = "statistik-2025-09-01-2025-12-31"
LETTER = Letter(
    sender=SENDER,
    recipient=RECIPIENT,
    subject="Tal",
    date=SENT,
    message_id="<0123456789abcdef0123456789abcdef@reminderd.example>",
    text="Hej\r\n",
    html="<p>Hej</p>\r\n",
    calendar=CalendarFile("REQUEST", b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"),
    attachments=(
        Attachment("tal.csv", "text/csv", "fra;til\r\nå;ø\r\n".encode()),
        Attachment("tal.png", "image/png", bytes(range(256))),
    ),
)


def serialise(letter: Letter) -> bytes:
    return serialise_and_read(letter)[0]


def tree(raw: bytes | Message) -> list[object]:
    """Return the types of a mail's parts, a multipart as its type and a list."""
    part = message_from_bytes(raw) if isinstance(raw, bytes) else raw
    payload = part.get_payload()
    inner = [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []
    return [part.get_content_type(), *map(tree, inner)] if inner else [part.get_content_type()]


def files(raw: bytes) -> dict[str | None, bytes]:
    found = [part for part in message_from_bytes(raw).walk() if part.get_content_disposition()]
    return {part.get_filename(): part.get_payload(decode=True) for part in found}  # type: ignore[misc]


def text(mail: Composed) -> str:
    part = next(
        part for part in message_from_bytes(mail.raw).walk() if part.get_content_type() == "text/plain"
    )
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def anew(language: Language = "da") -> Composed:
    return composer(language).compose(notice(KIND), composed_at=SENT, revision=None, data_pr=DATA_PR)


@pytest.fixture
def no_drawing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)


def test_a_report_carries_a_spreadsheet_and_a_picture_beside_its_text() -> None:
    alternative: list[object] = ["multipart/alternative", ["text/plain"], ["text/html"]]
    assert ["multipart/mixed", alternative, ["text/csv"], ["image/png"]] == tree(composed(KIND))
    assert [f"{NAME}.csv", f"{NAME}.png"] == list(files(composed(KIND)))


def test_the_spreadsheet_reads_back_to_the_figures() -> None:
    raw = files(composed(KIND))[f"{NAME}.csv"].decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(raw, newline=""), delimiter=";"))
    whole = {row["tal"]: int(row["antal"]) for row in rows if not row["opdelt_paa"]}
    found = figures("full")
    told = (204, found.started, found.persons, found.referred, found.ended_by_as_of, found.reached_limit)
    names = ("henvendelser", "forloeb_begyndt", "borgere_med_forloeb", "henvist_85", "afsluttet_nu")
    assert told == tuple(whole[name] for name in (*names, "naaet_graensen"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_report_gives_the_same_bytes(language: Language) -> None:
    assert composed(KIND, "full", language) == anew(language).raw


def test_another_process_draws_the_same_bytes() -> None:
    code = (
        "import hashlib; from tests.unit.compose_cases import composed;"
        f"print(hashlib.sha256(composed({KIND!r})).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert hashlib.sha256(composed(KIND)).hexdigest() == done.stdout.strip()


def test_a_picture_says_neither_when_nor_by_what_it_was_drawn() -> None:
    picture = files(composed(KIND))[f"{NAME}.png"]
    assert picture.startswith(b"\x89PNG")
    assert [] == re.findall(rb"tIME|Software|[Mm]atplotlib|Creation", picture)


def test_a_report_is_a_small_mail() -> None:
    assert len(composed(KIND)) < MAX_BYTES // 4


@pytest.mark.parametrize("dataset", ["minimal", "hostile"])
def test_what_the_source_writes_becomes_no_formula_and_no_second_line(dataset: str) -> None:
    raw = files(composed(KIND, dataset))[f"{NAME}.csv"].decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(raw, newline=""), delimiter=";"))
    assert {8} == {len(row) for row in rows}
    assert [] == [
        cell for row in rows for cell in row if cell.startswith(tuple("=+-@")) or not cell.isprintable()
    ]


@pytest.mark.usefixtures("no_drawing_library")
@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_drawing_library_the_mail_has_no_picture_and_no_word_of_one(language: Language) -> None:
    mail = anew(language)
    assert [f"{NAME}.csv"] == list(files(mail.raw))
    assert "CSV" in text(mail)
    assert [] == re.findall("PNG|diagram|chart", text(mail))


@pytest.mark.parametrize(("language", "said"), [("da", "diagram (PNG)"), ("en", "chart (PNG)")])
def test_with_it_the_mail_says_so(language: Language, said: str) -> None:
    assert said in text(anew(language))


def test_figures_of_a_period_that_the_data_does_not_reach_are_not_mailed() -> None:
    ahead = replace(figures("minimal"), as_of=date(2025, 8, 31))
    with pytest.raises(
        ComposeError, match="ends on 2025-08-31, before the period begins on 2025-09-01"
    ) as caught:
        composer().compose(
            replace(notice(KIND), figures=ahead), composed_at=SENT, revision=None, data_pr=DATA_PR
        )
    assert str(notice(KIND).key) == caught.value.where


def test_a_file_is_named_after_the_period_alone() -> None:
    later = replace(figures("hostile"), tilbud=("X",))
    assert [f"{NAME}.csv", f"{NAME}.png"] == [file.filename for file in files_of(later)]


def test_a_report_may_go_into_a_calendar_as_well() -> None:
    one = replace(notice(KIND), occasion=occasion("one-off", "full"))
    raw = composer().compose(one, composed_at=SENT, revision=REVISION, data_pr=DATA_PR).raw
    alternative: list[object] = ["multipart/alternative", ["text/plain"], ["text/html"], ["text/calendar"]]
    assert ["multipart/mixed", alternative, ["text/csv"], ["image/png"]] == tree(raw)


def test_files_arrive_byte_for_byte_and_change_no_header() -> None:
    raw = serialise(LETTER)
    assert {item.filename: item.content for item in LETTER.attachments} == files(raw)
    assert list(HEADERS) == message_from_bytes(raw).keys()
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_neither_boundary_begins_the_other() -> None:
    outer, inner = re.findall(rb'boundary="(.*)"', serialise(LETTER))
    assert not outer.startswith(inner)
    assert not inner.startswith(outer)


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (b'filename="tal.csv"', b'filename="tax.csv"', "files are not"),
        (b"Content-Type: text/csv", b"Content-Type: text/html", "files are not"),
        (b'Content-Disposition: attachment;\r\n filename="tal.csv', b'X: a;\r\n b="tal.csv', "files are not"),
        (b"Content-Disposition: attachment", b"Content-Disposition: inline", "files are not"),
        (b"ZnJhO3RpbA", b"ZnJhO3RpbB", "files are not"),
        (b"method=REQUEST", b"method=CANCEL", "method is not"),
        (b"multipart/alternative", b"multipart/parallel", "does not parse"),
        (b"<p>Hej</p>", b"<p>Hov</p>", "parts are not"),
        (b"--=_0123456789abcdef0123456789abcdef--", b"", "does not parse"),
    ],
)
def test_bytes_with_other_files_do_not_pass(before: bytes, after: bytes, fault: str) -> None:
    raw = serialise(LETTER)
    assert before in raw
    with pytest.raises(ComposeError, match=fault):
        verify(raw.replace(before, after, 1), LETTER)


def test_a_file_too_few_or_too_many_does_not_pass() -> None:
    for meant in (LETTER.attachments[:1], (*LETTER.attachments, LETTER.attachments[0]), ()):
        with pytest.raises(ComposeError):
            verify(serialise(LETTER), replace(LETTER, attachments=meant))


@pytest.mark.parametrize(
    ("filename", "mime_type"),
    [
        ('tal".csv', "text/csv"),
        ("tal\r\n.csv", "text/csv"),
        ("Tål.csv", "text/csv"),
        ("../tal.csv", "text/csv"),
        ("tal", "text/csv"),
        ("tal.csv", "text/csv; x=y"),
        ("tal.csv", "message/rfc822"),
    ],
)
def test_a_file_with_any_but_a_plain_name_and_type_is_refused(filename: str, mime_type: str) -> None:
    with pytest.raises(ComposeError, match="name or type"):
        serialise(replace(LETTER, attachments=(Attachment(filename, mime_type, b""),)))


def test_files_too_large_to_send_are_refused() -> None:
    with pytest.raises(ComposeError, match="larger than"):
        serialise(replace(LETTER, attachments=(Attachment("tal.png", "image/png", b"x" * MAX_BYTES),)))
