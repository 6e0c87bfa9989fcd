"""Who stands in the line gets nothing; what protected it is known; a certificate of our own can be shown."""

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from reminderd.delivery import open_transport
from reminderd.domain.outcomes import Deferred, Outcome, Sent
from reminderd.errors import ConfigurationError
from reminderd.testing.relay import Drop, ScriptedRelay
from tests.integration.delivery.conftest import MakeRelay, Reach, server_context
from tests.integration.delivery.offering import envelope, nothing, offer

CONTENT = b"opf=C3=B8lgningen"


class Proxy:
    """Stands between reminderd and its relay: changes what the relay says in clear, keeps all it hears."""

    def __init__(self, relay_port: int, *, strip: bool = False, inject: bytes = b"") -> None:
        self.relay_port = relay_port
        self.strip = strip
        self.inject = inject
        self.heard = bytearray()
        self.port = 0
        self.lines: list[asyncio.Task[None]] = []

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.relay_port)

        async def downwards() -> None:
            with contextlib.suppress(ConnectionError):
                while data := await up_reader.read(65536):
                    writer.write(self._changed(data))
            writer.close()

        async def upwards() -> None:
            with contextlib.suppress(ConnectionError):
                while data := await reader.read(65536):
                    self.heard += data
                    up_writer.write(data)
            up_writer.close()

        try:
            await asyncio.gather(downwards(), upwards())
        finally:
            writer.transport.abort()
            up_writer.transport.abort()

    def _changed(self, data: bytes) -> bytes:
        if self.strip:
            data = data.replace(b"250-STARTTLS\r\n", b"")
        if self.inject and data.startswith(b"220 ") and b"STARTTLS" in self.heard:
            data, self.inject = data + self.inject, b""
        return data


@contextlib.asynccontextmanager
async def standing_before(
    relay: ScriptedRelay, *, strip: bool = False, inject: bytes = b""
) -> AsyncIterator[Proxy]:
    proxy = Proxy(relay.port, strip=strip, inject=inject)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for line in proxy.lines:
            line.cancel()
        await asyncio.gather(*proxy.lines, return_exceptions=True)


async def through(proxy: Proxy, ca_file: Path) -> Outcome:
    transport = open_transport(f"smtp://localhost:{proxy.port}", ca_file=ca_file, timeout=30.0)
    (outcome,) = await offer(transport)
    return outcome


async def test_an_honest_proxy_is_not_in_the_way(make_relay: MakeRelay, ca_file: Path) -> None:
    relay = make_relay()
    async with standing_before(relay) as proxy:
        assert Sent(250, "2.0.0 OK") == await through(proxy, ca_file)
    assert CONTENT not in proxy.heard


async def test_a_proxy_that_strips_starttls_gets_nothing(make_relay: MakeRelay, ca_file: Path) -> None:
    relay = make_relay()
    async with standing_before(relay, strip=True) as proxy:
        outcome = await through(proxy, ca_file)
    assert isinstance(outcome, Deferred)
    assert outcome.whole_channel
    assert "does not offer STARTTLS" in outcome.reason
    assert b"MAIL" not in proxy.heard
    assert () == relay.messages


@pytest.mark.parametrize(
    "injected",
    [b"250 OK\r\n", b"250-AUTH PLAIN\r\n250 OK\r\n", b"220 again\r\n", b"garbage", b"\r\n"],
    ids=["a reply", "an EHLO answer", "another go-ahead", "garbage", "an empty line"],
)
async def test_a_proxy_that_injects_before_tls_gets_nothing(
    make_relay: MakeRelay, ca_file: Path, injected: bytes
) -> None:
    relay = make_relay()
    async with standing_before(relay, inject=injected) as proxy:
        outcome = await through(proxy, ca_file)
    assert isinstance(outcome, Deferred)
    assert outcome.whole_channel
    assert "spoke on in clear" in outcome.reason
    assert "MAIL" not in relay.verbs
    assert () == relay.messages


async def test_the_session_knows_what_protected_its_line(
    make_relay: MakeRelay, reach: Reach, authority: trustme.CA
) -> None:
    ends = datetime(2099, 1, 2, 3, 4, 5, tzinfo=UTC)
    leaf = authority.issue_cert("localhost", not_after=ends)
    context = server_context(leaf)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    relay = make_relay(context=context)
    async with reach(relay).session() as session:
        assert isinstance(await session.send(envelope(), nothing), Sent)
        protection = session.protection
    shown = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    assert protection is not None
    assert ("TLSv1.2", hashlib.sha256(shown).hexdigest(), ends) == (
        protection.version,
        protection.certificate,
        protection.expires,
    )
    assert "GCM" in protection.cipher
    assert protection == await reach(relay).probe()


async def test_a_line_without_protection_is_said_to_have_none(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay(tls="none")
    async with reach(relay, tls="none").session() as session:
        assert isinstance(await session.send(envelope(), nothing), Sent)
        assert session.protection is None


async def test_a_line_that_is_gone_protects_nothing_any_more(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay(None, Drop("connect"), Drop("connect"))
    async with reach(relay).session() as session:
        await session.send(envelope(1), nothing)
        assert session.protection is not None
        await asyncio.to_thread(relay.close_lines)
        assert isinstance(await session.send(envelope(2), nothing), Deferred)
        assert session.protection is None


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_requiretls_is_asked_for_where_it_is_offered(
    make_relay: MakeRelay, reach: Reach, tls: str
) -> None:
    relay = make_relay(tls=tls, offers=("REQUIRETLS",))
    assert [Sent(250, "2.0.0 OK")] == await offer(reach(relay))
    assert "REQUIRETLS" in relay.messages[0].mail_options


async def test_requiretls_is_not_asked_for_elsewhere(make_relay: MakeRelay, reach: Reach) -> None:
    without, switched_off, in_clear = (
        make_relay(),
        make_relay(offers=("REQUIRETLS",)),
        make_relay(tls="none", offers=("REQUIRETLS",)),
    )
    await offer(reach(without))
    await offer(reach(switched_off, requiretls=False))
    await offer(reach(in_clear, tls="none"))
    for relay in (without, switched_off, in_clear):
        assert "REQUIRETLS" not in relay.messages[0].mail_options


@pytest.fixture
def client_ca() -> trustme.CA:
    return trustme.CA()


def asking(authority: trustme.CA, client_ca: trustme.CA) -> ssl.SSLContext:
    """Return a relay's context that takes nobody without a certificate."""
    context = server_context(authority.issue_cert("localhost"))
    client_ca.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


async def test_a_relay_that_asks_is_shown_our_certificate(
    make_relay: MakeRelay, reach: Reach, authority: trustme.CA, client_ca: trustme.CA, tmp_path: Path
) -> None:
    own = client_ca.issue_cert("reminderd.kommune.example")
    own.cert_chain_pems[0].write_to_path(tmp_path / "own.pem")
    own.private_key_pem.write_to_path(tmp_path / "own.key")
    relay = make_relay(context=asking(authority, client_ca))
    shown = {"client_certificate": tmp_path / "own.pem", "client_key": tmp_path / "own.key"}
    assert [Sent(250, "2.0.0 OK")] == await offer(reach(relay, **shown))


async def test_without_one_such_a_relay_gets_nothing(
    make_relay: MakeRelay, reach: Reach, authority: trustme.CA, client_ca: trustme.CA
) -> None:
    relay = make_relay(context=asking(authority, client_ca))
    (outcome,) = await offer(reach(relay))
    assert isinstance(outcome, Deferred)
    assert () == relay.messages


def test_a_certificate_without_its_key_is_refused_with_the_cure(ca_file: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"relay\.client_certificate.*relay\.client_key"):
        open_transport("smtp://localhost:25", ca_file=ca_file, client_certificate=ca_file)


async def test_a_pinned_certificate_is_the_only_one_that_counts(
    make_relay: MakeRelay, tmp_path: Path
) -> None:
    pinned = tmp_path / "pinned.pem"
    trustme.CA().cert_pem.write_to_path(pinned)
    relay = make_relay()
    (outcome,) = await offer(open_transport(relay.url, ca_file=pinned, timeout=30.0))
    assert isinstance(outcome, Deferred)
    assert () == relay.messages
