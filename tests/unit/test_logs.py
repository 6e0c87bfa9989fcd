"""One event a line, in the form that whoever reads stderr expects."""

import os
import sys
from collections.abc import Iterator

import pytest
import structlog

from reminderd import logs


@pytest.fixture(autouse=True)
def _leave_no_trace() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def journal() -> dict[str, str]:
    status = os.fstat(sys.stderr.fileno())
    return {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}


def test_the_journal_gets_a_priority_and_no_time_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up(environ=journal())
    structlog.get_logger("test").warning("relay_away", code=421)
    assert "<4>level=warning event=relay_away code=421\n" == capfd.readouterr().err


def test_a_stderr_that_is_not_the_journals_gets_the_time(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up(environ={"JOURNAL_STREAM": "0:0"})
    structlog.get_logger("test").info("started")
    line = capfd.readouterr().err
    assert line.startswith("timestamp=")
    assert line.endswith("level=info event=started\n")


def test_an_event_stays_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up(environ=journal())
    structlog.get_logger("test").error("run_failed", reason="first\nevent=forged")
    assert 1 == len(capfd.readouterr().err.splitlines())


def test_an_exception_is_its_type_and_place_and_never_its_text(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up(environ=journal())
    try:
        _ = {}["Anne Eksempel"]
    except KeyError:
        structlog.get_logger("test").exception("run_failed")
    line = capfd.readouterr().err
    assert line.startswith("<3>level=error event=run_failed error=KeyError at=test_logs.py:")
    assert "Eksempel" not in line
