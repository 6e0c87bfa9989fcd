"""Struck at any system call that matters, the command loses nothing, and repeats nothing but as a copy.

In `make test` some points of each kind; with ``REMINDERD_EVERY_POINT=1`` (`make test-long`) every N until a
run goes through untouched. With ``--junitxml=FILE`` each test's numbers of points and copies stand there.
"""

import os
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.faults.crash_points import CALLS, Stage, Strike, control, strike
from tests.faults.scenarios import catch_up, first_run, update_and_cancel

EVERY_POINT = os.environ.get("REMINDERD_EVERY_POINT") == "1"
SCENARIOS = {"first run": first_run, "update and cancel": update_and_cancel}
# So far apart that a few points of each kind are struck.
_STRIDE = {"fdatasync": 6, "pwrite64": 41, "sendto": 9, "recvfrom": 23, "connect": 1}
_AGAIN = {"fdatasync": 3, "pwrite64": 11, "sendto": 5, "recvfrom": 13, "connect": 1}
"""Where the run that comes after a crash is struck too."""


Note = Callable[[str, object], None]


def test_strace_is_here() -> None:
    assert shutil.which("strace"), "these tests need strace: sudo apt-get install strace"


def walk(
    stage: Stage, folder: Path, call: str, fault: str, *, ever_after: bool = False, stride: int = 1
) -> tuple[int, int]:
    """Strike at one N after the other until a run is not struck; returns (points, copies).

    In the short form ``stride`` times as far apart as else.
    """
    expected = control(stage)
    points = copies = 0
    for number in count(1, 1 if EVERY_POINT else stride * _STRIDE[call]):
        blow = Strike(call, number, fault, ever_after)
        outcome = strike(stage, folder / str(number), [blow], expected)
        assert not outcome.faults, f"{blow}: {outcome.faults}"
        if not outcome.struck:
            break
        points += 1
        copies += outcome.copies
        shutil.rmtree(folder / str(number))
    assert points > 1, "hardly anything was struck: does strace still inject?"
    return points, copies


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_killed_at_any_call_it_loses_nothing_and_repeats_only_copies(
    scenario: str, call: str, tmp_path: Path, record_property: Note
) -> None:
    points, copies = walk(SCENARIOS[scenario], tmp_path, call, "signal=KILL")
    record_property("points", points)
    record_property("copies", copies)


@pytest.mark.parametrize("call", CALLS if EVERY_POINT else ["fdatasync", "recvfrom"])
def test_row_35_killed_while_it_catches_up_on_two_weeks_of_ten_thousand_cases_it_loses_nothing(
    call: str, tmp_path: Path, record_property: Note
) -> None:
    if EVERY_POINT:
        points, copies = walk(catch_up, tmp_path, call, "signal=KILL")
    else:
        expected = control(catch_up)
        outcome = strike(catch_up, tmp_path / "struck", [Strike(call, _AGAIN[call])], expected)
        assert not outcome.faults
        assert outcome.struck, "nothing was ever struck"
        points, copies = 1, outcome.copies
    record_property("points", points)
    record_property("copies", copies)


@pytest.mark.parametrize("call", CALLS)
def test_killed_again_while_it_recovers_it_loses_nothing(call: str, tmp_path: Path) -> None:
    expected = control(first_run)
    numbers = range(1, 60) if EVERY_POINT else (_AGAIN[call],)
    for number in numbers:
        blows = [Strike(call, number), Strike(call, number)]
        outcome = strike(first_run, tmp_path / str(number), blows, expected)
        assert not outcome.faults, f"twice {blows[0]}: {outcome.faults}"


@pytest.mark.parametrize("ever_after", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("call", ["fdatasync", "pwrite64"])
def test_a_disk_that_fails_costs_nothing(call: str, error: str, ever_after: bool, tmp_path: Path) -> None:
    walk(first_run, tmp_path, call, f"error={error}", ever_after=ever_after, stride=2)
