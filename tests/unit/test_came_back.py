"""What came back stands in the overview of whoever is in charge: answers without names, addresses to mend."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from reminderd.domain.answers import Answer, FailingAddress
from reminderd.domain.came_back import CameBack
from reminderd.domain.cases import Snapshot
from reminderd.domain.notices import Line
from reminderd.domain.reconcile import Knowledge, plan_today
from reminderd.domain.silences import Silence
from reminderd.domain.workdays import at
from tests.casework import BORGER, POLICY, SHIPPED_RULES, VEJEN_FREM, on_case, session, snapshot

FULL = replace(POLICY, book=SHIPPED_RULES)
MONDAY = date(2026, 3, 2)
NOW = at(MONDAY, time(9))
LAST_WEEK = at(date(2026, 2, 26), time(14))
LONG_AGO = date(2025, 1, 1)
FAILS = FailingAddress(mail="bo@kommune.example", since=LAST_WEEK, status="5.1.1", times=2)


def answer(**values: Any) -> Answer:
    given: dict[str, Any] = {
        "key": "k",
        "deadline_kind": "review_meeting",
        "deadline_date": date(2026, 3, 10),
        "subject": f"forloeb:{VEJEN_FREM.forloeb_id}",
        "recipient_id": "medarbejder:m2",
        "sagsnr": VEJEN_FREM.sagsnr,
        "partstat": "declined",
        "occurrence": None,
        "given_at": LAST_WEEK,
        "noted_at": LAST_WEEK,
    }
    return Answer(**(given | values))


def overview(
    data: Snapshot, came_back: CameBack, who: str, name: str, now: datetime = NOW, **known: Any
) -> tuple[Line, ...]:
    """Return one list of somebody's overview; what stands in it anyway is not what is asked about."""

    def lines(what: CameBack) -> tuple[Line, ...]:
        decisions = plan_today(
            data, FULL, Knowledge({}, {}, LONG_AGO, came_back=what, **known), now
        ).decisions
        found = [
            d.notice.facts[name]
            for d in decisions
            if d.notice.key.deadline_kind == "digest" and d.notice.key.recipient == who
        ]
        return found[0] if found else ()  # type: ignore[return-value]

    before = lines(CameBack())
    return tuple(line for line in lines(came_back) if line not in before)


def svar(data: Snapshot, *answers: Answer, who: str = "medarbejder:m1", **more: Any) -> tuple[Line, ...]:
    return overview(data, CameBack(answers=answers), who, "svar", **more)


CASE = snapshot(forloeb=[VEJEN_FREM])


@pytest.mark.parametrize("partstat", ["accepted", "declined", "tentative"])
def test_the_caseworker_hears_of_last_week_s_answers_by_case_occasion_and_date(partstat: str) -> None:
    line = Line(VEJEN_FREM.sagsnr, f"review_meeting/{partstat}", date(2026, 3, 10))
    assert (line,) == svar(CASE, answer(partstat=partstat))


def test_an_answer_to_one_date_names_that_date() -> None:
    (line,) = svar(CASE, answer(occurrence=date(2026, 3, 24)))
    assert date(2026, 3, 24) == line.day


@pytest.mark.parametrize(
    ("noted", "said"),
    [
        (at(date(2026, 2, 22), time(23, 59)), 0),
        (at(date(2026, 2, 23), time(0)), 1),
        (at(date(2026, 3, 1), time(23, 59)), 1),
        (at(MONDAY, time(0)), 0),
    ],
)
def test_each_answer_stands_in_the_overview_of_one_week(noted: datetime, said: int) -> None:
    assert said == len(svar(CASE, answer(noted_at=noted)))


def test_nobody_hears_of_her_own_answer_and_the_same_is_said_once() -> None:
    assert () == svar(CASE, answer(recipient_id="medarbejder:m1"))
    assert 1 == len(svar(CASE, answer(), answer(recipient_id="medarbejder:m3")))


def test_an_activity_s_answers_are_for_whoever_leads_it() -> None:
    row = session(datetime(2026, 3, 10, 15), ansvarlig_id="m2")
    data = snapshot(forloeb=[VEJEN_FREM], aktiviteter=[row])
    given = answer(
        subject=f"aktivitet:{row.aktivitet_id}",
        sagsnr=None,
        deadline_kind="activity",
        recipient_id="medarbejder:m1",
    )
    line = Line(row.aktivitet_id, "activity/declined", date(2026, 3, 10))
    assert (line,) == svar(data, given, who="medarbejder:m2")
    assert () == svar(data, given)


def test_whoever_leads_an_activity_and_has_no_case_hears_of_its_answers_too() -> None:
    row = session(datetime(2026, 3, 10, 15), ansvarlig_id="m2")
    data = snapshot(forloeb=[VEJEN_FREM], aktiviteter=[row], roles=[on_case("m1", "sagsbehandler")])
    given = answer(subject=f"aktivitet:{row.aktivitet_id}", sagsnr=None, deadline_kind="activity")
    given = replace(given, recipient_id="medarbejder:m1")
    line = Line(row.aktivitet_id, "activity/declined", date(2026, 3, 10))
    assert (line,) == svar(data, given, who="medarbejder:m2")


def test_nothing_is_said_under_special_protection_or_of_a_paused_or_unknown_case() -> None:
    hidden = snapshot(forloeb=[VEJEN_FREM], borgere=[replace(BORGER, beskyttelse="saerlig")])
    assert () == svar(hidden, answer())
    silence = Silence(
        silence_id=1,
        kind="case",
        target=VEJEN_FREM.sagsnr,
        until=MONDAY + timedelta(days=30),
        author="lis",
        reason="aftalt",
        created_at=LAST_WEEK,
    )
    assert () == svar(CASE, answer(), silences=(silence,))
    assert () == svar(CASE, answer(subject="forloeb:gone"), answer(subject="aktivitet:gone"))


def amiss(data: Snapshot, address: FailingAddress, who: str) -> list[str]:
    return [
        f"{line.sagsnr} {line.what}"
        for line in overview(data, CameBack((), (address,)), who, "mangler_i_data")
    ]


def test_an_address_of_staff_that_fails_is_the_leader_s_and_the_operator_s_to_mend() -> None:
    said = ["bo@kommune.example mail_kommer_retur"]
    assert said == amiss(CASE, FAILS, "medarbejder:m9")
    assert said == amiss(CASE, FAILS, "operator")
    assert [] == amiss(CASE, FAILS, "medarbejder:m1")


def test_a_unit_s_own_mailbox_counts_too() -> None:
    failing = replace(FAILS, mail="enheden@kommune.example")
    assert ["enheden@kommune.example mail_kommer_retur"] == amiss(CASE, failing, "medarbejder:m9")


def test_an_address_that_was_corrected_in_the_case_system_is_said_no_more() -> None:
    assert [] == amiss(CASE, replace(FAILS, mail="gammel@kommune.example"), "medarbejder:m9")


def test_a_citizen_s_address_is_said_as_the_case_s_number_to_the_caseworker_alone() -> None:
    failing = replace(FAILS, mail="ung@mail.example")
    data = snapshot(
        forloeb=[VEJEN_FREM], borgere=[replace(BORGER, mail="Ung@mail.example", mail_samtykke=True)]
    )
    assert [f"{VEJEN_FREM.sagsnr} borgers_mail_kommer_retur"] == amiss(data, failing, "medarbejder:m1")
    assert [] == amiss(data, failing, "medarbejder:m9")
    hidden = snapshot(
        forloeb=[VEJEN_FREM],
        borgere=[replace(BORGER, mail="ung@mail.example", mail_samtykke=True, beskyttelse="saerlig")],
    )
    assert [] == amiss(hidden, failing, "medarbejder:m1")
