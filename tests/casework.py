"""Small invented cases for tests: a snapshot is built from the few rows that a test is about."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from reminderd.config.closed_days import closed_days
from reminderd.config.rulebook import load_rules
from reminderd.config.settings import CalendarSettings
from reminderd.config.shipped import shipped_folder
from reminderd.domain.calendar_notices import UPKEEP
from reminderd.domain.cases import (
    Aktivitet,
    Borger,
    Enhed,
    Forloeb,
    Fravaer,
    Medarbejder,
    Meta,
    Opfoelgning,
    Plan,
    Serie,
    Snapshot,
    Tilknytning,
)
from reminderd.domain.deadlines import Case, case_of
from reminderd.domain.lifecycle import State
from reminderd.domain.notices import Decision
from reminderd.domain.planning import Policy
from reminderd.domain.reconcile import Knowledge, plan_today
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.rules import Rule
from reminderd.domain.workdays import Workdays, at

SHIPPED_RULES = load_rules(shipped_folder("config") / "rules.toml")
DANISH = Workdays(closed_days(2010, 2040, CalendarSettings()))
# The weekly overview has tests of its own; in the others it would only be noise.
WITHOUT_DIGEST = replace(
    SHIPPED_RULES, rules=tuple(rule for rule in SHIPPED_RULES.rules if rule.deadline != "digest")
)
POLICY = Policy(
    book=WITHOUT_DIGEST,
    workdays=DANISH,
    operators=("it@kommune.example",),
    domains=frozenset({"kommune.example"}),
)
LONG_AGO = date(2000, 1, 1)

BORGER = Borger("b1", "AB", date(2004, 3, 1), None, None, "ingen", None, mail_samtykke=False)
FORLOEB = Forloeb(
    forloeb_id="f1",
    borger_id="b1",
    sagsnr="2026-0001",
    tilbud="SEL_82B",
    lovhjemmel=None,
    fase=None,
    fase_dato=None,
    fase2_dato=None,
    status="aktiv",
    start_dato=date(2026, 1, 5),
    slut_planlagt=None,
    slut_dato=None,
    genaabnet_dato=None,
    anbringelse_slut=None,
    afslutning_kode=None,
    enhed_id="e1",
)
VEJEN_FREM = replace(
    FORLOEB, tilbud="VEJEN_FREM", fase=2, fase2_dato=date(2026, 1, 5), start_dato=date(2025, 9, 1)
)
ANNE = Medarbejder("m1", "Anne Eksempel", "AE", "anne@kommune.example", None, True, "e1")
BO = Medarbejder("m2", "Bo Prøve", "BP", "bo@kommune.example", None, True, "e1")
LEDER = Medarbejder("m9", "Lis Leder", "LL", "lis@kommune.example", None, True, "e1")
ENHED = Enhed("e1", "Enheden", "enheden@kommune.example", "m9", None)


def rule_named(name: str) -> Rule:
    (found,) = [rule for rule in SHIPPED_RULES.rules if rule.name == name]
    return found


def on_case(
    medarbejder_id: str, rolle: str, *, forloeb_id: str = "f1", fra: date = LONG_AGO, til: date | None = None
) -> Tilknytning:
    return Tilknytning(forloeb_id, medarbejder_id, rolle, True, fra, til)


def snapshot(
    *,
    forloeb: Iterable[Forloeb] = (FORLOEB,),
    borgere: Iterable[Borger] = (BORGER,),
    staff: Iterable[Medarbejder] = (ANNE, BO, LEDER),
    roles: Iterable[Tilknytning] = (on_case("m1", "sagsbehandler"), on_case("m2", "kontaktperson")),
    enheder: Iterable[Enhed] = (ENHED,),
    fravaer: Iterable[Fravaer] = (),
    planer: Iterable[Plan] = (),
    opfoelgninger: Iterable[Opfoelgning] = (),
    aktiviteter: Iterable[Aktivitet] = (),
    serier: Iterable[Serie] = (),
    **more: Any,
) -> Snapshot:
    return Snapshot(
        meta=Meta(1, "Test", datetime(2026, 1, 1, 6)),
        borgere={row.borger_id: row for row in borgere},
        forloeb={row.forloeb_id: row for row in forloeb},
        medarbejdere={row.medarbejder_id: row for row in staff},
        enheder={row.enhed_id: row for row in enheder},
        tilknytninger=_by(roles, "forloeb_id"),
        fravaer=_by(fravaer, "medarbejder_id"),
        planer=_by(planer, "forloeb_id"),
        opfoelgninger=_by(opfoelgninger, "forloeb_id"),
        aktiviteter={row.aktivitet_id: row for row in aktiviteter},
        serier={row.serie_id: row for row in serier},
        **more,
    )


def held(day: date, *, opfoelgning_id: str = "o1") -> Opfoelgning:
    return Opfoelgning(opfoelgning_id, "f1", None, None, None, None, day, "afholdt")


def planned(moment: datetime, *, opfoelgning_id: str = "o2") -> Opfoelgning:
    return Opfoelgning(opfoelgning_id, "f1", None, moment, 60, "Rådhuset", None, "planlagt")


def session(start: datetime, *, aktivitet_id: str = "a1", status: str = "planlagt", **more: Any) -> Aktivitet:
    values: dict[str, Any] = {
        "serie_id": None,
        "titel": "Fællesspisning",
        "slut_tid": None,
        "sted": "Huset",
        "ansvarlig_id": None,
    }
    return Aktivitet(
        aktivitet_id=aktivitet_id, start_tid=start, status=status, tilbud="VEJEN_FREM", **(values | more)
    )


def serie(start: datetime, rytme: str = "14_dage", slut: date | None = None) -> Serie:
    return Serie("s1", "Fællesspisning", start, 180, rytme, slut, "Huset", None, "VEJEN_FREM")


def the_case(data: Snapshot) -> Case:
    return case_of(data, next(iter(data.forloeb.values())))


def sends(
    data: Snapshot, first: date, last: date, *, start: date = LONG_AGO, policy: Policy = POLICY
) -> list[tuple[date, str, str]]:
    """Return (sending day, stage, recipient) of every reminder daily runs would send, in order.

    What keeps calendars right has tests of its own; here it would only be noise.
    """
    decisions, _ = plan_stretch(data, policy, Knowledge({}, {}, start), first, last)
    return [
        (decision.notice.send_at.date(), decision.notice.key.stage, decision.notice.key.recipient)
        for decision in decisions
        if decision.kind == "send" and decision.notice.key.rule not in UPKEEP
    ]


def to(recipient: str, found: Iterable[tuple[date, str, str]]) -> list[tuple[date, str]]:
    return [(day, stage) for day, stage, holder in found if holder == f"medarbejder:{recipient}"]


def decide_on(
    data: Snapshot,
    day: date,
    *,
    states: dict[str, State] | None = None,
    start: date = LONG_AGO,
    hour: int = 9,
    policy: Policy = POLICY,
) -> list[Decision]:
    """Return what one run on this day, at this hour in Copenhagen, would decide."""
    return plan_today(data, policy, Knowledge(states or {}, {}, start), at(day, time(hour))).decisions


def _by(rows: Iterable[Any], name: str) -> dict[str, tuple[Any, ...]]:
    index: dict[str, tuple[Any, ...]] = {}
    for row in rows:
        index[getattr(row, name)] = (*index.get(getattr(row, name), ()), row)
    return index
