"""Rows at fault in the case source: what they keep in a calendar, and what they do not."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from reminderd.domain.cases import BelongsTo, Deltager, Finding, Snapshot
from reminderd.domain.planning import Policy
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.workdays import local
from reminderd.testing.transport import RecordingTransport
from tests.casework import BORGER, FORLOEB, VEJEN_FREM, on_case, snapshot
from tests.integration.conftest import MakeCorridor
from tests.integration.stories import (
    ANNES,
    BOS,
    COURSE,
    DAY,
    INVITES,
    THURSDAY,
    WARNED,
    WARNS,
    Story,
    evening,
    told,
)
from tests.integration.stories import TOLD as INVITED
from tests.integration.test_series_kept_right import EVENINGS, TOLD, evenings

EMPTIED = Finding(
    "rd_forloeb",
    "f1",
    "enhed_id",
    "names no row that rd_enhed has",
    row_kept=True,
    of=BelongsTo(sagsnr="2026-0001", forloeb_id="f1", borger_id="b1"),
)
REJECTED = Finding("rd_opfoelgning", "o7", "dato", "no date", of=BelongsTo(forloeb_id="f1"))
MOVED = [*EVENINGS[:2], EVENINGS[2] + DAY, *EVENINGS[3:]]


@pytest.fixture
def story(make_corridor: MakeCorridor) -> Any:
    def begin(data: Snapshot, policy: Policy = INVITES, day: date = TOLD) -> Story:
        transport = RecordingTransport()
        return Story(make_corridor(data, day, transport=transport, policy=policy), transport)

    return begin


async def warned(story: Any, data: Snapshot) -> Story:
    it = await told(story, COURSE, policy=WARNS, day=WARNED)
    await it.on(WARNED + DAY, data)
    return it


async def test_a_corrected_date_is_followed_where_only_an_optional_reference_dangles(story: Any) -> None:
    corrected = replace(FORLOEB, start_dato=date(2026, 1, 12))
    it = await warned(story, snapshot(forloeb=[corrected], findings=(EMPTIED,)))
    assert [date(2026, 6, 1)] == it.reader(ANNES).dates


@pytest.mark.parametrize("finding", [EMPTIED, REJECTED], ids=["kept", "rejected"])
async def test_a_closed_case_leaves_the_calendar_whatever_other_rows_say(story: Any, finding: Any) -> None:
    closed = replace(FORLOEB, slut_dato=WARNED, status="afsluttet")
    it = await warned(story, snapshot(forloeb=[closed], findings=(finding,)))
    assert [] == it.reader(ANNES).dates


@pytest.mark.parametrize("finding", [EMPTIED, REJECTED], ids=["kept", "rejected"])
@pytest.mark.parametrize(
    "change", [{"doedsdato": WARNED}, {"beskyttelse": "saerlig"}], ids=["died", "protected"]
)
async def test_a_death_or_special_protection_is_followed_whatever_other_rows_say(
    story: Any, finding: Any, change: Any
) -> None:
    it = await warned(story, snapshot(borgere=[replace(BORGER, **change)], findings=(finding,)))
    assert [] == it.reader(ANNES).dates


async def test_nobody_leaves_a_calendar_because_a_unit_is_missing(story: Any) -> None:
    it = await warned(story, snapshot(roles=[], findings=(EMPTIED,)))
    assert [date(2026, 5, 25)] == it.reader(ANNES).dates


def session_at_fault(serie_id: str | None = None) -> Finding:
    of = BelongsTo(aktivitet_id="zz", serie_id=serie_id)
    return Finding("rd_aktivitet", "zz", "start_tid", "no time", of=of)


@pytest.mark.parametrize("serie", ["s9", ""], ids=["another series", "no series"])
async def test_a_faulty_session_of_another_series_keeps_nothing_in_a_calendar(story: Any, serie: str) -> None:
    it = story(evenings(EVENINGS))
    await it.on(TOLD)
    await it.on(TOLD + DAY, evenings(MOVED, findings=(session_at_fault(serie),)))
    assert [local(start) for start in MOVED] == it.reader(BOS).dates


@pytest.mark.parametrize("serie", ["s1", None], ids=["this series", "unreadable"])
async def test_a_date_that_may_have_moved_is_not_doubled_while_nobody_can_know(
    story: Any, serie: str | None
) -> None:
    it = story(evenings(EVENINGS))
    await it.on(TOLD)
    await it.on(TOLD + DAY, evenings(MOVED, findings=(session_at_fault(serie),)))
    assert [local(start) for start in EVENINGS] == it.reader(BOS).dates
    await it.on(TOLD + 4 * DAY, evenings(MOVED))
    assert [local(start) for start in MOVED] == it.reader(BOS).dates


async def test_one_who_leaves_a_series_leaves_it_whatever_session_is_at_fault(story: Any) -> None:
    it = story(evenings(EVENINGS))
    await it.on(TOLD)
    closed = replace(VEJEN_FREM, status="afsluttet", slut_dato=TOLD)
    await it.on(TOLD + DAY, evenings(EVENINGS, forloeb=[closed], findings=(session_at_fault(),)))
    assert [] == it.reader(BOS).dates


async def test_one_whose_row_among_the_participants_may_be_the_faulty_one_stays(story: Any) -> None:
    it = story(evenings(EVENINGS))
    await it.on(TOLD)
    faulty = Finding("rd_deltager", "row 1", "forloeb_id", "is empty", of=BelongsTo(aktivitet_id="a2"))
    await it.on(TOLD + DAY, evenings(EVENINGS, deltagere={"a2": ()}, findings=(faulty,)))
    assert [local(start) for start in EVENINGS] == it.reader(BOS).dates


TWO = {
    "forloeb": [VEJEN_FREM, replace(VEJEN_FREM, forloeb_id="f2", borger_id="b2", sagsnr="2026-0002")],
    "borgere": [BORGER, replace(BORGER, borger_id="b2")],
    "roles": [on_case("m2", "kontaktperson"), on_case("m1", "kontaktperson", forloeb_id="f2")],
}
FIRST_ON_A_LIST = (Deltager("a1", "f1", "inviteret"),)
BOTH_ON_A_LIST = {"a1": (*FIRST_ON_A_LIST, Deltager("a1", "f2", "inviteret"))}


NOBODY_KNOWS = BelongsTo()
ANOTHERS = BelongsTo(forloeb_id="f9")


def participant_at_fault(of: BelongsTo) -> Finding:
    return Finding("rd_deltager", "row 2", "", "has 2 cells, the header has 3", of=of)


@pytest.mark.parametrize(
    ("of", "stays"),
    [
        (NOBODY_KNOWS, True),
        (BelongsTo(aktivitet_id="a1"), True),
        (BelongsTo(forloeb_id="f2"), True),
        (BelongsTo(aktivitet_id="a1", forloeb_id="f2"), True),
        (BelongsTo(aktivitet_id="a9"), False),
        (BelongsTo(aktivitet_id="a1", forloeb_id="f9"), False),
        (ANOTHERS, False),
    ],
    ids=["neither", "session", "course", "both", "another session", "another course", "other course alone"],
)
async def test_one_whose_row_may_be_the_faulty_one_stays_on_a_single_evening(
    story: Any, of: BelongsTo, stays: Any
) -> None:
    it = story(evening(**TWO, deltagere=BOTH_ON_A_LIST), day=INVITED)
    await it.on(INVITED)
    assert [local(THURSDAY)] == it.reader(ANNES).dates
    short = evening(**TWO, deltagere={"a1": FIRST_ON_A_LIST}, findings=(participant_at_fault(of),))
    await it.on(INVITED + DAY, short)
    assert [local(THURSDAY)] == it.reader(BOS).dates
    assert ([local(THURSDAY)] if stays else []) == it.reader(ANNES).dates


async def test_nobody_leaves_or_joins_a_session_whose_list_may_be_hidden(story: Any) -> None:
    first = {**TWO, "forloeb": TWO["forloeb"][:1]}
    it = story(evening(**first), day=INVITED)
    await it.on(INVITED)
    await it.on(INVITED + DAY, evening(**TWO, findings=(participant_at_fault(ANOTHERS),)))
    assert ([local(THURSDAY)], []) == (it.reader(BOS).dates, it.reader(ANNES).dates)
    await it.on(INVITED + 4 * DAY, evening(**TWO))
    assert ([local(THURSDAY)], [local(THURSDAY)]) == (it.reader(BOS).dates, it.reader(ANNES).dates)


@pytest.mark.parametrize("of", [NOBODY_KNOWS, ANOTHERS], ids=["neither", "course"])
async def test_a_series_stays_while_the_lists_of_its_sessions_may_be_hidden(
    story: Any, of: BelongsTo
) -> None:
    it = story(evenings(EVENINGS))
    await it.on(TOLD)
    await it.on(TOLD + DAY, evenings(EVENINGS, findings=(participant_at_fault(of),)))
    assert [local(start) for start in EVENINGS] == it.reader(BOS).dates


async def test_the_plan_says_what_stays_in_a_calendar_and_why(story: Any) -> None:
    it = story(evenings(EVENINGS))
    await it.on(TOLD)
    known = it.corridor.reading.knowledge(TOLD + DAY)
    frozen = evenings(MOVED, findings=(session_at_fault(),))
    _, gaps = plan_stretch(frozen, INVITES, known, TOLD + DAY, TOLD + timedelta(days=2))
    which = "which date zz of rd_aktivitet has nobody can say; correct that row"
    assert [f"stays in the calendar as it is: {which}"] == [gap.reason for gap in gaps]
