"""The table of states is the design's, row for row; and rests between attempts grow, to an hour."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminderd.domain.lifecycle import (
    CLAIMABLE,
    FINAL,
    LAPSABLE,
    TRANSITIONS,
    WITHDRAWABLE,
    Event,
    State,
    back_off,
    event_of,
    follow,
    rest_of,
    sources,
)
from reminderd.domain.outcomes import Deferred, Failed, Outcome, Sent, Unknown

# from | event | to, as a person would write it down
TABLE = """
queued deferred unknown      | claim             | sending
sending                      | accepted          | sent
sending                      | tempfail          | deferred
sending                      | permfail          | failed
sending                      | no_answer orphaned| unknown
sending                      | stopped           | queued
queued deferred unknown      | hold              | held
held                         | release           | queued
queued deferred held         | withdraw          | withdrawn
withdrawn                    | reinstate         | queued
queued deferred held unknown | lapse             | lapsed
unknown failed               | requeue           | queued
unknown failed held          | confirm_sent      | sent
"""
WRITTEN_OUT = {
    (state, event): target.strip()
    for before, events, target in (row.split("|") for row in TABLE.strip().splitlines())
    for state in before.split()
    for event in events.split()
}
attempts = st.integers(1, 10_000)


def test_the_table_is_the_designs() -> None:
    assert WRITTEN_OUT == TRANSITIONS


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", State)
def test_a_step_leads_where_the_table_says_or_nowhere(state: State, event: Event) -> None:
    assert WRITTEN_OUT.get((state, event)) == follow(state, event)


@pytest.mark.parametrize("event", Event)
def test_the_sources_of_an_event_are_the_states_it_may_happen_in(event: Event) -> None:
    assert {state for state, possible in WRITTEN_OUT if possible == event} == sources(event)


def test_nothing_leads_out_of_a_final_state_but_a_person() -> None:
    out = {(state, event) for state, event in TRANSITIONS if state in FINAL}
    by_a_person = {(State.FAILED, Event.REQUEUE), (State.FAILED, Event.CONFIRM_SENT)}
    assert by_a_person == out


def test_what_may_be_in_flight_or_delivered_is_never_withdrawn() -> None:
    assert {State.QUEUED, State.DEFERRED, State.HELD} == WITHDRAWABLE


def test_whatever_waits_may_lapse() -> None:
    assert {State.QUEUED, State.DEFERRED, State.HELD, State.UNKNOWN} == LAPSABLE


def test_held_entries_wait_for_a_person() -> None:
    assert State.HELD not in CLAIMABLE


@pytest.mark.parametrize("state", [state for state in State if state not in {State.SENT, State.LAPSED}])
def test_every_other_state_can_still_end_in_sent(state: State) -> None:
    reached, found = set(), {state}
    while found != reached:
        reached = found
        found = reached | {after for (before, _), after in TRANSITIONS.items() if before in reached}
    assert State.SENT in reached


@pytest.mark.parametrize(
    ("outcome", "event"),
    [
        (Sent(250, "OK"), Event.ACCEPTED),
        (Deferred("450", 450), Event.TEMPFAIL),
        (Failed("550", 550), Event.PERMFAIL),
        (Unknown("silence"), Event.NO_ANSWER),
    ],
)
def test_each_outcome_is_an_event_of_sending(outcome: Outcome, event: Event) -> None:
    assert event is event_of(outcome)
    assert follow(State.SENDING, event) is not None


@pytest.mark.parametrize(
    ("attempt", "minutes"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60), (8, 60), (500, 60)]
)
def test_rests_double_from_a_minute_to_an_hour(attempt: int, minutes: int) -> None:
    assert timedelta(minutes=minutes) == back_off(attempt)


@settings(deadline=None)
@given(attempts)
def test_a_later_attempt_never_rests_shorter(attempt: int) -> None:
    assert back_off(attempt) <= back_off(attempt + 1)


@settings(deadline=None)
@given(st.integers(-10, 10_000))
def test_every_rest_is_between_a_minute_and_an_hour(attempt: int) -> None:
    assert timedelta(minutes=1) <= back_off(attempt) <= timedelta(hours=1)


@pytest.mark.parametrize("attempt", [1, 3, 7, 500])
def test_messages_that_failed_together_come_back_spread_over_a_quarter(attempt: int) -> None:
    rests = {rest_of(f"<{number}@kommune.example>", attempt) for number in range(1000)}
    most = back_off(attempt)
    assert 1000 == len(rests)
    assert most * 0.75 <= min(rests) < most * 0.76
    assert most * 0.99 < max(rests) <= most


@settings(deadline=None)
@given(st.text(), attempts)
def test_a_message_s_rest_is_the_same_whenever_it_is_reckoned(message_id: str, attempt: int) -> None:
    assert rest_of(message_id, attempt) == rest_of(message_id, attempt)
    assert back_off(attempt) * 0.75 <= rest_of(message_id, attempt) <= back_off(attempt)
