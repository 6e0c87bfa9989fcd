"""From nothing to a relay that is ready for MAIL: dial, greeting, EHLO, STARTTLS, login.

Either the line is up exactly as asked for, or :class:`ChannelError` says what stood in the way and
what to do; there is no weaker line to fall back to. It knows nothing of messages and outcomes.
"""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import aiosmtplib

from reminderd.delivery.redaction import redact
from reminderd.delivery.tls import overheard, protection_of, spoke_on
from reminderd.domain.outcomes import Protection

Security = Literal["implicit", "starttls", "none"]

_CURE_REACH = "check relay.url, that the relay runs and listens there, and that no firewall is in between"
_CURE_NAME = "check the host name in relay.url and this machine's resolver"
_CURE_SOCKET = "check relay.socket, and: systemctl status reminderd-relay.socket"
_CURE_SILENT = "check that the port speaks SMTP; one that expects TLS from the first byte needs smtps://"
_CURE_WELCOME = "ask the relay's operator to accept mail from this machine"
_CURE_STARTTLS = "switch STARTTLS on at the relay, or use smtps:// where it speaks TLS from the first byte"
_CURE_TLS = "the relay must speak TLS 1.2 or later here; smtp:// is for STARTTLS, smtps:// for TLS at once"
_CURE_CERTIFICATE = "name the relay as its certificate does, renew the certificate, or set relay.ca_file"
_CURE_INJECTED = "somebody between here and the relay may be speaking in its name: ask the network's people"
_CURE_LOGIN = "check the relay's user name and the password credential"
_GARBAGE = aiosmtplib.SMTPStatus.invalid_response


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Where the relay is and what the line to it must be; ``timeout`` is seconds a command.

    With ``socket`` the line goes through that UNIX socket, and whoever listens there carries it on; the
    certificate must still be that of ``host``.
    ``requiretls`` asks a relay that offers it to pass messages on over verified TLS or not at all.
    """

    host: str
    port: int
    security: Security
    context: ssl.SSLContext | None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float
    socket: Path | None = None
    requiretls: bool = True

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class ChannelError(Exception):
    """The line is not up: ``what`` stood in the way, the ``cure``, and the reply's code if there was one."""

    def __init__(self, what: str, *, cure: str, code: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.cure = cure
        self.code = code


def is_loopback(host: str) -> bool:
    """Tell whether this is ``localhost`` or an address of the machine's own loopback network."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Channel:
    """A line that is up: aiosmtplib's client, and the means to hang up whatever state it is in."""

    def __init__(self, smtp: aiosmtplib.SMTP, line: socket.socket) -> None:
        self.smtp = smtp
        self._line = line
        self._transport = smtp.transport
        self.protection: Protection | None = None

    @property
    def certificate_ends(self) -> datetime | None:
        """Return until when the relay's certificate holds; None on a line without TLS."""
        return None if self.protection is None else self.protection.expires

    def drop(self) -> None:
        """Close the line now: TLS is told if it can be, nobody is waited for."""
        # aiosmtplib closes by itself after a loss, a timeout or a 421 and forgets its transport,
        # which over TLS then waits up to 30 s for the peer's half of the goodbye.
        transport = self.smtp.transport or self._transport
        self.smtp.close()
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
            return
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)


async def open_channel(relay: Relay) -> Channel:
    """Return a line on which MAIL may be said next; raises :class:`ChannelError`.

    Each step has the relay's timeout; whoever calls bounds the whole.
    """
    line = await _dial(relay)
    smtp = aiosmtplib.SMTP(
        hostname=relay.host,
        sock=line,
        local_hostname=_own_name(line),
        timeout=relay.timeout,
        use_tls=relay.security == "implicit",
        start_tls=False,  # aiosmtplib's own choice falls back to clear text; ours is a step below
        tls_context=relay.context,
    )
    step = "the greeting"
    try:
        await smtp.connect()
        step = "EHLO"
        await smtp.ehlo()
        if relay.security == "starttls":
            step = "STARTTLS"
            await _start_tls(smtp, relay)
            step = "EHLO over TLS"
            await smtp.ehlo()
        if relay.username is not None:
            step = "AUTH"
            await smtp.login(relay.username, relay.password or "")
    except (aiosmtplib.SMTPException, OSError, ValueError) as exc:
        Channel(smtp, line).drop()
        raise _explained(exc, step, relay) from exc
    except BaseException:
        Channel(smtp, line).drop()
        raise
    channel = Channel(smtp, line)
    channel.protection = protection_of(smtp)
    return channel


async def _start_tls(smtp: aiosmtplib.SMTP, relay: Relay) -> None:
    """Begin TLS; raises :class:`ChannelError` where more than the answer was said in clear.

    aiosmtplib throws such words away, which is safe. But whoever said them stands in the line.
    """
    with overheard(smtp) as heard:
        await smtp.starttls()
    if spoke_on(bytes(heard)):
        what = f"something spoke on in clear behind {relay}'s answer to STARTTLS"
        raise ChannelError(what, cure=_CURE_INJECTED)


async def _dial(relay: Relay) -> socket.socket:
    """Return a connected socket, trying each address of the relay in the resolver's order.

    Each address gets an equal share of the timeout: an address that swallows packets (IPv6 without
    a route is the usual one) must not use up the time of the one behind it.
    """
    if relay.socket is not None:
        return await _dial_socket(relay.socket, relay)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(relay.timeout):
            found = await loop.getaddrinfo(relay.host, relay.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        reason = "no answer in time" if isinstance(exc, TimeoutError) else _strerror(exc)
        raise ChannelError(f"the name {relay.host} was not found: {reason}", cure=_CURE_NAME) from exc
    if relay.security == "none":
        # "localhost" is a name like any other: clear text stays on this machine whatever it resolves to
        found = [entry for entry in found if is_loopback(str(entry[4][0]))]
    trouble = "it has no address" if relay.security != "none" else "it has no loopback address"
    for family, kind, protocol, _, address in found:
        line = socket.socket(family, kind, protocol)
        line.setblocking(False)
        try:
            async with asyncio.timeout(relay.timeout / len(found)):
                await loop.sock_connect(line, address)
        except TimeoutError:
            line.close()
            trouble = "no answer in time"
        except OSError as exc:
            line.close()
            trouble = _strerror(exc)
        except BaseException:
            line.close()
            raise
        else:
            return line
    raise ChannelError(f"no connection to {relay}: {trouble}", cure=_CURE_REACH)


async def _dial_socket(path: Path, relay: Relay) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.setblocking(False)
    try:
        async with asyncio.timeout(relay.timeout):
            await asyncio.get_running_loop().sock_connect(line, str(path))
    except OSError as exc:
        line.close()
        trouble = "no answer in time" if isinstance(exc, TimeoutError) else _strerror(exc)
        raise ChannelError(f"no connection to {relay} through {path}: {trouble}", cure=_CURE_SOCKET) from exc
    except BaseException:
        line.close()
        raise
    return line


def _own_name(line: socket.socket) -> str:
    """Return the name for EHLO: the machine's full name, else its address as RFC 5321 writes it.

    aiosmtplib would ask the resolver for it, which can hang; a short name is refused by many relays.
    """
    name = socket.gethostname()
    if "." in name.strip(".") and name.isascii():
        return name
    if line.family == socket.AF_UNIX:
        return "[127.0.0.1]"  # it has no address, and this is what a relay sees of others on its machine
    address = str(line.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _strerror(exc: Exception) -> str:
    text = exc.strerror if isinstance(exc, OSError) else None
    return text or type(exc).__name__


def _explained(exc: BaseException, step: str, relay: Relay) -> ChannelError:
    """Name what stood in the way; aiosmtplib wraps the cause that an operator needs."""
    cause: BaseException = exc
    while not isinstance(cause, (ssl.SSLError, TimeoutError)) and cause.__cause__ is not None:
        cause = cause.__cause__
    code = None
    match cause:
        case ssl.SSLCertVerificationError():
            what = f"the certificate of {relay} is not accepted: {cause.verify_message}"
            cure = _CURE_CERTIFICATE
        case ssl.SSLError():
            what = f"TLS with {relay} failed: {cause.reason or _strerror(cause)}"
            cure = _CURE_TLS
        case TimeoutError():
            what = f"{relay} did not answer in time at {step}"
            cure = _CURE_SILENT
        case aiosmtplib.SMTPResponseException(code=answer, message=text) if answer != _GARBAGE:
            code = answer
            words = redact(text, hide=(relay.username or "",))
            what = f"{relay} answered {step} with {code} {words}".rstrip()
            cure = {"STARTTLS": _CURE_STARTTLS, "AUTH": _CURE_LOGIN}.get(step, _CURE_WELCOME)
        case aiosmtplib.SMTPResponseException():
            what = f"{relay} answered {step} with what is no SMTP reply"
            cure = _CURE_SILENT
        case ConnectionError():
            what = f"{relay} closed the line at {step}"
            handshake = "the greeting" if relay.security == "implicit" else "STARTTLS"
            cure = _CURE_TLS if step == handshake else _CURE_WELCOME
        case aiosmtplib.SMTPException() if step == "STARTTLS":
            what = f"{relay} does not offer STARTTLS"
            cure = _CURE_STARTTLS
        case aiosmtplib.SMTPException() if step == "AUTH":
            what = f"{relay} offers no login that is known here"
            cure = _CURE_LOGIN
        case _:
            what = f"{step} with {relay} failed: {type(cause).__name__}"
            cure = _CURE_REACH
    return ChannelError(what, cure=cure, code=code)
