"""The statistics as text, CSV and picture say what was counted, and nothing that was not."""

import csv
import io
import struct
import sys
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from reminderd.compose.chart import ChartUnavailableError, chart
from reminderd.compose.report import as_csv, as_json, as_text, lines
from reminderd.domain.cases import Finding, Henvendelse, Snapshot
from reminderd.domain.rules import Lead, Span
from reminderd.domain.statistics import Figures, figures
from tests.casework import FORLOEB, snapshot

FIRST, LAST, MADE_UP = date(2018, 4, 1), date(2018, 7, 31), date(2018, 9, 4)


def count(source: Snapshot, first: date = FIRST, last: date = LAST, as_of: date = MADE_UP) -> Figures:
    return figures(
        source,
        first,
        last,
        limit=Span(20, "weeks"),
        tilbud=("SEL_82B",),
        as_of=as_of,
        warning=Lead.parse("18 weeks after start"),
    )


def source(*kanaler: str, **more: object) -> Snapshot:
    asked = tuple(Henvendelse(f"h{n}", FIRST, kanal, "e1", None) for n, kanal in enumerate(kanaler))
    course = replace(FORLOEB, start_dato=date(2018, 4, 3))
    return snapshot(forloeb=[course], roles=(), henvendelser=asked, **more)


def rows_of(found: Figures) -> list[dict[str, str]]:
    text = as_csv(found).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def test_the_text_says_the_day_and_names_each_count() -> None:
    text = as_text(count(source("mail", "telefon")))
    assert "Opgørelse for 1. april 2018 til 31. juli 2018, begge dage medregnet\nOpgjort den 4. " in text
    labels = (
        "Henvendelser i perioden ",
        "§ 82 b-forløb begyndt i perioden ",
        "  heraf henvist videre til udredning efter § 85 ",
        "  heraf afsluttet senest 31. juli 2018 ",
        "  heraf nået 20 uger senest 4. september 2018 ",
        "Borgere med et aktivt forløb i perioden, alle tilbud ",
    )
    assert [] == [label for label in labels if label not in text]
    assert "tre forskellige tal" in text


def test_no_two_figures_have_one_label() -> None:
    labels = [(line.part_of, line.label) for line in lines(count(source("mail", "telefon")))]
    assert len(labels) == len(set(labels))


def test_the_cohort_trap_is_said_with_its_days() -> None:
    text = " ".join(as_text(count(source())).split())
    assert "kunne nå hverken varslingsdagen eller 20 uger senest 31. juli 2018" in text
    assert "varslingsdagen den 7. august 2018 og 20 uger den 21. august 2018" in text


def test_an_older_cohort_is_not_called_too_young() -> None:
    text = " ".join(as_text(count(source(), last=date(2018, 8, 21))).split())
    assert "hverken" not in text
    assert "Kun de forløb, der begyndte først, kunne nå 20 uger senest 21. august 2018" in text


def test_enquiries_that_nobody_delivers_are_unknown_in_every_form() -> None:
    found = count(source(absent_views=frozenset({"rd_henvendelse"})))
    assert "Henvendelser i perioden                               ukendt  sagskilden" in as_text(found)
    assert None is as_json(found)["enquiries"]
    (row,) = (row for row in rows_of(found) if row["tal"] == "henvendelser")
    assert ("", "sagskilden leverer ikke rd_henvendelse") == (row["antal"], row["betydning"])


def test_rows_set_aside_are_said_in_the_text() -> None:
    faults = (Finding("rd_forloeb", "f9", "status", "is no code"),)
    assert "rd_forloeb: 1." in as_text(count(source(findings=faults)))


def test_a_period_that_still_runs_is_said_and_shown_once() -> None:
    text = as_text(count(source(), as_of=date(2018, 6, 1)))
    assert "Der er talt til og med 1. juni 2018" in text
    assert 1 == text.count("heraf afsluttet senest")


@pytest.mark.parametrize("kanal", ["=1+1", "+45", "-x", "@SUM(A1)", "＝1"])
def test_text_from_the_source_never_begins_a_cell_as_a_formula(kanal: str) -> None:
    found = replace(count(source("mail")), tilbud=(kanal,), persons_by_tilbud={kanal: 1})
    cells = [cell for row in rows_of(found) for cell in row.values()]
    assert [] == [cell for cell in cells if cell.startswith(tuple("=+-@＝"))]


def test_csv_is_what_a_danish_excel_opens() -> None:
    raw = as_csv(count(source("mail")))
    assert raw.startswith(b"\xef\xbb\xbffra;til;opgjort_den;tal;")
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert {("2018-04-01", "2018-07-31", "2018-09-04")} == {
        (row["fra"], row["til"], row["opgjort_den"]) for row in rows_of(count(source("mail")))
    }


def test_the_months_of_the_csv_add_up_to_the_whole() -> None:
    rows = [row for row in rows_of(count(source("mail", "mail"))) if row["tal"] == "henvendelser"]
    months = [int(row["antal"]) for row in rows if row["opdelt_paa"].startswith("måned")]
    assert [2, 0, 0, 0] == months
    assert [2] == [int(row["antal"]) for row in rows if not row["opdelt_paa"]]


def test_a_png_is_a_picture_of_the_size_of_half_a_page() -> None:
    raw = chart(count(source("mail")), "png")
    assert b"\x89PNG\r\n\x1a\n" == raw[:8]
    assert (1024, 640) == struct.unpack(">II", raw[16:24])


def test_an_svg_has_a_title_and_its_words_are_text() -> None:
    root = ET.fromstring(chart(count(source("mail", "mail", "mail")), "svg"))  # noqa: S314 - made here
    space = "{http://www.w3.org/2000/svg}"
    assert "Henvendelser og begyndte § 82 b-forløb pr. måned" == root.findtext(f"{space}title")
    words = {"".join(text.itertext()).strip() for text in root.iter(f"{space}text")}
    expected = {"Henvendelser, i alt 3", "Begyndte § 82 b-forløb, i alt 1", "april", "maj", "juni", "juli"}
    assert expected <= words


@pytest.mark.parametrize("image_format", ["png", "svg"])
def test_the_same_figures_give_the_same_bytes(image_format: str) -> None:
    found = count(source("mail"))
    assert chart(found, image_format) == chart(found, image_format)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "last"),
    [(FIRST, FIRST), (date(2017, 1, 1), LAST), (date(2008, 1, 1), LAST)],
    ids=["one day", "19 months", "ten years"],
)
def test_a_picture_can_be_made_of_any_period(first: date, last: date) -> None:
    assert b"<svg" in chart(count(source("mail"), first, last), "svg")


def test_without_enquiries_the_picture_shows_the_courses_alone() -> None:
    raw = chart(count(source(absent_views=frozenset({"rd_henvendelse"}))), "svg").decode()
    assert "Begyndte § 82 b-forløb pr. måned" in raw
    assert "Henvendelser" not in raw


def test_without_the_optional_part_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ChartUnavailableError, match=r"matplotlib(.|\n)*reminderd\[report\]"):
        chart(count(source("mail")), "png")
