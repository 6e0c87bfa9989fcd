"""A notice that may have arrived, and another mailbox that reads now: one mail to the new one, no more."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from reminderd.domain.cases import Fravaer, Snapshot
from reminderd.domain.outcomes import Deferred, Unknown
from reminderd.testing.transport import RecordingTransport
from tests.attendee import deliver
from tests.casework import ANNE, BO, LEDER, POLICY, VEJEN_FREM, session, snapshot
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import morning

TOLD = date(2026, 4, 16)  # a Thursday, three weeks before
NEW = "bo.proeve@kommune.example"
INVITES = replace(
    POLICY,
    book=replace(
        POLICY.book, rules=tuple(rule for rule in POLICY.book.rules if rule.name == "activity-invitation")
    ),
)


def evening(**more: object) -> Snapshot:
    sessions = [session(datetime(2026, 5, 7, 17))]
    return snapshot(forloeb=[VEJEN_FREM], aktiviteter=sessions, **more)


MOVED = {
    "new-address": (evening(staff=[ANNE, replace(BO, mail=NEW), LEDER]), NEW),
    "on-leave": (evening(fravaer=[Fravaer("m2", TOLD, TOLD + timedelta(days=60), "m1")]), ANNE.mail or ""),
}


@pytest.mark.parametrize(("data", "mailbox"), MOVED.values(), ids=MOVED)
async def test_unknown_whose_mailbox_changed_reaches_the_new_one_once_with_its_calendar_entry(
    make_corridor: MakeCorridor, data: Snapshot, mailbox: str
) -> None:
    transport = RecordingTransport([Unknown("the line died after the dot")])
    corridor = make_corridor(evening(), TOLD, transport=transport, policy=INVITES)
    await corridor.run(morning(TOLD))
    corridor.source.data = data
    for hours in (1, 2, 24):
        await corridor.run(morning(TOLD) + timedelta(hours=hours))
    assert [mailbox] == [one.recipient for one in transport.taken if one.recipient == mailbox]
    readers = deliver(transport.taken)
    assert 1 == len(readers[mailbox].calendar)
    assert [] == readers[BO.mail or ""].calendar  # cancelled, as it may have been told
    assert {"sent"} == set(corridor.states())


async def test_unknown_whose_new_mailbox_refuses_for_now_gets_its_calendar_entry_with_the_notice(
    make_corridor: MakeCorridor,
) -> None:
    data, mailbox = MOVED["new-address"]
    outcomes = [
        Unknown("the line died after the dot"),
        Deferred("greylisted", 451),
        Deferred("greylisted", 451),
    ]
    transport = RecordingTransport(outcomes)
    corridor = make_corridor(evening(), TOLD, transport=transport, policy=INVITES)
    await corridor.run(morning(TOLD))
    corridor.source.data = data
    for hours in (1, 4, 24):
        await corridor.run(morning(TOLD) + timedelta(hours=hours))
    assert 1 == sum(one.recipient == mailbox for one in transport.taken)
    assert 1 == len(deliver(transport.taken)[mailbox].calendar)


async def test_unknown_is_cancelled_in_the_old_mailbox_although_the_relay_was_away_when_it_was_time(
    make_corridor: MakeCorridor,
) -> None:
    data, mailbox = MOVED["new-address"]
    outcomes = [Unknown("the line died after the dot"), Deferred("nobody answers", whole_channel=True)]
    transport = RecordingTransport(outcomes)
    corridor = make_corridor(evening(), TOLD, transport=transport, policy=INVITES)
    await corridor.run(morning(TOLD))
    corridor.source.data = data
    for hours in (1, 2, 3, 24):
        await corridor.run(morning(TOLD) + timedelta(hours=hours))
    readers = deliver(transport.taken)
    assert 1 == len(readers[mailbox].calendar)
    assert [] == readers[BO.mail or ""].calendar
    assert {"sent"} == set(corridor.states())
