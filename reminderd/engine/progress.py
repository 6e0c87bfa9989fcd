"""Takes down that the work moves, at the two doors where it can hang: the case source and the relay.

The doors are wrapped, so the corridor knows nothing of it. What the readings mean is judged by
``domain/liveness``. Readings happen in other threads too; each is one step under a lock.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

import structlog

from reminderd.delivery.transport import BeforeData, Envelope, Session, Transport
from reminderd.domain.cases import Snapshot
from reminderd.domain.liveness import READING_LIMIT_S, Pulse, Waiting, stalled
from reminderd.domain.outcomes import Outcome, Protection
from reminderd.pipeline.needs import CaseSource

log = structlog.get_logger("reminderd.engine")


class Progress:
    """What the service did last; ``on_reading`` is called when a reading of the cases has ended.

    ``on_reading`` may be called from any thread and is told whether the reading was good.
    """

    def __init__(
        self,
        *,
        every: float = 60.0,
        on_reading: Callable[[bool], object] = lambda _good: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.every = every
        self._on_reading = on_reading
        self._now = monotonic
        self._lock = threading.Lock()
        self._waiting: dict[int, Waiting] = {}
        self._beat = monotonic()
        self._moved: float | None = None
        self._read_at: float | None = None
        self._ended: str | None = None
        self.certificate_ends: datetime | None = None

    @property
    def stalled(self) -> str | None:
        """Return what no longer moves, in words, or None."""
        if self._ended is not None:
            return f"{self._ended} has ended, which should go on for as long as the service"
        with self._lock:
            pulse = Pulse(self._beat, self.every, self._moved, tuple(self._waiting.values()))
        return stalled(pulse, self._now())

    @property
    def since_reading(self) -> float | None:
        """Return the seconds since the case source was last read well; None before the first time."""
        with self._lock:
            return None if self._read_at is None else self._now() - self._read_at

    def guard(self, task: asyncio.Task[Any]) -> None:
        """Let the service count as stalled if a task dies that is to go on until somebody cancels it."""
        task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[Any]) -> None:
        if task.cancelled():
            return
        self._ended = task.get_name()
        try:
            task.result()
        except Exception:
            log.exception("task_died", reason=self._ended)

    def beat(self) -> None:
        """Note that the metronome came by."""
        with self._lock:
            self._beat = self._now()

    @contextmanager
    def run(self) -> Iterator[None]:
        """Note that a run is in hand until the block is left."""
        with self._lock:
            self._moved = self._now()
        try:
            yield
        finally:
            with self._lock:
                self._moved = None
                self._beat = self._now()

    @contextmanager
    def waiting(self, what: str, limit: float) -> Iterator[None]:
        """Note that something outside is waited for until the block is left."""
        ticket = object()
        with self._lock:
            self._waiting[id(ticket)] = Waiting(what, self._now(), limit)
        try:
            yield
        finally:
            with self._lock:
                del self._waiting[id(ticket)]
                if self._moved is not None:
                    self._moved = self._now()

    def reading(self, source: CaseSource) -> CaseSource:
        """Return the case source with its readings noted."""
        return _NotedSource(source, self)

    def sending(self, transport: Transport, limit: float) -> Transport:
        """Return the way out with its messages noted; one may take ``limit`` seconds."""
        return _NotedTransport(transport, self, limit)

    def certificate(self, ends: datetime | None) -> None:
        """Note until when the relay's certificate holds."""
        self.certificate_ends = ends

    def read(self, *, good: bool) -> None:
        """Note the end of a reading."""
        if good:
            with self._lock:
                self._read_at = self._now()
        self._on_reading(good)


class _NotedSource:
    def __init__(self, source: CaseSource, progress: Progress) -> None:
        self._source = source
        self._progress = progress

    def read(self) -> Snapshot:
        good = False
        try:
            with self._progress.waiting("reading the case source", READING_LIMIT_S):
                snapshot = self._source.read()
            good = True
        finally:
            self._progress.read(good=good)
        return snapshot


class _NotedTransport:
    def __init__(self, transport: Transport, progress: Progress, limit: float) -> None:
        self._transport = transport
        self._progress = progress
        self._limit = limit

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        async with self._transport.session() as session:
            yield _NotedSession(session, self._progress, self._limit)

    async def probe(self) -> Protection | None:
        return await self._transport.probe()


class _NotedSession:
    def __init__(self, session: Session, progress: Progress, limit: float) -> None:
        self._session = session
        self._progress = progress
        self._limit = limit

    @property
    def protection(self) -> Protection | None:
        return self._session.protection

    async def send(self, envelope: Envelope, before_data: BeforeData) -> Outcome:
        with self._progress.waiting("handing a message to the relay", self._limit):
            return await self._session.send(envelope, before_data)
