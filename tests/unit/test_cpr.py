"""What can be read as a CPR number, and what only resembles one.

Every number here is invented; those in the examples carry a day that does not exist (31 February)
wherever the spelling allows it.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminderd.domain.cpr import case_number_form, looks_like_cpr

SPELLINGS = {
    "unbroken": "3102990000",
    "with a dash": "310299-0000",
    "with a blank": "310299 0000",
    "with a dash between blanks": "310299 - 0000",
    "as pairs": "31 02 99 00 00",
    "as a dotted date": "31.02.99.0000",
    "as a slashed date": "31/02/99-0000",
    "as single digits": "3 1 0 2 9 9 0 0 0 0",
    "with a non-breaking hyphen": "310299\N{NON-BREAKING HYPHEN}0000",
    "with an en dash": "310299\N{EN DASH}0000",
    "with a minus sign": "310299\N{MINUS SIGN}0000",
    "with a no-break space": "310299\N{NO-BREAK SPACE}0000",
    "with a soft hyphen": "310299\N{SOFT HYPHEN}0000",
    "with a zero width space": "31029\N{ZERO WIDTH SPACE}90000",
    "with a middle dot": "310299\N{MIDDLE DOT}0000",
    "with a fraction slash": "310299\N{FRACTION SLASH}0000",
    "in full width digits": "\uff13\uff11\uff10\uff12\uff19\uff19\uff10\uff10\uff10\uff10",
    "in Arabic digits": "\u0663\u0661\u0660\u0662\u0669\u0669\u0660\u0660\u0660\u0660",
    "between letters": "cpr3102990000x",
    "in an address": "3102990000@borger.example",
    "before a telephone number": "310299-0000 10 00 00 01",
    "after a case number": "2026-000123 310299-0000",
    "after a date": "14-05-2026 310299-0000",
    "with a year in its tail": "31-02-12-1970",
    "as a replacement number": "9102990000",
    "as the first replacement day": "6102990000",
    "with an underscore": "310299_0000",
    "with a colon": "310299:0000",
    "with a comma": "310299, 0000",
    "with a star": "310299*0000",
    "with a tab": "310299\t0000",
    "in brackets": "(310299)(0000)",
    "with a line separator": "310299\N{LINE SEPARATOR}0000",
    "with a NUL": "310299\x000000",
    "with a variation selector": "310299\N{VARIATION SELECTOR-16}0000",
    "with a grapheme joiner": "310\N{COMBINING GRAPHEME JOINER}2990000",
    "with a filler": "310299\N{HANGUL FILLER}0000",
    "with a byte that was no character": "310299\udcff0000",
    "with strokes through it": "".join(f"{digit}\N{COMBINING LONG STROKE OVERLAY}" for digit in "3102990000"),
    "in keycaps": "".join(f"{digit}\ufe0f\N{COMBINING ENCLOSING KEYCAP}" for digit in "3102990000"),
    "in superscript": "\u00b3\u00b9\u2070\u00b2\u2079\u2079\u2070\u2070\u2070\u2070",
    "in bold": "".join(chr(0x1D7CE + int(digit)) for digit in "3102990000"),
    "in negative circles": "".join(chr(0x2776 + int(digit) - 1) for digit in "3112991111"),
    "on the second line": "Sagen\r\n310299-0000\r\n",
    "after a plus sign": "+310299-0000",
}

FALSE_FRIENDS = {
    "eight digits": "10000001",
    "telephone in pairs": "10 00 00 01",
    "telephone with country code": "+45 10 00 00 01",
    "telephone with country code unbroken": "+4510000001",
    "telephone with zeros": "0045 10 00 00 01",
    "two telephone numbers": "10 01 00 01 / 10 01 00 02",
    "case number": "2026-000123",
    "case number of 2012": "2012-000123",
    "case number of 2010 with a slash": "2010/000123",
    "EAN": "5790000000005",
    "EAN in groups": "5 790000 000005",
    "IBAN": "DK50 0040 0440 1162 43",
    "IBAN unbroken": "DK5000400440116243",
    "ISO date": "2012-01-15",
    "ISO timestamp": "2012-01-15T12:00:00",
    "ISO timestamp with a blank": "2012-01-15 12:00",
    "ISO timestamp with an offset": "2012-01-15T12:00:00+01:00",
    "two ISO dates and a time": "2012-01-15 2012-02-15 12:00",
    "Danish date and a number": "14-05-2026 - 20 uger",
    "Danish dates and a number": "12.05.2026-14.06.2026 20 uger",
    "Danish date and a time": "11.1.2026 9.30",
    "GUID": "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "GUID with ten digits": "a0101701-2345-41d3-9a0c-a3102990000b",
    "GUID without dashes": "a31029900004f8911d39a0c0305e82c3",
    "telephone abroad": "+31 20 123 4567",
    "telephone in Singapore": "+65 1234 5678",
    "a room and two times": "lokale 12 10.30-11.30",
    "two times": "kl. 10.15 - 11.45 den 12",
    "six and four digits on two lines": "310299\r\n0000",
    "six and four digits with a word between": "310299 og 0000",
    "padded to twelve digits": "310299000012",
    "no such day": "3202990000",
    "day nought": "0002990000",
    "no replacement day": "9202990000",
    "no such month": "3113990000",
    "month nought": "3100990000",
    "nine digits": "310299000",
    "nothing": "",
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_every_spelling_of_a_number_is_recognised(text: str) -> None:
    assert looks_like_cpr(text)


@pytest.mark.parametrize("text", FALSE_FRIENDS.values(), ids=FALSE_FRIENDS.keys())
def test_a_false_friend_is_left_alone(text: str) -> None:
    assert not looks_like_cpr(text)


@pytest.mark.parametrize(
    ("form", "number"),
    [("##-####-####", "26-1234-5678"), ("S###.#######", "S010.1261234"), ("##/##-######", "01/01-261234")],
)
def test_a_case_number_of_the_configured_form_is_left_alone(form: str, number: str) -> None:
    numbers = case_number_form(form)
    assert not looks_like_cpr(f"sag {number} (AB), sag {number}.", numbers)
    assert looks_like_cpr(f"sag {number}, 310299-0000", numbers)
    assert looks_like_cpr("310299-0000", numbers)


@pytest.mark.parametrize(
    "form", ["", "sag", "##########", "######-####", "######/####", "##.##.##-####", "20##-####"]
)
def test_a_form_that_personal_numbers_have_too_is_refused(form: str) -> None:
    with pytest.raises(ValueError, match=r"form|personal"):
        case_number_form(form)


days = st.one_of(st.integers(1, 31), st.integers(61, 91))
numbers = st.builds("{:02d}{:02d}{:06d}".format, days, st.integers(1, 12), st.integers(0, 999_999))
blanks = st.sampled_from(["", " ", "-", " - ", ".", "/", "\N{EN DASH}", "\N{NARROW NO-BREAK SPACE}"])
invisible = st.sampled_from(["", "\N{ZERO WIDTH JOINER}", "\N{WORD JOINER}", "\N{SOFT HYPHEN}"])
words = st.text(st.sampled_from("abcæøåÆ:;,()\n"), max_size=5)


@given(numbers, blanks, invisible, words, words)
def test_no_separator_between_date_and_tail_hides_a_number(
    number: str, blank: str, unseen: str, before: str, after: str
) -> None:
    assert looks_like_cpr(f"{before}{number[:6]}{unseen}{blank}{unseen}{number[6:]}{after}")


@given(numbers, st.lists(invisible, min_size=10, max_size=10))
def test_invisible_characters_hide_nothing(number: str, unseen: list[str]) -> None:
    assert looks_like_cpr("".join(a + b for a, b in zip(number, unseen, strict=True)))


@given(numbers, st.integers(1, 9).map(str), st.booleans())
def test_an_unbroken_longer_number_is_none(number: str, more: str, in_front: bool) -> None:
    assert not looks_like_cpr(more + number if in_front else number + more)


@given(st.dates().map(str), st.times().map(str))
def test_no_iso_timestamp_is_taken_for_a_number(day: str, clock: str) -> None:
    year = int(day[:4])
    assert not looks_like_cpr(f"{day} {clock}") or not 1900 <= year <= 2099


@given(st.uuids().map(str))
def test_no_guid_is_taken_for_a_number(guid: str) -> None:
    assert not looks_like_cpr(guid) or guid.replace("-", "").isdecimal()


@given(st.integers(1990, 2099), st.integers(0, 999_999))
def test_no_case_number_with_its_year_is_taken_for_a_number(year: int, serial: int) -> None:
    assert not looks_like_cpr(f"{year}-{serial:06d}")


@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text: str) -> None:
    assert looks_like_cpr(text) in {True, False}
