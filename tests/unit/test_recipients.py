"""Whom a mail goes to on its sending day: nobody is left out in silence, and no mail leaves the house."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from reminderd.domain.cases import Enhed, Fravaer, Medarbejder, Tilknytning
from reminderd.domain.mailboxes import ascii_address
from reminderd.domain.notices import Recipient
from reminderd.domain.recipients import Directory
from tests.casework import ANNE, BO, ENHED, LEDER, decide_on, on_case, sends, snapshot, the_case

TODAY = date(2026, 5, 11)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
CARL = Medarbejder("m3", "Carl Prøve", "CP", "carl@kommune.example", None, True, "e1")
DORTE = Medarbejder("m4", "Dorte Prøve", "DP", "dorte@kommune.example", None, True, "e1")
EVA = Medarbejder("m5", "Eva Prøve", "EP", "eva@kommune.example", None, True, "e1")
STAFF = (ANNE, BO, CARL, DORTE, EVA, LEDER)
UNIT = Recipient(role="sagsbehandler", holder="enhed:e1", mail="enheden@kommune.example", navn="Enheden")


def directory(
    *,
    staff: Iterable[Medarbejder] = STAFF,
    enheder: Iterable[Enhed] = (ENHED,),
    away: Iterable[Fravaer] = (),
    day: date = TODAY,
    operators: tuple[str, ...] = ("it@kommune.example",),
    roles: Iterable[Tilknytning] = (),
) -> Directory:
    data = snapshot(staff=staff, enheder=enheder, fravaer=away, roles=roles)
    return Directory(data, day, operators, frozenset({"kommune.example"}))


def absent(person: str, deputy: str | None, fra: date = TODAY, til: date | None = TODAY) -> Fravaer:
    return Fravaer(person, fra, til, deputy)


def instead_of(person: Medarbejder) -> tuple[Medarbejder, ...]:
    return (person, *(other for other in STAFF if other.medarbejder_id != person.medarbejder_id))


def only(found: tuple[Recipient, ...]) -> Recipient:
    (recipient,) = found
    return recipient


def to_anne(found: Directory) -> Recipient:
    return only(found.to_staff("sagsbehandler", "m1", "e1"))


def holders(role: str, *roles: Tilknytning, **changes: object) -> list[str]:
    found = directory(roles=roles, **changes)
    return found.holders(the_case(found.snapshot), role)


# Who it is


def test_a_person_who_is_there_gets_her_own_mail() -> None:
    wanted = Recipient(
        role="sagsbehandler", holder="medarbejder:m1", mail="anne@kommune.example", navn="Anne Eksempel"
    )
    assert wanted == to_anne(directory())


def test_a_role_is_held_from_its_first_day_to_its_last() -> None:
    row = on_case("m1", "sagsbehandler", fra=TODAY, til=TOMORROW)
    days = [TODAY + timedelta(days=n) for n in (-1, 0, 1, 2)]
    assert [[], ["m1"], ["m1"], []] == [holders("sagsbehandler", row, day=day) for day in days]


def test_nobody_in_a_role_is_nobody() -> None:
    assert [] == holders("sagsbehandler", on_case("m2", "kontaktperson"))


def test_of_several_caseworkers_the_primary_one_is_told() -> None:
    second = replace(on_case("m2", "sagsbehandler"), primaer=False)
    assert ["m1"] == holders("sagsbehandler", second, on_case("m1", "sagsbehandler"))


def test_where_no_caseworker_is_primary_all_of_them_are_told() -> None:
    rows = [replace(on_case(person, "sagsbehandler"), primaer=False) for person in ("m1", "m2")]
    assert ["m1", "m2"] == holders("sagsbehandler", *rows)


def test_a_primary_caseworker_of_the_past_is_not_preferred() -> None:
    past = on_case("m1", "sagsbehandler", til=YESTERDAY)
    assert ["m2"] == holders("sagsbehandler", past, replace(on_case("m2", "sagsbehandler"), primaer=False))


@pytest.mark.parametrize("role", ["kontaktperson", "mentor"])
def test_two_contact_persons_are_both_told(role: str) -> None:
    rows = [on_case("m1", role), replace(on_case("m2", role), primaer=False)]
    assert ["m1", "m2"] == holders(role, *rows)


def test_one_person_twice_in_a_role_is_told_once() -> None:
    assert ["m1"] == holders("kontaktperson", *[on_case("m1", "kontaktperson")] * 2)


def test_the_leader_is_the_one_on_the_case_or_else_the_units() -> None:
    assert ["m9"] == holders("leder")
    assert ["m5"] == holders("leder", on_case("m5", "leder"))
    assert [] == holders("leder", enheder=[replace(ENHED, leder_id=None)])


# Where it goes when it cannot go there


def test_without_a_caseworker_the_units_mailbox_is_told() -> None:
    assert (UNIT,) == directory().to_unit("sagsbehandler", "e1")


@pytest.mark.parametrize("shared", [None, "enheden@elsewhere.example"])
def test_without_a_units_mailbox_its_leader_is_told(shared: str | None) -> None:
    found = only(directory(enheder=[replace(ENHED, faelles_mail=shared)]).to_unit("sagsbehandler", "e1"))
    assert ("medarbejder:m9", "lis@kommune.example") == (found.holder, found.mail)


@pytest.mark.parametrize(
    "leader",
    [
        replace(LEDER, aktiv=False),
        replace(LEDER, mail=None),
        replace(LEDER, mail="lis@elsewhere.example"),
        replace(LEDER, medarbejder_id="m8"),
    ],
)
def test_without_a_leader_either_the_operators_are_told(leader: Medarbejder) -> None:
    without = [replace(ENHED, faelles_mail=None)]
    found = only(directory(staff=(ANNE, leader), enheder=without).to_unit("sagsbehandler", "e1"))
    assert Recipient(role="sagsbehandler", holder="operator", mail="it@kommune.example") == found


@pytest.mark.parametrize("unit", [None, "e-unknown"])
def test_a_case_without_a_unit_goes_to_the_operators(unit: str | None) -> None:
    assert "it@kommune.example" == only(directory().to_unit("sagsbehandler", unit)).mail


def test_where_there_is_nobody_at_all_the_recipient_has_no_mailbox() -> None:
    found = only(directory(operators=()).to_unit("sagsbehandler", None))
    assert Recipient(role="sagsbehandler", holder="operator", mail=None) == found


@pytest.mark.parametrize(
    "anne",
    [
        replace(ANNE, aktiv=False),
        replace(ANNE, mail=None),
        replace(ANNE, mail="anne@elsewhere.example"),
        replace(ANNE, mail="anne@kommune.example.evil.example"),
    ],
)
def test_who_has_left_or_has_no_mail_in_the_house_is_as_nobody(anne: Medarbejder) -> None:
    assert UNIT == to_anne(directory(staff=instead_of(anne)))


def test_a_stranger_in_a_role_is_as_nobody() -> None:
    assert UNIT == to_anne(directory(staff=(BO, LEDER)))


def test_a_mail_domain_is_compared_without_regard_to_case() -> None:
    anne = replace(ANNE, mail="Anne@Kommune.EXAMPLE")
    assert "Anne@Kommune.EXAMPLE" == to_anne(directory(staff=instead_of(anne))).mail


def test_everybody_on_the_operators_list_is_told_under_a_name_without_an_address() -> None:
    found = directory(operators=("it@kommune.example", "vagt@kommune.example")).to_unit("sagsbehandler", None)
    assert [("operator", "it@kommune.example"), ("operator:2", "vagt@kommune.example")] == [
        (recipient.holder, recipient.mail) for recipient in found
    ]


def test_whoever_is_away_with_nobody_behind_her_is_told_of_to_the_whole_list_each_under_one_name() -> None:
    found = directory(
        operators=("it@kommune.example", "vagt@kommune.example"),
        enheder=[replace(ENHED, faelles_mail=None, leder_id=None)],
        away=[absent("m1", None)],
    ).to_staff("sagsbehandler", "m1", "e1")
    assert [("medarbejder:m1", "m1"), ("operator:2", "m1")] == [
        (recipient.holder, recipient.deputy_for) for recipient in found
    ]


# Who stands in


@pytest.mark.parametrize(
    ("day", "mail"),
    [
        (YESTERDAY, "anne@kommune.example"),
        (TODAY, "bo@kommune.example"),
        (TOMORROW, "bo@kommune.example"),
        (TOMORROW + timedelta(days=1), "anne@kommune.example"),
    ],
)
def test_the_deputy_is_told_on_the_days_of_absence_both_ends_included(day: date, mail: str) -> None:
    assert mail == to_anne(directory(away=[absent("m1", "m2", TODAY, TOMORROW)], day=day)).mail


def test_an_absence_without_an_end_goes_on() -> None:
    found = directory(away=[absent("m1", "m2", TODAY, None)], day=TODAY + timedelta(days=900))
    assert "bo@kommune.example" == to_anne(found).mail


def test_a_mail_to_a_deputy_is_still_the_absent_persons_notice() -> None:
    wanted = Recipient(
        role="sagsbehandler",
        holder="medarbejder:m1",
        mail="bo@kommune.example",
        navn="Bo Prøve",
        deputy_for="m1",
        deputy_for_navn="Anne Eksempel",
    )
    assert wanted == to_anne(directory(away=[absent("m1", "m2")]))


@pytest.mark.parametrize(
    ("chain", "mail"),
    [
        ([("m1", "m2"), ("m2", "m3")], "carl@kommune.example"),
        ([("m1", "m2"), ("m2", "m3"), ("m3", "m4")], "dorte@kommune.example"),
        ([("m1", "m2"), ("m2", "m3"), ("m3", "m4"), ("m4", "m5")], "enheden@kommune.example"),
        ([("m1", "m2"), ("m2", "m1")], "enheden@kommune.example"),
        ([("m1", "m1")], "enheden@kommune.example"),
        ([("m1", None)], "enheden@kommune.example"),
        ([("m1", "m2"), ("m2", None)], "enheden@kommune.example"),
        ([("m1", "m-unknown")], "enheden@kommune.example"),
    ],
    ids=["two", "three", "four", "circle", "herself", "nobody", "dead end", "stranger"],
)
def test_deputies_are_followed_for_three_links_and_then_the_unit_is_told(
    chain: list[tuple[str, str | None]], mail: str
) -> None:
    found = to_anne(directory(away=[absent(person, deputy) for person, deputy in chain]))
    assert (mail, "medarbejder:m1", "m1") == (found.mail, found.holder, found.deputy_for)


@pytest.mark.parametrize("bo", [replace(BO, aktiv=False), replace(BO, mail=None)])
def test_a_deputy_who_cannot_be_reached_is_replaced_by_the_unit(bo: Medarbejder) -> None:
    found = to_anne(directory(staff=instead_of(bo), away=[absent("m1", "m2")]))
    assert ("enheden@kommune.example", "m1") == (found.mail, found.deputy_for)


def test_of_two_absences_at_once_the_one_with_a_deputy_counts() -> None:
    found = directory(away=[absent("m1", None), absent("m1", "m2")])
    assert "bo@kommune.example" == to_anne(found).mail


# In a whole plan


def test_a_case_without_a_caseworker_is_told_to_the_unit_and_named_after_it() -> None:
    data = snapshot(roles=[on_case("m2", "kontaktperson")])
    found = sends(data, date(2026, 5, 1), date(2026, 5, 15))
    assert "enhed:e1" in {recipient for _, _, recipient in found}


@pytest.mark.parametrize(
    "address",
    [
        "x y@kommune.example",
        '"x y"@kommune.example',
        "x,ond@kommune.example",
        "<x@kommune.example",
        "søren@kommune.example",
        "gruppe:x@kommune.example",
        "x(kommentar)@kommune.example",
        "x..y@kommune.example",
        "ond@udefra.example@kommune.example",
    ],
)
def test_what_is_not_one_plain_mailbox_counts_as_none(address: str) -> None:
    data = snapshot(staff=(replace(ANNE, mail=address), BO, LEDER))
    (course, *_) = [
        one for one in decide_on(data, date(2026, 5, 11)) if "course-limit-warning" in str(one.notice.key)
    ]
    assert "enheden@kommune.example" == course.notice.recipient.mail


@pytest.mark.parametrize(
    ("mail", "goes_to"),
    [
        ("anne@rødkål.example", "anne@xn--rdkl-soa5i.example"),
        ("anne@RØDKÅL.example", "anne@xn--rdkl-soa5i.example"),
        ("anne@xn--rdkl-soa5i.example", "anne@xn--rdkl-soa5i.example"),
        ("anne@.ø", "anne@.ø"),
        ("ænne@kommune.example", "ænne@kommune.example"),
    ],
)
def test_a_domain_is_read_as_relays_know_it(mail: str, goes_to: str) -> None:
    assert goes_to == ascii_address(mail)


def test_a_domain_that_only_looks_alike_is_another_one() -> None:
    assert ascii_address("anne@kommun\N{CYRILLIC SMALL LETTER IE}.example") != "anne@kommune.example"
