"""Secrets: read when they are needed, from a file that only its owner can read or a systemd credential.

Never part of ``Settings``, never in a message: what is wrong is said by name and path. A secret that
cannot be read here is its own kind of error, because ``check`` under systemd's ExecReload sees no
credentials and must be able to say so instead of failing.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.engine import make_url

from reminderd.config.connections import (
    HeartbeatSettings,
    InboxSettings,
    LedgerSettings,
    RelaySettings,
    SourceSettings,
)
from reminderd.config.values import LENT_LEDGER_URL, LENT_SOURCE_URL, PASSWORD_WORDS, heartbeat_url
from reminderd.errors import EXIT_CONFIGURATION, Problem, ReminderdError

RELAY_CREDENTIAL = "relay-password"
CLIENT_KEY_CREDENTIAL = "relay-client-key"
INBOX_CREDENTIAL = "inbox-password"
SOURCE_CREDENTIAL = "source-password"
HEARTBEAT_CREDENTIAL = "heartbeat-url"
INSTALLATION_CREDENTIAL = "installation-secret"
# Where systemd finds them for the service (see reminderd.service), and root for its own commands.
CREDENTIAL_STORE = Path("/etc/credstore")
_SHORTEST_INSTALLATION_SECRET = 32
LONGEST_SECRET = 4096  # bytes; more is somebody's log file, not a password


class SecretError(ReminderdError):
    """A secret is there and unfit: readable by others, empty, or no text."""

    exit_status = EXIT_CONFIGURATION


class SecretNotReadableError(SecretError):
    """A secret cannot be read by this process; another one, such as the service, may be able to."""


def passwords_in(environ: Mapping[str, str]) -> list[Problem]:
    """Return a problem for each variable that holds a password: any process of this user can read it.

    Looks at names alone, those that this program or its database driver would listen to.
    """
    return [
        Problem(
            f"${name}",
            "a password stands in the environment",
            "take it out, and name a file of mode 0600 or a systemd credential (config/README.md, Passwords)",
        )
        for name in sorted(environ)
        if name == "PGPASSWORD"
        or (name.startswith("REMINDERD_") and any(word in name.lower() for word in PASSWORD_WORDS))
    ]


def relay_password(relay: RelaySettings, environ: Mapping[str, str]) -> SecretStr | None:
    """Return the relay's password, None where no login is configured.

    ``environ`` is the process environment (``$CREDENTIALS_DIRECTORY``). Raises SecretError.
    """
    if relay.username is None:
        return None
    secret = _secret(relay.password_file, RELAY_CREDENTIAL, environ)
    if secret is None:
        raise _not_found("relay.username", "relay.password_file", RELAY_CREDENTIAL)
    return secret


def relay_client_key(relay: RelaySettings, environ: Mapping[str, str]) -> Path | None:
    """Return the file that holds the key of ``relay.client_certificate``; None where nothing is shown.

    Raises SecretError where others may read it, or it is not there.
    """
    if relay.client_certificate is None:
        return None
    folder = environ.get("CREDENTIALS_DIRECTORY")
    file = relay.client_key or _lent(CLIENT_KEY_CREDENTIAL, environ)
    if file is None:
        raise _not_found("relay.client_certificate", "relay.client_key", CLIENT_KEY_CREDENTIAL)
    try:
        _bytes_of(file, trusted=folder is not None and file.is_relative_to(folder))
    except OSError as error:
        raise _not_readable(file, error) from error
    return file


def inbox_password(inbox: InboxSettings, environ: Mapping[str, str]) -> SecretStr:
    """Return the service mailbox's password. Raises SecretError."""
    secret = _secret(inbox.password_file, INBOX_CREDENTIAL, environ)
    if secret is None:
        raise _not_found("inbox.url", "inbox.password_file", INBOX_CREDENTIAL)
    return secret


def heartbeat_address(heartbeat: HeartbeatSettings, environ: Mapping[str, str]) -> SecretStr | None:
    """Return the address that hears that all is well, None where there is none. Raises SecretError."""
    if heartbeat.url is not None:
        return SecretStr(heartbeat.url)
    secret = _secret(heartbeat.url_file, HEARTBEAT_CREDENTIAL, environ)
    if secret is None:
        return None
    try:
        return SecretStr(heartbeat_url(secret.get_secret_value()))
    except ValueError:
        pass  # whose text would quote it
    raise SecretError(
        "what stands there is no address that can be called",
        where=str(heartbeat.url_file or HEARTBEAT_CREDENTIAL),
        cure="It must be https://HOST/PATH, or http:// on this machine, without user and password.",
    )


def source_connection(source: SourceSettings, environ: Mapping[str, str]) -> SecretStr:
    """Return the case source's URL, with its password where there is one. Raises SecretError."""
    if source.url == LENT_SOURCE_URL:
        return SecretStr(_lent_url("source", LENT_SOURCE_URL, environ))
    if source.url.startswith("csv:") or make_url(source.url).username is None:
        return SecretStr(source.url)
    secret = _secret(source.password_file, SOURCE_CREDENTIAL, environ)
    if secret is None:
        return SecretStr(source.url)
    url = make_url(source.url).set(password=secret.get_secret_value())
    return SecretStr(url.render_as_string(hide_password=False))


def installation_secret(environ: Mapping[str, str]) -> bytes | None:
    """Return the secret that a new ledger begins with, None where it shall make one. Raises SecretError."""
    secret = _secret(None, INSTALLATION_CREDENTIAL, environ)
    if secret is None:
        return None
    given = secret.get_secret_value().encode()
    if len(given) < _SHORTEST_INSTALLATION_SECRET:
        raise SecretError(
            "the installation's secret is too short",
            where=INSTALLATION_CREDENTIAL,
            cure=f"It needs at least {_SHORTEST_INSTALLATION_SECRET} bytes: openssl rand -hex 32",
        )
    return given


def ledger_url(ledger: LedgerSettings, environ: Mapping[str, str]) -> str:
    """Return the ledger's URL. Raises SecretError."""
    return _lent_url("ledger", LENT_LEDGER_URL, environ) if ledger.url == LENT_LEDGER_URL else ledger.url


def _lent_url(table: str, lent: str, environ: Mapping[str, str]) -> str:
    """Read a URL that is a secret as a whole; what is wrong with it is said without repeating it."""
    credential = lent.partition(":")[2]
    where, kept = f"{table}.url ({lent})", f"{CREDENTIAL_STORE}/reminderd.{credential}"
    secret = _secret(None, credential, environ)
    if secret is None:
        raise SecretNotReadableError(
            "the credential cannot be read here",
            where=where,
            cure=f"Put the URL into {kept}, mode 0400, restart the service, and ask as root.",
        )
    url = secret.get_secret_value()
    # a relative path has no file that it could count from
    if url.startswith(("sqlite:", "csv:")) and not url.startswith(("sqlite:////", "csv:/")):
        raise SecretError(
            "the URL in the credential names a relative path", where=where, cure="Begin the path with /."
        )
    return url


def _secret(file: Path | None, credential: str, environ: Mapping[str, str]) -> SecretStr | None:
    """Read the file that is configured, else the credential of that name, else None."""
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if file is not None:
        return read_secret(file, trusted=folder is not None and file.is_relative_to(folder))
    lent = _lent(credential, environ)
    return None if lent is None else read_secret(lent, trusted=folder is not None)


def _lent(credential: str, environ: Mapping[str, str]) -> Path | None:
    """Return where a credential can be read, None where there is none.

    A command outside the service has no credentials; root's reads them where systemd would.
    """
    folder = environ.get("CREDENTIALS_DIRECTORY")
    lent = CREDENTIAL_STORE / f"reminderd.{credential}" if folder is None else Path(folder, credential)
    return lent if os.access(lent, os.R_OK) else None  # exists() raises where the folder is closed


def _not_found(asked_by: str, setting: str, credential: str) -> SecretNotReadableError:
    """Say that one setting asks for a secret that neither another nor a credential names."""
    return SecretNotReadableError(
        f"{asked_by} is set, and no {credential} was found",
        where=setting,
        cure=f"Put it into {CREDENTIAL_STORE}/reminderd.{credential}, mode 0400, or name a file.",
    )


def read_secret(file: Path, *, trusted: bool = False) -> SecretStr:
    """Return the one line in ``file``.

    ``trusted`` skips the look at the mode: systemd lends credentials by an access list, whose mask
    shows as group bits though no group may read. Raises SecretError.
    """
    try:
        raw = _bytes_of(file, trusted=trusted)
    except OSError as error:
        raise _not_readable(file, error) from error
    return SecretStr(_one_line(raw, file))


def _not_readable(file: Path, error: OSError) -> SecretNotReadableError:
    return SecretNotReadableError(
        f"the secret cannot be read here: {error.strerror}",
        where=str(file),
        cure="It must exist and be readable for the user that reminderd runs as.",
    )


def _bytes_of(file: Path, *, trusted: bool) -> bytes:
    # non-blocking, so that a named pipe is refused below instead of waited for
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise SecretError("this is no ordinary file", where=str(file), cure="Name a file.")
        if not trusted and status.st_mode & 0o077:
            raise SecretError(
                f"others than its owner have rights to this secret (mode {status.st_mode & 0o777:04o})",
                where=str(file),
                cure=f"chmod 0600 {file} (its owner must be the user that reminderd runs as)",
            )
        return os.read(handle, LONGEST_SECRET + 1)
    finally:
        os.close(handle)


def _one_line(raw: bytes, file: Path) -> str:
    # errors="replace" and not a handler: a decoding error carries the bytes along
    text = raw.decode("utf-8", errors="replace").removesuffix("\n").removesuffix("\r")
    if not text or "�" in text or "\n" in text or len(raw) > LONGEST_SECRET:
        raise SecretError(
            "this holds no secret",
            where=str(file),
            cure=f"It must hold one line of UTF-8, at most {LONGEST_SECRET} bytes.",
        )
    return text
