"""Invitations keep themselves right: what was told and has changed is updated, what is gone is cancelled."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from reminderd.domain.workdays import local
from tests.casework import (
    BORGER,
    VEJEN_FREM,
    held,
    on_case,
    planned,
    snapshot,
)
from tests.integration.stories import (
    ANNES,
    ASKED,
    BOS,
    COURSE,
    DAY,
    DINNER,
    LIMIT,
    MEETING,
    REVIEWS,
    THURSDAY,
    TOLD,
    WARNED,
    WARNS,
    course,
    evening,
    reviewed,
    told,
)


async def test_a_changed_hour_on_the_same_day_is_a_request_with_the_next_sequence(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=18)))
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(BOS).received
    assert [(local(THURSDAY.replace(hour=18)), DINNER, "Huset")] == it.reader(BOS).calendar


async def test_an_update_says_the_old_time_and_the_new_one(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=18), sted="Skolen"))
    assert "Ændret: Fællesspisning er nu torsdag 7. maj 2026 kl. 18.00" == it.subjects[-1]
    assert "Nu: torsdag den 7. maj 2026 kl. 18.00, Skolen." in it.text()
    assert "Før: torsdag den 7. maj 2026 kl. 17.00, Huset." in it.text()


async def test_a_changed_place_is_a_request_with_the_next_sequence(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(sted="Skolen"))
    assert [(local(THURSDAY), DINNER, "Skolen")] == it.reader(BOS).calendar


async def test_a_changed_title_is_a_request_with_the_next_sequence(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(titel="Bowling"))
    assert [(local(THURSDAY), "Bowling", "Huset")] == it.reader(BOS).calendar


async def test_no_change_gives_nothing(story: Any) -> None:
    it = await told(story)
    for day in range(1, 5):
        await it.on(TOLD + day * DAY)
    assert ["REQUEST 0"] == it.reader(BOS).received
    assert 1 == len(it.transport.taken)


async def test_there_and_back_between_two_runs_gives_nothing(story: Any) -> None:
    it = await told(story)
    it.corridor.source.data = evening(THURSDAY.replace(hour=18))
    it.corridor.source.data = evening()
    await it.on(TOLD + DAY)
    assert 1 == len(it.transport.taken)


async def test_there_and_back_over_two_runs_is_two_updates(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(THURSDAY.replace(hour=18)), hour=9)
    await it.on(TOLD + DAY, evening(), hour=10)
    assert ["REQUEST 0", "REQUEST 1", "REQUEST 2"] == it.reader(BOS).received
    assert [(local(THURSDAY), DINNER, "Huset")] == it.reader(BOS).calendar


async def test_an_ordinary_notice_that_carries_the_change_needs_no_mail_beside_it(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(THURSDAY + DAY))
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(BOS).received
    assert "Invitation: Fællesspisning fredag 8. maj 2026 kl. 17.00" == it.subjects[-1]
    assert 2 == len(it.transport.taken)


async def test_a_cancelled_session_is_cancelled_in_the_calendar(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(status="aflyst"))
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received
    assert [] == it.reader(BOS).calendar
    assert "Aflyst: Fællesspisning torsdag 7. maj 2026" == it.subjects[-1]
    assert "Fællesspisning torsdag den 7. maj 2026 kl. 17.00 er aflyst." in it.text()


async def test_a_return_after_a_cancel_is_a_new_uid(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(status="aflyst"))
    await it.on(TOLD + 4 * DAY, evening())
    assert ["REQUEST 0", "CANCEL", "REQUEST 0"] == it.reader(BOS).received
    assert [(local(THURSDAY), DINNER, "Huset")] == it.reader(BOS).calendar


async def test_a_closed_case_is_cancelled(story: Any) -> None:
    it = await told(story)
    closed = replace(VEJEN_FREM, status="afsluttet", slut_dato=TOLD)
    await it.on(TOLD + DAY, evening(forloeb=[closed]))
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received
    assert "skal ikke længere stå i din kalender" in it.text()


async def test_a_death_is_a_cancel_without_a_word(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(borgere=[replace(BORGER, doedsdato=TOLD)]))
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received
    assert "Fjernet fra din kalender" == it.subjects[-1]
    assert DINNER not in it.text()


async def test_a_replaced_contact_person_gets_a_cancel_and_the_new_one_a_request(story: Any) -> None:
    it = await told(story)
    roles = [on_case("m2", "kontaktperson", til=TOLD), on_case("m1", "kontaktperson", fra=TOLD + DAY)]
    await it.on(TOLD + DAY, evening(roles=roles))
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received
    assert ["REQUEST 0"] == it.reader(ANNES).received


async def test_a_rule_that_is_switched_off_is_cancelled(story: Any) -> None:
    it = await told(story)
    it.corridor.policy = WARNS
    await it.on(TOLD + DAY)
    assert [] == it.reader(BOS).calendar


async def test_a_corrected_deadline_is_updated(story: Any) -> None:
    it = await told(story, COURSE, policy=WARNS, day=WARNED)
    assert [(LIMIT, "Frist for et forløb", None)] == it.reader(ANNES).calendar
    await it.on(WARNED + DAY, course(start_dato=date(2026, 1, 12)))
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(ANNES).received
    assert [(date(2026, 6, 1), "Frist for et forløb", None)] == it.reader(ANNES).calendar
    assert "Før: mandag den 25. maj 2026." in it.text()


async def test_a_deadline_is_cancelled_when_the_case_ends(story: Any) -> None:
    it = await told(story, COURSE, policy=WARNS, day=WARNED)
    await it.on(WARNED + DAY, course(slut_dato=WARNED, status="afsluttet"))
    assert [] == it.reader(ANNES).calendar
    assert "gælder ikke længere" in it.text()


async def test_special_protection_takes_everything_out_of_the_calendars(story: Any) -> None:
    it = await told(story, COURSE, policy=WARNS, day=WARNED)
    await it.on(WARNED + DAY, snapshot(borgere=[replace(BORGER, beskyttelse="saerlig")]))
    assert [] == it.reader(ANNES).calendar
    assert "Fjernet fra din kalender" == it.subjects[-1]


async def test_a_planned_meeting_takes_the_place_of_the_marker(story: Any) -> None:
    it = await told(story, reviewed(), policy=REVIEWS, day=ASKED)
    assert [(date(2026, 4, 5), "Frist for opfølgning", None)] == it.reader(ANNES).calendar
    await it.on(ASKED + DAY, reviewed(planned(MEETING)))
    assert [(local(MEETING), "Opfølgningsmøde", "Rådhuset")] == it.reader(ANNES).calendar
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(ANNES).received


async def test_a_meeting_that_is_called_off_leaves_the_marker(story: Any) -> None:
    it = await told(story, reviewed(planned(MEETING)), policy=REVIEWS, day=ASKED)
    await it.on(ASKED + DAY, reviewed())
    assert [(date(2026, 4, 5), "Frist for opfølgning", None)] == it.reader(ANNES).calendar


async def test_a_review_that_was_held_takes_its_marker_out(story: Any) -> None:
    it = await told(story, reviewed(), policy=REVIEWS, day=ASKED)
    await it.on(ASKED + DAY, reviewed(held(ASKED)))
    assert [] == it.reader(ANNES).calendar


async def test_a_protected_address_takes_the_place_out_of_a_meeting(story: Any) -> None:
    it = await told(story, reviewed(planned(MEETING)), policy=REVIEWS, day=ASKED)
    protected = [replace(BORGER, beskyttelse="adresse")]
    await it.on(ASKED + DAY, reviewed(planned(MEETING), borgere=protected))
    assert [(local(MEETING), "Opfølgningsmøde", None)] == it.reader(ANNES).calendar
    assert "Rådhuset" not in it.text()


async def test_a_review_held_before_its_meeting_calls_nothing_off_that_still_stands(
    story: Any,
) -> None:
    it = await told(story, reviewed(planned(MEETING)), policy=REVIEWS, day=ASKED)
    await it.on(ASKED + 2 * DAY, reviewed(planned(MEETING), held(ASKED + DAY)))
    reader = it.reader(ANNES)
    assert ["REQUEST 0", "CANCEL", "REQUEST 0"] == reader.received
    assert [local(MEETING)] == reader.dates
    assert [] == [subject for subject in it.subjects if "Aflyst" in subject]


async def test_a_session_moved_by_mistake_to_a_day_that_passed_is_told_when_put_back(
    story: Any,
) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(datetime(2026, 4, 17, 17)))
    await it.on(date(2026, 4, 20), evening(THURSDAY))
    assert [local(THURSDAY)] == it.reader(BOS).dates
    received = list(it.reader(BOS).received)
    await it.on(date(2026, 4, 21))
    assert received == it.reader(BOS).received
    await it.on(date(2026, 4, 22), evening(status="aflyst"))
    assert [] == it.reader(BOS).dates
    await it.on(date(2026, 4, 23), evening(THURSDAY))
    assert [local(THURSDAY)] == it.reader(BOS).dates
