"""What a scripted relay may be told to do: plain values, no server.

A script says it per transaction (a list) or per step (a callable). A transaction begins with the
connection, or with the next MAIL on a connection that has carried one before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Step = Literal[
    "connect", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "go-ahead", "text", "dot", "NOOP"
]
"""Where a relay may misbehave: ``connect`` instead of the greeting, a verb instead of its reply,
``go-ahead`` right after the 354, ``text`` after the message's first line, ``dot`` after its last."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer the step with this; a code of 421 also closes. At the dot, a 2xx counts as accepted.

    The text may hold CRLF and further replies: they go out in the same packet.
    """

    at: Step
    code: int
    text: str = "as scripted"


@dataclass(frozen=True, slots=True)
class Drop:
    """Cut the line at the step, without a word. At the dot the message has been accepted."""

    at: Step


@dataclass(frozen=True, slots=True)
class Stall:
    """Say nothing at the step until :meth:`ScriptedRelay.release`, then go on as if nothing was."""

    at: Step


@dataclass(frozen=True, slots=True)
class Babble:
    """Answer the step with continuation lines without end."""

    at: Step


@dataclass(frozen=True, slots=True)
class Close:
    """Do the step properly and then close the line, as relays do with idle or long connections."""

    at: Step


Act = Reply | Drop | Stall | Babble | Close


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a conversation stands when a callable script is asked.

    ``transaction`` and ``connection`` count from 1 over the relay's life; ``sender`` and
    ``recipient`` are None until MAIL and RCPT have been heard.
    """

    transaction: int
    connection: int
    step: Step
    sender: str | None = None
    recipient: str | None = None


Script = Sequence[Act | None] | Callable[[Turn], Act | None]


@dataclass(frozen=True, slots=True)
class Received:
    """A message that the relay took: the bytes between DATA and the dot, and its envelope.

    ``connection`` and ``transaction`` count as in :class:`Turn`. ``answered`` is False where the relay
    took it and was told not to say so at once. ``tls`` is the protocol version of the line or None;
    ``mail_options`` are the parameters of MAIL, as they were sent.
    """

    connection: int
    transaction: int
    mail_from: str
    rcpt_to: tuple[str, ...]
    raw: bytes
    answered: bool = True
    tls: str | None = None
    mail_options: tuple[str, ...] = ()
