"""What an operator asks for by mistake is refused in words, before anything is read or changed."""

import tomllib
from datetime import date, time
from pathlib import Path

import pytest
from click import UsageError
from click.testing import CliRunner, Result

from reminderd.cli import main_group
from reminderd.cli.demo import _fresh, _settings
from reminderd.domain.workdays import at
from reminderd.errors import EXIT_FINDING, EXIT_USAGE
from tests.installation import Installation, courses

NOW = "2026-05-11T08:00"
MORNING = at(date(2026, 5, 11), time(8))


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    cases = courses(date(2026, 1, 5), date(2026, 3, 2))
    return Installation.make(tmp_path, cases, {"url": f"eml:{tmp_path}/mails"})


def ask(installation: Installation, *arguments: str, now: str = NOW) -> Result:
    return CliRunner().invoke(main_group, ["--config", str(installation.config), "--now", now, *arguments])


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "--from", "9999-12-15"),
        ("plan", "--from", "0001-01-01"),
        ("plan", "--from", "9999-12-01", "--to", "9999-12-31"),
        ("report", "--from", "0001-01-01", "--to", "2026-01-01"),
        ("demo", "--to", "9999-12-31"),
        ("silence", "--rule", "review-plan", "--until", "9999-12-31", "--reason", "x"),
    ],
    ids=" ".join,
)
def test_a_day_in_no_year_that_counts_is_a_usage_error_with_the_limits(
    installation: Installation, arguments: tuple[str, ...]
) -> None:
    done = ask(installation, *arguments)
    assert EXIT_USAGE == done.exit_code
    assert "1950 to 2200" in done.stderr


def test_a_clock_in_no_year_that_counts_is_a_usage_error(installation: Installation) -> None:
    done = ask(installation, "plan", now="9999-12-31")
    assert EXIT_USAGE == done.exit_code
    assert "1950 to 2200" in done.stderr


@pytest.mark.parametrize(
    ("now", "arguments"),
    [
        (NOW, ("plan", "--from", "2200-12-31")),
        (NOW, ("plan", "--from", "1950-01-01", "--to", "1950-01-31")),
        ("2200-12-31", ("plan",)),
        ("1950-01-01", ("plan",)),
    ],
)
def test_a_plan_can_be_made_at_the_very_limits(
    installation: Installation, now: str, arguments: tuple[str, ...]
) -> None:
    assert 0 == ask(installation, *arguments, now=now).exit_code


def test_a_silence_to_the_last_day_there_is_leaves_plan_and_explain_working(
    installation: Installation,
) -> None:
    until = ("--until", "2200-12-31", "--reason", "aftalt")
    assert 0 == ask(installation, "silence", "--case", "2026-0001", *until).exit_code
    for arguments in (("plan",), ("explain", "2026-0001")):
        assert 0 == ask(installation, *arguments).exit_code


@pytest.mark.parametrize("command", ["hold", "release", "requeue", "confirm-sent"])
@pytest.mark.parametrize(
    ("key", "reason", "said"),
    [("", "x", "KEY"), (" ", "x", "KEY"), ("|", "x", "KEY"), ("f1", " ", "--reason")],
)
def test_a_decision_about_everything_or_without_a_reason_is_a_usage_error(
    installation: Installation, command: str, key: str, reason: str, said: str
) -> None:
    done = ask(installation, command, key, "--reason", reason)
    assert EXIT_USAGE == done.exit_code
    assert said in done.stderr


def test_a_decision_about_one_case_leaves_those_alone_whose_name_begins_alike(tmp_path: Path) -> None:
    cases = courses(*[date(2026, 1, 5)] * 11)
    twelve = Installation.make(tmp_path, cases, {"url": f"eml:{tmp_path}/mails"})
    few = ("--set", "brake.max_new=5")
    assert EXIT_FINDING == ask(twelve, *few, "run", "--once").exit_code
    assert ["held"] * 11 == twelve.states()
    done = ask(twelve, "confirm-sent", "forloeb:f1", "--reason", "in the relay's log")
    assert (0, 1) == (done.exit_code, len(done.stdout.splitlines()))
    assert {"sent": ["f1"], "held": ["f10"]} == {
        state: [
            entry.key.split("|")[1].removeprefix("forloeb:")
            for entry in twelve.entries()
            if entry.state == state and entry.key.split("|")[1] in ("forloeb:f1", "forloeb:f10")
        ]
        for state in ("sent", "held")
    }


def test_a_decision_about_several_entries_names_them_and_asks(tmp_path: Path) -> None:
    one = Installation.make(tmp_path, courses(*[date(2026, 1, 5)] * 3), {"url": f"eml:{tmp_path}/mails"})
    ask(one, "--set", "brake.max_new=1", "run", "--once")
    rule = ("release", "course-limit-warning", "--reason", "looked at")
    asked = ask(one, *rule)
    assert (EXIT_USAGE, ["held"] * 3) == (asked.exit_code, one.states())
    assert all(entry.key in asked.stderr for entry in one.entries())
    assert "--all" in asked.stderr
    assert 0 == ask(one, *rule, "--all").exit_code
    assert ["queued"] * 3 == one.states()


@pytest.mark.parametrize("part", ["forloeb:f", "course-limit", "FORLOEB:F1", "f1"])
def test_no_decision_is_taken_by_a_part_of_a_field(tmp_path: Path, part: str) -> None:
    one = Installation.make(tmp_path, courses(*[date(2026, 1, 5)] * 2), {"url": f"eml:{tmp_path}/mails"})
    ask(one, "--set", "brake.max_new=1", "run", "--once")
    assert ["held"] * 2 == one.states()
    done = ask(one, "confirm-sent", part, "--reason", "x")
    assert EXIT_FINDING == done.exit_code
    assert "show" in done.stderr


def test_plan_refuses_an_unknown_case_in_the_words_of_explain(installation: Installation) -> None:
    planned, explained = (
        ask(installation, *arguments)
        for arguments in (("plan", "--case", "2026-001"), ("explain", "2026-001"))
    )
    assert (EXIT_FINDING, "") == (planned.exit_code, planned.stdout)
    assert "did you mean 2026-000" in planned.stderr
    assert explained.stderr == planned.stderr


def test_a_known_case_is_planned(installation: Installation) -> None:
    done = ask(installation, "plan", "--case", "2026-0001")
    assert (0, "") == (done.exit_code, done.stderr)
    assert "course-limit-warning" in done.stdout


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2050, 12, 1), date(2050, 12, 31)), (date(1990, 12, 1), date(1990, 12, 31))],
)
def test_a_plan_far_away_knows_the_closed_days_there(
    installation: Installation, first: date, last: date
) -> None:
    app = installation.app(MORNING)
    workdays = app.rehearse(first, last).policy.workdays
    assert {False} == {workdays.is_workday(last.replace(day=day)) for day in (24, 25, 26, 31)}
    assert not workdays.is_workday(date(2026, 12, 25))


@pytest.mark.parametrize("name", ["a\nb", "a\x7fb", "a\udcffb"])
def test_a_demo_in_a_folder_that_cannot_be_written_down_is_a_usage_error(tmp_path: Path, name: str) -> None:
    done = CliRunner().invoke(main_group, ["demo", "--out", str(tmp_path / name)])
    assert EXIT_USAGE == done.exit_code
    assert "--out" in done.stderr
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a%41b?c#d", "æ $(x)"])
def test_the_demo_s_settings_name_its_own_folder_whatever_that_is_called(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    text = _settings(folder)
    (folder / "reminderd.toml").write_text(text, encoding="utf-8")
    assert f"eml:{folder}/mails" == tomllib.loads(text)["relay"]["url"]
    app = Installation(folder).app(MORNING)
    app.silence("rule", "review-plan", date(2026, 6, 1), reason="aftalt", author="leder")
    assert (folder / "ledger.db").is_file()


def test_a_demo_takes_the_place_of_an_earlier_one_and_of_nothing_else(tmp_path: Path) -> None:
    folder = _fresh(tmp_path / "demo")
    (folder / "reminderd.toml").write_text(_settings(folder), encoding="utf-8")
    app = Installation(folder).app(MORNING)
    app.silence("rule", "review-plan", date(2026, 6, 1), reason="aftalt", author="leder")
    assert (folder / "ledger.db.mark").is_file()
    assert ["mails"] == [path.name for path in _fresh(folder).iterdir()]
    (folder / "brev.txt").touch()
    with pytest.raises(UsageError, match=r"brev\.txt"):
        _fresh(folder)
