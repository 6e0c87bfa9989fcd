"""Messages and names as they stand on the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminderd.delivery.wire import envid, is_plain_address, message_text


def read_back(text: bytes) -> bytes:
    """Undo the transparency of RFC 5321 section 4.5.2 as a relay does, line by line."""
    lines = text.split(b"\r\n")
    assert [b".", b""] == lines[-2:]
    assert b"." not in lines[:-2]
    return b"".join(line.removeprefix(b".") + b"\r\n" for line in lines[:-2])


@pytest.mark.parametrize(
    ("expected", "raw"),
    [
        (b"a\r\n.\r\n", b"a\r\n"),
        (b"a\r\n.\r\n", b"a"),
        (b"a\r\nb\r\nc\r\n.\r\n", b"a\nb\rc"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"..\r\n..\r\n....\r\n.\r\n", b".\r\n.\r\n...\r\n"),
        (b"a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n", b"a\n.\nMAIL FROM:<x>\n"),
        (b"a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n", b"a\r.\rMAIL FROM:<x>\r"),
        (b".\r\n", b""),
    ],
)
def test_a_message_ends_at_its_own_final_dot_and_nowhere_before(expected: bytes, raw: bytes) -> None:
    assert expected == message_text(raw)


@given(st.lists(st.text(alphabet=".aæ \t", max_size=5), min_size=1, max_size=8))
def test_a_relay_reads_back_the_lines_that_were_given(lines: list[str]) -> None:
    raw = "".join(line + "\r\n" for line in lines).encode()
    assert raw == read_back(message_text(raw))


@given(st.binary(max_size=60))
def test_no_bytes_can_end_a_message_early(raw: bytes) -> None:
    assert b"\n.\r\n" not in message_text(b"x\r\n" + raw)[:-3]


@pytest.mark.parametrize("address", ["a@b.example", "o'neill+x@b-c.example", "a@[127.0.0.1]"])
def test_an_ordinary_address_is_plain(address: str) -> None:
    assert is_plain_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a b@c.example",
        "<a@b.example>",
        "a@b.example\r\nRCPT",
        "ø@b.example",
        '"a"@b.example',
        "a@" + "b" * 260,
    ],
)
def test_what_a_command_could_misread_is_not(address: str) -> None:
    assert not is_plain_address(address)


def test_an_identifier_is_written_as_xtext() -> None:
    assert "n1+20a+2Bb+3Dc" == envid("n1 a+b=c")


@pytest.mark.parametrize("identifier", ["", "x" * 101])
def test_an_identifier_that_does_not_fit_is_left_out(identifier: str) -> None:
    assert envid(identifier) is None
