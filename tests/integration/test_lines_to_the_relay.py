"""Several lines to one relay: what ends one leaves nothing in doubt on another, and nothing goes twice."""

import asyncio
from datetime import date
from typing import Any

import pytest

from reminderd.delivery.transport import BeforeData, Envelope
from reminderd.domain.outcomes import Outcome, Sent
from reminderd.engine.embedded import EmbeddedEngine
from reminderd.errors import LedgerFullError
from reminderd.pipeline import Pipeline
from reminderd.testing.transport import RecordingTransport
from tests.installation import courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor
from tests.integration.test_ledger_without_room import Disk

MAILS = 30
START = date(2026, 1, 5)
TAKEN = Sent(250, "taken")


@pytest.fixture
def corridor(make_corridor: MakeCorridor) -> Corridor:
    """Thirty warnings are due, more than one line takes in hand, and two lines go to the relay."""
    return make_corridor(courses(*[START] * MAILS), connections=2, mails_per_line=15)


def disk_of(pipeline: Pipeline) -> Disk:
    engine: Any = pipeline._ledger._engine  # type: ignore[attr-defined]
    return Disk(engine)


class Relay(RecordingTransport):
    """Takes each message, and answers the first one only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.has_the_first, self.answers_the_first = asyncio.Event(), asyncio.Event()

    async def answer(self, envelope: Envelope, before_data: BeforeData) -> Outcome:
        self.offered.append(envelope)
        first = len(self.offered) == 1
        await before_data()
        self.taken.append(envelope)
        if first:
            self.has_the_first.set()
            await self.answers_the_first.wait()
        return TAKEN

    def twice(self) -> int:
        return len(self.taken) - len({envelope.envelope_id for envelope in self.taken})


async def test_an_error_on_one_line_lets_the_other_hear_what_became_of_its_message(
    corridor: Corridor, monkeypatch: pytest.MonkeyPatch
) -> None:
    corridor.transport = relay = Relay()
    async with corridor.pipeline() as pipeline:
        run = asyncio.create_task(pipeline.run())
        await relay.has_the_first.wait()
        with monkeypatch.context() as low:

            def check() -> None:
                asyncio.get_running_loop().call_soon(relay.answers_the_first.set)
                raise LedgerFullError("no room", where="here", cure="make room")

            low.setattr(pipeline._sender, "_check", check)
            with pytest.raises(LedgerFullError):
                await run
        await pipeline.run()
    assert (0, MAILS) == (relay.twice(), len(relay.taken))
    assert {"sent"} == set(corridor.states())


async def test_an_answer_that_was_heard_is_written_later_when_a_run_is_cut_off_and_the_disk_is_full(
    corridor: Corridor, monkeypatch: pytest.MonkeyPatch
) -> None:
    corridor.connections = 1
    corridor.transport = relay = Relay()
    tried = asyncio.Event()
    loop = asyncio.get_running_loop()

    def no_room(_works: object) -> list[object]:
        loop.call_soon_threadsafe(tried.set)
        raise LedgerFullError("no room", where="here", cure="make room")

    async with corridor.pipeline() as pipeline:
        run = asyncio.create_task(pipeline.run())
        await relay.has_the_first.wait()
        with monkeypatch.context() as full:
            full.setattr(pipeline._ledger, "write_all", no_room)
            relay.answers_the_first.set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)  # the answer is heard, and is being written
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run
            await tried.wait()
        await pipeline.run()
    assert (0, MAILS) == (relay.twice(), len(relay.taken))


async def test_a_reload_forgets_no_answer_that_could_not_be_written(corridor: Corridor) -> None:
    corridor.connections = 1
    corridor.transport = relay = Relay()
    async with corridor.pipeline() as pipeline:
        ledger: Any = pipeline._ledger
        disk = disk_of(pipeline)
        engine = EmbeddedEngine(pipeline, corridor.clock, tick_seconds=60, on_state=lambda _: None)
        tick = asyncio.create_task(engine.tick())
        await relay.has_the_first.wait()
        disk.full = True
        relay.answers_the_first.set()
        await tick
        disk.full = False
        await engine.adopt(corridor.pipeline_over(ledger), 60)
        await engine.tick()
        await engine.close()
    assert (0, MAILS) == (relay.twice(), len(relay.taken))
    assert {"sent"} == set(corridor.states())
