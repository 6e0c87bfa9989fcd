"""What the metronome promises: it goes on, says what is away once, and ends between two messages.

The clock is the test's own; nothing waits for real time but one tick of a second, for its signal.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import structlog

from reminderd import logs
from reminderd.delivery.transport import Envelope
from reminderd.domain.outcomes import Deferred, Outcome
from reminderd.engine.embedded import EmbeddedEngine
from reminderd.errors import SourceContractError, SourceUnavailableError
from reminderd.pipeline import Pipeline, Report
from reminderd.testing.transport import TAKEN, RecordingTransport
from tests.casework import FORLOEB, snapshot
from tests.installation import courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning

# Long ago, so that a scheduler which looks at the real clock finds its first tick due.
MONDAY = date(2018, 5, 7)
START = date(2018, 1, 1)
EIGHT = morning(MONDAY)
AWAY = Deferred("the relay does not answer", whole_channel=True)
SOURCE_AWAY = SourceUnavailableError("the case database does not answer", where="source.url")

Said = Callable[[], list[str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[Said]:
    """Return what was logged since the last look: one event a line, without its time."""

    def lines() -> list[str]:
        return [line.partition(" ")[2] for line in capsys.readouterr().err.splitlines()]

    yield lines
    structlog.reset_defaults()


@pytest.fixture
def corridor(make_corridor: MakeCorridor) -> Corridor:
    return make_corridor(courses(START), MONDAY, transport=RecordingTransport())


def engine_of(pipeline: Pipeline, corridor: Corridor, states: list[str] | None = None) -> EmbeddedEngine:
    logs.set_up(environ={})  # here, because pytest gives each phase of a test a stderr of its own
    told = [] if states is None else states
    return EmbeddedEngine(pipeline, corridor.clock, tick_seconds=1, on_state=told.append)


def after(minutes: float) -> datetime:
    return EIGHT + timedelta(minutes=minutes)


async def test_a_tick_tells_how_things_stand(corridor: Corridor) -> None:
    states: list[str] = []
    async with corridor.pipeline() as pipeline:
        engine = engine_of(pipeline, corridor, states)
        await engine.tick()
        corridor.clock.move_to(after(1))
        await engine.tick()
    assert [
        "fine; 1 sent since start; last look 2018-05-07 06:00 UTC",
        "fine; 1 sent since start; last look 2018-05-07 06:01 UTC",
    ] == states


async def test_a_case_source_that_is_away_is_said_once_and_its_return_too(
    corridor: Corridor, said: Said
) -> None:
    corridor.source.trouble = SOURCE_AWAY
    async with corridor.pipeline() as pipeline:
        engine = engine_of(pipeline, corridor)
        await engine.tick()
        reason = "source.url: the case database does not answer"
        assert [f'level=error event=case_source_away reason="{reason}" retry_in_s=60'] == said()
        assert f"degraded, retrying; case_source away: {reason}" == engine.state()
        for minutes in (1, 3, 7):
            corridor.clock.move_to(after(minutes))
            await engine.tick()
        assert (4, []) == (corridor.source.readings, said())

        corridor.source.trouble = None
        corridor.clock.move_to(after(15))
        await engine.tick()
    assert "level=info event=case_source_back away_s=900 attempts=4" in said()
    assert engine.state().startswith("fine; 1 sent")


async def test_a_case_source_that_is_away_is_asked_after_growing_rests(corridor: Corridor) -> None:
    corridor.source.trouble = SOURCE_AWAY
    asked = []
    async with corridor.pipeline() as pipeline:
        engine = engine_of(pipeline, corridor)
        for minute in range(200):
            before = corridor.source.readings
            corridor.clock.move_to(after(minute))
            await engine.tick()
            if corridor.source.readings > before:
                asked.append(minute)
    assert [0, 1, 3, 7, 15, 31, 63, 123, 183] == asked


async def test_what_stays_away_is_summed_up_every_half_hour_and_its_end_is_said(
    corridor: Corridor, said: Said
) -> None:
    corridor.source.trouble = SOURCE_AWAY
    async with corridor.pipeline() as pipeline:
        engine = engine_of(pipeline, corridor)
        for minute in range(181):
            if minute == 180:
                corridor.source.trouble = None
            corridor.clock.move_to(after(minute))
            await engine.tick()
        corridor.clock.move_to(after(183))
        await engine.tick()
    events = [line.split()[1:] for line in said() if "case_source" in line]
    assert [
        ["event=case_source_away"],
        ["event=case_source_still_away", "away_s=1860", "attempts=6"],
        ["event=case_source_still_away", "away_s=3780", "attempts=7"],
        ["event=case_source_still_away", "away_s=7380", "attempts=8"],
        ["event=case_source_back", "away_s=10980", "attempts=8"],
    ] == [[word for word in line if word.startswith(("event", "away", "attempts"))] for line in events]


async def test_a_broken_contract_names_its_place_and_does_not_end_the_service(
    corridor: Corridor, said: Said
) -> None:
    corridor.source.trouble = SourceContractError("the column slut_dato is missing", where="rd_forloeb")
    async with corridor.pipeline() as pipeline:
        engine = engine_of(pipeline, corridor)
        await engine.tick()
        (line,) = said()
        assert "rd_forloeb" in line
        assert "slut_dato" in line
        corridor.source.trouble = None
        corridor.clock.move_to(after(1))
        await engine.tick()
    assert ["sent"] == corridor.states()


async def test_a_relay_that_is_away_is_said_once_and_its_return_too(corridor: Corridor, said: Said) -> None:
    corridor.transport = transport = RecordingTransport([AWAY, AWAY, AWAY])
    async with corridor.pipeline() as pipeline:
        engine = engine_of(pipeline, corridor)
        for minute in range(12):
            corridor.clock.move_to(after(minute))
            await engine.tick()
    assert 4 == len(transport.offered)
    events = [line for line in said() if "event=relay_" in line]
    assert [
        'level=error event=relay_away reason="the relay does not answer" retry_in_s=60',
        "level=info event=relay_back away_s=420 attempts=3",
    ] == events


async def test_while_the_relay_rests_cases_are_still_looked_at(corridor: Corridor) -> None:
    corridor.transport = RecordingTransport([AWAY])
    async with corridor.pipeline() as pipeline:
        engine = engine_of(pipeline, corridor)
        await engine.tick()
        corridor.source.data = snapshot(forloeb=[replace(FORLOEB, status="afsluttet")])
        corridor.clock.move_to(after(0.5))
        await engine.tick()
    assert ["withdrawn"] == corridor.states()


async def test_a_notice_held_before_it_reached_the_relay_does_not_bring_the_relay_back(
    corridor: Corridor,
) -> None:
    corridor.transport = RecordingTransport([AWAY])
    async with corridor.pipeline() as pipeline:
        engine = engine_of(pipeline, corridor)
        await engine.tick()
        engine._note_relay(Report(at=after(2), outcomes=Counter(held=1)), 120.0)
        assert "degraded, retrying; relay away: the relay does not answer" == engine.state()
        engine._note_relay(Report(at=after(2), offered=1, outcomes=Counter(sent=1)), 120.0)
        assert engine.state().startswith("fine")


async def test_a_mistake_in_a_run_is_said_without_its_text_and_the_next_tick_works(
    corridor: Corridor, said: Said
) -> None:
    corridor.source.trouble = RuntimeError("what a driver quotes")  # type: ignore[assignment]
    async with corridor.pipeline() as pipeline:
        engine = engine_of(pipeline, corridor)
        await engine.tick()
        (line,) = said()
        assert "event=run_failed" in line
        assert "error=RuntimeError at=corridor.py:" in line
        assert "driver" not in line
        corridor.source.trouble = None
        await engine.tick()
    assert ["sent"] == corridor.states()


async def test_the_service_looks_at_once_and_again_with_every_tick(corridor: Corridor) -> None:
    stopping = asyncio.Event()
    states: list[str] = []

    def note(state: str) -> None:
        states.append(state)
        if len(states) == 2:
            stopping.set()

    async with corridor.pipeline() as pipeline:
        engine = EmbeddedEngine(pipeline, corridor.clock, tick_seconds=1, on_state=note)
        async with asyncio.timeout(20):
            await engine.serve(stopping)
    assert 2 == corridor.source.readings
    assert ["sent"] == corridor.states()


async def test_a_stop_lets_the_message_in_hand_finish_and_leaves_the_rest_queued(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(courses(*[START] * 15), MONDAY)
    stopping = asyncio.Event()

    def stop(_envelope: Envelope) -> Outcome:
        stopping.set()
        return TAKEN

    corridor.transport = transport = RecordingTransport(stop)
    async with corridor.pipeline() as pipeline, asyncio.timeout(20):
        await engine_of(pipeline, corridor).serve(stopping)
    assert 1 == len(transport.taken)
    assert ["queued"] * 14 + ["sent"] == sorted(corridor.states())


async def test_a_service_that_is_stopped_before_it_began_does_nothing(corridor: Corridor) -> None:
    stopping = asyncio.Event()
    stopping.set()
    async with corridor.pipeline() as pipeline, asyncio.timeout(20):
        await engine_of(pipeline, corridor).serve(stopping)
    assert 0 == corridor.source.readings
