"""What other rules would change, from the installed command: listed, and nothing touched."""

import json
from datetime import date
from pathlib import Path

import pytest

from tests.casework import LEDER
from tests.installation import Installation, courses
from tests.integration.corridor import morning

NOW = morning(date(2026, 5, 4))
STAGE = 'when = "18 weeks after start"'


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    cases = courses(date(2026, 1, 5), date(2026, 1, 12))
    return Installation.make(tmp_path, cases, {"url": f"eml:{tmp_path / 'mails'}"})


def compared(one: Installation, was: str, will: str, *more: str) -> tuple[int, list[dict[str, object]]]:
    """Return the exit status and the differences between the rules and the rules with a change."""
    old = one.folder / "rules.toml"
    text = old.read_text(encoding="utf-8")
    assert was in text
    new = one.folder / "new.toml"
    new.write_text(text.replace(was, will, 1), encoding="utf-8")
    done = one.run("diff", "--rules", str(old), str(new), "--json", *more, now=NOW)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def test_the_same_rules_make_no_difference(installation: Installation) -> None:
    assert (0, []) == compared(installation, STAGE, STAGE)


def test_a_rule_that_is_off_makes_its_notices_vanish(installation: Installation) -> None:
    status, found = compared(
        installation,
        'template = "course-limit-warning"\n',
        'template = "course-limit-warning"\nenabled = false\n',
    )
    assert 1 == status
    assert [("vanishes", "2026-0001"), ("vanishes", "2026-0002")] == [
        (one["change"], one["sagsnr"]) for one in found
    ]
    assert [None, None] == [one["after"] for one in found]


def test_another_lead_is_another_day(installation: Installation) -> None:
    _, found = compared(installation, STAGE, 'when = "19 weeks after start"')
    assert ["day", "day"] == [one["change"] for one in found]
    # Whit Monday, so the Friday before.
    assert [("2026-05-11", "2026-05-18"), ("2026-05-18", "2026-05-22")] == [
        (str(one["before"]["send_at"])[:10], str(one["after"]["send_at"])[:10])  # type: ignore[index]
        for one in found
    ]


def test_another_role_is_somebody_else(tmp_path: Path) -> None:
    one = Installation.make(tmp_path, courses(date(2026, 1, 5)), {"url": f"eml:{tmp_path / 'mails'}"})
    _, found = compared(
        one,
        'roles = ["sagsbehandler"]\noptional_roles = ["kontaktperson", "mentor"]',
        'roles = ["leder"]',
    )
    assert ["recipient"] == [each["change"] for each in found]
    (only,) = found
    assert ("anne@kommune.example", LEDER.mail) == (
        only["before"]["recipient_mail"],  # type: ignore[index]
        only["after"]["recipient_mail"],  # type: ignore[index]
    )


def test_another_name_tells_everything_anew(installation: Installation) -> None:
    _, found = compared(installation, 'name = "course-limit-warning"', 'name = "course-limit-word"')
    assert 4 == len(found)
    assert {"appears", "vanishes"} == {str(one["change"]) for one in found}


def test_nothing_is_touched_and_the_stretch_can_be_chosen(installation: Installation) -> None:
    before = sorted(path.name for path in installation.folder.iterdir())
    status, found = compared(
        installation, STAGE, 'when = "19 weeks after start"', "--from", "2026-06-01", "--to", "2026-06-02"
    )
    assert (0, []) == (status, found)
    assert sorted([*before, "new.toml"]) == sorted(path.name for path in installation.folder.iterdir())


def test_a_storm_is_named_beforehand(installation: Installation) -> None:
    old = installation.folder / "rules.toml"
    done = installation.run(
        "--set", "brake.max_new=1", "diff", "--rules", str(old), str(old), now=morning(date(2026, 5, 1))
    )
    assert 0 == done.returncode
    both = courses(date(2026, 1, 5), date(2026, 1, 5))
    installation.set_cases(both)
    done = installation.run("--set", "brake.max_new=1", "diff", "--rules", str(old), str(old), now=NOW)
    assert "on 11 May 2026 2 notices would go out: more than brake.max_new" in done.stderr


def test_wrong_rules_are_refused_with_their_place(installation: Installation) -> None:
    new = installation.folder / "new.toml"
    new.write_text("[[rule]]\nname = 1\n", encoding="utf-8")
    done = installation.run("diff", "--rules", str(installation.folder / "rules.toml"), str(new), now=NOW)
    assert 78 == done.returncode
    assert "new.toml:2" in done.stderr
