"""How the delivery tests offer messages: invented addresses, a small message, nothing to commit."""

import asyncio
from collections.abc import Callable

from reminderd.delivery import Envelope, Transport
from reminderd.domain.outcomes import Outcome
from reminderd.testing.relay import ScriptedRelay

SENDER = "reminderd@kommune.example"
RECIPIENT = "sagsbehandler@kommune.example"
RAW = b"Subject: En frist\r\nMessage-ID: <n1@kommune.example>\r\n\r\nHusk opf=C3=B8lgningen.\r\n"


def envelope(number: int = 1, *, raw: bytes = RAW, recipient: str = RECIPIENT) -> Envelope:
    return Envelope(sender=SENDER, recipient=recipient, raw=raw, envelope_id=f"n{number}")


async def nothing() -> None:
    """Commit nothing before DATA."""


async def offer(transport: Transport, *envelopes: Envelope) -> list[Outcome]:
    """Send the messages one after the other in one session; without any, one ordinary message."""
    async with transport.session() as session:
        return [await session.send(each, nothing) for each in envelopes or (envelope(),)]


class LoopClock:
    """The event loop's own clock, which timeouts go by; it can be put forward."""

    def __init__(self, real: Callable[[], float]) -> None:
        self._real = real
        self._ahead = 0.0

    def time(self) -> float:
        return self._real() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


async def offer_to_the_stalled(transport: Transport, relay: ScriptedRelay, clock: LoopClock) -> Outcome:
    """Send one message, and let every timeout run out once the relay has stalled."""
    async with transport.session() as session:
        task = asyncio.create_task(session.send(envelope(), nothing))
        assert await asyncio.to_thread(relay.wait_for_stall)
        clock.advance(3600)
        return await task
