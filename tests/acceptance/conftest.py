"""Relays with and without TLS, certificates made for the session, and a listener in systemd's place."""

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme

from reminderd.testing.relay import ScriptedRelay

MakeRelay = Callable[..., ScriptedRelay]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


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

    def next(self) -> str:
        """Return the next message; raises TimeoutError if none comes in half a minute."""
        return self._line.recv(4096).decode()

    def until(self, start: str) -> str:
        """Return the next message that begins so."""
        while not (message := self.next()).startswith(start):
            pass
        return message


@pytest.fixture
def systemd() -> Iterator[SystemdListener]:
    name = f"reminderd-test-{os.getpid()}"  # an abstract address: a path may be too long for a socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.settimeout(30)
        line.bind(f"\0{name}")
        yield SystemdListener(line, f"@{name}")
