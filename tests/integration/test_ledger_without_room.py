"""A disk that fills up in the middle of a run: what is not written is not sent, and nothing twice (row 5)."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from reminderd.delivery.transport import Envelope
from reminderd.domain.outcomes import Outcome, Sent
from reminderd.errors import LedgerFullError
from reminderd.testing.transport import RecordingTransport
from tests.installation import courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning

MAILS = 30
NOW = morning(date(2026, 5, 11))


class Disk:
    """The disk of a corridor's ledger, which a test fills and frees."""

    def __init__(self, engine: Any) -> None:
        self.full = False
        event.listen(engine, "begin", self._begin)

    def _begin(self, connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {1 if self.full else 1_000_000}")


@pytest.fixture
def corridor(make_corridor: MakeCorridor) -> Corridor:
    return make_corridor(courses(*[date(2026, 1, 5)] * MAILS))


async def test_row_5_a_disk_that_fills_up_stops_the_run_and_the_next_one_sends_the_rest(
    corridor: Corridor,
) -> None:
    disks: list[Disk] = []
    fills = True

    def fill_at_the_third(_envelope: Envelope) -> Outcome:
        disks[0].full = fills and len(transport.offered) >= 3
        return Sent(250, "taken")

    corridor.transport = transport = RecordingTransport(fill_at_the_third)
    async with corridor.pipeline() as pipeline:
        engine: Any = pipeline._ledger._engine  # type: ignore[attr-defined]
        disks.append(Disk(engine))
        with pytest.raises(LedgerFullError):
            await pipeline.run()
        taken = len(transport.taken)
        with pytest.raises(LedgerFullError):
            await pipeline.run()
        assert taken == len(transport.taken)
        disks[0].full, fills = False, False
        report = await pipeline.run()
    assert MAILS - taken == report.sent
    assert {"sent"} == set(corridor.states())
    assert MAILS == len({envelope.raw for envelope in transport.taken}) == len(transport.taken)


async def test_row_5_a_disk_that_is_full_while_mails_are_composed_holds_none_of_them(
    corridor: Corridor,
) -> None:
    async with corridor.pipeline() as pipeline:
        disk = Disk(pipeline._ledger._engine)  # type: ignore[attr-defined]
        await pipeline.run(deliver=False)
        disk.full = True
        with pytest.raises(LedgerFullError):
            await pipeline.run()
        assert {"queued"} == set(corridor.states())
        disk.full = False
        assert MAILS == (await pipeline.run()).sent
