"""What a person pauses: nothing leaves while it lasts, and what is still useful goes out afterwards."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from reminderd.domain.outcomes import Deferred
from reminderd.domain.silences import SilenceKind
from reminderd.ledger import create_or_open
from reminderd.testing.transport import RecordingTransport
from tests.casework import BORGER, VEJEN_FREM, on_case, snapshot
from tests.installation import Installation, courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning

MONDAY, TUESDAY, THURSDAY = date(2026, 5, 11), date(2026, 5, 12), date(2026, 5, 14)
AWAY = Deferred("the relay does not answer", whole_channel=True)
ONE_COURSE = courses(date(2026, 1, 5))


def pause(corridor: Corridor, kind: SilenceKind, target: str, until: date) -> None:
    ledger = create_or_open(corridor.url, corridor.clock.now())
    with ledger.transaction() as tx:
        tx.silence(kind, target, until, reason="aftalt", author="leder", at=corridor.clock.now())
    ledger.close()


async def test_nothing_is_sent_about_a_silenced_case_and_it_goes_out_when_the_silence_is_over(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(ONE_COURSE, MONDAY, transport=RecordingTransport())
    pause(corridor, "case", "2026-0001", TUESDAY)
    for day in (MONDAY, TUESDAY):
        report = await corridor.run(morning(day))
        assert (0, 0) == (report.recorded, report.sent)
    report = await corridor.run(morning(date(2026, 5, 13)))
    assert (1, 1) == (report.recorded, report.sent)


async def test_what_is_queued_already_is_not_offered_while_it_is_silenced(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(ONE_COURSE, MONDAY, transport=RecordingTransport([AWAY]))
    await corridor.run()
    assert ["deferred"] == corridor.states()
    pause(corridor, "person", "m1", TUESDAY)
    corridor.transport = after = RecordingTransport()
    report = await corridor.run(morning(TUESDAY))
    assert ([], 0, ["deferred"]) == (after.offered, report.offered, corridor.states())
    await corridor.run(morning(date(2026, 5, 13)))
    assert (1, ["sent"]) == (len(after.taken), corridor.states())


async def test_what_is_queued_and_silenced_past_its_usefulness_lapses_and_is_listed(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(ONE_COURSE, MONDAY, transport=RecordingTransport([AWAY]))
    await corridor.run()
    pause(corridor, "rule", "course-limit-warning", date(2026, 6, 30))
    corridor.transport = RecordingTransport()
    report = await corridor.run(morning(date(2026, 5, 26)))
    assert 1 == report.lapsed
    assert "lapsed" == next(entry.state for entry in corridor.entries() if entry.stage == "warning")


async def test_what_was_never_queued_because_of_a_silence_is_listed_when_it_is_useless(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(ONE_COURSE, MONDAY, transport=RecordingTransport())
    pause(corridor, "rule", "course-limit-warning", date(2026, 6, 30))
    await corridor.run()
    await corridor.run(morning(date(2026, 5, 25)))
    for day in (26, 27):
        await corridor.run(morning(date(2026, 5, day)))
    (entry,) = (entry for entry in corridor.entries() if entry.stage == "warning")
    assert "lapsed" == entry.state
    assert "silenced until 2026-06-30 by leder: aftalt" in entry.reason


async def test_a_silence_over_one_stage_does_not_cost_the_next_one(make_corridor: MakeCorridor) -> None:
    young = snapshot(
        forloeb=[replace(VEJEN_FREM, fase=1, fase2_dato=None)],
        borgere=[replace(BORGER, foedselsdato=date(2003, 8, 9))],
        roles=[on_case("m1", "sagsbehandler"), on_case("m1", "kontaktperson")],
    )
    corridor = make_corridor(young, date(2026, 2, 9), transport=RecordingTransport())
    await corridor.run()
    pause(corridor, "case", "2026-0001", date(2026, 5, 20))
    for day in (MONDAY, date(2026, 5, 21), date(2026, 7, 10)):
        await corridor.run(morning(day))
    told = [(entry.stage, entry.updated_at.date()) for entry in corridor.entries() if entry.state == "sent"]
    assert [
        ("half-year", date(2026, 2, 9)),
        ("90-days", date(2026, 5, 21)),
        ("30-days", date(2026, 7, 10)),
    ] == [row for row in told if row[0] in {"half-year", "90-days", "30-days"}]


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    data = courses(date(2026, 1, 5), date(2026, 1, 5))
    return Installation.make(tmp_path, data, {"url": f"eml:{tmp_path}/mails"})


def warned(installation: Installation) -> list[str | None]:
    return [entry.sagsnr for entry in installation.entries() if entry.rule == "course-limit-warning"]


def test_the_operator_silences_a_case_sees_it_in_the_plan_and_ends_it(installation: Installation) -> None:
    made = installation.run(
        *("silence", "--case", "2026-0002", "--until", "2026-05-20", "--reason", "hos ombudsmanden"),
        *("--author", "leder", "--json"),
        now=morning(MONDAY),
    )
    assert (0, "") == (made.returncode, made.stderr)
    silence = json.loads(made.stdout)
    assert ("case", "2026-0002", "2026-05-20", "leder", None) == tuple(
        silence[name] for name in ("kind", "target", "until", "author", "ended_at")
    )
    assert 0 == installation.run("run", "--once", now=morning(MONDAY)).returncode
    assert ["2026-0001"] == warned(installation)

    plan = installation.run("plan", "--to", "2026-05-15", now=morning(MONDAY)).stdout
    assert "silenced until 2026-05-20 by leder: hos ombudsmanden" in plan
    listed = json.loads(installation.run("silence", "--list", "--json", now=morning(MONDAY)).stdout)
    assert [(silence["id"], True)] == [(row["id"], row["in_force"]) for row in listed]

    assert 0 == installation.run("silence", "--end", str(silence["id"]), now=morning(TUESDAY)).returncode
    again = installation.run("silence", "--end", str(silence["id"]), now=morning(TUESDAY))
    assert (1, "") == (again.returncode, again.stdout)
    assert [] == json.loads(installation.run("silence", "--list", "--json", now=morning(TUESDAY)).stdout)
    assert 0 == installation.run("run", "--once", now=morning(TUESDAY, 9)).returncode
    assert ["2026-0001", "2026-0002"] == warned(installation)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--case", "2026-0003", "--until", "2026-06-01", "--reason", "x"), 1, "did you mean 2026-000"),
        (
            ("--rule", "review-plann", "--until", "2026-06-01", "--reason", "x"),
            1,
            "did you mean review-plan?",
        ),
        (("--person", "m77", "--until", "2026-06-01", "--reason", "x"), 1, "there is no person 'm77'"),
        (("--case", "2026-0001", "--until", "2026-06-01"), 2, "needs an end"),
        (("--case", "2026-0001", "--until", "2026-05-10", "--reason", "x"), 2, "lies in the past"),
        (("--case", "2026-0001", "--rule", "review-plan", "--until", "2026-06-01"), 2, "exactly one of"),
        (("--case", "2026-0001", "--until", "2026-06-01", "--reason", "010190-0000"), 2, "CPR number"),
    ],
    ids=["unknown case", "unknown rule", "unknown person", "no reason", "past", "two targets", "cpr"],
)
def test_a_silence_that_would_not_do_what_is_meant_is_refused(
    installation: Installation, arguments: tuple[str, ...], status: int, said: str
) -> None:
    refused = installation.run("silence", *arguments, now=morning(MONDAY))
    assert (status, "") == (refused.returncode, refused.stdout)
    assert said in refused.stderr
    assert not installation.folder.joinpath("ledger.db").exists()


def test_a_case_can_be_silenced_while_the_case_source_is_away(installation: Installation) -> None:
    installation.folder.joinpath("cases.db").unlink()
    made = installation.run(
        *("silence", "--case", "2026-0001", "--until", "2026-05-20", "--reason", "x"), now=morning(MONDAY)
    )
    assert 0 == made.returncode
    assert "the case source is away" in made.stderr
