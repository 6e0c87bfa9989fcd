"""What a reading of the case source is good for: rows, courses, rules that are off, the age of the data.

A judgement over a Snapshot, as plain values; ids only. Knows no database and no screen.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from reminderd.domain.cases import Finding, Snapshot
from reminderd.domain.deadlines import ended
from reminderd.domain.rules import OFFERS_OF_THE_PAPERS, Rule, RuleBook
from reminderd.domain.views import lacking
from reminderd.domain.words import say
from reminderd.domain.workdays import civil_day, local

OLDEST_DATA = timedelta(hours=26)
_UNKNOWN_CODE = "is none of the contract's codes"


@dataclass(frozen=True, slots=True)
class ViewCheck:
    """One view: rows read, rejected, and kept with an emptied column; None read where it is absent."""

    name: str
    read: int | None
    rejected: int = 0
    emptied: int = 0
    unknown_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """One rule: on, off (what it needs is absent, a view or an offer) or disabled (by the municipality)."""

    name: str
    deadline: str
    state: Literal["on", "off", "disabled"]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCheck:
    """Everything an operator asks of a case source before trusting it."""

    kildesystem: str
    data_pr: datetime
    age: timedelta
    views: tuple[ViewCheck, ...]
    open_courses: tuple[tuple[str, int], ...]
    rules: tuple[RuleCheck, ...]
    findings: tuple[Finding, ...]

    @property
    def too_old(self) -> bool:
        """Tell whether the data is older than a nightly copy can be."""
        return self.age > OLDEST_DATA

    @property
    def fine(self) -> bool:
        """Tell whether nothing needs a person: no finding, no rule that is off, data of today."""
        return not (self.findings or self.too_old or any(rule.state == "off" for rule in self.rules))


def check_source(snapshot: Snapshot, book: RuleBook, now: datetime) -> SourceCheck:
    """Judge one reading as of ``now``."""
    data_pr = local(snapshot.meta.data_pr)
    return SourceCheck(
        kildesystem=snapshot.meta.kildesystem,
        data_pr=data_pr,
        age=now - data_pr,
        views=_views(snapshot),
        open_courses=_open_courses(snapshot, now),
        rules=_rules(book, snapshot),
        findings=snapshot.findings,
    )


def _views(snapshot: Snapshot) -> tuple[ViewCheck, ...]:
    found = []
    for name, (read, kept) in snapshot.rows.items():
        own = [finding for finding in snapshot.findings if finding.view == name]
        emptied = {finding.row_id for finding in own if finding.row_kept}
        codes = {finding.column for finding in own if finding.reason == _UNKNOWN_CODE}
        found.append(ViewCheck(name, read, read - kept, len(emptied), tuple(sorted(codes))))
    return (*found, *(ViewCheck(name, None) for name in sorted(snapshot.absent_views)))


def _open_courses(snapshot: Snapshot, now: datetime) -> tuple[tuple[str, int], ...]:
    today = civil_day(now)
    running: Counter[str] = Counter()
    for forloeb in snapshot.forloeb.values():
        over = ended(forloeb, snapshot.borgere[forloeb.borger_id], today)
        running[forloeb.tilbud] += over is None
    return tuple(sorted(running.items()))


def _rules(book: RuleBook, snapshot: Snapshot) -> tuple[RuleCheck, ...]:
    found = []
    for rule in book.rules:
        missing = lacking(rule.deadline, snapshot.absent_views)
        if not rule.enabled:
            found.append(RuleCheck(rule.name, rule.deadline, "disabled", say("enabled = false in the rules")))
            continue
        reason = "" if missing is None else say("the case source has no {views}", views=missing)
        reason = reason or _without_its_offers(rule, book, snapshot)
        found.append(RuleCheck(rule.name, rule.deadline, "off" if reason else "on", reason))
    return tuple(found)


def _without_its_offers(rule: Rule, book: RuleBook, snapshot: Snapshot) -> str:
    """Say that a rule asks for offers under a name that the case source does not use; else nothing.

    A house may do without an offer of the papers; a name of one's own, or one that the case source seems
    to write otherwise, is more likely a slip.
    """
    asked, there = book.offers_of(rule.deadline), _offers(snapshot)
    if not asked or not there or there & set(asked):
        return ""
    nobody_asks = there - {name for other in book.rules for name in book.offers_of(other.deadline)}
    if set(asked) <= set(OFFERS_OF_THE_PAPERS) and not nobody_asks:
        return ""
    return say(
        "nothing in the case source has {offers} of deadline.{kind}.tilbud; it has {there}",
        offers=", ".join(asked),
        kind=rule.deadline,
        there=", ".join(sorted(there)),
    )


def _offers(snapshot: Snapshot) -> set[str]:
    """Return every offer that the case source names, on whatever row; it is empty in an empty house."""
    rows = (snapshot.forloeb, snapshot.aktiviteter, snapshot.serier)
    return {row.tilbud for view in rows for row in view.values()}
