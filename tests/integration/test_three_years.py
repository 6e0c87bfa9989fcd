"""Three years of cases that change under way: each plan is what the real corridor then does.

Whenever something changes in the case source, the plan for the days until the next change is made
from the source and the ledger as they stand, and the corridor is run once a day over those days.
"""

import os
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from reminderd.clock import FixedClock
from reminderd.domain.cases import (
    Aktivitet,
    Borger,
    Deltager,
    Forloeb,
    Fravaer,
    Kontakt,
    Moede,
    Opfoelgning,
    Snapshot,
)
from reminderd.domain.rehearsal import plan_stretch
from tests.casework import (
    ANNE,
    BO,
    BORGER,
    ENHED,
    FORLOEB,
    LEDER,
    POLICY,
    SHIPPED_RULES,
    VEJEN_FREM,
    on_case,
    serie,
    session,
    snapshot,
)
from tests.integration.corridor import Corridor, GivenCases, morning

FIRST, LAST = date(2026, 1, 1), date(2028, 12, 31)
# Every rule that comes along is on, those to young people too.
FULL = replace(
    POLICY,
    book=replace(SHIPPED_RULES, rules=tuple(replace(rule, enabled=True) for rule in SHIPPED_RULES.rules)),
    citizen_mail=True,
)
STAFF = (ANNE, BO, LEDER)
_HALF = 0.5


class House:
    """An invented house in which something happens every few weeks."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - an invented history, not a secret
        self.forloeb: list[Forloeb] = []
        self.borgere: list[Borger] = []
        self.roles = [on_case("m9", "leder")]
        self.opfoelgninger: list[Opfoelgning] = []
        self.kontakter: list[Kontakt] = []
        self.fravaer: list[Fravaer] = []
        self.sessions: list[Aktivitet] = []
        self.deltagere: list[Deltager] = []
        self.moeder: list[Moede] = []
        for _ in range(6):
            self.begin(FIRST - timedelta(days=self.random.randint(0, 200)))

    def snapshot(self, today: date) -> Snapshot:
        data = snapshot(
            forloeb=self.forloeb,
            borgere=self.borgere,
            staff=STAFF,
            roles=self.roles,
            enheder=[ENHED],
            fravaer=self.fravaer,
            opfoelgninger=self.opfoelgninger,
            serier=[serie(datetime(2026, 1, 8, 17))],
            aktiviteter=self.sessions,
            deltagere={
                row.aktivitet_id: tuple(d for d in self.deltagere if d.aktivitet_id == row.aktivitet_id)
                for row in self.deltagere
            },
            moeder=tuple(self.moeder),
            kontakter={
                row.forloeb_id: tuple(k for k in self.kontakter if k.forloeb_id == row.forloeb_id)
                for row in self.forloeb
            },
        )
        return replace(data, meta=replace(data.meta, data_pr=datetime.combine(today, time(6))))

    def happen(self, today: date) -> None:
        """Let one thing happen, as it is known on this morning."""
        happenings = [
            *(self.a_new_case, self.an_end, self.another_start, self.a_review_held, self.a_leave),
            *(self.a_review_planned, self.another_caseworker, self.a_contact, self.another_phase),
            *(self.a_pause, self.a_reopening, self.a_death, self.a_protection, self.a_candidate),
            *(self.another_placement_end, self.a_committee, self.a_session, self.a_session_edited),
            self.a_committee_moved,
        ]
        happening = self.random.choice(happenings)
        happening(self.random.choice(self.forloeb), today)

    def a_new_case(self, _: Forloeb, today: date) -> None:
        self.begin(self.around(today, -20, 0))

    def an_end(self, case: Forloeb, today: date) -> None:
        self.change(case, slut_dato=self.around(today, -3, 60))

    def another_start(self, case: Forloeb, today: date) -> None:
        self.change(case, start_dato=self.around(case.start_dato or today, -20, 20))

    def a_review_held(self, case: Forloeb, today: date) -> None:
        number = f"o{len(self.opfoelgninger)}"
        self.opfoelgninger.append(
            Opfoelgning(number, case.forloeb_id, None, None, None, None, today, "afholdt")
        )

    def a_review_planned(self, case: Forloeb, today: date) -> None:
        number, moment = f"o{len(self.opfoelgninger)}", self.moment(today, 3, 40)
        self.opfoelgninger.append(
            Opfoelgning(number, case.forloeb_id, None, moment, 60, None, None, "planlagt")
        )

    def a_leave(self, _: Forloeb, today: date) -> None:
        deputy = self.random.choice([None, "m9"])
        away = self.random.choice(["m1", "m2"])
        self.fravaer.append(Fravaer(away, today, self.around(today, 1, 30), deputy))

    def another_caseworker(self, case: Forloeb, today: date) -> None:
        self.roles = [
            replace(role, til_dato=today)
            if role.forloeb_id == case.forloeb_id and role.rolle == "sagsbehandler"
            else role
            for role in self.roles
        ]
        tomorrow = today + timedelta(days=1)
        self.roles.append(on_case("m9", "sagsbehandler", forloeb_id=case.forloeb_id, fra=tomorrow))

    def a_contact(self, case: Forloeb, today: date) -> None:
        number, kind = f"k{len(self.kontakter)}", self.random.choice(["fremmoede", "introduktionsbesoeg"])
        self.kontakter.append(Kontakt(number, case.forloeb_id, "m2", today, kind, gennemfoert=True))

    def another_phase(self, case: Forloeb, today: date) -> None:
        """Move on, or back again: a young person comes home, and may leave again."""
        if case.tilbud == VEJEN_FREM.tilbud:
            home = self.around(today, -10, 30)
            self.change(case, fase=self.random.choice([1, 2, 3]), fase_dato=today, fase2_dato=home)

    def a_pause(self, case: Forloeb, _: date) -> None:
        self.change(case, status="aktiv" if case.status == "pause" else "pause")

    def a_reopening(self, case: Forloeb, today: date) -> None:
        ended = [one for one in self.forloeb if one.slut_dato is not None and one.slut_dato <= today]
        case = self.random.choice(ended or [case])
        self.change(case, status="aktiv", slut_dato=None, genaabnet_dato=self.around(today, -5, 5))

    def a_death(self, case: Forloeb, today: date) -> None:
        self.of_the_person(case, doedsdato=self.around(today, -5, 0))

    def a_protection(self, case: Forloeb, _: date) -> None:
        kinds = ["ingen", "navne_adresse", "saerlig"]
        self.of_the_person(case, beskyttelse=self.random.choice(kinds))

    def another_placement_end(self, case: Forloeb, today: date) -> None:
        end = self.random.choice([None, self.around(today, 20, 300)])
        self.change(case, anbringelse_slut=end, slut_planlagt=self.around(today, 20, 300))

    def a_candidate(self, _: Forloeb, today: date) -> None:
        """Let somebody be proposed; who is proposed already may be taken on."""
        proposed = [one for one in self.forloeb if one.status == "kandidat"]
        if proposed and self.random.random() < _HALF:
            self.change(proposed[0], status="aktiv", start_dato=today)
            return
        self.begin(today, VEJEN_FREM)
        end = self.around(today, 100, 250)
        undecided = {"status": "kandidat", "fase": 1, "fase2_dato": None, "start_dato": None}
        self.change(self.forloeb[-1], **undecided, anbringelse_slut=end)

    def a_committee(self, _: Forloeb, today: date) -> None:
        kind = self.random.choice(["eftervaernsudvalg", "fagudvalg"])
        self.moeder.append(Moede(f"moede-{today}", kind, self.moment(today, 3, 60), None, "e1"))

    def a_committee_moved(self, _: Forloeb, today: date) -> None:
        """Move a meeting, within its day or to another one, or take it out."""
        ahead = [row for row in self.moeder if row.tid.date() > today]
        if ahead:
            row = self.random.choice(ahead)
            later = row.tid + timedelta(hours=2)
            moved = self.random.choice([later, later, self.moment(today, 2, 40), None])
            place = self.moeder.index(row)
            self.moeder[place : place + 1] = [] if moved is None else [replace(row, tid=moved)]

    def a_session(self, case: Forloeb, today: date) -> None:
        """Let an evening be planned; half of them have a list of who comes."""
        number = f"a{len(self.sessions)}"
        start = self.moment(today, 2, 40)
        self.sessions.append(session(start, aktivitet_id=number, ansvarlig_id="m2"))
        if self.random.random() < _HALF:
            self.deltagere.append(Deltager(number, case.forloeb_id, "intet"))

    def a_session_edited(self, _: Forloeb, today: date) -> None:
        ahead = [row for row in self.sessions if row.start_tid.date() > today]
        if ahead:
            row = self.random.choice(ahead)
            edited: dict[str, Any] = self.random.choice(
                [{"sted": "Biblioteket"}, {"status": "aflyst"}, {"start_tid": self.moment(today, 2, 40)}]
            )
            self.sessions[self.sessions.index(row)] = replace(row, **edited)

    def around(self, day: date, first: int, last: int) -> date:
        return day + timedelta(days=self.random.randint(first, last))

    def moment(self, day: date, first: int, last: int) -> datetime:
        return datetime.combine(self.around(day, first, last), time(10))

    def begin(self, start: date, kind: Forloeb | None = None) -> None:
        number = len(self.forloeb)
        kind = kind or self.random.choice([FORLOEB, VEJEN_FREM])
        born = date(2003 + self.random.randint(0, 3), self.random.randint(1, 12), self.random.randint(1, 28))
        case = replace(
            kind,
            forloeb_id=f"f{number}",
            borger_id=f"b{number}",
            sagsnr=f"2026-{number:04}",
            start_dato=start,
        )
        if kind is VEJEN_FREM:
            case = replace(case, fase2_dato=start + timedelta(days=self.random.randint(0, 90)))
        self.forloeb.append(case)
        person = replace(BORGER, borger_id=f"b{number}", foedselsdato=born)
        if self.random.random() < _HALF:
            person = replace(person, mail=f"ung{number}@privat.example", mail_samtykke=True)
        self.borgere.append(person)
        self.roles.append(on_case("m1", "sagsbehandler", forloeb_id=f"f{number}"))
        self.roles.append(on_case("m2", "kontaktperson", forloeb_id=f"f{number}"))

    def change(self, case: Forloeb, **values: Any) -> None:
        self.forloeb[self.forloeb.index(case)] = replace(case, **values)

    def of_the_person(self, case: Forloeb, **values: Any) -> None:
        self.borgere = [
            replace(person, **values) if person.borger_id == case.borger_id else person
            for person in self.borgere
        ]


@pytest.mark.parametrize("seed", range(1, 1 + int(os.environ.get("REMINDERD_SEEDS", "1"))))
async def test_each_plan_until_the_next_change_is_what_daily_runs_then_send(
    seed: int, tmp_path: Path
) -> None:
    house = House(seed)
    corridor = Corridor(tmp_path, GivenCases(house.snapshot(FIRST)), FixedClock(morning(FIRST)), policy=FULL)
    sent = 0
    async with corridor.pipeline() as pipeline:
        day = FIRST
        while day <= LAST:
            until = min(LAST, day + timedelta(days=house.random.randint(3, 25)))
            corridor.source.data = house.snapshot(day)
            known = corridor.reading.knowledge(day)
            decisions, _ = plan_stretch(corridor.source.data, FULL, known, day, until)
            planned = {(str(d.notice.key), d.notice.recipient.mail) for d in decisions if d.kind == "send"}
            before = {entry.key for entry in corridor.entries() if entry.state == "sent"}
            while day <= until:
                corridor.clock.move_to(morning(day))
                await pipeline.run()
                day += timedelta(days=1)
            told = {
                (entry.key, entry.recipient_mail) for entry in corridor.entries() if entry.state == "sent"
            }
            new = {row for row in told if row[0] not in before}
            assert planned == new, f"until {until}"
            sent += len(new)
            house.happen(day)
    assert sent > 300
