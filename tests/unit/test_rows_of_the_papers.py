"""The table of rows in the handbook names rules and tests that are there."""

import re
from itertools import takewhile
from pathlib import Path

import pytest

from tests.casework import SHIPPED_RULES

ROOT = Path(__file__).parents[2]
HANDBOOK = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
TABLE = HANDBOOK[HANDBOOK.index("<!-- rows -->") :].split("\n\n")[0]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines()[3:]]
RULES = {rule.name: rule for rule in SHIPPED_RULES.rules}


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_row_has_its_tests(row: list[str]) -> None:
    named = re.findall(r"`([a-z0-9_]+)`", row[3])
    assert named
    number = row[0].lower().replace(" ", "")
    for module, name in zip(named[::2], named[1::2], strict=True):
        text = (ROOT / "tests" / "unit" / f"test_{module}.py").read_text(encoding="utf-8")
        tests = re.findall(rf"^(?:async )?def test_({name}_\w+)", text, re.MULTILINE)
        assert [one for one in tests if number in rows_named_by(one)], (module, name)


def rows_named_by(test: str) -> list[str]:
    """Return the rows that a test's name begins with: ``f2_f13_a_date`` is about both, and not about F1."""
    return list(takewhile(re.compile(r"(v|f|bl)\d+").fullmatch, test.split("_")))


def test_a_row_is_named_whole() -> None:
    assert rows_named_by("f2_f13_a_one_off_date") == ["f2", "f13"]
    assert "f1" not in rows_named_by("f11_the_figures")


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_row_s_rules_exist_and_are_on_unless_it_says_off(row: list[str]) -> None:
    named = [RULES[name] for name in re.findall(r"`([a-z0-9-]+)`", row[2]) if name in RULES]
    assert named or "`" not in row[2] or "deadline." in row[2] or "report" in row[2]
    assert [] == [rule.name for rule in named if rule.enabled == (row[4] == "off")]


AWKWARD = HANDBOOK[HANDBOOK.index("<!-- awkward -->") :].split("\n\n")[0].splitlines()[3:]


@pytest.mark.parametrize("row", AWKWARD, ids=[row.split("|")[1].strip() for row in AWKWARD])
def test_the_awkward_case_has_its_tests(row: str) -> None:
    shown = re.findall(r"`([a-z0-9_]+)`: `([a-z0-9_]+)`", row.split("|")[3])
    assert shown
    for module, name in shown:
        text = (ROOT / "tests" / "unit" / f"test_{module}.py").read_text(encoding="utf-8")
        assert re.search(rf"^def test_{name}(_|\()", text, re.MULTILINE), (module, name)


def test_every_shipped_rule_has_its_row() -> None:
    in_rows = {name for row in ROWS for name in re.findall(r"`([a-z0-9-]+)`", row[2])}
    for_citizens = {
        rule.name for rule in SHIPPED_RULES.rules if "ung" in rule.roles or "ansvarlig" in rule.roles
    }
    assert set(RULES) - for_citizens <= in_rows


def test_every_statement_of_the_papers_is_accounted_for() -> None:
    wanted = {f"V{number}" for number in range(1, 22)} | {f"F{number}" for number in range(1, 15)}
    assert wanted == {row[0] for row in ROWS if not row[0].startswith("BL")}
