"""Committee meetings stand in calendars like other meetings: moved, called off, no candidates left (V18)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from reminderd.domain.cases import Moede, Snapshot
from reminderd.domain.workdays import local
from tests.casework import VEJEN_FREM, on_case, snapshot
from tests.integration.stories import ANNES, only, told

TIME = datetime(2026, 3, 12, 13)
TOLD = date(2026, 3, 5)
NEXT_DAY = TOLD + timedelta(days=1)
COMMITTEE = only("committee")
LATER = Moede("mo2", "eftervaernsudvalg", datetime(2026, 6, 11, 13), None, "e1")


def listed(tid: datetime | None = TIME, status: str = "kandidat", **changes: Any) -> Snapshot:
    """Return a meeting with one candidate, whose caseworker is Anne."""
    candidate = replace(VEJEN_FREM, status=status, fase=None, fase2_dato=None)
    moeder = () if tid is None else (Moede("mo1", "eftervaernsudvalg", tid, "Rådhuset", "e1"),)
    roles = [on_case("m1", "sagsbehandler")]
    return snapshot(forloeb=[candidate], moeder=(*moeder, LATER), roles=roles, **changes)


async def begun(story: Any) -> Any:
    return await told(story, listed(), policy=COMMITTEE, day=TOLD)


async def test_a_meeting_stands_in_the_calendars_of_unit_and_caseworker(story: Any) -> None:
    it = await begun(story)
    assert [(local(TIME), "Udvalgsmøde", "Rådhuset")] == it.reader(ANNES).calendar
    assert ["REQUEST 0"] == it.reader("enheden@kommune.example").received


async def test_a_meeting_moved_within_its_day_is_told_again(story: Any) -> None:
    it = await begun(story)
    await it.on(NEXT_DAY, listed(TIME.replace(hour=15)))
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(ANNES).received
    assert "Ændret: Udvalgsmøde er nu torsdag 12. marts 2026 kl. 15.00" in it.subjects
    assert [(local(TIME.replace(hour=15)), "Udvalgsmøde", "Rådhuset")] == it.reader(ANNES).calendar


async def test_a_meeting_that_was_removed_is_called_off(story: Any) -> None:
    it = await begun(story)
    await it.on(NEXT_DAY, listed(None))
    assert [] == it.reader(ANNES).calendar == it.reader("enheden@kommune.example").calendar
    assert "Aflyst: Udvalgsmøde torsdag 12. marts 2026" == it.subjects[-1]
    assert "Mødet er fjernet fra sagssystemet." in it.text()


async def test_where_no_meeting_is_left_at_all_nobody_can_know(story: Any) -> None:
    it = await begun(story)
    await it.on(NEXT_DAY, replace(listed(None), moeder=()))
    assert ["REQUEST 0"] == it.reader(ANNES).received


async def test_without_candidates_it_leaves_the_calendar_and_is_not_said_to_be_called_off(story: Any) -> None:
    it = await begun(story)
    await it.on(NEXT_DAY, listed(status="planlagt"))
    assert [] == it.reader(ANNES).calendar
    assert "Udgår: Udvalgsmøde torsdag 12. marts 2026" == it.subjects[-1]
    assert "Der står ingen på listen i sagssystemet." in it.text()
