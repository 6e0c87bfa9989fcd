"""Wanted against known: what to send, what to leave, what to take back, each with its reason.

``decide`` is the heart of the service. A run asks it about today with what the ledger knows;
``rehearsal`` folds the very same function over a stretch of days. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from reminderd.domain.calendar_notices import UPKEEP
from reminderd.domain.came_back import NOTHING_CAME_BACK, CameBack
from reminderd.domain.cases import Snapshot
from reminderd.domain.deadlines import case_of
from reminderd.domain.digest import evaluate_digests
from reminderd.domain.invitations import Generations, Invitation
from reminderd.domain.lifecycle import CLAIMABLE, LAPSABLE, WITHDRAWABLE, State
from reminderd.domain.notices import Cause, Decision, DecisionKind, Gap, Notice
from reminderd.domain.planning import Evaluation, Policy, evaluate_case, evaluate_groups
from reminderd.domain.recipients import Directory
from reminderd.domain.serial import SerialCalendars
from reminderd.domain.silences import Silence, silence_over
from reminderd.domain.told_ends import ToldEnds
from reminderd.domain.unsent import Unsent
from reminderd.domain.upkeep import upkeep
from reminderd.domain.words import say
from reminderd.domain.workdays import civil_day


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What has been told so far.

    ``states`` maps a notice's key to its ledger state; ``since`` the day each rule was first in
    force, with ``start`` for a rule never seen before; ``silences`` what an operator paused, with
    what ended since the case source was last looked at. ``invitations`` is what calendars were told,
    and ``generations`` counts those that are over; ``came_back`` what came back to the service mailbox,
    ``unsent`` what did not reach its reader, ``receipts`` on which day the relay took the mails about
    the end of a course, by key, as far as an overview may still speak of it.
    """

    states: Mapping[str, State]
    since: Mapping[str, date]
    start: date
    silences: tuple[Silence, ...] = ()
    invitations: tuple[Invitation, ...] = ()
    came_back: CameBack = NOTHING_CAME_BACK
    unsent: tuple[Unsent, ...] = ()
    receipts: Mapping[str, date] = field(default_factory=dict)
    generations: Generations = field(default_factory=dict)

    def in_force_since(self, rule: str) -> date:
        """Return the first day on which this rule spoke, or would have."""
        return self.since.get(rule, self.start)


def decide(notices: Iterable[Notice], known: Knowledge, now: datetime) -> list[Decision]:
    """Decide about notices all of whose due days have come.

    Of the stages of one deadline to one recipient only the newest is sent, and never an earlier
    one after a later one. A silenced stage has told nobody anything: it takes no other's place, and
    is there to be sent when the silence is over.
    """
    groups: dict[tuple[object, ...], list[Notice]] = {}
    for notice in notices:
        key = notice.key
        group = (key.subject, key.deadline_kind, key.deadline_date, key.recipient, notice.track)
        groups.setdefault(group, []).append(notice)
    decisions = []
    for stages in groups.values():
        later: Notice | None = None
        # Of two stages due the same day the one that stands later in the rules is the newer.
        numbered = sorted(enumerate(stages), key=lambda pair: (pair[1].due_day, pair[0]), reverse=True)
        for _, notice in numbered:
            decision = _decide(notice, later, known, now)
            decisions.append(decision)
            if decision.kind in ("send", "told") or decision.cause in ("closed_hours", "hardly_moved"):
                later = later or notice
    return decisions


_LAPSED = say("lapsed: nothing to tell, or no longer useful when it could have been sent")
_NOBODY = say("nobody can be told: no mailbox for person, unit, leader or operator")
_Verdict = tuple[DecisionKind, Cause, str]


def _decide(notice: Notice, later: Notice | None, known: Knowledge, now: datetime) -> Decision:
    state = known.states.get(str(notice.key))
    verdict = (
        _settled(notice, state, later, known, now)
        or _hardly_moved(notice, known)
        or _held_back(notice, known, now)
    )
    if verdict is not None:
        return Decision(notice, *verdict)
    if state is State.WITHDRAWN:
        return Decision(notice, "send", "wanted_again", say("was withdrawn, and is wanted again"))
    return Decision(notice, "send", "due", notice.why or _why(notice, known.in_force_since(notice.key.rule)))


def _settled(
    notice: Notice, state: State | None, later: Notice | None, known: Knowledge, now: datetime
) -> _Verdict | None:
    """Say why a notice needs nothing any more, or None."""
    since = known.in_force_since(notice.key.rule)
    if state is State.LAPSED:
        return "skip", "lapsed", _LAPSED
    overtaken = later is not None and state in LAPSABLE
    if state is not None and state is not State.WITHDRAWN and not overtaken:
        return "told", "told", _told(notice, state, known, now)
    if notice.expires_at <= now:
        return "skip", "expired", say("no longer useful since {moment}", moment=_moment(notice.expires_at))
    if later is not None:
        return "skip", "superseded", say("the later stage '{stage}' takes its place", stage=later.key.stage)
    if notice.due_day < since and notice.key.deadline_date < since:
        reason = say("was due {due}, before the start on {since}", due=notice.due_day, since=since)
        return "skip", "before_start", reason
    return None


def _hardly_moved(notice: Notice, known: Knowledge) -> _Verdict | None:
    """Say that the same was told for a date too near to this one to tell it again, or None.

    Only what the relay took counts: what waits under another date is withdrawn in the same run.
    """
    moved = notice.again_if_moved
    for number in range(1, moved.days + 1 if moved is not None else 1):
        for other in (number, -number):
            key = replace(notice.key, deadline_date=notice.key.deadline_date + timedelta(days=other))
            if known.states.get(str(key)) is State.SENT:
                told = key.deadline_date
                reason = say("was told for {day}, and the date has moved by few days only", day=told)
                return "skip", "hardly_moved", reason
    return None


def _held_back(notice: Notice, known: Knowledge, now: datetime) -> _Verdict | None:
    """Say why a notice that is wanted does not go out now, or None."""
    silence = silence_over(known.silences, notice, now)
    if silence is not None:
        return "wait", "silenced", silence.words
    if notice.recipient.mail is None:
        return "wait", "nobody", _NOBODY
    if notice.send_at > now:
        return "wait", "closed_hours", say("waits for {moment}", moment=_moment(notice.send_at))
    if notice.empty:
        return "skip", "nothing", say("nothing to tell")
    return None


def _told(notice: Notice, state: State, known: Knowledge, now: datetime) -> str:
    silence = silence_over(known.silences, notice, now) if state in CLAIMABLE else None
    if silence is None:
        return say("already in the ledger: {state}", state=say(state))
    return say("already in the ledger: {state}; {silenced}", state=say(state), silenced=silence.words)


def _why(notice: Notice, since: date) -> str:
    key = notice.key
    what = say(
        "{kind} on {day}, stage '{stage}'",
        kind=say(key.deadline_kind),
        day=key.deadline_date,
        stage=key.stage,
    )
    if civil_day(notice.send_at) == notice.due_day:
        return what
    if notice.due_day < since:
        return say(
            "{what}; newest useful stage at the start: it was due {due}", what=what, due=notice.due_day
        )
    return say("{what}; late: it was due {due}", what=what, due=notice.due_day)


def _moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class Today:
    """Every decision about one day, every gap, and the keys of what may not be offered now.

    ``silenced`` holds what is in the ledger already, too: a queued entry waits like a new notice.
    ``unclear`` are subjects of which the case source says nothing: what waits about them stays.
    ``next_due`` is when the next notice goes out, as far as anybody can see today.
    """

    decisions: list[Decision]
    gaps: list[Gap]
    silenced: frozenset[str] = frozenset()
    unclear: frozenset[str] = frozenset()
    next_due: datetime | None = None

    @property
    def upkeep_waits(self) -> bool:
        """Tell whether something that calendars should be told waits, so that no run decides about it yet."""
        rules = (decision.notice.key.rule for decision in self.decisions if decision.kind == "wait")
        return any(rule in UPKEEP for rule in rules)

    @property
    def not_sent(self) -> Mapping[str, int]:
        """Return how many are not sent now, by cause; ``gap`` is what cannot become a notice."""
        causes = Counter[str](
            decision.cause for decision in self.decisions if decision.kind in ("skip", "wait")
        )
        if self.gaps:
            causes["gap"] = len(self.gaps)
        return causes


def plan_today(snapshot: Snapshot, policy: Policy, known: Knowledge, now: datetime) -> Today:
    """Decide about every subject in the snapshot as of ``now``."""
    directory = policy.directory(snapshot, civil_day(now))
    return decide_all(_evaluations(policy, directory, known, now), policy, directory, known, now)


def decide_all(
    evaluations: Iterable[Evaluation], policy: Policy, directory: Directory, known: Knowledge, now: datetime
) -> Today:
    """Decide about what is due, placed in calendars, and about what calendars have to be told besides."""
    serial = SerialCalendars(policy, directory, known.invitations, now)
    today = Today([], [])
    ahead: set[datetime] = set()
    for evaluation in evaluations:
        today.gaps.extend(evaluation.gaps)
        if evaluation.next_day is not None:
            ahead.add(policy.sending_moment(evaluation.next_day, directory.day))
        if evaluation.notices:
            today.decisions.extend(decide(map(serial.placed, evaluation.notices), known, now))
    kept = upkeep(serial, today.decisions, known.states, known.generations)
    today.decisions.extend(decide(kept.notices, known, now))
    today.gaps.extend(kept.gaps)
    silenced = _silenced(today.decisions, known.silences, now) if known.silences else frozenset()
    ahead |= {decision.notice.send_at for decision in today.decisions if decision.cause == "closed_hours"}
    return replace(
        today, silenced=silenced, unclear=frozenset(kept.unclear), next_due=min(ahead, default=None)
    )


def _silenced(decisions: Iterable[Decision], silences: Sequence[Silence], now: datetime) -> frozenset[str]:
    notices = [decision.notice for decision in decisions]
    return frozenset(str(notice.key) for notice in notices if silence_over(silences, notice, now))


def _evaluations(
    policy: Policy, directory: Directory, known: Knowledge, now: datetime
) -> Iterator[Evaluation]:
    snapshot = directory.snapshot
    for forloeb in snapshot.forloeb.values():
        yield evaluate_case(case_of(snapshot, forloeb), policy, directory)
    yield evaluate_groups(snapshot, policy, directory)
    yield evaluate_overviews(policy, directory, known, ToldEnds(known.states, known.receipts), now)


def evaluate_overviews(
    policy: Policy, directory: Directory, known: Knowledge, told: ToldEnds, now: datetime
) -> Evaluation:
    """Evaluate everybody's overview of the week."""
    silences = [silence for silence in known.silences if silence.in_force(now)]
    snapshot, states = directory.snapshot, known.states
    return evaluate_digests(
        snapshot, policy, directory, states, told, silences, known.came_back, known.unsent
    )


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """What reconciling needs to know about an entry that has not settled."""

    entry_id: int
    key: str
    rule: str
    subject: str
    state: State
    expires_at: datetime
    held_by: str | None = None


@dataclass(frozen=True, slots=True)
class Retraction:
    """An open entry that shall not be sent, and why: withdrawn (no longer true) or lapsed (too late).

    ``gone`` says that nothing in the case source asks for it any more.
    """

    entry_id: int
    lapse: bool
    reason: str
    gone: bool = False


def retract(open_entries: Iterable[OpenEntry], today: Today, now: datetime) -> list[Retraction]:
    """Return the open entries whose reason or time has gone, or whose place a later stage takes.

    An entry that may have reached somebody (unknown) is not offered again once nobody wants it; it
    lapses, and counts as told.
    """
    pending = list(open_entries)
    if not pending:  # nearly every run of a quiet day
        return []
    wanted = {str(decision.notice.key): decision for decision in today.decisions}
    reasons = {(gap.rule, gap.subject): gap.reason for gap in today.gaps}
    found = []
    for entry in pending:
        decision = wanted.get(entry.key)
        if entry.expires_at <= now and entry.state in LAPSABLE:
            found.append(
                Retraction(
                    entry.entry_id,
                    lapse=True,
                    reason=say("no longer useful since {moment}", moment=_moment(entry.expires_at)),
                )
            )
        elif decision is not None and decision.cause == "superseded" and entry.state in LAPSABLE:
            found.append(Retraction(entry.entry_id, lapse=True, reason=decision.reason))
        elif entry.rule in UPKEEP and entry.subject in today.unclear:
            continue  # what was being said about it stays true until somebody knows better
        elif decision is None and entry.state in WITHDRAWABLE | LAPSABLE:
            asked = say("the case source no longer asks for it")
            reason = reasons.get((entry.rule, entry.subject), asked)
            lapse = entry.state not in WITHDRAWABLE
            found.append(Retraction(entry.entry_id, lapse=lapse, reason=reason, gone=True))
    return found


def missed(today: Today, known: Knowledge, previous: datetime | None) -> list[Decision]:
    """Return the notices that were overtaken while nobody was looking, or while they had to wait.

    So are those with nothing to tell, once: nobody looks into them again. They are recorded as
    lapsed, so that downtime, silences, closed days and the lack of anybody to tell are accounted for;
    what else had passed before the previous run was judged then.
    """
    if previous is None:
        return []
    found = []
    overtaken = [
        decision
        for decision in today.decisions
        if decision.cause in ("expired", "superseded", "nothing")
        and str(decision.notice.key) not in known.states
    ]
    waited = _waited_at(previous, overtaken, today, known)
    for decision in overtaken:
        notice = decision.notice
        then = waited.get(str(notice.key))
        if then is not None and then.cause == "silenced":
            reason = say("{reason}; it was {silenced}", reason=decision.reason, silenced=then.reason)
            found.append(replace(decision, reason=reason))
        elif then is not None and decision.cause == "expired":
            reason = say("{reason}; before that, {waited}", reason=decision.reason, waited=then.reason)
            found.append(replace(decision, reason=reason))
        elif decision.cause == "nothing" or civil_day(previous) < notice.due_day >= known.in_force_since(
            notice.key.rule
        ):
            found.append(decision)
    return found


def _waited_at(
    previous: datetime, overtaken: Iterable[Decision], today: Today, known: Knowledge
) -> Mapping[str, Decision]:
    """Return the notices that had to wait at the previous run, with what for."""
    subjects = {
        decision.notice.key.subject
        for decision in overtaken
        if decision.notice.expires_at > previous
        or any(silence.concerns(decision.notice) for silence in known.silences)
    }
    if not subjects:
        return {}
    due = [
        decision.notice
        for decision in today.decisions
        if decision.notice.key.subject in subjects and decision.notice.due_day <= civil_day(previous)
    ]
    judged = decide(due, known, previous)
    return {str(then.notice.key): then for then in judged if then.kind == "wait"}
