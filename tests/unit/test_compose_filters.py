from datetime import UTC, date, datetime

import pytest

from reminderd.compose.filters import FILTERS, Language


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (("dato_lang", date(2026, 5, 11)), "mandag den 11. maj 2026"),
        (("dato_lang", datetime(2026, 5, 10, 22, 30, tzinfo=UTC)), "mandag den 11. maj 2026"),
        (("dato_kort", date(2026, 5, 11)), "11. maj 2026"),
        (("ugedag_dato", date(2026, 1, 15)), "torsdag 15. januar 2026"),
        (("klokken", datetime(2026, 1, 15, 16, 0, tzinfo=UTC)), "kl. 17.00"),
        (("klokken", datetime(2026, 7, 15, 16, 0, tzinfo=UTC)), "kl. 18.00"),
        (("klokken", datetime(2026, 1, 15, 8, 5)), "kl. 08.05"),
        (("tid", datetime(2026, 1, 15, 19, 0, tzinfo=UTC)), "20.00"),
        (("antal_dage", 1), "1 dag"),
        (("antal_dage", 0), "0 dage"),
        (("antal_dage", 30), "30 dage"),
        (("om_dage", 0), "i dag"),
        (("om_dage", 1), "i morgen"),
        (("om_dage", 7), "om 7 dage"),
        (("om_dage", -1), "i går"),
        (("siden", 0), "i dag"),
        (("siden", 1), "i går"),
        (("siden", 3), "for 3 dage siden"),
        (("siden", -2), "om 2 dage"),
        (("hvornaar", date(2026, 1, 9), date(2026, 1, 9)), "i dag"),
        (("hvornaar", date(2026, 1, 9), date(2026, 1, 8)), "i morgen"),
        (("hvornaar", date(2026, 1, 12), date(2026, 1, 9)), "på mandag"),
        (("hvornaar", date(2026, 1, 16), date(2026, 1, 9)), "den 16. januar 2026"),
        (("stort", "ungeplanen Æ"), "Ungeplanen Æ"),
        (("i_parentes", "AB"), " (AB)"),
        (("i_parentes", None), ""),
        (("opremset", ()), ""),
        (("opremset", ("a",)), "a"),
        (("opremset", ("a", "b", "c")), "a, b og c"),
        (("antal", ("a", "b")), 2),
        (("punkter", ("a", "b")), "· a\n· b\n"),
        (("punkter", ()), ""),
    ],
)
def test_danish_is_spoken_as_people_write_it(call: tuple[object, ...], expected: str) -> None:
    name, *arguments = call
    assert expected == FILTERS["da"][str(name)](*arguments)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (("dato_lang", date(2026, 5, 11)), "Monday 11 May 2026"),
        (("dato_lang", datetime(2026, 5, 10, 22, 30, tzinfo=UTC)), "Monday 11 May 2026"),
        (("dato_kort", date(2026, 5, 11)), "11 May 2026"),
        (("ugedag_dato", date(2026, 1, 15)), "Thursday 15 January 2026"),
        (("klokken", datetime(2026, 1, 15, 16, 0, tzinfo=UTC)), "at 17:00"),
        (("tid", datetime(2026, 7, 15, 6, 5, tzinfo=UTC)), "08:05"),
        (("antal_dage", 1), "1 day"),
        (("antal_dage", 0), "0 days"),
        (("antal_dage", 30), "30 days"),
        (("om_dage", 0), "today"),
        (("om_dage", 1), "tomorrow"),
        (("om_dage", 7), "in 7 days"),
        (("om_dage", -1), "yesterday"),
        (("siden", 0), "today"),
        (("siden", 1), "yesterday"),
        (("siden", 3), "3 days ago"),
        (("siden", -2), "in 2 days"),
        (("hvornaar", date(2026, 1, 9), date(2026, 1, 9)), "today"),
        (("hvornaar", date(2026, 1, 9), date(2026, 1, 8)), "tomorrow"),
        (("hvornaar", date(2026, 1, 12), date(2026, 1, 9)), "on Monday"),
        (("hvornaar", date(2026, 1, 16), date(2026, 1, 9)), "on 16 January 2026"),
        (("opremset", ("a", "b", "c")), "a, b and c"),
        (("stort", "the ungeplan"), "The ungeplan"),
    ],
)
def test_english_is_spoken_as_people_write_it(call: tuple[object, ...], expected: str) -> None:
    name, *arguments = call
    assert expected == FILTERS["en"][str(name)](*arguments)


@pytest.mark.parametrize(("language", "expected"), [("da", "og 3 til"), ("en", "and 3 more")])
def test_a_long_list_is_cut_and_says_how_many_were_left_out(language: Language, expected: str) -> None:
    items = tuple(str(number) for number in range(203))
    lines = FILTERS[language]["punkter"](items).splitlines()
    assert ["· 199", f"· {expected}"] == lines[199:]
    assert 203 == FILTERS[language]["antal"](items)
    assert FILTERS[language]["opremset"](items).endswith(f"198, 199 {expected}")
