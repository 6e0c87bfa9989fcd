"""The transport that tests of other rooms use instead of a relay."""

import pytest

from reminderd.delivery import Envelope, Transport
from reminderd.domain.outcomes import Deferred, Failed, Outcome, Sent, Unknown
from reminderd.errors import RelayUnavailableError
from reminderd.testing.transport import TAKEN, RecordingTransport


def envelope(number: int) -> Envelope:
    return Envelope("a@x.example", f"b{number}@x.example", b"x", f"n{number}")


async def nothing() -> None:
    """Commit nothing."""


async def test_without_a_script_everything_is_sent_and_kept() -> None:
    transport = RecordingTransport()
    as_a_transport: Transport = transport
    async with as_a_transport.session() as session:
        assert TAKEN == await session.send(envelope(1), nothing)
    assert ([envelope(1)], [envelope(1)], 1) == (transport.offered, transport.taken, transport.sessions)


async def test_outcomes_come_in_their_order_and_only_sent_is_taken() -> None:
    script: list[Outcome] = [Deferred("later"), Failed("no"), Unknown("silence")]
    transport = RecordingTransport(script)
    async with transport.session() as session:
        outcomes = [await session.send(envelope(number), nothing) for number in range(4)]
    assert [*script, TAKEN] == outcomes
    assert [envelope(3)] == transport.taken


@pytest.mark.parametrize(
    ("outcome", "awaited"), [(Sent(250, ""), 1), (Unknown(""), 1), (Deferred(""), 0), (Failed(""), 0)]
)
async def test_before_data_is_awaited_where_a_text_can_have_begun(outcome: Outcome, awaited: int) -> None:
    committed = []

    async def commit() -> None:
        committed.append(True)

    async with RecordingTransport([outcome]).session() as session:
        await session.send(envelope(1), commit)
    assert awaited == len(committed)


async def test_a_failing_before_data_takes_nothing() -> None:
    async def fails() -> None:
        raise KeyError

    transport = RecordingTransport()
    async with transport.session() as session:
        with pytest.raises(KeyError):
            await session.send(envelope(1), fails)
    assert [] == transport.taken


async def test_a_callable_decides_by_the_envelope() -> None:
    transport = RecordingTransport(lambda each: Failed("no") if each == envelope(2) else TAKEN)
    async with transport.session() as session:
        assert Failed("no") == await session.send(envelope(2), nothing)
        assert TAKEN == await session.send(envelope(1), nothing)


async def test_a_probe_raises_what_it_is_told_to() -> None:
    await RecordingTransport().probe()
    with pytest.raises(RelayUnavailableError, match="gone"):
        await RecordingTransport(unavailable=RelayUnavailableError("gone")).probe()
