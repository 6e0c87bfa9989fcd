"""Whatever is done to them in whatever order, both ledgers agree, and both keep the lifecycle's word.

Hypothesis plays pipeline, operator, crash and clock on the real ledger and on the one in memory at
once. After every step all that can be asked must be answered alike, and in the end every attempt and
every line of the journal; which must tell how each entry came to be where it is.
"""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reminderd.domain.lifecycle import FINAL, TRANSITIONS, Event, State
from reminderd.domain.outcomes import Deferred, Failed, Refused, Sent, Unknown
from reminderd.domain.reconcile import Retraction
from reminderd.errors import LedgerError
from reminderd.ledger import Claim, Reading, create_or_open
from reminderd.testing.memory_ledger import MemoryLedger
from tests.integration.ledger.books import NOW, TODAY, a_notice, freeze, wanted

# Six notices: two rules on silence, three deadlines, and one that is soon of no more use.
NOTICES = [
    replace(
        a_notice(number),
        key=replace(a_notice(number).key, deadline_date=TODAY + timedelta(days=number % 3)),
        on_unknown="hold" if number == 2 else "resend",
        expires_at=NOW + timedelta(hours=2 if number == 3 else 2000),
    )
    for number in range(1, 7)
]
OUTCOMES = [
    Sent(250, "OK"),
    Deferred("450 later", 450),
    Refused("554 5.7.1 denied", 554),
    Failed("550 no", 550),
    Unknown("silence"),
]
BY_HAND = [Event.HOLD, Event.RELEASE, Event.REQUEUE, Event.CONFIRM_SENT]
numbers = st.integers(0, 5)


class DiskFullError(Exception):
    """Stands for anything that goes wrong inside a transaction."""


class TwoLedgers(RuleBasedStateMachine):
    empty: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="lockstep-"))
        path = shutil.copy(self.empty, self.folder / "ledger.db")
        self.real = create_or_open(f"sqlite:///{path}", NOW)
        self.memory = MemoryLedger()
        self.readings = (Reading(self.real._engine, Path(path)), self.memory.reading())
        self.ledgers = tuple(zip((self.real, self.memory), self.readings, strict=True))
        self.now = NOW
        self.claims: list[Claim] = []

    def both(self, work: Callable[[Any], Any]) -> Any:
        """Do the same to both; return the one answer, or the one kind of refusal."""
        answers = [self._answer(ledger, work) for ledger in (self.real, self.memory)]
        assert answers[0] == answers[1]
        return answers[0]

    def _answer(self, ledger: Any, work: Callable[[Any], Any]) -> Any:
        try:
            with ledger.transaction() as tx:
                return work(tx)
        except (LedgerError, DiskFullError) as error:
            return type(error)

    def ids(self) -> dict[int, State]:
        """Return every entry with its state."""
        return {row.entry_id: State(row.state) for row in self.readings[1].find("|")}

    @property
    def hand(self) -> list[Claim]:
        """Return the claims that are in hand: the newest of every entry that is being sent."""
        states = self.ids()
        newest = {claim.entry_id: claim for claim in self.claims}
        return [claim for claim in newest.values() if states[claim.entry_id] is State.SENDING]

    # What the pipeline does

    @initialize(chosen=st.sets(numbers, min_size=3))
    def first_run(self, chosen: set[int]) -> None:
        self.record(chosen)
        self.compose()

    @rule(chosen=st.sets(numbers, min_size=1))
    def record(self, chosen: set[int]) -> None:
        decisions = [wanted(NOTICES[number]) for number in sorted(chosen)]
        self.both(lambda tx: tx.record(decisions, self.now))

    @rule(number=numbers)
    def miss(self, number: int) -> None:
        self.both(lambda tx: tx.record_missed([wanted(NOTICES[number])], self.now))

    @rule()
    def compose(self) -> None:
        for due in self.memory.due(self.now):
            if not due.composed:
                self.both(lambda tx, due=due: freeze(tx, due.entry_id))

    @rule(entry_id=st.integers(1, 6))
    def write_anew(self, entry_id: int) -> None:
        raw = f"written anew at {self.now}".encode()

        def work(tx: Any) -> None:
            tx.unfreeze(entry_id)
            freeze(tx, entry_id, raw=raw, composed_at=self.now)

        self.both(work)

    @rule(limit=st.integers(1, 6), begun=st.booleans())
    def claim_what_is_due(self, limit: int, begun: bool) -> None:
        due = [entry.entry_id for entry in self.real.due(self.now)][:limit]
        claims = self.both(lambda tx: tx.claim(due, self.now))
        self.claims += claims
        for claim in claims:
            if begun:
                self.both(lambda tx, claim=claim: tx.enter_phase(claim.attempt_id, "data"))

    @rule(entry_id=st.integers(1, 6))
    def claim_anything(self, entry_id: int) -> None:
        self.claims += self.both(lambda tx: tx.claim([entry_id], self.now))

    @precondition(lambda self: self.hand)
    @rule(outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=6))
    def settle(self, outcomes: list[Any]) -> None:
        for claim, outcome in zip(self.hand, outcomes, strict=False):
            self.both(lambda tx, claim=claim, outcome=outcome: tx.settle(claim, outcome, self.now))

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES))
    def say_a_late_word(self, data: st.DataObject, outcome: Any) -> None:
        """Settle, begin or put back a claim that may be long over."""
        claim = data.draw(st.sampled_from(self.claims))
        works: list[Callable[[Any], Any]] = [
            lambda tx: tx.enter_phase(claim.attempt_id, "data"),
            lambda tx: tx.settle(claim, outcome, self.now),
            lambda tx: tx.put_back([claim], self.now),
        ]
        self.both(data.draw(st.sampled_from(works)))

    @precondition(lambda self: self.ids())
    @rule(data=st.data(), lapse=st.booleans(), believed=st.sampled_from(State))
    def retract(self, data: st.DataObject, lapse: bool, believed: State) -> None:
        entry_id, state = data.draw(st.sampled_from(sorted(self.ids().items())))
        retraction = [Retraction(entry_id, lapse, "no longer asked for")]
        for belief in (believed, state):
            self.both(lambda tx, belief=belief: tx.retract(retraction, {entry_id: belief}, self.now))

    # What else happens

    @precondition(lambda self: self.ids())
    @rule(data=st.data(), event=st.sampled_from(BY_HAND))
    def decide_by_hand(self, data: st.DataObject, event: Event) -> None:
        entry_id, state = data.draw(st.sampled_from(sorted(self.ids().items())))
        self.both(lambda tx: tx.apply([(entry_id, state)], event, "decided", self.now, actor="lis"))

    @rule()
    def crash_and_recover(self) -> None:
        self.both(lambda tx: tx.recover(self.now))

    @rule(number=numbers)
    def fail_half_way(self, number: int) -> None:
        def work(tx: Any) -> None:
            tx.record([wanted(NOTICES[number])], self.now)
            tx.recover(self.now)
            raise DiskFullError

        before = [self.everything(*each) for each in self.ledgers]
        assert DiskFullError is self.both(work)
        assert before == [self.everything(*each) for each in self.ledgers]

    @rule(number=numbers, chosen=numbers)
    def fail_apart(self, number: int, chosen: int) -> None:
        """Whatever a block within a transaction did is undone with it, and nothing that came before."""

        def work(tx: Any) -> None:
            tx.record([wanted(NOTICES[number])], self.now)
            with suppress(DiskFullError), tx.apart():
                tx.record([wanted(NOTICES[chosen])], self.now)
                tx.recover(self.now)
                raise DiskFullError

        self.both(work)

    @rule(minutes=st.sampled_from([1, 5, 90, 24 * 60]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    # What must always hold

    def everything(self, ledger: Any, reading: Any) -> Any:
        """Return every answer there is: entries, attempts, journals, and what is open and known."""
        rows = reading.find("|")
        stories = [(row, reading.attempts(row.entry_id), reading.journal(row.entry_id)) for row in rows]
        waiting = sorted(ledger.open_entries(), key=lambda entry: entry.entry_id)
        known = ledger.knowledge(TODAY, useful_after=self.now)
        return stories, waiting, known, reading.counts(), reading.oldest_unsent()

    @invariant()
    def both_answer_alike(self) -> None:
        assert self.real.due(self.now) == self.memory.due(self.now)
        real, memory = self.readings
        assert real.find("|") == memory.find("|")

    @invariant()
    def an_attempt_is_in_hand_exactly_while_its_entry_is(self) -> None:
        for entry_id, state in self.ids().items():
            in_hand = [each for each in self.readings[1].attempts(entry_id) if each.finished_at is None]
            assert (state is State.SENDING) == bool(in_hand)
            assert len(in_hand) <= 1

    @invariant()
    def the_journal_tells_how_an_entry_came_to_be_where_it_is(self) -> None:
        for entry_id, state in self.ids().items():
            first, *rest = self.readings[1].journal(entry_id)
            assert ("record", None) == (first.event, first.from_state)
            at = State(first.to_state)
            for line in rest:
                assert at == line.from_state
                assert TRANSITIONS[at, Event(line.event)] == line.to_state
                assert at not in FINAL or line.event in {Event.REQUEUE, Event.CONFIRM_SENT}
                at = State(line.to_state)
            assert state is at

    def teardown(self) -> None:
        try:
            real, memory = (self.everything(*each) for each in self.ledgers)
        finally:
            self.real.close()
            shutil.rmtree(self.folder)
        assert real == memory


def test_both_ledgers_agree_whatever_is_done_to_them(empty_ledger: Path) -> None:
    machine = type("TwoLedgersHere", (TwoLedgers,), {"empty": empty_ledger})
    case = machine.TestCase
    case.settings = settings(
        max_examples=25,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    case("runTest").debug()
