"""What was told of dates that people enter: the only memory of a date that was taken out of the source.

A notice's key names its rule, its subject, the kind of deadline and the day; so the days that were told
are read from the keys, which are put in order once and then looked up. Pure.
"""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import date
from functools import cached_property

from reminderd.domain.deadlines import Case, subject_of
from reminderd.domain.lifecycle import State
from reminderd.domain.rules import ENTERED_ENDS, RuleBook

_DAY = len("2026-01-05")


class ToldEnds:
    """The ends that the relay took a mail about, by case and kind of deadline.

    ``receipts`` says of the mails about a course's end of the last weeks on which day the relay took them.
    """

    def __init__(self, states: Mapping[str, State], receipts: Mapping[str, date] | None = None) -> None:
        self._states = states
        self._receipts = receipts or {}

    @cached_property
    def _keys(self) -> list[str]:
        marks = [f"|{kind}|" for kind in ENTERED_ENDS]
        return sorted(
            key
            for key, state in self._states.items()
            if state is State.SENT and any(mark in key for mark in marks)
        )

    def days(self, kind: str, case: Case, book: RuleBook) -> list[date]:
        """Return the days of this kind that were told of a course, by whatever rule."""
        found = []
        for rule in book.rules:
            if rule.deadline == kind:
                begin = f"{rule.name}|{subject_of(case)}|{kind}|"
                place = bisect_left(self._keys, begin)
                while place < len(self._keys) and self._keys[place].startswith(begin):
                    found.append(date.fromisoformat(self._keys[place][len(begin) :][:_DAY]))
                    place += 1
        return found

    @cached_property
    def _first_receipts(self) -> dict[tuple[str, str], date]:
        first: dict[tuple[str, str], date] = {}
        for key, taken in self._receipts.items():
            _, subject, _, slut, *_ = key.split("|")
            first[subject, slut] = min(taken, first.get((subject, slut), taken))
        return first

    def receipt_of(self, case: Case, slut: date) -> date | None:
        """Return on which day somebody was first told that a course had ended on ``slut``, if lately."""
        return self._first_receipts.get((subject_of(case), slut.isoformat()))


NOTHING_TOLD = ToldEnds({})
