"""The clock is set: by hours it is lived with; by more than a day nothing is done until the data agrees.

Fault 33 of the matrix, and 32 for the two nights on which the clocks change.
"""

import asyncio
import itertools
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
import time_machine

from reminderd import logs
from reminderd.clock import SystemClock
from reminderd.domain.brakes import Limits
from reminderd.domain.clockwork import Reading, contradicted, suspicion
from reminderd.domain.outcomes import Deferred
from reminderd.domain.workdays import COPENHAGEN, at, civil_day
from reminderd.engine.embedded import EmbeddedEngine
from reminderd.testing.transport import RecordingTransport
from tests.casework import POLICY
from tests.installation import Installation, courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning

MONDAY = date(2026, 5, 11)
TUESDAY = MONDAY + timedelta(days=1)
DAY = timedelta(hours=24)
OLDEST = timedelta(hours=26)


@pytest.fixture
def corridor(make_corridor: MakeCorridor) -> Corridor:
    """One course that is told about on Monday, one on Tuesday; the data is that of the same night."""
    made = make_corridor(courses(date(2026, 1, 5), date(2026, 1, 6)), MONDAY)
    made.limits = Limits(max_lost_percent=100)
    made.transport = RecordingTransport()
    data_of(made, MONDAY)
    return made


def data_of(corridor: Corridor, day: date) -> None:
    data = corridor.source.data
    corridor.source.data = replace(data, meta=replace(data.meta, data_pr=datetime.combine(day, time(6))))


async def test_clock_set_by_two_hours_and_back_is_said_and_sends_nothing_twice(
    corridor: Corridor, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up(environ={})
    async with corridor.pipeline() as pipeline:
        assert 1 == (await pipeline.run()).sent
        for hours in (2, -2, -2):
            corridor.clock.set_to(corridor.clock.now() + timedelta(hours=hours))
            report = await pipeline.run()
            assert (0, None) == (report.sent, report.clock_doubt)
        said = [line for line in capsys.readouterr().err.splitlines() if "event=clock" in line]
        assert ["by_s=7200", "by_s=-7200", "by_s=-7200"] == [line.split()[-1] for line in said]
        corridor.clock.set_to(corridor.clock.now() + timedelta(minutes=14))
        await pipeline.run()
    assert "event=clock" not in capsys.readouterr().err
    assert ["sent"] == corridor.states()


@pytest.mark.parametrize("years", [10, -1], ids=["ten-years-ahead", "a-year-back"])
async def test_clock_set_by_years_holds_everything_until_the_data_agrees(
    corridor: Corridor, years: int, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up(environ={})
    corridor.transport = RecordingTransport([Deferred("greylisted", 451)])
    async with corridor.pipeline() as pipeline:
        await pipeline.run()
        right = corridor.clock.now()
        corridor.clock.set_to(right + timedelta(days=365 * years))
        for _ in range(3):
            report = await pipeline.run()
            assert report.clock_doubt is not None
            assert report.clock_doubt.startswith(f"the clock was set {'forward' if years > 0 else 'back'} by")
            assert (0, 0, 0) == (report.sent, report.lapsed, report.withdrawn)
            corridor.clock.move_to(corridor.clock.now() + timedelta(minutes=1))
        assert ["deferred"] == corridor.states()
        corridor.clock.set_to(right + timedelta(minutes=3))
        report = await pipeline.run()
        assert (1, None) == (report.sent, report.clock_doubt)
    said = capsys.readouterr().err
    assert (1, 1) == (said.count("event=clock_in_doubt"), said.count("event=clock_agrees"))


def test_clock_far_ahead_purges_no_text(tmp_path: Path) -> None:
    made = Installation.make(tmp_path, courses(date(2026, 1, 5)), {"url": f"eml:{tmp_path / 'mails'}"})
    made.config.write_text(made.config.read_text(encoding="utf-8").replace("87600", "26"), encoding="utf-8")
    made.morning_data(MONDAY)
    assert 1 == made.run_here(morning(MONDAY)).sent
    assert made.run_here(morning(MONDAY + timedelta(days=365))).clock_doubt is not None
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        assert (1,) == connection.execute("SELECT count(raw) FROM message").fetchone()
    said = made.run("run", "--once", now=morning(MONDAY + timedelta(days=365)))
    assert (1, True) == (said.returncode, "the clock is in doubt, and nothing was done" in said.stdout)


async def test_a_start_after_two_weeks_goes_on_at_once_with_fresh_data_and_waits_with_old(
    corridor: Corridor,
) -> None:
    await corridor.run()
    later = morning(MONDAY + timedelta(days=15))
    held = await corridor.run(later)
    assert held.clock_doubt == (
        "the last run was 360 hours ago by the clock, and the case source's data would be 362 hours old"
    )
    assert 1 == len(corridor.entries())
    data_of(corridor, MONDAY + timedelta(days=15))
    went_on = await corridor.run(later)
    assert (None, 2) == (went_on.clock_doubt, len(corridor.entries()))


async def test_a_machine_that_starts_in_1970_does_nothing_until_it_knows_the_time(corridor: Corridor) -> None:
    await corridor.run()
    started = await corridor.run(datetime(1970, 1, 1, 0, 1, tzinfo=UTC))
    assert started.clock_doubt is not None
    assert "from now by the clock" in started.clock_doubt
    assert ["sent"] == corridor.states()


async def test_a_rest_that_a_clock_ahead_wrote_is_no_longer_than_an_hour(corridor: Corridor) -> None:
    corridor.transport = RecordingTransport([Deferred("greylisted", 451)])
    ahead = morning(MONDAY, 20)
    await corridor.run(ahead)
    assert ["deferred"] == corridor.states()
    back = await corridor.run(ahead - timedelta(hours=11))
    assert 1 == back.sent


@pytest.mark.parametrize(
    ("before", "wall", "elapsed", "previous", "suspected"),
    [
        (0, DAY, 86_400, None, False),  # a day has passed
        (0, DAY, 0, None, False),
        (0, DAY + timedelta(seconds=1), 0, None, True),
        (0, -DAY - timedelta(seconds=1), 0, None, True),
        (None, DAY, 0, 0, False),
        (None, 2 * DAY, 0, 0, True),
        (None, -2 * DAY, 0, 0, True),
        (None, 2 * DAY, 0, None, False),  # a first start
    ],
)
def test_a_clock_is_suspected_from_more_than_a_day_on(
    before: int | None, wall: timedelta, elapsed: int, previous: int | None, *, suspected: bool
) -> None:
    noon = morning(MONDAY, 12)
    first = None if before is None else Reading(noon, 0.0)
    found = suspicion(first, Reading(noon + wall, elapsed), None if previous is None else noon)
    assert suspected == (found is not None)


def test_the_data_s_own_time_decides_in_both_directions() -> None:
    noon = morning(MONDAY, 12)
    assert [None, None] == [contradicted(noon, noon + off, OLDEST) for off in (-OLDEST, OLDEST)]
    second = timedelta(seconds=1)
    assert None not in [contradicted(noon, noon + off, OLDEST) for off in (-OLDEST - second, OLDEST + second)]
    assert contradicted(noon, noon + DAY, timedelta(hours=1)) is None


async def test_a_clock_set_back_does_not_keep_the_metronome_waiting(corridor: Corridor) -> None:
    stopping = asyncio.Event()
    looks: list[str] = []
    with time_machine.travel(morning(MONDAY), tick=True) as traveller:

        def looked(state: str) -> None:
            looks.append(state)
            if len(looks) == 2:
                traveller.move_to(morning(MONDAY) - timedelta(hours=3))
            if len(looks) == 4:
                stopping.set()

        async with corridor.pipeline() as pipeline, asyncio.timeout(60):
            await EmbeddedEngine(pipeline, SystemClock(), tick_seconds=1, on_state=looked).serve(stopping)
    assert 4 == len(looks)
    assert ["sent"] == corridor.states()


NIGHTS = [date(2026, 3, 29), date(2026, 10, 25)]


@pytest.mark.parametrize("night", NIGHTS, ids=["gap", "repeat"])
def test_each_hour_of_sending_in_the_nights_of_the_clock_change_comes_exactly_once(night: date) -> None:
    """Every minute from one until four as the hour of sending, looked at in every minute of the night."""
    start = datetime.combine(night - timedelta(days=1), time(22), UTC)
    minutes = [start + timedelta(minutes=number) for number in range(7 * 60)]
    tonight = [minute for minute in minutes if civil_day(minute) == night]
    for number in range(60, 240):
        hour = time(number // 60, number % 60)
        opens = at(night, hour)
        seen = [minute >= opens for minute in tonight]
        assert (False, True) == (seen[0], seen[-1])
        assert 1 == sum(not before and after for before, after in itertools.pairwise(seen))
        first = tonight[seen.index(True)].astimezone(COPENHAGEN)
        inside_the_gap = night == NIGHTS[0] and hour.hour == 2
        expected = time(3, hour.minute) if inside_the_gap else hour
        assert (expected, 0) == (first.time(), first.fold)


def test_the_policy_opens_by_that_very_rule() -> None:
    early = replace(POLICY, send_time=time(2, 30))
    opens = at(MONDAY, time(2, 30))
    assert [False, True] == [
        early.open_for_sending(opens - timedelta(seconds=1)),
        early.open_for_sending(opens),
    ]
