"""A young person who takes no more part in a series: the mail that ends the entry goes out."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from reminderd.clock import FixedClock
from reminderd.domain.cases import Borger, Forloeb, Snapshot
from tests.casework import BORGER, POLICY, SHIPPED_RULES, VEJEN_FREM, serie, snapshot
from tests.integration.corridor import Corridor, GivenCases, morning

TOLD, CHANGED = date(2026, 1, 5), date(2026, 2, 10)
YOUTH = tuple(replace(rule, enabled=True) for rule in SHIPPED_RULES.rules if rule.name == "youth-invitation")
WRITES = replace(POLICY, book=replace(SHIPPED_RULES, rules=YOUTH), citizen_mail=True)
AGREED = replace(BORGER, mail="ung@privat.example", mail_samtykke=True)
COURSE = replace(VEJEN_FREM, fase2_dato=date(2025, 12, 1))


def evenings(course: Forloeb = COURSE, borger: Borger = AGREED) -> Snapshot:
    return snapshot(forloeb=[course], borgere=[borger], serier=[serie(datetime(2026, 1, 8, 17))])


@pytest.mark.parametrize(
    "after",
    [
        evenings(replace(COURSE, slut_dato=date(2026, 2, 9))),
        evenings(borger=replace(AGREED, mail_samtykke=False)),
    ],
    ids=["the course ended", "the consent was taken back"],
)
async def test_whoever_leaves_a_series_has_the_entry_ended_in_the_calendar(
    after: Snapshot, tmp_path: Path
) -> None:
    corridor = Corridor(tmp_path, GivenCases(evenings()), FixedClock(morning(TOLD)), policy=WRITES)
    for day in (TOLD, TOLD + timedelta(days=14)):
        await corridor.run(morning(day))
    corridor.source.data = after
    await corridor.run(morning(CHANGED))
    ended = [entry for entry in corridor.entries() if entry.rule == "calendar-update"]
    assert [("sent", "ung@privat.example")] == [(entry.state, entry.recipient_mail) for entry in ended]
