"""A hundred thousand cases: read and checked, planned, reconciled with the ledger and recorded.

The yardstick does nothing but fetch the same columns of the same views through the driver. The second
run finds everything told, which is what a service finds at nearly every tick, and composes nothing.
"""

import asyncio
import gc
import sqlite3
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Never

from reminderd.casedb.contract import CONTRACT
from reminderd.casedb.source import open_source
from reminderd.delivery.transport import Session
from reminderd.pipeline import Pipeline, Report
from tests.bench.harness import Line, Seen
from tests.bench.stand import Watch, WatchedSource, corridor, logging_as_in_service, write_cases

_RAW = "a raw sqlite3 cursor over the same views and columns"


class NoTransport:
    """A relay that nobody may call, because there is nothing to send."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        raise AssertionError("a second run must have nothing to send")

    async def probe(self) -> Never:
        raise AssertionError("nobody asks")


class Planning:
    """CPU seconds."""

    name = "planning"

    def __init__(self, cases: int = 100_000) -> None:
        self._cases = cases
        unit = "s CPU"
        self.lines = (
            Line(f"read and check {cases} cases", "read", "raw", unit, _RAW),
            Line("plan, decide and record, first run", "first_rest", "raw", unit, _RAW),
            Line("the whole first run", "first", "raw", unit, _RAW),
            Line("plan and reconcile, everything told", "second_rest", "raw", unit, _RAW),
            Line("the whole run, everything told", "second", "raw", unit, _RAW),
            Line("the same, beside our own read", "second_rest", "read", unit, "our own checked read"),
        )

    def prepare(self) -> None:
        self._folder = TemporaryDirectory(prefix="reminderd-bench-")
        self._path = Path(self._folder.name)
        write_cases(self._path / "cases.db", self._cases)

    def ours(self) -> Seen:
        ledger = self._path / "ledger.db"
        source = WatchedSource(open_source(f"sqlite:///{self._path}/cases.db"))
        with logging_as_in_service(), corridor(ledger, source, NoTransport()) as pipeline:
            first, first_read, report = _run(pipeline, source, deliver=False)
            _count_as_told(ledger, report.recorded)
            second, second_read, report = _run(pipeline, source, deliver=True)
            asyncio.run(pipeline.close())
        assert (report.recorded, report.outcomes) == (0, {}), "the second run must have nothing to do"
        for left in self._path.glob("ledger.db*"):
            left.unlink()
        return {
            "read": second_read,
            "first": first,
            "first_rest": first - first_read,
            "second": second,
            "second_rest": second - second_read,
        }

    def yardstick(self) -> Seen:
        gc.collect()
        connection = sqlite3.connect(self._path / "cases.db")
        with Watch() as watch:
            for view in CONTRACT:
                names = ", ".join(view.column_names)
                for _ in connection.execute(f"SELECT {names} FROM {view.name}"):  # noqa: S608 - the contract's
                    pass
        connection.close()
        return {"raw": watch.cpu}

    def clear(self) -> None:
        self._folder.cleanup()


def _run(pipeline: Pipeline, source: WatchedSource, *, deliver: bool) -> tuple[float, float, Report]:
    gc.collect()
    with Watch() as watch:
        report = asyncio.run(pipeline.run(deliver=deliver))
    return watch.cpu, source.watch.cpu, report


def _count_as_told(ledger: Path, entries: int) -> None:
    """Say that the relay took everything: sending so much is another measure's subject."""
    connection = sqlite3.connect(ledger)
    with connection:
        changed = connection.execute("UPDATE entry SET state = 'sent'").rowcount
    connection.close()
    assert changed == entries > 0, "the first run must have recorded something"
