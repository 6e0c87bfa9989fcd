"""A silence makes notices wait, and loses none of them."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reminderd.domain.cases import Snapshot
from reminderd.domain.invitations import Invitation, learned
from reminderd.domain.lifecycle import State
from reminderd.domain.notices import Decision
from reminderd.domain.reconcile import Knowledge, missed, plan_today
from reminderd.domain.rehearsal import plan_stretch
from reminderd.domain.silences import Silence, SilenceKind, silence_over
from reminderd.domain.workdays import at
from tests.casework import BORGER, LONG_AGO, POLICY, VEJEN_FREM, on_case, session, snapshot
from tests.unit.test_rehearsal import FIRST, LAST, snapshots

HALF_YEAR, NINETY_DAYS, THIRTY_DAYS = date(2026, 2, 9), date(2026, 5, 11), date(2026, 7, 10)
BIRTHDAY = date(2026, 8, 9)
KEY = "exit-{}|forloeb:f1|exit_age|2026-08-09|{}|medarbejder:m1"


def silence(kind: SilenceKind, target: str, until: date, **more: object) -> Silence:
    values: dict[str, object] = {
        "silence_id": 1,
        "author": "leder",
        "reason": "aftalt",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Silence(kind=kind, target=target, until=until, **(values | more))  # type: ignore[arg-type]


def turns_23() -> Snapshot:
    """A young person whose stages are due on 9 February, 11 May and 10 July 2026, to one person."""
    return snapshot(
        forloeb=[replace(VEJEN_FREM, fase=1, fase2_dato=None)],
        borgere=[replace(BORGER, foedselsdato=date(2003, 8, 9))],
        roles=[on_case("m1", "sagsbehandler"), on_case("m1", "kontaktperson")],
    )


def decide_on(day: date, *silences: Silence, hour: int = 9, **states: State) -> dict[str, Decision]:
    """Return the decisions about the stages ahead of the birthday, by stage."""
    known = Knowledge(
        {KEY.format(name, name): state for name, state in _named(states).items()}, {}, LONG_AGO, silences
    )
    today = plan_today(turns_23(), POLICY, known, at(day, time(hour)))
    return {
        decision.notice.key.stage: decision
        for decision in today.decisions
        if decision.notice.key.deadline_kind == "exit_age"
    }


def _named(states: dict[str, State]) -> dict[str, State]:
    names = {"half_year": "half-year", "ninety": "90-days", "thirty": "30-days"}
    return {names[name]: state for name, state in states.items()}


def sent(data: Snapshot, first: date, last: date, *silences: Silence) -> list[tuple[date, str]]:
    decisions, _ = plan_stretch(data, POLICY, Knowledge({}, {}, LONG_AGO, silences), first, last)
    return [
        (decision.notice.send_at.date(), decision.notice.key.stage)
        for decision in decisions
        if decision.kind == "send" and decision.notice.key.deadline_kind == "exit_age"
    ]


@pytest.mark.parametrize(
    "paused",
    [
        silence("case", "2026-0001", NINETY_DAYS),
        silence("person", "m1", NINETY_DAYS),
        silence("rule", "exit-90-days", NINETY_DAYS),
    ],
    ids=["case", "person", "rule"],
)
def test_what_is_silenced_waits_and_says_until_when_by_whom_and_why(paused: Silence) -> None:
    decision = decide_on(NINETY_DAYS, paused, half_year=State.SENT)["90-days"]
    assert ("wait", "silenced") == (decision.kind, decision.cause)
    assert "silenced until 2026-05-11 by leder: aftalt" == decision.reason


@pytest.mark.parametrize(
    "other",
    [
        silence("case", "2026-0002", NINETY_DAYS),
        silence("person", "m2", NINETY_DAYS),
        silence("rule", "exit-30-days", NINETY_DAYS),
    ],
    ids=["case", "person", "rule"],
)
def test_what_is_not_meant_is_not_silenced(other: Silence) -> None:
    assert "send" == decide_on(NINETY_DAYS, other, half_year=State.SENT)["90-days"].kind


def test_the_last_day_is_silent_to_its_end_in_copenhagen() -> None:
    paused = silence("case", "2026-0001", date(2026, 5, 11))
    moments = [datetime(2026, 5, 11, 21, 59, tzinfo=UTC), datetime(2026, 5, 11, 22, 0, tzinfo=UTC)]
    assert [True, False] == [paused.in_force(moment) for moment in moments]


def test_a_silence_that_somebody_ended_is_over_at_once() -> None:
    ended = silence("case", "2026-0001", NINETY_DAYS, ended_at=at(NINETY_DAYS, time(8)), ended_by="leder")
    assert "send" == decide_on(NINETY_DAYS, ended, half_year=State.SENT)["90-days"].kind


def test_of_several_silences_the_longest_is_named() -> None:
    short = silence("rule", "exit-90-days", NINETY_DAYS)
    longer = silence("case", "2026-0001", THIRTY_DAYS, silence_id=2)
    notice = decide_on(NINETY_DAYS)["90-days"].notice
    assert longer == silence_over((short, longer), notice, at(NINETY_DAYS, time(9)))


def test_a_stage_silenced_over_its_day_goes_out_afterwards_and_the_next_one_on_its_own_day() -> None:
    paused = silence("case", "2026-0001", date(2026, 5, 22))  # a Friday; Monday the 25th is closed
    wanted = [(HALF_YEAR, "half-year"), (date(2026, 5, 26), "90-days"), (THIRTY_DAYS, "30-days")]
    found = sent(turns_23(), HALF_YEAR, HALF_YEAR) + sent(turns_23(), NINETY_DAYS, date(2026, 8, 1), paused)
    assert wanted == found


def test_a_silence_over_two_stages_leaves_the_newest_alone() -> None:
    paused = silence("case", "2026-0001", date(2026, 7, 14))
    assert [(date(2026, 7, 15), "30-days")] == sent(turns_23(), NINETY_DAYS, date(2026, 8, 1), paused)


def test_a_silenced_rule_does_not_keep_the_stages_of_other_rules() -> None:
    paused = silence("rule", "exit-90-days", date(2026, 12, 31))
    wanted = [(HALF_YEAR, "half-year"), (THIRTY_DAYS, "30-days")]
    assert wanted == sent(turns_23(), HALF_YEAR, date(2026, 8, 1), paused)


def test_a_later_stage_that_waits_in_the_ledger_does_not_bring_the_earlier_one_back() -> None:
    paused = silence("rule", "exit-90-days", date(2026, 12, 31))
    decisions = decide_on(date(2026, 5, 12), paused, ninety=State.QUEUED)
    assert ("told", "skip") == (decisions["90-days"].kind, decisions["half-year"].kind)
    assert "already in the ledger: queued; silenced until 2026-12-31 by leder: aftalt" == (
        decisions["90-days"].reason
    )


def test_an_earlier_stage_is_not_sent_after_a_later_one_that_was_told() -> None:
    paused = silence("rule", "exit-90-days", date(2026, 7, 14))
    decisions = decide_on(date(2026, 7, 15), paused, half_year=State.SENT, thirty=State.SENT)
    assert "superseded" == decisions["90-days"].cause


def overtaken(day: date, previous: date, *silences: Silence, states: dict[str, State]) -> dict[str, str]:
    known = Knowledge(states, {}, LONG_AGO, silences)
    today = plan_today(turns_23(), POLICY, known, at(day, time(9)))
    found = missed(today, known, at(previous, time(9)))
    return {decision.notice.key.stage: decision.reason for decision in found}


def test_a_stage_that_a_silence_made_useless_is_listed_as_lapsed_with_the_silence() -> None:
    paused = silence("case", "2026-0001", date(2026, 7, 14))
    found = overtaken(date(2026, 7, 15), date(2026, 7, 14), paused, states={})
    assert {"half-year", "90-days"} == set(found)
    assert found["90-days"].endswith("takes its place; it was silenced until 2026-07-14 by leder: aftalt")


def test_a_deadline_that_passes_in_silence_is_listed_once_it_has_passed() -> None:
    paused = silence("case", "2026-0001", date(2026, 12, 31))
    states = {KEY.format(name, name): State.SENT for name in ("half-year", "90-days")}
    assert {} == overtaken(BIRTHDAY, date(2026, 8, 8), paused, states=states)
    passed = overtaken(date(2026, 8, 10), BIRTHDAY, paused, states=states)
    assert "no longer useful since 2026-08-10 00:00" in passed["30-days"]
    assert "it was silenced until 2026-12-31" in passed["30-days"]


def test_what_was_overtaken_before_the_silence_is_not_blamed_on_it() -> None:
    paused = silence("case", "2026-0001", date(2026, 12, 31))
    states = {KEY.format("90-days", "90-days"): State.SENT}
    assert {} == overtaken(date(2026, 5, 13), date(2026, 5, 12), paused, states=states)


def test_the_plan_says_of_what_passes_in_silence_that_it_will_not_be_sent_and_why() -> None:
    paused = silence("case", "2026-0001", date(2026, 12, 31))
    known = Knowledge({}, {}, LONG_AGO, (paused,))
    decisions, _ = plan_stretch(turns_23(), POLICY, known, THIRTY_DAYS, date(2026, 9, 1))
    (decision,) = (d for d in decisions if d.notice.key.stage == "30-days")
    assert "skip" == decision.kind
    assert "silenced until 2026-12-31 by leder: aftalt" in decision.reason


def test_two_activities_on_one_day_are_two_things_to_be_told() -> None:
    data = snapshot(
        forloeb=[VEJEN_FREM],
        roles=[on_case("m2", "kontaktperson")],
        aktiviteter=[
            session(datetime(2026, 6, 16, 12), aktivitet_id="a1"),
            session(datetime(2026, 6, 16, 17), aktivitet_id="a2"),
        ],
    )
    today = plan_today(data, POLICY, Knowledge({}, {}, LONG_AGO), at(date(2026, 6, 15), time(9)))
    told = {
        decision.notice.key.subject: decision.kind
        for decision in today.decisions
        if decision.notice.key.stage == "reminder"
    }
    assert {"aktivitet:a1": "send", "aktivitet:a2": "send"} == told


silences_of_anything = st.lists(
    st.builds(
        silence,
        st.just("case"),
        st.sampled_from(["2026-0000", "2026-0001"]),
        st.dates(FIRST, LAST),
    )
    | st.builds(silence, st.just("person"), st.sampled_from(["m1", "m2"]), st.dates(FIRST, LAST))
    | st.builds(
        silence,
        st.just("rule"),
        st.sampled_from(["course-limit-warning", "review-overdue", "activity-reminder"]),
        st.dates(FIRST, LAST),
    ),
    min_size=1,
    max_size=3,
)


def daily_runs(data: Snapshot, silences: tuple[Silence, ...]) -> list[tuple[str, datetime]]:
    states: dict[str, State] = {}
    found: list[tuple[str, datetime]] = []
    invitations: tuple[Invitation, ...] = ()
    previous = None
    for number in range((LAST - FIRST).days + 1):
        now = at(FIRST + timedelta(days=number), time(9))
        known = Knowledge(dict(states), {}, FIRST, silences, invitations=invitations)
        today = plan_today(data, POLICY, known, now)
        for decision in missed(today, known, previous):
            states[str(decision.notice.key)] = State.LAPSED
        for decision in today.decisions:
            if decision.kind == "send":
                states[str(decision.notice.key)] = State.SENT
                invitations = learned(invitations, decision.notice, now, {})
                found.append((str(decision.notice.key), decision.notice.send_at))
                assert silence_over(silences, decision.notice, now) is None
        previous = now
    return sorted(found)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(snapshots(), silences_of_anything)
def test_the_plan_under_silences_is_what_daily_runs_send_row_for_row(
    data: Snapshot, paused: list[Silence]
) -> None:
    silences = tuple(paused)
    decisions, _ = plan_stretch(data, POLICY, Knowledge({}, {}, FIRST, silences), FIRST, LAST)
    planned = [(str(d.notice.key), d.notice.send_at) for d in decisions if d.kind == "send"]
    assert daily_runs(data, silences) == sorted(planned)
