"""Three years of cases that change under way: each plan is what the real corridor then does.

Whenever something changes in the case source, the plan for the days until the next change is made
from the source and the ledger as they stand, and the corridor is run once a day over those days.
"""

import os
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

import pytest

from reminderd.clock import FixedClock
from reminderd.domain.cases import Borger, Forloeb, Fravaer, Kontakt, Opfoelgning, Snapshot
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
    snapshot,
)
from tests.integration.corridor import Corridor, GivenCases, morning

FIRST, LAST = date(2026, 1, 1), date(2028, 12, 31)
FULL = replace(POLICY, book=SHIPPED_RULES)
STAFF = (ANNE, BO, LEDER)


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
        for _ in range(6):
            self.begin(FIRST - timedelta(days=self.random.randint(0, 200)))

    def snapshot(self) -> Snapshot:
        return snapshot(
            forloeb=self.forloeb,
            borgere=self.borgere,
            staff=STAFF,
            roles=self.roles,
            enheder=[ENHED],
            fravaer=self.fravaer,
            opfoelgninger=self.opfoelgninger,
            serier=[serie(datetime(2026, 1, 8, 17))],
            kontakter={
                row.forloeb_id: tuple(k for k in self.kontakter if k.forloeb_id == row.forloeb_id)
                for row in self.forloeb
            },
        )

    def happen(self, today: date) -> None:
        """Let one thing happen, as it is known on this morning."""
        case = self.random.choice(self.forloeb)
        match self.random.randrange(8):
            case 0:
                self.begin(today - timedelta(days=self.random.randint(0, 20)))
            case 1:
                self.change(case, slut_dato=today + timedelta(days=self.random.randint(-3, 60)))
            case 2:
                start = case.start_dato or today
                self.change(case, start_dato=start + timedelta(days=self.random.randint(-20, 20)))
            case 3:
                row = Opfoelgning(
                    f"o{len(self.opfoelgninger)}", case.forloeb_id, None, None, None, None, today, "afholdt"
                )
                self.opfoelgninger.append(row)
            case 4:
                moment = datetime.combine(today + timedelta(days=self.random.randint(3, 40)), time(10))
                row = Opfoelgning(
                    f"o{len(self.opfoelgninger)}", case.forloeb_id, None, moment, 60, None, None, "planlagt"
                )
                self.opfoelgninger.append(row)
            case 5:
                until = today + timedelta(days=self.random.randint(1, 30))
                deputy = self.random.choice([None, "m9"])
                self.fravaer.append(Fravaer(self.random.choice(["m1", "m2"]), today, until, deputy))
            case 6:
                self.roles = [
                    replace(role, til_dato=today)
                    if role.forloeb_id == case.forloeb_id and role.rolle == "sagsbehandler"
                    else role
                    for role in self.roles
                ]
                self.roles.append(
                    on_case("m9", "sagsbehandler", forloeb_id=case.forloeb_id, fra=today + timedelta(days=1))
                )
            case _:
                self.kontakter.append(
                    Kontakt(
                        f"k{len(self.kontakter)}", case.forloeb_id, "m2", today, "fremmoede", gennemfoert=True
                    )
                )

    def begin(self, start: date) -> None:
        number = len(self.forloeb)
        kind = self.random.choice([FORLOEB, VEJEN_FREM])
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
        self.borgere.append(replace(BORGER, borger_id=f"b{number}", foedselsdato=born))
        self.roles.append(on_case("m1", "sagsbehandler", forloeb_id=f"f{number}"))
        self.roles.append(on_case("m2", "kontaktperson", forloeb_id=f"f{number}"))

    def change(self, case: Forloeb, **values: date) -> None:
        self.forloeb[self.forloeb.index(case)] = replace(case, **values)


@pytest.mark.parametrize("seed", range(1, 1 + int(os.environ.get("REMINDERD_SEEDS", "1"))))
async def test_each_plan_until_the_next_change_is_what_daily_runs_then_send(
    seed: int, tmp_path: Path
) -> None:
    house = House(seed)
    corridor = Corridor(tmp_path, GivenCases(house.snapshot()), FixedClock(morning(FIRST)), policy=FULL)
    sent = 0
    async with corridor.pipeline() as pipeline:
        day = FIRST
        while day <= LAST:
            until = min(LAST, day + timedelta(days=house.random.randint(3, 25)))
            corridor.source.data = house.snapshot()
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
