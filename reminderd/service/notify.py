"""What systemd is told, as sd_notify(3) documents it: a datagram of assignments, ten lines of code.

Every library for it is compiled against libsystemd or unkept. Where nobody listens nothing happens.
"""

import contextlib
import os
import socket
import time
from collections.abc import Mapping

_LONGEST_STATUS = 1000


class Systemd:
    """The service manager that started this process, if one did."""

    def __init__(self, environ: Mapping[str, str] = os.environ, pid: int | None = None) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # An abstract socket is written with an @ in the environment.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog_s = _watchdog(environ, os.getpid() if pid is None else pid)

    def tell(self, *assignments: str, status: str | None = None) -> None:
        """Send assignments (``READY=1``) and the one line that ``systemctl status`` shows."""
        if not self._address:
            return
        lines = [*assignments, *([] if status is None else [status_line(status)])]
        kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC
        # No service ends because nobody takes down how it is.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, kind) as line:
            line.sendto("\n".join(lines).encode(), self._address)

    def reloading(self) -> None:
        """Say that a reload has begun; READY=1 ends it, whatever came of it."""
        self.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", status="reloading")


def status_line(state: str) -> str:
    """Return the assignment for one line of status; a relay's words must not become assignments."""
    return "STATUS=" + " ".join(state.split())[:_LONGEST_STATUS]


def _watchdog(environ: Mapping[str, str], pid: int) -> float | None:
    """Return within how many seconds systemd wants to hear that all is well, None where it does not."""
    microseconds = environ.get("WATCHDOG_USEC", "")
    # The variables are inherited; they concern the process that is named.
    if not microseconds.isdecimal() or environ.get("WATCHDOG_PID", str(pid)) != str(pid):
        return None
    return int(microseconds) / 1_000_000
