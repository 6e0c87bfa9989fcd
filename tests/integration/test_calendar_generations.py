"""What ends a calendar entry's life, and what does not: its own end, another sender, another form."""

from datetime import date, datetime, timedelta
from typing import Any

from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.workdays import local
from tests.attendee import Attendee
from tests.integration.corridor import SENDER, morning
from tests.integration.stories import BOS, DAY, DINNER, INVITES, THURSDAY, TOLD, Story, evening, told
from tests.integration.test_series_kept_right import EVENINGS, evenings
from tests.integration.test_series_kept_right import TOLD as SERIES_TOLD

NEW_SENDER = "kalender@kommune.example"
# The same weekday, hour and weeks as in the autumn, after ten weeks without.
SPRING = [EVENINGS[-1] + timedelta(days=70 + 14 * number) for number in range(4)]
AGAIN = SPRING[0].date() - timedelta(days=21)


async def autumn_and_spring(story: Any) -> Story:
    it: Story = story(evenings(EVENINGS))
    await it.on(SERIES_TOLD)
    await it.on(AGAIN, evenings([*EVENINGS, *SPRING]))
    return it


async def test_a_series_that_begins_again_leaves_what_was_held_in_the_calendar(story: Any) -> None:
    it = await autumn_and_spring(story)
    reader = it.reader(BOS)
    assert ["REQUEST 0", "REQUEST 0"] == reader.received
    assert [local(start) for start in [*EVENINGS, *SPRING]] == reader.dates


async def test_a_plan_counts_what_is_over_as_the_runs_do(story: Any) -> None:
    # Two rhythms, so that the one is entered beside the other, and both have rested over the winter.
    tuesdays = [start + 5 * DAY for start in EVENINGS]
    it = story(evenings([*EVENINGS, *tuesdays]))
    await it.on(SERIES_TOLD)
    both = evenings([*EVENINGS, *tuesdays, *SPRING, *(start + 5 * DAY for start in SPRING)])
    known = it.corridor.reading.knowledge(AGAIN)
    before = {entry.key for entry in it.corridor.entries()}
    planned, _ = plan_stretch(both, INVITES, known, AGAIN, AGAIN)
    await it.on(AGAIN, both)
    sent = {entry.key for entry in it.corridor.entries()} - before
    assert {str(one.notice.key) for one in planned if one.kind == "send"} == sent
    assert ["g2-1"] == [key.split("|")[4] for key in sent if key.startswith("calendar-update")]
    fewer = evenings([*EVENINGS, *tuesdays, *SPRING[:3], *(start + 5 * DAY for start in SPRING[:3])])
    await it.on(AGAIN + DAY, fewer)
    held = [*EVENINGS, *tuesdays]
    coming = [*SPRING[:3], *(start + 5 * DAY for start in SPRING[:3])]
    assert sorted(local(start) for start in (*held, *coming)) == it.reader(BOS).dates


async def test_an_activity_that_was_held_and_is_planned_anew_is_another_entry(story: Any) -> None:
    it = await told(story)
    again = datetime(2026, 5, 28, 17)
    await it.on(THURSDAY.date() + DAY, evening(again))
    assert [(local(THURSDAY), DINNER, "Huset"), (local(again), DINNER, "Huset")] == it.reader(BOS).calendar


async def test_after_a_change_of_the_sender_who_invited_still_changes_and_cancels(story: Any) -> None:
    it = await told(story)
    it.corridor.sender = NEW_SENDER
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=18)))
    assert [(local(THURSDAY.replace(hour=18)), DINNER, "Huset")] == it.reader(BOS).calendar
    (event,) = it.reader(BOS).events.values()
    assert f"mailto:{SENDER}" == event["ORGANIZER"]
    assert f"mailto:{NEW_SENDER}" == event["ORGANIZER"].params["SENT-BY"]
    await it.on(TOLD + 4 * DAY, evening(THURSDAY.replace(hour=18), status="aflyst"))
    assert ["REQUEST 0", "REQUEST 1", "CANCEL"] == it.reader(BOS).received
    assert {SENDER, NEW_SENDER} == {envelope.sender for envelope in it.transport.taken}


async def test_what_the_new_sender_invites_to_is_its_own(story: Any) -> None:
    it = await told(story)
    it.corridor.sender = NEW_SENDER
    later = datetime(2026, 5, 28, 17)
    await it.on(date(2026, 5, 8), evening(later))
    newest: Attendee = it.reader(BOS)
    assert {f"mailto:{SENDER}", f"mailto:{NEW_SENDER}"} == {
        str(event["ORGANIZER"]) for event in newest.events.values()
    }


async def test_dates_that_turn_out_to_be_a_rhythm_are_told_once_each(story: Any) -> None:
    odd = [EVENINGS[0], EVENINGS[0] + 5 * DAY]
    it = story(evenings(odd))
    for number in (0, 5):
        await it.on(SERIES_TOLD + number * DAY)
    regular = [odd[0], odd[1], *EVENINGS[1:]]
    for number in (7, 8):
        await it.on(SERIES_TOLD + number * DAY, evenings(regular))
    assert [local(start) for start in sorted(regular)] == it.reader(BOS).dates
    assert ["REQUEST 0", "REQUEST 0", "REQUEST 0"] == it.reader(BOS).received


def test_the_mornings_are_working_days() -> None:
    assert {True} == {INVITES.open_for_sending(morning(day)) for day in (AGAIN, AGAIN + DAY)}
