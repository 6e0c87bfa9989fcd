"""The door by which a command reaches the running service: one line in, one line of JSON out.

A UNIX socket in the service's runtime directory, for its own user and root. Chosen over a signal and
a status file, because whoever asks learns the answer to this very question, or that nobody is there.
"""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reminderd.errors import EXIT_FINE, NoPermissionError, ServiceUnavailableError

RUNTIME_FOLDER = Path("/run/reminderd")
_SECONDS_TO_ASK = 10
_LONGEST_ANSWER = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: an exit status, and lines that say it."""

    status: int
    lines: tuple[str, ...]

    @property
    def fine(self) -> bool:
        """Tell whether it was done."""
        return self.status == EXIT_FINE


def socket_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the door is: in systemd's RuntimeDirectory, which ExecReload's commands know too."""
    folder = environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(folder or RUNTIME_FOLDER) / "control"


@asynccontextmanager
async def door(path: Path, reload: Callable[[], Coroutine[Any, Any, Answer]]) -> AsyncIterator[None]:
    """Listen until the block is left; does nothing where the folder is missing (no systemd, a terminal)."""
    if not path.parent.is_dir():
        yield
        return
    asked: set[asyncio.Task[Answer]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(_SECONDS_TO_ASK):
                words = (await reader.readline()).split()
            if words[:1] == [b"reload"]:
                # A task of its own: who hangs up does not undo what was asked for.
                task = asyncio.create_task(reload())
                asked.add(task)
                task.add_done_callback(asked.discard)
                waits = b"wait" in words
                answer = await asyncio.shield(task) if waits else Answer(EXIT_FINE, ("asked to reload",))
                writer.write(json.dumps({"status": answer.status, "lines": answer.lines}).encode() + b"\n")
                await writer.drain()
        writer.close()

    with _bound(path) as line:
        async with await asyncio.start_unix_server(serve, sock=line):
            yield


@contextmanager
def _bound(path: Path) -> Iterator[socket.socket]:
    """Put the door where a killed process may have left its own."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.bind(str(path))
        path.chmod(0o600)
        try:
            yield line
        finally:
            path.unlink(missing_ok=True)


def ask(path: Path, words: str, seconds: float | None) -> Answer:
    """Ask the running service and return its answer.

    Raises ServiceUnavailableError where none answers, NoPermissionError where this user may not ask.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            line.settimeout(_SECONDS_TO_ASK)
            line.connect(str(path))
            line.sendall(words.encode() + b"\n")
            line.settimeout(seconds)
            with line.makefile("rb") as answers:
                said = json.loads(answers.readline(_LONGEST_ANSWER))
        except PermissionError as error:
            cure = "ask as root, or as the user that the service runs as"
            raise NoPermissionError(f"no permission: {error.strerror}", where=str(path), cure=cure) from error
        except (OSError, ValueError) as error:
            raise ServiceUnavailableError(
                "no running service answered", where=str(path), cure="look with: systemctl status reminderd"
            ) from error
    return Answer(said["status"], tuple(said["lines"]))
