"""A folder of CSV files, as vendors deliver them: with marks, quotes, other encodings and mistakes."""

from collections.abc import Callable, Collection, Iterator
from datetime import date
from pathlib import Path

import pytest

from reminderd.casedb import csv_folder
from reminderd.casedb.source import open_source
from reminderd.casedb.synthetic import build, write_csv, write_sqlite
from reminderd.domain.cases import Finding, Snapshot
from reminderd.errors import ReminderdError, SourceContractError, SourceUnavailableError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_csv(build(history=False), tmp_path)
    return tmp_path


def read(folder: Path, encoding: str = "utf-8") -> Snapshot:
    return open_source(f"csv:{folder}", encoding=encoding).read()


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_bytes(change(path.read_bytes().decode()).encode())


def refusal(folder: Path, kind: type[ReminderdError]) -> str:
    with pytest.raises(kind) as caught:
        read(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "bom", "declared"),
    [
        ("utf-8", False, "utf-8"),
        ("utf-8", True, "utf-8"),
        ("utf-8", True, "cp1252"),
        ("cp1252", False, "cp1252"),
        ("cp1252", False, "windows-1252"),
    ],
)
@pytest.mark.parametrize("with_faults", [False, True], ids=["good", "faulty"])
def test_files_of_every_encoding_say_what_the_database_says(
    tmp_path: Path, written: str, bom: bool, declared: str, with_faults: bool
) -> None:
    tables = build(with_faults=with_faults)
    write_sqlite(tables, tmp_path / "sag.db")
    write_csv(tables, tmp_path / "csv", encoding=written, bom=bom)
    assert open_source(f"sqlite:///{tmp_path / 'sag.db'}").read() == read(tmp_path / "csv", declared)


def test_headers_may_be_in_any_order_and_case_with_columns_nobody_asked_for(folder: Path) -> None:
    expected = read(folder)
    path = folder / "rd_enhed.csv"
    rows = [line.split(";") for line in path.read_text(encoding="utf-8").splitlines()]
    rows[0] = [f" {name.upper()} " for name in rows[0]]
    path.write_text("\n".join(";".join(["x", *row[::-1]]) for row in rows), encoding="utf-8")
    assert expected == read(folder)


def test_file_names_may_be_in_upper_case(folder: Path) -> None:
    expected = read(folder)
    (folder / "rd_enhed.csv").rename(folder / "RD_ENHED.CSV")
    assert expected == read(folder)


def test_a_delimiter_inside_quotation_marks_belongs_to_the_cell(folder: Path) -> None:
    edit(folder / "rd_enhed.csv", lambda text: text.replace("Æblevej 1", '"Æblevej 1; ""stuen"""'))
    assert 'Æblevej 1; "stuen"' == read(folder).enheder["E-FRONTEN"].adresse


def test_a_line_with_the_wrong_number_of_cells_is_named_by_its_line(folder: Path) -> None:
    edit(folder / "rd_borger.csv", lambda text: text.replace("B-00071;", "B-00071;;"))
    snapshot = read(folder)
    assert Finding("rd_borger", "line 72", "", "has 9 cells, the header has 8") in snapshot.findings
    assert 70 == len(snapshot.borgere)


def test_a_quotation_mark_that_never_ends_costs_one_row(folder: Path) -> None:
    edit(folder / "rd_borger.csv", lambda text: text.replace("B-00070;", '"B-00070;'))
    snapshot = read(folder)
    assert 70 == len(snapshot.borgere)
    assert "line 71" == snapshot.findings[0].row_id


def test_an_empty_line_is_no_row(folder: Path) -> None:
    expected = read(folder)
    edit(folder / "rd_enhed.csv", lambda text: text.replace("\r\n", "\n\n") + "\n")
    assert expected == read(folder)


def test_bytes_that_are_not_the_declared_encoding_are_named_with_file_line_and_cure(folder: Path) -> None:
    write_csv(build(), folder, encoding="cp1252")
    told = refusal(folder, SourceContractError)
    assert "rd_enhed.csv: line 2 is not utf-8" in told
    assert "cp1252" in told


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "the file has no header line"),
        ("enhed_id;navn;navn;leder_id;adresse", "the header has navn twice"),
        ("enhed_id;navn;leder_id;adresse", "view rd_enhed lacks column faelles_mail"),
    ],
)
def test_a_header_that_cannot_be_right_is_refused(folder: Path, header: str, expected: str) -> None:
    (folder / "rd_enhed.csv").write_text(header, encoding="utf-8")
    assert expected in refusal(folder, SourceContractError)


def test_a_missing_required_file_is_named(folder: Path) -> None:
    (folder / "rd_enhed.csv").unlink()
    assert "required view rd_enhed is missing" in refusal(folder, SourceContractError)


def test_two_files_for_one_view_are_refused(folder: Path) -> None:
    (folder / "RD_ENHED.csv").write_bytes((folder / "rd_enhed.csv").read_bytes())
    assert "are the same view" in refusal(folder, SourceContractError)


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "levering", SourceUnavailableError)


class DeliveryMeanwhile(Collection[date]):
    """Sentinel dates that somebody looks at in the middle of a reading, just as a file arrives."""

    def __init__(self, arrives: Callable[[], None]) -> None:
        self._arrives = arrives

    def __iter__(self) -> Iterator[date]:
        self._arrives()
        return iter(())

    def __len__(self) -> int:
        return 0

    def __contains__(self, day: object) -> bool:
        return False


def test_a_delivery_that_changes_while_it_is_read_is_not_used(folder: Path) -> None:
    meanwhile = DeliveryMeanwhile(lambda: edit(folder / "rd_borger.csv", lambda text: text + "\r\n"))
    source = open_source(f"csv:{folder}", sentinel_dates=meanwhile)
    with pytest.raises(SourceUnavailableError, match="changed while they were read"):
        source.read()


def test_raw_rows_are_streamed_unchecked(folder: Path) -> None:
    source = csv_folder.CsvFolder(folder)
    assert ["E-FRONTEN", "E-VEJENFREM", "E-FAMILIE"] == [
        row[0] for row in source.raw_rows("rd_enhed") if not isinstance(row, Finding)
    ]
