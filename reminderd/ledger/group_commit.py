"""Group commit: what several senders want written at the same moment shares one commit.

A commit costs a flush of the disk; senders wait for it anyway, so whatever has gathered meanwhile
goes with the next one. A piece of work that fails takes nobody with it: the batch is undone and
each piece is tried alone; so a piece may run twice and changes nothing but the ledger. One thread
of its own keeps the event loop free while the disk works.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar, cast

T = TypeVar("T")
Tx = TypeVar("Tx")
Tx_co = TypeVar("Tx_co", covariant=True)


class Writable(Protocol[Tx_co]):
    """A ledger as far as group commit knows it; ``Tx_co`` is what its transactions can do."""

    def write_all(self, works: Sequence[Callable[[Tx_co], object]]) -> list[object]:
        """Run several pieces of work in one transaction and return their results."""
        ...


class GroupCommit(Generic[Tx]):
    """Writes on behalf of concurrent senders; ``await write(work)`` returns when it is durable."""

    def __init__(self, ledger: Writable[Tx]) -> None:
        self._ledger = ledger
        self._gathered: list[tuple[Callable[[Tx], object], asyncio.Future[object]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run ``work`` in a transaction, alone or in company, and return its result once committed."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[object] = loop.create_future()
        self._gathered.append((work, done))
        if self._writer is None or self._writer.done():
            self._writer = loop.create_task(self._write_gathered())
        # A sender that is cancelled has still been served: the writing itself must not be cut.
        return cast("T", await asyncio.shield(done))

    async def _write_gathered(self) -> None:
        loop = asyncio.get_running_loop()
        while self._gathered:
            pieces, self._gathered = self._gathered, []
            try:
                results = await loop.run_in_executor(
                    self._thread, self._ledger.write_all, [work for work, _ in pieces]
                )
            except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
                await self._write_alone(pieces, error)
            else:
                for (_, done), result in zip(pieces, results, strict=True):
                    done.set_result(result)

    async def _write_alone(
        self, pieces: list[tuple[Callable[[Tx], object], asyncio.Future[object]]], error: Exception
    ) -> None:
        if len(pieces) == 1:
            pieces[0][1].set_exception(error)
            return
        loop = asyncio.get_running_loop()
        for work, done in pieces:
            try:
                (result,) = await loop.run_in_executor(self._thread, self._ledger.write_all, [work])
            except Exception as alone:  # noqa: BLE001 - handed to whoever waits for it
                done.set_exception(alone)
            else:
                done.set_result(result)

    async def close(self) -> None:
        """Wait for what is being written and end the thread."""
        if self._writer is not None:
            await self._writer
        self._thread.shutdown(wait=True)
