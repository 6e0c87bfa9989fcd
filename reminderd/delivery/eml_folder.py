"""A folder as a relay, for rehearsals: every message becomes a file that a mail program opens.

A file is whole or not there, readable by its owner only, and the same message written again leaves
the same bytes. The folder cannot refuse a recipient; a disk that cannot is Deferred for everybody.
"""

import asyncio
import contextlib
import hashlib
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from pathlib import Path

from reminderd.delivery.transport import BeforeData, Envelope, Session
from reminderd.domain.outcomes import Deferred, Outcome, Protection, Sent
from reminderd.errors import RelayUnavailableError

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST_STEM = 150
_WRITTEN = 250


class EmlFolder:
    """Writes ``NAME.eml``, and ``NAME.ics`` beside it where the message carries a calendar part."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Open a session; see :class:`~reminderd.delivery.transport.Transport`."""
        yield _EmlSession(self.folder)

    async def probe(self) -> None:
        """Write a file and remove it again; raises RelayUnavailableError."""
        try:
            await asyncio.to_thread(_try_out, self.folder)
        except OSError as exc:
            cure = "create the folder, or let the user that reminderd runs as write to it"
            raise RelayUnavailableError(_trouble(self.folder, exc), where="relay.url", cure=cure) from exc


class _EmlSession:
    protection: Protection | None = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, envelope: Envelope, before_data: BeforeData) -> Outcome:
        try:
            await asyncio.to_thread(_make_folder, self._folder)
        except OSError as exc:
            return Deferred(_trouble(self._folder, exc), whole_channel=True)
        await before_data()
        name = file_stem(envelope.envelope_id)
        try:
            # fsync takes as long as the disk likes; the event loop is not held up for it
            await asyncio.to_thread(_write_message, self._folder, name, envelope.raw)
        except OSError as exc:
            return Deferred(_trouble(self._folder, exc), whole_channel=True)
        return Sent(_WRITTEN, f"written to {name}.eml")


def file_stem(envelope_id: str) -> str:
    """Return the file name without its ending: the identifier itself where it is safe as one.

    Otherwise its unsafe characters are replaced and a digest keeps it apart from its likes.
    """
    stem = _UNSAFE.sub("_", envelope_id).lstrip(".")[:_LONGEST_STEM]
    if stem and stem == envelope_id:
        return stem
    return f"{stem}-{hashlib.sha256(envelope_id.encode()).hexdigest()[:16]}"


def calendar_part(raw: bytes) -> bytes | None:
    """Return the first text/calendar part of a message, decoded, or None."""
    for part in message_from_bytes(raw).walk():
        if part.get_content_type() == "text/calendar":
            content = part.get_payload(decode=True)
            return content if isinstance(content, bytes) else None
    return None


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _write_message(folder: Path, name: str, raw: bytes) -> None:
    invite = calendar_part(raw)
    if invite is not None:
        _write_whole(folder / f"{name}.ics", invite)
    _write_whole(folder / f"{name}.eml", raw)  # last: an .eml says that everything is there
    _sync_folder(folder)


def _write_whole(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.part")
    try:
        with open(draft, "wb", opener=_private) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _try_out(folder: Path) -> None:
    _make_folder(folder)
    trial = folder / ".reminderd-probe"
    _write_whole(trial, b"")
    trial.unlink()


def _trouble(folder: Path, exc: OSError) -> str:
    return f"cannot write to {folder}: {exc.strerror or type(exc).__name__}"
