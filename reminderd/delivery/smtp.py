"""SMTP, driven step by step, so that every outcome knows its side of the final dot.

What a refusal speaks of, ``replies`` knows. Before the message's first byte everything that goes wrong is
Deferred or Failed with certainty; after it only a reply is a fact, and its absence is Unknown.
It does not retry, wait or remember: that is decided above.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NoReturn

import aiosmtplib

from reminderd.delivery.channel import Channel, ChannelError, Relay, open_channel
from reminderd.delivery.redaction import redact
from reminderd.delivery.replies import about
from reminderd.delivery.transport import BeforeData, Envelope, Session
from reminderd.delivery.wire import envid, is_plain_address, message_text, needs_8bit
from reminderd.domain.outcomes import Deferred, Failed, Outcome, Protection, Refused, Sent, Unknown
from reminderd.errors import RelayUnavailableError

PER_CONNECTION = 100
"""Messages on one connection before a new one is opened; relays close long ones at will."""

COMMANDS_PER_MESSAGE = 5
"""A message has this many command timeouts in all; what is left of them is the dot's."""

_GOODBYE_SECONDS = 5.0
_GO_AHEAD = 354
OnCertificate = Callable[[datetime | None], object]

_CLOSING = 421
_OK = (250, 251, 252)


class _LineLostError(Exception):
    """No usable reply, and the text had not begun: nothing can have been taken."""


class SmtpTransport:
    """A relay over SMTP. A message takes at most ``longest_send`` seconds, ``before_data`` aside.

    ``on_certificate`` hears of every new line until when the relay's certificate holds, None without TLS.
    """

    def __init__(
        self,
        relay: Relay,
        *,
        per_connection: int = PER_CONNECTION,
        on_certificate: OnCertificate = lambda _ends: None,
    ) -> None:
        self.relay = relay
        self.per_connection = per_connection
        self._on_certificate = on_certificate
        self.longest_send = relay.timeout * (COMMANDS_PER_MESSAGE + 1)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Open a session; see :class:`~reminderd.delivery.transport.Transport`."""
        session = SmtpSession(self.relay, self.per_connection, self._on_certificate)
        try:
            yield session
        except BaseException:
            session.abandon()
            raise
        await session.close()

    async def probe(self) -> Protection | None:
        """Connect, agree on TLS, log in, NOOP and QUIT; raises RelayUnavailableError."""
        try:
            async with asyncio.timeout(self.relay.timeout * COMMANDS_PER_MESSAGE):
                channel = await open_channel(self.relay)
                try:
                    await channel.smtp.noop()
                    await _goodbye(channel.smtp, self.relay)
                finally:
                    channel.drop()
                return channel.protection
        except ChannelError as exc:
            raise RelayUnavailableError(exc.what, where="relay.url", cure=exc.cure) from exc
        except (aiosmtplib.SMTPException, TimeoutError) as exc:
            cure = "look into the relay's own log; the line came up and then failed"
            raise RelayUnavailableError(
                f"{self.relay} did not answer NOOP", where="relay.url", cure=cure
            ) from exc


class SmtpSession:
    """One connection at a time, opened with the first message and again after a loss."""

    def __init__(self, relay: Relay, per_connection: int, on_certificate: OnCertificate) -> None:
        self._relay = relay
        self._per_connection = per_connection
        self._on_certificate = on_certificate
        self._channel: Channel | None = None
        self._carried = 0
        self._deadline = 0.0
        self._busy = False
        self._at_rest = True
        self.protection: Protection | None = None

    async def send(self, envelope: Envelope, before_data: BeforeData) -> Outcome:
        """Offer one message; see :class:`~reminderd.delivery.transport.Session`."""
        if self._busy:
            raise RuntimeError("a session sends one message at a time; open another session")
        if not is_plain_address(envelope.sender):
            return Deferred("the sender's address cannot be used in SMTP", whole_channel=True)
        if not is_plain_address(envelope.recipient):
            return Failed("the recipient's address cannot be used in SMTP")
        self._busy = True
        self._deadline = asyncio.get_running_loop().time() + self._relay.timeout * COMMANDS_PER_MESSAGE
        try:
            return await self._transaction(envelope, before_data)
        except ChannelError as exc:
            return Deferred(exc.what, exc.code, whole_channel=True)
        except _LineLostError as exc:
            return Deferred(str(exc), perhaps_channel=True)
        finally:
            self._busy = False
            if not self._at_rest:
                # cancelled, or a mistake in the program: nobody knows what the relay would answer next
                self.abandon()

    async def close(self) -> None:
        """Say goodbye if the line is up, and close it."""
        try:
            if self._channel is not None and self._channel.smtp.is_connected:
                await _goodbye(self._channel.smtp, self._relay)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close the line without a word."""
        channel, self._channel = self._channel, None
        self._at_rest = True
        if channel is not None:
            channel.drop()

    # The steps of one transaction, in order

    async def _transaction(self, envelope: Envelope, before_data: BeforeData) -> Outcome:
        text = message_text(envelope.raw)
        refused = await self._mail(envelope, len(text)) or await self._rcpt(envelope)
        if refused is not None:
            await self._reset()
            return refused
        asked = self._time_left()
        try:
            await before_data()
        except Exception:
            await self._reset()
            raise
        finally:
            self._deadline += asked - self._time_left()  # the caller's time is not the relay's
        refused = await self._data(envelope)
        if refused is not None:
            await self._reset()
            return refused
        return await self._text(envelope, text)

    async def _mail(self, envelope: Envelope, size: int) -> Outcome | None:
        reused = await self._connect()
        try:
            reply = await self._command("MAIL", *self._mail_arguments(envelope, size))
        except _LineLostError:
            if not reused:
                raise
            # The relay closed an idle line while we began to speak. That says nothing about this
            # message, so it is begun again on a new line; once only, because that one is not reused.
            await self._connect()
            reply = await self._command("MAIL", *self._mail_arguments(envelope, size))
        if reply.code in _OK:
            return None
        return self._verdict("MAIL", reply, envelope)

    def _mail_arguments(self, envelope: Envelope, size: int) -> list[bytes]:
        offered = self._line().esmtp_extensions
        arguments = [f"FROM:<{envelope.sender}>"]
        if "size" in offered:
            arguments.append(f"SIZE={size}")
        if "8bitmime" in offered and needs_8bit(envelope.raw):
            arguments.append("BODY=8BITMIME")
        if "dsn" in offered:
            arguments.append("RET=HDRS")  # a bounce brings back the headers, never the text
            name = envid(envelope.envelope_id)
            if name is not None:
                arguments.append(f"ENVID={name}")
        if "requiretls" in offered and self._relay.requiretls and self.protection is not None:
            arguments.append("REQUIRETLS")  # RFC 8689; offered in clear it means nothing
        return [argument.encode("ascii") for argument in arguments]

    async def _rcpt(self, envelope: Envelope) -> Outcome | None:
        reply = await self._command("RCPT", f"TO:<{envelope.recipient}>".encode("ascii"))
        return None if reply.code in _OK else self._verdict("RCPT", reply, envelope)

    async def _data(self, envelope: Envelope) -> Outcome | None:
        reply = await self._command("DATA")
        if reply.code == _GO_AHEAD:
            return None
        if reply.code // 100 not in (4, 5):
            self._lose(f"{self._relay} answered DATA with {reply.code}")
        return self._verdict("DATA", reply, envelope)

    async def _text(self, envelope: Envelope, text: bytes) -> Outcome:
        # aiosmtplib's data() asks and sends in one call and raises the same SMTPServerDisconnected
        # on both sides of the final dot. Its protocol object is public and has what its own data()
        # is made of: write() and read_response(). So DATA is an ordinary command above, and the
        # text is written here, where everything after write() is the far side. Nothing can come in
        # between: write() never yields, and read_response() expects its reply before it first does.
        protocol = self._line().protocol
        if protocol is None:
            self._lose(f"{self._relay} closed the line after DATA")
        try:
            protocol.write(text)
        except aiosmtplib.SMTPServerDisconnected:  # raised before anything is handed to the socket
            self._lose(f"{self._relay} closed the line after DATA")
        try:
            # Giving up on the dot makes a copy, so it may have all the time that is left of the
            # message's, and never less than a command's.
            reply = await protocol.read_response(timeout=max(self._time_left(), self._relay.timeout))
        except (aiosmtplib.SMTPException, OSError) as exc:
            self.abandon()
            return Unknown(f"after the message's text: {_no_reply(exc)}")
        self._carried += 1
        self._at_rest = True
        if reply.code == _CLOSING or protocol._buffer:  # noqa: SLF001 see _command
            self.abandon()
        if reply.code // 100 == 2:  # noqa: PLR2004 RFC 5321: positive completion
            return Sent(reply.code, self._words(reply, envelope))
        if reply.code // 100 in (4, 5):
            return self._verdict("the message", reply, envelope)
        self.abandon()
        return Unknown(f"the message was answered with {reply.code}, which is no answer to it")

    # What the steps are made of

    async def _connect(self) -> bool:
        """Make sure that there is a line; return whether it has been used before."""
        if self._channel is not None and self._carried >= self._per_connection:
            await self.close()
        if self._channel is not None and self._channel.smtp.is_connected:
            return True
        self.abandon()
        self.protection = None
        try:
            async with asyncio.timeout_at(self._deadline):
                self._channel = await open_channel(self._relay)
            self._on_certificate(self._channel.certificate_ends)
        except TimeoutError as exc:
            raise ChannelError(f"{self._relay} is too slow to talk to", cure="look into its load") from exc
        self.protection = self._channel.protection
        self._carried = 0
        return False

    def _line(self) -> aiosmtplib.SMTP:
        if self._channel is None:
            raise _LineLostError(f"{self._relay} closed the line")
        return self._channel.smtp

    async def _command(self, verb: str, *arguments: bytes) -> aiosmtplib.SMTPResponse:
        """Say one command and return its reply; raises _LineLostError where there is none to trust."""
        smtp = self._line()
        protocol = smtp.protocol
        self._at_rest = False
        try:
            timeout = min(self._relay.timeout, self._time_left())
            reply = await smtp.execute_command(verb.encode("ascii"), *arguments, timeout=timeout)
        except (aiosmtplib.SMTPException, OSError) as exc:
            self._lose(f"{self._relay} at {verb}: {_no_reply(exc)}", exc)
        if reply.code == _CLOSING:
            self.abandon()
        elif protocol is None or protocol._buffer:  # noqa: SLF001
            # aiosmtplib keeps what stands behind a reply and takes it for the answer to the next
            # command; a second "250" sent with the 354 would then pass for the answer to the dot.
            # There is no public way to see it; a test fails if the library keeps it elsewhere.
            self._lose(f"{self._relay} answered {verb} twice")
        elif reply.code // 100 not in (2, 3, 4, 5):
            self._lose(f"{self._relay} answered {verb} with {reply.code}")
        return reply

    async def _reset(self) -> None:
        """Leave the begun transaction, so that the line can carry the next message."""
        if self._channel is None:
            return
        try:
            reply = await self._command("RSET")
        except _LineLostError:
            return
        if reply.code in _OK:
            self._at_rest = True
        else:
            self.abandon()

    def _lose(self, what: str, cause: Exception | None = None) -> NoReturn:
        self.abandon()
        raise _LineLostError(what) from cause

    def _time_left(self) -> float:
        return self._deadline - asyncio.get_running_loop().time()

    # What a reply means

    def _verdict(self, step: str, reply: aiosmtplib.SMTPResponse, envelope: Envelope) -> Outcome:
        reason = self._reason(step, reply, envelope)
        match about(step, reply.code, reply.message):
            case "us":
                return Deferred(reason, reply.code, whole_channel=True)
            case "later":
                # Before the recipient is named every message says the same, and a 421 costs a connection.
                shared = step == "MAIL" or reply.code == _CLOSING
                return Deferred(reason, reply.code, perhaps_channel=shared)
            case "policy":
                return Refused(reason, reply.code)
            case "size":
                return Failed(reason, reply.code, too_big=True)
            case "reader" | "message":
                return Failed(reason, reply.code)

    def _reason(self, step: str, reply: aiosmtplib.SMTPResponse, envelope: Envelope) -> str:
        return f"{step} was answered with {reply.code} {self._words(reply, envelope)}".rstrip()

    def _words(self, reply: aiosmtplib.SMTPResponse, envelope: Envelope) -> str:
        local, _, _ = envelope.recipient.rpartition("@")
        return redact(reply.message, hide=(envelope.recipient, local))


async def _goodbye(smtp: aiosmtplib.SMTP, relay: Relay) -> None:
    try:
        await smtp.quit(timeout=min(relay.timeout, _GOODBYE_SECONDS))
    except (aiosmtplib.SMTPException, OSError):
        return  # the work is done; a relay that cannot say goodbye owes us nothing


def _no_reply(exc: Exception) -> str:
    if isinstance(exc, TimeoutError):
        return "no reply in time"
    if isinstance(exc, aiosmtplib.SMTPResponseException):
        return "what came is no SMTP reply"
    return "the line was lost"
