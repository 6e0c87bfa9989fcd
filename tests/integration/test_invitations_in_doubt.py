"""Invitations in doubt: not told, perhaps told, waiting, or gone from the case source."""

from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import pytest

from reminderd.domain.cases import BelongsTo, Finding, Snapshot
from reminderd.domain.outcomes import Deferred, Failed, Unknown
from reminderd.domain.workdays import local
from reminderd.ledger import create_or_open
from reminderd.testing.transport import TAKEN
from tests.attendee import Attendee
from tests.casework import (
    ANNE,
    LEDER,
    VEJEN_FREM,
    on_case,
    snapshot,
)
from tests.integration.corridor import morning
from tests.integration.stories import (
    ANNES,
    BOS,
    COURSE,
    DAY,
    DINNER,
    THURSDAY,
    TOLD,
    WARNED,
    WARNS,
    Story,
    course,
    evening,
    told,
)


async def test_what_was_never_told_is_never_cancelled(story: Any) -> None:
    it = story(evening(), outcomes=[Failed("550 no such user", 550)])
    await it.on(TOLD)
    await it.on(TOLD + DAY, evening(status="aflyst"))
    assert 1 == len(it.transport.offered)


async def test_what_may_have_arrived_is_cancelled(story: Any) -> None:
    it = story(evening(), outcomes=[Unknown("line died after the dot")])
    await it.on(TOLD)
    await it.on(TOLD + DAY, evening(status="aflyst"))
    assert b"METHOD:CANCEL" in _ics(it)


async def test_a_cancel_in_doubt_goes_out_although_the_entry_is_wanted_again(story: Any) -> None:
    it = story(course(), outcomes=[TAKEN, TAKEN, Unknown("line died in the text")], policy=WARNS)
    await it.on(WARNED)
    await it.on(WARNED + DAY, course(status="afsluttet"))
    in_doubt = it.transport.offered[2].raw
    assert b"METHOD:REQUEST" not in in_doubt
    await it.on(WARNED + 2 * DAY, course())
    assert 2 == [each.raw for each in it.transport.offered].count(in_doubt)
    assert b"METHOD:REQUEST" in _ics(it)


def _ics(it: Story) -> bytes:
    message = message_from_bytes(it.transport.taken[-1].raw, policy=SMTP)
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


GONE: list[tuple[str, Snapshot]] = [
    ("session", snapshot(forloeb=[VEJEN_FREM])),
    ("course", evening(forloeb=[])),
    (
        "rejected row",
        evening(
            roles=[on_case("m1", "sagsbehandler")],
            findings=(Finding("rd_tilknytning", "7", "fra_dato", "no date", of=BelongsTo(forloeb_id="f1")),),
        ),
    ),
    ("member of staff", evening(staff=[ANNE, LEDER])),
    ("time of day", evening(THURSDAY.replace(hour=0))),
]


@pytest.mark.parametrize("data", [data for _, data in GONE], ids=[name for name, _ in GONE])
async def test_what_merely_disappears_is_held(story: Any, data: Snapshot) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, data)
    assert ["REQUEST 0"] == it.reader(BOS).received
    await it.on(TOLD + 4 * DAY, evening())
    assert ["REQUEST 0"] == it.reader(BOS).received


async def test_a_session_that_has_begun_is_left_alone(story: Any) -> None:
    it = await told(story)
    await it.on(THURSDAY.date(), evening(status="aflyst"), hour=17, minute=1)
    assert ["REQUEST 0"] == it.reader(BOS).received


async def test_a_retry_is_the_same_bytes(story: Any) -> None:
    it = await told(story, outcomes=[TAKEN, Unknown("line died after the dot")])
    await it.on(TOLD + DAY, evening(status="aflyst"))
    await it.on(TOLD + DAY, hour=9)
    first, second = it.transport.offered[-2:]
    assert first.raw == second.raw
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received


async def test_order_is_kept_while_an_older_revision_is_in_doubt(story: Any) -> None:
    it = await told(story, outcomes=[TAKEN, Unknown("line died after the dot")])
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=18)))
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=19)), hour=9)
    await it.on(TOLD + DAY, hour=10)
    await it.on(TOLD + DAY, hour=11)
    assert [(local(THURSDAY.replace(hour=19)), DINNER, "Huset")] == it.reader(BOS).calendar
    sequences = [_sequence(each.raw) for each in it.transport.offered]
    assert sorted(sequences) == sequences


async def test_a_pending_update_says_what_is_so_when_it_goes_out(story: Any) -> None:
    away = Deferred("the relay does not answer", whole_channel=True)
    it = await told(story, outcomes=[TAKEN, away])
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=18)))
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=19)), hour=10)
    assert [(local(THURSDAY.replace(hour=19)), DINNER, "Huset")] == it.reader(BOS).calendar
    assert 2 == len(it.transport.taken)


async def test_a_pending_cancel_is_taken_back_when_it_is_no_longer_true(story: Any) -> None:
    away = Deferred("the relay does not answer", whole_channel=True)
    it = await told(story, outcomes=[TAKEN, away])
    await it.on(TOLD + DAY, evening(status="aflyst"))
    await it.on(TOLD + DAY, evening(), hour=10)
    assert ["REQUEST 0"] == it.reader(BOS).received
    assert ["sent", "withdrawn"] == it.corridor.states()
    await it.on(TOLD + DAY, evening(status="aflyst"), hour=11)
    assert [] == it.reader(BOS).calendar


async def test_a_pending_cancel_goes_on_when_the_case_then_disappears(story: Any) -> None:
    away = Deferred("the relay does not answer", whole_channel=True)
    it = await told(story, outcomes=[TAKEN, away])
    await it.on(TOLD + DAY, evening(status="aflyst"))
    await it.on(TOLD + 4 * DAY, snapshot(forloeb=[]))
    assert [] == it.reader(BOS).calendar


async def test_a_refused_cancel_is_not_tried_for_ever(story: Any) -> None:
    it = await told(story, outcomes=[TAKEN, Failed("550 no such user", 550)])
    for day in range(1, 4):
        await it.on(TOLD + day * DAY, evening(status="aflyst"))
    assert 2 == len(it.transport.offered)


def _sequence(raw: bytes) -> int:
    reader = Attendee(str(message_from_bytes(raw, policy=SMTP)["To"]))
    reader.receive(raw)
    return next(iter(reader.revisions.values()))[0]


async def test_a_silenced_case_waits_with_its_cancel(story: Any) -> None:
    it = await told(story, COURSE, policy=WARNS, day=WARNED)
    ledger = create_or_open(it.corridor.url, morning(WARNED))
    with ledger.transaction() as tx:
        tx.silence(
            "case", "2026-0001", WARNED + 2 * DAY, reason="a talk", author="lis", at=morning(WARNED, 9)
        )
    ledger.close()
    await it.on(WARNED + DAY, course(slut_dato=WARNED, status="afsluttet"))
    assert 1 == len(it.reader(ANNES).calendar)
    await it.on(WARNED + 4 * DAY)  # the day between is Ascension Day
    assert [] == it.reader(ANNES).calendar


async def test_no_update_goes_out_on_a_closed_day(story: Any) -> None:
    it = await told(story)
    saturday = TOLD + 2 * DAY
    await it.on(saturday, evening(THURSDAY.replace(hour=18)))
    assert ["REQUEST 0"] == it.reader(BOS).received
    await it.on(saturday + 2 * DAY)
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(BOS).received
