"""An event loop on which nothing waits: time jumps to the next thing to do, and lines lead through memory.

Everything above it is the real program: the service's own code, aiosmtplib, aiosmtpd. What real machines
decide by chance (how long a flush or a reply takes) a seed decides here, so a seed is a story that can
be told again.
"""

import asyncio
import random
import selectors
import socket
from collections.abc import Callable
from typing import Any

_FLUSH_SECONDS = (0.0005, 0.02)
_PACKET_SECONDS = (0.0002, 0.05)


class _NeverReady(selectors.SelectSelector):
    """Instead of waiting for files, moves the loop's clock by as long as it would have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits for somebody, and nothing is left that could happen")
        self.passed += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop with a clock, threads and a network of its own; ``chance`` decides how long things take.

    ``dial`` is asked for the protocol behind a new line, and raises OSError where nobody listens.
    """

    def __init__(self, chance: random.Random, dial: Callable[[], asyncio.Protocol]) -> None:
        self._files = _NeverReady()
        super().__init__(self._files)
        self.chance = chance
        self._dial = dial
        self._behind: dict[int, asyncio.Protocol] = {}

    def time(self) -> float:
        """Return how many seconds have been lived through."""
        return self._files.passed

    def run_in_executor(self, _executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        """Run it here, after as long as a thread and a disk might take."""
        future = self.create_future()

        def work() -> None:
            if future.cancelled():
                return
            try:
                result = func(*args)
            except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
                future.set_exception(error)
            else:
                future.set_result(result)

        self.call_later(self.chance.uniform(*_FLUSH_SECONDS), work)
        return future

    async def getaddrinfo(self, _host: Any, port: Any, **_: Any) -> Any:  # type: ignore[override]
        """Find every name on the loopback."""
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))]

    async def sock_connect(self, sock: Any, _address: Any) -> None:
        """Take as long as a handshake."""
        await asyncio.sleep(self.chance.uniform(*_PACKET_SECONDS))
        self._behind[sock.fileno()] = self._dial()

    async def create_connection(self, protocol_factory: Any, *, sock: Any, **_: Any) -> Any:  # type: ignore[override]
        """Make the two ends of a line."""
        near, far = protocol_factory(), self._behind.pop(sock.fileno())
        here, there = Line(self, near, sock), Line(self, far, None)
        here.peer, there.peer = there, here
        near.connection_made(here)
        far.connection_made(there)
        return here, near


class Line(asyncio.Transport):
    """One end of a line: what is written arrives at the other end later, and in order."""

    peer: "Line"

    def __init__(self, loop: VirtualLoop, protocol: Any, sock: socket.socket | None) -> None:
        super().__init__({"peername": ("127.0.0.1", 25), "sockname": ("127.0.0.1", 40000)})
        self._loop = loop
        self._protocol = protocol
        self._sock = sock
        self._free_at = 0.0
        self.gone = False

    def get_protocol(self) -> Any:
        """Return who listens at this end."""
        return self._protocol

    def set_protocol(self, protocol: Any) -> None:
        """Let somebody else listen at this end."""
        self._protocol = protocol

    def write(self, data: Any) -> None:
        """Send; a line that is gone swallows it, as a socket does until it hears of it."""
        if not self.gone:
            self._later(self.peer.arrive, bytes(data))

    def write_eof(self) -> None:
        """Say that nothing more will come."""
        self.close()

    def arrive(self, data: bytes) -> None:
        """Hand over what the other end wrote."""
        if not self.gone:
            self._protocol.data_received(data)

    def close(self) -> None:
        """Close both ends, this one at once."""
        if self.gone:
            return
        self._later(self.peer.lost)
        self.lost()

    abort = close

    def lost(self) -> None:
        """Tell this end that the line is gone."""
        if self.gone:
            return
        self.gone = True
        if self._sock is not None:
            self._sock.close()
        self._loop.call_soon(self._protocol.connection_lost, None)

    def is_closing(self) -> bool:
        """Tell whether this end is gone."""
        return self.gone

    def is_reading(self) -> bool:
        """Nobody is ever asked to wait."""
        return True

    def pause_reading(self) -> None:
        """Go on regardless: the buffers here have no end."""

    def resume_reading(self) -> None:
        """Go on."""

    def get_write_buffer_size(self) -> int:
        """Nothing is ever kept back."""
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Have no limits."""

    def _later(self, what: Callable[..., object], *args: Any) -> None:
        now = self._loop.time()
        self._free_at = max(self._free_at, now + self._loop.chance.uniform(*_PACKET_SECONDS))
        self._loop.call_at(self._free_at, what, *args)
