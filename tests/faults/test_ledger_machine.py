"""Whatever happens in whatever order to a house over a real ledger, no promise is broken.

Hypothesis lets cases change, time pass, somebody set the clock, the relay, the disk and the case source fail,
and the process die at any step of a message; each story has some of these faults and not others. Then
everything works for a week, and the verdict on the simulated months (``verdict.py``) is given on it: from
what the relay took, what the case source held and what was done, and never from the ledger.
"""

import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from reminderd.domain.silences import SilenceKind
from reminderd.errors import LedgerInUseError
from reminderd.ledger import Retention, create_or_open
from tests.faults.house import AWAY, COURSES, House
from tests.faults.orders import WARNING
from tests.faults.verdict import faults_of

THOROUGH = int(os.environ.get("REMINDERD_SEEDS", "1"))
MOODS = (
    "later",
    "away",
    "no login",
    "no such mailbox",
    "unwanted text",
    "cut in the text",
    "cut after the dot",
    "killed before the text",
    "killed in the text",
    "killed after the dot",
    "killed after the answer",
    "disk fills",
)
# Near ones are lived with. Far ones lie farther back than a story can last: a service that starts when the
# time of its last look comes again by a clock that is days behind has nothing to compare it with.
NEAR = [timedelta(0), *(sign * timedelta(minutes=length) for length in (14, 120, 1200) for sign in (1, -1))]
FAR = [timedelta(days=days) for days in (4, 365, 3650, -1100, -20_000)]
CLOCKS = [[], NEAR, [*NEAR, *FAR]]
PAUSED: list[tuple[SilenceKind, str]] = [
    *(("case", f"2026-{number:04}") for number in range(1, COURSES + 1)),
    ("person", "m1"),
    ("person", "m2"),
    ("rule", WARNING),
]
STEPS = [timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(hours=7)]
STEPS += [timedelta(days=number) for number in (1, 1, 1, 2, 5, 40)]


class Story(RuleBasedStateMachine):
    """One house, and what happens to it."""

    house: House

    @initialize(
        seed=st.integers(0, 10_000),
        known=st.sets(st.sampled_from(MOODS)),
        clocks=st.sampled_from(CLOCKS),
        orders=st.booleans(),
        most_an_hour=st.sampled_from([0, 0, 3]),
        poisoned=st.sampled_from([None, None, "2026-0001"]),
    )
    def begin(
        self,
        seed: int,
        known: set[str],
        clocks: list[timedelta],
        *,
        orders: bool,
        most_an_hour: int,
        poisoned: str | None,
    ) -> None:
        self.house = House(seed)
        self.house.month.most_an_hour = most_an_hour
        self.house.month.poisoned = {poisoned} - {None}
        self.known = ["good", *sorted(known)]
        self.clocks, self.orders = clocks, orders

    @rule()
    def something_happens_to_a_case(self) -> None:
        self.house.change()

    @rule(step=st.sampled_from(STEPS))
    def time_passes(self, step: timedelta) -> None:
        self.house.pass_time(step)

    @rule(data=st.data(), runs=st.integers(1, 3))
    def the_service_looks(self, data: st.DataObject, runs: int) -> None:
        moods = data.draw(st.lists(st.sampled_from(self.known), max_size=5))
        leap = data.draw(st.sampled_from(self.clocks)) if runs > 1 and self.clocks else None
        leap = leap if self.house.looked or leap in NEAR else None
        reload = self.orders and runs > 1 and data.draw(st.booleans())
        self.house.run(*moods, runs=runs, leap=leap, reload=reload)

    @precondition(lambda self: self.orders)
    @rule(paused=st.sampled_from(PAUSED), days=st.integers(0, 6))
    def something_is_silenced(self, paused: tuple[SilenceKind, str], days: int) -> None:
        self.house.desk.pause(*paused, days)

    @precondition(lambda self: self.house.month.pauses)
    @rule()
    def silences_end(self) -> None:
        self.house.desk.end_pauses()

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(1, COURSES))
    def a_person_holds_what_waits_about_a_course(self, number: int) -> None:
        self.house.desk.hold(f"f{number}")

    @precondition(lambda self: self.house.month.held)
    @rule()
    def she_lets_it_go(self) -> None:
        self.house.desk.release()

    @precondition(lambda self: self.orders and self.house.month.refusals)
    @rule(number=st.integers(1, COURSES))
    def what_was_refused_is_offered_again(self, number: int) -> None:
        self.house.desk.requeue(f"f{number}")

    @precondition(lambda self: self.orders)
    @rule()
    def the_rule_is_switched(self) -> None:
        self.house.switch()

    @precondition(lambda self: self.clocks and self.house.looked)
    @rule(data=st.data())
    def the_clock_is_set(self, data: st.DataObject) -> None:
        self.house.set_clock(data.draw(st.sampled_from(self.clocks)))

    @rule()
    def the_case_source_comes_and_goes(self) -> None:
        self.house.source.trouble = AWAY if self.house.source.trouble is None else None

    @precondition(lambda self: self.house.disk_full)
    @rule()
    def there_is_room_again(self) -> None:
        self.house.disk_full = False

    @rule()
    def old_texts_are_cleared_away_from_here_on(self) -> None:
        self.house.retention = Retention(text_days=1)

    @precondition(lambda self: not self.house.disk_full)
    @rule()
    def a_second_process_is_refused(self) -> None:
        url, now = self.house.url, self.house.clock.now()
        ledger = create_or_open(url, now)
        try:
            with pytest.raises(LedgerInUseError):
                create_or_open(url, now)
        finally:
            ledger.close()

    def teardown(self) -> None:
        if not hasattr(self, "house"):
            return
        try:
            month = self.house.settle()
            faults = faults_of(month)
            assert not faults, "\n".join([*faults, "", "its story:", *month.story])
        finally:
            self.house.close()


TestStory = Story.TestCase
TestStory.settings = settings(
    max_examples=6 * THOROUGH,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
