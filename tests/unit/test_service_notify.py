"""What systemd is told, and that nothing a relay says becomes an order to systemd."""

import os
import socket
from pathlib import Path

import pytest

from reminderd.service.notify import Systemd, status_line


@pytest.mark.parametrize("name", ["{folder}/notify", "@reminderd-test-{pid}"])
def test_a_message_reaches_the_socket_that_systemd_names(name: str, tmp_path: Path) -> None:
    address = name.format(folder=tmp_path, pid=os.getpid())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address.replace("@", "\0", 1) if address.startswith("@") else address)
        Systemd({"NOTIFY_SOCKET": address}).tell("READY=1", status="up\nand running")
        assert b"READY=1\nSTATUS=up and running" == listener.recv(100)


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nowhere/notify"}])
def test_where_nobody_listens_nothing_happens(environ: dict[str, str]) -> None:
    Systemd(environ).tell("READY=1")


def test_a_status_stays_one_line() -> None:
    assert "STATUS=relay away: 421 no MAINPID=1" == status_line("relay away: 421 no\r\nMAINPID=1\n")


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "7"}, 60.0),
        ({"WATCHDOG_USEC": "2500000"}, 2.5),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": ""}, None),
        ({}, None),
    ],
)
def test_the_watchdog_concerns_the_process_that_it_names(
    environ: dict[str, str], seconds: float | None
) -> None:
    assert seconds == Systemd(environ, pid=7).watchdog_s
