"""What the measures stand on: invented cases in a file, the corridor wired over them, a watch.

It wires as ``app`` does, with a clock and a case source that a measure can look at. Knows no yardstick.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from datetime import date
from datetime import time as clock_time
from pathlib import Path
from typing import Self

import structlog

from reminderd import logs
from reminderd.casedb import synthetic
from reminderd.casedb.source import CaseSource
from reminderd.clock import FixedClock
from reminderd.compose.composer import Composer
from reminderd.compose.invite import Mailbox
from reminderd.compose.wording import Wordings
from reminderd.config.shipped import shipped_folder
from reminderd.delivery.transport import Transport
from reminderd.domain.cases import Snapshot
from reminderd.domain.workdays import at
from reminderd.ledger import create_or_open
from reminderd.pipeline import Pipeline
from tests.casework import POLICY

DAY = date(2026, 3, 2)
NOW = at(DAY, clock_time(9))
SENDER = "paamindelser@kommune.example"
DOMAIN = "reminderd.kommune.example"
_CASES_A_PART = 71


@dataclass(slots=True)
class Watch:
    """CPU seconds of this process and seconds on the wall, of the block it stands around."""

    cpu: float = 0.0
    wall: float = 0.0
    _begun: tuple[float, float] = field(default=(0.0, 0.0))

    def __enter__(self) -> Self:
        self._begun = (time.process_time(), time.perf_counter())
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu = time.process_time() - self._begun[0]
        self.wall = time.perf_counter() - self._begun[1]


@dataclass(slots=True)
class WatchedSource:
    """A case source that knows what its last reading cost."""

    source: CaseSource
    watch: Watch = field(default_factory=Watch)

    def read(self) -> Snapshot:
        with self.watch:
            return self.source.read()


def write_cases(path: Path, cases: int) -> None:
    """Write at least this many invented cases: whole Ballerups, one after the other."""
    synthetic.write_sqlite(synthetic.build(scale=-(-cases // _CASES_A_PART), history=False), path)


@contextmanager
def corridor(ledger: Path, source: WatchedSource, transport: Transport) -> Iterator[Pipeline]:
    """Wire the corridor with four lines to the relay; the ledger is made if it is not there."""
    clock = FixedClock(NOW)
    opened = create_or_open(f"sqlite:///{ledger}", NOW)
    composer = Composer(
        Wordings([shipped_folder("templates")]), Mailbox(SENDER, "Påmindelser"), DOMAIN, opened.secret
    )
    try:
        yield Pipeline(
            source=source,
            ledger=opened,
            composer=composer,
            transport=transport,
            policy=POLICY,
            sender=SENDER,
            domain=DOMAIN,
            clock=clock,
        )
    finally:
        opened.close()


@contextmanager
def logging_as_in_service() -> Iterator[None]:
    """Log every event as the service does, to where nobody reads it: its cost belongs to ours."""
    before = structlog.get_config()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        try:
            with redirect_stderr(nowhere):
                logs.set_up()
            yield
        finally:
            structlog.configure(**before)
