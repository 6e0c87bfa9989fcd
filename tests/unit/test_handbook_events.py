"""Every event that the log can hold is explained to operators, and nothing else is."""

import re
import shutil
from pathlib import Path

from reminderd.logs.journal import message_id
from tests.installation import run

ROOT = Path(__file__).parents[2]
CATALOG = (ROOT / "systemd" / "reminderd.catalog").read_text(encoding="utf-8")
_SAID = re.compile(r"\blog\.(?:debug|info|warning|error|critical|exception)\(\s*f?\"([^\"]+)\"")
_TROUBLES = ("case_source", "relay", "ledger", "mailbox", "heartbeat")


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


def test_the_catalog_knows_events_by_the_ids_that_the_journal_gets() -> None:
    entries = re.findall(r"# (\w+)\n-- (\w+)\n", CATALOG)
    assert {name: message_id(name) for name, _ in entries} == dict(entries)
    assert set() == {name for name, _ in entries} - said_in_code()


def test_every_error_that_needs_somebody_is_explained_by_the_catalog() -> None:
    needing = {
        "relay_away",
        "case_source_away",
        "notice_held",
        "calendar_left_out",
        "stalled",
        "reload_refused",
        "audit_disagrees",
    }
    needing |= {"run_failed", "ledger_broken", "brake", "case_source_in_doubt"}
    assert set() == needing - set(re.findall(r"# (\w+)\n-- ", CATALOG))


def test_journalctl_itself_can_read_the_catalog(tmp_path: Path) -> None:
    journalctl = shutil.which("journalctl")
    if journalctl is not None:
        folder = tmp_path / "usr" / "lib" / "systemd" / "catalog"
        folder.mkdir(parents=True)
        (folder / "reminderd.catalog").write_text(CATALOG, encoding="utf-8")
        made = run([journalctl, f"--root={tmp_path}", "--update-catalog"], cwd=tmp_path)
        assert 0 == made.returncode, made.stderr
        said = run([journalctl, f"--root={tmp_path}", "--dump-catalog"], cwd=tmp_path).stdout
        assert "Subject: The mail relay takes no mail" in said
    assert CATALOG.count("\nSubject: ") == CATALOG.count("\n-- ")
