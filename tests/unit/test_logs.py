"""One event a line, in the form that whoever reads stderr expects; trouble that repeats is summed up."""

import array
import asyncio
import gc
import logging
import os
import pty
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from reminderd import logs
from reminderd.logs.journal import Journal, datagram, message_id
from reminderd.logs.repeats import BURST, WINDOW_S, Repeats


@pytest.fixture(autouse=True)
def _leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    before = logging.getLogger().handlers[:]
    yield
    logging.getLogger().handlers[:] = before
    structlog.reset_defaults()


class Journald:
    """The end of the native socket that belongs to the journal."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.line.settimeout(10)
        self.line.bind(str(path))

    def next(self) -> dict[str, str]:
        raw, ancillary, _, _ = self.line.recvmsg(1 << 20, socket.CMSG_SPACE(struct.calcsize("i")))
        if ancillary:
            (handle,) = array.array("i", ancillary[0][2])
            with os.fdopen(handle, "rb") as file:
                raw = file.read() if not file.seek(0) else b""
        return entry(raw)


def entry(raw: bytes) -> dict[str, str]:
    """Read one entry as the protocol's own description says, not as ours writes it."""
    fields = {}
    while raw:
        line, _, raw = raw.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            (size,) = struct.unpack("<Q", raw[:8])
            value, raw = raw[8 : 8 + size], raw[9 + size :]
        fields[name.decode()] = value.decode()
    return fields


@pytest.fixture
def journald(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journald]:
    journal = Journald(tmp_path_factory.mktemp("j") / "socket")
    yield journal
    journal.line.close()


def stderr_is_the_journals() -> dict[str, str]:
    status = os.fstat(sys.stderr.fileno())
    return {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}


def test_the_journal_gets_fields_and_words(journald: Journald, capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up(environ=stderr_is_the_journals(), journal_socket=journald.path)
    structlog.get_logger("test").warning(
        "notice_not_sent", key="rule|forloeb:F-1", rule="review-plan", state="deferred", code=421
    )
    assert {
        "MESSAGE": "notice_not_sent key=rule|forloeb:F-1 rule=review-plan state=deferred code=421",
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "reminderd",
        "MESSAGE_ID": message_id("notice_not_sent"),
        "REMINDERD_EVENT": "notice_not_sent",
        "REMINDERD_KEY": "rule|forloeb:F-1",
        "REMINDERD_RULE": "review-plan",
        "REMINDERD_STATE": "deferred",
        "REMINDERD_CODE": "421",
    } == journald.next()
    assert "" == capfd.readouterr().err


def test_an_event_longer_than_a_datagram_still_arrives_as_one(journald: Journald) -> None:
    logs.set_up(environ=stderr_is_the_journals(), journal_socket=journald.path)
    structlog.get_logger("test").error("run_failed", reason="x" * 1_000_000)
    found = journald.next()
    assert "3" == found["PRIORITY"]
    assert 1_000_000 == len(found["REMINDERD_REASON"])


def test_a_value_with_a_line_break_cannot_forge_a_field() -> None:
    raw = datagram([("MESSAGE", "first\nPRIORITY=0"), ("PRIORITY", "6")])
    assert {"MESSAGE": "first\nPRIORITY=0", "PRIORITY": "6"} == entry(raw)


def test_an_event_that_the_journal_does_not_take_goes_to_its_other_end(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.set_up(environ=stderr_is_the_journals(), journal_socket=tmp_path / "nobody")
    structlog.get_logger("test").warning("relay_away", code=421)
    assert "<4>relay_away code=421\n" == capfd.readouterr().err


def test_an_error_text_is_an_error_in_the_journal_on_each_of_its_lines() -> None:
    assert "<3>configuration: 1 problem\n<3>  a.toml:3: x" == logs.to_stderr(
        "configuration: 1 problem\n  a.toml:3: x", stderr_is_the_journals()
    )
    assert "two\nlines" == logs.to_stderr("two\nlines", {"JOURNAL_STREAM": "0:0"})


def test_a_stderr_that_is_not_the_journals_gets_the_time(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up(environ={"JOURNAL_STREAM": "0:0"})
    structlog.get_logger("test").info("started")
    line = capfd.readouterr().err
    assert line.startswith("timestamp=")
    assert line.endswith("level=info event=started\n")


def test_a_terminal_gets_a_line_for_human_eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen, os.fdopen(theirs, "w", buffering=1) as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        logs.set_up(environ={"NO_COLOR": "1"})
        structlog.get_logger("test").warning("relay_away", code=421)
        shown = screen.read(200).decode()
    assert ["[warning", "]", "relay_away", "code=421"] == shown.split()[1:]
    assert "\x1b" not in shown


def test_an_event_stays_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up(environ={})
    structlog.get_logger("test").error("run_failed", reason="first\nevent=forged")
    assert 1 == len(capfd.readouterr().err.splitlines())


def test_an_exception_is_its_type_and_place_and_never_its_text(journald: Journald) -> None:
    logs.set_up(environ=stderr_is_the_journals(), journal_socket=journald.path)
    try:
        _ = {}["Anne Eksempel"]
    except KeyError:
        structlog.get_logger("test").exception("run_failed")
    found = journald.next()
    assert ("3", "KeyError") == (found["PRIORITY"], found["REMINDERD_ERROR"])
    assert found["REMINDERD_AT"].startswith("test_logs.py:")
    assert [] == [value for value in found.values() if "Eksempel" in value]


def test_what_nobody_handles_is_its_type_and_place_too(journald: Journald, capfd: Any) -> None:
    logs.set_up(environ=stderr_is_the_journals(), journal_socket=journald.path)
    logs.catch_strays()

    def fail() -> None:
        raise ValueError("Anne Eksempel")

    class Left:
        def __del__(self) -> None:
            fail()

    async def forgotten() -> None:
        asyncio.get_running_loop().create_task(failing())
        await asyncio.sleep(0)

    async def failing() -> None:
        fail()

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    Left()
    asyncio.run(forgotten())
    gc.collect()
    try:
        fail()
    except ValueError:
        logging.getLogger("sqlalchemy.pool").exception("of %s", "Anne Eksempel")
    found = [journald.next() for _ in range(4)]
    assert ["thread", "finaliser", "asyncio", "sqlalchemy.pool"] == [
        each["REMINDERD_SOURCE"] for each in found
    ]
    assert {("stray_error", "ValueError", "3")} == {
        (each["REMINDERD_EVENT"], each["REMINDERD_ERROR"], each["PRIORITY"]) for each in found
    }
    assert all(each["REMINDERD_AT"].startswith("test_logs.py:") for each in found)
    assert "Eksempel" not in str(found) + capfd.readouterr().err


def test_a_thousand_like_troubles_are_a_few_lines_and_a_sum(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up(environ={})
    log = structlog.get_logger("test")
    for number in range(1000):
        log.warning("notice_not_sent", key=f"k{number}", state="deferred", code=451, reason="greylisted")
        log.info("notice_sent", key=f"s{number}")
    log.warning("notice_not_sent", key="other", state="failed", code=550, reason="no such mailbox")
    logs.sum_up()
    said = [line.partition(" ")[2] for line in capfd.readouterr().err.splitlines()]
    assert 1000 == sum("notice_sent" in line for line in said)
    assert BURST + 1 == sum("notice_not_sent" in line for line in said)
    logs.sum_up(everything=True)
    sums = f"repeated={1000 - BURST} within_s={int(WINDOW_S)}"
    alike = "event=notice_not_sent reason=greylisted state=deferred code=451"
    assert f"level=warning {alike} {sums}\n" == capfd.readouterr().err.partition(" ")[2]


def test_trouble_that_went_on_is_summed_up_when_its_window_ends_and_then_heard_anew() -> None:
    time = [0.0]
    repeats = Repeats(lambda: time[0])
    event = {"event": "run_failed", "level": "error", "reason": "disk full"}

    def heard() -> bool:
        try:
            return bool(repeats(None, "error", dict(event)))
        except structlog.DropEvent:
            return False

    assert BURST == sum(heard() for _ in range(BURST + 3))
    time[0] = WINDOW_S - 1
    assert [] == repeats.over()
    time[0] = WINDOW_S
    assert [3] == [summary.unsaid for summary in repeats.over()]
    assert heard()


def test_the_journal_knows_each_kind_of_event_by_the_same_id_for_ever() -> None:
    assert "38fbfe34b65054c2b339afc0bcf9b9dc" == message_id("relay_away")
    assert message_id("relay_away") != message_id("relay_back")


def test_the_journal_takes_every_level(journald: Journald) -> None:
    journal = Journal(journald.path)
    found = {}
    for level in ("debug", "info", "warning", "error", "critical"):
        (arguments, _) = journal.render(None, level, {"level": level, "event": "x"})
        getattr(journal, level)(*arguments)
        found[level] = journald.next()["PRIORITY"]
    assert {"debug": "7", "info": "6", "warning": "4", "error": "3", "critical": "2"} == found
