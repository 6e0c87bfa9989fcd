"""What several runs make of one case: a calendar entry stays the same entry, stages are overtaken."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import vobject

from reminderd.delivery.eml_folder import calendar_part
from reminderd.delivery.transport import Envelope
from reminderd.domain.cases import Snapshot
from reminderd.domain.outcomes import Deferred
from reminderd.testing.transport import RecordingTransport
from tests.casework import BORGER, VEJEN_FREM, on_case, snapshot
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import morning

HALF_YEAR = date(2026, 2, 9)
NINETY_DAYS = date(2026, 5, 11)
THIRTY_DAYS = date(2026, 7, 10)
AWAY = Deferred("the relay does not answer", whole_channel=True)


def leaves(born: date) -> Snapshot:
    """A young person whose placement still runs, so that only the 23rd birthday speaks."""
    return snapshot(
        forloeb=[replace(VEJEN_FREM, fase=1, fase2_dato=None)],
        borgere=[replace(BORGER, foedselsdato=born)],
        roles=[on_case("m1", "sagsbehandler"), on_case("m1", "kontaktperson")],
    )


TURNS_23_ON_9_AUGUST = leaves(date(2003, 8, 9))


def invite(envelope: Envelope) -> tuple[str, int, date]:
    """Return UID, SEQUENCE and day as another parser reads them."""
    event = vobject.readOne((calendar_part(envelope.raw) or b"").decode()).vevent
    return event.uid.value, int(event.sequence.value), event.dtstart.value


async def test_later_stages_speak_of_the_same_unchanged_calendar_entry(make_corridor: MakeCorridor) -> None:
    transport = RecordingTransport()
    corridor = make_corridor(TURNS_23_ON_9_AUGUST, HALF_YEAR, transport=transport)
    for day in (HALF_YEAR, NINETY_DAYS, THIRTY_DAYS):
        await corridor.run(morning(day))
    assert 3 == len(transport.taken)
    uids, sequences, days = zip(*map(invite, transport.taken), strict=True)
    assert 1 == len(set(uids))
    assert (0, 0, 0) == sequences
    assert {date(2026, 8, 8)} == set(days)


async def test_a_corrected_date_moves_the_same_calendar_entry(make_corridor: MakeCorridor) -> None:
    transport = RecordingTransport()
    corridor = make_corridor(TURNS_23_ON_9_AUGUST, HALF_YEAR, transport=transport)
    await corridor.run()
    corridor.source.data = leaves(date(2003, 8, 11))
    await corridor.run(morning(date(2026, 2, 11)))
    (uid, first, _), (same_uid, second, moved_to) = map(invite, transport.taken)
    assert uid == same_uid
    assert (0, 1) == (first, second)
    assert date(2026, 8, 10) == moved_to


async def test_two_people_have_an_entry_each(make_corridor: MakeCorridor) -> None:
    transport = RecordingTransport()
    corridor = make_corridor(
        replace(
            TURNS_23_ON_9_AUGUST,
            tilknytninger={"f1": (on_case("m1", "sagsbehandler"), on_case("m2", "kontaktperson"))},
        ),
        HALF_YEAR,
        transport=transport,
    )
    await corridor.run()
    assert 2 == len({invite(envelope)[0] for envelope in transport.taken})


async def test_a_stage_that_was_missed_while_down_is_recorded_as_lapsed(make_corridor: MakeCorridor) -> None:
    transport = RecordingTransport()
    corridor = make_corridor(TURNS_23_ON_9_AUGUST, HALF_YEAR, transport=transport)
    await corridor.run()
    report = await corridor.run(morning(date(2026, 7, 13)))
    assert 1 == report.lapsed
    assert {"half-year": "sent", "90-days": "lapsed", "30-days": "sent"} == {
        entry.stage: entry.state for entry in corridor.entries()
    }
    (lapsed,) = (entry for entry in corridor.entries() if entry.state == "lapsed")
    assert "the later stage '30-days' takes its place" in lapsed.reason
    assert 2 == len(transport.taken)


async def test_what_lapsed_stays_lapsed(make_corridor: MakeCorridor) -> None:
    transport = RecordingTransport()
    corridor = make_corridor(TURNS_23_ON_9_AUGUST, HALF_YEAR, transport=transport)
    for day in (HALF_YEAR, date(2026, 7, 13), date(2026, 7, 14)):
        await corridor.run(morning(day))
    assert ["lapsed", "sent", "sent"] == sorted(corridor.states())


async def test_what_waited_past_its_usefulness_lapses(make_corridor: MakeCorridor) -> None:
    corridor = make_corridor(TURNS_23_ON_9_AUGUST, THIRTY_DAYS, transport=RecordingTransport([AWAY]))
    await corridor.run()
    corridor.transport = after = RecordingTransport()
    report = await corridor.run(morning(date(2026, 8, 10)))
    assert ([], 1) == (after.offered, report.lapsed)
    assert ["lapsed"] == corridor.states()


async def test_a_stage_still_waiting_for_the_relay_gives_way_to_the_next(make_corridor: MakeCorridor) -> None:
    corridor = make_corridor(TURNS_23_ON_9_AUGUST, NINETY_DAYS, transport=RecordingTransport([AWAY]))
    await corridor.run()
    corridor.transport = after = RecordingTransport()
    await corridor.run(morning(THIRTY_DAYS))
    assert 1 == len(after.taken)
    assert {"90-days": "lapsed", "30-days": "sent"} == {
        entry.stage: entry.state for entry in corridor.entries()
    }


@pytest.mark.parametrize("down", [timedelta(hours=1), timedelta(days=1), timedelta(days=15)], ids=str)
async def test_row_35_what_came_due_while_the_service_was_down_goes_out_late_and_once(
    down: timedelta, make_corridor: MakeCorridor
) -> None:
    corridor = make_corridor(TURNS_23_ON_9_AUGUST, HALF_YEAR, transport=RecordingTransport())
    await corridor.run()
    corridor.transport = after = RecordingTransport()
    for later in (down, down + timedelta(hours=1)):
        await corridor.run(morning(NINETY_DAYS) + later)
    assert 1 == len(after.taken)
    assert {"half-year": "sent", "90-days": "sent"} == {
        entry.stage: entry.state for entry in corridor.entries()
    }
