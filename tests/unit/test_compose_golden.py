"""What the shipped wordings become, kept as files that a person can read.

After a wanted change, `REMINDERD_WRITE_GOLDEN=1 pytest tests/unit/test_compose_golden.py` writes the files
anew; read the difference before keeping it.
"""

import os
import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message

import pytest

from reminderd.compose.composer import Composer
from reminderd.compose.filters import LANGUAGES, Language
from reminderd.compose.wording import Wordings
from tests.unit.compose_cases import (
    DATA_PR,
    DATASETS,
    DOMAIN,
    GOLDEN,
    KINDS,
    SECRET,
    SENDER,
    SENT,
    TEMPLATES,
    composed,
    notice,
    revision_of,
)

ALL = [(kind, dataset, language) for kind in KINDS for dataset in DATASETS for language in LANGUAGES]


def name_of(kind: str, dataset: str, language: Language) -> str:
    return f"{kind}.{dataset}.txt" if language == "da" else f"{kind}.{dataset}.{language}.txt"


def decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")


def parts_of(raw: bytes) -> dict[str, str]:
    parts = message_from_bytes(raw).walk()
    return {part.get_content_type(): decoded(part) for part in parts if part.get_content_maintype() == "text"}


def files_of(raw: bytes) -> list[str]:
    """Return the name of every file, and below it what a person can read of it."""
    files = [part for part in message_from_bytes(raw).walk() if part.get_content_disposition()]
    return [
        f"{part.get_filename()}\n{'' if part.get_content_maintype() != 'text' else decoded(part)}"
        for part in files
    ]


def readable(raw: bytes) -> str:
    mail = message_from_bytes(raw)
    parts = parts_of(raw)
    headers = "".join(f"{name}: {make_header(decode_header(value))}\n" for name, value in mail.items())
    html = parts["text/html"].partition('<div class="main">')[2].partition("<!--[if mso]>")[0]
    return "\n".join(
        [
            *(headers, parts["text/plain"], html.strip(), ""),
            parts.get("text/calendar", "no calendar part\n"),
            *files_of(raw),
        ]
    )


def expected(name: str, actual: bytes) -> bytes:
    path = GOLDEN / name
    if os.environ.get("REMINDERD_WRITE_GOLDEN"):
        path.write_bytes(actual)
    return path.read_bytes()


@pytest.mark.parametrize(("kind", "dataset", "language"), ALL)
def test_every_kind_says_what_its_golden_file_says(kind: str, dataset: str, language: Language) -> None:
    actual = readable(composed(kind, dataset, language)).encode()
    assert expected(name_of(kind, dataset, language), actual) == actual


@pytest.mark.parametrize(
    ("kind", "dataset"),
    [
        ("review-plan", "full"),
        ("review-meeting", "minimal"),
        ("activity-invitation", "hostile"),
        ("review-overdue", "full"),
    ],
)
def test_the_wire_bytes_are_those_of_the_golden_mail(kind: str, dataset: str) -> None:
    actual = composed(kind, dataset)
    assert expected(f"{kind}.{dataset}.eml", actual) == actual


def test_every_golden_file_belongs_to_a_test() -> None:
    mails = {
        "review-plan.full.eml",
        "review-meeting.minimal.eml",
        "activity-invitation.hostile.eml",
        "review-overdue.full.eml",
    }
    texts = {name_of(*one) for one in ALL}
    assert mails | texts == {path.name for path in GOLDEN.iterdir()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_space_follows_each_sentence(kind: str) -> None:
    mails = [composed(kind, dataset, language) for dataset in ("full", "minimal") for language in LANGUAGES]
    assert [] == [
        run for raw in mails for run in re.findall(r"\S+[.!?][A-ZÆØÅ]\S*", parts_of(raw)["text/plain"])
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_telephone_shows_the_whole_subject(kind: str) -> None:
    mails = [composed(kind, dataset, language) for dataset in ("full", "minimal") for language in LANGUAGES]
    subjects = [str(make_header(decode_header(message_from_bytes(raw)["Subject"]))) for raw in mails]
    assert [] == [subject for subject in subjects if len(subject) > 70]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_notice_gives_the_same_bytes(language: Language) -> None:
    anew = Composer(Wordings([TEMPLATES], language), SENDER, DOMAIN, SECRET)
    for kind in KINDS:
        for dataset in DATASETS:
            one = notice(kind, dataset)
            revision = revision_of(one)
            again = anew.compose(one, composed_at=SENT, revision=revision, data_pr=DATA_PR)
            assert composed(kind, dataset, language) == again.raw


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_protected_person_appears_without_initials_anywhere(kind: str, language: Language) -> None:
    parts = parts_of(composed(kind, "minimal", language))
    assert not [name for name, text in parts.items() if "(AB)" in text]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_calendar_tells_neither_case_nor_initials_nor_names(kind: str, language: Language) -> None:
    calendar = parts_of(composed(kind, "full", language)).get("text/calendar", "")
    told = ("2026-000123", "AB", "Signe", "Lars", "Karla", "handleplan")
    assert not [word for word in told if word in calendar]


@pytest.mark.parametrize(("kind", "dataset"), [(kind, dataset) for kind in KINDS for dataset in DATASETS])
def test_the_headers_and_the_html_name_the_language_of_the_mail(kind: str, dataset: str) -> None:
    for language in LANGUAGES:
        raw = composed(kind, dataset, language)
        assert language == message_from_bytes(raw)["Content-Language"]
        assert f'<html lang="{language}" dir="ltr">' in parts_of(raw)["text/html"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_english_mail_has_as_many_paragraphs_as_the_danish_one_and_none_of_its_words(kind: str) -> None:
    danish, english = (parts_of(composed(kind, "full", language))["text/plain"] for language in LANGUAGES)
    assert danish.count("\n\n") == english.count("\n\n")
    words = set(re.findall(r"\w+", english.lower()))
    assert not words & {"sag", "sagen", "sagssystemet", "frist", "fristen", "senest", "uger", "dage", "kl"}
