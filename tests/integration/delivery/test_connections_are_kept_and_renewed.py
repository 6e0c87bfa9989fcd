"""How many connections a run makes, and that the bytes on the wire are the bytes that were stored."""

import pytest

from reminderd.domain.outcomes import Deferred, Sent
from reminderd.testing.relay import Close, Drop
from tests.integration.delivery.conftest import MakeRelay, Reach
from tests.integration.delivery.offering import envelope, offer


async def test_a_hundred_messages_travel_over_one_connection(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay()
    outcomes = await offer(reach(relay), *(envelope(number) for number in range(100)))
    assert 100 * [Sent(250, "2.0.0 OK")] == outcomes
    assert (1, 100) == (relay.connections, len(relay.messages))
    assert "QUIT" == relay.verbs[-1]


async def test_a_connection_is_renewed_after_its_share_of_messages(
    make_relay: MakeRelay, reach: Reach
) -> None:
    relay = make_relay()
    await offer(reach(relay, per_connection=2), *(envelope(number) for number in range(5)))
    assert [1, 1, 2, 2, 3] == [message.connection for message in relay.messages]
    assert 3 == relay.verbs.count("QUIT")


async def test_a_session_without_messages_makes_no_connection(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay()
    async with reach(relay).session():
        pass
    assert 0 == relay.connections


async def test_a_relay_that_closes_between_two_messages_costs_neither_an_attempt(
    make_relay: MakeRelay, reach: Reach
) -> None:
    relay = make_relay(Close("dot"))
    outcomes = await offer(reach(relay), envelope(1), envelope(2))
    assert 2 * [Sent(250, "2.0.0 OK")] == outcomes
    assert [1, 2] == [message.connection for message in relay.messages]


async def test_a_used_line_that_dies_at_mail_is_replaced_once(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay(None, Drop("MAIL"), None)
    outcomes = await offer(reach(relay), envelope(1), envelope(2))
    assert 2 * [Sent(250, "2.0.0 OK")] == outcomes
    assert (2, 2) == (relay.connections, len(relay.messages))


async def test_a_line_that_dies_at_mail_again_is_deferred(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay(None, Drop("MAIL"), Drop("MAIL"))
    (_, second) = await offer(reach(relay), envelope(1), envelope(2))
    lost = f"localhost:{relay.port} at MAIL: the line was lost"
    assert Deferred(lost, perhaps_channel=True) == second


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"..\r\n.\r\n.en linje\r\n\r\n.\r\n", id="dots"),
        pytest.param(b"x" * 998 + b"\r\n" + b"." * 998 + b"\r\n", id="the longest lines"),
        pytest.param(b"y" * 50_000 + b"\r\n", id="longer than allowed"),
        pytest.param(b"Bl\xc3\xa5b\xc3\xa6rgr\xc3\xb8d\r\n\xff\xfe\x80\r\n", id="eight bits"),
        pytest.param(b"Z2l2ZXQgb3JkZW4=\r\n" * 20_000, id="320 kB"),
    ],
)
async def test_the_bytes_received_are_the_bytes_given(
    make_relay: MakeRelay, reach: Reach, body: bytes
) -> None:
    raw = b"Subject: En frist\r\n\r\n" + body
    relay = make_relay()
    await offer(reach(relay), envelope(raw=raw))
    assert [raw] == [message.raw for message in relay.messages]


async def test_the_relay_is_asked_for_headers_only_bounces_under_the_message_s_name(
    make_relay: MakeRelay, reach: Reach
) -> None:
    relay = make_relay()
    await offer(reach(relay), envelope(7))
    assert [("RET=HDRS", "ENVID=n7")] == [message.mail_options for message in relay.messages]


async def test_eight_bits_are_announced(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay()
    await offer(reach(relay), envelope(raw="Subject: x\r\n\r\nsmørrebrød\r\n".encode()))
    assert ["BODY=8BITMIME"] == [option for option in relay.messages[0].mail_options if "BODY" in option]
