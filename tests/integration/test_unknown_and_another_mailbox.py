"""A notice that may have arrived, and another mailbox that reads now: one mail to the new one, no more."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from reminderd.delivery.transport import Envelope
from reminderd.domain.brakes import NO_LIMITS, Limits
from reminderd.domain.cases import Aktivitet, Fravaer, Snapshot
from reminderd.domain.lifecycle import Event, State
from reminderd.domain.outcomes import Deferred, Outcome, Unknown
from reminderd.ledger import create_or_open
from reminderd.testing.transport import TAKEN, RecordingTransport
from tests.attendee import deliver
from tests.casework import ANNE, BO, LEDER, POLICY, VEJEN_FREM, session, snapshot
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning

TOLD = date(2026, 4, 16)  # a Thursday, three weeks before
NEW = "bo.proeve@kommune.example"
INVITES = replace(
    POLICY,
    book=replace(
        POLICY.book, rules=tuple(rule for rule in POLICY.book.rules if rule.name == "activity-invitation")
    ),
)


TWO = [session(datetime(2026, 5, 7, 17)), session(datetime(2026, 5, 7, 19), aktivitet_id="a2")]


def evening(
    sessions: Sequence[Aktivitet] | None = None, status: str = "planlagt", **more: object
) -> Snapshot:
    held = [session(datetime(2026, 5, 7, 17), status=status)] if sessions is None else sessions
    return snapshot(forloeb=[VEJEN_FREM], aktiviteter=held, **more)


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


async def test_unknown_that_could_not_be_written_for_the_new_mailbox_goes_there_once_that_is_mended(
    make_corridor: MakeCorridor, tmp_path: Path
) -> None:
    data, mailbox = MOVED["new-address"]
    transport = RecordingTransport([Unknown("the line died after the dot")])
    corridor = make_corridor(evening(), TOLD, transport=transport, policy=INVITES)
    await corridor.run(morning(TOLD))
    corridor.source.data = data
    broken = tmp_path / "own" / "activity-invitation" / "da.txt"
    broken.parent.mkdir(parents=True)
    broken.write_text("Emne: {{ findes_ikke }}\n", encoding="utf-8")
    corridor.wordings = (tmp_path / "own",)
    await corridor.run(morning(TOLD, 9))
    corridor.wordings = ()
    release_all(corridor, morning(TOLD, 10))
    for hours in (2, 3, 24):
        await corridor.run(morning(TOLD) + timedelta(hours=hours))
    assert 1 == sum(one.recipient == mailbox for one in transport.taken)
    readers = deliver(transport.taken)
    assert (1, []) == (len(readers[mailbox].calendar), readers[BO.mail or ""].calendar)
    assert {"sent"} == set(corridor.states())


def release_all(corridor: Corridor, at: datetime) -> None:
    """Let go of all that is held, as a person does."""
    ledger = create_or_open(corridor.url, at)
    with ledger.transaction() as tx:
        held = [(entry.entry_id, State.HELD) for entry in corridor.entries() if entry.state == "held"]
        tx.apply(held, Event.RELEASE, "looked at", at, actor="lis")
    ledger.close()


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


def cancels(transport: RecordingTransport) -> int:
    """Return how many cancellations the old mailbox got, also of what it is not known to have."""
    mails = [message_from_bytes(one.raw) for one in transport.taken if one.recipient == BO.mail]
    return sum(part.get_param("method") == "CANCEL" for mail in mails for part in mail.walk())


async def moved_while_nothing_may_be_cancelled(
    make_corridor: MakeCorridor, data: Snapshot, limits: Limits
) -> tuple[Corridor, RecordingTransport]:
    """Return an installation whose reader moved in the very run in which a CANCEL is stopped."""
    transport = RecordingTransport([Unknown("the line died after the dot")])
    corridor = make_corridor(
        evening(sessions=TWO), TOLD, transport=transport, policy=INVITES, limits=limits, connections=1
    )
    await corridor.run(morning(TOLD))
    corridor.source.data = data
    await corridor.run(morning(TOLD, 9))
    assert 0 == cancels(transport)
    return corridor, transport


async def test_what_a_brake_held_is_cancelled_in_the_old_mailbox_once_a_person_lets_it_go(
    make_corridor: MakeCorridor,
) -> None:
    data = evening(sessions=TWO, staff=[ANNE, replace(BO, mail=NEW), LEDER])
    corridor, transport = await moved_while_nothing_may_be_cancelled(
        make_corridor, data, replace(NO_LIMITS, max_cancel=1)
    )
    release_all(corridor, morning(TOLD, 10))
    for hours in (3, 4):
        await corridor.run(morning(TOLD) + timedelta(hours=hours))
    assert (2, 2) == (cancels(transport), len(deliver(transport.taken)[NEW].calendar))


async def test_what_a_doubtful_source_stopped_is_cancelled_in_the_old_mailbox_when_it_is_good_again(
    make_corridor: MakeCorridor,
) -> None:
    moved = evening(sessions=TWO, staff=[ANNE, replace(BO, mail=NEW), LEDER])
    old = replace(moved, meta=replace(moved.meta, data_pr=datetime(2026, 4, 14, 6)))
    fresh = replace(moved, meta=replace(moved.meta, data_pr=datetime(2026, 4, 16, 6)))
    corridor, transport = await moved_while_nothing_may_be_cancelled(
        make_corridor, old, replace(NO_LIMITS, max_data_age=timedelta(hours=26))
    )
    corridor.source.data = fresh
    for hours in (3, 4):
        await corridor.run(morning(TOLD) + timedelta(hours=hours))
    assert (2, 2) == (cancels(transport), len(deliver(transport.taken)[NEW].calendar))


async def test_a_mailbox_that_never_heard_of_it_gets_no_cancel(make_corridor: MakeCorridor) -> None:
    data, mailbox = MOVED["new-address"]
    first = [Unknown("the line died after the dot")]

    def answer(envelope: Envelope) -> Outcome:
        greylisted: Outcome = Deferred("greylisted", 451)
        return greylisted if envelope.recipient == mailbox else first.pop() if first else TAKEN

    transport = RecordingTransport(answer)
    corridor = make_corridor(evening(), TOLD, transport=transport, policy=INVITES)
    await corridor.run(morning(TOLD))
    corridor.source.data = data
    await corridor.run(morning(TOLD, 9))
    assert [BO.mail, BO.mail, mailbox] == [one.recipient for one in transport.offered]
    corridor.source.data = evening(staff=[ANNE, replace(BO, mail=NEW), LEDER], status="aflyst")
    for hours in (3, 5, 24):
        await corridor.run(morning(TOLD) + timedelta(hours=hours))
    assert [] == [one for one in transport.taken if one.recipient == mailbox]
    assert [] == deliver(transport.taken)[BO.mail or ""].calendar
