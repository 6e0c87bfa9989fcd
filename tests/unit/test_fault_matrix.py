"""The table of the fault matrix in tests/README.md names tests that there are, and leaves out no row."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
TABLE = (
    (TESTS / "README.md")
    .read_text(encoding="utf-8")
    .partition("## The fault matrix")[2]
    .partition("\n## ")[0]
)
ROWS = {int(row): line for row, line in re.findall(r"^\| (\d+) \|(.*)$", TABLE, re.MULTILINE)}
MEANT = {*range(1, 18), *range(20, 24), *range(25, 38), 43, *range(45, 48)}


def test_every_row_has_a_test() -> None:
    assert MEANT == set(ROWS)
    assert [] == [row for row, line in ROWS.items() if "::test_" not in line]


def test_every_test_of_the_table_is_there() -> None:
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", TABLE)
    assert len(ROWS) <= len(named)
    texts = {file: (TESTS / file).read_text(encoding="utf-8") for file, _ in named}
    assert [] == [f"{file}::{test}" for file, test in named if f"def {test}(" not in texts[file]]


def test_a_test_that_names_a_row_stands_in_the_table() -> None:
    found = {
        test: int(row)
        for file in TESTS.rglob("test_*.py")
        for test, row in re.findall(r"def (test_row_(\d+)_\w+)\(", file.read_text(encoding="utf-8"))
    }
    assert set(found.values()) <= set(ROWS)
