"""Who among young people and citizens is written to: only those who agreed, each once."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from reminderd.app import App
from reminderd.clock import FixedClock
from reminderd.domain.cases import Borger, Deltager, Snapshot
from reminderd.domain.notices import Fact
from reminderd.domain.planning import Policy
from reminderd.domain.recipients import Directory
from reminderd.domain.workdays import local
from tests.casework import POLICY, SHIPPED_RULES, planned, session
from tests.unit.compose_cases import TEMPLATES, YOUTH
from tests.unit.youth_cases import (
    AGREED,
    COURSE,
    FIRST,
    INVITED,
    OTHER,
    OTHER_PERSON,
    REMINDED,
    THURSDAY,
    WRITES,
    an_evening,
    planned_for,
    switched_on,
    two,
)


def to_citizens(data: Snapshot, policy: Policy = WRITES) -> list[tuple[date, str, str | None]]:
    found, _ = planned_for(data, policy)
    return [
        (each.send_at.date(), each.key.stage, each.recipient.mail)
        for each in found
        if each.key.rule.startswith("youth-")
    ]


def told_the_responsible(data: Snapshot, policy: Policy = WRITES) -> list[tuple[Fact, Fact, Fact]]:
    found, _ = planned_for(data, policy)
    names = ("antal", "antal_sendt", "antal_uden_mail")
    return [
        tuple(each.facts[name] for name in names)  # type: ignore[misc]
        for each in found
        if each.key.rule == "activity-responsible"
    ]


# Who is written to


def test_whoever_agreed_is_invited_three_weeks_before_and_reminded_the_working_day_before() -> None:
    expected = [
        (INVITED, "youth-invitation", "ung@privat.example"),
        (REMINDED, "youth-reminder", "ung@privat.example"),
    ]
    assert expected == to_citizens(an_evening())


def test_the_mailbox_may_lie_outside_the_domains_of_staff_and_is_named_after_the_person_by_id() -> None:
    found, _ = planned_for(an_evening())
    young = next(each for each in found if each.recipient.role == "ung")
    assert "privat.example" not in WRITES.domains
    assert "borger:b1" == young.key.recipient


NO_MAIL = [
    (replace(AGREED, mail_samtykke=False), "no mailbox, or no consent"),
    (replace(AGREED, mail=None), "no mailbox, or no consent"),
    (replace(AGREED, beskyttelse="saerlig"), "special protection"),
]


@pytest.mark.parametrize(("borger", "reason"), NO_MAIL, ids=["no consent", "no mailbox", "saerlig"])
def test_whoever_did_not_agree_or_cannot_be_written_to_is_not_and_the_plan_says_why(
    borger: Borger, reason: str
) -> None:
    _, reasons = planned_for(an_evening(borger))
    assert [] == to_citizens(an_evening(borger))
    assert [{reason}] * 2 == [reasons["youth-invitation"], reasons["youth-reminder"]]


def test_the_dead_are_not_written_to() -> None:
    dead = replace(AGREED, doedsdato=FIRST)
    assert [] == to_citizens(an_evening(dead))
    assert [] == to_citizens(an_evening(dead, opfoelgninger=[planned(THURSDAY)]))
    found = Directory(an_evening(dead), FIRST, (), frozenset(), citizen_mail=True)
    assert "the citizen has died" == found.to_citizen(dead)


def test_a_death_between_invitation_and_reminder_stops_the_reminder() -> None:
    dies = replace(AGREED, doedsdato=date(2026, 2, 20))
    assert [(INVITED, "youth-invitation", dies.mail)] == to_citizens(an_evening(dies))


def test_a_protected_name_or_address_is_written_to_with_consent() -> None:
    assert 2 == len(to_citizens(an_evening(replace(AGREED, beskyttelse="navne_adresse"))))


def test_a_protected_address_gets_a_meeting_without_its_place() -> None:
    protected = replace(AGREED, beskyttelse="navne_adresse")
    found, _ = planned_for(an_evening(protected, aktiviteter=[], opfoelgninger=[planned(THURSDAY)]))
    assert [None] == [each.facts["sted"] for each in found]


@pytest.mark.parametrize("same", ["ung@privat.example", "UNG@Privat.Example", " ung@privat.example "])
def test_of_two_who_share_a_mailbox_neither_gets_mail(same: str) -> None:
    shared = two(borgere=[AGREED, replace(OTHER_PERSON, mail=same)])
    _, reasons = planned_for(shared)
    assert [] == to_citizens(shared)
    assert {"2 of 2: the mailbox is shared with another citizen"} == reasons["youth-invitation"]


def test_a_mailbox_shared_with_somebody_without_an_open_course_is_shared_all_the_same() -> None:
    family = replace(OTHER_PERSON, mail=AGREED.mail, mail_samtykke=False)
    assert [] == to_citizens(two(forloeb=[COURSE], borgere=[AGREED, family]))


def test_nobody_is_written_to_until_the_setting_says_so() -> None:
    off = replace(WRITES, citizen_mail=False)
    _, reasons = planned_for(an_evening(), off)
    assert [] == to_citizens(an_evening(), off)
    assert {"citizens are not written to (privacy.citizen_mail)"} == reasons["youth-invitation"]


@pytest.mark.parametrize(("words", "expected"), [((), False), (("privacy.citizen_mail=true",), True)])
def test_the_setting_is_off_by_default_and_reaches_the_plan(words: tuple[str, ...], expected: bool) -> None:
    app = App.from_files(TEMPLATES.parent / "config" / "reminderd.toml", words, FixedClock(local(THURSDAY)))
    assert expected is app.policy.citizen_mail


def test_with_the_shipped_rules_nobody_is_written_to_even_where_the_setting_allows_it() -> None:
    assert [] == to_citizens(an_evening(), replace(POLICY, citizen_mail=True))


def test_a_mail_that_no_citizen_gets_goes_to_nobody_in_their_place() -> None:
    alone = replace(WRITES, book=replace(SHIPPED_RULES, rules=switched_on(YOUTH)))
    rows = {"opfoelgninger": [planned(THURSDAY)], "roles": []}
    refused = replace(AGREED, mail_samtykke=False)
    assert [] == planned_for(an_evening(refused, **rows), alone)[0]


def test_one_person_with_two_courses_gets_one_mail_about_an_activity() -> None:
    second = replace(OTHER, borger_id="b1")
    data = two(forloeb=[COURSE, second], borgere=[AGREED])
    assert [INVITED, REMINDED] == [day for day, _, _ in to_citizens(data)]
    assert [(1, 1, 0)] == told_the_responsible(data)


def test_one_person_with_two_courses_is_missing_once_in_the_plans_reason() -> None:
    second = replace(OTHER, borger_id="b1")
    _, reasons = planned_for(two(forloeb=[COURSE, second], borgere=[replace(AGREED, mail=None)]))
    assert {"no mailbox, or no consent"} == reasons["youth-invitation"]


def test_a_participant_who_said_no_is_neither_written_to_nor_counted() -> None:
    answers = (Deltager("a1", "f1", "tilmeldt"), Deltager("a1", "f2", "afmeldt"))
    data = two(deltagere={"a1": answers})
    assert {AGREED.mail} == {mail for _, _, mail in to_citizens(data)}
    assert [(1, 1, 0)] == told_the_responsible(data)


def test_a_meeting_is_told_only_to_whoever_agreed() -> None:
    rows = {"aktiviteter": [], "opfoelgninger": [planned(datetime(2026, 3, 10, 10))]}
    _, reasons = planned_for(an_evening(replace(AGREED, mail_samtykke=False), **rows))
    assert [(date(2026, 2, 17), "youth-invitation", AGREED.mail)] == to_citizens(an_evening(**rows))
    assert {"no mailbox, or no consent"} == reasons["youth-meeting"]


# What the responsible worker is told


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([AGREED, OTHER_PERSON], (2, 2, 0)),
        ([AGREED, replace(OTHER_PERSON, mail_samtykke=False)], (2, 1, 1)),
        ([AGREED, replace(OTHER_PERSON, beskyttelse="saerlig")], (2, 1, 1)),
        ([AGREED, replace(OTHER_PERSON, mail=AGREED.mail)], (2, 0, 2)),
    ],
)
def test_the_responsible_worker_is_told_how_many_have_to_be_told_otherwise(
    people: list[Borger], expected: tuple[int, int, int]
) -> None:
    assert [expected] == told_the_responsible(two(borgere=people))


def test_without_a_rule_that_writes_to_them_nobody_counts_as_written_to() -> None:
    alone = replace(WRITES, book=replace(SHIPPED_RULES, rules=switched_on(["activity-responsible"])))
    assert [(2, 0, 2)] == told_the_responsible(two(), alone)


def test_an_activity_that_nobody_leads_is_listed() -> None:
    found, reasons = planned_for(an_evening(aktiviteter=[session(THURSDAY)]))
    assert "activity-responsible" not in {each.key.rule for each in found}
    assert {"nobody leads it (ansvarlig_id is missing)"} == reasons["activity-responsible"]
