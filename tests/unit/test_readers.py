"""Never silently nobody: every line of a case stands in an overview that somebody reads."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest

from reminderd.domain.answers import FailingAddress
from reminderd.domain.came_back import CameBack
from reminderd.domain.cases import Fravaer, Snapshot
from reminderd.domain.notices import Decision, Line
from reminderd.domain.planning import Policy
from reminderd.domain.reconcile import Knowledge, plan_today
from reminderd.domain.workdays import at
from tests.casework import ANNE, BO, BORGER, ENHED, LEDER, VEJEN_FREM, on_case, session, snapshot
from tests.unit.test_digest import FULL, LONG_AGO, MONDAY

Lists = dict[str, set[Line]]
LATE = replace(VEJEN_FREM, fase2_dato=date(2025, 11, 1))  # its review was due on 1 February
NOT_BORN = replace(BORGER, foedselsdato=None)
REVIEW = Line("2026-0001", "review", date(2026, 2, 1))
BIRTH = Line("2026-0001", "foedselsdato_mangler")
AGE = Line("2026-0001", "alder_uden_for")
ANNES = [on_case("m1", "sagsbehandler")]
AWAY = Fravaer("m1", date(2026, 2, 23), date(2026, 3, 20), None)
NO_LEADER = {"enheder": [replace(ENHED, leder_id=None)]}
LEADER_UNREACHED = {"staff": [ANNE, BO, replace(LEDER, mail=None)]}


def overviews(data: Snapshot, policy: Policy = FULL, came_back: CameBack | None = None) -> list[Decision]:
    known = Knowledge({}, {}, LONG_AGO, came_back=came_back or CameBack())
    found = plan_today(data, policy, known, at(MONDAY, time(9))).decisions
    return [d for d in found if d.notice.track == "digest" and d.cause != "nothing"]


def told(data: Snapshot, policy: Policy = FULL, came_back: CameBack | None = None) -> Lists:
    """Return the overdue lines and those of faults in every overview that goes out on the Monday."""
    return {
        d.notice.key.recipient.removeprefix("medarbejder:"): {
            *d.notice.facts["overskredet"],
            *d.notice.facts["mangler_i_data"],
        }
        for d in overviews(data, policy, came_back)
        if d.kind == "send"
    }


@pytest.mark.parametrize(
    "rows",
    [
        {"roles": []},
        {"roles": [on_case("m2", "mentor")]},
        {"roles": ANNES, "staff": [replace(ANNE, aktiv=False), BO, LEDER]},
        {"roles": ANNES, "staff": [replace(ANNE, mail=None), BO, LEDER]},
        {"roles": ANNES, "fravaer": [AWAY]},
    ],
    ids=["nobody", "a_mentor_alone", "inactive", "no_mailbox", "away_and_nobody_reads"],
)
def test_where_nobody_in_charge_is_reached_the_leader_sees_every_line_of_the_case(
    rows: dict[str, Any],
) -> None:
    found = told(snapshot(forloeb=[LATE], borgere=[NOT_BORN], **rows))
    assert {REVIEW, BIRTH} <= found["m9"]


def test_where_somebody_in_charge_is_reached_the_leader_is_spared() -> None:
    data = snapshot(forloeb=[LATE], borgere=[NOT_BORN], staff=[replace(ANNE, mail=None), BO, LEDER])
    found = told(data)
    assert {REVIEW, BIRTH} <= found["m2"]
    assert {Line("2026-0001", "sagsbehandler_uden_mail")} == found["m9"]


@pytest.mark.parametrize("rows", [NO_LEADER, LEADER_UNREACHED], ids=["no_leader", "no_mailbox"])
def test_where_no_leader_is_reached_either_the_operator_sees_every_line_of_the_case(
    rows: dict[str, Any],
) -> None:
    found = told(snapshot(forloeb=[LATE], borgere=[NOT_BORN], roles=[], **rows))
    assert {REVIEW, BIRTH, Line("2026-0001", "ingen_sagsbehandler")} <= found["operator"]


def test_without_an_operator_and_a_leader_an_age_outside_the_offer_is_told_to_those_in_charge() -> None:
    young = replace(BORGER, foedselsdato=date(2012, 1, 1))
    found = told(snapshot(forloeb=[LATE], borgere=[young], **NO_LEADER), replace(FULL, operators=()))
    assert AGE in found["m1"]
    assert AGE in found["m2"]


def test_where_truly_nobody_is_reached_the_plan_says_so() -> None:
    data = snapshot(forloeb=[LATE], borgere=[NOT_BORN], roles=[], **NO_LEADER)
    (overview,) = overviews(data, replace(FULL, operators=()))
    assert ("operator", "nobody") == (overview.notice.key.recipient, overview.cause)
    assert REVIEW in overview.notice.facts["overskredet"]


def test_a_session_without_a_time_is_not_lost_where_there_is_no_operator() -> None:
    data = snapshot(aktiviteter=[session(datetime(2026, 3, 12))])
    found = overviews(data, replace(FULL, operators=()))
    assert ["nobody"] == [d.cause for d in found if d.notice.key.recipient == "operator"]


def test_special_protection_tells_the_leader_too_only_that_there_is_a_deadline() -> None:
    hidden = replace(NOT_BORN, beskyttelse="saerlig")
    found = told(snapshot(forloeb=[LATE], borgere=[hidden], roles=[]))
    assert {"frist"} == {line.what for line in found["m9"]}
    assert replace(REVIEW, what="frist") in found["m9"]


def test_a_deputy_who_has_no_case_of_her_own_gets_an_overview() -> None:
    deputy = replace(BO, medarbejder_id="m7", mail="vikar@kommune.example")
    leave = replace(AWAY, stedfortraeder_id="m7")
    data = snapshot(forloeb=[LATE], staff=[ANNE, BO, LEDER, deputy], roles=ANNES, fravaer=[leave])
    assert REVIEW in told(data)["m7"]


def test_the_mailbox_of_a_citizen_without_a_caseworker_is_the_leaders_to_see_to() -> None:
    citizen = replace(BORGER, mail="ung@mail.example")
    failing = FailingAddress(mail="ung@mail.example", since=at(LONG_AGO, time(9)), status="5.1.1", times=2)
    back = CameBack(failing=(failing,))
    found = told(snapshot(forloeb=[LATE], borgere=[citizen], roles=[]), came_back=back)
    assert Line("2026-0001", "borgers_mail_kommer_retur") in found["m9"]


def test_a_mentor_sees_what_is_amiss_in_the_data_of_the_case() -> None:
    data = snapshot(forloeb=[LATE], borgere=[NOT_BORN], roles=[*ANNES, on_case("m2", "mentor")])
    assert BIRTH in told(data)["m2"]


def test_a_leader_who_is_the_caseworker_too_reads_each_line_once() -> None:
    data = snapshot(forloeb=[LATE], roles=[on_case("m9", "sagsbehandler")])
    (hers,) = [d for d in overviews(data) if d.notice.key.recipient == "medarbejder:m9"]
    lines = hers.notice.facts["mangler_i_data"]
    assert 1 == lines.count(Line("2026-0001", "ingen_kontaktperson"))
    assert len(set(lines)) == len(lines)
