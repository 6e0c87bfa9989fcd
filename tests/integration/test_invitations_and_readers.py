"""Whose calendar it is: deputies, new mailboxes, young people; and what the plan foresees."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from reminderd.domain.calendar_notices import calendar_words
from reminderd.domain.cases import Deltager, Fravaer, Medarbejder
from reminderd.domain.explanation import explain
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.workdays import local
from tests.casework import (
    ANNE,
    BO,
    BORGER,
    LEDER,
    VEJEN_FREM,
    on_case,
    session,
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
from tests.unit.youth_cases import AGREED, INVITED, WRITES, an_evening
from tests.unit.youth_cases import THURSDAY as EVENING


def away(til: date, deputy: str | None = "m1") -> Iterable[Fravaer]:
    return [Fravaer("m2", TOLD + DAY, til, deputy)]


async def test_a_leave_over_the_day_moves_the_entry_to_the_deputys_calendar(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(fravaer=away(date(2026, 5, 15))))
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received
    assert ["REQUEST 0"] == it.reader(ANNES).received
    assert [(local(THURSDAY), DINNER, "Huset")] == it.reader(ANNES).calendar


async def test_a_leave_that_is_over_by_then_takes_nothing_from_her(story: Any) -> None:
    it = await told(story)
    await it.on(TOLD + DAY, evening(fravaer=away(date(2026, 4, 24))))
    assert ["REQUEST 0"] == it.reader(BOS).received
    assert [] == it.reader(ANNES).received


async def test_what_the_deputy_was_told_goes_back_with_the_return(story: Any) -> None:
    it = story(evening(fravaer=[Fravaer("m2", TOLD, TOLD + 4 * DAY, "m1")]))
    await it.on(TOLD)
    assert ["REQUEST 0"] == it.reader(ANNES).received
    await it.on(TOLD + 5 * DAY)
    assert ["REQUEST 0", "CANCEL"] == it.reader(ANNES).received
    assert [(local(THURSDAY), DINNER, "Huset")] == it.reader(BOS).calendar


async def test_a_participant_who_leaves_is_taken_out_and_the_others_stay(story: Any) -> None:
    other = replace(VEJEN_FREM, forloeb_id="f2", borger_id="b2", sagsnr="2026-0002")
    people = {
        "forloeb": [VEJEN_FREM, other],
        "borgere": [BORGER, replace(BORGER, borger_id="b2")],
        "roles": [on_case("m2", "kontaktperson"), on_case("m1", "kontaktperson", forloeb_id="f2")],
    }
    both = {"a1": (Deltager("a1", "f1", "ingen"), Deltager("a1", "f2", "ingen"))}
    it = await told(story, evening(**people, deltagere=both))
    left = {"a1": (Deltager("a1", "f1", "afmeldt"), Deltager("a1", "f2", "ingen"))}
    await it.on(TOLD + DAY, evening(**people, deltagere=left))
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received
    assert ["REQUEST 0"] == it.reader(ANNES).received


async def test_a_new_mailbox_of_the_same_person_gets_the_entry_and_the_old_one_loses_it(story: Any) -> None:
    it = await told(story)
    moved: Medarbejder = replace(BO, mail="bo.ny@kommune.example")
    await it.on(TOLD + DAY, evening(staff=[ANNE, moved, LEDER]))
    assert ["REQUEST 0", "CANCEL"] == it.reader(BOS).received
    assert ["REQUEST 0"] == it.reader("bo.ny@kommune.example").received


YOUNG = AGREED.mail or ""


async def test_a_young_person_is_told_of_a_change_in_her_own_words(story: Any) -> None:
    it = await told(story, an_evening(), policy=WRITES, day=INVITED)
    moved = [session(EVENING.replace(hour=18), ansvarlig_id="m2")]
    await it.on(INVITED + DAY, an_evening(aktiviteter=moved))
    assert ["REQUEST 0", "REQUEST 1"] == it.reader(YOUNG).received
    assert [(local(EVENING.replace(hour=18)), DINNER, "Huset")] == it.reader(YOUNG).calendar


async def test_a_young_person_who_took_back_her_consent_gets_no_more_mail_not_even_a_cancel(
    story: Any,
) -> None:
    it = await told(story, an_evening(), policy=WRITES, day=INVITED)
    off = [session(EVENING, status="aflyst", ansvarlig_id="m2")]
    await it.on(INVITED + DAY, an_evening(replace(AGREED, mail_samtykke=False), aktiviteter=off))
    assert ["REQUEST 0"] == it.reader(YOUNG).received


async def test_a_young_person_gets_a_cancel_while_she_may_be_written_to(story: Any) -> None:
    it = await told(story, an_evening(), policy=WRITES, day=INVITED)
    await it.on(INVITED + DAY, an_evening(aktiviteter=[session(EVENING, status="aflyst", ansvarlig_id="m2")]))
    assert ["REQUEST 0", "CANCEL"] == it.reader(YOUNG).received


def planned_ahead(it: Story, first: date, last: date) -> list[str]:
    """Return what a plan says that calendars will be told."""
    known = it.corridor.reading.knowledge(first)
    decisions, _ = plan_stretch(it.corridor.source.data, it.corridor.policy, known, first, last)
    return [words for d in decisions if d.kind == "send" and (words := calendar_words(d.notice)) is not None]


async def test_the_plan_shows_updates_and_cancellations_to_come_in_words(story: Any) -> None:
    it = await told(story)
    it.corridor.source.data = evening(THURSDAY.replace(hour=18))
    tomorrow = TOLD + DAY
    assert ["updates 2026-05-07 17:00: it is 2026-05-07 18:00 now"] == planned_ahead(it, tomorrow, tomorrow)
    it.corridor.source.data = evening(status="aflyst")
    assert ["cancels 2026-05-07 17:00: the session is cancelled"] == planned_ahead(it, tomorrow, tomorrow)


async def test_the_plan_foresees_who_will_read_in_whose_stead(story: Any) -> None:
    it = await told(story)
    it.corridor.source.data = evening(fravaer=[Fravaer("m2", date(2026, 5, 4), date(2026, 5, 15), "m1")])
    ahead = planned_ahead(it, TOLD + DAY, date(2026, 5, 5))
    assert [
        "cancels 2026-05-07 17:00: it is read in another mailbox now",
        "invites for 2026-05-07 17:00",
    ] == sorted(ahead)


async def test_explain_says_what_a_cases_calendars_will_be_told(story: Any) -> None:
    it = await told(story, COURSE, policy=WARNS, day=WARNED)
    it.corridor.source.data = course(start_dato=date(2026, 1, 12))
    now = morning(WARNED + DAY)
    known = it.corridor.reading.knowledge(WARNED + DAY)
    coming = explain(it.corridor.source.data, WARNS, known, "2026-0001", now).coming
    assert {"updates 2026-05-25: it is 2026-06-01 now"} == {
        d.reason for d in coming if d.notice.key.rule == "calendar-update"
    }
