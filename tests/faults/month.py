"""One invented month of a small house, told by a seed: cases change, the relay fails, the process is killed.

The program is the real one above the ledger's file and the socket. What came out of it stands in a
:class:`Month`: what the relay took and when, and what the case source held and when. The verdict
(``verdict.py``) is given from these two alone.
"""

import asyncio
import hashlib
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from reminderd.compose.composer import Composer
from reminderd.compose.invite import Mailbox
from reminderd.compose.wording import Wordings
from reminderd.config.shipped import shipped_folder
from reminderd.delivery.open import open_transport
from reminderd.domain.cases import Snapshot
from reminderd.domain.silences import SilenceKind
from reminderd.domain.workdays import at
from reminderd.engine.embedded import EmbeddedEngine
from reminderd.errors import SourceUnavailableError
from reminderd.pipeline import Pipeline
from reminderd.testing.conversation import Conversation
from reminderd.testing.memory_ledger import MemoryLedger
from reminderd.testing.script import Act, Drop, Received, Reply, Stall, Step, Turn
from tests.faults.changes import COURSES, change, first_cases
from tests.faults.virtual_loop import VirtualLoop
from tests.integration.corridor import _FEW_RULES as POLICY
from tests.integration.corridor import DOMAIN, SENDER

DAYS = 30
SETTLING_DAYS = 7
"""After the month everything works, so that what is owed can be told."""

_WORDINGS = Wordings([shipped_folder("templates")])
_FRIDAY = 4
_COMMANDS: tuple[Step, ...] = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "text", "dot")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that the relay took, and when; its ``answered`` tells whether it said so.

    ``wrong_by`` is by how much the clock of the service's machine was ahead then.
    """

    moment: datetime
    message: Received
    wrong_by: timedelta = timedelta(0)


@dataclass
class Pause:
    """What an operator silences: begun in true time; its last day and its end are the machine's."""

    kind: SilenceKind
    target: str
    until: date
    begun: datetime
    ended: datetime | None = None


@dataclass
class Held:
    """What an operator holds, by the key that the service named to her."""

    key: str
    begun: datetime
    ended: datetime | None = None


@dataclass
class Month:
    """What happened: the relay's log, the case source's history, and the story in words."""

    seed: int
    first: datetime
    days: int = DAYS + SETTLING_DAYS
    arrivals: list[Arrival] = field(default_factory=list)
    history: list[tuple[datetime, Snapshot]] = field(default_factory=list)
    kills: list[datetime] = field(default_factory=list)
    cuts: list[str] = field(default_factory=list)
    """The mailbox of each message whose line died between DATA and the relay's answer."""
    lines: list[datetime] = field(default_factory=list)
    refusals: list[Arrival] = field(default_factory=list)
    """What the relay refused for good: the recipient, or the message."""
    pushed: list[datetime] = field(default_factory=list)
    """When another message was offered in a look in which the relay had turned the whole channel away."""
    outages: int = 0
    """How often a process found the whole channel turned away that had been open, or not tried."""
    outages_said: int = 0
    """The same, as the service's log has it."""
    requeued: list[tuple[datetime, str]] = field(default_factory=list)
    """When a person had everything of a case offered again that was refused or in doubt."""
    pauses: list[Pause] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    rule_on: list[tuple[datetime, bool]] = field(default_factory=list)
    """When the rule of the warning was switched on or off; it is on at first."""
    most_a_minute: int = 0
    most_an_hour: int = 0
    """So many messages at most, to everybody and to one mailbox; 0 is any number."""
    poisoned: set[str] = field(default_factory=set)
    """The cases whose mails raise an error whenever they are handed over."""
    integrity: str = "ok"
    """What SQLite says of the ledger's file at the end."""
    leaps: list[int] = field(default_factory=list)
    """By how many seconds the clock was set while a process was looking, each time."""
    leaps_said: list[int] = field(default_factory=list)
    """The same, as the service's log has it."""
    story: list[str] = field(default_factory=list)
    open_at_end: list[tuple[str, str]] = field(default_factory=list)
    """What has not settled: (key, state)."""

    @property
    def end(self) -> datetime:
        """Return the instant at which everything must have settled."""
        return self.first + timedelta(days=self.days)

    def fingerprint(self) -> str:
        """Return a digest of the whole story and of every byte that arrived."""
        digest = hashlib.sha256("\n".join(self.story).encode())
        for arrival in self.arrivals:
            digest.update(arrival.message.raw)
        return digest.hexdigest()


def live_through(seed: int) -> Month:
    """Return the month that this seed tells."""
    return Life(seed).run()


class _Held:
    """The ledger as one process holds it: gone for ever once that process is dead."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self.dead = False

    def __getattr__(self, name: str) -> Any:
        if self.dead:
            raise ConnectionError("the process is dead")
        return getattr(self._ledger, name)


class Life:
    """The world around the process; it is clock, case source and relay at once."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a story, no secret
        first = at(date(2026, 1, 1) + timedelta(days=self.chance.randrange(700)), time(6))
        self.month = Month(seed, first.astimezone(UTC))
        self.loop = VirtualLoop(random.Random(f"{seed}'s machine"), self._dial)  # noqa: S311
        self.ledger = MemoryLedger()
        self.data = self.whole = first_cases(self.month.first.date(), self.chance)
        self.month.history.append((self.month.first, self.data))
        self.source_away = self.relay_away = False
        self.faulty = self.chance.choice([0.0, 0.02, 0.1, 0.4])
        self.deadly = self.chance.choice([0.0, 0.05, 0.3])
        self.acts = self.chance.sample(_COMMANDS, self.chance.randrange(1, len(_COMMANDS)))
        self.calm = False
        self.rate_per_minute = random.Random(f"{seed}'s pace").choice([0, 1, 4])  # noqa: S311
        self.restless = random.Random(f"{seed}'s haste").choice([0.0, 0.25])  # noqa: S311
        self.run_takes = 1 + 60 * COURSES / self.rate_per_minute if self.rate_per_minute else 1
        self.transactions = 0

    # The clock and the case source, as the process asks for them

    def now(self) -> datetime:
        return self.month.first + timedelta(seconds=self.loop.time())

    def elapsed(self) -> float:
        return self.loop.time()

    def read(self) -> Snapshot:
        if self.source_away:
            raise SourceUnavailableError("away", where="source.url", cure="wait")
        return self.data

    # The relay, as a conversation asks it

    username = password = None
    offers: tuple[str, ...] = ()

    def arrived(self, _conversation: Conversation) -> int:
        self.month.lines.append(self.now())
        return len(self.month.lines)

    def left(self, _conversation: Conversation) -> None: ...

    def heard(self, _verb: str) -> None: ...

    def next_transaction(self) -> int:
        self.transactions += 1
        return self.transactions

    def act(self, turn: Turn) -> Act | None:
        if self.calm or turn.step not in self.acts or self.chance.random() >= self.faulty:
            return None
        acts: list[Act] = [Drop(turn.step), Stall(turn.step)]
        if turn.step != "text":
            acts += [Reply(turn.step, 421), Reply(turn.step, 451)]
        act = self.chance.choice(acts)
        self.tell(f"relay: {act}")
        if turn.step in ("text", "dot") and isinstance(act, Drop | Stall) and turn.recipient is not None:
            self.month.cuts.append(turn.recipient)
        return act

    async def stalled(self) -> None:
        await self.loop.create_future()  # until whoever waits for an answer hangs up

    def took(self, message: Received) -> None:
        self.tell(f"relay took {message.rcpt_to[0]}, answered={message.answered}")
        self.month.arrivals.append(Arrival(self.now(), message))

    def failed(self, error: Exception) -> None:
        raise AssertionError("the relay failed in itself") from error

    def _dial(self) -> asyncio.Protocol:
        if self.relay_away:
            raise ConnectionRefusedError("nobody listens")
        return Conversation(self, context=None, loop=self.loop)

    # The story

    def tell(self, words: str) -> None:
        self.month.story.append(f"{self.now():%a %Y-%m-%d %H:%M:%S.%f} {words}")

    def run(self) -> Month:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self._month())
        finally:
            left = asyncio.all_tasks(self.loop)
            for task in left:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self.loop.close()
            asyncio.set_event_loop(None)
        return self.month

    async def _month(self) -> None:
        self.month.most_a_minute = self.rate_per_minute
        world = [asyncio.ensure_future(task) for task in (self._changes(), self._outages())]
        await self._processes()
        for task in world:
            await task
        self.month.open_at_end = [
            (entry.key, entry.state)
            for entry in self.ledger.reading().find("")
            if entry.state not in ("sent", "lapsed", "withdrawn", "failed")
        ]

    async def _processes(self) -> None:
        """One process after the other, until the month and its settling are over."""
        while self.now() < self.month.end:
            held = _Held(self.ledger)
            life = asyncio.ensure_future(self._process(held))
            try:
                await life
            except asyncio.CancelledError:
                self.tell("killed")
                self.month.kills.append(self.now())
                await asyncio.sleep(min(self._stormy, self.chance.choice([1.0, 30.0, 3600.0, 3 * 86_400.0])))

    async def _process(self, held: _Held) -> None:
        pipeline = self._pipeline(held)
        engine = EmbeddedEngine(pipeline, self, tick_seconds=60, on_state=lambda _: None)
        await pipeline.recover()
        while self.now() < self.month.end:
            if not self.calm and self.chance.random() < self.deadly:
                self.loop.call_later(self.chance.uniform(0, 1.2), self._kill, held, asyncio.current_task())
            if not self.calm and self.chance.random() < self.restless:
                for _ in range(COURSES):  # cases change while mail goes out, too
                    self.loop.call_later(self.chance.uniform(0, self.run_takes), self._change)
            await engine.tick()
            await asyncio.sleep(self._rest())
        await pipeline.close()

    def _pipeline(self, held: _Held) -> Pipeline:
        return Pipeline(
            source=self,
            ledger=held,  # type: ignore[arg-type]
            composer=Composer(_WORDINGS, Mailbox(SENDER, "Påmindelser"), DOMAIN, self.ledger.secret),
            transport=open_transport("smtp://127.0.0.1:25", tls="none", timeout=10),
            policy=POLICY,
            sender=SENDER,
            domain=DOMAIN,
            clock=self,
            connections=2,
            mails_per_line=2,
            rate_per_minute=self.rate_per_minute,
        )

    def _kill(self, held: _Held, life: "asyncio.Task[None]") -> None:
        held.dead = True
        life.cancel()

    def _rest(self) -> float:
        """Say how long it is until the next look: often in working hours, seldom else."""
        now = self.now()
        if now.weekday() > _FRIDAY or not 5 <= now.hour < 14:
            return self.chance.uniform(8, 14) * 3600
        return self.chance.uniform(1200, 30_000)

    @property
    def _stormy(self) -> float:
        """Return for how many seconds more anything may go wrong."""
        return max(0.0, DAYS * 86_400 - self.loop.time())

    async def _outages(self) -> None:
        """Case source and relay come and go; then everything works."""
        while self._stormy:
            await asyncio.sleep(min(self._stormy, self.chance.uniform(0, 6 * 86_400)))
            which = self.chance.choice(["source_away", "relay_away"])
            self.tell(which)
            setattr(self, which, True)
            await asyncio.sleep(min(self._stormy, self.chance.choice([60.0, 3600.0, 86_400.0, 2.5 * 86_400])))
            setattr(self, which, False)
            self.tell(f"{which} no more")
        self.calm = True
        self.tell("all is well from here on")

    async def _changes(self) -> None:
        while self._stormy:
            await asyncio.sleep(min(self._stormy, self.chance.uniform(0, 3 * 86_400)))
            self._change()

    def _change(self) -> None:
        self.data, words = change(self.data, self.whole, self.now().date(), self.chance)
        self.month.history.append((self.now(), self.data))
        self.tell(words)
