"""The operator's overview, and what a pause keeps out of everybody's."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from reminderd.domain.cases import Forloeb, Fravaer
from reminderd.domain.lifecycle import State
from reminderd.domain.notices import Line
from reminderd.domain.reconcile import Knowledge, plan_today
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.silences import Silence, SilenceKind
from reminderd.domain.workdays import at
from tests.casework import BORGER, FORLOEB, VEJEN_FREM, on_case, planned, session, snapshot
from tests.unit.test_digest import FULL, LONG_AGO, MONDAY, amiss, digests


def test_the_operators_have_one_overview_a_week_and_none_while_there_is_nothing() -> None:
    found = digests(
        snapshot(forloeb=[VEJEN_FREM], borgere=[replace(BORGER, foedselsdato=date(2012, 1, 1))]),
        MONDAY,
        MONDAY + timedelta(days=13),
    )
    assert [MONDAY, MONDAY + timedelta(days=7)] == [day for day, who in found if who == "operator"]
    assert "operator" not in {who for _, who in digests(snapshot(), MONDAY, MONDAY + timedelta(days=13))}


def test_a_mailbox_of_two_citizens_and_a_session_or_a_meeting_without_a_time_are_listed() -> None:
    family = {"mail": "familien@mail.example", "mail_samtykke": True}
    data = snapshot(
        forloeb=[VEJEN_FREM],
        borgere=[replace(BORGER, **family), replace(BORGER, borger_id="b2", **family)],
        aktiviteter=[session(datetime(2026, 3, 12))],
        opfoelgninger=[planned(datetime(2026, 3, 26))],
    )
    listed = amiss(data, "operator", replace(FULL, citizen_mail=True))
    assert [Line("2026-0001", "delt_mail"), Line("a1", "uden_klokkeslaet")] == listed
    assert Line("2026-0001", "moede_uden_klokkeslaet") in amiss(data, "medarbejder:m1")
    assert Line("2026-0001", "delt_mail") not in amiss(data, "operator")  # nobody is written to


RECEIPT = "course-ended|forloeb:f1|course_end|2026-02-20|receipt|medarbejder:m1"
HOMECOMING = "placement-preparation|forloeb:f1|placement_end|2026-08-01|preparation|medarbejder:m1"
PLANNED = "exit-planned|forloeb:f1|planned_end|2026-08-01|half-year|medarbejder:m1"


@pytest.mark.parametrize(
    ("told", "course", "code"),
    [
        (RECEIPT, FORLOEB, "slut_dato_fjernet"),
        (RECEIPT, replace(FORLOEB, genaabnet_dato=date(2026, 2, 24)), None),
        (RECEIPT, replace(FORLOEB, slut_dato=date(2026, 5, 1)), None),
        (RECEIPT, replace(FORLOEB, forloeb_id="f10"), None),
        (PLANNED, VEJEN_FREM, "slut_planlagt_fjernet"),
        (PLANNED, replace(VEJEN_FREM, slut_planlagt=date(2026, 9, 1)), None),
        (PLANNED.replace("2026-08", "2026-02"), VEJEN_FREM, None),
        (HOMECOMING, replace(VEJEN_FREM, fase=1), "anbringelse_slut_fjernet"),
        (HOMECOMING, VEJEN_FREM, None),
    ],
)
def test_an_end_date_that_was_told_and_then_removed_is_on_the_operators_list(
    told: str, course: Forloeb, code: str | None
) -> None:
    data = snapshot(forloeb=[course])
    known = Knowledge({told: State.SENT}, {}, LONG_AGO)
    listed = [line.what for line in amiss(data, "operator", known=known)]
    assert ([] if code is None else [code]) == listed
    decisions, _ = plan_stretch(data, FULL, known, MONDAY, MONDAY)
    rehearsed = [d.notice.facts["mangler_i_data"] for d in decisions if d.notice.key.recipient == "operator"]
    assert [tuple(Line(course.sagsnr, what) for what in listed)] == rehearsed


def test_an_end_that_nobody_was_told_of_leaves_no_trace() -> None:
    known = Knowledge({RECEIPT: State.WITHDRAWN}, {}, LONG_AGO)
    assert [] == amiss(snapshot(), "operator", known=known)


def silence(kind: SilenceKind, target: str, until: date) -> Silence:
    begun = at(LONG_AGO, time(9))
    told = {"author": "leder", "reason": "aftalt"}
    return Silence(silence_id=1, kind=kind, target=target, until=until, created_at=begun, **told)


def test_a_case_that_is_paused_stands_in_no_overview_until_the_pause_is_over() -> None:
    known = Knowledge({}, {}, LONG_AGO, (silence("case", "2026-0001", date(2026, 3, 8)),))
    decisions, _ = plan_stretch(snapshot(), FULL, known, MONDAY, MONDAY + timedelta(days=13))
    hers = {
        d.notice.key.deadline_date: d.cause
        for d in decisions
        if d.notice.track == "digest" and d.notice.key.recipient == "medarbejder:m1"
    }
    assert {MONDAY: "nothing", MONDAY + timedelta(days=7): "due"} == hers


def test_the_lines_of_a_person_who_is_paused_are_not_read_by_her_deputy() -> None:
    data = snapshot(
        roles=[on_case("m1", "sagsbehandler")],
        fravaer=[Fravaer("m1", date(2026, 2, 23), date(2026, 3, 3), "m9")],
    )
    known = Knowledge({}, {}, LONG_AGO, (silence("person", "m1", date(2026, 3, 8)),))
    decisions = plan_today(data, FULL, known, at(MONDAY, time(9))).decisions
    assert ["nothing"] == [d.cause for d in decisions if d.notice.key.recipient == "medarbejder:m9"]
