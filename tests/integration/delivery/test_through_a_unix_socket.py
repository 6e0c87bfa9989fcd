"""A service without network hands its mail to a UNIX socket, and the relay behind it is verified as ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import trustme

from reminderd.domain.outcomes import Deferred, Sent
from reminderd.testing.relay import ScriptedRelay
from tests.integration.delivery.conftest import MakeRelay, Reach, server_context
from tests.integration.delivery.offering import offer


@asynccontextmanager
async def carried_to(relay: ScriptedRelay, path: Path) -> AsyncIterator[None]:
    """Carry bytes between a UNIX socket and a relay, as systemd-socket-proxyd does."""

    carrying: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("localhost", relay.port)
        carrying.update({asyncio.create_task(pump(reader, back)), asyncio.create_task(pump(there, writer))})

    async with await asyncio.start_unix_server(carry, path):
        yield
    for task in carrying:
        task.cancel()
    await asyncio.gather(*carrying, return_exceptions=True)


async def test_a_mail_goes_through_over_tls(make_relay: MakeRelay, reach: Reach, tmp_path: Path) -> None:
    relay = make_relay()
    async with carried_to(relay, tmp_path / "relay"):
        (outcome,) = await offer(reach(relay, socket=tmp_path / "relay"))
    assert isinstance(outcome, Sent)
    assert 1 == len(relay.messages)


async def test_whoever_listens_there_must_be_the_relay(
    make_relay: MakeRelay, reach: Reach, authority: trustme.CA, tmp_path: Path
) -> None:
    relay = make_relay(context=server_context(authority.issue_cert("mail.kommune.example")))
    async with carried_to(relay, tmp_path / "relay"):
        (outcome,) = await offer(reach(relay, socket=tmp_path / "relay"))
    assert isinstance(outcome, Deferred)
    assert "Hostname mismatch" in outcome.reason
    assert () == relay.messages


async def test_a_socket_that_is_not_there_is_named(
    make_relay: MakeRelay, reach: Reach, tmp_path: Path
) -> None:
    (outcome,) = await offer(reach(make_relay(), socket=tmp_path / "relay"))
    assert isinstance(outcome, Deferred)
    assert f"through {tmp_path / 'relay'}: No such file or directory" in outcome.reason
