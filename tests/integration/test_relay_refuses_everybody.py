"""A relay that stops carrying our mail, or hangs up behind its greeting: nothing fails, and few lines open.

Rows 10, 12 and 14 over the real scripted relay.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest

from reminderd.delivery.open import open_transport
from reminderd.domain.cases import Snapshot
from reminderd.engine.embedded import EmbeddedEngine
from reminderd.testing.relay import Act, Drop, Reply, ScriptedRelay, Turn
from tests.casework import ANNE, on_case
from tests.installation import courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning

START = date(2026, 1, 5)
MONDAY = date(2026, 5, 11)
CLOSED = ("person1@kommune.example", "person2@kommune.example", "person3@kommune.example")
DENIED = Reply("RCPT", 554, "5.7.1 <somebody>: Relay access denied")


def people(*starts: date) -> Snapshot:
    """Return a course for each start, each with a caseworker of her own: person1, person2 ..."""
    made = courses(*starts)
    staff = {
        f"m{number}": replace(ANNE, medarbejder_id=f"m{number}", mail=f"person{number}@kommune.example")
        for number in range(1, len(starts) + 1)
    }
    roles = {
        f"f{number}": (on_case(f"m{number}", "sagsbehandler", forloeb_id=f"f{number}"),)
        for number in range(1, len(starts) + 1)
    }
    return replace(made, medarbejdere=staff, tilknytninger=roles, enheder={})


@asynccontextmanager
async def service(corridor: Corridor, relay: ScriptedRelay) -> AsyncIterator[EmbeddedEngine]:
    """Let one process look again and again."""
    corridor.transport = open_transport(relay.url, tls="none", timeout=10)
    async with corridor.pipeline() as pipeline:
        yield EmbeddedEngine(pipeline, corridor.clock, tick_seconds=60, on_state=list)


async def look(corridor: Corridor, engine: EmbeddedEngine, *minutes: int) -> None:
    """Look at these minutes of an hour that begins now."""
    begun = corridor.clock.now()
    for minute in minutes:
        corridor.clock.move_to(begun + timedelta(minutes=minute))
        await engine.tick()


def answers(act: Act) -> ScriptedRelay:
    return ScriptedRelay(lambda turn: act if turn.step == act.at else None)


@pytest.mark.parametrize(
    "act",
    [
        Drop("MAIL"),
        Drop("DATA"),
        Reply("RCPT", 421, "4.3.2 shutting down"),
        Reply("MAIL", 452, "4.3.1 queue full"),
    ],
    ids=str,
)
async def test_row_10_an_outage_behind_the_greeting_costs_a_few_connections_whatever_is_due(
    make_corridor: MakeCorridor, act: Act
) -> None:
    corridor = make_corridor(courses(*[START] * 30))
    with answers(act) as relay:
        report = await corridor.run_against(relay)
        assert relay.connections <= 3
    assert report.relay_trouble is not None
    assert {"deferred": 3} == dict(report.outcomes)
    with ScriptedRelay() as relay:
        await corridor.run_against(relay, morning(MONDAY, 9))
        assert 30 == len(relay.messages)


async def test_row_10_the_lines_of_such_an_outage_are_bounded_all_day_and_it_is_said_once(
    make_corridor: MakeCorridor, capfd: pytest.CaptureFixture[str]
) -> None:
    corridor = make_corridor(courses(*[START] * 30))
    with answers(Drop("MAIL")) as relay:
        async with service(corridor, relay) as engine:
            await look(corridor, engine, 0, 2, 5, 10, 11, 19, 20, 36, 37)
        assert 3 + 5 == relay.connections
    said = capfd.readouterr()
    assert 1 == (said.out + said.err).count("relay_away")


async def test_row_14_a_relay_that_refuses_to_carry_our_mail_fails_nobody(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(people(*[START] * 12))
    denied = True

    def script(turn: Turn) -> Act | None:
        return DENIED if denied and turn.step == "RCPT" else None

    with ScriptedRelay(script) as relay:
        async with service(corridor, relay) as engine:
            await look(corridor, engine, 0, 2, 5, 10, 19, 36)
            assert "Relay access denied" in str(engine.troubles["relay"])
            assert {"queued", "deferred"} == set(corridor.states())
            assert 3 + 5 == relay.verbs.count("RCPT")
            denied = False
            await look(corridor, engine, 60, 120)
            assert engine.troubles["relay"] is None
        assert 12 == len(relay.messages)
    assert {"sent"} == set(corridor.states())


async def test_row_14_mailboxes_that_are_closed_to_us_hold_up_nobody_and_fail_in_the_end(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(people(*[START] * 8))

    def script(turn: Turn) -> Act | None:
        closed = turn.recipient in CLOSED
        return Reply("RCPT", 550, "5.7.133 sender not authorised") if closed and turn.step == "RCPT" else None

    with ScriptedRelay(script) as relay:
        async with service(corridor, relay) as engine:
            await look(corridor, engine, 0, 2)
            assert 5 == len(relay.messages)
            await look(corridor, engine, 10, 20, 40)
    assert Counter(sent=5, failed=3) == Counter(corridor.states())
    assert set(CLOSED) == {entry.recipient_mail for entry in corridor.entries() if entry.state == "failed"}


async def test_row_14_a_full_mailbox_at_rcpt_is_no_mail_that_is_too_big(make_corridor: MakeCorridor) -> None:
    corridor = make_corridor(people(START, START))
    with ScriptedRelay([Reply("RCPT", 552, "Mailbox full")]) as relay:
        report = await corridor.run_against(relay)
    assert {"failed": 1, "sent": 1} == dict(report.outcomes)
    assert 0 == report.replaced
