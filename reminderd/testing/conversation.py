"""One client's conversation with the scripted relay: aiosmtpd's server, led astray at chosen steps.

aiosmtpd speaks the protocol and keeps the state; here stands only what it is told to do instead. All of
it runs on the relay's own event loop. It knows the relay by the few things that :class:`Desk` names.
"""

# ruff: noqa: D102, N802 -- the verbs and hooks are aiosmtpd's: it names and explains them

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, assert_never

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, TLSSetupException

from reminderd.testing.script import Act, Babble, Close, Drop, Received, Reply, Stall, Step, Turn

_CLOSING = 421
_TAKEN = 2
_LONGEST_LINE = 100_000
_OTHERS = ("RET=", "ENVID=", "REQUIRETLS", "NOTIFY=", "ORCPT=")


class Desk(Protocol):
    """What a conversation asks of its relay, and tells it."""

    username: str | None
    password: str | None
    offers: tuple[str, ...]

    def arrived(self, conversation: "Conversation") -> int:
        """Note a connection and return its number."""
        ...

    def left(self, conversation: "Conversation") -> None:
        """Note that a connection is gone."""
        ...

    def heard(self, verb: str) -> None:
        """Note a verb."""
        ...

    def next_transaction(self) -> int:
        """Return the number of a transaction that begins."""
        ...

    def act(self, turn: Turn) -> Act | None:
        """Return what to do at this step, if anything."""
        ...

    async def stalled(self) -> None:
        """Return when the relay is released."""
        ...

    def took(self, message: Received) -> None:
        """Keep a message."""
        ...

    def failed(self, error: Exception) -> None:
        """Keep a fault of the relay itself."""
        ...


class Conversation(SMTP):
    """aiosmtpd's SMTP with a script."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, desk: Desk, *, context: ssl.SSLContext | None, **keywords: Any) -> None:
        # An authenticator always, so that AUTH is spoken; who must use it is decided at MAIL.
        # aiosmtpd knows TLS by STARTTLS only, hence auth_require_tls=False: it would refuse on smtps.
        super().__init__(
            self,
            hostname="relay.example",
            ident="ESMTP",
            tls_context=context,
            authenticator=self._check_login,
            auth_require_tls=False,
            data_size_limit=None,
            **keywords,
        )
        self.desk = desk
        self._greeted = False
        self._said_mail = False
        self._connection = 0
        self._transaction = 0
        self._sender: str | None = None
        self._recipient: str | None = None
        self._mail_options: tuple[str, ...] = ()
        self._close_after_dot = False

    # The line

    def connection_made(self, transport: Any) -> None:
        if not self._connection:  # it is made a second time when TLS begins
            self._connection = self.desk.arrived(self)
            self._transaction = self.desk.next_transaction()
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.desk.left(self)
        super().connection_lost(error)

    @property
    def task(self) -> "asyncio.Task[None] | None":
        """The task that serves this line."""
        return self._handler_coroutine

    def hang_up(self) -> None:
        """Cut the line at once."""
        if isinstance(self.transport, asyncio.WriteTransport):
            # A line under TLS that both ends have closed has let go of its protocol (Python 3.11): it is cut.
            with contextlib.suppress(AttributeError):
                self.transport.abort()

    async def push(self, status: Any) -> None:
        """Send a reply; the greeting and the go-ahead have no verb's method, so they are met here."""
        if not self._greeted:
            self._greeted = True
            await self._step("connect", super().push, status)
            return
        await super().push(status)
        if isinstance(status, str) and status.startswith("354 "):
            await self._perform(self._act("go-ahead"))
            act = self._act("text")
            if act is not None:
                await self._reader.readuntil(b"\n")
                await self._perform(act)

    async def handle_exception(self, error: Exception) -> str:
        """Keep what went wrong in the relay itself; a client that walks out of a handshake did not."""
        if not isinstance(error, TLSSetupException):
            self.desk.failed(error)
        return "451 4.3.0 the relay has a fault"

    # The script

    def _act(self, step: Step) -> Act | None:
        turn = Turn(self._transaction, self._connection, step, self._sender, self._recipient)
        act = self.desk.act(turn)
        return act if act is not None and act.at == step else None

    async def _step(self, step: Step, proper: Callable[[Any], Awaitable[None]], argument: Any) -> None:
        act = self._act(step)
        if not await self._perform(act):
            await proper(argument)
        if isinstance(act, Close):
            await self._close()

    async def _perform(self, act: Act | None) -> bool:
        """Do what the script says; return whether that was the answer to the step."""
        match act:
            case Reply():
                await super().push(f"{act.code} {act.text}")
                if act.code == _CLOSING:
                    await self._close()
                return True
            case Drop():
                self.hang_up()
                await self._end()
            case Babble():
                await self._babble()
            case Stall():
                await self.desk.stalled()
            case Close() | None:
                pass
            case _:
                assert_never(act)
        return False

    async def _babble(self) -> None:
        while self.transport is not None and not self.transport.is_closing():
            self._writer.write(b"250-and another line\r\n" * 50)
            with contextlib.suppress(ConnectionError):
                await self._writer.drain()
            await asyncio.sleep(0)  # drain() returns at once while there is room, and others must run
        await self._end()

    async def _close(self) -> None:
        if self.transport is not None:
            self.transport.close()
        await self._end()

    async def _end(self) -> None:
        await self.loop.create_future()  # until connection_lost cancels this conversation

    # The verbs, which aiosmtpd finds by their names

    async def smtp_EHLO(self, hostname: str) -> None:
        self.desk.heard("EHLO")
        await self._step("EHLO", super().smtp_EHLO, hostname)

    async def handle_EHLO(
        self, _server: Any, session: Any, _envelope: Any, name: str, offers: list[str]
    ) -> list[str]:
        """Offer DSN, and AUTH only where there is somebody to log in."""
        session.host_name = name
        kept = [offer for offer in offers[:-1] if self.desk.username or not offer.startswith("250-AUTH")]
        return [*kept, "250-DSN", *(f"250-{offer}" for offer in self.desk.offers), offers[-1]]

    async def smtp_STARTTLS(self, arg: str) -> None:
        self.desk.heard("STARTTLS")
        await self._step("STARTTLS", super().smtp_STARTTLS, arg)

    async def smtp_AUTH(self, arg: str) -> None:
        self.desk.heard("AUTH")
        await self._step("AUTH", super().smtp_AUTH, arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        self.desk.heard("MAIL")
        if self._said_mail:
            self._transaction = self.desk.next_transaction()
        self._said_mail = True
        self._recipient = None
        words = (arg or "").split()
        self._mail_options = tuple(words[1:])
        self._sender = words[0].partition(":")[2].strip("<>") if words else None
        await self._step("MAIL", self._mail, _without_others(words))

    async def _mail(self, arg: str) -> None:
        if self.desk.username is not None and not (self.session and self.session.authenticated):
            await super().push("530 5.7.0 Authentication required")
            return
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        self.desk.heard("RCPT")
        words = (arg or "").split()
        self._recipient = words[0].partition(":")[2].strip("<>") if words else None
        await self._step("RCPT", super().smtp_RCPT, _without_others(words))

    async def smtp_DATA(self, arg: str) -> None:
        self.desk.heard("DATA")
        await self._step("DATA", super().smtp_DATA, arg)
        if self._close_after_dot:
            await self._close()

    async def smtp_NOOP(self, arg: str) -> None:
        self.desk.heard("NOOP")
        await self._step("NOOP", super().smtp_NOOP, arg)

    async def smtp_RSET(self, arg: str) -> None:
        self.desk.heard("RSET")
        await super().smtp_RSET(arg)

    async def smtp_QUIT(self, arg: str) -> None:
        self.desk.heard("QUIT")
        await super().smtp_QUIT(arg)

    # The message

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Take the message, or do at the dot what the script says."""
        act = self._act("dot")
        self._close_after_dot = isinstance(act, Close)
        if not isinstance(act, Reply):
            self._take(envelope, answered=act is None or self._close_after_dot)
            await self._perform(act)
            return "250 2.0.0 OK"
        if act.code // 100 == _TAKEN:
            self._take(envelope, answered=True)
        if act.code == _CLOSING:
            await self._perform(act)
        return f"{act.code} {act.text}"

    def _take(self, envelope: Any, *, answered: bool) -> None:
        secured = self.transport.get_extra_info("ssl_object") if self.transport is not None else None
        self.desk.took(
            Received(
                connection=self._connection,
                transaction=self._transaction,
                mail_from=envelope.mail_from,
                rcpt_to=tuple(envelope.rcpt_tos),
                raw=bytes(envelope.original_content),
                answered=answered,
                tls=None if secured is None else secured.version(),
                mail_options=self._mail_options,
            )
        )

    def _check_login(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        right = (
            isinstance(data, LoginPassword)
            and self.desk.username is not None
            and data.login == self.desk.username.encode()
            and data.password == (self.desk.password or "").encode()
        )
        return AuthResult(success=right, handled=False)


def _without_others(words: Sequence[str]) -> str:
    """Leave out what aiosmtpd would refuse because it does not know it: DSN's parameters, and REQUIRETLS."""
    return " ".join(word for word in words if not word.upper().startswith(_OTHERS))
