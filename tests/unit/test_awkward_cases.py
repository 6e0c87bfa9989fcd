"""The awkward cases of real data, row by row: what happens to whoever is concerned."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from reminderd.domain.cases import Fravaer, Snapshot
from reminderd.domain.faults import faults
from reminderd.domain.notices import Decision
from reminderd.domain.reconcile import Knowledge, plan_today
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.workdays import local
from tests.casework import (
    ANNE,
    BO,
    BORGER,
    DANISH,
    ENHED,
    FORLOEB,
    LEDER,
    POLICY,
    VEJEN_FREM,
    decide_on,
    held,
    on_case,
    planned,
    sends,
    session,
    snapshot,
    the_case,
    to,
)

START = date(2026, 1, 5)
WARNING = date(2026, 5, 11)
YEAR_END = date(2026, 12, 31)


def warned(data: Snapshot) -> list[Decision]:
    return [d for d in decide_on(data, WARNING) if d.notice.key.stage == "warning"]


def boxes(data: Snapshot) -> list[str | None]:
    return [decision.notice.recipient.mail for decision in warned(data)]


@pytest.mark.parametrize(
    ("rows", "mail"),
    [
        ({}, "enheden@kommune.example"),
        ({"enheder": [replace(ENHED, faelles_mail=None)]}, "lis@kommune.example"),
        ({"enheder": [replace(ENHED, faelles_mail=None, leder_id=None)]}, "it@kommune.example"),
    ],
)
def test_no_sagsbehandler_goes_to_the_unit_then_the_leader_then_the_operators(
    rows: dict[str, object], mail: str
) -> None:
    assert [mail] == boxes(snapshot(roles=[], **rows))


def test_no_sagsbehandler_and_nobody_else_tells_everybody_on_the_operators_list_once() -> None:
    policy = replace(POLICY, operators=("it@kommune.example", "vagt@kommune.example"))
    nobody = snapshot(roles=[], enheder=[replace(ENHED, faelles_mail=None, leder_id=None)])
    found = sends(nobody, date(2026, 5, 11), date(2026, 5, 20), policy=policy)
    assert [(WARNING, "warning", "operator"), (WARNING, "warning", "operator:2")] == found


def test_on_leave_without_a_deputy_a_unit_without_a_leader_is_told_once() -> None:
    data = snapshot(
        roles=[on_case("m1", "sagsbehandler")],
        enheder=[replace(ENHED, leder_id=None)],
        fravaer=[Fravaer("m1", date(2026, 5, 4), None, None)],
    )
    assert ["enheden@kommune.example"] == boxes(data)


def test_on_leave_with_a_deputy_it_goes_to_the_deputy_of_the_sending_day_and_says_so() -> None:
    data = snapshot(roles=[on_case("m1", "sagsbehandler")], fravaer=[Fravaer("m1", WARNING, WARNING, "m2")])
    (decision,) = warned(data)
    assert ("bo@kommune.example", "Anne Eksempel") == (
        decision.notice.recipient.mail,
        decision.notice.facts["stedfortraeder_for"],
    )
    assert "medarbejder:m1" == decision.notice.key.recipient


def test_on_leave_without_a_deputy_the_unit_and_the_leader_are_told() -> None:
    data = snapshot(
        roles=[on_case("m1", "sagsbehandler")], fravaer=[Fravaer("m1", date(2026, 5, 4), None, None)]
    )
    assert ["enheden@kommune.example", "lis@kommune.example"] == boxes(data)


def test_a_leave_that_began_after_the_sending_day_tells_the_leader_nothing_old() -> None:
    data = snapshot(
        roles=[on_case("m1", "sagsbehandler")], fravaer=[Fravaer("m1", date(2026, 5, 13), None, None)]
    )
    later = [d for d in decide_on(data, date(2026, 5, 13)) if d.notice.key.stage == "warning"]
    assert ["medarbejder:m1"] == [d.notice.key.recipient for d in later]


def test_deputies_in_a_circle_end_at_the_unit() -> None:
    leave = [Fravaer("m1", START, None, "m2"), Fravaer("m2", START, None, "m1")]
    assert "enheden@kommune.example" in boxes(snapshot(roles=[on_case("m1", "sagsbehandler")], fravaer=leave))


@pytest.mark.parametrize("anne", [replace(ANNE, aktiv=False), replace(ANNE, mail=None)])
def test_inactive_staff_and_staff_without_mail_count_as_nobody(anne: object) -> None:
    assert ["enheden@kommune.example"] == boxes(
        snapshot(roles=[on_case("m1", "sagsbehandler")], staff=[anne, BO, LEDER])
    )


def test_two_kontaktpersoner_both_get_their_own_mail() -> None:
    roles = [on_case("m1", "kontaktperson"), on_case("m2", "kontaktperson")]
    data = snapshot(forloeb=[VEJEN_FREM], roles=roles, aktiviteter=[session(datetime(2026, 2, 26, 17))])
    invited = [
        who for _, stage, who in sends(data, date(2026, 2, 2), date(2026, 2, 10)) if stage == "invitation"
    ]
    assert ["medarbejder:m1", "medarbejder:m2"] == invited


def test_a_new_kontaktperson_is_invited_to_what_her_predecessor_was_invited_to() -> None:
    roles = [
        on_case("m1", "kontaktperson", til=date(2026, 2, 9)),
        on_case("m2", "kontaktperson", fra=date(2026, 2, 10)),
    ]
    data = snapshot(forloeb=[VEJEN_FREM], roles=roles, aktiviteter=[session(datetime(2026, 2, 26, 17))])
    found = [
        (day, who)
        for day, stage, who in sends(data, date(2026, 2, 2), date(2026, 2, 20))
        if stage == "invitation"
    ]
    assert [(date(2026, 2, 5), "medarbejder:m1"), (date(2026, 2, 10), "medarbejder:m2")] == found


def test_a_kontaktperson_who_left_has_the_entry_cancelled_in_her_calendar() -> None:
    roles = [
        on_case("m1", "kontaktperson", til=date(2026, 2, 9)),
        on_case("m2", "kontaktperson", fra=date(2026, 2, 10)),
    ]
    data = snapshot(forloeb=[VEJEN_FREM], roles=roles, aktiviteter=[session(datetime(2026, 2, 26, 17))])
    known = Knowledge({}, {}, date(2026, 1, 1))
    decisions, _ = plan_stretch(data, POLICY, known, date(2026, 2, 2), date(2026, 2, 20))
    cancelled = [
        (decision.notice.send_at.date(), decision.notice.key.recipient)
        for decision in decisions
        if decision.kind == "send" and decision.notice.method == "CANCEL"
    ]
    assert [(date(2026, 2, 10), "medarbejder:m1")] == cancelled


def test_closed_stops_everything_pending() -> None:
    data = snapshot(forloeb=[replace(FORLOEB, status="afsluttet")])
    assert [] == sends(data, START, YEAR_END)


def test_reopened_in_the_same_row_counts_reviews_anew_and_keeps_the_82b_clock() -> None:
    again = {"slut_dato": date(2026, 2, 1), "genaabnet_dato": date(2026, 3, 2)}
    reviews = snapshot(forloeb=[replace(VEJEN_FREM, **again)], opfoelgninger=[held(date(2026, 1, 20))])
    course = snapshot(forloeb=[replace(FORLOEB, **again)])
    assert (date(2026, 6, 3), "overdue") in to("m1", sends(reviews, date(2026, 3, 2), date(2026, 6, 30)))
    assert (WARNING, "warning") in to("m1", sends(course, date(2026, 3, 2), date(2026, 5, 20)))


def test_an_end_date_that_is_removed_brings_the_reminders_back_with_the_old_anchor() -> None:
    assert [(WARNING, "warning")] == to("m1", sends(snapshot(), date(2026, 4, 1), date(2026, 5, 20)))


def test_a_changed_birth_date_is_a_new_deadline_and_a_new_notice() -> None:
    def half_year(born: date) -> list[date]:
        data = snapshot(forloeb=[VEJEN_FREM], borgere=[replace(BORGER, foedselsdato=born)])
        return [day for day, stage in to("m1", sends(data, START, YEAR_END)) if stage == "half-year"]

    assert ([date(2026, 9, 1)], [date(2026, 10, 1)]) == (
        half_year(date(2004, 3, 1)),
        half_year(date(2004, 4, 1)),
    )


@pytest.mark.parametrize(
    ("change", "rows", "reason"),
    [
        (
            {"tilbud": "SEL_82B", "slut_dato": date(2026, 12, 1), "start_dato": date(2026, 12, 24)},
            {},
            "slut_dato lies before start_dato",
        ),
        ({"fase2_dato": date(2025, 1, 1)}, {}, "fase2_dato lies before start_dato"),
        ({}, {"opfoelgninger": [held(date(2026, 9, 1))]}, "a held date lies in the future (2026-09-01)"),
    ],
)
def test_dates_that_disagree_switch_the_affected_rule_off_and_are_listed(
    change: dict[str, object], rows: dict[str, object], reason: str
) -> None:
    data = snapshot(forloeb=[replace(VEJEN_FREM, **change)], **rows)
    today = plan_today(data, POLICY, Knowledge({}, {}, START), local(datetime(2026, 6, 1, 9)))
    assert reason in {gap.reason for gap in today.gaps}


def test_an_end_before_the_start_that_has_passed_does_not_end_a_course_in_silence() -> None:
    data = snapshot(forloeb=[replace(FORLOEB, slut_dato=FORLOEB.start_dato - timedelta(days=200))])
    day = date(2026, 5, 11)
    today = plan_today(data, POLICY, Knowledge({}, {}, START), local(datetime(2026, 5, 11, 9)))
    assert "slut_dato lies before start_dato" in {gap.reason for gap in today.gaps}
    assert "slut_foer_start" in faults(the_case(data), POLICY.book, POLICY.directory(data, day), DANISH)


def test_name_and_address_protection_leaves_no_initials_and_no_place() -> None:
    data = snapshot(
        forloeb=[VEJEN_FREM],
        borgere=[replace(BORGER, beskyttelse="navne_adresse")],
        opfoelgninger=[planned(datetime(2026, 4, 1, 10))],
    )
    (decision, *_) = [
        d for d in decide_on(data, date(2026, 3, 11)) if d.notice.key.deadline_kind == "review_meeting"
    ]
    assert (None, None, None) == (
        decision.notice.facts["initialer"],
        decision.notice.facts["sted"],
        decision.notice.occasion.location,
    )


def test_special_protection_says_only_that_the_case_has_a_deadline() -> None:
    (decision, *_) = warned(snapshot(borgere=[replace(BORGER, beskyttelse="saerlig")]))
    assert "special-protection" == decision.notice.template


def test_an_unknown_birth_date_switches_the_age_rules_off_and_nothing_else() -> None:
    data = snapshot(forloeb=[VEJEN_FREM], borgere=[replace(BORGER, foedselsdato=None)])
    stages = {stage for _, stage in to("m1", sends(data, START, YEAR_END))}
    assert "plan" in stages
    assert not {"half-year", "90-days", "30-days"} & stages


def test_deceased_stops_everything_the_same_day() -> None:
    data = snapshot(borgere=[replace(BORGER, doedsdato=WARNING)])
    assert [] == sends(data, START, YEAR_END)


def test_moved_out_goes_on_until_the_case_closes() -> None:
    data = snapshot(borgere=[replace(BORGER, fraflyttet_dato=date(2026, 2, 1))])
    assert (WARNING, "warning") in to("m1", sends(data, START, date(2026, 5, 20)))


def test_two_open_cases_of_one_person_give_one_mail_about_the_birthday() -> None:
    second = replace(VEJEN_FREM, forloeb_id="f2", sagsnr="2026-0002")
    roles = [on_case("m1", "sagsbehandler"), on_case("m1", "sagsbehandler", forloeb_id="f2")]
    data = snapshot(forloeb=[VEJEN_FREM, second], roles=roles)
    found = [row for row in sends(data, START, YEAR_END) if row[1] == "half-year"]
    assert [(date(2026, 9, 1), "half-year", "medarbejder:m1")] == [
        row for row in found if row[2] == "medarbejder:m1"
    ]


def test_the_second_case_takes_over_when_the_first_one_ends() -> None:
    first = replace(VEJEN_FREM, slut_dato=date(2026, 6, 1))
    second = replace(VEJEN_FREM, forloeb_id="f2", sagsnr="2026-0002")
    roles = [on_case("m1", "sagsbehandler"), on_case("m1", "sagsbehandler", forloeb_id="f2")]
    found = sends(snapshot(forloeb=[first, second], roles=roles), START, YEAR_END)
    assert (date(2026, 9, 1), "half-year", "medarbejder:m1") in found


def test_two_82b_courses_of_one_person_are_both_warned_about() -> None:
    second = replace(FORLOEB, forloeb_id="f2", sagsnr="2026-0002")
    roles = [on_case("m1", "sagsbehandler"), on_case("m1", "sagsbehandler", forloeb_id="f2")]
    assert 2 == len([d for d in warned(snapshot(forloeb=[FORLOEB, second], roles=roles)) if d.kind == "send"])


def test_a_session_at_midnight_is_not_sent() -> None:
    data = snapshot(forloeb=[VEJEN_FREM], aktiviteter=[session(datetime(2026, 2, 26))])
    assert [] == [
        row
        for row in sends(data, date(2026, 2, 2), date(2026, 2, 28))
        if row[1] in ("invitation", "reminder")
    ]


def test_a_session_edited_after_it_began_is_ignored() -> None:
    data = snapshot(
        forloeb=[VEJEN_FREM], aktiviteter=[session(datetime(2026, 2, 26, 8, 30), sted="Et nyt sted")]
    )
    decisions = [
        d for d in decide_on(data, date(2026, 2, 26), hour=9) if d.notice.key.deadline_kind == "activity"
    ]
    assert {"expired"} == {decision.cause for decision in decisions}


def test_a_pause_stops_reviews_and_not_the_limits() -> None:
    reviews = snapshot(forloeb=[replace(VEJEN_FREM, status="pause")])
    course = snapshot(forloeb=[replace(FORLOEB, status="pause")])
    stages = {stage for _, stage in to("m1", sends(reviews, START, YEAR_END))}
    assert "half-year" in stages
    assert not {"plan", "approaching", "overdue"} & stages
    assert (WARNING, "warning") in to("m1", sends(course, START, date(2026, 5, 20)))


def test_the_case_that_has_begun_is_spoken_of_and_all_its_siblings_people_are_told() -> None:
    to_come = {"status": "planlagt", "start_dato": None}
    planned_first = replace(VEJEN_FREM, forloeb_id="f0", sagsnr="2026-0000", **to_come)
    third = replace(VEJEN_FREM, forloeb_id="f3", sagsnr="2026-0003")
    roles = [on_case("m1", "sagsbehandler"), on_case("m2", "sagsbehandler", forloeb_id="f3")]
    data = snapshot(forloeb=[planned_first, VEJEN_FREM, third], roles=roles)
    found = {row[2] for row in sends(data, START, YEAR_END) if row[1] == "half-year"}
    assert {"medarbejder:m1", "medarbejder:m2"} <= found


def test_an_absent_leader_who_stands_in_for_the_unit_is_read_for_by_her_deputy() -> None:
    data = snapshot(
        roles=[], enheder=[replace(ENHED, faelles_mail=None)], fravaer=[Fravaer("m9", START, None, "m2")]
    )
    assert ["bo@kommune.example"] == boxes(data)


def test_the_unit_is_nobodys_deputy_and_the_mail_does_not_say_so() -> None:
    data = snapshot(
        roles=[on_case("m1", "sagsbehandler")], fravaer=[Fravaer("m1", date(2026, 5, 4), None, None)]
    )
    assert {None} == {decision.notice.facts["stedfortraeder_for"] for decision in warned(data)}


def test_the_leader_hears_only_of_what_fell_due_after_reading_stopped() -> None:
    leave = [Fravaer("m1", date(2026, 4, 1), None, "m2"), Fravaer("m2", date(2026, 5, 14), None, None)]
    data = snapshot(roles=[on_case("m1", "sagsbehandler")], fravaer=leave)
    assert [(WARNING, "warning", "medarbejder:m1")] == sends(data, WARNING, date(2026, 5, 22))


def test_the_receipt_goes_to_whoever_was_in_charge_on_the_last_day() -> None:
    last = date(2026, 3, 6)
    data = snapshot(
        forloeb=[replace(FORLOEB, slut_dato=last)], roles=[on_case("m1", "sagsbehandler", til=last)]
    )
    (decision,) = [d for d in decide_on(data, date(2026, 3, 9)) if d.notice.key.stage == "receipt"]
    assert "medarbejder:m1" == decision.notice.key.recipient


def test_the_leader_who_is_named_is_the_one_who_is_told() -> None:
    data = snapshot(roles=[on_case("m1", "sagsbehandler"), on_case("m2", "leder")])
    decisions = [d for d in decide_on(data, date(2026, 5, 26)) if d.notice.key.stage == "overrun"]
    assert {"medarbejder:m1": "Bo Prøve", "medarbejder:m2": None} == {
        d.notice.key.recipient: d.notice.facts["leder_navn"] for d in decisions
    }
