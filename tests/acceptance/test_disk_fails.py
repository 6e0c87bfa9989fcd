"""A disk that fails under the running command: nothing more is sent, and it ends as documented (rows 4, 9).

The installed command in its own process; the kernel answers its flushes with EIO from a moment that
the relay chooses.
"""

import signal
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from reminderd.testing.relay import Act, ScriptedRelay, Turn
from tests.acceptance.conftest import MakeRelay
from tests.installation import Installation, course_with_18_weeks_over_on, courses, last_working_morning
from tests.integration.corridor import morning

FAILING_DISK = {"PYTHONPATH": str(Path(__file__).parent / "failing_disk")}
NOW = morning(date(2026, 5, 11))
MAILS = 4


class FailingAt:
    """A relay's script: at this step of this mail the disk of the process fails."""

    def __init__(self, step: str, mail: int) -> None:
        self._at = (step, mail)
        self.process: subprocess.Popen[str] | None = None

    def __call__(self, turn: Turn) -> Act | None:
        if self._at == (turn.step, turn.transaction) and self.process is not None:
            self.process.send_signal(signal.SIGUSR1)
        return None


@pytest.fixture
def running() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def mails(relay: ScriptedRelay) -> int:
    return len(relay.messages)


@pytest.mark.parametrize(("step", "taken"), [("RCPT", 1), ("dot", 2)])
def test_row_4_after_a_failed_flush_nothing_is_sent_and_the_command_ends_with_69(
    step: str, taken: int, tmp_path: Path, make_relay: MakeRelay, running: list[subprocess.Popen[str]]
) -> None:
    script = FailingAt(step, 2)
    relay = make_relay(script=script)
    cases = courses(*[date(2026, 1, 5)] * MAILS)
    installation = Installation.make(tmp_path, cases, {"url": relay.url, "tls": "none"})
    script.process = installation.start("run", "--once", now=NOW, **FAILING_DISK)
    running.append(script.process)
    said = script.process.communicate(timeout=60)[1]
    assert 69 == script.process.returncode, said
    assert "disk I/O error" in said
    assert "restore a backup" in said
    assert taken == mails(relay)
    # The next process reads anew and goes on; what is in doubt to it goes out again as it was.
    assert 0 == installation.run("run", "--once", now=NOW).returncode
    assert ["sent"] * MAILS == installation.states()
    copies = [message.raw for message in relay.messages]
    assert MAILS == len(set(copies))
    assert len(copies) - MAILS < taken


def test_row_4_a_service_whose_disk_fails_ends_by_itself(
    tmp_path: Path, make_relay: MakeRelay, running: list[subprocess.Popen[str]]
) -> None:
    script = FailingAt("RCPT", 2)
    relay = make_relay(script=script)
    at = last_working_morning()
    start = course_with_18_weeks_over_on(at.date())
    installation = Installation.make(tmp_path, courses(*[start] * MAILS), {"url": relay.url, "tls": "none"})
    assert 0 == installation.run("run", "--once", now=at - timedelta(days=7)).returncode
    clock = {"CLOCK_STARTS_AT": (at + timedelta(minutes=10)).isoformat()}
    script.process = installation.start("run", **FAILING_DISK, **clock)
    running.append(script.process)
    said = script.process.communicate(timeout=60)[1]
    assert 69 == script.process.returncode, said
    assert 1 == mails(relay)
