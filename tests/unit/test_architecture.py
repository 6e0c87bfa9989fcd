"""The picture of the house is the code's."""

import re
import tomllib
from pathlib import Path

from reminderd.domain.lifecycle import State

ROOT = Path(__file__).parents[2]
HANDBOOK = (ROOT / "reminderd" / "README.md").read_text(encoding="utf-8")


def test_the_floors_in_the_handbook_are_those_that_lint_imports_keeps() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = "\n".join(contracts[0]["layers"]).replace("reminderd.", "")
    drawn = re.search(r"<!-- floors -->\n```\n(.*?)\n```", HANDBOOK, re.DOTALL)
    assert drawn is not None
    assert floors == drawn[1]


def test_every_room_stands_in_the_handbook_and_every_room_in_it_stands() -> None:
    package = ROOT / "reminderd"
    rooms = {path.stem for path in package.glob("*.py") if path.stem != "__init__"}
    rooms |= {path.parent.name for path in package.glob("*/__init__.py")}
    table = HANDBOOK[HANDBOOK.index("| room |") : HANDBOOK.index("## Floors")]
    named = {
        name.rstrip("/")
        for row in table.splitlines()[2:]
        if row.startswith("|")
        for name in re.findall(r"`([a-z]+/?)`", row.split("|")[1])
    }
    assert rooms == named


def test_every_state_is_explained() -> None:
    assert [] == [state for state in State if not re.search(rf"\b{state}\b", HANDBOOK)]


def test_every_file_says_what_it_promises() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "reminderd").rglob("*.py")
        if not path.read_text(encoding="utf-8").startswith('"""')
    ]
    assert [] == silent


def test_no_file_outgrows_what_one_can_hold_in_the_head() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "reminderd").rglob("*.py")
        if (lines := path.read_text(encoding="utf-8").count("\n")) > 450
    }
    assert {} == long


def test_only_the_clock_asks_what_time_it_is() -> None:
    asking = re.compile(r"datetime\.now\(|date\.today\(|time\.time\(|utcnow\(")
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "reminderd").rglob("*.py")
        if asking.search(path.read_text(encoding="utf-8")) and path.name != "clock.py"
    ]
    assert [] == found
