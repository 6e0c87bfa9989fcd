"""What became of one attempt to hand a message to the relay: a closed union.

A reply with a code is a fact. No reply once the message's text began is :class:`Unknown`, because
the relay may have taken it (RFC 1047). Nobody may read more out of an outcome than it says.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Phase = Literal["connect", "data"]


@dataclass(frozen=True, slots=True)
class Protection:
    """What protected the line of an attempt: TLS version, cipher, and the relay's certificate.

    ``certificate`` is its SHA-256 in hexadecimal, ``expires`` when it ends.
    """

    version: str
    cipher: str
    certificate: str
    expires: datetime

    def __str__(self) -> str:
        return f"{self.version} {self.cipher} {self.certificate}"


@dataclass(frozen=True, slots=True)
class Sent:
    """The relay took responsibility: 250 to the message itself."""

    code: int
    reply: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not taken, and may be later: a 4xx, or the line died before the message's text began.

    ``whole_channel`` is true where the trouble is the relay's and not this message's: no
    connection, no TLS, no login. Others then wait too, instead of failing one by one.
    ``perhaps_channel`` is true where one message alone cannot tell: the line was lost, or what was
    refused is the same in every message.
    """

    reason: str
    code: int | None = None
    whole_channel: bool = False
    perhaps_channel: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused by a policy that may be against us, or against this reader.

    Not final: it is offered again, until what became of the others has shown whom it was meant for
    (:mod:`reminderd.domain.refusals`).
    """

    reason: str
    code: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Refused for good: a 5xx that speaks of this message or its recipient.

    ``too_big`` is true where the message's size is the reason.
    """

    reason: str
    code: int | None = None
    too_big: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The line died between the message's text and the relay's answer."""

    reason: str


TOO_BIG = 552
"""The code that an entry's attempt is put off with where its mail shall go out smaller."""

Outcome = Sent | Deferred | Refused | Failed | Unknown
