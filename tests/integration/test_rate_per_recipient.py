"""One mailbox gets no more than so many messages an hour; the oldest deadline first, the others at once.

Fault 36 of the matrix, seen from the reader: a catch-up must not bury her.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from reminderd.domain.cases import Snapshot
from reminderd.domain.outcomes import Unknown
from reminderd.testing.transport import RecordingTransport
from tests.casework import on_case
from tests.installation import courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning

MONDAY = date(2026, 5, 11)
EIGHT = morning(MONDAY)


def five_for_anne_and_one_for_bo() -> Snapshot:
    """Return five courses of one caseworker, the last in the source first due, and one of another's."""
    starts = [date(2026, 1, day) for day in (5, 4, 3, 2, 1, 5)]
    data = courses(*starts)
    bo = {"f6": (on_case("m2", "sagsbehandler", forloeb_id="f6"),)}
    return replace(data, tilknytninger={**data.tilknytninger, **bo})


@pytest.fixture
def corridor(make_corridor: MakeCorridor) -> Corridor:
    made = make_corridor(five_for_anne_and_one_for_bo(), MONDAY)
    made.rate_per_recipient = 2
    return made


def sent(corridor: Corridor) -> list[str]:
    return [entry.key.split("|")[1] for entry in corridor.entries() if entry.state == "sent"]


async def test_one_mailbox_gets_no_more_an_hour_the_oldest_deadline_first_and_others_all_of_theirs(
    corridor: Corridor,
) -> None:
    first = await corridor.run(EIGHT)
    assert (3, 3) == (first.sent, first.not_sent["recipient_rate"])
    assert {"forloeb:f5", "forloeb:f4", "forloeb:f6"} == set(sent(corridor))
    again = await corridor.run(EIGHT + timedelta(minutes=59))
    assert (0, 3) == (again.sent, again.not_sent["recipient_rate"])
    later = await corridor.run(EIGHT + timedelta(minutes=60))
    assert (2, 1) == (later.sent, later.not_sent["recipient_rate"])
    last = await corridor.run(EIGHT + timedelta(minutes=120))
    assert (1, None) == (last.sent, last.not_sent.get("recipient_rate"))
    assert {"sent"} == set(corridor.states())


async def test_what_may_have_arrived_counts_as_well(corridor: Corridor) -> None:
    corridor.transport = RecordingTransport([Unknown("the line died after the dot")] * 3)
    assert 0 == (await corridor.run(EIGHT)).sent
    await corridor.run(EIGHT + timedelta(minutes=10))
    assert ["forloeb:f6"] == sent(corridor)
