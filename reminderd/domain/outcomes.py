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
    """

    reason: str
    code: int | None = None
    whole_channel: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """Refused for good: a 5xx to this message or its recipient; ``too_big`` where its size is the reason."""

    reason: str
    code: int | None = None
    too_big: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The line died between the message's text and the relay's answer."""

    reason: str


TOO_BIG = 552
"""The code that an entry's attempt is put off with where its mail shall go out smaller."""

Outcome = Sent | Deferred | Failed | Unknown
