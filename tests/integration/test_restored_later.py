"""A backup that is put back, on the same day or days later: nothing goes out twice (row 7)."""

import asyncio
import shutil
import sqlite3
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes

import pytest

from reminderd.delivery.transport import Envelope
from reminderd.domain.brakes import NO_LIMITS
from reminderd.domain.lifecycle import Event, State
from reminderd.domain.outcomes import Deferred, Outcome
from reminderd.ledger import back_up, create_or_open
from reminderd.testing.transport import TAKEN, RecordingTransport
from tests.attendee import deliver
from tests.casework import session
from tests.installation import courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning
from tests.integration.test_unknown_and_another_mailbox import INVITES, TOLD, evening

FRIDAY, MONDAY = date(2026, 5, 8), date(2026, 5, 11)
DUE_ON_MONDAY = date(2026, 1, 5)
DAYS = [0, 1, 7]


def make_copy(corridor: Corridor) -> None:
    """Copy the ledger, as a night's backup does."""
    shutil.copy(corridor.folder / "ledger.db", corridor.folder / "copy.db")


def put_back(corridor: Corridor) -> None:
    """Put the copy in the ledger's place, as systemd/README.md says."""
    for companion in ("-wal", "-shm"):
        (corridor.folder / f"ledger.db{companion}").unlink(missing_ok=True)
    shutil.copy(corridor.folder / "copy.db", corridor.folder / "ledger.db")


def names_in_the_log(transport: RecordingTransport) -> set[str | None]:
    """Return the Message-ID of everything that the relay took."""
    return {message_from_bytes(envelope.raw)["Message-ID"] for envelope in transport.taken}


@pytest.fixture
def told(make_corridor: MakeCorridor) -> tuple[Corridor, RecordingTransport]:
    """A copy is made on Friday; on Monday three warnings go out that it does not know."""
    corridor = make_corridor(courses(*[DUE_ON_MONDAY] * 3), FRIDAY)
    transport = corridor.transport = RecordingTransport()
    return corridor, transport


async def until_monday(corridor: Corridor) -> None:
    await corridor.run(morning(FRIDAY))
    make_copy(corridor)
    await corridor.run(morning(MONDAY, 8, 1))
    put_back(corridor)


@pytest.mark.parametrize("later", DAYS)
async def test_row_7_nothing_goes_out_twice_however_late_the_copy_is_put_back(
    told: tuple[Corridor, RecordingTransport], later: int
) -> None:
    corridor, transport = told
    await until_monday(corridor)
    for hour in (9, 10):
        await corridor.run(morning(MONDAY + timedelta(days=later), hour))
    assert 3 == len(transport.taken)
    assert ["held"] * 3 == corridor.states()
    assert {"restored"} == {brake for brake, _, _ in corridor.reading.braked()}
    assert names_in_the_log(transport) == {entry.message_id for entry in corridor.entries()}


async def test_row_7_what_falls_due_after_the_loss_goes_its_usual_way(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(courses(DUE_ON_MONDAY, DUE_ON_MONDAY + timedelta(days=1)), FRIDAY)
    transport = corridor.transport = RecordingTransport()
    await until_monday(corridor)
    await corridor.run(morning(MONDAY + timedelta(days=1)))
    assert ["held", "sent"] == corridor.states()
    assert 2 == len(transport.taken)


async def test_row_7_what_was_due_before_the_last_night_is_held_in_the_morning_after(
    told: tuple[Corridor, RecordingTransport],
) -> None:
    corridor, transport = told
    await corridor.run(morning(FRIDAY))
    make_copy(corridor)
    await corridor.run(morning(MONDAY, 9))
    await corridor.run(morning(MONDAY + timedelta(days=1), 2))
    put_back(corridor)
    await corridor.run(morning(MONDAY + timedelta(days=1), 9))
    assert 3 == len(transport.taken)
    assert ["held"] * 3 == corridor.states()


async def test_row_7_what_is_not_yet_due_on_the_day_of_the_loss_goes_its_usual_way(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(courses(DUE_ON_MONDAY), FRIDAY)
    transport = corridor.transport = RecordingTransport()
    await corridor.run(morning(FRIDAY))
    make_copy(corridor)
    await corridor.run(morning(MONDAY, 2))  # before the hour of sending
    put_back(corridor)
    await corridor.run(morning(MONDAY, 9))
    assert ["sent"] == corridor.states()
    assert 1 == len(transport.taken)


@pytest.mark.parametrize("later", [0, 4])
async def test_row_7_a_cancellation_does_not_go_out_twice(make_corridor: MakeCorridor, later: int) -> None:
    corridor = make_corridor(evening(), TOLD, policy=INVITES)
    transport = corridor.transport = RecordingTransport()
    await corridor.run(morning(TOLD))
    make_copy(corridor)
    corridor.source.data = evening(status="aflyst")
    await corridor.run(morning(TOLD, 10))
    sent = len(transport.taken)
    put_back(corridor)
    for hour in (12, 13):
        await corridor.run(morning(TOLD + timedelta(days=later), hour))
    assert sent == len(transport.taken)
    assert "held" in corridor.states()
    assert names_in_the_log(transport) == {entry.message_id for entry in corridor.entries()}


async def test_row_7_a_cancellation_put_back_on_a_closed_day_is_held_when_it_would_go_out(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(evening(), TOLD, policy=INVITES)
    transport = corridor.transport = RecordingTransport()
    await corridor.run(morning(TOLD))
    make_copy(corridor)
    corridor.source.data = evening(status="aflyst")
    await corridor.run(morning(TOLD, 10))
    sent = len(transport.taken)
    put_back(corridor)
    for days in (2, 3, 4):  # from Saturday to Monday
        await corridor.run(morning(TOLD + timedelta(days=days), 12))
    assert sent == len(transport.taken)


async def test_row_7_what_changes_in_the_cases_after_the_first_look_goes_its_usual_way(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(evening(), TOLD, policy=INVITES)
    transport = corridor.transport = RecordingTransport()
    await corridor.run(morning(TOLD))
    back_up(corridor.folder / "ledger.db", corridor.folder / "copy.db", corridor.clock.now())
    put_back(corridor)
    sent = len(transport.taken)
    await corridor.run(morning(TOLD, 12))
    corridor.source.data = evening(status="aflyst")
    await corridor.run(morning(TOLD, 13))
    assert sent < len(transport.taken)
    assert {"sent"} == set(corridor.states())


async def test_row_7_a_case_that_comes_back_after_the_first_look_is_not_told_again(
    told: tuple[Corridor, RecordingTransport],
) -> None:
    corridor, transport = told
    await until_monday(corridor)
    whole = corridor.source.data
    left = dict(list(whole.forloeb.items())[1:])
    corridor.source.data = replace(whole, forloeb=left)
    await corridor.run(morning(MONDAY, 9))
    corridor.source.data = whole
    await corridor.run(morning(MONDAY, 10))
    assert 3 == len(transport.taken)
    assert ["held"] * 3 == corridor.states()


async def test_row_7_many_at_once_are_held_as_in_doubt_and_not_as_too_many(
    told: tuple[Corridor, RecordingTransport],
) -> None:
    corridor, _ = told
    await until_monday(corridor)
    corridor.limits = replace(NO_LIMITS, max_new=1)
    await corridor.run(morning(MONDAY, 9))
    assert {"restored"} == {brake for brake, _, _ in corridor.reading.braked()}


async def test_row_7_what_the_copy_holds_for_a_vanished_case_does_not_go_out_by_itself(
    told: tuple[Corridor, RecordingTransport],
) -> None:
    corridor, transport = told
    whole = corridor.source.data
    corridor.transport = RecordingTransport([Deferred("451 later", 451)] * 3)
    await corridor.run(morning(MONDAY))
    corridor.transport = transport
    corridor.source.data = replace(whole, forloeb=dict(list(whole.forloeb.items())[1:]))
    await corridor.run(morning(MONDAY, 9))
    make_copy(corridor)
    corridor.source.data = whole
    await corridor.run(morning(MONDAY, 10))
    sent = len(transport.taken)
    put_back(corridor)
    await corridor.run(morning(MONDAY, 11))
    assert sent == len(transport.taken)
    assert "held" in corridor.states()


@pytest.mark.parametrize("later", [0, 7])
async def test_row_7_what_a_person_lets_go_goes_once_and_what_she_confirms_does_not(
    told: tuple[Corridor, RecordingTransport], later: int
) -> None:
    corridor, transport = told
    await until_monday(corridor)
    again = MONDAY + timedelta(days=later)
    await corridor.run(morning(again, 9))
    ledger = create_or_open(corridor.url, corridor.clock.now())
    with ledger.transaction() as tx:
        tx.apply([(1, State.HELD)], Event.RELEASE, "the log has it not", corridor.clock.now(), actor="anne")
        tx.apply([(2, State.HELD)], Event.CONFIRM_SENT, "the log has it", corridor.clock.now(), actor="anne")
    ledger.close()
    for hour in (10, 11):
        await corridor.run(morning(again, hour))
    assert ["sent", "sent", "held"] == corridor.states()
    assert 4 == len(transport.taken)


class DyingWith(RecordingTransport):
    """While its 2nd message is taken somebody copies the ledger; with the 5th the process dies."""

    def __init__(self, corridor: Corridor) -> None:
        super().__init__(self._watch)
        self._corridor = corridor

    def _watch(self, _: Envelope) -> Outcome:
        folder = self._corridor.folder
        if len(self.offered) == 2:
            back_up(folder / "ledger.db", folder / "copy.db", self._corridor.clock.now())
        if len(self.offered) == 5:
            for task in asyncio.all_tasks():
                task.cancel()
        return TAKEN


async def die_in_the_run_of_the_copy(corridor: Corridor) -> None:
    transport = DyingWith(corridor)
    corridor.transport = transport
    with pytest.raises(asyncio.CancelledError):
        await corridor.run(morning(MONDAY))
    assert 4 == len(transport.taken)


@pytest.mark.parametrize("later", [0, 1])
@pytest.mark.parametrize("mark", ["is there", "was lost with the machine"])
async def test_row_7_a_copy_made_in_the_very_run_that_was_lost_is_known(
    make_corridor: MakeCorridor, mark: str, later: int
) -> None:
    corridor = make_corridor(courses(*[DUE_ON_MONDAY] * 6), MONDAY, connections=1)
    await die_in_the_run_of_the_copy(corridor)
    put_back(corridor)
    if mark != "is there":
        (corridor.folder / "ledger.db.mark").unlink()
    transport = corridor.transport = RecordingTransport()
    await corridor.run(morning(MONDAY + timedelta(days=later), 9))
    assert [] == transport.offered
    assert {"sent": 1, "held": 5} == {state: corridor.states().count(state) for state in corridor.states()}


async def test_row_7_last_nights_copy_is_known_on_a_new_machine(
    told: tuple[Corridor, RecordingTransport],
) -> None:
    corridor, transport = told
    await corridor.run(morning(FRIDAY))
    back_up(corridor.folder / "ledger.db", corridor.folder / "copy.db", corridor.clock.now())
    await corridor.run(morning(MONDAY))
    put_back(corridor)
    (corridor.folder / "ledger.db.mark").unlink()
    for hour in (9, 10):
        await corridor.run(morning(MONDAY + timedelta(days=1), hour))
    assert 3 == len(transport.taken)
    assert ["held"] * 3 == corridor.states()


async def test_row_7_an_image_of_the_disk_from_the_very_run_that_was_lost_is_known_by_its_mark(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(courses(*[DUE_ON_MONDAY] * 6), MONDAY, connections=1, fresh_for=-1)
    await die_in_the_run_of_the_copy(corridor)
    with sqlite3.connect(corridor.folder / "copy.db") as image:  # which does not say that it is a copy
        image.execute("UPDATE installation SET copied_at = NULL")
    image.close()
    put_back(corridor)
    transport = corridor.transport = RecordingTransport()
    await corridor.run(morning(MONDAY, 9))
    assert [] == transport.offered


def confirm_everything(corridor: Corridor) -> None:
    """Say of all that is held that the relay took it."""
    ledger, now = create_or_open(corridor.url, corridor.clock.now()), corridor.clock.now()
    held = [(one.entry_id, State.HELD) for one in corridor.entries() if one.state == "held"]
    with ledger.transaction() as tx:
        tx.apply(held, Event.CONFIRM_SENT, "the relay's log has it", now, actor="anne")
    ledger.close()


@pytest.mark.parametrize("later", [0, 7])
async def test_row_7_what_is_confirmed_is_taken_out_of_calendars_when_it_ends(
    told: tuple[Corridor, RecordingTransport], later: int
) -> None:
    corridor, transport = told
    await until_monday(corridor)
    again = MONDAY + timedelta(days=later)
    await corridor.run(morning(again, 9))
    confirm_everything(corridor)
    open_courses = corridor.source.data
    ended = {
        name: replace(row, status="afsluttet", slut_dato=again) for name, row in open_courses.forloeb.items()
    }
    corridor.source.data = replace(open_courses, forloeb=ended)
    await corridor.run(morning(again, 10))
    assert 6 == len(transport.taken)
    assert [[]] == [reader.calendar for reader in deliver(transport.taken).values()]


async def test_row_7_an_entry_changed_several_times_before_the_loss_can_still_be_cancelled(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(evening(), TOLD - timedelta(days=1), policy=INVITES)
    transport = corridor.transport = RecordingTransport()
    await corridor.run()
    make_copy(corridor)
    for minutes in (0, 15, 30):
        moved = datetime(2026, 5, 7, 17, minutes)
        corridor.source.data = evening([session(moved)])
        await corridor.run(morning(TOLD, 9, minutes))
    put_back(corridor)
    await corridor.run(morning(TOLD, 12))
    confirm_everything(corridor)
    corridor.source.data = evening([session(moved, status="aflyst")])
    await corridor.run(morning(TOLD, 13))
    assert 4 == len(transport.taken)
    assert [[]] == [reader.calendar for reader in deliver(transport.taken).values()]


async def test_row_7_an_evening_whose_cancellation_is_confirmed_is_entered_anew_when_it_is_held_after_all(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(evening(), TOLD, policy=INVITES)
    transport = corridor.transport = RecordingTransport()
    await corridor.run(morning(TOLD))
    make_copy(corridor)
    corridor.source.data = evening(status="aflyst")
    await corridor.run(morning(TOLD, 10))
    put_back(corridor)
    await corridor.run(morning(TOLD, 12))
    confirm_everything(corridor)
    corridor.source.data = evening()
    await corridor.run(morning(TOLD, 13))
    assert 3 == len(transport.taken)
    assert [1] == [len(reader.calendar) for reader in deliver(transport.taken).values()]
