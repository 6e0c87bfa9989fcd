"""The journal's native protocol: an event's fields arrive as fields, not as text to be taken apart.

As systemd.io/JOURNAL_NATIVE_PROTOCOL documents it: one datagram of NAME=value lines, and a sealed
memory file in its place where it is too long. The libraries for it are compiled against libsystemd,
which a plain Python does not have. Knows nothing of what is logged.
"""

import errno
import fcntl
import os
import socket
import struct
import sys
import uuid
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

import structlog

SOCKET = Path("/run/systemd/journal/socket")
IDENTIFIER = "reminderd"
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_TOO_LONG = (errno.EMSGSIZE, errno.ENOBUFS)
# Every event has an id that never changes; reminderd.catalog explains the ones that need somebody.
_EVENTS = uuid.UUID("6f0c1f0e-3b0d-4c6e-9a53-2f6d1c9c7a10")
# Linux's numbers; Python names them from 3.13 on.
_F_ADD_SEALS, _ALL_SEALS = 1033, 0x0F


def message_id(event: str) -> str:
    """Return the 32 hexadecimal digits by which the journal knows this kind of event."""
    return uuid.uuid5(_EVENTS, event).hex


def prefixed(level: str, text: str) -> str:
    """Return text for a stderr that the journal reads: each line with its priority."""
    mark = f"<{_PRIORITIES.get(level, 6)}>"
    return "\n".join(f"{mark}{line}" for line in text.splitlines())


def datagram(fields: Iterable[tuple[str, str]]) -> bytes:
    """Return fields in the protocol's form; a value with a line break goes with its length before it."""
    parts = []
    for name, value in fields:
        raw = value.encode("utf-8", errors="replace")
        if b"\n" in raw:
            parts.append(name.encode() + b"\n" + struct.pack("<Q", len(raw)) + raw + b"\n")
        else:
            parts.append(name.encode() + b"=" + raw + b"\n")
    return b"".join(parts)


class Journal:
    """Takes events down in the journal; one that it will not take goes to stderr, which it reads too."""

    def __init__(self, path: Path = SOCKET) -> None:
        self._path = str(path)
        self._text = structlog.processors.LogfmtRenderer(key_order=["event"], bool_as_flag=False)

    def render(
        self, logger: Any, method: str, event: MutableMapping[str, Any]
    ) -> tuple[tuple[str, str, list[tuple[str, str]]], Mapping[str, object]]:
        """Make the arguments of :meth:`msg` out of an event: structlog's last step."""
        level = event.pop("level")
        name = str(event["event"])
        fields = [
            ("PRIORITY", str(_PRIORITIES.get(level, 6))),
            ("SYSLOG_IDENTIFIER", IDENTIFIER),
            ("MESSAGE_ID", message_id(name)),
            *((f"REMINDERD_{field.upper()}", str(value)) for field, value in event.items()),
        ]
        # In words first: who reads `journalctl` sees the event, not "event=".
        said = str(self._text(logger, method, dict(event))).removeprefix("event=")
        return (level, said, fields), {}

    def msg(self, level: str, said: str, fields: Iterable[tuple[str, str]]) -> None:
        """Take one event down."""
        kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC
        try:
            with socket.socket(socket.AF_UNIX, kind) as line:
                self._send(line, datagram([("MESSAGE", said), *fields]))
        except OSError:  # journald restarts, or is not there: its other end is stderr
            sys.stderr.write(prefixed(level, said) + "\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = exception = msg

    def _send(self, line: socket.socket, raw: bytes) -> None:
        try:
            line.sendto(raw, self._path)
        except OSError as error:
            if error.errno not in _TOO_LONG:
                raise
        else:
            return
        handle = os.memfd_create("reminderd-event", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.write(handle, raw)
            fcntl.fcntl(handle, _F_ADD_SEALS, _ALL_SEALS)
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", handle))]
            line.sendmsg([], ancillary, 0, self._path)
        finally:
            os.close(handle)
