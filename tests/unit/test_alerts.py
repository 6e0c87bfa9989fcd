"""The example alerts ask for metrics that there are, and the handbook says what to do at each."""

import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from reminderd.config.shipped import shipped_folder
from reminderd.domain.lifecycle import State
from reminderd.engine.standing import Standing
from reminderd.pipeline import Report
from reminderd.status import Backlog, Status
from reminderd.web.metrics import registry_of
from tests.installation import COMMAND, run

EXPECTED = Path(__file__).parent / "alerts_test.yml"
ALERTS = shipped_folder("systemd") / "alerts.yml"
HANDBOOK = (shipped_folder("systemd") / "README.md").read_text(encoding="utf-8")
AT = datetime(2026, 5, 11, 6, 1, tzinfo=UTC)


def exposed() -> str:
    standing = Standing(
        ready=True,
        troubles={"case_source": None, "relay": "421 go away"},
        since_reading=12.5,
        report=Report(at=AT, findings=3, not_sent={"superseded": 4}, next_due=AT + timedelta(hours=1)),
        sent=12,
        certificate_ends=AT + timedelta(days=20),
        reload_fine=False,
        settings_of=AT,
        accounts_agree=False,
    )
    status = Status(
        AT,
        (("review-plan", "sent", 340), ("review-plan", "failed", 1)),
        None,
        (("new", "review-plan", 500),),
        "half of the cases are gone",
    )
    backlog = Backlog(due=5, late=2, oldest_age=timedelta(hours=3))
    return generate_latest(registry_of(lambda: (standing, status, backlog))).decode()


def names(text: str) -> set[str]:
    return {re.split(r"[ {]", line)[0] for line in text.splitlines() if not line.startswith("#")}


def test_what_is_exposed_says_how_the_service_stands() -> None:
    lines = exposed().splitlines()
    assert [] == [
        line
        for line in (
            'reminderd_away{what="case_source"} 0.0',
            'reminderd_away{what="relay"} 1.0',
            "reminderd_source_read_age_seconds 12.5",
            "reminderd_sent_total 12.0",
            'reminderd_entries{rule="review-plan",state="sent"} 340.0',
            'reminderd_states{state="failed"} 1.0',
            'reminderd_states{state="held"} 0.0',
            'reminderd_braked{brake="new",rule="review-plan"} 500.0',
            "reminderd_source_doubted 1.0",
            "reminderd_due 5.0",
            "reminderd_late 2.0",
            "reminderd_oldest_unsent_age_seconds 10800.0",
            'reminderd_not_sent{cause="superseded"} 4.0',
            "reminderd_source_findings 3.0",
            "reminderd_config_last_reload_successful 0.0",
            "reminderd_up_and_working 0.0",
        )
        if line not in lines
    ]


def test_the_certificate_s_end_is_the_instant_that_the_relay_showed() -> None:
    (value,) = re.findall(
        r"^reminderd_relay_certificate_ends_timestamp_seconds (.*)$", exposed(), re.MULTILINE
    )
    assert (AT + timedelta(days=20)).timestamp() == float(value)


def test_there_is_a_number_for_every_state_also_where_it_is_none() -> None:
    counted = set(re.findall(r'reminderd_states\{state="(\w+)"\}', exposed()))
    assert {str(state) for state in State} == counted


def test_what_was_said_in_words_is_no_label() -> None:
    assert [] == [words for words in ("421", "half of the cases") if words in exposed()]


def test_every_metric_of_an_alert_is_exposed() -> None:
    asked = set(re.findall(r"\breminderd_\w+", ALERTS.read_text(encoding="utf-8")))
    assert set() == asked - names(exposed())
    assert len(asked) > 5


def test_every_alert_and_every_metric_stands_in_the_handbook() -> None:
    alerts = re.findall(r"alert: (\w+)", ALERTS.read_text(encoding="utf-8"))
    assert [] == [name for name in (*alerts, *sorted(names(exposed()))) if f"`{name}" not in HANDBOOK]


@pytest.mark.parametrize(
    "arguments", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")]
)
def test_prometheus_itself_reads_the_alerts_and_rings_when_it_should_where_its_tool_is_installed(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    for file in (ALERTS, EXPECTED):
        shutil.copy(file, tmp_path)
    promtool = shutil.which("promtool", path=f"{os.environ['PATH']}:{COMMAND.parent}")  # make promtool
    said = (0, "")
    if promtool is not None:
        done = run([promtool, *arguments], cwd=tmp_path)
        said = (done.returncode, "" if "SUCCESS" in done.stdout else done.stdout + done.stderr)
    assert (0, "") == said
    assert (tmp_path / arguments[-1]).is_file()
