"""The service looks again and again: what is away is said once, and no look outlives the service."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from reminderd.clock import FixedClock
from reminderd.engine.mailbox_watch import MailboxWatch
from reminderd.inbox.mailbox import Access, Mailbox, open_mailbox
from reminderd.intake import Intake, Looked
from reminderd.ledger import create_or_open
from tests import inbox_mails as mails
from tests.integration.inbox.conftest import Box

NOW = datetime(2026, 5, 11, 8, tzinfo=UTC)


class Stand:
    """A watch over a real mailbox that a test can take away and hold up."""

    def __init__(self, box: Box, folder: Path) -> None:
        self.access: Access = box.access()
        self.clock = FixedClock(NOW)
        self.every: float | None = 0.01
        self.looks, self.rounds = threading.Semaphore(0), threading.Semaphore(0)
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()
        self.bug: Exception | None = None
        self._ledger = f"sqlite:///{folder}/ledger.db"
        self.watch = MailboxWatch(self._wire, self._rhythm, self.clock)

    def _rhythm(self) -> float | None:
        self.rounds.release()
        return self.every

    @contextmanager
    def _wire(self) -> Iterator[Intake]:
        ledger = create_or_open(self._ledger, NOW)
        try:
            yield Intake(open_mailbox=self._open, ledger=ledger, clock=self.clock, most=10)
        finally:
            ledger.close()
            self.looks.release()

    @contextmanager
    def _open(self) -> Iterator[Mailbox]:
        with open_mailbox(self.access) as mailbox:
            self.reached.set()
            assert self.go_on.wait(30)
            if self.bug is not None:
                raise self.bug
            yield mailbox

    async def looked(self, times: int = 1) -> None:
        for _ in range(times):
            assert await asyncio.to_thread(self.looks.acquire, timeout=30)


@pytest.fixture
def stand(box: Box, tmp_path: Path) -> Stand:
    return Stand(box, tmp_path)


async def serving(stand: Stand) -> "asyncio.Task[None]":
    return asyncio.create_task(stand.watch.serve())


async def ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_it_looks_again_and_again(stand: Stand, box: Box) -> None:
    box.deliver(mails.vacation())
    task = await serving(stand)
    await stand.looked(3)
    await ended(task)
    assert [{"\\Seen"}] == box.flags()


async def test_a_mailbox_that_is_away_is_said_once_and_rests_before_it_is_tried_again(
    stand: Stand, box: Box
) -> None:
    good, stand.access = stand.access, box.access(password="forkert")  # noqa: S106
    with structlog.testing.capture_logs() as said:
        assert await stand.watch.look() is None
        assert "login was refused" in (stand.watch.trouble or "")
        stand.clock.move_to(NOW + timedelta(minutes=2))
        assert await stand.watch.look() is None
        stand.access = good
        looked = await stand.watch.look()
    assert isinstance(looked, Looked)
    assert stand.watch.trouble is None
    assert ["mailbox_away", "mailbox_back"] == [line["event"] for line in said]


async def test_while_it_rests_nobody_knocks(stand: Stand, box: Box) -> None:
    stand.access = box.access(port=9)
    task = await serving(stand)
    await stand.looked()
    for _ in range(20):  # rounds of the watch itself
        assert await asyncio.to_thread(stand.rounds.acquire, timeout=30)
    assert not stand.looks.acquire(blocking=False)
    await ended(task)


async def test_a_mailbox_that_is_off_is_not_looked_into(stand: Stand) -> None:
    stand.every = None
    task = await serving(stand)
    await asyncio.sleep(0)
    assert not stand.looks.acquire(blocking=False)
    await ended(task)


async def test_the_end_of_the_service_waits_for_no_look_and_the_next_one_goes_on(
    stand: Stand, box: Box
) -> None:
    box.deliver(mails.vacation(), mails.vacation())
    stand.go_on.clear()
    task = await serving(stand)
    assert await asyncio.to_thread(stand.reached.wait, 30)
    await ended(task)
    stand.go_on.set()
    await stand.looked()
    assert [set(), set()] == box.flags()
    looked = await stand.watch.look()
    assert looked is not None
    assert {"ignored": 2} == looked.counts


async def test_a_bug_ends_neither_the_watch_nor_the_process(stand: Stand) -> None:
    stand.bug = ZeroDivisionError()
    with structlog.testing.capture_logs() as said:
        assert await stand.watch.look() is None
    assert ["mailbox_look_failed"] == [line["event"] for line in said]
    stand.bug = None
    assert isinstance(await stand.watch.look(), Looked)
