"""What another set of rules would change: notices that appear, vanish, or go elsewhere or on another day.

Compares two plans of the same data by the names of their notices. Pure.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest
from typing import Literal

from reminderd.domain.notices import Decision, Notice
from reminderd.domain.workdays import civil_day

Change = Literal["appears", "vanishes", "recipient", "day"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One notice that is not the same; ``before`` is None where it appears, ``after`` where it vanishes."""

    change: Change
    before: Notice | None
    after: Notice | None

    @property
    def notice(self) -> Notice:
        """The notice as it would be, or as it would have been."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 - one of the two is there
        return found


def differences(before: Iterable[Decision], after: Iterable[Decision]) -> list[Difference]:
    """Return what differs between two plans, by day; only what goes out counts.

    The same notice to another mailbox, or to another holder of the same name but for the recipient, goes
    to somebody else. A rule under another name tells everything anew: its notices appear.
    """
    old, new = _sent(before), _sent(after)
    found = [change for key in old.keys() & new.keys() for change in _changed(old.pop(key), new.pop(key))]
    lost, gained = _by_name(old.values()), _by_name(new.values())
    for name in {*lost, *gained}:
        for was, will in zip_longest(lost[name], gained[name]):
            change: Change = "recipient" if was and will else "appears" if will else "vanishes"
            found.append(Difference(change, was, will))
    return sorted(found, key=lambda one: (one.notice.send_at, str(one.notice.key), one.change))


def most_on_a_day(decisions: Iterable[Decision]) -> tuple[date, int] | None:
    """Return the day on which most notices go out, and how many; None where none does."""
    counted: dict[date, int] = defaultdict(int)
    for notice in _sent(decisions).values():
        counted[civil_day(notice.send_at)] += 1
    return max(counted.items(), key=lambda pair: pair[1]) if counted else None


def _sent(decisions: Iterable[Decision]) -> dict[str, Notice]:
    return {str(one.notice.key): one.notice for one in decisions if one.kind == "send"}


def _changed(was: Notice, will: Notice) -> list[Difference]:
    found: list[Difference] = []
    if (was.recipient.mail or "").lower() != (will.recipient.mail or "").lower():
        found.append(Difference("recipient", was, will))
    if was.send_at != will.send_at:
        found.append(Difference("day", was, will))
    return found


def _by_name(notices: Iterable[Notice]) -> defaultdict[str, list[Notice]]:
    """Return notices by their name but for the recipient, in the order of their recipients."""
    found: defaultdict[str, list[Notice]] = defaultdict(list)
    for notice in sorted(notices, key=lambda one: one.key.recipient):
        found[str(replace(notice.key, recipient=""))].append(notice)
    return found
