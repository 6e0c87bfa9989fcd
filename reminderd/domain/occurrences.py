"""When a rule speaks about a deadline: its stage, the day asked for, the day it moves to, until when.

Knows rules and deadlines, not people.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from reminderd.domain.deadlines import Deadline
from reminderd.domain.rules import Lead, Rule
from reminderd.domain.workdays import ONE_DAY, Workdays
from reminderd.domain.workdays import at as _at

_USEFUL_AFTER = timedelta(days=28)
_MIDNIGHT = time(0)
# Thousands of notices share a few days, and a clock change costs more to reckon with than to remember.
at = lru_cache(maxsize=4096)(_at)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time a rule speaks about a deadline: its stage, the day asked for, and that day rolled."""

    stage: str
    nominal_day: date
    due_day: date
    expires_at: datetime


def spoken(
    rule: Rule, deadline: Deadline, workdays: Workdays, today: date
) -> tuple[Occurrence | None, date | None]:
    """Return the latest time a rule has had its say by ``today``, and the next day on which it will.

    Either may be None. Earlier repeats are left out: each says the same as the latest one, only less
    truly.
    """
    anchor = (
        deadline.start
        if rule.when.anchor == "start" and deadline.start is not None
        else deadline.lead_from or deadline.day
    )
    first = rule.when.apply(anchor, workdays)
    due = workdays.roll(first, rule.roll)
    if due > today:
        return None, due
    if rule.repeat is None:
        return Occurrence(rule.stage, first, due, _expires(rule, deadline, due, workdays)), None
    latest = max(0, (today - first).days // max(1, (rule.repeat.after(first, 1, workdays) - first).days))
    while latest > 0 and workdays.roll(rule.repeat.after(first, latest, workdays), rule.roll) > today:
        latest -= 1
    while (following := workdays.roll(rule.repeat.after(first, latest + 1, workdays), rule.roll)) <= today:
        latest += 1
    nominal = rule.repeat.after(first, latest, workdays)
    stage = rule.stage if latest == 0 else f"{rule.stage}+{latest}"
    return Occurrence(stage, nominal, workdays.roll(nominal, rule.roll), at(following, _MIDNIGHT)), following


def _expires(rule: Rule, deadline: Deadline, due: date, workdays: Workdays) -> datetime:
    if rule.expires is not None:
        return at(rule.expires.apply(deadline.day, workdays) + ONE_DAY, _MIDNIGHT)
    if deadline.begins is not None:
        return deadline.begins
    if due > deadline.day:
        return at(due + _USEFUL_AFTER, _MIDNIGHT)
    return at(deadline.day + ONE_DAY, _MIDNIGHT)


def reach(lead: Lead) -> timedelta:
    """Return an upper bound, in days, of how far ahead of its deadline a lead reaches."""
    days = {"days": 1, "weeks": 7, "months": 31, "working days": 4}[lead.unit]
    return timedelta(days=days * abs(lead.count))
