"""Each way a relay can answer or vanish, and the outcome that may be told of it."""

import asyncio
from collections.abc import Callable

import pytest

from reminderd.delivery import Envelope
from reminderd.domain.outcomes import Deferred, Failed, Refused, Sent, Unknown
from reminderd.testing.relay import Babble, Drop, Reply, ScriptedRelay, Stall, Turn
from reminderd.testing.script import Step
from tests.integration.delivery.conftest import MakeRelay, Reach
from tests.integration.delivery.offering import (
    RAW,
    RECIPIENT,
    SENDER,
    LoopClock,
    envelope,
    nothing,
    offer,
    offer_to_the_stalled,
)

Act = Callable[[Step], Drop | Babble]


async def test_a_message_that_the_relay_takes_is_sent(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay()
    assert [Sent(250, "2.0.0 OK")] == await offer(reach(relay))
    (message,) = relay.messages
    assert (SENDER, (RECIPIENT,), RAW) == (message.mail_from, message.rcpt_to, message.raw)


async def test_a_refused_connection_defers_the_whole_channel(reach: Reach) -> None:
    with ScriptedRelay() as gone:
        transport = reach(gone, tls="none")
    (outcome,) = await offer(transport)
    assert isinstance(outcome, Deferred)
    assert outcome.whole_channel
    assert outcome.reason.startswith(f"no connection to localhost:{gone.port}: ")


@pytest.mark.parametrize(
    ("step", "code", "whole_channel"),
    [
        ("connect", 421, True),
        ("connect", 554, True),
        ("EHLO", 421, True),
        ("EHLO", 550, True),
        ("MAIL", 421, False),
        ("MAIL", 451, False),
        ("MAIL", 550, True),
        ("RCPT", 421, False),
        ("RCPT", 450, False),
        ("RCPT", 530, True),
        ("DATA", 421, False),
        ("DATA", 451, False),
        ("dot", 421, False),
        ("dot", 451, False),
    ],
)
async def test_a_reply_that_says_not_now_defers(
    make_relay: MakeRelay, reach: Reach, step: Step, code: int, whole_channel: bool
) -> None:
    relay = make_relay(Reply(step, code, "later"))
    (first, second) = await offer(reach(relay), envelope(1), envelope(2))
    assert isinstance(first, Deferred)
    assert (code, whole_channel) == (first.code, first.whole_channel)
    assert first.reason.endswith(f"{code} later")
    assert Sent(250, "2.0.0 OK") == second
    assert ["ENVID=n2"] == [
        option for got in relay.messages for option in got.mail_options if "ENVID" in option
    ]


@pytest.mark.parametrize(
    ("step", "code"), [("MAIL", 552), ("RCPT", 553), ("DATA", 554), ("dot", 552), ("dot", 554)]
)
async def test_a_refusal_of_this_message_fails_it_alone(
    make_relay: MakeRelay, reach: Reach, step: Step, code: int
) -> None:
    relay = make_relay(Reply(step, code, "5.0.0 no"))
    (first, second) = await offer(reach(relay), envelope(1), envelope(2))
    said = "the message" if step == "dot" else step
    assert Failed(f"{said} was answered with {code} 5.0.0 no", code, too_big=code == 552) == first
    assert Sent(250, "2.0.0 OK") == second
    assert 1 == relay.connections


@pytest.mark.parametrize(
    ("code", "text", "too_big"),
    [
        (552, "5.3.4 too big", True),
        (552, "5.2.2 full", False),
        (554, "5.3.4 too big", True),
        (550, "no", False),
    ],
)
async def test_a_refusal_says_whether_size_is_its_reason(
    make_relay: MakeRelay, reach: Reach, code: int, text: str, too_big: bool
) -> None:
    (outcome,) = await offer(reach(make_relay(Reply("dot", code, text))))
    assert isinstance(outcome, Failed)
    assert too_big == outcome.too_big


@pytest.mark.parametrize("step", ["RCPT", "DATA", "dot"])
async def test_a_policy_that_may_be_against_us_fails_nobody(
    make_relay: MakeRelay, reach: Reach, step: Step
) -> None:
    relay = make_relay(Reply(step, 554, "5.7.1 Access denied"))
    (first, second) = await offer(reach(relay), envelope(1), envelope(2))
    said = "the message" if step == "dot" else step
    assert Refused(f"{said} was answered with 554 5.7.1 Access denied", 554) == first
    assert Sent(250, "2.0.0 OK") == second
    assert 1 == relay.connections


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("act", [Drop, Babble])
async def test_no_usable_reply_before_the_text_defers(
    make_relay: MakeRelay, reach: Reach, act: Act, step: Step
) -> None:
    relay = make_relay(act(step))
    (outcome,) = await offer(reach(relay))
    assert isinstance(outcome, Deferred)
    assert (False, True) == (outcome.whole_channel, outcome.perhaps_channel)
    assert () == relay.messages


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
async def test_no_reply_in_time_before_the_text_defers(
    make_relay: MakeRelay, reach: Reach, clock: LoopClock, step: Step
) -> None:
    relay = make_relay(Stall(step))
    outcome = await offer_to_the_stalled(reach(relay), relay, clock)
    reason = f"localhost:{relay.port} at {step}: no reply in time"
    assert Deferred(reason, perhaps_channel=True) == outcome
    assert () == relay.messages


@pytest.mark.parametrize("step", ["connect", "EHLO"])
@pytest.mark.parametrize("act", [Drop, Babble])
async def test_no_usable_reply_before_mail_defers_the_whole_channel(
    make_relay: MakeRelay, reach: Reach, act: Act, step: Step
) -> None:
    relay = make_relay(act(step))
    (outcome,) = await offer(reach(relay))
    assert isinstance(outcome, Deferred)
    assert outcome.whole_channel
    assert () == relay.messages


@pytest.mark.parametrize(
    ("step", "said"), [("connect", "the greeting"), ("EHLO", "EHLO"), ("STARTTLS", "STARTTLS")]
)
async def test_no_reply_in_time_before_mail_defers_the_whole_channel(
    make_relay: MakeRelay, reach: Reach, clock: LoopClock, step: Step, said: str
) -> None:
    relay = make_relay(Stall(step))
    outcome = await offer_to_the_stalled(reach(relay), relay, clock)
    assert isinstance(outcome, Deferred)
    assert outcome.whole_channel
    assert outcome.reason in {
        f"localhost:{relay.port} did not answer in time at {said}",
        f"localhost:{relay.port} is too slow to talk to",
    }


async def test_a_line_cut_right_after_the_go_ahead_is_never_called_sent_or_failed(
    make_relay: MakeRelay, reach: Reach
) -> None:
    # Whether a byte of the text was on its way is a race that the network decides.
    relay = make_relay(Drop("go-ahead"))
    (outcome,) = await offer(reach(relay))
    assert isinstance(outcome, Deferred | Unknown)
    assert () == relay.messages


@pytest.mark.parametrize(("step", "taken"), [("text", []), ("dot", [False])])
@pytest.mark.parametrize("act", [Drop, Babble])
async def test_no_usable_reply_after_the_text_began_is_unknown(
    make_relay: MakeRelay, reach: Reach, act: Act, step: Step, taken: list[bool]
) -> None:
    relay = make_relay(act(step))
    (outcome,) = await offer(reach(relay))
    assert isinstance(outcome, Unknown)
    assert taken == [message.answered for message in relay.messages]


@pytest.mark.parametrize("step", ["text", "dot"])
async def test_no_reply_in_time_after_the_text_began_is_unknown(
    make_relay: MakeRelay, reach: Reach, clock: LoopClock, step: Step
) -> None:
    relay = make_relay(Stall(step))
    outcome = await offer_to_the_stalled(reach(relay), relay, clock)
    assert Unknown("after the message's text: no reply in time") == outcome


@pytest.mark.parametrize("code", [123, 354, 999])
async def test_a_code_that_is_no_answer_to_a_message_is_unknown(
    make_relay: MakeRelay, reach: Reach, code: int
) -> None:
    (outcome,) = await offer(reach(make_relay(Reply("dot", code))))
    assert Unknown(f"the message was answered with {code}, which is no answer to it") == outcome


async def test_a_reply_that_came_too_early_is_not_taken_for_the_answer_to_the_dot(
    make_relay: MakeRelay, reach: Reach
) -> None:
    relay = make_relay(Reply("DATA", 354, "go ahead\r\n250 2.0.0 OK"))
    (outcome,) = await offer(reach(relay))
    assert Deferred(f"localhost:{relay.port} answered DATA twice", perhaps_channel=True) == outcome
    assert () == relay.messages


async def test_after_a_second_answer_to_the_dot_the_line_is_not_used_again(
    make_relay: MakeRelay, reach: Reach
) -> None:
    relay = make_relay(Reply("dot", 250, "2.0.0 OK\r\n250 2.0.0 OK"))
    outcomes = await offer(reach(relay), envelope(1), envelope(2))
    assert 2 * [Sent(250, "2.0.0 OK")] == outcomes
    assert (2, 2) == (relay.connections, relay.verbs.count("MAIL"))


async def test_a_failing_before_data_leaves_nothing_sent_and_the_line_usable(
    make_relay: MakeRelay, reach: Reach
) -> None:
    async def disk_full() -> None:
        raise OSError(28, "No space left on device")

    relay = make_relay()
    async with reach(relay).session() as session:
        with pytest.raises(OSError, match="No space left"):
            await session.send(envelope(1), disk_full)
        assert ("MAIL", "RCPT", "RSET") == relay.verbs[-3:]
        assert () == relay.messages
        assert isinstance(await session.send(envelope(2), nothing), Sent)
    assert 1 == relay.connections


async def test_before_data_is_awaited_after_the_recipient_and_before_data(
    make_relay: MakeRelay, reach: Reach
) -> None:
    heard = []

    async def commit() -> None:
        heard.append(relay.verbs[-1])

    relay = make_relay()
    async with reach(relay).session() as session:
        await session.send(envelope(), commit)
    assert ["RCPT"] == heard


async def test_before_data_is_not_awaited_for_a_refused_recipient(
    make_relay: MakeRelay, reach: Reach
) -> None:
    committed = []

    async def commit() -> None:
        committed.append(True)

    async with reach(make_relay(Reply("RCPT", 550))).session() as session:
        await session.send(envelope(), commit)
    assert [] == committed


async def test_a_cancelled_send_leaves_nothing_sent_and_the_next_one_starts_afresh(
    make_relay: MakeRelay, reach: Reach
) -> None:
    relay = make_relay(Stall("RCPT"))
    async with reach(relay).session() as session:
        task = asyncio.create_task(session.send(envelope(1), nothing))
        assert await asyncio.to_thread(relay.wait_for_stall)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        relay.release()
        assert isinstance(await session.send(envelope(2), nothing), Sent)
    assert (2, 1) == (relay.connections, len(relay.messages))


async def test_two_messages_at_once_in_one_session_are_a_mistake(make_relay: MakeRelay, reach: Reach) -> None:
    relay = make_relay(Stall("RCPT"))
    async with reach(relay).session() as session:
        task = asyncio.create_task(session.send(envelope(1), nothing))
        assert await asyncio.to_thread(relay.wait_for_stall)
        with pytest.raises(RuntimeError, match="one message at a time"):
            await session.send(envelope(2), nothing)
        relay.release()
        assert isinstance(await task, Sent)


async def test_a_slow_answer_to_the_dot_gets_the_time_that_the_commands_left(
    make_relay: MakeRelay, reach: Reach, clock: LoopClock
) -> None:
    relay = make_relay(Stall("dot"))
    async with reach(relay, timeout=30).session() as session:
        task = asyncio.create_task(session.send(envelope(), nothing))
        assert await asyncio.to_thread(relay.wait_for_stall)
        clock.advance(100)  # more than one command's time, less than the message's
        await asyncio.to_thread(relay.release)
        assert isinstance(await task, Sent)


async def test_the_time_of_whoever_commits_before_data_is_not_the_relay_s(
    make_relay: MakeRelay, reach: Reach, clock: LoopClock
) -> None:
    async def commit_for_an_hour() -> None:
        clock.advance(3600)

    relay = make_relay()
    async with reach(relay).session() as session:
        assert Sent(250, "2.0.0 OK") == await session.send(envelope(), commit_for_an_hour)


async def test_what_a_relay_says_enters_an_outcome_without_names(make_relay: MakeRelay, reach: Reach) -> None:
    words = f"5.1.1 <{RECIPIENT}>: User sagsbehandler unknown, ticket 20260102334"
    (outcome,) = await offer(reach(make_relay(Reply("RCPT", 550, words))))
    assert Failed("RCPT was answered with 550 5.1.1 <…>: User <…> unknown, ticket …", 550) == outcome


@pytest.mark.parametrize(
    "address", ["to parter@kommune.example", "ingen", "a@b.example>\r\nDATA", "bø@x.example", ""]
)
async def test_an_address_that_smtp_cannot_carry_fails_without_a_connection(
    make_relay: MakeRelay, reach: Reach, address: str
) -> None:
    relay = make_relay()
    (outcome,) = await offer(reach(relay), envelope(recipient=address))
    assert Failed("the recipient's address cannot be used in SMTP") == outcome
    assert 0 == relay.connections


async def test_a_sender_that_smtp_cannot_carry_holds_up_everybody_and_fails_nobody(
    make_relay: MakeRelay, reach: Reach
) -> None:
    wrong = Envelope(sender="uden snabel-a", recipient=RECIPIENT, raw=RAW, envelope_id="n1")
    (outcome,) = await offer(reach(make_relay()), wrong)
    assert Deferred("the sender's address cannot be used in SMTP", whole_channel=True) == outcome


async def test_one_refused_recipient_does_not_disturb_the_others(make_relay: MakeRelay, reach: Reach) -> None:
    def refuse_second(turn: Turn) -> Reply | None:
        return Reply("RCPT", 550, "5.1.1 who?") if turn.recipient == "b@kommune.example" else None

    relay: ScriptedRelay = make_relay(script=refuse_second)
    addresses = [f"{letter}@kommune.example" for letter in "abc"]
    outcomes = await offer(reach(relay), *(envelope(recipient=address) for address in addresses))
    assert [Sent, Failed, Sent] == [type(outcome) for outcome in outcomes]
    assert [("a@kommune.example",), ("c@kommune.example",)] == [got.rcpt_to for got in relay.messages]
