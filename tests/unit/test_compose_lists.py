from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from reminderd.compose.wording import Wordings
from reminderd.compose.wordingfile import Items, Paragraph
from reminderd.domain.notices import Line
from reminderd.errors import WordingError
from tests.unit.compose_cases import DATA_PR, SENT, TEMPLATES, composer, notice


def own(folder: Path, text: str) -> Wordings:
    (folder / "review-plan").mkdir()
    (folder / "review-plan" / "da.txt").write_text(text, encoding="utf-8")
    return Wordings([folder, TEMPLATES])


def test_a_list_becomes_items_and_ends_its_paragraph(tmp_path: Path) -> None:
    text = "Emne: x\n\nHusk ({{ liste | antal }}):\n{{ liste | punkter }}\nFærdig: {{ liste | opremset }}.\n"
    expected = (Paragraph("Husk (2):"), Items(("bolig", "økonomi")), Paragraph("Færdig: bolig og økonomi."))
    assert expected == own(tmp_path, text).render("review-plan", {"liste": ("bolig", "økonomi")}).paragraphs


def test_an_empty_list_leaves_no_paragraph_and_counts_as_nothing(tmp_path: Path) -> None:
    text = "Emne: x\n\nTekst.\n\n{{ liste | punkter }}\n\n{% if liste %}\nIkke tom.\n{% endif %}\n"
    assert (Paragraph("Tekst."),) == own(tmp_path, text).render("review-plan", {"liste": ()}).paragraphs


def test_an_item_is_one_line_of_data_of_bounded_length_and_an_empty_one_is_left_out(tmp_path: Path) -> None:
    hostile = ("· a\n\n· b\u2028\u202ec", "\u200b", "x" * 600)
    wording = own(tmp_path, "Emne: x\n\n{{ liste | punkter }}\n").render("review-plan", {"liste": hostile})
    assert (Items(("a · b c", "x" * 199 + "…")),) == wording.paragraphs


def test_a_list_that_is_not_put_into_words_is_an_error_and_never_a_tuple(tmp_path: Path) -> None:
    broken = own(tmp_path, "Emne: x\n\n{{ liste }}\n")
    with pytest.raises(WordingError, match="is a list; pass it through 'punkter'") as caught:
        broken.render("review-plan", {"liste": ("a",)})
    assert f"{tmp_path}/review-plan/da.txt:3" == caught.value.where


def test_an_overview_of_thousands_of_lines_still_becomes_a_mail() -> None:
    lines = tuple(
        Line(f"2026-{number:06}-ældre-sagsnummer", "review", date(2026, 1, 2)) for number in range(1000)
    )
    lists = dict.fromkeys(("overskredet", "denne_og_naeste", "de_naeste_90", "mangler_i_data"), lines)
    one = notice("digest")
    full = replace(one, facts={**one.facts, **lists})
    mail = composer().compose(full, composed_at=SENT, revision=None, data_pr=DATA_PR)
    assert len(mail.raw) < 1024 * 1024
