"""Relays over real TLS, with an authority and certificates made for this test session.

Everything here is for the delivery tests only; the relays themselves are ``reminderd.testing.relay``.
"""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme

from reminderd.delivery import Transport, open_transport
from reminderd.testing.relay import ScriptedRelay
from tests.integration.delivery.offering import LoopClock

MakeRelay = Callable[..., ScriptedRelay]
Reach = Callable[..., Transport]


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


@pytest.fixture(scope="session")
def good_context(authority: trustme.CA) -> ssl.SSLContext:
    return server_context(authority.issue_cert("localhost"))


@pytest.fixture
def make_relay(good_context: ssl.SSLContext) -> Iterator[MakeRelay]:
    """Start a relay with STARTTLS and a good certificate, unless told otherwise."""
    with ExitStack() as stack:

        def start(*script: Any, **keywords: Any) -> ScriptedRelay:
            if keywords.setdefault("tls", "starttls") != "none":
                keywords.setdefault("context", good_context)
            keywords.setdefault("script", script)
            return stack.enter_context(ScriptedRelay(**keywords))

        yield start


@pytest.fixture
def reach(ca_file: Path) -> Reach:
    """Open a transport to a relay as an installation would: TLS required, its authority known."""

    def transport(relay: ScriptedRelay, **keywords: Any) -> Transport:
        keywords.setdefault("timeout", 30.0)
        if keywords.setdefault("tls", "required") == "required":
            keywords.setdefault("ca_file", ca_file)
        return open_transport(relay.url, **keywords)

    return transport


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> LoopClock:
    """The clock of the test's event loop, to be put forward instead of waiting."""
    loop = asyncio.get_running_loop()
    moved = LoopClock(loop.time)
    monkeypatch.setattr(loop, "time", moved.time)
    return moved
