"""What every way out of the house promises: one message in, one outcome out.

The rooms above know these Protocols and nothing of SMTP. A network or a disk that misbehaves is an
outcome, never an exception. A message is offered as the frozen bytes it is; nobody changes it here.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from reminderd.domain.outcomes import Outcome, Protection

BeforeData = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message for one mailbox.

    ``sender`` and ``recipient`` are bare addresses (``a@b.example``) in ASCII, ``raw`` is the whole
    message as it is stored, and ``envelope_id`` names it for ever: file name and DSN reference.
    """

    sender: str
    recipient: str
    raw: bytes
    envelope_id: str


class Session(Protocol):
    """One line to the relay, used for one message after the other, never for two at once.

    ``protection`` is what protected the line of the last message; None where
    nothing did, or there was no line.
    """

    @property
    def protection(self) -> Protection | None:
        """Return what protected the line of the last message."""
        ...

    async def send(self, envelope: Envelope, before_data: BeforeData) -> Outcome:
        """Offer one message and tell what became of it.

        ``before_data`` is awaited once the recipient is accepted and before the relay is asked to
        take the text; whoever calls commits there that the text is about to go out. If it raises,
        nothing was sent and its exception comes out of here unchanged. Whatever the network does is
        an outcome; any other exception is a mistake in the program.
        """
        ...


class Transport(Protocol):
    """Where messages go."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """Open a session; it connects with its first message and says goodbye at the end."""
        ...

    async def probe(self) -> Protection | None:
        """Go all the way to the door without handing anything in; returns what protects the line.

        Raises :class:`~reminderd.errors.RelayUnavailableError` with what, where and the cure.
        """
        ...
