"""Invented young people who agreed to get mail, and what a stretch of days would send them.

The rules are the shipped ones, switched on.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from reminderd.domain.cases import Borger, Snapshot
from reminderd.domain.notices import Notice
from reminderd.domain.planning import Policy
from reminderd.domain.reconcile import Knowledge
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.rules import Rule
from tests.casework import BORGER, LONG_AGO, POLICY, SHIPPED_RULES, VEJEN_FREM, session, snapshot
from tests.unit.compose_cases import YOUTH

FIRST, LAST = date(2026, 2, 2), date(2026, 3, 1)
THURSDAY = datetime(2026, 2, 26, 17)
INVITED, REMINDED = date(2026, 2, 5), date(2026, 2, 25)
AGREED = replace(BORGER, mail="ung@privat.example", mail_samtykke=True)
COURSE = replace(VEJEN_FREM, fase2_dato=date(2026, 2, 1))
OTHER = replace(COURSE, forloeb_id="f2", borger_id="b2", sagsnr="2026-0002")
OTHER_PERSON = replace(AGREED, borger_id="b2", initialer="CD", mail="anden@privat.example")


def switched_on(names: Iterable[str]) -> tuple[Rule, ...]:
    return tuple(replace(rule, enabled=True) for rule in SHIPPED_RULES.rules if rule.name in names)


WRITES = replace(
    POLICY,
    book=replace(SHIPPED_RULES, rules=switched_on({*YOUTH, "activity-responsible"})),
    citizen_mail=True,
)


def an_evening(borger: Borger = AGREED, **rows: Any) -> Snapshot:
    """Return one activity with one young person, whose contact person leads it."""
    given = {"forloeb": [COURSE], "aktiviteter": [session(THURSDAY, ansvarlig_id="m2")]}
    return snapshot(borgere=[borger], **(given | rows))


def two(**rows: Any) -> Snapshot:
    """Return one activity with two young people who agreed."""
    given = {
        "forloeb": [COURSE, OTHER],
        "borgere": [AGREED, OTHER_PERSON],
        "aktiviteter": [session(THURSDAY, ansvarlig_id="m2")],
    }
    return snapshot(**(given | rows))


def planned_for(data: Snapshot, policy: Policy = WRITES) -> tuple[list[Notice], dict[str, set[str]]]:
    """Return what a stretch of days sends, and the reasons of what it does not by rule."""
    decisions, gaps = plan_stretch(data, policy, Knowledge({}, {}, LONG_AGO), FIRST, LAST)
    reasons: dict[str, set[str]] = {}
    for gap in gaps:
        reasons.setdefault(gap.rule, set()).add(gap.reason)
    return [decision.notice for decision in decisions if decision.kind == "send"], reasons
