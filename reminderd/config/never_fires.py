"""Rules that can be written and would never tell anybody anything, or only when it is too late.

Each finding is a key of the rule, what is wrong there, and the cure. Asked of rules as values; knows no
file.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from reminderd.domain.audience import reaches, roles_for
from reminderd.domain.rules import CONDITIONS_OF, EXCLUSIVE_CONDITIONS, Lead, Rule, Span
from reminderd.domain.workdays import Workdays, add_months

Fault = tuple[str, str, str]

LAST_DIGEST_DAY = 4
# A deadline of these kinds is not there any more on the day after.
OVER_AFTER_ITS_DAY: Mapping[str, str] = {
    "review_meeting": "a planned meeting whose day has passed stands for no meeting any more",
    "placement_end": "a placement that has ended has no homecoming left to prepare",
    "activity": "nobody is told of an activity that is over",
    "committee": "the list is for a meeting that is still ahead",
    "committee_report": "the figures are for a meeting that is still ahead",
    "one_off": "the day is announced ahead of time and is over with its evening",
}
_BEFORE = "write a lead before it, such as '7 days before', or 'on the day'"
_ANY_MONTH = [date(2026, month, day) for month in range(1, 13) for day in (1, 28)]
_EVERY_DAY = Workdays(frozenset())


def never_does_its_work(rule: Rule, months_before_18: int) -> Iterator[Fault]:
    """Yield what would be silent for ever in one rule.

    ``months_before_18`` is how long ``turns_18`` lies before the birthday that ends it.
    """
    for key, roles in (("roles", rule.roles), ("optional_roles", rule.optional_roles)):
        for role in roles:
            if role != "ung" and not reaches(role, rule.deadline):
                what = f"found {role!r}, but nobody is that to {rule.deadline}"
                yield key, what, f"who is told of {rule.deadline}: {', '.join(roles_for(rule.deadline))}"
    for key, conditions in (("unless", rule.unless), ("only_if", rule.only_if)):
        for condition in conditions:
            if condition not in CONDITIONS_OF.get(rule.deadline, ()):
                kinds = [kind for kind, known in CONDITIONS_OF.items() if condition in known]
                what = f"found {condition!r}, which says nothing about {rule.deadline}"
                yield key, what, f"it is for: {', '.join(kinds)}"
    for pair in EXCLUSIVE_CONDITIONS:
        if pair <= set(rule.only_if):
            first, second = sorted(pair)
            what = f"found {first!r} and {second!r}, which are never true together"
            yield "only_if", what, "keep one of them; for either of the two, write two rules"
    if rule.deadline == "digest" and rule.when.anchor == "deadline" and not _in_its_week(rule.when):
        what = f"found '{rule.when}', but an overview is made from Monday to Friday of its own week"
        yield "when", what, f"allowed: 'on the day' (Monday) to '{LAST_DIGEST_DAY} days after' (Friday)"
    yield from _comes_when_it_is_over(rule, months_before_18)


def come_too_late(rules: Iterable[Rule], limit: Span) -> Iterator[tuple[Rule, Fault]]:
    """Yield stages on the way to a limit that can fall due after a stage of the same track behind it.

    Of one track only the newest stage is sent, so the earlier one would come after the later one.
    """
    enabled = [rule for rule in rules if rule.enabled]
    for rule in enabled:
        if rule.when.anchor != "start":
            continue
        for other in enabled:
            same_track = (other.deadline, other.track) == (rule.deadline, rule.track)
            behind = other.when.anchor == "deadline" and other.when.count > 0
            if same_track and behind and may_come_before(other.when, rule.when, limit):
                after = f"{other.name} ('{other.when}' a limit of {limit})"
                what = f"found '{rule.when}', which can come after {after}"
                cure = f"say it earlier, or raise deadline.{rule.deadline}.limit"
                yield rule, ("when", what, cure)
                break


def may_come_before(first: Lead, second: Lead, limit: Span) -> bool:
    """Tell whether there are deadlines for which one lead falls before the other: months differ."""
    for start in _ANY_MONTH:
        anchors = {"start": start, "deadline": limit.after(start)}
        if first.apply(anchors[first.anchor], _EVERY_DAY) < second.apply(anchors[second.anchor], _EVERY_DAY):
            return True
    return False


def _comes_when_it_is_over(rule: Rule, months_before_18: int) -> Iterator[Fault]:
    reason = OVER_AFTER_ITS_DAY.get(rule.deadline)
    if reason is not None and rule.when.count == 0 and rule.roll == "next":
        what = f"found 'next', but when is 'on the day', and {reason}: on a closed day nobody would be told"
        yield "roll", what, "write roll = 'previous', or a lead before the day"
    if rule.when.anchor != "deadline" or rule.when.count <= 0:
        return
    if reason is not None:
        yield "when", f"found '{rule.when}', but {reason}", _BEFORE
    if rule.deadline == "turns_18" and all(
        rule.when.apply(day, _EVERY_DAY) >= add_months(day, months_before_18) for day in _ANY_MONTH
    ):
        what = f"found '{rule.when}', but the birthday comes first: {months_before_18} months after"
        yield "when", what, "there is no such decision after the birthday: say it earlier"


def _in_its_week(lead: Lead) -> bool:
    return lead.count == 0 or (lead.unit == "days" and 0 < lead.count <= LAST_DIGEST_DAY)
