"""Brakes over the real ledger: held with its reason, shown with counts per rule, let go by a person."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from reminderd.domain.brakes import Limits
from reminderd.testing.transport import RecordingTransport
from tests.installation import Installation, courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning

DAY = date(2026, 5, 11)
NOW = morning(DAY)
MAILS = 10
LIMITS = Limits(max_data_age=timedelta.max)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    cases = courses(*[date(2026, 1, 5)] * MAILS)
    return Installation.make(tmp_path, cases, {"url": f"eml:{tmp_path / 'mails'}"})


def mails(installation: Installation) -> int:
    return len(list(installation.folder.glob("mails/**/*.eml")))


def test_row_37_a_run_with_too_much_to_say_is_held_until_a_person_lets_it_go(
    installation: Installation,
) -> None:
    few = ("--set", "brake.max_new=5")
    held = installation.run(*few, "run", "--once", now=NOW)
    assert (1, 0, ["held"] * MAILS) == (held.returncode, mails(installation), installation.states())
    shown = installation.run("status")
    assert "new course-limit-warning 10" in " ".join(shown.stdout.split())
    again = installation.run(*few, "run", "--once", now=NOW)
    assert (0, ["held"] * MAILS) == (mails(installation), installation.states()), again.stderr
    released = installation.run("release", "--brake", "new", "--reason", "the rule is right", now=NOW)
    assert 0 == released.returncode
    assert "course-limit-warning 10" in " ".join(released.stdout.split())
    assert 0 == installation.run(*few, "run", "--once", now=NOW).returncode
    assert (MAILS, ["sent"] * MAILS) == (mails(installation), installation.states())


def test_row_23_a_half_empty_source_withdraws_nothing_and_is_believed_only_when_a_person_says_so(
    installation: Installation,
) -> None:
    before = NOW - timedelta(days=7)
    whole = courses(*[date(2026, 1, 5)] * MAILS)
    assert 0 == installation.run("run", "--once", now=before).returncode
    half = replace(whole, forloeb=dict(list(whole.forloeb.items())[:4]))
    installation.set_cases(half)
    doubted = installation.run("run", "--once", now=NOW)
    assert "case_source_in_doubt" in doubted.stderr
    assert "6 of 10 running cases are gone" in installation.run("status").stdout
    assert 1 == installation.run("status").returncode
    installation.run("release", "--brake", "source", "--reason", "a unit moved out", now=NOW)
    assert "in doubt" not in (installation.run("run", "--once", now=NOW).stderr)
    assert "in doubt" not in installation.run("status").stdout


async def test_row_23_an_empty_source_withdraws_nothing_and_when_it_is_whole_all_goes_on(
    make_corridor: MakeCorridor,
) -> None:
    whole = courses(*[date(2026, 1, 5)] * MAILS)
    corridor = make_corridor(whole)
    corridor.limits = LIMITS
    corridor.transport = RecordingTransport()
    async with corridor.pipeline() as pipeline:
        await pipeline.run(deliver=False)
        corridor.source.data = replace(whole, forloeb={})
        report = await pipeline.run()
        assert "10 of 10 running cases are gone" in str(report.source_doubt)
        assert (0, ["queued"] * MAILS, 0) == (report.withdrawn, corridor.states(), report.sent)
        corridor.source.data = whole
        report = await pipeline.run()
    assert (None, MAILS) == (report.source_doubt, report.sent)


async def test_a_case_that_merely_disappears_is_held_and_goes_on_when_it_is_back(
    make_corridor: MakeCorridor,
) -> None:
    whole = courses(*[date(2026, 1, 5)] * MAILS)
    corridor: Corridor = make_corridor(whole)
    corridor.limits = LIMITS
    corridor.transport = RecordingTransport()
    async with corridor.pipeline() as pipeline:
        await pipeline.run(deliver=False)
        one_less = dict(list(whole.forloeb.items())[1:])
        corridor.source.data = replace(whole, forloeb=one_less)
        report = await pipeline.run()
        assert (1, MAILS - 1, 0) == (report.braked, report.sent, report.withdrawn)
        assert 1 == corridor.states().count("held")
        corridor.source.data = whole
        report = await pipeline.run()
    assert (1, {"sent"}) == (report.sent, set(corridor.states()))


async def test_a_case_that_comes_back_when_it_is_too_late_lapses_and_harms_no_other(
    make_corridor: MakeCorridor,
) -> None:
    whole = courses(date(2026, 1, 5), date(2026, 2, 2))
    corridor = make_corridor(whole)
    corridor.transport = RecordingTransport()
    async with corridor.pipeline() as pipeline:
        await pipeline.run(deliver=False)
        corridor.source.data = replace(whole, forloeb={"f2": whole.forloeb["f2"]})
        await pipeline.run(deliver=False)
        assert ["held"] == corridor.states()
        corridor.source.data = whole
        corridor.clock.move_to(morning(date(2026, 6, 8)))
        report = await pipeline.run()
    assert (1, 1, {"lapsed", "sent"}) == (report.lapsed, report.sent, set(corridor.states()))


async def test_a_case_that_is_closed_is_withdrawn_as_ever(make_corridor: MakeCorridor) -> None:
    whole = courses(*[date(2026, 1, 5)] * MAILS)
    corridor = make_corridor(whole)
    corridor.limits = LIMITS
    corridor.transport = RecordingTransport()
    async with corridor.pipeline() as pipeline:
        await pipeline.run(deliver=False)
        closed = {
            key: replace(row, status="afsluttet", slut_dato=DAY - timedelta(days=1))
            for key, row in whole.forloeb.items()
        }
        corridor.source.data = replace(whole, forloeb=closed)
        report = await pipeline.run()
    assert (None, MAILS) == (report.source_doubt, report.withdrawn)
