"""The bench still runs: every measure, as small as it goes. What it finds is for `make bench` to say."""

import json

import pytest

from tests.bench.__main__ import MEASURES, as_json, as_table
from tests.bench.end_to_end import EndToEnd
from tests.bench.harness import Line, Measure, Result, Seen, run
from tests.bench.mail import Mail
from tests.bench.planning import Planning
from tests.bench.rest import Rest
from tests.bench.start import Start

SMALL = [
    pytest.param(measure, id=measure.name)
    for measure in (Mail(mails=2), Planning(cases=71), EndToEnd(10, sample_cases=71), Rest(), Start(1))
]
LINE = Line("a thing", "ours", "other", "s", "the other way")


@pytest.mark.parametrize("measure", SMALL)
def test_every_measure_sees_both_sides_of_each_of_its_lines(measure: Measure) -> None:
    results = run([measure], 1, lambda _: None)
    assert list(measure.lines) == [result.line for result in results]
    assert all(result.ours > 0 and result.yardstick > 0 for result in results)


def test_all_measures_are_part_of_make_bench() -> None:
    assert ["mail", "planning", "end-to-end", "rest", "start"] == list(MEASURES)


class Scripted:
    """A measure that costs what a test says, and remembers in which order it was asked."""

    name = "scripted"
    lines = (LINE,)

    def __init__(self, ours: list[float], other: list[float]) -> None:
        self._ours, self._other = iter(ours), iter(other)
        self.asked: list[str] = []

    def prepare(self) -> None:
        self.asked.append("prepare")

    def ours(self) -> Seen:
        self.asked.append("ours")
        return {"ours": next(self._ours)}

    def yardstick(self) -> Seen:
        self.asked.append("other")
        return {"other": next(self._other)}

    def clear(self) -> None:
        self.asked.append("clear")


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    measure = Scripted([1.0, 20.0, 3.0], [1.0, 10.0, 6.0])
    assert [Result(LINE, 3.0, 6.0, 1.0)] == run([measure], 3, lambda _: None)


def test_the_two_sides_take_turns_in_going_first() -> None:
    measure = Scripted([1.0, 1.0], [1.0, 1.0])
    run([measure], 2, lambda _: None)
    assert ["prepare", "ours", "other", "other", "ours", "clear"] == measure.asked


def test_what_was_made_is_taken_away_when_a_measure_fails() -> None:
    measure = Scripted([], [])
    with pytest.raises(StopIteration):
        run([measure], 1, lambda _: None)
    assert "clear" == measure.asked[-1]


def test_table_and_json_say_the_same() -> None:
    results = [Result(LINE, 1.5, 3.0, 0.5)]
    (line,) = json.loads(as_json(results, 1))["lines"]
    assert (1.5, 3.0, 0.5, "s", "the other way") == (
        line["ours"],
        line["yardstick"],
        line["ratio"],
        line["unit"],
        line["against"],
    )
    for words in ("a thing", "1.5 s", "3 s", "0.50", "less", "the other way"):
        assert words in as_table(results)
