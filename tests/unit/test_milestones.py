"""Around a course's beginning and end: rows V6, V15, V18 to V20, F1, F2 and the laws' deadlines."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from reminderd.domain.cases import Enhed, Kontakt, Moede, Plan, Snapshot
from reminderd.domain.lifecycle import State
from reminderd.domain.milestones import weeks_and_days
from reminderd.domain.reconcile import Knowledge, plan_today
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.rules import Lead, OneOff, PlannedEndParameters
from reminderd.domain.workdays import local
from tests.casework import (
    BORGER,
    ENHED,
    FORLOEB,
    POLICY,
    VEJEN_FREM,
    decide_on,
    on_case,
    rule_named,
    sends,
    snapshot,
    to,
)

COMING_HOME = replace(
    VEJEN_FREM, fase=1, fase2_dato=None, start_dato=date(2026, 1, 5), anbringelse_slut=date(2026, 8, 31)
)


def stages(found: list[tuple[date, str]], *wanted: str) -> list[tuple[date, str]]:
    return [(day, stage) for day, stage in found if stage in wanted]


def visit(day: date, kontakttype: str = "introduktionsbesoeg", *, gennemfoert: bool = True) -> Kontakt:
    return Kontakt("k1", "f1", "m2", day, kontakttype, gennemfoert)


# V6


def test_v6_the_homecoming_is_prepared_six_months_before_the_placement_ends() -> None:
    data = snapshot(forloeb=[COMING_HOME])  # 31 August minus six months: 28 February 2026, a Saturday
    found = stages(to("m1", sends(data, date(2026, 1, 5), date(2026, 8, 31))), "preparation")
    assert [(date(2026, 2, 27), "preparation")] == found


def test_v6_seen_late_it_is_sent_at_once_with_the_true_time_left() -> None:
    day = date(2026, 6, 1)
    (decision,) = [
        d
        for d in decide_on(snapshot(forloeb=[COMING_HOME]), day, start=day)
        if d.notice.key.stage == "preparation" and d.notice.key.recipient == "medarbejder:m1"
    ]
    assert ("send", 91) == (decision.kind, decision.notice.facts["dage"])


def test_v6_a_moved_end_is_recomputed_and_a_removed_one_is_a_gap() -> None:
    moved = replace(COMING_HOME, anbringelse_slut=date(2026, 10, 31))
    found = stages(
        to("m1", sends(snapshot(forloeb=[moved]), date(2026, 1, 5), date(2026, 10, 31))), "preparation"
    )
    assert [(date(2026, 4, 30), "preparation")] == found
    removed = snapshot(forloeb=[replace(COMING_HOME, anbringelse_slut=None)])
    today = plan_today(removed, POLICY, Knowledge({}, {}, date(2026, 1, 1)), local(datetime(2026, 3, 2, 9)))
    assert "anbringelse_slut is missing" in {
        gap.reason for gap in today.gaps if gap.deadline_kind == "placement_end"
    }


def test_v6_a_candidate_is_prepared_too_and_a_young_person_at_home_is_not() -> None:
    candidate = snapshot(forloeb=[replace(COMING_HOME, status="kandidat", start_dato=None)])
    at_home = snapshot(forloeb=[replace(COMING_HOME, fase=2, fase2_dato=date(2026, 2, 1))])
    day = date(2026, 2, 27)
    assert [(day, "preparation")] == stages(to("m1", sends(candidate, day, day)), "preparation")
    assert [] == stages(to("m1", sends(at_home, day, day)), "preparation")


def test_v6_names_the_contact_person_and_says_whether_the_visit_is_missing() -> None:
    day = date(2026, 2, 27)
    (decision, *_) = [
        d for d in decide_on(snapshot(forloeb=[COMING_HOME]), day) if d.notice.key.stage == "preparation"
    ]
    assert ("Bo Prøve", True) == (
        decision.notice.facts["kontaktperson_navn"],
        decision.notice.facts["introbesoeg_mangler"],
    )


CANDIDATE = replace(COMING_HOME, status="kandidat", start_dato=None)
EU = Enhed("e9", "Efterværnsudvalget", "udvalget@kommune.example", None, None)
EU_MEETING = Moede("mo1", "eftervaernsudvalg", datetime(2026, 4, 8, 13), None, "e9")


def test_v6_the_committee_is_told_of_a_placement_that_ends_while_it_has_not_decided() -> None:
    data = snapshot(forloeb=[CANDIDATE], enheder=[ENHED, EU], moeder=(EU_MEETING,))
    found = sends(data, date(2026, 1, 5), date(2026, 8, 31))
    assert [(date(2026, 2, 27), "committee", "enhed:e9")] == [row for row in found if row[1] == "committee"]
    decided = snapshot(forloeb=[COMING_HOME], enheder=[ENHED, EU], moeder=(EU_MEETING,))
    assert [] == [row for row in sends(decided, date(2026, 1, 5), date(2026, 8, 31)) if row[1] == "committee"]


def test_v6_the_committee_of_the_furthest_meeting_is_told_and_without_one_the_units_mailbox() -> None:
    other = replace(EU_MEETING, moede_id="mo0", tid=datetime(2025, 4, 8, 13), enhed_id="e1")
    elsewhere = replace(EU_MEETING, moede_id="mo2", tid=datetime(2027, 4, 8), moedetype="fagudvalg")

    def told(*moeder: Moede) -> set[str]:
        data = snapshot(forloeb=[CANDIDATE], enheder=[ENHED, EU], moeder=moeder)
        found = sends(data, date(2026, 2, 27), date(2026, 2, 27))
        return {who for _, stage, who in found if stage == "committee"}

    assert {"enhed:e9"} == told(other, EU_MEETING, elsewhere)
    assert {"enhed:e1"} == told(elsewhere)


# V20


def test_v20_a_missing_introduction_visit_is_noticed_after_fourteen_days() -> None:
    found = to("m2", sends(snapshot(forloeb=[COMING_HOME]), date(2026, 1, 5), date(2026, 2, 10)))
    assert [(date(2026, 1, 19), "missing")] == stages(found, "missing")


def test_v20_a_visit_that_was_made_ends_it_and_one_that_was_only_planned_does_not() -> None:
    made = snapshot(forloeb=[COMING_HOME], kontakter={"f1": (visit(date(2026, 1, 12)),)})
    planned = snapshot(
        forloeb=[COMING_HOME], kontakter={"f1": (visit(date(2026, 1, 12), gennemfoert=False),)}
    )
    stretch = (date(2026, 1, 5), date(2026, 2, 10))
    assert [] == stages(to("m2", sends(made, *stretch)), "missing")
    assert [(date(2026, 1, 19), "missing")] == stages(to("m2", sends(planned, *stretch)), "missing")


def test_v20_without_a_contact_log_nothing_is_claimed() -> None:
    data = snapshot(forloeb=[COMING_HOME], absent_views=frozenset({"rd_kontakt"}))
    assert [] == stages(to("m2", sends(data, date(2026, 1, 5), date(2026, 2, 10))), "missing")


# V15


def test_v15_a_planned_end_before_the_birthday_is_prepared_for_half_a_year() -> None:
    data = snapshot(forloeb=[replace(VEJEN_FREM, slut_planlagt=date(2026, 11, 30))])
    found = [
        row
        for row in sends(data, date(2026, 1, 5), date(2026, 8, 31))
        if row[1] == "half-year" and row[2] == "medarbejder:m1"
    ]
    assert (date(2026, 5, 29), "half-year", "medarbejder:m1") in found  # 30 May is a Saturday


def ending(day: date) -> Snapshot:
    return snapshot(forloeb=[replace(VEJEN_FREM, slut_planlagt=day)])


def half_year(data: Snapshot, *told: date, state: State = State.SENT) -> list[tuple[date, date]]:
    """Return (sending day, planned end) of what half a year of runs tells, where other days were told."""
    states = {f"exit-planned|forloeb:f1|planned_end|{day}|half-year|medarbejder:m1": state for day in told}
    known = Knowledge(states, {}, date(2026, 1, 1))
    decisions, _ = plan_stretch(data, POLICY, known, date(2026, 3, 2), date(2026, 9, 30))
    return [
        (d.notice.send_at.date(), d.notice.key.deadline_date)
        for d in decisions
        if d.kind == "send" and d.notice.key.rule == "exit-planned" and "m1" in d.notice.key.recipient
    ]


@pytest.mark.parametrize("days", [-14, -1, 1, 14])
def test_v15_a_planned_end_moved_by_a_fortnight_at_most_is_not_told_again(days: int) -> None:
    assert [] == half_year(ending(date(2026, 9, 1) + timedelta(days=days)), date(2026, 9, 1))


@pytest.mark.parametrize("days", [-15, 15])
def test_v15_a_planned_end_moved_by_more_than_a_fortnight_is_told_again(days: int) -> None:
    moved = date(2026, 9, 1) + timedelta(days=days)
    ((_, told),) = half_year(ending(moved), date(2026, 9, 1))
    assert moved == told


def test_v15_many_small_moves_are_told_once_they_add_up() -> None:
    assert [] == half_year(ending(date(2026, 9, 11)), date(2026, 9, 1))
    assert half_year(ending(date(2026, 9, 21)), date(2026, 9, 1))


@pytest.mark.parametrize("state", [state for state in State if state is not State.SENT])
def test_v15_what_nobody_has_read_yet_does_not_keep_a_moved_end_from_being_told(state: State) -> None:
    assert half_year(ending(date(2026, 9, 5)), date(2026, 9, 1), state=state)


def test_v15_a_run_says_what_the_rehearsal_says_and_why() -> None:
    day = local(datetime(2026, 3, 16, 9))
    states = {"exit-planned|forloeb:f1|planned_end|2026-09-01|half-year|medarbejder:m1": State.SENT}
    today = plan_today(ending(date(2026, 9, 5)), POLICY, Knowledge(states, {}, date(2026, 1, 1)), day)
    said = {
        d.notice.key.recipient: (d.kind, d.reason)
        for d in today.decisions
        if d.notice.key.rule == "exit-planned"
    }
    assert ("skip", "was told for 2026-09-01, and the date has moved by few days only") == said[
        "medarbejder:m1"
    ]
    assert "send" == said["medarbejder:m2"][0]  # who was told nothing is told


def test_v15_no_earlier_stage_follows_one_that_was_told_for_a_date_nearby() -> None:
    last = replace(rule_named("exit-planned"), name="last", stage="last", when=Lead.parse("30 days before"))
    policy = replace(POLICY, book=replace(POLICY.book, rules=(*POLICY.book.rules, last)))
    states = {"last|forloeb:f1|planned_end|2026-09-01|last|medarbejder:m1": State.SENT}
    known = Knowledge(states, {}, date(2026, 1, 1))
    decisions = plan_today(ending(date(2026, 9, 5)), policy, known, local(datetime(2026, 8, 20, 9))).decisions
    told = {
        d.notice.key.stage: d.cause
        for d in decisions
        if "planned_end|2026-09-05" in str(d.notice.key) and d.notice.key.recipient == "medarbejder:m1"
    }
    assert {"half-year": "superseded", "last": "hardly_moved"} == told


def test_v15_a_planned_end_after_the_birthday_changes_nothing() -> None:
    data = snapshot(forloeb=[replace(VEJEN_FREM, slut_planlagt=date(2027, 6, 30))])
    today = plan_today(data, POLICY, Knowledge({}, {}, date(2026, 1, 1)), local(datetime(2026, 12, 30, 9)))
    assert {"the birthday on 2027-03-01 comes first"} == {
        gap.reason for gap in today.gaps if gap.deadline_kind == "planned_end"
    }


# V18, V19


def meeting(**rows: object) -> Snapshot:
    moede = Moede("mo1", "eftervaernsudvalg", datetime(2026, 3, 12, 13), "Rådhuset", "e1")
    candidates = [
        replace(
            VEJEN_FREM,
            forloeb_id=f"k{number}",
            sagsnr=f"2026-010{number}",
            status="kandidat",
            fase=None,
            fase2_dato=None,
        )
        for number in range(2)
    ]
    roles = [
        on_case("m1", "sagsbehandler"),
        on_case("m2", "sagsbehandler", forloeb_id="k0"),
        on_case("m2", "sagsbehandler", forloeb_id="k1"),
    ]
    return snapshot(forloeb=[VEJEN_FREM, *candidates], roles=roles, moeder=(moede,), **rows)


def test_v18_the_list_goes_to_the_committee_and_each_candidates_caseworker_a_week_before() -> None:
    found = [
        (day, who)
        for day, stage, who in sends(meeting(), date(2026, 3, 2), date(2026, 3, 12))
        if stage == "list"
    ]
    assert [(date(2026, 3, 5), "enhed:e1"), (date(2026, 3, 5), "medarbejder:m2")] == found


def test_v19_it_counts_candidates_and_free_places() -> None:
    (decision, *_) = [d for d in decide_on(meeting(), date(2026, 3, 5)) if d.notice.key.stage == "list"]
    facts = decision.notice.facts
    assert (2, ("2026-0100", "2026-0101"), 6, 5) == (
        facts["antal"],
        facts["sagsnumre"],
        facts["pladser"],
        facts["ledige"],
    )


def test_v18_a_candidate_under_special_protection_is_counted_and_not_named() -> None:
    data = meeting()
    hidden = replace(data.borgere[data.forloeb["k1"].borger_id], borger_id="hidden", beskyttelse="saerlig")
    candidate = replace(data.forloeb["k1"], borger_id="hidden")
    data = replace(
        data, borgere={**data.borgere, "hidden": hidden}, forloeb={**data.forloeb, "k1": candidate}
    )
    (decision, *_) = [d for d in decide_on(data, date(2026, 3, 5)) if d.notice.key.stage == "list"]
    facts = decision.notice.facts
    assert (2, ("2026-0100",), 1) == (facts["antal"], facts["sagsnumre"], facts["beskyttede"])


def test_v18_a_meeting_with_nobody_on_the_list_is_not_announced() -> None:
    data = snapshot(moeder=(Moede("mo1", "eftervaernsudvalg", datetime(2026, 3, 12, 13), None, "e1"),))
    today = plan_today(data, POLICY, Knowledge({}, {}, date(2026, 1, 1)), local(datetime(2026, 3, 5, 9)))
    assert {"nobody is on the list"} == {gap.reason for gap in today.gaps if gap.deadline_kind == "committee"}


# F1, F2


def test_f1_a_planned_end_before_the_limit_is_told_two_weeks_before_where_the_rule_is_switched_on() -> None:
    rules = tuple(replace(rule, enabled=True) for rule in POLICY.book.rules)
    ends = PlannedEndParameters(tilbud=("VEJEN_FREM", "SEL_82B"))
    policy = replace(POLICY, book=replace(POLICY.book, rules=rules, planned_end=ends))

    def told(planned: date) -> list[tuple[date, str]]:
        data = snapshot(forloeb=[replace(FORLOEB, slut_planlagt=planned)])
        found = sends(data, date(2026, 1, 5), date(2026, 6, 30), policy=policy)
        return [
            (day, stage) for day, stage, who in found if stage in ("planned", "half-year") and "m1" in who
        ]

    assert [(date(2026, 3, 27), "planned")] == told(date(2026, 4, 10))
    assert [] == told(date(2026, 5, 25))  # the limit itself: its own warning speaks


def test_f1_the_end_is_confirmed_to_the_worker_once() -> None:
    data = snapshot(forloeb=[replace(FORLOEB, slut_dato=date(2026, 4, 3), status="afsluttet")])  # Good Friday
    found = sends(data, date(2026, 1, 5), date(2026, 6, 30))
    assert [(date(2026, 4, 7), "receipt", "medarbejder:m1")] == found


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0, "0 dage"),
        (1, "1 dag"),
        (7, "1 uge"),
        (8, "1 uge og 1 dag"),
        (87, "12 uger og 3 dage"),
        (140, "20 uger"),
    ],
)
def test_f1_a_duration_is_said_in_weeks_and_days(days: int, text: str) -> None:
    assert text == weeks_and_days(date(2026, 1, 5), date(2026, 1, 5) + timedelta(days=days))


def test_f1_a_citizen_who_died_gets_no_receipt_written() -> None:
    data = snapshot(
        forloeb=[replace(FORLOEB, slut_dato=date(2026, 4, 8))],
        borgere=[replace(BORGER, doedsdato=date(2026, 4, 7))],
    )
    assert [] == sends(data, date(2026, 1, 5), date(2026, 6, 30))


def test_f2_f13_a_one_off_date_is_told_to_the_units_leader() -> None:
    project = OneOff(name="project-end", titel="Projektet slutter", dag=date(2020, 4, 3), enhed_id="e1")
    policy = replace(POLICY, book=replace(POLICY.book, one_off=(project,)))
    found = sends(snapshot(forloeb=[]), date(2020, 2, 1), date(2020, 4, 3), policy=policy)
    assert [(date(2020, 3, 4), "notice", "medarbejder:m9")] == found


# Barnets lov


def test_bl111_the_decision_is_due_half_a_year_before_eighteen_and_told_sixty_days_earlier() -> None:
    data = snapshot(forloeb=[COMING_HOME], borgere=[replace(BORGER, foedselsdato=date(2009, 3, 1))])
    found = [row for row in sends(data, date(2026, 1, 5), date(2026, 9, 30)) if row[1] == "decision"]
    assert [(date(2026, 7, 3), "decision", "medarbejder:m1")] == found


def test_bl111_concerns_nobody_who_is_not_placed() -> None:
    data = snapshot(
        forloeb=[replace(COMING_HOME, anbringelse_slut=None)],
        borgere=[replace(BORGER, foedselsdato=date(2009, 3, 1))],
    )
    assert [] == [row for row in sends(data, date(2026, 1, 5), date(2026, 9, 30)) if row[1] == "decision"]


def test_bl108_a_missing_plan_is_told_where_the_rule_is_switched_on() -> None:
    rules = tuple(replace(rule, enabled=True) for rule in POLICY.book.rules)
    policy = replace(POLICY, book=replace(POLICY.book, rules=rules))
    stretch = (date(2026, 1, 5), date(2026, 4, 1))

    def told(data: object) -> list[date]:
        return [
            day
            for day, _, who in sends(data, *stretch, policy=policy)
            if who == "medarbejder:m1" and day == date(2026, 3, 13)
        ]

    assert [date(2026, 3, 13)] == told(snapshot(forloeb=[replace(COMING_HOME, anbringelse_slut=None)]))
    with_plan = snapshot(
        forloeb=[replace(COMING_HOME, anbringelse_slut=None)],
        planer=[Plan("p", "f1", "ungeplan", date(2026, 1, 10), None, None)],
    )
    assert [] == told(with_plan)


def test_bl95_the_first_follow_up_is_three_months_after_the_start_of_support() -> None:
    found = to("m1", sends(snapshot(forloeb=[VEJEN_FREM]), date(2026, 1, 5), date(2026, 4, 7)))
    assert (date(2026, 4, 7), "overdue") in found  # due on Easter Sunday, 5 April 2026
