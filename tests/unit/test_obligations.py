"""The second reckoning of what the case source asks for, by example and against the planner itself."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reminderd.casedb.contract import SENTINEL_DATES
from reminderd.casedb.obligations import House, obligations, set_aside
from reminderd.domain.accounting import Booked, Obligation, settled
from reminderd.domain.cases import BelongsTo, Finding, Plan, Snapshot
from reminderd.domain.lifecycle import State
from reminderd.domain.silences import Silence
from tests.casework import (
    BORGER,
    DANISH,
    FORLOEB,
    LONG_AGO,
    SHIPPED_RULES,
    VEJEN_FREM,
    decide_on,
    held,
    on_case,
    planned,
    session,
    snapshot,
)
from tests.installation import tables_of
from tests.integration.corridor import morning
from tests.unit.test_rehearsal import snapshots

MONDAY = date(2026, 5, 11)


def house_on(day: date, hour: int = 12, **more: Any) -> House:
    values: dict[str, Any] = {
        "looked": datetime.combine(day, time(hour)),
        "closed": DANISH.closed,
        "send_time": time(8),
        "domains": ("kommune.example",),
        "since": {rule.name: LONG_AGO for rule in SHIPPED_RULES.rules},
        "no_dates": SENTINEL_DATES,
    }
    return House(**(values | more))


def owed(data: Snapshot, day: date, hour: int = 12, **more: Any) -> list[Obligation]:
    tables = tables_of(data)
    return list(obligations(lambda view: tables.get(view, ()), SHIPPED_RULES, house_on(day, hour, **more)))


def said(data: Snapshot, day: date, **more: Any) -> list[str]:
    return [str(one) for one in owed(data, day, **more)]


def test_week_18_of_a_course_is_owed_from_the_hour_of_sending_until_the_leader_has_had_her_time() -> None:
    due = ["course_limit on 2026-05-25 of forloeb:f1 to medarbejder:m1"]
    assert [] == said(snapshot(), MONDAY, hour=7)
    assert due == said(snapshot(roles=[on_case("m1", "sagsbehandler")]), MONDAY, hour=8)
    assert due == said(snapshot(), MONDAY, hour=8)
    assert due == said(snapshot(), date(2026, 7, 20))
    assert [] == said(snapshot(), date(2026, 7, 21))


def test_an_ended_course_and_a_dead_citizen_are_owed_nothing() -> None:
    assert [] == said(snapshot(forloeb=[replace(FORLOEB, slut_dato=MONDAY)]), MONDAY)
    assert [] == said(snapshot(forloeb=[replace(FORLOEB, status="afsluttet")]), MONDAY)
    assert [] == said(snapshot(borgere=[replace(BORGER, doedsdato=MONDAY)]), MONDAY)


def test_nothing_is_owed_for_what_was_over_before_the_rule_was_in_force() -> None:
    since = {"course-limit-warning": date(2026, 6, 1), "course-limit-overrun": date(2026, 6, 1)}
    assert [] == said(snapshot(), date(2026, 6, 2), since=since)
    assert [] == said(snapshot(), MONDAY, since={})


def test_the_review_counts_from_the_last_one_held_and_the_plans_own_rhythm_goes_before() -> None:
    data = snapshot(forloeb=[VEJEN_FREM], opfoelgninger=[held(date(2026, 2, 2))])
    found = said(data, MONDAY, since={rule.name: LONG_AGO for rule in SHIPPED_RULES.rules})
    assert "review on 2026-05-02 of forloeb:f1 to medarbejder:m1" in found
    plan = Plan("p1", "f1", "handleplan", date(2026, 1, 1), None, 4)
    monthly = snapshot(forloeb=[VEJEN_FREM], opfoelgninger=[held(date(2026, 2, 2))], planer=[plan])
    assert not any("review on 2026-06-02" in one for one in said(monthly, MONDAY))
    assert "review on 2026-06-02 of forloeb:f1 to medarbejder:m1" in said(monthly, date(2026, 5, 12))


def test_a_planned_meeting_silences_the_mails_until_it_has_passed() -> None:
    meeting = planned(datetime(2026, 5, 20, 10))
    ahead = snapshot(forloeb=[VEJEN_FREM], opfoelgninger=[held(date(2026, 3, 1)), meeting])
    late = snapshot(forloeb=[VEJEN_FREM], opfoelgninger=[held(date(2026, 2, 1)), meeting])
    assert not [one for one in said(ahead, MONDAY) if one.startswith("review")]
    assert not [one for one in said(late, MONDAY) if one.startswith("review")]
    passed = said(late, date(2026, 5, 26))
    assert 2 <= len([one for one in passed if one.startswith("review on 2026-05-01")])


def test_the_23rd_birthday_is_owed_once_to_the_people_of_all_her_courses() -> None:
    born = replace(BORGER, foedselsdato=date(2004, 2, 29))
    other = replace(VEJEN_FREM, forloeb_id="f2", sagsnr="2026-0002")
    data = snapshot(
        forloeb=[VEJEN_FREM, other],
        borgere=[born],
        roles=[on_case("m1", "sagsbehandler"), on_case("m2", "sagsbehandler", forloeb_id="f2")],
    )
    found = [one for one in said(data, date(2026, 9, 1)) if one.startswith("exit_age")]
    assert [
        "exit_age on 2027-02-28 of forloeb:f1 or forloeb:f2 to medarbejder:m1",
        "exit_age on 2027-02-28 of forloeb:f1 or forloeb:f2 to medarbejder:m2",
    ] == sorted(found)


def test_a_session_is_owed_until_it_begins_to_those_whose_young_people_take_part() -> None:
    data = snapshot(forloeb=[VEJEN_FREM], aktiviteter=[session(datetime(2026, 5, 13, 17))])
    mine = "activity on 2026-05-13 of aktivitet:a1 to medarbejder:m2"
    assert mine in said(data, MONDAY)
    assert mine in said(data, date(2026, 5, 13), hour=16)
    assert mine not in said(data, date(2026, 5, 13), hour=17)
    cancelled = session(datetime(2026, 5, 13, 17), status="aflyst")
    assert mine not in said(snapshot(forloeb=[VEJEN_FREM], aktiviteter=[cancelled]), MONDAY)


def test_the_end_of_a_placement_is_owed_half_a_year_ahead_until_the_young_person_is_home() -> None:
    placed = replace(
        VEJEN_FREM, fase=1, fase2_dato=None, status="kandidat", anbringelse_slut=date(2026, 11, 2)
    )
    mine = "placement_end on 2026-11-02 of forloeb:f1 to medarbejder:m1"
    assert mine not in said(snapshot(forloeb=[placed]), date(2026, 4, 30))
    assert mine in said(snapshot(forloeb=[placed]), MONDAY)
    assert mine not in said(snapshot(forloeb=[replace(placed, fase=2)]), MONDAY)
    assert mine not in said(snapshot(forloeb=[placed]), date(2026, 11, 3))
    assert mine not in said(snapshot(forloeb=[replace(placed, status="afsluttet")]), MONDAY)


def test_the_decision_before_18_is_owed_two_months_before_its_own_deadline_while_it_can_be_made() -> None:
    placed = replace(VEJEN_FREM, anbringelse_slut=date(2025, 9, 1))
    data = snapshot(forloeb=[placed], borgere=[replace(BORGER, foedselsdato=date(2008, 12, 15))])
    mine = "turns_18 on 2026-06-15 of forloeb:f1 to medarbejder:m1"
    assert mine not in said(data, date(2026, 4, 15))
    assert mine in said(data, date(2026, 4, 16))
    assert mine in said(data, date(2026, 6, 15))
    never_placed = snapshot(forloeb=[VEJEN_FREM], borgere=data.borgere.values())
    assert mine not in said(never_placed, MONDAY)


def test_whoever_has_no_mailbox_leaves_an_obligation_to_somebody() -> None:
    assert ["course_limit on 2026-05-25 of forloeb:f1"] == said(snapshot(staff=[]), MONDAY)


def test_text_from_a_file_is_reckoned_like_values_from_a_database() -> None:
    data = snapshot(
        forloeb=[VEJEN_FREM, replace(FORLOEB, forloeb_id="f2", sagsnr="2026-0002")],
        roles=[on_case("m1", "sagsbehandler"), on_case("m1", "sagsbehandler", forloeb_id="f2")],
        opfoelgninger=[held(date(2026, 2, 1))],
    )
    found = owed(data, MONDAY)
    assert 2 <= len(found)
    tables = {  # a flag is 0 or 1 in a file
        view: [
            {name: int(cell) if isinstance(cell, bool) else cell for name, cell in row.items()}
            for row in rows
        ]
        for view, rows in tables_of(data).items()
    }

    def as_text(view: str) -> Iterable[Mapping[str, Any]]:
        return [
            {name: "" if cell is None else str(cell) for name, cell in row.items()}
            for row in tables.get(view, ())
        ]

    assert found == list(obligations(as_text, SHIPPED_RULES, house_on(MONDAY)))


@given(data=snapshots(), day=st.dates(date(2026, 3, 1), date(2026, 7, 15)).filter(DANISH.is_workday))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_owed_by_the_second_reckoning_the_planner_says_too(data: Snapshot, day: date) -> None:
    decided = {
        (one.notice.key.deadline_kind, one.notice.key.subject, one.notice.key.deadline_date, who)
        for one in decide_on(data, day, hour=12)
        if one.kind == "send"
        for who in (one.notice.key.recipient, None)
    }
    for one in owed(data, day):
        assert any((one.kind, subject, one.day, one.recipient) in decided for subject in one.subjects), str(
            one
        )


def _account(
    state: State | None, *, silences: Iterable[Silence] = (), bad: str = "", was_open: bool = True
) -> str:
    obligation = Obligation(
        kind="review",
        subjects=("forloeb:f1",),
        day=MONDAY,
        recipient="medarbejder:m1",
        rules=frozenset({"review-plan"}),
        sagsnr="2026-0001",
    )
    booked = [] if state is None else [Booked("review", "forloeb:f1", MONDAY, "medarbejder:m1", state)]
    counted, missing = settled(
        [obligation],
        booked,
        tuple(silences),
        frozenset({bad}),
        as_of=morning(MONDAY),
        was_open=was_open,
    )
    ((_, outcome),) = counted
    assert (outcome == "missing") == bool(missing)
    return outcome


def test_every_obligation_has_exactly_one_outcome() -> None:
    outcomes = {state: _account(state) for state in State}
    assert {
        State.QUEUED: "open",
        State.SENDING: "open",
        State.DEFERRED: "open",
        State.HELD: "open",
        State.UNKNOWN: "open",
        State.WITHDRAWN: "missing",
        State.SENT: "told",
        State.LAPSED: "lapsed",
        State.FAILED: "failed",
    } == outcomes
    assert "missing" == _account(None)
    assert "waiting" == _account(None, was_open=False)
    assert "set_aside" == _account(None, bad="forloeb:f1")


@pytest.mark.parametrize(
    ("kind", "target", "outcome"),
    [
        ("case", "2026-0001", "silenced"),
        ("person", "m1", "silenced"),
        ("rule", "review-plan", "silenced"),
        ("person", "m2", "missing"),
    ],
)
def test_what_is_silenced_is_neither_told_nor_missing(kind: Any, target: str, outcome: str) -> None:
    silence = Silence(
        silence_id=1,
        kind=kind,
        target=target,
        until=MONDAY,
        author="a",
        reason="b",
        created_at=morning(MONDAY),
    )
    assert outcome == _account(None, silences=[silence])


def test_a_bad_row_is_set_aside_with_everything_that_hangs_on_it() -> None:
    kept = Finding("rd_forloeb", "f1", "enhed_id", "no such", row_kept=True, of=BelongsTo(forloeb_id="f1"))
    assert frozenset() == set_aside([kept], [])
    assert frozenset({"forloeb:f1"}) == set_aside([replace(kept, row_kept=False)], [])
    on_a_list = Finding("rd_deltager", "a1|f1", "svar", "unknown", of=BelongsTo(aktivitet_id="a1"))
    assert frozenset({"aktivitet:a1"}) == set_aside([on_a_list], ["a2"])


def test_a_participant_of_nobody_knows_which_session_sets_aside_those_without_a_list() -> None:
    stray = Finding("rd_deltager", "row 1", "aktivitet_id", "is missing", of=BelongsTo(forloeb_id="f1"))
    assert frozenset({"forloeb:f1", "aktivitet:a2"}) == set_aside([stray], ["a2"])
