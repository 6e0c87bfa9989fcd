"""The unmodified command, struck at its N-th system call of a kind: killed, or told that the disk failed.

strace injects the fault; nothing in the program knows. What the relay took is then held against what an
undisturbed run sends.
"""

import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from reminderd.testing.relay import Received, ScriptedRelay
from tests.installation import Installation, bare_environment

CALLS = ("fdatasync", "pwrite64", "sendto", "recvfrom", "connect")
"""Where a mail changes hands: the disk is flushed, written, the relay is told, heard, called."""

KILL = "signal=KILL"
_SECONDS = 120
_FINAL = {"sent", "lapsed", "withdrawn"}

Stage = Callable[[Path, ScriptedRelay], tuple[Installation, datetime]]
"""Prepares an installation in a folder; returns it with the instant of the run that is struck."""


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault at the N-th call of a kind in a thread; ``ever_after`` leaves it broken from there on."""

    call: str
    number: int
    fault: str = KILL
    ever_after: bool = False

    def __str__(self) -> str:
        return f"{self.fault} at {self.call} {self.number}{'+' if self.ever_after else ''}"

    def strace(self, log: Path) -> list[str]:
        """Return the command that runs another one under this fault."""
        when = f"{self.number}+" if self.ever_after else str(self.number)
        inject = f"inject={self.call}:{self.fault}:when={when}"
        trace = ("-e", f"trace={self.call}", "-e", inject)
        return ["strace", "-f", "-qq", "-o", str(log), *trace]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a struck run and the runs after it came to; ``struck`` is False where N was never reached."""

    struck: bool
    status: int
    faults: tuple[str, ...]
    copies: int


@cache
def control(stage: Stage) -> Counter[tuple[str, str]]:
    """Return what an undisturbed run sends: how often each (mailbox, subject)."""
    with TemporaryDirectory() as folder, ScriptedRelay() as relay:
        installation, now = stage(Path(folder), relay)
        before = len(relay.messages)
        assert 0 == installation.run("run", "--once", now=now, seconds=_SECONDS).returncode
        return _what(relay.messages[before:])


def strike(
    stage: Stage, folder: Path, strikes: Sequence[Strike], expected: Counter[tuple[str, str]]
) -> Outcome:
    """Run once under each strike in turn, then undisturbed, and judge by what the relay took."""
    folder.mkdir()
    with ScriptedRelay() as relay:
        installation, now = stage(folder, relay)
        before = len(relay.messages)
        struck, status = False, 0
        for each in strikes:
            log = folder / "strace.log"
            done = subprocess.run(
                [*each.strace(log), *installation.arguments("run", "--once", now=now)],
                cwd=folder,
                env=bare_environment(),
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
            status = done.returncode
            # strace dies of the signal that its child died of; errors it notes in its log.
            struck = struck or status == -signal.SIGKILL or "INJECTED" in log.read_text()
        for _ in range(3):  # an entry in doubt rests for a while before it is offered again
            installation.run_here(now)
            now = now.replace(hour=now.hour + 1)
        messages = relay.messages[before:]
        return Outcome(struck, status, tuple(_faults(messages, installation, expected)), _copies(messages))


def _what(messages: Sequence[Received]) -> Counter[tuple[str, str]]:
    """Count the messages by what they are; copies of one count once."""
    found = {}
    for message in messages:
        mail = message_from_bytes(message.raw)
        found[mail["Message-ID"]] = (message.rcpt_to[0], str(mail["Subject"]))
    return Counter(found.values())


def _copies(messages: Sequence[Received]) -> int:
    return len(messages) - len({message_from_bytes(message.raw)["Message-ID"] for message in messages})


def _faults(
    messages: Sequence[Received], installation: Installation, expected: Counter[tuple[str, str]]
) -> list[str]:
    faults = []
    told = _what(messages)
    if told != expected:
        faults.append(f"lost {expected - told}, too many {told - expected}")
    texts: dict[str, bytes] = {}
    for message in messages:
        name = message_from_bytes(message.raw)["Message-ID"]
        if texts.setdefault(name, message.raw) != message.raw:
            faults.append(f"{name} came again with other bytes")
    if open_still := set(installation.states()) - _FINAL:
        faults.append(f"did not settle: {open_still}")
    return faults
