"""What a relay says is kept without addresses, numbers and control characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminderd.delivery.redaction import LONGEST, redact


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (
            "5.1.1 <…>: Recipient address rejected",
            "5.1.1 <en.person@kommune.example>: Recipient address rejected",
        ),
        ("user <…> unknown", "user en.person@kommune.example unknown"),
        ("<…> <…>", "bounce+en=kommune.example@relay.example bø@blåbær.example"),
        ("queued as …", "queued as 202601023344"),
        ("number … here", "number 111111-1111 here"),
        ("number … here", "number 111111 1111 here"),
        ("4.7.1 try in 300 s", "4.7.1 try in 300 s"),
        ("one line", "one\r\n\tline\x00\x1b"),
        ("bytes that are no text", "bytes\udcff that are \udc80no text"),
        ("<…> unknown", "en.per\u00adson@kommune\u200b.example unknown"),
        ("", ""),
    ],
)
def test_a_reply_is_kept_without_what_names_a_person(expected: str, said: str) -> None:
    assert expected == redact(said)


def test_words_to_hide_are_hidden_in_any_case() -> None:
    assert "mailbox <…> is full" == redact("mailbox En.Person is full", hide=("en.person",))


def test_a_word_too_short_to_name_anybody_stays() -> None:
    assert "it is full" == redact("it is full", hide=("it",))


def test_a_long_reply_is_cut() -> None:
    cut = redact("word " * 500)
    assert LONGEST == len(cut)
    assert cut.endswith("…")


def test_an_address_at_the_edge_of_what_is_looked_at_does_not_slip_through() -> None:
    said = "9" * 989 + " en.person@kommune.example"
    assert "…" == redact(said)


def test_a_hundred_kilobytes_without_a_space_are_dealt_with_at_once() -> None:
    assert "" == redact("x" * 100_000)


@given(st.text(max_size=1200), st.text(max_size=1200))
def test_an_address_is_gone_wherever_it_stands(before: str, after: str) -> None:
    kept = redact(f"{before} <en.person@kommune.example> {after}")
    assert len(kept) <= LONGEST
    assert kept.isprintable()
    assert "en.person" not in kept
    assert "kommune" not in kept
