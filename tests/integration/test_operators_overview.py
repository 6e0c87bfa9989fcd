"""The operator's weekly overview says what was missed, failed, is held or in doubt, or went out with less.

A mail through the ordinary corridor, like any other.
"""

from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes, policy

import pytest

from reminderd.domain.brakes import Limits
from reminderd.domain.notices import Line
from reminderd.domain.outcomes import Failed, Unknown
from reminderd.domain.unsent import Unsent, unsent_lines
from reminderd.testing.transport import TAKEN, RecordingTransport
from tests.casework import BORGER, POLICY, SHIPPED_RULES, snapshot
from tests.installation import courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning

THURSDAY = date(2026, 5, 7)
MONDAY = date(2026, 5, 11)
WEEK = timedelta(days=7)
OPERATOR = "it@kommune.example"
WITH_OVERVIEW = replace(
    POLICY,
    book=replace(
        SHIPPED_RULES,
        rules=tuple(
            one for one in SHIPPED_RULES.rules if one.name in ("course-limit-warning", "weekly-digest")
        ),
    ),
)


@pytest.fixture
def corridor(make_corridor: MakeCorridor) -> Corridor:
    """Return three courses whose warning fell due on a Thursday."""
    made = make_corridor(courses(*[date(2026, 1, 1)] * 3), THURSDAY, policy=WITH_OVERVIEW)
    made.transport = RecordingTransport()
    return made


def overviews(corridor: Corridor) -> list[list[str]]:
    """Return the lines about what was not sent, of each overview that the operator got."""
    transport = corridor.transport
    assert isinstance(transport, RecordingTransport)
    found = []
    for envelope in transport.taken:
        message = message_from_bytes(envelope.raw, policy=policy.default)
        if envelope.recipient == OPERATOR and str(message["Subject"]).startswith("Uge"):
            part = message.get_body(("plain",))
            assert part is not None
            said = str(part.get_content()).partition("viser hvorfor.")[2].splitlines()
            found.append([line.partition("· ")[2].strip() for line in said if line.lstrip().startswith("· ")])
    return found


async def test_what_failed_and_what_may_not_have_arrived_is_told_to_the_operator_on_monday(
    corridor: Corridor,
) -> None:
    gone = [Failed("550 no such user", 550), *[Unknown("the line died after the dot")] * 3]
    corridor.transport = RecordingTransport([TAKEN, *gone])
    for number in range(3):
        await corridor.run(morning(THURSDAY) + timedelta(hours=number))
    assert ["failed", "held", "sent"] == sorted(corridor.states())
    await corridor.run(morning(MONDAY))
    (lines,) = overviews(corridor)
    assert [
        "2026-0002 · forløbet skal være slut · senest 21. maj 2026 · afvist af mailserveren",
        "2026-0003 · forløbet skal være slut · senest 21. maj 2026 · tilbageholdt",
    ] == lines


async def test_what_a_brake_holds_stands_in_every_overview_until_somebody_has_decided(
    corridor: Corridor,
) -> None:
    corridor.limits = Limits(max_new=2, max_lost_percent=100, max_data_age=timedelta.max)
    await corridor.run()
    corridor.limits = Limits(max_new=0, max_lost_percent=100, max_data_age=timedelta.max)
    for monday in (MONDAY, MONDAY + WEEK):
        await corridor.run(morning(monday))
    assert [3, 3] == [len(lines) for lines in overviews(corridor)]


async def test_what_lapsed_while_nobody_looked_is_listed_once(corridor: Corridor) -> None:
    await corridor.run(morning(THURSDAY - timedelta(days=1)))
    back = date(2026, 5, 22)  # the day after the limit
    await corridor.run(morning(back))
    assert ["lapsed"] * 3 == [one.state for one in corridor.entries() if one.rule == "course-limit-warning"]
    for days in (4, 11):  # the Tuesday after Whit Monday, and the Monday after
        await corridor.run(morning(back + timedelta(days=days)))
    (lines,) = overviews(corridor)
    assert (
        "2026-0001 · forløbet skal være slut · senest 21. maj 2026 · ikke sendt, mens den var til nytte"
        == lines[0]
    )
    assert 3 == len(lines)


async def test_a_week_in_which_everything_went_well_sends_the_operator_nothing(corridor: Corridor) -> None:
    await corridor.run()
    await corridor.run(morning(MONDAY))
    assert [] == overviews(corridor)


def missed(number: int, sagsnr: str | None = None) -> Unsent:
    noted = morning(MONDAY - timedelta(days=3))
    return Unsent("lapsed", f"forloeb:f{number}", sagsnr, "review", MONDAY, noted)


def test_a_flood_ends_in_a_number_and_a_protected_case_says_no_more_than_its_deadline() -> None:
    many = [missed(number, f"2026-{number:04}") for number in range(60)]
    lines = unsent_lines(snapshot(), MONDAY, many, set())
    assert (51, Line("10", "flere")) == (len(lines), lines[-1])
    protected = snapshot(borgere=[replace(BORGER, beskyttelse="saerlig")])
    assert [Line("2026-0001", "frist/lapsed", MONDAY)] == unsent_lines(
        protected, MONDAY, [missed(1, "2026-0001")], set()
    )
    assert [] == unsent_lines(snapshot(), MONDAY, [missed(1, "2026-0001")], {("case", "2026-0001")})
    assert [] == unsent_lines(snapshot(), MONDAY + WEEK, [missed(1)], set())
