"""The life of the process: start, signals, what systemd is told, orderly end.

The watchdog's messages are ten lines over a datagram socket, as sd_notify(3) documents them; every
library for it is compiled or unkept.
"""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Mapping

import structlog

from reminderd.app import App
from reminderd.engine.embedded import EmbeddedEngine

log = structlog.get_logger("reminderd.service")


def notify(message: str, environ: Mapping[str, str] = os.environ) -> None:
    """Tell systemd something (``READY=1``); silently nothing where nobody listens."""
    address = environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # an abstract socket
    kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC
    # No service ends because nobody takes down how it is.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, kind) as line:
        line.connect(address)
        line.sendall(message.encode())


def status_line(state: str) -> str:
    """Return the assignment for one line of status; a relay's words must not become assignments."""
    return "STATUS=" + " ".join(state.split())


def serve(app: App) -> None:
    """Run the service until SIGTERM or SIGINT; the message in hand is finished first."""
    asyncio.run(_serve(app))


async def _serve(app: App) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        notify("STOPPING=1\nSTATUS=finishing the message in hand")
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    with app.pipeline() as pipeline:
        engine = EmbeddedEngine(
            pipeline,
            app.clock,
            tick_seconds=app.settings.run.tick_seconds,
            on_state=lambda state: notify(status_line(state)),
        )
        notify("READY=1\nSTATUS=started; first look at the case source")
        log.info("started", tick_seconds=app.settings.run.tick_seconds)
        await engine.serve(stopping)
        await pipeline.close()
    log.info("stopped")
