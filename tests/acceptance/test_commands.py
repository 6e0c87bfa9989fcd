"""The commands as an operator and a script meet them: exit statuses, stable field names, helpful errors."""

import json
from pathlib import Path
from typing import Any

import pytest

from reminderd.casedb.synthetic import DEMO_REFERENCE, build
from reminderd.cli import _COMMANDS
from reminderd.cli.output import visible
from reminderd.testing.relay import Reply
from tests.acceptance.conftest import MakeRelay
from tests.casework import snapshot
from tests.installation import COMMAND, Installation, run

NOW = "2026-05-11T08:00"
NOBODY = {"url": "smtp://localhost:9", "tls": "none"}  # the discard port: nothing listens there
PLAN_FIELDS = [
    *("key", "rule", "stage", "deadline_kind", "deadline_date", "forloeb_id", "sagsnr"),
    *("recipient_role", "recipient_id", "recipient_mail", "deputy_for", "channel"),
    *("send_at", "expires_at", "calendar", "decision", "reason"),
]
ENTRY_FIELDS = [
    *("key", "rule", "stage", "deadline_kind", "deadline_date", "sagsnr", "recipient_role", "recipient_id"),
    *("recipient_mail", "deputy_for", "state", "reason", "send_at", "expires_at", "attempts", "updated_at"),
    *("message_id", "calendar_uid", "calendar_sequence"),
]


def folder_installation(folder: Path, **more: Any) -> Installation:
    """Return an installation whose mails become files."""
    return Installation.make(folder, more.get("data", snapshot()), {"url": f"eml:{folder}/mails"})


# What an operator gets wrong


def test_an_unknown_command_is_a_usage_error_with_the_nearest_known_one(tmp_path: Path) -> None:
    done = run([COMMAND, "stauts"], cwd=tmp_path)
    assert 2 == done.returncode
    assert "Did you mean 'status'?" in done.stderr


def test_a_day_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    done = folder_installation(tmp_path).run("plan", "--to", "31.12.2026")
    assert 2 == done.returncode
    assert "31.12.2026" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "now", "said"),
    [
        (("run",), NOW, "--now goes with `run --once`"),
        (("run", "--json"), None, "--json goes with `run --once`"),
        (("plan", "--from", "2026-02-01", "--to", "2026-01-01"), None, "--to lies before --from"),
        (("run", "--once"), "yesterday", "'yesterday' is no instant"),
    ],
)
def test_what_does_not_go_together_is_a_usage_error(
    arguments: tuple[str, ...], now: str | None, said: str, tmp_path: Path
) -> None:
    done = folder_installation(tmp_path).run(*arguments, now=now)
    assert 2 == done.returncode
    assert said in done.stderr


def test_an_unknown_key_is_a_configuration_error_with_the_nearest_known_one(tmp_path: Path) -> None:
    done = folder_installation(tmp_path).run("--set", "relay.tsl=none", "status")
    assert 78 == done.returncode
    assert "relay.tsl: unknown key (did you mean relay.tls?)" in done.stderr


def test_all_configuration_problems_are_said_at_once_each_with_its_line(tmp_path: Path) -> None:
    installation = folder_installation(tmp_path)
    text = installation.config.read_text(encoding="utf-8")
    wrong = text.replace('mail = "paamindelser@kommune.example"', 'mail = "paamindelser"')
    installation.config.write_text(wrong.replace("[ledger]", "[legder]"), encoding="utf-8")
    for arguments in (("check",), ("run",), ("plan",)):
        done = installation.run(*arguments)
        said = done.stdout + done.stderr
        assert 78 == done.returncode
        assert f"{installation.config}:" in said
        assert all(key in said for key in ("legder", "sender.mail"))


def test_without_any_configuration_the_cure_is_named(tmp_path: Path) -> None:
    done = run([COMMAND, "status"], cwd=tmp_path, REMINDERD_CONFIG=str(tmp_path / "reminderd.toml"))
    assert 78 == done.returncode
    assert "reminderd.toml" in done.stderr


def test_no_error_shows_a_traceback(tmp_path: Path) -> None:
    installation = Installation.make(tmp_path, snapshot(), NOBODY)
    installation.folder.joinpath("ledger.db").write_bytes(b"no database at all, but long enough to be read")
    said = "".join(
        installation.run(*arguments, now=NOW).stderr
        for arguments in (("status",), ("run", "--once"), ("plan",), ("show", "x"))
    )
    assert "ledger.db" in said
    assert "Traceback" not in said
    assert "a bug" not in said


# Exit statuses


def test_a_case_source_that_is_away_is_69_and_leaves_everything_as_it_was(tmp_path: Path) -> None:
    installation = folder_installation(tmp_path)
    tmp_path.joinpath("cases.db").rename(tmp_path / "away.db")
    done = installation.run("run", "--once", now=NOW)
    assert 69 == done.returncode
    assert "cases.db" in done.stderr
    assert [] == installation.entries()


def test_a_relay_that_is_away_is_69_and_everything_waits(tmp_path: Path) -> None:
    installation = Installation.make(tmp_path, snapshot(), NOBODY)
    done = installation.run("run", "--once", now=NOW)
    assert 69 == done.returncode
    assert "everything unsent waits in the ledger; run again" in done.stderr
    assert ["deferred", "queued"] == sorted(installation.states())


def test_a_view_that_is_missing_is_78_and_named(tmp_path: Path) -> None:
    installation = folder_installation(tmp_path, data={"rd_meta": []})
    done = installation.run("run", "--once", now=NOW)
    assert 78 == done.returncode
    assert "rd_" in done.stderr


def test_a_refused_message_is_a_finding(tmp_path: Path, make_relay: MakeRelay) -> None:
    relay = make_relay(Reply("RCPT", 550, "5.1.1 no such user"))
    installation = Installation.make(tmp_path, snapshot(), {"url": relay.url, "tls": "none"})
    assert 1 == installation.run("run", "--once", now=NOW).returncode
    assert 1 == installation.run("status").returncode
    assert ["failed", "sent"] == sorted(installation.states())


def test_check_online_finds_what_is_away_and_check_alone_does_not_look(tmp_path: Path) -> None:
    installation = Installation.make(tmp_path, snapshot(), NOBODY)
    assert 0 == installation.run("check").returncode
    online = installation.run("check", "--online")
    assert 1 == online.returncode
    assert "relay" in online.stdout


def test_check_online_lists_rows_that_cannot_be_used_by_id_and_never_by_value(tmp_path: Path) -> None:
    data = build(reference=DEMO_REFERENCE, with_faults=True)
    done = folder_installation(tmp_path, data=data).run("check", "--online")
    assert 1 == done.returncode
    assert "rd_forloeb F-FEJL-1: status" in done.stdout
    assert "310299" not in done.stdout


def test_a_key_that_nobody_knows_is_a_finding(tmp_path: Path) -> None:
    done = folder_installation(tmp_path).run("show", "nothing-of-this-name")
    assert (1, "") == (done.returncode, done.stdout)
    assert "plan --json" in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    installation = folder_installation(tmp_path, data=build())
    pipe = " ".join(installation.arguments("plan", "--all", now=NOW)) + " | head -1"
    done = run(["/bin/sh", "-c", pipe], cwd=tmp_path)
    assert (0, "") == (done.returncode, done.stderr)


# What scripts rely on


def test_the_fields_of_plan_are_stable(tmp_path: Path) -> None:
    done = folder_installation(tmp_path).run("plan", "--json", now=NOW)
    rows = json.loads(done.stdout)
    assert rows
    assert [PLAN_FIELDS] * len(rows) == [list(row) for row in rows]


def test_the_fields_of_run_status_and_show_are_stable(tmp_path: Path) -> None:
    installation = folder_installation(tmp_path)
    ran = json.loads(installation.run("run", "--once", "--json", now=NOW).stdout)
    fields = ["at", "recorded", "withdrawn", "lapsed", "outcomes", "source_findings", "relay_trouble"]
    assert fields == [name for name in ran if name in fields]
    assert {"sent": 2} == ran["outcomes"]

    status = json.loads(installation.run("status", "--json").stdout)
    fields = ["previous_run", "states", "rules", "oldest_unsent"]
    assert fields == [name for name in status if name in fields]
    assert {"sent": 2} == status["states"]

    (first, _) = json.loads(installation.run("show", "course-limit", "--json").stdout)
    assert [*ENTRY_FIELDS, "journal", "answers"] == list(first)
    assert [
        "number", "started_at", "phase", "finished_at", "outcome", "code", "reply",
        "tls_version", "tls_cipher", "tls_certificate", "tls_expires",
    ] == list(first["attempts"][0])  # fmt: skip
    assert ["at", "actor", "event", "from_state", "to_state", "reason"] == list(first["journal"][0])


def test_the_fields_of_check_are_stable(tmp_path: Path) -> None:
    done = folder_installation(tmp_path).run("check", "--json")
    found = json.loads(done.stdout)
    assert ([], []) == (found["problems"], found["findings"])
    assert ["problems", "findings", "shown"] == list(found)
    assert ["rule", "value", "because"] == list(found["shown"][0])
    wrong = folder_installation(tmp_path).run("--set", "relay.tsl=none", "check", "--json")
    assert 78 == wrong.returncode
    assert 1 == len(json.loads(wrong.stdout)["problems"])


def test_output_for_scripts_is_not_mixed_with_anything_else(tmp_path: Path) -> None:
    for arguments in (("plan", "--json"), ("run", "--once", "--json"), ("status", "--json")):
        json.loads(folder_installation(tmp_path).run(*arguments, now=NOW).stdout)


# What people read


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_explains_itself(command: str, tmp_path: Path) -> None:
    done = run([COMMAND, command, "--help"], cwd=tmp_path)
    assert (0, "") == (done.returncode, done.stderr)
    assert f"Usage: reminderd {command}" in done.stdout
    assert 5 < len(done.stdout.splitlines())


def test_the_first_help_names_every_command(tmp_path: Path) -> None:
    done = run([COMMAND, "--help"], cwd=tmp_path)
    assert 0 == done.returncode
    assert [] == [command for command in _COMMANDS if f"\n  {command} " not in done.stdout]


def test_an_overridden_key_counts_before_the_file(tmp_path: Path) -> None:
    installation = Installation.make(tmp_path, snapshot(), NOBODY)
    done = installation.run("--set", f"relay.url=eml:{tmp_path}/other", "run", "--once", now=NOW)
    assert 0 == done.returncode
    assert 2 == len(list((tmp_path / "other").glob("*.eml")))


def test_what_a_terminal_would_obey_or_turn_around_is_written_out() -> None:
    assert "Åse\\u001b[31m \\u202e1" == visible("Åse\x1b[31m \u202e1")
