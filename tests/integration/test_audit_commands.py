"""audit, purge and backup as an operator calls them, over what the service itself wrote."""

import json
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.installation import Installation, courses
from tests.integration.corridor import morning
from tests.unit.youth_cases import AGREED, INVITED, an_evening

NOW = morning(date(2026, 5, 11))


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """Two cases, each of which was told about this morning."""
    cases = courses(date(2026, 1, 5), date(2026, 1, 5))
    made = Installation.make(tmp_path, cases, {"url": f"eml:{tmp_path / 'mails'}"})
    assert 2 == made.run_here(NOW).sent
    return made


def test_verify_says_whole_and_finds_what_was_edited(installation: Installation) -> None:
    whole = installation.run("audit", "verify")
    assert (0, True) == (whole.returncode, whole.stdout.endswith(": whole\n")), whole.stderr
    with closing(sqlite3.connect(installation.folder / "ledger.db")) as connection, connection:
        connection.execute("DROP TRIGGER journal_no_update")
        connection.execute("UPDATE journal SET reason = 'never' WHERE id = 1")
    broken = installation.run("audit", "verify", "--json")
    assert 1 == broken.returncode
    assert "line 1 is not what was written" in json.loads(broken.stdout)["findings"][0]


def test_who_got_and_export_speak_of_one_case_only(installation: Installation) -> None:
    got = installation.run("audit", "who-got", "--case", "2026-0001", "--since", "2026-05-11T00:00", "--json")
    assert (0, 1) == (got.returncode, len(json.loads(got.stdout))), got.stderr
    later = installation.run("audit", "who-got", "--case", "2026-0001", "--since", "2026-05-12T00:00")
    assert 1 == later.returncode
    exported = installation.run("audit", "export", "--case", "2026-0002")
    assert 0 == exported.returncode
    (entry,) = json.loads(exported.stdout)
    assert ("2026-0002", "sent", []) == (entry["sagsnr"], entry["state"], entry["answers"])
    assert "2026-0001" not in exported.stdout
    assert 1 == installation.run("audit", "export", "--case", "2026-9999").returncode


@pytest.fixture
def overview(tmp_path: Path) -> Installation:
    """Two cases that are told about, each by itself and together in the weekly overview."""
    cases = courses(date(2026, 1, 5), date(2026, 1, 5))
    made = Installation.make(tmp_path, cases, {"url": f"eml:{tmp_path / 'mails'}"}, all_rules=True)
    made.run_here(NOW)
    return made


def test_who_got_counts_the_overview_that_named_the_case_and_a_day_from_its_beginning(
    overview: Installation,
) -> None:
    got = overview.run("audit", "who-got", "--case", "2026-0001", "--since", "2026-05-11")
    assert 0 == got.returncode, got.stderr
    assert ["course-limit-warning", "weekly-digest"] == sorted(
        line.split()[-3] for line in got.stdout.splitlines()[2:]
    )
    assert {"2026-05-11 08:00"} == {line[:16] for line in got.stdout.splitlines()[2:]}
    assert 1 == overview.run("audit", "who-got", "--case", "2026-000", "--since", "2026-05-11").returncode


def test_export_shows_of_an_overview_what_it_says_of_the_case_and_nothing_of_others(
    overview: Installation,
) -> None:
    exported = overview.run("audit", "export", "--case", "2026-0002")
    told = {entry["rule"]: entry["text"] for entry in json.loads(exported.stdout)}
    assert {"course-limit-warning", "weekly-digest"} == set(told)
    assert "2026-0002" in told["weekly-digest"]
    assert "2026-0001" not in exported.stdout


def test_export_has_what_the_young_person_herself_was_told(tmp_path: Path) -> None:
    made = Installation.make(tmp_path, an_evening(), {"url": f"eml:{tmp_path / 'mails'}"}, all_rules=True)
    rules = (tmp_path / "rules.toml").read_text(encoding="utf-8")
    before, name, after = rules.partition('name = "youth-invitation"')
    after = after.replace("enabled = false", "enabled = true", 1)
    (tmp_path / "rules.toml").write_text(before + name + after, encoding="utf-8")
    settings = made.config.read_text(encoding="utf-8")
    settings = settings.replace("[privacy]\n", "[privacy]\ncitizen_mail = true\n")
    made.config.write_text(settings, encoding="utf-8")
    made.run_here(morning(INVITED))
    exported = json.loads(made.run("audit", "export", "--case", "2026-0001").stdout)
    own = [entry for entry in exported if entry["recipient_mail"] == AGREED.mail]
    assert ["youth-invitation"] == [entry["rule"] for entry in own]
    assert f"To: {AGREED.mail}" in own[0]["text"]
    assert 1 == made.run("audit", "export", "--case", "2026-9999").returncode


def test_purge_lets_the_overview_that_named_the_case_go_as_well(overview: Installation) -> None:
    done = overview.run("purge", "--case", "2026-0001", now=NOW)
    assert "2 texts, 0 calendar contents, 0 journal lines gone\n" == done.stdout
    exported = json.loads(overview.run("audit", "export", "--case", "2026-0001").stdout)
    assert [("course-limit-warning", None)] == [(entry["rule"], entry["text"]) for entry in exported]


def test_purge_counts_first_and_then_lets_go(installation: Installation) -> None:
    dry = installation.run("purge", "--case", "2026-0001", "--dry-run", now=NOW)
    assert (0, "1 texts, 0 calendar contents, 0 journal lines would go\n") == (dry.returncode, dry.stdout)
    done = installation.run("purge", "--case", "2026-0001", now=NOW)
    assert "1 texts, 0 calendar contents, 0 journal lines gone\n" == done.stdout
    assert 0 == installation.run("audit", "verify").returncode


def test_the_service_purges_by_itself_once_the_days_are_over(installation: Installation) -> None:
    installation.run_here(NOW + timedelta(days=15))
    with closing(sqlite3.connect(installation.folder / "ledger.db")) as connection:
        query = (
            "SELECT count(*) FROM message JOIN entry ON entry.id = entry_id"
            " WHERE raw IS NOT NULL AND rule = 'course-limit-warning'"
        )
        assert (0,) == connection.execute(query).fetchone()


def test_a_backup_is_a_ledger_of_its_own(installation: Installation) -> None:
    copy = installation.folder / "copy.db"
    made = installation.run("backup", str(copy))
    assert (0, "2 entries" in made.stdout) == (made.returncode, True), made.stderr
    assert 69 == installation.run("backup", str(copy)).returncode
    shown = installation.run("--set", f"ledger.url=sqlite:///{copy}", "status", "--json")
    assert {"sent": 2} == json.loads(shown.stdout)["states"]
