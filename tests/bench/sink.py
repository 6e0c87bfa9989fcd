"""A relay that takes everything and keeps nothing, as fast as it can, in a process of its own.

Started as a script: prints its port, serves until its standard input ends, then prints how many
messages it took. Only the standard library, so that it is the same for everybody who is measured.
"""

import asyncio
import os
import sys
from typing import cast

_REPLIES = {b"EHLO": b"250-sink\r\n250 SIZE 10000000\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
_OK = b"250 ok\r\n"
_END = b"\r\n.\r\n"

taken = 0


class Sink(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(b"220 sink ESMTP\r\n")
        self._buffer = b""
        self._text = False

    def data_received(self, data: bytes) -> None:
        global taken  # noqa: PLW0603 - a counter in a script
        self._buffer += data
        while (end := self._buffer.find(_END if self._text else b"\r\n")) >= 0:
            line = self._buffer[:end]
            self._buffer = self._buffer[end + (len(_END) if self._text else 2) :]
            if self._text:
                taken += 1
                self._text = False
                self._transport.write(_OK)
                continue
            verb = line[:4].upper()
            self._transport.write(_REPLIES.get(verb, _OK))
            self._text = verb == b"DATA"
            if verb == b"QUIT":
                self._transport.close()


async def _main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - how the starter learns it
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), lambda: os.read(sys.stdin.fileno(), 4096) or ended.set())
    await ended.wait()
    server.close()
    print(taken, flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_main())
