"""The watchdog is fed while the work moves: an idle service lives, a stopped or hung one is noticed."""

import os
import signal
from pathlib import Path

import pytest

from tests.acceptance.conftest import NOBODY, StartService, SystemdListener
from tests.acceptance.looking import UnixConnection, get, listen
from tests.installation import Installation, courses

TWO_SECONDS = {"WATCHDOG_USEC": "2000000"}


def without_cases(folder: Path) -> Installation:
    return Installation.make(folder, courses(), NOBODY)


def test_an_idle_service_feeds_the_watchdog_twice_in_its_time(
    tmp_path: Path, systemd: SystemdListener, start_service: StartService
) -> None:
    start_service(without_cases(tmp_path), **TWO_SECONDS)
    systemd.until("STATUS=fine")
    first = systemd.until_at("WATCHDOG=1")
    assert 0.5 < systemd.until_at("WATCHDOG=1") - first < 1.9


def test_a_stopped_process_feeds_nothing_and_goes_on_afterwards(
    tmp_path: Path, systemd: SystemdListener, start_service: StartService
) -> None:
    process = start_service(without_cases(tmp_path), **TWO_SECONDS)
    systemd.until("STATUS=fine")
    process.send_signal(signal.SIGSTOP)
    systemd.drain()
    with pytest.raises(TimeoutError):
        systemd.next(seconds=2.5)
    process.send_signal(signal.SIGCONT)
    systemd.until("WATCHDOG=1")


def test_a_hung_case_source_is_named_and_the_watchdog_is_asked_to_act(
    tmp_path: Path, systemd: SystemdListener, start_service: StartService, runtime_directory: Path
) -> None:
    installation = without_cases(tmp_path)
    cases = tmp_path / "cases"
    cases.mkdir()
    os.mkfifo(cases / "rd_meta.csv")  # whoever opens it waits for a writer who never comes
    text = installation.config.read_text(encoding="utf-8")
    installation.config.write_text(text.replace(f"sqlite:///{tmp_path}/cases.db", f"csv:{cases}"))
    listen(installation, f"unix:{runtime_directory}/web")
    process = start_service(installation, READING_LIMIT_S="3", **TWO_SECONDS)
    assert "WATCHDOG=1" == systemd.until("WATCHDOG")
    told = systemd.until("WATCHDOG=trigger")
    assert "STATUS=stalled: reading the case source has taken " in told
    code, said = get(UnixConnection(runtime_directory / "web"), "/healthz")
    assert 503 == code
    assert said.startswith("reading the case source has taken ")
    with pytest.raises(TimeoutError):
        systemd.until("WATCHDOG=1", seconds=2.5)
    # What systemd does next; the process says where it stood, and no data.
    process.send_signal(signal.SIGABRT)
    said = process.communicate(timeout=30)[1]
    assert -signal.SIGABRT == process.returncode
    assert "level=critical event=stalled" in said
    assert "csv_folder.py" in said
