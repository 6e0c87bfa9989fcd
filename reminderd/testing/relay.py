"""A real SMTP server on the loopback that misbehaves on command.

It runs in a thread of its own with its own event loop, so that synchronous and asynchronous callers use
it alike; everything public here may be called from any thread. It accepts mail for anybody and keeps it
in memory: never let it listen anywhere else.
"""

import asyncio
import logging
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from reminderd.testing.conversation import Conversation
from reminderd.testing.script import Act, Babble, Close, Drop, Received, Reply, Script, Stall, Turn

__all__ = ["Act", "Babble", "Close", "Drop", "Received", "Reply", "ScriptedRelay", "Stall", "Turn"]

Tls = Literal["none", "starttls", "implicit"]

_PATIENCE_SECONDS = 10.0

# aiosmtpd tells this logger every address and line of text; that is nobody's business but the test's
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class ScriptedRelay:
    """A relay for one test or one demonstration; a context manager.

    ``script`` is a sequence with one entry a transaction (None, or nothing left, is proper service),
    or a callable that is asked at every step and in the relay's thread; if it raises, the line is cut
    and leaving the context raises it. ``tls`` other than "none"
    needs a server-side ``context``. With ``username`` and ``password`` nothing is taken without a
    login. ``offers`` are further extensions to name. ``on_message`` is called
    in the relay's thread with each message that is taken.
    """

    def __init__(
        self,
        script: Script = (),
        *,
        tls: Tls = "none",
        context: ssl.SSLContext | None = None,
        username: str | None = None,
        password: str | None = None,
        offers: tuple[str, ...] = (),
        on_message: Callable[[Received], None] | None = None,
    ) -> None:
        if (tls == "none") != (context is None):
            raise ValueError("a context goes with tls='starttls' or 'implicit', and they with a context")
        self.username = username
        self.password = password
        self.offers = offers
        self.host = "127.0.0.1"
        self.port = 0
        self._script = script
        self._tls = tls
        self._context = context
        self._on_message = on_message
        self._changed = threading.Condition()
        self._messages: list[Received] = []
        self._verbs: list[str] = []
        self._faults: list[Exception] = []
        self._connections = 0
        self._transactions = 0
        self._stalls = 0
        self._open: set[Conversation] = set()
        self._loop = asyncio.new_event_loop()
        self._released = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._run, name="scripted-relay", daemon=True)

    # For whoever uses it

    @property
    def url(self) -> str:
        """``relay.url`` as configured for this relay; its name is ``localhost``."""
        return f"{'smtps' if self._tls == 'implicit' else 'smtp'}://localhost:{self.port}"

    @property
    def messages(self) -> tuple[Received, ...]:
        """The messages taken so far, in order of arrival."""
        with self._changed:
            return tuple(self._messages)

    @property
    def verbs(self) -> tuple[str, ...]:
        """Every verb heard so far, over all connections."""
        with self._changed:
            return tuple(self._verbs)

    @property
    def connections(self) -> int:
        """How many connections have been made."""
        with self._changed:
            return self._connections

    def wait_for_messages(self, count: int, *, seconds: float = _PATIENCE_SECONDS) -> bool:
        """Return whether that many messages have been taken, after at most ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._messages) >= count, seconds)

    def wait_for_stall(self, count: int = 1, *, seconds: float = _PATIENCE_SECONDS) -> bool:
        """Return whether that many stalls have been reached, after at most ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: self._stalls >= count, seconds)

    def release(self) -> None:
        """Let every stalled conversation go on, and every later stall pass."""
        self._loop.call_soon_threadsafe(self._released.set)

    def close_lines(self) -> None:
        """Close every connection from this side, and return when they are gone."""
        asyncio.run_coroutine_threadsafe(self._close_lines(), self._loop).result(_PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(_PATIENCE_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(_PATIENCE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if error is None and self._faults:
            raise ExceptionGroup("the scripted relay failed in itself", self._faults)

    # For its conversations, in its own thread

    def arrived(self, conversation: Conversation) -> int:
        """Note a connection and return its number."""
        self._open.add(conversation)
        with self._changed:
            self._connections += 1
            return self._connections

    def left(self, conversation: Conversation) -> None:
        """Note that a connection is gone."""
        self._open.discard(conversation)

    def heard(self, verb: str) -> None:
        """Note a verb."""
        with self._changed:
            self._verbs.append(verb)

    def next_transaction(self) -> int:
        """Return the number of a transaction that begins."""
        self._transactions += 1
        return self._transactions

    def act(self, turn: Turn) -> Act | None:
        """Return what the script says at this step of this transaction."""
        if callable(self._script):
            try:
                return self._script(turn)
            except Exception as exc:  # noqa: BLE001 a caller's code: kept, and raised on leaving
                self.failed(exc)
                return Drop(turn.step)
        position = turn.transaction - 1
        return self._script[position] if position < len(self._script) else None

    async def stalled(self) -> None:
        """Tell who waits for the stall, and return once released."""
        with self._changed:
            self._stalls += 1
            self._changed.notify_all()
        await self._released.wait()

    def took(self, message: Received) -> None:
        """Keep a message."""
        with self._changed:
            self._messages.append(message)
            self._changed.notify_all()
        if self._on_message is not None:
            self._on_message(message)

    def failed(self, error: Exception) -> None:
        """Keep a fault of the relay itself; leaving the context raises it."""
        self._faults.append(error)

    # The thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _listen(self) -> None:
        starttls = self._context if self._tls == "starttls" else None
        self._server = await self._loop.create_server(
            lambda: Conversation(self, context=starttls, loop=self._loop),
            self.host,
            0,
            ssl=self._context if self._tls == "implicit" else None,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close_lines(self) -> None:
        tasks = [conversation.task for conversation in self._open]
        for conversation in tuple(self._open):
            conversation.hang_up()
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._close_lines()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await self._loop.shutdown_asyncgens()
