"""A small house over a real ledger: its cases change, its relay and its disk fail, its process dies.

The clock stands while a run lasts. What the relay took and what the case source held is kept as a
:class:`~tests.faults.month.Month`, so that the same verdict can be given.
"""

import asyncio
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import event

from reminderd.clock import FixedClock
from reminderd.compose.composer import Composer
from reminderd.compose.invite import Mailbox
from reminderd.compose.wording import Wordings
from reminderd.config.shipped import shipped_folder
from reminderd.delivery.transport import BeforeData, Envelope
from reminderd.domain.outcomes import Deferred, Outcome, Unknown
from reminderd.errors import LedgerFullError, SourceUnavailableError
from reminderd.ledger import Retention, create_or_open, open_for_reading
from reminderd.pipeline import Pipeline
from reminderd.testing.script import Received
from reminderd.testing.transport import TAKEN, RecordingTransport
from tests.faults.changes import change
from tests.faults.month import SETTLING_DAYS, Arrival, Month
from tests.installation import courses
from tests.integration.corridor import _FEW_RULES as POLICY
from tests.integration.corridor import DOMAIN, SENDER, GivenCases

WORDINGS = Wordings([shipped_folder("templates")])
FIRST = datetime(2026, 2, 2, 8, tzinfo=UTC)
COURSES = 6
AWAY = SourceUnavailableError("away", where="source.url", cure="wait")


class House(RecordingTransport):
    """The world around the process: case source, clock, disk, and the relay, which answers by its moods."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="reminderd-house-"))
        self.chance = Random(seed)  # noqa: S311 - a story, no secret
        self.clock = FixedClock(FIRST)
        self.month = Month(seed, FIRST)
        # Their warnings are due within a week, so that there is something to lose from the first day on.
        self.whole = courses(
            *(FIRST.date() - timedelta(days=self.chance.randrange(119, 128)) for _ in range(COURSES))
        )
        self.source = GivenCases(self.whole)
        self.month.history.append((FIRST - timedelta(days=1), self.whole))
        self.moods: list[str] = []
        self.disk_full = False
        self._dead = False
        self._runner = asyncio.Runner()

    @property
    def url(self) -> str:
        """Where the ledger is."""
        return f"sqlite:///{self.folder}/ledger.db"

    # What happens to it

    def change(self) -> None:
        """Let one more thing happen to the cases."""
        self.source.data, words = change(self.source.data, self.whole, self.clock.now().date(), self.chance)
        self.month.history.append((self.clock.now(), self.source.data))
        self.tell(words)

    def pass_time(self, step: timedelta) -> None:
        """Let time pass; nothing runs meanwhile."""
        self.clock.move_to(self.clock.now() + step)

    def tell(self, words: str) -> None:
        """Add to the story."""
        self.month.story.append(f"{self.clock.now():%a %Y-%m-%d %H:%M:%S} {words}")

    # The process

    def run(self, *moods: str, runs: int = 1) -> None:
        """Let a process recover and look some times, over a relay and a disk in these moods."""
        self.moods, self._dead = list(moods), False
        self.tell(f"run, {' '.join(moods) or 'all is well'}")
        try:
            self._runner.run(self._process(runs))
        except asyncio.CancelledError:
            self.month.kills.append(self.clock.now())
            self.tell("killed")
        except LedgerFullError:
            self.tell("no room on the disk")
        finally:
            self.moods.clear()

    async def _process(self, runs: int) -> None:
        ledger = create_or_open(self.url, self.clock.now())
        engine: Any = ledger._engine
        event.listen(engine, "begin", self._begin)
        try:
            pipeline = Pipeline(
                source=self.source,
                ledger=_Held(ledger, self),  # type: ignore[arg-type]
                composer=Composer(WORDINGS, Mailbox(SENDER, "Påmindelser"), DOMAIN, ledger.secret),
                transport=self,
                policy=POLICY,
                sender=SENDER,
                domain=DOMAIN,
                clock=self.clock,
                connections=2,
            )
            await pipeline.recover()
            for _ in range(runs):
                try:
                    await pipeline.run()
                except SourceUnavailableError:
                    self.tell("the case source is away")
                self.pass_time(timedelta(minutes=2))
            await pipeline.close()
        finally:
            ledger.close()

    def purge(self) -> None:
        """Clear away what has been kept long enough, as a run at night does."""
        ledger = create_or_open(self.url, self.clock.now())
        try:
            with ledger.transaction() as tx:
                tx.purge(Retention(text_days=1), self.clock.now())
        finally:
            ledger.close()

    def dead(self) -> bool:
        """Tell whether the process that looks into the ledger has been killed."""
        return self._dead

    def _begin(self, connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {1 if self.disk_full else 1_000_000}")

    async def _die(self) -> None:
        self._dead = True
        for task in asyncio.all_tasks():
            task.cancel()
        await asyncio.Event().wait()

    # The relay

    async def answer(self, envelope: Envelope, before_data: BeforeData) -> Outcome:
        """Do what the next mood says."""
        mood = self.moods.pop(0) if self.moods else "good"
        if mood == "later":
            return Deferred("451 later", 451)
        if mood == "away":
            return Deferred("the relay does not answer", whole_channel=True)
        if mood == "killed before the text":
            await self._die()
        await before_data()
        if mood == "killed in the text":
            await self._die()
        if mood == "cut in the text":
            self.month.cuts.append(envelope.recipient)
            return Unknown("the line died in the text")
        answered = mood not in ("cut after the dot", "killed after the dot")
        received = Received(0, 0, envelope.sender, (envelope.recipient,), envelope.raw, answered)
        self.month.arrivals.append(Arrival(self.clock.now(), received))
        self.tell(f"relay took {envelope.recipient}, {mood}")
        if not answered:
            self.month.cuts.append(envelope.recipient)
        if mood.startswith("killed"):
            await self._die()
        if mood == "disk fills":
            self.disk_full = True
        return TAKEN if answered else Unknown("the line died after the dot")

    # The end

    def settle(self) -> Month:
        """Let everything work for a week, and return what happened."""
        self.disk_full, self.source.trouble = False, None
        while self.clock.now().hour != FIRST.hour or self.clock.now().minute:
            self.pass_time(timedelta(minutes=1) - timedelta(seconds=self.clock.now().second))
        for _ in range(SETTLING_DAYS):
            self.run(runs=2)
            self.pass_time(timedelta(hours=3))
            self.run()
            self.pass_time(timedelta(hours=21) - timedelta(minutes=6))
        self.month.days = (self.clock.now() - FIRST).days
        reading = open_for_reading(self.url)
        assert reading is not None
        self.month.open_at_end = [
            (entry.key, entry.state)
            for entry in reading.find("")
            if entry.state not in ("sent", "lapsed", "withdrawn", "failed")
        ]
        return self.month

    def close(self) -> None:
        """Leave nothing behind."""
        self._runner.close()
        shutil.rmtree(self.folder)


class _Held:
    """The ledger as one process holds it: gone for ever once that process is dead."""

    def __init__(self, ledger: Any, house: House) -> None:
        self._ledger = ledger
        self._house = house

    def __getattr__(self, name: str) -> Any:
        if self._house.dead():
            raise ConnectionError("the process is dead")
        return getattr(self._ledger, name)
