"""The handbook of the wordings says what is so."""

import re

import pytest

from reminderd.compose.danish import FILTERS
from reminderd.compose.samples import ADDED_BY_COMPOSER, BY_DEADLINE, COMMON, values_table
from tests.unit.compose_cases import KINDS, TEMPLATES

README = (TEMPLATES / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("deadline", BY_DEADLINE)
def test_each_deadlines_values_stand_there_as_the_code_has_them(deadline: str) -> None:
    assert f"### `{deadline}`\n\n{values_table(BY_DEADLINE[deadline])}" in README


def test_the_common_values_stand_there_as_the_code_has_them() -> None:
    assert f"### Everywhere\n\n{values_table((*COMMON, *ADDED_BY_COMPOSER))}" in README


def test_every_filter_is_explained() -> None:
    explained = re.findall(r"^\| `(\w+)(?:\(\w+\))?` \| `", README, re.MULTILINE)
    assert list(FILTERS) == explained


def test_every_wording_is_listed_with_its_deadline() -> None:
    listed = dict(re.findall(r"^\| `([a-z0-9-]+)` \| `([a-z_]+)` \|", README, re.MULTILINE))
    folders = {path.parent.name for path in TEMPLATES.glob("*/da.txt")} - {"footer", "deputy"}
    assert listed == KINDS
    assert folders == set(KINDS)
