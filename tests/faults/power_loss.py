"""What a disk may hold after the power went: what was flushed, and any part of what was not.

The unmodified command is watched by strace. Every write to the ledger's files, every completed flush and
every byte to the relay is in the record, in order; so for any moment the images that a power cut could
leave can be laid out, and held against what the relay may have taken by then. (A virtual file system
inside SQLite would need another driver than the one that serves; this watches the one that does.)
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

from tests.installation import Installation, bare_environment

SECTOR = 512
"""A disk writes as much as this in one piece, or nothing of it."""

_CALL = re.compile(
    r"^(?P<pid>\d+) +(?P<call>pwrite64|ftruncate|fdatasync|fsync|sendto|unlink)\((?P<rest>.*)$"
)
_RESUMED = re.compile(r"^(?P<pid>\d+) +<\.\.\. (?P<call>fdatasync|fsync) resumed>\) += 0")
_FILE = re.compile(r"^\d+<(?P<path>[^>]*)>")
_WRITE = re.compile(
    r'^\d+<(?P<path>[^>]*)>, "(?P<data>(?:\\x[0-9a-f]{2})*)", (?P<size>\d+)(?:, (?P<at>\d+))?'
)
_TAKEN_AWAY = 0.5
_GO = b"\r\nDATA\r\n"
_END_OF_TEXT = b"\r\n.\r\n"


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes written to a file, not yet known to be on the disk."""

    file: str
    at: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """A file made as long as this."""

    file: str
    size: int


@dataclass(frozen=True, slots=True)
class Gone:
    """A file taken out of its folder; on the disk only once the folder is flushed."""

    file: str


@dataclass(frozen=True, slots=True)
class Flushed:
    """A flush that came back: all that was written to this file, or taken out of this folder, is so."""

    file: str


@dataclass(frozen=True, slots=True)
class Told:
    """A text whose last dot has been handed to the kernel: from here on the relay may have taken it."""

    text: bytes


Event = Written | Cut | Gone | Flushed | Told


def watch(installation: Installation, now: datetime, log: Path) -> list[Event]:
    """Run the command once and return what it wrote, flushed and told, in order."""
    calls = "trace=pwrite64,ftruncate,unlink,fdatasync,fsync,sendto"
    command = ["strace", "-f", "-qq", "-y", "-xx", "-s", "1000000", "-o", str(log), "-e", calls]
    subprocess.run(
        [*command, *installation.arguments("run", "--once", now=now)],
        cwd=installation.folder,
        env=bare_environment(),
        capture_output=True,
        timeout=120,
        check=True,
    )
    return list(_events(log.read_text()))


def _events(log: str) -> Iterator[Event]:
    flushing: dict[str, str] = {}
    said: dict[str, bytes] = {}
    for line in log.splitlines():
        if resumed := _RESUMED.match(line):
            yield Flushed(flushing.pop(resumed["pid"]))
        elif call := _CALL.match(line):
            yield from _event(call["pid"], call["call"], call["rest"], flushing, said)


def _event(
    pid: str, call: str, rest: str, flushing: dict[str, str], said: dict[str, bytes]
) -> Iterator[Event]:
    if call in ("fdatasync", "fsync"):
        file = _name(rest)
        if rest.rstrip().endswith("= 0"):
            yield Flushed(file)
        else:
            flushing[pid] = file
    elif call == "ftruncate":
        size = rest.partition(", ")[2].partition(")")[0]
        yield Cut(_name(rest), int(size))
    elif call == "unlink":
        yield Gone(_plain(rest.partition('"')[2].partition('"')[0]))
    elif write := _WRITE.match(rest):
        data = bytes.fromhex(write["data"].replace("\\x", ""))
        if call == "pwrite64":
            yield Written(_name(rest), int(write["at"]), data)
        else:
            line = said.get(write["path"], b"") + data
            *texts, said[write["path"]] = line.split(_END_OF_TEXT)
            yield from (Told(text.partition(_GO)[2] + _END_OF_TEXT) for text in texts)


def _name(rest: str) -> str:
    found = _FILE.match(rest)
    return "" if found is None else _plain(found["path"])


def _plain(path: str) -> str:
    return Path(bytes.fromhex(path.replace("\\x", "")).decode()).name


@dataclass
class _File:
    durable: bytearray = field(default_factory=bytearray)
    exists: bool = False
    pending: list[Written | Cut] = field(default_factory=list)
    going: bool = False


class Disk:
    """What of the ledger's files is surely on the disk, and what is not yet.

    ``before`` holds the files as they were when the command began.
    """

    def __init__(self, before: Path) -> None:
        self._files = {
            path.name: _File(bytearray(path.read_bytes()), exists=True) for path in before.iterdir()
        }

    def take(self, event: Event) -> None:
        """Note one event."""
        match event:
            case Gone(name):
                self._file(name).going = True
            case Flushed(name) if name in self._files:
                _settle(self._files[name])
            case Flushed():  # of the folder: what was taken out of it is gone for good
                self._files = {name: file for name, file in self._files.items() if not file.going}
            case Written() | Cut():
                file = self._file(event.file)
                if file.going:  # it was taken away and made again
                    file = self._files[event.file] = _File()
                file.pending.append(event)
            case Told():
                pass

    def lay_out(self, folder: Path, chance: Random) -> None:
        """Write what a power cut may leave now."""
        for name, file in self._files.items():
            if not name.startswith("ledger.db") or name.endswith("-shm"):
                continue
            _lose_some(file, chance)
            if file.exists and not (file.going and chance.random() < _TAKEN_AWAY):
                (folder / name).write_bytes(file.durable)

    def _file(self, name: str) -> _File:
        return self._files.setdefault(name, _File())


def image(events: list[Event], until: int, chance: Random, folder: Path, before: Path) -> list[bytes]:
    """Lay out what a power cut after ``until`` events may leave; returns the texts told by then."""
    disk = Disk(before)
    for event in events[:until]:
        disk.take(event)
    disk.lay_out(folder, chance)
    return [event.text for event in events[:until] if isinstance(event, Told)]


def _settle(file: _File) -> None:
    for change in file.pending:
        _apply(file.durable, change)
    file.pending.clear()
    file.exists = True


def _lose_some(file: _File, chance: Random) -> None:
    """Let any part of what was not flushed be on the disk, sector by sector."""
    share = chance.choice([0.0, 0.5, 0.9, 1.0])
    for change in file.pending:
        if isinstance(change, Cut):
            if chance.random() < share:
                _apply(file.durable, change)
                file.exists = True
            continue
        for start in range(0, len(change.data), SECTOR):
            if chance.random() < share:
                _apply(
                    file.durable, Written(change.file, change.at + start, change.data[start : start + SECTOR])
                )
                file.exists = True


def _apply(content: bytearray, change: Written | Cut) -> None:
    if isinstance(change, Cut):
        content[change.size :] = b""
        content.extend(bytes(change.size - len(content)))
        return
    content.extend(bytes(max(0, change.at - len(content))))
    content[change.at : change.at + len(change.data)] = change.data
