"""The contract's table agrees with the values it becomes, and with what administrators read."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from reminderd.casedb.contract import CONTRACT, Kind, View, as_markdown

README = Path(__file__).parents[2] / "reminderd" / "casedb" / "README.md"
views = pytest.mark.parametrize("view", CONTRACT, ids=lambda view: view.name)


@views
def test_a_views_columns_are_the_fields_of_its_value(view: View[Any]) -> None:
    assert tuple(field.name for field in fields(view.row)) == view.column_names


@views
def test_a_column_that_may_be_null_is_optional_in_its_value(view: View[Any]) -> None:
    optional = {field.name for field in fields(view.row) if "None" in str(field.type)}
    assert {column.name for column in view.columns if column.nullable} <= optional


@views
def test_names_can_be_used_in_every_database(view: View[Any]) -> None:
    names = [view.name, *view.column_names]
    assert [] == [name for name in names if not (name.isascii() and name.islower() and len(name) <= 30)]


@views
def test_every_text_has_a_length_that_its_codes_fit(view: View[Any]) -> None:
    texts = [column for column in view.columns if column.kind is Kind.TEXT]
    assert [] == [column.name for column in texts if column.length < 1]
    assert [] == [
        column.name for column in texts if any(len(str(code)) > column.length for code in column.codes)
    ]


def test_a_reference_without_which_a_row_is_nothing_points_to_an_earlier_view() -> None:
    seen: set[str] = set()
    for view in CONTRACT:
        required = {column.refers for column in view.columns if column.refers and not column.nullable}
        assert set() == required - seen
        seen.add(view.name)


def test_the_views_that_nothing_works_without_are_required() -> None:
    required = {"rd_meta", "rd_borger", "rd_forloeb", "rd_medarbejder", "rd_tilknytning", "rd_enhed"}
    assert required == {view.name for view in CONTRACT if view.required}


def test_the_handbook_shows_the_contract_as_it_is() -> None:
    text = README.read_text(encoding="utf-8")
    shown = text.split("<!-- contract:begin -->\n")[1].split("<!-- contract:end -->")[0]
    assert as_markdown().strip() == shown.strip()
