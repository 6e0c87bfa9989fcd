"""Relays with and without TLS, certificates made for the session, and a listener in systemd's place."""

import contextlib
import os
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from reminderd.testing.relay import ScriptedRelay
from tests.installation import Installation, course_with_18_weeks_over_on, courses, last_working_morning

MakeRelay = Callable[..., ScriptedRelay]
MOVED_CLOCK = Path(__file__).parent / "moved_clock"
NOBODY = {"url": "smtp://localhost:9", "tls": "none"}  # the discard port: nothing listens there


class StartService:
    """Starts ``reminderd run`` as systemd does, on a working morning."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self.started: list[subprocess.Popen[str]] = []

    def __call__(self, installation: Installation, **env: str) -> subprocess.Popen[str]:
        at = last_working_morning() + timedelta(minutes=10)
        clock = {"PYTHONPATH": str(MOVED_CLOCK), "CLOCK_STARTS_AT": at.isoformat()}
        self.started.append(installation.start("run", **(self._environment | clock | env)))
        return self.started[-1]


def with_two_mails_waiting(folder: Path, relay: dict[str, Any]) -> Installation:
    """Return an installation whose relay was away when two mails fell due, ten minutes ago."""
    morning = last_working_morning()
    start = course_with_18_weeks_over_on(morning.date())
    installation = Installation.make(folder, courses(start, start), NOBODY)
    assert 69 == installation.run("run", "--once", now=morning).returncode
    return Installation.make(folder, courses(start, start), relay)


@pytest.fixture(scope="session")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def make_relay(server_context: ssl.SSLContext) -> Iterator[MakeRelay]:
    """Start relays that end with the test; ``tls`` is none, starttls or implicit."""
    with ExitStack() as stack:

        def start(*script: Any, tls: str = "none", **keywords: Any) -> ScriptedRelay:
            context = None if tls == "none" else server_context
            return stack.enter_context(
                ScriptedRelay(keywords.pop("script", script), tls=tls, context=context, **keywords)  # type: ignore[arg-type]
            )

        yield start


class SystemdListener:
    """The end of NOTIFY_SOCKET that belongs to systemd."""

    def __init__(self, line: socket.socket, name: str) -> None:
        self._line = line
        self.address = name

    def next(self, seconds: float = 30) -> str:
        """Return the next message; raises TimeoutError if none comes in time."""
        self._line.settimeout(seconds)
        return self._line.recv(4096).decode()

    def until(self, start: str, seconds: float = 30) -> str:
        """Return the next message that begins so; raises TimeoutError if none does in time."""
        end = time.monotonic() + seconds
        while not (message := self.next(max(0.01, end - time.monotonic()))).startswith(start):
            pass
        return message

    def until_at(self, start: str) -> float:
        """Return when the next message came that begins so, in monotonic seconds."""
        self.until(start)
        return time.monotonic()

    def drain(self) -> None:
        """Forget what has come so far."""
        with contextlib.suppress(TimeoutError):
            while True:
                self.next(0.2)


@pytest.fixture
def systemd() -> Iterator[SystemdListener]:
    name = f"reminderd-test-{os.getpid()}"  # an abstract address: a path may be too long for a socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(f"\0{name}")
        yield SystemdListener(line, f"@{name}")


@pytest.fixture
def runtime_directory() -> Iterator[Path]:
    """Make what systemd's RuntimeDirectory= makes; a short path, as a socket's name must be."""
    with tempfile.TemporaryDirectory(prefix="rd-") as folder:
        yield Path(folder)


@pytest.fixture
def start_service(systemd: SystemdListener, runtime_directory: Path) -> Iterator[StartService]:
    start = StartService({"NOTIFY_SOCKET": systemd.address, "RUNTIME_DIRECTORY": str(runtime_directory)})
    yield start
    for process in start.started:
        process.kill()
        process.communicate()
