"""Every event that the log can hold is explained to operators, and nothing else is."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SAID = re.compile(r"\blog\.(?:debug|info|warning|error|critical|exception)\(\s*f?\"([^\"]+)\"")
_TROUBLES = ("case_source", "relay")


def said_in_code() -> set[str]:
    found = set()
    for path in (ROOT / "reminderd").rglob("*.py"):
        for name in _SAID.findall(path.read_text(encoding="utf-8")):
            found |= {name.replace("{self.name}", trouble) for trouble in _TROUBLES}
    return found


def test_every_event_stands_in_the_operator_s_handbook_and_every_one_there_is_said() -> None:
    handbook = (ROOT / "systemd" / "README.md").read_text(encoding="utf-8")
    table = handbook[handbook.index("| event | level |") :].partition("\n\n")[0]
    explained = {
        name for row in table.splitlines()[2:] for name in re.findall(r"`([a-z_]+)`", row.split("|")[1])
    }
    assert said_in_code() == explained
