"""TLS or nothing: what a relay, or somebody in between, can do to the line, and that no message leaves."""

import smtplib
import ssl
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from reminderd.delivery import open_transport
from reminderd.domain.outcomes import Deferred, Sent
from reminderd.errors import RelayUnavailableError
from reminderd.testing.relay import Reply, ScriptedRelay
from tests.integration.delivery.conftest import MakeRelay, Reach, server_context
from tests.integration.delivery.offering import offer

BOTH = pytest.mark.parametrize("tls", ["starttls", "implicit"])


async def refused(relay: ScriptedRelay, reach: Reach, **keywords: str) -> str:
    """Return the reason, once it is certain that the channel waits and no message was offered."""
    (outcome,) = await offer(reach(relay, **keywords))
    assert isinstance(outcome, Deferred)
    assert outcome.whole_channel
    assert () == relay.messages
    assert "MAIL" not in relay.verbs
    return outcome.reason


@BOTH
async def test_a_message_travels_over_verified_tls(make_relay: MakeRelay, reach: Reach, tls: str) -> None:
    relay = make_relay(tls=tls)
    assert [Sent(250, "2.0.0 OK")] == await offer(reach(relay))
    assert ["TLSv1.3"] == [message.tls for message in relay.messages]


async def test_tls_1_2_is_good_enough(make_relay: MakeRelay, reach: Reach, authority: trustme.CA) -> None:
    context = server_context(authority.issue_cert("localhost"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    relay = make_relay(context=context)
    assert [Sent(250, "2.0.0 OK")] == await offer(reach(relay))
    assert ["TLSv1.2"] == [message.tls for message in relay.messages]


def only_tls_1_1(context: ssl.SSLContext) -> ssl.SSLContext:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of it too
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


@BOTH
async def test_tls_1_1_is_not(make_relay: MakeRelay, reach: Reach, authority: trustme.CA, tls: str) -> None:
    context = only_tls_1_1(server_context(authority.issue_cert("localhost")))
    reason = await refused(make_relay(tls=tls, context=context), reach)
    assert "closed the line at " in reason


def test_a_client_that_allows_tls_1_1_would_have_got_it(
    make_relay: MakeRelay, authority: trustme.CA, ca_file: Path
) -> None:
    context = only_tls_1_1(server_context(authority.issue_cert("localhost")))
    relay = make_relay(tls="implicit", context=context)
    careless = only_tls_1_1(ssl.create_default_context(cafile=ca_file))
    with smtplib.SMTP_SSL("localhost", relay.port, timeout=5, context=careless) as client:
        assert isinstance(client.sock, ssl.SSLSocket)
        assert "TLSv1.1" == client.sock.version()


async def test_a_stripped_starttls_sends_nothing(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay(tls="none")
    assert f"localhost:{relay.port} does not offer STARTTLS" == await refused(relay, reach)
    assert ("EHLO",) == relay.verbs


async def test_a_refused_starttls_sends_nothing(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay(Reply("STARTTLS", 454, "not today"))
    assert f"localhost:{relay.port} answered STARTTLS with 454 not today" == await refused(relay, reach)
    assert ("EHLO", "STARTTLS") == relay.verbs


async def test_no_password_is_said_without_tls(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay(tls="none", username="reminderd", password="et kodeord")  # noqa: S106
    await refused(relay, reach, username="reminderd", password="et kodeord")  # noqa: S106
    assert ("EHLO",) == relay.verbs


@BOTH
async def test_a_self_signed_certificate_is_not_accepted(
    make_relay: MakeRelay, reach: Reach, tls: str
) -> None:
    stranger = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with stranger.cert_pem.tempfile() as certificate, stranger.private_key_pem.tempfile() as key:
        context.load_cert_chain(certificate, key)
    reason = await refused(make_relay(tls=tls, context=context), reach)
    assert "self-signed certificate" in reason


@BOTH
async def test_a_certificate_of_an_unknown_authority_is_not_accepted(
    make_relay: MakeRelay, reach: Reach, tls: str
) -> None:
    context = server_context(trustme.CA().issue_cert("localhost"))
    reason = await refused(make_relay(tls=tls, context=context), reach)
    assert "unable to get local issuer certificate" in reason


@BOTH
async def test_a_certificate_for_another_host_is_not_accepted(
    make_relay: MakeRelay, reach: Reach, authority: trustme.CA, tls: str
) -> None:
    context = server_context(authority.issue_cert("mail.kommune.example"))
    reason = await refused(make_relay(tls=tls, context=context), reach)
    assert "Hostname mismatch, certificate is not valid for 'localhost'" in reason


@BOTH
async def test_an_expired_certificate_is_not_accepted(
    make_relay: MakeRelay, reach: Reach, authority: trustme.CA, tls: str
) -> None:
    leaf = authority.issue_cert("localhost", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    reason = await refused(make_relay(tls=tls, context=server_context(leaf)), reach)
    assert "certificate has expired" in reason


async def test_a_machine_that_does_not_know_the_authority_does_not_accept_it(make_relay: MakeRelay) -> None:
    relay = make_relay()
    (outcome,) = await offer(open_transport(relay.url, timeout=5.0))
    assert isinstance(outcome, Deferred)
    assert "certificate" in outcome.reason
    assert () == relay.messages


@BOTH
async def test_a_login_is_made_over_tls(make_relay: MakeRelay, reach: Reach, tls: str) -> None:
    relay = make_relay(tls=tls, username="reminderd", password="et kodeord")  # noqa: S106
    login = {"username": "reminderd", "password": "et kodeord"}
    assert [Sent(250, "2.0.0 OK")] == await offer(reach(relay, **login))
    assert "AUTH" in relay.verbs


async def test_a_refused_login_holds_up_the_channel_and_says_no_secret(
    make_relay: MakeRelay, reach: Reach
) -> None:
    relay = make_relay(username="reminderd", password="et kodeord")  # noqa: S106
    reason = await refused(relay, reach, username="reminderd", password="et andet")  # noqa: S106
    assert f"localhost:{relay.port} answered AUTH with 535 5.7.8 Authentication credentials invalid" == reason


async def test_a_missing_login_holds_up_the_channel(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay(username="reminderd", password="et kodeord")  # noqa: S106
    (outcome,) = await offer(reach(relay))
    reason = "MAIL was answered with 530 5.7.0 Authentication required"
    assert Deferred(reason, 530, whole_channel=True) == outcome


async def test_a_login_that_the_relay_does_not_offer_holds_up_the_channel(
    make_relay: MakeRelay, reach: Reach
) -> None:
    relay = make_relay()
    reason = await refused(relay, reach, username="reminderd", password="et kodeord")  # noqa: S106
    assert f"localhost:{relay.port} offers no login that is known here" == reason


async def test_clear_text_to_the_loopback_works_when_asked_for(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay(tls="none")
    assert [Sent(250, "2.0.0 OK")] == await offer(reach(relay, tls="none"))
    assert [None] == [message.tls for message in relay.messages]


@BOTH
async def test_a_probe_goes_to_the_door_and_hands_nothing_in(
    make_relay: MakeRelay, reach: Reach, tls: str
) -> None:
    relay = make_relay(tls=tls)
    await reach(relay).probe()
    assert ("EHLO", "NOOP", "QUIT") == relay.verbs[-3:]
    assert "MAIL" not in relay.verbs


async def test_a_probe_says_what_is_wrong_where_and_the_cure(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay(tls="none")
    with pytest.raises(RelayUnavailableError) as caught:
        await reach(relay).probe()
    assert "relay.url" == caught.value.where
    assert f"localhost:{relay.port} does not offer STARTTLS" == caught.value.what
    assert "switch STARTTLS on" in caught.value.cure


async def test_a_probe_that_fails_at_noop_says_so(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay(Reply("NOOP", 502))
    with pytest.raises(RelayUnavailableError, match="did not answer NOOP"):
        await reach(relay).probe()
