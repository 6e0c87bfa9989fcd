"""A real IMAP server for the session, and a mailbox of its own for each test."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from reminderd.inbox.mailbox import Access, tls_context
from tests.imap_server import PASSWORD, ImapServer

_NUMBER = count(1)


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
