"""Interleaved rounds: ours, the yardstick, ours, the yardstick, and the medians of what was seen.

A machine that is shared wanders by a factor of two within minutes, so only what was measured in the
same minute is compared: a ratio is the median of the rounds' own ratios. Knows no measure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

Seen = dict[str, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: which two of the values that a measure sees are set against each other."""

    measure: str
    ours: str
    yardstick: str
    unit: str
    against: str
    more_is_better: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A line with its medians; ``ratio`` is ours divided by the yardstick's."""

    line: Line
    ours: float
    yardstick: float
    ratio: float


class Measure(Protocol):
    """Something measured beside its yardstick; what takes long to make is made once, in ``prepare``."""

    name: str
    lines: tuple[Line, ...]

    def prepare(self) -> None:
        """Make what both sides work on."""

    def ours(self) -> Seen:
        """Do it our way once and return what was seen."""

    def yardstick(self) -> Seen:
        """Do it the other way once and return what was seen."""

    def clear(self) -> None:
        """Take away what ``prepare`` made."""


def run(measures: Sequence[Measure], rounds: int, tell: Callable[[str], object]) -> list[Result]:
    """Return every line of the measures; ``tell`` hears what is being done."""
    seen: dict[str, list[Seen]] = {measure.name: [] for measure in measures}
    try:
        for measure in measures:
            tell(f"preparing {measure.name}")
            measure.prepare()
        for number in range(1, rounds + 1):
            for measure in measures:
                tell(f"round {number} of {rounds}: {measure.name}")
                # Whoever comes second finds warmer caches, so they take turns.
                first, second = (measure.ours, measure.yardstick)[:: 1 if number % 2 else -1]
                seen[measure.name].append(first() | second())
    finally:
        for measure in measures:
            measure.clear()
    return [_result(line, seen[measure.name]) for measure in measures for line in measure.lines]


def _result(line: Line, rounds: Sequence[Seen]) -> Result:
    return Result(
        line,
        median(seen[line.ours] for seen in rounds),
        median(seen[line.yardstick] for seen in rounds),
        median(seen[line.ours] / seen[line.yardstick] for seen in rounds),
    )
