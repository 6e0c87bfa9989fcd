"""The corridor over a real ledger, with cases, a clock and a relay that a test moves.

Nothing here decides: it wires :class:`Pipeline` the way ``app`` does, from parts that can be changed
between two runs.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path

from reminderd.clock import FixedClock
from reminderd.compose.composer import Composer
from reminderd.compose.invite import Mailbox
from reminderd.compose.wording import Wordings
from reminderd.config.shipped import shipped_folder
from reminderd.delivery.open import open_transport
from reminderd.delivery.transport import Transport
from reminderd.domain.brakes import NO_LIMITS, Limits
from reminderd.domain.cases import Snapshot
from reminderd.domain.planning import Policy
from reminderd.domain.workdays import at
from reminderd.errors import ReminderdError
from reminderd.ledger import EntryRow, Ledger, Reading, create_or_open, open_for_reading
from reminderd.pipeline import Pipeline, Report
from reminderd.pipeline.eligibility import FRESH_SECONDS
from reminderd.pipeline.sending import MAILS_PER_LINE
from reminderd.testing.relay import ScriptedRelay
from reminderd.testing.transport import RecordingTransport
from tests.casework import POLICY
from tests.installation import FOUR_KINDS

SENDER = "paamindelser@kommune.example"
DOMAIN = "reminderd.kommune.example"
_FEW_RULES = replace(
    POLICY,
    book=replace(POLICY.book, rules=tuple(rule for rule in POLICY.book.rules if rule.name in FOUR_KINDS)),
)


def morning(day: date, hour: int = 8, minute: int = 0) -> datetime:
    return at(day, time(hour, minute))


@dataclass
class GivenCases:
    """A case source that holds what a test says, or is away."""

    data: Snapshot
    trouble: ReminderdError | None = None
    readings: int = 0

    def read(self) -> Snapshot:
        self.readings += 1
        if self.trouble is not None:
            raise self.trouble
        return self.data


@dataclass
class Corridor:
    """One installation between two runs: change what you like, and run again."""

    folder: Path
    source: GivenCases
    clock: FixedClock
    transport: Transport = field(default_factory=RecordingTransport)
    connections: int = 4
    mails_per_line: int = MAILS_PER_LINE
    wordings: tuple[Path, ...] = ()
    policy: Policy = _FEW_RULES
    limits: Limits = NO_LIMITS
    fresh_for: float = FRESH_SECONDS
    rate_per_recipient: int = 0
    sender: str = SENDER

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/ledger.db"

    @contextmanager
    def _wired(self) -> Iterator[Pipeline]:
        ledger = create_or_open(self.url, self.clock.now())
        try:
            yield self.pipeline_over(ledger)
        finally:
            ledger.close()

    def pipeline_over(self, ledger: Ledger) -> Pipeline:
        """Wire a pipeline over a ledger that is open, as a reload does."""
        wordings = Wordings([*self.wordings, shipped_folder("templates")])
        return Pipeline(
            source=self.source,
            ledger=ledger,
            composer=Composer(wordings, Mailbox(self.sender, "Påmindelser"), DOMAIN, ledger.secret),
            transport=self.transport,
            policy=self.policy,
            sender=self.sender,
            domain=DOMAIN,
            clock=self.clock,
            limits=self.limits,
            fresh_for=self.fresh_for,
            connections=self.connections,
            mails_per_line=self.mails_per_line,
            rate_per_recipient=self.rate_per_recipient,
        )

    @asynccontextmanager
    async def pipeline(self) -> AsyncIterator[Pipeline]:
        """Open the ledger as one process does, and recover what the one before left."""
        with self._wired() as pipeline:
            try:
                await pipeline.recover()
                yield pipeline
            finally:
                await pipeline.close()

    async def run(self, now: datetime | None = None) -> Report:
        """Do what ``run --once`` does."""
        if now is not None:
            self.clock.move_to(now)
        async with self.pipeline() as pipeline:
            return await pipeline.run()

    async def run_against(self, relay: ScriptedRelay, now: datetime | None = None) -> Report:
        """Run with a real relay on the loopback."""
        self.transport = open_transport(relay.url, tls="none", timeout=10)
        return await self.run(now)

    @property
    def reading(self) -> Reading:
        found = open_for_reading(self.url)
        assert found is not None
        return found

    def entries(self) -> list[EntryRow]:
        return self.reading.find("")

    def states(self) -> list[str]:
        return [entry.state for entry in self.entries()]
