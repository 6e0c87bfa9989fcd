"""A rule that `check` accepts can reach somebody, and one that it refuses could not."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from reminderd.domain.audience import TOLD_TO_CITIZENS, reaches, roles_for
from reminderd.domain.cases import Kontakt, Moede
from reminderd.domain.rules import DEADLINE_KINDS, ROLES, Lead, OneOff, Rule
from tests.casework import (
    BORGER,
    FORLOEB,
    POLICY,
    VEJEN_FREM,
    on_case,
    planned,
    sends,
    session,
    snapshot,
)

# Somebody in every role, and one deadline of every kind in the first half of 2026.
ROLES_HELD = [
    on_case(who, rolle, forloeb_id=case)
    for case in ("f1", "f2", "f3", "f4", "f5")
    for who, rolle in (("m1", "sagsbehandler"), ("m2", "kontaktperson"), ("m2", "mentor"), ("m9", "leder"))
]
EVERYTHING = snapshot(
    borgere=[
        replace(BORGER, foedselsdato=date(2003, 6, 1), mail="ab@mail.example", mail_samtykke=True),
        replace(BORGER, borger_id="b4", foedselsdato=date(2008, 9, 1)),
    ],
    forloeb=[
        replace(VEJEN_FREM, slut_planlagt=date(2026, 5, 4)),
        replace(FORLOEB, forloeb_id="f2"),
        replace(FORLOEB, forloeb_id="f3", slut_dato=date(2026, 3, 2), start_dato=date(2025, 12, 1)),
        replace(
            VEJEN_FREM,
            forloeb_id="f4",
            borger_id="b4",
            fase=1,
            start_dato=date(2026, 2, 1),
            anbringelse_slut=date(2026, 6, 1),
        ),
        replace(VEJEN_FREM, forloeb_id="f5", borger_id="b4", status="kandidat"),
    ],
    roles=ROLES_HELD,
    aktiviteter=[session(datetime(2026, 3, 4, 17), ansvarlig_id="m2")],
    opfoelgninger=[planned(datetime(2026, 3, 31, 10))],
    moeder=(
        Moede("mo1", "eftervaernsudvalg", datetime(2026, 3, 12, 13), None, "e1"),
        Moede("mo2", "fagudvalg", datetime(2026, 3, 19, 17), None, "e1"),
    ),
    kontakter={"f1": (Kontakt("k1", "f1", "m2", date(2026, 1, 5), "fremmoede", gennemfoert=True),)},
)


def reached(role: str, kind: str) -> bool:
    """Tell whether a rule that tells only whoever has a role tells anybody, over half a year."""
    lead = Lead.parse("on the day" if kind in ("digest", "course_end") else "1 day before")
    alone = Rule(
        name="alone",
        deadline=kind,
        stage="alone",
        when=lead,
        template="any",
        roles=(),
        optional_roles=(role,),
    )
    day = OneOff(name="day", titel="Dagen", dag=date(2026, 4, 1), enhed_id="e1")
    policy = replace(POLICY, book=replace(POLICY.book, rules=(alone,), one_off=(day,)), citizen_mail=True)
    return bool(sends(EVERYTHING, date(2026, 1, 5), date(2026, 6, 30), policy=policy))


# These would reach somebody, and are refused: an overview is its reader's alone, and `selv` is that reader.
NOT_THEIRS = {("leder", "digest"), ("enhed", "digest"), ("ansvarlig", "digest"), ("selv", "activity")}


@pytest.mark.parametrize("kind", DEADLINE_KINDS)
@pytest.mark.parametrize("role", [role for role in ROLES if role != "ung"])
def test_the_table_says_of_every_role_and_kind_whether_a_rule_reaches_anybody(role: str, kind: str) -> None:
    assert reached(role, kind) == (reaches(role, kind) or (role, kind) in NOT_THEIRS)


@pytest.mark.parametrize("kind", TOLD_TO_CITIZENS)
def test_what_citizens_may_be_told_of_reaches_them(kind: str) -> None:
    assert reached("ung", kind)
    assert reaches("ung", kind)


@pytest.mark.parametrize("kind", DEADLINE_KINDS)
def test_every_kind_has_somebody_who_can_be_told(kind: str) -> None:
    assert roles_for(kind)
