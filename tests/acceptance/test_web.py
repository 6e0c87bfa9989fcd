"""Metrics and health of the real process: over a port, a UNIX socket and a socket that systemd passes."""

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import (
    NOBODY,
    MakeRelay,
    StartService,
    SystemdListener,
    with_two_mails_waiting,
)
from tests.acceptance.looking import UnixConnection, get, listen, numbers
from tests.installation import Installation, courses


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as line:
        port: int = line.getsockname()[1]
    return port


def test_metrics_say_what_was_sent_and_name_nobody(
    tmp_path: Path,
    make_relay: MakeRelay,
    systemd: SystemdListener,
    start_service: StartService,
    free_port: int,
) -> None:
    relay = make_relay()
    installation = with_two_mails_waiting(tmp_path, {"url": relay.url, "tls": "none"})
    listen(installation, f"127.0.0.1:{free_port}")
    start_service(installation)
    systemd.until("STATUS=fine; 2 sent")
    code, text = get(http.client.HTTPConnection("127.0.0.1", free_port, timeout=20), "/metrics")
    assert 200 == code
    found = numbers(text)
    assert 2 == found["reminderd_sent_total",]
    assert 2 == found["reminderd_states", "sent"]
    assert 2 == found["reminderd_entries", "course-limit-warning", "sent"]
    assert 0 == found["reminderd_due",]
    assert 1 == found["reminderd_up_and_working",]
    assert 0 <= found["reminderd_source_read_age_seconds",] < 60
    assert [] == [word for word in ("@", "Anne", "2026-0001", "Eksempel") if word in text]
    for page in ("/healthz", "/readyz"):
        assert (200, "fine\n") == get(http.client.HTTPConnection("127.0.0.1", free_port, timeout=20), page)


def test_a_unix_socket_shows_what_the_service_waits_for(
    tmp_path: Path, systemd: SystemdListener, start_service: StartService, runtime_directory: Path
) -> None:
    installation = Installation.make(tmp_path, courses(), NOBODY)
    tmp_path.joinpath("cases.db").unlink()
    place = runtime_directory / "web"
    listen(installation, f"unix:{place}")
    process = start_service(installation)
    systemd.until("STATUS=degraded")
    assert (200, "fine\n") == get(UnixConnection(place), "/healthz")
    code, text = get(UnixConnection(place), "/readyz")
    assert 503 == code
    assert "waiting for the first reading of the case source" in text
    assert "case_source away" in text
    assert 1 == numbers(get(UnixConnection(place), "/metrics")[1])["reminderd_away", "case_source"]
    assert 405 == get(UnixConnection(place), "/metrics", "POST")[0]
    assert (404, "/metrics, /healthz, /readyz\n") == get(UnixConnection(place), "/")
    assert (200, "") == get(UnixConnection(place), "/healthz", "HEAD")
    process.terminate()
    process.communicate(timeout=30)
    assert not place.exists()


@pytest.fixture
def passed_socket(free_port: int) -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", free_port)) as line:
        yield line


def test_a_socket_that_systemd_passes_is_used_without_any_setting(
    tmp_path: Path, systemd: SystemdListener, passed_socket: socket.socket
) -> None:
    installation = Installation.make(tmp_path, courses(), NOBODY)
    # What systemd does: the socket is descriptor 3, and the variables name the process.
    wrapper = (
        "import os, sys; os.dup2(int(sys.argv[1]), 3); os.set_inheritable(3, True);"
        "os.environ['LISTEN_PID'] = str(os.getpid()); os.execv(sys.argv[2], sys.argv[2:])"
    )
    number = passed_socket.fileno()
    arguments = [sys.executable, "-c", wrapper, str(number), *installation.arguments("run")]
    process = subprocess.Popen(
        arguments,
        pass_fds=[number],
        env={**os.environ, "LISTEN_FDS": "1", "NOTIFY_SOCKET": systemd.address},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        systemd.until("STATUS=fine")
        port = passed_socket.getsockname()[1]
        assert 200 == get(http.client.HTTPConnection("127.0.0.1", port, timeout=20), "/metrics")[0]
    finally:
        process.terminate()
        said = process.communicate(timeout=30)[1]
    assert 0 == process.returncode
    assert "web_listening" in said


def test_a_port_that_is_taken_ends_the_start_and_names_the_setting(
    tmp_path: Path, passed_socket: socket.socket, start_service: StartService
) -> None:
    installation = Installation.make(tmp_path, courses(), NOBODY)
    listen(installation, f"127.0.0.1:{passed_socket.getsockname()[1]}")
    process = start_service(installation)
    said = process.communicate(timeout=60)[1]
    assert 69 == process.returncode
    assert "web.listen: cannot listen at 127.0.0.1:" in said
