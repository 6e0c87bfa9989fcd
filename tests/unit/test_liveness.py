"""The service lives while its work moves; what has hung, or died, is said by name within its limit."""

import asyncio

import pytest

from reminderd.domain.liveness import (
    BEAT_GRACE_S,
    READING_LIMIT_S,
    WORKING_LIMIT_S,
    Pulse,
    Waiting,
    stalled,
)
from reminderd.engine.progress import Progress

READING = Waiting("reading the case source", since=1000, limit=READING_LIMIT_S)
SENDING = Waiting("handing a message to the relay", since=1100, limit=390)


@pytest.mark.parametrize(
    ("pulse", "now"),
    [
        (Pulse(beat=1000, every=60, moved=None), 1000),
        (Pulse(beat=1000, every=60, moved=None), 1060 + BEAT_GRACE_S),
        (Pulse(beat=1000, every=3600, moved=None), 4600),
        (Pulse(beat=1000, every=60, moved=1000), 1000 + WORKING_LIMIT_S),
        (Pulse(beat=1000, every=60, moved=1000, waiting=(READING,)), 1000 + READING_LIMIT_S),
        (Pulse(beat=1000, every=60, moved=1000, waiting=(SENDING,)), 1100 + 390),
    ],
)
def test_it_lives_while_everything_is_within_its_limit(pulse: Pulse, now: float) -> None:
    assert stalled(pulse, now) is None


@pytest.mark.parametrize(
    ("pulse", "now", "said"),
    [
        (
            Pulse(beat=1000, every=60, moved=None),
            1061 + BEAT_GRACE_S,
            "the next look at the case source is 31 s late",
        ),
        (
            Pulse(beat=1000, every=60, moved=1000),
            1001 + WORKING_LIMIT_S,
            "the run in hand has not moved for 121 s",
        ),
        (
            Pulse(beat=1000, every=60, moved=1000, waiting=(READING,)),
            1001 + READING_LIMIT_S,
            "reading the case source has taken 601 s, and 600 s are the limit",
        ),
        (
            Pulse(beat=1000, every=60, moved=1490, waiting=(Waiting("a fresh one", 1490, 390), SENDING)),
            1491,
            "handing a message to the relay has taken 391 s, and 390 s are the limit",
        ),
    ],
)
def test_what_no_longer_moves_is_said_by_name(pulse: Pulse, now: float, said: str) -> None:
    assert said == stalled(pulse, now)


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_run_that_moves_lives_however_long_it_takes() -> None:
    clock = Seconds()
    progress = Progress(every=60, monotonic=clock)
    with progress.run():
        for _ in range(100):
            with progress.waiting("handing a message to the relay", 390):
                clock.now += 300
                assert progress.stalled is None
            clock.now += 60
            assert progress.stalled is None
        clock.now += WORKING_LIMIT_S
        assert progress.stalled is not None
    assert progress.stalled is None


def test_a_metronome_that_comes_by_and_finds_nothing_to_do_lives() -> None:
    clock = Seconds()
    progress = Progress(every=60, monotonic=clock)
    for _ in range(100):
        clock.now += 60
        progress.beat()
        assert progress.stalled is None
    clock.now += 60 + BEAT_GRACE_S + 1
    assert progress.stalled is not None


def test_what_was_waited_for_is_forgotten_also_where_it_failed() -> None:
    clock = Seconds()
    progress = Progress(every=60, monotonic=clock)
    with pytest.raises(RuntimeError), progress.waiting("reading the case source", 600):
        raise RuntimeError
    clock.now += 61
    assert progress.stalled is None


def test_only_a_good_reading_counts_as_one() -> None:
    clock = Seconds()
    heard: list[bool] = []
    progress = Progress(on_reading=heard.append, monotonic=clock)
    progress.read(good=False)
    assert progress.since_reading is None
    progress.read(good=True)
    clock.now += 7
    progress.read(good=False)
    assert 7 == progress.since_reading
    assert [False, True, False] == heard


async def bug() -> None:
    raise RuntimeError("nobody thought of this")


async def test_row_45_a_task_that_died_stalls_the_service_at_once_whatever_the_timers_say(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = Progress(every=3600)
    task = asyncio.create_task(bug(), name="the timekeeper")
    progress.guard(task)
    assert progress.stalled is None
    await asyncio.wait({task})
    assert "the timekeeper has ended, which should go on for as long as the service" == progress.stalled
    assert "task_died" in capsys.readouterr().out


async def test_a_task_that_is_cancelled_has_done_its_work() -> None:
    progress = Progress()
    task = asyncio.create_task(asyncio.Event().wait(), name="the timekeeper")
    progress.guard(task)
    task.cancel()
    await asyncio.wait({task})
    assert progress.stalled is None
