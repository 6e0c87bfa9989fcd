"""The weekly overview: one a week to each, urgent mails beside it, nothing when there is nothing."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from reminderd.domain.cases import Fravaer, Kontakt, Medarbejder, Snapshot
from reminderd.domain.lifecycle import State
from reminderd.domain.notices import Decision, Line, StandIn
from reminderd.domain.planning import Policy
from reminderd.domain.reconcile import Knowledge, missed, plan_today
from reminderd.domain.rules import DigestParameters
from reminderd.domain.workdays import at
from tests.casework import (
    ANNE,
    BO,
    BORGER,
    FORLOEB,
    LEDER,
    POLICY,
    SHIPPED_RULES,
    VEJEN_FREM,
    on_case,
    sends,
    snapshot,
)

FULL = replace(POLICY, book=SHIPPED_RULES)
MONDAY = date(2026, 3, 2)
LONG_AGO = date(2025, 1, 1)


def digests(data: Snapshot, first: date, last: date) -> list[tuple[date, str]]:
    found = sends(data, first, last, start=LONG_AGO, policy=FULL)
    return [(day, who.removeprefix("medarbejder:")) for day, stage, who in found if stage == "week"]


def one(data: Snapshot, day: date, who: str = "m1") -> Decision:
    known = Knowledge({}, {}, LONG_AGO)
    decisions = plan_today(data, FULL, known, at(day, time(9))).decisions
    (found,) = [
        d
        for d in decisions
        if d.notice.key.deadline_kind == "digest" and d.notice.key.recipient == f"medarbejder:{who}"
    ]
    return found


def test_v16_it_comes_on_monday_and_once_a_week() -> None:
    assert [MONDAY, MONDAY + timedelta(days=7)] == [
        day for day, who in digests(snapshot(), MONDAY, date(2026, 3, 15)) if who == "m1"
    ]


def test_a_closed_monday_moves_it_to_the_next_working_day_of_the_week() -> None:
    assert [date(2026, 4, 7)] == [
        day for day, who in digests(snapshot(), date(2026, 4, 6), date(2026, 4, 12)) if who == "m1"
    ]


def test_a_week_closed_from_end_to_end_has_none() -> None:
    closed = replace(
        FULL,
        workdays=replace(
            FULL.workdays, closed=FULL.workdays.closed | {MONDAY + timedelta(days=n) for n in range(7)}
        ),
    )
    found = sends(snapshot(), MONDAY, MONDAY + timedelta(days=6), start=LONG_AGO, policy=closed)
    assert [] == [row for row in found if row[1] == "week"]


def test_it_sorts_into_overdue_soon_and_the_next_ninety_days() -> None:
    late = replace(VEJEN_FREM, fase2_dato=date(2025, 11, 1))  # review due 1 February
    second = replace(
        FORLOEB, forloeb_id="f2", sagsnr="2026-0002", start_dato=date(2025, 10, 20)
    )  # limit 9 March
    third = replace(
        FORLOEB, forloeb_id="f3", sagsnr="2026-0003", start_dato=date(2025, 12, 8)
    )  # limit 27 April
    roles = [on_case("m1", "sagsbehandler", forloeb_id=key) for key in ("f1", "f2", "f3")]
    facts = one(snapshot(forloeb=[late, second, third], roles=roles), MONDAY).notice.facts
    assert Line("2026-0001", "review", date(2026, 2, 1)) in facts["overskredet"]
    assert (Line("2026-0002", "course_limit", date(2026, 3, 9)),) == facts["denne_og_naeste"]
    assert Line("2026-0003", "course_limit", date(2026, 4, 27)) in facts["de_naeste_90"]


def test_an_empty_one_is_not_sent_and_not_looked_into_again() -> None:
    quiet = snapshot(forloeb=[replace(FORLOEB, start_dato=date(2026, 3, 1))])
    now = at(MONDAY, time(9))
    known = Knowledge({}, {}, LONG_AGO)
    today = plan_today(quiet, FULL, known, now)
    empty = [d for d in today.decisions if d.cause == "nothing"]
    everybody = {"medarbejder:m1", "medarbejder:m2", "medarbejder:m9", "operator"}
    assert everybody == {d.notice.key.recipient for d in empty}
    recorded = {str(d.notice.key): State.LAPSED for d in missed(today, known, now - timedelta(minutes=1))}
    later = plan_today(quiet, FULL, Knowledge(recorded, {}, LONG_AGO), now + timedelta(minutes=1))
    assert [] == [d for d in later.decisions if d.notice.key.deadline_kind == "digest"]


def test_whoever_is_away_gets_it_on_the_first_day_back_and_her_deputy_sees_her_lines_meanwhile() -> None:
    data = snapshot(fravaer=[Fravaer("m1", date(2026, 2, 23), date(2026, 3, 3), "m9")])
    found = digests(data, MONDAY, date(2026, 3, 6))
    assert (date(2026, 3, 4), "m1") in found
    assert (MONDAY, "m9") in found
    stands_in = one(data, MONDAY, "m9").notice.facts["stedfortraedelser"]
    assert (StandIn("Anne Eksempel", date(2026, 3, 3), 1),) == stands_in


def test_a_deputy_is_told_for_whom_and_until_the_first_day_on_which_that_can_change() -> None:
    chain = [
        Fravaer("m1", date(2026, 2, 23), date(2026, 3, 20), "m2"),
        Fravaer("m2", date(2026, 2, 23), date(2026, 3, 6), "m9"),
    ]
    told = one(snapshot(fravaer=chain), MONDAY, "m9").notice.facts["stedfortraedelser"]
    assert (
        StandIn("Anne Eksempel", date(2026, 3, 6), 1),
        StandIn("Bo Prøve", date(2026, 3, 6), 1),
    ) == told
    openly = snapshot(fravaer=[Fravaer("m1", date(2026, 2, 23), None, "m9")])
    assert (StandIn("Anne Eksempel", None, 1),) == one(openly, MONDAY, "m9").notice.facts["stedfortraedelser"]


def test_urgent_mails_do_not_wait_for_it() -> None:
    found = sends(snapshot(), date(2026, 5, 11), date(2026, 5, 11), start=LONG_AGO, policy=FULL)
    assert {"warning", "week"} == {stage for _, stage, who in found if who == "medarbejder:m1"}


@pytest.mark.parametrize(
    ("code", "rows"),
    [
        ("foedselsdato_mangler", {"borgere": [replace(BORGER, foedselsdato=None)]}),  # V1
        ("ingen_kontaktperson", {"roles": [on_case("m1", "sagsbehandler")]}),  # V4
        ("fraflyttet", {"borgere": [replace(BORGER, fraflyttet_dato=date(2026, 2, 1))]}),
        ("fase2_dato_mangler", {"forloeb": [replace(VEJEN_FREM, fase2_dato=None)]}),
    ],
)
def test_v1_what_is_amiss_in_the_data_is_told_once_a_week(code: str, rows: dict[str, object]) -> None:
    data = snapshot(**({"forloeb": [VEJEN_FREM]} | rows))
    assert code in [line.what for line in one(data, MONDAY).notice.facts["mangler_i_data"]]


def amiss(data: Snapshot, who: str, policy: Policy = FULL, known: Knowledge | None = None) -> list[Line]:
    known = known or Knowledge({}, {}, LONG_AGO)
    decisions = plan_today(data, policy, known, at(MONDAY, time(9))).decisions
    found = [d.notice for d in decisions if d.notice.key.recipient == who and d.notice.track == "digest"]
    return [line for notice in found for line in notice.facts["mangler_i_data"]]


def test_no_sagsbehandler_is_counted_in_the_leaders_overview() -> None:
    data = snapshot(roles=[on_case("m2", "kontaktperson")])
    assert [Line("2026-0001", "ingen_sagsbehandler")] == amiss(data, "medarbejder:m9")


def test_a_course_that_has_not_begun_misses_no_sagsbehandler_yet() -> None:
    begins = MONDAY + timedelta(days=1)
    roles = [on_case("m1", "sagsbehandler", fra=begins)]
    assert [] == amiss(snapshot(forloeb=[replace(FORLOEB, start_dato=begins)], roles=roles), "medarbejder:m9")
    late = [Line("2026-0001", "ingen_sagsbehandler")]
    assert late == amiss(
        snapshot(forloeb=[replace(FORLOEB, start_dato=MONDAY)], roles=roles), "medarbejder:m9"
    )


@pytest.mark.parametrize("anne", [replace(ANNE, aktiv=False), replace(ANNE, mail=None)])
def test_staff_inactive_or_without_mail_is_a_data_fault_listed_once_a_week(anne: Medarbejder) -> None:
    data = snapshot(staff=[anne, BO, LEDER])
    fault = Line("2026-0001", "sagsbehandler_uden_mail")
    assert [[fault], [fault]] == [amiss(data, f"medarbejder:{who}") for who in ("m2", "m9")]


@pytest.mark.parametrize("who", ["m1", "m2"])
def test_a_closed_case_is_said_to_be_closed_once(who: str) -> None:
    data = snapshot(forloeb=[replace(FORLOEB, slut_dato=date(2026, 2, 26), status="afsluttet")])
    told = one(data, MONDAY, who)
    line = (Line("2026-0001", "course_end", date(2026, 2, 26)),)
    assert ("send", line, ()) == (
        told.kind,
        told.notice.facts["netop_afsluttet"],
        told.notice.facts["denne_og_naeste"],
    )
    assert 0 == told.notice.facts["antal"]  # it is nothing to keep an eye on
    assert "nothing" == one(data, MONDAY + timedelta(days=7), who).cause


LATE_END = "course-ended|forloeb:f1|course_end|2026-02-10|receipt|medarbejder:m1"


@pytest.mark.parametrize(
    ("taken", "day", "said"),
    [
        (date(2026, 3, 3), MONDAY, False),
        (date(2026, 3, 3), date(2026, 3, 9), True),
        (date(2026, 3, 3), date(2026, 3, 16), False),
        (date(2026, 2, 10), date(2026, 2, 16), True),
        (date(2026, 2, 16), date(2026, 2, 23), False),  # the overview of that very day said so
    ],
)
@pytest.mark.parametrize("who", ["medarbejder:m1", "medarbejder:m2"])
def test_an_end_that_is_registered_late_is_said_once_in_the_week_after(
    who: str, taken: date, day: date, said: bool
) -> None:
    data = snapshot(forloeb=[replace(FORLOEB, slut_dato=date(2026, 2, 10), status="afsluttet")])
    known = Knowledge({LATE_END: State.SENT}, {}, LONG_AGO, receipts={LATE_END: taken})
    found = plan_today(data, FULL, known, at(day, time(9))).decisions
    (told,) = [d for d in found if d.notice.track == "digest" and d.notice.key.recipient == who]
    line = (Line("2026-0001", "course_end", date(2026, 2, 10)),)
    assert (line if said else ()) == told.notice.facts["netop_afsluttet"]


def test_each_list_is_by_day_and_then_by_case() -> None:
    reached = {
        "2026-0004": 16,
        "2026-0002": 9,
        "2026-0003": 9,
        "2026-0001": 23,
    }  # 20 weeks: a day in February
    rows = [
        replace(FORLOEB, forloeb_id=nr, sagsnr=nr, start_dato=date(2026, 2, day) - timedelta(weeks=20))
        for nr, day in reached.items()
    ]
    roles = [on_case("m1", "sagsbehandler", forloeb_id=row.forloeb_id) for row in rows]
    overdue = one(snapshot(forloeb=rows, roles=roles), MONDAY).notice.facts["overskredet"]
    assert ["2026-0002", "2026-0003", "2026-0004", "2026-0001"] == [line.sagsnr for line in overdue]


@pytest.mark.parametrize(
    ("fase", "day", "listed"),
    [
        (1, date(2026, 1, 19), True),
        (1, date(2026, 4, 6), True),  # twelve weeks after its day
        (1, date(2026, 4, 13), False),
        (2, date(2026, 1, 19), False),
    ],
)
def test_v20_an_introduction_visit_that_nobody_makes_any_more_is_dropped(
    fase: int, day: date, listed: bool
) -> None:
    began = replace(VEJEN_FREM, fase=fase, start_dato=date(2025, 12, 30))  # the visit by 13 January
    facts = one(snapshot(forloeb=[began], kontakter={}), FULL.workdays.next(day)).notice.facts
    assert listed == ("intro_visit" in {line.what for line in facts["overskredet"]})


def test_v1_an_age_outside_the_offer_is_listed_to_the_operators_and_not_to_the_caseworkers() -> None:
    data = snapshot(
        forloeb=[VEJEN_FREM],
        borgere=[replace(BORGER, foedselsdato=date(2012, 1, 1))],
        roles=[on_case(who, rolle) for who, rolle in (("m1", "sagsbehandler"), ("m2", "kontaktperson"))],
    )
    line = [Line("2026-0001", "alder_uden_for")]
    two = replace(FULL, operators=("it@kommune.example", "vagt@kommune.example"))
    everybody = ("medarbejder:m1", "medarbejder:m9", "operator", "operator:2")
    told = {who: amiss(data, who, two) for who in everybody}
    assert {"medarbejder:m1": [], "medarbejder:m9": [], "operator": line, "operator:2": line} == told
    # Nobody is silently left out: without an operator it is the leader's.
    assert line == amiss(data, "medarbejder:m9", replace(FULL, operators=()))


def test_special_protection_says_only_that_there_is_a_deadline() -> None:
    data = snapshot(forloeb=[VEJEN_FREM], borgere=[replace(BORGER, beskyttelse="saerlig", foedselsdato=None)])
    facts = one(data, MONDAY).notice.facts
    lists = ("overskredet", "denne_og_naeste", "de_naeste_90")
    assert {"frist"} == {line.what for name in lists for line in facts[name]}
    assert ((), ()) == (facts["kontakt_mangler"], facts["mangler_i_data"])


def test_a_kind_that_is_off_for_want_of_its_view_is_not_in_the_overview_either() -> None:
    data = snapshot(forloeb=[VEJEN_FREM], absent_views=frozenset({"rd_opfoelgning"}))
    facts = one(data, MONDAY).notice.facts
    assert "review" not in {line.what for name in ("overskredet", "de_naeste_90") for line in facts[name]}


def test_a_mentor_has_an_overview_too() -> None:
    facts = one(snapshot(roles=[on_case("m2", "mentor")]), MONDAY, "m2").notice.facts
    assert (Line("2026-0001", "course_limit", date(2026, 5, 25)),) == facts["de_naeste_90"]


def test_whoever_joins_in_the_middle_of_the_week_gets_hers_then() -> None:
    wednesday = MONDAY + timedelta(days=2)
    data = snapshot(roles=[on_case("m1", "sagsbehandler"), on_case("m2", "kontaktperson", fra=wednesday)])
    found = digests(data, MONDAY, MONDAY + timedelta(days=4))
    assert [(wednesday, "m2")] == [row for row in found if row[1] == "m2"]


def test_v4_five_working_days_without_a_contact_person_are_not_yet_a_fault() -> None:
    roles = [on_case("m1", "sagsbehandler"), on_case("m2", "kontaktperson", til=date(2026, 2, 23))]
    data = snapshot(forloeb=[VEJEN_FREM], roles=roles)
    assert "ingen_kontaktperson" not in [
        line.what for line in one(data, MONDAY).notice.facts["mangler_i_data"]
    ]
    assert "ingen_kontaktperson" in [
        line.what for line in one(data, date(2026, 3, 9)).notice.facts["mangler_i_data"]
    ]


def test_f1_a_new_course_soon_after_the_last_one_and_two_at_once_are_listed() -> None:
    before = replace(
        FORLOEB,
        forloeb_id="f0",
        sagsnr="2025-0009",
        status="afsluttet",
        start_dato=date(2025, 8, 1),
        slut_dato=date(2025, 12, 20),
    )
    roles = [on_case("m1", "sagsbehandler"), on_case("m1", "sagsbehandler", forloeb_id="f2")]
    beside = replace(FORLOEB, forloeb_id="f2", sagsnr="2026-0002")
    codes = [
        line.what
        for line in one(snapshot(forloeb=[FORLOEB, before, beside], roles=roles), MONDAY).notice.facts[
            "mangler_i_data"
        ]
    ]
    assert {"kort_mellemrum", "flere_forloeb"} == set(codes)


@pytest.mark.parametrize(
    ("kontakttype", "code"),
    [
        ("besoeg_anbringelsessted", "mangler_besoeg_anbringelsessted"),
        ("besoeg_i_kommunen", "mangler_besoeg_i_kommunen"),
    ],
)
def test_v7_v8_a_visit_that_is_missing_halfway_is_a_line_where_the_checklist_is_on(
    kontakttype: str, code: str
) -> None:
    coming_home = replace(
        VEJEN_FREM, fase=1, fase2_dato=None, anbringelse_slut=date(2026, 6, 1)
    )  # halfway: 1 March
    on = replace(FULL, book=replace(FULL.book, digest=DigestParameters(checklists=(kontakttype,))))
    made = {"f1": (Kontakt("k", "f1", "m2", date(2026, 2, 1), kontakttype, gennemfoert=True),)}

    def amiss(policy: Policy, day: date, kontakter: dict[str, tuple[Kontakt, ...]]) -> list[str]:
        data = snapshot(forloeb=[coming_home], kontakter=kontakter)
        decisions = plan_today(data, policy, Knowledge({}, {}, LONG_AGO), at(day, time(9))).decisions
        facts = [
            d.notice.facts
            for d in decisions
            if d.notice.key.recipient == "medarbejder:m2" and d.notice.track == "digest"
        ]
        return [line.what for line in facts[0]["mangler_i_data"]]

    assert code in amiss(on, MONDAY, {})
    assert code not in amiss(on, date(2026, 2, 23), {})  # not yet halfway
    assert code not in amiss(on, MONDAY, made)
    assert code not in amiss(FULL, MONDAY, {})  # off by default


@pytest.mark.parametrize(
    ("day", "visited", "missing"),
    [
        (date(2026, 5, 25), None, False),  # the Monday before 28 May: half a year before is 28 February
        (date(2026, 6, 1), None, True),
        (date(2026, 6, 1), date(2026, 3, 2), False),
        (date(2026, 6, 1), date(2026, 2, 27), True),  # before phase 1 began
    ],
)
def test_v7_v8_halfway_is_three_months_after_the_preparation_began_and_only_its_visits_count(
    day: date, visited: date | None, missing: bool
) -> None:
    code, kind = "mangler_besoeg_i_kommunen", "besoeg_i_kommunen"
    home = date(2026, 8, 31)
    case = replace(VEJEN_FREM, fase=1, fase_dato=date(2026, 2, 28), fase2_dato=None, anbringelse_slut=home)
    made = (Kontakt("k", "f1", "m2", visited, kind, gennemfoert=True),) if visited else ()
    policy = replace(FULL, book=replace(FULL.book, digest=DigestParameters(checklists=(kind,))))
    data = snapshot(forloeb=[case], kontakter={"f1": made})
    decisions = plan_today(data, policy, Knowledge({}, {}, LONG_AGO), at(day, time(9))).decisions
    lines = [
        line.what
        for decision in decisions
        if decision.notice.key.recipient == "medarbejder:m2" and decision.notice.track == "digest"
        for line in decision.notice.facts["mangler_i_data"]
    ]
    assert missing == (code in lines)


def test_nobody_without_a_mailbox_of_her_own_has_hers_sent_to_a_shared_one() -> None:
    data = snapshot(
        staff=[
            row if row.medarbejder_id != "m1" else replace(row, mail=None)
            for row in snapshot().medarbejdere.values()
        ]
    )
    assert [] == [day for day, who in digests(data, MONDAY, MONDAY) if who == "m1"]


def test_the_start_of_the_service_in_the_middle_of_a_week_sends_none_for_that_week() -> None:
    wednesday = MONDAY + timedelta(days=2)
    found = sends(snapshot(), wednesday, wednesday + timedelta(days=6), start=wednesday, policy=FULL)
    assert [MONDAY + timedelta(days=7)] == [
        day for day, stage, who in found if stage == "week" and who == "medarbejder:m1"
    ]


def test_lines_are_of_data_as_it_is_when_the_mail_is_written() -> None:
    assert datetime(2026, 3, 2, 8) == one(snapshot(), MONDAY).notice.send_at.replace(tzinfo=None)
