"""A series in a calendar: one recurring event that grows, loses dates, moves and ends under its own name."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from reminderd.domain.cases import Aktivitet, Deltager, Fravaer, Snapshot
from reminderd.domain.planning import Policy
from reminderd.domain.workdays import local
from reminderd.testing.transport import RecordingTransport
from tests.casework import ANNE, BO, BORGER, DANISH, VEJEN_FREM, on_case, serie, session, snapshot
from tests.integration.conftest import MakeCorridor
from tests.integration.stories import INVITES, Story

TOLD = date(2026, 9, 17)  # three weeks before the first evening
FIRST = datetime(2026, 10, 8, 17)  # a Thursday; the clock changes on 25 October
FORTNIGHT = timedelta(days=14)
DAY = timedelta(days=1)
ANNES, BOS = ANNE.mail or "", BO.mail or ""
EVENINGS = [FIRST + FORTNIGHT * number for number in range(6)]


def evenings(starts: Iterable[datetime], **more: Any) -> Snapshot:
    """Return one young person, and a series of evenings by their numbers."""
    rows: list[Aktivitet] = []
    changes = more.pop("changes", {})
    for number, start in enumerate(starts):
        row = session(start, aktivitet_id=f"a{number}", serie_id="s1", slut_tid=None)
        rows.append(replace(row, **changes.get(number, {})))
    return snapshot(forloeb=more.pop("forloeb", [VEJEN_FREM]), aktiviteter=rows, **more)


@pytest.fixture
def story(make_corridor: MakeCorridor) -> Any:
    def begin(data: Snapshot, policy: Policy = INVITES, day: date = TOLD, outcomes: Any = ()) -> Story:
        transport = RecordingTransport(outcomes)
        return Story(make_corridor(data, day, transport=transport, policy=policy), transport)

    return begin


async def told(story: Any) -> Story:
    it: Story = story(evenings(EVENINGS))
    await it.on(TOLD)
    return it


async def test_sessions_of_one_series_become_one_recurring_event(story: Any) -> None:
    it = await told(story)
    reader = it.reader(BOS)
    assert ["REQUEST 0"] == reader.received
    assert [local(start) for start in EVENINGS] == reader.dates


async def test_seventeen_is_seventeen_on_both_sides_of_the_clock_change(story: Any) -> None:
    it = await told(story)
    assert {17} == {start.hour for start in it.reader(BOS).dates}


async def test_one_date_dropped_is_the_whole_series_with_one_exdate_more(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evenings(EVENINGS, changes={2: {"status": "aflyst"}}))
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(BOS).received
    assert [local(start) for start in EVENINGS if start != EVENINGS[2]] == it.reader(BOS).dates
    assert "Udgår" in it.text()
    assert "· torsdag den 5. november 2026" in it.text()


async def test_one_date_moved_is_an_exdate_and_a_single_event_of_its_own(story: Any) -> None:
    it = await told(story)
    moved = [*EVENINGS[:2], EVENINGS[2] + DAY, *EVENINGS[3:]]
    await it.on(TOLD + DAY, evenings(moved))
    assert ["REQUEST 0", "REQUEST 1", "REQUEST 0"] == it.reader(BOS).received
    assert [local(start) for start in moved] == it.reader(BOS).dates
    said = "er flyttet fra torsdag den 5. november 2026 kl. 17.00 til fredag den 6. november 2026 kl. 17.00"
    assert said in it.text()


async def test_a_date_that_somebody_signs_off_from_has_not_moved_to_what_comes_beside_it(story: Any) -> None:
    it = await told(story)
    off = {"a2": (Deltager("a2", "f1", "afmeldt"),)}
    more = [*EVENINGS, EVENINGS[2] + DAY]
    await it.on(TOLD + DAY, evenings(more, deltagere=off))
    assert [local(start) for start in sorted(more) if start != EVENINGS[2]] == it.reader(BOS).dates
    assert "flyttet" not in "".join(it.text(number) for number in range(len(it.transport.taken)))


async def test_what_is_called_off_has_not_moved_to_what_comes_beside_it(story: Any) -> None:
    it = await told(story)
    more = [*EVENINGS, EVENINGS[2] + DAY]
    await it.on(TOLD + DAY, evenings(more, changes={2: {"status": "aflyst"}}))
    assert [local(start) for start in sorted(more) if start != EVENINGS[2]] == it.reader(BOS).dates
    assert "flyttet" not in it.text()


async def test_a_series_that_grows_gets_a_later_until(story: Any) -> None:
    it = await told(story)
    more = [*EVENINGS, EVENINGS[-1] + FORTNIGHT]
    await it.on(TOLD + DAY, evenings(more))
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(BOS).received
    assert [local(start) for start in more] == it.reader(BOS).dates


async def test_a_series_that_ends_early_gets_an_earlier_until(story: Any) -> None:
    it = await told(story)
    gone = {number: {"status": "aflyst"} for number in (3, 4, 5)}
    await it.on(TOLD + DAY, evenings(EVENINGS, changes=gone))
    assert [local(start) for start in EVENINGS[:3]] == it.reader(BOS).dates


async def test_a_changed_weekday_ends_the_old_uid_from_that_date_and_starts_a_new_one(story: Any) -> None:
    it = await told(story)
    later = EVENINGS[1].date() + DAY
    moved = [*EVENINGS[:2], *(start + DAY for start in EVENINGS[2:])]
    await it.on(later, evenings(moved))
    assert [local(start) for start in moved] == it.reader(BOS).dates
    assert 2 == len(it.reader(BOS).events)


async def test_a_participant_who_joins_late_gets_the_remaining_dates(story: Any) -> None:
    people = {
        "forloeb": [VEJEN_FREM, replace(VEJEN_FREM, forloeb_id="f2", borger_id="b2", sagsnr="2026-0002")],
        "borgere": [BORGER, replace(BORGER, borger_id="b2")],
        "roles": [on_case("m2", "kontaktperson"), on_case("m1", "kontaktperson", forloeb_id="f2")],
    }
    one = {f"a{number}": (Deltager(f"a{number}", "f1", "ingen"),) for number in range(6)}
    both = {key: (*rows, Deltager(key, "f2", "ingen")) for key, rows in one.items()}
    it = story(evenings(EVENINGS, deltagere=one, **people))
    await it.on(TOLD)
    joined = EVENINGS[1].date() + DAY
    await it.on(joined, evenings(EVENINGS, deltagere=both, **people))
    assert [local(start) for start in EVENINGS[2:]] == it.reader(ANNES).dates


async def test_one_who_leaves_gets_the_future_removed(story: Any) -> None:
    it = await told(story)
    left = EVENINGS[1].date() + DAY
    closed = replace(VEJEN_FREM, status="afsluttet", slut_dato=left)
    await it.on(left, evenings(EVENINGS, forloeb=[closed]))
    assert [local(start) for start in EVENINGS[:2]] == it.reader(BOS).dates


async def test_one_who_leaves_before_it_begins_gets_a_cancel(story: Any) -> None:
    it = await told(story)
    closed = replace(VEJEN_FREM, status="afsluttet", slut_dato=TOLD)
    await it.on(TOLD + DAY, evenings(EVENINGS, forloeb=[closed]))
    assert [] == it.reader(BOS).dates
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received


async def test_a_deputys_calendar_is_cleared_without_a_word_of_cancellation(story: Any) -> None:
    it = story(evenings(EVENINGS, fravaer=[Fravaer("m2", TOLD, TOLD + 4 * DAY, "m1")]))
    await it.on(TOLD)
    await it.on(TOLD + 5 * DAY, evenings(EVENINGS))
    assert ["REQUEST 0", "CANCEL"] == it.reader(ANNES).received
    texts = [it.text(number) for number in range(len(it.transport.taken))]
    assert [] == [text for text in texts if "aflyst" in text]
    assert 1 == sum("skal ikke længere stå i din kalender" in text for text in texts)
    assert [local(start) for start in EVENINGS] == it.reader(BOS).dates


async def test_a_series_that_is_called_off_is_said_to_be(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evenings(EVENINGS, changes={key: {"status": "aflyst"} for key in range(6)}))
    assert "er aflyst" in it.text()


async def test_the_later_invitations_change_nothing_in_the_calendar(story: Any) -> None:
    it = await told(story)
    for days in range(1, 60):
        await it.on(TOLD + days * DAY)
    assert ["REQUEST 0"] == it.reader(BOS).received
    assert 5 <= len(it.transport.taken)


async def test_irregular_sessions_are_single_events(story: Any) -> None:
    odd = [FIRST, FIRST + timedelta(days=5), FIRST + timedelta(days=13, hours=1)]
    it = story(evenings(odd))
    for days in range(20):
        await it.on(TOLD + days * DAY)
    assert [local(start) for start in odd] == it.reader(BOS).dates
    assert 3 == len(it.reader(BOS).events)


async def test_a_rhythm_without_sessions_is_a_recurring_event_without_closed_days(story: Any) -> None:
    it = story(snapshot(forloeb=[VEJEN_FREM], serier=[serie(FIRST)]))
    await it.on(TOLD)
    dates = it.reader(BOS).dates
    slots = [FIRST + FORTNIGHT * number for number in range(19)]  # to the end of June 2027
    assert [local(start) for start in slots if start.date() not in DANISH.closed] == dates
    assert len(slots) > len(dates)
    assert 1 == len(it.reader(BOS).events)


async def test_rejected_sessions_take_no_date_out_of_a_series(story: Any) -> None:
    from reminderd.domain.cases import Finding  # noqa: PLC0415

    it = await told(story)
    fewer = evenings(EVENINGS[:5], findings=(Finding("rd_aktivitet", "a5", "start_tid", "no time"),))
    await it.on(TOLD + DAY, fewer)
    assert ["REQUEST 0"] == it.reader(BOS).received
