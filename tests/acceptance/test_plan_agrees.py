"""What `plan` promises for a year is what daily runs then send, row for row.

The demo's invented data, all shipped rules, one run a day at the hour of sending on a fixed clock. The days
are run in this process, where one takes hundredths of a second; a few also by the real command.
``REMINDERD_YEARS`` says how many years (1; 2 in `make test-long`).
"""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from reminderd.app import App
from reminderd.casedb import synthetic
from reminderd.clock import FixedClock
from reminderd.domain.cases import Snapshot
from reminderd.domain.workdays import COPENHAGEN, at, civil_day
from reminderd.testing.transport import RecordingTransport
from tests.installation import Installation

pytestmark = pytest.mark.xdist_group("plan")  # made ready once, and not by each worker

YEARS = int(os.environ.get("REMINDERD_YEARS", "1"))
FIRST, LAST = date(2026, 1, 1), date(2025 + YEARS, 12, 31)
Row = tuple[str, str, str]


def eight(day: date) -> datetime:
    return at(day, time(8))


def days() -> Iterator[date]:
    day = FIRST
    while day <= LAST:
        yield day
        day += timedelta(days=1)


class EveryMorning:
    """The case source as read once, saying each morning that it is this morning's data."""

    def __init__(self, snapshot: Snapshot, clock: FixedClock) -> None:
        self._snapshot = snapshot
        self._clock = clock

    def read(self) -> Snapshot:
        day = civil_day(self._clock.now())
        meta = replace(self._snapshot.meta, data_pr=datetime.combine(day, time(6)))
        return replace(self._snapshot, meta=meta)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("years")
    made = Installation.make(folder, synthetic.build(), {"url": f"eml:{folder}/mails"}, all_rules=True)
    assert isinstance(made, Installation)
    return made


@pytest.fixture(scope="module")
def planned(installation: Installation) -> list[dict[str, Any]]:
    """Return what the real command plans, asked before anything has run."""
    window = ("--from", FIRST.isoformat(), "--to", LAST.isoformat())
    done = installation.run("plan", *window, "--json", now=eight(FIRST))
    assert 0 == done.returncode, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def sends(rows: list[dict[str, Any]]) -> list[Row]:
    return sorted(
        (row["key"], row["send_at"], row["recipient_mail"]) for row in rows if row["decision"] == "send"
    )


def in_the_ledger(app: App) -> list[Row]:
    reading = app.reading()
    assert reading is not None
    return sorted(
        (
            entry.key,
            entry.send_at.astimezone(COPENHAGEN).isoformat(timespec="seconds"),
            entry.recipient_mail,
        )
        for entry in reading.find("")
        if entry.state == "sent"
    )


def agreeing(planned: list[Row], sent: list[Row]) -> bool:
    """Fail with the rows that only one side has; so many equal ones say nothing."""
    assert ([], []) == (sorted(set(planned) - set(sent)), sorted(set(sent) - set(planned)))
    return planned == sent


async def test_every_day_s_run_sends_what_was_planned(
    installation: Installation, planned: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FixedClock(eight(FIRST))
    app = installation.app(clock)
    transport = RecordingTransport()
    source = EveryMorning(app.source().read(), clock)
    monkeypatch.setattr(App, "source", lambda _: source)
    monkeypatch.setattr(App, "transport", lambda *_: transport)
    sent_on: dict[str, date] = {}
    with app.pipeline() as pipeline:
        for day in days():
            clock.move_to(eight(day))
            before = len(transport.taken)
            await pipeline.run()
            sent_on |= {envelope.envelope_id: day for envelope in transport.taken[before:]}
        await pipeline.close()

    expected = sends(planned)
    assert 1000 < len(expected)
    assert agreeing(expected, in_the_ledger(app))
    assert len(expected) == len(transport.taken)
    assert sorted(mail for _, _, mail in expected) == sorted(mail.recipient for mail in transport.taken)
    assert sorted(send_at[:10] for _, send_at, _ in expected) == sorted(
        day.isoformat() for day in sent_on.values()
    )


def test_the_real_command_sends_each_day_what_it_planned(
    tmp_path: Path, planned: list[dict[str, Any]]
) -> None:
    other = Installation.make(tmp_path, synthetic.build(), {"url": f"eml:{tmp_path}/mails"}, all_rules=True)
    some = [FIRST + timedelta(days=number) for number in range(8)]
    for day in some:
        other.morning_data(day)
        assert 0 == other.run("run", "--once", now=eight(day)).returncode
    expected = [row for row in sends(planned) if row[1][:10] <= some[-1].isoformat()]
    assert expected
    assert agreeing(expected, in_the_ledger(other.app(eight(FIRST))))
    assert len(expected) == len(list((tmp_path / "mails").glob("*.eml")))


def test_a_plan_gives_every_decision_a_reason_and_touches_nothing(planned: list[dict[str, Any]]) -> None:
    assert {"send", "skip", "wait", "told"} >= {row["decision"] for row in planned}
    assert [] == [row for row in planned if not row["reason"]]
