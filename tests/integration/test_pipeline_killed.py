"""Killed between any two mails, or after any dot, and run again: nothing lost, nothing twice but as a copy.

The installed command is a process of its own and dies by SIGKILL at a moment that the relay chooses.
"""

import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from pathlib import Path

import pytest

from reminderd.testing.relay import Act, Received, ScriptedRelay, Turn
from tests.installation import Installation, courses
from tests.integration.corridor import morning

MAILS = 4
NOW = morning(date(2026, 5, 11))


@dataclass
class Victim:
    """The process that a relay kills."""

    process: subprocess.Popen[str] | None = None

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def meet_its_end(self, installation: Installation) -> int:
        self.process = installation.start("run", "--once", now=NOW)
        self.process.communicate(timeout=60)
        return self.process.returncode


def installation_with(folder: Path, relay: ScriptedRelay) -> Installation:
    cases = courses(*[date(2026, 1, 5)] * MAILS)
    return Installation.make(folder, cases, {"url": relay.url, "tls": "none"})


def message_ids(relay: ScriptedRelay) -> Counter[str]:
    return Counter(message_from_bytes(message.raw)["Message-ID"] for message in relay.messages)


def killing_at_mail(number: int, victim: Victim) -> Callable[[Turn], Act | None]:
    def script(turn: Turn) -> Act | None:
        if turn.step == "MAIL" and turn.transaction == number and victim.process is not None:
            victim.kill()
        return None

    return script


@pytest.mark.parametrize("number", range(1, MAILS + 1))
def test_killed_between_two_mails_each_remaining_mail_goes_once_and_no_other(
    number: int, tmp_path: Path
) -> None:
    victim = Victim()
    with ScriptedRelay(killing_at_mail(number, victim)) as relay:
        installation = installation_with(tmp_path, relay)
        assert -signal.SIGKILL == victim.meet_its_end(installation)
        assert number - 1 == len(relay.messages)
        victim.process = None
        report = installation.run_here(NOW)
        assert MAILS - number + 1 == report.sent
        assert [1] * MAILS == list(message_ids(relay).values())
        assert 0 == installation.run_here(NOW).offered
    assert ["sent"] * MAILS == installation.states()


@pytest.mark.parametrize("number", range(1, MAILS + 1))
def test_killed_after_a_dot_the_one_second_copy_is_byte_identical(number: int, tmp_path: Path) -> None:
    victim = Victim()

    def kill_at(_message: Received) -> None:
        if len(relay.messages) == number and victim.process is not None:
            victim.kill()

    with ScriptedRelay(on_message=kill_at) as relay:
        installation = installation_with(tmp_path, relay)
        assert -signal.SIGKILL == victim.meet_its_end(installation)
        assert number == len(relay.messages)
        victim.process = None
        installation.run_here(NOW)
        assert MAILS + 1 == len(relay.messages)
        assert MAILS == len({message.raw for message in relay.messages})
        assert [1] * (MAILS - 1) + [2] == sorted(message_ids(relay).values())
        assert 0 == installation.run_here(NOW).offered
    assert ["sent"] * MAILS == installation.states()


def test_what_a_killed_process_left_is_told_at_the_next_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    victim = Victim()
    with ScriptedRelay(killing_at_mail(2, victim)) as relay:
        installation = installation_with(tmp_path, relay)
        victim.meet_its_end(installation)
        victim.process = None
        installation.run_here(NOW)
    assert "recovered" in capsys.readouterr().out
