"""A small house over a real ledger: its cases change, its relay, disk and clock fail, its process dies.

The clock stands while a run lasts. What the relay took, what the case source held and what was done to the
house is kept as a :class:`~tests.faults.month.Month`, in true time, so that the same verdict can be given.
"""

import asyncio
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import structlog
from sqlalchemy import event

from reminderd.clock import FixedClock
from reminderd.compose.composer import Composer
from reminderd.compose.invite import Mailbox
from reminderd.compose.wording import Wordings
from reminderd.config.shipped import shipped_folder
from reminderd.delivery.transport import BeforeData, Envelope
from reminderd.domain.brakes import Limits
from reminderd.domain.cases import Snapshot
from reminderd.domain.outcomes import Deferred, Failed, Outcome, Unknown
from reminderd.domain.workdays import COPENHAGEN, ONE_DAY
from reminderd.engine.embedded import EmbeddedEngine
from reminderd.errors import SourceUnavailableError
from reminderd.ledger import Retention, create_or_open, open_for_reading
from reminderd.pipeline import Pipeline
from reminderd.testing.script import Received
from reminderd.testing.transport import TAKEN, RecordingTransport
from tests.faults.changes import change
from tests.faults.desk import Desk
from tests.faults.month import SETTLING_DAYS, Arrival, Month
from tests.faults.orders import WARNING
from tests.faults.told import read
from tests.installation import courses
from tests.integration.corridor import _FEW_RULES as POLICY
from tests.integration.corridor import DOMAIN, SENDER, GivenCases

WORDINGS = Wordings([shipped_folder("templates")])
WITHOUT_WARNING = replace(
    POLICY,
    book=replace(POLICY.book, rules=tuple(rule for rule in POLICY.book.rules if rule.name != WARNING)),
)
FIRST = datetime(2026, 2, 2, 8, tzinfo=UTC)
BETWEEN_LOOKS = timedelta(minutes=2)
_DELIVERED_AT = time(6)
COURSES = 6
AWAY = SourceUnavailableError("away", where="source.url", cure="wait")
RIGHT = timedelta(0)
_BEFORE_THE_TEXT: dict[str, Outcome] = {
    "later": Deferred("451 later", 451),
    "away": Deferred("the relay does not answer", whole_channel=True),
    "no login": Deferred("535 no login", 535, whole_channel=True),
    "no such mailbox": Failed("550 no such mailbox", 550),
}


class _Delivered(GivenCases):
    """The cases as another machine delivers them every morning: its clock is right."""

    def __init__(self, data: Snapshot, house: "House") -> None:
        super().__init__(data)
        self._house = house

    def read(self) -> Snapshot:
        """Return the cases, with the morning they are of."""
        data, now = super().read(), self._house.true.astimezone(COPENHAGEN)
        day = now.date() if now.time() >= _DELIVERED_AT else now.date() - ONE_DAY
        return replace(data, meta=replace(data.meta, data_pr=datetime.combine(day, _DELIVERED_AT)))


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
        self.source = _Delivered(self.whole, self)
        self.month.history.append((FIRST - timedelta(days=1), self.whole))
        self.desk = Desk(self)
        self.policy = POLICY
        self.moods: list[str] = []
        self.disk_full = self.looked = False
        self.retention: Retention | None = None
        self._dead = self._turned_away = False
        self._offered = 0
        self._runner = asyncio.Runner()

    @property
    def url(self) -> str:
        """Where the ledger is."""
        return f"sqlite:///{self.folder}/ledger.db"

    @property
    def true(self) -> datetime:
        """What time it is, whatever the machine's clock says."""
        return datetime.fromtimestamp(self.clock.elapsed(), UTC)

    @property
    def wrong_by(self) -> timedelta:
        """By how much the machine's clock is ahead."""
        return self.clock.now() - self.true

    # What happens to it

    def change(self) -> None:
        """Let one more thing happen to the cases."""
        self.source.data, words = change(self.source.data, self.whole, self.true.date(), self.chance)
        self.month.history.append((self.true, self.source.data))
        self.tell(words)

    def pass_time(self, step: timedelta) -> None:
        """Let time pass; nothing runs meanwhile."""
        self.clock.move_to(self.clock.now() + step)

    def set_clock(self, wrong_by: timedelta) -> None:
        """Let somebody set the machine's clock: wrong by so much, or right."""
        self.tell(f"the clock is set, wrong by {wrong_by}")
        self.clock.set_to(self.true + wrong_by)

    def switch(self) -> None:
        """Switch the rule of the warning off, or on again; a process that runs has to be told so."""
        self.policy = WITHOUT_WARNING if self.policy is POLICY else POLICY
        on = self.policy is POLICY
        self.month.rule_on.append((self.true, on))
        self.tell(f"the rule is switched {'on' if on else 'off'}")

    def tell(self, words: str) -> None:
        """Add to the story."""
        self.month.story.append(f"{self.true:%a %Y-%m-%d %H:%M:%S} {words}")

    # The process

    def run(self, *moods: str, runs: int = 1, leap: timedelta | None = None, reload: bool = False) -> None:
        """Let a process recover and look some times, over a relay and a disk in these moods.

        With a ``leap`` the clock is set after the first look, so that it is wrong by so much; with ``reload``
        the rule is switched before the last look, and the configuration read anew. At most three looks:
        then nothing that is away rests so long that a look is left out.
        """
        self.moods, self._dead = list(moods), False
        self.tell(f"run, {' '.join(moods) or 'all is well'}")
        with structlog.testing.capture_logs() as said:
            try:
                self._runner.run(self._process(runs, leap, reload=reload))
            except asyncio.CancelledError:
                self.month.kills.append(self.true)
                self.tell("killed")
                self.pass_time(timedelta(seconds=1))
            finally:
                self.moods.clear()
        self.month.leaps_said += [line["by_s"] for line in said if line["event"] == "clock_set"]
        self.month.outages_said += sum(line["event"] == "relay_away" for line in said)

    async def _process(self, runs: int, leap: timedelta | None, *, reload: bool) -> None:
        ledger = create_or_open(self.url, self.clock.now())
        engine: Any = ledger._engine
        event.listen(engine, "begin", self._begin)
        try:
            pipeline = self._pipeline(ledger)
            service = EmbeddedEngine(pipeline, self.clock, tick_seconds=60, on_state=self.tell)
            await pipeline.recover()
            away = False
            for number in range(runs):
                if number == 1 and leap is not None:
                    self.month.leaps.append(int((leap - self.wrong_by).total_seconds()))
                    self.set_clock(leap)
                elif number == runs - 1 and reload:
                    self.switch()
                    pipeline = self._pipeline(ledger)
                    await service.adopt(pipeline, tick_seconds=60)
                self._turned_away, self._offered = False, 0
                await service.tick()
                if self._dead:
                    raise asyncio.CancelledError
                self.month.outages += self._turned_away and not away
                away = self._turned_away or (away and not self._offered)
                self.looked = self.looked or service.report is not None
                self.pass_time(BETWEEN_LOOKS)
            await pipeline.close()
        finally:
            ledger.close()

    def _pipeline(self, ledger: Any) -> Pipeline:
        return Pipeline(
            source=self.source,
            ledger=_Held(ledger, self),  # type: ignore[arg-type]
            composer=Composer(WORDINGS, Mailbox(SENDER, "Påmindelser"), DOMAIN, ledger.secret),
            transport=self,
            policy=self.policy,
            sender=SENDER,
            domain=DOMAIN,
            clock=self.clock,
            limits=Limits(max_lost_percent=100),
            retention=self.retention,
            connections=2,
            rate_per_recipient=self.month.most_an_hour,
        )

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
        self._offered += 1
        offered = Arrival(
            self.true, Received(0, 0, envelope.sender, (envelope.recipient,), envelope.raw, True)
        )
        if self.month.poisoned and read(offered).sagsnr in self.month.poisoned:
            raise RecursionError
        if self._turned_away:
            self.month.pushed.append(self.true)
        if mood in _BEFORE_THE_TEXT:
            return self._answer_with(_BEFORE_THE_TEXT[mood], envelope)
        if mood == "killed before the text":
            await self._die()
        await before_data()
        if mood == "killed in the text":
            await self._die()
        if mood == "cut in the text":
            self.month.cuts.append(envelope.recipient)
            return Unknown("the line died in the text")
        if mood == "unwanted text":
            return self._answer_with(Failed("554 unwanted", 554), envelope)
        return await self._take(envelope, mood)

    def _answer_with(self, outcome: Outcome, envelope: Envelope) -> Outcome:
        self.tell(f"relay: {outcome}")
        if isinstance(outcome, Failed):
            refused = Received(0, 0, envelope.sender, (envelope.recipient,), envelope.raw, answered=True)
            self.month.refusals.append(Arrival(self.true, refused, self.wrong_by))
        self._turned_away = isinstance(outcome, Deferred) and outcome.whole_channel
        return outcome

    async def _take(self, envelope: Envelope, mood: str) -> Outcome:
        answered = mood not in ("cut after the dot", "killed after the dot")
        received = Received(0, 0, envelope.sender, (envelope.recipient,), envelope.raw, answered)
        self.month.arrivals.append(Arrival(self.true, received, self.wrong_by))
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
        self.set_clock(RIGHT)
        self.desk.end_pauses()
        self.desk.release()
        if self.policy is not POLICY:
            self.switch()
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
        with closing(sqlite3.connect(self.folder / "ledger.db")) as file:
            found = [*file.execute("PRAGMA integrity_check"), *file.execute("PRAGMA foreign_key_check")]
        self.month.integrity = "; ".join(str(row[0]) for row in found)
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
