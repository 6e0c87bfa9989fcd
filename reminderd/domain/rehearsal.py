"""What daily runs over a stretch of days would do with today's data.

It folds ``reconcile.decide`` over the days on which an answer can change, remembering what would
have been sent. So ``plan`` cannot say anything else than what a run does. Pure.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from reminderd.domain.cases import Snapshot
from reminderd.domain.deadlines import Case, case_of, turning_points
from reminderd.domain.lifecycle import State
from reminderd.domain.notices import Decision, Gap
from reminderd.domain.planning import Evaluation, Policy, evaluate_activities, evaluate_case
from reminderd.domain.recipients import Directory
from reminderd.domain.reconcile import Knowledge, decide
from reminderd.domain.workdays import ONE_DAY, at

_LONGEST_STEP = timedelta(days=28)


def plan_stretch(
    snapshot: Snapshot,
    policy: Policy,
    known: Knowledge,
    first: date,
    last: date,
    on_subject: Callable[[], object] = lambda: None,
) -> tuple[list[Decision], list[Gap]]:
    """Return what daily runs from ``first`` to ``last`` would do with today's data, and every gap.

    Each notice appears once, with what finally becomes of it; gaps are those of the last day on
    which they were seen. ``on_subject`` is called after each course, for a progress bar.
    """
    decisions: list[Decision] = []
    gaps: list[Gap] = []
    for forloeb in snapshot.forloeb.values():
        case = case_of(snapshot, forloeb)
        _fold(
            _look_at_case(case, policy, snapshot),
            turning_points(case),
            policy,
            known,
            first,
            last,
            decisions,
            gaps,
        )
        on_subject()
    points: set[date] = set()
    for forloeb in snapshot.forloeb.values():
        if forloeb.tilbud in policy.book.activity.tilbud:
            points |= turning_points(case_of(snapshot, forloeb))
    _fold(_look_at_activities(policy, snapshot), points, policy, known, first, last, decisions, gaps)
    decisions.sort(key=lambda decision: (decision.notice.send_at, str(decision.notice.key)))
    return decisions, gaps


_Look = Callable[[date], Evaluation]


def _look_at_case(case: Case, policy: Policy, snapshot: Snapshot) -> _Look:
    return lambda day: evaluate_case(case, policy, Directory(snapshot, day, policy.operators, policy.domains))


def _look_at_activities(policy: Policy, snapshot: Snapshot) -> _Look:
    return lambda day: evaluate_activities(
        snapshot, policy, Directory(snapshot, day, policy.operators, policy.domains)
    )


def _fold(
    look: _Look,
    turning: set[date],
    policy: Policy,
    known: Knowledge,
    first: date,
    last: date,
    decisions: list[Decision],
    gaps: list[Gap],
) -> None:
    """Run ``decide`` on every day in the stretch on which an answer about this subject can change."""
    states = dict(known.states) if len(known.states) < _FEW else _Overlay(known.states)
    learning = Knowledge(states, known.since, known.start)
    final: dict[str, Decision] = {}
    seen_gaps: dict[tuple[str, str], Gap] = {}
    ahead = sorted(day for day in turning if first < day <= last)
    day: date | None = first
    while day is not None and day <= last:
        evaluation = look(day)
        waiting = False
        for decision in decide(evaluation.notices, learning, at(day, policy.send_time)):
            key = str(decision.notice.key)
            if decision.kind == "send":
                states[key] = State.SENT
                final[key] = decision
            elif key not in final or final[key].kind != "send":
                final[key] = decision
            waiting = waiting or decision.cause == "closed_hours"
        seen_gaps |= {(gap.rule, gap.subject): gap for gap in evaluation.gaps}
        day = _next_day(
            day, evaluation.next_day, ahead, policy.workdays.next(day + ONE_DAY) if waiting else None
        )
    decisions.extend(final.values())
    gaps.extend(seen_gaps.values())


_FEW = 64


class _Overlay(dict[str, State]):
    """What a fold learns on top of a large ledger, without copying it for every subject."""

    def __init__(self, below: Mapping[str, State]) -> None:
        super().__init__()
        self._below = below

    def get(self, key: str, default: State | None = None) -> State | None:  # type: ignore[override]
        return super().get(key) or self._below.get(key, default)


def _next_day(day: date, due: date | None, ahead: list[date], waiting: date | None) -> date:
    """Return the next day worth a look: a due day, a turning point, a waiting notice's working day."""
    while ahead and ahead[0] <= day:
        ahead.pop(0)
    candidates = [day + _LONGEST_STEP, *ahead[:1]]
    if due is not None:
        candidates.append(due)
    if waiting is not None:
        candidates.append(waiting)
    return min(candidates)
