"""From ``relay.url`` to a transport: says no, with every reason at once, before anything is sent.

Clear text is for loopback addresses only, and only where it is asked for. Nothing here connects.
"""

import ssl
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from reminderd.delivery.channel import Relay, Security, is_loopback
from reminderd.delivery.eml_folder import EmlFolder
from reminderd.delivery.smtp import PER_CONNECTION, OnCertificate, SmtpTransport
from reminderd.delivery.tls import show_certificate, tls_context
from reminderd.delivery.transport import Transport
from reminderd.errors import ConfigurationError, Problem

Tls = Literal["required", "none"]

DEFAULT_TIMEOUT = 60.0
_DEFAULT_PORTS = {"smtp": 25, "smtps": 465}
_FORMS = "smtp://HOST:PORT, smtps://HOST:PORT or eml:FOLDER"


def open_transport(
    url: str,
    *,
    tls: Tls = "required",
    ca_file: Path | None = None,
    client_certificate: Path | None = None,
    client_key: Path | None = None,
    requiretls: bool = True,
    username: str | None = None,
    password: str | None = None,
    timeout: float = DEFAULT_TIMEOUT,
    per_connection: int = PER_CONNECTION,
    socket: Path | None = None,
    on_certificate: OnCertificate = lambda _ends: None,
) -> Transport:
    """Return the transport that ``url`` names: smtp://, smtps:// or eml:FOLDER.

    ``timeout`` is seconds a command, ``per_connection`` messages before a new connection, ``socket`` a
    UNIX socket that leads to the relay; ``on_certificate`` hears of every line until when the relay's
    certificate holds. Raises :class:`~reminderd.errors.ConfigurationError` with every problem found.
    """
    scheme, _, rest = url.partition(":")
    match scheme.lower():
        case "eml" if rest:
            return EmlFolder(Path(rest))
        case "eml":
            raise ConfigurationError([Problem("relay.url", "eml: without a folder", f"use {_FORMS}")])
        case "smtp" | "smtps":
            pass
        case _:
            # the text after the scheme may hold a password, so it is not repeated
            what = f"unknown scheme {scheme!r}" if rest else "no scheme"
            raise ConfigurationError([Problem("relay.url", what, f"use {_FORMS}")])
    parts, problems = _read(url)
    problems += _check_policy(parts, tls, username, password)
    if socket is not None and tls == "none":
        what = "leads nobody knows where, and relay.tls is none"
        problems.append(Problem("relay.socket", what, "use relay.tls = required"))
    if timeout <= 0:
        problems.append(Problem("relay.timeout", f"{timeout:g} seconds", "give more than 0"))
    if per_connection < 1:
        problems.append(Problem("relay.per_connection", str(per_connection), "give 1 or more"))
    context = None if tls == "none" else _context(ca_file, client_certificate, client_key, problems)
    if problems:
        raise ConfigurationError(problems)
    relay = Relay(
        host=parts.hostname or "",
        port=parts.port or _DEFAULT_PORTS[parts.scheme],
        security=_security(parts.scheme, tls),
        context=context,
        username=username,
        password=password,
        timeout=timeout,
        socket=socket,
        requiretls=requiretls,
    )
    return SmtpTransport(relay, per_connection=per_connection, on_certificate=on_certificate)


def _context(
    ca_file: Path | None, certificate: Path | None, key: Path | None, problems: list[Problem]
) -> ssl.SSLContext | None:
    """Return what TLS begins with, or add what is wrong with its files to ``problems``."""
    try:
        context = tls_context(ca_file)
    except OSError as exc:  # ssl.SSLError is one
        what = f"{ca_file} cannot be used: {exc.strerror or type(exc).__name__}"
        problems.append(Problem("relay.ca_file", what, "give a readable PEM file of certificates"))
        return None
    try:
        if certificate is not None:
            show_certificate(context, certificate, key)
    except OSError as exc:
        what = f"{certificate} and its key cannot be used: {exc.strerror or exc}"
        cure = "give a PEM certificate and, as relay.client_key, its key without a passphrase"
        problems.append(Problem("relay.client_certificate", what, cure))
    return context


def _security(scheme: str, tls: Tls) -> Security:
    if tls == "none":
        return "none"
    return "implicit" if scheme == "smtps" else "starttls"


def _read(url: str) -> tuple[SplitResult, list[Problem]]:
    """Take the URL apart; a part that cannot be read leaves an empty URL and a problem."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        wrong = Problem("relay.url", "host or port cannot be read", f"use {_FORMS}")
        return urlsplit("smtp:"), [wrong]
    problems = []
    if not parts.hostname:
        problems.append(Problem("relay.url", "no host", f"use {_FORMS}"))
    if port == 0:
        problems.append(Problem("relay.url", "port 0", "give a port from 1 to 65535"))
    if parts.username is not None or parts.password is not None:
        problems.append(Problem("relay.url", "holds a user name or password", "give them as their own keys"))
    if parts.path.strip("/") or parts.query or parts.fragment:
        problems.append(Problem("relay.url", "holds more than host and port", f"use {_FORMS}"))
    return parts, problems


def _check_policy(parts: SplitResult, tls: Tls, username: str | None, password: str | None) -> list[Problem]:
    problems = []
    if tls not in ("required", "none"):
        problems.append(Problem("relay.tls", f"{tls!r}", "use required, or none for a loopback address"))
    if tls == "none" and parts.scheme == "smtps":
        problems.append(Problem("relay.tls", "none contradicts smtps://", "use smtp://, or tls = required"))
    if tls == "none" and parts.hostname and not is_loopback(parts.hostname):
        what = f"none is for loopback addresses, and {parts.hostname} is not one"
        problems.append(Problem("relay.tls", what, "use required"))
    if (username is None) != (password is None):
        missing = "relay.username" if username is None else "relay.password"
        problems.append(Problem(missing, "missing, and its other half is given", "give both or neither"))
    return problems
