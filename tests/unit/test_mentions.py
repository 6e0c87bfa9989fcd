"""A case's number in a mail about several cases, found as a reader sees it and never as part of another."""

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from reminderd.ledger.mentions import lines_about


def mail(text: str, cte: str = "quoted-printable") -> bytes:
    message = EmailMessage(policy=SMTP)
    message.set_content(text, cte=cte)
    message.add_alternative("<p>S-1 alone in the other reading</p>", subtype="html")
    return message.as_bytes()


@pytest.mark.parametrize("cte", ["quoted-printable", "base64"])
def test_the_lines_about_a_case_are_found_whatever_the_transfer_did_to_them(cte: str) -> None:
    text = f"{'Sager: ' * 11}2026-0001, 2026-0002.\nFrist i sag 2026-0001: æøå\nTak.\n"
    found = lines_about(mail(text, cte), "2026-0001")
    assert [f"{'Sager: ' * 11}2026-0001, 2026-0002.", "Frist i sag 2026-0001: æøå"] == found


@pytest.mark.parametrize("text", ["2026-00012", "12026-0001", "2026-0001-2", "2-2026-0001", "x2026-0001", ""])
def test_a_longer_number_is_another_case(text: str) -> None:
    assert [] == lines_about(mail(f"Sag {text}.\n"), "2026-0001")


@pytest.mark.parametrize("number", ["27.69.40-A12", "S(1)", "Sæg+1"])
def test_a_number_is_text_and_no_pattern(number: str) -> None:
    assert [f"Sag {number}"] == lines_about(mail(f"Sag {number}\n"), number)


def test_a_mail_without_text_says_nothing() -> None:
    assert [] == lines_about(b"Content-Type: application/octet-stream\r\n\r\n2026-0001", "2026-0001")
