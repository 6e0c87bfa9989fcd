"""A real IMAP server for the session, and a mailbox of its own for each test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import trustme

from reminderd.inbox.mailbox import Access, tls_context
from tests.imap_server import PASSWORD, ImapServer, start_dovecot

_NUMBER = count(1)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def imap_server(authority: trustme.CA) -> Iterator[ImapServer]:
    """Not in pytest's folder, whose path is too long for a socket's name and closed to others."""
    with TemporaryDirectory(prefix="reminderd-imap-", ignore_cleanup_errors=True) as folder:
        server, process = start_dovecot(Path(folder), authority)
        yield server
        process.terminate()
        process.wait(30)


@dataclass(frozen=True)
class Box:
    """One mailbox on the server."""

    server: ImapServer
    user: str

    def deliver(self, *mails: bytes) -> None:
        self.server.deliver(self.user, *mails)

    def flags(self, folder: str = "INBOX") -> list[set[str]]:
        return self.server.flags(self.user, folder)

    def access(self, **values: Any) -> Access:
        given: dict[str, Any] = {
            "host": "localhost",
            "port": self.server.port,
            "context": tls_context(self.server.ca_file),
            "username": self.user,
            "password": PASSWORD,
        }
        return Access(**(given | values))


MakeBox = Callable[[], Box]


@pytest.fixture
def box(imap_server: ImapServer) -> Box:
    return Box(imap_server, f"box{next(_NUMBER)}")
