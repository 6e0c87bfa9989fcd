"""Nothing is sent on the strength of a case that was read more than a minute ago (G4, rows 22 and 27)."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from reminderd.delivery.transport import Envelope
from reminderd.domain.cases import Snapshot
from reminderd.domain.outcomes import Outcome, Sent
from reminderd.errors import SourceUnavailableError
from reminderd.testing.transport import RecordingTransport
from tests.installation import courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor

MAILS = 15
DAY = date(2026, 5, 11)
TAKEN = Sent(250, "taken")


@pytest.fixture
def corridor(make_corridor: MakeCorridor) -> Corridor:
    """Fifteen warnings are due, and every message is one reading old."""
    made = make_corridor(courses(*[date(2026, 1, 5)] * MAILS))
    made.fresh_for = 0.0
    return made


def closed(data: Snapshot) -> Snapshot:
    over = {"status": "afsluttet", "slut_dato": DAY - timedelta(days=1)}
    return replace(data, forloeb={key: replace(row, **over) for key, row in data.forloeb.items()})


async def test_row_27_a_case_that_is_closed_while_mail_goes_out_hears_nothing_more(
    corridor: Corridor,
) -> None:
    def close_at_the_third(_envelope: Envelope) -> Outcome:
        if len(transport.offered) == 3:
            corridor.source.data = closed(corridor.source.data)
        return TAKEN

    corridor.transport = transport = RecordingTransport(close_at_the_third)
    async with corridor.pipeline() as pipeline:
        await pipeline.run()
        assert (3, 3) == (len(transport.offered), corridor.states().count("sent"))
        assert [0] * 12 + [1] * 3 == sorted(entry.attempts for entry in corridor.entries())
        await pipeline.run()
    warned = [entry.state for entry in corridor.entries() if entry.rule == "course-limit-warning"]
    assert (3, 12) == (warned.count("sent"), warned.count("withdrawn"))


async def test_row_27_a_mailbox_that_changes_while_mail_goes_out_gets_the_rest_at_its_new_place(
    corridor: Corridor,
) -> None:
    def move_at_the_third(_envelope: Envelope) -> Outcome:
        if len(transport.offered) == 3:
            data = corridor.source.data
            people = {key: replace(row, mail="ny@kommune.example") for key, row in data.medarbejdere.items()}
            corridor.source.data = replace(data, medarbejdere=people)
        return TAKEN

    corridor.transport = transport = RecordingTransport(move_at_the_third)
    async with corridor.pipeline() as pipeline:
        await pipeline.run()
        assert 3 == len(transport.offered)
        await pipeline.run()
    warned = [entry for entry in corridor.entries() if entry.rule == "course-limit-warning"]
    assert ["sent"] * MAILS == [entry.state for entry in warned]
    # What the old mailbox's calendar was told is taken out of it; nothing else goes there any more.
    assert {"anne@kommune.example": 3, "ny@kommune.example": MAILS - 3} == Counter(
        entry.recipient_mail for entry in warned
    )


async def test_row_22_a_source_that_goes_away_while_mail_goes_out_lets_the_rest_wait(
    corridor: Corridor,
) -> None:
    def away_at_the_third(_envelope: Envelope) -> Outcome:
        if len(transport.offered) == 3:
            corridor.source.trouble = SourceUnavailableError("no connection", where="source.url")
        return TAKEN

    corridor.transport = transport = RecordingTransport(away_at_the_third)
    async with corridor.pipeline() as pipeline:
        report = await pipeline.run()
        assert ("source.url: no connection", 3) == (report.source_trouble, len(transport.offered))
        assert (12, 3) == (corridor.states().count("queued"), corridor.states().count("sent"))
        corridor.source.trouble = None
        report = await pipeline.run()
    assert (None, 12) == (report.source_trouble, report.sent)


async def test_a_run_that_is_over_within_the_minute_reads_once(corridor: Corridor) -> None:
    corridor.fresh_for = 45.0
    corridor.transport = RecordingTransport()
    assert MAILS == (await corridor.run()).sent
    assert 1 == corridor.source.readings


async def test_a_relay_that_is_slow_to_come_to_data_gets_nothing_on_an_old_reading(
    corridor: Corridor, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, late = asyncio.get_running_loop(), [0.0]
    now = loop.time
    monkeypatch.setattr(loop, "time", lambda: now() + late[0])

    def slow_at_the_third(_envelope: Envelope) -> Outcome:
        if len(transport.offered) == 3:
            late[0] += 61
        return TAKEN

    corridor.fresh_for = 45.0
    corridor.transport = transport = RecordingTransport(slow_at_the_third)
    async with corridor.pipeline() as pipeline:
        await pipeline.run()
        assert (MAILS, MAILS - 1) == (len(transport.offered), len(transport.taken))
        assert 2 == corridor.source.readings
        assert (1, [0]) == (
            corridor.states().count("queued"),
            [entry.attempts for entry in corridor.entries() if entry.state == "queued"],
        )
        await pipeline.run()
    assert {"sent"} == set(corridor.states())
