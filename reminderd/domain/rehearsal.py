"""What daily runs over a stretch of days would do with today's data.

It folds ``reconcile.decide_all`` over the days on which an answer can change, remembering what would
have been sent. So ``plan`` cannot say anything else than what a run does. Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from reminderd.domain.cases import Snapshot
from reminderd.domain.deadlines import Case, case_of
from reminderd.domain.invitations import Invitation, learned, subject_id
from reminderd.domain.lifecycle import State
from reminderd.domain.notices import Decision, Gap
from reminderd.domain.planning import Evaluation, Policy, evaluate_case, evaluate_groups
from reminderd.domain.recipients import Directory
from reminderd.domain.reconcile import Knowledge, decide_all, evaluate_overviews
from reminderd.domain.recurrence import growing_days
from reminderd.domain.told_ends import ToldEnds
from reminderd.domain.turning import bounds, leave_days, turning_points
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
    told: dict[str | None, list[Invitation]] = {}
    for invitation in known.invitations:
        course = subject_id(invitation.subject) if invitation.subject.startswith("forloeb:") else None
        told.setdefault(course, []).append(invitation)
    stretch = _Stretch(snapshot, policy, first, last)
    for forloeb in snapshot.forloeb.values():
        case = case_of(snapshot, forloeb)
        turning = turning_points(case) | leave_days(case, snapshot)
        own = tuple(told.get(forloeb.forloeb_id, ()))
        stretch.fold(_look_at_case(case, policy), turning, replace(known, invitations=own))
        on_subject()
    points: set[date] = set()
    for forloeb in snapshot.forloeb.values():
        if forloeb.tilbud in policy.book.activity.tilbud:
            points |= turning_points(case_of(snapshot, forloeb))
    away = {day for rows in snapshot.fravaer.values() for row in rows for day in bounds(row)}
    shared = replace(known, invitations=tuple(told.get(None, ())))
    stretch.fold(_look_at_groups(policy), points | away | growing_days(first, last), shared)
    joining = {row.fra_dato for rows in snapshot.tilknytninger.values() for row in rows}
    receipts = {
        str(decision.notice.key): civil_day(decision.notice.send_at)
        for decision in stretch.decisions
        if decision.kind == "send" and decision.notice.key.deadline_kind == "course_end"
    }
    known = replace(known, invitations=(), receipts={**receipts, **known.receipts})
    stretch.fold(_look_at_overviews(policy, known), joining | away, known)
    stretch.decisions.sort(key=lambda decision: (decision.notice.send_at, str(decision.notice.key)))
    return stretch.decisions, stretch.gaps


_Look = Callable[[Directory, Knowledge, datetime], Evaluation]


def _look_at_case(case: Case, policy: Policy) -> _Look:
    return lambda directory, _known, _now: evaluate_case(case, policy, directory)


def _look_at_groups(policy: Policy) -> _Look:
    return lambda directory, _known, _now: evaluate_groups(directory.snapshot, policy, directory)


def _look_at_overviews(policy: Policy, known: Knowledge) -> _Look:
    told = ToldEnds(known.states, known.receipts)
    return lambda directory, learning, now: evaluate_overviews(policy, directory, learning, told, now)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The days from ``first`` to ``last``, and what becomes of one subject after the other on them."""

    snapshot: Snapshot
    policy: Policy
    first: date
    last: date
    decisions: list[Decision] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def fold(self, look: _Look, turning: set[date], known: Knowledge) -> None:
        """Decide on every day on which an answer about this subject can change.

        ``known`` holds the invitations about this subject.
        """
        policy, last = self.policy, self.last
        states = dict(known.states) if len(known.states) < _FEW else _Overlay(known.states)
        known = replace(known, states=states)
        turning = turning | {silence.until + ONE_DAY for silence in known.silences}
        silenced: dict[str, str] = {}
        final: dict[str, Decision] = {}
        seen_gaps: dict[tuple[str, str], Gap] = {}
        ahead = sorted(day for day in turning if self.first < day <= last)
        day: date | None = self.first
        while day is not None and day <= last:
            waiting, now = False, at(day, policy.send_time)
            directory = policy.directory(self.snapshot, day)
            evaluation = look(directory, known, now)
            today = decide_all([evaluation], policy, directory, known, now)
            for decision in today.decisions:
                key = str(decision.notice.key)
                if decision.kind == "send":
                    states[key] = State.SENT
                    final[key] = decision
                    told = learned(known.invitations, decision.notice, now, known.generations)
                    known = replace(known, invitations=told)
                elif key not in final or final[key].kind != "send":
                    final[key] = decision
                if decision.cause == "nothing":
                    states[key] = State.LAPSED
                waiting = waiting or decision.cause == "closed_hours"
                if decision.cause == "silenced":
                    silenced[key] = decision.reason
            seen_gaps |= {(gap.rule, gap.subject): gap for gap in today.gaps}
            day = _next_day(
                day, evaluation.next_day, ahead, policy.workdays.next(day + ONE_DAY) if waiting else None
            )
        for key, words in silenced.items():
            final[key] = _after_a_silence(final[key], words, at(last, policy.send_time))
        self.decisions.extend(final.values())
        self.gaps.extend(seen_gaps.values())


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
