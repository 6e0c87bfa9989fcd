"""Wanted against known: what to send, what to leave, what to take back, each with its reason.

``decide`` is the heart of the service. A run asks it about today with what the ledger knows;
``rehearsal`` folds the very same function over a stretch of days. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from reminderd.domain.cases import Snapshot
from reminderd.domain.deadlines import case_of
from reminderd.domain.lifecycle import LAPSABLE, WITHDRAWABLE, State
from reminderd.domain.notices import Cause, Decision, DecisionKind, Gap, Notice
from reminderd.domain.planning import Evaluation, Policy, evaluate_activities, evaluate_case
from reminderd.domain.recipients import Directory
from reminderd.domain.workdays import civil_day


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What has been told so far.

    ``states`` maps a notice's key to its ledger state; ``since`` the day each rule was first in
    force, with ``start`` for a rule never seen before.
    """

    states: Mapping[str, State]
    since: Mapping[str, date]
    start: date

    def in_force_since(self, rule: str) -> date:
        """Return the first day on which this rule spoke, or would have."""
        return self.since.get(rule, self.start)


def decide(notices: Iterable[Notice], known: Knowledge, now: datetime) -> list[Decision]:
    """Decide about the notices of one subject, all of whose due days have come.

    Of the stages of one deadline to one recipient only the newest is sent, and never an earlier
    one after a later one.
    """
    groups: dict[tuple[object, ...], list[Notice]] = {}
    for notice in notices:
        key = notice.key
        group = (key.deadline_kind, key.deadline_date, key.recipient, notice.track)
        groups.setdefault(group, []).append(notice)
    decisions = []
    for stages in groups.values():
        later: Notice | None = None
        # Of two stages due the same day the one that stands later in the rules is the newer.
        numbered = sorted(enumerate(stages), key=lambda pair: (pair[1].due_day, pair[0]), reverse=True)
        for _, notice in numbered:
            decision = _decide(notice, later, known, now)
            decisions.append(decision)
            if decision.kind in ("send", "told") or decision.cause == "closed_hours":
                later = later or notice
    return decisions


def _decide(notice: Notice, later: Notice | None, known: Knowledge, now: datetime) -> Decision:
    state = known.states.get(str(notice.key))
    since = known.in_force_since(notice.key.rule)
    kind: DecisionKind
    cause: Cause
    if state is State.LAPSED:
        kind, cause, reason = "skip", "lapsed", "lapsed: it was no longer useful when it could have been sent"
    elif state is not None and state is not State.WITHDRAWN:
        kind, cause, reason = "told", "told", f"already in the ledger: {state}"
    elif notice.expires_at <= now:
        kind, cause, reason = "skip", "expired", f"no longer useful since {_moment(notice.expires_at)}"
    elif later is not None:
        kind, cause, reason = "skip", "superseded", f"the later stage '{later.key.stage}' takes its place"
    elif notice.due_day < since and notice.key.deadline_date < since:
        kind, cause, reason = "skip", "before_start", f"was due {notice.due_day}, before the start on {since}"
    elif notice.recipient.mail is None:
        kind, cause, reason = (
            "wait",
            "nobody",
            "nobody can be told: no mailbox for person, unit, leader or operator",
        )
    elif notice.send_at > now:
        kind, cause, reason = "wait", "closed_hours", f"waits for {_moment(notice.send_at)}"
    elif state is State.WITHDRAWN:
        kind, cause, reason = "send", "wanted_again", "was withdrawn, and is wanted again"
    else:
        kind, cause, reason = "send", "due", _why(notice, since)
    return Decision(notice, kind, cause, reason)


def _why(notice: Notice, since: date) -> str:
    key = notice.key
    what = f"{key.deadline_kind} on {key.deadline_date}, stage '{key.stage}'"
    if civil_day(notice.send_at) == notice.due_day:
        return what
    late = "newest useful stage at the start" if notice.due_day < since else "late"
    return f"{what}; {late}: it was due {notice.due_day}"


def _moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class Today:
    """Every decision about one day, and every gap."""

    decisions: list[Decision]
    gaps: list[Gap]


def plan_today(snapshot: Snapshot, policy: Policy, known: Knowledge, now: datetime) -> Today:
    """Decide about every subject in the snapshot as of ``now``."""
    directory = Directory(snapshot, civil_day(now), policy.operators, policy.domains)
    today = Today([], [])
    for evaluation in _evaluations(snapshot, policy, directory):
        today.gaps.extend(evaluation.gaps)
        if evaluation.notices:
            today.decisions.extend(decide(evaluation.notices, known, now))
    return today


def _evaluations(snapshot: Snapshot, policy: Policy, directory: Directory) -> Iterator[Evaluation]:
    for forloeb in snapshot.forloeb.values():
        yield evaluate_case(case_of(snapshot, forloeb), policy, directory)
    yield evaluate_activities(snapshot, policy, directory)


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """What reconciling needs to know about an entry that has not settled."""

    entry_id: int
    key: str
    rule: str
    subject: str
    state: State
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Retraction:
    """An open entry that shall not be sent, and why: withdrawn (no longer true) or lapsed (too late)."""

    entry_id: int
    lapse: bool
    reason: str


def retract(open_entries: Iterable[OpenEntry], today: Today, now: datetime) -> list[Retraction]:
    """Return the open entries whose reason is gone or whose time has passed.

    An entry that may have reached somebody (unknown) is not offered again once nobody wants it; it
    lapses, and counts as told.
    """
    wanted = {str(decision.notice.key): decision for decision in today.decisions}
    reasons = {(gap.rule, gap.subject): gap.reason for gap in today.gaps}
    found = []
    for entry in open_entries:
        decision = wanted.get(entry.key)
        if entry.expires_at <= now and entry.state in LAPSABLE:
            found.append(
                Retraction(
                    entry.entry_id, lapse=True, reason=f"no longer useful since {_moment(entry.expires_at)}"
                )
            )
        elif decision is None and entry.state in WITHDRAWABLE | LAPSABLE:
            reason = reasons.get((entry.rule, entry.subject), "the case source no longer asks for it")
            found.append(Retraction(entry.entry_id, lapse=entry.state not in WITHDRAWABLE, reason=reason))
    return found


def missed(today: Today, known: Knowledge, previous: datetime | None) -> list[Decision]:
    """Return the notices that came due and were overtaken while nobody was looking.

    They are recorded as lapsed, so that downtime is accounted for; what had already passed before
    the previous run was judged then.
    """
    if previous is None:
        return []
    found = []
    for decision in today.decisions:
        notice = decision.notice
        unseen = notice.due_day > civil_day(previous) and notice.due_day >= known.in_force_since(
            notice.key.rule
        )
        if unseen and decision.cause in ("expired", "superseded") and str(notice.key) not in known.states:
            found.append(decision)
    return found
