"""A rule switched off and on again: each calendar entry goes once, comes back once, and nothing else is sent.

What a reload brings about, over the real ledger; that both are mails explains why the log then holds more
``notice_sent`` than there are notices of that rule.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from reminderd.domain.planning import Policy
from reminderd.testing.transport import RecordingTransport
from tests.attendee import deliver
from tests.casework import POLICY
from tests.installation import courses
from tests.integration.conftest import MakeCorridor
from tests.integration.corridor import Corridor, morning
from tests.integration.test_invitations_kept_right import evening

MONDAY = date(2026, 5, 11)
NINE = 9
RULE = "course-limit-warning"


def switched_off(*names: str) -> Policy:
    rules = tuple(replace(rule, enabled=rule.name not in names) for rule in POLICY.book.rules)
    return replace(POLICY, book=replace(POLICY.book, rules=rules))


@pytest.fixture
def corridor(make_corridor: MakeCorridor) -> Corridor:
    """Return nine courses, whose caseworker was warned and has nine entries in her calendar."""
    made = make_corridor(courses(*[date(2026, 1, 5)] * NINE), MONDAY, transport=RecordingTransport())
    made.policy = POLICY
    return made


def rules_of(corridor: Corridor) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in corridor.entries():
        found[entry.rule] = found.get(entry.rule, 0) + (entry.state == "sent")
    return found


async def test_a_rule_off_and_on_by_reload_takes_each_entry_out_once_and_puts_it_back_once(
    corridor: Corridor,
) -> None:
    transport = corridor.transport
    assert isinstance(transport, RecordingTransport)
    steps = [(POLICY, NINE), (switched_off(RULE), 0), (POLICY, NINE), (POLICY, NINE)]
    for number, (policy, shown) in enumerate(steps):
        corridor.policy = policy
        await corridor.run(morning(MONDAY) + timedelta(minutes=number))
        (reader,) = deliver(transport.taken).values()
        assert shown == len(reader.calendar)
    assert {RULE: NINE, "calendar-cancel": NINE, "calendar-update": NINE} == rules_of(corridor)
    assert 3 * NINE == len(transport.taken)


async def test_a_rule_off_and_on_between_two_looks_changes_nothing(corridor: Corridor) -> None:
    await corridor.run()
    corridor.policy = switched_off(RULE)
    corridor.policy = POLICY
    await corridor.run(morning(MONDAY, 9))
    assert {RULE: NINE} == rules_of(corridor)


async def test_a_rule_off_while_another_puts_the_same_deadline_into_calendars_cancels_nothing(
    make_corridor: MakeCorridor,
) -> None:
    corridor = make_corridor(evening(), date(2026, 4, 16), transport=RecordingTransport(), policy=POLICY)
    await corridor.run()
    corridor.policy = switched_off("activity-invitation")
    await corridor.run(morning(date(2026, 4, 17)))
    corridor.policy = POLICY
    await corridor.run(morning(date(2026, 4, 17), 9))
    assert {"activity-invitation"} == {entry.rule for entry in corridor.entries() if "a1" in entry.key}
