"""``make bench``: what our ways of doing things cost beside ordinary ones, as ratios.

One interleaved run over all measures, or those that ``--only`` names. It says nothing about this
machine in absolute terms, because the machine may be shared.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from tabulate import tabulate

from tests.bench.end_to_end import EndToEnd
from tests.bench.harness import Measure, Result, run
from tests.bench.mail import Mail
from tests.bench.planning import Planning
from tests.bench.rest import Rest
from tests.bench.start import Start

MEASURES: dict[str, Callable[[], Measure]] = {
    measure.name: measure for measure in (Mail, Planning, EndToEnd, Rest, Start)
}
_HEAD = ["measure", "ours", "yardstick", "ratio", "better is", "the yardstick is"]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Ratios, in one run.")
    parser.add_argument("--only", action="append", choices=MEASURES, help="a measure; may be repeated")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args(arguments)
    results = run([MEASURES[name]() for name in asked.only or MEASURES], max(1, asked.rounds), _tell)
    _tell("")
    print(as_json(results, asked.rounds) if asked.json else as_table(results))  # noqa: T201 - what it is for


def as_table(results: Sequence[Result]) -> str:
    rows = [
        (
            result.line.measure,
            f"{result.ours:.3g} {result.line.unit}",
            f"{result.yardstick:.3g} {result.line.unit}",
            f"{result.ratio:.2f}",
            "more" if result.line.more_is_better else "less",
            result.line.against,
        )
        for result in results
    ]
    return tabulate(rows, _HEAD, tablefmt="github", disable_numparse=True)


def as_json(results: Sequence[Result], rounds: int) -> str:
    lines = [
        {
            "measure": result.line.measure,
            "ours": result.ours,
            "yardstick": result.yardstick,
            "ratio": result.ratio,
            **{name: value for name, value in asdict(result.line).items() if name not in asdict(result)},
        }
        for result in results
    ]
    return json.dumps({"python": platform.python_version(), "rounds": rounds, "lines": lines}, indent=2)


def _tell(words: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)  # noqa: T201 - progress, on a terminal


if __name__ == "__main__":
    main(sys.argv[1:])
