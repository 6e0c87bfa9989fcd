"""What daily runs over a stretch of days would do with today's data.

It folds ``reconcile.decide`` over the days on which an answer can change, remembering what would
have been sent. So ``plan`` cannot say anything else than what a run does. Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from reminderd.domain.cases import Snapshot
from reminderd.domain.deadlines import Case, case_of
from reminderd.domain.digest import evaluate_digests
from reminderd.domain.invitations import Invitation, learned
from reminderd.domain.lifecycle import State
from reminderd.domain.notices import Decision, Gap
from reminderd.domain.planning import Evaluation, Policy, evaluate_case, evaluate_groups
from reminderd.domain.reconcile import Knowledge, decide
from reminderd.domain.recurrence import growing_days
from reminderd.domain.serial import SerialCalendars
from reminderd.domain.standing import subject_id
from reminderd.domain.told_ends import ToldEnds
from reminderd.domain.turning import bounds, leave_days, turning_points
from reminderd.domain.upkeep import upkeep
from reminderd.domain.words import say
from reminderd.domain.workdays import ONE_DAY, at, civil_day

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
    told: dict[str | None, list[Invitation]] = {}
    for invitation in known.invitations:
        course = subject_id(invitation.subject) if invitation.subject.startswith("forloeb:") else None
        told.setdefault(course, []).append(invitation)
    for forloeb in snapshot.forloeb.values():
        case = case_of(snapshot, forloeb)
        _fold(
            _look_at_case(case, policy, snapshot),
            turning_points(case) | leave_days(case, snapshot),
            snapshot,
            told.get(forloeb.forloeb_id, []),
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
    away = {day for rows in snapshot.fravaer.values() for row in rows for day in bounds(row)}
    look = _look_at_groups(policy, snapshot)
    points |= away | growing_days(first, last)
    _fold(look, points, snapshot, told.get(None, []), policy, known, first, last, decisions, gaps)
    joining = {row.fra_dato for rows in snapshot.tilknytninger.values() for row in rows}
    receipts = {
        str(decision.notice.key): civil_day(decision.notice.send_at)
        for decision in decisions
        if decision.kind == "send" and decision.notice.key.deadline_kind == "course_end"
    }
    look = _look_at_digests(policy, snapshot, replace(known, receipts={**receipts, **known.receipts}))
    _fold(look, joining | away, snapshot, [], policy, known, first, last, decisions, gaps)
    decisions.sort(key=lambda decision: (decision.notice.send_at, str(decision.notice.key)))
    return decisions, gaps


_Look = Callable[[date, Mapping[str, State]], Evaluation]


def _look_at_case(case: Case, policy: Policy, snapshot: Snapshot) -> _Look:
    return lambda day, _states: evaluate_case(case, policy, policy.directory(snapshot, day))


def _look_at_groups(policy: Policy, snapshot: Snapshot) -> _Look:
    return lambda day, _states: evaluate_groups(snapshot, policy, policy.directory(snapshot, day))


def _look_at_digests(policy: Policy, snapshot: Snapshot, known: Knowledge) -> _Look:
    told = ToldEnds(known.states, known.receipts)

    def look(day: date, states: Mapping[str, State]) -> Evaluation:
        now = at(day, policy.send_time)
        silences = [silence for silence in known.silences if silence.in_force(now)]
        directory = policy.directory(snapshot, day)
        return evaluate_digests(
            snapshot, policy, directory, states, told, silences, known.came_back, known.unsent
        )

    return look


def _fold(
    look: _Look,
    turning: set[date],
    snapshot: Snapshot,
    invitations: list[Invitation],
    policy: Policy,
    known: Knowledge,
    first: date,
    last: date,
    decisions: list[Decision],
    gaps: list[Gap],
) -> None:
    """Run ``decide`` on every day in the stretch on which an answer about this subject can change."""
    states = dict(known.states) if len(known.states) < _FEW else _Overlay(known.states)
    learning = replace(known, states=states)
    turning = turning | {silence.until + ONE_DAY for silence in known.silences}
    silenced: dict[str, str] = {}
    final: dict[str, Decision] = {}
    seen_gaps: dict[tuple[str, str], Gap] = {}
    ahead = sorted(day for day in turning if first < day <= last)
    day: date | None = first
    while day is not None and day <= last:
        evaluation = look(day, states)
        waiting, now = False, at(day, policy.send_time)
        directory = policy.directory(snapshot, day)
        serial = SerialCalendars(snapshot, policy, directory, invitations, now)
        decided = decide(map(serial.placed, evaluation.notices), learning, now)
        kept = upkeep(
            invitations,
            decided,
            states,
            snapshot,
            policy,
            directory,
            serial,
            now,
            known.generations,
        )
        decided += decide(kept.notices, learning, now)
        for decision in decided:
            key = str(decision.notice.key)
            if decision.kind == "send":
                states[key] = State.SENT
                final[key] = decision
                invitations = learned(invitations, decision.notice, now, known.generations)
            elif key not in final or final[key].kind != "send":
                final[key] = decision
            if decision.cause == "nothing":
                states[key] = State.LAPSED
            waiting = waiting or decision.cause == "closed_hours"
            if decision.cause == "silenced":
                silenced[key] = decision.reason
        seen_gaps |= {(gap.rule, gap.subject): gap for gap in (*evaluation.gaps, *kept.gaps)}
        day = _next_day(
            day, evaluation.next_day, ahead, policy.workdays.next(day + ONE_DAY) if waiting else None
        )
    for key, words in silenced.items():
        final[key] = _after_a_silence(final[key], words, at(last, policy.send_time))
    decisions.extend(final.values())
    gaps.extend(seen_gaps.values())


def _after_a_silence(decision: Decision, words: str, end: datetime) -> Decision:
    """Say of a notice that never went out that a silence was the reason."""
    gone = decision.notice.expires_at
    if decision.cause == "silenced" and gone <= end:
        over = say("no longer useful since {moment}", moment=f"{gone:%Y-%m-%d %H:%M}")
        reason = say("{reason}; {silenced}", reason=over, silenced=words)
        return replace(decision, kind="skip", cause="expired", reason=reason)
    if decision.kind == "skip":
        return replace(
            decision, reason=say("{reason}; it was {silenced}", reason=decision.reason, silenced=words)
        )
    return decision


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
