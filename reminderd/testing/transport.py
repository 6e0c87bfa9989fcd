"""A transport without a network: keeps what it is offered and answers as it is told.

For tests of the rooms above delivery. It follows the real transports in when ``before_data`` is awaited:
before an answer that only a begun text can have, and not before a refusal.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from reminderd.delivery.transport import BeforeData, Envelope, Session
from reminderd.domain.outcomes import Outcome, Protection, Sent, Unknown
from reminderd.errors import RelayUnavailableError

TAKEN = Sent(250, "2.0.0 OK")


class RecordingTransport:
    """Answers each message with the next of ``outcomes``, or with what the callable says; then Sent.

    ``offered`` holds every envelope in order, ``taken`` those answered with Sent; ``sessions`` counts
    the sessions opened. ``unavailable`` is what :meth:`probe` raises, if anything.
    """

    def __init__(
        self,
        outcomes: Iterable[Outcome] | Callable[[Envelope], Outcome] = (),
        *,
        unavailable: RelayUnavailableError | None = None,
    ) -> None:
        self.offered: list[Envelope] = []
        self.taken: list[Envelope] = []
        self.sessions = 0
        self.unavailable = unavailable
        self._decide = outcomes if callable(outcomes) else _one_after_the_other(outcomes)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Open a session; see :class:`~reminderd.delivery.transport.Transport`."""
        self.sessions += 1
        yield _RecordingSession(self)

    async def probe(self) -> None:
        """Do nothing, or raise ``unavailable``."""
        if self.unavailable is not None:
            raise self.unavailable

    async def answer(self, envelope: Envelope, before_data: BeforeData) -> Outcome:
        """Record one message and return its scripted outcome."""
        self.offered.append(envelope)
        outcome = self._decide(envelope)
        if isinstance(outcome, Sent | Unknown):
            await before_data()
        if isinstance(outcome, Sent):
            self.taken.append(envelope)
        return outcome


class _RecordingSession:
    protection: Protection | None = None

    def __init__(self, transport: RecordingTransport) -> None:
        self._transport = transport

    async def send(self, envelope: Envelope, before_data: BeforeData) -> Outcome:
        return await self._transport.answer(envelope, before_data)


def _one_after_the_other(outcomes: Iterable[Outcome]) -> Callable[[Envelope], Outcome]:
    rest = iter(outcomes)
    return lambda _envelope: next(rest, TAKEN)
