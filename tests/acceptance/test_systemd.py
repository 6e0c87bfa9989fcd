"""The unit says what the service needs, and the operator's handbook says nothing that does not work."""

import os
import re
import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from reminderd import errors
from reminderd.config.connections import RelaySettings
from reminderd.config.secrets import RELAY_CREDENTIAL, SOURCE_CREDENTIAL
from reminderd.config.shipped import shipped_folder
from reminderd.delivery.open import open_transport
from reminderd.delivery.smtp import SmtpTransport
from reminderd.errors import EXIT_CONFIGURATION, EXIT_USAGE
from tests.acceptance.conftest import MakeRelay
from tests.installation import (
    COMMAND,
    Installation,
    course_with_18_weeks_over_on,
    courses,
    last_working_morning,
    run,
)

UNIT = shipped_folder("systemd") / "reminderd.service"
HANDBOOK = shipped_folder("systemd") / "README.md"
_RUNNABLE = re.compile(r"^```sh runnable\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def directives() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found[name].append(value)
    return found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("ExecStart", "/opt/reminderd/bin/reminderd run"),
        ("DynamicUser", "yes"),
        ("StateDirectory", "reminderd"),
        ("ConfigurationDirectory", "reminderd"),
        ("Restart", "on-failure"),
        ("WatchdogSec", "60"),
        ("RuntimeDirectory", "reminderd"),
        ("RestartPreventExitStatus", f"{EXIT_USAGE} {EXIT_CONFIGURATION}"),
        ("ProtectSystem", "strict"),
        ("NoNewPrivileges", "yes"),
        ("SystemCallErrorNumber", "EPERM"),
    ],
)
def test_the_unit_has_what_the_service_relies_on(name: str, value: str) -> None:
    assert [value] == directives()[name]


def test_a_password_that_nobody_uses_may_be_missing() -> None:
    # by a name systemd looks into /etc/credstore and goes on without; a path that is not there stops it
    wanted = dict(value.split(":") for value in directives()["LoadCredential"])
    assert {RELAY_CREDENTIAL, SOURCE_CREDENTIAL} <= wanted.keys()
    assert [] == [name for name in wanted.values() if "/" in name]


def test_the_handbook_names_every_secret_that_the_unit_lends() -> None:
    text = HANDBOOK.read_text(encoding="utf-8")
    lent = [value.split(":")[0] for value in directives()["LoadCredential"]]
    assert [] == [name for name in lent if f"`{name}`" not in text]


def test_a_reload_is_checked_first_and_waited_for() -> None:
    assert ["check", "reload --wait"] == [
        value.removeprefix("/opt/reminderd/bin/reminderd ") for value in directives()["ExecReload"]
    ]


def test_a_stop_waits_for_the_longest_message() -> None:
    seconds = RelaySettings.model_fields["timeout_s"].default
    relay = open_transport("smtp://relay.kommune.example:25", timeout=seconds)
    assert isinstance(relay, SmtpTransport)
    assert relay.longest_send < int(directives()["TimeoutStopSec"][0])


def test_every_group_of_directives_has_its_reason() -> None:
    groups = UNIT.read_text(encoding="utf-8").partition("[Service]")[2].partition("[Install]")[0]
    assert [] == [group for group in groups.split("\n\n") if group.strip() and "#" not in group]


def test_systemd_itself_finds_nothing_wrong_where_it_is_installed(tmp_path: Path) -> None:
    unit = tmp_path / "reminderd.service"
    text = UNIT.read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/reminderd/bin/reminderd", str(COMMAND)), encoding="utf-8")
    analyze = shutil.which("systemd-analyze")
    said = ""
    if analyze is not None:
        done = run([analyze, "verify", "--man=no", unit], cwd=tmp_path)
        said = done.stdout + done.stderr
    assert "" == said
    assert str(COMMAND) in unit.read_text(encoding="utf-8")


def test_every_runnable_block_of_the_handbook_works(tmp_path: Path, make_relay: MakeRelay) -> None:
    morning = last_working_morning()
    start = course_with_18_weeks_over_on(morning.date())
    relay = make_relay()
    installation = Installation.make(tmp_path, courses(start), {"url": relay.url, "tls": "none"})
    assert 0 == installation.run("run", "--once", now=morning).returncode
    lines = "".join(_RUNNABLE.findall(HANDBOOK.read_text(encoding="utf-8"))).splitlines()
    assert 8 <= len(lines)
    for line in lines:
        done = run(
            ["/bin/sh", "-c", line.replace("/tmp/rehearsal", str(tmp_path / "rehearsal"))],  # noqa: S108
            cwd=tmp_path,
            PATH=f"{COMMAND.parent}:{os.environ['PATH']}",
            REMINDERD_CONFIG=str(installation.config),
        )
        assert (line, 0) == (line, done.returncode), done.stderr
        assert "Traceback" not in done.stderr


def test_the_handbook_names_every_exit_status() -> None:
    text = HANDBOOK.read_text(encoding="utf-8")
    assert [] == [
        number
        for name, number in vars(errors).items()
        if name.startswith("EXIT_") and f"\n| {number} |" not in text
    ]
