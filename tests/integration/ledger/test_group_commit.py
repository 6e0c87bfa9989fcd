"""What senders write at the same moment shares a commit, and nobody pays for a neighbour's mistake."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import event

from reminderd.domain.lifecycle import Event, State
from reminderd.ledger import GroupCommit, StaleEntryError
from tests.integration.ledger.books import NOW, TODAY, Books, a_notice, wanted

PATIENCE = 10.0


@pytest.fixture
async def writer(books: Books) -> AsyncIterator[GroupCommit[Any]]:
    writer = GroupCommit(books.ledger)
    yield writer
    await writer.close()


class Busy:
    """A piece of work that keeps the writer's thread until it is released."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._released = threading.Event()

    def __call__(self, tx: Any) -> str:
        self._loop.call_soon_threadsafe(self.begun.set)
        assert self._released.wait(PATIENCE)
        tx.note_rules(["busy"], TODAY)
        return "done"

    def release(self) -> None:
        self._released.set()


def recording(number: int) -> Callable[[Any], int]:
    def work(tx: Any) -> int:
        tx.record([wanted(a_notice(number))], NOW)
        return number

    return work


def fails(_tx: Any) -> None:
    raise KeyError("a mistake")


async def test_a_write_returns_its_result_once_it_can_be_read(books: Books, writer: GroupCommit[Any]) -> None:
    assert 1 == await writer.write(recording(1))
    assert State.QUEUED is books.state(a_notice(1))


async def test_each_waiter_gets_the_result_of_its_own_work(writer: GroupCommit[Any]) -> None:
    results = await asyncio.gather(*(writer.write(recording(number)) for number in range(1, 31)))
    assert list(range(1, 31)) == results


async def test_what_gathers_during_a_commit_goes_with_the_next_one(sqlite_books: Books) -> None:
    commits: list[object] = []
    event.listen(sqlite_books.ledger._engine, "commit", commits.append)
    writer = GroupCommit(sqlite_books.ledger)
    busy = Busy()
    first = asyncio.create_task(writer.write(busy))
    await busy.begun.wait()
    others = asyncio.gather(*(writer.write(recording(number)) for number in range(1, 31)))
    busy.release()
    await asyncio.gather(first, others)
    await writer.close()
    assert 2 == len(commits)
    assert [("review-plan", "queued", 30)] == sqlite_books.reading.counts()


async def test_a_piece_that_fails_harms_no_other(books: Books, writer: GroupCommit[Any]) -> None:
    (entry_id,) = books.record(a_notice(9))

    def stale(tx: Any) -> None:
        tx.apply([(entry_id, State.DEFERRED)], Event.HOLD, "by hand", NOW)

    works = [recording(1), fails, recording(2), stale, recording(3)]
    results = await asyncio.gather(*(writer.write(work) for work in works), return_exceptions=True)
    assert [1, KeyError, 2, StaleEntryError, 3] == [
        type(result) if isinstance(result, Exception) else result for result in results
    ]
    assert [("review-plan", "queued", 4)] == books.reading.counts()


async def test_a_piece_that_fails_leaves_nothing_of_its_own(books: Books, writer: GroupCommit[Any]) -> None:
    def half(tx: Any) -> None:
        tx.record([wanted(a_notice(1))], NOW)
        fails(tx)

    with pytest.raises(KeyError, match="a mistake"):
        await writer.write(half)
    assert [] == books.reading.counts()


async def test_writing_goes_on_after_a_failure(books: Books, writer: GroupCommit[Any]) -> None:
    with pytest.raises(KeyError):
        await writer.write(fails)
    await writer.write(recording(1))
    assert State.QUEUED is books.state(a_notice(1))


async def test_a_waiter_that_is_cancelled_is_served_nevertheless(
    books: Books, writer: GroupCommit[Any]
) -> None:
    busy = Busy()
    task = asyncio.create_task(writer.write(busy))
    await busy.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    busy.release()
    await writer.close()
    assert {"busy": TODAY} == books.ledger.knowledge(TODAY).since


async def test_a_cancelled_waiter_takes_nobody_with_it(books: Books, writer: GroupCommit[Any]) -> None:
    busy = Busy()
    first = asyncio.create_task(writer.write(busy))
    await busy.begun.wait()
    cancelled, kept = (asyncio.create_task(writer.write(recording(number))) for number in (1, 2))
    await asyncio.sleep(0)  # both have handed in their work
    cancelled.cancel()
    busy.release()
    assert ["done", 2] == await asyncio.gather(first, kept)
    assert [State.QUEUED, State.QUEUED] == [books.state(a_notice(number)) for number in (1, 2)]


async def test_closing_waits_for_what_is_being_written(books: Books) -> None:
    writer = GroupCommit(books.ledger)
    tasks = [asyncio.create_task(writer.write(recording(number))) for number in (1, 2)]
    await asyncio.sleep(0)
    await writer.close()
    assert [("review-plan", "queued", 2)] == books.reading.counts()
    assert [1, 2] == await asyncio.gather(*tasks)


async def test_closing_without_ever_writing_is_fine(books: Books) -> None:
    await GroupCommit(books.ledger).close()


async def test_writing_after_closing_is_refused_and_not_awaited_for_ever(books: Books) -> None:
    writer = GroupCommit(books.ledger)
    await writer.close()
    with pytest.raises(RuntimeError):
        await writer.write(recording(1))
    assert [] == books.reading.counts()
